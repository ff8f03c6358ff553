//! The steps of a transaction that change records. Every compare-and-set looks before it writes; the transaction stands in
//! a savepoint, so that a conflict takes its earlier steps back.

use lia_protocol::{
    ids::{CommandId, PermissionId, Seq, SessionId, TaskId, TokenId, UploadId, UserId},
    task::TaskStatus,
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    error::Fault,
    events::SESSIONS,
    log::Logs,
    messages,
    rows::{self, int},
    webhooks,
};
use crate::{
    CommandRecord, CommandState, Committed, CredentialRecord, IdempotencyRecord, LedgerRecord, NamedInstance,
    Op, PermissionRecord, StoreError, TaskPatch, TaskRecord, TemplateRecord, UploadRecord,
};

type Done = Result<(), Fault>;

/// Does one step.
pub(super) fn apply(op: Op, conn: &Connection, logs: &mut Logs, out: &mut Committed) -> Done {
    match op {
        Op::Append { session, at, events, ack } => logs.append(conn, (session, at), events, ack, out),
        Op::NoteLine { session, pos, digest } => logs.note(conn, session, pos, &digest),
        Op::NextEpoch { session, restart_at } => {
            out.epoch = Some(logs.next_epoch(conn, session, restart_at)?);
            Ok(())
        }
        Op::CreateTask(task) => create_task(conn, &task),
        Op::UpdateTask { id, expect, patch } => update_task(conn, id, &expect, &patch),
        Op::PutCommand(command) => put_command(conn, logs, &command, out),
        Op::SetCommand { id, expect, state, outcome } => set_command(conn, id, &expect, state, outcome),
        Op::OrderCommands { session, order } => order_commands(conn, logs, session, &order),
        Op::PutTemplate(template) => put_template(conn, &template),
        Op::RemoveTemplate { id } => remove_template(conn, &id),
        Op::PutInstance(instance) => put_instance(conn, &instance),
        Op::RemoveInstance { user, name } => remove_instance(conn, &user, &name),
        Op::PutPermission(permission) => {
            let seq = out.events.last().map_or(permission.seq, |e| e.seq);
            put_permission(conn, logs, &permission, seq)
        }
        Op::AnswerPermission { id, option_id, by } => answer_permission(conn, id, option_id, by),
        Op::PutCredential(credential) => put_credential(conn, &credential),
        Op::RevokeCredential { id, at } => revoke_credential(conn, id, at),
        Op::SweepCredentials { before } => sweep_credentials(conn, before),
        Op::Record(thing) => record(conn, &thing),
        Op::Strike(thing) => strike(conn, &thing),
        Op::PutIdempotent { owner, key, record } => put_idempotent(conn, &owner, &key, &record),
        Op::SweepIdempotent { before } => sweep_idempotent(conn, before),
        Op::PutUpload(upload) => put_upload(conn, &upload),
        Op::RemoveUpload { id } => remove_upload(conn, id),
        Op::PutSetting { name, value } => put_setting(conn, &name, &value),
        Op::PutMessage(message) => messages::put(conn, logs, &message, out),
        Op::SendMessage { id, at, command } => messages::send(conn, id, at, command),
        Op::RemoveMessages { user, id } => messages::remove(conn, &user, id),
        Op::PutWebhook(webhook) => webhooks::put(conn, logs, &webhook),
        Op::UpdateWebhook { id, patch } => webhooks::update(conn, id, &patch),
        Op::RemoveWebhook { id } => webhooks::remove(conn, id),
        Op::Tell { seen, deliveries } => webhooks::tell(conn, &seen, &deliveries),
        Op::Attempted { id, attempt, state, next_at } => {
            webhooks::attempted(conn, id, &attempt, state, next_at)
        }
        Op::Redeliver { id, at } => webhooks::redeliver(conn, id, at),
        Op::SweepDeliveries { before } => webhooks::sweep(conn, before),
        Op::TrimOutput { session, at, keep } => logs.trim_output(conn, (session, at), keep, out),
    }
}

