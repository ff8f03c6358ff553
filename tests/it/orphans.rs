//! Instances that nothing names are removed when a server starts; those that somebody has are left alone.

use anyhow::ensure;
use lia_protocol::{
    ids::{CommandId, Seq},
    task::TaskStatus,
    time::Timestamp,
};
use lia_store::{Op, Store as _, TaskPatch, Txn, sqlite::SqliteStore};
use lia_tests::{
    Log, Request, Server, ServerOptions,
    processes::{all, instance, sidecar},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_no_ledger_names_is_gone_after_a_start() -> anyhow::Result<()> {
    let mut server = Server::start(ServerOptions::default()).await?;
    let client = server.client()?;
    let mut tasks = Vec::new();
    for prompt in ["say lost", "say kept"] {
        let task = Request::new("scripted", prompt).create(&client).await?;
        Log::open(&client, task.id, Seq::ZERO).await?.turn().await?;
        tasks.push(client.task(task.id).await?);
    }
    let vms: Vec<_> = tasks.iter().map(|t| t.vm_id.clone().unwrap_or_default()).collect();
    let pids = [sidecar(server.data(), &vms[0])?, sidecar(server.data(), &vms[1])?];
    server.kill9().await?;

    // The store forgets the first, as if it had been lost with a disk: the folder, its processes and cgroups live on.
    let store = SqliteStore::open(server.data().join("lia.db"), lia_store::sqlite::Options::default())?;
    let named = store.ledger(Some(vms[0].parse()?)).await?;
    ensure!(named.iter().any(|r| r.kind == "process"), "{named:?}");
    let groups: Vec<_> = named.iter().filter(|r| r.kind == "cgroup").map(|r| r.name.clone()).collect();
    ensure!(groups.iter().all(|g| std::path::Path::new(g).exists()), "{groups:?}");
    let patch = TaskPatch {
        status: Some(TaskStatus::Terminated),
        completed_at: Some(Timestamp::now()),
        ..TaskPatch::default()
    };
    let end = Op::UpdateTask { id: tasks[0].id, expect: Vec::new(), patch: Box::new(patch) };
    let ops = named.into_iter().map(Op::Strike).chain([end]).collect();
    store.commit(Txn::process(ops)).await?;
    store.purge(tasks[0].id).await?;
    store.close().await;
    // And a folder that never became an instance.
    let stray = instance(server.data(), "0199c0a1-b2c3-7000-8000-000000000000");
    std::fs::create_dir(&stray)?;
    ensure!(all().iter().any(|p| p.pid == pids[0]), "the orphan lives");

    server.restart().await?;
    ensure!(!all().iter().any(|p| p.pid == pids[0]), "the orphan's sidecar lives on");
    for path in [instance(server.data(), &vms[0]), stray] {
        ensure!(!path.exists(), "{} stays", path.display());
    }
    for group in groups {
        ensure!(!std::path::Path::new(&group).exists(), "{group} stays");
    }
    ensure!(sidecar(server.data(), &vms[1])? == pids[1], "another sidecar");
    ensure!(all().iter().any(|p| p.pid == pids[1]), "the other task's sidecar is gone");
    let mut log = Log::open(&client, tasks[1].id, tasks[1].last_seq).await?;
    client.input(tasks[1].id, CommandId::new(), "say more").await?;
    ensure!(log.turn().await? == "end_turn", "it goes on");
    Ok(())
}
