//! The fuzzers' bodies of this crate, as property tests.

#[path = "../../../../fuzz/property.rs"]
mod property;

#[test]
fn any_bytes_are_read_or_refused() {
    property::run(lia_server::fuzz::TARGETS);
}
