//! SQLite passes the suite.

use lia_store::sqlite::{Options, SqliteStore};
use tempfile::TempDir;

/// A store in a folder that goes with it.
pub struct Fixture {
    pub store: SqliteStore,
    pub dir: TempDir,
}

/// A new, empty store.
pub fn new() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    Fixture { store: SqliteStore::open(dir.path().join("lia.db"), Options::default()).unwrap(), dir }
}

crate::conformance::conformance_suite!(new);
