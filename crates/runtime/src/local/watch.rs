//! Limits of memory and storage on a host whose kernel does not keep them for us (an ordinary user without a delegated
//! cgroup). What is watched is said to be watched: between two looks an instance may exceed its limit.
//!
//! There is no event for either. All instances share one look per [`TICK`]; with none to watch there is none.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    os::fd::{AsFd, AsRawFd as _, OwnedFd},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use lia_protocol::ids::InstanceId;
use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, chmod, openat, stat, statat},
    process::Signal,
};

use super::{
    Inner, disk,
    folder::{Data, Folder, Watched},
    held::{held, mapped},
    host::free_bytes,
    process::{Process, Table},
};

/// Between two looks at the processes' memory.
const TICK: Duration = Duration::from_millis(250);
/// Between two looks at what the files of one instance take, at least.
const COUNT: Duration = Duration::from_secs(2);
/// Between two looks at most, while the host's free room changes: what one instance takes, others may give back.
const COUNT_AT_LEAST: Duration = Duration::from_secs(10);
/// Counting takes this part of the time at most.
const COUNT_SHARE: u32 = 50;
/// Folders within folders; a deeper tree cannot be counted and ends the instance.
const DEPTH: usize = 200;

const TOO_MANY: &str = "memory and storage: its processes have more files open than can be counted";

/// Who is watched.
#[derive(Debug, Default)]
pub(super) struct Watching(Mutex<HashMap<InstanceId, One>>);

#[derive(Clone, Debug)]
struct One {
    sidecar: Process,
    folder: Folder,
    limits: Watched,
    counted: Option<Counted>,
    /// Shared memory of the host that was not the instance's: the least at any look.
    others: Option<u64>,
}

/// The last look at the files.
#[derive(Clone, Copy, Debug)]
struct Counted {
    at: Instant,
    /// How long it took.
    took: Duration,
    bytes: u64,
    /// What was free on the host's disk then.
    free: u64,
}

impl Inner {
    /// Watches an instance from now on, where there is something to watch.
    pub(super) fn watch(&self, id: InstanceId, data: &Data) {
        let Some(sidecar) = data.sidecar else { return };
        if data.watched == Watched::default() {
            return;
        }
        let first = {
            let mut all = self.watching.0.lock().unwrap_or_else(PoisonError::into_inner);
            let first = all.is_empty();
            let one =
                One { sidecar, folder: self.folder(id), limits: data.watched, counted: None, others: None };
            all.entry(id).or_insert(one);
            first
        };
        if first {
            self.background.spawn(look(Arc::clone(&self.watching)));
        }
    }
}

async fn look(watching: Arc<Watching>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let all = watching.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let looked =
            tokio::task::spawn_blocking(move || all.into_iter().map(|(id, one)| (id, once(one))).collect());
        let looked: Vec<(InstanceId, Option<One>)> = looked.await.unwrap_or_default();
        let mut all = watching.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, one) in looked {
            match one {
                Some(one) => drop(all.insert(id, one)),
                None => drop(all.remove(&id)),
            }
        }
        if all.is_empty() {
            return;
        }
    }
}

/// One look at one instance; `None` when it has ended.
fn once(mut one: One) -> Option<One> {
    if !matches!(one.sidecar.open(), Ok(Some(_))) {
        return None;
    }
    match exceeded(&mut one) {
        Ok(None) => {}
        Ok(Some(reason)) => {
            // The reason first: whoever waits for the end reads it.
            let ended = one.folder.write_reason(&reason).and_then(|()| one.sidecar.signal(Signal::KILL));
            if let Err(e) = ended {
                tracing::warn!(error = %e, reason, "an instance above its limit cannot be ended");
            }
        }
        Err(e) => tracing::warn!(error = %e, "an instance cannot be watched"),
    }
    Some(one)
}

fn exceeded(one: &mut One) -> io::Result<Option<String>> {
    if let Some(limit) = one.limits.memory {
        let tree = Table::read()?.tree(one.sidecar);
        let mut used: u64 = tree.iter().map(|p| p.memory()).sum();
        // What is shared counts once, and asking for it is dear: first, and when the host has that much more of it.
        let shared = shared_memory()?;
        if one.others.is_none_or(|others| used + shared.saturating_sub(others) > limit) {
            let Some(held) = held(&tree) else { return Ok(Some(TOO_MANY.into())) };
            let own = mapped(&tree).max(held.iter().filter(|h| h.in_memory).map(|h| h.bytes).sum());
            one.others.get_or_insert(shared.saturating_sub(own));
            used += own;
        }
        one.others = one.others.map(|others| others.min(shared));
        if used > limit {
            return Ok(Some(format!("out of memory: {} of {} MiB", used >> 20, limit >> 20)));
        }
    }
    if let Some(limit) = one.limits.storage {
        let free = free_bytes(one.folder.path())?;
        if one.counted.is_none_or(|c| is_due(c, c.at.elapsed(), free, limit)) {
            let begun = Instant::now();
            let Some(mut bytes) = count(&one.folder.disk())? else {
                return Ok(Some(format!("storage: folders are nested deeper than {DEPTH}")));
            };
            let device = stat(one.folder.disk())?.st_dev;
            let Some(held) = held(&Table::read()?.tree(one.sidecar)) else {
                return Ok(Some(TOO_MANY.into()));
            };
            bytes += held.iter().filter(|h| h.device == device).map(|h| h.bytes).sum::<u64>();
            one.counted = Some(Counted { at: Instant::now(), took: begun.elapsed(), bytes, free });
            if bytes > limit {
                return Ok(Some(format!("storage: {} of {} MiB", bytes >> 20, limit >> 20)));
            }
        }
    }
    Ok(None)
}

