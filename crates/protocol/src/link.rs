//! The control link (port 5000): JSON lines between control plane and sidecar, one connection per session.
//!
//! [`crate::vsock_ext`] has the lines as types of the contract; those here are the same lines as the two programs read and
//! write them on the hot path, where a frame keeps its bytes and nothing is copied. A test holds the two together.
//!
//! Seed 000's five messages are in it by name (`init`, `input`, `output`, `exit`, `heartbeat`); an old peer ignores the
//! additions. A connection goes:
//!
//! ```text
//! dialler  CONNECT 5000          sidecar  OK 5000            (where the runtime has one stream only)
//! dialler  LIA1 <secret>         sidecar  OK                 (else the connection closes)
//! host     hello                 sidecar  welcome            (who, which epoch, where the journal stands)
//! host     init                  (once in a session's life; a repeat is a no-op)
//! host     command, input, resize, ack, heartbeat
//! sidecar  journaled lines, each with its `offset`, from the first one after `hello.acked`;
//!          changed, heartbeat, refused
//! ```
//!
//! **Journaled lines** are written to the sidecar's journal before they are sent, are sent again after a reconnect
//! until they are acknowledged, and carry `offset`, gapless from 1. **Commands** carry an id: the sidecar journals
//! `begun` before it acts and `done` with the outcome; a repeated id is answered by what the journal holds and never
//! acted on twice.

use std::collections::BTreeMap;

use bytes::Bytes;
use macro_rules_attribute::apply;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    event::{AgentExited, AgentReady, Direction, ErrorEvent, FsChanged, Phase, Progress, TerminalClosed},
    ids::{CommandId, LinkEpoch, Offset, SessionId},
    limits,
    secret::{Secret, in_clear},
    task::TaskFile,
    template::AgentMode,
    wire::message,
};

/// Whether a request of an agent may have this id: a JSON string or number that is not too long to be kept.
#[must_use]
pub fn is_rpc_id(id: &RawValue) -> bool {
    let id = id.get();
    id.len() <= limits::RPC_ID_BYTES && id.starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit())
}

/// The link protocol's version.
pub const LINK_VERSION: u32 = 2;

/// Control plane → sidecar.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum HostLine {
    /// First line of every connection.
    Hello(HostHello),
    /// Starts the agent. Once in a session's life; a repeat is a no-op.
    Init(Box<Init>),
    /// A durable order.
    Command {
        /// Its row in the inbox.
        id: CommandId,
        /// What to do.
        #[serde(flatten)]
        order: Order,
    },
    /// Seed form: bytes for a terminal (not durable); for an ACP agent a prompt without an id.
    Input {
        /// Text.
        data: String,
    },
    /// The terminal's size. Not durable.
    Resize {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// Everything up to here is durable in the log; the journal may drop it.
    Ack {
        /// The last durable line.
        offset: Offset,
    },
    /// Sent after [`crate::limits::HEARTBEAT_SECONDS`] of silence.
    Heartbeat,
    /// A line that this version does not know.
    #[serde(other)]
    Unknown,
}

/// `hello` of the control plane.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HostHello {
    /// [`LINK_VERSION`].
    pub protocol: u32,
    /// Which session this connection is for.
    pub session: SessionId,
    /// This connection's epoch; a connection with a smaller one is closed.
    pub link_epoch: LinkEpoch,
    /// The last line that is durable in the log; sending goes on after it.
    pub acked: Offset,
}

/// `init`: seed 000's message with Lia's additions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Init {
    /// Always the placeholder ([`crate::boot::PLACEHOLDER_KEY`]).
    #[serde(serialize_with = "in_clear")]
    pub api_key: Secret,
    /// The first prompt; empty when there is none (a terminal without input, a resumed session).
    pub prompt: String,
    /// Initial files of the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<TaskFile>>,
    /// The first prompt's row in the inbox: from here on it is a command like any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_id: Option<CommandId>,
    /// What to start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentStart>,
}

