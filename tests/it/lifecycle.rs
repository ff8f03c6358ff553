//! Suspend, resume, wake by input, a kill of the server meanwhile, and a delete that leaves nothing.

use anyhow::{Context as _, ensure};
use lia_protocol::{
    ids::{CommandId, Seq, TaskId},
    sessions::{CreateSessionBody, SessionEndReason, SessionStatus},
    task::TaskStatus,
};
use lia_tests::{
    Log, Request, Server, ServerOptions,
    processes::{Watched, all, instance, kill9, sidecar},
    session::{Busy, options, refusal, session},
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_task_survives_the_server_and_wakes_by_input() -> anyhow::Result<()> {
    let mut server = Server::start(ServerOptions::default()).await?;
    let client = server.client()?;
    let task = Request::new("scripted", "say one").create(&client).await?;
    let mut log = Log::open(&client, task.id, Seq::ZERO).await?;
    log.turn().await?;
    ensure!(client.suspend(task.id).await?.status == TaskStatus::Suspended, "it is suspended");
    ensure!(client.suspend(task.id).await.is_err(), "a suspended task cannot be suspended again");
    server.kill9().await?;
    server.restart().await?;
    ensure!(client.task(task.id).await?.status == TaskStatus::Suspended, "it stays suspended over a restart");
    client.input(task.id, CommandId::new(), "say two").await?;
    ensure!(log.turn().await? == "end_turn", "the input woke it");
    ensure!(log.text().contains("two"), "{}", log.text());
    client.suspend(task.id).await?;
    ensure!(client.resume(task.id).await?.status == TaskStatus::Running, "it runs again");
    ensure!(client.resume(task.id).await.is_err(), "a running task cannot be resumed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_task_leaves_its_record_and_nothing_else() -> anyhow::Result<()> {
    let server = Server::start(ServerOptions::default()).await?;
    let client = server.client()?;
    let task = Request::new("scripted", "say one").create(&client).await?;
    let mut log = Log::open(&client, task.id, Seq::ZERO).await?;
    log.turn().await?;
    let vm = client.task(task.id).await?.vm_id.unwrap_or_default();
    let pid = sidecar(server.data(), &vm)?;
    client.delete_task(task.id, false).await?;
    client.delete_task(task.id, false).await?;
    ensure!(!all().iter().any(|p| p.pid == pid), "the sidecar lives on");
    ensure!(!instance(server.data(), &vm).exists(), "the instance's folder stays");
    ensure!(client.task(task.id).await?.status == TaskStatus::Terminated, "the record stays");
    let output = client.output(task.id, Seq::ZERO, 100).await?;
    ensure!(!output.messages.is_empty(), "the log stays");
    client.delete_task(task.id, true).await?;
    ensure!(client.task(task.id).await.is_err_and(|e| e.is_not_found()), "a purged task is gone");
    Ok(())
}

/// A window may change while nothing can hear of it: before the sandbox is there, or while it is suspended.
#[tokio::test(flavor = "multi_thread")]
async fn a_size_that_was_said_too_early_is_not_forgotten() -> anyhow::Result<()> {
    let server = Server::start(ServerOptions::default()).await?;
    let client = server.client()?;
    let task = Request::new("shell", "echo be''gun").create(&client).await?;
    let mut log = Log::open(&client, task.id, Seq::ZERO).await?;
    log.until_text("begun").await?;
    client.suspend(task.id).await?;
    client.resize(task.id, 101, 31).await?;
    client.resume(task.id).await?;
    client.input(task.id, CommandId::new(), "stty size\r").await?;
    log.until_text("31 101").await?;
    Ok(())
}

/// `lia down` ends everything that runs; the records say so to the next server.
#[tokio::test(flavor = "multi_thread")]
async fn going_down_ends_all_instances_and_keeps_records_and_files() -> anyhow::Result<()> {
    let mut server = Server::start(options()).await?;
    let client = server.client()?;
    let (busy, idle) = (Busy::start(&client).await?, session(&client, json!({})).await?);
    let asleep = session(&client, json!({ "runtimeInstance": "asleep" })).await?;
    client.prompt(&asleep.id, "write kept.txt kept", None).await?;
    client.suspend(asleep.id.parse()?).await?;
    let ids = [busy.id().to_owned(), idle.id, asleep.id];
    let mut sidecars = Vec::new();
    for id in &ids {
        let vm = client.task(id.parse()?).await?.vm_id.context("vm_id")?;
        sidecars.push(Watched::new(sidecar(server.data(), &vm)?)?);
    }
    let said = server.lia(&["down"]).output().await?;
    ensure!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    server.died().await?;
    for sidecar in sidecars {
        sidecar.ended().await?;
    }
    server.restart().await?;
    let client = server.client()?;
    for id in &ids {
        let ended = client.session(id).await?;
        ensure!(ended.status == SessionStatus::Killed, "{ended:?}");
        ensure!(ended.end_reason == Some(SessionEndReason::Terminated), "{ended:?}");
        ensure!(ended.pending_permission.is_none(), "{ended:?}");
    }
    let mut kept = Vec::new();
    client.read_file(ids[2].parse()?, "kept.txt").await?.copy_to(&mut kept, 1 << 10).await?;
    ensure!(kept.starts_with(b"kept"), "its files are gone");
    Ok(())
}

/// What was made for a session whose agent does not start is taken down with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_does_not_start_leaves_no_process() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    for body in [
        json!({ "spawn": { "command": "/no/such/agent", "args": [] } }),
        // It ends without a word of the protocol.
        json!({ "spawn": { "command": "/bin/true", "args": [] } }),
        json!({ "agentTemplateId": "scripted", "setup": "exit 7" }),
    ] {
        let id = TaskId::new();
        let mut body = body;
        body["sessionId"] = json!(id);
        let create: CreateSessionBody = serde_json::from_value(body.clone())?;
        ensure!(refusal(client.create_session(&create).await)?.0 == 500, "{body}");
        let vm = client.task(id).await?.vm_id.context("vm_id")?;
        // What cannot be watched has ended already.
        if let Ok(sidecar) = sidecar(server.data(), &vm).and_then(Watched::new) {
            sidecar.ended().await.with_context(|| body.to_string())?;
        }
    }
    Ok(())
}

