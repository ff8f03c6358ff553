//! Control groups: version 2 where it offers a controller, version 1 for the rest, found out controller by controller.
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

use rustix::{
    fs::Access,
    process::{Pid, Signal, kill_process},
};
use tokio::{
    io::{Interest, unix::AsyncFd},
    time::{Instant, sleep, timeout_at},
};

/// How long a group may take to freeze or to empty: only tasks deep in the kernel's I/O take long.
const PATIENCE: Duration = Duration::from_secs(10);
/// First and longest wait between two looks at a version 1 group, which tells of no change.
const LOOK: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(20));

/// Where a server whose own group is delegated to it goes to live, see [`leave_for_a_leaf`].
const LEAF: &str = "lia-server";

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
struct Hierarchy {
    /// Our parent in it.
    dir: PathBuf,
    version: Version,
    controllers: Vec<Controller>,
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
    hierarchies: Vec<Hierarchy>,
    missing: Vec<(Controller, String)>,
}

impl Cgroups {
    /// Looks at what is mounted and writable, and makes our parent (`lia-…`) in each.
    pub fn detect(parent: &str) -> Self {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mut this = Self::default();
        let mut left: Vec<Controller> = Controller::ALL.to_vec();
        let mut why = "no cgroup hierarchy is mounted".to_owned();
        if let Some(mount) = mounts.lines().filter_map(parse_mount).find(|m| m.fstype == "cgroup2") {
            match join_v2(&mount.dir, own_path(&own), parent) {
                Ok(h) => {
                    left.retain(|c| !h.controllers.contains(c));
                    "cgroup version 2 does not offer it".clone_into(&mut why);
                    this.hierarchies.push(h);
                }
                Err(e) => why = e,
            }
        }
        for controller in left {
            let mount = mounts
                .lines()
                .filter_map(parse_mount)
                .find(|m| m.fstype == "cgroup" && m.options.split(',').any(|o| o == controller.name()));
            let Some(mount) = mount else {
                this.missing.push((controller, why.clone()));
                continue;
            };
            let dir = mount.dir.join(parent);
            match make_dir(&dir) {
                Ok(()) => match this.hierarchies.iter_mut().find(|h| h.dir == dir) {
                    Some(h) => h.controllers.push(controller),
                    None => {
                        this.hierarchies.push(Hierarchy {
                            dir,
                            version: Version::V1,
                            controllers: vec![controller],
                        });
                    }
                },
                Err(e) => this.missing.push((controller, format!("{}: {e}", dir.display()))),
            }
        }
        this
    }

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

struct Mount<'a> {
    dir: PathBuf,
    fstype: &'a str,
    options: &'a str,
}

/// A line of mountinfo: `… root mountpoint options … - type source super-options`.
fn parse_mount(line: &str) -> Option<Mount<'_>> {
    let (left, right) = line.split_once(" - ")?;
    let mut right = right.split(' ');
    let fstype = right.next()?;
    if !fstype.starts_with("cgroup") {
        return None;
    }
    Some(Mount { dir: left.split(' ').nth(4)?.into(), fstype, options: right.nth(1)? })
}

/// This process's own version 2 group (`0::/path`), or the one that it left for its leaf.
fn own_path(cgroups: &str) -> &str {
    let own = cgroups.lines().find_map(|l| l.strip_prefix("0::")).unwrap_or("/").trim_start_matches('/');
    own.strip_suffix(LEAF).map_or(own, |base| base.trim_end_matches('/'))
}

/// Makes our parent in the version 2 hierarchy: below this process's own group where that is delegated to us, else, as
/// root, at the top.
fn join_v2(mount: &Path, own: &str, parent: &str) -> Result<Hierarchy, String> {
    let own = mount.join(own);
    let delegated = own != mount && is_delegated(&own);
    let base = if delegated {
        own
    } else if rustix::process::geteuid().is_root() {
        mount.to_owned()
    } else {
        return Err(format!("{} is not delegated to this user", own.display()));
    };
    if delegated {
        leave_for_a_leaf(&base).map_err(|e| e.to_string())?;
    }
    let dir = base.join(parent);
    let offered = fs::read_to_string(base.join("cgroup.controllers")).unwrap_or_default();
    let wanted: Vec<Controller> = Controller::ALL
        .into_iter()
        .filter(|c| offered.split_ascii_whitespace().any(|o| o == c.name()))
        .collect();
    for c in &wanted {
        // Refused where a process sits in the group itself, or where it is on already by other means: what counts is
        // what the child group offers below.
        let _ = put(&base.join("cgroup.subtree_control"), &format!("+{}", c.name()));
    }
    make_dir(&dir).map_err(|e| e.to_string())?;
    for c in &wanted {
        let _ = put(&dir.join("cgroup.subtree_control"), &format!("+{}", c.name()));
    }
    let on = fs::read_to_string(dir.join("cgroup.subtree_control")).unwrap_or_default();
    let mut controllers: Vec<Controller> =
        wanted.into_iter().filter(|c| on.split_ascii_whitespace().any(|o| o == c.name())).collect();
    if dir.join("cgroup.freeze").exists() {
        controllers.push(Controller::Freezer);
    }
    Ok(Hierarchy { dir, version: Version::V2, controllers })
}

/// systemd marks a group that it has given away; an ordinary user also knows by being able to write there.
fn is_delegated(dir: &Path) -> bool {
    let marked = ["user.delegate", "trusted.delegate"].iter().any(|name| {
        let mut value = [0_u8; 8];
        matches!(rustix::fs::getxattr(dir, *name, &mut value[..]), Ok(n) if value.get(..n) == Some(b"1"))
    });
    let writable = ["", "cgroup.procs", "cgroup.subtree_control"]
        .iter()
        .all(|f| rustix::fs::access(dir.join(f), Access::WRITE_OK).is_ok());
    writable && (marked || !rustix::process::geteuid().is_root())
}

/// A group with controllers for its children may hold no process itself: those that are in it (this one) move below.
fn leave_for_a_leaf(base: &Path) -> io::Result<()> {
    let leaf = base.join(LEAF);
    make_dir(&leaf)?;
    for pid in fs::read_to_string(base.join("cgroup.procs"))?.lines() {
        match put(&leaf.join("cgroup.procs"), pid) {
            Err(e) if e.raw_os_error() != Some(libc::ESRCH) => return Err(e),
            _ => {}
        }
    }
    Ok(())
}

/// Waits until `cgroup.events` of `dir` has `line`; the kernel wakes us. A group that is gone has every event behind it.
async fn until_event(dir: &Path, line: &str) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let file = match File::open(dir.join("cgroup.events")) {
        // SAFETY: the file stays open, and the same, for as long as the `AsyncFd` owns it.
        Ok(f) => {
            unsafe { AsyncFd::register_with_interest(f, Interest::PRIORITY) }.map_err(io::Error::from)?
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(at(dir)(e)),
    };
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

/// Looks again and again, for version 1 has no event: first at once, then in growing steps.
async fn look(mut done: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut step = LOOK.0;
    while !done()? {
        if Instant::now() > deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the cgroup does not get there"));
        }
        sleep(step).await;
        step = (step * 2).min(LOOK.1);
    }
    Ok(())
}

fn make_dir(dir: &Path) -> io::Result<()> {
    match fs::create_dir(dir) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(at(dir)(e)),
        _ => Ok(()),
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |e| io::Error::new(e.kind(), format!("{}: {e}", path.display()))
}

fn put(file: &Path, value: &str) -> io::Result<()> {
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
