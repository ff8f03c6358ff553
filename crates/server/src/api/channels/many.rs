//! `/ws`: one socket for many sessions (the seed's `ws-channels` protocol).
//!
//! ```text
//!            ┌─ reader: one message at a time ─ engine ──────────────┐
//!  client ───┤                                                       ├─ orders (bounded)
//!            └─ writer: subscriptions, a cursor each session, replies ┘
//! ```
//!
//! A caller reaches its own sessions (an administrator every one by its own channel). A channel of a session that is not
//! the caller's, or not there, is accepted and silent, as the seed accepts any name; nobody learns whether it exists.

use axum::{
    extract::{
        Request, State,
        ws::{Message, WebSocket},
    },
    response::{IntoResponse as _, Response},
};
use futures_util::{SinkExt as _, StreamExt as _};
use lia_protocol::{
    ids::{Seq, TaskId},
    sessions::{Channel, WsChannelConnectedMessage, WsChannelErrorMessage},
    wire::tag::Tag,
    ws::WsMessage,
};
use lia_store::TaskRecord;
use tokio::sync::mpsc;

use super::{
    super::{
        Api,
        auth::Principal,
        error::Failure,
        socket::{self, End, REPLIES, Source},
    },
    act::{self, Order},
    connection::Connection,
};
use crate::views::{
    channels::names::{Reach, reach},
    stream::json,
};

/// Bytes of a channel's name.
const CHANNEL_BYTES: usize = 256;

/// What the reader gives to the writer.
pub(super) enum ToWriter {
    /// A message as it is.
    Say(String),
    /// A subscription, with the one session that it is about, if that is the caller's.
    Subscribe(Channel, Option<Seq>, Option<Box<TaskRecord>>),
    /// The end of one.
    Unsubscribe(Channel),
}

/// The upgrade. Whatever is wrong is said before it, in JSON.
pub async fn channels(State(api): State<Api>, caller: Principal, req: Request) -> Result<Response, Failure> {
    let upgrade = socket::upgrade(&api, req).await?;
    let connected = WsChannelConnectedMessage {
        kind: Tag::new(),
        connection_id: uuid::Uuid::now_v7().to_string(),
        log_epoch: Some(api.engine.log_epoch().await?.to_owned()),
    };
    let tracker = api.tracker.clone();
    let response =
        upgrade.on_upgrade(move |socket| tracker.track_future(run(api, caller, socket, connected)));
    Ok(response.into_response())
}

async fn run(api: Api, caller: Principal, socket: WebSocket, connected: WsChannelConnectedMessage) {
    let (mut sink, mut source) = socket.split();
    let (orders, from_reader) = mpsc::channel(REPLIES);
    let write = async {
        if sink.send(Message::Text(json(&connected).into())).await.is_err() {
            return End::Gone;
        }
        Connection::new(&api, &caller, &mut sink).run(from_reader).await
    };
    let end = tokio::select! {
        end = write => end,
        () = read(&api, &caller, &mut source, orders) => End::Gone,
        end = socket::ended(&api, &caller) => end,
    };
    socket::close(&api, &mut sink, &mut source, end).await;
}

async fn read(api: &Api, caller: &Principal, source: &mut Source, orders: mpsc::Sender<ToWriter>) {
    while let Some(Ok(message)) = source.next().await {
        let order = match message {
            Message::Text(text) => order(api, caller, &text).await,
            Message::Binary(_) => Some(error("messages are text".to_owned(), None)),
            // The library answers pings, and a close by reading on.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => None,
        };
        if let Some(order) = order
            && orders.send(order).await.is_err()
        {
            return;
        }
    }
}

/// An error for the asker.
pub(super) fn error_text(message: String, channel: Option<Channel>) -> String {
    json(&WsChannelErrorMessage { kind: Tag::new(), message, channel })
}

fn error(message: String, channel: Option<Channel>) -> ToWriter {
    ToWriter::Say(error_text(message, channel))
}

async fn order(api: &Api, caller: &Principal, text: &str) -> Option<ToWriter> {
    Some(match act::parse(text) {
        Err(message) => error(message, None),
        Ok(Order::Ping) => ToWriter::Say(json(&WsMessage::PONG)),
        Ok(Order::Subscribe(channel, _)) if channel.0.len() > CHANNEL_BYTES => {
            error(format!("a channel's name has at most {CHANNEL_BYTES} bytes"), None)
        }
        Ok(Order::Subscribe(channel, since)) => {
            let task = match reach(&channel) {
                Reach::One(task) => api.task(caller, task).await.ok().map(Box::new),
                Reach::Wide | Reach::Nothing => None,
            };
            ToWriter::Subscribe(channel, since, task)
        }
        Ok(Order::Unsubscribe(channel)) => ToWriter::Unsubscribe(channel),
        Ok(Order::Other(name)) => error(act::not_done(name).sentence().to_owned(), None),
        Ok(Order::Act(session, what)) => {
            let task = match session.parse::<TaskId>() {
                Ok(id) => api.task(caller, id).await.ok(),
                Err(_) => None,
            };
            let Some(task) = task else { return Some(error(act::no_session(&session), None)) };
            match act::act(api, caller, task.id, what).await {
                // Success shows as events.
                Ok(_) => return None,
                Err(f) => error(f.sentence().to_owned(), None),
            }
        }
    })
}
