//! The events of a session, typed: what stands in `event` of a [`WsEventMessage`](super::ws::WsEventMessage) or a
//! [`WsChannelEventMessage`](super::channels::WsChannelEventMessage). There the type is any text, as in the seed, so that
//! an unknown one is no error; here it is one of those that are known.

use macro_rules_attribute::apply;
use serde_json::Value;

use crate::{
    event::{Direction, Phase},
    limits,
    sessions::{
        session::{PermissionResponseBody, PromptQueueState},
        session_host::{
            AgentMessageData, EndTurnData, ErrorData, FilePreviewEvent, FilesystemSnapshotEvent,
            PermissionRequestEvent, SessionEndData,
        },
    },
    time::Timestamp,
    wire::{
        message, record,
        tag::{CancelledTag, Tag, True, tagged},
        union::union,
        word,
    },
};

/// One ACP message.
#[apply(message)]
#[schemars(inline)]
pub struct RpcData {
    /// Its method; for an answer that of its request.
    pub method: String,
    /// Who to whom.
    pub direction: Direction,
    /// What it is.
    pub phase: Phase,
    /// `params`, `result` or `error`.
    pub payload: Option<Value>,
}

/// A question was answered.
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
#[serde(rename_all = "camelCase")]
pub struct PermissionResolvedData {
    /// Which question.
    pub request_id: String,
    /// How.
    #[garde(dive)]
    pub response: PermissionResponseBody,
}

/// A question was answered with an option.
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
#[serde(rename_all = "camelCase")]
pub struct PermissionRespondedData {
    /// Which question.
    pub request_id: String,
    /// The option.
    pub option_id: String,
}

/// A question was cancelled.
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
#[serde(rename_all = "camelCase")]
pub struct PermissionCancelledData {
    /// Which question.
    pub request_id: String,
    /// Always `cancelled`.
    pub outcome: Tag<CancelledTag>,
}

/// Nothing to say.
#[apply(message)]
#[derive(Default, Eq)]
#[schemars(inline)]
pub struct NoData {}

/// Files changed.
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct FilesystemChangedData {
    /// Which, and how.
    #[garde(dive)]
    pub changes: Vec<FileChange>,
    /// Whether more may have changed than is listed (ours).
    pub truncated: Option<True>,
}

/// A file changed.
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct FileChange {
    /// Its path.
    pub path: String,
    /// How.
    #[serde(rename = "type")]
    pub kind: FileChangeType,
}

/// How a file changed.
#[apply(word)]
#[schemars(inline)]
#[serde(rename_all = "lowercase")]
pub enum FileChangeType {
    /// It is new.
    Added,
    /// Its content changed.
    Modified,
    /// It is gone.
    Deleted,
}

/// A terminal was opened.
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
#[serde(rename_all = "camelCase")]
pub struct TerminalStartedData {
    /// Which.
    pub terminal_id: String,
    /// Its command.
    pub command: String,
}

/// Output of a terminal.
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
#[serde(rename_all = "camelCase")]
pub struct TerminalOutputData {
    /// Which.
    pub terminal_id: String,
    /// Text.
    pub data: String,
    /// Of a person's terminal: bytes that it printed before this text (ours).
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub offset: Option<u64>,
    /// Of a person's terminal: where what follows begins (ours).
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub next_offset: Option<u64>,
}

/// A terminal's command ended.
#[apply(record)]
#[derive(Eq)]
#[schemars(inline)]
#[serde(rename_all = "camelCase")]
pub struct TerminalExitData {
    /// Which.
    pub terminal_id: String,
    /// Its exit code; `null` when it has none.
    pub exit_code: Option<i32>,
}

/// The session has ended.
#[apply(record)]
#[derive(Eq)]
#[schemars(inline)]
#[serde(rename_all = "camelCase")]
pub struct SessionTerminatedData {
    /// The agent's exit code; -1 when it was ended, `null` when it has none.
    pub exit_code: Option<i32>,
}

/// One ACP message.
#[apply(message)]
pub struct SessionRpcEvent {
    /// Always `rpc`.
    #[serde(rename = "type")]
    pub kind: Tag<RpcEventTag>,
    /// What.
    #[garde(dive)]
    pub data: RpcData,
    /// When.
    pub timestamp: Timestamp,
}

/// The agent asks.
#[apply(message)]
pub struct SessionPermissionRequestEvent {
    /// Always `permission_request`.
    #[serde(rename = "type")]
    pub kind: Tag<PermissionRequestEventTag>,
    /// What.
    #[garde(dive)]
    pub data: PermissionRequestEvent,
    /// When.
    pub timestamp: Timestamp,
}

/// A question was answered with an option, whatever its kind.
#[apply(message)]
pub struct SessionPermissionApprovedEvent {
    /// Always `permission_approved`.
    #[serde(rename = "type")]
    pub kind: Tag<PermissionApprovedEventTag>,
    /// What.
    #[garde(dive)]
    pub data: PermissionResolvedData,
    /// When.
    pub timestamp: Timestamp,
}

