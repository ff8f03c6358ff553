//! An agent on a pseudo-terminal: what it prints is journaled byte for byte, what is typed is written to it.

use std::{io, os::fd::OwnedFd, time::Duration};

use base64::Engine as _;
use lia_protocol::{
    event::{AgentExited, AgentReady},
    ids::CommandId,
    limits::{INPUT_BYTES, PTY_CHUNK_BYTES},
    link::{AgentStart, Order, Outcome, SidecarLine},
};
use tokio::{
    io::unix::{AsyncFd, AsyncFdReadyGuard},
    sync::mpsc,
};

use super::{Core, Input, Tail, exited, failed_exit, stop::Stop};
use crate::{
    process::{Child, Spec, Stdio},
    pty,
};

/// ^C, as a person would type it.
const INTERRUPT: u8 = 3;
/// The Enter key.
const ENTER: u8 = b'\r';

/// Runs the agent from its start to its end.
pub(super) async fn run(
    core: &Core,
    start: AgentStart,
    first: Option<(Option<CommandId>, String)>,
    early: Vec<Input>,
    queue: &mut mpsc::Receiver<Input>,
) -> io::Result<AgentExited> {
    let (master, slave) = pty::open(&core.instance, start.cols, start.rows)?;
    let spec = Spec {
        command: start.command,
        args: start.args,
        env: core
            .instance
            .env([("TERM".to_owned(), "xterm-256color".to_owned())].into_iter().chain(start.env)),
        cwd: start.cwd.unwrap_or_else(|| core.instance.config.workspace.clone()),
        stdio: Stdio::Terminal(slave),
    };
    let mut child = match core.instance.jail.spawn(spec).await {
        Ok(child) => child,
        Err(e) => {
            core.error("spawn", e.to_string());
            return Ok(failed_exit(127));
        }
    };
    core.journal.line(|offset| SidecarLine::Ready { offset, ready: AgentReady::default() });
    core.step("after_ready")?;

    let mut pty = Pty { core, master: &master, typed: Vec::new(), screen: Screen::default() };
    let mut stop = Stop::new();
    if let Some((id, text)) = first {
        pty.order(id, Order::Prompt { text }, &mut stop, &child)?;
    }
    for input in early {
        pty.input(input, &mut stop, &child)?;
    }
    let mut ended = None;
    let mut open = true;
    while ended.is_none() || open {
        core.journal.commit()?;
        let full = core.journal.is_full();
        tokio::select! {
            biased;
            Some(input) = queue.recv() => pty.input(input, &mut stop, &child)?,
            ready = master.readable(), if open && !full => match ready {
                Ok(guard) => open = pty.read(guard),
                Err(_) => open = false,
            },
            ready = master.writable(), if !pty.typed.is_empty() => match ready {
                Ok(guard) => pty.write(guard),
                Err(_) => pty.typed.clear(),
            },
            how = child.ended(), if ended.is_none() => {
                ended = Some(how);
                stop.kill(&child);
            }
            () = stop.due(), if ended.is_none() => stop.climb(&child),
            () = core.journal.room(), if full => {}
        }
    }
    pty.screen.flush(core);
    child.gone().await;
    for id in std::mem::take(&mut stop.asked_by) {
        core.done(Some(id), Outcome::Ok { stop_reason: None })?;
    }
    Ok(exited(ended.unwrap_or(crate::process::Ended::KILLED), &Tail::default()))
}

struct Pty<'a> {
    core: &'a Core,
    master: &'a AsyncFd<OwnedFd>,
    /// What the agent has still to be given.
    typed: Vec<u8>,
    screen: Screen,
}

