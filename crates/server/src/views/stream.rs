//! The messages of `/api/v1/tasks/{id}/stream`: seed 000's types, and with `?progress=1` Lia's additions.
//!
//! Pure: a frame depends on its event alone, so cutting the stream anywhere and going on from the last seq gives the
//! same messages. An event that cannot be read (a defect, another version's log) is no frame.

use std::borrow::Cow;

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use lia_protocol::{
    event::{Event, EventBody},
    wire::tag::Tag,
    ws::{
        WsAnsweredMessage, WsEgressMessage, WsMessage, WsMessageExt, WsPermissionMessage, WsProgressMessage,
        WsPromptMessage, WsTurnMessage,
    },
};
use serde::Serialize;

use super::{Frame, text};

/// What an event becomes.
#[must_use]
pub fn frames(event: &Event, extended: bool) -> Vec<Frame> {
    let Ok(body) = event.read() else { return Vec::new() };
    let mut out = Frames { event, extended, list: Vec::new() };
    match body {
        EventBody::Rpc(direction, phase, frame) => match text::of_frame(direction, phase, frame) {
            Some(text::Text::Json(literal)) => out.output_json(&literal),
            Some(text::Text::Line(line)) => out.output(&line),
            None => {}
        },
        EventBody::Output(chunk) => out.output(&chunk.text()),
        EventBody::TaskState(s) => {
            if let Some(message) = s.error {
                out.seed(&WsMessage::error(message, Some(event.seq)));
            }
            out.seed(&WsMessage::status(s.status, s.exit_code, Some(event.seq)));
        }
        EventBody::TurnEnded(ended) => {
            if let Some(error) = &ended.error {
                out.seed(&WsMessage::error(format!("the turn failed: {error}"), Some(event.seq)));
            } else if ended.stop_reason == "refusal" {
                out.output(&text::line("refused", "the agent refuses to go on"));
            }
            out.addition(WsTurnMessage::new(event.seq, ended));
        }
        EventBody::PromptQueued(p) => out.prompt(p.command, "queued"),
        EventBody::PromptDelivered(p) => out.prompt(p.command, "delivered"),
        EventBody::PromptUnknown(p) => {
            let message = format!("whether the agent acted on the prompt is not known: {}", p.reason);
            out.seed(&WsMessage::error(message, Some(event.seq)));
            out.prompt(p.command, "unknown");
        }
        EventBody::PromptWithdrawn(p) => out.prompt(p.command, "withdrawn"),
        EventBody::PermissionRequested(request) => {
            out.output(&text::line("permission", &request.title));
            out.addition(WsPermissionMessage::new(event.seq, request));
        }
        EventBody::PermissionAnswered(answer) => {
            let refused = answer.option_kind.as_deref().is_some_and(|k| k.starts_with("reject"));
            if refused || answer.option_id.is_none() {
                out.output(&text::line("permission", &format!("refused by {}", answer.by)));
            }
            out.addition(WsAnsweredMessage::new(event.seq, answer));
        }
        EventBody::EgressRefused(e) => {
            let more = if e.repeated > 0 { format!(" ({} more)", e.repeated) } else { String::new() };
            out.output(&text::line("refused", &format!("{}:{}: {}{more}", e.host, e.port, e.reason)));
            out.egress("refused", e.host, e.port, Some(e.reason));
        }
        EventBody::EgressAllowed(e) => out.egress("allowed", e.host, e.port, None),
        EventBody::Progress(progress) => out.addition(WsProgressMessage::new(event.seq, progress)),
        EventBody::Error(e) => out.seed(&WsMessage::error(e.message, Some(event.seq))),
        EventBody::LogTruncated(t) => {
            out.output(&text::line("lia", &format!("{} bytes of older output were dropped", t.bytes)));
        }
        EventBody::QueuePaused(_)
        | EventBody::QueueResumed(_)
        | EventBody::QueueReordered(_)
        | EventBody::SettingsChanged(_)
        | EventBody::TerminalOpened(_)
        | EventBody::TerminalClosed(_)
        | EventBody::TurnStarted(_)
        | EventBody::Usage(_)
        | EventBody::FsChanged(_)
        | EventBody::AgentReady(_)
        | EventBody::AgentExited(_) => {}
    }
    out.list
}

struct Frames<'a> {
    event: &'a Event,
    extended: bool,
    list: Vec<Frame>,
}

impl Frames<'_> {
    fn push(&mut self, json: String) {
        self.list.push(Frame { seq: self.event.seq, json: json.into() });
    }

    fn seed(&mut self, message: &WsMessage) {
        self.push(json(message));
    }

    fn addition(&mut self, message: impl Into<WsMessageExt>) {
        if self.extended {
            self.push(json(&message.into()));
        }
    }

    fn output(&mut self, data: &str) {
        if !data.is_empty() {
            self.output_json(&json(data));
        }
    }

    /// The same for text that is a JSON string already. [`WsMessage::Output`], without reading the text.
    fn output_json(&mut self, literal: &str) {
        let (at, seq) = (self.event.at.millis(), self.event.seq);
        self.push(format!(r#"{{"type":"output","data":{literal},"timestamp":{at},"seq":{seq}}}"#));
    }

    fn prompt(&mut self, id: lia_protocol::ids::CommandId, state: &str) {
        self.addition(WsPromptMessage { kind: Tag::new(), seq: self.event.seq, id, state: state.into() });
    }

    fn egress(&mut self, verdict: &str, host: String, port: u16, reason: Option<String>) {
        self.addition(WsEgressMessage {
            kind: Tag::new(),
            seq: self.event.seq,
            verdict: verdict.into(),
            host,
            port,
            reason,
        });
    }
}

/// A message as JSON.
#[must_use]
pub fn json<T: Serialize + ?Sized>(message: &T) -> String {
    // Plain data with string keys: serialising cannot fail.
    serde_json::to_string(message).unwrap_or_default()
}

/// Bytes as text, without a copy when they are UTF-8.
#[must_use]
pub fn utf8(bytes: Bytes) -> Utf8Bytes {
    Utf8Bytes::try_from(bytes.clone()).unwrap_or_else(|_| match String::from_utf8_lossy(&bytes) {
        Cow::Borrowed(s) => s.into(),
        Cow::Owned(s) => s.into(),
    })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
