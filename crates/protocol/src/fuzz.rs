//! What the fuzzers and the property tests feed with any bytes: each function panics where the code is wrong.

use bytes::Bytes;

use crate::{
    egress::{EgressHeader, EgressReply},
    host::{AllowRule, HostName},
    link::SidecarLine,
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

/// One line of a sidecar.
pub fn link_line(data: &[u8]) {
    if let Ok(line) = SidecarLine::parse(&Bytes::copy_from_slice(data)) {
        let _ = line.offset();
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
