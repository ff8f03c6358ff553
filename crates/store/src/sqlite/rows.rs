//! How records stand in their tables: the columns of each, and back.

use bytes::Bytes;
use lia_protocol::{
    event::{Actor, Event, Kind},
    ids::{
        CommandId, InstanceId, LinkEpoch, Offset, PermissionId, Seq, SessionId, TaskId, TokenId, TurnId,
        UploadId, UserId,
    },
    link::Order,
    task::TaskStatus,
    time::Timestamp,
};
use rusqlite::{
    Connection, OptionalExtension as _, Row,
    types::{FromSqlError, Type, ValueRef},
};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::events::seq_of;
use crate::{
    CommandRecord, CommandState, CredentialKind, CredentialRecord, Head, LedgerRecord, NamedInstance,
    NamedStatus, PermissionRecord, TaskRecord, TemplateRecord, UploadRecord,
};

/// A count as SQLite's signed integer.
pub(super) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The reverse of [`int`].
pub(super) fn nat(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

/// The number of a session that is not being removed.
pub(super) fn session_no(conn: &Connection, session: SessionId) -> rusqlite::Result<Option<i64>> {
    let mut select = conn.prepare_cached("SELECT no FROM sessions WHERE id = ?1 AND purging IS NULL")?;
    select.query_row([session.0.as_bytes()], |r| r.get(0)).optional()
}

fn bad(i: usize, why: impl ToString) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(i, Type::Text, why.to_string().into())
}

pub(super) fn uuid(r: &Row<'_>, i: usize) -> rusqlite::Result<Uuid> {
    r.get::<_, [u8; 16]>(i).map(Uuid::from_bytes)
}

pub(super) fn time(r: &Row<'_>, i: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(r.get::<_, Option<i64>>(i)?.map(Timestamp))
}

pub(super) fn parsed<T: std::str::FromStr<Err: ToString>>(r: &Row<'_>, i: usize) -> rusqlite::Result<T> {
    r.get_ref(i)?.as_str()?.parse().map_err(|e: T::Err| bad(i, e.to_string()))
}

pub(super) fn json<T: DeserializeOwned>(r: &Row<'_>, i: usize) -> rusqlite::Result<T> {
    serde_json::from_str(r.get_ref(i)?.as_str()?).map_err(|e| bad(i, e))
}

/// The value whose word stands in a column.
pub(super) fn word<T: Copy>(
    r: &Row<'_>,
    i: usize,
    all: &[T],
    name: fn(T) -> &'static str,
) -> rusqlite::Result<T> {
    let text = r.get_ref(i)?.as_str()?;
    all.iter().copied().find(|v| name(*v) == text).ok_or_else(|| bad(i, format!("{text:?} is not known")))
}

/// `last_seq, bytes, epoch, line, pty_pos, pty_dropped`
pub(super) fn head(r: &Row<'_>) -> rusqlite::Result<Head> {
    let n = |i: usize| r.get::<_, i64>(i).map(nat);
    Ok(Head {
        last_seq: Seq(n(0)?),
        bytes: n(1)?,
        epoch: LinkEpoch(n(2)?),
        offset: Offset(n(3)?),
        pty_pos: n(4)?,
        pty_dropped: n(5)?,
    })
}

/// `key, at, kind, v, actor, turn, cause`; the body comes apart.
pub(super) fn event(r: &Row<'_>, session: SessionId, body: Bytes) -> rusqlite::Result<Event> {
    let code = r.get(2)?;
    let actor = match r.get_ref(4)? {
        ValueRef::Integer(0) => Actor::System,
        ValueRef::Integer(1) => Actor::Sidecar,
        ValueRef::Integer(2) => Actor::Agent,
        ValueRef::Integer(3) => Actor::Gateway,
        ValueRef::Text(_) => Actor::User(parsed(r, 4)?),
        other => return Err(FromSqlError::OutOfRange(other.as_i64().unwrap_or_default()).into()),
    };
    let id = |i| Ok::<_, rusqlite::Error>(r.get::<_, Option<[u8; 16]>>(i)?.map(Uuid::from_bytes));
    Ok(Event {
        seq: seq_of(r.get(0)?),
        at: Timestamp(r.get(1)?),
        session,
        turn: id(5)?.map(TurnId),
        actor,
        cause: id(6)?.map(CommandId),
        v: r.get(3)?,
        kind: Kind::from_code(code).ok_or_else(|| bad(2, format!("event kind {code} is not known")))?,
        body,
    })
}

