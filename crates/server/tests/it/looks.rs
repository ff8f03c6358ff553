//! Files on seed 003's sockets and with a session: what is asked of the sandbox, who is told, and what bounds it. The test
//! plays the sandbox.

use lia_protocol::{
    api::Scope,
    ids::{Seq, TaskId},
    limits::{CHANGED_BURST, CHANGED_PATHS, WS_FILES, WS_FILES_BYTES, WS_PENDING},
};
use lia_store::PageSize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream, DuplexStream},
    sync::mpsc::UnboundedReceiver,
};

use crate::{
    channels::open,
    journal::Sidecar,
    support::{Server, Socket},
};

/// One request to the host API, not answered yet.
struct Asked {
    target: String,
    stream: BufStream<DuplexStream>,
}

impl Asked {
    async fn next(asked: &mut UnboundedReceiver<DuplexStream>) -> Self {
        let mut stream = BufStream::new(asked.recv().await.unwrap());
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        assert!(line.starts_with("LIA1 "), "{line}");
        stream.write_all(b"OK\n").await.unwrap();
        stream.flush().await.unwrap();
        let mut target = String::new();
        loop {
            let mut line = String::new();
            assert!(stream.read_line(&mut line).await.unwrap() > 0);
            if target.is_empty() {
                target = line.split(' ').nth(1).unwrap().to_owned();
            }
            if line == "\r\n" {
                return Self { target, stream };
            }
        }
    }

    async fn answer(mut self, status: u16, body: &Value) {
        let body = body.to_string();
        let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n", body.len());
        // Who asked may be gone, or have had enough.
        let _ = self.stream.write_all((head + &body).as_bytes()).await;
        let _ = self.stream.flush().await;
    }

    /// Comes back when nobody waits for the answer any more.
    async fn given_up(mut self) {
        assert_eq!(self.stream.read(&mut [0]).await.unwrap(), 0);
    }
}

/// A server with one session that runs.
struct Running {
    server: Server,
    sidecar: Sidecar,
    asked: UnboundedReceiver<DuplexStream>,
    task: TaskId,
}

impl Running {
    async fn start() -> Self {
        let (server, mut dialled, asked) = Server::start_hosted().await;
        let task = server.task("ann").await;
        let (mut sidecar, _) = Sidecar::linked(&mut dialled).await;
        sidecar.say(&[json!({ "type": "ready", "offset": 1, "can_load": false })]).await;
        sidecar.acknowledged(1).await;
        Self { server, sidecar, asked, task }
    }

    async fn socket(&self, user: &str, path: &str) -> Socket {
        let token = self.server.token(user, &[Scope::Read]).await;
        let mut socket = open(&self.server, &token, path).await;
        socket.next_of("connected").await;
        socket
    }

    /// A socket of this session that was shown all that was said so far.
    async fn of_session(&self) -> Socket {
        let head = self.server.store.task(self.task).await.unwrap().unwrap().last_seq;
        self.socket("ann", &format!("/ws/sessions/{}?since={head}", self.task)).await
    }
}

fn snapshot(entries: &[&str]) -> Value {
    let entries: Vec<_> = entries.iter().map(|e| json!({ "path": e, "type": "file" })).collect();
    json!({ "root": "/workspace", "path": "/workspace/src", "gitPath": "/workspace", "entries": entries,
            "truncated": false, "maxEntries": 10_000 })
}

fn preview(path: &str) -> Value {
    json!({ "path": path, "content": "text", "truncated": true, "maxChars": 100_000 })
}

