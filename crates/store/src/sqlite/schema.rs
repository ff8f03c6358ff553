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
