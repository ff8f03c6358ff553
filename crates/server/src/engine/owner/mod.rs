//! The owner of one session: the one task that holds its state, takes its inputs from one place, and appends to its log.
//!
//! ```text
//!           made            linked, init          agent ready
//! Making ─────────▶ Linking ────────────▶ Linked ───────────▶ (task: running)
//!   ▲                 ▲  │ link lost        │  │ suspend
//!   │ resume, parked  │  └──────────────────┘  ▼
//! Parked ◀──park── Frozen ◀─────────────────────┘        any ──▶ Ended   (agent exit, timeout, delete, instance gone)
//! ```
//!
//! Happy path: `create` commits task, prompt and events; the owner makes the instance, links, sends `init` with the
//! prompt, and then does nothing but translate journaled lines into events ([`lines`]), commit, publish, acknowledge.
//!
//! Failure paths: the link breaks: link again under a new epoch, resend what is not done (the sidecar answers repeats
//! from its journal). The instance dies: its leftover journal is appended, open commands become `unknown`, the task
//! ends with the reason. The server dies: [`life::recover`] does the same from the store. The disk is full: the batch
//! is tried again until there is room, and the sidecar feels the back-pressure.

use std::{
    collections::{HashMap, VecDeque},
    future::pending,
    sync::Arc,
    time::Duration,
};

use lia_gateway::GatewayEvent;
use lia_protocol::{
    api::InputResponse,
    event::{Actor, AgentReady, ErrorEvent, NewEvent, PermissionAnswered},
    ids::{CommandId, LinkEpoch, Offset, PermissionId, SessionId, TurnId},
    link::{Order, SidecarLine},
    sessions::PromptMode,
    task::TaskStatus,
    terminal::{TerminalId, TerminalStart},
    time::Timestamp,
};
use lia_runtime::{InstanceRecord, RuntimeError};
use lia_store::{
    CommandRecord, CommandState, Committed, Durability, MessageRecord, Op, PermissionRecord, StoreError,
    TaskPatch, TaskRecord, Txn,
};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use self::{changes::Changes, settling::Settling, terminals::OpenTerminals};
use super::{
    Shared,
    error::EngineError,
    link::{Incoming, Link},
    spec::TaskSpec,
    tail::Tail,
};

mod changes;
mod ending;
mod life;
pub(crate) mod lines;
mod messages;
mod pause;
mod queue;
mod requests;
mod settling;
pub(super) mod terminals;
mod timers;

pub use life::first_order;

/// Where an answer goes.
pub type Reply<T> = oneshot::Sender<Result<T, EngineError>>;

/// How a prompt that was accepted goes on.
#[derive(Debug)]
pub enum Prompted {
    /// Others go before it, or the queue is paused.
    Queued {
        /// Its id.
        id: CommandId,
        /// How many wait before it.
        position: u32,
    },
    /// It is the next thing that the agent does.
    Running {
        /// Its id.
        id: CommandId,
        /// Brings its stop reason when its turn has ended. Closed: the server is stopping.
        ended: oneshot::Receiver<Result<String, EngineError>>,
    },
}

/// Who or what ends a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is removed: instance, disk and files too.
    Deleted,
    /// A user ends it; its files stay.
    User,
    /// The server goes down with its instances; files stay.
    Down,
}

impl Ending {
    /// The reason's word in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::User => "user",
            Self::Down => "down",
        }
    }
}

