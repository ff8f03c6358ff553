//! What owners do to their sandboxes. Most sessions have one of their own; those of one named instance share theirs, and
//! here their wishes become one:
//!
//! ```text
//! the first enters ──▶ started          one is awake ──▶ runs
//! another enters   ──▶ joined           all are asleep ──▶ paused       the last leaves ──▶ ended, files kept
//! ```
//!
//! Who leaves a sandbox that goes on is forgotten by its sidecar, with all that it runs. The way out is one per sandbox,
//! for what all of its sessions may reach together.
//!
//! Order of locks: that of the kept files ([`super::kept`]), then a sandbox's own.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use lia_gateway::{GatewayEvent, Policy};
use lia_protocol::{
    boot::PORT_EGRESS,
    ids::{InstanceId, SessionId, TaskId},
    task::TaskStatus,
};
use lia_runtime::{InstanceRecord, InstanceStatus, RuntimeError};
use lia_store::TaskRecord;
use tokio::{
    sync::{Mutex as AsyncMutex, Notify, mpsc, watch},
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{EngineError, Shared, import, instances::OPEN, link, spec::TaskSpec};

/// Sessions that may share a sandbox; the sidecar serves no more.
pub(super) const SHARING: usize = 64;
/// How long the sessions of a sandbox that died may take to write down what it left.
const LEAVING: Duration = Duration::from_secs(60);
/// Between two attempts to enter a sandbox whose sidecar does not answer.
const AGAIN: Duration = Duration::from_millis(50);
/// How long one round of tidying up may take, and how many there are.
const TIDY: Duration = Duration::from_secs(30);
const TIDY_ATTEMPTS: u32 = 6;
/// Events on their way to owners.
const EVENTS: usize = 64;

/// All of them.
#[derive(Default)]
pub(super) struct Sandboxes(Mutex<HashMap<InstanceId, Weak<Sandbox>>>);

impl Sandboxes {
    fn of(&self, id: InstanceId) -> Arc<Sandbox> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = all.get(&id).and_then(Weak::upgrade) {
            return there;
        }
        all.retain(|_, s| s.strong_count() > 0);
        let made = Arc::new(Sandbox::default());
        all.insert(id, Arc::downgrade(&made));
        made
    }
}

/// One sandbox, as long as a session is in it or something is done to it.
#[derive(Default)]
struct Sandbox {
    state: AsyncMutex<State>,
    /// Wakes whenever a session leaves.
    left: Notify,
}

#[derive(Default)]
struct State {
    /// While processes may live.
    record: Option<Arc<InstanceRecord>>,
    members: BTreeMap<TaskId, Member>,
    way_out: Option<WayOut>,
    /// Ends what talks to its sidecar, once nothing is to be tidied any more.
    tidying: CancellationToken,
    /// Whether it is a named instance's.
    shared: bool,
}

/// A session in a sandbox.
struct Member {
    session: SessionId,
    awake: bool,
    policy: Policy,
    /// Where its owner hears of the way out; none until the owner is there.
    events: Option<mpsc::Sender<GatewayEvent>>,
    /// Keeps the sandbox in the map.
    _in: Arc<Sandbox>,
}

/// The egress link's task.
struct WayOut {
    stop: CancellationToken,
    policy: watch::Sender<Arc<Policy>>,
}

impl Drop for WayOut {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl State {
    fn asleep(&self) -> bool {
        !self.members.values().any(|m| m.awake)
    }

    /// Whether nobody is in it but perhaps this one.
    fn left_but(&self, task: TaskId) -> bool {
        self.members.keys().all(|id| *id == task)
    }

    /// No processes live any more.
    fn close(&mut self) {
        self.record = None;
        self.way_out = None;
        self.tidying.cancel();
        self.tidying = CancellationToken::new();
    }

    /// What all of its sessions may reach together.
    fn policy(&self) -> Policy {
        let mut all = Policy::default();
        for m in self.members.values() {
            add(&mut all, &m.policy);
        }
        all
    }

