//! The session engine: one owner task per session, which alone appends to its log.
//!
//! - [`Engine`]: the handle that the API uses;
//! - [`options`]: what the operator decides; [`spec`]: what is kept of a request; [`templates`]: how agents are started;
//! - [`create`]: from a request to a durable task; [`sessions`]: the same without a first prompt, its queue and settings;
//! - [`messages`]: the queue across sessions;
//! - [`sandboxes`]: what owners do to their sandboxes, alone in them or not;
//! - [`registered`]: agent templates that can be changed; [`instances`]: named instances; [`seal`]: what is kept encrypted;
//! - [`owner`]: the session's owner; [`recover`]: what start-up repairs;
//! - [`link`]: the control link; [`import`]: the host API; [`kept`]: files of tasks without processes;
//! - [`terminals`]: a person's terminals; [`ledger`]: what runtimes made;
//! - [`agents`]: installing agents, in a sandbox of their own; [`authorities`]: certificates inside;
//! - [`tail`]: subscriptions, a cursor each; [`follow`]: the same for seed 003's view, and word of new sessions;
//! - [`upkeep`]: what expires, by [`clock`];
//! - [`failpoint`]: steps at which tests kill the server;
//! - [`error`]: what can go wrong, with its code.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

use lia_gateway::{Gateway, Policy};
use lia_protocol::{
    api::{InputResponse, PermissionInfo, QueuedPrompt},
    boot::PORT_HOST_API,
    event::{Actor, PermissionAnswered},
    ids::{CommandId, InstanceId, PermissionId, Seq, SessionId, TaskId, UserId},
    link::Order,
    runtime::RuntimeStatus,
    secret::Secret,
    task::TaskStatus,
    template::TemplateInfo,
};
use lia_runtime::{Ledger, Runtime, Stream};
use lia_store::{CommandRecord, CommandState, Head, Op, Store, TaskPatch, TaskRecord, Txn};
use sha2::{Digest as _, Sha256};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub mod agents;
mod authorities;
pub mod clock;
pub mod create;
pub mod error;
mod failpoint;
pub mod follow;
mod import;
mod instances;
mod kept;
mod ledger;
pub(crate) mod link;
pub mod messages;
pub mod options;
pub mod owner;
pub mod recover;
mod registered;
mod sandboxes;
mod seal;
pub mod sessions;
pub mod spec;
pub mod tail;
pub mod templates;
pub mod terminals;
pub mod upkeep;

pub use clock::Clock;
pub use create::NewTask;
pub use error::EngineError;
pub use follow::{Follower, Made, NewsReader};
pub use messages::NewMessage;
pub use options::{Options, Retention};
pub use owner::Prompted;
pub use recover::Recovered;
pub use sessions::{NewSession, SessionAgent};
pub use tail::{Slice, Subscription};

use owner::{Ending, Finish, InstanceState, Msg, Owner, Reply};
use spec::TaskSpec;
use tail::Tail;
use templates::Templates;

use crate::webhooks::Webhooks;

/// Requests that wait for one session's owner.
const REQUESTS: usize = 256;

/// The engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

/// What all owners share.
pub struct Shared {
    options: Options,
    store: Arc<dyn Store>,
    runtime: Arc<dyn Runtime>,
    gateway: Gateway,
    templates: Templates,
    /// From which instances' secrets are derived, so that none is stored.
    secret: Secret,
    seal: crate::seal::Seal,
    stopping: CancellationToken,
    failpoints: failpoint::Failpoints,
    sessions: Mutex<HashMap<TaskId, Session>>,
    kept: kept::Kept,
    sandboxes: sandboxes::Sandboxes,
    /// Held while a session is given its sandbox.
    joining: tokio::sync::Mutex<()>,
    webhooks: Webhooks,
    follow: follow::Follow,
    /// Held while a registered template changes, from its reading to its writing.
    changing_templates: tokio::sync::Mutex<()>,
    /// Whether questions are answered by Lia, where a session's own settings do not say.
    auto_approve: AtomicBool,
    /// Tasks that end by themselves once the engine stops.
    background: TaskTracker,
}

/// What is to be done with a workspace's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Look at them.
    Read,
    /// Change them.
    Write,
}

/// A task that has an owner.
struct Session {
    session: SessionId,
    user: UserId,
    requests: mpsc::Sender<Msg>,
    tail: Arc<Tail>,
    owner: JoinHandle<()>,
}

/// What is known of a session without asking its owner.
struct Whose {
    id: TaskId,
    session: SessionId,
    user: UserId,
}

