//! The log: appends, journal lines, pages, trimming, removal.

use lia_protocol::{
    event::{Actor, Event, Kind, LogTruncated, OutputChunk, Phase},
    ids::{CommandId, LinkEpoch, Offset, Seq, SessionId, TaskId, TurnId},
    task::TaskStatus,
    time::Timestamp,
};
use lia_store::{
    CommandState, Committed, Durability, Head, IdempotencyRecord, LedgerRecord, Op, PageSize, Store,
    StoreError, TaskFilter, TaskPatch, Txn,
};

use crate::support::*;

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

pub async fn landmarks_are_read_alone(store: &impl Store) {
    let (t, other) = (created(store, task("ann")).await, created(store, task("ann")).await);
    let of = |kind| lia_protocol::event::NewEvent { kind, ..frame("{}") };
    let kinds: Vec<_> = (0..=u8::MAX).filter_map(Kind::from_code).collect();
    let chunk = lia_protocol::event::NewEvent {
        kind: Kind::Output,
        body: OutputChunk { pos: 0, data: "x".into() }.encode(),
        ..frame("{}")
    };
    let is_bulk = |kind: &Kind| matches!(kind, Kind::Output | Kind::Rpc(_, Phase::Notification));
    let mut news: Vec<_> = kinds.iter().filter(|k| **k != Kind::Output).map(|k| of(*k)).collect();
    news.push(chunk);
    for session in [t.session, other.session] {
        commit(store, vec![append(session, news.clone()), append(session, news.clone())]).await.unwrap();
    }
    let whole = whole_log(store, t.session).await;
    let wanted: Vec<_> = whole.iter().filter(|e| !is_bulk(&e.kind)).cloned().collect();
    assert_eq!(wanted.len(), 2 * (kinds.len() - 3));
    let all = PageSize::default();
    let last = Seq(whole.len() as u64);
    assert_eq!(store.landmarks(t.session, Seq::ZERO, last, all).await.unwrap(), wanted);
    for (after, upto) in [(0, 0), (0, 1), (3, 9), (9, 9), (5, 1_000_000), (whole.len() as u64, 1_000_000)] {
        let inside = |e: &&Event| e.seq > Seq(after) && e.seq <= Seq(upto);
        let some: Vec<_> = wanted.iter().filter(inside).cloned().collect();
        assert_eq!(store.landmarks(t.session, Seq(after), Seq(upto), all).await.unwrap(), some);
    }
    let page = PageSize { events: 4, ..PageSize::default() };
    assert_eq!(store.landmarks(t.session, Seq(2), last, page).await.unwrap().len(), 4);
    assert!(store.landmarks(SessionId::new(), Seq::ZERO, last, all).await.unwrap().is_empty());
}

