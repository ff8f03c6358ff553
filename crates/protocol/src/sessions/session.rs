//! `./session`: sessions, agent templates, the prompt queue, files, and webhooks.

use std::collections::BTreeMap;

use macro_rules_attribute::apply;
use serde_json::{Map, Value};

use crate::{
    limits,
    names::Env,
    secret::{Secret, in_clear},
    sessions::{runtime::SessionEndReason, session_host::FileSystemEntry},
    time::Timestamp,
    wire::{
        WireUuid, message,
        optional::Nullable,
        tag::{CancelledTag, Tag, True},
        text, word,
    },
};

/// How an agent is started.
#[apply(message)]
#[derive(Eq)]
pub struct AgentSpawn {
    /// The program.
    #[garde(length(utf16, min = 1))]
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
}

/// Where an agent is started.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct AgentTemplateRuntime {
    /// A runtime's name.
    pub provider: String,
    /// A container image.
    pub image: Option<String>,
    /// A Dockerfile.
    pub dockerfile: Option<String>,
    /// A script that runs before the agent.
    pub setup: Option<String>,
    /// Variables for the instance; an answer shows values as empty texts.
    pub env: Option<BTreeMap<String, String>>,
    /// The names of variables that have a value (ours).
    pub env_set: Option<Vec<String>>,
}

/// An agent that can be started.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct AgentTemplate {
    /// Unique.
    pub id: String,
    /// For people.
    pub name: String,
    /// How it is started.
    #[garde(dive)]
    pub spawn: AgentSpawn,
    /// Where.
    #[garde(dive)]
    pub runtime: AgentTemplateRuntime,
    /// Variables for the agent; an answer shows values as empty texts.
    pub env: Option<BTreeMap<String, String>>,
    /// The names of variables that have a value (ours).
    pub env_set: Option<Vec<String>>,
    /// Whether it comes with the server, and is not somebody's own (ours).
    pub managed: Option<bool>,
}

/// One entry of a session's log.
#[apply(message)]
pub struct SessionLog {
    /// When.
    pub timestamp: Timestamp,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The event's data.
    pub data: Map<String, Value>,
}

/// One of the answers that an agent offers.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct PendingPermissionOption {
    /// What goes back to the agent.
    pub option_id: String,
    /// For people.
    pub name: String,
    /// `allow_once`, `allow_always`, `reject_once`, `reject_always`, or another word of the agent.
    pub kind: String,
}

/// A question that waits for an answer.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct PendingPermission {
    /// The question's id.
    pub request_id: String,
    /// The agent's id of the tool call.
    pub tool_call_id: String,
    /// What it wants to do.
    pub title: String,
    /// ACP's tool kind, if said.
    pub kind: Option<String>,
    /// The answers offered.
    #[garde(dive)]
    pub options: Vec<PendingPermissionOption>,
}

/// A folder's entries.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct FileSystemSnapshot {
    /// The workspace.
    pub root: String,
    /// The absolute path of the listed folder. Absent for legacy recursive snapshots.
    pub path: Option<String>,
    /// If the listed folder is inside a git repository, the absolute path to the repository's root.
    pub git_path: Option<String>,
    /// The entries.
    #[garde(dive)]
    pub entries: Vec<FileSystemEntry>,
    /// Whether there are more.
    pub truncated: bool,
    /// How many are listed at most.
    pub max_entries: u32,
}

/// A file's content.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct FilePreview {
    /// Its path.
    pub path: String,
    /// Text.
    pub content: String,
    /// Whether there is more.
    pub truncated: bool,
    /// How many characters are shown at most.
    pub max_chars: u32,
}

/// A prompt waits.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct QueuedPromptResponse {
    /// Always `true`.
    pub queued: True,
    /// The prompt's id.
    pub queue_id: String,
    /// How many wait before it.
    pub position: u32,
}

/// A prompt that waits.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct PromptQueueItem {
    /// Its id.
    pub queue_id: String,
    /// The prompt.
    pub text: String,
    /// Since when it waits.
    pub enqueued_at: Timestamp,
    /// How many wait before it.
    pub position: u32,
}

/// A session's queue.
#[apply(message)]
#[derive(Eq)]
pub struct PromptQueueState {
    /// Whether a prompt is worked on now.
    pub processing: bool,
    /// Whether the next one is held back.
    pub paused: bool,
    /// The prompts that wait, without the running one.
    #[garde(dive)]
    pub items: Vec<PromptQueueItem>,
    /// How many wait.
    pub size: u32,
}

