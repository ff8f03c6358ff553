//! A task's terminal in the user's own: raw mode, resize, Ctrl-] leaves.
//!
//! Output comes from the log's events, which hold the bytes as the program wrote them; the text views show characters that
//! are cut between two chunks as U+FFFD. What is typed while a request is under way goes with the next one, in order.

use std::{io::IsTerminal as _, process::ExitCode};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use lia_client::{Client, LogEvent};
use lia_protocol::{
    event::{ErrorEvent, TaskState},
    ids::{CommandId, Seq, TaskId},
    log::OutputBody,
    task::{TaskResponse, TaskStatus},
};
use tokio::{
    io::AsyncReadExt as _,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

use crate::{
    context::Cx,
    session::Outcome,
    terminal::{Raw, size, take_text},
    text::{line, short},
    ui::Style,
};

/// Ctrl-]
const LEAVE: u8 = 0x1d;

/// Whether both ends are terminals.
pub fn possible(cx: &Cx) -> bool {
    cx.ui.out_tty && std::io::stdin().is_terminal() && !cx.ui.json
}

/// The bytes of an `output` event.
pub fn output_bytes(event: &LogEvent) -> Result<Vec<u8>> {
    let chunk: OutputBody = event.body()?;
    base64::engine::general_purpose::STANDARD.decode(chunk.data).context("the log's output cannot be read")
}

/// What the user does.
pub(super) enum Typed {
    /// Presses keys.
    Text(String),
    /// Makes the window this wide and high.
    Size(u16, u16),
}

/// Works until the task ends or the user leaves.
pub async fn attach(cx: &Cx, client: &Client, task: &TaskResponse, from: Seq) -> Result<ExitCode> {
    cx.ui.note("Ctrl-] leaves the task to itself.");
    let mut events = client.events(task.id, from, true).await?;
    let raw = Raw::enter().context("the terminal cannot be switched to raw mode")?;
    let (orders, from_user) = mpsc::channel(64);
    let resize = orders.clone();
    let typing = type_into(client.clone(), task.id, from_user);
    let reading = read_keys(orders);
    let showing = async {
        while let Some(event) = events.next().await {
            let event = event?;
            match event.kind.as_str() {
                // What was said before there was a terminal may be lost.
                "agent.ready" => {
                    if let Some((cols, rows)) = size() {
                        resize.send(Typed::Size(cols, rows)).await?;
                    }
                }
                "output" => cx.ui.write(&output_bytes(&event)?)?,
                "error" => {
                    let e: ErrorEvent = event.body()?;
                    cx.ui.write(format!("\r\n{}\r\n", line(&e.message, 500)).as_bytes())?;
                }
                "task.state" => {
                    let state: TaskState = event.body()?;
                    if state.status == TaskStatus::Suspended {
                        cx.ui.write(b"\r\n[suspended; a key wakes it]\r\n")?;
                    }
                }
                _ => {}
            }
        }
        anyhow::Ok(())
    };
    let left = tokio::select! {
        ended = showing => ended.map(|()| false),
        broken = typing => broken.map(|()| true),
        left = reading => left.map(|()| true),
    };
    drop(raw);
    let id = short(task.id);
    match left {
        Ok(true) => {
            cx.ui.say(
                Style::Dim,
                &format!("\nthe task goes on: lia attach {id} comes back, lia stop {id} ends it"),
            );
            Ok(ExitCode::SUCCESS)
        }
        Ok(false) => {
            let task = client.task(task.id).await?;
            let code = task.exit_code.map(|c| format!(", exit code {c}")).unwrap_or_default();
            cx.ui.note(&format!("\nthe task has ended{code}"));
            Ok(Outcome::of_task(&task).code())
        }
        Err(e) => {
            cx.ui.say(Style::Red, &format!("\nlost: {e:#}; the task may go on: lia attach {id}"));
            Ok(Outcome::Lost.code())
        }
    }
}

/// Reads keys and the terminal's size until the user leaves.
pub(super) async fn read_keys(orders: mpsc::Sender<Typed>) -> Result<()> {
    let mut resized = signal(SignalKind::window_change())?;
    let mut stdin = tokio::io::stdin();
    let mut buffer = [0u8; 4096];
    let mut pending = Vec::new();
    let mut told = None;
    loop {
        tell_size(&orders, &mut told).await?;
        tokio::select! {
            _ = resized.recv() => {}
            n = stdin.read(&mut buffer) => {
                let bytes = &buffer[..n.context("the keyboard cannot be read")?];
                // A key can be read sooner than the signal of a new size; what is typed after it finds it all the same.
                tell_size(&orders, &mut told).await?;
                let leave = bytes.is_empty() || bytes.contains(&LEAVE);
                pending.extend(bytes.iter().take_while(|b| **b != LEAVE));
                let text = take_text(&mut pending);
                if !text.is_empty() {
                    orders.send(Typed::Text(text)).await?;
                }
                if leave {
                    return Ok(());
                }
            }
        }
    }
}

/// Tells the terminal's size where it is another one than was told.
async fn tell_size(orders: &mpsc::Sender<Typed>, told: &mut Option<(u16, u16)>) -> Result<()> {
    let now = size();
    if now != *told
        && let Some((cols, rows)) = now
    {
        orders.send(Typed::Size(cols, rows)).await?;
        *told = now;
    }
    Ok(())
}

/// Sends what is typed, in order.
async fn type_into(client: Client, task: TaskId, mut orders: mpsc::Receiver<Typed>) -> Result<()> {
    while let Some(order) = orders.recv().await {
        let (mut text, mut size) = (String::new(), None);
        let mut next = Some(order);
        while let Some(order) = next {
            match order {
                Typed::Text(t) => text.push_str(&t),
                Typed::Size(cols, rows) => size = Some((cols, rows)),
            }
            next = orders.try_recv().ok();
        }
        if let Some((cols, rows)) = size
            && let Err(e) = client.resize(task, cols, rows).await
            && e.code().is_none()
        {
            return Err(e.into());
        }
        if !text.is_empty() {
            let id = CommandId::new();
            while let Err(e) = client.input(task, id, text.as_str()).await {
                // A server that restarts gets the same command again.
                if !e.is_passing() {
                    if e.code().is_none() {
                        return Err(e.into());
                    }
                    // The end of the task comes as an event.
                    return std::future::pending().await;
                }
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            }
        }
    }
    // The keyboard's end is told by its reader.
    std::future::pending().await
}
