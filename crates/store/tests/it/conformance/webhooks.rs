//! Webhooks: what is put into the outbox, and how deliveries stand in their queues.

use bytes::Bytes;
use lia_protocol::{
    event::{Actor, ErrorEvent, NewEvent, TurnEnded},
    ids::{CommandId, DeliveryId, Seq, SessionId, WebhookId},
    sessions::{DeliveryAttempt, DeliveryState, WebhookEventType, WebhookSource},
    task::TaskStatus,
    time::Timestamp,
};
use lia_store::{DeliveryFilter, DeliveryRecord, Due, Op, Store, TaskPatch, WebhookPatch, WebhookRecord};
use uuid::Uuid;

use crate::support::*;

/// A webhook of `user` that hears all that is the user's.
fn hook(user: &str) -> WebhookRecord {
    WebhookRecord {
        id: WebhookId::new(),
        user: user.parse().unwrap(),
        all_users: false,
        session: None,
        task: None,
        source: WebhookSource::Api,
        name: None,
        url: "https://a.example/hook".to_owned(),
        secret: "sealed".to_owned(),
        events: None,
        enabled: true,
        created_at: Timestamp(1),
    }
}

async fn put(store: &impl Store, hook: WebhookRecord) -> WebhookRecord {
    commit(store, vec![Op::PutWebhook(Box::new(hook.clone()))]).await.unwrap();
    hook
}

fn ended() -> NewEvent {
    let body = TurnEnded { command: CommandId::new(), stop_reason: "end_turn".to_owned(), error: None };
    NewEvent::own(Actor::System, &body)
}

fn error() -> NewEvent {
    NewEvent::own(Actor::System, &ErrorEvent { message: "no".to_owned(), code: None })
}

fn delivery(of: &WebhookRecord, session: SessionId, at: i64) -> DeliveryRecord {
    DeliveryRecord {
        id: DeliveryId::new(),
        webhook: of.id,
        session,
        event: Uuid::now_v7(),
        body: Bytes::from_static(b"{\"a\":1}"),
        state: DeliveryState::Pending,
        tries: 0,
        once: false,
        next_at: Some(Timestamp(at)),
        created_at: Timestamp(at),
        finished_at: None,
    }
}

fn attempt(at: i64, status: u16) -> Box<DeliveryAttempt> {
    Box::new(DeliveryAttempt { at: Timestamp(at), duration_ms: 5, status: Some(status), error: None })
}

fn tell(deliveries: Vec<DeliveryRecord>) -> Op {
    Op::Tell { seen: Vec::new(), deliveries }
}

/// The outbox: whose event, and where in its log.
async fn outbox(store: &impl Store) -> Vec<(SessionId, u64)> {
    let all = store.untold(100).await.unwrap();
    all.into_iter().map(|u| (u.event.session, u.event.seq.0)).collect()
}

