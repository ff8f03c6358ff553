//! The messages of `/api/v1/tasks/{id}/stream`: seed 000's six types, and the superset for clients that ask for it.

use macro_rules_attribute::apply;
use serde::{Deserialize, Serialize};

use crate::{
    event::{PermissionAnswered, PermissionRequested, Progress, TurnEnded},
    ids::{CommandId, PermissionId, Seq},
    schema::MAX_SAFE,
    task::TaskStatus,
    wire::{
        message,
        tag::{Tag, tagged},
        union::union,
        word,
    },
};

/// The tags of [`WsMessage`].
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum WsMessageType {
    /// Terminal output.
    Output,
    /// User input.
    Input,
    /// The task's status changed.
    Status,
    /// Something failed.
    Error,
    /// Keep-alive request.
    Ping,
    /// Keep-alive response.
    Pong,
}

/// Terminal output.
#[apply(message)]
pub struct WsOutputMessage {
    /// Always `output`.
    #[serde(rename = "type")]
    pub kind: Tag<WsOutputTag>,
    /// Text; bytes that are not UTF-8 show as U+FFFD here.
    pub data: String,
    /// Milliseconds since the epoch.
    #[garde(range(min = -MAX_SAFE, max = MAX_SAFE))]
    pub timestamp: i64,
    /// The log's seq (ours).
    pub seq: Option<Seq>,
}

/// User input: bytes for a terminal, one prompt for an ACP agent.
#[apply(message)]
pub struct WsInputMessage {
    /// Always `input`.
    #[serde(rename = "type")]
    pub kind: Tag<WsInputTag>,
    /// The text.
    pub data: String,
    /// Makes a repeat harmless (ours).
    pub id: Option<CommandId>,
}

/// The task's status changed.
#[apply(message)]
pub struct WsStatusMessage {
    /// Always `status`.
    #[serde(rename = "type")]
    pub kind: Tag<WsStatusTag>,
    /// The new status.
    pub status: TaskStatus,
    /// Once the agent has ended.
    pub exit_code: Option<i32>,
    /// The log's seq (ours).
    pub seq: Option<Seq>,
}

/// Something failed. Seed 003's per-session socket has the same message.
#[apply(message)]
pub struct WsErrorMessage {
    /// Always `error`.
    #[serde(rename = "type")]
    pub kind: Tag<WsErrorTag>,
    /// A sentence.
    pub message: String,
    /// The log's seq, when the error is an event and not an answer to the asker (ours).
    pub seq: Option<Seq>,
}

/// Keep-alive.
#[apply(message)]
pub struct WsPingMessage {
    /// Always `ping`.
    #[serde(rename = "type")]
    pub kind: Tag<WsPingTag>,
}

/// Answer to `ping`, to the asker alone. Seed 003's channels have the same message.
#[apply(message)]
pub struct WsPongMessage {
    /// Always `pong`.
    #[serde(rename = "type")]
    pub kind: Tag<WsPongTag>,
}

tagged! {
    WsOutputMessage, WsOutputTag = "output";
    WsInputMessage, WsInputTag = "input";
    WsStatusMessage, WsStatusTag = "status";
    WsErrorMessage, WsErrorTag = "error";
    WsPingMessage, WsPingTag = "ping";
    WsPongMessage, WsPongTag = "pong";
}

union! {
    /// Seed 000's union, exactly its six types. Extra fields may be there, extra types not.
    pub enum WsMessage by "type" {
        /// Terminal output.
        Output(WsOutputMessage),
        /// User input.
        Input(WsInputMessage),
        /// The task's status changed.
        Status(WsStatusMessage),
        /// Something failed.
        Error(WsErrorMessage),
        /// Keep-alive.
        Ping(WsPingMessage),
        /// Answer to `ping`.
        Pong(WsPongMessage),
    }
}

impl WsMessage {
    /// `ping`
    pub const PING: Self = Self::Ping(WsPingMessage { kind: Tag::new() });
    /// `pong`
    pub const PONG: Self = Self::Pong(WsPongMessage { kind: Tag::new() });

    /// An `output`.
    #[must_use]
    pub fn output(data: impl Into<String>, timestamp: i64, seq: Option<Seq>) -> Self {
        Self::Output(WsOutputMessage { kind: Tag::new(), data: data.into(), timestamp, seq })
    }

    /// An `input`.
    #[must_use]
    pub fn input(data: impl Into<String>, id: Option<CommandId>) -> Self {
        Self::Input(WsInputMessage { kind: Tag::new(), data: data.into(), id })
    }

    /// A `status`.
    #[must_use]
    pub const fn status(status: TaskStatus, exit_code: Option<i32>, seq: Option<Seq>) -> Self {
        Self::Status(WsStatusMessage { kind: Tag::new(), status, exit_code, seq })
    }

    /// An `error`.
    #[must_use]
    pub fn error(message: impl Into<String>, seq: Option<Seq>) -> Self {
        Self::Error(WsErrorMessage { kind: Tag::new(), message: message.into(), seq })
    }
}

/// What a client gets beside [`WsMessage`] when it connects with `?progress=1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum WsAddition {
    /// A step of set-up.
    Progress {
        /// The log's seq.
        seq: Seq,
        /// Stage and message.
        #[serde(flatten)]
        progress: Progress,
    },
    /// The agent asks.
    Permission {
        /// The log's seq.
        seq: Seq,
        /// The question.
        #[serde(flatten)]
        request: PermissionRequested,
    },
    /// A question was answered.
    Answered {
        /// The log's seq.
        seq: Seq,
        /// Which, how, by whom.
        #[serde(flatten)]
        answer: PermissionAnswered,
    },
    /// A prompt's state changed: `queued`, `delivered`, `unknown`, `withdrawn`.
    Prompt {
        /// The log's seq.
        seq: Seq,
        /// Which.
        id: CommandId,
        /// The new state.
        state: String,
    },
    /// A turn ended.
    Turn {
        /// The log's seq.
        seq: Seq,
        /// How.
        #[serde(flatten)]
        ended: TurnEnded,
    },
    /// An egress connection was refused or allowed.
    Egress {
        /// The log's seq.
        seq: Seq,
        /// `refused` or `allowed`.
        verdict: String,
        /// Where to.
        host: String,
        /// Port.
        port: u16,
        /// Why it was refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The client is up to date: everything before `seq` has been sent.
    Live {
        /// The newest seq at that moment.
        seq: Seq,
    },
}

/// Any message of the stream: the seed's, or an addition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WsMessageExt {
    /// One of the seed's six.
    Seed(WsMessage),
    /// One of ours.
    Addition(WsAddition),
}

/// A client's answer to a permission over the WebSocket (`?progress=1` only).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum WsClientAddition {
    /// Answer one question; no option means `cancelled`.
    Answer {
        /// Which.
        id: PermissionId,
        /// One of the options that the agent offered.
        option_id: Option<String>,
    },
    /// Stop the running turn.
    Cancel,
    /// The terminal's size.
    Resize {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
}
