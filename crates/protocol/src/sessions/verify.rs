//! `./verify`: the signature of a webhook, `sha256=` and the HMAC-SHA256 of the raw body in lower-case hex.
//!
//! `fixtures/vectors/verify.json` holds what both languages must say.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "X-Flamecast-Signature";
/// The header that carries the delivery's id.
pub const EVENT_ID_HEADER: &str = "X-Flamecast-Event-Id";
/// The header that carries the session's id.
pub const SESSION_ID_HEADER: &str = "X-Flamecast-Session-Id";

/// The Standard Webhooks header of the message's id.
pub const STANDARD_ID_HEADER: &str = "webhook-id";
/// The Standard Webhooks header of the attempt's time in seconds.
pub const STANDARD_TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The Standard Webhooks header of the signature.
pub const STANDARD_SIGNATURE_HEADER: &str = "webhook-signature";

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

/// The signature of the Standard Webhooks specification: `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in Base64.
/// `timestamp` is in seconds. The key of a secret `whsec_<Base64>` is what the Base64 holds; of any other its own bytes.
#[must_use]
pub fn sign_standard_webhook(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> String {
    let decoded = secret.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    let key = decoded.as_deref().unwrap_or(secret.as_bytes());
    let mac = keyed(key).chain_update(format!("{id}.{timestamp}.")).chain_update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Whether a signature is that of the body. Never fails; takes the same time for every signature of the right form.
#[must_use]
pub fn verify_webhook_signature(secret: &str, body: &[u8], signature: &str) -> bool {
    let Some(digest) = signature.strip_prefix(PREFIX).and_then(digest) else { return false };
    mac(secret, body).verify_slice(&digest).is_ok()
}

fn mac(secret: &str, body: &[u8]) -> Hmac<Sha256> {
    keyed(secret.as_bytes()).chain_update(body)
}

#[expect(clippy::unwrap_used, reason = "HMAC takes keys of any length")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).unwrap()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_webhooks_specification() {
        let signature = sign_standard_webhook(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_ne!(
            signature,
            sign_standard_webhook(
                "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                b"{}"
            )
        );
    }
}
