//! The `local` runtime: a sandbox of namespaces on this very host, made by bubblewrap.
//!
//! ```text
//! host      what this host can give, by name             ┐
//! folder    what lies where                              │ what there is
//! etc       the sandboxes' /etc                          ┘
//! uid, disk                                              ┐
//! cgroup, hierarchy, scope                               │
//! command   bubblewrap's arguments, agents' environment  │ how one is made
//! spawn     fork and exec                                │
//! slot      a sandbox that waits for its instance        │
//! pool      some that wait ahead of need                 ┘
//! start     from a slot to an instance                   ┐
//! instance  its life until nothing is left               │ how one lives
//! watch     limits that the kernel does not keep for us  │
//! held      what processes hold that has no name         │
//! process, tree                                          ┘
//! ```
//!
//! Instances outlive the server: they have a session of their own, their streams on files, and nothing that ties them
//! to their parent. A new server finds them by the record: boot, pid and start time.

mod cgroup;
pub(crate) mod command;
mod disk;
mod etc;
mod folder;
mod held;
mod hierarchy;
mod host;
mod instance;
mod pool;
mod scope;
mod slot;
pub(crate) mod spawn;
mod start;
mod tree;
mod uid;
mod watch;

use std::{
    collections::BTreeSet,
    fmt,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use lia_protocol::{
    ids::{InstanceId, SessionId},
    limits,
    runtime::RuntimeStatus,
};
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest as _, Sha256};
use tokio::{process::Child, sync::OwnedMutexGuard};

pub use self::host::Check;
use self::{
    etc::Etc,
    folder::{Folder, private_dir},
    host::Host,
    pool::Pool,
    uid::Uids,
    watch::Watching,
};
use crate::{
    InstanceRecord, InstanceSpec, InstanceStatus, Ledger, Runtime, RuntimeError, Stream,
    background::Background, locks::Locks, process,
};

/// The driver's name.
pub const NAME: &str = "local";

/// Called at each named step of making an instance; an error from it fails the step.
pub type Failpoint = Arc<dyn Fn(&'static str) -> io::Result<()> + Send + Sync>;

/// How the runtime is set up.
#[derive(Clone)]
pub struct LocalOptions {
    /// The folder for everything that it makes. It is made with mode 0700, and belongs to one runtime at a time.
    pub data_dir: PathBuf,
    /// The sidecar: a program that needs no library beyond what `/usr` has, executable for every user.
    pub sidecar: PathBuf,
    /// bubblewrap; without one, `bwrap` in PATH.
    pub bwrap: Option<PathBuf>,
    /// Means of isolation (names of [`lia_protocol::runtime::Isolation`]) without which nothing is started.
    pub require: Vec<String>,
    /// Whether agents may make user namespaces of their own.
    pub nested: bool,
    /// As root: where the host uids of instances are taken from.
    pub uids: std::ops::Range<u32>,
    /// Processes and threads of one instance.
    pub pids: u32,
    /// Bytes of journal that a sidecar may hold.
    pub journal_bytes: u64,
    /// How many sandboxes may wait ahead of need; 0 makes each when it is asked for.
    pub warm: usize,
    /// For tests of what is left when a start fails or dies half-way.
    pub failpoint: Option<Failpoint>,
}

impl LocalOptions {
    /// The defaults.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>, sidecar: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            sidecar: sidecar.into(),
            bwrap: None,
            require: Vec::new(),
            nested: false,
            uids: 300_000..365_536,
            pids: 4_096,
            journal_bytes: limits::JOURNAL_BYTES,
            warm: 2,
            failpoint: None,
        }
    }
}

impl fmt::Debug for LocalOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalOptions")
            .field("data_dir", &self.data_dir)
            .field("sidecar", &self.sidecar)
            .finish_non_exhaustive()
    }
}

/// The runtime. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Local {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: LocalOptions,
    host: Host,
    etc: Etc,
    uids: Uids,
    pool: Pool,
    watching: Arc<Watching>,
    /// One change of an instance at a time.
    locks: Locks,
    /// Waits for bubblewrap's processes, and work in the background.
    background: Background,
    /// Says that the data folder is in use.
    lock: File,
}

