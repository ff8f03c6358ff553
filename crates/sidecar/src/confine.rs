//! Files below one folder, and nothing outside it: every path is resolved by the kernel with `openat2` and
//! RESOLVE_BENEATH, so that neither `..`, nor a symlink, nor a race leads out.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read as _, Write as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    path::{Component, Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use nix::{
    errno::Errno,
    fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, openat2, renameat},
    sys::stat::{FileStat, Mode, SFlag, fchmod, fstat, fstatat, mkdirat},
    unistd::{Gid, Uid, UnlinkatFlags, fchown, unlinkat},
};

/// How often a resolution that raced with a rename is tried again.
const RETRIES: u32 = 16;

/// A folder that bounds what is done below it.
#[derive(Debug)]
pub struct Confined {
    root: OwnedFd,
    path: PathBuf,
    /// Whom new files belong to, when that is not ourselves.
    owner: Option<u32>,
}

impl Confined {
    /// Opens `path`.
    ///
    /// # Errors
    /// When it is not a folder.
    pub fn open_root(path: impl Into<PathBuf>, owner: Option<u32>) -> io::Result<Self> {
        let path = path.into();
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let root = nix::fcntl::open(&path, flags, Mode::empty())?;
        Ok(Self { root, path, owner })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The part below the folder: a relative path stays, an absolute one must begin with the folder.
    ///
    /// # Errors
    /// `PermissionDenied` for any other absolute path.
    pub fn relative(&self, path: &Path) -> io::Result<PathBuf> {
        let below = if path.is_absolute() {
            path.strip_prefix(&self.path).map_err(|_| {
                io::Error::new(io::ErrorKind::PermissionDenied, "the path is not below the workspace")
            })?
        } else {
            path
        };
        Ok(if below.as_os_str().is_empty() { PathBuf::from(".") } else { below.to_owned() })
    }

    /// Opens what stands at `path`; links within the folder are followed. Never blocks on a pipe.
    ///
    /// # Errors
    /// Those of openat2(2); `PermissionDenied` (EXDEV) when the path leads out.
    pub fn open(&self, path: &Path, flags: OFlag) -> io::Result<OwnedFd> {
        self.open_with(&self.relative(path)?, flags, Mode::empty())
    }

    fn open_with(&self, relative: &Path, flags: OFlag, mode: Mode) -> io::Result<OwnedFd> {
        // A descriptor of a place alone blocks nobody, and the kernel takes no such flags with it.
        let calm =
            if flags.contains(OFlag::O_PATH) { OFlag::empty() } else { OFlag::O_NONBLOCK | OFlag::O_NOCTTY };
        let how = OpenHow::new()
            .flags(flags | OFlag::O_CLOEXEC | calm)
            .mode(mode)
            .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        let mut left = RETRIES;
        loop {
            match openat2(self.root.as_fd(), relative, how) {
                Err(Errno::EAGAIN) if left > 0 => left -= 1,
                Err(Errno::EXDEV) => {
                    let why = "the path leads out of the workspace";
                    return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
                }
                other => return Ok(other?),
            }
        }
    }

    /// Opens a regular file for reading, with its state.
    ///
    /// # Errors
    /// As [`Self::open`]; `InvalidInput` when it is anything else.
    pub fn read(&self, path: &Path) -> io::Result<(File, FileStat)> {
        let fd = self.open(path, OFlag::O_RDONLY)?;
        let stat = fstat(&fd)?;
        regular(&stat)?;
        Ok((fd.into(), stat))
    }

    /// Reads a whole regular file of at most `max` bytes.
    ///
    /// # Errors
    /// As [`Self::read`]; `FileTooLarge`.
    pub fn read_all(&self, path: &Path, max: u64) -> io::Result<Vec<u8>> {
        let (file, stat) = self.read(path)?;
        let mut content =
            Vec::with_capacity(usize::try_from(stat.st_size.clamp(0, max.cast_signed())).unwrap_or(0));
        file.take(max + 1).read_to_end(&mut content)?;
        if content.len() as u64 > max {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("the file is larger than {max} bytes"),
            ));
        }
        Ok(content)
    }

    /// Begins a file that takes its place at [`Draft::commit`]. Makes the folders above it. A symlink at that place is
    /// written through, if it stays within.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn draft(&self, path: &Path) -> io::Result<Draft> {
        let relative = self.relative(path)?;
        let Some(name) = relative.file_name().map(OsStr::to_owned) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
        };
        let dir = self.make_dirs(relative.parent().unwrap_or(Path::new("")))?;
        let mut mode = Mode::from_bits_truncate(0o644);
        match fstatat(&dir, name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(stat) if kind(&stat) == SFlag::S_IFLNK => {
                let fd = self.open_with(&relative, OFlag::O_WRONLY | OFlag::O_TRUNC, Mode::empty())?;
                regular(&fstat(&fd)?)?;
                return Ok(Draft { file: fd.into(), place: None });
            }
            Ok(stat) => {
                regular(&stat)?;
                mode = Mode::from_bits_truncate(stat.st_mode & 0o7777);
            }
            Err(Errno::ENOENT) => {}
            Err(e) => return Err(e.into()),
        }
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let draft = OsString::from(format!(".lia-{}.part", COUNT.fetch_add(1, Ordering::Relaxed)));
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        // One that an earlier life left behind.
        let _ = unlinkat(&dir, draft.as_os_str(), UnlinkatFlags::NoRemoveDir);
        let fd = nix::fcntl::openat(&dir, draft.as_os_str(), flags, Mode::from_bits_truncate(0o600))?;
        let place = Place { dir, draft, name };
        self.own(&fd)?;
        fchmod(&fd, mode)?;
        Ok(Draft { file: fd.into(), place: Some(place) })
    }

    /// Writes a whole file at once, or not at all.
    ///
    /// # Errors
    /// As [`Self::draft`].
    pub fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut draft = self.draft(path)?;
        draft.file.write_all(content)?;
        draft.commit()
    }

    /// Makes a folder and those above it, and opens it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn make_dirs(&self, relative: &Path) -> io::Result<OwnedFd> {
        let dir = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
        if relative.as_os_str().is_empty() {
            return self.open_with(Path::new("."), dir, Mode::empty());
        }
        match self.open_with(relative, dir, Mode::empty()) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            other => return other,
        }
        let Some(Component::Normal(name)) = relative.components().next_back() else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let above = self.make_dirs(relative.parent().unwrap_or(Path::new("")))?;
        match mkdirat(&above, name, Mode::from_bits_truncate(0o755)) {
            Ok(()) => {
                let made = nix::fcntl::openat(
                    &above,
                    name,
                    dir | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC,
                    Mode::empty(),
                )?;
                self.own(&made)?;
            }
            Err(Errno::EEXIST) => {}
            Err(e) => return Err(e.into()),
        }
        self.open_with(relative, dir, Mode::empty())
    }

    fn own(&self, fd: &OwnedFd) -> io::Result<()> {
        match self.owner {
            Some(id) => Ok(fchown(fd, Some(Uid::from_raw(id)), Some(Gid::from_raw(id)))?),
            None => Ok(()),
        }
    }
}

