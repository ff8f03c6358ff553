//! The prompt queue as a session's callers steer it: prompts whose end is waited for, pause, order, and what Lia answers by
//! itself. Every change is durable before its caller hears of it.

use std::sync::atomic::Ordering;

use lia_protocol::{
    error::Issue,
    event::{Actor, NewEvent, PromptWithdrawn, QueuePaused, QueueReordered, QueueResumed, SettingsChanged},
    ids::CommandId,
    sessions::PromptMode,
    task::TaskStatus,
    template::AgentMode,
};
use lia_store::{CommandState, Durability, Op, TaskPatch};
use tokio::sync::oneshot;

use super::{Owner, Prompted};
use crate::engine::error::EngineError;

/// The seed's words for a prompt that a runtime host refuses.
const BUSY: &str = "Prompt already running";

impl Owner {
    /// Takes a prompt, and says whether it is the next thing that the agent does.
    pub(super) async fn session_prompt(
        &mut self,
        by: Actor,
        text: String,
        mode: Option<PromptMode>,
    ) -> Result<Prompted, EngineError> {
        // An input's field has another name there.
        self.take_prompt(by, text, mode).await.map_err(|e| match e {
            EngineError::Invalid(issues) => {
                EngineError::Invalid(issues.into_iter().map(|i| Issue { path: "text".into(), ..i }).collect())
            }
            other => other,
        })
    }

    async fn take_prompt(
        &mut self,
        by: Actor,
        text: String,
        mode: Option<PromptMode>,
    ) -> Result<Prompted, EngineError> {
        if self.spec.template.mode == AgentMode::Terminal {
            return Err(EngineError::InvalidState(
                "this session is a terminal, which has no turns; type into it instead".into(),
            ));
        }
        let working = self.works();
        let waits = working || self.task.queue_paused || !self.queue.is_empty();
        let id = CommandId::new();
        let accepted = match mode {
            None if waits => return Err(EngineError::InvalidState(BUSY.into())),
            Some(PromptMode::Steer) if working => {
                return Err(EngineError::InvalidState(
                    "this agent does not take a prompt into its running turn; queue it, or interrupt the turn".into(),
                ));
            }
            Some(PromptMode::Interrupt) if working => {
                let accepted = self.prompt(by.clone(), id, text, true, Vec::new()).await?;
                self.touch();
                if self.task.status == TaskStatus::Suspended {
                    self.resume(&by, None).await;
                }
                // The turn may have ended meanwhile, or the agent has to be made anew: then there is nothing to stop.
                if self.task.status == TaskStatus::Running && self.works() {
                    self.cancel(by).await?;
                }
                accepted
            }
            None | Some(PromptMode::Interrupt | PromptMode::Steer | PromptMode::Queue) => {
                self.input(by, Some(id), text).await?
            }
        };
        Ok(self.prompted(id, accepted.position, waits))
    }

    /// How a prompt that was taken goes on.
    pub(super) fn prompted(&mut self, id: CommandId, position: u32, waits: bool) -> Prompted {
        if waits {
            return Prompted::Queued { id, position };
        }
        let (tell, ended) = oneshot::channel();
        self.turns.insert(id, tell);
        Prompted::Running { id, ended }
    }

    /// A waiting prompt does not wait any more.
    fn taken_back(&mut self, id: CommandId) {
        if let Some(ended) = self.turns.remove(&id) {
            let _ = ended.send(Err(EngineError::InvalidState("the prompt was taken back".into())));
        }
    }

    /// Holds waiting prompts back, or lets them go on. Doing it again changes nothing.
    pub(super) async fn pause_queue(&mut self, paused: bool, by: Actor) -> Result<(), EngineError> {
        if self.task.queue_paused != paused {
            let event = if paused {
                NewEvent::own(by.clone(), &QueuePaused {})
            } else {
                NewEvent::own(by.clone(), &QueueResumed {})
            };
            let patch = TaskPatch { queue_paused: Some(paused), ..TaskPatch::default() };
            let ops = vec![self.append(vec![event]), self.update(&[], patch)];
            self.commit(Durability::Power, ops).await?;
            self.task.queue_paused = paused;
        }
        if !paused {
            if self.task.status == TaskStatus::Suspended && !self.queue.is_empty() {
                self.resume(&by, None).await;
            }
            self.dispatch().await;
        }
        Ok(())
    }

    /// Takes all waiting prompts back.
    pub(super) async fn clear_queue(&mut self, by: Actor) -> Result<u32, EngineError> {
        let ids: Vec<_> = self.queue.iter().map(|c| c.id).collect();
        self.take_back(&ids, by).await?;
        Ok(u32::try_from(ids.len()).unwrap_or(u32::MAX))
    }

