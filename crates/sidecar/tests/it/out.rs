//! The way out, with a gateway that allows `*.allowed.test`: DNS, the transparent door, the proxy and the broker.

use std::{future::poll_fn, rc::Rc, sync::mpsc};

use lia_protocol::{
    boot::{INNER_BROKER_PORT, INNER_PROXY_PORT, PORT_EGRESS},
    egress::{EgressHeader, EgressReply},
};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio_util::compat::{FuturesAsyncReadCompatExt as _, TokioAsyncReadCompatExt as _};

use crate::host::{Around, Link, Sidecar, ok, scripted};

/// A gateway on its own thread; what it was asked comes out of the channel.
fn gateway(sidecar: &Sidecar) -> mpsc::Receiver<EgressHeader> {
    let stream = sidecar.dial(PORT_EGRESS);
    stream.set_read_timeout(None).unwrap();
    stream.set_write_timeout(None).unwrap();
    stream.set_nonblocking(true).unwrap();
    let (asked, headers) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async move {
            let stream = tokio::net::UnixStream::from_std(stream).unwrap();
            let mut link =
                yamux::Connection::new(stream.compat(), yamux::Config::default(), yamux::Mode::Server);
            let asked = Rc::new(asked);
            while let Some(Ok(stream)) = poll_fn(|cx| link.poll_next_inbound(cx)).await {
                let asked = Rc::clone(&asked);
                tokio::task::spawn_local(async move { serve(stream, &asked).await });
            }
        });
    });
    headers
}

async fn serve(stream: yamux::Stream, asked: &mpsc::Sender<EgressHeader>) -> Option<()> {
    let mut stream = BufReader::new(stream.compat());
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let header: EgressHeader = serde_json::from_str(&line).unwrap();
    let door = match &header {
        EgressHeader::Proxy => "proxy".to_owned(),
        EgressHeader::Broker => "broker".to_owned(),
        EgressHeader::Transparent { host, port } => format!("{host}:{port}"),
        EgressHeader::Resolve { .. } | EgressHeader::Refused { .. } => String::new(),
    };
    if let EgressHeader::Resolve { host } | EgressHeader::Transparent { host, .. } = &header {
        let reply = if host.ends_with(".allowed.test") {
            EgressReply::Ok
        } else {
            EgressReply::Refused { reason: format!("{host} is not on the list") }
        };
        let mut reply = serde_json::to_vec(&reply).unwrap();
        reply.push(b'\n');
        stream.write_all(&reply).await.ok()?;
    }
    let _ = asked.send(header);
    if door.is_empty() {
        return stream.shutdown().await.ok();
    }
    // One HTTP request without a body, one answer.
    while stream.read_line(&mut line).await.ok()? > 2 {}
    let answer =
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{door}", door.len());
    stream.write_all(answer.as_bytes()).await.ok()?;
    stream.flush().await.ok()?;
    stream.read_to_string(&mut line).await.ok()?;
    Some(())
}

fn sh(link: &mut Link, command: &str) -> String {
    let before = link.text().len();
    let id = link.prompt(&format!("sh {command}"));
    assert_eq!(link.done(id), ok("end_turn"));
    link.text()[before..].to_owned()
}

#[test]
fn every_door_leads_to_the_gateway_or_says_no() {
    let sidecar = Sidecar::around(Around::Sandbox, |c| {
        c.transparent = true;
        c.ports = vec![8765];
    });
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let curl = "curl -sS --max-time 5";
    let proxied = format!("{curl} -x http://127.0.0.1:{INNER_PROXY_PORT} http://any.test/");
    let broker = format!("{curl} http://127.0.0.1:{INNER_BROKER_PORT}/anthropic/v1");
    let said = sh(&mut link, &proxied);
    assert!(said.contains("gateway is not there"), "{said}");

    let headers = gateway(&sidecar);
    assert!(sh(&mut link, &proxied).starts_with("proxy"));
    assert!(sh(&mut link, &broker).starts_with("broker"));
    let said = sh(&mut link, "getent ahosts api.allowed.test | head -1");
    assert!(said.starts_with("198.18."), "{said}");
    let said = sh(&mut link, &format!("{curl} http://API.allowed.test/x"));
    assert!(said.starts_with("api.allowed.test:80"), "{said}");
    let said = sh(&mut link, &format!("{curl} http://api.allowed.test:8765/x"));
    assert!(said.starts_with("api.allowed.test:8765"), "{said}");

    for (refused, sign) in [
        ("http://evil.test/", "Could not resolve host"),
        ("http://1.2.3.4/", "only allowed host names"),
        ("https://1.2.3.4/", "curl: (35)"),
        ("http://198.19.255.1/", "only allowed host names"),
        ("http://169.254.169.254/latest/meta-data", "only allowed host names"),
        ("http://[2001:db8::1]/", "curl: (7)"),
        ("http://api.allowed.test:9999/", "curl: (7)"),
    ] {
        let said = sh(&mut link, &format!("time -p {curl} {refused} 2>&1"));
        assert!(said.contains(sign), "{refused}: {said}");
        let took: f64 = said.lines().find_map(|l| l.strip_prefix("real ")?.trim().parse().ok()).unwrap();
        assert!(took < 1.0, "{refused}: {took} s");
    }
    let headers: Vec<_> = headers.try_iter().collect();
    let refused = |host: &str, port| EgressHeader::Refused { host: host.to_owned(), port };
    for wanted in [
        EgressHeader::Resolve { host: "evil.test".to_owned() },
        refused("1.2.3.4", 80),
        refused("1.2.3.4", 443),
        refused("169.254.169.254", 80),
    ] {
        assert!(headers.contains(&wanted), "{wanted:?}: {headers:?}");
    }
}
