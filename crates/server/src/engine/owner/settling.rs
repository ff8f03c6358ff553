//! What the owner has committed early: it survives the kill of every process and is acted on, while the disk is still being
//! flushed for the loss of power. Until it is, its caller has no answer and no subscriber sees its events, nor any that
//! follow them.
//!
//! Acting on it meanwhile is sound for an instance that is lost together with the server's power. Should both be lost
//! in between, then either the log has the prompt, which becomes `unknown`, or nobody was ever told of it and the agent
//! that had begun is gone with it. Where an instance could live on, [`lia_runtime::Runtime::shares_power`] says so, and the
//! prompt waits for the disk.

use std::{collections::VecDeque, future::pending};

use lia_protocol::event::Event;
use lia_store::{Op, Settled, StoreError};

use super::Owner;

/// What is to be done when a change is known to last, or not to.
type Then = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Changes that are being flushed, in order.
#[derive(Default)]
pub(super) struct Settling {
    open: VecDeque<Change>,
    /// A flush failed: nothing is published any more, for the log may lack what would be shown.
    failed: Option<StoreError>,
}

struct Change {
    settled: Settled,
    then: Vec<Then>,
    /// Its own events and those committed since.
    events: Vec<Event>,
}

impl Settling {
    /// How the oldest change ended. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<(), StoreError> {
        match self.open.front_mut() {
            Some(change) => change.settled.wait().await,
            None => pending().await,
        }
    }
}

impl Owner {
    /// Commits what a caller waits for and what can be acted on at once. `Ok`: it survives `kill -9`.
    pub(super) async fn commit_early(&mut self, ops: Vec<Op>) -> Result<(), StoreError> {
        let (done, settled) = self.shared.commit_early(ops).await?;
        self.log_bytes += done.events.iter().map(|e| e.body.len() as u64).sum::<u64>();
        self.settling.open.push_back(Change { settled, then: Vec::new(), events: done.events });
        Ok(())
    }

    /// Does something once all that was committed so far survives the loss of power.
    pub(super) fn once_settled(&mut self, then: impl FnOnce(Result<(), StoreError>) + Send + 'static) {
        match (self.settling.open.back_mut(), &self.settling.failed) {
            (_, Some(e)) => then(Err(e.clone())),
            (Some(change), None) => change.then.push(Box::new(then)),
            (None, None) => then(Ok(())),
        }
    }

    /// Makes committed events known, in order.
    pub(super) fn publish(&mut self, events: Vec<Event>) {
        match self.settling.open.back_mut() {
            Some(change) => change.events.extend(events),
            None if self.settling.failed.is_none() => self.tail.publish(events),
            None => {}
        }
    }

    /// The oldest change ended so.
    pub(super) fn settled(&mut self, how: Result<(), StoreError>) {
        let Some(change) = self.settling.open.pop_front() else { return };
        match &how {
            Ok(()) if self.settling.failed.is_none() => self.tail.publish(change.events),
            Ok(()) => {}
            Err(e) => {
                tracing::error!(task = %self.task.id, error = %e, "what was committed may not survive the loss of power");
                self.settling.failed.get_or_insert_with(|| e.clone());
            }
        }
        for then in change.then {
            then(how.clone());
        }
    }

    /// Waits until nothing is open.
    pub(super) async fn settle(&mut self) {
        while !self.settling.open.is_empty() {
            let how = self.settling.next().await;
            self.settled(how);
        }
    }
}
