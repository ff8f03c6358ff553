//! From a request to a durable task: checked, recorded with its first prompt in one transaction, and attended to.

use lia_protocol::{
    error::Issue,
    event::{Actor, NewEvent, Progress, PromptQueued, TaskState},
    ids::{CommandId, InstanceId, Seq, SessionId, TaskId, UserId},
    names::repository_url,
    task::{CreateTaskRequest, Repository, TaskConfig, TaskConfigRequest, TaskStatus},
    template::AgentMode,
    time::Timestamp,
};
use lia_store::{
    CommandRecord, CommandState, Committed, Head, IdempotencyRecord, Op, Settled, StoreError, TaskRecord,
    Txn, UploadRecord,
};

use super::{
    Engine, EngineError, Shared,
    spec::{self, TaskSpec},
    upkeep::no_upload,
};

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
    /// Accepts a task: the record, the first prompt and their events survive the loss of power when this returns.
    ///
    /// # Errors
    /// `Invalid`, `IdempotencyConflict`, `Unavailable` (disk reserve), store errors.
    pub async fn create(&self, new: NewTask) -> Result<TaskRecord, EngineError> {
        // Detached: a client that goes away in the middle leaves no half task.
        let engine = self.clone();
        match tokio::spawn(async move { engine.create_detached(new).await }).await {
            Ok(r) => r,
            Err(e) => Err(EngineError::Unavailable(format!("the task could not be accepted: {e}"))),
        }
    }

    async fn create_detached(&self, new: NewTask) -> Result<TaskRecord, EngineError> {
        let shared = &self.shared;
        let NewTask { request: r, by, idempotency } = new;
        if let Some((key, digest)) = &idempotency
            && let Some(known) = self.known(&r.user_id, key, digest).await?
        {
            return Ok(known);
        }
        let mut issues = r.issues(&shared.options.maxima);
        let name = r.template.clone().unwrap_or_else(|| shared.options.default_template.clone());
        let template = shared.templates.get(&name);
        match template {
            None => issues.push(Issue {
                path: "template".into(),
                message: format!("{name:?} is not known; known are {}", shared.templates.names().join(", ")),
            }),
            Some(t) => {
                if let Some(missing) = shared.templates.missing(t, &shared.options) {
                    issues.push(Issue { path: "template".into(), message: missing });
                }
            }
        }
        let mut used = Vec::new();
        for (i, repository) in r.repositories.iter().enumerate() {
            if let Repository::Bundle { upload, .. } = repository {
                match shared.usable_upload(*upload, &r.user_id, &by).await? {
                    Some(upload) => used.push(upload),
                    None => issues.push(no_upload(i, *upload)),
                }
            }
        }
        let Some(template) = template.filter(|_| issues.is_empty()) else {
            return Err(EngineError::Invalid(issues));
        };
        shared.check_disk()?;
        let task = TaskId::new();
        let files = r.files.as_deref().filter(|f| !f.is_empty());
        if let Some(files) = files {
            spec::spool(&shared.options.data_dir, task, files)
                .await
                .map_err(|e| EngineError::Unavailable(format!("the files could not be kept: {e}")))?;
        }
        let mut spec = TaskSpec {
            template: template.clone(),
            agent_version: shared.templates.version(template, &shared.options),
            allow: template.allow.iter().chain(&r.allow).cloned().collect(),
            env: r.env.0,
            clone: Vec::new(),
            bundles: Vec::new(),
            files: files.is_some(),
            ssh_public_key: r.ssh_public_key,
            cwd: None,
            setup: None,
            shared: false,
            sealed_env: None,
            callback_url: None,
        };
        for repository in r.repositories {
            match repository {
                Repository::Url(text) => {
                    let Ok(url) = repository_url(&text) else { continue };
                    let folder = url.rsplit('/').next().unwrap_or("repo").trim_end_matches(".git").to_owned();
                    spec.clone.push((url, folder));
                }
                Repository::Bundle { upload, branch } => spec.bundles.push((upload, branch)),
            }
        }
        let now = shared.options.clock.now();
        let record = TaskRecord {
            guild: r.guild_id,
            prompt: r.prompt.clone(),
            config: in_force(r.config.unwrap_or_default(), shared.options.defaults),
            template: name,
            source: r.source,
            ..shared.new_record(task, r.user_id, &spec, now)?
        };
        let actor = Actor::User(by);
        let id = CommandId::new();
        let command = CommandRecord {
            id,
            session: record.session,
            order: super::owner::first_order(template.mode, r.prompt.clone()),
            actor: actor.to_string(),
            state: CommandState::Pending,
            accepted_at: now,
            outcome: None,
        };
        let queued = PromptQueued { command: id, text: r.prompt, position: 0 };
        let queued = NewEvent::own(actor.clone(), &queued).caused_by(id);
        let mut ops = first_ops(&record, actor, Some(queued));
        ops.push(Op::PutCommand(Box::new(command.clone())));
        // An upload's time counts from its last use.
        ops.extend(used.into_iter().map(|u| Op::PutUpload(UploadRecord { used_at: now, ..u })));
        if let Some((key, digest)) = &idempotency {
            let before = now.before(shared.options.retention.idempotency);
            ops.push(Op::SweepIdempotent { before });
            let kept = IdempotencyRecord { digest: *digest, task, at: now };
            ops.push(Op::PutIdempotent { owner: record.user.clone(), key: key.clone(), record: kept });
        }
        let (done, mut settled) = match shared.commit_early(ops).await {
            Ok(committed) => committed,
            Err(StoreError::Conflict { .. }) if idempotency.is_some() => {
                // Two requests with the same key at once: the other was first.
                if let Some((key, digest)) = &idempotency
                    && let Some(known) = self.known(&record.user, key, digest).await?
                {
                    return Ok(known);
                }
                return Err(EngineError::IdempotencyConflict);
            }
            Err(e) => return Err(e.into()),
        };
        shared.failpoints.pass("after_create");
        let bytes = done.events.iter().map(|e| e.body.len() as u64).sum();
        let head = Head { last_seq: done.last_seq, bytes, ..Head::default() };
        shared.attend_new(record.clone(), spec, head, Some(command));
        settled.wait().await?;
        // As it was accepted; it has gone on since.
        let queued = u32::from(template.mode == AgentMode::Acp);
        Ok(TaskRecord { status: TaskStatus::Pending, last_seq: Seq(2), queued, ..record })
    }

    async fn known(
        &self,
        owner: &UserId,
        key: &str,
        digest: &[u8; 32],
    ) -> Result<Option<TaskRecord>, EngineError> {
        let oldest = self.shared.options.clock.now().before(self.shared.options.retention.idempotency);
        match self.shared.store.idempotent(owner, key).await?.filter(|k| k.at >= oldest) {
            Some(k) if k.digest == *digest => {
                // The first request may still be waiting for the disk; this answer promises as much as its own.
                self.shared.store.commit(Txn::power(Vec::new())).await?;
                Ok(self.shared.store.task(k.task).await?)
            }
            Some(_) => Err(EngineError::IdempotencyConflict),
            None => Ok(None),
        }
    }
}

