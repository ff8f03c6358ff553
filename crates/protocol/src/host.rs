//! Host names for decisions about egress: parsed once, strictly, and the same value is decided on, resolved and dialled.

use std::{borrow::Cow, fmt, net::IpAddr, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A DNS name in lower-case ASCII letters, digits and hyphens: 1 to 253 bytes, labels of 1 to 63, no trailing dot,
/// no IP literal (a last label of digits alone is refused), no underscore, no userinfo, no percent, no NUL.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostName(String);

/// Why a text is not a host name that Lia decides on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHost {
    /// the host name is empty or longer than 253 bytes
    #[error("the host name is empty or longer than 253 bytes")]
    Length,
    /// an IP address where a host name is needed
    #[error("{0} is an IP address; only host names can be allowed")]
    IpLiteral(String),
    /// a label that is not letters, digits and inner hyphens
    #[error(
        "{0:?} is not a plain ASCII host name (letters, digits, hyphens and dots; write an international name in its xn-- form)"
    )]
    Label(String),
}

impl HostName {
    /// Parses a name; upper-case letters become lower-case.
    ///
    /// # Errors
    /// [`BadHost`] says what is wrong with which text.
    pub fn parse(s: &str) -> Result<Self, BadHost> {
        if s.is_empty() || s.len() > 253 {
            return Err(BadHost::Length);
        }
        let bare = s.strip_prefix('[').and_then(|s| s.strip_suffix(']')).unwrap_or(s);
        if bare.parse::<IpAddr>().is_ok() {
            return Err(BadHost::IpLiteral(s.to_owned()));
        }
        let bad = || BadHost::Label(s.chars().take(80).collect());
        let mut last = "";
        for label in s.split('.') {
            let b = label.as_bytes();
            let plain = b.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'-');
            if b.is_empty() || b.len() > 63 || !plain || b[0] == b'-' || b[b.len() - 1] == b'-' {
                return Err(bad());
            }
            last = label;
        }
        // "127.1", "0x7f.1" and "2130706433" are addresses to many resolvers.
        if last.bytes().all(|c| c.is_ascii_digit()) || last.starts_with("0x") || last.starts_with("0X") {
            return Err(BadHost::IpLiteral(s.to_owned()));
        }
        Ok(Self(s.to_ascii_lowercase()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HostName {
    type Error = BadHost;
    fn try_from(s: String) -> Result<Self, BadHost> {
        Self::parse(&s)
    }
}
impl FromStr for HostName {
    type Err = BadHost;
    fn from_str(s: &str) -> Result<Self, BadHost> {
        Self::parse(s)
    }
}
impl From<HostName> for String {
    fn from(h: HostName) -> Self {
        h.0
    }
}
impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostName({})", self.0)
    }
}

/// One entry of an egress allowlist. Text forms: `example.com` (ports 80 and 443), `example.com:8443`,
/// `*.example.com[:port]` (every name below, not the name itself), and `tcp:example.com:22`, which lets bytes other
/// than TLS and HTTP pass to that port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AllowRule {
    /// The name, or for a wildcard the name below which everything matches.
    pub host: HostName,
    /// Whether `host` stands for every name below it.
    pub subdomains: bool,
    /// The port; `None` is 80 and 443.
    pub port: Option<u16>,
    /// Whether bytes that are neither TLS nor HTTP may pass.
    pub tcp: bool,
}

/// An allow rule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// The host part.
    #[error("allow rule {rule:?}: {why}")]
    Host {
        /// The rule as given.
        rule: String,
        /// What is wrong.
        why: BadHost,
    },
    /// The port part.
    #[error("allow rule {0:?}: the port is a number from 1 to 65535")]
    Port(String),
    /// `tcp:` without a port.
    #[error("allow rule {0:?}: a tcp rule names its port, as in tcp:example.com:22")]
    TcpPort(String),
}

