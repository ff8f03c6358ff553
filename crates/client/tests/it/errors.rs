//! Failures say what happened and what to do.

use axum::{Json, Router, http::StatusCode, routing::get};
use lia_client::{Client, Error, ErrorCode};
use lia_protocol::{error::ApiError, ids::TaskId, secret::Secret};
use tokio::net::TcpListener;

use crate::wire::Server;

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let client = Client::new(&format!("http://{addr}/"), Secret::default()).unwrap();
    let error = client.health().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }));
    let text = error.to_string();
    assert!(text.contains(&format!("http://{addr}:")) || text.contains(&addr.to_string()), "{text}");
    assert!(text.contains("refused") && text.contains("lia serve"), "{text}");
}

#[test]
fn bad_urls_and_tokens() {
    for bad in ["", "localhost:3000", "ftp://x", "http://", "http://u:p@x"] {
        let error = Client::new(bad, Secret::default()).unwrap_err().to_string();
        assert!(error.contains("http://127.0.0.1:3000") && error.contains(bad), "{error}");
    }
    assert!(matches!(Client::new("http://x", Secret::new("a\nb")), Err(Error::BadToken)));
    let client = Client::new("http://x", Secret::new("lia_secret")).unwrap();
    assert!(!format!("{client:?}").contains("secret"));
}

#[tokio::test]
async fn the_servers_words_and_those_of_others() {
    let id = TaskId::new();
    let missing = || async {
        let error = ApiError::new(ErrorCode::TaskNotFound, "there is no such task");
        (StatusCode::NOT_FOUND, Json(error))
    };
    let app = Router::new()
        .route(&format!("/lia/api/v1/tasks/{id}"), get(missing))
        .route(&format!("/lia/api/v1/tasks/{id}/stream"), get(missing))
        .route("/lia/api/v1/me", get(async || (StatusCode::BAD_GATEWAY, "<html>proxy")))
        .route("/lia/health", get(async || "{\"hello\": 1}"));
    let server = Server::start(app).await;
    let client = Client::new(&format!("http://{}/lia/", server.addr), Secret::default()).unwrap();

    let error = client.task(id).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::TaskNotFound));
    assert_eq!(error.to_string(), "there is no such task");
    let error = client.stream(id, Default::default()).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    let error = client.me().await.unwrap_err();
    assert!(
        matches!(error, Error::NotLia { status: 502, .. }) && error.to_string().contains("<html>"),
        "{error}"
    );
    assert!(client.health().await.is_err());
}
