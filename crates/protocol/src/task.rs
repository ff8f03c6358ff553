//! Tasks over REST: the schemas of seed 000, with Lia's optional additions.

use std::collections::BTreeMap;

use base64::Engine as _;
use macro_rules_attribute::apply;

use crate::{
    error::Issue,
    host::AllowRule,
    ids::{TaskId, UploadId, UserId},
    limits,
    schema::MAX_SAFE,
    time::Timestamp,
    wire::{message, record, word},
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
                | (Starting, Running)
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
    pub timeout_minutes: Option<u32>,
    /// Memory in MiB.
    pub max_memory_mb: Option<u32>,
    /// CPU cores.
    pub vcpu_count: Option<u32>,
    /// Disk in GiB.
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
#[serde(untagged)]
pub enum Repository {
    /// `owner/name` or an `https://` URL, cloned inside the sandbox; its host must be allowed.
    Url(String),
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
    pub guild_id: Option<String>,
    /// Resources.
    #[garde(dive)]
    pub config: Option<TaskConfigRequest>,
    /// Initial files of the workspace.
    #[garde(dive, length(max = limits::FILES))]
    pub files: Option<Vec<TaskFile>>,
    /// A public key for SSH access, kept for runtimes that offer it.
    pub ssh_public_key: Option<String>,
    /// The agent template; the server's default when absent.
    pub template: Option<String>,
    /// Egress beyond the template's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<AllowRule>,
    /// Environment of the agent beyond the template's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Repositories in the workspace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repositories: Vec<Repository>,
    /// `discord`, `web`, or another client's name; kept, not interpreted.
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
    /// Checks every bound that serde cannot; an empty list means the request is good.
    #[must_use]
    pub fn issues(&self, max: &ConfigMaxima) -> Vec<Issue> {
        let mut out = Vec::new();
        let mut issue = |path: String, message: String| out.push(Issue { path, message });
        let units = self.prompt.encode_utf16().count();
        if !limits::PROMPT_UTF16.contains(&units) {
            issue(
                "prompt".into(),
                format!("has {units} characters; allowed are 1 to {}", limits::PROMPT_UTF16.end()),
            );
        }
        if self
            .guild_id
            .as_ref()
            .is_some_and(|g| g.is_empty() || g.chars().count() > 64 || g.chars().any(char::is_control))
        {
            issue("guild_id".into(), "has 1 to 64 characters and no control characters".into());
        }
        if let Some(c) = &self.config {
            let mut range = |key: &str, v: Option<u32>, min: u32, max: u32| {
                if let Some(v) = v.filter(|v| !(min..=max).contains(v)) {
                    issue(format!("config.{key}"), format!("is {v}; allowed are {min} to {max}"));
                }
            };
            range("timeout_minutes", c.timeout_minutes, 1, max.timeout_minutes);
            range("max_memory_mb", c.max_memory_mb, 64, max.max_memory_mb);
            range("vcpu_count", c.vcpu_count, 1, max.vcpu_count);
            range("storage_gb", c.storage_gb, 1, max.storage_gb);
        }
        let files = self.files.as_deref().unwrap_or_default();
        if files.len() > limits::FILES {
            issue("files".into(), format!("has {} files; allowed are {}", files.len(), limits::FILES));
        }
        let mut total = 0;
        for (i, f) in files.iter().enumerate() {
            if let Err(why) = safe_relative_name(&f.name) {
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
        if self.allow.len() > limits::ALLOW_RULES {
            issue(
                "allow".into(),
                format!("has {} rules; allowed are {}", self.allow.len(), limits::ALLOW_RULES),
            );
        }
        if self.env.len() > limits::ENV_VARS {
            issue(
                "env".into(),
                format!("has {} variables; allowed are {}", self.env.len(), limits::ENV_VARS),
            );
        }
        for (k, v) in &self.env {
            if let Err(why) = check_env(k, v) {
                issue(format!("env.{k}"), why);
            }
        }
        if self.repositories.len() > 10 {
            issue("repositories".into(), format!("has {} entries; allowed are 10", self.repositories.len()));
        }
        for (i, r) in self.repositories.iter().enumerate() {
            if let Repository::Url(u) = r
                && let Err(why) = repository_url(u)
            {
                issue(format!("repositories.{i}"), why);
            }
        }
        if self.template.as_ref().is_some_and(|t| !is_slug(t)) {
            issue(
                "template".into(),
                "is a template's name: letters, digits, '-', '_' and '.', at most 64".into(),
            );
        }
        if self.source.as_ref().is_some_and(|t| !is_slug(t)) {
            issue(
                "source".into(),
                "is a client's name: letters, digits, '-', '_' and '.', at most 64".into(),
            );
        }
        out
    }
}

fn is_slug(s: &str) -> bool {
    (1..=64).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// The URL that a [`Repository::Url`] stands for: itself, or GitHub's for `owner/name`.
///
/// # Errors
/// What is wrong with the text.
pub fn repository_url(text: &str) -> Result<String, String> {
    let plain = |s: &str| {
        !s.is_empty()
            && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~/".contains(&b))
            && !s.contains("..")
    };
    let why = || format!("{text:?} is neither owner/name nor an https:// URL without user, query or port");
    if let Some(rest) = text.strip_prefix("https://") {
        let (host, path) = rest.split_once('/').ok_or_else(why)?;
        if crate::host::HostName::parse(host).is_ok() && plain(path) {
            Ok(text.to_owned())
        } else {
            Err(why())
        }
    } else {
        match text.split_once('/') {
            Some((o, n))
                if plain(o)
                    && plain(n)
                    && !o.starts_with(['-', '.', '/'])
                    && !n.contains('/')
                    && !n.starts_with('-') =>
            {
                Ok(format!("https://github.com/{text}"))
            }
            _ => Err(why()),
        }
    }
}

/// Checks that a name stays below the folder that it is joined to.
///
/// # Errors
/// What is wrong with it.
pub fn safe_relative_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > limits::FILE_NAME_BYTES {
        return Err(format!("has {} bytes; allowed are 1 to {}", name.len(), limits::FILE_NAME_BYTES));
    }
    if name.contains(['\0', '\\']) || name.chars().any(char::is_control) {
        return Err("holds a control character or a backslash".into());
    }
    if name.split('/').any(|part| part.is_empty() || part == "." || part == ".." || part.len() > 255) {
        return Err("is a relative path such as src/main.py, without '.', '..' or empty parts".into());
    }
    Ok(())
}

/// Checks an environment variable.
///
/// # Errors
/// What is wrong with it.
pub fn check_env(name: &str, value: &str) -> Result<(), String> {
    let b = name.as_bytes();
    let good = (1..=128).contains(&b.len())
        && !b[0].is_ascii_digit()
        && b.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'_');
    if !good {
        return Err("the name has 1 to 128 letters, digits and '_', and no digit first".into());
    }
    if name.starts_with("LD_") {
        return Err("LD_* variables are not passed on".into());
    }
    if value.len() > limits::ENV_VALUE_BYTES || value.contains('\0') {
        return Err(format!("the value has at most {} bytes and no NUL", limits::ENV_VALUE_BYTES));
    }
    Ok(())
}

/// Checks a public key line: a known type, base64 whose first field names the same type, one line.
///
/// # Errors
/// What is wrong with it.
pub fn check_ssh_key(key: &str) -> Result<(), String> {
    const TYPES: &[&str] = &[
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    ];
    if key.len() > 8192 || key.chars().any(char::is_control) {
        return Err("is one line of at most 8192 bytes without control characters".into());
    }
    let mut parts = key.split(' ');
    let kind = parts.next().unwrap_or_default();
    if !TYPES.contains(&kind) {
        return Err(format!("has the type {kind:?}; allowed are {}", TYPES.join(", ")));
    }
    let blob = base64::engine::general_purpose::STANDARD
        .decode(parts.next().unwrap_or_default())
        .map_err(|e| format!("its second field is not base64: {e}"))?;
    let named = blob
        .get(..4)
        .map(|l| u32::from_be_bytes([l[0], l[1], l[2], l[3]]) as usize)
        .and_then(|n| blob.get(4..4 + n));
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
    #[garde(range(max = MAX_SAFE.unsigned_abs()))]
    pub total: u64,
    /// From 1.
    pub page: u32,
    /// 1 to 100.
    pub per_page: u32,
}