fn create_task(conn: &Connection, t: &TaskRecord) -> Done {
    if exists(conn, "SELECT 1 FROM tasks WHERE id = ?1", t.id.0.as_bytes())? {
        return Err(Fault::conflict(format!("task {}", t.id), "present", "absent"));
    }
    if exists(conn, "SELECT 1 FROM sessions WHERE id = ?1", t.session.0.as_bytes())? {
        return Err(Fault::conflict(format!("session {}", t.session), "present", "absent"));
    }
    conn.prepare_cached("INSERT INTO sessions (id) VALUES (?1)")?.execute([t.session.0.as_bytes()])?;
    let session_no = conn.last_insert_rowid();
    if session_no > SESSIONS {
        return Err(Fault::Txn(StoreError::Backend(
            "the store has no number left for another session".to_owned(),
        )));
    }
    let sql = "INSERT INTO tasks (id, session_no, instance, user, guild, status, config, template, runtime, source, \
               created_at, started_at, suspended_at, completed_at, ran_ms, exit_code, error, stop_reason, cleanup, removed, \
               prompt, spec, instance_record, title, instance_name, queue_paused, auto_approve, end_reason) \
               VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,?26,?27,?28)";
    conn.prepare_cached(sql)?.execute(params![
        t.id.0.as_bytes(),
        session_no,
        t.instance.0.as_bytes(),
        t.user.as_str(),
        t.guild,
        t.status.as_str(),
        serde_json::to_string(&t.config)?,
        t.template,
        t.runtime,
        t.source,
        t.created_at.0,
        t.started_at.map(|t| t.0),
        t.suspended_at.map(|t| t.0),
        t.completed_at.map(|t| t.0),
        t.ran_ms,
        t.exit_code,
        t.error,
        t.stop_reason,
        t.cleanup,
        t.removed,
        t.prompt,
        t.spec,
        t.instance_record,
        t.title,
        t.instance_name,
        t.queue_paused,
        t.auto_approve,
        t.end_reason,
    ])?;
    Ok(())
}

fn update_task(conn: &Connection, id: TaskId, expect: &[TaskStatus], p: &TaskPatch) -> Done {
    let mut select = conn.prepare_cached("SELECT no, status FROM tasks WHERE id = ?1")?;
    let found = select.query_row([id.0.as_bytes()], |r| Ok((r.get::<_, i64>(0)?, rows::task_status(r, 1)?)));
    let what = || format!("task {id}");
    let Some((no, status)) = found.optional()? else {
        return Err(Fault::conflict(what(), "absent", words(expect, TaskStatus::as_str)));
    };
    if !expect.is_empty() && !expect.contains(&status) {
        return Err(Fault::conflict(what(), status.as_str(), words(expect, TaskStatus::as_str)));
    }
    if let Some(to) = p.status
        && !status.may_become(to)
    {
        let from: Vec<_> = TaskStatus::ALL.into_iter().filter(|s| s.may_become(to)).collect();
        return Err(Fault::conflict(what(), status.as_str(), words(&from, TaskStatus::as_str)));
    }
    // A field that is not to be changed keeps its value; those that may become NULL come with a flag.
    let sql = "UPDATE tasks SET status = coalesce(?2, status), \
               instance_record = CASE WHEN ?3 THEN ?4 ELSE instance_record END, \
               started_at = coalesce(?5, started_at), \
               suspended_at = CASE WHEN ?6 THEN ?7 ELSE suspended_at END, \
               completed_at = coalesce(?8, completed_at), ran_ms = coalesce(?9, ran_ms), \
               exit_code = coalesce(?10, exit_code), error = coalesce(?11, error), \
               stop_reason = coalesce(?12, stop_reason), cleanup = coalesce(?13, cleanup), \
               removed = coalesce(?14, removed), queue_paused = coalesce(?15, queue_paused), \
               auto_approve = CASE WHEN ?16 THEN ?17 ELSE auto_approve END, \
               end_reason = coalesce(?18, end_reason), title = coalesce(?19, title) WHERE no = ?1";
    conn.prepare_cached(sql)?.execute(params![
        no,
        p.status.map(TaskStatus::as_str),
        p.instance_record.is_some(),
        p.instance_record.as_ref().and_then(Option::as_ref),
        p.started_at.map(|t| t.0),
        p.suspended_at.is_some(),
        p.suspended_at.flatten().map(|t| t.0),
        p.completed_at.map(|t| t.0),
        p.ran_ms,
        p.exit_code,
        p.error,
        p.stop_reason,
        p.cleanup,
        p.removed,
        p.queue_paused,
        p.auto_approve.is_some(),
        p.auto_approve.flatten(),
        p.end_reason,
        p.title,
    ])?;
    Ok(())
}

