//! An unprivileged host uid (and gid of the same number) for every sandbox, when Lia runs as root.
//!
//! A number is free when no sandbox folder of ours names it, no process has it, and `/etc/subuid` gives it to nobody.
//! Nothing is locked between two servers: each begins its search elsewhere in the range.

use std::{
    collections::BTreeSet,
    fs,
    ops::Range,
    sync::{Mutex, PoisonError},
};

use rustix::{
    io::Errno,
    process::{Uid, getpriority_user},
};

/// The range, and what of it is ours already.
#[derive(Debug)]
pub(super) struct Uids {
    range: Range<u32>,
    foreign: Vec<Range<u32>>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    taken: BTreeSet<u32>,
    next: u32,
}

impl Uids {
    /// `taken` is what the folders on disk name; `seed` says where in the range to begin.
    pub fn new(range: Range<u32>, taken: BTreeSet<u32>, seed: u64) -> Self {
        let length = u64::from(range.end.saturating_sub(range.start)).max(1);
        let next = range.start + u32::try_from(seed % length).unwrap_or(0);
        let subuid = fs::read_to_string("/etc/subuid").unwrap_or_default();
        let foreign = subuid.lines().filter_map(parse_subuid).collect();
        Self { range, foreign, state: Mutex::new(State { taken, next }) }
    }

    /// A free one, or `None` when the whole range is taken.
    pub fn take(&self) -> Option<u32> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in self.range.clone() {
            let uid = state.next;
            state.next = if uid + 1 < self.range.end { uid + 1 } else { self.range.start };
            let free = !state.taken.contains(&uid)
                && !self.foreign.iter().any(|r| r.contains(&uid))
                && getpriority_user(Uid::from_raw(uid)) == Err(Errno::SRCH);
            if free {
                state.taken.insert(uid);
                return Some(uid);
            }
        }
        None
    }

    /// Gives one back: its processes and files are gone.
    pub fn give_back(&self, uid: u32) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).taken.remove(&uid);
    }
}

/// `name:first:count`
fn parse_subuid(line: &str) -> Option<Range<u32>> {
    let mut fields = line.trim().split(':').skip(1);
    let first: u32 = fields.next()?.parse().ok()?;
    let count: u32 = fields.next()?.parse().ok()?;
    Some(first..first.saturating_add(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_given_once_and_round_the_range() {
        let base = 3_900_000_000;
        let uids = Uids::new(base..base + 4, BTreeSet::from([base]), 2);
        let got: Vec<_> = std::iter::from_fn(|| uids.take()).collect();
        assert_eq!(got, [base + 2, base + 3, base + 1]);
        uids.give_back(base + 3);
        assert_eq!(uids.take(), Some(base + 3));
        assert_eq!(uids.take(), None);
    }

    #[test]
    fn a_uid_with_processes_or_subordinate_to_a_user_is_not_free() {
        let own = rustix::process::getuid().as_raw();
        assert_eq!(Uids::new(own..own + 1, BTreeSet::new(), 0).take(), None);
        assert_eq!(parse_subuid("me:100000:65536"), Some(100_000..165_536));
        assert_eq!(parse_subuid("# x"), None);
    }
}