/// What to start. Place-holders of the template are already filled in.
#[apply(message)]
#[derive(Eq)]
pub struct AgentStart {
    /// ACP or a terminal.
    pub mode: AgentMode,
    /// The program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its environment beyond [`crate::boot::BootConfig::env`].
    pub env: BTreeMap<String, String>,
    /// Files of its home, made anew (path below home → content).
    #[serde(default)]
    pub home_files: BTreeMap<String, String>,
    /// The ACP authentication method to call after `initialize`.
    pub authenticate: Option<String>,
    /// The agent's own session to load instead of making a new one; what it replays meanwhile is not journaled.
    pub load: Option<String>,
    /// Repositories to clone into the workspace first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[garde(dive)]
    pub clone: Vec<RepositoryClone>,
    /// Where the agent runs: a path inside; the workspace when absent.
    pub cwd: Option<String>,
    /// A script that runs in the workspace before the agent, unless it ended well there before.
    pub setup: Option<String>,
    /// Seconds that the script may take.
    pub setup_seconds: Option<u32>,
    /// A terminal's first size.
    pub cols: u16,
    /// A terminal's first size.
    pub rows: u16,
}

/// A repository to clone.
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct RepositoryClone {
    /// Where from.
    pub url: String,
    /// Where to, relative to the workspace.
    pub folder: String,
}

/// What a command asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "lowercase")]
pub enum Order {
    /// A prompt to an ACP agent. `done` comes when its turn has ended. While a turn runs: `done` with `busy`.
    Prompt {
        /// The text.
        text: String,
    },
    /// Bytes to a terminal.
    Input {
        /// Text.
        data: String,
    },
    /// ACP `session/cancel` of the running turn; for a terminal ^C.
    Cancel,
    /// The answer to a `session/request_permission`.
    Permission {
        /// The request's JSON-RPC id as the agent gave it.
        rpc_id: serde_json::Value,
        /// The option; none is `cancelled`.
        option_id: Option<String>,
    },
    /// A signal to the agent's process group.
    Signal {
        /// As in signal(7).
        signal: i32,
    },
    /// End the agent: close stdin, wait, SIGTERM, SIGKILL; drain; then `exit`.
    Shutdown {
        /// How long to wait before each harder step.
        grace_ms: u64,
    },
}

/// Sidecar → control plane, all but `rpc` (see [`SidecarLine::parse`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum SidecarLine {
    /// Answer to the host's `hello`. On the wire `welcome`.
    #[serde(rename = "welcome")]
    Hello(SidecarHello),
    /// One ACP frame. Journaled. On the wire `{"type":"rpc","offset":N,"direction":…,"phase":…,"frame":{…}}`.
    #[serde(skip)]
    Rpc {
        /// Its place.
        offset: Offset,
        /// Who to whom.
        direction: Direction,
        /// What.
        phase: Phase,
        /// The frame as received.
        frame: Bytes,
    },
    /// Bytes of the terminal. Journaled.
    Output {
        /// Its place. Absent from an old peer.
        #[serde(default)]
        offset: Offset,
        /// Bytes of the terminal before these.
        #[serde(default)]
        pos: u64,
        /// The text, when the bytes are UTF-8.
        #[serde(default)]
        data: String,
        /// The bytes in base64, when they are not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base64: Option<String>,
    },
    /// The agent answered the handshake (a terminal: was started). Journaled.
    Ready {
        /// Its place.
        offset: Offset,
        /// What it said.
        #[serde(flatten)]
        ready: AgentReady,
    },
    /// The sidecar is about to act on a command. Journaled before it acts.
    Begun {
        /// Its place.
        offset: Offset,
        /// Which.
        id: CommandId,
    },
    /// A command's outcome. Journaled.
    Done {
        /// Its place.
        offset: Offset,
        /// Which.
        id: CommandId,
        /// How.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// The agent's process has ended and its output is drained. The last journaled line.
    Exit {
        /// Its place. Absent from an old peer.
        #[serde(default)]
        offset: Offset,
        /// Seed 000's field and ours.
        #[serde(flatten)]
        exited: AgentExited,
    },
    /// Something failed. Journaled.
    Error {
        /// Its place.
        #[serde(default)]
        offset: Offset,
        /// What.
        #[serde(flatten)]
        error: ErrorEvent,
    },
    /// A step of set-up. Journaled.
    Progress {
        /// Its place.
        offset: Offset,
        /// Which.
        #[serde(flatten)]
        progress: Progress,
    },
    /// A person's terminal is over. Journaled.
    Terminal {
        /// Its place.
        offset: Offset,
        /// Which, and how.
        #[serde(flatten)]
        closed: TerminalClosed,
    },
    /// Files of the workspace changed. A hint: not journaled, and lost with its connection.
    Changed(FsChanged),
    /// This connection is not served: wrong session, stale epoch, malformed line. The connection closes after it.
    Refused {
        /// A sentence.
        reason: String,
    },
    /// Sent after [`crate::limits::HEARTBEAT_SECONDS`] of silence.
    Heartbeat,
    /// A line that this version does not know.
    #[serde(other)]
    Unknown,
}

