//! `./session-host`: the HTTP contract of a process with one session, its callbacks, and entries of a file system.

use std::collections::BTreeMap;

use macro_rules_attribute::apply;
use serde_json::Value;

use crate::{
    limits,
    names::{NO_NUL_PATTERN, no_nul},
    sessions::session::PendingPermissionOption,
    wire::{
        message, record,
        tag::{CancelledTag, Tag, True, tagged},
        union::union,
        word,
    },
};

/// A git repository.
#[apply(message)]
#[derive(Eq)]
pub struct FileSystemEntryGitInfo {
    /// The branch that is checked out.
    pub branch: String,
    /// The URL of `origin`.
    pub origin: Option<String>,
}

/// What an entry is.
#[apply(word)]
#[schemars(inline)]
#[serde(rename_all = "lowercase")]
pub enum FileSystemEntryType {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// Anything else.
    Other,
}

/// One entry of a file system.
#[apply(message)]
#[derive(Eq)]
pub struct FileSystemEntry {
    /// Its path.
    pub path: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: FileSystemEntryType,
    /// Present when the entry is a directory that is a git repository.
    #[garde(dive)]
    pub git: Option<FileSystemEntryGitInfo>,
}

/// The agent asks a person.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct PermissionRequestEvent {
    /// The question's id.
    pub request_id: String,
    /// The agent's id of the tool call.
    pub tool_call_id: String,
    /// What it wants to do.
    pub title: String,
    /// ACP's tool kind, if said.
    pub kind: Option<String>,
    /// The answers offered.
    #[garde(dive)]
    pub options: Vec<PendingPermissionOption>,
}

/// Entries below a folder.
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotEntries {
    /// The folder.
    pub root: String,
    /// What is in it.
    #[garde(dive)]
    pub entries: Vec<FileSystemEntry>,
    /// The absolute path of the listed folder (ours).
    pub path: Option<String>,
    /// If that is inside a git repository, the absolute path to the repository's root (ours).
    pub git_path: Option<String>,
    /// Whether there are more entries (ours).
    pub truncated: Option<bool>,
    /// How many are listed at most (ours).
    pub max_entries: Option<u32>,
}

/// The files of a session.
#[apply(message)]
#[derive(Eq)]
pub struct FilesystemSnapshotEvent {
    /// The entries.
    #[garde(dive)]
    pub snapshot: SnapshotEntries,
}

/// A file's content.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct FilePreviewEvent {
    /// Its path.
    pub path: String,
    /// Text.
    pub content: String,
    /// Whether there is more (ours).
    pub truncated: Option<bool>,
    /// How many characters are shown at most (ours).
    pub max_chars: Option<u32>,
}

/// An option that was taken.
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
#[serde(rename_all = "camelCase")]
pub struct TakenOption {
    /// Which.
    pub option_id: String,
}

/// Answers a permission with an option.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct PermissionRespondAction {
    /// Always `permission.respond`.
    pub action: Tag<PermissionRespondTag>,
    /// Which question.
    pub request_id: String,
    /// The answer.
    #[garde(dive)]
    pub response: TakenOption,
}

/// Asks for a snapshot of the files.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct FsSnapshotAction {
    /// Always `fs.snapshot`.
    pub action: Tag<FsSnapshotTag>,
    /// Of which session, on a socket with many (ours).
    pub session_id: Option<String>,
    /// Of which folder, absolute or below the workspace; the workspace when absent.
    #[garde(length(bytes, max = limits::PATH_BYTES), inner(custom(no_nul)))]
    #[schemars(regex(pattern = NO_NUL_PATTERN), extend("x-maxLengthUtf8" = limits::PATH_BYTES))]
    pub path: Option<String>,
    /// Whether dot files and what git ignores are shown too (ours).
    pub show_all_files: Option<bool>,
}

/// Asks for a file's content.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct FilePreviewAction {
    /// Always `file.preview`.
    pub action: Tag<FilePreviewTag>,
    /// Of which session, on a socket with many (ours).
    pub session_id: Option<String>,
    /// Which file, absolute or below the workspace.
    #[garde(length(bytes, max = limits::PATH_BYTES), custom(no_nul))]
    #[schemars(regex(pattern = NO_NUL_PATTERN), extend("x-maxLengthUtf8" = limits::PATH_BYTES))]
    pub path: String,
}

tagged! {
    PermissionRespondAction, PermissionRespondTag = "permission.respond";
    FsSnapshotAction, FsSnapshotTag = "fs.snapshot";
    FilePreviewAction, FilePreviewTag = "file.preview";
}

/// Callback: the agent asks. Answered with a [`PermissionCallbackResponse`].
#[apply(message)]
#[derive(Eq)]
pub struct PermissionRequestCallback {
    /// Always `permission_request`.
    #[serde(rename = "type")]
    pub kind: Tag<PermissionRequestTag>,
    /// The question.
    #[garde(dive)]
    pub data: PermissionRequestEvent,
}

/// How a session ended.
#[apply(record)]
#[derive(Eq)]
#[schemars(inline)]
#[serde(rename_all = "camelCase")]
pub struct SessionEndData {
    /// The agent's exit code; `null` when it has none.
    pub exit_code: Option<i32>,
}

