//! Who is posted to next. One queue per webhook and session, whose first delivery is attempted until it is taken or given
//! up; all queues at once, within bounds. The queues stand in the store; here is only what is the first of each.

use std::{
    collections::{BTreeSet, HashMap, VecDeque, hash_map::Entry},
    future::pending,
    time::Duration,
};

use lia_protocol::{
    ids::{DeliveryId, SessionId, WebhookId},
    sessions::{DeliveryAttempt, DeliveryState},
    time::Timestamp,
};
use lia_store::{DeliveryRecord, Due, Op, StoreError, Txn, Untold};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    Ask, Webhooks,
    keep::context,
    payload::{Told, told},
    post::{Outcome, Post},
};

/// Attempts at once.
const ATTEMPTS: usize = 64;
/// Attempts at once for one webhook, so that a slow receiver leaves room for others.
const OF_ONE: usize = 16;
/// Events that are taken out of the outbox at once.
const PAGE: u32 = 256;
/// How long the queue waits when the store cannot do it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long open attempts may go on when the server stops.
const STOPPING: Duration = Duration::from_secs(2);

type Key = (WebhookId, SessionId);

/// Where a queue stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lane {
    /// Its first delivery is not due yet.
    Waiting(Instant),
    /// It waits for its turn.
    Ready,
    /// Its first delivery is being attempted.
    Running,
}

/// The queues of one webhook that wait for their turn, and how many are running.
#[derive(Default)]
struct Receiver {
    ready: VecDeque<SessionId>,
    running: usize,
}

pub(super) struct Queue {
    webhooks: Webhooks,
    asked: mpsc::Receiver<Ask>,
    outbox: watch::Receiver<u64>,
    stopping: CancellationToken,
    lanes: HashMap<Key, Lane>,
    timers: BTreeSet<(Instant, Key)>,
    receivers: HashMap<WebhookId, Receiver>,
    /// Receivers that have something ready, in their turns.
    turns: VecDeque<WebhookId>,
    attempts: JoinSet<Key>,
    /// When the store is asked again that could not do it.
    again: Option<Instant>,
}

impl Queue {
    pub(super) fn new(webhooks: Webhooks, asked: mpsc::Receiver<Ask>, stopping: CancellationToken) -> Self {
        let mut outbox = webhooks.0.store.outbox_grows();
        outbox.mark_changed();
        Self {
            webhooks,
            asked,
            outbox,
            stopping,
            lanes: HashMap::new(),
            timers: BTreeSet::new(),
            receivers: HashMap::new(),
            turns: VecDeque::new(),
            attempts: JoinSet::new(),
            again: None,
        }
    }

