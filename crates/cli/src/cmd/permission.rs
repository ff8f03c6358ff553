//! `approve` and `deny`, and which of the offered answers a wish means.

use anyhow::{Result, bail};
use lia_client::Client;
use lia_protocol::{
    api::PermissionInfo,
    event::{PermissionOption, PermissionRequested},
    task::TaskResponse,
    time::Timestamp,
};

use crate::{
    args::{Approve, Deny},
    context::{Cx, find_task},
    text::{ago, line, short},
};

/// What the user wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish<'a> {
    /// Any offered answer that allows; `always` wants it to last.
    Allow {
        /// For good.
        always: bool,
    },
    /// Any offered answer that refuses.
    Deny {
        /// For good.
        always: bool,
    },
    /// A number from 1, an option's id or name, or `y` and `n`.
    Words(&'a str),
}

/// The option that a wish means. Never one that does more than was wished: without `always` none that lasts.
pub fn choose<'a>(q: &'a PermissionRequested, wish: Wish<'_>) -> Option<&'a PermissionOption> {
    let of_kind = |kind: &str| q.options.iter().find(|o| o.kind == kind);
    match wish {
        Wish::Allow { always: false } => of_kind("allow_once"),
        Wish::Allow { always: true } => of_kind("allow_always"),
        Wish::Deny { always: false } => of_kind("reject_once"),
        Wish::Deny { always: true } => of_kind("reject_always"),
        Wish::Words(words) => {
            let exact = q.options.iter().find(|o| o.option_id == words);
            let number = || words.parse::<usize>().ok().and_then(|n| q.options.get(n.checked_sub(1)?));
            let name = || q.options.iter().find(|o| o.name.eq_ignore_ascii_case(words));
            let short = || match words.to_ascii_lowercase().as_str() {
                "y" | "yes" => choose(q, Wish::Allow { always: false }),
                "n" | "no" => choose(q, Wish::Deny { always: false }),
                _ => None,
            };
            number().or(exact).or_else(name).or_else(short)
        }
    }
}

/// `lia approve`
pub async fn approve(cx: &Cx, args: Approve) -> Result<()> {
    let client = cx.client()?;
    let task = find_task(&client, &args.task).await?;
    for q in pick(&client, &task, args.question.as_deref(), args.all).await? {
        let request = q.request();
        let wish = args.option.as_deref().map_or(Wish::Allow { always: args.always }, Wish::Words);
        let Some(option) = choose(&request, wish) else {
            let hint = if args.option.is_some() { "is none of the answers" } else { "is not offered" };
            let wished =
                args.option.as_deref().unwrap_or(if args.always { "allow always" } else { "allow once" });
            bail!("{wished:?} {hint}; give one with --option:{}", options(&request));
        };
        answer(cx, &client, &task, &q, Some(option)).await?;
    }
    Ok(())
}

/// `lia deny`
pub async fn deny(cx: &Cx, args: Deny) -> Result<()> {
    let client = cx.client()?;
    let task = find_task(&client, &args.task).await?;
    for q in pick(&client, &task, args.question.as_deref(), args.all).await? {
        let request = q.request();
        let option = choose(&request, Wish::Deny { always: args.always });
        if option.is_none() && args.always {
            bail!(
                "to refuse always is not offered; leave --always out, or use `lia approve --option`:{}",
                options(&request)
            );
        }
        // Where the agent offers no refusal, "cancelled" is one.
        answer(cx, &client, &task, &q, option).await?;
    }
    Ok(())
}

async fn answer(
    cx: &Cx,
    client: &Client,
    task: &TaskResponse,
    q: &PermissionInfo,
    option: Option<&PermissionOption>,
) -> Result<()> {
    let answered = client.answer(task.id, q.id, option.map(|o| o.option_id.clone())).await?;
    if cx.ui.json {
        return cx.ui.json_line(&answered);
    }
    let took = option.map_or_else(|| "cancelled".into(), |o| line(&o.name, 60));
    cx.ui.note(&format!("{}: {took}", line(&q.title, 100)));
    Ok(())
}

/// The open questions that are meant.
async fn pick(
    client: &Client,
    task: &TaskResponse,
    which: Option<&str>,
    all: bool,
) -> Result<Vec<PermissionInfo>> {
    let mut open = client.permissions(task.id).await?;
    let id = short(task.id);
    if open.is_empty() {
        bail!("task {id} asks for nothing now");
    }
    if let Some(which) = which {
        let number = which.parse::<usize>().ok().filter(|n| (1..=open.len()).contains(n));
        let mut found: Vec<usize> = match number {
            Some(n) => vec![n - 1],
            None => (0..open.len()).filter(|i| open[*i].id.to_string().starts_with(which)).collect(),
        };
        return match (found.pop(), found.is_empty()) {
            (Some(i), true) => Ok(vec![open.swap_remove(i)]),
            (None, _) => bail!("task {id} has no open question {which:?}:{}", listed(&open)),
            (Some(_), false) => bail!("{which:?} begins several questions:{}", listed(&open)),
        };
    }
    if open.len() > 1 && !all {
        bail!("task {id} asks {} questions; say which by its number, or --all:{}", open.len(), listed(&open));
    }
    Ok(open)
}

/// Questions as an indented list with numbers.
pub fn listed(open: &[PermissionInfo]) -> String {
    let now = Timestamp::now();
    let one = |(i, q): (usize, &PermissionInfo)| {
        let at = ago(q.requested_at, now);
        format!("\n  {}  {}  ({}, {at})", i + 1, line(&q.title, 200), q.id)
    };
    open.iter().enumerate().map(one).collect()
}

fn options(q: &PermissionRequested) -> String {
    let one = |(i, o): (usize, &PermissionOption)| {
        format!("\n  {}  {} ({}, {})", i + 1, line(&o.name, 100), line(&o.option_id, 60), line(&o.kind, 40))
    };
    q.options.iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use lia_protocol::ids::PermissionId;

    use super::*;

    fn question(kinds: &[&str]) -> PermissionRequested {
        let option = |k: &&str| PermissionOption {
            option_id: format!("id-{k}"),
            name: k.replace('_', " "),
            kind: (*k).into(),
        };
        PermissionRequested {
            id: PermissionId::new(),
            tool_call_id: "t".into(),
            title: "t".into(),
            tool_kind: None,
            options: kinds.iter().map(option).collect(),
        }
    }

    #[test]
    fn a_wish_never_does_more_than_it_says() {
        let q = question(&["allow_always", "reject_once", "allow_once", "2"]);
        let kind = |w| choose(&q, w).map(|o| o.kind.as_str());
        assert_eq!(kind(Wish::Allow { always: false }), Some("allow_once"));
        assert_eq!(kind(Wish::Allow { always: true }), Some("allow_always"));
        assert_eq!(kind(Wish::Deny { always: true }), None);
        assert_eq!(kind(Wish::Words("3")), Some("allow_once"));
        assert_eq!(kind(Wish::Words("2")), Some("reject_once"), "numbers are places");
        assert_eq!(kind(Wish::Words("id-allow_always")), Some("allow_always"));
        assert_eq!(kind(Wish::Words("Allow Once")), Some("allow_once"));
        assert_eq!(kind(Wish::Words("y")), Some("allow_once"));
        assert_eq!([kind(Wish::Words("0")), kind(Wish::Words("9")), kind(Wish::Words(""))], [None; 3]);
        let only_always = question(&["allow_always"]);
        assert_eq!(choose(&only_always, Wish::Words("yes")), None);
    }
}
