//! The contract: its types, its schema and its fixtures say the same.

mod allocations;
mod arbitrary;
mod chat;
mod computer;
mod contract;
mod drift;
mod fuzz;
mod generated;
mod judge;
mod names;
mod tools;
mod verify;

/// The fields of an event that contradict each other.
fn broken_of(event: &dyn lia_protocol::chat::Event) -> Vec<String> {
    lia_protocol::chat::base::broken(event).into_iter().map(|i| i.path).collect()
}
