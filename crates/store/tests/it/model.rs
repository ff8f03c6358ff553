//! Random changes, in groups that are given at once, against a model in memory: the same answers, and the same state after.

use std::collections::BTreeMap;

use bytes::Bytes;
use lia_protocol::{
    event::{Actor, Kind, LogTruncated, NewEvent, OutputChunk},
    ids::{CommandId, LinkEpoch, Offset, PermissionId, Seq, SessionId, TaskId},
    link::Order,
    task::TaskStatus,
    time::Timestamp,
};
use lia_store::{
    CommandRecord, CommandState, Committed, Durability, Head, Op, Store, StoreError, TaskPatch, TaskRecord,
    Txn,
};
use proptest::prelude::*;

use crate::support::*;

/// What an event says of its journal line, seen from the state that it meets.
#[derive(Clone, Debug)]
enum Link {
    None,
    /// So many lines further.
    Next(u64),
    /// So many lines back, with the bytes that this line has, or others.
    Back(u64, bool),
    /// Of an epoch that is this far from the newest.
    Epoch(i64),
}

/// A step, before it meets a state. Numbers choose among what is there.
#[derive(Clone, Debug)]
enum Step {
    Append { session: usize, events: Vec<(Link, bool, usize)>, ack: Option<u64> },
    NextEpoch { session: usize, back: Option<u64> },
    Update { session: usize, expect: Vec<TaskStatus>, status: Option<TaskStatus> },
    PutCommand { command: usize, session: usize, text: u8 },
    SetCommand { command: usize, expect: Vec<CommandState>, state: CommandState },
    PutPermission { permission: usize, session: usize },
    Answer { permission: usize, option: Option<String> },
    Trim { session: usize, keep: u64 },
    Nowhere,
}

const SESSIONS: usize = 3;
const COMMANDS: usize = 6;
const PERMISSIONS: usize = 4;

fn step() -> impl Strategy<Value = Step> {
    let link = prop_oneof![
        4 => Just(Link::None),
        6 => (1..4u64).prop_map(Link::Next),
        3 => (0..12u64).prop_map(|n| Link::Back(n, true)),
        1 => (0..12u64).prop_map(|n| Link::Back(n, false)),
        1 => (-2..2i64).prop_map(Link::Epoch),
    ];
    let event = (link, any::<bool>(), 0..40usize);
    let s = 0..SESSIONS;
    let status = || prop::sample::select(TaskStatus::ALL.to_vec());
    let state = || prop::sample::select(CommandState::ALL.to_vec());
    prop_oneof![
        8 => (s.clone(), prop::collection::vec(event, 0..12), prop::option::weighted(0.2, 0..6u64))
            .prop_map(|(session, events, ack)| Step::Append { session, events, ack }),
        1 => (s.clone(), prop::option::of(0..5u64)).prop_map(|(session, back)| Step::NextEpoch { session, back }),
        2 => (s.clone(), prop::collection::vec(status(), 0..4), prop::option::of(status()))
            .prop_map(|(session, expect, status)| Step::Update { session, expect, status }),
        2 => (0..COMMANDS, s.clone(), 0..2u8)
            .prop_map(|(command, session, text)| Step::PutCommand { command, session, text }),
        3 => (0..COMMANDS, prop::collection::vec(state(), 0..5), state())
            .prop_map(|(command, expect, state)| Step::SetCommand { command, expect, state }),
        1 => (0..PERMISSIONS, s.clone()).prop_map(|(permission, session)| Step::PutPermission { permission, session }),
        1 => (0..PERMISSIONS, prop::option::of("[a-c]"))
            .prop_map(|(permission, option)| Step::Answer { permission, option }),
        1 => (s, 0..60u64).prop_map(|(session, keep)| Step::Trim { session, keep }),
        1 => Just(Step::Nowhere),
    ]
}

/// Groups of transactions of steps.
fn groups() -> impl Strategy<Value = Vec<Vec<Vec<Step>>>> {
    let txn = prop_oneof![3 => prop::collection::vec(step(), 1..2), 2 => prop::collection::vec(step(), 1..5)];
    prop::collection::vec(prop::collection::vec(txn, 1..12), 1..8)
}

/// Epoch and offset.
type Line = Option<(u64, u64)>;

#[derive(Clone, Debug)]
struct Log {
    id: SessionId,
    task: TaskId,
    status: TaskStatus,
    head: Head,
    life: u64,
    /// The offset when the transaction began.
    base: u64,
    events: Vec<(NewEvent, Line)>,
    trimmed: usize,
}

