//! Webhooks of a real server that is killed while a delivery is open: the receiver gets every event, in the order of the
//! session, and each again under the id and with the body that it had before.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context as _, ensure};
use lia_protocol::{ids::CommandId, sessions::verify::verify_webhook_signature};
use lia_tests::{Request, Server, ServerOptions, dice::kills};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(60);
const SECRET: &str = "a-secret-of-the-test";

/// A request whose answer is still owed.
struct Open {
    stream: TcpStream,
    head: String,
    body: Vec<u8>,
}

impl Open {
    fn header(&self, name: &str) -> &str {
        let line = self
            .head
            .lines()
            .find(|l| l.split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case(name)));
        line.and_then(|l| l.split_once(':')).map_or("", |(_, value)| value.trim())
    }

    fn event(&self) -> anyhow::Result<serde_json::Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    async fn answer(mut self, status: &str) -> anyhow::Result<()> {
        let text = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        Ok(self.stream.write_all(text.as_bytes()).await?)
    }
}

async fn next(listener: &TcpListener) -> anyhow::Result<Open> {
    timeout(PATIENCE, async {
        let (mut stream, _) = listener.accept().await?;
        let mut bytes = Vec::new();
        loop {
            if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
                let open = Open { stream, head: String::from_utf8(bytes[..end].to_vec())?, body: Vec::new() };
                let length: usize = open.header("content-length").parse()?;
                let mut open = Open { body: bytes[end + 4..].to_vec(), ..open };
                while open.body.len() < length {
                    ensure!(open.stream.read_buf(&mut open.body).await? > 0, "the body broke off");
                }
                return Ok(open);
            }
            ensure!(stream.read_buf(&mut bytes).await? > 0, "the request broke off");
        }
    })
    .await
    .context("no delivery came")?
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_tells_everything_all_the_same() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://127.0.0.1:{}/hook", listener.local_addr()?.port());
    let options = ServerOptions::default()
        .set("LIA__WEBHOOKS__ALLOW_PRIVATE", "127.0.0.1")
        .set("LIA__WEBHOOKS__RETRY_SECONDS", "0,1,1,1,1")
        .set("LIA__WEBHOOKS__OPS__URL", url)
        .set("LIA__WEBHOOKS__OPS__SECRET", SECRET)
        .set("LIA__WEBHOOKS__OPS__EVENTS", "end_turn,session_end");
    let mut server = Server::start(options).await?;
    let task = Request::new("scripted", "say 0").create(&server.client()?).await?.id;
    let mut seen: HashMap<String, Vec<u8>> = HashMap::new();
    let mut told = Vec::new();
    let rounds = usize::try_from(kills(20))?;
    for round in 1..=rounds {
        // The delivery of the turn before is open, its answer owed, when the server dies.
        let open = next(&listener).await?;
        let id = open.header("webhook-id").to_owned();
        ensure!(
            verify_webhook_signature(SECRET, &open.body, open.header("x-flamecast-signature")),
            "signature"
        );
        ensure!(open.event()?["event"]["type"] == "end_turn", "{:?}", open.event());
        ensure!(seen.insert(id.clone(), open.body.clone()).is_none(), "an event was told twice");
        let client = server.client()?;
        // Another turn begins, whose event waits behind the open one.
        client.input(task, CommandId::new(), format!("say {round}").as_str()).await?;
        server.kill9().await?;
        drop(open);
        server.restart().await?;
        let again = next(&listener).await?;
        ensure!(again.header("webhook-id") == id, "another event came first");
        ensure!(Some(&again.body) == seen.get(&id), "the body is another");
        told.push(id);
        again.answer("204 No Content").await?;
    }
    let last = next(&listener).await?;
    ensure!(!seen.contains_key(last.header("webhook-id")), "an event that was taken came again");
    last.answer("200 OK").await?;
    server.client()?.delete_task(task, false).await?;
    let end = next(&listener).await?;
    ensure!(end.event()?["event"]["type"] == "session_end", "{:?}", end.event());
    end.answer("200 OK").await?;
    ensure!(told.len() == rounds, "{} of {rounds} kills found a delivery open", told.len());
    Ok(())
}
