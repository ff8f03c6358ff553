//! Suspend, resume, wake by input, a kill of the server meanwhile, and a delete that leaves nothing.

use anyhow::ensure;
use lia_protocol::{
    ids::{CommandId, Seq},
    task::TaskStatus,
};
use lia_tests::{
    Log, Request, Server, ServerOptions,
    processes::{all, instance, sidecar},
};

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
