//! Sessions: tasks without a first prompt, driven prompt by prompt. Their record, log and owner are a task's.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use lia_gateway::Policy;
use lia_protocol::{
    error::Issue,
    event::Actor,
    host::AllowRule,
    ids::{CommandId, TaskId, UserId},
    link::Order,
    secret::Secret,
    sessions::{AgentSpawn, PromptMode, PromptQueueItem, PromptQueueState, WebhookRegistration},
    task::TaskStatus,
    template::{AgentMode, AgentTemplate},
};
use lia_store::{CommandState, Head, Op, StoreError, TaskRecord, Txn};
use subtle::ConstantTimeEq as _;

use super::{
    Engine, EngineError, Shared,
    create::first_ops,
    owner::{InstanceState, Msg, Prompted},
    registered::Resolved,
    spec::TaskSpec,
};

/// The template's name of a session that was started with a command of its own.
const INLINE: &str = "inline";
/// Where an agent runs when nothing else is said.
pub const WORKSPACE: &str = "/workspace";
/// Under which name the store keeps whether Lia answers questions by itself.
const AUTO_APPROVE: &str = "sessions.auto_approve";

/// How a session's agent is started.
#[derive(Clone, Debug)]
pub enum SessionAgent {
    /// As a template says.
    Template(String),
    /// With this command.
    Spawn(AgentSpawn, Option<String>),
}

/// A request for a new session.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id, where the caller gives one.
    pub id: Option<TaskId>,
    /// Whose it is, and who asks.
    pub user: UserId,
    /// How its agent is started.
    pub agent: SessionAgent,
    /// Where the agent runs.
    pub cwd: Option<String>,
    /// What it is about.
    pub title: Option<String>,
    /// A script that runs before the agent.
    pub setup: Option<String>,
    /// More variables for the agent.
    pub env: BTreeMap<String, String>,
    /// The named instance that it belongs to.
    pub instance_name: Option<String>,
    /// Who is told what happens in it.
    pub webhooks: Vec<WebhookRegistration>,
    /// Where a runtime host tells what happens in it.
    pub callback_url: Option<String>,
    /// What its sandbox may reach beside what its agent's template says.
    pub allow: Vec<AllowRule>,
}

impl Shared {
    /// Reads the settings that hold for all sessions.
    pub(super) async fn load_settings(&self) -> Result<(), EngineError> {
        let auto = self.store.setting(AUTO_APPROVE).await?.is_some_and(|v| v == "true");
        self.auto_approve.store(auto, Ordering::Relaxed);
        Ok(())
    }

    /// How a session's agent is started, and the template's name.
    async fn agent_of(&self, agent: SessionAgent) -> Result<Result<(Resolved, String), Issue>, EngineError> {
        let (resolved, name, path) = match agent {
            SessionAgent::Template(id) => match self.resolve(&id).await? {
                Some(resolved) => (resolved, id, "agentTemplateId"),
                None => {
                    let id: String = id.chars().take(80).collect();
                    let message = format!("Unknown agent template \"{id}\"");
                    return Ok(Err(Issue { path: "agentTemplateId".into(), message }));
                }
            },
            SessionAgent::Spawn(spawn, name) => {
                let template = inline(spawn, name);
                let resolved = Resolved { template, env: BTreeMap::new(), setup: None };
                (resolved, INLINE.to_owned(), "spawn.command")
            }
        };
        Ok(match self.templates.missing(&resolved.template, &self.options) {
            Some(message) => Err(Issue { path: path.into(), message }),
            None => Ok((resolved, name)),
        })
    }
}

