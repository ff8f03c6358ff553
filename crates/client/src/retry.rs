//! How long to wait before the next attempt, and when to stop trying.

use std::time::Duration;

use tokio::time::Instant;

/// How a stream comes back after its connection broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The delay before the second attempt (the first is made at once); each further one doubles it.
    pub first: Duration,
    /// The longest delay.
    pub most: Duration,
    /// How long to go on trying without a connection.
    pub give_up: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(100),
            most: Duration::from_secs(5),
            give_up: Duration::from_secs(120),
        }
    }
}

/// The state of one stream's attempts.
#[derive(Debug)]
pub(crate) struct Attempts {
    policy: Retry,
    failed: u32,
    /// Since when nothing answers.
    since: Option<Instant>,
    /// Since when there is a connection.
    open: Option<Instant>,
}

impl Attempts {
    pub(crate) fn new(policy: Retry) -> Self {
        Self { policy, failed: 0, since: None, open: None }
    }

    /// There is a connection. Delays go on growing until it has proved good, so that a server which accepts and closes
    /// is not asked in a tight loop.
    pub(crate) fn connected(&mut self) {
        self.since = None;
        self.open = Some(Instant::now());
    }

    /// Something new was received: the next failure is the first again.
    pub(crate) fn succeeded(&mut self) {
        self.failed = 0;
    }

    /// How long to wait before the next attempt; `None` to stop trying.
    pub(crate) fn next_delay(&mut self) -> Option<Duration> {
        if self.open.take().is_some_and(|open| open.elapsed() >= self.policy.most) {
            self.failed = 0;
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        if since.elapsed() >= self.policy.give_up {
            return None;
        }
        let n = self.failed;
        self.failed += 1;
        let full = match n {
            0 => return Some(Duration::ZERO),
            n => self.policy.first.saturating_mul(1 << (n - 1).min(20)).min(self.policy.most),
        };
        // Between half and the whole, so that many clients of one server do not come back in step.
        let mut b = [0u8; 1];
        let _ = getrandom::fill(&mut b);
        Some(full / 2 + full / 2 * u32::from(b[0]) / 255)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn delays_double_and_end() {
        let policy = Retry {
            first: Duration::from_millis(100),
            most: Duration::from_secs(1),
            give_up: Duration::from_secs(5),
        };
        let mut a = Attempts::new(policy);
        assert_eq!(a.next_delay(), Some(Duration::ZERO));
        for ceiling in [100, 200, 400, 800, 1000, 1000] {
            let d = a.next_delay().unwrap().as_millis();
            assert!((ceiling / 2..=ceiling).contains(&d), "{d} of {ceiling}");
        }
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(a.next_delay(), None);
        a.connected();
        assert!(a.next_delay().unwrap() >= Duration::from_millis(500), "a connection alone proves nothing");
        a.connected();
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(a.next_delay(), Some(Duration::ZERO), "one that held does");
    }
}
