//! Control groups, one per sandbox: made, limited, frozen, emptied, removed, in whatever hierarchies there are.
//!
//! All groups of one data folder are children of `lia-<hash of the folder>`, one per sandbox, with the same name in
//! every hierarchy. Nothing outside of that parent is ever touched.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{Interest, unix::AsyncFd},
    time::{Instant, sleep, timeout_at},
};

/// How long a group may take to freeze or to empty: only tasks deep in the kernel's I/O take long.
const PATIENCE: Duration = Duration::from_secs(10);
/// First and longest wait between two looks at a version 1 group, which tells of no change.
const LOOK: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(20));

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Controller {
    Memory,
    Cpu,
    Pids,
    Freezer,
}

impl Controller {
    pub const ALL: [Self; 4] = [Self::Memory, Self::Cpu, Self::Pids, Self::Freezer];

    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpu => "cpu",
            Self::Pids => "pids",
            Self::Freezer => "freezer",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
}

/// One hierarchy in which we have a parent.
#[derive(Clone, Debug)]
pub(super) struct Hierarchy {
    /// Our parent in it.
    pub dir: PathBuf,
    pub version: Version,
    pub controllers: Vec<Controller>,
}

/// What one sandbox may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub memory_bytes: u64,
    pub cpus: u32,
    pub pids: u32,
}

/// The hierarchies that we may use, and why others not.
#[derive(Clone, Debug, Default)]
pub(super) struct Cgroups {
    pub hierarchies: Vec<Hierarchy>,
    pub missing: Vec<(Controller, String)>,
}

impl Cgroups {
    /// Where a controller is ours, or why not.
    pub fn has(&self, controller: Controller) -> Result<Version, &str> {
        match self.with(controller) {
            Some(h) => Ok(h.version),
            None => Err(self.missing.iter().find(|(c, _)| *c == controller).map_or("", |(_, why)| why)),
        }
    }

    fn with(&self, controller: Controller) -> Option<&Hierarchy> {
        self.hierarchies.iter().find(|h| h.controllers.contains(&controller))
    }

    fn v2(&self) -> Option<&Hierarchy> {
        self.hierarchies.iter().find(|h| h.version == Version::V2)
    }

    fn file(&self, controller: Controller, name: &str, file: &str) -> Option<PathBuf> {
        Some(self.with(controller)?.dir.join(name).join(file))
    }

    /// The folders of a group, one per hierarchy.
    pub fn paths(&self, name: &str) -> Vec<PathBuf> {
        self.hierarchies.iter().map(|h| h.dir.join(name)).collect()
    }

    /// Makes a group. Descriptors of its `cgroup.procs`: a child that writes `0` to each is in it.
    pub fn create(&self, name: &str) -> io::Result<Vec<File>> {
        self.paths(name)
            .into_iter()
            .map(|dir| {
                make_dir(&dir)?;
                OpenOptions::new().write(true).open(dir.join("cgroup.procs")).map_err(at(&dir))
            })
            .collect()
    }

    /// Sets the limits of a group. A limit whose controller is not there is left out: `has` tells.
    pub fn limit(&self, name: &str, limits: &Limits) -> io::Result<()> {
        if let Some(h) = self.with(Controller::Memory) {
            let dir = h.dir.join(name);
            let bytes = limits.memory_bytes.to_string();
            match h.version {
                Version::V2 => {
                    put(&dir.join("memory.max"), &bytes)?;
                    put_if_there(&dir.join("memory.swap.max"), "0")?;
                }
                Version::V1 => {
                    put(&dir.join("memory.limit_in_bytes"), &bytes)?;
                    // Memory and swap together, where the kernel counts swap; where not, none is used.
                    if !put_if_there(&dir.join("memory.memsw.limit_in_bytes"), &bytes)? {
                        put_if_there(&dir.join("memory.swappiness"), "0")?;
                    }
                }
            }
        }
        if let Some(h) = self.with(Controller::Cpu) {
            let dir = h.dir.join(name);
            let quota = u64::from(limits.cpus.max(1)) * 100_000;
            match h.version {
                Version::V2 => put(&dir.join("cpu.max"), &format!("{quota} 100000"))?,
                Version::V1 => {
                    put(&dir.join("cpu.cfs_period_us"), "100000")?;
                    put(&dir.join("cpu.cfs_quota_us"), &quota.to_string())?;
                }
            }
        }
        if let Some(file) = self.file(Controller::Pids, name, "pids.max") {
            put(&file, &limits.pids.to_string())?;
        }
        Ok(())
    }