/// A template for a command: nothing to install, and no way out but what the operator opened for everybody.
pub(super) fn inline(spawn: AgentSpawn, name: Option<String>) -> AgentTemplate {
    let name = name.map(|n| n.trim().to_owned()).filter(|n| !n.is_empty());
    let title = name.unwrap_or_else(|| {
        std::iter::once(&spawn.command).chain(&spawn.args).map(String::as_str).collect::<Vec<_>>().join(" ")
    });
    AgentTemplate {
        name: INLINE.to_owned(),
        title,
        command: spawn.command,
        args: spawn.args,
        env: BTreeMap::new(),
        home_files: BTreeMap::new(),
        mode: AgentMode::Acp,
        authenticate: None,
        install: None,
        providers: Vec::new(),
        allow: Vec::new(),
        auto_allow: false,
    }
}

/// A folder inside: absolute, or relative to the workspace; without `..`.
fn inside(cwd: &str) -> Result<String, Issue> {
    let wrong = cwd.is_empty()
        || cwd.len() > lia_protocol::limits::PATH_BYTES
        || cwd.contains('\0')
        || cwd.split('/').any(|part| part == "..");
    if wrong {
        let message = "is a path inside the instance, without \"..\"".to_owned();
        return Err(Issue { path: "cwd".into(), message });
    }
    Ok(if cwd.starts_with('/') { cwd.to_owned() } else { format!("{WORKSPACE}/{cwd}") })
}

impl Engine {
    /// Accepts a session: its record survives the loss of power when this returns; its agent may still be on its way (see
    /// [`Self::ready`]).
    ///
    /// # Errors
    /// `Invalid`, `InvalidState` (the id is taken), `Unavailable` (disk reserve), store errors.
    pub async fn create_session(&self, new: NewSession) -> Result<TaskRecord, EngineError> {
        // Detached: a client that goes away in the middle leaves no half session.
        let engine = self.clone();
        match tokio::spawn(async move { engine.create_session_detached(new).await }).await {
            Ok(r) => r,
            Err(e) => Err(EngineError::Unavailable(format!("the session could not be accepted: {e}"))),
        }
    }

    async fn create_session_detached(&self, new: NewSession) -> Result<TaskRecord, EngineError> {
        let shared = &self.shared;
        let mut issues = Vec::new();
        let cwd = new.cwd.as_deref().map(inside).transpose().map_err(|i| issues.push(i)).unwrap_or_default();
        let agent = shared.agent_of(new.agent).await?.map_err(|i| issues.push(i)).ok();
        let Some((Resolved { template, mut env, setup }, name)) = agent.filter(|_| issues.is_empty()) else {
            return Err(EngineError::Invalid(issues));
        };
        shared.check_disk()?;
        env.extend(new.env);
        let allow: Vec<_> = template.allow.iter().chain(&new.allow).cloned().collect();
        let policy = Policy { allow: allow.clone(), providers: template.providers.iter().cloned().collect() };
        let joining = shared.joining.lock().await;
        let (instance_name, use_instance, sandbox) =
            self.join_instance(&new.user, new.instance_name, &policy).await?;
        let id = new.id.unwrap_or_else(TaskId::new);
        let spec = TaskSpec {
            agent_version: shared.templates.version(&template, &shared.options),
            allow,
            template,
            env: BTreeMap::new(),
            clone: Vec::new(),
            bundles: Vec::new(),
            files: false,
            ssh_public_key: None,
            cwd,
            setup: new.setup.or(setup).filter(|s| !s.trim().is_empty()),
            shared: sandbox.is_some(),
            sealed_env: shared.sealed_env(id, &env)?,
            callback_url: new.callback_url,
        };
        let record = shared.new_record(id, new.user.clone(), &spec, shared.options.clock.now())?;
        let record = TaskRecord {
            instance: sandbox.unwrap_or(record.instance),
            template: name,
            title: new.title,
            instance_name: Some(instance_name),
            ..record
        };
        let webhooks = shared.webhooks.of_session(record.session, &record.user, &new.webhooks)?;
        let mut ops = first_ops(&record, Actor::User(new.user), None);
        // They hear the session from its first event on.
        ops.splice(1..1, webhooks);
        ops.push(use_instance);
        let committed = shared.commit_early(ops).await;
        drop(joining);
        let (done, mut settled) = match committed {
            Ok(committed) => committed,
            Err(StoreError::Conflict { .. }) => {
                return Err(EngineError::InvalidState(format!("there is a session {id} already")));
            }
            Err(e) => return Err(e.into()),
        };
        shared.failpoints.pass("after_create");
        let bytes = done.events.iter().map(|e| e.body.len() as u64).sum();
        let head = Head { last_seq: done.last_seq, bytes, ..Head::default() };
        shared.attend_new(record.clone(), spec, head, None);
        settled.wait().await?;
        Ok(record)
    }

