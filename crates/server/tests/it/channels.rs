//! Seed 003's sockets: what comes first, what a subscription brings, to whom answers go, and how it ends.

use lia_protocol::{
    api::Scope,
    event::{Actor, ErrorEvent, NewEvent},
    ids::TaskId,
    time::Timestamp,
};
use lia_store::{Op, Txn};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Server, Socket};

pub async fn open(server: &Server, token: &str, path: &str) -> Socket {
    let auth = format!("Bearer {token}");
    server.websocket(path, &[("authorization", &auth)]).await.unwrap_or_else(|a| panic!("{a:?}"))
}

impl Socket {
    pub async fn subscribe(&mut self, channel: &str, since: Option<u64>) {
        let mut action = json!({ "action": "subscribe", "channel": channel });
        if let Some(since) = since {
            action["since"] = json!(since);
        }
        self.say(action).await;
    }

    /// What comes up to an acknowledgement.
    pub async fn until(&mut self, kind: &str, channel: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let message = self.next().await.unwrap_or_else(|code| panic!("closed with {code} after {all:?}"));
            if message["type"] == kind && message["channel"] == channel {
                return all;
            }
            all.push(message);
        }
    }

    /// What comes up to the word that a session is over, and that word.
    async fn until_its_end(&mut self) -> (Vec<Value>, Value) {
        let mut all = Vec::new();
        loop {
            match self.next().await.unwrap_or_else(|code| panic!("closed with {code} after {all:?}")) {
                m if m["type"] == "session.terminated" => return (all, m),
                m => all.push(m),
            }
        }
    }

    /// All that is on its way now.
    pub async fn now(&mut self) -> Vec<Value> {
        self.say(json!({ "action": "ping" })).await;
        let mut all = Vec::new();
        loop {
            match self.next().await.unwrap() {
                m if m["type"] == "pong" => return all,
                m => all.push(m),
            }
        }
    }
}

impl Server {
    /// Events of this session's log that no owner has told yet.
    pub async fn append(&self, task: TaskId, count: usize, bytes: usize) {
        let session = self.store.task(task).await.unwrap().unwrap().session;
        let event = |n: usize| {
            let message = format!("#{n} {}", "x".repeat(bytes));
            NewEvent::own(Actor::System, &ErrorEvent { message, code: None })
        };
        for batch in 0..count.div_ceil(100) {
            let events = (batch * 100..count.min(batch * 100 + 100)).map(event).collect();
            let op = Op::Append { session, at: Timestamp::now(), events, ack: None };
            self.store.commit(Txn::process(vec![op])).await.unwrap();
        }
    }

    async fn end(&self, task: TaskId) {
        let answer = self.call(&self.admin, "DELETE", &format!("/api/v1/tasks/{task}"), None).await;
        assert_eq!(answer.status, 204);
    }
}

fn errors(all: &[Value]) -> Vec<&Value> {
    all.iter().filter(|m| m["event"]["type"] == "error").collect()
}

