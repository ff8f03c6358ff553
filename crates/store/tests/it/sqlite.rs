//! SQLite passes the suite, and its file is what it shall be.

use std::{os::unix::fs::PermissionsExt as _, path::PathBuf};

use lia_store::{
    Store as _,
    sqlite::{Options, SqliteStore},
};
use tempfile::TempDir;

/// A store in a folder that goes with it.
pub struct Fixture {
    pub store: SqliteStore,
    pub dir: TempDir,
}

impl Fixture {
    /// The database file.
    pub fn path(&self) -> PathBuf {
        self.dir.path().join("lia.db")
    }

    /// The file of a closed store is whole.
    pub fn check(&mut self) {
        let conn = rusqlite::Connection::open(self.path()).unwrap();
        let text: String = conn.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
        assert_eq!(text, "ok");
        assert!(!conn.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap());
    }
}

/// A new, empty store.
pub fn new() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    Fixture { store: SqliteStore::open(dir.path().join("lia.db"), Options::default()).unwrap(), dir }
}

crate::conformance::conformance_suite!(new);

#[tokio::test]
async fn the_file_is_private_and_can_give_space_back() {
    let f = new();
    f.store.probe().await.unwrap();
    for end in ["", "-wal", "-shm", ".lock"] {
        let path = f.dir.path().join(format!("lia.db{end}"));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
    let conn = rusqlite::Connection::open(f.path()).unwrap();
    let number = |pragma: &str| conn.pragma_query_value(None, pragma, |r| r.get::<_, i64>(0)).unwrap();
    assert_eq!((number("auto_vacuum"), number("application_id")), (2, 0x4c69_6131));
    let loose: i64 = conn
        .query_row(
            "SELECT count(*) FROM pragma_table_list WHERE NOT strict AND name NOT LIKE 'sqlite%'",
            [],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(loose, 0);
}

#[tokio::test]
async fn a_folder_in_use_is_refused() {
    let f = new();
    let refused = SqliteStore::open(f.path(), Options::default()).unwrap_err().to_string();
    assert!(refused.contains(&format!("in use by process {}", std::process::id())), "{refused}");
    assert!(refused.contains(&f.dir.path().display().to_string()), "{refused}");
    drop(f.store);
    SqliteStore::open(f.dir.path().join("lia.db"), Options::default()).unwrap();
}

/// As a child of a killed server does until it has become another program.
#[tokio::test]
async fn a_folder_that_is_let_go_in_a_moment_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let held = std::fs::File::create(dir.path().join("lia.db.lock")).unwrap();
    held.lock().unwrap();
    let (asks, asked) = std::sync::mpsc::channel();
    let path = dir.path().join("lia.db");
    let opens = std::thread::spawn(move || {
        asks.send(()).unwrap();
        SqliteStore::open(path, Options::default()).map(drop)
    });
    asked.recv().unwrap();
    drop(held);
    opens.join().unwrap().unwrap();
}

#[tokio::test]
async fn what_is_not_ours_or_newer_is_refused() {
    let f = new();
    f.store.close().await;
    let conn = rusqlite::Connection::open(f.path()).unwrap();
    let refused = |sql: &str| {
        conn.execute_batch(sql).unwrap();
        SqliteStore::open(f.path(), Options::default()).unwrap_err().to_string()
    };
    let newer = refused("PRAGMA user_version = 99");
    assert!(
        newer.contains("has schema 99, this program knows up to ") && newer.contains("lia.db"),
        "{newer}"
    );
    let other = refused("PRAGMA application_id = 5");
    assert!(other.contains("not a database of Lia"), "{other}");

    let text = f.dir.path().join("text.db");
    std::fs::write(&text, "hello, this is not a database at all, not even a small one").unwrap();
    assert!(SqliteStore::open(&text, Options::default()).is_err());
    assert!(SqliteStore::open(f.dir.path().join("no/folder.db"), Options::default()).is_err());
}
