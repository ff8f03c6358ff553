//! The instance's life: made, linked, suspended, resumed, parked, ended; and what start-up finds of it.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use lia_gateway::GatewayEvent;
use lia_protocol::{
    boot::PLACEHOLDER_KEY,
    event::{Actor, AgentExited, NewEvent, Progress, TaskState},
    ids::{CommandId, Offset},
    link::{AgentStart, HostLine, Init, Order, RepositoryClone, SidecarLine},
    secret::Secret,
    task::TaskStatus,
    template::AgentMode,
    time::Timestamp,
};
use lia_runtime::{InstanceStatus, RuntimeError};
use lia_store::{CommandRecord, CommandState, Durability, Op, TaskPatch, TaskRecord};
use tokio::{io::AsyncBufReadExt as _, sync::mpsc, time::Instant};

use super::{
    Ending, Given, InstanceState, Msg, Owner, Phase, Reply, Settling, changes::Changes, lines::turn_of,
};
use crate::engine::{
    Engine, Shared,
    error::EngineError,
    import,
    link::{Incoming, Link},
    spec::{TaskSpec, spool_path, unspool},
    tail::{Head, Tail},
};

/// Attempts to link to an instance that lives, before it is given up.
const LINK_ATTEMPTS: u32 = 12;
/// Columns and rows of an agent's terminal whose size nobody has said.
const SIZE: (u16, u16) = (120, 30);

/// Ends that are the sandbox's own.
const LOST: [&str; 3] = ["lost", "unreachable", "diverged"];

const OPEN: &[TaskStatus] =
    &[TaskStatus::Pending, TaskStatus::Starting, TaskStatus::Running, TaskStatus::Suspended];

impl Owner {
    /// The owner of a task as the store has it, new or found at start-up. Nothing runs yet.
    pub async fn load(
        shared: Arc<Shared>,
        task: TaskRecord,
        requests: mpsc::Receiver<Msg>,
    ) -> Result<(Self, Arc<Tail>), EngineError> {
        let spec: TaskSpec = serde_json::from_str(&task.spec)
            .map_err(|e| EngineError::Instance(format!("the record of task {}: {e}", task.id)))?;
        let instance = InstanceState::of(&task);
        let head = shared.store.head(task.session).await?;
        let states = [CommandState::Pending, CommandState::Sent, CommandState::Begun];
        let mut queue = VecDeque::new();
        let mut open = HashMap::new();
        let mut given = 0;
        for c in shared.store.commands(task.session, &states).await? {
            if c.state == CommandState::Pending {
                queue.push_back(c);
            } else {
                given += 1;
                open.insert(c.id, Given { state: c.state, order: c.order, nr: given });
            }
        }
        let permissions =
            shared.store.open_permissions(task.session).await?.into_iter().map(|p| (p.id, p)).collect();
        let turn = open
            .iter()
            .find(|(_, g)| g.state == CommandState::Begun && g.is_prompt())
            .map(|(id, _)| (turn_of(*id), *id));
        let mut owner = Self::idle_at(shared, task, spec, head, requests);
        owner.instance = instance;
        owner.turn = turn;
        owner.queue = queue;
        owner.open = open;
        owner.given = given;
        owner.permissions = permissions;
        owner.tell_terminals();
        let tail = owner.tail.clone();
        Ok((owner, tail))
    }

    /// The owner of a task that has just been made, with its first prompt if it has one.
    pub fn of_new(
        shared: Arc<Shared>,
        task: TaskRecord,
        spec: TaskSpec,
        head: lia_store::Head,
        first: Option<CommandRecord>,
        requests: mpsc::Receiver<Msg>,
    ) -> (Self, Arc<Tail>) {
        let mut owner = Self::idle_at(shared, task, spec, head, requests);
        owner.queue.extend(first);
        let tail = owner.tail.clone();
        (owner, tail)
    }

    fn idle_at(
        shared: Arc<Shared>,
        task: TaskRecord,
        spec: TaskSpec,
        head: lia_store::Head,
        requests: mpsc::Receiver<Msg>,
    ) -> Self {
        let (gateway_tx, gateway_rx) = mpsc::channel(64);
        Self {
            phase: Phase::Parked,
            spec,
            instance: InstanceState::default(),
            tail: Arc::new(Tail::new(Head { seq: head.last_seq, complete: false })),
            requests,
            ended: None,
            gateway_tx,
            gateway_rx,
            epoch: head.epoch,
            offset: head.offset,
            size: None,
            pty_pos: head.pty_pos,
            pty_since_trim: 0,
            log_bytes: head.bytes,
            log_warned: false,
            turn: None,
            queue: VecDeque::new(),
            open: HashMap::new(),
            given: 0,
            permissions: HashMap::new(),
            last_activity: Instant::now(),
            changes: Changes::default(),
            running_since: None,
            frozen_since: None,
            link_failures: 0,
            complaint: None,
            turns: HashMap::new(),
            messages: true,
            waiting_resume: Vec::new(),
            ending: None,
            settling: Settling::default(),
            task,
            shared,
        }
    }

