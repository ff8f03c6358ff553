//! A receiver of webhooks, which answers when the test says so.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use lia_protocol::sessions::verify::verify_webhook_signature;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::ServerOptions;

const PATIENCE: Duration = Duration::from_secs(60);

/// The key of all signatures.
pub const SECRET: &str = "a-secret-of-the-test";

/// Settings with which a server calls a receiver of this machine, and is quick to call it again.
#[must_use]
pub fn calls(options: ServerOptions) -> ServerOptions {
    options
        .set("LIA__WEBHOOKS__ALLOW_PRIVATE", "127.0.0.1")
        .set("LIA__WEBHOOKS__RETRY_SECONDS", "0,1,1,1,1")
        .set("LIA__WEBHOOKS__TIMEOUT_SECONDS", "60")
}

/// See the module.
pub struct Receiver(TcpListener);

impl Receiver {
    /// Listens.
    ///
    /// # Errors
    /// Those of the system.
    pub async fn start() -> anyhow::Result<Self> {
        Ok(Self(TcpListener::bind("127.0.0.1:0").await?))
    }

    /// Where it is called.
    ///
    /// # Errors
    /// Those of the system.
    pub fn url(&self) -> anyhow::Result<String> {
        Ok(format!("http://127.0.0.1:{}/hook", self.0.local_addr()?.port()))
    }

    /// As a webhook of a new session.
    ///
    /// # Errors
    /// Those of the system.
    pub fn hook(&self) -> anyhow::Result<Value> {
        Ok(json!({ "url": self.url()?, "secret": SECRET }))
    }

    /// The next delivery, which waits for its answer.
    ///
    /// # Errors
    /// When none comes, or its signature is wrong.
    pub async fn next(&self) -> anyhow::Result<Delivery> {
        let delivery = timeout(PATIENCE, self.take()).await.context("no delivery came")??;
        let signature = delivery.header("x-flamecast-signature");
        ensure!(verify_webhook_signature(SECRET, &delivery.body, signature), "signature");
        Ok(delivery)
    }

    async fn take(&self) -> anyhow::Result<Delivery> {
        let (mut stream, _) = self.0.accept().await?;
        let mut bytes = Vec::new();
        loop {
            if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
                let head = String::from_utf8(bytes[..end].to_vec())?;
                let mut delivery = Delivery { stream, head, body: bytes[end + 4..].to_vec() };
                let length: usize = delivery.header("content-length").parse()?;
                while delivery.body.len() < length {
                    ensure!(delivery.stream.read_buf(&mut delivery.body).await? > 0, "the body broke off");
                }
                return Ok(delivery);
            }
            ensure!(stream.read_buf(&mut bytes).await? > 0, "the request broke off");
        }
    }
}

/// A delivery whose answer is still owed.
pub struct Delivery {
    stream: TcpStream,
    head: String,
    /// As it came.
    pub body: Vec<u8>,
}

impl Delivery {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let line = self
            .head
            .lines()
            .find(|l| l.split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case(name)));
        line.and_then(|l| l.split_once(':')).map_or("", |(_, value)| value.trim())
    }

    /// The event's id.
    #[must_use]
    pub fn id(&self) -> String {
        self.header("webhook-id").to_owned()
    }

    /// What it tells.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn event(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// Checks what is told, and of which session.
    ///
    /// # Errors
    /// When it is something else.
    pub fn is(&self, kind: &str, session: &str) -> anyhow::Result<()> {
        let event = self.event()?;
        ensure!(event["event"]["type"] == kind && event["sessionId"] == session, "not {kind}: {event}");
        Ok(())
    }

    /// Answers it.
    ///
    /// # Errors
    /// When the sender is gone.
    pub async fn answer(mut self, status: &str) -> anyhow::Result<()> {
        let text = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        Ok(self.stream.write_all(text.as_bytes()).await?)
    }
}
