//! The writing half of a socket with channels.
//!
//! ```text
//!  subscribe ──▶ replay (since … where the live cursor stands) ──▶ ack ──▶ live
//! ```
//!
//! Of each session that some subscription covers there is one live cursor. A new subscription's replay goes on a cursor
//! of its own, up to where the live one stands; until it is there the live one waits, so that a session's frames never
//! come in another order. Replays of several sessions and live frames of others take turns, a page each.

use std::collections::{HashMap, VecDeque};

use axum::extract::ws::{Message, Utf8Bytes};
use futures_util::{
    FutureExt as _, SinkExt as _, StreamExt as _,
    future::{AbortHandle, Abortable, BoxFuture, abortable},
    stream::FuturesUnordered,
};
use lia_protocol::{
    ids::{Seq, TaskId},
    limits::WS_PENDING,
    sessions::{
        Channel, WsSessionCreatedMessage, WsSessionTerminatedMessage, WsSubscribedMessage,
        WsUnsubscribedMessage,
    },
    terminal::TerminalId,
    wire::tag::Tag,
};
use lia_store::{StoreError, TaskRecord};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use super::{
    super::{
        Api,
        auth::Principal,
        socket::{End, Sink},
    },
    many::{ToWriter, Wanted, error_text},
    terminals::{self, NEWEST, PATIENCE, Screen, Screens, Shown},
};
use crate::{
    engine::{Follower, Made, NewsReader, Slice},
    views::{
        channels::{
            ChannelFrame, Topic,
            names::{Reach, channels, reach, tag},
        },
        stream::json,
    },
};

/// Channels of one connection.
const SUBSCRIPTIONS: usize = 100;

/// A cursor that waits for its next part of the log.
type Work = Abortable<BoxFuture<'static, Done>>;

/// What a cursor found.
struct Done {
    /// Which cursor.
    id: u64,
    follower: Box<Follower>,
    found: Result<Option<Slice>, StoreError>,
}

/// One session that some subscription covers.
struct Watched {
    /// The live cursor.
    live: u64,
    waiting: AbortHandle,
    /// What was given of the log.
    delivered: Seq,
    tags: Tags,
    replays: VecDeque<Replay>,
    /// The live cursor's find, while replays go before it.
    parked: Option<Done>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.waiting.abort();
        for replay in &self.replays {
            replay.waiting.iter().for_each(AbortHandle::abort);
        }
    }
}

/// What a subscription missed in one session.
struct Replay {
    id: u64,
    channel: Channel,
    /// Where live frames go on.
    until: Seq,
    /// Terminals whose output belongs to it, and from where on.
    terminals: Vec<(TerminalId, u64)>,
    ack: u64,
    tags: Tags,
    /// Its cursor, until it is its turn.
    follower: Option<Box<Follower>>,
    waiting: Option<AbortHandle>,
}

/// An acknowledgement that waits for replays.
struct Ack {
    channel: Channel,
    left: usize,
}

/// With which channel events of one session are tagged, by topic.
struct Tags {
    session: String,
    subscriptions: Vec<Channel>,
    other: Sent,
    queue: Sent,
    files: Sent,
    terminals: Sent,
}

/// Whether and how frames of a topic go out.
enum Sent {
    No,
    /// As they were made.
    AsMade,
    /// With this channel.
    As(Channel),
}

impl Tags {
    fn new(task: TaskId, subscriptions: impl Iterator<Item = Channel>) -> Self {
        let session = task.to_string();
        let subscriptions: Vec<_> = subscriptions.collect();
        let sent = |topic| Sent::of(&topic, &session, &subscriptions);
        Self {
            other: sent(Topic::Other),
            queue: sent(Topic::Queue),
            files: sent(Topic::Files),
            terminals: sent(Topic::Terminal(None)),
            session,
            subscriptions,
        }
    }

