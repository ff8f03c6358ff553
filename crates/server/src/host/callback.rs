//! Callbacks as the seed has them, made from a session's log: pure, so that one made again is the same one.

use bytes::Bytes;
use lia_protocol::{
    event::{Direction, Event, EventBody, Kind, Phase},
    ids::{PermissionId, Seq},
    sessions::WebhookEventType,
};
use memchr::memmem;
use serde::Serialize;
use serde_json::{Value, json};

use crate::webhooks::payload;

/// Bytes of an agent's text in one callback; the rest of a longer message comes in others.
const MESSAGE_BYTES: usize = 64 << 10;
/// ACP's word for a piece of what the agent says.
const CHUNK: &str = "agent_message_chunk";

/// What is posted.
#[derive(Clone, Debug, PartialEq)]
pub struct Callback {
    /// The event that it was made from; of a message the last one. Once it is told, so is all before it.
    pub seq: Seq,
    /// Its type.
    pub kind: &'static str,
    /// A `SessionCallbackEvent` of seed 003.
    pub body: Bytes,
    /// The question that its answer may answer.
    pub asks: Option<PermissionId>,
}

impl Callback {
    fn new(seq: Seq, kind: &'static str, data: &impl Serialize, asks: Option<PermissionId>) -> Self {
        // Plain data with string keys: serialising cannot fail.
        let body = serde_json::to_vec(&json!({ "type": kind, "data": data })).unwrap_or_default();
        Self { seq, kind, body: body.into(), asks }
    }
}

/// Reads a log from some callback's place on.
#[derive(Debug, Default)]
pub struct Callbacks {
    /// What the agent is saying: its last event, and the update with all of its text so far.
    message: Option<(Seq, Value)>,
}

impl Callbacks {
    /// What is to be told once this event is there, in order. Pieces of one message are told together, as soon as
    /// something else follows it.
    pub fn take(&mut self, event: &Event) -> Vec<Callback> {
        if let Some(update) = chunk(event) {
            if let Some((seq, said)) = &mut self.message
                && append(said, &update)
            {
                *seq = event.seq;
                return Vec::new();
            }
            let before = self.flush();
            self.message = Some((event.seq, update));
            return before.into_iter().collect();
        }
        let told = payload::data(event);
        let mut out = Vec::new();
        if told.is_some() || matches!(event.kind, Kind::Rpc(..)) {
            out.extend(self.flush());
        }
        if let Some((kind, data)) = told {
            let asks = match event.read() {
                Ok(EventBody::PermissionRequested(asked)) => Some(asked.id),
                Ok(_) | Err(_) => None,
            };
            out.push(Callback::new(event.seq, name(kind), &data, asks));
        }
        out
    }

    /// What the agent was saying, when nothing follows any more.
    pub fn flush(&mut self) -> Option<Callback> {
        let (seq, update) = self.message.take()?;
        Some(Callback::new(seq, "agent_message", &json!({ "sessionUpdate": update }), None))
    }
}

const fn name(kind: WebhookEventType) -> &'static str {
    match kind {
        WebhookEventType::PermissionRequest => "permission_request",
        WebhookEventType::EndTurn => "end_turn",
        WebhookEventType::Error => "error",
        WebhookEventType::SessionEnd => "session_end",
    }
}

/// The update of an event that is a piece of what the agent says.
fn chunk(event: &Event) -> Option<Value> {
    if event.kind != Kind::Rpc(Direction::AgentToClient, Phase::Notification) {
        return None;
    }
    memmem::find(&event.body, CHUNK.as_bytes())?;
    let mut frame: Value = serde_json::from_slice(&event.body).ok()?;
    let update = frame["params"]["update"].take();
    (frame["method"] == "session/update" && update["sessionUpdate"] == CHUNK).then_some(update)
}

/// Adds a piece's text to what was said; `false` when it is no more of the same.
fn append(said: &mut Value, piece: &Value) -> bool {
    let text = |update: &Value| {
        let content = &update["content"];
        let plain = content["type"] == "text" && content.as_object().is_some_and(|c| c.len() == 2);
        content["text"].as_str().filter(|_| plain).map(str::to_owned)
    };
    let (Some(mut all), Some(more)) = (text(said), text(piece)) else { return false };
    let rest = |update: &Value| {
        let mut rest = update.clone();
        rest["content"] = Value::Null;
        rest
    };
    if all.len() + more.len() > MESSAGE_BYTES || rest(said) != rest(piece) {
        return false;
    }
    all.push_str(&more);
    said["content"]["text"] = all.into();
    true
}

#[cfg(test)]
mod tests {
    use lia_protocol::{
        event::{
            Actor, ErrorEvent, NewEvent, OwnEvent, PermissionOption, PermissionRequested, Progress,
            TaskState, TurnEnded,
        },
        ids::{CommandId, SessionId},
        sessions::SessionCallbackEvent,
        task::TaskStatus,
        time::Timestamp,
        wire,
    };

    use super::*;

    #[derive(Default)]
    struct Log(Vec<Event>);

    impl Log {
        fn push(&mut self, kind: Kind, body: impl Into<Bytes>) -> &mut Self {
            let seq = Seq(self.0.len() as u64 + 1);
            let (session, at) = (SessionId(uuid::Uuid::nil()), Timestamp(0));
            let (turn, cause, actor) = (None, None, Actor::System);
            self.0.push(Event { seq, at, session, turn, actor, cause, v: 1, kind, body: body.into() });
            self
        }