#[derive(Clone, Debug)]
struct Model {
    logs: Vec<Log>,
    command_ids: Vec<CommandId>,
    commands: BTreeMap<CommandId, (usize, CommandState, Order)>,
    permission_ids: Vec<PermissionId>,
    /// Session, seq, answer.
    permissions: BTreeMap<PermissionId, (usize, Seq, Option<Option<String>>)>,
}

/// What the model says of a transaction: the seqs it appended, or how it fails.
#[derive(Debug, PartialEq)]
enum Answer {
    Done { seqs: Vec<u64>, epoch: Option<u64>, repeated: Vec<CommandId> },
    Conflict,
    Diverged,
}

fn answer(of: &Result<Committed, StoreError>) -> Answer {
    match of {
        Ok(c) => Answer::Done {
            seqs: c.events.iter().map(|e| e.seq.0).collect(),
            epoch: c.epoch.map(|e| e.0),
            repeated: c.repeated.clone(),
        },
        Err(StoreError::Conflict { .. }) => Answer::Conflict,
        Err(StoreError::Diverged { .. }) => Answer::Diverged,
        Err(e) => panic!("{e}"),
    }
}

fn chunk(pos: u64, len: usize) -> Bytes {
    OutputChunk { pos, data: Bytes::from(vec![b'o'; len]) }.encode()
}

impl Model {
    /// Makes the transaction of these steps as it meets this state, and does it.
    fn apply(&mut self, steps: Vec<Step>) -> (Vec<Op>, Answer) {
        let before = self.clone();
        for log in &mut self.logs {
            log.base = log.head.offset.0;
        }
        let (mut ops, mut failed) = (Vec::new(), None);
        let (mut seqs, mut epoch, mut repeated, mut last) = (Vec::new(), None, Vec::new(), Seq::ZERO);
        for step in steps {
            let fails = match step {
                Step::Append { session, events, ack } => {
                    let log = &mut self.logs[session];
                    let mut news = Vec::new();
                    let mut fails = None;
                    for (link, is_output, len) in events {
                        let e = log.event(link, is_output, len);
                        fails = fails.or_else(|| log.append(&e, &mut seqs).err());
                        news.push(e);
                    }
                    last = seqs.last().map_or(last, |s| Seq(*s));
                    let ack = ack.map(|a| Offset(log.head.offset.0 + a));
                    log.head.offset = log.head.offset.max(ack.unwrap_or_default());
                    ops.push(Op::Append { session: log.id, at: Timestamp(5), events: news, ack });
                    fails
                }
                Step::NextEpoch { session, back } => {
                    let log = &mut self.logs[session];
                    log.head.epoch = log.head.epoch.next();
                    epoch = Some(log.head.epoch.0);
                    let restart_at = back.map(|b| Offset(log.head.offset.0.saturating_sub(b)));
                    if let Some(at) = restart_at {
                        (log.life, log.head.offset, log.base) = (log.head.epoch.0, at, at.0);
                    }
                    ops.push(Op::NextEpoch { session: log.id, restart_at });
                    None
                }
                Step::Update { session, expect, status } => {
                    let log = &mut self.logs[session];
                    let patch = Box::new(TaskPatch { status, ran_ms: Some(7), ..TaskPatch::default() });
                    ops.push(Op::UpdateTask { id: log.task, expect: expect.clone(), patch });
                    let good = (expect.is_empty() || expect.contains(&log.status))
                        && status.is_none_or(|to| log.status.may_become(to));
                    log.status = if good { status.unwrap_or(log.status) } else { log.status };
                    (!good).then_some(Answer::Conflict)
                }
                Step::PutCommand { command, session, text } => {
                    let id = self.command_ids[command];
                    let record = CommandRecord { id, ..prompt(self.logs[session].id, &format!("{text}")) };
                    ops.push(Op::PutCommand(Box::new(record.clone())));
                    match self.commands.get(&id) {
                        None => {
                            self.commands.insert(id, (session, CommandState::Pending, record.order));
                            None
                        }
                        Some((s, _, order)) if *s == session && *order == record.order => {
                            repeated.push(id);
                            None
                        }
                        Some(_) => Some(Answer::Conflict),
                    }
                }
                Step::SetCommand { command, expect, state } => {
                    let id = self.command_ids[command];
                    ops.push(Op::SetCommand { id, expect: expect.clone(), state, outcome: None });
                    match self.commands.get_mut(&id) {
                        Some((_, now, _)) if expect.contains(now) && now.may_become(state) => {
                            *now = state;
                            None
                        }
                        _ => Some(Answer::Conflict),
                    }
                }
                Step::PutPermission { permission, session } => {
                    let mut record = question(self.logs[session].id);
                    record.id = self.permission_ids[permission];
                    ops.push(Op::PutPermission(Box::new(record.clone())));
                    let new = !self.permissions.contains_key(&record.id);
                    self.permissions.entry(record.id).or_insert((session, last, None));
                    (!new).then_some(Answer::Conflict)
                }
                Step::Answer { permission, option } => {
                    let id = self.permission_ids[permission];
                    ops.push(Op::AnswerPermission { id, option_id: option.clone(), by: "user:ann".into() });
                    match self.permissions.get_mut(&id) {
                        Some((_, _, answer @ None)) => {
                            *answer = Some(option);
                            None
                        }
                        _ => Some(Answer::Conflict),
                    }
                }
                Step::Trim { session, keep } => {
                    let log = &mut self.logs[session];
                    ops.push(Op::TrimOutput { session: log.id, at: Timestamp(5), keep });
                    if log.trim(keep) {
                        let marker = LogTruncated { bytes: log.head.pty_dropped };
                        let appended = log.append(&NewEvent::own(Actor::System, &marker), &mut seqs);
                        assert_eq!(appended, Ok(()), "the marker is of no line");
                        last = seqs.last().map_or(last, |s| Seq(*s));
                    }
                    None
                }
                Step::Nowhere => {
                    ops.push(append(SessionId::new(), vec![frame("x")]));
                    Some(Answer::Conflict)
                }
            };
            failed = failed.or(fails);
        }
        match failed {
            Some(answer) => {
                *self = before;
                (ops, answer)
            }
            None => (ops, Answer::Done { seqs, epoch, repeated }),
        }
    }
}