    /// Starts a task that has just been made: nothing of it can be there.
    pub fn start(&mut self) {
        self.make(false);
    }

    /// Takes up the task where the store has it. Called once, before [`Owner::run`].
    pub async fn take_up(&mut self) {
        match self.task.status {
            TaskStatus::Pending => self.begin().await,
            TaskStatus::Terminated => self.phase = Phase::Ended,
            TaskStatus::Starting | TaskStatus::Running | TaskStatus::Suspended => {
                match self.instance.record.clone() {
                    // Killed while it was being woken.
                    _ if self.instance.parked && self.task.status == TaskStatus::Starting => {
                        self.make_again().await;
                    }
                    record if self.instance.parked => {
                        self.phase = Phase::Parked;
                        // Killed while its processes were being ended.
                        if record.is_some() {
                            self.end_processes().await;
                        }
                    }
                    None => {
                        // Killed while it was being made: what the ledger names goes, and it is made again.
                        if let Err(e) = self.clear_remains().await {
                            return self
                                .fail(
                                    "start_failed",
                                    &format!("the remains of an interrupted start could not be removed: {e}"),
                                )
                                .await;
                        }
                        self.make(false);
                    }
                    Some(record) => match self.shared.runtime.status(&record).await {
                        Ok(InstanceStatus::Gone { reason }) => {
                            let reason = reason.unwrap_or_else(|| "its processes are gone".into());
                            self.instance_ended(Some(reason)).await;
                        }
                        Ok(InstanceStatus::Running | InstanceStatus::Paused) => {
                            let (task, spec, to) = (&self.task, &self.spec, self.gateway_tx.clone());
                            if let Err(e) = self.shared.adopt(task, spec, &record, to).await {
                                tracing::warn!(task = %self.task.id, error = %e, "an adopted instance could not be paused or resumed");
                            }
                            if self.task.status == TaskStatus::Suspended {
                                self.phase = Phase::Frozen;
                                self.frozen_since = Some(Instant::now());
                                self.watch();
                            } else {
                                if self.task.status == TaskStatus::Running {
                                    self.count_from_record();
                                }
                                self.watch();
                                self.link().await;
                            }
                        }
                        Err(e) => {
                            self.fail("lost", &format!("the state of the sandbox could not be read: {e}"))
                                .await
                        }
                    },
                }
            }
        }
    }

    /// After a restart, running time goes on from the wall clock that the record holds.
    fn count_from_record(&mut self) {
        let since = self.instance.running_since.unwrap_or_else(Timestamp::now);
        let before = u64::try_from(Timestamp::now().millis() - since.millis()).unwrap_or(0);
        self.running_since =
            Some(Instant::now().checked_sub(Duration::from_millis(before)).unwrap_or_else(Instant::now));
    }

    async fn begin(&mut self) {
        let state = TaskState {
            status: TaskStatus::Starting,
            reason: "accepted".into(),
            exit_code: None,
            error: None,
        };
        let progress = Progress { stage: "creating_vm".into(), message: "Making the sandbox".into() };
        let events = vec![NewEvent::own(Actor::System, &state), NewEvent::own(Actor::System, &progress)];
        let patch = TaskPatch { status: Some(TaskStatus::Starting), ..TaskPatch::default() };
        let ops = vec![self.append(events), self.update(&[TaskStatus::Pending], patch)];
        match self.commit_own(Durability::Process, ops).await {
            Ok(_) => {
                self.task.status = TaskStatus::Starting;
                self.make(false);
            }
            Err(e) => tracing::error!(task = %self.task.id, error = %e, "the task could not be started"),
        }
    }

    fn make(&mut self, keep: bool) {
        let (shared, task, spec) = (self.shared.clone(), self.task.clone(), self.spec.clone());
        let events = self.gateway_tx.clone();
        self.phase =
            Phase::Making(tokio::spawn(async move { shared.enter(&task, &spec, keep, events).await }));
    }

    /// Removes what an interrupted start left, unless others have files in the same sandbox: then entering sees to it.
    async fn clear_remains(&mut self) -> Result<(), EngineError> {
        if !self.spec.shared || !self.shared.shares(&self.task).await? {
            self.shared.runtime.delete(self.task.instance, self.shared.ledger()).await?;
        }
        Ok(())
    }

    /// Makes the instance of a parked task again, over what was kept.
    async fn make_again(&mut self) {
        if let Err(e) = self.shared.leave(&self.task).await {
            tracing::warn!(task = %self.task.id, error = %e, "what is left of an earlier life could not be ended");
        }
        self.make(true);
    }

