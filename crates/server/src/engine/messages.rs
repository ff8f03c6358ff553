//! The queue across sessions: messages that wait until their session is idle, and then are prompts of it.

use lia_protocol::{error::Issue, event::Actor, ids::UserId, limits, task::TaskStatus, template::AgentMode};
use lia_store::{MessageRecord, Op, StoreError, TaskRecord, Txn};

use super::{
    Engine, EngineError, NewSession, SessionAgent,
    owner::{Msg, Prompted},
};

/// A message that comes.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Whose.
    pub user: UserId,
    /// What it says.
    pub text: String,
    /// The session that it goes to; `None` makes one.
    pub task: Option<TaskRecord>,
    /// The runtime of a session that is made.
    pub runtime: Option<String>,
    /// The agent's name, for people.
    pub agent: Option<String>,
    /// The template of a session that is made.
    pub template: Option<String>,
    /// The working directory of a session that is made.
    pub directory: Option<String>,
}

fn wrong(path: &str, message: impl Into<String>) -> EngineError {
    EngineError::Invalid(vec![Issue { path: path.into(), message: message.into() }])
}

fn none(id: u64) -> EngineError {
    EngineError::NotFound(format!("message {id}"))
}

/// A commit that found too many.
fn full(e: StoreError) -> EngineError {
    match e {
        StoreError::Conflict { .. } => EngineError::QueueFull(limits::MESSAGES),
        other => other.into(),
    }
}

impl Engine {
    /// Accepts a message; it survives the loss of power when this returns. Without a session, one is made with it.
    ///
    /// # Errors
    /// `Invalid`, `QueueFull`, `InvalidState` (the session is over, or a terminal), those of a new session.
    pub async fn enqueue(&self, new: NewMessage) -> Result<MessageRecord, EngineError> {
        // Detached: a client that goes away in the middle leaves no message that nobody looks at.
        let engine = self.clone();
        match tokio::spawn(async move { engine.enqueue_detached(new).await }).await {
            Ok(r) => r,
            Err(e) => Err(EngineError::Unavailable(format!("the message could not be accepted: {e}"))),
        }
    }

    async fn enqueue_detached(&self, new: NewMessage) -> Result<MessageRecord, EngineError> {
        let text = &new.text;
        if text.trim().is_empty() {
            return Err(wrong("text", "is missing: Missing 'text' field"));
        }
        let there = self.shared.runtime.name();
        if let Some(runtime) = new.runtime.as_deref().filter(|r| *r != there) {
            let runtime: String = runtime.chars().take(80).collect();
            return Err(wrong(
                "runtime",
                format!("Unknown runtime type \"{runtime}\"; available are {there}"),
            ));
        }
        let waiting = self.messages(&new.user).await?.iter().filter(|m| m.sent.is_none()).count();
        if waiting >= limits::MESSAGES {
            return Err(EngineError::QueueFull(waiting));
        }
        let task = match new.task {
            Some(task) if task.status == TaskStatus::Terminated => {
                return Err(EngineError::InvalidState("the session is over".into()));
            }
            Some(task) => task,
            None => {
                let id = new.template.clone();
                let id = id.unwrap_or_else(|| self.shared.options.default_template.clone());
                let session = NewSession {
                    id: None,
                    user: new.user.clone(),
                    agent: SessionAgent::Template(id),
                    cwd: new.directory.clone(),
                    title: None,
                    setup: None,
                    env: Default::default(),
                    instance_name: None,
                    webhooks: Vec::new(),
                    callback_url: None,
                    allow: Vec::new(),
                };
                // Should the server be killed before the message is there, the session is, idle, and nobody was told.
                self.create_session(session).await?
            }
        };
        let spec = Self::spec_of(&task);
        if spec.as_ref().is_none_or(|s| s.template.mode == AgentMode::Terminal) {
            return Err(EngineError::InvalidState(
                "a terminal takes no messages; type into it instead".into(),
            ));
        }
        let title = spec.map(|s| s.template.title).unwrap_or_default();
        let record = MessageRecord {
            id: 0,
            user: new.user,
            session: task.session,
            task: Some(task.id),
            text: new.text,
            runtime: task.runtime.clone(),
            agent: new.agent.unwrap_or(title),
            template: new.template,
            directory: new.directory,
            created_at: self.shared.options.clock.now(),
            sent: None,
        };
        let op = Op::PutMessage(Box::new(record.clone()));
        let done = self.shared.store.commit(Txn::power(vec![op])).await.map_err(full)?;
        let requests = self.shared.sessions().get(&task.id).map(|s| s.requests.clone());
        if let Some(requests) = requests {
            // An owner that is gone looks for messages when it comes back.
            let _ = requests.send(Msg::Message).await;
        }
        Ok(MessageRecord { id: done.message.unwrap_or_default(), ..record })
    }

    /// A user's messages, the oldest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn messages(&self, user: &UserId) -> Result<Vec<MessageRecord>, EngineError> {
        Ok(self.shared.store.messages(user).await?)
    }

    async fn message_of(&self, user: &UserId, id: u64) -> Result<MessageRecord, EngineError> {
        let found = self.shared.store.message(id).await?;
        found.filter(|m| m.user == *user).ok_or_else(|| none(id))
    }

    /// Sends a message now, whether its session is idle or not: behind the prompts that wait.
    ///
    /// # Errors
    /// `NotFound`, `InvalidState` (sent already; the session is over), `QueueFull`, store errors.
    pub async fn send_message(&self, user: &UserId, id: u64) -> Result<Prompted, EngineError> {
        let message = self.message_of(user, id).await?;
        if message.sent.is_some() {
            return Err(EngineError::InvalidState("the message was sent already".into()));
        }
        let Some(task) = message.task else { return Err(none(id)) };
        let (message, by) = (Box::new(message), Actor::User(user.clone()));
        match self.ask(task, |reply| Msg::SendMessage { message, by, reply }).await {
            Err(EngineError::Store(StoreError::Conflict { .. })) => {
                Err(EngineError::InvalidState("the message was sent or taken back meanwhile".into()))
            }
            other => other,
        }
    }

    /// Forgets a message, or all of a user's, those that were sent too. What is a prompt already goes on.
    ///
    /// # Errors
    /// `NotFound`, store errors.
    pub async fn remove_messages(&self, user: &UserId, id: Option<u64>) -> Result<(), EngineError> {
        if let Some(id) = id {
            self.message_of(user, id).await?;
        }
        let op = Op::RemoveMessages { user: user.clone(), id };
        self.shared.store.commit(Txn::power(vec![op])).await?;
        Ok(())
    }
}