#[tokio::test]
async fn the_asker_alone_is_answered() {
    let mut r = Running::start().await;
    let (task, files) = (r.task, format!("session:{}:fs", r.task));
    let mut socket = r.socket("ann", "/ws").await;
    let mut other = r.socket("ann", "/ws").await;
    let mut bobs = r.socket("bob", "/ws").await;
    other.subscribe(&files, None).await;
    other.until("subscribed", &files).await;
    let before = r.server.store.task(task).await.unwrap().unwrap().last_seq;

    socket
        .say(json!({ "action": "fs.snapshot", "sessionId": task, "path": "src", "showAllFiles": true }))
        .await;
    let asked = Asked::next(&mut r.asked).await;
    assert_eq!(asked.target, "/fs/snapshot?path=src&all=true");
    asked.answer(200, &snapshot(&["a"])).await;
    let told = socket.next().await.unwrap();
    assert_eq!(
        (&told["channel"], &told["sessionId"], &told["agentId"], &told["seq"]),
        (&json!(files), &json!(task), &json!(task), &json!(0))
    );
    assert_eq!(told["event"]["type"], "filesystem.snapshot");
    assert_eq!(told["event"]["data"], json!({ "snapshot": snapshot(&["a"]) }));

    // Without a session it is the oldest of the caller's, as a new terminal's is.
    socket.say(json!({ "action": "file.preview", "path": "a b" })).await;
    let asked = Asked::next(&mut r.asked).await;
    assert_eq!(asked.target, "/fs/preview?path=a%20b");
    asked.answer(200, &preview("a b")).await;
    let told = socket.next().await.unwrap();
    assert_eq!((&told["channel"], &told["event"]["data"]), (&json!(files), &preview("a b")));

    // The sandbox's no is an error for the asker.
    socket.say(json!({ "action": "file.preview", "sessionId": task, "path": "../x" })).await;
    let no = json!({ "error": "Path outside workspace", "code": "FORBIDDEN" });
    Asked::next(&mut r.asked).await.answer(403, &no).await;
    let wanted = json!({ "type": "error", "message": "Path outside workspace", "channel": files });
    assert_eq!(socket.next().await.unwrap(), wanted);

    // The socket of one session.
    let mut one = r.of_session().await;
    one.say(json!({ "action": "fs.snapshot" })).await;
    let asked = Asked::next(&mut r.asked).await;
    assert_eq!(asked.target, "/fs/snapshot?path=&all=false");
    asked.answer(200, &snapshot(&[])).await;
    let told = one.next().await.unwrap();
    assert_eq!((&told["type"], &told["seq"]), (&json!("event"), &json!(0)));
    assert_eq!(told["event"]["data"], json!({ "snapshot": snapshot(&[]) }));
    one.say(json!({ "action": "file.preview", "path": "/etc/passwd" })).await;
    Asked::next(&mut r.asked).await.answer(403, &no).await;
    assert_eq!(one.next().await.unwrap(), json!({ "type": "error", "message": "Path outside workspace" }));
    one.say(json!({ "action": "file.preview" })).await;
    let missing = one.next().await.unwrap();
    assert_eq!(missing["message"], "the message is not valid: path missing field `path`");

    // Nobody reads in what is not theirs: nothing is even asked.
    for action in ["fs.snapshot", "file.preview"] {
        bobs.say(json!({ "action": action, "sessionId": task, "path": "a" })).await;
        let told = bobs.next().await.unwrap();
        assert_eq!(told["message"], format!("Session \"{task}\" not found"));
        bobs.say(json!({ "action": action, "path": "a" })).await;
        assert_eq!(bobs.next().await.unwrap()["type"], "error");
    }
    assert!(r.asked.try_recv().is_err());

    // The log has nothing of all this, and so has nobody else.
    assert_eq!(r.server.store.task(task).await.unwrap().unwrap().last_seq, before);
    for socket in [&mut other, &mut bobs, &mut socket] {
        assert_eq!(socket.now().await, Vec::<Value>::new());
    }
    r.server.stop().await;
}

/// Four at a time, and everything else goes on meanwhile.
#[tokio::test]
async fn looks_hold_nothing_up_and_are_few() {
    let mut r = Running::start().await;
    for path in ["/ws".to_owned(), format!("/ws/sessions/{}", r.task)] {
        let one = path != "/ws";
        let mut socket = if one { r.of_session().await } else { r.socket("ann", &path).await };
        let ask = json!({ "action": "file.preview", "sessionId": r.task, "path": "a" });
        let mut open = Vec::new();
        for _ in 0..WS_FILES {
            socket.say(ask.clone()).await;
            open.push(Asked::next(&mut r.asked).await);
        }
        socket.say(ask.clone()).await;
        let no = socket.next().await.unwrap();
        assert!(no["message"].as_str().unwrap().contains("waits for 4 answers"), "{no}");
        assert!(r.asked.try_recv().is_err());
        // Other frames pass them, and so does what happens.
        socket.say(json!({ "action": "dance" })).await;
        assert_eq!(socket.next().await.unwrap()["message"], "Unknown action: dance");
        if !one {
            socket.subscribe("session:none", None).await;
            socket.until("subscribed", "session:none").await;
        }
        // The last one that was asked is answered first; then there is room for one.
        open.pop().unwrap().answer(200, &preview("last")).await;
        assert_eq!(socket.next().await.unwrap()["event"]["data"]["path"], "last");
        socket.say(ask.clone()).await;
        open.push(Asked::next(&mut r.asked).await);
        // With the socket ends what it waits for.
        drop(socket);
        for asked in open {
            asked.given_up().await;
        }
    }
    r.server.stop().await;
}

