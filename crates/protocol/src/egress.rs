//! The egress link (port 5002): yamux, on which the sidecar opens one stream per outgoing connection.
//!
//! A stream begins with one JSON line of the sidecar ([`EgressHeader`], at most
//! [`crate::limits::EGRESS_HEADER_BYTES`]). For [`EgressHeader::Transparent`] and [`EgressHeader::Resolve`] the gateway
//! answers with one JSON line ([`EgressReply`]). Then bytes flow. The other doors speak their own protocol at once.

use serde::{Deserialize, Serialize};

/// Which door a connection of the agent came through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "door", rename_all = "lowercase")]
pub enum EgressHeader {
    /// The proxy on loopback: what follows is HTTP CONNECT, an absolute-form HTTP request, or SOCKS5; the gateway reads it.
    Proxy,
    /// The credential broker on loopback: what follows is HTTP/1.1 to `/<provider>/…`.
    Broker,
    /// A connection to an address that the sidecar's DNS gave out for `host`.
    Transparent {
        /// The name that was asked for.
        host: String,
        /// The port.
        port: u16,
    },
    /// A DNS question: may this name be spoken to at all? No bytes follow.
    Resolve {
        /// The name that was asked for.
        host: String,
    },
    /// The agent was refused inside (an address without a name); only to be told. No bytes follow.
    Refused {
        /// The address or name.
        host: String,
        /// The port.
        port: u16,
    },
}

/// The gateway's answer line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "lowercase")]
pub enum EgressReply {
    /// Allowed; bytes may flow.
    Ok,
    /// Refused.
    Refused {
        /// A readable sentence.
        reason: String,
    },
}
