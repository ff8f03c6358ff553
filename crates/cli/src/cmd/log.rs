//! `logs` and `output`: what happened, and what was written.

use anyhow::Result;
use lia_client::{Client, LogEvent, StreamOptions};
use lia_protocol::{
    event::{Direction, Phase},
    ids::Seq,
    limits,
    task::TaskResponse,
    template::AgentMode,
    ws::{WsMessage, WsMessageExt, WsOutputMessage},
};
use serde_json::Value;

use crate::{
    args::{Logs, Output},
    cmd::raw::output_bytes,
    context::{Cx, find_task, mode_of},
    text::{bytes, line},
    ui::Style,
};

/// `lia logs`
pub async fn logs(cx: &Cx, args: Logs) -> Result<()> {
    let client = cx.client()?;
    let task = find_task(&client, &args.task).await?;
    let mut events = client.events(task.id, Seq(args.from), args.follow).await?;
    while let Some(event) = events.next().await {
        let event = event?;
        if cx.ui.json {
            cx.ui.line(&event.raw)?;
        } else {
            cx.ui.line(one_line(cx, &event))?;
        }
    }
    Ok(())
}

/// `seq time actor kind: what`
fn one_line(cx: &Cx, e: &LogEvent) -> String {
    let (style, what) = summary(e);
    let at = e.at.to_string();
    let time = at.get(11..23).unwrap_or(&at);
    let who = line(&e.actor, 24);
    let head = cx.ui.paint(Style::Dim, &format!("{:>6} {time} {who:<8}", e.seq));
    format!("{head} {} {}", cx.ui.paint(style, &line(&e.kind, 40)), line(&what, 2000))
}

fn summary(e: &LogEvent) -> (Style, String) {
    let body: Value = serde_json::from_str(e.body.get()).unwrap_or(Value::Null);
    let text = |key: &str| match body.get(key) {
        Some(Value::String(s)) => s.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let with = |key: &str, before: &str| {
        let t = text(key);
        if t.is_empty() { t } else { format!("{before}{t}") }
    };
    match e.kind.as_str() {
        "rpc" => (Style::Plain, frame(e, &body)),
        "output" => (
            Style::Plain,
            output_bytes(e).map_or_else(
                |e| e.to_string(),
                |b| format!("{} {:?}", bytes(b.len() as u64), String::from_utf8_lossy(&b[..b.len().min(80)])),
            ),
        ),
        "task.state" => (
            Style::Bold,
            format!(
                "{} ({}){}{}",
                text("status"),
                text("reason"),
                with("exit_code", ", exit code "),
                with("error", ": ")
            ),
        ),
        "turn.started" => (Style::Plain, text("command")),
        "turn.ended" => (Style::Plain, format!("{}{}", text("stop_reason"), with("error", ": "))),
        "prompt.queued" => (Style::Cyan, text("text")),
        "prompt.delivered" | "prompt.withdrawn" => {
            (Style::Plain, format!("{}{}", text("command"), with("reason", ": ")))
        }
        "queue.paused" | "queue.resumed" => (Style::Plain, String::new()),
        "queue.reordered" => {
            let ids = body.get("order").and_then(Value::as_array).into_iter().flatten();
            (Style::Plain, ids.filter_map(Value::as_str).collect::<Vec<_>>().join(", "))
        }
        "settings.changed" => {
            let auto = body.get("auto_approve").and_then(Value::as_bool);
            (
                Style::Plain,
                format!("auto-approve {}", auto.map_or("as the server", |a| if a { "on" } else { "off" })),
            )
        }
        "prompt.unknown" => (Style::Red, text("reason")),
        "permission.requested" => (Style::Yellow, text("title")),
        "permission.answered" => (
            Style::Yellow,
            format!(
                "{} by {}",
                body.get("option_id").and_then(Value::as_str).unwrap_or("cancelled"),
                text("by")
            ),
        ),
        "egress.refused" => (
            Style::Red,
            format!(
                "{}:{} ({}): {}{}",
                text("host"),
                text("port"),
                text("door"),
                text("reason"),
                match text("repeated").as_str() {
                    "" | "0" => String::new(),
                    n => format!(", and {n} more"),
                }
            ),
        ),
        "egress.allowed" => (Style::Plain, format!("{}:{} ({})", text("host"), text("port"), text("door"))),
        "usage" => (
            Style::Plain,
            format!(
                "{} {}: {} tokens in, {} out",
                text("provider"),
                text("model"),
                text("input_tokens"),
                text("output_tokens")
            ),
        ),
        "progress" => (Style::Plain, text("message")),
        "error" => (Style::Red, text("message")),
        "log.truncated" => (Style::Yellow, format!("{} bytes of older output were dropped", text("bytes"))),
        "agent.ready" => (Style::Green, text("agent")),
        "agent.exited" => (Style::Plain, format!("with {}{}", text("code"), with("stderr_tail", ": "))),
        _ => (Style::Plain, e.body.get().to_owned()),
    }
}

/// An ACP frame: which way, what, and what about.
fn frame(e: &LogEvent, body: &Value) -> String {
    let way = match e.direction {
        Some(Direction::ClientToAgent) => "→",
        _ => "←",
    };
    let update = &body["params"]["update"];
    let about = [
        &update["content"]["text"],
        &update["title"],
        &body["params"]["toolCall"]["title"],
        &body["params"]["path"],
        &body["result"]["stopReason"],
        &body["error"]["message"],
    ];
    let about = about.into_iter().find_map(Value::as_str).unwrap_or_default();
    let method =
        body["method"].as_str().unwrap_or(if e.phase == Some(Phase::Response) { "response" } else { "?" });
    let kind = update["sessionUpdate"].as_str().map(|k| format!(" {k}")).unwrap_or_default();
    format!("{way} {method}{kind} {about}")
}

/// `lia output`
pub async fn output(cx: &Cx, args: Output) -> Result<()> {
    let client = cx.client()?;
    let task = find_task(&client, &args.task).await?;
    if !cx.ui.json && mode_of(&client, &task).await? == AgentMode::Terminal {
        return terminal_output(cx, &client, &task, args).await;
    }
    let print = |message: &WsMessage| match message {
        _ if cx.ui.json => cx.ui.json_line(message),
        WsMessage::Output(WsOutputMessage { data, .. }) => cx.ui.write_foreign(data),
        _ => Ok(()),
    };
    if args.follow {
        let options = StreamOptions { from: Seq(args.from), ..StreamOptions::default() };
        let mut stream = client.stream(task.id, options).await?;
        while let Some(message) = stream.next().await {
            if let WsMessageExt::Output(message) = message? {
                print(&WsMessage::Output(message))?;
            }
        }
    } else {
        let mut from = Seq(args.from);
        loop {
            let page = client.output(task.id, from, limits::PAGE_EVENTS).await?;
            page.messages.iter().try_for_each(&print)?;
            match page.next_from {
                Some(next) if next > from && !page.messages.is_empty() => from = next,
                _ => break,
            }
        }
    }
    cx.ui.finish_line();
    Ok(())
}

/// A terminal's bytes as they were.
async fn terminal_output(cx: &Cx, client: &Client, task: &TaskResponse, args: Output) -> Result<()> {
    let mut events = client.events(task.id, Seq(args.from), args.follow).await?;
    while let Some(event) = events.next().await {
        let event = event?;
        if event.kind == "output" {
            cx.ui.write(&output_bytes(&event)?)?;
        }
    }
    Ok(())
}
