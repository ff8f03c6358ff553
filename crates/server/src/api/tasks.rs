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
    ids::{TaskId, UserId},
    limits,
    task::{CreateTaskRequest, TaskListResponse, TaskResponse, TaskStatus},
};
use lia_store::{TaskFilter, TaskRecord};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{
    Api,
    auth::Principal,
    error::{Failure, invalid},
    extract::{ApiJson, ApiPath, ApiQuery},
};
use crate::engine::NewTask;

/// Tasks of a page, when the request does not say.
const PER_PAGE: u32 = 20;
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

/// The query of [`list`].
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    user_id: Option<UserId>,
    guild_id: Option<String>,
    status: Option<String>,
    page: Option<u32>,
    per_page: Option<u32>,
    prefix: Option<String>,
}

/// `GET /api/v1/tasks`
pub async fn list(
    State(api): State<Api>,
    caller: Principal,
    ApiQuery(q): ApiQuery<ListQuery>,
) -> Result<Json<TaskListResponse>, Failure> {
    let page = q.page.unwrap_or(1);
    let per_page = q.per_page.unwrap_or(PER_PAGE);
    if page == 0 {
        return Err(invalid("page", "is 0; pages begin at 1"));
    }
    if !limits::PER_PAGE.contains(&per_page) {
        let (min, max) = (limits::PER_PAGE.start(), limits::PER_PAGE.end());
        return Err(invalid("per_page", format!("is {per_page}; allowed are {min} to {max}")));
    }
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
    let status = q.status.as_deref().map(statuses).transpose()?.unwrap_or_default();
    let (tasks, total) = match q.prefix {
        Some(prefix) => {
            let hex = prefix.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
            if !hex || !(1..=36).contains(&prefix.len()) {
                return Err(invalid(
                    "prefix",
                    "is the beginning of a task's id: 1 to 36 hex digits and dashes",
                ));
            }
            let found =
                api.store.tasks_by_prefix(&prefix.to_ascii_lowercase(), user.as_ref(), PREFIX_TASKS).await?;
            let total = found.len() as u64;
            (found, total)
        }
        None => {
            let filter = TaskFilter { user, guild: q.guild_id, status };
            api.store.tasks(&filter, page, per_page).await?
        }
    };
    let tasks = tasks.into_iter().map(|t| api.show(t)).collect();
    Ok(Json(TaskListResponse { tasks, total, page, per_page }))
}

/// One status, or several with commas.
fn statuses(text: &str) -> Result<Vec<TaskStatus>, Failure> {
    let one = |word: &str| {
        TaskStatus::ALL.into_iter().find(|s| s.as_str() == word).ok_or_else(|| {
            let all = TaskStatus::ALL.map(TaskStatus::as_str).join(", ");
            invalid("status", format!("{word:?} is none of {all}"))
        })
    };
    text.split(',').map(one).collect()
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

/// The query of [`delete`].
#[derive(Debug, Deserialize)]
pub struct DeleteQuery {
    #[serde(default)]
    purge: bool,
}

/// `DELETE /api/v1/tasks/{id}`
pub async fn delete(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<DeleteQuery>,
) -> Result<StatusCode, Failure> {
    let task = api.task(&caller, id).await?;
    if q.purge {
        api.engine.purge(task.id, caller.actor()).await?;
    } else {
        api.engine.terminate(task.id, caller.actor()).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
