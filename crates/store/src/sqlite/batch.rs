//! One SQLite transaction for everything that waits. Each [`Txn`] of it is all or nothing on its own: one of nothing but
//! appends is taken back in memory, any other stands in a savepoint.

use rusqlite::Connection;

use super::{error::Fault, log::Logs, ops};
use crate::{Committed, Op, StoreError, Txn};

/// What each transaction of a batch came to.
pub(super) type Outcomes = Vec<Result<Committed, StoreError>>;

/// Does a batch inside an open SQLite transaction.
///
/// # Errors
/// When SQLite could not write: nothing of the batch may be committed.
pub(super) fn apply(txns: Vec<Txn>, conn: &Connection, logs: &mut Logs) -> Result<Outcomes, StoreError> {
    let all = || {
        let mut outcomes = Vec::with_capacity(txns.len());
        for txn in txns {
            match one(txn, conn, logs) {
                Ok(done) => outcomes.push(Ok(done)),
                Err(Fault::Txn(e)) => outcomes.push(Err(e)),
                Err(fault) => return Err(fault),
            }
            logs.flush_some(conn)?;
        }
        logs.finish(conn)?;
        Ok(outcomes)
    };
    all().map_err(|fault| match fault {
        Fault::Txn(e) | Fault::Batch(e) => e,
    })
}

fn one(txn: Txn, conn: &Connection, logs: &mut Logs) -> Result<Committed, Fault> {
    let in_memory = |op: &Op| matches!(op, Op::Append { .. } | Op::NextEpoch { restart_at: None, .. });
    let appends_only = txn.ops.iter().all(in_memory);
    if !appends_only {
        logs.flush(conn)?;
        step(conn, "SAVEPOINT txn")?;
    }
    logs.begin();
    let mut out = Committed::default();
    let done = txn.ops.into_iter().try_for_each(|op| ops::apply(op, conn, logs, &mut out));
    if matches!(done, Err(Fault::Txn(_))) {
        logs.undo();
    }
    if !appends_only {
        if matches!(done, Err(Fault::Txn(_))) {
            step(conn, "ROLLBACK TO txn")?;
        }
        if !matches!(done, Err(Fault::Batch(_))) {
            step(conn, "RELEASE txn")?;
        }
    }
    done.map(|()| out)
}

fn step(conn: &Connection, sql: &'static str) -> Result<(), Fault> {
    conn.prepare_cached(sql)?.execute([]).map_err(|e| Fault::Batch(e.into()))?;
    Ok(())
}
