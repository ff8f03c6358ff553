//! The API over real sockets, with a real store and engine. Its runtime starts nothing for ever: what happens inside
//! sandboxes is shown by the tests across crates.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

mod authorisation;
mod callbacks;
mod channels;
mod contract;
mod credentials;
mod documents;
mod errors;
mod fuzz;
mod journal;
mod looks;
mod reference;
mod retention;
mod streams;
mod support;
mod tasks;
mod ui;
mod webhooks;
