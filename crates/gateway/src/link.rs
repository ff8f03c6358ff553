//! One egress link: its streams, how many at once, their header lines, and the doors that carry no bytes of their own.

use std::{future::poll_fn, io, sync::Arc, time::Duration};

use lia_protocol::{
    egress::{EgressHeader, EgressReply},
    event::{EgressAllowed, EgressRefused},
    host::HostName,
    limits::EGRESS_HEADER_BYTES,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_util::{compat::TokioAsyncReadCompatExt as _, sync::CancellationToken};
use yamux::{Connection, Mode};

use crate::{
    Error, GatewayEvent, Shared,
    admit::{Deny, Pass, Policy, not_listed},
    broker, events,
    events::printable,
    proxy,
    stream::{Lingering, Stream},
    tunnel::Tunnel,
};

/// How long a stream's header line may take.
const HEADER: Duration = Duration::from_secs(5);
/// Names of one instance that are being resolved at once.
const LOOKUPS: usize = 8;
/// The multiplexer itself bears this many times the link's own bound: streams above the bound are dropped as they come,
/// and reaching this ends the link, so there is room for those that are just closing.
const STREAMS_BORNE: usize = 2;
/// Receive buffer that busy streams share beyond the 256 KiB that each may have.
const SHARED_WINDOW: usize = 16 << 20;
/// Events that wait beside the one that each stream may hold a place for.
const EVENTS: usize = 64;

/// Which door a connection came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Proxy,
    Transparent,
    Broker,
    Dns,
}

impl Door {
    fn as_str(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Transparent => "transparent",
            Self::Broker => "broker",
            Self::Dns => "dns",
        }
    }
}

/// What every stream of one link shares.
pub(crate) struct Link {
    pub(crate) gateway: Arc<Shared>,
    pub(crate) lookups: Semaphore,
    policy: watch::Receiver<Arc<Policy>>,
    events: mpsc::Sender<GatewayEvent>,
}

impl Link {
    /// What holds right now.
    pub(crate) fn policy(&self) -> Arc<Policy> {
        self.policy.borrow().clone()
    }

    /// Ends when the policy no longer lets `host:port` pass in this way.
    pub(crate) async fn revoked(&self, host: &HostName, port: u16, pass: Pass) {
        let mut policy = self.policy.clone();
        let gone = |p: &Arc<Policy>| {
            !matches!((p.pass(host, port), pass), (Some(Pass::Raw), _) | (Some(_), Pass::Checked))
        };
        if policy.wait_for(gone).await.is_err() {
            // Nobody can change it any more.
            std::future::pending().await
        }
    }

    /// Tells the log of a refusal.
    pub(crate) async fn refused(&self, door: Door, host: &str, port: u16, reason: &str) {
        let event = refusal(door, host, port, reason);
        // It fails only while the link is being closed.
        let _ = self.events.send(event).await;
    }

    /// Tells the log of a connection that passes.
    pub(crate) async fn allowed(&self, door: Door, host: &HostName, port: u16) {
        let event = EgressAllowed { host: host.to_string(), port, door: door.as_str().to_owned() };
        let _ = self.events.send(GatewayEvent::Allowed(event)).await;
    }

    /// A place in the channel of events, taken before it is needed so that it can be used without waiting.
    pub(crate) async fn reserve_event(&self) -> Option<mpsc::OwnedPermit<GatewayEvent>> {
        self.events.clone().reserve_owned().await.ok()
    }
}

fn refusal(door: Door, host: &str, port: u16, reason: &str) -> GatewayEvent {
    GatewayEvent::Refused(EgressRefused {
        host: printable(host),
        port,
        door: door.as_str().to_owned(),
        reason: printable(reason),
        repeated: 0,
    })
}

pub(crate) async fn serve<S>(
    gateway: Arc<Shared>,
    io: S,
    policy: watch::Receiver<Arc<Policy>>,
    events: mpsc::Sender<GatewayEvent>,
    cancel: CancellationToken,
) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (to_fold, from_streams) = mpsc::channel(gateway.options.max_connections_per_instance + EVENTS);
    let link = Link { gateway, lookups: Semaphore::new(LOOKUPS), policy, events: to_fold };
    let (result, ()) = tokio::join!(run(Arc::new(link), io, cancel), events::forward(from_streams, events));
    result
}

