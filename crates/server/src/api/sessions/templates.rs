//! `/api/agent-templates`: how agents are started. Values of variables are taken and never shown.

use axum::{Json, extract::State, http::StatusCode};
use lia_protocol::{
    sessions::{AgentTemplate, OkResponse, RegisterAgentTemplateBody, UpdateAgentTemplateBody},
    wire::tag::True,
};

use super::super::{
    Api,
    error::Failure,
    extract::{ApiJson, ApiPath},
};

/// `GET /api/agent-templates`
pub async fn list(State(api): State<Api>) -> Result<Json<Vec<AgentTemplate>>, Failure> {
    Ok(Json(api.engine.agent_templates().await?))
}

/// `POST /api/agent-templates`
pub async fn register(
    State(api): State<Api>,
    body: ApiJson<RegisterAgentTemplateBody>,
) -> Result<(StatusCode, Json<AgentTemplate>), Failure> {
    Ok((StatusCode::CREATED, Json(api.engine.register_template(body.value).await?)))
}

/// `PUT /api/agent-templates/{id}`
pub async fn update(
    State(api): State<Api>,
    ApiPath(id): ApiPath<String>,
    body: ApiJson<UpdateAgentTemplateBody>,
) -> Result<Json<AgentTemplate>, Failure> {
    Ok(Json(api.engine.update_template(&id, body.value).await?))
}

/// `DELETE /api/agent-templates/{id}`
pub async fn remove(
    State(api): State<Api>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<OkResponse>, Failure> {
    api.engine.remove_template(&id).await?;
    Ok(Json(OkResponse { ok: True }))
}
