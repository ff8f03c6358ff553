//! The records beside the log.

use lia_protocol::{
    api::Scope,
    ids::{CommandId, InstanceId, Seq, SessionId, TaskId, TokenId, UploadId, UserId},
    link::Order,
    task::TaskStatus,
    time::Timestamp,
};
use lia_store::{
    CommandState, CredentialKind, CredentialRecord, IdempotencyRecord, LedgerRecord, NamedInstance,
    NamedStatus, Op, Store, TaskFilter, TaskOrder, TaskPatch, TaskRecord, TemplateRecord, UploadRecord,
};

use crate::support::*;

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
    assert_eq!(store.tasks_of_instance(t.instance).await.unwrap(), [t.clone()]);
    let mut beside = task("ann");
    (beside.instance, beside.created_at) = (t.instance, Timestamp(t.created_at.0 + 1));
    let beside = created(store, beside).await;
    assert_eq!(store.tasks_of_instance(t.instance).await.unwrap(), [t.clone(), beside]);
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
        queue_paused: Some(true),
        auto_approve: Some(Some(true)),
        end_reason: Some("r".into()),
        title: Some("t".into()),
    })
    .await
    .unwrap();
    t.title = Some("t".into());
    t.status = TaskStatus::Terminated;
    t.instance_record = Some("{}".into());
    (t.started_at, t.suspended_at, t.completed_at) =
        (Some(Timestamp(1)), Some(Timestamp(2)), Some(Timestamp(3)));
    (t.ran_ms, t.exit_code, t.cleanup, t.removed) = (4, Some(-5), true, true);
    (t.error, t.stop_reason) = (Some("e".into()), Some("s".into()));
    (t.queue_paused, t.auto_approve, t.end_reason) = (true, Some(true), Some("r".into()));
    assert_eq!(store.task(t.id).await.unwrap().unwrap(), t);
    update(TaskPatch { instance_record: Some(None), suspended_at: Some(None), ..TaskPatch::default() })
        .await
        .unwrap();
    (t.instance_record, t.suspended_at) = (None, None);
    assert_eq!(store.task(t.id).await.unwrap().unwrap(), t);

    let mut others = vec![task("ann"), task("ann")];
    others[0].id = t.id;
    others[1].session = t.session;
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
            ..TaskFilter::default()
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
    let record = IdempotencyRecord { digest: [7; 32], task: TaskId::new(), at: Timestamp(5_000) };
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
    let sweep = |before| vec![Op::SweepIdempotent { before: Timestamp(before) }];
    commit(store, sweep(5_000)).await.unwrap();
    assert_eq!(store.idempotent(&ann, "k").await.unwrap(), Some(record));
    let mut again = sweep(5_001);
    let new = IdempotencyRecord { digest: [8; 32], task: TaskId::new(), at: Timestamp(6_000) };
    again.push(Op::PutIdempotent { owner: ann.clone(), key: "k".into(), record: new.clone() });
    commit(store, again).await.unwrap();
    assert_eq!(store.idempotent(&ann, "k").await.unwrap(), Some(new), "an expired key is free again");
    assert_eq!(store.idempotent(&bob, "k").await.unwrap(), None);
    for value in ["1", "2"] {
        commit(store, vec![Op::PutSetting { name: "n".into(), value: value.into() }]).await.unwrap();
        assert_eq!(store.setting("n").await.unwrap().as_deref(), Some(value));
    }
    assert_eq!(store.setting("m").await.unwrap(), None);
    store.probe().await.unwrap();
}

