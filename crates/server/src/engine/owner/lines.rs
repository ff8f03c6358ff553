//! Journaled lines of the sidecar become events and changes of records: one transaction for all lines that came
//! together, then they are published and acknowledged.

use std::{borrow::Cow, time::Instant};

use base64::Engine as _;
use bytes::Bytes;
use lia_protocol::{
    event::{
        Actor, AgentExited, Direction, ErrorEvent, Kind, LinkPos, NewEvent, OutputChunk, PermissionAnswered,
        PermissionOption, PermissionRequested, Phase as RpcPhase, PromptDelivered, TaskState, TurnEnded,
        TurnStarted,
    },
    ids::{CommandId, Offset, PermissionId, Seq, TurnId},
    link::{HostLine, Outcome, SidecarLine, is_rpc_id},
    task::TaskStatus,
    time::Timestamp,
};
use lia_store::{CommandState, Durability, Op, PermissionRecord, StoreError, TaskPatch};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::{Owner, Phase};
use crate::engine::error::EngineError;

/// A turn is named after its prompt, so that it is the same after every restart.
pub fn turn_of(prompt: CommandId) -> TurnId {
    TurnId(prompt.0)
}

/// Options of one question, and bytes of one text of it, that are kept.
pub(crate) const PERMISSION_OPTIONS: usize = 20;
pub(crate) const PERMISSION_TEXT: usize = 4000;

/// A transaction in the making.
struct Draft {
    ops: Vec<Op>,
    events: Vec<NewEvent>,
    durability: Durability,
    exited: Option<AgentExited>,
    ready: bool,
    auto: Vec<PermissionId>,
    /// Turns that ended, and how.
    turns: Vec<(CommandId, Result<String, String>)>,
}

impl Owner {
    pub(super) async fn lines(&mut self, lines: Vec<SidecarLine>) {
        let mut d = Draft {
            ops: Vec::new(),
            events: Vec::with_capacity(lines.len()),
            durability: Durability::Process,
            exited: None,
            ready: false,
            auto: Vec::new(),
            turns: Vec::new(),
        };
        let mut at = self.offset;
        let mut broken = None;
        // That files change keeps no session awake.
        if lines.iter().any(|line| !matches!(line, SidecarLine::Changed(_))) {
            self.touch();
        }
        for line in lines {
            if let Some(offset) = line.offset() {
                if offset <= self.offset {
                    self.repeated(&mut d, line, offset);
                    continue;
                }
                if offset != at.next() {
                    broken = Some(format!("journal line {offset} came after {at}"));
                    break;
                }
                at = offset;
            }
            self.translate(&mut d, line, at);
        }
        self.flush(&mut d, Some(at));
        self.shared.failpoints.pass("before_commit");
        match self.commit_own(d.durability, d.ops).await {
            Ok(_) => self.shared.failpoints.pass("after_commit"),
            Err(StoreError::Closed) => return,
            Err(e @ StoreError::Diverged { .. }) => {
                tracing::error!(task = %self.task.id, error = %e, "the sidecar's journal changed");
                return self
                    .fail("diverged", &format!("the sandbox is not to be trusted any more: {e}"))
                    .await;
            }
            Err(e) => {
                tracing::error!(task = %self.task.id, error = %e, "lines could not be committed");
                return self.fail("store", &format!("the log could not take the sandbox's lines: {e}")).await;
            }
        }
        self.offset = at;
        self.tell_terminals();
        if let Phase::Linked(link) = &self.phase
            && !link.send(&HostLine::Ack { offset: at })
        {
            broken.get_or_insert_with(|| "the sidecar does not read".to_owned());
        }
        self.shared.failpoints.pass("after_ack");
        if d.ready {
            self.became_ready();
        }
        for (id, how) in d.turns {
            if let Some(ended) = self.turns.remove(&id) {
                let _ = ended.send(how.map_err(EngineError::Turn));
            }
        }
        for id in d.auto {
            self.auto_allow(id).await;
        }
        if let Some(exited) = d.exited {
            return self.agent_exited(exited).await;
        }
        self.quota().await;
        if let Some(why) = broken {
            return self.link_closed(why).await;
        }
        self.dispatch().await;
    }

