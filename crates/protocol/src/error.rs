//! Every error code with its HTTP status and default message, and the error body of `/api/v1` (seed 000): a sentence, a
//! code, and what it is about. The chat routes' body, made from the same table, is [`crate::chat::ApiErrorResponse`].

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
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal, $status:literal, $message:literal;)*) => {
        /// What went wrong, for programs. Each has one HTTP status and one default message.
        #[apply(word)]
        pub enum ErrorCode { $($(#[doc = $doc])* #[serde(rename = $text)] $name,)* }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status that goes with the code.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// What a person reads when nothing more exact is known: capital first letter, no final period, no ids.
            #[must_use]
            pub const fn default_message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }

            /// The code with this word.
            #[must_use]
            pub fn find(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|c| c.as_str() == word)
            }
        }
    };
}

codes! {
    /// The request is malformed or a value is out of its bounds.
    BadRequest = "BAD_REQUEST", 400, "Invalid request";
    /// A value does not fit its schema.
    ValidationError = "VALIDATION_ERROR", 400, "Request failed validation";
    /// A parameter has a value that it cannot have.
    InvalidParameter = "INVALID_PARAMETER", 400, "Parameter value is invalid";
    /// A field that must be there is not.
    MissingRequiredField = "MISSING_REQUIRED_FIELD", 400, "A required field is missing";
    /// A number is too small or too large.
    ParameterOutOfRange = "PARAMETER_OUT_OF_RANGE", 400, "Parameter is outside the allowed range";
    /// An answer to an approval is neither yes nor no, or both.
    InvalidDecision = "INVALID_DECISION", 400, "Decision must be approved or rejected";
    /// No valid credential came with the request.
    Unauthorized = "UNAUTHORIZED", 401, "Sign-in required";
    /// The sign-in is too old.
    SessionExpired = "SESSION_EXPIRED", 401, "Session expired, sign in again";
    /// The token is unknown, malformed or too old.
    InvalidToken = "INVALID_TOKEN", 401, "Token is invalid or expired";
    /// The sign-in names no user.
    UserIdNotInSession = "USER_ID_NOT_IN_SESSION", 401, "Session carries no user";
    /// The token of a connection to another service is too old.
    ConnectionTokenExpired = "CONNECTION_TOKEN_EXPIRED", 401, "Connection expired, connect again";
    /// The credential does not allow this.
    Forbidden = "FORBIDDEN", 403, "Access denied";
    /// The caller may not see this.
    AccessDenied = "ACCESS_DENIED", 403, "No access to this resource";
    /// The caller may see this but not do it.
    InsufficientPermissions = "INSUFFICIENT_PERMISSIONS", 403, "Permission missing for this action";
    /// Data of another user was asked for.
    OwnDataOnly = "OWN_DATA_ONLY", 403, "Only your own data is accessible";
    /// The session is another user's.
    SessionAccessDenied = "SESSION_ACCESS_DENIED", 403, "No access to this session";
    /// The approval is another user's to answer.
    ApprovalAccessDenied = "APPROVAL_ACCESS_DENIED", 403, "Not allowed to answer this approval";
    /// No such route, or no such object for this caller.
    NotFound = "NOT_FOUND", 404, "Resource not found";
    /// No such task for this caller.
    TaskNotFound = "TASK_NOT_FOUND", 404, "Task not found";
    /// No such session for this caller.
    SessionNotFound = "SESSION_NOT_FOUND", 404, "Session not found";
    /// No such user.
    UserNotFound = "USER_NOT_FOUND", 404, "User not found";
    /// No such approval for this caller.
    ApprovalNotFound = "APPROVAL_NOT_FOUND", 404, "Approval not found";
    /// Nothing was counted yet.
    TokenUsageNotFound = "TOKEN_USAGE_NOT_FOUND", 404, "No usage data";
    /// No such tool.
    ToolNotFound = "TOOL_NOT_FOUND", 404, "Tool not found";
    /// The route exists, with other methods.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405, "Method not allowed here";
    /// The request contradicts what is there.
    Conflict = "CONFLICT", 409, "Resource conflict";
    /// The object is there already.
    AlreadyExists = "ALREADY_EXISTS", 409, "Resource already exists";
    /// The approval has its answer.
    AlreadyResolved = "ALREADY_RESOLVED", 409, "Approval was already decided";
    /// The state of things does not allow this.
    StateConflict = "STATE_CONFLICT", 409, "Not possible in the current state";
    /// As many sessions are pinned as may be.
    PinLimitExceeded = "PIN_LIMIT_EXCEEDED", 409, "Too many pinned sessions";
    /// The object's state does not allow this.
    InvalidState = "INVALID_STATE", 409, "Not possible in this state";
    /// The same Idempotency-Key came with another body.
    IdempotencyConflict = "IDEMPOTENCY_CONFLICT", 409, "Idempotency key was used for another request";
    /// The prompt queue holds as many as it may.
    QueueFull = "QUEUE_FULL", 409, "Too many prompts are waiting";
    /// The object's time is over.
    Expired = "EXPIRED", 410, "Resource expired";
    /// The approval's time is over.
    ApprovalExpired = "APPROVAL_EXPIRED", 410, "Approval expired";
    /// The body or a part of it is larger than allowed.
    TooLarge = "PAYLOAD_TOO_LARGE", 413, "Request is too large";
    /// The body is not JSON, or says that it is not.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415, "Content type is not supported";
    /// The Host header names a server that this is not.
    MisdirectedRequest = "MISDIRECTED_REQUEST", 421, "Host name is not served here";
    /// Too many requests in a span of time.
    RateLimitExceeded = "RATE_LIMIT_EXCEEDED", 429, "Too many requests, retry later";
    /// Too many messages of one session in a span of time.
    SessionRateLimitExceeded = "SESSION_RATE_LIMIT_EXCEEDED", 429, "Session limit reached, wait before sending";
    /// The model's provider limits our rate.
    LlmRateLimited = "LLM_RATE_LIMITED", 429, "Model provider limits the rate, retry later";
    /// The sandbox could not do it.
    VmError = "VM_ERROR", 500, "Sandbox error";
    /// The store could not do it.
    DatabaseError = "DATABASE_ERROR", 500, "Database error";
    /// A part of the service could not do it.
    ServiceError = "SERVICE_ERROR", 500, "Service error";
    /// The session could not be made.
    SessionCreateError = "SESSION_CREATE_ERROR", 500, "Session could not be created";
    /// The message could not be handled.
    MessageProcessingError = "MESSAGE_PROCESSING_ERROR", 500, "Message could not be processed";
    /// The model's provider does not take our key.
    LlmAuthError = "LLM_AUTH_ERROR", 500, "Model provider refused the credentials";
    /// The model's provider does not take our request.
    LlmBadRequest = "LLM_BAD_REQUEST", 500, "Model provider refused the request";
    /// The agent failed.
    AgentExecutionFailed = "AGENT_EXECUTION_FAILED", 500, "Agent could not finish";
    /// A defect of Lia.
    InternalError = "INTERNAL_ERROR", 500, "Unexpected error";
    /// For now: the disk reserve is reached, the server is stopping, or the store does not answer.
    Unavailable = "UNAVAILABLE", 503, "Unavailable for now, retry later";
    /// The service does not answer for now.
    ServiceUnavailable = "SERVICE_UNAVAILABLE", 503, "Temporarily unavailable";
    /// The agent works on something else.
    AgentBusy = "AGENT_BUSY", 503, "Agent is handling another request";
    /// The business system does not answer.
    BcUnavailable = "BC_UNAVAILABLE", 503, "Business system unavailable";
    /// Nobody waits for the approval's answer.
    ApprovalNotReady = "APPROVAL_NOT_READY", 503, "Approval system not ready";
    /// A tool server does not answer.
    McpUnavailable = "MCP_UNAVAILABLE", 503, "MCP unavailable";
    /// The model's provider has too much to do.
    LlmOverloaded = "LLM_OVERLOADED", 503, "Model provider is overloaded, retry later";
    /// The model's provider failed.
    LlmServerError = "LLM_SERVER_ERROR", 503, "Model provider failed";
    /// The model's provider cannot be reached.
    LlmConnectionError = "LLM_CONNECTION_ERROR", 503, "Model provider cannot be reached";
    /// The model's provider took too long.
    LlmTimeout = "LLM_TIMEOUT", 504, "Model provider took too long";
}

/// The names of the HTTP statuses that a code can have.
pub const STATUS_NAMES: &[(u16, &str)] = &[
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (409, "Conflict"),
    (410, "Gone"),
    (413, "Payload Too Large"),
    (415, "Unsupported Media Type"),
    (421, "Misdirected Request"),
    (429, "Too Many Requests"),
    (500, "Internal Server Error"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
];

/// The name of an HTTP status; `Unknown Error` for one that no code has.
#[must_use]
pub fn status_name(status: u16) -> &'static str {
    STATUS_NAMES.iter().find(|(s, _)| *s == status).map_or("Unknown Error", |(_, name)| name)
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code, code.default_message())
    }
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
