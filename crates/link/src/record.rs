//! The records of the link, without I/O.
//!
//! ```text
//! record   magic (4)  link_epoch (8)  length (4)  CRC-32 (4)  payload (length)      little endian
//! mark     QUIET or more zero bytes, then a RESET or RESET_ACK record (length 0)
//! ```
//!
//! The CRC covers the header before it, the record's number within its epoch, and the payload: a record that is lost or
//! doubled shows.
//!
//! A mark is found wherever the decoder stands. In the middle of a record that was never finished, that record takes some of
//! the zero bytes for its own, is found to be wrong, and enough of them are left to count. No record can hold so many in a
//! row. So a payload, whoever wrote it, can never be taken for a mark; and since a decoder that has lost its place looks for
//! marks alone, never for a record either.

use crc32fast::Hasher;

/// Bytes of payload in one record.
pub const PAYLOAD: usize = 16 << 10;
/// Bytes before the payload.
pub const HEADER: usize = 20;
/// Zero bytes before a mark, at least: more than any record can hold in a row.
pub const QUIET: usize = PAYLOAD + 2 * HEADER;

const DATA: [u8; 4] = *b"LIAd";
const RESET: [u8; 4] = *b"LIAr";
const RESET_ACK: [u8; 4] = *b"LIAa";

/// The two marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The control plane begins this epoch.
    Reset(u64),
    /// The sidecar has begun it too: what follows belongs to it.
    ResetAck(u64),
}

/// The bytes of a mark.
#[must_use]
pub fn mark(mark: Mark) -> Vec<u8> {
    let (magic, epoch) = match mark {
        Mark::Reset(epoch) => (RESET, epoch),
        Mark::ResetAck(epoch) => (RESET_ACK, epoch),
    };
    let mut bytes = vec![0; QUIET];
    bytes.extend_from_slice(&header(magic, epoch, 0, &[]));
    bytes
}

fn header(magic: [u8; 4], epoch: u64, number: u64, payload: &[u8]) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(&magic);
    header[4..12].copy_from_slice(&epoch.to_le_bytes());
    header[12..16].copy_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes());
    let crc = crc(&header, number, payload);
    header[16..].copy_from_slice(&crc.to_le_bytes());
    header
}

fn crc(header: &[u8; HEADER], number: u64, payload: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(&header[..16]);
    hasher.update(&number.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

/// Makes the data records of one epoch.
#[derive(Clone, Debug)]
pub struct Encoder {
    epoch: u64,
    number: u64,
}

impl Encoder {
    /// For one epoch.
    #[must_use]
    pub fn new(epoch: u64) -> Self {
        Self { epoch, number: 0 }
    }

    /// Appends one record with as much of `bytes` as it holds; how much that was.
    pub fn encode(&mut self, bytes: &[u8], to: &mut Vec<u8>) -> usize {
        let payload = &bytes[..bytes.len().min(PAYLOAD)];
        to.extend_from_slice(&header(DATA, self.epoch, self.number, payload));
        to.extend_from_slice(payload);
        self.number += 1;
        payload.len()
    }
}

/// What a decoder found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A whole record of the epoch in force; [`Decoder::payload`] has its content until the next call.
    Data,
    /// A mark. Nothing is delivered after it until [`Decoder::begin`].
    Mark(Mark),
    /// The epoch in force is over: what came is not the record that had to come. Only a mark is found from here on.
    Lost,
}

/// Where a decoder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Looks for zero bytes enough.
    Hunt,
    /// They were there: the mark's record.
    Mark,
    /// In step: a header.
    Header,
    /// In step: a payload of this length.
    Body(usize),
}

/// Takes a stream of bytes apart.
#[derive(Clone, Debug)]
pub struct Decoder {
    state: State,
    /// Zero bytes directly before the next byte, whatever they were part of.
    zeros: usize,
    header: [u8; HEADER],
    header_len: usize,
    body: Vec<u8>,
    epoch: u64,
    number: u64,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            state: State::Hunt,
            zeros: 0,
            header: [0; HEADER],
            header_len: 0,
            body: Vec::with_capacity(PAYLOAD),
            epoch: 0,
            number: 0,
        }
    }
}

