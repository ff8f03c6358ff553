//! Everything that a child needs, made before the fork, since after it nothing may be allocated.

use std::{
    collections::BTreeMap,
    ffi::{CStr, CString, OsStr},
    os::{
        fd::{AsRawFd as _, OwnedFd, RawFd},
        raw::c_char,
        unix::ffi::OsStrExt as _,
    },
    path::Path,
};

use lia_protocol::boot::Separation;

use super::{Jail, SpawnError, seccomp::Filters};

/// Where a program is looked for when its environment has no PATH.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// What to run.
#[derive(Debug)]
pub struct Spec {
    /// A path, or a name that is looked for in `PATH` of `env`.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
    /// Its folder.
    pub cwd: String,
    /// Its standard streams.
    pub stdio: Stdio,
}

/// A program's standard streams.
#[derive(Debug)]
pub enum Stdio {
    /// Input, output, errors.
    Files([OwnedFd; 3]),
    /// One terminal for all, which becomes the controlling one.
    Terminal(OwnedFd),
}

/// A path that must not exist for the agent.
pub(super) struct Cover {
    pub path: CString,
    pub dir: bool,
}

impl Cover {
    /// What stands at `path`; nothing when there is nothing to hide.
    pub fn of(path: &str) -> Result<Option<Self>, SpawnError> {
        match std::fs::metadata(path) {
            Ok(m) => {
                Ok(Some(Self { path: CString::new(path).map_err(|_| SpawnError::Nul)?, dir: m.is_dir() }))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Whether `path` is gone with this one.
    pub fn holds(&self, path: &str) -> bool {
        Path::new(path).starts_with(OsStr::from_bytes(self.path.to_bytes()))
    }
}

/// A list of strings in the form that execve(2) takes.
pub(super) struct Strings {
    pointers: Vec<*const c_char>,
    _own: Vec<CString>,
}

impl Strings {
    fn new(strings: impl Iterator<Item = String>) -> Result<Self, SpawnError> {
        let own = strings.map(CString::new).collect::<Result<Vec<_>, _>>().map_err(|_| SpawnError::Nul)?;
        let pointers = own.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect();
        Ok(Self { pointers, _own: own })
    }

    pub fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }
}

/// See the module.
pub(super) struct Plan<'a> {
    pub covers: &'a [Cover],
    pub filters: &'a Filters,
    pub landlock: Option<RawFd>,
    pub nested: bool,
    /// The lines for uid_map and gid_map.
    pub maps: Option<(CString, CString)>,
    /// Becomes this uid and gid, when it is not mapped to it.
    pub become_uid: Option<u32>,
    /// Tried in order.
    pub programs: Vec<CString>,
    pub argv: Strings,
    pub envp: Strings,
    pub cwd: CString,
    pub stdio: [RawFd; 3],
    pub terminal: bool,
}

impl<'a> Plan<'a> {
    pub fn new(jail: &'a Jail, spec: &Spec) -> Result<Self, SpawnError> {
        let c = |s: &str| CString::new(s).map_err(|_| SpawnError::Nul);
        let programs = if spec.command.contains('/') {
            vec![c(&spec.command)?]
        } else {
            let path = spec.env.get("PATH").map_or(DEFAULT_PATH, String::as_str);
            path.split(':')
                .filter(|dir| dir.starts_with('/'))
                .map(|dir| c(&format!("{dir}/{}", spec.command)))
                .collect::<Result<_, _>>()?
        };
        let (stdio, terminal) = match &spec.stdio {
            Stdio::Files(files) => (files.each_ref().map(std::os::fd::AsRawFd::as_raw_fd), false),
            Stdio::Terminal(t) => ([t.as_raw_fd(); 3], true),
        };
        let uid = jail.agent_uid;
        let (maps, become_uid) = match jail.separation {
            Separation::Namespaces => {
                let line = |outer: u32| c(&format!("{uid} {outer} 1\n"));
                let maps = (line(nix::unistd::geteuid().as_raw())?, line(nix::unistd::getegid().as_raw())?);
                (Some(maps), None)
            }
            Separation::Uid => (None, Some(uid)),
        };
        Ok(Self {
            covers: &jail.covers,
            filters: &jail.filters,
            landlock: jail.landlock.as_ref().and_then(super::landlock::Ruleset::fd),
            nested: jail.nested,
            maps,
            become_uid,
            programs,
            argv: Strings::new([spec.command.clone()].into_iter().chain(spec.args.iter().cloned()))?,
            envp: Strings::new(spec.env.iter().map(|(k, v)| format!("{k}={v}")))?,
            cwd: c(&spec.cwd)?,
            stdio,
            terminal,
        })
    }
}

/// The empty file that covers files.
pub(super) const EMPTY_FILE: &CStr = c"/dev/null";