/// What the API asks of a session.
pub enum Msg {
    /// A prompt of a session, whose turn's end its caller can wait for.
    Prompt {
        /// Who.
        by: Actor,
        /// What.
        text: String,
        /// What it does to a running turn; without a mode it is refused while anything goes before it.
        mode: Option<PromptMode>,
        /// Answer.
        reply: Reply<Prompted>,
    },
    /// A message of the queue across sessions came.
    Message,
    /// Make a prompt of a message now, idle or not.
    SendMessage {
        /// Which.
        message: Box<MessageRecord>,
        /// Who.
        by: Actor,
        /// Answer.
        reply: Reply<Prompted>,
    },
    /// Answers when the session's agent is there.
    Ready {
        /// Answer.
        reply: Reply<()>,
    },
    /// Hold waiting prompts back, or let them go on.
    Pause {
        /// Which.
        paused: bool,
        /// Who.
        by: Actor,
        /// Answer.
        reply: Reply<()>,
    },
    /// Take all waiting prompts back.
    Clear {
        /// Who.
        by: Actor,
        /// Answer: how many.
        reply: Reply<u32>,
    },
    /// Put the waiting prompts into another order.
    Reorder {
        /// All of their ids as they came, the next one first.
        order: Vec<String>,
        /// Who.
        by: Actor,
        /// Answer.
        reply: Reply<()>,
    },
    /// Whether Lia answers questions by itself.
    AutoApprove {
        /// As the server's settings have it when absent.
        auto_approve: Option<bool>,
        /// Who.
        by: Actor,
        /// Answer.
        reply: Reply<()>,
    },
    /// A prompt or bytes.
    Input {
        /// Who.
        by: Actor,
        /// Makes a repeat harmless.
        id: Option<CommandId>,
        /// What.
        data: String,
        /// Answer.
        reply: Reply<InputResponse>,
    },
    /// Stop the running turn.
    Cancel {
        /// Who.
        by: Actor,
        /// Answer.
        reply: Reply<InputResponse>,
    },
    /// A terminal's size.
    Resize {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// A terminal is about to be opened.
    TerminalOpens {
        /// Its name.
        id: TerminalId,
        /// What it runs.
        start: TerminalStart,
        /// Who.
        by: Actor,
        /// Answer.
        reply: Reply<()>,
    },
    /// A terminal that was written down is not there.
    TerminalMissing {
        /// Which.
        id: TerminalId,
        /// Why.
        error: String,
    },
    /// Somebody works in it.
    Active,
    /// Take a waiting prompt back.
    Withdraw {
        /// Which.
        id: CommandId,
        /// Who.
        by: Actor,
        /// Answer.
        reply: Reply<()>,
    },
    /// Answer a question.
    Answer {
        /// Which.
        id: PermissionId,
        /// How.
        option_id: Option<String>,
        /// Who.
        by: Actor,
        /// Answer.
        reply: Reply<PermissionAnswered>,
    },
    /// Suspend.
    Suspend {
        /// Who.
        by: Actor,
        /// Answer.
        reply: Reply<()>,
    },
    /// Resume.
    Resume {
        /// Who.
        by: Actor,
        /// Answer, when it runs.
        reply: Reply<()>,
    },
    /// End it.
    Terminate {
        /// Who.
        by: Actor,
        /// Why.
        ending: Ending,
        /// Answer, when everything is gone.
        reply: Reply<()>,
    },
}

/// What is kept of the instance in the task's record, as JSON.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct InstanceState {
    /// The runtime's own record, while there is an instance.
    pub record: Option<Arc<InstanceRecord>>,
    /// What the agent said last.
    pub agent: AgentReady,
    /// Since when the task runs.
    pub running_since: Option<Timestamp>,
    /// Processes ended, home and workspace kept; resumed by `session/load`.
    pub parked: bool,
    /// A person's terminals that are open.
    #[serde(default, skip_serializing_if = "OpenTerminals::is_empty")]
    pub terminals: OpenTerminals,
}

impl InstanceState {
    /// As a task's record has it.
    #[must_use]
    pub fn of(task: &TaskRecord) -> Self {
        task.instance_record.as_deref().and_then(|j| serde_json::from_str(j).ok()).unwrap_or_default()
    }
}

/// Where the instance stands.
enum Phase {
    /// The runtime makes it.
    Making(JoinHandle<Result<InstanceRecord, RuntimeError>>),
    /// It lives; the control link is being made.
    Linking(JoinHandle<Result<Link, EngineError>>),
    /// It lives and talks.
    Linked(Link),
    /// Suspended, memory kept.
    Frozen,
    /// Suspended, no processes.
    Parked,
    /// The task is terminated.
    Ended,
}

