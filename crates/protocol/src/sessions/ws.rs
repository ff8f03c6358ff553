//! `./ws`: the WebSocket of one session.

use macro_rules_attribute::apply;
use serde_json::{Map, Value};

use crate::{
    ids::Seq,
    sessions::{session::PermissionResponseBody, session_host::PermissionRespondTag},
    time::Timestamp,
    wire::{
        message,
        tag::{Tag, tagged, tagged_as},
        union::union,
    },
    ws::{WsErrorMessage, WsPingTag},
};

/// An event of whatever type; those that are known are a [`SessionEvent`](super::events::SessionEvent).
#[apply(message)]
#[schemars(inline)]
pub struct AnyEvent {
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its data.
    pub data: Map<String, Value>,
    /// When; ISO 8601 in what Lia sends. The seed's validator takes any text, so this does.
    pub timestamp: String,
}

impl AnyEvent {
    /// An event at a time.
    #[must_use]
    pub fn new(kind: impl Into<String>, data: Map<String, Value>, at: Timestamp) -> Self {
        Self { kind: kind.into(), data, timestamp: at.to_string() }
    }
}

/// An event.
#[apply(message)]
pub struct WsEventMessage {
    /// Always `event`.
    #[serde(rename = "type")]
    pub kind: Tag<WsEventTag>,
    /// When it was sent; ISO 8601 in what Lia sends.
    pub timestamp: String,
    /// Its place in the session's log (ours).
    pub seq: Option<Seq>,
    /// What happened.
    #[garde(dive)]
    pub event: AnyEvent,
}

/// The session is there.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsConnectedMessage {
    /// Always `connected`.
    #[serde(rename = "type")]
    pub kind: Tag<WsConnectedTag>,
    /// Which session.
    pub session_id: String,
    /// In which life of the log `seq` counts (ours).
    #[serde(rename = "log_epoch")]
    pub log_epoch: Option<String>,
}

/// Sends a prompt.
#[apply(message)]
#[derive(Eq)]
pub struct WsPromptAction {
    /// Always `prompt`.
    pub action: Tag<PromptTag>,
    /// The prompt.
    pub text: String,
}

/// Answers a permission.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsPermissionRespondAction {
    /// Always `permission.respond`.
    pub action: Tag<PermissionRespondTag>,
    /// Which question.
    pub request_id: String,
    /// The answer.
    #[garde(dive)]
    pub body: PermissionResponseBody,
}

/// Takes a waiting prompt back, or stops the running turn.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsCancelAction {
    /// Always `cancel`.
    pub action: Tag<CancelTag>,
    /// Which prompt; the running turn when absent.
    pub queue_id: Option<String>,
}

/// Ends the session.
#[apply(message)]
#[derive(Eq)]
pub struct WsTerminateAction {
    /// Always `terminate`.
    pub action: Tag<TerminateTag>,
}

/// Keep-alive.
#[apply(message)]
#[derive(Eq)]
pub struct WsPingAction {
    /// Always `ping`.
    pub action: Tag<WsPingTag>,
}

/// Orders the queue anew.
#[apply(message)]
#[derive(Eq)]
pub struct WsQueueReorderAction {
    /// Always `queue.reorder`.
    pub action: Tag<QueueReorderTag>,
    /// The ids of all waiting prompts, each once.
    pub order: Vec<String>,
}

/// Empties the queue.
#[apply(message)]
#[derive(Eq)]
pub struct WsQueueClearAction {
    /// Always `queue.clear`.
    pub action: Tag<QueueClearTag>,
}

/// Holds the next prompt back.
#[apply(message)]
#[derive(Eq)]
pub struct WsQueuePauseAction {
    /// Always `queue.pause`.
    pub action: Tag<QueuePauseTag>,
}

/// Lets the queue go on.
#[apply(message)]
#[derive(Eq)]
pub struct WsQueueResumeAction {
    /// Always `queue.resume`.
    pub action: Tag<QueueResumeTag>,
}

tagged! {
    WsEventMessage, WsEventTag = "event";
    WsConnectedMessage, WsConnectedTag = "connected";
    WsPromptAction, PromptTag = "prompt";
    WsCancelAction, CancelTag = "cancel";
    WsTerminateAction, TerminateTag = "terminate";
    WsQueueReorderAction, QueueReorderTag = "queue.reorder";
    WsQueueClearAction, QueueClearTag = "queue.clear";
    WsQueuePauseAction, QueuePauseTag = "queue.pause";
    WsQueueResumeAction, QueueResumeTag = "queue.resume";
}

tagged_as! {
    WsPermissionRespondAction, PermissionRespondTag;
    WsPingAction, WsPingTag;
}

union! {
    /// Server → client on the socket of one session.
    pub enum WsServerMessage by "type" {
        /// An event.
        Event(WsEventMessage),
        /// The session is there.
        Connected(WsConnectedMessage),
        /// Something failed.
        Error(WsErrorMessage),
    }

    /// Client → server on the socket of one session.
    pub enum WsControlMessage by "action" {
        /// Sends a prompt.
        Prompt(WsPromptAction),
        /// Answers a permission.
        PermissionRespond(WsPermissionRespondAction),
        /// Takes a waiting prompt back, or stops the running turn.
        Cancel(WsCancelAction),
        /// Ends the session.
        Terminate(WsTerminateAction),
        /// Keep-alive.
        Ping(WsPingAction),
        /// Orders the queue anew.
        QueueReorder(WsQueueReorderAction),
        /// Empties the queue.
        QueueClear(WsQueueClearAction),
        /// Holds the next prompt back.
        QueuePause(WsQueuePauseAction),
        /// Lets the queue go on.
        QueueResume(WsQueueResumeAction),
    }
}
