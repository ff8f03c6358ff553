//! Parsing and checking messages of the contract: Rust against Zod on Node.js, and against `serde_json::Value`, which only
//! parses (the floor). All read the same texts, in the same run.

use std::{
    collections::BTreeMap,
    hint::black_box,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use lia_protocol::{
    chat::{AgentEventExt, ChatMessageData, Message},
    computer::{ComputerAction, MessageContentBlock},
    log::LogEvent,
    sessions::{Session, WsChannelControlMessage, WsChannelServerMessage, WsServerMessage},
    task::{CreateTaskRequest, TaskResponse},
    wire,
    ws::WsMessageExt,
};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{median, row, runs};

/// How long one measurement goes on.
const SPAN: Duration = Duration::from_millis(500);

/// A message, and what reads it, checks its limits, and says whether it was accepted.
struct Sample {
    kind: &'static str,
    text: String,
    parse: fn(&[u8]) -> bool,
}

macro_rules! kinds {
    ($($kind:ident),* $(,)?) => {
        const KINDS: &[(&str, fn(&[u8]) -> bool)] =
            &[$((stringify!($kind), |json| wire::parse::<$kind>(json).map(black_box).is_ok())),*];
    };
}

kinds!(
    WsMessageExt,
    LogEvent,
    WsServerMessage,
    WsChannelServerMessage,
    WsChannelControlMessage,
    AgentEventExt,
    ChatMessageData,
    Message,
    Session,
    TaskResponse,
    CreateTaskRequest,
    ComputerAction,
    MessageContentBlock,
);

pub async fn run() -> anyhow::Result<()> {
    let corpus = corpus()?;
    for m in &corpus {
        ensure!((m.parse)(m.text.as_bytes()), "{} is refused: {}", m.kind, m.text);
    }
    let mut file = tempfile::NamedTempFile::new()?;
    for m in &corpus {
        writeln!(file, "{}", json!([m.kind, m.text]))?;
    }
    file.flush()?;
    let (mut rust, mut floor, mut zod, mut node) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs() {
        let (checked, parsed) = on_node(file.path()).await?;
        zod.push(checked);
        node.push(parsed);
        rust.push(rate(&corpus, |m| (m.parse)(m.text.as_bytes())));
        floor.push(rate(&corpus, |m| {
            serde_json::from_slice::<Value>(m.text.as_bytes()).map(black_box).is_ok()
        }));
    }
    if std::env::var_os("LIA_BENCH_KINDS").is_some() {
        by_kind(&corpus);
    }
    let (rust, floor, zod, node) = (median(rust), median(floor), median(zod), median(node));
    row(
        "contract: parse and check (Zod 4 on Node)",
        rust,
        Some(zod),
        "messages/s",
        ">= 20x",
        rust >= 20.0 * zod,
    );
    row(
        "contract: the same (JSON.parse alone on Node)",
        rust,
        Some(node),
        "messages/s",
        "(what Zod adds to)",
        true,
    );
    let (ours, base) = (1e9 / rust, 1e9 / floor);
    row("contract: the same (serde_json::Value)", ours, Some(base), "ns", "<= 2x", ours <= 2.0 * base);
    Ok(())
}

/// Each type alone, against the floor: where the time goes.
fn by_kind(corpus: &[Sample]) {
    for (kind, _) in KINDS {
        let only: Vec<&Sample> = corpus.iter().filter(|m| m.kind == *kind).collect();
        let bytes: usize = only.iter().map(|m| m.text.len()).sum();
        let ours = 1e9 / rate(&only, |m| (m.parse)(m.text.as_bytes()));
        let base =
            1e9 / rate(&only, |m| serde_json::from_slice::<Value>(m.text.as_bytes()).map(black_box).is_ok());
        let name = format!("contract: {kind}, {} of {} bytes", only.len(), bytes / only.len().max(1));
        row(&name, ours, Some(base), "ns", "(baseline: Value)", true);
    }
}

/// Messages per second.
fn rate<S: std::borrow::Borrow<Sample>>(corpus: &[S], read: impl Fn(&Sample) -> bool) -> f64 {
    let (start, mut passes) = (Instant::now(), 0_u32);
    while start.elapsed() < SPAN {
        for m in corpus {
            black_box(read(m.borrow()));
        }
        passes += 1;
    }
    f64::from(passes) * corpus.len() as f64 / start.elapsed().as_secs_f64()
}

/// The same by Zod: texts are parsed by `JSON.parse` and checked by the type's schema. And parsing alone.
async fn on_node(corpus: &Path) -> anyhow::Result<(f64, f64)> {
    let output = Command::new("node")
        .arg(root().join("tests/bench/contract.mjs"))
        .arg(corpus)
        .arg(SPAN.as_millis().to_string())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("node does not start; docs/install.md says which one is needed")?;
    if !output.status.success() {
        bail!("the Zod half ended with {}; is @lia/shared built (npm run build)?", output.status);
    }
    let text = String::from_utf8(output.stdout)?;
    let (checked, parsed) = text.trim().split_once('\n').context("two figures")?;
    Ok((checked.parse()?, parsed.parse()?))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a busy server sees: mostly output of agents in each of its forms, and every golden sample of the other messages.
fn corpus() -> anyhow::Result<Vec<Sample>> {
    let find = |kind: &str| {
        KINDS.iter().find(|(k, _)| *k == kind).copied().with_context(|| format!("{kind} is not measured"))
    };
    let mut corpus = Vec::new();
    let mut add = |kind: &str, text: String| -> anyhow::Result<()> {
        let (kind, parse) = find(kind)?;
        corpus.push(Sample { kind, text, parse });
        Ok(())
    };
    let words = "The function reads a line, finds \"the end\" and returns what stands before it;\n\tan empty line is none. ";
    let (task, session) = ("0191f0a0-1c2d-7e3f-8a4b-5c6d7e8f9a0b", "0191f0a0-1c2d-7e3f-8a4b-5c6d7e8f9a0c");
    let at = "2026-09-21T14:13:20.125Z";
    for seq in 1..=100 {
        let text = words.repeat(1 + seq % 4);
        let update = json!({ "jsonrpc": "2.0", "method": "session/update", "params": { "sessionId": "s-1", "update": {
            "sessionUpdate": "agent_message_chunk", "content": { "type": "text", "text": text } } } });
        let rpc = json!({ "method": "session/update", "direction": "agent_to_client", "phase": "notification", "payload": update });
        let event = json!({ "type": "rpc", "data": rpc, "timestamp": at });
        for (kind, value) in [
            (
                "WsMessageExt",
                json!({ "type": "output", "data": text, "timestamp": 1_790_000_000_125_i64, "seq": seq }),
            ),
            ("WsServerMessage", json!({ "type": "event", "timestamp": at, "event": event })),
            (
                "WsChannelServerMessage",
                json!({ "type": "event", "channel": format!("session:{session}"), "sessionId": session, "agentId": session, "seq": seq, "event": event }),
            ),
            (
                "AgentEventExt",
                json!({ "type": "message_chunk", "sessionId": session, "timestamp": at, "eventId": task, "persistenceState": "transient",
                    "content": text, "messageId": "msg_01", "blockIndex": 0 }),
            ),
        ] {
            add(kind, value.to_string())?;
        }
    }
    let fixtures = root().join("crates/contract/fixtures");
    for entry in std::fs::read_dir(&fixtures)? {
        let path = entry?.path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let file: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
        let types: BTreeMap<String, Value> = serde_json::from_value(file["types"].clone())?;
        for (kind, cases) in types {
            if find(&kind).is_ok() {
                for golden in cases["golden"].as_array().into_iter().flatten() {
                    add(&kind, golden.to_string())?;
                }
            }
        }
    }
    Ok(corpus)
}