#[tokio::test]
async fn connected_then_what_was_missed_then_the_acknowledgement() {
    let server = Server::start().await;
    let task = server.task("ann").await;
    let ann = server.token("ann", &[Scope::Read, Scope::Write]).await;
    let mut socket = open(&server, &ann, "/ws").await;
    let connected = socket.next().await.unwrap();
    assert_eq!(connected["type"], "connected");
    assert!(connected["connectionId"].is_string() && connected["log_epoch"].is_string());
    let mut other = open(&server, &ann, "/api/ws").await;
    let again = other.next().await.unwrap();
    assert_ne!(again["connectionId"], connected["connectionId"]);
    assert_eq!(again["log_epoch"], connected["log_epoch"]);

    let channel = format!("session:{task}");
    socket.subscribe(&channel, None).await;
    let missed = socket.until("subscribed", &channel).await;
    assert_eq!(missed[0]["event"]["type"], "queue.updated");
    assert_eq!(missed[0]["channel"], format!("session:{task}:queue"));
    assert_eq!((&missed[0]["sessionId"], &missed[0]["agentId"]), (&json!(task), &json!(task)));
    // Again: the same, and the same again; from its end on nothing.
    socket.subscribe(&channel, Some(0)).await;
    assert_eq!(socket.until("subscribed", &channel).await, missed);
    socket.subscribe(&channel, missed.last().unwrap()["seq"].as_u64()).await;
    assert_eq!(socket.until("subscribed", &channel).await, Vec::<Value>::new());

    // A channel below brings what is below.
    let queue = format!("session:{task}:queue");
    other.subscribe(&queue, None).await;
    assert_eq!(other.until("subscribed", &queue).await, missed);
    other.subscribe(&format!("session:{task}:terminal"), None).await;
    assert_eq!(other.until("subscribed", &format!("session:{task}:terminal")).await, Vec::<Value>::new());

    // After an unsubscription nothing more, with or without one before.
    for channel in [&*queue, &format!("session:{task}:terminal"), "never:there"] {
        other.say(json!({ "action": "unsubscribe", "channel": channel })).await;
        assert_eq!(other.until("unsubscribed", channel).await, Vec::<Value>::new());
    }
    server.append(task, 3, 1).await;
    server.end(task).await;
    let (told, over) = socket.until_its_end().await;
    assert_eq!(errors(&told).len(), 3);
    assert_eq!(
        told.last().unwrap()["event"],
        json!({ "type": "session.terminated", "data": { "exitCode": -1 }, "timestamp": told.last().unwrap()["event"]["timestamp"] })
    );
    assert_eq!(over, json!({ "type": "session.terminated", "sessionId": task, "agentId": task }));
    assert_eq!(other.now().await, Vec::<Value>::new());
    server.stop().await;
}

#[tokio::test]
async fn what_is_not_understood_is_told_to_the_asker() {
    let server = Server::start().await;
    let task = server.task("ann").await;
    let foreign = server.task("bob").await;
    let foreigns = lia_protocol::terminal::TerminalId::new(foreign);
    let ann = server.token("ann", &[Scope::Read, Scope::Write]).await;
    let mut socket = open(&server, &ann, "/ws").await;
    socket.next_of("connected").await;
    for (text, wanted) in [
        ("{".to_owned(), "Invalid message format".to_owned()),
        ("[]".to_owned(), "Invalid message format".to_owned()),
        (json!({ "action": "dance" }).to_string(), "Unknown action: dance".to_owned()),
        (json!({ "action": "subscribe" }).to_string(), "Missing channel".to_owned()),
        (
            json!({ "action": "prompt", "sessionId": "x", "text": "t" }).to_string(),
            "Session \"x\" not found".to_owned(),
        ),
        (
            json!({ "action": "prompt", "sessionId": foreign, "text": "t" }).to_string(),
            format!("Session \"{foreign}\" not found"),
        ),
        (
            json!({ "action": "terminate", "sessionId": foreign }).to_string(),
            format!("Session \"{foreign}\" not found"),
        ),
        (
            json!({ "action": "cancel", "sessionId": task, "queueId": "q" }).to_string(),
            "Queue item \"q\" not found or currently processing".to_owned(),
        ),
        (
            json!({ "action": "terminal.create", "sessionId": foreign }).to_string(),
            format!("Session \"{foreign}\" not found"),
        ),
        (
            json!({ "action": "terminal.create", "sessionId": task }).to_string(),
            "the session is being started; try again in a moment".to_owned(),
        ),
        (
            json!({ "action": "terminal.input", "terminalId": "main", "data": "x" }).to_string(),
            "Terminal \"main\" not found".to_owned(),
        ),
        (
            json!({ "action": "terminal.kill", "terminalId": foreigns }).to_string(),
            format!("Terminal \"{foreigns}\" not found"),
        ),
    ] {
        socket.say_raw(Message::text(text.clone())).await;
        let told = socket.next().await.unwrap();
        assert_eq!(told, json!({ "type": "error", "message": wanted }), "{text}");
    }
    socket.say_raw(Message::binary(vec![0_u8])).await;
    socket.next_of("error").await;
    socket.say(json!({ "action": "subscribe", "channel": "x".repeat(1000) })).await;
    socket.next_of("error").await;

    // A hundred channels, and no more; one that is there may come again.
    for n in 0..100 {
        let channel = format!("mine:{n}");
        socket.subscribe(&channel, None).await;
        assert_eq!(socket.until("subscribed", &channel).await, Vec::<Value>::new());
    }
    socket.subscribe("mine:100", None).await;
    assert_eq!(
        socket.next().await.unwrap(),
        json!({ "type": "error", "message": "Max subscriptions (100) exceeded", "channel": "mine:100" })
    );
    socket.subscribe("mine:7", None).await;
    socket.until("subscribed", "mine:7").await;
    socket.say(json!({ "action": "unsubscribe", "channel": "mine:7" })).await;
    socket.until("unsubscribed", "mine:7").await;
    socket.subscribe("mine:100", None).await;
    socket.until("subscribed", "mine:100").await;

    // Looking is not acting.
    let reader = server.token("ann", &[Scope::Read]).await;
    let mut reader = open(&server, &reader, "/ws").await;
    reader.next_of("connected").await;
    reader.say(json!({ "action": "terminate", "sessionId": task })).await;
    assert!(reader.next_of("error").await["message"].as_str().unwrap().contains("write"));
    server.stop().await;
}

