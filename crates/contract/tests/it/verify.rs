//! Webhook signatures as `fixtures/vectors/verify.json` has them; TypeScript reads the same file.

use lia_protocol::sessions::verify::{sign_webhook_payload, verify_webhook_signature};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    signed: Vec<Vector>,
    refused: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    #[serde(default)]
    why: String,
    secret: String,
    body: String,
    signature: String,
}

#[test]
fn signatures_are_as_in_the_vectors() {
    let vectors: Vectors =
        serde_json::from_str(include_str!("../../fixtures/vectors/verify.json")).expect("the vectors");
    assert!(vectors.signed.len() >= 5 && vectors.refused.len() >= 10);
    for v in &vectors.signed {
        assert_eq!(sign_webhook_payload(&v.secret, v.body.as_bytes()), v.signature);
        assert!(verify_webhook_signature(&v.secret, v.body.as_bytes(), &v.signature));
    }
    for v in &vectors.refused {
        assert!(!verify_webhook_signature(&v.secret, v.body.as_bytes(), &v.signature), "{}", v.why);
    }
}
