//! What this host can give: found out once, by trying, and told by name in `GET /runtimes` and `lia doctor`.

use std::{
    fs::{self, File},
    io,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use lia_protocol::runtime::Isolation;

use super::{
    LocalOptions,
    cgroup::{Cgroups, Controller, Version},
    command, disk, etc, scope,
};

/// One line of `lia doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was looked at: `bubblewrap`, `sandbox`, `sidecar`, `data-folder`, or a means of isolation.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// Whether no instance can start without it.
    pub required: bool,
    /// What was found.
    pub detail: String,
    /// What to do about it, when it is not ok.
    pub mend: Option<String>,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Host {
    pub root: bool,
    pub bwrap: PathBuf,
    /// `--size` for a tmpfs came with 0.7.
    pub tmpfs_size: bool,
    pub cgroups: Cgroups,
    /// `mkfs.ext4`, where images with a fixed size can be made and mounted.
    pub mkfs: Option<PathBuf>,
    checks: Vec<Check>,
}

const APPARMOR: &str = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
const CLONE: &str = "/proc/sys/kernel/unprivileged_userns_clone";
const MAX: &str = "/proc/sys/user/max_user_namespaces";

impl Host {
    /// Looks and tries. Blocks for some 30 ms. Writes nothing but our parents in the cgroup hierarchies and a trial
    /// image in `scratch` that is removed again.
    pub fn find(options: &LocalOptions, parent: &str, scratch: &Path) -> Self {
        let root = rustix::process::geteuid().is_root();
        let mut cgroups = Cgroups::detect(parent);
        let mut scope = None;
        if !root && [Controller::Memory, Controller::Pids].iter().any(|c| cgroups.has(*c).is_err()) {
            match scope::enter(parent) {
                Ok(()) => cgroups = Cgroups::detect(parent),
                Err(why) => scope = Some(why),
            }
        }
        let mut checks = Vec::new();
        let found = options.bwrap.clone().or_else(|| find_program("bwrap"));
        let version = found.as_deref().and_then(version);
        checks.push(Check {
            name: "bubblewrap".into(),
            ok: version.is_some(),
            required: true,
            detail: match (&found, version) {
                (Some(p), Some((a, b))) => format!("{} {a}.{b}", p.display()),
                (Some(p), None) => format!("{} does not answer --version", p.display()),
                (None, _) => "bwrap is not in PATH".into(),
            },
            mend: Some("install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap)".into()),
        });
        let bwrap = found.unwrap_or_else(|| "bwrap".into());
        if version.is_some() {
            checks.push(sandbox(&bwrap, options));
        }
        let executable =
            fs::metadata(&options.sidecar).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o5 == 5);
        checks.push(Check {
            name: "sidecar".into(),
            ok: executable,
            required: true,
            detail: format!(
                "{}{}",
                options.sidecar.display(),
                if executable { "" } else { " is not there, or not every user may run it" }
            ),
            mend: Some("build it (make build) and leave it beside lia with mode 0755".into()),
        });
        let mkfs = match image_trial(root, scratch) {
            Ok(mkfs) => {
                let how = "a sparse ext4 image per instance over workspace, home and /tmp";
                checks.push(fine("storage", how));
                Some(mkfs)
            }
            Err((why, mend)) => {
                let detail = format!(
                    "watched, not enforced: the sizes are looked at, an instance above its limit is ended ({why})"
                );
                checks.push(weak("storage", detail, &mend));
                None
            }
        };
        checks.push(if root {
            let (a, b) = (options.uids.start, options.uids.end.saturating_sub(1));
            fine("own-uid", &format!("every instance has a host uid of its own between {a} and {b}"))
        } else {
            let uid = rustix::process::geteuid().as_raw();
            weak("own-uid", format!("instances run as uid {uid}, as the server does"), "run lia as root")
        });
        checks
            .extend(Controller::ALL.into_iter().map(|c| controller(&cgroups, c, options, scope.as_deref())));
        checks.push(seccomp());
        checks.push(landlock());
        checks.push(certificates());
        checks.push(fine("core-dumps", "RLIMIT_CORE, for files and for handlers"));
        Self { root, bwrap, tmpfs_size: version.is_some_and(|v| v >= (0, 7)), cgroups, mkfs, checks }
    }

    /// All lines of `lia doctor`.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// What no instance can start without, with the mend.
    pub fn missing(&self) -> Option<String> {
        let check = self.checks.iter().find(|c| c.required && !c.ok)?;
        let mend = check.mend.as_deref().unwrap_or_default();
        Some(format!("{}: {}; {mend}", check.name, check.detail))
    }

    /// The means of isolation, as the API tells them.
    pub fn isolation(&self) -> Vec<Isolation> {
        let sandbox = self.checks.iter().find(|c| c.name == "sandbox");
        let active = sandbox.is_some_and(|c| c.ok);
        let why = |how: &str| match sandbox {
            Some(c) if !c.ok => format!("{}; {}", c.detail, c.mend.as_deref().unwrap_or_default()),
            Some(_) => how.to_owned(),
            None => "bubblewrap is missing".to_owned(),
        };
        let mut all = vec![
            Isolation {
                name: "user-namespace".into(),
                active,
                how: why("own user, mount, pid, ipc, uts and cgroup namespaces (bubblewrap), no_new_privs"),
            },
            Isolation {
                name: "network".into(),
                active,
                how: why("own network namespace, no interface but loopback"),
            },
        ];
        all.extend(self.checks.iter().filter(|c| !c.required).map(|c| Isolation {
            name: c.name.clone(),
            active: c.ok,
            how: match &c.mend {
                Some(mend) if !c.ok => format!("{}; {mend}", c.detail),
                _ => c.detail.clone(),
            },
        }));
        all
    }

    /// How instances are paused.
    pub fn suspend(&self) -> &'static str {
        if self.cgroups.has(Controller::Freezer).is_ok() { "freeze" } else { "signal" }
    }
}

