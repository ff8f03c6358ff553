//! `/sessions/{sessionId}/…`, `/health` and `/terminals`.

use axum::{Extension, Json, extract::State, response::Response};
use lia_protocol::{
    error::{ErrorCode, Issue},
    ids::{PermissionId, TaskId},
    limits,
    names::check_env,
    query::TerminalQuery,
    sessions::{
        AgentSpawn, HostStatus, OkResponse, RuntimeHostHealthResponse, RuntimeHostPermissionResponse,
        RuntimeHostPromptRequest, RuntimeHostSessionStatus, RuntimeHostStartSessionResponse,
        SessionHostStartRequest, TerminalOutput, TerminalsResponse,
    },
    task::TaskStatus,
    terminal::TerminalId,
    wire::tag::{Tag, True},
};
use lia_store::TaskRecord;

use super::{routes::Keeper, tell};
use crate::{
    api::{
        Api,
        auth::Principal,
        control::{check_input, give_answer},
        error::{Failure, bad_request, invalid, issues, not_found},
        extract::{ApiJson, ApiPath, ApiQuery},
        sessions::{
            prompts::answered,
            terminals::{info, output},
        },
    },
    engine::{Engine, EngineError, NewSession, SessionAgent, sessions::WORKSPACE},
};

pub(super) const OK: Json<OkResponse> = Json(OkResponse { ok: True });

fn shown(id: &str) -> String {
    id.chars().take(80).collect()
}

/// The seed's words for a session that is not there.
fn no_session(id: &str) -> String {
    format!("Session \"{}\" not found", shown(id))
}

/// A session that is there and not over.
pub(super) async fn live(api: &Api, id: &str) -> Result<Option<TaskRecord>, Failure> {
    let Ok(id) = id.parse::<TaskId>() else { return Ok(None) };
    Ok(api.store.task(id).await?.filter(|t| t.status != TaskStatus::Terminated))
}

async fn must_live(api: &Api, id: &str) -> Result<TaskRecord, Failure> {
    live(api, id).await?.ok_or_else(|| Failure::new(ErrorCode::NotFound, no_session(id)))
}

fn status(t: &TaskRecord) -> RuntimeHostSessionStatus {
    let status = if t.busy { HostStatus::Running } else { HostStatus::Idle };
    RuntimeHostSessionStatus { session_id: t.id.to_string(), status }
}

/// All that live, the oldest first.
pub(super) async fn all(api: &Api) -> Result<Vec<TaskRecord>, Failure> {
    let mut ids = api.engine.sessions_of(&super::user());
    ids.sort();
    let mut out = Vec::with_capacity(ids.len());
    for id in ids {
        out.extend(api.store.task(id).await?.filter(|t| t.status != TaskStatus::Terminated));
    }
    Ok(out)
}

/// `GET /health`
pub async fn health(State(api): State<Api>) -> Result<Json<RuntimeHostHealthResponse>, Failure> {
    let sessions = all(&api).await?.iter().map(status).collect();
    Ok(Json(RuntimeHostHealthResponse { status: Tag::new(), sessions }))
}

