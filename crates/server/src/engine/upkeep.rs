//! What is done from time to time: workspaces of tasks that ended long ago go, idempotency keys, credentials and
//! uploads expire, and removals that failed are tried again.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use lia_protocol::{
    error::Issue,
    event::{Actor, NewEvent, Progress},
    ids::{UploadId, UserId},
    task::TaskStatus,
    time::Timestamp,
};
use lia_store::{Op, TaskPatch, TaskRecord, Txn, UploadRecord};
use tokio::time::{MissedTickBehavior, interval};

use super::{Engine, EngineError, Shared, spec::TaskSpec};

/// Workspaces that one query names.
const PAGE: u32 = 100;

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// Workspaces that were removed.
    pub workspaces: usize,
    /// Uploads that were removed.
    pub uploads: usize,
}

impl Engine {
    /// One round of upkeep. The server does one at its start and then every [`super::Options::upkeep_every`].
    ///
    /// # Errors
    /// Those of the store. What cannot be removed is told in the log and tried again in the next round.
    pub async fn upkeep(&self) -> Result<Upkeep, EngineError> {
        self.shared.upkeep().await
    }

    /// Where an upload's bytes go.
    #[must_use]
    pub fn upload_path(&self, id: UploadId) -> PathBuf {
        self.shared.upload_path(id)
    }

    /// Takes an upload, whose bytes are at [`Self::upload_path`], into the records.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn keep_upload(&self, id: UploadId, user: UserId) -> Result<(), EngineError> {
        let record = UploadRecord { id, user, used_at: self.shared.options.clock.now() };
        self.shared.store.commit(Txn::power(vec![Op::PutUpload(record)])).await?;
        Ok(())
    }
}