    /// Until the server stops. What is open then is attempted again at the next start.
    pub(super) async fn run(mut self) {
        self.look_at_all().await;
        loop {
            self.start_ready();
            let next = self.timers.first().map(|(at, _)| *at).into_iter().chain(self.again).min();
            let timer = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.stopping.cancelled() => break,
                Some(done) = self.attempts.join_next() => match done {
                    Ok(key) => self.ended(key).await,
                    Err(e) => {
                        tracing::error!(error = %e, "an attempt to deliver ended by a defect");
                        self.look_at_all().await;
                    }
                },
                Some(ask) = self.asked.recv() => match ask {
                    Ask::Look(webhook, session) => self.look_at((webhook, session)).await,
                    Ask::Changed => self.look_at_all().await,
                },
                Ok(()) = self.outbox.changed() => self.tell_all().await,
                () = timer => self.timer().await,
            }
        }
        let rest = async { while self.attempts.join_next().await.is_some() {} };
        let _ = timeout(STOPPING, rest).await;
    }

    async fn timer(&mut self) {
        let now = Instant::now();
        if self.again.take_if(|at| *at <= now).is_some() {
            self.tell_all().await;
            self.look_at_all().await;
        }
        while let Some((_, key)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.pop_first();
            self.ready(key);
        }
    }

    fn failed(&mut self, what: &'static str, e: &StoreError) {
        if !matches!(e, StoreError::Closed) {
            tracing::error!(error = %e, "{what}; it is tried again");
        }
        self.again = Some(Instant::now() + PATIENCE);
    }

    /// Makes deliveries of all that is in the outbox.
    async fn tell_all(&mut self) {
        loop {
            match self.tell_some().await {
                Ok(0) => return,
                Ok(_) => {}
                Err(e) => return self.failed("events could not be taken out of the outbox", &e),
            }
        }
    }

    async fn tell_some(&mut self) -> Result<usize, StoreError> {
        let store = self.webhooks.0.store.clone();
        let untold = store.untold(PAGE).await?;
        let mut deliveries = Vec::new();
        let mut hearers = HashMap::new();
        for of in &untold {
            let Some(told) = told(of) else { continue };
            let session = of.event.session;
            let hearers = match hearers.entry(session) {
                Entry::Occupied(e) => e.into_mut(),
                Entry::Vacant(e) => e.insert(store.hearers(session).await?),
            };
            let hearing = hearers.iter().filter(|w| w.wants(told.kind));
            deliveries.extend(hearing.map(|w| self.delivery(w.id, of, &told)));
        }
        let keys: BTreeSet<Key> = deliveries.iter().map(|d| (d.webhook, d.session)).collect();
        let seen = untold.iter().map(|u| (u.event.session, u.event.seq)).collect::<Vec<_>>();
        if !seen.is_empty() {
            store.commit(Txn::process(vec![Op::Tell { seen, deliveries }])).await?;
        }
        for key in keys {
            self.look_at(key).await;
        }
        Ok(untold.len())
    }

    fn delivery(&self, webhook: WebhookId, of: &Untold, told: &Told) -> DeliveryRecord {
        let shared = &self.webhooks.0;
        let now = shared.clock.now();
        let first = shared.options.retry.first().copied().unwrap_or_default();
        let wait = i64::try_from(first.as_millis()).unwrap_or(i64::MAX);
        DeliveryRecord {
            id: DeliveryId::new(),
            webhook,
            session: of.event.session,
            event: told.id,
            body: told.body.clone(),
            state: DeliveryState::Pending,
            tries: 0,
            once: false,
            next_at: Some(Timestamp(now.0.saturating_add(wait))),
            created_at: now,
            finished_at: None,
        }
    }

    /// Takes up what is due anywhere. Queues that are known stay as they are: a webhook that is gone or switched off is
    /// noticed when their turn comes.
    async fn look_at_all(&mut self) {
        match self.webhooks.0.store.due().await {
            Ok(all) => all.into_iter().for_each(|due| self.take_up(due)),
            Err(e) => self.failed("what is due to webhooks could not be read", &e),
        }
    }

    async fn look_at(&mut self, (webhook, session): Key) {
        match self.webhooks.0.store.due_of(webhook, session).await {
            Ok(Some(due)) => self.take_up(due),
            Ok(None) => self.forget((webhook, session)),
            Err(e) => self.failed("what is due to a webhook could not be read", &e),
        }
    }

    fn take_up(&mut self, due: Due) {
        let key = (due.webhook, due.session);
        let left = due.at.millis().saturating_sub(self.webhooks.0.clock.now().millis());
        match self.lanes.get(&key) {
            Some(Lane::Running | Lane::Ready) => return,
            Some(Lane::Waiting(at)) => drop(self.timers.remove(&(*at, key))),
            None => {}
        }
        match u64::try_from(left) {
            Ok(left) if left > 0 => {
                let at = Instant::now() + Duration::from_millis(left);
                self.lanes.insert(key, Lane::Waiting(at));
                self.timers.insert((at, key));
            }
            Ok(_) | Err(_) => self.ready(key),
        }
    }

    fn forget(&mut self, key: Key) {
        if let Some(Lane::Waiting(at)) = self.lanes.get(&key) {
            self.timers.remove(&(*at, key));
            self.lanes.remove(&key);
        }
    }

    fn ready(&mut self, key: Key) {
        self.lanes.insert(key, Lane::Ready);
        let receiver = self.receivers.entry(key.0).or_default();
        if receiver.ready.is_empty() {
            self.turns.push_back(key.0);
        }
        receiver.ready.push_back(key.1);
    }

    /// Begins attempts, a receiver after the other, as many as there is room for.
    fn start_ready(&mut self) {
        for _ in 0..self.turns.len() {
            if self.attempts.len() >= ATTEMPTS {
                return;
            }
            let Some(webhook) = self.turns.pop_front() else { return };
            let Some(receiver) = self.receivers.get_mut(&webhook) else { continue };
            while receiver.running < OF_ONE
                && self.attempts.len() < ATTEMPTS
                && let Some(session) = receiver.ready.pop_front()
            {
                receiver.running += 1;
                self.lanes.insert((webhook, session), Lane::Running);
                let webhooks = self.webhooks.clone();
                self.attempts.spawn(async move {
                    webhooks.attempt(webhook, session).await;
                    (webhook, session)
                });
            }
            if !receiver.ready.is_empty() {
                self.turns.push_back(webhook);
            }
        }
    }

    async fn ended(&mut self, key: Key) {
        self.lanes.remove(&key);
        if let Entry::Occupied(mut e) = self.receivers.entry(key.0) {
            e.get_mut().running -= 1;
            if e.get().running == 0 && e.get().ready.is_empty() {
                e.remove();
            }
        }
        self.look_at(key).await;
    }
}

