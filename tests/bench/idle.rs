//! Many idle sessions, each with its own sandbox, agent and subscriber: what they cost in memory, and in processor time
//! of server, sidecars and agents together.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _};
use lia_client::Client;
use lia_tests::{
    Server,
    processes::{self, Process},
    session,
};
use serde_json::json;

use crate::{
    channels::{subscribe, until},
    row,
};

/// How long the idle sessions are watched.
const WATCHED: Duration = Duration::from_secs(30);
/// Sessions that start at the same time.
const AT_ONCE: usize = 8;

/// Sessions; `LIA_BENCH_IDLE` says otherwise.
fn sessions() -> usize {
    std::env::var("LIA_BENCH_IDLE").ok().and_then(|n| n.parse().ok()).unwrap_or(1000)
}

/// A process and all that came from it.
fn tree(root: u32) -> Vec<Process> {
    let all = processes::all();
    let mut children: HashMap<u32, Vec<&Process>> = HashMap::new();
    for p in &all {
        children.entry(p.parent).or_default().push(p);
    }
    let mut found: Vec<Process> = all.iter().filter(|p| p.pid == root).cloned().collect();
    let mut at = 0;
    while let Some(p) = found.get(at) {
        found.extend(children.get(&p.pid).into_iter().flatten().map(|c| (*c).clone()));
        at += 1;
    }
    found
}

/// The server's processes, and those of the instances that are no children of it.
fn family(server: &Server) -> anyhow::Result<HashSet<u32>> {
    let mut roots = vec![server.pid().context("the server runs")?];
    for instance in std::fs::read_dir(server.data().join("local/instances"))? {
        let id = instance?.file_name();
        roots.push(processes::sidecar(server.data(), id.to_str().context("an id")?)?);
    }
    Ok(roots.into_iter().flat_map(tree).map(|p| p.pid).collect())
}

/// Processor time that some processes have had, in seconds; their ended threads count too.
fn cpu(pids: &HashSet<u32>) -> anyhow::Result<f64> {
    pids.iter()
        .map(|pid| {
            let clock = nix::time::clock_getcpuclockid(nix::unistd::Pid::from_raw(i32::try_from(*pid)?))?;
            Ok(Duration::from(nix::time::clock_gettime(clock)?).as_secs_f64())
        })
        .sum()
}

/// Memory that some processes hold, in MiB; what several share is counted once.
fn memory(pids: &HashSet<u32>) -> f64 {
    let pss = |pid: &u32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        let line = text.lines().find_map(|l| l.strip_prefix("Pss:"))?;
        line.trim().trim_end_matches(" kB").parse::<f64>().ok()
    };
    pids.iter().filter_map(pss).sum::<f64>() / 1024.0
}

async fn start(client: &Client) -> anyhow::Result<String> {
    let session = session::session(client, json!({ "title": "idle" })).await?;
    // The agent is there: an idle session is one that could answer at once.
    client.prompt(&session.id, "say x", None).await?;
    Ok(session.id)
}

pub async fn run() -> anyhow::Result<()> {
    let n = sessions();
    let server = Server::start(session::options()).await?;
    let client = server.client()?;
    let before = memory(&family(&server)?);
    let started = Instant::now();
    let ids: Vec<String> = futures_util::stream::iter((0..n).map(|_| start(&client)))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let each = started.elapsed().as_secs_f64() / n as f64 * 1e3;
    let mut subscribers = Vec::with_capacity(n);
    for id in &ids {
        let task = id.parse()?;
        let from = client.task(task).await?.last_seq;
        let mut ws = subscribe(&server, &client, &format!("session:{id}"), from).await?;
        until(&mut ws, "\"subscribed\"").await?;
        subscribers.push(ws);
    }
    let pids = family(&server)?;
    ensure!(pids.len() > 2 * n, "{} processes for {n} sessions", pids.len());
    let held = memory(&pids);
    let (used, began) = (cpu(&pids)?, Instant::now());
    tokio::time::sleep(WATCHED).await;
    let share = (cpu(&pids)? - used) / began.elapsed().as_secs_f64() * 100.0;
    ensure!(family(&server)?.is_superset(&pids), "a process went away while all was idle");
    drop(subscribers);
    row(
        &format!("{n} idle sessions, processor, all processes"),
        share,
        None,
        "% core",
        "<= 5 %",
        share <= 5.0,
    );
    let of_one = (held - before) / n as f64;
    row("  memory of one, with sandbox and agent", of_one, None, "MiB", "-", true);
    row("  start of one, with its first turn", each, None, "ms", "-", true);
    let began = Instant::now();
    for id in ids {
        client.delete_task(id.parse()?, true).await?;
    }
    let removed = began.elapsed().as_secs_f64() / n as f64 * 1e3;
    row("  removal of one", removed, None, "ms", "-", true);
    Ok(())
}
