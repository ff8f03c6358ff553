//! Burst throughput at a WebSocket client: real `session/update`s of >= 200 bytes from the agent, through the sidecar's
//! journal and the log (durable, in order), to a client that checks that none is missing.

use std::time::Instant;

use futures_util::StreamExt as _;
use lia_protocol::ids::Seq;
use lia_tests::{Log, Request, Server};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest as _};

use crate::{median, pipe::PipeAgent, row, runs};

/// Updates of one burst.
const UPDATES: u64 = 100_000;

pub async fn run(server: &Server) -> anyhow::Result<()> {
    let client = server.client()?;
    let task = Request::new("scripted", "say ready").create(&client).await?;
    let mut log = Log::open(&client, task.id, Seq::ZERO).await?;
    log.turn().await?;
    let mut after = client.task(task.id).await?.last_seq;
    drop(log);
    let mut agent = PipeAgent::start()?;
    let prompt = format!("burst {UPDATES} 200");
    let (mut ours, mut base) = (Vec::new(), Vec::new());
    for _ in 0..runs() {
        let (lines, took) = agent.burst(&prompt)?;
        base.push(lines as f64 / took.as_secs_f64());
        let mut request =
            format!("{}/api/v1/tasks/{}/stream?from={after}", server.url().replace("http", "ws"), task.id)
                .into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer {}", client.token().expose()).parse()?);
        let (mut ws, _) = tokio_tungstenite::client_async(
            request,
            TcpStream::connect(server.url().trim_start_matches("http://")).await?,
        )
        .await?;
        // `status` comes first: the stream is open.
        ws.next().await;
        let started = Instant::now();
        client.input(task.id, lia_protocol::ids::CommandId::new(), prompt.as_str()).await?;
        let mut seen = 0;
        while seen < UPDATES {
            match ws.next().await {
                Some(Ok(Message::Text(t))) => {
                    if t.contains("\"output\"") {
                        seen += 1;
                        anyhow::ensure!(
                            t.contains(&format!("#{seen} ")),
                            "update {seen} is missing before {t}"
                        );
                    }
                }
                Some(Ok(_)) => {}
                other => anyhow::bail!("the stream ended: {other:?}"),
            }
        }
        ours.push(seen as f64 / started.elapsed().as_secs_f64());
        while client.task(task.id).await?.busy {
            tokio::task::yield_now().await;
        }
        after = client.task(task.id).await?.last_seq;
    }
    client.delete_task(task.id, true).await?;
    let (o, b) = (median(ours), median(base));
    row(
        "burst at a WebSocket client (durable)",
        o,
        Some(b),
        "events/s",
        ">= 100,000 events/s",
        o >= 100_000.0,
    );
    Ok(())
}
