//! A change of the store: events and records together, all or nothing.

use lia_protocol::{
    event::{Event, LinkPos, NewEvent},
    ids::{
        CommandId, DeliveryId, LinkEpoch, Offset, PermissionId, Seq, SessionId, TaskId, TokenId, UploadId,
        WebhookId,
    },
    sessions::{DeliveryAttempt, DeliveryState},
    task::TaskStatus,
    time::Timestamp,
};

use tokio::sync::oneshot;

use crate::{
    StoreError,
    record::{
        CommandRecord, CommandState, CredentialRecord, IdempotencyRecord, LedgerRecord, NamedInstance,
        PermissionRecord, TaskPatch, TaskRecord, TemplateRecord, UploadRecord,
    },
};

/// What a commit must survive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// `kill -9` of every process. For agents' output.
    #[default]
    Process,
    /// The loss of power too: flushed to the disk. For whatever a caller was told is accepted.
    Power,
}

/// A change. All of `ops` or nothing.
#[derive(Clone, Debug, Default)]
pub struct Txn {
    /// What it must survive.
    pub durability: Durability,
    /// In this order.
    pub ops: Vec<Op>,
}

impl Txn {
    /// A change that must survive the loss of power.
    #[must_use]
    pub fn power(ops: Vec<Op>) -> Self {
        Self { durability: Durability::Power, ops }
    }

    /// A change that must survive the kill of every process.
    #[must_use]
    pub fn process(ops: Vec<Op>) -> Self {
        Self { durability: Durability::Process, ops }
    }
}

/// One step of a change.
#[derive(Clone, Debug)]
pub enum Op {
    /// Appends to a session's log, at time `at`. Events with a `link` position that is in the log already are skipped
    /// when their kind and bytes are equal, and end the transaction with [`crate::StoreError::Diverged`] when not. A
    /// PTY chunk's position is ours and is not compared, nor bytes that were trimmed; a line of which neither an event nor
    /// a note is there passes. `ack` moves [`crate::Head::offset`] also past
    /// journal lines that make no event of their own, never back.
    ///
    /// Which lines are known is decided by the offset within one life of the sidecar, since a journal goes on over new
    /// epochs: a line that comes again under the next epoch is the same line. All events of one line are appended in
    /// one transaction. An epoch of an earlier life (before the last `restart_at`) or one not given out is a conflict,
    /// and so is an offset that falls within the transaction. Offset 0 is no position (a peer without a journal).
    Append {
        /// Whose log.
        session: SessionId,
        /// For all of them.
        at: Timestamp,
        /// In order.
        events: Vec<NewEvent>,
        /// The last journal line that this append covers.
        ack: Option<Offset>,
    },
    /// Notes a journal line that no event holds as it came, by a digest of it. When the line is in the log already, the
    /// digest must be the same, and the line one that was noted, else the transaction ends with
    /// [`crate::StoreError::Diverged`]. Epochs and offsets are looked at as those of [`Op::Append`] are; events that the
    /// line makes are appended after it.
    NoteLine {
        /// Whose journal.
        session: SessionId,
        /// Which line.
        pos: LinkPos,
        /// SHA-256.
        digest: [u8; 32],
    },
    /// Gives out the next link epoch of a session and sets where its journal stands (0 for a new sidecar).
    /// [`Committed::epoch`] has it.
    NextEpoch {
        /// Whose.
        session: SessionId,
        /// `Some` for a sidecar that starts anew: its journal begins after this.
        restart_at: Option<Offset>,
    },
    /// A new task and its session's empty log.
    CreateTask(Box<TaskRecord>),
    /// Changes a task that is in one of `expect` (empty: any), by the table of [`TaskStatus::may_become`] when the
    /// patch has a status, else [`crate::StoreError::Conflict`].
    UpdateTask {
        /// Which.
        id: TaskId,
        /// Compare.
        expect: Vec<TaskStatus>,
        /// And set.
        patch: Box<TaskPatch>,
    },
    /// A new row of an inbox. An id that exists already with the same session and order is a no-op reported by
    /// [`Committed::repeated`]; with another it is a conflict.
    PutCommand(Box<CommandRecord>),
    /// Moves a command that is in one of `expect` on, by the table of [`CommandState::may_become`], else conflict.
    SetCommand {
        /// Which.
        id: CommandId,
        /// Compare.
        expect: Vec<CommandState>,
        /// And set.
        state: CommandState,
        /// JSON of the outcome.
        outcome: Option<String>,
    },
    /// Puts the waiting prompts of a session into this order, which names each of them once, else conflict. Prompts that
    /// come later stand behind them.
    OrderCommands {
        /// Whose.
        session: SessionId,
        /// The next one first.
        order: Vec<CommandId>,
    },
    /// A new template, or another form of one that is there; its time of registration stays.
    PutTemplate(TemplateRecord),
    /// Forgets a template. Idempotent.
    RemoveTemplate {
        /// Which.
        id: String,
    },
    /// A new named instance, or another status of one that is there.
    PutInstance(NamedInstance),
    /// Forgets a named instance. Idempotent.
    RemoveInstance {
        /// Whose.
        user: lia_protocol::ids::UserId,
        /// Which.
        name: String,
    },
    /// A new question. Its `seq` is filled with that of the last event appended before it in this transaction.
    PutPermission(Box<PermissionRecord>),
    /// The first answer to an open question, else conflict.
    AnswerPermission {
        /// Which.
        id: PermissionId,
        /// `None` is "cancelled".
        option_id: Option<String>,
        /// Who.
        by: String,
    },
    /// A new credential.
    PutCredential(Box<CredentialRecord>),
    /// Revokes a credential that is not revoked, else conflict: so a one-time code works once.
    RevokeCredential {
        /// Which.
        id: TokenId,
        /// When.
        at: Timestamp,
    },
    /// Forgets credentials that ended before this.
    SweepCredentials {
        /// When.
        before: Timestamp,
    },
    /// Writes down what is about to be made. Idempotent.
    Record(LedgerRecord),
    /// Strikes off what is gone. Idempotent.
    Strike(LedgerRecord),
    /// Keeps what a request with this key made; an existing one is a conflict.
    PutIdempotent {
        /// Whose key.
        owner: lia_protocol::ids::UserId,
        /// The key.
        key: String,
        /// What it made.
        record: IdempotencyRecord,
    },
    /// Forgets what requests made before this.
    SweepIdempotent {
        /// When.
        before: Timestamp,
    },
    /// A new upload, or the last use of one that is there.
    PutUpload(UploadRecord),
    /// Forgets an upload. Idempotent.
    RemoveUpload {
        /// Which.
        id: UploadId,
    },
    /// Keeps a small value under a name.
    PutSetting {
        /// The name.
        name: String,
        /// The value.
        value: String,
    },
    /// A new message, whose id [`Committed::message`] has. A user has at most
    /// [`lia_protocol::limits::MESSAGES`] that wait, one more is a conflict; of those that were sent as many are kept.
    PutMessage(Box<crate::MessageRecord>),
    /// A message that waits becomes a prompt; one that does not is a conflict.
    SendMessage {
        /// Which.
        id: u64,
        /// When.
        at: Timestamp,
        /// The prompt.
        command: CommandId,
    },
    /// Forgets a message of a user's, whatever its state, or all of them. Idempotent.
    RemoveMessages {
        /// Whose.
        user: lia_protocol::ids::UserId,
        /// Which; `None` is all.
        id: Option<u64>,
    },
    /// A new webhook. Events that are appended after it are told to it.
    PutWebhook(Box<crate::WebhookRecord>),
    /// Changes a webhook; an absent one is a conflict.
    UpdateWebhook {
        /// Which.
        id: WebhookId,
        /// What.
        patch: Box<crate::WebhookPatch>,
    },
    /// Removes a webhook with its deliveries. Idempotent.
    RemoveWebhook {
        /// Which.
        id: WebhookId,
    },
    /// Takes events out of the outbox and makes deliveries of them. One for a webhook that is gone, or that has the
    /// event already, is left out.
    Tell {
        /// What is not to be told any more.
        seen: Vec<crate::Place>,
        /// In their order.
        deliveries: Vec<crate::DeliveryRecord>,
    },
    /// Notes an attempt of a pending delivery and what follows from it. Of one that is not pending, or gone, nothing is
    /// noted.
    Attempted {
        /// Which delivery.
        id: DeliveryId,
        /// The attempt.
        attempt: Box<DeliveryAttempt>,
        /// Where it stands now.
        state: DeliveryState,
        /// When it is tried next, while it is pending.
        next_at: Option<Timestamp>,
    },
    /// Puts a finished delivery at the end of its queue again, with a new plan. A pending or absent one is a conflict.
    Redeliver {
        /// Which.
        id: DeliveryId,
        /// When.
        at: Timestamp,
    },
    /// Forgets deliveries that were finished before this, the oldest ten thousand at most.
    SweepDeliveries {
        /// When.
        before: Timestamp,
    },
    /// Drops the oldest PTY chunks of a session so that at most `keep` bytes of them stay. Their events stay, with
    /// position and no bytes, so that the log has no hole. When something was dropped, a
    /// [`lia_protocol::event::LogTruncated`] is appended that says how much there was so far, to the byte.
    TrimOutput {
        /// Whose.
        session: SessionId,
        /// When.
        at: Timestamp,
        /// Bytes to keep.
        keep: u64,
    },
}

