//! The client's side of the protocol as a state machine without I/O of its own: lines and orders go in; journal lines,
//! bytes for the agent and actions come out.
//!
//! ```text
//! initialize ─▶ [authenticate] ─▶ session/load or session/new ─▶ ready ─▶ (prompt ─▶ response)*
//! ```

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    time::Duration,
};

use agent_client_protocol_schema::{
    ProtocolVersion,
    v1::{
        AGENT_METHOD_NAMES as AGENT, AuthenticateRequest, CLIENT_METHOD_NAMES as CLIENT, CancelNotification,
        ClientCapabilities, ContentBlock, ErrorCode, FileSystemCapabilities, Implementation,
        InitializeRequest, InitializeResponse, LoadSessionRequest, NewSessionRequest, NewSessionResponse,
        PromptRequest, RequestPermissionOutcome, RequestPermissionResponse, SelectedPermissionOutcome,
        TextContent,
    },
};
use lia_protocol::{
    event::{AgentExited, AgentReady, Direction, Phase},
    ids::CommandId,
    limits::{ACP_FRAME_BYTES, QUEUED_PROMPTS},
    link::{AgentStart, Order, Outcome, SidecarLine},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    super::{Core, Input, cut},
    files,
    frame::Frame,
    terminals::{self, Terminals},
};

/// Questions that may be open at once.
const MAX_QUESTIONS: usize = 64;
/// Lines that are no frames, of which a sample is journaled; of the others only the number.
const NOISE_SAMPLES: u64 = 3;
/// Characters of such a sample.
const NOISE_CHARS: usize = 200;

/// Bytes of a prompt.
const PROMPT_BYTES: usize = ACP_FRAME_BYTES / 6 - 4_096;
/// Bytes of a refusal's message.
const REFUSAL_BYTES: usize = 1_000;
/// Bytes of an agent's name for its session.
const SESSION_BYTES: usize = 1_000;

/// What the loop has to do for the client.
#[derive(Debug)]
pub(super) enum Action {
    /// A signal to the agent's process group.
    Signal(i32),
    /// End the agent.
    Stop(Option<CommandId>, Duration),
}

/// One of our requests that waits for its response.
#[derive(Debug)]
enum Wait {
    Initialize,
    Authenticate,
    NewSession,
    LoadSession(String),
    Prompt(Option<CommandId>),
}

/// One of the agent's questions.
#[derive(Debug)]
struct Question {
    id: Box<RawValue>,
}

/// A refusal of an agent's request: the JSON-RPC error.
pub(super) type Refusal = (ErrorCode, String);

/// The client of one agent.
pub(super) struct Client<'a> {
    core: &'a Core,
    authenticate: Option<String>,
    load: Option<String>,
    /// Where the agent runs.
    cwd: String,
    /// Bytes that the agent is to read. Written only after the journal's commit.
    pub out: Vec<u8>,
    /// The terminals that the agent asked for.
    pub terminals: Terminals,
    next_id: u64,
    waits: BTreeMap<u64, Wait>,
    said: AgentReady,
    ready: bool,
    /// Between a session/load and its response.
    replaying: bool,
    /// Whether a turn runs, and whether it was cancelled.
    turn: Option<bool>,
    /// Prompts that came before the agent was ready.
    held: VecDeque<(Option<CommandId>, String)>,
    questions: Vec<Question>,
    closing: bool,
    failed: Option<(&'static str, String)>,
    noise: u64,
}

#[derive(Serialize)]
struct Call<'a, P> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    method: &'a str,
    params: P,
}

#[derive(Serialize)]
struct Answer<'a, R> {
    jsonrpc: &'static str,
    id: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<R>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<RpcError>,
}

#[derive(Serialize)]
struct RpcError {
    code: i32,
    message: String,
}

#[derive(Deserialize)]
struct AgentError {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Option<serde_json::Value>,
}

impl<'a> Client<'a> {
    pub fn new(core: &'a Core, start: &AgentStart) -> Self {
        Self {
            core,
            authenticate: start.authenticate.clone(),
            load: start.load.clone(),
            cwd: start.cwd.clone().unwrap_or_else(|| core.instance.config.workspace.clone()),
            out: Vec::new(),
            terminals: Terminals::new(&core.instance, core.instance.env(start.env.clone())),
            next_id: 0,
            waits: BTreeMap::new(),
            said: AgentReady::default(),
            ready: false,
            replaying: false,
            turn: None,
            held: VecDeque::new(),
            questions: Vec::new(),
            closing: false,
            failed: None,
            noise: 0,
        }
    }

