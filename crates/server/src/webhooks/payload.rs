//! An event of the log as receivers see it: a pure function, so that a body made again is the same body.

use bytes::Bytes;
use lia_protocol::{
    event::{Event, EventBody},
    ids::Seq,
    sessions::{
        EndTurnData, PendingPermissionOption, PermissionRequestEvent, WebhookEvent, WebhookEventType,
        WebhookPayload,
    },
    task::TaskStatus,
};
use lia_store::Untold;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::views;

/// What receivers are told of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Which event it is to them.
    pub kind: WebhookEventType,
    /// Its id, the same for every webhook.
    pub id: Uuid,
    /// What is posted.
    pub body: Bytes,
}

/// What receivers are told of an event, if anything.
#[must_use]
pub fn told(of: &Untold) -> Option<Told> {
    let event = &of.event;
    let (kind, data) = data(event)?;
    let id = event_id(event);
    let payload = WebhookPayload {
        session_id: of.task.to_string(),
        event_id: id.to_string(),
        timestamp: event.at,
        event: WebhookEvent { kind, data },
    };
    Some(Told { kind, id, body: body(&payload) })
}

/// A payload's bytes.
#[must_use]
pub fn body(payload: &WebhookPayload) -> Bytes {
    // These types are plain data with string keys: serialising them cannot fail.
    serde_json::to_vec(payload).unwrap_or_default().into()
}

