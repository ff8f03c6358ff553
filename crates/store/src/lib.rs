//! The log and the records.
//!
//! - [`record`]: what is kept beside the log: tasks, commands (the inbox), permissions, tokens, the ownership ledger;
//! - [`message`]: the queue across sessions;
//! - [`webhook`]: webhooks, their outbox and deliveries;
//! - [`txn`]: a change: events and records together, all or nothing;
//! - [`Store`]: what every back end does; `tests/it` holds the one suite that they all pass;
//! - [`sqlite`]: SQLite in WAL mode; one writer thread owns the only write connection.

use async_trait::async_trait;
use lia_protocol::{
    event::{Event, LinkPos},
    ids::{
        CommandId, DeliveryId, InstanceId, PermissionId, Seq, SessionId, TaskId, UploadId, UserId, WebhookId,
    },
    time::Timestamp,
};
use tokio::sync::watch;

pub mod message;
pub mod record;
pub mod sqlite;
pub mod txn;
pub mod webhook;

pub use message::*;
pub use record::*;
pub use txn::*;
pub use webhook::*;

/// Why the store could not do something.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A compare-and-set found another state: nothing of the transaction was done. Retry makes no sense.
    #[error("{what} is {found}, expected {expected}")]
    Conflict {
        /// Which record.
        what: String,
        /// What it is.
        found: String,
        /// What the transaction asked for.
        expected: String,
    },
    /// A line of the sidecar's journal came again with other bytes.
    #[error("journal line {}/{} of session {session} came twice with different bytes", .pos.epoch, .pos.offset)]
    Diverged {
        /// Whose journal.
        session: SessionId,
        /// Which line.
        pos: LinkPos,
    },
    /// The disk is full. Nothing of the transaction was done; it may be tried again later.
    #[error("the disk of the data folder is full")]
    Full,
    /// The store does not answer or is damaged.
    #[error("store: {0}")]
    Backend(String),
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
}

/// How much of the log one read may bring.
#[derive(Clone, Copy, Debug)]
pub struct PageSize {
    /// At most so many events.
    pub events: usize,
    /// At most so many bytes of bodies; one larger event still comes, alone.
    pub bytes: usize,
}

impl Default for PageSize {
    fn default() -> Self {
        Self { events: lia_protocol::limits::PAGE_EVENTS, bytes: lia_protocol::limits::PAGE_BYTES }
    }
}

