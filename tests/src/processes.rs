//! What the host shows of a server's instances.

use std::{
    os::fd::{AsFd as _, FromRawFd as _, OwnedFd},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// A process and its parent, by their ids.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its parent's.
    pub parent: u32,
    /// Its name (15 bytes).
    pub name: String,
    /// Its real user id.
    pub uid: u32,
    /// Its arguments.
    pub args: String,
}

/// All processes of the host that can be read.
#[must_use]
pub fn all() -> Vec<Process> {
    let Ok(dir) = std::fs::read_dir("/proc") else { return Vec::new() };
    dir.flatten().filter_map(|e| read(e.file_name().to_str()?.parse().ok()?)).collect()
}

fn read(pid: u32) -> Option<Process> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| status.lines().find_map(|l| l.strip_prefix(name)).map(str::trim);
    let args = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    Some(Process {
        pid,
        parent: field("PPid:")?.parse().ok()?,
        name: field("Name:")?.to_owned(),
        uid: field("Uid:")?.split_whitespace().next()?.parse().ok()?,
        args: String::from_utf8_lossy(&args).replace('\0', " "),
    })
}

/// The folder of the instance `vm_id` of the local runtime, below a data folder.
#[must_use]
pub fn instance(data: &std::path::Path, vm_id: &str) -> PathBuf {
    data.join("local/instances").join(vm_id)
}

/// The host's view of the instance `vm_id` below a data folder: the sidecar's process id.
///
/// # Errors
/// When there is none.
pub fn sidecar(data: &std::path::Path, vm_id: &str) -> anyhow::Result<u32> {
    let file = instance(data, vm_id).join("instance.json");
    let text = std::fs::read(&file).with_context(|| format!("{}", file.display()))?;
    let data: serde_json::Value = serde_json::from_slice(&text)?;
    let pid = data["sidecar"]["pid"].as_u64().with_context(|| format!("no sidecar in {}", file.display()))?;
    Ok(pid.try_into()?)
}

/// A file as a process sees it.
#[must_use]
pub fn inside(pid: u32, path: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/root{path}"))
}

/// `kill -9` of one process.
///
/// # Errors
/// When it does not exist.
pub fn kill9(pid: u32) -> anyhow::Result<()> {
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(i32::try_from(pid)?),
        nix::sys::signal::Signal::SIGKILL,
    )?;
    Ok(())
}

/// A process whose end can be waited for.
pub struct Watched(OwnedFd);

impl Watched {
    /// How long an end may take: only a defect reaches it.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// Begins to watch.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn new(pid: u32) -> anyhow::Result<Self> {
        let pid = libc::pid_t::try_from(pid)?;
        // SAFETY: a plain system call; its result is checked.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        ensure!(fd >= 0, "pidfd_open {pid}: {}", std::io::Error::last_os_error());
        // SAFETY: the kernel has just given it to us alone.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(i32::try_from(fd)?) }))
    }

    /// Whether it has not ended.
    ///
    /// # Errors
    /// When that cannot be asked.
    pub fn lives(&self) -> anyhow::Result<bool> {
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        Ok(poll(&mut fds, PollTimeout::ZERO)? == 0)
    }

    /// Returns when the process has ended.
    ///
    /// # Errors
    /// When it lives on.
    pub async fn ended(self) -> anyhow::Result<()> {
        let wait = move || {
            let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
            poll(&mut fds, PollTimeout::try_from(Self::PATIENCE)?).map_err(anyhow::Error::from)
        };
        ensure!(tokio::task::spawn_blocking(wait).await?? == 1, "the process lives on");
        Ok(())
    }
}
