//! `GET /api/v1/tasks/{id}/stream`: a task live, both ways.
//!
//! ```text
//!            ┌─ reader: one message at a time ─ engine ─┐
//!  client ───┤                                          ├─ replies (bounded)
//!            └─ writer: status, log from the cursor, replies, live ─┘
//! ```
//!
//! The two halves share nothing but the socket and the bounded replies. A client that does not read holds up its own
//! writer, then its own reader, and nobody else: what it has not read stays in the log.
//!
//! Close codes: 1000 after the terminal status, 1001 the server stops, 4401 the credential has ended, 4404 the task was
//! purged, 1013 the log cannot be read now.

use std::{pin::pin, time::Duration};

use axum::{
    extract::{
        FromRequestParts as _, Request, State,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use lia_protocol::{
    api::Scope,
    error::Issue,
    ids::{CommandId, PermissionId, Seq, TaskId},
    limits,
    query::StreamQuery,
    wire::{self, tag::Tag},
    ws::{WsLiveMessage, WsMessage, WsMessageExt},
};
use lia_store::TaskRecord;
use tokio::{sync::mpsc, time::timeout};

use super::{
    Api,
    auth::{BEARER_PROTOCOL, Principal},
    control::{check_input, give_answer},
    error::{Failure, bad_request},
    extract::{ApiPath, ApiQuery},
};
use crate::{
    engine::Subscription,
    views::{View, stream::json},
};

/// Replies to one client that wait to be written.
const REPLIES: usize = 64;
/// The protocol's name, for clients that offer one beside their token.
const PROTOCOL: &str = "lia.v1";
/// How long a closing client may take when the server is in a hurry.
const CLOSING: Duration = Duration::from_secs(2);
/// How long it may take otherwise: it may have much to read before the close frame.
const LINGER: Duration = Duration::from_secs(600);
/// Buffers of one socket: idle clients are many.
const BUFFER_BYTES: usize = 16 << 10;

/// The upgrade. Whatever is wrong is said before it, in JSON.
pub async fn stream(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<StreamQuery>,
    req: Request,
) -> Result<Response, Failure> {
    let task = api.task(&caller, id).await?;
    let (mut parts, _) = req.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &api).await.map_err(|_| {
        bad_request(
            "this route is a WebSocket: a GET with Upgrade: websocket, Sec-WebSocket-Version: 13 and a key",
        )
        .header(header::UPGRADE, "websocket")
    })?;
    let extended = q.progress.as_deref().is_some_and(|p| p == "1" || p == "true");
    let subscription = api.engine.subscribe(&task, q.from).await?;
    let protocol = protocol(&upgrade);
    let mut upgrade = upgrade
        .max_message_size(limits::WS_FRAME_BYTES)
        .max_frame_size(limits::WS_FRAME_BYTES)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES);
    if let Some(protocol) = protocol {
        upgrade.set_selected_protocol(protocol);
    }
    let tracker = api.tracker.clone();
    let client = Client { api, caller, task, extended };
    let response = upgrade.on_upgrade(move |socket| tracker.track_future(client.run(socket, subscription)));
    Ok(response.into_response())
}

/// Browsers close a socket whose server takes none of the offered protocols: ours, else the one with the token.
fn protocol(upgrade: &WebSocketUpgrade) -> Option<HeaderValue> {
    let offered: Vec<_> = upgrade.requested_protocols().cloned().collect();
    let ours = offered.iter().find(|p| *p == PROTOCOL);
    let token = || offered.iter().find(|p| p.as_bytes().starts_with(BEARER_PROTOCOL.as_bytes()));
    ours.or_else(token).cloned()
}

/// What a client sends.
#[derive(Debug, PartialEq)]
enum Order {
    Input { data: String, id: Option<CommandId> },
    Ping,
    Pong,
    Answer { id: PermissionId, option_id: Option<String> },
    Cancel,
    Resize { cols: u16, rows: u16 },
}

