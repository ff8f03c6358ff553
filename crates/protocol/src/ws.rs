//! The messages of `/api/v1/tasks/{id}/stream`: seed 000's six types, and the superset for clients that ask for it.

use serde::{Deserialize, Serialize};

use crate::{
    event::{PermissionAnswered, PermissionRequested, Progress, TurnEnded},
    ids::{CommandId, PermissionId, Seq},
    task::TaskStatus,
};

/// Seed 000's union, exactly its six types. Extra fields may be there, extra types not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum WsMessage {
    /// Terminal output.
    Output {
        /// Text; bytes that are not UTF-8 show as U+FFFD here.
        data: String,
        /// Milliseconds since the epoch.
        timestamp: i64,
        /// The log's seq (ours).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<Seq>,
    },
    /// User input: bytes for a terminal, one prompt for an ACP agent.
    Input {
        /// The text.
        data: String,
        /// Makes a repeat harmless (ours).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<CommandId>,
    },
    /// The task's status changed.
    Status {
        /// The new status.
        status: TaskStatus,
        /// Once the agent has ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_code: Option<i32>,
        /// The log's seq (ours).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<Seq>,
    },
    /// Something failed.
    Error {
        /// A sentence.
        message: String,
        /// The log's seq, when the error is an event and not an answer to the asker (ours).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<Seq>,
    },
    /// Keep-alive.
    Ping,
    /// Answer to `ping`, to the asker alone.
    Pong,
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
