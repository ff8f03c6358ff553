//! A person's terminals: opened, typed into and read over the host API of the session's instance.
//!
//! A reader is a cursor of its own into what the sidecar keeps, on a connection of its own: one that is slow stands still,
//! misses the oldest, is told so, and holds up nobody. What an instance says is hostile: lines are bounded before they are
//! kept, and whose terminal it is was decided before it was asked.

use std::time::Duration;

use base64::Engine as _;
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use lia_protocol::{
    boot::PORT_HOST_API,
    error::{ApiError, Issue},
    event::Actor,
    ids::{TaskId, UserId},
    limits,
    task::TaskStatus,
    terminal::{HostTerminal, OpenTerminal, TerminalId, TerminalLine, TerminalStart},
};
use tokio::time::timeout;

use super::{
    Engine, EngineError,
    instances::OPEN,
    link::{self, take_line},
    owner::{InstanceState, Msg, terminals::no_terminal},
};

pub use super::owner::terminals::OpenTerminals;

/// How long an answer may take: typing waits for a program to read.
const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of an answer that is no stream.
const ANSWER_BYTES: usize = 1 << 20;
/// Bytes of one line of a stream.
const LINE_BYTES: usize = 64 << 10;

fn strange(what: impl std::fmt::Display) -> EngineError {
    EngineError::Instance(format!("host API: {what}"))
}

impl Engine {
    /// The terminals of a session that are open, as its log has them.
    #[must_use]
    pub fn open_terminals(&self, task: TaskId) -> OpenTerminals {
        self.shared.sessions().get(&task).map(|s| s.tail.terminals()).unwrap_or_default()
    }

    /// The oldest session of a named instance that has not ended: in its sandbox the instance's terminals run.
    ///
    /// # Errors
    /// `NotFound` for an instance that is not there; `InvalidState` when it has no such session.
    pub async fn first_session(&self, name: &str, user: &UserId) -> Result<TaskId, EngineError> {
        self.named(user, name).await?;
        let sessions = self.of_user(user, Some(name), &OPEN).await?;
        sessions.iter().map(|t| t.id).min().ok_or_else(|| {
            EngineError::InvalidState(format!(
                "the runtime instance {name} has no session whose sandbox could be looked into; start one"
            ))
        })
    }

    /// Opens a terminal in a session's sandbox.
    ///
    /// # Errors
    /// `InvalidState` when the session does not run or has too many; `Invalid` when the command cannot be run.
    pub async fn open_terminal(
        &self,
        task: TaskId,
        by: Actor,
        start: TerminalStart,
    ) -> Result<TerminalId, EngineError> {
        let id = TerminalId::new(task);
        let kept = start.clone();
        self.ask(task, |reply| Msg::TerminalOpens { id, start: kept, by, reply }).await?;
        // On a task of its own: what was written down is opened, or written off, whatever becomes of the asker.
        let engine = self.clone();
        let opening = self.shared.background.spawn(async move {
            let body = serde_json::to_vec(&OpenTerminal { terminal: id, start }).unwrap_or_default();
            let opened = engine.terminal(task, Method::POST, "", body).await;
            if let Err(e) = &opened {
                engine.terminal_missing(task, id, e.to_string()).await;
            }
            opened.map(drop)
        });
        opening.await.map_err(strange)??;
        Ok(id)
    }

    /// Tells a session's owner that a terminal is not there.
    async fn terminal_missing(&self, task: TaskId, id: TerminalId, error: String) {
        let requests = self.shared.sessions().get(&task).map(|s| s.requests.clone());
        if let Some(requests) = requests {
            let _ = requests.send(Msg::TerminalMissing { id, error }).await;
        }
    }

    /// The terminals that the session's sandbox has, with those that are over and still kept.
    ///
    /// # Errors
    /// `InvalidState` when the session does not run.
    pub async fn terminals(&self, task: TaskId) -> Result<Vec<HostTerminal>, EngineError> {
        let answer = self.terminal(task, Method::GET, "", Vec::new()).await?;
        let mut all: Vec<HostTerminal> = serde_json::from_slice(&answer).map_err(strange)?;
        all.retain(|t| t.terminal.task == task);
        all.truncate(limits::TERMINALS);
        Ok(all)
    }

