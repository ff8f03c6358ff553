//! Values that must not stand readable in the store: variables of templates and sessions, which often are keys. They are
//! sealed with AES-256-GCM under a key that is derived from the data folder's `server.secret`, a file of mode 0600 that is
//! no part of the database or of its copies. What a sealed text is for goes into the seal, so that none opens in another's
//! place.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest as _, Sha256};

use super::{EngineError, Shared, spec::TaskSpec};

/// The form of a sealed text: this byte, the nonce, the encrypted bytes with their tag.
const FORM: u8 = 1;
/// What the variables of sessions are sealed for.
const SESSION: &str = "session";

fn broken(what: &str) -> EngineError {
    EngineError::Unavailable(format!(
        "variables cannot be {what}; is server.secret still the one that they were kept with?"
    ))
}

impl Shared {
    fn sealing_key(&self) -> Result<LessSafeKey, EngineError> {
        let mut h = Sha256::new();
        h.update(b"lia seal ");
        h.update(self.secret.expose().as_bytes());
        let key = UnboundKey::new(&AES_256_GCM, &h.finalize()).map_err(|_| broken("sealed"))?;
        Ok(LessSafeKey::new(key))
    }

    /// Seals variables for one purpose.
    pub(super) fn seal(
        &self,
        what_for: &str,
        env: &BTreeMap<String, String>,
    ) -> Result<Vec<u8>, EngineError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|e| EngineError::Unavailable(format!("no randomness: {e}")))?;
        let mut text = serde_json::to_vec(env).map_err(|_| broken("sealed"))?;
        self.sealing_key()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(what_for), &mut text)
            .map_err(|_| broken("sealed"))?;
        Ok([&[FORM], nonce.as_slice(), &text].concat())
    }

    /// Opens what [`Self::seal`] made for the same purpose.
    pub(super) fn unseal(
        &self,
        what_for: &str,
        sealed: &[u8],
    ) -> Result<BTreeMap<String, String>, EngineError> {
        let open = || {
            let (form, rest) = sealed.split_first()?;
            let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>()?;
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let mut text = text.to_vec();
            let key = self.sealing_key().ok().filter(|_| *form == FORM)?;
            let opened = key.open_in_place(nonce, Aad::from(what_for), &mut text).ok()?;
            serde_json::from_slice(opened).ok()
        };
        open().ok_or_else(|| broken("opened"))
    }

    /// A session's variables, as its spec keeps them.
    pub(super) fn sealed_env(&self, env: &BTreeMap<String, String>) -> Result<Option<String>, EngineError> {
        if env.is_empty() {
            return Ok(None);
        }
        Ok(Some(STANDARD.encode(self.seal(SESSION, env)?)))
    }

    /// The reverse of [`Self::sealed_env`].
    pub(super) fn opened(&self, spec: &TaskSpec) -> Result<BTreeMap<String, String>, EngineError> {
        match &spec.sealed_env {
            None => Ok(BTreeMap::new()),
            Some(text) => self.unseal(SESSION, &STANDARD.decode(text).map_err(|_| broken("opened"))?),
        }
    }
}
