//! Telling a control plane what happens in its sessions.
//!
//! ```text
//! log ──[`super::callback`]──▶ one callback at a time per session ──▶ POST {callbackUrl}/agents/{sessionId}/events
//!                                        │ answer to a permission_request
//!  place in the store ◀── told ──────────┴──▶ the session's owner, if nobody was faster
//! ```
//!
//! The log is the outbox: a session's teller is a cursor on it, whose place is kept in the store after each callback. What
//! was not told when the host died is told at the next start; a callback whose end was not noted comes again.
//!
//! A question is asked of the control plane first, and whoever else sees it may answer meanwhile: the first answer wins, and
//! a question that has one is not asked any more.

use std::{collections::HashSet, sync::Arc, time::Duration};

use axum::http::{
    Request,
    header::{CONTENT_TYPE, HOST, USER_AGENT},
};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use lia_gateway::Outbound;
use lia_protocol::{
    event::{Actor, EventBody},
    ids::{PermissionId, Seq, SessionId, TaskId, UserId},
    sessions::{DeliveryState, PermissionCallbackResponse},
    task::TaskStatus,
    time::Timestamp,
    wire,
};
use lia_store::{Op, TaskFilter, TaskOrder, TaskRecord, Txn};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::callback::{Callback, Callbacks};
use crate::{
    engine::{Engine, EngineError},
    webhooks::{
        Options, Target,
        post::{Outcome, answered, call, said},
    },
};

/// How long a control plane may think about a question before it is asked again.
const QUESTION: Duration = Duration::from_secs(60);
/// Bytes of an answer.
const ANSWER_BYTES: usize = 64 << 10;
/// Ended sessions that are looked at at a start.
const ENDED: u32 = 1000;
/// The place of a callback in its session's log, for receivers that see one twice.
const SEQ_HEADER: &str = "lia-event-seq";

/// Where a session's callbacks go.
///
/// # Errors
/// What is wrong with the URL, for people.
pub fn target(callback_url: &str, session: TaskId) -> Result<Target, String> {
    if callback_url.contains('?') {
        return Err("has a query, behind which no path can stand".into());
    }
    let base = callback_url.trim_end_matches('/');
    format!("{base}/agents/{session}/events").parse::<Target>().map_err(|e| e.to_string())
}

/// See the module.
#[derive(Clone)]
pub struct Teller(Arc<Shared>);

struct Shared {
    engine: Engine,
    user: UserId,
    options: Options,
    outbound: Outbound,
    /// Cancelled when the host waits no longer.
    give_up: CancellationToken,
}

impl Teller {
    /// Tells of the sessions of `user`.
    #[must_use]
    pub fn new(engine: Engine, user: UserId, options: Options, give_up: CancellationToken) -> Self {
        let outbound = Outbound::new(options.resolver.clone(), options.ca_file.clone());
        Self(Arc::new(Shared { engine, user, options, outbound, give_up }))
    }

    /// Tells until `stopping`, and then what is still to be told of sessions that are over, until it is to give up.
    pub async fn run(self, stopping: CancellationToken) {
        let Shared { engine, user, give_up, .. } = &*self.0;
        let mut news = engine.news();
        let (mut tellers, mut known) = (JoinSet::new(), HashSet::new());
        let mut found = self.at_start().await;
        loop {
            for task in found.drain(..) {
                self.begin(task, &mut tellers, &mut known).await;
            }
            tokio::select! {
                made = news.next() => {
                    found = match made {
                        Some(made) => made.into_iter().map(|m| m.task).collect(),
                        None => engine.sessions_of(user),
                    };
                }
                Some(ended) = tellers.join_next() => {
                    if let Ok(session) = ended {
                        known.remove(&session);
                    }
                }
                () = stopping.cancelled() => break,
            }
        }
        let rest = async { while tellers.join_next().await.is_some() {} };
        tokio::select! {
            () = rest => {}
            () = give_up.cancelled() => {}
        }
    }

    /// Sessions that live, and those that ended when nobody could tell.
    async fn at_start(&self) -> Vec<TaskId> {
        let Shared { engine, user, .. } = &*self.0;
        let mut all = engine.sessions_of(user);
        let filter = TaskFilter {
            user: Some(user.clone()),
            status: vec![TaskStatus::Terminated],
            order: TaskOrder::LastChanged,
            ..TaskFilter::default()
        };
        match engine.store().tasks(&filter, 1, ENDED).await {
            Ok((ended, _)) => all.extend(ended.into_iter().map(|t| t.id)),
            Err(error) => tracing::error!(%error, "what is still to be told of ended sessions is not known"),
        }
        all
    }

    /// Gives a session its teller, if it has somebody to tell and something is to be told.
    async fn begin(&self, id: TaskId, tellers: &mut JoinSet<SessionId>, known: &mut HashSet<SessionId>) {
        let Shared { engine, .. } = &*self.0;
        let Ok(Some(task)) = engine.store().task(id).await else { return };
        let Some(url) = Engine::spec_of(&task).and_then(|s| s.callback_url) else { return };
        let target = match target(&url, id) {
            Ok(target) => target,
            // It was looked at when the session was made.
            Err(error) => return tracing::error!(task = %id, error, "a callback URL cannot be called"),
        };
        if !known.insert(task.session) {
            return;
        }
        let (teller, session) = (self.clone(), task.session);
        tellers.spawn(async move {
            if let Err(error) = teller.tell(&task, &target).await {
                tracing::error!(task = %task.id, %error, "a session's callbacks stop here");
            }
            session
        });
    }

