//! A person's terminals, beside the agent of one session.
//!
//! ```text
//!  open ──▶ running ──▶ over (still read, until it is forgotten or its place is needed) ──▶ forgotten
//!              │ kill, the session's end         ▲
//!              └─────────────────────────────────┘
//! ```
//!
//! Each runs as the agent does: through the same jail, in namespaces of its own, in its folder and with its variables, as
//! the leader of a session of its own. When its command ends, or it is killed, all that it started goes with it.
//!
//! What it prints is kept by its offset in a [`ring`], whoever reads it; every [`reader`] is a cursor into that, so that a
//! slow one holds up nobody. It is not journaled: only the terminal's end is, as one line.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io,
    os::fd::OwnedFd,
    rc::Rc,
    time::Duration,
};

use lia_protocol::{
    event::TerminalClosed,
    limits::{PTY_CHUNK_BYTES, TERMINAL_TYPED_BYTES, TERMINALS},
    link::SidecarLine,
    terminal::{HostTerminal, OpenTerminal, TerminalId},
};
use tokio::{
    io::unix::{AsyncFd, AsyncFdReadyGuard},
    sync::{Notify, watch},
};

mod reader;
mod ring;

pub use reader::Reader;
use ring::Ring;

use crate::{
    instance::Instance,
    journal::Journal,
    process::{Child, Ended, SpawnError, Spec, Stdio},
    pty,
};

/// How long what is typed waits for room before it is refused.
const TYPING: Duration = Duration::from_secs(5);

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// There is no agent beside which it could run.
    #[error("the session has no agent now; a terminal runs beside one")]
    NoAgent,
    /// There are as many as there may be.
    #[error("the session has {TERMINALS} terminals already; end one")]
    TooMany,
    /// It is not there.
    #[error("there is no terminal {0}")]
    None(String),
    /// It has ended.
    #[error("the terminal's command has ended")]
    Over,
    /// What is typed is not read.
    #[error("the terminal's program does not read what is typed")]
    NotReading,
    /// The pseudo-terminal.
    #[error("a terminal cannot be opened: {0}")]
    Pty(#[from] io::Error),
    /// The program.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
}

/// How the agent runs, and so its terminals.
#[derive(Clone, Debug)]
pub struct Beside {
    /// Its variables.
    pub env: BTreeMap<String, String>,
    /// Its folder.
    pub cwd: String,
}

/// The terminals of one session.
#[derive(Default)]
pub struct Terminals {
    /// `None` before the agent is started and after its end.
    beside: RefCell<Option<Beside>>,
    all: RefCell<BTreeMap<TerminalId, Rc<Terminal>>>,
    /// Those that are being started.
    starting: Cell<usize>,
    /// How many were opened, for their order.
    opened: Cell<u64>,
}

/// How far a terminal is.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    end: u64,
    exited: Option<i32>,
}

/// One terminal.
pub struct Terminal {
    id: TerminalId,
    nr: u64,
    command: String,
    master: AsyncFd<OwnedFd>,
    ring: RefCell<Ring>,
    /// What the program has still to be given.
    typed: RefCell<Vec<u8>>,
    typing: Notify,
    /// Wakes when some of it was given.
    room: Notify,
    kill: Notify,
    progress: watch::Sender<Progress>,
}

/// One place of those that there are, while a terminal is being started.
struct Place<'a>(&'a Cell<usize>);