// The query below has it as a number.
const _: () = assert!(super::events::SEQ_BITS == 36);

/// What [`task`] reads.
pub(super) const TASK: &str = "SELECT t.id, s.id, t.instance, t.user, t.guild, t.prompt, t.status, t.config, t.template, \
    t.runtime, t.source, t.spec, t.instance_record, t.created_at, t.started_at, t.suspended_at, t.completed_at, t.ran_ms, \
    t.exit_code, t.error, t.stop_reason, t.cleanup, t.removed, s.last_seq, \
    EXISTS (SELECT 1 FROM commands c WHERE c.session_no = t.session_no AND c.state IN ('sent', 'begun') AND c.kind = 'prompt'), \
    (SELECT count(*) FROM commands c WHERE c.session_no = t.session_no AND c.state = 'pending' AND c.kind = 'prompt'), \
    (SELECT count(*) FROM permissions p WHERE p.session_no = t.session_no AND p.answered = 0), \
    t.title, t.instance_name, t.queue_paused, t.auto_approve, t.end_reason, \
    coalesce((SELECT e.at FROM events e WHERE e.key = (t.session_no << 36) | s.last_seq), t.created_at) AS changed_at \
    FROM tasks t JOIN sessions s ON s.no = t.session_no ";

/// A row of [`TASK`].
pub(super) fn task(r: &Row<'_>) -> rusqlite::Result<TaskRecord> {
    Ok(TaskRecord {
        id: TaskId(uuid(r, 0)?),
        session: SessionId(uuid(r, 1)?),
        instance: InstanceId(uuid(r, 2)?),
        user: parsed(r, 3)?,
        guild: r.get(4)?,
        prompt: r.get(5)?,
        status: word(r, 6, &TaskStatus::ALL, TaskStatus::as_str)?,
        config: json(r, 7)?,
        template: r.get(8)?,
        runtime: r.get(9)?,
        source: r.get(10)?,
        spec: r.get(11)?,
        instance_record: r.get(12)?,
        created_at: Timestamp(r.get(13)?),
        started_at: time(r, 14)?,
        suspended_at: time(r, 15)?,
        completed_at: time(r, 16)?,
        ran_ms: r.get(17)?,
        exit_code: r.get(18)?,
        error: r.get(19)?,
        stop_reason: r.get(20)?,
        cleanup: r.get(21)?,
        removed: r.get(22)?,
        last_seq: Seq(nat(r.get(23)?)),
        busy: r.get(24)?,
        queued: r.get(25)?,
        pending_permissions: r.get(26)?,
        title: r.get(27)?,
        instance_name: r.get(28)?,
        queue_paused: r.get(29)?,
        auto_approve: r.get(30)?,
        end_reason: r.get(31)?,
        changed_at: Timestamp(r.get(32)?),
    })
}

/// The word of an order's kind.
pub(super) fn order_kind(order: &Order) -> &'static str {
    match order {
        Order::Prompt { .. } => "prompt",
        Order::Input { .. } => "input",
        Order::Cancel => "cancel",
        Order::Permission { .. } => "permission",
        Order::Signal { .. } => "signal",
        Order::Shutdown { .. } => "shutdown",
    }
}

/// What [`command`] reads.
pub(super) const COMMAND: &str = "SELECT c.id, s.id, c.body, c.actor, c.state, c.accepted_at, c.outcome \
    FROM commands c JOIN sessions s ON s.no = c.session_no ";

/// A row of [`COMMAND`].
pub(super) fn command(r: &Row<'_>) -> rusqlite::Result<CommandRecord> {
    Ok(CommandRecord {
        id: CommandId(uuid(r, 0)?),
        session: SessionId(uuid(r, 1)?),
        order: json(r, 2)?,
        actor: r.get(3)?,
        state: command_state(r, 4)?,
        accepted_at: Timestamp(r.get(5)?),
        outcome: r.get(6)?,
    })
}

