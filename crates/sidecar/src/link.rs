//! The control link of one connection: what the host sends goes to the session, what the journal holds goes to the host.
//!
//! Both directions run at once and neither waits for the other: a host that does not read still gets its orders acted on.
//! Heartbeats and refusals go out only between journal lines.

use std::{io, rc::Rc, time::Duration};

use lia_protocol::{
    ids::{LinkEpoch, Offset},
    limits::{HEARTBEAT_SECONDS, LINK_LINE_BYTES},
    link::{HostHello, HostLine, LINK_VERSION, SidecarHello, SidecarLine},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::Instant,
};

use crate::{
    instance::Instance,
    journal::segments::Reader,
    lines::Lines,
    session::{Handle, Input, State},
};

/// Bytes sent at once.
const CHUNK: usize = 64 << 10;
/// Bytes received at once.
const RECEIVE: usize = 16 << 10;
/// How long the first line may take.
const HELLO: Duration = Duration::from_secs(10);
const HEARTBEAT: Duration = Duration::from_secs(HEARTBEAT_SECONDS);
/// Heartbeats that a peer may miss.
const MISSED: u32 = 3;

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
enum Close {
    /// It is told why.
    #[error("{0}")]
    Refused(String),
    /// It is gone, or silent.
    #[error("the peer is gone")]
    Gone,
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Serves one connection until it ends.
pub async fn serve(instance: Rc<Instance>, stream: UnixStream) {
    let (read, write) = stream.into_split();
    let mut input = HostLines { read, lines: Lines::new(LINK_LINE_BYTES) };
    let mut output = Output { write, chunk: Vec::new(), at: 0, whole: true };
    let mut served = None;
    let end = match greet(&instance, &mut input, &mut output).await {
        Ok(new) => {
            let served = served.insert(new);
            let (session, ours, reader) = (&served.session, served.holder, &mut served.reader);
            let mut link = session.link.subscribe();
            tokio::select! {
                biased;
                _ = link.wait_for(|l| l.holder != ours) => {
                    Err(Close::Refused("a newer connection serves this session".to_owned()))
                }
                e = receive(&mut input, session) => e,
                e = transmit(&mut output, session, reader) => e,
            }
        }
        Err(e) => Err(e),
    };
    if let Err(Close::Refused(reason)) = end {
        let farewell = async {
            if let Some(served) = &mut served {
                output.finish_line(&served.session, &mut served.reader).await?;
            }
            output.line(&SidecarLine::Refused { reason }).await
        };
        // A peer that does not even read this is not worth a longer wait.
        let _ = tokio::time::timeout(HELLO, farewell).await;
    }
}

/// What a connection serves.
struct Served {
    session: Rc<Handle>,
    holder: u64,
    reader: Reader,
}

async fn greet(instance: &Rc<Instance>, input: &mut HostLines, output: &mut Output) -> Result<Served, Close> {
    let hello = match tokio::time::timeout(HELLO, input.next()).await {
        Ok(Ok(HostLine::Hello(hello))) => hello,
        Ok(Ok(_)) => return Err(Close::Refused("the first line must be hello".to_owned())),
        Ok(Err(e)) => return Err(e),
        Err(_) => return Err(Close::Refused("no hello came".to_owned())),
    };
    let session = instance.session(hello.session).map_err(|e| Close::Refused(e.to_string()))?;
    let reader = admit(&session, &hello)?;
    let holder = session.link.borrow().holder;
    let (inited, exited) = match &*session.state.borrow() {
        State::Waiting => (false, None),
        State::Inited => (true, None),
        State::Ended(code) => (true, Some(*code)),
        State::Broken(why) => return Err(Close::Refused(why.clone())),
    };
    let answer = SidecarHello {
        protocol: LINK_VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        link_epoch: hello.link_epoch,
        end: session.journal.end(),
        inited,
        exited,
    };
    output.line(&SidecarLine::Hello(answer)).await?;
    Ok(Served { session, holder, reader })
}

/// Checks a hello, and makes this connection the one that serves the session.
fn admit(session: &Handle, hello: &HostHello) -> Result<Reader, Close> {
    let refuse = |why: String| Err(Close::Refused(why));
    if hello.protocol < LINK_VERSION {
        return refuse(format!(
            "version {} of the link is too old; {LINK_VERSION} is spoken here",
            hello.protocol
        ));
    }
    let LinkEpoch(newest) = session.link.borrow().epoch;
    if hello.link_epoch.0 < newest {
        return refuse(format!("link epoch {} is over: {newest} has begun", hello.link_epoch));
    }
    ack(session, hello.acked)?;
    let Some(reader) = session.journal.reader(hello.acked) else {
        let first = session.journal.acked().next();
        return refuse(format!("the journal begins at {first}; it cannot go on after {}", hello.acked));
    };
    session.link.send_modify(|l| {
        l.epoch = hello.link_epoch;
        l.holder += 1;
    });
    Ok(reader)
}

fn ack(session: &Handle, offset: Offset) -> Result<(), Close> {
    let end = session.journal.end();
    if offset > end {
        return Err(Close::Refused(format!(
            "line {offset} cannot be acknowledged: the journal ends at {end}"
        )));
    }
    session.journal.ack(offset)?;
    session.acked.notify_waiters();
    Ok(())
}

/// Hands over what the host sends. Ends when the host is gone, silent, or not understood.
async fn receive(input: &mut HostLines, session: &Handle) -> Result<(), Close> {
    let silence = HEARTBEAT * MISSED;
    loop {
        match tokio::time::timeout(silence, input.next()).await.map_err(|_| Close::Gone)?? {
            HostLine::Init(init) => session.send(Input::Init(init)).await,
            HostLine::Command { id, order } => session.send(Input::Order(Some(id), order)).await,
            HostLine::Input { data } => {
                session.send(Input::Order(None, lia_protocol::link::Order::Input { data })).await;
            }
            HostLine::Resize { cols, rows } => session.send(Input::Resize(cols, rows)).await,
            HostLine::Ack { offset } => ack(session, offset)?,
            HostLine::Heartbeat | HostLine::Unknown => {}
            HostLine::Hello(_) => return Err(Close::Refused("hello comes once".to_owned())),
        }
    }
}

/// Sends the journal from the reader on, for ever. A heartbeat's timer exists only while there is nothing to send.
async fn transmit(output: &mut Output, session: &Handle, reader: &mut Reader) -> Result<(), Close> {
    let mut end = session.journal.watch();
    let mut state = session.state.subscribe();
    let mut hints = session.hints.watch();
    loop {
        end.mark_unchanged();
        hints.mark_unchanged();
        while output.hint(session)? || output.fill(session, reader)? {
            output.flush().await?;
        }
        let idle = Instant::now() + HEARTBEAT;
        tokio::select! {
            biased;
            _ = end.changed() => {}
            _ = hints.changed() => {}
            broken = state.wait_for(|s| matches!(s, State::Broken(_))) => {
                if let Ok(state) = broken && let State::Broken(why) = &*state {
                    return Err(Close::Refused(why.clone()));
                }
            }
            () = tokio::time::sleep_until(idle) => output.line(&SidecarLine::Heartbeat).await?,
        }
    }
}

/// The way to the host: a piece of the journal, and how much of it has gone out.
struct Output {
    write: OwnedWriteHalf,
    chunk: Vec<u8>,
    at: usize,
    /// Whether what has gone out ends with a line's end.
    whole: bool,
}

impl Output {
    /// Takes a hint as the next piece, when what has gone out ends with a line's end.
    fn hint(&mut self, session: &Handle) -> io::Result<bool> {
        if self.at < self.chunk.len() || !self.whole {
            return Ok(false);
        }
        let Some(changed) = session.hints.take() else { return Ok(false) };
        self.chunk = serde_json::to_vec(&SidecarLine::Changed(changed))?;
        self.chunk.push(b'\n');
        self.at = 0;
        Ok(true)
    }

