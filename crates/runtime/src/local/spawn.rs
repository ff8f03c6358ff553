//! From a prepared folder to a running bubblewrap: what the child does between `fork` and `exec`.
//!
//! As root the sandbox's sources may lie in folders that its own unprivileged uid cannot pass. So they are opened by
//! root, as detached mounts, and the child attaches them to a small stage over `/tmp` of a mount namespace of its own
//! before it gives up root. As an ordinary user bubblewrap binds the folders where they are.

use std::{
    ffi::{CStr, CString, OsString},
    fs::File,
    io,
    os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd, RawFd},
    path::{Path, PathBuf},
    process::Stdio,
};

use rustix::{
    fs::{CWD, Mode, OFlags},
    io::FdFlags,
    mount::{
        MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, mount, mount_change, move_mount,
        open_tree,
    },
    process::{Gid, Resource, Rlimit, Uid},
    thread::UnshareFlags,
};
use tokio::process::{Child, Command};

/// Where the stage is. Bubblewrap itself needs this folder to exist, and nothing else of the host's `/tmp`.
const STAGE: &str = "/tmp";
/// How much sooner than the host's own programs an instance dies when the host is out of memory.
const OOM_SCORE_ADJ: &[u8] = b"200";

/// What the child attaches before it gives up root.
#[derive(Debug, Default)]
pub(super) struct Stage {
    mounts: Vec<(OwnedFd, CString, Kind)>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Folder,
    File,
}

impl Stage {
    /// Puts a mount on the stage; where bubblewrap finds it.
    pub fn put(&mut self, mount: OwnedFd) -> io::Result<PathBuf> {
        self.add(mount, Kind::Folder)
    }

    /// Puts a folder or file of the host on the stage.
    pub fn put_path(&mut self, path: &Path) -> io::Result<PathBuf> {
        let kind = if path.is_dir() { Kind::Folder } else { Kind::File };
        let flags =
            OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
        let mount = open_tree(CWD, path, flags)
            .map_err(|e| io::Error::new(io::Error::from(e).kind(), format!("{}: {e}", path.display())))?;
        self.add(mount, kind)
    }

    fn add(&mut self, mount: OwnedFd, kind: Kind) -> io::Result<PathBuf> {
        let path = format!("{STAGE}/{}", self.mounts.len());
        self.mounts.push((mount, CString::new(path.as_str())?, kind));
        Ok(path.into())
    }

    /// Runs in the child.
    fn attach(&self) -> io::Result<()> {
        // SAFETY: the child is a single thread that shares nothing with others after `fork`.
        unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNS) }?;
        // The host's later mounts and unmounts reach us, ours do not reach the host.
        mount_change(c"/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)?;
        let stage: &CStr = c"/tmp";
        mount(c"lia", stage, c"tmpfs", MountFlags::NOSUID | MountFlags::NODEV, c"mode=0755,size=1m")?;
        for (mount, path, kind) in &self.mounts {
            match kind {
                Kind::Folder => rustix::fs::mkdir(path.as_c_str(), Mode::from_raw_mode(0o755))?,
                Kind::File => drop(rustix::fs::open(
                    path.as_c_str(),
                    OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC,
                    Mode::from_raw_mode(0o644),
                )?),
            }
            move_mount(mount, c"", CWD, path.as_c_str(), MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?;
        }
        Ok(())
    }
}

/// All that the child needs.
#[derive(Debug)]
pub(super) struct Spawn {
    pub bwrap: PathBuf,
    pub args: Vec<OsString>,
    /// As root: the stage, and the uid and gid to become.
    pub as_root: Option<(Stage, u32)>,
    /// `cgroup.procs` of the groups to be in.
    pub cgroups: Vec<File>,
    /// Takes what bubblewrap and the sidecar print.
    pub log: File,
    /// What bubblewrap inherits besides its standard streams.
    pub inherit: Vec<OwnedFd>,
    /// RLIMIT_NPROC, where no cgroup limits the number of processes.
    pub processes: Option<u64>,
    /// RLIMIT_FSIZE, where no disk of its own limits what a file takes.
    pub file_bytes: Option<u64>,
}

impl Spawn {
    /// Starts bubblewrap in a session of its own. Blocks until it is executed.
    pub fn run(self) -> io::Result<Child> {
        let mut command = Command::new(&self.bwrap);
        command
            .args(&self.args)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(self.log.try_clone()?)
            .stderr(self.log.try_clone()?)
            .kill_on_drop(false);
        let inherit: Vec<RawFd> = self.inherit.iter().map(|fd| fd.as_raw_fd()).collect();
        let before_exec = move || {
            rustix::process::setsid()?;
            rustix::process::umask(Mode::from_raw_mode(0o022));
            for group in &self.cgroups {
                rustix::io::write(group, b"0")?;
            }
            let adj = rustix::fs::open(
                c"/proc/self/oom_score_adj",
                OFlags::WRONLY | OFlags::CLOEXEC,
                Mode::empty(),
            )?;
            rustix::io::write(adj, OOM_SCORE_ADJ)?;
            // 0 keeps core files away but not handlers behind a pipe; 1 keeps both away.
            limit(Resource::Core, 1)?;
            if let Some(n) = self.processes {
                limit(Resource::Nproc, n)?;
            }
            if let Some(n) = self.file_bytes {
                limit(Resource::Fsize, n)?;
                // A program that writes more gets an error instead of its death.
                // SAFETY: nothing but the disposition of one signal of this single-threaded child changes.
                unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
            }
            if let Some((stage, id)) = &self.as_root {
                stage.attach()?;
                rustix::thread::set_thread_groups(&[])?;
                let (gid, uid) = (Gid::from_raw(*id), Uid::from_raw(*id));
                rustix::thread::set_thread_res_gid(gid, gid, gid)?;
                rustix::thread::set_thread_res_uid(uid, uid, uid)?;
            }
            rustix::thread::set_no_new_privs(true)?;
            close_all_but(&inherit)
        };
        // SAFETY: the closure makes system calls only; it neither allocates nor takes a lock.
        unsafe { command.pre_exec(before_exec) };
        command.spawn()
    }
}

/// Lowers a limit for good; one that is lower already stays.
fn limit(resource: Resource, value: u64) -> io::Result<()> {
    let now = rustix::process::getrlimit(resource);
    let value = now.maximum.map_or(value, |max| max.min(value));
    Ok(rustix::process::setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })?)
}

/// Marks every descriptor to be closed by `exec`, those too that this program was started with, except the standard
/// streams and `inherit`.
pub(crate) fn close_all_but(inherit: &[RawFd]) -> io::Result<()> {
    // SAFETY: the call changes flags of descriptors and touches no memory.
    let done = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if done != 0 {
        return Err(io::Error::last_os_error());
    }
    for fd in inherit {
        // SAFETY: `Spawn::inherit` owns the descriptor for as long as this runs.
        let fd = unsafe { BorrowedFd::borrow_raw(*fd) };
        rustix::io::fcntl_setfd(fd.as_fd(), FdFlags::empty())?;
    }
    Ok(())
}
