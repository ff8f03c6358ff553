//! One process per data folder: a lock file held with flock(2), which the kernel lets go when the process ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::StoreError;

/// How long a lock that is taken is tried again: a child that the last server was starting when it was killed holds the
/// file until it has become another program.
const TAKEN: Duration = Duration::from_secs(2);

/// Held as long as this lives.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the lock that belongs to the database at `db`.
    ///
    /// # Errors
    /// When another process has it (its id is in the message), or the file cannot be made.
    pub(super) fn take(db: &Path) -> Result<Self, StoreError> {
        let mut name = db.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        let path = db.with_file_name(name);
        let why = |e: std::io::Error| StoreError::Backend(format!("{}: {e}", path.display()));
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(why)?;
        match patiently(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // Only to be more helpful; the message does without it.
                let _ = (&mut file).take(16).read_to_string(&mut pid);
                let folder = db.parent().map_or_else(PathBuf::new, Path::to_path_buf);
                return Err(StoreError::Backend(format!(
                    "the data folder {} is in use by process {} (lock file {})",
                    folder.display(),
                    if pid.trim().is_empty() { "?" } else { pid.trim() },
                    path.display()
                )));
            }
            Err(TryLockError::Error(e)) => return Err(why(e)),
        }
        // The id is for people; a full disk must not stop the start for it.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}

fn patiently(file: &File) -> Result<(), TryLockError> {
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if started.elapsed() < TAKEN => {
                std::thread::sleep(Duration::from_millis(20));
            }
            result => return result,
        }
    }
}
