//! What flows after a decision. To a `tcp:` rule's port bytes pass as they are. Elsewhere the first bytes are read
//! before anything is dialled: a TLS ClientHello must name the allowed host, and plain HTTP is served request by request.

use std::{io, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use lia_protocol::limits::CLIENT_HELLO_SECONDS;
use tokio::{
    io::{AsyncWriteExt as _, copy_bidirectional_with_sizes},
    net::TcpStream,
    time::timeout,
};

use crate::{
    admit::{Deny, Dest, Pass},
    hello, http,
    link::{Door, Link},
    plain,
    stream::{Lingering, Stream},
};

/// Bytes on their way in each direction of one connection, beside what kernel and multiplexer hold.
const COPY_BYTES: usize = 16 << 10;
/// The longest HTTP method that is waited for.
const METHOD_BYTES: usize = 20;

/// A connection that was let pass and whose bytes do not flow yet.
pub(crate) struct Tunnel {
    door: Door,
    dest: Dest,
    /// Dialled already where nothing is read before.
    upstream: Option<TcpStream>,
}

/// What a connection to a checked port begins with.
enum First {
    Tls,
    Http,
}

/// Why nothing flows.
enum Halt {
    /// The client went away.
    Gone,
    /// With its reason.
    Refused(String),
}

impl From<io::Error> for Halt {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}
impl From<&str> for Halt {
    fn from(reason: &str) -> Self {
        Self::Refused(reason.to_owned())
    }
}

impl Tunnel {
    /// Decides on `host:port`; a refusal is an event.
    pub(crate) async fn open(link: &Link, door: Door, host: &str, port: u16) -> Result<Self, Deny> {
        let opened = async {
            let dest = link.admit(host, port).await?;
            let upstream = match dest.pass {
                Pass::Raw => Some(link.connect(&dest).await?),
                Pass::Checked => None,
            };
            Ok(Self { door, dest, upstream })
        };
        let opened = opened.await;
        match &opened {
            Ok(tunnel) if tunnel.upstream.is_some() => link.allowed(door, &tunnel.dest.host, port).await,
            Ok(_) | Err(Deny::Unreachable(_)) => {}
            Err(Deny::Refused(reason)) => link.refused(door, host, port, reason).await,
        }
        opened
    }

    /// Lets the bytes flow until both sides are done or the rule goes away.
    pub(crate) fn run(self, link: Arc<Link>, stream: Stream) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            match self.upstream {
                Some(upstream) => copy(&link, self.door, &self.dest, stream, upstream).await,
                None => checked(link, self.door, self.dest, stream).await,
            }
        })
    }
}

async fn checked(link: Arc<Link>, door: Door, dest: Dest, mut stream: Stream) {
    let limit = Duration::from_secs(CLIENT_HELLO_SECONDS);
    let first = timeout(limit, first(&mut stream, &dest)).await.unwrap_or_else(|_| {
        Err(Halt::Refused(if stream.ahead().is_empty() {
            format!("nothing was sent for {CLIENT_HELLO_SECONDS} s; a protocol in which the server speaks first needs a tcp: rule")
        } else {
            format!("the first bytes took longer than {CLIENT_HELLO_SECONDS} s")
        }))
    });
    match first {
        Ok(First::Tls) => {
            link.allowed(door, &dest.host, dest.port).await;
            match link.connect(&dest).await {
                Ok(upstream) => copy(&link, door, &dest, stream, upstream).await,
                Err(deny) => {
                    tracing::debug!(host = %dest.host, port = dest.port, ?deny, "egress");
                    finish(stream, &hello::UNREACHABLE).await;
                }
            }
        }
        Ok(First::Http) => plain::serve(link, door, (dest.host, dest.port), stream).await,
        Err(Halt::Gone) => {}
        Err(Halt::Refused(reason)) => {
            let deny = Deny::Refused(reason.clone());
            link.refused(door, dest.host.as_str(), dest.port, &reason).await;
            let text = deny.sentence(dest.host.as_str(), dest.port);
            let answer = if stream.ahead().first() == Some(&hello::HANDSHAKE) {
                hello::DENIED.to_vec()
            } else {
                http::refusal_bytes(&text)
            };
            finish(stream, &answer).await;
        }
    }
}

async fn finish(mut stream: Stream, answer: &[u8]) {
    if stream.write_all(answer).await.is_ok() {
        let _ = Lingering::new(stream).shutdown().await;
    }
}

/// Reads ahead until it is clear what the client speaks, for TLS until its whole ClientHello is there and checked.
async fn first(stream: &mut Stream, dest: &Dest) -> Result<First, Halt> {
    stream.need(1).await?;
    if stream.ahead()[0] == hello::HANDSHAKE {
        return loop {
            match hello::server_name(stream.ahead()) {
                Ok(Some(name)) if name == dest.host => break Ok(First::Tls),
                Ok(Some(name)) => {
                    break Err(Halt::Refused(format!(
                        "the TLS server name (SNI) is {name}, which is another host"
                    )));
                }
                Ok(None) if stream.read_ahead().await? == 0 => break Err(Halt::Gone),
                Ok(None) => {}
                Err(e) => break Err(Halt::Refused(e.to_string())),
            }
        };
    }
    if dest.port == 443 {
        return Err("port 443 carries TLS alone; other bytes need a tcp: rule".into());
    }
    loop {
        let word = stream.ahead();
        let letters = word.iter().take(METHOD_BYTES).take_while(|b| b.is_ascii_uppercase()).count();
        match word.get(letters) {
            Some(b' ') if &word[..letters] == b"PRI" => {
                return Err("HTTP/2 without TLS does not pass; use HTTP/1.1".into());
            }
            Some(b' ') if letters > 0 => return Ok(First::Http),
            Some(_) => return Err("it is neither TLS nor HTTP; other protocols need a tcp: rule".into()),
            None => {}
        }
        if stream.read_ahead().await? == 0 {
            return Err(Halt::Gone);
        }
    }
}

async fn copy(link: &Link, door: Door, dest: &Dest, mut stream: Stream, mut upstream: TcpStream) {
    tokio::select! {
        _ = copy_bidirectional_with_sizes(&mut stream, &mut upstream, COPY_BYTES, COPY_BYTES) => {}
        () = link.revoked(&dest.host, dest.port, dest.pass) => {
            link.refused(door, dest.host.as_str(), dest.port, "its allow rule was taken away; the connection was cut").await;
        }
    }
}
