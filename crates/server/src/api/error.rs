//! The one shape of every error: [`Failure`] becomes `ApiError` JSON with the status of its code.
//!
//! Which to use: a handler returns `Result<_, Failure>` and reaches for [`not_found`], [`bad_request`], [`invalid`] or
//! [`Failure::new`]; an [`EngineError`] or a [`StoreError`] converts by `?`. What a stranger must not read (paths,
//! the store's words) goes to the log and not into the answer.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use lia_protocol::error::{ApiError, ErrorCode, Issue};
use lia_runtime::RuntimeError;
use lia_store::StoreError;
use serde_json::json;

use crate::engine::EngineError;

/// An answer that is an error.
#[derive(Debug)]
pub struct Failure {
    body: ApiError,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Failure {
    /// An error with its code.
    #[must_use]
    pub fn new(code: ErrorCode, sentence: impl Into<String>) -> Self {
        Self { body: ApiError::new(code, sentence), headers: Vec::new() }
    }

    /// The same with details for programs.
    #[must_use]
    pub fn details(mut self, details: serde_json::Value) -> Self {
        self.body = self.body.with_details(details);
        self
    }

    /// The same with a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.body.code.unwrap_or(ErrorCode::InternalError)
    }

    /// What went wrong, for people.
    #[must_use]
    pub fn sentence(&self) -> &str {
        &self.body.error
    }

    /// The body.
    #[must_use]
    pub fn into_body(self) -> ApiError {
        self.body
    }
}

/// No such object for this caller.
#[must_use]
pub fn not_found(what: impl std::fmt::Display) -> Failure {
    Failure::new(ErrorCode::NotFound, format!("there is no {what}"))
}

/// The request cannot be understood.
#[must_use]
pub fn bad_request(sentence: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::BadRequest, sentence)
}

/// One value of the request is wrong.
#[must_use]
pub fn invalid(path: impl Into<String>, message: impl Into<String>) -> Failure {
    issues(&[Issue { path: path.into(), message: message.into() }])
}

/// Values of the request are wrong.
#[must_use]
pub fn issues(issues: &[Issue]) -> Failure {
    let said = issues.iter().map(|i| format!("{} {}", i.path, i.message)).collect::<Vec<_>>().join("; ");
    bad_request(format!("the request is not valid: {said}")).details(json!({ "issues": issues }))
}

/// No credential that is good.
#[must_use]
pub fn unauthorized(sentence: &str) -> Failure {
    Failure::new(ErrorCode::Unauthorized, sentence).header(header::WWW_AUTHENTICATE, "Bearer realm=\"lia\"")
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.body)).into_response();
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl From<StoreError> for Failure {
    fn from(e: StoreError) -> Self {
        EngineError::from(e).into()
    }
}

impl From<EngineError> for Failure {
    fn from(e: EngineError) -> Self {
        let code = e.code();
        match &e {
            EngineError::Invalid(list) => issues(list),
            EngineError::Store(StoreError::Full | StoreError::Closed) => Self::new(code, e.to_string()),
            EngineError::Store(StoreError::Conflict { .. }) => {
                Self::new(ErrorCode::InvalidState, "the object changed meanwhile; read it and try again")
            }
            EngineError::Store(inner) => {
                tracing::error!(error = %inner, "the store failed");
                Self::new(code, "the store could not do it; the server's log says why")
            }
            EngineError::Runtime(RuntimeError::Io { .. } | RuntimeError::Ledger(_)) => {
                tracing::error!(error = %e, "the runtime failed");
                Self::new(code, "the sandbox could not do it; the server's log says why")
            }
            EngineError::Runtime(RuntimeError::Gone(_)) => {
                Self::new(ErrorCode::InvalidState, "the sandbox of this task does not live any more")
            }
            EngineError::Runtime(_)
            | EngineError::Instance(_)
            | EngineError::NoTask(_)
            | EngineError::NotFound(_)
            | EngineError::InvalidState(_)
            | EngineError::Turn(_)
            | EngineError::Start(_)
            | EngineError::QueueFull(_)
            | EngineError::IdempotencyConflict
            | EngineError::Unavailable(_) => Self::new(code, e.to_string()),
        }
    }
}
