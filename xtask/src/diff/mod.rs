//! What changed between two bundles of the contract, and which of it breaks old clients.
//!
//! A change narrows (less is accepted than before) or widens (more is sent than before), or both. Where clients send a
//! type, narrowing breaks them; where the server sends it, widening does: an old client's validator knows neither the new
//! variant nor the new length. What neither side is known to send counts as sent by both. A new optional field is an
//! addition everywhere, since unknown fields are ignored everywhere; a field or type that goes away never is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Who sends a type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub by_clients: bool,
    pub by_server: bool,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `Type`, or `Type.field.field`.
    pub at: String,
    /// What happened.
    pub what: String,
    /// Whether old clients break.
    pub breaking: bool,
}

/// All differences, in the order of the new bundle's types.
pub fn diff(old: &Value, new: &Value, sent: &BTreeMap<String, Sent>) -> Vec<Change> {
    let mut out = Vec::new();
    for route in words(&old["x-lia-routes"]).difference(&words(&new["x-lia-routes"])) {
        out.push(Change { at: route.clone(), what: "the route is gone".into(), breaking: true });
    }
    for route in words(&new["x-lia-routes"]).difference(&words(&old["x-lia-routes"])) {
        out.push(Change { at: route.clone(), what: "a new route".into(), breaking: false });
    }
    let none = serde_json::Map::new();
    let (olds, news) = (old["$defs"].as_object().unwrap_or(&none), new["$defs"].as_object().unwrap_or(&none));
    for name in olds.keys().filter(|n| !news.contains_key(*n)) {
        out.push(Change { at: name.clone(), what: "the type is gone".into(), breaking: true });
    }
    for (name, is) in news {
        match olds.get(name) {
            None => out.push(Change { at: name.clone(), what: "a new type".into(), breaking: false }),
            Some(was) => {
                let sent = sent.get(name).copied().unwrap_or_default();
                let unknown = !sent.by_clients && !sent.by_server;
                let sent = if unknown { Sent { by_clients: true, by_server: true } } else { sent };
                Differ { sent, out: &mut out }.schema(name, was, is);
            }
        }
    }
    out
}

/// Who sends each type: those that are given, and what they hold.
pub fn closure(bundle: &Value, roots: impl IntoIterator<Item = (String, bool)>) -> BTreeMap<String, Sent> {
    let mut out: BTreeMap<String, Sent> = BTreeMap::new();
    let mut todo: Vec<(String, bool)> = roots.into_iter().collect();
    while let Some((name, by_client)) = todo.pop() {
        let entry = out.entry(name.clone()).or_default();
        let known = if by_client { &mut entry.by_clients } else { &mut entry.by_server };
        if !std::mem::replace(known, true) {
            references(&bundle["$defs"][&name], &mut |held| todo.push((held.to_owned(), by_client)));
        }
    }
    out
}

