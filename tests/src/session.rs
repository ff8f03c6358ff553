//! Sessions as tests make them.

use anyhow::{Context as _, bail};
use lia_client::{Client, ErrorCode, Prompted};
use lia_protocol::{
    ids::{Seq, TaskId},
    sessions::{CreateSessionBody, PromptQueueState, Session},
    ws::WsMessageExt,
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{Log, ServerOptions};

/// The runtime that the tests of sessions use: `LIA_TEST_RUNTIME`, or `local`.
#[must_use]
pub fn runtime() -> String {
    std::env::var("LIA_TEST_RUNTIME").unwrap_or_else(|_| "local".into())
}

/// Settings for servers whose sessions need little, with the runtime that the tests use.
#[must_use]
pub fn options() -> ServerOptions {
    let options = ServerOptions::default().set("LIA__VM__DEFAULT_STORAGE_GB", "1");
    if runtime() == "local" { options } else { machines(options) }
}

/// The same in virtual machines.
///
/// # Panics
/// When the image is missing: `make test` makes it.
#[must_use]
pub fn machines(options: ServerOptions) -> ServerOptions {
    let image = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/vm");
    assert!(image.join("vmlinuz").exists(), "vm/build.sh makes {}", image.display());
    options
        .set("LIA__RUNTIME__DRIVER", "qemu")
        .set("LIA__RUNTIME__IMAGE", image.display().to_string())
        .set("LIA__VM__DEFAULT_MEMORY_MB", "256")
        .set("LIA__VM__DEFAULT_VCPU_COUNT", "1")
}

/// Starts a session of the scripted agent, with more fields.
///
/// # Errors
/// What the server answered.
pub async fn session(client: &Client, more: Value) -> anyhow::Result<Session> {
    let mut body = json!({ "agentTemplateId": "scripted" });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    let body: CreateSessionBody = serde_json::from_value(body)?;
    Ok(client.create_session(&body).await?)
}

/// The texts of the prompts that wait.
#[must_use]
pub fn waiting(queue: &PromptQueueState) -> Vec<&str> {
    queue.items.iter().map(|i| i.text.as_str()).collect()
}

/// The status, code and sentence of a refusal.
///
/// # Errors
/// When it was none.
pub fn refusal<T: std::fmt::Debug>(
    answer: Result<T, lia_client::Error>,
) -> anyhow::Result<(u16, Option<ErrorCode>, String)> {
    match answer {
        Err(lia_client::Error::Api { status, api }) => Ok((status, api.code, api.error)),
        other => bail!("not refused: {other:?}"),
    }
}

/// A session whose agent works on a prompt that asks before it ends.
pub struct Busy {
    /// As it was made.
    pub session: Session,
    /// Its events so far.
    pub log: Log,
    /// The prompt that runs.
    pub running: JoinHandle<Result<Prompted, lia_client::Error>>,
    /// The question's id.
    pub asked: String,
}

impl Busy {
    /// Starts one.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn start(client: &Client) -> anyhow::Result<Self> {
        let session = session(client, json!({})).await?;
        let (runs, id) = (client.clone(), session.id.clone());
        let running = tokio::spawn(async move { runs.prompt(&id, "permission go on", None).await });
        let mut log = Log::open(client, session.id.parse::<TaskId>()?, Seq::ZERO).await?;
        let asked = match log.until("a question", |m| matches!(m, WsMessageExt::Permission(_))).await? {
            WsMessageExt::Permission(asked) => asked.id.to_string(),
            _ => unreachable!(),
        };
        Ok(Self { session, log, running, asked })
    }

    /// The session's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.session.id
    }

    /// Queues one more prompt: its id.
    ///
    /// # Errors
    /// When it does not wait.
    pub async fn queue(&self, client: &Client, text: &str) -> anyhow::Result<String> {
        match client.prompt(self.id(), text, None).await? {
            Prompted::Queued(q) => Ok(q.queue_id),
            Prompted::Ended(e) => anyhow::bail!("{text} did not wait: {e:?}"),
        }
    }

    /// Answers the question with yes.
    ///
    /// # Errors
    /// When there is none.
    pub async fn go_on(&self, client: &Client) -> anyhow::Result<()> {
        let asked = client.session(self.id()).await?.pending_permission.context("the question")?;
        let option = asked.options.iter().find(|o| o.kind.starts_with("allow")).context("allow")?;
        let body = serde_json::from_value(json!({ "optionId": option.option_id }))?;
        client.answer_permission(self.id(), &self.asked, &body).await?;
        Ok(())
    }
}