impl<'a> Place<'a> {
    fn take(of: &'a Cell<usize>) -> Self {
        of.set(of.get() + 1);
        Self(of)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Terminals {
    /// From now on terminals may be opened.
    pub fn allow(&self, beside: Beside) {
        self.beside.replace(Some(beside));
    }

    /// Opens one; the same one again is a no-op.
    ///
    /// # Errors
    /// [`TerminalError`].
    pub async fn open(
        &self,
        instance: &Instance,
        journal: &Rc<Journal>,
        new: OpenTerminal,
    ) -> Result<(), TerminalError> {
        let OpenTerminal { terminal: id, start } = new;
        if self.all.borrow().contains_key(&id) {
            return Ok(());
        }
        let Some(Beside { env, cwd }) = self.beside.borrow().clone() else {
            return Err(TerminalError::NoAgent);
        };
        self.make_room()?;
        let _place = Place::take(&self.starting);
        let (master, slave) = pty::open(instance, start.cols, start.rows)?;
        let command = start.line();
        let term = [("TERM".to_owned(), "xterm-256color".to_owned())];
        let spec = Spec {
            command: start.command,
            args: start.args,
            env: instance.env(term.into_iter().chain(env)),
            cwd,
            stdio: Stdio::Terminal(slave),
        };
        let child = instance.jail.spawn(spec).await?;
        if self.beside.borrow().is_none() {
            return Err(TerminalError::NoAgent);
        }
        self.opened.set(self.opened.get() + 1);
        let terminal = Rc::new(Terminal {
            id,
            nr: self.opened.get(),
            command,
            master,
            ring: RefCell::default(),
            typed: RefCell::default(),
            typing: Notify::new(),
            room: Notify::new(),
            kill: Notify::new(),
            progress: watch::Sender::default(),
        });
        self.all.borrow_mut().insert(id, Rc::clone(&terminal));
        tokio::task::spawn_local(terminal.run(child, Rc::clone(journal)));
        Ok(())
    }

    /// Forgets the oldest that is over when there are too many.
    fn make_room(&self) -> Result<(), TerminalError> {
        let mut all = self.all.borrow_mut();
        if all.len() + self.starting.get() < TERMINALS {
            return Ok(());
        }
        let over = all.values().filter(|t| t.is_over()).min_by_key(|t| t.nr).map(|t| t.id);
        all.remove(&over.ok_or(TerminalError::TooMany)?);
        Ok(())
    }

    fn get(&self, id: TerminalId) -> Result<Rc<Terminal>, TerminalError> {
        self.all.borrow().get(&id).cloned().ok_or_else(|| TerminalError::None(id.to_string()))
    }

    /// All that there are, the oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<HostTerminal> {
        let mut all: Vec<_> = self.all.borrow().values().cloned().collect();
        all.sort_by_key(|t| t.nr);
        all.iter()
            .map(|t| HostTerminal {
                terminal: t.id,
                command: t.command.clone(),
                exit_code: t.progress.borrow().exited,
            })
            .collect()
    }

    /// Reads one from an offset on.
    ///
    /// # Errors
    /// [`TerminalError::None`].
    pub fn read(&self, id: TerminalId, from: u64) -> Result<Reader, TerminalError> {
        Ok(Reader::new(self.get(id)?, from))
    }

    /// Types, all of it or nothing. Waits a little for room.
    ///
    /// # Errors
    /// `None`, `Over`, `NotReading`.
    pub async fn type_in(&self, id: TerminalId, bytes: &[u8]) -> Result<(), TerminalError> {
        let terminal = self.get(id)?;
        let fits = async {
            loop {
                if terminal.is_over() {
                    return Err(TerminalError::Over);
                }
                if terminal.typed.borrow().len() + bytes.len() <= TERMINAL_TYPED_BYTES {
                    terminal.typed.borrow_mut().extend_from_slice(bytes);
                    terminal.typing.notify_one();
                    return Ok(());
                }
                terminal.room.notified().await;
            }
        };
        tokio::time::timeout(TYPING, fits).await.unwrap_or(Err(TerminalError::NotReading))
    }

    /// Sets the window's size.
    ///
    /// # Errors
    /// `None`, `Over`.
    pub fn resize(&self, id: TerminalId, cols: u16, rows: u16) -> Result<(), TerminalError> {
        let terminal = self.get(id)?;
        if terminal.is_over() {
            return Err(TerminalError::Over);
        }
        pty::resize(terminal.master.get_ref(), cols, rows);
        Ok(())
    }

    /// Ends one with all that it started, and forgets it.
    ///
    /// # Errors
    /// [`TerminalError::None`].
    pub fn kill(&self, id: TerminalId) -> Result<(), TerminalError> {
        let terminal = self.get(id)?;
        self.all.borrow_mut().remove(&id);
        terminal.kill.notify_one();
        Ok(())
    }

    /// Ends all of them; returns when their ends are journaled. No new one can be opened any more.
    pub async fn end(&self) {
        self.beside.replace(None);
        let all: Vec<_> = self.all.borrow().values().cloned().collect();
        for terminal in &all {
            terminal.kill.notify_one();
        }
        for terminal in &all {
            // The sender lives as long as the terminal.
            let _ = terminal.progress.subscribe().wait_for(|p| p.exited.is_some()).await;
        }
    }
}

impl Terminal {
    fn is_over(&self) -> bool {
        self.progress.borrow().exited.is_some()
    }

    async fn run(self: Rc<Self>, mut child: Child, journal: Rc<Journal>) {
        let exited = self.live(&mut child).await;
        child.gone().await;
        let closed =
            TerminalClosed { terminal: self.id.to_string(), exit_code: Some(exited.code), error: None };
        journal.line(|offset| SidecarLine::Terminal { offset, closed });
        // A journal that cannot be written shows at the session's own next line.
        let _ = journal.commit();
        self.typed.borrow_mut().clear();
        self.progress.send_modify(|p| p.exited = Some(exited.code));
        self.room.notify_waiters();
    }

    /// Until the command has ended and all that it printed is read.
    async fn live(&self, child: &mut Child) -> Ended {
        let (mut open, mut ended) = (true, None);
        loop {
            if let Some(ended) = ended.filter(|_| !open) {
                return ended;
            }
            let waits = !self.typed.borrow().is_empty();
            tokio::select! {
                biased;
                () = self.kill.notified() => child.kill(),
                ready = self.master.writable(), if open && waits => match ready {
                    Ok(guard) => self.write(guard),
                    Err(_) => open = false,
                },
                ready = self.master.readable(), if open => match ready {
                    Ok(guard) => open = self.print(guard),
                    Err(_) => open = false,
                },
                how = child.ended(), if ended.is_none() => {
                    ended = Some(how);
                    // What it left running goes with it.
                    child.kill();
                }
                () = self.typing.notified() => {}
            }
        }
    }

    fn write(&self, mut ready: AsyncFdReadyGuard<'_, OwnedFd>) {
        let mut typed = self.typed.borrow_mut();
        match ready.try_io(|fd| Ok(nix::unistd::write(fd.get_ref(), &typed)?)) {
            Ok(Ok(n)) => {
                typed.drain(..n);
            }
            Ok(Err(_)) => typed.clear(),
            Err(_would_block) => return,
        }
        self.room.notify_waiters();
    }

    /// Reads once; false when nothing holds the other end any more.
    fn print(&self, mut ready: AsyncFdReadyGuard<'_, OwnedFd>) -> bool {
        let mut chunk = [0; PTY_CHUNK_BYTES];
        match ready.try_io(|fd| Ok(nix::unistd::read(fd.get_ref(), &mut chunk)?)) {
            Ok(Ok(0) | Err(_)) => false,
            Ok(Ok(n)) => {
                let mut ring = self.ring.borrow_mut();
                ring.push(&chunk[..n]);
                self.progress.send_modify(|p| p.end = ring.end());
                true
            }
            Err(_would_block) => true,
        }
    }
}