/// Reads one message; the error is for the asker.
fn parse(text: &str, extended: bool) -> Result<Order, String> {
    let message: WsMessageExt = wire::parse(text.as_bytes()).map_err(|issues| said(&issues, extended))?;
    Ok(match message {
        WsMessageExt::Input(m) => Order::Input { data: m.data, id: m.id },
        WsMessageExt::Ping(_) => Order::Ping,
        WsMessageExt::Pong(_) => Order::Pong,
        WsMessageExt::Answer(m) if extended => {
            Order::Answer { id: m.id, option_id: m.option_id.and_then(|o| o.0) }
        }
        WsMessageExt::Cancel(_) if extended => Order::Cancel,
        WsMessageExt::Resize(m) if extended => Order::Resize { cols: m.cols, rows: m.rows },
        other => return Err(not_a_clients(other.tag(), extended)),
    })
}

/// See [`crate::fuzz`]: what a client of the seed may say, one that asked for more may say too.
pub(crate) fn any_message(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(order) = parse(text, false) {
        assert_eq!(parse(text, true), Ok(order));
    }
}

fn not_a_clients(tag: &str, extended: bool) -> String {
    let more = if extended { ", answer, cancel, resize" } else { "" };
    format!("{tag:?} is not a message of a client; those are input, ping{more}")
}

/// What is wrong with a message, in one sentence.
fn said(issues: &[Issue], extended: bool) -> String {
    match issues {
        // The union's own sentence would name the server's messages too.
        [Issue { path, message }] if path == "type" && message.contains("is unknown") => {
            let more = if extended { ", answer, cancel, resize" } else { "" };
            let tag = message.split_once(" is unknown").map_or("", |(tag, _)| tag);
            format!("{tag} is not a message of a client; those are input, ping{more}")
        }
        _ => {
            let all: Vec<_> = issues.iter().map(|i| format!("{} {}", i.path, i.message)).collect();
            format!("the message is not valid: {}", all.join("; ").trim_start())
        }
    }
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Complete,
    Stopping,
    Credential,
    Purged,
    Overload,
    /// The client went, or broke the protocol.
    Gone,
}

impl End {
    fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Complete => (1000, "the task is terminated"),
            Self::Stopping => (1001, "the server is stopping"),
            Self::Credential => (4401, "the credential has expired or was revoked"),
            Self::Purged => (4404, "the task was removed"),
            Self::Overload => (1013, "the log cannot be read now; try again later"),
            Self::Gone => return None,
        };
        Some(CloseFrame { code, reason: reason.into() })
    }
}

/// One connection.
struct Client {
    api: Api,
    caller: Principal,
    task: TaskRecord,
    extended: bool,
}

