//! One extractor each for JSON bodies, path parameters and query strings, so that every rejection is an `ApiError`.
//! Unknown fields are ignored everywhere, as the seeds do.

use std::time::Duration;

use axum::{
    extract::{
        FromRequest, FromRequestParts, OptionalFromRequest, Path, Query, Request, path::ErrorKind,
        rejection::PathRejection,
    },
    http::{HeaderMap, header, request::Parts},
};
use bytes::Bytes;
use garde::Validate;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use lia_protocol::{error::ErrorCode, wire};
use serde::de::{DeserializeOwned, IgnoredAny};

use super::error::{Failure, bad_request, invalid, issues};

/// How long a JSON body may take to arrive.
const BODY_DEADLINE: Duration = Duration::from_secs(60);

/// How large the body of this route may be; the guard puts it into the request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

/// A JSON body.
#[derive(Debug)]
pub struct ApiJson<T> {
    /// Read.
    pub value: T,
    /// As it came.
    pub bytes: Bytes,
}

impl<S: Send + Sync, T: DeserializeOwned + Validate<Context = ()>> FromRequest<S> for ApiJson<T> {
    type Rejection = Failure;

    async fn from_request(req: Request, _: &S) -> Result<Self, Failure> {
        let bytes = json_bytes(req).await?;
        let value = parse(&bytes)?;
        Ok(Self { value, bytes })
    }
}

/// A body that says to be JSON, of the size that the route allows.
pub(super) async fn json_bytes(req: Request) -> Result<Bytes, Failure> {
    let limit = req.extensions().get::<BodyLimit>().map_or(0, |l| l.0);
    if !is_json(req.headers()) {
        return Err(Failure::new(
            ErrorCode::UnsupportedMediaType,
            "the body must be JSON and say so: Content-Type: application/json",
        ));
    }
    let read = Limited::new(req.into_body(), limit).collect();
    match tokio::time::timeout(BODY_DEADLINE, read).await {
        Err(_) => Err(bad_request(format!("the body did not arrive within {} s", BODY_DEADLINE.as_secs()))),
        Ok(Err(e)) if e.is::<LengthLimitError>() => Err(too_large(limit as u64)),
        Ok(Err(_)) => Err(bad_request("the body broke off")),
        Ok(Ok(body)) => Ok(body.to_bytes()),
    }
}

/// A JSON body that may be left out.
impl<S: Send + Sync, T: DeserializeOwned + Validate<Context = ()>> OptionalFromRequest<S> for ApiJson<T> {
    type Rejection = Failure;

    async fn from_request(req: Request, state: &S) -> Result<Option<Self>, Failure> {
        let says_nothing = !req.headers().contains_key(header::CONTENT_TYPE);
        if says_nothing && hyper::body::Body::is_end_stream(req.body()) {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(req, state).await.map(Some)
    }
}

/// The body is larger than it may be.
#[must_use]
pub fn too_large(limit: u64) -> Failure {
    Failure::new(ErrorCode::TooLarge, format!("the body is larger than the allowed {limit} bytes"))
}

/// Reads a body and checks its limits; a value that is wrong is named by its path.
fn parse<T: DeserializeOwned + Validate<Context = ()>>(bytes: &[u8]) -> Result<T, Failure> {
    wire::parse(bytes).map_err(|list| {
        // Only here it matters whether the text is JSON at all.
        match serde_json::from_slice::<IgnoredAny>(bytes) {
            Ok(_) => issues(&list),
            Err(e) => bad_request(format!("the body is not JSON: {e}")),
        }
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()) else { return false };
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Path parameters.
#[derive(Debug)]
pub struct ApiPath<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for ApiPath<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(e)) => Err(match e.into_kind() {
                ErrorKind::ParseErrorAtKey { key, value, expected_type } => {
                    invalid(key, format!("{value:?} is not a {expected_type}"))
                }
                ErrorKind::DeserializeError { key, value, message } => {
                    invalid(key, format!("{value:?}: {message}"))
                }
                ErrorKind::InvalidUtf8InPathParam { key } => invalid(key, "is not UTF-8"),
                other => bad_request(format!("the path is not valid: {other}")),
            }),
            Err(e) => Err(bad_request(format!("the path is not valid: {e}"))),
        }
    }
}

/// The query string.
#[derive(Debug)]
pub struct ApiQuery<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Validate<Context = ()>> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(value)) => match wire::check(&value) {
                issues if issues.is_empty() => Ok(Self(value)),
                found => Err(issues(&found)),
            },
            Err(e) => {
                let text = std::error::Error::source(&e).map_or_else(|| e.to_string(), ToString::to_string);
                // serde_path_to_error writes "key: message".
                let (path, message) = text.split_once(": ").unwrap_or(("", &text));
                Err(invalid(path, message))
            }
        }
    }
}
