//! Subscriptions to a session's log. A subscriber is a cursor: the live tail comes from memory, everything older in
//! pages from the store. No queue can overflow, no one is skipped, a slow reader costs nothing.

use std::{
    borrow::Cow,
    collections::VecDeque,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use lia_protocol::{
    event::Event,
    ids::{Seq, SessionId},
};
use lia_store::{PageSize, Store, StoreError};
use tokio::sync::watch;

use super::terminals::OpenTerminals;
use crate::views::{
    Frame, View,
    channels::{ChannelFrame, Projector},
};

/// Bytes of events that a session keeps in memory for its live readers.
const TAIL_BYTES: usize = 1 << 20;

/// Committed events in order, with what the views made of them: once per view, not once per subscriber.
#[derive(Debug)]
pub struct Batch {
    /// Gapless.
    pub events: Vec<Event>,
    frames: [OnceLock<Vec<Frame>>; View::COUNT],
    /// Seed 003's frames, and the state of that view after them.
    channels: OnceLock<(Vec<ChannelFrame>, Projector)>,
}

impl Batch {
    /// Wraps events that follow one another.
    #[must_use]
    pub fn new(events: Vec<Event>) -> Self {
        Self { events, frames: Default::default(), channels: OnceLock::new() }
    }

    /// What a client of `view` gets for these events, in order.
    #[must_use]
    pub fn frames(&self, view: View) -> &[Frame] {
        self.frames[view.index()].get_or_init(|| self.events.iter().flat_map(|e| view.frames(e)).collect())
    }

    fn bytes(&self) -> usize {
        self.events.iter().map(|e| e.body.len() + 160).sum()
    }

    fn first(&self) -> Seq {
        self.events.first().map_or(Seq::ZERO, |e| e.seq)
    }

    fn last(&self) -> Seq {
        self.events.last().map_or(Seq::ZERO, |e| e.seq)
    }
}

#[derive(Debug, Default)]
struct Ring {
    batches: VecDeque<Arc<Batch>>,
    bytes: usize,
}

/// The live end of one session's log.
#[derive(Debug)]
pub struct Tail {
    ring: Mutex<Ring>,
    head: watch::Sender<Head>,
    /// A person's terminals that are open.
    terminals: Mutex<OpenTerminals>,
}

/// Where a log stands, for those who wait on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The newest committed seq.
    pub seq: Seq,
    /// Nothing will ever come after it: the task is terminated and its log complete.
    pub complete: bool,
}

impl Tail {
    /// The tail of a log that stands at `head`.
    #[must_use]
    pub fn new(head: Head) -> Self {
        Self { ring: Mutex::default(), head: watch::Sender::new(head), terminals: Mutex::default() }
    }

    /// Makes committed events known. Called by the session's owner alone, in order.
    pub fn publish(&self, events: Vec<Event>) {
        let batch = Batch::new(events);
        let last = batch.last();
        if last == Seq::ZERO {
            return;
        }
        if self.head.receiver_count() > 0 {
            let mut ring = self.lock();
            ring.bytes += batch.bytes();
            ring.batches.push_back(Arc::new(batch));
            while ring.bytes > TAIL_BYTES && ring.batches.len() > 1 {
                if let Some(old) = ring.batches.pop_front() {
                    ring.bytes -= old.bytes();
                }
            }
        } else {
            *self.lock() = Ring::default();
        }
        self.head.send_modify(|h| h.seq = last);
    }

    /// Says that nothing will come any more.
    pub fn complete(&self) {
        self.head.send_modify(|h| h.complete = true);
    }

    /// Which terminals are open. Said by the session's owner alone.
    pub fn set_terminals(&self, open: &OpenTerminals) {
        self.terminals.lock().unwrap_or_else(PoisonError::into_inner).clone_from(open);
    }