    fn tell_policy(&self) {
        if let Some(way) = &self.way_out {
            way.policy.send_replace(Arc::new(self.policy()));
        }
    }
}

fn add(to: &mut Policy, more: &Policy) {
    for rule in &more.allow {
        if !to.allow.contains(rule) {
            to.allow.push(rule.clone());
        }
    }
    to.providers.extend(more.providers.iter().cloned());
}

/// What a policy asks for beyond another: rules and providers by their names.
pub(super) fn beyond(asked: &Policy, given: &Policy) -> Vec<String> {
    let rules = asked.allow.iter().filter(|r| !given.allow.contains(r)).map(ToString::to_string);
    rules.chain(asked.providers.difference(&given.providers).cloned()).collect()
}

impl Shared {
    /// What the open sessions of a sandbox may reach together.
    pub(super) async fn open_policy(&self, instance: InstanceId) -> Result<Option<Policy>, EngineError> {
        let mut all = None;
        for task in self.store.tasks_of_instance(instance).await? {
            if OPEN.contains(&task.status)
                && let Ok(spec) = serde_json::from_str::<TaskSpec>(&task.spec)
            {
                add(all.get_or_insert_with(Policy::default), &self.policy(&spec));
            }
        }
        Ok(all)
    }

    /// Whether other sessions have files in the task's sandbox.
    pub(super) async fn shares(&self, task: &TaskRecord) -> Result<bool, EngineError> {
        let all = self.store.tasks_of_instance(task.instance).await?;
        let has_files = |t: &TaskRecord| !t.removed && (!t.cleanup || OPEN.contains(&t.status));
        Ok(all.iter().any(|t| t.id != task.id && has_files(t)))
    }

    /// Before owners take sessions up: which sandboxes may live, so that none is started over one that does.
    pub(super) async fn know(&self, tasks: &[TaskRecord]) {
        for task in tasks.iter().filter(|t| OPEN.contains(&t.status)) {
            let found = super::owner::InstanceState::of(task);
            // What is left of a parked one is ended by its owner.
            let (Some(record), Ok(spec), false) =
                (found.record, serde_json::from_str::<TaskSpec>(&task.spec), found.parked)
            else {
                continue;
            };
            let sandbox = self.sandboxes.of(task.instance);
            let mut state = sandbox.state.lock().await;
            state.record = Some(record);
            let member = Member {
                session: task.session,
                awake: task.status != TaskStatus::Suspended,
                policy: self.policy(&spec),
                events: None,
                _in: sandbox.clone(),
            };
            state.members.insert(task.id, member);
        }
    }

