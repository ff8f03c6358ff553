//! `/api/v1/tasks`: creating, listing, ending, reading the log.

use lia_protocol::api::Scope;
use lia_store::TaskFilter;
use serde_json::{Value, json};

use crate::support::Server;

#[tokio::test]
async fn creating() {
    let server = Server::start().await;
    let ann = server.token("ann", &[Scope::Read, Scope::Write]).await;
    let bot = server.token("bot", &[Scope::Read, Scope::Write, Scope::ActAs]).await;
    let body = json!({
        "prompt": "do it", "user_id": "ann", "guild_id": "g", "source": "web", "config": { "vcpu_count": 1 },
        "files": [{ "name": "a/b.txt", "content": "x" }], "env": { "A": "b" }, "allow": ["example.com:8443"],
    });
    let made = server.call(&ann, "POST", "/api/v1/tasks", Some(body.clone())).await;
    assert_eq!(made.status, 201);
    let task = made.json();
    let id = task["id"].as_str().unwrap();
    assert_eq!(made.header("location"), format!("/api/v1/tasks/{id}"));
    assert_eq!(task["web_url"], format!("http://{}/tasks/{id}", server.host()));
    assert_eq!(
        task["config"],
        json!({ "timeout_minutes": 30, "max_memory_mb": 2048, "vcpu_count": 1, "storage_gb": 50 })
    );
    assert_eq!(
        (&task["prompt"], &task["user_id"], &task["guild_id"]),
        (&json!("do it"), &json!("ann"), &json!("g"))
    );
    for absent in ["completed_at", "exit_code", "error_message", "ssh_command", "ip_address"] {
        assert_eq!(task.get(absent), Some(&Value::Null), "{absent}");
    }

    // Another's name needs act-as.
    let for_bob = json!({ "prompt": "x", "user_id": "bob" });
    server.call(&ann, "POST", "/api/v1/tasks", Some(for_bob.clone())).await.is_error("FORBIDDEN");
    let made = server.call(&bot, "POST", "/api/v1/tasks", Some(for_bob)).await;
    assert_eq!((made.status.as_u16(), &made.json()["user_id"]), (201, &json!("bob")));

    // Bounds of the type, all at once, by their paths; then those of the configuration.
    let bad = json!({
        "prompt": "", "user_id": "ann", "config": { "max_memory_mb": 1 },
        "files": [{ "name": "../x", "content": "" }], "ssh_public_key": "rsa x",
    });
    let paths = async |request| {
        let issues = server.call(&ann, "POST", "/api/v1/tasks", Some(request)).await.is_error("BAD_REQUEST");
        let path = |i: &Value| i["path"].as_str().unwrap().to_owned();
        issues["issues"].as_array().unwrap().iter().map(path).collect::<Vec<_>>()
    };
    assert_eq!(paths(bad).await, ["config.max_memory_mb", "files.0.name", "prompt", "ssh_public_key"]);
    let bad = json!({
        "prompt": "x", "user_id": "ann", "config": { "vcpu_count": 5 },
        "ssh_public_key": "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAA",
    });
    assert_eq!(paths(bad).await, ["config.vcpu_count", "ssh_public_key"]);
    server.stop().await;
}