    /// The terminals that are open.
    #[must_use]
    pub fn terminals(&self) -> OpenTerminals {
        self.terminals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where it stands.
    #[must_use]
    pub fn head(&self) -> Head {
        *self.head.borrow()
    }

    /// A reader is about to go; without readers nothing is kept for them.
    fn leave(&self) {
        if self.head.receiver_count() <= 1 {
            *self.lock() = Ring::default();
        }
    }

    /// The batch that holds the event after `after`, if it is still in memory.
    fn after(&self, after: Seq) -> Option<Arc<Batch>> {
        let ring = self.lock();
        let wanted = after.next();
        let at = ring.batches.partition_point(|b| b.last() < wanted);
        ring.batches.get(at).filter(|b| b.first() <= wanted).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// One reader of a session's log.
pub struct Subscription {
    session: SessionId,
    cursor: Seq,
    tail: Arc<Tail>,
    head: watch::Receiver<Head>,
    store: Arc<dyn Store>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.tail.leave();
    }
}

/// Some events in order; those up to the cursor are to be skipped.
#[derive(Clone, Debug)]
pub struct Slice {
    batch: Arc<Batch>,
    after: Seq,
}

impl Slice {
    /// The events.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.batch.events.iter().filter(|e| e.seq > self.after)
    }

    /// The frames of a view.
    pub fn frames(&self, view: View) -> impl Iterator<Item = &Frame> {
        self.batch.frames(view).iter().filter(|f| f.seq > self.after)
    }

    /// The seq of the last event.
    #[must_use]
    pub fn last(&self) -> Seq {
        self.batch.last()
    }

    /// The place before the first event.
    #[must_use]
    pub fn after(&self) -> Seq {
        self.after
    }

    fn is_whole(&self) -> bool {
        self.after < self.batch.first()
    }

    /// Whether [`Self::channel_frames`] needs another projector, one that knows what came before.
    #[must_use]
    pub fn must_recall(&self, projector: &Projector) -> bool {
        let made = self.is_whole() && self.batch.channels.get().is_some();
        !made && projector.must_recall(self.events())
    }

    /// Seed 003's frames, by a projector that stands at the slice's beginning and is moved to its end: made once for all
    /// readers of the batch.
    pub fn channel_frames(&self, projector: &mut Projector) -> Cow<'_, [ChannelFrame]> {
        let project = |mut at: Projector| {
            let mut frames = Vec::with_capacity(self.batch.events.len());
            self.events().for_each(|e| at.project(e, &mut frames));
            (frames, at)
        };
        // What one made who does not know what came before would be the end of the others' knowledge.
        let shared = self.is_whole() && (projector.is_whole() || self.batch.channels.get().is_some());
        if !shared {
            let (frames, after) = project(projector.clone());
            *projector = after;
            return Cow::Owned(frames);
        }
        let (frames, after) = self.batch.channels.get_or_init(|| project(projector.clone()));
        *projector = after.clone();
        Cow::Borrowed(frames)
    }
}

impl Subscription {
    /// A reader that has seen everything up to `after`.
    #[must_use]
    pub fn new(session: SessionId, after: Seq, tail: Arc<Tail>, store: Arc<dyn Store>) -> Self {
        let head = tail.head.subscribe();
        Self { session, cursor: after, tail, head, store }
    }

    /// What it has seen.
    #[must_use]
    pub fn cursor(&self) -> Seq {
        self.cursor
    }

    /// Whether everything committed has been seen.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.cursor >= self.head.borrow().seq
    }

    /// The next events, as soon as there are any; `None` when the log is complete. Cancel safe.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn next(&mut self) -> Result<Option<Slice>, StoreError> {
        loop {
            let head = *self.head.borrow_and_update();
            if self.cursor < head.seq {
                let after = self.cursor;
                let batch = match self.tail.after(after) {
                    Some(batch) => batch,
                    None => {
                        let mut events = self.store.events(self.session, after, PageSize::default()).await?;
                        // The store may have what is not to be seen yet.
                        events.retain(|e| e.seq <= head.seq);
                        if events.is_empty() {
                            return Err(StoreError::Backend(format!(
                                "events after {after} of {} are gone",
                                self.session
                            )));
                        }
                        Arc::new(Batch::new(events))
                    }
                };
                self.cursor = batch.last();
                return Ok(Some(Slice { batch, after }));
            }
            if head.complete || self.head.changed().await.is_err() {
                return Ok(None);
            }
        }
    }
}