/// The owner's state.
pub struct Owner {
    shared: Arc<Shared>,
    task: TaskRecord,
    spec: TaskSpec,
    instance: InstanceState,
    tail: Arc<Tail>,
    requests: mpsc::Receiver<Msg>,
    phase: Phase,
    /// Resolves when the instance does not live any more.
    ended: Option<JoinHandle<Option<String>>>,
    gateway_tx: mpsc::Sender<GatewayEvent>,
    gateway_rx: mpsc::Receiver<GatewayEvent>,
    epoch: LinkEpoch,
    /// The last journal line that is durable in the log.
    offset: Offset,
    /// Columns and rows of the agent's terminal, as they were asked for last; kept for a sandbox that is not there yet.
    size: Option<(u16, u16)>,
    /// Bytes of PTY output so far.
    pty_pos: u64,
    pty_since_trim: u64,
    log_bytes: u64,
    log_warned: bool,
    /// The running turn.
    turn: Option<(TurnId, CommandId)>,
    /// Prompts that wait, in order.
    queue: VecDeque<CommandRecord>,
    /// Commands that were given to the sidecar and are not done.
    open: HashMap<CommandId, Given>,
    /// How many were given, for their order.
    given: u64,
    permissions: HashMap<PermissionId, PermissionRecord>,
    last_activity: Instant,
    /// What the log takes of changed files.
    changes: Changes,
    /// When running began on the monotonic clock.
    running_since: Option<Instant>,
    frozen_since: Option<Instant>,
    /// The link was lost this often in a row.
    link_failures: u32,
    /// What the sidecar said last that failed while the agent was being started.
    complaint: Option<String>,
    /// Those who wait for a prompt's turn to end.
    turns: HashMap<CommandId, oneshot::Sender<Result<String, EngineError>>>,
    /// Whether messages of the queue across sessions may wait for this one.
    messages: bool,
    /// Those who wait for the task to run.
    waiting_resume: Vec<Reply<()>>,
    /// Why the agent is being ended, once it is: its exit is then no failure.
    ending: Option<&'static str>,
    /// What is committed and not yet known to survive the loss of power.
    settling: Settling,
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(w) = self.ended.take() {
            w.abort();
        }
        match &self.phase {
            Phase::Making(job) => job.abort(),
            Phase::Linking(job) => job.abort(),
            Phase::Linked(_) | Phase::Frozen | Phase::Parked | Phase::Ended => {}
        }
    }
}

/// A command that the sidecar has, or will have with the next link.
struct Given {
    state: CommandState,
    order: Order,
    /// Commands go out in this order, again and again.
    nr: u64,
}

impl Given {
    fn is_prompt(&self) -> bool {
        matches!(self.order, Order::Prompt { .. })
    }
}

/// Something that the owner attends to.
enum Wake {
    Msg(Msg),
    /// The engine lets go; the instance lives on.
    Released,
    Made(Result<InstanceRecord, RuntimeError>),
    LinkTried(Result<Link, EngineError>),
    Lines(Vec<SidecarLine>),
    LinkClosed(String),
    InstanceEnded(Option<String>),
    Gateway(GatewayEvent),
    Settled(Result<(), StoreError>),
    Deadline,
}

/// How the owner ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The task is terminated.
    Terminated,
    /// The engine let go of it.
    Released,
}

impl Owner {
    /// Runs until the task is terminated or the engine lets go.
    pub async fn run(&mut self) -> Finish {
        loop {
            if matches!(self.phase, Phase::Ended) {
                return Finish::Terminated;
            }
            match self.wake().await {
                Wake::Released => {
                    self.settle().await;
                    return Finish::Released;
                }
                Wake::Settled(how) => self.settled(how),
                Wake::Msg(m) => self.request(m).await,
                Wake::Made(r) => self.made(r).await,
                Wake::LinkTried(r) => self.link_tried(r).await,
                Wake::Lines(l) => self.lines(l).await,
                Wake::LinkClosed(why) => self.link_closed(why).await,
                Wake::InstanceEnded(how) => self.instance_ended(how).await,
                Wake::Gateway(e) => self.gateway_event(e).await,
                Wake::Deadline => self.deadline().await,
            }
            self.take_message().await;
        }
    }

