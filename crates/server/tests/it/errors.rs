//! Every error is `ApiError` JSON with the right status, the framework's own included.

use lia_protocol::api::Scope;
use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn the_frameworks_errors_are_ours() {
    let server = Server::start().await;
    let token = server.token("ann", &[Scope::Read, Scope::Write]).await;
    let auth = format!("Bearer {token}");
    let auth = ("authorization", auth.as_str());
    let json_type = ("content-type", "application/json");
    let post = async |body: &str| server.send("POST", "/api/v1/tasks", &[auth, json_type], body).await;

    post("{").await.is_error("BAD_REQUEST");
    post("").await.is_error("BAD_REQUEST");
    post("{} x").await.is_error("BAD_REQUEST");
    post("[1]").await.is_error("BAD_REQUEST");
    let issues = post(r#"{"prompt":"x"}"#).await.is_error("BAD_REQUEST");
    assert_eq!(issues["issues"][0]["path"], "user_id");
    let issues = post(r#"{"prompt":7,"user_id":"ann"}"#).await.is_error("BAD_REQUEST");
    assert_eq!(issues["issues"][0]["path"], "prompt");
    let issues =
        post(r#"{"prompt":"x","user_id":"ann","config":{"vcpu_count":-1}}"#).await.is_error("BAD_REQUEST");
    assert_eq!(issues["issues"][0]["path"], "config.vcpu_count");
    let issues =
        post(r#"{"prompt":"x","user_id":"ann","files":[{"name":"a"}]}"#).await.is_error("BAD_REQUEST");
    assert_eq!(issues["issues"][0]["path"], "files.0.content");
    let long = "x".repeat(33 << 20);
    post(&format!("{{\"prompt\":\"{long}\"}}")).await.is_error("PAYLOAD_TOO_LARGE");

    server.send("POST", "/api/v1/tasks", &[auth], "{}").await.is_error("UNSUPPORTED_MEDIA_TYPE");
    let text = [auth, ("content-type", "text/plain")];
    server.send("POST", "/api/v1/tasks", &text, "{}").await.is_error("UNSUPPORTED_MEDIA_TYPE");
    let utf8 = [auth, ("content-type", "application/json; charset=utf-8")];
    assert_eq!(
        server
            .send("POST", "/api/v1/tasks", &utf8, r#"{"prompt":"x","user_id":"ann","more":1}"#)
            .await
            .status,
        201
    );

    for path in ["/none", "/api/v1", "/api/v1/none", "/api/v1/tasks/", "/api/v2/tasks"] {
        server.call(&token, "GET", path, None).await.is_error("NOT_FOUND");
    }
    let wrong = server.call(&token, "PUT", "/api/v1/tasks", None).await;
    wrong.is_error("METHOD_NOT_ALLOWED");
    let mut allow: Vec<_> = wrong.header("allow").split(',').map(str::trim).collect();
    allow.sort_unstable();
    assert_eq!(allow, ["GET", "HEAD", "POST"]);

    for path in ["/api/v1/tasks/12", "/api/v1/tasks/12/output", "/api/v1/tasks/%FF/events"] {
        server.call(&token, "GET", path, None).await.is_error("BAD_REQUEST");
    }
    for (query, path) in [
        ("page=0", "page"),
        ("page=x", "page"),
        ("per_page=0", "per_page"),
        ("per_page=101", "per_page"),
        ("page=-1", "page"),
        ("page=99999999999", "page"),
        ("status=open", "status"),
        ("user_id=", "user_id"),
        ("prefix=xyz", "prefix"),
    ] {
        let details =
            server.call(&token, "GET", &format!("/api/v1/tasks?{query}"), None).await.is_error("BAD_REQUEST");
        assert_eq!(details["issues"][0]["path"], path, "{query}: {details}");
    }
    let task = server.task("ann").await;
    for query in ["from=x", "limit=0", "limit=1001"] {
        server
            .call(&token, "GET", &format!("/api/v1/tasks/{task}/events?{query}"), None)
            .await
            .is_error("BAD_REQUEST");
        server
            .call(&token, "GET", &format!("/api/v1/tasks/{task}/output?{query}"), None)
            .await
            .is_error("BAD_REQUEST");
    }
    server.call(&token, "GET", &format!("/api/v1/tasks/{task}/stream"), None).await.is_error("BAD_REQUEST");
    server
        .call(&token, "POST", &format!("/api/v1/tasks/{task}/resize"), Some(json!({"cols": 0, "rows": 1})))
        .await
        .is_error("BAD_REQUEST");
    server
        .call(&token, "POST", &format!("/api/v1/tasks/{task}/input"), Some(json!({"data": ""})))
        .await
        .is_error("BAD_REQUEST");
    let long = "x".repeat((1 << 20) + 1);
    server
        .call(&token, "POST", &format!("/api/v1/tasks/{task}/input"), Some(json!({"data": long})))
        .await
        .is_error("PAYLOAD_TOO_LARGE");
    server.call(&token, "POST", "/api/v1/uploads", None).await.is_error("BAD_REQUEST");
    for scheme in ["Basic eDp5", "Bearer", "Bearer "] {
        server.send("GET", "/api/v1/me", &[("authorization", scheme)], "").await.is_error("UNAUTHORIZED");
    }
    server.stop().await;
}
