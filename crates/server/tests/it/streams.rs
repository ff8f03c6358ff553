//! The WebSocket: what comes first, to whom answers go, and how it ends.

use lia_protocol::{
    api::Scope,
    event::Kind,
    event::{Actor, ErrorEvent, NewEvent, OutputChunk},
};
use lia_protocol::{secret::Secret, time::Timestamp};
use lia_server::api::credentials;
use lia_store::{Op, Txn};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Server, Socket};

async fn open(server: &Server, token: &str, path: &str) -> Socket {
    let auth = format!("Bearer {token}");
    server.websocket(path, &[("authorization", &auth)]).await.unwrap_or_else(|a| panic!("{a:?}"))
}

#[tokio::test]
async fn status_first_then_the_log_then_the_end() {
    let server = Server::start().await;
    let id = server.task("ann").await;
    let ann = server.token("ann", &[Scope::Read, Scope::Write]).await;
    let path = format!("/api/v1/tasks/{id}/stream");
    let (mut seed, mut more) =
        (open(&server, &ann, &path).await, open(&server, &ann, &format!("{path}?progress=1")).await);
    for socket in [&mut seed, &mut more] {
        let first = socket.next().await.unwrap();
        assert_eq!((&first["type"], &first["seq"]), (&json!("status"), &json!(0)));
    }
    let live = more.next_of("live").await;
    assert!(live["seq"].as_u64().unwrap() > 0);

    // Answers go to the asker alone.
    more.say(json!({ "type": "ping" })).await;
    assert_eq!(more.next_of("pong").await, json!({ "type": "pong" }));
    for bad in [
        json!("x"),
        json!({ "type": "dance" }),
        json!({ "type": "input" }),
        json!({ "type": "output", "data": "x" }),
    ] {
        more.say(bad).await;
        assert!(more.next_of("error").await.get("seq").is_none());
    }
    more.say_raw(Message::text("{")).await;
    more.next_of("error").await;
    more.say_raw(Message::binary(vec![0_u8])).await;
    more.next_of("error").await;
    more.say(json!({ "type": "answer", "id": "00000000-0000-0000-0000-000000000000" })).await;
    assert!(more.next_of("error").await["message"].as_str().unwrap().contains("permission"));

    assert_eq!(server.call(&ann, "DELETE", &format!("/api/v1/tasks/{id}"), None).await.status, 204);
    let (rest, code) = seed.rest().await;
    assert_eq!(code, 1000);
    assert_eq!(rest.last().unwrap()["status"], "terminated");
    for m in &rest {
        assert!(["output", "status", "error"].contains(&m["type"].as_str().unwrap()), "{m}");
    }
    assert_eq!(more.rest().await.1, 1000);

    // A late client gets the same, from wherever it stopped.
    let (late, code) = open(&server, &ann, &path).await.rest().await;
    assert_eq!((code, &late[0]["status"]), (1000, &json!("terminated")));
    let all: Vec<Value> = late[1..].to_vec();
    let cut = all[0]["seq"].as_u64().unwrap();
    let (after, _) = open(&server, &ann, &format!("{path}?from={cut}")).await.rest().await;
    assert_eq!(after[0]["seq"], cut);
    assert_eq!(
        after[1..],
        all.iter().filter(|m| m["seq"].as_u64().unwrap() > cut).cloned().collect::<Vec<_>>()
    );
    server.stop().await;
}

#[tokio::test]
async fn reading_is_not_typing() {
    let server = Server::start().await;
    let id = server.task("ann").await;
    let reader = server.token("ann", &[Scope::Read]).await;
    let mut socket = open(&server, &reader, &format!("/api/v1/tasks/{id}/stream?progress=1")).await;
    for order in [
        json!({ "type": "input", "data": "x" }),
        json!({ "type": "cancel" }),
        json!({ "type": "resize", "cols": 1, "rows": 1 }),
    ] {
        socket.say(order).await;
        assert!(socket.next_of("error").await["message"].as_str().unwrap().contains("write"));
    }
    socket.say(json!({ "type": "ping" })).await;
    socket.next_of("pong").await;
    server.stop().await;
}

#[tokio::test]
async fn a_browser_offers_its_token_as_a_subprotocol() {
    let server = Server::start().await;
    let id = server.task("ann").await;
    let token = server.token("ann", &[Scope::Read]).await;
    for offered in [format!("lia.bearer.{token}"), format!("lia.v1, lia.bearer.{token}")] {
        // The client library refuses a server that takes none of them, as browsers do.
        let path = format!("/api/v1/tasks/{id}/stream");
        let mut socket = server
            .websocket(&path, &[("sec-websocket-protocol", &offered)])
            .await
            .unwrap_or_else(|a| panic!("{a:?}"));
        socket.next_of("status").await;
    }
    server.stop().await;
}

