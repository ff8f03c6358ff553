#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lia_fuzz::run(lia_fuzz::cli::TARGETS, "screen", data));
