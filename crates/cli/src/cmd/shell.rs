//! `shell`: a terminal in a task's sandbox, beside its agent. Ctrl-] leaves it open; the command's exit code is ours.

use std::{io::IsTerminal as _, process::ExitCode, time::Duration};

use anyhow::{Context as _, Result, bail};
use lia_client::{Client, Error, Retry, TerminalEvent};
use lia_protocol::{
    ids::{Seq, TaskId},
    limits::TERMINAL_INPUT_BYTES,
    sessions::{CreateTerminalBody, TerminalInfo},
    terminal::TerminalId,
};
use tokio::sync::mpsc;

use super::raw::{Typed, read_keys};
use crate::{
    args::Shell,
    context::{Cx, find_task},
    session::Outcome,
    terminal::{Raw, size},
    text::short,
    ui::Style,
};

/// ^D: the end of what is typed.
const END: &str = "\x04";
/// How long it is before a server that does not answer is asked again.
const AGAIN: Duration = Duration::from_millis(500);

/// `lia shell`
pub async fn shell(cx: &Cx, args: Shell) -> Result<ExitCode> {
    let client = cx.client()?;
    let task = find_task(&client, &args.task).await?;
    if args.list {
        for t in client.terminals(task.id).await? {
            if cx.ui.json {
                cx.ui.json_line(&t)?;
            } else {
                let state = t.exit_code.map_or_else(|| "open".to_owned(), |c| format!("exit code {c}"));
                cx.ui
                    .write(format!("{}  {state:>13}  {}\n", digits(&t.terminal_id), t.command).as_bytes())?;
            }
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (terminal, since) = match &args.terminal {
        // Its end may stand in the log already.
        Some(wanted) => (find(&client, task.id, wanted).await?, Seq::ZERO),
        None => {
            let mut command = args.command.into_iter();
            let program = command.next();
            let rest: Vec<_> = command.collect();
            let (cols, rows) = size().unzip();
            let args = program.is_some().then_some(rest);
            let body = CreateTerminalBody { command: program, args, cols, rows };
            (client.open_terminal(task.id, &body).await?, task.last_seq)
        }
    };
    work(cx, &client, task.id, &terminal.terminal_id, since).await
}

/// The digits that tell a task's terminals apart.
fn digits(terminal: &str) -> String {
    terminal.parse::<TerminalId>().map_or_else(|_| terminal.to_owned(), |id| format!("{:08x}", id.nr))
}

async fn find(client: &Client, task: TaskId, wanted: &str) -> Result<TerminalInfo> {
    let mut all = client.terminals(task).await?;
    all.retain(|t| t.terminal_id == wanted || digits(&t.terminal_id).starts_with(wanted));
    match all.len() {
        1 => Ok(all.remove(0)),
        0 => bail!("the task has no terminal {wanted:?}; `lia shell --list` shows those that it has"),
        n => bail!("{n} terminals begin with {wanted:?}; give more of its digits"),
    }
}

/// Shows and types until the terminal is over, or the user leaves.
async fn work(cx: &Cx, client: &Client, task: TaskId, terminal: &str, since: Seq) -> Result<ExitCode> {
    let tty = std::io::stdin().is_terminal();
    if tty {
        cx.ui.note("Ctrl-] leaves the terminal open.");
    }
    let raw = tty.then(Raw::enter).transpose().context("the terminal cannot be switched to raw mode")?;
    let mut watched = client.watch_terminal(task, terminal, since, 0, Retry::default());
    let (orders, from_user) = mpsc::channel(64);
    let at_end = orders.clone();
    let typing = type_into(cx, client, task, terminal, from_user);
    let reading = async {
        read_keys(orders).await?;
        if !tty {
            at_end.send(Typed::Text(END.to_owned())).await?;
            return std::future::pending().await;
        }
        anyhow::Ok(())
    };
    let showing = async {
        while let Some(event) = watched.next().await {
            match event? {
                TerminalEvent::Output(text) => cx.ui.write(text.as_bytes())?,
                TerminalEvent::Dropped(bytes) => {
                    cx.ui
                        .write(format!("\r\n[{bytes} bytes of older output were dropped]\r\n").as_bytes())?;
                }
                TerminalEvent::Exit(code) => return Ok(code),
            }
        }
        anyhow::Ok(None)
    };
    let left = tokio::select! {
        over = showing => over.map(Some),
        broken = typing => broken.map(|()| None),
        left = reading => left.map(|()| None),
    };
    drop(raw);
    let id = short(task);
    match left {
        Ok(Some(Some(code))) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(1))),
        Ok(Some(None)) => {
            cx.ui.say(Style::Red, "\nthe terminal ended with its sandbox");
            Ok(Outcome::Lost.code())
        }
        Ok(None) => {
            let digits = digits(terminal);
            cx.ui.say(
                Style::Dim,
                &format!("\nthe terminal stays open: lia shell {id} --terminal {digits} comes back"),
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(e) => {
            cx.ui.say(Style::Red, &format!("\nlost: {e:#}"));
            Ok(Outcome::Lost.code())
        }
    }
}

/// Sends what is typed, in order and at most once: what may have arrived is not sent again.
async fn type_into(
    cx: &Cx,
    client: &Client,
    task: TaskId,
    terminal: &str,
    mut orders: mpsc::Receiver<Typed>,
) -> Result<()> {
    while let Some(order) = orders.recv().await {
        let done = match &order {
            Typed::Text(text) => in_pieces(client, task, terminal, text).await,
            Typed::Size(cols, rows) => client.terminal_resize(task, terminal, *cols, *rows).await.map(drop),
        };
        match done {
            Ok(()) => {}
            // A session that is suspended, a program that does not read; an end comes as an event.
            Err(Error::Api { api, .. }) => cx.ui.say(Style::Red, &format!("\r\n[{}]\r", api.error)),
            Err(e) if e.is_passing() => {}
            Err(e) => return Err(e.into()),
        }
    }
    // The keyboard's end is told by its reader.
    std::future::pending().await
}

async fn in_pieces(client: &Client, task: TaskId, terminal: &str, text: &str) -> Result<(), Error> {
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, more) = rest.split_at(rest.floor_char_boundary(TERMINAL_INPUT_BYTES));
        while let Err(e) = client.terminal_input(task, terminal, piece).await {
            let Error::Unreachable { .. } = e else { return Err(e) };
            // A server that starts again finds the terminal where it was.
            tokio::time::sleep(AGAIN).await;
        }
        rest = more;
    }
    Ok(())
}
