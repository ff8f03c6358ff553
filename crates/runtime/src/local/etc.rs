//! The `/etc` that sandboxes see: our own small one, with what public programs need of the host's (certificates,
//! alternatives, the linker's cache, the time zone) copied in. One folder for all, bound read-only.
//!
//! When the host's originals change, the folder is brought up to date entry by entry, so that running sandboxes see it.

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash as _, Hasher as _},
    io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    sync::Mutex,
};

use rustix::fs::{CWD, RenameFlags, renameat_with};

/// Where programs inside find the certificates of public authorities.
pub(super) const CA_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Where the host may keep that bundle: Debian, Fedora, SUSE.
const CA_BUNDLES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"];

/// Public parts of the host's `/etc`. Nothing here tells who uses the host.
const COPIED: [&str; 12] = [
    "alternatives",
    "ca-certificates/extracted",
    "crypto-policies",
    "ld.so.cache",
    "localtime",
    "mime.types",
    "os-release",
    "pki/ca-trust/extracted",
    "pki/tls/certs",
    "protocols",
    "services",
    "ssl/certs",
];

/// The host's bundle of certificate authorities.
pub(super) fn bundle() -> Option<&'static str> {
    CA_BUNDLES.into_iter().find(|p| fs::exists(p).unwrap_or(false))
}

/// The folder, and from which originals it was made.
#[derive(Debug)]
pub(super) struct Etc {
    dir: PathBuf,
    made_of: Mutex<Option<u64>>,
}

impl Etc {
    pub fn new(dir: PathBuf) -> Self {
        Self { dir, made_of: Mutex::new(None) }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Brings the folder up to date; a dozen `stat`s when nothing has changed.
    pub fn refresh(&self) -> io::Result<()> {
        let now = fingerprint();
        let mut made_of = self.made_of.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *made_of == Some(now) {
            return Ok(());
        }
        let new = self.dir.with_extension("new");
        remove(&new)?;
        build(&new)?;
        make_dir(&self.dir)?;
        for entry in fs::read_dir(&new)? {
            let entry = entry?;
            let (from, to) = (entry.path(), self.dir.join(entry.file_name()));
            let how =
                if to.symlink_metadata().is_ok() { RenameFlags::EXCHANGE } else { RenameFlags::empty() };
            renameat_with(CWD, &from, CWD, &to, how)?;
        }
        remove(&new)?;
        *made_of = Some(now);
        Ok(())
    }
}

fn fingerprint() -> u64 {
    let mut hash = DefaultHasher::new();
    for path in COPIED.iter().map(|p| Path::new("/etc").join(p)).chain(CA_BUNDLES.iter().map(PathBuf::from)) {
        fs::metadata(path).ok().map(|m| (m.ino(), m.mtime(), m.mtime_nsec(), m.len())).hash(&mut hash);
    }
    hash.finish()
}

fn build(dir: &Path) -> io::Result<()> {
    make_dir(dir)?;
    let shell = if Path::new("/bin/bash").exists() { "/bin/bash" } else { "/bin/sh" };
    let files = [
        (
            "passwd",
            format!(
                "root:x:0:0:root:/root:/usr/sbin/nologin\nagent:x:1000:1000:agent:/home/agent:{shell}\n\
             nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
            ),
        ),
        ("group", "root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n".to_owned()),
        ("hostname", "lia\n".to_owned()),
        ("hosts", "127.0.0.1 localhost lia\n::1 localhost\n".to_owned()),
        ("resolv.conf", "nameserver 127.0.0.53\n".to_owned()),
        (
            "nsswitch.conf",
            "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n".to_owned(),
        ),
    ];
    for (name, text) in files {
        write(&dir.join(name), text.as_bytes())?;
    }
    for name in COPIED {
        let (from, to) = (Path::new("/etc").join(name), dir.join(name));
        if from.symlink_metadata().is_ok() {
            if let Some(parent) = to.parent() {
                make_dirs(dir, parent)?;
            }
            copy(&from, &to)?;
        }
    }
    let bundle = dir.join(CA_BUNDLE.trim_start_matches("/etc/"));
    if bundle.symlink_metadata().is_err()
        && let Some(found) = self::bundle()
    {
        make_dirs(dir, bundle.parent().unwrap_or(dir))?;
        write(&bundle, &fs::read(found)?)?;
    }
    Ok(())
}

/// Copies links as links, files as world-readable files, and leaves out what is neither or may not be read.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(from)?.file_type();
    if kind.is_symlink() {
        symlink(fs::read_link(from)?, to)
    } else if kind.is_dir() {
        make_dir(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        Ok(())
    } else if kind.is_file() {
        match fs::read(from) {
            Ok(bytes) => write(to, &bytes),
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            Err(e) => Err(e),
        }
    } else {
        Ok(())
    }
}

fn make_dirs(below: &Path, dir: &Path) -> io::Result<()> {
    if dir != below && !dir.is_dir() {
        if let Some(parent) = dir.parent() {
            make_dirs(below, parent)?;
        }
        make_dir(dir)?;
    }
    Ok(())
}

/// A folder that every uid may read, whatever this process's umask is.
fn make_dir(dir: &Path) -> io::Result<()> {
    match fs::create_dir(dir) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755))
}

fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::write(file, bytes)?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o644))
}

fn remove(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_the_agent_and_nothing_of_the_host() {
        let tmp = tempfile::tempdir().unwrap();
        let etc = Etc::new(tmp.path().join("etc"));
        etc.refresh().unwrap();
        *etc.made_of.lock().unwrap() = None;
        etc.refresh().unwrap();
        let passwd = fs::read_to_string(etc.dir().join("passwd")).unwrap();
        assert!(passwd.contains("agent:x:1000:1000"), "{passwd}");
        assert_eq!(fs::read_to_string(etc.dir().join("resolv.conf")).unwrap(), "nameserver 127.0.0.53\n");
        for absent in ["shadow", "ssh", "machine-id", "fstab", "ssl/private", "gitconfig"] {
            assert!(!etc.dir().join(absent).exists(), "{absent}");
        }
        assert!(!tmp.path().join("etc.new").exists());
    }
}
