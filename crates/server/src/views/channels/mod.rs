//! Seed 003's events, made from the log, and the channels that they go to.
//!
//! - [`Projector`]: a fold over one session's log; each event of the log becomes at most three frames;
//! - [`names`]: what an event is about, the channels of it, which subscriptions cover them;
//! - [`queue`]: the prompt queue as it stood at an event; [`calls`]: JSON-RPC requests without an answer yet, and the
//!   agent's terminals; [`pty`]: a terminal's bytes as text.
//!
//! Most frames depend on their event alone. Some need what came before: an answer's method is its request's, a queue is
//! what was put into it. So there is state, and it depends on the log alone: whoever begins at the log's start, or asks
//! for the state at a place before an event [`Projector::must_recall`] names, gets the same frames, byte for byte.
//!
//! Of several frames made from one event only the last is a cursor.

use std::sync::Arc;

use lia_protocol::{
    event::{Event, EventBody, Kind, PermissionAnswered, Phase, TaskState},
    ids::{Seq, TaskId},
    sessions::{
        PermissionResponseBody, SessionEvent,
        events::{
            FileChange, FileChangeType, FilesystemChangedData, NoData, PermissionCancelledData,
            PermissionResolvedData, PermissionRespondedData, SessionErrorEvent,
            SessionFilesystemChangedEvent, SessionPermissionApprovedEvent, SessionPermissionCancelledEvent,
            SessionPermissionRejectedEvent, SessionPermissionRequestEvent, SessionPermissionRespondedEvent,
            SessionQueuePausedEvent, SessionQueueResumedEvent, SessionQueueUpdatedEvent,
            SessionSessionTerminatedEvent, SessionTerminalDataEvent, SessionTerminalExitEvent,
            SessionTerminalStartedEvent, SessionTerminatedData, TerminalExitData, TerminalOutputData,
            TerminalStartedData,
        },
        session::PendingPermissionOption,
        session_host::{ErrorData, PermissionRequestEvent},
        ws::AnyEvent,
    },
    task::TaskStatus,
    wire::tag::Tag,
};
use serde_json::{Map, json};

pub mod calls;
pub mod names;
pub mod pty;
pub mod queue;

mod frame;

pub use frame::{ChannelFrame, Framer};
pub use names::Topic;

use calls::{Calls, Frame};
use pty::Pty;
use queue::Queue;

/// The terminal in which an agent without ACP runs.
pub const MAIN_TERMINAL: &str = "main";

/// What a log says in its entries up to a place, as far as later frames depend on it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Projector {
    framer: Arc<Framer>,
    /// Whether it knows all that came before its place.
    whole: bool,
    queue: Arc<Queue>,
    calls: Arc<Calls>,
    /// Whether the agent runs in a terminal.
    terminal: bool,
    pty: Pty,
}

/// Where frames go; a fold that only wants the state has none.
type Out<'a> = Option<&'a mut Vec<ChannelFrame>>;

impl Projector {
    /// At the beginning of a session's log.
    #[must_use]
    pub fn new(session: TaskId) -> Self {
        Self {
            framer: Arc::new(Framer::new(session)),
            whole: true,
            queue: Arc::default(),
            calls: Arc::default(),
            terminal: false,
            pty: Pty::default(),
        }
    }

    /// At a place of which nothing is known.
    #[must_use]
    pub fn at(session: TaskId, after: Seq) -> Self {
        Self { whole: after == Seq::ZERO, ..Self::new(session) }
    }

