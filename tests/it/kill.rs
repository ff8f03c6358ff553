//! `kill -9` of the server and of sidecars while something is open. The scripted agent tells a side file all that it
//! emits before it emits it: after a kill of the server the log and the side file are equal and each prompt reached
//! the agent once; after a kill of the sidecar the log is a prefix, and then says why.
//!
//! `LIA_KILLS` says how often (50), `LIA_SEED` where the dice begin; the seed is printed.

use std::{io::Read as _, time::Duration};

use anyhow::{Context as _, ensure};
use lia_client::Client;
use lia_protocol::{
    ids::{CommandId, Seq, TaskId},
    task::TaskStatus,
    ws::{WsMessageExt, WsStatusMessage},
};
use lia_tests::{
    Log, Request, Server, ServerOptions,
    dice::{Dice, kills},
    processes::{self, inside, kill9, sidecar},
    settle::{settled, unfinished},
    side::{Side, templates},
};

async fn server() -> anyhow::Result<(Server, tempfile::TempDir)> {
    let dir = tempfile::tempdir()?;
    let options = ServerOptions::default()
        .set("LIA__AGENTS__TEMPLATES_FILE", templates(dir.path())?.display().to_string());
    Ok((Server::start(options).await?, dir))
}

async fn side(client: &Client, task: TaskId) -> anyhow::Result<Side> {
    let mut bytes = Vec::new();
    client.read_file(task, "side").await?.copy_to(&mut bytes, 1 << 30).await?;
    Side::parse(std::str::from_utf8(&bytes)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_and_its_agents_side_file_tell_the_same() -> anyhow::Result<()> {
    let mut dice = Dice::from_env();
    let (mut server, _dir) = server().await?;
    let task = Request::new("kill", "say ready").create(&server.client()?).await?.id;
    settled(&server.client()?, task).await?;
    let (rounds, mut open, mut prompts) = (kills(50), 0, 1);
    for round in 0..rounds {
        let client = server.client()?;
        let mut texts = vec![format!("burst {} 300", 500 + dice.below(20_000))];
        if dice.below(3) == 0 {
            texts.push(format!("say queued in round {round}"));
        }
        let mut log = client
            .stream(
                task,
                lia_client::StreamOptions { from: client.task(task).await?.last_seq, ..Default::default() },
            )
            .await?;
        for text in &texts {
            client.input(task, CommandId::new(), text.as_str()).await?;
            prompts += 1;
        }
        // Some of the burst has come, or nothing yet: the kill falls anywhere in between.
        let frames = dice.below(400);
        for _ in 0..frames {
            match log.next().await {
                Some(Ok(WsMessageExt::Output(_))) => {}
                Some(Ok(_)) => break,
                _ => break,
            }
        }
        server.kill9().await?;
        drop(log);
        open += u64::from(unfinished(&server, task).await?);
        server.restart().await?;
        settled(&server.client()?, task).await.with_context(|| format!("round {round}"))?;
    }
    let client = server.client()?;
    let (side, events) = (side(&client, task).await?, Log::events(&client, task).await?);
    side.compare(&events, false)?;
    ensure!(
        side.prompts.len() == prompts,
        "{prompts} prompts were accepted, {} reached the agent",
        side.prompts.len()
    );
    eprintln!("{open} of {rounds} kills fell while a command was unfinished; {} frames", side.out.len());
    ensure!(open * 10 >= rounds * 8, "only {open} of {rounds} kills fell while something was open");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_at_any_step_loses_and_doubles_nothing() -> anyhow::Result<()> {
    for step in [
        "after_create:1",
        "after_made:1",
        "before_init:1",
        "after_init:1",
        "before_commit:1",
        "before_commit:3",
        "after_commit:1",
        "after_commit:4",
        "after_ack:2",
        "after_prompt_commit:1",
        "after_prompt_send:1",
    ] {
        let dir = tempfile::tempdir()?;
        let path = templates(dir.path())?.display().to_string();
        let options = ServerOptions::default().set("LIA__AGENTS__TEMPLATES_FILE", path);
        let mut server =
            Server::start(options.clone().set("LIA__DEBUG__FAILPOINTS", format!("server.{step}"))).await?;
        let client = server.client()?;
        // The answers may never come: the server dies at the step.
        let _ = Request::new("kill", "burst 2000 200").create(&client).await;
        if let Ok(list) = client.tasks(&lia_client::TaskQuery::default()).await
            && let Some(task) = list.tasks.first()
        {
            if step.starts_with("after_prompt_send") {
                // A prompt is sent at once only to an agent that is idle.
                settled(&client, task.id).await?;
            }
            let _ = client.input(task.id, CommandId::new(), "say second").await;
        }
        server.died().await.with_context(|| step.to_owned())?;
        server.set(options);
        server.restart().await?;
        let client = server.client()?;
        let list = client.tasks(&lia_client::TaskQuery::default()).await?;
        let task = list.tasks.first().with_context(|| format!("{step}: the accepted task is gone"))?.id;
        settled(&client, task).await.with_context(|| step.to_owned())?;
        let (side, events) = (side(&client, task).await?, Log::events(&client, task).await?);
        side.compare(&events, false).with_context(|| step.to_owned())?;
        let accepted = events.iter().filter(|e| e.kind == "prompt.queued").count();
        ensure!(
            side.prompts.len() == accepted,
            "{step}: {accepted} accepted, {:?} reached the agent",
            side.prompts
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_sidecar_leaves_a_prefix_and_the_reason() -> anyhow::Result<()> {
    let mut dice = Dice::from_env();
    let (server, _dir) = server().await?;
    let client = server.client()?;
    for _ in 0..(kills(50) / 5).max(1) {
        // The turn does not end by itself: a kill after it would be another case (park.rs).
        let task = Request::new("kill", "slow 20 1\nburst 50000 300\nhang").create(&client).await?;
        let mut log = Log::open(&client, task.id, Seq::ZERO).await?;
        log.until("output", |m| matches!(m, WsMessageExt::Output(_))).await?;
        let vm = client.task(task.id).await?.vm_id.context("vm_id")?;
        let pid = sidecar(server.data(), &vm)?;
        let mut told = std::fs::File::open(inside(pid, "/workspace/side"))?;
        tokio::time::sleep(Duration::from_millis(dice.below(60))).await;
        kill9(pid)?;
        log.until("the end", |m| {
            matches!(m, WsMessageExt::Status(WsStatusMessage { status: TaskStatus::Terminated, .. }))
        })
        .await?;
        let mut text = String::new();
        told.read_to_string(&mut text)?;
        // An open file would keep the instance's disk.
        drop(told);
        let (side, events) = (Side::parse(&text)?, Log::events(&client, task.id).await?);
        side.compare(&events, true)?;
        let now = client.task(task.id).await?;
        let error = now.error_message.context("the reason")?;
        ensure!(error.contains("signal 9") || error.contains("killed"), "{error}");
        ensure!(
            events.iter().any(|e| e.kind == "prompt.unknown"),
            "the prompt was not done, and is not unknown"
        );
        client.delete_task(task.id, true).await?;
        ensure!(!processes::instance(server.data(), &vm).exists(), "the instance's folder stays");
    }
    Ok(())
}
