//! Sessions as tests make them.

use anyhow::bail;
use lia_client::{Client, ErrorCode};
use lia_protocol::sessions::{CreateSessionBody, PromptQueueState, Session};
use serde_json::{Value, json};

use crate::ServerOptions;

/// Settings for servers whose sessions need little.
#[must_use]
pub fn options() -> ServerOptions {
    ServerOptions::default().set("LIA__VM__DEFAULT_STORAGE_GB", "1")
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