impl Pty<'_> {
    fn input(&mut self, input: Input, stop: &mut Stop, child: &Child) -> io::Result<()> {
        match input {
            Input::Order(id, order) if self.core.accept(id) => self.order(id, order, stop, child)?,
            Input::Resize(cols, rows) => pty::resize(self.master.get_ref(), cols, rows),
            Input::Stop(grace) => hang_up(stop, child, None, grace),
            Input::Order(..) | Input::Init(_) => {}
        }
        Ok(())
    }

    fn order(
        &mut self,
        id: Option<CommandId>,
        order: Order,
        stop: &mut Stop,
        child: &Child,
    ) -> io::Result<()> {
        self.core.begin(id)?;
        let outcome = match order {
            Order::Input { data } => self.type_in(data.into_bytes()),
            Order::Prompt { text } => {
                let mut bytes = text.into_bytes();
                bytes.push(ENTER);
                self.type_in(bytes)
            }
            Order::Cancel => self.type_in(vec![INTERRUPT]),
            Order::Signal { signal } if (1..=64).contains(&signal) => {
                child.signal(signal);
                Outcome::Ok { stop_reason: None }
            }
            Order::Signal { signal } => {
                Outcome::Failed { message: format!("{signal} is no signal; 1 to 64 are") }
            }
            Order::Permission { .. } => {
                Outcome::Failed { message: "a terminal asks no questions".to_owned() }
            }
            Order::Shutdown { grace_ms } => {
                hang_up(stop, child, id, Duration::from_millis(grace_ms));
                return Ok(());
            }
        };
        self.core.done(id, outcome)
    }

    fn type_in(&mut self, mut bytes: Vec<u8>) -> Outcome {
        if self.typed.len() + bytes.len() > 2 * INPUT_BYTES {
            return Outcome::Failed { message: "the agent does not read what is typed".to_owned() };
        }
        self.typed.append(&mut bytes);
        Outcome::Ok { stop_reason: None }
    }

    /// Writes what the terminal takes.
    fn write(&mut self, mut ready: AsyncFdReadyGuard<'_, OwnedFd>) {
        match ready.try_io(|fd| Ok(nix::unistd::write(fd.get_ref(), &self.typed)?)) {
            Ok(Ok(n)) => {
                self.typed.drain(..n);
            }
            Ok(Err(_)) => self.typed.clear(),
            Err(_would_block) => {}
        }
    }

    /// Reads and journals once; false when nothing holds the other end any more.
    fn read(&mut self, mut ready: AsyncFdReadyGuard<'_, OwnedFd>) -> bool {
        let mut chunk = [0; PTY_CHUNK_BYTES - 4];
        match ready.try_io(|fd| Ok(nix::unistd::read(fd.get_ref(), &mut chunk)?)) {
            Ok(Ok(0) | Err(_)) => false,
            Ok(Ok(n)) => {
                self.screen.push(self.core, &chunk[..n]);
                true
            }
            Err(_would_block) => true,
        }
    }
}

fn hang_up(stop: &mut Stop, child: &Child, id: Option<CommandId>, grace: Duration) {
    stop.ask(id, grace);
    child.signal(libc::SIGHUP);
}

/// What was printed: its position, and the beginning of a character whose rest is still to come.
#[derive(Default)]
struct Screen {
    pos: u64,
    begun: Vec<u8>,
}

impl Screen {
    fn push(&mut self, core: &Core, bytes: &[u8]) {
        self.begun.extend_from_slice(bytes);
        let bytes = std::mem::take(&mut self.begun);
        let whole = match std::str::from_utf8(&bytes) {
            Err(e) if e.error_len().is_none() => e.valid_up_to(),
            _ => bytes.len(),
        };
        self.begun = bytes[whole..].to_vec();
        self.journal(core, &bytes[..whole]);
    }

    fn flush(&mut self, core: &Core) {
        let rest = std::mem::take(&mut self.begun);
        self.journal(core, &rest);
    }

    fn journal(&mut self, core: &Core, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let (data, base64) = match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), None),
            Err(_) => (String::new(), Some(base64::engine::general_purpose::STANDARD.encode(bytes))),
        };
        let pos = self.pos;
        self.pos += bytes.len() as u64;
        core.journal.line(|offset| SidecarLine::Output { offset, pos, data, base64 });
    }
}
