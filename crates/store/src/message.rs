//! The queue across sessions: messages that become prompts of their sessions.

use lia_protocol::{
    ids::{CommandId, SessionId, TaskId, UserId},
    time::Timestamp,
};

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRecord {
    /// Given by the store; never given again.
    pub id: u64,
    /// Whose.
    pub user: UserId,
    /// The session that it goes to.
    pub session: SessionId,
    /// Filled by reads: that session's task.
    pub task: Option<TaskId>,
    /// What it says.
    pub text: String,
    /// The runtime's name.
    pub runtime: String,
    /// The agent's name, for people.
    pub agent: String,
    /// The template of the session that was made for it.
    pub template: Option<String>,
    /// The working directory of that session.
    pub directory: Option<String>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it became a prompt, and which.
    pub sent: Option<(Timestamp, CommandId)>,
}