    pub fn in_handshake(&self) -> bool {
        !self.ready
    }

    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// The agent cannot be served any longer; the first reason counts.
    pub fn fail(&mut self, code: &'static str, message: String) {
        self.failed.get_or_insert((code, message));
    }

    /// Sends the first request.
    pub fn start(&mut self) {
        let fs = FileSystemCapabilities::new().read_text_file(true).write_text_file(true);
        let params = InitializeRequest::new(ProtocolVersion::V1)
            .client_capabilities(ClientCapabilities::new().fs(fs).terminal(true))
            .client_info(Implementation::new("lia", env!("CARGO_PKG_VERSION")));
        self.call(Wait::Initialize, AGENT.initialize, params);
    }

    // ---- what the control plane sends ----

    pub fn input(&mut self, input: Input) -> io::Result<Option<Action>> {
        Ok(match input {
            Input::Order(id, order) if self.core.accept(id) => return self.order(id, order),
            Input::Stop(grace) => {
                self.close();
                Some(Action::Stop(None, grace))
            }
            Input::Order(..) | Input::Init(_) | Input::Resize(..) => None,
        })
    }

    fn order(&mut self, id: Option<CommandId>, order: Order) -> io::Result<Option<Action>> {
        match order {
            Order::Prompt { text } | Order::Input { data: text } => {
                self.prompt(id, text)?;
                return Ok(None);
            }
            Order::Cancel => {
                self.core.begin(id)?;
                self.cancel();
            }
            Order::Permission { rpc_id, option_id } => {
                self.core.begin(id)?;
                if !self.answer_question(&rpc_id, option_id) {
                    let message = format!("the agent has no open question {rpc_id}");
                    self.core.done(id, Outcome::Failed { message })?;
                    return Ok(None);
                }
            }
            Order::Signal { signal } => {
                self.core.begin(id)?;
                if !(1..=64).contains(&signal) {
                    let message = format!("{signal} is no signal; 1 to 64 are");
                    self.core.done(id, Outcome::Failed { message })?;
                    return Ok(None);
                }
                self.core.done(id, Outcome::Ok { stop_reason: None })?;
                return Ok(Some(Action::Signal(signal)));
            }
            Order::Shutdown { grace_ms } => {
                self.core.begin(id)?;
                self.close();
                return Ok(Some(Action::Stop(id, Duration::from_millis(grace_ms))));
            }
        }
        self.core.done(id, Outcome::Ok { stop_reason: None })?;
        Ok(None)
    }

    /// A prompt: held until the agent is ready, refused while a turn runs.
    pub fn prompt(&mut self, id: Option<CommandId>, text: String) -> io::Result<()> {
        if !self.ready && self.held.len() < QUEUED_PROMPTS {
            self.held.push_back((id, text));
            return Ok(());
        }
        if !self.ready || self.turn.is_some() {
            if id.is_none() {
                self.core.error("busy", "a turn is running; the input was not passed on".to_owned());
            }
            return self.core.done(id, Outcome::Busy);
        }
        // As JSON a byte becomes six at most, and the frame has to stay one that the link carries.
        if text.len() > PROMPT_BYTES {
            let message = format!("the prompt is longer than {PROMPT_BYTES} bytes");
            return self.core.done(id, Outcome::Failed { message });
        }
        self.core.begin(id)?;
        let session = self.said.acp_session.clone().unwrap_or_default();
        let params = PromptRequest::new(session, vec![ContentBlock::Text(TextContent::new(text))]);
        self.turn = Some(false);
        self.call(Wait::Prompt(id), AGENT.session_prompt, params);
        Ok(())
    }

    fn cancel(&mut self) {
        if let (Some(cancelled), Some(session)) = (&mut self.turn, &self.said.acp_session) {
            *cancelled = true;
            let params = CancelNotification::new(session.clone());
            self.send(
                Phase::Notification,
                &Call { jsonrpc: "2.0", id: None, method: AGENT.session_cancel, params },
            );
        }
        self.close_questions();
    }

    fn close(&mut self) {
        self.closing = true;
        self.close_questions();
    }

