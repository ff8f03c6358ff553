//! The client itself: one connection pool to one server, one way to send and to read, one mapping of failures.

use std::{fmt, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use lia_protocol::{error::ApiError, secret::Secret};
use reqwest::{Method, RequestBuilder, Response, Url, header};
use serde::{Serialize, de::DeserializeOwned};

use crate::error::{Error, is_tls, root_cause};

/// Bytes of one JSON answer: a page of 100 tasks with the largest prompts, escaped.
const ANSWER_BYTES: usize = 128 << 20;
/// Bytes of an error's body that are read.
const ERROR_BYTES: usize = 1 << 20;
/// Seconds that an answer which is not a stream may take.
const ANSWER_SECONDS: u64 = 120;

/// A client of one server. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Secret,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.base)
    }
}

impl Client {
    /// A client of the server at `base_url` (`http://127.0.0.1:3000`), in the name of `token`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::BadUrl`], [`Error::BadToken`], [`Error::SetUp`].
    pub fn new(base_url: &str, token: Secret) -> Result<Self, Error> {
        let bad = |why: &str| Error::BadUrl { url: base_url.to_owned(), why: why.to_owned() };
        let mut base = Url::parse(base_url).map_err(|e| bad(&e.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none_or(str::is_empty) {
            return Err(bad("it has no http:// or https:// and a host"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(bad("it holds a user or a password; a token goes into --token or LIA_TOKEN"));
        }
        base.set_query(None);
        base.set_fragment(None);
        let mut headers = header::HeaderMap::new();
        if !token.is_empty() {
            let mut value = header::HeaderValue::from_str(&format!("Bearer {}", token.expose()))
                .map_err(|_| Error::BadToken)?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        // Only the first call installs; a provider that the program chose before stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("lia/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .http1_only()
            .connect_timeout(Duration::from_secs(10))
            .tcp_keepalive(Duration::from_secs(30))
            .build()
            .map_err(|e| Error::SetUp(root_cause(&e)))?;
        Ok(Self { http, base, token })
    }

    /// The server's base URL, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The token that requests carry.
    #[must_use]
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// `path` below the base URL; each part is escaped, so that none can become two.
    pub(crate) fn url<S: AsRef<str>>(&self, path: impl IntoIterator<Item = S>) -> Url {
        let mut url = self.base.clone();
        // Only URLs that cannot be a base have no segments, and `new` took none of those.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// The same below `/api/v1`.
    pub(crate) fn api<S: AsRef<str>>(&self, path: impl IntoIterator<Item = S>) -> Url {
        let mut url = self.url(["api", "v1"]);
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url
    }

    /// A request whose answer may take as long as it likes.
    pub(crate) fn streaming(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// A request whose answer comes soon.
    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url).timeout(Duration::from_secs(ANSWER_SECONDS))
    }

    /// Sends; anything but a success is an error.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let response = request.send().await.map_err(|e| self.transport(&e))?;
        if response.status().is_success() || response.status() == reqwest::StatusCode::SWITCHING_PROTOCOLS {
            return Ok(response);
        }
        Err(self.refusal(response).await)
    }

    /// Sends and reads JSON.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<T, Error> {
        let response = self.send(request).await?;
        let body = self.body(response, ANSWER_BYTES).await?;
        serde_json::from_slice(&body).map_err(Error::protocol(what))
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, what: &'static str, url: Url) -> Result<T, Error> {
        self.json(what, self.request(Method::GET, url)).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        what: &'static str,
        url: Url,
        body: &(impl Serialize + Sync + ?Sized),
    ) -> Result<T, Error> {
        self.json(what, self.request(Method::POST, url).json(body)).await
    }

    /// Sends; a success has no body worth reading.
    pub(crate) async fn done(&self, request: RequestBuilder) -> Result<(), Error> {
        self.send(request).await.map(drop)
    }

    /// The whole body, when it is not larger than `max`.
    pub(crate) async fn body(&self, response: Response, max: usize) -> Result<Bytes, Error> {
        let url = bare(response.url());
        let mut all = BytesMut::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|e| self.transport(&e))?;
            if all.len() + chunk.len() > max {
                return Err(Error::Protocol {
                    what: "answer",
                    why: format!("{url} sent more than {max} bytes"),
                });
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    async fn refusal(&self, response: Response) -> Error {
        let (status, url) = (response.status().as_u16(), bare(response.url()));
        let body = match self.body(response, ERROR_BYTES).await {
            Ok(b) => b,
            Err(e @ Error::Broken { .. }) => return e,
            Err(_) => Bytes::new(),
        };
        match serde_json::from_slice::<ApiError>(&body) {
            Ok(api) => Error::Api { status, api },
            Err(_) => Error::NotLia {
                url,
                status,
                body: String::from_utf8_lossy(&body).chars().take(200).collect(),
            },
        }
    }

    /// What a failure below HTTP means.
    pub(crate) fn transport(&self, e: &reqwest::Error) -> Error {
        let url = self.base_url().to_owned();
        let why = root_cause(e);
        if is_tls(e) {
            Error::Untrusted { url, why }
        } else if e.is_connect() {
            Error::Unreachable { url, why }
        } else if e.is_timeout() {
            Error::Broken { url, why: format!("no answer within {ANSWER_SECONDS} seconds") }
        } else {
            Error::Broken { url, why }
        }
    }
}

/// A URL for an error message: its query may hold a ticket.
pub(crate) fn bare(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}
