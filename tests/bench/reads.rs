//! Requests per second of one task and of a list, over keep-alive connections.

use std::time::{Duration, Instant};

use lia_client::TaskQuery;
use lia_protocol::ids::Seq;
use lia_tests::{Log, Request, Server};

use crate::{median, row, runs};

/// Connections at once.
const CLIENTS: usize = 4;

pub async fn run(server: &Server) -> anyhow::Result<()> {
    let client = server.client()?;
    let mut ids = Vec::new();
    for _ in 0..20 {
        let task = Request::new("scripted", "say x").create(&client).await?;
        Log::open(&client, task.id, Seq::ZERO).await?.turn().await?;
        ids.push(task.id);
    }
    let (mut gets, mut lists, mut health) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs() {
        health.push(rate(|| async { client.health().await.map(drop) }).await?);
        gets.push(rate(|| async { client.task(ids[0]).await.map(drop) }).await?);
        lists.push(rate(|| async { client.tasks(&TaskQuery::default()).await.map(drop) }).await?);
    }
    for id in ids {
        client.delete_task(id, true).await?;
    }
    let base = median(health);
    row("GET /api/v1/tasks/{id}", median(gets), Some(base), "req/s", "(baseline: GET /health)", true);
    row("GET /api/v1/tasks (20 of 20)", median(lists), Some(base), "req/s", "(baseline: GET /health)", true);
    Ok(())
}

async fn rate<F, Fut>(request: F) -> anyhow::Result<f64>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<(), lia_client::Error>>,
{
    let started = Instant::now();
    let until = Duration::from_millis(300);
    let one = || async {
        let mut n = 0_u32;
        while started.elapsed() < until {
            request().await?;
            n += 1;
        }
        Ok::<_, lia_client::Error>(n)
    };
    let all = futures_util::future::try_join_all((0..CLIENTS).map(|_| one())).await?;
    Ok(f64::from(all.iter().sum::<u32>()) / started.elapsed().as_secs_f64())
}
