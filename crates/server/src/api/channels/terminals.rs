//! A person's terminals on seed 003's sockets.
//!
//! That one was opened and is over comes from the log; what it prints comes from the sandbox, by offset, and each client that
//! watches has a [`Screen`] of its own: a cursor that reads the next piece when the client has taken the last. Its frames
//! carry the seq up to which the client was given the log, and the offsets of their text.

use std::{collections::HashMap, time::Duration};

use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{AbortHandle, Abortable, BoxFuture, abortable},
    stream::FuturesUnordered,
};
use lia_protocol::{
    event::OutputChunk,
    ids::{Seq, TaskId},
    limits::SAFE_INTEGER,
    sessions::{AnyEvent, Channel, WsChannelEventMessage, WsEventMessage},
    terminal::{TerminalId, TerminalStart},
    time::Timestamp,
    wire::tag::Tag,
};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::super::{Api, auth::Principal};
use crate::{
    engine::{
        EngineError,
        terminals::{TerminalPart, TerminalReader},
    },
    views::{
        channels::{Topic, pty::Pty},
        stream::json as text,
    },
};

/// The end of every terminal.
pub(super) const NEWEST: u64 = SAFE_INTEGER;
/// How long a piece of what is kept may take.
pub(in crate::api) const PATIENCE: Duration = Duration::from_secs(5);
/// How long it is before a reader that broke off is tried again: at first, and at most.
const AGAIN: [Duration; 2] = [Duration::from_millis(5), Duration::from_secs(5)];
/// How often a terminal is looked for that is written down and not there: some ten seconds in all.
const TRIES: u32 = 11;

/// What is asked of terminals.
#[derive(Debug, PartialEq)]
pub(in crate::api) enum TerminalAct {
    Open(TerminalStart),
    Input(TerminalId, String),
    Resize(TerminalId, u16, u16),
    Kill(TerminalId),
}

impl TerminalAct {
    /// The terminal that must be there.
    pub(in crate::api) fn terminal(&self) -> Option<TerminalId> {
        match self {
            Self::Open(_) => None,
            Self::Input(id, _) | Self::Resize(id, ..) | Self::Kill(id) => Some(*id),
        }
    }
}

/// The words for a terminal that is not there, or not the caller's.
pub(super) fn no_terminal(id: &str) -> String {
    let id: String = id.chars().take(80).collect();
    format!("Terminal \"{id}\" not found")
}

/// Does it; with the name of one that was opened. Whose it is was decided before.
pub(in crate::api) async fn act(
    api: &Api,
    caller: &Principal,
    task: TaskId,
    act: TerminalAct,
) -> Result<Option<(TerminalId, String)>, EngineError> {
    if act.terminal().is_some_and(|id| id.task != task) {
        return Err(EngineError::NotFound("such terminal".to_owned()));
    }
    match act {
        TerminalAct::Open(start) => {
            let command = start.line();
            return Ok(Some((api.engine.open_terminal(task, caller.actor(), start).await?, command)));
        }
        TerminalAct::Input(id, data) => api.engine.terminal_input(id, data).await?,
        TerminalAct::Resize(id, cols, rows) => api.engine.terminal_resize(id, cols, rows).await?,
        TerminalAct::Kill(id) => api.engine.terminal_kill(id).await?,
    }
    Ok(None)
}

/// What a client is shown of a terminal.
#[derive(Debug, PartialEq)]
pub(super) enum Shown {
    /// Text, its offset, and the offset of what follows.
    Text(String, u64, u64),
    /// So many bytes, after so many others, are not kept any more.
    Dropped(u64, u64),
    /// All that was kept is shown.
    Live,
    /// There will be no more.
    Over,
}

/// One client's cursor into one terminal.
pub(super) struct Screen {
    api: Api,
    pub(super) terminal: TerminalId,
    reader: Option<TerminalReader>,
    pty: Pty,
    /// Where it goes on.
    pub(super) next: u64,
    failed: u32,
    /// What is shown next, before anything else is read.
    ready: Option<Shown>,
    over: bool,
}

impl Screen {
    pub(super) fn new(api: &Api, terminal: TerminalId, from: u64) -> Self {
        Self {
            api: api.clone(),
            terminal,
            reader: None,
            pty: Pty::default(),
            next: from,
            failed: 0,
            ready: None,
            over: false,
        }
    }

