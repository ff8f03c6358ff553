//! This test binary as another process: one test of it, run alone with a folder in its environment. Without that variable
//! these tests are no tests but entry points, and end at once.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const FOLDER: &str = "LIA_STORE_TEST_FOLDER";

/// A process that runs the test `name` in `folder`, its output on a pipe.
pub fn command(name: &str, folder: &Path) -> Command {
    let mut c = Command::new(std::env::current_exe().unwrap());
    c.args([name, "--exact", "--nocapture", "--test-threads=1"]).env(FOLDER, folder);
    c.stdin(Stdio::null()).stdout(Stdio::piped());
    c
}

/// The folder, in such a process.
pub fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}
