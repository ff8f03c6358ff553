//! JSON Schema as a judge that names a place: unions by their discriminator, lengths in UTF-16 units.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

use jsonschema::{Keyword, ValidationError, Validator, error::ValidationErrorKind, paths::Location};
use lia_contract::schema::{bundle, discriminator};
use serde_json::{Map, Value, json};

/// The contract's schema.
pub static BUNDLE: LazyLock<Value> = LazyLock::new(bundle);

struct MaxUtf16(usize);

impl Keyword<'_> for MaxUtf16 {
    fn validate<'i>(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            Ok(())
        } else {
            Err(ValidationError::custom(format!("longer than {} UTF-16 units", self.0)))
        }
    }
    fn is_valid(&self, instance: &Value) -> bool {
        instance.as_str().is_none_or(|s| s.encode_utf16().count() <= self.0)
    }
}

struct MaxUtf8(usize);

impl Keyword<'_> for MaxUtf8 {
    fn validate<'i>(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            Ok(())
        } else {
            Err(ValidationError::custom(format!("longer than {} bytes", self.0)))
        }
    }
    fn is_valid(&self, instance: &Value) -> bool {
        instance.as_str().is_none_or(|s| s.len() <= self.0)
    }
}

fn max_utf8<'a>(
    _: &'a Map<String, Value>,
    value: &'a Value,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    let max = value.as_u64().and_then(|m| usize::try_from(m).ok());
    max.map(|m| Box::new(MaxUtf8(m)) as Box<dyn for<'i> Keyword<'i>>)
        .ok_or_else(|| ValidationError::custom("x-maxLengthUtf8 is a number"))
}

fn max_utf16<'a>(
    _: &'a Map<String, Value>,
    value: &'a Value,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    let max = value.as_u64().and_then(|m| usize::try_from(m).ok());
    max.map(|m| Box::new(MaxUtf16(m)) as Box<dyn for<'i> Keyword<'i>>)
        .ok_or_else(|| ValidationError::custom("x-maxLengthUtf16 is a number"))
}

/// A validator of a schema that may refer to the contract's types.
fn validator_of(schema: &Value) -> Arc<Validator> {
    static MADE: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let key = schema.to_string();
    if let Some(made) = MADE.lock().expect("no test panics here").get(&key) {
        return Arc::clone(made);
    }
    let made = Arc::new(build(&BUNDLE, schema));
    MADE.lock().expect("no test panics here").insert(key, Arc::clone(&made));
    made
}

fn build(bundle: &Value, schema: &Value) -> Validator {
    let root = json!({ "allOf": [schema], "$defs": bundle["$defs"] });
    jsonschema::options()
        .with_keyword("x-maxLengthUtf16", max_utf16)
        .with_keyword("x-maxLengthUtf8", max_utf8)
        .build(&root)
        .unwrap_or_else(|e| panic!("the schema {schema}: {e}"))
}

/// A validator of the type with this name in another bundle.
pub fn validator_in(bundle: &Value, name: &str) -> Validator {
    build(bundle, &json!({ "$ref": format!("#/$defs/{name}") }))
}

/// A validator of the type with this name.
pub fn validator(name: &str) -> Arc<Validator> {
    validator_of(&json!({ "$ref": format!("#/$defs/{name}") }))
}

/// Where a value breaks the type with this name: the first place in each of its defects, in dots.
pub fn refusals(name: &str, value: &Value) -> Vec<String> {
    refusals_of(&json!({ "$ref": format!("#/$defs/{name}") }), value)
}

fn refusals_of(schema: &Value, value: &Value) -> Vec<String> {
    validator_of(schema).iter_errors(value).map(|e| place(&e, schema, value)).collect()
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}

fn join(a: &str, b: &str) -> String {
    [a, b].iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join(".")
}

fn place(error: &ValidationError<'_>, root_schema: &Value, root: &Value) -> String {
    let at = dotted(error.instance_path().as_str());
    match error.kind() {
        ValidationErrorKind::Required { property } => join(&at, property.as_str().unwrap_or_default()),
        ValidationErrorKind::PropertyNames { error } => {
            join(&at, error.instance().as_str().unwrap_or_default())
        }
        ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::AnyOf { .. } => {
            let part = root.pointer(error.instance_path().as_str()).unwrap_or(&Value::Null);
            choice_of(error, root_schema)
                .map_or_else(|| at.clone(), |schema| join(&at, &within(schema, part)))
        }
        _ => at,
    }
}

/// The schema whose `oneOf` or `anyOf` an error speaks of, found along the way that the validator went.
fn choice_of<'a>(error: &ValidationError<'_>, root_schema: &'a Value) -> Option<&'a Value>
where
    'static: 'a,
{
    let path = error.evaluation_path().as_str().trim_start_matches("/allOf/0");
    let mut parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    parts.pop();
    let mut schema = root_schema;
    for part in parts {
        let part = part.replace("~1", "/").replace("~0", "~");
        schema = if part == "$ref" {
            resolve(schema)?
        } else {
            match schema {
                Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
                _ => schema.get(&part)?,
            }
        };
    }
    Some(schema)
}

/// The definition that a schema refers to.
fn resolve(schema: &Value) -> Option<&'static Value> {
    BUNDLE.pointer(schema.get("$ref")?.as_str()?.trim_start_matches('#'))
}

/// Where a value breaks a union: at the tag, or within the variant that the tag names. A value that may be `null` breaks
/// where it breaks the other form.
fn within(choice: &Value, part: &Value) -> String {
    if let Some(Value::Array(forms)) = choice.get("anyOf") {
        let mut forms = forms.iter().filter(|f| f["type"] != "null");
        return match (forms.next(), forms.next()) {
            (Some(only), None) => refusals_of(only, part).into_iter().next().unwrap_or_default(),
            _ => String::new(),
        };
    }
    let Some(field) = discriminator(choice) else { return String::new() };
    let Some(tag) = part.as_object().map(|o| o.get(field).unwrap_or(&Value::Null)) else {
        return String::new();
    };
    let variants = choice["oneOf"].as_array().expect("oneOf");
    let otherwise = choice["discriminator"].get("x-otherwise").filter(|_| tag.is_string());
    let named = variants.iter().find(|v| has_tag(v, field, tag));
    let other = || {
        variants.iter().find(|v| {
            otherwise.is_some_and(|o| v["$ref"] == format!("#/$defs/{}", o.as_str().unwrap_or_default()))
        })
    };
    match named.or_else(other) {
        Some(variant) => refusals_of(variant, part).into_iter().next().unwrap_or_default(),
        None => field.to_owned(),
    }
}

/// Whether a variant, or one of its own when it is a union itself, has this tag.
fn has_tag(variant: &Value, field: &str, tag: &Value) -> bool {
    let body = resolve(variant).unwrap_or(variant);
    match &body["properties"][field]["const"] {
        Value::Null => body["oneOf"].as_array().is_some_and(|own| own.iter().any(|v| has_tag(v, field, tag))),
        text => text == tag,
    }
}
