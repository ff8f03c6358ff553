//! The files of a task that has no processes any more: ended by itself, or parked.
//!
//! What an agent left is hostile: links that lead out, repositories whose filters run programs. The server looks at none
//! of it with its own rights. The task's instance is started once more over what was kept: the sidecar alone, under the
//! instance's own uid and limits, without an agent, and without a way out, since nobody dials its egress link. It answers
//! as that of a running task does, and ends after a short idle.
//!
//! ```text
//! closed ──a request──▶ open, a lease per connection ──no lease for IDLE──▶ closed
//!                        └─ resume, DELETE, retention, the server's end ──▶ closed
//! ```
//!
//! Who opens one looks at the task's record under the instance's lock. Who resumes or removes an instance commits that
//! first and then calls [`Shared::close_held`]; who ends its processes holds the lock ([`Shared::hold_kept`]) from before
//! the commit until they are gone. So nobody ever meets another.

use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, Weak},
    task::{Context, Poll},
    time::Duration,
};

use lia_protocol::{boot::PORT_HOST_API, ids::InstanceId, task::TaskStatus};
use lia_runtime::{InstanceRecord, InstanceSpec, InstanceStatus, Stream};
use lia_store::TaskRecord;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{Mutex as AsyncMutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, watch},
    time::timeout,
};

use super::{EngineError, Shared, link, owner::InstanceState};

/// How long one stays open for the next request.
const IDLE: Duration = Duration::from_secs(10);
/// How many may be open at once; each is a process or two and the memory of a git.
const OPEN: usize = 16;
/// How long a request waits for one of the others to close.
const PATIENCE: Duration = Duration::from_secs(30);

/// All of them.
pub(super) struct Kept {
    entries: Mutex<HashMap<InstanceId, Weak<Entry>>>,
    places: Arc<Semaphore>,
}

impl Default for Kept {
    fn default() -> Self {
        Self { entries: Mutex::default(), places: Arc::new(Semaphore::new(OPEN)) }
    }
}

impl Kept {
    fn entries(&self) -> std::sync::MutexGuard<'_, HashMap<InstanceId, Weak<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn entry(&self, id: InstanceId) -> Arc<Entry> {
        let mut entries = self.entries();
        entries.retain(|_, e| e.strong_count() > 0);
        let entry = entries.get(&id).and_then(Weak::upgrade).unwrap_or_default();
        entries.insert(id, Arc::downgrade(&entry));
        entry
    }
}

/// One instance, open or not.
#[derive(Default)]
struct Entry {
    leases: watch::Sender<usize>,
    open: Arc<AsyncMutex<Option<Open>>>,
}

struct Open {
    record: InstanceRecord,
    _place: OwnedSemaphorePermit,
}

/// See [`Shared::hold_kept`].
pub(super) struct Hold {
    open: OwnedMutexGuard<Option<Open>>,
    _entry: Arc<Entry>,
}

/// Keeps it open.
struct Lease(Arc<Entry>);

impl Lease {
    fn new(entry: Arc<Entry>) -> Self {
        entry.leases.send_modify(|n| *n += 1);
        Self(entry)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.leases.send_modify(|n| *n -= 1);
    }
}

/// A connection with its lease.
struct Leased {
    io: Box<dyn Stream>,
    _lease: Lease,
}

impl AsyncRead for Leased {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Leased {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Whether there are files without processes.
fn readable(task: &TaskRecord) -> Result<(), EngineError> {
    let state = InstanceState::of(task);
    let why = match task.status {
        TaskStatus::Terminated if task.removed || task.cleanup => {
            "the task is terminated and its workspace has been removed"
        }
        TaskStatus::Terminated if state.record.is_none() && !state.parked => {
            "the task ended before it had a workspace"
        }
        TaskStatus::Suspended if !state.parked => {
            "the task is suspended with its processes in memory, which would have to run to read its files; resume it first"
        }
        TaskStatus::Terminated | TaskStatus::Suspended => return Ok(()),
        TaskStatus::Pending | TaskStatus::Starting => {
            "the task is starting; its files can be reached once it runs"
        }
        TaskStatus::Running => "the task has just begun to run; try again",
    };
    Err(EngineError::InvalidState(why.into()))
}

impl Shared {
    /// A connection to the host API over a task's kept files; opens them when they are not open.
    ///
    /// # Errors
    /// `InvalidState` when nothing is kept, or the task's own processes are there; runtime errors.
    pub(super) async fn read_kept(
        self: &Arc<Self>,
        task: &TaskRecord,
    ) -> Result<Box<dyn Stream>, EngineError> {
        readable(task)?;
        // Detached: a client that goes away in the middle leaves no half sandbox.
        let (shared, task) = (self.clone(), task.clone());
        let opening = self.background.spawn(async move { shared.open_kept(&task).await });
        match opening.await {
            Ok(opened) => opened,
            Err(e) => Err(EngineError::Instance(format!("the kept files could not be opened: {e}"))),
        }
    }