    pub(super) async fn made(&mut self, made: Result<lia_runtime::InstanceRecord, RuntimeError>) {
        let record = match made {
            Ok(r) => r,
            Err(e) if self.instance.parked => return self.stay_parked(&e).await,
            Err(e) => return self.fail("start_failed", &format!("the sandbox could not be made: {e}")).await,
        };
        self.shared.failpoints.pass("after_made");
        self.instance.record = Some(Arc::new(record));
        self.instance.parked = false;
        let progress = Progress { stage: "connecting_agent".into(), message: "Starting the agent".into() };
        let patch = TaskPatch { instance_record: self.instance_json(), ..TaskPatch::default() };
        let mut ops = vec![
            self.append(vec![NewEvent::own(Actor::System, &progress)]),
            self.update(OPEN, patch),
            Op::NextEpoch { session: self.session(), restart_at: Some(Offset::ZERO) },
        ];
        // The first prompt goes with `init`, marked as sent before the bytes go out.
        let first = self.first_of_queue().cloned();
        ops.extend(first.as_ref().map(|c| sent(c.id)));
        match self.commit_own(Durability::Process, ops).await {
            Ok(done) => {
                if let Some(c) = first {
                    self.queue.pop_front();
                    self.give(c.id, c.order);
                }
                self.epoch = done.epoch.unwrap_or(self.epoch.next());
                self.offset = Offset::ZERO;
                self.watch();
                self.connect(Duration::ZERO);
            }
            Err(e) => tracing::error!(task = %self.task.id, error = %e, "the instance could not be recorded"),
        }
    }

    /// A parked session whose sandbox cannot be made now has lost nothing: it waits for the next who wants it.
    async fn stay_parked(&mut self, why: &RuntimeError) {
        let now = Timestamp::now();
        let state = TaskState {
            status: TaskStatus::Suspended,
            reason: "start_failed".into(),
            exit_code: None,
            error: None,
        };
        let why = format!("the sandbox could not be made: {why}");
        let events = vec![self.error_event(why.clone()), NewEvent::own(Actor::System, &state)];
        let patch = TaskPatch {
            status: Some(TaskStatus::Suspended),
            suspended_at: Some(Some(now)),
            ..TaskPatch::default()
        };
        let ops = vec![self.append(events), self.update(&[TaskStatus::Starting], patch)];
        self.phase = Phase::Parked;
        match self.commit_own(Durability::Process, ops).await {
            Ok(_) => {
                self.task.status = TaskStatus::Suspended;
                self.task.suspended_at = Some(now);
                self.answer_waiting(|| Err(EngineError::Start(why.clone())));
            }
            Err(e) => {
                tracing::error!(task = %self.task.id, error = %e, "a failed start could not be written down")
            }
        }
    }

    /// What a suspended session's agent has said beside others that are awake, or just before it was suspended.
    async fn catch_up(&mut self) {
        if self.task.status == TaskStatus::Suspended
            && let Some(record) = self.instance.record.clone()
        {
            self.leftover(&record).await;
        }
    }

    /// Watches for the instance's end.
    fn watch(&mut self) {
        let Some(record) = self.instance.record.clone() else { return };
        let runtime = self.shared.runtime.clone();
        if let Some(old) = self.ended.replace(tokio::spawn(async move { runtime.ended(&record).await })) {
            old.abort();
        }
    }

    /// Links again under a new epoch, after a wait that grows with the failures.
    async fn link(&mut self) {
        let op = Op::NextEpoch { session: self.session(), restart_at: None };
        match self.commit_own(Durability::Process, vec![op]).await {
            Ok(done) => {
                self.epoch = done.epoch.unwrap_or(self.epoch.next());
                let wait = match self.link_failures {
                    0 => Duration::ZERO,
                    n => Duration::from_millis(20 << n.min(7)),
                };
                self.connect(wait);
            }
            Err(e) => tracing::error!(task = %self.task.id, error = %e, "no new link epoch"),
        }
    }