#[tokio::test]
async fn how_a_stream_ends_before_its_task() {
    let server = Server::start().await;
    let id = server.task("ann").await;
    let path = format!("/api/v1/tasks/{id}/stream");
    let token = server.token("ann", &[Scope::Read]).await;
    let ticket = server.call(&token, "POST", "/api/v1/tickets", None).await.json();
    let ticket = ticket["ticket"].as_str().unwrap();
    let mut by_token = open(&server, &token, &path).await;
    let mut by_ticket =
        server.websocket(&format!("{path}?ticket={ticket}"), &[]).await.unwrap_or_else(|a| panic!("{a:?}"));
    by_token.next_of("status").await;
    by_ticket.next_of("status").await;
    let record = server.store.credential(&credentials::hash(&Secret::new(&*token))).await.unwrap().unwrap();
    let revoke = format!("/api/v1/tokens/{}", record.id);
    assert_eq!(server.call(&server.admin, "DELETE", &revoke, None).await.status, 204);
    assert_eq!(by_token.rest().await.1, 4401);
    assert_eq!(by_ticket.rest().await.1, 4401);

    let short = server.credential(lia_store::CredentialKind::Token, "ann", &[Scope::Read], 1).await;
    let mut expiring = open(&server, &short, &path).await;
    assert_eq!(expiring.rest().await.1, 4401);

    let other = server.token("ann", &[Scope::Read]).await;
    let mut open_at_the_end = open(&server, &other, &path).await;
    open_at_the_end.next_of("status").await;
    let read = tokio::spawn(async move { open_at_the_end.rest().await.1 });
    server.stop().await;
    assert_eq!(read.await.unwrap(), 1001);
}

/// A reader that does not read keeps nobody waiting, and misses nothing when it reads again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_reader_stalls_itself_alone() {
    const EVENTS: u64 = 3_000;
    let server = Server::start().await;
    let id = server.task("ann").await;
    let ann = server.token("ann", &[Scope::Read, Scope::Write]).await;
    let session = server.store.task(id).await.unwrap().unwrap().session;
    let chunk = |pos: u64| NewEvent {
        turn: None,
        actor: Actor::Sidecar,
        cause: None,
        kind: Kind::Output,
        body: OutputChunk { pos, data: vec![b'x'; 8 << 10].into() }.encode(),
        link: None,
    };
    let path = format!("/api/v1/tasks/{id}/stream");
    // 24 MiB, more than any socket buffer holds; then one event through the engine's own tail.
    for batch in 0..EVENTS / 100 {
        let events = (0..100).map(|i| chunk(batch * 100 + i)).collect();
        let op = Op::Append { session, at: Timestamp::now(), events, ack: None };
        server.store.commit(Txn::process(vec![op])).await.unwrap();
    }
    let note = NewEvent::own(Actor::System, &ErrorEvent { message: "last".into(), code: None });
    let op = Op::Append { session, at: Timestamp::now(), events: vec![note], ack: None };
    server.store.commit(Txn::process(vec![op])).await.unwrap();

    let mut stalled = open(&server, &ann, &path).await;
    stalled.next_of("status").await;
    assert_eq!(server.call(&ann, "DELETE", &format!("/api/v1/tasks/{id}"), None).await.status, 204);
    let (fast, code) = open(&server, &ann, &path).await.rest().await;
    let outputs = |all: &[Value]| all.iter().filter(|m| m["type"] == "output").count() as u64;
    assert_eq!((outputs(&fast), code), (EVENTS, 1000));
    let (late, code) = stalled.rest().await;
    assert_eq!((outputs(&late), code), (EVENTS, 1000));
    assert!(late.is_sorted_by_key(|m| m["seq"].as_u64()));

    let output = server.call(&ann, "GET", &format!("/api/v1/tasks/{id}/output"), None).await;
    assert_eq!(outputs(output.json().as_array().unwrap()), EVENTS);
    let mut from = "0".to_owned();
    let mut paged = 0;
    loop {
        let page =
            server.call(&ann, "GET", &format!("/api/v1/tasks/{id}/output?limit=700&from={from}"), None).await;
        paged += outputs(page.json().as_array().unwrap());
        if page.header("lia-next-from") == from {
            break;
        }
        from = page.header("lia-next-from").to_owned();
    }
    assert_eq!(paged, EVENTS);
    server.stop().await;
}
