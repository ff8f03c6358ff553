//! Builders of what the tests put into a store.

use bytes::Bytes;
use lia_protocol::{
    event::{Actor, Direction, Kind, LinkPos, NewEvent, OutputChunk, PermissionRequested, Phase},
    ids::{CommandId, InstanceId, LinkEpoch, Offset, PermissionId, Seq, SessionId, TaskId, TurnId},
    link::Order,
    task::{TaskConfig, TaskStatus},
    time::Timestamp,
};
use lia_store::{
    CommandRecord, CommandState, Committed, Op, PageSize, PermissionRecord, Store, StoreError, TaskRecord,
    Txn,
};

/// A pending task of `user`.
pub fn task(user: &str) -> TaskRecord {
    TaskRecord {
        id: TaskId::new(),
        session: SessionId::new(),
        instance: InstanceId::new(),
        user: user.parse().unwrap(),
        guild: None,
        prompt: "do it".to_owned(),
        status: TaskStatus::Pending,
        config: TaskConfig::default(),
        template: "tour".to_owned(),
        runtime: "local".to_owned(),
        source: None,
        spec: "{}".to_owned(),
        instance_record: None,
        created_at: Timestamp(1_000),
        started_at: None,
        suspended_at: None,
        completed_at: None,
        ran_ms: 0,
        exit_code: None,
        error: None,
        stop_reason: None,
        cleanup: false,
        removed: false,
        title: None,
        instance_name: None,
        queue_paused: false,
        auto_approve: None,
        end_reason: None,
        changed_at: Timestamp(1_000),
        last_seq: Seq::ZERO,
        busy: false,
        queued: 0,
        pending_permissions: 0,
    }
}

/// A frame of an agent.
pub fn frame(body: impl Into<Bytes>) -> NewEvent {
    NewEvent {
        turn: None,
        actor: Actor::Agent,
        cause: None,
        kind: Kind::Rpc(Direction::AgentToClient, Phase::Notification),
        body: body.into(),
        link: None,
    }
}

/// A chunk of a PTY.
pub fn output(pos: u64, data: &str) -> NewEvent {
    let body = OutputChunk { pos, data: Bytes::copy_from_slice(data.as_bytes()) }.encode();
    NewEvent { kind: Kind::Output, body, turn: Some(TurnId::new()), ..frame("") }
}

/// A line of a journal.
pub fn line(epoch: u64, offset: u64) -> LinkPos {
    LinkPos { epoch: LinkEpoch(epoch), offset: Offset(offset) }
}

/// An append at a fixed time.
pub fn append(session: SessionId, events: Vec<NewEvent>) -> Op {
    Op::Append { session, at: Timestamp(2_000), events, ack: None }
}

/// A prompt that waits.
pub fn prompt(session: SessionId, text: &str) -> CommandRecord {
    CommandRecord {
        id: CommandId::new(),
        session,
        order: Order::Prompt { text: text.to_owned() },
        actor: "user:ann".to_owned(),
        state: CommandState::Pending,
        accepted_at: Timestamp(3_000),
        outcome: None,
    }
}

/// An open question.
pub fn question(session: SessionId) -> PermissionRecord {
    let id = PermissionId::new();
    PermissionRecord {
        id,
        session,
        rpc_id: "7".to_owned(),
        request: PermissionRequested {
            id,
            tool_call_id: "call-1".to_owned(),
            title: "rm -rf".to_owned(),
            tool_kind: None,
            options: Vec::new(),
        },
        requested_at: Timestamp(4_000),
        seq: Seq::ZERO,
        answer: None,
        answered_by: None,
    }
}

/// Commits that must survive a kill.
pub async fn commit(store: &impl Store, ops: Vec<Op>) -> Result<Committed, StoreError> {
    store.commit(Txn::process(ops)).await
}

/// Makes a task and gives it back.
pub async fn created(store: &impl Store, task: TaskRecord) -> TaskRecord {
    let task = TaskRecord { changed_at: task.created_at, ..task };
    commit(store, vec![Op::CreateTask(Box::new(task.clone()))]).await.unwrap();
    task
}

/// A whole log, read in pages.
pub async fn whole_log(store: &impl Store, session: SessionId) -> Vec<lia_protocol::event::Event> {
    let mut all = Vec::new();
    loop {
        let after = all.last().map_or(Seq::ZERO, |e: &lia_protocol::event::Event| e.seq);
        let page = store.events(session, after, PageSize::default()).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// Whether it is a conflict.
pub fn is_conflict<T>(r: &Result<T, StoreError>) -> bool {
    matches!(r, Err(StoreError::Conflict { .. }))
}

/// Awaits all at once, in one task; each is first polled in its turn.
pub async fn all_at_once<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.map(|f| (Box::pin(f), None)).collect();
    std::future::poll_fn(|cx| {
        for (f, out) in &mut all {
            if out.is_none()
                && let std::task::Poll::Ready(v) = f.as_mut().poll(cx)
            {
                *out = Some(v);
            }
        }
        if all.iter().all(|(_, out)| out.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    all.into_iter().filter_map(|(_, out)| out).collect()
}
