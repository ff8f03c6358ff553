//! What the operator decides about tasks; made from the configuration.

use std::{path::PathBuf, time::Duration};

use lia_protocol::task::{ConfigMaxima, TaskConfig};

use super::clock::Clock;

/// The engine's settings.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data folder.
    pub data_dir: PathBuf,
    /// Where installed agents lie, one folder per name and version.
    pub agents_dir: PathBuf,
    /// What absent `config` keys become.
    pub defaults: TaskConfig,
    /// What they may not exceed.
    pub maxima: ConfigMaxima,
    /// Templates of the operator's own, in the form of `agents/templates.toml`; one with a built-in name replaces it.
    pub templates_file: Option<PathBuf>,
    /// The template of a request without one.
    pub default_template: String,
    /// Idle time (no turn, no input, no output) after which a task is suspended; zero never.
    pub idle_timeout: Duration,
    /// Time after which a suspended agent that offers `session/load` is parked; zero never.
    pub park_after: Duration,
    /// Time after which a suspended task that nobody wakes is ended; zero never.
    pub end_after: Duration,
    /// Time after which a question that nobody has answered is refused; zero never.
    pub question_after: Duration,
    /// Whether a runtime has a single named instance, whose sandbox all sessions share.
    pub only_one: bool,
    /// How long an agent has at its end before SIGTERM, and again before SIGKILL.
    pub grace: Duration,
    /// Bytes of a task's log: a warning at 80 %, the end of the task beyond 100 %.
    pub log_quota: u64,
    /// PTY bytes that are kept per task.
    pub pty_keep: u64,
    /// Free bytes of the data disk below which new tasks are refused.
    pub disk_reserve: u64,
    /// A CA bundle to show inside instances besides the host's (a company's proxy).
    pub ca_file: Option<PathBuf>,
    /// Who is told outside.
    pub webhooks: crate::webhooks::Options,
    /// How long things are kept that nobody uses any more.
    pub retention: Retention,
    /// Between two rounds of upkeep; zero: only when it is asked for.
    pub upkeep_every: Duration,
    /// The time of day.
    pub clock: Clock,
    /// Variables for every agent.
    pub agent_env: std::collections::BTreeMap<String, String>,
    /// Steps at which the server or a sidecar kills itself; for tests.
    pub failpoints: Vec<String>,
    /// Providers that have a key (names of the broker's routes).
    pub providers: Vec<String>,
}

/// How long things are kept that nobody uses any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The workspace of an ended task; zero is for ever.
    pub workspaces: Duration,
    /// What a request with an Idempotency-Key made.
    pub idempotency: Duration,
    /// An upload that no task uses.
    pub uploads: Duration,
    /// A webhook's delivery after its end.
    pub deliveries: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 3600);
        Self { workspaces: 30 * day, idempotency: day, uploads: day, deliveries: 30 * day }
    }
}
