//! One end of the link over a real stream: the handshake of every (re)connect, then bytes in order.
//!
//! ```text
//! control plane   dial ─ RESET(epoch) ─▶ … old bytes ignored … ◀─ RESET_ACK(epoch) ── bytes
//! sidecar         accept: hunts for a RESET with a greater epoch, answers, bytes; another RESET ends it
//! ```

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::record::{Decoder, Encoder, Event, Mark, mark};

/// Bytes that are read at once.
const READ: usize = 32 << 10;

/// The stream itself, which may carry one connection after the other.
#[derive(Debug)]
pub struct Port<IO> {
    io: IO,
    decoder: Decoder,
    input: Box<[u8]>,
    /// What of `input` was read but not yet taken.
    unread: std::ops::Range<usize>,
    /// A RESET that ended a connection and begins the next.
    waiting: Option<u64>,
    /// The greatest epoch so far.
    last: u64,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Port<IO> {
    /// Takes a stream, wherever it stands.
    pub fn new(io: IO) -> Self {
        let input = vec![0; READ].into_boxed_slice();
        Self { io, decoder: Decoder::default(), input, unread: 0..0, waiting: None, last: 0 }
    }

    /// The control plane's end: begins an epoch, which must be greater than any that this port has seen. Cancelling leaves
    /// the port as it is; dial again with a greater epoch.
    ///
    /// # Errors
    /// When the stream ends or breaks before the sidecar answered. It waits for the answer without a bound.
    pub async fn dial(&mut self, epoch: u64) -> io::Result<Connection<'_, IO>> {
        self.decoder.hunt();
        let mut connection = Connection::new(self, epoch, mark(Mark::Reset(epoch)));
        poll_fn(|cx| {
            loop {
                // Both at once: the stream may be full of old bytes that we must take before it takes ours.
                let _ = connection.poll_drain(cx)?;
                if let Event::Mark(Mark::ResetAck(acknowledged)) = ready!(connection.port.poll_event(cx))?
                    && acknowledged == epoch
                {
                    connection.port.decoder.begin(epoch);
                    return Poll::Ready(io::Result::Ok(()));
                }
            }
        })
        .await?;
        Ok(connection)
    }

    /// The sidecar's end: waits for the next epoch. The connection answers as soon as it is read or written.
    ///
    /// # Errors
    /// When the stream ends or breaks.
    pub async fn accept(&mut self) -> io::Result<Connection<'_, IO>> {
        let epoch = loop {
            let epoch = match self.waiting.take() {
                Some(epoch) => epoch,
                None => match poll_fn(|cx| self.poll_event(cx)).await? {
                    Event::Mark(Mark::Reset(epoch)) => epoch,
                    Event::Mark(Mark::ResetAck(_)) | Event::Data | Event::Lost => continue,
                },
            };
            // An older one is what a control plane that is gone had left in the stream.
            if epoch > self.last {
                break epoch;
            }
        };
        self.last = epoch;
        self.decoder.begin(epoch);
        Ok(Connection::new(self, epoch, mark(Mark::ResetAck(epoch))))
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Event>> {
        loop {
            let mut input = &self.input[self.unread.clone()];
            let event = self.decoder.next(&mut input);
            self.unread.start = self.unread.end - input.len();
            if let Some(event) = event {
                return Poll::Ready(Ok(event));
            }
            let mut buf = ReadBuf::new(&mut self.input);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut buf))?;
            self.unread = 0..buf.filled().len();
            if self.unread.is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }
}

/// One epoch of a port: bytes in order, until the stream breaks or the other side begins a newer epoch.
#[derive(Debug)]
pub struct Connection<'a, IO> {
    port: &'a mut Port<IO>,
    encoder: Encoder,
    epoch: u64,
    /// Records under way, and how much of them is written.
    out: Vec<u8>,
    written: usize,
    /// How much of the decoder's record was read; none when there is none.
    read: Option<usize>,
    over: bool,
}

impl<'a, IO: AsyncRead + AsyncWrite + Unpin> Connection<'a, IO> {
    fn new(port: &'a mut Port<IO>, epoch: u64, first: Vec<u8>) -> Self {
        Self { port, encoder: Encoder::new(epoch), epoch, out: first, written: 0, read: None, over: false }
    }

    /// Its epoch.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.out.len() {
            match ready!(Pin::new(&mut self.port.io).poll_write(cx, &self.out[self.written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                n => self.written += n,
            }
        }
        self.out.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }

    fn check(&self) -> io::Result<()> {
        if self.over { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for Connection<'_, IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            this.check()?;
            let _ = this.poll_drain(cx)?;
            if let Some(read) = this.read {
                let rest = &this.port.decoder.payload()[read..];
                let n = rest.len().min(buf.remaining());
                buf.put_slice(&rest[..n]);
                this.read = (n < rest.len()).then_some(read + n);
                return Poll::Ready(Ok(()));
            }
            match ready!(this.port.poll_event(cx))? {
                Event::Data => this.read = Some(0),
                Event::Mark(Mark::Reset(epoch)) => {
                    this.port.waiting = Some(epoch);
                    this.over = true;
                }
                Event::Mark(Mark::ResetAck(_)) | Event::Lost => this.over = true,
            }
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Connection<'_, IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        ready!(self.poll_drain(cx))?;
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let this = &mut *self;
        let n = this.encoder.encode(buf, &mut this.out);
        let _ = this.poll_drain(cx)?;
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.port.io).poll_flush(cx)
    }

    /// Only flushes: the port stays open for the next epoch.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}
