//! Tokens, codes, cookies, tickets: how they are made, how long they live, and how they end.

use std::os::unix::fs::PermissionsExt as _;

use lia_protocol::{api::Scope, secret::Secret};
use lia_server::api::credentials;
use lia_store::CredentialKind;
use serde_json::{Value, json};

use crate::support::Server;

fn cookie_of(set_cookie: &str) -> String {
    set_cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_administrators_token() {
    let server = Server::start().await;
    let path = server.dir.path().join("admin.token");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(server.admin.starts_with("lia_") && server.admin.len() == 68);
    let me = server.call(&server.admin, "GET", "/api/v1/me", None).await.json();
    assert_eq!(me, json!({ "user_id": "admin", "scopes": ["admin"] }));

    // The next start keeps it, and closes a file that was left open to others.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(!credentials::admin_token(&*server.store, &path).await.unwrap());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&path).unwrap().trim(), server.admin);

    // A revoked one is replaced.
    let record =
        server.store.credential(&credentials::hash(&Secret::new(&*server.admin))).await.unwrap().unwrap();
    let revoke = format!("/api/v1/tokens/{}", record.id);
    assert_eq!(server.call(&server.admin, "DELETE", &revoke, None).await.status, 204);
    server.call(&server.admin, "GET", "/api/v1/me", None).await.is_error("UNAUTHORIZED");
    assert!(credentials::admin_token(&*server.store, &path).await.unwrap());
    let new = std::fs::read_to_string(&path).unwrap().trim().to_owned();
    assert_ne!(new, server.admin);
    assert_eq!(server.call(&new, "GET", "/api/v1/me", None).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn the_printed_link_works_once() {
    let server = Server::start().await;
    let code = credentials::link_code(&*server.store).await.unwrap();
    let link = format!("/login?code={}", code.expose());
    let answer = server.send("GET", &link, &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/"));
    let set = answer.header("set-cookie");
    assert!(
        set.contains("; HttpOnly") && set.contains("; SameSite=Strict") && set.contains("; Path=/"),
        "{set}"
    );
    let cookie = cookie_of(set);
    let me = server.send("GET", "/api/v1/me", &[("cookie", &cookie)], "").await.json();
    assert_eq!(me["user_id"], "admin");

    server.send("GET", &link, &[], "").await.is_error("UNAUTHORIZED");
    let again = server.send("GET", &link, &[("cookie", &cookie)], "").await;
    assert_eq!((again.status.as_u16(), again.header("set-cookie")), (303, ""));
    let page = server.send("GET", &link, &[("accept", "text/html,*/*")], "").await;
    assert_eq!(page.status, 401);
    assert!(page.text().starts_with("<!doctype html>"));

    // Two at once: one cookie.
    let code = credentials::link_code(&*server.store).await.unwrap();
    let link = format!("/login?code={}", code.expose());
    let (a, b) = tokio::join!(server.send("GET", &link, &[], ""), server.send("GET", &link, &[], ""));
    let mut both = [a.status.as_u16(), b.status.as_u16()];
    both.sort_unstable();
    assert_eq!(both, [303, 401]);
    server.stop().await;
}

#[tokio::test]
async fn a_token_may_log_in_and_takes_its_cookies_with_it() {
    let server = Server::start().await;
    let body = json!({ "user_id": "ann", "scopes": ["read", "write"], "label": "laptop", "expires_in_seconds": 3600 });
    let made = server.call(&server.admin, "POST", "/api/v1/tokens", Some(body)).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    let (token, id) = (made["token"].as_str().unwrap(), made["id"].as_str().unwrap());
    let list = server.call(&server.admin, "GET", "/api/v1/tokens", None).await;
    assert!(!list.text().contains(token));
    assert_eq!(
        list.json().as_array().unwrap().iter().filter(|t| t["id"] == id && t["label"] == "laptop").count(),
        1
    );

    let login = [("content-type", "application/json")];
    let answer = server.send("POST", "/api/v1/login", &login, &json!({ "code": token }).to_string()).await;
    assert_eq!(answer.status, 204);
    let cookie = cookie_of(answer.header("set-cookie"));
    let me = async |cookie: &str| server.send("GET", "/api/v1/me", &[("cookie", cookie)], "").await;
    assert_eq!(me(&cookie).await.json(), json!({ "user_id": "ann", "scopes": ["read", "write"] }));
    let ours = format!("http://{}", server.host());
    let other = server.send("POST", "/api/v1/login", &login, &json!({ "code": token }).to_string()).await;
    let other = cookie_of(other.header("set-cookie"));
    let out = server.send("POST", "/api/v1/logout", &[("cookie", &other), ("origin", &ours)], "").await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    me(&other).await.is_error("UNAUTHORIZED");
    assert_eq!(me(&cookie).await.status, 200);

    let revoke = format!("/api/v1/tokens/{id}");
    for _ in 0..2 {
        assert_eq!(server.call(&server.admin, "DELETE", &revoke, None).await.status, 204);
    }
    me(&cookie).await.is_error("UNAUTHORIZED");
    server.call(token, "GET", "/api/v1/me", None).await.is_error("UNAUTHORIZED");
    for bad in [
        json!({ "user_id": "ann", "scopes": [] }),
        json!({ "user_id": "ann", "scopes": ["all"] }),
        json!({ "user_id": "", "scopes": ["read"] }),
        json!({ "user_id": "ann", "scopes": ["read"], "expires_in_seconds": 0 }),
        json!({ "user_id": "ann", "scopes": ["read"], "label": "x".repeat(101) }),
    ] {
        server.call(&server.admin, "POST", "/api/v1/tokens", Some(bad)).await.is_error("BAD_REQUEST");
    }
    server.stop().await;
}

#[tokio::test]
async fn guessing_codes_becomes_slow() {
    let server = Server::start().await;
    let guess = async || {
        let body = json!({ "code": "0".repeat(64) }).to_string();
        server.send("POST", "/api/v1/login", &[("content-type", "application/json")], &body).await
    };
    for _ in 0..10 {
        guess().await.is_error("UNAUTHORIZED");
    }
    let answer = guess().await;
    answer.is_error("UNAVAILABLE");
    assert_eq!(answer.header("retry-after"), "60");
    server.stop().await;
}

#[tokio::test]
async fn a_ticket_opens_one_stream() {
    let server = Server::start().await;
    let task = server.task("ann").await;
    let cookie = server.credential(CredentialKind::Cookie, "ann", &[Scope::Read], 600).await;
    let headers =
        [("cookie", format!("lia_session={cookie}")), ("origin", format!("http://{}", server.host()))];
    let headers: Vec<_> = headers.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let ticket: Value = server.send("POST", "/api/v1/tickets", &headers, "").await.json();
    assert_eq!(ticket["expires_in"], 60);
    let path = format!("/api/v1/tasks/{task}/stream?ticket={}", ticket["ticket"].as_str().unwrap());
    let mut socket = server.websocket(&path, &[]).await.unwrap_or_else(|a| panic!("{a:?}"));
    assert_eq!(socket.next().await.unwrap()["type"], "status");
    assert!(server.websocket(&path, &[]).await.is_err_and(|a| a.status == 401));
    // It opens streams and nothing else.
    let me = format!("/api/v1/me?ticket={}", ticket["ticket"].as_str().unwrap());
    server.send("GET", &me, &[], "").await.is_error("UNAUTHORIZED");
    server.stop().await;
}
