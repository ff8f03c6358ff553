//! What a client says that it accepts (RFC 9110, 12.5.1 and 12.5.3).

use axum::http::{HeaderMap, HeaderName, header};

/// How a file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `br`
    Brotli,
    /// `gzip`
    Gzip,
    /// As it is.
    Identity,
}

/// The names in a header, each with its weight in thousandths.
fn weights(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = (&str, u16)> {
    let values = headers.get_all(name).into_iter().filter_map(|v| v.to_str().ok());
    values.flat_map(|v| v.split(',')).map(|one| {
        let mut parts = one.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let q = parts.find_map(|p| p.strip_prefix("q=").or(p.strip_prefix("Q=")));
        // A weight that is none counts as a refusal.
        (name, q.map_or(1000, |q| q.parse().map_or(0, |q: f32| (q.clamp(0.0, 1.0) * 1000.0) as u16)))
    })
}

/// The encoding to send, of those that there are: the smallest, unless the client likes another one better.
pub fn encoding(headers: &HeaderMap, brotli: bool, gzip: bool) -> Encoding {
    let weight = |wanted: &str| {
        let of = |name: &str| {
            weights(headers, header::ACCEPT_ENCODING)
                .find(|(n, _)| n.eq_ignore_ascii_case(name))
                .map(|(_, q)| q)
        };
        of(wanted).or_else(|| of("*")).unwrap_or(0)
    };
    let (brotli, gzip) = (u16::from(brotli) * weight("br"), u16::from(gzip) * weight("gzip"));
    match (brotli, gzip) {
        (0, 0) => Encoding::Identity,
        (b, g) if b >= g => Encoding::Brotli,
        (_, _) => Encoding::Gzip,
    }
}

/// Whether it asks for a page, by name: browsers do, programs take anything.
pub fn accepts_pages(headers: &HeaderMap) -> bool {
    weights(headers, header::ACCEPT).any(|(name, q)| q > 0 && name.eq_ignore_ascii_case("text/html"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn asks(name: HeaderName, value: &str) -> HeaderMap {
        [(name, HeaderValue::from_str(value).unwrap())].into_iter().collect()
    }

    #[test]
    fn the_smallest_that_the_client_takes() {
        for (accepted, wanted) in [
            ("gzip, deflate, br, zstd", Encoding::Brotli),
            ("gzip", Encoding::Gzip),
            ("GZIP;q=0.5", Encoding::Gzip),
            ("br;q=0, gzip", Encoding::Gzip),
            ("br; q=0.1, gzip;q=1.0", Encoding::Gzip),
            ("*", Encoding::Brotli),
            ("*;q=0, gzip", Encoding::Gzip),
            ("identity", Encoding::Identity),
            ("br;q=x", Encoding::Identity),
            ("", Encoding::Identity),
            ("bro", Encoding::Identity),
        ] {
            assert_eq!(
                encoding(&asks(header::ACCEPT_ENCODING, accepted), true, true),
                wanted,
                "{accepted:?}"
            );
        }
        assert_eq!(encoding(&HeaderMap::new(), true, true), Encoding::Identity);
        let both = asks(header::ACCEPT_ENCODING, "br, gzip");
        assert_eq!(encoding(&both, false, true), Encoding::Gzip);
        assert_eq!(encoding(&both, false, false), Encoding::Identity);
    }

    #[test]
    fn pages_are_asked_for_by_name() {
        let asks = |value| accepts_pages(&asks(header::ACCEPT, value));
        assert!(
            asks("text/html,application/xhtml+xml,*/*;q=0.8") && asks("application/json, TEXT/HTML;q=0.1")
        );
        assert!(!asks("*/*") && !asks("text/html;q=0") && !asks("text/html5") && !asks("application/json"));
    }
}
