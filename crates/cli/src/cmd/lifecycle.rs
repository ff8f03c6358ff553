//! `suspend`, `resume`, `stop` and `rm`: the same verb for one task or many.

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    args::Many,
    context::{Cx, find_task},
    text::short,
    ui::Style,
};

/// What to do with a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Pause it.
    Suspend,
    /// Let it go on.
    Resume,
    /// End it, keep record and log.
    Stop,
    /// End it and remove everything.
    Remove,
}

/// Does it to each; one that fails does not keep the others.
pub async fn each(cx: &Cx, args: Many, verb: Verb) -> Result<ExitCode> {
    let client = cx.client()?;
    let mut failed = 0;
    for given in &args.tasks {
        let done = async {
            let task = find_task(&client, given).await?;
            let done = match verb {
                Verb::Suspend => {
                    let task = client.suspend(task.id).await?;
                    (cx.ui.json.then_some(task), "suspended")
                }
                Verb::Resume => {
                    let task = client.resume(task.id).await?;
                    (cx.ui.json.then_some(task), "resumed")
                }
                Verb::Stop => {
                    client.delete_task(task.id, false).await?;
                    (if cx.ui.json { Some(client.task(task.id).await?) } else { None }, "ended")
                }
                Verb::Remove => {
                    client.delete_task(task.id, true).await?;
                    (None, "removed")
                }
            };
            anyhow::Ok((task.id, done))
        };
        match done.await {
            Ok((_, (Some(task), _))) => cx.ui.json_line(&task)?,
            Ok((id, (None, word))) => cx.ui.note(&format!("{} {word}", short(id))),
            // One task keeps its error as it is, for the exit code's sake and for its details.
            Err(e) if args.tasks.len() == 1 => return Err(e),
            Err(e) => {
                failed += 1;
                cx.ui.say(Style::Red, &format!("{given}: {e:#}"));
            }
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
