//! What SQLite's errors mean to a transaction, to its batch and to the caller.

use rusqlite::{ErrorCode, ffi};

use crate::StoreError;

/// Why a step failed, and what that ends.
#[derive(Debug)]
pub(super) enum Fault {
    /// This transaction alone; the others of its batch go on.
    Txn(StoreError),
    /// The whole batch: SQLite could not write.
    Batch(StoreError),
}

impl Fault {
    /// A compare-and-set that found another state.
    pub(super) fn conflict(what: impl ToString, found: impl ToString, expected: impl ToString) -> Self {
        Self::Txn(StoreError::Conflict {
            what: what.to_string(),
            found: found.to_string(),
            expected: expected.to_string(),
        })
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(e: rusqlite::Error) -> Self {
        let of_values = matches!(
            e.sqlite_error_code(),
            Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
        );
        let e = StoreError::from(e);
        if of_values { Self::Txn(e) } else { Self::Batch(e) }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(e: rusqlite::Error) -> Self {
        const READ: [i32; 4] = [
            ffi::SQLITE_IOERR_READ,
            ffi::SQLITE_IOERR_SHORT_READ,
            ffi::SQLITE_IOERR_CORRUPTFS,
            ffi::SQLITE_IOERR_DATA,
        ];
        match e.sqlite_error() {
            Some(f) if f.code == ErrorCode::DiskFull => Self::Full,
            Some(f) if f.code == ErrorCode::SystemIoFailure && !READ.contains(&f.extended_code) => {
                tracing::error!(error = %e, "the database cannot be written");
                Self::Full
            }
            _ => Self::Backend(e.to_string()),
        }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(e: serde_json::Error) -> Self {
        Self::Txn(StoreError::Backend(e.to_string()))
    }
}
