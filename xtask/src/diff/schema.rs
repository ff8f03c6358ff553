//! What changed between two schemas of one type.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Change, Sent};

/// Compares two schemas of one type.
pub struct Differ<'a> {
    sent: Sent,
    /// Within a `not`: what narrows it widens the whole.
    inverted: bool,
    out: &'a mut Vec<Change>,
}

/// Limits from below, and from above.
const LOWER: [&str; 4] = ["minimum", "minLength", "minItems", "minProperties"];
const UPPER: [&str; 6] =
    ["maximum", "maxLength", "x-maxLengthUtf16", "x-maxLengthUtf8", "maxItems", "maxProperties"];

/// Keywords of one text, each a rule that a value keeps.
const RULES: [&str; 2] = ["format", "x-rule"];

/// What else is compared.
const COMPARED: [&str; 20] = [
    "$ref",
    "discriminator",
    "type",
    "const",
    "enum",
    "pattern",
    "oneOf",
    "anyOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "properties",
    "required",
    "items",
    "prefixItems",
    "additionalProperties",
    "propertyNames",
    "x-known",
];

/// Words for people.
const WORDS: [&str; 3] = ["description", "title", "examples"];

fn understood(key: &str) -> bool {
    key == "default"
        || [&LOWER[..], &UPPER, &RULES, &COMPARED, &WORDS].iter().any(|known| known.contains(&key))
}

impl<'a> Differ<'a> {
    pub fn new(sent: Sent, out: &'a mut Vec<Change>) -> Self {
        Self { sent, inverted: false, out }
    }

    fn note(&mut self, at: &str, narrows: bool, widens: bool, what: impl Into<String>) {
        let (narrows, widens) = if self.inverted { (widens, narrows) } else { (narrows, widens) };
        let breaking = narrows && self.sent.by_clients || widens && self.sent.by_server;
        let change = Change { at: at.into(), what: what.into(), breaking };
        // `maxLength` and `x-maxLengthUtf16` say one thing twice.
        if !self.out.contains(&change) {
            self.out.push(change);
        }
    }

    /// All differences at a place.
    pub fn schema(&mut self, at: &str, was: &Value, is: &Value) {
        match (was, is) {
            (was, is) if was == is => return,
            (Value::Bool(false), _) => return self.note(at, false, true, "something is allowed now"),
            (_, Value::Bool(false)) => return self.note(at, true, false, "nothing is allowed any more"),
            // `true` is a schema without keywords.
            _ => {}
        }
        if was["$ref"] != is["$ref"] {
            let name = |s: &Value| {
                s["$ref"].as_str().and_then(|r| r.rsplit('/').next()).unwrap_or("its own").to_owned()
            };
            self.note(at, true, true, format!("the type changed from {} to {}", name(was), name(is)));
            return;
        }
        if was["discriminator"] != is["discriminator"] {
            self.note(at, true, true, "another field tells the variants apart");
        }
        self.sets(at, "type", &types(was), &types(is), was.get("type").is_some(), is.get("type").is_some());
        let (had, has) = (values(was), values(is));
        self.sets(
            at,
            "value",
            had.as_ref().unwrap_or(&BTreeSet::new()),
            has.as_ref().unwrap_or(&BTreeSet::new()),
            had.is_some(),
            has.is_some(),
        );
        self.limits(at, was, is);
        self.variants(at, was, is);
        self.properties(at, was, is);
        self.held(at, was, is);
        self.rules(at, was, is);
        if was.get("prefixItems") != is.get("prefixItems") {
            self.note(at, true, true, "the items of the tuple changed");
        }
        if was.get("default") != is.get("default") {
            let text = |v: &Value| v.get("default").map_or("none".to_owned(), ToString::to_string);
            self.note(at, true, true, format!("the default changed from {} to {}", text(was), text(is)));
        }
        let keys = |s: &Value| s.as_object().into_iter().flatten().map(|(k, _)| k.clone()).collect();
        let (old, new): (BTreeSet<String>, BTreeSet<String>) = (keys(was), keys(is));
        for key in old.union(&new).filter(|k| !understood(k) && was.get(k.as_str()) != is.get(k.as_str())) {
            self.note(at, true, true, format!("{key} changed: judge by hand"));
        }
    }

