//! The wire forms of one event, spliced together from parts that are made once.

use axum::extract::ws::Utf8Bytes;
use lia_protocol::{
    event::{Direction, Event, Phase},
    ids::{Seq, TaskId},
    sessions::{Channel, session::SessionLog},
};
use serde::Deserialize as _;
use serde_json::value::RawValue;

use super::{super::stream::json, names, names::Topic};

/// What is the same in all frames of one session.
#[derive(Debug)]
pub struct Framer {
    session: String,
    /// `","sessionId":…,"agentId":…,"seq":`
    middle: String,
}

/// One of seed 003's events, as a message of a socket with channels.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelFrame {
    /// The event that it was made from.
    pub seq: Seq,
    /// What it is about.
    pub topic: Topic,
    /// Its type.
    pub kind: &'static str,
    /// The whole message, tagged with the event's most specific channel.
    pub text: Utf8Bytes,
    /// Where the channel ends, with its quotes.
    after_channel: usize,
    /// Where the event begins.
    event: usize,
    /// Where the event's data begins.
    data: usize,
    /// Where it ends.
    data_end: usize,
}

/// Before the channel.
const HEAD: &str = r#"{"type":"event","channel":"#;
/// After an event's data.
const TIME: &str = r#","timestamp":""#;

impl Framer {
    pub(super) fn new(session: TaskId) -> Self {
        Self {
            session: session.to_string(),
            middle: format!(r#","sessionId":"{session}","agentId":"{session}","seq":"#),
        }
    }

    fn begin(&self, event: &Event, topic: &Topic, size: usize) -> (String, usize) {
        let mut text = String::with_capacity(size + 320);
        text.push_str(HEAD);
        match topic {
            Topic::Other => {
                text.push_str("\"session:");
                text.push_str(&self.session);
                text.push('"');
            }
            Topic::Terminal(_) | Topic::Queue | Topic::Files => {
                let channel = names::channels(topic, &self.session).into_iter().next();
                text.push_str(&json(&channel));
            }
        }
        let after_channel = text.len();
        text.push_str(&self.middle);
        text.push_str(&event.seq.to_string());
        text.push_str(r#","event":"#);
        (text, after_channel)
    }

    /// An event from its JSON `{"type":…,"data":…,"timestamp":…}`, in this order.
    pub(super) fn frame(
        &self,
        event: &Event,
        topic: Topic,
        kind: &'static str,
        event_json: &str,
    ) -> ChannelFrame {
        let (mut text, after_channel) = self.begin(event, &topic, event_json.len());
        let at = text.len();
        let data = at + r#"{"type":"","data":"#.len() + kind.len();
        text.push_str(event_json);
        let data_end = text.len() - TIME.len() - event.at.to_string().len() - 2;
        text.push('}');
        ChannelFrame {
            seq: event.seq,
            topic,
            kind,
            text: text.into(),
            after_channel,
            event: at,
            data,
            data_end,
        }
    }

    /// An `rpc` event: the payload's bytes as they came.
    pub(super) fn rpc(
        &self,
        event: &Event,
        topic: Topic,
        method: &str,
        (direction, phase): (Direction, Phase),
        payload: Option<&RawValue>,
    ) -> ChannelFrame {
        let size = payload.map_or(0, |p| p.get().len());
        let (mut text, after_channel) = self.begin(event, &topic, size);
        let at = text.len();
        text.push_str(r#"{"type":"rpc","data":"#);
        let data = text.len();
        text.push_str(r#"{"method":"#);
        text.push_str(method);
        text.push_str(match direction {
            Direction::ClientToAgent => r#","direction":"client_to_agent","phase":""#,
            Direction::AgentToClient => r#","direction":"agent_to_client","phase":""#,
        });
        text.push_str(match phase {
            Phase::Request => "request\"",
            Phase::Response => "response\"",
            Phase::Notification => "notification\"",
        });
        if let Some(payload) = payload {
            text.push_str(r#","payload":"#);
            text.push_str(payload.get());
        }
        text.push('}');
        let data_end = text.len();
        text.push_str(TIME);
        text.push_str(&event.at.to_string());
        text.push_str("\"}}");
        ChannelFrame {
            seq: event.seq,
            topic,
            kind: "rpc",
            text: text.into(),
            after_channel,
            event: at,
            data,
            data_end,
        }
    }
}

impl ChannelFrame {
    /// The event alone: `{"type":…,"data":…,"timestamp":…}`.
    #[must_use]
    pub fn event(&self) -> &str {
        &self.text[self.event..self.text.len() - 1]
    }

    /// The event's data.
    #[must_use]
    pub fn data(&self) -> &str {
        &self.text[self.data..self.data_end]
    }

    /// The event's time, ISO 8601.
    #[must_use]
    pub fn timestamp(&self) -> &str {
        &self.text[self.data_end + TIME.len()..self.text.len() - 3]
    }

    /// The message's own channel, with its quotes.
    fn channel_json(&self) -> &str {
        &self.text[HEAD.len()..self.after_channel]
    }

    /// The message with this channel.
    #[must_use]
    pub fn tagged(&self, channel: &Channel) -> Utf8Bytes {
        let channel = json(channel);
        if self.channel_json() == channel {
            return self.text.clone();
        }
        let rest = &self.text[self.after_channel..];
        [HEAD, &channel, rest].concat().into()
    }

    /// The message of the socket of one session.
    #[must_use]
    pub fn of_session(&self) -> Utf8Bytes {
        let time = self.timestamp();
        format!(r#"{{"type":"event","timestamp":"{time}","seq":{},"event":{}}}"#, self.seq, self.event())
            .into()
    }

    /// The entry of a session's `logs`; an agent's data that is no JSON object of a usual form is left out.
    #[must_use]
    pub fn log(&self) -> Option<SessionLog> {
        let mut reader = serde_json::Deserializer::from_str(self.data());
        let data = serde_json::Map::deserialize(&mut reader).ok()?;
        Some(SessionLog { timestamp: self.timestamp().parse().ok()?, kind: self.kind.to_owned(), data })
    }
}
