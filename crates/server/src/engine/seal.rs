//! Variables of templates and sessions, sealed in the store.

use std::collections::BTreeMap;

use lia_protocol::{ids::TaskId, secret::Secret};

use super::{EngineError, Shared, spec::TaskSpec};
use crate::seal::SealError;

/// What the variables of a session are sealed for.
fn of_session(id: TaskId) -> String {
    format!("session {id}")
}

impl From<SealError> for EngineError {
    fn from(e: SealError) -> Self {
        Self::Unavailable(e.to_string())
    }
}

fn written(env: &BTreeMap<String, String>) -> Result<Secret, EngineError> {
    serde_json::to_string(env).map(Secret::new).map_err(|e| EngineError::Unavailable(e.to_string()))
}

fn read(text: &Secret) -> Result<BTreeMap<String, String>, EngineError> {
    serde_json::from_str(text.expose()).map_err(|_| SealError::Strange.into())
}

impl Shared {
    /// Seals variables for one purpose.
    pub(super) fn seal(
        &self,
        what_for: &str,
        env: &BTreeMap<String, String>,
    ) -> Result<Vec<u8>, EngineError> {
        Ok(self.seal.seal(what_for, &written(env)?)?)
    }

    /// Opens what [`Self::seal`] made for the same purpose.
    pub(super) fn unseal(
        &self,
        what_for: &str,
        sealed: &[u8],
    ) -> Result<BTreeMap<String, String>, EngineError> {
        read(&self.seal.open(what_for, sealed)?)
    }

    /// A session's variables, as its spec keeps them.
    pub(super) fn sealed_env(
        &self,
        id: TaskId,
        env: &BTreeMap<String, String>,
    ) -> Result<Option<String>, EngineError> {
        if env.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.seal.seal_text(&of_session(id), &written(env)?)?))
    }

    /// The reverse of [`Self::sealed_env`].
    pub(super) fn opened(
        &self,
        id: TaskId,
        spec: &TaskSpec,
    ) -> Result<BTreeMap<String, String>, EngineError> {
        match &spec.sealed_env {
            None => Ok(BTreeMap::new()),
            Some(text) => read(&self.seal.open_text(&of_session(id), text)?),
        }
    }
}
