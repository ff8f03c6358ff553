//! The writer: one thread that owns the only write connection. It takes everything that waits, commits it as one SQLite
//! transaction as soon as it is free, and answers; what must survive the loss of power it hands to the [`flush`]er first.
//! Between batches it goes on with removals, a step at a time.
//!
//! [`flush`]: super::flush

use std::{cell::Cell, sync::Arc};

use lia_protocol::ids::TaskId;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    batch::{self, Outcomes},
    checkpoint::Gate,
    flush::{Flusher, Waiting},
    log::Logs,
    purge::Purges,
};
use crate::{Committed, Durability, Op, Settled, StoreError, Txn};

/// Bytes of bodies after which a batch takes no further transaction.
pub(super) const BATCH_BYTES: usize = 8 << 20;
/// Transactions of one batch.
const BATCH_TXNS: usize = 4096;

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked for.
pub(super) enum Job {
    /// Commit a change.
    Commit(Txn, Answer),
    /// Remove a task and its log.
    Purge(TaskId, Reply<()>),
    /// Do what waits, then end.
    Close,
}

/// When a commit is answered.
pub(super) enum Answer {
    /// When it survives what its transaction says.
    Whole(Reply<Committed>),
    /// When it survives the kill of every process; the rest is said by the [`Settled`].
    Early(Reply<(Committed, Settled)>),
}

impl Answer {
    fn refuse(self, e: StoreError) {
        // Who has stopped waiting has no use for the answer.
        match self {
            Self::Whole(reply) => drop(reply.send(Err(e))),
            Self::Early(reply) => drop(reply.send(Err(e))),
        }
    }
}

thread_local! {
    /// Frames in the WAL after this thread's last commit.
    static FRAMES: Cell<u64> = const { Cell::new(0) };
}

/// The write connection, and how it commits.
pub(super) struct Db {
    pub(super) conn: Connection,
    gate: Arc<Gate>,
    pub(super) flusher: Flusher,
}

impl Db {
    /// Takes over the write connection. To be called on the writer's thread.
    pub(super) fn new(conn: Connection, gate: Arc<Gate>, flusher: Flusher) -> Self {
        conn.wal_hook(Some(|_, pages| {
            FRAMES.set(u64::try_from(pages).unwrap_or_default());
            Ok(())
        }));
        Self { conn, gate, flusher }
    }

    /// Does `work` in one SQLite transaction, which then survives the kill of every process. On an error nothing of it is
    /// kept.
    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.flusher.check()?;
        let writing = self.gate.enter()?;
        self.step("BEGIN IMMEDIATE")?;
        let done = work(&self.conn).and_then(|value| self.step("COMMIT").map(|()| value));
        match done {
            Ok(value) => {
                writing.committed(FRAMES.get());
                Ok(value)
            }
            Err(e) => {
                // After a full disk SQLite may have rolled back by itself.
                if !self.conn.is_autocommit()
                    && let Err(error) = self.step("ROLLBACK")
                {
                    tracing::error!(%error, "a failed transaction could not be rolled back");
                }
                drop(writing);
                if matches!(e, StoreError::Full) {
                    self.gate.relieve();
                }
                Err(e)
            }
        }
    }

    fn step(&self, sql: &'static str) -> Result<(), StoreError> {
        self.conn.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

/// The thread's state.
pub(super) struct Writer {
    db: Db,
    jobs: mpsc::Receiver<Job>,
    logs: Logs,
    purges: Purges,
    /// Wakes whoever tells what is in the outbox.
    outbox: watch::Sender<u64>,
}

impl Writer {
    /// A writer on this connection.
    pub(super) fn new(db: Db, jobs: mpsc::Receiver<Job>, purges: Purges, outbox: watch::Sender<u64>) -> Self {
        Self { db, jobs, logs: Logs::default(), purges, outbox }
    }

    /// Runs until every sender is gone or [`Job::Close`] came.
    pub(super) fn run(mut self) {
        let mut txns = Vec::new();
        let mut answers = Vec::new();
        loop {
            let first =
                if self.purges.is_empty() { self.jobs.blocking_recv() } else { self.jobs.try_recv().ok() };
            if first.is_none() && (self.jobs.is_closed() || self.purges.is_empty()) {
                return;
            }
            let mut weight = 0;
            let mut next = first;
            while let Some(job) = next {
                match job {
                    Job::Commit(txn, answer) => {
                        weight += bytes(&txn);
                        answers.push((txn.durability, answer));
                        txns.push(txn);
                    }
                    Job::Purge(task, reply) => self.purges.add(task, reply),
                    Job::Close => self.jobs.close(),
                }
                let room = weight < BATCH_BYTES && txns.len() < BATCH_TXNS;
                next = if room { self.jobs.try_recv().ok() } else { None };
            }
            if !txns.is_empty() {
                let outcomes = self.commit(std::mem::take(&mut txns));
                self.answer(&mut answers, outcomes);
            }
            self.purges.step(&mut self.db, &mut self.logs);
        }
    }

    fn commit(&mut self, txns: Vec<Txn>) -> Result<Outcomes, StoreError> {
        let logs = &mut self.logs;
        let done = self.db.transaction(|conn| batch::apply(txns, conn, logs));
        if done.is_err() {
            self.logs.reset();
        } else if self.logs.take_told() {
            self.outbox.send_modify(|n| *n = n.wrapping_add(1));
        }
        done
    }

    fn answer(&self, answers: &mut Vec<(Durability, Answer)>, outcomes: Result<Outcomes, StoreError>) {
        let outcomes = match outcomes {
            Ok(outcomes) => outcomes,
            Err(e) => return answers.drain(..).for_each(|(_, answer)| answer.refuse(e.clone())),
        };
        let mut waiting = Vec::new();
        for ((durability, answer), outcome) in answers.drain(..).zip(outcomes) {
            // Who has stopped waiting has no use for the answer.
            match (outcome, answer, durability) {
                (Err(e), answer, _) => answer.refuse(e),
                (Ok(done), Answer::Whole(reply), Durability::Process) => drop(reply.send(Ok(done))),
                (Ok(done), Answer::Early(reply), Durability::Process) => {
                    drop(reply.send(Ok((done, Settled::now()))))
                }
                (Ok(done), Answer::Whole(reply), Durability::Power) => {
                    waiting.push(Waiting::Commit(reply, done))
                }
                (Ok(done), Answer::Early(reply), Durability::Power) => {
                    let (settled, when) = oneshot::channel();
                    waiting.push(Waiting::Settled(settled));
                    drop(reply.send(Ok((done, Settled::when(when)))));
                }
            }
        }
        if !waiting.is_empty() {
            self.db.flusher.flush(waiting);
        }
    }
}

fn bytes(txn: &Txn) -> usize {
    let of_op = |op: &Op| match op {
        Op::Append { events, .. } => events.iter().map(|e| e.body.len() + 64).sum(),
        _ => 256,
    };
    txn.ops.iter().map(of_op).sum()
}