    /// Types into a terminal.
    ///
    /// # Errors
    /// `Invalid` when it is too much at once; `NotFound`, `InvalidState`.
    pub async fn terminal_input(&self, id: TerminalId, data: String) -> Result<(), EngineError> {
        if data.len() > limits::TERMINAL_INPUT_BYTES {
            let message = format!("has {} bytes; allowed are {}", data.len(), limits::TERMINAL_INPUT_BYTES);
            return Err(EngineError::Invalid(vec![Issue { path: "data".into(), message }]));
        }
        let requests = self.shared.sessions().get(&id.task).map(|s| s.requests.clone());
        if let Some(requests) = requests {
            // Whoever types is there: the session is not idle. One of many such words may be lost.
            let _ = requests.try_send(Msg::Active);
        }
        self.terminal(id.task, Method::POST, &format!("/{id}/input"), data.into_bytes()).await.map(drop)
    }

    /// Sets a terminal's size.
    ///
    /// # Errors
    /// `NotFound`, `InvalidState`.
    pub async fn terminal_resize(&self, id: TerminalId, cols: u16, rows: u16) -> Result<(), EngineError> {
        let target = format!("/{id}/resize?cols={cols}&rows={rows}");
        self.terminal(id.task, Method::POST, &target, Vec::new()).await.map(drop)
    }

    /// Ends a terminal with all that it started, and forgets it.
    ///
    /// # Errors
    /// `NotFound`, `InvalidState`.
    pub async fn terminal_kill(&self, id: TerminalId) -> Result<(), EngineError> {
        let killed = self.terminal(id.task, Method::DELETE, &format!("/{id}"), Vec::new()).await;
        if let Err(EngineError::NotFound(_)) = &killed {
            // Written down, and never opened.
            self.terminal_missing(id.task, id, "it was not there".to_owned()).await;
        }
        killed.map(drop)
    }

    /// Reads a terminal from an offset on; what is beyond its end is its end.
    ///
    /// # Errors
    /// `NotFound`, `InvalidState`.
    pub async fn terminal_read(&self, id: TerminalId, from: u64) -> Result<TerminalReader, EngineError> {
        let target = format!("/{id}/output?from={from}");
        let answer = self.terminal_call(id.task, Method::GET, &target, Vec::new()).await?;
        Ok(TerminalReader { body: answer.into_body(), buffer: BytesMut::new() })
    }

    /// One request about a session's terminals; the body of a good answer.
    async fn terminal(
        &self,
        task: TaskId,
        method: Method,
        target: &str,
        body: Vec<u8>,
    ) -> Result<Bytes, EngineError> {
        let answer = self.terminal_call(task, method, target, body).await?;
        let read = timeout(PATIENCE, Limited::new(answer.into_body(), ANSWER_BYTES).collect()).await;
        Ok(read.map_err(|_| strange("it does not answer"))?.map_err(strange)?.to_bytes())
    }

    async fn terminal_call(
        &self,
        task: TaskId,
        method: Method,
        target: &str,
        body: Vec<u8>,
    ) -> Result<Response<Incoming>, EngineError> {
        let task = self.record(task).await?;
        let record = InstanceState::of(&task).record.filter(|_| task.status == TaskStatus::Running);
        let record = record.ok_or_else(|| no_terminal(task.status))?;
        let secret = self.shared.instance_secret(task.instance);
        let io = link::dial(&*self.shared.runtime, &record, &secret, PORT_HOST_API).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await.map_err(strange)?;
        // Ends with the answer's body, or when both ends of it are dropped.
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(format!("/sessions/{}/terminals{target}", task.session))
            .header(HOST, "instance")
            .body(Full::new(Bytes::from(body)))
            .map_err(strange)?;
        let answer = timeout(PATIENCE, sender.send_request(request)).await;
        let answer = answer.map_err(|_| strange("it does not answer"))?.map_err(strange)?;
        if answer.status().is_success() { Ok(answer) } else { Err(refusal(answer).await) }
    }
}

