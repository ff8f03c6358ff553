//! The agent as a process, spoken to as a client does. Every frame that it emits is read with the official types.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod endings;
mod frames;
mod sessions;
mod tour;