impl Whose {
    fn of(task: &TaskRecord) -> Self {
        Self { id: task.id, session: task.session, user: task.user.clone() }
    }
}

impl Shared {
    fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::new(ledger::StoreLedger(self.store.clone()))
    }

    /// The secret that opens an instance's ports: derived, never stored.
    fn instance_secret(&self, id: InstanceId) -> Secret {
        let mut h = Sha256::new();
        h.update(b"lia instance ");
        h.update(self.secret.expose().as_bytes());
        h.update(id.0.as_bytes());
        Secret::from_bytes(h.finalize().into())
    }

    /// What a task's instance may reach.
    fn policy(&self, spec: &TaskSpec) -> Policy {
        Policy { allow: spec.allow.clone(), providers: spec.template.providers.iter().cloned().collect() }
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<TaskId, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a task its owner.
    async fn attend(self: &Arc<Self>, task: TaskRecord) -> Result<(), EngineError> {
        let whose = Whose::of(&task);
        let (requests, rx) = mpsc::channel(REQUESTS);
        let (mut owner, tail) = Owner::load(self.clone(), task, rx).await?;
        self.own(whose, requests, tail, async move {
            owner.take_up().await;
            owner.run().await
        });
        Ok(())
    }

    /// Gives a task that has just been made its owner.
    fn attend_new(
        self: &Arc<Self>,
        task: TaskRecord,
        spec: TaskSpec,
        head: Head,
        first: Option<CommandRecord>,
    ) {
        let whose = Whose::of(&task);
        let (requests, rx) = mpsc::channel(REQUESTS);
        let (mut owner, tail) = Owner::of_new(self.clone(), task, spec, head, first, rx);
        let (id, user) = (whose.id, whose.user.clone());
        self.own(whose, requests, tail, async move {
            owner.start();
            owner.run().await
        });
        self.follow.tell(id, user);
    }

    fn own(
        self: &Arc<Self>,
        Whose { id, session, user }: Whose,
        requests: mpsc::Sender<Msg>,
        tail: Arc<Tail>,
        life: impl Future<Output = Finish> + Send + 'static,
    ) {
        let shared = self.clone();
        let (go, gone) = oneshot::channel::<()>();
        // Boxed: as a part of the task it would have its place there twice, before and while it runs.
        let life = Box::pin(life);
        let handle = tokio::spawn(async move {
            if gone.await.is_ok() && life.await == Finish::Terminated {
                shared.sessions().remove(&id);
            }
        });
        self.sessions().insert(id, Session { session, user, requests, tail, owner: handle });
        let _ = go.send(());
    }

    /// Removes what a terminated task left: instance, disk, files.
    async fn remove_instance(self: &Arc<Self>, task: &TaskRecord) -> Result<(), EngineError> {
        if !task.cleanup {
            let patch = TaskPatch { cleanup: Some(true), ..TaskPatch::default() };
            let op =
                Op::UpdateTask { id: task.id, expect: vec![TaskStatus::Terminated], patch: Box::new(patch) };
            self.store.commit(Txn::power(vec![op])).await?;
        }
        self.remove_sandbox(task).await?;
        let patch = TaskPatch { removed: Some(true), cleanup: Some(false), ..TaskPatch::default() };
        let op = Op::UpdateTask { id: task.id, expect: vec![TaskStatus::Terminated], patch: Box::new(patch) };
        self.store.commit(Txn::process(vec![op])).await?;
        Ok(())
    }
}

impl Engine {
    /// Stops attending to sessions; instances live on. With `instances` their tasks are ended first, workspaces kept.
    pub async fn stop(&self, instances: bool) {
        if instances {
            let open: Vec<_> = self.shared.sessions().values().map(|s| s.requests.clone()).collect();
            let ends = open.into_iter().map(|requests| async move {
                let (reply, answer) = oneshot::channel();
                if requests
                    .send(Msg::Terminate { by: Actor::System, ending: Ending::Down, reply })
                    .await
                    .is_ok()
                {
                    let _ = answer.await;
                }
            });
            futures_util::future::join_all(ends).await;
        }
        self.shared.stopping.cancel();
        let owners: Vec<_> = self.shared.sessions().drain().map(|(_, s)| s.owner).collect();
        for owner in owners {
            // The request channel is gone with the map's entry; the owner ends after what it is committing.
            let _ = owner.await;
        }
        self.shared.background.close();
        self.shared.background.wait().await;
    }

