//! `/api/v1/tasks`: creating, listing, showing and ending tasks.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use lia_protocol::{
    api::Scope,
    error::ErrorCode,
    ids::TaskId,
    query::{DeleteTaskQuery, ListTasksQuery},
    task::{CreateTaskRequest, TaskListResponse, TaskResponse, TaskStatus},
};
use lia_store::{TaskFilter, TaskRecord};
use sha2::{Digest as _, Sha256};

use super::{
    Api,
    auth::Principal,
    error::{Failure, invalid},
    extract::{ApiJson, ApiPath, ApiQuery},
};
use crate::engine::NewTask;

/// Tasks that a `prefix` may find; it is for telling short ids apart.
const PREFIX_TASKS: u32 = 10;

impl Api {
    /// A task as the API shows it.
    #[must_use]
    pub fn show(&self, t: TaskRecord) -> TaskResponse {
        TaskResponse {
            vm_id: (t.status != TaskStatus::Pending).then(|| t.instance.to_string()),
            web_url: format!("{}/tasks/{}", self.web_url, t.id),
            id: t.id,
            user_id: t.user,
            guild_id: t.guild,
            prompt: t.prompt,
            status: t.status,
            config: Some(t.config),
            created_at: t.created_at,
            started_at: t.started_at,
            completed_at: t.completed_at,
            exit_code: t.exit_code,
            error_message: t.error,
            ssh_command: None,
            ip_address: None,
            session_id: t.session,
            template: t.template,
            runtime: t.runtime,
            source: t.source,
            suspended_at: t.suspended_at,
            busy: t.busy,
            queued: t.queued,
            pending_permissions: t.pending_permissions,
            stop_reason: t.stop_reason,
            last_seq: t.last_seq,
        }
    }
}

/// `POST /api/v1/tasks`
pub async fn create(
    State(api): State<Api>,
    caller: Principal,
    headers: HeaderMap,
    body: ApiJson<CreateTaskRequest>,
) -> Result<Response, Failure> {
    let key = idempotency_key(&headers)?;
    if body.value.user_id != caller.user && !caller.may(Scope::ActAs) {
        let text = format!(
            "user_id is {:?}, the credential is {:?}'s; naming another needs the scope \"act-as\"",
            body.value.user_id.as_str(),
            caller.user.as_str()
        );
        return Err(Failure::new(ErrorCode::Forbidden, text));
    }
    let idempotency = key.map(|k| (k, Sha256::digest(&body.bytes).into()));
    let new = NewTask { request: body.value, by: caller.user, idempotency };
    let task = api.engine.create(new).await?;
    let location = format!("/api/v1/tasks/{}", task.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(api.show(task))).into_response())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=255).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(invalid("Idempotency-Key", "has 1 to 255 visible ASCII characters")),
    }
}

/// `GET /api/v1/tasks`
pub async fn list(
    State(api): State<Api>,
    caller: Principal,
    ApiQuery(q): ApiQuery<ListTasksQuery>,
) -> Result<Json<TaskListResponse>, Failure> {
    let status = q.statuses();
    let (page, per_page) = (q.page, q.per_page);
    let user = match q.user_id {
        Some(user) if user != caller.user && !caller.is_admin() => {
            return Err(Failure::new(
                ErrorCode::Forbidden,
                "only an administrator lists the tasks of other users",
            ));
        }
        Some(user) => Some(user),
        None => (!caller.is_admin()).then(|| caller.user.clone()),
    };
    let (tasks, total) = match q.prefix {
        Some(prefix) => {
            let found =
                api.store.tasks_by_prefix(&prefix.to_ascii_lowercase(), user.as_ref(), PREFIX_TASKS).await?;
            let total = found.len() as u64;
            (found, total)
        }
        None => {
            let filter = TaskFilter { user, guild: q.guild_id, status, ..TaskFilter::default() };
            api.store.tasks(&filter, page, per_page).await?
        }
    };
    let tasks = tasks.into_iter().map(|t| api.show(t)).collect();
    Ok(Json(TaskListResponse { tasks, total, page, per_page }))
}

/// `GET /api/v1/tasks/{id}`
pub async fn get(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
) -> Result<Json<TaskResponse>, Failure> {
    let task = api.task(&caller, id).await?;
    Ok(Json(api.show(task)))
}

/// `DELETE /api/v1/tasks/{id}`
pub async fn delete(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<DeleteTaskQuery>,
) -> Result<StatusCode, Failure> {
    let task = api.task(&caller, id).await?;
    if q.purge {
        api.engine.purge(task.id, caller.actor()).await?;
    } else {
        api.engine.terminate(task.id, caller.actor()).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
