//! What an event is about, and where it goes.

use lia_protocol::{ids::TaskId, sessions::Channel, terminal::TerminalId};

/// What an event is about; it decides the channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Terminals, or one of them.
    Terminal(Option<Box<str>>),
    /// The prompt queue.
    Queue,
    /// Files.
    Files,
    /// Anything else.
    Other,
}

/// What an event of this type is about; of an `rpc` its method decides. ACP spells methods `terminal/create`, the seed
/// `terminal.create`; both are known.
#[must_use]
pub fn topic(kind: &str, method: Option<&str>, terminal: Option<&str>) -> Topic {
    let word = if kind == "rpc" { method.unwrap_or_default() } else { kind };
    match word.split_once(['.', '/']) {
        Some((
            "terminal",
            "create" | "output" | "release" | "wait_for_exit" | "kill" | "started" | "data" | "exit",
        )) => Topic::Terminal(terminal.map(Into::into)),
        Some(("queue", "updated" | "paused" | "resumed")) => Topic::Queue,
        Some(("filesystem", "changed" | "snapshot"))
        | Some(("file", "preview"))
        | Some(("fs", "read_text_file" | "write_text_file")) => Topic::Files,
        Some(_) | None => Topic::Other,
    }
}

/// The channels of an event, the most specific first. A session's agent has the session's id.
#[must_use]
pub fn channels(topic: &Topic, session: &str) -> Vec<Channel> {
    let mut all = Vec::with_capacity(5);
    match topic {
        Topic::Terminal(one) => {
            all.extend(one.as_ref().map(|t| format!("session:{session}:terminal:{t}")));
            all.push(format!("session:{session}:terminal"));
        }
        Topic::Queue => all.push(format!("session:{session}:queue")),
        Topic::Files => all.extend([format!("session:{session}:fs"), format!("agent:{session}:fs")]),
        Topic::Other => {}
    }
    all.extend([format!("session:{session}"), format!("agent:{session}"), "agents".to_owned()]);
    if let Topic::Terminal(Some(one)) = topic
        && one.parse::<TerminalId>().is_ok()
    {
        // A person's terminal is one of its sandbox, too.
        all.push(format!("terminals:{one}"));
    }
    all.into_iter().map(Channel).collect()
}

/// The most specific of an event's channels that one of the subscriptions covers: what the event is tagged with for
/// them. `None`: it is not for them.
#[must_use]
pub fn tag<'s>(
    topic: &Topic,
    session: &str,
    subscriptions: impl Iterator<Item = &'s Channel> + Clone,
) -> Option<Channel> {
    channels(topic, session).into_iter().find(|c| subscriptions.clone().any(|s| s.covers(c)))
}

/// Whose events a channel may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of every session of the caller.
    Wide,
    /// Those of one session.
    One(TaskId),
    /// None that Lia has: a name of somebody's own.
    Nothing,
}

/// Whose events a channel may carry, told from its name.
#[must_use]
pub fn reach(channel: &Channel) -> Reach {
    let mut parts = channel.0.split(':');
    match (parts.next(), parts.next()) {
        (Some("agents" | "session" | "agent" | "terminals"), None) => Reach::Wide,
        (Some("terminals"), Some(id)) => match (id.parse::<TerminalId>(), parts.next()) {
            (Ok(id), None) => Reach::One(id.task),
            (Ok(_) | Err(_), _) => Reach::Nothing,
        },
        (Some("session" | "agent"), Some(id)) => match id.parse::<TaskId>() {
            // One id has several spellings as a UUID, and one as a channel.
            Ok(task) if task.to_string() == id => Reach::One(task),
            Ok(_) | Err(_) => Reach::Nothing,
        },
        _ => Reach::Nothing,
    }
}