/// `hello` of the sidecar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SidecarHello {
    /// [`LINK_VERSION`] of the sidecar.
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exited: Option<i32>,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// Done; for a prompt with its stop reason.
    Ok {
        /// ACP's stop reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop_reason: Option<String>,
    },
    /// A turn is running; nothing was done.
    Busy,
    /// The agent or the sidecar said no.
    Failed {
        /// A sentence.
        message: String,
    },
    /// The agent's process ended while it was being done.
    Exited,
}

/// A sidecar's line that is not of the schema.
#[derive(Debug, thiserror::Error)]
pub enum BadLine {
    /// Not JSON of the schema.
    #[error("the sidecar sent a line that is not of the link's schema: {0}")]
    Json(#[from] serde_json::Error),
}

#[derive(Deserialize)]
struct RpcLine<'a> {
    offset: Offset,
    direction: Direction,
    phase: Phase,
    #[serde(borrow)]
    frame: &'a RawValue,
}

const RPC_PREFIX: &[u8] = br#"{"type":"rpc","#;

/// [`SidecarLine::Output`] as it streams: what serde derives for the whole enum buffers each field first.
#[derive(Deserialize)]
struct OutputLine {
    #[serde(default)]
    offset: Offset,
    #[serde(default)]
    pos: u64,
    #[serde(default)]
    data: String,
    base64: Option<String>,
}

const OUTPUT_PREFIX: &[u8] = br#"{"type":"output","#;

impl SidecarLine {
    /// Parses one line without its newline. A frame's bytes are a slice of `line`, not a copy.
    ///
    /// # Errors
    /// [`BadLine`] when it is not JSON of the schema.
    pub fn parse(line: &Bytes) -> Result<Self, BadLine> {
        if line.starts_with(RPC_PREFIX) {
            let l: RpcLine<'_> = serde_json::from_slice(line)?;
            return Ok(Self::Rpc {
                offset: l.offset,
                direction: l.direction,
                phase: l.phase,
                frame: line.slice_ref(l.frame.get().as_bytes()),
            });
        }
        if line.starts_with(OUTPUT_PREFIX) {
            let OutputLine { offset, pos, data, base64 } = serde_json::from_slice(line)?;
            return Ok(Self::Output { offset, pos, data, base64 });
        }
        Ok(serde_json::from_slice(line)?)
    }