pub async fn uploads_and_workspaces_expire(store: &impl Store) {
    let ann: lia_protocol::ids::UserId = "ann".parse().unwrap();
    let upload =
        |used_at| UploadRecord { id: UploadId::new(), user: ann.clone(), used_at: Timestamp(used_at) };
    let (old, new) = (upload(10), upload(20));
    for u in [&old, &new] {
        commit(store, vec![Op::PutUpload(u.clone())]).await.unwrap();
    }
    assert_eq!(store.upload(old.id).await.unwrap(), Some(old.clone()));
    assert_eq!(store.upload(UploadId::new()).await.unwrap(), None);
    let unused = |before| store.uploads_unused_since(Timestamp(before));
    assert_eq!(unused(10).await.unwrap(), []);
    assert_eq!(unused(11).await.unwrap(), std::slice::from_ref(&old));
    let used = UploadRecord { used_at: Timestamp(30), user: "bob".parse().unwrap(), ..old.clone() };
    commit(store, vec![Op::PutUpload(used)]).await.unwrap();
    let now = store.upload(old.id).await.unwrap().unwrap();
    assert_eq!((now.used_at, &now.user), (Timestamp(30), &ann), "who uses it does not own it");
    assert_eq!(unused(31).await.unwrap(), [new.clone(), now]);
    for _ in 0..2 {
        commit(store, vec![Op::RemoveUpload { id: new.id }]).await.unwrap();
    }
    assert_eq!(store.upload(new.id).await.unwrap(), None);

    let mut kept = Vec::new();
    for (status, completed_at, cleanup, removed) in [
        (TaskStatus::Terminated, Some(5), false, false),
        (TaskStatus::Terminated, Some(3), false, false),
        (TaskStatus::Terminated, Some(4), true, false),
        (TaskStatus::Terminated, Some(4), false, true),
        (TaskStatus::Terminated, Some(9), false, false),
        (TaskStatus::Suspended, None, false, false),
    ] {
        let t =
            TaskRecord { status, completed_at: completed_at.map(Timestamp), cleanup, removed, ..task("ann") };
        kept.push(created(store, t).await.id);
    }
    let ids = |tasks: Vec<TaskRecord>| tasks.into_iter().map(|t| t.id).collect::<Vec<_>>();
    assert_eq!(ids(store.kept_since(Timestamp(9), 10).await.unwrap()), [kept[1], kept[0]], "oldest first");
    assert_eq!(ids(store.kept_since(Timestamp(10), 1).await.unwrap()), [kept[1]]);
    assert_eq!(ids(store.kept_since(Timestamp(3), 10).await.unwrap()), []);
}

pub async fn a_queue_has_an_order(store: &impl Store) {
    let t = created(store, task("ann")).await;
    let all: Vec<_> = (0..3).map(|i| prompt(t.session, &format!("p{i}"))).collect();
    for c in &all {
        commit(store, vec![Op::PutCommand(Box::new(c.clone()))]).await.unwrap();
    }
    let ids: Vec<_> = all.iter().map(|c| c.id).collect();
    let order = |order: Vec<CommandId>| commit(store, vec![Op::OrderCommands { session: t.session, order }]);
    let waiting = || async {
        let found = store.commands(t.session, &[CommandState::Pending]).await.unwrap();
        found.into_iter().map(|c| c.id).collect::<Vec<_>>()
    };
    assert_eq!(waiting().await, ids);
    order(vec![ids[2], ids[0], ids[1]]).await.unwrap();
    assert_eq!(waiting().await, [ids[2], ids[0], ids[1]]);
    // One that comes later stands behind, and goes to the front in the transaction that brings it.
    let later = prompt(t.session, "later");
    commit(store, vec![Op::PutCommand(Box::new(later.clone()))]).await.unwrap();
    assert_eq!(waiting().await, [ids[2], ids[0], ids[1], later.id]);
    let first = prompt(t.session, "first");
    let front = vec![first.id, ids[2], ids[0], ids[1], later.id];
    let ops = vec![
        Op::PutCommand(Box::new(first.clone())),
        Op::OrderCommands { session: t.session, order: front.clone() },
    ];
    commit(store, ops).await.unwrap();
    assert_eq!(waiting().await, front);
    // Nothing but a permutation of what waits.
    for wrong in [vec![], ids.clone(), [front.clone(), vec![ids[0]]].concat(), {
        let mut other = front.clone();
        other[0] = CommandId::new();
        other
    }] {
        assert!(is_conflict(&order(wrong).await));
    }
    let gone = Op::SetCommand {
        id: first.id,
        expect: vec![CommandState::Pending],
        state: CommandState::Withdrawn,
        outcome: None,
    };
    commit(store, vec![gone]).await.unwrap();
    assert!(is_conflict(&order(front.clone()).await));
    let rest = front[1..].to_vec();
    assert_eq!(waiting().await, rest);
    let other = created(store, task("ann")).await;
    assert!(is_conflict(
        &commit(store, vec![Op::OrderCommands { session: other.session, order: rest }]).await
    ));
    commit(store, vec![Op::OrderCommands { session: other.session, order: Vec::new() }]).await.unwrap();
}

