//! `attach` and `input`: talking to a task that is there already.

use std::process::ExitCode;

use anyhow::Result;
use lia_protocol::{
    ids::{CommandId, Seq},
    limits,
    template::AgentMode,
};

use crate::{
    args::{Attach, Input},
    cmd::raw,
    context::{Cx, find_task, mode_of, read_stdin},
    session::{Options, Session, Until},
    text::short,
};

/// `lia attach`
pub async fn attach(cx: &Cx, args: Attach) -> Result<ExitCode> {
    let client = cx.client()?;
    let task = find_task(&client, &args.task).await?;
    let from = if args.new { task.last_seq } else { Seq::ZERO };
    if mode_of(&client, &task).await? == AgentMode::Terminal && raw::possible(cx) {
        return raw::attach(cx, &client, &task, from).await;
    }
    if std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        cx.ui.note("Type a prompt and press Enter; a backslash at the end goes on to the next line. Ctrl-C cancels the turn, Ctrl-D leaves.");
    }
    let options = Options { from, until: Until::End, yes: args.yes, prompts: true };
    let (outcome, _) = Session::new(&cx.ui, &client, task.id, options).run().await?;
    Ok(outcome.code())
}

/// `lia input`
pub async fn input(cx: &Cx, args: Input) -> Result<()> {
    let client = cx.client()?;
    let task = find_task(&client, &args.task).await?;
    let mut data = if args.data == "-" { read_stdin(limits::INPUT_BYTES)? } else { args.data };
    if !args.raw && !data.ends_with('\n') && mode_of(&client, &task).await? == AgentMode::Terminal {
        data.push('\n');
    }
    let accepted = client.input(task.id, CommandId::new(), data).await?;
    if cx.ui.json {
        return cx.ui.json_line(&accepted);
    }
    let id = short(task.id);
    if accepted.position > 0 {
        cx.ui.note(&format!("queued, {} before it; lia attach {id} shows the answer", accepted.position));
    } else {
        cx.ui.note(&format!("sent; lia attach {id} shows the answer"));
    }
    Ok(())
}
