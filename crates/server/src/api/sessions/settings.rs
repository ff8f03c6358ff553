//! Permissions, what is decided about sessions, and health.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use lia_protocol::{
    ids::PermissionId,
    sessions::{OkResponse, PermissionResponseBody, SessionProgress, SessionSettings, SessionsHealth},
    wire::tag::True,
};
use lia_store::TaskFilter;

use super::super::{
    Api,
    auth::Principal,
    control::give_answer,
    error::{Failure, not_found},
    extract::{ApiJson, ApiPath},
};

/// `POST /api/agents/{agentId}/permissions/{requestId}`
pub async fn answer(
    State(api): State<Api>,
    caller: Principal,
    ApiPath((id, request)): ApiPath<(String, String)>,
    body: ApiJson<PermissionResponseBody>,
) -> Result<Json<OkResponse>, Failure> {
    let task = api.session(&caller, &id).await?;
    let permission: PermissionId = request.parse().map_err(|_| {
        let request: String = request.chars().take(80).collect();
        not_found(format_args!("permission {request:?}"))
    })?;
    let option = match body.value {
        PermissionResponseBody::Option { option_id } => Some(option_id),
        PermissionResponseBody::Cancelled { .. } => None,
    };
    give_answer(&api, &caller, task.id, permission, option).await?;
    Ok(Json(OkResponse { ok: True }))
}

/// `GET /api/agents/{agentId}/status`
pub async fn status(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<SessionProgress>, Failure> {
    let task = api.session(&caller, &id).await?;
    Ok(Json(SessionProgress { processing: task.busy, pending_permission: task.pending_permissions > 0 }))
}

/// `GET /api/agents/{agentId}/settings`
pub async fn of_session(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<SessionSettings>, Failure> {
    let task = api.session(&caller, &id).await?;
    Ok(Json(SessionSettings { auto_approve_permissions: api.engine.auto_approves(&task) }))
}

/// `PATCH /api/agents/{agentId}/settings`
pub async fn change_session(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<String>,
    body: ApiJson<SessionSettings>,
) -> Result<Json<SessionSettings>, Failure> {
    let task = api.session(&caller, &id).await?;
    let on = body.value.auto_approve_permissions;
    api.engine.set_session_auto_approve(task.id, on, caller.actor()).await?;
    Ok(Json(body.value))
}

/// `GET /api/settings`
pub async fn of_all(State(api): State<Api>) -> Json<SessionSettings> {
    Json(SessionSettings { auto_approve_permissions: api.engine.auto_approve() })
}

/// `PATCH /api/settings`
pub async fn change_all(
    State(api): State<Api>,
    body: ApiJson<SessionSettings>,
) -> Result<Json<SessionSettings>, Failure> {
    api.engine.set_auto_approve(body.value.auto_approve_permissions).await?;
    Ok(Json(body.value))
}

/// `GET /api/health`
pub async fn health(State(api): State<Api>, caller: Principal) -> Response {
    let filter = TaskFilter { user: (!caller.is_admin()).then_some(caller.user), ..TaskFilter::default() };
    let (status, body) = match api.store.tasks(&filter, 1, 1).await {
        Ok((_, total)) => {
            let sessions = Some(u32::try_from(total).unwrap_or(u32::MAX));
            (StatusCode::OK, SessionsHealth { status: "ok".into(), sessions, error: None })
        }
        Err(e) => {
            tracing::error!(error = %e, "the store does not answer");
            let error = Some("the store does not answer".into());
            (
                StatusCode::SERVICE_UNAVAILABLE,
                SessionsHealth { status: "degraded".into(), sessions: None, error },
            )
        }
    };
    (status, Json(body)).into_response()
}