    /// Tasks that are attended to: those whose instance lives on when the server stops.
    #[must_use]
    pub fn open_tasks(&self) -> usize {
        self.shared.sessions().len()
    }

    async fn ask<T>(&self, task: TaskId, msg: impl FnOnce(Reply<T>) -> Msg) -> Result<T, EngineError> {
        let requests = self.shared.sessions().get(&task).map(|s| s.requests.clone());
        if let Some(requests) = requests {
            let (reply, answer) = oneshot::channel();
            if requests.send(msg(reply)).await.is_ok()
                && let Ok(result) = answer.await
            {
                return result;
            }
        }
        if self.shared.stopping.is_cancelled() {
            return Err(EngineError::Unavailable("the server is stopping; try again in a moment".into()));
        }
        match self.shared.store.task(task).await? {
            None => Err(EngineError::NoTask(task.to_string())),
            Some(t) if t.status == TaskStatus::Terminated => {
                Err(EngineError::InvalidState("the task is terminated".into()))
            }
            Some(_) => Err(EngineError::Unavailable(
                "the task is not attended to right now; try again in a moment".into(),
            )),
        }
    }

    async fn record(&self, task: TaskId) -> Result<TaskRecord, EngineError> {
        self.shared.store.task(task).await?.ok_or_else(|| EngineError::NoTask(task.to_string()))
    }

    /// Suspends a running task and returns when it is suspended.
    ///
    /// # Errors
    /// `InvalidState`, `NoTask`, runtime and store errors.
    pub async fn suspend(&self, task: TaskId, by: Actor) -> Result<TaskRecord, EngineError> {
        self.ask(task, |reply| Msg::Suspend { by, reply }).await?;
        self.record(task).await
    }

    /// Resumes a suspended task and returns when it runs.
    ///
    /// # Errors
    /// `InvalidState`, `NoTask`, runtime and store errors.
    pub async fn resume(&self, task: TaskId, by: Actor) -> Result<TaskRecord, EngineError> {
        self.ask(task, |reply| Msg::Resume { by, reply }).await?;
        self.record(task).await
    }

    /// Ends a task in any state and removes its instance, disk and files; record and log stay. Idempotent.
    ///
    /// # Errors
    /// `NoTask`, runtime and store errors; what remains is removed at the next attempt or start.
    pub async fn terminate(&self, task: TaskId, by: Actor) -> Result<(), EngineError> {
        match self.ask(task, |reply| Msg::Terminate { by, ending: Ending::Deleted, reply }).await {
            Err(EngineError::InvalidState(_)) => {
                let record = self.record(task).await?;
                if !record.removed {
                    self.shared.remove_instance(&record).await?;
                }
                Ok(())
            }
            other => other,
        }
    }

    /// Ends a task in any state; its workspace stays as that of one that ended by itself.
    ///
    /// # Errors
    /// `InvalidState` when it has ended, `NoTask`, runtime and store errors.
    pub async fn end(&self, task: TaskId, by: Actor) -> Result<(), EngineError> {
        self.ask(task, |reply| Msg::Terminate { by, ending: Ending::User, reply }).await
    }

    /// Ends it and removes record and log too.
    ///
    /// # Errors
    /// As [`Self::terminate`].
    pub async fn purge(&self, task: TaskId, by: Actor) -> Result<(), EngineError> {
        self.terminate(task, by).await?;
        Ok(self.shared.store.purge(task).await?)
    }

    /// Input: bytes to a terminal, a prompt to an ACP agent (queued while busy; resumes a suspended task).
    ///
    /// # Errors
    /// `Invalid`, `QueueFull`, `InvalidState` (terminated), `NoTask`, store errors.
    pub async fn input(
        &self,
        task: TaskId,
        by: Actor,
        id: Option<CommandId>,
        data: String,
    ) -> Result<InputResponse, EngineError> {
        self.ask(task, |reply| Msg::Input { by, id, data, reply }).await
    }

    /// Cancels the running turn.
    ///
    /// # Errors
    /// `InvalidState` when nothing runs.
    pub async fn cancel(&self, task: TaskId, by: Actor) -> Result<InputResponse, EngineError> {
        self.ask(task, |reply| Msg::Cancel { by, reply }).await
    }

    /// The terminal's size.
    ///
    /// # Errors
    /// `NoTask`, `InvalidState`.
    pub async fn resize(&self, task: TaskId, cols: u16, rows: u16) -> Result<(), EngineError> {
        let requests = self.shared.sessions().get(&task).map(|s| s.requests.clone());
        match requests {
            Some(r) => {
                let _ = r.send(Msg::Resize { cols, rows }).await;
                Ok(())
            }
            None => {
                self.record(task).await.and(Err(EngineError::InvalidState("the task does not run".into())))
            }
        }
    }