impl Decoder {
    /// Delivers the data records of this epoch from the next byte on.
    pub fn begin(&mut self, epoch: u64) {
        (self.epoch, self.number) = (epoch, 0);
        self.enter(State::Header);
    }

    /// Delivers nothing until the next mark.
    pub fn hunt(&mut self) {
        self.enter(State::Hunt);
    }

    /// The payload of the record that [`Event::Data`] told of.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.body
    }

    /// Takes bytes from the front of `input` until there is something to tell, or none are left.
    pub fn next(&mut self, input: &mut &[u8]) -> Option<Event> {
        while !input.is_empty() {
            let wanted = match self.state {
                State::Hunt => input.len().min(PAYLOAD),
                State::Mark | State::Header => HEADER - self.header_len,
                State::Body(length) => length - self.body.len(),
            };
            let piece = &input[..wanted.min(input.len())];
            let lead = piece.iter().take_while(|b| **b == 0).count();
            if self.state == State::Hunt && lead < piece.len() && self.zeros + lead >= QUIET {
                *input = &input[lead..];
                self.zeros = 0;
                self.enter(State::Mark);
                continue;
            }
            *input = &input[piece.len()..];
            self.count_zeros(piece, lead);
            if let Some(event) = self.take(piece) {
                return Some(event);
            }
        }
        None
    }

    fn count_zeros(&mut self, piece: &[u8], lead: usize) {
        self.zeros = if lead == piece.len() {
            self.zeros.saturating_add(lead)
        } else {
            piece.iter().rev().take_while(|b| **b == 0).count()
        };
    }

    /// One piece, which goes no further than the part of a record that is being read.
    fn take(&mut self, piece: &[u8]) -> Option<Event> {
        match self.state {
            State::Hunt => None,
            State::Mark | State::Header => {
                self.header[self.header_len..self.header_len + piece.len()].copy_from_slice(piece);
                self.header_len += piece.len();
                if self.state == State::Header { self.data_header() } else { self.mark_header() }
            }
            State::Body(length) => {
                self.body.extend_from_slice(piece);
                if self.body.len() < length { None } else { Some(self.data_body()) }
            }
        }
    }

    fn mark_header(&mut self) -> Option<Event> {
        if self.header_len < HEADER {
            return None;
        }
        let (magic, epoch, length, sum) = self.fields();
        let good = length == 0 && sum == crc(&self.header, 0, &[]);
        self.enter(State::Hunt);
        match magic {
            RESET if good => Some(Event::Mark(Mark::Reset(epoch))),
            RESET_ACK if good => Some(Event::Mark(Mark::ResetAck(epoch))),
            _ => None,
        }
    }

    fn data_header(&mut self) -> Option<Event> {
        // Told by the first byte that does not fit: the other side may wait for our answer after its mark.
        if self.header[..self.header_len].iter().zip(DATA).any(|(a, b)| *a != b) {
            self.enter(State::Hunt);
            return Some(Event::Lost);
        }
        if self.header_len < HEADER {
            return None;
        }
        let (_, epoch, length, _) = self.fields();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if epoch != self.epoch || length == 0 || length > PAYLOAD {
            self.enter(State::Hunt);
            return Some(Event::Lost);
        }
        self.body.clear();
        self.state = State::Body(length);
        None
    }

    fn data_body(&mut self) -> Event {
        let (_, _, _, sum) = self.fields();
        if sum != crc(&self.header, self.number, &self.body) {
            self.enter(State::Hunt);
            return Event::Lost;
        }
        self.number += 1;
        (self.state, self.header_len) = (State::Header, 0);
        Event::Data
    }

    fn fields(&self) -> ([u8; 4], u64, u32, u32) {
        let h = &self.header;
        let word = |at: usize| u32::from_le_bytes([h[at], h[at + 1], h[at + 2], h[at + 3]]);
        let epoch = u64::from(word(8)) << 32 | u64::from(word(4));
        ([h[0], h[1], h[2], h[3]], epoch, word(12), word(16))
    }

    fn enter(&mut self, state: State) {
        (self.state, self.header_len) = (state, 0);
        self.body.clear();
    }
}
