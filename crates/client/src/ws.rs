//! A task's WebSocket, which comes back by itself.
//!
//! ```text
//! Dialling ──▶ Open ──close 1000──▶ Ended
//!    ▲           │
//!    └── delay ◀─┴─ broken, 1001, 1013, or silent for too long
//! ```
//!
//! Every connection after the first asks for what comes after the [`Cursor`], so that each message is given once. The
//! status snapshot that opens a connection is given on the first only: later ones repeat what the log says.

use std::{fmt, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _, future::BoxFuture};
use lia_protocol::{
    error::{ApiError, ErrorCode},
    ids::{CommandId, PermissionId, Seq, TaskId},
    wire::{self, optional::Nullable, tag::Tag},
    ws::{WsAnswerMessage, WsCancelMessage, WsLiveMessage, WsMessage, WsMessageExt, WsResizeMessage},
};
use reqwest::{Method, StatusCode, Upgraded, Url, header};
use serde::Serialize;
use tokio::time::Instant;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use crate::{Client, Error, Retry, cursor::Cursor, error::root_cause, retry::Attempts};

/// Bytes of one message of a server: an agent's frame, escaped at worst.
const MESSAGE_BYTES: usize = 32 << 20;
/// After this much silence the server is asked whether it is still there.
const PING_AFTER: Duration = Duration::from_secs(20);
/// After this much silence the connection is taken for dead.
const DEAD_AFTER: Duration = Duration::from_secs(45);

/// A socket to a server.
pub(crate) type Ws = WebSocketStream<Upgraded>;

/// What to ask of a stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamOptions {
    /// Give what comes after this place of the log; [`Seq::ZERO`] is everything.
    pub from: Seq,
    /// Also Lia's additions: permissions, turns, prompts, progress, egress.
    pub progress: bool,
    /// How to come back.
    pub retry: Retry,
}

enum State {
    Dialling(BoxFuture<'static, Result<Ws, Error>>),
    Open(Box<Ws>),
    Ended,
}

/// A task's messages, and the way to type.
///
/// What was sent just before a connection broke may not have arrived. A prompt that must arrive goes through
/// [`Client::input`], and an answer through [`Client::answer`], which both say so.
pub struct TaskStream {
    client: Client,
    task: TaskId,
    progress: bool,
    cursor: Cursor,
    state: State,
    attempts: Attempts,
    /// The status that opens a connection is still to come.
    opening: bool,
    reconnects: u32,
    was_live: bool,
    heard: Instant,
    pinged: bool,
}

impl fmt::Debug for TaskStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskStream({}, {:?})", self.task, self.cursor)
    }
}

impl Client {
    /// `GET /api/v1/tasks/{id}/stream`.
    ///
    /// # Errors
    /// TASK_NOT_FOUND; [`Error::Unreachable`].
    pub async fn stream(&self, task: TaskId, options: StreamOptions) -> Result<TaskStream, Error> {
        let mut cursor = Cursor::after(options.from);
        let ws = dial(self.clone(), task, cursor.resume(), options.progress).await?;
        let mut attempts = Attempts::new(options.retry);
        attempts.connected();
        Ok(TaskStream {
            client: self.clone(),
            task,
            progress: options.progress,
            cursor,
            state: State::Open(Box::new(ws)),
            attempts,
            opening: true,
            reconnects: 0,
            was_live: false,
            heard: Instant::now(),
            pinged: false,
        })
    }
}

async fn dial(client: Client, task: TaskId, from: Seq, progress: bool) -> Result<Ws, Error> {
    let mut url = client.task_url(task, &["stream"]);
    url.query_pairs_mut().append_pair("from", &from.to_string());
    if progress {
        url.query_pairs_mut().append_pair("progress", "1");
    }
    upgrade(&client, &url).await
}

/// Opens a socket.
pub(crate) async fn upgrade(client: &Client, url: &Url) -> Result<Ws, Error> {
    let key = generate_key();
    let request = client
        .streaming(Method::GET, url.clone())
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, &key);
    let response = client.send(request).await?;
    let accepted = response.headers().get(header::SEC_WEBSOCKET_ACCEPT).map(header::HeaderValue::as_bytes);
    if response.status() != StatusCode::SWITCHING_PROTOCOLS
        || accepted != Some(derive_accept_key(key.as_bytes()).as_bytes())
    {
        let (url, status) = (crate::http::bare(url), response.status().as_u16());
        return Err(Error::NotLia { url, status, body: "no WebSocket handshake".into() });
    }
    let upgraded = response.upgrade().await.map_err(|e| client.transport(&e))?;
    let config =
        WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES)).max_frame_size(Some(MESSAGE_BYTES));
    Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
}

