//! Prompt → first chunk: a client types into an open WebSocket and waits for the agent's first text. Before the client
//! sees anything the prompt survives the loss of power (SQLite synchronous=NORMAL and an fdatasync of the WAL, while the
//! prompt is on its way to the agent) and the chunk is committed with NORMAL.

use std::time::{Duration, Instant};

use lia_protocol::{ids::Seq, ws::WsMessageExt};
use lia_tests::{Log, Request, Server};

use crate::{median, ms, pipe::PipeAgent, row, runs};

/// Prompts per run.
const PROMPTS: usize = 50;

pub async fn run(server: &Server) -> anyhow::Result<()> {
    let client = server.client()?;
    let task = Request::new("scripted", "say ready").create(&client).await?;
    let mut log = Log::open(&client, task.id, Seq::ZERO).await?;
    log.turn().await?;
    let mut agent = PipeAgent::start()?;
    let (mut ours, mut base, mut sync) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs() {
        for _ in 0..PROMPTS {
            let started = Instant::now();
            log.stream().input("say x", None).await?;
            log.until("the chunk", |m| matches!(m, WsMessageExt::Output(_))).await?;
            ours.push(ms(started.elapsed()));
            log.turn().await?;
            log.messages.clear();
            base.push(ms(agent.prompt("say x")?.0));
            sync.push(ms(fsync(server)?));
        }
    }
    client.delete_task(task.id, true).await?;
    let (o, b, f) = (median(ours), median(base), median(sync));
    row("prompt → first chunk, p50 (flushed)", o, Some(b), "ms", "<= 0.5 ms above the pipe", o - b <= 0.5);
    row(
        "  the same less one fsync of this disk",
        o - f,
        Some(b),
        "ms",
        "(what Lia itself adds)",
        o - f - b <= 0.5,
    );
    Ok(())
}

/// One write of 4 KiB and its fsync, on the disk that the server writes to.
fn fsync(server: &Server) -> anyhow::Result<Duration> {
    use std::io::Write as _;
    let mut f =
        std::fs::OpenOptions::new().create(true).append(true).open(server.data().join("fsync.probe"))?;
    let started = Instant::now();
    f.write_all(&[0; 4096])?;
    f.sync_data()?;
    Ok(started.elapsed())
}
