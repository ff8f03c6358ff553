//! Following sessions: cursors at the end of their logs, the state of a view at a place, and word of new ones.
//!
//! Word of new sessions is a short list of the newest and each reader's place in it: a reader that falls behind the list
//! is told so and looks at all sessions anew; nothing waits for it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lia_protocol::{
    event::{Kind, OutputChunk},
    ids::{Seq, SessionId, TaskId, UserId},
};
use lia_store::{Op, PageSize, StoreError, TaskRecord, Txn};
use tokio::sync::{OnceCell, watch};

use super::{Engine, EngineError, Slice, Subscription, tail, tail::Tail};
use crate::views::channels::{ChannelFrame, Projector};

/// New sessions that are kept for readers.
const NEWS: usize = 1024;
/// Events before a place in which a terminal's last bytes are looked for first.
const LAST_EVENTS: u64 = 64;
/// Bytes of one character at most.
const CHARACTER: usize = 4;
/// The setting that keeps the log's name.
const LOG_EPOCH: &str = "log_epoch";

/// A session that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newcomer {
    /// Its task.
    pub task: TaskId,
    /// Whose it is.
    pub user: UserId,
}

/// What an engine tells those who follow.
#[derive(Debug, Default)]
pub(super) struct Follow {
    news: Arc<News>,
    log_epoch: OnceCell<String>,
}

#[derive(Debug, Default)]
struct News {
    recent: Mutex<VecDeque<Newcomer>>,
    count: watch::Sender<u64>,
}

impl News {
    fn recent(&self) -> MutexGuard<'_, VecDeque<Newcomer>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Follow {
    /// A session is there.
    pub(super) fn tell(&self, task: TaskId, user: UserId) {
        let mut recent = self.news.recent();
        recent.push_back(Newcomer { task, user });
        if recent.len() > NEWS {
            recent.pop_front();
        }
        // Within the lock: the count and the list's end are one.
        self.news.count.send_modify(|n| *n += 1);
    }
}

/// One reader of new sessions.
#[derive(Debug)]
pub struct NewsReader {
    news: Arc<News>,
    count: watch::Receiver<u64>,
    at: u64,
}

impl NewsReader {
    /// The sessions that were made since, as soon as there are any; `None` when more were made than are kept. Cancel
    /// safe.
    pub async fn next(&mut self) -> Option<Vec<Newcomer>> {
        let at = self.at;
        if self.count.wait_for(|n| *n > at).await.is_err() {
            // The engine is gone, and with it all that could be told.
            return std::future::pending().await;
        }
        self.now()
    }

    /// The same, without waiting.
    pub fn now(&mut self) -> Option<Vec<Newcomer>> {
        let recent = self.news.recent();
        let now = *self.news.count.borrow();
        let missed = usize::try_from(now - self.at).unwrap_or(usize::MAX);
        self.at = now;
        (missed <= recent.len()).then(|| recent.iter().skip(recent.len() - missed).cloned().collect())
    }
}

impl Engine {
    /// Word of sessions that are made from now on.
    #[must_use]
    pub fn news(&self) -> NewsReader {
        let news = self.shared.follow.news.clone();
        let count = news.count.subscribe();
        let at = *count.borrow();
        NewsReader { news, count, at }
    }

    /// The sessions of a user that are not over.
    #[must_use]
    pub fn sessions_of(&self, user: &UserId) -> Vec<TaskId> {
        self.shared.sessions().iter().filter(|(_, s)| s.user == *user).map(|(id, _)| *id).collect()
    }

    /// A reader of the frames of a session that is not over, after this place or at the end; `None` when it is over.
    #[must_use]
    pub fn follow(&self, task: TaskId, after: Option<Seq>) -> Option<Follower> {
        let (tail, session) = self.shared.sessions().get(&task).map(|s| (s.tail.clone(), s.session))?;
        Some(self.follower(task, session, tail, after))
    }

    /// A reader of the frames of any session, after this place or at the end.
    ///
    /// # Errors
    /// Store errors.
    pub async fn follow_record(
        &self,
        task: &TaskRecord,
        after: Option<Seq>,
    ) -> Result<Follower, EngineError> {
        if let Some(follower) = self.follow(task.id, after) {
            return Ok(follower);
        }
        let head = self.shared.store.head(task.session).await?;
        let tail = Arc::new(Tail::new(tail::Head { seq: head.last_seq, complete: true }));
        Ok(self.follower(task.id, task.session, tail, after))
    }

