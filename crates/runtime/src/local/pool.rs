//! Sandboxes made ahead of need: the next start of the same shape takes one and has only its configuration to send.
//!
//! They are no instances: they hold no secret, no record names them, and they end with the server (see
//! [`super::slot`]). What a killed server leaves of them on disk is removed by the next one.

use std::{
    fs, io,
    sync::{Arc, Mutex, PoisonError},
};

use lia_protocol::ids::InstanceId;
use tokio::sync::watch;

use super::{
    Inner, RuntimeError,
    folder::{Data, Folder},
    slot::{Shape, Slot},
};

#[derive(Debug)]
pub(super) struct Pool {
    state: Mutex<State>,
    /// How many are under construction.
    busy: watch::Sender<usize>,
}

#[derive(Debug)]
struct State {
    /// Oldest first.
    waiting: Vec<Slot>,
    /// Shapes under construction.
    coming: Vec<Shape>,
    capacity: usize,
}

impl Pool {
    pub fn new(capacity: usize) -> Self {
        let state = State { waiting: Vec::new(), coming: Vec::new(), capacity };
        Self { state: Mutex::new(state), busy: watch::Sender::default() }
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A waiting one of this shape.
    fn take(&self, shape: &Shape) -> Option<Slot> {
        self.with(|s| {
            let at = s.waiting.iter().position(|slot| slot.shape == *shape && slot.waits())?;
            Some(s.waiting.remove(at))
        })
    }

    /// Whether one of this shape shall be made; then it is announced.
    fn announce(&self, shape: &Shape) -> bool {
        self.with(|s| {
            let there = s.coming.contains(shape) || s.waiting.iter().any(|w| w.shape == *shape && w.waits());
            if s.capacity == 0 || there || s.coming.len() >= s.capacity {
                return false;
            }
            s.coming.push(shape.clone());
            self.busy.send_replace(s.coming.len());
            true
        })
    }

    /// Takes a new one. What is too much now comes back.
    fn put(&self, slot: Slot) -> Vec<Slot> {
        self.with(|s| {
            s.waiting.push(slot);
            let surplus = s.waiting.len().saturating_sub(s.capacity);
            s.waiting.drain(..surplus).collect()
        })
    }

    /// Ends an announcement.
    fn settled(&self, shape: &Shape) {
        self.with(|s| {
            s.coming.retain(|c| c != shape);
            self.busy.send_replace(s.coming.len());
        });
    }

    /// Returns when none is under construction.
    pub async fn settle(&self) {
        // The sender lives as long as we do.
        let _ = self.busy.subscribe().wait_for(|n| *n == 0).await;
    }

    /// Takes no more, and gives back what waits.
    fn close(&self) -> Vec<Slot> {
        self.with(|s| {
            s.capacity = 0;
            std::mem::take(&mut s.waiting)
        })
    }
}

/// One taken out of the pool; back it goes when it is dropped with the slot still in it.
pub(super) struct Claim<'a> {
    pool: &'a Pool,
    pub slot: Option<Slot>,
}

impl Claim<'_> {
    /// Makes the slot's folder the instance's.
    pub fn move_to(&mut self, folder: &Folder) -> io::Result<()> {
        if let Some(slot) = &mut self.slot {
            fs::rename(slot.folder.path(), folder.path())?;
            slot.folder = folder.clone();
        }
        Ok(())
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            self.pool.with(|s| s.waiting.push(slot));
        }
    }
}

impl Inner {
    /// A waiting sandbox of this shape, if one is `wanted` and there is one.
    pub(super) fn claim(&self, shape: &Shape, wanted: bool) -> Claim<'_> {
        Claim { pool: &self.pool, slot: if wanted { self.pool.take(shape) } else { None } }
    }

    /// Has a sandbox of this shape made, unless there is one.
    pub(super) fn refill(self: &Arc<Self>, shape: Shape) {
        if self.host.missing().is_some() || !self.pool.announce(&shape) {
            return;
        }
        let inner = Arc::clone(self);
        self.background.spawn(async move {
            match inner.make_waiting(&shape).await {
                Ok(slot) => {
                    for surplus in inner.pool.put(slot) {
                        inner.discard(surplus).await;
                    }
                }
                Err(e) => tracing::warn!(error = %e, "no sandbox could be made ahead of need"),
            }
            inner.pool.settled(&shape);
        });
    }

    async fn make_waiting(self: &Arc<Self>, shape: &Shape) -> Result<Slot, RuntimeError> {
        let name = InstanceId::new().to_string();
        let folder = Folder::new(self.options.data_dir.join("pool").join(&name));
        let data = Data::new(name, self.take_uid()?);
        let made = Slot::make(self, folder.clone(), data, shape.clone(), false, None).await;
        if made.is_err()
            && let Err(e) = self.remove(&folder, &[]).await
        {
            tracing::warn!(error = %e, "a half-made sandbox stays until the next start");
        }
        made
    }

    /// Ends one that waits, and removes it.
    async fn discard(&self, slot: Slot) {
        let folder = slot.folder.clone();
        slot.give_up().await;
        if let Err(e) = self.remove(&folder, &[]).await {
            tracing::warn!(error = %e, "a sandbox made ahead of need stays until the next start");
        }
    }

    /// Ends all that wait, those too that are still being made.
    pub(super) async fn close_pool(&self) {
        for slot in self.pool.close() {
            self.discard(slot).await;
        }
        self.pool.settle().await;
    }
}