    fn close_questions(&mut self) {
        for q in std::mem::take(&mut self.questions) {
            self.answer(&q.id, Ok(RequestPermissionResponse::new(RequestPermissionOutcome::Cancelled)));
        }
    }

    fn answer_question(&mut self, rpc_id: &serde_json::Value, option: Option<String>) -> bool {
        let same =
            |q: &Question| serde_json::from_str::<serde_json::Value>(q.id.get()).is_ok_and(|v| v == *rpc_id);
        let Some(i) = self.questions.iter().position(same) else { return false };
        let q = self.questions.remove(i);
        let outcome = option.map_or(RequestPermissionOutcome::Cancelled, |o| {
            RequestPermissionOutcome::Selected(SelectedPermissionOutcome::new(o))
        });
        self.answer(&q.id, Ok(RequestPermissionResponse::new(outcome)));
        true
    }

    // ---- what the agent sends ----

    /// One line of its output.
    pub fn line(&mut self, line: &[u8]) -> io::Result<()> {
        if self.failed.is_some() {
            return Ok(());
        }
        let Some(text) = std::str::from_utf8(line).ok().map(str::trim) else {
            self.noise(&String::from_utf8_lossy(line));
            return Ok(());
        };
        match Frame::parse(text) {
            Some(Frame::Notification) => {
                if !self.replaying {
                    self.core.journal.rpc(Direction::AgentToClient, Phase::Notification, text.as_bytes());
                }
                Ok(())
            }
            Some(Frame::Request { id, method, params }) => {
                self.core.journal.rpc(Direction::AgentToClient, Phase::Request, text.as_bytes());
                self.request(id, method, params);
                Ok(())
            }
            Some(Frame::Response { id, result }) => {
                self.core.journal.rpc(Direction::AgentToClient, Phase::Response, text.as_bytes());
                match id.get().parse().ok().and_then(|id: u64| self.waits.remove(&id)) {
                    Some(wait) => self.response(wait, result),
                    None => Ok(()),
                }
            }
            None if text.is_empty() => Ok(()),
            None => {
                self.noise(text);
                Ok(())
            }
        }
    }

    /// What stood after the last newline when the output ended.
    pub fn last_line(&mut self, rest: &[u8]) -> io::Result<()> {
        if rest.is_empty() { Ok(()) } else { self.line(rest) }
    }

    fn noise(&mut self, text: &str) {
        self.noise += 1;
        if self.noise <= NOISE_SAMPLES {
            let sample: String = text.chars().take(NOISE_CHARS).collect();
            self.core.error("agent_noise", format!("the agent wrote a line that is not JSON-RPC: {sample}"));
        }
    }

    fn request(&mut self, id: &RawValue, method: &RawValue, params: Option<&RawValue>) {
        let method: String = serde_json::from_str(method.get()).unwrap_or_default();
        let workspace = &self.core.instance.workspace;
        match method.as_str() {
            m if m == CLIENT.session_request_permission => {
                if self.closing || self.turn == Some(true) {
                    let cancelled = RequestPermissionResponse::new(RequestPermissionOutcome::Cancelled);
                    self.answer(id, Ok(cancelled));
                } else if self.questions.len() >= MAX_QUESTIONS {
                    let message = format!("{MAX_QUESTIONS} questions are open already");
                    self.answer::<()>(id, Err((ErrorCode::InvalidRequest, message)));
                } else {
                    self.questions.push(Question { id: id.to_owned() });
                }
            }
            m if m == CLIENT.fs_read_text_file => {
                let answer = parse(params).and_then(|p| files::read(workspace, &p));
                self.answer(id, answer);
            }
            m if m == CLIENT.fs_write_text_file => {
                let answer = parse(params).and_then(|p| files::write(workspace, &p));
                self.answer(id, answer);
            }
            m if m == CLIENT.terminal_create => {
                match parse(params).and_then(|p| self.terminals.create(id, p)) {
                    Ok(()) => {}
                    Err(refusal) => self.answer::<()>(id, Err(refusal)),
                }
            }
            m if m == CLIENT.terminal_wait_for_exit => {
                match parse(params).and_then(|p| self.terminals.wait(id, &p)) {
                    Ok(None) => {}
                    Ok(Some(now)) => self.answer(id, Ok(now)),
                    Err(refusal) => self.answer::<()>(id, Err(refusal)),
                }
            }
            m if m == CLIENT.terminal_output => {
                let answer = parse(params).and_then(|p| self.terminals.output(&p));
                self.answer(id, answer);
            }
            m if m == CLIENT.terminal_kill => {
                let answer = parse(params).and_then(|p| self.terminals.kill(&p));
                self.answer(id, answer);
            }
            m if m == CLIENT.terminal_release => {
                match parse(params).and_then(|p| self.terminals.release(&p)) {
                    Ok((released, waiting, status)) => {
                        for w in waiting {
                            self.answer(&w, Ok(status.clone()));
                        }
                        self.answer(id, Ok(released));
                    }
                    Err(refusal) => self.answer::<()>(id, Err(refusal)),
                }
            }
            other => {
                let other: String = other.chars().take(NOISE_CHARS).collect();
                self.answer::<()>(
                    id,
                    Err((ErrorCode::MethodNotFound, format!("there is no method {other:?} here"))),
                );
            }
        }
    }

