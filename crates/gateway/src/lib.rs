//! Lia's only door out of an instance: egress proxy, allowlist, credential broker, usage counting.
//!
//! One [`Gateway`] serves every instance. An instance is known by its egress link, the yamux connection that
//! [`Gateway::serve_link`] is given; nothing that is said on it changes which policy holds. Deny is the default.
//!
//! ```text
//! link      one egress link: its streams, their number, their header lines, the doors without bytes
//! proxy     door "proxy": HTTP CONNECT, absolute-form HTTP; socks: SOCKS5
//! admit     the decision: name → rule → addresses → dial, always the same value
//! tunnel    what flows after a decision: hello (TLS) is checked, plain (HTTP) is read request by request, tcp rules pass
//! broker    door "broker": the real credential is added here, usage is counted here
//! outbound  connections of the server's own to addresses that users name
//! events    what goes to the log, folded and bounded
//! ```
//!
//! What this cannot see: inside TLS, a server that answers for several names may be asked for another one of them
//! (domain fronting), and a real Encrypted ClientHello hides its inner name behind an allowed outer one. An allow rule
//! for a shared front therefore allows all that the front serves.

mod address;
mod admit;
mod broker;
mod dial;
mod events;
#[doc(hidden)]
pub mod fuzz;
mod hello;
mod http;
mod link;
mod options;
mod outbound;
mod plain;
mod proxy;
mod socks;
mod stream;
mod tls;
mod tunnel;
mod usage;

use std::sync::Arc;

use lia_protocol::{
    event::{EgressAllowed, EgressRefused, Usage},
    ids::SessionId,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{mpsc, watch},
};
use tokio_util::sync::CancellationToken;

pub use crate::{
    address::is_special,
    admit::Policy,
    dial::Resolver,
    options::{BadBaseUrl, BaseUrl, Options, Provider, ProviderKind},
    outbound::{Duplex, Host, Outbound, OutboundError},
};

/// What an instance did at the door, for its session's log. Every text in it is bounded and printable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatewayEvent {
    /// A connection was refused. Repeats of the same (host, port, door) are folded: the first comes at once, then at
    /// most one in ten seconds.
    Refused(EgressRefused),
    /// A connection passed: the first of its destination.
    Allowed(EgressAllowed),
    /// A request that the broker forwarded has ended: one for each, with zeros where the provider named no tokens.
    Usage {
        /// What it used.
        usage: Usage,
        /// Whose it is, as the request said by a path of `/~<session>/<provider>/…`. A claim: within one instance only.
        session: Option<SessionId>,
    },
}

/// Why a gateway cannot be made, or a link ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A provider's key has bytes that no HTTP header may carry.
    #[error("the key of provider {0:?} has characters that cannot stand in an HTTP header")]
    Key(String),
    /// The extra CA file cannot be used.
    #[error("the CA file {path}: {why}")]
    Ca {
        /// Which file.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// TLS cannot be set up.
    #[error("TLS to the providers cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The instance's side of the link broke the multiplexer's protocol, or the connection failed.
    #[error("the egress link failed: {0}")]
    Link(#[from] yamux::ConnectionError),
}

/// Handle of the gateway; a clone is the same gateway.
#[derive(Clone)]
pub struct Gateway {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    upstream: broker::Upstream,
}

impl Gateway {
    /// Makes the gateway. Reads the system's root certificates and the extra CA file; blocks for that long.
    ///
    /// # Errors
    /// A key that cannot be sent, an unreadable CA file, TLS that cannot be set up.
    pub fn new(options: Options) -> Result<Self, Error> {
        options.check()?;
        let upstream = broker::Upstream::new(&options)?;
        Ok(Self { shared: Arc::new(Shared { options, upstream }) })
    }

    /// Serves one instance's egress link until the link closes or `cancel` fires; then nothing of it is left running.
    /// `io` is the byte stream after the `LIA1` preamble. `policy` is read anew at every decision, and a tunnel
    /// whose rule goes away is cut. Keep reading `events` until this returns: a full channel holds the doors back.
    ///
    /// # Errors
    /// [`Error::Link`] when the other side broke the multiplexer's protocol or the connection failed.
    pub async fn serve_link<S>(
        &self,
        io: S,
        policy: watch::Receiver<Arc<Policy>>,
        events: mpsc::Sender<GatewayEvent>,
        cancel: CancellationToken,
    ) -> Result<(), Error>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        link::serve(self.shared.clone(), io, policy, events, cancel).await
    }
}