impl Log {
    fn event(&self, link: Link, is_output: bool, len: usize) -> NewEvent {
        let head = self.head.offset.0;
        let epoch = self.head.epoch.0;
        let (pos, other) = match link {
            Link::None => (None, false),
            Link::Next(n) => (Some((epoch, head + n)), false),
            Link::Back(n, same) => (Some((epoch, head.saturating_sub(n))), !same),
            Link::Epoch(d) => (Some((epoch.saturating_add_signed(d), head + 1)), false),
        };
        let known = pos.and_then(|(_, offset)| self.line(offset)).map(|i| self.events[i].0.clone());
        let mut e = match known {
            Some(e) if !other => e,
            // A trimmed chunk with other bytes at its place cannot be told from the same.
            Some(e) => NewEvent { kind: Kind::Progress, body: Bytes::from(format!("{e:?}")), ..e },
            None if is_output => {
                NewEvent { kind: Kind::Output, body: chunk(self.head.pty_pos, len), ..frame("") }
            }
            None => NewEvent { actor: Actor::Sidecar, ..frame(vec![b'f'; len]) },
        };
        e.link = pos.map(|(epoch, offset)| line(epoch, offset));
        e
    }

    /// The first event of a line of this life.
    fn line(&self, offset: u64) -> Option<usize> {
        self.events.iter().position(|(_, at)| at.is_some_and(|(e, o)| e >= self.life && o == offset && o > 0))
    }

    fn append(&mut self, e: &NewEvent, seqs: &mut Vec<u64>) -> Result<(), Answer> {
        let link = e.link.map(|l| (l.epoch.0, l.offset.0)).filter(|l| l.1 > 0);
        if let Some((epoch, offset)) = link {
            if epoch < self.life || epoch > self.head.epoch.0 {
                return Err(Answer::Conflict);
            }
            if offset <= self.base {
                let same = |(i, (s, at)): (usize, &(NewEvent, Line))| {
                    let here = at.is_some_and(|(e, o)| e >= self.life && o == offset);
                    let emptied = i < self.trimmed && s.kind == Kind::Output;
                    let equal = if emptied { e.body.starts_with(&s.body) } else { e.body == s.body };
                    (here, here && equal && e.kind == s.kind)
                };
                let all: Vec<_> =
                    self.events.iter().enumerate().map(same).filter(|(here, _)| *here).collect();
                let skip = all.is_empty() || all.iter().any(|(_, equal)| *equal);
                return if skip { Ok(()) } else { Err(Answer::Diverged) };
            }
            if offset < self.head.offset.0 {
                return Err(Answer::Conflict);
            }
            self.head.offset = Offset(offset);
        }
        self.head.last_seq = self.head.last_seq.next();
        self.head.bytes += e.body.len() as u64;
        if e.kind == Kind::Output {
            self.head.pty_pos += e.body.len() as u64 - 8;
        }
        self.events.push((e.clone(), link));
        seqs.push(self.head.last_seq.0);
        Ok(())
    }

