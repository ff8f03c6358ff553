//! What lies where on the host: one folder per instance, whose name is its id.
//!
//! ```text
//! <data>/etc/                     the sandboxes' /etc
//! <data>/pool/<name>/             a sandbox that waits for its instance, same content as below
//! <data>/instances/<id>/
//!   instance.json                 who runs here ([`Data`])
//!   disk.img  or  disk/           workspace, home, tmp
//!   state/                        journals of the sidecar; not on the limited disk
//!   run/                          s (socket), sidecar.log, status (bubblewrap's), ended (our own reason)
//! ```

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Seek as _},
    os::{
        fd::AsRawFd as _,
        unix::{
            fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, chown},
            net::UnixListener,
        },
    },
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    disk,
    process::{Process, boot_id},
};

/// Who runs in a folder: the content of `instance.json` and of `InstanceRecord::data`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Data {
    /// The boot in which it was started.
    pub boot: String,
    /// The name of its cgroups.
    pub group: String,
    /// Its host uid and gid, when it has its own.
    pub uid: Option<u32>,
    /// The sandbox's first process, the sidecar: with it everything inside ends.
    pub sidecar: Option<Process>,
    /// Bubblewrap's process outside, which writes down how the sidecar ended.
    pub monitor: Option<Process>,
    /// Limits that we must watch ourselves.
    #[serde(default)]
    pub watched: Watched,
}

/// Limits that the kernel does not keep for us on this host; `None` where it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Watched {
    /// Bytes of memory of all processes together.
    pub memory: Option<u64>,
    /// Bytes of workspace, home and tmp together.
    pub storage: Option<u64>,
}

impl Data {
    pub fn new(group: String, uid: Option<u32>) -> Self {
        Self {
            boot: boot_id().to_owned(),
            group,
            uid,
            sidecar: None,
            monitor: None,
            watched: Watched::default(),
        }
    }

    pub fn is_of_this_boot(&self) -> bool {
        self.boot == boot_id()
    }

    /// Its processes, the sidecar first.
    pub fn processes(&self) -> impl Iterator<Item = Process> {
        let of_this_boot = self.is_of_this_boot();
        [self.sidecar, self.monitor].into_iter().flatten().filter(move |_| of_this_boot)
    }
}

/// An instance's folder.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn image(&self) -> PathBuf {
        self.0.join("disk.img")
    }

    pub fn disk(&self) -> PathBuf {
        self.0.join("disk")
    }

    pub fn state(&self) -> PathBuf {
        self.0.join("state")
    }

    pub fn socket(&self) -> PathBuf {
        self.0.join("run/s")
    }

    fn run(&self) -> PathBuf {
        self.0.join("run")
    }

    /// Makes the folder, `run` and `state`, and makes `run` ready for a new life.
    pub fn make(&self, uid: Option<u32>) -> io::Result<()> {
        for dir in [&self.0, &self.run(), &self.state()] {
            private_dir(dir)?;
        }
        if let Some(uid) = uid {
            chown(self.state(), Some(uid), Some(uid))?;
        }
        for name in ["s", "status", "ended"] {
            remove_file(&self.run().join(name))?;
        }
        Ok(())
    }

    /// Makes the folders of a disk without a size of its own.
    pub fn make_plain_disk(&self, uid: Option<u32>) -> io::Result<()> {
        private_dir(&self.disk())?;
        make_disk_folders(&self.disk(), uid)
    }

    /// Listens where [`connect`] dials. The path may be longer than a socket's address, so it goes through a descriptor.
    pub fn listen(&self) -> io::Result<UnixListener> {
        let dir = File::open(self.run())?;
        UnixListener::bind(format!("/proc/self/fd/{}/s", dir.as_raw_fd()))
    }

    /// A new connection to the sidecar.
    pub async fn connect(&self) -> io::Result<tokio::net::UnixStream> {
        let dir = File::open(self.run())?;
        tokio::net::UnixStream::connect(format!("/proc/self/fd/{}/s", dir.as_raw_fd())).await
    }

    /// What bubblewrap and the sidecar print goes here.
    pub fn log(&self) -> io::Result<File> {
        append(&self.run().join("sidecar.log"))
    }

    /// The last of what they printed.
    pub fn log_tail(&self) -> String {
        const TAIL: u64 = 2_000;
        let read = || {
            let mut file = File::open(self.run().join("sidecar.log"))?;
            file.seek(io::SeekFrom::Start(file.metadata()?.len().saturating_sub(TAIL)))?;
            let mut tail = Vec::new();
            file.take(TAIL).read_to_end(&mut tail)?;
            io::Result::Ok(tail)
        };
        String::from_utf8_lossy(&read().unwrap_or_default()).trim().to_owned()
    }

    /// Where bubblewrap writes the exit code.
    pub fn status(&self) -> io::Result<File> {
        append(&self.run().join("status"))
    }

    /// How the sidecar ended, if bubblewrap lived to see it: its exit code, or 128 and the signal.
    pub fn exit_code(&self) -> Option<i32> {
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case")]
        struct Status {
            exit_code: Option<i32>,
        }
        let text = fs::read_to_string(self.run().join("status")).ok()?;
        let documents = serde_json::Deserializer::from_str(&text).into_iter::<Status>();
        documents.flatten().filter_map(|s| s.exit_code).last()
    }

    /// Writes down why we ended it ourselves.
    pub fn write_reason(&self, reason: &str) -> io::Result<()> {
        replace(&self.run().join("ended"), reason.as_bytes())
    }

    pub fn reason(&self) -> Option<String> {
        fs::read_to_string(self.run().join("ended")).ok()
    }

    pub fn write_data(&self, data: &Data) -> io::Result<()> {
        replace(&self.0.join("instance.json"), &serde_json::to_vec(data)?)
    }

    pub fn data(&self) -> Option<Data> {
        serde_json::from_slice(&fs::read(self.0.join("instance.json")).ok()?).ok()
    }

    /// Journal segments of a session, oldest first.
    pub fn journal(&self, session: &str) -> io::Result<Vec<PathBuf>> {
        let dir = self.state().join(session);
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(e),
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry?;
            // The sidecar made the folder: a link could lead anywhere.
            if entry.file_type()?.is_file() {
                files.push(entry.path());
            }
        }
        files.sort();
        Ok(files)
    }
}

/// The folders of a disk, writable for `uid`.
pub(super) fn make_disk_folders(disk: &Path, uid: Option<u32>) -> io::Result<()> {
    for name in disk::FOLDERS {
        let dir = disk.join(name);
        private_dir(&dir)?;
        if let Some(uid) = uid {
            chown(&dir, Some(uid), Some(uid))?;
        }
    }
    // Programs that are careful look for the sticky bit of /tmp.
    fs::set_permissions(disk.join("tmp"), fs::Permissions::from_mode(0o1777))
}

/// Makes a folder that nobody else may enter. It may be there.
pub(super) fn private_dir(dir: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
            Err(io::Error::new(e.kind(), format!("{}: {e}", dir.display())))
        }
        _ => Ok(()),
    }
}

fn append(file: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(file)
}

fn remove_file(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// Whoever reads sees the old content or the new, never a part.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = file.with_extension("new");
    fs::write(&new, bytes)?;
    fs::rename(new, file)
}
