//! TLS through a tunnel: the ClientHello decides before anything is dialled.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use lia_protocol::egress::EgressReply;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::{
    net::{PUBLIC, Server, inside},
    rig::{Rig, rest},
};

/// A fatal `access_denied`.
const ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 49];

/// A fatal `internal_error`.
const UNREACHABLE: [u8; 7] = [21, 3, 3, 0, 2, 2, 80];

/// A certificate for `names`, ready for both sides, and as PEM.
pub fn certificate(names: &[&str]) -> (TlsAcceptor, TlsConnector, String) {
    let names: Vec<_> = names.iter().map(|n| (*n).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server).into(), Arc::new(client).into(), made.cert.pem())
}

/// The bytes of a real ClientHello.
fn hello(name: &'static str) -> Vec<u8> {
    let (_, connector, _) = certificate(&["a.example"]);
    let name = ServerName::try_from(name).unwrap();
    let mut client = rustls::ClientConnection::new(connector.config().clone(), name).unwrap();
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).unwrap();
    bytes
}

/// The same message in records of `size` bytes.
fn in_records(hello: &[u8], size: usize) -> Vec<u8> {
    let record =
        |part: &[u8]| [&[22, 3, 1][..], &u16::try_from(part.len()).unwrap().to_be_bytes(), part].concat();
    hello[5..].chunks(size).flat_map(record).collect()
}

/// A real ClientHello with another extension behind its own.
fn with_extension(name: &'static str, extension: &[u8]) -> Vec<u8> {
    let mut bytes = [&hello(name)[..], extension].concat();
    let added = u16::try_from(extension.len()).unwrap();
    // The lengths that grow: the record's, the message's, and the extension block's, which lies behind random (32),
    // session id, cipher suites and compression methods.
    let session = 43;
    let suites = session + 1 + usize::from(bytes[session]);
    let compression = suites + 2 + usize::from(u16::from_be_bytes([bytes[suites], bytes[suites + 1]]));
    let block = compression + 1 + usize::from(bytes[compression]);
    for at in [3, 7, block] {
        let grown = u16::from_be_bytes([bytes[at], bytes[at + 1]]) + added;
        bytes[at..at + 2].copy_from_slice(&grown.to_be_bytes());
    }
    bytes
}

#[test]
fn a_real_handshake_passes_both_doors() {
    inside(async {
        let (acceptor, connector, _) = certificate(&["a.example"]);
        let server = Server::new(PUBLIC, 443, move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let mut stream = acceptor.accept(stream).await.unwrap();
                stream.write_all(b"hello").await.unwrap();
                stream.shutdown().await.unwrap();
            }
        })
        .await;
        let rig = Rig::allowing(&["a.example"]);
        let (transparent, reply) = rig.transparent("a.example", 443).await;
        assert_eq!(reply, EgressReply::Ok);
        for stream in [rig.tunnel("a.example:443").await, transparent] {
            let mut stream =
                connector.connect(ServerName::try_from("a.example").unwrap(), stream).await.unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "hello");
        }
        assert_eq!(server.accepted(), 2);
        rig.end().await;
    });
}

#[test]
fn it_may_come_in_any_pieces() {
    inside(async {
        let server = Server::echo(443).await;
        let rig = Rig::allowing(&["a.example"]);
        let grease_ech = with_extension("a.example", &[&[0xfe, 0x0d, 0, 100][..], &[7; 100]].concat());
        for bytes in [hello("a.example"), in_records(&hello("a.example"), 3), grease_ech] {
            let mut stream = rig.tunnel("a.example:443").await;
            for byte in &bytes {
                stream.write_all(&[*byte]).await.unwrap();
                stream.flush().await.unwrap();
            }
            let mut back = vec![0; bytes.len()];
            stream.read_exact(&mut back).await.unwrap();
            assert_eq!(back, bytes, "the server gets it as it was");
        }
        assert_eq!(server.accepted(), 3);
        rig.end().await;
    });
}

