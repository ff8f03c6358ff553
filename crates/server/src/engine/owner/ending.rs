//! The end, of the sandbox or of the task, and what is still to be written down then.

use std::time::Duration;

use lia_protocol::{
    event::{Actor, AgentExited, NewEvent, TaskState},
    ids::CommandId,
    link::{HostLine, Order, SidecarLine},
    task::TaskStatus,
    time::Timestamp,
};
use lia_store::{Durability, TaskPatch};
use tokio::{io::AsyncBufReadExt as _, time::Instant};

use super::{Ending, Owner, Phase, life::OPEN};
use crate::engine::{Engine, error::EngineError, link::Incoming, spec::spool_path};

/// Ends that are the sandbox's own.
const LOST: [&str; 3] = ["lost", "unreachable", "diverged"];

impl Owner {
    /// What a suspended session's agent has said beside others that are awake, or just before it was suspended.
    pub(super) async fn catch_up(&mut self) {
        if self.task.status == TaskStatus::Suspended
            && let Some(record) = self.instance.record.clone()
        {
            self.leftover(&record).await;
        }
    }

    /// The instance does not live any more: what it left goes into the log, then the reason.
    pub(super) async fn instance_ended(&mut self, how: Option<String>) {
        self.ended = None;
        if let Some(record) = self.instance.record.clone() {
            self.leftover(&record).await;
        }
        if matches!(self.phase, Phase::Ended) {
            return;
        }
        let how = how.unwrap_or_else(|| "its processes are gone".into());
        let quiet = self.turn.is_none() && self.open.is_empty();
        if self.instance.agent.can_load
            && self.shared.runtime.keeps()
            && quiet
            && matches!(self.task.status, TaskStatus::Running | TaskStatus::Suspended)
        {
            return self.lost_but_loadable(&how).await;
        }
        self.fail("lost", &format!("the sandbox ended: {how}")).await;
    }

    /// Between turns nothing is lost: the agent's session is loaded again when someone wants it.
    async fn lost_but_loadable(&mut self, how: &str) {
        self.stop_counting();
        self.instance.parked = true;
        self.instance.record = None;
        let mut events = self.terminals_end("the sandbox ended");
        events.push(self.error_event(format!(
            "the sandbox ended ({how}); the agent's session will be loaded again on the next input"
        )));
        let mut patch = TaskPatch {
            instance_record: self.instance_json(),
            ran_ms: Some(self.task.ran_ms),
            ..TaskPatch::default()
        };
        if self.task.status == TaskStatus::Running {
            let state = TaskState {
                status: TaskStatus::Suspended,
                reason: "instance_ended".into(),
                exit_code: None,
                error: None,
            };
            events.push(NewEvent::own(Actor::System, &state));
            patch.status = Some(TaskStatus::Suspended);
            patch.suspended_at = Some(Some(Timestamp::now()));
        }
        let ops =
            vec![self.append(events), self.update(&[TaskStatus::Running, TaskStatus::Suspended], patch)];
        if self.commit_own(Durability::Process, ops).await.is_ok() {
            self.tell_terminals();
            self.task.status = TaskStatus::Suspended;
            self.task.suspended_at.get_or_insert_with(Timestamp::now);
            self.frozen_since = None;
            self.phase = Phase::Parked;
            self.leave().await;
            if !self.queue.is_empty() && !self.task.queue_paused {
                // It came when the sandbox was dying already: somebody wants it.
                Box::pin(self.resume(&Actor::System, None)).await;
            }
        }
    }

    /// Is no more in its sandbox.
    async fn leave(&mut self) {
        if let Err(e) = self.shared.leave(&self.task).await {
            tracing::warn!(task = %self.task.id, error = %e, "what is left in the sandbox could not be ended");
        }
    }

    async fn leftover(&mut self, record: &lia_runtime::InstanceRecord) {
        // What was on its way when the instance ended.
        if let Phase::Linked(link) = &mut self.phase {
            let mut rest = Vec::new();
            while let Incoming::Lines(l) = link.next().await {
                rest.extend(l);
            }
            if !rest.is_empty() {
                Box::pin(self.lines(rest)).await;
            }
        }
        if matches!(self.phase, Phase::Ended) {
            return;
        }
        self.phase = Phase::Parked;
        let files = self.shared.runtime.leftover_journal(record, self.session()).await.unwrap_or_default();
        let mut batch = Vec::new();
        let mut last = self.offset;
        for path in files {
            let Ok(file) = tokio::fs::File::open(&path).await else { continue };
            let mut lines = tokio::io::BufReader::new(file);
            loop {
                let mut line = Vec::new();
                match lines.read_until(b'\n', &mut line).await {
                    Ok(n) if n > 0 && line.ends_with(b"\n") => {}
                    _ => break,
                }
                line.pop();
                let Ok(line) = SidecarLine::parse(&line.into()) else { break };
                if line.offset().is_some_and(|o| o == last.next()) {
                    last = last.next();
                    batch.push(line);
                }
                if batch.len() >= 512 {
                    Box::pin(self.lines(std::mem::take(&mut batch))).await;
                }
            }
        }
        if !batch.is_empty() && !matches!(self.phase, Phase::Ended) {
            Box::pin(self.lines(batch)).await;
        }
    }

