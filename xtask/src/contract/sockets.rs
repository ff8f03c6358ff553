//! The typed event maps of Socket.IO: which event carries which type, each way.

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::Result;

use super::model::Contract;

/// An event that a client sends: its name, its payload, what the server acknowledges it with.
const CLIENT: [(&str, &str, &str); 5] = [
    ("session:join", "SessionJoinData", "SessionJoinAck"),
    ("session:leave", "SessionLeaveData", "SessionLeaveAck"),
    ("chat:message", "ChatMessageData", "ChatMessageAck"),
    ("chat:stop", "StopAgentData", "StopAgentAck"),
    ("approval:response", "ApprovalResponse", "ApprovalResponseAck"),
];

/// An event that the server sends: its name and its payload.
const SERVER: [(&str, &str); 7] = [
    ("agent:event", "AgentEvent"),
    ("agent:error", "AgentErrorData"),
    ("session:joined", "SessionJoinedEvent"),
    ("session:ready", "SessionReadyEvent"),
    ("session:left", "SessionLeftEvent"),
    ("session:error", "SessionErrorData"),
    ("approval:error", "ApprovalErrorData"),
];

/// `src/generated/sockets.ts`.
///
/// # Errors
/// A payload that is not in the registry.
pub fn sockets(contract: &Contract) -> Result<String> {
    let names: BTreeSet<&str> = CLIENT
        .iter()
        .flat_map(|(_, data, ack)| [*data, *ack])
        .chain(SERVER.iter().map(|(_, data)| *data))
        .collect();
    let mut out = String::from(super::HEAD);
    out.push_str("import type {\n");
    for name in &names {
        contract.get(name)?;
        let _ =
            writeln!(out, "  {},", super::typescript::named(contract, name, super::typescript::Side::Output));
    }
    out.push_str("} from \"./types.js\";\n\n");
    out.push_str("/** What the server sends, by the event's name: `Socket<ServerToClientEvents, ClientToServerEvents>`. */\n");
    out.push_str("export interface ServerToClientEvents {\n");
    for (event, data) in SERVER {
        let _ = writeln!(out, "  \"{event}\": (data: {data}) => void;");
    }
    out.push_str("}\n\n/** What a client sends. Each event may ask for an acknowledgement. */\n");
    out.push_str("export interface ClientToServerEvents {\n");
    for (event, data, ack) in CLIENT {
        let _ = writeln!(out, "  \"{event}\": (data: {data}, ack?: (answer: {ack}) => void) => void;");
    }
    out.push_str("}\n");
    Ok(out)
}