/// What makes a task: its record and the first events of its log.
pub(super) fn first_ops(record: &TaskRecord, by: Actor, queued: Option<NewEvent>) -> Vec<Op> {
    let state =
        |status, reason: &str| TaskState { status, reason: reason.into(), exit_code: None, error: None };
    let created = state(TaskStatus::Pending, "created");
    let starting = state(TaskStatus::Starting, "accepted");
    let making = Progress { stage: "creating_vm".into(), message: "Making the sandbox".into() };
    let mut events = vec![NewEvent::own(by, &created)];
    events.extend(queued);
    events.push(NewEvent::own(Actor::System, &starting));
    events.push(NewEvent::own(Actor::System, &making));
    vec![
        Op::CreateTask(Box::new(record.clone())),
        Op::Append { session: record.session, at: record.created_at, events, ack: None },
    ]
}

impl Shared {
    /// The record of a task that is about to be made, with the server's defaults.
    pub(super) fn new_record(
        &self,
        id: TaskId,
        user: UserId,
        spec: &TaskSpec,
        now: Timestamp,
    ) -> Result<TaskRecord, EngineError> {
        Ok(TaskRecord {
            id,
            session: SessionId::new(),
            instance: InstanceId::new(),
            user,
            guild: None,
            prompt: String::new(),
            status: TaskStatus::Starting,
            config: self.options.defaults,
            template: spec.template.name.clone(),
            runtime: self.runtime.name().to_owned(),
            source: None,
            spec: serde_json::to_string(spec).map_err(|e| EngineError::Instance(e.to_string()))?,
            instance_record: None,
            created_at: now,
            started_at: None,
            suspended_at: None,
            completed_at: None,
            ran_ms: 0,
            exit_code: None,
            error: None,
            stop_reason: None,
            cleanup: false,
            removed: false,
            title: None,
            instance_name: None,
            queue_paused: false,
            auto_approve: None,
            end_reason: None,
            changed_at: now,
            last_seq: Seq::ZERO,
            busy: false,
            queued: 0,
            pending_permissions: 0,
        })
    }

    /// Commits what a caller is told about, once it survives the loss of power, and what is acted on before where that is
    /// sound (see [`super::owner`]'s `settling`).
    pub(super) async fn commit_early(&self, ops: Vec<Op>) -> Result<(Committed, Settled), StoreError> {
        let txn = Txn::power(ops);
        if self.runtime.shares_power() {
            self.store.commit_early(txn).await
        } else {
            Ok((self.store.commit(txn).await?, Settled::now()))
        }
    }

    /// Refuses new tasks when the data disk is nearly full.
    pub(super) fn check_disk(&self) -> Result<(), EngineError> {
        let dir = &self.options.data_dir;
        let stat = nix::sys::statvfs::statvfs(dir)
            .map_err(|e| EngineError::Unavailable(format!("{}: {e}", dir.display())))?;
        let free = stat.blocks_available() * stat.fragment_size();
        if free < self.options.disk_reserve {
            let (free, reserve) = (free >> 20, self.options.disk_reserve >> 20);
            return Err(EngineError::Unavailable(format!(
                "the data disk has {free} MiB free, and {reserve} MiB are kept in reserve (tasks.disk_reserve_mb); free some room"
            )));
        }
        Ok(())
    }
}

/// Absent keys take the server's defaults.
fn in_force(asked: TaskConfigRequest, defaults: TaskConfig) -> TaskConfig {
    TaskConfig {
        timeout_minutes: asked.timeout_minutes.unwrap_or(defaults.timeout_minutes),
        max_memory_mb: asked.max_memory_mb.unwrap_or(defaults.max_memory_mb),
        vcpu_count: asked.vcpu_count.unwrap_or(defaults.vcpu_count),
        storage_gb: asked.storage_gb.unwrap_or(defaults.storage_gb),
    }
}
