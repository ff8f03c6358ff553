//! Chat sessions, approvals, to-dos and what was used, as REST gives them.

use macro_rules_attribute::apply;
use serde_json::{Map, Value};

use super::{
    message::Message,
    parts::{ApprovalPriority, TokenUsage},
};
use crate::{
    limits::{OPAQUE_ID_UTF16, SAFE_INTEGER},
    time::Timestamp,
    wire::{WireUuid, message, optional::Nullable, record, word},
};

/// Where a chat session stands.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum ChatSessionStatus {
    /// It goes on.
    Active,
    /// It is done.
    Completed,
    /// A person ended it.
    Cancelled,
}

/// A chat session.
#[apply(message)]
#[derive(Eq)]
pub struct ChatSession {
    /// Unique.
    pub id: WireUuid,
    /// The owner.
    pub user_id: String,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: ChatSessionStatus,
    /// When it was used last.
    pub last_activity_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Whether it is pinned.
    pub is_pinned: Option<bool>,
}

/// Where a list goes on.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ChatPagination {
    /// Whether there is more.
    pub has_more: bool,
    /// What to ask for next; `null` at the end.
    pub next_cursor: Nullable<String>,
}

/// `GET /api/chat/sessions`.
#[apply(message)]
#[derive(Eq)]
pub struct ChatSessionListResponse {
    /// The last used first.
    #[garde(dive)]
    pub sessions: Vec<ChatSession>,
    /// Where it goes on.
    #[garde(dive)]
    pub pagination: Option<ChatPagination>,
}

/// One chat session.
#[apply(message)]
#[derive(Eq)]
pub struct ChatSessionResponse {
    /// Always `true` after a change; absent when it was only read.
    pub success: Option<bool>,
    /// The session.
    #[garde(dive)]
    pub session: ChatSession,
}

/// `GET /api/chat/sessions/{id}/messages`.
#[apply(message)]
pub struct ChatMessagesResponse {
    /// By their place in the log.
    #[garde(dive)]
    pub messages: Vec<Message>,
    /// Where it goes on.
    #[garde(dive)]
    pub pagination: Option<ChatPagination>,
}

/// What an approval's tool does.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum ApprovalActionType {
    /// Makes something.
    Create,
    /// Changes something.
    Update,
    /// Deletes something.
    Delete,
    /// Anything else.
    Custom,
}

/// Where an approval stands.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum ApprovalStatus {
    /// Waits for an answer.
    Pending,
    /// Yes.
    Approved,
    /// No.
    Rejected,
    /// Its time is over.
    Expired,
}

/// An approval. Absent values are `null`.
#[apply(record)]
pub struct ApprovalRequest {
    /// Unique.
    pub id: WireUuid,
    /// The session.
    pub session_id: WireUuid,
    /// The message that it belongs to.
    pub message_id: Option<String>,
    /// Who answered.
    pub decided_by_user_id: Option<String>,
    /// What the tool does.
    pub action_type: ApprovalActionType,
    /// In a sentence.
    pub action_description: String,
    /// In parts.
    pub action_data: Option<Map<String, Value>>,
    /// Which tool.
    pub tool_name: String,
    /// What it would be called with.
    pub tool_args: Map<String, Value>,
    /// Where it stands.
    pub status: ApprovalStatus,
    /// How much depends on it.
    pub priority: ApprovalPriority,
    /// Why it was rejected.
    pub rejection_reason: Option<String>,
    /// When it was asked.
    pub created_at: Timestamp,
    /// When it counts as rejected.
    pub expires_at: Timestamp,
    /// When it was answered.
    pub decided_at: Option<Timestamp>,
}

/// Approvals of a user, or of one session.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalListResponse {
    /// The session, when one was asked for.
    pub session_id: Option<WireUuid>,
    /// How many.
    pub count: u32,
    /// The oldest first.
    #[garde(dive)]
    pub approvals: Vec<ApprovalRequest>,
}