    /// A line that is in the log already: the store compares it.
    fn repeated(&mut self, d: &mut Draft, line: SidecarLine, offset: Offset) {
        if offset == Offset::ZERO {
            // No line of a journal: nothing that could be compared.
            return;
        }
        let pos = LinkPos { epoch: self.epoch, offset };
        let own = |e: NewEvent| e.at_link(pos);
        match line {
            SidecarLine::Rpc { direction, phase, frame, .. } => {
                d.events.push(self.rpc(direction, phase, frame).at_link(pos));
            }
            SidecarLine::Output { data, base64, .. } => {
                d.events.push(self.output(terminal_bytes(data, base64)).at_link(pos));
            }
            SidecarLine::Ready { ready, .. } => d.events.push(own(NewEvent::own(Actor::Sidecar, &ready))),
            SidecarLine::Exit { exited, .. } => d.events.push(own(NewEvent::own(Actor::Sidecar, &exited))),
            SidecarLine::Error { error, .. } => d.events.push(own(NewEvent::own(Actor::Sidecar, &error))),
            SidecarLine::Progress { progress, .. } => {
                d.events.push(own(NewEvent::own(Actor::Sidecar, &progress)));
            }
            SidecarLine::Terminal { ref closed, .. } => match self.terminal_closed(closed) {
                Some((_, event)) => d.events.push(own(event)),
                None => self.note(d, &line, pos),
            },
            SidecarLine::Begun { .. } | SidecarLine::Done { .. } => self.note(d, &line, pos),
            SidecarLine::Hello(_)
            | SidecarLine::Changed(_)
            | SidecarLine::Refused { .. }
            | SidecarLine::Heartbeat
            | SidecarLine::Unknown => {}
        }
    }

    /// What the line says of a command becomes events and records that do not hold it as it came: its digest does.
    fn note(&self, d: &mut Draft, line: &SidecarLine, pos: LinkPos) {
        self.flush(d, None);
        // Plain data with string keys: serialising cannot fail.
        let digest = Sha256::digest(serde_json::to_vec(line).unwrap_or_default()).into();
        d.ops.push(Op::NoteLine { session: self.session(), pos, digest });
    }

    /// A chunk of the terminal, at the place where the next one goes.
    fn output(&self, data: Bytes) -> NewEvent {
        NewEvent {
            turn: self.turn.map(|t| t.0),
            actor: Actor::Agent,
            cause: None,
            kind: Kind::Output,
            body: OutputChunk { pos: self.pty_pos, data }.encode(),
            link: None,
        }
    }

    fn rpc(&self, direction: Direction, phase: RpcPhase, frame: Bytes) -> NewEvent {
        let actor = match direction {
            Direction::AgentToClient => Actor::Agent,
            Direction::ClientToAgent => Actor::Sidecar,
        };
        NewEvent {
            turn: self.turn.map(|t| t.0),
            actor,
            cause: None,
            kind: Kind::Rpc(direction, phase),
            body: frame,
            link: None,
        }
    }

    fn flush(&self, d: &mut Draft, ack: Option<Offset>) {
        let events = std::mem::take(&mut d.events);
        if !events.is_empty() || ack.is_some() {
            d.ops.push(Op::Append { session: self.session(), at: Timestamp::now(), events, ack });
        }
    }

