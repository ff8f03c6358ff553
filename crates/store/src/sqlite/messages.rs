//! The queue across sessions: its rows, and how they change.

use lia_protocol::{
    ids::{CommandId, SessionId, TaskId, UserId},
    limits::MESSAGES,
    time::Timestamp,
};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::{
    error::Fault,
    log::Logs,
    reads,
    rows::{int, nat, parsed, uuid},
};
use crate::{Committed, MessageRecord, StoreError};

type Done = Result<(), Fault>;

pub(super) fn put(conn: &Connection, logs: &Logs, m: &MessageRecord, out: &mut Committed) -> Done {
    let session_no = logs.session_no(conn, m.session)?;
    let user = m.user.as_str();
    let sql = "SELECT count(*) FROM messages WHERE user = ?1 AND sent_at IS NULL";
    let waiting: i64 = conn.prepare_cached(sql)?.query_row([user], |r| r.get(0))?;
    if nat(waiting) >= MESSAGES as u64 {
        let expected = format!("at most {}", MESSAGES - 1);
        return Err(Fault::conflict(format!("the number of messages of {user}"), waiting, expected));
    }
    let sql = "INSERT INTO messages (user, session_no, text, runtime, agent, template, directory, created_at, sent_at, command) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    conn.prepare_cached(sql)?.execute(params![
        user,
        session_no,
        m.text,
        m.runtime,
        m.agent,
        m.template,
        m.directory,
        m.created_at.0,
        m.sent.map(|(at, _)| at.0),
        m.sent.map(|(_, command)| *command.0.as_bytes()),
    ])?;
    out.message = Some(nat(conn.last_insert_rowid()));
    Ok(())
}

pub(super) fn send(conn: &Connection, id: u64, at: Timestamp, command: CommandId) -> Done {
    let sql = "UPDATE messages SET sent_at = ?2, command = ?3 WHERE no = ?1 AND sent_at IS NULL";
    let done = conn.prepare_cached(sql)?.execute(params![int(id), at.0, command.0.as_bytes()])?;
    if done == 0 {
        return Err(Fault::conflict(format!("message {id}"), "absent or sent", "pending"));
    }
    let sql = "DELETE FROM messages WHERE sent_at IS NOT NULL AND user = (SELECT user FROM messages WHERE no = ?1) \
               AND no NOT IN (SELECT m.no FROM messages m WHERE m.sent_at IS NOT NULL \
                   AND m.user = (SELECT user FROM messages WHERE no = ?1) ORDER BY m.sent_at DESC, m.no DESC LIMIT ?2)";
    conn.prepare_cached(sql)?.execute(params![int(id), MESSAGES as i64])?;
    Ok(())
}

pub(super) fn remove(conn: &Connection, user: &UserId, id: Option<u64>) -> Done {
    conn.prepare_cached("DELETE FROM messages WHERE user = ?1 AND (?2 IS NULL OR no = ?2)")?
        .execute(params![user.as_str(), id.map(int)])?;
    Ok(())
}

const MESSAGE: &str = "SELECT m.no, m.user, s.id, t.id, m.text, m.runtime, m.agent, m.template, m.directory, m.created_at, \
    m.sent_at, m.command FROM messages m JOIN sessions s ON s.no = m.session_no AND s.purging IS NULL \
    LEFT JOIN tasks t ON t.session_no = s.no ";

fn message(r: &Row<'_>) -> rusqlite::Result<MessageRecord> {
    let at = r.get::<_, Option<i64>>(10)?.map(Timestamp);
    let command = r.get::<_, Option<[u8; 16]>>(11)?.map(|id| CommandId(Uuid::from_bytes(id)));
    Ok(MessageRecord {
        id: nat(r.get(0)?),
        user: parsed(r, 1)?,
        session: SessionId(uuid(r, 2)?),
        task: r.get::<_, Option<[u8; 16]>>(3)?.map(|id| TaskId(Uuid::from_bytes(id))),
        text: r.get(4)?,
        runtime: r.get(5)?,
        agent: r.get(6)?,
        template: r.get(7)?,
        directory: r.get(8)?,
        created_at: Timestamp(r.get(9)?),
        sent: at.zip(command),
    })
}

pub(super) fn one(conn: &Connection, id: u64) -> Result<Option<MessageRecord>, StoreError> {
    reads::one(conn, (MESSAGE, "WHERE m.no = ?1"), int(id), message)
}

pub(super) fn of_user(conn: &Connection, user: &str) -> Result<Vec<MessageRecord>, StoreError> {
    reads::all(conn, (MESSAGE, "WHERE m.user = ?1 ORDER BY m.no"), &[&user], message)
}

pub(super) fn next(conn: &Connection, session: SessionId) -> Result<Option<MessageRecord>, StoreError> {
    let filter = "WHERE s.id = ?1 AND m.sent_at IS NULL ORDER BY m.no LIMIT 1";
    reads::one(conn, (MESSAGE, filter), *session.0.as_bytes(), message)
}
