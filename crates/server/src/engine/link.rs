//! The control plane's end of a control link: dialling, the preamble, and the two halves of the connection.
//!
//! The reader hands over whole lines in batches, as many as have come; while the owner commits one batch, the next
//! gathers in the socket and the buffer. The writer is a task of its own, so that a sidecar that does not read can
//! never hold up the owner. Whatever comes out of an instance is hostile: lines are capped before they are kept.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use lia_protocol::{
    boot::PORT_CONTROL,
    ids::{LinkEpoch, Offset, SessionId},
    limits,
    link::{HostHello, HostLine, LINK_VERSION, SidecarHello, SidecarLine},
    secret::Secret,
};
use lia_runtime::{InstanceRecord, Runtime, Stream};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf},
    sync::mpsc,
    task::AbortHandle,
    time::timeout,
};

use super::error::EngineError;

/// How long a sidecar may take for the preamble and its hello.
const HELLO_DEADLINE: Duration = Duration::from_secs(10);
/// Bytes that one read takes at most; what has come by then makes one batch. The buffer grows to it while reads fill it.
const READ_BYTES: usize = 256 << 10;
/// The buffer of a link on which little happens: such links are many.
const IDLE_BYTES: usize = 4 << 10;
/// Lines on their way out. More means a sidecar that does not read.
const OUT_LINES: usize = 4096;

/// Dials a port and says the preamble.
pub async fn dial(
    runtime: &dyn Runtime,
    instance: &InstanceRecord,
    secret: &Secret,
    port: u16,
) -> Result<Box<dyn Stream>, EngineError> {
    dial_and_say(runtime, instance, secret, port, &[]).await
}

/// The same, with the first bytes behind the preamble in one go: what opens a port may say what it wants there at once.
async fn dial_and_say(
    runtime: &dyn Runtime,
    instance: &InstanceRecord,
    secret: &Secret,
    port: u16,
    first: &[u8],
) -> Result<Box<dyn Stream>, EngineError> {
    let talk = async {
        let mut io = runtime.dial(instance, port).await?;
        let mut said = Vec::with_capacity(128 + first.len());
        said.extend_from_slice(b"LIA1 ");
        said.extend_from_slice(secret.expose().as_bytes());
        said.push(b'\n');
        said.extend_from_slice(first);
        let sent = io.write_all(&said).await;
        said.fill(0);
        sent.map_err(|e| EngineError::Instance(format!("preamble: {e}")))?;
        let mut answer = [0; 3];
        io.read_exact(&mut answer).await.map_err(|e| EngineError::Instance(format!("preamble: {e}")))?;
        if answer == *b"OK\n" { Ok(io) } else { Err(EngineError::Instance("preamble: no OK".into())) }
    };
    timeout(HELLO_DEADLINE, talk)
        .await
        .map_err(|_| EngineError::Instance(format!("port {port} did not answer the preamble in time")))?
}

/// What the reader hands over.
#[derive(Debug)]
pub enum Incoming {
    /// Lines in order, at least one.
    Lines(Vec<SidecarLine>),
    /// The connection is over; the text says how.
    Closed(String),
}

/// A live control link. Dropping it closes the connection.
#[derive(Debug)]
pub struct Link {
    out: mpsc::Sender<Bytes>,
    incoming: mpsc::Receiver<Incoming>,
    tasks: [AbortHandle; 2],
    /// What the sidecar said first.
    pub hello: SidecarHello,
}

impl Drop for Link {
    fn drop(&mut self) {
        for t in &self.tasks {
            t.abort();
        }
    }
}

