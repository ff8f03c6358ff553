//! The ladder from a polite end to a certain one: close the agent's input (a terminal: SIGHUP), SIGTERM, SIGKILL for
//! everything in its namespace, each after a grace.

use std::time::Duration;

use lia_protocol::ids::CommandId;
use tokio::time::Instant;

use crate::process::Child;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rung {
    Running,
    Asked,
    Terminated,
    Killed,
}

#[derive(Debug)]
pub(super) struct Stop {
    rung: Rung,
    grace: Duration,
    deadline: Option<Instant>,
    /// The orders that asked for it.
    pub asked_by: Vec<CommandId>,
}

impl Stop {
    pub fn new() -> Self {
        Self { rung: Rung::Running, grace: Duration::ZERO, deadline: None, asked_by: Vec::new() }
    }

    /// Begins, or hastens what has begun.
    pub fn ask(&mut self, id: Option<CommandId>, grace: Duration) {
        self.asked_by.extend(id);
        let first = self.rung == Rung::Running;
        self.grace = if first { grace } else { self.grace.min(grace) };
        let deadline = Instant::now() + self.grace;
        self.deadline = Some(self.deadline.map_or(deadline, |d| d.min(deadline)));
        self.rung = self.rung.max(Rung::Asked);
    }

    pub fn is_asked(&self) -> bool {
        self.rung >= Rung::Asked
    }

    /// Returns when the next step is due; never when none is.
    pub async fn due(&self) {
        match self.deadline {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// Takes the step that is due.
    pub fn climb(&mut self, child: &Child) {
        if self.rung < Rung::Terminated {
            self.rung = Rung::Terminated;
            self.deadline = Some(Instant::now() + self.grace);
            child.signal(libc::SIGTERM);
        } else {
            self.kill(child);
        }
    }

    /// The last step at once.
    pub fn kill(&mut self, child: &Child) {
        self.rung = Rung::Killed;
        self.deadline = None;
        child.kill();
    }
}
