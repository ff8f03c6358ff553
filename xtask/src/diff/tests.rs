//! Planted changes, and what is said of each.

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
    let old = json!({ "$defs": { "A": {}, "B": {} }, "x-lia-routes": { "GET /a": {}, "GET /b": {} } });
    let new = json!({ "$defs": { "B": {}, "C": {} }, "x-lia-routes": { "GET /b": {}, "GET /c": {} } });
    let found: Vec<_> = diff(&old, &new, &BTreeMap::new()).into_iter().map(|c| (c.at, c.breaking)).collect();
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

#[test]
fn forms_of_texts() {
    let text = |key: &str, value: Value| json!({ "type": "string", key: value });
    let plain = || json!({ "type": "string" });
    change(plain(), text("format", json!("date-time")), "a new format \"date-time\"", true, false);
    change(text("format", json!("uuid")), plain(), "the format \"uuid\" is gone", false, true);
    let (date, time) = (text("format", json!("date")), text("format", json!("time")));
    change(date, time, "the format changed from \"date\" to \"time\"", true, true);
    let max = |n: u64| text("x-maxLengthUtf8", json!(n));
    change(max(9), max(8), "the limit maxLengthUtf8 changed from 9 to 8", true, false);
    let known = |words: &[&str]| text("x-known", json!(words));
    change(known(&["a"]), known(&["a", "b"]), "a new known word \"b\"", false, false);
    change(known(&["a", "b"]), known(&["a"]), "the known word \"b\" is gone", true, false);
}

#[test]
fn rules_over_several_fields() {
    let rule = |name: &str| json!({ "type": "object", "x-rule": name });
    let plain = || json!({ "type": "object" });
    change(plain(), rule("one"), "a new x-rule \"one\"", true, false);
    change(rule("one"), plain(), "the x-rule \"one\" is gone", false, true);
    change(rule("one"), rule("two"), "the x-rule changed from \"one\" to \"two\"", true, true);
    let when = |field: &str| json!({ "if": { "required": ["a"] }, "then": { "required": [field] } });
    change(when("b"), when("c"), "the condition (if, then, else) changed", true, true);
    change(json!({}), when("b"), "a new condition (if, then, else)", true, false);
    change(when("b"), json!({}), "the condition (if, then, else) is gone", false, true);
    let all = |parts: &[Value]| json!({ "allOf": parts });
    let (one, both) = (all(&[when("b")]), all(&[when("b"), when("c")]));
    let part = when("c").to_string();
    change(one.clone(), both.clone(), &format!("a new part of allOf: {part}"), true, false);
    change(both, one, &format!("a part of allOf is gone: {part}"), false, true);
    let needs = |field: &str| json!({ "type": "object", "required": [field] });
    change(needs("a"), json!({ "type": "object" }), "may be absent now", false, true);
    change(json!({ "type": "object" }), needs("a"), "must be there now", true, false);
}

#[test]
fn what_must_not_be() {
    let not = |words: &[&str]| json!({ "type": "string", "not": { "enum": words } });
    // More is forbidden: less is accepted.
    change(not(&["a"]), not(&["a", "b"]), "a new value \"b\"", true, false);
    change(not(&["a", "b"]), not(&["a"]), "the value \"b\" is gone", false, true);
    change(json!({ "type": "string" }), not(&["a"]), "something is forbidden now", true, false);
    change(not(&["a"]), json!({ "type": "string" }), "nothing is forbidden any more", false, true);
}

#[test]
fn what_objects_hold() {
    let map = |of: Value| json!({ "type": "object", "additionalProperties": of });
    let (open, closed) = (map(json!(true)), map(json!(false)));
    let text = || map(json!({ "type": "string" }));
    change(open.clone(), text(), "what it holds has a form now", true, false);
    change(text(), open.clone(), "what it holds has no form any more", false, true);
    change(json!({ "type": "object" }), text(), "what it holds has a form now", true, false);
    change(open.clone(), closed.clone(), "nothing is allowed any more", true, false);
    change(json!({ "type": "object" }), closed.clone(), "nothing is allowed any more", true, false);
    change(closed.clone(), open.clone(), "something is allowed now", false, true);
    change(closed, text(), "something is allowed now", false, true);
    let bundle = |t: Value| json!({ "$defs": { "T": t } });
    let same = diff(&bundle(open), &bundle(json!({ "type": "object" })), &BTreeMap::new());
    assert_eq!(same, [], "an absent additionalProperties is true");
    let limit = |n: u64| map(json!({ "type": "string", "maxLength": n }));
    change(limit(8), limit(9), "the limit maxLength changed from 8 to 9", false, true);
    let names = |p: &str| json!({ "type": "object", "propertyNames": { "pattern": p } });
    change(names("^a"), names("^b"), "another pattern", true, true);
    change(json!({ "type": "object" }), names("^b"), "what it holds has a form now", true, false);
    change(names("^a"), json!({ "type": "object" }), "what it holds has no form any more", false, true);
}

#[test]
fn a_variant_is_not_hidden_by_one_of_the_same_kind() {
    let texts = |all: &[&str]| {
        let all: Vec<_> = all.iter().map(|p| json!({ "type": "string", "pattern": p })).collect();
        json!({ "anyOf": all })
    };
    change(texts(&["^a", "^b"]), texts(&["^a"]), "the variant \"string\" 2 is gone", true, false);
    change(texts(&["^a"]), texts(&["^a", "^b"]), "a new variant \"string\" 2", false, true);
}

#[test]
fn what_is_not_understood_breaks() {
    for key in ["uniqueItems", "exclusiveMinimum", "dependentRequired", "x-new"] {
        let with = |value: Value| json!({ "type": "array", key: value });
        let what = format!("{key} changed: judge by hand");
        change(json!({ "type": "array" }), with(json!(1)), &what, true, true);
        change(with(json!(1)), with(json!(2)), &what, true, true);
        change(with(json!(1)), json!({ "type": "array" }), &what, true, true);
    }
}