    /// Something happened in one of the agent's terminals.
    pub fn terminal(&mut self, event: terminals::Event) -> io::Result<()> {
        match self.terminals.on_event(event) {
            terminals::Answers::Created(id, made) => self.answer(&id, made),
            terminals::Answers::Exited(ids, status) => {
                for id in ids {
                    self.answer(&id, Ok(status.clone()));
                }
            }
        }
        Ok(())
    }

    fn response(&mut self, wait: Wait, result: Result<Option<&RawValue>, &RawValue>) -> io::Result<()> {
        match (wait, result) {
            (Wait::Prompt(id), result) => {
                self.turn = None;
                let outcome = match result {
                    Ok(result) => Outcome::Ok { stop_reason: stop_reason(result) },
                    Err(e) => Outcome::Failed { message: sentence(e) },
                };
                self.core.done(id, outcome)?;
            }
            (Wait::Initialize, Ok(Some(result))) => match serde_json::from_str(result.get()) {
                Ok(answer) => self.initialized(&answer),
                Err(e) => {
                    self.fail("handshake", format!("the agent's answer to initialize is not of ACP: {e}"))
                }
            },
            (Wait::Authenticate, Ok(_)) => self.open_session(),
            (Wait::NewSession, Ok(Some(result))) => {
                match serde_json::from_str::<NewSessionResponse>(result.get()) {
                    Ok(answer) => self.opened(answer.session_id.to_string(), false)?,
                    Err(e) => self
                        .fail("handshake", format!("the agent's answer to session/new is not of ACP: {e}")),
                }
            }
            (Wait::LoadSession(session), Ok(_)) => self.opened(session, true)?,
            (Wait::LoadSession(session), Err(e)) => {
                self.replaying = false;
                let why = sentence(e);
                self.core.error(
                    "load",
                    format!("the agent cannot load its session {session}, so a new one begins: {why}"),
                );
                self.new_session();
            }
            (wait @ (Wait::Initialize | Wait::Authenticate | Wait::NewSession), result) => {
                let said = result.err().map_or_else(|| "no result".to_owned(), sentence);
                let method = match wait {
                    Wait::Initialize => AGENT.initialize,
                    Wait::Authenticate => AGENT.authenticate,
                    _ => AGENT.session_new,
                };
                self.fail("handshake", format!("the agent refused {method}: {said}"));
            }
        }
        Ok(())
    }

    fn initialized(&mut self, answer: &InitializeResponse) {
        if answer.protocol_version != ProtocolVersion::V1 {
            let v = answer.protocol_version;
            return self.fail("handshake", format!("the agent speaks version {v} of ACP; Lia speaks 1"));
        }
        self.said.can_load = answer.agent_capabilities.load_session;
        self.said.agent = answer.agent_info.as_ref().map(|i| {
            let name = format!("{} {}", i.name, i.version);
            name.chars().take(NOISE_CHARS).collect()
        });
        match self.authenticate.take() {
            Some(method) => {
                self.call(Wait::Authenticate, AGENT.authenticate, AuthenticateRequest::new(method))
            }
            None => self.open_session(),
        }
    }

    fn open_session(&mut self) {
        let cwd = self.cwd.clone();
        match self.load.take() {
            Some(session) if self.said.can_load => {
                self.replaying = true;
                let params = LoadSessionRequest::new(session.clone(), cwd);
                self.call(Wait::LoadSession(session), AGENT.session_load, params);
            }
            _ => self.new_session(),
        }
    }

