//! Every type that crosses a wire, its limits and its checks. No I/O, no async.
//!
//! Reading order:
//! - [`wire`]: how a type is written down (`crates/contract` has the list of all, and their JSON Schema);
//! - [`ids`], [`time`], [`secret`]: the words that everything else is made of;
//! - [`names`]: texts that are more than text, with their patterns;
//! - [`limits`]: every number that bounds what comes from outside;
//! - [`task`], [`api`], [`error`]: the REST API (seeds 000 and 001, and ours);
//! - [`ws`], [`vsock`]: the two message unions of seed 000, exact; [`vsock_ext`]: the link's superset;
//! - [`chat`]: seed 002's events, socket messages and REST types; [`computer`]: seed 004's actions and content blocks;
//! - [`event`]: the log's events, and the list of their kinds; [`log`]: the same as the API writes them;
//! - [`query`]: query strings; [`rest`]: how routes are described;
//! - [`link`]: the control link between control plane and sidecar (port 5000);
//! - [`host_api`]: files and repositories in an instance (port 5001);
//! - [`terminal`]: a person's terminals in an instance (port 5001);
//! - [`sessions`]: seed 003: sessions, runtimes, channels, webhooks;
//! - [`egress`], [`host`]: the egress link (port 5002) and the strict host names it decides on;
//! - [`boot`]: what a runtime hands to the sidecar at its start;
//! - [`template`], [`runtime`]: agent templates; what isolation is in force.

pub mod allowance;
pub mod api;
pub mod boot;
pub mod chat;
pub mod computer;
pub mod egress;
pub mod error;
pub mod event;
#[doc(hidden)]
pub mod fuzz;
pub mod host;
pub mod host_api;
pub mod ids;
pub mod limits;
pub mod link;
pub mod log;
pub mod names;
pub mod query;
pub mod rest;
pub mod runtime;
pub mod secret;
pub mod sessions;
pub mod task;
pub mod template;
pub mod terminal;
pub mod time;
pub mod vsock;
pub mod vsock_ext;
pub mod wire;
pub mod ws;

/// The contract's version: that of its JSON Schema, of `packages/shared` and of `/health`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
