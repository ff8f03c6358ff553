//! The slash commands that a session's agent has told of, as it told them.

use axum::{Json, extract::State};
use lia_protocol::{
    event::{Direction, Event, Kind, Phase},
    ids::Seq,
    limits,
};
use lia_store::PageSize;
use serde_json::Value;

use super::super::{Api, auth::Principal, error::Failure, extract::ApiPath, fs::Whose};

/// What an update of them is called by ACP.
const UPDATE: &str = "available_commands_update";

/// `GET /api/agents/{agentId}/commands` and `GET /api/runtimes/{instanceName}/fs/commands`: those of the last update among
/// the log's newest page and its first. An agent tells them when it has started, and when they change.
pub async fn commands<W: Whose>(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(name): ApiPath<String>,
) -> Result<Json<Vec<Value>>, Failure> {
    let task = W::task(&api, &caller, &name).await?;
    let store = api.engine.store();
    let Seq(last) = store.head(task.session).await?.last_seq;
    let newest = Seq(last.saturating_sub(limits::PAGE_EVENTS as u64));
    for after in [newest, Seq::ZERO] {
        let page = store.events(task.session, after, PageSize::default()).await?;
        if let Some(commands) = page.iter().rev().find_map(told) {
            return Ok(Json(commands));
        }
    }
    Ok(Json(Vec::new()))
}

fn told(event: &Event) -> Option<Vec<Value>> {
    let told = event.kind == Kind::Rpc(Direction::AgentToClient, Phase::Notification)
        && memchr::memmem::find(&event.body, UPDATE.as_bytes()).is_some();
    let frame: Value = serde_json::from_slice(&event.body).ok().filter(|_| told)?;
    let update = frame.pointer("/params/update")?;
    if update.get("sessionUpdate")?.as_str()? != UPDATE {
        return None;
    }
    let mut commands = update.get("availableCommands")?.as_array()?.clone();
    commands.retain(|c| c.get("name").is_some_and(Value::is_string));
    Some(commands)
}

#[cfg(test)]
mod tests {
    use lia_protocol::{event::Actor, ids::SessionId, time::Timestamp};
    use serde_json::json;

    use super::*;

    fn event(update: &Value) -> Event {
        let frame = json!({ "jsonrpc": "2.0", "method": "session/update", "params": { "update": update } });
        Event {
            seq: Seq(1),
            at: Timestamp(1),
            session: SessionId::new(),
            turn: None,
            actor: Actor::Agent,
            cause: None,
            v: 1,
            kind: Kind::Rpc(Direction::AgentToClient, Phase::Notification),
            body: frame.to_string().into(),
        }
    }

    #[test]
    fn commands_are_those_of_an_update_alone() {
        let commands = json!([{ "name": "plan", "description": "Plans" }, { "description": "no name" }]);
        let update = json!({ "sessionUpdate": UPDATE, "availableCommands": commands });
        assert_eq!(told(&event(&update)), Some(vec![commands[0].clone()]));
        let said = json!({ "sessionUpdate": "agent_message_chunk", "content": { "text": UPDATE } });
        assert_eq!(told(&event(&said)), None);
    }
}
