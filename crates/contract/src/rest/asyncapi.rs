//! AsyncAPI 3 of the sockets: a thin template over the contract's schema.

use lia_protocol::{
    api::COOKIE,
    chat::{CLIENT_EVENTS, SERVER_EVENTS, SocketEvent},
    rest::name,
    sessions,
    ws::WsMessageExt,
};
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::openapi::reachable;
use crate::schema::{self, bundle};

/// The prefix of a reference to a schema.
const SCHEMAS: &str = "#/components/schemas/";

/// What carries the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// One JSON object per text frame.
    WebSocket,
    /// Named events of Socket.IO.
    SocketIo,
}

/// A message of a socket: a type of the contract, and under Socket.IO its event's name.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// Socket.IO's name of the event.
    pub event: Option<&'static str>,
    /// The payload's type; a union stands for its variants.
    pub payload: &'static str,
    /// The type of what Socket.IO's callback gets, which the other side sends.
    pub ack: Option<&'static str>,
}

/// A message without an event's name.
#[must_use]
pub fn message<T: JsonSchema>() -> Message {
    Message { event: None, payload: name::<T>(), ack: None }
}

/// The events of Socket.IO that one side sends.
fn events(all: &[SocketEvent]) -> Vec<Message> {
    all.iter().map(|e| Message { event: Some(e.name), payload: e.payload, ack: e.ack }).collect()
}

/// One socket.
#[derive(Clone, Debug)]
pub struct Socket {
    /// Its key in the document.
    pub key: &'static str,
    /// Its address, with `{parameters}`.
    pub address: &'static str,
    /// What carries it.
    pub transport: Transport,
    /// For people.
    pub about: &'static str,
    /// Whether no code serves it yet.
    pub planned: bool,
    /// Parameters of the address.
    pub parameters: &'static [(&'static str, &'static str)],
    /// Variants that only the other side sends, which a union of both directions holds too.
    pub only: fn(variant: &str, from_client: bool) -> bool,
    /// What the server sends.
    pub from_server: Vec<Message>,
    /// What clients send.
    pub from_client: Vec<Message>,
}

fn all(_: &str, _: bool) -> bool {
    true
}

/// One union has the messages of both directions; `pong` may come from either.
fn task_stream(variant: &str, from_client: bool) -> bool {
    const CLIENTS: [&str; 5] =
        ["WsInputMessage", "WsPingMessage", "WsAnswerMessage", "WsCancelMessage", "WsResizeMessage"];
    variant == "WsPongMessage" || CLIENTS.contains(&variant) == from_client
}

/// All sockets.
#[must_use]
pub fn sockets() -> Vec<Socket> {
    vec![
        Socket {
            key: "taskStream",
            address: "/api/v1/tasks/{id}/stream",
            transport: Transport::WebSocket,
            about: "A task, live, both ways (seeds 000 and 001); all but the seed's six types only with `?progress=1`. Close codes: 1000 after the terminal status, 1001 the server \
                stops, 1013 the log cannot be read now, 4401 the credential has ended, 4404 the task was removed.",
            planned: false,
            parameters: &[("id", "The task.")],
            only: task_stream,
            from_server: vec![message::<WsMessageExt>()],
            from_client: vec![message::<WsMessageExt>()],
        },
        Socket {
            key: "session",
            address: "/ws/sessions/{sessionId}",
            transport: Transport::WebSocket,
            about: "One session (seed 003), also at `/api/ws/sessions/{sessionId}`: its whole log on connecting, or what follows `?since=`, then \
                what is new. An unknown action is answered with `error`, `ping` with nothing. Close codes as of the task's stream.",
            planned: false,
            parameters: &[("sessionId", "The session.")],
            only: all,
            from_server: vec![message::<sessions::WsServerMessage>()],
            from_client: vec![message::<sessions::WsControlMessage>()],
        },
        Socket {
            key: "channels",
            address: "/ws",
            transport: Transport::WebSocket,
            about: "Many sessions on one socket, by channels (seed 003), also at `/api/ws`: `agents`, `agent:{agentId}`, \
                `session:{sessionId}`, and `:fs`, `:queue`, `:terminal` of them. `connected` comes first; `subscribed` follows what was \
                missed since `since`. `agents` has the caller's sessions, those to come too, and replays nothing unless `since` is \
                there. An event comes once, tagged with its most specific channel that a subscription covers.",
            planned: false,
            parameters: &[],
            only: all,
            from_server: vec![message::<sessions::WsChannelServerMessage>()],
            from_client: vec![message::<sessions::WsChannelControlMessageExt>()],
        },
        Socket {
            key: "chat",
            address: "/socket.io",
            transport: Transport::SocketIo,
            about: "Chats over Socket.IO (seed 002), namespace `/`, by the browser's login. A room is a chat's id; what an agent does \
                comes as `agent:event`. An event with a callback is an operation of its own, whose reply is what the callback gets.",
            planned: true,
            parameters: &[],
            only: all,
            from_server: events(SERVER_EVENTS),
            from_client: events(CLIENT_EVENTS),
        },
    ]
}

