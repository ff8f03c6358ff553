//! What the API asks of a session. Whatever a caller is told is accepted was committed with power-loss durability
//! before the answer.

use lia_protocol::{
    api::InputResponse,
    error::Issue,
    event::{Actor, ErrorEvent, NewEvent, PermissionAnswered, PromptQueued, QueueReordered},
    ids::{CommandId, PermissionId},
    limits,
    link::{HostLine, Order},
    task::TaskStatus,
    template::AgentMode,
    time::Timestamp,
};
use lia_store::{CommandRecord, CommandState, Durability, Op, TaskPatch};

use super::{Given, Msg, Owner, Phase, Reply};
use crate::engine::error::EngineError;

/// Characters of a first prompt that become a session's title.
const TITLE_CHARS: usize = 120;

impl Owner {
    pub(super) async fn request(&mut self, msg: Msg) {
        match msg {
            Msg::Input { by, id, data, reply } => {
                let answer = self.input(by, id, data).await;
                self.once_settled(move |how| {
                    let _ = reply.send(answer.and_then(|a| how.map(|()| a).map_err(EngineError::from)));
                });
            }
            Msg::Cancel { by, reply } => {
                let answer = self.cancel(by).await;
                let _ = reply.send(answer);
            }
            Msg::Resize { cols, rows } => {
                self.size = Some((cols, rows));
                if let Phase::Linked(link) = &self.phase {
                    link.send(&HostLine::Resize { cols, rows });
                }
            }
            Msg::TerminalOpens { id, start, by, reply } => {
                let answer = self.terminal_opens(id, &start, by).await;
                let _ = reply.send(answer);
            }
            Msg::TerminalMissing { id, error } => self.terminal_missing(id, error).await,
            Msg::Active => self.touch(),
            Msg::Withdraw { id, by, reply } => {
                let answer = self.withdraw(id, by).await;
                let _ = reply.send(answer);
            }
            Msg::Answer { id, option_id, by, reply } => {
                let answer = self.answer(id, option_id, by).await;
                let _ = reply.send(answer);
            }
            Msg::Suspend { by, reply } => {
                let answer = self.suspend(&by.to_string(), "user").await;
                let _ = reply.send(answer);
            }
            Msg::Resume { by, reply } => self.resume(&by, Some(reply)).await,
            Msg::Prompt { by, text, mode, reply } => {
                let answer = self.session_prompt(by, text, mode).await;
                self.once_settled(move |how| {
                    let _ = reply.send(answer.and_then(|a| how.map(|()| a).map_err(EngineError::from)));
                });
            }
            Msg::Message => self.message_came().await,
            Msg::SendMessage { message, by, reply } => {
                let answer = self.send_message(*message, by).await;
                self.once_settled(move |how| {
                    let _ = reply.send(answer.and_then(|a| how.map(|()| a).map_err(EngineError::from)));
                });
            }
            Msg::Ready { reply } => match self.task.status {
                TaskStatus::Running | TaskStatus::Suspended => drop(reply.send(Ok(()))),
                TaskStatus::Pending | TaskStatus::Starting | TaskStatus::Terminated => {
                    self.waiting_resume.push(reply);
                }
            },
            Msg::Pause { paused, by, reply } => {
                let answer = self.pause_queue(paused, by).await;
                let _ = reply.send(answer);
            }
            Msg::Clear { by, reply } => {
                let answer = self.clear_queue(by).await;
                let _ = reply.send(answer);
            }
            Msg::Reorder { order, by, reply } => {
                let answer = self.reorder_queue(order, by).await;
                let _ = reply.send(answer);
            }
            Msg::AutoApprove { auto_approve, by, reply } => {
                let answer = self.set_auto_approve(auto_approve, by).await;
                let _ = reply.send(answer);
            }
            Msg::Terminate { by, ending, reply } => {
                let answer = self.terminate(&by, ending).await;
                let _ = reply.send(answer);
            }
        }
    }

    fn command(&self, id: CommandId, order: Order, by: &Actor, state: CommandState) -> CommandRecord {
        CommandRecord {
            id,
            session: self.session(),
            order,
            actor: by.to_string(),
            state,
            accepted_at: Timestamp::now(),
            outcome: None,
        }
    }

    /// Whether the agent works on a prompt, or has been given one.
    pub(super) fn works(&self) -> bool {
        self.turn.is_some() || self.open.values().any(Given::is_prompt)
    }

    /// Whether the next prompt can go to the agent right now.
    pub(super) fn is_free(&self) -> bool {
        matches!(self.phase, Phase::Linked(_))
            && self.task.status == TaskStatus::Running
            && !self.task.queue_paused
            && !self.works()
    }

