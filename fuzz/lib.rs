//! The bodies live in the crates (their `fuzz` modules), where property tests run them too.

/// Runs the body with a name.
pub fn run(targets: &[(&str, fn(&[u8]))], name: &str, data: &[u8]) {
    let (_, body) = targets.iter().find(|(n, _)| *n == name).expect("a body with this name");
    body(data);
}
