//! Removals, in steps that are small enough to stand between two batches. A removal is marked first, in the transaction
//! that takes the task's record away; from then on no read sees it, and a start after a kill goes on with it. Its end gives
//! the freed pages back to the file system.

use std::collections::VecDeque;

use lia_protocol::{
    ids::{Seq, SessionId, TaskId},
    task::TaskStatus,
};
use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use super::{
    events::key,
    flush::Waiting,
    log::Logs,
    rows, webhooks,
    writer::{Db, Reply},
};
use crate::StoreError;

/// Rows of one step.
const ROWS: usize = 1000;
/// Bytes of bodies of one step.
const BYTES: u64 = 4 << 20;
/// Pages that one step gives back.
const PAGES: u32 = 512;

/// The removals that are asked for and not yet done.
#[derive(Default)]
pub(super) struct Purges {
    queue: VecDeque<Purge>,
}

struct Purge {
    task: TaskId,
    stage: Stage,
    /// The last step found the disk full. Room may have been made since: it is tried once more.
    full: bool,
    replies: Vec<Reply<()>>,
}

enum Stage {
    /// Not yet marked.
    Asked,
    /// Marked; the log and the records go.
    Removing(i64),
    /// Nothing is left but free pages.
    Shrinking,
}

impl Purges {
    /// The removals that an earlier process left unfinished.
    pub(super) fn unfinished(conn: &Connection) -> Result<Self, StoreError> {
        let mut select = conn.prepare("SELECT purging FROM sessions WHERE purging IS NOT NULL")?;
        let tasks = select.query_map([], |r| r.get::<_, [u8; 16]>(0))?;
        let mut purges = Self::default();
        for task in tasks {
            purges.queue.push_back(Purge::new(TaskId(Uuid::from_bytes(task?))));
        }
        let free: i64 = conn.pragma_query_value(None, "freelist_count", |r| r.get(0))?;
        if free > 0 && purges.queue.is_empty() {
            purges.queue.push_back(Purge { stage: Stage::Shrinking, ..Purge::new(TaskId(Uuid::nil())) });
        }
        Ok(purges)
    }

    /// Asks for one more.
    pub(super) fn add(&mut self, task: TaskId, reply: Reply<()>) {
        match self.queue.iter_mut().find(|p| p.task == task) {
            Some(purge) => purge.replies.push(reply),
            None => self.queue.push_back(Purge { replies: vec![reply], ..Purge::new(task) }),
        }
    }

    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Does one step.
    pub(super) fn step(&mut self, db: &mut Db, logs: &mut Logs) {
        let Some(purge) = self.queue.front_mut() else { return };
        let done = match purge.step(db, logs) {
            Ok(None) => {
                purge.full = false;
                return;
            }
            Ok(Some(())) => Ok(()),
            Err(StoreError::Full) if !purge.full => {
                purge.full = true;
                return;
            }
            Err(e) => Err(e),
        };
        // One that failed goes on when it is asked for again, or at the next start.
        let Some(Purge { replies, .. }) = self.queue.pop_front() else { return };
        match done {
            // The mark is to survive the loss of power; the rest goes on from it.
            Ok(()) if !replies.is_empty() => db.flusher.flush(vec![Waiting::Purge(replies)]),
            done => {
                for reply in replies {
                    let _ = reply.send(done.clone());
                }
            }
        }
    }
}

impl Purge {
    fn new(task: TaskId) -> Self {
        Self { task, stage: Stage::Asked, full: false, replies: Vec::new() }
    }

