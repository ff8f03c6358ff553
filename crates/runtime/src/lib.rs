//! `trait Runtime`, a way to isolate; one module per driver. A driver never knows the server.
//!
//! ```text
//! start ──▶ Running ──pause──▶ Paused ──resume──▶ Running ──(the sidecar dies)──▶ Gone
//!                └──────────────────── delete (every state, idempotent) ─────────────▶ nothing left
//! ```
//!
//! Whatever a driver makes (process, socket, cgroup, mount, folder) is written to the [`Ledger`] **before** it is made
//! and struck off after it is gone, so that start-up can find and remove it whatever was killed when.

use std::sync::Arc;

use async_trait::async_trait;
use lia_protocol::{ids::InstanceId, runtime::RuntimeStatus, secret::Secret, task::TaskConfig};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};

mod background;
pub mod local;
mod locks;
mod process;
pub mod qemu;

/// A byte stream to a port of an instance, after `CONNECT` / `OK` and before `LIA1 <secret>`.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Why a driver could not do something.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The instance does not live (any more).
    #[error("instance {0} is gone")]
    Gone(InstanceId),
    /// This runtime cannot do that at all.
    #[error("runtime {runtime} cannot {what}")]
    Unsupported {
        /// Which runtime.
        runtime: &'static str,
        /// What was asked.
        what: &'static str,
    },
    /// Something that the host must have is missing; the text names it and the mend.
    #[error("{0}")]
    Missing(String),
    /// The host is weaker than `isolation.require` asks.
    #[error("isolation.require asks for {0}, which this host does not give: {1}")]
    Weaker(String, String),
    /// The operating system said no.
    #[error("{what}: {source}")]
    Io {
        /// What was tried, with the path or name.
        what: String,
        /// What it said.
        #[source]
        source: std::io::Error,
    },
    /// The ledger could not be written; nothing was made.
    #[error("ledger: {0}")]
    Ledger(String),
}

impl RuntimeError {
    /// Wraps an I/O error with what was tried.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// What an instance shall be.
#[derive(Clone, Debug)]
pub struct InstanceSpec {
    /// Its name.
    pub id: InstanceId,
    /// Opens every connection to it.
    pub secret: Secret,
    /// Limits in force.
    pub config: TaskConfig,
    /// Host folders to show read-only inside: (host path, path inside). Agents' installed files.
    pub read_only: Vec<(std::path::PathBuf, String)>,
    /// Variables that every agent process starts from.
    pub env: std::collections::BTreeMap<String, String>,
    /// TCP ports beyond 80 and 443 that the egress policy names ([`lia_protocol::boot::BootConfig::ports`]).
    pub ports: Vec<u16>,
    /// Steps at which the sidecar kills itself ([`lia_protocol::boot::BootConfig::failpoints`]). For tests.
    pub failpoints: Vec<String>,
    /// Keep workspace, home and journal of an earlier life of this instance (resume of a parked task). What still runs
    /// of that life is ended first.
    pub keep: bool,
}

/// What is needed to find an instance again after a restart of the server. Stored as JSON; no secret in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceRecord {
    /// Its name.
    pub id: InstanceId,
    /// The driver's name.
    pub runtime: String,
    /// The driver's own data (pid, start time, boot id, paths).
    pub data: serde_json::Value,
}

/// Whether an instance lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstanceStatus {
    /// It runs.
    Running,
    /// It is paused; its memory is kept.
    Paused,
    /// It does not live. What is left on disk stays until delete.
    Gone {
        /// How it ended, when that is known (`killed by signal 9`, `out of memory`, `host restarted`).
        reason: Option<String>,
    },
}

/// One thing that a driver made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resource {
    /// `process`, `cgroup`, `mount`, `loop`, `folder`, `socket`, `uid`.
    pub kind: String,
    /// Enough to find and remove it: a path, or `pid:start_time:boot_id`.
    pub name: String,
}

/// Where resources are written down. The server's is in the store.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Writes down what is about to be made.
    async fn record(&self, instance: InstanceId, resources: &[Resource]) -> Result<(), RuntimeError>;
    /// Strikes off what is gone.
    async fn strike(&self, instance: InstanceId, resources: &[Resource]) -> Result<(), RuntimeError>;
    /// What stands written of one instance.
    async fn of(&self, instance: InstanceId) -> Result<Vec<Resource>, RuntimeError>;
}

/// A way to isolate.
#[async_trait]
pub trait Runtime: Send + Sync {
    /// `local`, …
    fn name(&self) -> &'static str;

    /// Whether an instance is gone for good when the server's machine loses power. If so, what it was told may still be on
    /// its way to the disk.
    fn shares_power(&self) -> bool {
        false
    }

    /// Whether an instance can be started over the files of an earlier life ([`InstanceSpec::keep`]).
    fn keeps(&self) -> bool {
        true
    }

    /// What isolation is in force on this host; cheap, may be called per request.
    async fn info(&self) -> RuntimeStatus;

    /// Makes an instance and starts its sidecar. On an error everything made is removed again.
    /// Cancelling (dropping) the future leaves only what the ledger names.
    async fn start(
        &self,
        spec: InstanceSpec,
        ledger: Arc<dyn Ledger>,
    ) -> Result<InstanceRecord, RuntimeError>;

    /// Whether it lives. After a restart of the server this is the adoption check (boot id, pid with start time).
    async fn status(&self, instance: &InstanceRecord) -> Result<InstanceStatus, RuntimeError>;

    /// Resolves when the instance does not live any more, with how it ended. Event driven (pidfd), never polled.
    async fn ended(&self, instance: &InstanceRecord) -> Option<String>;

    /// A byte stream to a port of the instance.
    async fn dial(&self, instance: &InstanceRecord, port: u16) -> Result<Box<dyn Stream>, RuntimeError>;

    /// Stops it where it is, memory kept. Idempotent.
    async fn pause(&self, instance: &InstanceRecord) -> Result<(), RuntimeError>;

    /// Lets it go on. Idempotent.
    async fn resume(&self, instance: &InstanceRecord) -> Result<(), RuntimeError>;

    /// Ends its processes; workspace, home and journal stay. Idempotent. Goes by the id and the ledger, as `delete`
    /// does; the record's data may be `null`.
    async fn stop(&self, instance: &InstanceRecord, ledger: Arc<dyn Ledger>) -> Result<(), RuntimeError>;

    /// Removes everything that the ledger names of it and everything below its folder. Works in every state, also
    /// when `start` never returned (then only the id and the ledger are known). Idempotent.
    async fn delete(&self, id: InstanceId, ledger: Arc<dyn Ledger>) -> Result<(), RuntimeError>;

    /// Removes every instance that is not in `known`, with its processes, and what belongs to no instance at all. For
    /// start-up, before anything is started. Returns what was removed; what cannot be is told in the log and stays.
    async fn sweep(
        &self,
        known: &std::collections::BTreeSet<InstanceId>,
    ) -> Result<Vec<InstanceId>, RuntimeError>;

    /// Bytes of the sidecar's journal for `session` that a dead instance left behind, if the driver can read them:
    /// the lines as the control link would have carried them.
    async fn leftover_journal(
        &self,
        instance: &InstanceRecord,
        session: lia_protocol::ids::SessionId,
    ) -> Result<Vec<std::path::PathBuf>, RuntimeError>;
}
