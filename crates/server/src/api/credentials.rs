//! Making credentials and using them up. A secret is 32 random bytes; the store keeps its SHA-256 only.
//!
//! A cookie or ticket that was made from a credential is its child: its label is `of <id> [until <milliseconds>]`, it
//! never outlives the parent, and revoking the parent revokes it too.

use std::{io, path::Path};

use lia_protocol::{
    api::Scope,
    ids::{TokenId, UserId},
    secret::Secret,
    time::Timestamp,
};
use lia_store::{CredentialKind, CredentialRecord, Op, Store, StoreError, Txn};
use sha2::{Digest as _, Sha256};

use super::{Api, auth::Principal};

/// How long a browser's login lasts.
pub const COOKIE_SECONDS: i64 = 7 * 24 * 3600;
/// How long the printed link works.
pub const CODE_SECONDS: i64 = 10 * 60;
/// The administrator's user id.
pub const ADMIN: &str = "admin";

/// How long a credential that has ended is still listed.
pub const SWEEP_SECONDS: i64 = 24 * 3600;

const CHILD: &str = "of ";

/// The administrator's user id.
#[must_use]
pub fn admin() -> UserId {
    #[allow(clippy::expect_used, reason = "a constant that a test reads")]
    ADMIN.parse().expect("the administrator's name is a user id")
}

/// SHA-256 of a secret: what the store keeps and finds it by.
#[must_use]
pub fn hash(secret: &Secret) -> [u8; 32] {
    Sha256::digest(secret.expose()).into()
}

/// A new secret with its record, which is not in the store yet.
///
/// # Errors
/// When the operating system has no randomness.
pub fn mint(
    kind: CredentialKind,
    user: UserId,
    scopes: Vec<Scope>,
    label: String,
    expires_at: Option<Timestamp>,
) -> io::Result<(Secret, CredentialRecord)> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
    let random = Secret::from_bytes(bytes);
    let secret = match kind {
        CredentialKind::Token => Secret::new(format!("lia_{}", random.expose())),
        CredentialKind::Cookie | CredentialKind::Code | CredentialKind::Ticket => random,
    };
    let record = CredentialRecord {
        id: TokenId::new(),
        kind,
        hash: hash(&secret),
        user,
        scopes,
        label,
        created_at: Timestamp::now(),
        expires_at,
        revoked_at: None,
    };
    Ok((secret, record))
}

/// A point in time so many seconds from now.
#[must_use]
pub fn after(seconds: i64) -> Timestamp {
    Timestamp(Timestamp::now().millis().saturating_add(seconds.saturating_mul(1000)))
}

/// A child of the caller's credential, not in the store yet.
///
/// # Errors
/// See [`mint`].
pub fn child(of: &Principal, kind: CredentialKind, seconds: i64) -> io::Result<(Secret, CredentialRecord)> {
    let until = after(seconds);
    let (until, label) = match of.expires_at {
        Some(end) => (end.min(until), format!("{CHILD}{} until {}", of.root, end.millis())),
        None => (until, format!("{CHILD}{}", of.root)),
    };
    mint(kind, of.user.clone(), of.scopes.clone(), label, Some(until))
}

/// The credential that this one was made from, and when that one ends.
#[must_use]
pub fn parent(record: &CredentialRecord) -> Option<(TokenId, Option<Timestamp>)> {
    match record.kind {
        CredentialKind::Cookie | CredentialKind::Ticket => {
            let mut words = record.label.strip_prefix(CHILD)?.split(" until ");
            let id = words.next()?.parse().ok()?;
            Some((id, words.next().and_then(|ms| ms.parse().ok()).map(Timestamp)))
        }
        CredentialKind::Token | CredentialKind::Code => None,
    }
}

