//! `make bench`: Lia's figures, each with a physical baseline of the same run beside it. Runs are interleaved, and
//! every figure is the median of at least ten. What is promised stands in `docs/promises.md`.
//!
//! - [`latency`]: prompt → first chunk at a client, against a raw pipe to the same agent;
//! - [`burst`]: events per second at a WebSocket client, against a raw pipe;
//! - [`channels`]: the same at a subscriber of the socket with channels, and a replay;
//! - [`startup`]: create → agent ready, against a bare spawn and handshake;
//! - [`files`]: processor time of a sidecar whose workspace has many files that nobody changes;
//! - [`idle`]: processor time and memory of 1,000 idle sessions (only when asked for: it takes minutes);
//! - [`memory`]: the server's resident memory, and the sidecar's size;
//! - [`reads`]: requests per second;
//! - [`contract`]: parsing and checking messages, against Zod on Node.js and against `serde_json::Value`.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::Duration;

use lia_tests::{Server, ServerOptions};

mod burst;
mod channels;
mod contract;
mod files;
mod idle;
mod latency;
mod memory;
mod pipe;
mod reads;
mod startup;

/// Runs of each figure; `LIA_BENCH_RUNS` says otherwise.
fn runs() -> usize {
    std::env::var("LIA_BENCH_RUNS").ok().and_then(|r| r.parse().ok()).unwrap_or(10)
}

/// The middle of some figures.
fn median(mut v: Vec<f64>) -> f64 {
    v.sort_by(f64::total_cmp);
    v.get(v.len() / 2).copied().unwrap_or(f64::NAN)
}

fn ms(d: Duration) -> f64 {
    d.as_secs_f64() * 1e3
}

/// Prints one figure with its baseline and its goal.
fn row(name: &str, ours: f64, base: Option<f64>, unit: &str, goal: &str, met: bool) {
    let base = base.map_or_else(|| "-".into(), |b| format!("{b:.3}"));
    let ratio = base.parse::<f64>().map_or_else(|_| "-".into(), |b| format!("{:.2}x", ours / b));
    println!(
        "| {name:<44} | {ours:>12.3} | {base:>12} | {ratio:>7} | {unit:<9} | {goal:<28} | {} |",
        if met { "met   " } else { "MISSED" }
    );
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let only: Vec<String> = std::env::args().skip(1).collect();
    let wants = |name: &str| only.is_empty() || only.iter().any(|o| o == name);
    println!(
        "| figure                                       |         ours |     baseline |   ratio | unit      | goal                         | result |"
    );
    println!("|---|---:|---:|---:|---|---|---|");
    if wants("contract") {
        contract::run().await?;
    }
    if wants("files") {
        files::run().await?;
    }
    if only.iter().any(|o| o == "idle") {
        idle::run().await?;
    }
    if only.iter().all(|o| matches!(&**o, "contract" | "files" | "idle")) && !only.is_empty() {
        return Ok(());
    }
    let server = Server::start(ServerOptions::default()).await?;
    if wants("memory") {
        memory::idle(&server)?;
    }
    if wants("latency") {
        latency::run(&server).await?;
    }
    if wants("burst") {
        burst::run(&server).await?;
    }
    if wants("channels") {
        channels::run(&server).await?;
    }
    if wants("startup") {
        startup::run(&server).await?;
    }
    if wants("reads") {
        reads::run(&server).await?;
    }
    if wants("memory") {
        memory::run().await?;
    }
    Ok(())
}
