//! What a program is started with beyond its arguments: another user, other names.

use std::{
    ffi::CStr,
    io,
    path::{Path, PathBuf},
};

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
    unistd::{Gid, Uid, setgroups, setresgid, setresuid},
};
use tokio::process::Command;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Outfit {
    /// Becomes this uid and gid.
    pub user: Option<u32>,
    /// Sees this file as `/etc/hosts`, and asks no name server.
    pub hosts: Option<PathBuf>,
}

impl Outfit {
    /// Puts it on a command.
    pub fn put_on(&self, command: &mut Command) {
        if self.user.is_none() && self.hosts.is_none() {
            return;
        }
        let (user, hosts) = (self.user, self.hosts.clone());
        let resolver = hosts.as_deref().map(|h| h.with_file_name("resolv.conf"));
        let before_exec = move || {
            if let (Some(hosts), Some(resolver)) = (&hosts, &resolver) {
                unshare(CloneFlags::CLONE_NEWNS)?;
                mount(
                    None::<&CStr>,
                    c"/",
                    None::<&CStr>,
                    MsFlags::MS_REC | MsFlags::MS_PRIVATE,
                    None::<&CStr>,
                )?;
                cover(hosts, c"/etc/hosts")?;
                cover(resolver, c"/etc/resolv.conf")?;
            }
            if let Some(user) = user {
                let (uid, gid) = (Uid::from_raw(user), Gid::from_raw(user));
                setgroups(&[])?;
                setresgid(gid, gid, gid)?;
                setresuid(uid, uid, uid)?;
            }
            Ok(())
        };
        // SAFETY: the closure makes system calls only; paths this short are not allocated.
        unsafe { command.pre_exec(before_exec) };
    }
}

fn cover(with: &Path, what: &CStr) -> io::Result<()> {
    match mount(Some(with), what, None::<&CStr>, MsFlags::MS_BIND, None::<&CStr>) {
        // A host without name servers has no such file.
        Err(nix::errno::Errno::ENOENT) if !Path::new("/etc/resolv.conf").exists() => Ok(()),
        done => Ok(done?),
    }
}
