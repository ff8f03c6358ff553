//! Processes on the agent's side: the agent itself, its terminals, git.
//!
//! ```text
//! sidecar ── clone(user, mount, pid) ── init ── fork ── program
//!            (in a VM: mount, pid)       │        no capabilities, no new privileges, seccomp, own session
//!                                        maps ids, covers what is hidden, mounts /proc;
//!                                        then reaps, passes signals on, reports the program's end
//! ```
//!
//! Each program has an init and namespaces of its own, so that ending the init ends everything that the program ever
//! started. The init is a fork of the sidecar that never executes anything; it holds no descriptor of it but two pipes,
//! and dies when the sidecar does. The sidecar is in none of these namespaces: from inside it has no pid, and its files
//! are covered.
//!
//! - [`plan`]: everything that the child needs, made before the fork;
//! - [`child`]: what runs after the fork (system calls alone: no allocation, no locks);
//! - [`seccomp`], [`landlock`]: the filters, and a wall behind them.

mod child;
mod landlock;
mod plan;
mod seccomp;

use std::{
    io,
    os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd},
};

use lia_protocol::boot::{BootConfig, Separation};
use nix::{fcntl::OFlag, unistd::pipe2};
use tokio::{
    io::{Interest, unix::AsyncFd},
    net::unix::pipe,
};

use self::plan::{Cover, Plan};
pub use self::plan::{Spec, Stdio};

/// What keeps a program from being started.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The kernel gives no namespaces.
    #[error(
        "cannot set the agent apart: the kernel refuses a user, mount and pid namespace ({0}); allow unprivileged user \
         namespaces, and give the sidecar CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID and CAP_SETFCAP over its own"
    )]
    Namespaces(io::Error),
    /// A step between the fork and the program failed.
    #[error("cannot set the agent apart: {0} failed: {1}")]
    Step(&'static str, io::Error),
    /// The program cannot be run.
    #[error("cannot run {0:?}: {1}")]
    Exec(String, io::Error),
    /// A string with a NUL byte.
    #[error("a command, argument or variable holds a NUL byte")]
    Nul,
    /// A pipe or an allocation failed.
    #[error("cannot start a program: {0}")]
    Io(#[from] io::Error),
}

/// How the main program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Exit code; 128 + signal when a signal ended it.
    pub code: i32,
    /// That signal.
    pub signal: Option<i32>,
}

impl Ended {
    /// By SIGKILL.
    pub const KILLED: Self = Self { code: 128 + libc::SIGKILL, signal: Some(libc::SIGKILL) };

    fn from_status(status: i32) -> Self {
        if libc::WIFSIGNALED(status) {
            let signal = libc::WTERMSIG(status);
            Self { code: 128 + signal, signal: Some(signal) }
        } else {
            Self { code: libc::WEXITSTATUS(status), signal: None }
        }
    }
}

/// How programs of this instance are set apart; made once.
pub struct Jail {
    separation: Separation,
    nested: bool,
    agent_uid: u32,
    covers: Vec<Cover>,
    filters: seccomp::Filters,
    /// Not for agents that make namespaces of their own: in those they mount.
    landlock: Option<landlock::Ruleset>,
}

impl Jail {
    /// Reads the configuration and looks at what there is to hide.
    ///
    /// # Errors
    /// When the filters cannot be made for this machine, or a path holds a NUL byte.
    pub fn new(config: &BootConfig) -> Result<Self, SpawnError> {
        let mut hidden: Vec<&String> = config.hide.iter().chain([&config.state_dir]).collect();
        hidden.sort_unstable();
        let mut covers: Vec<Cover> = Vec::new();
        for path in hidden {
            let beneath = covers.iter().any(|c| c.holds(path));
            if !beneath && let Some(cover) = Cover::of(path)? {
                covers.push(cover);
            }
        }
        Ok(Self {
            separation: config.separation,
            nested: config.nested,
            agent_uid: config.agent_uid,
            covers,
            filters: seccomp::Filters::new(config.nested).map_err(io::Error::other)?,
            landlock: if config.nested { None } else { Some(landlock::Ruleset::new()?) },
        })
    }

