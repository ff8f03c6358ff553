//! The messages of `/api/v1/tasks/{id}/stream`: seed 000's six types, and the superset for clients that ask for it.

use macro_rules_attribute::apply;

use crate::{
    event::{PermissionAnswered, PermissionOption, PermissionRequested, Progress, TurnEnded},
    ids::{CommandId, PermissionId, Seq},
    limits,
    task::TaskStatus,
    wire::{
        message,
        optional::Nullable,
        tag::{Tag, tagged},
        union::union,
        word,
    },
};

/// The tags of [`WsMessage`].
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum WsMessageType {
    /// Terminal output.
    Output,
    /// User input.
    Input,
    /// The task's status changed.
    Status,
    /// Something failed.
    Error,
    /// Keep-alive request.
    Ping,
    /// Keep-alive response.
    Pong,
}

/// Terminal output.
#[apply(message)]
pub struct WsOutputMessage {
    /// Always `output`.
    #[serde(rename = "type")]
    pub kind: Tag<WsOutputTag>,
    /// Text; bytes that are not UTF-8 show as U+FFFD here.
    pub data: String,
    /// Milliseconds since the epoch.
    #[garde(range(min = -limits::SAFE_SIGNED, max = limits::SAFE_SIGNED))]
    pub timestamp: i64,
    /// The log's seq (ours).
    pub seq: Option<Seq>,
}

/// User input: bytes for a terminal, one prompt for an ACP agent.
#[apply(message)]
pub struct WsInputMessage {
    /// Always `input`.
    #[serde(rename = "type")]
    pub kind: Tag<WsInputTag>,
    /// The text.
    pub data: String,
    /// Makes a repeat harmless (ours).
    pub id: Option<CommandId>,
}

/// The task's status changed.
#[apply(message)]
pub struct WsStatusMessage {
    /// Always `status`.
    #[serde(rename = "type")]
    pub kind: Tag<WsStatusTag>,
    /// The new status.
    pub status: TaskStatus,
    /// Once the agent has ended.
    pub exit_code: Option<i32>,
    /// The log's seq (ours).
    pub seq: Option<Seq>,
}

/// Something failed. Seed 003's per-session socket has the same message.
#[apply(message)]
pub struct WsErrorMessage {
    /// Always `error`.
    #[serde(rename = "type")]
    pub kind: Tag<WsErrorTag>,
    /// A sentence.
    pub message: String,
    /// The log's seq, when the error is an event and not an answer to the asker (ours).
    pub seq: Option<Seq>,
}

/// Keep-alive.
#[apply(message)]
pub struct WsPingMessage {
    /// Always `ping`.
    #[serde(rename = "type")]
    pub kind: Tag<WsPingTag>,
}

/// Answer to `ping`, to the asker alone. Seed 003's channels have the same message.
#[apply(message)]
pub struct WsPongMessage {
    /// Always `pong`.
    #[serde(rename = "type")]
    pub kind: Tag<WsPongTag>,
}

tagged! {
    WsOutputMessage, WsOutputTag = "output";
    WsInputMessage, WsInputTag = "input";
    WsStatusMessage, WsStatusTag = "status";
    WsErrorMessage, WsErrorTag = "error";
    WsPingMessage, WsPingTag = "ping";
    WsPongMessage, WsPongTag = "pong";
}

union! {
    /// Seed 000's union, exactly its six types. Extra fields may be there, extra types not.
    pub enum WsMessage by "type" {
        /// Terminal output.
        Output(WsOutputMessage),
        /// User input.
        Input(WsInputMessage),
        /// The task's status changed.
        Status(WsStatusMessage),
        /// Something failed.
        Error(WsErrorMessage),
        /// Keep-alive.
        Ping(WsPingMessage),
        /// Answer to `ping`.
        Pong(WsPongMessage),
    }
}

impl WsMessage {
    /// `ping`
    pub const PING: Self = Self::Ping(WsPingMessage { kind: Tag::new() });
    /// `pong`
    pub const PONG: Self = Self::Pong(WsPongMessage { kind: Tag::new() });

    /// An `output`.
    #[must_use]
    pub fn output(data: impl Into<String>, timestamp: i64, seq: Option<Seq>) -> Self {
        Self::Output(WsOutputMessage { kind: Tag::new(), data: data.into(), timestamp, seq })
    }

    /// An `input`.
    #[must_use]
    pub fn input(data: impl Into<String>, id: Option<CommandId>) -> Self {
        Self::Input(WsInputMessage { kind: Tag::new(), data: data.into(), id })
    }

