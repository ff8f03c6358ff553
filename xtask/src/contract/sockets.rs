//! The typed event maps of Socket.IO: which event carries which type, each way.

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::Result;
use lia_protocol::chat::{CLIENT_EVENTS, SERVER_EVENTS};

use super::{
    model::Contract,
    typescript::{Side, named},
};

/// `src/generated/sockets.ts`.
///
/// # Errors
/// A payload that is not in the registry.
pub fn sockets(contract: &Contract) -> Result<String> {
    let mut types = BTreeSet::new();
    for event in CLIENT_EVENTS {
        types.insert(named(contract, event.payload, Side::Input));
        types.extend(event.ack.map(str::to_owned));
    }
    for event in SERVER_EVENTS {
        types.insert(event.payload.to_owned());
    }
    let mut out = String::from(super::HEAD);
    out.push_str("import type {\n");
    for name in &types {
        let _ = writeln!(out, "  {name},");
    }
    out.push_str("} from \"./types.js\";\n\n");
    out.push_str("/** What the server sends, by the event's name: `Socket<ServerToClientEvents, ClientToServerEvents>`. */\n");
    out.push_str("export interface ServerToClientEvents {\n");
    for event in SERVER_EVENTS {
        contract.get(event.payload)?;
        let _ = writeln!(out, "  \"{}\": (data: {}) => void;", event.name, event.payload);
    }
    out.push_str("}\n\n/** What a client sends. Where the server answers, a callback gets the answer. */\n");
    out.push_str("export interface ClientToServerEvents {\n");
    for event in CLIENT_EVENTS {
        contract.get(event.payload)?;
        let data = named(contract, event.payload, Side::Input);
        let ack = event.ack.map_or_else(String::new, |ack| format!(", ack?: (answer: {ack}) => void"));
        let _ = writeln!(out, "  \"{}\": (data: {data}{ack}) => void;", event.name);
    }
    out.push_str("}\n");
    Ok(out)
}
