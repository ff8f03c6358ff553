//! Changes of files, as the sandbox tells them. It is not trusted: what is too much of them is left out, and the next one
//! says that more may have changed.

use std::time::{Duration, Instant};

use lia_protocol::{
    allowance::Allowance,
    event::FsChanged,
    limits::{CHANGED_BURST, CHANGED_SECONDS},
    wire::tag::True,
};

/// What the log takes of a session's hints: a little more than a good sidecar sends, whose clock is another one.
pub(super) struct Changes {
    allowance: Allowance,
    /// Whether some were left out.
    missed: bool,
}

impl Default for Changes {
    fn default() -> Self {
        let allowance = Allowance::new(2 * CHANGED_BURST, Duration::from_secs(CHANGED_SECONDS) * 9 / 10);
        Self { allowance, missed: false }
    }
}

impl Changes {
    /// What goes into the log.
    pub(super) fn admit(&mut self, mut changed: FsChanged, now: Instant) -> Option<FsChanged> {
        if changed.count() == 0 && changed.truncated.is_none() {
            return None;
        }
        if !changed.is_bounded() || !self.allowance.take(now) {
            self.missed = true;
            return None;
        }
        if std::mem::take(&mut self.missed) {
            changed.truncated = Some(True);
        }
        Some(changed)
    }
}

#[cfg(test)]
mod tests {
    use lia_protocol::limits::{CHANGED_BYTES, CHANGED_PATHS};

    use super::*;

    #[test]
    fn too_much_is_left_out_and_the_next_one_says_so() {
        let (mut changes, start) = (Changes::default(), Instant::now());
        let one = |path: &str| FsChanged { paths: vec![path.to_owned()], ..FsChanged::default() };
        let burst = 2 * CHANGED_BURST as usize;
        let got: Vec<_> = (0..burst + 5).filter_map(|_| changes.admit(one("a"), start)).collect();
        assert_eq!(got.len(), burst);
        assert!(got.iter().all(|c| c.truncated.is_none()));
        let later = start + Duration::from_secs(CHANGED_SECONDS);
        assert!(changes.admit(one("a"), later).unwrap().truncated.is_some());

        let later = start + Duration::from_secs(CHANGED_SECONDS * 1000);
        let large = "x".repeat(CHANGED_BYTES + 1);
        let many = FsChanged { added: vec!["a".into(); CHANGED_PATHS + 1], ..FsChanged::default() };
        assert_eq!(changes.admit(FsChanged::default(), later), None);
        for bad in [one(&large), many] {
            assert_eq!(changes.admit(bad, later), None);
            assert!(changes.admit(one("a"), later).unwrap().truncated.is_some());
        }
        assert_eq!(changes.admit(one("a"), later), Some(one("a")));
    }
}
