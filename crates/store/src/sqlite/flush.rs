//! Power: a change survives its loss once the WAL has been flushed. That is the work of a thread of its own, so that nobody
//! waits for the disk but those who asked for it: meanwhile the writer commits what comes next, and one flush serves
//! all that wait for one.
//!
//! SQLite's own `synchronous=FULL` would flush inside the commit and hold up every other session. A checkpoint in between
//! harms nothing: it flushes the WAL before it copies, and the database before it lets the WAL begin anew.

use std::{
    fs::File,
    io,
    path::Path,
    sync::{Arc, OnceLock, mpsc},
};

use super::writer::Reply;
use crate::{Committed, StoreError};

/// Who waits for a flush, and what for.
pub(super) enum Waiting {
    /// The answer to a commit.
    Commit(Reply<Committed>, Committed),
    /// That an answer that was given early holds.
    Settled(Reply<()>),
    /// The end of a removal.
    Purge(Vec<Reply<()>>),
}

impl Waiting {
    fn answer(self, flushed: Result<(), StoreError>) {
        // Who has stopped waiting has no use for the answer.
        match self {
            Self::Commit(reply, done) => drop(reply.send(flushed.map(|()| done))),
            Self::Settled(reply) => drop(reply.send(flushed)),
            Self::Purge(replies) => {
                for reply in replies {
                    drop(reply.send(flushed.clone()));
                }
            }
        }
    }
}

/// Hands over to the thread. It ends with the last of these.
pub(super) struct Flusher {
    waiting: mpsc::Sender<Vec<Waiting>>,
    broken: Broken,
}

/// Why the disk does not keep what it took. Nothing is promised any more after that: what the kernel has given up is not
/// written by a later flush that succeeds. A start reads what is really there.
pub(super) type Broken = Arc<OnceLock<StoreError>>;

impl Flusher {
    /// A flusher of the database's WAL, and the thread's work. What a killed process left unflushed is flushed here: a
    /// caller who asks again for what it did is told that it is accepted.
    pub(super) fn new(database: &Path) -> io::Result<(Self, impl FnOnce() + use<>)> {
        let file = open(database)?;
        file.sync_data()?;
        Ok(Self::of(file))
    }

    fn of(file: File) -> (Self, impl FnOnce() + use<>) {
        let (waiting, jobs) = mpsc::channel::<Vec<Waiting>>();
        let broken = Broken::default();
        let state = Arc::clone(&broken);
        let work = move || {
            while let Ok(mut waiting) = jobs.recv() {
                waiting.extend(jobs.try_iter().flatten());
                let flushed = flush(&file, &state);
                for w in waiting {
                    w.answer(flushed.clone());
                }
            }
        };
        (Self { waiting, broken }, work)
    }

    /// Answers those after a flush of all that is committed now.
    pub(super) fn flush(&self, waiting: Vec<Waiting>) {
        if let Err(mpsc::SendError(waiting)) = self.waiting.send(waiting) {
            for w in waiting {
                w.answer(Err(StoreError::Closed));
            }
        }
    }

    /// # Errors
    /// When a flush has failed.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.broken.get().map_or(Ok(()), |e| Err(e.clone()))
    }
}

/// The WAL, which is there while a connection is.
fn open(database: &Path) -> io::Result<File> {
    let mut wal = database.as_os_str().to_owned();
    wal.push("-wal");
    File::open(&wal)
}

fn flush(wal: &File, broken: &Broken) -> Result<(), StoreError> {
    if let Some(e) = broken.get() {
        return Err(e.clone());
    }
    wal.sync_data().map_err(|e| {
        tracing::error!(error = %e, "the disk did not keep what it took; the store takes nothing more");
        let e = StoreError::Backend(format!("the write-ahead log could not be flushed to the disk: {e}"));
        broken.get_or_init(|| e).clone()
    })
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn after_a_flush_that_failed_nothing_is_promised() {
        // A device that cannot be flushed.
        let (flusher, work) = Flusher::of(File::open("/dev/null").unwrap());
        let thread = std::thread::spawn(work);
        assert!(flusher.check().is_ok());
        for _ in 0..2 {
            let (reply, answer) = oneshot::channel();
            flusher.flush(vec![Waiting::Settled(reply)]);
            assert!(matches!(answer.blocking_recv(), Ok(Err(StoreError::Backend(_)))));
            assert!(matches!(flusher.check(), Err(StoreError::Backend(_))));
        }
        drop(flusher);
        thread.join().unwrap();
    }
}
