//! The session engine: one owner task per session, which alone appends to its log.
//!
//! - [`Engine`]: the handle that the API uses;
//! - [`options`]: what the operator decides;
//! - [`tail`]: subscriptions, a cursor each;
//! - [`error`]: what can go wrong, with its code.

use std::sync::Arc;

use lia_protocol::{
    api::{InputResponse, PermissionInfo, QueuedPrompt},
    event::{Actor, PermissionAnswered},
    ids::{CommandId, PermissionId, Seq, TaskId, UploadId, UserId},
    runtime::RuntimeInfo,
    task::CreateTaskRequest,
    template::TemplateInfo,
};
use lia_runtime::{Runtime, Stream};
use lia_store::{Store, TaskRecord};

pub mod error;
pub mod options;
pub mod tail;

pub use error::EngineError;
pub use options::Options;
pub use tail::{Slice, Subscription};

/// The engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    store: Arc<dyn Store>,
    runtime: Arc<dyn Runtime>,
}

/// What start-up found and did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recovered {
    /// Instances that went on without the server and are attended to again.
    pub adopted: usize,
    /// Suspended tasks, which wait for their user.
    pub suspended: usize,
    /// Tasks whose instance did not live any more.
    pub lost: usize,
}

/// A request for a new task, checked for its form but not yet for its bounds.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// As it came.
    pub request: CreateTaskRequest,
    /// Who asks (the owner is `request.user_id`; the caller has checked that this is allowed).
    pub by: UserId,
    /// Idempotency-Key and the SHA-256 of the body.
    pub idempotency: Option<(String, [u8; 32])>,
}

impl Engine {
    /// Starts the engine: sweeps, adopts, repairs. Returns when every open task has an owner again.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn start(
        options: Options,
        store: Arc<dyn Store>,
        runtime: Arc<dyn Runtime>,
        gateway: lia_gateway::Gateway,
    ) -> Result<(Self, Recovered), EngineError> {
        todo!()
    }

    /// Stops attending to sessions; instances live on. With `instances` they are ended first.
    pub async fn stop(&self, instances: bool) {
        todo!()
    }

    /// Accepts a task: the record, the first prompt and their events are durable when this returns.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` (template, upload), `IdempotencyConflict`, `Unavailable` (disk reserve), store errors.
    pub async fn create(&self, new: NewTask) -> Result<TaskRecord, EngineError> {
        todo!()
    }

    /// Suspends a running task and returns when it is suspended.
    pub async fn suspend(&self, task: TaskId, by: Actor) -> Result<TaskRecord, EngineError> {
        todo!()
    }

    /// Resumes a suspended task and returns when it runs.
    pub async fn resume(&self, task: TaskId, by: Actor) -> Result<TaskRecord, EngineError> {
        todo!()
    }

    /// Ends a task in any state and removes its instance, disk and files. Idempotent.
    pub async fn terminate(&self, task: TaskId, by: Actor) -> Result<(), EngineError> {
        todo!()
    }

    /// Ends it and removes record and log too.
    pub async fn purge(&self, task: TaskId, by: Actor) -> Result<(), EngineError> {
        todo!()
    }

    /// Input: bytes to a terminal, a prompt to an ACP agent (queued while busy; resumes a suspended task).
    pub async fn input(&self, task: TaskId, by: Actor, id: Option<CommandId>, data: String) -> Result<InputResponse, EngineError> {
        todo!()
    }

    /// Cancels the running turn.
    pub async fn cancel(&self, task: TaskId, by: Actor) -> Result<InputResponse, EngineError> {
        todo!()
    }

    /// The terminal's size.
    pub async fn resize(&self, task: TaskId, cols: u16, rows: u16) -> Result<(), EngineError> {
        todo!()
    }

    /// Prompts that wait.
    pub async fn queue(&self, task: TaskId) -> Result<Vec<QueuedPrompt>, EngineError> {
        todo!()
    }

    /// Takes a waiting prompt back.
    pub async fn withdraw(&self, task: TaskId, command: CommandId, by: Actor) -> Result<(), EngineError> {
        todo!()
    }

    /// Open questions.
    pub async fn permissions(&self, task: TaskId) -> Result<Vec<PermissionInfo>, EngineError> {
        todo!()
    }

    /// Answers a question; the first answer wins. `Err(InvalidState)` when it was answered already.
    pub async fn answer(
        &self,
        task: TaskId,
        permission: PermissionId,
        option_id: Option<String>,
        by: Actor,
    ) -> Result<PermissionAnswered, EngineError> {
        todo!()
    }

    /// A cursor into a task's log.
    pub async fn subscribe(&self, task: &TaskRecord, after: Seq) -> Result<Subscription, EngineError> {
        todo!()
    }

    /// A connection to the instance's host API (HTTP/1.1), past the preamble. 409 when it does not run.
    pub async fn host_api(&self, task: &TaskRecord) -> Result<Box<dyn Stream>, EngineError> {
        todo!()
    }

    /// Where an upload's bytes go; swept after a day when no task took it.
    pub fn upload_path(&self, id: UploadId) -> std::path::PathBuf {
        self.shared.options.data_dir.join("uploads").join(id.to_string())
    }

    /// What isolation is in force.
    pub async fn runtimes(&self) -> Vec<RuntimeInfo> {
        vec![self.shared.runtime.info().await]
    }

    /// The agent templates and what is missing for each.
    pub fn templates(&self) -> Vec<TemplateInfo> {
        todo!()
    }

    /// Installs an agent; progress lines come through the channel.
    pub async fn install_agent(&self, name: &str, progress: tokio::sync::mpsc::Sender<String>) -> Result<String, EngineError> {
        todo!()
    }

    /// The store, for reads.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.shared.store
    }

    /// What the operator decided.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.shared.options
    }
}
