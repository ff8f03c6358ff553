//! A person's terminals, as far as the log has them: that they were opened, by whom, and that they are over. What they print
//! stays with the sidecar.
//!
//! A terminal is written down before it is opened: after a kill in between the log has one that was never there, and never
//! one that nobody wrote down.

use lia_protocol::{
    event::{Actor, NewEvent, TerminalClosed, TerminalOpened},
    ids::Seq,
    limits,
    task::TaskStatus,
    terminal::{TerminalId, TerminalStart},
};
use lia_store::{Durability, TaskPatch};

use super::{Owner, Phase};
use crate::engine::error::EngineError;

/// Bytes of an opened terminal's command that are logged.
const COMMAND_BYTES: usize = 4000;

impl Owner {
    /// Writes a terminal down that is about to be opened.
    pub(super) async fn terminal_opens(
        &mut self,
        id: TerminalId,
        start: &TerminalStart,
        by: Actor,
    ) -> Result<(), EngineError> {
        if self.task.status != TaskStatus::Running
            || !matches!(self.phase, Phase::Linked(_) | Phase::Linking(_))
        {
            return Err(no_terminal(self.task.status));
        }
        if self.instance.terminals.len() >= limits::TERMINALS {
            return Err(EngineError::InvalidState(format!(
                "the session has {} open terminals; end one first",
                limits::TERMINALS
            )));
        }
        self.touch();
        let mut command = start.line();
        command.truncate(command.floor_char_boundary(COMMAND_BYTES));
        let opened = TerminalOpened { terminal: id.to_string(), command, cols: start.cols, rows: start.rows };
        self.instance.terminals.insert(id, self.tail.head().seq.next());
        let ops = vec![self.append(vec![NewEvent::own(by, &opened)]), self.terminals_op()];
        let done = self.commit(Durability::Process, ops).await;
        if done.is_err() {
            self.instance.terminals.remove(&id);
        }
        self.tell_terminals();
        done?;
        Ok(())
    }

    /// A terminal is not there after all.
    pub(super) async fn terminal_missing(&mut self, id: TerminalId, error: String) {
        if self.instance.terminals.remove(&id).is_some() {
            let closed = TerminalClosed { terminal: id.to_string(), exit_code: None, error: Some(error) };
            let ops = vec![self.append(vec![NewEvent::own(Actor::System, &closed)]), self.terminals_op()];
            if let Err(e) = self.commit_own(Durability::Process, ops).await {
                tracing::error!(task = %self.task.id, error = %e, "a terminal's end could not be committed");
            }
            self.tell_terminals();
        }
    }

    /// A line of the sidecar that says that a terminal is over; nothing, when it names none of this session.
    pub(super) fn terminal_closed(&self, closed: &TerminalClosed) -> Option<(TerminalId, NewEvent)> {
        let id = closed.terminal.parse::<TerminalId>().ok().filter(|id| id.task == self.task.id)?;
        let closed = TerminalClosed { error: None, ..closed.clone() };
        Some((id, NewEvent::own(Actor::Sidecar, &closed)))
    }

    /// The events that close what is open, when all processes end.
    pub(super) fn terminals_end(&mut self, why: &str) -> Vec<NewEvent> {
        std::mem::take(&mut self.instance.terminals)
            .into_keys()
            .map(|id| {
                let error = Some(why.to_owned());
                let closed = TerminalClosed { terminal: id.to_string(), exit_code: None, error };
                NewEvent::own(Actor::System, &closed)
            })
            .collect()
    }

    /// The record with what is open now.
    pub(super) fn terminals_op(&self) -> lia_store::Op {
        self.update(&[], TaskPatch { instance_record: self.instance_json(), ..TaskPatch::default() })
    }

    /// Makes known what is open.
    pub(super) fn tell_terminals(&self) {
        self.tail.set_terminals(&self.instance.terminals);
    }
}

/// Why there can be no terminal in this state.
pub(in crate::engine) fn no_terminal(status: TaskStatus) -> EngineError {
    EngineError::InvalidState(match status {
        TaskStatus::Suspended => "the session is suspended; resume it first".to_owned(),
        TaskStatus::Terminated => "the session has ended, and its terminals with it".to_owned(),
        TaskStatus::Pending | TaskStatus::Starting | TaskStatus::Running => {
            "the session is being started; try again in a moment".to_owned()
        }
    })
}

/// Where each open terminal's `terminal.opened` stands in the log.
pub type OpenTerminals = std::collections::BTreeMap<TerminalId, Seq>;
