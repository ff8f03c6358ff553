//! The command line as a person uses it: the program itself, against a real server with real sandboxes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod basics;
mod lia;
mod life;
mod repo;
mod tls;
mod tty;