    /// Whether it knows all that came before its place.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether one of these events, which follow its place, needs what came before it and is not known. Then the
    /// state at this place is to be made from the log, with [`Self::recall`] of each earlier event.
    pub fn must_recall<'e>(&self, mut events: impl Iterator<Item = &'e Event>) -> bool {
        !self.whole && events.any(|e| leans_back(e.kind))
    }

    /// Whether an earlier event of this kind may matter to a later frame, beside the bytes of a terminal. All others need
    /// not be read for [`Self::recall`].
    #[must_use]
    pub const fn remembers(kind: Kind) -> bool {
        (leans_back(kind) && !matches!(kind, Kind::Output)) || matches!(kind, Kind::Rpc(_, Phase::Request))
    }

    /// Whether the last bytes of a terminal matter too: they may have cut a character. They are to be recalled after all
    /// else.
    #[must_use]
    pub const fn remembers_output(&self) -> bool {
        self.terminal
    }

    /// Takes an earlier event in, for its effect on what follows.
    pub fn recall(&mut self, event: &Event) {
        self.take(event, None);
    }

    /// Adds the frames of the next event.
    pub fn project(&mut self, event: &Event, out: &mut Vec<ChannelFrame>) {
        self.take(event, Some(out));
    }

    /// The prompt queue at this place.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    fn take(&mut self, event: &Event, out: Out<'_>) {
        // What cannot be read (a defect, another version's log) is no frame.
        let Ok(body) = event.read() else { return };
        let mut say = Say { framer: &self.framer, event, out };
        let queue = &mut self.queue;
        match body {
            EventBody::Rpc(direction, phase, bytes) => {
                if let Some(frame) = Frame::parse(bytes) {
                    rpc(&mut self.calls, &mut say, (direction, phase), &frame);
                }
            }
            EventBody::Output(chunk) => {
                let text = self.pty.take(&chunk);
                if chunk.pos == 0 {
                    say.terminal_started(MAIN_TERMINAL, "");
                }
                say.terminal_data(MAIN_TERMINAL, text);
            }
            EventBody::TaskState(state) => {
                let changed = Arc::make_mut(queue).task_state(state.status);
                say.queue(changed, queue);
                say.task_state(state);
            }
            EventBody::PromptQueued(p) => {
                let changed = Arc::make_mut(queue).queued(p.command, p.text, p.position, event.at);
                say.queue(changed, queue);
            }
            EventBody::PromptDelivered(p) => {
                let changed = Arc::make_mut(queue).delivered(p.command);
                say.queue(changed, queue);
            }
            EventBody::PromptUnknown(p) => {
                let changed = Arc::make_mut(queue).removed(p.command);
                say.error(format!("whether the agent acted on the prompt is not known: {}", p.reason));
                say.queue(changed, queue);
            }
            EventBody::PromptWithdrawn(p) => {
                let changed = Arc::make_mut(queue).removed(p.command);
                say.queue(changed, queue);
            }
            EventBody::TurnEnded(ended) => {
                Arc::make_mut(queue).turn_ended(ended.command);
                if let Some(error) = ended.error {
                    say.error(error);
                }
                say.queue(true, queue);
            }
            EventBody::PermissionRequested(asked) => {
                let option = |o: lia_protocol::event::PermissionOption| PendingPermissionOption {
                    option_id: o.option_id,
                    name: o.name,
                    kind: o.kind,
                };
                let data = PermissionRequestEvent {
                    request_id: asked.id.to_string(),
                    tool_call_id: asked.tool_call_id,
                    title: asked.title,
                    kind: asked.tool_kind,
                    options: asked.options.into_iter().map(option).collect(),
                };
                let timestamp = event.at;
                say.event(Topic::Other, || {
                    SessionPermissionRequestEvent { kind: Tag::new(), data, timestamp }.into()
                });
            }
            EventBody::PermissionAnswered(answer) => say.answered(answer),
            EventBody::FsChanged(changed) => {
                let all =
                    |paths: Vec<String>, kind| paths.into_iter().map(move |path| FileChange { path, kind });
                let changes = all(changed.added, FileChangeType::Added)
                    .chain(all(changed.paths, FileChangeType::Modified))
                    .chain(all(changed.deleted, FileChangeType::Deleted))
                    .collect();
                let truncated = changed.truncated;
                let timestamp = event.at;
                say.event(Topic::Files, || {
                    let data = FilesystemChangedData { changes, truncated };
                    SessionFilesystemChangedEvent { kind: Tag::new(), data, timestamp }.into()
                });
            }
            EventBody::Error(e) => say.error(e.message),
            EventBody::LogTruncated(t) => {
                let data = Map::from_iter([("bytes".to_owned(), json!(t.bytes))]);
                say.any(Topic::Terminal(None), "log.truncated", data);
            }
            EventBody::AgentReady(ready) => {
                // An agent in a terminal has no queue: its first prompt is typed in.
                self.terminal = ready.acp_session.is_none();
                let changed = self.terminal && Arc::make_mut(queue).emptied();
                say.queue(changed, queue);
            }
            EventBody::AgentExited(exited) => {
                self.calls = Arc::default();
                if self.terminal {
                    say.terminal_exit(MAIN_TERMINAL, Some(exited.code));
                }
            }
            EventBody::QueuePaused(_) => {
                Arc::make_mut(queue).paused(true);
                let timestamp = event.at;
                say.event(Topic::Queue, || {
                    SessionQueuePausedEvent { kind: Tag::new(), data: NoData {}, timestamp }.into()
                });
            }
            EventBody::QueueResumed(_) => {
                // The next prompt shows once it is delivered.
                Arc::make_mut(queue).paused(false);
                let timestamp = event.at;
                say.event(Topic::Queue, || {
                    SessionQueueResumedEvent { kind: Tag::new(), data: NoData {}, timestamp }.into()
                });
            }
            EventBody::QueueReordered(new) => {
                Arc::make_mut(queue).reordered(&new.order);
                say.queue(true, queue);
            }
            EventBody::TerminalOpened(opened) => say.terminal_started(&opened.terminal, &opened.command),
            EventBody::TerminalClosed(closed) => say.terminal_exit(&closed.terminal, closed.exit_code),
            EventBody::SettingsChanged(_)
            | EventBody::TurnStarted(_)
            | EventBody::EgressRefused(_)
            | EventBody::EgressAllowed(_)
            | EventBody::Usage(_)
            | EventBody::Progress(_) => {}
        }
    }
}

