//! The sandbox as bubblewrap's arguments, and the environment that agents start from.

use std::{collections::BTreeMap, ffi::OsString, fs, os::fd::RawFd, path::PathBuf};

use lia_protocol::boot::INNER_PROXY_PORT;

use super::etc::CA_BUNDLE;

/// Paths inside.
pub(crate) const WORKSPACE: &str = "/workspace";
pub(crate) const HOME: &str = "/home/agent";
pub(crate) const PRIVATE: &str = "/lia";
pub(crate) const STATE: &str = "/lia/state";
const SIDECAR: &str = "/lia/sidecar";
/// What comes through [`Sources::reached_fd`] ends here.
const REACHED: &str = "/lia/reached";

/// What the sidecar keeps of root's power, over its own namespaces alone: the transparent door needs NET_ADMIN and
/// NET_BIND_SERVICE, the agents' own namespaces SYS_ADMIN, SETUID, SETGID and SETFCAP, ending them KILL.
const CAPABILITIES: [&str; 7] = [
    "CAP_NET_ADMIN",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_ADMIN",
    "CAP_SETUID",
    "CAP_SETGID",
    "CAP_SETFCAP",
    "CAP_KILL",
];

/// Bytes of `/dev/shm`: memory that no process's size shows.
const SHM_BYTES: u64 = 256 << 20;

/// Where bubblewrap finds what it binds, and which descriptors it passes on.
#[derive(Debug)]
pub(super) struct Sources {
    /// The folder with `workspace`, `home` and `tmp`.
    pub disk: PathBuf,
    /// The journals.
    pub state: PathBuf,
    pub etc: PathBuf,
    pub sidecar: PathBuf,
    /// (source, path inside).
    pub read_only: Vec<(PathBuf, String)>,
    /// Bubblewrap writes the sandbox's first pid here.
    pub info_fd: RawFd,
    /// Bubblewrap writes the exit code here.
    pub status_fd: RawFd,
    /// Bubblewrap reads this to its end once everything is bound.
    pub reached_fd: RawFd,
    pub config_fd: RawFd,
    pub listen_fd: RawFd,
}

/// Namespaces, identity and power: uid 0 of one user namespace that maps nothing else, so that the sidecar owns the
/// network namespace. (With another uid bubblewrap would make a second user namespace and lose it.)
pub(super) fn namespaces() -> Vec<OsString> {
    let mut args = list(&["--unshare-all", "--unshare-user", "--as-pid-1", "--uid", "0", "--gid", "0"]);
    args.extend(list(&["--new-session", "--clearenv", "--hostname", "lia", "--cap-drop", "ALL"]));
    for capability in CAPABILITIES {
        args.extend(list(&["--cap-add", capability]));
    }
    args
}

/// The host's programs and libraries, read-only.
pub(super) fn system() -> Vec<OsString> {
    let mut args = list(&["--ro-bind", "/usr", "/usr"]);
    for name in ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"] {
        match fs::symlink_metadata(name) {
            Ok(m) if m.is_symlink() => {
                if let Ok(target) = fs::read_link(name) {
                    args.extend(["--symlink".into(), target.into(), name.into()]);
                }
            }
            Ok(m) if m.is_dir() => args.extend(list(&["--ro-bind", name, name])),
            _ => {}
        }
    }
    args
}

/// All arguments of an instance.
pub(super) fn arguments(sources: &Sources, tmpfs_size: bool) -> Vec<OsString> {
    let mut args = namespaces();
    let fd = |n: RawFd| OsString::from(n.to_string());
    args.extend(["--info-fd".into(), fd(sources.info_fd), "--json-status-fd".into(), fd(sources.status_fd)]);
    args.extend(system());
    let mut bind = |how: &str, from: &PathBuf, to: &str| args.extend([how.into(), from.into(), to.into()]);
    bind("--ro-bind", &sources.etc, "/etc");
    bind("--bind", &sources.disk.join("tmp"), "/tmp");
    bind("--bind", &sources.disk.join("home"), HOME);
    bind("--bind", &sources.disk.join("workspace"), WORKSPACE);
    bind("--bind", &sources.state, STATE);
    bind("--ro-bind", &sources.sidecar, SIDECAR);
    for (from, to) in &sources.read_only {
        bind("--ro-bind", from, to);
    }
    args.extend(list(&["--proc", "/proc", "--dev", "/dev"]));
    if tmpfs_size {
        args.extend(["--size".into(), SHM_BYTES.to_string().into()]);
    }
    args.extend(list(&["--tmpfs", "/dev/shm", "--remount-ro", "/dev"]));
    args.extend(list(&["--dir", "/run", "--symlink", "../tmp", "/var/tmp"]));
    args.extend(["--file".into(), fd(sources.reached_fd), REACHED.into()]);
    args.extend(list(&["--remount-ro", "/", "--chdir", "/"]));
    args.extend(["--".into(), SIDECAR.into()]);
    args.extend(["--config-fd".into(), fd(sources.config_fd), "--listen-fd".into(), fd(sources.listen_fd)]);
    args
}

fn list(args: &[&str]) -> Vec<OsString> {
    args.iter().map(OsString::from).collect()
}

/// What every agent process starts from: nothing of the host's environment, the way out through the proxy, and then
/// what the instance asks for.
pub(crate) fn environment(wanted: &BTreeMap<String, String>, certificates: bool) -> BTreeMap<String, String> {
    let proxy = format!("http://127.0.0.1:{INNER_PROXY_PORT}");
    let mut env = BTreeMap::new();
    let mut set = |name: &str, value: &str| {
        env.insert(name.to_owned(), value.to_owned());
    };
    set("PATH", "/home/agent/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    set("HOME", HOME);
    set("USER", "agent");
    set("LOGNAME", "agent");
    set("SHELL", if fs::exists("/bin/bash").unwrap_or(false) { "/bin/bash" } else { "/bin/sh" });
    set("LANG", "C.UTF-8");
    set("TERM", "xterm-256color");
    set("TMPDIR", "/tmp");
    // curl, git, pip, npm and cargo read these; Node's fetch with NODE_USE_ENV_PROXY.
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        set(name, &proxy);
        set(&name.to_lowercase(), &proxy);
    }
    for name in ["NO_PROXY", "no_proxy"] {
        set(name, "localhost,127.0.0.1,::1");
    }
    set("NODE_USE_ENV_PROXY", "1");
    if certificates {
        set("SSL_CERT_FILE", CA_BUNDLE);
    }
    // Nobody is there to type a password.
    set("GIT_TERMINAL_PROMPT", "0");
    env.extend(wanted.iter().map(|(k, v)| (k.clone(), v.clone())));
    env
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instance_decides_last_and_the_host_never() {
        let env = environment(&BTreeMap::from([("TERM".to_owned(), "dumb".to_owned())]), false);
        assert_eq!(env["TERM"], "dumb");
        assert_eq!(env["https_proxy"], env["HTTPS_PROXY"]);
        assert!(
            std::env::vars()
                .all(|(k, v)| env.get(&k) != Some(&v) || matches!(&*k, "SHELL" | "LANG" | "HOME" | "TERM"))
        );
    }
}
