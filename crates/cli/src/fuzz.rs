//! What the fuzzers and the property tests feed with any bytes: each function panics where the code is wrong.

use unicode_width::UnicodeWidthStr as _;

use crate::{terminal::take_text, text};

/// The bodies of this crate.
pub const TARGETS: &[lia_protocol::fuzz::Target] = &[("screen", screen), ("typed", typed)];

/// What an agent wrote, on its way to a terminal: the first byte is the terminal's width. Nothing in it steers the terminal,
/// its lines stay lines, and one line stays within the width.
pub fn screen(data: &[u8]) {
    let Some((width, data)) = data.split_first() else { return };
    let written = String::from_utf8_lossy(data);
    let steers = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let tame = text::tame(&written);
    assert!(!tame.contains(steers), "{tame:?}");
    assert_eq!(text::tame(&tame), tame);
    assert_eq!(tame.lines().count(), written.lines().count());

    let width = usize::from(*width).max(1);
    let line = text::line(&written, width);
    assert!(line.width() <= width, "{line:?} on {width} columns");
    assert!(!line.contains(steers) && !line.contains(['\n', '\t']), "{line:?}");
}

/// What a person types, however its bytes are cut: the same text. The first byte says how many come at once.
pub fn typed(data: &[u8]) {
    let Some((step, data)) = data.split_first() else { return };
    let read = |step: usize| {
        let (mut pending, mut text) = (Vec::new(), String::new());
        for chunk in data.chunks(step.max(1)) {
            pending.extend_from_slice(chunk);
            text.push_str(&take_text(&mut pending));
            assert!(pending.len() < 4, "{pending:?}");
        }
        text + &String::from_utf8_lossy(&pending)
    };
    assert_eq!(read(usize::from(*step)), String::from_utf8_lossy(data));
}

#[cfg(test)]
mod tests {
    #[test]
    fn any_bytes_are_read_or_refused() {
        crate::property::run(super::TARGETS);
    }
}
