//! What the fuzzers and the property tests feed with any bytes: it panics where the code is wrong.

use lia_protocol::fuzz::Target;

use crate::registry::TYPES;

/// The bodies of this crate.
pub const TARGETS: &[Target] = &[("contract", contract)];

/// Two bytes choose a type of the contract, the rest is a message. What is accepted and written again is accepted again,
/// and then written the same.
pub fn contract(data: &[u8]) {
    let Some((choice, json)) = data.split_first_chunk::<2>() else { return };
    let entry = &TYPES[usize::from(u16::from_le_bytes(*choice)) % TYPES.len()];
    if let Ok(again) = (entry.round)(json) {
        let twice = (entry.round)(&again);
        assert_eq!(twice.as_ref(), Ok(&again), "{}", entry.name);
    }
}