    /// Takes the next piece when the last one is out; false at the journal's end.
    fn fill(&mut self, session: &Handle, reader: &mut Reader) -> io::Result<bool> {
        if self.at == self.chunk.len() {
            self.chunk.resize(CHUNK, 0);
            let n = session.journal.read(reader, &mut self.chunk)?;
            self.chunk.truncate(n);
            self.at = 0;
        }
        Ok(self.at < self.chunk.len())
    }

    /// Writes the piece. When it is dropped in between, it knows how far it came.
    async fn flush(&mut self) -> io::Result<()> {
        while self.at < self.chunk.len() {
            match self.write.write(&self.chunk[self.at..]).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => self.at += n,
            }
            self.whole = self.chunk[self.at - 1] == b'\n';
        }
        Ok(())
    }

    /// Completes the line that has begun to go out, so that another one can follow.
    async fn finish_line(&mut self, session: &Handle, reader: &mut Reader) -> io::Result<()> {
        while !self.whole && self.fill(session, reader)? {
            let rest = memchr::memchr(b'\n', &self.chunk[self.at..]);
            self.chunk.truncate(rest.map_or(self.chunk.len(), |i| self.at + i + 1));
            self.flush().await?;
        }
        Ok(())
    }

    /// Sends a line that is not of the journal. Only between lines.
    async fn line(&mut self, line: &SidecarLine) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.write.write_all(&bytes).await
    }
}

/// The host's lines.
struct HostLines {
    read: OwnedReadHalf,
    lines: Lines,
}

impl HostLines {
    /// The next line. Cancel-safe.
    async fn next(&mut self) -> Result<HostLine, Close> {
        loop {
            match self.lines.next_line() {
                Ok(Some(line)) => {
                    return serde_json::from_slice(self.lines.get(line))
                        .map_err(|e| Close::Refused(format!("a line is not of the link's schema: {e}")));
                }
                Ok(None) => {}
                Err(e) => return Err(Close::Refused(e.to_string())),
            }
            if self.read.read_buf(self.lines.space(RECEIVE)).await? == 0 {
                return Err(Close::Gone);
            }
        }
    }
}
