//! The control link's lines as types of the contract: seed 000's five, and Lia's additions. See [`crate::link`] for the
//! order in which they come.

use macro_rules_attribute::apply;
use serde_json::{Map, Value};

use crate::{
    event::{Direction, Phase},
    ids::{CommandId, LinkEpoch, Offset, SessionId},
    limits,
    vsock::{
        VsockExitMessage, VsockHeartbeatMessage, VsockInitMessage, VsockInputMessage, VsockMessage,
        VsockOutputMessage,
    },
    wire::{
        message,
        tag::{Tag, True, tagged},
        union::union,
    },
};

/// Host → guest: the first line of every connection.
#[apply(message)]
pub struct VsockHelloMessage {
    /// Always `hello`.
    #[serde(rename = "type")]
    pub kind: Tag<HelloTag>,
    /// The link's version.
    pub protocol: u32,
    /// Which session this connection is for.
    pub session: SessionId,
    /// This connection's epoch; a connection with a smaller one is closed.
    pub link_epoch: LinkEpoch,
    /// The last line that is durable in the log; sending goes on after it.
    pub acked: Offset,
}

/// Guest → host: the answer to `hello`.
#[apply(message)]
pub struct VsockWelcomeMessage {
    /// Always `welcome`.
    #[serde(rename = "type")]
    pub kind: Tag<WelcomeTag>,
    /// The link's version.
    pub protocol: u32,
    /// The sidecar's own version.
    pub version: String,
    /// The epoch that it was given.
    pub link_epoch: LinkEpoch,
    /// The last line in its journal.
    pub end: Offset,
    /// Whether `init` has been taken.
    pub inited: bool,
    /// The agent's exit code, if it has ended.
    pub exited: Option<i32>,
}

/// A prompt to an ACP agent.
#[apply(message)]
pub struct VsockPromptCommand {
    /// Always `command`.
    #[serde(rename = "type")]
    pub kind: Tag<CommandTag>,
    /// Its row in the inbox.
    pub id: CommandId,
    /// Always `prompt`.
    pub order: Tag<PromptOrderTag>,
    /// The text.
    pub text: String,
}

/// Bytes to a terminal.
#[apply(message)]
pub struct VsockInputCommand {
    /// Always `command`.
    #[serde(rename = "type")]
    pub kind: Tag<CommandTag>,
    /// Its row in the inbox.
    pub id: CommandId,
    /// Always `input`.
    pub order: Tag<InputOrderTag>,
    /// Text.
    pub data: String,
}

/// Stops the running turn; for a terminal ^C.
#[apply(message)]
pub struct VsockCancelCommand {
    /// Always `command`.
    #[serde(rename = "type")]
    pub kind: Tag<CommandTag>,
    /// Its row in the inbox.
    pub id: CommandId,
    /// Always `cancel`.
    pub order: Tag<CancelOrderTag>,
}

/// The answer to a question of the agent.
#[apply(message)]
pub struct VsockPermissionCommand {
    /// Always `command`.
    #[serde(rename = "type")]
    pub kind: Tag<CommandTag>,
    /// Its row in the inbox.
    pub id: CommandId,
    /// Always `permission`.
    pub order: Tag<PermissionOrderTag>,
    /// The question's JSON-RPC id as the agent gave it.
    pub rpc_id: Value,
    /// The option; `null` is "cancelled".
    #[serde_with(skip_apply)]
    #[serde(deserialize_with = "crate::wire::optional::nullable")]
    pub option_id: Option<String>,
}

/// A signal to the agent's process group.
#[apply(message)]
pub struct VsockSignalCommand {
    /// Always `command`.
    #[serde(rename = "type")]
    pub kind: Tag<CommandTag>,
    /// Its row in the inbox.
    pub id: CommandId,
    /// Always `signal`.
    pub order: Tag<SignalOrderTag>,
    /// As in signal(7).
    pub signal: i32,
}

