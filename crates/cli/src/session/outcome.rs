//! How an agent's work ended, as an exit code says it.

use std::process::ExitCode;

use lia_protocol::task::TaskResponse;

/// How the work ended, for the exit code (the table is in `lia --help`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// `end_turn`, or an exit with 0.
    Done,
    /// `refusal`, `max_tokens`, `max_turn_requests`.
    Refused,
    /// `cancelled`.
    Cancelled,
    /// The agent failed.
    Failed,
    /// Nobody knows.
    Lost,
    /// The user left; the task goes on.
    Detached,
}

impl Outcome {
    /// The exit code.
    pub fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done | Self::Detached => 0,
            Self::Refused => 2,
            Self::Cancelled => 3,
            Self::Failed => 4,
            Self::Lost => 5,
        })
    }

    /// Of a stop reason.
    pub fn of_turn(stop_reason: &str) -> Self {
        match stop_reason {
            "end_turn" => Self::Done,
            "cancelled" => Self::Cancelled,
            "error" => Self::Failed,
            "unknown" => Self::Lost,
            // ACP's other reasons, and those of later versions: the agent stopped without having finished.
            _ => Self::Refused,
        }
    }

    /// Of a task that has ended.
    pub fn of_task(task: &TaskResponse) -> Self {
        match (&task.stop_reason, task.exit_code) {
            (_, Some(code)) if code != 0 => Self::Failed,
            (Some(reason), _) => Self::of_turn(reason),
            (None, Some(_)) => Self::Done,
            (None, None) => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn stop_reasons() {
        let of = |r| Outcome::of_turn(r);
        assert_eq!(of("end_turn"), Outcome::Done);
        assert_eq!([of("refusal"), of("max_tokens"), of("max_turn_requests")], [Outcome::Refused; 3]);
        assert_eq!(
            [of("cancelled"), of("error"), of("unknown")],
            [Outcome::Cancelled, Outcome::Failed, Outcome::Lost]
        );
    }
}
