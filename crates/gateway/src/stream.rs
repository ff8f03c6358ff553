//! One stream of an egress link, with the bytes that were looked at before they were taken.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf as _, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt as _};

/// How long a closed stream's other side may take to stop sending.
const LINGER: Duration = Duration::from_secs(2);
/// Bytes that one read may bring.
const READ_BYTES: usize = 4 << 10;

/// A stream whose first bytes can be read ahead; they stay in front for whoever reads next.
pub(crate) struct Stream {
    ahead: BytesMut,
    inner: Compat<yamux::Stream>,
}

impl Stream {
    pub(crate) fn new(inner: yamux::Stream) -> Self {
        Self { ahead: BytesMut::new(), inner: inner.compat() }
    }

    /// What was read ahead and not yet taken.
    pub(crate) fn ahead(&self) -> &[u8] {
        &self.ahead
    }

    /// Reads ahead once more; 0 is the end. The caller bounds how often.
    pub(crate) async fn read_ahead(&mut self) -> io::Result<usize> {
        self.ahead.reserve(READ_BYTES);
        self.inner.read_buf(&mut self.ahead).await
    }

    /// Reads ahead until there are `n` bytes.
    pub(crate) async fn need(&mut self, n: usize) -> io::Result<()> {
        while self.ahead.len() < n {
            if self.read_ahead().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// Takes the first `n` bytes of what was read ahead.
    pub(crate) fn take(&mut self, n: usize) -> BytesMut {
        self.ahead.split_to(n.min(self.ahead.len()))
    }

    /// Puts bytes back in front.
    pub(crate) fn put_back(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            let mut ahead = BytesMut::from(bytes);
            ahead.extend_from_slice(&self.ahead);
            self.ahead = ahead;
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            return Pin::new(&mut self.inner).poll_read(cx, buf);
        }
        let n = self.ahead.len().min(buf.remaining());
        buf.put_slice(&self.ahead[..n]);
        self.ahead.advance(n);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// A stream whose shutdown also reads off what the other side still sends, for at most [`LINGER`]: a client in the
/// middle of an upload then sees the answer and not a reset.
pub(crate) struct Lingering {
    pub(crate) stream: Stream,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Lingering {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, deadline: None }
    }
}

impl AsyncRead for Lingering {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        if me.deadline.is_none() {
            ready!(Pin::new(&mut me.stream).poll_shutdown(cx))?;
        }
        let deadline = me.deadline.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        let mut scratch = [0; READ_BYTES];
        loop {
            if deadline.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buf = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut me.stream).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => {}
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}
