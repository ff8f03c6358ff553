//! The committed OpenAPI and AsyncAPI documents are valid by their specifications' own schemas, and whole.

use std::{collections::BTreeSet, fs, path::Path};

use lia_protocol::chat::{CLIENT_EVENTS, SERVER_EVENTS};
use lia_server::api::ROUTES;
use serde_json::Value;

fn read(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// What a schema says against a document.
fn refusals(schema: &str, document: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&read(schema)).unwrap();
    validator.iter_errors(document).map(|e| format!("{} at {}", e, e.instance_path())).take(10).collect()
}

/// Every reference of a document finds what it names.
fn assert_whole(document: &Value) {
    fn walk(at: &Value, root: &Value) {
        match at {
            Value::Array(all) => all.iter().for_each(|v| walk(v, root)),
            Value::Object(all) => {
                if let Some(name) = all.get("$ref").and_then(Value::as_str) {
                    assert!(root.pointer(name.trim_start_matches('#')).is_some(), "{name} leads nowhere");
                }
                all.values().for_each(|v| walk(v, root));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    walk(document, document);
}

#[test]
fn openapi_is_valid_and_has_every_route() {
    let document = read("../../contract/openapi.json");
    assert_eq!(refusals("tests/schemas/openapi-3.1.json", &document), [""; 0]);
    assert_whole(&document);
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::meta::is_valid(schema), "{name} is no JSON Schema");
    }
    let mut ids = BTreeSet::new();
    let mut served = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap()),
                "{method} {path}: its id is there twice"
            );
            served += usize::from(operation["x-lia-status"] == "served");
        }
    }
    assert_eq!(served, ROUTES.len());
    for route in ROUTES {
        let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
        assert_eq!(operation["x-lia-status"], "served", "{route:?}");
    }
}

#[test]
fn asyncapi_is_valid() {
    let document = read("../../contract/asyncapi.json");
    assert_eq!(refusals("tests/schemas/asyncapi-3.0.json", &document), [""; 0]);
    assert_whole(&document);
    let stream = &document["channels"]["taskStream"];
    assert_eq!(stream["x-lia-status"], "served");
    assert!(ROUTES.iter().any(|r| r.path == stream["address"]), "a socket that no route serves");
}

/// The messages that a list of references names: what each is called, and the type of its payload.
fn messages(list: &Value, document: &Value) -> Vec<(String, String)> {
    let found = |reference: &Value| {
        let at = |v: &Value| v["$ref"].as_str().unwrap().trim_start_matches('#').to_owned();
        // From an operation to its channel, and from there to the components.
        let message = document.pointer(&at(document.pointer(&at(reference)).unwrap())).unwrap();
        let payload = message["payload"]["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        (message["name"].as_str().unwrap().to_owned(), payload.to_owned())
    };
    list.as_array().unwrap().iter().map(found).collect()
}

/// Every event of Socket.IO is there, in its direction, and what a callback gets is the reply of its event.
#[test]
fn asyncapi_has_every_event_and_acknowledgement() {
    let document = read("../../contract/asyncapi.json");
    let operations = document["operations"].as_object().unwrap();
    let chat: Vec<_> = operations.iter().filter(|(name, _)| name.starts_with("chat.")).collect();
    let mut described = 0;
    for (event, action) in
        CLIENT_EVENTS.iter().map(|e| (e, "receive")).chain(SERVER_EVENTS.iter().map(|e| (e, "send")))
    {
        let has = |operation: &Value| {
            messages(&operation["messages"], &document).iter().any(|(name, _)| name == event.name)
        };
        let all: Vec<_> = chat.iter().filter(|(_, operation)| has(operation)).collect();
        let [(name, operation)] = &all[..] else { panic!("{}: {all:?}", event.name) };
        assert_eq!(operation["action"], action, "{name}");
        let reply = operation.get("reply").map(|reply| messages(&reply["messages"], &document));
        assert_eq!(reply, event.ack.map(|ack| vec![(ack.to_owned(), ack.to_owned())]), "{name}");
        described += 1;
    }
    assert_eq!(described, CLIENT_EVENTS.len() + SERVER_EVENTS.len());
    let named: BTreeSet<String> = chat
        .iter()
        .flat_map(|(_, operation)| messages(&operation["messages"], &document))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(named.len(), described, "an event that nobody sends: {named:?}");
}

/// The schemas above refuse at all.
#[test]
fn a_broken_document_is_refused() {
    let mut document = read("../../contract/openapi.json");
    document["paths"]["/health"]["get"]["responses"] = Value::Null;
    assert_ne!(refusals("tests/schemas/openapi-3.1.json", &document), [""; 0]);
    let mut document = read("../../contract/asyncapi.json");
    document["operations"]["taskStream.toClient"]["action"] = "shout".into();
    assert_ne!(refusals("tests/schemas/asyncapi-3.0.json", &document), [""; 0]);
}
