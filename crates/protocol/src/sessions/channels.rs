//! `./ws/channels`: one WebSocket for many sessions, with channels.
//!
//! Channels are `agents`, `agent:{agentId}`, `agent:{agentId}:fs`, `session:{sessionId}`, and below it `:terminal`,
//! `:terminal:{terminalId}`, `:queue`, `:fs`; `terminals` and `terminals:{terminalId}` are a runtime's own. A
//! subscription to `X` gets what goes to `X` or to `X:…`.

use macro_rules_attribute::apply;

use crate::{
    ids::Seq,
    limits,
    sessions::{
        session::PermissionResponseBody,
        session_host::{FilePreviewAction, FsSnapshotAction, PermissionRespondTag},
        ws::{
            AnyEvent, CancelTag, PromptTag, QueueClearTag, QueuePauseTag, QueueReorderTag, QueueResumeTag,
            TerminateTag, WsConnectedTag, WsEventTag,
        },
    },
    wire::{
        message,
        tag::{Tag, tagged, tagged_as},
        union::union,
    },
    ws::{WsErrorTag, WsPingTag, WsPongMessage},
};

/// A channel's name, such as `session:abc`, `agent:xyz:fs`, `agents`.
#[apply(message)]
#[derive(Eq, PartialOrd, Ord, Hash)]
#[serde(transparent)]
pub struct Channel(pub String);

impl Channel {
    /// Whether a subscription to this channel gets what goes to `other`: the same, or one below it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.strip_prefix(&*self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }
}

impl From<String> for Channel {
    fn from(name: String) -> Self {
        Self(name)
    }
}

impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// First message of a connection.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsChannelConnectedMessage {
    /// Always `connected`.
    #[serde(rename = "type")]
    pub kind: Tag<WsConnectedTag>,
    /// The connection's id.
    pub connection_id: String,
    /// In which life of the log `seq` counts; another one means that `since` is of no use (ours).
    #[serde(rename = "log_epoch")]
    pub log_epoch: Option<String>,
}

/// A subscription is there, and what it asked for again has been sent.
#[apply(message)]
#[derive(Eq)]
pub struct WsSubscribedMessage {
    /// Always `subscribed`.
    #[serde(rename = "type")]
    pub kind: Tag<SubscribedTag>,
    /// Which channel.
    #[garde(dive)]
    pub channel: Channel,
}

/// A subscription is gone.
#[apply(message)]
#[derive(Eq)]
pub struct WsUnsubscribedMessage {
    /// Always `unsubscribed`.
    #[serde(rename = "type")]
    pub kind: Tag<UnsubscribedTag>,
    /// Which channel.
    #[garde(dive)]
    pub channel: Channel,
}

/// An event of a channel.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct WsChannelEventMessage {
    /// Always `event`.
    #[serde(rename = "type")]
    pub kind: Tag<WsEventTag>,
    /// Which channel.
    #[garde(dive)]
    pub channel: Channel,
    /// Which session.
    pub session_id: String,
    /// Its agent.
    pub agent_id: String,
    /// Its place; 0 when it is an answer to the asker alone.
    pub seq: Seq,
    /// What happened.
    #[garde(dive)]
    pub event: AnyEvent,
}

/// A session was started.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsSessionCreatedMessage {
    /// Always `session.created`.
    #[serde(rename = "type")]
    pub kind: Tag<SessionCreatedTag>,
    /// Which session.
    pub session_id: String,
    /// Its agent.
    pub agent_id: String,
}

/// A session has ended.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsSessionTerminatedMessage {
    /// Always `session.terminated`.
    #[serde(rename = "type")]
    pub kind: Tag<SessionTerminatedTag>,
    /// Which session.
    pub session_id: String,
    /// Its agent.
    pub agent_id: String,
}

/// Something failed.
#[apply(message)]
#[derive(Eq)]
pub struct WsChannelErrorMessage {
    /// Always `error`.
    #[serde(rename = "type")]
    pub kind: Tag<WsErrorTag>,
    /// A sentence.
    pub message: String,
    /// With which channel.
    #[garde(dive)]
    pub channel: Option<Channel>,
}

/// Asks for a channel's events.
#[apply(message)]
#[derive(Eq)]
pub struct WsSubscribeAction {
    /// Always `subscribe`.
    pub action: Tag<SubscribeTag>,
    /// Which channel.
    #[garde(dive)]
    pub channel: Channel,
    /// Replay only events with a greater `seq`; 0 or absent is all that is kept.
    pub since: Option<Seq>,
    /// Of a channel of one terminal: where its output goes on, by `nextOffset` of what came last; all that is kept when
    /// absent (ours).
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub offset: Option<u64>,
}