    /// Returns when a session's agent is there: its record as it stands then.
    ///
    /// # Errors
    /// `Start` with the reason when there will be none, `NoTask`, store errors.
    pub async fn ready(&self, task: TaskId) -> Result<TaskRecord, EngineError> {
        let answer = self.ask(task, |reply| Msg::Ready { reply }).await;
        let record = self.record(task).await?;
        match answer {
            Err(EngineError::InvalidState(_)) if record.status == TaskStatus::Terminated => {
                let why = record.error.as_deref().unwrap_or("it ended before its agent was there");
                Err(EngineError::Start(format!("the session could not be started: {why}")))
            }
            Err(e) => Err(e),
            Ok(()) => Ok(record),
        }
    }

    /// A prompt of a session: durable when this returns, whether it waits or is the next thing that the agent does.
    ///
    /// # Errors
    /// `Invalid`, `QueueFull`, `InvalidState` (terminated; a terminal; the agent takes no prompt into a running turn),
    /// `NoTask`, store errors.
    pub async fn prompt(
        &self,
        task: TaskId,
        by: Actor,
        text: String,
        mode: PromptMode,
    ) -> Result<Prompted, EngineError> {
        self.ask(task, |reply| Msg::Prompt { by, text, mode: Some(mode), reply }).await
    }

    /// The same for a caller that keeps a queue of its own: refused unless it is the next thing that the agent does.
    ///
    /// # Errors
    /// `InvalidState` ("Prompt already running"); as [`Self::prompt`].
    pub async fn prompt_alone(&self, task: TaskId, by: Actor, text: String) -> Result<Prompted, EngineError> {
        self.ask(task, |reply| Msg::Prompt { by, text, mode: None, reply }).await
    }

    /// The agent's own name of the session, once it has one.
    #[must_use]
    pub fn acp_session(task: &TaskRecord) -> Option<String> {
        InstanceState::of(task).agent.acp_session
    }

    /// Whether `secret` is the one that opens this task's instance, and no other's.
    #[must_use]
    pub fn is_instances(&self, task: &TaskRecord, secret: &Secret) -> bool {
        let (own, given) = (self.shared.instance_secret(task.instance), secret.expose());
        bool::from(own.expose().as_bytes().ct_eq(given.as_bytes()))
    }

    /// Holds waiting prompts back. The running one goes on. Idempotent.
    ///
    /// # Errors
    /// `InvalidState` (terminated), `NoTask`, store errors.
    pub async fn queue_pause(&self, task: TaskId, by: Actor) -> Result<(), EngineError> {
        self.ask(task, |reply| Msg::Pause { paused: true, by, reply }).await
    }

    /// Lets waiting prompts go on. Idempotent.
    ///
    /// # Errors
    /// As [`Self::queue_pause`].
    pub async fn queue_resume(&self, task: TaskId, by: Actor) -> Result<(), EngineError> {
        self.ask(task, |reply| Msg::Pause { paused: false, by, reply }).await
    }

    /// Takes all waiting prompts back; says how many there were. The running one goes on.
    ///
    /// # Errors
    /// As [`Self::queue_pause`].
    pub async fn queue_clear(&self, task: TaskId, by: Actor) -> Result<u32, EngineError> {
        self.ask(task, |reply| Msg::Clear { by, reply }).await
    }

