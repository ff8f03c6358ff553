//! Text for people: relative times, sizes, short ids, and what an agent wrote made safe for a terminal.

use std::borrow::Cow;

use lia_protocol::{ids::TaskId, time::Timestamp};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The short form of an id: its first 12 hex digits, which hold the millisecond of its making.
pub fn short(id: TaskId) -> String {
    id.to_string()[..13].to_owned()
}

/// How long ago, in one unit.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = (now.millis() - then.millis()) / 1000;
    match seconds {
        ..=1 => "now".into(),
        s => format!("{} ago", span(s)),
    }
}

/// A length of time in one unit.
pub fn span(seconds: i64) -> String {
    match seconds {
        s @ ..=119 => format!("{s} s"),
        s @ ..=7199 => format!("{} min", s / 60),
        s @ ..=172_799 => format!("{} h", s / 3600),
        s => format!("{} days", s / 86_400),
    }
}

/// Bytes in one unit.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{n} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// Text in which nothing can steer a terminal: control characters except tab and line feed are shown as their symbols.
/// What an agent writes may be written by whoever wrote what it read.
pub fn tame(text: &str) -> Cow<'_, str> {
    let steers = |c: char| {
        c.is_control() && c != '\n' && c != '\t'
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    // A carriage return before a line feed is a line end of another system.
    let text = text.replace("\r\n", "\n");
    let shown = |c: char| match c {
        c if !steers(c) => c,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ => '\u{fffd}',
    };
    Cow::Owned(text.chars().map(shown).collect())
}

/// The same on one line of at most `width` columns.
pub fn line(text: &str, width: usize) -> String {
    let one: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let one = tame(&one);
    if one.width() <= width {
        return one.into_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in one.chars() {
        // The selector makes the symbol before it a wide one.
        used += if c == '\u{fe0f}' { 1 } else { c.width().unwrap_or(0) };
        if used >= width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(
            tame("a\x1b]52;c;x\x07b\r\nc\td\u{9b}31m\u{202e}"),
            "a\u{241b}]52;c;x\u{2407}b\nc\td\u{fffd}31m\u{fffd}"
        );
        assert!(matches!(tame("plain é\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn lines_fit() {
        assert_eq!(line("one\n two", 20), "one two");
        assert_eq!(line("漢字漢字漢字", 6), "漢字…");
        assert!(line("漢字漢字漢字", 6).width() <= 6);
        assert_eq!(line("☺\u{fe0f}☺\u{fe0f}☺\u{fe0f}", 5), "☺\u{fe0f}☺\u{fe0f}…");
    }

    #[test]
    fn times() {
        let at = |s: i64| ago(Timestamp(0), Timestamp(s * 1000));
        assert_eq!(
            [at(0), at(5), at(300), at(7200), at(400_000)],
            ["now", "5 s ago", "5 min ago", "2 h ago", "4 days ago"]
        );
        assert_eq!(bytes(1536), "1.5 KiB");
    }
}
