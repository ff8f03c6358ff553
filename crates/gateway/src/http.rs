//! HTTP/1.1 as the doors speak it: one server with its bounds, answers of Lia's own, headers that never pass on.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode,
    header::{CONNECTION, CONTENT_TYPE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE},
};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::{
    body::Incoming,
    ext::ReasonPhrase,
    server::conn::http1,
    service::service_fn,
    upgrade::{OnUpgrade, Upgraded},
};
use hyper_util::rt::{TokioIo, TokioTimer};

use crate::{
    admit::Deny,
    events::printable,
    stream::{Lingering, Stream},
};

/// How long a request's head may take, and an idle connection may wait for the next one.
const HEAD: Duration = Duration::from_secs(30);
/// Bytes of a request's head.
pub(crate) const HEAD_BYTES: usize = 64 << 10;
/// Header lines of a message.
pub(crate) const HEADERS: usize = 128;

/// A body that streams, whatever it is made of.
pub(crate) type Body = UnsyncBoxBody<Bytes, hyper::Error>;

/// Serves requests on `stream` one after the other, and then what the last one left in [`After`].
pub(crate) async fn serve<H, F>(stream: Stream, handle: H)
where
    H: Fn(Request<Incoming>, After) -> F,
    F: Future<Output = Response<Body>>,
{
    let after = After::default();
    let service = service_fn(|request| {
        let answer = handle(request, after.clone());
        async { Ok::<_, Infallible>(answer.await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(Lingering::new(stream)), service)
        .with_upgrades()
        .await;
    if let Err(e) = served {
        tracing::debug!(error = %e, "HTTP from an instance");
    }
    let next = after.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(next) = next {
        next.await;
    }
}

/// What goes on after an HTTP connection became something else (CONNECT, WebSocket).
#[derive(Clone, Default)]
pub(crate) struct After(Arc<Mutex<Option<BoxFuture<'static, ()>>>>);

impl After {
    pub(crate) fn then(&self, next: impl Future<Output = ()> + Send + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::pin(next));
    }
}

/// The stream below a connection that [`serve`] gave up, with what was read of it already.
pub(crate) async fn stream_of(upgrade: OnUpgrade) -> Option<Stream> {
    let parts = upgrade.await.ok().and_then(|u: Upgraded| u.downcast::<TokioIo<Lingering>>().ok())?;
    let mut stream = parts.io.into_inner().stream;
    stream.put_back(&parts.read_buf);
    Some(stream)
}

pub(crate) fn empty() -> Body {
    full(Bytes::new())
}

pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// An answer of Lia's own: the sentence as body, and in the status line, since many clients show nothing else.
pub(crate) fn sentence(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(full(format!("{text}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    if let Ok(phrase) = ReasonPhrase::try_from(printable(text).into_bytes()) {
        response.extensions_mut().insert(phrase);
    }
    response
}

/// The answer to a denied destination.
pub(crate) fn denied(deny: &Deny, host: &str, port: u16) -> Response<Body> {
    let status = match deny {
        Deny::Refused(_) => StatusCode::FORBIDDEN,
        Deny::Unreachable(_) => StatusCode::BAD_GATEWAY,
    };
    sentence(status, &deny.sentence(host, port))
}

/// A 403 for where no HTTP server is running yet.
pub(crate) fn refusal_bytes(text: &str) -> Vec<u8> {
    let phrase = printable(text);
    let head = "content-type: text/plain; charset=utf-8\r\nconnection: close";
    format!("HTTP/1.1 403 {phrase}\r\n{head}\r\ncontent-length: {}\r\n\r\n{text}\n", text.len() + 1)
        .into_bytes()
}

/// An authority's host and port. No userinfo: what stands before an `@` has fooled many.
pub(crate) fn authority(text: &str) -> Option<(&str, Option<u16>)> {
    if text.contains('@') {
        return None;
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
            (host, Some(port.parse().ok().filter(|n| digits && *n > 0)?))
        }
        _ => (text, None),
    };
    (!host.is_empty()).then_some((host, port))
}

/// Removes the headers that concern one connection only (RFC 9110 §7.6.1).
pub(crate) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE] {
        headers.remove(name);
    }
    for name in
        ["keep-alive", "proxy-connection", "proxy-authorization", "proxy-authenticate", "http2-settings"]
    {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities() {
        assert_eq!(authority("a.example:443"), Some(("a.example", Some(443))));
        assert_eq!(authority("a.example"), Some(("a.example", None)));
        assert_eq!(authority("[::1]:443"), Some(("[::1]", Some(443))));
        assert_eq!(authority("[::1]"), Some(("[::1]", None)));
        for bad in
            ["u@a.example:443", "a.example@b.example", ":443", "", "a:", "a:+1", "a:0", "a:70000", "a:80:"]
        {
            assert_eq!(authority(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn hop_by_hop_headers_go() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "X-One, close"),
            ("x-one", "1"),
            ("x-two", "2"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("proxy-authorization", "Basic eA=="),
            ("transfer-encoding", "chunked"),
            ("keep-alive", "timeout=5"),
        ] {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_static(value));
        }
        strip_hop_by_hop(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-two"]);
    }
}
