//! The API's description, and Swagger UI to read it with and to try it out. Nothing comes from elsewhere: the files are
//! in the program, and the page may run no script but these.
//!
//! Requests of the page carry the browser's login like those of the web UI.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};

use super::{
    error::{Failure, not_found},
    extract::ApiPath,
};

const OPENAPI: &str = include_str!("../../../../contract/openapi.json");
const ASYNCAPI: &str = include_str!("../../../../contract/asyncapi.json");

const PAGE: &str = include_str!("reference.html");
const START: &str = include_str!("reference.js");
/// Compressed.
const BUNDLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz"));
/// Compressed.
const STYLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz"));

const SCRIPT: &str = "text/javascript; charset=utf-8";
/// Swagger UI draws its icons from `data:` and sets no style but through the document's own objects.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /openapi.json`
pub async fn openapi() -> Response {
    file("application/json", OPENAPI.as_bytes())
}

/// `GET /asyncapi.json`
pub async fn asyncapi() -> Response {
    file("application/json", ASYNCAPI.as_bytes())
}

/// `GET /docs`
pub async fn page() -> Response {
    file("text/html; charset=utf-8", PAGE.as_bytes())
}

/// `GET /docs/{file}`
pub async fn part(ApiPath(name): ApiPath<String>) -> Result<Response, Failure> {
    let (mut response, packed) = match name.as_str() {
        "start.js" => (file(SCRIPT, START.as_bytes()), false),
        "swagger-ui-bundle.js" => (file(SCRIPT, BUNDLE), true),
        "swagger-ui.css" => (file("text/css; charset=utf-8", STYLE), true),
        other => {
            let name: String = other.chars().take(80).collect();
            return Err(not_found(format_args!("file {name:?} of the reference")));
        }
    };
    if packed {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// A file of this program. It changes with the program alone, and browsers ask for it anew.
fn file(kind: &'static str, bytes: &'static [u8]) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, bytes).into_response()
}