/// A question was cancelled.
#[apply(message)]
pub struct SessionPermissionRejectedEvent {
    /// Always `permission_rejected`.
    #[serde(rename = "type")]
    pub kind: Tag<PermissionRejectedEventTag>,
    /// What.
    #[garde(dive)]
    pub data: PermissionResolvedData,
    /// When.
    pub timestamp: Timestamp,
}

/// A question was answered over REST.
#[apply(message)]
pub struct SessionPermissionRespondedEvent {
    /// Always `permission_responded`.
    #[serde(rename = "type")]
    pub kind: Tag<PermissionRespondedEventTag>,
    /// What.
    #[garde(dive)]
    pub data: PermissionRespondedData,
    /// When.
    pub timestamp: Timestamp,
}

/// A question was cancelled over REST.
#[apply(message)]
pub struct SessionPermissionCancelledEvent {
    /// Always `permission_cancelled`.
    #[serde(rename = "type")]
    pub kind: Tag<PermissionCancelledEventTag>,
    /// What.
    #[garde(dive)]
    pub data: PermissionCancelledData,
    /// When.
    pub timestamp: Timestamp,
}

/// The queue changed.
#[apply(message)]
pub struct SessionQueueUpdatedEvent {
    /// Always `queue.updated`.
    #[serde(rename = "type")]
    pub kind: Tag<QueueUpdatedEventTag>,
    /// What.
    #[garde(dive)]
    pub data: PromptQueueState,
    /// When.
    pub timestamp: Timestamp,
}

/// The next prompt is held back.
#[apply(message)]
pub struct SessionQueuePausedEvent {
    /// Always `queue.paused`.
    #[serde(rename = "type")]
    pub kind: Tag<QueuePausedEventTag>,
    /// What.
    #[garde(dive)]
    pub data: NoData,
    /// When.
    pub timestamp: Timestamp,
}

/// The queue goes on.
#[apply(message)]
pub struct SessionQueueResumedEvent {
    /// Always `queue.resumed`.
    #[serde(rename = "type")]
    pub kind: Tag<QueueResumedEventTag>,
    /// What.
    #[garde(dive)]
    pub data: NoData,
    /// When.
    pub timestamp: Timestamp,
}

/// Files changed.
#[apply(message)]
pub struct SessionFilesystemChangedEvent {
    /// Always `filesystem.changed`.
    #[serde(rename = "type")]
    pub kind: Tag<FilesystemChangedEventTag>,
    /// What.
    #[garde(dive)]
    pub data: FilesystemChangedData,
    /// When.
    pub timestamp: Timestamp,
}

/// The files, as they were asked for.
#[apply(message)]
pub struct SessionFilesystemSnapshotEvent {
    /// Always `filesystem.snapshot`.
    #[serde(rename = "type")]
    pub kind: Tag<FilesystemSnapshotEventTag>,
    /// What.
    #[garde(dive)]
    pub data: FilesystemSnapshotEvent,
    /// When.
    pub timestamp: Timestamp,
}

/// A file's content, as it was asked for.
#[apply(message)]
pub struct SessionFilePreviewEvent {
    /// Always `file.preview`.
    #[serde(rename = "type")]
    pub kind: Tag<FilePreviewEventTag>,
    /// What.
    #[garde(dive)]
    pub data: FilePreviewEvent,
    /// When.
    pub timestamp: Timestamp,
}

/// A terminal was opened.
#[apply(message)]
pub struct SessionTerminalStartedEvent {
    /// Always `terminal.started`.
    #[serde(rename = "type")]
    pub kind: Tag<TerminalStartedEventTag>,
    /// What.
    #[garde(dive)]
    pub data: TerminalStartedData,
    /// When.
    pub timestamp: Timestamp,
}

/// Output of a terminal.
#[apply(message)]
pub struct SessionTerminalDataEvent {
    /// Always `terminal.data`.
    #[serde(rename = "type")]
    pub kind: Tag<TerminalDataEventTag>,
    /// What.
    #[garde(dive)]
    pub data: TerminalOutputData,
    /// When.
    pub timestamp: Timestamp,
}

/// A terminal's command ended.
#[apply(message)]
pub struct SessionTerminalExitEvent {
    /// Always `terminal.exit`.
    #[serde(rename = "type")]
    pub kind: Tag<TerminalExitEventTag>,
    /// What.
    #[garde(dive)]
    pub data: TerminalExitData,
    /// When.
    pub timestamp: Timestamp,
}

/// The session has ended.
#[apply(message)]
pub struct SessionSessionTerminatedEvent {
    /// Always `session.terminated`.
    #[serde(rename = "type")]
    pub kind: Tag<SessionTerminatedEventTag>,
    /// What.
    #[garde(dive)]
    pub data: SessionTerminatedData,
    /// When.
    pub timestamp: Timestamp,
}

