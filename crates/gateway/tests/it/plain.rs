//! Plain HTTP: every request is decided, and goes out in our own framing.

use lia_protocol::egress::EgressReply;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    net::{PUBLIC, Server, inside, ok, read_request},
    rig::{Rig, answer, head, line, rest},
};

#[test]
fn every_request_is_decided() {
    inside(async {
        let (_server, requests) = Server::http(PUBLIC, 80, &ok("text/plain", "fine")).await;
        let mut rig = Rig::allowing(&["a.example", "b.example"]);
        let (stream, reply) = rig.transparent("a.example", 80).await;
        assert_eq!(reply, EgressReply::Ok);
        for mut stream in [stream, rig.tunnel("a.example:80").await] {
            let ask =
                |host: &str| format!("GET /x?y HTTP/1.1\r\nHost: {host}\r\nProxy-Authorization: x\r\n\r\n");
            for host in ["a.example", "A.Example:80"] {
                stream.write_all(ask(host).as_bytes()).await.unwrap();
                let (head, body) = answer(&mut stream).await;
                assert!(head.starts_with("HTTP/1.1 200") && body == "fine", "{head}");
            }
            // b.example is allowed too, but this connection is for a.example.
            stream.write_all(ask("b.example").as_bytes()).await.unwrap();
            let (head, body) = answer(&mut stream).await;
            assert!(head.starts_with("HTTP/1.1 403 ") && body.contains("for a.example:80 alone"), "{head}");
            assert!(rest(&mut stream).await.is_empty());
        }
        assert_eq!(rig.refusal().await.host, "b.example");
        // Through the proxy, each request names its own.
        let mut stream = rig.proxy().await;
        for (host, status) in [("a.example", "200"), ("B.example", "200"), ("c.example", "403")] {
            let ask = format!(
                "GET http://{host}/z HTTP/1.1\r\nHost: {host}\r\nConnection: x-hop\r\nX-Hop: 1\r\n\r\n"
            );
            stream.write_all(ask.as_bytes()).await.unwrap();
            let (head, _) = answer(&mut stream).await;
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {head}");
        }
        let heads = requests.heads();
        assert_eq!(heads.len(), 6);
        for (n, seen) in heads.iter().enumerate() {
            let host = if n == 5 { "b.example" } else { "a.example" };
            assert!(seen.contains(&format!("\r\nhost: {host}\r\n")), "{seen}");
            assert!(!seen.contains("proxy-") && !seen.contains("x-hop"), "{seen}");
            assert!(
                seen.starts_with(if n < 4 { "get /x?y http/1.1\r\n" } else { "get /z http/1.1\r\n" }),
                "{seen}"
            );
        }
        rig.end().await;
    });
}

#[test]
fn what_two_parsers_read_differently_is_refused_or_rewritten() {
    inside(async {
        let (server, requests) = Server::http(PUBLIC, 80, &ok("text/plain", "fine")).await;
        let rig = Rig::allowing(&["a.example", "b.example"]);
        for (what, request) in [
            ("no Host", "GET / HTTP/1.1\r\n\r\n"),
            ("two Hosts", "GET / HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n"),
            ("URL and Host differ", "GET http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n"),
            ("a user name", "GET http://b.example@a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            ("https in clear", "GET https://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            ("CONNECT inside", "CONNECT a.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            ("a folded header", "GET / HTTP/1.1\r\nHost: a.example\r\nX: 1\r\n Host: b.example\r\n\r\n"),
            (
                "two lengths",
                "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            ),
            (
                "an odd coding",
                "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n",
            ),
            ("a space before the colon", "GET / HTTP/1.1\r\nHost : a.example\r\n\r\n"),
        ] {
            let mut stream = rig.tunnel("a.example:80").await;
            stream.write_all(request.as_bytes()).await.unwrap();
            let head = head(&mut stream).await;
            assert!(head.starts_with("HTTP/1.1 400 "), "{what}: {head}");
        }
        assert_eq!(server.accepted(), 0);

        // Content-Length and chunked: one framing goes on, and what is behind is not taken for a request.
        let mut stream = rig.tunnel("a.example:80").await;
        let both = "POST /one HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n\
            3\r\nabc\r\n0\r\n\r\nGET /two HTTP/1.1\r\nHost: b.example\r\n\r\n";
        stream.write_all(both.as_bytes()).await.unwrap();
        assert!(answer(&mut stream).await.0.starts_with("HTTP/1.1 200 "));
        assert!(rest(&mut stream).await.is_empty());
        let seen = requests.0.lock().unwrap().clone();
        assert_eq!(seen.len(), 1);
        let head = seen[0].0.to_ascii_lowercase();
        assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"), "{head}");
        assert_eq!(seen[0].1, b"3\r\nabc\r\n0\r\n\r\n");
        rig.end().await;
    });
}

#[test]
fn only_websockets_are_upgraded() {
    inside(async {
        let _server = Server::new(PUBLIC, 8080, |mut stream| async move {
            let Some((head, _)) = read_request(&mut stream).await else { return };
            let head = head.to_ascii_lowercase();
            if head.contains("upgrade: websocket") {
                let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nready";
                stream.write_all(answer.as_bytes()).await.unwrap();
                let (mut r, mut w) = stream.split();
                tokio::io::copy(&mut r, &mut w).await.unwrap();
            } else {
                assert!(!head.contains("h2c") && !head.contains("http2-settings"), "{head}");
                stream.write_all(ok("text/plain", "as before").as_bytes()).await.unwrap();
            }
        })
        .await;
        let rig = Rig::allowing(&["a.example:8080"]);
        let ask = |upgrade: &str| {
            let more = format!(
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {upgrade}\r\nHTTP2-Settings: AAMAAABk\r\n"
            );
            format!("GET / HTTP/1.1\r\nHost: a.example:8080\r\n{more}\r\n")
        };
        let mut stream = rig.tunnel("a.example:8080").await;
        stream.write_all(ask("h2c").as_bytes()).await.unwrap();
        let (head, body) = answer(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 200 ") && body == "as before", "{head}");
        stream.write_all(ask("websocket").as_bytes()).await.unwrap();
        assert!(crate::rig::head(&mut stream).await.starts_with("HTTP/1.1 101 "));
        stream.write_all(b" and back\n").await.unwrap();
        assert_eq!(line(&mut stream).await, "ready and back\n");
        rig.end().await;
    });
}

#[test]
fn a_tcp_rule_lets_the_server_speak_first() {
    inside(async {
        let _server = Server::new(PUBLIC, 22, |mut stream| async move {
            stream.write_all(b"SSH-2.0-server\r\n").await.unwrap();
        })
        .await;
        let rig = Rig::allowing(&["tcp:a.example:22"]);
        let (mut stream, reply) = rig.transparent("a.example", 22).await;
        assert_eq!(reply, EgressReply::Ok);
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "SSH-2.0-server\r\n");
        rig.end().await;
    });
}
