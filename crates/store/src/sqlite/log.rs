//! Appends. Sequence numbers are given out from a cache of where each log stands; rows are gathered over a whole batch
//! and written by statements of many rows. What a failed transaction did to cache and rows is taken back.

use std::collections::HashMap;

use lia_protocol::{
    event::{Actor, Event, Kind, LinkPos, LogTruncated, NewEvent},
    ids::{LinkEpoch, Offset, Seq, SessionId},
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension as _};

use super::{
    error::Fault,
    events::{self, Row, SEQ_BITS, key, seq_of},
    rows::{self, int, nat},
    webhooks,
};
use crate::{Committed, Head, StoreError};

/// The version of the bodies that this program writes.
const BODY_VERSION: u8 = 1;
/// Rows that are gathered before they are written.
const GATHER: usize = 256;
/// Sessions whose state is kept in memory between batches.
const CACHED: usize = 4096;

/// Where one log stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log {
    pub(super) no: i64,
    pub(super) head: Head,
    /// The epoch in which the sidecar's journal began anew.
    pub(super) life: LinkEpoch,
    /// PTY chunks up to here are emptied.
    pub(super) trimmed: Seq,
    /// The last journal line that was in the log when this transaction began.
    base: Offset,
    /// The transaction that touched it last.
    txn: u64,
    /// Not yet written to `sessions`.
    dirty: bool,
}

impl Log {
    /// Whether a journal line is new: then the log stands at it. `false`: it was in the log before this transaction.
    fn takes(&mut self, session: SessionId, pos: LinkPos) -> Result<bool, Fault> {
        if !(self.life..=self.head.epoch).contains(&pos.epoch) {
            let lives = format!("{} to {}", self.life, self.head.epoch);
            return Err(Fault::conflict(format!("link epoch of session {session}"), lives, pos.epoch));
        }
        if pos.offset <= self.base {
            return Ok(false);
        }
        if pos.offset < self.head.offset {
            let what = format!("journal line of session {session}");
            return Err(Fault::conflict(what, self.head.offset, pos.offset));
        }
        self.head.offset = pos.offset;
        Ok(true)
    }
}

/// The cache, and the rows of the batch that are not yet written.
#[derive(Default)]
pub(super) struct Logs {
    logs: HashMap<SessionId, Log>,
    rows: Vec<Row>,
    /// Rows before this are of earlier transactions.
    mark: usize,
    undo: Vec<(SessionId, Log)>,
    txn: u64,
    /// Whether this batch put something into the outbox.
    told: bool,
}

impl Logs {
    /// A transaction begins.
    pub(super) fn begin(&mut self) {
        self.mark = self.rows.len();
        self.undo.clear();
        self.txn += 1;
    }

    /// The transaction failed: nothing of it stays.
    pub(super) fn undo(&mut self) {
        self.rows.truncate(self.mark);
        for (session, before) in self.undo.drain(..) {
            // One that no transaction of this batch changed is read again when it is needed: it may never have been.
            if before.dirty {
                self.logs.insert(session, before);
            } else {
                self.logs.remove(&session);
            }
        }
    }

    /// The batch failed: nothing of it stays.
    pub(super) fn reset(&mut self) {
        self.rows.clear();
        self.undo.clear();
        self.logs.clear();
        self.mark = 0;
        self.told = false;
    }

    /// Whether what has been written since the last call put something into the outbox.
    pub(super) fn take_told(&mut self) -> bool {
        std::mem::take(&mut self.told)
    }

    /// Forgets a session that is being removed.
    pub(super) fn forget(&mut self, session: SessionId) {
        self.logs.remove(&session);
    }

    /// The number of a session.
    pub(super) fn session_no(&self, conn: &Connection, session: SessionId) -> Result<i64, Fault> {
        match self.logs.get(&session) {
            Some(log) => Ok(log.no),
            None => rows::session_no(conn, session)?.ok_or_else(|| absent(session)),
        }
    }

