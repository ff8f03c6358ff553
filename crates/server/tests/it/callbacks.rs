//! `POST /api/agents/{agentId}/events`: what a session's own sidecar may tell, and what it is answered. Who else may not
//! is shown by the walk over all routes.

use lia_protocol::{
    event::{PermissionOption, PermissionRequested},
    ids::{PermissionId, Seq, TaskId},
    time::Timestamp,
};
use lia_store::{Op, PermissionRecord, Txn};
use serde_json::{Value, json};

use crate::support::{Answer, Server};

struct Sidecar<'a> {
    server: &'a Server,
    task: TaskId,
    secret: String,
}

impl Sidecar<'_> {
    async fn tells(&self, body: Value) -> Answer {
        let path = format!("/api/agents/{}/events", self.task);
        self.server.call(&self.secret, "POST", &path, Some(body)).await
    }

    async fn asks(&self, request: &str) -> Value {
        let option = |id: &str, kind: &str| json!({ "optionId": id, "name": id, "kind": kind });
        let data = json!({
            "requestId": request, "toolCallId": "t", "title": "rm",
            "options": [option("n", "reject_once"), option("y", "allow_once")],
        });
        let answer = self.tells(json!({ "type": "permission_request", "data": data })).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// A question that stands in the store, answered or not.
    async fn asked(&self, answer: Option<Option<&str>>) -> String {
        let session = self.server.store.task(self.task).await.unwrap().unwrap().session;
        let id = PermissionId::new();
        let option = PermissionOption { option_id: "n".into(), name: "n".into(), kind: "reject_once".into() };
        let request = PermissionRequested {
            id,
            tool_call_id: "t".into(),
            title: "rm".into(),
            tool_kind: None,
            options: vec![option],
        };
        let record = PermissionRecord {
            id,
            session,
            rpc_id: "1".into(),
            request,
            requested_at: Timestamp::now(),
            seq: Seq::ZERO,
            answer: None,
            answered_by: None,
        };
        let mut ops = vec![Op::PutPermission(Box::new(record))];
        if let Some(option) = answer {
            let option_id = option.map(str::to_owned);
            ops.push(Op::AnswerPermission { id, option_id, by: "user:ann".into() });
        }
        self.server.store.commit(Txn::process(ops)).await.unwrap();
        id.to_string()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sidecars_callbacks_are_answered_with_what_holds() {
    let server = Server::start().await;
    let task = server.task("ann").await;
    let sidecar = Sidecar { server: &server, task, secret: server.instance_secret(task).await };
    let session = server.store.task(task).await.unwrap().unwrap().session;
    let before = server.store.head(session).await.unwrap().last_seq;

    for event in [
        json!({ "type": "end_turn", "data": { "promptResponse": { "stopReason": "end_turn" } } }),
        json!({ "type": "error", "data": { "message": "no" } }),
        json!({ "type": "agent_message", "data": { "sessionUpdate": { "x": 1 } } }),
        json!({ "type": "session_end", "data": { "exitCode": 3 } }),
    ] {
        // As often as it likes.
        for _ in 0..2 {
            let answer = sidecar.tells(event.clone()).await;
            assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "ok": true })), "{event}");
        }
    }
    for (event, words) in [
        (json!({}), "missing type or data"),
        (json!({ "type": "error" }), "missing type or data"),
        (json!({ "type": "dance", "data": {} }), "permission_request, session_end, end_turn"),
        (json!({ "type": "error", "data": {} }), "message"),
    ] {
        let answer = sidecar.tells(event).await;
        answer.is_error("BAD_REQUEST");
        assert!(answer.text().contains(words), "{}", answer.text());
    }

    // A question is left to people, unless it is decided.
    let deferred = json!({ "deferred": true });
    assert_eq!(sidecar.asks("of the sidecar's own").await, deferred);
    assert_eq!(sidecar.asks(&sidecar.asked(None).await).await, deferred);
    assert_eq!(sidecar.asks(&sidecar.asked(Some(Some("n"))).await).await, json!({ "optionId": "n" }));
    assert_eq!(sidecar.asks(&sidecar.asked(Some(None)).await).await, json!({ "outcome": "cancelled" }));
    // Another session's question is not told.
    let other = server.task("ann").await;
    let theirs = Sidecar { server: &server, task: other, secret: server.instance_secret(other).await };
    assert_eq!(sidecar.asks(&theirs.asked(Some(Some("n"))).await).await, deferred);
    let on = json!({ "autoApprovePermissions": true });
    assert_eq!(server.call(&server.admin, "PATCH", "/api/settings", Some(on)).await.status, 200);
    assert_eq!(sidecar.asks("of the sidecar's own").await, json!({ "optionId": "y" }));

    // What is told this way changes nothing.
    assert_eq!(server.store.head(session).await.unwrap().last_seq, before);
    // Of a session that is not there nobody learns that it is not.
    let gone = Sidecar { server: &server, task: TaskId::new(), secret: sidecar.secret.clone() };
    gone.tells(json!({})).await.is_error("UNAUTHORIZED");
    server.stop().await;
}
