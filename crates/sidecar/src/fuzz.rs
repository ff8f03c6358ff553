//! What the fuzzers and the property tests feed with any bytes: each function panics where the code is wrong.

use crate::{egress, lines::Lines, session::acp::frame::Frame};

/// The bodies of this crate.
pub const TARGETS: &[lia_protocol::fuzz::Target] =
    &[("acp_frame", acp_frame), ("lines", lines), ("dns_question", egress::dns_question)];

/// A line of an agent: its parts are slices of it.
pub fn acp_frame(data: &[u8]) {
    let Ok(line) = std::str::from_utf8(data) else { return };
    match Frame::parse(line) {
        Some(Frame::Request { id, method, .. }) => {
            assert!(line.contains(id.get()) && method.get().starts_with('"'));
        }
        Some(Frame::Response { id, .. }) => assert!(line.contains(id.get())),
        Some(Frame::Notification) | None => {}
    }
}

/// Lines, however their bytes are cut: the same as cutting at each newline. The first byte says how many come at once.
pub fn lines(data: &[u8]) {
    const MAX: usize = 64;
    let Some((step, data)) = data.split_first() else { return };
    let (mut lines, mut found) = (Lines::new(MAX), Vec::new());
    for chunk in data.chunks(usize::from(*step).max(1)) {
        lines.space(chunk.len()).extend_from_slice(chunk);
        loop {
            match lines.next_line() {
                Ok(Some(range)) => found.push(lines.get(range).to_vec()),
                Ok(None) => break,
                Err(_) => {
                    assert!(data.split(|b| *b == b'\n').any(|l| l.len() > MAX));
                    return;
                }
            }
        }
    }
    let mut all: Vec<&[u8]> = data.split(|b| *b == b'\n').collect();
    let rest = all.pop().unwrap_or_default();
    assert_eq!(found, all);
    assert_eq!(lines.rest(), rest);
}
