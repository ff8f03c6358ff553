//! Lia's own additions to the REST API: prompts, permissions, tokens, tickets, the log.

use serde::{Deserialize, Serialize};

use crate::{
    event::PermissionRequested,
    ids::{CommandId, Seq, TaskId, TokenId, UploadId, UserId},
    secret::{Secret, in_clear},
    time::Timestamp,
};

/// What a token may do. `admin` holds all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Whose credential it is.
    pub user_id: UserId,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// `POST /api/v1/tokens` (administrator)
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateTokenRequest {
    /// Whose.
    pub user_id: UserId,
    /// What for.
    pub scopes: Vec<Scope>,
    /// A note for people, at most 100 characters.
    #[serde(default)]
    pub label: String,
    /// Seconds that it lives; none is for ever.
    #[serde(default)]
    pub expires_in_seconds: Option<u64>,
}

/// A token as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreateTokenResponse {
    /// The token itself.
    #[serde(serialize_with = "in_clear")]
    pub token: Secret,
    /// The rest.
    #[serde(flatten)]
    pub info: TokenInfo,
}

/// `POST /api/v1/tickets`: for a WebSocket or SSE client that can set neither header nor cookie.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TicketResponse {
    /// Goes into `?ticket=`; works once, for 60 seconds.
    #[serde(serialize_with = "in_clear")]
    pub ticket: Secret,
    /// Seconds.
    pub expires_in: i64,
}

/// `POST /api/v1/login`: exchanges the printed link's code for a cookie.
#[derive(Clone, Debug, Deserialize)]
pub struct LoginRequest {
    /// The one-time code, or a token.
    pub code: Secret,
}

/// `POST /api/v1/tasks/{id}/input`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRequest {
    /// Bytes for a terminal, one prompt for an ACP agent.
    pub data: String,
    /// Makes a repeat harmless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<CommandId>,
}

/// What became of an input: 202.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputResponse {
    /// Its row in the inbox.
    pub id: CommandId,
    /// How many prompts wait before it; 0 when it goes at once.
    pub position: u32,
}

/// One question, as `GET /api/v1/tasks/{id}/permissions` lists them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionInfo {
    /// The question.
    #[serde(flatten)]
    pub request: PermissionRequested,
    /// The task that asks.
    pub task_id: TaskId,
    /// When it was asked.
    pub requested_at: Timestamp,
    /// The log's seq of the question.
    pub seq: Seq,
}

/// `POST /api/v1/tasks/{id}/permissions/{permission}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRequest {
    /// One of the offered options; `null` or absent is "cancelled".
    #[serde(default)]
    pub option_id: Option<String>,
}

/// `POST /api/v1/tasks/{id}/resize`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResizeRequest {
    /// Columns, at least 1.
    pub cols: u16,
    /// Rows, at least 1.
    pub rows: u16,
}

/// `POST /api/v1/server/down` (administrator)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownRequest {
    /// Whether all instances end too.
    #[serde(default)]
    pub instances: bool,
}

/// A waiting prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadResponse {
    /// For `repositories[].upload`.
    pub id: UploadId,
    /// Bytes.
    pub size: u64,
}

/// `GET /health`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `ok` or `degraded`.
    pub status: String,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Lia's version.
    pub version: String,
    /// The contract's version: [`crate::schema::VERSION`].
    #[serde(default)]
    pub contract: String,
    /// `sqlite`
    pub store: String,
}
