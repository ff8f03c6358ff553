//! SQLite in WAL mode.
//!
//! ```text
//! commit, purge ──channel──▶ writer thread ── the only write connection ──▶ lia.db, lia.db-wal
//!                            flusher thread ── fdatasync of the WAL ─────────────▶ ▲
//! reads ────────▶ blocking threads ── a few read-only connections ───────▶         │
//!                            checkpointer thread ── a connection of its own ───────┘
//! ```
//!
//! - `writer`: the thread; everything that waits becomes one SQLite transaction;
//! - `flush`: what survives the loss of power;
//! - `batch`: what happens inside it; each change stays all or nothing on its own;
//! - `log`, `events`: appends, link positions, PTY trimming; `ops`: records;
//! - `messages`: the queue across sessions;
//! - `webhooks`: the outbox and deliveries;
//! - `purge`: removals in steps; `checkpoint`: the bound of the WAL;
//! - `reads`, `rows`: the read side, and how records stand in their tables;
//! - `schema`, `lock`, `error`: opening, the folder's lock, what SQLite's errors mean.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use async_trait::async_trait;
use lia_protocol::{
    event::Event,
    ids::{
        CommandId, DeliveryId, InstanceId, PermissionId, Seq, SessionId, TaskId, UploadId, UserId, WebhookId,
    },
    time::Timestamp,
};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    CommandRecord, CommandState, Committed, CredentialKind, CredentialRecord, Delivered, DeliveryFilter, Due,
    Head, IdempotencyRecord, LedgerRecord, MessageRecord, NamedInstance, Op, PageSize, PermissionRecord,
    Settled, Store, StoreError, TaskFilter, TaskRecord, TemplateRecord, Txn, Untold, UploadRecord,
    WebhookRecord,
};

mod batch;
mod checkpoint;
mod error;
mod events;
mod flush;
mod lock;
mod log;
mod messages;
mod ops;
mod purge;
mod reads;
mod rows;
mod schema;
mod webhooks;
mod writer;

use checkpoint::Gate;
use flush::Flusher;
use lock::FolderLock;
use purge::Purges;
use reads::Readers;
use writer::{Answer, Db, Job, Writer};

/// How the store works.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Read connections, opened when they are needed; each takes up to 1 MiB.
    pub readers: usize,
    /// Changes that may wait; who comes later waits before the queue.
    pub queue: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { readers: 4, queue: 1024 }
    }
}

/// The store in one SQLite file.
pub struct SqliteStore {
    options: Options,
    readers: Readers,
    jobs: mpsc::Sender<Job>,
    outbox: watch::Receiver<u64>,
    threads: Mutex<Option<Threads>>,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("options", &self.options).finish_non_exhaustive()
    }
}

struct Threads {
    writer: JoinHandle<()>,
    flusher: JoinHandle<()>,
    checkpointer: JoinHandle<()>,
    gate: Arc<Gate>,
    _lock: FolderLock,
}

impl Threads {
    /// Waits for the writer, which must have been told to end, and for the flusher, which ends with it; then ends the
    /// checkpointer.
    fn join(self) {
        // A panic has been reported by the thread itself.
        let _ = self.writer.join();
        let _ = self.flusher.join();
        self.gate.stop();
        let _ = self.checkpointer.join();
    }
}

impl SqliteStore {
    /// Opens the database at `path`, or makes it (mode 0600; its folder must be there), and brings its schema up to date.
    /// Removals that a kill interrupted go on by themselves. Blocks for a moment.
    ///
    /// # Errors
    /// When another process holds it, when it is not Lia's or newer than this program, or when it cannot be read.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let lock = FolderLock::take(path)?;
        let conn = schema::open_writer(path)?;
        let purges = Purges::unfinished(&conn)?;
        let checkpoints = schema::open_checkpointer(path)?;
        let gate = Arc::new(Gate::default());
        let (jobs, waiting) = mpsc::channel(options.queue.max(1));

