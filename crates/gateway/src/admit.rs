//! The decision about one destination. A name is parsed once; that value is looked up in the policy, resolved, its
//! addresses checked, and one of these very addresses is dialled.

use std::{collections::BTreeSet, io, net::IpAddr};

use lia_protocol::host::{AllowRule, HostName};
use tokio::net::TcpStream;

use crate::{address::is_special, dial::dial, events::printable, link::Link};

/// What one instance may reach. Nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Egress destinations.
    pub allow: Vec<AllowRule>,
    /// The providers, by name, that the broker serves it.
    pub providers: BTreeSet<String>,
}

/// What may flow to an allowed destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// TLS with the allowed name, or plain HTTP to the allowed name.
    Checked,
    /// Any bytes: a `tcp:` rule names this port.
    Raw,
}

impl Policy {
    pub(crate) fn pass(&self, host: &HostName, port: u16) -> Option<Pass> {
        let mut rules = self.allow.iter().filter(|r| r.allows(host, port)).peekable();
        rules.peek()?;
        Some(if rules.any(|r| r.tcp) { Pass::Raw } else { Pass::Checked })
    }

    /// Whether the name may be reached on any port.
    pub(crate) fn knows(&self, host: &HostName) -> bool {
        self.allow.iter().any(|r| r.allows(host, r.port.unwrap_or(443)))
    }
}

/// Why a connection is not made; the text is a readable sentence without its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deny {
    /// The policy says no: an event.
    Refused(String),
    /// It is allowed, and cannot be reached.
    Unreachable(String),
}

impl Deny {
    /// The whole sentence for whoever asked for `host:port` (no port: 0).
    pub(crate) fn sentence(&self, host: &str, port: u16) -> String {
        let (what, reason) = match self {
            Self::Refused(reason) => ("Lia refused", reason),
            Self::Unreachable(reason) => ("Lia cannot reach", reason),
        };
        let port = if port == 0 { String::new() } else { format!(":{port}") };
        format!("{what} {}{port}: {}", printable(host), printable(reason))
    }
}

/// A destination that was let pass, with the addresses that were checked.
#[derive(Clone, Debug)]
pub(crate) struct Dest {
    pub(crate) host: HostName,
    pub(crate) port: u16,
    pub(crate) pass: Pass,
    addresses: Vec<IpAddr>,
}

/// What a person does about a name that is not on the list.
pub(crate) fn not_listed(host: &HostName, port: Option<u16>) -> String {
    match port {
        Some(port) if port != 80 && port != 443 => {
            format!("not on the allowlist of this task; allow it with --allow {host}:{port}")
        }
        _ => format!("not on the allowlist of this task; allow it with --allow {host}"),
    }
}

impl Link {
    /// Decides on `host:port` as it was asked for, and resolves it.
    pub(crate) async fn admit(&self, host: &str, port: u16) -> Result<Dest, Deny> {
        let host = HostName::parse(host).map_err(|e| Deny::Refused(e.to_string()))?;
        let pass =
            self.policy().pass(&host, port).ok_or_else(|| Deny::Refused(not_listed(&host, Some(port))))?;
        let addresses = {
            // The semaphore is never closed.
            let _turn = self.lookups.acquire().await;
            let options = &self.gateway.options;
            options.resolver.resolve(&host, options.connect_timeout).await
        };
        let addresses = addresses
            .map_err(|e| Deny::Unreachable(format!("the name cannot be resolved ({})", cause(&e))))?;
        if let Some(special) = addresses.iter().find(|a| is_special(**a)) {
            return Err(Deny::Refused(format!(
                "the name stands for {special}, a private or special address, which no allow rule opens"
            )));
        }
        Ok(Dest { host, port, pass, addresses })
    }

    /// Connects to one of the checked addresses.
    pub(crate) async fn connect(&self, dest: &Dest) -> Result<TcpStream, Deny> {
        dial(&dest.addresses, dest.port, self.gateway.options.connect_timeout)
            .await
            .map_err(|e| Deny::Unreachable(format!("the connection failed ({})", cause(&e))))
    }
}

fn cause(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::TimedOut => "it took too long".to_owned(),
        io::ErrorKind::NotFound => "it has no address".to_owned(),
        _ => e.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tcp_rule_is_needed_for_raw_bytes() {
        let policy = Policy {
            allow: ["a.example", "tcp:a.example:22", "*.b.example:8443"].map(|r| r.parse().unwrap()).into(),
            ..Policy::default()
        };
        let host = |h| HostName::parse(h).unwrap();
        assert_eq!(policy.pass(&host("a.example"), 443), Some(Pass::Checked));
        assert_eq!(policy.pass(&host("a.example"), 22), Some(Pass::Raw));
        assert_eq!(policy.pass(&host("a.example"), 8443), None);
        assert_eq!(policy.pass(&host("x.b.example"), 443), None);
        assert!(policy.knows(&host("x.b.example")) && !policy.knows(&host("b.example")));
        assert_eq!(Policy::default().pass(&host("a.example"), 443), None);
    }
}