    /// What is shown next, as soon as it is there. Cancel safe.
    pub(super) async fn next(&mut self) -> Shown {
        loop {
            if let Some(ready) = self.ready.take() {
                return ready;
            }
            if self.over {
                return Shown::Over;
            }
            let Some(reader) = &mut self.reader else {
                match self.api.engine.terminal_read(self.terminal, self.next).await {
                    Ok(reader) => self.reader = Some(reader),
                    // One that is being opened is told before it is there; one that stays away is not waited for.
                    Err(EngineError::NotFound(_)) if self.failed >= TRIES => self.over = true,
                    Err(_) => self.wait().await,
                }
                continue;
            };
            match reader.next().await {
                Ok(Some(part)) => self.take(part),
                Ok(None) | Err(_) => {
                    self.reader = None;
                    self.wait().await;
                }
            }
        }
    }

    fn take(&mut self, part: TerminalPart) {
        self.failed = 0;
        self.ready = match part {
            TerminalPart::Output(pos, data) => {
                let from = if pos == self.pty.end() { self.pty.given() } else { pos };
                let shown = self.pty.take(&OutputChunk { pos, data });
                self.next = self.pty.given();
                (!shown.is_empty()).then_some(Shown::Text(shown, from, self.next))
            }
            TerminalPart::Dropped(pos, bytes) => {
                self.next = pos + bytes;
                Some(Shown::Dropped(pos, bytes))
            }
            TerminalPart::Live(_) => Some(Shown::Live),
            TerminalPart::Exit(_) => {
                self.over = true;
                let (rest, from) = (self.pty.rest(), self.next);
                self.next = self.pty.given();
                (!rest.is_empty()).then_some(Shown::Text(rest, from, self.next))
            }
        };
    }

    /// Before it is tried again: while the terminal is open, as far as the log has it.
    async fn wait(&mut self) {
        self.pty = Pty::default();
        if self.api.engine.open_terminals(self.terminal.task).contains_key(&self.terminal) {
            let [first, most] = AGAIN;
            tokio::time::sleep((first * 2_u32.saturating_pow(self.failed)).min(most)).await;
            self.failed = (self.failed + 1).min(TRIES);
        } else {
            self.over = true;
        }
    }

    /// The same within the time that what is kept may take; `None` when it takes longer.
    pub(super) async fn soon(&mut self) -> Option<Shown> {
        timeout(PATIENCE, self.next()).await.ok()
    }
}

/// What one client watches.
pub(super) struct Screens {
    api: Api,
    reads: FuturesUnordered<Abortable<BoxFuture<'static, (Screen, Shown)>>>,
    /// Each one's place, and what ends its wait.
    watched: HashMap<TerminalId, (u64, AbortHandle)>,
}

impl Drop for Screens {
    fn drop(&mut self) {
        self.watched.values().for_each(|(_, waiting)| waiting.abort());
    }
}

impl Screens {
    pub(super) fn new(api: &Api) -> Self {
        Self { api: api.clone(), reads: FuturesUnordered::new(), watched: HashMap::new() }
    }

    /// How far a terminal is shown, if it is watched.
    pub(super) fn place(&self, terminal: TerminalId) -> Option<u64> {
        self.watched.get(&terminal).map(|(at, _)| *at)
    }

    /// Watches a terminal from an offset on, unless it is watched.
    pub(super) fn watch(&mut self, terminal: TerminalId, from: u64) {
        if self.place(terminal).is_none() {
            self.go_on(Screen::new(&self.api, terminal, from));
        }
    }

    /// Goes on with a screen whose last part was shown.
    pub(super) fn go_on(&mut self, mut screen: Screen) {
        let (terminal, at) = (screen.terminal, screen.next);
        let next = async move {
            let shown = screen.next().await;
            (screen, shown)
        };
        let (read, waiting) = abortable(next.boxed());
        self.reads.push(read);
        self.watched.insert(terminal, (at, waiting));
    }

    /// Watches it no more.
    pub(super) fn leave(&mut self, terminal: TerminalId) {
        if let Some((_, waiting)) = self.watched.remove(&terminal) {
            waiting.abort();
        }
    }

