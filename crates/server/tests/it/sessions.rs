//! `/api/agents`, `/api/agent-templates`, `/api/message-queue`, `/api/runtimes`: lists and what is refused.

use lia_protocol::{api::Scope, ids::TaskId};
use serde_json::{Value, json};

use crate::support::Server;

const BOTH: [Scope; 2] = [Scope::Read, Scope::Write];

impl Server {
    /// A message of a user's, which waits for a session that was made for it, is being started for ever, and whose queue
    /// is paused.
    pub async fn message(&self, user: &str) -> (u64, TaskId) {
        let spawn = json!({ "command": "/agent", "args": [] });
        let template = json!({ "name": "an agent", "spawn": spawn });
        let made = self.call(&self.admin, "POST", "/api/agent-templates", Some(template)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let token = self.token(user, &BOTH).await;
        let body = json!({ "text": "x", "agentTemplateId": made.json()["id"] });
        let left = self.call(&token, "POST", "/api/message-queue", Some(body)).await;
        assert_eq!(left.status, 201, "{}", left.text());
        let left = left.json();
        let session: TaskId = left["sessionId"].as_str().unwrap().parse().unwrap();
        let paused = self.call(&token, "POST", &format!("/api/agents/{session}/queue/pause"), None).await;
        assert_eq!(paused.status, 200, "{}", paused.text());
        (left["id"].as_u64().unwrap(), session)
    }

    /// An instance of a user's, without a session.
    pub async fn instance(&self, user: &str, name: &str) {
        let token = self.token(user, &BOTH).await;
        let body = json!({ "name": name });
        let made = self.call(&token, "POST", "/api/runtimes/never/start", Some(body)).await;
        assert_eq!((made.status.as_u16(), &made.json()["name"]), (201, &json!(name)), "{}", made.text());
    }
}

/// Pages, filters, and a list that changes nothing of what it shows.
#[tokio::test]
async fn listing() {
    let server = Server::start().await;
    let ann = server.token("ann", &BOTH).await;
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(server.task("ann").await);
    }
    let (_, named) = server.message("ann").await;
    server.task("bob").await;
    for task in all.iter().chain([&named]) {
        server.begun(*task).await;
    }
    assert_eq!(server.call(&ann, "DELETE", &format!("/api/agents/{}", all[0]), None).await.status, 200);
    let records = async || {
        let mut records = Vec::new();
        for task in &all {
            records.push(format!("{:?}", server.store.task(*task).await.unwrap()));
        }
        records
    };
    let before = records().await;
    let list = async |query: &str| {
        let answer = server.call(&ann, "GET", &format!("/api/agents{query}"), None).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        let ids = answer.json().as_array().unwrap().iter().map(|s| s["id"].clone()).collect::<Vec<_>>();
        (ids, answer.header("lia-total").to_owned())
    };
    // The last changed first: the one that was ended just now.
    let (order, _) = list("").await;
    assert_eq!(order[..1], [json!(all[0])]);
    for task in all.iter().chain([&named]) {
        assert!(order.contains(&json!(task)), "{order:?}");
    }
    let told = |ids: &[Value], total: &str| (ids.to_vec(), total.to_owned());
    assert_eq!(list("").await, told(&order, "4"));
    assert_eq!(list("?perPage=3").await, told(&order[..3], "4"));
    assert_eq!(list("?perPage=3&page=2").await, told(&order[3..], "4"));
    assert_eq!(list("?page=9").await, told(&[], "4"));
    assert_eq!(list("?status=killed").await, told(&order[..1], "1"));
    assert_eq!(list("?status=active&perPage=1").await, told(&order[1..2], "3"));
    assert_eq!(list("?runtimeInstance=never").await, told(&[json!(named)], "1"));
    assert_eq!(list("?runtimeInstance=never&status=killed").await, told(&[], "0"));
    for query in ["page=0", "page=x", "perPage=0", "perPage=101", "status=open", "runtimeInstance="] {
        server.call(&ann, "GET", &format!("/api/agents?{query}"), None).await.is_error("BAD_REQUEST");
    }
    for path in ["/api/runtimes", "/api/message-queue", "/api/health"] {
        assert_eq!(server.call(&ann, "GET", path, None).await.status, 200, "{path}");
    }
    for task in &all {
        assert_eq!(server.call(&ann, "GET", &format!("/api/agents/{task}"), None).await.status, 200);
    }
    assert_eq!(records().await, before, "looking changed something");
    server.stop().await;
}

/// Messages and instances are each user's own: in lists, and by a name or an id that another has.
#[tokio::test]
async fn everybody_has_their_own_messages_and_instances() {
    let server = Server::start().await;
    let (ann, bob) = (server.token("ann", &BOTH).await, server.token("bob", &BOTH).await);
    let (message, session) = server.message("ann").await;
    server.instance("ann", "anns").await;
    let of = async |token: &str| {
        let messages = server.call(token, "GET", "/api/message-queue", None).await.json();
        let runtimes = server.call(token, "GET", "/api/runtimes", None).await.json();
        let names = runtimes[0]["instances"].as_array().unwrap().iter().map(|i| i["name"].clone());
        let ids = messages.as_array().unwrap().iter().map(|m| m["id"].clone());
        (ids.collect::<Vec<_>>(), names.collect::<Vec<_>>())
    };
    let anns: (Vec<Value>, Vec<Value>) = (vec![json!(message)], vec![json!("never"), json!("anns")]);
    assert_eq!(of(&ann).await, anns);
    assert_eq!(of(&bob).await, (vec![], vec![]));
    // Forgetting all is forgetting all of one's own; a message to another's session is none.
    assert_eq!(server.call(&bob, "DELETE", "/api/message-queue", None).await.status, 200);
    let body = json!({ "text": "x", "sessionId": session });
    server.call(&bob, "POST", "/api/message-queue", Some(body)).await.is_error("NOT_FOUND");
    // The same name is another instance.
    server.instance("bob", "anns").await;
    assert_eq!(server.call(&bob, "DELETE", "/api/runtimes/anns", None).await.status, 200);
    assert_eq!(of(&ann).await, anns);
    server.stop().await;
}

/// What is not accepted and then not done: an image of a container, a runtime that is not there.
#[tokio::test]
async fn a_template_asks_for_nothing_that_is_not_there() {
    let server = Server::start().await;
    for (field, value) in [("image", "node:22"), ("dockerfile", "FROM node"), ("provider", "docker")] {
        let mut runtime = json!({ "provider": "never" });
        runtime[field] = json!(value);
        let body = json!({ "name": "n", "spawn": { "command": "c", "args": [] }, "runtime": runtime });
        let answer = server.call(&server.admin, "POST", "/api/agent-templates", Some(body)).await;
        let details = answer.is_error("BAD_REQUEST");
        assert_eq!(details["issues"][0]["path"], format!("runtime.{field}"), "{details}");
    }
    let all = server.call(&server.admin, "GET", "/api/agent-templates", None).await.json();
    let registered = all.as_array().unwrap().iter().filter(|t| t["managed"] == false).count();
    assert_eq!(registered, 0, "one was registered all the same: {all}");
    server.stop().await;
}