fn references(schema: &Value, found: &mut impl FnMut(&str)) {
    match schema {
        Value::Array(items) => items.iter().for_each(|s| references(s, found)),
        Value::Object(object) => {
            for (key, value) in object {
                match value.as_str().and_then(|r| r.strip_prefix("#/$defs/")).filter(|_| key == "$ref") {
                    Some(name) => found(name),
                    None => references(value, found),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

struct Differ<'a> {
    sent: Sent,
    out: &'a mut Vec<Change>,
}

/// Limits from below, and from above.
const LOWER: [&str; 4] = ["minimum", "minLength", "minItems", "minProperties"];
const UPPER: [&str; 5] = ["maximum", "maxLength", "x-maxLengthUtf16", "maxItems", "maxProperties"];

impl Differ<'_> {
    fn note(&mut self, at: &str, narrows: bool, widens: bool, what: impl Into<String>) {
        let breaking = narrows && self.sent.by_clients || widens && self.sent.by_server;
        let change = Change { at: at.into(), what: what.into(), breaking };
        // `maxLength` and `x-maxLengthUtf16` say one thing twice.
        if !self.out.contains(&change) {
            self.out.push(change);
        }
    }

    fn schema(&mut self, at: &str, was: &Value, is: &Value) {
        if was == is {
            return;
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
        for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
            match (was.get(key), is.get(key)) {
                (None, None) => {}
                (Some(was), Some(is)) => self.schema(&format!("{at}{mark}"), was, is),
                (None, Some(_)) => {
                    self.note(&format!("{at}{mark}"), true, false, "what it holds has a form now")
                }
                (Some(_), None) => {
                    self.note(&format!("{at}{mark}"), false, true, "what it holds has no form any more")
                }
            }
        }
        if was.get("prefixItems") != is.get("prefixItems") {
            self.note(at, true, true, "the items of the tuple changed");
        }
        if was.get("default") != is.get("default") {
            let text = |v: &Value| v.get("default").map_or("none".to_owned(), ToString::to_string);
            self.note(at, true, true, format!("the default changed from {} to {}", text(was), text(is)));
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
        for key in ["oneOf", "anyOf", "allOf"] {
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
    schema[key].as_array().map(|all| all.iter().map(variant).collect())
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CLIENTS: Sent = Sent { by_clients: true, by_server: false };
    const SERVER: Sent = Sent { by_clients: false, by_server: true };

    /// What a change of one type says: when clients send it, when the server does.
    #[track_caller]
    fn change(was: Value, is: Value, what: &str, breaks_clients: bool, breaks_server: bool) {
        let bundle = |t: Value| json!({ "$defs": { "T": t } });
        for (sent, breaking) in [(CLIENTS, breaks_clients), (SERVER, breaks_server)] {
            let found =
                diff(&bundle(was.clone()), &bundle(is.clone()), &BTreeMap::from([("T".to_owned(), sent)]));
            let [change] = &found[..] else { panic!("{found:?}") };
            assert_eq!((change.what.as_str(), change.breaking), (what, breaking), "{sent:?}");
        }
        // Nobody is known to send it: both count.
        let unknown = diff(&bundle(was), &bundle(is), &BTreeMap::new());
        assert_eq!(unknown[0].breaking, breaks_clients || breaks_server);
    }

    fn object(fields: Value, required: Value) -> Value {
        json!({ "type": "object", "properties": fields, "required": required })
    }

    #[test]
    fn types_and_routes_come_and_go() {
        let old = json!({ "$defs": { "A": {}, "B": {} }, "x-lia-routes": ["GET /a", "GET /b"] });
        let new = json!({ "$defs": { "B": {}, "C": {} }, "x-lia-routes": ["GET /b", "GET /c"] });
        let found: Vec<_> =
            diff(&old, &new, &BTreeMap::new()).into_iter().map(|c| (c.at, c.breaking)).collect();
        let expected = [("GET /a", true), ("GET /c", false), ("A", true), ("C", false)];
        assert_eq!(found, expected.map(|(at, b)| (at.to_owned(), b)));
        assert_eq!(diff(&old, &old, &BTreeMap::new()), []);
    }

    #[test]
    fn fields() {
        let (s, a) = (json!({ "a": { "type": "string" } }), json!(["a"]));
        let none = object(json!({}), json!([]));
        change(object(s.clone(), json!([])), none.clone(), "the field is gone", true, true);
        change(none.clone(), object(s.clone(), json!([])), "a new field", false, false);
        change(none, object(s.clone(), a.clone()), "a new field that must be there", true, false);
        change(object(s.clone(), json!([])), object(s.clone(), a.clone()), "must be there now", true, false);
        change(object(s.clone(), a), object(s, json!([])), "may be absent now", false, true);
    }

    #[test]
    fn kinds_and_words() {
        let t = |t: Value| json!({ "type": t });
        change(t(json!(["string", "null"])), t(json!("string")), "the type null is gone", true, false);
        change(t(json!("string")), t(json!(["string", "null"])), "a new type null", false, true);
        let e = |e: Value| json!({ "type": "string", "enum": e });
        change(e(json!(["a", "b"])), e(json!(["a"])), "the value \"b\" is gone", true, false);
        change(e(json!(["a"])), e(json!(["a", "b"])), "a new value \"b\"", false, true);
        change(json!({ "type": "string" }), e(json!(["a"])), "only some values are allowed now", true, false);
        change(e(json!(["a"])), json!({ "type": "string" }), "every value is allowed now", false, true);
        let r = |n: &str| json!({ "$ref": format!("#/$defs/{n}") });
        change(r("A"), r("B"), "the type changed from A to B", true, true);
    }

    #[test]
    fn limits() {
        let max = |n: u64| json!({ "type": "string", "maxLength": n, "x-maxLengthUtf16": n });
        change(max(9), max(8), "the limit maxLength changed from 9 to 8", true, false);
        change(max(8), max(9), "the limit maxLength changed from 8 to 9", false, true);
        change(json!({ "type": "string" }), max(8), "a new limit maxLength 8", true, false);
        change(max(8), json!({ "type": "string" }), "the limit maxLength 8 is gone", false, true);
        let min = |n: u64| json!({ "type": "integer", "minimum": n });
        change(min(1), min(2), "the limit minimum changed from 1 to 2", true, false);
        change(min(2), min(1), "the limit minimum changed from 2 to 1", false, true);
        let pattern = |p: &str| json!({ "type": "string", "pattern": p });
        change(pattern("^a"), pattern("^b"), "another pattern", true, true);
        change(json!({ "type": "string" }), pattern("^b"), "a new pattern", true, false);
        change(pattern("^a"), json!({ "type": "string" }), "the pattern is gone", false, true);
        let items = |n: u64| json!({ "type": "array", "items": { "type": "integer", "maximum": n } });
        change(items(3), items(2), "the limit maximum changed from 3 to 2", true, false);
    }

    #[test]
    fn unions_and_defaults() {
        let union = |all: &[&str]| {
            let all: Vec<_> = all.iter().map(|n| json!({ "$ref": format!("#/$defs/{n}") })).collect();
            json!({ "oneOf": all, "discriminator": { "propertyName": "type" } })
        };
        change(union(&["A", "B"]), union(&["A"]), "the variant B is gone", true, false);
        change(union(&["A"]), union(&["A", "B"]), "a new variant B", false, true);
        let mut other = union(&["A"]);
        other["discriminator"]["propertyName"] = json!("action");
        change(union(&["A"]), other, "another field tells the variants apart", true, true);
        let default = |n: u64| json!({ "type": "integer", "default": n });
        change(default(1), default(2), "the default changed from 1 to 2", true, true);
        let text = |d: &str| json!({ "type": "string", "description": d });
        let bundle = |t: Value| json!({ "$defs": { "T": t } });
        assert_eq!(diff(&bundle(text("a")), &bundle(text("b")), &BTreeMap::new()), [], "words for people");
    }

    #[test]
    fn who_sends_what_is_held_too() {
        let bundle = json!({ "$defs": {
            "Request": { "properties": { "x": { "$ref": "#/$defs/Word" } } },
            "Answer": { "items": { "$ref": "#/$defs/Word" } },
            "Word": {}, "Other": {},
        } });
        let roots = [("Request".to_owned(), true), ("Answer".to_owned(), false)];
        let sent = closure(&bundle, roots);
        assert_eq!(sent["Request"], CLIENTS);
        assert_eq!(sent["Answer"], SERVER);
        assert_eq!(sent["Word"], Sent { by_clients: true, by_server: true });
        assert!(!sent.contains_key("Other"));
    }
}