    pub(super) async fn input(
        &mut self,
        by: Actor,
        id: Option<CommandId>,
        data: String,
    ) -> Result<InputResponse, EngineError> {
        if data.len() > limits::INPUT_BYTES {
            let message = format!("has {} bytes; allowed are {}", data.len(), limits::INPUT_BYTES);
            return Err(EngineError::Invalid(vec![Issue { path: "data".into(), message }]));
        }
        if let Some(id) = id
            && let Some(known) = self.shared.store.command(id).await?
        {
            let same = known.session == self.session()
                && matches!(&known.order, Order::Prompt { text: d } | Order::Input { data: d } if *d == data);
            let position = self.queue.iter().position(|c| c.id == id).unwrap_or(0);
            return if same {
                Ok(InputResponse { id, position: u32::try_from(position).unwrap_or(0) })
            } else {
                Err(EngineError::InvalidState(format!(
                    "the input id {id} was used before for something else"
                )))
            };
        }
        let id = id.unwrap_or_else(CommandId::new);
        self.touch();
        let answer = match self.spec.template.mode {
            AgentMode::Acp => self.prompt(by.clone(), id, data, false, Vec::new()).await?,
            AgentMode::Terminal => self.type_in(&by, id, data).await?,
        };
        if self.task.status == TaskStatus::Suspended {
            self.resume(&by, None).await;
        }
        Ok(answer)
    }

    /// Takes a prompt; with `first` it stands before all others that wait. `with` is done with it or not at all.
    pub(super) async fn prompt(
        &mut self,
        by: Actor,
        id: CommandId,
        text: String,
        first: bool,
        with: Vec<Op>,
    ) -> Result<InputResponse, EngineError> {
        let units = text.encode_utf16().count();
        if !limits::PROMPT_UTF16.contains(&units) {
            let message =
                format!("a prompt has 1 to {} characters; this one has {units}", limits::PROMPT_UTF16.end());
            return Err(EngineError::Invalid(vec![Issue { path: "data".into(), message }]));
        }
        if self.queue.len() >= limits::QUEUED_PROMPTS {
            return Err(EngineError::QueueFull(self.queue.len()));
        }
        let now = self.is_free() && self.queue.is_empty();
        let first = first && !self.queue.is_empty();
        let position = if first { 0 } else { u32::try_from(self.queue.len()).unwrap_or(u32::MAX) };
        let state = if now { CommandState::Sent } else { CommandState::Pending };
        let command = self.command(id, Order::Prompt { text: text.clone() }, &by, state);
        let queued = NewEvent::own(by.clone(), &PromptQueued { command: id, text, position }).caused_by(id);
        let put = Op::PutCommand(Box::new(command.clone()));
        let mut ops = if first {
            let order: Vec<_> = std::iter::once(id).chain(self.queue.iter().map(|c| c.id)).collect();
            let reordered = NewEvent::own(by, &QueueReordered { order: order.clone() }).caused_by(id);
            let place = Op::OrderCommands { session: self.session(), order };
            vec![self.append(vec![queued, reordered]), put, place]
        } else {
            vec![self.append(vec![queued]), put]
        };
        ops.extend(with);
        // What a session is about is its first prompt, until somebody says it better.
        let title = (self.task.title.is_none() && self.task.prompt.is_empty()).then(|| title_of(&command));
        if title.is_some() {
            ops.push(self.update(&[], TaskPatch { title: title.clone(), ..TaskPatch::default() }));
        }
        self.commit_early(ops).await?;
        self.task.title = self.task.title.take().or(title);
        self.shared.failpoints.pass("after_prompt_commit");
        if now {
            self.send(command);
            self.shared.failpoints.pass("after_prompt_send");
        } else if first {
            self.queue.push_front(command);
        } else {
            self.queue.push_back(command);
        }
        Ok(InputResponse { id, position })
    }

    async fn type_in(
        &mut self,
        by: &Actor,
        id: CommandId,
        data: String,
    ) -> Result<InputResponse, EngineError> {
        let command = self.command(id, Order::Input { data }, by, CommandState::Sent);
        self.commit_early(vec![Op::PutCommand(Box::new(command.clone()))]).await?;
        self.send(command);
        Ok(InputResponse { id, position: 0 })
    }

    /// Gives a command that is recorded as sent to the sidecar; while there is no link it goes with the next one.
    pub(super) fn send(&mut self, c: CommandRecord) {
        if let Phase::Linked(link) = &self.phase {
            link.send(&HostLine::Command { id: c.id, order: c.order.clone() });
        }
        self.give(c.id, c.order);
    }

    /// Notes a command that the sidecar has, or will have.
    pub(super) fn give(&mut self, id: CommandId, order: Order) {
        self.given += 1;
        self.open.insert(id, Given { state: CommandState::Sent, order, nr: self.given });
    }

    /// Gives the next waiting prompt to an idle agent.
    pub(super) async fn dispatch(&mut self) {
        if !self.is_free() {
            return;
        }
        let Some(command) = self.queue.pop_front() else { return };
        let op = Op::SetCommand {
            id: command.id,
            expect: vec![CommandState::Pending],
            state: CommandState::Sent,
            outcome: None,
        };
        match self.commit_own(Durability::Process, vec![op]).await {
            Ok(_) => self.send(command),
            Err(e) => {
                tracing::error!(task = %self.task.id, error = %e, "a prompt could not be marked as sent");
                self.queue.push_front(command);
            }
        }
    }

