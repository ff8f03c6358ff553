//! Reads: a few read-only connections, each used by one short statement after another on the runtime's blocking threads.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use lia_protocol::{
    event::Event,
    ids::{InstanceId, Seq, SessionId, TaskId, UserId},
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params_from_iter};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    checkpoint::Gate,
    events::{SEQ_BITS, key},
    rows, schema,
};
use crate::{
    CommandRecord, CommandState, Head, IdempotencyRecord, LedgerRecord, PageSize, StoreError, TaskFilter,
    TaskOrder, TaskRecord,
};

/// The pool.
pub(super) struct Readers {
    path: PathBuf,
    gate: Arc<Gate>,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    /// At most `count` connections, opened when they are needed.
    pub(super) fn new(path: PathBuf, gate: Arc<Gate>, count: usize) -> Self {
        Self { path, gate, permits: Arc::new(Semaphore::new(count.max(1))), idle: Arc::default() }
    }

    /// Runs `f` on one of the connections.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let (idle, gate, path) = (Arc::clone(&self.idle), Arc::clone(&self.gate), self.path.clone());
        let work = move || {
            let _permit = permit;
            let free = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let conn = match free {
                Some(conn) => conn,
                None => schema::open_reader(&path)?,
            };
            let reading = gate.read();
            let done = f(&conn);
            drop(reading);
            if done.is_ok() {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
            }
            done
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|e| StoreError::Backend(format!("a read failed: {e}")))?
    }

    /// No reads any more; returns when the last one has ended.
    pub(super) async fn close(&self, count: usize) {
        // An error means that it is closed already.
        if let Ok(all) = self.permits.acquire_many(u32::try_from(count.max(1)).unwrap_or(u32::MAX)).await {
            self.permits.close();
            drop(all);
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// One page of a log.
pub(super) fn events(
    conn: &Connection,
    session: SessionId,
    after: Seq,
    page: PageSize,
) -> Result<Vec<Event>, StoreError> {
    let Some(no) = rows::session_no(conn, session)? else { return Ok(Vec::new()) };
    let sql = "SELECT key, at, kind, v, actor, turn, cause, body FROM events WHERE key > ?1 AND key < ?2 ORDER BY key LIMIT ?3";
    let after = key(no, after).max(key(no, Seq::ZERO));
    between(conn, sql, session, (after, key(no + 1, Seq::ZERO)), page)
}

/// One page of a log, without notifications and bytes of terminals.
pub(super) fn landmarks(
    conn: &Connection,
    session: SessionId,
    (after, upto): (Seq, Seq),
    page: PageSize,
) -> Result<Vec<Event>, StoreError> {
    let Some(no) = rows::session_no(conn, session)? else { return Ok(Vec::new()) };
    // The index's own condition, in its own words.
    let sql = "SELECT key, at, kind, v, actor, turn, cause, body FROM events INDEXED BY events_landmarks \
               WHERE key > ?1 AND key < ?2 AND kind NOT IN (3, 6, 7) ORDER BY key LIMIT ?3";
    let after = key(no, after).max(key(no, Seq::ZERO));
    let upto = Seq(upto.0.min((1 << SEQ_BITS) - 2));
    between(conn, sql, session, (after, key(no, upto.next())), page)
}

/// A page of the events between two keys.
fn between(
    conn: &Connection,
    sql: &str,
    session: SessionId,
    (after, end): (i64, i64),
    page: PageSize,
) -> Result<Vec<Event>, StoreError> {
    let mut select = conn.prepare_cached(sql)?;
    let limit = i64::try_from(page.events).unwrap_or(i64::MAX);
    let mut found = select.query((after, end, limit))?;
    let mut events = Vec::new();
    let mut size = 0;
    while let Some(row) = found.next()? {
        let body = row.get_ref(7)?.as_blob().map_err(rusqlite::Error::from)?;
        size += body.len();
        if size > page.bytes && !events.is_empty() {
            break;
        }
        events.push(rows::event(row, session, Bytes::copy_from_slice(body))?);
    }
    Ok(events)
}

/// Where a log stands.
pub(super) fn head(conn: &Connection, session: SessionId) -> Result<Head, StoreError> {
    let sql = "SELECT last_seq, bytes, epoch, line, pty_pos, pty_dropped FROM sessions WHERE id = ?1 AND purging IS NULL";
    let head = conn.prepare_cached(sql)?.query_row([session.0.as_bytes()], rows::head).optional()?;
    Ok(head.unwrap_or_default())
}

/// The one row of `select` that `filter` names.
pub(super) fn one<T>(
    conn: &Connection,
    (select, filter): (&str, &str),
    value: impl ToSql,
    of: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    Ok(conn.prepare_cached(&format!("{select}{filter}"))?.query_row([value], of).optional()?)
}

/// All rows of `select` that `filter` names.
pub(super) fn all<T>(
    conn: &Connection,
    (select, filter): (&str, &str),
    values: &[&dyn ToSql],
    of: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut select = conn.prepare_cached(&format!("{select}{filter}"))?;
    let found = select.query_map(params_from_iter(values), of)?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// One page of the tasks that match, and how many do.
pub(super) fn tasks(
    conn: &Connection,
    filter: &TaskFilter,
    page: u32,
    per_page: u32,
) -> Result<(Vec<TaskRecord>, u64), StoreError> {
    let mut wanted = String::from("WHERE 1");
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    if let Some(user) = &filter.user {
        wanted += " AND t.user = ?";
        values.push(Box::new(user.as_str().to_owned()));
    }
    if let Some(guild) = &filter.guild {
        wanted += " AND t.guild = ?";
        values.push(Box::new(guild.clone()));
    }
    if let Some(name) = &filter.instance_name {
        wanted += " AND t.instance_name = ?";
        values.push(Box::new(name.clone()));
    }
    if !filter.status.is_empty() {
        wanted += &format!(" AND t.status IN ({})", vec!["?"; filter.status.len()].join(","));
        values.extend(filter.status.iter().map(|s| Box::new(s.as_str()) as Box<dyn ToSql>));
    }
    // Both statements see the same state.
    let snapshot = conn.unchecked_transaction()?;
    let count = format!("SELECT count(*) FROM tasks t {wanted}");
    let total: i64 = snapshot.prepare_cached(&count)?.query_row(params_from_iter(&values), |r| r.get(0))?;
    values.push(Box::new(per_page));
    values.push(Box::new(rows_before(page, per_page)));
    let order = match filter.order {
        TaskOrder::Newest => "t.created_at",
        TaskOrder::LastChanged => "changed_at",
    };
    let select = format!("{}{wanted} ORDER BY {order} DESC, t.id DESC LIMIT ? OFFSET ?", rows::TASK);
    let mut select = snapshot.prepare_cached(&select)?;
    let found = select.query_map(params_from_iter(&values), rows::task)?.collect::<Result<_, _>>()?;
    Ok((found, rows::nat(total)))
}

fn rows_before(page: u32, per_page: u32) -> i64 {
    i64::from(page.saturating_sub(1)) * i64::from(per_page)
}

/// Tasks whose id begins with these hex digits.
pub(super) fn tasks_by_prefix(
    conn: &Connection,
    prefix: &str,
    owner: Option<&UserId>,
    limit: u32,
) -> Result<Vec<TaskRecord>, StoreError> {
    let Some((low, high)) = id_range(prefix) else { return Ok(Vec::new()) };
    let filter = "WHERE t.id >= ?1 AND t.id <= ?2 AND (?3 IS NULL OR t.user = ?3) ORDER BY t.id LIMIT ?4";
    let owner = owner.map(UserId::as_str);
    all(conn, (rows::TASK, filter), &[&low, &high, &owner, &limit], rows::task)
}

/// The least and the greatest id that begins with these hex digits; `None` when no id does.
fn id_range(prefix: &str) -> Option<([u8; 16], [u8; 16])> {
    let (mut low, mut high) = ([0; 16], [0xff; 16]);
    for (digits, c) in prefix.chars().filter(|c| *c != '-').enumerate() {
        let digit = u8::try_from(c.to_digit(16)?).ok()?;
        let (l, h) = (low.get_mut(digits / 2)?, high.get_mut(digits / 2)?);
        if digits % 2 == 0 {
            (*l, *h) = (digit << 4, digit << 4 | 0xf);
        } else {
            *l |= digit;
            *h = *l;
        }
    }
    Some((low, high))
}

/// Tasks that start-up repairs.
pub(super) fn unfinished_tasks(conn: &Connection) -> Result<Vec<TaskRecord>, StoreError> {
    let filter = "WHERE t.status <> 'terminated' OR t.cleanup = 1 ORDER BY t.created_at, t.id";
    all(conn, (rows::TASK, filter), &[], rows::task)
}

/// Commands of a session in one of these states.
pub(super) fn commands(
    conn: &Connection,
    session: SessionId,
    states: &[CommandState],
) -> Result<Vec<CommandRecord>, StoreError> {
    let wanted = vec!["?"; states.len()].join(",");
    let sql = format!(
        "{}WHERE s.id = ? AND s.purging IS NULL AND c.state IN ({wanted}) \
         ORDER BY CASE WHEN c.state = 'pending' THEN coalesce(c.rank, c.no) ELSE c.no END, c.no",
        rows::COMMAND
    );
    let id = session.0.as_bytes().as_slice();
    let words: Vec<_> = states.iter().map(|s| s.as_str()).collect();
    let values = std::iter::once(&id as &dyn ToSql).chain(words.iter().map(|w| w as &dyn ToSql));
    let mut select = conn.prepare_cached(&sql)?;
    let found = select.query_map(params_from_iter(values), rows::command)?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// What an earlier request made.
pub(super) fn idempotent(
    conn: &Connection,
    owner: &UserId,
    key: &str,
) -> Result<Option<IdempotencyRecord>, StoreError> {
    let mut select = conn
        .prepare_cached("SELECT digest, task, created_at FROM idempotency WHERE owner = ?1 AND key = ?2")?;
    let found = select.query_row([owner.as_str(), key], |r| {
        let task = TaskId(Uuid::from_bytes(r.get(1)?));
        Ok(IdempotencyRecord { digest: r.get(0)?, task, at: Timestamp(r.get(2)?) })
    });
    Ok(found.optional()?)
}

/// The ownership ledger, in the order of its writing.
pub(super) fn ledger(
    conn: &Connection,
    instance: Option<InstanceId>,
) -> Result<Vec<LedgerRecord>, StoreError> {
    const LEDGER: &str = "SELECT instance, kind, name FROM ledger ";
    match instance {
        Some(i) => all(conn, (LEDGER, "WHERE instance = ?1 ORDER BY no"), &[i.0.as_bytes()], rows::ledger),
        None => all(conn, (LEDGER, "ORDER BY no"), &[], rows::ledger),
    }
}

#[cfg(test)]
mod tests {
    use super::id_range;

    #[test]
    fn a_prefix_is_a_range_of_ids() {
        let (low, high) = id_range("0a-B").unwrap();
        assert_eq!((low[..2].to_vec(), high[..2].to_vec()), (vec![0x0a, 0xb0], vec![0x0a, 0xbf]));
        assert_eq!(low[2..], [0; 14]);
        assert_eq!(high[2..], [0xff; 14]);
        assert!(id_range("xyz").is_none());
        assert!(id_range(&"a".repeat(33)).is_none());
        assert!(id_range("").is_some());
    }
}
