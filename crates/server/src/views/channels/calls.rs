//! JSON-RPC requests that have no answer yet: an answer's method is its request's, and what it says of a terminal is
//! known only with it.
//!
//! Frames are an agent's own JSON, which may be anything: only what is needed is read, and what is kept is bounded.

use std::collections::HashMap;

use lia_protocol::event::Direction;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::names::{self, Topic};

/// Requests without an answer, and terminals, that are kept of one session.
const CALLS: usize = 1024;
/// Bytes of a request's id or method, or of a terminal's id or command, that are kept.
const KEPT_BYTES: usize = 512;

/// A frame's parts, as slices of its bytes.
#[derive(Debug, Deserialize)]
pub(super) struct Frame<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<&'a RawValue>,
    /// If any.
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

/// `null` is a value here, and not the absence of one.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(d: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(d).map(Some)
}

/// A request that waits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    method: Box<str>,
    /// What a `terminal/create` runs, or the terminal that the request is about.
    about: Option<Box<str>>,
}

/// What an answer says of a terminal.
#[derive(Debug, Default, PartialEq)]
pub(super) struct News {
    pub(super) started: Option<(Box<str>, Box<str>)>,
    pub(super) output: Option<(Box<str>, String)>,
    pub(super) exit: Option<(Box<str>, Option<i32>)>,
}

/// Whose request, and its id as JSON.
type Key = (bool, Box<str>);

/// Requests without an answer, and the agent's terminals with the bytes of their output that are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    open: HashMap<Key, Call>,
    terminals: HashMap<Box<str>, usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TerminalParams {
    terminal_id: Option<Box<str>>,
    command: Option<Box<str>>,
    #[serde(default)]
    args: Vec<Box<str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TerminalResult {
    terminal_id: Option<Box<str>>,
    output: Option<String>,
    #[serde(default)]
    truncated: bool,
    exit_code: Option<i64>,
    exit_status: Option<ExitStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExitStatus {
    exit_code: Option<i64>,
}

fn cut(s: &str) -> Box<str> {
    s[..s.floor_char_boundary(KEPT_BYTES)].into()
}

impl<'a> Frame<'a> {
    /// Reads one; anything that is not a JSON object with these parts is `None`.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The method as a JSON string, as it was written.
    pub(super) fn method_json(&self) -> &'a str {
        self.method.map(RawValue::get).filter(|m| m.starts_with('"')).unwrap_or("\"\"")
    }

    fn method(&self) -> Option<std::borrow::Cow<'a, str>> {
        let json = self.method_json();
        match json.get(1..json.len() - 1) {
            Some(plain) if !plain.contains('\\') => Some(plain.into()),
            _ => serde_json::from_str::<String>(json).ok().map(Into::into),
        }
    }

    /// What it is about.
    pub(super) fn topic(&self) -> Topic {
        self.method().map_or(Topic::Other, |m| names::topic("rpc", Some(&m), None))
    }

    /// Of an answer: its result or its error.
    pub(super) fn answer(&self) -> Option<&'a RawValue> {
        self.error.or(self.result)
    }

    /// Of a request: what is to be kept until its answer.
    pub(super) fn call(&self) -> Option<Call> {
        let method = self.method()?;
        let about = match &*method {
            "terminal/create" => self.terminal_params().and_then(|p| {
                let command = p.command?;
                let words: Vec<&str> =
                    std::iter::once(&*command).chain(p.args.iter().map(|a| &**a)).collect();
                Some(cut(&words.join(" ")))
            }),
            "terminal/output" | "terminal/wait_for_exit" | "terminal/release" => {
                self.terminal_params().and_then(|p| p.terminal_id).map(|t| cut(&t))
            }
            _ => None,
        };
        Some(Call { method: cut(&method), about })
    }

    fn terminal_params(&self) -> Option<TerminalParams> {
        serde_json::from_str(self.params?.get()).ok()
    }
}

impl Calls {
    fn key(asker: Direction, frame: &Frame<'_>) -> Option<Key> {
        let id = frame.id?.get();
        (id.len() <= KEPT_BYTES).then(|| (asker == Direction::AgentToClient, id.into()))
    }

    pub(super) fn asked(&mut self, direction: Direction, frame: &Frame<'_>, call: Call) {
        if self.open.len() < CALLS
            && let Some(key) = Self::key(direction, frame)
        {
            self.open.insert(key, call);
        }
    }

    fn key_of_answer(direction: Direction, frame: &Frame<'_>) -> Option<Key> {
        let asker = match direction {
            Direction::AgentToClient => Direction::ClientToAgent,
            Direction::ClientToAgent => Direction::AgentToClient,
        };
        Self::key(asker, frame)
    }

    /// Whether this answers a request that is known.
    pub(super) fn knows(&self, direction: Direction, answer: &Frame<'_>) -> bool {
        Self::key_of_answer(direction, answer).is_some_and(|k| self.open.contains_key(&k))
    }

    /// Takes an answer in: its request's method, and what it says of a terminal.
    pub(super) fn answered(&mut self, direction: Direction, frame: &Frame<'_>) -> Option<(Box<str>, News)> {
        let call = self.open.remove(&Self::key_of_answer(direction, frame)?)?;
        let news = self.terminal_news(&call, frame).unwrap_or_default();
        Some((call.method, news))
    }

    fn terminal_news(&mut self, call: &Call, frame: &Frame<'_>) -> Option<News> {
        let (terminal, method) = (call.about.as_ref(), &*call.method);
        if method == "terminal/release" {
            self.terminals.remove(terminal?);
            return None;
        }
        if !method.starts_with("terminal/") {
            return None;
        }
        let result: TerminalResult = serde_json::from_str(frame.result?.get()).ok()?;
        let mut news = News::default();
        match method {
            "terminal/create" => {
                let id = result.terminal_id?;
                if self.terminals.len() < CALLS {
                    self.terminals.insert(cut(&id), 0);
                }
                news.started = Some((cut(&id), terminal.cloned().unwrap_or_default()));
            }
            "terminal/output" => {
                let (id, output) = (terminal?, result.output?);
                let seen = self.terminals.get_mut(id)?;
                // What was dropped before its beginning is not known: then all of it is told again.
                let fresh = if result.truncated { &*output } else { output.get(*seen..).unwrap_or(&output) };
                *seen = output.len();
                news.output = Some((id.clone(), fresh.to_owned()));
            }
            "terminal/wait_for_exit" => {
                let code = result.exit_code.or_else(|| result.exit_status.and_then(|s| s.exit_code));
                news.exit = Some((terminal?.clone(), code.and_then(|c| i32::try_from(c).ok())));
            }
            _ => {}
        }
        Some(news)
    }
}
