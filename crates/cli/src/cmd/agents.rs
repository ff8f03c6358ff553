//! `agents`: which can be run, and their installation.

use anyhow::{Result, bail};
use futures_util::StreamExt as _;
use lia_client::InstallLine;
use lia_protocol::template::AgentMode;

use crate::{
    args::{Agents, AgentsCommand},
    context::Cx,
    text::line,
    ui::Style,
};

/// `lia agents`
pub async fn agents(cx: &Cx, args: Agents) -> Result<()> {
    match args.command.unwrap_or(AgentsCommand::List) {
        AgentsCommand::List => list(cx).await,
        AgentsCommand::Install { name } => install(cx, &name).await,
    }
}

async fn list(cx: &Cx) -> Result<()> {
    let templates = cx.client()?.templates().await?;
    if cx.ui.json {
        return cx.ui.json(&templates);
    }
    let rows = templates.iter().map(|t| {
        let (style, state) =
            if t.ready { (Style::Green, "ready".into()) } else { (Style::Yellow, "not ready".to_owned()) };
        let mode = match t.mode {
            AgentMode::Acp => "agent",
            AgentMode::Terminal => "terminal",
        };
        vec![
            (Style::Bold, line(&t.name, 64)),
            (style, state),
            (Style::Plain, mode.into()),
            (Style::Plain, t.version.as_deref().map(|v| line(v, 30)).unwrap_or_default()),
            (Style::Plain, t.missing.as_ref().unwrap_or(&t.title).clone()),
        ]
    });
    cx.ui.table(&["NAME", "STATE", "KIND", "VERSION", "ABOUT"], rows.collect())
}

async fn install(cx: &Cx, name: &str) -> Result<()> {
    let client = cx.client()?;
    let mut lines = std::pin::pin!(client.install_agent(name).await?);
    while let Some(step) = lines.next().await {
        match step? {
            InstallLine::Progress(text) if cx.ui.json => {
                cx.ui.json_line(&serde_json::json!({ "message": text }))?
            }
            InstallLine::Progress(text) => cx.ui.note(&line(&text, 500)),
            InstallLine::Done(version) if cx.ui.json => {
                cx.ui.json_line(&serde_json::json!({ "version": version }))?
            }
            InstallLine::Done(version) => cx.ui.line(format!("{name} {}", line(&version, 60)))?,
            InstallLine::Failed(e) => bail!("{name} was not installed: {}", e.error),
        }
    }
    Ok(())
}
