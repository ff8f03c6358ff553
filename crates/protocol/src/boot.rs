//! What a runtime hands to the sidecar at its start, on an inherited descriptor (never in argv or the environment).

use serde::{Deserialize, Serialize};

use crate::{
    ids::InstanceId,
    secret::{Secret, in_clear},
};

/// Where a virtual machine's sidecar takes its [`BootConfig`], as one JSON line, once; it answers with the line `OK`, or with
/// what is wrong. Whoever holds the machine's channel needs no secret here: it brings it.
pub const PORT_BOOT: u16 = 4999;
/// The control link's port.
pub const PORT_CONTROL: u16 = 5000;
/// The host API's port.
pub const PORT_HOST_API: u16 = 5001;
/// The egress link's port.
pub const PORT_EGRESS: u16 = 5002;

/// Loopback port inside the instance of the HTTP and SOCKS5 proxy.
pub const INNER_PROXY_PORT: u16 = 3128;
/// Loopback port inside the instance of the credential broker.
pub const INNER_BROKER_PORT: u16 = 3129;

/// The placeholder that stands where a key would. Worthless, the same everywhere.
pub const PLACEHOLDER_KEY: &str = "sk-lia-placeholder-not-a-key";

/// The sidecar is started as `lia-sidecar --config-fd N --listen-fd M`; this is the JSON in N.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BootConfig {
    /// Which instance this is.
    pub instance: InstanceId,
    /// Opens every connection: the dialler's first line is `LIA1 <secret>\n`, the answer `OK\n`; else the
    /// connection closes. It comes right after `CONNECT <port>\n` / `OK <port>\n`.
    #[serde(serialize_with = "in_clear")]
    pub secret: Secret,
    /// Folder of the journals, writable by the sidecar, hidden from the agent.
    pub state_dir: String,
    /// Paths that must not exist for the agent (the sidecar's own files, `state_dir`).
    pub hide: Vec<String>,
    /// The workspace, writable: the agent's working directory.
    pub workspace: String,
    /// The agent's home, writable.
    pub home: String,
    /// The uid and gid that the agent sees as its own.
    pub agent_uid: u32,
    /// How the agent is set apart.
    pub separation: Separation,
    /// Whether the agent may make user namespaces of its own (`isolation.nested`).
    pub nested: bool,
    /// Whether to run the transparent door (needs CAP_NET_ADMIN over the instance's network namespace).
    pub transparent: bool,
    /// Journal bound in bytes, of all sessions of this instance together.
    pub journal_bytes: u64,
    /// Variables that every agent process starts from. Nothing else is inherited.
    pub env: std::collections::BTreeMap<String, String>,
    /// TCP ports beyond 80 and 443 on which the transparent door listens: those that the egress policy names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<u16>,
    /// Steps at which the sidecar kills itself, `name` or `name:N` for the N-th time. For tests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failpoints: Vec<String>,
}

/// How agent processes are kept from the sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Separation {
    /// A child user, mount and pid namespace per agent.
    Namespaces,
    /// Another uid (in a VM, where the sidecar is root).
    Uid,
}
