//! An agent at a terminal: its output as it comes, its questions in place, prompts line by line. `spawn` and `attach`.
//!
//! ```text
//!  task's stream ─┐                        ┌─▶ standard output: what the agent says
//!  typed lines  ──┼──▶ one loop, one place ┼─▶ standard error: progress, questions, notices
//!  Ctrl-C       ──┘                        └─▶ the server: prompts, answers, cancel
//! ```

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use lia_client::{Client, ErrorCode, StreamOptions};
use lia_protocol::{
    event::PermissionRequested,
    ids::{CommandId, PermissionId, Seq, TaskId},
    task::TaskStatus,
    ws::{WsAnsweredMessage, WsMessageExt, WsTurnMessage},
};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    cmd::permission::{Wish, choose},
    text::{line, short},
    ui::{Style, Ui},
};

mod keys;
mod outcome;

pub use keys::Keys;
pub use outcome::Outcome;

/// When to return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The first turn has ended.
    FirstTurn,
    /// The task has ended.
    End,
}

/// What to do at the terminal.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Begin after this place.
    pub from: Seq,
    /// When to return.
    pub until: Until,
    /// Allow everything, once per question.
    pub yes: bool,
    /// Take prompts from standard input.
    pub prompts: bool,
}

/// One agent at one terminal.
pub struct Session<'a> {
    ui: &'a Ui,
    client: &'a Client,
    task: TaskId,
    options: Options,
    keys: Keys,
    /// Open questions in the order in which they were asked.
    questions: Vec<PermissionRequested>,
    /// Questions that were shown or answered by `--yes`.
    shown: Vec<PermissionId>,
    live: bool,
    interrupts: u32,
    /// Prompts of ours whose turns have not ended.
    mine: Vec<CommandId>,
    /// A prompt was sent.
    sent: bool,
    /// Standard input has ended, with prompts in it.
    piped: bool,
    last_turn: Option<Outcome>,
    /// The task has ended.
    over: bool,
    progress: Option<ProgressBar>,
}

impl<'a> Session<'a> {
    /// Makes it; nothing is read or printed yet.
    pub fn new(ui: &'a Ui, client: &'a Client, task: TaskId, options: Options) -> Self {
        let keys = Keys::new(options.prompts, ui.err_tty);
        Self {
            ui,
            client,
            task,
            options,
            keys,
            questions: Vec::new(),
            shown: Vec::new(),
            live: false,
            interrupts: 0,
            mine: Vec::new(),
            sent: false,
            piped: false,
            last_turn: None,
            over: false,
            progress: None,
        }
    }

    /// Works until the end, or until the user leaves. Also says whether the task is over.
    pub async fn run(mut self) -> Result<(Outcome, bool)> {
        let options = StreamOptions { from: self.options.from, progress: true, ..StreamOptions::default() };
        let mut stream = self.client.stream(self.task, options).await?;
        let mut interrupts = signal(SignalKind::interrupt())?;
        let mut reconnects = 0;
        let outcome = loop {
            let step = tokio::select! {
                message = stream.next() => match message {
                    Some(Ok(message)) => self.message(message).await?,
                    Some(Err(e)) => {
                        self.stop_progress();
                        self.ui.say(Style::Red, &format!("lost: {e}; the task may go on: lia attach {}", short(self.task)));
                        Some(Outcome::Lost)
                    }
                    None => Some(self.ended().await?),
                },
                _ = interrupts.recv() => self.interrupt().await,
                typed = self.keys.line() => self.typed(typed?).await?,
            };
            if stream.reconnects() > reconnects {
                reconnects = stream.reconnects();
                self.ui.note("connected again");
            }
            if let Some(outcome) = step {
                break outcome;
            }
        };
        self.stop_progress();
        self.ui.finish_line();
        stream.close().await;
        Ok((outcome, self.over))
    }