impl Webhooks {
    /// Attempts the first delivery of a queue and notes how it ended.
    async fn attempt(&self, webhook: WebhookId, session: SessionId) {
        let shared = &self.0;
        let id = match self.try_first(webhook, session).await {
            Ok(None) => return,
            Ok(Some((id, op))) => {
                // The receiver has seen it: what is not noted now would be posted again.
                let mut wait = Duration::from_millis(50);
                loop {
                    match shared.store.commit(Txn::process(vec![op.clone()])).await {
                        Ok(_) => break,
                        Err(StoreError::Closed) => return,
                        Err(e) => {
                            tracing::error!(delivery = %id, error = %e, "an attempt could not be noted; trying again")
                        }
                    }
                    sleep(wait).await;
                    wait = (wait * 2).min(PATIENCE);
                }
                id
            }
            Err(e) => {
                tracing::error!(%webhook, error = %e, "a delivery could not be read; it is tried again");
                return sleep(PATIENCE).await;
            }
        };
        if let Some(waiting) = self.waiting().remove(&id) {
            // Who has stopped waiting has no use for it.
            let _ = waiting.send(());
        }
    }

    async fn try_first(
        &self,
        webhook: WebhookId,
        session: SessionId,
    ) -> Result<Option<(DeliveryId, Op)>, StoreError> {
        let shared = &self.0;
        let Some(due) = shared.store.due_of(webhook, session).await? else { return Ok(None) };
        let (hook, found) = tokio::try_join!(shared.store.webhook(webhook), shared.store.delivery(due.id))?;
        let (Some(hook), Some((record, _))) = (hook, found) else { return Ok(None) };
        if due.at > shared.clock.now() {
            return Ok(None);
        }
        let (at, began) = (shared.clock.now(), Instant::now());
        let outcome = match shared.seal.open_text(&context(hook.id), &hook.secret) {
            Err(e) => Outcome::Refused(e.to_string()),
            Ok(secret) => {
                let post = Post {
                    url: &hook.url,
                    secret: &secret,
                    event: record.event.to_string(),
                    session: session_of(&record),
                    body: &record.body,
                };
                post.send(&shared.outbound, &shared.options, at).await
            }
        };
        let now = shared.clock.now();
        let (state, next_at) = outcome.then(record.tries, record.once, &shared.options.retry, now);
        let (status, error) = match outcome {
            Outcome::Answered { status, .. } => (Some(status), None),
            Outcome::Failed(why) | Outcome::Refused(why) => (None, Some(why)),
        };
        tracing::debug!(%webhook, delivery = %record.id, ?status, ?error, state = state.as_str(), "attempted");
        let duration_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        let attempt = Box::new(DeliveryAttempt { at, duration_ms, status, error });
        Ok(Some((record.id, Op::Attempted { id: record.id, attempt, state, next_at })))
    }
}

/// The session that the body names.
fn session_of(record: &DeliveryRecord) -> String {
    let payload: Option<lia_protocol::sessions::WebhookPayload> = serde_json::from_slice(&record.body).ok();
    payload.map(|p| p.session_id).unwrap_or_default()
}
