//! `/ws/sessions/{id}`: one session (the seed's `ws` protocol).
//!
//! `connected` when the session is not over, then its whole log from `since` on, then what is new. Answers go to the asker
//! alone. Close codes as in [`super::super::socket`].

use axum::{
    extract::{
        Request, State,
        ws::{Message, Utf8Bytes, WebSocket},
    },
    response::{IntoResponse as _, Response},
};
use futures_util::{SinkExt as _, StreamExt as _};
use lia_protocol::{
    ids::{Seq, TaskId},
    query::SinceQuery,
    sessions::{AnyEvent, WsConnectedMessage},
    task::TaskStatus,
    terminal::TerminalId,
    wire::tag::Tag,
    ws::WsErrorMessage,
};
use lia_store::TaskRecord;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use super::{
    super::{
        Api,
        auth::Principal,
        error::Failure,
        extract::{ApiPath, ApiQuery},
        socket::{self, End, REPLIES, Sink, Source},
    },
    act::{self, Act, OrderOfOne, Outcome},
    looks::{self, Looks},
    terminals::{self, PATIENCE, Screen, Screens, Shown, created_of_session},
};
use crate::{engine::Follower, views::stream::json};

/// The upgrade. Whatever is wrong is said before it, in JSON.
pub async fn session(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<SinceQuery>,
    req: Request,
) -> Result<Response, Failure> {
    let task = api.task(&caller, id).await?;
    let upgrade = socket::upgrade(&api, req).await?;
    let log_epoch = api.engine.log_epoch().await?.to_owned();
    let follower = api.engine.follow_record(&task, Some(q.since)).await?;
    let tracker = api.tracker.clone();
    let client = Client { api, caller, task, log_epoch };
    let response = upgrade.on_upgrade(move |socket| tracker.track_future(client.run(socket, follower)));
    Ok(response.into_response())
}

struct Client {
    api: Api,
    caller: Principal,
    task: TaskRecord,
    log_epoch: String,
}

impl Client {
    async fn run(self, socket: WebSocket, follower: Follower) {
        let (mut sink, mut source) = socket.split();
        let (replies, from_reader) = mpsc::channel(REPLIES);
        let end = tokio::select! {
            end = self.write(&mut sink, follower, from_reader) => end.unwrap_or(End::Gone),
            () = self.read(&mut source, replies) => End::Gone,
            end = socket::ended(&self.api, &self.caller) => end,
        };
        socket::close(&self.api, &mut sink, &mut source, end).await;
    }

    async fn write(
        &self,
        sink: &mut Sink,
        mut follower: Follower,
        mut replies: mpsc::Receiver<Reply>,
    ) -> Result<End, axum::Error> {
        if self.task.status != TaskStatus::Terminated {
            let connected = WsConnectedMessage {
                kind: Tag::new(),
                session_id: self.task.id.to_string(),
                log_epoch: Some(self.log_epoch.clone()),
            };
            sink.send(Message::Text(json(&connected).into())).await?;
        }
        let mut place = Place { screens: Screens::new(&self.api), seq: follower.cursor() };
        for (id, at) in self.api.engine.open_terminals(self.task.id) {
            // Of one that was opened later the log tells yet.
            if at <= place.seq {
                place.screens.watch(id, 0);
            }
        }
        loop {
            tokio::select! {
                Some(reply) = replies.recv() => {
                    sink.send(Message::Text(reply.text)).await?;
                    drop(reply.place);
                }
                (screen, shown) = place.screens.next() => {
                    place.show(sink, screen, &shown).await?;
                    sink.flush().await?;
                }
                next = follower.next() => match next {
                    Ok(Some(slice)) => {
                        for frame in &*follower.frames(&slice) {
                            if let Some(id) = terminals::of_topic(&frame.topic, self.task.id) {
                                place.terminal_lives(sink, id, frame.kind).await?;
                            }
                            place.seq = frame.seq;
                            sink.feed(Message::Text(frame.of_session())).await?;
                        }
                        sink.flush().await?;
                    }
                    Ok(None) => return Ok(End::Complete),
                    Err(e) => return Ok(super::cannot_read(&self.api, self.task.id, &e).await),
                },
            }
        }
    }

