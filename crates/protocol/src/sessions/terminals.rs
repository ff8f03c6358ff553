//! A person's terminals over REST. The seed has their lists and outputs at its runtime host; opening, typing and the rest it
//! has on its socket alone, so those bodies are ours.

use macro_rules_attribute::apply;

use crate::{limits, wire::message};

/// `POST /api/agents/{agentId}/terminals` and `POST /api/runtimes/{instanceName}/terminals`
#[apply(message)]
#[derive(Default, Eq)]
pub struct CreateTerminalBody {
    /// A path, or a name in the agent's `PATH`; `/bin/sh` when absent.
    pub command: Option<String>,
    /// Its arguments.
    pub args: Option<Vec<String>>,
    /// Columns; 120 when absent.
    #[garde(range(min = 1, max = u16::MAX))]
    pub cols: Option<u16>,
    /// Rows; 30 when absent.
    #[garde(range(min = 1, max = u16::MAX))]
    pub rows: Option<u16>,
}

/// What is typed.
#[apply(message)]
#[derive(Eq)]
pub struct TerminalInputBody {
    /// Text.
    pub data: String,
}

/// One terminal.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct TerminalInfo {
    /// Which.
    pub terminal_id: String,
    /// What runs in it.
    pub command: String,
    /// Once its command has ended: 128 + signal when a signal ended it.
    pub exit_code: Option<i32>,
}

/// `GET /api/agents/{agentId}/terminals`
#[apply(message)]
#[derive(Eq)]
pub struct TerminalsResponse {
    /// Those that run, and those that ended last.
    #[garde(dive)]
    pub terminals: Vec<TerminalInfo>,
}

/// `GET /api/agents/{agentId}/terminals/{terminalId}`
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct TerminalOutput {
    /// Which.
    pub terminal_id: String,
    /// What it printed from `offset` on, as text.
    pub output: String,
    /// Whether older output is not kept any more.
    pub truncated: bool,
    /// Bytes that it printed before these (ours).
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub offset: u64,
    /// Where what follows begins (ours).
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub next_offset: u64,
    /// Once its command has ended (ours).
    pub exit_code: Option<i32>,
}
