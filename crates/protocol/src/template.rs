//! Agent templates: how to start an agent.

use std::collections::BTreeMap;

use macro_rules_attribute::apply;
use serde::{Deserialize, Serialize};

use crate::{
    host::AllowRule,
    wire::{message, word},
};

/// How Lia speaks to an agent.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum AgentMode {
    /// The Agent Client Protocol over stdio.
    Acp,
    /// A pseudo-terminal.
    Terminal,
}

/// What is started, and how: a table of the server's configuration. The API shows it as a [`TemplateInfo`].
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
#[apply(message)]
#[derive(Eq)]
pub struct TemplateInfo {
    /// Letters, digits, '-', '_', '.'.
    pub name: String,
    /// For people.
    pub title: String,
    /// The program inside the sandbox. `{agent}` stands for the agent's installed folder, `{node}` for its Node.js.
    pub command: String,
    /// Its arguments, with the same place-holders.
    #[serde(default)]
    pub args: Vec<String>,
    /// Variables for the agent; values are shown empty. `{broker}` stands for the broker's base URL, `{key}` for the placeholder key.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Files of the agent's home, made anew at each start (path below home → content, with the same place-holders).
    #[serde(default)]
    pub home_files: BTreeMap<String, String>,
    /// How Lia speaks to it.
    pub mode: AgentMode,
    /// The ACP authentication method to call after `initialize`.
    pub authenticate: Option<String>,
    /// The installable agent that the command needs (`lia agents install NAME`).
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
    /// Whether it can be started now.
    pub ready: bool,
    /// What is missing, and the mend, when it cannot.
    pub missing: Option<String>,
    /// The installed version.
    pub version: Option<String>,
}

impl TemplateInfo {
    /// A template as the API shows it, ready or with what is missing.
    #[must_use]
    pub fn new(template: AgentTemplate, missing: Option<String>, version: Option<String>) -> Self {
        let AgentTemplate {
            name,
            title,
            command,
            args,
            env,
            home_files,
            mode,
            authenticate,
            install,
            providers,
            allow,
            auto_allow,
        } = template;
        let env = env.into_keys().map(|name| (name, String::new())).collect();
        let ready = missing.is_none();
        Self {
            name,
            title,
            command,
            args,
            env,
            home_files,
            mode,
            authenticate,
            install,
            providers,
            allow,
            auto_allow,
            ready,
            missing,
            version,
        }
    }
}
