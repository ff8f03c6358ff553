//! Secrets at rest: what is kept in the store for others' sake (webhooks' keys, environments of templates) is encrypted
//! under a key outside the database, so that a copy of the database alone gives nothing away.
//!
//! The key is `seal.key` of the data folder: 64 hex digits, readable for the server's user alone. The algorithm is
//! AES-256-GCM with a random nonce. Each value is bound to its place by a context (`webhook:<id>`): one that was moved to
//! another row does not open.

use std::{
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use lia_protocol::secret::Secret;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// The key's file in the data folder.
pub const FILE: &str = "seal.key";
/// What a sealed text begins with: the form of what follows.
const FORM: &str = "s1.";

/// Why nothing can be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key's file cannot be read or made.
    #[error("{}: {why}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: io::Error,
    },
    /// The key's file holds no key.
    #[error(
        "{} is damaged: it holds 64 hex digits; without it, secrets in the store cannot be read and must be set anew",
        .0.display()
    )]
    Damaged(PathBuf),
    /// Others may read the key.
    #[error("{} can be read by others (mode {:o}); take their rights away: chmod 600", .0.display(), .1)]
    Open(PathBuf, u32),
    /// The operating system has no randomness.
    #[error("no randomness: {0}")]
    Random(String),
    /// It was sealed under another key, for another place, or has changed since.
    #[error(
        "a secret in the store cannot be opened: it was sealed under another key, for another place, or has changed"
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
    /// Reads the key of a data folder, or makes it at the first time. Blocks for a moment.
    ///
    /// # Errors
    /// [`SealError::File`], [`SealError::Damaged`], [`SealError::Open`], [`SealError::Random`].
    pub fn of_folder(data_dir: &Path) -> Result<Self, SealError> {
        let path = data_dir.join(FILE);
        let failed = |why| SealError::File { path: path.clone(), why };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => Secret::new(text),
            Err(e) if e.kind() == io::ErrorKind::NotFound => make(data_dir, &path)?,
            Err(e) => return Err(failed(e)),
        };
        let mode = std::fs::metadata(&path).map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(SealError::Open(path, mode));
        }
        let mut key = bytes(text.expose().trim()).ok_or_else(|| SealError::Damaged(path.clone()))?;
        let sealed = Self::new(&key);
        key.fill(0);
        sealed
    }

    /// With a key of one's own.
    ///
    /// # Errors
    /// Never: 32 bytes are a key.
    pub fn new(key: &[u8; 32]) -> Result<Self, SealError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| SealError::Strange)?;
        Ok(Self(Arc::new(LessSafeKey::new(key))))
    }

    /// Encrypts `secret` for one place.
    ///
    /// # Errors
    /// [`SealError::Random`].
    pub fn seal(&self, context: &str, secret: &Secret) -> Result<String, SealError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|e| SealError::Random(e.to_string()))?;
        let mut bytes = secret.expose().as_bytes().to_vec();
        let aad = Aad::from(context.as_bytes());
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut bytes)
            .map_err(|_| SealError::Strange)?;
        let whole = [&nonce[..], &bytes, tag.as_ref()].concat();
        Ok(format!("{FORM}{}", BASE64.encode(whole)))
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// [`SealError::Strange`].
    pub fn open(&self, context: &str, sealed: &str) -> Result<Secret, SealError> {
        let whole = sealed.strip_prefix(FORM).and_then(|text| BASE64.decode(text).ok());
        let mut whole = whole.ok_or(SealError::Strange)?;
        let (nonce, rest) = whole.split_first_chunk_mut::<NONCE_LEN>().ok_or(SealError::Strange)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.0.open_in_place(nonce, Aad::from(context.as_bytes()), rest);
        let plain = plain.map_err(|_| SealError::Strange)?;
        let secret = std::str::from_utf8(plain).map(Secret::new).map_err(|_| SealError::Strange);
        plain.fill(0);
        secret
    }
}

fn bytes(hex: &str) -> Option<[u8; 32]> {
    let digits = hex.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

/// Makes the key's file: whole or not at all, and there after a loss of power.
fn make(data_dir: &Path, path: &Path) -> Result<Secret, SealError> {
    let failed = |why| SealError::File { path: path.to_owned(), why };
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|e| SealError::Random(e.to_string()))?;
    let key = Secret::from_bytes(key);
    let draft = data_dir.join(format!("{FILE}.new"));
    std::fs::create_dir_all(data_dir).map_err(failed)?;
    // One that a kill left behind.
    let _ = std::fs::remove_file(&draft);
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&draft).map_err(failed)?;
    file.write_all(key.expose().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&draft, path).map_err(failed)?;
    std::fs::File::open(data_dir).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_place_alone() {
        let folder = tempfile::tempdir().unwrap();
        let seal = Seal::of_folder(folder.path()).unwrap();
        let secret = Secret::new("s3cret ✓");
        let sealed = seal.seal("webhook:1", &secret).unwrap();
        assert!(!sealed.contains("s3cret"));
        assert_ne!(sealed, seal.seal("webhook:1", &secret).unwrap(), "a nonce was used twice");
        // The next start reads the same key.
        let again = Seal::of_folder(folder.path()).unwrap();
        assert!(again.open("webhook:1", &sealed).unwrap() == secret);
        assert!(again.open("webhook:2", &sealed).is_err());
        assert!(Seal::new(&[7; 32]).unwrap().open("webhook:1", &sealed).is_err());
        let body = sealed.strip_prefix(FORM).unwrap();
        for at in [0, body.len() / 2, body.len() - 2] {
            let mut other = body.as_bytes().to_vec();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            let other = format!("{FORM}{}", String::from_utf8(other).unwrap());
            assert!(again.open("webhook:1", &other).is_err(), "byte {at} was changed");
        }
        for bad in ["", "s1.", "s1.AAAA", "s2.AAAA", "s3cret"] {
            assert!(again.open("webhook:1", bad).is_err(), "{bad}");
        }
        let empty = seal.seal("x", &Secret::default()).unwrap();
        assert!(seal.open("x", &empty).unwrap().is_empty());
    }

    #[test]
    fn the_key_is_for_the_servers_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        Seal::of_folder(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Seal::of_folder(folder.path()), Err(SealError::Open(_, 0o640))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(Seal::of_folder(folder.path()), Err(SealError::Damaged(_))));
    }
}