impl AllowRule {
    /// Whether this rule lets a connection to `host:port` pass.
    #[must_use]
    pub fn allows(&self, host: &HostName, port: u16) -> bool {
        let name = if self.subdomains {
            host.0.strip_suffix(self.host.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            *host == self.host
        };
        name && self.port.map_or(port == 80 || port == 443, |p| p == port)
    }
}

impl FromStr for AllowRule {
    type Err = BadRule;
    fn from_str(rule: &str) -> Result<Self, BadRule> {
        let (tcp, rest) = rule.strip_prefix("tcp:").map_or((false, rule), |r| (true, r));
        // A host of that name, in capitals, would be written as such a rule.
        if !tcp && rule.get(..4).is_some_and(|p| p.eq_ignore_ascii_case("tcp:")) {
            return Err(BadRule::TcpPort(rule.to_owned()));
        }
        let (subdomains, rest) = rest.strip_prefix("*.").map_or((false, rest), |r| (true, r));
        let (host, port) = match rest.rsplit_once(':') {
            Some((h, p)) if !h.contains(':') => {
                let digits = !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
                match p.parse::<u16>() {
                    Ok(n) if n > 0 && digits => (h, Some(n)),
                    _ => return Err(BadRule::Port(rule.to_owned())),
                }
            }
            _ => (rest, None),
        };
        if tcp && port.is_none() {
            return Err(BadRule::TcpPort(rule.to_owned()));
        }
        let host = HostName::parse(host).map_err(|why| BadRule::Host { rule: rule.to_owned(), why })?;
        Ok(Self { host, subdomains, port, tcp })
    }
}

impl TryFrom<String> for AllowRule {
    type Error = BadRule;
    fn try_from(s: String) -> Result<Self, BadRule> {
        s.parse()
    }
}
impl From<AllowRule> for String {
    fn from(r: AllowRule) -> Self {
        r.to_string()
    }
}
impl JsonSchema for AllowRule {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "AllowRule".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
        let port = ":0*(?:[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])";
        let host = format!("(?=[A-Za-z0-9.-]{{1,253}}(?::|$))(?:{label}\\.)*(?!\\d+(?::|$))(?!0[xX]){label}");
        let pattern =
            format!("^(?:tcp:(?:\\*\\.)?{host}{port}|(?![Tt][Cc][Pp]:)(?:\\*\\.)?{host}(?:{port})?)$");
        json_schema!({ "type": "string", "pattern": pattern })
    }
}

impl fmt::Display for AllowRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}{}{}",
            if self.tcp { "tcp:" } else { "" },
            if self.subdomains { "*." } else { "" },
            self.host
        )?;
        self.port.map_or(Ok(()), |p| write!(f, ":{p}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn refuses_what_others_fell_for() {
        for bad in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "evil\0.allowed.com",
            "allowed.com.",
            "user@allowed.com",
            "a%00.com",
            "127.0.0.1",
            "[::1]",
            "::1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "1.2.3.0x4",
            "bücher.example",
            "a_b.example",
            "-a.example",
            "a-.example",
            "a b",
            "a/b",
            "a:80",
            "169.254.169.254",
            "::ffff:10.0.0.1",
        ] {
            assert!(HostName::parse(bad).is_err(), "{bad:?} was taken");
        }
        assert_eq!(HostName::parse("ExAmPle.COM").unwrap().as_str(), "example.com");
        assert!(HostName::parse("xn--bcher-kva.example").is_ok());
    }

    #[test]
    fn rules() {
        let r: AllowRule = "*.example.com:8443".parse().unwrap();
        let h = |s| HostName::parse(s).unwrap();
        assert!(r.allows(&h("a.example.com"), 8443) && r.allows(&h("b.a.example.com"), 8443));
        assert!(
            !r.allows(&h("example.com"), 8443)
                && !r.allows(&h("aexample.com"), 8443)
                && !r.allows(&h("a.example.com"), 443)
        );
        for bad in ["tcp:example.com", "tcp:2", "tcP:2", "TCP:example.com:22"] {
            assert!(bad.parse::<AllowRule>().is_err(), "{bad:?} was taken");
        }
        assert!(
            "example.com:0".parse::<AllowRule>().is_err() && "example.com:+80".parse::<AllowRule>().is_err()
        );
        assert_eq!("tcp:*.e.com:22".parse::<AllowRule>().unwrap().to_string(), "tcp:*.e.com:22");
    }

    proptest! {
        #[test]
        fn a_parsed_name_parses_to_itself(s in "\\PC{0,40}|[a-zA-Z0-9.-]{1,40}") {
            if let Ok(h) = HostName::parse(&s) {
                prop_assert_eq!(HostName::parse(h.as_str()).unwrap(), h.clone());
                prop_assert!(h.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.'));
                prop_assert_eq!(h.as_str(), s.to_ascii_lowercase());
            }
        }
    }
}
