//! What is kept beside the log. A record's change and its event are one transaction, so that no state is unexplained.

use lia_protocol::{
    api::Scope,
    event::PermissionRequested,
    ids::{
        CommandId, InstanceId, LinkEpoch, Offset, PermissionId, Seq, SessionId, TaskId, TokenId, UploadId,
        UserId,
    },
    link::Order,
    task::{TaskConfig, TaskStatus},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A task with its session and instance (one each).
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRecord {
    /// Unique.
    pub id: TaskId,
    /// Its session.
    pub session: SessionId,
    /// Its instance.
    pub instance: InstanceId,
    /// The owner.
    pub user: UserId,
    /// Where it was asked.
    pub guild: Option<String>,
    /// As given.
    pub prompt: String,
    /// Now.
    pub status: TaskStatus,
    /// In force.
    pub config: TaskConfig,
    /// The agent template's name.
    pub template: String,
    /// The runtime's name.
    pub runtime: String,
    /// Which client asked.
    pub source: Option<String>,
    /// What the engine needs to start it again (template, allow list, files' place, …) as JSON; no secret in it.
    pub spec: String,
    /// The runtime's record of the instance as JSON, once it was started.
    pub instance_record: Option<String>,
    /// When accepted.
    pub created_at: Timestamp,
    /// When it ran first.
    pub started_at: Option<Timestamp>,
    /// When it was suspended last.
    pub suspended_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// Running time in milliseconds up to the last change of state.
    pub ran_ms: i64,
    /// The agent's exit code.
    pub exit_code: Option<i32>,
    /// Why it ended.
    pub error: Option<String>,
    /// How the last turn ended.
    pub stop_reason: Option<String>,
    /// Whether the instance still has to be removed (DELETE was accepted).
    pub cleanup: bool,
    /// Whether the instance and its files are gone.
    pub removed: bool,
    /// What it is about, for people.
    pub title: Option<String>,
    /// The named instance that it belongs to.
    pub instance_name: Option<String>,
    /// Whether waiting prompts are held back.
    pub queue_paused: bool,
    /// Whether Lia answers questions by itself; as the server's settings have it when absent.
    pub auto_approve: Option<bool>,
    /// The reason word of its end.
    pub end_reason: Option<String>,
    /// Filled by reads: when the newest event of its log was appended, or it was accepted.
    pub changed_at: Timestamp,
    /// Filled by reads: the newest seq of its log.
    pub last_seq: Seq,
    /// Filled by reads: whether a prompt is being worked on.
    pub busy: bool,
    /// Filled by reads: prompts that wait.
    pub queued: u32,
    /// Filled by reads: questions that wait.
    pub pending_permissions: u32,
}

/// Which fields of a task a transaction changes; `None` leaves as it is.
#[derive(Clone, Debug, Default)]
pub struct TaskPatch {
    /// New status.
    pub status: Option<TaskStatus>,
    /// New instance record (JSON).
    pub instance_record: Option<Option<String>>,
    /// First run.
    pub started_at: Option<Timestamp>,
    /// Suspended.
    pub suspended_at: Option<Option<Timestamp>>,
    /// Ended.
    pub completed_at: Option<Timestamp>,
    /// Running time so far.
    pub ran_ms: Option<i64>,
    /// Exit code.
    pub exit_code: Option<i32>,
    /// Why it ended.
    pub error: Option<String>,
    /// How the last turn ended.
    pub stop_reason: Option<String>,
    /// To be removed.
    pub cleanup: Option<bool>,
    /// Removed.
    pub removed: Option<bool>,
    /// Waiting prompts are held back.
    pub queue_paused: Option<bool>,
    /// Questions are answered by Lia.
    pub auto_approve: Option<Option<bool>>,
    /// The reason word of its end.
    pub end_reason: Option<String>,
    /// What it is about.
    pub title: Option<String>,
}

/// Which tasks a list shows.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    /// Of this owner.
    pub user: Option<UserId>,
    /// Of this guild.
    pub guild: Option<String>,
    /// In these states; empty is all.
    pub status: Vec<TaskStatus>,
    /// Of this named instance.
    pub instance_name: Option<String>,
    /// In which order.
    pub order: TaskOrder,
}

/// The order of a list of tasks; ties by id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskOrder {
    /// The newest first.
    #[default]
    Newest,
    /// The last changed first.
    LastChanged,
}

/// An agent template that somebody registered, or somebody's change of one that comes with the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateRecord {
    /// Unique.
    pub id: String,
    /// When it was registered.
    pub created_at: Timestamp,
    /// The template as JSON, without the values of its variables.
    pub body: String,
    /// The values of its variables, encrypted.
    pub sealed: Option<Vec<u8>>,
}

