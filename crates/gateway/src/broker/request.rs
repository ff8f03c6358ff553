//! What goes to the provider: path, query and headers, with the client's credentials out and the real one in.

use http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, COOKIE, EXPECT, HOST},
    uri::PathAndQuery,
};

use lia_protocol::ids::SessionId;

use crate::{BaseUrl, Provider, ProviderKind, http::strip_hop_by_hop};

/// A set-up token of Anthropic's begins so; it is sent as Bearer, and the API wants this beta named with it.
const SETUP_TOKEN: &str = "sk-ant-oat";
const SETUP_TOKEN_BETA: &str = "oauth-2025-04-20";

/// Credentials of every vendor, and what would put the operator's key on another account.
pub(crate) const CREDENTIALS: [&str; 9] = [
    "authorization",
    "x-api-key",
    "x-goog-api-key",
    "api-key",
    "x-goog-user-project",
    "openai-organization",
    "openai-project",
    "chatgpt-account-id",
    "x-goog-iam-authorization-token",
];
const CREDENTIAL_QUERY: [&str; 4] = ["key", "api_key", "access_token", "oauth_token"];

/// The session that a path names in front of the provider, and the path behind it.
pub(crate) fn session(path: &str) -> (Option<SessionId>, &str) {
    let (first, rest) = split(path);
    match first.strip_prefix('~').and_then(|id| id.parse().ok()) {
        Some(id) => (Some(id), rest),
        None => (None, path),
    }
}

/// The path's first segment and the rest behind it.
pub(crate) fn split(path: &str) -> (&str, &str) {
    path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""))
}

