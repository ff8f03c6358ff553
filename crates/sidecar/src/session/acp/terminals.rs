//! `terminal/*`: commands that the agent has the client run. They run on the agent's side, in a namespace each; what they
//! print is kept up to a bound, the newest part. A terminal lives until it is released.

use std::{cell::RefCell, collections::BTreeMap, io, os::fd::OwnedFd, rc::Rc};

use agent_client_protocol_schema::v1::{
    CreateTerminalRequest, CreateTerminalResponse, ErrorCode, KillTerminalRequest, KillTerminalResponse,
    ReleaseTerminalRequest, ReleaseTerminalResponse, TerminalExitStatus, TerminalId, TerminalOutputRequest,
    TerminalOutputResponse, WaitForTerminalExitRequest, WaitForTerminalExitResponse,
};
use nix::fcntl::OFlag;
use serde_json::value::RawValue;
use tokio::{
    net::unix::pipe,
    sync::{Notify, mpsc},
    task::AbortHandle,
};

use super::{client::Refusal, pipe_from};
use crate::{
    instance::Instance,
    process::{Ended, SpawnError, Spec, Stdio},
};

/// Terminals that one agent may hold.
const MAX_TERMINALS: usize = 64;
/// Bytes of output that are kept when the agent names no bound, and at most: as JSON it must fit a frame.
const OUTPUT_BYTES: usize = 512 << 10;

/// What happened in a terminal.
pub(super) enum Event {
    /// The request to create it can be answered.
    Started(u64, Box<RawValue>, Result<(), SpawnError>),
    /// Its command has ended.
    Ended(u64),
}

/// What is to be answered because of it.
pub(super) enum Answers {
    /// To the request that created it.
    Created(Box<RawValue>, Result<CreateTerminalResponse, Refusal>),
    /// To those who wait for its end.
    Exited(Vec<Box<RawValue>>, WaitForTerminalExitResponse),
}

/// What a command has printed, and how it ended.
#[derive(Default)]
struct Screen {
    output: Vec<u8>,
    limit: usize,
    truncated: bool,
    ended: Option<Ended>,
}

impl Screen {
    fn push(&mut self, bytes: &[u8]) {
        self.output.extend_from_slice(bytes);
        if self.output.len() > 2 * self.limit + 4096 {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let over = self.output.len().saturating_sub(self.limit);
        if over > 0 {
            // A character is not cut in two.
            let more = self.output[over..].iter().take(3).take_while(|b| **b & 0xC0 == 0x80).count();
            self.output.drain(..over + more);
            self.truncated = true;
        }
    }

    fn text(&mut self) -> String {
        self.cut();
        String::from_utf8_lossy(&self.output).into_owned()
    }
}

struct Terminal {
    screen: Rc<RefCell<Screen>>,
    waiting: Vec<Box<RawValue>>,
    kill: Rc<Notify>,
    task: AbortHandle,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The terminals of one agent. Dropping them ends their commands.
pub(super) struct Terminals {
    instance: Rc<Instance>,
    env: BTreeMap<String, String>,
    next: u64,
    all: BTreeMap<u64, Terminal>,
    events: mpsc::UnboundedReceiver<Event>,
    sender: mpsc::UnboundedSender<Event>,
}

impl Terminals {
    /// None yet; commands start from `env`.
    pub fn new(instance: &Rc<Instance>, env: BTreeMap<String, String>) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        Self { instance: Rc::clone(instance), env, next: 1, all: BTreeMap::new(), events, sender }
    }

    /// The next thing that happens in one of them.
    pub async fn event(&mut self) -> Event {
        match self.events.recv().await {
            Some(event) => event,
            // Not while we hold a sender.
            None => std::future::pending().await,
        }
    }

    pub fn on_event(&mut self, event: Event) -> Answers {
        match event {
            Event::Started(id, rpc, Ok(())) => {
                Answers::Created(rpc, Ok(CreateTerminalResponse::new(id.to_string())))
            }
            Event::Started(id, rpc, Err(e)) => {
                self.all.remove(&id);
                Answers::Created(rpc, Err((ErrorCode::InvalidParams, e.to_string())))
            }
            Event::Ended(id) => match self.all.get_mut(&id) {
                Some(t) => {
                    let status = status(t.screen.borrow().ended);
                    Answers::Exited(std::mem::take(&mut t.waiting), WaitForTerminalExitResponse::new(status))
                }
                None => {
                    Answers::Exited(Vec::new(), WaitForTerminalExitResponse::new(TerminalExitStatus::new()))
                }
            },
        }
    }

    /// Begins to start a command; the answer comes as an event.
    pub fn create(&mut self, rpc: &RawValue, request: CreateTerminalRequest) -> Result<(), Refusal> {
        if self.all.len() >= MAX_TERMINALS {
            let message = format!("the agent has {MAX_TERMINALS} terminals already; release some");
            return Err((ErrorCode::InvalidParams, message));
        }
        let mut env = self.env.clone();
        env.extend(request.env.into_iter().map(|v| (v.name, v.value)));
        let workspace = &self.instance.config.workspace;
        let cwd = request.cwd.map_or(workspace.clone(), |p| p.to_string_lossy().into_owned());
        let (output, theirs) = pipe_from().map_err(internal)?;
        let (stdio, kill) = (streams(theirs).map_err(internal)?, Rc::new(Notify::new()));
        let spec = Spec { command: request.command, args: request.args, env, cwd, stdio };

        let limit = request.output_byte_limit.and_then(|n| usize::try_from(n).ok());
        let limit = limit.map_or(OUTPUT_BYTES, |n| n.min(OUTPUT_BYTES));
        let screen = Rc::new(RefCell::new(Screen { limit, ..Screen::default() }));
        let id = self.next;
        self.next += 1;
        let life = Life {
            id,
            instance: Rc::clone(&self.instance),
            output,
            screen: Rc::clone(&screen),
            kill: Rc::clone(&kill),
            events: self.sender.clone(),
        };
        let task = tokio::task::spawn_local(life.run(spec, rpc.to_owned())).abort_handle();
        self.all.insert(id, Terminal { screen, waiting: Vec::new(), kill, task });
        Ok(())
    }