    async fn open_kept(self: &Arc<Self>, task: &TaskRecord) -> Result<Box<dyn Stream>, EngineError> {
        let entry = self.kept.entry(task.instance);
        let mut open = entry.open.lock().await;
        let stopping = || EngineError::Unavailable("the server is stopping; try again in a moment".into());
        if self.stopping.is_cancelled() {
            return Err(stopping());
        }
        let now = self.store.task(task.id).await?;
        let now = now.ok_or_else(|| EngineError::NoTask(task.id.to_string()))?;
        readable(&now)?;
        // Others are in its sandbox.
        if let Some(record) = self.inhabited(task.instance).await? {
            drop(open);
            let secret = self.instance_secret(task.instance);
            return link::dial(&*self.runtime, &record, &secret, PORT_HOST_API).await;
        }
        if let Some(o) = &*open
            && matches!(self.runtime.status(&o.record).await, Ok(InstanceStatus::Gone { .. }) | Err(_))
        {
            self.close(task.instance, &mut open).await;
        }
        let record = match &*open {
            Some(o) => o.record.clone(),
            None => {
                let place = tokio::select! {
                    place = timeout(PATIENCE, self.kept.places.clone().acquire_owned()) => place,
                    () = self.stopping.cancelled() => return Err(stopping()),
                };
                let Ok(Ok(place)) = place else {
                    let text = format!(
                        "the files of {OPEN} other ended tasks are being read; try again in a moment"
                    );
                    return Err(EngineError::Unavailable(text));
                };
                // The task's own processes may be on their way out still, or those of a killed server.
                self.runtime.stop(&self.remains(task.instance), self.ledger()).await?;
                let record = self.runtime.start(self.reading_spec(&now), self.ledger()).await?;
                *open = Some(Open { record: record.clone(), _place: place });
                self.background.spawn(self.clone().tend(entry.clone(), task.instance));
                record
            }
        };
        let lease = Lease::new(entry.clone());
        drop(open);
        let secret = self.instance_secret(task.instance);
        let io = link::dial(&*self.runtime, &record, &secret, PORT_HOST_API).await?;
        Ok(Box::new(Leased { io, _lease: lease }))
    }

    /// The sidecar and nothing else: no agent's files, no variables, no ports.
    fn reading_spec(&self, task: &TaskRecord) -> InstanceSpec {
        InstanceSpec {
            id: task.instance,
            secret: self.instance_secret(task.instance),
            config: task.config,
            read_only: Vec::new(),
            env: std::collections::BTreeMap::new(),
            ports: Vec::new(),
            failpoints: Vec::new(),
            keep: true,
        }
    }

    /// An instance by its name alone, which is all that `stop` needs.
    pub(super) fn remains(&self, id: InstanceId) -> InstanceRecord {
        InstanceRecord { id, runtime: self.runtime.name().into(), data: serde_json::Value::Null }
    }

    /// Closes one that nobody reads.
    async fn tend(self: Arc<Self>, entry: Arc<Entry>, id: InstanceId) {
        let mut leases = entry.leases.subscribe();
        loop {
            let idle = async {
                // The sender is the entry's, which is here.
                while leases.wait_for(|n| *n == 0).await.is_ok()
                    && timeout(IDLE, leases.wait_for(|n| *n > 0)).await.is_ok()
                {}
            };
            tokio::select! {
                () = idle => {}
                () = self.stopping.cancelled() => {}
            }
            let mut open = entry.open.lock().await;
            if self.stopping.is_cancelled() || *entry.leases.borrow() == 0 {
                return self.close(id, &mut open).await;
            }
        }
    }

    /// While this is held, an instance's kept files are not opened: for who ends its processes, from the commit that says
    /// so until they are gone.
    pub(super) async fn hold_kept(&self, id: InstanceId) -> Hold {
        let entry = self.kept.entry(id);
        Hold { open: entry.open.clone().lock_owned().await, _entry: entry }
    }

    /// Closes an instance's kept files, whoever reads them; no process is left then, and they stay closed while this is
    /// held.
    pub(super) async fn close_held(&self, id: InstanceId, held: &mut Hold) {
        self.close(id, &mut held.open).await;
    }

    async fn close(&self, id: InstanceId, open: &mut Option<Open>) {
        if let Some(o) = open.take()
            && let Err(e) = self.runtime.stop(&o.record, self.ledger()).await
        {
            tracing::warn!(instance = %id, error = %e, "the processes that read a kept workspace could not be ended");
        }
    }
}
