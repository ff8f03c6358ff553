//! The writer: one thread that owns the only write connection. It takes everything that waits, commits it as one SQLite
//! transaction as soon as it is free, and answers. Between batches it goes on with removals, a step at a time.

use std::{cell::Cell, sync::Arc};

use lia_protocol::ids::TaskId;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{
    batch::{self, Outcomes},
    checkpoint::Gate,
    log::Logs,
    purge::Purges,
};
use crate::{Committed, Durability, Op, StoreError, Txn};

/// Bytes of bodies after which a batch takes no further transaction.
pub(super) const BATCH_BYTES: usize = 8 << 20;
/// Transactions of one batch.
const BATCH_TXNS: usize = 4096;

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked for.
pub(super) enum Job {
    /// Commit a change.
    Commit(Txn, Reply<Committed>),
    /// Remove a task and its log.
    Purge(TaskId, Reply<()>),
    /// Do what waits, then end.
    Close,
}

thread_local! {
    /// Frames in the WAL after this thread's last commit.
    static FRAMES: Cell<u64> = const { Cell::new(0) };
}

/// The write connection, and how it commits.
pub(super) struct Db {
    pub(super) conn: Connection,
    gate: Arc<Gate>,
    sync: Option<Durability>,
}

impl Db {
    /// Takes over the write connection. To be called on the writer's thread.
    pub(super) fn new(conn: Connection, gate: Arc<Gate>) -> Self {
        conn.wal_hook(Some(|_, pages| {
            FRAMES.set(u64::try_from(pages).unwrap_or_default());
            Ok(())
        }));
        Self { conn, gate, sync: None }
    }

    /// Does `work` in one SQLite transaction. On an error nothing of it is kept.
    pub(super) fn transaction<T>(
        &mut self,
        durability: Durability,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let writing = self.gate.enter()?;
        if self.sync != Some(durability) {
            let mode = match durability {
                Durability::Process => "NORMAL",
                Durability::Power => "FULL",
            };
            self.conn.pragma_update(None, "synchronous", mode)?;
            self.sync = Some(durability);
        }
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
}

impl Writer {
    /// A writer on this connection.
    pub(super) fn new(db: Db, jobs: mpsc::Receiver<Job>, purges: Purges) -> Self {
        Self { db, jobs, logs: Logs::default(), purges }
    }

    /// Runs until every sender is gone or [`Job::Close`] came.
    pub(super) fn run(mut self) {
        let mut txns = Vec::new();
        let mut replies = Vec::new();
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
                    Job::Commit(txn, reply) => {
                        weight += bytes(&txn);
                        txns.push(txn);
                        replies.push(reply);
                    }
                    Job::Purge(task, reply) => self.purges.add(task, reply),
                    Job::Close => self.jobs.close(),
                }
                let room = weight < BATCH_BYTES && txns.len() < BATCH_TXNS;
                next = if room { self.jobs.try_recv().ok() } else { None };
            }
            if !txns.is_empty() {
                let outcomes = self.commit(std::mem::take(&mut txns));
                answer(&mut replies, outcomes);
            }
            self.purges.step(&mut self.db, &mut self.logs);
        }
    }

    fn commit(&mut self, txns: Vec<Txn>) -> Result<Outcomes, StoreError> {
        let durability = txns.iter().map(|t| t.durability).max().unwrap_or_default();
        let logs = &mut self.logs;
        let done = self.db.transaction(durability, |conn| batch::apply(txns, conn, logs));
        if done.is_err() {
            self.logs.reset();
        }
        done
    }
}

fn answer(replies: &mut Vec<Reply<Committed>>, outcomes: Result<Outcomes, StoreError>) {
    // Who has stopped waiting has no use for the answer.
    match outcomes {
        Ok(outcomes) => {
            for (reply, outcome) in replies.drain(..).zip(outcomes) {
                let _ = reply.send(outcome);
            }
        }
        Err(e) => {
            for reply in replies.drain(..) {
                let _ = reply.send(Err(e.clone()));
            }
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
