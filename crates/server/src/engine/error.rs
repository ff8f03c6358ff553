//! What the engine answers when it cannot. One conversion to HTTP, by [`EngineError::code`].

use lia_protocol::error::{ErrorCode, Issue};

/// Why the engine did not do it.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No such task.
    #[error("there is no task {0}")]
    NoTask(String),
    /// No such command, permission, template, upload.
    #[error("there is no {0}")]
    NotFound(String),
    /// The state does not allow it.
    #[error("{0}")]
    InvalidState(String),
    /// Fifty prompts wait already.
    #[error("the queue holds {0} prompts already; wait for one to be delivered, or withdraw one")]
    QueueFull(usize),
    /// Values out of their bounds.
    #[error("the request is not valid: {}", .0.iter().map(|i| format!("{} {}", i.path, i.message)).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Issue>),
    /// The same idempotency key with another body.
    #[error("this Idempotency-Key came before with another body")]
    IdempotencyConflict,
    /// For now not.
    #[error("{0}")]
    Unavailable(String),
    /// The sandbox could not do it.
    #[error(transparent)]
    Runtime(#[from] lia_runtime::RuntimeError),
    /// The instance answered something else than it should.
    #[error("the sandbox does not answer as it should: {0}")]
    Instance(String),
    /// A turn did not end as it should.
    #[error("{0}")]
    Turn(String),
    /// A session could not be started.
    #[error("{0}")]
    Start(String),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] lia_store::StoreError),
}

impl EngineError {
    /// The code for programs, which has the HTTP status.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NoTask(_) => ErrorCode::TaskNotFound,
            Self::NotFound(_) => ErrorCode::NotFound,
            Self::InvalidState(_) => ErrorCode::InvalidState,
            Self::QueueFull(_) => ErrorCode::QueueFull,
            Self::Invalid(_) => ErrorCode::BadRequest,
            Self::IdempotencyConflict => ErrorCode::IdempotencyConflict,
            Self::Unavailable(_)
            | Self::Store(lia_store::StoreError::Full | lia_store::StoreError::Closed) => {
                ErrorCode::Unavailable
            }
            Self::Runtime(_) | Self::Instance(_) => ErrorCode::VmError,
            Self::Turn(_) => ErrorCode::AgentExecutionFailed,
            Self::Start(_) => ErrorCode::SessionCreateError,
            Self::Store(_) => ErrorCode::DatabaseError,
        }
    }
}