/// A foreign session is as silent as one that is not there.
#[tokio::test]
async fn everybody_has_their_own_sessions() {
    let server = Server::start().await;
    let ann = server.token("ann", &[Scope::Read, Scope::Write]).await;
    let (mut mine, mut admins) =
        (open(&server, &ann, "/ws").await, open(&server, &server.admin, "/ws").await);
    mine.next_of("connected").await;
    admins.next_of("connected").await;
    let old = server.task("ann").await;
    for socket in [&mut mine, &mut admins] {
        socket.subscribe("agents", None).await;
        // Many sessions have no common past.
        assert_eq!(socket.until("subscribed", "agents").await, Vec::<Value>::new());
    }
    let foreign = server.task("bob").await;
    let bobs = format!("session:{foreign}");
    mine.subscribe(&bobs, None).await;
    assert_eq!(mine.until("subscribed", &bobs).await, Vec::<Value>::new());
    admins.subscribe(&bobs, None).await;
    assert_eq!(admins.until("subscribed", &bobs).await.len(), 1);

    // One that is made later begins at its beginning.
    let new = server.task("ann").await;
    assert_eq!(
        mine.next_of("session.created").await,
        json!({ "type": "session.created", "sessionId": new, "agentId": new })
    );
    let first = mine.next_of("event").await;
    assert_eq!((&first["channel"], &first["sessionId"]), (&json!("agents"), &json!(new)));
    server.end(foreign).await;
    let (told, over) = admins.until_its_end().await;
    assert!(told.iter().all(|m| m["sessionId"] == json!(foreign)));
    assert_eq!(over["sessionId"], json!(foreign));

    // With `since` each session's past comes, in its order.
    mine.subscribe("agents", Some(0)).await;
    let all = mine.until("subscribed", "agents").await;
    for task in [old, new] {
        let seqs: Vec<_> =
            all.iter().filter(|m| m["sessionId"] == json!(task)).map(|m| m["seq"].as_u64()).collect();
        assert!(!seqs.is_empty() && seqs.is_sorted(), "{all:?}");
    }
    assert!(all.iter().all(|m| m["sessionId"] != json!(foreign)));
    server.end(old).await;
    let (told, over) = mine.until_its_end().await;
    assert!(told.iter().all(|m| m["sessionId"] == json!(old) && m["channel"] == "agents"), "{told:?}");
    assert_eq!(over["sessionId"], json!(old));
    server.stop().await;
}