pub async fn webhooks_are_kept(store: &impl Store) {
    let t = created(store, task("ann")).await;
    let mut own =
        put(store, WebhookRecord { events: Some(vec![WebhookEventType::EndTurn]), ..hook("ann") }).await;
    let named = WebhookRecord {
        all_users: true,
        source: WebhookSource::Config,
        name: Some("ops".into()),
        ..hook("root")
    };
    let named = put(store, named).await;
    let of_session =
        WebhookRecord { session: Some(t.session), source: WebhookSource::Session, ..hook("ann") };
    let of_session = WebhookRecord { task: Some(t.id), ..put(store, of_session).await };

    assert_eq!(store.webhook(own.id).await.unwrap().unwrap(), own);
    assert_eq!(store.webhook(of_session.id).await.unwrap().unwrap(), of_session);
    assert_eq!(store.webhooks(None).await.unwrap(), [own.clone(), named.clone()]);
    assert_eq!(store.webhooks(Some(&own.user)).await.unwrap(), std::slice::from_ref(&own));
    assert_eq!(store.webhooks_of_session(t.session).await.unwrap(), std::slice::from_ref(&of_session));
    assert_eq!(store.hearers(t.session).await.unwrap(), [own.clone(), named.clone(), of_session.clone()]);
    assert!(is_conflict(&commit(store, vec![Op::PutWebhook(Box::new(own.clone()))]).await));
    let lost = WebhookRecord { session: Some(SessionId::new()), ..hook("ann") };
    assert!(is_conflict(&commit(store, vec![Op::PutWebhook(Box::new(lost))]).await));

    let patch = WebhookPatch {
        url: Some("http://b.example/".into()),
        events: Some(None),
        enabled: Some(false),
        ..WebhookPatch::default()
    };
    commit(store, vec![Op::UpdateWebhook { id: own.id, patch: Box::new(patch) }]).await.unwrap();
    (own.url, own.events, own.enabled) = ("http://b.example/".into(), None, false);
    assert_eq!(store.webhook(own.id).await.unwrap().unwrap(), own);
    assert_eq!(
        store.hearers(t.session).await.unwrap(),
        [named, of_session],
        "one that is switched off hears nothing"
    );
    let patch = WebhookPatch { secret: Some("other".into()), ..WebhookPatch::default() };
    commit(store, vec![Op::UpdateWebhook { id: own.id, patch: Box::new(patch) }]).await.unwrap();
    own.secret = "other".into();
    assert_eq!(store.webhook(own.id).await.unwrap().unwrap(), own);

    for _ in 0..2 {
        commit(store, vec![Op::RemoveWebhook { id: own.id }]).await.unwrap();
    }
    assert!(store.webhook(own.id).await.unwrap().is_none());
    let late = Op::UpdateWebhook { id: own.id, patch: Box::default() };
    assert!(is_conflict(&commit(store, vec![late]).await));
}

pub async fn the_outbox_has_what_somebody_hears(store: &impl Store) {
    let (t, u) = (created(store, task("ann")).await, created(store, task("bob")).await);
    let mut grows = store.outbox_grows();
    let both = || vec![append(t.session, vec![ended()]), append(u.session, vec![ended()])];
    commit(store, both()).await.unwrap();
    assert_eq!(outbox(store).await, [], "nobody hears");
    assert!(!grows.has_changed().unwrap());

    let ann = put(store, hook("ann")).await;
    commit(store, both()).await.unwrap();
    grows.changed().await.unwrap();
    assert_eq!(outbox(store).await, [(t.session, 2)], "what was before is not told, nor what is another's");
    // What is not told by its kind is not there; of one append the rest is, in its order.
    commit(store, vec![append(t.session, vec![frame("a"), error(), frame("b"), ended()])]).await.unwrap();
    assert_eq!(outbox(store).await, [(t.session, 2), (t.session, 4), (t.session, 6)]);
    let told = store.untold(2).await.unwrap();
    assert_eq!((told.len(), told[0].task, told[1].event.kind.as_str()), (2, t.id, "error"));

    // A transaction that fails leaves nothing in it.
    grows.mark_unchanged();
    let failing = vec![
        append(t.session, vec![ended()]),
        Op::UpdateWebhook { id: WebhookId::new(), patch: Box::default() },
    ];
    assert!(is_conflict(&commit(store, failing).await));
    assert_eq!(outbox(store).await.len(), 3);
    assert!(!grows.has_changed().unwrap());

    // A session's own webhook, made with it, hears from the beginning; others hear nothing of it.
    let s = task("cid");
    let own = WebhookRecord { session: Some(s.session), source: WebhookSource::Session, ..hook("cid") };
    let ops = vec![
        Op::CreateTask(Box::new(s.clone())),
        Op::PutWebhook(Box::new(own)),
        append(s.session, vec![error()]),
        append(u.session, vec![error()]),
    ];
    commit(store, ops).await.unwrap();
    assert_eq!(outbox(store).await.last(), Some(&(s.session, 1)));

    let everybody = put(store, WebhookRecord { all_users: true, ..hook("root") }).await;
    commit(store, vec![append(u.session, vec![ended()])]).await.unwrap();
    assert!(outbox(store).await.contains(&(u.session, 4)));
    for id in [ann.id, everybody.id] {
        let patch = WebhookPatch { enabled: Some(false), ..WebhookPatch::default() };
        commit(store, vec![Op::UpdateWebhook { id, patch: Box::new(patch) }]).await.unwrap();
    }
    let before = outbox(store).await;
    commit(store, both()).await.unwrap();
    assert_eq!(outbox(store).await, before, "all are switched off");

    let seen: Vec<_> = before.iter().map(|(s, n)| (*s, Seq(*n))).collect();
    let made = vec![delivery(&ann, t.session, 1)];
    commit(store, vec![Op::Tell { seen, deliveries: made.clone() }]).await.unwrap();
    assert_eq!(outbox(store).await, []);
    assert_eq!(store.delivery(made[0].id).await.unwrap().unwrap().0, made[0]);
}

