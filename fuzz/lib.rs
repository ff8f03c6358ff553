//! The bodies live in the crates (their `fuzz` modules), where property tests run them too.

/// What is fed.
pub type Body = fn(&[u8]);

/// Runs the body with a name.
pub fn run(targets: &[(&str, Body)], name: &str, data: &[u8]) {
    let (_, body) = targets.iter().find(|(n, _)| *n == name).expect("a body with this name");
    body(data);
}

// `lia` is a program and no library: its bodies, and what they call, are taken in by their paths.
#[path = "../crates/cli/src/fuzz.rs"]
pub mod cli;
#[allow(dead_code, reason = "only what is fuzzed is called")]
#[path = "../crates/cli/src/terminal.rs"]
mod terminal;
#[allow(dead_code, reason = "only what is fuzzed is called")]
#[path = "../crates/cli/src/text.rs"]
mod text;
