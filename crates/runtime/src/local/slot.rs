//! One sandbox in the making: a folder, a disk, cgroups, and a sidecar that waits for its configuration.
//!
//! ```text
//! prepare ──▶ bubblewrap binds ──▶ the sidecar reads --config-fd: a Slot ──configure──▶ an instance
//!                                     └──── end of file instead: the sidecar exits ────▶ nothing runs
//! ```
//!
//! A sidecar goes on only with a configuration, and that is sent only after the folder says whose pid it is. So
//! whatever kills the server before leaves no process that nobody knows.

use std::{
    fs, io,
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::fs::PermissionsExt as _,
    },
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use lia_protocol::boot::BootConfig;
use rustix::{
    fs::OFlags,
    pipe::PipeFlags,
    process::{Pid, Signal, kill_process_group},
};
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::unix::pipe,
    process::Child,
    time::timeout,
};

use super::{
    Held, Inner, RuntimeError,
    cgroup::Controller,
    command::{self, Sources},
    disk,
    folder::{Data, Folder, make_disk_folders},
    process::Process,
    spawn::{Spawn, Stage},
};

/// What a sandbox must know before it is made. Those with the same shape can stand for each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub storage_gb: u32,
    pub read_only: Vec<(PathBuf, String)>,
}

/// A sandbox whose sidecar waits.
#[derive(Debug)]
pub(super) struct Slot {
    pub folder: Folder,
    pub data: Data,
    pub shape: Shape,
    unborn: Unborn,
    config: pipe::Sender,
}

/// Bubblewrap's process outside and the sandbox's first one, until an instance takes over: dropped before, both are
/// killed.
#[derive(Debug)]
struct Unborn {
    child: Option<Child>,
    sidecar: Option<Process>,
}

