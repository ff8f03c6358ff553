//! A terminal's bytes as text. A character may be cut anywhere between two chunks; its beginning is kept until its end is
//! there.

use lia_protocol::event::OutputChunk;

/// The bytes of one character at most.
const CHARACTER: usize = 4;

/// Where a terminal's text stands.
#[derive(Clone, Debug, Default)]
pub struct Pty {
    /// Where the next chunk goes, when it follows.
    next: u64,
    /// The beginning of a character.
    cut: [u8; CHARACTER],
    cut_len: usize,
}

impl Pty {
    /// Takes a chunk: its text.
    pub fn take(&mut self, chunk: &OutputChunk) -> String {
        if chunk.data.is_empty() {
            // Dropped from the log since.
            return String::new();
        }
        if chunk.pos != self.next {
            self.cut_len = 0;
        }
        self.next = chunk.pos + chunk.data.len() as u64;
        let mut bytes = Vec::with_capacity(self.cut_len + chunk.data.len());
        bytes.extend_from_slice(&self.cut[..self.cut_len]);
        bytes.extend_from_slice(&chunk.data);
        let keep = unfinished(&bytes);
        let (whole, rest) = bytes.split_at(bytes.len() - keep);
        self.cut[..keep].copy_from_slice(rest);
        self.cut_len = keep;
        String::from_utf8_lossy(whole).into_owned()
    }
}

impl Pty {
    /// Where the bytes stand that were taken.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.next
    }

    /// Where the text stands that was given: before the beginning of a character that is kept.
    #[must_use]
    pub fn given(&self) -> u64 {
        self.next.saturating_sub(self.cut_len as u64)
    }

    /// What is left at the end: the beginning of a character that has no end.
    pub fn rest(&mut self) -> String {
        let rest = String::from_utf8_lossy(&self.cut[..self.cut_len]).into_owned();
        self.cut_len = 0;
        rest
    }
}

/// Bytes at the end that begin a character and do not end it.
fn unfinished(bytes: &[u8]) -> usize {
    let tail = bytes.len().min(CHARACTER - 1);
    for n in 1..=tail {
        let end = &bytes[bytes.len() - n..];
        if end[0] & 0xc0 == 0x80 {
            continue;
        }
        return match std::str::from_utf8(end) {
            Err(e) if e.error_len().is_none() => n,
            Err(_) | Ok(_) => 0,
        };
    }
    0
}
