//! What clients and server send each other over Socket.IO around the events: payloads, and the list of all of them.

use macro_rules_attribute::apply;

use super::{
    parts::{ApprovalDecision, ApprovalPriority, FileMention},
    session::{ApprovalRequest, TodoItem, TodoStatus},
};
use crate::{
    error::ErrorCode,
    limits::{
        CHAT_ATTACHMENTS, CHAT_MESSAGE_UTF16, OPAQUE_ID_UTF16, SAFE_INTEGER, THINKING_BUDGET, TITLE_UTF16,
    },
    time::Timestamp,
    wire::{WireUuid, message, word},
};

/// Whether and how long the model thinks before it answers.
#[apply(message)]
#[derive(Copy, Default, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ExtendedThinkingConfig {
    /// Whether it thinks; the server's setting when absent.
    pub enable_thinking: Option<bool>,
    /// At most so many tokens, 1,024 to 100,000; 10,000 when absent.
    #[garde(range(min = *THINKING_BUDGET.start(), max = *THINKING_BUDGET.end()))]
    pub thinking_budget: Option<u32>,
}

/// A user's message without settings: what `chatMessageSchema` checks.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessageInput {
    /// The text, 1 to 10,000 UTF-16 units.
    #[garde(length(utf16, min = *CHAT_MESSAGE_UTF16.start(), max = *CHAT_MESSAGE_UTF16.end()))]
    pub message: String,
    /// The session.
    pub session_id: WireUuid,
    /// Who writes; the signed-in user counts, not this.
    pub user_id: WireUuid,
}

/// A user's message (`chat:message`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessageData {
    /// The text, 1 to 10,000 UTF-16 units.
    #[garde(length(utf16, min = *CHAT_MESSAGE_UTF16.start(), max = *CHAT_MESSAGE_UTF16.end()))]
    pub message: String,
    /// The session.
    pub session_id: WireUuid,
    /// Who writes; the signed-in user counts, not this.
    pub user_id: WireUuid,
    /// Whether and how long the model thinks.
    #[garde(dive)]
    pub thinking: Option<ExtendedThinkingConfig>,
    /// Files of the knowledge base to look into.
    pub attachments: Option<Vec<WireUuid>>,
    /// Uploaded files that go with the message, at most 10.
    #[garde(length(max = CHAT_ATTACHMENTS))]
    pub chat_attachments: Option<Vec<WireUuid>>,
    /// Whether to search the knowledge base by meaning.
    pub enable_auto_semantic_search: Option<bool>,
    /// The agent that shall answer.
    pub target_agent_id: Option<String>,
    /// The ids of files that the message speaks of.
    pub mentioned_file_ids: Option<Vec<String>>,
    /// Files that the message speaks of.
    #[garde(dive)]
    pub mentions: Option<Vec<FileMention>>,
    /// Whether to search the web.
    pub enable_web_search: Option<bool>,
    /// Whether to use the strongest model.
    pub enable_max_mode: Option<bool>,
    /// An id of the client's own, echoed in the confirmation; makes a repeat harmless (ours).
    #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
    pub client_message_id: Option<String>,
}

/// Stops the run of a session (`chat:stop`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct StopAgentData {
    /// The session.
    pub session_id: WireUuid,
    /// Who stops; the signed-in user counts, not this.
    pub user_id: WireUuid,
}

/// Asks for a session's events (`session:join`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionJoinData {
    /// The session.
    pub session_id: WireUuid,
    /// Who joins; the signed-in user counts, not this.
    pub user_id: Option<WireUuid>,
    /// Events after this place in the log are sent again first (ours).
    #[garde(range(max = SAFE_INTEGER))]
    pub after_sequence: Option<u64>,
}

/// Asks for no more events of a session (`session:leave`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionLeaveData {
    /// The session.
    pub session_id: WireUuid,
}

/// Chooses the agent that answers (`agent:select`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct AgentSelectData {
    /// The session.
    pub session_id: WireUuid,
    /// The agent.
    pub agent_id: String,
    /// Who chooses; the signed-in user counts, not this.
    pub user_id: WireUuid,
}