    /// A `status`.
    #[must_use]
    pub const fn status(status: TaskStatus, exit_code: Option<i32>, seq: Option<Seq>) -> Self {
        Self::Status(WsStatusMessage { kind: Tag::new(), status, exit_code, seq })
    }

    /// An `error`.
    #[must_use]
    pub fn error(message: impl Into<String>, seq: Option<Seq>) -> Self {
        Self::Error(WsErrorMessage { kind: Tag::new(), message: message.into(), seq })
    }
}

/// The stream's additions for a client that connects with `?progress=1`: a step of set-up.
#[apply(message)]
#[derive(Eq)]
pub struct WsProgressMessage {
    /// Always `progress`.
    #[serde(rename = "type")]
    pub kind: Tag<WsProgressTag>,
    /// The log's seq.
    pub seq: Seq,
    /// `creating_vm`, `configuring_vm`, `booting_vm`, `connecting_agent`, `initializing_agent`, `ready`, …
    pub stage: String,
    /// For people.
    pub message: String,
}

/// The agent asks.
#[apply(message)]
#[derive(Eq)]
pub struct WsPermissionMessage {
    /// Always `permission`.
    #[serde(rename = "type")]
    pub kind: Tag<WsPermissionTag>,
    /// The log's seq.
    pub seq: Seq,
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

/// A question was answered.
#[apply(message)]
#[derive(Eq)]
pub struct WsAnsweredMessage {
    /// Always `answered`.
    #[serde(rename = "type")]
    pub kind: Tag<WsAnsweredTag>,
    /// The log's seq.
    pub seq: Seq,
    /// Which question.
    pub id: PermissionId,
    /// The option taken; absent is "cancelled".
    pub option_id: Option<String>,
    /// Its kind.
    pub option_kind: Option<String>,
    /// Who: `system`, or `user:` and a user's id.
    pub by: String,
}

/// A prompt's state changed.
#[apply(message)]
#[derive(Eq)]
pub struct WsPromptMessage {
    /// Always `prompt`.
    #[serde(rename = "type")]
    pub kind: Tag<WsPromptTag>,
    /// The log's seq.
    pub seq: Seq,
    /// Which prompt.
    pub id: CommandId,
    /// The new state: `queued`, `delivered`, `unknown`, `withdrawn`.
    pub state: String,
}

/// A turn ended.
#[apply(message)]
#[derive(Eq)]
pub struct WsTurnMessage {
    /// Always `turn`.
    #[serde(rename = "type")]
    pub kind: Tag<WsTurnTag>,
    /// The log's seq.
    pub seq: Seq,
    /// The prompt's command.
    pub command: CommandId,
    /// An ACP stop reason, or `error`, `unknown`.
    pub stop_reason: String,
    /// The agent's error, for `error`.
    pub error: Option<String>,
}

/// An egress connection was refused or allowed.
#[apply(message)]
#[derive(Eq)]
pub struct WsEgressMessage {
    /// Always `egress`.
    #[serde(rename = "type")]
    pub kind: Tag<WsEgressTag>,
    /// The log's seq.
    pub seq: Seq,
    /// `refused` or `allowed`.
    pub verdict: String,
    /// Where to.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// The client is up to date: everything before `seq` has been sent.
#[apply(message)]
#[derive(Eq)]
pub struct WsLiveMessage {
    /// Always `live`.
    #[serde(rename = "type")]
    pub kind: Tag<WsLiveTag>,
    /// The newest seq at that moment.
    pub seq: Seq,
}

/// A client's answer to a permission (`?progress=1` only).
#[apply(message)]
#[derive(Eq)]
pub struct WsAnswerMessage {
    /// Always `answer`.
    #[serde(rename = "type")]
    pub kind: Tag<WsAnswerTag>,
    /// Which question.
    pub id: PermissionId,
    /// One of the options that the agent offered; absent or `null` is "cancelled".
    pub option_id: Option<Nullable<String>>,
}

/// A client stops the running turn (`?progress=1` only).
#[apply(message)]
#[derive(Eq)]
pub struct WsCancelMessage {
    /// Always `cancel`.
    #[serde(rename = "type")]
    pub kind: Tag<WsCancelTag>,
}

/// A client's terminal has another size (`?progress=1` only).
#[apply(message)]
#[derive(Eq)]
pub struct WsResizeMessage {
    /// Always `resize`.
    #[serde(rename = "type")]
    pub kind: Tag<WsResizeTag>,
    /// Columns.
    #[garde(range(min = 1, max = u16::MAX))]
    pub cols: u16,
    /// Rows.
    #[garde(range(min = 1, max = u16::MAX))]
    pub rows: u16,
}

tagged! {
    WsProgressMessage, WsProgressTag = "progress";
    WsPermissionMessage, WsPermissionTag = "permission";
    WsAnsweredMessage, WsAnsweredTag = "answered";
    WsPromptMessage, WsPromptTag = "prompt";
    WsTurnMessage, WsTurnTag = "turn";
    WsEgressMessage, WsEgressTag = "egress";
    WsLiveMessage, WsLiveTag = "live";
    WsAnswerMessage, WsAnswerTag = "answer";
    WsCancelMessage, WsCancelTag = "cancel";
    WsResizeMessage, WsResizeTag = "resize";
}

union! {
    /// Any message of the stream: seed 000's six types, and those that only a client with `?progress=1` sends or gets.
    pub enum WsMessageExt by "type" {
        /// Terminal output.
        Output(WsOutputMessage),
        /// User input.
        Input(WsInputMessage),
        /// The task's status changed.
        Status(WsStatusMessage),
        /// Something failed.
        Error(WsErrorMessage),
        /// Keep-alive.
        Ping(WsPingMessage),
        /// Answer to `ping`.
        Pong(WsPongMessage),
        /// A step of set-up.
        Progress(WsProgressMessage),
        /// The agent asks.
        Permission(WsPermissionMessage),
        /// A question was answered.
        Answered(WsAnsweredMessage),
        /// A prompt's state changed.
        Prompt(WsPromptMessage),
        /// A turn ended.
        Turn(WsTurnMessage),
        /// An egress connection was refused or allowed.
        Egress(WsEgressMessage),
        /// The client is up to date.
        Live(WsLiveMessage),
        /// A client's answer to a permission.
        Answer(WsAnswerMessage),
        /// A client stops the running turn.
        Cancel(WsCancelMessage),
        /// A client's terminal has another size.
        Resize(WsResizeMessage),
    }
}

impl From<WsMessage> for WsMessageExt {
    fn from(message: WsMessage) -> Self {
        match message {
            WsMessage::Output(m) => Self::Output(m),
            WsMessage::Input(m) => Self::Input(m),
            WsMessage::Status(m) => Self::Status(m),
            WsMessage::Error(m) => Self::Error(m),
            WsMessage::Ping(m) => Self::Ping(m),
            WsMessage::Pong(m) => Self::Pong(m),
        }
    }
}

impl WsMessageExt {
    /// The place in the log that a message stands for.
    #[must_use]
    pub const fn seq(&self) -> Option<Seq> {
        match self {
            Self::Output(m) => m.seq,
            Self::Status(m) => m.seq,
            Self::Error(m) => m.seq,
            Self::Progress(m) => Some(m.seq),
            Self::Permission(m) => Some(m.seq),
            Self::Answered(m) => Some(m.seq),
            Self::Prompt(m) => Some(m.seq),
            Self::Turn(m) => Some(m.seq),
            Self::Egress(m) => Some(m.seq),
            Self::Live(m) => Some(m.seq),
            Self::Input(_)
            | Self::Ping(_)
            | Self::Pong(_)
            | Self::Answer(_)
            | Self::Cancel(_)
            | Self::Resize(_) => None,
        }
    }
}

impl WsProgressMessage {
    /// A step of set-up.
    #[must_use]
    pub fn new(seq: Seq, Progress { stage, message }: Progress) -> Self {
        Self { kind: Tag::new(), seq, stage, message }
    }
}

impl WsPermissionMessage {
    /// A question of the agent.
    #[must_use]
    pub fn new(seq: Seq, request: PermissionRequested) -> Self {
        let PermissionRequested { id, tool_call_id, title, tool_kind, options } = request;
        Self { kind: Tag::new(), seq, id, tool_call_id, title, tool_kind, options }
    }

    /// The question alone.
    #[must_use]
    pub fn into_request(self) -> PermissionRequested {
        let Self { kind: _, seq: _, id, tool_call_id, title, tool_kind, options } = self;
        PermissionRequested { id, tool_call_id, title, tool_kind, options }
    }
}

impl WsAnsweredMessage {
    /// An answer.
    #[must_use]
    pub fn new(seq: Seq, answer: PermissionAnswered) -> Self {
        let PermissionAnswered { id, option_id, option_kind, by } = answer;
        Self { kind: Tag::new(), seq, id, option_id, option_kind, by }
    }
}

impl WsTurnMessage {
    /// A turn's end.
    #[must_use]
    pub fn new(seq: Seq, TurnEnded { command, stop_reason, error }: TurnEnded) -> Self {
        Self { kind: Tag::new(), seq, command, stop_reason, error }
    }
}
