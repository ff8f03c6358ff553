//! The host API (port 5001): HTTP/1.1 in an instance for what is asked and answered. Every path is relative to the
//! workspace and confined to it by the kernel (`openat2`, RESOLVE_BENEATH); git runs where the agent runs.
//!
//! | route | for |
//! |---|---|
//! | `GET /health` | [`HostHealth`] |
//! | `GET /fs/list?path=` | [`DirList`]; `path` empty is the workspace |
//! | `GET /fs/file?path=` | the bytes, streamed |
//! | `PUT /fs/file?path=` | writes the body, making parents; 204 |
//! | `POST /repo/import?dir=&branch=` | body: a git bundle; clones it into `dir` (empty: the workspace itself); 204 |
//! | `GET /repo/diff?dir=` | the change since the import or the clone, uncommitted and untracked files too, as `git diff --binary` |
//! | `GET /repo/bundle?dir=` | the same as a git bundle with one branch `lia/result` on top of the import |
//! | `DELETE /sessions/{session}` | ends all that it runs and forgets it with its journal; 204, also when there is none |
//! | `GET`, `POST /sessions/{session}/terminals` | a person's terminals ([`crate::terminal`]); opens one; 204 |
//! | `GET /sessions/{session}/terminals/{terminal}/output?from=` | lines of [`crate::terminal::TerminalLine`], until it is over |
//! | `POST /sessions/{session}/terminals/{terminal}/input` | types the body; 204 |
//! | `POST /sessions/{session}/terminals/{terminal}/resize?cols=&rows=` | 204 |
//! | `DELETE /sessions/{session}/terminals/{terminal}` | ends it with all that it started, and forgets it; 204 |
//!
//! Errors are [`crate::error::ApiError`].

use macro_rules_attribute::apply;

use crate::{
    limits,
    wire::{message, word},
};

/// `GET /health`
#[apply(message)]
#[derive(Eq)]
pub struct HostHealth {
    /// `ok`
    pub status: String,
    /// The sidecar's version.
    pub version: String,
    /// Sessions that it knows.
    pub sessions: Vec<crate::ids::SessionId>,
}

/// What a directory entry is.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// Anything else.
    Other,
}

/// One entry.
#[apply(message)]
#[derive(Eq)]
pub struct DirEntry {
    /// The bare name; bytes that are not UTF-8 show as U+FFFD.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Bytes, of a file.
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub size: u64,
}

/// `GET /fs/list`, sorted by name, at most 10,000 entries.
#[apply(message)]
#[derive(Eq)]
pub struct DirList {
    /// The entries.
    #[garde(dive)]
    pub entries: Vec<DirEntry>,
    /// Whether there are more.
    pub truncated: bool,
}
