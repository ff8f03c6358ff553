//! Views of the one log: pure functions from an event to what a client of that view sees, tested without I/O.
//! Every frame carries the log's `seq`; views have holes, the log has none.

use axum::extract::ws::Utf8Bytes;
use lia_protocol::{event::Event, ids::Seq, sessions::SessionEndReason};

pub mod channels;
pub mod stream;
pub mod text;

/// Which view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Seed 000's six message types.
    Seed,
    /// The same with Lia's additions (`?progress=1`).
    Extended,
    /// The events themselves as JSON.
    Events,
}

/// Why a session ended: the log's reason in the seed's words.
#[must_use]
pub fn end_reason(reason: &str) -> SessionEndReason {
    match reason {
        "deleted" | "user" | "down" => SessionEndReason::Terminated,
        "agent_exit" => SessionEndReason::AgentExit,
        "idle_timeout" => SessionEndReason::IdleTimeout,
        _ => SessionEndReason::Error,
    }
}

/// One message of a view.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The event it was made from.
    pub seq: Seq,
    /// Its JSON.
    pub json: Utf8Bytes,
}

impl View {
    /// How many there are.
    pub const COUNT: usize = 3;

    /// A number below [`Self::COUNT`].
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Seed => 0,
            Self::Extended => 1,
            Self::Events => 2,
        }
    }

    /// What an event becomes in this view. Of several frames made from one event only the last is a cursor.
    #[must_use]
    pub fn frames(self, event: &Event) -> Vec<Frame> {
        match self {
            Self::Seed => stream::frames(event, false),
            Self::Extended => stream::frames(event, true),
            Self::Events => vec![Frame { seq: event.seq, json: stream::utf8(event.to_json()) }],
        }
    }
}
