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

tagged! {
    RpcLogEvent, RpcKind = "rpc";
    OutputLogEvent, OutputKind = "output";
}

/// The struct of each kind of Lia's own, in which the body alone differs, and the union of all.
macro_rules! entries {
    ($($(#[$doc:meta])* $variant:ident($body:ty) $name:ident, $kind:ident = $word:literal;)*) => {
        $(
            $(#[$doc])*
            #[apply(message)]
            #[derive(Eq)]
            pub struct $name {
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
                #[doc = concat!("Always `", $word, "`.")]
                pub kind: Tag<$kind>,
                /// What.
                #[garde(dive)]
                pub body: $body,
            }
        )*

        tagged! { $($name, $kind = $word;)* }

        union! {
            /// One entry of a task's log.
            pub enum LogEvent by "kind" {
                /// One ACP frame.
                Rpc(RpcLogEvent),
                /// Bytes of a terminal.
                Output(OutputLogEvent),
                $($(#[$doc])* $variant($name),)*
            }
        }
    };
}

entries! {
    /// The task's state changed.
    TaskState(TaskState) TaskStateLogEvent, TaskStateKind = "task.state";
    /// A turn began.
    TurnStarted(TurnStarted) TurnStartedLogEvent, TurnStartedKind = "turn.started";
    /// A turn ended.
    TurnEnded(TurnEnded) TurnEndedLogEvent, TurnEndedKind = "turn.ended";
    /// A prompt was accepted and waits.
    PromptQueued(PromptQueued) PromptQueuedLogEvent, PromptQueuedKind = "prompt.queued";
    /// The sidecar has begun to act on a prompt.
    PromptDelivered(PromptDelivered) PromptDeliveredLogEvent, PromptDeliveredKind = "prompt.delivered";
    /// Whether the prompt was acted on is not known; it is never resent by itself.
    PromptUnknown(PromptUnknown) PromptUnknownLogEvent, PromptUnknownKind = "prompt.unknown";
    /// A prompt was taken back before it was delivered.
    PromptWithdrawn(PromptWithdrawn) PromptWithdrawnLogEvent, PromptWithdrawnKind = "prompt.withdrawn";
    /// The agent asks a person.
    PermissionRequested(PermissionRequested) PermissionRequestedLogEvent, PermissionRequestedKind = "permission.requested";
    /// The first answer to a question.
    PermissionAnswered(PermissionAnswered) PermissionAnsweredLogEvent, PermissionAnsweredKind = "permission.answered";
    /// The gateway refused a connection.
    EgressRefused(EgressRefused) EgressRefusedLogEvent, EgressRefusedKind = "egress.refused";
    /// The gateway let a connection pass (first of its destination).
    EgressAllowed(EgressAllowed) EgressAllowedLogEvent, EgressAllowedKind = "egress.allowed";
    /// Tokens that went through the broker.
    Usage(Usage) UsageLogEvent, UsageKind = "usage";
    /// Files of the workspace changed.
    FsChanged(FsChanged) FsChangedLogEvent, FsChangedKind = "fs.changed";
    /// A step of set-up.
    Progress(Progress) ProgressLogEvent, ProgressKind = "progress";
    /// Something failed.
    Error(ErrorEvent) ErrorLogEvent, ErrorKind = "error";
    /// The oldest PTY bytes were dropped.
    LogTruncated(LogTruncated) LogTruncatedLogEvent, LogTruncatedKind = "log.truncated";
    /// The agent answered the handshake.
    AgentReady(AgentReady) AgentReadyLogEvent, AgentReadyKind = "agent.ready";
    /// The agent's process ended.
    AgentExited(AgentExited) AgentExitedLogEvent, AgentExitedKind = "agent.exited";
    /// Waiting prompts are held back.
    QueuePaused(QueuePaused) QueuePausedLogEvent, QueuePausedKind = "queue.paused";
    /// Waiting prompts go on.
    QueueResumed(QueueResumed) QueueResumedLogEvent, QueueResumedKind = "queue.resumed";
    /// Waiting prompts were put into another order.
    QueueReordered(QueueReordered) QueueReorderedLogEvent, QueueReorderedKind = "queue.reordered";
    /// What is decided about the session changed.
    SettingsChanged(SettingsChanged) SettingsChangedLogEvent, SettingsChangedKind = "settings.changed";
    /// A person opened a terminal.
    TerminalOpened(TerminalOpened) TerminalOpenedLogEvent, TerminalOpenedKind = "terminal.opened";
    /// A person's terminal is over.
    TerminalClosed(TerminalClosed) TerminalClosedLogEvent, TerminalClosedKind = "terminal.closed";
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
