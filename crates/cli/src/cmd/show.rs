//! `ls` and `show`.

use anyhow::Result;
use lia_client::TaskQuery;
use lia_protocol::{
    task::{TaskResponse, TaskStatus},
    time::Timestamp,
};

use crate::{
    args::{Ls, One},
    cmd::permission::listed,
    context::{Cx, find_task},
    text::{ago, line, short, span, tame},
    ui::{Style, Ui},
};

/// Tasks of one page of the API.
const PAGE: u32 = 100;

/// `lia ls`
pub async fn ls(cx: &Cx, args: Ls) -> Result<()> {
    let client = cx.client()?;
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let user_id = args.user.map(|u| u.parse()).transpose()?;
    let mut query = TaskQuery { user_id, status: args.status, per_page: Some(PAGE), ..TaskQuery::default() };
    let (mut tasks, mut total) = (Vec::new(), 0);
    for page in 1.. {
        query.page = Some(page);
        if limit < PAGE as usize {
            query.per_page = Some(u32::try_from(limit).unwrap_or(PAGE));
        }
        let answer = client.tasks(&query).await?;
        total = answer.total;
        let last = answer.tasks.len() < query.per_page.unwrap_or(PAGE) as usize;
        tasks.extend(answer.tasks);
        if last || tasks.len() >= limit {
            break;
        }
    }
    // A task that was made while pages were read shows the last of a page again.
    let mut seen = std::collections::HashSet::new();
    tasks.retain(|t| seen.insert(t.id));
    tasks.truncate(limit);
    if cx.ui.json {
        return tasks.iter().try_for_each(|t| cx.ui.json_line(t));
    }
    if tasks.is_empty() {
        cx.ui.note("no tasks; `lia spawn \"…\"` makes one");
        return Ok(());
    }
    let now = Timestamp::now();
    let (shown, own) = (tasks.len() as u64, tasks.iter().all(|t| t.user_id == tasks[0].user_id));
    let rows = tasks.iter().map(|t| {
        let (style, state) = state(t);
        let mut row = vec![
            (Style::Bold, short(t.id)),
            (style, state),
            (Style::Plain, line(&t.template, 20)),
            (Style::Plain, ago(t.created_at, now)),
        ];
        if !own {
            row.push((Style::Plain, line(t.user_id.as_str(), 20)));
        }
        row.push((Style::Plain, line(&t.prompt, 200)));
        row
    });
    let head: &[&str] = if own {
        &["TASK", "STATE", "AGENT", "CREATED", "PROMPT"]
    } else {
        &["TASK", "STATE", "AGENT", "CREATED", "USER", "PROMPT"]
    };
    cx.ui.table(head, rows.collect())?;
    if shown < total {
        cx.ui.note(&format!("{shown} of {total} tasks; -n 0 shows all"));
    }
    Ok(())
}

/// A task's state in one word, and what to look at first.
fn state(t: &TaskResponse) -> (Style, String) {
    match t.status {
        TaskStatus::Running if t.pending_permissions > 0 => (Style::Yellow, "asks".into()),
        TaskStatus::Running if t.busy => (Style::Green, "working".into()),
        TaskStatus::Running => (Style::Cyan, "waiting".into()),
        TaskStatus::Terminated if t.error_message.is_some() || t.exit_code.is_some_and(|c| c != 0) => {
            (Style::Red, "failed".into())
        }
        TaskStatus::Terminated => (Style::Dim, "ended".into()),
        other => (Style::Plain, other.as_str().into()),
    }
}

/// `lia show`
pub async fn show(cx: &Cx, args: One) -> Result<()> {
    let client = cx.client()?;
    let task = find_task(&client, &args.task).await?;
    if cx.ui.json {
        return cx.ui.json(&task);
    }
    details(&cx.ui, &task)?;
    if task.pending_permissions > 0 {
        let open = client.permissions(task.id).await?;
        cx.ui.line(format!("\n{}{}", cx.ui.paint(Style::Yellow, "Open questions:"), listed(&open)))?;
        cx.ui.note(&format!("answer with lia approve {0} or lia deny {0}", short(task.id)));
    }
    if task.queued > 0 {
        cx.ui.line("\nWaiting prompts:")?;
        for q in client.queue(task.id).await? {
            cx.ui.line(format!("  {}  {}", q.position + 1, line(&q.text, 100)))?;
        }
    }
    cx.ui.line(format!("\n{}", tame(task.prompt.trim_end())))
}

fn details(ui: &Ui, task: &TaskResponse) -> Result<()> {
    let now = Timestamp::now();
    let (style, word) = state(task);
    let mut rows = vec![
        ("task", task.id.to_string()),
        ("state", format!("{} ({})", ui.paint(style, &word), task.status.as_str())),
        ("agent", format!("{} on {}", line(&task.template, 64), line(&task.runtime, 64))),
        ("user", line(task.user_id.as_str(), 64)),
        ("page", line(&task.web_url, 200)),
        ("created", format!("{} ({})", ago(task.created_at, now), task.created_at)),
    ];
    if let (Some(start), Some(end)) = (task.started_at, task.completed_at) {
        rows.push((
            "ended",
            format!("{} after {}", ago(end, now), span((end.millis() - start.millis()) / 1000)),
        ));
    }
    if let Some(at) = task.suspended_at.filter(|_| task.status == TaskStatus::Suspended) {
        rows.push(("suspended", ago(at, now)));
    }
    if let Some(c) = task.config {
        let limits = format!(
            "{} MiB memory, {} CPUs, {} GiB disk, {} running time",
            c.max_memory_mb,
            c.vcpu_count,
            c.storage_gb,
            span(i64::from(c.timeout_minutes) * 60)
        );
        rows.push(("limits", limits));
    }
    if let Some(reason) = &task.stop_reason {
        rows.push(("last turn", line(reason, 64)));
    }
    if let Some(code) = task.exit_code {
        rows.push(("exit code", code.to_string()));
    }
    if let Some(error) = &task.error_message {
        rows.push(("error", ui.paint(Style::Red, &line(error, 1000))));
    }
    rows.push(("log", format!("{} events", task.last_seq)));
    rows.into_iter().try_for_each(|(key, value)| {
        ui.line(format!("{} {value}", ui.paint(Style::Dim, &format!("{key:<10}"))))
    })
}