    /// The answer, if the command has ended already; else it comes as an event.
    pub fn wait(
        &mut self,
        rpc: &RawValue,
        request: &WaitForTerminalExitRequest,
    ) -> Result<Option<WaitForTerminalExitResponse>, Refusal> {
        let t = self.get(&request.terminal_id)?;
        let ended = t.screen.borrow().ended;
        if ended.is_some() {
            return Ok(Some(WaitForTerminalExitResponse::new(status(ended))));
        }
        if t.waiting.len() >= MAX_TERMINALS {
            return Err((ErrorCode::InvalidRequest, "too many wait for this terminal".to_owned()));
        }
        t.waiting.push(rpc.to_owned());
        Ok(None)
    }

    pub fn output(&mut self, request: &TerminalOutputRequest) -> Result<TerminalOutputResponse, Refusal> {
        let mut screen = self.get(&request.terminal_id)?.screen.borrow_mut();
        let text = screen.text();
        let ended = screen.ended.map(|e| status(Some(e)));
        Ok(TerminalOutputResponse::new(text, screen.truncated).exit_status(ended))
    }

    pub fn kill(&mut self, request: &KillTerminalRequest) -> Result<KillTerminalResponse, Refusal> {
        self.get(&request.terminal_id)?.kill.notify_one();
        Ok(KillTerminalResponse::new())
    }

    /// Ends and forgets a terminal; those who still wait for its end are told that it was killed.
    pub fn release(
        &mut self,
        request: &ReleaseTerminalRequest,
    ) -> Result<(ReleaseTerminalResponse, Vec<Box<RawValue>>, WaitForTerminalExitResponse), Refusal> {
        let waiting = std::mem::take(&mut self.get(&request.terminal_id)?.waiting);
        if let Ok(id) = request.terminal_id.0.parse::<u64>() {
            self.all.remove(&id);
        }
        Ok((
            ReleaseTerminalResponse::new(),
            waiting,
            WaitForTerminalExitResponse::new(status(Some(Ended::KILLED))),
        ))
    }

    fn get(&mut self, id: &TerminalId) -> Result<&mut Terminal, Refusal> {
        let found = id.0.parse::<u64>().ok().and_then(|n| self.all.get_mut(&n));
        found.ok_or_else(|| (ErrorCode::ResourceNotFound, format!("there is no terminal {:?}", id.0)))
    }
}

/// The task of one terminal.
struct Life {
    id: u64,
    instance: Rc<Instance>,
    output: pipe::Receiver,
    screen: Rc<RefCell<Screen>>,
    kill: Rc<Notify>,
    events: mpsc::UnboundedSender<Event>,
}

impl Life {
    /// Runs until it is aborted.
    async fn run(self, spec: Spec, rpc: Box<RawValue>) {
        let (mut child, started) = match self.instance.jail.spawn(spec).await {
            Ok(child) => (Some(child), Ok(())),
            Err(e) => (None, Err(e)),
        };
        let _ = self.events.send(Event::Started(self.id, rpc, started));
        let Some(child) = &mut child else { return };
        let (mut open, mut ended) = (true, false);
        loop {
            tokio::select! {
                biased;
                () = self.kill.notified() => child.kill(),
                _ = self.output.readable(), if open => open = self.read(),
                how = child.ended(), if !ended => {
                    ended = true;
                    // What the command itself wrote is in the pipe by now; what it left running may go on writing.
                    while open && self.read_some().is_some_and(|n| n > 0) {}
                    self.screen.borrow_mut().ended = Some(how);
                    let _ = self.events.send(Event::Ended(self.id));
                }
            }
        }
    }

    /// Reads once; false at the end.
    fn read(&self) -> bool {
        self.read_some() != Some(0)
    }

    /// Bytes read; nothing when there are none for now.
    fn read_some(&self) -> Option<usize> {
        let mut chunk = [0; 8 << 10];
        match self.output.try_read(&mut chunk) {
            Ok(n) => {
                self.screen.borrow_mut().push(&chunk[..n]);
                Some(n)
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => None,
            Err(_) => Some(0),
        }
    }
}

/// No input; output and errors together.
fn streams(output: OwnedFd) -> io::Result<Stdio> {
    let null =
        nix::fcntl::open("/dev/null", OFlag::O_RDONLY | OFlag::O_CLOEXEC, nix::sys::stat::Mode::empty())?;
    let errors = output.try_clone()?;
    Ok(Stdio::Files([null, output, errors]))
}

fn status(ended: Option<Ended>) -> TerminalExitStatus {
    let Some(ended) = ended else { return TerminalExitStatus::new() };
    match ended.signal {
        Some(signal) => {
            let name = nix::sys::signal::Signal::try_from(signal)
                .map_or_else(|_| signal.to_string(), |s| s.to_string());
            TerminalExitStatus::new().signal(name)
        }
        None => TerminalExitStatus::new().exit_code(u32::try_from(ended.code).ok()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn internal(e: io::Error) -> Refusal {
    (ErrorCode::InternalError, e.to_string())
}
