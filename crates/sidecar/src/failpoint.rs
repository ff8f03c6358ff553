//! Named steps at which a test has the sidecar kill itself. They come from the boot configuration and nowhere else, and
//! cost a glance at an empty list otherwise.

use std::cell::Cell;

/// The steps that are armed, each with how many times it still passes.
#[derive(Debug, Default)]
pub struct Failpoints {
    armed: Vec<(String, Cell<u32>)>,
}

impl Failpoints {
    /// Reads `name` or `name:N` (the N-th time). What is malformed counts as the first time.
    #[must_use]
    pub fn new(list: &[String]) -> Self {
        let armed = list
            .iter()
            .map(|s| {
                let (name, n) = s.split_once(':').unwrap_or((s, "1"));
                (name.to_owned(), Cell::new(n.parse().unwrap_or(1).max(1)))
            })
            .collect();
        Self { armed }
    }

    /// Counts a pass; true when this is the one.
    pub fn hit(&self, name: &str) -> bool {
        self.armed.iter().any(|(n, left)| {
            n == name && {
                left.set(left.get().saturating_sub(1));
                left.get() == 0
            }
        })
    }

    /// Counts a pass, and dies when this is the one.
    pub fn pass(&self, name: &str) {
        if self.hit(name) {
            self.die();
        }
    }

    /// As `kill -9` would: nothing is flushed, nothing is told.
    pub fn die(&self) -> ! {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
        // PID 1 of its namespace does not die of its own signal.
        // SAFETY: ends the process at once; nothing of it is used afterwards.
        unsafe { libc::_exit(137) }
    }
}
