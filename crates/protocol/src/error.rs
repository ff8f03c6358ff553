//! The one error body of `/api/v1` (seed 000): a sentence, a code, and what it is about.

use macro_rules_attribute::apply;
use serde_json::{Map, Value};

use crate::wire::{message, word};

/// `{"error": sentence, "code": CODE, "details"?: object}`.
#[apply(message)]
pub struct ApiError {
    /// What happened, with which value, and what to do; for people.
    pub error: String,
    /// For programs.
    pub code: Option<ErrorCode>,
    /// For programs: for validation errors `{"issues": [{"path", "message"}]}`.
    pub details: Option<Map<String, Value>>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal;)*) => {
        /// What went wrong, for programs. Each has one HTTP status.
        #[apply(word)]
        pub enum ErrorCode { $($(#[$doc])* #[serde(rename = $text)] $name,)* }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The HTTP status that goes with the code.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The word on the wire.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// The request is malformed or a value is out of its bounds.
    BadRequest = "BAD_REQUEST", 400;
    /// No valid credential came with the request.
    Unauthorized = "UNAUTHORIZED", 401;
    /// The credential does not allow this.
    Forbidden = "FORBIDDEN", 403;
    /// No such route, or no such object for this caller.
    NotFound = "NOT_FOUND", 404;
    /// No such task for this caller.
    TaskNotFound = "TASK_NOT_FOUND", 404;
    /// The route exists, with other methods.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405;
    /// The object's state does not allow this.
    InvalidState = "INVALID_STATE", 409;
    /// The same Idempotency-Key came with another body.
    IdempotencyConflict = "IDEMPOTENCY_CONFLICT", 409;
    /// The prompt queue holds as many as it may.
    QueueFull = "QUEUE_FULL", 409;
    /// The body or a part of it is larger than allowed.
    TooLarge = "PAYLOAD_TOO_LARGE", 413;
    /// The body is not JSON, or says that it is not.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415;
    /// The Host header names a server that this is not.
    MisdirectedRequest = "MISDIRECTED_REQUEST", 421;
    /// The sandbox could not do it.
    VmError = "VM_ERROR", 500;
    /// The store could not do it.
    DatabaseError = "DATABASE_ERROR", 500;
    /// A defect of Lia.
    InternalError = "INTERNAL_ERROR", 500;
    /// For now: the disk reserve is reached, the server is stopping, or the store does not answer.
    Unavailable = "UNAVAILABLE", 503;
}

impl ApiError {
    /// An error with its code.
    #[must_use]
    pub fn new(code: ErrorCode, error: impl Into<String>) -> Self {
        Self { error: error.into(), code: Some(code), details: None }
    }

    /// The same with details; anything but an object is left out.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = if let Value::Object(details) = details { Some(details) } else { None };
        self
    }
}

/// One thing that is wrong with a request.
#[apply(message)]
#[derive(Eq)]
pub struct Issue {
    /// Where, as in `config.vcpu_count` or `files.3.name`.
    pub path: String,
    /// What is wrong and what is allowed.
    pub message: String,
}
