//! SOCKS5 (RFC 1928): no authentication, CONNECT alone. Names are resolved on this side; addresses are refused.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use tokio::{io::AsyncWriteExt as _, time::timeout};

use crate::{
    admit::Deny,
    broker,
    link::{Door, Link},
    proxy::is_broker,
    stream::{Lingering, Stream},
    tunnel::Tunnel,
};

/// The first byte of every message.
pub(crate) const VERSION: u8 = 5;
/// How long the handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);

const NO_AUTHENTICATION: u8 = 0;
const NO_METHOD: u8 = 0xff;
const CONNECT: u8 = 1;
const ADDRESS_V4: u8 = 1;
const ADDRESS_NAME: u8 = 3;
const ADDRESS_V6: u8 = 4;

/// Reply codes.
const SUCCEEDED: u8 = 0;
const NOT_ALLOWED: u8 = 2;
const HOST_UNREACHABLE: u8 = 4;
const COMMAND_NOT_SUPPORTED: u8 = 7;
const ADDRESS_NOT_SUPPORTED: u8 = 8;

pub(crate) async fn serve(link: Arc<Link>, mut stream: Stream) {
    let Ok(Ok(asked)) = timeout(HANDSHAKE, ask(&mut stream)).await else { return };
    let (host, port) = match asked {
        Ok(target) => target,
        Err(code) => return refuse(stream, code).await,
    };
    if is_broker(&host, port) {
        if reply(&mut stream, SUCCEEDED).await.is_ok() {
            broker::serve(link, stream).await;
        }
        return;
    }
    match Tunnel::open(&link, Door::Proxy, &host, port).await {
        Ok(tunnel) => {
            if reply(&mut stream, SUCCEEDED).await.is_ok() {
                tunnel.run(link, stream).await;
            }
        }
        Err(Deny::Refused(_)) => refuse(stream, NOT_ALLOWED).await,
        Err(Deny::Unreachable(_)) => refuse(stream, HOST_UNREACHABLE).await,
    }
}

/// The host and port that are asked for, or the code to refuse with.
async fn ask(stream: &mut Stream) -> io::Result<Result<(String, u16), u8>> {
    stream.need(2).await?;
    let methods = usize::from(stream.ahead()[1]);
    stream.need(2 + methods).await?;
    let offered = stream.take(2 + methods)[2..].contains(&NO_AUTHENTICATION);
    stream.write_all(&[VERSION, if offered { NO_AUTHENTICATION } else { NO_METHOD }]).await?;
    if !offered {
        return Err(io::ErrorKind::InvalidData.into());
    }

    stream.need(5).await?;
    let head =
        [stream.ahead()[0], stream.ahead()[1], stream.ahead()[2], stream.ahead()[3], stream.ahead()[4]];
    let length = match length(head)? {
        Ok(length) => length,
        Err(code) => return Ok(Err(code)),
    };
    stream.need(length).await?;
    Ok(Ok(target(&stream.take(length))))
}

/// Bytes of the request that begins so, or the code to refuse it with.
pub(crate) fn length(head: [u8; 5]) -> io::Result<Result<usize, u8>> {
    let address = match head[3] {
        ADDRESS_V4 => 4,
        ADDRESS_NAME => 1 + usize::from(head[4]),
        ADDRESS_V6 => 16,
        _ => return Ok(Err(ADDRESS_NOT_SUPPORTED)),
    };
    if head[0] != VERSION || head[2] != 0 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(if head[1] == CONNECT { Ok(4 + address + 2) } else { Err(COMMAND_NOT_SUPPORTED) })
}

/// Host and port of a whole request, whose [`length`] is known.
pub(crate) fn target(message: &[u8]) -> (String, u16) {
    let (address, port) = message[4..].split_at(message.len() - 6);
    let host = match (message[3], address.first_chunk::<4>(), address.first_chunk::<16>()) {
        (ADDRESS_V4, Some(v4), _) => Ipv4Addr::from(*v4).to_string(),
        (ADDRESS_V6, _, Some(v6)) => Ipv6Addr::from(*v6).to_string(),
        // Bytes that are no text become a name that no rule takes.
        _ => String::from_utf8_lossy(&address[1..]).into_owned(),
    };
    (host, u16::from_be_bytes([port[0], port[1]]))
}

async fn reply(stream: &mut Stream, code: u8) -> io::Result<()> {
    stream.write_all(&[VERSION, code, 0, ADDRESS_V4, 0, 0, 0, 0, 0, 0]).await?;
    stream.flush().await
}

async fn refuse(mut stream: Stream, code: u8) {
    if reply(&mut stream, code).await.is_ok() {
        let _ = Lingering::new(stream).shutdown().await;
    }
}
