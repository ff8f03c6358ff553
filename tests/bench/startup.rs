//! Create → agent ready, sandbox included, against a bare spawn of the same agent and its handshake.

use std::time::Instant;

use lia_protocol::{
    ids::Seq,
    task::TaskStatus,
    ws::{WsMessageExt, WsStatusMessage},
};
use lia_tests::{Log, Request, Server};

use crate::{median, ms, pipe::PipeAgent, row, runs};

pub async fn run(server: &Server) -> anyhow::Result<()> {
    let client = server.client()?;
    let (mut ours, mut base) = (Vec::new(), Vec::new());
    for _ in 0..runs().max(20) {
        let started = Instant::now();
        let agent = PipeAgent::start()?;
        base.push(ms(started.elapsed()));
        drop(agent);
        let started = Instant::now();
        let task = Request::new("scripted", "say x").create(&client).await?;
        let mut log = Log::open(&client, task.id, Seq::ZERO).await?;
        log.until("running", |m| {
            matches!(m, WsMessageExt::Status(WsStatusMessage { status: TaskStatus::Running, .. }))
        })
        .await?;
        ours.push(ms(started.elapsed()));
        log.turn().await?;
        client.delete_task(task.id, true).await?;
    }
    let (o, b) = (median(ours), median(base));
    row("create → agent ready, p50", o, Some(b), "ms", "<= 8 ms above the spawn", o - b <= 8.0);
    Ok(())
}
