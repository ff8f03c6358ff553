//! The journal of one session: what the sidecar has to say, in the order in which it happened, on disk until the control
//! plane has it.
//!
//! The session's task writes lines into a batch and commits it with one write; connections read the files. Nothing is
//! kept in memory twice. The journal outlives every connection but not the sidecar: its offsets begin at 1 in each life.
//!
//! - [`segments`]: the files.

pub mod segments;

use std::{
    cell::{Cell, RefCell},
    io,
    path::PathBuf,
    rc::Rc,
};

use lia_protocol::{
    event::{Direction, Phase},
    ids::Offset,
    link::{SidecarLine, write_rpc_line},
};
use tokio::sync::{Notify, watch};

use self::segments::{Reader, Segments};
use crate::failpoint::Failpoints;

/// The largest file of a journal.
const SEGMENT_BYTES: u64 = 1 << 20;
/// A batch buffer larger than this is given back after its commit.
const KEEP_BATCH: usize = 512 << 10;

/// Bytes of all journals of the instance, and their bound.
#[derive(Debug)]
pub struct Quota {
    bound: u64,
    used: Cell<u64>,
    journals: Cell<u64>,
    room: Notify,
}

impl Quota {
    /// Nothing used of `bound` bytes.
    #[must_use]
    pub fn new(bound: u64) -> Rc<Self> {
        Rc::new(Self { bound, used: Cell::new(0), journals: Cell::new(0), room: Notify::new() })
    }

    fn add(&self, bytes: u64) {
        self.used.set(self.used.get() + bytes);
    }

    fn give_back(&self, bytes: u64) {
        self.used.set(self.used.get().saturating_sub(bytes));
        if bytes > 0 {
            self.room.notify_waiters();
        }
    }
}

struct Batch {
    bytes: Vec<u8>,
    lines: u64,
}

/// One session's journal.
pub struct Journal {
    quota: Rc<Quota>,
    failpoints: Rc<Failpoints>,
    segments: RefCell<Segments>,
    batch: RefCell<Batch>,
    end: watch::Sender<Offset>,
    /// Its own bytes of the quota.
    used: Cell<u64>,
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.quota.journals.set(self.quota.journals.get().saturating_sub(1));
        self.quota.give_back(self.used.get());
    }
}

impl Journal {
    /// An empty journal in `dir`.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn create(dir: PathBuf, quota: Rc<Quota>, failpoints: Rc<Failpoints>) -> io::Result<Self> {
        let segment = (quota.bound / 8).clamp(4 << 10, SEGMENT_BYTES);
        let segments = RefCell::new(Segments::create(dir, segment)?);
        quota.journals.set(quota.journals.get() + 1);
        Ok(Self {
            quota,
            failpoints,
            segments,
            batch: RefCell::new(Batch { bytes: Vec::new(), lines: 0 }),
            end: watch::Sender::new(Offset::ZERO),
            used: Cell::new(0),
        })
    }

    /// Whether its agent has to wait: the quota is used up, and this journal has its share of it. So one that nobody reads
    /// stops no other.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let share = self.quota.bound / self.quota.journals.get().max(1);
        self.quota.used.get() >= self.quota.bound && self.used.get() >= share
    }

    /// Returns once there is room.
    pub async fn room(&self) {
        while self.is_full() {
            self.quota.room.notified().await;
        }
    }

    /// Adds an ACP frame to the batch.
    pub fn rpc(&self, direction: Direction, phase: Phase, frame: &[u8]) {
        let mut b = self.batch.borrow_mut();
        let offset = self.next(b.lines);
        write_rpc_line(&mut b.bytes, offset, direction, phase, frame);
        b.lines += 1;
    }

    /// Adds another line to the batch.
    pub fn line(&self, line: impl FnOnce(Offset) -> SidecarLine) {
        let mut b = self.batch.borrow_mut();
        let line = line(self.next(b.lines));
        // Plain data with string keys into memory: it cannot fail.
        let _ = serde_json::to_writer(&mut b.bytes, &line);
        b.bytes.push(b'\n');
        b.lines += 1;
    }

    fn next(&self, in_batch: u64) -> Offset {
        Offset(self.segments.borrow().next() + in_batch)
    }

    /// Writes the batch and wakes the connection. What is not committed is never sent.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn commit(&self) -> io::Result<()> {
        let mut b = self.batch.borrow_mut();
        if b.lines == 0 {
            return Ok(());
        }
        let mut segments = self.segments.borrow_mut();
        if self.failpoints.hit("mid_batch") {
            let half = b.bytes.len() / 2;
            segments.append(&b.bytes[..half], b.lines)?;
            self.failpoints.die();
        }
        let grown = segments.append(&b.bytes, b.lines)?;
        self.quota.add(grown);
        self.used.set(self.used.get() + grown);
        b.bytes.clear();
        b.bytes.shrink_to(KEEP_BATCH);
        b.lines = 0;
        self.end.send_replace(Offset(segments.next() - 1));
        Ok(())
    }

    /// The last committed line.
    #[must_use]
    pub fn end(&self) -> Offset {
        *self.end.borrow()
    }

    /// The last acknowledged line.
    #[must_use]
    pub fn acked(&self) -> Offset {
        Offset(self.segments.borrow().acked())
    }

    /// Wakes at every commit.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Offset> {
        self.end.subscribe()
    }

    /// The control plane has everything up to `offset`.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn ack(&self, offset: Offset) -> io::Result<()> {
        let freed = self.segments.borrow_mut().ack(offset.0)?;
        self.failpoints.pass("after_ack");
        self.used.set(self.used.get().saturating_sub(freed));
        self.quota.give_back(freed);
        Ok(())
    }

    /// Removes all of it; nothing is to be written or read after that.
    ///
    /// # Errors
    /// When its folder cannot be removed.
    pub fn remove(&self) -> io::Result<()> {
        let freed = self.segments.borrow_mut().remove()?;
        self.used.set(self.used.get().saturating_sub(freed));
        self.quota.give_back(freed);
        Ok(())
    }

    /// A reader of what comes after `after`; `None` when there is no such place.
    #[must_use]
    pub fn reader(&self, after: Offset) -> Option<Reader> {
        self.segments.borrow().reader(after.0)
    }

    /// See [`Segments::read`].
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(&self, reader: &mut Reader, buf: &mut [u8]) -> io::Result<usize> {
        self.segments.borrow().read(reader, buf)
    }
}