pub async fn deliveries_stand_in_queues(store: &impl Store) {
    let (t, u) = (created(store, task("ann")).await, created(store, task("ann")).await);
    let (a, b) = (put(store, hook("ann")).await, put(store, hook("ann")).await);
    let made = [
        delivery(&a, t.session, 10),
        delivery(&a, t.session, 9),
        delivery(&a, u.session, 11),
        delivery(&b, t.session, 12),
    ];
    commit(store, vec![tell(made.to_vec())]).await.unwrap();
    let first =
        |d: &DeliveryRecord| Due { id: d.id, webhook: d.webhook, session: d.session, at: d.next_at.unwrap() };
    let mut due = store.due().await.unwrap();
    due.sort_by_key(|d| d.at);
    assert_eq!(
        due,
        [first(&made[0]), first(&made[2]), first(&made[3])],
        "the first of each queue, not the earliest"
    );

    // The same event again for the same webhook, and one for a webhook that is not there, change nothing.
    let again = DeliveryRecord { event: made[0].event, ..delivery(&a, t.session, 1) };
    let lost = DeliveryRecord { webhook: WebhookId::new(), ..delivery(&a, t.session, 1) };
    commit(store, vec![tell(vec![again.clone(), lost])]).await.unwrap();
    assert!(store.delivery(again.id).await.unwrap().is_none());
    let shared = DeliveryRecord { event: made[0].event, ..delivery(&b, u.session, 13) };
    commit(store, vec![tell(vec![shared.clone()])]).await.unwrap();
    assert_eq!(
        store.delivery(shared.id).await.unwrap().unwrap().0,
        shared,
        "the same event for another webhook"
    );

    // A failed attempt keeps its place.
    let tried =
        |id, at, status, state, next_at| Op::Attempted { id, attempt: attempt(at, status), state, next_at };
    let again = tried(made[0].id, 20, 500, DeliveryState::Pending, Some(Timestamp(5_000)));
    commit(store, vec![again]).await.unwrap();
    let head = store.due_of(a.id, t.session).await.unwrap().unwrap();
    assert_eq!(head, Due { at: Timestamp(5_000), ..first(&made[0]) });
    commit(store, vec![tried(made[0].id, 5_000, 204, DeliveryState::Delivered, None)]).await.unwrap();
    assert_eq!(store.due_of(a.id, t.session).await.unwrap(), Some(first(&made[1])));
    let (record, attempts) = store.delivery(made[0].id).await.unwrap().unwrap();
    assert_eq!(
        (record.state, record.tries, record.next_at, record.finished_at),
        (DeliveryState::Delivered, 2, None, Some(Timestamp(5_005)))
    );
    assert_eq!(attempts, [*attempt(20, 500), *attempt(5_000, 204)]);
    // A late one is not noted.
    commit(store, vec![tried(made[0].id, 6_000, 500, DeliveryState::Failed, None)]).await.unwrap();
    assert_eq!(store.delivery(made[0].id).await.unwrap().unwrap().0.state, DeliveryState::Delivered);

    // Delivered again, it stands behind what waits.
    let redeliver = |id| vec![Op::Redeliver { id, at: Timestamp(7_000) }];
    assert!(is_conflict(&commit(store, redeliver(made[1].id)).await));
    assert!(is_conflict(&commit(store, redeliver(DeliveryId::new())).await));
    commit(store, redeliver(made[0].id)).await.unwrap();
    assert_eq!(store.due_of(a.id, t.session).await.unwrap().unwrap().id, made[1].id);
    commit(store, vec![tried(made[1].id, 8_000, 404, DeliveryState::Failed, None)]).await.unwrap();
    let head = store.due_of(a.id, t.session).await.unwrap().unwrap();
    assert_eq!((head.id, head.at), (made[0].id, Timestamp(7_000)));
    assert_eq!(store.delivery(made[0].id).await.unwrap().unwrap().0.tries, 0);

    // Lists, the newest first.
    let ids = async |filter| {
        let all = store.deliveries(a.id, filter).await.unwrap();
        all.into_iter().map(|(d, _)| d.id).collect::<Vec<_>>()
    };
    let ten = DeliveryFilter { limit: 10, ..DeliveryFilter::default() };
    assert_eq!(ids(ten).await, [made[2].id, made[1].id, made[0].id]);
    assert_eq!(ids(DeliveryFilter { limit: 1, ..ten }).await, [made[2].id]);
    assert_eq!(ids(DeliveryFilter { before: Some(made[2].id), ..ten }).await, [made[1].id, made[0].id]);
    assert_eq!(ids(DeliveryFilter { state: Some(DeliveryState::Failed), ..ten }).await, [made[1].id]);

    // One that is switched off has nothing that is due; what waits is there when it is switched on again.
    for (enabled, wanted) in [(false, false), (true, true)] {
        let patch = WebhookPatch { enabled: Some(enabled), ..WebhookPatch::default() };
        commit(store, vec![Op::UpdateWebhook { id: a.id, patch: Box::new(patch) }]).await.unwrap();
        assert_eq!(store.due_of(a.id, t.session).await.unwrap().is_some(), wanted);
        assert_eq!(store.due().await.unwrap().iter().any(|d| d.webhook == a.id), wanted);
    }

    // What is finished goes by its age; what waits stays.
    commit(store, vec![Op::SweepDeliveries { before: Timestamp(i64::MAX) }]).await.unwrap();
    assert_eq!(ids(ten).await, [made[2].id, made[0].id]);
    commit(store, vec![Op::RemoveWebhook { id: a.id }]).await.unwrap();
    assert!(store.delivery(made[2].id).await.unwrap().is_none());
    assert_eq!(store.due().await.unwrap().len(), 2, "those of the other webhook");
}

