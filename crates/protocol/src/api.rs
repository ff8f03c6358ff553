//! Lia's own additions to the REST API: prompts, permissions, tokens, tickets, the log.

use macro_rules_attribute::apply;

use crate::{
    event::{PermissionOption, PermissionRequested},
    ids::{CommandId, PermissionId, Seq, TaskId, TokenId, UploadId, UserId},
    limits,
    secret::{Secret, in_clear},
    time::Timestamp,
    wire::{message, optional::Nullable, record, word},
};

/// The name of the cookie of a browser's login.
pub const COOKIE: &str = "lia_session";

/// What a token may do. `admin` holds all others.
#[apply(word)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// See one's own tasks.
    Read,
    /// Create and steer one's own tasks.
    Write,
    /// Name another user as the owner of a new task.
    ActAs,
    /// Everything, for every user.
    Admin,
}

/// `GET /api/v1/me`
#[apply(message)]
#[derive(Eq)]
pub struct Me {
    /// Whose credential it is.
    pub user_id: UserId,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// `POST /api/v1/tokens` (administrator)
#[apply(message)]
#[derive(Eq)]
pub struct CreateTokenRequest {
    /// Whose.
    pub user_id: UserId,
    /// What for.
    pub scopes: Vec<Scope>,
    /// A note for people, at most 100 characters.
    #[serde(default)]
    #[garde(length(utf16, max = 100))]
    pub label: String,
    /// Seconds that it lives; none is for ever.
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub expires_in_seconds: Option<u64>,
}

/// A token as lists show it.
#[apply(record)]
#[derive(Eq)]
pub struct TokenInfo {
    /// Its public name.
    pub id: TokenId,
    /// Whose.
    pub user_id: UserId,
    /// What for.
    pub scopes: Vec<Scope>,
    /// A note.
    pub label: String,
    /// When made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// The one time that a token is shown.
#[apply(record)]
pub struct CreateTokenResponse {
    /// The token itself.
    #[serde(serialize_with = "in_clear")]
    pub token: Secret,
    /// Its public name.
    pub id: TokenId,
    /// Whose.
    pub user_id: UserId,
    /// What for.
    pub scopes: Vec<Scope>,
    /// A note.
    pub label: String,
    /// When made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl CreateTokenResponse {
    /// A token with what lists show of it.
    #[must_use]
    pub fn new(token: Secret, info: TokenInfo) -> Self {
        let TokenInfo { id, user_id, scopes, label, created_at, expires_at, revoked_at } = info;
        Self { token, id, user_id, scopes, label, created_at, expires_at, revoked_at }
    }
}

/// `POST /api/v1/tickets`: for a WebSocket or SSE client that can set neither header nor cookie.
#[apply(message)]
pub struct TicketResponse {
    /// Goes into `?ticket=`; works once, for 60 seconds.
    #[serde(serialize_with = "in_clear")]
    pub ticket: Secret,
    /// Seconds.
    #[garde(range(min = -limits::SAFE_SIGNED, max = limits::SAFE_SIGNED))]
    pub expires_in: i64,
}

/// `POST /api/v1/login`: exchanges the printed link's code for a cookie.
#[apply(message)]
pub struct LoginRequest {
    /// The one-time code, or a token.
    #[serde(serialize_with = "in_clear")]
    pub code: Secret,
}

/// `POST /api/v1/server/down`: ends the server.
#[apply(message)]
#[derive(Default, Eq)]
pub struct DownRequest {
    /// Whether the instances end too.
    #[serde(default)]
    pub instances: bool,
}

/// `POST /api/v1/tasks/{id}/resize`
#[apply(message)]
#[derive(Copy, Eq)]
pub struct ResizeRequest {
    /// Columns.
    #[garde(range(min = 1, max = u16::MAX))]
    pub cols: u16,
    /// Rows.
    #[garde(range(min = 1, max = u16::MAX))]
    pub rows: u16,
}

/// `progress` while an agent is installed (`POST /api/v1/agents/{name}/install`).
#[apply(message)]
#[derive(Eq)]
pub struct InstallProgress {
    /// A line for people.
    pub message: String,
}

/// `done` when an agent was installed. `error` has an [`ApiError`](crate::error::ApiError).
#[apply(message)]
#[derive(Eq)]
pub struct InstallDone {
    /// The installed version.
    pub version: String,
}

/// `POST /api/v1/tasks/{id}/input`
#[apply(message)]
#[derive(Eq)]
pub struct InputRequest {
    /// Bytes for a terminal, one prompt for an ACP agent.
    pub data: String,
    /// Makes a repeat harmless.
    pub id: Option<CommandId>,
}

/// What became of an input: 202.
#[apply(message)]
#[derive(Eq)]
pub struct InputResponse {
    /// Its row in the inbox.
    pub id: CommandId,
    /// How many prompts wait before it; 0 when it goes at once.
    pub position: u32,
}

/// One question, as `GET /api/v1/tasks/{id}/permissions` lists them.
#[apply(message)]
#[derive(Eq)]
pub struct PermissionInfo {
    /// Lia's name of the question.
    pub id: PermissionId,
    /// The agent's name of the tool call.
    pub tool_call_id: String,
    /// What it wants to do.
    pub title: String,
    /// ACP's tool kind, if said.
    pub tool_kind: Option<String>,
    /// The answers offered.
    #[garde(dive)]
    pub options: Vec<PermissionOption>,
    /// The task that asks.
    pub task_id: TaskId,
    /// When it was asked.
    pub requested_at: Timestamp,
    /// The log's seq of the question.
    pub seq: Seq,
}

impl PermissionInfo {
    /// A question of a task.
    #[must_use]
    pub fn new(request: PermissionRequested, task_id: TaskId, requested_at: Timestamp, seq: Seq) -> Self {
        let PermissionRequested { id, tool_call_id, title, tool_kind, options } = request;
        Self { id, tool_call_id, title, tool_kind, options, task_id, requested_at, seq }
    }

    /// The question alone.
    #[must_use]
    pub fn request(&self) -> PermissionRequested {
        PermissionRequested {
            id: self.id,
            tool_call_id: self.tool_call_id.clone(),
            title: self.title.clone(),
            tool_kind: self.tool_kind.clone(),
            options: self.options.clone(),
        }
    }
}

/// `POST /api/v1/tasks/{id}/permissions/{permission}`
#[apply(message)]
#[derive(Default, Eq)]
pub struct AnswerRequest {
    /// One of the offered options; `null` or absent is "cancelled".
    pub option_id: Option<Nullable<String>>,
}

/// A waiting prompt.
#[apply(message)]
#[derive(Eq)]
pub struct QueuedPrompt {
    /// Its row in the inbox.
    pub id: CommandId,
    /// The text.
    pub text: String,
    /// 0 is next.
    pub position: u32,
    /// When accepted.
    pub queued_at: Timestamp,
}

/// `POST /api/v1/uploads`: 201.
#[apply(message)]
#[derive(Eq)]
pub struct UploadResponse {
    /// For `repositories[].upload`.
    pub id: UploadId,
    /// Bytes.
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub size: u64,
}

/// `GET /health`
#[apply(message)]
#[derive(Eq)]
pub struct Health {
    /// `ok` or `degraded`.
    pub status: String,
    /// What is wrong.
    pub error: Option<String>,
    /// Lia's version.
    pub version: String,
    /// The contract's version: [`crate::VERSION`].
    pub contract: Option<String>,
    /// `sqlite`
    pub store: String,
}
