//! Which cgroup hierarchies we may use: version 2 where it offers a controller, version 1 for the rest, found out
//! controller by controller.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustix::fs::Access;

use super::cgroup::{Cgroups, Controller, Hierarchy, Version, make_dir, put};

/// Where a server whose own group is delegated to it goes to live, see [`leave_for_a_leaf`].
pub(super) const LEAF: &str = "lia-server";

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
                Err(e) => this.missing.push((controller, e.to_string())),
            }
        }
        this
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

/// Whether a group is ours to divide: writable, and marked by systemd as given away or holding nobody else.
fn is_delegated(dir: &Path) -> bool {
    let writable = ["", "cgroup.procs", "cgroup.subtree_control"]
        .iter()
        .all(|f| rustix::fs::access(dir.join(f), Access::WRITE_OK).is_ok());
    let marked = || {
        ["user.delegate", "trusted.delegate"].iter().any(|name| {
            let mut value = [0_u8; 8];
            matches!(rustix::fs::getxattr(dir, *name, &mut value[..]), Ok(n) if value.get(..n) == Some(b"1"))
        })
    };
    let own = std::process::id().to_string();
    let alone = || {
        let text = fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
        !rustix::process::geteuid().is_root() && text.lines().all(|pid| pid == own)
    };
    writable && (marked() || alone())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_lists_is_understood() {
        assert_eq!(own_path("1:name=systemd:/x\n0::/user.slice/a.scope/lia-server\n"), "user.slice/a.scope");
        assert_eq!(own_path("0::/lia-server\n"), "");
        let line =
            "36 28 0:33 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:16 - cgroup cgroup rw,cpu,cpuacct";
        let mount = parse_mount(line).unwrap();
        assert_eq!((mount.dir.to_str().unwrap(), mount.fstype), ("/sys/fs/cgroup/cpu,cpuacct", "cgroup"));
        assert!(mount.options.split(',').any(|o| o == "cpu"));
    }
}
