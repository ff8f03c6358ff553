//! The log's events as `GET /api/v1/tasks/{id}/events` writes them ([`Event::to_json`](crate::event::Event::to_json)):
//! one struct for each kind, and their union. A client of an older version meets kinds that it does not know: it reads
//! with [`RawLogEvent`].

use macro_rules_attribute::apply;
use serde_json::{Map, Value, value::RawValue};

use crate::{
    event::{
        Actor, AgentExited, AgentReady, Direction, EgressAllowed, EgressRefused, ErrorEvent, FsChanged,
        LogTruncated, PermissionAnswered, PermissionRequested, Phase, Progress, PromptDelivered,
        PromptQueued, PromptUnknown, PromptWithdrawn, QueuePaused, QueueReordered, QueueResumed,
        SettingsChanged, TaskState, TerminalClosed, TerminalOpened, TurnEnded, TurnStarted, Usage,
    },
    ids::{CommandId, Seq, SessionId, TurnId},
    limits,
    time::Timestamp,
    wire::{
        message,
        tag::{Tag, tagged},
        union::union,
    },
};

/// One ACP frame.
#[apply(message)]
pub struct RpcLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `rpc`.
    pub kind: Tag<RpcKind>,
    /// Who to whom.
    pub direction: Direction,
    /// What it is.
    pub phase: Phase,
    /// The frame: a JSON-RPC message.
    pub body: Map<String, Value>,
}

/// Bytes of a terminal, and where they stand in all that it wrote.
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct OutputBody {
    /// Bytes before these.
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub pos: u64,
    /// The bytes in base64.
    pub data: String,
}

/// Bytes of a terminal.
#[apply(message)]
#[derive(Eq)]
pub struct OutputLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `output`.
    pub kind: Tag<OutputKind>,
    /// The bytes.
    #[garde(dive)]
    pub body: OutputBody,
}

/// The task's state changed.
#[apply(message)]
#[derive(Eq)]
pub struct TaskStateLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `task.state`.
    pub kind: Tag<TaskStateKind>,
    /// What.
    #[garde(dive)]
    pub body: TaskState,
}

/// A turn began.
#[apply(message)]
#[derive(Eq)]
pub struct TurnStartedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `turn.started`.
    pub kind: Tag<TurnStartedKind>,
    /// What.
    #[garde(dive)]
    pub body: TurnStarted,
}

/// A turn ended.
#[apply(message)]
#[derive(Eq)]
pub struct TurnEndedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `turn.ended`.
    pub kind: Tag<TurnEndedKind>,
    /// What.
    #[garde(dive)]
    pub body: TurnEnded,
}

/// A prompt was accepted and waits.
#[apply(message)]
#[derive(Eq)]
pub struct PromptQueuedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `prompt.queued`.
    pub kind: Tag<PromptQueuedKind>,
    /// What.
    #[garde(dive)]
    pub body: PromptQueued,
}

/// The sidecar has begun to act on a prompt.
#[apply(message)]
#[derive(Eq)]
pub struct PromptDeliveredLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `prompt.delivered`.
    pub kind: Tag<PromptDeliveredKind>,
    /// What.
    #[garde(dive)]
    pub body: PromptDelivered,
}

/// Whether the prompt was acted on is not known; it is never resent by itself.
#[apply(message)]
#[derive(Eq)]
pub struct PromptUnknownLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `prompt.unknown`.
    pub kind: Tag<PromptUnknownKind>,
    /// What.
    #[garde(dive)]
    pub body: PromptUnknown,
}

/// A prompt was taken back before it was delivered.
#[apply(message)]
#[derive(Eq)]
pub struct PromptWithdrawnLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `prompt.withdrawn`.
    pub kind: Tag<PromptWithdrawnKind>,
    /// What.
    #[garde(dive)]
    pub body: PromptWithdrawn,
}

/// The agent asks a person.
#[apply(message)]
#[derive(Eq)]
pub struct PermissionRequestedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `permission.requested`.
    pub kind: Tag<PermissionRequestedKind>,
    /// What.
    #[garde(dive)]
    pub body: PermissionRequested,
}

/// The first answer to a question.
#[apply(message)]
#[derive(Eq)]
pub struct PermissionAnsweredLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `permission.answered`.
    pub kind: Tag<PermissionAnsweredKind>,
    /// What.
    #[garde(dive)]
    pub body: PermissionAnswered,
}

/// The gateway refused a connection.
#[apply(message)]
#[derive(Eq)]
pub struct EgressRefusedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `egress.refused`.
    pub kind: Tag<EgressRefusedKind>,
    /// What.
    #[garde(dive)]
    pub body: EgressRefused,
}