/// What a commit did.
#[derive(Clone, Debug, Default)]
pub struct Committed {
    /// The events as they stand in the log now, in order (skipped ones are not among them).
    pub events: Vec<Event>,
    /// The epoch that `NextEpoch` gave out.
    pub epoch: Option<LinkEpoch>,
    /// The id that `PutMessage` gave.
    pub message: Option<u64>,
    /// Commands that were there already.
    pub repeated: Vec<CommandId>,
    /// The newest seq of the session that was appended to last.
    pub last_seq: Seq,
}

/// When a change that was answered early has the durability that was asked for.
#[derive(Debug)]
pub struct Settled(State);

#[derive(Debug)]
enum State {
    Done(Result<(), StoreError>),
    When(oneshot::Receiver<Result<(), StoreError>>),
}

impl Settled {
    /// It has it already.
    #[must_use]
    pub fn now() -> Self {
        Self(State::Done(Ok(())))
    }

    /// The sender tells; one that is dropped has closed.
    #[must_use]
    pub fn when(tells: oneshot::Receiver<Result<(), StoreError>>) -> Self {
        Self(State::When(tells))
    }

    /// Waits for it. Cancel safe; may be called again.
    ///
    /// # Errors
    /// It is not known what of the change survives the loss of power; the store takes nothing more.
    pub async fn wait(&mut self) -> Result<(), StoreError> {
        if let State::When(tells) = &mut self.0 {
            self.0 = State::Done(tells.await.unwrap_or(Err(StoreError::Closed)));
        }
        match &self.0 {
            State::Done(done) => done.clone(),
            State::When(_) => Ok(()),
        }
    }
}
