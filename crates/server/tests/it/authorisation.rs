//! The route table × credentials that must not do. A route without a case fails.

use hyper::Method;
use lia_protocol::{
    api::Scope,
    ids::{CommandId, DeliveryId, PermissionId, TaskId, TokenId, WebhookId},
    secret::Secret,
    terminal::TerminalId,
};
use lia_server::{
    api::{
        ROUTES,
        routes::{Access, Kind, Route},
    },
    webhooks::keep::NewWebhook,
};
use lia_store::{CredentialKind, WebhookPatch};
use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// How a route is called, and what it answers when all is well.
struct Case {
    path: String,
    body: Option<Value>,
    /// Whether the object in the path is somebody's.
    owned: bool,
    good: u16,
}

/// The instance of the task's owner.
const INSTANCE: &str = "anns";

/// The one list of cases. The task, the webhook and the message are of one user.
fn case(method: &Method, route: &str, task: TaskId, hook: WebhookId, message: u64) -> Option<Case> {
    let hooks = |rest: &str| route.replace("{id}", &hook.to_string()).replace("{delivery}", rest);
    let task_path = |rest: &str| format!("/api/v1/tasks/{task}{rest}");
    let c =
        |path: String, body: Option<Value>, owned: bool, good: u16| Some(Case { path, body, owned, good });
    let own = |rest: &str, body: Option<Value>, good: u16| c(task_path(rest), body, true, good);
    let agent =
        |rest: &str, body: Option<Value>, good: u16| c(format!("/api/agents/{task}{rest}"), body, true, good);
    let free = |path: &str, body: Option<Value>, good: u16| c(path.to_owned(), body, false, good);
    let files = |query: &str, body: Option<Value>, good: u16| {
        c(route.replace("{agentId}", &task.to_string()) + query, body, true, good)
    };
    // It has no session: what would be asked of one is 409.
    let instance = |rest: &str, body: Option<Value>, good: u16| {
        c(format!("/api/runtimes/{INSTANCE}{rest}"), body, true, good)
    };
    match (method.as_str(), route) {
        ("GET", "/health" | "/" | "/docs" | "/openapi.json" | "/asyncapi.json") => free(route, None, 200),
        ("GET", "/docs/{file}") => free("/docs/start.js", None, 200),
        ("GET", "/assets/{file}") => free("/assets/none.js", None, 404),
        // No page is asked for by name.
        ("GET", "/{page}") => free("/sessions", None, 404),
        ("GET", "/login") => free("/login?code=none", None, 401),
        ("POST", "/api/v1/login") => free(route, Some(json!({ "code": "none" })), 401),
        ("POST", "/api/v1/logout") => free(route, None, 204),
        ("GET", "/api/v1/me") => free(route, None, 200),
        ("POST", "/api/v1/tickets") => free(route, None, 201),
        ("POST", "/api/v1/tasks") => free(route, Some(json!({ "prompt": "true", "user_id": "ann" })), 201),
        ("GET", "/api/v1/tasks" | "/api/v1/templates" | "/api/v1/runtimes") => free(route, None, 200),
        ("GET", "/api/v1/tasks/{id}") => own("", None, 200),
        ("DELETE", "/api/v1/tasks/{id}") => own("", None, 204),
        ("POST", "/api/v1/tasks/{id}/suspend") => own("/suspend", None, 409),
        ("POST", "/api/v1/tasks/{id}/resume") => own("/resume", None, 409),
        ("POST", "/api/v1/tasks/{id}/input") => own("/input", Some(json!({ "data": "x" })), 202),
        ("POST", "/api/v1/tasks/{id}/cancel") => own("/cancel", None, 409),
        ("POST", "/api/v1/tasks/{id}/resize") => own("/resize", Some(json!({ "cols": 80, "rows": 24 })), 204),
        ("GET", "/api/v1/tasks/{id}/queue") => own("/queue", None, 200),
        ("DELETE", "/api/v1/tasks/{id}/queue/{command}") => {
            own(&format!("/queue/{}", CommandId::new()), None, 404)
        }
        ("GET", "/api/v1/tasks/{id}/permissions") => own("/permissions", None, 200),
        ("POST", "/api/v1/tasks/{id}/permissions/{permission}") => {
            own(&format!("/permissions/{}", PermissionId::new()), Some(json!({})), 404)
        }
        ("GET", "/api/v1/tasks/{id}/output") => own("/output", None, 200),
        ("GET", "/api/v1/tasks/{id}/events") => own("/events?follow=false", None, 200),
        ("GET", "/api/v1/tasks/{id}/stream") => own("/stream", None, 101),
        ("GET", "/ws" | "/api/ws") => free(route, None, 101),
        ("GET", "/ws/sessions/{sessionId}" | "/api/ws/sessions/{sessionId}") => {
            c(route.replace("{sessionId}", &task.to_string()), None, true, 101)
        }
        ("GET", "/api/agents/{agentId}/stream") => c(format!("/api/agents/{task}/stream"), None, true, 200),
        ("GET", "/api/v1/tasks/{id}/files") => own("/files", None, 409),
        ("GET", "/api/v1/tasks/{id}/files/content") => own("/files/content?path=a", None, 409),
        ("PUT", "/api/v1/tasks/{id}/files/content") => {
            own("/files/content?path=a", Some(json!("bytes")), 409)
        }
        ("GET", "/api/v1/tasks/{id}/diff") => own("/diff", None, 409),
        ("GET", "/api/v1/tasks/{id}/bundle") => own("/bundle", None, 409),
        ("POST", "/api/v1/uploads") => free(route, Some(json!("bytes")), 201),
        ("POST", "/api/v1/agents/{name}/install") => free("/api/v1/agents/none/install", None, 404),
        ("GET", "/api/v1/tokens") => free(route, None, 200),
        ("POST", "/api/v1/tokens") => free(route, Some(json!({ "user_id": "cid", "scopes": ["read"] })), 201),
        ("DELETE", "/api/v1/tokens/{id}") => free(&format!("/api/v1/tokens/{}", TokenId::new()), None, 404),
        ("POST", "/api/agents/{agentId}/events") => {
            agent("/events", Some(json!({ "type": "error", "data": { "message": "no" } })), 200)
        }
        ("GET", "/api/agents/{agentId}/files") => files("?path=a", None, 409),
        (
            "GET",
            "/api/agents/{agentId}/fs/snapshot"
            | "/api/agents/{agentId}/fs/git/branches"
            | "/api/agents/{agentId}/fs/git/commits"
            | "/api/agents/{agentId}/fs/git/worktrees",
        ) => files("", None, 409),
        ("POST", "/api/agents/{agentId}/fs/git/worktrees") => files("", Some(json!({ "name": "a" })), 409),
        (
            "GET",
            "/api/runtimes/{instanceName}/fs/snapshot"
            | "/api/runtimes/{instanceName}/fs/commands"
            | "/api/runtimes/{instanceName}/fs/git/branches"
            | "/api/runtimes/{instanceName}/fs/git/commits"
            | "/api/runtimes/{instanceName}/fs/git/worktrees",
        ) => c(route.replace("{instanceName}", INSTANCE), None, true, 409),
        ("GET", "/api/runtimes/{instanceName}/files") => instance("/files?path=a", None, 409),
        ("POST", "/api/runtimes/{instanceName}/fs/git/worktrees") => {
            instance("/fs/git/worktrees", Some(json!({ "name": "a" })), 409)
        }
        ("GET", "/api/webhooks") => free(route, None, 200),
        ("POST", "/api/webhooks") => {
            free(route, Some(json!({ "url": "https://hook.example/", "secret": "s" })), 201)
        }
        ("GET", "/api/webhooks/{id}" | "/api/webhooks/{id}/deliveries") => c(hooks(""), None, true, 200),
        ("PATCH", "/api/webhooks/{id}") => c(hooks(""), Some(json!({ "enabled": false })), true, 200),
        ("DELETE", "/api/webhooks/{id}") => c(hooks(""), None, true, 204),
        // It is switched off.
        ("POST", "/api/webhooks/{id}/test") => c(hooks(""), None, true, 409),
        (
            "GET" | "POST",
            "/api/webhooks/{id}/deliveries/{delivery}" | "/api/webhooks/{id}/deliveries/{delivery}/redeliver",
        ) => c(hooks(&DeliveryId::new().to_string()), None, true, 404),
        ("GET", "/api/health" | "/api/settings" | "/api/agents") => free(route, None, 200),
        ("GET", "/api/agent-templates" | "/api/runtimes") => free(route, None, 200),
        ("POST", "/api/agent-templates") => {
            free(route, Some(json!({ "name": "n", "spawn": { "command": "c", "args": [] } })), 201)
        }
        ("PUT", "/api/agent-templates/{id}") => free("/api/agent-templates/none", Some(json!({})), 404),
        ("DELETE", "/api/agent-templates/{id}") => free("/api/agent-templates/none", None, 404),
        // Here the path has the runtime's name.
        ("POST", "/api/runtimes/{instanceName}/start") => free("/api/runtimes/none/start", None, 400),
        ("POST", "/api/runtimes/{instanceName}/stop") => instance("/stop", None, 200),
        ("POST", "/api/runtimes/{instanceName}/pause") => instance("/pause", None, 200),
        ("POST", "/api/runtimes/{instanceName}/resume") => instance("/resume", None, 200),
        ("DELETE", "/api/runtimes/{instanceName}") => instance("", None, 200),
        ("PATCH", "/api/settings") => free(route, Some(json!({ "autoApprovePermissions": false })), 200),
        // Instances are never ready here; an id that is taken is refused before.
        ("POST", "/api/agents") => {
            free(route, Some(json!({ "sessionId": task, "agentTemplateId": "shell" })), 409)
        }
        ("GET", "/api/agents/{agentId}") => agent("", None, 200),
        ("DELETE", "/api/agents/{agentId}") => agent("", None, 200),
        ("POST", "/api/agents/{agentId}/prompts") => agent("/prompts", Some(json!({ "text": "x" })), 409),
        ("POST", "/api/agents/{agentId}/cancel") => agent("/cancel", None, 409),
        ("POST", "/api/agents/{agentId}/permissions/{requestId}") => {
            agent("/permissions/x", Some(json!({ "optionId": "y" })), 404)
        }
        ("GET", "/api/agents/{agentId}/status") => agent("/status", None, 200),
        ("GET", "/api/agents/{agentId}/commands") => agent("/commands", None, 200),
        ("GET", "/api/agents/{agentId}/settings") => agent("/settings", None, 200),
        ("PATCH", "/api/agents/{agentId}/settings") => {
            agent("/settings", Some(json!({ "autoApprovePermissions": true })), 200)
        }
        ("GET", "/api/agents/{agentId}/queue") => agent("/queue", None, 200),
        ("PUT", "/api/agents/{agentId}/queue") => agent("/queue", Some(json!({ "order": ["x"] })), 400),
        ("DELETE", "/api/agents/{agentId}/queue") => agent("/queue", None, 200),
        ("DELETE", "/api/agents/{agentId}/queue/{queueId}") => agent("/queue/x", None, 404),
        ("GET" | "DELETE", "/api/message-queue") => free(route, None, 200),
        ("POST", "/api/message-queue") => {
            c(route.to_owned(), Some(json!({ "text": "x", "sessionId": task })), true, 201)
        }
        ("POST", "/api/message-queue/{messageId}/send") => {
            c(format!("/api/message-queue/{message}/send"), None, true, 202)
        }
        ("DELETE", "/api/message-queue/{messageId}") => {
            c(format!("/api/message-queue/{message}"), None, true, 200)
        }
        ("POST", "/api/agents/{agentId}/queue/pause") => agent("/queue/pause", None, 200),
        ("POST", "/api/agents/{agentId}/queue/resume") => agent("/queue/resume", None, 200),
        ("GET" | "POST", "/api/agents/{agentId}/terminals") => agent("/terminals", None, 409),
        ("GET" | "DELETE", "/api/agents/{agentId}/terminals/{terminalId}") => {
            agent(&format!("/terminals/{}", TerminalId::new(task)), None, 409)
        }
        ("POST", "/api/agents/{agentId}/terminals/{terminalId}/input") => {
            agent(&format!("/terminals/{}/input", TerminalId::new(task)), Some(json!({ "data": "x" })), 409)
        }
        ("POST", "/api/agents/{agentId}/terminals/{terminalId}/resize") => agent(
            &format!("/terminals/{}/resize", TerminalId::new(task)),
            Some(json!({ "cols": 80, "rows": 24 })),
            409,
        ),
        ("GET" | "POST", "/api/runtimes/{instanceName}/terminals") => instance("/terminals", None, 409),
        ("GET", "/api/runtimes/{instanceName}/terminals/{terminalId}") => {
            instance(&format!("/terminals/{}", TerminalId::new(task)), None, 409)
        }
        ("POST", "/api/v1/server/down") => free(route, Some(json!({})), 202),
        _ => None,
    }
}