/// The gateway let a connection pass (first of its destination).
#[apply(message)]
#[derive(Eq)]
pub struct EgressAllowedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `egress.allowed`.
    pub kind: Tag<EgressAllowedKind>,
    /// What.
    #[garde(dive)]
    pub body: EgressAllowed,
}

/// Tokens that went through the broker.
#[apply(message)]
#[derive(Eq)]
pub struct UsageLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `usage`.
    pub kind: Tag<UsageKind>,
    /// What.
    #[garde(dive)]
    pub body: Usage,
}

/// Files of the workspace changed.
#[apply(message)]
#[derive(Eq)]
pub struct FsChangedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `fs.changed`.
    pub kind: Tag<FsChangedKind>,
    /// What.
    #[garde(dive)]
    pub body: FsChanged,
}

/// A step of set-up.
#[apply(message)]
#[derive(Eq)]
pub struct ProgressLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `progress`.
    pub kind: Tag<ProgressKind>,
    /// What.
    #[garde(dive)]
    pub body: Progress,
}

/// Something failed.
#[apply(message)]
#[derive(Eq)]
pub struct ErrorLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `error`.
    pub kind: Tag<ErrorKind>,
    /// What.
    #[garde(dive)]
    pub body: ErrorEvent,
}

/// The oldest PTY bytes were dropped.
#[apply(message)]
#[derive(Eq)]
pub struct LogTruncatedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `log.truncated`.
    pub kind: Tag<LogTruncatedKind>,
    /// What.
    #[garde(dive)]
    pub body: LogTruncated,
}

/// The agent answered the handshake.
#[apply(message)]
#[derive(Eq)]
pub struct AgentReadyLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `agent.ready`.
    pub kind: Tag<AgentReadyKind>,
    /// What.
    #[garde(dive)]
    pub body: AgentReady,
}

/// The agent's process ended.
#[apply(message)]
#[derive(Eq)]
pub struct AgentExitedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `agent.exited`.
    pub kind: Tag<AgentExitedKind>,
    /// What.
    #[garde(dive)]
    pub body: AgentExited,
}

/// Waiting prompts are held back.
#[apply(message)]
#[derive(Eq)]
pub struct QueuePausedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `queue.paused`.
    pub kind: Tag<QueuePausedKind>,
    /// What.
    #[garde(dive)]
    pub body: QueuePaused,
}

/// Waiting prompts go on.
#[apply(message)]
#[derive(Eq)]
pub struct QueueResumedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `queue.resumed`.
    pub kind: Tag<QueueResumedKind>,
    /// What.
    #[garde(dive)]
    pub body: QueueResumed,
}

/// Waiting prompts were put into another order.
#[apply(message)]
#[derive(Eq)]
pub struct QueueReorderedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `queue.reordered`.
    pub kind: Tag<QueueReorderedKind>,
    /// What.
    #[garde(dive)]
    pub body: QueueReordered,
}

/// What is decided about the session changed.
#[apply(message)]
#[derive(Eq)]
pub struct SettingsChangedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `settings.changed`.
    pub kind: Tag<SettingsChangedKind>,
    /// What.
    #[garde(dive)]
    pub body: SettingsChanged,
}

/// A person opened a terminal.
#[apply(message)]
#[derive(Eq)]
pub struct TerminalOpenedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `terminal.opened`.
    pub kind: Tag<TerminalOpenedKind>,
    /// What.
    #[garde(dive)]
    pub body: TerminalOpened,
}

/// A person's terminal is over.
#[apply(message)]
#[derive(Eq)]
pub struct TerminalClosedLogEvent {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When it was appended. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// Always `terminal.closed`.
    pub kind: Tag<TerminalClosedKind>,
    /// What.
    #[garde(dive)]
    pub body: TerminalClosed,
}

tagged! {
    RpcLogEvent, RpcKind = "rpc";
    OutputLogEvent, OutputKind = "output";
    TaskStateLogEvent, TaskStateKind = "task.state";
    TurnStartedLogEvent, TurnStartedKind = "turn.started";
    TurnEndedLogEvent, TurnEndedKind = "turn.ended";
    PromptQueuedLogEvent, PromptQueuedKind = "prompt.queued";
    PromptDeliveredLogEvent, PromptDeliveredKind = "prompt.delivered";
    PromptUnknownLogEvent, PromptUnknownKind = "prompt.unknown";
    PromptWithdrawnLogEvent, PromptWithdrawnKind = "prompt.withdrawn";
    PermissionRequestedLogEvent, PermissionRequestedKind = "permission.requested";
    PermissionAnsweredLogEvent, PermissionAnsweredKind = "permission.answered";
    EgressRefusedLogEvent, EgressRefusedKind = "egress.refused";
    EgressAllowedLogEvent, EgressAllowedKind = "egress.allowed";
    UsageLogEvent, UsageKind = "usage";
    FsChangedLogEvent, FsChangedKind = "fs.changed";
    ProgressLogEvent, ProgressKind = "progress";
    ErrorLogEvent, ErrorKind = "error";
    LogTruncatedLogEvent, LogTruncatedKind = "log.truncated";
    AgentReadyLogEvent, AgentReadyKind = "agent.ready";
    AgentExitedLogEvent, AgentExitedKind = "agent.exited";
    QueuePausedLogEvent, QueuePausedKind = "queue.paused";
    QueueResumedLogEvent, QueueResumedKind = "queue.resumed";
    QueueReorderedLogEvent, QueueReorderedKind = "queue.reordered";
    SettingsChangedLogEvent, SettingsChangedKind = "settings.changed";
    TerminalOpenedLogEvent, TerminalOpenedKind = "terminal.opened";
    TerminalClosedLogEvent, TerminalClosedKind = "terminal.closed";
}

