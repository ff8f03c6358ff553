//! The socket with channels: a long turn at a subscriber against a raw pipe, alone and beside a subscriber that has stopped
//! reading; and a replay from the store.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use lia_client::Client;
use lia_protocol::ids::{CommandId, Seq, TaskId};
use lia_tests::{Log, Request, Server};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::{median, pipe::PipeAgent, row, runs};

/// Updates of one turn.
const UPDATES: u64 = 200_000;

type Ws = WebSocketStream<TcpStream>;

/// A socket past `connected`, with one subscription asked for.
async fn subscribe(server: &Server, client: &Client, channel: &str, since: Seq) -> anyhow::Result<Ws> {
    let mut request = format!("{}/ws", server.url().replace("http", "ws")).into_client_request()?;
    request.headers_mut().insert("authorization", format!("Bearer {}", client.token().expose()).parse()?);
    let io = TcpStream::connect(server.url().trim_start_matches("http://")).await?;
    let (mut ws, _) = tokio_tungstenite::client_async(request, io).await?;
    ws.next().await.context("connected")??;
    ws.send(Message::text(format!(r#"{{"action":"subscribe","channel":"{channel}","since":{since}}}"#)))
        .await?;
    Ok(ws)
}

async fn until(ws: &mut Ws, part: &str) -> anyhow::Result<u64> {
    let mut events = 0;
    loop {
        if let Message::Text(t) = ws.next().await.context("the stream ended")?? {
            if t.contains(part) {
                return Ok(events);
            }
            events += 1;
        }
    }
}

async fn read(ws: &mut Ws) -> anyhow::Result<()> {
    let mut seen = 0;
    while seen < UPDATES {
        match ws.next().await.context("the stream ended")?? {
            Message::Text(t) if t.contains("agent_message_chunk") => {
                seen += 1;
                ensure!(t.contains(&format!("#{seen} ")), "update {seen} is missing before {t}");
            }
            _ => {}
        }
    }
    Ok(())
}

/// Events per second of one turn at a subscriber, alone or beside one that does not read.
async fn turn(server: &Server, client: &Client, task: TaskId, stalled: bool) -> anyhow::Result<f64> {
    let channel = format!("session:{task}");
    let from = client.task(task).await?.last_seq;
    let beside = if stalled { Some(subscribe(server, client, &channel, from).await?) } else { None };
    let mut ws = subscribe(server, client, &channel, from).await?;
    until(&mut ws, "\"subscribed\"").await?;
    let started = Instant::now();
    client.input(task, CommandId::new(), format!("burst {UPDATES} 200")).await?;
    read(&mut ws).await?;
    let speed = UPDATES as f64 / started.elapsed().as_secs_f64();
    drop(beside);
    while client.task(task).await?.busy {
        tokio::task::yield_now().await;
    }
    Ok(speed)
}

/// Events per second of a replay, all of it from the store.
async fn replay(server: &Server, client: &Client, task: TaskId) -> anyhow::Result<f64> {
    let started = Instant::now();
    let mut ws = subscribe(server, client, &format!("session:{task}"), Seq::ZERO).await?;
    let events = until(&mut ws, "\"subscribed\"").await?;
    ensure!(events > UPDATES, "only {events} events came");
    Ok(events as f64 / started.elapsed().as_secs_f64())
}

pub async fn run(server: &Server) -> anyhow::Result<()> {
    let client = server.client()?;
    let start = async || {
        let task = Request::new("scripted", "say ready").create(&client).await?.id;
        Log::open(&client, task, Seq::ZERO).await?.turn().await?;
        anyhow::Ok(task)
    };
    let long = start().await?;
    let mut agent = PipeAgent::start()?;
    // The first turn fills caches and pools; it counts for nothing but the replays.
    turn(server, &client, long, false).await?;
    let (mut alone, mut beside, mut base, mut again) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for n in 0..runs() {
        let (lines, took) = agent.burst(&format!("burst {UPDATES} 200"))?;
        base.push(lines as f64 / took.as_secs_f64());
        // A task's log has a quota.
        let task = start().await?;
        for stalled in [n % 2 == 0, n % 2 != 0] {
            let speed = turn(server, &client, task, stalled).await?;
            if stalled { beside.push(speed) } else { alone.push(speed) }
        }
        client.delete_task(task, true).await?;
        again.push(replay(server, &client, long).await?);
    }
    client.delete_task(long, true).await?;
    let (a, s, b, r) = (median(alone), median(beside), median(base), median(again));
    row(
        "200,000 chunks at a subscriber of /ws",
        a,
        Some(b),
        "events/s",
        ">= 100,000 events/s",
        a >= 100_000.0,
    );
    row("  beside a subscriber that has stalled", s, Some(a), "events/s", ">= 90 % of alone", s >= 0.9 * a);
    row("replay of a session at a subscriber", r, Some(b), "events/s", ">= 300,000 events/s", r >= 300_000.0);
    Ok(())
}
