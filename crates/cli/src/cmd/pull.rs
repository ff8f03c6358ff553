//! `diff` and `pull`: what a task changed in its repository.

use std::path::Path;

use anyhow::{Context as _, Result};
use futures_util::StreamExt as _;
use lia_client::Client;
use lia_protocol::{ids::TaskId, limits};

use crate::{
    args::{One, Pull},
    context::{Cx, find_task},
    repo::{Repo, new_file},
    text::{short, tame},
    ui::Style,
};

/// `lia diff`
pub async fn diff(cx: &Cx, args: One) -> Result<()> {
    let client = cx.client()?;
    let task = find_task(&client, &args.task).await?;
    let mut chunks = std::pin::pin!(client.diff(task.id).await?.chunks());
    if !cx.ui.out_tty {
        // For `git apply`: the very bytes.
        while let Some(chunk) = chunks.next().await {
            cx.ui.write(&chunk?)?;
        }
        return Ok(());
    }
    let mut pending = Vec::new();
    while let Some(chunk) = chunks.next().await {
        pending.extend_from_slice(&chunk?);
        while let Some(end) = pending.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = pending.drain(..=end).collect();
            diff_line(cx, &line)?;
        }
    }
    if pending.is_empty() { Ok(()) } else { diff_line(cx, &pending) }
}

fn diff_line(cx: &Cx, line: &[u8]) -> Result<()> {
    let line = String::from_utf8_lossy(line);
    let line = line.trim_end_matches(['\n', '\r']);
    let style = match line.as_bytes() {
        [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Style::Bold,
        [b'+', ..] => Style::Green,
        [b'-', ..] => Style::Red,
        [b'@', b'@', ..] => Style::Cyan,
        [b'd', b'i', b'f', b'f', b' ', ..] => Style::Bold,
        _ => Style::Plain,
    };
    cx.ui.line(cx.ui.paint(style, &tame(line)))
}

/// `lia pull`
pub async fn pull(cx: &Cx, args: Pull) -> Result<()> {
    let client = cx.client()?;
    let task = find_task(&client, &args.task).await?;
    if let Some(file) = &args.patch {
        return patch(cx, &client, task.id, file).await;
    }
    let repo = Repo::open(&args.repo)?;
    let dir = tempfile::Builder::new()
        .prefix("lia-pull-")
        .tempdir()
        .context("no folder for the result can be made")?;
    if args.apply {
        let file = dir.path().join("patch");
        if fetch_patch(&client, task.id, &file).await? == 0 {
            cx.ui.note("the task changed nothing");
            return Ok(());
        }
        tokio::task::spawn_blocking(move || repo.apply(&file)).await??;
        cx.ui.note("applied to the working tree");
        return Ok(());
    }
    let file = dir.path().join("bundle");
    let mut out = tokio::fs::File::create(&file).await.context("the result cannot be kept")?;
    client.bundle(task.id).await?.copy_to(&mut out, limits::HOST_FILE_BYTES).await?;
    let branch = args.branch.unwrap_or_else(|| format!("lia/{}", short(task.id)));
    let (name, force) = (branch.clone(), args.force);
    let (moved, ahead) = tokio::task::spawn_blocking(move || {
        let moved = repo.fetch_result(&file, &name, force)?;
        anyhow::Ok((moved, repo.commits_ahead(&name)?))
    })
    .await??;
    if cx.ui.json {
        return cx.ui.json(&serde_json::json!({"branch": branch, "commit": moved, "ahead": ahead}));
    }
    cx.ui.line(&branch)?;
    if moved.is_none() {
        cx.ui.note("the branch was there already");
    }
    for commit in &ahead {
        cx.ui.note(&format!("  {}", tame(commit)));
    }
    if ahead.is_empty() {
        cx.ui.note("it has nothing that HEAD has not");
    } else {
        cx.ui.note(&format!("git diff HEAD...{branch} shows it, git merge {branch} takes it"));
    }
    Ok(())
}

async fn patch(cx: &Cx, client: &Client, task: TaskId, file: &Path) -> Result<()> {
    if file == Path::new("-") {
        let mut chunks = std::pin::pin!(client.diff(task).await?.chunks());
        while let Some(chunk) = chunks.next().await {
            cx.ui.write(&chunk?)?;
        }
        return Ok(());
    }
    let size = fetch_patch(client, task, file).await?;
    cx.ui.note(&format!("{}: {}", file.display(), crate::text::bytes(size)));
    Ok(())
}

/// Writes the patch to `file`, whole or not at all; how many bytes it has.
async fn fetch_patch(client: &Client, task: TaskId, file: &Path) -> Result<u64> {
    let download = client.diff(task).await?;
    save(download, file).await
}

/// Writes a download beside its place and moves it there when it is whole.
pub async fn save(download: lia_client::Download, file: &Path) -> Result<u64> {
    let dir = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = || format!("{} cannot be written", file.display());
    let temp = new_file(dir).with_context(failed)?;
    let mut out = tokio::fs::File::from_std(temp.reopen().with_context(failed)?);
    let size = download.copy_to(&mut out, limits::HOST_FILE_BYTES).await?;
    temp.persist(file).map_err(|e| e.error).with_context(failed)?;
    Ok(size)
}
