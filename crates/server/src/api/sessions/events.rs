//! `/api/agents/{agentId}/events`: callbacks of the session's own sidecar.
//!
//! What they tell stands in the log already, which comes over the control link: a callback changes nothing, may come as
//! often as it likes, and is answered with what holds.

use axum::{
    Json,
    extract::{Request, State},
};
use lia_protocol::{
    ids::PermissionId,
    sessions::{PermissionCallbackResponse, PermissionRequestEvent, SessionCallbackEvent},
    wire::{
        self,
        tag::{Tag, True},
    },
};
use lia_store::TaskRecord;
use serde_json::{Value, json};

use super::super::{
    Api,
    error::{Failure, bad_request, invalid, issues},
    extract::{ApiPath, json_bytes},
};

/// What may be told.
const TYPES: [&str; 5] = ["permission_request", "session_end", "end_turn", "agent_message", "error"];

/// `POST /api/agents/{agentId}/events`
pub async fn callback(
    State(api): State<Api>,
    ApiPath(id): ApiPath<String>,
    req: Request,
) -> Result<Json<Value>, Failure> {
    // Whose it is comes first: of others nothing is read.
    let task = api.callback_of(req.headers(), &id).await?;
    let body = json_bytes(req).await?;
    let answer = match read(&body)? {
        SessionCallbackEvent::PermissionRequest(asked) => json!(answer(&api, &task, &asked.data).await?),
        SessionCallbackEvent::SessionEnd(_)
        | SessionCallbackEvent::EndTurn(_)
        | SessionCallbackEvent::AgentMessage(_)
        | SessionCallbackEvent::Error(_) => json!({ "ok": true }),
    };
    Ok(Json(answer))
}

/// Reads one; what is wrong is said in the seed's words where it has some.
fn read(bytes: &[u8]) -> Result<SessionCallbackEvent, Failure> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|e| bad_request(format!("the body is not JSON: {e}")))?;
    let missing = |key: &str| value.get(key).is_none_or(|v| matches!(v, Value::Null | Value::Bool(false)));
    if missing("type") || missing("data") || !value["type"].is_string() {
        return Err(bad_request("Invalid event: missing type or data"));
    }
    if !TYPES.iter().any(|t| value["type"] == *t) {
        return Err(invalid("type", format!("is none of {}", TYPES.join(", "))));
    }
    wire::parse(bytes).map_err(|list| issues(&list))
}

/// What was decided about a question: by whoever answered it, or by the session's settings.
async fn answer(
    api: &Api,
    task: &TaskRecord,
    asked: &PermissionRequestEvent,
) -> Result<PermissionCallbackResponse, Failure> {
    use PermissionCallbackResponse as Answer;
    let known = match asked.request_id.parse::<PermissionId>() {
        Ok(id) => api.store.permission(id).await?.filter(|p| p.session == task.session),
        Err(_) => None,
    };
    if let Some(given) = known.and_then(|p| p.answer) {
        return Ok(match given {
            Some(option_id) => Answer::Option { option_id },
            None => Answer::Cancelled { outcome: Tag::new() },
        });
    }
    let allows = asked.options.iter().find(|o| o.kind.starts_with("allow"));
    Ok(match allows.filter(|_| api.engine.auto_approves(task)) {
        Some(option) => Answer::Option { option_id: option.option_id.clone() },
        None => Answer::Deferred { deferred: True },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_callback() {
        let said = |text: &str| read(text.as_bytes()).map(|_| ()).map_err(|f| f.sentence().to_owned());
        for good in [
            r#"{"type":"end_turn","data":{"promptResponse":{"stopReason":"end_turn"}}}"#,
            r#"{"type":"session_end","data":{"exitCode":null},"more":1}"#,
            r#"{"type":"agent_message","data":{"sessionUpdate":{}}}"#,
            r#"{"type":"error","data":{"message":"no"}}"#,
        ] {
            assert_eq!(said(good), Ok(()), "{good}");
        }
        for missing in ["{}", "[]", r#"{"type":"error"}"#, r#"{"data":{}}"#, r#"{"type":7,"data":{}}"#] {
            assert_eq!(said(missing).unwrap_err(), "Invalid event: missing type or data", "{missing}");
        }
        let other = said(r#"{"type":"dance","data":{}}"#).unwrap_err();
        assert!(TYPES.iter().all(|t| other.contains(t)), "{other}");
        assert!(said(r#"{"type":"error","data":{"message":7}}"#).is_err());
    }
}
