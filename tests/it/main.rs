//! Tests across crates: real servers, sidecars, sandboxes and agents.

mod adoption;
mod agents;
mod burst;
mod egress;
mod escape;
mod kill;
mod lifecycle;
mod page;
mod park;
mod spine;
