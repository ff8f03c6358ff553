//! Queries and bodies of the chat's REST routes, with their limits and defaults.

use macro_rules_attribute::apply;

use crate::{
    limits::{CHAT_MESSAGE_UTF16, SAFE_INTEGER, TITLE_UTF16},
    time::Timestamp,
    wire::{WireUuid, message, word},
};

const fn yes() -> bool {
    true
}

const fn twenty() -> u32 {
    20
}

const fn fifty() -> u32 {
    50
}

/// The body of `POST /api/agent/query`.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct AgentQueryRequest {
    /// The text, 1 to 10,000 UTF-16 units.
    #[garde(length(utf16, min = *CHAT_MESSAGE_UTF16.start(), max = *CHAT_MESSAGE_UTF16.end()))]
    pub prompt: String,
    /// The session; a new one when absent.
    pub session_id: Option<WireUuid>,
    /// Who asks; the signed-in user counts, not this.
    pub user_id: WireUuid,
    /// Whether the answer comes in pieces.
    #[serde(default = "yes")]
    pub streaming: bool,
    /// At most so many turns of the model, 1 to 50.
    #[serde(default = "twenty")]
    #[garde(range(min = 1, max = 50))]
    pub max_turns: u32,
}

/// A new to-do.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct TodoCreateRequest {
    /// The session.
    pub session_id: WireUuid,
    /// What is to be done.
    #[garde(length(utf16, min = 1, max = TITLE_UTF16))]
    pub content: String,
    /// The same while it is being done.
    #[garde(length(utf16, min = 1, max = TITLE_UTF16))]
    pub active_form: String,
    /// Its place, from 0.
    pub order: Option<u32>,
}

/// What a business system keeps.
#[apply(word)]
#[serde(rename_all = "camelCase")]
pub enum BcEntity {
    /// Customers.
    Customers,
    /// Items.
    Items,
    /// Vendors.
    Vendors,
    /// Sales orders.
    SalesOrders,
    /// Purchase orders.
    PurchaseOrders,
    /// Invoices.
    Invoices,
}

/// A query of a business system.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct BcQueryRequest {
    /// What is asked for.
    pub entity: BcEntity,
    /// A condition.
    pub filter: Option<String>,
    /// Which fields.
    pub select: Option<Vec<String>>,
    /// Which related objects.
    pub expand: Option<Vec<String>>,
    /// The order.
    pub order_by: Option<String>,
    /// At most so many, 1 to 1,000.
    #[garde(range(min = 1, max = 1000))]
    pub top: Option<u32>,
    /// How many to leave out first.
    pub skip: Option<u32>,
    /// Whether to count all.
    pub count: Option<bool>,
}

/// The body of `POST /api/chat/sessions`.
#[apply(message)]
#[derive(Default, Eq)]
#[serde(rename_all = "camelCase")]
pub struct CreateChatSessionRequest {
    /// Its title.
    #[garde(length(utf16, min = 1, max = TITLE_UTF16))]
    pub title: Option<String>,
    /// The first message; the title is made of it when there is none.
    #[garde(length(utf16, min = *CHAT_MESSAGE_UTF16.start(), max = *CHAT_MESSAGE_UTF16.end()))]
    pub initial_message: Option<String>,
}

/// The body of `PATCH /api/chat/sessions/{id}`.
#[apply(message)]
#[derive(Eq)]
pub struct UpdateChatSessionRequest {
    /// Its title, without white space around it.
    #[garde(length(utf16, min = 1, max = TITLE_UTF16))]
    pub title: String,
}

/// The body of `PATCH /api/chat/sessions/{id}/pin`.
#[apply(message)]
#[derive(Copy, Eq)]
pub struct PinChatSessionRequest {
    /// Whether it is pinned.
    pub pinned: bool,
}

/// The query of `GET /api/chat/sessions`.
#[apply(message)]
#[derive(Copy, Eq)]
pub struct ChatSessionsQuery {
    /// At most so many, 1 to 50.
    #[serde(default = "twenty")]
    #[garde(range(min = 1, max = 50))]
    pub limit: u32,
    /// Only those that were used before.
    pub before: Option<Timestamp>,
}

/// The query of `GET /api/chat/sessions/{id}/messages`.
#[apply(message)]
#[derive(Copy, Eq)]
pub struct ChatMessagesQuery {
    /// At most so many, 1 to 100.
    #[serde(default = "fifty")]
    #[garde(range(min = 1, max = 100))]
    pub limit: u32,
    /// How many to leave out first.
    #[serde(default)]
    pub offset: u32,
    /// Only those before this place in the log.
    #[garde(range(max = SAFE_INTEGER))]
    pub before: Option<u64>,
    /// Only those after this place in the log.
    #[garde(range(max = SAFE_INTEGER))]
    pub after: Option<u64>,
}
