//! Tests across crates: real servers, sidecars, sandboxes and agents.

mod adoption;
mod agents;
mod burst;
mod channels;
mod egress;
mod escape;
mod files;
mod host;
mod kept;
mod kill;
mod kill_sessions;
mod lifecycle;
mod messages;
mod orphans;
mod park;
mod qemu;
mod sessions;
mod sessions_queue;
mod sessions_templates;
mod sharing;
mod spine;
mod terminals;
mod typescript;
mod ui;
mod webhooks;
