//! `fs.snapshot` and `file.preview` on seed 003's sockets: answered to the asker alone, with `seq` 0, beside everything else
//! that the socket does.
//!
//! A socket waits for few of them at a time, and an answer counts until it is written: a client that asks and does not read
//! holds no more than that in memory. REST gives longer answers.

use std::sync::Arc;

use lia_protocol::{
    error::ErrorCode,
    ids::{Seq, TaskId},
    limits::{WS_FILES, WS_FILES_BYTES},
    sessions::{
        AnyEvent, Channel, FilePreview, FilePreviewAction, FileSystemSnapshot, FsSnapshotAction,
        WsChannelEventMessage, WsEventMessage,
        session_host::{FilePreviewEvent, FilesystemSnapshotEvent, SnapshotEntries},
    },
    time::Timestamp,
    wire::tag::Tag,
};
use lia_store::TaskRecord;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use super::super::{Api, error::Failure, fs};
use crate::views::stream::json as text;

/// What is asked of a session's files.
#[derive(Debug, PartialEq)]
pub(super) enum Look {
    /// A folder, with all that is in it or without what is hidden.
    Snapshot(String, bool),
    /// The beginning of a file.
    Preview(String),
}

impl From<FsSnapshotAction> for Look {
    fn from(m: FsSnapshotAction) -> Self {
        Self::Snapshot(m.path.unwrap_or_default(), m.show_all_files.unwrap_or(false))
    }
}

impl From<FilePreviewAction> for Look {
    fn from(m: FilePreviewAction) -> Self {
        Self::Preview(m.path)
    }
}

/// One of the answers that a socket may wait for, until it is written.
pub(super) type Place = OwnedSemaphorePermit;

/// Those that a socket waits for. Dropping it ends them.
pub(super) struct Looks {
    room: Arc<Semaphore>,
    running: JoinSet<()>,
}

impl Looks {
    pub(super) fn new() -> Self {
        Self { room: Arc::new(Semaphore::new(WS_FILES)), running: JoinSet::new() }
    }

    /// Begins one; `answer` gets what comes of it, with its place.
    ///
    /// # Errors
    /// When the socket waits for as many as it may; for the asker.
    pub(super) fn begin<F>(
        &mut self,
        api: &Api,
        task: TaskRecord,
        look: Look,
        answer: impl FnOnce(Result<AnyEvent, String>, Place) -> F + Send + 'static,
    ) -> Result<(), String>
    where
        F: Future<Output = ()> + Send,
    {
        while self.running.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            return Err(format!(
                "this socket waits for {WS_FILES} answers about files already; wait for one"
            ));
        };
        let api = api.clone();
        self.running.spawn(async move {
            let event = look.event(&api, &task).await.map_err(|e| look.said(task.id, &e));
            answer(event, place).await;
        });
        Ok(())
    }
}

impl Look {
    async fn event(&self, api: &Api, task: &TaskRecord) -> Result<AnyEvent, Failure> {
        Ok(match self {
            Self::Snapshot(path, all) => {
                let FileSystemSnapshot { root, path, git_path, entries, truncated, max_entries } =
                    fs::snapshot_of(api, task, path, *all, WS_FILES_BYTES).await?;
                let snapshot = SnapshotEntries {
                    root,
                    entries,
                    path,
                    git_path,
                    truncated: Some(truncated),
                    max_entries: Some(max_entries),
                };
                event("filesystem.snapshot", &FilesystemSnapshotEvent { snapshot })
            }
            Self::Preview(path) => {
                let FilePreview { path, content, truncated, max_chars } =
                    fs::preview_of(api, task, path, WS_FILES_BYTES).await?;
                let (truncated, max_chars) = (Some(truncated), Some(max_chars));
                event("file.preview", &FilePreviewEvent { path, content, truncated, max_chars })
            }
        })
    }

    /// A failure, for the asker.
    fn said(&self, task: TaskId, failure: &Failure) -> String {
        if failure.code() != ErrorCode::TooLarge {
            return failure.sentence().to_owned();
        }
        let route = match self {
            Self::Snapshot(..) => "fs/snapshot",
            Self::Preview(_) => "files",
        };
        format!("{} and a WebSocket carries no more; GET /api/agents/{task}/{route} does", failure.sentence())
    }
}

fn event(kind: &str, data: &impl Serialize) -> AnyEvent {
    // Plain data with string keys: serialising cannot fail.
    let data = match serde_json::to_value(data) {
        Ok(Value::Object(data)) => data,
        Ok(_) | Err(_) => Map::new(),
    };
    AnyEvent::new(kind, data, Timestamp::now())
}

/// The channel of a session's files.
pub(super) fn channel(task: TaskId) -> Channel {
    Channel(format!("session:{task}:fs"))
}

/// As a frame on a socket with channels.
pub(super) fn on_channel(task: TaskId, event: AnyEvent) -> String {
    let (session_id, agent_id, channel) = (task.to_string(), task.to_string(), channel(task));
    text(&WsChannelEventMessage { kind: Tag::new(), channel, session_id, agent_id, seq: Seq::ZERO, event })
}

/// As a frame on the socket of one session.
pub(super) fn of_session(event: AnyEvent) -> String {
    let timestamp = event.timestamp.clone();
    text(&WsEventMessage { kind: Tag::new(), timestamp, seq: Some(Seq::ZERO), event })
}