/// A named instance of a runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedInstance {
    /// Whose.
    pub user: UserId,
    /// Its name, unique among the user's.
    pub name: String,
    /// The runtime's name.
    pub runtime: String,
    /// Whether it runs.
    pub status: NamedStatus,
    /// The sandbox that its sessions share; `None`: each has its own.
    pub sandbox: Option<InstanceId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whether a named instance runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NamedStatus {
    /// It runs.
    Running,
    /// Its sessions are suspended.
    Paused,
    /// Its sessions have ended.
    Stopped,
}

impl NamedStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Running, Self::Paused, Self::Stopped];

    /// The word that a store keeps.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
        }
    }
}

/// pending → sent → begun → done | unknown; pending → withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommandState {
    /// Accepted; not yet given to a sidecar.
    Pending,
    /// Given to a sidecar; written before the bytes go out.
    Sent,
    /// The sidecar journaled that it acts on it.
    Begun,
    /// The sidecar journaled its outcome.
    Done,
    /// Whether it was acted on is not known; never resent by itself.
    Unknown,
    /// Taken back before it was sent.
    Withdrawn,
}

impl CommandState {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Sent, Self::Begun, Self::Done, Self::Unknown, Self::Withdrawn];

    /// The word that a store keeps.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Unknown => "unknown",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The table of states.
    #[must_use]
    pub const fn may_become(self, to: Self) -> bool {
        use CommandState::{Begun, Done, Pending, Sent, Unknown, Withdrawn};
        matches!(
            (self, to),
            (Pending, Sent | Withdrawn) | (Sent, Begun | Done | Unknown) | (Begun, Done | Unknown)
        )
    }
}

/// A row of a session's inbox.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandRecord {
    /// Unique; given by the caller or made.
    pub id: CommandId,
    /// Whose inbox.
    pub session: SessionId,
    /// What to do.
    pub order: Order,
    /// Who asked: an actor as text.
    pub actor: String,
    /// Where it stands.
    pub state: CommandState,
    /// When accepted.
    pub accepted_at: Timestamp,
    /// How it ended, as JSON of [`lia_protocol::link::Outcome`].
    pub outcome: Option<String>,
}

/// A question of an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct PermissionRecord {
    /// Unique.
    pub id: PermissionId,
    /// Whose.
    pub session: SessionId,
    /// The request's JSON-RPC id, as JSON.
    pub rpc_id: String,
    /// What is asked.
    pub request: PermissionRequested,
    /// When.
    pub requested_at: Timestamp,
    /// The log's seq of the `permission.requested` event.
    pub seq: Seq,
    /// The answer: `Some(None)` is "cancelled".
    pub answer: Option<Option<String>>,
    /// Who answered: an actor as text.
    pub answered_by: Option<String>,
}

/// What a credential is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CredentialKind {
    /// A bearer token.
    Token,
    /// A browser's cookie.
    Cookie,
    /// A link's one-time code.
    Code,
    /// A WebSocket's one-time ticket.
    Ticket,
}

impl CredentialKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Token, Self::Cookie, Self::Code, Self::Ticket];

    /// The word that a store keeps.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Cookie => "cookie",
            Self::Code => "code",
            Self::Ticket => "ticket",
        }
    }
}

/// A credential; the secret itself is never kept.
#[derive(Clone, Debug, PartialEq)]
pub struct CredentialRecord {
    /// Public name.
    pub id: TokenId,
    /// What for.
    pub kind: CredentialKind,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    /// Whose.
    pub user: UserId,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// A note.
    pub label: String,
    /// When made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, or used up.
    pub revoked_at: Option<Timestamp>,
}

/// One thing that a runtime made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LedgerRecord {
    /// Of which instance.
    pub instance: InstanceId,
    /// The kind of thing.
    pub kind: String,
    /// Which.
    pub name: String,
}

/// What a request with an Idempotency-Key made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// SHA-256 of the request's body.
    pub digest: [u8; 32],
    /// The task it made.
    pub task: TaskId,
    /// When.
    pub at: Timestamp,
}

/// A file that was brought ahead of a task. Its bytes are the engine's affair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRecord {
    /// Unique.
    pub id: UploadId,
    /// Who brought it.
    pub user: UserId,
    /// When it was brought, or named by a task last.
    pub used_at: Timestamp,
}

/// Where a session's log stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The newest seq; 0 when empty.
    pub last_seq: Seq,
    /// Bytes of all bodies: what the quota counts.
    pub bytes: u64,
    /// The newest link epoch given out for the session.
    pub epoch: LinkEpoch,
    /// The last journal line that is in the log, whatever its epoch: where a sidecar that was never restored goes on.
    pub offset: Offset,
    /// Bytes of PTY output so far (position of the next chunk) and how many of them were dropped.
    pub pty_pos: u64,
    /// See `pty_pos`.
    pub pty_dropped: u64,
}