fn put_command(conn: &Connection, logs: &Logs, c: &CommandRecord, out: &mut Committed) -> Done {
    let session_no = logs.session_no(conn, c.session)?;
    let mut select = conn.prepare_cached(&format!("{}WHERE c.id = ?1", rows::COMMAND))?;
    if let Some(there) = select.query_row([c.id.0.as_bytes()], rows::command).optional()? {
        if there.session != c.session || there.order != c.order {
            return Err(Fault::conflict(format!("command {}", c.id), "another order", "the same order"));
        }
        out.repeated.push(c.id);
        return Ok(());
    }
    let sql = "INSERT INTO commands (id, session_no, kind, state, actor, accepted_at, outcome, body) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    conn.prepare_cached(sql)?.execute(params![
        c.id.0.as_bytes(),
        session_no,
        rows::order_kind(&c.order),
        c.state.as_str(),
        c.actor,
        c.accepted_at.0,
        c.outcome,
        serde_json::to_string(&c.order)?,
    ])?;
    Ok(())
}

fn set_command(
    conn: &Connection,
    id: CommandId,
    expect: &[CommandState],
    to: CommandState,
    outcome: Option<String>,
) -> Done {
    let mut select = conn.prepare_cached("SELECT no, state FROM commands WHERE id = ?1")?;
    let found =
        select.query_row([id.0.as_bytes()], |r| Ok((r.get::<_, i64>(0)?, rows::command_state(r, 1)?)));
    let what = || format!("command {id}");
    let Some((no, state)) = found.optional()? else {
        return Err(Fault::conflict(what(), "absent", words(expect, CommandState::as_str)));
    };
    if !expect.contains(&state) {
        return Err(Fault::conflict(what(), state.as_str(), words(expect, CommandState::as_str)));
    }
    if !state.may_become(to) {
        let from: Vec<_> = CommandState::ALL.into_iter().filter(|s| s.may_become(to)).collect();
        return Err(Fault::conflict(what(), state.as_str(), words(&from, CommandState::as_str)));
    }
    let mut update =
        conn.prepare_cached("UPDATE commands SET state = ?2, outcome = coalesce(?3, outcome) WHERE no = ?1")?;
    update.execute(params![no, to.as_str(), outcome])?;
    Ok(())
}

