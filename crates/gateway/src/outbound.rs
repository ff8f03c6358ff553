//! Connections that the server itself makes to addresses that users name (webhooks): resolved once, checked, and one of
//! these very addresses is dialled.

use std::{io, net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use lia_protocol::host::HostName;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::OnceCell,
};
use tokio_rustls::TlsConnector;

use crate::{Error, Resolver, address::is_special, dial::dial, tls::client_config};

/// A name or an address that is to be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name, which is resolved.
    Name(HostName),
    /// An address.
    Address(IpAddr),
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The address is private or special, and nothing allows it.
    #[error("{0} is a private or special address")]
    Special(IpAddr),
    /// The name cannot be resolved, the address does not answer, or TLS fails.
    #[error("{what}: {why}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// What went wrong.
        why: io::Error,
    },
    /// TLS cannot be set up here.
    #[error(transparent)]
    Tls(#[from] Error),
}

/// Both directions of a connection.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Makes connections.
#[derive(Debug)]
pub struct Outbound {
    resolver: Resolver,
    more_roots: Option<PathBuf>,
    tls: OnceCell<Arc<ClientConfig>>,
}

impl Outbound {
    /// With the certificate authorities of a PEM file beside the system's; both are read when they are first needed.
    #[must_use]
    pub fn new(resolver: Resolver, more_roots: Option<PathBuf>) -> Self {
        Self { resolver, more_roots, tls: OnceCell::new() }
    }

    /// Connects to `host`, with TLS if asked. A special address is dialled only if `allowed` says so of it. Every name
    /// that stands for one such address beside others is refused as a whole.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn connect(
        &self,
        host: &Host,
        port: u16,
        tls: bool,
        allowed: impl Fn(IpAddr) -> bool,
        limit: Duration,
    ) -> Result<Box<dyn Duplex>, OutboundError> {
        let failed = |what| move |why| OutboundError::Io { what, why };
        let (addresses, name) = match host {
            Host::Address(address) => (vec![*address], ServerName::from(*address)),
            Host::Name(name) => {
                let found = self
                    .resolver
                    .resolve(name, limit)
                    .await
                    .map_err(failed("the name cannot be resolved"))?;
                let server = ServerName::try_from(name.as_str().to_owned());
                let server = server.map_err(|e| failed("the name")(io::Error::other(e)))?;
                (found, server)
            }
        };
        if let Some(special) = addresses.iter().find(|a| is_special(**a) && !allowed(**a)) {
            return Err(OutboundError::Special(*special));
        }
        let tcp = dial(&addresses, port, limit).await.map_err(failed("the connection failed"))?;
        if !tls {
            return Ok(Box::new(tcp));
        }
        let config = self.tls.get_or_try_init(|| async { self.read_roots().await }).await?.clone();
        let stream = TlsConnector::from(config).connect(name, tcp).await.map_err(failed("TLS failed"))?;
        Ok(Box::new(stream))
    }

    async fn read_roots(&self) -> Result<Arc<ClientConfig>, OutboundError> {
        let path = self.more_roots.clone();
        let read = tokio::task::spawn_blocking(move || client_config(path.as_deref())).await;
        match read {
            Ok(config) => Ok(Arc::new(config?)),
            Err(e) => {
                Err(OutboundError::Io { what: "the certificate authorities", why: io::Error::other(e) })
            }
        }
    }
}