#[tokio::test]
async fn the_same_key_makes_one_task() {
    let server = Server::start().await;
    let token = server.token("ann", &[Scope::Write]).await;
    let auth = format!("Bearer {token}");
    let post = async |key: &str, prompt: &str| {
        let headers = [
            ("authorization", auth.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        let body = json!({ "prompt": prompt, "user_id": "ann" }).to_string();
        server.send("POST", "/api/v1/tasks", &headers, &body).await
    };
    let (a, b) = tokio::join!(post("k", "x"), post("k", "x"));
    assert_eq!((a.status.as_u16(), b.status.as_u16()), (201, 201));
    assert_eq!(a.json()["id"], b.json()["id"]);
    post("k", "y").await.is_error("IDEMPOTENCY_CONFLICT");
    assert_ne!(post("l", "x").await.json()["id"], a.json()["id"]);
    post("", "x").await.is_error("BAD_REQUEST");
    post(&"k".repeat(256), "x").await.is_error("BAD_REQUEST");
    let (_, total) = server.store.tasks(&TaskFilter::default(), 1, 10).await.unwrap();
    assert_eq!(total, 2);
    server.stop().await;
}

#[tokio::test]
async fn listing() {
    let server = Server::start().await;
    let ann = server.token("ann", &[Scope::Read]).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(server.task("ann").await.to_string());
    }
    let bobs = server.task("bob").await.to_string();
    let list = async |token: &str, query: &str| {
        let answer = server.call(token, "GET", &format!("/api/v1/tasks?{query}"), None).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let body = answer.json();
        let ids: Vec<_> =
            body["tasks"].as_array().unwrap().iter().map(|t| t["id"].as_str().unwrap().to_owned()).collect();
        (ids, body["total"].as_u64().unwrap())
    };
    ids.reverse();
    assert_eq!(list(&ann, "").await, (ids.clone(), 3));
    assert_eq!(list(&ann, "user_id=ann&per_page=2&page=2").await, (ids[2..].to_vec(), 3));
    assert_eq!(list(&ann, "page=9").await, (vec![], 3));
    assert_eq!(list(&ann, "status=terminated,suspended").await, (vec![], 0));
    assert_eq!(list(&ann, "guild_id=g").await, (vec![], 0));
    assert_eq!(list(&server.admin, "").await.1, 4);
    assert_eq!(list(&server.admin, "user_id=bob").await, (vec![bobs.clone()], 1));
    server.call(&ann, "GET", "/api/v1/tasks?user_id=bob", None).await.is_error("FORBIDDEN");
    assert_eq!(list(&ann, &format!("prefix={}", ids[0])).await, (vec![ids[0].clone()], 1));
    assert_eq!(list(&ann, &format!("prefix={}", bobs.to_uppercase())).await, (vec![], 0));
    server.stop().await;
}

#[tokio::test]
async fn ending_and_reading_what_is_left() {
    let server = Server::start().await;
    let ann = server.token("ann", &[Scope::Read, Scope::Write]).await;
    let id = server.task("ann").await;
    let path = format!("/api/v1/tasks/{id}");
    for _ in 0..2 {
        assert_eq!(server.call(&ann, "DELETE", &path, None).await.status, 204);
    }
    let task = server.call(&ann, "GET", &path, None).await.json();
    assert_eq!(task["status"], "terminated");
    server
        .call(&ann, "POST", &format!("{path}/input"), Some(json!({ "data": "x" })))
        .await
        .is_error("INVALID_STATE");
    let output = server.call(&ann, "GET", &format!("{path}/output"), None).await;
    assert_eq!((output.status.as_u16(), output.json()), (200, json!([])));
    assert_eq!(output.header("lia-next-from"), task["last_seq"].to_string());

    // The log as pages, as a stream that ends by itself, and from any place in it.
    let auth = format!("Bearer {ann}");
    let events = async |query: &str, more: &[(&str, &str)]| {
        let headers: Vec<_> =
            [("authorization", auth.as_str())].into_iter().chain(more.iter().copied()).collect();
        server.send("GET", &format!("{path}/events{query}"), &headers, "").await
    };
    let json_page = ("accept", "application/json");
    let all = events("", &[json_page]).await.json();
    let all = all.as_array().unwrap();
    let last = all.len();
    assert_eq!(task["last_seq"], last);
    let page = events("?from=1&limit=1", &[json_page]).await;
    assert_eq!((page.json(), page.header("lia-next-from")), (json!([all[1]]), "2"));

    let sse = events("", &[]).await;
    assert_eq!(sse.header("content-type"), "text/event-stream; charset=utf-8");
    let read = |text: String| -> Vec<Value> {
        let data = text.lines().filter_map(|l| l.strip_prefix("data: ").map(str::to_owned));
        data.map(|d| serde_json::from_str(&d).unwrap()).collect()
    };
    assert!(sse.text().starts_with(&format!("id: 1\nevent: {}\ndata: ", all[0]["kind"].as_str().unwrap())));
    assert_eq!(read(sse.text()), *all);
    assert_eq!(read(events("?from=1", &[]).await.text()), all[1..]);
    assert_eq!(read(events("?from=0", &[("last-event-id", "1")]).await.text()), all[1..]);
    assert_eq!(read(events("?limit=1", &[]).await.text()), all[..1]);
    events("", &[("last-event-id", "x")]).await.is_error("BAD_REQUEST");
    // A browser that has all of it is told not to come back.
    assert_eq!(events("", &[("last-event-id", &last.to_string())]).await.status, 204);

    assert_eq!(server.call(&ann, "DELETE", &format!("{path}?purge=true"), None).await.status, 204);
    for (method, path) in [("GET", path.clone()), ("DELETE", path.clone()), ("GET", format!("{path}/output"))]
    {
        server.call(&ann, method, &path, None).await.is_error("TASK_NOT_FOUND");
    }
    server.stop().await;
}