/// Ends the agent.
#[apply(message)]
pub struct VsockShutdownCommand {
    /// Always `command`.
    #[serde(rename = "type")]
    pub kind: Tag<CommandTag>,
    /// Its row in the inbox.
    pub id: CommandId,
    /// Always `shutdown`.
    pub order: Tag<ShutdownOrderTag>,
    /// Milliseconds to wait before each harder step.
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub grace_ms: u64,
}

/// Host → guest: the terminal's size.
#[apply(message)]
pub struct VsockResizeMessage {
    /// Always `resize`.
    #[serde(rename = "type")]
    pub kind: Tag<ResizeTag>,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

/// Host → guest: everything up to here is durable in the log.
#[apply(message)]
pub struct VsockAckMessage {
    /// Always `ack`.
    #[serde(rename = "type")]
    pub kind: Tag<AckTag>,
    /// The last durable line.
    pub offset: Offset,
}

/// Guest → host: one ACP frame.
#[apply(message)]
pub struct VsockRpcMessage {
    /// Always `rpc`.
    #[serde(rename = "type")]
    pub kind: Tag<RpcTag>,
    /// Its place in the journal.
    pub offset: Offset,
    /// Who to whom.
    pub direction: Direction,
    /// What it is.
    pub phase: Phase,
    /// The frame: a JSON-RPC message.
    pub frame: Map<String, Value>,
}

/// Guest → host: the agent answered the handshake; a terminal was started.
#[apply(message)]
pub struct VsockReadyMessage {
    /// Always `ready`.
    #[serde(rename = "type")]
    pub kind: Tag<ReadyTag>,
    /// Its place in the journal.
    pub offset: Offset,
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

/// Guest → host: a command is about to be acted on.
#[apply(message)]
pub struct VsockBegunMessage {
    /// Always `begun`.
    #[serde(rename = "type")]
    pub kind: Tag<BegunTag>,
    /// Its place in the journal.
    pub offset: Offset,
    /// Which.
    pub id: CommandId,
}

/// A command is done.
#[apply(message)]
pub struct VsockOkDone {
    /// Always `done`.
    #[serde(rename = "type")]
    pub kind: Tag<DoneTag>,
    /// Its place in the journal.
    pub offset: Offset,
    /// Which.
    pub id: CommandId,
    /// Always `ok`.
    pub outcome: Tag<OkOutcomeTag>,
    /// For a prompt ACP's stop reason.
    pub stop_reason: Option<String>,
}

/// A turn is running; nothing was done.
#[apply(message)]
pub struct VsockBusyDone {
    /// Always `done`.
    #[serde(rename = "type")]
    pub kind: Tag<DoneTag>,
    /// Its place in the journal.
    pub offset: Offset,
    /// Which.
    pub id: CommandId,
    /// Always `busy`.
    pub outcome: Tag<BusyOutcomeTag>,
}

/// The agent or the sidecar said no.
#[apply(message)]
pub struct VsockFailedDone {
    /// Always `done`.
    #[serde(rename = "type")]
    pub kind: Tag<DoneTag>,
    /// Its place in the journal.
    pub offset: Offset,
    /// Which.
    pub id: CommandId,
    /// Always `failed`.
    pub outcome: Tag<FailedOutcomeTag>,
    /// A sentence.
    pub message: String,
}

/// The agent's process ended while the command was being done.
#[apply(message)]
pub struct VsockExitedDone {
    /// Always `done`.
    #[serde(rename = "type")]
    pub kind: Tag<DoneTag>,
    /// Its place in the journal.
    pub offset: Offset,
    /// Which.
    pub id: CommandId,
    /// Always `exited`.
    pub outcome: Tag<ExitedOutcomeTag>,
}

/// Guest → host: something failed.
#[apply(message)]
pub struct VsockErrorMessage {
    /// Always `error`.
    #[serde(rename = "type")]
    pub kind: Tag<ErrorTag>,
    /// Its place in the journal.
    pub offset: Option<Offset>,
    /// A sentence.
    pub message: String,
    /// For programs.
    pub code: Option<String>,
}

/// Guest → host: a step of set-up.
#[apply(message)]
pub struct VsockProgressMessage {
    /// Always `progress`.
    #[serde(rename = "type")]
    pub kind: Tag<ProgressTag>,
    /// Its place in the journal.
    pub offset: Offset,
    /// Which.
    pub stage: String,
    /// For people.
    pub message: String,
}

/// Guest → host: a person's terminal is over.
#[apply(message)]
pub struct VsockTerminalMessage {
    /// Always `terminal`.
    #[serde(rename = "type")]
    pub kind: Tag<TerminalTag>,
    /// Its place in the journal.
    pub offset: Offset,
    /// Which.
    pub terminal: String,
    /// The exit code, when its command ended by itself.
    pub exit_code: Option<i32>,
    /// Why it is over, when not because its command ended.
    pub error: Option<String>,
}

/// Guest → host: files of the workspace changed. A hint: it is in no journal, and may be lost with its connection.
#[apply(message)]
pub struct VsockChangedMessage {
    /// Always `changed`.
    #[serde(rename = "type")]
    pub kind: Tag<ChangedTag>,
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

/// Guest → host: this connection is not served, and closes.
#[apply(message)]
pub struct VsockRefusedMessage {
    /// Always `refused`.
    #[serde(rename = "type")]
    pub kind: Tag<RefusedTag>,
    /// A sentence.
    pub reason: String,
}

tagged! {
    VsockHelloMessage, HelloTag = "hello";
    VsockWelcomeMessage, WelcomeTag = "welcome";
    VsockResizeMessage, ResizeTag = "resize";
    VsockAckMessage, AckTag = "ack";
    VsockRpcMessage, RpcTag = "rpc";
    VsockReadyMessage, ReadyTag = "ready";
    VsockBegunMessage, BegunTag = "begun";
    VsockErrorMessage, ErrorTag = "error";
    VsockProgressMessage, ProgressTag = "progress";
    VsockTerminalMessage, TerminalTag = "terminal";
    VsockChangedMessage, ChangedTag = "changed";
    VsockRefusedMessage, RefusedTag = "refused";
    VsockPromptCommand, PromptOrderTag = "prompt";
    VsockInputCommand, InputOrderTag = "input";
    VsockCancelCommand, CancelOrderTag = "cancel";
    VsockPermissionCommand, PermissionOrderTag = "permission";
    VsockSignalCommand, SignalOrderTag = "signal";
    VsockShutdownCommand, ShutdownOrderTag = "shutdown";
    VsockOkDone, OkOutcomeTag = "ok";
    VsockBusyDone, BusyOutcomeTag = "busy";
    VsockFailedDone, FailedOutcomeTag = "failed";
    VsockExitedDone, ExitedOutcomeTag = "exited";
    VsockCommandMessage, CommandTag = "command";
    VsockDoneMessage, DoneTag = "done";
}

union! {
    /// Host → guest: a durable order.
    pub enum VsockCommandMessage by "order" {
        /// A prompt to an ACP agent.
        Prompt(VsockPromptCommand),
        /// Bytes to a terminal.
        Input(VsockInputCommand),
        /// Stops the running turn; for a terminal ^C.
        Cancel(VsockCancelCommand),
        /// The answer to a question of the agent.
        Permission(VsockPermissionCommand),
        /// A signal to the agent's process group.
        Signal(VsockSignalCommand),
        /// Ends the agent.
        Shutdown(VsockShutdownCommand),
    }

