//! The error body of the chat routes (seed 002): `error` is the HTTP status' name there, a sentence in
//! [`ApiError`](crate::error::ApiError). Both are made from [`ErrorCode`]'s table.

use std::{borrow::Cow, collections::BTreeMap};

use macro_rules_attribute::apply;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Number, Value};

use crate::{
    error::{ApiError, ErrorCode, status_name},
    limits::SAFE_SIGNED,
    wire::message,
};

/// One detail of an error: a text, a number, or yes or no.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ErrorDetail {
    /// A text.
    Text(String),
    /// A number.
    Number(Number),
    /// Yes or no.
    Bool(bool),
}

impl ErrorDetail {
    /// The value as a detail, when it is one.
    #[must_use]
    pub fn new(value: Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Text(text)),
            Value::Number(number) => Some(Self::Number(number)),
            Value::Bool(yes) => Some(Self::Bool(yes)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for ErrorDetail {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(Value::deserialize(d)?)
            .ok_or_else(|| de::Error::custom("is neither a text, nor a number, nor true or false"))
    }
}

impl JsonSchema for ErrorDetail {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ErrorDetail".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

/// The error body of the chat routes.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct ApiErrorResponse {
    /// The HTTP status' name, as in `Not Found`.
    pub error: String,
    /// For people.
    pub message: String,
    /// For programs.
    pub code: ErrorCode,
    /// More for programs.
    pub details: Option<BTreeMap<String, ErrorDetail>>,
    /// Finds the request in the server's log.
    pub request_id: Option<String>,
}

/// An error body with its HTTP status.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct ErrorResponseWithStatus {
    /// The HTTP status.
    #[garde(range(min = 400, max = 599))]
    pub status_code: u16,
    /// The body.
    #[garde(dive)]
    pub body: ApiErrorResponse,
}

/// What is wrong with one field.
#[apply(message)]
#[derive(Eq)]
pub struct ValidationErrorDetail {
    /// Which.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What is allowed.
    pub expected: Option<String>,
    /// What came.
    pub received: Option<String>,
}

/// A number that is too small or too large.
#[apply(message)]
#[derive(Eq)]
pub struct RangeErrorDetail {
    /// Which field.
    pub field: String,
    /// The smallest that is allowed.
    #[garde(range(min = -SAFE_SIGNED, max = SAFE_SIGNED))]
    pub min: i64,
    /// The largest that is allowed.
    #[garde(range(min = -SAFE_SIGNED, max = SAFE_SIGNED))]
    pub max: i64,
    /// What came.
    #[garde(range(min = -SAFE_SIGNED, max = SAFE_SIGNED))]
    pub received: i64,
}

impl ApiErrorResponse {
    /// The body for a code; its default message when none is given.
    #[must_use]
    pub fn new(code: ErrorCode, message: Option<String>) -> Self {
        Self {
            error: status_name(code.status()).to_owned(),
            message: message.unwrap_or_else(|| code.default_message().to_owned()),
            code,
            details: None,
            request_id: None,
        }
    }
}

/// The same error for the chat routes. Details that are no plain values stay behind.
impl From<ApiError> for ApiErrorResponse {
    fn from(error: ApiError) -> Self {
        let mut out = Self::new(error.code.unwrap_or(ErrorCode::InternalError), Some(error.error));
        let details: BTreeMap<String, ErrorDetail> = error
            .details
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(name, value)| Some((name, ErrorDetail::new(value)?)))
            .collect();
        out.details = if details.is_empty() { None } else { Some(details) };
        out
    }
}

impl From<ErrorCode> for ErrorResponseWithStatus {
    fn from(code: ErrorCode) -> Self {
        Self { status_code: code.status(), body: ApiErrorResponse::new(code, None) }
    }
}

/// Whether a body is an [`ApiErrorResponse`]: three texts, and the code is known. Details are not looked at.
#[must_use]
pub fn is_api_error_response(value: &Value) -> bool {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    text("error").is_some()
        && text("message").is_some()
        && text("code").is_some_and(|c| ErrorCode::find(c).is_some())
}
