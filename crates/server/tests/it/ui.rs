//! The web UI's files, as a browser gets them; the UI itself is in `packages/web-ui`, and `tests/it` uses it.

use crate::support::{Answer, Server};

const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");

/// The files that the page names.
fn assets(page: &Answer) -> Vec<String> {
    let text = page.text();
    let names = text.split(['"', '\'']).filter(|part| part.starts_with("/assets/"));
    names.map(str::to_owned).collect()
}

/// What every file of the UI is answered with.
fn is_strict(answer: &Answer) {
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{policy}");
    for outside in ["unsafe", "http", "*", "nonce", "sha256"] {
        assert!(!policy.contains(outside), "{policy}");
    }
    for (header, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(header), value, "{header}");
    }
    assert!(answer.header("vary").contains("Accept-Encoding"));
}

#[tokio::test]
async fn the_page_is_the_same_at_every_place_of_the_ui_and_never_in_the_apis_way() {
    let server = Server::start().await;
    let page = server.send("GET", "/", &[], "").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(
        !assets(&page).is_empty(),
        "the web UI was not built before lia was: scripts/web-ui.sh\n{}",
        page.text()
    );
    is_strict(&page);
    // Nothing is written into it that the policy would refuse.
    for inline in ["<script>", "<style", " style=", "onload=", "http://", "https://"] {
        assert!(!page.text().contains(inline), "{inline}");
    }
    for place in
        ["/sessions", "/sessions/0198", "/tasks/x/files", "/settings/", "/docs/x/y", "/%2e%2e/x", "/apix"]
    {
        let answer = server.send("GET", place, &[HTML], "").await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, page.text()), "{place}");
        is_strict(&answer);
        let head = server.send("HEAD", place, &[HTML], "").await;
        assert_eq!((head.status.as_u16(), head.text()), (200, String::new()), "{place}");
        // A program that has mistaken the address is told so.
        server.send("GET", place, &[], "").await.is_error("NOT_FOUND");
        server.send("GET", place, &[("accept", "*/*")], "").await.is_error("NOT_FOUND");
        server.send("POST", place, &[HTML], "").await.is_error("NOT_FOUND");
    }
    for other in [
        "/api",
        "/api/",
        "/api/none",
        "/api/v1/none",
        "/api/v2",
        "/ws/none",
        "/x.js",
        "/.env",
        "/assets/x",
        "/docs/x",
    ] {
        for method in ["GET", "HEAD", "POST", "DELETE"] {
            let answer = server.send(method, other, &[HTML], "").await;
            let wrong = method != "GET" && method != "HEAD" && matches!(other, "/assets/x" | "/docs/x");
            assert_eq!(answer.status, if wrong { 405 } else { 404 }, "{method} {other}");
            assert_eq!(answer.header("content-type"), "application/json", "{method} {other}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn files_are_compressed_and_kept_as_far_as_they_may_be() {
    let server = Server::start().await;
    let page = server.send("GET", "/", &[], "").await;
    assert_eq!(page.header("cache-control"), "no-cache");
    let tag = page.header("etag").to_owned();
    let again = server.send("GET", "/sessions", &[HTML, ("if-none-match", &tag)], "").await;
    assert_eq!(
        (again.status.as_u16(), again.text(), again.header("etag")),
        (304, String::new(), tag.as_str())
    );
    let other = server.send("GET", "/", &[("if-none-match", "\"other\"")], "").await;
    assert_eq!(other.status, 200);

    let script = assets(&page).into_iter().find(|name| name.ends_with(".js")).expect("a script of the UI");
    let plain = server.send("GET", &script, &[], "").await;
    assert_eq!((plain.status.as_u16(), plain.header("content-encoding")), (200, ""));
    assert_eq!(plain.header("content-type"), "text/javascript; charset=utf-8");
    is_strict(&plain);
    for (accepted, encoding) in [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip")] {
        let packed = server.send("GET", &script, &[("accept-encoding", accepted)], "").await;
        assert_eq!(packed.header("content-encoding"), encoding, "{accepted}");
        assert_eq!(packed.header("content-type"), plain.header("content-type"));
        assert_eq!(packed.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(packed.body.len() < plain.body.len() / 2, "{} of {}", packed.body.len(), plain.body.len());
    }
    let gone = server.send("GET", "/assets/none-00000000.js", &[], "").await;
    assert_eq!(gone.header("cache-control"), "no-store");
    gone.is_error("NOT_FOUND");
    server.stop().await;
}

#[tokio::test]
async fn a_link_that_is_no_longer_good_shows_the_page_and_gives_no_cookie() {
    let server = Server::start().await;
    let page = server.send("GET", "/", &[], "").await;
    let tag = page.header("etag").to_owned();
    let refused = server.send("GET", "/login?code=none", &[HTML, ("if-none-match", &tag)], "").await;
    assert_eq!((refused.status.as_u16(), refused.text()), (401, page.text()));
    assert_eq!(refused.header("set-cookie"), "");
    is_strict(&refused);
    server.stop().await;
}
