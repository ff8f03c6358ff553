//! One session: an agent, its journal, and the one task that owns both.
//!
//! ```text
//!            init                 agent runs                      agent's end
//! waiting ─────────▶ setting up ─────────────▶ running ────────────────────────▶ ended
//!                        │ clone or files fail                                    ▲
//!                        └────────────────────────────────────────────────────────┘
//! ```
//!
//! All inputs come through one queue, so what the control plane sent in order is acted on in order. The task reads the
//! agent and writes the journal; connections only read the journal. `exit` is the journal's last line: what comes after it
//! is not acted on and not answered.
//!
//! - [`commands`]: which orders are known;
//! - [`setup`]: files and repositories before the agent starts; [`script`]: the set-up script;
//! - [`stop`]: the ladder from a polite end to a certain one;
//! - [`acp`], [`terminal`]: the two kinds of agents.

pub(crate) mod acp;
mod commands;
mod script;
mod setup;
mod stop;
mod terminal;

use std::{cell::RefCell, io, rc::Rc, time::Duration};

use lia_protocol::{
    event::{AgentExited, ErrorEvent, Progress},
    ids::{CommandId, LinkEpoch},
    link::{Init, Order, Outcome, SidecarLine},
    template::AgentMode,
};
use tokio::sync::{mpsc, watch};

use self::commands::Commands;
use crate::{
    instance::Instance,
    journal::Journal,
    process::Ended,
    terminals::{Beside, Terminals},
    watch::{Hints, Watch},
};

/// Inputs that wait for the session's task; then the connection waits.
const QUEUE: usize = 64;
/// Bytes of an agent's standard error that are kept.
const STDERR_TAIL: usize = 4_000;
/// Bytes of an error's message.
const ERROR_BYTES: usize = 8_000;

/// What a connection hands to a session.
#[derive(Debug)]
pub enum Input {
    /// Start.
    Init(Box<Init>),
    /// An order; without an id it is not durable and not answered.
    Order(Option<CommandId>, Order),
    /// The terminal's size: columns, rows.
    Resize(u16, u16),
    /// Orders come no more after this: end the agent, waiting this long at each step.
    Stop(Duration),
}

/// How far a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// No `init` yet.
    Waiting,
    /// Taken.
    Inited,
    /// The agent's exit code; the journal holds all that it will.
    Ended(i32),
    /// The journal cannot be written: why.
    Broken(String),
}

/// Which connection serves the session: the epoch, and a count that grows with each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turnstile {
    /// The newest epoch seen.
    pub epoch: LinkEpoch,
    /// Whose turn it is.
    pub holder: u64,
}

/// A session as connections see it.
pub struct Handle {
    /// What it said.
    pub journal: Rc<Journal>,
    /// How far it is.
    pub state: watch::Sender<State>,
    /// Who serves it.
    pub link: watch::Sender<Turnstile>,
    /// Wakes at every acknowledgement.
    pub acked: tokio::sync::Notify,
    /// A person's terminals beside the agent.
    pub terminals: Terminals,
    /// What changed in the workspace and was not told yet.
    pub hints: Rc<Hints>,
    inputs: mpsc::Sender<Input>,
}

impl Handle {
    /// Hands over an input, waiting for room.
    pub async fn send(&self, input: Input) {
        // The task ends only with the process.
        let _ = self.inputs.send(input).await;
    }

    /// Asks the agent to end.
    pub async fn stop(&self, grace: Duration) {
        self.send(Input::Stop(grace)).await;
    }

    /// Waits until there is no agent.
    pub async fn ended(&self) {
        let over = |s: &State| matches!(s, State::Ended(_) | State::Broken(_));
        let _ = self.state.subscribe().wait_for(over).await;
    }

    /// Waits until the control plane has the whole journal.
    pub async fn acknowledged(&self) {
        while self.journal.acked() < self.journal.end() {
            self.acked.notified().await;
        }
    }
}

/// Starts a session's task.
#[must_use]
pub fn start(instance: Rc<Instance>, journal: Rc<Journal>) -> Rc<Handle> {
    let (inputs, queue) = mpsc::channel(QUEUE);
    let handle = Rc::new(Handle {
        journal: Rc::clone(&journal),
        state: watch::Sender::new(State::Waiting),
        link: watch::Sender::default(),
        acked: tokio::sync::Notify::new(),
        terminals: Terminals::default(),
        hints: Rc::default(),
        inputs,
    });
    let core = Core { instance, journal, commands: RefCell::default(), watch: RefCell::default() };
    tokio::task::spawn_local(run(core, queue, Rc::clone(&handle)));
    handle
}

async fn run(core: Core, mut queue: mpsc::Receiver<Input>, handle: Rc<Handle>) {
    let ended = live(&core, &mut queue, &handle).await;
    handle.terminals.end().await;
    let watch = core.watch.take();
    // Kept until the process ends: the kernel takes its time to close it.
    let _watched = match watch {
        Some(watch) => watch.end().await,
        None => None,
    };
    let state = match ended.and_then(|exited| core.exit(exited)) {
        Ok(code) => State::Ended(code),
        Err(e) => State::Broken(format!("the journal cannot be written: {e}")),
    };
    handle.state.send_replace(state);
    // Whoever knows the session holds it; once nobody does, nothing comes any more.
    drop(handle);
    while queue.recv().await.is_some() {}
}

