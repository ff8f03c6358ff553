//! The four third-party ACP agents, unmodified from npm, each work a prompt with a tool call inside a sandbox, against
//! a loopback server that speaks their vendor's streaming API. The server gets the real key; a search for the key
//! inside, in files, in the store and in replies finds nothing, and finds a planted control.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use lia_model_server::{ModelServer, Options};
use lia_protocol::{ids::Seq, ws::WsMessageExt};
use lia_tests::{
    Log, Request, Server, ServerOptions,
    leak::Needle,
    processes::{all, inside, instance, sidecar},
    program,
};
use serde_json::json;

const KEY: &str = "sk-real-0f9d2c7b41e84a6c93d5-never-inside";
const CONTROL: &str = "planted-control-71b2e6d0c4a94f3e8d15";

/// Where `make test` installs the agents.
fn agents() -> anyhow::Result<PathBuf> {
    if let Some(dir) = std::env::var_os("LIA__AGENTS__DIR") {
        return Ok(PathBuf::from(dir));
    }
    let lia = program("lia");
    let dir = lia.ancestors().nth(2).context("the build folder")?.join("agents");
    ensure!(dir.is_dir(), "{} is missing; scripts/setup-test.sh installs the agents there", dir.display());
    Ok(dir)
}

#[tokio::test(flavor = "multi_thread")]
async fn four_real_agents_work_a_prompt_and_the_key_stays_outside() -> anyhow::Result<()> {
    let model = ModelServer::start(Options { key: Some(KEY.into()), ..Options::default() }).await?;
    let mut options = ServerOptions::default()
        .set("LIA__AGENTS__DIR", std::path::absolute(agents()?)?.display().to_string());
    for provider in ["ANTHROPIC", "OPENAI", "GEMINI"] {
        options = options
            .set(&format!("LIA__PROVIDERS__{provider}__API_KEY"), KEY)
            .set(&format!("LIA__PROVIDERS__{provider}__BASE_URL"), model.url());
    }
    let server = Server::start(options).await?;
    let client = server.client()?;
    let (key, control) = (Needle::new(KEY), Needle::new(CONTROL));
    let mut replies = String::new();
    for template in ["gemini", "codex", "claude-code", "opencode"] {
        let task = Request::new(template, "Please do RUNTOOL echo written-by-the-agent > proof.txt")
            .with("env", json!({ "PLANTED": CONTROL }))
            .with("config", json!({ "storage_gb": 2, "max_memory_mb": 4096 }))
            .create(&client)
            .await
            .context(template)?;
        let mut log = Log::open(&client, task.id, Seq::ZERO).await?;
        let stop = loop {
            let next = log.until("a question or the turn's end", |m| {
                matches!(m, WsMessageExt::Permission(_) | WsMessageExt::Turn(_))
            });
            match next.await.context(template)? {
                WsMessageExt::Permission(request) => {
                    let allow = request
                        .options
                        .iter()
                        .find(|o| o.kind.starts_with("allow"))
                        .context("an option that allows")?;
                    client.answer(task.id, request.id, Some(allow.option_id.clone())).await?;
                }
                WsMessageExt::Turn(ended) => break ended,
                _ => {}
            }
        };
        ensure!(stop.stop_reason == "end_turn", "{template}: {stop:?}\n{}", log.text());
        let mut proof = Vec::new();
        client.read_file(task.id, "proof.txt").await.context(template)?.copy_to(&mut proof, 1 << 20).await?;
        ensure!(proof == b"written-by-the-agent\n", "{template} wrote {:?}", String::from_utf8_lossy(&proof));

        let vm = client.task(task.id).await?.vm_id.context("vm_id")?;
        let pid = sidecar(server.data(), &vm)?;
        let processes = all();
        let uid = processes.iter().find(|p| p.pid == pid).context("the sidecar")?.uid;
        let within: Vec<_> = processes.iter().filter(|p| p.uid == uid).collect();
        ensure!(within.len() > 1, "{template}: no agent beside the sidecar");
        let leaks: Vec<_> = within.iter().flat_map(|p| key.process(p)).collect();
        ensure!(leaks.is_empty(), "{template}: the key is inside: {leaks:?}");
        ensure!(
            within.iter().any(|p| !control.process(p).is_empty()),
            "{template}: the search does not find a planted value"
        );
        for dir in ["/workspace", "/home/agent", "/tmp", "/lia/state"] {
            let found = key.files(&inside(pid, dir));
            ensure!(found.is_empty(), "{template}: the key is in {found:?}");
        }
        let found = key.files(&instance(server.data(), &vm));
        ensure!(found.is_empty(), "{template}: the key is in {found:?}");
        for e in Log::events(&client, task.id).await? {
            replies.push_str(&e.raw);
        }
        replies.push_str(&serde_json::to_string(&client.task(task.id).await?)?);
        let usage = Log::events(&client, task.id).await?.iter().any(|e| e.kind == "usage");
        ensure!(usage, "{template}: no tokens were counted");
        client.delete_task(task.id, false).await?;
    }
    ensure!(!key.is_in(replies.as_bytes()), "the key is in a reply");
    // The data folder: database, WAL, logs. The control stands in the tasks' records.
    let found = key.files(server.data());
    ensure!(found.is_empty(), "the key is in {found:?}");
    ensure!(!control.files(server.data()).is_empty(), "the search of files does not find a planted value");
    let records = model.records().borrow().clone();
    ensure!(records.iter().any(|r| r.authorized), "the model server never got the real key");
    ensure!(records.iter().all(|r| !r.placeholder), "a placeholder reached the model server");
    Ok(())
}
