//! The TLS ClientHello (RFC 8446 §4.1.2, RFC 6066 §3): read whole, for its one server name.
//!
//! Stricter than a server needs to be: whatever two parsers might read differently is refused.

use lia_protocol::{
    host::{BadHost, HostName},
    limits::CLIENT_HELLO_BYTES,
};

/// The first byte of a TLS handshake record.
pub(crate) const HANDSHAKE: u8 = 22;
/// A fatal `access_denied` alert.
pub(crate) const DENIED: [u8; 7] = [21, 3, 3, 0, 2, 2, 49];
/// A fatal `internal_error` alert.
pub(crate) const UNREACHABLE: [u8; 7] = [21, 3, 3, 0, 2, 2, 80];

const CLIENT_HELLO: u8 = 1;
const RECORD_BYTES: usize = 1 << 14;
const SERVER_NAME: u16 = 0;
const HOST_NAME: u8 = 0;

/// Why a ClientHello does not pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadHello {
    /// Not TLS, or not its form.
    #[error("what was sent is not a well-formed TLS ClientHello")]
    Malformed,
    /// Over [`CLIENT_HELLO_BYTES`].
    #[error("the TLS ClientHello is longer than {CLIENT_HELLO_BYTES} bytes")]
    TooLong,
    /// No server name.
    #[error("the TLS ClientHello names no server (SNI)")]
    NoName,
    /// Several.
    #[error("the TLS ClientHello names more than one server")]
    ManyNames,
    /// A name that is none.
    #[error("the TLS server name: {0}")]
    Name(#[from] BadHost),
}

/// The server name of the ClientHello that `raw` begins with, or `None` when more bytes are needed. `raw` may hold
/// further records after it (early data), which are not looked at.
pub(crate) fn server_name(raw: &[u8]) -> Result<Option<HostName>, BadHello> {
    match message(raw)? {
        Some(message) => Ok(Some(name_in(&message[4..])?)),
        None if raw.len() >= CLIENT_HELLO_BYTES => Err(BadHello::TooLong),
        None => Ok(None),
    }
}

/// The handshake message, put together from its records.
fn message(raw: &[u8]) -> Result<Option<Vec<u8>>, BadHello> {
    let mut records = raw;
    let mut message: Vec<&[u8]> = Vec::new();
    let mut head: Vec<u8> = Vec::with_capacity(4);
    let mut had = 0;
    loop {
        if records.first().is_some_and(|kind| *kind != HANDSHAKE)
            || records.get(1).is_some_and(|major| *major != 3)
        {
            return Err(BadHello::Malformed);
        }
        let Some((&[_, _, _, high, low], rest)) = records.split_first_chunk::<5>() else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length == 0 || length > RECORD_BYTES {
            return Err(BadHello::Malformed);
        }
        let part = &rest[..length.min(rest.len())];
        head.extend(part.iter().take(4 - head.len()));
        if head.first().is_some_and(|kind| *kind != CLIENT_HELLO) {
            return Err(BadHello::Malformed);
        }
        message.push(part);
        had += length;
        if let [_, a, b, c] = head[..] {
            let whole = 4 + usize::from(a) * 65536 + usize::from(b) * 256 + usize::from(c);
            if whole > CLIENT_HELLO_BYTES {
                return Err(BadHello::TooLong);
            }
            if had > whole {
                return Err(BadHello::Malformed);
            }
            if had == whole && part.len() == length {
                return Ok(Some(message.concat()));
            }
        }
        if part.len() < length {
            return Ok(None);
        }
        records = &rest[length..];
    }
}

fn name_in(body: &[u8]) -> Result<HostName, BadHello> {
    let mut body = Cursor(body);
    body.bytes(2 + 32)?; // legacy version, random
    if body.short_vec()?.len() > 32 {
        return Err(BadHello::Malformed);
    }
    let suites = body.vec()?.0.len();
    if suites == 0 || suites % 2 != 0 || body.short_vec()?.is_empty() {
        return Err(BadHello::Malformed);
    }
    if body.0.is_empty() {
        return Err(BadHello::NoName);
    }
    let mut extensions = body.vec()?;
    if !body.0.is_empty() {
        return Err(BadHello::Malformed);
    }
    let mut seen = Vec::new();
    let mut name = None;
    while !extensions.0.is_empty() {
        let kind = extensions.number()?;
        let data = extensions.vec()?;
        if seen.contains(&kind) {
            return Err(if kind == SERVER_NAME { BadHello::ManyNames } else { BadHello::Malformed });
        }
        seen.push(kind);
        if kind == SERVER_NAME {
            name = Some(only_name(data)?);
        }
    }
    name.ok_or(BadHello::NoName)
}