impl Shared {
    /// Rounds of upkeep until the engine stops.
    pub(super) async fn keep_up(self: Arc<Self>) {
        let mut every = interval(self.options.upkeep_every);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = every.tick() => {}
                () = self.stopping.cancelled() => return,
            }
            match self.upkeep().await {
                Ok(Upkeep { workspaces: 0, uploads: 0 }) => {}
                Ok(Upkeep { workspaces, uploads }) => {
                    tracing::info!(workspaces, uploads, "expired and removed")
                }
                Err(e) => tracing::warn!(error = %e, "a round of upkeep did not get to its end"),
            }
        }
    }

    async fn upkeep(self: &Arc<Self>) -> Result<Upkeep, EngineError> {
        let (now, keep) = (self.options.clock.now(), self.options.retention);
        let ops = vec![
            Op::SweepCredentials { before: now },
            Op::SweepIdempotent { before: now.before(keep.idempotency) },
            Op::SweepDeliveries { before: now.before(keep.deliveries) },
        ];
        self.store.commit(Txn::process(ops)).await?;
        let unfinished = self.store.unfinished_tasks().await?;
        let mut done = Upkeep { uploads: self.expire_uploads(now, &unfinished).await?, workspaces: 0 };
        for task in unfinished.iter().filter(|t| t.status == TaskStatus::Terminated) {
            self.remove(task).await;
        }
        while !keep.workspaces.is_zero() && !self.stopping.is_cancelled() {
            let old = self.store.kept_since(now.before(keep.workspaces), PAGE).await?;
            for task in &old {
                self.expire(task, now).await?;
                done.workspaces += 1;
            }
            if old.len() < PAGE as usize {
                break;
            }
        }
        Ok(done)
    }

    /// Says in the task's log that its workspace goes, and removes it.
    async fn expire(self: &Arc<Self>, task: &TaskRecord, now: Timestamp) -> Result<(), EngineError> {
        let days = self.options.retention.workspaces.as_secs() / 86_400;
        let message = format!(
            "The task ended more than {days} days ago; its workspace is removed (retention.workspace_days)"
        );
        // In a shared sandbox the files are the last session's to go.
        let events = if self.shares(task).await? {
            Vec::new()
        } else {
            vec![NewEvent::own(Actor::System, &Progress { stage: "workspace_removed".into(), message })]
        };
        let patch = TaskPatch { cleanup: Some(true), ..TaskPatch::default() };
        let ops = vec![
            Op::Append { session: task.session, at: now, events, ack: None },
            Op::UpdateTask { id: task.id, expect: vec![TaskStatus::Terminated], patch: Box::new(patch) },
        ];
        self.store.commit(Txn::process(ops)).await?;
        self.remove(&TaskRecord { cleanup: true, ..task.clone() }).await;
        Ok(())
    }

    async fn remove(self: &Arc<Self>, task: &TaskRecord) {
        if let Err(e) = self.remove_instance(task).await {
            tracing::warn!(task = %task.id, error = %e, "an ended task's instance could not be removed; it is tried again");
        }
    }

    pub(super) fn upload_path(&self, id: UploadId) -> PathBuf {
        self.options.data_dir.join("uploads").join(id.to_string())
    }

    /// An upload that a task of `owner`, asked for by `by`, may use. One of another user's is none.
    pub(super) async fn usable_upload(
        &self,
        id: UploadId,
        owner: &UserId,
        by: &UserId,
    ) -> Result<Option<UploadRecord>, EngineError> {
        let oldest = self.options.clock.now().before(self.options.retention.uploads);
        let found = self.store.upload(id).await?;
        let found = found.filter(|u| (u.user == *owner || u.user == *by) && u.used_at >= oldest);
        Ok(found.filter(|_| self.upload_path(id).exists()))
    }

    /// Removes uploads that no task has used for long, except those that a task is about to be given.
    async fn expire_uploads(&self, now: Timestamp, unfinished: &[TaskRecord]) -> Result<usize, EngineError> {
        let before = now.before(self.options.retention.uploads);
        let mut old: Vec<_> =
            self.store.uploads_unused_since(before).await?.into_iter().map(|u| (u.id, true)).collect();
        for id in self.stray_uploads(before).await {
            if self.store.upload(id).await?.is_none() {
                old.push((id, false));
            }
        }
        if old.is_empty() {
            return Ok(0);
        }
        let waiting: HashSet<_> = unfinished
            .iter()
            .filter(|t| t.started_at.is_none())
            .filter_map(|t| serde_json::from_str::<TaskSpec>(&t.spec).ok())
            .flat_map(|s| s.bundles.into_iter().map(|(id, _)| id))
            .collect();
        let mut removed = 0;
        for (id, recorded) in old.into_iter().filter(|(id, _)| !waiting.contains(id)) {
            match tokio::fs::remove_file(self.upload_path(id)).await {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(upload = %id, error = %e, "an expired upload could not be removed");
                    continue;
                }
                _ => removed += 1,
            }
            if recorded {
                self.store.commit(Txn::process(vec![Op::RemoveUpload { id }])).await?;
            }
        }
        Ok(removed)
    }

    /// Files among the uploads that were last written before this: those that a kill left without a record are among
    /// them, and parts.
    async fn stray_uploads(&self, before: Timestamp) -> Vec<UploadId> {
        let mut found = Vec::new();
        let Ok(mut dir) = tokio::fs::read_dir(self.options.data_dir.join("uploads")).await else {
            return found;
        };
        while let Ok(Some(entry)) = dir.next_entry().await {
            let written = entry.metadata().await.ok().and_then(|m| m.modified().ok()).map(timestamp);
            if written.is_none_or(|at| at >= before) {
                continue;
            }
            let name = entry.file_name();
            match name.to_str().and_then(|n| n.parse().ok()) {
                Some(id) => found.push(id),
                None => drop(tokio::fs::remove_file(entry.path()).await),
            }
        }
        found
    }
}

fn timestamp(at: SystemTime) -> Timestamp {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// What is said of an upload that cannot be used.
pub(super) fn no_upload(index: usize, id: UploadId) -> Issue {
    Issue { path: format!("repositories.{index}.upload"), message: format!("there is no upload {id}") }
}
