//! One gateway with one link, and the sidecar's side of it.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc, task::Poll, time::Duration};

use lia_gateway::{Gateway, GatewayEvent, Options, Policy, Provider, ProviderKind, Resolver};
use lia_protocol::{
    egress::{EgressHeader, EgressReply},
    event::{EgressRefused, Usage},
    secret::Secret,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::UnixStream,
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::{
    compat::{Compat, FuturesAsyncReadCompatExt as _, TokioAsyncReadCompatExt as _},
    sync::CancellationToken,
};

use crate::net::PUBLIC;

pub type Stream = Compat<yamux::Stream>;

pub struct Rig {
    pub policy: watch::Sender<Arc<Policy>>,
    pub cancel: CancellationToken,
    pub served: JoinHandle<Result<(), lia_gateway::Error>>,
    events: mpsc::Receiver<GatewayEvent>,
    opener: mpsc::Sender<oneshot::Sender<yamux::Stream>>,
}

/// Options whose resolver gives [`PUBLIC`] for every name.
pub fn options() -> Options {
    Options { resolver: Resolver::new(|_| async { Ok(vec![IpAddr::from(PUBLIC)]) }), ..Options::default() }
}

/// [`options`] with one provider.
pub fn with_provider(name: &str, kind: ProviderKind, base_url: &str, key: &str) -> Options {
    let provider = Provider { kind, base_url: base_url.parse().unwrap(), key: Secret::new(key) };
    Options { providers: BTreeMap::from([(name.to_owned(), provider)]), ..options() }
}

pub fn policy(allow: &[&str], providers: &[&str]) -> Arc<Policy> {
    Arc::new(Policy {
        allow: allow.iter().map(|r| r.parse().unwrap()).collect(),
        providers: providers.iter().map(|p| (*p).to_owned()).collect(),
    })
}

impl Rig {
    pub fn new(options: Options, policy: Arc<Policy>) -> Self {
        let gateway = Gateway::new(options).unwrap();
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (policy, watched) = watch::channel(policy);
        let (to_us, events) = mpsc::channel(64);
        let cancel = CancellationToken::new();
        let token = cancel.clone();
        let served = tokio::spawn(async move { gateway.serve_link(theirs, watched, to_us, token).await });
        let connection = yamux::Connection::new(ours.compat(), yamux::Config::default(), yamux::Mode::Client);
        let (opener, asks) = mpsc::channel(1);
        tokio::spawn(drive(connection, asks));
        Self { policy, cancel, served, events, opener }
    }

    /// With an allowlist alone.
    pub fn allowing(allow: &[&str]) -> Self {
        Self::new(options(), policy(allow, &[]))
    }

    /// A new stream without a header.
    pub async fn raw(&self) -> Stream {
        let (tx, rx) = oneshot::channel();
        self.opener.send(tx).await.unwrap();
        rx.await.unwrap().compat()
    }

    /// A new stream, its header sent.
    pub async fn open(&self, header: &EgressHeader) -> Stream {
        let mut stream = self.raw().await;
        let mut line = serde_json::to_vec(header).unwrap();
        line.push(b'\n');
        stream.write_all(&line).await.unwrap();
        stream.flush().await.unwrap();
        stream
    }

    pub async fn proxy(&self) -> Stream {
        self.open(&EgressHeader::Proxy).await
    }

    pub async fn broker(&self) -> Stream {
        self.open(&EgressHeader::Broker).await
    }

    /// The transparent door, with its answer.
    pub async fn transparent(&self, host: &str, port: u16) -> (Stream, EgressReply) {
        let mut stream = self.open(&EgressHeader::Transparent { host: host.to_owned(), port }).await;
        let reply = serde_json::from_str(&line(&mut stream).await).unwrap();
        (stream, reply)
    }

    /// A tunnel to an allowed name, through CONNECT.
    pub async fn tunnel(&self, target: &str) -> Stream {
        let mut stream = self.proxy().await;
        let answer = self.connect(&mut stream, target).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        stream
    }

    /// Sends CONNECT, reads the answer's head.
    pub async fn connect(&self, stream: &mut Stream, target: &str) -> String {
        stream
            .write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes())
            .await
            .unwrap();
        head(stream).await
    }

    pub async fn event(&mut self) -> GatewayEvent {
        timeout(Duration::from_secs(20), self.events.recv())
            .await
            .expect("an event comes")
            .expect("the link lives")
    }

    /// The next refusal.
    pub async fn refusal(&mut self) -> EgressRefused {
        loop {
            match self.event().await {
                GatewayEvent::Refused(refused) => return refused,
                GatewayEvent::Allowed(_) | GatewayEvent::Usage { .. } => {}
            }
        }
    }

    /// The next usage.
    pub async fn usage(&mut self) -> Usage {
        loop {
            match self.event().await {
                GatewayEvent::Usage { usage, .. } => return usage,
                GatewayEvent::Allowed(_) => {}
                GatewayEvent::Refused(r) => panic!("{r:?}"),
            }
        }
    }

    /// Ends the link; what was told of it and not read.
    pub async fn end(mut self) -> Vec<GatewayEvent> {
        self.cancel.cancel();
        let mut rest = Vec::new();
        while let Some(event) = self.events.recv().await {
            rest.push(event);
        }
        self.served.await.unwrap().unwrap();
        rest
    }
}

async fn drive(
    mut connection: yamux::Connection<Compat<UnixStream>>,
    mut asks: mpsc::Receiver<oneshot::Sender<yamux::Stream>>,
) {
    let mut ask: Option<oneshot::Sender<yamux::Stream>> = None;
    std::future::poll_fn(|cx| {
        loop {
            if ask.is_none() {
                match asks.poll_recv(cx) {
                    Poll::Ready(Some(next)) => ask = Some(next),
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Pending => {}
                }
            }
            if ask.is_some()
                && let Poll::Ready(opened) = connection.poll_new_outbound(cx)
            {
                match opened {
                    Ok(stream) => drop(ask.take().map(|ask| ask.send(stream))),
                    Err(_) => return Poll::Ready(()),
                }
                continue;
            }
            match connection.poll_next_inbound(cx) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
}

/// One line, byte by byte, so that nothing behind it is taken.
pub async fn line(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    while bytes.last() != Some(&b'\n') {
        bytes.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(bytes).unwrap()
}

/// A message's head.
pub async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        text.push_str(&line(stream).await);
    }
    text
}

/// An answer's head and its body of known length.
pub async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> (String, String) {
    let mut reader = BufReader::with_capacity(1, stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).await.unwrap(), 0, "the answer ends in its head: {head}");
    }
    let lower = head.to_ascii_lowercase();
    let length = lower
        .split_once("content-length: ")
        .map_or(0, |(_, r)| r.split("\r\n").next().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.unwrap();
    (head, String::from_utf8(body).unwrap())
}

/// Everything until the end.
pub async fn rest(stream: &mut Stream) -> Vec<u8> {
    let mut bytes = Vec::new();
    timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes)).await.expect("it ends").unwrap();
    bytes
}