    /// Puts the waiting prompts into another order.
    ///
    /// # Errors
    /// `Invalid` when `order` does not name each of them once; as [`Self::queue_pause`].
    pub async fn queue_reorder(
        &self,
        task: TaskId,
        order: Vec<String>,
        by: Actor,
    ) -> Result<(), EngineError> {
        self.ask(task, |reply| Msg::Reorder { order, by, reply }).await
    }

    /// Takes one waiting prompt back, by its id as it came.
    ///
    /// # Errors
    /// `NotFound` when no such prompt waits; as [`Self::queue_pause`].
    pub async fn queue_remove(&self, task: TaskId, id: &str, by: Actor) -> Result<(), EngineError> {
        let shown: String = id.chars().take(80).collect();
        let gone = || EngineError::NotFound(format!("queue item \"{shown}\" that waits"));
        let command: CommandId = id.parse().map_err(|_| gone())?;
        match self.ask(task, |reply| Msg::Withdraw { id: command, by, reply }).await {
            Err(EngineError::NotFound(_)) => Err(gone()),
            other => other,
        }
    }

    /// A session's queue, of an ended one too.
    ///
    /// # Errors
    /// Store errors.
    pub async fn queue_state(&self, task: &TaskRecord) -> Result<PromptQueueState, EngineError> {
        let waiting = self.shared.store.commands(task.session, &[CommandState::Pending]).await?;
        let prompts = waiting.into_iter().filter_map(|c| match c.order {
            Order::Prompt { text } => Some((c.id, text, c.accepted_at)),
            Order::Input { .. }
            | Order::Cancel
            | Order::Permission { .. }
            | Order::Signal { .. }
            | Order::Shutdown { .. } => None,
        });
        let items: Vec<_> = (0..)
            .zip(prompts)
            .map(|(position, (id, text, enqueued_at))| PromptQueueItem {
                queue_id: id.to_string(),
                text,
                enqueued_at,
                position,
            })
            .collect();
        Ok(PromptQueueState {
            processing: task.busy,
            paused: task.queue_paused,
            size: u32::try_from(items.len()).unwrap_or(u32::MAX),
            items,
        })
    }

    /// Whether Lia answers a session's questions.
    #[must_use]
    pub fn auto_approves(&self, task: &TaskRecord) -> bool {
        let of_all = || self.auto_approve() || Self::spec_of(task).is_some_and(|s| s.template.auto_allow);
        task.auto_approve.unwrap_or_else(of_all)
    }

    /// Decides whether Lia answers a session's questions; those that wait are answered too.
    ///
    /// # Errors
    /// `InvalidState` (terminated), `NoTask`, store errors.
    pub async fn set_session_auto_approve(
        &self,
        task: TaskId,
        auto_approve: bool,
        by: Actor,
    ) -> Result<(), EngineError> {
        let auto_approve = Some(auto_approve);
        self.ask(task, |reply| Msg::AutoApprove { auto_approve, by, reply }).await
    }

    /// Whether Lia answers the questions of sessions whose own settings do not say.
    #[must_use]
    pub fn auto_approve(&self) -> bool {
        self.shared.auto_approve.load(Ordering::Relaxed)
    }

    /// Decides that. Holds for questions that come from now on.
    ///
    /// # Errors
    /// Store errors.
    pub async fn set_auto_approve(&self, on: bool) -> Result<(), EngineError> {
        let op = Op::PutSetting { name: AUTO_APPROVE.into(), value: on.to_string() };
        self.shared.store.commit(Txn::power(vec![op])).await?;
        self.shared.auto_approve.store(on, Ordering::Relaxed);
        Ok(())
    }

    /// How a session's agent was started.
    #[must_use]
    pub fn spec_of(task: &TaskRecord) -> Option<TaskSpec> {
        serde_json::from_str(&task.spec).ok()
    }
}
