//! The log's events. This file is the one list of their kinds: a new kind needs an arm in every view.

use std::{borrow::Cow, fmt, str::FromStr};

use base64::{display::Base64Display, engine::general_purpose::STANDARD};
use bytes::{BufMut as _, Bytes, BytesMut};
use macro_rules_attribute::apply;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};

use crate::{
    ids::{CommandId, PermissionId, Seq, SessionId, TurnId, UserId},
    limits,
    task::TaskStatus,
    time::Timestamp,
    wire::{message, tag::True, word},
};

/// Who sent an ACP frame to whom (the words of seed 003).
#[apply(word)]
#[schemars(inline)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Lia's sidecar to the agent.
    ClientToAgent,
    /// The agent to Lia's sidecar.
    AgentToClient,
}

/// What an ACP frame is.
#[apply(word)]
#[schemars(inline)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Wants an answer.
    Request,
    /// The answer.
    Response,
    /// Wants none.
    Notification,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident($body:ty) = $code:literal, $text:literal;)*) => {
        /// What an event is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind {
            /// One ACP frame; the body is the frame's bytes as received.
            Rpc(Direction, Phase),
            /// Bytes of a PTY; the body is [`OutputChunk`].
            Output,
            $($(#[$doc])* $name,)*
        }

        /// An event's body, read.
        #[derive(Clone, Debug, PartialEq)]
        pub enum EventBody<'a> {
            /// One ACP frame.
            Rpc(Direction, Phase, &'a Bytes),
            /// Bytes of a PTY.
            Output(OutputChunk),
            $($(#[$doc])* $name($body),)*
        }

        impl Kind {
            /// The byte that the store keeps. Never reuse one.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self {
                    Self::Rpc(Direction::ClientToAgent, Phase::Request) => 1,
                    Self::Rpc(Direction::ClientToAgent, Phase::Response) => 2,
                    Self::Rpc(Direction::ClientToAgent, Phase::Notification) => 3,
                    Self::Rpc(Direction::AgentToClient, Phase::Request) => 4,
                    Self::Rpc(Direction::AgentToClient, Phase::Response) => 5,
                    Self::Rpc(Direction::AgentToClient, Phase::Notification) => 6,
                    Self::Output => 7,
                    $(Self::$name => $code,)*
                }
            }

            /// The kind of a stored byte.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                Some(match code {
                    1 => Self::Rpc(Direction::ClientToAgent, Phase::Request),
                    2 => Self::Rpc(Direction::ClientToAgent, Phase::Response),
                    3 => Self::Rpc(Direction::ClientToAgent, Phase::Notification),
                    4 => Self::Rpc(Direction::AgentToClient, Phase::Request),
                    5 => Self::Rpc(Direction::AgentToClient, Phase::Response),
                    6 => Self::Rpc(Direction::AgentToClient, Phase::Notification),
                    7 => Self::Output,
                    $($code => Self::$name,)*
                    _ => return None,
                })
            }

            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::Rpc(..) => "rpc",
                    Self::Output => "output",
                    $(Self::$name => $text,)*
                }
            }
        }

        impl Event {
            /// Reads the body.
            ///
            /// # Errors
            /// When the stored bytes are not of the kind's form (a defect, or another version's log).
            pub fn read(&self) -> Result<EventBody<'_>, serde_json::Error> {
                Ok(match self.kind {
                    Kind::Rpc(d, p) => EventBody::Rpc(d, p, &self.body),
                    Kind::Output => EventBody::Output(OutputChunk::decode(&self.body)),
                    $(Kind::$name => EventBody::$name(serde_json::from_slice(&self.body)?),)*
                })
            }
        }

        $(impl OwnEvent for $body {
            const KIND: Kind = Kind::$name;
        })*
    };
}