    /// Starts a program. Returns once it runs.
    ///
    /// # Errors
    /// [`SpawnError`] says which step failed; nothing is left behind then.
    pub async fn spawn(&self, spec: Spec) -> Result<Child, SpawnError> {
        let plan = Plan::new(self, &spec)?;
        let (failure_in, failure_out) = pipe2(OFlag::O_CLOEXEC).map_err(io::Error::from)?;
        let (report_in, report_out) = pipe2(OFlag::O_CLOEXEC).map_err(io::Error::from)?;
        let (control_in, control_out) =
            pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).map_err(io::Error::from)?;

        let mut flags = libc::CLONE_NEWNS | libc::CLONE_NEWPID;
        if self.separation == Separation::Namespaces {
            flags |= libc::CLONE_NEWUSER;
        }
        let mut pidfd: libc::c_int = -1;
        // SAFETY: a fork without shared memory; this process has one thread, and the child keeps to system calls.
        let pid = unsafe {
            libc::syscall(
                libc::SYS_clone,
                flags | libc::CLONE_PIDFD | libc::SIGCHLD,
                std::ptr::null::<u8>(),
                &raw mut pidfd,
                0,
                0,
            )
        };
        match pid {
            -1 => return Err(SpawnError::Namespaces(io::Error::last_os_error())),
            0 => child::init(&plan, failure_out.as_raw_fd(), report_out.as_raw_fd(), control_in.as_raw_fd()),
            _ => {}
        }
        // SAFETY: the kernel has just made it for us.
        let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
        drop((failure_out, report_out, control_in, plan));
        // SAFETY: an owned descriptor stays the same until it is dropped, after the registration.
        let pidfd =
            unsafe { AsyncFd::register_with_interest(pidfd, Interest::READABLE) }.map_err(io::Error::from)?;
        let child = Child {
            pidfd,
            control: Some(control_out),
            report: pipe::Receiver::from_owned_fd(report_in)?,
            ended: None,
        };
        match child::Failure::read(pipe::Receiver::from_owned_fd(failure_in)?).await? {
            None => Ok(child),
            Some(child::Failure { step: child::Step::Exec, errno }) => {
                Err(SpawnError::Exec(spec.command, io::Error::from_raw_os_error(errno)))
            }
            Some(f) => Err(SpawnError::Step(f.step.name(), io::Error::from_raw_os_error(f.errno))),
        }
    }
}

/// A running program and everything it started. Dropping it ends them all.
pub struct Child {
    pidfd: AsyncFd<OwnedFd>,
    control: Option<OwnedFd>,
    report: pipe::Receiver,
    ended: Option<Ended>,
}

impl Child {
    /// Waits for the main program's end; what it started may live on. Cancel-safe.
    pub async fn ended(&mut self) -> Ended {
        if let Some(ended) = self.ended {
            return ended;
        }
        let mut status = [0; 4];
        let ended = loop {
            // The init writes the four bytes at once; its own end without them is somebody's SIGKILL.
            match self.report.readable().await.and_then(|()| self.report.try_read(&mut status)) {
                Ok(4) => break Ended::from_status(i32::from_ne_bytes(status)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Ok(_) | Err(_) => break Ended::KILLED,
            }
        };
        self.ended = Some(ended);
        ended
    }

    /// Sends a signal to the main program's process group.
    pub fn signal(&self, signal: i32) {
        if let (Some(control), Ok(byte)) = (&self.control, u8::try_from(signal)) {
            // A full pipe means that the init is being killed: nothing to tell it.
            let _ = nix::unistd::write(control, &[byte]);
        }
    }

    /// Ends everything at once.
    pub fn kill(&self) {
        // SAFETY: the descriptor is ours and names the init, whether or not it still lives.
        unsafe {
            libc::syscall(libc::SYS_pidfd_send_signal, self.pidfd.as_raw_fd(), libc::SIGKILL, 0, 0);
        }
    }

    /// Waits until nothing is left of it. Cancel-safe.
    pub async fn gone(&self) {
        // An error here is a broken reactor; then the runtime is ending too.
        let _ = self.pidfd.readable().await;
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
        self.control = None;
    }
}