/// Whether a frame of an event of this kind depends on earlier events.
const fn leans_back(kind: Kind) -> bool {
    match kind {
        Kind::Rpc(_, phase) => matches!(phase, Phase::Response),
        Kind::Output
        | Kind::TaskState
        | Kind::PromptQueued
        | Kind::PromptDelivered
        | Kind::PromptUnknown
        | Kind::PromptWithdrawn
        | Kind::TurnEnded
        | Kind::QueuePaused
        | Kind::QueueResumed
        | Kind::QueueReordered
        | Kind::AgentReady
        | Kind::AgentExited => true,
        Kind::TurnStarted
        | Kind::SettingsChanged
        | Kind::TerminalOpened
        | Kind::TerminalClosed
        | Kind::PermissionRequested
        | Kind::PermissionAnswered
        | Kind::EgressRefused
        | Kind::EgressAllowed
        | Kind::Usage
        | Kind::FsChanged
        | Kind::Progress
        | Kind::Error
        | Kind::LogTruncated => false,
    }
}

/// One ACP frame, and what it says of a terminal: `terminal.started` comes before the answer that names the terminal,
/// its output and its end after the answers that tell them.
fn rpc(
    calls: &mut Arc<Calls>,
    say: &mut Say<'_, '_>,
    (direction, phase): (lia_protocol::event::Direction, Phase),
    frame: &Frame<'_>,
) {
    match phase {
        Phase::Notification => {
            say.rpc(frame.topic(), frame.method_json(), (direction, phase), frame.params);
        }
        Phase::Request => {
            if let Some(call) = frame.call() {
                Arc::make_mut(calls).asked(direction, frame, call);
            }
            say.rpc(frame.topic(), frame.method_json(), (direction, phase), frame.params);
        }
        Phase::Response => {
            let answered =
                calls.knows(direction, frame).then(|| Arc::make_mut(calls).answered(direction, frame));
            let (method, news) = answered.flatten().unwrap_or_default();
            if let Some((terminal, command)) = &news.started {
                say.terminal_started(terminal, command);
            }
            let literal = serde_json::Value::from(&*method).to_string();
            let topic = names::topic("rpc", Some(&method), None);
            say.rpc(topic, &literal, (direction, phase), frame.answer());
            if let Some((terminal, text)) = news.output {
                say.terminal_data(&terminal, text);
            }
            if let Some((terminal, code)) = news.exit {
                say.terminal_exit(&terminal, code);
            }
        }
    }
}

/// Makes the frames of one event.
struct Say<'a, 'o> {
    framer: &'a Framer,
    event: &'a Event,
    out: Out<'o>,
}

impl Say<'_, '_> {
    fn event(&mut self, topic: Topic, event: impl FnOnce() -> SessionEvent) {
        if let Some(out) = &mut self.out {
            let event = event();
            let kind = SessionEvent::TAGS.iter().find(|t| **t == event.tag()).copied().unwrap_or_default();
            let json = super::stream::json(&event);
            out.push(self.framer.frame(self.event, topic, kind, &json));
        }
    }

