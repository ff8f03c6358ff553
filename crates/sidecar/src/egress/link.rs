//! The egress link: the control plane dials it, the sidecar opens the streams.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::UnixStream,
    sync::{mpsc, oneshot},
};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt as _, TokioAsyncReadCompatExt as _};
use yamux::{Config, Connection, Mode};

use super::{Egress, Place};

/// Requests for streams that wait for the connection's task.
const WAITING: usize = 64;

/// A stream to the gateway; it gives its place back when it is dropped.
pub struct Stream {
    inner: Compat<yamux::Stream>,
    _place: Place,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
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

/// Asks the link's task for streams.
#[derive(Clone)]
pub struct Opener(mpsc::Sender<oneshot::Sender<yamux::Stream>>);

impl Opener {
    /// A new stream.
    ///
    /// # Errors
    /// When the link is gone.
    pub async fn open(&self, place: Place) -> io::Result<Stream> {
        let gone = || io::Error::new(io::ErrorKind::NotConnected, "the link to Lia's gateway broke");
        let (to, stream) = oneshot::channel();
        self.0.send(to).await.map_err(|_| gone())?;
        let inner = stream.await.map_err(|_| gone())?.compat();
        Ok(Stream { inner, _place: place })
    }
}

/// Serves one link until it breaks. A newer one takes its place for new streams.
pub async fn serve(egress: &Rc<Egress>, socket: UnixStream) {
    let mut config = Config::default();
    config.set_read_after_close(true);
    let mut connection = Connection::new(socket.compat(), config, Mode::Client);
    let (opener, mut requests) = mpsc::channel(WAITING);
    let opener = Opener(opener);
    egress.link.replace(Some(opener.clone()));
    egress.linked.notify_waiters();
    let mut waiting: Option<oneshot::Sender<yamux::Stream>> = None;
    poll_fn(|cx| {
        loop {
            if waiting.is_none()
                && let Poll::Ready(Some(to)) = requests.poll_recv(cx)
            {
                waiting = Some(to);
            }
            if let Some(to) = waiting.take() {
                match connection.poll_new_outbound(cx) {
                    Poll::Ready(Ok(stream)) => {
                        // Whoever asked may have given up; then the stream closes.
                        let _ = to.send(stream);
                        continue;
                    }
                    Poll::Ready(Err(_)) => return Poll::Ready(()),
                    Poll::Pending => waiting = Some(to),
                }
            }
            // This also drives the connection. The gateway opens no streams; one that it opens is closed.
            match connection.poll_next_inbound(cx) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
    let mut current = egress.link.borrow_mut();
    if current.as_ref().is_some_and(|c| c.0.same_channel(&opener.0)) {
        *current = None;
    }
}