    /// What lists and objects hold.
    fn held(&mut self, at: &str, was: &Value, is: &Value) {
        for (key, mark) in [("items", "[]"), ("additionalProperties", "{}"), ("propertyNames", "{name}")] {
            let at = format!("{at}{mark}");
            // Everything is allowed where nothing is said.
            let form = |s: &Value| s.get(key).filter(|s| **s != Value::Bool(true)).cloned();
            match (form(was), form(is)) {
                (None, None) => {}
                (Some(was), Some(is)) => self.schema(&at, &was, &is),
                (None, Some(Value::Bool(_))) => self.note(&at, true, false, "nothing is allowed any more"),
                (Some(Value::Bool(_)), None) => self.note(&at, false, true, "something is allowed now"),
                (None, Some(_)) => self.note(&at, true, false, "what it holds has a form now"),
                (Some(_), None) => self.note(&at, false, true, "what it holds has no form any more"),
            }
        }
    }

    /// Rules that stand beside a value's kind.
    fn rules(&mut self, at: &str, was: &Value, is: &Value) {
        for key in RULES {
            match (was.get(key), is.get(key)) {
                (then, now) if then == now => {}
                (Some(then), Some(now)) => {
                    self.note(at, true, true, format!("the {key} changed from {then} to {now}"));
                }
                (None, Some(now)) => self.note(at, true, false, format!("a new {key} {now}")),
                (Some(then), None) => self.note(at, false, true, format!("the {key} {then} is gone")),
                (None, None) => {}
            }
        }
        let quoted = |s: &Value| -> BTreeSet<String> {
            s["x-known"].as_array().into_iter().flatten().map(ToString::to_string).collect()
        };
        // Other words are taken too: an old client lives with a new one.
        for new in quoted(is).difference(&quoted(was)) {
            self.note(at, false, false, format!("a new known word {new}"));
        }
        for gone in quoted(was).difference(&quoted(is)) {
            self.note(at, true, false, format!("the known word {gone} is gone"));
        }
        match (was.get("not"), is.get("not")) {
            (None, None) => {}
            (None, Some(_)) => self.note(at, true, false, "something is forbidden now"),
            (Some(_), None) => self.note(at, false, true, "nothing is forbidden any more"),
            (Some(was), Some(is)) => {
                self.inverted = !self.inverted;
                self.schema(at, was, is);
                self.inverted = !self.inverted;
            }
        }
        let condition = |s: &Value| ["if", "then", "else"].map(|key| s.get(key).cloned());
        let (then, now) = (condition(was), condition(is));
        match (then.iter().any(Option::is_some), now.iter().any(Option::is_some)) {
            _ if then == now => {}
            (false, _) => self.note(at, true, false, "a new condition (if, then, else)"),
            (_, false) => self.note(at, false, true, "the condition (if, then, else) is gone"),
            (true, true) => self.note(at, true, true, "the condition (if, then, else) changed"),
        }
        // All parts hold at once: a new one narrows.
        let parts = |s: &Value| s["allOf"].as_array().cloned().unwrap_or_default();
        let (then, now) = (parts(was), parts(is));
        for new in now.iter().filter(|p| !then.contains(p)) {
            self.note(at, true, false, format!("a new part of allOf: {new}"));
        }
        for gone in then.iter().filter(|p| !now.contains(p)) {
            self.note(at, false, true, format!("a part of allOf is gone: {gone}"));
        }
    }

    /// A list of what is allowed, which may be absent: then everything is.
    fn sets(
        &mut self,
        at: &str,
        word: &str,
        was: &BTreeSet<String>,
        is: &BTreeSet<String>,
        had: bool,
        has: bool,
    ) {
        match (had, has) {
            (false, false) => {}
            (false, true) => self.note(at, true, false, format!("only some {word}s are allowed now")),
            (true, false) => self.note(at, false, true, format!("every {word} is allowed now")),
            (true, true) => {
                for gone in was.difference(is) {
                    self.note(at, true, false, format!("the {word} {gone} is gone"));
                }
                for new in is.difference(was) {
                    self.note(at, false, true, format!("a new {word} {new}"));
                }
            }
        }
    }

    fn limits(&mut self, at: &str, was: &Value, is: &Value) {
        for (keys, lower) in [(&LOWER[..], true), (&UPPER[..], false)] {
            for key in keys {
                let what = key.trim_start_matches("x-").trim_end_matches("Utf16");
                match (was[*key].as_f64(), is[*key].as_f64()) {
                    (None, None) => {}
                    (None, Some(now)) => self.note(at, true, false, format!("a new limit {what} {now}")),
                    (Some(then), None) => {
                        self.note(at, false, true, format!("the limit {what} {then} is gone"))
                    }
                    (Some(then), Some(now)) if then != now => {
                        let narrows = (now > then) == lower;
                        self.note(
                            at,
                            narrows,
                            !narrows,
                            format!("the limit {what} changed from {then} to {now}"),
                        );
                    }
                    (Some(_), Some(_)) => {}
                }
            }
        }
        match (was["pattern"].as_str(), is["pattern"].as_str()) {
            (then, now) if then == now => {}
            (None, _) => self.note(at, true, false, "a new pattern"),
            (_, None) => self.note(at, false, true, "the pattern is gone"),
            (Some(_), Some(_)) => self.note(at, true, true, "another pattern"),
        }
    }

