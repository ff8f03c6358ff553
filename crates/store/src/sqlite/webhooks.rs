//! Webhooks, the outbox and deliveries: their rows, and how they change.

use bytes::Bytes;
use lia_protocol::{
    ids::{DeliveryId, SessionId, TaskId, WebhookId},
    sessions::{DeliveryAttempt, DeliveryState, WebhookSource},
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use uuid::Uuid;

use super::{
    error::Fault,
    events::{SEQ_BITS, key},
    log::Logs,
    reads,
    rows::{self, json, parsed, time, uuid, word},
};
use crate::{
    Delivered, DeliveryFilter, DeliveryRecord, Due, Place, SHOWN_ATTEMPTS, StoreError, Untold, WebhookPatch,
    WebhookRecord, is_told,
};

type Done = Result<(), Fault>;

/// Deliveries that one sweep removes.
const SWEPT: u32 = 10_000;

/// Notes which of these rows are to be told: those that somebody hears. Whether there were any.
pub(super) fn into_outbox(conn: &Connection, rows: &[super::events::Row]) -> rusqlite::Result<bool> {
    let mut any = false;
    for row in rows.iter().filter(|r| is_told(r.kind)) {
        let sql = "INSERT INTO outbox (key) SELECT ?1 WHERE \
            EXISTS (SELECT 1 FROM webhooks WHERE session_no = ?2 AND enabled) \
            OR EXISTS (SELECT 1 FROM webhooks WHERE session_no IS NULL AND enabled AND all_users) \
            OR EXISTS (SELECT 1 FROM tasks t JOIN webhooks w ON w.session_no IS NULL AND w.user = t.user \
                       WHERE t.session_no = ?2 AND w.enabled)";
        any |= conn.prepare_cached(sql)?.execute((row.key, row.key >> SEQ_BITS))? > 0;
    }
    Ok(any)
}

pub(super) fn put(conn: &Connection, logs: &Logs, w: &WebhookRecord) -> Done {
    let session_no = w.session.map(|s| logs.session_no(conn, s)).transpose()?;
    let sql = "INSERT INTO webhooks (id, user, all_users, session_no, source, name, url, secret, events, enabled, created_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING";
    let done = conn.prepare_cached(sql)?.execute(params![
        w.id.0.as_bytes(),
        w.user.as_str(),
        w.all_users,
        session_no,
        source_word(w.source),
        w.name,
        w.url,
        w.secret,
        w.events.as_ref().map(serde_json::to_string).transpose()?,
        w.enabled,
        w.created_at.0,
    ])?;
    if done == 0 {
        return Err(Fault::conflict(format!("webhook {}", w.id), "present", "absent"));
    }
    Ok(())
}

pub(super) fn update(conn: &Connection, id: WebhookId, p: &WebhookPatch) -> Done {
    let sql = "UPDATE webhooks SET url = coalesce(?2, url), secret = coalesce(?3, secret), \
               events = CASE WHEN ?4 THEN ?5 ELSE events END, enabled = coalesce(?6, enabled) WHERE id = ?1";
    let events = p.events.as_ref().and_then(Option::as_ref).map(serde_json::to_string).transpose()?;
    let values = params![id.0.as_bytes(), p.url, p.secret, p.events.is_some(), events, p.enabled];
    if conn.prepare_cached(sql)?.execute(values)? == 0 {
        return Err(Fault::conflict(format!("webhook {id}"), "absent", "present"));
    }
    Ok(())
}

pub(super) fn remove(conn: &Connection, id: WebhookId) -> Done {
    conn.prepare_cached("DELETE FROM webhooks WHERE id = ?1")?.execute([id.0.as_bytes()])?;
    Ok(())
}

pub(super) fn tell(conn: &Connection, seen: &[Place], deliveries: &[DeliveryRecord]) -> Done {
    for (session, seq) in seen {
        // Of a session that is being removed nothing is told, and its outbox goes with it.
        let Some(no) = rows::session_no(conn, *session)? else { continue };
        conn.prepare_cached("DELETE FROM outbox WHERE key = ?1")?.execute([key(no, *seq)])?;
    }
    let sql = "INSERT INTO deliveries (id, webhook_no, session, event, state, place, tries, once, next_at, created_at, \
               finished_at, body) SELECT ?1, w.no, ?3, ?4, ?5, (SELECT coalesce(max(place), 0) + 1 FROM deliveries), ?6, \
               ?7, ?8, ?9, ?10, ?11 FROM webhooks w WHERE w.id = ?2 \
               ON CONFLICT (webhook_no, event) DO NOTHING";
    for d in deliveries {
        conn.prepare_cached(sql)?.execute(params![
            d.id.0.as_bytes(),
            d.webhook.0.as_bytes(),
            d.session.0.as_bytes(),
            d.event.as_bytes(),
            d.state.as_str(),
            d.tries,
            d.once,
            d.next_at.map(|t| t.0),
            d.created_at.0,
            d.finished_at.map(|t| t.0),
            &d.body[..],
        ])?;
    }
    Ok(())
}

pub(super) fn attempted(
    conn: &Connection,
    id: DeliveryId,
    attempt: &DeliveryAttempt,
    state: DeliveryState,
    next_at: Option<Timestamp>,
) -> Done {
    let ended = attempt.at.0.saturating_add(i64::from(attempt.duration_ms));
    let finished = (state != DeliveryState::Pending).then_some(ended);
    let sql = "UPDATE deliveries SET state = ?2, tries = tries + 1, next_at = ?3, finished_at = ?4 \
               WHERE id = ?1 AND state = 'pending' RETURNING no";
    let values = params![id.0.as_bytes(), state.as_str(), next_at.map(|t| t.0), finished];
    let no: Option<i64> = conn.prepare_cached(sql)?.query_row(values, |r| r.get(0)).optional()?;
    let Some(no) = no else { return Ok(()) };
    let sql = "INSERT INTO attempts (delivery_no, at, ms, status, error) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![no, attempt.at.0, attempt.duration_ms, attempt.status, attempt.error];
    conn.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

pub(super) fn redeliver(conn: &Connection, id: DeliveryId, at: Timestamp) -> Done {
    let sql = "UPDATE deliveries SET state = 'pending', tries = 0, next_at = ?2, finished_at = NULL, \
               place = (SELECT max(place) + 1 FROM deliveries) WHERE id = ?1 AND state <> 'pending'";
    if conn.prepare_cached(sql)?.execute((id.0.as_bytes(), at.0))? == 0 {
        let there =
            conn.prepare_cached("SELECT 1 FROM deliveries WHERE id = ?1")?.exists([id.0.as_bytes()])?;
        let found = if there { "pending" } else { "absent" };
        return Err(Fault::conflict(format!("delivery {id}"), found, "delivered or failed"));
    }
    Ok(())
}

pub(super) fn sweep(conn: &Connection, before: Timestamp) -> Done {
    let sql = "DELETE FROM deliveries WHERE no IN \
               (SELECT no FROM deliveries WHERE finished_at < ?1 ORDER BY finished_at LIMIT ?2)";
    conn.prepare_cached(sql)?.execute((before.0, SWEPT))?;
    Ok(())
}

/// Removes some of what a session's own webhooks left. `false`: nothing is left.
pub(super) fn remove_some_of_session(conn: &Connection, no: i64, most: i64) -> rusqlite::Result<bool> {
    let sql = "DELETE FROM deliveries WHERE no IN (SELECT d.no FROM deliveries d JOIN webhooks w ON w.no = d.webhook_no \
               WHERE w.session_no = ?1 LIMIT ?2)";
    if conn.prepare_cached(sql)?.execute((no, most))? > 0 {
        return Ok(true);
    }
    Ok(conn.prepare_cached("DELETE FROM webhooks WHERE session_no = ?1")?.execute([no])? > 0)
}

const WEBHOOK: &str = "SELECT w.id, w.user, w.all_users, s.id, t.id, w.source, w.name, w.url, w.secret, w.events, w.enabled, \
    w.created_at FROM webhooks w LEFT JOIN sessions s ON s.no = w.session_no LEFT JOIN tasks t ON t.session_no = w.session_no ";

fn webhook(r: &Row<'_>) -> rusqlite::Result<WebhookRecord> {
    let id = |i| Ok::<_, rusqlite::Error>(r.get::<_, Option<[u8; 16]>>(i)?.map(Uuid::from_bytes));
    let events: Option<String> = r.get(9)?;
    Ok(WebhookRecord {
        id: WebhookId(uuid(r, 0)?),
        user: parsed(r, 1)?,
        all_users: r.get(2)?,
        session: id(3)?.map(SessionId),
        task: id(4)?.map(TaskId),
        source: word(r, 5, &SOURCES, source_word)?,
        name: r.get(6)?,
        url: r.get(7)?,
        secret: r.get(8)?,
        events: events.map(|_| json(r, 9)).transpose()?,
        enabled: r.get(10)?,
        created_at: Timestamp(r.get(11)?),
    })
}

const SOURCES: [WebhookSource; 3] = [WebhookSource::Api, WebhookSource::Session, WebhookSource::Config];

fn source_word(source: WebhookSource) -> &'static str {
    match source {
        WebhookSource::Api => "api",
        WebhookSource::Session => "session",
        WebhookSource::Config => "config",
    }
}

pub(super) fn one(conn: &Connection, id: WebhookId) -> Result<Option<WebhookRecord>, StoreError> {
    reads::one(conn, (WEBHOOK, "WHERE w.id = ?1"), id.0.as_bytes(), webhook)
}

pub(super) fn of_user(conn: &Connection, user: Option<&str>) -> Result<Vec<WebhookRecord>, StoreError> {
    let filter = "WHERE w.session_no IS NULL AND (?1 IS NULL OR w.user = ?1) ORDER BY w.no";
    reads::all(conn, (WEBHOOK, filter), &[&user], webhook)
}

pub(super) fn of_session(conn: &Connection, session: SessionId) -> Result<Vec<WebhookRecord>, StoreError> {
    let Some(no) = rows::session_no(conn, session)? else { return Ok(Vec::new()) };
    reads::all(conn, (WEBHOOK, "WHERE w.session_no = ?1 ORDER BY w.no"), &[&no], webhook)
}

pub(super) fn hearers(conn: &Connection, session: SessionId) -> Result<Vec<WebhookRecord>, StoreError> {
    let Some(no) = rows::session_no(conn, session)? else { return Ok(Vec::new()) };
    let filter = "WHERE w.enabled AND (w.session_no = ?1 OR (w.session_no IS NULL AND \
        (w.all_users OR w.user = (SELECT user FROM tasks WHERE session_no = ?1)))) ORDER BY w.no";
    reads::all(conn, (WEBHOOK, filter), &[&no], webhook)
}

pub(super) fn untold(conn: &Connection, limit: u32) -> Result<Vec<Untold>, StoreError> {
    let sql = "SELECT e.key, e.at, e.kind, e.v, e.actor, e.turn, e.cause, e.body, s.id, t.id FROM outbox o \
        JOIN events e ON e.key = o.key JOIN sessions s ON s.no = e.key >> 36 JOIN tasks t ON t.session_no = s.no \
        ORDER BY o.key LIMIT ?1";
    let mut select = conn.prepare_cached(sql)?;
    let found = select.query_map([limit], |r| {
        let body = Bytes::copy_from_slice(r.get_ref(7)?.as_blob()?);
        Ok(Untold { event: rows::event(r, SessionId(uuid(r, 8)?), body)?, task: TaskId(uuid(r, 9)?) })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn due_row(r: &Row<'_>) -> rusqlite::Result<Due> {
    Ok(Due {
        id: DeliveryId(uuid(r, 0)?),
        webhook: WebhookId(uuid(r, 1)?),
        session: SessionId(uuid(r, 2)?),
        at: time(r, 3)?.unwrap_or_default(),
    })
}

pub(super) fn due(conn: &Connection) -> Result<Vec<Due>, StoreError> {
    // With min(), the other columns are those of the row that has it.
    let select = "SELECT d.id, w.id, d.session, d.next_at, min(d.place) FROM deliveries d JOIN webhooks w ON w.no = d.webhook_no ";
    let filter = "WHERE d.state = 'pending' AND w.enabled GROUP BY d.webhook_no, d.session";
    reads::all(conn, (select, filter), &[], due_row)
}

pub(super) fn due_of(
    conn: &Connection,
    webhook: WebhookId,
    session: SessionId,
) -> Result<Option<Due>, StoreError> {
    let select =
        "SELECT d.id, w.id, d.session, d.next_at FROM deliveries d JOIN webhooks w ON w.no = d.webhook_no ";
    let filter =
        "WHERE w.id = ?1 AND w.enabled AND d.session = ?2 AND d.state = 'pending' ORDER BY d.place LIMIT 1";
    let values: [&dyn ToSql; 2] = [webhook.0.as_bytes(), session.0.as_bytes()];
    Ok(reads::all(conn, (select, filter), &values, due_row)?.pop())
}

const DELIVERY: &str = "SELECT d.id, w.id, d.session, d.event, d.body, d.state, d.tries, d.once, d.next_at, d.created_at, \
    d.finished_at, d.no FROM deliveries d JOIN webhooks w ON w.no = d.webhook_no ";

fn delivery_row(r: &Row<'_>) -> rusqlite::Result<(i64, DeliveryRecord)> {
    let record = DeliveryRecord {
        id: DeliveryId(uuid(r, 0)?),
        webhook: WebhookId(uuid(r, 1)?),
        session: SessionId(uuid(r, 2)?),
        event: uuid(r, 3)?,
        body: Bytes::copy_from_slice(r.get_ref(4)?.as_blob()?),
        state: word(r, 5, &DeliveryState::ALL, DeliveryState::as_str)?,
        tries: r.get(6)?,
        once: r.get(7)?,
        next_at: time(r, 8)?,
        created_at: Timestamp(r.get(9)?),
        finished_at: time(r, 10)?,
    };
    Ok((r.get(11)?, record))
}

fn attempts(conn: &Connection, delivery: i64) -> Result<Vec<DeliveryAttempt>, StoreError> {
    let select = "SELECT at, ms, status, error FROM attempts ";
    let filter = "WHERE delivery_no = ?1 ORDER BY no DESC LIMIT ?2";
    let mut found = reads::all(conn, (select, filter), &[&delivery, &SHOWN_ATTEMPTS], |r| {
        Ok(DeliveryAttempt {
            at: Timestamp(r.get(0)?),
            duration_ms: r.get(1)?,
            status: r.get(2)?,
            error: r.get(3)?,
        })
    })?;
    found.reverse();
    Ok(found)
}

pub(super) fn delivery(conn: &Connection, id: DeliveryId) -> Result<Option<Delivered>, StoreError> {
    let found = reads::one(conn, (DELIVERY, "WHERE d.id = ?1"), id.0.as_bytes(), delivery_row)?;
    found.map(|(no, record)| Ok((record, attempts(conn, no)?))).transpose()
}

pub(super) fn deliveries(
    conn: &Connection,
    webhook: WebhookId,
    filter: DeliveryFilter,
) -> Result<Vec<Delivered>, StoreError> {
    let rule = "WHERE d.webhook_no = (SELECT no FROM webhooks WHERE id = ?1) AND (?2 IS NULL OR d.state = ?2) \
        AND (?3 IS NULL OR d.no < (SELECT no FROM deliveries WHERE id = ?3)) ORDER BY d.no DESC LIMIT ?4";
    let (state, before) = (filter.state.map(DeliveryState::as_str), filter.before.map(|b| b.0.into_bytes()));
    let values: [&dyn ToSql; 4] = [webhook.0.as_bytes(), &state, &before, &filter.limit];
    let found = reads::all(conn, (DELIVERY, rule), &values, delivery_row)?;
    found.into_iter().map(|(no, record)| Ok((record, attempts(conn, no)?))).collect()
}
