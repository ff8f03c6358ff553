//! Named steps at which a test has the server kill itself (`debug.failpoints`, as `server.NAME:N` for the N-th pass;
//! `sidecar.NAME:N` go to the sidecars). Costs a glance at an empty list otherwise.

use std::sync::atomic::{AtomicU32, Ordering};

/// The steps that are armed, each with how many times it still passes.
#[derive(Debug, Default)]
pub struct Failpoints(Vec<(String, AtomicU32)>);

impl Failpoints {
    /// Those of the list that are the server's. What has no number counts as the first pass.
    #[must_use]
    pub fn new(list: &[String]) -> Self {
        let own = list.iter().filter_map(|s| s.strip_prefix("server."));
        Self(
            own.map(|s| {
                let (name, n) = s.split_once(':').unwrap_or((s, "1"));
                (name.to_owned(), AtomicU32::new(n.parse().unwrap_or(1).max(1)))
            })
            .collect(),
        )
    }

    /// Counts a pass, and dies as of `kill -9` when this is the one.
    pub fn pass(&self, name: &str) {
        if self.0.iter().any(|(n, left)| n == name && left.fetch_sub(1, Ordering::Relaxed) == 1) {
            tracing::warn!(name, "failpoint");
            let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
        }
    }
}

/// Those of the list that are the sidecars'.
#[must_use]
pub fn of_sidecars(list: &[String]) -> Vec<String> {
    list.iter().filter_map(|s| s.strip_prefix("sidecar.").map(str::to_owned)).collect()
}