    /// Whether something was dropped.
    fn trim(&mut self, keep: u64) -> bool {
        let before = self.head.pty_dropped;
        let mut cut = false;
        while self.head.pty_pos - self.head.pty_dropped > keep {
            let i = self.trimmed;
            let (e, _) = &mut self.events[i];
            if e.kind == Kind::Output {
                self.head.pty_dropped += e.body.len() as u64 - 8;
                self.head.bytes -= e.body.len() as u64 - 8;
                e.body.truncate(8);
            }
            self.trimmed += 1;
            cut = true;
        }
        assert!(cut || self.head.pty_dropped == before);
        cut
    }
}

async fn start(store: &impl Store) -> Model {
    let mut logs = Vec::new();
    for _ in 0..SESSIONS {
        let TaskRecord { id, session, .. } = created(store, task("ann")).await;
        logs.push(Log {
            id: session,
            task: id,
            status: TaskStatus::Pending,
            head: Head::default(),
            life: 0,
            base: 0,
            events: Vec::new(),
            trimmed: 0,
        });
    }
    Model {
        logs,
        command_ids: (0..COMMANDS).map(|_| CommandId::new()).collect(),
        commands: BTreeMap::new(),
        permission_ids: (0..PERMISSIONS).map(|_| PermissionId::new()).collect(),
        permissions: BTreeMap::new(),
    }
}

async fn same_state(store: &impl Store, model: &Model) {
    for log in &model.logs {
        assert_eq!(store.head(log.id).await.unwrap(), log.head);
        let stored = whole_log(store, log.id).await;
        assert_eq!(stored.len(), log.events.len());
        for (i, (e, (n, _))) in stored.iter().zip(&log.events).enumerate() {
            assert_eq!((e.seq.0, e.kind, &e.body, &e.actor), (i as u64 + 1, n.kind, &n.body, &n.actor));
        }
        let task = store.task(log.task).await.unwrap().unwrap();
        assert_eq!((task.status, task.last_seq), (log.status, log.head.last_seq));
        let of = |states: &[CommandState]| {
            let mine = model.commands.values().filter(|(s, ..)| model.logs[*s].id == log.id);
            mine.filter(|(_, s, _)| states.contains(s)).count()
        };
        assert_eq!(task.queued as usize, of(&[CommandState::Pending]));
        assert_eq!(task.busy, of(&[CommandState::Sent, CommandState::Begun]) > 0);
        let open =
            model.permissions.values().filter(|(s, _, a)| model.logs[*s].id == log.id && a.is_none()).count();
        assert_eq!(task.pending_permissions as usize, open);
    }
    for id in &model.command_ids {
        let stored = store.command(*id).await.unwrap().map(|c| (c.session, c.state, c.order));
        assert_eq!(
            stored,
            model.commands.get(id).map(|(s, state, o)| (model.logs[*s].id, *state, o.clone()))
        );
    }
    for id in &model.permission_ids {
        let stored = store.permission(*id).await.unwrap().map(|p| (p.session, p.seq, p.answer));
        assert_eq!(stored, model.permissions.get(id).map(|(s, seq, a)| (model.logs[*s].id, *seq, a.clone())));
    }
}

async fn agrees(store: &impl Store, groups: Vec<Vec<Vec<Step>>>) {
    let mut model = start(store).await;
    for log in &mut model.logs {
        // Half of the changes would fail for want of an epoch.
        let first = Op::NextEpoch { session: log.id, restart_at: Some(Offset::ZERO) };
        commit(store, vec![first]).await.unwrap();
        (log.head.epoch, log.life) = (LinkEpoch(1), 1);
    }
    for group in groups {
        let planned: Vec<_> = group.into_iter().map(|steps| model.apply(steps)).collect();
        let commits = planned.iter().enumerate().map(|(i, (ops, _))| {
            let durability = if i % 3 == 0 { Durability::Power } else { Durability::Process };
            store.commit(Txn { durability, ops: ops.clone() })
        });
        for (done, (ops, expected)) in all_at_once(commits).await.iter().zip(&planned) {
            assert_eq!(answer(done), *expected, "{ops:?}");
        }
        same_state(store, &model).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_agrees_with_the_model(groups in groups()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut fixture = crate::sqlite::new();
            agrees(&fixture.store, groups).await;
            fixture.store.close().await;
            fixture.check();
        });
    }
}