/// The log and the records. Reads are short: no statement stays open for a slow reader.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Commits a change. Transactions that wait are committed together; each is still all or nothing on its own.
    /// When this returns `Ok`, the change survives `kill -9` of every process, and with [`Durability::Power`] the loss
    /// of power too. Dropping the future does not undo it.
    async fn commit(&self, txn: Txn) -> Result<Committed, StoreError>;

    /// Commits a change as [`Self::commit`] does, and returns as soon as it survives `kill -9` of every process and reads
    /// see it; the [`Settled`] resolves when it survives what the transaction says. Later commits settle later.
    async fn commit_early(&self, txn: Txn) -> Result<(Committed, Settled), StoreError>;

    /// The events after `after`, in order.
    async fn events(&self, session: SessionId, after: Seq, page: PageSize) -> Result<Vec<Event>, StoreError>;

    /// The same without notifications of the protocol and bytes of terminals, up to a place: what states are made of. The
    /// cost follows what comes back, not what lies between.
    async fn landmarks(
        &self,
        session: SessionId,
        after: Seq,
        upto: Seq,
        page: PageSize,
    ) -> Result<Vec<Event>, StoreError>;

    /// Where a session's log stands.
    async fn head(&self, session: SessionId) -> Result<Head, StoreError>;

    /// One task.
    async fn task(&self, id: TaskId) -> Result<Option<TaskRecord>, StoreError>;

    /// The task of a session.
    async fn task_of_session(&self, session: SessionId) -> Result<Option<TaskRecord>, StoreError>;

    /// The tasks whose sessions are or were in an instance, the oldest first; removed ones too, until they are purged.
    async fn tasks_of_instance(&self, instance: InstanceId) -> Result<Vec<TaskRecord>, StoreError>;

    /// Tasks of one page in the filter's order, and how many match in all. One query for rows, one for the count.
    async fn tasks(
        &self,
        filter: &TaskFilter,
        page: u32,
        per_page: u32,
    ) -> Result<(Vec<TaskRecord>, u64), StoreError>;

    /// Tasks whose id begins with these hex digits (dashes ignored), of one owner or of all; at most `limit`.
    async fn tasks_by_prefix(
        &self,
        prefix: &str,
        owner: Option<&UserId>,
        limit: u32,
    ) -> Result<Vec<TaskRecord>, StoreError>;

    /// Every task that is not terminated, oldest first, and every terminated one with `cleanup` set: what start-up repairs.
    async fn unfinished_tasks(&self) -> Result<Vec<TaskRecord>, StoreError>;

    /// Tasks that ended before this and whose instance nobody has asked to remove, oldest first, at most `limit`.
    async fn kept_since(&self, before: Timestamp, limit: u32) -> Result<Vec<TaskRecord>, StoreError>;

    /// The inbox of a session: commands in one of these states, in the order of their acceptance; those that wait in the
    /// order that [`Op::OrderCommands`] gave them.
    async fn commands(
        &self,
        session: SessionId,
        states: &[CommandState],
    ) -> Result<Vec<CommandRecord>, StoreError>;

    /// One command.
    async fn command(&self, id: CommandId) -> Result<Option<CommandRecord>, StoreError>;

    /// The open questions of a session, oldest first.
    async fn open_permissions(&self, session: SessionId) -> Result<Vec<PermissionRecord>, StoreError>;

    /// One question.
    async fn permission(&self, id: PermissionId) -> Result<Option<PermissionRecord>, StoreError>;

    /// A credential by the hash of its secret, whatever its state.
    async fn credential(&self, hash: &[u8; 32]) -> Result<Option<CredentialRecord>, StoreError>;

    /// Credentials of one kind, newest first.
    async fn credentials(&self, kind: CredentialKind) -> Result<Vec<CredentialRecord>, StoreError>;

    /// What stands in the ownership ledger; of one instance, or of all.
    async fn ledger(&self, instance: Option<InstanceId>) -> Result<Vec<LedgerRecord>, StoreError>;

    /// What an earlier request with this key answered.
    async fn idempotent(&self, owner: &UserId, key: &str) -> Result<Option<IdempotencyRecord>, StoreError>;

    /// One upload.
    async fn upload(&self, id: UploadId) -> Result<Option<UploadRecord>, StoreError>;

    /// Uploads that were neither brought nor used since this.
    async fn uploads_unused_since(&self, before: Timestamp) -> Result<Vec<UploadRecord>, StoreError>;

    /// Registered templates, the oldest first.
    async fn templates(&self) -> Result<Vec<TemplateRecord>, StoreError>;

    /// Named instances of one user or of all, the oldest first.
    async fn instances(
        &self,
        user: Option<&lia_protocol::ids::UserId>,
    ) -> Result<Vec<NamedInstance>, StoreError>;

    /// A small value that the server keeps under a name.
    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// One message.
    async fn message(&self, id: u64) -> Result<Option<MessageRecord>, StoreError>;

    /// A user's messages, the oldest first.
    async fn messages(&self, user: &UserId) -> Result<Vec<MessageRecord>, StoreError>;

    /// The oldest message that waits for a session.
    async fn next_message(&self, session: SessionId) -> Result<Option<MessageRecord>, StoreError>;

    /// One webhook.
    async fn webhook(&self, id: WebhookId) -> Result<Option<WebhookRecord>, StoreError>;

    /// Webhooks that came with no session: of one owner or of all, oldest first.
    async fn webhooks(&self, user: Option<&UserId>) -> Result<Vec<WebhookRecord>, StoreError>;

    /// Webhooks that came with a session, oldest first.
    async fn webhooks_of_session(&self, session: SessionId) -> Result<Vec<WebhookRecord>, StoreError>;

    /// Webhooks that are told of a session's events now: its own, its owner's, and those that hear all users.
    async fn hearers(&self, session: SessionId) -> Result<Vec<WebhookRecord>, StoreError>;

    /// Wakes whenever the outbox has grown; the number means nothing.
    fn outbox_grows(&self) -> watch::Receiver<u64>;

    /// The outbox in its order (of one session: the log's), at most `limit`.
    async fn untold(&self, limit: u32) -> Result<Vec<Untold>, StoreError>;

    /// The first pending delivery of every queue (one per webhook and session) of the webhooks that are enabled.
    async fn due(&self) -> Result<Vec<Due>, StoreError>;

    /// The first pending delivery of one queue, if its webhook is enabled.
    async fn due_of(&self, webhook: WebhookId, session: SessionId) -> Result<Option<Due>, StoreError>;

    /// One delivery.
    async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivered>, StoreError>;

    /// Deliveries of a webhook, the newest first.
    async fn deliveries(
        &self,
        webhook: WebhookId,
        filter: DeliveryFilter,
    ) -> Result<Vec<Delivered>, StoreError>;

    /// Removes a terminated task's record, its session's log and its inbox, in short steps that never hold up the
    /// writer for long, and gives the space back. Idempotent; goes on where a kill left it. Another state is a
    /// conflict. The ledger stays: it says what is still to be removed.
    async fn purge(&self, task: TaskId) -> Result<(), StoreError>;

    /// Whether it answers, for writing too.
    async fn probe(&self) -> Result<(), StoreError>;

    /// Commits what waits, checkpoints, closes.
    async fn close(&self);
}
