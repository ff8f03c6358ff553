//! The sidecar as the control plane sees it: the real binary, driven over its listening socket, with real agents.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod acp;
mod apart;
mod files;
mod fuzz;
mod host;
mod host_api;
mod kill;
mod link;
mod out;
mod people;
mod terminal;
