//! What isolation is really in force (`GET /api/v1/runtimes`).

use macro_rules_attribute::apply;

use crate::wire::message;

/// One means of isolation.
#[apply(message)]
#[derive(Eq)]
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
#[apply(message)]
#[derive(Eq)]
pub struct RuntimeStatus {
    /// `local`, …
    pub name: String,
    /// Whether it can start an instance now.
    pub available: bool,
    /// What is missing, and the mend.
    pub missing: Option<String>,
    /// In force, means by means.
    #[garde(dive)]
    pub isolation: Vec<Isolation>,
    /// `freeze`, `signal`, `snapshot` or `none`.
    pub suspend: String,
}