/// The id of an event outside: made of its place in the log, so that it is the same whenever it is made.
fn event_id(event: &Event) -> Uuid {
    let Seq(seq) = event.seq;
    let mut hash = Sha256::new();
    hash.update(b"lia webhook event ");
    hash.update(event.session.0.as_bytes());
    hash.update(seq.to_be_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The event's type outside and its data, if it is told at all.
pub(crate) fn data(event: &Event) -> Option<(WebhookEventType, Map<String, Value>)> {
    let body = match event.read() {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(session = %event.session, seq = %event.seq, %error, "an event cannot be told: its body cannot be read");
            return None;
        }
    };
    Some(match body {
        EventBody::PermissionRequested(asked) => {
            let options = asked.options.into_iter();
            let request = PermissionRequestEvent {
                request_id: asked.id.to_string(),
                tool_call_id: asked.tool_call_id,
                title: asked.title,
                kind: asked.tool_kind,
                options: options
                    .map(|o| PendingPermissionOption { option_id: o.option_id, name: o.name, kind: o.kind })
                    .collect(),
            };
            (WebhookEventType::PermissionRequest, object(&request))
        }
        EventBody::TurnEnded(turn) => match turn.error {
            Some(message) => (WebhookEventType::Error, object(&json!({ "message": message }))),
            None => {
                let answer = EndTurnData { prompt_response: json!({ "stopReason": turn.stop_reason }) };
                (WebhookEventType::EndTurn, object(&answer))
            }
        },
        EventBody::Error(error) => (WebhookEventType::Error, object(&json!({ "message": error.message }))),
        EventBody::TaskState(state) if state.status == TaskStatus::Terminated => {
            let mut data = json!({ "exitCode": state.exit_code, "reason": views::end_reason(&state.reason) });
            if let (Some(error), Some(map)) = (state.error, data.as_object_mut()) {
                map.insert("message".into(), error.into());
            }
            (WebhookEventType::SessionEnd, object(&data))
        }
        EventBody::TaskState(_)
        | EventBody::Rpc(..)
        | EventBody::Output(_)
        | EventBody::TurnStarted(_)
        | EventBody::PromptQueued(_)
        | EventBody::PromptDelivered(_)
        | EventBody::PromptUnknown(_)
        | EventBody::PromptWithdrawn(_)
        | EventBody::PermissionAnswered(_)
        | EventBody::QueuePaused(_)
        | EventBody::QueueResumed(_)
        | EventBody::QueueReordered(_)
        | EventBody::SettingsChanged(_)
        | EventBody::TerminalOpened(_)
        | EventBody::TerminalClosed(_)
        | EventBody::EgressRefused(_)
        | EventBody::EgressAllowed(_)
        | EventBody::Usage(_)
        | EventBody::FsChanged(_)
        | EventBody::Progress(_)
        | EventBody::LogTruncated(_)
        | EventBody::AgentReady(_)
        | EventBody::AgentExited(_) => return None,
    })
}

fn object(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => map,
        Ok(_) | Err(_) => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use lia_protocol::{
        event::{
            Actor, ErrorEvent, NewEvent, OwnEvent, PermissionOption, PermissionRequested, TaskState,
            TurnEnded,
        },
        ids::{CommandId, PermissionId, SessionId, TaskId},
        time::Timestamp,
    };

    use super::*;

    fn untold<T: OwnEvent>(body: &T) -> Untold {
        let new = NewEvent::own(Actor::System, body);
        let event = Event {
            seq: Seq(7),
            at: Timestamp(1_700_000_000_123),
            session: SessionId(Uuid::from_u128(1)),
            turn: None,
            actor: new.actor,
            cause: None,
            v: 1,
            kind: new.kind,
            body: new.body,
        };
        Untold { event, task: TaskId(Uuid::from_u128(2)) }
    }

    fn event<T: OwnEvent>(body: &T) -> Value {
        let told = told(&untold(body)).unwrap();
        serde_json::from_slice::<Value>(&told.body).unwrap()["event"].clone()
    }

    #[test]
    fn the_four_events() {
        let ended = |stop: &str, error: Option<&str>| TurnEnded {
            command: CommandId::new(),
            stop_reason: stop.into(),
            error: error.map(str::to_owned),
        };
        assert_eq!(
            event(&ended("cancelled", None)),
            json!({ "type": "end_turn", "data": { "promptResponse": { "stopReason": "cancelled" } } })
        );
        assert_eq!(
            event(&ended("error", Some("agent says no"))),
            json!({ "type": "error", "data": { "message": "agent says no" } })
        );
        assert_eq!(
            event(&ErrorEvent { message: "no".into(), code: Some("x".into()) }),
            json!({ "type": "error", "data": { "message": "no" } })
        );
        let id = PermissionId::new();
        let option =
            PermissionOption { option_id: "a".into(), name: "Allow".into(), kind: "allow_once".into() };
        let asked = PermissionRequested {
            id,
            tool_call_id: "call-1".into(),
            title: "rm -rf".into(),
            tool_kind: None,
            options: vec![option],
        };
        assert_eq!(
            event(&asked),
            json!({ "type": "permission_request", "data": {
                "requestId": id, "toolCallId": "call-1", "title": "rm -rf",
                "options": [{ "optionId": "a", "name": "Allow", "kind": "allow_once" }],
            } })
        );
        let state = |status, reason: &str, exit_code, error: Option<&str>| TaskState {
            status,
            reason: reason.into(),
            exit_code,
            error: error.map(str::to_owned),
        };
        let end =
            |reason, code, error| event(&state(TaskStatus::Terminated, reason, code, error))["data"].clone();
        assert_eq!(end("agent_exit", Some(3), None), json!({ "exitCode": 3, "reason": "agent_exit" }));
        assert_eq!(end("deleted", None, None), json!({ "exitCode": null, "reason": "terminated" }));
        assert_eq!(
            end("timeout", None, Some("too long")),
            json!({ "exitCode": null, "reason": "error", "message": "too long" })
        );
        assert_eq!(end("lost", None, Some("gone"))["reason"], "error");
        assert_eq!(told(&untold(&state(TaskStatus::Running, "agent_ready", None, None))), None);
    }

    #[test]
    fn a_body_made_again_is_the_same_body() {
        let of = untold(&ErrorEvent { message: "no".into(), code: None });
        let first = told(&of).unwrap();
        assert_eq!(first, told(&of.clone()).unwrap());
        let body: WebhookPayload = serde_json::from_slice(&first.body).unwrap();
        assert_eq!(body.session_id, of.task.to_string());
        assert_eq!((body.event_id, body.timestamp), (first.id.to_string(), of.event.at));
        let mut next = of.clone();
        next.event.seq = Seq(8);
        assert_ne!(told(&next).unwrap().id, first.id);
        next.event.seq = Seq(7);
        next.event.session = SessionId::new();
        assert_ne!(told(&next).unwrap().id, first.id);
    }
}
