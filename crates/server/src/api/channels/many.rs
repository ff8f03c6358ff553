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
    sessions::{AnyEvent, Channel, WsChannelConnectedMessage, WsChannelErrorMessage},
    wire::tag::Tag,
    ws::WsMessage,
};
use lia_store::TaskRecord;
use tokio::sync::{mpsc, oneshot};

use super::{
    super::{
        Api,
        auth::Principal,
        error::Failure,
        socket::{self, End, REPLIES, Source},
    },
    act::{self, Act, Order, Outcome},
    connection::Connection,
    looks::{self, Look, Looks, Place},
    terminals::created_on_channel,
};
use crate::{
    engine::EngineError,
    views::{
        channels::names::{Reach, reach},
        stream::json,
    },
};

/// Bytes of a channel's name.
const CHANNEL_BYTES: usize = 256;

/// What the reader gives to the writer.
pub(super) enum ToWriter {
    /// A message as it is, and what is free again once it is written.
    Say(String, Option<Place>),
    /// A subscription, with the one session that it is about, if that is the caller's.
    Subscribe(Wanted, Option<Box<TaskRecord>>),
    /// The end of one.
    Unsubscribe(Channel),
}

/// What a subscription asks for.
pub(super) struct Wanted {
    pub(super) channel: Channel,
    /// What follows this place of the log.
    pub(super) since: Option<Seq>,
    /// Of one terminal: what follows so many bytes of its output.
    pub(super) offset: Option<u64>,
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
    let mut looks = Looks::new();
    while let Some(Ok(message)) = source.next().await {
        let order = match message {
            Message::Text(text) => order(api, caller, &text).await,
            Message::Binary(_) => Some(error("messages are text".to_owned(), None)),
            // The library answers pings, and a close by reading on.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => None,
        };
        let order = match order {
            None => continue,
            Some(Answer::Now(order)) => order,
            Some(Answer::Look(task, look)) => {
                let (id, answers) = (task.id, orders.clone());
                let answer = async move |event: Result<AnyEvent, String>, place| {
                    let message = match event {
                        Ok(event) => looks::on_channel(id, event),
                        Err(message) => error_text(message, Some(looks::channel(id))),
                    };
                    let _ = answers.send(ToWriter::Say(message, Some(place))).await;
                };
                match looks.begin(api, *task, look, answer) {
                    Ok(()) => continue,
                    Err(message) => ToWriter::Say(error_text(message, Some(looks::channel(id))), None),
                }
            }
            Some(Answer::Later(ended)) => {
                // A prompt's failure is told to its sender too, who reads on meanwhile.
                let (api, orders) = (api.clone(), orders.clone());
                let tracker = api.tracker.clone();
                tracker.spawn(async move {
                    if let Some(message) = act::failed(&api, ended).await {
                        let _ = orders.send(ToWriter::Say(error_text(message, None), None)).await;
                    }
                });
                continue;
            }
        };
        if orders.send(order).await.is_err() {
            return;
        }
    }
}

/// What an order leads to.
enum Answer {
    Now(ToWriter),
    /// It is asked of a session's sandbox.
    Look(Box<TaskRecord>, Look),
    /// A running turn, which may fail.
    Later(oneshot::Receiver<Result<String, EngineError>>),
}

/// An error for the asker.
pub(super) fn error_text(message: String, channel: Option<Channel>) -> String {
    json(&WsChannelErrorMessage { kind: Tag::new(), message, channel })
}

fn error(message: String, channel: Option<Channel>) -> Answer {
    Answer::Now(ToWriter::Say(error_text(message, channel), None))
}

async fn order(api: &Api, caller: &Principal, text: &str) -> Option<Answer> {
    Some(match act::parse(text) {
        Err(message) => error(message, None),
        Ok(Order::Ping) => Answer::Now(ToWriter::Say(json(&WsMessage::PONG), None)),
        Ok(Order::Subscribe(channel, ..)) if channel.0.len() > CHANNEL_BYTES => {
            error(format!("a channel's name has at most {CHANNEL_BYTES} bytes"), None)
        }
        Ok(Order::Subscribe(channel, since, offset)) => {
            let task = match reach(&channel) {
                Reach::One(task) => api.task(caller, task).await.ok().map(Box::new),
                Reach::Wide | Reach::Nothing => None,
            };
            Answer::Now(ToWriter::Subscribe(Wanted { channel, since, offset }, task))
        }
        Ok(Order::Unsubscribe(channel)) => Answer::Now(ToWriter::Unsubscribe(channel)),
        Ok(Order::Look(session, look)) => {
            let session = match session {
                Some(session) => session,
                None => match api.engine.sessions_of(&caller.user).into_iter().min() {
                    Some(oldest) => oldest.to_string(),
                    None => {
                        return Some(error("there is no session whose files could be read".to_owned(), None));
                    }
                },
            };
            match api.session(caller, &session).await {
                Ok(task) => Answer::Look(Box::new(task), look),
                Err(_) => error(act::no_session(&session), None),
            }
        }
        Ok(Order::ActOfFirst(what)) => match api.engine.sessions_of(&caller.user).into_iter().min() {
            Some(oldest) => return done(api, caller, oldest, what).await,
            None => error("there is no session in which a terminal could open".to_owned(), None),
        },
        Ok(Order::Act(session, what)) => {
            let task = match session.parse::<TaskId>() {
                Ok(id) => api.task(caller, id).await.ok(),
                Err(_) => None,
            };
            let Some(task) = task else { return Some(error(what.missing(&session), None)) };
            return done(api, caller, task.id, what).await;
        }
    })
}

/// Does what is asked of a session of the caller's.
async fn done(api: &Api, caller: &Principal, task: TaskId, what: Act) -> Option<Answer> {
    Some(match act::act(api, caller, task, what).await {
        Ok(Outcome::Shown | Outcome::Queued(_)) => return None,
        Ok(Outcome::Opened(terminal, command)) => {
            Answer::Now(ToWriter::Say(created_on_channel(terminal, &command), None))
        }
        Ok(Outcome::Running(ended)) => Answer::Later(ended),
        Err(f) => error(f.sentence().to_owned(), None),
    })
}
