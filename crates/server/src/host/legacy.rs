//! The routes without a session's name, of the time when a host had one session: they mean the oldest, or all.

use axum::{Extension, Json, extract::State, response::Response};
use lia_protocol::{
    ids::{PermissionId, TaskId},
    query::FileQuery,
    sessions::{
        FilePreview, FileSystemSnapshot, OkResponse, RuntimeHostPermissionResponse, RuntimeHostPromptRequest,
        RuntimeHostStartSessionResponse, SessionHostStartRequest, SnapshotQuery,
    },
};
use lia_store::TaskRecord;

use super::{
    routes::Keeper,
    sessions::{OK, all, answer, ask, begin, end, no_question},
};
use crate::api::{
    Api,
    auth::Principal,
    error::{Failure, bad_request},
    extract::{ApiJson, ApiPath, ApiQuery},
    fs::{PREVIEW_BYTES, SNAPSHOT_BYTES, preview_of, snapshot_of},
};

async fn oldest(api: &Api) -> Result<TaskRecord, Failure> {
    all(api).await?.into_iter().next().ok_or_else(|| bad_request("No active session"))
}

/// `POST /start`
pub async fn start(
    State(api): State<Api>,
    caller: Principal,
    Extension(keeper): Extension<Keeper>,
    body: ApiJson<SessionHostStartRequest>,
) -> Result<Json<RuntimeHostStartSessionResponse>, Failure> {
    begin(&api, caller, &keeper, TaskId::new(), body.value).await
}

/// `POST /prompt`
pub async fn prompt(
    State(api): State<Api>,
    caller: Principal,
    body: ApiJson<RuntimeHostPromptRequest>,
) -> Result<Response, Failure> {
    let task = oldest(&api).await?;
    ask(&api, caller, task, body.value.text).await
}

/// `POST /permissions/{requestId}`
pub async fn permission(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(request): ApiPath<String>,
    body: ApiJson<RuntimeHostPermissionResponse>,
) -> Result<Json<OkResponse>, Failure> {
    let Ok(id) = request.parse::<PermissionId>() else { return Err(no_question(&request)) };
    let asked = api.store.permission(id).await?.ok_or_else(|| no_question(&request))?;
    let task = api.store.task_of_session(asked.session).await?.ok_or_else(|| no_question(&request))?;
    answer(&api, &caller, task.id, &request, body.value).await
}

/// `POST /terminate`
pub async fn terminate(State(api): State<Api>, caller: Principal) -> Result<Json<OkResponse>, Failure> {
    for task in all(&api).await? {
        end(&api, &caller, task.id).await?;
    }
    Ok(OK)
}

/// `GET /files`
pub async fn files(
    State(api): State<Api>,
    ApiQuery(q): ApiQuery<FileQuery>,
) -> Result<Json<FilePreview>, Failure> {
    preview_of(&api, &oldest(&api).await?, &q.path, PREVIEW_BYTES).await.map(Json)
}

/// `GET /fs/snapshot`
pub async fn snapshot(
    State(api): State<Api>,
    ApiQuery(q): ApiQuery<SnapshotQuery>,
) -> Result<Json<FileSystemSnapshot>, Failure> {
    snapshot_of(&api, &oldest(&api).await?, &q.path, q.show_all_files, SNAPSHOT_BYTES).await.map(Json)
}
