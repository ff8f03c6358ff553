//! When the owner acts by itself: idle → suspend, too long → end, frozen for long → park, suspended for long → end.

use std::time::Duration;

use lia_protocol::{task::TaskStatus, time::Timestamp};
use tokio::time::Instant;

use super::{Owner, Phase};

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The task's running time is used up.
    Timeout,
    /// Nothing happened for long.
    Idle,
    /// Suspended for long.
    Park,
    /// A question has waited for long.
    Question,
    /// Suspended for so long that nobody wants it any more.
    End,
}

/// What timers look at. Times are on one monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// Running time before the current stretch.
    pub ran: Duration,
    /// Since when it runs.
    pub running_since: Option<Instant>,
    /// What running time it has in all.
    pub timeout: Duration,
    /// The last input, output, or end of a turn.
    pub last_activity: Instant,
    /// An agent's turn counts as activity, however silent.
    pub busy: bool,
    /// Zero never.
    pub idle_timeout: Duration,
    /// Since when it is frozen.
    pub frozen_since: Option<Instant>,
    /// Zero never.
    pub park_after: Duration,
    /// Whether the agent offers `session/load` and is between turns.
    pub can_park: bool,
    /// Since when the oldest question waits.
    pub asked_since: Option<Instant>,
    /// Zero never.
    pub question_after: Duration,
    /// Since when it is suspended, parked or not.
    pub suspended_since: Option<Instant>,
    /// Zero never.
    pub end_after: Duration,
}

/// The next deadline. Pure, so that it is tested without waiting.
#[must_use]
pub fn next(c: &Clocks) -> Option<(Instant, Due)> {
    let mut due = Vec::with_capacity(3);
    if let Some(since) = c.running_since {
        due.push((since + c.timeout.saturating_sub(c.ran), Due::Timeout));
        if !c.busy && !c.idle_timeout.is_zero() {
            due.push((c.last_activity.max(since) + c.idle_timeout, Due::Idle));
        }
    }
    if let (Some(asked), Some(running)) = (c.asked_since, c.running_since)
        && !c.question_after.is_zero()
    {
        due.push((asked.max(running) + c.question_after, Due::Question));
    }
    if let Some(since) = c.frozen_since
        && c.can_park
        && !c.park_after.is_zero()
    {
        due.push((since + c.park_after, Due::Park));
    }
    if let Some(since) = c.suspended_since
        && !c.end_after.is_zero()
    {
        due.push((since + c.end_after, Due::End));
    }
    due.into_iter().min_by_key(|d| d.0)
}

/// A time of day on the monotonic clock; what the clock was set by meanwhile counts too.
fn since(at: Timestamp) -> Instant {
    let ago = u64::try_from(Timestamp::now().millis() - at.millis()).unwrap_or(0);
    Instant::now().checked_sub(Duration::from_millis(ago)).unwrap_or_else(Instant::now)
}

impl Owner {
    pub(super) fn clocks(&self) -> Clocks {
        Clocks {
            ran: Duration::from_millis(u64::try_from(self.task.ran_ms).unwrap_or(0)),
            running_since: self.running_since,
            timeout: Duration::from_secs(u64::from(self.task.config.timeout_minutes) * 60),
            last_activity: self.last_activity,
            busy: self.turn.is_some() || !self.open.is_empty(),
            idle_timeout: self.shared.options.idle_timeout,
            frozen_since: self.frozen_since.filter(|_| matches!(self.phase, Phase::Frozen)),
            park_after: self.shared.options.park_after,
            can_park: self.instance.agent.can_load
                && self.shared.runtime.keeps()
                && self.turn.is_none()
                && self.open.is_empty(),
            asked_since: self.permissions.values().map(|p| p.requested_at).min().map(since),
            question_after: self.shared.options.question_after,
            suspended_since: self.suspended_since(),
            end_after: self.shared.options.end_after,
        }
    }

    /// From the record, which outlives the server.
    fn suspended_since(&self) -> Option<Instant> {
        self.task.suspended_at.filter(|_| self.task.status == TaskStatus::Suspended).map(since)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        next(&self.clocks()).map(|d| d.0)
    }

    pub(super) async fn deadline(&mut self) {
        match next(&self.clocks()) {
            Some((at, due)) if at <= Instant::now() => match due {
                Due::Timeout => self.timed_out().await,
                Due::Idle => self.idle().await,
                Due::Park => self.park().await,
                Due::End => self.abandon().await,
                Due::Question => self.refuse_oldest().await,
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: Duration = Duration::from_secs(60);

    fn running(t0: Instant) -> Clocks {
        Clocks {
            ran: Duration::ZERO,
            running_since: Some(t0),
            timeout: 30 * MIN,
            last_activity: t0,
            busy: false,
            idle_timeout: 10 * MIN,
            frozen_since: None,
            park_after: 60 * MIN,
            can_park: true,
            asked_since: None,
            question_after: Duration::ZERO,
            suspended_since: None,
            end_after: Duration::ZERO,
        }
    }

    #[test]
    fn idle_counts_from_the_last_activity() {
        let t0 = Instant::now();
        let c = Clocks { last_activity: t0 + 3 * MIN, ..running(t0) };
        assert_eq!(next(&c), Some((t0 + 13 * MIN, Due::Idle)));
    }

    #[test]
    fn a_silent_turn_is_activity_but_not_beyond_the_timeout() {
        let t0 = Instant::now();
        assert_eq!(next(&Clocks { busy: true, ..running(t0) }), Some((t0 + 30 * MIN, Due::Timeout)));
    }

    #[test]
    fn the_timeout_is_in_running_time() {
        let t0 = Instant::now();
        let c = Clocks { ran: 25 * MIN, busy: true, ..running(t0) };
        assert_eq!(next(&c), Some((t0 + 5 * MIN, Due::Timeout)));
        let suspended = Clocks { running_since: None, frozen_since: Some(t0), can_park: false, ..c };
        assert_eq!(next(&suspended), None);
    }

    #[test]
    fn a_frozen_agent_is_parked_when_it_can_be() {
        let t0 = Instant::now();
        let c = Clocks { running_since: None, frozen_since: Some(t0), ..running(t0) };
        assert_eq!(next(&c), Some((t0 + 60 * MIN, Due::Park)));
        assert_eq!(next(&Clocks { park_after: Duration::ZERO, ..c }), None);
    }

    #[test]
    fn a_question_is_refused_only_where_that_is_configured_and_while_the_task_runs() {
        let t0 = Instant::now();
        let c = Clocks { asked_since: Some(t0), busy: true, ..running(t0) };
        assert_eq!(next(&c), Some((t0 + 30 * MIN, Due::Timeout)));
        let c = Clocks { question_after: MIN, ..c };
        assert_eq!(next(&c), Some((t0 + MIN, Due::Question)));
        let later = Clocks { running_since: Some(t0 + 5 * MIN), ..c };
        assert_eq!(next(&later), Some((t0 + 6 * MIN, Due::Question)), "a resumed one waits anew");
        assert_eq!(next(&Clocks { running_since: None, can_park: false, ..c }), None);
    }

    #[test]
    fn what_nobody_wakes_ends_only_where_that_is_configured() {
        let t0 = Instant::now();
        let c = Clocks { running_since: None, suspended_since: Some(t0), ..running(t0) };
        assert_eq!(next(&c), None);
        assert_eq!(next(&Clocks { end_after: MIN, ..c }), Some((t0 + MIN, Due::End)));
    }
}