    /// Takes some waiting prompts back: all or none.
    pub(super) async fn take_back(&mut self, ids: &[CommandId], by: Actor) -> Result<(), EngineError> {
        if ids.is_empty() {
            return Ok(());
        }
        let withdrawn = |id: &CommandId| {
            let body = PromptWithdrawn { command: *id, reason: "user".into() };
            NewEvent::own(by.clone(), &body).caused_by(*id)
        };
        let mut ops = vec![self.append(ids.iter().map(withdrawn).collect())];
        ops.extend(ids.iter().map(|id| Op::SetCommand {
            id: *id,
            expect: vec![CommandState::Pending],
            state: CommandState::Withdrawn,
            outcome: None,
        }));
        self.commit(Durability::Power, ops).await?;
        self.queue.retain(|c| !ids.contains(&c.id));
        for id in ids {
            self.taken_back(*id);
        }
        Ok(())
    }

    /// Puts the waiting prompts into another order.
    pub(super) async fn reorder_queue(&mut self, order: Vec<String>, by: Actor) -> Result<(), EngineError> {
        let there: Vec<_> = self.queue.iter().map(|c| c.id).collect();
        let ids = permutation(&there, &order)
            .map_err(|message| EngineError::Invalid(vec![Issue { path: "order".into(), message }]))?;
        if ids.is_empty() {
            return Ok(());
        }
        let event = NewEvent::own(by, &QueueReordered { order: ids.clone() });
        let place = Op::OrderCommands { session: self.session(), order: ids.clone() };
        let ops = vec![self.append(vec![event]), place];
        self.commit(Durability::Power, ops).await?;
        let place = |id: CommandId| ids.iter().position(|i| *i == id);
        self.queue.make_contiguous().sort_by_key(|c| place(c.id));
        Ok(())
    }

    /// Whether Lia answers this session's questions.
    pub(super) fn auto_approves(&self) -> bool {
        let of_all = || self.spec.template.auto_allow || self.shared.auto_approve.load(Ordering::Relaxed);
        self.task.auto_approve.unwrap_or_else(of_all)
    }

    /// Decides whether Lia answers this session's questions; those that wait are answered too.
    pub(super) async fn set_auto_approve(
        &mut self,
        auto_approve: Option<bool>,
        by: Actor,
    ) -> Result<(), EngineError> {
        if self.task.auto_approve != auto_approve {
            let event = NewEvent::own(by, &SettingsChanged { auto_approve });
            let patch = TaskPatch { auto_approve: Some(auto_approve), ..TaskPatch::default() };
            let ops = vec![self.append(vec![event]), self.update(&[], patch)];
            self.commit(Durability::Power, ops).await?;
            self.task.auto_approve = auto_approve;
        }
        self.auto_allow_open().await;
        Ok(())
    }

    /// Answers the questions that wait, where Lia is to.
    pub(super) async fn auto_allow_open(&mut self) {
        if self.auto_approves() {
            for id in self.permissions.keys().copied().collect::<Vec<_>>() {
                self.auto_allow(id).await;
            }
        }
    }
}

/// The ids that `order` names, when they are those that wait, each once. What is wrong is said in the seed's words.
fn permutation(there: &[CommandId], order: &[String]) -> Result<Vec<CommandId>, String> {
    if order.len() != there.len() {
        let (a, b) = (order.len(), there.len());
        return Err(format!("Reorder array length ({a}) does not match queue size ({b})"));
    }
    let mut ids = Vec::with_capacity(order.len());
    for text in order {
        let found = there.iter().find(|id| id.to_string() == *text);
        let shown: String = text.chars().take(80).collect();
        let id = *found.ok_or_else(|| format!("Unknown queue ID: \"{shown}\""))?;
        if ids.contains(&id) {
            return Err(format!("Duplicate queue ID: \"{shown}\""));
        }
        ids.push(id);
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_permutation_is_an_order() {
        let (a, b) = (CommandId::new(), CommandId::new());
        let order =
            |ids: &[&str]| permutation(&[a, b], &ids.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        let (x, y) = (a.to_string(), b.to_string());
        assert_eq!(order(&[&y, &x]), Ok(vec![b, a]));
        assert_eq!(order(&[&y]).unwrap_err(), "Reorder array length (1) does not match queue size (2)");
        assert_eq!(order(&[&y, &y]).unwrap_err(), format!("Duplicate queue ID: \"{y}\""));
        assert_eq!(order(&[&y, "q"]).unwrap_err(), "Unknown queue ID: \"q\"");
        assert_eq!(permutation(&[], &[]), Ok(vec![]));
    }
}
