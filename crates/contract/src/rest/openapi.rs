//! OpenAPI 3.1 out of a list of routes and the contract's schema.

use lia_protocol::{
    api::{COOKIE, Scope},
    rest::{Access, Answer, Body, Kind, RouteDoc, doc::Header, name},
    sessions::{WebhookPayload, verify},
};
use serde_json::{Map, Value, json};

use super::planned;
use crate::{
    registry,
    schema::{self, bundle, discriminator},
};

/// The document of these routes, and of the planned ones.
///
/// # Panics
/// When a route names a type that is not in the registry, a path parameter that its path has not, or two have one path.
#[must_use]
pub fn openapi(served: &[RouteDoc]) -> Value {
    let bundle = bundle();
    let mut paths = Map::new();
    let planned = planned::routes();
    let mut tags: Vec<&str> = Vec::new();
    for route in served.iter().chain(&planned) {
        if !tags.contains(&route.tag) {
            tags.push(route.tag);
        }
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        let before = item
            .as_object_mut()
            .and_then(|item| item.insert(route.method.to_lowercase(), operation(route, &bundle)));
        assert!(before.is_none(), "{} {} is there twice", route.method, route.path);
    }
    let mut document = json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Lia",
            "version": schema::VERSION,
            "summary": "Runs AI agents, each in its own sealed sandbox.",
            "description": "Made from the table of routes and the contract's types. Unknown fields and parameters are ignored. \
                An operation with `x-lia-status: planned` is not served yet. Every route answers `METHOD_NOT_ALLOWED` (405) to \
                other methods.",
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/", "description": "This server" }],
        "tags": tags.iter().map(|t| json!({ "name": t })).collect::<Vec<_>>(),
        "paths": paths,
        "webhooks": webhooks(),
        "components": { "schemas": {}, "securitySchemes": security_schemes() },
    });
    rename(&mut document, "#/components/schemas/");
    let schemas = reachable(&document, &bundle, "#/components/schemas/");
    document["components"]["schemas"] = Value::Object(schemas);
    document
}

/// What the server sends to the URLs that a session's creator named.
fn webhooks() -> Value {
    let header = |name: &str, about: &str| json!({ "name": name, "in": "header", "required": true, "description": about, "schema": { "type": "string" } });
    json!({
        "sessionEvent": {
            "post": {
                "operationId": "onSessionEvent",
                "summary": "Something happened in a session.",
                "description": "The events that the webhook asked for, each signed with its secret. What is not answered with a \
                    2xx status in time is sent again, with the same id.",
                "tags": ["sessions"],
                "security": [],
                "parameters": [
                    header(verify::SIGNATURE_HEADER, "`sha256=` and the HMAC-SHA256 of the raw body in lower-case hex."),
                    header(verify::EVENT_ID_HEADER, "The delivery's id: `eventId` of the body."),
                    header(verify::SESSION_ID_HEADER, "The session's id: `sessionId` of the body."),
                ],
                "requestBody": {
                    "required": true,
                    "content": { "application/json": { "schema": reference(name::<WebhookPayload>()) } },
                },
                "responses": { "2XX": { "description": "It is taken." } },
            },
        },
    })
}

fn security_schemes() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token (`POST /api/v1/tokens`). Scopes: `read`, `write`, `act-as`, `admin`.",
        },
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": COOKIE,
            "description": "A browser's login (`GET /login`, `POST /api/v1/login`); requests that change something come from \
                the server's own pages.",
        },
        "instance": {
            "type": "http",
            "scheme": "bearer",
            "description": "The secret of one session's instance, which its sidecar has and nobody else.",
        },
        "ticket": {
            "type": "apiKey",
            "in": "query",
            "name": "ticket",
            "description": "Opens one stream (`POST /api/v1/tickets`).",
        },
    })
}

/// The word of a scope.
fn scope(scope: Scope) -> Value {
    serde_json::to_value(scope).unwrap_or_default()
}

