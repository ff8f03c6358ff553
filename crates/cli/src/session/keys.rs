//! Lines from standard input, if it shall be read at all.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines, Stdin};

/// See the module.
pub struct Keys {
    lines: Option<Lines<BufReader<Stdin>>>,
    tty: bool,
    /// A line that ended in a backslash and goes on.
    begun: String,
}

impl Keys {
    /// Reads standard input when there are prompts in it, or when it is a terminal whose user can see the questions.
    pub fn new(prompts: bool, questions: bool) -> Self {
        let tty = std::io::stdin().is_terminal();
        let wanted = prompts || (tty && questions);
        Self { lines: wanted.then(|| BufReader::new(tokio::io::stdin()).lines()), tty, begun: String::new() }
    }

    /// Whether somebody is there to answer.
    pub fn is_on(&self) -> bool {
        self.lines.is_some() && self.tty
    }

    /// Whether standard input is a terminal.
    pub fn is_tty(&self) -> bool {
        self.tty
    }

    /// The next line, or `None` once at the end; after that, and when nothing is read, it waits for ever. Cancel-safe.
    pub async fn line(&mut self) -> Result<Option<String>> {
        loop {
            let Some(lines) = &mut self.lines else { return std::future::pending().await };
            let Some(line) = lines.next_line().await.context("standard input cannot be read")? else {
                self.lines = None;
                return Ok(None);
            };
            if let Some(part) = line.strip_suffix('\\') {
                self.begun.push_str(part);
                self.begun.push('\n');
                continue;
            }
            return Ok(Some(std::mem::take(&mut self.begun) + &line));
        }
    }
}
