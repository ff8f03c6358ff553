//! Rust and JSON Schema accept and refuse the same fixtures, and name the same place. The same files are read by the
//! tests of `packages/shared`.

use std::{fs, path::Path};

use lia_contract::registry;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::judge;

/// A file of `fixtures/`: what one or more types accept and refuse.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixtures {
    types: std::collections::BTreeMap<String, Cases>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    /// Accepted, and written again as they are, byte for byte.
    #[serde(default)]
    golden: Vec<Box<RawValue>>,
    /// Accepted; written again in the canonical form.
    #[serde(default)]
    accepted: Vec<Box<RawValue>>,
    /// Refused, each with the one place that is wrong.
    #[serde(default)]
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    /// Where, in dots; empty for the whole.
    at: String,
    /// `type`: TypeScript's compiler sees it too; `limit`: it does not.
    by: By,
    value: Box<RawValue>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    Type,
    Limit,
}

fn all() -> Vec<(String, Cases)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut out = Vec::new();
    for file in fs::read_dir(folder).expect("the folder of fixtures") {
        let file = file.expect("a file").path();
        // A folder holds other fixtures: vectors of functions.
        if file.is_dir() {
            continue;
        }
        let text = fs::read(&file).expect("a file");
        let fixtures: Fixtures =
            serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        out.extend(fixtures.types);
    }
    out
}

/// Every value of the fixtures that is accepted, with its type's name.
pub fn accepted() -> Vec<(String, Value)> {
    let each = |(name, cases): (String, Cases)| {
        cases.golden.into_iter().chain(cases.accepted).map(move |raw| (name.clone(), read(&raw)))
    };
    all().into_iter().flat_map(each).collect()
}

/// Every value of the fixtures of one type, refused ones too.
pub fn values(name: &str) -> Vec<Value> {
    let cases = all().into_iter().filter(|(n, _)| n == name).map(|(_, c)| c);
    let each =
        |c: Cases| c.golden.into_iter().chain(c.accepted).chain(c.refused.into_iter().map(|r| r.value));
    cases.flat_map(each).map(|raw| read(&raw)).collect()
}

/// A value of the fixtures. A long text is written `{ "$repeat": ["a", 4096, "b", 1] }`: 4096 times the one, then the other.
fn read(raw: &RawValue) -> Value {
    fn expand(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(expand),
            Value::Object(object) => match object.get("$repeat").and_then(Value::as_array) {
                Some(runs) if object.len() == 1 => *value = Value::String(runs.chunks(2).map(run).collect()),
                Some(_) | None => object.values_mut().for_each(expand),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    fn run(run: &[Value]) -> String {
        let [Value::String(text), Value::Number(times)] = run else {
            panic!("{run:?} is no text and a number")
        };
        text.repeat(times.as_u64().and_then(|n| n.try_into().ok()).expect("how often"))
    }
    let mut value = serde_json::from_str(raw.get()).expect("JSON");
    expand(&mut value);
    value
}

/// White space is of no meaning.
fn compact(raw: &RawValue) -> String {
    serde_json::to_string(&read(raw)).expect("JSON")
}

#[test]
fn long_texts_have_a_short_form() {
    let read = |text: &str| read(&RawValue::from_string(text.into()).expect("JSON"));
    assert_eq!(read(r#"{"a":[{"$repeat":["é",3,"b",1]}]}"#), serde_json::json!({ "a": ["éééb"] }));
    assert_eq!(read(r#"{"$repeat":7}"#), serde_json::json!({ "$repeat": 7 }), "not that form");
}

#[test]
fn fixtures_are_accepted_and_refused_alike() {
    let mut wrong = Vec::new();
    for (name, cases) in all() {
        let Some(entry) = registry::find(&name) else {
            wrong.push(format!("{name} is not in the registry"));
            continue;
        };
        for (raw, golden) in
            cases.golden.iter().map(|r| (r, true)).chain(cases.accepted.iter().map(|r| (r, false)))
        {
            let text = compact(raw);
            let value: Value = serde_json::from_str(&text).expect("JSON");
            match (entry.round)(text.as_bytes()) {
                Err(issues) => wrong.push(format!("{name}: Rust refuses {text}: {issues:?}")),
                Ok(again) => {
                    let again = String::from_utf8(again).expect("UTF-8");
                    if golden && again != text {
                        wrong.push(format!("{name}: {text}\n  is written again as {again}"));
                    }
                    match (entry.round)(again.as_bytes()) {
                        Ok(twice) if twice == again.as_bytes() => {}
                        other => wrong.push(format!("{name}: {again} is not stable: {other:?}")),
                    }
                }
            }
            let refusals = judge::refusals(&name, &value);
            if !refusals.is_empty() {
                wrong.push(format!("{name}: JSON Schema refuses {text}: {refusals:?}"));
            }
        }
        for Refused { at, by, value: raw } in cases.refused {
            let text = compact(&raw);
            let value: Value = serde_json::from_str(&text).expect("JSON");
            let rust: Vec<String> = match (entry.round)(text.as_bytes()) {
                Ok(_) => Vec::new(),
                Err(issues) => issues.into_iter().map(|i| i.path).collect(),
            };
            let schema = judge::refusals(&name, &value);
            for (who, said) in [("Rust", &rust), ("JSON Schema", &schema)] {
                if said.first() != Some(&at) {
                    wrong.push(format!("{name}: {who} refuses {text} at {said:?}, not at {at:?}"));
                }
            }
            let _ = by == By::Type;
        }
    }
    assert!(wrong.is_empty(), "{} defects:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_type_has_fixtures() {
    let all = all();
    for entry in registry::TYPES {
        assert!(
            all.iter().any(|(name, c)| name == entry.name && !(c.golden.is_empty() && c.accepted.is_empty())),
            "no fixture that {} accepts",
            entry.name
        );
    }
}