    fn new_session(&mut self) {
        let cwd = self.cwd.clone();
        self.call(Wait::NewSession, AGENT.session_new, NewSessionRequest::new(cwd));
    }

    fn opened(&mut self, session: String, loaded: bool) -> io::Result<()> {
        self.replaying = false;
        if session.len() > SESSION_BYTES {
            self.fail(
                "handshake",
                format!("the agent's name for its session is longer than {SESSION_BYTES} bytes"),
            );
            return Ok(());
        }
        self.ready = true;
        self.said.acp_session = Some(session);
        self.said.loaded = loaded;
        let ready = self.said.clone();
        self.core.journal.line(|offset| SidecarLine::Ready { offset, ready });
        self.core.step("after_ready")?;
        for (id, text) in std::mem::take(&mut self.held) {
            self.prompt(id, text)?;
        }
        Ok(())
    }

    /// The agent has ended and said all: what is left to be journaled before `exit`.
    pub fn finish(&mut self, how: &AgentExited, command: &str) -> io::Result<()> {
        if self.noise > NOISE_SAMPLES {
            let n = self.noise;
            self.core.error("agent_noise", format!("{n} lines of the agent were not JSON-RPC"));
        }
        let output = if how.stderr_tail.is_empty() {
            String::new()
        } else {
            format!("\nStartup output:\n{}", how.stderr_tail)
        };
        match self.failed.take() {
            Some((code, message)) if self.ready => self.core.error(code, message),
            Some((code, message)) => self.core.error(code, format!("{message}{output}")),
            None if !self.ready && !self.closing => {
                let code = how.code;
                let message = format!(
                    "the agent's process ended during its start (code {code}). Is {command:?} installed here?{output}"
                );
                self.core.error("startup", message);
            }
            None => {}
        }
        Ok(())
    }

    // ---- frames to the agent ----

    fn call(&mut self, wait: Wait, method: &str, params: impl Serialize) {
        let id = self.next_id;
        self.next_id += 1;
        self.waits.insert(id, wait);
        self.send(Phase::Request, &Call { jsonrpc: "2.0", id: Some(id), method, params });
    }

    fn answer<R: Serialize>(&mut self, id: &RawValue, answer: Result<R, Refusal>) {
        let (result, error) = match answer {
            Ok(r) => (Some(r), None),
            Err((code, mut message)) => {
                // It may quote what the agent sent.
                cut(&mut message, REFUSAL_BYTES);
                (None, Some(RpcError { code: code.into(), message }))
            }
        };
        self.send(Phase::Response, &Answer { jsonrpc: "2.0", id, result, error });
    }

    fn send(&mut self, phase: Phase, frame: &impl Serialize) {
        let from = self.out.len();
        // Plain data with string keys into memory: it cannot fail.
        let _ = serde_json::to_writer(&mut self.out, frame);
        self.core.journal.rpc(Direction::ClientToAgent, phase, &self.out[from..]);
        self.out.push(b'\n');
    }
}

fn parse<'p, P: Deserialize<'p>>(params: Option<&'p RawValue>) -> Result<P, Refusal> {
    let params = params.map_or("null", RawValue::get);
    serde_json::from_str(params).map_err(|e| (ErrorCode::InvalidParams, e.to_string()))
}

fn stop_reason(result: Option<&RawValue>) -> Option<String> {
    #[derive(Deserialize)]
    struct Reason {
        #[serde(rename = "stopReason")]
        stop_reason: Option<String>,
    }
    let mut reason = serde_json::from_str::<Reason>(result?.get()).ok()?.stop_reason?;
    cut(&mut reason, REFUSAL_BYTES);
    Some(reason)
}

/// An agent's error for people: its message, its data when that is short, its code.
fn sentence(error: &RawValue) -> String {
    let Ok(e) = serde_json::from_str::<AgentError>(error.get()) else {
        return error.get().chars().take(NOISE_CHARS).collect();
    };
    let mut s: String = e.message.chars().take(4 * NOISE_CHARS).collect();
    if let Some(data) = e.data {
        let data: String = data.as_str().map_or_else(|| data.to_string(), str::to_owned);
        s.push_str(": ");
        s.extend(data.chars().take(4 * NOISE_CHARS));
    }
    format!("{s} ({})", e.code)
}
