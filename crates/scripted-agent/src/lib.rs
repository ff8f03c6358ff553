//! A real ACP agent (JSON-RPC 2.0, one JSON value per line, over stdio) without a model behind it: what it does stands
//! in the prompt's text. Tests, benchmarks and the tour run it where a coding agent would run.
//!
//! Reading order:
//! - [`script`]: the little language of prompts;
//! - [`wire`]: stdin and stdout, and what may arrive;
//! - [`side`]: the side file, which says what was emitted even when everybody else was killed;
//! - [`agent`]: the methods a client calls, and the wait that a cancel interrupts;
//! - [`acts`]: the script's commands; [`shell`]: the one that runs a child of its own;
//! - [`tour`]: a fixed, friendly script for people who have no key yet;
//! - [`memory`]: what a session leaves on disk for `session/load`;
//! - [`options`]: the command line.

pub mod acts;
pub mod agent;
pub mod memory;
pub mod options;
pub mod script;
pub mod shell;
pub mod side;
pub mod tour;
pub mod wire;
