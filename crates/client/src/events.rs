//! A task's log as it grows: SSE that comes back by itself after the last event it had.

use std::{collections::VecDeque, pin::Pin, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, future::BoxFuture};
use lia_protocol::{
    ids::{Seq, TaskId},
    limits,
    log::RawLogEvent,
    task::TaskStatus,
};
use reqwest::{Method, header};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use crate::{
    Client, Error, Retry,
    retry::Attempts,
    sse::{Parser, SseEvent},
};

/// Bytes of one event as JSON: a frame of an agent, base64 of it at worst, and its envelope.
const EVENT_BYTES: usize = limits::ACP_FRAME_BYTES * 2;

/// One event as the API writes it. An unknown `kind` of a later server is not an error.
#[derive(Clone, Debug)]
pub struct LogEvent {
    /// Read, but for its body.
    pub event: RawLogEvent,
    /// The whole event, as it came.
    pub raw: String,
}

impl std::ops::Deref for LogEvent {
    type Target = RawLogEvent;
    fn deref(&self) -> &RawLogEvent {
        &self.event
    }
}

impl LogEvent {
    /// Reads one event's JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(json: String) -> Result<Self, Error> {
        let event = serde_json::from_str(&json).map_err(Error::protocol("event"))?;
        Ok(Self { event, raw: json })
    }

    /// Reads the body as one of the types of [`lia_protocol::event`].
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn body<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        serde_json::from_str(self.body.get()).map_err(Error::protocol("event's body"))
    }
}

/// The server says something every 15 seconds; after this much silence the connection is taken for dead.
const DEAD_AFTER: Duration = Duration::from_secs(60);

type Source = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

