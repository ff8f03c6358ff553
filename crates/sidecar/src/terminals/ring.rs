//! What a terminal printed: the newest bytes, by their offset.

use std::collections::VecDeque;

use lia_protocol::limits::TERMINAL_KEPT_BYTES;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Ring {
    bytes: VecDeque<u8>,
    /// Bytes before those that are kept.
    start: u64,
}

impl Ring {
    /// Bytes that are not kept any more.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Bytes altogether.
    pub fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// Adds bytes; the oldest go, whole characters of them.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        let over = self.bytes.len().saturating_sub(TERMINAL_KEPT_BYTES);
        if over > 0 {
            let cut = self.bytes.range(over..).take(3).take_while(|b| **b & 0xC0 == 0x80).count();
            self.bytes.drain(..over + cut);
            self.start += (over + cut) as u64;
        }
    }

    /// At most so many bytes from an offset on, which is kept or the end.
    pub fn read(&self, from: u64, most: usize) -> Vec<u8> {
        let skip = usize::try_from(from.saturating_sub(self.start)).unwrap_or(usize::MAX);
        self.bytes.iter().skip(skip).take(most).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_and_no_character_is_cut() {
        let mut ring = Ring::default();
        ring.push(b"abc");
        assert_eq!((ring.start(), ring.end(), ring.read(1, 9)), (0, 3, b"bc".to_vec()));
        assert_eq!(ring.read(3, 9), b"");
        ring.push("漢".repeat(TERMINAL_KEPT_BYTES).as_bytes());
        let end = 3 + 3 * TERMINAL_KEPT_BYTES as u64;
        assert_eq!(ring.end(), end);
        assert!(ring.end() - ring.start() <= TERMINAL_KEPT_BYTES as u64);
        assert!(ring.end() - ring.start() > TERMINAL_KEPT_BYTES as u64 - 4);
        assert_eq!(ring.read(ring.start(), 3), "漢".as_bytes());
        assert_eq!(ring.read(end - 3, 100), "漢".as_bytes());
        // Bytes that are no characters go all the same.
        ring.push(&vec![0x80; 2 * TERMINAL_KEPT_BYTES]);
        assert!(ring.read(ring.start(), usize::MAX).len() >= TERMINAL_KEPT_BYTES - 4);
    }
}
