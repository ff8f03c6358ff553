//! What changed between two tables of routes: who may call, what is taken, what is answered.
//!
//! A route's types are compared as types; here only which types they are. A new error code is none of a route's changes:
//! clients know every code of `ErrorCode`, whichever route answers it.

use std::collections::BTreeSet;

use lia_protocol::{
    api::Scope,
    rest::{Access, Body, Kind, RouteDoc},
};
use serde_json::{Map, Value, json};

use super::Change;

/// What is kept of the routes: `METHOD /path` to what old clients rely on.
pub fn table(routes: &[RouteDoc]) -> Value {
    Value::Object(routes.iter().map(|r| (format!("{} {}", r.method, r.path), entry(r))).collect())
}

fn entry(route: &RouteDoc) -> Value {
    let doc = &route.doc;
    let access = match route.access {
        Access::Open => "open",
        Access::Any => "any",
        Access::Scope(Scope::Read) => "read",
        Access::Scope(Scope::Write) => "write",
        Access::Scope(Scope::ActAs) => "act-as",
        Access::Scope(Scope::Admin) => "admin",
        Access::Instance => "instance",
    };
    let kind = match route.kind {
        Kind::Http => "http",
        Kind::WebSocket => "websocket",
        Kind::Sse => "sse",
    };
    let answers: Map<String, Value> = doc
        .answers
        .iter()
        .map(|a| {
            let bodies: Vec<String> = a.bodies.iter().map(|b| body(*b)).collect();
            let headers: Vec<&str> = a.headers.iter().map(|h| h.name).collect();
            (a.status.to_string(), json!({ "bodies": bodies, "headers": headers }))
        })
        .collect();
    json!({
        "access": access,
        "kind": kind,
        "query": doc.query,
        "headers": doc.headers.iter().map(|h| h.name).collect::<Vec<_>>(),
        "request": doc.request.map(body),
        "optional": doc.optional,
        "answers": answers,
        "errors": route.errors().iter().map(|(status, code)| format!("{status} {code}")).collect::<Vec<_>>(),
        "errorType": doc.error_type,
    })
}

fn body(body: Body) -> String {
    match body {
        Body::Json(name) => name.to_owned(),
        Body::List(name) => format!("{name}[]"),
        Body::Document => "a document".into(),
        Body::Bytes(_) | Body::Events => body.media().to_owned(),
    }
}

/// All differences of two bundles' tables.
pub fn diff(old: &Value, new: &Value, out: &mut Vec<Change>) {
    let none = Map::new();
    let table = |bundle: &Value| bundle["x-lia-routes"].as_object().unwrap_or(&none).clone();
    let (was, is) = (table(old), table(new));
    let mut note = |at: &str, breaking: bool, what: String| {
        out.push(Change { at: at.to_owned(), what, breaking });
    };
    for at in was.keys().filter(|at| !is.contains_key(*at)) {
        note(at, true, "the route is gone".into());
    }
    for (at, now) in &is {
        match was.get(at) {
            None => note(at, false, "a new route".into()),
            Some(then) => {
                let needs_query = |name: &str| {
                    new["$defs"][name]["required"].as_array().is_some_and(|required| !required.is_empty())
                };
                route(then, now, needs_query, &mut |breaking, what| note(at, breaking, what));
            }
        }
    }
}

/// How much of a credential a route wants.
fn rank(access: &Value) -> u8 {
    match access.as_str() {
        Some("open") => 0,
        Some("any") => 1,
        _ => 2,
    }
}

fn route(was: &Value, is: &Value, needs_query: impl Fn(&str) -> bool, note: &mut impl FnMut(bool, String)) {
    let changed = |key: &str| was[key] != is[key];
    let text = |v: &Value| v.as_str().unwrap_or("nothing").to_owned();
    let from_to = |key: &str| format!("changed from {} to {}", text(&was[key]), text(&is[key]));
    if changed("access") {
        note(rank(&is["access"]) >= rank(&was["access"]), format!("who may call it {}", from_to("access")));
    }
    for (key, what) in [("kind", "how it answers"), ("errorType", "the type of its errors")] {
        if changed(key) {
            note(true, format!("{what} {}", from_to(key)));
        }
    }
    if changed("query") {
        let harmless = was["query"].is_null() && !is["query"].as_str().is_some_and(needs_query);
        note(!harmless, format!("the query {}", from_to("query")));
    }
    if changed("request") {
        let harmless = was["request"].is_null() && is["optional"] == true;
        note(!harmless, format!("the body {}", from_to("request")));
    } else if changed("optional") {
        let needed = is["optional"] != true;
        note(needed, if needed { "the body must be there now" } else { "the body may be absent now" }.into());
    }
    lists(&was["headers"], &is["headers"], "header", note);
    let none = Map::new();
    let answers = |v: &Value| v["answers"].as_object().unwrap_or(&none).clone();
    let (then, now) = (answers(was), answers(is));
    for status in then.keys().filter(|s| !now.contains_key(*s)) {
        note(true, format!("the answer {status} is gone"));
    }
    for (status, now) in &now {
        match then.get(status) {
            None => note(true, format!("a new answer {status}")),
            Some(then) => {
                lists(&then["bodies"], &now["bodies"], &format!("body of {status}"), note);
                lists(&then["headers"], &now["headers"], &format!("header of {status}"), note);
            }
        }
    }
    let (then, now) = (words(&was["errors"]), words(&is["errors"]));
    for gone in then.difference(&now) {
        note(false, format!("the error {gone} is gone"));
    }
    for new in now.difference(&then) {
        note(false, format!("a new error {new}"));
    }
}

