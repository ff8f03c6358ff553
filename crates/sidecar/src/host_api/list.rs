//! Listing one folder of the workspace.

use std::{io, os::fd::AsRawFd as _, path::Path};

use lia_protocol::host_api::{DirEntry, DirList, EntryKind};
use nix::fcntl::OFlag;

use crate::confine::Confined;

/// Entries of one list.
const ENTRIES: usize = 10_000;

/// The entries of `path`, sorted by name.
pub(super) fn list(workspace: &Confined, path: &Path) -> io::Result<DirList> {
    let fd = workspace.open(path, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
    // The descriptor stays where it was opened, whatever happens to the path meanwhile.
    let mut entries = Vec::new();
    let mut truncated = false;
    for entry in std::fs::read_dir(format!("/proc/self/fd/{}", fd.as_raw_fd()))? {
        let entry = entry?;
        if entries.len() == ENTRIES {
            truncated = true;
            break;
        }
        let Ok(meta) = entry.metadata() else { continue };
        let kind = match meta.file_type() {
            t if t.is_file() => EntryKind::File,
            t if t.is_dir() => EntryKind::Directory,
            t if t.is_symlink() => EntryKind::Symlink,
            _ => EntryKind::Other,
        };
        let size = if kind == EntryKind::File { meta.len() } else { 0 };
        entries.push(DirEntry { name: entry.file_name().to_string_lossy().into_owned(), kind, size });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(DirList { entries, truncated })
}
