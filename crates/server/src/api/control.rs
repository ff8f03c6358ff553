//! Steering one task: suspend, resume, input, cancel, the prompt queue, permissions, the terminal's size.

use axum::{Json, extract::State, http::StatusCode};
use lia_protocol::{
    api::{AnswerRequest, InputRequest, InputResponse, PermissionInfo, QueuedPrompt, ResizeRequest},
    event::PermissionAnswered,
    ids::{CommandId, PermissionId, TaskId},
    limits,
    task::TaskResponse,
};
use serde_json::json;

use super::{
    Api,
    auth::Principal,
    error::{Failure, invalid, not_found},
    extract::{ApiJson, ApiPath, too_large},
};
use crate::engine::EngineError;

/// `POST /api/v1/tasks/{id}/suspend`
pub async fn suspend(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
) -> Result<Json<TaskResponse>, Failure> {
    let task = api.task(&caller, id).await?;
    let task = api.engine.suspend(task.id, caller.actor()).await?;
    Ok(Json(api.show(task)))
}

/// `POST /api/v1/tasks/{id}/resume`
pub async fn resume(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
) -> Result<Json<TaskResponse>, Failure> {
    let task = api.task(&caller, id).await?;
    let task = api.engine.resume(task.id, caller.actor()).await?;
    Ok(Json(api.show(task)))
}

/// `POST /api/v1/tasks/{id}/input`
pub async fn input(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    body: ApiJson<InputRequest>,
) -> Result<(StatusCode, Json<InputResponse>), Failure> {
    let task = api.task(&caller, id).await?;
    let InputRequest { data, id } = body.value;
    check_input(&data)?;
    let accepted = api.engine.input(task.id, caller.actor(), id, data).await?;
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

/// Checks the bounds of an input.
///
/// # Errors
/// 400 when it is empty, 413 when it is too large.
pub fn check_input(data: &str) -> Result<(), Failure> {
    if data.is_empty() {
        return Err(invalid("data", "is empty"));
    }
    if data.len() > limits::INPUT_BYTES {
        return Err(too_large(limits::INPUT_BYTES as u64));
    }
    Ok(())
}

/// `POST /api/v1/tasks/{id}/cancel`
pub async fn cancel(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
) -> Result<(StatusCode, Json<InputResponse>), Failure> {
    let task = api.task(&caller, id).await?;
    let accepted = api.engine.cancel(task.id, caller.actor()).await?;
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

/// `POST /api/v1/tasks/{id}/resize`
pub async fn resize(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    body: ApiJson<ResizeRequest>,
) -> Result<StatusCode, Failure> {
    let task = api.task(&caller, id).await?;
    let ResizeRequest { cols, rows } = body.value;
    api.engine.resize(task.id, cols, rows).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/tasks/{id}/queue`
pub async fn queue(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
) -> Result<Json<Vec<QueuedPrompt>>, Failure> {
    let task = api.task(&caller, id).await?;
    Ok(Json(api.engine.queue(task.id).await?))
}

/// `DELETE /api/v1/tasks/{id}/queue/{command}`
pub async fn withdraw(
    State(api): State<Api>,
    caller: Principal,
    ApiPath((id, command)): ApiPath<(TaskId, CommandId)>,
) -> Result<StatusCode, Failure> {
    let task = api.task(&caller, id).await?;
    api.engine.withdraw(task.id, command, caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/tasks/{id}/permissions`
pub async fn permissions(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
) -> Result<Json<Vec<PermissionInfo>>, Failure> {
    let task = api.task(&caller, id).await?;
    Ok(Json(api.engine.permissions(task.id).await?))
}

/// `POST /api/v1/tasks/{id}/permissions/{permission}`
pub async fn answer(
    State(api): State<Api>,
    caller: Principal,
    ApiPath((id, permission)): ApiPath<(TaskId, PermissionId)>,
    body: ApiJson<AnswerRequest>,
) -> Result<Json<PermissionAnswered>, Failure> {
    let task = api.task(&caller, id).await?;
    give_answer(&api, &caller, task.id, permission, body.value.option_id.and_then(|o| o.0)).await.map(Json)
}

/// Answers a question of a task that is the caller's. A late answer is told the first one.
///
/// # Errors
/// 404, 400 (the option was not offered), 409.
pub async fn give_answer(
    api: &Api,
    caller: &Principal,
    task: TaskId,
    permission: PermissionId,
    option_id: Option<String>,
) -> Result<PermissionAnswered, Failure> {
    let session = api.store.task(task).await?.map(|t| t.session);
    match api.store.permission(permission).await? {
        Some(p) if Some(p.session) == session => {}
        Some(_) | None => return Err(not_found(format_args!("permission {permission}"))),
    }
    match api.engine.answer(task, permission, option_id, caller.actor()).await {
        Ok(answered) => Ok(answered),
        Err(e @ EngineError::InvalidState(_)) => {
            let failure = Failure::from(e);
            let Some(p) = api.store.permission(permission).await? else { return Err(failure) };
            let Some(first) = p.answer else { return Err(failure) };
            Err(failure.details(json!({ "id": permission, "option_id": first, "by": p.answered_by })))
        }
        Err(e) => Err(e.into()),
    }
}
