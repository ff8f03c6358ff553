//! Tests across crates: real servers, sidecars, sandboxes and agents.

mod spine;