/// A file that is being written.
#[derive(Debug)]
pub struct Draft {
    /// Its content.
    pub file: File,
    /// Where it goes; nothing when it is written in place.
    place: Option<Place>,
}

#[derive(Debug)]
struct Place {
    dir: OwnedFd,
    draft: OsString,
    name: OsString,
}

impl Draft {
    /// Puts it in its place.
    ///
    /// # Errors
    /// Those of renameat(2); the draft is removed.
    pub fn commit(mut self) -> io::Result<()> {
        if let Some(place) = &self.place {
            renameat(&place.dir, place.draft.as_os_str(), &place.dir, place.name.as_os_str())?;
            self.place = None;
        }
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(place) = &self.place {
            let _ = unlinkat(&place.dir, place.draft.as_os_str(), UnlinkatFlags::NoRemoveDir);
        }
    }
}

/// What a state says that a file is.
#[must_use]
pub fn kind(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT
}

fn regular(stat: &FileStat) -> io::Result<()> {
    match kind(stat) {
        SFlag::S_IFREG => Ok(()),
        SFlag::S_IFDIR => Err(io::ErrorKind::IsADirectory.into()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
    }
}

/// Whether a path is a plain relative one: no `..`, not absolute, no NUL.
#[must_use]
pub fn is_plain(path: &Path) -> bool {
    !path.as_os_str().as_bytes().contains(&0)
        && path.components().all(|c| matches!(c, Component::Normal(_)))
        && path.components().next().is_some()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_leads_out() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("w");
        std::fs::create_dir_all(root.join("in")).unwrap();
        std::fs::write(dir.path().join("secret"), "s").unwrap();
        std::fs::write(root.join("in/file"), "f").unwrap();
        symlink("../secret", root.join("out")).unwrap();
        symlink(dir.path().join("secret"), root.join("abs")).unwrap();
        symlink("in/file", root.join("good")).unwrap();
        symlink("..", root.join("up")).unwrap();
        let c = Confined::open_root(&root, None).unwrap();
        let read = |p: &str| c.read_all(Path::new(p), 10).map(|b| String::from_utf8(b).unwrap()).ok();
        for p in ["out", "abs", "../secret", "up/secret", "/etc/passwd", "in/../../secret", "in", "none"] {
            assert_eq!(read(p), None, "{p}");
            if p != "none" {
                assert!(c.write(Path::new(p), b"x").is_err(), "{p}");
            }
        }
        assert_eq!(read("good").as_deref(), Some("f"));
        assert_eq!(read(root.join("in/file").to_str().unwrap()).as_deref(), Some("f"));
        assert!(c.write(Path::new("up/w/new/file"), b"x").is_err());
        assert_eq!(std::fs::read_to_string(dir.path().join("secret")).unwrap(), "s");

        c.write(Path::new("a/b/c"), b"one").unwrap();
        c.write(Path::new("good"), b"two").unwrap();
        assert_eq!(std::fs::read_to_string(root.join("a/b/c")).unwrap(), "one");
        assert_eq!(std::fs::read_to_string(root.join("in/file")).unwrap(), "two");
        drop(c.draft(Path::new("a/b/never")).unwrap());
        assert_eq!(std::fs::read_dir(root.join("a/b")).unwrap().count(), 1);
    }

    #[test]
    fn a_files_mode_stays() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let c = Confined::open_root(dir.path(), None).unwrap();
        c.write(Path::new("run"), b"a").unwrap();
        let file = dir.path().join("run");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o750)).unwrap();
        c.write(Path::new("run"), b"b").unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o750);
    }
}