impl TaskStream {
    /// The newest place of the log of which something was given.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.cursor.seq()
    }

    /// How often it had to come back.
    #[must_use]
    pub const fn reconnects(&self) -> u32 {
        self.reconnects
    }

    /// Whether there is a connection now.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// The next message; `None` after the terminal status. Cancel-safe. After an error the stream has ended.
    pub async fn next(&mut self) -> Option<Result<WsMessageExt, Error>> {
        loop {
            let got = match &mut self.state {
                State::Ended => return None,
                State::Dialling(_) => self.open().await.map(|()| None),
                State::Open(_) => self.receive().await,
            };
            match got {
                Ok(Some(message)) => return Some(Ok(message)),
                Ok(None) => {}
                Err(e) => {
                    self.state = State::Ended;
                    return Some(Err(e));
                }
            }
        }
    }

    /// Types: bytes for a terminal, one prompt for an ACP agent.
    ///
    /// # Errors
    /// When the connection broke for good.
    pub async fn input(&mut self, data: impl Into<String>, id: Option<CommandId>) -> Result<(), Error> {
        self.send(&WsMessage::input(data, id)).await
    }

    /// Answers a question; no option means "cancelled".
    ///
    /// # Errors
    /// When the connection broke for good.
    pub async fn answer(&mut self, id: PermissionId, option_id: Option<String>) -> Result<(), Error> {
        self.send(&WsAnswerMessage { kind: Tag::new(), id, option_id: option_id.map(Nullable::from) }).await
    }

    /// Stops the running turn.
    ///
    /// # Errors
    /// When the connection broke for good.
    pub async fn cancel(&mut self) -> Result<(), Error> {
        self.send(&WsCancelMessage { kind: Tag::new() }).await
    }

    /// The terminal's size.
    ///
    /// # Errors
    /// When the connection broke for good.
    pub async fn resize(&mut self, cols: u16, rows: u16) -> Result<(), Error> {
        self.send(&WsResizeMessage { kind: Tag::new(), cols, rows }).await
    }

    /// Asks for a `pong`, which comes as a message.
    ///
    /// # Errors
    /// When the connection broke for good.
    pub async fn ping(&mut self) -> Result<(), Error> {
        self.send(&WsMessage::PING).await
    }

    /// Says good-bye, so that the server need not find out.
    pub async fn close(mut self) {
        if let State::Open(ws) = &mut self.state {
            let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
            let _ = tokio::time::timeout(Duration::from_secs(1), ws.send(Message::Close(Some(frame)))).await;
        }
    }

    async fn send(&mut self, message: &(impl Serialize + Sync)) -> Result<(), Error> {
        let text = serde_json::to_string(message).map_err(Error::protocol("message"))?;
        loop {
            match &mut self.state {
                State::Dialling(_) => self.open().await?,
                State::Open(ws) => match ws.send(Message::text(text.as_str())).await {
                    Ok(()) => return Ok(()),
                    Err(e) => {
                        let e = self.broken(&e);
                        self.again(e)?;
                    }
                },
                State::Ended => {
                    let url = self.client.base_url().to_owned();
                    return Err(Error::Broken { url, why: "the stream has ended".into() });
                }
            }
        }
    }

    /// Waits for the connection that is being made.
    async fn open(&mut self) -> Result<(), Error> {
        let State::Dialling(dialling) = &mut self.state else { return Ok(()) };
        match dialling.await {
            Ok(ws) => {
                self.attempts.connected();
                self.state = State::Open(Box::new(ws));
                self.opening = true;
                self.reconnects += 1;
                self.heard = Instant::now();
                self.pinged = false;
                Ok(())
            }
            Err(e) => self.again(e),
        }
    }

    /// Takes one frame. `None`: nothing for the caller, go on.
    async fn receive(&mut self) -> Result<Option<WsMessageExt>, Error> {
        let State::Open(ws) = &mut self.state else { return Ok(None) };
        let deadline = self.heard + if self.pinged { DEAD_AFTER } else { PING_AFTER };
        let frame = match tokio::time::timeout_at(deadline, ws.next()).await {
            Ok(frame) => frame,
            Err(_) if self.pinged => {
                let url = self.client.base_url().to_owned();
                return self
                    .again(Error::Broken { url, why: "the server fell silent".into() })
                    .map(|()| None);
            }
            Err(_) => {
                self.pinged = true;
                if let Err(e) = ws.send(Message::Ping(Vec::new().into())).await {
                    let e = self.broken(&e);
                    self.again(e)?;
                }
                return Ok(None);
            }
        };
        self.heard = Instant::now();
        self.pinged = false;
        match frame {
            Some(Ok(Message::Text(text))) => self.take(&text),
            Some(Ok(Message::Close(frame))) => self.closed(frame).map(|()| None),
            Some(Ok(_)) => Ok(None),
            Some(Err(e)) => {
                let e = self.broken(&e);
                self.again(e).map(|()| None)
            }
            None => {
                let url = self.client.base_url().to_owned();
                self.again(Error::Broken { url, why: "the server closed without a word".into() })
                    .map(|()| None)
            }
        }
    }

    /// Reads a message and decides whether the caller has not had it yet.
    fn take(&mut self, text: &str) -> Result<Option<WsMessageExt>, Error> {
        let Some(message) = parse(text)? else { return Ok(None) };
        let opening = std::mem::take(&mut self.opening);
        if opening && matches!(message, WsMessageExt::Status(_)) {
            return Ok((self.reconnects == 0).then_some(message));
        }
        if let WsMessageExt::Live(WsLiveMessage { seq, .. }) = message {
            self.cursor.live(seq);
            return Ok((!std::mem::replace(&mut self.was_live, true)).then_some(message));
        }
        match message.seq() {
            Some(seq) if !self.cursor.admit(seq) => return Ok(None),
            Some(_) => self.attempts.succeeded(),
            None => {}
        }
        Ok(Some(message))
    }

    fn closed(&mut self, frame: Option<CloseFrame>) -> Result<(), Error> {
        let (code, reason) =
            frame.map_or((1005, String::new()), |f| (u16::from(f.code), f.reason.to_string()));
        let refused = |status, code, sentence: &str| Error::Api {
            status,
            api: ApiError::new(code, if reason.is_empty() { sentence } else { &reason }),
        };
        match code {
            1000 => {
                self.state = State::Ended;
                Ok(())
            }
            4401 => Err(refused(401, ErrorCode::Unauthorized, "the token is not valid any more")),
            4404 => Err(refused(404, ErrorCode::TaskNotFound, "the task is gone")),
            _ => {
                let why = format!("the server closed with code {code} {reason}").trim_end().to_owned();
                self.again(Error::Broken { url: self.client.base_url().to_owned(), why })
            }
        }
    }

    fn broken(&self, e: &tungstenite::Error) -> Error {
        Error::Broken { url: self.client.base_url().to_owned(), why: root_cause(e) }
    }

    /// Plans the next attempt, or gives the error back when there shall be none.
    fn again(&mut self, e: Error) -> Result<(), Error> {
        if !e.is_passing() {
            return Err(e);
        }
        let Some(delay) = self.attempts.next_delay() else { return Err(e) };
        let (client, task, from, progress) =
            (self.client.clone(), self.task, self.cursor.resume(), self.progress);
        self.state = State::Dialling(Box::pin(async move {
            tokio::time::sleep(delay).await;
            dial(client, task, from, progress).await
        }));
        Ok(())
    }
}

/// See [`crate::fuzz`]: a message that is read and written again is read again as the same.
pub(crate) fn any_message(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(Some(message)) = parse(text) {
        let again = serde_json::to_string(&message).unwrap_or_default();
        assert!(matches!(parse(&again), Ok(Some(same)) if same == message), "{again}");
    }
}

/// Reads one message; `None` for a type of a later server.
fn parse(text: &str) -> Result<Option<WsMessageExt>, Error> {
    match wire::parse(text.as_bytes()) {
        Ok(message) => Ok(Some(message)),
        Err(issues) => match wire::union::tag_of::<WsMessageExt>(text.as_bytes()) {
            Some(tag) if !WsMessageExt::TAGS.contains(&tag.as_str()) => Ok(None),
            Some(_) | None => {
                let why: Vec<_> = issues.into_iter().map(|i| format!("{} {}", i.path, i.message)).collect();
                Err(Error::Protocol { what: "message", why: why.join("; ") })
            }
        },
    }
}