/// Answers a run that was interrupted by a question (`supervisor:resume`).
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct SupervisorResumeData {
    /// The session.
    pub session_id: WireUuid,
    /// The answer.
    pub response: serde_json::Value,
}

/// Asks for what concerns a user in all sessions (`user:join`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct UserJoinData {
    /// The user; only oneself.
    pub user_id: WireUuid,
}

/// A request was refused before a run began (`agent:error`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct AgentErrorData {
    /// A sentence.
    pub error: String,
    /// The session.
    pub session_id: Option<WireUuid>,
    /// For programs.
    pub code: Option<ErrorCode>,
}

/// The client gets the session's events from now on (`session:joined`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionJoinedEvent {
    /// The session.
    pub session_id: WireUuid,
}

/// A run that was going on when a client joined.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ActiveRun {
    /// Which.
    pub run_id: String,
    /// The message so far.
    pub partial_text: Option<String>,
    /// The thoughts so far.
    pub partial_thinking: Option<String>,
}

/// The session takes messages now (`session:ready`).
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct SessionReadyEvent {
    /// The session.
    pub session_id: WireUuid,
    /// When.
    pub timestamp: Timestamp,
    /// The newest place in the log (ours).
    #[garde(range(max = SAFE_INTEGER))]
    pub last_sequence: Option<u64>,
    /// The run that goes on, if one does (ours).
    #[garde(dive)]
    pub active_run: Option<ActiveRun>,
    /// Approvals that wait for an answer (ours).
    #[garde(dive)]
    pub pending_approvals: Option<Vec<ApprovalRequest>>,
}

/// The client gets no more events of the session (`session:left`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionLeftEvent {
    /// The session.
    pub session_id: WireUuid,
}

/// Why a session could not be joined.
#[apply(word)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SessionErrorCode {
    /// Nobody is signed in.
    NotAuthenticated,
    /// Which session was not said.
    MissingSessionId,
    /// No such session.
    SessionNotFound,
    /// The session is another user's.
    Unauthorized,
    /// A defect of Lia.
    InternalError,
}

/// A session could not be joined (`session:error`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionErrorData {
    /// A sentence.
    pub error: String,
    /// For programs.
    pub code: Option<SessionErrorCode>,
    /// The session, as it was asked for.
    pub session_id: Option<String>,
}

/// Why an answer to an approval was not taken.
#[apply(word)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApprovalErrorCode {
    /// No such approval.
    ApprovalNotFound,
    /// Its session is gone.
    SessionNotFound,
    /// It is another user's to answer.
    Unauthorized,
    /// It has its answer.
    AlreadyResolved,
    /// Its time is over.
    Expired,
    /// Nobody waits for it.
    NoPendingPromise,
    /// The answer is neither yes nor no, or both (ours).
    InvalidDecision,
    /// The answer does not fit its schema (ours).
    ValidationError,
}

/// An answer to an approval was not taken (`approval:error`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalErrorData {
    /// A sentence.
    pub error: String,
    /// For programs.
    pub code: Option<ApprovalErrorCode>,
    /// The approval, as it was named (ours).
    pub approval_id: Option<String>,
}

/// To-dos are new (`todo:created`).
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct TodoCreatedEvent {
    /// The session.
    pub session_id: WireUuid,
    /// Which.
    #[garde(dive)]
    pub todos: Vec<TodoItem>,
}

/// A to-do's status changed (`todo:updated`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct TodoUpdatedEvent {
    /// Which.
    pub todo_id: String,
    /// The session.
    pub session_id: WireUuid,
    /// Now.
    pub status: TodoStatus,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

/// How a to-do ended.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum TodoOutcome {
    /// It was done.
    Completed,
    /// It failed.
    Failed,
}

/// A to-do ended (`todo:completed`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct TodoCompletedEvent {
    /// Which.
    pub todo_id: String,
    /// The session.
    pub session_id: WireUuid,
    /// How.
    pub status: TodoOutcome,
    /// When.
    pub completed_at: Timestamp,
}

