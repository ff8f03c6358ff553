//! A person's terminals in a session's sandbox: opened and typed into over REST, watched over `/ws`.

use std::{fmt, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use lia_protocol::{
    api::ResizeRequest,
    error::{ApiError, ErrorCode},
    event::LogTruncated,
    ids::{Seq, TaskId},
    sessions::{
        Channel, CreateTerminalBody, OkResponse, TerminalExitData, TerminalInfo, TerminalInputBody,
        TerminalOutput, TerminalOutputData, TerminalsResponse, WsChannelServerMessage, WsSubscribeAction,
    },
    wire::{self, tag::Tag},
};
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    Client, Error, Retry,
    error::root_cause,
    retry::Attempts,
    ws::{Ws, upgrade},
};

/// After this much silence the server is asked whether it is still there.
const PING_AFTER: Duration = Duration::from_secs(20);
/// After this much silence the connection is taken for dead.
const DEAD_AFTER: Duration = Duration::from_secs(45);

impl Client {
    fn terminals_url(&self, task: TaskId, rest: &[&str]) -> Url {
        let task = task.to_string();
        self.url(["api", "agents", &task, "terminals"].iter().chain(rest))
    }

    /// Opens a terminal beside a session's agent.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn open_terminal(
        &self,
        task: TaskId,
        body: &CreateTerminalBody,
    ) -> Result<TerminalInfo, Error> {
        self.post("terminal", self.terminals_url(task, &[]), body).await
    }

    /// The terminals that run, and those that ended last.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn terminals(&self, task: TaskId) -> Result<Vec<TerminalInfo>, Error> {
        let all: TerminalsResponse = self.get("list of terminals", self.terminals_url(task, &[])).await?;
        Ok(all.terminals)
    }

    /// What is kept of a terminal's output, from an offset on.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn terminal_output(
        &self,
        task: TaskId,
        terminal: &str,
        offset: u64,
    ) -> Result<TerminalOutput, Error> {
        let mut url = self.terminals_url(task, &[terminal]);
        url.query_pairs_mut().append_pair("offset", &offset.to_string());
        self.get("output of a terminal", url).await
    }

    /// Types into a terminal.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn terminal_input(
        &self,
        task: TaskId,
        terminal: &str,
        data: &str,
    ) -> Result<OkResponse, Error> {
        let body = TerminalInputBody { data: data.to_owned() };
        self.post("answer", self.terminals_url(task, &[terminal, "input"]), &body).await
    }

    /// Sets a terminal's size.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn terminal_resize(
        &self,
        task: TaskId,
        terminal: &str,
        cols: u16,
        rows: u16,
    ) -> Result<OkResponse, Error> {
        let body = ResizeRequest { cols, rows };
        self.post("answer", self.terminals_url(task, &[terminal, "resize"]), &body).await
    }

    /// Ends a terminal with all that it started.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn kill_terminal(&self, task: TaskId, terminal: &str) -> Result<OkResponse, Error> {
        self.json("answer", self.request(Method::DELETE, self.terminals_url(task, &[terminal]))).await
    }

    /// Watches a terminal: what is kept of its output after `offset`, then what comes. Its end is told when it stands in
    /// the session's log after `since`.
    #[must_use]
    pub fn watch_terminal(
        &self,
        task: TaskId,
        terminal: &str,
        since: Seq,
        offset: u64,
        retry: Retry,
    ) -> TerminalStream {
        TerminalStream {
            client: self.clone(),
            channel: Channel(format!("session:{task}:terminal:{terminal}")),
            since,
            offset,
            ws: None,
            attempts: Attempts::new(retry),
            heard: Instant::now(),
            pinged: false,
            ended: false,
        }
    }
}

/// What happens in a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TerminalEvent {
    /// It printed.
    Output(String),
    /// So many bytes of what it printed are not kept any more.
    Dropped(u64),
    /// It is over: the exit code, when its command ended by itself.
    Exit(Option<i32>),
}

/// A terminal that is watched. Where its connection breaks it comes back, and goes on at the byte where it stood.
pub struct TerminalStream {
    client: Client,
    channel: Channel,
    since: Seq,
    offset: u64,
    ws: Option<Box<Ws>>,
    attempts: Attempts,
    heard: Instant,
    pinged: bool,
    ended: bool,
}

impl fmt::Debug for TerminalStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TerminalStream({}, {})", self.channel, self.offset)
    }
}

