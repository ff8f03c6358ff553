//! The instance's life until its agent runs: made, linked, begun; and what start-up finds of it. How it stands still is in
//! [`super::pause`], how it ends in [`super::ending`].

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use lia_gateway::GatewayEvent;
use lia_protocol::{
    boot::PLACEHOLDER_KEY,
    event::{Actor, NewEvent, Progress, TaskState},
    ids::{CommandId, Offset},
    link::{AgentStart, HostLine, Init, Order, RepositoryClone},
    secret::Secret,
    task::TaskStatus,
    template::AgentMode,
    time::Timestamp,
};
use lia_runtime::{InstanceStatus, RuntimeError};
use lia_store::{CommandRecord, CommandState, Durability, Op, TaskPatch, TaskRecord};
use tokio::{sync::mpsc, time::Instant};

use super::{Given, InstanceState, Msg, Owner, Phase, Settling, changes::Changes, lines::turn_of};
use crate::engine::{
    Shared,
    error::EngineError,
    import,
    link::Link,
    spec::{TaskSpec, spool_path, unspool},
    tail::{Head, Tail},
};

/// Attempts to link to an instance that lives, before it is given up.
const LINK_ATTEMPTS: u32 = 12;
/// Columns and rows of an agent's terminal whose size nobody has said.
const SIZE: (u16, u16) = (120, 30);

/// States of a task that has not ended.
pub(super) const OPEN: &[TaskStatus] =
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
    pub(super) async fn make_again(&mut self) {
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

    /// Watches for the instance's end.
    fn watch(&mut self) {
        let Some(record) = self.instance.record.clone() else { return };
        let runtime = self.shared.runtime.clone();
        if let Some(old) = self.ended.replace(tokio::spawn(async move { runtime.ended(&record).await })) {
            old.abort();
        }
    }

    /// Links again under a new epoch, after a wait that grows with the failures.
    pub(super) async fn link(&mut self) {
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
