//! `./verify`: the signature of a webhook, `sha256=` and the HMAC-SHA256 of the raw body in lower-case hex.
//!
//! `fixtures/vectors/verify.json` holds what both languages must say.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "X-Flamecast-Signature";
/// The header that carries the delivery's id.
pub const EVENT_ID_HEADER: &str = "X-Flamecast-Event-Id";
/// The header that carries the session's id.
pub const SESSION_ID_HEADER: &str = "X-Flamecast-Session-Id";

const PREFIX: &str = "sha256=";

/// The signature of a body, with its prefix.
#[must_use]
pub fn sign_webhook_payload(secret: &str, body: &[u8]) -> String {
    use std::fmt::Write as _;
    let digest = mac(secret, body).finalize().into_bytes();
    digest.iter().fold(String::from(PREFIX), |mut out, byte| {
        // Writing into a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Whether a signature is that of the body. Never fails; takes the same time for every signature of the right form.
#[must_use]
pub fn verify_webhook_signature(secret: &str, body: &[u8], signature: &str) -> bool {
    let Some(digest) = signature.strip_prefix(PREFIX).and_then(digest) else { return false };
    mac(secret, body).verify_slice(&digest).is_ok()
}

fn mac(secret: &str, body: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length.
    #[expect(clippy::unwrap_used, reason = "HMAC takes keys of any length")]
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.chain_update(body)
}

/// 64 lower-case hexadecimal digits as bytes.
fn digest(hex: &str) -> Option<[u8; 32]> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let hex = hex.as_bytes();
    if hex.len() != 64 {
        return None;
    }
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(hex.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}