/// The document.
///
/// # Panics
/// When a socket names a type that is not in the registry.
#[must_use]
pub fn asyncapi() -> Value {
    let bundle = bundle();
    let (mut channels, mut operations, mut messages) = (Map::new(), Map::new(), Map::new());
    for socket in sockets() {
        let mut of_channel = Map::new();
        for (from_client, list) in [(false, &socket.from_server), (true, &socket.from_client)] {
            let (action, side) = if from_client { ("receive", "fromClient") } else { ("send", "toClient") };
            let operation = |of_operation: &[Value]| {
                json!({
                    "action": action,
                    "channel": { "$ref": format!("#/channels/{}", socket.key) },
                    "messages": of_operation,
                    "x-lia-status": status(socket.planned),
                })
            };
            let mut put = |key: String, one: Value| {
                of_channel.insert(key.clone(), json!({ "$ref": format!("#/components/messages/{key}") }));
                let reference = json!({ "$ref": format!("#/channels/{}/messages/{key}", socket.key) });
                messages.insert(key, one);
                reference
            };
            let mut of_side: Vec<Value> = Vec::new();
            for message in list {
                let mut of_event: Vec<Value> = Vec::new();
                for variant in variants(message.payload, &bundle) {
                    if (socket.only)(&variant, from_client) {
                        let key =
                            message.event.map_or_else(|| variant.clone(), |e| key(&format!("{e} {variant}")));
                        of_event.push(put(key, describe(message.event, &variant, &bundle)));
                    }
                }
                if let (Some(ack), Some(event)) = (message.ack, message.event) {
                    let mut one = operation(&of_event);
                    one["reply"] = json!({
                        "channel": one["channel"],
                        "messages": [put(ack.to_owned(), describe(None, ack, &bundle))],
                    });
                    operations.insert(format!("{}.{}", socket.key, key(event)), one);
                } else {
                    let new: Vec<_> = of_event.into_iter().filter(|one| !of_side.contains(one)).collect();
                    of_side.extend(new);
                }
            }
            operations.insert(format!("{}.{side}", socket.key), operation(&of_side));
        }
        let mut channel = json!({
            "address": socket.address,
            "description": socket.about,
            "messages": of_channel,
            "x-lia-status": status(socket.planned),
            "x-lia-transport": match socket.transport {
                Transport::WebSocket => "websocket",
                Transport::SocketIo => "socket.io",
            },
        });
        if !socket.parameters.is_empty() {
            let parameters = socket.parameters.iter();
            let parameters: Map<_, _> = parameters
                .map(|(name, about)| ((*name).to_owned(), json!({ "description": about })))
                .collect();
            channel["parameters"] = Value::Object(parameters);
        }
        channels.insert(socket.key.into(), channel);
    }
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Lia's sockets",
            "version": schema::VERSION,
            "description": "Made from the contract's types. The routes are in /openapi.json. A channel with `x-lia-status: planned` \
                is not served yet.",
            "license": { "name": "MIT" },
        },
        "defaultContentType": "application/json",
        "servers": {
            "lia": {
                "host": "localhost:8811",
                "protocol": "ws",
                "security": [
                    { "$ref": "#/components/securitySchemes/bearer" },
                    { "$ref": "#/components/securitySchemes/cookie" },
                    { "$ref": "#/components/securitySchemes/ticket" },
                ],
            },
        },
        "channels": channels,
        "operations": operations,
        "components": {
            "schemas": {},
            "messages": messages,
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer" },
                "cookie": { "type": "httpApiKey", "in": "cookie", "name": COOKIE },
                "ticket": { "type": "httpApiKey", "in": "query", "name": "ticket" },
            },
        },
    });
    let mut schemas = reachable(&document, &bundle, SCHEMAS);
    schemas.values_mut().for_each(plain_discriminator);
    document["components"]["schemas"] = Value::Object(schemas);
    document
}

fn status(planned: bool) -> &'static str {
    if planned { "planned" } else { "served" }
}

/// The variants of a union, or the type itself.
fn variants(name: &str, bundle: &Value) -> Vec<String> {
    let definition =
        schema::definition(bundle, name).unwrap_or_else(|| panic!("{name} is not in the registry"));
    if schema::discriminator(definition).is_none() {
        return vec![name.to_owned()];
    }
    let forms = definition["oneOf"].as_array().into_iter().flatten();
    let names = forms.filter_map(|v| v["$ref"].as_str()?.strip_prefix("#/$defs/"));
    names.flat_map(|n| variants(n, bundle)).collect()
}

/// A name without what AsyncAPI's keys cannot have.
fn key(text: &str) -> String {
    text.replace([' ', ':'], "_")
}

fn describe(event: Option<&str>, variant: &str, bundle: &Value) -> Value {
    let about =
        schema::definition(bundle, variant).and_then(|d| d["description"].as_str()).unwrap_or_default();
    json!({
        "name": event.unwrap_or(variant),
        "title": variant,
        "summary": about.lines().next().unwrap_or_default(),
        "payload": { "$ref": format!("{SCHEMAS}{variant}") },
    })
}

/// AsyncAPI's discriminator is the property's name alone.
fn plain_discriminator(definition: &mut Value) {
    if let Some(field) = schema::discriminator(definition).map(str::to_owned) {
        definition["discriminator"] = json!(field);
    }
}
