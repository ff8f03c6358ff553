//! The gateway against real sockets. Every test runs in a network namespace of its own, where a public-looking address
//! stands on loopback; the sidecar's side of the link is a real yamux client.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod broker;
mod fuzz;
mod links;
mod names;
mod net;
mod plain;
mod rig;
mod socks;
mod tls;
mod usage;