/// What a client relies on must stay; more of it harms nobody.
fn lists(was: &Value, is: &Value, what: &str, note: &mut impl FnMut(bool, String)) {
    let (then, now) = (words(was), words(is));
    for gone in then.difference(&now) {
        note(true, format!("the {what} {gone} is gone"));
    }
    for new in now.difference(&then) {
        note(false, format!("a new {what} {new}"));
    }
}

fn words(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Value {
        json!({
            "access": "read", "kind": "http", "query": null, "headers": ["Key"], "request": "A", "optional": false,
            "answers": { "200": { "bodies": ["B"], "headers": ["etag"] } }, "errors": ["404 NOT_FOUND"],
            "errorType": "ApiError",
        })
    }

    /// What is said of a route when one thing of it changes.
    fn change(pointer: &str, to: Value) -> Vec<(String, bool)> {
        changes(&base(), pointer, to)
    }

    fn changes(was: &Value, pointer: &str, to: Value) -> Vec<(String, bool)> {
        let mut is = was.clone();
        *is.pointer_mut(pointer).unwrap() = to;
        let bundle = |route: &Value| json!({ "x-lia-routes": { "GET /a": route }, "$defs": { "Q": { "required": ["q"] }, "P": {} } });
        let mut out = Vec::new();
        diff(&bundle(was), &bundle(&is), &mut out);
        assert!(out.iter().all(|c| c.at == "GET /a"));
        out.into_iter().map(|c| (c.what, c.breaking)).collect()
    }

    #[track_caller]
    fn one(found: Vec<(String, bool)>, what: &str, breaking: bool) {
        assert_eq!(found, [(what.to_owned(), breaking)]);
    }

    #[test]
    fn nothing_changed() {
        assert_eq!(change("/access", json!("read")), []);
    }

    #[test]
    fn who_may_call() {
        one(change("/access", json!("admin")), "who may call it changed from read to admin", true);
        one(change("/access", json!("any")), "who may call it changed from read to any", false);
        let open = {
            let mut b = base();
            b["access"] = json!("open");
            b
        };
        one(changes(&open, "/access", json!("read")), "who may call it changed from open to read", true);
    }

    #[test]
    fn what_it_takes() {
        one(change("/request", json!("A2")), "the body changed from A to A2", true);
        one(change("/request", json!(null)), "the body changed from A to nothing", true);
        one(change("/optional", json!(true)), "the body may be absent now", false);
        one(change("/query", json!("Q")), "the query changed from nothing to Q", true);
        one(change("/query", json!("P")), "the query changed from nothing to P", false);
        one(change("/headers", json!([])), "the header Key is gone", true);
        let mut empty = base();
        empty["request"] = json!(null);
        one(changes(&empty, "/request", json!("A")), "the body changed from nothing to A", true);
        empty["optional"] = json!(true);
        one(changes(&empty, "/request", json!("A")), "the body changed from nothing to A", false);
        one(
            changes(
                &{
                    empty["request"] = json!("A");
                    empty
                },
                "/optional",
                json!(false),
            ),
            "the body must be there now",
            true,
        );
    }

    #[test]
    fn what_it_answers() {
        let other = json!(["B2"]);
        let found = change("/answers/200/bodies", other);
        assert_eq!(
            found,
            [("the body of 200 B is gone".into(), true), ("a new body of 200 B2".into(), false)]
        );
        one(change("/answers/200/headers", json!([])), "the header of 200 etag is gone", true);
        let moved = json!({ "202": { "bodies": ["B"], "headers": [] } });
        let found = change("/answers", moved);
        assert_eq!(found, [("the answer 200 is gone".into(), true), ("a new answer 202".into(), true)]);
        one(change("/kind", json!("sse")), "how it answers changed from http to sse", true);
        let what = "the type of its errors changed from ApiError to ApiErrorResponse";
        one(change("/errorType", json!("ApiErrorResponse")), what, true);
        one(change("/errors", json!(["404 NOT_FOUND", "409 CONFLICT"])), "a new error 409 CONFLICT", false);
        one(change("/errors", json!([])), "the error 404 NOT_FOUND is gone", false);
    }

    #[test]
    fn every_served_route_is_kept_whole() {
        let routes = lia_server::api::routes::describe();
        let table = table(&routes);
        assert_eq!(table.as_object().unwrap().len(), routes.len());
        let made = &table["POST /api/v1/tasks"];
        assert_eq!((&made["request"], &made["access"]), (&json!("CreateTaskRequest"), &json!("write")));
        assert_eq!(made["answers"]["201"]["bodies"], json!(["TaskResponse"]));
    }
}