    /// Brings a session into its sandbox: starts it, or joins the one that lives.
    ///
    /// # Errors
    /// Those of the runtime; a sidecar that does not let go of what the session left there.
    pub(super) async fn enter(
        self: &Arc<Self>,
        task: &TaskRecord,
        spec: &TaskSpec,
        keep: bool,
        events: mpsc::Sender<GatewayEvent>,
    ) -> Result<InstanceRecord, RuntimeError> {
        let missing = |e: EngineError| RuntimeError::Missing(e.to_string());
        let sandbox = self.sandboxes.of(task.instance);
        let until = Instant::now() + LEAVING;
        loop {
            self.living_or_left(&sandbox, task.id, until).await?;
            // Never waited for under this lock: those who leave take it too. A sandbox that was never there needs none.
            let mut kept = if keep || spec.shared { Some(self.hold_kept(task.instance).await) } else { None };
            let mut state = sandbox.state.lock().await;
            let record = if let Some(record) = self.living(&state).await? {
                self.runtime.resume(&record).await?;
                if let Err(e) = self.forget(&record, task.session).await {
                    if self.living(&state).await?.is_some() && Instant::now() > until {
                        return Err(missing(e));
                    }
                    // It is dying, or busy.
                    drop((state, kept));
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
                self.tidy(&sandbox, record.clone(), true);
                record
            } else if state.left_but(task.id) {
                state.close();
                if let Some(kept) = &mut kept {
                    self.close_held(task.instance, kept).await;
                }
                self.start_sandbox(task, spec, keep).await?
            } else {
                continue;
            };
            state.record = Some(record.clone());
            self.take_in(&sandbox, &mut state, task, spec, true, events);
            return Ok(InstanceRecord::clone(&record));
        }
    }

    /// Starts the sandbox of a session that is the first in it; over its files, if there were others before.
    async fn start_sandbox(
        &self,
        task: &TaskRecord,
        spec: &TaskSpec,
        keep: bool,
    ) -> Result<Arc<InstanceRecord>, RuntimeError> {
        let missing = |e: EngineError| RuntimeError::Missing(e.to_string());
        let mut wanted = self.instance_spec(task, spec, keep)?;
        if spec.shared {
            // Perhaps half made by another, whose start was given up.
            self.runtime.stop(&self.remains(task.instance), self.ledger()).await?;
            let others = self.shares(task).await.map_err(missing)?;
            wanted.keep = (keep || others) && self.runtime.keeps();
            let open = self.open_policy(task.instance).await.map_err(missing)?;
            wanted.ports.extend(open.iter().flat_map(|p| &p.allow).filter_map(|r| r.port));
            wanted.ports.sort_unstable();
            wanted.ports.dedup();
        }
        Ok(Arc::new(self.runtime.start(wanted, self.ledger()).await?))
    }

    /// Takes up a session that lives in its sandbox already.
    ///
    /// # Errors
    /// Those of the runtime: the session is in, its sandbox may not do what it should.
    pub(super) async fn adopt(
        self: &Arc<Self>,
        task: &TaskRecord,
        spec: &TaskSpec,
        record: &Arc<InstanceRecord>,
        events: mpsc::Sender<GatewayEvent>,
    ) -> Result<(), RuntimeError> {
        let sandbox = self.sandboxes.of(task.instance);
        let mut state = sandbox.state.lock().await;
        state.record = Some(record.clone());
        self.take_in(&sandbox, &mut state, task, spec, task.status != TaskStatus::Suspended, events);
        if state.asleep() {
            self.runtime.pause(record).await
        } else {
            self.runtime.resume(record).await?;
            self.tidy(&sandbox, record.clone(), state.shared);
            Ok(())
        }
    }

    fn take_in(
        self: &Arc<Self>,
        sandbox: &Arc<Sandbox>,
        state: &mut State,
        task: &TaskRecord,
        spec: &TaskSpec,
        awake: bool,
        events: mpsc::Sender<GatewayEvent>,
    ) {
        let member = Member {
            session: task.session,
            awake,
            policy: self.policy(spec),
            events: Some(events),
            _in: sandbox.clone(),
        };
        state.members.insert(task.id, member);
        state.shared = spec.shared;
        match (&state.way_out, state.record.clone()) {
            (None, Some(record)) => {
                let way = self.open_way(Arc::downgrade(sandbox), record, state.policy());
                state.way_out = Some(way);
            }
            _ => state.tell_policy(),
        }
    }

    /// A sandbox's record, if its processes live.
    async fn living(&self, state: &State) -> Result<Option<Arc<InstanceRecord>>, RuntimeError> {
        let Some(record) = state.record.clone() else { return Ok(None) };
        let gone = matches!(self.runtime.status(&record).await?, InstanceStatus::Gone { .. });
        Ok((!gone).then_some(record))
    }

    /// Returns once a sandbox's processes live, or nobody else is in it any more: what it left in its sessions' journals is
    /// theirs to write down before it is started again.
    async fn living_or_left(
        &self,
        sandbox: &Sandbox,
        task: TaskId,
        until: Instant,
    ) -> Result<(), RuntimeError> {
        loop {
            let mut left = std::pin::pin!(sandbox.left.notified());
            left.as_mut().enable();
            {
                let state = sandbox.state.lock().await;
                if state.left_but(task) || self.living(&state).await?.is_some() {
                    return Ok(());
                }
            }
            if timeout_at(until, left).await.is_err() {
                return Err(RuntimeError::Missing(
                    "other sessions of the sandbox that ended are still being closed; try again".into(),
                ));
            }
        }
    }

    /// Stops a sandbox if all of its sessions sleep now that this one does.
    ///
    /// # Errors
    /// Those of the runtime; then the session is awake.
    pub(super) async fn sleep(&self, task: &TaskRecord, record: &InstanceRecord) -> Result<(), RuntimeError> {
        let sandbox = self.sandboxes.of(task.instance);
        let mut state = sandbox.state.lock().await;
        let Some(member) = state.members.get_mut(&task.id) else {
            return Err(RuntimeError::Gone(task.instance));
        };
        member.awake = false;
        if !state.asleep() {
            return Ok(());
        }
        let paused = self.runtime.pause(record).await;
        if paused.is_err()
            && let Some(member) = state.members.get_mut(&task.id)
        {
            member.awake = true;
        }
        paused
    }

    /// Lets a session's sandbox go on.
    ///
    /// # Errors
    /// Those of the runtime; then the session sleeps on.
    pub(super) async fn wake(
        self: &Arc<Self>,
        task: &TaskRecord,
        record: &Arc<InstanceRecord>,
    ) -> Result<(), RuntimeError> {
        let sandbox = self.sandboxes.of(task.instance);
        let mut state = sandbox.state.lock().await;
        self.runtime.resume(record).await?;
        let Some(member) = state.members.get_mut(&task.id) else {
            return Err(RuntimeError::Gone(task.instance));
        };
        member.awake = true;
        self.tidy(&sandbox, record.clone(), state.shared);
        Ok(())
    }

    /// A session is no more in its sandbox: what it runs there ends, and the sandbox with it when it was the last.
    ///
    /// # Errors
    /// Those of the runtime.
    pub(super) async fn leave(self: &Arc<Self>, task: &TaskRecord) -> Result<(), RuntimeError> {
        let sandbox = self.sandboxes.of(task.instance);
        let mut state = sandbox.state.lock().await;
        let member = state.members.remove(&task.id);
        sandbox.left.notify_waiters();
        if state.members.is_empty() {
            state.close();
            return self.runtime.stop(&self.remains(task.instance), self.ledger()).await;
        }
        state.tell_policy();
        // Of one that died, what the others are to write down about its end is still to come.
        let Some(record) = self.living(&state).await? else { return Ok(()) };
        if !member.is_some_and(|m| m.awake) && state.asleep() {
            // It stands still: forgotten as soon as it goes on.
            return Ok(());
        }
        if let Err(e) = self.forget(&record, task.session).await {
            tracing::warn!(task = %task.id, error = %e, "what a session runs in its sandbox could not be ended; it is tried again");
            self.tidy(&sandbox, record.clone(), true);
        }
        if state.asleep() { self.runtime.pause(&record).await } else { Ok(()) }
    }

    /// Removes a sandbox and its files, unless others have files in it.
    ///
    /// # Errors
    /// Those of the runtime and of the store.
    pub(super) async fn remove_sandbox(self: &Arc<Self>, task: &TaskRecord) -> Result<(), EngineError> {
        let mut kept = self.hold_kept(task.instance).await;
        let sandbox = self.sandboxes.of(task.instance);
        if self.shares(task).await? {
            let inside = sandbox.state.lock().await.members.contains_key(&task.id);
            return if inside { Ok(self.leave(task).await?) } else { Ok(()) };
        }
        self.close_held(task.instance, &mut kept).await;
        let mut state = sandbox.state.lock().await;
        state.members.clear();
        state.close();
        sandbox.left.notify_waiters();
        Ok(self.runtime.delete(task.instance, self.ledger()).await?)
    }

    /// The record of a sandbox in which sessions are: its own processes read its files. `Err`: they sleep.
    pub(super) async fn inhabited(
        &self,
        instance: InstanceId,
    ) -> Result<Option<Arc<InstanceRecord>>, EngineError> {
        let sandbox = self.sandboxes.of(instance);
        let state = sandbox.state.lock().await;
        if state.members.is_empty() {
            return Ok(None);
        }
        match state.record.clone().filter(|_| !state.asleep()) {
            Some(record) => Ok(Some(record)),
            None => Err(EngineError::InvalidState(
                "the sandbox's sessions are suspended with their processes in memory, which would have to run to read its \
                 files; resume one first"
                    .into(),
            )),
        }
    }

    /// Lets the sidecar of a shared sandbox forget whatever session is not in it (any more). Tried a few times.
    fn tidy(self: &Arc<Self>, sandbox: &Arc<Sandbox>, record: Arc<InstanceRecord>, shared: bool) {
        if !shared {
            return;
        }
        let (shared, sandbox) = (self.clone(), sandbox.clone());
        self.background.spawn(async move {
            for attempt in 0..TIDY_ATTEMPTS {
                let over = match sandbox.state.lock().await {
                    state if state.record.as_deref() == Some(&*record) => state.tidying.clone(),
                    _ => return,
                };
                let done = tokio::select! {
                    done = timeout(TIDY, shared.tidy_once(&sandbox, &record)) => done,
                    () = over.cancelled() => return,
                    () = shared.stopping.cancelled() => return,
                };
                match done.unwrap_or_else(|e| Err(EngineError::Instance(e.to_string()))) {
                    Ok(()) => return,
                    Err(e) => {
                        tracing::warn!(instance = %record.id, error = %e, "what a session left in its sandbox could not be ended");
                    }
                }
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_secs(1 << attempt)) => {}
                    () = over.cancelled() => return,
                    () = shared.stopping.cancelled() => return,
                }
            }
        });
    }

