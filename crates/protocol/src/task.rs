//! Tasks over REST: the schemas of seed 000, with Lia's optional additions.

use base64::Engine as _;
use macro_rules_attribute::apply;

use crate::{
    error::Issue,
    host::AllowRule,
    ids::{TaskId, UploadId, UserId},
    limits,
    names::{self, Env},
    time::Timestamp,
    wire::{message, record, text, word},
};

/// pending → starting → running ⇄ suspended → terminated.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum TaskStatus {
    /// Created, waiting to start.
    Pending,
    /// The sandbox is being made.
    Starting,
    /// The sandbox runs and the agent is there.
    Running,
    /// Paused; storage is kept.
    Suspended,
    /// Complete or deleted. Final.
    Terminated,
}

impl TaskStatus {
    /// All states in the order of their life.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Starting, Self::Running, Self::Suspended, Self::Terminated];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Terminated => "terminated",
        }
    }

    /// The table of states: whether a task may go from `self` to `to`.
    #[must_use]
    pub const fn may_become(self, to: Self) -> bool {
        use TaskStatus::{Pending, Running, Starting, Suspended, Terminated};
        matches!(
            (self, to),
            (Pending, Starting)
                // The second: a parked one that could not be woken.
                | (Starting, Running | Suspended)
                | (Running, Suspended)
                | (Suspended, Running | Starting)
                | (Pending | Starting | Running | Suspended, Terminated)
        )
    }
}

/// Resources of one task. Absent keys of a request take the server's `vm.default_*`; replies carry what is in force.
#[apply(message)]
#[derive(Copy, Default, Eq)]
pub struct TaskConfigRequest {
    /// Running time after which the task ends.
    #[garde(range(min = 1, max = u32::MAX))]
    pub timeout_minutes: Option<u32>,
    /// Memory in MiB.
    #[garde(range(min = 64, max = u32::MAX))]
    pub max_memory_mb: Option<u32>,
    /// CPU cores.
    #[garde(range(min = 1, max = u32::MAX))]
    pub vcpu_count: Option<u32>,
    /// Disk in GiB.
    #[garde(range(min = 1, max = u32::MAX))]
    pub storage_gb: Option<u32>,
}

/// Resources in force (seed 000's TaskConfig).
#[apply(message)]
#[derive(Copy, Eq)]
#[serde(default)]
pub struct TaskConfig {
    /// Running time after which the task ends.
    pub timeout_minutes: u32,
    /// Memory in MiB.
    pub max_memory_mb: u32,
    /// CPU cores.
    pub vcpu_count: u32,
    /// Disk in GiB.
    pub storage_gb: u32,
}

impl Default for TaskConfig {
    fn default() -> Self {
        Self { timeout_minutes: 30, max_memory_mb: 2048, vcpu_count: 2, storage_gb: 50 }
    }
}

/// How a file's content is written in JSON.
#[apply(word)]
#[derive(Default)]
#[serde(rename_all = "lowercase")]
pub enum FileEncoding {
    /// The text itself.
    #[default]
    Utf8,
    /// Standard base64 with padding.
    Base64,
}

/// One initial file.
#[apply(message)]
#[derive(Eq)]
pub struct TaskFile {
    /// Relative to the workspace: no `..`, not absolute, no empty part, no NUL.
    #[garde(length(utf16, min = 1, max = limits::FILE_NAME_BYTES), custom(names::relative))]
    #[schemars(regex(pattern = names::RELATIVE_PATTERN))]
    pub name: String,
    /// The content in the form that `encoding` says.
    pub content: String,
    /// `utf8` unless said otherwise.
    #[serde(default, skip_serializing_if = "is_utf8")]
    pub encoding: FileEncoding,
}

fn is_utf8(e: &FileEncoding) -> bool {
    *e == FileEncoding::Utf8
}

impl TaskFile {
    /// The decoded content.
    ///
    /// # Errors
    /// When `content` is not base64 although `encoding` says so.
    pub fn bytes(&self) -> Result<Vec<u8>, base64::DecodeError> {
        match self.encoding {
            FileEncoding::Utf8 => Ok(self.content.clone().into_bytes()),
            FileEncoding::Base64 => base64::engine::general_purpose::STANDARD.decode(&self.content),
        }
    }
}

