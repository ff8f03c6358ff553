//! `/api/message-queue`: messages that wait until their session is idle.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use lia_protocol::{
    sessions::{EnqueueMessageBody, MessageStatus, OkResponse, QueuedMessage},
    wire::tag::True,
};
use lia_store::MessageRecord;

use super::super::{
    Api,
    auth::Principal,
    error::Failure,
    extract::{ApiJson, ApiPath},
};
use super::prompts::answered;
use crate::engine::NewMessage;

const OK: Json<OkResponse> = Json(OkResponse { ok: True });

fn show(m: MessageRecord) -> QueuedMessage {
    QueuedMessage {
        id: m.id,
        session_id: m.task,
        text: m.text,
        runtime: m.runtime,
        agent: m.agent,
        agent_template_id: m.template,
        directory: m.directory,
        status: if m.sent.is_some() { MessageStatus::Sent } else { MessageStatus::Pending },
        created_at: m.created_at,
        sent_at: m.sent.map(|(at, _)| at),
        queue_id: m.sent.map(|(_, command)| command),
    }
}

/// `GET /api/message-queue`
pub async fn list(State(api): State<Api>, caller: Principal) -> Result<Json<Vec<QueuedMessage>>, Failure> {
    let all = api.engine.messages(&caller.user).await?;
    Ok(Json(all.into_iter().map(show).collect()))
}

/// `POST /api/message-queue`
pub async fn enqueue(
    State(api): State<Api>,
    caller: Principal,
    body: ApiJson<EnqueueMessageBody>,
) -> Result<(StatusCode, Json<QueuedMessage>), Failure> {
    let body = body.value;
    let task = match body.session_id {
        Some(id) => Some(api.session(&caller, &id.to_string()).await?),
        None => None,
    };
    let new = NewMessage {
        user: caller.user,
        text: body.text,
        task,
        runtime: body.runtime,
        agent: body.agent,
        template: body.agent_template_id,
        directory: body.directory,
    };
    Ok((StatusCode::CREATED, Json(show(api.engine.enqueue(new).await?))))
}

/// `POST /api/message-queue/{messageId}/send`. Waits for the turn's end, unless others go before it.
pub async fn send(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<u64>,
) -> Result<Response, Failure> {
    // Detached, so that a client that goes away in between cannot take it back half.
    let engine = api.engine.clone();
    answered(&api, tokio::spawn(async move { engine.send_message(&caller.user, id).await })).await
}

/// `DELETE /api/message-queue/{messageId}`
pub async fn remove(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<u64>,
) -> Result<Json<OkResponse>, Failure> {
    api.engine.remove_messages(&caller.user, Some(id)).await?;
    Ok(OK)
}

/// `DELETE /api/message-queue`
pub async fn clear(State(api): State<Api>, caller: Principal) -> Result<Json<OkResponse>, Failure> {
    api.engine.remove_messages(&caller.user, None).await?;
    Ok(OK)
}