/// The base URL with `rest` behind its path. `None` for a path that another server might read differently.
pub(crate) fn uri(base: &BaseUrl, rest: &str, query: Option<&str>) -> Option<Uri> {
    let mut path = base.prefix().to_owned();
    for segment in rest.split('/').filter(|s| !s.is_empty()) {
        let lower = segment.to_ascii_lowercase();
        let dots = lower.replace("%2e", ".");
        if matches!(&*dots, "." | "..")
            || ["\\", "%2f", "%5c", "%25", "%00"].iter().any(|bad| lower.contains(bad))
        {
            return None;
        }
        path.push('/');
        path.push_str(segment);
    }
    if path.is_empty() {
        path.push('/');
    }
    let kept: Vec<&str> = query
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !is_credential(pair))
        .collect();
    if !kept.is_empty() {
        path.push('?');
        path.push_str(&kept.join("&"));
    }
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(base.scheme());
    parts.authority = base.authority().parse().ok();
    parts.path_and_query = Some(path.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

pub(crate) fn is_credential(pair: &str) -> bool {
    let name = decode(pair.split('=').next().unwrap_or_default());
    CREDENTIAL_QUERY.iter().any(|c| name.eq_ignore_ascii_case(c))
}

pub(crate) fn decode(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let escaped = rest.get(1..3).filter(|_| c == '%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escaped {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &rest[3..];
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}

/// The client's headers without its credentials and without what concerns its own connection, and the real credential.
/// No `Accept-Encoding` goes out: what comes back is searched for echoes of the key, and its usage is read.
pub(crate) fn headers(provider: &Provider, from: &HeaderMap) -> Option<HeaderMap> {
    let mut headers = from.clone();
    strip_hop_by_hop(&mut headers);
    for name in CREDENTIALS {
        headers.remove(name);
    }
    for name in [COOKIE, EXPECT, ACCEPT_ENCODING] {
        headers.remove(name);
    }
    let about_the_way: Vec<HeaderName> = headers
        .keys()
        .filter(|n| {
            n.as_str().starts_with("x-forwarded-") || matches!(n.as_str(), "forwarded" | "via" | "x-real-ip")
        })
        .cloned()
        .collect();
    for name in about_the_way {
        headers.remove(name);
    }
    if headers.get_all(CONTENT_LENGTH).iter().count() > 1 {
        headers.remove(CONTENT_LENGTH);
    }
    headers.insert(HOST, HeaderValue::from_str(provider.base_url.authority()).ok()?);

    let key = provider.key.expose();
    let (name, value) = match provider.kind {
        ProviderKind::Anthropic if key.starts_with(SETUP_TOKEN) => {
            add_beta(&mut headers);
            (AUTHORIZATION, secret(&format!("Bearer {key}")))
        }
        ProviderKind::Anthropic => (HeaderName::from_static("x-api-key"), secret(key)),
        ProviderKind::OpenAi => (AUTHORIZATION, secret(&format!("Bearer {key}"))),
        ProviderKind::Gemini => (HeaderName::from_static("x-goog-api-key"), secret(key)),
    };
    headers.insert(name, value?);
    Some(headers)
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn add_beta(headers: &mut HeaderMap) {
    let name = HeaderName::from_static("anthropic-beta");
    let named =
        |v: &HeaderValue| v.to_str().is_ok_and(|v| v.split(',').any(|b| b.trim() == SETUP_TOKEN_BETA));
    if !headers.get_all(&name).iter().any(named) {
        headers.append(name, HeaderValue::from_static(SETUP_TOKEN_BETA));
    }
}

#[cfg(test)]
mod tests {
    use lia_protocol::secret::Secret;

    use super::*;

    #[test]
    fn paths_stay_below_the_base() {
        let base: BaseUrl = "https://gw.example/base/".parse().unwrap();
        let to = |path: &str, query| uri(&base, split(path).1, query).map(|u| u.to_string());
        assert_eq!(
            to("/a/v1/messages", Some("beta=true")).unwrap(),
            "https://gw.example/base/v1/messages?beta=true"
        );
        assert_eq!(to("/a//v1//x", None).unwrap(), "https://gw.example/base/v1/x");
        assert_eq!(to("/a", None).unwrap(), "https://gw.example/base");
        let gemini = to("/a/v1beta/models/m:generate", Some("key=K&alt=sse&%6bey=K&KEY=K")).unwrap();
        assert_eq!(gemini, "https://gw.example/base/v1beta/models/m:generate?alt=sse");
        for bad in [
            "/a/..",
            "/a/x/../../y",
            "/a/%2e%2E/x",
            "/a/.%2e",
            "/a/%2fx",
            "/a/x%5c..",
            "/a/%252e%252e/",
            "/a/./x",
        ] {
            assert_eq!(to(bad, None), None, "{bad}");
        }
    }

    #[test]
    fn only_the_real_credential_goes_out() {
        let mut from = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer mine"),
            ("x-api-key", "mine"),
            ("x-goog-api-key", "mine"),
            ("cookie", "mine"),
            ("x-forwarded-for", "mine"),
            ("connection", "x-hop"),
            ("x-hop", "mine"),
            ("host", "127.0.0.1:3129"),
            ("anthropic-beta", "a,b"),
            ("anthropic-version", "2023-06-01"),
            ("accept-encoding", "gzip"),
        ] {
            from.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let out = |kind, key: &str| {
            let base_url = "https://up.example".parse().unwrap();
            let mut out: Vec<_> = headers(&Provider { kind, base_url, key: Secret::new(key) }, &from)
                .unwrap()
                .iter()
                .map(|(n, v)| format!("{n}: {}", v.to_str().unwrap()))
                .collect();
            out.sort();
            out
        };
        let common = ["anthropic-beta: a,b", "anthropic-version: 2023-06-01", "host: up.example"];
        let with = |extra: &[&str]| {
            let mut all: Vec<_> = common.iter().chain(extra).map(|s| (*s).to_owned()).collect();
            all.sort();
            all
        };
        assert_eq!(out(ProviderKind::Anthropic, "sk-ant-api-1"), with(&["x-api-key: sk-ant-api-1"]));
        assert_eq!(
            out(ProviderKind::Anthropic, "sk-ant-oat01-1"),
            with(&["authorization: Bearer sk-ant-oat01-1", "anthropic-beta: oauth-2025-04-20"])
        );
        assert_eq!(out(ProviderKind::OpenAi, "sk-1"), with(&["authorization: Bearer sk-1"]));
        assert_eq!(out(ProviderKind::Gemini, "AIza1"), with(&["x-goog-api-key: AIza1"]));
    }
}