/// A repository to have in the workspace.
#[apply(message)]
#[derive(Eq)]
#[serde(
    untagged,
    expecting = "is owner/name, an https:// URL without user, query or port, or {upload, branch?}"
)]
pub enum Repository {
    /// `owner/name` or an `https://` URL, cloned inside the sandbox; its host must be allowed.
    Url(
        #[serde(deserialize_with = "names::repository")]
        #[schemars(regex(pattern = names::REPOSITORY_PATTERN))]
        String,
    ),
    /// A git bundle that was uploaded before (`POST /api/v1/uploads`).
    Bundle {
        /// What the upload answered.
        upload: UploadId,
        /// The branch to check out.
        branch: Option<String>,
    },
}

/// `POST /api/v1/tasks`.
#[apply(message)]
#[derive(Eq)]
pub struct CreateTaskRequest {
    /// What the agent shall do: 1 to 100,000 UTF-16 units.
    #[garde(length(utf16, min = *limits::PROMPT_UTF16.start(), max = *limits::PROMPT_UTF16.end()))]
    pub prompt: String,
    /// The caller's own id, or another's with the scope `act-as`.
    pub user_id: UserId,
    /// Where it was asked.
    #[garde(length(utf16, min = 1, max = 64), inner(custom(names::no_control)))]
    #[schemars(regex(pattern = text::NO_CONTROL_PATTERN))]
    pub guild_id: Option<String>,
    /// Resources.
    #[garde(dive)]
    pub config: Option<TaskConfigRequest>,
    /// Initial files of the workspace.
    #[garde(dive, length(max = limits::FILES))]
    pub files: Option<Vec<TaskFile>>,
    /// A public key for SSH access, kept for runtimes that offer it.
    #[garde(length(utf16, max = 8192), inner(custom(names::ssh_key)))]
    #[schemars(regex(pattern = names::SSH_KEY_PATTERN))]
    pub ssh_public_key: Option<String>,
    /// The agent template; the server's default when absent.
    #[garde(inner(custom(names::slug)))]
    #[schemars(regex(pattern = names::SLUG_PATTERN))]
    pub template: Option<String>,
    /// Egress beyond the template's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[garde(length(max = limits::ALLOW_RULES))]
    pub allow: Vec<AllowRule>,
    /// Environment of the agent beyond the template's.
    #[serde(default, skip_serializing_if = "Env::is_empty")]
    #[garde(dive)]
    pub env: Env,
    /// Repositories in the workspace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[garde(dive, length(max = limits::REPOSITORIES))]
    pub repositories: Vec<Repository>,
    /// `discord`, `web`, or another client's name; kept, not interpreted.
    #[garde(inner(custom(names::slug)))]
    #[schemars(regex(pattern = names::SLUG_PATTERN))]
    pub source: Option<String>,
}

/// The largest resources that a task may ask for.
#[derive(Clone, Copy, Debug)]
pub struct ConfigMaxima {
    /// Largest `timeout_minutes`.
    pub timeout_minutes: u32,
    /// Largest `max_memory_mb`.
    pub max_memory_mb: u32,
    /// Largest `vcpu_count`.
    pub vcpu_count: u32,
    /// Largest `storage_gb`.
    pub storage_gb: u32,
}