/// A runtime that finds nothing of a sandbox any more ends its session at the start, and says why.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_links_again_or_ends_with_a_reason() -> anyhow::Result<()> {
    let mut server = Server::start(ServerOptions::default()).await?;
    let client = server.client()?;
    // A terminal cannot be brought back; so it is ended, while its neighbour is linked again.
    let (lost, lives) = (
        Request::new("shell", "echo be''gun").create(&client).await?.id,
        Request::new("shell", "echo be''gun").create(&client).await?.id,
    );
    for task in [lost, lives] {
        Log::open(&client, task, Seq::ZERO).await?.until_text("begun").await?;
    }
    let vm = client.task(lost).await?.vm_id.context("vm_id")?;
    let pid = sidecar(server.data(), &vm)?;
    let sandbox = Watched::new(pid)?;
    server.kill9().await?;
    kill9(pid)?;
    sandbox.ended().await?;
    server.restart().await?;
    let client = server.client()?;
    let mut log = Log::open(&client, lost, Seq::ZERO).await?;
    let over = |m: &lia_protocol::ws::WsMessageExt| matches!(m, lia_protocol::ws::WsMessageExt::Status(s) if s.status == TaskStatus::Terminated);
    log.until("its end", over).await?;
    let ended = client.task(lost).await?;
    ensure!(ended.error_message.as_deref().is_some_and(|e| e.contains("the sandbox ended")), "{ended:?}");
    client.input(lives, CommandId::new(), "echo linked a''gain\r").await?;
    Log::open(&client, lives, Seq::ZERO).await?.until_text("linked again").await?;
    Ok(())
}