fn only_name(mut data: Cursor<'_>) -> Result<HostName, BadHello> {
    let mut names = data.vec()?;
    if names.bytes(1)? != [HOST_NAME] || !data.0.is_empty() {
        return Err(BadHello::Malformed);
    }
    let name = names.vec()?.0;
    if !names.0.is_empty() {
        return Err(BadHello::ManyNames);
    }
    Ok(HostName::parse(&String::from_utf8_lossy(name))?)
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn bytes(&mut self, n: usize) -> Result<&'a [u8], BadHello> {
        let (head, rest) = self.0.split_at_checked(n).ok_or(BadHello::Malformed)?;
        self.0 = rest;
        Ok(head)
    }
    fn number(&mut self) -> Result<u16, BadHello> {
        self.bytes(2).map(|b| u16::from_be_bytes([b[0], b[1]]))
    }
    fn short_vec(&mut self) -> Result<&'a [u8], BadHello> {
        let n = self.bytes(1)?[0];
        self.bytes(n.into())
    }
    fn vec(&mut self) -> Result<Cursor<'a>, BadHello> {
        let n = self.number()?;
        self.bytes(n.into()).map(Cursor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vec16(data: &[u8]) -> Vec<u8> {
        let mut out = u16::try_from(data.len()).unwrap().to_be_bytes().to_vec();
        out.extend(data);
        out
    }

    fn extension(kind: u16, data: &[u8]) -> Vec<u8> {
        [&kind.to_be_bytes()[..], &vec16(data)].concat()
    }

    fn sni(names: &[&str]) -> Vec<u8> {
        let list: Vec<u8> =
            names.iter().flat_map(|n| [&[HOST_NAME][..], &vec16(n.as_bytes())].concat()).collect();
        extension(SERVER_NAME, &vec16(&list))
    }

    fn hello(extensions: &[Vec<u8>]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0]);
        body.extend(vec16(&[0x13, 0x01, 0x1a, 0x1a]));
        body.extend([1, 0]);
        body.extend(vec16(&extensions.concat()));
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&[CLIENT_HELLO][..], &length[1..], &body].concat()
    }

    fn records(message: &[u8], size: usize) -> Vec<u8> {
        message.chunks(size).flat_map(|c| [&[HANDSHAKE, 3, 1][..], &vec16(c)].concat()).collect()
    }

    fn name(extensions: &[Vec<u8>]) -> Result<Option<HostName>, BadHello> {
        server_name(&records(&hello(extensions), RECORD_BYTES))
    }

    #[test]
    fn one_name_and_nothing_else() {
        let a = HostName::parse("a.example").unwrap();
        assert_eq!(name(&[sni(&["A.example"])]), Ok(Some(a.clone())));
        // GREASE: an ECH extension, and types that nobody knows.
        let grease = [extension(0x2a2a, &[]), sni(&["a.example"]), extension(0xfe0d, &[0; 200])];
        assert_eq!(name(&grease), Ok(Some(a)));
        assert_eq!(name(&[]), Err(BadHello::NoName));
        assert_eq!(name(&[extension(0xfe0d, &[0; 200])]), Err(BadHello::NoName));
        assert_eq!(name(&[sni(&["a.example", "b.example"])]), Err(BadHello::ManyNames));
        assert_eq!(name(&[sni(&["a.example"]), sni(&["a.example"])]), Err(BadHello::ManyNames));
        assert_eq!(
            name(&[extension(9, &[]), sni(&["a.example"]), extension(9, &[])]),
            Err(BadHello::Malformed)
        );
        for bad in ["a.example.", "a\0.example", "127.0.0.1", "::1", "", "u@a.example", "b\u{fc}cher.example"]
        {
            assert!(matches!(name(&[sni(&[bad])]), Err(BadHello::Name(_))), "{bad:?} was taken");
        }
        assert_eq!(server_name(b"GET / HTTP/1.1\r\n"), Err(BadHello::Malformed));
        let two = [hello(&[sni(&["a.example"])]), hello(&[sni(&["b.example"])])].concat();
        assert_eq!(server_name(&records(&two, RECORD_BYTES)), Err(BadHello::Malformed));
        let large = [extension(21, &[0; CLIENT_HELLO_BYTES]), sni(&["a.example"])];
        assert_eq!(name(&large), Err(BadHello::TooLong));
        let endless =
            records(&hello(&[extension(21, &[0; CLIENT_HELLO_BYTES - 200]), sni(&["a.example"])]), 1);
        assert_eq!(server_name(&endless[..CLIENT_HELLO_BYTES]), Err(BadHello::TooLong));
    }

    proptest! {
        #[test]
        fn it_is_read_from_any_cut(size in 1_usize..400, rest in proptest::collection::vec(any::<u8>(), 0..40)) {
            let raw = records(&hello(&[extension(0xfe0d, &[3; 50]), sni(&["a.example"])]), size);
            for n in 0..raw.len() {
                prop_assert_eq!(server_name(&raw[..n]), Ok(None), "at {}", n);
            }
            let whole = server_name(&[raw, rest].concat());
            prop_assert_eq!(whole, Ok(Some(HostName::parse("a.example").unwrap())));
        }

        #[test]
        fn anything_gets_an_answer(
            mut raw in proptest::collection::vec(any::<u8>(), 0..300),
            flips in proptest::collection::vec((0_usize..200, any::<u8>()), 0..4),
        ) {
            let _ = server_name(&raw);
            let mut near = records(&hello(&[sni(&["a.example"]), extension(43, &[2, 3, 4])]), 64);
            for (at, byte) in flips {
                let n = near.len();
                near[at % n] = byte;
            }
            if let Ok(Some(name)) = server_name(&near) {
                prop_assert!(HostName::parse(name.as_str()).is_ok());
            }
            raw.splice(0..0, [HANDSHAKE, 3, 1, 0, 200, CLIENT_HELLO, 0, 0, 196]);
            let _ = server_name(&raw);
        }
    }
}
