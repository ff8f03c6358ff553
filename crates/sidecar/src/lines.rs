//! Lines out of a stream of bytes, with a bound that holds before anything is allocated for them.

use std::ops::Range;

/// A buffer larger than this is given back when it is empty.
const KEEP: usize = 512 << 10;

/// A line is longer than it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line is longer than {0} bytes")]
pub struct TooLong(pub usize);

/// Collects bytes and gives out whole lines.
#[derive(Debug)]
pub struct Lines {
    buf: Vec<u8>,
    /// Where the first line that was not given out begins.
    start: usize,
    /// Up to where no newline was found.
    seen: usize,
    max: usize,
}

impl Lines {
    /// Lines of at most `max` bytes, the newline not counted.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { buf: Vec::new(), start: 0, seen: 0, max }
    }

    /// The buffer, with room for at least `room` bytes to be appended. Ranges given out before are void.
    pub fn space(&mut self, room: usize) -> &mut Vec<u8> {
        if self.start > 0 {
            self.buf.drain(..self.start);
            self.seen -= self.start;
            self.start = 0;
        }
        if self.buf.is_empty() {
            self.buf.shrink_to(KEEP);
        }
        self.buf.reserve(room);
        &mut self.buf
    }

    /// The next whole line, as a range for [`Self::get`].
    ///
    /// # Errors
    /// [`TooLong`] as soon as a line is, whole or not.
    pub fn next_line(&mut self) -> Result<Option<Range<usize>>, TooLong> {
        match memchr::memchr(b'\n', &self.buf[self.seen..]) {
            Some(i) => {
                let line = self.start..self.seen + i;
                self.start = line.end + 1;
                self.seen = self.start;
                if line.len() > self.max { Err(TooLong(self.max)) } else { Ok(Some(line)) }
            }
            None => {
                self.seen = self.buf.len();
                if self.seen - self.start > self.max { Err(TooLong(self.max)) } else { Ok(None) }
            }
        }
    }

    /// A line's bytes.
    #[must_use]
    pub fn get(&self, line: Range<usize>) -> &[u8] {
        &self.buf[line]
    }

    /// After [`TooLong`]: drops what has come of that line without its end, and gives it out; what follows it stays.
    pub fn skip(&mut self) -> &[u8] {
        let dropped = self.start..self.seen;
        self.start = self.seen;
        &self.buf[dropped]
    }

    /// What is left without a newline at the stream's end.
    #[must_use]
    pub fn rest(&self) -> &[u8] {
        &self.buf[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_line_that_is_too_long_stays() {
        for (pieces, dropped) in [(&["xxxxxx\nnext\n"][..], ""), (&["xxxxx", "\nnext\n"], "xxxxx")] {
            let (mut lines, mut found, mut skipped) = (Lines::new(4), Vec::new(), Vec::new());
            for piece in pieces {
                lines.space(piece.len()).extend_from_slice(piece.as_bytes());
                loop {
                    match lines.next_line() {
                        Ok(Some(line)) => found.push(lines.get(line).to_vec()),
                        Ok(None) => break,
                        Err(TooLong(_)) => skipped.extend_from_slice(lines.skip()),
                    }
                }
            }
            assert_eq!(found.last().map(Vec::as_slice), Some(&b"next"[..]), "{pieces:?}");
            assert_eq!(skipped, dropped.as_bytes(), "{pieces:?}");
        }
    }
}
