//! What every store must do. Each function gets a new, empty store; a back end's own module runs them all by
//! [`conformance_suite`].

use lia_protocol::{
    api::Scope,
    event::{Actor, Event, Kind, OutputChunk},
    ids::{CommandId, InstanceId, LinkEpoch, Offset, Seq, SessionId, TaskId, TokenId, TurnId},
    link::Order,
    task::TaskStatus,
    time::Timestamp,
};
use lia_store::{
    CommandState, CredentialKind, CredentialRecord, Durability, Head, IdempotencyRecord, LedgerRecord, Op,
    PageSize, Store, StoreError, TaskFilter, TaskPatch, Txn,
};

use crate::support::*;

/// Makes one test of each function for the store that `$open` makes (a `Fixture` with a field `store`).
macro_rules! conformance_suite {
    ($open:path: $($name:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let fixture = $open();
            $crate::conformance::$name(&fixture.store).await;
            lia_store::Store::close(&fixture.store).await;
        })*
    };
    ($open:path) => {
        $crate::conformance::conformance_suite!($open:
            seq_is_gapless_and_events_come_back_as_they_were,
            a_page_is_bounded,
            a_transaction_is_all_or_nothing,
            many_writers_at_once,
            journal_lines_come_once,
            a_life_of_the_sidecar_ends,
            a_task_moves_by_its_table,
            a_patch_changes_what_it_names,
            lists_of_tasks,
            start_up_sees_what_is_unfinished,
            an_inbox,
            questions,
            credentials,
            the_ledger,
            idempotency_and_settings,
            output_is_trimmed_without_a_hole,
            purge_leaves_nothing,
            closed_is_closed,
        );
    };
}
pub(crate) use conformance_suite;

