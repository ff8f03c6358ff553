//! Texts with a form of their own.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

/// 8-4-4-4-12 hexadecimal digits of either case, any version: what the seeds' validators call a UUID. Braces, `urn:uuid:`
/// and missing hyphens are refused.
pub const UUID_PATTERN: &str =
    "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

/// ISO 8601 with a date that exists, seconds, at most nine decimals, and `Z` or an offset: what is accepted. What is sent
/// is UTC with exactly three decimals and `Z`.
pub const TIMESTAMP_PATTERN: &str = concat!(
    r"^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29",
    r"|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8])))",
    r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$",
);

/// No control character.
pub const NO_CONTROL_PATTERN: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";

/// An address that HTTP reaches.
pub const HTTP_URL_PATTERN: &str = "^https?://[^/]";

/// Checks an [`HTTP_URL_PATTERN`].
///
/// # Errors
/// When it is none.
pub fn http_url(url: &str, _: &()) -> garde::Result {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if rest.is_some_and(|r| !r.is_empty() && !r.starts_with('/')) {
        Ok(())
    } else {
        Err(garde::Error::new("is an http:// or https:// URL"))
    }
}

/// Whether a text is a UUID as the wire has it.
#[must_use]
pub fn is_uuid(s: &str) -> bool {
    let b = s.as_bytes();
    b.len() == 36
        && b.iter().enumerate().all(|(i, c)| match i {
            8 | 13 | 18 | 23 => *c == b'-',
            _ => c.is_ascii_hexdigit(),
        })
}

/// Whether a text is a point in time as [`TIMESTAMP_PATTERN`] has it, but for the days of its month.
#[must_use]
pub fn is_timestamp(s: &str) -> bool {
    let b = s.as_bytes();
    let two = |at: usize| match b.get(at..at + 2) {
        Some([t, u]) if t.is_ascii_digit() && u.is_ascii_digit() => (t - b'0') * 10 + u - b'0',
        Some(_) | None => u8::MAX,
    };
    let form = b.len() >= 20
        && two(0) < 100
        && two(2) < 100
        && b[4] == b'-'
        && two(5) <= 12
        && b[7] == b'-'
        && two(8) <= 31
        && b[10] == b'T'
        && two(11) < 24
        && b[13] == b':'
        && two(14) < 60
        && b[16] == b':'
        && two(17) < 60;
    if !form {
        return false;
    }
    let mut zone = 19;
    if b[zone] == b'.' {
        let digits = b[zone + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
        if !(1..=9).contains(&digits) {
            return false;
        }
        zone += 1 + digits;
    }
    match b.get(zone) {
        Some(b'Z') => b.len() == zone + 1,
        Some(b'+' | b'-') => {
            b.len() == zone + 6 && two(zone + 1) < 24 && b[zone + 3] == b':' && two(zone + 4) < 60
        }
        Some(_) | None => false,
    }
}

/// A UUID as a peer wrote it: its case is kept, comparison ignores it.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct WireUuid(String);

impl WireUuid {
    /// Takes a text over.
    ///
    /// # Errors
    /// The text, when it is not a UUID.
    pub fn new(text: impl Into<String>) -> Result<Self, String> {
        let text = text.into();
        if is_uuid(&text) { Ok(Self(text)) } else { Err(text) }
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for WireUuid {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}
impl Eq for WireUuid {}
impl fmt::Debug for WireUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Display for WireUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for WireUuid {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(d)?).map_err(|s| de::Error::custom(not_a_uuid(&s)))
    }
}
impl JsonSchema for WireUuid {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Uuid".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        uuid_schema()
    }
}

pub(crate) fn not_a_uuid(s: &str) -> String {
    format!("{:?} is not a UUID (8-4-4-4-12 hexadecimal digits)", s.chars().take(80).collect::<String>())
}

pub(crate) fn uuid_schema() -> Schema {
    json_schema!({ "type": "string", "pattern": UUID_PATTERN })
}