impl TerminalStream {
    /// Bytes of output up to which it has come.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// What happens next; `None` after the end. After an error it has ended. An attempt to come back that is dropped is
    /// made again.
    pub async fn next(&mut self) -> Option<Result<TerminalEvent, Error>> {
        while !self.ended {
            match self.step().await {
                Ok(None) => {}
                Ok(Some(event)) => {
                    self.ended = matches!(event, TerminalEvent::Exit(_));
                    return Some(Ok(event));
                }
                Err(e) => {
                    self.ws = None;
                    let delay = if e.is_passing() { self.attempts.next_delay() } else { None };
                    let Some(delay) = delay else {
                        self.ended = true;
                        return Some(Err(e));
                    };
                    tokio::time::sleep(delay).await;
                }
            }
        }
        None
    }

    async fn step(&mut self) -> Result<Option<TerminalEvent>, Error> {
        let Some(ws) = &mut self.ws else {
            let mut ws = upgrade(&self.client, &self.client.url(["ws"])).await?;
            let subscribe = WsSubscribeAction {
                action: Tag::new(),
                channel: self.channel.clone(),
                since: Some(self.since),
                offset: Some(self.offset),
            };
            let text = serde_json::to_string(&subscribe).map_err(Error::protocol("message"))?;
            ws.send(Message::text(text)).await.map_err(|e| broken(&self.client, root_cause(&e)))?;
            self.attempts.connected();
            (self.heard, self.pinged) = (Instant::now(), false);
            self.ws = Some(Box::new(ws));
            return Ok(None);
        };
        let deadline = self.heard + if self.pinged { DEAD_AFTER } else { PING_AFTER };
        let frame = match tokio::time::timeout_at(deadline, ws.next()).await {
            Ok(frame) => frame,
            Err(_) if self.pinged => return Err(broken(&self.client, "the server fell silent".into())),
            Err(_) => {
                self.pinged = true;
                let ping = ws.send(Message::Ping(Vec::new().into())).await;
                ping.map_err(|e| broken(&self.client, root_cause(&e)))?;
                return Ok(None);
            }
        };
        (self.heard, self.pinged) = (Instant::now(), false);
        match frame {
            Some(Ok(Message::Text(text))) => self.take(&text),
            Some(Ok(Message::Close(frame))) => {
                let (code, reason) =
                    frame.map_or((1005, String::new()), |f| (u16::from(f.code), f.reason.to_string()));
                if code == 4401 {
                    let api = ApiError::new(ErrorCode::Unauthorized, reason);
                    return Err(Error::Api { status: 401, api });
                }
                let why = format!("the server closed with code {code} {reason}").trim_end().to_owned();
                Err(broken(&self.client, why))
            }
            Some(Ok(_)) => Ok(None),
            Some(Err(e)) => Err(broken(&self.client, root_cause(&e))),
            None => Err(broken(&self.client, "the server closed without a word".into())),
        }
    }

    fn take(&mut self, text: &str) -> Result<Option<TerminalEvent>, Error> {
        let message: WsChannelServerMessage = wire::parse(text.as_bytes()).map_err(|issues| {
            let why: Vec<_> = issues.into_iter().map(|i| format!("{} {}", i.path, i.message)).collect();
            Error::Protocol { what: "message", why: why.join("; ") }
        })?;
        let event = match message {
            WsChannelServerMessage::Event(m) => {
                self.since = self.since.max(m.seq);
                m.event
            }
            WsChannelServerMessage::Error(e) if e.channel.as_ref() == Some(&self.channel) => {
                return Err(Error::Api { status: 404, api: ApiError::new(ErrorCode::NotFound, e.message) });
            }
            WsChannelServerMessage::Connected(_)
            | WsChannelServerMessage::Subscribed(_)
            | WsChannelServerMessage::Unsubscribed(_)
            | WsChannelServerMessage::SessionCreated(_)
            | WsChannelServerMessage::SessionTerminated(_)
            | WsChannelServerMessage::Error(_)
            | WsChannelServerMessage::Pong(_) => return Ok(None),
        };
        self.attempts.succeeded();
        Ok(match &*event.kind {
            "terminal.data" => {
                let printed: TerminalOutputData = data(event.data)?;
                let next = printed.next_offset.unwrap_or(self.offset);
                // Once is enough.
                let fresh = next > self.offset;
                self.offset = self.offset.max(next);
                fresh.then_some(TerminalEvent::Output(printed.data))
            }
            "terminal.truncated" => {
                let dropped: LogTruncated = data(event.data)?;
                self.offset += dropped.bytes;
                Some(TerminalEvent::Dropped(dropped.bytes))
            }
            "terminal.exit" => Some(TerminalEvent::Exit(data::<TerminalExitData>(event.data)?.exit_code)),
            _ => None,
        })
    }
}

fn data<T: DeserializeOwned>(data: Map<String, Value>) -> Result<T, Error> {
    serde_json::from_value(Value::Object(data)).map_err(Error::protocol("event"))
}

fn broken(client: &Client, why: String) -> Error {
    Error::Broken { url: client.base_url().to_owned(), why }
}
