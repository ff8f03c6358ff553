//! `/api/agents/{agentId}/terminals` and `/api/runtimes/{instanceName}/terminals`: a person's terminals. An
//! instance's are those of its first session that has not ended.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use lia_protocol::{
    api::ResizeRequest,
    event::OutputChunk,
    ids::TaskId,
    query::TerminalQuery,
    sessions::{
        CreateTerminalBody, OkResponse, TerminalInfo, TerminalInputBody, TerminalOutput, TerminalsResponse,
    },
    terminal::{HostTerminal, TerminalId, TerminalStart},
    wire::tag::True,
};
use tokio::time::timeout;

use super::super::{
    Api,
    auth::Principal,
    channels::terminals::{PATIENCE, TerminalAct, act},
    error::{Failure, bad_request, not_found},
    extract::{ApiJson, ApiPath, ApiQuery},
};
use crate::{
    engine::{EngineError, terminals::TerminalPart},
    views::channels::pty::Pty,
};

const OK: Json<OkResponse> = Json(OkResponse { ok: True });

/// A terminal of a session of the caller's; one of another session is not there.
fn named(task: TaskId, id: &str) -> Result<TerminalId, Failure> {
    let found = id.parse::<TerminalId>().ok().filter(|id| id.task == task);
    found.ok_or_else(|| {
        let id: String = id.chars().take(80).collect();
        not_found(format_args!("terminal {id:?}"))
    })
}

/// A terminal of the sandbox's, as it is shown.
pub(crate) fn info(t: HostTerminal) -> TerminalInfo {
    TerminalInfo { terminal_id: t.terminal.to_string(), command: t.command, exit_code: t.exit_code }
}

async fn all(api: &Api, task: TaskId) -> Result<Json<TerminalsResponse>, Failure> {
    let terminals = api.engine.terminals(task).await?.into_iter().map(info).collect();
    Ok(Json(TerminalsResponse { terminals }))
}

async fn open(
    api: &Api,
    caller: &Principal,
    task: TaskId,
    body: Option<ApiJson<CreateTerminalBody>>,
) -> Result<(StatusCode, HeaderMap, Json<TerminalInfo>), Failure> {
    let CreateTerminalBody { command, args, cols, rows } = body.map(|b| b.value).unwrap_or_default();
    let start = TerminalStart::new(command, args, cols, rows).map_err(bad_request)?;
    let Some((id, command)) = act(api, caller, task, TerminalAct::Open(start)).await? else {
        return Err(EngineError::Instance("no terminal was opened".to_owned()).into());
    };
    let mut headers = HeaderMap::new();
    if let Ok(place) = HeaderValue::from_str(&format!("/api/agents/{task}/terminals/{id}")) {
        headers.insert(header::LOCATION, place);
    }
    let made = TerminalInfo { terminal_id: id.to_string(), command, exit_code: None };
    Ok((StatusCode::CREATED, headers, Json(made)))
}

/// What is kept of a terminal from an offset on.
pub(crate) async fn output(api: &Api, id: TerminalId, offset: u64) -> Result<Json<TerminalOutput>, Failure> {
    let mut reader = api.engine.terminal_read(id, offset).await?;
    let mut out = TerminalOutput {
        terminal_id: id.to_string(),
        output: String::new(),
        truncated: false,
        offset,
        next_offset: offset,
        exit_code: None,
    };
    let (mut pty, mut first) = (Pty::default(), true);
    let read = async {
        while let Some(part) = reader.next().await? {
            match part {
                TerminalPart::Output(pos, data) => {
                    if std::mem::take(&mut first) {
                        out.offset = pos;
                    }
                    out.output.push_str(&pty.take(&OutputChunk { pos, data }));
                    out.next_offset = pty.given();
                }
                TerminalPart::Dropped(..) => out.truncated = true,
                TerminalPart::Live(false) => break,
                TerminalPart::Live(true) => {}
                TerminalPart::Exit(code) => {
                    out.output.push_str(&pty.rest());
                    out.next_offset = out.next_offset.max(pty.given());
                    out.exit_code = Some(code);
                    break;
                }
            }
        }
        Ok::<_, EngineError>(())
    };
    timeout(PATIENCE, read)
        .await
        .unwrap_or_else(|_| Err(EngineError::Instance("it does not answer".to_owned())))?;
    Ok(Json(out))
}

