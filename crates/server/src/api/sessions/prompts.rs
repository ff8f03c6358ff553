//! `/api/agents/{agentId}/prompts` and `…/queue`: prompts, and those that wait.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use lia_protocol::{
    sessions::{
        OkResponse, PromptBody, PromptMode, PromptQueueState, PromptResponse, QueueClearedResponse,
        QueueOrderBody, QueuedPromptResponse,
    },
    wire::tag::True,
};

use tokio::task::JoinHandle;

use super::super::{
    Api,
    auth::Principal,
    control::check_input,
    error::{Failure, invalid},
    extract::{ApiJson, ApiPath},
};
use crate::engine::{EngineError, Prompted};

const OK: Json<OkResponse> = Json(OkResponse { ok: True });

/// `POST /api/agents/{agentId}/prompts`. Waits for the turn's end, unless others go before it. A client that goes away
/// meanwhile changes nothing: the prompt is durable before the waiting begins.
pub async fn prompt(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<String>,
    body: ApiJson<PromptBody>,
) -> Result<Response, Failure> {
    let task = api.session(&caller, &id).await?;
    let PromptBody { text, mode } = body.value;
    if text.is_empty() {
        return Err(invalid("text", "is missing: Missing 'text' field"));
    }
    check_input(&text)?;
    let mode = mode.unwrap_or(PromptMode::Queue);
    // Detached, so that a client that goes away in between cannot take a prompt back half.
    let (engine, by) = (api.engine.clone(), caller.actor());
    let accepting = tokio::spawn(async move { engine.prompt(task.id, by, text, mode).await });
    answered(&api, accepting).await
}

/// The answer to a prompt that is being accepted: at its turn's end, unless it waits.
pub(crate) async fn answered(
    api: &Api,
    accepting: JoinHandle<Result<Prompted, EngineError>>,
) -> Result<Response, Failure> {
    let accepted = accepting
        .await
        .map_err(|e| EngineError::Unavailable(format!("the prompt could not be accepted: {e}")))??;
    match accepted {
        Prompted::Queued { id, position } => {
            let body = QueuedPromptResponse { queued: True, queue_id: id.to_string(), position };
            Ok((StatusCode::ACCEPTED, Json(body)).into_response())
        }
        Prompted::Running { ended, .. } => {
            let stopping = || {
                EngineError::Unavailable(
                    "the server is stopping; the prompt is kept, and the session's log will say how its turn ended".into(),
                )
            };
            let ended = tokio::select! {
                ended = ended => ended.unwrap_or_else(|_| Err(stopping())),
                () = api.stopping.cancelled() => Err(stopping()),
            };
            Ok(Json(PromptResponse { stop_reason: ended? }).into_response())
        }
    }
}

/// `POST /api/agents/{agentId}/cancel`
pub async fn cancel(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<OkResponse>, Failure> {
    let task = api.session(&caller, &id).await?;
    api.engine.cancel(task.id, caller.actor()).await?;
    Ok(OK)
}

/// `GET /api/agents/{agentId}/queue`
pub async fn queue(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<PromptQueueState>, Failure> {
    let task = api.session(&caller, &id).await?;
    Ok(Json(api.engine.queue_state(&task).await?))
}

/// `PUT /api/agents/{agentId}/queue`
pub async fn reorder(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<String>,
    body: ApiJson<QueueOrderBody>,
) -> Result<Json<OkResponse>, Failure> {
    let task = api.session(&caller, &id).await?;
    api.engine.queue_reorder(task.id, body.value.order, caller.actor()).await?;
    Ok(OK)
}

/// `DELETE /api/agents/{agentId}/queue`
pub async fn clear(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<QueueClearedResponse>, Failure> {
    let task = api.session(&caller, &id).await?;
    let cleared = api.engine.queue_clear(task.id, caller.actor()).await?;
    Ok(Json(QueueClearedResponse { ok: True, cleared }))
}

/// `DELETE /api/agents/{agentId}/queue/{queueId}`
pub async fn remove(
    State(api): State<Api>,
    caller: Principal,
    ApiPath((id, item)): ApiPath<(String, String)>,
) -> Result<Json<OkResponse>, Failure> {
    let task = api.session(&caller, &id).await?;
    api.engine.queue_remove(task.id, &item, caller.actor()).await?;
    Ok(OK)
}

/// `POST /api/agents/{agentId}/queue/pause`
pub async fn pause(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<OkResponse>, Failure> {
    let task = api.session(&caller, &id).await?;
    api.engine.queue_pause(task.id, caller.actor()).await?;
    Ok(OK)
}

/// `POST /api/agents/{agentId}/queue/resume`
pub async fn resume(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<OkResponse>, Failure> {
    let task = api.session(&caller, &id).await?;
    api.engine.queue_resume(task.id, caller.actor()).await?;
    Ok(OK)
}