    /// Appends to a log. See [`crate::Op::Append`].
    pub(super) fn append(
        &mut self,
        conn: &Connection,
        (session, at): (SessionId, Timestamp),
        events: Vec<NewEvent>,
        ack: Option<Offset>,
        out: &mut Committed,
    ) -> Result<(), Fault> {
        let mut log = *self.touch(conn, session)?;
        out.events.reserve(events.len());
        for e in events {
            // Line 0 is none: a peer without a journal.
            let link = e.link.filter(|l| l.offset > Offset::ZERO);
            if let Some(pos) = link
                && !log.takes(session, pos)?
            {
                self.write_rows(conn, self.mark)?;
                self.mark = 0;
                if !events::is_repeat(conn, &log, pos, &e)? {
                    return Err(Fault::Txn(StoreError::Diverged { session, pos }));
                }
                continue;
            }
            let seq = log.head.last_seq.next();
            if seq.0 >> SEQ_BITS > 0 {
                return Err(Fault::Txn(StoreError::Backend(format!("the log of session {session} is full"))));
            }
            log.head.last_seq = seq;
            log.head.bytes += e.body.len() as u64;
            if e.kind == Kind::Output {
                log.head.pty_pos += chunk_bytes(e.body.len() as u64);
            }
            self.rows.push(Row {
                key: key(log.no, seq),
                at,
                kind: e.kind,
                actor: e.actor.clone(),
                turn: e.turn,
                cause: e.cause,
                link,
                body: e.body.clone(),
            });
            out.events.push(Event {
                seq,
                at,
                session,
                turn: e.turn,
                actor: e.actor,
                cause: e.cause,
                v: BODY_VERSION,
                kind: e.kind,
                body: e.body,
            });
        }
        if let Some(ack) = ack {
            log.head.offset = log.head.offset.max(ack);
        }
        out.last_seq = log.head.last_seq;
        log.dirty = true;
        self.logs.insert(session, log);
        Ok(())
    }

    /// Notes a journal line by its digest. See [`crate::Op::NoteLine`].
    pub(super) fn note(
        &mut self,
        conn: &Connection,
        session: SessionId,
        pos: LinkPos,
        digest: &[u8; 32],
    ) -> Result<(), Fault> {
        if pos.offset == Offset::ZERO {
            return Ok(());
        }
        self.flush(conn)?;
        let log = self.touch(conn, session)?;
        if log.takes(session, pos)? {
            log.dirty = true;
            conn.prepare_cached("INSERT INTO lines (session_no, line, digest) VALUES (?1, ?2, ?3)")?
                .execute((log.no, int(pos.offset.0), digest))?;
        } else if !events::is_noted(conn, log, pos, digest)? {
            return Err(Fault::Txn(StoreError::Diverged { session, pos }));
        }
        Ok(())
    }

    /// Gives out the next link epoch.
    pub(super) fn next_epoch(
        &mut self,
        conn: &Connection,
        session: SessionId,
        restart_at: Option<Offset>,
    ) -> Result<LinkEpoch, Fault> {
        let log = self.touch(conn, session)?;
        log.head.epoch = log.head.epoch.next();
        if let Some(at) = restart_at {
            // Lines that come from now on are others.
            conn.prepare_cached("DELETE FROM lines WHERE session_no = ?1")?.execute([log.no])?;
            log.life = log.head.epoch;
            log.head.offset = at;
            log.base = at;
        }
        log.dirty = true;
        Ok(log.head.epoch)
    }

    /// Empties the oldest PTY chunks; their rows stay, so that the log has no hole. See [`crate::Op::TrimOutput`].
    pub(super) fn trim_output(
        &mut self,
        conn: &Connection,
        (session, at): (SessionId, Timestamp),
        keep: u64,
        out: &mut Committed,
    ) -> Result<(), Fault> {
        self.flush(conn)?;
        let log = self.touch(conn, session)?;
        let mut kept = log.head.pty_pos - log.head.pty_dropped;
        if kept <= keep {
            return Ok(());
        }
        let (from, to) = (key(log.no, log.trimmed), key(log.no, log.head.last_seq));
        let output = Kind::Output.code();
        let mut cut = from;
        let mut chunks = conn.prepare_cached(
            "SELECT key, length(body) FROM events WHERE key > ?1 AND key <= ?2 AND kind = ?3 ORDER BY key",
        )?;
        let mut chunks = chunks.query((from, to, output))?;
        while kept > keep
            && let Some(row) = chunks.next()?
        {
            let bytes = chunk_bytes(nat(row.get(1)?));
            cut = row.get(0)?;
            kept -= bytes;
            log.head.pty_dropped += bytes;
            log.head.bytes -= bytes;
        }
        let sql = "UPDATE events SET body = substr(body, 1, 8) WHERE key > ?1 AND key <= ?2 AND kind = ?3";
        conn.prepare_cached(sql)?.execute((from, cut, output))?;
        log.trimmed = seq_of(cut);
        log.dirty = true;
        let marker = NewEvent::own(Actor::System, &LogTruncated { bytes: log.head.pty_dropped });
        self.append(conn, (session, at), vec![marker], None, out)
    }