fn fine(name: &str, detail: &str) -> Check {
    Check { name: name.into(), ok: true, required: false, detail: detail.into(), mend: None }
}

fn weak(name: &str, detail: String, mend: &str) -> Check {
    Check { name: name.into(), ok: false, required: false, detail, mend: Some(mend.into()) }
}

/// `name` in PATH or in the folders of administrators' programs, which an ordinary user's PATH may lack.
pub(super) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from))
        .map(|dir| dir.join(name))
        .find(|p| fs::metadata(p).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0))
}

/// `bubblewrap 0.8.0`
fn version(bwrap: &Path) -> Option<(u32, u32)> {
    let out = Command::new(bwrap).arg("--version").env_clear().stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let mut numbers = text.trim().rsplit(' ').next()?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Starts an empty sandbox with the namespaces and capabilities that an instance gets.
fn sandbox(bwrap: &Path, options: &LocalOptions) -> Check {
    let mut probe = Command::new(bwrap);
    probe.args(command::namespaces()).args(command::system()).args(["--proc", "/proc", "--dev", "/dev"]);
    probe.args(["--", "/bin/true"]).env_clear().current_dir("/").stdin(Stdio::null());
    if rustix::process::geteuid().is_root() {
        probe.uid(options.uids.start).gid(options.uids.start);
    }
    let (ok, detail) = match probe.output() {
        Ok(out) if out.status.success() => {
            (true, "user, mount, pid, ipc, uts and network namespaces".to_owned())
        }
        Ok(out) => (false, String::from_utf8_lossy(&out.stderr).trim().to_owned()),
        Err(e) => (false, e.to_string()),
    };
    let switch = |file: &str| fs::read_to_string(file).ok().map(|s| s.trim().to_owned());
    let mend = if switch(MAX).as_deref() == Some("0") {
        "user namespaces are switched off: sysctl -w user.max_user_namespaces=65536"
    } else if switch(CLONE).as_deref() == Some("0") {
        "unprivileged user namespaces are switched off: sysctl -w kernel.unprivileged_userns_clone=1"
    } else if switch(APPARMOR).as_deref() == Some("1") {
        "AppArmor restricts unprivileged user namespaces: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or \
         an AppArmor profile that gives bwrap `userns,` and capabilities"
    } else {
        "let bubblewrap make user namespaces here (in a container: allow unshare and mount, and an unmasked /proc)"
    };
    Check { name: "sandbox".into(), ok, required: true, detail, mend: Some(mend.into()) }
}

/// Makes and mounts a small image and lets it go. `Err` is why not, and the mend.
fn image_trial(root: bool, scratch: &Path) -> Result<PathBuf, (String, String)> {
    if !root {
        return Err(("only root can mount images".into(), "run lia as root".into()));
    }
    let Some(mkfs) = find_program("mkfs.ext4") else {
        return Err(("mkfs.ext4 is missing".into(), "install e2fsprogs".into()));
    };
    let image = scratch.join("trial.img");
    let tried = disk::make(&image, 16 << 20, &mkfs).and_then(|()| disk::mount(&image)).map(drop);
    let _ = fs::remove_file(&image);
    match tried {
        Ok(()) => Ok(mkfs),
        Err(e) => Err((
            format!("an image cannot be mounted: {e}"),
            "give lia /dev/loop-control, loop devices and Linux 5.8 or newer".into(),
        )),
    }
}

/// `scope` says why an ordinary user could not have a delegated group either.
fn controller(
    cgroups: &Cgroups,
    controller: Controller,
    options: &LocalOptions,
    scope: Option<&str>,
) -> Check {
    let name = format!("cgroup-{}", controller.name());
    match cgroups.has(controller) {
        Ok(Version::V2) => fine(&name, "cgroup version 2"),
        Ok(Version::V1) => fine(&name, "cgroup version 1"),
        Err(why) => {
            let instead = match controller {
                Controller::Memory => {
                    "watched, not enforced: an instance whose processes exceed the limit is ended, what lies in pipes and \
                     sockets is not seen"
                        .into()
                }
                Controller::Pids => format!("RLIMIT_NPROC {} instead", options.pids),
                Controller::Cpu => "not limited".into(),
                Controller::Freezer => "paused by SIGSTOP instead".to_owned(),
            };
            match scope {
                None => weak(&name, format!("{instead} ({why})"), "mount the cgroup hierarchy writable"),
                Some(scope) => weak(
                    &name,
                    format!("{instead} ({why}; {scope})"),
                    "log in through systemd (loginctl enable-linger USER keeps it) on a host with cgroup version 2, or \
                     run lia as root",
                ),
            }
        }
    }
}

fn seccomp() -> Check {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if status.contains("Seccomp_filters:") || status.contains("Seccomp:") {
        fine("seccomp", "the sidecar filters the agent's system calls")
    } else {
        weak("seccomp", "the kernel has none".into(), "a kernel with CONFIG_SECCOMP_FILTER")
    }
}

fn landlock() -> Check {
    // SAFETY: with a null attribute and size 0 the call only answers with the kernel's Landlock version.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<u8>(),
            0_usize,
            1_u32, /* VERSION */
        )
    };
    // The first version in which moving between folders can be allowed; the sidecar enters none without that.
    let mend = "a kernel of 5.19 or later with CONFIG_SECURITY_LANDLOCK and lsm=landlock";
    match version {
        2.. => fine("landlock", &format!("the sidecar shuts agents in behind it too (version {version})")),
        1 => weak("landlock", "the kernel has version 1, which is too old".into(), mend),
        _ => weak("landlock", format!("the kernel has none ({})", io::Error::last_os_error()), mend),
    }
}

/// Free bytes for this user where `path` is.
pub(super) fn free_bytes(path: &Path) -> io::Result<u64> {
    let stat = rustix::fs::fstatvfs(File::open(path)?)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Whether the host has certificates of public authorities; without them nothing inside can verify a server.
fn certificates() -> Check {
    let found = etc::bundle();
    let ok = found.is_some();
    let detail = found.unwrap_or("no bundle of certificate authorities");
    Check {
        name: "certificates".into(),
        ok,
        required: false,
        detail: detail.into(),
        mend: Some("install ca-certificates".into()),
    }
}