    /// Stops every process of a group where it is, and returns when all stand.
    pub async fn freeze(&self, name: &str) -> io::Result<()> {
        let Some(h) = self.with(Controller::Freezer) else { return Err(io::ErrorKind::Unsupported.into()) };
        let dir = h.dir.join(name);
        match h.version {
            Version::V2 => {
                put(&dir.join("cgroup.freeze"), "1")?;
                until_event(&dir, "frozen 1").await
            }
            Version::V1 => {
                let file = dir.join("freezer.state");
                put(&file, "FROZEN")?;
                look(|| Ok(fs::read_to_string(&file)?.trim() == "FROZEN")).await
            }
        }
    }

    /// Lets a group go on.
    pub fn thaw(&self, name: &str) -> io::Result<()> {
        let Some(h) = self.with(Controller::Freezer) else { return Ok(()) };
        let dir = h.dir.join(name);
        match h.version {
            Version::V2 => put_if_there(&dir.join("cgroup.freeze"), "0"),
            Version::V1 => put_if_there(&dir.join("freezer.state"), "THAWED"),
        }
        .map(drop)
    }

    /// Whether a group stands still (or is about to).
    pub fn frozen(&self, name: &str) -> bool {
        let Some(h) = self.with(Controller::Freezer) else { return false };
        let file = if h.version == Version::V2 { "cgroup.freeze" } else { "freezer.state" };
        fs::read_to_string(h.dir.join(name).join(file))
            .is_ok_and(|s| matches!(s.trim(), "1" | "FROZEN" | "FREEZING"))
    }

    /// How many processes of a group the kernel has killed for want of memory.
    pub fn oom_kills(&self, name: &str) -> u64 {
        let Some(h) = self.with(Controller::Memory) else { return 0 };
        let file = if h.version == Version::V2 { "memory.events" } else { "memory.oom_control" };
        let text = fs::read_to_string(h.dir.join(name).join(file)).unwrap_or_default();
        text.lines().find_map(|l| l.strip_prefix("oom_kill ")?.trim().parse().ok()).unwrap_or(0)
    }

    /// Kills whatever is in a group, frozen or not, waits until it is empty and removes it. Nothing there is fine.
    pub async fn remove(&self, name: &str) -> io::Result<()> {
        if let Some(h) = self.v2() {
            let dir = h.dir.join(name);
            if put_if_there(&dir.join("cgroup.kill"), "1")? {
                until_event(&dir, "populated 0").await?;
            }
        }
        for h in &self.hierarchies {
            let dir = h.dir.join(name);
            look(|| {
                match fs::remove_dir(&dir) {
                    Ok(()) => return Ok(true),
                    Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(true),
                    Err(e) if e.kind() == io::ErrorKind::ResourceBusy => {}
                    Err(e) => return Err(at(&dir)(e)),
                }
                for pid in fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default().lines() {
                    if let Some(pid) = pid.parse().ok().and_then(Pid::from_raw) {
                        let _ = kill_process(pid, Signal::KILL);
                    }
                }
                // What is frozen by version 1 dies only once it is thawed.
                self.thaw(name)?;
                Ok(false)
            })
            .await?;
        }
        Ok(())
    }

    /// The names of all groups below our parents.
    pub fn names(&self) -> BTreeSet<String> {
        self.hierarchies
            .iter()
            .filter_map(|h| fs::read_dir(&h.dir).ok())
            .flat_map(Iterator::flatten)
            .filter(|e| e.file_type().is_ok_and(|t| t.is_dir()))
            .filter_map(|e| e.file_name().into_string().ok())
            .collect()
    }

    /// Removes our parents where they are empty.
    pub fn remove_parents(&self) {
        for h in &self.hierarchies {
            let _ = fs::remove_dir(&h.dir);
        }
    }
}