/// Whether a session is over.
#[apply(word)]
#[schemars(inline)]
#[serde(rename_all = "lowercase")]
pub enum SessionStatus {
    /// It is not.
    Active,
    /// It is.
    Killed,
}

/// A session with all that is known of it.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Unique.
    pub id: String,
    /// The agent's name.
    pub agent_name: String,
    /// How it was started.
    #[garde(dive)]
    pub spawn: AgentSpawn,
    /// When it was started.
    pub started_at: Timestamp,
    /// When something happened last.
    pub last_updated_at: Timestamp,
    /// Whether it is over.
    pub status: SessionStatus,
    /// Its log.
    #[garde(dive)]
    pub logs: Vec<SessionLog>,
    /// The question that waits.
    #[serde_with(skip_apply)]
    #[serde(deserialize_with = "crate::wire::optional::nullable")]
    #[garde(dive)]
    pub pending_permission: Option<PendingPermission>,
    /// Its files, when they were asked for.
    #[serde_with(skip_apply)]
    #[serde(deserialize_with = "crate::wire::optional::nullable")]
    #[garde(dive)]
    pub file_system: Option<FileSystemSnapshot>,
    /// Its queue.
    #[serde_with(skip_apply)]
    #[serde(deserialize_with = "crate::wire::optional::nullable")]
    #[garde(dive)]
    pub prompt_queue: Option<PromptQueueState>,
    /// Where its WebSocket is.
    pub websocket_url: Option<String>,
    /// The runtime instance that it runs on.
    pub runtime: Option<String>,
    /// The agent's working directory (ours).
    pub cwd: Option<String>,
    /// What it is about, for people (ours).
    pub title: Option<String>,
    /// Why it ended, once it has (ours).
    pub end_reason: Option<SessionEndReason>,
    /// All questions that wait, the oldest first (ours).
    #[garde(dive)]
    pub pending_permissions: Option<Vec<PendingPermission>>,
    /// Whether `logs` lacks older entries (ours).
    pub logs_truncated: Option<bool>,
}

/// Starts a session: with a template's id, or with `spawn`.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct CreateSessionBody {
    /// The session's id; the server makes one when absent.
    pub session_id: Option<WireUuid>,
    /// The agent's working directory.
    pub cwd: Option<String>,
    /// A template.
    pub agent_template_id: Option<String>,
    /// How the agent is started, without a template.
    #[garde(dive)]
    pub spawn: Option<AgentSpawn>,
    /// The agent's name.
    pub name: Option<String>,
    /// The runtime instance to run on. Required for runtimes with several.
    pub runtime_instance: Option<String>,
    /// Who is told what happens.
    #[garde(dive)]
    pub webhooks: Option<Vec<WebhookRegistration>>,
    /// What it is about, for people (ours).
    #[garde(length(utf16, max = limits::TITLE_UTF16))]
    pub title: Option<String>,
    /// A script that runs before the agent, in place of the template's (ours).
    #[garde(length(utf16, max = limits::SETUP_UTF16))]
    pub setup: Option<String>,
    /// Variables for the agent, beside the template's (ours).
    #[garde(dive)]
    pub env: Option<Env>,
}

/// Keeps an agent template.
#[apply(message)]
#[derive(Eq)]
pub struct RegisterAgentTemplateBody {
    /// For people.
    #[garde(length(utf16, min = 1))]
    pub name: String,
    /// How it is started.
    #[garde(dive)]
    pub spawn: AgentSpawn,
    /// Where; the first runtime when absent.
    #[garde(dive)]
    pub runtime: Option<AgentTemplateRuntime>,
    /// Variables for the agent.
    pub env: Option<BTreeMap<String, String>>,
}

/// Changes where an agent is started; what is absent stays.
#[apply(message)]
#[derive(Eq)]
pub struct UpdateAgentTemplateRuntime {
    /// A runtime's name.
    pub provider: Option<String>,
    /// A container image.
    pub image: Option<String>,
    /// A Dockerfile.
    pub dockerfile: Option<String>,
    /// A script that runs before the agent; empty: none.
    pub setup: Option<String>,
    /// Variables for the instance. An empty text keeps a variable's value, `null` and absence remove it.
    pub env: Option<BTreeMap<String, Nullable<String>>>,
}

