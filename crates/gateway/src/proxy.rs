//! The proxy door: SOCKS5 (see [`crate::socks`]), HTTP CONNECT, and absolute-form requests for plain HTTP. The
//! broker's own address is served by the broker; every other loopback address is refused like any address.

use std::{sync::Arc, time::Duration};

use http::{Method, Request, Response, StatusCode};
use hyper::{body::Incoming, upgrade};
use lia_protocol::boot::INNER_BROKER_PORT;
use tokio::time::timeout;

use crate::{
    admit::Deny,
    broker,
    http::{After, Body, authority, denied, empty, sentence, serve as serve_http, stream_of},
    link::{Door, Link},
    plain, socks,
    stream::Stream,
    tunnel::Tunnel,
};

/// How long a client may wait with its first byte.
const FIRST_BYTE: Duration = Duration::from_secs(30);

pub(crate) async fn serve(link: Arc<Link>, mut stream: Stream) {
    if !matches!(timeout(FIRST_BYTE, stream.need(1)).await, Ok(Ok(()))) {
        return;
    }
    match stream.ahead()[0] {
        socks::VERSION => socks::serve(link, stream).await,
        _ => serve_http(stream, |request, after| answer(link.clone(), request, after)).await,
    }
}

/// Whether this is the address at which agents find the broker.
pub(crate) fn is_broker(host: &str, port: u16) -> bool {
    port == INNER_BROKER_PORT
        && (host.eq_ignore_ascii_case("localhost") || matches!(host, "127.0.0.1" | "::1" | "[::1]"))
}

async fn answer(link: Arc<Link>, request: Request<Incoming>, after: After) -> Response<Body> {
    if request.method() == Method::CONNECT {
        return connect(link, request, after).await;
    }
    let Some(target) = request.uri().authority().map(|a| authority(a.as_str())) else {
        return sentence(
            StatusCode::BAD_REQUEST,
            "this is Lia's proxy: it takes CONNECT and whole URLs (http://host/path)",
        );
    };
    match target {
        Some((host, port)) if is_broker(host, port.unwrap_or(80)) => broker::answer(&link, request).await,
        _ => plain::forward(&link, Door::Proxy, None, request, after).await,
    }
}

async fn connect(link: Arc<Link>, mut request: Request<Incoming>, after: After) -> Response<Body> {
    let target = request.uri().authority().and_then(|a| authority(a.as_str()));
    let Some((host, Some(port))) = target else {
        let (asked, reason) = (request.uri().to_string(), "CONNECT takes host:port, without a user name");
        link.refused(Door::Proxy, &asked, 0, reason).await;
        return denied(&Deny::Refused(reason.to_owned()), &asked, 0);
    };
    let host = host.to_owned();
    if is_broker(&host, port) {
        let stream = stream_of(upgrade::on(&mut request));
        after.then(async move {
            if let Some(stream) = stream.await {
                broker::serve(link, stream).await;
            }
        });
        return Response::new(empty());
    }
    match Tunnel::open(&link, Door::Proxy, &host, port).await {
        Ok(tunnel) => {
            let stream = stream_of(upgrade::on(&mut request));
            after.then(async move {
                if let Some(stream) = stream.await {
                    tunnel.run(link, stream).await;
                }
            });
            Response::new(empty())
        }
        Err(deny) => denied(&deny, &host, port),
    }
}
