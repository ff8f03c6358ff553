//! Agent templates: how to start an agent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::host::AllowRule;

/// How Lia speaks to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgentMode {
    /// The Agent Client Protocol over stdio.
    Acp,
    /// A pseudo-terminal.
    Terminal,
}

/// What is started, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentTemplate {
    /// Letters, digits, '-', '_', '.'.
    pub name: String,
    /// For people.
    pub title: String,
    /// The program inside the sandbox. `{agent}` stands for the agent's installed folder, `{node}` for its Node.js.
    pub command: String,
    /// Its arguments, with the same place-holders.
    #[serde(default)]
    pub args: Vec<String>,
    /// Variables for the agent. `{broker}` stands for the broker's base URL, `{key}` for the placeholder key.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Files of the agent's home, made anew at each start (path below home → content, with the same place-holders).
    #[serde(default)]
    pub home_files: BTreeMap<String, String>,
    /// How Lia speaks to it.
    pub mode: AgentMode,
    /// The ACP authentication method to call after `initialize`.
    #[serde(default)]
    pub authenticate: Option<String>,
    /// The installable agent that the command needs (`lia agents install NAME`).
    #[serde(default)]
    pub install: Option<String>,
    /// Providers whose broker routes the agent may use.
    #[serde(default)]
    pub providers: Vec<String>,
    /// Egress that the agent needs.
    #[serde(default)]
    pub allow: Vec<AllowRule>,
    /// Whether permission questions are answered with the first `allow*` option by Lia itself.
    #[serde(default)]
    pub auto_allow: bool,
}

/// A template with what is known of it on this server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateInfo {
    /// The template; values of `env` are shown empty.
    #[serde(flatten)]
    pub template: AgentTemplate,
    /// Whether it can be started now.
    pub ready: bool,
    /// What is missing, and the mend, when it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// The installed version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}
