//! The sidecar as the control plane sees it: the real binary, driven over its listening socket, with real agents.

mod acp;
mod apart;
mod host;
mod kill;
mod link;
mod terminal;
