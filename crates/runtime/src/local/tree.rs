//! Removing a folder whose content a hostile program has made: any depth, any name, any permission.
//!
//! Depth costs no recursion and no open files: a folder found inside is moved up to the top, under a name of ours, and
//! emptied there. Links are never followed. Nothing may run in the tree any more.

use std::{
    io,
    os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, RenameFlags, openat, renameat_with, statat, unlinkat},
    io::Errno,
};

/// Removes `folder` and everything below it. It is fine when it is not there. Blocks.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    let top = match open(CWD, folder.as_os_str().as_encoded_bytes()) {
        Ok(fd) => fd,
        Err(Errno::NOENT) => return Ok(()),
        Err(Errno::NOTDIR | Errno::LOOP) => return std::fs::remove_file(folder),
        Err(e) => return Err(e.into()),
    };
    let mut counter: u64 = 0;
    loop {
        let folders = empty(top.as_fd(), top.as_fd(), &mut counter)?;
        if folders.is_empty() {
            break;
        }
        for name in folders {
            let inner = open(top.as_fd(), &name)?;
            empty(inner.as_fd(), top.as_fd(), &mut counter)?;
            unlinkat(&top, &name[..], AtFlags::REMOVEDIR)?;
        }
    }
    std::fs::remove_dir(folder)
}

/// Unlinks the files of `dir` and moves its folders up to `top`. The names of the folders when `dir` is `top` itself.
fn empty(dir: BorrowedFd<'_>, top: BorrowedFd<'_>, counter: &mut u64) -> io::Result<Vec<Vec<u8>>> {
    let at_top = dir.as_raw_fd() == top.as_raw_fd();
    let mut folders = Vec::new();
    let mut entries = Vec::new();
    for entry in Dir::read_from(dir)? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            entries.push((entry.file_name().to_owned(), entry.file_type()));
        }
    }
    for (name, kind) in entries {
        let is_dir = match kind {
            FileType::Directory => true,
            FileType::Unknown => {
                let stat = statat(dir, &name, AtFlags::SYMLINK_NOFOLLOW)?;
                FileType::from_raw_mode(stat.st_mode) == FileType::Directory
            }
            _ => false,
        };
        if !is_dir {
            unlinkat(dir, &name, AtFlags::empty())?;
        } else if at_top {
            folders.push(name.into_bytes());
        } else {
            // Moving a folder needs the right to write in it.
            drop(open(dir, name.as_bytes())?);
            lift(dir, name.as_bytes(), top, counter)?;
        }
    }
    Ok(folders)
}

/// Moves a folder to the top under a name that nothing there has.
fn lift(dir: BorrowedFd<'_>, name: &[u8], top: BorrowedFd<'_>, counter: &mut u64) -> io::Result<()> {
    loop {
        *counter += 1;
        match renameat_with(dir, name, top, format!(".lia-{counter}"), RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            Err(Errno::EXIST) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

/// Opens a folder that is ours, making it accessible first where its maker took the right away.
fn open(dir: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let stat = statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(stat.st_mode) == FileType::Directory && stat.st_mode & 0o700 != 0o700 {
        let path = openat(dir, name, flags | OFlags::PATH, Mode::empty())?;
        rustix::fs::chmod(format!("/proc/self/fd/{}", path.as_raw_fd()), Mode::RWXU)?;
    }
    openat(dir, name, flags | OFlags::RDONLY, Mode::empty())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use rustix::fs::mkdirat;

    use super::*;

    #[test]
    fn a_hostile_tree_goes() {
        let tmp = tempfile::tempdir().unwrap();
        let top = tmp.path().join("tree");
        fs::create_dir(&top).unwrap();
        fs::write(tmp.path().join("outside"), "stays").unwrap();
        std::os::unix::fs::symlink("..", top.join("up")).unwrap();
        std::os::unix::fs::symlink("../outside", top.join("link")).unwrap();
        fs::create_dir(top.join(".lia-1")).unwrap();
        fs::write(top.join(".lia-2"), "").unwrap();
        fs::write(top.join("a\nb\u{7f}"), "").unwrap();
        // Far deeper than PATH_MAX.
        let mut dir = open(CWD, top.as_os_str().as_encoded_bytes()).unwrap();
        for _ in 0..3_000 {
            mkdirat(&dir, "deep", Mode::RWXU).unwrap();
            dir = open(dir.as_fd(), b"deep").unwrap();
        }
        let locked = top.join("locked");
        fs::create_dir_all(locked.join("in/ner")).unwrap();
        fs::set_permissions(locked.join("in/ner"), fs::Permissions::from_mode(0o0)).unwrap();
        fs::set_permissions(locked.join("in"), fs::Permissions::from_mode(0o500)).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o0)).unwrap();

        remove(&top).unwrap();
        remove(&top).unwrap();
        let left: Vec<_> = fs::read_dir(tmp.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["outside"]);
    }
}