    /// Writes rows when many have been gathered.
    pub(super) fn flush_some(&mut self, conn: &Connection) -> Result<(), Fault> {
        if self.rows.len() >= GATHER { self.flush(conn) } else { Ok(()) }
    }

    /// Writes all rows that have been gathered.
    pub(super) fn flush(&mut self, conn: &Connection) -> Result<(), Fault> {
        self.mark = 0;
        self.write_rows(conn, self.rows.len())
    }

    /// The batch's end: writes all rows, and where the logs stand now.
    pub(super) fn finish(&mut self, conn: &Connection) -> Result<(), Fault> {
        self.flush(conn)?;
        let mut update = conn.prepare_cached(
            "UPDATE sessions SET last_seq = ?2, bytes = ?3, epoch = ?4, life = ?5, line = ?6, pty_pos = ?7, \
             pty_dropped = ?8, trimmed = ?9 WHERE no = ?1",
        )?;
        for log in self.logs.values_mut().filter(|l| l.dirty) {
            let h = &log.head;
            let numbers = [
                h.last_seq.0,
                h.bytes,
                h.epoch.0,
                log.life.0,
                h.offset.0,
                h.pty_pos,
                h.pty_dropped,
                log.trimmed.0,
            ];
            update.raw_bind_parameter(1, log.no)?;
            for (i, n) in numbers.into_iter().enumerate() {
                update.raw_bind_parameter(i + 2, int(n))?;
            }
            update.raw_execute()?;
            log.dirty = false;
        }
        if self.logs.len() > CACHED {
            self.logs.clear();
        }
        Ok(())
    }

    fn touch(&mut self, conn: &Connection, session: SessionId) -> Result<&mut Log, Fault> {
        use std::collections::hash_map::Entry;
        let log = match self.logs.entry(session) {
            Entry::Occupied(e) => e.into_mut(),
            Entry::Vacant(e) => e.insert(load(conn, session)?.ok_or_else(|| absent(session))?),
        };
        if log.txn != self.txn {
            self.undo.push((session, *log));
            log.txn = self.txn;
            log.base = log.head.offset;
        }
        Ok(log)
    }

    /// Writes the oldest rows. An error ends the batch: rows of other transactions are among them.
    fn write_rows(&mut self, conn: &Connection, count: usize) -> Result<(), Fault> {
        let rows = &self.rows[..count];
        events::insert(conn, rows).map_err(|e| Fault::Batch(e.into()))?;
        self.told |= webhooks::into_outbox(conn, rows).map_err(|e| Fault::Batch(e.into()))?;
        self.rows.drain(..count);
        Ok(())
    }
}

fn absent(session: SessionId) -> Fault {
    Fault::conflict(format!("session {session}"), "absent", "present")
}

/// Bytes of the terminal in an output body of this size: all but the position.
fn chunk_bytes(body: u64) -> u64 {
    body.saturating_sub(8)
}

fn load(conn: &Connection, session: SessionId) -> rusqlite::Result<Option<Log>> {
    let sql = "SELECT last_seq, bytes, epoch, line, pty_pos, pty_dropped, no, life, trimmed FROM sessions \
               WHERE id = ?1 AND purging IS NULL";
    let mut select = conn.prepare_cached(sql)?;
    let log = select.query_row([session.0.as_bytes()], |r| {
        Ok(Log {
            no: r.get(6)?,
            head: rows::head(r)?,
            life: LinkEpoch(nat(r.get(7)?)),
            trimmed: Seq(nat(r.get(8)?)),
            base: Offset::ZERO,
            txn: 0,
            dirty: false,
        })
    });
    log.optional()
}
