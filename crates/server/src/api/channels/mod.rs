//! Seed 003's events live, both ways.
//!
//! - [`many`] is `/ws`, one socket for many sessions, by channels; [`connection`] is its writing half;
//! - [`one`] is `/ws/sessions/{id}`, the socket of one session;
//! - [`sse`] is `/api/agents/{agentId}/stream`;
//! - [`act`] is what clients may ask for; [`terminals`] are a person's terminals, [`looks`] are looks at files.
//!
//! Each session that a client follows is a cursor on that session's log, moved by the client's own reading. A client that
//! does not read stands still, holds one page of a log in memory, and holds up nobody else.

use lia_protocol::ids::TaskId;
use lia_store::StoreError;

use super::{Api, socket::End};

pub(crate) mod act;
mod connection;
mod looks;
pub mod many;
pub mod one;
pub mod sse;
pub(super) mod terminals;

/// Why a log cannot be read: its task was removed, or the store fails.
async fn cannot_read(api: &Api, task: TaskId, error: &StoreError) -> End {
    if let Ok(None) = api.store.task(task).await {
        return End::Purged;
    }
    tracing::warn!(%task, %error, "a stream ends");
    End::Overload
}