fn operation(route: &RouteDoc, bundle: &Value) -> Value {
    let doc = &route.doc;
    let mut out = Map::new();
    out.insert("operationId".into(), json!(operation_id(route)));
    out.insert("summary".into(), json!(route.summary));
    out.insert("tags".into(), json!([route.tag]));
    out.insert("x-lia-status".into(), json!(if route.planned { "planned" } else { "served" }));
    out.insert("security".into(), security(route));
    let parameters = parameters(route, bundle);
    if !parameters.is_empty() {
        out.insert("parameters".into(), Value::Array(parameters));
    }
    if let Some(body) = doc.request {
        let mut request = json!({ "required": !doc.optional, "content": content(&[body]) });
        if let Body::Json(_) | Body::List(_) = body
            && route.limit > 0
        {
            request["x-lia-max-bytes"] = json!(route.limit);
        }
        out.insert("requestBody".into(), request);
    }
    let mut responses = Map::new();
    if route.kind == Kind::WebSocket {
        responses.insert(
            "101".into(),
            json!({ "description": "The WebSocket; its messages are in /asyncapi.json." }),
        );
    }
    for answer in &doc.answers {
        responses.insert(answer.status.to_string(), response(answer));
    }
    for (status, code) in route.errors() {
        let entry = responses.entry(status.to_string()).or_insert_with(|| {
            json!({
                "description": "",
                "content": { "application/json": { "schema": reference(doc.error_type) } },
                "x-lia-codes": [],
            })
        });
        if let Some(codes) = entry["x-lia-codes"].as_array_mut() {
            codes.push(json!(code));
            let words: Vec<&str> = codes.iter().filter_map(Value::as_str).collect();
            entry["description"] = json!(words.join(", "));
        }
    }
    out.insert("responses".into(), Value::Object(responses));
    Value::Object(out)
}

fn operation_id(route: &RouteDoc) -> String {
    let words = route.path.split(['/', '{', '}', '.', '-', '*']).filter(|w| !w.is_empty());
    let mut out = route.method.to_lowercase();
    for word in words {
        let mut letters = word.chars();
        out.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        out.extend(letters);
    }
    out
}

fn security(route: &RouteDoc) -> Value {
    let roles = match route.access {
        Access::Open => return json!([]),
        Access::Any => json!([]),
        Access::Scope(s) => json!([scope(s)]),
        Access::Instance => return json!([{ "instance": [] }]),
    };
    let mut all = vec![json!({ "bearer": roles }), json!({ "cookie": roles })];
    if route.kind != Kind::Http {
        all.push(json!({ "ticket": roles }));
    }
    Value::Array(all)
}

fn parameters(route: &RouteDoc, bundle: &Value) -> Vec<Value> {
    let mut out = Vec::new();
    for p in &route.doc.path {
        assert!(route.path.contains(&format!("{{{}}}", p.name)), "{} has no {{{}}}", route.path, p.name);
        out.push(json!({
            "name": p.name, "in": "path", "required": true, "description": p.about, "schema": schema::inline(p.schema),
        }));
    }
    assert_eq!(route.path.matches('{').count(), route.doc.path.len(), "parameters of {}", route.path);
    if let Some(name) = route.doc.query {
        let query =
            schema::definition(bundle, name).unwrap_or_else(|| panic!("{name} is not in the registry"));
        let required = query["required"].as_array().cloned().unwrap_or_default();
        for (name, property) in query["properties"].as_object().into_iter().flatten() {
            let mut property = property.clone();
            let about = property.as_object_mut().and_then(|p| p.remove("description")).unwrap_or(json!(""));
            out.push(json!({
                "name": name, "in": "query", "required": required.contains(&json!(name)), "description": about,
                "schema": property,
            }));
        }
    }
    for p in &route.doc.asks {
        out.push(json!({
            "name": p.name, "in": "query", "required": p.required, "description": p.about, "schema": schema::inline(p.schema),
        }));
    }
    for Header { name, about, max } in &route.doc.headers {
        out.push(json!({
            "name": name, "in": "header", "required": false, "description": about,
            "schema": { "type": "string", "minLength": 1, "maxLength": max },
        }));
    }
    out
}

