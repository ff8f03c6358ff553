//! Which process is meant, for longer than its pid is its own: pid, start time and boot. Waiting is by pidfd.

use std::{
    collections::HashMap,
    fs, io,
    os::fd::{AsFd, OwnedFd},
    sync::OnceLock,
    time::Duration,
};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{Interest, unix::AsyncFd},
    time::{Instant, sleep},
};

/// How long processes may take to stand.
const PATIENCE: Duration = Duration::from_secs(10);

/// A process of this boot. Two processes with the same pid differ in `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Process {
    /// As this host sees it.
    pub pid: i32,
    /// Clock ticks from boot to its start (field 22 of `/proc/<pid>/stat`).
    pub start: u64,
}

/// What one line of `/proc/<pid>/stat` tells.
struct Stat {
    state: char,
    parent: i32,
    start: u64,
}

fn stat(pid: i32) -> io::Result<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    parse_stat(&text).ok_or_else(|| io::Error::other(format!("/proc/{pid}/stat is not of the known form")))
}

/// The second field is the program's name in brackets and may hold anything, so the rest counts from the last bracket.
fn parse_stat(text: &str) -> Option<Stat> {
    let mut fields = text.get(text.rfind(')')? + 1..)?.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    let start = fields.nth(17)?.parse().ok()?;
    Some(Stat { state, parent, start })
}

impl Process {
    /// The process that has this pid now.
    pub fn of(pid: i32) -> io::Result<Self> {
        Ok(Self { pid, start: stat(pid)?.start })
    }

    /// A descriptor of it, or `None` when it has ended (a zombie has).
    pub fn open(self) -> io::Result<Option<OwnedFd>> {
        let Some(pid) = Pid::from_raw(self.pid) else { return Ok(None) };
        let fd = match pidfd_open(pid, PidfdFlags::NONBLOCK) {
            Ok(fd) => fd,
            Err(rustix::io::Errno::SRCH) => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        // Opened before it is compared: if the start time fits now, the descriptor is of this very process.
        match stat(self.pid) {
            Ok(s) if s.start == self.start && !matches!(s.state, 'Z' | 'X') => Ok(Some(fd)),
            Ok(_) => Ok(None),
            Err(e) if e.kind() == io::ErrorKind::NotFound || e.raw_os_error() == Some(libc::ESRCH) => {
                Ok(None)
            }
            Err(e) => Err(e),
        }
    }

    /// Whether it is stopped by a signal.
    pub fn stopped(self) -> bool {
        stat(self.pid).is_ok_and(|s| s.start == self.start && matches!(s.state, 'T' | 't'))
    }

    /// Bytes of memory that are its own: what it has resident and shares with no file.
    pub fn memory(self) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/statm", self.pid)).unwrap_or_default();
        let mut pages = text.split_ascii_whitespace().skip(1).map_while(|n| n.parse::<u64>().ok());
        let (resident, shared) = (pages.next().unwrap_or(0), pages.next().unwrap_or(0));
        resident.saturating_sub(shared) * rustix::param::page_size() as u64
    }

    /// Sends a signal to it; nothing happens when it has ended.
    pub fn signal(self, signal: Signal) -> io::Result<()> {
        let Some(fd) = self.open()? else { return Ok(()) };
        match pidfd_send_signal(fd.as_fd(), signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    /// Resolves when it has ended.
    pub async fn ended(self) -> io::Result<()> {
        match self.open()? {
            Some(fd) => wait(fd).await,
            None => Ok(()),
        }
    }
}

async fn wait(pidfd: OwnedFd) -> io::Result<()> {
    // SAFETY: the descriptor stays open, and the same, for as long as the `AsyncFd` owns it.
    let fd =
        unsafe { AsyncFd::register_with_interest(pidfd, Interest::READABLE) }.map_err(io::Error::from)?;
    fd.readable().await.map(drop)
}

/// All processes of the host, by parent.
pub(crate) struct Table(HashMap<i32, Vec<Process>>);

impl Table {
    pub fn read() -> io::Result<Self> {
        let mut children: HashMap<i32, Vec<Process>> = HashMap::new();
        for entry in fs::read_dir("/proc")? {
            let Some(pid) = entry?.file_name().to_str().and_then(|n| n.parse().ok()) else { continue };
            if let Ok(s) = stat(pid) {
                children.entry(s.parent).or_default().push(Process { pid, start: s.start });
            }
        }
        Ok(Self(children))
    }

    /// `root` and everything below it, parents first.
    pub fn tree(&self, root: Process) -> Vec<Process> {
        let mut all = vec![root];
        let mut next = 0;
        while let Some(p) = all.get(next) {
            all.extend(self.0.get(&p.pid).into_iter().flatten());
            next += 1;
        }
        all
    }
}

/// Stops `root` and everything below it by SIGSTOP, and returns when all stand. Where no cgroup can freeze them.
pub(crate) async fn stop_tree(root: Process) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let moving: Vec<_> = Table::read()?.tree(root).into_iter().filter(|p| !p.stopped()).collect();
        if moving.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "not all processes stop"));
        }
        for p in moving {
            p.signal(Signal::STOP)?;
        }
        // Nobody but a parent is told that a process stands.
        sleep(Duration::from_millis(1)).await;
    }
}

/// Lets `root` and everything below it go on, the outermost last.
pub(crate) fn continue_tree(root: Process) -> io::Result<()> {
    Table::read()?.tree(root).into_iter().rev().try_for_each(|p| p.signal(Signal::CONT))
}

/// This boot's id; pids and start times of another boot mean nothing.
pub(crate) fn boot_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| {
        fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|s| s.trim().to_owned()).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_does_not_move_the_fields() {
        let line = "7 (a) R 1 (b) S 4 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 1 2";
        let s = parse_stat(line).unwrap();
        assert_eq!((s.state, s.parent, s.start), ('S', 4, 4711));
    }

    #[test]
    fn another_process_with_the_same_pid_is_not_taken_for_it() {
        let me = Process::of(std::process::id() as i32).unwrap();
        assert!(me.open().unwrap().is_some());
        assert!(Process { start: me.start + 1, ..me }.open().unwrap().is_none());
        assert_eq!(Table::read().unwrap().tree(me).first(), Some(&me));
    }
}