/// A session has another title (`session:title_updated`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionTitleUpdatedEvent {
    /// The session.
    pub session_id: WireUuid,
    /// Its title.
    #[garde(length(utf16, min = 1, max = TITLE_UTF16))]
    pub title: String,
}

/// The client gets what concerns the user (`user:joined`).
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct UserJoinedEvent {
    /// The user.
    pub user_id: WireUuid,
}

/// A user's events cannot be had (`user:error`).
#[apply(message)]
#[derive(Eq)]
pub struct UserErrorData {
    /// A sentence.
    pub error: String,
}

/// How a new approval is asked for.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct CreateApprovalOptions {
    /// The session.
    pub session_id: WireUuid,
    /// Which tool waits.
    pub tool_name: String,
    /// What it would be called with.
    pub tool_args: serde_json::Map<String, serde_json::Value>,
    /// How much depends on it.
    pub priority: Option<ApprovalPriority>,
    /// After how many milliseconds it counts as rejected; 300,000 when absent.
    #[garde(range(max = SAFE_INTEGER))]
    pub expires_in_ms: Option<u64>,
}

/// An answer to an approval was taken.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalRespondResponse {
    /// Always `true`.
    pub success: bool,
    /// Which approval.
    pub approval_id: WireUuid,
    /// The answer.
    pub decision: ApprovalDecision,
}

/// One event of the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketEvent {
    /// Its name.
    pub name: &'static str,
    /// The type of its payload, as the registry calls it.
    pub payload: &'static str,
    /// The type of its acknowledgement.
    pub ack: Option<&'static str>,
}

/// What clients send.
pub const CLIENT_EVENTS: &[SocketEvent] = &[
    SocketEvent { name: "session:join", payload: "SessionJoinData", ack: Some("SessionJoinAck") },
    SocketEvent { name: "session:leave", payload: "SessionLeaveData", ack: Some("SessionLeaveAck") },
    SocketEvent { name: "chat:message", payload: "ChatMessageData", ack: Some("ChatMessageAck") },
    SocketEvent { name: "chat:stop", payload: "StopAgentData", ack: Some("StopAgentAck") },
    SocketEvent { name: "approval:response", payload: "ApprovalResponse", ack: Some("ApprovalResponseAck") },
    SocketEvent { name: "approval:respond", payload: "ApprovalResponse", ack: Some("ApprovalResponseAck") },
    SocketEvent { name: "agent:select", payload: "AgentSelectData", ack: None },
    SocketEvent { name: "supervisor:resume", payload: "SupervisorResumeData", ack: None },
    SocketEvent { name: "user:join", payload: "UserJoinData", ack: None },
];

/// What the server sends.
pub const SERVER_EVENTS: &[SocketEvent] = &[
    SocketEvent { name: "agent:event", payload: "AgentEvent", ack: None },
    SocketEvent { name: "agent:error", payload: "AgentErrorData", ack: None },
    SocketEvent { name: "session:joined", payload: "SessionJoinedEvent", ack: None },
    SocketEvent { name: "session:ready", payload: "SessionReadyEvent", ack: None },
    SocketEvent { name: "session:left", payload: "SessionLeftEvent", ack: None },
    SocketEvent { name: "session:error", payload: "SessionErrorData", ack: None },
    SocketEvent { name: "approval:error", payload: "ApprovalErrorData", ack: None },
    SocketEvent { name: "todo:created", payload: "TodoCreatedEvent", ack: None },
    SocketEvent { name: "todo:updated", payload: "TodoUpdatedEvent", ack: None },
    SocketEvent { name: "todo:completed", payload: "TodoCompletedEvent", ack: None },
    SocketEvent { name: "session:title_updated", payload: "SessionTitleUpdatedEvent", ack: None },
    SocketEvent { name: "user:joined", payload: "UserJoinedEvent", ack: None },
    SocketEvent { name: "user:error", payload: "UserErrorData", ack: None },
];
