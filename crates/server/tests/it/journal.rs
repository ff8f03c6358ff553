//! What a sidecar's journal says a second time: the same is nothing new, anything else ends the task. The test plays the
//! sidecar.

use bytes::Bytes;
use lia_protocol::{
    ids::{CommandId, LinkEpoch, Offset, Seq, TaskId},
    link::{HostHello, HostLine, LINK_VERSION, SidecarHello, SidecarLine},
    task::TaskStatus,
};
use lia_store::PageSize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream, DuplexStream},
    sync::mpsc::UnboundedReceiver,
};

use crate::support::Server;

/// The sidecar's end of a control link.
pub struct Sidecar(BufStream<DuplexStream>);

impl Sidecar {
    /// Greets, and takes `init`. Returns the first prompt's id too.
    pub async fn linked(dialled: &mut UnboundedReceiver<DuplexStream>) -> (Self, CommandId) {
        let mut sidecar = Self(BufStream::new(dialled.recv().await.unwrap()));
        assert!(sidecar.line().await.starts_with("LIA1 "));
        sidecar.send("OK\n").await;
        let hello = sidecar.line().await;
        let HostLine::Hello(HostHello { link_epoch, .. }) = serde_json::from_str(&hello).unwrap() else {
            panic!("{hello}")
        };
        sidecar.hello(link_epoch).await;
        loop {
            let line = sidecar.line().await;
            if let HostLine::Init(init) = serde_json::from_str(&line).unwrap() {
                return (sidecar, init.prompt_id.unwrap());
            }
        }
    }

    async fn hello(&mut self, link_epoch: LinkEpoch) {
        let hello = SidecarLine::Hello(SidecarHello {
            protocol: LINK_VERSION,
            version: "0".into(),
            link_epoch,
            end: Offset::ZERO,
            inited: false,
            exited: None,
        });
        self.send(&format!("{}\n", serde_json::to_string(&hello).unwrap())).await;
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.0.read_line(&mut line).await.unwrap() > 0, "the link is closed");
        line
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
    }

    pub async fn say(&mut self, lines: &[Value]) {
        let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
        self.send(&text).await;
    }

    /// Waits until everything up to `offset` is in the log.
    pub async fn acknowledged(&mut self, offset: u64) {
        loop {
            let line = self.line().await;
            if matches!(serde_json::from_str(&line).unwrap(), HostLine::Ack { offset: o } if o.0 >= offset) {
                return;
            }
        }
    }
}

/// One line of every kind that goes on after it, each with what it could say otherwise.
fn lines(prompt: CommandId) -> Vec<[Value; 2]> {
    let frame = |text: &str| {
        json!({ "type": "rpc", "offset": 3, "direction": "agent_to_client", "phase": "notification",
                "frame": { "jsonrpc": "2.0", "method": "x", "params": text } })
    };
    let other = CommandId::new();
    vec![
        [
            json!({ "type": "progress", "offset": 1, "stage": "a", "message": "b" }),
            json!({ "type": "progress", "offset": 1, "stage": "a", "message": "c" }),
        ],
        [
            json!({ "type": "ready", "offset": 2, "agent": "x", "can_load": false }),
            json!({ "type": "ready", "offset": 2, "agent": "y", "can_load": false }),
        ],
        [frame("a"), frame("b")],
        [
            json!({ "type": "begun", "offset": 4, "id": prompt }),
            json!({ "type": "begun", "offset": 4, "id": other }),
        ],
        [
            json!({ "type": "output", "offset": 5, "pos": 0, "data": "one" }),
            json!({ "type": "output", "offset": 5, "pos": 0, "data": "two" }),
        ],
        [
            json!({ "type": "done", "offset": 6, "id": prompt, "outcome": "ok" }),
            json!({ "type": "done", "offset": 6, "id": prompt, "outcome": "busy" }),
        ],
        [
            json!({ "type": "error", "offset": 7, "message": "a" }),
            json!({ "type": "error", "offset": 7, "message": "b" }),
        ],
        [
            json!({ "type": "output", "offset": 8, "pos": 3, "base64": "/w==" }),
            json!({ "type": "output", "offset": 8, "pos": 3, "base64": "/g==" }),
        ],
    ]
}

