//! What the fuzzers and the property tests feed with any bytes: each function panics where the code is wrong.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, EXPECT, HOST, SET_COOKIE},
    uri::PathAndQuery,
};
use lia_protocol::{event::Usage, limits::SAFE_INTEGER, secret::Secret};

use crate::{
    BaseUrl, Provider, ProviderKind,
    broker::{
        answer::{self, Scrub},
        request,
    },
    hello, http as heads, socks,
    usage::Meter,
};

/// The bodies of this crate.
pub const TARGETS: &[lia_protocol::fuzz::Target] = &[
    ("client_hello", client_hello),
    ("authority", authority),
    ("socks5", socks5),
    ("broker_request", broker_request),
    ("provider_answer", provider_answer),
];

const KINDS: [ProviderKind; 3] = [ProviderKind::Anthropic, ProviderKind::OpenAi, ProviderKind::Gemini];

/// A ClientHello, as it arrives: once a name is found, more bytes do not change it.
pub fn client_hello(data: &[u8]) {
    let whole = hello::server_name(data);
    let half = hello::server_name(&data[..data.len() / 2]);
    if let Ok(Some(name)) = half {
        assert_eq!(whole, Ok(Some(name)));
    }
}

/// The authority of a request's head, of which nothing is lost.
pub fn authority(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some((host, port)) = heads::authority(text) {
        assert!(!host.is_empty() && !text.contains('@') && text.starts_with(host));
        assert_eq!(port.is_some(), text.len() > host.len());
    }
}

/// A SOCKS5 request.
pub fn socks5(data: &[u8]) {
    let Some(head) = data.first_chunk::<5>() else { return };
    if let Ok(Ok(length)) = socks::length(*head)
        && let Some(message) = data.get(..length)
    {
        let (host, _) = socks::target(message);
        assert!(host.len() <= 3 * 255);
    }
}

/// A request to the broker: path and query in the first line, a header in each further one. What goes out stays below
/// the base URL, and carries the real credential and no other.
pub fn broker_request(data: &[u8]) {
    let mut lines = data.split(|b| *b == b'\n');
    let target = lines.next().and_then(|line| PathAndQuery::try_from(line).ok());
    let Ok(base) = "https://up.example/base/".parse::<BaseUrl>() else { unreachable!("a base URL") };
    if let Some(target) = target
        && let Some(uri) = request::uri(&base, request::split(target.path()).1, target.query())
    {
        assert_eq!(
            (uri.scheme_str(), uri.authority().map(|a| a.as_str())),
            (Some("https"), Some("up.example"))
        );
        assert!(uri.path() == "/base" || uri.path().starts_with("/base/"), "{uri}");
        let read = request::decode(uri.path());
        assert!(!read.split(['/', '\\']).any(|s| matches!(s, "." | "..")), "{uri}");
        assert!(!uri.query().is_some_and(|q| q.split('&').any(request::is_credential)), "{uri}");
    }

    let from = headers(lines);
    for (kind, key) in KINDS.map(|kind| (kind, "sk-real")).into_iter().chain([(KINDS[0], "sk-ant-oat-real")])
    {
        let provider = Provider { kind, base_url: base.clone(), key: Secret::new(key) };
        let Some(out) = request::headers(&provider, &from) else { unreachable!("the key fits a header") };
        let credentials: Vec<_> = request::CREDENTIALS.iter().flat_map(|name| out.get_all(*name)).collect();
        assert!(
            matches!(&*credentials, [one] if one.is_sensitive() && one.as_bytes().ends_with(key.as_bytes())),
            "{out:?}"
        );
        assert!(out.get_all(HOST).iter().eq(["up.example"]), "{out:?}");
        assert!(out.get_all(CONTENT_LENGTH).iter().count() <= 1, "{out:?}");
        for gone in [COOKIE, EXPECT, ACCEPT_ENCODING, CONNECTION] {
            assert!(!out.contains_key(gone), "{out:?}");
        }
    }
}

/// What a provider answers: the first byte says how many bytes come at once, the second whose answer it is. The key does
/// not come back, however the body and the heads are cut, and what is counted does not depend on the cuts.
pub fn provider_answer(data: &[u8]) {
    const KEY: &[u8] = b"sk-real";
    let Some(([step, form], body)) = data.split_first_chunk::<2>() else { return };
    let step = usize::from(*step).max(1);
    let scrubbed = |step: usize| {
        let key = String::from_utf8_lossy(KEY);
        let mut scrub = Scrub { key: Secret::new(key), held: Vec::new() };
        let mut out: Vec<u8> = body.chunks(step).flat_map(|chunk| scrub.feed(chunk)).collect();
        assert!(scrub.held.len() < KEY.len());
        out.append(&mut scrub.held);
        out
    };
    let out = scrubbed(step);
    assert_eq!(answer::find(&out, KEY), None);
    assert_eq!(out.len(), body.len());
    assert!(out.iter().zip(body).all(|(o, b)| o == b || *o == b'*'));
    assert_eq!(out, scrubbed(body.len().max(1)));

    let kind = KINDS[usize::from(*form) % KINDS.len()];
    let content = if *form < 128 { "text/event-stream" } else { "application/json" };
    let heads = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content))]);
    let counted = |step: usize| {
        let mut meter = Meter::new(kind, &heads, Usage::default());
        body.chunks(step).for_each(|chunk| meter.feed(chunk));
        meter.finish()
    };
    let usage = counted(step);
    assert_eq!(usage, counted(body.len().max(1)));
    assert!(usage.model.len() <= 255 && usage.model.bytes().all(|b| matches!(b, b' '..=b'~')));
    let Usage { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, .. } = usage;
    for tokens in [input_tokens, output_tokens, cache_read_tokens, cache_write_tokens] {
        assert!(tokens <= SAFE_INTEGER);
    }

    let mut heads = headers(body.split(|b| *b == b'\n'));
    answer::clean_headers(&mut heads, &Secret::new(String::from_utf8_lossy(KEY)));
    assert!(!heads.contains_key(SET_COOKIE) && !heads.contains_key(CONNECTION));
    assert!(heads.values().all(|value| answer::find(value.as_bytes(), KEY).is_none()));
}

/// Lines of `name: value`; what can be no header is left out.
fn headers<'a>(lines: impl Iterator<Item = &'a [u8]>) -> HeaderMap {
    let pair = |line: &[u8]| {
        let colon = line.iter().position(|b| *b == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        Some((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?))
    };
    let mut all = HeaderMap::new();
    for (name, value) in lines.filter_map(pair) {
        all.append(name, value);
    }
    all
}