    fn translate(&mut self, d: &mut Draft, line: SidecarLine, offset: Offset) {
        let pos = LinkPos { epoch: self.epoch, offset };
        let turn = self.turn.map(|t| t.0);
        let own = |e: NewEvent| e.at_link(pos).in_turn(turn);
        match line {
            SidecarLine::Rpc { direction, phase, frame, .. } => {
                let asked = (phase == RpcPhase::Request && direction == Direction::AgentToClient)
                    .then(|| permission_request(&frame))
                    .flatten();
                d.events.push(self.rpc(direction, phase, frame).at_link(pos));
                if let Some((rpc_id, request)) = asked {
                    self.permission_requested(d, rpc_id, request);
                }
            }
            SidecarLine::Output { data, base64, .. } => {
                let bytes = terminal_bytes(data, base64);
                let size = bytes.len() as u64;
                d.events.push(self.output(bytes).at_link(pos));
                self.pty_pos += size;
                self.pty_since_trim += size;
                let keep = self.shared.options.pty_keep;
                if self.pty_pos > keep && self.pty_since_trim > keep / 8 {
                    self.pty_since_trim = 0;
                    self.flush(d, None);
                    d.ops.push(Op::TrimOutput { session: self.session(), at: Timestamp::now(), keep });
                }
            }
            SidecarLine::Ready { ready, .. } => {
                d.events.push(own(NewEvent::own(Actor::Sidecar, &ready)));
                self.instance.agent = ready;
                self.instance.running_since = Some(Timestamp::now());
                let state = TaskState {
                    status: TaskStatus::Running,
                    reason: "agent_ready".into(),
                    exit_code: None,
                    error: None,
                };
                if self.task.status == TaskStatus::Starting {
                    d.events.push(NewEvent::own(Actor::System, &state));
                    self.flush(d, None);
                    d.ops.push(self.update(
                        &[TaskStatus::Starting],
                        TaskPatch {
                            status: Some(TaskStatus::Running),
                            started_at: self.task.started_at.is_none().then(Timestamp::now),
                            suspended_at: Some(None),
                            instance_record: self.instance_json(),
                            ..TaskPatch::default()
                        },
                    ));
                    d.ready = true;
                }
            }
            SidecarLine::Begun { id, .. } => {
                self.note(d, &line, pos);
                let Some(given) = self.open.get_mut(&id) else { return };
                if given.state != CommandState::Sent {
                    return;
                }
                given.state = CommandState::Begun;
                if given.is_prompt() {
                    let turn = turn_of(id);
                    self.turn = Some((turn, id));
                    let delivered = NewEvent::own(Actor::Sidecar, &PromptDelivered { command: id });
                    d.events.push(delivered.at_link(pos).in_turn(Some(turn)).caused_by(id));
                    d.events.push(
                        NewEvent::own(Actor::System, &TurnStarted { command: id })
                            .in_turn(Some(turn))
                            .caused_by(id),
                    );
                }
                self.flush(d, None);
                d.ops.push(Op::SetCommand {
                    id,
                    expect: vec![CommandState::Sent],
                    state: CommandState::Begun,
                    outcome: None,
                });
            }
            SidecarLine::Done { id, ref outcome, .. } => {
                self.note(d, &line, pos);
                self.done(d, id, outcome, pos);
            }
            SidecarLine::Exit { exited, .. } => {
                d.events.push(own(NewEvent::own(Actor::Sidecar, &exited)));
                d.exited = Some(exited);
            }
            SidecarLine::Error { error, .. } => {
                d.events.push(own(NewEvent::own(Actor::Sidecar, &error)));
                if self.task.status == TaskStatus::Starting {
                    self.complaint = Some(error.message);
                }
            }
            SidecarLine::Progress { progress, .. } => {
                d.events.push(own(NewEvent::own(Actor::Sidecar, &progress)))
            }
            SidecarLine::Terminal { ref closed, .. } => match self.terminal_closed(closed) {
                Some((id, event)) => {
                    d.events.push(own(event));
                    if self.instance.terminals.remove(&id).is_some() {
                        self.flush(d, None);
                        d.ops.push(self.terminals_op());
                    }
                }
                None => self.note(d, &line, pos),
            },
            SidecarLine::Changed(changed) => {
                if let Some(changed) = self.changes.admit(changed, Instant::now()) {
                    d.events.push(NewEvent::own(Actor::Sidecar, &changed).in_turn(turn));
                }
            }
            SidecarLine::Hello(_)
            | SidecarLine::Refused { .. }
            | SidecarLine::Heartbeat
            | SidecarLine::Unknown => {}
        }
    }