fn well_formed(line: &Value) {
    let parsed = SidecarLine::parse(&Bytes::from(line.to_string())).unwrap();
    assert!(parsed.offset().is_some_and(|o| o > Offset::ZERO), "{line}");
}

async fn log(server: &Server, task: TaskId) -> usize {
    let session = server.store.task(task).await.unwrap().unwrap().session;
    server.store.events(session, Seq::ZERO, PageSize::default()).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_changes_ends_the_task_whatever_the_line() {
    let (server, mut dialled) = Server::start_linked().await;
    let kinds = lines(CommandId::new()).len();
    for changed in 0..kinds {
        let task = server.task("ann").await;
        let (mut sidecar, prompt) = Sidecar::linked(&mut dialled).await;
        let said = lines(prompt);
        said.iter().flatten().for_each(well_formed);
        let first: Vec<_> = said.iter().map(|l| l[0].clone()).collect();
        let last = first.len() as u64;
        sidecar.say(&first).await;
        sidecar.acknowledged(last).await;
        let before = log(&server, task).await;

        // Word for word: nothing new, and what follows goes on.
        sidecar.say(&first).await;
        let more = json!({ "type": "progress", "offset": last + 1, "stage": "s", "message": "m" });
        sidecar.say(&[more]).await;
        sidecar.acknowledged(last + 1).await;
        assert_eq!(log(&server, task).await, before + 1);

        let other = said[changed][1].clone();
        let next = json!({ "type": "progress", "offset": last + 2, "stage": "never", "message": "n" });
        sidecar.say(&[other.clone(), next]).await;
        while server.store.task(task).await.unwrap().unwrap().status != TaskStatus::Terminated {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let ended = server.store.task(task).await.unwrap().unwrap();
        let error = ended.error.unwrap_or_default();
        assert!(error.contains("not to be trusted") && error.contains("different bytes"), "{other}: {error}");
        let events = server.store.events(ended.session, Seq::ZERO, PageSize::default()).await.unwrap();
        assert!(
            !events.iter().any(|e| String::from_utf8_lossy(&e.body).contains("never")),
            "{other}: what came with it is in the log"
        );
        let end = String::from_utf8_lossy(&events.last().unwrap().body).into_owned();
        assert!(end.contains("diverged"), "{other}: {end}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_output_is_told_to_the_byte() {
    let (server, mut dialled) = Server::start_linked().await;
    let task = server.task("ann").await;
    let (mut sidecar, _) = Sidecar::linked(&mut dialled).await;
    sidecar.say(&[json!({ "type": "ready", "offset": 1, "can_load": false })]).await;
    // 1 MiB is kept; chunks of a size that divides nothing.
    let (chunk, mut sent) = ("x".repeat(99_991), 0_u64);
    for offset in 2..30_u64 {
        sidecar.say(&[json!({ "type": "output", "offset": offset, "data": chunk })]).await;
        sidecar.acknowledged(offset).await;
        sent += chunk.len() as u64;
    }
    let session = server.store.task(task).await.unwrap().unwrap().session;
    let head = server.store.head(session).await.unwrap();
    assert_eq!(head.pty_pos, sent);
    let mut told = Vec::new();
    let mut after = Seq::ZERO;
    loop {
        let page = server.store.events(session, after, PageSize::default()).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        told.extend(
            page.iter()
                .filter(|e| e.kind == lia_protocol::event::Kind::LogTruncated)
                .map(|e| serde_json::from_slice::<lia_protocol::event::LogTruncated>(&e.body).unwrap().bytes),
        );
    }
    assert!(told.len() > 2 && told.is_sorted(), "{told:?}");
    assert_eq!(told.last(), Some(&head.pty_dropped), "{told:?}");
    assert!(told.iter().all(|bytes| bytes % 99_991 == 0), "whole chunks are dropped: {told:?}");
    assert!(sent - head.pty_dropped <= (1 << 20) + (1 << 17) + 99_991, "{head:?}");
    server.stop().await;
}
