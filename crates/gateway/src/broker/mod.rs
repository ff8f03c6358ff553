//! The credential broker: `/<provider>/…` goes to that provider's base URL with the real key. Whoever asks is known by
//! the link; what it sends as a credential is thrown away.

pub(crate) mod answer;
pub(crate) mod request;

use std::{sync::Arc, time::Duration};

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use lia_protocol::{boot::INNER_BROKER_PORT, event::Usage};

use self::answer::{Answer, clean_headers, error};
use crate::{
    Error, Options, ProviderKind,
    events::printable,
    http::{Body, serve as serve_http},
    link::{Door, Link},
    stream::Stream,
    usage::Meter,
};

/// How long an idle connection to a provider is kept.
const IDLE: Duration = Duration::from_secs(60);

/// The client that speaks to the providers, for every instance.
pub(crate) struct Upstream(Client<HttpsConnector<HttpConnector>, Incoming>);

impl Upstream {
    pub(crate) fn new(options: &Options) -> Result<Self, Error> {
        let tls = crate::tls::client_config(options.upstream_ca.as_deref())?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(options.connect_timeout));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Ok(Self(client))
    }
}

pub(crate) async fn serve(link: Arc<Link>, stream: Stream) {
    serve_http(stream, |request, _| {
        let link = link.clone();
        async move { answer(&link, request).await }
    })
    .await;
}

/// Forwards one request with the real key, or says why not in the vendor's own form.
pub(crate) async fn answer(link: &Link, request: Request<Incoming>) -> Response<Body> {
    let options = &link.gateway.options;
    let (head, body) = request.into_parts();
    let (session, path) = request::session(head.uri.path());
    let (name, rest) = request::split(path);
    let provider = options.providers.get(name);
    let kind = provider.map_or(ProviderKind::OpenAi, |p| p.kind);
    if !link.policy().providers.contains(name) {
        let reason = format!("the provider {:?} is not open to this task", printable(name));
        link.refused(Door::Broker, name, INNER_BROKER_PORT, &reason).await;
        return error(kind, StatusCode::FORBIDDEN, &format!("Lia refused: {reason}"));
    }
    let Some(provider) = provider.filter(|p| !p.key.is_empty()) else {
        let text = format!("Lia has no key for the provider {name}: set providers.{name}.api_key");
        return error(kind, StatusCode::SERVICE_UNAVAILABLE, &text);
    };
    let Some(uri) = request::uri(&provider.base_url, rest, head.uri.query()) else {
        return error(
            kind,
            StatusCode::BAD_REQUEST,
            "Lia refused: the path cannot be forwarded (dot segments, escaped slashes)",
        );
    };
    let Some(headers) = request::headers(provider, &head.headers) else {
        // The key and the base URL were checked when the gateway was made.
        return error(kind, StatusCode::INTERNAL_SERVER_ERROR, "Lia cannot build the request");
    };
    let Some(place) = link.reserve_event().await else {
        return error(kind, StatusCode::SERVICE_UNAVAILABLE, "Lia is closing this instance's link");
    };

    let mut request = Request::new(body);
    *request.method_mut() = head.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    let response = match link.gateway.upstream.0.request(request).await {
        Ok(response) => response,
        Err(e) => {
            tracing::warn!(
                provider = name,
                error = &e as &dyn std::error::Error,
                "a provider cannot be reached"
            );
            let text = format!("Lia cannot reach the provider {name}; the server's log says more");
            return error(kind, StatusCode::BAD_GATEWAY, &text);
        }
    };
    let (mut head, body) = response.into_parts();
    let usage = Usage { provider: printable(name), status: head.status.as_u16(), ..Usage::default() };
    let meter = Meter::new(kind, &head.headers, usage);
    clean_headers(&mut head.headers, &provider.key);
    head.version = http::Version::HTTP_11;
    let secret = (!head.status.is_success()).then(|| provider.key.clone());
    Response::from_parts(head, Answer::new(body, meter, place, secret, session).boxed_unsync())
}
