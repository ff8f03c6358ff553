//! The prompt queue, folded from the log.
//!
//! ```text
//! queued ──▶ waiting ──next──▶ in hand ──delivered──▶ running ──turn ended──▶ (the next one is in hand)
//! ```
//!
//! The log says when a prompt was accepted and when the sidecar has begun with it. Between the two an idle session's
//! prompt is in hand: nobody waits before it, so it counts as processed, as the seed has it.

use std::collections::VecDeque;

use lia_protocol::{
    ids::CommandId,
    limits,
    sessions::{PromptQueueItem, PromptQueueState},
    task::TaskStatus,
    time::Timestamp,
};

#[derive(Clone, Debug)]
struct Item {
    id: CommandId,
    text: String,
    at: Timestamp,
}

/// The queue at one place of the log.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    waiting: VecDeque<Item>,
    in_hand: Option<Item>,
    running: Option<CommandId>,
    paused: bool,
    /// Whether the agent is there to take a prompt.
    up: bool,
}

impl Queue {
    /// As clients see it.
    #[must_use]
    pub fn state(&self) -> PromptQueueState {
        let item = |(position, i): (u32, &Item)| PromptQueueItem {
            queue_id: i.id.to_string(),
            text: i.text.clone(),
            enqueued_at: i.at,
            position,
        };
        PromptQueueState {
            processing: self.busy(),
            paused: self.paused,
            items: (0..).zip(&self.waiting).map(item).collect(),
            size: u32::try_from(self.waiting.len()).unwrap_or(u32::MAX),
        }
    }

    fn busy(&self) -> bool {
        self.running.is_some() || self.in_hand.is_some()
    }

    fn put_back(&mut self) -> bool {
        let back = self.in_hand.take();
        let was = back.is_some();
        self.waiting.extend(back);
        // It was the first.
        if was {
            self.waiting.rotate_right(1);
        }
        was
    }

    pub(super) fn queued(&mut self, id: CommandId, text: String, at: Timestamp) -> bool {
        let item = Item { id, text, at };
        if self.up && !self.paused && !self.busy() && self.waiting.is_empty() {
            self.in_hand = Some(item);
        } else if self.waiting.len() <= limits::QUEUED_PROMPTS {
            self.waiting.push_back(item);
        }
        true
    }

    pub(super) fn delivered(&mut self, id: CommandId) -> bool {
        if self.in_hand.take_if(|i| i.id == id).is_some() {
            self.running = Some(id);
            return false;
        }
        self.put_back();
        self.waiting.retain(|i| i.id != id);
        self.running = Some(id);
        true
    }

    pub(super) fn removed(&mut self, id: CommandId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|i| i.id != id);
        let held = self.in_hand.take_if(|i| i.id == id).is_some();
        let ran = self.running.take_if(|r| *r == id).is_some();
        held || ran || self.waiting.len() != before
    }

    pub(super) fn turn_ended(&mut self, id: CommandId) {
        self.running.take_if(|r| *r == id);
        if self.up && !self.paused && !self.busy() {
            self.in_hand = self.waiting.pop_front();
        }
    }

    pub(super) fn task_state(&mut self, status: TaskStatus) -> bool {
        self.up = status == TaskStatus::Running;
        !self.up && self.put_back()
    }

    pub(super) fn paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Those that are not named stay behind, in their order.
    pub(super) fn reordered(&mut self, order: &[CommandId]) {
        if self.in_hand.as_ref().is_some_and(|i| order.contains(&i.id)) {
            self.put_back();
        }
        let place = |i: &Item| order.iter().position(|id| *id == i.id).unwrap_or(usize::MAX);
        self.waiting.make_contiguous().sort_by_key(place);
    }

    pub(super) fn emptied(&mut self) -> bool {
        let any = self.in_hand.is_some() || !self.waiting.is_empty();
        self.in_hand = None;
        self.waiting.clear();
        any
    }
}
