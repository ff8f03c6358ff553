//! What has arrived, for tests: one JSON line per request.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Method, Uri};
use lia_protocol::boot::PLACEHOLDER_KEY;
use serde::{Deserialize, Serialize};

/// Headers that may carry a credential.
const CREDENTIALS: [&str; 6] =
    ["authorization", "x-api-key", "x-goog-api-key", "api-key", "proxy-authorization", "cookie"];

/// One request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// `POST`, …
    pub method: String,
    /// With its query.
    pub path: String,
    /// Every credential header as received; a `key` of the query as `?key`.
    pub credentials: BTreeMap<String, String>,
    /// Whether Lia's placeholder key stood anywhere in the request: its URL, its headers, its body.
    pub placeholder: bool,
    /// Whether the key was the right one (always, when the server has none).
    pub authorized: bool,
    /// The model that was asked for.
    pub model: String,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// Whether the conversation ended with a tool's result.
    pub tool_result: bool,
    /// The tool that was called in the answer.
    pub called: Option<String>,
}

impl Record {
    /// What can be said before the body is understood.
    #[must_use]
    pub fn new(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Self {
        let path = uri.to_string();
        let mut credentials = BTreeMap::new();
        for name in CREDENTIALS {
            if let Some(value) = headers.get(name) {
                credentials.insert(name.to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned());
            }
        }
        if let Some(key) =
            uri.query().into_iter().flat_map(|q| q.split('&')).find_map(|p| p.strip_prefix("key="))
        {
            credentials.insert("?key".to_owned(), key.to_owned());
        }
        let has =
            |bytes: &[u8]| bytes.windows(PLACEHOLDER_KEY.len()).any(|w| w == PLACEHOLDER_KEY.as_bytes());
        let placeholder = has(path.as_bytes()) || headers.values().any(|v| has(v.as_bytes())) || has(body);
        Self { method: method.to_string(), path, credentials, placeholder, ..Self::default() }
    }

    /// Whether one of the credentials is this key.
    #[must_use]
    pub fn has_key(&self, key: &str) -> bool {
        self.credentials.values().any(|value| value.strip_prefix("Bearer ").unwrap_or(value) == key)
    }
}
