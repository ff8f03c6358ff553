//! Standing still: suspended where it is, parked without processes, and gone on from both.

use lia_protocol::{
    event::{Actor, NewEvent, Progress, TaskState},
    task::TaskStatus,
    time::Timestamp,
};
use lia_store::{Durability, TaskPatch};
use tokio::time::Instant;

use super::{Owner, Phase, Reply};
use crate::engine::error::EngineError;

impl Owner {
    pub(super) fn stop_counting(&mut self) {
        if let Some(since) = self.running_since.take() {
            self.task.ran_ms += i64::try_from(since.elapsed().as_millis()).unwrap_or(0);
        }
        self.instance.running_since = None;
    }

    pub(super) async fn suspend(&mut self, by: &str, reason: &str) -> Result<(), EngineError> {
        if self.task.status != TaskStatus::Running {
            return Err(EngineError::InvalidState(format!(
                "the task is {}; only a running one can be suspended",
                self.task.status.as_str()
            )));
        }
        let Some(record) = self.instance.record.clone() else {
            return Err(EngineError::InvalidState("the task has no instance".into()));
        };
        self.shared.sleep(&self.task, &record).await?;
        self.stop_counting();
        let now = Timestamp::now();
        let state =
            TaskState { status: TaskStatus::Suspended, reason: reason.into(), exit_code: None, error: None };
        tracing::info!(task = %self.task.id, by, reason, "suspended");
        let patch = TaskPatch {
            status: Some(TaskStatus::Suspended),
            suspended_at: Some(Some(now)),
            ran_ms: Some(self.task.ran_ms),
            instance_record: self.instance_json(),
            ..TaskPatch::default()
        };
        let ops = vec![
            self.append(vec![NewEvent::own(Actor::System, &state)]),
            self.update(&[TaskStatus::Running], patch),
        ];
        if let Err(e) = self.commit(Durability::Power, ops).await {
            // A suspend that fails leaves a running task.
            self.shared.wake(&self.task, &record).await?;
            self.running_since = Some(Instant::now());
            return Err(e.into());
        }
        self.task.status = TaskStatus::Suspended;
        self.task.suspended_at = Some(now);
        self.phase = Phase::Frozen;
        self.frozen_since = Some(Instant::now());
        Ok(())
    }

    pub(super) async fn resume(&mut self, by: &Actor, reply: Option<Reply<()>>) {
        if self.task.status == TaskStatus::Starting && reply.is_some() {
            self.waiting_resume.extend(reply);
            return;
        }
        let answer = self.try_resume(by).await;
        match (answer, reply) {
            (Ok(true), Some(r)) => {
                let _ = r.send(Ok(()));
            }
            (Ok(false), r) => self.waiting_resume.extend(r),
            (Err(e), Some(r)) => {
                let _ = r.send(Err(e));
            }
            (Err(e), None) => {
                let event = self.error_event(format!("the task could not be resumed: {e}"));
                self.log(vec![event]).await;
            }
            (Ok(true), None) => {}
        }
    }

    /// `true`: it runs. `false`: it is being started again.
    async fn try_resume(&mut self, by: &Actor) -> Result<bool, EngineError> {
        if self.task.status != TaskStatus::Suspended {
            return Err(EngineError::InvalidState(format!(
                "the task is not suspended, its status is {}",
                self.task.status.as_str()
            )));
        }
        if let Phase::Frozen = self.phase
            && let Some(record) = self.instance.record.clone()
        {
            self.shared.wake(&self.task, &record).await?;
            self.running_since = Some(Instant::now());
            self.instance.running_since = Some(Timestamp::now());
            let state = TaskState {
                status: TaskStatus::Running,
                reason: "resumed".into(),
                exit_code: None,
                error: None,
            };
            let patch = TaskPatch {
                status: Some(TaskStatus::Running),
                suspended_at: Some(None),
                instance_record: self.instance_json(),
                ..TaskPatch::default()
            };
            let ops = vec![
                self.append(vec![NewEvent::own(by.clone(), &state)]),
                self.update(&[TaskStatus::Suspended], patch),
            ];
            self.commit(Durability::Power, ops).await?;
            self.task.status = TaskStatus::Running;
            self.task.suspended_at = None;
            self.frozen_since = None;
            self.touch();
            self.link().await;
            return Ok(true);
        }
        let state = TaskState {
            status: TaskStatus::Starting,
            reason: "resumed".into(),
            exit_code: None,
            error: None,
        };
        let patch = TaskPatch { status: Some(TaskStatus::Starting), ..TaskPatch::default() };
        let ops = vec![
            self.append(vec![NewEvent::own(by.clone(), &state)]),
            self.update(&[TaskStatus::Suspended], patch),
        ];
        self.commit(Durability::Power, ops).await?;
        self.task.status = TaskStatus::Starting;
        self.task.suspended_at = None;
        self.touch();
        self.make_again().await;
        Ok(false)
    }

    pub(super) async fn idle(&mut self) {
        if let Err(e) = self.suspend("system", "idle").await {
            let event = self.error_event(format!("the idle task could not be suspended: {e}"));
            self.log(vec![event]).await;
            self.touch();
        }
    }

    /// Ends the processes of a suspended agent that can load its session again.
    pub(super) async fn park(&mut self) {
        self.frozen_since = None;
        self.catch_up().await;
        if matches!(self.phase, Phase::Ended) {
            return;
        }
        if let Some(w) = self.ended.take() {
            w.abort();
        }
        let shared = self.shared.clone();
        let _held = shared.hold_kept(self.task.instance).await;
        self.instance.parked = true;
        let progress = Progress {
            stage: "parked".into(),
            message: "Processes ended; files and session are kept".into(),
        };
        let mut events = self.terminals_end("the session was parked: its processes ended");
        events.push(NewEvent::own(Actor::System, &progress));
        let patch = TaskPatch { instance_record: self.instance_json(), ..TaskPatch::default() };
        let ops = vec![self.append(events), self.update(&[TaskStatus::Suspended], patch)];
        match self.commit_own(Durability::Process, ops).await {
            Ok(_) => {
                self.tell_terminals();
                self.phase = Phase::Parked;
                self.shared.failpoints.pass("after_park_commit");
                self.end_processes().await;
            }
            Err(e) => tracing::error!(task = %self.task.id, error = %e, "the task could not be parked"),
        }
    }

    /// Ends what runs of a parked instance. Its record stays until that is done, in case it must be tried again.
    pub(super) async fn end_processes(&mut self) {
        match self.shared.leave(&self.task).await {
            Ok(()) => self.instance.record = None,
            Err(e) => {
                tracing::warn!(task = %self.task.id, error = %e, "a parked instance's processes could not be ended");
            }
        }
    }
}
