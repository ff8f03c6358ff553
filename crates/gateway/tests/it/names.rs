//! Host names that others fell for, at every door; and names whose addresses change.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use lia_gateway::{GatewayEvent, Options, Resolver};
use lia_protocol::egress::{EgressHeader, EgressReply};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    net::{PUBLIC, Server, inside},
    rig::{Rig, answer, line, options, policy},
    socks,
};

const TRICKS: [&str; 20] = [
    "evil.example",
    "evil\0.allowed.example",
    "evil.example\0.allowed.example",
    "allowed.example.",
    "notallowed.example",
    "allowed.example.evil.example",
    "user@allowed.example",
    "allowed.example@evil.example",
    "b\u{fc}cher.example",
    "\u{430}llowed.example",
    "allowed.example%00",
    "allowed%2eexample",
    "127.0.0.1",
    "169.254.169.254",
    "2130706433",
    "0x7f000001",
    "127.1",
    "::1",
    "[::1]",
    "::ffff:127.0.0.1",
];

#[test]
fn tricks_pass_at_no_door() {
    inside(async {
        let server = Server::echo(443).await;
        let here = Server::new([127, 0, 0, 1], 443, |_| async {}).await;
        let mut rig = Rig::allowing(&["allowed.example", "*.sub.example"]);
        for host in TRICKS {
            let start = Instant::now();
            let (_, reply) = rig.transparent(host, 443).await;
            assert!(
                matches!(&reply, EgressReply::Refused { reason } if reason.starts_with("Lia refused")),
                "{host:?} {reply:?}"
            );
            let told = rig.refusal().await;
            assert_eq!((told.door.as_str(), told.port), ("transparent", 443));
            assert!(told.host.is_ascii() && !told.host.contains('\0'), "{told:?}");

            let mut stream = rig.open(&EgressHeader::Resolve { host: host.to_owned() }).await;
            assert!(line(&mut stream).await.contains("refused"), "{host:?}");
            assert_eq!(rig.refusal().await.door, "dns");

            let mut stream = rig.proxy().await;
            assert_eq!(socks::connect_by_name(&mut stream, host.as_bytes(), 443).await, 2, "{host:?}");
            assert_eq!(rig.refusal().await.door, "proxy");
            assert!(start.elapsed() < Duration::from_secs(1), "{host:?} was not refused at once");
        }
        // In HTTP some of them are no URL at all; then it is 400.
        for host in TRICKS {
            let authority = if host.contains("::") && !host.starts_with('[') {
                format!("[{host}]")
            } else {
                host.to_owned()
            };
            let mut stream = rig.proxy().await;
            stream.write_all(format!("CONNECT {authority}:443 HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
            let (head, _) = answer(&mut stream).await;
            assert!(
                head.starts_with("HTTP/1.1 403 Lia refused") || head.starts_with("HTTP/1.1 400 "),
                "{host:?}: {head}"
            );
        }
        assert_eq!((server.accepted(), here.accepted()), (0, 0));
        rig.end().await;
    });
}

#[test]
fn a_refusal_can_be_read() {
    inside(async {
        let mut rig = Rig::allowing(&["allowed.example"]);
        let mut stream = rig.proxy().await;
        stream
            .write_all(b"CONNECT evil.example:8443 HTTP/1.1\r\nHost: evil.example:8443\r\n\r\n")
            .await
            .unwrap();
        let (head, body) = answer(&mut stream).await;
        let sentence = "Lia refused evil.example:8443: not on the allowlist of this task; allow it with --allow evil.example:8443";
        assert!(head.starts_with(&format!("HTTP/1.1 403 {sentence}\r\n")), "{head}");
        assert_eq!(body, format!("{sentence}\n"));
        let told = rig.refusal().await;
        assert_eq!(
            (told.host.as_str(), told.port, told.door.as_str(), told.repeated),
            ("evil.example", 8443, "proxy", 0)
        );

        // The sidecar's own refusal is only told.
        rig.open(&EgressHeader::Refused { host: "1.1.1.1".into(), port: 853 }).await;
        assert_eq!(rig.refusal().await.host, "1.1.1.1");
        rig.end().await;
    });
}

#[test]
fn a_name_in_mixed_case_is_the_name() {
    inside(async {
        let server = Server::echo(22).await;
        let mut rig = Rig::allowing(&["tcp:allowed.example:22"]);
        for _ in 0..2 {
            let mut stream = rig.tunnel("AlloWed.eXample:22").await;
            stream.write_all(b"ping").await.unwrap();
            let mut back = [0; 4];
            stream.read_exact(&mut back).await.unwrap();
            assert_eq!(&back, b"ping");
        }
        assert_eq!(server.accepted(), 2);
        let mut stream = rig.open(&EgressHeader::Resolve { host: "ALLOWED.example".into() }).await;
        assert_eq!(line(&mut stream).await, "{\"reply\":\"ok\"}\n");
        let GatewayEvent::Allowed(first) = rig.event().await else { panic!("not allowed") };
        assert_eq!((first.host.as_str(), first.port), ("allowed.example", 22));
        assert_eq!(rig.end().await, [], "a destination is told once");
    });
}

#[test]
fn what_is_checked_is_what_is_dialled() {
    inside(async {
        let (server, here) = (Server::echo(22).await, Server::echo_at([127, 0, 0, 1], 22).await);
        // A resolver that changes its mind: public when asked first, this host ever after.
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let resolver = Resolver::new(move |host| {
            let first = count.fetch_add(1, Ordering::SeqCst) == 0;
            let addresses: Vec<IpAddr> = match host.as_str() {
                "rebind.example" if first => vec![PUBLIC.into()],
                "rebind.example" => vec![[127, 0, 0, 1].into()],
                "both.example" => vec![PUBLIC.into(), [127, 0, 0, 1].into()],
                "mapped.example" => vec!["::ffff:127.0.0.1".parse().unwrap()],
                "nat64.example" => vec!["64:ff9b::7f00:1".parse().unwrap()],
                "v6.example" => vec!["::1".parse().unwrap()],
                "metadata.example" => vec![[169, 254, 169, 254].into()],
                _ => vec![],
            };
            async move { Ok(addresses) }
        });
        let mut rig = Rig::new(Options { resolver, ..options() }, policy(&["tcp:*.example:22"], &[]));

        let mut stream = rig.tunnel("rebind.example:22").await;
        stream.write_all(b"x").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'x');
        assert_eq!(
            (asked.load(Ordering::SeqCst), server.accepted()),
            (1, 1),
            "one look-up, and its address was dialled"
        );

        for host in ["rebind", "both", "mapped", "nat64", "v6", "metadata"] {
            let mut stream = rig.proxy().await;
            let head = rig.connect(&mut stream, &format!("{host}.example:22")).await;
            assert!(head.starts_with("HTTP/1.1 403 Lia refused"), "{host}: {head}");
            assert!(rig.refusal().await.reason.contains("private or special address"));
        }
        let mut stream = rig.proxy().await;
        let head = rig.connect(&mut stream, "nowhere.example:22").await;
        assert!(
            head.starts_with("HTTP/1.1 502 Lia cannot reach nowhere.example:22: the name cannot be resolved"),
            "{head}"
        );
        assert_eq!((server.accepted(), here.accepted()), (1, 0));
        rig.end().await;
    });
}
