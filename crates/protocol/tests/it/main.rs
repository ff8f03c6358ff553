//! The contract: its types, its schema and its fixtures say the same.

mod contract;
mod drift;
mod fuzz;
mod generated;
mod judge;
mod verify;
