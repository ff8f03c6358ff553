//! What isolation is really in force (`GET /api/v1/runtimes`).

use serde::{Deserialize, Serialize};

/// One means of isolation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isolation {
    /// `user-namespace`, `own-uid`, `cgroup-memory`, `cgroup-cpu`, `cgroup-pids`, `storage`, `seccomp`, `landlock`,
    /// `network`, …
    pub name: String,
    /// Whether it is in force.
    pub active: bool,
    /// How, or why not and what would mend it.
    pub how: String,
}

/// A runtime as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeInfo {
    /// `local`, …
    pub name: String,
    /// Whether it can start an instance now.
    pub available: bool,
    /// What is missing, and the mend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// In force, means by means.
    pub isolation: Vec<Isolation>,
    /// `freeze`, `signal`, `snapshot` or `none`.
    pub suspend: String,
}
