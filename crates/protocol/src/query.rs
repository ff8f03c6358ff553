//! The query strings of the REST API. Each is a type with limits like a body's; unknown parameters are ignored.

use macro_rules_attribute::apply;

use crate::{
    ids::{Seq, UserId},
    limits,
    names::{NO_NUL_PATTERN, no_nul},
    secret::Secret,
    sessions::SessionStatus,
    task::TaskStatus,
    wire::message,
};

/// `GET /login`
#[apply(message)]
pub struct LoginLinkQuery {
    /// The printed link's one-time code.
    pub code: Secret,
}

/// The query string of a stream that is opened by a ticket (`POST /api/v1/tickets`), beside the stream's own.
#[apply(message)]
pub struct TicketQuery {
    /// The ticket; without it another credential is there.
    pub ticket: Option<Secret>,
}

/// `GET /api/v1/tasks`
#[apply(message)]
#[derive(Eq)]
pub struct ListTasksQuery {
    /// Whose; an administrator may name another user, and sees all tasks without it.
    pub user_id: Option<UserId>,
    /// Asked in this Discord server.
    #[garde(length(utf16, min = 1, max = 64))]
    pub guild_id: Option<String>,
    /// One status, or several with commas.
    #[garde(inner(custom(statuses)))]
    #[schemars(regex(
        pattern = "^(?:pending|starting|running|suspended|terminated)(?:,(?:pending|starting|running|suspended|terminated))*$"
    ))]
    pub status: Option<String>,
    /// Which page, from 1.
    #[garde(range(min = 1))]
    #[serde(default = "first")]
    pub page: u32,
    /// Tasks of a page.
    #[garde(range(min = *limits::PER_PAGE.start(), max = *limits::PER_PAGE.end()))]
    #[serde(default = "per_page")]
    pub per_page: u32,
    /// The beginning of a task's id; finds ten at most, in place of a page.
    #[garde(inner(custom(beginning)))]
    #[schemars(regex(pattern = "^[0-9a-fA-F-]{1,36}$"))]
    pub prefix: Option<String>,
}

const fn first() -> u32 {
    1
}

const fn per_page() -> u32 {
    20
}

impl ListTasksQuery {
    /// The statuses that are asked for; all when empty.
    #[must_use]
    pub fn statuses(&self) -> Vec<TaskStatus> {
        let words = self.status.iter().flat_map(|s| s.split(','));
        words.filter_map(|word| TaskStatus::ALL.into_iter().find(|s| s.as_str() == word)).collect()
    }
}

fn statuses(text: &str, (): &()) -> garde::Result {
    let known = |word: &str| TaskStatus::ALL.into_iter().any(|s| s.as_str() == word);
    match text.split(',').find(|w| !known(w)) {
        None => Ok(()),
        Some(word) => {
            let word: String = word.chars().take(40).collect();
            let all = TaskStatus::ALL.map(TaskStatus::as_str).join(", ");
            Err(garde::Error::new(format!("{word:?} is none of {all}")))
        }
    }
}

fn beginning(text: &str, (): &()) -> garde::Result {
    let good = text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    if good && (1..=36).contains(&text.len()) {
        Ok(())
    } else {
        Err(garde::Error::new("is the beginning of a task's id: 1 to 36 hex digits and dashes"))
    }
}

/// `DELETE /api/v1/tasks/{id}`
#[apply(message)]
#[derive(Eq)]
pub struct DeleteTaskQuery {
    /// Whether its record and log go too.
    #[serde(default)]
    pub purge: bool,
}

/// `GET /api/v1/tasks/{id}/output` and `…/events`
#[apply(message)]
#[derive(Eq)]
pub struct LogQuery {
    /// Begins after this seq.
    #[serde(default)]
    pub from: Seq,
    /// At most so many.
    #[garde(range(min = 1, max = limits::PAGE_EVENTS))]
    pub limit: Option<usize>,
    /// Whether the stream goes on with what is still to come; without it, it does unless `limit` is there.
    pub follow: Option<bool>,
}

/// `GET /api/v1/tasks/{id}/stream`
#[apply(message)]
#[derive(Eq)]
pub struct StreamQuery {
    /// Begins after this seq.
    #[serde(default)]
    pub from: Seq,
    /// `1` or `true` asks for the extended messages too.
    #[garde(length(utf16, max = 16))]
    pub progress: Option<String>,
}

/// `GET /ws/sessions/{id}` and `GET /api/agents/{agentId}/stream`
#[apply(message)]
#[derive(Eq)]
pub struct SinceQuery {
    /// Begins after this seq.
    #[serde(default)]
    pub since: Seq,
}

/// `GET /api/agents/{agentId}/terminals/{terminalId}`
#[apply(message)]
#[derive(Eq)]
pub struct TerminalQuery {
    /// Begins after so many bytes of its output.
    #[serde(default)]
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub offset: u64,
}

/// `GET /api/v1/tasks/{id}/files`
#[apply(message)]
#[derive(Eq)]
pub struct FolderQuery {
    /// Below the workspace; empty is the workspace.
    #[garde(length(bytes, max = limits::PATH_BYTES), custom(no_nul))]
    #[schemars(regex(pattern = NO_NUL_PATTERN), extend("x-maxLengthUtf8" = limits::PATH_BYTES))]
    #[serde(default)]
    pub path: String,
}

/// `GET` and `PUT /api/v1/tasks/{id}/files/content`
#[apply(message)]
#[derive(Eq)]
pub struct FileQuery {
    /// Below the workspace.
    #[garde(length(bytes, min = 1, max = limits::PATH_BYTES), custom(no_nul))]
    #[schemars(regex(pattern = NO_NUL_PATTERN), extend("x-maxLengthUtf8" = limits::PATH_BYTES))]
    pub path: String,
}

/// `GET /api/v1/tasks/{id}/diff` and `…/bundle`
#[apply(message)]
#[derive(Eq)]
pub struct RepositoryQuery {
    /// The repository's folder below the workspace; empty is the workspace.
    #[garde(length(bytes, max = limits::PATH_BYTES), custom(no_nul))]
    #[schemars(regex(pattern = NO_NUL_PATTERN), extend("x-maxLengthUtf8" = limits::PATH_BYTES))]
    #[serde(default)]
    pub dir: String,
}

/// `GET /api/agents`
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ListSessionsQuery {
    /// Only sessions that are, or are not, over.
    pub status: Option<SessionStatus>,
    /// Only those of this runtime instance.
    #[garde(length(utf16, min = 1, max = 64))]
    pub runtime_instance: Option<String>,
    /// Which page, from 1; all sessions when neither this nor `perPage` is there.
    #[garde(range(min = 1))]
    pub page: Option<u32>,
    /// Sessions of a page.
    #[garde(range(min = *limits::PER_PAGE.start(), max = *limits::PER_PAGE.end()))]
    pub per_page: Option<u32>,
}

/// `GET /api/agents/{agentId}`
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionQuery {
    /// Whether its files come too.
    #[serde(default)]
    pub include_file_system: bool,
    /// Whether what git ignores is shown too.
    #[serde(default)]
    pub show_all_files: bool,
}
