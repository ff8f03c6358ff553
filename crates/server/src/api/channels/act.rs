//! What a client of either socket may ask for, read from its messages, and done.

use lia_protocol::{
    api::Scope,
    error::{ErrorCode, Issue},
    ids::{PermissionId, Seq, TaskId},
    sessions::{
        Channel, FilePreviewAction, FsSnapshotAction, PermissionRespondAction, PermissionResponseBody,
        PromptMode, QueuedPromptResponse, WsChannelControlMessageExt, WsChannelTerminalCreateAction,
        WsChannelTerminalInputAction, WsChannelTerminalKillAction, WsChannelTerminalResizeAction,
        WsControlMessage,
    },
    terminal::{TerminalId, TerminalStart},
    wire::{self, tag::True},
};
use serde_json::Value;
use tokio::sync::oneshot;

use super::{
    super::{
        Api,
        auth::Principal,
        control::{check_input, give_answer},
        error::{Failure, bad_request, not_found},
    },
    looks::Look,
    terminals::{self, TerminalAct, no_terminal},
};
use crate::engine::{EngineError, Prompted};

/// What is asked of one session.
#[derive(Debug, PartialEq)]
pub(super) enum Act {
    Prompt(String),
    Answer { request: String, option: Option<String> },
    Cancel(Option<String>),
    Terminate,
    Reorder(Vec<String>),
    Clear,
    Pause,
    Resume,
    Terminal(TerminalAct),
}

impl Act {
    /// The words for a session that the caller has not.
    pub(super) fn missing(&self, session: &str) -> String {
        if let Self::Terminal(act) = self
            && let Some(id) = act.terminal()
        {
            return no_terminal(&id.to_string());
        }
        no_session(session)
    }
}

/// What is asked on a socket with channels.
#[derive(Debug, PartialEq)]
pub(super) enum Order {
    Subscribe(Channel, Option<Seq>, Option<u64>),
    Unsubscribe(Channel),
    Ping,
    Act(String, Act),
    /// Of the oldest of the caller's sessions.
    ActOfFirst(Act),
    /// Of a session's files; of the oldest of the caller's sessions when none is named.
    Look(Option<String>, Look),
}

/// What is asked on the socket of one session.
#[derive(Debug, PartialEq)]
pub(super) enum OrderOfOne {
    Act(Act),
    Look(Look),
}

/// The seed's answer to a subscription without a channel.
const NO_CHANNEL: &str = "Missing channel";

/// Reads a message on a socket with channels; the error is for the asker.
pub(super) fn parse(text: &str) -> Result<Order, String> {
    use WsChannelControlMessageExt as M;
    let message = match read::<M>(text) {
        Ok(message) => message,
        Err(wrong) => return Err(wrong.said("Invalid message format")),
    };
    let act = |session: String, act| Ok(Order::Act(session, act));
    match message {
        M::Subscribe(m) if m.channel.0.is_empty() => Err(NO_CHANNEL.to_owned()),
        M::Subscribe(m) => Ok(Order::Subscribe(m.channel, m.since, m.offset)),
        M::Unsubscribe(m) => Ok(Order::Unsubscribe(m.channel)),
        M::Ping(_) => Ok(Order::Ping),
        M::Prompt(m) => act(m.session_id, Act::Prompt(m.text)),
        M::PermissionRespond(m) => act(m.session_id, answer(m.request_id, m.body)),
        M::Cancel(m) => act(m.session_id, Act::Cancel(m.queue_id)),
        M::Terminate(m) => act(m.session_id, Act::Terminate),
        M::QueueReorder(m) => act(m.session_id, Act::Reorder(m.order)),
        M::QueueClear(m) => act(m.session_id, Act::Clear),
        M::QueuePause(m) => act(m.session_id, Act::Pause),
        M::QueueResume(m) => act(m.session_id, Act::Resume),
        M::TerminalCreate(m) => {
            let session = m.session_id.clone();
            let open = Act::Terminal(opens(m)?);
            Ok(match session {
                Some(session) => Order::Act(session, open),
                None => Order::ActOfFirst(open),
            })
        }
        M::TerminalInput(m) => of_terminal(&m.terminal_id, |id| TerminalAct::Input(id, m.data)),
        M::TerminalResize(m) => of_terminal(&m.terminal_id, |id| TerminalAct::Resize(id, m.cols, m.rows)),
        M::TerminalKill(m) => of_terminal(&m.terminal_id, TerminalAct::Kill),
        M::FsSnapshot(mut m) => Ok(Order::Look(m.session_id.take(), m.into())),
        M::FilePreview(mut m) => Ok(Order::Look(m.session_id.take(), m.into())),
    }
}