union! {
    /// One entry of a task's log.
    pub enum LogEvent by "kind" {
        /// One ACP frame.
        Rpc(RpcLogEvent),
        /// Bytes of a terminal.
        Output(OutputLogEvent),
        /// The task's state changed.
        TaskState(TaskStateLogEvent),
        /// A turn began.
        TurnStarted(TurnStartedLogEvent),
        /// A turn ended.
        TurnEnded(TurnEndedLogEvent),
        /// A prompt was accepted and waits.
        PromptQueued(PromptQueuedLogEvent),
        /// The sidecar has begun to act on a prompt.
        PromptDelivered(PromptDeliveredLogEvent),
        /// Whether the prompt was acted on is not known; it is never resent by itself.
        PromptUnknown(PromptUnknownLogEvent),
        /// A prompt was taken back before it was delivered.
        PromptWithdrawn(PromptWithdrawnLogEvent),
        /// The agent asks a person.
        PermissionRequested(PermissionRequestedLogEvent),
        /// The first answer to a question.
        PermissionAnswered(PermissionAnsweredLogEvent),
        /// The gateway refused a connection.
        EgressRefused(EgressRefusedLogEvent),
        /// The gateway let a connection pass (first of its destination).
        EgressAllowed(EgressAllowedLogEvent),
        /// Tokens that went through the broker.
        Usage(UsageLogEvent),
        /// Files of the workspace changed.
        FsChanged(FsChangedLogEvent),
        /// A step of set-up.
        Progress(ProgressLogEvent),
        /// Something failed.
        Error(ErrorLogEvent),
        /// The oldest PTY bytes were dropped.
        LogTruncated(LogTruncatedLogEvent),
        /// The agent answered the handshake.
        AgentReady(AgentReadyLogEvent),
        /// The agent's process ended.
        AgentExited(AgentExitedLogEvent),
        /// Waiting prompts are held back.
        QueuePaused(QueuePausedLogEvent),
        /// Waiting prompts go on.
        QueueResumed(QueueResumedLogEvent),
        /// Waiting prompts were put into another order.
        QueueReordered(QueueReorderedLogEvent),
        /// What is decided about the session changed.
        SettingsChanged(SettingsChangedLogEvent),
        /// A person opened a terminal.
        TerminalOpened(TerminalOpenedLogEvent),
        /// A person's terminal is over.
        TerminalClosed(TerminalClosedLogEvent),
    }
}

/// An entry of the log whose body is not read yet: its kind may be one of a later version. The form is [`LogEvent`]'s.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct RawLogEvent {
    /// As in [`LogEvent`].
    pub seq: Seq,
    /// As in [`LogEvent`].
    pub at: Timestamp,
    /// As in [`LogEvent`].
    pub session: SessionId,
    /// As in [`LogEvent`].
    #[serde(default)]
    pub turn: Option<TurnId>,
    /// As in [`LogEvent`].
    pub actor: String,
    /// As in [`LogEvent`].
    #[serde(default)]
    pub cause: Option<CommandId>,
    /// As in [`LogEvent`].
    pub v: u8,
    /// As [`Kind::as_str`](crate::event::Kind::as_str), or another word.
    pub kind: String,
    /// Of an `rpc` event.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// Of an `rpc` event.
    #[serde(default)]
    pub phase: Option<Phase>,
    /// The body's own bytes.
    pub body: Box<RawValue>,
}

#[cfg(test)]
mod tests {
    use super::LogEvent;
    use crate::event::Kind;

    #[test]
    fn every_kind_has_its_struct() {
        let mut kinds: Vec<_> = (0..=u8::MAX).filter_map(Kind::from_code).map(Kind::as_str).collect();
        kinds.dedup();
        assert_eq!(kinds, LogEvent::TAGS);
    }
}