    async fn tell(&self, task: &TaskRecord, target: &Target) -> Result<(), EngineError> {
        let Shared { engine, .. } = &*self.0;
        let place = format!("host.told.{}", task.session);
        let told = engine.store().setting(&place).await?.and_then(|s| s.parse().ok()).map_or(Seq::ZERO, Seq);
        let mut log = engine.subscribe(task, told).await?;
        let mut callbacks = Callbacks::default();
        while let Some(slice) = log.next().await? {
            for event in slice.events() {
                for callback in callbacks.take(event) {
                    self.deliver(task, target, &callback).await;
                    let op = Op::PutSetting { name: place.clone(), value: callback.seq.0.to_string() };
                    engine.store().commit(Txn::process(vec![op])).await?;
                }
            }
        }
        Ok(())
    }

    /// Tells one callback, until it is taken, given up, or not to be told any more.
    async fn deliver(&self, task: &TaskRecord, target: &Target, callback: &Callback) {
        let told = self.attempts(task, target, callback);
        match callback.asks {
            None => told.await,
            Some(question) => tokio::select! {
                biased;
                () = self.answered(task, callback.seq, question) => {}
                () = told => {}
            },
        }
    }

    /// Returns when a question has its answer.
    async fn answered(&self, task: &TaskRecord, asked: Seq, question: PermissionId) {
        let answered = async {
            let mut log = self.0.engine.subscribe(task, asked).await?;
            while let Some(slice) = log.next().await? {
                let is = |e| matches!(e, Ok(EventBody::PermissionAnswered(a)) if a.id == question);
                if slice.events().any(|e| is(e.read())) {
                    break;
                }
            }
            Ok::<_, EngineError>(())
        };
        if let Err(error) = answered.await {
            tracing::warn!(task = %task.id, %error, "whether a question was answered is not known");
            std::future::pending().await
        }
    }

    async fn attempts(&self, task: &TaskRecord, target: &Target, callback: &Callback) {
        let Shared { options, .. } = &*self.0;
        let (mut tries, kind) = (0, callback.kind);
        sleep(options.retry.first().copied().unwrap_or_default()).await;
        loop {
            let (outcome, answer) = self.attempt(target, callback).await;
            let now = Timestamp::now();
            match outcome.then(tries, false, &options.retry, now) {
                (DeliveryState::Pending, Some(at)) => {
                    tracing::info!(task = %task.id, kind, ?outcome, "a callback is told again");
                    let wait = u64::try_from(at.millis().saturating_sub(now.millis())).unwrap_or(0);
                    sleep(Duration::from_millis(wait)).await;
                    tries += 1;
                }
                (DeliveryState::Delivered, _) => {
                    if let Some(question) = callback.asks {
                        self.decide(task, question, &answer).await;
                    }
                    return;
                }
                (DeliveryState::Pending | DeliveryState::Failed, _) => {
                    tracing::warn!(task = %task.id, kind, ?outcome, "a callback could not be told");
                    return;
                }
            }
        }
    }

    /// One request; of a question the answer's body too.
    async fn attempt(&self, target: &Target, callback: &Callback) -> (Outcome, Bytes) {
        let Shared { options, outbound, .. } = &*self.0;
        let request = Request::post(target.path.as_str())
            .header(HOST, &target.authority)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("Lia/", env!("CARGO_PKG_VERSION")))
            .header(SEQ_HEADER, callback.seq.0)
            .body(Full::new(callback.body.clone()));
        let Ok(request) = request else {
            return (Outcome::Refused("the URL cannot stand in a request".into()), Bytes::new());
        };
        let limit = if callback.asks.is_some() { QUESTION.max(options.timeout) } else { options.timeout };
        let exchange = async {
            let (answer, _connection) = match call(outbound, options, target, request).await {
                Ok(answer) => answer,
                Err(outcome) => return (outcome, Bytes::new()),
            };
            let outcome = answered(&answer);
            if callback.asks.is_none() || !answer.status().is_success() {
                return (outcome, Bytes::new());
            }
            match Limited::new(answer.into_body(), ANSWER_BYTES).collect().await {
                Ok(body) => (outcome, body.to_bytes()),
                Err(e) => (Outcome::Failed(said(&*e)), Bytes::new()),
            }
        };
        timeout(limit, exchange).await.unwrap_or_else(|_| {
            (Outcome::Failed(format!("it did not answer within {limit:?}")), Bytes::new())
        })
    }

    /// Does what the control plane answered to a question; what is no answer leaves it to others.
    async fn decide(&self, task: &TaskRecord, question: PermissionId, answer: &[u8]) {
        let option = match wire::parse::<PermissionCallbackResponse>(answer) {
            Ok(PermissionCallbackResponse::Option { option_id }) => Some(option_id),
            Ok(PermissionCallbackResponse::Cancelled { .. }) => None,
            Ok(PermissionCallbackResponse::Deferred { .. }) => return,
            Err(issues) => {
                tracing::warn!(task = %task.id, ?issues, "the answer to a question is none, and left to others");
                return;
            }
        };
        let Shared { engine, user, .. } = &*self.0;
        match engine.answer(task.id, question, option, Actor::User(user.clone())).await {
            // Somebody else was faster, or the session is over.
            Ok(_) | Err(EngineError::InvalidState(_) | EngineError::NotFound(_)) => {}
            Err(error) => {
                tracing::warn!(task = %task.id, %error, "the answer to a question is not taken, and left to others");
            }
        }
    }
}
