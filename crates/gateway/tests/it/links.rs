//! The link itself: its bounds, what happens to what runs when the policy changes or the link ends, folded events.

use std::time::{Duration, Instant};

use lia_gateway::{GatewayEvent, Options};
use lia_protocol::egress::{EgressHeader, EgressReply};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    net::{PUBLIC, Server, inside},
    rig::{Rig, options, policy, rest},
};

#[test]
fn one_stream_too_many_is_refused_and_the_others_live() {
    inside(async {
        let _server = Server::echo(22).await;
        let options = Options { max_connections_per_instance: 4, ..options() };
        let mut rig = Rig::new(options, policy(&["tcp:a.example:22"], &[]));
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(rig.tunnel("a.example:22").await);
        }
        let mut fifth = rig.proxy().await;
        assert!(rest(&mut fifth).await.is_empty());
        assert_eq!(rig.refusal().await.reason, "more than 4 connections at once");
        for stream in &mut held {
            stream.write_all(b"x").await.unwrap();
            assert_eq!(stream.read_u8().await.unwrap(), b'x');
        }
        // A place that is given back can be taken.
        let mut gone = held.pop().unwrap();
        gone.shutdown().await.unwrap();
        assert!(rest(&mut gone).await.is_empty());
        drop(gone);
        loop {
            let mut stream = rig.proxy().await;
            stream.write_all(b"CONNECT a.example:22 HTTP/1.1\r\n\r\n").await.unwrap();
            if stream.read_u8().await.is_ok() {
                break;
            }
        }
        rig.end().await;
    });
}

#[test]
fn a_peer_that_reads_nothing_blocks_nobody() {
    inside(async {
        let _source = Server::new(PUBLIC, 22, |mut stream| async move {
            while stream.write_all(&[7; 1 << 16]).await.is_ok() {}
        })
        .await;
        let _echo = Server::echo(23).await;
        let rig = Rig::allowing(&["tcp:a.example:22", "tcp:a.example:23"]);
        // Nobody reads these; and this one writes to a server that never reads.
        let mut stalled = Vec::new();
        for _ in 0..16 {
            stalled.push(rig.tunnel("a.example:22").await);
        }
        let full = tokio::time::timeout(Duration::from_millis(500), async {
            while stalled[0].write_all(&[1; 1 << 16]).await.is_ok() {}
        });
        assert!(full.await.is_err(), "the writer is held back");
        let start = Instant::now();
        let mut stream = rig.tunnel("a.example:23").await;
        let (mut r, mut w) = tokio::io::split(&mut stream);
        let mut back = vec![0; 4 << 20];
        let (sent, received) = tokio::join!(
            async {
                w.write_all(&vec![9; 4 << 20]).await?;
                w.flush().await
            },
            r.read_exact(&mut back)
        );
        sent.unwrap();
        received.unwrap();
        assert!(start.elapsed() < Duration::from_secs(5));
        rig.end().await;
    });
}

#[test]
fn a_policy_holds_from_the_moment_it_changes() {
    inside(async {
        let _server = Server::echo(22).await;
        let mut rig = Rig::allowing(&[]);
        let (_, reply) = rig.transparent("a.example", 22).await;
        assert!(matches!(reply, EgressReply::Refused { .. }));
        rig.refusal().await;
        rig.policy.send_replace(policy(&["tcp:a.example:22"], &[]));
        let (mut stream, reply) = rig.transparent("a.example", 22).await;
        assert_eq!(reply, EgressReply::Ok);
        stream.write_all(b"x").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'x');
        // Another rule may come and go; this one's end cuts the connection.
        rig.policy.send_replace(policy(&["tcp:a.example:22", "b.example"], &[]));
        stream.write_all(b"y").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'y');
        rig.policy.send_replace(policy(&["b.example"], &[]));
        assert!(rest(&mut stream).await.is_empty());
        rig.end().await;
    });
}

#[test]
fn repeats_are_folded_and_told_at_the_end() {
    inside(async {
        let mut rig = Rig::allowing(&[]);
        for _ in 0..50 {
            let (_, reply) = rig.transparent("a.example", 443).await;
            assert!(matches!(reply, EgressReply::Refused { .. }));
        }
        assert_eq!(rig.refusal().await.repeated, 0);
        let rest = rig.end().await;
        assert!(matches!(&rest[..], [GatewayEvent::Refused(r)] if r.repeated == 48), "{rest:?}");
    });
}

#[test]
fn the_end_of_a_link_ends_all_of_it() {
    inside(async {
        let (told, mut closed) = tokio::sync::mpsc::channel(1);
        let _server = Server::new(PUBLIC, 22, move |mut stream| {
            let told = told.clone();
            async move {
                let _ = stream.read(&mut [0; 8]).await;
                told.send(()).await.unwrap();
            }
        })
        .await;
        // By the server's word, and by the instance's death.
        for by_cancel in [true, false] {
            let rig = Rig::allowing(&["tcp:a.example:22"]);
            let stream = rig.tunnel("a.example:22").await;
            if by_cancel {
                rig.end().await;
            } else {
                let Rig { served, .. } = { rig };
                served.await.unwrap().unwrap();
            }
            closed.recv().await.unwrap();
            drop(stream);
        }
    });
}

#[test]
fn a_bad_header_line_harms_nobody() {
    inside(async {
        let rig = Rig::allowing(&[]);
        for bad in [&b"{}\n"[..], b"\n", b"{\"door\":\"window\"}\n", &[b'x'; 2000], b"\xff\xff\n"] {
            let mut stream = rig.open(&EgressHeader::Broker).await;
            // A second header line inside the broker's HTTP is a bad request, no more.
            stream.write_all(bad).await.unwrap();
            let mut raw = rig.raw().await;
            raw.write_all(bad).await.unwrap();
            raw.flush().await.unwrap();
            assert!(rest(&mut raw).await.is_empty());
        }
        let (_, reply) = rig.transparent("a.example", 443).await;
        assert!(matches!(reply, EgressReply::Refused { .. }));
        rig.end().await;
    });
}