pub async fn a_session_has_a_name_settings_and_a_change(store: &impl Store) {
    let mut t = task("ann");
    t.title = Some("title".into());
    t.instance_name = Some("local".into());
    t.auto_approve = Some(false);
    let t = created(store, t).await;
    let read = || async { store.task(t.id).await.unwrap().unwrap() };
    assert_eq!(read().await, t);
    let update =
        |patch| commit(store, vec![Op::UpdateTask { id: t.id, expect: Vec::new(), patch: Box::new(patch) }]);
    update(TaskPatch { queue_paused: Some(true), auto_approve: Some(Some(true)), ..TaskPatch::default() })
        .await
        .unwrap();
    let now = read().await;
    assert_eq!((now.queue_paused, now.auto_approve, now.end_reason.as_deref()), (true, Some(true), None));
    update(TaskPatch::default()).await.unwrap();
    assert_eq!(read().await, now);
    update(TaskPatch {
        queue_paused: Some(false),
        auto_approve: Some(None),
        end_reason: Some("deleted".into()),
        ..TaskPatch::default()
    })
    .await
    .unwrap();
    let now = read().await;
    assert_eq!(
        (now.queue_paused, now.auto_approve, now.end_reason.as_deref()),
        (false, None, Some("deleted"))
    );

    // The last changed first: by the newest event, or the beginning.
    let later = created(store, TaskRecord { instance_name: Some("local".into()), ..task("ann") }).await;
    let elsewhere = created(store, task("ann")).await;
    commit(store, vec![append(t.session, vec![frame("x")])]).await.unwrap();
    let list = |instance_name: Option<&str>| {
        let filter = TaskFilter {
            instance_name: instance_name.map(str::to_owned),
            order: TaskOrder::LastChanged,
            ..TaskFilter::default()
        };
        async move {
            let (found, total) = store.tasks(&filter, 1, 10).await.unwrap();
            assert_eq!(total, found.len() as u64);
            found.into_iter().map(|t| t.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(list(Some("local")).await, [t.id, later.id]);
    assert_eq!(list(None).await, [t.id, elsewhere.id, later.id]);
    assert_eq!(read().await.changed_at, Timestamp(2_000));
}

pub async fn templates_and_named_instances(store: &impl Store) {
    assert_eq!(store.templates().await.unwrap(), []);
    let template = |id: &str, body: &str, at| TemplateRecord {
        id: id.into(),
        created_at: Timestamp(at),
        body: body.into(),
        sealed: (at == 1).then(|| vec![0, 255]),
    };
    let (a, b) = (template("a", "{}", 1), template("b", "{}", 2));
    commit(store, vec![Op::PutTemplate(a.clone()), Op::PutTemplate(b.clone())]).await.unwrap();
    let changed = template("a", "[]", 3);
    commit(store, vec![Op::PutTemplate(changed.clone())]).await.unwrap();
    let now = TemplateRecord { created_at: Timestamp(1), ..changed };
    assert_eq!(store.templates().await.unwrap(), [now, b.clone()]);
    let remove = || vec![Op::RemoveTemplate { id: "a".into() }];
    commit(store, remove()).await.unwrap();
    commit(store, remove()).await.unwrap();
    assert_eq!(store.templates().await.unwrap(), [b]);

    let (ann, bob): (UserId, UserId) = ("ann".parse().unwrap(), "bob".parse().unwrap());
    let named = |user: &UserId, name: &str, status| NamedInstance {
        user: user.clone(),
        name: name.into(),
        runtime: "local".into(),
        status,
        sandbox: None,
        created_at: Timestamp(1),
    };
    let all = [
        named(&ann, "x", NamedStatus::Running),
        named(&bob, "x", NamedStatus::Stopped),
        named(&ann, "y", NamedStatus::Paused),
    ];
    commit(store, all.iter().cloned().map(Op::PutInstance).collect()).await.unwrap();
    assert_eq!(store.instances(None).await.unwrap(), all);
    let stopped =
        NamedInstance { sandbox: Some(InstanceId::new()), ..named(&ann, "x", NamedStatus::Stopped) };
    commit(store, vec![Op::PutInstance(stopped.clone())]).await.unwrap();
    assert_eq!(store.instances(Some(&ann)).await.unwrap(), [stopped, all[2].clone()]);
    let remove = || vec![Op::RemoveInstance { user: ann.clone(), name: "x".into() }];
    commit(store, remove()).await.unwrap();
    commit(store, remove()).await.unwrap();
    assert_eq!(store.instances(None).await.unwrap(), all[1..]);
}
