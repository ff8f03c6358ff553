//! Checkpoints: a thread and a connection of their own, so that no commit ever does one.
//!
//! ```text
//! small WAL       nothing: the next commit goes after what is there, or over what was there before it began anew, which
//!                 a disk flushes in half the time of a file that grows
//! over TRIGGER    copy into the database beside the running writer (PASSIVE), then stop writer and readers for the short
//!                 rest, so that the next commit begins the WAL anew (RESTART)
//! over LIMIT      the writer waits for that before its next batch: the WAL has a bound whatever the disk's speed
//! disk full       at once, and the file is cut: what the database has already room for need not stand in the WAL too
//! no commit for IDLE   what is over SMALL is copied, and a file over KEEP is cut; nothing happens any more until the next
//!                 commit
//! ```
//!
//! The writer and the readers pass a [`Gate`], so that they wait on a lock and not by asking SQLite again and again.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use rusqlite::Connection;

use crate::StoreError;

/// Bytes in the WAL at which it is copied into the database.
const TRIGGER: u64 = 8 << 20;
/// Bytes in the WAL over which no batch begins. A batch adds at most [`super::writer::BATCH_BYTES`] and one transaction.
const LIMIT: u64 = 24 << 20;
/// Bytes that stay in the WAL in silence: a WAL that begins anew costs the next commit a flush more.
const SMALL: u64 = 1 << 20;
/// Bytes of the file that are not cut in silence.
const KEEP: u64 = 16 << 20;
/// Silence after which the WAL is copied into the database.
const IDLE: Duration = Duration::from_secs(1);
/// A page and its header in the WAL.
const FRAME: u64 = 4096 + 24;

/// Where the writer, the readers and the checkpointer meet.
#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    wake_writer: Condvar,
    wake_checkpointer: Condvar,
    reads: RwLock<()>,
}

#[derive(Default)]
struct State {
    /// Bytes in the WAL that the next commit goes after.
    wal: u64,
    /// A batch is being written.
    writing: bool,
    /// The checkpointer wants the database for itself.
    wanted: bool,
    /// Commits so far.
    commits: u64,
    /// Commits at the last look in silence.
    quiet_at: Option<u64>,
    /// The largest that the file was since it was cut.
    file: u64,
    /// How far the WAL grows before it is tried again, beyond [`TRIGGER`]: after a failure, or while another process
    /// pins it.
    spare: u64,
    /// The writer waits for an attempt.
    waiting: bool,
    /// The disk is full.
    full: bool,
    /// Attempts so far, and how the last one ended.
    attempts: u64,
    failed: Option<StoreError>,
    pinned: bool,
    stop: bool,
}

impl State {
    fn is_large(&self) -> bool {
        self.waiting || self.wal > TRIGGER + self.spare
    }
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writer begins a batch.
    ///
    /// # Errors
    /// When the WAL is at its limit and cannot be copied into the database.
    pub(super) fn enter(&self) -> Result<Writing<'_>, StoreError> {
        let mut state = self.lock();
        let attempts = state.attempts;
        loop {
            if !state.wanted {
                if state.wal <= LIMIT || state.pinned {
                    break;
                }
                if state.attempts > attempts {
                    match &state.failed {
                        Some(e) => return Err(e.clone()),
                        None => break,
                    }
                }
                state.waiting = true;
                self.wake_checkpointer.notify_one();
            }
            state = wait(&self.wake_writer, state);
        }
        state.writing = true;
        Ok(Writing { gate: self })
    }

    /// The disk is full: waits for an attempt to make room.
    pub(super) fn relieve(&self) {
        let mut state = self.lock();
        let attempts = state.attempts;
        state.full = true;
        while state.attempts == attempts {
            state.waiting = true;
            self.wake_checkpointer.notify_one();
            state = wait(&self.wake_writer, state);
        }
        state.full = false;
    }

    /// A read begins. Reads are short.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, ()> {
        self.reads.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writer has ended; the checkpointer cuts the WAL and ends too.
    pub(super) fn stop(&self) {
        self.lock().stop = true;
        self.wake_checkpointer.notify_one();
    }
}

/// A batch is being written.
pub(super) struct Writing<'a> {
    gate: &'a Gate,
}

impl Writing<'_> {
    /// The batch is committed; the WAL has this many frames now.
    pub(super) fn committed(self, frames: u64) {
        let mut state = self.gate.lock();
        state.commits += 1;
        state.wal = frames * FRAME;
        state.file = state.file.max(state.wal);
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.writing = false;
        if state.wanted || state.is_large() || state.quiet_at.is_some() {
            // No silence any more: the checkpointer waits for it again.
            state.quiet_at = None;
            drop(state);
            self.gate.wake_checkpointer.notify_one();
        }
    }
}

fn wait<'a>(condition: &Condvar, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
    condition.wait(state).unwrap_or_else(PoisonError::into_inner)
}

/// The thread: checkpoints until the gate is stopped.
pub(super) fn run(conn: &Connection, gate: &Arc<Gate>) {
    loop {
        let mut state = gate.lock();
        let seen = state.commits;
        while !state.stop && !state.is_large() {
            if state.quiet_at == Some(state.commits) {
                state = wait(&gate.wake_checkpointer, state);
                continue;
            }
            let (next, timeout) =
                gate.wake_checkpointer.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = next;
            if timeout.timed_out() {
                break;
            }
        }
        let (stop, large, full, quiet) = (state.stop, state.is_large(), state.full, state.commits == seen);
        let (wal, file) = (state.wal, state.file);
        if quiet && !large {
            // After a failure too: it is tried again after the next commit.
            state.quiet_at = Some(state.commits);
        }
        drop(state);
        if stop {
            alone(conn, gate, "TRUNCATE");
            return;
        }
        if large {
            report(checkpoint(conn, "PASSIVE"));
            alone(conn, gate, if full { "TRUNCATE" } else { "RESTART" });
        } else if quiet && file > KEEP {
            alone(conn, gate, "TRUNCATE");
        } else if quiet && wal > SMALL {
            alone(conn, gate, "RESTART");
        }
    }
}

/// Checkpoints while nobody writes or reads.
fn alone(conn: &Connection, gate: &Gate, mode: &'static str) {
    let mut state = gate.lock();
    state.wanted = true;
    while state.writing {
        state = wait(&gate.wake_checkpointer, state);
    }
    drop(state);
    let reads = gate.reads.write().unwrap_or_else(PoisonError::into_inner);
    let done = checkpoint(conn, mode);
    drop(reads);
    let mut state = gate.lock();
    state.wanted = false;
    state.attempts += 1;
    state.waiting = false;
    state.pinned = matches!(done, Ok(false));
    if matches!(done, Ok(true)) {
        state.wal = 0;
        state.spare = 0;
    } else {
        state.spare = state.wal;
    }
    if mode == "TRUNCATE" {
        state.file = 0;
    }
    state.failed = report(done);
    drop(state);
    gate.wake_writer.notify_one();
}

/// Whether all of the WAL is in the database now.
fn checkpoint(conn: &Connection, mode: &str) -> Result<bool, StoreError> {
    let busy: i64 = conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |r| r.get(0))?;
    Ok(busy == 0)
}

fn report(done: Result<bool, StoreError>) -> Option<StoreError> {
    let error = done.err()?;
    tracing::warn!(%error, "a checkpoint failed; it is tried again later");
    Some(error)
}