fn opens(m: WsChannelTerminalCreateAction) -> Result<TerminalAct, String> {
    TerminalStart::new(m.data, m.args, m.cols, m.rows).map(TerminalAct::Open)
}

/// What is asked of a terminal, whose name says of which session it is.
fn of_terminal(id: &str, act: impl FnOnce(TerminalId) -> TerminalAct) -> Result<Order, String> {
    let id = named(id)?;
    Ok(Order::Act(id.task.to_string(), Act::Terminal(act(id))))
}

/// The actions of terminals and files on the socket of one session, which the seed has on the other one alone.
fn also(text: &str, action: &str) -> Option<Result<OrderOfOne, String>> {
    let look = match action {
        "fs.snapshot" => read::<FsSnapshotAction>(text).map(Look::from),
        "file.preview" => read::<FilePreviewAction>(text).map(Look::from),
        _ => return of_terminals(text, action).map(|act| act.map(OrderOfOne::Act)),
    };
    Some(look.map(OrderOfOne::Look).map_err(|wrong| wrong.said("Invalid message")))
}

fn of_terminals(text: &str, action: &str) -> Option<Result<Act, String>> {
    let act = match action {
        "terminal.create" => read::<WsChannelTerminalCreateAction>(text).map(opens),
        "terminal.input" => read::<WsChannelTerminalInputAction>(text)
            .map(|m| named(&m.terminal_id).map(|id| TerminalAct::Input(id, m.data))),
        "terminal.resize" => read::<WsChannelTerminalResizeAction>(text)
            .map(|m| named(&m.terminal_id).map(|id| TerminalAct::Resize(id, m.cols, m.rows))),
        "terminal.kill" => {
            read::<WsChannelTerminalKillAction>(text).map(|m| named(&m.terminal_id).map(TerminalAct::Kill))
        }
        _ => return None,
    };
    Some(act.map_err(|wrong| wrong.said("Invalid message")).flatten().map(Act::Terminal))
}

fn named(id: &str) -> Result<TerminalId, String> {
    id.parse().map_err(|_| no_terminal(id))
}

/// Reads a message on the socket of one session; `None` wants nothing.
pub(super) fn parse_one(text: &str) -> Result<Option<OrderOfOne>, String> {
    use WsControlMessage as M;
    let message = match read::<M>(text) {
        Ok(message) => message,
        Err(wrong) => {
            if let Wrong::Unknown(action) = &wrong
                && let Some(order) = also(text, action)
            {
                return order.map(Some);
            }
            return Err(wrong.said("Invalid message"));
        }
    };
    Ok(Some(OrderOfOne::Act(match message {
        // This socket has no word for the answer.
        M::Ping(_) => return Ok(None),
        M::Prompt(m) => Act::Prompt(m.text),
        M::PermissionRespond(m) => answer(m.request_id, m.body),
        M::Cancel(m) => Act::Cancel(m.queue_id),
        M::Terminate(_) => Act::Terminate,
        M::QueueReorder(m) => Act::Reorder(m.order),
        M::QueueClear(_) => Act::Clear,
        M::QueuePause(_) => Act::Pause,
        M::QueueResume(_) => Act::Resume,
    })))
}

fn answer(request: String, body: PermissionResponseBody) -> Act {
    let option = match body {
        PermissionResponseBody::Option { option_id } => Some(option_id),
        PermissionResponseBody::Cancelled { .. } => None,
    };
    Act::Answer { request, option }
}

/// Why a message cannot be read.
enum Wrong {
    /// It is no JSON object with an action.
    NoMessage,
    /// No such action.
    Unknown(String),
    NoChannel,
    Issues(Vec<Issue>),
}

impl Wrong {
    fn said(&self, no_message: &str) -> String {
        match self {
            Self::NoMessage => no_message.to_owned(),
            Self::Unknown(action) => {
                let action: String = action.chars().take(80).collect();
                format!("Unknown action: {action}")
            }
            Self::NoChannel => NO_CHANNEL.to_owned(),
            Self::Issues(issues) => {
                let all: Vec<_> = issues.iter().map(|i| format!("{} {}", i.path, i.message)).collect();
                format!("the message is not valid: {}", all.join("; ").trim_start())
            }
        }
    }
}

