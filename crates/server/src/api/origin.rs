//! Which hosts this server answers to, and from which pages it takes orders.
//!
//! A page of a stranger can point its own name at 127.0.0.1 (DNS rebinding) and can send requests with the browser's
//! cookie. So every request must name a host that this server has, and a cookie's request that changes something must
//! come from a page of that host.

use std::net::IpAddr;

use axum::http::{HeaderMap, Uri, header, uri::Authority};

/// The names of this server.
#[derive(Clone, Debug)]
pub struct Hosts {
    port: u16,
    /// What it listens on, when that is a name or one address.
    bind: Option<String>,
    /// It listens on every address: an address cannot be rebound, so any is taken.
    any_address: bool,
    /// Scheme and authority of `server.web_url`.
    web: Option<(String, String)>,
}

impl Hosts {
    /// The names of a server that listens on `bind`:`port` and is reached by people at `web_url`.
    #[must_use]
    pub fn new(bind: &str, port: u16, web_url: &str) -> Self {
        let bare = bind.trim_start_matches('[').trim_end_matches(']');
        let any_address = bare.parse::<IpAddr>().is_ok_and(|a| a.is_unspecified());
        let web = web_url.parse::<Uri>().ok().and_then(|u| {
            Some((u.scheme_str()?.to_ascii_lowercase(), u.authority()?.as_str().to_ascii_lowercase()))
        });
        Self { port, bind: (!any_address).then(|| bare.to_ascii_lowercase()), any_address, web }
    }

    /// Whether a request is for this server: its `Host`, and the authority of an absolute request target.
    #[must_use]
    pub fn knows(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        let named = host.to_str().is_ok_and(|h| self.is_ours(h));
        named && uri.authority().is_none_or(|a| self.is_ours(a.as_str()))
    }

    fn is_ours(&self, authority: &str) -> bool {
        let authority = authority.to_ascii_lowercase();
        if self.web.as_ref().is_some_and(|(_, web)| *web == authority) {
            return true;
        }
        let Ok(parsed) = authority.parse::<Authority>() else { return false };
        if parsed.port_u16().unwrap_or(80) != self.port || authority.contains('@') {
            return false;
        }
        let host = parsed.host().trim_start_matches('[').trim_end_matches(']');
        match host.parse::<IpAddr>() {
            Ok(ip) if ip.is_loopback() || self.any_address => true,
            _ => host == "localhost" || self.bind.as_deref() == Some(host),
        }
    }

    /// Whether the request comes from a page of this server: its `Origin` is that of the `Host` (which is known by
    /// now) or of `web_url`; without `Origin`, the browser's own word that it is the same origin.
    #[must_use]
    pub fn same_origin(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return headers.get("sec-fetch-site").is_some_and(|v| v == "same-origin");
        };
        self.origin_is_ours(origin.to_str().unwrap_or_default(), headers)
    }

    /// Whether the request names no origin, or one of ours.
    #[must_use]
    pub fn no_strange_origin(&self, headers: &HeaderMap) -> bool {
        headers
            .get(header::ORIGIN)
            .is_none_or(|o| self.origin_is_ours(o.to_str().unwrap_or_default(), headers))
    }

    fn origin_is_ours(&self, origin: &str, headers: &HeaderMap) -> bool {
        let Some((scheme, authority)) = origin.split_once("://") else { return false };
        let authority = authority.to_ascii_lowercase();
        if self.web.as_ref().is_some_and(|(s, a)| s == scheme && *a == authority) {
            return true;
        }
        let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
        scheme == "http" && authority == host.to_ascii_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(host: &str, origin: Option<&str>) -> HeaderMap {
        let mut h = HeaderMap::new();
        h.insert(header::HOST, host.parse().unwrap());
        if let Some(o) = origin {
            h.insert(header::ORIGIN, o.parse().unwrap());
        }
        h
    }

    #[test]
    fn hosts() {
        let uri = Uri::from_static("/x");
        let local = Hosts::new("127.0.0.1", 3000, "https://lia.example.com");
        for good in [
            "127.0.0.1:3000",
            "localhost:3000",
            "LOCALHOST:3000",
            "[::1]:3000",
            "127.9.9.9:3000",
            "lia.example.com",
        ] {
            assert!(local.knows(&request(good, None), &uri), "{good}");
        }
        for bad in [
            "evil.example:3000",
            "127.0.0.1",
            "127.0.0.1:3001",
            "localhost.evil.example:3000",
            "10.0.0.7:3000",
            "a@localhost:3000",
            "",
            "lia.example.com:3000",
            "0.0.0.0:3000",
        ] {
            assert!(!local.knows(&request(bad, None), &uri), "{bad}");
        }
        assert!(!local.knows(&HeaderMap::new(), &uri));
        assert!(
            !local.knows(&request("localhost:3000", None), &Uri::from_static("http://evil.example:3000/x"))
        );
        let every = Hosts::new("0.0.0.0", 3000, "");
        assert!(
            every.knows(&request("10.0.0.7:3000", None), &uri)
                && !every.knows(&request("evil.example:3000", None), &uri)
        );
    }

    #[test]
    fn origins() {
        let h = Hosts::new("127.0.0.1", 3000, "https://lia.example.com");
        assert!(h.same_origin(&request("localhost:3000", Some("http://localhost:3000"))));
        assert!(h.same_origin(&request("lia.example.com", Some("https://lia.example.com"))));
        for bad in [
            "http://localhost:3001",
            "http://127.0.0.1:3000",
            "null",
            "https://localhost:3000",
            "http://lia.example.com",
        ] {
            assert!(!h.same_origin(&request("localhost:3000", Some(bad))), "{bad}");
        }
        assert!(!h.same_origin(&request("localhost:3000", None)));
    }
}
