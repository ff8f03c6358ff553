//! The message queue across sessions, as 0.2.0 of the seed's package has it.

use macro_rules_attribute::apply;

use crate::{
    ids::{CommandId, TaskId},
    limits,
    time::Timestamp,
    wire::{message, word},
};

/// Where a message stands.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum MessageStatus {
    /// It waits for its session to be idle.
    Pending,
    /// It is a prompt of its session.
    Sent,
}

/// A message in the queue across sessions.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct QueuedMessage {
    /// Its id, which is never given again.
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub id: u64,
    /// The session that it goes to.
    #[serde_with(skip_apply)]
    #[serde(deserialize_with = "crate::wire::optional::nullable")]
    pub session_id: Option<TaskId>,
    /// What it says.
    pub text: String,
    /// The runtime's name.
    pub runtime: String,
    /// The agent's name, for people.
    pub agent: String,
    /// The template of the session that was made for it.
    #[serde_with(skip_apply)]
    #[serde(deserialize_with = "crate::wire::optional::nullable")]
    pub agent_template_id: Option<String>,
    /// The working directory of that session.
    #[serde_with(skip_apply)]
    #[serde(deserialize_with = "crate::wire::optional::nullable")]
    pub directory: Option<String>,
    /// Where it stands.
    pub status: MessageStatus,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it became a prompt.
    #[serde_with(skip_apply)]
    #[serde(deserialize_with = "crate::wire::optional::nullable")]
    pub sent_at: Option<Timestamp>,
    /// The prompt that it became (ours).
    pub queue_id: Option<CommandId>,
}

/// `POST /api/message-queue`
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct EnqueueMessageBody {
    /// What it says: not blank.
    #[garde(length(utf16, min = 1, max = *limits::PROMPT_UTF16.end()))]
    pub text: String,
    /// The session that it goes to; absent makes one.
    pub session_id: Option<TaskId>,
    /// The runtime of a session that is made.
    pub runtime: Option<String>,
    /// The agent's name, for people.
    #[garde(length(utf16, max = limits::TITLE_UTF16))]
    pub agent: Option<String>,
    /// The template of a session that is made.
    pub agent_template_id: Option<String>,
    /// The working directory of a session that is made.
    pub directory: Option<String>,
}