#[test]
fn another_name_is_never_dialled() {
    inside(async {
        let server = Server::echo(443).await;
        let mut rig = Rig::allowing(&["a.example", "b.example", "a.example:8443"]);
        let again = [&[0, 0, 0, 14, 0, 12, 0, 0, 9][..], b"b.example"].concat();
        let oversize = with_extension("a.example", &[&[0, 21, 0x3f, 0][..], &[0; 0x3f00]].concat());
        for (what, bytes, reason) in [
            ("another allowed name", hello("b.example"), "the TLS server name (SNI) is b.example"),
            ("no name", hello("93.184.216.34"), "names no server"),
            ("two names", with_extension("a.example", &again), "more than one server"),
            ("too long", in_records(&oversize, 1), "longer than 16384 bytes"),
            ("no hello", b"\x16\x03\x01\x00\x04\x02\x00\x00\x00".to_vec(), "not a well-formed"),
        ] {
            let mut stream = rig.tunnel("a.example:443").await;
            stream.write_all(&bytes).await.unwrap();
            assert_eq!(rest(&mut stream).await, ALERT, "{what}");
            let told = rig.refusal().await;
            // The repeats of one destination are folded, so only the first is told at once.
            assert!(told.reason.contains(reason), "{what}: {told:?}");
            rig.end().await;
            rig = Rig::allowing(&["a.example", "b.example", "a.example:8443"]);
        }
        // Nobody listens on 8443: that is no refusal.
        let mut stream = rig.tunnel("a.example:8443").await;
        stream.write_all(&hello("a.example")).await.unwrap();
        assert_eq!(rest(&mut stream).await, UNREACHABLE);
        for (target, bytes, reason) in [
            (
                "a.example:443",
                &b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"[..],
                "port 443 carries TLS alone",
            ),
            ("a.example:443", b"SSH-2.0-x\r\n", "port 443 carries TLS alone"),
            ("a.example:8443", b"SSH-2.0-x\r\n", "neither TLS nor HTTP"),
            ("a.example:8443", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2 without TLS"),
        ] {
            let mut stream = rig.tunnel(target).await;
            stream.write_all(bytes).await.unwrap();
            let text = String::from_utf8(rest(&mut stream).await).unwrap();
            assert!(text.starts_with("HTTP/1.1 403 ") && text.contains(reason), "{text}");
        }
        assert_eq!(server.accepted(), 0);
        rig.end().await;
    });
}

#[test]
fn a_slow_hello_is_cut_and_holds_nobody_up() {
    inside(async {
        let server = Server::echo(443).await;
        let mut rig = Rig::allowing(&["a.example", "b.example"]);
        let start = Instant::now();
        let mut slow = rig.tunnel("a.example:443").await;
        let mut silent = rig.tunnel("b.example:443").await;
        let drip = async {
            for byte in hello("a.example") {
                if slow.write_all(&[byte]).await.is_err() {
                    break;
                }
                let _ = slow.flush().await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let others = async {
            for _ in 0..20 {
                let mut quick = rig.tunnel("a.example:443").await;
                quick.write_all(&hello("a.example")).await.unwrap();
                assert_eq!(quick.read_u8().await.unwrap(), 22);
            }
            assert!(start.elapsed() < Duration::from_secs(4));
            rest(&mut silent).await
        };
        let (text, _) = tokio::join!(others, tokio::time::timeout(Duration::from_secs(6), drip));
        assert!(String::from_utf8(text).unwrap().contains("nothing was sent for 5 s"));
        assert_eq!(rest(&mut slow).await, ALERT);
        let mut reasons = [rig.refusal().await.reason, rig.refusal().await.reason];
        reasons.sort();
        assert!(
            reasons[0].contains("server speaks first") && reasons[1].contains("longer than 5 s"),
            "{reasons:?}"
        );
        assert_eq!(server.accepted(), 20);
        rig.end().await;
    });
}
