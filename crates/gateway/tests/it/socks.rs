//! The forms of SOCKS5.

use lia_protocol::boot::INNER_BROKER_PORT;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    net::{Server, inside},
    rig::{Rig, Stream, answer, rest},
};

async fn greet(stream: &mut Stream) {
    stream.write_all(&[5, 2, 2, 0]).await.unwrap();
    let mut chosen = [9; 2];
    stream.read_exact(&mut chosen).await.unwrap();
    assert_eq!(chosen, [5, 0]);
}

async fn request(stream: &mut Stream, command: u8, address: &[u8], port: u16) -> u8 {
    greet(stream).await;
    stream.write_all(&[&[5, command, 0], address, &port.to_be_bytes()].concat()).await.unwrap();
    let mut reply = [0; 10];
    stream.read_exact(&mut reply).await.unwrap();
    assert_eq!((reply[0], reply[3]), (5, 1));
    reply[1]
}

/// CONNECT to a name; the reply's code.
pub async fn connect_by_name(stream: &mut Stream, name: &[u8], port: u16) -> u8 {
    request(stream, 1, &[&[3, u8::try_from(name.len()).unwrap()], name].concat(), port).await
}

#[test]
fn names_pass_and_addresses_do_not() {
    inside(async {
        let server = Server::echo(22).await;
        let mut rig = Rig::allowing(&["tcp:a.example:22", "tcp:a.example:23"]);
        let mut stream = rig.proxy().await;
        assert_eq!(connect_by_name(&mut stream, b"a.example", 22).await, 0);
        stream.write_all(b"ping").await.unwrap();
        stream.shutdown().await.unwrap();
        assert_eq!(rest(&mut stream).await, b"ping", "a half-closed connection still brings the answer");

        // The address of an allowed name is still an address.
        assert_eq!(request(&mut rig.proxy().await, 1, &[1, 93, 184, 216, 34], 22).await, 2);
        assert_eq!(rig.refusal().await.host, "93.184.216.34");
        let v6 = [&[4][..], &[0; 15], &[1]].concat();
        assert_eq!(request(&mut rig.proxy().await, 1, &v6, 22).await, 2);
        assert_eq!(rig.refusal().await.host, "::1");
        assert_eq!(connect_by_name(&mut rig.proxy().await, b"\xff\xfe.a.example", 22).await, 2);
        assert_eq!(rig.refusal().await.host, "\\u{fffd}\\u{fffd}.a.example");
        assert_eq!(connect_by_name(&mut rig.proxy().await, b"", 22).await, 2);

        // Nobody listens on 23; BIND is not served, nor is an address type that does not exist.
        assert_eq!(connect_by_name(&mut rig.proxy().await, b"a.example", 23).await, 4);
        assert_eq!(request(&mut rig.proxy().await, 2, &[1, 1, 1, 1, 1], 22).await, 7);
        assert_eq!(request(&mut rig.proxy().await, 1, &[9, 1, 1, 1, 1], 22).await, 8);

        let mut stream = rig.proxy().await;
        stream.write_all(&[5, 1, 2]).await.unwrap();
        assert_eq!(rest(&mut stream).await, [5, 0xff], "a password is not asked for");
        assert_eq!(server.accepted(), 1);
        rig.end().await;
    });
}

#[test]
fn the_brokers_address_is_the_broker() {
    inside(async {
        let mut rig = Rig::allowing(&[]);
        for (address, kind) in [(&[1, 127, 0, 0, 1][..], "v4"), (b"\x03\x09localhost", "name")] {
            let mut stream = rig.proxy().await;
            assert_eq!(request(&mut stream, 1, address, INNER_BROKER_PORT).await, 0, "{kind}");
            stream.write_all(b"GET /openai/v1/models HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
            let (head, body) = answer(&mut stream).await;
            assert!(
                head.starts_with("HTTP/1.1 403") && body.contains("not open to this task"),
                "{head}{body}"
            );
            // Another port of loopback is refused.
            assert_eq!(request(&mut rig.proxy().await, 1, address, 5000).await, 2, "{kind}");
        }
        let doors: Vec<_> = [rig.refusal().await, rig.refusal().await].map(|r| r.door).into();
        assert_eq!(doors, ["broker", "proxy"]);
        rig.end().await;
    });
}