kinds! {
    /// The task's state changed.
    TaskState(TaskState) = 16, "task.state";
    /// A turn began.
    TurnStarted(TurnStarted) = 17, "turn.started";
    /// A turn ended.
    TurnEnded(TurnEnded) = 18, "turn.ended";
    /// A prompt was accepted and waits.
    PromptQueued(PromptQueued) = 19, "prompt.queued";
    /// The sidecar has begun to act on a prompt.
    PromptDelivered(PromptDelivered) = 20, "prompt.delivered";
    /// Whether the prompt was acted on is not known; it is never resent by itself.
    PromptUnknown(PromptUnknown) = 21, "prompt.unknown";
    /// A prompt was taken back before it was delivered.
    PromptWithdrawn(PromptWithdrawn) = 22, "prompt.withdrawn";
    /// The agent asks a person.
    PermissionRequested(PermissionRequested) = 23, "permission.requested";
    /// The first answer to a question.
    PermissionAnswered(PermissionAnswered) = 24, "permission.answered";
    /// The gateway refused a connection.
    EgressRefused(EgressRefused) = 25, "egress.refused";
    /// The gateway let a connection pass (first of its destination).
    EgressAllowed(EgressAllowed) = 26, "egress.allowed";
    /// Tokens that went through the broker.
    Usage(Usage) = 27, "usage";
    /// Files of the workspace changed.
    FsChanged(FsChanged) = 28, "fs.changed";
    /// A step of set-up.
    Progress(Progress) = 29, "progress";
    /// Something failed.
    Error(ErrorEvent) = 30, "error";
    /// The oldest PTY bytes were dropped.
    LogTruncated(LogTruncated) = 31, "log.truncated";
    /// The agent answered the handshake.
    AgentReady(AgentReady) = 32, "agent.ready";
    /// The agent's process ended.
    AgentExited(AgentExited) = 33, "agent.exited";
    /// Waiting prompts are held back.
    QueuePaused(QueuePaused) = 34, "queue.paused";
    /// Waiting prompts go on.
    QueueResumed(QueueResumed) = 35, "queue.resumed";
    /// Waiting prompts were put into another order.
    QueueReordered(QueueReordered) = 36, "queue.reordered";
    /// What is decided about the session changed.
    SettingsChanged(SettingsChanged) = 37, "settings.changed";
    /// A person opened a terminal beside the agent. What it prints is not in the log.
    TerminalOpened(TerminalOpened) = 38, "terminal.opened";
    /// A person's terminal is over.
    TerminalClosed(TerminalClosed) = 39, "terminal.closed";
}

/// A body that is JSON of Lia's own.
pub trait OwnEvent: Serialize + DeserializeOwned {
    /// Its kind.
    const KIND: Kind;
}

/// Who made an event: `system`, `sidecar`, `agent`, `gateway`, or `user:<id>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Actor {
    /// The control plane.
    System,
    /// The sidecar.
    Sidecar,
    /// The agent.
    Agent,
    /// The gateway.
    Gateway,
    /// A person, or a program in a person's name.
    User(UserId),
}

impl JsonSchema for Actor {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Actor".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": 69,
            "pattern": r"^(?:system|sidecar|agent|gateway|user:[^\u0000-\u001f\u007f-\u009f]+)$",
        })
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Sidecar => f.write_str("sidecar"),
            Self::Agent => f.write_str("agent"),
            Self::Gateway => f.write_str("gateway"),
            Self::User(u) => write!(f, "user:{u}"),
        }
    }
}

impl FromStr for Actor {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        Ok(match s {
            "system" => Self::System,
            "sidecar" => Self::Sidecar,
            "agent" => Self::Agent,
            "gateway" => Self::Gateway,
            _ => match s.strip_prefix("user:").map(UserId::from_str) {
                Some(Ok(u)) => Self::User(u),
                _ => return Err(format!("{s:?} is not an actor")),
            },
        })
    }
}
impl TryFrom<String> for Actor {
    type Error = String;
    fn try_from(s: String) -> Result<Self, String> {
        s.parse()
    }
}
impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// One entry of a session's log, committed.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Gapless from 1 within the session.
    pub seq: Seq,
    /// When the control plane appended it. Never sort by it.
    pub at: Timestamp,
    /// Whose log.
    pub session: SessionId,
    /// The turn it belongs to.
    pub turn: Option<TurnId>,
    /// Who made it.
    pub actor: Actor,
    /// The command that led to it.
    pub cause: Option<CommandId>,
    /// Version of the body's form.
    pub v: u8,
    /// What it is.
    pub kind: Kind,
    /// JSON for Lia's own kinds; the frame for `rpc`; [`OutputChunk::encode`]d for `output`.
    pub body: Bytes,
}