fn read<M>(text: &str) -> Result<M, Wrong>
where
    M: serde::de::DeserializeOwned + garde::Validate<Context = ()>,
{
    let issues = match wire::parse::<M>(text.as_bytes()) {
        Ok(message) => return Ok(message),
        Err(issues) => issues,
    };
    // Only of a message that is wrong it matters what it was to be.
    let Ok(Value::Object(mut message)) = serde_json::from_str::<Value>(text) else {
        return Err(Wrong::NoMessage);
    };
    let Some(action) = message.get("action").and_then(Value::as_str).map(str::to_owned) else {
        return Err(Wrong::NoMessage);
    };
    if issues.iter().any(|i| i.path == "action") {
        return Err(Wrong::Unknown(action));
    }
    let subscribes = matches!(&*action, "subscribe" | "unsubscribe");
    if subscribes && message.get("channel").is_none_or(Value::is_null) {
        return Err(Wrong::NoChannel);
    }
    // The seed's other spelling of an answer: `response` for `body`.
    if action == "permission.respond"
        && !message.contains_key("body")
        && wire::parse::<PermissionRespondAction>(text.as_bytes()).is_ok()
        && let Some(response) = message.remove("response")
    {
        message.insert("body".into(), response);
        return wire::parse::<M>(Value::Object(message).to_string().as_bytes()).map_err(Wrong::Issues);
    }
    Err(Wrong::Issues(issues))
}

/// The seed's words for a session that the caller has not.
pub(super) fn no_session(id: &str) -> String {
    let id: String = id.chars().take(80).collect();
    format!("Session \"{id}\" not found")
}

/// What an action that was accepted leads to, for the asker alone.
pub(super) enum Outcome {
    /// It shows as events.
    Shown,
    /// A terminal was opened, and what runs in it.
    Opened(TerminalId, String),
    /// The prompt waits.
    Queued(QueuedPromptResponse),
    /// The prompt is the next thing that the agent does; a turn that fails is told here too.
    Running(oneshot::Receiver<Result<String, EngineError>>),
}

/// Does it.
///
/// # Errors
/// For the asker alone.
pub(super) async fn act(api: &Api, caller: &Principal, task: TaskId, act: Act) -> Result<Outcome, Failure> {
    if !caller.may(Scope::Write) {
        let text = "this credential may look and not act: it lacks the scope \"write\"";
        return Err(Failure::new(ErrorCode::Forbidden, text));
    }
    let (engine, by) = (&api.engine, caller.actor());
    if !api.queues && matches!(act, Act::Reorder(_) | Act::Clear | Act::Pause | Act::Resume) {
        return Err(bad_request("a runtime host has no queue; its control plane keeps one"));
    }
    match act {
        Act::Prompt(text) => {
            check_input(&text)?;
            let prompted = match api.queues {
                true => engine.prompt(task, by, text, PromptMode::Queue).await,
                false => engine.prompt_alone(task, by, text).await,
            };
            return Ok(match prompted? {
                Prompted::Queued { id, position } => {
                    Outcome::Queued(QueuedPromptResponse { queued: True, queue_id: id.to_string(), position })
                }
                Prompted::Running { ended, .. } => Outcome::Running(ended),
            });
        }
        Act::Answer { request, option } => {
            let Ok(id) = request.parse::<PermissionId>() else {
                let request: String = request.chars().take(80).collect();
                return Err(not_found(format_args!("permission {request:?}")));
            };
            give_answer(api, caller, task, id, option).await?;
        }
        Act::Cancel(None) => {
            engine.cancel(task, by).await?;
        }
        Act::Cancel(Some(id)) => match engine.queue_remove(task, &id, by).await {
            Err(EngineError::NotFound(_)) => {
                let id: String = id.chars().take(80).collect();
                return Err(bad_request(format!("Queue item \"{id}\" not found or currently processing")));
            }
            other => other?,
        },
        Act::Terminate => engine.end(task, by).await?,
        Act::Reorder(order) => engine.queue_reorder(task, order, by).await?,
        Act::Clear => {
            engine.queue_clear(task, by).await?;
        }
        Act::Pause => engine.queue_pause(task, by).await?,
        Act::Resume => engine.queue_resume(task, by).await?,
        Act::Terminal(act) => {
            if let Some((id, command)) = terminals::act(api, caller, task, act).await? {
                return Ok(Outcome::Opened(id, command));
            }
        }
    }
    Ok(Outcome::Shown)
}