/// Changes an agent template; what is absent stays.
#[apply(message)]
#[derive(Eq)]
pub struct UpdateAgentTemplateBody {
    /// For people.
    #[garde(length(utf16, min = 1))]
    pub name: Option<String>,
    /// How it is started.
    #[garde(dive)]
    pub spawn: Option<AgentSpawn>,
    /// Where.
    #[garde(dive)]
    pub runtime: Option<UpdateAgentTemplateRuntime>,
    /// Variables for the agent. An empty text keeps a variable's value, `null` and absence remove it.
    pub env: Option<BTreeMap<String, Nullable<String>>>,
}

/// Another order of the prompts that wait.
#[apply(message)]
#[derive(Eq)]
pub struct QueueOrderBody {
    /// All of their ids, the next one first.
    pub order: Vec<String>,
}

/// What is decided about a session, or about all of them.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionSettings {
    /// Whether Lia itself answers questions with the first option that allows.
    pub auto_approve_permissions: bool,
}

/// Whether a session works, and whether it waits for a person.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionProgress {
    /// Whether a prompt is worked on now.
    pub processing: bool,
    /// Whether a question waits.
    pub pending_permission: bool,
}

/// How a prompt's turn ended.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct PromptResponse {
    /// An ACP stop reason.
    pub stop_reason: String,
}

/// It is done.
#[apply(message)]
#[derive(Eq)]
pub struct OkResponse {
    /// Always `true`.
    pub ok: True,
}

/// The queue is empty.
#[apply(message)]
#[derive(Eq)]
pub struct QueueClearedResponse {
    /// Always `true`.
    pub ok: True,
    /// How many prompts were dropped.
    pub cleared: u32,
}

/// `GET /api/health`
#[apply(message)]
#[derive(Eq)]
pub struct SessionsHealth {
    /// `ok` or `degraded`.
    pub status: String,
    /// How many sessions of the caller's there are, ended ones too.
    pub sessions: Option<u32>,
    /// What is wrong.
    pub error: Option<String>,
}

/// What a prompt does while the agent works on another one (ours).
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum PromptMode {
    /// It waits for its turn.
    Queue,
    /// It goes into the running turn, where the agent offers that.
    Steer,
    /// The running turn is cancelled, and this prompt is the next.
    Interrupt,
}

/// A prompt.
#[apply(message)]
#[derive(Eq)]
pub struct PromptBody {
    /// The prompt.
    pub text: String,
    /// What it does while the agent works on another one; it waits when absent (ours).
    pub mode: Option<PromptMode>,
}

/// The answer to a permission.
#[apply(message)]
#[derive(Eq)]
#[serde(untagged, rename_all_fields = "camelCase", expecting = "Missing optionId or outcome field")]
pub enum PermissionResponseBody {
    /// This option is taken.
    Option {
        /// Which.
        option_id: String,
    },
    /// None is taken.
    Cancelled {
        /// Always `cancelled`.
        outcome: Tag<CancelledTag>,
    },
}

/// The events that webhooks are told.
#[apply(word)]
#[serde(rename_all = "snake_case")]
pub enum WebhookEventType {
    /// The agent asks.
    PermissionRequest,
    /// A turn ended.
    EndTurn,
    /// Something failed.
    Error,
    /// The session ended.
    SessionEnd,
}

/// Who is told what happens in a session.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct WebhookConfig {
    /// Given by the server.
    pub id: String,
    /// Where events are posted.
    pub url: String,
    /// The key of their signature.
    #[serde(serialize_with = "in_clear")]
    pub secret: Secret,
    /// Which events; all when absent.
    pub events: Option<Vec<WebhookEventType>>,
}

/// A [`WebhookConfig`] that has no id yet.
#[apply(message)]
#[schemars(inline)]
pub struct WebhookRegistration {
    /// Where events are posted: an `http://` or `https://` URL.
    #[garde(custom(text::http_url))]
    #[schemars(regex(pattern = text::HTTP_URL_PATTERN))]
    pub url: String,
    /// The key of their signature.
    #[serde(serialize_with = "in_clear")]
    #[garde(length(utf16, min = 1))]
    pub secret: Secret,
    /// Which events; all when absent.
    pub events: Option<Vec<WebhookEventType>>,
}

/// What a webhook is told.
#[apply(message)]
#[schemars(inline)]
pub struct WebhookEvent {
    /// Which event.
    #[serde(rename = "type")]
    pub kind: WebhookEventType,
    /// Its data.
    pub data: Map<String, Value>,
}

/// The body that is posted to a webhook.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct WebhookPayload {
    /// Which session.
    pub session_id: String,
    /// The delivery's id, the same for every attempt.
    pub event_id: String,
    /// When it happened.
    pub timestamp: Timestamp,
    /// What happened.
    #[garde(dive)]
    pub event: WebhookEvent,
}