impl Link {
    /// Connects: preamble, hello, hello.
    pub async fn connect(
        runtime: Arc<dyn Runtime>,
        instance: &InstanceRecord,
        secret: &Secret,
        session: SessionId,
        epoch: LinkEpoch,
        acked: Offset,
    ) -> Result<Self, EngineError> {
        let hello =
            line(&HostLine::Hello(HostHello { protocol: LINK_VERSION, session, link_epoch: epoch, acked }));
        let mut io = dial_and_say(&*runtime, instance, secret, PORT_CONTROL, &hello).await?;
        let mut buf = BytesMut::with_capacity(IDLE_BYTES);
        let talk = async {
            loop {
                if let Some(l) = take_line(&mut buf) {
                    return SidecarLine::parse(&l).map_err(|e| EngineError::Instance(e.to_string()));
                }
                if buf.len() > limits::SIDECAR_LINE_BYTES {
                    return Err(EngineError::Instance("hello: the line is too long".into()));
                }
                match io.read_buf(&mut buf).await {
                    Ok(0) => {
                        return Err(EngineError::Instance("hello: the sidecar closed the connection".into()));
                    }
                    Ok(_) => {}
                    Err(e) => return Err(EngineError::Instance(format!("hello: {e}"))),
                }
            }
        };
        let first = timeout(HELLO_DEADLINE, talk)
            .await
            .map_err(|_| EngineError::Instance("no hello in time".into()))??;
        let hello = match first {
            SidecarLine::Hello(h) if h.link_epoch == epoch => h,
            SidecarLine::Refused { reason } => {
                return Err(EngineError::Instance(format!("the sidecar refused the link: {reason}")));
            }
            _ => return Err(EngineError::Instance("the sidecar's first line is not its hello".into())),
        };
        let (read, mut write) = tokio::io::split(io);
        let (out, mut out_rx) = mpsc::channel::<Bytes>(OUT_LINES);
        let (in_tx, incoming) = mpsc::channel(2);
        let writer = tokio::spawn(async move {
            let idle = Duration::from_secs(limits::HEARTBEAT_SECONDS);
            loop {
                let bytes = match timeout(idle, out_rx.recv()).await {
                    Ok(Some(b)) => b,
                    Ok(None) => break,
                    Err(_) => line(&HostLine::Heartbeat),
                };
                if write.write_all(&bytes).await.is_err() {
                    break;
                }
            }
        });
        let reader = tokio::spawn(read_lines(read, buf, in_tx));
        Ok(Self { out, incoming, tasks: [writer.abort_handle(), reader.abort_handle()], hello })
    }

    /// The next lines. Cancel safe.
    pub async fn next(&mut self) -> Incoming {
        self.incoming.recv().await.unwrap_or_else(|| Incoming::Closed("the link's reader has ended".into()))
    }

    /// Sends a line. `false`: the sidecar does not read any more and the link is of no use.
    pub fn send(&self, l: &HostLine) -> bool {
        self.out.try_send(line(l)).is_ok()
    }
}

fn line(l: &HostLine) -> Bytes {
    // Plain data with string keys: serialising cannot fail.
    let mut v = serde_json::to_vec(l).unwrap_or_default();
    v.push(b'\n');
    v.into()
}

pub(crate) fn take_line(buf: &mut BytesMut) -> Option<Bytes> {
    let end = memchr::memchr(b'\n', buf)?;
    let mut l = buf.split_to(end + 1);
    l.truncate(end);
    Some(l.freeze())
}

async fn read_lines(mut io: ReadHalf<Box<dyn Stream>>, mut buf: BytesMut, to: mpsc::Sender<Incoming>) {
    let silence = Duration::from_secs(limits::HEARTBEAT_SECONDS * 3);
    let mut room = IDLE_BYTES;
    let why = loop {
        let mut lines = Vec::new();
        let mut bad = None;
        // All whole lines share one allocation: frames are slices of it, without a copy.
        if let Some(end) = memchr::memrchr(b'\n', &buf) {
            (lines, bad) = read_batch(&buf.split_to(end + 1).freeze());
        } else if buf.len() > limits::SIDECAR_LINE_BYTES {
            break too_long();
        }
        if !lines.is_empty() && to.send(Incoming::Lines(lines)).await.is_err() {
            return;
        }
        if let Some(bad) = bad {
            break bad;
        }
        if buf.is_empty() && buf.capacity() > 4 * room {
            buf = BytesMut::new();
        }
        buf.reserve(room);
        let spare = buf.capacity() - buf.len();
        match timeout(silence, io.read_buf(&mut buf)).await {
            Ok(Ok(0)) => break "the sidecar closed the link".to_owned(),
            Ok(Ok(n)) if n == spare => room = (room * 4).min(READ_BYTES),
            Ok(Ok(n)) if n < room / 8 => room = (room / 4).max(IDLE_BYTES),
            Ok(Ok(_)) => {}
            Ok(Err(e)) => break format!("the link broke: {e}"),
            Err(_) => break "the sidecar was silent for too long".to_owned(),
        }
    };
    let _ = to.send(Incoming::Closed(why)).await;
}

/// Reads whole lines, without those that say nothing; and if it had to stop at one, why.
pub(crate) fn read_batch(whole: &Bytes) -> (Vec<SidecarLine>, Option<String>) {
    let (mut lines, mut start) = (Vec::new(), 0);
    for end in memchr::memchr_iter(b'\n', whole) {
        let line = whole.slice(start..end);
        start = end + 1;
        if line.len() > limits::SIDECAR_LINE_BYTES {
            return (lines, Some(too_long()));
        }
        match SidecarLine::parse(&line) {
            Ok(SidecarLine::Heartbeat | SidecarLine::Unknown) => {}
            Ok(SidecarLine::Refused { reason }) => return (lines, Some(reason)),
            Ok(line) => lines.push(line),
            Err(e) => return (lines, Some(e.to_string())),
        }
    }
    (lines, None)
}

fn too_long() -> String {
    format!("the sidecar sent a line over {} bytes", limits::SIDECAR_LINE_BYTES)
}
