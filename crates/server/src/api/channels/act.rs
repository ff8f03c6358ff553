//! What a client of either socket may ask for, read from its messages, and done.

use lia_protocol::{
    api::Scope,
    error::Issue,
    ids::{CommandId, PermissionId, Seq, TaskId},
    sessions::{
        Channel, PermissionRespondAction, PermissionResponseBody, QueuedPromptResponse,
        WsChannelControlMessageExt, WsControlMessage,
    },
    wire::{self, tag::True},
};
use serde_json::Value;

use super::super::{
    Api,
    auth::Principal,
    control::{check_input, give_answer},
    error::{Failure, bad_request, not_found},
};

/// What is asked of one session.
#[derive(Debug, PartialEq)]
pub(super) enum Act {
    Prompt(String),
    Answer {
        request: String,
        option: Option<String>,
    },
    Cancel(Option<String>),
    Terminate,
    Reorder(Vec<String>),
    Clear,
    Pause,
    Resume,
    /// What this server does not do, by its name.
    Other(&'static str),
}

/// What is asked on a socket with channels.
#[derive(Debug, PartialEq)]
pub(super) enum Order {
    Subscribe(Channel, Option<Seq>),
    Unsubscribe(Channel),
    Ping,
    Act(String, Act),
    /// What this server does not do, by its name.
    Other(&'static str),
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
        M::Subscribe(m) => Ok(Order::Subscribe(m.channel, m.since)),
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
        M::TerminalCreate(_) => Ok(Order::Other("terminal.create")),
        M::TerminalInput(_) => Ok(Order::Other("terminal.input")),
        M::TerminalResize(_) => Ok(Order::Other("terminal.resize")),
        M::TerminalKill(_) => Ok(Order::Other("terminal.kill")),
        M::FsSnapshot(_) => Ok(Order::Other("fs.snapshot")),
        M::FilePreview(_) => Ok(Order::Other("file.preview")),
    }
}

/// Reads a message on the socket of one session; `None` wants nothing.
pub(super) fn parse_one(text: &str) -> Result<Option<Act>, String> {
    use WsControlMessage as M;
    let message = match read::<M>(text) {
        Ok(message) => message,
        Err(Wrong::Unknown(action)) if action == "fs.snapshot" => return Ok(Some(Act::Other("fs.snapshot"))),
        Err(Wrong::Unknown(action)) if action == "file.preview" => {
            return Ok(Some(Act::Other("file.preview")));
        }
        Err(wrong) => return Err(wrong.said("Invalid message")),
    };
    Ok(Some(match message {
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
    }))
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

/// Does it; the answer is for the asker alone, where there is one.
///
/// # Errors
/// For the asker alone.
pub(super) async fn act(
    api: &Api,
    caller: &Principal,
    task: TaskId,
    act: Act,
) -> Result<Option<QueuedPromptResponse>, Failure> {
    if !caller.may(Scope::Write) {
        let text = "this credential may look and not act: it lacks the scope \"write\"";
        return Err(Failure::new(lia_protocol::error::ErrorCode::Forbidden, text));
    }
    let (engine, by) = (&api.engine, caller.actor());
    match act {
        Act::Prompt(text) => {
            check_input(&text)?;
            let accepted = engine.input(task, by, None, text).await?;
            let waiting = engine.queue(task).await?;
            let waits = waiting.iter().find(|p| p.id == accepted.id);
            return Ok(waits.map(|p| QueuedPromptResponse {
                queued: True,
                queue_id: p.id.to_string(),
                position: p.position,
            }));
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
        Act::Cancel(Some(id)) => {
            let no_item = || {
                let id: String = id.chars().take(80).collect();
                bad_request(format!("Queue item \"{id}\" not found or currently processing"))
            };
            let command = id.parse::<CommandId>().map_err(|_| no_item())?;
            match engine.withdraw(task, command, by).await {
                Err(crate::engine::EngineError::NotFound(_)) => return Err(no_item()),
                other => other?,
            }
        }
        Act::Terminate => engine.terminate(task, by).await?,
        Act::Reorder(_) => return Err(not_done("queue.reorder")),
        Act::Clear => return Err(not_done("queue.clear")),
        Act::Pause => return Err(not_done("queue.pause")),
        Act::Resume => return Err(not_done("queue.resume")),
        Act::Other(name) => return Err(not_done(name)),
    }
    Ok(None)
}

/// What the seed names and this server does not do.
pub(super) fn not_done(action: &str) -> Failure {
    bad_request(format!("this server does not do {action} over a WebSocket"))
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
            (r#"{"action":"subscribe","channel":"session:s"}"#, Ok(Order::Subscribe(channel(), None))),
            (
                r#"{"channel":"session:s","since":7,"action":"subscribe"}"#,
                Ok(Order::Subscribe(channel(), Some(Seq(7)))),
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
            (r#"{"action":"fs.snapshot","sessionId":"s"}"#, Ok(Order::Other("fs.snapshot"))),
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
        assert_eq!(parse_one(r#"{"action":"cancel"}"#), Ok(Some(Act::Cancel(None))));
        assert_eq!(
            parse_one(r#"{"action":"file.preview","path":"a"}"#),
            Ok(Some(Act::Other("file.preview")))
        );
        assert_eq!(
            parse_one(r#"{"action":"permission.respond","requestId":"r","response":{"optionId":"o"}}"#),
            Ok(Some(Act::Answer { request: "r".into(), option: Some("o".into()) }))
        );
    }
}
