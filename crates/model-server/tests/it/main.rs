//! The server over real HTTP, in-process and as a program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod forms;
mod http;
mod program;