    /// The sandbox is held for one session at a time, so that whoever ends it never waits for all of them.
    async fn tidy_once(&self, sandbox: &Sandbox, record: &Arc<InstanceRecord>) -> Result<(), EngineError> {
        let secret = self.instance_secret(record.id);
        let known = import::sessions(self, record, &secret).await?;
        for session in known.into_iter().take(2 * SHARING) {
            let state = sandbox.state.lock().await;
            if state.asleep() || state.record.as_deref() != Some(&**record) {
                return Ok(());
            }
            if !state.members.values().any(|m| m.session == session) {
                self.forget(record, session).await?;
            }
        }
        Ok(())
    }

    async fn forget(&self, record: &InstanceRecord, session: SessionId) -> Result<(), EngineError> {
        import::forget(self, record, &self.instance_secret(record.id), session).await
    }

    /// Opens a sandbox's way out, until it is closed or the engine stops.
    fn open_way(self: &Arc<Self>, of: Weak<Sandbox>, record: Arc<InstanceRecord>, policy: Policy) -> WayOut {
        let stop = self.stopping.child_token();
        let (policy, policy_rx) = watch::channel(Arc::new(policy));
        let (events, told) = mpsc::channel(EVENTS);
        tokio::spawn(tell(of, told));
        let (shared, cancel) = (self.clone(), stop.clone());
        tokio::spawn(async move {
            let secret = shared.instance_secret(record.id);
            let mut wait = Duration::from_millis(20);
            while !cancel.is_cancelled() {
                if let Ok(io) = link::dial(&*shared.runtime, &record, &secret, PORT_EGRESS).await {
                    wait = Duration::from_millis(20);
                    if let Err(e) =
                        shared.gateway.serve_link(io, policy_rx.clone(), events.clone(), cancel.clone()).await
                    {
                        tracing::debug!(instance = %record.id, error = %e, "an egress link ended");
                    }
                }
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = tokio::time::sleep(wait) => wait = (wait * 2).min(Duration::from_secs(5)),
                }
            }
        });
        WayOut { stop, policy }
    }
}

