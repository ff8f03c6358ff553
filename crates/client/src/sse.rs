//! A parser of server-sent events (WHATWG HTML §9.2.6), fed with bytes as they arrive, cut anywhere.

use bytes::{Buf as _, BytesMut};

/// One dispatched event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// The `event` field; empty means `message`.
    pub event: String,
    /// The `data` fields, joined by line feeds.
    pub data: String,
    /// The last `id` seen on the stream, this event's or an earlier one's.
    pub id: Option<String>,
}

/// Why a stream cannot be parsed any further.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// One event is larger than the parser takes.
    #[error("an event is larger than {0} bytes")]
    TooLarge(usize),
}

/// The parser. Give it bytes with [`Parser::feed`], then take events with [`Parser::next_event`] until there is none.
#[derive(Debug)]
pub struct Parser {
    buffer: BytesMut,
    /// Bytes of `buffer` in which no line end was found.
    searched: usize,
    after_cr: bool,
    begun: bool,
    event: String,
    data: String,
    has_data: bool,
    id: Option<String>,
    max: usize,
}

impl Parser {
    /// A parser for events of at most `max` bytes.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            searched: 0,
            after_cr: false,
            begun: false,
            event: String::new(),
            data: String::new(),
            has_data: false,
            id: None,
            max,
        }
    }

    /// Takes what arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole event, if one has arrived.
    ///
    /// # Errors
    /// When an event, whole or not, is larger than the parser takes.
    pub fn next_event(&mut self) -> Result<Option<SseEvent>, SseError> {
        while let Some(line) = self.line()? {
            let line = String::from_utf8_lossy(&line);
            if line.is_empty() {
                let event = std::mem::take(&mut self.event);
                if std::mem::take(&mut self.has_data) {
                    return Ok(Some(SseEvent {
                        event,
                        data: std::mem::take(&mut self.data),
                        id: self.id.clone(),
                    }));
                }
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut self.event),
                "data" => {
                    if self.has_data {
                        self.data.push('\n');
                    }
                    self.data.push_str(value);
                    self.has_data = true;
                    if self.data.len() > self.max {
                        return Err(SseError::TooLarge(self.max));
                    }
                }
                "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
                // Comments (an empty field), `retry`, and fields of later versions.
                _ => {}
            }
        }
        Ok(None)
    }

    /// The next whole line without its end (CR, LF or CR LF).
    fn line(&mut self) -> Result<Option<BytesMut>, SseError> {
        if self.after_cr && !self.buffer.is_empty() {
            self.after_cr = false;
            if self.buffer[0] == b'\n' {
                self.buffer.advance(1);
            }
        }
        if !self.begun {
            const BOM: &[u8] = b"\xef\xbb\xbf";
            if self.buffer.len() < BOM.len() && BOM.starts_with(&self.buffer) {
                return Ok(None);
            }
            self.begun = true;
            if self.buffer.starts_with(BOM) {
                self.buffer.advance(BOM.len());
            }
        }
        let Some(at) = self.buffer[self.searched..].iter().position(|b| matches!(b, b'\r' | b'\n')) else {
            self.searched = self.buffer.len();
            return if self.searched > self.max { Err(SseError::TooLarge(self.max)) } else { Ok(None) };
        };
        let line = self.buffer.split_to(self.searched + at);
        self.searched = 0;
        self.after_cr = self.buffer[0] == b'\r';
        self.buffer.advance(1);
        Ok(Some(line))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(chunks: &[&[u8]]) -> Vec<SseEvent> {
        let mut p = Parser::new(1 << 20);
        let mut out = Vec::new();
        for c in chunks {
            p.feed(c);
            while let Some(e) = p.next_event().unwrap() {
                out.push(e);
            }
        }
        out
    }

    fn event(event: &str, data: &str, id: Option<&str>) -> SseEvent {
        SseEvent { event: event.into(), data: data.into(), id: id.map(Into::into) }
    }

    const STREAM: &[u8] =
        "\u{feff}: hello\r\nid: 1\revent: a\r\ndata: x\ndata:y\r\n\r\nretry: 5\ndata\n\ndata:  two\nid\n\n\
        event: lost\n\nid: 7\ndata: é\u{1f600}\nother: x\n\ndata: cut off"
            .as_bytes();

    fn wanted() -> Vec<SseEvent> {
        vec![
            event("a", "x\ny", Some("1")),
            event("", "", Some("1")),
            event("", " two", Some("")),
            event("", "é\u{1f600}", Some("7")),
        ]
    }

    #[test]
    fn as_the_standard_says() {
        assert_eq!(parse(&[STREAM]), wanted());
        assert_eq!(parse(&[b"id: a\0b\ndata: x\n\n"]), vec![event("", "x", None)]);
    }

    #[test]
    fn cut_at_every_byte() {
        let bytes: Vec<&[u8]> = STREAM.chunks(1).collect();
        assert_eq!(parse(&bytes), wanted());
        for cut in 0..STREAM.len() {
            assert_eq!(parse(&[&STREAM[..cut], &STREAM[cut..]]), wanted(), "cut at {cut}");
        }
    }

    #[test]
    fn a_size_is_enforced() {
        let mut p = Parser::new(100);
        p.feed(&[b'x'; 101]);
        assert_eq!(p.next_event(), Err(SseError::TooLarge(100)));
        let mut p = Parser::new(100);
        p.feed(b"data: 0123456789\n".repeat(10).as_slice());
        assert_eq!(p.next_event(), Err(SseError::TooLarge(100)));
    }

    proptest! {
        #[test]
        fn never_panics(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 0..20)) {
            let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
            let whole = chunks.concat();
            prop_assert_eq!(parse(&chunks), parse(&[&whole]));
        }
    }
}