fn response(answer: &Answer) -> Value {
    let mut out = Map::new();
    out.insert("description".into(), json!(answer.about));
    if !answer.bodies.is_empty() {
        out.insert("content".into(), content(&answer.bodies));
    }
    if !answer.headers.is_empty() {
        let headers = answer.headers.iter();
        let headers: Map<_, _> = headers
            .map(|h| (h.name.to_owned(), json!({ "description": h.about, "schema": { "type": "string" } })))
            .collect();
        out.insert("headers".into(), Value::Object(headers));
    }
    Value::Object(out)
}

fn content(bodies: &[Body]) -> Value {
    let one = |body: &Body| {
        let schema = match body {
            Body::Json(name) => reference(name),
            Body::List(name) => json!({ "type": "array", "items": reference(name) }),
            Body::Document => json!({ "type": "object" }),
            Body::Bytes(media) if media.starts_with("text/") => json!({ "type": "string" }),
            Body::Bytes(_) => json!({}),
            Body::Events => {
                json!({ "type": "string", "description": "Server-sent events; each `data` is one JSON value." })
            }
        };
        (body.media().to_owned(), json!({ "schema": schema }))
    };
    Value::Object(bodies.iter().map(one).collect())
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The definitions that a document refers to, and those that these refer to, in the registry's order.
pub(super) fn reachable(document: &Value, bundle: &Value, prefix: &str) -> Map<String, Value> {
    let mut wanted: Vec<String> = Vec::new();
    schema::references(document, prefix, &mut |name| want(&mut wanted, name));
    let mut at = 0;
    while let Some(name) = wanted.get(at).cloned() {
        if let Some(definition) = schema::definition(bundle, &name) {
            schema::references(definition, "#/$defs/", &mut |name| want(&mut wanted, name));
        }
        at += 1;
    }
    let mut out = Map::new();
    for entry in registry::TYPES.iter().filter(|e| wanted.iter().any(|w| w == e.name)) {
        let mut definition = schema::definition(bundle, entry.name).cloned().unwrap_or_default();
        map_discriminators(&mut definition, bundle, prefix);
        rename(&mut definition, prefix);
        out.insert(entry.name.into(), definition);
    }
    for name in wanted {
        assert!(out.contains_key(&name), "{name} is named by a route and not in the registry");
    }
    out
}

fn want(wanted: &mut Vec<String>, name: &str) {
    if !wanted.iter().any(|n| n == name) {
        wanted.push(name.to_owned());
    }
}

fn rename(value: &mut Value, prefix: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|v| rename(v, prefix)),
        Value::Object(object) => {
            for (key, v) in object.iter_mut() {
                match v.as_str().and_then(|r| r.strip_prefix("#/$defs/")).filter(|_| key == "$ref") {
                    Some(name) => *v = json!(format!("{prefix}{name}")),
                    None => rename(v, prefix),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// OpenAPI takes a variant's name for its tag unless a mapping says otherwise.
fn map_discriminators(definition: &mut Value, bundle: &Value, prefix: &str) {
    let Some(field) = discriminator(definition).map(str::to_owned) else { return };
    let mut mapping = Map::new();
    for variant in definition["oneOf"].as_array().into_iter().flatten() {
        let Some(name) = variant["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/")) else { continue };
        for tag in tags(name, &field, bundle) {
            mapping.insert(tag, json!(format!("{prefix}{name}")));
        }
    }
    definition["discriminator"]["mapping"] = Value::Object(mapping);
}

fn tags(name: &str, field: &str, bundle: &Value) -> Vec<String> {
    let Some(body) = schema::definition(bundle, name) else { return Vec::new() };
    match body["properties"][field]["const"].as_str() {
        Some(tag) => vec![tag.to_owned()],
        None => body["oneOf"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|v| v["$ref"].as_str()?.strip_prefix("#/$defs/"))
            .flat_map(|name| tags(name, field, bundle))
            .collect(),
    }
}
