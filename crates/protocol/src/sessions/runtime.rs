//! `./runtime`: runtimes and their instances.

use macro_rules_attribute::apply;

use crate::wire::{message, word};

/// Whether an instance runs.
#[apply(word)]
#[schemars(inline)]
#[serde(rename_all = "lowercase")]
pub enum InstanceStatus {
    /// It runs.
    Running,
    /// It is stopped.
    Stopped,
    /// It is paused; its sessions live on.
    Paused,
}

/// Persisted state of a runtime instance.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeInstance {
    /// Unique over all runtimes.
    pub name: String,
    /// Its runtime's name.
    pub type_name: String,
    /// Whether it runs.
    pub status: InstanceStatus,
    /// WebSocket URL of the runtime-host for this instance (set when running).
    pub websocket_url: Option<String>,
}

/// Starts an instance of a runtime.
#[apply(message)]
#[derive(Default, Eq)]
pub struct StartRuntimeBody {
    /// Its name; the runtime's own when absent.
    #[garde(inner(custom(crate::names::slug)))]
    #[schemars(regex(pattern = crate::names::SLUG_PATTERN))]
    pub name: Option<String>,
}

/// A runtime and its instances.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeInfo {
    /// The runtime's name.
    pub type_name: String,
    /// Whether only one instance is allowed.
    pub only_one: bool,
    /// Its instances, the oldest first.
    #[garde(dive)]
    pub instances: Vec<RuntimeInstance>,
}

/// Why a session ended.
#[apply(word)]
#[serde(rename_all = "snake_case")]
pub enum SessionEndReason {
    /// Somebody ended it.
    Terminated,
    /// It failed.
    Error,
    /// Nobody used it for too long.
    IdleTimeout,
    /// The agent's process ended.
    AgentExit,
}