/// Waits until `cgroup.events` of `dir` has `line`; the kernel wakes us. A group that is gone has every event behind it.
async fn until_event(dir: &Path, line: &str) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let file = match File::open(dir.join("cgroup.events")) {
        Ok(f) => f,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(at(dir)(e)),
    };
    // SAFETY: the file stays open, and the same, for as long as the `AsyncFd` owns it.
    let file =
        unsafe { AsyncFd::register_with_interest(file, Interest::PRIORITY) }.map_err(io::Error::from)?;
    loop {
        // Reading arms the event.
        let mut text = [0_u8; 256];
        let n = rustix::io::pread(file.get_ref(), &mut text[..], 0)?;
        if text.get(..n).unwrap_or_default().split(|b| *b == b'\n').any(|l| l == line.as_bytes()) {
            return Ok(());
        }
        match timeout_at(deadline, file.ready(Interest::PRIORITY)).await {
            Ok(guard) => guard?.clear_ready(),
            Err(_) => {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("{}: no '{line}'", dir.display()),
                ));
            }
        }
    }
}

/// Looks again and again where the kernel has no event (cgroup version 1, loop devices): first at once, then in growing
/// steps.
pub(super) async fn look(mut done: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut step = LOOK.0;
    while !done()? {
        if Instant::now() > deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the kernel does not get there"));
        }
        sleep(step).await;
        step = (step * 2).min(LOOK.1);
    }
    Ok(())
}

pub(super) fn make_dir(dir: &Path) -> io::Result<()> {
    match fs::create_dir(dir) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(at(dir)(e)),
        _ => Ok(()),
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |e| io::Error::new(e.kind(), format!("{}: {e}", path.display()))
}

pub(super) fn put(file: &Path, value: &str) -> io::Result<()> {
    let mut f = OpenOptions::new().write(true).open(file).map_err(at(file))?;
    f.write_all(value.as_bytes()).map_err(|e| match e.raw_os_error() {
        Some(libc::ESRCH | libc::ENODEV) => e,
        _ => at(file)(e),
    })
}

/// Whether the file was there.
fn put_if_there(file: &Path, value: &str) -> io::Result<bool> {
    match put(file, value) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound || e.raw_os_error() == Some(libc::ENODEV) => Ok(false),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both versions as plain files, since no host has all controllers in both.
    fn fake(dir: &Path, version: Version) -> Cgroups {
        let controllers = Controller::ALL.to_vec();
        let group = dir.join("g");
        fs::create_dir_all(&group).unwrap();
        let files: &[&str] = match version {
            Version::V1 => &[
                "memory.limit_in_bytes",
                "memory.memsw.limit_in_bytes",
                "cpu.cfs_period_us",
                "cpu.cfs_quota_us",
                "pids.max",
            ],
            Version::V2 => &["memory.max", "memory.swap.max", "cpu.max", "pids.max", "cgroup.freeze"],
        };
        for file in files {
            fs::write(group.join(file), "").unwrap();
        }
        let hierarchy = Hierarchy { dir: dir.to_owned(), version, controllers };
        Cgroups { hierarchies: vec![hierarchy], missing: Vec::new() }
    }

    #[test]
    fn limits_are_written_in_the_words_of_each_version() {
        let limits = Limits { memory_bytes: 128 << 20, cpus: 2, pids: 64 };
        let both = [
            (
                Version::V1,
                "memory.limit_in_bytes",
                "memory.memsw.limit_in_bytes",
                "cpu.cfs_quota_us",
                "134217728",
                "200000",
            ),
            (Version::V2, "memory.max", "memory.swap.max", "cpu.max", "0", "200000 100000"),
        ];
        for (version, memory, swap, cpu, swap_value, cpu_value) in both {
            let tmp = tempfile::tempdir().unwrap();
            let groups = fake(tmp.path(), version);
            groups.limit("g", &limits).unwrap();
            let read = |f: &str| fs::read_to_string(tmp.path().join("g").join(f)).unwrap();
            assert_eq!(read(memory), "134217728");
            assert_eq!(read(swap), swap_value);
            assert_eq!(read(cpu), cpu_value);
            assert_eq!(read("pids.max"), "64");
        }
    }

    #[test]
    fn what_the_kernel_says_is_understood() {
        let tmp = tempfile::tempdir().unwrap();
        let groups = fake(tmp.path(), Version::V2);
        fs::write(tmp.path().join("g/memory.events"), "low 0\nmax 9\noom 2\noom_kill 1\noom_group_kill 0\n")
            .unwrap();
        assert_eq!(groups.oom_kills("g"), 1);
        fs::write(tmp.path().join("g/cgroup.freeze"), "1\n").unwrap();
        assert!(groups.frozen("g"));
    }
}
