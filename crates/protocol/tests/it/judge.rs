//! JSON Schema as a judge that names a place: unions by their discriminator, lengths in UTF-16 units.

use std::sync::LazyLock;

use jsonschema::{Keyword, ValidationError, Validator, error::ValidationErrorKind, paths::Location};
use lia_protocol::schema::{bundle, discriminator};
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

fn max_utf16<'a>(
    _: &'a Map<String, Value>,
    value: &'a Value,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    let max = value.as_u64().and_then(|m| usize::try_from(m).ok());
    max.map(|m| Box::new(MaxUtf16(m)) as Box<dyn for<'i> Keyword<'i>>)
        .ok_or_else(|| ValidationError::custom("x-maxLengthUtf16 is a number"))
}

/// A validator of the type with this name.
pub fn validator(name: &str) -> Validator {
    validator_in(&BUNDLE, name)
}

/// A validator of the type with this name in another bundle.
pub fn validator_in(bundle: &Value, name: &str) -> Validator {
    let root = json!({ "$ref": format!("#/$defs/{name}"), "$defs": bundle["$defs"] });
    jsonschema::options()
        .with_keyword("x-maxLengthUtf16", max_utf16)
        .build(&root)
        .unwrap_or_else(|e| panic!("the schema of {name}: {e}"))
}

/// Where a value breaks the schema: the first place in each of its defects, in dots.
pub fn refusals(name: &str, value: &Value) -> Vec<String> {
    validator(name).iter_errors(value).map(|e| place(&e, value)).collect()
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}

fn join(a: &str, b: &str) -> String {
    [a, b].iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join(".")
}

fn place(error: &ValidationError<'_>, root: &Value) -> String {
    let at = dotted(error.instance_path().as_str());
    match error.kind() {
        ValidationErrorKind::Required { property } => join(&at, property.as_str().unwrap_or_default()),
        ValidationErrorKind::OneOfNotValid { .. } => {
            let part = root.pointer(error.instance_path().as_str()).unwrap_or(&Value::Null);
            // The union is the definition whose `oneOf` failed.
            let schema = error.schema_path().as_str();
            let union = BUNDLE.pointer(schema.trim_end_matches("/oneOf")).or_else(|| union_of(error));
            union.map_or(at.clone(), |u| join(&at, &within(u, part)))
        }
        ValidationErrorKind::AnyOf { .. } => {
            let part = root.pointer(error.instance_path().as_str()).unwrap_or(&Value::Null);
            let schema = error.schema_path().as_str();
            let forms = BUNDLE.pointer(schema).and_then(Value::as_array);
            // A value or `null`: what is wrong with the value.
            match forms.and_then(|f| or_null(f)) {
                Some(name) => join(&at, refusals(name, part).first().map_or("", |p| p)),
                None => at,
            }
        }
        ValidationErrorKind::PropertyNames { error } => {
            join(&at, error.instance().as_str().unwrap_or_default())
        }
        _ => at,
    }
}

/// The type of `Type | null`.
fn or_null(forms: &[Value]) -> Option<&str> {
    match forms {
        [form, null] if null["type"] == "null" => form["$ref"].as_str()?.rsplit('/').next(),
        _ => None,
    }
}

/// The definition that an error speaks of, when its path goes through references.
fn union_of(error: &ValidationError<'_>) -> Option<&'static Value> {
    let path = error.evaluation_path().as_str();
    let mut schema: &Value = &BUNDLE;
    let root = json!({});
    let _ = root;
    let mut parts = path.split('/').filter(|p| !p.is_empty()).peekable();
    // The root is a reference to the type itself.
    let mut first = true;
    while let Some(part) = parts.next() {
        if part == "$ref" {
            let name = schema.get("$ref").and_then(Value::as_str)?;
            schema = BUNDLE.pointer(name.trim_start_matches('#'))?;
        } else if first {
            return None;
        } else if part != "oneOf" || parts.peek().is_some() {
            schema = schema.get(part).or_else(|| schema.get(part.parse::<usize>().ok()?))?;
        }
        first = false;
    }
    Some(schema)
}

/// Where a value breaks a union: at the tag, or within the variant that the tag names.
fn within(union: &Value, part: &Value) -> String {
    let Some(field) = discriminator(union) else { return String::new() };
    let Some(object) = part.as_object() else { return String::new() };
    let Some(tag) = object.get(field).and_then(Value::as_str) else { return field.to_owned() };
    let variants = union["oneOf"].as_array().expect("oneOf");
    for variant in variants {
        let name = variant["$ref"].as_str().and_then(|r| r.rsplit('/').next()).expect("a reference");
        let body = &BUNDLE["$defs"][name];
        let is = body["properties"][field]["const"] == tag
            || discriminator(body).is_some_and(|_| refusals(name, part).first().is_none_or(|p| p != field));
        if is {
            return refusals(name, part).into_iter().next().unwrap_or_default();
        }
    }
    field.to_owned()
}
