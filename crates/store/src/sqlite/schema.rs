//! Opens connections and brings the schema up to date. What a database may not be is said by name: not Lia's, or newer
//! than this program.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};

use crate::StoreError;

/// "Lia1": who the file belongs to, in SQLite's header.
const APPLICATION_ID: i32 = 0x4c69_6131;
const STEPS: &[M<'static>] = &[
    M::up(include_str!("0001.sql")),
    M::up(include_str!("0002.sql")),
    M::up(include_str!("0003.sql")),
    M::up(include_str!("0004.sql")),
    M::up(include_str!("0005.sql")),
    M::up(include_str!("0006.sql")),
    M::up(include_str!("0007.sql")),
    M::up(include_str!("0008.sql")),
];
/// Other processes (a person with `sqlite3`) may hold the file for a moment.
const BUSY: Duration = Duration::from_secs(10);

/// The write connection, with the newest schema.
pub(super) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let bad = |e: &dyn std::fmt::Display| StoreError::Backend(format!("{}: {e}", path.display()));
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    let file = file.map_err(|e| bad(&e))?;
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(|e| bad(&e))?;
    drop(file);
    // So that the file's name survives a loss of power too.
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|f| f.sync_all()).map_err(|e| bad(&e))?;

    let mut conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let number = |name: &str| conn.pragma_query_value(None, name, |r| r.get::<_, i32>(0));
    let (app, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_master", [], |r| r.get(0))?;
    if app != APPLICATION_ID && (app != 0 || tables > 0) {
        return Err(bad(&"this is not a database of Lia"));
    }
    let known = STEPS.len();
    if usize::try_from(version).is_ok_and(|v| v > known) {
        return Err(bad(&format!(
            "the database has schema {version}, this program knows up to {known}; use a newer Lia"
        )));
    }
    conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "cache_size", -4096)?;
    Migrations::from_slice(STEPS).to_latest(&mut conn).map_err(|e| bad(&e))?;
    // From here on the flusher sees to what must survive the loss of power.
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(conn)
}

/// The connection that checkpoints.
pub(super) fn open_checkpointer(path: &Path) -> Result<Connection, StoreError> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    conn.pragma_update(None, "cache_size", -64)?;
    // Writer and readers of this process stand still meanwhile; a reader of another process must not hold them long.
    conn.busy_timeout(Duration::from_millis(100))?;
    Ok(conn)
}

/// A connection for short reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.pragma_update(None, "cache_size", -1024)?;
    Ok(conn)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|e| StoreError::Backend(format!("{}: {e}", path.display())))?;
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // Checkpoints have a thread of their own.
    conn.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_of_an_older_schema_are_kept_when_their_table_is_made_anew() {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.pragma_update(None, "foreign_keys", true).unwrap();
        Migrations::from_slice(&STEPS[..7]).to_latest(&mut conn).unwrap();
        let task = "INSERT INTO tasks (id, session_no, instance, user, status, config, template, runtime, created_at, ran_ms, \
                    cleanup, removed, prompt, spec, title, end_reason) \
                    VALUES (?1, ?2, x'aa', 'ann', 'running', '{}', 'tour', 'local', 7, 8, 0, 1, 'do', '{}', 'its', 'why')";
        for no in [1, 2] {
            conn.execute("INSERT INTO sessions (no, id) VALUES (?1, ?2)", (no, [no; 16])).unwrap();
        }
        conn.execute(task, ([1; 16], 1)).unwrap();
        assert!(conn.execute(task, ([2; 16], 2)).is_err(), "one instance was one task's");
        Migrations::from_slice(STEPS).to_latest(&mut conn).unwrap();
        conn.execute(task, ([2; 16], 2)).unwrap();
        let kept: (String, i64, i64, String, String) = conn
            .query_row(
                "SELECT prompt, created_at, removed, title, end_reason FROM tasks WHERE session_no = 1",
                [],
                |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?)),
            )
            .unwrap();
        assert_eq!(kept, ("do".into(), 7, 1, "its".into(), "why".into()));
    }
}