    /// An event of Lia's own.
    fn any(&mut self, topic: Topic, kind: &'static str, data: Map<String, serde_json::Value>) {
        if let Some(out) = &mut self.out {
            let json = super::stream::json(&AnyEvent::new(kind, data, self.event.at));
            out.push(self.framer.frame(self.event, topic, kind, &json));
        }
    }

    fn rpc(
        &mut self,
        topic: Topic,
        method: &str,
        (direction, phase): (lia_protocol::event::Direction, Phase),
        payload: Option<&serde_json::value::RawValue>,
    ) {
        if let Some(out) = &mut self.out {
            out.push(self.framer.rpc(self.event, topic, method, (direction, phase), payload));
        }
    }

    fn queue(&mut self, changed: bool, queue: &Queue) {
        let timestamp = self.event.at;
        if changed {
            self.event(Topic::Queue, || {
                SessionQueueUpdatedEvent { kind: Tag::new(), data: queue.state(), timestamp }.into()
            });
        }
    }

    fn error(&mut self, message: String) {
        let timestamp = self.event.at;
        self.event(Topic::Other, || {
            SessionErrorEvent { kind: Tag::new(), data: ErrorData { message }, timestamp }.into()
        });
    }

    fn terminal_started(&mut self, terminal: &str, command: &str) {
        let timestamp = self.event.at;
        self.event(Topic::Terminal(Some(terminal.into())), || {
            let data = TerminalStartedData { terminal_id: terminal.into(), command: command.into() };
            SessionTerminalStartedEvent { kind: Tag::new(), data, timestamp }.into()
        });
    }

    fn terminal_data(&mut self, terminal: &str, text: String) {
        let timestamp = self.event.at;
        if !text.is_empty() {
            self.event(Topic::Terminal(Some(terminal.into())), || {
                let data = TerminalOutputData {
                    terminal_id: terminal.into(),
                    data: text,
                    offset: None,
                    next_offset: None,
                };
                SessionTerminalDataEvent { kind: Tag::new(), data, timestamp }.into()
            });
        }
    }

    fn terminal_exit(&mut self, terminal: &str, exit_code: Option<i32>) {
        let timestamp = self.event.at;
        self.event(Topic::Terminal(Some(terminal.into())), || {
            let data = TerminalExitData { terminal_id: terminal.into(), exit_code };
            SessionTerminalExitEvent { kind: Tag::new(), data, timestamp }.into()
        });
    }

    /// A person's answer is `permission_approved` with an option, whatever its kind, else `permission_rejected`; one that
    /// Lia gave in nobody's name is `permission_responded` or `permission_cancelled`.
    fn answered(&mut self, answer: PermissionAnswered) {
        let (request_id, timestamp) = (answer.id.to_string(), self.event.at);
        let person = answer.by.starts_with("user:");
        self.event(Topic::Other, || match (answer.option_id, person) {
            (Some(option_id), true) => SessionPermissionApprovedEvent {
                kind: Tag::new(),
                data: PermissionResolvedData {
                    request_id,
                    response: PermissionResponseBody::Option { option_id },
                },
                timestamp,
            }
            .into(),
            (None, true) => SessionPermissionRejectedEvent {
                kind: Tag::new(),
                data: PermissionResolvedData {
                    request_id,
                    response: PermissionResponseBody::Cancelled { outcome: Tag::new() },
                },
                timestamp,
            }
            .into(),
            (Some(option_id), false) => SessionPermissionRespondedEvent {
                kind: Tag::new(),
                data: PermissionRespondedData { request_id, option_id },
                timestamp,
            }
            .into(),
            (None, false) => SessionPermissionCancelledEvent {
                kind: Tag::new(),
                data: PermissionCancelledData { request_id, outcome: Tag::new() },
                timestamp,
            }
            .into(),
        });
    }

    fn task_state(&mut self, state: TaskState) {
        if state.status != TaskStatus::Terminated {
            return;
        }
        if let Some(error) = state.error {
            self.error(error);
        }
        let exit_code = match &*state.reason {
            // Lia ended it; how its process took that is of no interest.
            "deleted" | "down" | "user" | "timeout" => Some(-1),
            _ => state.exit_code,
        };
        let timestamp = self.event.at;
        self.event(Topic::Other, || {
            let data = SessionTerminatedData { exit_code };
            SessionSessionTerminatedEvent { kind: Tag::new(), data, timestamp }.into()
        });
    }
}

#[cfg(test)]
mod tests;