/// `GET /sessions/{sessionId}/health`
pub async fn health_of(
    State(api): State<Api>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<RuntimeHostSessionStatus>, Failure> {
    Ok(Json(status(&must_live(&api, &id).await?)))
}

/// `POST /sessions/{sessionId}/start`
pub async fn start(
    State(api): State<Api>,
    caller: Principal,
    Extension(keeper): Extension<Keeper>,
    ApiPath(id): ApiPath<String>,
    body: ApiJson<SessionHostStartRequest>,
) -> Result<Json<RuntimeHostStartSessionResponse>, Failure> {
    let body = body.value;
    let task = id.parse::<TaskId>().map_err(|_| invalid("sessionId", "is a UUID"))?;
    if body.session_id.as_ref().is_some_and(|said| *said != id) {
        return Err(invalid("sessionId", "is another one than the path's"));
    }
    begin(&api, caller, &keeper, task, body).await
}

/// Starts a session and answers when its agent is there.
pub(super) async fn begin(
    api: &Api,
    caller: Principal,
    keeper: &Keeper,
    id: TaskId,
    body: SessionHostStartRequest,
) -> Result<Json<RuntimeHostStartSessionResponse>, Failure> {
    check(id, &body)?;
    if let Some(known) = api.store.task(id).await? {
        if known.status != TaskStatus::Terminated {
            return Err(EngineError::InvalidState("Session already exists".into()).into());
        }
        // A host forgets what is over: its name is free again.
        api.engine.purge(id, caller.actor()).await?;
    }
    let spawn = AgentSpawn { command: body.command, args: body.args };
    let new = NewSession {
        id: Some(id),
        user: caller.user,
        agent: SessionAgent::Spawn(spawn, None),
        cwd: Some(folder(&body.workspace)),
        title: None,
        setup: body.setup,
        env: body.env.unwrap_or_default(),
        instance_name: None,
        webhooks: Vec::new(),
        callback_url: body.callback_url.filter(|url| !url.is_empty()),
        allow: keeper.allow(),
    };
    api.engine.create_session(new).await?;
    let started = api.engine.ready(id).await?;
    let acp_session_id = Engine::acp_session(&started).unwrap_or_default();
    Ok(Json(RuntimeHostStartSessionResponse { acp_session_id, session_id: id.to_string() }))
}

fn check(id: TaskId, body: &SessionHostStartRequest) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    let mut issue = |path: String, message: String| wrong.push(Issue { path, message });
    if body.command.is_empty() {
        issue("command".into(), "is empty".into());
    }
    if body.setup.as_ref().is_some_and(|s| s.encode_utf16().count() > limits::SETUP_UTF16) {
        issue("setup".into(), format!("has at most {} characters", limits::SETUP_UTF16));
    }
    let env = body.env.iter().flatten();
    if env.clone().count() > limits::ENV_VARS {
        issue("env".into(), format!("has at most {} variables", limits::ENV_VARS));
    }
    for (name, value) in env {
        if let Err(why) = check_env(name, value) {
            issue(format!("env.{}", shown(name)), why.to_string());
        }
    }
    if let Some(url) = body.callback_url.as_ref().filter(|url| !url.is_empty())
        && let Err(why) = tell::target(url, id)
    {
        issue("callbackUrl".into(), why);
    }
    if wrong.is_empty() { Ok(()) } else { Err(issues(&wrong)) }
}

