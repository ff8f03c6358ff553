//! What the fuzzers and the property tests feed with any bytes: each function panics where the code is wrong.

use lia_protocol::log;

use crate::{LogEvent, sse::Parser};

/// The bodies of this crate.
pub const TARGETS: &[lia_protocol::fuzz::Target] =
    &[("sse", sse), ("stream_message", crate::ws::any_message), ("log_event", log_event)];

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

/// An event of a log: it keeps the text as it came, its body is part of it, and what the contract's own type takes is
/// taken here too.
pub fn log_event(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let read = LogEvent::parse(text.to_owned());
    if let Ok(event) = &read {
        assert!(event.raw == text && text.contains(event.body.get()));
    }
    assert!(read.is_ok() || serde_json::from_str::<log::LogEvent>(text).is_err(), "{read:?}");
}