    fn connect(&mut self, wait: Duration) {
        let Some(record) = self.instance.record.clone() else { return };
        let shared = self.shared.clone();
        let (session, epoch, acked) = (self.session(), self.epoch, self.offset);
        let secret = shared.instance_secret(self.task.instance);
        // What an agent's session is loaded over has them, and the agent's work on them.
        let bundles = if self.loads().is_some() { Vec::new() } else { self.spec.bundles.clone() };
        self.phase = Phase::Linking(tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let link = Link::connect(shared.runtime.clone(), &record, &secret, session, epoch, acked).await?;
            if !link.hello.inited {
                for (upload, branch) in &bundles {
                    import::bundle(&shared, &record, &secret, *upload, branch.as_deref()).await?;
                }
            }
            Ok(link)
        }));
    }

    pub(super) async fn link_tried(&mut self, tried: Result<Link, EngineError>) {
        match tried {
            Ok(link) if link.hello.end < self.offset => {
                let why = format!("its journal ends at {}, the log has {}", link.hello.end, self.offset);
                self.fail("diverged", &format!("the sandbox is not the one that it was: {why}")).await;
            }
            Ok(link) => {
                self.link_failures = 0;
                let inited = link.hello.inited;
                self.phase = Phase::Linked(link);
                if inited {
                    let mut again: Vec<_> = self.open.iter().collect();
                    again.sort_by_key(|(_, g)| g.nr);
                    if let Phase::Linked(link) = &self.phase {
                        if let Some((cols, rows)) = self.size {
                            link.send(&HostLine::Resize { cols, rows });
                        }
                        for (id, given) in again {
                            link.send(&HostLine::Command { id: *id, order: given.order.clone() });
                        }
                    }
                    self.dispatch().await;
                    self.auto_allow_open().await;
                } else {
                    self.init().await;
                }
            }
            Err(EngineError::Runtime(RuntimeError::Gone(_))) => {
                // The watcher tells how it ended; without one, say what is known.
                if self.ended.is_none() {
                    self.instance_ended(None).await;
                } else {
                    self.phase = Phase::Linking(tokio::spawn(std::future::pending()));
                }
            }
            Err(e) => self.link_closed(e.to_string()).await,
        }
    }

    pub(super) async fn link_closed(&mut self, why: String) {
        self.link_failures += 1;
        tracing::warn!(task = %self.task.id, why, failures = self.link_failures, "the control link is down");
        if self.link_failures > LINK_ATTEMPTS {
            return self.fail("unreachable", &format!("the sandbox cannot be reached any more: {why}")).await;
        }
        self.link().await;
    }

    /// The agent's session that is to be loaded again.
    fn loads(&self) -> Option<&String> {
        self.instance.agent.acp_session.as_ref().filter(|_| self.instance.agent.can_load)
    }

    /// The prompt that an agent without a session to load is to begin with, when none is on its way to it already.
    fn first_of_queue(&self) -> Option<&CommandRecord> {
        let sent = |g: &Given| g.state == CommandState::Sent && prompt_text(&g.order).is_some();
        let none = !self.task.queue_paused && self.loads().is_none() && !self.open.values().any(sent);
        self.queue.front().filter(|_| none)
    }

    /// Starts the agent. The first prompt goes along, marked as sent before the bytes go out.
    async fn init(&mut self) {
        let load = self.loads().cloned();
        if let Some(c) = self.first_of_queue().cloned() {
            // It came while the sandbox was being made.
            if let Err(e) = self.commit_own(Durability::Process, vec![sent(c.id)]).await {
                tracing::error!(task = %self.task.id, error = %e, "the first prompt could not be marked as sent");
                return;
            }
            self.queue.pop_front();
            self.give(c.id, c.order);
        }
        // Perhaps marked before a crash, and the sidecar never had it: the same prompt, the same id.
        let first = self.open.iter().filter(|_| load.is_none()).find_map(|(id, g)| {
            (g.state == CommandState::Sent).then(|| prompt_text(&g.order).map(|t| (*id, t))).flatten()
        });
        let files = if self.spec.files && load.is_none() {
            unspool(&self.shared.options.data_dir, self.task.id).await
        } else {
            None
        };
        let t = &self.spec.template;
        let (cols, rows) = self.size.unwrap_or(SIZE);
        let fill = |s: &str| self.shared.fill(s, t, self.spec.shared.then_some(self.task.session));
        let mut env: std::collections::BTreeMap<String, String> =
            t.env.iter().map(|(k, v)| (k.clone(), fill(v))).collect();
        env.extend(self.spec.env.clone());
        match self.shared.opened(self.task.id, &self.spec) {
            Ok(opened) => env.extend(opened),
            Err(e) => return self.fail("start_failed", &e.to_string()).await,
        }
        if self.spec.shared {
            // Filled in before there was a session.
            let (plain, ours) = (
                self.shared.fill("{broker}", t, None),
                self.shared.fill("{broker}", t, Some(self.task.session)),
            );
            for value in env.values_mut() {
                if let Some(rest) = value.strip_prefix(&plain).filter(|r| !r.starts_with("/~")) {
                    *value = format!("{ours}{rest}");
                }
            }
        }
        // The sidecar knows whether it ran there before.
        let setup = self.spec.setup.clone();
        let (prompt_id, prompt): (Option<CommandId>, String) =
            first.map_or((None, String::new()), |(id, text)| (Some(id), text));
        let init = Init {
            api_key: Secret::new(PLACEHOLDER_KEY),
            prompt,
            files,
            prompt_id,
            agent: Some(AgentStart {
                mode: t.mode,
                command: fill(&t.command),
                args: t.args.iter().map(|a| fill(a)).collect(),
                env,
                home_files: t.home_files.iter().map(|(k, v)| (k.clone(), fill(v))).collect(),
                authenticate: t.authenticate.clone(),
                load,
                clone: clones(&self.spec.clone),
                cwd: self.spec.cwd.clone(),
                setup_seconds: setup.is_some().then_some(lia_protocol::limits::SETUP_SECONDS),
                setup,
                cols,
                rows,
            }),
        };
        self.shared.failpoints.pass("before_init");
        if let Phase::Linked(link) = &self.phase {
            link.send(&HostLine::Init(Box::new(init)));
        }
        self.shared.failpoints.pass("after_init");
    }

    /// The agent is there.
    pub(super) fn became_ready(&mut self) {
        self.task.status = TaskStatus::Running;
        self.complaint = None;
        self.task.started_at.get_or_insert_with(Timestamp::now);
        self.running_since = Some(Instant::now());
        if self.spec.files {
            let path = spool_path(&self.shared.options.data_dir, self.task.id);
            tokio::spawn(async move { tokio::fs::remove_file(path).await });
        }
        self.answer_waiting(|| Ok(()));
    }

    fn stop_counting(&mut self) {
        if let Some(since) = self.running_since.take() {
            self.task.ran_ms += i64::try_from(since.elapsed().as_millis()).unwrap_or(0);
        }
        self.instance.running_since = None;
    }

    pub(super) async fn suspend(&mut self, by: &str, reason: &str) -> Result<(), EngineError> {
        if self.task.status != TaskStatus::Running {
            return Err(EngineError::InvalidState(format!(
                "the task is {}; only a running one can be suspended",
                self.task.status.as_str()
            )));
        }
        let Some(record) = self.instance.record.clone() else {
            return Err(EngineError::InvalidState("the task has no instance".into()));
        };
        self.shared.sleep(&self.task, &record).await?;
        self.stop_counting();
        let now = Timestamp::now();
        let state =
            TaskState { status: TaskStatus::Suspended, reason: reason.into(), exit_code: None, error: None };
        tracing::info!(task = %self.task.id, by, reason, "suspended");
        let patch = TaskPatch {
            status: Some(TaskStatus::Suspended),
            suspended_at: Some(Some(now)),
            ran_ms: Some(self.task.ran_ms),
            instance_record: self.instance_json(),
            ..TaskPatch::default()
        };
        let ops = vec![
            self.append(vec![NewEvent::own(Actor::System, &state)]),
            self.update(&[TaskStatus::Running], patch),
        ];
        if let Err(e) = self.commit(Durability::Power, ops).await {
            // A suspend that fails leaves a running task.
            self.shared.wake(&self.task, &record).await?;
            self.running_since = Some(Instant::now());
            return Err(e.into());
        }
        self.task.status = TaskStatus::Suspended;
        self.task.suspended_at = Some(now);
        self.phase = Phase::Frozen;
        self.frozen_since = Some(Instant::now());
        Ok(())
    }

    pub(super) async fn resume(&mut self, by: &Actor, reply: Option<Reply<()>>) {
        if self.task.status == TaskStatus::Starting && reply.is_some() {
            self.waiting_resume.extend(reply);
            return;
        }
        let answer = self.try_resume(by).await;
        match (answer, reply) {
            (Ok(true), Some(r)) => {
                let _ = r.send(Ok(()));
            }
            (Ok(false), r) => self.waiting_resume.extend(r),
            (Err(e), Some(r)) => {
                let _ = r.send(Err(e));
            }
            (Err(e), None) => {
                let event = self.error_event(format!("the task could not be resumed: {e}"));
                self.log(vec![event]).await;
            }
            (Ok(true), None) => {}
        }
    }

    /// `true`: it runs. `false`: it is being started again.
    async fn try_resume(&mut self, by: &Actor) -> Result<bool, EngineError> {
        if self.task.status != TaskStatus::Suspended {
            return Err(EngineError::InvalidState(format!(
                "the task is not suspended, its status is {}",
                self.task.status.as_str()
            )));
        }
        if let Phase::Frozen = self.phase
            && let Some(record) = self.instance.record.clone()
        {
            self.shared.wake(&self.task, &record).await?;
            self.running_since = Some(Instant::now());
            self.instance.running_since = Some(Timestamp::now());
            let state = TaskState {
                status: TaskStatus::Running,
                reason: "resumed".into(),
                exit_code: None,
                error: None,
            };
            let patch = TaskPatch {
                status: Some(TaskStatus::Running),
                suspended_at: Some(None),
                instance_record: self.instance_json(),
                ..TaskPatch::default()
            };
            let ops = vec![
                self.append(vec![NewEvent::own(by.clone(), &state)]),
                self.update(&[TaskStatus::Suspended], patch),
            ];
            self.commit(Durability::Power, ops).await?;
            self.task.status = TaskStatus::Running;
            self.task.suspended_at = None;
            self.frozen_since = None;
            self.touch();
            self.link().await;
            return Ok(true);
        }
        let state = TaskState {
            status: TaskStatus::Starting,
            reason: "resumed".into(),
            exit_code: None,
            error: None,
        };
        let patch = TaskPatch { status: Some(TaskStatus::Starting), ..TaskPatch::default() };
        let ops = vec![
            self.append(vec![NewEvent::own(by.clone(), &state)]),
            self.update(&[TaskStatus::Suspended], patch),
        ];
        self.commit(Durability::Power, ops).await?;
        self.task.status = TaskStatus::Starting;
        self.task.suspended_at = None;
        self.touch();
        self.make_again().await;
        Ok(false)
    }

    pub(super) async fn idle(&mut self) {
        if let Err(e) = self.suspend("system", "idle").await {
            let event = self.error_event(format!("the idle task could not be suspended: {e}"));
            self.log(vec![event]).await;
            self.touch();
        }
    }

    /// Ends the processes of a suspended agent that can load its session again.
    pub(super) async fn park(&mut self) {
        self.frozen_since = None;
        self.catch_up().await;
        if matches!(self.phase, Phase::Ended) {
            return;
        }
        if let Some(w) = self.ended.take() {
            w.abort();
        }
        let shared = self.shared.clone();
        let _held = shared.hold_kept(self.task.instance).await;
        self.instance.parked = true;
        let progress = Progress {
            stage: "parked".into(),
            message: "Processes ended; files and session are kept".into(),
        };
        let mut events = self.terminals_end("the session was parked: its processes ended");
        events.push(NewEvent::own(Actor::System, &progress));
        let patch = TaskPatch { instance_record: self.instance_json(), ..TaskPatch::default() };
        let ops = vec![self.append(events), self.update(&[TaskStatus::Suspended], patch)];
        match self.commit_own(Durability::Process, ops).await {
            Ok(_) => {
                self.tell_terminals();
                self.phase = Phase::Parked;
                self.shared.failpoints.pass("after_park_commit");
                self.end_processes().await;
            }
            Err(e) => tracing::error!(task = %self.task.id, error = %e, "the task could not be parked"),
        }
    }

    /// Ends what runs of a parked instance. Its record stays until that is done, in case it must be tried again.
    async fn end_processes(&mut self) {
        match self.shared.leave(&self.task).await {
            Ok(()) => self.instance.record = None,
            Err(e) => {
                tracing::warn!(task = %self.task.id, error = %e, "a parked instance's processes could not be ended");
            }
        }
    }

    /// The instance does not live any more: what it left goes into the log, then the reason.
    pub(super) async fn instance_ended(&mut self, how: Option<String>) {
        self.ended = None;
        if let Some(record) = self.instance.record.clone() {
            self.leftover(&record).await;
        }
        if matches!(self.phase, Phase::Ended) {
            return;
        }
        let how = how.unwrap_or_else(|| "its processes are gone".into());
        let quiet = self.turn.is_none() && self.open.is_empty();
        if self.instance.agent.can_load
            && self.shared.runtime.keeps()
            && quiet
            && matches!(self.task.status, TaskStatus::Running | TaskStatus::Suspended)
        {
            return self.lost_but_loadable(&how).await;
        }
        self.fail("lost", &format!("the sandbox ended: {how}")).await;
    }

    /// Between turns nothing is lost: the agent's session is loaded again when someone wants it.
    async fn lost_but_loadable(&mut self, how: &str) {
        self.stop_counting();
        self.instance.parked = true;
        self.instance.record = None;
        let mut events = self.terminals_end("the sandbox ended");
        events.push(self.error_event(format!(
            "the sandbox ended ({how}); the agent's session will be loaded again on the next input"
        )));
        let mut patch = TaskPatch {
            instance_record: self.instance_json(),
            ran_ms: Some(self.task.ran_ms),
            ..TaskPatch::default()
        };
        if self.task.status == TaskStatus::Running {
            let state = TaskState {
                status: TaskStatus::Suspended,
                reason: "instance_ended".into(),
                exit_code: None,
                error: None,
            };
            events.push(NewEvent::own(Actor::System, &state));
            patch.status = Some(TaskStatus::Suspended);
            patch.suspended_at = Some(Some(Timestamp::now()));
        }
        let ops =
            vec![self.append(events), self.update(&[TaskStatus::Running, TaskStatus::Suspended], patch)];
        if self.commit_own(Durability::Process, ops).await.is_ok() {
            self.tell_terminals();
            self.task.status = TaskStatus::Suspended;
            self.task.suspended_at.get_or_insert_with(Timestamp::now);
            self.frozen_since = None;
            self.phase = Phase::Parked;
            self.leave().await;
            if !self.queue.is_empty() && !self.task.queue_paused {
                // It came when the sandbox was dying already: somebody wants it.
                Box::pin(self.resume(&Actor::System, None)).await;
            }
        }
    }

    /// Is no more in its sandbox.
    async fn leave(&mut self) {
        if let Err(e) = self.shared.leave(&self.task).await {
            tracing::warn!(task = %self.task.id, error = %e, "what is left in the sandbox could not be ended");
        }
    }

    async fn leftover(&mut self, record: &lia_runtime::InstanceRecord) {
        // What was on its way when the instance ended.
        if let Phase::Linked(link) = &mut self.phase {
            let mut rest = Vec::new();
            while let Incoming::Lines(l) = link.next().await {
                rest.extend(l);
            }
            if !rest.is_empty() {
                Box::pin(self.lines(rest)).await;
            }
        }
        if matches!(self.phase, Phase::Ended) {
            return;
        }
        self.phase = Phase::Parked;
        let files = self.shared.runtime.leftover_journal(record, self.session()).await.unwrap_or_default();
        let mut batch = Vec::new();
        let mut last = self.offset;
        for path in files {
            let Ok(file) = tokio::fs::File::open(&path).await else { continue };
            let mut lines = tokio::io::BufReader::new(file);
            loop {
                let mut line = Vec::new();
                match lines.read_until(b'\n', &mut line).await {
                    Ok(n) if n > 0 && line.ends_with(b"\n") => {}
                    _ => break,
                }
                line.pop();
                let Ok(line) = SidecarLine::parse(&line.into()) else { break };
                if line.offset().is_some_and(|o| o == last.next()) {
                    last = last.next();
                    batch.push(line);
                }
                if batch.len() >= 512 {
                    Box::pin(self.lines(std::mem::take(&mut batch))).await;
                }
            }
        }
        if !batch.is_empty() && !matches!(self.phase, Phase::Ended) {
            Box::pin(self.lines(batch)).await;
        }
    }

    pub(super) async fn agent_exited(&mut self, exited: AgentExited) {
        if let Some(reason) = self.ending {
            let error = (reason == "timeout").then(|| self.timeout_text());
            return self.finish(reason, error, Some(exited.code), self.task.cleanup).await;
        }
        let error = (exited.code != 0).then(|| {
            let said = self.complaint.take().unwrap_or_default();
            let tail = Some(exited.stderr_tail.trim()).filter(|t| !t.is_empty()).unwrap_or(&said);
            let how = exited
                .signal
                .map_or_else(|| format!("with code {}", exited.code), |s| format!("by signal {s}"));
            if tail.is_empty() {
                format!("the agent ended {how}")
            } else {
                format!("the agent ended {how}; the last that was said: {tail}")
            }
        });
        // One that never was there has not been started.
        let reason = if self.task.status == TaskStatus::Starting { "start_failed" } else { "agent_exit" };
        self.finish(reason, error, Some(exited.code), false).await;
    }

    pub(super) async fn timed_out(&mut self) {
        self.shut_down_agent("timeout").await;
        if !matches!(self.phase, Phase::Ended) {
            self.finish("timeout", Some(self.timeout_text()), None, false).await;
        }
    }

    fn timeout_text(&self) -> String {
        format!("the task's running time of {} minutes is used up", self.task.config.timeout_minutes)
    }

    /// Nobody wanted it for long.
    pub(super) async fn abandon(&mut self) {
        self.catch_up().await;
        if matches!(self.phase, Phase::Ended) {
            return;
        }
        self.finish("idle_timeout", None, None, false).await;
    }

    /// Something that cannot be mended.
    pub(super) async fn fail(&mut self, reason: &str, error: &str) {
        self.finish(reason, Some(error.to_owned()), None, false).await;
    }

    pub(super) async fn terminate(&mut self, by: &Actor, ending: Ending) -> Result<(), EngineError> {
        let (remove, reason) = (ending == Ending::Deleted, ending.as_str());
        if remove {
            let patch = TaskPatch { cleanup: Some(true), ..TaskPatch::default() };
            let op = self.update(&[], patch);
            self.commit(Durability::Power, vec![op]).await?;
            self.task.cleanup = true;
        }
        if let Phase::Making(job) = &mut self.phase {
            job.abort();
            let _ = job.await;
        }
        tracing::info!(task = %self.task.id, %by, reason, "terminating");
        self.catch_up().await;
        self.shut_down_agent(reason).await;
        if !matches!(self.phase, Phase::Ended) {
            self.finish(reason, None, None, remove).await;
        }
        if remove { self.shared.remove_instance(&self.task).await } else { Ok(()) }
    }

    /// Asks the agent to end, and takes what it says meanwhile into the log, for as long as `grace` allows.
    async fn shut_down_agent(&mut self, reason: &'static str) {
        self.ending = Some(reason);
        if self.task.status != TaskStatus::Running {
            return;
        }
        let grace = self.shared.options.grace;
        let order = Order::Shutdown { grace_ms: u64::try_from(grace.as_millis()).unwrap_or(0) / 2 };
        let Phase::Linked(link) = &self.phase else { return };
        link.send(&HostLine::Command { id: CommandId::new(), order });
        let until = Instant::now() + grace + Duration::from_millis(500);
        loop {
            let Phase::Linked(link) = &mut self.phase else { return };
            let next = tokio::time::timeout_at(until, link.next()).await;
            match next {
                Ok(Incoming::Lines(l)) => Box::pin(self.lines(l)).await,
                Ok(Incoming::Closed(_)) | Err(_) => return,
            }
        }
    }

    /// The task is terminated: one transaction closes everything that is open.
    async fn finish(&mut self, reason: &str, error: Option<String>, exit_code: Option<i32>, removing: bool) {
        self.stop_counting();
        if let Some(w) = self.ended.take() {
            w.abort();
        }
        if let Phase::Linking(job) = &self.phase {
            // Linked after this, the sidecar would know the session again.
            job.abort();
        }
        let shared = self.shared.clone();
        let held = shared.hold_kept(self.task.instance).await;
        let mut ops = self.closing_ops(error.as_deref().unwrap_or(reason));
        let state = TaskState {
            status: TaskStatus::Terminated,
            reason: reason.into(),
            exit_code,
            error: error.clone(),
        };
        ops.push(self.append(vec![NewEvent::own(Actor::System, &state)]));
        let patch = TaskPatch {
            status: Some(TaskStatus::Terminated),
            completed_at: Some(self.shared.options.clock.now()),
            suspended_at: Some(None),
            ran_ms: Some(self.task.ran_ms),
            exit_code,
            error: error.clone(),
            end_reason: Some(reason.to_owned()),
            stop_reason: self.task.stop_reason.clone(),
            instance_record: self.instance_json(),
            ..TaskPatch::default()
        };
        ops.push(self.update(OPEN, patch));
        if let Err(e) = self.commit_own(Durability::Power, ops).await {
            tracing::error!(task = %self.task.id, error = %e, "the task's end could not be committed");
            if matches!(e, lia_store::StoreError::Closed) {
                return;
            }
        }
        self.tell_terminals();
        self.task.status = TaskStatus::Terminated;
        self.answer_waiting(|| Err(EngineError::InvalidState("the task has ended".into())));
        let why = error.unwrap_or_else(|| "the session has ended".into());
        for (_, ended) in self.turns.drain() {
            let _ = ended.send(Err(EngineError::Turn(why.clone())));
        }
        if !removing {
            // The workspace stays until the task is deleted.
            self.leave().await;
        }
        drop(held);
        let path = spool_path(&self.shared.options.data_dir, self.task.id);
        let _ = tokio::fs::remove_file(path).await;
        if LOST.contains(&reason)
            && let Some(name) = &self.task.instance_name
        {
            let engine = Engine { shared: self.shared.clone() };
            if let Err(e) = engine.instance_lost(&self.task.user, name, self.task.id).await {
                tracing::warn!(task = %self.task.id, error = %e, "a named instance's end could not be written down");
            }
        }
        self.phase = Phase::Ended;
        self.settle().await;
        self.tail.complete();
    }

    pub(super) async fn gateway_event(&mut self, event: GatewayEvent) {
        let turn = self.turn.map(|t| t.0);
        let event = match event {
            GatewayEvent::Refused(e) => NewEvent::own(Actor::Gateway, &e),
            GatewayEvent::Allowed(e) => NewEvent::own(Actor::Gateway, &e),
            GatewayEvent::Usage { usage, .. } => NewEvent::own(Actor::Gateway, &usage),
        };
        self.log(vec![event.in_turn(turn)]).await;
    }

    /// The task's share of the log: a warning at 80 %, the end beyond 100 %.
    pub(super) async fn quota(&mut self) {
        let quota = self.shared.options.log_quota;
        if self.log_bytes > quota {
            let mib = quota >> 20;
            return Box::pin(
                self.fail("log_quota", &format!("the task's log reached its quota of {mib} MiB")),
            )
            .await;
        }
        if !self.log_warned && self.log_bytes > quota / 10 * 8 {
            self.log_warned = true;
            let event =
                self.error_event(format!("the task's log holds 80 % of its quota of {} MiB", quota >> 20));
            self.log(vec![event]).await;
        }
    }
}

/// The mark that a waiting command goes out.
fn sent(id: CommandId) -> Op {
    Op::SetCommand { id, expect: vec![CommandState::Pending], state: CommandState::Sent, outcome: None }
}

fn prompt_text(order: &Order) -> Option<String> {
    match order {
        Order::Prompt { text } | Order::Input { data: text } => Some(text.clone()),
        Order::Cancel | Order::Permission { .. } | Order::Signal { .. } | Order::Shutdown { .. } => None,
    }
}

/// What a terminal or an ACP agent gets as its first prompt.
#[must_use]
pub fn first_order(mode: AgentMode, prompt: String) -> Order {
    match mode {
        AgentMode::Acp => Order::Prompt { text: prompt },
        AgentMode::Terminal => Order::Input { data: prompt },
    }
}

fn clones(spec: &[(String, String)]) -> Vec<RepositoryClone> {
    spec.iter().map(|(url, folder)| RepositoryClone { url: url.clone(), folder: folder.clone() }).collect()
}
