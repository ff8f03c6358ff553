//! The typed client of Lia's API: what the CLI, the bot and the tests speak to a server with.
//!
//! - [`Client`]: one method per route ([`tasks`], [`work`], [`sessions`], [`messages`], [`admin`]), all over one connection pool ([`http`]);
//! - [`TaskStream`]: a task's WebSocket; it reconnects by itself, without losing or doubling a message ([`ws`]);
//! - [`TerminalStream`]: a person's terminal, likewise ([`terminals`]);
//! - [`EventStream`]: a task's log over SSE, likewise ([`events`]; the parser is [`sse`]);
//! - [`Error`]: what can go wrong, in words for people, with the server's own [`ApiError`] inside.

pub mod admin;
pub mod cursor;
pub mod error;
pub mod events;
#[doc(hidden)]
pub mod fuzz;
pub mod http;
pub mod messages;
pub mod retry;
pub mod sessions;
pub mod sse;
pub mod tasks;
pub mod terminals;
pub mod work;
pub mod ws;

pub use admin::InstallLine;
pub use error::Error;
pub use events::{EventStream, LogEvent};
pub use http::Client;
pub use lia_protocol::error::{ApiError, ErrorCode};
pub use retry::Retry;
pub use sessions::Prompted;
pub use tasks::{OutputPage, TaskQuery};
pub use terminals::{TerminalEvent, TerminalStream};
pub use work::Download;
pub use ws::{StreamOptions, TaskStream};