/// Where a to-do stands.
#[apply(word)]
#[serde(rename_all = "snake_case")]
pub enum TodoStatus {
    /// Not begun.
    Pending,
    /// Begun.
    InProgress,
    /// Done.
    Completed,
    /// Failed.
    Failed,
}

/// A to-do of an agent.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct TodoItem {
    /// Unique.
    #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
    pub id: String,
    /// The session.
    pub session_id: WireUuid,
    /// What is to be done.
    pub content: String,
    /// The same while it is being done.
    pub active_form: String,
    /// Where it stands.
    pub status: TodoStatus,
    /// Its place, from 0.
    pub order: u32,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

/// `GET /api/todos/session/{id}`.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct TodoListResponse {
    /// The session.
    pub session_id: WireUuid,
    /// How many.
    pub count: u32,
    /// By their place.
    #[garde(dive)]
    pub todos: Vec<TodoItem>,
}

/// Tokens of a whole run.
#[apply(message)]
#[derive(Copy, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RunTokenUsage {
    /// Read.
    #[garde(range(max = SAFE_INTEGER))]
    pub input: u64,
    /// Written.
    #[garde(range(max = SAFE_INTEGER))]
    pub output: u64,
    /// Those spent on thinking, an estimate.
    #[garde(range(max = SAFE_INTEGER))]
    pub thinking: Option<u64>,
    /// All.
    #[garde(range(max = SAFE_INTEGER))]
    pub total: u64,
    /// Written to the provider's cache.
    #[garde(range(max = SAFE_INTEGER))]
    pub cache_creation: Option<u64>,
    /// Read from the provider's cache.
    #[garde(range(max = SAFE_INTEGER))]
    pub cache_read: Option<u64>,
}

/// What `POST /api/agent/query` answers.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct AgentExecutionResult {
    /// The session.
    pub session_id: Option<WireUuid>,
    /// The answer.
    pub response: String,
    /// Its message.
    #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
    pub message_id: Option<String>,
    /// What it took.
    #[garde(dive)]
    pub token_usage: Option<RunTokenUsage>,
    /// `tokenUsage.input`.
    #[garde(range(max = SAFE_INTEGER))]
    pub input_tokens: Option<u64>,
    /// `tokenUsage.output`.
    #[garde(range(max = SAFE_INTEGER))]
    pub output_tokens: Option<u64>,
    /// The tools that were used.
    pub tools_used: Vec<String>,
    /// How long it took, in milliseconds.
    #[garde(range(max = SAFE_INTEGER))]
    pub duration_ms: Option<u64>,
    /// `durationMs` under its older name.
    #[garde(range(max = SAFE_INTEGER))]
    pub duration: Option<u64>,
    /// Whether it did what it should.
    pub success: bool,
    /// Why not.
    pub error: Option<String>,
}

/// How a model's provider served a call.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum ServiceTier {
    /// As usual.
    Standard,
    /// Before others.
    Priority,
    /// Later and cheaper.
    Batch,
}

/// What one call of a model took.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct TokenUsageRecord {
    /// Whose.
    pub user_id: String,
    /// The session.
    pub session_id: WireUuid,
    /// The message.
    #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
    pub message_id: String,
    /// Which model.
    pub model: String,
    /// Tokens.
    #[garde(dive)]
    pub usage: TokenUsage,
    /// Tokens written to the provider's cache.
    #[garde(range(max = SAFE_INTEGER))]
    pub cache_creation_tokens: Option<u64>,
    /// Tokens read from the provider's cache.
    #[garde(range(max = SAFE_INTEGER))]
    pub cache_read_tokens: Option<u64>,
    /// Whether the model was allowed to think.
    pub thinking_enabled: bool,
    /// At most so many tokens.
    pub thinking_budget: Option<u32>,
    /// How the provider served it.
    pub service_tier: Option<ServiceTier>,
    /// When.
    pub created_at: Timestamp,
}