fn order_commands(conn: &Connection, logs: &Logs, session: SessionId, order: &[CommandId]) -> Done {
    let session_no = logs.session_no(conn, session)?;
    let mut select = conn.prepare_cached(
        "SELECT id, coalesce(rank, no) AS place FROM commands WHERE session_no = ?1 AND state = 'pending' ORDER BY place, no",
    )?;
    let waiting: Vec<([u8; 16], i64)> =
        select.query_map([session_no], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Result<_, _>>()?;
    let (mut named, mut there) = (
        order.iter().map(|id| *id.0.as_bytes()).collect::<Vec<_>>(),
        waiting.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
    );
    named.sort_unstable();
    there.sort_unstable();
    if named != there {
        return Err(Fault::conflict(
            format!("the queue of session {session}"),
            "of other prompts",
            "of these",
        ));
    }
    let mut update = conn.prepare_cached("UPDATE commands SET rank = ?2 WHERE id = ?1")?;
    for (id, (_, place)) in order.iter().zip(waiting) {
        update.execute(params![id.0.as_bytes(), place])?;
    }
    Ok(())
}

fn put_template(conn: &Connection, t: &TemplateRecord) -> Done {
    let sql = "INSERT INTO templates (id, created_at, body, sealed) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (id) DO UPDATE SET body = excluded.body, sealed = excluded.sealed";
    conn.prepare_cached(sql)?.execute(params![t.id, t.created_at.0, t.body, t.sealed])?;
    Ok(())
}

fn remove_template(conn: &Connection, id: &str) -> Done {
    conn.prepare_cached("DELETE FROM templates WHERE id = ?1")?.execute([id])?;
    Ok(())
}

fn put_instance(conn: &Connection, i: &NamedInstance) -> Done {
    let sql = "INSERT INTO instances (user, name, runtime, status, created_at, sandbox) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
               ON CONFLICT (user, name) DO UPDATE SET status = excluded.status, sandbox = excluded.sandbox";
    let sandbox = i.sandbox.as_ref().map(|s| s.0.as_bytes());
    let values = params![i.user.as_str(), i.name, i.runtime, i.status.as_str(), i.created_at.0, sandbox];
    conn.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn remove_instance(conn: &Connection, user: &UserId, name: &str) -> Done {
    conn.prepare_cached("DELETE FROM instances WHERE user = ?1 AND name = ?2")?
        .execute(params![user.as_str(), name])?;
    Ok(())
}

fn put_permission(conn: &Connection, logs: &Logs, p: &PermissionRecord, seq: Seq) -> Done {
    let session_no = logs.session_no(conn, p.session)?;
    if exists(conn, "SELECT 1 FROM permissions WHERE id = ?1", p.id.0.as_bytes())? {
        return Err(Fault::conflict(format!("permission {}", p.id), "present", "absent"));
    }
    let sql = "INSERT INTO permissions (id, session_no, answered, option_id, answered_by, rpc_id, requested_at, seq, request) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    conn.prepare_cached(sql)?.execute(params![
        p.id.0.as_bytes(),
        session_no,
        p.answer.is_some(),
        p.answer.as_ref().and_then(Option::as_ref),
        p.answered_by,
        p.rpc_id,
        p.requested_at.0,
        int(seq.0),
        serde_json::to_string(&p.request)?,
    ])?;
    Ok(())
}

fn answer_permission(conn: &Connection, id: PermissionId, option_id: Option<String>, by: String) -> Done {
    let sql = "UPDATE permissions SET answered = 1, option_id = ?2, answered_by = ?3 WHERE id = ?1 AND answered = 0";
    if conn.prepare_cached(sql)?.execute(params![id.0.as_bytes(), option_id, by])? == 0 {
        let there = exists(conn, "SELECT 1 FROM permissions WHERE id = ?1", id.0.as_bytes())?;
        return Err(Fault::conflict(
            format!("permission {id}"),
            if there { "answered" } else { "absent" },
            "open",
        ));
    }
    Ok(())
}

fn put_credential(conn: &Connection, c: &CredentialRecord) -> Done {
    let there = exists(conn, "SELECT 1 FROM credentials WHERE id = ?1", c.id.0.as_bytes())?
        || exists(conn, "SELECT 1 FROM credentials WHERE hash = ?1", &c.hash)?;
    if there {
        return Err(Fault::conflict(format!("credential {}", c.id), "present", "absent"));
    }
    let sql = "INSERT INTO credentials (id, kind, hash, user, scopes, label, created_at, expires_at, revoked_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    conn.prepare_cached(sql)?.execute(params![
        c.id.0.as_bytes(),
        c.kind.as_str(),
        c.hash,
        c.user.as_str(),
        serde_json::to_string(&c.scopes)?,
        c.label,
        c.created_at.0,
        c.expires_at.map(|t| t.0),
        c.revoked_at.map(|t| t.0),
    ])?;
    Ok(())
}

