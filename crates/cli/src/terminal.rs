//! The user's terminal in raw mode, given back whatever happens.

use std::io;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// Raw mode until it is dropped.
#[derive(Debug)]
pub struct Raw {
    before: Termios,
}

impl Raw {
    /// Switches standard input's terminal to raw mode.
    ///
    /// # Errors
    /// When standard input is no terminal.
    pub fn enter() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Flush, &raw)?;
        Ok(Self { before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.before);
    }
}

/// Columns and rows of standard output's terminal.
pub fn size() -> Option<(u16, u16)> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col, size.ws_row))
}

/// Takes the whole characters from the front of `pending`; the bytes of one that is cut stay for the next time. Bytes
/// that can become no character come out as U+FFFD.
pub fn take_text(pending: &mut Vec<u8>) -> String {
    // Only what stands at the very end and may still become a character waits.
    let last = pending.utf8_chunks().last().map_or(&[][..], |c| c.invalid());
    let open = std::str::from_utf8(last).is_err_and(|e| e.error_len().is_none());
    let cut = pending.len() - if open { last.len() } else { 0 };
    let rest = pending.split_off(cut);
    let text = String::from_utf8_lossy(pending).into_owned();
    *pending = rest;
    text
}

#[cfg(test)]
mod tests {
    use super::take_text;

    #[test]
    fn characters_cut_anywhere() {
        let typed = "aé漢\u{1f600}z".as_bytes();
        for cut in 0..=typed.len() {
            let mut pending = typed[..cut].to_vec();
            let mut text = take_text(&mut pending);
            pending.extend_from_slice(&typed[cut..]);
            text.push_str(&take_text(&mut pending));
            assert_eq!(text.as_bytes(), typed, "cut at {cut}");
            assert!(pending.is_empty());
        }
        let mut bad = b"a\xff\xc3".to_vec();
        assert_eq!(take_text(&mut bad), "a\u{fffd}");
        assert_eq!(bad, b"\xc3");
        let mut bad = b"\xffb".to_vec();
        assert_eq!((take_text(&mut bad).as_str(), bad.len()), ("\u{fffd}b", 0));
    }
}
