//! Which commands of a session are known, so that a repeat is not acted on twice.

use std::collections::{HashMap, VecDeque};

use lia_protocol::ids::CommandId;

/// Finished commands that are remembered. The control plane resends only what it has no `done` for, so the newest count.
const REMEMBERED: usize = 16 << 10;

#[derive(Debug, Default)]
pub(super) struct Commands {
    /// Whether it is done.
    known: HashMap<CommandId, bool>,
    /// The order in which they ended.
    ended: VecDeque<CommandId>,
}

impl Commands {
    /// Takes a command up; false when it is known already.
    pub fn accept(&mut self, id: CommandId) -> bool {
        let new = !self.known.contains_key(&id);
        if new {
            self.known.insert(id, false);
        }
        new
    }

    /// It has its outcome; false when it had one already.
    pub fn end(&mut self, id: CommandId) -> bool {
        if self.known.insert(id, true) == Some(true) {
            return false;
        }
        self.ended.push_back(id);
        if self.ended.len() > REMEMBERED
            && let Some(old) = self.ended.pop_front()
        {
            self.known.remove(&old);
        }
        true
    }

    /// Those without an outcome, oldest first (their ids sort by time).
    pub fn open(&self) -> Vec<CommandId> {
        let mut open: Vec<_> = self.known.iter().filter(|(_, done)| !**done).map(|(id, _)| *id).collect();
        open.sort_unstable();
        open
    }
}
