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
//! How it ends: [`super::socket`].

use axum::{
    extract::{
        Request, State,
        ws::{Message, Utf8Bytes, WebSocket},
    },
    response::{IntoResponse as _, Response},
};
use futures_util::{SinkExt as _, StreamExt as _};
use lia_protocol::{
    api::Scope,
    error::Issue,
    ids::{CommandId, PermissionId, Seq, TaskId},
    query::StreamQuery,
    wire::{self, tag::Tag},
    ws::{WsLiveMessage, WsMessage, WsMessageExt},
};
use lia_store::TaskRecord;
use tokio::sync::mpsc;

use super::{
    Api,
    auth::Principal,
    control::{check_input, give_answer},
    error::Failure,
    extract::{ApiPath, ApiQuery},
    socket::{self, End, REPLIES, Sink, Source},
};
use crate::{
    engine::Subscription,
    views::{View, stream::json},
};

/// The upgrade. Whatever is wrong is said before it, in JSON.
pub async fn stream(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<StreamQuery>,
    req: Request,
) -> Result<Response, Failure> {
    let task = api.task(&caller, id).await?;
    let upgrade = socket::upgrade(&api, req).await?;
    let extended = q.progress.as_deref().is_some_and(|p| p == "1" || p == "true");
    let subscription = api.engine.subscribe(&task, q.from).await?;
    let tracker = api.tracker.clone();
    let client = Client { api, caller, task, extended };
    let response = upgrade.on_upgrade(move |socket| tracker.track_future(client.run(socket, subscription)));
    Ok(response.into_response())
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
            end = socket::ended(&self.api, &self.caller) => end,
        };
        socket::close(&self.api, &mut sink, &mut source, end).await;
    }

    async fn write(
        &self,
        sink: &mut Sink,
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
        sink: &mut Sink,
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

    async fn read(&self, source: &mut Source, replies: mpsc::Sender<Utf8Bytes>) {
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