/// Where an agent runs. A control plane names a folder of some machine of its own, as likely as not: what is no place in
/// the sandbox's workspace is the workspace, as it is with the seed's containers.
fn folder(workspace: &str) -> String {
    let inside =
        workspace.strip_prefix(WORKSPACE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let relative = !workspace.starts_with('/') && !workspace.is_empty();
    if inside || relative { workspace.to_owned() } else { WORKSPACE.to_owned() }
}

/// `POST /sessions/{sessionId}/prompt`
pub async fn prompt(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<String>,
    body: ApiJson<RuntimeHostPromptRequest>,
) -> Result<Response, Failure> {
    let task = live(&api, &id).await?.ok_or_else(|| bad_request(no_session(&id)))?;
    ask(&api, caller, task, body.value.text).await
}

/// Prompts, and waits for the turn's end.
pub(super) async fn ask(
    api: &Api,
    caller: Principal,
    task: TaskRecord,
    text: String,
) -> Result<Response, Failure> {
    if text.is_empty() {
        return Err(invalid("text", "is missing: Missing 'text' field"));
    }
    check_input(&text)?;
    // Detached, so that a client that goes away in between cannot take a prompt back half.
    let engine = api.engine.clone();
    let accepting = tokio::spawn(async move { engine.prompt_alone(task.id, caller.actor(), text).await });
    answered(api, accepting).await
}

/// `POST /sessions/{sessionId}/permissions/{requestId}`
pub async fn permission(
    State(api): State<Api>,
    caller: Principal,
    ApiPath((id, request)): ApiPath<(String, String)>,
    body: ApiJson<RuntimeHostPermissionResponse>,
) -> Result<Json<OkResponse>, Failure> {
    let Some(task) = live(&api, &id).await? else { return Err(no_question(&request)) };
    answer(&api, &caller, task.id, &request, body.value).await
}

pub(super) fn no_question(request: &str) -> Failure {
    not_found(format_args!("permission {:?}: it was not found or already resolved", shown(request)))
}

/// Answers a question of a session.
pub(super) async fn answer(
    api: &Api,
    caller: &Principal,
    task: TaskId,
    request: &str,
    body: RuntimeHostPermissionResponse,
) -> Result<Json<OkResponse>, Failure> {
    let option = match (body.option_id, body.outcome) {
        (Some(option), None) => Some(option),
        (None, Some(_)) => None,
        (None, None) => return Err(bad_request("Missing optionId or outcome field")),
        (Some(_), Some(_)) => return Err(bad_request("optionId or outcome is given, and not both")),
    };
    let Ok(id) = request.parse::<PermissionId>() else { return Err(no_question(request)) };
    match give_answer(api, caller, task, id, option).await {
        Ok(_) => Ok(OK),
        Err(f) if matches!(f.code(), ErrorCode::InvalidState | ErrorCode::NotFound) => {
            Err(no_question(request))
        }
        Err(f) => Err(f),
    }
}

/// `POST /sessions/{sessionId}/terminate`
pub async fn terminate(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<OkResponse>, Failure> {
    if let Some(task) = live(&api, &id).await? {
        end(&api, &caller, task.id).await?;
    }
    Ok(OK)
}

/// Ends a session; one that has ended meanwhile is fine.
pub(super) async fn end(api: &Api, caller: &Principal, task: TaskId) -> Result<(), Failure> {
    match api.engine.end(task, caller.actor()).await {
        Ok(()) | Err(EngineError::InvalidState(_)) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

/// `GET /sessions/{sessionId}/terminals`
pub async fn terminals_of(
    State(api): State<Api>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<TerminalsResponse>, Failure> {
    let task = must_live(&api, &id).await?;
    let terminals = api.engine.terminals(task.id).await?.into_iter().map(info).collect();
    Ok(Json(TerminalsResponse { terminals }))
}

/// `GET /terminals`: those of sessions that run.
pub async fn terminals(State(api): State<Api>) -> Result<Json<TerminalsResponse>, Failure> {
    let mut terminals = Vec::new();
    for task in all(&api).await?.into_iter().filter(|t| t.status == TaskStatus::Running) {
        match api.engine.terminals(task.id).await {
            Ok(found) => terminals.extend(found.into_iter().map(info)),
            // It has ended, or is suspended, since.
            Err(EngineError::InvalidState(_)) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(Json(TerminalsResponse { terminals }))
}

fn no_terminal(id: &str) -> Failure {
    not_found(format_args!("terminal {:?}", shown(id)))
}

/// `GET /sessions/{sessionId}/terminals/{terminalId}`
pub async fn terminal_of(
    State(api): State<Api>,
    ApiPath((session, id)): ApiPath<(String, String)>,
    ApiQuery(q): ApiQuery<TerminalQuery>,
) -> Result<Json<TerminalOutput>, Failure> {
    let task = must_live(&api, &session).await?;
    let found = id.parse::<TerminalId>().ok().filter(|id| id.task == task.id);
    output(&api, found.ok_or_else(|| no_terminal(&id))?, q.offset).await
}

/// `GET /terminals/{terminalId}`: its name says of which session it is.
pub async fn terminal(
    State(api): State<Api>,
    ApiPath(id): ApiPath<String>,
    ApiQuery(q): ApiQuery<TerminalQuery>,
) -> Result<Json<TerminalOutput>, Failure> {
    let found = id.parse::<TerminalId>().map_err(|_| no_terminal(&id))?;
    if live(&api, &found.task.to_string()).await?.is_none() {
        return Err(no_terminal(&id));
    }
    output(&api, found, q.offset).await
}

#[cfg(test)]
mod tests {
    use super::folder;

    #[test]
    fn a_folder_is_one_of_the_workspace() {
        for (asked, got) in [
            ("", "/workspace"),
            ("/home/ann/project", "/workspace"),
            ("/workspaces/x", "/workspace"),
            ("/workspace", "/workspace"),
            ("/workspace/a", "/workspace/a"),
            ("a/b", "a/b"),
        ] {
            assert_eq!(folder(asked), got, "{asked}");
        }
    }
}
