//! What a workspace of many files costs while nothing happens in it: the processor time of its sidecar, beside that of one
//! with an empty workspace.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use lia_client::Client;
use lia_tests::{Server, processes, session};
use serde_json::json;

use crate::{
    channels::{subscribe, until},
    row,
};

/// Files, in as many folders with ten each.
const FILES: usize = 10_000;
/// How long the idle sidecars are watched.
const WATCHED: Duration = Duration::from_secs(20);

/// A session whose workspace was filled before its agent began, and its sidecar.
async fn start(server: &Server, client: &Client, files: usize) -> anyhow::Result<(String, u32)> {
    let fill = format!(
        "i=0; while [ $i -lt {} ]; do mkdir -p d$i; for f in 0 1 2 3 4 5 6 7 8 9; do : > d$i/$f; done; i=$((i+1)); done",
        files / 10
    );
    let made = session::session(client, json!({ "setup": fill })).await?;
    client.prompt(&made.id, "say x", None).await?;
    let vm = client.task(made.id.parse()?).await?.vm_id.context("an instance")?;
    Ok((made.id, processes::sidecar(server.data(), &vm.to_string())?))
}

/// Processor time that a process has had, in seconds.
fn cpu(pid: u32) -> anyhow::Result<f64> {
    let clock = nix::time::clock_getcpuclockid(nix::unistd::Pid::from_raw(i32::try_from(pid)?))?;
    Ok(Duration::from(nix::time::clock_gettime(clock)?).as_secs_f64())
}

pub async fn run() -> anyhow::Result<()> {
    let server = Server::start(session::options()).await?;
    let client = server.client()?;
    let (full, of_full) = start(&server, &client, FILES).await?;
    let (empty, of_empty) = start(&server, &client, 0).await?;
    let used = (cpu(of_full)?, cpu(of_empty)?);
    let began = Instant::now();
    tokio::time::sleep(WATCHED).await;
    let share = |now: f64, before: f64| (now - before) / began.elapsed().as_secs_f64() * 100.0;
    let (ours, base) = (share(cpu(of_full)?, used.0), share(cpu(of_empty)?, used.1));
    // It was watched all the while: a change is told.
    let from = client.task(full.parse()?).await?.last_seq;
    let mut ws = subscribe(&server, &client, &format!("session:{full}:fs"), from).await?;
    client.prompt(&full, "sh echo x > d7/7", None).await?;
    until(&mut ws, "\"path\":\"d7/7\"").await?;
    row("10,000 idle files, processor, their sidecar", ours, Some(base), "% core", "<= 0.1 %", ours <= 0.1);
    for id in [full, empty] {
        client.delete_task(id.parse()?, true).await?;
    }
    Ok(())
}