        let thread = |name: &str| thread::Builder::new().name(name.to_owned());
        let failed = |e: std::io::Error| StoreError::Backend(format!("a thread cannot be started: {e}"));
        let (flusher, flush) = Flusher::new(path)
            .map_err(|e| StoreError::Backend(format!("the WAL of {}: {e}", path.display())))?;
        let flush = thread("store-flush").spawn(flush).map_err(failed)?;
        let at = Arc::clone(&gate);
        let (grows, outbox) = watch::channel(0);
        let write = move || Writer::new(Db::new(conn, at, flusher), waiting, purges, grows).run();
        let writer = thread("store-writer").spawn(write).map_err(failed)?;
        let at = Arc::clone(&gate);
        let checkpoint = move || checkpoint::run(&checkpoints, &at);
        let checkpointer = thread("store-checkpoint").spawn(checkpoint).map_err(failed)?;

        let readers = Readers::new(path.to_owned(), Arc::clone(&gate), options.readers);
        let threads = Mutex::new(Some(Threads { writer, flusher: flush, checkpointer, gate, _lock: lock }));
        Ok(Self { options, readers, jobs, outbox, threads })
    }

    async fn ask<T>(&self, job: impl FnOnce(writer::Reply<T>) -> Job) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(job(reply)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for SqliteStore {
    /// Without [`Store::close`]: what waits is still committed.
    fn drop(&mut self) {
        // The threads end when the last sender is gone, and this was the last.
        let (none, _) = mpsc::channel(1);
        self.jobs = none;
        if let Some(threads) = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take() {
            threads.join();
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, txn: Txn) -> Result<Committed, StoreError> {
        self.ask(|reply| Job::Commit(txn, Answer::Whole(reply))).await
    }

    async fn commit_early(&self, txn: Txn) -> Result<(Committed, Settled), StoreError> {
        self.ask(|reply| Job::Commit(txn, Answer::Early(reply))).await
    }

    async fn events(&self, session: SessionId, after: Seq, page: PageSize) -> Result<Vec<Event>, StoreError> {
        self.readers.run(move |c| reads::events(c, session, after, page)).await
    }

    async fn landmarks(
        &self,
        session: SessionId,
        after: Seq,
        upto: Seq,
        page: PageSize,
    ) -> Result<Vec<Event>, StoreError> {
        self.readers.run(move |c| reads::landmarks(c, session, (after, upto), page)).await
    }

    async fn head(&self, session: SessionId) -> Result<Head, StoreError> {
        self.readers.run(move |c| reads::head(c, session)).await
    }

    async fn task(&self, id: TaskId) -> Result<Option<TaskRecord>, StoreError> {
        self.readers
            .run(move |c| reads::one(c, (rows::TASK, "WHERE t.id = ?1"), id.0.as_bytes(), rows::task))
            .await
    }

    async fn task_of_session(&self, session: SessionId) -> Result<Option<TaskRecord>, StoreError> {
        self.readers
            .run(move |c| reads::one(c, (rows::TASK, "WHERE s.id = ?1"), session.0.as_bytes(), rows::task))
            .await
    }

    async fn tasks_of_instance(&self, instance: InstanceId) -> Result<Vec<TaskRecord>, StoreError> {
        let filter = "WHERE t.instance = ?1 ORDER BY t.created_at, t.id";
        self.readers
            .run(move |c| reads::all(c, (rows::TASK, filter), &[instance.0.as_bytes()], rows::task))
            .await
    }

    async fn tasks(
        &self,
        filter: &TaskFilter,
        page: u32,
        per_page: u32,
    ) -> Result<(Vec<TaskRecord>, u64), StoreError> {
        let filter = filter.clone();
        self.readers.run(move |c| reads::tasks(c, &filter, page, per_page)).await
    }

    async fn tasks_by_prefix(
        &self,
        prefix: &str,
        owner: Option<&UserId>,
        limit: u32,
    ) -> Result<Vec<TaskRecord>, StoreError> {
        let (prefix, owner) = (prefix.to_owned(), owner.cloned());
        self.readers.run(move |c| reads::tasks_by_prefix(c, &prefix, owner.as_ref(), limit)).await
    }

    async fn unfinished_tasks(&self) -> Result<Vec<TaskRecord>, StoreError> {
        self.readers.run(reads::unfinished_tasks).await
    }

    async fn kept_since(&self, before: Timestamp, limit: u32) -> Result<Vec<TaskRecord>, StoreError> {
        let filter = "WHERE t.status = 'terminated' AND t.cleanup = 0 AND t.removed = 0 AND t.completed_at < ?1 \
                      ORDER BY t.completed_at LIMIT ?2";
        self.readers.run(move |c| reads::all(c, (rows::TASK, filter), &[&before.0, &limit], rows::task)).await
    }

    async fn commands(
        &self,
        session: SessionId,
        states: &[CommandState],
    ) -> Result<Vec<CommandRecord>, StoreError> {
        let states = states.to_vec();
        self.readers.run(move |c| reads::commands(c, session, &states)).await
    }

    async fn command(&self, id: CommandId) -> Result<Option<CommandRecord>, StoreError> {
        let filter = "WHERE c.id = ?1 AND s.purging IS NULL";
        self.readers
            .run(move |c| reads::one(c, (rows::COMMAND, filter), id.0.as_bytes(), rows::command))
            .await
    }

    async fn open_permissions(&self, session: SessionId) -> Result<Vec<PermissionRecord>, StoreError> {
        let filter = "WHERE s.id = ?1 AND s.purging IS NULL AND p.answered = 0 ORDER BY p.no";
        self.readers
            .run(move |c| {
                reads::all(c, (rows::PERMISSION, filter), &[session.0.as_bytes()], rows::permission)
            })
            .await
    }

    async fn permission(&self, id: PermissionId) -> Result<Option<PermissionRecord>, StoreError> {
        let filter = "WHERE p.id = ?1 AND s.purging IS NULL";
        self.readers
            .run(move |c| reads::one(c, (rows::PERMISSION, filter), id.0.as_bytes(), rows::permission))
            .await
    }

    async fn credential(&self, hash: &[u8; 32]) -> Result<Option<CredentialRecord>, StoreError> {
        let hash = *hash;
        self.readers
            .run(move |c| reads::one(c, (rows::CREDENTIAL, "WHERE hash = ?1"), hash, rows::credential))
            .await
    }

    async fn credentials(&self, kind: CredentialKind) -> Result<Vec<CredentialRecord>, StoreError> {
        let filter = "WHERE kind = ?1 ORDER BY created_at DESC, no DESC";
        self.readers
            .run(move |c| reads::all(c, (rows::CREDENTIAL, filter), &[&kind.as_str()], rows::credential))
            .await
    }

    async fn ledger(&self, instance: Option<InstanceId>) -> Result<Vec<LedgerRecord>, StoreError> {
        self.readers.run(move |c| reads::ledger(c, instance)).await
    }

    async fn idempotent(&self, owner: &UserId, key: &str) -> Result<Option<IdempotencyRecord>, StoreError> {
        let (owner, key) = (owner.clone(), key.to_owned());
        self.readers.run(move |c| reads::idempotent(c, &owner, &key)).await
    }

    async fn upload(&self, id: UploadId) -> Result<Option<UploadRecord>, StoreError> {
        self.readers
            .run(move |c| reads::one(c, (rows::UPLOAD, "WHERE id = ?1"), id.0.as_bytes(), rows::upload))
            .await
    }

    async fn uploads_unused_since(&self, before: Timestamp) -> Result<Vec<UploadRecord>, StoreError> {
        let filter = "WHERE used_at < ?1 ORDER BY used_at";
        self.readers.run(move |c| reads::all(c, (rows::UPLOAD, filter), &[&before.0], rows::upload)).await
    }

    async fn templates(&self) -> Result<Vec<TemplateRecord>, StoreError> {
        self.readers.run(|c| reads::all(c, (rows::TEMPLATE, "ORDER BY no"), &[], rows::template)).await
    }

    async fn instances(&self, user: Option<&UserId>) -> Result<Vec<NamedInstance>, StoreError> {
        let user = user.cloned();
        let filter = "WHERE ?1 IS NULL OR user = ?1 ORDER BY no";
        self.readers
            .run(move |c| {
                let user = user.as_ref().map(UserId::as_str);
                reads::all(c, (rows::NAMED, filter), &[&user], rows::named)
            })
            .await
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        let sql = ("SELECT value FROM settings ", "WHERE name = ?1");
        self.readers.run(move |c| reads::one(c, sql, name, |r| r.get(0))).await
    }

    async fn webhook(&self, id: WebhookId) -> Result<Option<WebhookRecord>, StoreError> {
        self.readers.run(move |c| webhooks::one(c, id)).await
    }

    async fn message(&self, id: u64) -> Result<Option<MessageRecord>, StoreError> {
        self.readers.run(move |c| messages::one(c, id)).await
    }

    async fn messages(&self, user: &UserId) -> Result<Vec<MessageRecord>, StoreError> {
        let user = user.as_str().to_owned();
        self.readers.run(move |c| messages::of_user(c, &user)).await
    }

    async fn next_message(&self, session: SessionId) -> Result<Option<MessageRecord>, StoreError> {
        self.readers.run(move |c| messages::next(c, session)).await
    }

    async fn webhooks(&self, user: Option<&UserId>) -> Result<Vec<WebhookRecord>, StoreError> {
        let user = user.map(|u| u.as_str().to_owned());
        self.readers.run(move |c| webhooks::of_user(c, user.as_deref())).await
    }

    async fn webhooks_of_session(&self, session: SessionId) -> Result<Vec<WebhookRecord>, StoreError> {
        self.readers.run(move |c| webhooks::of_session(c, session)).await
    }

    async fn hearers(&self, session: SessionId) -> Result<Vec<WebhookRecord>, StoreError> {
        self.readers.run(move |c| webhooks::hearers(c, session)).await
    }

    fn outbox_grows(&self) -> watch::Receiver<u64> {
        self.outbox.clone()
    }

    async fn untold(&self, limit: u32) -> Result<Vec<Untold>, StoreError> {
        self.readers.run(move |c| webhooks::untold(c, limit)).await
    }

    async fn due(&self) -> Result<Vec<Due>, StoreError> {
        self.readers.run(webhooks::due).await
    }

    async fn due_of(&self, webhook: WebhookId, session: SessionId) -> Result<Option<Due>, StoreError> {
        self.readers.run(move |c| webhooks::due_of(c, webhook, session)).await
    }

    async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivered>, StoreError> {
        self.readers.run(move |c| webhooks::delivery(c, id)).await
    }

    async fn deliveries(
        &self,
        webhook: WebhookId,
        filter: DeliveryFilter,
    ) -> Result<Vec<Delivered>, StoreError> {
        self.readers.run(move |c| webhooks::deliveries(c, webhook, filter)).await
    }

    async fn purge(&self, task: TaskId) -> Result<(), StoreError> {
        self.ask(|reply| Job::Purge(task, reply)).await
    }

    async fn probe(&self) -> Result<(), StoreError> {
        let now = Op::PutSetting { name: "store.probe".to_owned(), value: Timestamp::now().to_string() };
        self.commit(Txn::process(vec![now])).await?;
        self.setting("store.probe").await.map(drop)
    }

    async fn close(&self) {
        // An error means that the writer has ended already.
        let _ = self.jobs.send(Job::Close).await;
        self.readers.close(self.options.readers).await;
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(threads) = threads
            && let Err(error) = tokio::task::spawn_blocking(|| threads.join()).await
        {
            tracing::error!(%error, "the store's threads did not end well");
        }
    }
}
