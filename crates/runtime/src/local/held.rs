//! What processes hold that has no name: deleted files, and memory behind a descriptor or a shared mapping. Counted where
//! the kernel keeps no limit for us; what lies in pipes, sockets and detached System V segments is seen by nobody.

use std::{collections::HashSet, fs, path::Path};

use rustix::fs::{FileType, stat};

use super::process::Process;

/// Descriptors of one instance that are looked at.
const MOST: usize = 1 << 16;

/// A file without a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// The file system that it is on.
    pub device: u64,
    /// Whether that file system is memory.
    pub in_memory: bool,
    /// What it takes.
    pub bytes: u64,
}

/// The files without a name that these processes have open, each once; `None` when they have too many open to tell.
pub(super) fn held(processes: &[Process]) -> Option<Vec<Held>> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    let links = processes.iter().filter_map(|p| fs::read_dir(format!("/proc/{}/fd", p.pid)).ok());
    for (n, link) in links.flatten().flatten().enumerate() {
        if n == MOST {
            return None;
        }
        let path = link.path();
        let Ok(s) = stat(&path) else { continue };
        let unnamed = s.st_nlink == 0 && FileType::from_raw_mode(s.st_mode) == FileType::RegularFile;
        if unnamed && seen.insert((s.st_dev, s.st_ino)) {
            let bytes = u64::try_from(s.st_blocks).unwrap_or(0) * 512;
            all.push(Held { device: s.st_dev, in_memory: is_memory(&path), bytes });
        }
    }
    Some(all)
}

fn is_memory(path: &Path) -> bool {
    const TMPFS: i128 = 0x0102_1994;
    rustix::fs::statfs(path).is_ok_and(|s| i128::from(s.f_type) == TMPFS)
}

/// Bytes of memory that these processes have mapped and share, each page once.
pub(super) fn mapped(processes: &[Process]) -> u64 {
    let shared = |p: &Process| {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", p.pid)).ok()?;
        let line = text.lines().find_map(|l| l.strip_prefix("Pss_Shmem:"))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
    };
    processes.iter().filter_map(shared).sum()
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::Write as _, os::fd::FromRawFd as _};

    use super::*;

    #[test]
    fn deleted_files_and_memory_are_found() {
        let me = Process::of(std::process::id().cast_signed()).unwrap();
        let before: u64 = held(&[me]).unwrap().iter().map(|h| h.bytes).sum();
        let mut deleted = tempfile::tempfile().unwrap();
        deleted.write_all(&vec![1; 1 << 20]).unwrap();
        deleted.sync_all().unwrap();
        // SAFETY: a constant name; the descriptor is new and ours.
        let mut memory = unsafe { File::from_raw_fd(libc::memfd_create(c"held".as_ptr(), 0)) };
        memory.write_all(&vec![1; 1 << 20]).unwrap();
        let twice = memory.try_clone().unwrap();
        let found: Vec<_> = held(&[me]).unwrap();
        assert!(found.iter().map(|h| h.bytes).sum::<u64>() - before >= 2 << 20, "{found:?}");
        assert!(found.iter().any(|h| h.in_memory && h.bytes == 1 << 20), "{found:?}");
        drop(twice);
    }
}
