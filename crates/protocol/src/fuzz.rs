//! What the fuzzers and the property tests feed with any bytes: each function panics where the code is wrong.

use bytes::Bytes;

use serde::de::IgnoredAny;

use crate::{
    egress::{EgressHeader, EgressReply},
    event::OutputChunk,
    host::{AllowRule, HostName},
    link::SidecarLine,
    sessions::verify::{sign_webhook_payload, verify_webhook_signature},
    time::Timestamp,
};

/// A body by its name.
pub type Target = (&'static str, fn(&[u8]));

/// The bodies of this crate.
pub const TARGETS: &[Target] = &[
    ("host_rule", host_rule),
    ("timestamp", timestamp),
    ("link_line", link_line),
    ("egress_line", egress_line),
    ("output_chunk", output_chunk),
    ("webhook", webhook),
];

/// A host name and an allow rule. A name is its own plain form; a rule reads back what it writes.
pub fn host_rule(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(host) = HostName::parse(text) {
        assert_eq!(HostName::parse(host.as_str()).as_ref(), Ok(&host));
        assert!(host.as_str().is_ascii() && host.as_str().len() <= 253);
    }
    if let Ok(rule) = text.parse::<AllowRule>() {
        assert_eq!(rule.to_string().parse::<AllowRule>().as_ref(), Ok(&rule));
    }
}

/// A point in time reads back what it writes.
pub fn timestamp(data: &[u8]) {
    let json = serde_json::Value::from(String::from_utf8_lossy(data)).to_string();
    if let Ok(at) = serde_json::from_str::<Timestamp>(&json) {
        let again = serde_json::to_string(&at).unwrap_or_default();
        assert_eq!(serde_json::from_str::<Timestamp>(&again).ok(), Some(at), "{again}");
    }
}

/// One line of a sidecar: a frame is JSON, and a slice of the line.
pub fn link_line(data: &[u8]) {
    if let Ok(line) = SidecarLine::parse(&Bytes::copy_from_slice(data)) {
        let _ = line.offset();
        if let SidecarLine::Rpc { frame, .. } = line {
            assert!(serde_json::from_slice::<IgnoredAny>(&frame).is_ok() && frame.len() < data.len());
        }
    }
}

/// The first line of an egress stream, and the answer to it.
pub fn egress_line(data: &[u8]) {
    if let Ok(header) = serde_json::from_slice::<EgressHeader>(data) {
        let again = serde_json::to_vec(&header).unwrap_or_default();
        assert_eq!(serde_json::from_slice::<EgressHeader>(&again).ok(), Some(header));
    }
    let _ = serde_json::from_slice::<EgressReply>(data);
}

/// The stored form of a terminal's bytes: what is read is written the same, and nothing is lost of what is too short.
pub fn output_chunk(data: &[u8]) {
    let body = Bytes::copy_from_slice(data);
    let chunk = OutputChunk::decode(&body);
    if data.len() < 8 {
        assert_eq!((chunk.pos, &chunk.data), (0, &body));
    } else {
        assert_eq!(chunk.encode(), body);
    }
    assert!(chunk.text().len() <= 3 * chunk.data.len());
}

/// A webhook: secret and claimed signature in the first two lines, then the body. Only the one signature is good, for the
/// one body.
pub fn webhook(data: &[u8]) {
    let mut parts = data.splitn(3, |b| *b == b'\n').chain([&[][..]; 2]);
    let (Some(secret), Some(claimed), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
        return;
    };
    let (secret, claimed) = (String::from_utf8_lossy(secret), String::from_utf8_lossy(claimed));
    let good = sign_webhook_payload(&secret, body);
    assert!(verify_webhook_signature(&secret, body, &good));
    assert_eq!(verify_webhook_signature(&secret, body, &claimed), claimed == good);
    assert!(!verify_webhook_signature(&secret, &[body, b"\n"].concat(), &good));
    assert!(!verify_webhook_signature(&secret, body, &good.to_uppercase()));
}
