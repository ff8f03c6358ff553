//! A task whose agent runs what it is told.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use lia_client::Client;
use lia_protocol::ids::{CommandId, Seq, TaskId};
use lia_tests::{Log, Request, program};
use serde_json::{Value, json};
use tokio::time::timeout;

/// Longer than an event takes; only a defect reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The probe, as a file of a task.
pub fn probe_file() -> anyhow::Result<Value> {
    Ok(
        json!({ "name": "lia-probe", "encoding": "base64", "content": STANDARD.encode(std::fs::read(program("lia-probe"))?) }),
    )
}

/// See the module.
pub struct Inside {
    client: Client,
    /// Which.
    pub task: TaskId,
    log: Log,
}

impl Inside {
    /// Makes a task of the scripted agent with the probe in its workspace.
    pub async fn enter(client: &Client, allow: &[&str], config: Value) -> anyhow::Result<Self> {
        let request = Request::new("scripted", "sh chmod +x lia-probe").with("files", json!([probe_file()?]));
        Self::start(client, request.with("allow", json!(allow)).with("config", config)).await
    }

    /// Makes a task by a request whose first prompt ends by itself.
    pub async fn start(client: &Client, request: Request) -> anyhow::Result<Self> {
        let task = request.create(client).await?.id;
        let mut log = Log::open(client, task, Seq::ZERO).await?;
        ensure!(log.turn().await? == "end_turn", "{}", log.text());
        Ok(Self { client: client.clone(), task, log })
    }

    /// Prompts the agent, and does not wait.
    pub async fn ask(&mut self, prompt: &str) -> anyhow::Result<()> {
        self.client.input(self.task, CommandId::new(), prompt).await?;
        Ok(())
    }

    /// Prompts the agent and says what it said until the turn ended.
    pub async fn prompt(&mut self, prompt: &str) -> anyhow::Result<String> {
        let before = self.log.text().len();
        self.ask(prompt).await?;
        let how = self.log.turn().await?;
        let said = self.log.text().split_off(before);
        ensure!(how == "end_turn", "{prompt}: {how}: {said}");
        Ok(said)
    }

    /// Runs a line of the shell to its end and says what it wrote.
    pub async fn sh(&mut self, line: &str) -> anyhow::Result<String> {
        self.prompt(&format!("sh {line}")).await
    }

    /// Waits until a text stands in the task's output.
    pub async fn hears(&mut self, text: &str) -> anyhow::Result<()> {
        while !self.log.text().contains(text) {
            timeout(PATIENCE, self.log.until("a message", |_| true))
                .await
                .with_context(|| format!("{text:?} does not come"))??;
        }
        Ok(())
    }

    /// Writes a file of the workspace through the agent.
    pub async fn write(&mut self, name: &str, text: &str) -> anyhow::Result<()> {
        let said = self.prompt(&format!("write {name} {}", text.replace('\n', "\\n"))).await?;
        ensure!(!said.contains("failed"), "{name}: {said}");
        Ok(())
    }
}