/// Tells owners what passed the way out: tokens to the session that they are of, as far as that is known, all else to every
/// session of the sandbox.
async fn tell(of: Weak<Sandbox>, mut told: mpsc::Receiver<GatewayEvent>) {
    while let Some(event) = told.recv().await {
        let Some(sandbox) = of.upgrade() else { return };
        let to: Vec<_> = {
            let state = sandbox.state.lock().await;
            let by = match &event {
                GatewayEvent::Usage { session, .. } => *session,
                GatewayEvent::Refused(_) | GatewayEvent::Allowed(_) => None,
            };
            let named = state.members.values().filter(|m| Some(m.session) == by);
            let mut to: Vec<_> = named.filter_map(|m| m.events.clone()).collect();
            if by.is_none() {
                to = state.members.values().filter_map(|m| m.events.clone()).collect();
            }
            if matches!(event, GatewayEvent::Usage { .. }) {
                to.truncate(1);
            }
            to
        };
        if let [owner] = &to[..] {
            // An owner that is gone needs to hear nothing.
            let _ = owner.send(event).await;
            continue;
        }
        for owner in to {
            // One that does not keep up holds its neighbours up least of all.
            if let Err(mpsc::error::TrySendError::Full(_)) = owner.try_send(event.clone()) {
                tracing::warn!("a session that does not keep up is not told of a connection of its sandbox");
            }
        }
    }
}
