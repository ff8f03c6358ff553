//! What the fuzzers and the property tests feed with any bytes: each function panics where the code is wrong.

use crate::{hello, http, socks};

/// The bodies of this crate.
pub const TARGETS: &[lia_protocol::fuzz::Target] =
    &[("client_hello", client_hello), ("authority", authority), ("socks5", socks5)];

/// A ClientHello, as it arrives: once a name is found, more bytes do not change it.
pub fn client_hello(data: &[u8]) {
    let whole = hello::server_name(data);
    let half = hello::server_name(&data[..data.len() / 2]);
    if let Ok(Some(name)) = half {
        assert_eq!(whole, Ok(Some(name)));
    }
}

/// The authority of a request's head, of which nothing is lost.
pub fn authority(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some((host, port)) = http::authority(text) {
        assert!(!host.is_empty() && !text.contains('@') && text.starts_with(host));
        assert_eq!(port.is_some(), text.len() > host.len());
    }
}

/// A SOCKS5 request.
pub fn socks5(data: &[u8]) {
    let Some(head) = data.first_chunk::<5>() else { return };
    if let Ok(Ok(length)) = socks::length(*head)
        && let Some(message) = data.get(..length)
    {
        let (host, _) = socks::target(message);
        assert!(host.len() <= 3 * 255);
    }
}
