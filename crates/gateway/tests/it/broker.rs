//! The broker against a stand-in of each vendor: the real key arrives there, and nothing that the client sent as one.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use lia_gateway::{Gateway, Options, ProviderKind};
use lia_protocol::boot::{INNER_BROKER_PORT, PLACEHOLDER_KEY};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::{Notify, mpsc},
};

use crate::{
    net::{Server, inside, ok, read_request},
    rig::{Rig, Stream, answer, head, policy, with_provider},
    tls::certificate,
};

const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;
const KEY: &str = "real-key-0123456789";

/// A POST with a client's every credential.
fn post(path: &str, body: &str) -> Vec<u8> {
    let p = PLACEHOLDER_KEY;
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:3129\r\nAuthorization: Bearer {p}\r\nX-Api-Key: {p}\r\nX-Goog-Api-Key: {p}\r\n\
         Cookie: a={p}\r\nX-Forwarded-For: 1.2.3.4\r\nProxy-Authorization: Basic {p}\r\nConnection: keep-alive, X-Hop\r\n\
         X-Hop: {p}\r\nAnthropic-Beta: tools\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

async fn ask(stream: &mut Stream, request: &[u8]) -> (String, String) {
    stream.write_all(request).await.unwrap();
    answer(stream).await
}

#[test]
fn the_real_key_arrives_and_no_other() {
    inside(async {
        for (kind, name, path, key, expect) in [
            (
                ProviderKind::Anthropic,
                "anthropic",
                "/v1/messages?beta=true",
                KEY,
                format!("x-api-key: {KEY}"),
            ),
            (
                ProviderKind::Anthropic,
                "anthropic",
                "/v1/messages",
                "sk-ant-oat01-abc",
                "authorization: bearer sk-ant-oat01-abc".to_owned(),
            ),
            (ProviderKind::OpenAi, "openai", "/v1/responses", KEY, format!("authorization: bearer {KEY}")),
            (
                ProviderKind::Gemini,
                "gemini",
                "/v1beta/models/m:streamGenerateContent?alt=sse&key=sk-lia-placeholder-not-a-key",
                KEY,
                format!("x-goog-api-key: {KEY}"),
            ),
        ] {
            let reply = ok("application/json", "{}")
                .replace("\r\n\r\n", &format!("\r\nSet-Cookie: a=b\r\nX-Echo: {key}\r\n\r\n"));
            let (server, requests) = Server::http(HERE, 0, &reply).await;
            let options = with_provider(name, kind, &format!("http://127.0.0.1:{}/base", server.port), key);
            let mut rig = Rig::new(options, policy(&[], &[name]));
            // At its own door, and through the proxy in both ways.
            let mut own = rig.broker().await;
            let mut tunnel = rig.tunnel(&format!("localhost:{INNER_BROKER_PORT}")).await;
            let mut absolute = rig.proxy().await;
            for (stream, before) in
                [(&mut own, ""), (&mut tunnel, ""), (&mut absolute, "http://127.0.0.1:3129")]
            {
                for _ in 0..2 {
                    let (head, body) =
                        ask(stream, &post(&format!("{before}/{name}{path}"), "{\"a\":1}")).await;
                    assert!(head.starts_with("HTTP/1.1 200 ") && body == "{}", "{head}");
                    assert!(!head.to_ascii_lowercase().contains("cookie") && !head.contains(key), "{head}");
                }
            }
            let seen = requests.0.lock().unwrap().clone();
            assert_eq!(seen.len(), 6);
            for (head, body) in seen {
                let head = head.to_ascii_lowercase();
                let path = path.split("&key").next().unwrap().to_ascii_lowercase();
                assert!(head.starts_with(&format!("post /base{path} http/1.1\r\n")), "{head}");
                assert!(head.contains(&format!("\r\n{expect}\r\n")), "{head}");
                assert_eq!(head.matches(&*key.to_ascii_lowercase()).count(), 1, "{head}");
                for gone in ["placeholder", "cookie", "x-forwarded", "x-hop", "proxy-", "accept-encoding"] {
                    assert!(!head.contains(gone), "{gone} in {head}");
                }
                assert!(head.contains("anthropic-beta: tools"), "{head}");
                assert_eq!(head.contains("oauth-2025-04-20"), key.starts_with("sk-ant-oat"), "{head}");
                assert_eq!(body, b"{\"a\":1}");
            }
            assert_eq!((rig.usage().await.provider.as_str(), rig.usage().await.status), (name, 200));
            rig.end().await;
        }
    });
}

#[test]
fn bodies_stream_both_ways() {
    inside(async {
        let (go_on, said) = (Arc::new(Notify::new()), Arc::new(Mutex::new(Vec::new())));
        let (wait, heard) = (go_on.clone(), said.clone());
        let server = Server::new(HERE, 0, move |mut stream| {
            let (wait, heard) = (wait.clone(), heard.clone());
            async move {
                let mut bytes = Vec::new();
                // The first part of the request's body is here while the client still holds the second back.
                while !bytes.windows(5).any(|w| w == b"first") {
                    bytes.push(stream.read_u8().await.unwrap());
                }
                wait.notify_one();
                while !bytes.ends_with(b"0\r\n\r\n") {
                    bytes.push(stream.read_u8().await.unwrap());
                }
                heard.lock().unwrap().extend(bytes);
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
                stream.write_all(format!("{head}6\r\none\n\n\n\r\n").as_bytes()).await.unwrap();
                wait.notified().await;
                stream.write_all(b"3\r\ntwo\r\n0\r\n\r\n").await.unwrap();
            }
        })
        .await;
        let options =
            with_provider("openai", ProviderKind::OpenAi, &format!("http://127.0.0.1:{}", server.port), KEY);
        let mut rig = Rig::new(options, policy(&[], &["openai"]));
        let mut stream = rig.broker().await;
        let request =
            "POST /openai/v1/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        go_on.notified().await;
        stream.write_all(b"6\r\nsecond\r\n0\r\n\r\n").await.unwrap();
        assert!(head(&mut stream).await.contains("200 OK"));
        let mut chunk = [0; 11];
        stream.read_exact(&mut chunk).await.unwrap();
        assert_eq!(&chunk, b"6\r\none\n\n\n\r\n", "the first chunk is here before the server goes on");
        go_on.notify_one();
        stream.read_exact(&mut chunk[..8]).await.unwrap();
        assert_eq!(&chunk[..8], b"3\r\ntwo\r\n");
        assert!(String::from_utf8_lossy(&said.lock().unwrap()).contains("second"));
        rig.usage().await;
        rig.end().await;
    });
}

#[test]
fn a_client_that_goes_away_ends_the_request() {
    inside(async {
        let (told, mut gone) = mpsc::channel(4);
        let server = Server::new(HERE, 0, move |mut stream| {
            let told = told.clone();
            async move {
                let (request, _) = read_request(&mut stream).await.unwrap();
                if request.contains("/streams") {
                    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
                    let data = "data: {\"model\":\"m\",\"usage\":{\"output_tokens\":3}}\n\n";
                    stream.write_all(format!("{head}{:x}\r\n{data}\r\n", data.len()).as_bytes()).await.unwrap();
                }
                told.send("asked").await.unwrap();
                assert_eq!(stream.read(&mut [0; 8]).await.unwrap_or(0), 0);
                told.send("gone").await.unwrap();
            }
        })
        .await;
        let options =
            with_provider("openai", ProviderKind::OpenAi, &format!("http://127.0.0.1:{}", server.port), KEY);
        let mut rig = Rig::new(options, policy(&[], &["openai"]));
        for path in ["/openai/thinks", "/openai/streams"] {
            let mut stream = rig.broker().await;
            stream.write_all(&post(path, "{}")).await.unwrap();
            assert_eq!(gone.recv().await, Some("asked"));
            if path.ends_with("streams") {
                assert!(head(&mut stream).await.contains("200"));
                stream.read_exact(&mut [0; 40]).await.unwrap();
            }
            drop(stream);
            assert_eq!(gone.recv().await, Some("gone"), "{path}");
        }
        // What was streamed until then is counted.
        assert_eq!(rig.usage().await.output_tokens, 3);
        rig.end().await;
    });
}

#[test]
fn refusals_are_in_the_vendors_form() {
    inside(async {
        for (kind, name, field, code) in [
            (ProviderKind::Anthropic, "anthropic", "type", "\"permission_error\""),
            (ProviderKind::OpenAi, "openai", "type", "\"lia_error\""),
            (ProviderKind::Gemini, "gemini", "status", "\"PERMISSION_DENIED\""),
        ] {
            let mut rig = Rig::new(with_provider(name, kind, "http://127.0.0.1:1", ""), policy(&[], &[]));
            let mut stream = rig.broker().await;
            let (head, body) = ask(&mut stream, &post(&format!("/{name}/v1/x"), "{}")).await;
            assert!(head.starts_with("HTTP/1.1 403 ") && head.contains("application/json"), "{head}");
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["error"][field].to_string(), code);
            assert!(body["error"]["message"].as_str().unwrap().contains("not open to this task"));
            let told = rig.refusal().await;
            assert_eq!(
                (told.host.as_str(), told.port, told.door.as_str()),
                (name, INNER_BROKER_PORT, "broker")
            );

            rig.policy.send_replace(policy(&[], &[name]));
            let (head, body) = ask(&mut stream, &post(&format!("/{name}/v1/x"), "{}")).await;
            assert!(
                head.starts_with("HTTP/1.1 503 ") && body.contains(&format!("providers.{name}.api_key")),
                "{head}{body}"
            );
            rig.end().await;
        }
        let rig = Rig::new(
            with_provider("openai", ProviderKind::OpenAi, "http://127.0.0.1:1", KEY),
            policy(&[], &["openai"]),
        );
        for (path, status) in
            [("/openai/../x", "400"), ("/openai/%2e%2e/x", "400"), ("/openai/v1/x", "502"), ("/other", "403")]
        {
            let mut stream = rig.broker().await;
            let (head, body) = ask(&mut stream, &post(path, "{}")).await;
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {head}");
            assert!(body.starts_with("{\"error\":") && !body.contains(KEY), "{body}");
        }
        rig.end().await;
    });
}

