//! Seed 000's host ↔ sidecar union, exactly its five types. [`crate::link`] is the superset that Lia speaks.

use macro_rules_attribute::apply;

use crate::{
    secret::{Secret, in_clear},
    wire::{
        message,
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

/// One initial file (text only, as in the seed).
#[apply(message)]
pub struct VsockFile {
    /// Relative to the workspace.
    pub name: String,
    /// Text.
    pub content: String,
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
    /// Initial files.
    #[garde(dive)]
    pub files: Option<Vec<VsockFile>>,
}

/// Guest → host.
#[apply(message)]
pub struct VsockOutputMessage {
    /// Always `output`.
    #[serde(rename = "type")]
    pub kind: Tag<VsockOutputTag>,
    /// Text.
    pub data: String,
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
    /// Its exit code.
    pub code: i32,
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