    fn follower(&self, task: TaskId, session: SessionId, tail: Arc<Tail>, after: Option<Seq>) -> Follower {
        let after = after.unwrap_or_else(|| tail.head().seq);
        let subscription = Subscription::new(session, after, tail, self.shared.store.clone());
        let projector = Projector::at(task, after);
        Follower { task, session, subscription, projector, slice: None, engine: self.clone() }
    }

    /// The state of seed 003's view at a place of a session's log.
    ///
    /// # Errors
    /// Store errors.
    pub async fn recall(&self, task: TaskId, session: SessionId, upto: Seq) -> Result<Projector, StoreError> {
        let store = &self.shared.store;
        let mut projector = Projector::new(task);
        let mut cursor = Seq::ZERO;
        while cursor < upto {
            let events = store.landmarks(session, cursor, upto, PageSize::default()).await?;
            let Some(last) = events.last() else { break };
            cursor = last.seq;
            for event in events.iter().filter(|e| Projector::remembers(e.kind)) {
                projector.recall(event);
            }
        }
        let mut span = if projector.remembers_output() { LAST_EVENTS } else { 0 };
        while span > 0 {
            let mut from = Seq(upto.0.saturating_sub(span));
            let (beginning, mut bytes) = (from == Seq::ZERO, 0);
            let mut last_bytes = projector.clone();
            while from < upto {
                let events = store.events(session, from, PageSize::default()).await?;
                let Some(last) = events.last() else { break };
                from = last.seq;
                for event in events.iter().filter(|e| e.seq <= upto && e.kind == Kind::Output) {
                    last_bytes.recall(event);
                    bytes += OutputChunk::decode(&event.body).data.len();
                }
            }
            if beginning || bytes >= CHARACTER {
                return Ok(last_bytes);
            }
            span *= 4;
        }
        Ok(projector)
    }

    /// The name of this log: another one means that the seqs of a client's memory are of no use here.
    ///
    /// # Errors
    /// Store errors.
    pub async fn log_epoch(&self) -> Result<&str, StoreError> {
        let store = &self.shared.store;
        let known = self.shared.follow.log_epoch.get_or_try_init(|| async {
            if let Some(name) = store.setting(LOG_EPOCH).await? {
                return Ok(name);
            }
            let name = uuid::Uuid::now_v7().to_string();
            let op = Op::PutSetting { name: LOG_EPOCH.into(), value: name.clone() };
            store.commit(Txn::power(vec![op])).await?;
            Ok(name)
        });
        known.await.map(String::as_str)
    }
}

/// A cursor into one session's log that brings seed 003's frames.
pub struct Follower {
    task: TaskId,
    session: SessionId,
    subscription: Subscription,
    projector: Projector,
    /// Read and not yet given.
    slice: Option<Slice>,
    engine: Engine,
}

impl Follower {
    /// Of which session.
    #[must_use]
    pub fn task(&self) -> TaskId {
        self.task
    }

    /// What it has read of the log.
    #[must_use]
    pub fn cursor(&self) -> Seq {
        self.subscription.cursor()
    }

    /// The next part of the log, as soon as there is one, for [`Self::frames`]; `None` when the log is complete. Cancel
    /// safe.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn next(&mut self) -> Result<Option<Slice>, StoreError> {
        let slice = match self.slice.take() {
            Some(slice) => self.slice.insert(slice),
            None => match self.subscription.next().await? {
                Some(slice) => self.slice.insert(slice),
                None => return Ok(None),
            },
        };
        if slice.must_recall(&self.projector) {
            let after = slice.after();
            self.projector = self.engine.recall(self.task, self.session, after).await?;
        }
        Ok(self.slice.take())
    }

    /// The frames of what [`Self::next`] gave, each once, in order.
    pub fn frames<'s>(&mut self, slice: &'s Slice) -> std::borrow::Cow<'s, [ChannelFrame]> {
        slice.channel_frames(&mut self.projector)
    }
}
