//! What can go wrong between a client and a server, in words that say what to do next.

use lia_protocol::error::{ApiError, ErrorCode};

/// An error of the client.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The base URL cannot be used.
    #[error("{url:?} is not the address of a server: {why}; it looks like http://127.0.0.1:3000")]
    BadUrl {
        /// As it was given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The token cannot go into a header.
    #[error("the token holds characters that no token has; it looks like lia_ and 64 hex digits")]
    BadToken,
    /// Nobody listens there.
    #[error(
        "no server answers at {url}: {why}; start one with `lia serve`, or name another with --url or LIA_URL"
    )]
    Unreachable {
        /// The base URL.
        url: String,
        /// What the operating system said.
        why: String,
    },
    /// The TLS handshake failed.
    #[error(
        "the server at {url} does not prove who it is: {why}; check the URL, or have its authority trusted (SSL_CERT_FILE)"
    )]
    Untrusted {
        /// The base URL.
        url: String,
        /// What the TLS library said.
        why: String,
    },
    /// The server refused or failed, and said why.
    #[error("{}", api.error)]
    Api {
        /// The HTTP status.
        status: u16,
        /// The server's words.
        api: ApiError,
    },
    /// Something answered that does not speak Lia's API.
    #[error(
        "{url} answered {status}, not as a Lia server does: {body:?}; check the URL and what stands between"
    )]
    NotLia {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// The connection broke or was too slow.
    #[error("the connection to {url} broke: {why}")]
    Broken {
        /// What was asked.
        url: String,
        /// How.
        why: String,
    },
    /// The server said something that this client cannot read.
    #[error("the server's {what} cannot be read: {why}; client and server may be of different versions")]
    Protocol {
        /// Which message.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A local file or stream could not be read or written.
    #[error("{what}: {source}")]
    Io {
        /// What was tried, with the path.
        what: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The HTTP client could not be made (no root certificates, no randomness).
    #[error("the HTTP client could not be set up: {0}")]
    SetUp(String),
}

impl Error {
    /// The server's code, when the server answered with one.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Api { api, .. } => api.code,
            _ => None,
        }
    }

    /// Whether the object that was asked for does not exist (for this caller).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Api { status: 404, .. })
    }

    /// Whether trying the same again may help.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } => true,
            Self::Api { status, .. } | Self::NotLia { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            _ => false,
        }
    }

    pub(crate) fn protocol(what: &'static str) -> impl FnOnce(serde_json::Error) -> Self {
        move |e| Self::Protocol { what, why: e.to_string() }
    }
}

/// Whether TLS is what failed.
pub(crate) fn is_tls(e: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(e);
    while let Some(e) = next {
        if e.is::<rustls::Error>() {
            return true;
        }
        // What an I/O error wraps is not its source.
        let wrapped = e.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = wrapped.map_or_else(|| e.source(), |w| Some(w as _));
    }
    false
}

/// The innermost cause of an error: what the operating system or the TLS library said.
pub(crate) fn root_cause(e: &(dyn std::error::Error + 'static)) -> String {
    let mut e = e;
    while let Some(inner) = e.source() {
        e = inner;
    }
    e.to_string()
}
