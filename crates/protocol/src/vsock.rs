//! Seed 000's host ↔ sidecar union, exactly its five types. [`crate::link`] is the superset that Lia speaks.

use serde::{Deserialize, Serialize};

use crate::secret::{Secret, in_clear};

/// One initial file (text only, as in the seed).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VsockFile {
    /// Relative to the workspace.
    pub name: String,
    /// Text.
    pub content: String,
}

/// JSON lines, tag `type`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum VsockMessage {
    /// Host → guest, once.
    Init {
        /// The agent's key variable. Lia always sends a worthless placeholder.
        #[serde(serialize_with = "in_clear")]
        api_key: Secret,
        /// The user's request.
        prompt: String,
        /// Initial files.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        files: Option<Vec<VsockFile>>,
    },
    /// Guest → host.
    Output {
        /// Text.
        data: String,
    },
    /// Host → guest.
    Input {
        /// Text.
        data: String,
    },
    /// Guest → host: the agent has ended.
    Exit {
        /// Its exit code.
        code: i32,
    },
    /// Both ways.
    Heartbeat,
}
