//! Lia's program inside every instance: it starts the agents, keeps what they say until the control plane has it, and is
//! their only way out.
//!
//! One thread, one process; the agents run beside it in namespaces in which it does not exist.
//!
//! Reading order:
//! - [`boot`], [`instance`]: the start, and what all parts share;
//! - [`listen`]: who may connect, and to what;
//! - [`link`]: the control link; [`session`]: the agent behind it; [`journal`]: what it said;
//! - [`terminals`]: a person's terminals beside it; [`pty`]: pseudo-terminals;
//! - [`egress`]: the way out; [`host_api`]: files, repositories, terminals;
//! - [`process`]: how programs are set apart; [`confine`]: files below one folder; [`git`], [`git_views`]: repositories;
//!   [`ignores`]: what git ignores; [`watch`]: what changes in the workspace;
//! - [`vm`]: the start as the first process of a virtual machine;
//! - [`lines`], [`failpoint`]: small helpers.

pub mod boot;
pub mod confine;
pub mod egress;
pub mod failpoint;
#[doc(hidden)]
pub mod fuzz;
pub mod git;
pub mod git_views;
pub mod host_api;
pub mod ignores;
pub mod instance;
pub mod journal;
pub mod lines;
pub mod link;
pub mod listen;
pub mod process;
pub mod pty;
pub mod session;
pub mod terminals;
pub mod vm;
pub mod watch;
