//! The `local` runtime with real sandboxes, each test as whoever runs it and, when that is root, as an ordinary user too.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod leftovers;
mod life;
mod limits;
mod qemu;
mod real;
mod support;