pub async fn an_early_answer_is_seen_at_once_and_settles(store: &impl Store) {
    let t = created(store, task("ann")).await;
    let mut open = Vec::new();
    for i in 0..50_u64 {
        let ops = vec![append(t.session, vec![frame(format!("{i}"))])];
        let txn = if i % 2 == 0 { Txn::power(ops) } else { Txn::process(ops) };
        let (done, settled) = store.commit_early(txn).await.unwrap();
        assert_eq!(done.last_seq, Seq(i + 1));
        assert_eq!(store.head(t.session).await.unwrap().last_seq, Seq(i + 1), "reads see it");
        open.push(settled);
    }
    for mut settled in open {
        settled.wait().await.unwrap();
        settled.wait().await.unwrap();
    }
    let other = SessionId::new();
    let refused = store.commit_early(Txn::power(vec![append(other, vec![frame("x")])])).await;
    assert!(is_conflict(&refused.map(|(done, _)| done)));
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

pub async fn a_line_without_an_event_of_its_own_comes_once(store: &impl Store) {
    let t = created(store, task("ann")).await;
    let start = |at| commit(store, vec![Op::NextEpoch { session: t.session, restart_at: Some(Offset(at)) }]);
    let note = |epoch, offset, byte| Op::NoteLine {
        session: t.session,
        pos: line(epoch, offset),
        digest: [byte; 32],
    };
    let diverged = |done: Result<Committed, StoreError>, at: u64| {
        assert!(
            matches!(done, Err(StoreError::Diverged { pos, .. }) if pos.offset == Offset(at)),
            "{at}: {done:?}"
        );
    };
    start(0).await.unwrap();
    let at = |epoch, offset, body: &str| frame(body.to_owned()).at_link(line(epoch, offset));
    let ops = vec![
        append(t.session, vec![at(1, 1, "one")]),
        note(1, 2, 2),
        note(1, 3, 3),
        append(t.session, vec![at(1, 3, "made of three"), at(1, 4, "four")]),
        append(t.session, vec![output(0, "0123456789").at_link(line(1, 5))]),
    ];
    commit(store, ops).await.unwrap();
    let head = store.head(t.session).await.unwrap();
    assert_eq!((head.offset, head.last_seq), (Offset(5), Seq(4)));

    let again = vec![
        note(1, 2, 2),
        note(1, 3, 3),
        // Where the next chunk would go is not where this one went.
        append(
            t.session,
            vec![at(1, 1, "one"), at(1, 4, "four"), output(10, "0123456789").at_link(line(1, 5))],
        ),
    ];
    assert_eq!(commit(store, again).await.unwrap().events.len(), 0);
    for (offset, byte) in [(2, 9), (3, 9), (1, 1), (4, 4), (5, 5)] {
        diverged(commit(store, vec![note(1, offset, byte)]).await, offset);
    }
    diverged(commit(store, vec![append(t.session, vec![at(1, 2, "two")])]).await, 2);
    diverged(
        commit(store, vec![append(t.session, vec![output(0, "0123456780").at_link(line(1, 5))])]).await,
        5,
    );
    diverged(
        commit(store, vec![append(t.session, vec![output(0, "012345678").at_link(line(1, 5))])]).await,
        5,
    );
    assert_eq!(store.head(t.session).await.unwrap(), head);

    // A transaction that fails takes its notes back, and an epoch that begins a life.
    let nobody = Op::UpdateTask { id: TaskId::new(), expect: Vec::new(), patch: Box::default() };
    assert!(is_conflict(&commit(store, vec![note(1, 6, 6), nobody.clone()]).await));
    commit(store, vec![note(1, 6, 7)]).await.unwrap();
    let anew = Op::NextEpoch { session: t.session, restart_at: Some(Offset::ZERO) };
    assert!(is_conflict(&commit(store, vec![anew, nobody]).await));
    diverged(commit(store, vec![note(1, 6, 6)]).await, 6);
    assert!(is_conflict(&commit(store, vec![note(2, 7, 7)]).await), "an epoch that was not given out");
    assert!(is_conflict(&commit(store, vec![note(1, 9, 9), note(1, 8, 8)]).await), "backwards");

    // Another life's lines are others.
    start(0).await.unwrap();
    commit(store, vec![note(2, 2, 42)]).await.unwrap();
    diverged(commit(store, vec![note(2, 2, 2)]).await, 2);
    assert!(is_conflict(&commit(store, vec![note(1, 7, 7)]).await));
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

pub async fn output_is_trimmed_without_a_hole(store: &impl Store) {
    let t = created(store, task("ann")).await;
    let chunks = (0..10).flat_map(|i| [output(i * 10, "0123456789"), frame("between")]).collect();
    commit(store, vec![append(t.session, chunks)]).await.unwrap();
    let head = store.head(t.session).await.unwrap();
    assert_eq!((head.pty_pos, head.pty_dropped, head.bytes), (100, 0, 250));
    let trim = |keep| vec![Op::TrimOutput { session: t.session, at: Timestamp(2_000), keep }];
    let marked = |done: Committed| match done.events[..] {
        [] => None,
        [ref e] if e.kind == Kind::LogTruncated => {
            Some(serde_json::from_slice::<LogTruncated>(&e.body).unwrap().bytes)
        }
        _ => panic!("{done:?}"),
    };
    assert_eq!(marked(commit(store, trim(100)).await.unwrap()), None, "nothing was dropped");
    assert_eq!(store.head(t.session).await.unwrap().pty_dropped, 0);
    let done = commit(store, trim(35)).await.unwrap();
    assert_eq!((done.last_seq, marked(done)), (Seq(21), Some(70)));
    let head = store.head(t.session).await.unwrap();
    assert_eq!((head.pty_pos, head.pty_dropped), (100, 70));
    let log = whole_log(store, t.session).await;
    assert_eq!(log.iter().map(|e| e.seq.0).collect::<Vec<_>>(), (1..=21).collect::<Vec<_>>());
    assert_eq!(head.bytes, log.iter().map(|e| e.body.len() as u64).sum::<u64>());
    let kept: Vec<_> =
        log.iter().filter(|e| e.kind == Kind::Output).map(|e| OutputChunk::decode(&e.body)).collect();
    for (i, c) in kept.iter().enumerate() {
        assert_eq!((c.pos, c.data.len()), (i as u64 * 10, if i < 7 { 0 } else { 10 }));
    }
    commit(store, vec![append(t.session, vec![output(100, "abc")])]).await.unwrap();
    assert_eq!(marked(commit(store, trim(0)).await.unwrap()), Some(103), "all that was ever dropped");
    let head = store.head(t.session).await.unwrap();
    assert_eq!((head.pty_pos, head.pty_dropped), (103, 103));
}

pub async fn purge_leaves_nothing(store: &impl Store) {
    let (t, u) = (created(store, task("ann")).await, created(store, task("ann")).await);
    for t in [&t, &u] {
        let events = (0..2500).map(|i| frame(format!("{i}"))).collect();
        let ann = t.user.clone();
        let record = IdempotencyRecord { digest: [0; 32], task: t.id, at: Timestamp(1) };
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