impl Event {
    /// The event as one JSON object: `{seq, at, session, turn?, actor, cause?, v, kind, direction?, phase?, body}`.
    /// A frame's bytes go in as they are; PTY bytes as base64 with their position.
    #[must_use]
    pub fn to_json(&self) -> Bytes {
        use std::fmt::Write as _;
        let grows = if self.kind == Kind::Output { self.body.len() / 3 } else { 0 };
        let mut b = BytesMut::with_capacity(self.body.len() + grows + 512);
        let _ = write!(b, r#"{{"seq":{},"at":"{}","session":"{}""#, self.seq, self.at, self.session);
        if let Some(t) = self.turn {
            let _ = write!(b, r#","turn":"{t}""#);
        }
        b.put_slice(b",\"actor\":");
        put_json(&mut b, &self.actor);
        if let Some(c) = self.cause {
            let _ = write!(b, r#","cause":"{c}""#);
        }
        let _ = write!(b, r#","v":{},"kind":"{}""#, self.v, self.kind.as_str());
        match self.kind {
            Kind::Rpc(d, p) => {
                b.put_slice(b",\"direction\":");
                put_json(&mut b, &d);
                b.put_slice(b",\"phase\":");
                put_json(&mut b, &p);
                b.put_slice(b",\"body\":");
                b.put_slice(&self.body);
            }
            Kind::Output => {
                let chunk = OutputChunk::decode(&self.body);
                let data = Base64Display::new(&chunk.data, &STANDARD);
                let _ = write!(b, r#","body":{{"pos":{},"data":"{data}"}}"#, chunk.pos);
            }
            _ => {
                b.put_slice(b",\"body\":");
                b.put_slice(&self.body);
            }
        }
        b.put_u8(b'}');
        b.freeze()
    }
}

fn put_json<T: Serialize>(b: &mut BytesMut, v: &T) {
    // Writing these small types into memory cannot fail.
    let _ = serde_json::to_writer(b.writer(), v);
}

/// An event that is to be appended: all but what the store gives out.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// See [`Event::turn`].
    pub turn: Option<TurnId>,
    /// See [`Event::actor`].
    pub actor: Actor,
    /// See [`Event::cause`].
    pub cause: Option<CommandId>,
    /// See [`Event::kind`].
    pub kind: Kind,
    /// See [`Event::body`].
    pub body: Bytes,
    /// Where in the sidecar's journal it came from.
    pub link: Option<LinkPos>,
}

impl NewEvent {
    /// One of Lia's own events.
    #[must_use]
    pub fn own<T: OwnEvent>(actor: Actor, body: &T) -> Self {
        Self {
            turn: None,
            actor,
            cause: None,
            kind: T::KIND,
            // These types are plain data with string keys: serialising them cannot fail.
            body: serde_json::to_vec(body).unwrap_or_default().into(),
            link: None,
        }
    }

    /// With its turn.
    #[must_use]
    pub fn in_turn(mut self, turn: Option<TurnId>) -> Self {
        self.turn = turn;
        self
    }

    /// With the command that led to it.
    #[must_use]
    pub fn caused_by(mut self, cause: CommandId) -> Self {
        self.cause = Some(cause);
        self
    }

    /// With its place in the sidecar's journal.
    #[must_use]
    pub fn at_link(mut self, link: LinkPos) -> Self {
        self.link = Some(link);
        self
    }
}

/// A place in a sidecar's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkPos {
    /// Which life of the link.
    pub epoch: crate::ids::LinkEpoch,
    /// Which line.
    pub offset: crate::ids::Offset,
}

/// Bytes of a PTY and their position in its whole output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputChunk {
    /// Bytes before these since the terminal began.
    pub pos: u64,
    /// The bytes as they came.
    pub data: Bytes,
}

impl OutputChunk {
    /// 8 bytes of position (big-endian), then the bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut b = BytesMut::with_capacity(8 + self.data.len());
        b.put_u64(self.pos);
        b.put_slice(&self.data);
        b.freeze()
    }

    /// The reverse of [`Self::encode`]; bytes that are too short are taken as data at position 0.
    #[must_use]
    pub fn decode(body: &Bytes) -> Self {
        match body.first_chunk::<8>() {
            Some(pos) => Self { pos: u64::from_be_bytes(*pos), data: body.slice(8..) },
            None => Self { pos: 0, data: body.clone() },
        }
    }

    /// The bytes as text for a view.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.data)
    }
}

