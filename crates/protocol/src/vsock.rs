//! Seed 000's host ↔ sidecar union, exactly its five types. [`crate::vsock_ext`] is the superset that Lia speaks.

use macro_rules_attribute::apply;

use crate::{
    ids::{CommandId, Offset},
    limits,
    link::AgentStart,
    secret::{Secret, in_clear},
    task::FileEncoding,
    wire::{
        message,
        optional::{Nullable, nullable},
        tag::{Tag, tagged},
        union::union,
        word,
    },
};

/// The tags of [`VsockMessage`].
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum VsockMessageType {
    /// Initialization from the host.
    Init,
    /// Terminal output from the guest.
    Output,
    /// User input to the guest.
    Input,
    /// The agent's process ended.
    Exit,
    /// Keep-alive.
    Heartbeat,
}

/// One initial file.
#[apply(message)]
pub struct VsockFile {
    /// Relative to the workspace.
    pub name: String,
    /// The content in the form that `encoding` says.
    pub content: String,
    /// `utf8` unless said otherwise (ours).
    pub encoding: Option<FileEncoding>,
}

/// Host → guest, once.
#[apply(message)]
pub struct VsockInitMessage {
    /// Always `init`.
    #[serde(rename = "type")]
    pub kind: Tag<VsockInitTag>,
    /// The agent's key variable. Lia always sends a worthless placeholder.
    #[serde(serialize_with = "in_clear")]
    #[schemars(with = "String")]
    pub api_key: Secret,
    /// The user's request.
    pub prompt: String,
    /// Initial files; hosts of the seed's ancestor write `null` when there are none.
    #[garde(dive)]
    #[serde_with(skip_apply)]
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    #[schemars(with = "Option<Nullable<Vec<VsockFile>>>")]
    pub files: Option<Vec<VsockFile>>,
    /// The first prompt's row in the inbox (ours).
    pub prompt_id: Option<CommandId>,
    /// What to start (ours).
    #[garde(dive)]
    pub agent: Option<AgentStart>,
}

/// Guest → host.
#[apply(message)]
pub struct VsockOutputMessage {
    /// Always `output`.
    #[serde(rename = "type")]
    pub kind: Tag<VsockOutputTag>,
    /// Its place in the journal (ours).
    pub offset: Option<Offset>,
    /// Bytes of the terminal before these (ours).
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub pos: Option<u64>,
    /// Text; empty when `base64` is there.
    pub data: String,
    /// The bytes in base64, when they are not UTF-8 (ours).
    pub base64: Option<String>,
}

/// Host → guest.
#[apply(message)]
pub struct VsockInputMessage {
    /// Always `input`.
    #[serde(rename = "type")]
    pub kind: Tag<VsockInputTag>,
    /// Text.
    pub data: String,
}

/// Guest → host: the agent has ended.
#[apply(message)]
pub struct VsockExitMessage {
    /// Always `exit`.
    #[serde(rename = "type")]
    pub kind: Tag<VsockExitTag>,
    /// Its place in the journal (ours).
    pub offset: Option<Offset>,
    /// Its exit code; 128 + signal when a signal ended it.
    pub code: i32,
    /// The signal (ours).
    pub signal: Option<i32>,
    /// The end of its standard error (ours).
    pub stderr_tail: Option<String>,
}

/// Both ways.
#[apply(message)]
pub struct VsockHeartbeatMessage {
    /// Always `heartbeat`.
    #[serde(rename = "type")]
    pub kind: Tag<VsockHeartbeatTag>,
}

tagged! {
    VsockInitMessage, VsockInitTag = "init";
    VsockOutputMessage, VsockOutputTag = "output";
    VsockInputMessage, VsockInputTag = "input";
    VsockExitMessage, VsockExitTag = "exit";
    VsockHeartbeatMessage, VsockHeartbeatTag = "heartbeat";
}

union! {
    /// JSON lines between host and guest (seed 000).
    pub enum VsockMessage by "type" {
        /// Host → guest, once.
        Init(VsockInitMessage),
        /// Guest → host.
        Output(VsockOutputMessage),
        /// Host → guest.
        Input(VsockInputMessage),
        /// Guest → host: the agent has ended.
        Exit(VsockExitMessage),
        /// Both ways.
        Heartbeat(VsockHeartbeatMessage),
    }
}