        fn own<T: OwnEvent>(&mut self, body: &T) -> &mut Self {
            let new = NewEvent::own(Actor::System, body);
            self.push(new.kind, new.body)
        }

        fn update(&mut self, update: Value) -> &mut Self {
            let frame =
                json!({ "method": "session/update", "params": { "sessionId": "s", "update": update } });
            self.push(Kind::Rpc(Direction::AgentToClient, Phase::Notification), frame.to_string())
        }

        fn say(&mut self, text: &str) -> &mut Self {
            let content = json!({ "type": "text", "text": text });
            self.update(json!({ "sessionUpdate": CHUNK, "content": content }))
        }

        /// Seq, type and data of each callback, which is one of the contract.
        fn told(&self) -> Vec<(u64, Value)> {
            let mut callbacks = Callbacks::default();
            let mut all: Vec<_> = self.0.iter().flat_map(|e| callbacks.take(e)).collect();
            all.extend(callbacks.flush());
            let told = all.into_iter().map(|c| {
                let event: SessionCallbackEvent = wire::parse(&c.body).expect("one of the contract");
                let asks = matches!(event, SessionCallbackEvent::PermissionRequest(_));
                assert_eq!(c.asks.is_some(), asks);
                (c.seq.0, serde_json::from_slice(&c.body).expect("JSON"))
            });
            told.collect()
        }
    }

    fn said(text: &str) -> Value {
        let update = json!({ "sessionUpdate": CHUNK, "content": { "type": "text", "text": text } });
        json!({ "type": "agent_message", "data": { "sessionUpdate": update } })
    }

    #[test]
    fn the_five_callbacks_in_their_order() {
        let id = PermissionId::new();
        let option =
            PermissionOption { option_id: "y".into(), name: "Yes".into(), kind: "allow_once".into() };
        let asked = PermissionRequested {
            id,
            tool_call_id: "t".into(),
            title: "rm".into(),
            tool_kind: None,
            options: vec![option],
        };
        let ended = |error: Option<&str>| TurnEnded {
            command: CommandId::new(),
            stop_reason: "end_turn".into(),
            error: error.map(str::to_owned),
        };
        let over = TaskState {
            status: TaskStatus::Terminated,
            reason: "agent_exit".into(),
            exit_code: Some(3),
            error: None,
        };
        let mut log = Log::default();
        log.say("a").say("b").own(&asked).say("c").own(&ended(None)).own(&ended(Some("no"))).own(&over);
        let told = log.told();
        assert_eq!(told[0], (2, said("ab")));
        let option = json!({ "optionId": "y", "name": "Yes", "kind": "allow_once" });
        let data =
            json!({ "requestId": id.to_string(), "toolCallId": "t", "title": "rm", "options": [option] });
        assert_eq!(told[1], (3, json!({ "type": "permission_request", "data": data })));
        assert_eq!(told[2], (4, said("c")));
        let data = json!({ "promptResponse": { "stopReason": "end_turn" } });
        assert_eq!(told[3], (5, json!({ "type": "end_turn", "data": data })));
        assert_eq!(told[4], (6, json!({ "type": "error", "data": { "message": "no" } })));
        assert_eq!((told[5].0, &told[5].1["type"]), (7, &json!("session_end")));
        assert_eq!(told[5].1["data"]["exitCode"], 3);
        assert_eq!(told.len(), 6);
    }

    #[test]
    fn what_belongs_together_is_one_message() {
        let mut log = Log::default();
        // What the gateway sees in between is no other word of the agent.
        log.say("a").own(&Progress { stage: "x".into(), message: "y".into() }).say("b");
        log.update(json!({ "sessionUpdate": "tool_call", "title": CHUNK })).say("c");
        log.update(json!({ "sessionUpdate": CHUNK, "content": { "type": "image", "data": "" } })).say("d");
        log.update(
            json!({ "sessionUpdate": CHUNK, "content": { "type": "text", "text": "e" }, "messageId": 2 }),
        );
        log.own(&ErrorEvent { message: "no".into(), code: None });
        let told: Vec<_> = log.told();
        let texts: Vec<_> = told
            .iter()
            .map(|(seq, t)| (*seq, t["data"]["sessionUpdate"]["content"]["text"].as_str()))
            .collect();
        assert_eq!(
            texts,
            [(3, Some("ab")), (5, Some("c")), (6, None), (7, Some("d")), (8, Some("e")), (9, None)]
        );
        let mut log = Log::default();
        let long = "x".repeat(MESSAGE_BYTES / 2);
        log.say(&long).say(&long).say("y");
        assert_eq!(log.told().iter().map(|t| t.0).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn a_reader_that_begins_after_a_callback_tells_the_rest_alike() {
        let mut log = Log::default();
        log.say("a").say("b").own(&ErrorEvent { message: "1".into(), code: None });
        log.say("c").own(&ErrorEvent { message: "2".into(), code: None });
        let all = log.told();
        for at in 0..all.len() {
            let after = Log(log.0[usize::try_from(all[at].0).unwrap()..].to_vec());
            assert_eq!(after.told(), all[at + 1..]);
        }
    }
}
