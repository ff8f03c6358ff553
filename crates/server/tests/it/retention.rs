//! What expires, by a clock that the test turns: workspaces of ended tasks, idempotency keys, uploads.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use lia_protocol::{
    api::Scope,
    event::{Kind, Progress},
    ids::{InstanceId, Seq, SessionId, TaskId},
    task::TaskStatus,
    time::Timestamp,
};
use lia_server::engine::{Clock, upkeep::Upkeep};
use lia_store::{CredentialKind, Op, PageSize, TaskRecord, Txn};
use serde_json::json;

use crate::support::Server;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// A credential's life in seconds that no test outlasts.
const LONG: i64 = 3_600 * 24 * 366;

/// A clock that stands still until it is turned.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn now() -> Self {
        Self(Arc::new(AtomicI64::new(Timestamp::now().0)))
    }

    fn clock(&self) -> Clock {
        let hands = self.0.clone();
        Clock::new(move || Timestamp(hands.load(Ordering::Relaxed)))
    }

    fn turn(&self, by: i64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }
}

async fn writer(server: &Server, user: &str) -> String {
    server.credential(CredentialKind::Token, user, &[Scope::Read, Scope::Write], LONG).await
}

/// A task that ended by itself, straight into the store.
async fn ended(server: &Server, completed_at: i64) -> TaskRecord {
    let living: TaskId = server.task("ann").await;
    let record = TaskRecord {
        id: TaskId::new(),
        session: SessionId::new(),
        instance: InstanceId::new(),
        status: TaskStatus::Terminated,
        completed_at: Some(Timestamp(completed_at)),
        ..server.store.task(living).await.unwrap().unwrap()
    };
    server.store.commit(Txn::process(vec![Op::CreateTask(Box::new(record.clone()))])).await.unwrap();
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn workspaces_go_when_their_tasks_ended_long_ago() {
    let hands = Hands::now();
    let server = Server::start_at(hands.clock()).await;
    let now = hands.0.load(Ordering::Relaxed);
    let (old, new) = (ended(&server, now).await, ended(&server, now + DAY).await);
    hands.turn(30 * DAY);
    assert_eq!(server.api.engine.upkeep().await.unwrap(), Upkeep::default(), "not a moment too early");
    assert!(server.deleted().is_empty());
    hands.turn(1);
    assert_eq!(server.api.engine.upkeep().await.unwrap(), Upkeep { workspaces: 1, uploads: 0 });
    assert_eq!(server.deleted(), [old.instance]);
    let record = server.store.task(old.id).await.unwrap().unwrap();
    assert!(record.removed && !record.cleanup && record.status == TaskStatus::Terminated, "{record:?}");
    assert!(!server.store.task(new.id).await.unwrap().unwrap().removed);
    let log = server.store.events(old.session, Seq::ZERO, PageSize::default()).await.unwrap();
    assert_eq!((log.len(), log[0].kind), (1, Kind::Progress));
    let said: Progress = serde_json::from_slice(&log[0].body).unwrap();
    assert!(said.stage == "workspace_removed" && said.message.contains("30 days"), "{said:?}");
    assert_eq!(server.api.engine.upkeep().await.unwrap(), Upkeep::default(), "once is enough");
    let token = writer(&server, "ann").await;
    let files = server.call(&token, "GET", &format!("/api/v1/tasks/{}/files", old.id), None).await;
    files.is_error("INVALID_STATE");
    assert!(files.text().contains("removed"), "{}", files.text());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_is_free_again_after_a_day() {
    let hands = Hands::now();
    let server = Server::start_at(hands.clock()).await;
    let token = writer(&server, "ann").await;
    let auth = format!("Bearer {token}");
    let headers =
        [("authorization", auth.as_str()), ("content-type", "application/json"), ("idempotency-key", "k")];
    let create = async |prompt: &str| {
        let body = json!({ "prompt": prompt, "user_id": "ann" }).to_string();
        server.send("POST", "/api/v1/tasks", &headers, &body).await
    };
    let first = create("true").await.json()["id"].clone();
    hands.turn(DAY);
    assert_eq!(create("true").await.json()["id"], first);
    create("false").await.is_error("IDEMPOTENCY_CONFLICT");
    hands.turn(1);
    let second = create("false").await.json()["id"].clone();
    assert_ne!(second, first);
    assert_eq!(create("false").await.json()["id"], second);
    hands.turn(DAY + 1);
    server.api.engine.upkeep().await.unwrap();
    assert!(
        server.store.idempotent(&"ann".parse().unwrap(), "k").await.unwrap().is_none(),
        "upkeep forgets it"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_its_owners_and_goes_when_it_is_not_used() {
    let hands = Hands::now();
    let server = Server::start_at(hands.clock()).await;
    let (ann, bob) = (writer(&server, "ann").await, writer(&server, "bob").await);
    let upload = async |token: &str| {
        let auth = format!("Bearer {token}");
        let answer = server.send("POST", "/api/v1/uploads", &[("authorization", &auth)], "a bundle").await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    };
    let create = async |token: &str, user: &str, id: &str| {
        let body = json!({ "prompt": "true", "user_id": user, "repositories": [{ "upload": id }] });
        server.call(token, "POST", "/api/v1/tasks", Some(body)).await
    };
    let file = |id: &str| server.dir.path().join("uploads").join(id);
    let (used, idle) = (upload(&ann).await, upload(&ann).await);

    let foreign = create(&bob, "bob", &used).await;
    foreign.is_error("BAD_REQUEST");
    let absent = create(&bob, "bob", "0199c0a1-b2c3-7000-8000-000000000000").await;
    let text = foreign.text().replace(&used, "ID");
    assert_eq!(
        text,
        absent.text().replace("0199c0a1-b2c3-7000-8000-000000000000", "ID"),
        "as if there were none"
    );
    // Who acts for another brings the files too.
    let bot = server
        .credential(CredentialKind::Token, "bot", &[Scope::Read, Scope::Write, Scope::ActAs], LONG)
        .await;
    let brought = upload(&bot).await;
    assert_eq!(create(&bot, "bob", &brought).await.status, 201);

    // A use counts anew; an upload without one goes.
    hands.turn(23 * HOUR);
    let task = create(&ann, "ann", &used).await;
    assert_eq!(task.status, 201, "{}", task.text());
    hands.turn(2 * HOUR);
    assert_eq!(server.api.engine.upkeep().await.unwrap().uploads, 1);
    assert!(file(&used).exists() && !file(&idle).exists());
    assert!(file(&brought).exists(), "a task that has not begun needs it");
    create(&ann, "ann", &idle).await.is_error("BAD_REQUEST");
    assert_eq!(create(&ann, "ann", &used).await.status, 201);

    // What a kill left without a record goes too, by its age.
    let (stray, part) = (file("0199c0a1-b2c3-7000-8000-00000000000a"), file("x.part"));
    fs::write(&stray, "x").unwrap();
    fs::write(&part, "x").unwrap();
    let tasks = server.call(&server.admin, "GET", "/api/v1/tasks?per_page=100", None).await.json();
    for task in tasks["tasks"].as_array().unwrap() {
        let path = format!("/api/v1/tasks/{}", task["id"].as_str().unwrap());
        assert_eq!(server.call(&server.admin, "DELETE", &path, None).await.status, 204);
    }
    hands.turn(DAY + HOUR);
    server.api.engine.upkeep().await.unwrap();
    let left: Vec<_> = fs::read_dir(server.dir.path().join("uploads")).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
    server.stop().await;
}