/// `GET /api/agents/{agentId}/terminals`
pub async fn list(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(agent): ApiPath<String>,
) -> Result<Json<TerminalsResponse>, Failure> {
    let task = api.session(&caller, &agent).await?;
    all(&api, task.id).await
}

/// `POST /api/agents/{agentId}/terminals`
pub async fn create(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(agent): ApiPath<String>,
    body: Option<ApiJson<CreateTerminalBody>>,
) -> Result<(StatusCode, HeaderMap, Json<TerminalInfo>), Failure> {
    let task = api.session(&caller, &agent).await?;
    open(&api, &caller, task.id, body).await
}

/// `GET /api/agents/{agentId}/terminals/{terminalId}`
pub async fn read(
    State(api): State<Api>,
    caller: Principal,
    ApiPath((agent, terminal)): ApiPath<(String, String)>,
    ApiQuery(q): ApiQuery<TerminalQuery>,
) -> Result<Json<TerminalOutput>, Failure> {
    let task = api.session(&caller, &agent).await?;
    output(&api, named(task.id, &terminal)?, q.offset).await
}

/// `POST /api/agents/{agentId}/terminals/{terminalId}/input`
pub async fn input(
    State(api): State<Api>,
    caller: Principal,
    ApiPath((agent, terminal)): ApiPath<(String, String)>,
    body: ApiJson<TerminalInputBody>,
) -> Result<Json<OkResponse>, Failure> {
    let task = api.session(&caller, &agent).await?;
    let typed = TerminalAct::Input(named(task.id, &terminal)?, body.value.data);
    act(&api, &caller, task.id, typed).await?;
    Ok(OK)
}

/// `POST /api/agents/{agentId}/terminals/{terminalId}/resize`
pub async fn resize(
    State(api): State<Api>,
    caller: Principal,
    ApiPath((agent, terminal)): ApiPath<(String, String)>,
    body: ApiJson<ResizeRequest>,
) -> Result<Json<OkResponse>, Failure> {
    let task = api.session(&caller, &agent).await?;
    let size = TerminalAct::Resize(named(task.id, &terminal)?, body.value.cols, body.value.rows);
    act(&api, &caller, task.id, size).await?;
    Ok(OK)
}

/// `DELETE /api/agents/{agentId}/terminals/{terminalId}`
pub async fn kill(
    State(api): State<Api>,
    caller: Principal,
    ApiPath((agent, terminal)): ApiPath<(String, String)>,
) -> Result<Json<OkResponse>, Failure> {
    let task = api.session(&caller, &agent).await?;
    act(&api, &caller, task.id, TerminalAct::Kill(named(task.id, &terminal)?)).await?;
    Ok(OK)
}

/// `GET /api/runtimes/{instanceName}/terminals`
pub async fn list_of_instance(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(name): ApiPath<String>,
) -> Result<Json<TerminalsResponse>, Failure> {
    let task = api.engine.first_session(&name, &caller.user).await?;
    all(&api, task).await
}

/// `POST /api/runtimes/{instanceName}/terminals`
pub async fn create_in_instance(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(name): ApiPath<String>,
    body: Option<ApiJson<CreateTerminalBody>>,
) -> Result<(StatusCode, HeaderMap, Json<TerminalInfo>), Failure> {
    let task = api.engine.first_session(&name, &caller.user).await?;
    open(&api, &caller, task, body).await
}

/// `GET /api/runtimes/{instanceName}/terminals/{terminalId}`
pub async fn read_of_instance(
    State(api): State<Api>,
    caller: Principal,
    ApiPath((name, terminal)): ApiPath<(String, String)>,
    ApiQuery(q): ApiQuery<TerminalQuery>,
) -> Result<Json<TerminalOutput>, Failure> {
    let task = api.engine.first_session(&name, &caller.user).await?;
    output(&api, named(task, &terminal)?, q.offset).await
}
