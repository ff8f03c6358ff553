//! Messages that nobody thought of: made from the schema, some of them broken in one place. Rust and JSON Schema must say the
//! same of each. They are written down with Rust's word on them, and the tests of `packages/shared` ask Zod.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use lia_contract::registry::{self, Entry};
use proptest::{
    collection::vec,
    num::u16,
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Map, Value, json};

use crate::{contract, judge};

/// Messages per type, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 48;

/// Where the tests of `packages/shared` find them.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("contract-corpus")
}

#[test]
fn generated_messages_are_judged_alike() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|c| c.parse().ok()).unwrap_or(CASES).min(2_000);
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let samples = samples();
    let folder = folder();
    // Whoever reads while this writes must not see half of it.
    let new = folder.with_extension("new");
    let _ = fs::remove_dir_all(&new);
    fs::create_dir_all(&new).expect("a folder");
    let mut wrong = Vec::new();
    for entry in registry::TYPES {
        let validator = judge::validator(entry.name);
        let mut lines = String::new();
        let mut accepted = 0;
        for _ in 0..cases {
            let tape = vec(u16::ANY, 0..64).new_tree(&mut runner).expect("a tape").current();
            let mut maker = Maker { tape: &tape, at: 0, samples: &samples };
            let mut value = maker.value(&reference(entry.name), 0);
            if maker.pick(2) == 1 {
                maker.breaks(&mut value);
            }
            let (verdict, said) = verdict(entry, &value);
            if verdict.is_none() != validator.is_valid(&value) {
                wrong.push(format!("{}: Rust says {said}, JSON Schema not: {value}", entry.name));
            }
            accepted += u32::from(verdict.is_none());
            let line = json!({ "value": value, "at": verdict });
            let _ = writeln!(lines, "{line}");
        }
        assert!(accepted > cases / 8, "only {accepted} of {cases} messages of {} are accepted", entry.name);
        fs::write(new.join(format!("{}.jsonl", entry.name)), lines).expect("a file");
    }
    let _ = fs::remove_dir_all(&folder);
    fs::rename(&new, &folder).expect("the folder");
    assert!(wrong.is_empty(), "{} defects:\n{}", wrong.len(), wrong.join("\n"));
}

