//! What the fuzzers and the property tests feed with any bytes: each function panics where the code is wrong.

use crate::sse::Parser;

/// The bodies of this crate.
pub const TARGETS: &[lia_protocol::fuzz::Target] =
    &[("sse", sse), ("stream_message", crate::ws::any_message)];

/// Server-sent events, however their bytes are cut: the same events. The first byte says how many come at once.
pub fn sse(data: &[u8]) {
    let Some((step, data)) = data.split_first() else { return };
    let read = |step: usize| {
        let (mut parser, mut found) = (Parser::new(1 << 20), Vec::new());
        for chunk in data.chunks(step.max(1)) {
            parser.feed(chunk);
            while let Ok(Some(event)) = parser.next_event() {
                found.push(event);
            }
        }
        found
    };
    assert_eq!(read(usize::from(*step)), read(data.len()));
}
