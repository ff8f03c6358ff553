//! The server itself: health, templates, agents, runtimes, going down; and what every answer has.

use std::convert::Infallible;

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use lia_protocol::{
    api::{DownRequest, Health, InstallDone, InstallProgress},
    error::ErrorCode,
    runtime::RuntimeStatus,
    template::TemplateInfo,
};
use serde::Serialize;
use tokio::sync::mpsc;

use super::{
    Api, Down,
    error::{Failure, not_found},
    extract::{ApiJson, ApiPath},
    log::{EVENT_STREAM, sse_event},
};

/// Around every route: only requests for a host that this server has, and headers that keep browsers strict.
pub async fn outermost(State(api): State<Api>, req: Request, next: Next) -> Response {
    let is_api = req.uri().path().starts_with("/api/");
    let mut response = if api.hosts.knows(req.headers(), req.uri()) {
        next.run(req).await
    } else {
        let text = "the Host header names another server; use localhost with the port, or set server.web_url to this name";
        Failure::new(ErrorCode::MisdirectedRequest, text).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if is_api {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers
            .entry(header::CONTENT_SECURITY_POLICY)
            .or_insert(HeaderValue::from_static("default-src 'none'; sandbox"));
    }
    response
}

/// No such route.
pub async fn unknown(req: Request) -> Failure {
    let path: String = req.uri().path().chars().take(200).collect();
    not_found(format_args!("route {path}"))
}

/// The route exists, with other methods; axum adds `Allow`.
pub async fn wrong_method(req: Request) -> Failure {
    Failure::new(ErrorCode::MethodNotAllowed, format!("this route does not answer {}", req.method()))
}

/// `GET /health`
pub async fn health(State(api): State<Api>) -> Response {
    let probe = api.store.probe().await;
    let stopping = api.stopping.is_cancelled();
    let error = match &probe {
        Err(e) => {
            tracing::error!(error = %e, "the store does not answer");
            Some("the store does not answer".to_owned())
        }
        Ok(()) => stopping.then(|| "the server is stopping".to_owned()),
    };
    let ok = error.is_none();
    let body = Health {
        status: if ok { "ok" } else { "degraded" }.into(),
        error,
        version: env!("CARGO_PKG_VERSION").into(),
        contract: Some(lia_protocol::VERSION.into()),
        store: "sqlite".into(),
    };
    (if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(body)).into_response()
}

/// `GET /api/v1/templates`
pub async fn templates(State(api): State<Api>) -> Json<Vec<TemplateInfo>> {
    Json(api.engine.templates())
}

/// `GET /api/v1/runtimes`
pub async fn runtimes(State(api): State<Api>) -> Json<Vec<RuntimeStatus>> {
    Json(api.engine.runtimes().await)
}

/// `POST /api/v1/agents/{name}/install`. The installation goes on when the client goes away.
pub async fn install(State(api): State<Api>, ApiPath(name): ApiPath<String>) -> Result<Response, Failure> {
    if !api.engine.templates().iter().any(|t| t.install.as_ref() == Some(&name)) {
        let name: String = name.chars().take(80).collect();
        return Err(not_found(format_args!("agent {name:?} to install")));
    }
    let (lines, mut from_engine) = mpsc::channel::<String>(64);
    let engine = api.engine.clone();
    let work = api.tracker.spawn(async move { engine.install_agent(&name, lines).await });
    let (out, chunks) = mpsc::channel::<Bytes>(64);
    api.tracker.spawn(async move {
        while let Some(line) = from_engine.recv().await {
            // A client that has gone or does not read must not hold up the installation: it misses lines.
            let _ = out.try_send(sse_event(None, "progress", &text(&InstallProgress { message: line })));
        }
        let last = match work.await {
            Ok(Ok(version)) => sse_event(None, "done", &text(&InstallDone { version })),
            Ok(Err(e)) => sse_event(None, "error", &text(&Failure::from(e).into_body())),
            Err(_) => {
                let f =
                    Failure::new(ErrorCode::InternalError, "a defect of Lia; the server's log says where");
                sse_event(None, "error", &text(&f.into_body()))
            }
        };
        let _ = out.send(last).await;
    });
    let body = futures_util::stream::unfold(chunks, async |mut chunks| {
        chunks.recv().await.map(|c| (Ok::<_, Infallible>(c), chunks))
    });
    Ok(([(header::CONTENT_TYPE, EVENT_STREAM)], Body::from_stream(body)).into_response())
}

fn text(message: &impl Serialize) -> String {
    // Plain data with string keys: serialising cannot fail.
    serde_json::to_string(message).unwrap_or_default()
}

/// `POST /api/v1/server/down`: what `lia down` calls.
pub async fn down(State(api): State<Api>, body: ApiJson<DownRequest>) -> StatusCode {
    api.down.send_replace(Some(Down { instances: body.value.instances }));
    StatusCode::ACCEPTED
}