/// A command's state.
pub(super) fn command_state(r: &Row<'_>, i: usize) -> rusqlite::Result<CommandState> {
    word(r, i, &CommandState::ALL, CommandState::as_str)
}

/// A task's state.
pub(super) fn task_status(r: &Row<'_>, i: usize) -> rusqlite::Result<TaskStatus> {
    word(r, i, &TaskStatus::ALL, TaskStatus::as_str)
}

/// What [`permission`] reads.
pub(super) const PERMISSION: &str = "SELECT p.id, s.id, p.rpc_id, p.request, p.requested_at, p.seq, p.answered, \
    p.option_id, p.answered_by FROM permissions p JOIN sessions s ON s.no = p.session_no ";

/// A row of [`PERMISSION`].
pub(super) fn permission(r: &Row<'_>) -> rusqlite::Result<PermissionRecord> {
    let answered: bool = r.get(6)?;
    let option: Option<String> = r.get(7)?;
    Ok(PermissionRecord {
        id: PermissionId(uuid(r, 0)?),
        session: SessionId(uuid(r, 1)?),
        rpc_id: r.get(2)?,
        request: json(r, 3)?,
        requested_at: Timestamp(r.get(4)?),
        seq: Seq(nat(r.get(5)?)),
        answer: answered.then_some(option),
        answered_by: r.get(8)?,
    })
}

/// What [`credential`] reads.
pub(super) const CREDENTIAL: &str =
    "SELECT id, kind, hash, user, scopes, label, created_at, expires_at, revoked_at FROM credentials ";

/// A row of [`CREDENTIAL`].
pub(super) fn credential(r: &Row<'_>) -> rusqlite::Result<CredentialRecord> {
    Ok(CredentialRecord {
        id: TokenId(uuid(r, 0)?),
        kind: word(r, 1, &CredentialKind::ALL, CredentialKind::as_str)?,
        hash: r.get(2)?,
        user: parsed::<UserId>(r, 3)?,
        scopes: json(r, 4)?,
        label: r.get(5)?,
        created_at: Timestamp(r.get(6)?),
        expires_at: time(r, 7)?,
        revoked_at: time(r, 8)?,
    })
}

/// `instance, kind, name`
pub(super) fn ledger(r: &Row<'_>) -> rusqlite::Result<LedgerRecord> {
    Ok(LedgerRecord { instance: InstanceId(uuid(r, 0)?), kind: r.get(1)?, name: r.get(2)? })
}

/// What [`upload`] reads.
pub(super) const UPLOAD: &str = "SELECT id, user, used_at FROM uploads ";

/// A row of [`UPLOAD`].
pub(super) fn upload(r: &Row<'_>) -> rusqlite::Result<UploadRecord> {
    Ok(UploadRecord { id: UploadId(uuid(r, 0)?), user: parsed(r, 1)?, used_at: Timestamp(r.get(2)?) })
}

/// What [`template`] reads.
pub(super) const TEMPLATE: &str = "SELECT id, created_at, body, sealed FROM templates ";

/// A row of [`TEMPLATE`].
pub(super) fn template(r: &Row<'_>) -> rusqlite::Result<TemplateRecord> {
    Ok(TemplateRecord { id: r.get(0)?, created_at: Timestamp(r.get(1)?), body: r.get(2)?, sealed: r.get(3)? })
}

/// What [`named`] reads.
pub(super) const NAMED: &str = "SELECT user, name, runtime, status, created_at, sandbox FROM instances ";

/// A row of [`NAMED`].
pub(super) fn named(r: &Row<'_>) -> rusqlite::Result<NamedInstance> {
    Ok(NamedInstance {
        user: parsed::<UserId>(r, 0)?,
        name: r.get(1)?,
        runtime: r.get(2)?,
        status: word(r, 3, &NamedStatus::ALL, NamedStatus::as_str)?,
        created_at: Timestamp(r.get(4)?),
        sandbox: r.get::<_, Option<[u8; 16]>>(5)?.map(Uuid::from_bytes).map(InstanceId),
    })
}
