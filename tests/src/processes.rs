//! What the host shows of a server's instances.

use std::path::PathBuf;

use anyhow::Context as _;

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

/// The host's view of the instance `vm_id` below a data folder: the sidecar's process id.
///
/// # Errors
/// When there is none.
pub fn sidecar(data: &std::path::Path, vm_id: &str) -> anyhow::Result<u32> {
    // Its standard error is a file of its instance's folder.
    let folder = data.join("instances").join(vm_id);
    all()
        .into_iter()
        .filter(|p| p.name.starts_with("lia-sidecar") || p.name == "sidecar")
        .find(|p| std::fs::read_link(format!("/proc/{}/fd/2", p.pid)).is_ok_and(|f| f.starts_with(&folder)))
        .map(|p| p.pid)
        .with_context(|| format!("no sidecar of {vm_id}"))
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
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(i32::try_from(pid)?), nix::sys::signal::Signal::SIGKILL)?;
    Ok(())
}
