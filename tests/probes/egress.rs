//! Lia's doors, spoken to byte by byte, so that names come through that no well-behaved client would send.
//!
//! Outside of a sandbox a careless proxy stands where Lia's would, and names are resolved by the world's hosts file.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream, ToSocketAddrs as _},
};

use crate::{
    network::{MARK, dial, marked, read_until},
    outcome::{Failure, Outcome, Word},
};

/// Where the proxy is, inside and outside.
const PROXY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 3128);

fn lookup(host: &Word, port: u16) -> Result<SocketAddr, Failure> {
    let found = (host.text(), port).to_socket_addrs();
    found.ok().and_then(|mut all| all.next()).ok_or(Failure::said("unknown name"))
}

/// Resolves a name as every program does.
pub fn resolve(host: &Word) -> Outcome {
    lookup(host, 80).map(drop)
}

/// Plain HTTP to `host`:`port` without a proxy, with a Host header of one's own.
pub fn fetch(host: &Word, port: &Word, header: &Word, path: &Word) -> Outcome {
    let mut stream = dial(lookup(host, port.number()?)?)?;
    let request =
        [b"GET ", path.bytes(), b" HTTP/1.1\r\nHost: ", header.bytes(), b"\r\nConnection: close\r\n\r\n"]
            .concat();
    stream.write_all(&request)?;
    marked(&read_until(&mut stream, |_| false)?, MARK)
}

fn status(answer: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(answer);
    match text.split_whitespace().nth(1) {
        Some("200") => Ok(()),
        Some(code) => Err(Failure::said(code)),
        None => Err(Failure::said("closed")),
    }
}

fn tunnel(host: &[u8], port: &[u8]) -> Result<TcpStream, Failure> {
    let mut stream = dial(PROXY)?;
    stream.write_all(&[b"CONNECT ", host, b":", port, b" HTTP/1.1\r\nHost: x\r\n\r\n"].concat())?;
    let head = |all: &[u8]| all.windows(4).any(|w| w == b"\r\n\r\n");
    status(&read_until(&mut stream, head)?)?;
    Ok(stream)
}

/// HTTP CONNECT through the proxy.
pub fn connect(host: &Word, port: &Word) -> Outcome {
    tunnel(host.bytes(), port.bytes()).map(drop)
}

/// SOCKS5 CONNECT through the proxy; the host goes as a name whatever it is.
pub fn socks(host: &Word, port: u16) -> Outcome {
    let mut stream = dial(PROXY)?;
    let mut answer = [0; 10];
    stream.write_all(&[5, 1, 0])?;
    stream.read_exact(&mut answer[..2])?;
    let length = u8::try_from(host.bytes().len()).map_err(Failure::said)?;
    stream.write_all(&[&[5, 1, 0, 3, length], host.bytes(), &port.to_be_bytes()].concat())?;
    stream.read_exact(&mut answer)?;
    match answer[1] {
        0 => Ok(()),
        code => Err(Failure::said(format!("reply {code}"))),
    }
}

/// A request for a whole URL through the proxy, with a Host header of one's own.
pub fn via(url: &Word, header: &Word) -> Outcome {
    let mut stream = dial(PROXY)?;
    stream.write_all(
        &[b"GET ", url.bytes(), b" HTTP/1.1\r\nHost: ", header.bytes(), b"\r\nConnection: close\r\n\r\n"]
            .concat(),
    )?;
    let answer = read_until(&mut stream, |_| false)?;
    marked(&answer, MARK).or_else(|_| status(&answer).and(Err(Failure::said("another page"))))
}

/// TLS without a proxy, asking for another name than was dialled.
pub fn hello(host: &Word, name: &Word) -> Outcome {
    greet(dial(lookup(host, 443)?)?, name)
}

/// TLS through the proxy, asking for another name than CONNECT did.
pub fn hello_through(host: &Word, name: &Word) -> Outcome {
    greet(tunnel(host.bytes(), b"443")?, name)
}

fn greet(mut stream: TcpStream, name: &Word) -> Outcome {
    stream.write_all(&client_hello(name.bytes()))?;
    let answer = read_until(&mut stream, |all| all.len() >= 7)?;
    match answer[..] {
        [22, ..] => Ok(()),
        [21, _, _, _, _, _, what, ..] => Err(Failure::said(format!("alert {what}"))),
        _ => Err(Failure::said("closed")),
    }
}

/// A ClientHello of TLS 1.2 with this server name, or with none when it is empty.
fn client_hello(name: &[u8]) -> Vec<u8> {
    let vec16 = |bytes: &[u8]| [&(bytes.len() as u16).to_be_bytes(), bytes].concat();
    let extension = |kind: u16, bytes: &[u8]| [&kind.to_be_bytes()[..], &vec16(bytes)].concat();
    let mut extensions = [
        extension(10, &vec16(&[0, 29, 0, 23])), // groups: x25519, secp256r1
        extension(11, &[1, 0]),                 // points: uncompressed
        extension(13, &vec16(&[4, 3, 8, 4, 4, 1, 5, 3, 8, 7])), // signatures: ECDSA, RSA-PSS, RSA, Ed25519
    ]
    .concat();
    if !name.is_empty() {
        extensions.extend(extension(0, &vec16(&[&[0][..], &vec16(name)].concat())));
    }
    let suites = vec16(&[0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30]);
    let body = [&[3, 3][..], &[7; 32], &[0], &suites, &[1, 0], &vec16(&extensions)].concat();
    let message = [&[1, 0][..], &vec16(&body)].concat();
    [&[22, 3, 1][..], &vec16(&message)].concat()
}