    pub(super) async fn cancel(&mut self, by: Actor) -> Result<InputResponse, EngineError> {
        if self.task.status != TaskStatus::Running {
            return Err(EngineError::InvalidState(format!(
                "the task is {}; nothing runs",
                self.task.status.as_str()
            )));
        }
        if self.spec.template.mode == AgentMode::Acp && !self.works() {
            return Err(EngineError::InvalidState("the agent is not working on a prompt".into()));
        }
        let id = CommandId::new();
        let command = self.command(id, Order::Cancel, &by, CommandState::Sent);
        self.commit(Durability::Power, vec![Op::PutCommand(Box::new(command.clone()))]).await?;
        self.send(command);
        Ok(InputResponse { id, position: 0 })
    }

    async fn withdraw(&mut self, id: CommandId, by: Actor) -> Result<(), EngineError> {
        if !self.queue.iter().any(|c| c.id == id) {
            return Err(EngineError::NotFound(format!("waiting prompt {id}")));
        }
        self.take_back(&[id], by).await
    }

    async fn answer(
        &mut self,
        id: PermissionId,
        option_id: Option<String>,
        by: Actor,
    ) -> Result<PermissionAnswered, EngineError> {
        let Some(asked) = self.permissions.get(&id) else {
            return Err(match self.shared.store.permission(id).await? {
                Some(p) if p.session == self.session() => EngineError::InvalidState(format!(
                    "the question was answered already with {} by {}",
                    p.answer.flatten().unwrap_or_else(|| "\"cancelled\"".into()),
                    p.answered_by.unwrap_or_else(|| "system".into())
                )),
                _ => EngineError::NotFound(format!("permission {id}")),
            });
        };
        let option = match &option_id {
            None => None,
            Some(o) => match asked.request.options.iter().find(|p| p.option_id == *o) {
                Some(p) => Some(p.clone()),
                None => {
                    let offered: Vec<_> =
                        asked.request.options.iter().map(|p| p.option_id.as_str()).collect();
                    let message = format!("is {o:?}; offered are {}", offered.join(", "));
                    return Err(EngineError::Invalid(vec![Issue { path: "option_id".into(), message }]));
                }
            },
        };
        let rpc_id = serde_json::from_str(&asked.rpc_id).unwrap_or_default();
        let answered = PermissionAnswered {
            id,
            option_id: option_id.clone(),
            option_kind: option.map(|o| o.kind),
            by: by.to_string(),
        };
        let order = Order::Permission { rpc_id, option_id: option_id.clone() };
        let command = self.command(CommandId::new(), order, &by, CommandState::Sent);
        let event =
            NewEvent::own(by.clone(), &answered).in_turn(self.turn.map(|t| t.0)).caused_by(command.id);
        let ops = vec![
            self.append(vec![event]),
            Op::AnswerPermission { id, option_id, by: by.to_string() },
            Op::PutCommand(Box::new(command.clone())),
        ];
        self.commit(Durability::Power, ops).await?;
        self.permissions.remove(&id);
        self.touch();
        self.send(command);
        if self.task.status == TaskStatus::Suspended {
            self.resume(&by, None).await;
        }
        Ok(answered)
    }

    /// Answers a question with the first option that allows, as the template says.
    pub(super) async fn auto_allow(&mut self, id: PermissionId) {
        let Some(asked) = self.permissions.get(&id) else { return };
        let Some(option) =
            asked.request.options.iter().find(|o| o.kind.starts_with("allow")).map(|o| o.option_id.clone())
        else {
            return;
        };
        if let Err(e) = self.answer(id, Some(option), Actor::System).await {
            let e = ErrorEvent {
                message: format!("the question could not be answered by itself: {e}"),
                code: None,
            };
            self.log(vec![NewEvent::own(Actor::System, &e)]).await;
        }
    }

    /// Nobody has answered the oldest question for long.
    pub(super) async fn refuse_oldest(&mut self) {
        let oldest = self.permissions.values().min_by_key(|p| p.requested_at);
        let Some((id, options)) = oldest.map(|p| (p.id, &p.request.options)) else { return };
        let reject = options.iter().find(|o| o.kind.starts_with("reject")).map(|o| o.option_id.clone());
        let event =
            self.error_event("nobody answered the question in time; it is refused (tasks.question_minutes)");
        self.log(vec![event]).await;
        if let Err(e) = self.answer(id, reject, Actor::System).await {
            let event = self.error_event(format!("the question could not be refused: {e}"));
            self.log(vec![event]).await;
            // Not again at once.
            self.permissions.remove(&id);
        }
    }

    pub(super) fn answer_waiting(&mut self, result: impl Fn() -> Result<(), EngineError>) {
        for reply in std::mem::take(&mut self.waiting_resume) {
            let reply: Reply<()> = reply;
            let _ = reply.send(result());
        }
    }
}

/// The beginning of a prompt.
fn title_of(prompt: &CommandRecord) -> String {
    let Order::Prompt { text } = &prompt.order else { return String::new() };
    let mut title: String = text.chars().take(TITLE_CHARS).collect();
    if title.len() < text.len() {
        title.push_str("...");
    }
    title
}
