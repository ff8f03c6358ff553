//! The proof must be able to fail: in a copy of the schema a limit is changed, a field renamed, a variant dropped, and each
//! time the fixtures say otherwise.

use lia_contract::registry;
use serde_json::{Value, json};

use crate::{contract, judge};

/// How many of the fixtures a schema judges otherwise than Rust.
fn disagreements(bundle: &Value) -> usize {
    let mut wrong = 0;
    for name in ["WsMessage", "WsStatusMessage", "CreateTaskRequest"] {
        let entry = registry::find(name).expect("a type");
        let validator = judge::validator_in(bundle, name);
        for value in contract::values(name) {
            let rust = (entry.round)(&serde_json::to_vec(&value).expect("JSON")).is_ok();
            wrong += usize::from(rust != validator.is_valid(&value));
        }
    }
    wrong
}

fn drifted(change: impl FnOnce(&mut Value)) -> usize {
    let mut bundle = judge::BUNDLE.clone();
    change(&mut bundle["$defs"]);
    disagreements(&bundle)
}

#[test]
fn a_schema_that_has_not_drifted_agrees() {
    assert_eq!(drifted(|_| {}), 0);
}

#[test]
fn a_changed_limit_is_seen() {
    assert_ne!(drifted(|defs| defs["CreateTaskRequest"]["properties"]["prompt"]["minLength"] = json!(2)), 0);
}

#[test]
fn a_renamed_field_is_seen() {
    let rename = |defs: &mut Value| {
        let properties = defs["WsStatusMessage"]["properties"].as_object_mut().expect("properties");
        let field = properties.remove("exit_code").expect("a field");
        properties.insert("exitCode".into(), field);
    };
    assert_ne!(drifted(rename), 0);
}

#[test]
fn a_dropped_variant_is_seen() {
    let drop = |defs: &mut Value| {
        let variants = defs["WsMessage"]["oneOf"].as_array_mut().expect("variants");
        variants.retain(|v| v["$ref"] != "#/$defs/WsPingMessage");
    };
    assert_ne!(drifted(drop), 0);
}
