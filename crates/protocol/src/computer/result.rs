//! What some actions give. The others give nothing; `cursor_position` gives [`Coordinates`](super::Coordinates).

use macro_rules_attribute::apply;

use crate::{limits::SAFE_INTEGER, wire::message};

/// What `screenshot` gives.
#[apply(message)]
#[derive(Eq)]
pub struct ScreenshotResult {
    /// A PNG in base64.
    pub image: String,
}

/// What `write_file` gives.
#[apply(message)]
#[derive(Eq)]
pub struct WriteFileResult {
    /// Whether the file is there.
    pub success: bool,
    /// Where it is, or why it is not.
    pub message: String,
}

/// What `read_file` gives.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ReadFileResult {
    /// Whether it could be read.
    pub success: bool,
    /// The content in base64.
    pub data: Option<String>,
    /// The file's name.
    pub name: Option<String>,
    /// Bytes.
    #[garde(range(max = SAFE_INTEGER))]
    pub size: Option<u64>,
    /// Its media type.
    pub media_type: Option<String>,
    /// Why it could not be read.
    pub message: Option<String>,
}