/// Uses a one-time credential up.
///
/// # Errors
/// `Conflict` when somebody was faster.
pub async fn use_up(api: &Api, id: TokenId) -> Result<(), StoreError> {
    api.store.commit(Txn::process(vec![Op::RevokeCredential { id, at: Timestamp::now() }])).await.map(drop)
}

/// Revokes a token or a cookie with all its children, and ends what streams by them. Revoking twice is no error.
///
/// # Errors
/// Those of the store.
pub async fn revoke(api: &Api, id: TokenId) -> Result<(), StoreError> {
    let mut ids = vec![id];
    for kind in [CredentialKind::Cookie, CredentialKind::Ticket] {
        let all = api.store.credentials(kind).await?;
        ids.extend(
            all.iter()
                .filter(|c| c.revoked_at.is_none() && parent(c).is_some_and(|(p, _)| p == id))
                .map(|c| c.id),
        );
    }
    let at = Timestamp::now();
    for id in &ids {
        match api.store.commit(Txn::power(vec![Op::RevokeCredential { id: *id, at }])).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(e) => return Err(e),
        }
    }
    api.revoked.send_modify(|revoked| revoked.extend(&ids));
    Ok(())
}

/// A one-time code for the link that start-up prints, in the store.
///
/// # Errors
/// Those of the store, and no randomness.
pub async fn link_code(store: &dyn Store) -> anyhow::Result<Secret> {
    let label = "the link printed at start".to_owned();
    let (code, record) =
        mint(CredentialKind::Code, admin(), vec![Scope::Admin], label, Some(after(CODE_SECONDS)))?;
    let sweep = Op::SweepCredentials { before: after(-SWEEP_SECONDS) };
    store.commit(Txn::process(vec![sweep, Op::PutCredential(Box::new(record))])).await?;
    Ok(code)
}

/// The administrator's token in `path`, made at the first start, and again when the store does not know it (a new
/// database) or it was revoked. `true` when it was made now.
///
/// # Errors
/// The file cannot be read or written, or the store does not answer.
pub async fn admin_token(store: &dyn Store, path: &Path) -> anyhow::Result<bool> {
    use anyhow::Context as _;

    if let Some(token) = read_token(path).with_context(|| path.display().to_string())? {
        match store.credential(&hash(&token)).await? {
            Some(c) if c.revoked_at.is_none() && c.kind == CredentialKind::Token => return Ok(false),
            Some(_) => {}
            None => {
                // Another database: the file's token goes on being the administrator's.
                let (_, mut record) =
                    mint(CredentialKind::Token, admin(), vec![Scope::Admin], "admin.token".into(), None)?;
                record.hash = hash(&token);
                store.commit(Txn::power(vec![Op::PutCredential(Box::new(record))])).await?;
                return Ok(false);
            }
        }
    }
    let (token, record) =
        mint(CredentialKind::Token, admin(), vec![Scope::Admin], "admin.token".into(), None)?;
    write_token(path, &token).with_context(|| path.display().to_string())?;
    store.commit(Txn::power(vec![Op::PutCredential(Box::new(record))])).await?;
    Ok(true)
}

/// `None` when there is no file, or it holds no token. A file that others may read is closed to them.
fn read_token(path: &Path) -> io::Result<Option<Secret>> {
    use std::os::unix::fs::PermissionsExt as _;

    let text = match std::fs::read_to_string(path) {
        Ok(t) => t,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    if std::fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "others could read the administrator's token; closed to them now");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    let token = text.trim();
    let hex = token.strip_prefix("lia_").unwrap_or_default();
    let good = hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    Ok(good.then(|| Secret::new(token)))
}

/// Writes the file whole or not at all, readable by its user alone from the first byte on.
fn write_token(path: &Path, token: &Secret) -> io::Result<()> {
    use std::{fs::OpenOptions, io::Write as _, os::unix::fs::OpenOptionsExt as _};

    let new = path.with_extension("token.new");
    match std::fs::remove_file(&new) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    writeln!(file, "{}", token.expose())?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}
