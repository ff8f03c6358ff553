//! The channel router and the transcripts of the seed's implementations, as far as a view decides them; and that a log
//! can be cut anywhere.

use bytes::Bytes;
use lia_protocol::{
    event::{
        Actor, AgentExited, AgentReady, Direction, ErrorEvent, Event, FsChanged, Kind, LogTruncated,
        NewEvent, OutputChunk, OwnEvent, PermissionAnswered, PermissionOption, PermissionRequested, Phase,
        PromptDelivered, PromptQueued, PromptUnknown, PromptWithdrawn, QueuePaused, QueueReordered,
        QueueResumed, TaskState, TurnEnded, TurnStarted,
    },
    ids::{CommandId, PermissionId, Seq, SessionId, TaskId},
    sessions::{Channel, SessionEvent, WsChannelServerMessage, WsEventMessage},
    task::TaskStatus,
    time::Timestamp,
    wire::{self, tag::True},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    names::{Reach, channels, reach, tag, topic},
    *,
};

const S: TaskId = TaskId(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0001));
const TO_AGENT: Direction = Direction::ClientToAgent;
const TO_CLIENT: Direction = Direction::AgentToClient;

fn command(n: u128) -> CommandId {
    CommandId(Uuid::from_u128(n))
}

/// A log in the making.
#[derive(Default)]
struct Log(Vec<Event>);

impl Log {
    fn push(&mut self, kind: Kind, body: impl Into<Bytes>) -> &mut Self {
        self.0.push(Event {
            seq: Seq(self.0.len() as u64 + 1),
            at: Timestamp(1_790_000_000_000 + self.0.len() as i64),
            session: SessionId(Uuid::nil()),
            turn: None,
            actor: Actor::System,
            cause: None,
            v: 1,
            kind,
            body: body.into(),
        });
        self
    }

    fn own<T: OwnEvent>(&mut self, body: &T) -> &mut Self {
        let new = NewEvent::own(Actor::System, body);
        self.push(new.kind, new.body)
    }

    fn rpc(&mut self, direction: Direction, phase: Phase, frame: Value) -> &mut Self {
        self.push(Kind::Rpc(direction, phase), frame.to_string())
    }