    /// One message of the task. `Some` ends the session.
    async fn message(&mut self, message: WsMessageExt) -> Result<Option<Outcome>> {
        if self.ui.json {
            self.ui.json_line(&message)?;
        }
        match message {
            WsMessageExt::Output(m) if !self.ui.json => {
                self.stop_progress();
                self.ui.write_foreign(&m.data)?;
            }
            WsMessageExt::Error(m) => {
                self.stop_progress();
                self.ui.say(Style::Red, &line(&m.message, 1000));
            }
            WsMessageExt::Status(m) if m.status == TaskStatus::Suspended && self.live => {
                self.ui.note("the task is suspended; a prompt or `lia resume` wakes it");
            }
            WsMessageExt::Progress(m) => {
                if m.stage == "ready" {
                    self.stop_progress();
                } else {
                    self.step(&line(&m.message, 200));
                }
            }
            WsMessageExt::Permission(m) => {
                self.questions.push(m.into_request());
                self.ask().await?;
            }
            WsMessageExt::Answered(m) => {
                self.answered(&m);
                self.ask().await?;
            }
            WsMessageExt::Turn(m) => return Ok(self.turn(&m)),
            WsMessageExt::Prompt(m) => return Ok(self.prompt(m.id, &m.state)),
            WsMessageExt::Live(_) => {
                self.live = true;
                self.ask().await?;
            }
            // The output says what was refused; what was allowed is for `lia logs`. The last three are a client's own.
            WsMessageExt::Egress(_)
            | WsMessageExt::Output(_)
            | WsMessageExt::Status(_)
            | WsMessageExt::Input(_)
            | WsMessageExt::Ping(_)
            | WsMessageExt::Pong(_)
            | WsMessageExt::Answer(_)
            | WsMessageExt::Cancel(_)
            | WsMessageExt::Resize(_) => {}
        }
        Ok(None)
    }

    fn prompt(&mut self, id: CommandId, state: &str) -> Option<Outcome> {
        match state {
            "delivered" => self.interrupts = 0,
            "unknown" if self.options.until == Until::FirstTurn => return Some(Outcome::Lost),
            "unknown" | "withdrawn" => {
                self.last_turn = Some(if state == "unknown" { Outcome::Lost } else { Outcome::Cancelled });
                return self.settled(id);
            }
            _ => {}
        }
        None
    }

    /// One prompt less to wait for. `Some` when all that was piped in has been worked.
    fn settled(&mut self, id: CommandId) -> Option<Outcome> {
        self.mine.retain(|m| *m != id);
        self.last_turn.filter(|_| self.piped && self.mine.is_empty())
    }

    fn turn(&mut self, ended: &WsTurnMessage) -> Option<Outcome> {
        let outcome = Outcome::of_turn(&ended.stop_reason);
        self.last_turn = Some(outcome);
        self.questions.clear();
        self.stop_progress();
        if outcome == Outcome::Refused {
            self.ui.say(Style::Yellow, &format!("the agent stopped: {}", line(&ended.stop_reason, 60)));
        } else if outcome == Outcome::Cancelled {
            self.ui.say(Style::Yellow, "cancelled");
        }
        let settled = self.settled(ended.command);
        if self.options.until == Until::FirstTurn { Some(outcome) } else { settled }
    }

    /// The stream has ended: the task is over.
    async fn ended(&mut self) -> Result<Outcome> {
        self.stop_progress();
        let task = self.client.task(self.task).await?;
        if task.status != TaskStatus::Terminated {
            return Ok(Outcome::Lost);
        }
        self.over = true;
        let outcome = self.last_turn.unwrap_or_else(|| Outcome::of_task(&task));
        let code = task.exit_code.map(|c| format!(", exit code {c}")).unwrap_or_default();
        let why = task.error_message.as_ref().map(|e| format!(": {}", line(e, 500))).unwrap_or_default();
        self.ui.note(&format!("the task has ended{code}{why}"));
        Ok(outcome)
    }

    /// Shows the first open question that was not shown yet, or answers it.
    async fn ask(&mut self) -> Result<()> {
        // Before the stream is live, an answer may still follow in the log.
        if !self.live {
            return Ok(());
        }
        loop {
            let Some(q) = self.questions.first().filter(|q| !self.shown.contains(&q.id)).cloned() else {
                return Ok(());
            };
            self.stop_progress();
            self.shown.push(q.id);
            let title = line(&q.title, 300);
            if self.options.yes {
                if let Some(option) =
                    choose(&q, Wish::Allow { always: false }).filter(|o| o.kind.starts_with("allow"))
                {
                    let option = option.option_id.clone();
                    self.ui.say(Style::Yellow, &format!("--yes: allowed once: {title}"));
                    self.questions.remove(0);
                    self.answer(q.id, Some(option)).await?;
                    continue;
                }
                self.ui.say(Style::Yellow, "--yes does not help here: the agent offers nothing that allows");
            }
            self.ui.say(Style::Yellow, &format!("The agent asks: {title}"));
            if self.keys.is_on() {
                for (i, option) in q.options.iter().enumerate() {
                    self.ui.say(Style::Plain, &format!("  {}  {}", i + 1, line(&option.name, 100)));
                }
                self.ui.say(Style::Dim, "Type a number and press Enter.");
            } else {
                let task = short(self.task);
                self.ui.say(Style::Plain, &format!("Answer with `lia approve {task}` or `lia deny {task}`."));
            }
            return Ok(());
        }
    }