    /// Waits for whatever comes first. Every branch is cancel safe.
    async fn wake(&mut self) -> Wake {
        let deadline = self.next_deadline();
        let phase = async {
            match &mut self.phase {
                Phase::Making(job) => Wake::Made(flatten(job.await, |e| {
                    RuntimeError::Missing(format!("the start was interrupted: {e}"))
                })),
                Phase::Linking(job) => Wake::LinkTried(flatten(job.await, |e| {
                    EngineError::Instance(format!("linking was interrupted: {e}"))
                })),
                Phase::Linked(link) => match link.next().await {
                    Incoming::Lines(l) => Wake::Lines(l),
                    Incoming::Closed(why) => Wake::LinkClosed(why),
                },
                Phase::Frozen | Phase::Parked | Phase::Ended => pending().await,
            }
        };
        let ended = async {
            match &mut self.ended {
                Some(job) => Wake::InstanceEnded(job.await.unwrap_or(None)),
                None => pending().await,
            }
        };
        let timer = async {
            match deadline {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            m = self.requests.recv() => m.map_or(Wake::Released, Wake::Msg),
            how = self.settling.next() => Wake::Settled(how),
            w = phase => w,
            w = ended => w,
            Some(e) = self.gateway_rx.recv() => Wake::Gateway(e),
            () = timer => Wake::Deadline,
        }
    }

    /// The session.
    fn session(&self) -> SessionId {
        self.task.session
    }

    /// An append of these events.
    fn append(&self, events: Vec<NewEvent>) -> Op {
        Op::Append { session: self.session(), at: Timestamp::now(), events, ack: None }
    }

    /// A change of the task's record.
    fn update(&self, expect: &[TaskStatus], patch: TaskPatch) -> Op {
        Op::UpdateTask { id: self.task.id, expect: expect.to_vec(), patch: Box::new(patch) }
    }

    /// The instance's state as the record keeps it.
    fn instance_json(&self) -> Option<Option<String>> {
        Some(serde_json::to_string(&self.instance).ok())
    }

    /// Commits what a caller waits for: errors go to the caller.
    async fn commit(&mut self, durability: Durability, ops: Vec<Op>) -> Result<Committed, StoreError> {
        let done = self.shared.store.commit(Txn { durability, ops }).await?;
        self.committed(&done);
        Ok(done)
    }

    /// Commits what the owner must not lose: while the disk is full or the store does not answer, it tries again, and
    /// the instance feels the back-pressure. Only an error that trying again cannot mend comes back.
    async fn commit_own(&mut self, durability: Durability, ops: Vec<Op>) -> Result<Committed, StoreError> {
        let mut wait = Duration::from_millis(50);
        loop {
            match self.shared.store.commit(Txn { durability, ops: ops.clone() }).await {
                Ok(done) => {
                    self.committed(&done);
                    return Ok(done);
                }
                Err(e @ (StoreError::Full | StoreError::Backend(_))) => {
                    tracing::error!(task = %self.task.id, error = %e, "the store cannot take events; trying again");
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = self.shared.stopping.cancelled() => return Err(StoreError::Closed),
                    }
                    wait = (wait * 2).min(Duration::from_secs(5));
                }
                Err(e) => return Err(e),
            }
        }
    }

    fn committed(&mut self, done: &Committed) {
        if done.events.is_empty() {
            return;
        }
        self.log_bytes += done.events.iter().map(|e| e.body.len() as u64).sum::<u64>();
        self.publish(done.events.clone());
    }

    /// Appends events of the owner's own.
    async fn log(&mut self, events: Vec<NewEvent>) {
        let op = self.append(events);
        if let Err(e) = self.commit_own(Durability::Process, vec![op]).await {
            tracing::error!(task = %self.task.id, error = %e, "an event could not be appended");
        }
    }

    fn error_event(&self, message: impl Into<String>) -> NewEvent {
        NewEvent::own(Actor::System, &ErrorEvent { message: message.into(), code: None })
            .in_turn(self.turn.map(|t| t.0))
    }

    fn touch(&mut self) {
        self.last_activity = Instant::now();
    }
}

fn flatten<T, E>(
    joined: Result<Result<T, E>, tokio::task::JoinError>,
    err: impl FnOnce(tokio::task::JoinError) -> E,
) -> Result<T, E> {
    match joined {
        Ok(r) => r,
        Err(e) => Err(err(e)),
    }
}
