//! Plain HTTP to an allowed host, request by request: every one is decided anew, by the name that it says, and goes
//! out on a connection of its own in our own framing.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, Version,
    header::{CONNECTION, EXPECT, HOST, UPGRADE},
    uri::PathAndQuery,
};
use http_body_util::BodyExt as _;
use hyper::{
    body::{Frame, Incoming, SizeHint},
    client::conn::http1,
    upgrade,
};
use hyper_util::rt::TokioIo;
use lia_protocol::host::HostName;
use tokio::io::copy_bidirectional;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    admit::Deny,
    http::{
        After, Body, HEAD_BYTES, HEADERS, authority, denied, sentence, serve as serve_http, strip_hop_by_hop,
    },
    link::{Door, Link},
    stream::Stream,
};

/// Serves plain HTTP inside a tunnel that was let pass to `only`.
pub(crate) async fn serve(link: Arc<Link>, door: Door, only: (HostName, u16), stream: Stream) {
    serve_http(stream, |request, after| forward(&link, door, Some(&only), request, after)).await;
}

/// Forwards one request: to the host that it names, which must be `only` where the connection is for one host.
pub(crate) async fn forward(
    link: &Link,
    door: Door,
    only: Option<&(HostName, u16)>,
    request: Request<Incoming>,
    after: After,
) -> Response<Body> {
    let (host, port) = match named(&request) {
        Ok(target) => target,
        Err(why) => {
            let asked = request.uri().authority().map_or_else(String::new, ToString::to_string);
            link.refused(door, &asked, 0, why).await;
            return sentence(StatusCode::BAD_REQUEST, why);
        }
    };
    // The port that a Host header leaves out is the connection's.
    let port = port.or(only.map(|(_, port)| *port)).unwrap_or(80);
    let answer = async {
        if let Some((allowed, allowed_port)) = only
            && (!host.eq_ignore_ascii_case(allowed.as_str()) || port != *allowed_port)
        {
            return Err(Deny::Refused(format!("this connection is for {allowed}:{allowed_port} alone")));
        }
        let dest = link.admit(&host, port).await?;
        link.allowed(door, &dest.host, port).await;
        let upstream = link.connect(&dest).await?;
        let authority = if port == 80 { dest.host.to_string() } else { format!("{}:{port}", dest.host) };
        exchange(request, &authority, upstream, after)
            .await
            .map_err(|e| Deny::Unreachable(format!("the exchange failed ({e})")))
    };
    match answer.await {
        Ok(response) => response,
        Err(deny) => {
            if let Deny::Refused(reason) = &deny {
                link.refused(door, &host, port, reason).await;
            }
            denied(&deny, &host, port)
        }
    }
}

/// The host that a request names; its URI and its Host header must not disagree.
fn named(request: &Request<Incoming>) -> Result<(String, Option<u16>), &'static str> {
    let uri = request.uri();
    if request.method() == Method::CONNECT {
        return Err("CONNECT is for the proxy alone");
    }
    if uri.scheme_str().is_some_and(|s| s != "http") {
        return Err("only http:// is proxied so; use CONNECT for https://");
    }
    let mut hosts = request.headers().get_all(HOST).iter();
    let header = match (hosts.next(), hosts.next()) {
        (Some(host), None) => {
            Some(host.to_str().ok().and_then(authority).ok_or("the Host header cannot be read")?)
        }
        (None, _) => None,
        (Some(_), Some(_)) => return Err("there is more than one Host header"),
    };
    let line = match uri.authority() {
        Some(a) => Some(authority(a.as_str()).ok_or("the URL's host cannot be read, or it has a user name")?),
        None => None,
    };
    match (line, header) {
        (Some((host, port)), Some((header, header_port)))
            if !host.eq_ignore_ascii_case(header) || port.unwrap_or(80) != header_port.unwrap_or(80) =>
        {
            Err("the URL and the Host header name different hosts")
        }
        (Some((host, port)), _) => Ok((host.to_owned(), Some(port.unwrap_or(80)))),
        (None, Some((host, port))) => Ok((host.to_owned(), port)),
        (None, None) => Err("the request names no host"),
    }
}

async fn exchange(
    mut request: Request<Incoming>,
    authority: &str,
    upstream: tokio::net::TcpStream,
    after: After,
) -> Result<Response<Body>, hyper::Error> {
    let websocket = is_websocket(request.headers()) && request.method() == Method::GET;
    let from_client = upgrade::on(&mut request);
    let (mut head, body) = request.into_parts();
    strip_hop_by_hop(&mut head.headers);
    head.headers.remove(EXPECT);
    head.version = Version::HTTP_11;
    head.uri = Uri::from(head.uri.into_parts().path_and_query.unwrap_or(PathAndQuery::from_static("/")));
    if let Ok(host) = HeaderValue::from_str(authority) {
        head.headers.insert(HOST, host);
    }
    if websocket {
        head.headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        head.headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    } else {
        head.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }

    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .handshake(TokioIo::new(upstream))
        .await?;
    let driver = AbortOnDropHandle::new(tokio::spawn(async move {
        // Its error comes out of the exchange as well.
        let _ = connection.with_upgrades().await;
    }));
    let mut response = sender.send_request(Request::from_parts(head, body)).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        if !websocket || !is_websocket(response.headers()) {
            return Ok(sentence(
                StatusCode::BAD_GATEWAY,
                "the server switched to a protocol that nobody asked for",
            ));
        }
        let from_server = upgrade::on(&mut response);
        after.then(async move {
            let _driver = driver;
            if let (Ok(client), Ok(server)) = tokio::join!(from_client, from_server) {
                let _ = copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(server)).await;
            }
        });
        return Ok(response.map(|_| crate::http::empty()));
    }
    strip_hop_by_hop(response.headers_mut());
    Ok(response.map(|body| Driven { body, _driver: driver }.boxed_unsync()))
}

fn is_websocket(headers: &HeaderMap) -> bool {
    let has = |name, word: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .any(|v| v.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
    };
    has(UPGRADE, "websocket") && has(CONNECTION, "upgrade")
}

/// A response's body, and the connection that it comes from; both end together.
struct Driven {
    body: Incoming,
    _driver: AbortOnDropHandle<()>,
}

impl hyper::body::Body for Driven {
    type Data = Bytes;
    type Error = hyper::Error;
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