    /// Watches none of these any more.
    pub(super) fn leave_all(&mut self, of: impl Fn(TerminalId) -> bool) {
        let gone: Vec<_> = self.watched.keys().copied().filter(|id| of(*id)).collect();
        gone.into_iter().for_each(|id| self.leave(id));
    }

    /// What is shown next, of any of them; [`Self::go_on`] follows. Cancel safe.
    pub(super) async fn next(&mut self) -> (Screen, Shown) {
        loop {
            match self.reads.next().await {
                Some(Ok(shown)) => return shown,
                Some(Err(_aborted)) => {}
                None => return std::future::pending().await,
            }
        }
    }
}

impl Shown {
    /// As one of seed 003's events, if it is one.
    fn event(&self, terminal: TerminalId) -> Option<AnyEvent> {
        let (kind, data) = match self {
            Self::Text(shown, from, next) => (
                "terminal.data",
                json!({ "terminalId": terminal, "data": shown, "offset": from, "nextOffset": next }),
            ),
            Self::Dropped(from, bytes) => {
                ("terminal.truncated", json!({ "terminalId": terminal, "offset": from, "bytes": bytes }))
            }
            Self::Live | Self::Over => return None,
        };
        Some(event(kind, data))
    }

    /// As a frame on a socket with channels.
    pub(super) fn tagged(&self, terminal: TerminalId, seq: Seq, channel: Channel) -> Option<String> {
        Some(on_channel(self.event(terminal)?, terminal, seq, channel))
    }

    /// As a frame on the socket of one session.
    pub(super) fn of_session(&self, terminal: TerminalId, seq: Seq) -> Option<String> {
        Some(of_session(self.event(terminal)?, seq))
    }
}

fn event(kind: &str, data: Value) -> AnyEvent {
    let data = if let Value::Object(data) = data { data } else { Map::new() };
    AnyEvent::new(kind, data, Timestamp::now())
}

fn on_channel(event: AnyEvent, terminal: TerminalId, seq: Seq, channel: Channel) -> String {
    let (session_id, agent_id) = (terminal.task.to_string(), terminal.task.to_string());
    text(&WsChannelEventMessage { kind: Tag::new(), channel, session_id, agent_id, seq, event })
}

fn of_session(event: AnyEvent, seq: Seq) -> String {
    text(&WsEventMessage { kind: Tag::new(), timestamp: event.timestamp.clone(), seq: Some(seq), event })
}

/// What only the one who opened a terminal is told: its name.
fn created(terminal: TerminalId, command: &str) -> AnyEvent {
    event("terminal.created", json!({ "terminalId": terminal, "command": command }))
}

/// The same on a socket with channels.
pub(super) fn created_on_channel(terminal: TerminalId, command: &str) -> String {
    let channel = Channel(format!("session:{}:terminal:{terminal}", terminal.task));
    on_channel(created(terminal, command), terminal, Seq::ZERO, channel)
}

/// The same on the socket of one session.
pub(super) fn created_of_session(terminal: TerminalId, command: &str) -> String {
    of_session(created(terminal, command), Seq::ZERO)
}

/// What a terminal's frames are about.
pub(super) fn topic(terminal: TerminalId) -> Topic {
    Topic::Terminal(Some(terminal.to_string().into()))
}

/// The person's terminal that a frame of a session's log is about, if it is about one.
pub(super) fn of_topic(topic: &Topic, task: TaskId) -> Option<TerminalId> {
    match topic {
        Topic::Terminal(Some(id)) => id.parse::<TerminalId>().ok().filter(|id| id.task == task),
        Topic::Terminal(None) | Topic::Queue | Topic::Files | Topic::Other => None,
    }
}

/// The one terminal that a channel is about.
pub(super) fn of_channel(channel: &Channel) -> Option<TerminalId> {
    let (session, terminal) = match channel.0.strip_prefix("session:") {
        Some(rest) => rest.split_once(":terminal:").map(|(s, t)| (Some(s), t))?,
        None => (None, channel.0.strip_prefix("terminals:")?),
    };
    let id = terminal.parse::<TerminalId>().ok()?;
    session.is_none_or(|s| id.task.to_string() == s).then_some(id)
}
