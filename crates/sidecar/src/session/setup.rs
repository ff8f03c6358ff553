//! Before the agent starts: files of the workspace, files of the home, repositories, the set-up script. Doing it twice
//! changes nothing but what the script does.

use std::{io, path::Path};

use lia_protocol::{
    limits::{FILE_BYTES, FILE_NAME_BYTES, FILES},
    link::{AgentStart, Init, Order, Outcome, RepositoryClone},
};
use tokio::sync::mpsc;

use super::{Core, Input, script};
use crate::{
    confine::is_plain,
    git::{Git, GitError},
    process::SpawnError,
};

/// Inputs that may come while the workspace is made ready.
const MAX_EARLY: usize = 64;

/// What keeps a workspace from being made ready.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetupError {
    /// An `init` without an agent.
    #[error("init names no agent to start")]
    NoAgent,
    /// A file's name.
    #[error("{0:?} is not a safe relative file name")]
    Name(String),
    /// A file's content.
    #[error("the file {0:?} is not of the form that it claims, or too large")]
    Content(String),
    /// More files than a task may have.
    #[error("more than {FILES} files")]
    TooMany,
    /// A file cannot be written.
    #[error("cannot write {0:?}: {1}")]
    Write(String, io::Error),
    /// A repository cannot be cloned.
    #[error("cannot clone {0}: {1}")]
    Clone(String, GitError),
    /// The script's process.
    #[error("cannot run the set-up script: {0}")]
    ScriptStart(SpawnError),
    /// What the script prints.
    #[error("cannot follow the set-up script: {0}")]
    ScriptPipe(io::Error),
    /// The script failed.
    #[error("the set-up script ended with code {0}; it said last: {1}")]
    Script(i32, String),
    /// The script did not end.
    #[error("the set-up script did not end within {0} seconds")]
    ScriptTime(u32),
    /// The agent is to end before it began.
    #[error("stopped")]
    Stopped,
    /// The journal.
    #[error(transparent)]
    Journal(io::Error),
}

/// Makes the workspace ready. What comes from the queue meanwhile is put into `early`; only an order to stop is heeded.
pub(super) async fn run(
    core: &Core,
    init: &Init,
    queue: &mut mpsc::Receiver<Input>,
    early: &mut Vec<Input>,
) -> Result<AgentStart, SetupError> {
    let start = init.agent.as_ref().ok_or(SetupError::NoAgent)?;
    let files = init.files.as_deref().unwrap_or_default();
    if files.len() > FILES {
        return Err(SetupError::TooMany);
    }
    let work = async {
        for RepositoryClone { url, folder } in &start.clone {
            clone(core, url, folder).await?;
        }
        for file in files {
            let bytes = file.bytes().ok().filter(|b| b.len() <= FILE_BYTES);
            let bytes = bytes.ok_or_else(|| SetupError::Content(file.name.clone()))?;
            put(&core.instance.workspace, &file.name, &bytes)?;
        }
        let below = start.cwd.as_deref().and_then(|cwd| {
            Path::new(cwd).strip_prefix(&core.instance.config.workspace).ok().filter(|p| is_plain(p))
        });
        if let Some(folder) = below {
            let made = core.instance.workspace.make_dirs(folder);
            made.map_err(|e| SetupError::Write(folder.display().to_string(), e))?;
        }
        for (name, content) in &start.home_files {
            put(&core.instance.home, name, content.as_bytes())?;
        }
        if let Some(text) = &start.setup {
            script::run(core, start, text).await?;
        }
        Ok(())
    };
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => break done?,
            Some(input) = queue.recv(), if early.len() < MAX_EARLY => match input {
                Input::Stop(_) => return Err(SetupError::Stopped),
                Input::Order(id, Order::Shutdown { .. }) if core.accept(id) => {
                    core.begin(id).map_err(SetupError::Journal)?;
                    core.done(id, Outcome::Ok { stop_reason: None }).map_err(SetupError::Journal)?;
                    return Err(SetupError::Stopped);
                }
                other => early.push(other),
            },
        }
    }
    Ok(start.clone())
}

fn put(below: &crate::confine::Confined, name: &str, bytes: &[u8]) -> Result<(), SetupError> {
    if name.len() > FILE_NAME_BYTES || !is_plain(Path::new(name)) {
        return Err(SetupError::Name(name.to_owned()));
    }
    below.write(Path::new(name), bytes).map_err(|e| SetupError::Write(name.to_owned(), e))
}

async fn clone(core: &Core, url: &str, folder: &str) -> Result<(), SetupError> {
    let failed = |e| SetupError::Clone(url.to_owned(), e);
    if !folder.is_empty() && !is_plain(Path::new(folder)) {
        return Err(SetupError::Name(folder.to_owned()));
    }
    let git = Git::new(&core.instance, folder);
    if git.is_repository() {
        return Ok(());
    }
    core.progress("cloning", format!("cloning {url}")).map_err(SetupError::Journal)?;
    let step = |line: &str| core.progress("cloning", line.to_owned());
    git.clone_from(url, step).await.map_err(failed)?;
    core.progress("cloned", format!("{url} is in the workspace")).map_err(SetupError::Journal)
}