    fn text(&self, frame: &ChannelFrame) -> Option<Utf8Bytes> {
        let one;
        let sent = match &frame.topic {
            Topic::Other => &self.other,
            Topic::Queue => &self.queue,
            Topic::Files => &self.files,
            Topic::Terminal(None) => &self.terminals,
            topic @ Topic::Terminal(Some(_)) => {
                one = Sent::of(topic, &self.session, &self.subscriptions);
                &one
            }
        };
        match sent {
            Sent::No => None,
            Sent::AsMade => Some(frame.text.clone()),
            Sent::As(channel) => Some(frame.tagged(channel)),
        }
    }

    /// Whether a session's beginning and end are told.
    fn tell_lives(&self) -> bool {
        !matches!(self.other, Sent::No)
    }
}

impl Sent {
    fn of(topic: &Topic, session: &str, subscriptions: &[Channel]) -> Self {
        match tag(topic, session, subscriptions.iter()) {
            None => Self::No,
            Some(tag) if channels(topic, session).first() == Some(&tag) => Self::AsMade,
            Some(tag) => Self::As(tag),
        }
    }
}

/// See the module.
pub(super) struct Connection<'a> {
    api: &'a Api,
    caller: &'a Principal,
    sink: &'a mut Sink,
    subscriptions: Vec<Channel>,
    sessions: HashMap<TaskId, Watched>,
    work: FuturesUnordered<Work>,
    acks: HashMap<u64, Ack>,
    screens: Screens,
    /// What terminals show, while a replay of their session goes before it.
    held: Vec<(Screen, Shown)>,
    news: NewsReader,
    last_id: u64,
}

impl From<axum::Error> for End {
    fn from(_: axum::Error) -> Self {
        Self::Gone
    }
}

type Step = Result<(), End>;

impl<'a> Connection<'a> {
    pub(super) fn new(api: &'a Api, caller: &'a Principal, sink: &'a mut Sink) -> Self {
        Self {
            api,
            caller,
            sink,
            subscriptions: Vec::new(),
            sessions: HashMap::new(),
            work: FuturesUnordered::new(),
            acks: HashMap::new(),
            screens: Screens::new(api),
            held: Vec::new(),
            news: api.engine.news(),
            last_id: 0,
        }
    }

