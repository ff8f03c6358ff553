//! The control plane.
//!
//! - [`serve()`]: the whole server, put together; [`listen`]: its socket;
//! - [`config`]: every setting, its default and its source;
//! - [`engine`]: one owner task per session; the log's only writer;
//! - [`seal`]: secrets at rest;
//! - [`webhooks`]: who is told outside;
//! - [`views`]: pure functions from events to what clients see;
//! - [`api`]: HTTP, WebSocket and SSE, one file per resource;
//! - [`mod@host`]: the runtime-host contract of seed 003 alone, for other control planes.

pub mod api;
pub mod config;
pub mod engine;
#[doc(hidden)]
pub mod fuzz;
pub mod host;
pub mod listen;
pub mod seal;
pub mod serve;
pub mod views;
pub mod webhooks;

pub use config::{Config, LoadOptions};
pub use host::{HostOptions, host};
pub use serve::{ServeOptions, serve};