impl Server {
    /// A webhook of a user that is switched off.
    async fn webhook(&self, user: &str) -> WebhookId {
        let new = NewWebhook {
            user: user.parse().unwrap(),
            all_users: false,
            url: "https://hook.example/".into(),
            secret: Secret::new("s"),
            events: None,
        };
        let webhooks = self.api.engine.webhooks();
        let id = webhooks.create(new).await.unwrap().id;
        let off = WebhookPatch { enabled: Some(false), ..WebhookPatch::default() };
        webhooks.update(id, off, None).await.unwrap();
        id
    }
}

/// How a credential is shown.
#[derive(Clone, Copy, Debug)]
enum Way {
    Bearer,
    Subprotocol,
    Ticket,
    Cookie,
}

impl Server {
    /// Calls a route with a credential (or none) and returns the status.
    async fn ask(&self, route: &Route, case: &Case, way: Way, secret: Option<&str>) -> u16 {
        let mut path = case.path.clone();
        let origin = format!("http://{}", self.host());
        let mut headers = Vec::new();
        if let Some(secret) = secret {
            match way {
                Way::Bearer => headers.push(("authorization", format!("Bearer {secret}"))),
                Way::Subprotocol => {
                    headers.push(("sec-websocket-protocol", format!("lia.v1, lia.bearer.{secret}")))
                }
                Way::Ticket => {
                    path += &format!("{}ticket={secret}", if path.contains('?') { '&' } else { '?' })
                }
                Way::Cookie => {
                    headers.push(("cookie", format!("a=b; lia_session={secret}")));
                    headers.push(("origin", origin));
                }
            }
        }
        let mut headers: Vec<_> = headers.iter().map(|(k, v)| (*k, v.as_str())).collect();
        if route.kind == Kind::WebSocket {
            return match self.websocket(&path, &headers).await {
                Ok(_) => 101,
                Err(answer) => {
                    assert!(answer.json()["error"].is_string());
                    answer.status.as_u16()
                }
            };
        }
        let body = case.body.as_ref().map(ToString::to_string).unwrap_or_default();
        if case.body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let (head, answer) = self.open(route.method.as_str(), &path, &headers, &body).await;
        if route.kind == Kind::Sse && head.status.is_success() {
            // It may never end.
            return head.status.as_u16();
        }
        let answer = Answer::whole(head, answer).await;
        if answer.status.is_client_error() {
            assert!(answer.json()["error"].is_string(), "{route:?}: {}", answer.text());
        }
        answer.status.as_u16()
    }
}

