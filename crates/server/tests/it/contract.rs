//! A walk over all routes that makes each answer the errors that follow from how it is called; every answer is one that
//! the table of routes describes.

use std::sync::LazyLock;

use lia_contract::{registry, rest::planned, schema};
use lia_protocol::{
    chat::ApiErrorResponse,
    error::{ApiError, ErrorCode},
    ids::TaskId,
    rest::{Access, Body, Kind, RouteDoc, name},
    wire,
};
use lia_server::api::routes;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::support::{Answer, Server};

static ROUTES: LazyLock<Vec<RouteDoc>> = LazyLock::new(routes::describe);

/// Reads JSON as the type with a name.
fn read(name: &str, json: &[u8]) -> Result<(), String> {
    let entry = registry::find(name).unwrap_or_else(|| panic!("{name} is not in the registry"));
    (entry.round)(json).map(drop).map_err(|issues| format!("{name}: {issues:?}"))
}

fn fits(body: Body, answer: &Answer) -> Result<(), String> {
    let media = answer.header("content-type").split(';').next().unwrap_or_default().trim();
    if media != body.media() {
        return Err(format!("it is {media:?}, not {:?}", body.media()));
    }
    match body {
        Body::Json(name) => read(name, &answer.body),
        Body::List(name) => {
            let all: Vec<Box<RawValue>> = serde_json::from_slice(&answer.body).map_err(|e| e.to_string())?;
            all.iter().try_for_each(|one| read(name, one.get().as_bytes()))
        }
        Body::Document => {
            serde_json::from_slice::<&RawValue>(&answer.body).map(drop).map_err(|e| e.to_string())
        }
        Body::Bytes(_) | Body::Events => Ok(()),
    }
}

/// The code of an error in the form that the route declares; where there is no route, an `ApiError`.
fn code(route: Option<&RouteDoc>, answer: &Answer) -> Result<ErrorCode, String> {
    let declared = route.map_or(name::<ApiError>(), |r| r.doc.error_type);
    let no = |issues| format!("no {declared}: {issues:?}");
    if declared == name::<ApiErrorResponse>() {
        let error: ApiErrorResponse = wire::parse(&answer.body).map_err(no)?;
        return Ok(error.code);
    }
    assert_eq!(declared, name::<ApiError>(), "a third form of errors");
    let error: ApiError = wire::parse(&answer.body).map_err(no)?;
    error.code.ok_or_else(|| "an error without a code".into())
}

fn is_error(route: Option<&RouteDoc>, answer: &Answer) -> Result<(), String> {
    let code = code(route, answer)?;
    if code.status() != answer.status.as_u16() {
        return Err(format!("{} has the status {}", code.as_str(), code.status()));
    }
    match route {
        Some(route) if !route.errors().contains(&(code.status(), code.as_str())) => {
            Err(format!("{} is no error of this route", code.as_str()))
        }
        Some(_) | None => Ok(()),
    }
}

/// Fails when the table does not describe this answer.
#[track_caller]
fn check(method: &str, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap_or_default();
    let route = ROUTES.iter().find(|r| r.matches(method, path));
    let status = answer.status.as_u16();
    let described = match route.and_then(|r| r.answer(status)) {
        None if status < 400 => Err("this status is not described".to_owned()),
        None => is_error(route, answer),
        Some(_) if method == "HEAD" => Ok(()),
        Some(a) if a.bodies.is_empty() && answer.body.is_empty() => Ok(()),
        Some(a) if a.bodies.is_empty() => Err("it has a body".to_owned()),
        Some(a) => {
            let tried: Vec<_> = a.bodies.iter().map(|b| fits(*b, answer)).collect();
            match tried.iter().find(|t| t.is_ok()) {
                Some(_) => Ok(()),
                None if status >= 400 => is_error(route, answer),
                None => Err(format!("{tried:?}")),
            }
        }
    };
    if let Err(why) = described {
        panic!("{method} {path} answers {status}: {why}\n{}", answer.text());
    }
}