/// Asks for no more events of a channel.
#[apply(message)]
#[derive(Eq)]
pub struct WsUnsubscribeAction {
    /// Always `unsubscribe`.
    pub action: Tag<UnsubscribeTag>,
    /// Which channel.
    #[garde(dive)]
    pub channel: Channel,
}

/// Sends a prompt.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsChannelPromptAction {
    /// Always `prompt`.
    pub action: Tag<PromptTag>,
    /// Which session.
    pub session_id: String,
    /// The prompt.
    pub text: String,
}

/// Answers a permission.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsChannelPermissionRespondAction {
    /// Always `permission.respond`.
    pub action: Tag<PermissionRespondTag>,
    /// Which session.
    pub session_id: String,
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
pub struct WsChannelCancelAction {
    /// Always `cancel`.
    pub action: Tag<CancelTag>,
    /// Which session.
    pub session_id: String,
    /// Which prompt; the running turn when absent.
    pub queue_id: Option<String>,
}

/// Ends a session.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsChannelTerminateAction {
    /// Always `terminate`.
    pub action: Tag<TerminateTag>,
    /// Which session.
    pub session_id: String,
}

/// Orders a queue anew.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsChannelQueueReorderAction {
    /// Always `queue.reorder`.
    pub action: Tag<QueueReorderTag>,
    /// Which session.
    pub session_id: String,
    /// The ids of all waiting prompts, each once.
    pub order: Vec<String>,
}

/// Empties a queue.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsChannelQueueClearAction {
    /// Always `queue.clear`.
    pub action: Tag<QueueClearTag>,
    /// Which session.
    pub session_id: String,
}

/// Holds the next prompt back.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsChannelQueuePauseAction {
    /// Always `queue.pause`.
    pub action: Tag<QueuePauseTag>,
    /// Which session.
    pub session_id: String,
}

/// Lets a queue go on.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsChannelQueueResumeAction {
    /// Always `queue.resume`.
    pub action: Tag<QueueResumeTag>,
    /// Which session.
    pub session_id: String,
}

/// Keep-alive.
#[apply(message)]
#[derive(Eq)]
pub struct WsChannelPingAction {
    /// Always `ping`.
    pub action: Tag<WsPingTag>,
}

/// Opens a terminal.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsChannelTerminalCreateAction {
    /// Always `terminal.create`.
    pub action: Tag<TerminalCreateTag>,
    /// The session in whose workspace it opens.
    pub session_id: Option<String>,
    /// The command to run; `/bin/sh` when absent.
    pub data: Option<String>,
    /// Its arguments (ours).
    pub args: Option<Vec<String>>,
    /// Columns.
    pub cols: Option<u16>,
    /// Rows.
    pub rows: Option<u16>,
}

/// Types into a terminal.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsChannelTerminalInputAction {
    /// Always `terminal.input`.
    pub action: Tag<TerminalInputTag>,
    /// Which terminal.
    pub terminal_id: String,
    /// The text.
    pub data: String,
}

/// Changes a terminal's size.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsChannelTerminalResizeAction {
    /// Always `terminal.resize`.
    pub action: Tag<TerminalResizeTag>,
    /// Which terminal.
    pub terminal_id: String,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

/// Ends a terminal.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WsChannelTerminalKillAction {
    /// Always `terminal.kill`.
    pub action: Tag<TerminalKillTag>,
    /// Which terminal.
    pub terminal_id: String,
}

tagged! {
    WsSubscribedMessage, SubscribedTag = "subscribed";
    WsUnsubscribedMessage, UnsubscribedTag = "unsubscribed";
    WsSessionCreatedMessage, SessionCreatedTag = "session.created";
    WsSessionTerminatedMessage, SessionTerminatedTag = "session.terminated";
    WsSubscribeAction, SubscribeTag = "subscribe";
    WsUnsubscribeAction, UnsubscribeTag = "unsubscribe";
    WsChannelTerminalCreateAction, TerminalCreateTag = "terminal.create";
    WsChannelTerminalInputAction, TerminalInputTag = "terminal.input";
    WsChannelTerminalResizeAction, TerminalResizeTag = "terminal.resize";
    WsChannelTerminalKillAction, TerminalKillTag = "terminal.kill";
}

tagged_as! {
    WsChannelConnectedMessage, WsConnectedTag;
    WsChannelEventMessage, WsEventTag;
    WsChannelErrorMessage, WsErrorTag;
    WsChannelPromptAction, PromptTag;
    WsChannelPermissionRespondAction, PermissionRespondTag;
    WsChannelCancelAction, CancelTag;
    WsChannelTerminateAction, TerminateTag;
    WsChannelQueueReorderAction, QueueReorderTag;
    WsChannelQueueClearAction, QueueClearTag;
    WsChannelQueuePauseAction, QueuePauseTag;
    WsChannelQueueResumeAction, QueueResumeTag;
    WsChannelPingAction, WsPingTag;
}

