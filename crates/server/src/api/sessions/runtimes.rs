//! `/api/runtimes`: runtimes and their named instances.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use lia_protocol::{
    sessions::{OkResponse, RuntimeInfo, RuntimeInstance, StartRuntimeBody},
    wire::tag::True,
};

use super::super::{
    Api,
    auth::Principal,
    error::Failure,
    extract::{ApiJson, ApiPath},
};

const OK: Json<OkResponse> = Json(OkResponse { ok: True });

/// `GET /api/runtimes`
pub async fn list(
    State(api): State<Api>,
    caller: Principal,
    headers: HeaderMap,
) -> Result<Json<Vec<RuntimeInfo>>, Failure> {
    Ok(Json(api.engine.named_instances(&caller.user, &api.websocket_base(&headers)).await?))
}

/// `POST /api/runtimes/{instanceName}/start`, where the path has the runtime's name.
pub async fn start(
    State(api): State<Api>,
    caller: Principal,
    headers: HeaderMap,
    ApiPath(runtime): ApiPath<String>,
    body: Option<ApiJson<StartRuntimeBody>>,
) -> Result<(StatusCode, Json<RuntimeInstance>), Failure> {
    let base = api.websocket_base(&headers);
    let name = body.and_then(|b| b.value.name);
    let made = api.engine.start_instance(&runtime, name, &caller.user, &base).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// `POST /api/runtimes/{instanceName}/stop`
pub async fn stop(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(name): ApiPath<String>,
) -> Result<Json<OkResponse>, Failure> {
    api.engine.stop_instance(&name, &caller.user).await?;
    Ok(OK)
}

/// `POST /api/runtimes/{instanceName}/pause`
pub async fn pause(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(name): ApiPath<String>,
) -> Result<Json<OkResponse>, Failure> {
    api.engine.pause_instance(&name, &caller.user).await?;
    Ok(OK)
}

/// `POST /api/runtimes/{instanceName}/resume`
pub async fn resume(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(name): ApiPath<String>,
) -> Result<Json<OkResponse>, Failure> {
    api.engine.resume_instance(&name, &caller.user).await?;
    Ok(OK)
}

/// `DELETE /api/runtimes/{instanceName}`
pub async fn remove(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(name): ApiPath<String>,
) -> Result<Json<OkResponse>, Failure> {
    api.engine.remove_instance(&name, &caller.user).await?;
    Ok(OK)
}
