//! Golden frames, and the property that a stream can be cut anywhere.

use std::sync::Arc;

use lia_protocol::{
    event::{
        Actor, AgentExited, AgentReady, Direction, EgressAllowed, EgressRefused, ErrorEvent, FsChanged, Kind,
        LogTruncated, NewEvent, OutputChunk, OwnEvent, PermissionAnswered, PermissionOption,
        PermissionRequested, Phase, Progress, PromptDelivered, PromptQueued, PromptUnknown, PromptWithdrawn,
        QueuePaused, QueueReordered, QueueResumed, SettingsChanged, TaskState, TerminalClosed,
        TerminalOpened, TurnEnded, TurnStarted, Usage,
    },
    ids::{CommandId, PermissionId, Seq, SessionId},
    task::TaskStatus,
    time::Timestamp,
    ws::{WsMessage, WsMessageExt, WsOutputMessage},
};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{engine::tail::Batch, views::View};

fn event(kind: Kind, body: impl Into<Bytes>) -> Event {
    Event {
        seq: Seq(7),
        at: Timestamp(1_790_000_000_000),
        session: SessionId(Uuid::nil()),
        turn: None,
        actor: Actor::System,
        cause: None,
        v: 1,
        kind,
        body: body.into(),
    }
}

fn own<T: OwnEvent>(body: &T) -> Event {
    let new = NewEvent::own(Actor::System, body);
    event(new.kind, new.body)
}

const COMMAND: CommandId = CommandId(Uuid::nil());
const ASKED: PermissionId = PermissionId(Uuid::nil());

fn rpc(update: &str) -> Event {
    let frame = format!(
        r#"{{"jsonrpc":"2.0","method":"session/update","params":{{"sessionId":"s","update":{update}}}}}"#
    );
    event(Kind::Rpc(Direction::AgentToClient, Phase::Notification), frame)
}