/// Something failed.
#[apply(message)]
pub struct SessionErrorEvent {
    /// Always `error`.
    #[serde(rename = "type")]
    pub kind: Tag<ErrorEventTag>,
    /// What.
    #[garde(dive)]
    pub data: ErrorData,
    /// When.
    pub timestamp: Timestamp,
}

/// A turn ended.
#[apply(message)]
pub struct SessionEndTurnEvent {
    /// Always `end_turn`.
    #[serde(rename = "type")]
    pub kind: Tag<EndTurnEventTag>,
    /// What.
    #[garde(dive)]
    pub data: EndTurnData,
    /// When.
    pub timestamp: Timestamp,
}

/// The agent's process ended.
#[apply(message)]
pub struct SessionSessionEndEvent {
    /// Always `session_end`.
    #[serde(rename = "type")]
    pub kind: Tag<SessionEndEventTag>,
    /// What.
    #[garde(dive)]
    pub data: SessionEndData,
    /// When.
    pub timestamp: Timestamp,
}

/// The agent said something.
#[apply(message)]
pub struct SessionAgentMessageEvent {
    /// Always `agent_message`.
    #[serde(rename = "type")]
    pub kind: Tag<AgentMessageEventTag>,
    /// What.
    #[garde(dive)]
    pub data: AgentMessageData,
    /// When.
    pub timestamp: Timestamp,
}

tagged! {
    SessionRpcEvent, RpcEventTag = "rpc";
    SessionPermissionRequestEvent, PermissionRequestEventTag = "permission_request";
    SessionPermissionApprovedEvent, PermissionApprovedEventTag = "permission_approved";
    SessionPermissionRejectedEvent, PermissionRejectedEventTag = "permission_rejected";
    SessionPermissionRespondedEvent, PermissionRespondedEventTag = "permission_responded";
    SessionPermissionCancelledEvent, PermissionCancelledEventTag = "permission_cancelled";
    SessionQueueUpdatedEvent, QueueUpdatedEventTag = "queue.updated";
    SessionQueuePausedEvent, QueuePausedEventTag = "queue.paused";
    SessionQueueResumedEvent, QueueResumedEventTag = "queue.resumed";
    SessionFilesystemChangedEvent, FilesystemChangedEventTag = "filesystem.changed";
    SessionFilesystemSnapshotEvent, FilesystemSnapshotEventTag = "filesystem.snapshot";
    SessionFilePreviewEvent, FilePreviewEventTag = "file.preview";
    SessionTerminalStartedEvent, TerminalStartedEventTag = "terminal.started";
    SessionTerminalDataEvent, TerminalDataEventTag = "terminal.data";
    SessionTerminalExitEvent, TerminalExitEventTag = "terminal.exit";
    SessionSessionTerminatedEvent, SessionTerminatedEventTag = "session.terminated";
    SessionErrorEvent, ErrorEventTag = "error";
    SessionEndTurnEvent, EndTurnEventTag = "end_turn";
    SessionSessionEndEvent, SessionEndEventTag = "session_end";
    SessionAgentMessageEvent, AgentMessageEventTag = "agent_message";
}

union! {
    /// An event of a session whose type is known.
    pub enum SessionEvent by "type" {
        /// One ACP message.
        Rpc(SessionRpcEvent),
        /// The agent asks.
        PermissionRequest(SessionPermissionRequestEvent),
        /// A question was answered with an option, whatever its kind.
        PermissionApproved(SessionPermissionApprovedEvent),
        /// A question was cancelled.
        PermissionRejected(SessionPermissionRejectedEvent),
        /// A question was answered over REST.
        PermissionResponded(SessionPermissionRespondedEvent),
        /// A question was cancelled over REST.
        PermissionCancelled(SessionPermissionCancelledEvent),
        /// The queue changed.
        QueueUpdated(SessionQueueUpdatedEvent),
        /// The next prompt is held back.
        QueuePaused(SessionQueuePausedEvent),
        /// The queue goes on.
        QueueResumed(SessionQueueResumedEvent),
        /// Files changed.
        FilesystemChanged(SessionFilesystemChangedEvent),
        /// The files, as they were asked for.
        FilesystemSnapshot(SessionFilesystemSnapshotEvent),
        /// A file's content, as it was asked for.
        FilePreview(SessionFilePreviewEvent),
        /// A terminal was opened.
        TerminalStarted(SessionTerminalStartedEvent),
        /// Output of a terminal.
        TerminalData(SessionTerminalDataEvent),
        /// A terminal's command ended.
        TerminalExit(SessionTerminalExitEvent),
        /// The session has ended.
        SessionTerminated(SessionSessionTerminatedEvent),
        /// Something failed.
        Error(SessionErrorEvent),
        /// A turn ended.
        EndTurn(SessionEndTurnEvent),
        /// The agent's process ended.
        SessionEnd(SessionSessionEndEvent),
        /// The agent said something.
        AgentMessage(SessionAgentMessageEvent),
    }
}
