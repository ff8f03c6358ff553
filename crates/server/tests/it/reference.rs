//! The API's description and the page to read it with.

use lia_protocol::VERSION;

use crate::support::Server;

#[tokio::test]
async fn the_reference_needs_nobody_else() {
    let server = Server::start().await;
    let page = server.send("GET", "/docs", &[], "").await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"),
        "{policy}"
    );
    let text = page.text();
    for outside in ["http://", "https://", "<style", " style=", "<script>", "onclick"] {
        assert!(!text.contains(outside), "{outside}");
    }
    let mut files = 0;
    for asked in text.split(['"']).filter(|t| t.starts_with("/docs/")) {
        let file = server.send("GET", asked, &[], "").await;
        assert_eq!(file.status, 200, "{asked}");
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        if !asked.ends_with("start.js") {
            assert_eq!(file.header("content-encoding"), "gzip");
            assert!(file.body.starts_with(&[0x1f, 0x8b, 8]) && file.body.len() > 10_000, "{asked}");
        }
        files += 1;
    }
    assert_eq!(files, 3);
    server.send("GET", "/docs/none", &[], "").await.is_error("NOT_FOUND");

    let openapi = server.send("GET", "/openapi.json", &[], "").await.json();
    assert_eq!(openapi["info"]["version"], VERSION);
    let asyncapi = server.send("GET", "/asyncapi.json", &[], "").await.json();
    assert_eq!(asyncapi["info"]["version"], VERSION);
    let health = server.send("GET", "/health", &[], "").await.json();
    assert_eq!(health["contract"], VERSION);
    server.stop().await;
}