/// Whatever overlaps: one frame for each event, with the most specific tag.
#[tokio::test]
async fn an_event_comes_once() {
    let server = Server::start().await;
    let task = server.task("ann").await;
    let ann = server.token("ann", &[Scope::Read, Scope::Write]).await;
    let mut socket = open(&server, &ann, "/ws").await;
    socket.next_of("connected").await;
    for channel in
        ["agents".to_owned(), format!("agent:{task}"), format!("session:{task}"), "session".to_owned()]
    {
        socket.subscribe(&channel, None).await;
        socket.until("subscribed", &channel).await;
    }
    server.append(task, 5, 1).await;
    server.end(task).await;
    let (told, _) = socket.until_its_end().await;
    let seqs: Vec<_> = told.iter().map(|m| m["seq"].as_u64().unwrap()).collect();
    let mut once = seqs.clone();
    once.dedup();
    assert_eq!(errors(&told).len(), 5);
    assert_eq!(once.len(), seqs.len(), "{told:?}");
    for e in errors(&told) {
        assert_eq!(e["channel"], format!("session:{task}"));
    }
    server.stop().await;
}

#[tokio::test]
async fn the_socket_of_one_session_and_its_event_stream() {
    let server = Server::start().await;
    let task = server.task("ann").await;
    let ann = server.token("ann", &[Scope::Read, Scope::Write]).await;
    let mut socket = open(&server, &ann, &format!("/ws/sessions/{task}")).await;
    let connected = socket.next().await.unwrap();
    assert_eq!((&connected["type"], &connected["sessionId"]), (&json!("connected"), &json!(task)));
    let first = socket.next_of("event").await;
    assert_eq!(first["event"]["type"], "queue.updated");
    for (bad, wanted) in [
        ("{".to_owned(), "Invalid message"),
        (json!({ "action": "subscribe", "channel": "agents" }).to_string(), "Unknown action: subscribe"),
        (
            json!({ "action": "fs.snapshot" }).to_string(),
            "the task is starting; its files can be reached once it runs",
        ),
    ] {
        socket.say_raw(Message::text(bad)).await;
        assert_eq!(socket.next().await.unwrap(), json!({ "type": "error", "message": wanted }));
    }
    // A ping has no answer here.
    socket.say(json!({ "action": "ping" })).await;
    socket.say(json!({ "action": "dance" })).await;
    assert_eq!(socket.next().await.unwrap()["message"], "Unknown action: dance");

    server.append(task, 4, 1).await;
    socket.say(json!({ "action": "terminate" })).await;
    let (rest, code) = socket.rest().await;
    assert_eq!((code, rest.last().unwrap()["event"]["type"].as_str()), (1000, Some("session.terminated")));
    let mut whole = vec![first];
    whole.extend(rest);

    // Later, from wherever one stopped; a session that is over does not say `connected`.
    let (late, code) = open(&server, &ann, &format!("/api/ws/sessions/{task}")).await.rest().await;
    assert_eq!((late, code), (whole.clone(), 1000));
    let cut = whole[2]["seq"].as_u64().unwrap();
    let after: Vec<_> = whole.iter().filter(|m| m["seq"].as_u64().unwrap() > cut).cloned().collect();
    let (late, _) = open(&server, &ann, &format!("/ws/sessions/{task}?since={cut}")).await.rest().await;
    assert_eq!(late, after);

    let path = format!("/api/agents/{task}/stream");
    let read = async |headers: &[(&str, &str)]| {
        let auth = format!("Bearer {ann}");
        let mut all = vec![("authorization", auth.as_str())];
        all.extend_from_slice(headers);
        server.send("GET", &path, &all, "").await
    };
    let answer = read(&[]).await;
    assert!(answer.header("content-type").starts_with("text/event-stream"));
    let text = answer.text();
    let messages: Vec<Value> = text
        .lines()
        .filter_map(|l| l.strip_prefix("data: "))
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert!(messages.iter().all(|m| m["channel"] == format!("session:{task}")), "{text}");
    let events = |all: &[Value]| all.iter().map(|m| m["event"].clone()).collect::<Vec<_>>();
    assert_eq!(events(&messages), events(&whole));
    let resumed = read(&[("last-event-id", &cut.to_string())]).await.text();
    assert_eq!(resumed.matches("data: ").count(), after.len());
    assert!(text.ends_with(&resumed));
    let last = whole.last().unwrap()["seq"].to_string();
    assert_eq!(read(&[("last-event-id", &last)]).await.status, 204);
    server.stop().await;
}

