//! A person's terminals in a session's sandbox, beside the agent: their names, and what control plane and sidecar say of
//! them over the host API (port 5001).
//!
//! What a terminal prints is not in the log: the sidecar keeps the newest [`crate::limits::TERMINAL_KEPT_BYTES`] of it, by
//! byte offset, and every reader is a cursor into that. The log has `terminal.opened` and `terminal.closed`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ids::TaskId, limits::TERMINAL_COMMAND_BYTES};

/// A terminal's name: `term-`, the session's id (its task's), and eight hex digits. It says whose it is, so that no table
/// of names need be kept and no terminal can pass for one of another session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TerminalId {
    /// Whose.
    pub task: TaskId,
    /// Which of the session's.
    pub nr: u32,
}

/// A text that is no terminal's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a terminal's id: term-, the session's id, and eight hex digits")]
pub struct BadTerminalId;

impl TerminalId {
    /// A new one of a session.
    #[must_use]
    pub fn new(task: TaskId) -> Self {
        let random = Uuid::now_v7().as_u128().to_le_bytes();
        Self { task, nr: u32::from_le_bytes([random[0], random[1], random[2], random[3]]) }
    }
}

impl fmt::Display for TerminalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "term-{}-{:08x}", self.task, self.nr)
    }
}

impl FromStr for TerminalId {
    type Err = BadTerminalId;
    fn from_str(s: &str) -> Result<Self, BadTerminalId> {
        let (task, nr) = s.strip_prefix("term-").and_then(|r| r.rsplit_once('-')).ok_or(BadTerminalId)?;
        let id = Self {
            task: task.parse().map_err(|_| BadTerminalId)?,
            nr: u32::from_str_radix(nr, 16).map_err(|_| BadTerminalId)?,
        };
        // A name has one spelling.
        if id.to_string() == s { Ok(id) } else { Err(BadTerminalId) }
    }
}

impl TryFrom<String> for TerminalId {
    type Error = BadTerminalId;
    fn try_from(s: String) -> Result<Self, BadTerminalId> {
        s.parse()
    }
}

impl From<TerminalId> for String {
    fn from(id: TerminalId) -> Self {
        id.to_string()
    }
}

/// What a terminal runs, and where its window begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalStart {
    /// A path, or a name that is looked for in the agent's `PATH`.
    pub command: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

impl TerminalStart {
    /// With what seed 003 takes for what is not said: `/bin/sh`, 120 columns, 30 rows.
    ///
    /// # Errors
    /// A sentence, when the command is too long.
    pub fn new(
        command: Option<String>,
        args: Option<Vec<String>>,
        cols: Option<u16>,
        rows: Option<u16>,
    ) -> Result<Self, String> {
        let command = command.filter(|c| !c.is_empty()).unwrap_or_else(|| "/bin/sh".to_owned());
        let start = Self {
            command,
            args: args.unwrap_or_default(),
            cols: cols.unwrap_or(120),
            rows: rows.unwrap_or(30),
        };
        let bytes = start.line().len();
        if bytes > TERMINAL_COMMAND_BYTES {
            return Err(format!(
                "a terminal's command has {bytes} bytes; allowed are {TERMINAL_COMMAND_BYTES}"
            ));
        }
        Ok(start)
    }

    /// Command and arguments as one text for people.
    #[must_use]
    pub fn line(&self) -> String {
        std::iter::once(&self.command).chain(&self.args).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// `POST /sessions/{session}/terminals`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTerminal {
    /// Its name, given by the control plane.
    pub terminal: TerminalId,
    /// What to run.
    #[serde(flatten)]
    pub start: TerminalStart,
}

/// One entry of `GET /sessions/{session}/terminals`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostTerminal {
    /// Which.
    pub terminal: TerminalId,
    /// What runs in it.
    pub command: String,
    /// Once it has ended.
    pub exit_code: Option<i32>,
}

/// A line of `GET /sessions/{session}/terminals/{terminal}/output?from=`, which goes on until the terminal is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum TerminalLine {
    /// Bytes that it printed.
    Output {
        /// Bytes before these.
        pos: u64,
        /// The bytes in base64.
        base64: String,
    },
    /// Bytes that are not kept any more.
    Dropped {
        /// Bytes before these.
        pos: u64,
        /// How many.
        bytes: u64,
    },
    /// All that was kept when it was asked for has been sent.
    Live {
        /// Whether it is over: then the rest follows at once.
        over: bool,
    },
    /// Its command has ended, or it was killed. The last line.
    Exit {
        /// 128 + signal when a signal ended it.
        exit_code: i32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_whose_it_is_and_has_one_spelling() {
        let task = TaskId::new();
        let id = TerminalId::new(task);
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        assert_ne!(TerminalId::new(task), id);
        let plus = format!("term-{task}-+1234567");
        let short = format!("term-{task}-1");
        let upper = format!("term-{}-0000000a", task.to_string().to_uppercase());
        let simple = format!("term-{}-0000000a", task.0.simple());
        for wrong in ["", "term-", "term-x-00000000", "main", &text[5..], &plus, &short, &upper, &simple] {
            assert_eq!(wrong.parse::<TerminalId>(), Err(BadTerminalId), "{wrong}");
        }
        let end = format!("{text}\n");
        assert!(end.parse::<TerminalId>().is_err());
    }

    #[test]
    fn what_is_not_said() {
        let start = TerminalStart::new(None, None, None, None).unwrap();
        assert_eq!((&*start.line(), start.cols, start.rows), ("/bin/sh", 120, 30));
        assert!(TerminalStart::new(Some("x".repeat(TERMINAL_COMMAND_BYTES + 1)), None, None, None).is_err());
    }
}