    fn ask(&mut self, direction: Direction, id: u64, method: &str, params: Value) -> &mut Self {
        self.rpc(
            direction,
            Phase::Request,
            json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }),
        )
    }

    fn answer(&mut self, direction: Direction, id: u64, result: Value) -> &mut Self {
        self.rpc(direction, Phase::Response, json!({ "jsonrpc": "2.0", "id": id, "result": result }))
    }

    fn state(&mut self, status: TaskStatus, reason: &str, exit_code: Option<i32>) -> &mut Self {
        self.own(&TaskState { status, reason: reason.into(), exit_code, error: None })
    }

    fn up(&mut self) -> &mut Self {
        self.own(&AgentReady { acp_session: Some("acp".into()), ..AgentReady::default() }).state(
            TaskStatus::Running,
            "agent_ready",
            None,
        )
    }

    fn queued(&mut self, n: u128) -> &mut Self {
        self.queued_at(n, u32::MAX)
    }

    fn queued_at(&mut self, n: u128, position: u32) -> &mut Self {
        self.own(&PromptQueued { command: command(n), text: format!("prompt {n}"), position })
    }

    fn delivered(&mut self, n: u128) -> &mut Self {
        self.own(&PromptDelivered { command: command(n) }).own(&TurnStarted { command: command(n) })
    }

    fn ended(&mut self, n: u128, error: Option<&str>) -> &mut Self {
        let stop_reason = if error.is_some() { "error" } else { "end_turn" }.to_owned();
        self.own(&TurnEnded { command: command(n), stop_reason, error: error.map(str::to_owned) })
    }

    fn frames(&self) -> Vec<ChannelFrame> {
        let mut projector = Projector::new(S);
        let mut out = Vec::new();
        for event in &self.0 {
            projector.project(event, &mut out);
        }
        out
    }

    /// What a subscriber of the session sees from event `from` on, each line `channel below the session, type, what`.
    fn told(&self, from: usize) -> Vec<String> {
        let after = Seq(from as u64);
        self.frames().iter().filter(|f| f.seq > after).map(line).collect()
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

fn line(frame: &ChannelFrame) -> String {
    let message: Value = serde_json::from_str(&frame.text).unwrap();
    let (event, data) = (&message["event"], &message["event"]["data"]);
    let channel = message["channel"].as_str().unwrap().replace(&format!("session:{S}"), "S");
    let what = match event["type"].as_str().unwrap() {
        "rpc" => format!(
            "{} {} {}",
            data["method"].as_str().unwrap(),
            data["phase"].as_str().unwrap(),
            data["direction"].as_str().unwrap()
        ),
        "queue.updated" => {
            let texts: Vec<_> = data["items"].as_array().unwrap().iter().map(|i| &i["text"]).collect();
            for (at, item) in data["items"].as_array().unwrap().iter().enumerate() {
                assert_eq!(item["position"], at);
            }
            assert_eq!(data["size"], texts.len());
            format!("processing:{} paused:{} {texts:?}", data["processing"], data["paused"])
        }
        _ => data.to_string(),
    };
    format!("{channel} {} {what}", event["type"].as_str().unwrap())
}

#[test]
fn every_event_has_its_channels_in_order() {
    let of = |t: &Topic| channels(t, "s").into_iter().map(|c| c.0).collect::<Vec<_>>();
    let all = |first: &[&str]| {
        let mut all: Vec<String> = first.iter().map(|s| (*s).to_owned()).collect();
        all.extend(["session:s", "agent:s", "agents"].map(str::to_owned));
        all
    };
    for (kind, method, terminal, first) in [
        ("rpc", Some("session/update"), None, &[][..]),
        ("rpc", Some("terminal.output"), Some("t"), &["session:s:terminal:t", "session:s:terminal"]),
        ("rpc", Some("terminal/output"), Some("t"), &["session:s:terminal:t", "session:s:terminal"]),
        ("rpc", Some("terminal/create"), None, &["session:s:terminal"]),
        ("rpc", Some("terminal/wait_for_exit"), None, &["session:s:terminal"]),
        ("rpc", Some("terminal.release"), None, &["session:s:terminal"]),
        ("rpc", Some("terminal.kill"), None, &["session:s:terminal"]),
        ("rpc", Some("fs/read_text_file"), None, &["session:s:fs", "agent:s:fs"]),
        ("rpc", Some("fs.write_text_file"), None, &["session:s:fs", "agent:s:fs"]),
        ("rpc", None, None, &[]),
        ("terminal.started", None, Some("t"), &["session:s:terminal:t", "session:s:terminal"]),
        ("terminal.data", None, Some("t"), &["session:s:terminal:t", "session:s:terminal"]),
        ("terminal.exit", None, None, &["session:s:terminal"]),
        ("queue.updated", None, None, &["session:s:queue"]),
        ("queue.paused", None, None, &["session:s:queue"]),
        ("queue.resumed", None, None, &["session:s:queue"]),
        ("filesystem.changed", None, None, &["session:s:fs", "agent:s:fs"]),
        ("filesystem.snapshot", None, None, &["session:s:fs", "agent:s:fs"]),
        ("file.preview", None, None, &["session:s:fs", "agent:s:fs"]),
        // A method's name counts only for an rpc, and a type's only as a whole.
        ("error", Some("terminal/create"), None, &[]),
        ("terminal.created", None, Some("t"), &[]),
        ("queue", None, None, &[]),
        ("something.else", None, None, &[]),
    ] {
        assert_eq!(of(&topic(kind, method, terminal)), all(first), "{kind} {method:?}");
    }
}

#[test]
fn the_most_specific_channel_that_is_covered_is_the_tag() {
    let of = |topic: &Topic, subscriptions: &[&str]| {
        let subscriptions: Vec<_> = subscriptions.iter().map(|s| Channel((*s).to_owned())).collect();
        tag(topic, "s", subscriptions.iter()).map(|c| c.0)
    };
    let terminal = Topic::Terminal(Some("t".into()));
    for (topic, subscriptions, wanted) in [
        (&Topic::Other, &["session:s"][..], Some("session:s")),
        (&Topic::Other, &["agents"], Some("agents")),
        (&Topic::Other, &["agents", "agent:s"], Some("agent:s")),
        (&Topic::Other, &["agents", "agent:s", "session:s"], Some("session:s")),
        (&Topic::Other, &["session"], Some("session:s")),
        (&Topic::Other, &["session:s:terminal"], None),
        (&Topic::Other, &["session:sx", "sess", "session:"], None),
        (&terminal, &["session:s"], Some("session:s:terminal:t")),
        (&terminal, &["session:s", "session:s:terminal"], Some("session:s:terminal:t")),
        (&terminal, &["session:s:terminal:t2"], None),
        (&Topic::Files, &["agent:s:fs"], Some("agent:s:fs")),
        (&Topic::Files, &["agent:s"], Some("agent:s:fs")),
        (&Topic::Queue, &["session:s:queue"], Some("session:s:queue")),
        (&Topic::Queue, &["agent:s"], Some("agent:s")),
        (&Topic::Queue, &[], None),
    ] {
        assert_eq!(of(topic, subscriptions).as_deref(), wanted, "{topic:?} {subscriptions:?}");
    }
    let c = |s: String| Channel(s);
    assert_eq!(reach(&c("agents".into())), Reach::Wide);
    assert_eq!(reach(&c(format!("session:{S}"))), Reach::One(S));
    assert_eq!(reach(&c(format!("agent:{S}:fs"))), Reach::One(S));
    assert_eq!(reach(&c(format!("session:{}", S.0.simple()))), Reach::Nothing);
    assert_eq!(reach(&c("terminals:t1".into())), Reach::Nothing);
    assert_eq!(reach(&c("terminals".into())), Reach::Wide);
    assert_eq!(reach(&c("agents:x".into())), Reach::Nothing);
}

/// Connecting, one prompt, and answers that carry their request's method.
fn a_turn() -> Log {
    let mut log = Log::default();
    log.state(TaskStatus::Pending, "created", None)
        .queued(1)
        .ask(TO_AGENT, 0, "initialize", json!({ "protocolVersion": 1 }))
        .answer(TO_CLIENT, 0, json!({ "protocolVersion": 1 }))
        .ask(TO_AGENT, 1, "session/new", json!({ "cwd": "/w", "mcpServers": [] }))
        .answer(TO_CLIENT, 1, json!({ "sessionId": "acp" }))
        .up()
        .delivered(1)
        .ask(TO_AGENT, 2, "session/prompt", json!({ "prompt": [] }))
        .rpc(
            TO_CLIENT,
            Phase::Notification,
            json!({ "method": "session/update", "params": { "update": { "sessionUpdate": "agent_message_chunk" } } }),
        )
        .answer(TO_CLIENT, 2, json!({ "stopReason": "end_turn" }))
        .ended(1, None);
    log
}

#[test]
fn connecting_and_one_prompt() {
    assert_eq!(
        a_turn().told(0),
        [
            "S:queue queue.updated processing:false paused:false [String(\"prompt 1\")]",
            "S rpc initialize request client_to_agent",
            "S rpc initialize response agent_to_client",
            "S rpc session/new request client_to_agent",
            "S rpc session/new response agent_to_client",
            "S:queue queue.updated processing:true paused:false []",
            "S rpc session/prompt request client_to_agent",
            "S rpc session/update notification agent_to_client",
            "S rpc session/prompt response agent_to_client",
            "S:queue queue.updated processing:false paused:false []",
        ]
    );
}

#[test]
fn a_question_is_asked_and_answered() {
    let asked = PermissionId(Uuid::from_u128(9));
    let option =
        |id: &str, kind: &str| PermissionOption { option_id: id.into(), name: id.into(), kind: kind.into() };
    let request = PermissionRequested {
        id: asked,
        tool_call_id: "t1".into(),
        title: "rm".into(),
        tool_kind: Some("execute".into()),
        options: vec![option("y", "allow_once"), option("n", "reject_once")],
    };
    let answer = |option: Option<&str>, by: &str| PermissionAnswered {
        id: asked,
        option_id: option.map(str::to_owned),
        option_kind: None,
        by: by.into(),
    };
    let mut log = Log::default();
    log.ask(TO_CLIENT, 5, "session/request_permission", json!({ "options": [] }))
        .own(&request)
        .answer(TO_AGENT, 5, json!({ "outcome": { "outcome": "selected", "optionId": "n" } }))
        .own(&answer(Some("n"), "user:ann"))
        .own(&answer(None, "user:ann"))
        .own(&answer(Some("y"), "system"))
        .own(&answer(None, "system"));
    assert_eq!(
        log.told(0),
        [
            "S rpc session/request_permission request agent_to_client".to_owned(),
            format!(
                "S permission_request {}",
                json!({ "requestId": asked.to_string(), "toolCallId": "t1", "title": "rm", "kind": "execute", "options": [
                    { "optionId": "y", "name": "y", "kind": "allow_once" },
                    { "optionId": "n", "name": "n", "kind": "reject_once" },
                ] })
            ),
            "S rpc session/request_permission response client_to_agent".to_owned(),
            // An option that rejects is an answer too, as in the seed.
            format!(
                "S permission_approved {}",
                json!({ "requestId": asked.to_string(), "response": { "optionId": "n" } })
            ),
            format!(
                "S permission_rejected {}",
                json!({ "requestId": asked.to_string(), "response": { "outcome": "cancelled" } })
            ),
            format!("S permission_responded {}", json!({ "requestId": asked.to_string(), "optionId": "y" })),
            format!(
                "S permission_cancelled {}",
                json!({ "requestId": asked.to_string(), "outcome": "cancelled" })
            ),
        ]
    );
}

#[test]
fn an_agents_error_and_its_end() {
    let mut log = Log::default();
    log.up().queued(1).delivered(1);
    let from = log.len();
    log.rpc(
        TO_CLIENT,
        Phase::Response,
        json!({ "id": 2, "error": { "code": -32000, "message": "agent says no" } }),
    )
    .ended(1, Some("agent says no"));
    assert_eq!(
        log.told(from),
        [
            "S rpc  response agent_to_client",
            r#"S error {"message":"agent says no"}"#,
            "S:queue queue.updated processing:false paused:false []",
        ]
    );

    // It exits in the middle of a turn, with a prompt waiting.
    log.queued(2).delivered(2).queued(3);
    let from = log.len();
    log.own(&AgentExited { code: 3, signal: None, stderr_tail: String::new() })
        .own(&PromptUnknown { command: command(2), reason: "the agent ended".into() })
        .own(&TurnEnded { command: command(2), stop_reason: "unknown".into(), error: None })
        .own(&PromptWithdrawn { command: command(3), reason: "terminated".into() })
        .state(TaskStatus::Terminated, "agent_exit", Some(3));
    let told = log.told(from);
    assert_eq!(
        told[0],
        r#"S error {"message":"whether the agent acted on the prompt is not known: the agent ended"}"#
    );
    assert_eq!(told[told.len() - 2], "S:queue queue.updated processing:false paused:false []");
    assert_eq!(told[told.len() - 1], r#"S session.terminated {"exitCode":3}"#);

    let mut ended = Log::default();
    ended.up().state(TaskStatus::Terminated, "deleted", Some(143));
    assert_eq!(ended.told(2), [r#"S session.terminated {"exitCode":-1}"#]);
}

#[test]
fn an_agents_terminal() {
    let mut log = Log::default();
    log.ask(TO_CLIENT, 0, "terminal/create", json!({ "command": "/bin/sh", "args": ["-c", "echo hi"] }))
        .answer(TO_AGENT, 0, json!({ "terminalId": "t1" }))
        .ask(TO_CLIENT, 1, "terminal/wait_for_exit", json!({ "terminalId": "t1" }))
        .ask(TO_CLIENT, 2, "terminal/output", json!({ "terminalId": "t1" }))
        .answer(TO_AGENT, 2, json!({ "output": "hi\r\n", "truncated": false }))
        .ask(TO_CLIENT, 3, "terminal/output", json!({ "terminalId": "t1" }))
        .answer(TO_AGENT, 3, json!({ "output": "hi\r\nyou", "truncated": false }))
        .answer(TO_AGENT, 1, json!({ "exitCode": 7, "signal": null }));
    let rpc =
        |method: &str, phase: &str, direction: &str| format!("S:terminal rpc {method} {phase} {direction}");
    assert_eq!(
        log.told(0),
        [
            rpc("terminal/create", "request", "agent_to_client"),
            r#"S:terminal:t1 terminal.started {"terminalId":"t1","command":"/bin/sh -c echo hi"}"#.to_owned(),
            rpc("terminal/create", "response", "client_to_agent"),
            rpc("terminal/wait_for_exit", "request", "agent_to_client"),
            rpc("terminal/output", "request", "agent_to_client"),
            rpc("terminal/output", "response", "client_to_agent"),
            r#"S:terminal:t1 terminal.data {"terminalId":"t1","data":"hi\r\n"}"#.to_owned(),
            rpc("terminal/output", "request", "agent_to_client"),
            rpc("terminal/output", "response", "client_to_agent"),
            r#"S:terminal:t1 terminal.data {"terminalId":"t1","data":"you"}"#.to_owned(),
            rpc("terminal/wait_for_exit", "response", "client_to_agent"),
            r#"S:terminal:t1 terminal.exit {"terminalId":"t1","exitCode":7}"#.to_owned(),
        ]
    );
}

fn output(pos: u64, data: &[u8]) -> Bytes {
    OutputChunk { pos, data: Bytes::copy_from_slice(data) }.encode()
}

#[test]
fn an_agent_in_a_terminal() {
    let mut log = Log::default();
    log.queued(1)
        .own(&AgentReady::default())
        .state(TaskStatus::Running, "agent_ready", None)
        .push(Kind::Output, output(0, b"# caf\xc3"))
        .push(Kind::Output, output(6, b"\xa9\r\n"))
        .own(&LogTruncated { bytes: 3 })
        .own(&AgentExited { code: 4, signal: None, stderr_tail: String::new() });
    assert_eq!(
        log.told(1),
        [
            // What was to be typed in is no prompt that waits.
            "S:queue queue.updated processing:false paused:false []",
            r##"S:terminal:main terminal.started {"terminalId":"main","command":""}"##,
            r##"S:terminal:main terminal.data {"terminalId":"main","data":"# caf"}"##,
            r##"S:terminal:main terminal.data {"terminalId":"main","data":"é\r\n"}"##,
            r#"S:terminal log.truncated {"bytes":3}"#,
            r#"S:terminal:main terminal.exit {"terminalId":"main","exitCode":4}"#,
        ]
    );
}

/// The seed's busy burst.
#[test]
fn a_busy_queue() {
    let mut log = Log::default();
    log.up();
    let from = log.len();
    log.queued(1).queued(2).delivered(1).queued(3).queued(4);
    log.own(&PromptWithdrawn { command: command(3), reason: "user".into() });
    log.own(&QueueReordered { order: vec![command(4), command(2)] });
    log.own(&QueuePaused {}).ended(1, None).own(&QueueResumed {}).delivered(4).ended(4, Some("no"));
    log.delivered(2).ended(2, None);
    let state = |processing: bool, paused: bool, items: &[u8]| {
        let items: Vec<_> = items.iter().map(|n| Value::from(format!("prompt {n}"))).collect();
        format!("S:queue queue.updated processing:{processing} paused:{paused} {items:?}")
    };
    let queue = |processing: bool, items: &[u8]| state(processing, false, items);
    assert_eq!(
        log.told(from),
        [
            queue(true, &[]),
            queue(true, &[2]),
            queue(true, &[2, 3]),
            queue(true, &[2, 3, 4]),
            queue(true, &[2, 4]),
            queue(true, &[4, 2]),
            "S:queue queue.paused {}".to_owned(),
            state(false, true, &[4, 2]),
            "S:queue queue.resumed {}".to_owned(),
            queue(true, &[2]),
            // A turn that failed: the queue goes on.
            r#"S error {"message":"no"}"#.to_owned(),
            queue(true, &[]),
            queue(false, &[]),
        ]
    );
}

#[test]
fn a_suspended_sessions_queue_waits() {
    let mut log = Log::default();
    log.up().queued(1).delivered(1).queued(2).ended(1, None);
    let from = log.len();
    log.state(TaskStatus::Suspended, "user", None).queued(3).state(TaskStatus::Running, "resumed", None);
    log.delivered(2);
    let told = log.told(from);
    assert!(told[0].ends_with(r#"processing:false paused:false [String("prompt 2")]"#), "{told:?}");
    assert!(told[1].ends_with(r#"[String("prompt 2"), String("prompt 3")]"#), "{told:?}");
    assert!(told[2].ends_with(r#"processing:true paused:false [String("prompt 3")]"#), "{told:?}");
}

#[test]
fn an_agents_frame_keeps_its_bytes() {
    let params = r#"{"sessionId" : "s",  "n":12345678901234567890123.10,"u":"\ud83d"}"#;
    let mut log = Log::default();
    log.push(
        Kind::Rpc(TO_CLIENT, Phase::Notification),
        format!(r#"{{"jsonrpc":"2.0","method":"session\/update","params":{params}}}"#),
    );
    let frames = log.frames();
    assert_eq!(
        frames[0].text.as_str(),
        format!(
            r#"{{"type":"event","channel":"session:{S}","sessionId":"{S}","agentId":"{S}","seq":1,"event":{{"type":"rpc","data":{{"method":"session\/update","direction":"agent_to_client","phase":"notification","payload":{params}}},"timestamp":"2026-09-21T14:13:20.000Z"}}}}"#
        )
    );
    assert_eq!(
        frames[0].of_session().as_str(),
        format!(
            r#"{{"type":"event","timestamp":"2026-09-21T14:13:20.000Z","seq":1,"event":{{"type":"rpc","data":{{"method":"session\/update","direction":"agent_to_client","phase":"notification","payload":{params}}},"timestamp":"2026-09-21T14:13:20.000Z"}}}}"#
        )
    );
    let tagged = frames[0].tagged(&Channel("agents".into()));
    assert!(tagged.starts_with(r#"{"type":"event","channel":"agents","sessionId":"#), "{tagged}");
    assert_eq!(frames[0].tagged(&Channel(format!("session:{S}"))), frames[0].text);
}

/// One log with all that a view knows.
fn all(terminal: bool) -> Log {
    let mut log = a_turn();
    if terminal {
        log.own(&AgentReady::default())
            .push(Kind::Output, output(0, b"caf\xc3"))
            .push(Kind::Output, output(4, b"\xa9 \xff\xe2"))
            .push(Kind::Output, output(7, b"\x82"))
            .push(Kind::Output, output(8, b"\xac"));
    }
    log.queued(2)
        .delivered(2)
        .queued(3)
        .ask(TO_CLIENT, 0, "terminal/create", json!({ "command": "true" }))
        .answer(TO_AGENT, 0, json!({ "terminalId": "t\"1" }))
        .ask(TO_CLIENT, 1, "terminal/output", json!({ "terminalId": "t\"1" }))
        .answer(TO_AGENT, 1, json!({ "output": "out", "truncated": false }))
        .own(&FsChanged {
            paths: vec!["a b".into()],
            added: vec!["c".into()],
            deleted: vec!["d".into()],
            truncated: Some(True),
        })
        .own(&ErrorEvent { message: "it \"broke\"".into(), code: None })
        .ended(2, Some("why"))
        .delivered(3)
        .push(Kind::TaskState, "not JSON")
        .own(&PromptUnknown { command: command(3), reason: "the sidecar died".into() })
        .own(&AgentExited { code: 0, signal: Some(9), stderr_tail: String::new() })
        .own(&TaskState {
            status: TaskStatus::Terminated,
            reason: "instance_ended".into(),
            exit_code: None,
            error: Some("gone".into()),
        });
    log
}

#[test]
fn every_frame_is_one_of_the_contract() {
    let frames = all(true).frames();
    assert!(frames.len() > 25, "{}", frames.len());
    for f in &frames {
        let message: WsChannelServerMessage =
            wire::parse(f.text.as_bytes()).unwrap_or_else(|e| panic!("{e:?} {}", f.text));
        let WsChannelServerMessage::Event(message) = message else { panic!("{}", f.text) };
        assert_eq!((message.seq, &*message.event.kind), (f.seq, f.kind));
        let event: SessionEvent =
            wire::parse(f.event().as_bytes()).unwrap_or_else(|e| panic!("{e:?} {}", f.event()));
        assert_eq!(event.tag(), f.kind);
        assert_eq!(serde_json::from_str::<Value>(f.data()).unwrap(), Value::Object(message.event.data));
        assert_eq!(f.timestamp(), message.event.timestamp);
        let alone: WsEventMessage = wire::parse(f.of_session().as_bytes()).unwrap();
        assert_eq!(alone.seq, Some(f.seq));
        assert_eq!(f.log().unwrap().kind, f.kind);
    }
    assert!(frames.is_sorted_by_key(|f| f.seq));
}

proptest! {
    /// A reader that begins anywhere gets what one that began at the start gets from there on, byte for byte.
    #[test]
    fn cut_and_resume(cut in 0..60_usize, sizes in prop::collection::vec(1..9_usize, 60)) {
        let log = all(cut % 2 == 0);
        let after = Seq((cut % (log.len() + 1)) as u64);
        let wanted: Vec<_> = log.frames().into_iter().filter(|f| f.seq > after).collect();
        let mut projector = Projector::at(S, after);
        let (mut got, mut at) = (Vec::new(), after);
        for size in sizes {
            let begin = usize::try_from(at.0).unwrap();
            let slice = &log.0[begin..(begin + size).min(log.len())];
            if projector.must_recall(slice.iter()) {
                let mut whole = Projector::new(S);
                for e in log.0[..begin].iter().filter(|e| Projector::remembers(e.kind)) {
                    whole.recall(e);
                }
                if whole.remembers_output() {
                    log.0[..begin].iter().filter(|e| e.kind == Kind::Output).for_each(|e| whole.recall(e));
                }
                projector = whole;
            }
            for e in slice {
                projector.project(e, &mut got);
                at = e.seq;
            }
        }
        prop_assert_eq!(at.0, log.len() as u64);
        prop_assert_eq!(got, wanted);
    }

    /// No frame of an agent makes the view fail or break out of its message.
    #[test]
    fn hostile_frames(text in "\\PC{0,60}|[\\x00-\\x7f]{0,60}", raw in prop::collection::vec(any::<u8>(), 0..60), inside in "\\PC{0,40}") {
        let wrapped = format!(r#"{{"method":{},"params":{{"terminalId":{}}},"id":{}}}"#, json!(inside), json!(text), json!(inside));
        for bytes in [Bytes::from(text), Bytes::from(raw), Bytes::from(wrapped)] {
            for kind in [Phase::Request, Phase::Response, Phase::Notification] {
                let mut log = Log::default();
                log.push(Kind::Rpc(TO_CLIENT, kind), bytes.clone());
                for f in log.frames() {
                    let read = wire::parse::<WsChannelServerMessage>(f.text.as_bytes());
                    prop_assert!(read.is_ok(), "{:?} {}", read, f.text);
                }
            }
        }
    }

    /// A terminal's text is the same wherever its bytes were cut.
    #[test]
    fn text_cut_at_any_byte(text in "\\PC{0,40}", cuts in prop::collection::vec(1..5_usize, 1..200)) {
        let (mut pty, mut said, mut at) = (Pty::default(), String::new(), 0);
        for size in cuts.into_iter().chain([1 << 20]) {
            let chunk = &text.as_bytes()[at..(at + size).min(text.len())];
            let more = pty.take(&OutputChunk { pos: at as u64, data: Bytes::copy_from_slice(chunk) });
            said += &more;
            at += chunk.len();
        }
        prop_assert_eq!(said, text);
    }
}
