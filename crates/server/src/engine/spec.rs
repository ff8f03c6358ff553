//! What the engine keeps of a task's request so that it can start it, now or after a restart. Kept as JSON in the
//! task's record; initial files lie in the spool, since they can be large and are needed once.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use lia_protocol::{
    host::AllowRule,
    ids::{TaskId, UploadId},
    task::TaskFile,
    template::AgentTemplate,
};
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TaskSpec {
    /// The template as it was when the task was made.
    pub template: AgentTemplate,
    /// The installed agent's version that the task uses, for templates that need one.
    pub agent_version: Option<String>,
    /// Egress: the template's and the request's.
    pub allow: Vec<AllowRule>,
    /// The request's own variables.
    pub env: BTreeMap<String, String>,
    /// Repositories to clone inside: (URL, folder).
    pub clone: Vec<(String, String)>,
    /// Uploaded bundles: (upload, branch).
    pub bundles: Vec<(UploadId, Option<String>)>,
    /// Whether initial files lie in the spool.
    pub files: bool,
    /// As given.
    pub ssh_public_key: Option<String>,
    /// Where the agent runs: a path inside; the workspace when absent.
    #[serde(default)]
    pub cwd: Option<String>,
    /// A script that runs before the agent.
    #[serde(default)]
    pub setup: Option<String>,
    /// Whether its sandbox is a named instance's, which others may enter.
    #[serde(default)]
    pub shared: bool,
    /// More variables for the agent, encrypted.
    #[serde(default)]
    pub sealed_env: Option<String>,
    /// Where a runtime host tells what happens in the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
}

/// Where a task's initial files lie until the sidecar has them.
#[must_use]
pub fn spool_path(data_dir: &Path, task: TaskId) -> PathBuf {
    data_dir.join("spool").join(format!("{task}.json"))
}

/// Writes initial files so that they survive the loss of power.
///
/// # Errors
/// Those of the file system.
pub async fn spool(data_dir: &Path, task: TaskId, files: &[TaskFile]) -> std::io::Result<()> {
    let path = spool_path(data_dir, task);
    let json = serde_json::to_vec(files)?;
    tokio::task::spawn_blocking(move || {
        use std::io::Write as _;
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let mut f = std::fs::File::create(&path)?;
        f.write_all(&json)?;
        f.sync_all()
    })
    .await?
}

/// Reads them back; none when there are none (any more).
pub async fn unspool(data_dir: &Path, task: TaskId) -> Option<Vec<TaskFile>> {
    let bytes = tokio::fs::read(spool_path(data_dir, task)).await.ok()?;
    serde_json::from_slice(&bytes).ok()
}