    /// `Some` when all is done.
    fn step(&mut self, db: &mut Db, logs: &mut Logs) -> Result<Option<()>, StoreError> {
        self.stage = match self.stage {
            Stage::Asked => match db.transaction(|conn| mark(conn, self.task))? {
                Some((no, session)) => {
                    logs.forget(session);
                    Stage::Removing(no)
                }
                None => return Ok(Some(())),
            },
            Stage::Removing(no) => {
                if !db.transaction(|conn| remove_some(conn, no))? {
                    return Ok(None);
                }
                Stage::Shrinking
            }
            Stage::Shrinking => {
                let left = db.transaction(|conn| {
                    let mut vacuum = conn.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
                    let mut pages = vacuum.raw_query();
                    while pages.next()?.is_some() {}
                    Ok(conn.pragma_query_value(None, "freelist_count", |r| r.get::<_, i64>(0))?)
                })?;
                if left == 0 {
                    return Ok(Some(()));
                }
                Stage::Shrinking
            }
        };
        Ok(None)
    }
}

/// Takes the task's record away and marks the rest. `None` when there is nothing of it.
fn mark(conn: &Connection, task: TaskId) -> Result<Option<(i64, SessionId)>, StoreError> {
    let id = task.0.as_bytes();
    let session = |r: &rusqlite::Row<'_>| Ok((r.get::<_, i64>(0)?, SessionId(Uuid::from_bytes(r.get(1)?))));
    let marked =
        conn.query_row("SELECT no, id FROM sessions WHERE purging = ?1", [id], session).optional()?;
    if marked.is_some() {
        return Ok(marked);
    }
    let sql =
        "SELECT s.no, s.id, t.status FROM tasks t JOIN sessions s ON s.no = t.session_no WHERE t.id = ?1";
    let found = conn.query_row(sql, [id], |r| Ok((session(r)?, rows::task_status(r, 2)?))).optional()?;
    let Some((found, status)) = found else { return Ok(None) };
    if status != TaskStatus::Terminated {
        return Err(StoreError::Conflict {
            what: format!("task {task}"),
            found: status.as_str().to_owned(),
            expected: TaskStatus::Terminated.as_str().to_owned(),
        });
    }
    conn.execute("DELETE FROM tasks WHERE id = ?1", [id])?;
    conn.execute("DELETE FROM idempotency WHERE task = ?1", [id])?;
    conn.execute("UPDATE sessions SET purging = ?2 WHERE no = ?1", (found.0, id))?;
    Ok(Some(found))
}

/// Removes some rows of a marked session; true when it is gone.
fn remove_some(conn: &Connection, no: i64) -> Result<bool, StoreError> {
    let mut oldest =
        conn.prepare_cached("SELECT key, length(body) FROM events WHERE key > ?1 AND key < ?2 LIMIT ?3")?;
    let mut events = oldest.query((key(no, Seq::ZERO), key(no + 1, Seq::ZERO), ROWS as i64))?;
    let (mut last, mut size) = (None, 0);
    while size < BYTES
        && let Some(row) = events.next()?
    {
        last = Some(row.get::<_, i64>(0)?);
        size += rows::nat(row.get(1)?);
    }
    drop(events);
    if let Some(last) = last {
        conn.prepare_cached("DELETE FROM events WHERE key > ?1 AND key <= ?2")?
            .execute((key(no, Seq::ZERO), last))?;
        return Ok(false);
    }
    let (first, last) = (key(no, Seq::ZERO), key(no + 1, Seq::ZERO));
    conn.prepare_cached("DELETE FROM outbox WHERE key > ?1 AND key < ?2")?.execute((first, last))?;
    if webhooks::remove_some_of_session(conn, no, ROWS as i64 / 10)? {
        return Ok(false);
    }
    for table in ["commands", "permissions", "messages"] {
        let sql = format!(
            "DELETE FROM {table} WHERE no IN (SELECT no FROM {table} WHERE session_no = ?1 LIMIT ?2)"
        );
        if conn.prepare_cached(&sql)?.execute((no, ROWS as i64 / 10))? > 0 {
            return Ok(false);
        }
    }
    let notes = "DELETE FROM lines WHERE session_no = ?1 AND line IN (SELECT line FROM lines WHERE session_no = ?1 LIMIT ?2)";
    if conn.prepare_cached(notes)?.execute((no, ROWS as i64))? > 0 {
        return Ok(false);
    }
    conn.execute("DELETE FROM sessions WHERE no = ?1", [no])?;
    Ok(true)
}