/// What a sidecar's refusal is.
async fn refusal(answer: Response<Incoming>) -> EngineError {
    let status = answer.status();
    let read = timeout(PATIENCE, Limited::new(answer.into_body(), ANSWER_BYTES).collect()).await;
    let bytes = read.ok().and_then(Result::ok).map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let said = serde_json::from_slice::<ApiError>(&bytes).map(|e| e.error).unwrap_or_default();
    let said: String = said.chars().filter(|c| !c.is_control()).take(500).collect();
    match status {
        StatusCode::NOT_FOUND => EngineError::NotFound("such terminal".to_owned()),
        StatusCode::CONFLICT => EngineError::InvalidState(said),
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => {
            EngineError::Invalid(vec![Issue { path: "terminal".to_owned(), message: said }])
        }
        _ => EngineError::Instance(format!("{status}: {said}")),
    }
}

/// What comes of a terminal.
#[derive(Debug, PartialEq, Eq)]
pub enum TerminalPart {
    /// Bytes, after so many others.
    Output(u64, Bytes),
    /// So many bytes, after so many others, are not kept any more.
    Dropped(u64, u64),
    /// All that was kept is given; whether the terminal is over, and the rest follows at once.
    Live(bool),
    /// It is over.
    Exit(i32),
}

/// A cursor into one terminal.
#[derive(Debug)]
pub struct TerminalReader {
    body: Incoming,
    buffer: BytesMut,
}

impl TerminalReader {
    /// What comes next, as soon as it is there; nothing after the end. Cancel safe.
    ///
    /// # Errors
    /// `Instance` when the sandbox breaks off or says what it should not.
    pub async fn next(&mut self) -> Result<Option<TerminalPart>, EngineError> {
        loop {
            if let Some(line) = take_line(&mut self.buffer) {
                return part(&line).map(Some);
            }
            if self.buffer.len() > LINE_BYTES {
                return Err(strange("a line of a terminal is too long"));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(frame) => {
                    if let Ok(data) = frame.map_err(strange)?.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
            }
        }
    }
}

fn part(line: &[u8]) -> Result<TerminalPart, EngineError> {
    Ok(match serde_json::from_slice(line).map_err(strange)? {
        TerminalLine::Output { pos, base64 } => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(base64).map_err(strange)?;
            counted(pos, bytes.len() as u64)?;
            TerminalPart::Output(pos, bytes.into())
        }
        TerminalLine::Dropped { pos, bytes } => {
            counted(pos, bytes)?;
            TerminalPart::Dropped(pos, bytes)
        }
        TerminalLine::Live { over } => TerminalPart::Live(over),
        TerminalLine::Exit { exit_code } => TerminalPart::Exit(exit_code),
    })
}

/// Offsets are numbers that every client can hold.
fn counted(pos: u64, bytes: u64) -> Result<(), EngineError> {
    match pos.checked_add(bytes) {
        Some(end) if end <= limits::SAFE_INTEGER => Ok(()),
        Some(_) | None => Err(strange("a terminal's offset is no count of bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sandbox_says_of_a_terminal_is_checked() {
        let read = |text: &str| part(text.as_bytes());
        assert_eq!(
            read(r#"{"type":"output","pos":7,"base64":"aGk="}"#).unwrap(),
            TerminalPart::Output(7, Bytes::from_static(b"hi"))
        );
        assert_eq!(read(r#"{"type":"dropped","pos":0,"bytes":9}"#).unwrap(), TerminalPart::Dropped(0, 9));
        assert_eq!(read(r#"{"type":"exit","exit_code":3}"#).unwrap(), TerminalPart::Exit(3));
        for wrong in [
            "",
            "{}",
            r#"{"type":"later"}"#,
            r#"{"type":"output","pos":-1,"base64":""}"#,
            r#"{"type":"output","pos":0,"base64":"?"}"#,
            r#"{"type":"output","pos":9007199254740991,"base64":"aGk="}"#,
            r#"{"type":"dropped","pos":18446744073709551615,"bytes":18446744073709551615}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