    /// Its place in the journal, when it has one.
    #[must_use]
    pub fn offset(&self) -> Option<Offset> {
        match self {
            Self::Rpc { offset, .. }
            | Self::Output { offset, .. }
            | Self::Ready { offset, .. }
            | Self::Begun { offset, .. }
            | Self::Done { offset, .. }
            | Self::Exit { offset, .. }
            | Self::Error { offset, .. }
            | Self::Progress { offset, .. }
            | Self::Terminal { offset, .. } => Some(*offset),
            Self::Hello(_) | Self::Changed(_) | Self::Refused { .. } | Self::Heartbeat | Self::Unknown => {
                None
            }
        }
    }
}

/// Writes the line of one frame: `{"type":"rpc","offset":N,"direction":…,"phase":…,"frame":<bytes>}\n`.
/// `frame` must be one JSON value without a newline.
pub fn write_rpc_line(out: &mut Vec<u8>, offset: Offset, direction: Direction, phase: Phase, frame: &[u8]) {
    use std::io::Write as _;
    let d = match direction {
        Direction::AgentToClient => "agent_to_client",
        Direction::ClientToAgent => "client_to_agent",
    };
    let p = match phase {
        Phase::Request => "request",
        Phase::Response => "response",
        Phase::Notification => "notification",
    };
    // Writing into a Vec cannot fail.
    let _ = write!(out, r#"{{"type":"rpc","offset":{offset},"direction":"{d}","phase":"{p}","frame":"#);
    out.extend_from_slice(frame);
    out.extend_from_slice(b"}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_keeps_its_bytes() {
        let frame = br#"{"id":1, "result":{"x":[1,2]},"jsonrpc":"2.0"}"#;
        let mut line = Vec::new();
        write_rpc_line(&mut line, Offset(9), Direction::AgentToClient, Phase::Response, frame);
        let line = Bytes::from(line);
        let line = line.slice(..line.len() - 1);
        let SidecarLine::Rpc { offset, frame: got, phase, .. } = SidecarLine::parse(&line).unwrap() else {
            panic!("not rpc")
        };
        assert_eq!((offset, phase, &got[..]), (Offset(9), Phase::Response, &frame[..]));
    }

    #[test]
    fn the_seeds_lines_are_understood() {
        let p = |s: &str| SidecarLine::parse(&Bytes::copy_from_slice(s.as_bytes())).unwrap();
        assert!(
            matches!(p(r#"{"type":"output","data":"hi"}"#), SidecarLine::Output { data, .. } if data == "hi")
        );
        assert!(
            matches!(p(r#"{"type":"exit","code":7}"#), SidecarLine::Exit { exited, .. } if exited.code == 7)
        );
        assert_eq!(p(r#"{"type":"heartbeat"}"#), SidecarLine::Heartbeat);
        assert_eq!(p(r#"{"type":"later","x":1}"#), SidecarLine::Unknown);
        let h: HostLine =
            serde_json::from_str(r#"{"type":"init","api_key":"k","prompt":"p","files":null}"#).unwrap();
        assert!(matches!(h, HostLine::Init(i) if i.prompt == "p" && i.agent.is_none()));
    }

    #[test]
    fn lines_round_trip() {
        let lines = [
            SidecarLine::Done {
                offset: Offset(3),
                id: CommandId::new(),
                outcome: Outcome::Ok { stop_reason: Some("end_turn".into()) },
            },
            SidecarLine::Exit {
                offset: Offset(4),
                exited: AgentExited { code: 137, signal: Some(9), stderr_tail: "x".into() },
            },
            SidecarLine::Ready {
                offset: Offset(5),
                ready: AgentReady { can_load: true, ..Default::default() },
            },
        ];
        for l in lines {
            assert_eq!(SidecarLine::parse(&Bytes::from(serde_json::to_vec(&l).unwrap())).unwrap(), l);
        }
        let c = HostLine::Command {
            id: CommandId::new(),
            order: Order::Permission { rpc_id: 5.into(), option_id: None },
        };
        let back: HostLine = serde_json::from_str(&serde_json::to_string(&c).unwrap()).unwrap();
        assert!(matches!(back, HostLine::Command { order: Order::Permission { .. }, .. }));
    }
}
