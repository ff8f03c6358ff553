//! `./storage`: what is kept of a session.

use macro_rules_attribute::apply;
use serde_json::{Map, Value};

use crate::{
    sessions::session::{AgentSpawn, PendingPermission, SessionStatus, WebhookConfig},
    time::Timestamp,
    wire::{message, optional::Nullable},
};

/// A session without what only its running process knows: files, log, queue.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionMeta {
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
    /// The question that waits.
    #[serde_with(skip_apply)]
    #[serde(deserialize_with = "crate::wire::optional::nullable")]
    #[garde(dive)]
    pub pending_permission: Option<PendingPermission>,
    /// Where its WebSocket is.
    pub websocket_url: Option<String>,
    /// The runtime instance that it runs on.
    pub runtime: Option<String>,
    /// The agent's working directory (ours).
    pub cwd: Option<String>,
    /// What it is about, for people (ours).
    pub title: Option<String>,
}

/// How a session's host is found again after a restart.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct SessionRuntimeInfo {
    /// Where the host is.
    pub host_url: String,
    /// Where its WebSocket is.
    pub websocket_url: String,
    /// The runtime's name.
    pub runtime_name: String,
    /// What the runtime itself needs to know.
    pub runtime_meta: Option<Nullable<Map<String, Value>>>,
}

/// A session as it is kept.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct StoredSession {
    /// What is known of it.
    #[garde(dive)]
    pub meta: SessionMeta,
    /// Where it runs.
    #[serde_with(skip_apply)]
    #[serde(deserialize_with = "crate::wire::optional::nullable")]
    #[garde(dive)]
    pub runtime_info: Option<SessionRuntimeInfo>,
    /// Who is told.
    #[garde(dive)]
    pub webhooks: Vec<WebhookConfig>,
}