    fn answered(&mut self, answer: &WsAnsweredMessage) {
        let Some(at) = self.questions.iter().position(|q| q.id == answer.id) else { return };
        let q = self.questions.remove(at);
        if self.shown.contains(&q.id) {
            let took = q.options.iter().find(|o| Some(&o.option_id) == answer.option_id.as_ref());
            let took = took.map_or("no answer", |o| o.name.as_str());
            self.ui.note(&format!("answered by {}: {}", line(&answer.by, 80), line(took, 100)));
        }
    }

    async fn answer(&self, id: PermissionId, option: Option<String>) -> Result<()> {
        match self.client.answer(self.task, id, option).await {
            Ok(_) => {}
            Err(e) if e.code() == Some(ErrorCode::InvalidState) => self.ui.note(&e.to_string()),
            Err(e) => return Err(e.into()),
        }
        Ok(())
    }

    /// A typed line; `None` at the end of standard input.
    async fn typed(&mut self, typed: Option<String>) -> Result<Option<Outcome>> {
        let Some(typed) = typed else {
            // Ctrl-D leaves at once, the end of prompts that were piped in when they have been worked.
            if self.options.prompts && self.keys.is_tty() {
                return Ok(Some(self.detach()));
            }
            self.piped = self.sent;
            return Ok(self.last_turn.filter(|_| self.piped && self.mine.is_empty()));
        };
        self.interrupts = 0;
        if let Some(q) = self.questions.first().filter(|q| self.shown.contains(&q.id)) {
            let wish = typed.trim();
            match choose(q, Wish::Words(wish)) {
                Some(option) => {
                    let (id, option) = (q.id, option.option_id.clone());
                    self.questions.remove(0);
                    self.answer(id, Some(option)).await?;
                    self.ask().await?;
                }
                None => {
                    let n = q.options.len();
                    self.ui.say(
                        Style::Yellow,
                        &format!("{:?} is none of the answers; type a number from 1 to {n}", line(wish, 40)),
                    );
                }
            }
            return Ok(None);
        }
        if typed.trim().is_empty() {
            return Ok(None);
        }
        if !self.options.prompts {
            self.ui.note(&format!("nothing is asked now; to send prompts: lia attach {}", short(self.task)));
            return Ok(None);
        }
        let id = CommandId::new();
        match self.client.input(self.task, id, typed).await {
            Ok(accepted) => {
                self.sent = true;
                self.mine.push(id);
                if accepted.position > 0 && self.keys.is_tty() {
                    self.ui.note(&format!("queued; {} before it", accepted.position));
                }
            }
            Err(e) => self.ui.say(Style::Red, &format!("not sent: {e}")),
        }
        Ok(None)
    }

    /// Ctrl-C: once cancels the turn, twice leaves.
    async fn interrupt(&mut self) -> Option<Outcome> {
        self.interrupts += 1;
        if self.interrupts > 1 {
            return Some(self.detach());
        }
        self.stop_progress();
        match self.client.cancel(self.task).await {
            Ok(_) => {
                self.ui.say(Style::Yellow, "cancelling the turn; Ctrl-C again leaves the task to itself")
            }
            Err(e) => self.ui.say(
                Style::Yellow,
                &format!("nothing was cancelled: {e}; Ctrl-C again leaves the task to itself"),
            ),
        }
        None
    }

    fn detach(&self) -> Outcome {
        let task = short(self.task);
        self.ui.say(
            Style::Dim,
            &format!("the task goes on: lia attach {task} comes back, lia stop {task} ends it"),
        );
        // A turn that was cancelled and left is a cancelled one.
        if self.interrupts > 1 && self.options.until == Until::FirstTurn {
            Outcome::Cancelled
        } else {
            Outcome::Detached
        }
    }

    fn step(&mut self, message: &str) {
        if self.ui.quiet || self.ui.json {
            return;
        }
        if !self.ui.err_tty {
            self.ui.note(message);
            return;
        }
        if let Some(bar) = &self.progress {
            return bar.set_message(message.to_owned());
        }
        let bar = ProgressBar::new_spinner().with_message(message.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        self.progress = Some(bar);
    }

    fn stop_progress(&mut self) {
        if let Some(bar) = self.progress.take() {
            bar.finish_and_clear();
        }
    }
}