/// Bytes of memory of the whole host that files without a disk take: tmpfs, memfd, shared mappings, System V.
fn shared_memory() -> io::Result<u64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let line = text.lines().find_map(|l| l.strip_prefix("Shmem:"));
    Ok(line.and_then(|l| l.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0) << 10)
}

/// Counting is dear, asking the host for what is free is not. When the host has lost half of what the instance had left
/// it is done soon; when nothing was written anywhere it is not done at all.
fn is_due(last: Counted, since: Duration, free: u64, limit: u64) -> bool {
    let lost = last.free.saturating_sub(free) >= limit.saturating_sub(last.bytes) / 2;
    let at_least = COUNT_AT_LEAST.max(last.took * COUNT_SHARE);
    (since >= COUNT && lost) || (since >= at_least && free != last.free)
}

/// Bytes that the files of a disk take; `None` when it is nested too deep.
fn count(disk: &Path) -> io::Result<Option<u64>> {
    let mut bytes = 0;
    let mut linked = HashSet::new();
    for name in disk::FOLDERS {
        let mut open = vec![Dir::new(enter(CWD, &disk.join(name))?)?];
        while let Some(dir) = open.last_mut() {
            let Some(entry) = dir.read() else {
                open.pop();
                continue;
            };
            let entry = entry?;
            if matches!(entry.file_name().to_bytes(), b"." | b"..") {
                continue;
            }
            let fd = dir.fd()?;
            let Ok(stat) = statat(fd, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) else { continue };
            if stat.st_nlink < 2 || linked.insert((stat.st_dev, stat.st_ino)) {
                bytes += u64::try_from(stat.st_blocks).unwrap_or(0) * 512;
            }
            if FileType::from_raw_mode(stat.st_mode) == FileType::Directory
                && let Ok(inner) = enter(fd.as_fd(), entry.file_name())
            {
                if open.len() >= DEPTH {
                    return Ok(None);
                }
                open.push(Dir::new(inner)?);
            }
        }
    }
    Ok(Some(bytes))
}

/// Opens a folder; one that its owner may not read is first made readable, for nothing is counted that hides.
fn enter(dir: impl AsFd, name: impl rustix::path::Arg + Copy) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(&dir, name, flags | OFlags::RDONLY, Mode::empty()) {
        Err(rustix::io::Errno::ACCESS) => {
            let folder = openat(&dir, name, flags | OFlags::PATH, Mode::empty())?;
            chmod(format!("/proc/self/fd/{}", folder.as_raw_fd()), Mode::RWXU)?;
            openat(&dir, name, flags | OFlags::RDONLY, Mode::empty())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_counted_once_and_deep_trees_refused() {
        let tmp = tempfile::tempdir().unwrap();
        for name in disk::FOLDERS {
            std::fs::create_dir(tmp.path().join(name)).unwrap();
        }
        let before = count(tmp.path()).unwrap().unwrap();
        let home = tmp.path().join("home");
        std::fs::write(home.join("a"), vec![1; 1 << 20]).unwrap();
        std::fs::hard_link(home.join("a"), home.join("b")).unwrap();
        assert_eq!(count(tmp.path()).unwrap().unwrap() - before, 1 << 20);
        let hidden = home.join("hidden");
        std::fs::create_dir(&hidden).unwrap();
        std::fs::write(hidden.join("a"), vec![1; 1 << 20]).unwrap();
        std::fs::set_permissions(&hidden, std::os::unix::fs::PermissionsExt::from_mode(0o300)).unwrap();
        assert!(count(tmp.path()).unwrap().unwrap() - before >= 2 << 20);
        std::fs::create_dir_all(home.join("d/".repeat(DEPTH))).unwrap();
        assert_eq!(count(tmp.path()).unwrap(), None);
    }

    #[test]
    fn a_host_that_lost_much_makes_us_count_soon_and_one_that_changes_now_and_then() {
        let took = Duration::from_millis(1);
        let last = Counted { at: Instant::now(), took, bytes: 600, free: 5_000 };
        assert!(!is_due(last, COUNT, 4_900, 1_000));
        assert!(is_due(last, COUNT, 4_800, 1_000));
        assert!(!is_due(last, COUNT / 2, 4_800, 1_000));
        assert!(is_due(Counted { bytes: 1_000, ..last }, COUNT, 5_000, 1_000));
        // Others gave back what this one took.
        assert!(is_due(last, COUNT_AT_LEAST, 5_001, 1_000));
        assert!(!is_due(last, COUNT_AT_LEAST, 5_000, 1_000), "nothing was written");
        let slow = Counted { took: Duration::from_secs(1), ..last };
        assert!(!is_due(slow, COUNT_AT_LEAST, 4_999, 1_000));
        assert!(is_due(slow, COUNT_SHARE * slow.took, 4_999, 1_000));
    }
}