fn ways(kind: Kind) -> &'static [Way] {
    match kind {
        Kind::Http => &[Way::Bearer, Way::Cookie],
        Kind::Sse => &[Way::Bearer, Way::Ticket, Way::Cookie],
        Kind::WebSocket => &[Way::Bearer, Way::Subprotocol, Way::Ticket, Way::Cookie],
    }
}

fn kind_of(way: Way) -> CredentialKind {
    match way {
        Way::Bearer | Way::Subprotocol => CredentialKind::Token,
        Way::Ticket => CredentialKind::Ticket,
        Way::Cookie => CredentialKind::Cookie,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_with_every_credential() {
    let server = Server::start().await;
    let all = [Scope::Read, Scope::Write, Scope::ActAs];
    for route in ROUTES {
        // A message goes to an agent; what the other tasks run is a terminal.
        let (message, task) = match route.path.starts_with("/api/message-queue") {
            true => server.message("ann").await,
            false => (0, server.task("ann").await),
        };
        if route.path.starts_with("/api/runtimes/{instanceName}") {
            server.instance("ann", INSTANCE).await;
        }
        // A user has only so many.
        let hook = match route.path.starts_with("/api/webhooks/{id}") {
            true => server.webhook("ann").await,
            false => WebhookId::new(),
        };
        let case = case(&route.method, route.path, task, hook, message)
            .unwrap_or_else(|| panic!("{route:?} has no case"));
        let expect = |got: u16, wanted: u16, what: &str| assert_eq!(got, wanted, "{route:?} with {what}");

        let scope = match route.access {
            Access::Open => {
                expect(server.ask(route, &case, Way::Bearer, None).await, case.good, "no credential");
                continue;
            }
            Access::Any => None,
            Access::Scope(s) => Some(s),
            Access::Instance => {
                expect(server.ask(route, &case, Way::Bearer, None).await, 401, "no credential");
                for (secret, wanted, what) in [
                    (server.token("ann", &all).await, 403, "its user's token"),
                    (server.token("bob", &all).await, 403, "another user's token"),
                    (server.admin.clone(), 403, "the administrator's token"),
                    (server.revoked("ann", &all).await, 401, "a revoked token"),
                    ("ab".repeat(32), 401, "a secret of nobody's"),
                    (server.instance_secret(server.task("ann").await).await, 401, "another session's secret"),
                    (server.instance_secret(task).await, case.good, "its own secret"),
                ] {
                    expect(server.ask(route, &case, Way::Bearer, Some(&secret)).await, wanted, what);
                }
                continue;
            }
        };
        expect(server.ask(route, &case, Way::Bearer, None).await, 401, "no credential");
        for way in ways(route.kind) {
            let make = |user: &'static str, scopes: Vec<Scope>, life: i64| {
                let server = &server;
                async move { server.credential(kind_of(*way), user, &scopes, life).await }
            };
            for bad in ["x", "lia_", &"0".repeat(64), &format!("lia_{}", "0".repeat(64))] {
                expect(server.ask(route, &case, *way, Some(bad)).await, 401, &format!("{way:?} {bad:?}"));
            }
            let expired = make("ann", all.to_vec(), -1).await;
            expect(server.ask(route, &case, *way, Some(&expired)).await, 401, "an expired credential");
            // A credential of another kind is none.
            let code = server.credential(CredentialKind::Code, "admin", &[Scope::Admin], 600).await;
            expect(server.ask(route, &case, *way, Some(&code)).await, 401, "a one-time code");
            if !matches!(way, Way::Bearer | Way::Subprotocol) {
                let token = server.token("ann", &all).await;
                expect(server.ask(route, &case, *way, Some(&token)).await, 401, "a token in another's place");
            }
            if let Some(scope) = scope {
                let others: Vec<Scope> = all.into_iter().filter(|s| *s != scope).collect();
                let weak = make("ann", others, 600).await;
                expect(server.ask(route, &case, *way, Some(&weak)).await, 403, "another scope");
            }
            if case.owned {
                let foreign = make("bob", all.to_vec(), 600).await;
                expect(
                    server.ask(route, &case, *way, Some(&foreign)).await,
                    404,
                    "another owner's credential",
                );
            }
            // An instance opens its ports with 64 hex digits; that is no credential here.
            let instance = "ab".repeat(32);
            expect(server.ask(route, &case, *way, Some(&instance)).await, 401, "an instance's secret");
        }
        let revoked = server.revoked("ann", &all).await;
        expect(server.ask(route, &case, Way::Bearer, Some(&revoked)).await, 401, "a revoked token");

        // And what must do, does; last, since it may end the task.
        if route.path.ends_with("{id}/resume") {
            // Of a task that is being started it waits for the start, which never ends here.
            let end = server.call(&server.admin, "DELETE", &format!("/api/v1/tasks/{task}"), None).await;
            assert_eq!(end.status, 204);
        }
        let last = ways(route.kind).len() - 1;
        for (i, way) in ways(route.kind).iter().enumerate() {
            if i < last && !matches!(route.method, Method::GET) {
                continue;
            }
            let scopes = match scope {
                Some(s) => vec![s],
                None => vec![],
            };
            let good = server.credential(kind_of(*way), "ann", &scopes, 600).await;
            let got = server.ask(route, &case, *way, Some(&good)).await;
            expect(got, case.good, &format!("a good credential ({way:?})"));
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cookies_want_a_page_of_ours_and_every_request_a_host_of_ours() {
    let server = Server::start().await;
    let task = server.task("ann").await;
    let cookie = server.credential(CredentialKind::Cookie, "ann", &[Scope::Read, Scope::Write], 600).await;
    let cookie = format!("lia_session={cookie}");
    let (ours, theirs) = (format!("http://{}", server.host()), "http://evil.example");
    let cancel = format!("/api/v1/tasks/{task}/cancel");
    for (origin, site, wanted) in [
        (Some(ours.as_str()), None, 409),
        (None, Some("same-origin"), 409),
        (None, None, 403),
        (Some(theirs), None, 403),
        (Some("null"), None, 403),
        (Some(theirs), Some("same-origin"), 403),
        (None, Some("same-site"), 403),
        (None, Some("cross-site"), 403),
    ] {
        let mut headers = vec![("cookie", cookie.as_str())];
        headers.extend(origin.map(|o| ("origin", o)));
        headers.extend(site.map(|s| ("sec-fetch-site", s)));
        let answer = server.send("POST", &cancel, &headers, "").await;
        assert_eq!(answer.status, wanted, "{origin:?} {site:?}");
        let stream = format!("/api/v1/tasks/{task}/stream");
        let opened = server.websocket(&stream, &headers).await.is_ok();
        assert_eq!(opened, wanted != 403, "WebSocket {origin:?} {site:?}");
    }
    // Reading changes nothing, and what is read the browser keeps from a stranger's page.
    let read = server.send("GET", "/api/v1/me", &[("cookie", &cookie)], "").await;
    assert_eq!(read.status, 200);
    assert!(!read.headers.keys().any(|k| k.as_str().starts_with("access-control")));
    // A login by a stranger's page would make the browser somebody else.
    let login = [("origin", theirs), ("content-type", "application/json")];
    let login = server.send("POST", "/api/v1/login", &login, r#"{"code":"x"}"#).await;
    login.is_error("FORBIDDEN");

    for host in ["evil.example", "127.0.0.1", "127.0.0.1:1", "evil.example:80"] {
        for path in ["/", "/health", "/api/v1/me", "/none"] {
            server.send("GET", path, &[("host", host)], "").await.is_error("MISDIRECTED_REQUEST");
        }
    }
    let local = format!("localhost:{}", server.port);
    assert_eq!(server.send("GET", "/health", &[("host", &local)], "").await.status, 200);
    server.stop().await;
}
