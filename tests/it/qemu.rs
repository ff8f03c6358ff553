//! A session in a virtual machine: the same requests as elsewhere, with the runtime that the configuration names.

use anyhow::{Context as _, ensure};
use lia_client::Prompted;
use lia_protocol::{
    ids::{Seq, TaskId},
    sessions::{SessionEndReason, SessionStatus},
};
use lia_tests::{
    Log, Server,
    session::{machines, options, session},
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_lives_in_a_virtual_machine() -> anyhow::Result<()> {
    let mut server = Server::start(machines(options())).await?;
    let client = server.client()?;
    let runtimes = client.runtimes().await?;
    ensure!(runtimes.len() == 1 && runtimes[0].name == "qemu" && runtimes[0].available, "{runtimes:?}");
    let kernel = runtimes[0].isolation.iter().find(|i| i.name == "kernel").context("the kernel's own")?;
    ensure!(kernel.how.contains("KVM") || kernel.how.contains("emulated"), "{kernel:?}");

    let made = session(&client, json!({})).await?;
    ensure!(made.status == SessionStatus::Active && made.runtime.as_deref() == Some("qemu"), "{made:?}");
    let mut log = Log::open(&client, made.id.parse::<TaskId>()?, Seq::ZERO).await?;
    for text in ["the first turn", "the second turn"] {
        match client.prompt(&made.id, &format!("say {text}"), None).await? {
            Prompted::Ended(e) => ensure!(e.stop_reason == "end_turn", "{e:?}"),
            Prompted::Queued(q) => anyhow::bail!("nothing runs, and yet it waits: {q:?}"),
        }
        log.turn().await?;
        ensure!(log.text().contains(text), "streamed: {}", log.text());
    }

    // The machine goes on without its server, and the next one takes it up with a connection of its own.
    server.kill9().await?;
    server.restart().await?;
    let client = server.client()?;
    let answer = client.prompt(&made.id, "say still the same", None).await?;
    ensure!(matches!(answer, Prompted::Ended(e) if e.stop_reason == "end_turn"), "after a restart");

    client.end_session(&made.id).await?;
    let ended = client.session(&made.id).await?;
    ensure!(ended.status == SessionStatus::Killed, "{ended:?}");
    ensure!(ended.end_reason == Some(SessionEndReason::Terminated), "{:?}", ended.end_reason);
    Ok(())
}
