//! The fuzzers' bodies of this crate and of the protocol's, as property tests.

#[path = "../../../../fuzz/property.rs"]
mod property;

#[test]
fn any_bytes_are_read_or_refused() {
    property::run(lia_contract::fuzz::TARGETS);
    property::run(lia_protocol::fuzz::TARGETS);
}
