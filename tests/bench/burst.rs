//! Burst throughput at a WebSocket client: real `session/update`s of >= 200 bytes from the agent, through the sidecar's
//! journal and the log (durable, in order), to a client that checks that none is missing; the same beside a second
//! client that has stopped reading its socket.

use std::time::Instant;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use lia_client::Client;
use lia_protocol::ids::{CommandId, Seq, TaskId};
use lia_tests::{Log, Request, Server};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::{median, pipe::PipeAgent, row, runs};

/// Updates of one burst.
const UPDATES: u64 = 100_000;

type Ws = WebSocketStream<TcpStream>;

/// A stream from `from` on, past its first message.
async fn open(server: &Server, client: &Client, task: TaskId, from: Seq) -> anyhow::Result<Ws> {
    let mut request =
        format!("{}/api/v1/tasks/{task}/stream?from={from}", server.url().replace("http", "ws"))
            .into_client_request()?;
    request.headers_mut().insert("authorization", format!("Bearer {}", client.token().expose()).parse()?);
    let io = TcpStream::connect(server.url().trim_start_matches("http://")).await?;
    let (mut ws, _) = tokio_tungstenite::client_async(request, io).await?;
    ws.next().await.context("the status")??;
    Ok(ws)
}

async fn read(ws: &mut Ws) -> anyhow::Result<()> {
    let mut seen = 0;
    while seen < UPDATES {
        match ws.next().await.context("the stream ended")?? {
            Message::Text(t) if t.contains("\"output\"") => {
                seen += 1;
                anyhow::ensure!(t.contains(&format!("#{seen} ")), "update {seen} is missing before {t}");
            }
            _ => {}
        }
    }
    Ok(())
}

/// Events per second of one burst at a reader, alone or beside one that does not read.
async fn burst(server: &Server, client: &Client, task: TaskId, stalled: bool) -> anyhow::Result<f64> {
    let from = client.task(task).await?.last_seq;
    let beside = if stalled { Some(open(server, client, task, from).await?) } else { None };
    let mut ws = open(server, client, task, from).await?;
    let started = Instant::now();
    client.input(task, CommandId::new(), format!("burst {UPDATES} 200")).await?;
    read(&mut ws).await?;
    let speed = UPDATES as f64 / started.elapsed().as_secs_f64();
    // It goes without having read a byte; a reader of the next run shall not pay for it.
    drop(beside);
    while client.task(task).await?.busy {
        tokio::task::yield_now().await;
    }
    Ok(speed)
}

pub async fn run(server: &Server) -> anyhow::Result<()> {
    let client = server.client()?;
    let task = Request::new("scripted", "say ready").create(&client).await?.id;
    Log::open(&client, task, Seq::ZERO).await?.turn().await?;
    let mut agent = PipeAgent::start()?;
    // The first burst fills caches and pools; it counts for neither.
    burst(server, &client, task, false).await?;
    let (mut alone, mut beside, mut base) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..runs() {
        let (lines, took) = agent.burst(&format!("burst {UPDATES} 200"))?;
        base.push(lines as f64 / took.as_secs_f64());
        // In turns: which one comes first must not matter.
        for stalled in [n % 2 == 0, n % 2 != 0] {
            let speed = burst(server, &client, task, stalled).await?;
            if stalled { beside.push(speed) } else { alone.push(speed) }
        }
    }
    client.delete_task(task, true).await?;
    let (a, s, b) = (median(alone), median(beside), median(base));
    row(
        "burst at a WebSocket client (durable)",
        a,
        Some(b),
        "events/s",
        ">= 100,000 events/s",
        a >= 100_000.0,
    );
    row("  beside a reader that has stalled", s, Some(a), "events/s", ">= 90 % of alone", s >= 0.9 * a);
    Ok(())
}
