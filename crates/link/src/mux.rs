//! The streams of a connection: the control plane opens them and names a port, the sidecar takes them.

use std::{future::poll_fn, io, task::Poll, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt as _, TokioAsyncReadCompatExt as _};
use yamux::{Config, Connection as Yamux, Mode};

use crate::Connection;

/// A stream of a connection.
pub type Stream = Compat<yamux::Stream>;

/// Streams of a connection at once.
const STREAMS: usize = 256;
/// Bytes that all of them together may hold unread: a full window of each.
const WINDOWS: usize = STREAMS * (256 << 10);
/// Requests for streams that wait for the connection's task.
const WAITING: usize = 64;
/// Bytes of the answer to `CONNECT`.
const ANSWER: usize = 64;

fn config() -> Config {
    let mut config = Config::default();
    config.set_read_after_close(true);
    config.set_max_num_streams(STREAMS);
    config.set_max_connection_receive_window(Some(WINDOWS));
    config
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the link to the instance broke")
}

/// Asks a connection's task for streams.
#[derive(Clone, Debug)]
pub struct Opener(mpsc::Sender<oneshot::Sender<yamux::Stream>>);

/// What [`drive`] needs of an [`Opener`].
#[derive(Debug)]
pub struct Requests(mpsc::Receiver<oneshot::Sender<yamux::Stream>>);

/// The two ends of requests for streams.
#[must_use]
pub fn requests() -> (Opener, Requests) {
    let (opener, requests) = mpsc::channel(WAITING);
    (Opener(opener), Requests(requests))
}

impl Opener {
    /// Whether the connection's task has ended.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// A stream to a port: `CONNECT <port>` → `OK`.
    ///
    /// # Errors
    /// When the connection is gone, the sidecar answers otherwise, or not within `patience`.
    pub async fn connect(&self, port: u16, patience: Duration) -> io::Result<Stream> {
        let connected = async {
            let (to, stream) = oneshot::channel();
            self.0.send(to).await.map_err(|_| gone())?;
            let mut stream = stream.await.map_err(|_| gone())?.compat();
            stream.write_all(format!("CONNECT {port}\n").as_bytes()).await?;
            stream.flush().await?;
            let mut answer = Vec::with_capacity(ANSWER);
            // Byte by byte: what follows the line is the caller's.
            while answer.last() != Some(&b'\n') && answer.len() < ANSWER {
                answer.push(stream.read_u8().await?);
            }
            if answer.starts_with(b"OK") {
                return Ok(stream);
            }
            let answer = String::from_utf8_lossy(&answer);
            Err(io::Error::other(format!("the sidecar answered {:?} to CONNECT {port}", answer.trim())))
        };
        timeout(patience, connected).await.unwrap_or_else(|e| Err(e.into()))
    }
}

/// The control plane's end: opens streams as they are asked for, until the connection breaks or nobody can ask any more.
pub async fn drive<IO>(connection: Connection<'_, IO>, mut requests: Requests)
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let mut yamux = Yamux::new(connection.compat(), config(), Mode::Client);
    let mut waiting: Option<oneshot::Sender<yamux::Stream>> = None;
    poll_fn(|cx| {
        loop {
            if waiting.is_none() {
                match requests.0.poll_recv(cx) {
                    Poll::Ready(Some(to)) => waiting = Some(to),
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Pending => {}
                }
            }
            if let Some(to) = waiting.take() {
                match yamux.poll_new_outbound(cx) {
                    Poll::Ready(Ok(stream)) => {
                        // Whoever asked may have given up; then the stream closes.
                        let _ = to.send(stream);
                        continue;
                    }
                    Poll::Ready(Err(_)) => return Poll::Ready(()),
                    Poll::Pending => waiting = Some(to),
                }
            }
            // This also drives the connection. The sidecar opens no streams; one that it opens is closed.
            match yamux.poll_next_inbound(cx) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
}

/// The sidecar's end: hands every stream that is opened to `take`, until the connection is over.
pub async fn take<IO>(connection: Connection<'_, IO>, mut take: impl FnMut(Stream))
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let mut yamux = Yamux::new(connection.compat(), config(), Mode::Server);
    while let Some(Ok(stream)) = poll_fn(|cx| yamux.poll_next_inbound(cx)).await {
        take(stream.compat());
    }
}