    async fn read(&self, source: &mut Source, replies: mpsc::Sender<Reply>) {
        let mut looks = Looks::new();
        while let Some(Ok(message)) = source.next().await {
            let outcome = match message {
                Message::Text(text) => self.order(&text, &replies, &mut looks).await,
                Message::Binary(_) => Err("messages are text".to_owned()),
                // The library answers pings, and a close by reading on.
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Ok(None),
            };
            let reply = match outcome {
                Ok(None) => continue,
                Ok(Some(reply)) => reply,
                Err(message) => error_text(message),
            };
            if replies.send(Reply::now(reply)).await.is_err() {
                return;
            }
        }
    }

    async fn order(
        &self,
        text: &str,
        replies: &mpsc::Sender<Reply>,
        looks: &mut Looks,
    ) -> Result<Option<String>, String> {
        match act::parse_one(text)? {
            None => Ok(None),
            Some(OrderOfOne::Act(what)) => self.act(what, replies).await,
            Some(OrderOfOne::Look(look)) => {
                let task = self.api.session(&self.caller, &self.task.id.to_string()).await;
                let task = task.map_err(|f| f.sentence().to_owned())?;
                let replies = replies.clone();
                let answer = async move |event: Result<AnyEvent, String>, place| {
                    let text = event.map_or_else(error_text, looks::of_session).into();
                    let _ = replies.send(Reply { text, place: Some(place) }).await;
                };
                looks.begin(&self.api, task, look, answer).map(|()| None)
            }
        }
    }

    async fn act(&self, what: Act, replies: &mpsc::Sender<Reply>) -> Result<Option<String>, String> {
        let done = act::act(&self.api, &self.caller, self.task.id, what).await;
        match done.map_err(|f| f.sentence().to_owned())? {
            Outcome::Shown => Ok(None),
            Outcome::Opened(terminal, command) => Ok(Some(created_of_session(terminal, &command))),
            Outcome::Queued(queued) => Ok(Some(json(&queued))),
            Outcome::Running(ended) => {
                // A prompt's failure is told to its sender too, who reads on meanwhile.
                let (api, replies) = (self.api.clone(), replies.clone());
                self.api.tracker.spawn(async move {
                    if let Some(message) = act::failed(&api, ended).await {
                        let _ = replies.send(Reply::now(error_text(message))).await;
                    }
                });
                Ok(None)
            }
        }
    }
}

/// What is said to the asker alone.
struct Reply {
    text: Utf8Bytes,
    /// What is free again once it is written.
    place: Option<looks::Place>,
}

impl Reply {
    fn now(text: String) -> Self {
        Self { text: text.into(), place: None }
    }
}

/// Where a client stands: in the log, and in each terminal.
struct Place {
    screens: Screens,
    seq: Seq,
}

impl Place {
    async fn show(&mut self, sink: &mut Sink, screen: Screen, shown: &Shown) -> Result<(), axum::Error> {
        if *shown == Shown::Over {
            self.screens.leave(screen.terminal);
            return Ok(());
        }
        if let Some(text) = shown.of_session(screen.terminal, self.seq) {
            sink.feed(Message::Text(text.into())).await?;
        }
        self.screens.go_on(screen);
        Ok(())
    }

    /// A terminal was opened, or is over: before that is told, all that it printed is shown.
    async fn terminal_lives(
        &mut self,
        sink: &mut Sink,
        id: TerminalId,
        kind: &str,
    ) -> Result<(), axum::Error> {
        if kind == "terminal.started" {
            self.screens.watch(id, 0);
        }
        let deadline = Instant::now() + PATIENCE;
        while kind == "terminal.exit" && self.screens.place(id).is_some() {
            match timeout_at(deadline, self.screens.next()).await {
                Ok((screen, shown)) => self.show(sink, screen, &shown).await?,
                Err(_) => self.screens.leave(id),
            }
        }
        Ok(())
    }
}

fn error_text(message: String) -> String {
    json(&WsErrorMessage { kind: Tag::new(), message, seq: None })
}