async fn live(core: &Core, queue: &mut mpsc::Receiver<Input>, handle: &Handle) -> io::Result<AgentExited> {
    let init = loop {
        match queue.recv().await {
            Some(Input::Init(init)) => break init,
            Some(Input::Order(id, order)) => core.refuse(id, &order)?,
            Some(Input::Resize(..)) => {}
            Some(Input::Stop(_)) | None => {
                return Ok(AgentExited { code: 0, signal: None, stderr_tail: String::new() });
            }
        }
    };
    handle.state.send_replace(State::Inited);
    if let Some(id) = init.prompt_id {
        core.commands.borrow_mut().accept(id);
    }
    let mut waiting = Vec::new();
    let ready = match setup::run(core, &init, queue, &mut waiting).await {
        Ok(ready) => ready,
        Err(setup::SetupError::Journal(e)) => return Err(e),
        Err(setup::SetupError::Stopped) => return Ok(failed_exit(0)),
        Err(e) => {
            core.error("setup", e.to_string());
            return Ok(failed_exit(1));
        }
    };
    let first = (!init.prompt.is_empty()).then(|| (init.prompt_id, init.prompt.clone()));
    drop(init);
    let cwd = ready.cwd.clone().unwrap_or_else(|| core.instance.config.workspace.clone());
    if !std::path::Path::new(&cwd).is_dir() {
        core.error("setup", format!("there is no folder {cwd:?} in the sandbox for the agent to work in"));
        return Ok(failed_exit(1));
    }
    handle.terminals.allow(Beside { env: ready.env.clone(), cwd });
    let watch =
        Watch::start(Rc::clone(&core.instance), Rc::clone(&core.journal), Rc::clone(&handle.hints)).await;
    core.watch.replace(Some(watch));
    match ready.mode {
        AgentMode::Acp => acp::run(core, ready, first, waiting, queue).await,
        AgentMode::Terminal => terminal::run(core, ready, first, waiting, queue).await,
    }
}

fn failed_exit(code: i32) -> AgentExited {
    AgentExited { code, signal: None, stderr_tail: String::new() }
}

/// What every kind of agent needs: the journal, and the orders' bookkeeping.
struct Core {
    instance: Rc<Instance>,
    journal: Rc<Journal>,
    commands: RefCell<Commands>,
    watch: RefCell<Option<Watch>>,
}

impl Core {
    /// Whether to act on an order: one without an id always, one with an id once.
    fn accept(&self, id: Option<CommandId>) -> bool {
        id.is_none_or(|id| self.commands.borrow_mut().accept(id))
    }

    /// Journals that an order is about to be acted on.
    fn begin(&self, id: Option<CommandId>) -> io::Result<()> {
        let Some(id) = id else { return Ok(()) };
        self.journal.line(|offset| SidecarLine::Begun { offset, id });
        self.step("after_begun")
    }

    /// Journals an order's outcome.
    fn done(&self, id: Option<CommandId>, outcome: Outcome) -> io::Result<()> {
        let Some(id) = id else { return Ok(()) };
        if self.commands.borrow_mut().end(id) {
            self.step("before_done")?;
            self.journal.line(|offset| SidecarLine::Done { offset, id, outcome });
            self.step("after_done")?;
        }
        Ok(())
    }

    /// A failpoint that falls after all that was journaled so far.
    fn step(&self, name: &str) -> io::Result<()> {
        if self.instance.failpoints.hit(name) {
            self.journal.commit()?;
            self.instance.failpoints.die();
        }
        Ok(())
    }

    /// An order before there is an agent.
    fn refuse(&self, id: Option<CommandId>, order: &Order) -> io::Result<()> {
        if self.accept(id) {
            let message = format!("there is no agent yet: {} came before init", order_name(order));
            self.done(id, Outcome::Failed { message })?;
        }
        self.journal.commit()
    }

    /// Journals that something failed. What an agent had a say in is bounded.
    fn error(&self, code: &str, mut message: String) {
        cut(&mut message, ERROR_BYTES);
        let error = ErrorEvent { message, code: Some(code.to_owned()) };
        self.journal.line(|offset| SidecarLine::Error { offset, error });
    }

    /// Journals a step of set-up.
    fn progress(&self, stage: &str, message: String) -> io::Result<()> {
        let progress = Progress { stage: stage.to_owned(), message };
        self.journal.line(|offset| SidecarLine::Progress { offset, progress });
        self.journal.commit()
    }

    /// The last lines.
    fn exit(&self, exited: AgentExited) -> io::Result<i32> {
        let code = exited.code;
        for id in self.commands.borrow().open() {
            self.journal.line(|offset| SidecarLine::Done { offset, id, outcome: Outcome::Exited });
        }
        self.step("before_exit")?;
        self.journal.line(|offset| SidecarLine::Exit { offset, exited });
        self.journal.commit()?;
        Ok(code)
    }
}

fn order_name(order: &Order) -> &'static str {
    match order {
        Order::Prompt { .. } => "a prompt",
        Order::Input { .. } => "input",
        Order::Cancel => "a cancel",
        Order::Permission { .. } => "a permission answer",
        Order::Signal { .. } => "a signal",
        Order::Shutdown { .. } => "a shutdown",
    }
}

/// The end of what an agent wrote to its standard error.
#[derive(Debug, Default)]
struct Tail(Vec<u8>);

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        if self.0.len() > 2 * STDERR_TAIL {
            self.0.drain(..self.0.len() - STDERR_TAIL);
        }
    }

    fn text(&self) -> String {
        let from = self.0.len().saturating_sub(STDERR_TAIL);
        let text = String::from_utf8_lossy(&self.0[from..]);
        let cut = text.len().saturating_sub(STDERR_TAIL);
        text[text.ceil_char_boundary(cut)..].to_owned()
    }
}

/// Shortens a text to at most `max` bytes.
fn cut(text: &mut String, max: usize) {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
        text.push('…');
    }
}

fn exited(ended: Ended, stderr: &Tail) -> AgentExited {
    AgentExited { code: ended.code, signal: ended.signal, stderr_tail: stderr.text() }
}
