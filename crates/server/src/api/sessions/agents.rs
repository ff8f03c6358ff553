//! `/api/agents`: starting, listing, showing and ending sessions.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use lia_protocol::{
    error::ErrorCode,
    ids::TaskId,
    query::{ListSessionsQuery, SessionQuery},
    sessions::{CreateSessionBody, OkResponse, Session, SessionStatus},
    task::TaskStatus,
    wire::tag::True,
};
use lia_store::{TaskFilter, TaskOrder};
use tokio::time::timeout;

use super::super::{
    Api,
    auth::Principal,
    error::{Failure, invalid},
    extract::{ApiJson, ApiPath, ApiQuery},
    fs,
};
use super::show;
use crate::engine::{NewSession, SessionAgent};

/// Sessions of a list that asks for no page.
const UNPAGED: u32 = 1_000;
/// How long a session's files may take, when they are asked for with it.
const FILES: Duration = Duration::from_secs(10);
/// How many sessions there are in all, beyond the page.
static TOTAL: HeaderName = HeaderName::from_static("lia-total");

const OPEN: [TaskStatus; 4] =
    [TaskStatus::Pending, TaskStatus::Starting, TaskStatus::Running, TaskStatus::Suspended];

/// `POST /api/agents`. Answers when the agent is there. A client that goes away meanwhile leaves the session as it is.
pub async fn create(
    State(api): State<Api>,
    caller: Principal,
    headers: HeaderMap,
    body: ApiJson<CreateSessionBody>,
) -> Result<Response, Failure> {
    let body = body.value;
    let agent = match (body.agent_template_id, body.spawn) {
        (Some(id), None) => SessionAgent::Template(id),
        (None, Some(spawn)) => SessionAgent::Spawn(spawn, body.name),
        (Some(_), Some(_)) | (None, None) => {
            return Err(invalid("spawn", "is given, or agentTemplateId, and not both"));
        }
    };
    let id = match body.session_id {
        None => None,
        Some(id) => Some(id.as_str().parse::<TaskId>().map_err(|e| invalid("sessionId", e.to_string()))?),
    };
    if let Some(name) = &body.runtime_instance {
        lia_protocol::names::slug(name, &()).map_err(|e| invalid("runtimeInstance", e.to_string()))?;
    }
    let new = NewSession {
        id,
        user: caller.user,
        agent,
        cwd: body.cwd,
        title: body.title,
        setup: body.setup,
        env: body.env.unwrap_or_default().0,
        instance_name: body.runtime_instance,
        webhooks: body.webhooks.unwrap_or_default(),
        callback_url: None,
        allow: Vec::new(),
    };
    let task = api.engine.create_session(new).await?;
    let location = format!("/api/agents/{}", task.id);
    let task = api.engine.ready(task.id).await?;
    let shown = api.whole_session(task, &api.websocket_base(&headers)).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(shown)).into_response())
}

/// `GET /api/agents`
pub async fn list(
    State(api): State<Api>,
    caller: Principal,
    headers: HeaderMap,
    ApiQuery(q): ApiQuery<ListSessionsQuery>,
) -> Result<Response, Failure> {
    let filter = TaskFilter {
        user: (!caller.is_admin()).then(|| caller.user.clone()),
        guild: None,
        status: match q.status {
            None => Vec::new(),
            Some(SessionStatus::Active) => OPEN.to_vec(),
            Some(SessionStatus::Killed) => vec![TaskStatus::Terminated],
        },
        instance_name: q.runtime_instance,
        order: TaskOrder::LastChanged,
    };
    let per_page = q.per_page.unwrap_or(if q.page.is_some() { 20 } else { UNPAGED });
    let (tasks, total) = api.store.tasks(&filter, q.page.unwrap_or(1), per_page).await?;
    let base = api.websocket_base(&headers);
    let mut sessions = Vec::with_capacity(tasks.len());
    for t in tasks {
        let asked = match t.pending_permissions {
            0 => Vec::new(),
            _ => api.store.open_permissions(t.session).await?,
        };
        sessions.push(show::session(&t, &asked, &base));
    }
    Ok(([(TOTAL.clone(), total.to_string())], Json(sessions)).into_response())
}

/// `GET /api/agents/{agentId}`
pub async fn get(
    State(api): State<Api>,
    caller: Principal,
    headers: HeaderMap,
    ApiPath(id): ApiPath<String>,
    ApiQuery(q): ApiQuery<SessionQuery>,
) -> Result<Json<Session>, Failure> {
    let task = api.session(&caller, &id).await?;
    let base = api.websocket_base(&headers);
    let (shown, file_system) = if q.include_file_system {
        let files = timeout(FILES, fs::snapshot_of(&api, &task, "", q.show_all_files, fs::SNAPSHOT_BYTES));
        let (shown, files) = tokio::join!(api.whole_session(task.clone(), &base), files);
        // What cannot be read now is no failure of the answer.
        (shown, files.ok().and_then(Result::ok))
    } else {
        (api.whole_session(task, &base).await, None)
    };
    Ok(Json(Session { file_system, ..shown? }))
}

/// `DELETE /api/agents/{agentId}`
pub async fn delete(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<OkResponse>, Failure> {
    let task = api.session(&caller, &id).await?;
    if task.status == TaskStatus::Terminated {
        return Err(Failure::new(ErrorCode::InvalidState, "Cannot terminate an already-killed session"));
    }
    api.engine.end(task.id, caller.actor()).await?;
    Ok(Json(OkResponse { ok: True }))
}