/// Owns the connection and every stream's task.
async fn run<S>(link: Arc<Link>, io: S, cancel: CancellationToken) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let most = link.gateway.options.max_connections_per_instance;
    let borne = most * STREAMS_BORNE;
    let mut config = yamux::Config::default();
    config.set_max_connection_receive_window(None);
    config.set_max_num_streams(borne);
    config.set_max_connection_receive_window(Some(borne * yamux::DEFAULT_CREDIT as usize + SHARED_WINDOW));
    let mut connection = Connection::new(io.compat(), config, Mode::Server);
    let mut streams = JoinSet::new();
    let result = loop {
        tokio::select! {
            () = cancel.cancelled() => break Ok(()),
            next = poll_fn(|cx| connection.poll_next_inbound(cx)) => match next {
                Some(Ok(stream)) if streams.len() < most => {
                    streams.spawn(serve_stream(link.clone(), Stream::new(stream)));
                }
                Some(Ok(_one_too_many)) => {
                    let reason = format!("more than {most} connections at once");
                    // When the channel is full there is enough to tell.
                    let _ = link.events.try_send(refusal(Door::Proxy, "*", 0, &reason));
                }
                Some(Err(e)) => break Err(e.into()),
                None => break Ok(()),
            },
            Some(ended) = streams.join_next() => if let Err(e) = ended {
                tracing::error!(error = %e, "a stream of an egress link failed");
            },
        }
    };
    streams.shutdown().await;
    result
}

async fn serve_stream(link: Arc<Link>, mut stream: Stream) {
    let header = match timeout(HEADER, read_header(&mut stream)).await {
        Ok(Ok(header)) => header,
        Ok(Err(e)) => return tracing::debug!(error = %e, "an egress stream without a header line"),
        Err(_) => return tracing::debug!("an egress stream's header line took too long"),
    };
    match header {
        EgressHeader::Proxy => proxy::serve(link, stream).await,
        EgressHeader::Broker => broker::serve(link, stream).await,
        EgressHeader::Transparent { host, port } => {
            match Tunnel::open(&link, Door::Transparent, &host, port).await {
                Ok(tunnel) => {
                    if reply(&mut stream, &EgressReply::Ok).await.is_ok() {
                        tunnel.run(link, stream).await;
                    }
                }
                Err(deny) => refuse(stream, deny.sentence(&host, port)).await,
            }
        }
        EgressHeader::Resolve { host } => {
            let answer = match may_resolve(&link, &host) {
                Ok(()) => EgressReply::Ok,
                Err(reason) => {
                    link.refused(Door::Dns, &host, 0, &reason).await;
                    EgressReply::Refused { reason: Deny::Refused(reason).sentence(&host, 0) }
                }
            };
            if reply(&mut stream, &answer).await.is_ok() {
                let _ = stream.shutdown().await;
            }
        }
        EgressHeader::Refused { host, port } => {
            link.refused(Door::Transparent, &host, port, "only host names can be allowed, not addresses")
                .await;
        }
    }
}

fn may_resolve(link: &Link, host: &str) -> Result<(), String> {
    let host = HostName::parse(host).map_err(|e| e.to_string())?;
    if link.policy().knows(&host) { Ok(()) } else { Err(not_listed(&host, None)) }
}

async fn refuse(mut stream: Stream, reason: String) {
    if reply(&mut stream, &EgressReply::Refused { reason }).await.is_ok() {
        let _ = Lingering::new(stream).shutdown().await;
    }
}

async fn reply(stream: &mut Stream, reply: &EgressReply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.flush().await
}

async fn read_header(stream: &mut Stream) -> io::Result<EgressHeader> {
    loop {
        let ahead = stream.ahead();
        if let Some(end) = ahead.iter().take(EGRESS_HEADER_BYTES).position(|b| *b == b'\n') {
            let line = stream.take(end + 1);
            return Ok(serde_json::from_slice(&line)?);
        }
        if ahead.len() >= EGRESS_HEADER_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if stream.read_ahead().await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
