//! How often something may happen: so many times right after each other, then once in a while. Both ends of a link count
//! with it, so that neither trusts the other.

use std::time::{Duration, Instant};

/// What may still happen. It costs nothing while nothing happens.
#[derive(Clone, Debug)]
pub struct Allowance {
    burst: u32,
    every: Duration,
    /// When all that was taken is given back.
    whole: Option<Instant>,
}

impl Allowance {
    /// `burst` times (at least once), and once more after each `every`.
    #[must_use]
    pub const fn new(burst: u32, every: Duration) -> Self {
        Self { burst, every, whole: None }
    }

    /// When the next one may be: `now` at the earliest.
    #[must_use]
    pub fn next(&self, now: Instant) -> Instant {
        let room = self.every * self.burst.saturating_sub(1);
        self.whole.and_then(|whole| whole.checked_sub(room)).map_or(now, |next| next.max(now))
    }

    /// Takes one, if there is one.
    pub fn take(&mut self, now: Instant) -> bool {
        if self.next(now) > now {
            return false;
        }
        self.whole = Some(self.whole.map_or(now, |whole| whole.max(now)) + self.every);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_at_a_time() {
        let every = Duration::from_secs(10);
        let mut a = Allowance::new(3, every);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut taken = |seconds| a.take(at(seconds));
        assert_eq!([taken(0), taken(0), taken(0), taken(0)], [true, true, true, false]);
        assert_eq!([taken(9), taken(10), taken(10), taken(25), taken(25)], [false, true, false, true, false]);
        assert_eq!(a.next(at(25)), at(30));
        // However long nothing happens, no more than a burst comes after it.
        assert_eq!((0..5).filter(|_| a.take(at(10_000))).count(), 3);
        assert_eq!((a.next(at(10_000)), a.next(at(20_000))), (at(10_010), at(20_000)));
    }
}
