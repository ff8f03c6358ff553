//! Webhooks as an API (ours): the seed knows only those that come with a session.

use macro_rules_attribute::apply;

use super::{WebhookEventType, WebhookPayload};
use crate::{
    ids::{DeliveryId, TaskId, WebhookId},
    limits,
    secret::{Secret, in_clear},
    time::Timestamp,
    wire::{message, text, word},
};

/// Where a webhook comes from.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum WebhookSource {
    /// Made by `POST /api/webhooks`.
    Api,
    /// Came with a session, and hears that one alone.
    Session,
    /// Named in the server's configuration, which alone changes it.
    Config,
}

/// A webhook. Its secret is never shown again.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct WebhookInfo {
    /// Its id.
    pub id: WebhookId,
    /// Where events are posted.
    pub url: String,
    /// Which events; all when absent.
    pub events: Option<Vec<WebhookEventType>>,
    /// Where it comes from.
    pub source: WebhookSource,
    /// Its name in the configuration.
    pub name: Option<String>,
    /// The one session that it hears.
    pub session_id: Option<TaskId>,
    /// Whether it hears the sessions of all users; else its owner's.
    pub all_users: bool,
    /// Whether it is told anything.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// `POST /api/webhooks`
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct CreateWebhookBody {
    /// Where events are posted: an `http://` or `https://` URL.
    #[garde(custom(text::http_url), length(utf16, max = limits::WEBHOOK_URL_UTF16))]
    #[schemars(regex(pattern = text::HTTP_URL_PATTERN))]
    pub url: String,
    /// The key of the signatures. `whsec_` and Base64 is read as the Standard Webhooks specification says.
    #[serde(serialize_with = "in_clear")]
    #[garde(length(utf16, min = 1, max = limits::WEBHOOK_SECRET_UTF16))]
    pub secret: Secret,
    /// Which events; all when absent.
    #[garde(length(min = 1, max = 4))]
    pub events: Option<Vec<WebhookEventType>>,
    /// Whether it hears the sessions of all users, which an administrator may ask for; else one's own.
    pub all_users: Option<bool>,
}

/// `PATCH /api/webhooks/{id}`: what is absent stays as it is.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct UpdateWebhookBody {
    /// Where events are posted.
    #[garde(inner(custom(text::http_url), length(utf16, max = limits::WEBHOOK_URL_UTF16)))]
    #[schemars(regex(pattern = text::HTTP_URL_PATTERN))]
    pub url: Option<String>,
    /// Another key of the signatures, at once for what is delivered from now on.
    #[serde(serialize_with = "maybe_in_clear")]
    #[garde(length(utf16, min = 1, max = limits::WEBHOOK_SECRET_UTF16))]
    pub secret: Option<Secret>,
    /// Which events.
    #[garde(length(min = 1, max = 4))]
    pub events: Option<Vec<WebhookEventType>>,
    /// Whether it is told anything. Once it is not, what waits to be delivered waits.
    pub enabled: Option<bool>,
}

fn maybe_in_clear<S: serde::Serializer>(secret: &Option<Secret>, s: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => in_clear(secret, s),
        None => s.serialize_none(),
    }
}

/// `GET /api/webhooks`
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ListWebhooksQuery {
    /// Those that came with this session.
    pub session_id: Option<TaskId>,
}

/// `GET /api/webhooks/{id}/deliveries`
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ListDeliveriesQuery {
    /// Only those in this state.
    pub state: Option<DeliveryState>,
    /// Older ones than this.
    pub before: Option<DeliveryId>,
    /// At most so many.
    #[garde(range(min = *limits::PER_PAGE.start(), max = *limits::PER_PAGE.end()))]
    #[serde(default = "page")]
    pub limit: u32,
}

const fn page() -> u32 {
    20
}

/// Where a delivery stands.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// It waits for its first or its next attempt.
    Pending,
    /// The receiver took it.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// The word that a store keeps.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// One attempt to deliver.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryAttempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
    /// The receiver's status, when it answered.
    pub status: Option<u16>,
    /// Why it failed, when it did not answer.
    pub error: Option<String>,
}

/// An event for one webhook.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct WebhookDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// For which webhook.
    pub webhook_id: WebhookId,
    /// Where it stands.
    pub state: DeliveryState,
    /// What is posted, the same at every attempt.
    #[garde(dive)]
    pub payload: WebhookPayload,
    /// The attempts so far, the newest twenty.
    #[garde(dive)]
    pub attempts: Vec<DeliveryAttempt>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is tried next, while it is pending.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was taken or given up.
    pub finished_at: Option<Timestamp>,
}

/// One page, the newest first.
#[apply(message)]
pub struct WebhookDeliveryList {
    /// The deliveries.
    #[garde(dive)]
    pub deliveries: Vec<WebhookDelivery>,
    /// The `before` of the next page, when there are more.
    pub next: Option<DeliveryId>,
}