#[tokio::test]
async fn what_is_too_large_for_a_socket_is_asked_of_rest() {
    let mut r = Running::start().await;
    let names: Vec<String> = (0..9000).map(|i| format!("{i:0>100}")).collect();
    let large = snapshot(&names.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(large.to_string().len() > WS_FILES_BYTES);
    let mut socket = r.socket("ann", "/ws").await;
    socket.say(json!({ "action": "fs.snapshot", "sessionId": r.task })).await;
    Asked::next(&mut r.asked).await.answer(200, &large).await;
    let told = socket.next().await.unwrap();
    let message = told["message"].as_str().unwrap();
    assert!(message.contains(&WS_FILES_BYTES.to_string()), "{message}");
    assert!(message.ends_with(&format!("GET /api/agents/{}/fs/snapshot does", r.task)), "{message}");

    let token = r.server.token("ann", &[Scope::Read]).await;
    let route = format!("/api/agents/{}/fs/snapshot", r.task);
    let (answer, ()) = tokio::join!(r.server.call(&token, "GET", &route, None), async {
        Asked::next(&mut r.asked).await.answer(200, &large).await;
    });
    assert_eq!((answer.status.as_u16(), answer.json()), (200, large));
    r.server.stop().await;
}

#[tokio::test]
async fn files_come_with_a_session_or_not() {
    let mut r = Running::start().await;
    let token = r.server.token("ann", &[Scope::Read]).await;
    let route = format!("/api/agents/{}", r.task);
    let answer = r.server.call(&token, "GET", &route, None).await;
    assert_eq!(answer.json()["fileSystem"], Value::Null);
    assert!(r.asked.try_recv().is_err(), "nobody asked for files");
    for (query, target) in [
        ("includeFileSystem=true", "/fs/snapshot?path=&all=false"),
        ("includeFileSystem=true&showAllFiles=true", "/fs/snapshot?path=&all=true"),
    ] {
        let route = format!("{route}?{query}");
        let (answer, ()) = tokio::join!(r.server.call(&token, "GET", &route, None), async {
            let asked = Asked::next(&mut r.asked).await;
            assert_eq!(asked.target, target);
            asked.answer(200, &snapshot(&["a"])).await;
        });
        assert_eq!((answer.status.as_u16(), &answer.json()["fileSystem"]), (200, &snapshot(&["a"])));
    }
    // A sandbox that says no, or nonsense, or nothing: the rest of the answer is there.
    let route = format!("{route}?includeFileSystem=true");
    for (status, body) in [(500, json!({ "error": "no" })), (200, json!({ "root": 7 })), (200, json!("x"))] {
        let (answer, ()) = tokio::join!(r.server.call(&token, "GET", &route, None), async {
            Asked::next(&mut r.asked).await.answer(status, &body).await;
        });
        assert_eq!((answer.status.as_u16(), &answer.json()["fileSystem"]), (200, &Value::Null));
        assert_eq!(answer.json()["id"], json!(r.task));
    }
    let (answer, ()) = tokio::join!(r.server.call(&token, "GET", &route, None), async {
        drop(Asked::next(&mut r.asked).await);
    });
    assert_eq!((answer.status.as_u16(), &answer.json()["fileSystem"]), (200, &Value::Null));
    r.server.stop().await;

    // One without a sandbox.
    let server = Server::start().await;
    let task = server.task("ann").await;
    let token = server.token("ann", &[Scope::Read]).await;
    let route = format!("/api/agents/{task}?includeFileSystem=true");
    let answer = server.call(&token, "GET", &route, None).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["fileSystem"]), (200, &Value::Null));
    server.stop().await;
}