    fn done(&mut self, d: &mut Draft, id: CommandId, outcome: &Outcome, pos: LinkPos) {
        let Some(given) = self.open.remove(&id) else { return };
        let json = serde_json::to_string(outcome).ok();
        if given.is_prompt() {
            let turn = self.turn.take_if(|t| t.1 == id).map(|t| t.0);
            let (stop_reason, error) = match outcome {
                Outcome::Ok { stop_reason } => {
                    (stop_reason.clone().unwrap_or_else(|| "end_turn".into()), None)
                }
                Outcome::Busy => ("error".into(), Some("the agent was working on another prompt".into())),
                Outcome::Failed { message } => ("error".into(), Some(message.clone())),
                Outcome::Exited => ("error".into(), Some("the agent ended before its turn did".into())),
            };
            d.turns.push((id, error.clone().map_or_else(|| Ok(stop_reason.clone()), Err)));
            self.close_permissions(d, turn);
            self.task.stop_reason = Some(stop_reason.clone());
            let ended = TurnEnded { command: id, stop_reason: stop_reason.clone(), error };
            d.events.push(NewEvent::own(Actor::System, &ended).in_turn(turn).at_link(pos).caused_by(id));
            self.flush(d, None);
            d.ops
                .push(self.update(&[], TaskPatch { stop_reason: Some(stop_reason), ..TaskPatch::default() }));
        } else {
            if let Outcome::Failed { message } = outcome {
                let e = ErrorEvent { message: message.clone(), code: None };
                d.events.push(NewEvent::own(Actor::Sidecar, &e).caused_by(id).at_link(pos));
            }
            self.flush(d, None);
        }
        d.ops.push(Op::SetCommand {
            id,
            expect: vec![given.state],
            state: CommandState::Done,
            outcome: json,
        });
    }

    fn permission_requested(&mut self, d: &mut Draft, rpc_id: String, request: PermissionRequested) {
        let turn = self.turn.map(|t| t.0);
        let record = PermissionRecord {
            id: request.id,
            session: self.session(),
            rpc_id,
            request: request.clone(),
            requested_at: Timestamp::now(),
            seq: Seq::ZERO,
            answer: None,
            answered_by: None,
        };
        d.events.push(NewEvent::own(Actor::Agent, &request).in_turn(turn));
        self.flush(d, None);
        d.ops.push(Op::PutPermission(Box::new(record.clone())));
        d.durability = Durability::Power;
        if self.auto_approves() {
            d.auto.push(record.id);
        }
        self.permissions.insert(record.id, record);
    }

    /// Questions of a turn that has ended are answered with "cancelled".
    fn close_permissions(&mut self, d: &mut Draft, turn: Option<TurnId>) {
        for (id, _) in self.permissions.drain() {
            let answered =
                PermissionAnswered { id, option_id: None, option_kind: None, by: Actor::System.to_string() };
            d.events.push(NewEvent::own(Actor::System, &answered).in_turn(turn));
            d.ops.push(Op::AnswerPermission { id, option_id: None, by: Actor::System.to_string() });
        }
    }

    /// Ops that close what is open when the task ends: questions, commands, the turn, waiting prompts.
    pub(super) fn closing_ops(&mut self, why: &str) -> Vec<Op> {
        use lia_protocol::event::{PromptUnknown, PromptWithdrawn};
        let mut d = Draft {
            ops: Vec::new(),
            events: Vec::new(),
            durability: Durability::Process,
            exited: None,
            ready: false,
            auto: Vec::new(),
            turns: Vec::new(),
        };
        let turn = self.turn.take();
        d.events = self.terminals_end(why);
        self.close_permissions(&mut d, turn.map(|t| t.0));
        for (id, given) in std::mem::take(&mut self.open) {
            if given.is_prompt() {
                let unknown = PromptUnknown { command: id, reason: why.to_owned() };
                d.events
                    .push(NewEvent::own(Actor::System, &unknown).in_turn(turn.map(|t| t.0)).caused_by(id));
            }
            d.ops.push(Op::SetCommand {
                id,
                expect: vec![given.state],
                state: CommandState::Unknown,
                outcome: None,
            });
        }
        if let Some((turn, command)) = turn {
            let ended = TurnEnded { command, stop_reason: "unknown".into(), error: Some(why.to_owned()) };
            d.events.push(NewEvent::own(Actor::System, &ended).in_turn(Some(turn)).caused_by(command));
            self.task.stop_reason = Some("unknown".into());
        }
        for c in self.queue.drain(..) {
            let withdrawn = PromptWithdrawn { command: c.id, reason: "terminated".into() };
            d.events.push(NewEvent::own(Actor::System, &withdrawn).caused_by(c.id));
            d.ops.push(Op::SetCommand {
                id: c.id,
                expect: vec![CommandState::Pending],
                state: CommandState::Withdrawn,
                outcome: None,
            });
        }
        self.flush(&mut d, None);
        d.ops
    }
}