impl Local {
    /// Looks at the host and takes the data folder. What the host lacks is no error here: [`Runtime::info`] and
    /// [`Local::doctor`] tell it and [`Runtime::start`] refuses.
    ///
    /// # Errors
    /// When the data folder cannot be made or another runtime has it.
    pub async fn new(mut options: LocalOptions) -> Result<Self, RuntimeError> {
        let at = |p: &Path| RuntimeError::io(p.display().to_string());
        if let Some(parent) = options.data_dir.parent() {
            fs::create_dir_all(parent).map_err(at(parent))?;
        }
        private_dir(&options.data_dir).map_err(at(&options.data_dir))?;
        for path in [&mut options.data_dir, &mut options.sidecar] {
            // A sidecar that is not there is told by `doctor`.
            if let Ok(real) = path.canonicalize() {
                *path = real;
            }
        }
        let dir = options.data_dir.clone();
        let lock = File::create(dir.join("runtime.lock")).map_err(at(&dir))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(RuntimeError::Missing(format!(
                "{} is in use by another running server",
                dir.display()
            )));
        }
        for name in ["instances", "pool"] {
            private_dir(&dir.join(name)).map_err(at(&dir))?;
        }
        let seed = Sha256::digest(dir.as_os_str().as_encoded_bytes());
        let seed = seed.iter().take(8).fold(0_u64, |n, b| n << 8 | u64::from(*b));
        let found = {
            let options = options.clone();
            let scratch = dir.join("pool");
            tokio::task::spawn_blocking(move || Host::find(&options, &format!("lia-{seed:016x}"), &scratch))
        };
        let host = found.await.map_err(io::Error::other).map_err(RuntimeError::io("look at the host"))?;
        let taken: BTreeSet<u32> = folders(&dir.join("instances")).filter_map(|f| f.data()?.uid).collect();
        let inner = Arc::new(Inner {
            uids: Uids::new(options.uids.clone(), taken, seed),
            etc: Etc::new(dir.join("etc")),
            pool: Pool::new(options.warm),
            watching: Arc::default(),
            locks: Locks::default(),
            background: Background::default(),
            lock,
            host,
            options,
        });
        for left in folders(&dir.join("pool")) {
            inner.remove(&left, &[]).await?;
        }
        Ok(Self { inner })
    }

    /// Everything that was looked at, with what to do about what is not as it should be.
    #[must_use]
    pub fn doctor(&self) -> Vec<Check> {
        let mut checks = self.inner.host.checks().to_vec();
        let dir = &self.inner.options.data_dir;
        let (ok, detail) = match host::free_bytes(dir) {
            Ok(free) => (free > 2 << 30, format!("{} MiB free in {}", free >> 20, dir.display())),
            Err(e) => (false, format!("{}: {e}", dir.display())),
        };
        let mend = Some("make room, or set another data folder".into());
        checks.push(Check { name: "data-folder".into(), ok, required: false, detail, mend });
        checks
    }

    /// Makes ready for the next instance with this storage and these read-only folders, in the background.
    pub fn prepare(&self, storage_gb: u32, read_only: Vec<(PathBuf, String)>) {
        self.inner.refill(slot::Shape { storage_gb, read_only });
    }

    /// Returns when no sandbox is being made ahead of need.
    pub async fn settled(&self) {
        self.inner.pool.settle().await;
    }

    /// Ends what waits for instances to come, and all work in the background. Instances go on. The last call.
    pub async fn shutdown(&self) {
        self.inner.close_pool().await;
        self.inner.background.shutdown().await;
    }
}

#[async_trait]
impl Runtime for Local {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shares_power(&self) -> bool {
        true
    }

    async fn info(&self) -> RuntimeStatus {
        let missing = self.inner.host.missing();
        RuntimeStatus {
            name: NAME.into(),
            available: missing.is_none(),
            missing,
            isolation: self.inner.host.isolation(),
            suspend: self.inner.host.suspend().into(),
        }
    }

    async fn start(
        &self,
        spec: InstanceSpec,
        ledger: Arc<dyn Ledger>,
    ) -> Result<InstanceRecord, RuntimeError> {
        self.inner.start(spec, ledger).await
    }

    async fn status(&self, instance: &InstanceRecord) -> Result<InstanceStatus, RuntimeError> {
        self.inner.status(instance)
    }

    async fn ended(&self, instance: &InstanceRecord) -> Option<String> {
        self.inner.ended(instance).await
    }

    async fn dial(&self, instance: &InstanceRecord, port: u16) -> Result<Box<dyn Stream>, RuntimeError> {
        Ok(Box::new(self.inner.dial(instance, port).await?))
    }

    async fn pause(&self, instance: &InstanceRecord) -> Result<(), RuntimeError> {
        self.inner.pause(instance).await
    }

    async fn resume(&self, instance: &InstanceRecord) -> Result<(), RuntimeError> {
        self.inner.resume(instance).await
    }

    async fn stop(&self, instance: &InstanceRecord, ledger: Arc<dyn Ledger>) -> Result<(), RuntimeError> {
        self.inner.stop(instance, ledger).await
    }

    async fn delete(&self, id: InstanceId, ledger: Arc<dyn Ledger>) -> Result<(), RuntimeError> {
        self.inner.delete(id, ledger).await
    }

    async fn sweep(&self, known: &BTreeSet<InstanceId>) -> Result<Vec<InstanceId>, RuntimeError> {
        Ok(self.inner.sweep(known).await)
    }

    async fn leftover_journal(
        &self,
        instance: &InstanceRecord,
        session: SessionId,
    ) -> Result<Vec<PathBuf>, RuntimeError> {
        self.inner
            .folder(instance.id)
            .journal(&session.to_string())
            .map_err(RuntimeError::io("read the journal"))
    }
}

impl Inner {
    fn folder(&self, id: InstanceId) -> Folder {
        Folder::new(self.options.data_dir.join("instances").join(id.to_string()))
    }

    /// Waits until no other change of this instance is under way.
    async fn hold(&self, id: InstanceId) -> Held {
        Arc::new(self.locks.hold(id).await)
    }

    fn step(&self, name: &'static str) -> io::Result<()> {
        self.options.failpoint.as_ref().map_or(Ok(()), |f| f(name))
    }

    /// Takes the exit status of bubblewrap when it ends, so that no zombie stays.
    fn reap(&self, mut child: Child) {
        self.background.spawn(async move {
            let _ = child.wait().await;
        });
    }
}

/// While one is there, no other change of the same instance begins.
type Held = Arc<OwnedMutexGuard<()>>;

impl Drop for Inner {
    fn drop(&mut self) {
        self.host.cgroups.remove_parents();
        // Closing would not do while a child between `fork` and `exec` has a copy.
        let _ = flock(&self.lock, FlockOperation::Unlock);
    }
}

/// The instance folders in `dir`.
fn folders(dir: &Path) -> impl Iterator<Item = Folder> + use<> {
    fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|e| e.file_type().is_ok_and(|t| t.is_dir()))
        .map(|e| Folder::new(e.path()))
}
