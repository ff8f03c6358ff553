//! Sessions as seed 003 has them: runtimes and their instances, sessions and their queue, both WebSocket protocols,
//! callbacks and webhooks. One module per sub-path of the seed's package; field names are camelCase as there.
//!
//! - [`runtime`]: runtimes and their instances;
//! - [`session_host`], [`runtime_host`]: the HTTP contracts of what runs beside the agents, and its callbacks;
//! - [`session`]: sessions, templates, the prompt queue, files, webhooks;
//! - [`message`]: the queue across sessions;
//! - [`webhook`]: webhooks as an API; [`git`]: git in a workspace; [`terminals`]: terminals over REST;
//! - [`storage`]: what is kept of a session;
//! - [`ws`]: the socket of one session; [`channels`]: the socket of many, with channels;
//! - [`events`]: the events that both carry, typed;
//! - [`verify`]: the signature of a webhook.
//!
//! The seed's behavioural and generic types (`Runtime`, `RuntimeNames`, `RuntimeConfigFor`, `SessionContext`,
//! `FlamecastStorage`) are written in TypeScript by hand. Where the seed leaves a type anonymous it is so here: such a
//! struct is `schemars(inline)` and has no name in the contract. Fields of ours are optional and say so.

pub mod channels;
pub mod events;
pub mod git;
pub mod message;
pub mod runtime;
pub mod runtime_host;
pub mod session;
pub mod session_host;
pub mod storage;
pub mod terminals;
pub mod verify;
pub mod webhook;
pub mod ws;

pub use self::{
    channels::*, events::*, git::*, message::*, runtime::*, runtime_host::*, session::*, session_host::*,
    storage::*, terminals::*, webhook::*, ws::*,
};
