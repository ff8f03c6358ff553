//! More than one's share: the limit holds, the log goes on, and other sandboxes answer meanwhile.
//!
//! Where the kernel keeps a limit, the attempt fails and its agent lives on. Where it is watched (an ordinary user's), the
//! instance is ended with the reason.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use lia_client::Client;
use lia_protocol::{
    ids::{CommandId, Seq},
    task::TaskStatus,
    ws::{WsMessageExt, WsStatusMessage},
};
use lia_tests::{Log, Request, World};
use serde_json::json;

use super::{Inside, outside};

/// How long a watched limit may be exceeded.
const WATCHED: Duration = Duration::from_secs(40);

/// An attempt inside, and how it ends where the kernel keeps the limit; nothing when the kernel may choose the agent.
struct Bomb {
    limit: &'static str,
    line: &'static str,
    ends: &'static str,
}

/// Each takes at least a quarter more than there is.
const BOMBS: [Bomb; 6] = [
    Bomb { limit: "cgroup-memory", line: "./lia-probe memory 512 60000; echo code $?", ends: "code 137" },
    Bomb { limit: "cgroup-memory", line: "./lia-probe memory-unmapped 512 60000; echo code $?", ends: "" },
    Bomb { limit: "storage", line: "./lia-probe fill . 1280 && sleep 60", ends: "ENOSPC" },
    Bomb { limit: "storage", line: "./lia-probe fill-unnamed /tmp 1280 60000", ends: "ENOSPC" },
    Bomb {
        limit: "storage",
        line: "mkdir ~/h && chmod 300 ~/h && ./lia-probe fill ~/h 1280 && sleep 60",
        ends: "ENOSPC",
    },
    Bomb { limit: "cgroup-pids", line: "./lia-probe forks 5000 1000", ends: "EAGAIN" },
];

/// All of them, each in an instance of its own.
pub async fn all(world: &World, client: &Client) -> anyhow::Result<()> {
    let room = tempfile::tempdir()?;
    for line in
        ["memory 512 0", "memory-unmapped 512 0", "fill . 1280", "fill-unnamed . 1280 0", "forks 5000 0"]
    {
        let words: Vec<&str> = line.split(' ').collect();
        let said = outside(world, &words, room.path()).await?;
        ensure!(said == "ok\n", "outside: {line}: {said}");
    }
    drop(room);
    let runtimes = client.runtimes().await?;
    let kept = |name: &str| runtimes.iter().flat_map(|r| &r.isolation).any(|i| i.name == name && i.active);
    let (forks, others): (Vec<_>, Vec<_>) = BOMBS.iter().partition(|b| b.limit == "cgroup-pids");
    // An ordinary user's number of processes is one for all of its sandboxes: nobody starts one then.
    let told = if kept("cgroup-pids") { "sh echo alive" } else { "say alive" };
    tokio::try_join!(neighbour(client, told), async {
        try_join_all(others.into_iter().map(|b| explode(client, b, kept(b.limit)))).await?;
        // Where no cgroup counts them, RLIMIT_NPROC does.
        try_join_all(forks.into_iter().map(|b| explode(client, b, true))).await
    })?;
    Ok(())
}

async fn explode(client: &Client, bomb: &Bomb, kept: bool) -> anyhow::Result<()> {
    // So many processes need memory of their own.
    let memory = if bomb.limit == "cgroup-pids" { 4096 } else { 384 };
    let config = json!({ "storage_gb": 1, "max_memory_mb": memory });
    let mut inside = Inside::enter(client, &[], config).await.context(bomb.line)?;
    if kept && !bomb.ends.is_empty() {
        let said = inside.sh(bomb.line).await?;
        ensure!(said.contains(bomb.ends), "{}: {said}", bomb.line);
        ensure!(inside.sh("echo lives").await?.contains("lives"), "after {}", bomb.line);
    } else {
        inside.ask(&format!("sh {}", bomb.line)).await?;
        let mut log = Log::open(client, inside.task, Seq::ZERO).await?;
        let terminated = |m: &WsMessageExt| {
            matches!(m, WsMessageExt::Status(WsStatusMessage { status: TaskStatus::Terminated, .. }))
        };
        let ended = tokio::time::timeout(WATCHED, log.until("its end", terminated)).await;
        ended.with_context(|| format!("nobody ends {}: {}", bomb.line, log.text()))??;
        let why = client.task(inside.task).await?.error_message.context("a reason")?;
        let word = bomb.limit.rsplit('-').next().unwrap_or_default();
        ensure!(
            why.contains(word) || (kept && why.contains("signal 9")),
            "{}: ended because of {why:?}",
            bomb.line
        );
    }
    Ok(client.delete_task(inside.task, true).await?)
}

/// Another one's agent does what it is told all the while.
async fn neighbour(client: &Client, told: &str) -> anyhow::Result<()> {
    let task = Request::new("scripted", "say ready").create(client).await?;
    let mut log = Log::open(client, task.id, Seq::ZERO).await?;
    log.turn().await?;
    for n in 1..=20 {
        client.input(task.id, CommandId::new(), told).await?;
        ensure!(log.turn().await? == "end_turn", "{}", log.text());
        ensure!(log.text().matches("alive").count() == n, "the neighbour did not answer: {}", log.text());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(client.delete_task(task.id, true).await?)
}