impl Unborn {
    fn kill(&self) {
        if let Some(sidecar) = self.sidecar {
            let _ = sidecar.signal(Signal::KILL);
        }
        // Bubblewrap's child outside of its new session would wait for a dead parent for ever; it is still in the group.
        let group = self.child.as_ref().and_then(Child::id).and_then(|pid| Pid::from_raw(pid.cast_signed()));
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Unborn {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Bubblewrap's first words; the rest of them is of no use to us.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Info {
    child_pid: i32,
}
/// Bytes of them that we read at most.
const INFO_BYTES: u64 = 4 << 10;
/// How long bubblewrap may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A pipe that holds one page, and what does not fit into it: whoever could write it all knows that it is being read.
const PAGE: usize = 4 << 10;
const MORE_THAN_A_PAGE: [u8; 2 * PAGE] = [0; 2 * PAGE];

impl Slot {
    /// Makes one in `folder`. What was made before an error stays; the caller removes it. `held` is let go only when
    /// nothing is under way any more, also when this future is dropped.
    pub async fn make(
        inner: &Arc<Inner>,
        folder: Folder,
        data: Data,
        shape: Shape,
        keep: bool,
        held: Option<Held>,
    ) -> Result<Self, RuntimeError> {
        let made = {
            let inner = Arc::clone(inner);
            let (folder, data, shape) = (folder.clone(), data.clone(), shape.clone());
            tokio::task::spawn_blocking(move || {
                let made = prepare(&inner, &folder, &data, &shape, keep);
                drop(held);
                made
            })
        };
        let what = format!("make the sandbox {}", folder.path().display());
        let Made { unborn, config, info, reached } =
            made.await.map_err(io::Error::other).and_then(|r| r).map_err(RuntimeError::io(what))?;
        let mut slot = Self { folder, data, shape, unborn, config };
        let identified = timeout(PATIENCE, slot.identify(inner, info, reached)).await;
        match identified.unwrap_or_else(|e| Err(e.into())) {
            Ok(()) => Ok(slot),
            Err(e) => {
                let what = format!("start the sandbox {}", slot.folder.path().display());
                let folder = slot.folder.clone();
                slot.give_up().await;
                let source = match folder.log_tail() {
                    tail if tail.is_empty() => e,
                    tail => io::Error::new(e.kind(), format!("{e}: {tail}")),
                };
                Err(RuntimeError::Io { what, source })
            }
        }
    }

    /// Writes down whose pids it has, and waits until bubblewrap has bound everything: from then on the folder may move.
    async fn identify(
        &mut self,
        inner: &Inner,
        info: pipe::Receiver,
        mut reached: pipe::Sender,
    ) -> io::Result<()> {
        let sidecar = Process::of(first_pid(info).await?)?;
        self.unborn.sidecar = Some(sidecar);
        self.data.sidecar = Some(sidecar);
        let monitor = self.unborn.child.as_ref().and_then(Child::id);
        self.data.monitor = monitor.and_then(|pid| Process::of(pid.cast_signed()).ok());
        inner.step("spawned")?;
        self.folder.write_data(&self.data)?;
        inner.step("written")?;
        reached.write_all(&MORE_THAN_A_PAGE).await
    }

    /// Ends it and waits for the end.
    pub async fn give_up(mut self) {
        self.unborn.kill();
        if let Some(child) = &mut self.unborn.child {
            let _ = child.wait().await;
        }
    }

    /// Whether its sidecar still waits.
    pub fn waits(&self) -> bool {
        self.data.sidecar.is_some_and(|p| matches!(p.open(), Ok(Some(_))))
    }

    /// Lets the sidecar go on. Returns bubblewrap's process, which someone must wait for.
    pub async fn configure(mut self, config: &BootConfig) -> io::Result<Option<Child>> {
        let bytes = serde_json::to_vec(config)?;
        self.config.write_all(&bytes).await?;
        self.unborn.sidecar = None;
        Ok(self.unborn.child.take())
    }
}

/// A bubblewrap that has just been started.
struct Made {
    unborn: Unborn,
    config: pipe::Sender,
    info: pipe::Receiver,
    reached: pipe::Sender,
}

fn prepare(inner: &Inner, folder: &Folder, data: &Data, shape: &Shape, keep: bool) -> io::Result<Made> {
    folder.make(data.uid)?;
    folder.write_data(data)?;
    inner.step("folder")?;
    inner.etc.refresh()?;
    let mut stage = data.uid.map(|_| Stage::default());
    let disk = make_disk(inner, folder, data, shape, keep, stage.as_mut())?;
    inner.step("disk")?;
    let cgroups = inner.host.cgroups.create(&data.group)?;
    inner.step("cgroup")?;
    let listener = folder.listen()?;
    inner.step("socket")?;

    let cloexec = PipeFlags::CLOEXEC;
    let (config_fd, config) = rustix::pipe::pipe_with(cloexec)?;
    let (info, info_fd) = rustix::pipe::pipe_with(cloexec)?;
    let (reached_fd, reached) = rustix::pipe::pipe_with(cloexec)?;
    rustix::pipe::fcntl_setpipe_size(&reached, PAGE)?;
    let status_fd = OwnedFd::from(folder.status()?);
    let listen_fd = OwnedFd::from(listener);
    let mut place = |path: &Path| match &mut stage {
        Some(stage) => stage.put_path(path),
        None => Ok(path.to_owned()),
    };
    let sources = Sources {
        state: place(&folder.state())?,
        etc: place(inner.etc.dir())?,
        sidecar: place(&inner.options.sidecar)?,
        read_only: shape
            .read_only
            .iter()
            .map(|(from, to)| Ok((place(from)?, to.clone())))
            .collect::<io::Result<_>>()?,
        disk,
        info_fd: info_fd.as_raw_fd(),
        status_fd: status_fd.as_raw_fd(),
        reached_fd: reached_fd.as_raw_fd(),
        config_fd: config_fd.as_raw_fd(),
        listen_fd: listen_fd.as_raw_fd(),
    };
    let mut unborn = Unborn { child: None, sidecar: None };
    let child = Spawn {
        bwrap: inner.host.bwrap.clone(),
        args: command::arguments(&sources, inner.host.tmpfs_size),
        as_root: stage.zip(data.uid),
        cgroups,
        log: folder.log()?,
        inherit: vec![info_fd, status_fd, reached_fd, config_fd, listen_fd],
        processes: inner.host.cgroups.has(Controller::Pids).is_err().then_some(u64::from(inner.options.pids)),
        file_bytes: inner.host.mkfs.is_none().then_some(u64::from(shape.storage_gb) << 30),
    }
    .run()?;
    unborn.child = Some(child);
    for fd in [&config, &info, &reached] {
        rustix::fs::fcntl_setfl(fd, OFlags::NONBLOCK)?;
    }
    Ok(Made {
        unborn,
        config: pipe::Sender::from_owned_fd(config)?,
        info: pipe::Receiver::from_owned_fd(info)?,
        reached: pipe::Sender::from_owned_fd(reached)?,
    })
}

/// The disk: an image mounted to nothing and put on the stage, or a folder.
fn make_disk(
    inner: &Inner,
    folder: &Folder,
    data: &Data,
    shape: &Shape,
    keep: bool,
    stage: Option<&mut Stage>,
) -> io::Result<PathBuf> {
    let there = keep && folder.image().exists();
    let plain = keep && folder.disk().exists();
    match (&inner.host.mkfs, stage) {
        (Some(mkfs), Some(stage)) if !plain => {
            let image = folder.image();
            if !there {
                disk::make(&image, u64::from(shape.storage_gb) << 30, mkfs)?;
                fs::set_permissions(&image, fs::Permissions::from_mode(0o600))?;
            }
            inner.step("image")?;
            let mount = disk::mount(&image)?;
            make_disk_folders(Path::new(&format!("/proc/self/fd/{}", mount.as_raw_fd())), data.uid)?;
            stage.put(mount)
        }
        (_, stage) => {
            if there {
                return Err(io::Error::other(
                    "the disk of this instance is an image, which only root can mount",
                ));
            }
            folder.make_plain_disk(data.uid)?;
            match stage {
                Some(stage) => stage.put_path(&folder.disk()),
                None => Ok(folder.disk()),
            }
        }
    }
}

/// The sidecar's pid as this host sees it; bubblewrap tells it as soon as it has forked.
async fn first_pid(info: pipe::Receiver) -> io::Result<i32> {
    let mut text = Vec::new();
    info.take(INFO_BYTES).read_to_end(&mut text).await?;
    let info: Info = serde_json::from_slice(&text)?;
    Ok(info.child_pid)
}