    fn variants(&mut self, at: &str, was: &Value, is: &Value) {
        for key in ["oneOf", "anyOf"] {
            let (then, now) = (forms(was, key), forms(is, key));
            let names =
                |m: &Option<BTreeMap<String, &Value>>| m.iter().flatten().map(|(k, _)| k.clone()).collect();
            let (before, after): (BTreeSet<String>, BTreeSet<String>) = (names(&then), names(&now));
            self.sets(at, "variant", &before, &after, then.is_some(), now.is_some());
            for name in before.intersection(&after) {
                if let (Some(was), Some(is)) =
                    (then.as_ref().and_then(|m| m.get(name)), now.as_ref().and_then(|m| m.get(name)))
                {
                    self.schema(at, was, is);
                }
            }
        }
    }

    fn properties(&mut self, at: &str, was: &Value, is: &Value) {
        let none = serde_json::Map::new();
        let (olds, news) =
            (was["properties"].as_object().unwrap_or(&none), is["properties"].as_object().unwrap_or(&none));
        let needed =
            |s: &Value, name: &str| s["required"].as_array().is_some_and(|r| r.iter().any(|n| n == name));
        let unnamed = |s: &Value| -> BTreeSet<String> {
            words(&s["required"])
                .into_iter()
                .filter(|n| !olds.contains_key(n) && !news.contains_key(n))
                .collect()
        };
        let (then, now) = (unnamed(was), unnamed(is));
        for name in now.difference(&then) {
            self.note(&format!("{at}.{name}"), true, false, "must be there now");
        }
        for name in then.difference(&now) {
            self.note(&format!("{at}.{name}"), false, true, "may be absent now");
        }
        for name in olds.keys().filter(|n| !news.contains_key(*n)) {
            self.note(&format!("{at}.{name}"), true, true, "the field is gone");
        }
        for (name, property) in news {
            let at = format!("{at}.{name}");
            let required = needed(is, name);
            match olds.get(name) {
                None if required => self.note(&at, true, false, "a new field that must be there"),
                None => self.note(&at, false, false, "a new field"),
                Some(old) => {
                    match (needed(was, name), required) {
                        (false, true) => self.note(&at, true, false, "must be there now"),
                        (true, false) => self.note(&at, false, true, "may be absent now"),
                        (false, false) | (true, true) => {}
                    }
                    self.schema(&at, old, property);
                }
            }
        }
    }
}

/// The variants of a schema, by what tells them apart.
fn forms<'a>(schema: &'a Value, key: &str) -> Option<BTreeMap<String, &'a Value>> {
    let mut out = BTreeMap::new();
    for (name, form) in schema[key].as_array()?.iter().map(variant) {
        let same = |n: &String| *n == name || n.starts_with(&format!("{name} "));
        let name = match out.keys().filter(|n| same(n)).count() {
            0 => name,
            before => format!("{name} {}", before + 1),
        };
        out.insert(name, form);
    }
    Some(out)
}

/// What tells a variant from its neighbours.
fn variant(schema: &Value) -> (String, &Value) {
    let name = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()).map(str::to_owned);
    let name = name.or_else(|| schema.get("const").map(ToString::to_string));
    let tag = || {
        let properties = schema["properties"].as_object()?;
        properties.iter().find_map(|(k, p)| p.get("const").map(|c| format!("{k}={c}")))
    };
    let kind = || schema.get("type").map_or_else(|| schema.to_string(), ToString::to_string);
    (name.or_else(tag).unwrap_or_else(kind), schema)
}

fn types(schema: &Value) -> BTreeSet<String> {
    match &schema["type"] {
        Value::String(one) => BTreeSet::from([one.clone()]),
        other => words(other),
    }
}

fn words(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn values(schema: &Value) -> Option<BTreeSet<String>> {
    match (schema.get("const"), schema["enum"].as_array()) {
        (Some(only), _) => Some(BTreeSet::from([only.to_string()])),
        (None, Some(all)) => Some(all.iter().map(ToString::to_string).collect()),
        (None, None) => None,
    }
}