union! {
    /// Server → client on a socket with channels.
    pub enum WsChannelServerMessage by "type" {
        /// First message of a connection.
        Connected(WsChannelConnectedMessage),
        /// A subscription is there.
        Subscribed(WsSubscribedMessage),
        /// A subscription is gone.
        Unsubscribed(WsUnsubscribedMessage),
        /// An event.
        Event(WsChannelEventMessage),
        /// A session was started.
        SessionCreated(WsSessionCreatedMessage),
        /// A session has ended.
        SessionTerminated(WsSessionTerminatedMessage),
        /// Something failed.
        Error(WsChannelErrorMessage),
        /// Answer to `ping`.
        Pong(WsPongMessage),
    }

    /// Client → server on a socket with channels: exactly the seed's fifteen.
    pub enum WsChannelControlMessage by "action" {
        /// Asks for a channel's events.
        Subscribe(WsSubscribeAction),
        /// Asks for no more of them.
        Unsubscribe(WsUnsubscribeAction),
        /// Sends a prompt.
        Prompt(WsChannelPromptAction),
        /// Answers a permission.
        PermissionRespond(WsChannelPermissionRespondAction),
        /// Takes a waiting prompt back, or stops the running turn.
        Cancel(WsChannelCancelAction),
        /// Ends a session.
        Terminate(WsChannelTerminateAction),
        /// Orders a queue anew.
        QueueReorder(WsChannelQueueReorderAction),
        /// Empties a queue.
        QueueClear(WsChannelQueueClearAction),
        /// Holds the next prompt back.
        QueuePause(WsChannelQueuePauseAction),
        /// Lets a queue go on.
        QueueResume(WsChannelQueueResumeAction),
        /// Keep-alive.
        Ping(WsChannelPingAction),
        /// Opens a terminal.
        TerminalCreate(WsChannelTerminalCreateAction),
        /// Types into a terminal.
        TerminalInput(WsChannelTerminalInputAction),
        /// Changes a terminal's size.
        TerminalResize(WsChannelTerminalResizeAction),
        /// Ends a terminal.
        TerminalKill(WsChannelTerminalKillAction),
    }

    /// Client → server on a socket with channels, with the two actions that the seed names without their union.
    pub enum WsChannelControlMessageExt by "action" {
        /// Asks for a channel's events.
        Subscribe(WsSubscribeAction),
        /// Asks for no more of them.
        Unsubscribe(WsUnsubscribeAction),
        /// Sends a prompt.
        Prompt(WsChannelPromptAction),
        /// Answers a permission.
        PermissionRespond(WsChannelPermissionRespondAction),
        /// Takes a waiting prompt back, or stops the running turn.
        Cancel(WsChannelCancelAction),
        /// Ends a session.
        Terminate(WsChannelTerminateAction),
        /// Orders a queue anew.
        QueueReorder(WsChannelQueueReorderAction),
        /// Empties a queue.
        QueueClear(WsChannelQueueClearAction),
        /// Holds the next prompt back.
        QueuePause(WsChannelQueuePauseAction),
        /// Lets a queue go on.
        QueueResume(WsChannelQueueResumeAction),
        /// Keep-alive.
        Ping(WsChannelPingAction),
        /// Opens a terminal.
        TerminalCreate(WsChannelTerminalCreateAction),
        /// Types into a terminal.
        TerminalInput(WsChannelTerminalInputAction),
        /// Changes a terminal's size.
        TerminalResize(WsChannelTerminalResizeAction),
        /// Ends a terminal.
        TerminalKill(WsChannelTerminalKillAction),
        /// Asks for a snapshot of the files.
        FsSnapshot(FsSnapshotAction),
        /// Asks for a file's content.
        FilePreview(FilePreviewAction),
    }
}

#[cfg(test)]
mod tests {
    use super::Channel;

    #[test]
    fn a_channel_covers_itself_and_what_is_below() {
        let c = |s: &str| Channel(s.to_owned());
        for (channel, other, covers) in [
            ("terminals", "terminals", true),
            ("terminals", "terminals:t1", true),
            ("session:ab", "session:ab:fs", true),
            ("session", "session:ab", true),
            ("session:ab", "session:abc", false),
            ("session:ab:fs", "session:ab", false),
            ("agents", "agent:a", false),
        ] {
            assert_eq!(c(channel).covers(&c(other)), covers, "{channel} {other}");
        }
    }
}