/// A client that does not read keeps nobody waiting, and misses nothing when it reads again; a client that follows many
/// sessions gets each in its order, a long past and what is new in turns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_client_stalls_itself_alone() {
    const EVENTS: usize = 3_000;
    let server = Server::start().await;
    let (long, short) = (server.task("ann").await, server.task("ann").await);
    let ann = server.token("ann", &[Scope::Read, Scope::Write]).await;
    let (mut stalled, mut fast) = (open(&server, &ann, "/ws").await, open(&server, &ann, "/ws").await);
    // 24 MiB, more than any socket buffer holds.
    server.append(long, EVENTS, 8 << 10).await;
    let channel = format!("session:{long}");
    for socket in [&mut stalled, &mut fast] {
        socket.next_of("connected").await;
        socket.subscribe("agents", None).await;
        socket.until("subscribed", "agents").await;
        socket.subscribe(&channel, None).await;
    }
    server.end(long).await;
    server.end(short).await;
    let mut of_fast = Vec::new();
    while of_fast.iter().filter(|m: &&Value| m["type"] == "session.terminated").count() < 2 {
        of_fast.push(fast.next().await.unwrap());
    }
    let mut of_stalled = Vec::new();
    while of_stalled.iter().filter(|m: &&Value| m["type"] == "session.terminated").count() < 2 {
        of_stalled.push(stalled.next().await.unwrap());
    }
    for all in [&of_fast, &of_stalled] {
        let of_long: Vec<_> = all.iter().filter(|m| m["sessionId"] == json!(long)).collect();
        let numbers: Vec<_> = of_long
            .iter()
            .filter_map(|m| {
                m["event"]["data"]["message"]
                    .as_str()?
                    .strip_prefix('#')?
                    .split(' ')
                    .next()?
                    .parse::<usize>()
                    .ok()
            })
            .collect();
        assert_eq!(numbers, (0..EVENTS).collect::<Vec<usize>>());
        assert!(of_long.iter().filter_map(|m| m["seq"].as_u64()).is_sorted());
    }
    server.stop().await;
}

#[tokio::test]
async fn how_a_connection_ends() {
    let server = Server::start().await;
    let task = server.task("ann").await;
    let short = server.credential(lia_store::CredentialKind::Token, "ann", &[Scope::Read], 1).await;
    assert_eq!(open(&server, &short, "/ws").await.rest().await.1, 4401);
    let ann = server.token("ann", &[Scope::Read, Scope::Write]).await;
    // One that goes without a word leaves nothing behind that would hold the server up.
    let mut abrupt = open(&server, &ann, "/ws").await;
    abrupt.subscribe("agents", None).await;
    abrupt.until("subscribed", "agents").await;
    drop(abrupt);
    let mut at_the_end = open(&server, &ann, "/ws").await;
    let mut of_one = open(&server, &ann, &format!("/ws/sessions/{task}")).await;
    at_the_end.next_of("connected").await;
    of_one.next_of("connected").await;
    let read = tokio::spawn(async move { (at_the_end.rest().await.1, of_one.rest().await.1) });
    server.stop().await;
    assert_eq!(read.await.unwrap(), (1001, 1001));
}