impl CreateTaskRequest {
    /// Checks what the type itself cannot say: this server's maxima, sizes in bytes and of decoded content, and whether a
    /// key is of the type that it names. An empty list means the request is good, when [`crate::wire::check`] says so too.
    #[must_use]
    pub fn issues(&self, max: &ConfigMaxima) -> Vec<Issue> {
        let mut out = Vec::new();
        let mut issue = |path: String, message: String| out.push(Issue { path, message });
        if let Some(c) = &self.config {
            let mut at_most = |key: &str, v: Option<u32>, max: u32| {
                if let Some(v) = v.filter(|v| *v > max) {
                    issue(format!("config.{key}"), format!("is {v}; allowed are at most {max}"));
                }
            };
            at_most("timeout_minutes", c.timeout_minutes, max.timeout_minutes);
            at_most("max_memory_mb", c.max_memory_mb, max.max_memory_mb);
            at_most("vcpu_count", c.vcpu_count, max.vcpu_count);
            at_most("storage_gb", c.storage_gb, max.storage_gb);
        }
        let mut total = 0;
        for (i, f) in self.files.iter().flatten().enumerate() {
            if let Err(why) = names::safe_relative_name(&f.name) {
                issue(format!("files.{i}.name"), why);
            }
            match f.bytes() {
                Ok(b) if b.len() > limits::FILE_BYTES => {
                    issue(
                        format!("files.{i}.content"),
                        format!("has {} bytes; allowed are {}", b.len(), limits::FILE_BYTES),
                    );
                }
                Ok(b) => total += b.len(),
                Err(e) => issue(format!("files.{i}.content"), format!("is not base64: {e}")),
            }
        }
        if total > limits::FILES_BYTES {
            issue(
                "files".into(),
                format!("have {total} bytes together; allowed are {}", limits::FILES_BYTES),
            );
        }
        if let Some(Err(why)) = self.ssh_public_key.as_deref().map(check_ssh_key) {
            issue("ssh_public_key".into(), why);
        }
        out
    }
}

/// Checks that a public key's base64 is a key of the type that its line names.
///
/// # Errors
/// What is wrong with it.
fn check_ssh_key(key: &str) -> Result<(), String> {
    let mut parts = key.split(' ');
    let kind = parts.next().unwrap_or_default();
    let blob = base64::engine::general_purpose::STANDARD
        .decode(parts.next().unwrap_or_default())
        .map_err(|e| format!("its second field is not base64: {e}"))?;
    let named = blob
        .get(..4)
        .map(|l| u32::from_be_bytes([l[0], l[1], l[2], l[3]]) as usize)
        .and_then(|n| blob.get(4..)?.get(..n));
    if named != Some(kind.as_bytes()) {
        return Err(format!("its base64 is not a key of the type {kind}"));
    }
    Ok(())
}

/// A task as the API shows it. Absent values are `null`, never left out (seed 000).
#[apply(record)]
pub struct TaskResponse {
    /// Unique.
    pub id: TaskId,
    /// The owner.
    pub user_id: UserId,
    /// Where it was asked.
    pub guild_id: Option<String>,
    /// As it was given.
    pub prompt: String,
    /// Now.
    pub status: TaskStatus,
    /// The instance's name; kept after its end.
    pub vm_id: Option<String>,
    /// In force.
    #[garde(dive)]
    pub config: Option<TaskConfig>,
    /// When the task was accepted.
    pub created_at: Timestamp,
    /// When it ran first.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// The agent's exit code; 128 + signal when a signal ended it.
    pub exit_code: Option<i32>,
    /// Why it ended, when not by the agent's own good exit.
    pub error_message: Option<String>,
    /// The task's page; holds no secret.
    pub web_url: String,
    /// How to reach it by SSH, where the runtime offers that.
    pub ssh_command: Option<String>,
    /// The instance's address, where it has one.
    pub ip_address: Option<String>,
    /// The task's session (ours).
    pub session_id: crate::ids::SessionId,
    /// The agent template (ours).
    pub template: String,
    /// The runtime (ours).
    pub runtime: String,
    /// Which client asked (ours).
    pub source: Option<String>,
    /// When it was suspended last (ours).
    pub suspended_at: Option<Timestamp>,
    /// Whether the agent works on a prompt now (ours).
    pub busy: bool,
    /// Prompts that wait (ours).
    pub queued: u32,
    /// Questions that wait for an answer (ours).
    pub pending_permissions: u32,
    /// How the last turn ended: an ACP stop reason, or `error`, `unknown` (ours).
    pub stop_reason: Option<String>,
    /// The newest seq of the log (ours).
    pub last_seq: crate::ids::Seq,
}

/// `GET /api/v1/tasks`.
#[apply(record)]
pub struct TaskListResponse {
    /// Newest first.
    #[garde(dive)]
    pub tasks: Vec<TaskResponse>,
    /// How many match in all.
    #[garde(range(max = limits::SAFE_INTEGER))]
    pub total: u64,
    /// From 1.
    pub page: u32,
    /// 1 to 100.
    pub per_page: u32,
}
