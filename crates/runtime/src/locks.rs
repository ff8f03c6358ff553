//! One change of an instance at a time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use lia_protocol::ids::InstanceId;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// A lock for each instance that is being changed.
#[derive(Debug, Default)]
pub(crate) struct Locks(Mutex<HashMap<InstanceId, Weak<AsyncMutex<()>>>>);

impl Locks {
    /// Waits until no other change of this instance is under way.
    pub(crate) async fn hold(&self, id: InstanceId) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            locks.retain(|_, l| l.strong_count() > 0);
            let lock = locks.get(&id).and_then(Weak::upgrade).unwrap_or_default();
            locks.insert(id, Arc::downgrade(&lock));
            lock
        };
        lock.lock_owned().await
    }
}