/// Where Rust refuses a value first, and in words.
fn verdict(entry: &Entry, value: &Value) -> (Option<String>, String) {
    match (entry.round)(&serde_json::to_vec(value).expect("JSON")) {
        Ok(_) => (None, "yes".into()),
        Err(issues) => {
            let first = issues.first().expect("an issue");
            (Some(first.path.clone()), format!("no at {:?} ({})", first.path, first.message))
        }
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn resolve(schema: &Value) -> &Value {
    let mut schema = schema;
    while let Some(to) = schema.get("$ref").and_then(Value::as_str) {
        schema = judge::BUNDLE.pointer(to.trim_start_matches('#')).expect("a definition");
    }
    schema
}

/// For each pattern the texts of the fixtures that have it: a text with a form cannot be made up.
fn samples() -> BTreeMap<String, Vec<String>> {
    let mut out = BTreeMap::new();
    for (name, value) in contract::accepted() {
        collect(&reference(&name), &value, &mut out);
    }
    out
}

fn collect(schema: &Value, value: &Value, out: &mut BTreeMap<String, Vec<String>>) {
    let schema = resolve(schema);
    if let (Some(pattern), Some(text)) = (schema.get("pattern").and_then(Value::as_str), value.as_str()) {
        let all: &mut Vec<String> = out.entry(pattern.to_owned()).or_default();
        if !all.iter().any(|t| t == text) {
            all.push(text.to_owned());
        }
    }
    for form in ["oneOf", "anyOf"].iter().filter_map(|k| schema.get(k)).filter_map(Value::as_array).flatten()
    {
        if fits(form, value) {
            collect(form, value, out);
        }
    }
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match schema.get("properties").and_then(|p| p.get(key)).or(schema.get("additionalProperties"))
                {
                    Some(schema) if schema.is_object() => collect(schema, value, out),
                    Some(_) | None => {}
                }
                if let Some(names) = schema.get("propertyNames") {
                    collect(names, &Value::from(key.as_str()), out);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                items.iter().for_each(|i| collect(schema, i, out));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a value may be meant by one form of several: the kind, the tags and the fields that must be there.
fn fits(form: &Value, value: &Value) -> bool {
    let form = resolve(form);
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if form
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(|t| t != kind && !(t == "integer" && kind == "number"))
    {
        return false;
    }
    let required = form.get("required").and_then(Value::as_array).into_iter().flatten();
    let tags = form.get("properties").and_then(Value::as_object).into_iter().flatten();
    required.filter_map(Value::as_str).all(|key| value.get(key).is_some())
        && tags
            .filter_map(|(key, schema)| Some((key, schema.get("const")?)))
            .all(|(key, tag)| value.get(key) == Some(tag))
}

/// Makes a value by a schema; every choice comes from the tape, and an empty tape chooses the first.
struct Maker<'a> {
    tape: &'a [u16],
    at: usize,
    samples: &'a BTreeMap<String, Vec<String>>,
}

impl Maker<'_> {
    fn pick(&mut self, count: usize) -> usize {
        let choice = self.tape.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        usize::from(choice) % count.max(1)
    }

    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        let schema = resolve(schema);
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        for key in ["enum", "oneOf", "anyOf"] {
            let Some(forms) = schema.get(key).and_then(Value::as_array) else { continue };
            let at = if depth > 6 { 0 } else { self.pick(forms.len()) };
            return if key == "enum" { forms[at].clone() } else { self.value(&forms[at], depth + 1) };
        }
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(Value::Array(kinds)) => kinds[self.pick(kinds.len())].as_str().expect("a word"),
            Some(_) | None => "any",
        };
        match kind {
            "null" => Value::Null,
            "boolean" => Value::Bool(self.pick(2) == 1),
            "integer" => self.integer(schema),
            "number" => self.number(schema),
            "string" => Value::String(self.text(schema)),
            "array" => self.list(schema, depth),
            "object" => self.object(schema, depth),
            _ => {
                let any = [json!(null), json!(0), json!("x"), json!([1, "a"]), json!({ "a": { "b": null } })];
                any[self.pick(any.len())].clone()
            }
        }
    }

    fn integer(&mut self, schema: &Value) -> Value {
        let bound = |key: &str| schema[key].as_i64().expect("both bounds");
        let (min, max) = (bound("minimum"), bound("maximum"));
        let choices = [0, min, max, 1, 7, -1, 1000];
        Value::from(choices[self.pick(choices.len())].clamp(min, max))
    }

    fn number(&mut self, schema: &Value) -> Value {
        let (min, max) =
            (schema.get("minimum").and_then(Value::as_f64), schema.get("maximum").and_then(Value::as_f64));
        let choices = [0.5, min.unwrap_or(-1.25), max.unwrap_or(1e9), 12.75];
        let chosen = choices[self.pick(choices.len())];
        Value::from(chosen.clamp(min.unwrap_or(f64::MIN), max.unwrap_or(f64::MAX)))
    }

    fn text(&mut self, schema: &Value) -> String {
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|b| usize::try_from(b).ok());
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
            let all =
                self.samples.get(pattern).unwrap_or_else(|| panic!("no fixture has a text like {pattern}"));
            let fit: Vec<&String> = all
                .iter()
                .filter(|t| bound("maxLength").is_none_or(|m| t.encode_utf16().count() <= m))
                .filter(|t| t.chars().count() >= bound("minLength").unwrap_or(0))
                .collect();
            return fit[self.pick(fit.len())].clone();
        }
        const CHARS: [char; 9] = ['a', 'Z', ' ', '0', 'é', '漢', '😀', '"', '\n'];
        let min = bound("minLength").unwrap_or(0);
        let max = bound("maxLength").unwrap_or(usize::MAX);
        // The bound itself, where that is not too much to write down; else a little.
        let wanted = match self.pick(4) {
            0 => min,
            1 if max <= 2_000 => max,
            _ => (min + self.pick(8)).min(max),
        };
        let mut out = String::new();
        let mut units = 0;
        while units < wanted {
            let c = CHARS[self.pick(CHARS.len())];
            let c = if units + c.len_utf16() > wanted { 'a' } else { c };
            units += c.len_utf16();
            out.push(c);
        }
        // Fewer code points than units: the shortest length is in code points in JSON Schema.
        while out.chars().count() < min && units < max {
            out.push('a');
            units += 1;
        }
        out
    }

    fn list(&mut self, schema: &Value, depth: usize) -> Value {
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|b| usize::try_from(b).ok());
        let min = bound("minItems").unwrap_or(0);
        let max = bound("maxItems").unwrap_or(usize::MAX);
        let count = match self.pick(5) {
            _ if depth > 5 => min,
            0 => min,
            1 if max <= 20 => max,
            more => (min + more).min(max),
        };
        let item = schema.get("items").cloned().unwrap_or(Value::Bool(true));
        Value::Array((0..count).map(|_| self.value(&item, depth + 1)).collect())
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut out = Map::new();
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            let required: Vec<&str> = schema
                .get("required")
                .and_then(Value::as_array)
                .map(|r| r.iter().filter_map(Value::as_str).collect())
                .unwrap_or_default();
            for (name, property) in properties {
                if required.contains(&name.as_str()) || (depth < 5 && self.pick(2) == 1) {
                    out.insert(name.clone(), self.value(property, depth + 1));
                }
            }
            if self.pick(8) == 7 {
                out.insert("unknownToAll".into(), json!({ "a": [null] }));
            }
            return Value::Object(out);
        }
        let Some(values) = schema.get("additionalProperties").filter(|v| **v != Value::Bool(false)) else {
            return Value::Object(out);
        };
        for at in 0..self.pick(3) {
            let key = match schema.get("propertyNames") {
                Some(names) => self.text(resolve(names)),
                None => ["a", "b c"][at].to_owned(),
            };
            out.insert(key, self.value(values, depth + 1));
        }
        Value::Object(out)
    }

    /// Changes one place of a value.
    fn breaks(&mut self, value: &mut Value) {
        let inner = match value {
            Value::Object(object) => object.len(),
            Value::Array(items) => items.len(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        };
        // Three times out of four further in, where there is a further in.
        if inner > 0 && self.pick(4) != 3 {
            let at = self.pick(inner);
            match value {
                Value::Object(object) => {
                    let key = object.keys().nth(at).expect("a key").clone();
                    if self.pick(3) == 2 {
                        object.remove(&key);
                    } else {
                        self.breaks(&mut object[&key]);
                    }
                }
                Value::Array(items) => self.breaks(&mut items[at]),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
            return;
        }
        let others = [
            json!(null),
            json!(true),
            json!("x"),
            json!(""),
            json!(-1),
            json!(1.5),
            json!(9_007_199_254_740_992_u64),
            json!([]),
            json!({}),
            // A struct as the list of its fields, where serde would take it.
            match value {
                Value::Object(fields) => Value::Array(fields.values().cloned().collect()),
                ref other => json!([other]),
            },
            json!("x".repeat(600)),
        ];
        *value = others[self.pick(others.len())].clone();
    }
}
