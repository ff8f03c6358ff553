#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lia_fuzz::run(lia_protocol::fuzz::TARGETS, "webhook", data));
