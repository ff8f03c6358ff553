//! A burst of real updates: none lost, none doubled, in order, for a fast reader and for one that stops reading its
//! socket; the fast one keeps its speed, and the server's memory and WAL stay bounded.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures_util::StreamExt as _;
use lia_client::Client;
use lia_protocol::ids::{CommandId, Seq, TaskId};
use lia_tests::{Log, Request, Server, ServerOptions};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest as _},
};

const UPDATES: u64 = 200_000;

type Ws = WebSocketStream<TcpStream>;

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

/// Reads a whole burst, checking each number.
async fn read(ws: &mut Ws) -> anyhow::Result<()> {
    let mut seen = 0;
    while seen < UPDATES {
        match ws.next().await.context("the stream ended")?? {
            Message::Text(t) if t.contains(r#""type":"output""#) => {
                seen += 1;
                ensure!(t.contains(&format!("#{seen} ")), "update {seen} is not next: {t}");
            }
            _ => {}
        }
    }
    Ok(())
}

fn resident(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? << 10)
}

async fn burst(
    server: &Server,
    client: &Client,
    task: TaskId,
    stalled: bool,
) -> anyhow::Result<(Duration, u64, u64)> {
    let from = client.task(task).await?.last_seq;
    let mut fast = open(server, client, task, from).await?;
    let mut slow = if stalled { Some(open(server, client, task, from).await?) } else { None };
    let (pid, wal) = (server.pid().context("pid")?, server.data().join("lia.db-wal"));
    let before = resident(pid)?;
    let watch = tokio::spawn(async move {
        let (mut memory, mut log) = (0, 0);
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        loop {
            tick.tick().await;
            let Ok(now) = resident(pid) else { return (memory, log) };
            memory = memory.max(now);
            log = log.max(std::fs::metadata(&wal).map_or(0, |m| m.len()));
            MOST.0.store(memory, std::sync::atomic::Ordering::Relaxed);
            MOST.1.store(log, std::sync::atomic::Ordering::Relaxed);
        }
    });
    let started = Instant::now();
    client.input(task, CommandId::new(), format!("burst {UPDATES} 200")).await?;
    read(&mut fast).await?;
    let took = started.elapsed();
    watch.abort();
    let (memory, wal) = (
        MOST.0.load(std::sync::atomic::Ordering::Relaxed),
        MOST.1.load(std::sync::atomic::Ordering::Relaxed),
    );
    if let Some(slow) = &mut slow {
        read(slow).await.context("the stalled reader, once it reads again")?;
    }
    Ok((took, memory.saturating_sub(before), wal))
}

static MOST: (std::sync::atomic::AtomicU64, std::sync::atomic::AtomicU64) =
    (std::sync::atomic::AtomicU64::new(0), std::sync::atomic::AtomicU64::new(0));

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_thousand_updates_reach_a_fast_and_a_stalled_reader() -> anyhow::Result<()> {
    let server = Server::start(ServerOptions::default()).await?;
    let client = server.client()?;
    let task = Request::new("scripted", "say ready").create(&client).await?.id;
    Log::open(&client, task, Seq::ZERO).await?.turn().await?;
    // A first burst fills caches and pools that do not grow any more.
    burst(&server, &client, task, false).await?;
    let (alone, ..) = burst(&server, &client, task, false).await?;
    let (beside, grown, wal) = burst(&server, &client, task, true).await?;
    eprintln!(
        "alone {alone:?}, beside a stalled reader {beside:?}, memory +{} KiB, WAL {} KiB",
        grown >> 10,
        wal >> 10
    );
    ensure!(grown <= 20 << 20, "the server grew by {} MiB", grown >> 20);
    ensure!(wal <= 64 << 20, "the WAL reached {} MiB", wal >> 20);
    Ok(())
}
