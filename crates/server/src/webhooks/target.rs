//! Where events are posted: parsed once, and the same value is checked and called.

use std::{fmt, net::IpAddr, str::FromStr};

use axum::http::Uri;
use lia_gateway::Host;
use lia_protocol::host::HostName;

/// A webhook's URL: `http` or `https`, a host, without user and fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether with TLS.
    pub tls: bool,
    /// Whom to call.
    pub host: Host,
    /// At which port.
    pub port: u16,
    /// The `Host` header.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

/// A text that is no webhook's URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no http:// or https:// URL that can be called: {0}")]
pub struct BadTarget(String);

impl FromStr for Target {
    type Err = BadTarget;
    fn from_str(url: &str) -> Result<Self, BadTarget> {
        let bad = |why: &str| BadTarget(why.to_owned());
        if url.contains('#') {
            return Err(bad("it has a fragment"));
        }
        let uri: Uri = url.parse().map_err(|_| bad("it cannot be read"))?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) | None => return Err(bad("it does not begin with http:// or https://")),
        };
        let authority = uri.authority().ok_or_else(|| bad("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(bad("it has a user name; receivers know the sender by the signature"));
        }
        let host = authority.host();
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let host = match bare.parse::<IpAddr>() {
            Ok(address) => Host::Address(address),
            Err(_) => Host::Name(HostName::parse(host).map_err(|e| BadTarget(e.to_string()))?),
        };
        let port = match authority.port_u16() {
            Some(0) => return Err(bad("its port is 0")),
            Some(port) => port,
            None if authority.as_str().ends_with(authority.host()) => {
                if tls {
                    443
                } else {
                    80
                }
            }
            None => return Err(bad("its port is none")),
        };
        let path = match uri.path_and_query().map_or("/", |p| p.as_str()) {
            query if query.starts_with('?') => format!("/{query}"),
            path => path.to_owned(),
        };
        Ok(Self { tls, host, port, authority: authority.as_str().to_owned(), path })
    }
}

/// A private destination that may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateRule {
    /// Whatever address this name has.
    Name(HostName),
    /// The addresses of a network.
    Net {
        /// Its first address.
        base: IpAddr,
        /// Bits that are the same in all of them.
        bits: u8,
    },
}

/// A text that is no [`PrivateRule`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no host name, address or network as in 10.0.0.0/8")]
pub struct BadRule(String);

impl FromStr for PrivateRule {
    type Err = BadRule;
    fn from_str(text: &str) -> Result<Self, BadRule> {
        let bad = || BadRule(text.chars().take(100).collect());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| bad())?)),
            None => (text, None),
        };
        match address.parse::<IpAddr>() {
            Ok(base) => {
                let most = width(base);
                let bits = bits.unwrap_or(most);
                if bits > most || network(base, bits) != bits_of(base) {
                    return Err(bad());
                }
                Ok(Self::Net { base, bits })
            }
            Err(_) if bits.is_none() => HostName::parse(text).map(Self::Name).map_err(|_| bad()),
            Err(_) => Err(bad()),
        }
    }
}

impl fmt::Display for PrivateRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Net { base, bits } if *bits == width(*base) => base.fmt(f),
            Self::Net { base, bits } => write!(f, "{base}/{bits}"),
        }
    }
}

impl PrivateRule {
    /// Whether it names an address that `host` stands for.
    #[must_use]
    pub fn allows(&self, host: &Host, address: IpAddr) -> bool {
        match self {
            Self::Name(name) => matches!(host, Host::Name(h) if h == name),
            Self::Net { base, bits } => {
                // An address that carries an IPv4 one is called by it.
                let address = if base.is_ipv4() { address.to_canonical() } else { address };
                base.is_ipv4() == address.is_ipv4() && network(address, *bits) == bits_of(*base)
            }
        }
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(a) => u128::from(u32::from(a)),
        IpAddr::V6(a) => u128::from(a),
    }
}

/// The address with all but its first `bits` taken away.
fn network(address: IpAddr, bits: u8) -> u128 {
    let rest = u32::from(width(address) - bits);
    bits_of(address).checked_shr(rest).and_then(|n| n.checked_shl(rest)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let t: Target = "https://Hooks.Example.com/a?b=c".parse().unwrap();
        assert_eq!((t.tls, t.port, t.path.as_str()), (true, 443, "/a?b=c"));
        assert_eq!(t.host, Host::Name(HostName::parse("hooks.example.com").unwrap()));
        let t: Target = "http://[::1]:8080".parse().unwrap();
        assert_eq!((t.tls, t.port, t.path.as_str(), t.authority.as_str()), (false, 8080, "/", "[::1]:8080"));
        assert_eq!(t.host, Host::Address("::1".parse().unwrap()));
        let t: Target = "http://10.0.0.1?x".parse().unwrap();
        assert_eq!((t.port, t.path.as_str()), (80, "/?x"));
        for bad in [
            "",
            "x",
            "/x",
            "ftp://a.example/",
            "http://",
            "http:///x",
            "http://u:p@a.example/",
            "http://u@a.example/",
            "http://a.example/#f",
            "http://a.example:0/",
            "http://a.example:99999/",
            "http://127.1/",
            "http://0x7f000001/",
            "http://2130706433/",
            "http://a_b.example/",
            "http://a.example /",
        ] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
    }

    #[test]
    fn rules() {
        let allows = |rule: &str, host: &str, address: &str| {
            let host = match host.parse() {
                Ok(a) => Host::Address(a),
                Err(_) => Host::Name(HostName::parse(host).unwrap()),
            };
            rule.parse::<PrivateRule>().unwrap().allows(&host, address.parse().unwrap())
        };
        assert!(allows("127.0.0.1", "127.0.0.1", "127.0.0.1"));
        assert!(allows("127.0.0.1", "::ffff:127.0.0.1", "::ffff:127.0.0.1"));
        assert!(!allows("127.0.0.1", "127.0.0.2", "127.0.0.2"));
        assert!(allows("10.0.0.0/8", "hook.example", "10.255.0.1"));
        assert!(!allows("10.0.0.0/8", "hook.example", "11.0.0.1"));
        assert!(allows("0.0.0.0/0", "hook.example", "10.0.0.1"));
        assert!(allows("fd00::/8", "hook.example", "fd12::1"));
        assert!(
            !allows("fd00::/8", "hook.example", "fe80::1") && !allows("fd00::/8", "hook.example", "10.0.0.1")
        );
        assert!(allows("hook.example", "hook.example", "10.0.0.1"));
        assert!(
            !allows("hook.example", "other.example", "10.0.0.1")
                && !allows("hook.example", "10.0.0.1", "10.0.0.1")
        );
        for text in ["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "hook.example", "localhost"] {
            assert_eq!(text.parse::<PrivateRule>().unwrap().to_string(), text);
        }
        for bad in ["", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/x", "a/8", "a b", "*", "*.example"] {
            assert!(bad.parse::<PrivateRule>().is_err(), "{bad}");
        }
    }
}