    /// Prompts that wait.
    ///
    /// # Errors
    /// `NoTask`, store errors.
    pub async fn queue(&self, task: TaskId) -> Result<Vec<QueuedPrompt>, EngineError> {
        let record = self.record(task).await?;
        let waiting = self.shared.store.commands(record.session, &[CommandState::Pending]).await?;
        let prompts = waiting.into_iter().filter_map(|c| match c.order {
            Order::Prompt { text } | Order::Input { data: text } => Some((c.id, text, c.accepted_at)),
            Order::Cancel | Order::Permission { .. } | Order::Signal { .. } | Order::Shutdown { .. } => None,
        });
        Ok((0..)
            .zip(prompts)
            .map(|(position, (id, text, queued_at))| QueuedPrompt { id, text, position, queued_at })
            .collect())
    }

    /// Takes a waiting prompt back.
    ///
    /// # Errors
    /// `NotFound` when it does not wait (any more).
    pub async fn withdraw(&self, task: TaskId, command: CommandId, by: Actor) -> Result<(), EngineError> {
        self.ask(task, |reply| Msg::Withdraw { id: command, by, reply }).await
    }

    /// Open questions, oldest first.
    ///
    /// # Errors
    /// `NoTask`, store errors.
    pub async fn permissions(&self, task: TaskId) -> Result<Vec<PermissionInfo>, EngineError> {
        let record = self.record(task).await?;
        let open = self.shared.store.open_permissions(record.session).await?;
        Ok(open.into_iter().map(|p| PermissionInfo::new(p.request, task, p.requested_at, p.seq)).collect())
    }

    /// Answers a question; the first answer wins.
    ///
    /// # Errors
    /// `InvalidState` when it was answered already, `NotFound`, `Invalid` for an option that was not offered.
    pub async fn answer(
        &self,
        task: TaskId,
        permission: PermissionId,
        option_id: Option<String>,
        by: Actor,
    ) -> Result<PermissionAnswered, EngineError> {
        self.ask(task, |reply| Msg::Answer { id: permission, option_id, by, reply }).await
    }

    /// A cursor into a task's log.
    ///
    /// # Errors
    /// Store errors.
    pub async fn subscribe(&self, task: &TaskRecord, after: Seq) -> Result<Subscription, EngineError> {
        let tail = self.shared.sessions().get(&task.id).map(|s| s.tail.clone());
        let tail = match tail {
            Some(t) => t,
            None => {
                let head = self.shared.store.head(task.session).await?;
                Arc::new(Tail::new(tail::Head { seq: head.last_seq, complete: true }))
            }
        };
        Ok(Subscription::new(task.session, after, tail, self.shared.store.clone()))
    }

    /// A connection to the host API (HTTP/1.1) of a task's instance, past the preamble. The files of one that ended by
    /// itself or is parked are opened for reading.
    ///
    /// # Errors
    /// `InvalidState` when the task's state does not allow it; what to do about it is said.
    pub async fn host_api(&self, task: &TaskRecord, access: Access) -> Result<Box<dyn Stream>, EngineError> {
        if let Some(record) = InstanceState::of(task).record.filter(|_| task.status == TaskStatus::Running) {
            let secret = self.shared.instance_secret(task.instance);
            match link::dial(&*self.shared.runtime, &record, &secret, PORT_HOST_API).await {
                Ok(io) => return Ok(io),
                // It may have ended since the record was read.
                Err(e) if access == Access::Write || self.record(task.id).await?.status == task.status => {
                    return Err(e);
                }
                Err(_) => {}
            }
        }
        if access == Access::Write {
            return Err(EngineError::InvalidState(format!(
                "the task is {}; its files can be changed while it runs",
                task.status.as_str()
            )));
        }
        self.shared.read_kept(&self.record(task.id).await?).await
    }

    /// What isolation is in force.
    pub async fn runtimes(&self) -> Vec<RuntimeStatus> {
        vec![self.shared.runtime.info().await]
    }

    /// The agent templates and what is missing for each.
    #[must_use]
    pub fn templates(&self) -> Vec<TemplateInfo> {
        self.shared.templates.list(&self.shared.options)
    }

    /// Who is told outside.
    #[must_use]
    pub fn webhooks(&self) -> &Webhooks {
        &self.shared.webhooks
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