/// Callback: the agent's process ended.
#[apply(message)]
#[derive(Eq)]
pub struct SessionEndCallback {
    /// Always `session_end`.
    #[serde(rename = "type")]
    pub kind: Tag<SessionEndTag>,
    /// How.
    #[garde(dive)]
    pub data: SessionEndData,
}

/// How a turn ended.
#[apply(message)]
#[schemars(inline)]
#[serde(rename_all = "camelCase")]
pub struct EndTurnData {
    /// ACP's answer to the prompt.
    pub prompt_response: Value,
}

/// Callback: a turn ended.
#[apply(message)]
pub struct EndTurnCallback {
    /// Always `end_turn`.
    #[serde(rename = "type")]
    pub kind: Tag<EndTurnTag>,
    /// How.
    #[garde(dive)]
    pub data: EndTurnData,
}

/// What an agent said.
#[apply(message)]
#[schemars(inline)]
#[serde(rename_all = "camelCase")]
pub struct AgentMessageData {
    /// ACP's update.
    pub session_update: Value,
}

/// Callback: the agent said something.
#[apply(message)]
pub struct AgentMessageCallback {
    /// Always `agent_message`.
    #[serde(rename = "type")]
    pub kind: Tag<AgentMessageTag>,
    /// What.
    #[garde(dive)]
    pub data: AgentMessageData,
}

/// What failed.
#[apply(message)]
#[derive(Eq)]
#[schemars(inline)]
pub struct ErrorData {
    /// A sentence.
    pub message: String,
}

/// Callback: something failed.
#[apply(message)]
#[derive(Eq)]
pub struct ErrorCallback {
    /// Always `error`.
    #[serde(rename = "type")]
    pub kind: Tag<ErrorTag>,
    /// What.
    #[garde(dive)]
    pub data: ErrorData,
}

tagged! {
    PermissionRequestCallback, PermissionRequestTag = "permission_request";
    SessionEndCallback, SessionEndTag = "session_end";
    EndTurnCallback, EndTurnTag = "end_turn";
    AgentMessageCallback, AgentMessageTag = "agent_message";
    ErrorCallback, ErrorTag = "error";
}

union! {
    /// All that a session-host posts to the control plane.
    pub enum SessionCallbackEvent by "type" {
        /// The agent asks.
        PermissionRequest(PermissionRequestCallback),
        /// The agent's process ended.
        SessionEnd(SessionEndCallback),
        /// A turn ended.
        EndTurn(EndTurnCallback),
        /// The agent said something.
        AgentMessage(AgentMessageCallback),
        /// Something failed.
        Error(ErrorCallback),
    }
}

/// The control plane's answer to a `permission_request` callback.
#[apply(message)]
#[derive(Eq)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum PermissionCallbackResponse {
    /// This option is taken.
    Option {
        /// Which.
        option_id: String,
    },
    /// None is taken.
    Cancelled {
        /// Always `cancelled`.
        outcome: Tag<CancelledTag>,
    },
    /// A person will answer later.
    Deferred {
        /// Always `true`.
        deferred: True,
    },
}

/// `POST /start`. The seed's TypeScript type has `sessionId`, its Zod schema of this name has not: that schema is
/// [`SessionHostStartBody`]'s; this type's own is `SessionHostStartRequestWithIdSchema`.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionHostStartRequest {
    /// The session's id, for callbacks to the control plane.
    pub session_id: Option<String>,
    /// The agent's program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// The agent's working directory.
    pub workspace: String,
    /// A script that runs before the agent.
    pub setup: Option<String>,
    /// Variables for the agent.
    pub env: Option<BTreeMap<String, String>>,
    /// Where callbacks go.
    pub callback_url: Option<String>,
}

/// What the seed's `session-host/zod` reads of a `POST /start`: all but `sessionId`, which is an unknown key to it and is
/// stripped. Its Zod schema is `SessionHostStartRequestSchema`.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionHostStartBody {
    /// The agent's program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// The agent's working directory.
    pub workspace: String,
    /// A script that runs before the agent.
    pub setup: Option<String>,
    /// Variables for the agent.
    pub env: Option<BTreeMap<String, String>>,
    /// Where callbacks go.
    pub callback_url: Option<String>,
}

/// Answer to [`SessionHostStartRequest`].
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionHostStartResponse {
    /// The agent's own id of the session.
    pub acp_session_id: String,
    /// Set by the runtime: where the session-host is.
    pub host_url: String,
    /// Set by the runtime: where its WebSocket is.
    pub websocket_url: String,
    /// The session's id, as it was given.
    pub session_id: Option<String>,
}

/// Whether a host works.
#[apply(word)]
#[schemars(inline)]
#[serde(rename_all = "lowercase")]
pub enum HostStatus {
    /// No turn runs (one session: there is none).
    Idle,
    /// A turn runs (one session: there is one).
    Running,
}

/// `GET /health`
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionHostHealthResponse {
    /// Whether it has a session.
    pub status: HostStatus,
    /// Which.
    pub session_id: Option<String>,
}
