//! Tasks as tests make and read them.

use anyhow::bail;
use lia_client::{Client, LogEvent, StreamOptions};
use lia_protocol::{
    ids::{Seq, TaskId},
    task::{CreateTaskRequest, TaskResponse},
    ws::{WsMessageExt, WsOutputMessage},
};
use serde_json::{Value, json};

/// A request in the making.
pub struct Request(Value);

impl Request {
    /// A prompt for a template, in the administrator's name.
    #[must_use]
    pub fn new(template: &str, prompt: &str) -> Self {
        Self(
            json!({ "template": template, "prompt": prompt, "user_id": "admin", "config": { "storage_gb": 1 } }),
        )
    }

    /// With one more field.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.0[key] = value;
        self
    }

    /// Creates it.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn create(self, client: &Client) -> anyhow::Result<TaskResponse> {
        let request: CreateTaskRequest = serde_json::from_value(self.0)?;
        Ok(client.create_task(&request, None).await?)
    }
}

/// The text of all `output` messages.
#[must_use]
pub fn text_of(messages: &[WsMessageExt]) -> String {
    messages
        .iter()
        .filter_map(|m| match m {
            WsMessageExt::Output(WsOutputMessage { data, .. }) => Some(data.as_str()),
            _ => None,
        })
        .collect()
}

/// A task's stream, read up to points of interest.
pub struct Log {
    stream: lia_client::TaskStream,
    /// All messages so far.
    pub messages: Vec<WsMessageExt>,
}

impl Log {
    /// Opens a task's stream with all additions.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn open(client: &Client, task: TaskId, from: Seq) -> anyhow::Result<Self> {
        let stream =
            client.stream(task, StreamOptions { from, progress: true, ..StreamOptions::default() }).await?;
        Ok(Self { stream, messages: Vec::new() })
    }

    /// Reads until a message is what is wanted, and returns it.
    ///
    /// # Errors
    /// When the stream ends before.
    pub async fn until(
        &mut self,
        what: &str,
        mut wanted: impl FnMut(&WsMessageExt) -> bool,
    ) -> anyhow::Result<WsMessageExt> {
        while let Some(message) = self.stream.next().await {
            let message = message?;
            self.messages.push(message.clone());
            if wanted(&message) {
                return Ok(message);
            }
        }
        bail!(
            "the stream ended before {what}; it brought {:#?}",
            self.messages.iter().rev().take(20).collect::<Vec<_>>()
        )
    }

    /// Reads until a turn ends, and says how.
    ///
    /// # Errors
    /// When the stream ends before.
    pub async fn turn(&mut self) -> anyhow::Result<String> {
        match self.until("the end of a turn", |m| matches!(m, WsMessageExt::Turn(_))).await? {
            WsMessageExt::Turn(ended) => Ok(ended.stop_reason),
            _ => bail!("not a turn"),
        }
    }

    /// Reads until the text so far holds something, which may come in pieces.
    ///
    /// # Errors
    /// When the stream ends before.
    pub async fn until_text(&mut self, wanted: &str) -> anyhow::Result<()> {
        while !self.text().contains(wanted) {
            self.until(wanted, |m| matches!(m, WsMessageExt::Output(_))).await?;
        }
        Ok(())
    }

    /// The text so far.
    #[must_use]
    pub fn text(&self) -> String {
        text_of(&self.messages)
    }

    /// The stream itself, to type into.
    pub fn stream(&mut self) -> &mut lia_client::TaskStream {
        &mut self.stream
    }

    /// A task's whole log as it stands.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn events(client: &Client, task: TaskId) -> anyhow::Result<Vec<LogEvent>> {
        let mut events = client.events(task, Seq::ZERO, false).await?;
        let mut all = Vec::new();
        while let Some(e) = events.next().await {
            all.push(e?);
        }
        Ok(all)
    }
}
