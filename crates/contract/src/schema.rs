//! The contract as one JSON Schema (2020-12), made from the types and normalised so that generators cannot misread it.
//!
//! Every type of the registry is a definition of `$defs`, in the registry's order. What the normaliser does:
//! - an optional property has no `null`; a property that is always there keeps it;
//! - a property with a default is not required;
//! - integers have both bounds, at most ±(2^53 - 1), and no `format`;
//! - `maxLength` counts code points in JSON Schema but UTF-16 units in the contract: `x-maxLengthUtf16` holds the exact
//!   bound, which `maxLength` never undercuts; a text that is bounded in bytes has `x-maxLengthUtf8` too;
//! - a union that a field tells apart is `oneOf` of references with a `discriminator`.

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

pub use lia_protocol::VERSION;

use crate::registry::{Entry, TYPES};

/// The largest integer that JavaScript holds exactly.
pub const MAX_SAFE: i64 = (1 << 53) - 1;

/// The whole contract.
///
/// # Panics
/// When two types have one name, or a name of the registry is not the type's.
#[must_use]
pub fn bundle() -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut defs = Map::new();
    for entry in TYPES {
        let schema = whole(&mut generator, entry);
        let before = defs.insert(entry.name.to_owned(), schema);
        assert!(before.is_none(), "{} is in the registry twice", entry.name);
    }
    for (name, schema) in generator.take_definitions(true) {
        assert!(defs.contains_key(&name), "{name} is used but not in the registry: {schema}");
    }
    for schema in defs.values_mut() {
        normalise(schema);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:lia:contract",
        "title": "Lia's contract",
        "version": VERSION,
        "$defs": defs,
    })
}

/// The normalised schema of a type that has no name in the contract: an identifier, a number.
#[must_use]
pub fn inline(make: fn(&mut SchemaGenerator) -> schemars::Schema) -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = make(&mut generator).to_value();
    normalise(&mut schema);
    schema
}

/// The type's own schema, not a reference to it.
fn whole(generator: &mut SchemaGenerator, entry: &Entry) -> Value {
    let reference = (entry.schema)(generator);
    let name = reference.as_value().get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
    match name {
        Some(name) => {
            assert_eq!(name, entry.name, "the registry calls {name} {}", entry.name);
            generator.definitions().get(name).cloned().unwrap_or_default()
        }
        None => reference.to_value(),
    }
}

fn normalise(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(normalise),
        Value::Object(object) => {
            if object.contains_key("properties") {
                properties(object);
            }
            for (key, value) in object.iter_mut() {
                if key == "properties" || key == "$defs" {
                    if let Value::Object(all) = value {
                        all.values_mut().for_each(normalise);
                    }
                } else if !matches!(key.as_str(), "default" | "const" | "enum" | "examples" | "discriminator")
                {
                    normalise(value);
                }
            }
            object.remove("x-nullable");
            integer(object);
            text(object);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Optional properties lose `null`; those with a default are not required.
fn properties(object: &mut Map<String, Value>) {
    let mut required: Vec<String> = object
        .get("required")
        .and_then(Value::as_array)
        .map(|r| r.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    if let Some(Value::Object(all)) = object.get_mut("properties") {
        for (name, property) in all.iter_mut() {
            let Value::Object(property) = property else { continue };
            if property.get("default").is_some_and(Value::is_null) {
                property.remove("default");
            }
            if property.contains_key("default") {
                required.retain(|r| r != name);
            } else if !required.contains(name) {
                without_null(property);
            }
        }
    }
    if required.is_empty() {
        object.remove("required");
    } else {
        object.insert("required".into(), json!(required));
    }
}

fn without_null(property: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|t| t != "null");
        if types.len() == 1 {
            let only = types.remove(0);
            property.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(words)) = property.get_mut("enum") {
        words.retain(|w| !w.is_null());
    }
    let Some(Value::Array(forms)) = property.get_mut("anyOf") else { return };
    forms.retain(|f| f.get("type").is_none_or(|t| t != "null"));
    if forms.len() == 1 {
        let only = forms.remove(0);
        property.remove("anyOf");
        if let Value::Object(only) = only {
            property.extend(only);
        }
    }
}

/// Both bounds for an integer, none beyond what JavaScript holds.
fn integer(object: &mut Map<String, Value>) {
    let format = object.get("format").and_then(Value::as_str).unwrap_or_default();
    let (min, max) = match format {
        "uint8" => (0, i64::from(u8::MAX)),
        "uint16" => (0, i64::from(u16::MAX)),
        "uint32" => (0, i64::from(u32::MAX)),
        "uint64" | "uint" => (0, MAX_SAFE),
        "int32" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        "int64" | "int" => (-MAX_SAFE, MAX_SAFE),
        "float" | "double" => {
            object.remove("format");
            return;
        }
        _ => return,
    };
    object.remove("format");
    for (key, bound) in [("minimum", min), ("maximum", max)] {
        let stated = object.get(key).and_then(Value::as_i64);
        object.insert(key.into(), json!(stated.unwrap_or(bound)));
    }
}

/// A maximal length is in UTF-16 units.
fn text(object: &mut Map<String, Value>) {
    if let Some(max) = object.get("maxLength").cloned() {
        object.insert("x-maxLengthUtf16".into(), max);
    }
}

/// The definition of one type.
#[must_use]
pub fn definition<'a>(bundle: &'a Value, name: &str) -> Option<&'a Value> {
    bundle.get("$defs")?.get(name)
}

/// Tells `found` the name of every definition that a schema refers to as `prefix` and the name.
pub fn references(schema: &Value, prefix: &str, found: &mut impl FnMut(&str)) {
    match schema {
        Value::Array(items) => items.iter().for_each(|s| references(s, prefix, found)),
        Value::Object(object) => {
            for (key, value) in object {
                match value.as_str().and_then(|r| r.strip_prefix(prefix)).filter(|_| key == "$ref") {
                    Some(name) => found(name),
                    None => references(value, prefix, found),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The property that tells a union's variants apart.
#[must_use]
pub fn discriminator(schema: &Value) -> Option<&str> {
    schema.get("discriminator")?.get("propertyName")?.as_str()
}
