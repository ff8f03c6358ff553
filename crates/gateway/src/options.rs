//! What a gateway is made from: the providers with their keys, and its bounds.

use std::{collections::BTreeMap, fmt, path::PathBuf, str::FromStr, time::Duration};

use http::{HeaderValue, Uri, uri::Scheme};
use lia_protocol::secret::Secret;

use crate::{Error, Resolver};

/// What a [`crate::Gateway`] is made from.
#[derive(Clone, Debug)]
pub struct Options {
    /// The model providers, by the first segment of the broker's path.
    pub providers: BTreeMap<String, Provider>,
    /// How egress destinations become addresses.
    pub resolver: Resolver,
    /// How long a name may take to resolve, and an address to answer.
    pub connect_timeout: Duration,
    /// Streams of one instance at once; one more is refused at once.
    pub max_connections_per_instance: usize,
    /// A PEM file of certificate authorities that the broker trusts beside the system's.
    pub upstream_ca: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            providers: BTreeMap::new(),
            resolver: Resolver::system(),
            connect_timeout: Duration::from_secs(10),
            max_connections_per_instance: 256,
            upstream_ca: None,
        }
    }
}

impl Options {
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (name, provider) in &self.providers {
            if HeaderValue::from_str(provider.key.expose()).is_err() {
                return Err(Error::Key(name.clone()));
            }
        }
        Ok(())
    }
}

/// A model provider that the broker speaks to.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Whose API it is.
    pub kind: ProviderKind,
    /// Where it is. The operator's word: private addresses and plain HTTP are fine here.
    pub base_url: BaseUrl,
    /// The real key; empty when none is configured.
    pub key: Secret,
}

/// Whose API a provider speaks: how the key is sent, how errors look, where usage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    /// Messages API: `x-api-key`, or `Authorization: Bearer` for a set-up token (`sk-ant-oat…`).
    Anthropic,
    /// Chat completions and responses: `Authorization: Bearer`.
    OpenAi,
    /// Generative Language API: `x-goog-api-key`.
    Gemini,
}

impl ProviderKind {
    /// The vendor's public endpoint.
    #[must_use]
    pub fn default_base_url(self) -> BaseUrl {
        BaseUrl(Uri::from_static(match self {
            Self::Anthropic => "https://api.anthropic.com/",
            Self::OpenAi => "https://api.openai.com/",
            Self::Gemini => "https://generativelanguage.googleapis.com/",
        }))
    }
}

/// An `http` or `https` URL with a host, without userinfo, query or fragment; its path is a prefix.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Uri);

/// A text that is not a [`BaseUrl`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{url:?} is not a base URL: {why}")]
pub struct BadBaseUrl {
    url: String,
    why: &'static str,
}

impl BaseUrl {
    pub(crate) fn scheme(&self) -> Scheme {
        self.0.scheme().cloned().unwrap_or(Scheme::HTTPS)
    }

    pub(crate) fn authority(&self) -> &str {
        self.0.authority().map_or("", |a| a.as_str())
    }

    /// The path without its last slash.
    pub(crate) fn prefix(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }
}

impl FromStr for BaseUrl {
    type Err = BadBaseUrl;
    fn from_str(url: &str) -> Result<Self, BadBaseUrl> {
        let bad = |why| BadBaseUrl { url: url.chars().take(200).collect(), why };
        if url.contains('#') {
            return Err(bad("it has a fragment"));
        }
        let uri: Uri = url.parse().map_err(|_| bad("it cannot be read"))?;
        match uri.scheme_str() {
            Some("http" | "https") => {}
            _ => return Err(bad("it does not begin with http:// or https://")),
        }
        let authority = uri.authority().ok_or_else(|| bad("it has no host"))?;
        if authority.host().is_empty() {
            return Err(bad("it has no host"));
        }
        if authority.as_str().contains('@') {
            return Err(bad("it has a user name; keys belong in providers.<name>.api_key"));
        }
        if uri.query().is_some() {
            return Err(bad("it has a query"));
        }
        Ok(Self(uri))
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        let ok: BaseUrl = "http://127.0.0.1:8080/v/".parse().unwrap();
        assert_eq!((ok.authority(), ok.prefix()), ("127.0.0.1:8080", "/v"));
        assert_eq!(ProviderKind::OpenAi.default_base_url().prefix(), "");
        for bad in [
            "",
            "api.openai.com",
            "/x",
            "ftp://x/",
            "https://u:p@x/",
            "https://x/?a=b",
            "https://x/#f",
            "https://",
        ] {
            assert!(bad.parse::<BaseUrl>().is_err(), "{bad:?} was taken");
        }
    }
}
