//! The bodies live in the crates (their `fuzz` modules), where property tests run them too.

/// What is fed.
pub type Body = fn(&[u8]);

/// Runs the body with a name.
pub fn run(targets: &[(&str, Body)], name: &str, data: &[u8]) {
    let (_, body) = targets.iter().find(|(n, _)| *n == name).expect("a body with this name");
    body(data);
}