    pub(super) async fn run(mut self, mut orders: mpsc::Receiver<ToWriter>) -> End {
        loop {
            let step = tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.order(order).await,
                    None => return End::Gone,
                },
                Some(done) = self.work.next() => match done {
                    Ok(done) => self.done(done).await,
                    Err(_) => Ok(()),
                },
                (screen, shown) = self.screens.next() => self.shown(screen, shown).await,
                news = self.news.next() => self.created(news).await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn say(&mut self, text: String) -> Step {
        Ok(self.sink.send(Message::Text(text.into())).await?)
    }

    async fn order(&mut self, order: ToWriter) -> Step {
        // What was made before an order is no news to a subscription in it.
        let news = self.news.now();
        self.created(news).await?;
        match order {
            ToWriter::Say(text, place) => {
                let said = self.say(text).await;
                drop(place);
                said
            }
            ToWriter::Subscribe(wanted, task) => self.subscribe(wanted, task).await,
            ToWriter::Unsubscribe(channel) => self.unsubscribe(channel).await,
        }
    }

    async fn subscribe(&mut self, wanted: Wanted, task: Option<Box<TaskRecord>>) -> Step {
        let Wanted { channel, since, offset } = wanted;
        if self.acks.len() >= WS_PENDING {
            let message = format!(
                "{WS_PENDING} subscriptions wait for their acknowledgement already; wait for one, or unsubscribe"
            );
            return self.say(error_text(message, Some(channel))).await;
        }
        if !self.subscriptions.contains(&channel) {
            if self.subscriptions.len() >= SUBSCRIPTIONS {
                let message = format!("Max subscriptions ({SUBSCRIPTIONS}) exceeded");
                return self.say(error_text(message, Some(channel))).await;
            }
            self.subscriptions.push(channel.clone());
        }
        let wide = reach(&channel) == Reach::Wide;
        // Many sessions have no common place to go on from: a wide channel begins with what is new, unless asked.
        let from = if wide { since } else { Some(since.unwrap_or(Seq::ZERO)) };
        let mut covered = Vec::new();
        if let Some(task) = &task {
            let follower = follow(self.api, task, None).await?;
            self.watch(follower);
            covered.push(task.id);
        } else if wide {
            for task in self.api.engine.sessions_of(&self.caller.user) {
                if let Some(follower) = self.api.engine.follow(task, None) {
                    self.watch(follower);
                    covered.push(task);
                }
            }
        }
        let ack = self.next_id();
        let mut left = 0;
        for id in covered {
            self.retag(id);
            let until = self.sessions.get(&id).map_or(Seq::ZERO, |w| w.delivered);
            let terminals = self.terminals_of(id, &channel, until, (from, offset));
            let Some(from) = from.filter(|from| *from < until) else {
                self.scrollback(id, terminals, &channel).await?;
                continue;
            };
            let follower = match &task {
                Some(task) => Some(follow(self.api, task, Some(from)).await?),
                None => self.api.engine.follow(id, Some(from)),
            };
            let Some(follower) = follower else { continue };
            let replay = Replay {
                id: self.next_id(),
                channel: channel.clone(),
                until,
                terminals,
                ack,
                tags: Tags::new(id, [channel.clone()].into_iter()),
                follower: Some(Box::new(follower)),
                waiting: None,
            };
            if let Some(watched) = self.sessions.get_mut(&id) {
                watched.replays.push_back(replay);
                left += 1;
            }
            self.next_replay(id);
        }
        if left == 0 {
            return self.say(json(&WsSubscribedMessage { kind: Tag::new(), channel })).await;
        }
        self.acks.insert(ack, Ack { channel, left });
        Ok(())
    }

    async fn unsubscribe(&mut self, channel: Channel) -> Step {
        self.subscriptions.retain(|c| *c != channel);
        self.acks.retain(|_, ack| ack.channel != channel);
        let tasks: Vec<_> = self.sessions.keys().copied().collect();
        for task in tasks {
            if !self.covers(task) {
                self.sessions.remove(&task);
                self.screens.leave_all(|id| id.task == task);
                self.held.retain(|(screen, _)| screen.terminal.task != task);
                continue;
            }
            self.retag(task);
            let Some(watched) = self.sessions.get_mut(&task) else { continue };
            watched.replays.retain(|r| {
                let stays = r.channel != channel;
                if !stays {
                    r.waiting.iter().for_each(AbortHandle::abort);
                }
                stays
            });
            self.go_on(task).await?;
        }
        self.say(json(&WsUnsubscribedMessage { kind: Tag::new(), channel })).await
    }

    /// Whether a subscription may carry this session's events.
    fn covers(&self, task: TaskId) -> bool {
        self.subscriptions.iter().any(|c| matches!(reach(c), Reach::Wide) || reach(c) == Reach::One(task))
    }

    fn retag(&mut self, task: TaskId) {
        if let Some(watched) = self.sessions.get_mut(&task) {
            watched.tags = Tags::new(task, self.subscriptions.iter().cloned());
        }
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Gives a session its live cursor, if it has none.
    fn watch(&mut self, follower: Follower) {
        let task = follower.task();
        if self.sessions.contains_key(&task) {
            return;
        }
        let (live, delivered) = (self.next_id(), follower.cursor());
        let waiting = self.wait(live, Box::new(follower));
        let tags = Tags::new(task, self.subscriptions.iter().cloned());
        let watched = Watched { live, waiting, delivered, tags, replays: VecDeque::new(), parked: None };
        self.sessions.insert(task, watched);
    }

    fn wait(&mut self, id: u64, mut follower: Box<Follower>) -> AbortHandle {
        let next = async move {
            let found = follower.next().await;
            Done { id, follower, found }
        };
        let (work, handle) = abortable(next.boxed());
        self.work.push(work);
        handle
    }

    /// Begins a session's first replay, if it has not begun.
    fn next_replay(&mut self, task: TaskId) {
        let first = self.sessions.get_mut(&task).and_then(|w| w.replays.front_mut());
        let Some((id, follower)) = first.and_then(|r| Some((r.id, r.follower.take()?))) else { return };
        let waiting = self.wait(id, follower);
        if let Some(replay) = self.sessions.get_mut(&task).and_then(|w| w.replays.front_mut()) {
            replay.waiting = Some(waiting);
        }
    }

    async fn done(&mut self, done: Done) -> Step {
        let task = done.follower.task();
        let Some(watched) = self.sessions.get_mut(&task) else { return Ok(()) };
        if watched.live == done.id {
            if watched.replays.is_empty() {
                return self.live(task, done).await;
            }
            watched.parked = Some(done);
            return Ok(());
        }
        match watched.replays.front() {
            Some(replay) if replay.id == done.id => self.replayed(task, done).await,
            Some(_) | None => Ok(()),
        }
    }

    /// The next part of a session's live log.
    async fn live(&mut self, task: TaskId, done: Done) -> Step {
        let Done { id, mut follower, found } = done;
        let slice = match found {
            Ok(Some(slice)) => slice,
            Ok(None) => {
                self.sessions.remove(&task);
                return Ok(());
            }
            Err(e) => return self.unreadable(task, &e).await,
        };
        let mut over = false;
        for frame in &*follower.frames(&slice) {
            if let Some(terminal) = terminals::of_topic(&frame.topic, task) {
                self.terminal_lives(terminal, frame).await?;
            }
            let Some(watched) = self.sessions.get_mut(&task) else { return Ok(()) };
            watched.delivered = frame.seq;
            if let Some(text) = watched.tags.text(frame) {
                self.sink.feed(Message::Text(text)).await?;
            }
            over |= frame.kind == "session.terminated";
        }
        let Some(watched) = self.sessions.get_mut(&task) else { return Ok(()) };
        watched.delivered = slice.last();
        if over && watched.tags.tell_lives() {
            let (session_id, agent_id) = (task.to_string(), task.to_string());
            let told = WsSessionTerminatedMessage { kind: Tag::new(), session_id, agent_id };
            self.sink.feed(Message::Text(json(&told).into())).await?;
        }
        self.sink.flush().await?;
        let waiting = self.wait(id, follower);
        if let Some(watched) = self.sessions.get_mut(&task) {
            watched.waiting = waiting;
        }
        Ok(())
    }

    /// The next part of a replay.
    async fn replayed(&mut self, task: TaskId, done: Done) -> Step {
        let Done { id, mut follower, found } = done;
        let slice = match found {
            Ok(slice) => slice,
            Err(e) => return self.unreadable(task, &e).await,
        };
        let Some(replay) = self.sessions.get_mut(&task).and_then(|w| w.replays.front_mut()) else {
            return Ok(());
        };
        let (until, channel) = (replay.until, replay.channel.clone());
        let mut more = false;
        if let Some(slice) = slice {
            for frame in follower.frames(&slice).iter().take_while(|f| f.seq <= until) {
                if frame.kind == "terminal.exit"
                    && let Some(terminal) = terminals::of_topic(&frame.topic, task)
                {
                    let mine = self.sessions.get_mut(&task).and_then(|w| w.replays.front_mut());
                    let before =
                        mine.map(|r| r.terminals.extract_if(.., |(id, _)| *id == terminal).collect());
                    self.scrollback(task, before.unwrap_or_default(), &channel).await?;
                }
                let replay = self.sessions.get(&task).and_then(|w| w.replays.front());
                if let Some(text) = replay.and_then(|r| r.tags.text(frame)) {
                    self.sink.feed(Message::Text(text)).await?;
                }
            }
            self.sink.flush().await?;
            more = slice.last() < until;
        }
        let Some(replay) = self.sessions.get_mut(&task).and_then(|w| w.replays.front_mut()) else {
            return Ok(());
        };
        let ack = replay.ack;
        if more {
            let waiting = self.wait(id, follower);
            if let Some(replay) = self.sessions.get_mut(&task).and_then(|w| w.replays.front_mut()) {
                replay.waiting = Some(waiting);
            }
            return Ok(());
        }
        let terminals = std::mem::take(&mut replay.terminals);
        self.scrollback(task, terminals, &channel).await?;
        if let Some(watched) = self.sessions.get_mut(&task) {
            watched.replays.pop_front();
        }
        if let Some(waits) = self.acks.get_mut(&ack) {
            waits.left -= 1;
            if waits.left == 0
                && let Some(Ack { channel, .. }) = self.acks.remove(&ack)
            {
                self.say(json(&WsSubscribedMessage { kind: Tag::new(), channel })).await?;
            }
        }
        self.go_on(task).await
    }

    /// After a replay: the next one, or what the live cursor has found meanwhile.
    async fn go_on(&mut self, task: TaskId) -> Step {
        self.next_replay(task);
        let Some(watched) = self.sessions.get_mut(&task).filter(|w| w.replays.is_empty()) else {
            return Ok(());
        };
        let parked = watched.parked.take();
        for (screen, shown) in self.held.extract_if(.., |(s, _)| s.terminal.task == task).collect::<Vec<_>>()
        {
            self.shown(screen, shown).await?;
        }
        match parked {
            Some(parked) => self.live(task, parked).await,
            None => Ok(()),
        }
    }

    /// The terminals of a session whose output a new subscription brings, and from where on.
    fn terminals_of(
        &self,
        task: TaskId,
        channel: &Channel,
        until: Seq,
        (from, offset): (Option<Seq>, Option<u64>),
    ) -> Vec<(TerminalId, u64)> {
        if let Some(one) = terminals::of_channel(channel) {
            return if one.task == task { vec![(one, offset.unwrap_or(0))] } else { Vec::new() };
        }
        // A channel of many sessions begins with what is new; one of terminals alone has nothing but them.
        let start = if from.is_some() || channel.0 == "terminals" { 0 } else { NEWEST };
        let session = task.to_string();
        let covered =
            |id: &TerminalId| tag(&terminals::topic(*id), &session, std::iter::once(channel)).is_some();
        let open = self.api.engine.open_terminals(task).into_iter().filter(|(_, at)| *at <= until);
        open.map(|(id, _)| id).filter(covered).map(|id| (id, start)).collect()
    }

    /// What is kept of terminals, for one subscription; then they are watched.
    async fn scrollback(
        &mut self,
        task: TaskId,
        terminals: Vec<(TerminalId, u64)>,
        channel: &Channel,
    ) -> Step {
        for (id, from) in terminals {
            if self.screens.place(id).is_some_and(|at| from > at) {
                continue;
            }
            self.screens.leave(id);
            self.held.retain(|(screen, _)| screen.terminal != id);
            let mut screen = Screen::new(self.api, id, from);
            let over = loop {
                match screen.soon().await {
                    Some(Shown::Over) => break true,
                    Some(Shown::Live) | None => break false,
                    Some(shown) => {
                        self.show(task, &shown, id, std::slice::from_ref(channel)).await?;
                    }
                }
            };
            self.sink.flush().await?;
            if !over {
                self.screens.go_on(screen);
            }
        }
        Ok(())
    }

    /// Feeds what a terminal shows, tagged for some channels; whether it was for any of them.
    async fn show(
        &mut self,
        task: TaskId,
        shown: &Shown,
        id: TerminalId,
        channels: &[Channel],
    ) -> Result<bool, End> {
        let seq = self.sessions.get(&task).map_or(Seq::ZERO, |w| w.delivered);
        let Some(channel) = tag(&terminals::topic(id), &task.to_string(), channels.iter()) else {
            return Ok(false);
        };
        if let Some(text) = shown.tagged(id, seq, channel) {
            self.sink.feed(Message::Text(text.into())).await?;
        }
        Ok(true)
    }

    /// A watched terminal shows something.
    async fn shown(&mut self, screen: Screen, shown: Shown) -> Step {
        let (id, task) = (screen.terminal, screen.terminal.task);
        if shown == Shown::Over {
            self.screens.leave(id);
            return Ok(());
        }
        if self.sessions.get(&task).is_some_and(|w| !w.replays.is_empty()) {
            self.held.push((screen, shown));
            return Ok(());
        }
        let channels = self.subscriptions.clone();
        if self.show(task, &shown, id, &channels).await? {
            self.sink.flush().await?;
            self.screens.go_on(screen);
        } else {
            self.screens.leave(id);
        }
        Ok(())
    }

    /// A terminal was opened, or is over: before that is told, all that it printed is shown.
    async fn terminal_lives(&mut self, id: TerminalId, frame: &ChannelFrame) -> Step {
        if frame.kind == "terminal.started" {
            let session = id.task.to_string();
            if tag(&terminals::topic(id), &session, self.subscriptions.iter()).is_some() {
                self.screens.watch(id, 0);
            }
        }
        let deadline = Instant::now() + PATIENCE;
        while frame.kind == "terminal.exit" && self.screens.place(id).is_some() {
            match timeout_at(deadline, self.screens.next()).await {
                Ok((screen, shown)) => self.shown(screen, shown).await?,
                Err(_) => self.screens.leave(id),
            }
        }
        Ok(())
    }

    /// A log that cannot be read: of a task that was removed there is no more; else the client comes back later.
    async fn unreadable(&mut self, task: TaskId, error: &StoreError) -> Step {
        match super::cannot_read(self.api, task, error).await {
            End::Purged => {
                self.sessions.remove(&task);
                let channel = Channel(format!("session:{task}"));
                self.say(error_text(format!("Session \"{task}\" was removed"), Some(channel))).await
            }
            end => Err(end),
        }
    }

    /// Sessions were made; `None`: more than are told.
    async fn created(&mut self, news: Option<Vec<Made>>) -> Step {
        let Some(news) = news else {
            for task in self.api.engine.sessions_of(&self.caller.user) {
                if self.covers(task) && !self.sessions.contains_key(&task) {
                    self.begin(task, false).await?;
                }
            }
            return Ok(());
        };
        for Made { task, user } in news {
            let narrow = self.subscriptions.iter().any(|c| reach(c) == Reach::One(task));
            let mine = user == self.caller.user || (narrow && self.caller.is_admin());
            if mine && self.covers(task) {
                self.begin(task, true).await?;
            }
        }
        Ok(())
    }

    /// Follows a session from its beginning.
    async fn begin(&mut self, task: TaskId, tell: bool) -> Step {
        let tags = Tags::new(task, self.subscriptions.iter().cloned());
        if tell && tags.tell_lives() {
            let (session_id, agent_id) = (task.to_string(), task.to_string());
            let told = WsSessionCreatedMessage { kind: Tag::new(), session_id, agent_id };
            self.say(json(&told)).await?;
        }
        if self.sessions.contains_key(&task) {
            return Ok(());
        }
        let follower = match self.api.engine.follow(task, Some(Seq::ZERO)) {
            Some(follower) => follower,
            None => {
                // It is over already.
                let Ok(Some(record)) = self.api.store.task(task).await else { return Ok(()) };
                follow(self.api, &record, Some(Seq::ZERO)).await?
            }
        };
        self.watch(follower);
        Ok(())
    }
}

/// A reader of one of the caller's sessions.
async fn follow(api: &Api, task: &TaskRecord, after: Option<Seq>) -> Result<Follower, End> {
    api.engine.follow_record(task, after).await.map_err(|e| {
        tracing::warn!(task = %task.id, error = %e, "a session cannot be followed");
        End::Overload
    })
}
