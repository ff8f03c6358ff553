//! The queue across sessions.

use lia_protocol::{
    ids::{CommandId, SessionId},
    limits::MESSAGES,
    link::Order,
    task::TaskStatus,
    time::Timestamp,
};
use lia_store::{CommandRecord, CommandState, MessageRecord, Op, Store, TaskPatch, TaskRecord};

use crate::support::*;

fn message(of: &TaskRecord, text: &str) -> MessageRecord {
    MessageRecord {
        id: 0,
        user: of.user.clone(),
        session: of.session,
        task: Some(of.id),
        text: text.to_owned(),
        runtime: "local".to_owned(),
        agent: "an agent".to_owned(),
        template: Some("t".to_owned()),
        directory: None,
        created_at: Timestamp(7),
        sent: None,
    }
}

async fn put(store: &impl Store, message: MessageRecord) -> MessageRecord {
    let done = commit(store, vec![Op::PutMessage(Box::new(message.clone()))]).await.unwrap();
    MessageRecord { id: done.message.unwrap(), ..message }
}

fn send(id: u64, at: i64, command: CommandId) -> Op {
    Op::SendMessage { id, at: Timestamp(at), command }
}

pub async fn messages_wait_and_are_sent_once(store: &impl Store) {
    let (t, u) = (created(store, task("ann")).await, created(store, task("bob")).await);
    let a = put(store, message(&t, "a")).await;
    let b =
        put(store, MessageRecord { template: None, directory: Some("d".into()), ..message(&t, "b") }).await;
    let c = put(store, message(&u, "c")).await;
    assert!(a.id < b.id && b.id < c.id);
    assert_eq!(store.messages(&t.user).await.unwrap(), [a.clone(), b.clone()]);
    assert_eq!(store.message(c.id).await.unwrap().unwrap(), c);
    assert_eq!(store.next_message(t.session).await.unwrap().unwrap(), a);
    assert_eq!(store.next_message(SessionId::new()).await.unwrap(), None);
    let lost = MessageRecord { session: SessionId::new(), ..message(&t, "x") };
    assert!(is_conflict(&commit(store, vec![Op::PutMessage(Box::new(lost))]).await));

    // With the prompt that it becomes, or not at all.
    let prompt = |id| {
        Op::PutCommand(Box::new(CommandRecord {
            id,
            session: t.session,
            order: Order::Prompt { text: "a".into() },
            actor: "user:ann".into(),
            state: CommandState::Pending,
            accepted_at: Timestamp(8),
            outcome: None,
        }))
    };
    let first = CommandId::new();
    commit(store, vec![prompt(first), send(a.id, 9, first)]).await.unwrap();
    let sent = MessageRecord { sent: Some((Timestamp(9), first)), ..a.clone() };
    assert_eq!(store.messages(&t.user).await.unwrap(), [sent, b.clone()]);
    let again = CommandId::new();
    assert!(is_conflict(&commit(store, vec![prompt(again), send(a.id, 10, again)]).await));
    assert!(store.command(again).await.unwrap().is_none(), "nothing of it was done");
    assert_eq!(store.next_message(t.session).await.unwrap().unwrap(), b);

    // Another's is not removed; one that is gone is not sent, and its id is not given again.
    let remove = |user: &TaskRecord, id| vec![Op::RemoveMessages { user: user.user.clone(), id }];
    commit(store, remove(&u, Some(b.id))).await.unwrap();
    assert!(store.message(b.id).await.unwrap().is_some());
    for _ in 0..2 {
        commit(store, remove(&t, Some(b.id))).await.unwrap();
    }
    assert!(store.message(b.id).await.unwrap().is_none());
    assert!(is_conflict(&commit(store, vec![send(b.id, 10, again)]).await));
    commit(store, remove(&t, None)).await.unwrap();
    commit(store, remove(&u, None)).await.unwrap();
    assert_eq!(store.messages(&u.user).await.unwrap(), []);
    assert!(put(store, message(&t, "d")).await.id > c.id);
}

pub async fn messages_are_bounded_and_go_with_their_session(store: &impl Store) {
    let (t, u) = (created(store, task("ann")).await, created(store, task("bob")).await);
    let mut made = Vec::new();
    for n in 0..MESSAGES {
        made.push(put(store, message(&t, &n.to_string())).await.id);
    }
    let more = || vec![Op::PutMessage(Box::new(message(&t, "more")))];
    assert!(is_conflict(&commit(store, more()).await));
    put(store, message(&u, "another's")).await;
    // Those that were sent make room; of them the newest are kept.
    for (n, id) in made.iter().enumerate() {
        commit(store, vec![send(*id, 100 + n as i64, CommandId::new())]).await.unwrap();
    }
    let last = put(store, message(&t, "more")).await.id;
    assert_eq!(store.messages(&t.user).await.unwrap().len(), MESSAGES + 1);
    commit(store, vec![send(last, 1_000, CommandId::new())]).await.unwrap();
    let kept: Vec<_> = store.messages(&t.user).await.unwrap().into_iter().map(|m| m.id).collect();
    assert_eq!((kept.len(), kept[0], *kept.last().unwrap()), (MESSAGES, made[1], last));

    let patch = TaskPatch { status: Some(TaskStatus::Terminated), ..TaskPatch::default() };
    commit(store, vec![Op::UpdateTask { id: t.id, expect: vec![], patch: Box::new(patch) }]).await.unwrap();
    store.purge(t.id).await.unwrap();
    assert_eq!(store.messages(&t.user).await.unwrap(), []);
    assert_eq!(store.message(last).await.unwrap(), None);
    assert_eq!(store.messages(&u.user).await.unwrap().len(), 1);
}