/// The error of a running prompt's turn, once it has ended with one; `None` when it has not.
pub(super) async fn failed(
    api: &Api,
    ended: oneshot::Receiver<Result<String, EngineError>>,
) -> Option<String> {
    tokio::select! {
        ended = ended => ended.ok()?.err().map(|e| Failure::from(e).sentence().to_owned()),
        () = api.stopping.cancelled() => None,
    }
}

/// See [`crate::fuzz`].
pub(crate) fn any_message(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for said in [parse(text).err(), parse_one(text).err()].into_iter().flatten() {
        assert!(!said.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_may_send() {
        let channel = || Channel("session:s".into());
        for (text, wanted) in [
            (r#"{"action":"ping","more":1}"#, Ok(Order::Ping)),
            (r#"{"action":"subscribe","channel":"session:s"}"#, Ok(Order::Subscribe(channel(), None, None))),
            (
                r#"{"channel":"session:s","since":7,"action":"subscribe"}"#,
                Ok(Order::Subscribe(channel(), Some(Seq(7)), None)),
            ),
            (
                r#"{"action":"permission.respond","sessionId":"s","requestId":"r","body":{"optionId":"o"}}"#,
                Ok(Order::Act("s".into(), Act::Answer { request: "r".into(), option: Some("o".into()) })),
            ),
            (
                r#"{"action":"permission.respond","sessionId":"s","requestId":"r","response":{"optionId":"o"}}"#,
                Ok(Order::Act("s".into(), Act::Answer { request: "r".into(), option: Some("o".into()) })),
            ),
            (
                r#"{"action":"permission.respond","sessionId":"s","requestId":"r","body":{"outcome":"cancelled"}}"#,
                Ok(Order::Act("s".into(), Act::Answer { request: "r".into(), option: None })),
            ),
            (
                r#"{"action":"fs.snapshot","sessionId":"s","showAllFiles":true}"#,
                Ok(Order::Look(Some("s".into()), Look::Snapshot(String::new(), true))),
            ),
            (r#"{"action":"file.preview","path":"a"}"#, Ok(Order::Look(None, Look::Preview("a".into())))),
            ("", Err("Invalid message format")),
            ("[]", Err("Invalid message format")),
            ("{}", Err("Invalid message format")),
            (r#"{"action":7}"#, Err("Invalid message format")),
            (r#"{"action":"dance"}"#, Err("Unknown action: dance")),
            (r#"{"action":"subscribe"}"#, Err("Missing channel")),
            (r#"{"action":"subscribe","channel":""}"#, Err("Missing channel")),
            (r#"{"action":"unsubscribe","channel":null}"#, Err("Missing channel")),
        ] {
            assert_eq!(parse(text), wanted.map_err(str::to_owned), "{text}");
        }
        let wrong = parse(r#"{"action":"prompt","sessionId":"s"}"#).unwrap_err();
        assert_eq!(wrong, "the message is not valid: text missing field `text`");

        assert_eq!(parse_one(r#"{"action":"ping"}"#), Ok(None));
        assert_eq!(parse_one("x"), Err("Invalid message".into()));
        assert_eq!(parse_one(r#"{"action":"subscribe"}"#), Err("Unknown action: subscribe".into()));
        assert_eq!(parse_one(r#"{"action":"cancel"}"#), Ok(Some(OrderOfOne::Act(Act::Cancel(None)))));
        assert_eq!(
            parse_one(r#"{"action":"file.preview","path":"a"}"#),
            Ok(Some(OrderOfOne::Look(Look::Preview("a".into()))))
        );
        assert_eq!(
            parse_one(r#"{"action":"fs.snapshot","path":"a"}"#),
            Ok(Some(OrderOfOne::Look(Look::Snapshot("a".into(), false))))
        );
        assert!(parse_one(r#"{"action":"file.preview"}"#).is_err());
        let long = format!(r#"{{"action":"file.preview","path":"{}"}}"#, "x".repeat(4097));
        assert!(parse_one(&long).unwrap_err().contains("path") && parse(&long).is_err());
        assert_eq!(
            parse_one(r#"{"action":"permission.respond","requestId":"r","response":{"optionId":"o"}}"#),
            Ok(Some(OrderOfOne::Act(Act::Answer { request: "r".into(), option: Some("o".into()) })))
        );
    }
}