/// `task.state`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct TaskState {
    /// The new state.
    pub status: TaskStatus,
    /// Why: `created`, `idle`, `user`, `timeout`, `agent_exit`, `deleted`, `node_restart`, …
    pub reason: String,
    /// The agent's exit code, once it has ended.
    pub exit_code: Option<i32>,
    /// A sentence, when something failed.
    pub error: Option<String>,
}

/// `turn.started`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct TurnStarted {
    /// The prompt's command.
    pub command: CommandId,
}

/// `turn.ended`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct TurnEnded {
    /// The prompt's command.
    pub command: CommandId,
    /// An ACP stop reason (`end_turn`, `max_tokens`, `max_turn_requests`, `refusal`, `cancelled`), or `error`, `unknown`.
    pub stop_reason: String,
    /// The agent's error, for `error`.
    pub error: Option<String>,
}

/// `prompt.queued`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct PromptQueued {
    /// The prompt's command.
    pub command: CommandId,
    /// The text.
    pub text: String,
    /// How many wait before it.
    pub position: u32,
}

/// `prompt.delivered`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct PromptDelivered {
    /// The prompt's command.
    pub command: CommandId,
}

/// `prompt.unknown`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct PromptUnknown {
    /// The command.
    pub command: CommandId,
    /// Why.
    pub reason: String,
}

/// `prompt.withdrawn`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct PromptWithdrawn {
    /// The command.
    pub command: CommandId,
    /// Why: `user`, `terminated`.
    pub reason: String,
}

/// One of the answers that an agent offers.
#[apply(message)]
#[derive(Eq)]
pub struct PermissionOption {
    /// What goes back to the agent.
    pub option_id: String,
    /// For people.
    pub name: String,
    /// `allow_once`, `allow_always`, `reject_once`, `reject_always`, or another word of the agent.
    pub kind: String,
}

/// `permission.requested`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct PermissionRequested {
    /// Lia's name of the question.
    pub id: PermissionId,
    /// The agent's name of the tool call.
    pub tool_call_id: String,
    /// What it wants to do.
    pub title: String,
    /// ACP's tool kind, if said.
    pub tool_kind: Option<String>,
    /// The answers offered.
    #[garde(dive)]
    pub options: Vec<PermissionOption>,
}

/// `permission.answered`
#[apply(message)]
#[derive(Eq)]
pub struct PermissionAnswered {
    /// Which question.
    pub id: PermissionId,
    /// The option taken; `None` is "cancelled".
    pub option_id: Option<String>,
    /// Its kind.
    pub option_kind: Option<String>,
    /// Who: an [`Actor`] as text.
    pub by: String,
}

/// `egress.refused`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct EgressRefused {
    /// As asked for (at most 255 bytes, printable).
    pub host: String,
    /// Port.
    pub port: u16,
    /// `proxy`, `transparent`, `broker`, `dns`.
    pub door: String,
    /// A readable sentence.
    pub reason: String,
    /// How many more of the same were folded into this one.
    #[serde(default)]
    pub repeated: u32,
}

/// `egress.allowed`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct EgressAllowed {
    /// The host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// `proxy`, `transparent`.
    pub door: String,
}

/// `usage`
#[apply(message)]
#[derive(Default, Eq)]
#[schemars(inline)]
pub struct Usage {
    /// `anthropic`, `openai`, `gemini`.
    pub provider: String,
    /// As the provider named it.
    pub model: String,
    /// Tokens in.
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub input_tokens: u64,
    /// Tokens out.
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub output_tokens: u64,
    /// Input tokens read from a cache (part of none of the above with Anthropic, of `input_tokens` with OpenAI).
    #[serde(default)]
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub cache_read_tokens: u64,
    /// Input tokens written to a cache.
    #[serde(default)]
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub cache_write_tokens: u64,
    /// The HTTP status of the upstream.
    pub status: u16,
}

/// `fs.changed`: at most [`limits::CHANGED_PATHS`] paths in all, of [`limits::CHANGED_BYTES`] bytes together.
#[apply(message)]
#[derive(Default, Eq)]
#[schemars(inline)]
pub struct FsChanged {
    /// Those whose content changed, relative to the workspace.
    #[garde(length(max = limits::CHANGED_PATHS), inner(length(utf16, max = limits::PATH_BYTES)))]
    pub paths: Vec<String>,
    /// Those that are new.
    #[garde(length(max = limits::CHANGED_PATHS), inner(length(utf16, max = limits::PATH_BYTES)))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// Those that are gone.
    #[garde(length(max = limits::CHANGED_PATHS), inner(length(utf16, max = limits::PATH_BYTES)))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deleted: Vec<String>,
    /// Whether more may have changed than is listed.
    pub truncated: Option<True>,
}

