//! Tests across crates: real servers, sidecars, sandboxes and agents.

mod burst;
mod kill;
mod spine;
