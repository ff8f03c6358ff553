//! The queue across sessions.

use lia_protocol::sessions::{EnqueueMessageBody, OkResponse, QueuedMessage};
use reqwest::{Method, Url};

use crate::{Client, Error, Prompted};

impl Client {
    fn message_queue(&self, rest: &[&str]) -> Url {
        self.url(["api", "message-queue"].iter().chain(rest))
    }

    /// One's own messages, the oldest first.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn messages(&self) -> Result<Vec<QueuedMessage>, Error> {
        self.get("list of messages", self.message_queue(&[])).await
    }

    /// Leaves a message for a session.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn enqueue(&self, body: &EnqueueMessageBody) -> Result<QueuedMessage, Error> {
        self.post("message", self.message_queue(&[]), body).await
    }

    /// Sends a message now, and waits for the turn's end unless it is queued.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn send_message(&self, id: u64) -> Result<Prompted, Error> {
        let url = self.message_queue(&[&id.to_string(), "send"]);
        self.prompted(self.streaming(Method::POST, url)).await
    }

    /// Forgets a message, or all of them.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn remove_messages(&self, id: Option<u64>) -> Result<OkResponse, Error> {
        let url = match id {
            Some(id) => self.message_queue(&[&id.to_string()]),
            None => self.message_queue(&[]),
        };
        self.json("answer", self.request(Method::DELETE, url)).await
    }
}