pub async fn seq_is_gapless_and_events_come_back_as_they_were(store: &impl Store) {
    let t = created(store, task("ann")).await;
    let full = lia_protocol::event::NewEvent {
        turn: Some(TurnId::new()),
        actor: Actor::User("ann:x ü".parse().unwrap()),
        cause: Some(CommandId::new()),
        kind: Kind::Progress,
        ..frame(r#"{"stage":"x","message":"y"}"#)
    };
    let actors = [Actor::System, Actor::Sidecar, Actor::Gateway, Actor::Agent];
    let mut news = vec![full];
    news.extend(actors.map(|actor| lia_protocol::event::NewEvent { actor, ..frame("{}") }));
    news.extend((0..300).map(|i| frame(format!("{{\"n\":{i}}}"))));
    let done = commit(store, vec![append(t.session, news.clone())]).await.unwrap();
    assert_eq!(done.last_seq, Seq(305));
    let stored = whole_log(store, t.session).await;
    assert_eq!(stored, done.events);
    for (i, (e, n)) in stored.iter().zip(&news).enumerate() {
        assert_eq!(e.seq, Seq(i as u64 + 1));
        let same = Event {
            seq: e.seq,
            at: Timestamp(2_000),
            session: t.session,
            turn: n.turn,
            actor: n.actor.clone(),
            cause: n.cause,
            v: 1,
            kind: n.kind,
            body: n.body.clone(),
        };
        assert_eq!(*e, same);
    }
    let bytes = news.iter().map(|n| n.body.len() as u64).sum();
    assert_eq!(store.head(t.session).await.unwrap(), Head { last_seq: Seq(305), bytes, ..Head::default() });
    let next = commit(store, vec![append(t.session, vec![frame("x")])]).await.unwrap();
    assert_eq!(next.events[0].seq, Seq(306));
    assert_eq!(store.task(t.id).await.unwrap().unwrap().last_seq, Seq(306));
    let other = SessionId::new();
    assert!(is_conflict(&commit(store, vec![append(other, vec![frame("x")])]).await));
    assert!(store.events(other, Seq::ZERO, PageSize::default()).await.unwrap().is_empty());
    assert_eq!(store.head(other).await.unwrap(), Head::default());
}

pub async fn a_page_is_bounded(store: &impl Store) {
    let t = created(store, task("ann")).await;
    let u = created(store, task("ann")).await;
    let events = (0..10).map(|i| frame(vec![b'0' + i; 100])).chain([frame(vec![b'x'; 5_000])]).collect();
    commit(store, vec![append(u.session, vec![frame("u")]), append(t.session, events)]).await.unwrap();
    commit(store, vec![append(u.session, vec![frame("u")])]).await.unwrap();
    let page = |after, events, bytes| store.events(t.session, Seq(after), PageSize { events, bytes });
    let seqs = |p: Vec<Event>| p.into_iter().map(|e| e.seq.0).collect::<Vec<_>>();
    assert_eq!(seqs(page(0, 3, 1 << 20).await.unwrap()), [1, 2, 3]);
    assert_eq!(seqs(page(3, 100, 250).await.unwrap()), [4, 5]);
    assert_eq!(seqs(page(9, 100, 150).await.unwrap()), [10]);
    assert_eq!(seqs(page(10, 100, 150).await.unwrap()), [11], "a larger one comes alone");
    assert!(page(11, 100, 150).await.unwrap().is_empty());
    assert!(page(u64::MAX, 100, 150).await.unwrap().is_empty());
}

pub async fn a_transaction_is_all_or_nothing(store: &impl Store) {
    let t = created(store, task("ann")).await;
    commit(store, vec![append(t.session, vec![frame("1")])]).await.unwrap();
    let before = store.head(t.session).await.unwrap();
    let p = prompt(t.session, "hi");
    let ops = vec![
        append(t.session, vec![frame("2"), frame("3")]),
        Op::PutCommand(Box::new(p.clone())),
        Op::Record(LedgerRecord { instance: t.instance, kind: "cgroup".into(), name: "x".into() }),
        Op::NextEpoch { session: t.session, restart_at: None },
        Op::UpdateTask { id: t.id, expect: vec![TaskStatus::Running], patch: Box::default() },
    ];
    assert!(is_conflict(&commit(store, ops).await));
    let ops = vec![append(t.session, vec![frame("2")]), append(SessionId::new(), vec![frame("3")])];
    assert!(is_conflict(&commit(store, ops).await));
    assert_eq!(store.head(t.session).await.unwrap(), before);
    assert!(store.command(p.id).await.unwrap().is_none());
    assert!(store.ledger(None).await.unwrap().is_empty());
    assert_eq!(commit(store, vec![append(t.session, vec![frame("2")])]).await.unwrap().events[0].seq, Seq(2));
    assert_eq!(whole_log(store, t.session).await.len(), 2);
    let nothing = commit(store, Vec::new()).await.unwrap();
    assert_eq!((nothing.events.len(), nothing.last_seq), (0, Seq::ZERO));
}

pub async fn many_writers_at_once(store: &impl Store) {
    let (t, u) = (created(store, task("ann")).await, created(store, task("ann")).await);
    let one = |i: u64| async move {
        let session = if i.is_multiple_of(2) { t.session } else { u.session };
        let mut ops = vec![append(session, vec![frame(format!("{i}a")), frame(format!("{i}b"))])];
        match i % 5 {
            0 => ops.push(Op::PutSetting { name: format!("{i}"), value: "x".into() }),
            1 => ops.push(Op::UpdateTask { id: TaskId::new(), expect: Vec::new(), patch: Box::default() }),
            2 => ops.push(append(SessionId::new(), Vec::new())),
            _ => {}
        }
        let durability = if i.is_multiple_of(7) { Durability::Power } else { Durability::Process };
        let done = store.commit(Txn { durability, ops }).await;
        assert_eq!(done.is_ok(), !matches!(i % 5, 1 | 2), "{i}: {done:?}");
        done.map_or_else(|_| Vec::new(), |d| d.events)
    };
    let mut acknowledged: Vec<Event> = all_at_once((0..400).map(one)).await.into_iter().flatten().collect();
    acknowledged.sort_by_key(|e| (e.session, e.seq));
    let mut stored = whole_log(store, t.session.min(u.session)).await;
    stored.extend(whole_log(store, t.session.max(u.session)).await);
    assert_eq!(stored, acknowledged);
    assert_eq!(
        store.head(t.session).await.unwrap().last_seq.0 + store.head(u.session).await.unwrap().last_seq.0,
        480
    );
    for (log, last) in [(t.session, 240), (u.session, 240)] {
        let seqs: Vec<_> = whole_log(store, log).await.iter().map(|e| e.seq.0).collect();
        assert_eq!(seqs, (1..=last).collect::<Vec<_>>());
    }
}

pub async fn journal_lines_come_once(store: &impl Store) {
    let t = created(store, task("ann")).await;
    let at = |offset: u64, body: &str| frame(body.to_owned()).at_link(line(1, offset));
    let too_early = commit(store, vec![append(t.session, vec![at(1, "a")])]).await;
    assert!(is_conflict(&too_early), "an epoch that was not given out");
    let ops = vec![Op::NextEpoch { session: t.session, restart_at: Some(Offset::ZERO) }];
    assert_eq!(commit(store, ops).await.unwrap().epoch, Some(LinkEpoch(1)));
    let many = (1..=500).filter(|i| i % 3 != 0).map(|i| at(i, &format!("line {i}")));
    let mixed = many.flat_map(|e| [e, frame("of our own")]).collect();
    let ack = Some(Offset(510));
    commit(store, vec![Op::Append { session: t.session, at: Timestamp(1), events: mixed, ack }])
        .await
        .unwrap();
    let head = store.head(t.session).await.unwrap();
    assert_eq!((head.offset, head.epoch), (Offset(510), LinkEpoch(1)));

    // The same again, from a link that was made anew: nothing happens, and what is new goes on.
    let ops = vec![Op::NextEpoch { session: t.session, restart_at: None }];
    assert_eq!(commit(store, ops).await.unwrap().epoch, Some(LinkEpoch(2)));
    let again = |i: u64| frame(format!("line {i}")).at_link(line(2, i));
    let events = vec![again(1), again(3), again(250), again(499), again(500), again(510), again(511)];
    let done = commit(store, vec![append(t.session, events)]).await.unwrap();
    assert_eq!(done.events.iter().map(|e| &e.body[..]).collect::<Vec<_>>(), [b"line 511"]);
    assert_eq!(store.head(t.session).await.unwrap().offset, Offset(511));

    // Other bytes for a known line.
    let head = store.head(t.session).await.unwrap();
    for offset in [1, 2, 250, 500, 511] {
        let done = commit(store, vec![append(t.session, vec![frame("new"), at(offset, "other")])]).await;
        assert!(
            matches!(done, Err(StoreError::Diverged { pos, .. }) if pos.offset == Offset(offset)),
            "{done:?}"
        );
    }
    let back = vec![frame("a").at_link(line(2, 514)), frame("b").at_link(line(2, 513))];
    assert!(is_conflict(&commit(store, vec![append(t.session, back)]).await));
    assert_eq!(store.head(t.session).await.unwrap(), head);

    // Two events of one line, and a repeat in the same moment.
    let twice = || vec![again(512), frame("derived").at_link(line(2, 512))];
    let (one, two) = tokio::join!(
        commit(store, vec![append(t.session, twice())]),
        commit(store, vec![append(t.session, twice())])
    );
    assert_eq!(one.unwrap().events.len() + two.unwrap().events.len(), 2);
    // A peer without a journal has line 0: never a repeat.
    let plain = vec![frame("x").at_link(line(2, 0)), frame("x").at_link(line(2, 0))];
    assert_eq!(commit(store, vec![append(t.session, plain)]).await.unwrap().events.len(), 2);
    let ack =
        vec![Op::Append { session: t.session, at: Timestamp(1), events: Vec::new(), ack: Some(Offset(4)) }];
    commit(store, ack).await.unwrap();
    assert_eq!(
        store.head(t.session).await.unwrap().offset,
        Offset(512),
        "an old acknowledgement moves nothing"
    );
}

pub async fn a_life_of_the_sidecar_ends(store: &impl Store) {
    let t = created(store, task("ann")).await;
    let start = |at| commit(store, vec![Op::NextEpoch { session: t.session, restart_at: Some(Offset(at)) }]);
    let at = |epoch, offset, body: &str| {
        vec![append(t.session, vec![frame(body.to_owned()).at_link(line(epoch, offset))])]
    };
    start(0).await.unwrap();
    for i in 1..=3 {
        commit(store, at(1, i, "first life")).await.unwrap();
    }
    assert_eq!(start(0).await.unwrap().epoch, Some(LinkEpoch(2)));
    assert_eq!(store.head(t.session).await.unwrap().offset, Offset::ZERO);
    assert_eq!(commit(store, at(2, 1, "second life")).await.unwrap().events[0].seq, Seq(4));
    assert_eq!(commit(store, at(2, 1, "second life")).await.unwrap().events.len(), 0);
    assert!(is_conflict(&commit(store, at(1, 4, "late")).await), "a line of an earlier life");
    // Restored from a snapshot: its journal stands where it stood then, and what follows is new.
    commit(store, at(2, 2, "will be forgotten")).await.unwrap();
    assert_eq!(start(1).await.unwrap().epoch, Some(LinkEpoch(3)));
    assert_eq!(commit(store, at(3, 2, "restored")).await.unwrap().events[0].seq, Seq(6));
    assert_eq!(commit(store, at(3, 2, "restored")).await.unwrap().events.len(), 0);
    assert_eq!(store.head(t.session).await.unwrap().offset, Offset(2));
}

pub async fn a_task_moves_by_its_table(store: &impl Store) {
    for from in TaskStatus::ALL {
        for to in TaskStatus::ALL {
            let mut t = task("ann");
            t.status = from;
            let t = created(store, t).await;
            let patch = TaskPatch { status: Some(to), ..TaskPatch::default() };
            let update = |expect| {
                commit(store, vec![Op::UpdateTask { id: t.id, expect, patch: Box::new(patch.clone()) }])
            };
            let others = TaskStatus::ALL.into_iter().filter(|s| *s != from).collect();
            assert!(is_conflict(&update(others).await));
            assert_eq!(update(vec![from]).await.is_ok(), from.may_become(to), "{from:?} {to:?}");
            let now = if from.may_become(to) { to } else { from };
            assert_eq!(store.task(t.id).await.unwrap().unwrap().status, now);
        }
    }
    let absent = Op::UpdateTask { id: TaskId::new(), expect: Vec::new(), patch: Box::default() };
    assert!(is_conflict(&commit(store, vec![absent]).await));
}

pub async fn a_patch_changes_what_it_names(store: &impl Store) {
    let mut t = task("ann");
    t.guild = Some("guild".to_owned());
    t.source = Some("web".to_owned());
    t.config.vcpu_count = 7;
    let mut t = created(store, t).await;
    assert_eq!(store.task(t.id).await.unwrap().unwrap(), t);
    assert_eq!(store.task_of_session(t.session).await.unwrap().unwrap(), t);
    assert_eq!(store.task_of_instance(t.instance).await.unwrap().unwrap(), t);
    let update =
        |patch| commit(store, vec![Op::UpdateTask { id: t.id, expect: Vec::new(), patch: Box::new(patch) }]);
    update(TaskPatch::default()).await.unwrap();
    assert_eq!(store.task(t.id).await.unwrap().unwrap(), t);
    update(TaskPatch {
        status: Some(TaskStatus::Terminated),
        instance_record: Some(Some("{}".into())),
        started_at: Some(Timestamp(1)),
        suspended_at: Some(Some(Timestamp(2))),
        completed_at: Some(Timestamp(3)),
        ran_ms: Some(4),
        exit_code: Some(-5),
        error: Some("e".into()),
        stop_reason: Some("s".into()),
        cleanup: Some(true),
        removed: Some(true),
    })
    .await
    .unwrap();
    t.status = TaskStatus::Terminated;
    t.instance_record = Some("{}".into());
    (t.started_at, t.suspended_at, t.completed_at) =
        (Some(Timestamp(1)), Some(Timestamp(2)), Some(Timestamp(3)));
    (t.ran_ms, t.exit_code, t.cleanup, t.removed) = (4, Some(-5), true, true);
    (t.error, t.stop_reason) = (Some("e".into()), Some("s".into()));
    assert_eq!(store.task(t.id).await.unwrap().unwrap(), t);
    update(TaskPatch { instance_record: Some(None), suspended_at: Some(None), ..TaskPatch::default() })
        .await
        .unwrap();
    (t.instance_record, t.suspended_at) = (None, None);
    assert_eq!(store.task(t.id).await.unwrap().unwrap(), t);

    let mut others = vec![task("ann"), task("ann"), task("ann")];
    others[0].id = t.id;
    others[1].session = t.session;
    others[2].instance = t.instance;
    for other in others {
        assert!(is_conflict(&commit(store, vec![Op::CreateTask(Box::new(other))]).await));
    }
}

pub async fn lists_of_tasks(store: &impl Store) {
    let mut all = Vec::new();
    for i in 0..30_i64 {
        let mut t = task(if i % 3 == 0 { "bob" } else { "ann" });
        t.created_at = Timestamp(i / 2);
        t.guild = (i % 2 == 0).then(|| "g".to_owned());
        t.status = TaskStatus::ALL[usize::try_from(i).unwrap() % 5];
        all.push(created(store, t).await);
    }
    all.sort_by_key(|t| std::cmp::Reverse((t.created_at, t.id)));
    let filters = [
        TaskFilter::default(),
        TaskFilter { user: Some("ann".parse().unwrap()), ..TaskFilter::default() },
        TaskFilter { guild: Some("g".into()), ..TaskFilter::default() },
        TaskFilter { status: vec![TaskStatus::Running, TaskStatus::Terminated], ..TaskFilter::default() },
        TaskFilter {
            user: Some("bob".parse().unwrap()),
            guild: Some("g".into()),
            status: vec![TaskStatus::Pending],
        },
        TaskFilter { user: Some("nobody".parse().unwrap()), ..TaskFilter::default() },
    ];
    for f in filters {
        let matching: Vec<_> = all
            .iter()
            .filter(|t| f.user.as_ref().is_none_or(|u| *u == t.user))
            .filter(|t| f.guild.is_none() || f.guild == t.guild)
            .filter(|t| f.status.is_empty() || f.status.contains(&t.status))
            .cloned()
            .collect();
        for page in 1..=4 {
            let (got, total) = store.tasks(&f, page, 9).await.unwrap();
            assert_eq!(total, matching.len() as u64);
            let expected: Vec<_> = matching.iter().skip((page as usize - 1) * 9).take(9).cloned().collect();
            assert_eq!(got, expected);
        }
    }
    let one = &all[4];
    for prefix in [
        one.id.to_string(),
        one.id.to_string()[..35].to_owned(),
        one.id.0.simple().to_string()[..31].to_owned(),
    ] {
        let found = store.tasks_by_prefix(&prefix, None, 50).await.unwrap();
        assert!(
            found.contains(one) && found.iter().all(|t| t.id.to_string()[..35] == one.id.to_string()[..35])
        );
    }
    let ann = "ann".parse().unwrap();
    assert_eq!(store.tasks_by_prefix("", Some(&ann), 50).await.unwrap().len(), 20);
    assert_eq!(store.tasks_by_prefix(&one.id.to_string()[..4], None, 3).await.unwrap().len(), 3);
    assert!(store.tasks_by_prefix("nothex", None, 3).await.unwrap().is_empty());
}

pub async fn start_up_sees_what_is_unfinished(store: &impl Store) {
    let mut unfinished = Vec::new();
    for (i, status) in TaskStatus::ALL.into_iter().enumerate() {
        for cleanup in [false, true] {
            let mut t = task("ann");
            (t.status, t.cleanup, t.created_at) =
                (status, cleanup, Timestamp(100 - i64::try_from(i).unwrap()));
            let t = created(store, t).await;
            if status != TaskStatus::Terminated || cleanup {
                unfinished.push(t);
            }
        }
    }
    unfinished.sort_by_key(|t| (t.created_at, t.id));
    assert_eq!(store.unfinished_tasks().await.unwrap(), unfinished);
}

pub async fn an_inbox(store: &impl Store) {
    let t = created(store, task("ann")).await;
    let counts = || async {
        let t = store.task(t.id).await.unwrap().unwrap();
        (t.busy, t.queued)
    };
    let all: Vec<_> = (0..4).map(|i| prompt(t.session, &format!("p{i}"))).collect();
    for c in &all {
        let done = commit(store, vec![Op::PutCommand(Box::new(c.clone()))]).await.unwrap();
        assert!(done.repeated.is_empty());
    }
    let mut signal = prompt(t.session, "");
    signal.order = Order::Signal { signal: 15 };
    commit(store, vec![Op::PutCommand(Box::new(signal.clone()))]).await.unwrap();
    assert_eq!(counts().await, (false, 4));
    assert_eq!(store.command(all[2].id).await.unwrap(), Some(all[2].clone()));

    let mut later = all[0].clone();
    later.accepted_at = Timestamp(9);
    assert_eq!(commit(store, vec![Op::PutCommand(Box::new(later))]).await.unwrap().repeated, [all[0].id]);
    let mut other = all[0].clone();
    other.order = Order::Cancel;
    assert!(is_conflict(&commit(store, vec![Op::PutCommand(Box::new(other))]).await));
    assert!(is_conflict(&commit(store, vec![Op::PutCommand(Box::new(prompt(SessionId::new(), "x")))]).await));

    let set = |id, expect: &[CommandState], state, outcome: Option<&str>| {
        let outcome = outcome.map(str::to_owned);
        commit(store, vec![Op::SetCommand { id, expect: expect.to_vec(), state, outcome }])
    };
    set(all[1].id, &[CommandState::Pending], CommandState::Sent, None).await.unwrap();
    assert_eq!(counts().await, (true, 3));
    assert!(is_conflict(&set(all[1].id, &[CommandState::Pending], CommandState::Withdrawn, None).await));
    set(all[1].id, &[CommandState::Sent], CommandState::Begun, None).await.unwrap();
    assert_eq!(counts().await, (true, 3));
    let open = [CommandState::Pending, CommandState::Sent, CommandState::Begun];
    let ids = |cs: Vec<lia_store::CommandRecord>| cs.into_iter().map(|c| c.id).collect::<Vec<_>>();
    let expected = [all[0].id, all[1].id, all[2].id, all[3].id, signal.id];
    assert_eq!(ids(store.commands(t.session, &open).await.unwrap()), expected);
    set(all[1].id, &open, CommandState::Done, Some(r#"{"outcome":"busy"}"#)).await.unwrap();
    assert_eq!(counts().await, (false, 3));
    let done = store.commands(t.session, &[CommandState::Done]).await.unwrap();
    assert_eq!((done.len(), done[0].outcome.as_deref()), (1, Some(r#"{"outcome":"busy"}"#)));
    assert!(store.commands(t.session, &[]).await.unwrap().is_empty());
    assert!(is_conflict(&set(CommandId::new(), &open, CommandState::Done, None).await));

    for from in CommandState::ALL {
        for to in CommandState::ALL {
            let mut c = prompt(t.session, "x");
            c.state = from;
            commit(store, vec![Op::PutCommand(Box::new(c.clone()))]).await.unwrap();
            assert_eq!(
                set(c.id, &CommandState::ALL, to, None).await.is_ok(),
                from.may_become(to),
                "{from:?} {to:?}"
            );
        }
    }
}

pub async fn questions(store: &impl Store) {
    let t = created(store, task("ann")).await;
    let (p, q) = (question(t.session), question(t.session));
    let ops = vec![append(t.session, vec![frame("1"), frame("2")]), Op::PutPermission(Box::new(p.clone()))];
    commit(store, ops).await.unwrap();
    commit(store, vec![Op::PutPermission(Box::new(q.clone()))]).await.unwrap();
    assert!(is_conflict(&commit(store, vec![Op::PutPermission(Box::new(q.clone()))]).await));
    assert!(is_conflict(&commit(store, vec![Op::PutPermission(Box::new(question(SessionId::new())))]).await));
    assert_eq!(store.permission(p.id).await.unwrap().unwrap().seq, Seq(2));
    let open = store.open_permissions(t.session).await.unwrap();
    assert_eq!(open.iter().map(|p| p.id).collect::<Vec<_>>(), [p.id, q.id]);
    assert_eq!(store.task(t.id).await.unwrap().unwrap().pending_permissions, 2);
    let answer = |id, option: Option<&str>, by: &str| {
        commit(
            store,
            vec![Op::AnswerPermission { id, option_id: option.map(str::to_owned), by: by.to_owned() }],
        )
    };
    let (one, two) = tokio::join!(answer(p.id, Some("yes"), "user:ann"), answer(p.id, None, "user:bob"));
    assert_eq!(one.is_ok() as u8 + two.is_ok() as u8, 1, "the first answer wins");
    let stored = store.permission(p.id).await.unwrap().unwrap();
    if one.is_ok() {
        assert_eq!(
            (stored.answer, stored.answered_by.as_deref()),
            (Some(Some("yes".into())), Some("user:ann"))
        );
    } else {
        assert_eq!((stored.answer, stored.answered_by.as_deref()), (Some(None), Some("user:bob")));
    }
    answer(q.id, None, "system").await.unwrap();
    assert_eq!(store.permission(q.id).await.unwrap().unwrap().answer, Some(None));
    assert!(is_conflict(&answer(lia_protocol::ids::PermissionId::new(), None, "x").await));
    assert_eq!(store.task(t.id).await.unwrap().unwrap().pending_permissions, 0);
}

pub async fn credentials(store: &impl Store) {
    let of = |kind, n: u8, expires: Option<i64>| CredentialRecord {
        id: TokenId::new(),
        kind,
        hash: [n; 32],
        user: "ann".parse().unwrap(),
        scopes: vec![Scope::Read, Scope::ActAs],
        label: "laptop".to_owned(),
        created_at: Timestamp(i64::from(n)),
        expires_at: expires.map(Timestamp),
        revoked_at: None,
    };
    let put = |c: &CredentialRecord| commit(store, vec![Op::PutCredential(Box::new(c.clone()))]);
    let (a, b) = (of(CredentialKind::Token, 1, None), of(CredentialKind::Token, 2, Some(50)));
    let code = of(CredentialKind::Code, 3, Some(100));
    for c in [&a, &b, &code] {
        put(c).await.unwrap();
        assert_eq!(store.credential(&c.hash).await.unwrap().as_ref(), Some(c));
    }
    assert!(is_conflict(&put(&of(CredentialKind::Cookie, 1, None)).await), "the same secret");
    assert_eq!(store.credentials(CredentialKind::Token).await.unwrap(), [b.clone(), a.clone()]);
    assert!(store.credential(&[9; 32]).await.unwrap().is_none());
    let revoke = |id| commit(store, vec![Op::RevokeCredential { id, at: Timestamp(60) }]);
    let (one, two) = tokio::join!(revoke(code.id), revoke(code.id));
    assert_eq!(one.is_ok() as u8 + two.is_ok() as u8, 1, "a code works once");
    assert_eq!(store.credential(&code.hash).await.unwrap().unwrap().revoked_at, Some(Timestamp(60)));
    assert!(is_conflict(&revoke(TokenId::new()).await));
    let sweep = |before| commit(store, vec![Op::SweepCredentials { before: Timestamp(before) }]);
    sweep(60).await.unwrap();
    assert!(store.credential(&b.hash).await.unwrap().is_none());
    assert!(store.credential(&code.hash).await.unwrap().is_some());
    sweep(61).await.unwrap();
    assert!(store.credential(&code.hash).await.unwrap().is_none());
    assert_eq!(store.credential(&a.hash).await.unwrap(), Some(a));
}

pub async fn the_ledger(store: &impl Store) {
    let (i, j) = (InstanceId::new(), InstanceId::new());
    let thing = |instance, name: &str| LedgerRecord { instance, kind: "cgroup".into(), name: name.into() };
    let ops = [thing(j, "z"), thing(i, "b"), thing(i, "a"), thing(i, "b")].map(Op::Record).to_vec();
    commit(store, ops).await.unwrap();
    assert_eq!(store.ledger(Some(i)).await.unwrap(), [thing(i, "b"), thing(i, "a")]);
    assert_eq!(store.ledger(None).await.unwrap(), [thing(j, "z"), thing(i, "b"), thing(i, "a")]);
    for _ in 0..2 {
        commit(store, vec![Op::Strike(thing(i, "b"))]).await.unwrap();
    }
    assert_eq!(store.ledger(None).await.unwrap(), [thing(j, "z"), thing(i, "a")]);
}

pub async fn idempotency_and_settings(store: &impl Store) {
    let (ann, bob) = ("ann".parse().unwrap(), "bob".parse().unwrap());
    let record = IdempotencyRecord { digest: [7; 32], task: TaskId::new() };
    let put = |owner: &lia_protocol::ids::UserId| {
        commit(
            store,
            vec![Op::PutIdempotent { owner: owner.clone(), key: "k".into(), record: record.clone() }],
        )
    };
    put(&ann).await.unwrap();
    assert!(is_conflict(&put(&ann).await));
    assert_eq!(store.idempotent(&ann, "k").await.unwrap(), Some(record.clone()));
    assert_eq!(store.idempotent(&bob, "k").await.unwrap(), None);
    put(&bob).await.unwrap();
    for value in ["1", "2"] {
        commit(store, vec![Op::PutSetting { name: "n".into(), value: value.into() }]).await.unwrap();
        assert_eq!(store.setting("n").await.unwrap().as_deref(), Some(value));
    }
    assert_eq!(store.setting("m").await.unwrap(), None);
    store.probe().await.unwrap();
}

pub async fn output_is_trimmed_without_a_hole(store: &impl Store) {
    let t = created(store, task("ann")).await;
    let chunks = (0..10).flat_map(|i| [output(i * 10, "0123456789"), frame("between")]).collect();
    commit(store, vec![append(t.session, chunks)]).await.unwrap();
    let head = store.head(t.session).await.unwrap();
    assert_eq!((head.pty_pos, head.pty_dropped, head.bytes), (100, 0, 250));
    let trim =
        |keep| vec![append(t.session, vec![frame("marker")]), Op::TrimOutput { session: t.session, keep }];
    commit(store, trim(100)).await.unwrap();
    assert_eq!(store.head(t.session).await.unwrap().pty_dropped, 0);
    commit(store, trim(35)).await.unwrap();
    let head = store.head(t.session).await.unwrap();
    assert_eq!((head.pty_pos, head.pty_dropped), (100, 70));
    let log = whole_log(store, t.session).await;
    assert_eq!(log.iter().map(|e| e.seq.0).collect::<Vec<_>>(), (1..=22).collect::<Vec<_>>());
    assert_eq!(head.bytes, log.iter().map(|e| e.body.len() as u64).sum::<u64>());
    let kept: Vec<_> =
        log.iter().filter(|e| e.kind == Kind::Output).map(|e| OutputChunk::decode(&e.body)).collect();
    for (i, c) in kept.iter().enumerate() {
        assert_eq!((c.pos, c.data.len()), (i as u64 * 10, if i < 7 { 0 } else { 10 }));
    }
    commit(
        store,
        vec![append(t.session, vec![output(100, "abc")]), Op::TrimOutput { session: t.session, keep: 0 }],
    )
    .await
    .unwrap();
    let head = store.head(t.session).await.unwrap();
    assert_eq!((head.pty_pos, head.pty_dropped), (103, 103));
}

pub async fn purge_leaves_nothing(store: &impl Store) {
    let (t, u) = (created(store, task("ann")).await, created(store, task("ann")).await);
    for t in [&t, &u] {
        let events = (0..2500).map(|i| frame(format!("{i}"))).collect();
        let ann = t.user.clone();
        let record = IdempotencyRecord { digest: [0; 32], task: t.id };
        let ops = vec![
            append(t.session, events),
            Op::PutCommand(Box::new(prompt(t.session, "p"))),
            Op::PutPermission(Box::new(question(t.session))),
            Op::PutIdempotent { owner: ann, key: t.id.to_string(), record },
        ];
        commit(store, ops).await.unwrap();
    }
    assert!(is_conflict(&store.purge(t.id).await), "a task that is not terminated");
    let patch = TaskPatch { status: Some(TaskStatus::Terminated), ..TaskPatch::default() };
    let end = Op::UpdateTask { id: t.id, expect: Vec::new(), patch: Box::new(patch) };
    commit(store, vec![end]).await.unwrap();
    let (p, q) = (
        store.open_permissions(t.session).await.unwrap(),
        store.commands(t.session, &CommandState::ALL).await.unwrap(),
    );
    let (one, two) = tokio::join!(store.purge(t.id), store.purge(t.id));
    one.and(two).unwrap();
    store.purge(t.id).await.unwrap();
    assert!(store.task(t.id).await.unwrap().is_none());
    assert!(store.task_of_session(t.session).await.unwrap().is_none());
    assert_eq!(store.head(t.session).await.unwrap(), Head::default());
    assert!(store.events(t.session, Seq::ZERO, PageSize::default()).await.unwrap().is_empty());
    assert!(store.permission(p[0].id).await.unwrap().is_none());
    assert!(store.command(q[0].id).await.unwrap().is_none());
    assert!(store.idempotent(&t.user, &t.id.to_string()).await.unwrap().is_none());
    assert!(is_conflict(&commit(store, vec![append(t.session, vec![frame("late")])]).await));
    assert_eq!(store.tasks(&TaskFilter::default(), 1, 10).await.unwrap().1, 1);
    assert_eq!(whole_log(store, u.session).await.len(), 2500);
    assert!(store.idempotent(&u.user, &u.id.to_string()).await.unwrap().is_some());
}

pub async fn closed_is_closed(store: &impl Store) {
    let t = created(store, task("ann")).await;
    store.close().await;
    store.close().await;
    assert!(matches!(commit(store, vec![append(t.session, Vec::new())]).await, Err(StoreError::Closed)));
    assert!(matches!(store.task(t.id).await, Err(StoreError::Closed)));
    assert!(matches!(store.purge(t.id).await, Err(StoreError::Closed)));
    assert!(matches!(store.probe().await, Err(StoreError::Closed)));
}