enum State {
    Dialling(BoxFuture<'static, Result<Source, Error>>),
    Open(Source),
    /// The server closed in good order: is the task over?
    Asking(BoxFuture<'static, Result<bool, Error>>),
    Ended,
}

/// A task's events in order. It reconnects with `Last-Event-ID` and gives each event once.
pub struct EventStream {
    client: Client,
    task: TaskId,
    follow: bool,
    last: Seq,
    /// Where this connection began.
    began: Seq,
    state: State,
    parser: Parser,
    ready: VecDeque<SseEvent>,
    heard: Instant,
    attempts: Attempts,
}

impl Client {
    /// `GET /api/v1/tasks/{id}/events`: the events after `from`; with `follow` also those to come, until the task has
    /// ended and the last one was given.
    ///
    /// # Errors
    /// TASK_NOT_FOUND; [`Error::Unreachable`].
    pub async fn events(&self, task: TaskId, from: Seq, follow: bool) -> Result<EventStream, Error> {
        self.events_with(task, from, follow, Retry::default()).await
    }

    /// The same with another way to come back.
    ///
    /// # Errors
    /// As [`Self::events`].
    pub async fn events_with(
        &self,
        task: TaskId,
        from: Seq,
        follow: bool,
        retry: Retry,
    ) -> Result<EventStream, Error> {
        let source = dial(self.clone(), task, from, follow).await?;
        Ok(EventStream {
            client: self.clone(),
            task,
            follow,
            last: from,
            began: from,
            state: State::Open(source),
            parser: Parser::new(EVENT_BYTES),
            ready: VecDeque::new(),
            heard: Instant::now(),
            attempts: Attempts::new(retry),
        })
    }
}

async fn dial(client: Client, task: TaskId, from: Seq, follow: bool) -> Result<Source, Error> {
    let mut url = client.task_url(task, &["events"]);
    let follow = if follow { "true" } else { "false" };
    url.query_pairs_mut().append_pair("from", &from.to_string()).append_pair("follow", follow);
    let request = client
        .streaming(Method::GET, url)
        .header(header::ACCEPT, "text/event-stream")
        .header("last-event-id", from.to_string());
    Ok(Box::pin(client.send(request).await?.bytes_stream()))
}

impl EventStream {
    /// The newest event that was given.
    #[must_use]
    pub const fn last(&self) -> Seq {
        self.last
    }

    /// The next event; `None` after the last. Cancel-safe. After an error the stream has ended.
    pub async fn next(&mut self) -> Option<Result<LogEvent, Error>> {
        let result = self.advance().await;
        if !matches!(result, Ok(Some(_))) {
            self.state = State::Ended;
        }
        result.transpose()
    }

    async fn advance(&mut self) -> Result<Option<LogEvent>, Error> {
        loop {
            while let Some(sse) = self.ready.pop_front() {
                if let Some(event) = self.take(sse)? {
                    return Ok(Some(event));
                }
            }
            match &mut self.state {
                State::Ended => return Ok(None),
                State::Dialling(dialling) => match dialling.await {
                    Ok(source) => {
                        self.attempts.connected();
                        self.parser = Parser::new(EVENT_BYTES);
                        self.began = self.last;
                        self.heard = Instant::now();
                        self.state = State::Open(source);
                    }
                    Err(e) => self.again(e)?,
                },
                State::Asking(asking) => match asking.await {
                    Ok(true) => return Ok(None),
                    Ok(false) => {
                        let url = self.client.base_url().to_owned();
                        self.again(Error::Broken { url, why: "the server closed the log".into() })?;
                    }
                    Err(e) => self.again(e)?,
                },
                State::Open(source) => match timeout_at(self.heard + DEAD_AFTER, source.next()).await {
                    Err(_) => {
                        let url = self.client.base_url().to_owned();
                        self.again(Error::Broken { url, why: "the server fell silent".into() })?;
                    }
                    Ok(Some(Ok(bytes))) => {
                        self.heard = Instant::now();
                        self.parser.feed(&bytes);
                        let unreadable =
                            |e: crate::sse::SseError| Error::Protocol { what: "log", why: e.to_string() };
                        while let Some(event) = self.parser.next_event().map_err(unreadable)? {
                            self.ready.push_back(event);
                        }
                    }
                    Ok(Some(Err(e))) => {
                        let e = self.client.transport(&e);
                        self.again(e)?;
                    }
                    Ok(None) if self.follow => {
                        let (client, task, last) = (self.client.clone(), self.task, self.last);
                        self.state = State::Asking(Box::pin(async move {
                            let task = client.task(task).await?;
                            Ok(task.status == TaskStatus::Terminated && task.last_seq <= last)
                        }));
                    }
                    // One answer may be one page: what is there has been read when one brings nothing.
                    Ok(None) if self.last > self.began => self.dial(Duration::ZERO),
                    Ok(None) => return Ok(None),
                },
            }
        }
    }

    /// Reads an event, unless it is one that was given before or none of the log's.
    fn take(&mut self, sse: SseEvent) -> Result<Option<LogEvent>, Error> {
        let logged = sse.id.as_deref().is_some_and(|id| id.parse::<u64>().is_ok());
        if !logged || sse.data.is_empty() {
            return Ok(None);
        }
        let event = LogEvent::parse(sse.data)?;
        if event.seq <= self.last {
            return Ok(None);
        }
        self.attempts.succeeded();
        self.last = event.seq;
        Ok(Some(event))
    }

    /// Plans the next attempt, or gives the error back when there shall be none.
    fn again(&mut self, e: Error) -> Result<(), Error> {
        if !e.is_passing() {
            return Err(e);
        }
        let Some(delay) = self.attempts.next_delay() else { return Err(e) };
        self.dial(delay);
        Ok(())
    }

    fn dial(&mut self, delay: Duration) {
        let (client, task, from, follow) = (self.client.clone(), self.task, self.last, self.follow);
        self.state = State::Dialling(Box::pin(async move {
            tokio::time::sleep(delay).await;
            dial(client, task, from, follow).await
        }));
    }
}