impl FsChanged {
    /// How many are listed.
    #[must_use]
    pub fn count(&self) -> usize {
        self.paths.len() + self.added.len() + self.deleted.len()
    }

    /// Whether it is no larger than one may be.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        let all = || self.paths.iter().chain(&self.added).chain(&self.deleted);
        self.count() <= limits::CHANGED_PATHS
            && all().all(|path| path.len() <= limits::PATH_BYTES)
            && all().map(String::len).sum::<usize>() <= limits::CHANGED_BYTES
    }
}

/// `progress`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct Progress {
    /// `creating_vm`, `configuring_vm`, `booting_vm`, `connecting_agent`, `initializing_agent`, `ready`, …
    pub stage: String,
    /// For people.
    pub message: String,
}

/// `error`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct ErrorEvent {
    /// A sentence.
    pub message: String,
    /// For programs.
    pub code: Option<String>,
}

/// `log.truncated`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct LogTruncated {
    /// PTY bytes dropped so far.
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub bytes: u64,
}

/// `agent.ready`
#[apply(message)]
#[derive(Default, Eq)]
#[schemars(inline)]
pub struct AgentReady {
    /// The agent's own session id.
    pub acp_session: Option<String>,
    /// Whether it offers `session/load`.
    #[serde(default)]
    pub can_load: bool,
    /// Its name and version, if said.
    pub agent: Option<String>,
    /// Whether this is a loaded session and not a new one.
    #[serde(default)]
    pub loaded: bool,
}

/// `agent.exited`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct AgentExited {
    /// Its exit code; 128 + signal when a signal ended it.
    pub code: i32,
    /// The signal.
    pub signal: Option<i32>,
    /// The end of its standard error (at most 4,000 bytes).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr_tail: String,
}

/// `queue.paused`
#[apply(message)]
#[derive(Default, Eq)]
#[schemars(inline)]
pub struct QueuePaused {}

/// `queue.resumed`
#[apply(message)]
#[derive(Default, Eq)]
#[schemars(inline)]
pub struct QueueResumed {}

/// `queue.reordered`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct QueueReordered {
    /// All prompts that wait, the next one first.
    pub order: Vec<CommandId>,
}

/// `settings.changed`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct SettingsChanged {
    /// Whether Lia itself answers questions with the first option that allows; absent: as the server's settings have it.
    pub auto_approve: Option<bool>,
}

/// `terminal.opened`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct TerminalOpened {
    /// Which ([`crate::terminal::TerminalId`]).
    pub terminal: String,
    /// What runs in it.
    pub command: String,
    /// Its first size: columns.
    pub cols: u16,
    /// Its first size: rows.
    pub rows: u16,
}

/// `terminal.closed`
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct TerminalClosed {
    /// Which.
    pub terminal: String,
    /// The exit code, when its command ended by itself: 128 + signal when a signal ended it.
    pub exit_code: Option<i32>,
    /// Why it is over, when not because its command ended.
    pub error: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_a_bijection() {
        let mut seen = 0;
        for code in 0..=u8::MAX {
            if let Some(k) = Kind::from_code(code) {
                assert_eq!(k.code(), code);
                seen += 1;
            }
        }
        assert_eq!(seen, 31);
    }

    #[test]
    fn json_keeps_the_frames_bytes() {
        let frame = r#"{"jsonrpc":"2.0",  "method":"x","params":{"big":12345678901234567890123}}"#;
        let e = Event {
            seq: Seq(7),
            at: Timestamp(0),
            session: SessionId(uuid::Uuid::nil()),
            turn: None,
            actor: Actor::Agent,
            cause: None,
            v: 1,
            kind: Kind::Rpc(Direction::AgentToClient, Phase::Notification),
            body: Bytes::from_static(frame.as_bytes()),
        };
        let json = String::from_utf8(e.to_json().to_vec()).unwrap();
        assert!(
            json.ends_with(&format!(
                r#""kind":"rpc","direction":"agent_to_client","phase":"notification","body":{frame}}}"#
            )),
            "{json}"
        );
    }
}
