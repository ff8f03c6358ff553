//! The web UI: its files are in the program, compressed when it was built; nothing is compressed per request.
//!
//! A file below `assets/` has its content's hash in its name, so that browsers keep it for ever. Every other file is
//! asked for anew each time, and answered by 304 when it is the same. An address that is no file and looks like a page
//! is a place within the UI: it gets `index.html`, which looks at its own address. `/api` and `/ws` are never pages.
//!
//! No file holds a secret: who is not signed in gets them too, and the UI asks for the code or token.

use std::sync::LazyLock;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use sha2::{Digest as _, Sha256};

use super::{
    error::{Failure, not_found},
    extract::ApiPath,
};

mod accept;

use accept::{Encoding, encoding};

pub use accept::accepts_pages;

/// One file of the UI.
#[derive(Debug)]
struct File {
    /// Its path from the UI's root.
    name: &'static str,
    plain: &'static [u8],
    /// The same, compressed, where that makes it smaller.
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

/// Sorted by name; empty when the UI was not built before this program.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/web-ui.rs"));

const INDEX: &str = "index.html";
const ASSETS: &str = "assets/";

/// `index.html` where there is none.
static NOT_BUILT: File =
    File { name: INDEX, plain: include_bytes!("not-built.html"), gzip: None, brotli: None };

/// Own files and own connections only, nothing written into the page itself, and no page around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; \
    media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// What every file is answered with.
const STRICT: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (header::VARY, "Accept, Accept-Encoding"),
];

/// Names what a file is, by its content: for those whose name does not.
static TAGS: LazyLock<Vec<(&'static str, HeaderValue)>> = LazyLock::new(|| {
    let tag = |file: &File| {
        let digest = Sha256::digest(file.plain);
        let hex: String = digest.iter().take(12).map(|b| format!("{b:02x}")).collect();
        // Weak: the compressed forms have the same.
        HeaderValue::from_str(&format!("W/\"{hex}\"")).ok().map(|tag| (file.name, tag))
    };
    FILES.iter().filter(|f| !f.name.starts_with(ASSETS)).filter_map(tag).collect()
});

fn find(name: &str) -> Option<&'static File> {
    FILES.binary_search_by(|f| f.name.cmp(name)).ok().and_then(|at| FILES.get(at))
}

fn media(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// A file, in the encoding that the client likes best.
fn give(file: &'static File, asked: &HeaderMap) -> Response {
    let mut headers = HeaderMap::new();
    headers.extend(STRICT.map(|(name, value)| (name, HeaderValue::from_static(value))));
    if file.name.starts_with(ASSETS) {
        let value = HeaderValue::from_static("public, max-age=31536000, immutable");
        headers.insert(header::CACHE_CONTROL, value);
    } else {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Some((_, tag)) = TAGS.iter().find(|(name, _)| *name == file.name) {
            headers.insert(header::ETAG, tag.clone());
            let known = asked.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
            let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
            let ours = tag.to_str().map(bare).unwrap_or_default();
            let same = |known: &str| known.trim() == "*" || bare(known) == ours;
            if known.is_some_and(|all| all.split(',').any(same)) {
                return (StatusCode::NOT_MODIFIED, headers).into_response();
            }
        }
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media(file.name)));
    let (name, bytes) = match encoding(asked, file.brotli.is_some(), file.gzip.is_some()) {
        Encoding::Brotli => ("br", file.brotli),
        Encoding::Gzip => ("gzip", file.gzip),
        Encoding::Identity => ("", None),
    };
    if bytes.is_some() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    (headers, bytes.unwrap_or(file.plain)).into_response()
}

/// The UI's one page.
fn shell(asked: &HeaderMap) -> Response {
    give(find(INDEX).unwrap_or(&NOT_BUILT), asked)
}

/// The page for somebody whose link is no longer good; it says so and asks for another code.
#[must_use]
pub fn refused(asked: &HeaderMap) -> Response {
    let mut asked = asked.clone();
    asked.remove(header::IF_NONE_MATCH);
    (StatusCode::UNAUTHORIZED, shell(&asked)).into_response()
}

/// `GET /`
pub async fn index(headers: HeaderMap) -> Response {
    shell(&headers)
}

/// `GET /assets/{file}`
pub async fn asset(ApiPath(name): ApiPath<String>, headers: HeaderMap) -> Result<Response, Failure> {
    let shown: String = name.chars().take(80).collect();
    // An old page may ask for a file of the program before this one: that it is not here must not be remembered.
    find(&format!("{ASSETS}{name}")).map(|file| give(file, &headers)).ok_or_else(|| {
        not_found(format_args!("file {shown:?} of the web UI")).header(header::CACHE_CONTROL, "no-store")
    })
}

/// Every address that no route has: a file of the UI, a place within it, or nothing.
pub async fn other(request: Request) -> Result<Response, Failure> {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads && let Some(file) = find(path.trim_start_matches('/')) {
        return Ok(give(file, request.headers()));
    }
    if reads && is_place(request.uri()) && accepts_pages(request.headers()) {
        return Ok(shell(request.headers()));
    }
    let path: String = path.chars().take(200).collect();
    Err(not_found(format_args!("route {path}")))
}

/// Whether an address may be a place within the UI: not the API's, and no file's.
fn is_place(uri: &Uri) -> bool {
    let path = uri.path().trim_start_matches('/');
    let first = path.split('/').next().unwrap_or(path);
    let last = path.rsplit('/').next().unwrap_or(path);
    !matches!(first, "api" | "ws" | "assets") && !last.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_neither_the_apis_nor_files() {
        for place in ["/sessions", "/sessions/0198", "/settings/", "/tasks/a/files", "/apis", "/a.b/c"] {
            assert!(is_place(&place.parse().unwrap()), "{place}");
        }
        for other in
            ["/api", "/api/", "/api/v2/x", "/ws", "/ws/x", "/assets/x", "/favicon.ico", "/a/b.js", "/.env"]
        {
            assert!(!is_place(&other.parse().unwrap()), "{other}");
        }
    }

    #[test]
    fn files_are_found_by_their_names() {
        assert!(FILES.is_sorted_by(|a, b| a.name < b.name));
        for file in FILES {
            assert_eq!(find(file.name).map(|f| f.name), Some(file.name));
            assert_ne!(media(file.name), "application/octet-stream", "{} is of an unknown kind", file.name);
        }
        assert!(find("assets/").is_none() && find("").is_none());
    }

    #[test]
    fn a_file_that_is_known_is_not_sent_again() {
        let mut asked = HeaderMap::new();
        let Some((name, tag)) = TAGS.first() else { return };
        let file = find(name).unwrap();
        assert_eq!(give(file, &asked).status(), 200);
        for (known, status) in [("\"other\"", 200), (",", 200), (tag.to_str().unwrap(), 304), ("*", 304)] {
            asked.insert(header::IF_NONE_MATCH, HeaderValue::from_str(known).unwrap());
            assert_eq!(give(file, &asked).status(), status, "{known}");
        }
    }
}
