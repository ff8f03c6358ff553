//! Resident memory of the server: idle, per idle session, and after many tasks were created and deleted; the sidecar's
//! size and memory.

use anyhow::Context as _;
use lia_protocol::ids::Seq;
use lia_tests::{Log, Request, Server, ServerOptions, program};

use crate::row;

/// Idle sessions that are held at once.
const SESSIONS: usize = 50;
/// Updates that fill what has a bound and is no session's: above all the store's page caches (4 MiB to write, 1 MiB to read).
const FILLING: &str = "burst 30000 200";

/// Tasks that are created and deleted; `LIA_BENCH_TASKS` says otherwise (the promise is over 10,000: `make stress`).
fn tasks() -> usize {
    std::env::var("LIA_BENCH_TASKS").ok().and_then(|t| t.parse().ok()).unwrap_or(300)
}

/// Resident memory of a process, in KiB.
fn rss(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn pid(server: &Server) -> anyhow::Result<u32> {
    server.pid().context("the server runs")
}

/// Before anything else has run on it.
pub fn idle(server: &Server) -> anyhow::Result<()> {
    let mib = rss(pid(server)?)? / 1024.0;
    row("server, resident, idle", mib, None, "MiB", "<= 30 MiB", mib <= 30.0);
    let size = std::fs::metadata(program("lia-sidecar"))?.len() as f64 / f64::from(1 << 20);
    row("sidecar, size of the program", size, None, "MiB", "<= 3 MiB", size <= 3.0);
    Ok(())
}

fn sidecars() -> Vec<u32> {
    let Ok(dir) = std::fs::read_dir("/proc") else { return Vec::new() };
    dir.flatten()
        .filter_map(|e| e.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|c| c.trim() == "sidecar")
        })
        .collect()
}

pub async fn run() -> anyhow::Result<()> {
    let server = Server::start(ServerOptions::default()).await?;
    let client = server.client()?;
    let others = sidecars();
    let mut ids = Vec::new();
    // The first few fill caches and pools that do not grow any more.
    for i in 0..5 {
        let task = Request::new("scripted", if i == 0 { FILLING } else { "say x" }).create(&client).await?;
        Log::open(&client, task.id, Seq::ZERO).await?.turn().await?;
        ids.push(task.id);
    }
    let readers = ids.iter().take(1).cycle().take(4).map(|id| async {
        let mut log = Log::open(&client, *id, Seq::ZERO).await?;
        log.turn().await.map(drop)
    });
    futures_util::future::try_join_all(readers).await?;
    let before = rss(pid(&server)?)?;
    for _ in 0..SESSIONS {
        let task = Request::new("scripted", "say x").create(&client).await?;
        Log::open(&client, task.id, Seq::ZERO).await?.turn().await?;
        ids.push(task.id);
    }
    let each = (rss(pid(&server)?)? - before) / SESSIONS as f64;
    row("server, resident, per idle session", each, None, "KiB", "<= 50 KiB", each <= 50.0);
    let mine: Vec<_> = sidecars().into_iter().filter(|p| !others.contains(p)).collect();
    let largest = mine.iter().filter_map(|p| rss(*p).ok()).fold(0.0, f64::max) / 1024.0;
    row("sidecar, resident, idle session", largest, None, "MiB", "<= 5 MiB", largest <= 5.0);
    for id in ids {
        client.delete_task(id, true).await?;
    }
    let (db, mem) = (database(&server), rss(pid(&server)?)?);
    let n = tasks();
    let mut most = 0;
    for i in 0..n {
        let task = Request::new("scripted", "burst 200 200").create(&client).await?;
        Log::open(&client, task.id, Seq::ZERO).await?.turn().await?;
        client.delete_task(task.id, true).await?;
        if i % 50 == 0 {
            most = most.max(database(&server));
        }
    }
    let grown = (rss(pid(&server)?)? - mem) / 1024.0;
    row(
        &format!("server, resident, grown by {n} tasks"),
        grown,
        None,
        "MiB",
        "flat (<= 5 MiB)",
        grown <= 5.0,
    );
    let now = database(&server);
    row(
        "database after them",
        now as f64 / 1024.0,
        Some(most.max(db) as f64 / 1024.0),
        "KiB",
        "shrinks to where it was",
        now <= db + (1 << 20),
    );
    Ok(())
}

/// Bytes of the database file.
fn database(server: &Server) -> u64 {
    std::fs::metadata(server.data().join("lia.db")).map_or(0, |m| m.len())
}