/// One event of every kind, some of them twice.
fn all() -> Vec<Event> {
    let options =
        vec![PermissionOption { option_id: "no".into(), name: "No".into(), kind: "reject_once".into() }];
    vec![
        rpc(r#"{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"hi \"you\"\n"}}"#),
        rpc(r#"{"sessionUpdate":"agent_thought_chunk","content":{"type":"text","text":"hm"}}"#),
        event(Kind::Rpc(Direction::ClientToAgent, Phase::Request), r#"{"id":1,"method":"session/prompt"}"#),
        event(Kind::Output, OutputChunk { pos: 3, data: Bytes::from_static(b"a\xff\x1b[0m") }.encode()),
        event(Kind::Output, OutputChunk { pos: 9, data: Bytes::new() }.encode()),
        own(&TaskState { status: TaskStatus::Running, reason: "user".into(), exit_code: None, error: None }),
        own(&TaskState {
            status: TaskStatus::Terminated,
            reason: "agent_exit".into(),
            exit_code: Some(137),
            error: Some("out of memory".into()),
        }),
        own(&TurnStarted { command: COMMAND }),
        own(&TurnEnded { command: COMMAND, stop_reason: "end_turn".into(), error: None }),
        own(&TurnEnded { command: COMMAND, stop_reason: "refusal".into(), error: None }),
        own(&TurnEnded { command: COMMAND, stop_reason: "error".into(), error: Some("no key".into()) }),
        own(&PromptQueued { command: COMMAND, text: "p".into(), position: 1 }),
        own(&PromptDelivered { command: COMMAND }),
        own(&PromptUnknown { command: COMMAND, reason: "the sidecar died".into() }),
        own(&PromptWithdrawn { command: COMMAND, reason: "user".into() }),
        own(&PermissionRequested {
            id: ASKED,
            tool_call_id: "t".into(),
            title: "rm\n-rf".into(),
            tool_kind: None,
            options,
        }),
        own(&PermissionAnswered {
            id: ASKED,
            option_id: Some("no".into()),
            option_kind: Some("reject_once".into()),
            by: "user:u".into(),
        }),
        own(&PermissionAnswered {
            id: ASKED,
            option_id: Some("y".into()),
            option_kind: Some("allow_once".into()),
            by: "user:u".into(),
        }),
        own(&EgressRefused {
            host: "evil.example".into(),
            port: 443,
            door: "proxy".into(),
            reason: "not allowed".into(),
            repeated: 2,
        }),
        own(&EgressAllowed { host: "a.example".into(), port: 443, door: "proxy".into() }),
        own(&Usage::default()),
        own(&FsChanged { paths: vec!["a".into()], ..FsChanged::default() }),
        own(&Progress { stage: "ready".into(), message: "Ready".into() }),
        own(&ErrorEvent { message: "it broke".into(), code: None }),
        own(&LogTruncated { bytes: 12 }),
        own(&AgentReady::default()),
        own(&AgentExited { code: 0, signal: None, stderr_tail: String::new() }),
        own(&QueuePaused {}),
        own(&QueueResumed {}),
        own(&QueueReordered { order: vec![COMMAND] }),
        own(&SettingsChanged { auto_approve: Some(true) }),
        own(&TerminalOpened { terminal: "t".into(), command: "sh".into(), cols: 80, rows: 24 }),
        own(&TerminalClosed { terminal: "t".into(), exit_code: Some(0), error: None }),
        event(Kind::TaskState, "not JSON"),
    ]
}

#[test]
fn golden() {
    let mut text = String::new();
    for e in all() {
        text += &format!(
            "{} {:?}\n",
            e.kind.as_str(),
            String::from_utf8_lossy(&e.body).chars().take(60).collect::<String>()
        );
        for (name, extended) in [("seed", false), ("more", true)] {
            let seed: Vec<_> = frames(&e, false).into_iter().map(|f| f.json).collect();
            for f in frames(&e, extended).into_iter().filter(|f| !extended || !seed.contains(&f.json)) {
                text += &format!("  {name} {}\n", f.json.as_str());
            }
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/views/golden.txt");
    if std::env::var_os("LIA_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(path).unwrap(), "LIA_BLESS=1 writes {path} anew");
}

#[test]
fn a_seed_client_gets_the_seeds_types_alone() {
    for e in all() {
        for f in frames(&e, false) {
            let m: WsMessage = serde_json::from_str(&f.json).unwrap();
            assert!(
                matches!(
                    m,
                    WsMessage::Output(WsOutputMessage { seq: Some(_), .. })
                        | WsMessage::Status(_)
                        | WsMessage::Error(_)
                ),
                "{m:?}"
            );
        }
        for f in frames(&e, true) {
            serde_json::from_str::<WsMessageExt>(&f.json).unwrap();
        }
    }
}

proptest! {
    /// Whatever the batches, and after whichever event the client was cut: what it got and what it gets from there on is
    /// what an uncut client gets.
    #[test]
    fn cut_and_resume(picks in prop::collection::vec(0..34_usize, 1..40), sizes in prop::collection::vec(1..7_usize, 40), cut in 0..40_usize) {
        let all = all();
        prop_assert_eq!(all.len(), 34);
        let log: Vec<Event> = (1..).zip(&picks).map(|(seq, i)| Event { seq: Seq(seq), ..all[*i].clone() }).collect();
        let batches = |events: &[Event]| {
            let (mut rest, mut out) = (events, Vec::new());
            for size in &sizes {
                let (head, tail) = rest.split_at((*size).min(rest.len()));
                if !head.is_empty() {
                    out.push(Arc::new(Batch::new(head.to_vec())));
                }
                rest = tail;
            }
            out
        };
        for view in [View::Seed, View::Extended, View::Events] {
            let read = |after: Seq| -> Vec<Frame> {
                batches(&log).iter().flat_map(|b| b.frames(view).to_vec()).filter(|f| f.seq > after).collect()
            };
            let whole = read(Seq::ZERO);
            let cursor = Seq((cut % (log.len() + 1)) as u64);
            let mut joined: Vec<Frame> = whole.iter().filter(|f| f.seq <= cursor).cloned().collect();
            joined.extend(read(cursor));
            prop_assert_eq!(&joined, &whole);
            prop_assert!(whole.is_sorted_by_key(|f| f.seq));
        }
    }

    /// No frame of an agent, whatever its bytes, makes a view fail or break out of its message.
    #[test]
    fn hostile_frames(body in "\\PC{0,80}|[\\x00-\\x7f]{0,80}", raw in prop::collection::vec(any::<u8>(), 0..80)) {
        for bytes in [Bytes::from(body.clone()), Bytes::from(raw)] {
            for f in frames(&event(Kind::Rpc(Direction::AgentToClient, Phase::Notification), bytes), true) {
                prop_assert!(serde_json::from_str::<WsMessage>(&f.json).is_ok());
            }
        }
        let chunk = format!(r#"{{"sessionUpdate":"agent_message_chunk","content":{{"type":"text","text":{}}}}}"#, json(body.as_str()));
        for f in frames(&rpc(&chunk), false) {
            let WsMessage::Output(WsOutputMessage { data, .. }) = serde_json::from_str(&f.json).unwrap() else { panic!("{f:?}") };
            prop_assert_eq!(&data, &body);
        }
    }
}
