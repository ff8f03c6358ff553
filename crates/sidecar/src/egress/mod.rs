//! The agent's only way out: doors on loopback whose other side is the gateway, one yamux stream per connection.
//!
//! - [`link`]: the yamux connection that the control plane dialled, and opening streams on it;
//! - [`doors`]: the proxy and the broker, which only copy bytes: the gateway reads them;
//! - [`names`]: DNS for allowed names, each with an address of 198.18.0.0/15;
//! - [`transparent`]: connections to those addresses, for clients that ignore proxy variables;
//! - [`route`]: the route that brings every connection to loopback.
//!
//! The sidecar decides nothing here: it asks the gateway, which knows the instance by the link.

use std::{cell::RefCell, io, rc::Rc, time::Duration};

use lia_protocol::egress::{EgressHeader, EgressReply};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    sync::Semaphore,
    time::timeout,
};

use crate::instance::Instance;

mod doors;
pub mod link;
mod names;
mod route;
mod transparent;

pub(crate) use names::dns_question;

pub use link::Stream;

/// Streams at once; the gateway bears 256, and more would end the link.
const STREAMS: usize = 240;
/// How long the gateway may take to take a stream and to answer its header.
const ANSWER: Duration = Duration::from_secs(30);
/// How long a connection waits for a link that is being made.
const LINK: Duration = Duration::from_millis(500);
/// Bytes of the gateway's answer line.
const REPLY_BYTES: u64 = 4 << 10;

/// The way out of one instance.
pub struct Egress {
    link: RefCell<Option<link::Opener>>,
    linked: tokio::sync::Notify,
    streams: Rc<Semaphore>,
    names: RefCell<names::Names>,
}

/// What the gateway said to a header.
pub enum Answer {
    /// Bytes may flow.
    Open(BufReader<Stream>),
    /// They may not, with the reason.
    Refused(String),
}

impl Egress {
    /// Opens the doors. What cannot be opened is told on standard error; the others work.
    pub fn start(instance: &Instance) -> Rc<Self> {
        let egress = Rc::new(Self {
            link: RefCell::default(),
            linked: tokio::sync::Notify::new(),
            streams: Rc::new(Semaphore::new(STREAMS)),
            names: RefCell::default(),
        });
        doors::open(&egress);
        if instance.config.transparent {
            names::serve(&egress);
            transparent::serve(&egress, &instance.config.ports);
        }
        egress
    }

    /// Opens a stream and sends its header.
    ///
    /// # Errors
    /// Without a link, with too many streams, or when the link breaks.
    pub async fn open(&self, header: &EgressHeader) -> io::Result<Stream> {
        let place = Place::take(&self.streams)?;
        let mut opener = self.link.borrow().clone();
        if opener.is_none() {
            let _ = timeout(LINK, self.linked.notified()).await;
            opener = self.link.borrow().clone();
        }
        let opener = opener.ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotConnected, "Lia's gateway is not there right now")
        })?;
        let mut stream = timeout(ANSWER, opener.open(place)).await.map_err(|_| io::ErrorKind::TimedOut)??;
        let mut line = serde_json::to_vec(header)?;
        line.push(b'\n');
        stream.write_all(&line).await?;
        stream.flush().await?;
        Ok(stream)
    }

    /// Opens a stream whose header the gateway answers.
    ///
    /// # Errors
    /// As [`Self::open`]; an answer that is not of the schema.
    pub async fn ask(&self, header: &EgressHeader) -> io::Result<Answer> {
        let talk = async {
            let mut stream = BufReader::new(self.open(header).await?);
            let mut line = Vec::new();
            (&mut stream).take(REPLY_BYTES).read_until(b'\n', &mut line).await?;
            Ok(match serde_json::from_slice(&line)? {
                EgressReply::Ok => Answer::Open(stream),
                EgressReply::Refused { reason } => Answer::Refused(reason),
            })
        };
        timeout(ANSWER, talk).await.map_err(|_| io::ErrorKind::TimedOut)?
    }

    /// Only tells the gateway, as far as that goes.
    async fn tell(&self, header: &EgressHeader) {
        if let Ok(mut stream) = self.open(header).await {
            let _ = stream.shutdown().await;
        }
    }
}

/// One place among the streams, given back when dropped.
pub struct Place(Rc<Semaphore>);

impl Place {
    fn take(streams: &Rc<Semaphore>) -> io::Result<Self> {
        match streams.try_acquire() {
            Ok(permit) => permit.forget(),
            Err(_) => return Err(io::Error::other("this instance has too many connections open")),
        }
        Ok(Self(Rc::clone(streams)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

/// A plain HTTP refusal that a person can read.
fn http_refusal(status: &str, reason: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{reason}\n",
        reason.len() + 1
    )
    .into_bytes()
}