    pub(super) async fn agent_exited(&mut self, exited: AgentExited) {
        if let Some(reason) = self.ending {
            let error = (reason == "timeout").then(|| self.timeout_text());
            return self.finish(reason, error, Some(exited.code), self.task.cleanup).await;
        }
        let error = (exited.code != 0).then(|| {
            let said = self.complaint.take().unwrap_or_default();
            let tail = Some(exited.stderr_tail.trim()).filter(|t| !t.is_empty()).unwrap_or(&said);
            let how = exited
                .signal
                .map_or_else(|| format!("with code {}", exited.code), |s| format!("by signal {s}"));
            if tail.is_empty() {
                format!("the agent ended {how}")
            } else {
                format!("the agent ended {how}; the last that was said: {tail}")
            }
        });
        // One that never was there has not been started.
        let reason = if self.task.status == TaskStatus::Starting { "start_failed" } else { "agent_exit" };
        self.finish(reason, error, Some(exited.code), false).await;
    }

    pub(super) async fn timed_out(&mut self) {
        self.shut_down_agent("timeout").await;
        if !matches!(self.phase, Phase::Ended) {
            self.finish("timeout", Some(self.timeout_text()), None, false).await;
        }
    }

    fn timeout_text(&self) -> String {
        format!("the task's running time of {} minutes is used up", self.task.config.timeout_minutes)
    }

    /// Nobody wanted it for long.
    pub(super) async fn abandon(&mut self) {
        self.catch_up().await;
        if matches!(self.phase, Phase::Ended) {
            return;
        }
        self.finish("idle_timeout", None, None, false).await;
    }

    /// Something that cannot be mended.
    pub(super) async fn fail(&mut self, reason: &str, error: &str) {
        self.finish(reason, Some(error.to_owned()), None, false).await;
    }

    pub(super) async fn terminate(&mut self, by: &Actor, ending: Ending) -> Result<(), EngineError> {
        let (remove, reason) = (ending == Ending::Deleted, ending.as_str());
        if remove {
            let patch = TaskPatch { cleanup: Some(true), ..TaskPatch::default() };
            let op = self.update(&[], patch);
            self.commit(Durability::Power, vec![op]).await?;
            self.task.cleanup = true;
        }
        if let Phase::Making(job) = &mut self.phase {
            job.abort();
            let _ = job.await;
        }
        tracing::info!(task = %self.task.id, %by, reason, "terminating");
        self.catch_up().await;
        self.shut_down_agent(reason).await;
        if !matches!(self.phase, Phase::Ended) {
            self.finish(reason, None, None, remove).await;
        }
        if remove { self.shared.remove_instance(&self.task).await } else { Ok(()) }
    }

    /// Asks the agent to end, and takes what it says meanwhile into the log, for as long as `grace` allows.
    async fn shut_down_agent(&mut self, reason: &'static str) {
        self.ending = Some(reason);
        if self.task.status != TaskStatus::Running {
            return;
        }
        let grace = self.shared.options.grace;
        let order = Order::Shutdown { grace_ms: u64::try_from(grace.as_millis()).unwrap_or(0) / 2 };
        let Phase::Linked(link) = &self.phase else { return };
        link.send(&HostLine::Command { id: CommandId::new(), order });
        let until = Instant::now() + grace + Duration::from_millis(500);
        loop {
            let Phase::Linked(link) = &mut self.phase else { return };
            let next = tokio::time::timeout_at(until, link.next()).await;
            match next {
                Ok(Incoming::Lines(l)) => Box::pin(self.lines(l)).await,
                Ok(Incoming::Closed(_)) | Err(_) => return,
            }
        }
    }

    /// The task is terminated: one transaction closes everything that is open.
    async fn finish(&mut self, reason: &str, error: Option<String>, exit_code: Option<i32>, removing: bool) {
        self.stop_counting();
        if let Some(w) = self.ended.take() {
            w.abort();
        }
        if let Phase::Linking(job) = &self.phase {
            // Linked after this, the sidecar would know the session again.
            job.abort();
        }
        let shared = self.shared.clone();
        let held = shared.hold_kept(self.task.instance).await;
        let mut ops = self.closing_ops(error.as_deref().unwrap_or(reason));
        let state = TaskState {
            status: TaskStatus::Terminated,
            reason: reason.into(),
            exit_code,
            error: error.clone(),
        };
        ops.push(self.append(vec![NewEvent::own(Actor::System, &state)]));
        let patch = TaskPatch {
            status: Some(TaskStatus::Terminated),
            completed_at: Some(self.shared.options.clock.now()),
            suspended_at: Some(None),
            ran_ms: Some(self.task.ran_ms),
            exit_code,
            error: error.clone(),
            end_reason: Some(reason.to_owned()),
            stop_reason: self.task.stop_reason.clone(),
            instance_record: self.instance_json(),
            ..TaskPatch::default()
        };
        ops.push(self.update(OPEN, patch));
        if let Err(e) = self.commit_own(Durability::Power, ops).await {
            tracing::error!(task = %self.task.id, error = %e, "the task's end could not be committed");
            if matches!(e, lia_store::StoreError::Closed) {
                return;
            }
        }
        self.tell_terminals();
        self.task.status = TaskStatus::Terminated;
        self.answer_waiting(|| Err(EngineError::InvalidState("the task has ended".into())));
        let why = error.unwrap_or_else(|| "the session has ended".into());
        for (_, ended) in self.turns.drain() {
            let _ = ended.send(Err(EngineError::Turn(why.clone())));
        }
        if !removing {
            // The workspace stays until the task is deleted.
            self.leave().await;
        }
        drop(held);
        let path = spool_path(&self.shared.options.data_dir, self.task.id);
        let _ = tokio::fs::remove_file(path).await;
        if LOST.contains(&reason)
            && let Some(name) = &self.task.instance_name
        {
            let engine = Engine { shared: self.shared.clone() };
            if let Err(e) = engine.instance_lost(&self.task.user, name, self.task.id).await {
                tracing::warn!(task = %self.task.id, error = %e, "a named instance's end could not be written down");
            }
        }
        self.phase = Phase::Ended;
        self.settle().await;
        self.tail.complete();
    }
}