#[tokio::test]
async fn changes_of_files_are_in_the_log_and_few() {
    let mut r = Running::start().await;
    let mut sockets = Vec::new();
    for channel in [format!("session:{}:fs", r.task), format!("agent:{}:fs", r.task)] {
        let mut socket = r.socket("ann", "/ws").await;
        socket.subscribe(&channel, None).await;
        socket.until("subscribed", &channel).await;
        sockets.push((socket, channel));
    }
    let mut one = r.of_session().await;
    let hint =
        json!({ "type": "changed", "paths": ["m"], "added": ["a"], "deleted": ["d"], "truncated": true });
    r.sidecar.say(&[hint]).await;
    let changes = json!([
        { "path": "a", "type": "added" }, { "path": "m", "type": "modified" }, { "path": "d", "type": "deleted" }
    ]);
    let mut seqs = Vec::new();
    for (socket, channel) in &mut sockets {
        let told = socket.next().await.unwrap();
        assert_eq!(
            (&told["event"]["type"], &told["channel"]),
            (&json!("filesystem.changed"), &json!(channel))
        );
        assert_eq!(told["event"]["data"], json!({ "changes": changes, "truncated": true }));
        seqs.push(told["seq"].clone());
    }
    let told = one.next().await.unwrap();
    assert_eq!((&told["event"]["data"]["changes"], &told["seq"]), (&changes, &seqs[0]));
    assert_eq!(seqs[0], seqs[1]);

    // A sandbox that tells too much, or too much at once, does not fill the log.
    let many = vec!["x"; CHANGED_PATHS + 1];
    let mut lines =
        vec![json!({ "type": "changed", "paths": many }), json!({ "type": "changed", "paths": [] })];
    lines.extend((0..500).map(|i| json!({ "type": "changed", "paths": [i.to_string()] })));
    lines.push(json!({ "type": "progress", "offset": 2, "stage": "a", "message": "b" }));
    r.sidecar.say(&lines).await;
    r.sidecar.acknowledged(2).await;
    let session = r.server.store.task(r.task).await.unwrap().unwrap().session;
    let log = r.server.store.events(session, Seq::ZERO, PageSize::default()).await.unwrap();
    let hints: Vec<_> = log
        .iter()
        .filter(|e| e.kind == lia_protocol::event::Kind::FsChanged)
        .map(|e| serde_json::from_slice::<Value>(&e.body).unwrap())
        .collect();
    assert_eq!(hints.len(), 2 * CHANGED_BURST as usize, "with the first one");
    assert_eq!(hints[1], json!({ "paths": ["0"], "truncated": true }), "one was left out before it");
    assert_eq!(hints[2], json!({ "paths": ["1"] }));
    r.server.stop().await;
}

/// However often a client subscribes, its replays do not pile up.
#[tokio::test]
async fn subscriptions_that_wait_are_bounded() {
    const LINES: u64 = 20_000;
    let mut r = Running::start().await;
    let line = |n| json!({ "type": "progress", "offset": n, "stage": "a", "message": "b" });
    for first in (2..LINES).step_by(1_000) {
        r.sidecar.say(&(first..first + 1_000).map(line).collect::<Vec<_>>()).await;
        r.sidecar.acknowledged(first + 999).await;
    }
    let mut socket = r.socket("ann", "/ws").await;
    let channel = format!("session:{}", r.task);
    // Each replay takes many reads of the log, an order one step.
    for _ in 0..4 * WS_PENDING {
        socket.subscribe(&channel, Some(0)).await;
    }
    let no = socket.next_of("error").await;
    assert_eq!(no["channel"], json!(channel));
    let message = no["message"].as_str().unwrap();
    assert!(message.starts_with("100 subscriptions wait"), "{message}");
    // Taken back they make room, and the socket goes on.
    socket.say(json!({ "action": "unsubscribe", "channel": channel })).await;
    socket.until("unsubscribed", &channel).await;
    socket.subscribe(&channel, Some(0)).await;
    assert!(!socket.until("subscribed", &channel).await.is_empty());
    r.server.stop().await;
}
