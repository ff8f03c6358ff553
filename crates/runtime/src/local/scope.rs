//! A control group for an ordinary user: a scope of the user's own systemd, delegated to us.
//!
//! The scope is named after the data folder and lives as long as anything in it does. So it outlives the server, and
//! the next server of that folder joins it and finds its instances' groups.

use std::{
    ffi::OsStr,
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::{hierarchy::LEAF, host::find_program};

/// How long systemd may take to move us.
const PATIENCE: Duration = Duration::from_secs(5);

/// Moves this process into the scope `<name>.scope`, which is made when it is not there. Blocks. `Err` says why not.
pub(super) fn enter(name: &str) -> Result<(), String> {
    let busctl = find_program("busctl").ok_or("busctl of systemd is not installed")?;
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        return Err("there is no session of systemd: XDG_RUNTIME_DIR is not set".into());
    }
    let unit = format!("{name}.scope");
    let pid = std::process::id().to_string();
    // A group whose children have controllers holds no process itself, so a later server goes into the leaf at once.
    let joined = call(&busctl, &["AttachProcessesToUnit", "ssau", &unit, &format!("/{LEAF}"), "1", &pid]);
    if joined.is_err() {
        let properties = ["2", "PIDs", "au", "1", &pid, "Delegate", "b", "true"];
        let start = ["StartTransientUnit", "ssa(sv)a(sa(sv))", &unit, "fail"];
        call(&busctl, &[&start[..], &properties[..], &["0"]].concat())?;
    }
    // The answer comes when the job is queued, and the kernel tells nobody that a process has moved.
    let begun = Instant::now();
    while !fs::read_to_string("/proc/self/cgroup").unwrap_or_default().contains(&unit) {
        if begun.elapsed() > PATIENCE {
            return Err(format!("systemd did not move this process into {unit}"));
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    Ok(())
}

fn call(busctl: impl AsRef<OsStr>, request: &[&str]) -> Result<(), String> {
    let manager =
        ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"];
    let out = Command::new(busctl)
        .args(["--user", "--timeout=5", "call"])
        .args(manager)
        .args(request)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("busctl: {e}"))?;
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).trim().to_owned()) }
}