    /// Guest → host: a command's outcome.
    pub enum VsockDoneMessage by "outcome" {
        /// A command is done.
        Ok(VsockOkDone),
        /// A turn is running; nothing was done.
        Busy(VsockBusyDone),
        /// The agent or the sidecar said no.
        Failed(VsockFailedDone),
        /// The agent's process ended while the command was being done.
        Exited(VsockExitedDone),
    }

    /// JSON lines between host and guest: seed 000's five, and Lia's additions.
    pub enum VsockMessageExt by "type" {
        /// Host → guest: starts the agent.
        Init(VsockInitMessage),
        /// Guest → host: output of the terminal.
        Output(VsockOutputMessage),
        /// Host → guest: bytes for a terminal.
        Input(VsockInputMessage),
        /// Guest → host: the agent has ended.
        Exit(VsockExitMessage),
        /// Both ways.
        Heartbeat(VsockHeartbeatMessage),
        /// Host → guest: the first line of every connection.
        Hello(VsockHelloMessage),
        /// Guest → host: the answer to it.
        Welcome(VsockWelcomeMessage),
        /// Host → guest: a durable order.
        Command(VsockCommandMessage),
        /// Host → guest: the terminal's size.
        Resize(VsockResizeMessage),
        /// Host → guest: what is durable.
        Ack(VsockAckMessage),
        /// Guest → host: one ACP frame.
        Rpc(VsockRpcMessage),
        /// Guest → host: the agent is ready.
        Ready(VsockReadyMessage),
        /// Guest → host: a command is about to be acted on.
        Begun(VsockBegunMessage),
        /// Guest → host: a command's outcome.
        Done(VsockDoneMessage),
        /// Guest → host: something failed.
        Error(VsockErrorMessage),
        /// Guest → host: a step of set-up.
        Progress(VsockProgressMessage),
        /// Guest → host: a person's terminal is over.
        Terminal(VsockTerminalMessage),
        /// Guest → host: files of the workspace changed.
        Changed(VsockChangedMessage),
        /// Guest → host: this connection is not served.
        Refused(VsockRefusedMessage),
    }
}

impl From<VsockMessage> for VsockMessageExt {
    fn from(message: VsockMessage) -> Self {
        match message {
            VsockMessage::Init(m) => Self::Init(m),
            VsockMessage::Output(m) => Self::Output(m),
            VsockMessage::Input(m) => Self::Input(m),
            VsockMessage::Exit(m) => Self::Exit(m),
            VsockMessage::Heartbeat(m) => Self::Heartbeat(m),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde::Serialize;
    use serde_json::json;

    use super::VsockMessageExt;
    use crate::{
        event::{AgentExited, AgentReady, Direction, ErrorEvent, FsChanged, Phase, Progress, TerminalClosed},
        ids::{CommandId, LinkEpoch, Offset, SessionId},
        link::{
            AgentStart, HostHello, HostLine, Init, LINK_VERSION, Order, Outcome, RepositoryClone,
            SidecarHello, SidecarLine, write_rpc_line,
        },
        secret::Secret,
        task::{FileEncoding, TaskFile},
        template::AgentMode,
        wire::{self, tag::True},
    };

    /// A line that the link writes is one of the contract's, and written again the same.
    fn is_of_the_contract(line: &impl Serialize) {
        let written = serde_json::to_vec(line).unwrap();
        same(&written);
    }

    fn same(written: &[u8]) {
        let text = String::from_utf8_lossy(written);
        let read: VsockMessageExt = wire::parse(written).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn the_host_writes_lines_of_the_contract() {
        let agent = AgentStart {
            mode: AgentMode::Acp,
            command: "agent".into(),
            args: vec!["-x".into()],
            env: [("A".to_owned(), "b".to_owned())].into(),
            home_files: [(".x".to_owned(), "y".to_owned())].into(),
            authenticate: Some("key".into()),
            load: Some("s".into()),
            clone: vec![RepositoryClone { url: "https://example.com/a".into(), folder: "a".into() }],
            cwd: None,
            setup: None,
            setup_seconds: None,
            cols: 80,
            rows: 24,
        };
        let file = |encoding| TaskFile { name: "a".into(), content: "aGk=".into(), encoding };
        let init = |agent, files| {
            let prompt_id = Some(CommandId::new());
            HostLine::Init(Box::new(Init {
                api_key: Secret::new("k"),
                prompt: "p".into(),
                files,
                prompt_id,
                agent,
            }))
        };
        let hello = HostHello {
            protocol: LINK_VERSION,
            session: SessionId::new(),
            link_epoch: LinkEpoch(1),
            acked: Offset(4),
        };
        let orders = [
            Order::Prompt { text: "t".into() },
            Order::Input { data: "d".into() },
            Order::Cancel,
            Order::Permission { rpc_id: json!(5), option_id: None },
            Order::Permission { rpc_id: json!("x"), option_id: Some("allow".into()) },
            Order::Signal { signal: 2 },
            Order::Shutdown { grace_ms: 5000 },
        ];
        for line in [
            HostLine::Hello(hello),
            init(Some(agent), Some(vec![file(FileEncoding::Utf8), file(FileEncoding::Base64)])),
            init(None, None),
            HostLine::Input { data: "x".into() },
            HostLine::Resize { cols: 1, rows: 2 },
            HostLine::Ack { offset: Offset(7) },
            HostLine::Heartbeat,
        ] {
            is_of_the_contract(&line);
        }
        for order in orders {
            is_of_the_contract(&HostLine::Command { id: CommandId::new(), order });
        }
    }

    #[test]
    fn the_sidecar_writes_lines_of_the_contract() {
        let (offset, id) = (Offset(3), CommandId::new());
        let hello = SidecarHello {
            protocol: LINK_VERSION,
            version: "1".into(),
            link_epoch: LinkEpoch(2),
            end: Offset(9),
            inited: true,
            exited: Some(1),
        };
        let changed = FsChanged {
            paths: vec!["a".into()],
            added: vec!["b".into()],
            deleted: vec!["c".into()],
            truncated: Some(True),
        };
        let done = |outcome| SidecarLine::Done { offset, id, outcome };
        let ready = AgentReady {
            acp_session: Some("s".into()),
            can_load: true,
            agent: Some("a".into()),
            loaded: true,
        };
        for line in [
            SidecarLine::Hello(SidecarHello { exited: None, ..hello.clone() }),
            SidecarLine::Hello(hello),
            SidecarLine::Output { offset, pos: 1, data: "x".into(), base64: None },
            SidecarLine::Output { offset, pos: 1, data: String::new(), base64: Some("/w==".into()) },
            SidecarLine::Ready { offset, ready },
            SidecarLine::Ready { offset, ready: AgentReady::default() },
            SidecarLine::Changed(changed),
            SidecarLine::Changed(FsChanged::default()),
            SidecarLine::Begun { offset, id },
            done(Outcome::Ok { stop_reason: Some("end_turn".into()) }),
            done(Outcome::Ok { stop_reason: None }),
            done(Outcome::Busy),
            done(Outcome::Failed { message: "m".into() }),
            done(Outcome::Exited),
            SidecarLine::Exit {
                offset,
                exited: AgentExited { code: 137, signal: Some(9), stderr_tail: "x".into() },
            },
            SidecarLine::Exit {
                offset,
                exited: AgentExited { code: 0, signal: None, stderr_tail: String::new() },
            },
            SidecarLine::Error { offset, error: ErrorEvent { message: "m".into(), code: Some("c".into()) } },
            SidecarLine::Progress { offset, progress: Progress { stage: "s".into(), message: "m".into() } },
            SidecarLine::Terminal {
                offset,
                closed: TerminalClosed { terminal: "t".into(), exit_code: Some(0), error: None },
            },
            SidecarLine::Refused { reason: "r".into() },
            SidecarLine::Heartbeat,
        ] {
            is_of_the_contract(&line);
            let written = Bytes::from(serde_json::to_vec(&line).unwrap());
            assert_eq!(SidecarLine::parse(&written).unwrap(), line);
        }
        let mut rpc = Vec::new();
        write_rpc_line(
            &mut rpc,
            offset,
            Direction::AgentToClient,
            Phase::Request,
            br#"{"jsonrpc":"2.0","id":1}"#,
        );
        same(rpc.trim_ascii_end());
    }
}
