//! Messages of the queue across sessions: the owner takes the next one when its session is idle. The message is marked as
//! sent in one transaction with the prompt that it becomes; from there on it goes as every prompt does, at most once to the
//! agent.

use lia_protocol::{event::Actor, ids::CommandId, task::TaskStatus, template::AgentMode};
use lia_store::{MessageRecord, Op, StoreError};

use super::{Owner, Prompted};
use crate::engine::error::EngineError;

impl Owner {
    /// Whether nothing runs, waits or is asked, and the agent is there.
    fn is_idle(&self) -> bool {
        self.is_free() && self.queue.is_empty() && self.permissions.is_empty()
    }

    /// A message came.
    pub(super) async fn message_came(&mut self) {
        self.messages = true;
        if self.task.status == TaskStatus::Suspended && !self.task.queue_paused && !self.works() {
            // As a prompt wakes it.
            self.resume(&Actor::System, None).await;
        }
    }

    /// Takes the next message, when the session is idle.
    pub(super) async fn take_message(&mut self) {
        while self.messages && self.is_idle() {
            let next = match self.shared.store.next_message(self.session()).await {
                Ok(Some(next)) => next,
                Ok(None) => {
                    self.messages = false;
                    return;
                }
                // Looked at again with whatever comes next.
                Err(error) => {
                    tracing::error!(task = %self.task.id, %error, "messages that wait could not be read");
                    return;
                }
            };
            let by = Actor::User(next.user.clone());
            match self.send_message(next, by).await {
                // It was sent or taken back meanwhile.
                Ok(_) | Err(EngineError::Store(StoreError::Conflict { .. })) => {}
                Err(error) => {
                    tracing::error!(task = %self.task.id, %error, "a message could not be sent");
                    return;
                }
            }
        }
    }

    /// Makes a prompt of a message that waits.
    pub(super) async fn send_message(
        &mut self,
        message: MessageRecord,
        by: Actor,
    ) -> Result<Prompted, EngineError> {
        if self.spec.template.mode == AgentMode::Terminal {
            return Err(EngineError::InvalidState("a terminal takes no messages".into()));
        }
        let waits = self.works() || self.task.queue_paused || !self.queue.is_empty();
        let command = CommandId::new();
        let sent = Op::SendMessage { id: message.id, at: self.shared.options.clock.now(), command };
        let accepted = self.prompt(by.clone(), command, message.text, false, vec![sent]).await?;
        self.touch();
        if self.task.status == TaskStatus::Suspended {
            self.resume(&by, None).await;
        }
        Ok(self.prompted(command, accepted.position, waits))
    }
}