fn revoke_credential(conn: &Connection, id: TokenId, at: Timestamp) -> Done {
    let mut update =
        conn.prepare_cached("UPDATE credentials SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")?;
    if update.execute(params![id.0.as_bytes(), at.0])? == 0 {
        let there = exists(conn, "SELECT 1 FROM credentials WHERE id = ?1", id.0.as_bytes())?;
        return Err(Fault::conflict(
            format!("credential {id}"),
            if there { "revoked" } else { "absent" },
            "valid",
        ));
    }
    Ok(())
}

fn sweep_credentials(conn: &Connection, before: Timestamp) -> Done {
    conn.prepare_cached("DELETE FROM credentials WHERE expires_at < ?1")?.execute([before.0])?;
    conn.prepare_cached("DELETE FROM credentials WHERE revoked_at < ?1")?.execute([before.0])?;
    Ok(())
}

fn record(conn: &Connection, l: &LedgerRecord) -> Done {
    let mut insert =
        conn.prepare_cached("INSERT OR IGNORE INTO ledger (instance, kind, name) VALUES (?1, ?2, ?3)")?;
    insert.execute(params![l.instance.0.as_bytes(), l.kind, l.name])?;
    Ok(())
}

fn strike(conn: &Connection, l: &LedgerRecord) -> Done {
    let mut delete =
        conn.prepare_cached("DELETE FROM ledger WHERE instance = ?1 AND kind = ?2 AND name = ?3")?;
    delete.execute(params![l.instance.0.as_bytes(), l.kind, l.name])?;
    Ok(())
}

fn put_idempotent(conn: &Connection, owner: &UserId, key: &str, record: &IdempotencyRecord) -> Done {
    let sql = "INSERT INTO idempotency (owner, key, digest, task, created_at) VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT DO NOTHING";
    let values = params![owner.as_str(), key, record.digest, record.task.0.as_bytes(), record.at.0];
    if conn.prepare_cached(sql)?.execute(values)? == 0 {
        return Err(Fault::conflict(format!("idempotency key {key:?} of {owner}"), "present", "absent"));
    }
    Ok(())
}

fn sweep_idempotent(conn: &Connection, before: Timestamp) -> Done {
    conn.prepare_cached("DELETE FROM idempotency WHERE created_at < ?1")?.execute([before.0])?;
    Ok(())
}

fn put_upload(conn: &Connection, u: &UploadRecord) -> Done {
    let sql = "INSERT INTO uploads (id, user, used_at) VALUES (?1, ?2, ?3) \
               ON CONFLICT (id) DO UPDATE SET used_at = excluded.used_at";
    conn.prepare_cached(sql)?.execute(params![u.id.0.as_bytes(), u.user.as_str(), u.used_at.0])?;
    Ok(())
}

fn remove_upload(conn: &Connection, id: UploadId) -> Done {
    conn.prepare_cached("DELETE FROM uploads WHERE id = ?1")?.execute([id.0.as_bytes()])?;
    Ok(())
}

fn put_setting(conn: &Connection, name: &str, value: &str) -> Done {
    let sql = "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    conn.prepare_cached(sql)?.execute(params![name, value])?;
    Ok(())
}

fn exists(conn: &Connection, sql: &str, id: &[u8]) -> rusqlite::Result<bool> {
    conn.prepare_cached(sql)?.exists([id])
}

fn words<T: Copy>(of: &[T], name: fn(T) -> &'static str) -> String {
    if of.is_empty() {
        "present".to_owned()
    } else {
        of.iter().map(|s| name(*s)).collect::<Vec<_>>().join(" or ")
    }
}