pub async fn a_purge_takes_a_sessions_webhooks(store: &impl Store) {
    let t = created(store, task("ann")).await;
    let own =
        put(store, WebhookRecord { session: Some(t.session), source: WebhookSource::Session, ..hook("ann") })
            .await;
    let all = put(store, hook("ann")).await;
    let (one, two) = (delivery(&own, t.session, 1), delivery(&all, t.session, 1));
    commit(store, vec![append(t.session, vec![ended()]), tell(vec![one.clone(), two.clone()])])
        .await
        .unwrap();
    let patch = TaskPatch { status: Some(TaskStatus::Terminated), ..TaskPatch::default() };
    commit(store, vec![Op::UpdateTask { id: t.id, expect: Vec::new(), patch: Box::new(patch) }])
        .await
        .unwrap();
    store.purge(t.id).await.unwrap();
    assert_eq!(outbox(store).await, []);
    assert!(store.webhook(own.id).await.unwrap().is_none());
    assert!(store.delivery(one.id).await.unwrap().is_none());
    assert_eq!(store.delivery(two.id).await.unwrap().unwrap().0, two, "what was made for others goes out");
    commit(store, vec![Op::Tell { seen: vec![(t.session, Seq(1))], deliveries: Vec::new() }]).await.unwrap();
}