/// A path of a route, each parameter made by `value`.
fn path(route: &RouteDoc, value: impl Fn(&str, bool) -> String) -> String {
    let parts =
        route.path.split('/').map(|part| match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            None => part.to_owned(),
            Some(name) => {
                let param = route.doc.path.iter().find(|p| p.name == name).expect("a described parameter");
                value(name, schema::inline(param.schema).get("pattern").is_some())
            }
        });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers_errors_of_its_shape() {
    let server = Server::start().await;
    let auth = format!("Bearer {}", server.admin);
    let auth = ("authorization", auth.as_str());
    let mut seen = 0;
    for route in ROUTES.iter() {
        let mut expect = async |path: &str, headers: &[(&str, &str)], body: &str, status: u16| {
            let answer = server.send(route.method, path, headers, body).await;
            check(route.method, path, &answer);
            assert_eq!(answer.status, status, "{} {path}: {}", route.method, answer.text());
            seen += 1;
        };
        let good = path(route, |name, id| if id { Uuid::now_v7().to_string() } else { format!("no-{name}") });
        expect(&good, &[("host", "elsewhere.example"), auth], "", 421).await;
        if route.access != Access::Open {
            expect(&good, &[], "", 401).await;
            let bad = ("authorization", "Bearer lia_none");
            expect(&good, &[bad], "", 401).await;
        }
        if route.method != "GET" || route.kind == Kind::WebSocket {
            let strange = ("origin", "http://elsewhere.example");
            expect(&good, &[strange, ("cookie", "lia_session=x")], "", 403).await;
        }
        let has_ids = path(route, |_, id| id.to_string()) != path(route, |_, _| String::from("false"));
        if route.access == Access::Instance {
            // Whose secret it is comes before all else.
            continue;
        }
        if has_ids && route.access != Access::Open {
            let bad = path(route, |_, id| if id { "17".to_owned() } else { "x".to_owned() });
            let json = [auth, ("content-type", "application/json")];
            expect(&bad, &json, "{}", 400).await;
        }
        if let Some(query) = route.doc.query {
            let bundle = schema::bundle();
            let properties = &schema::definition(&bundle, query).expect("a query")["properties"];
            for (name, property) in properties.as_object().expect("properties") {
                if property["type"] == "integer" {
                    for bad in ["x", "-1", ""] {
                        expect(&format!("{good}?{name}={bad}"), &[auth], "", 400).await;
                    }
                }
            }
        }
        if let Some(Body::Json(_)) = route.doc.request {
            let json = ("content-type", "application/json");
            expect(&good, &[auth], "{}", 415).await;
            expect(&good, &[auth, json], "{", 400).await;
            expect(&good, &[auth, json], "[7]", 400).await;
            if route.limit <= 1 << 20 {
                let long = format!("\"{}\"", "x".repeat(route.limit));
                expect(&good, &[auth, json], &long, 413).await;
            }
        }
        if has_ids && route.doc.errors.contains(&(404, "TASK_NOT_FOUND")) && route.doc.request.is_none() {
            let query = if route.path.ends_with("/content") { "?path=a" } else { "" };
            expect(&format!("{good}{query}"), &[auth], "", 404).await;
        }
    }
    assert!(seen > 200, "{seen} answers");
    let unknown = server.send("GET", &format!("/api/v1/tasks/{}/none", TaskId::new()), &[auth], "").await;
    assert_eq!(unknown.status, 404);
    server.stop().await;
}

/// Seed 002's routes have its form of errors, and no others.
#[test]
fn exactly_the_chats_routes_have_the_chats_errors() {
    const CHAT: [&str; 9] = [
        "/api/chat/",
        "/api/approvals/",
        "/api/todos/",
        "/api/agent/",
        "/api/auth/",
        "/api/token-usage/",
        "/api/logs",
        "/health/liveness",
        "/v1/sessions/",
    ];
    let all: Vec<RouteDoc> = ROUTES.iter().cloned().chain(planned::routes()).collect();
    for start in CHAT {
        assert!(all.iter().any(|r| r.path.starts_with(start)), "{start} is nowhere");
    }
    for route in all {
        let chat = CHAT.iter().any(|start| route.path.starts_with(start));
        let expected = if chat { name::<ApiErrorResponse>() } else { name::<ApiError>() };
        assert_eq!(route.doc.error_type, expected, "{} {}", route.method, route.path);
    }
}

#[test]
fn an_error_is_read_in_the_form_that_its_route_declares() {
    let route = |path: &str| {
        let found = planned::routes().into_iter().chain(ROUTES.iter().cloned()).find(|r| r.path == path);
        found.expect("the route")
    };
    let answer = |body: String| Answer {
        status: hyper::StatusCode::UNAUTHORIZED,
        headers: hyper::HeaderMap::new(),
        body: body.into(),
    };
    let of_api = answer(serde_json::to_string(&ApiError::from(ErrorCode::Unauthorized)).expect("JSON"));
    let of_chat =
        answer(serde_json::to_string(&ApiErrorResponse::new(ErrorCode::Unauthorized, None)).expect("JSON"));
    let (api, chat) = (route("/api/v1/tasks"), route("/api/approvals/pending"));
    assert_eq!(code(Some(&api), &of_api), Ok(ErrorCode::Unauthorized));
    assert_eq!(code(Some(&chat), &of_chat), Ok(ErrorCode::Unauthorized));
    assert!(code(Some(&chat), &of_api).is_err(), "it has no message");
}

#[test]
fn what_is_not_described_is_noticed() {
    let answer = |status: u16, kind: &'static str, body: &str| {
        let mut headers = hyper::HeaderMap::new();
        headers.insert("content-type", hyper::header::HeaderValue::from_static(kind));
        Answer { status: status.try_into().expect("a status"), headers, body: body.into() }
    };
    let noticed = |method: &'static str, path: &'static str, answer: Answer| {
        std::panic::catch_unwind(move || check(method, path, &answer)).is_err()
    };
    let json = "application/json";
    let list = r#"{"tasks":[],"total":0,"page":1,"per_page":20}"#;
    assert!(!noticed("GET", "/api/v1/tasks", answer(200, json, list)));
    assert!(noticed("GET", "/api/v1/tasks", answer(200, json, r#"{"tasks":[],"total":0,"page":1}"#)));
    assert!(noticed("GET", "/api/v1/tasks", answer(201, json, list)));
    assert!(noticed("GET", "/api/v1/tasks", answer(200, "text/plain", list)));
    assert!(noticed("GET", "/api/v1/tasks", answer(409, json, r#"{"error":"x","code":"QUEUE_FULL"}"#)));
    assert!(noticed("GET", "/api/v1/tasks", answer(404, json, r#"{"error":"x","code":"QUEUE_FULL"}"#)));
    assert!(noticed("GET", "/api/v1/tasks", answer(400, json, "bad")));
}
