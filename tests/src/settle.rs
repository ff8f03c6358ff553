//! Whether work is left: told by a living server, or read from what a dead one left.

use anyhow::Context as _;
use lia_client::Client;
use lia_protocol::ids::{Seq, TaskId};
use lia_store::{CommandState, Store as _};

use crate::Server;

/// Waits until no prompt waits or is being worked on.
///
/// # Errors
/// What the server answered, or that the log ended.
pub async fn settled(client: &Client, task: TaskId) -> anyhow::Result<()> {
    let mut events = client.events(task, Seq::ZERO, true).await?;
    let (mut asked, mut ended) = (0, 0);
    while let Some(e) = events.next().await {
        match e?.kind.as_str() {
            "prompt.queued" => asked += 1,
            "turn.ended" => ended += 1,
            _ => {}
        }
        if asked == ended {
            let now = client.task(task).await?;
            if !now.busy && now.queued == 0 {
                return Ok(());
            }
        }
    }
    anyhow::bail!("the log ended with {asked} prompts asked and {ended} turns ended")
}

/// Whether a command of the dead server's inbox is unfinished.
///
/// # Errors
/// Those of the store.
pub async fn unfinished(server: &Server, task: TaskId) -> anyhow::Result<bool> {
    let store = lia_store::sqlite::SqliteStore::open(
        server.data().join("lia.db"),
        lia_store::sqlite::Options::default(),
    )?;
    let record = store.task(task).await?.context("the task")?;
    let open = store
        .commands(record.session, &[CommandState::Pending, CommandState::Sent, CommandState::Begun])
        .await?;
    store.close().await;
    Ok(!open.is_empty())
}