impl Client {
    async fn run(self, socket: WebSocket, subscription: Subscription) {
        let (mut sink, mut source) = socket.split();
        let (replies, from_reader) = mpsc::channel(REPLIES);
        let end = tokio::select! {
            end = self.write(&mut sink, subscription, from_reader) => end,
            () = self.read(&mut source, replies) => End::Gone,
            () = self.api.stopping.cancelled() => End::Stopping,
            () = self.api.credential_ended(&self.caller) => End::Credential,
        };
        let Some(frame) = end.frame() else { return };
        // The close frame follows what is on its way, and a slow reader may take its time for that; then the client's
        // own close ends the connection.
        let (hurry, api) = (matches!(end, End::Stopping | End::Credential), &self.api);
        let mut closing = pin!(async {
            if sink.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = source.next().await {}
            }
        });
        if !hurry {
            tokio::select! {
                _ = timeout(LINGER, &mut closing) => return,
                () = api.stopping.cancelled() => {}
            }
        }
        let _ = timeout(CLOSING, closing).await;
    }

    async fn write(
        &self,
        sink: &mut SplitSink<WebSocket, Message>,
        subscription: Subscription,
        replies: mpsc::Receiver<Utf8Bytes>,
    ) -> End {
        match self.try_write(sink, subscription, replies).await {
            Ok(end) => end,
            Err(_) => End::Gone,
        }
    }

    async fn try_write(
        &self,
        sink: &mut SplitSink<WebSocket, Message>,
        mut subscription: Subscription,
        mut replies: mpsc::Receiver<Utf8Bytes>,
    ) -> Result<End, axum::Error> {
        let view = if self.extended { View::Extended } else { View::Seed };
        sink.send(Message::Text(self.status(subscription.cursor()))).await?;
        let mut told_live = !self.extended;
        loop {
            if !told_live && subscription.is_live() {
                told_live = true;
                let live = WsLiveMessage { kind: Tag::new(), seq: subscription.cursor() };
                sink.send(Message::Text(json(&live).into())).await?;
            }
            tokio::select! {
                biased;
                Some(reply) = replies.recv() => {
                    sink.feed(Message::Text(reply)).await?;
                    while let Ok(reply) = replies.try_recv() {
                        sink.feed(Message::Text(reply)).await?;
                    }
                    sink.flush().await?;
                }
                next = subscription.next() => match next {
                    Ok(Some(slice)) => {
                        for frame in slice.frames(view) {
                            sink.feed(Message::Text(frame.json.clone())).await?;
                        }
                        sink.flush().await?;
                    }
                    Ok(None) => return Ok(End::Complete),
                    Err(e) => {
                        if let Ok(None) = self.api.store.task(self.task.id).await {
                            return Ok(End::Purged);
                        }
                        tracing::warn!(task = %self.task.id, error = %e, "a stream ends");
                        return Ok(End::Overload);
                    }
                },
            }
        }
    }

    /// The first message: where the task stands. Its seq is the cursor, so that going on from it loses nothing.
    fn status(&self, cursor: Seq) -> Utf8Bytes {
        let t = &self.task;
        json(&WsMessage::status(t.status, t.exit_code, Some(cursor))).into()
    }

    async fn read(&self, source: &mut SplitStream<WebSocket>, replies: mpsc::Sender<Utf8Bytes>) {
        while let Some(Ok(message)) = source.next().await {
            let outcome = match message {
                Message::Text(text) => match parse(&text, self.extended) {
                    Ok(order) => self.act(order).await,
                    Err(e) => Err(e),
                },
                Message::Binary(_) => Err("messages are text".to_owned()),
                // The library answers pings, and a close by reading on.
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Ok(None),
            };
            let reply = match outcome {
                Ok(None) => continue,
                Ok(Some(message)) => message,
                Err(message) => WsMessage::error(message, None),
            };
            if replies.send(json(&reply).into()).await.is_err() {
                return;
            }
        }
    }

    /// Does what the client asks for; an error is for the asker alone.
    async fn act(&self, order: Order) -> Result<Option<WsMessage>, String> {
        if order == Order::Ping {
            return Ok(Some(WsMessage::PONG));
        }
        if order == Order::Pong {
            return Ok(None);
        }
        if !self.caller.may(Scope::Write) {
            return Err("this credential may look and not type: it lacks the scope \"write\"".into());
        }
        self.steer(order).await.map(|()| None).map_err(|f| f.sentence().to_owned())
    }

    async fn steer(&self, order: Order) -> Result<(), Failure> {
        let (engine, task, by) = (&self.api.engine, self.task.id, self.caller.actor());
        match order {
            Order::Input { data, id } => {
                check_input(&data)?;
                engine.input(task, by, id, data).await?;
            }
            Order::Answer { id, option_id } => {
                give_answer(&self.api, &self.caller, task, id, option_id).await?;
            }
            Order::Cancel => {
                engine.cancel(task, by).await?;
            }
            Order::Resize { cols, rows } => {
                engine.resize(task, cols, rows).await?;
            }
            Order::Ping | Order::Pong => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_may_send() {
        assert_eq!(parse(r#"{"type":"ping","x":1}"#, false), Ok(Order::Ping));
        assert_eq!(
            parse(r#"{"type":"input","data":"ls\n"}"#, false),
            Ok(Order::Input { data: "ls\n".into(), id: None })
        );
        assert_eq!(parse(r#"{"type":"cancel"}"#, true), Ok(Order::Cancel));
        for (bad, extended) in [
            ("", true),
            ("ls", true),
            ("[]", true),
            (r#"{"type":7}"#, true),
            (r#"{"type":"input"}"#, true),
            (r#"{"type":"cancel"}"#, false),
            (r#"{"type":"output","data":"x"}"#, true),
            (r#"{"type":"resize","cols":-1,"rows":2}"#, true),
        ] {
            assert!(parse(bad, extended).is_err(), "{bad}");
        }
    }
}
