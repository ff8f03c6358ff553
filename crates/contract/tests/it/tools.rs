//! The tools as a model is told of them, against vectors that the tests of `packages/shared` read too.

use std::{collections::BTreeMap, fs, path::Path};

use lia_protocol::computer::tools::TOOLS;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    accepted: Vec<Value>,
    refused: Vec<Value>,
}

fn vectors() -> BTreeMap<String, Vector> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors/llm_tools.json");
    serde_json::from_slice(&fs::read(file).expect("the vectors")).expect("the vectors")
}

/// `nullable`, which the models' dialect has from OpenAPI 3.0, as JSON Schema says it.
fn plain(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(object) => {
            let mut out: Map<String, Value> = object.iter().map(|(k, v)| (k.clone(), plain(v))).collect();
            if out.remove("nullable") == Some(json!(true)) {
                out["type"] = json!([out["type"], "null"]);
            }
            Value::Object(out)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

#[test]
fn every_tool_takes_and_refuses_inputs() {
    let vectors = vectors();
    assert_eq!(vectors.len(), TOOLS.len());
    for tool in TOOLS.iter() {
        let schema = plain(&Value::Object(tool.input_schema.clone()));
        let schema = jsonschema::draft202012::new(&schema).unwrap_or_else(|e| panic!("{}: {e}", tool.name));
        let Vector { accepted, refused } = &vectors[&tool.name];
        assert!(!accepted.is_empty() && !refused.is_empty(), "{}", tool.name);
        for value in accepted {
            assert!(schema.is_valid(value), "{} refuses {value}", tool.name);
        }
        for value in refused {
            assert!(!schema.is_valid(value), "{} takes {value}", tool.name);
        }
    }
}