/// The bytes of an `output` line.
fn terminal_bytes(data: String, base64: Option<String>) -> Bytes {
    match base64 {
        Some(b) => base64::engine::general_purpose::STANDARD.decode(b).unwrap_or_default().into(),
        None => data.into_bytes().into(),
    }
}

#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    params: AskedParams<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AskedParams<'a> {
    #[serde(borrow)]
    tool_call: AskedTool<'a>,
    #[serde(borrow)]
    options: Vec<AskedOption<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AskedTool<'a> {
    #[serde(borrow, default)]
    tool_call_id: Cow<'a, str>,
    #[serde(borrow, default)]
    title: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    kind: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AskedOption<'a> {
    #[serde(borrow)]
    option_id: Cow<'a, str>,
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    kind: Cow<'a, str>,
}

/// Reads a `session/request_permission`: its JSON-RPC id and what is asked. Anything else is `None`.
pub(crate) fn permission_request(frame: &[u8]) -> Option<(String, PermissionRequested)> {
    #[derive(Deserialize)]
    struct Method<'a> {
        #[serde(borrow)]
        method: Cow<'a, str>,
    }
    if serde_json::from_slice::<Method<'_>>(frame).ok()?.method != "session/request_permission" {
        return None;
    }
    let asked: Asked<'_> = serde_json::from_slice(frame).ok()?;
    if !is_rpc_id(asked.id) {
        return None;
    }
    let short = |s: &str| s.chars().take(PERMISSION_TEXT).collect::<String>();
    let options = asked.params.options.iter().take(PERMISSION_OPTIONS).map(|o| PermissionOption {
        option_id: short(&o.option_id),
        name: short(&o.name),
        kind: short(&o.kind),
    });
    Some((
        asked.id.get().to_owned(),
        PermissionRequested {
            id: PermissionId::new(),
            tool_call_id: short(&asked.params.tool_call.tool_call_id),
            title: asked.params.tool_call.title.as_deref().map_or_else(|| "a tool call".into(), short),
            tool_kind: asked.params.tool_call.kind.as_deref().map(short),
            options: options.collect(),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::permission_request;

    #[test]
    fn reads_a_question_and_nothing_else() {
        let frame = br#"{"jsonrpc":"2.0","id":"a-1","method":"session/request_permission","params":{"sessionId":"s","toolCall":{"toolCallId":"t1","title":"rm -rf","kind":"execute"},"options":[{"optionId":"y","name":"Yes","kind":"allow_once"}]}}"#;
        let (id, asked) = permission_request(frame).unwrap();
        assert_eq!((id.as_str(), asked.title.as_str(), asked.options.len()), ("\"a-1\"", "rm -rf", 1));
        assert!(permission_request(br#"{"id":1,"method":"fs/read_text_file","params":{}}"#).is_none());
        assert!(
            permission_request(br#"{"id":1,"method":"session/request_permission","params":{}}"#).is_none()
        );
        let text = std::str::from_utf8(frame).unwrap();
        for id in ["{}", "[[1]]", "true", "null", &format!("\"{}\"", "x".repeat(4000))] {
            assert!(permission_request(text.replace("\"a-1\"", id).as_bytes()).is_none(), "{id}");
        }
    }
}
