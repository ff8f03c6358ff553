//! The client against a small server that speaks the wire and breaks it on purpose.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod errors;
mod fuzz;
mod resume;
mod wire;
