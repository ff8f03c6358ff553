//! Values that must not stand readable in the store: variables of templates and sessions, which often are keys, and the
//! secrets of webhooks. They are sealed with AES-256-GCM under a key that is derived from the data folder's
//! `server.secret`, a file of mode 0600 that is no part of the database or of its copies. What a sealed value is for (its
//! context, `webhook:<id>`) goes into the seal, so that none opens in another's place.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use lia_protocol::secret::Secret;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest as _, Sha256};

/// The form of a sealed value: this byte, the nonce, the encrypted bytes with their tag.
const FORM: u8 = 1;

/// Why nothing can be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The operating system has no randomness.
    #[error("no randomness: {0}")]
    Random(String),
    /// It was sealed under another key, for another place, or has changed since.
    #[error(
        "a secret in the store cannot be opened: it was sealed under another key, for another place, or has changed; \
         is server.secret still the one that it was kept with?"
    )]
    Strange,
}

/// The key of this server. Cheap to clone; never shown.
#[derive(Clone)]
pub struct Seal(Arc<LessSafeKey>);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(…)")
    }
}

impl Seal {
    /// The key that is derived from the server's secret.
    ///
    /// # Errors
    /// Never: 32 bytes are a key.
    pub fn of(server: &Secret) -> Result<Self, SealError> {
        let mut h = Sha256::new();
        h.update(b"lia seal ");
        h.update(server.expose().as_bytes());
        let key = UnboundKey::new(&AES_256_GCM, &h.finalize()).map_err(|_| SealError::Strange)?;
        Ok(Self(Arc::new(LessSafeKey::new(key))))
    }

    /// Encrypts a value for one context.
    ///
    /// # Errors
    /// [`SealError::Random`].
    pub fn seal(&self, context: &str, plain: &Secret) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|e| SealError::Random(e.to_string()))?;
        let mut sealed = [&[FORM], nonce.as_slice(), plain.expose().as_bytes()].concat();
        let (_, text) = sealed.split_at_mut(1 + NONCE_LEN);
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), text)
            .map_err(|_| SealError::Strange)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`Self::seal`] made for the same context.
    ///
    /// # Errors
    /// [`SealError::Strange`].
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Secret, SealError> {
        let open = || {
            let (form, rest) = sealed.split_first()?;
            let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().filter(|_| *form == FORM)?;
            let mut text = text.to_vec();
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let plain = self.0.open_in_place(nonce, Aad::from(context), &mut text).ok()?;
            let secret = std::str::from_utf8(plain).ok().map(Secret::new);
            plain.fill(0);
            secret
        };
        open().ok_or(SealError::Strange)
    }

    /// [`Self::seal`] as text, in base64.
    ///
    /// # Errors
    /// [`SealError::Random`].
    pub fn seal_text(&self, context: &str, plain: &Secret) -> Result<String, SealError> {
        self.seal(context, plain).map(|sealed| BASE64.encode(sealed))
    }

    /// Opens what [`Self::seal_text`] made for the same context.
    ///
    /// # Errors
    /// [`SealError::Strange`].
    pub fn open_text(&self, context: &str, sealed: &str) -> Result<Secret, SealError> {
        self.open(context, &BASE64.decode(sealed).map_err(|_| SealError::Strange)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_place_alone() {
        let seal = Seal::of(&Secret::new("server")).unwrap();
        let secret = Secret::new("s3cret ✓");
        let sealed = seal.seal("webhook:1", &secret).unwrap();
        assert!(!sealed.windows(6).any(|w| w == b"s3cret"));
        assert_ne!(sealed, seal.seal("webhook:1", &secret).unwrap(), "a nonce was used twice");
        // The next start derives the same key.
        let again = Seal::of(&Secret::new("server")).unwrap();
        assert!(again.open("webhook:1", &sealed).unwrap() == secret);
        assert!(again.open("webhook:2", &sealed).is_err());
        assert!(Seal::of(&Secret::new("another")).unwrap().open("webhook:1", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut other = sealed.clone();
            other[at] ^= 1;
            assert!(again.open("webhook:1", &other).is_err(), "byte {at} was changed");
            assert!(again.open("webhook:1", &sealed[..at]).is_err(), "only {at} bytes are left");
        }
        let text = seal.seal_text("x", &Secret::default()).unwrap();
        assert!(seal.open_text("x", &text).unwrap().is_empty());
        for bad in ["", "AAAA", "s3cret", "!"] {
            assert!(seal.open_text("x", bad).is_err(), "{bad}");
        }
    }
}
