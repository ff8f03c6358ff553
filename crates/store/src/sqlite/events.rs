//! The rows of the table `events`: written many at once, and compared when a journal line comes again.

use bytes::Bytes;
use lia_protocol::{
    event::{Actor, Kind, LinkPos, NewEvent},
    ids::{CommandId, Seq, TurnId},
    time::Timestamp,
};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, ToSql, types::Null};

use super::{
    log::Log,
    rows::{int, nat},
};

/// Bits of an event's key that hold its seq.
pub(super) const SEQ_BITS: u32 = 36;
/// The last number of a session; with the seq it fills SQLite's 63 bits.
pub(super) const SESSIONS: i64 = (1 << (63 - SEQ_BITS)) - 2;
/// Rows of the multi-row inserts.
const ROWS: [usize; 3] = [64, 8, 1];
const COLUMNS: usize = 9;
/// Bytes of an output's body before those of the terminal.
pub(super) const OUTPUT_POSITION: usize = 8;

/// The key of an event. A seq that no log reaches is behind all of its own session's.
pub(super) fn key(session_no: i64, seq: Seq) -> i64 {
    (session_no << SEQ_BITS) | int(seq.0).min((1 << SEQ_BITS) - 1)
}

/// The seq in a key.
pub(super) fn seq_of(key: i64) -> Seq {
    Seq(nat(key & ((1 << SEQ_BITS) - 1)))
}

/// A row that is to be written.
pub(super) struct Row {
    pub(super) key: i64,
    pub(super) at: Timestamp,
    pub(super) kind: Kind,
    pub(super) actor: Actor,
    pub(super) turn: Option<TurnId>,
    pub(super) cause: Option<CommandId>,
    pub(super) link: Option<LinkPos>,
    pub(super) body: Bytes,
}

/// Writes rows, many by each statement.
pub(super) fn insert(conn: &Connection, rows: &[Row]) -> rusqlite::Result<()> {
    let mut done = 0;
    for width in ROWS {
        if rows.len() - done < width {
            continue;
        }
        let mut insert = conn.prepare_cached(insert_sql(width))?;
        while rows.len() - done >= width {
            for (i, row) in rows[done..done + width].iter().enumerate() {
                row.bind(&mut insert, i * COLUMNS)?;
            }
            insert.raw_execute()?;
            done += width;
        }
    }
    Ok(())
}

fn insert_sql(rows: usize) -> &'static str {
    use std::sync::LazyLock;
    static SQL: LazyLock<[String; ROWS.len()]> = LazyLock::new(|| {
        ROWS.map(|n| {
            let values = vec!["(?,?,?,?,?,?,?,?,?)"; n].join(",");
            format!(
                "INSERT INTO events (key, at, kind, actor, turn, cause, epoch, line, body) VALUES {values}"
            )
        })
    });
    let i = ROWS.iter().position(|n| *n == rows).unwrap_or(ROWS.len() - 1);
    &SQL[i]
}

impl Row {
    fn bind(&self, stmt: &mut CachedStatement<'_>, before: usize) -> rusqlite::Result<()> {
        let mut i = before;
        let mut put = |value: &dyn ToSql| {
            i += 1;
            stmt.raw_bind_parameter(i, value)
        };
        put(&self.key)?;
        put(&self.at.0)?;
        put(&self.kind.code())?;
        match &self.actor {
            Actor::System => put(&0)?,
            Actor::Sidecar => put(&1)?,
            Actor::Agent => put(&2)?,
            Actor::Gateway => put(&3)?,
            Actor::User(u) => put(&u.as_str())?,
        }
        match self.turn {
            Some(t) => put(t.0.as_bytes())?,
            None => put(&Null)?,
        }
        match self.cause {
            Some(c) => put(c.0.as_bytes())?,
            None => put(&Null)?,
        }
        match self.link {
            Some(l) => {
                put(&int(l.epoch.0))?;
                put(&int(l.offset.0))?;
            }
            None => {
                put(&Null)?;
                put(&Null)?;
            }
        }
        put(&&*self.body)
    }
}

/// Whether `e` is what the log holds for its journal line; also when nothing is held of that line.
pub(super) fn is_repeat(conn: &Connection, log: &Log, pos: LinkPos, e: &NewEvent) -> rusqlite::Result<bool> {
    let Some(first) = first_of(conn, log, pos)? else {
        return Ok(note_of(conn, log, pos)?.is_none());
    };
    let mut same = conn.prepare_cached(
        "SELECT line, kind, body, key FROM events WHERE key >= ?1 AND key < ?2 AND line IS NOT NULL ORDER BY key",
    )?;
    let mut same = same.query([first, end_of(log)])?;
    while let Some(row) = same.next()? {
        if nat(row.get(0)?) != pos.offset.0 {
            break;
        }
        if row.get::<_, u8>(1)? != e.kind.code() {
            continue;
        }
        let body = row.get_ref(2)?.as_blob().unwrap_or_default();
        let equal = if e.kind == Kind::Output {
            let trimmed = seq_of(row.get(3)?) <= log.trimmed;
            trimmed || body.get(OUTPUT_POSITION..) == e.body.get(OUTPUT_POSITION..)
        } else {
            e.body == body
        };
        if equal {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a journal line was noted with this digest; also when nothing is held of that line.
pub(super) fn is_noted(
    conn: &Connection,
    log: &Log,
    pos: LinkPos,
    digest: &[u8; 32],
) -> rusqlite::Result<bool> {
    match note_of(conn, log, pos)? {
        Some(noted) => Ok(noted == *digest),
        None => Ok(first_of(conn, log, pos)?.is_none()),
    }
}

fn note_of(conn: &Connection, log: &Log, pos: LinkPos) -> rusqlite::Result<Option<[u8; 32]>> {
    let mut select = conn.prepare_cached("SELECT digest FROM lines WHERE session_no = ?1 AND line = ?2")?;
    select.query_row((log.no, int(pos.offset.0)), |r| r.get(0)).optional()
}

/// After the last event of a log.
fn end_of(log: &Log) -> i64 {
    key(log.no, log.head.last_seq) + 1
}

/// The key of the first event of a journal line.
fn first_of(conn: &Connection, log: &Log, pos: LinkPos) -> rusqlite::Result<Option<i64>> {
    // Within one life of the sidecar lines rise with seq: it is found by halving.
    let mut linked = conn.prepare_cached(
        "SELECT key, epoch, line FROM events WHERE key >= ?1 AND key < ?2 AND line IS NOT NULL ORDER BY key LIMIT 1",
    )?;
    let (mut low, mut high) = (key(log.no, Seq(1)), end_of(log));
    let mut first = None;
    while low < high {
        let middle = low + (high - low) / 2;
        let at = linked.query_row([middle, high], |r| {
            Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?, r.get::<_, i64>(2)?))
        });
        match at.optional()? {
            Some((at, epoch, line)) if nat(epoch) < log.life.0 || nat(line) < pos.offset.0 => low = at + 1,
            found => {
                first = found.filter(|f| nat(f.2) == pos.offset.0).map(|f| f.0).or(first);
                high = middle;
            }
        }
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seq_that_no_log_reaches_stays_in_its_session() {
        for seq in [1 << SEQ_BITS, 3 << SEQ_BITS, u64::MAX] {
            let key = key(3, Seq(seq));
            assert!(super::key(3, Seq(1_000_000)) < key && key < super::key(4, Seq::ZERO), "{seq}");
        }
    }
}