#[test]
fn an_error_that_echoes_the_key_is_cleaned() {
    inside(async {
        let server = Server::new(HERE, 0, |mut stream| async move {
            read_request(&mut stream).await.unwrap();
            let body = format!("{{\"error\":\"Incorrect API key provided: {KEY}. And {KEY}\"}}");
            let head = format!(
                "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            // The key lies across two packets.
            let (one, two) = body.split_at(45);
            stream.set_nodelay(true).unwrap();
            stream.write_all(format!("{head}{one}").as_bytes()).await.unwrap();
            tokio::task::yield_now().await;
            stream.write_all(two.as_bytes()).await.unwrap();
        })
        .await;
        let options =
            with_provider("openai", ProviderKind::OpenAi, &format!("http://127.0.0.1:{}", server.port), KEY);
        let mut rig = Rig::new(options, policy(&[], &["openai"]));
        let (head, body) = ask(&mut rig.broker().await, &post("/openai/v1/x", "{}")).await;
        assert!(head.starts_with("HTTP/1.1 401 "));
        let stars = "*".repeat(KEY.len());
        assert_eq!(body, format!("{{\"error\":\"Incorrect API key provided: {stars}. And {stars}\"}}"));
        assert_eq!(rig.usage().await.status, 401);
        rig.end().await;
    });
}

#[test]
fn https_upstreams_are_verified() {
    inside(async {
        let (acceptor, _, pem) = certificate(&["localhost"]);
        let server = Server::new(HERE, 0, move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut bytes = Vec::new();
                while !bytes.ends_with(b"\r\n\r\n{}") {
                    bytes.push(stream.read_u8().await.unwrap());
                }
                let seen = String::from_utf8(bytes).unwrap().contains(&format!("x-api-key: {KEY}"));
                stream.write_all(ok("application/json", &seen.to_string()).as_bytes()).await.unwrap();
            }
        })
        .await;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), pem).unwrap();
        let base = format!("https://localhost:{}", server.port);
        let options = with_provider("anthropic", ProviderKind::Anthropic, &base, KEY);
        let trusting = Options { upstream_ca: Some(file.path().to_owned()), ..options.clone() };
        for (options, status) in [(options, "502"), (trusting, "200")] {
            let rig = Rig::new(options, policy(&[], &["anthropic"]));
            let request = tokio::time::timeout(Duration::from_secs(10), async {
                ask(&mut rig.broker().await, &post("/anthropic/v1/messages", "{}")).await
            });
            let (head, body) = request.await.unwrap();
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
            assert!(status == "502" || body == "true", "{body}");
            rig.end().await;
        }
        assert!(
            Gateway::new(Options { upstream_ca: Some("/nonexistent.pem".into()), ..Options::default() })
                .is_err()
        );
    });
}
