//! Webhooks, and what they are told: the records of the outbox, of deliveries and of their attempts.
//!
//! ```text
//! append of an event that is told ──▶ outbox ──Tell──▶ delivery: pending ──Attempted──▶ delivered | failed
//!   (with the event, if anyone hears it)                   ▲                                   │
//!                                                          └───────────── Redeliver ◀──────────┘
//! ```

use bytes::Bytes;
use lia_protocol::{
    event::{Event, Kind},
    ids::{DeliveryId, Seq, SessionId, TaskId, UserId, WebhookId},
    sessions::{DeliveryAttempt, DeliveryState, WebhookEventType, WebhookSource},
    time::Timestamp,
};
use uuid::Uuid;

/// Whether events of this kind are told to webhooks. Of `task.state` it is the end alone; whoever makes the deliveries
/// leaves out the others.
#[must_use]
pub const fn is_told(kind: Kind) -> bool {
    matches!(kind, Kind::TaskState | Kind::TurnEnded | Kind::PermissionRequested | Kind::Error)
}

/// A receiver of events outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRecord {
    /// Unique.
    pub id: WebhookId,
    /// The owner.
    pub user: UserId,
    /// Whether it hears the sessions of all users; else the owner's.
    pub all_users: bool,
    /// The one session that it hears.
    pub session: Option<SessionId>,
    /// Filled by reads: that session's task.
    pub task: Option<TaskId>,
    /// Where it comes from.
    pub source: WebhookSource,
    /// Its name in the configuration.
    pub name: Option<String>,
    /// Where events are posted.
    pub url: String,
    /// The key of the signatures, sealed.
    pub secret: String,
    /// Which events; `None` is all.
    pub events: Option<Vec<WebhookEventType>>,
    /// Whether it is told anything.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

impl WebhookRecord {
    /// Whether it wants to know of such events.
    #[must_use]
    pub fn wants(&self, kind: WebhookEventType) -> bool {
        self.events.as_ref().is_none_or(|e| e.contains(&kind))
    }
}

/// Which fields of a webhook a transaction changes; `None` leaves as it is.
#[derive(Clone, Debug, Default)]
pub struct WebhookPatch {
    /// Where events are posted.
    pub url: Option<String>,
    /// The sealed key.
    pub secret: Option<String>,
    /// Which events; `Some(None)` is all.
    pub events: Option<Option<Vec<WebhookEventType>>>,
    /// Whether it is told anything.
    pub enabled: Option<bool>,
}

/// An event that is to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Untold {
    /// The event.
    pub event: Event,
    /// The task of its session.
    pub task: TaskId,
}

/// An event for one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// Unique.
    pub id: DeliveryId,
    /// For which webhook.
    pub webhook: WebhookId,
    /// Of which session; zeros for a test.
    pub session: SessionId,
    /// The event's id, which is in the body. For one webhook an event is delivered once.
    pub event: Uuid,
    /// What is posted.
    pub body: Bytes,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts of the present plan.
    pub tries: u32,
    /// Whether there is one attempt only.
    pub once: bool,
    /// When it is tried next, while it is pending.
    pub next_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was taken or given up.
    pub finished_at: Option<Timestamp>,
}

/// The first delivery of the queue of one webhook and session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub id: DeliveryId,
    /// For which webhook.
    pub webhook: WebhookId,
    /// Of which session.
    pub session: SessionId,
    /// Not before this.
    pub at: Timestamp,
}

/// A delivery with its newest attempts, in their order.
pub type Delivered = (DeliveryRecord, Vec<DeliveryAttempt>);

/// Which deliveries of a webhook a list shows, the newest first.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeliveryFilter {
    /// Only those in this state.
    pub state: Option<DeliveryState>,
    /// Older ones than this.
    pub before: Option<DeliveryId>,
    /// At most so many.
    pub limit: u32,
}

/// Attempts that come with a delivery that is read.
pub const SHOWN_ATTEMPTS: u32 = 20;

/// An event of the outbox, by its place in the log.
pub type Place = (SessionId, Seq);
