//! `./runtime-host`: the HTTP contract of a long-lived process with many sessions, `/sessions/{sessionId}/…`.

use std::collections::BTreeMap;

use macro_rules_attribute::apply;

use crate::{
    sessions::session_host::HostStatus,
    wire::{
        message,
        tag::{CancelledTag, OkTag, Tag},
    },
};

/// `POST /sessions/{sessionId}/start`
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeHostStartSessionRequest {
    /// The session's id.
    pub session_id: String,
    /// The agent's program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// The agent's working directory; the host's own when empty.
    pub workspace: String,
    /// A script that runs before the agent.
    pub setup: Option<String>,
    /// Variables for the agent.
    pub env: Option<BTreeMap<String, String>>,
    /// Where callbacks go.
    pub callback_url: Option<String>,
}

/// Answer to [`RuntimeHostStartSessionRequest`].
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeHostStartSessionResponse {
    /// The agent's own id of the session.
    pub acp_session_id: String,
    /// The session's id.
    pub session_id: String,
}

/// One session of a host.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeHostSessionStatus {
    /// The session's id.
    pub session_id: String,
    /// Whether a turn runs.
    pub status: HostStatus,
}

/// `GET /health`
#[apply(message)]
#[derive(Eq)]
pub struct RuntimeHostHealthResponse {
    /// Always `ok`.
    pub status: Tag<OkTag>,
    /// Its sessions.
    #[garde(dive)]
    pub sessions: Vec<RuntimeHostSessionStatus>,
}

/// `POST /sessions/{sessionId}/prompt`
#[apply(message)]
#[derive(Eq)]
pub struct RuntimeHostPromptRequest {
    /// The prompt.
    pub text: String,
}

/// `POST /sessions/{sessionId}/permissions/{requestId}`
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeHostPermissionResponse {
    /// The option taken.
    pub option_id: Option<String>,
    /// `cancelled` when none is taken.
    pub outcome: Option<Tag<CancelledTag>>,
}
