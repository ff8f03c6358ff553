//! `lia`: the server and the command line in one program.
//!
//! - [`args`]: the grammar; [`context`]: what every command works with; [`local`]: the server of this machine;
//! - [`cmd`]: one file per command; [`session`]: an agent at a terminal, for `spawn` and `attach`;
//! - [`repo`]: a repository's way to a task and back; [`text`], [`ui`]: what people read.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;

mod args;
mod cmd;
mod context;
#[cfg(test)]
mod fuzz;
mod local;
#[cfg(test)]
#[path = "../../../fuzz/property.rs"]
mod property;
mod repo;
mod session;
mod terminal;
mod text;
mod ui;

use args::Cli;
use context::Cx;
use ui::{Style, Ui};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            // Help that nobody reads (`lia --help | head -1`) is no failure.
            let _ = e.print();
            return if e.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    let cx = Cx { ui: Ui::new(&cli.global), global: cli.global };
    match cmd::run(&cx, cli.command) {
        Ok(code) => code,
        Err(e) => report(&cx.ui, &e),
    }
}

/// Says what happened. A reader that has gone (`lia ls | head`) is the end of the work and no failure.
fn report(ui: &Ui, e: &anyhow::Error) -> ExitCode {
    if e.chain().filter_map(|c| c.downcast_ref::<io::Error>()).any(|e| e.kind() == io::ErrorKind::BrokenPipe)
    {
        return ExitCode::SUCCESS;
    }
    ui.finish_line();
    let mut out = io::stderr().lock();
    let _ = write!(out, "{} ", ui.paint_err(Style::Red, "error:"));
    let mut said = String::new();
    for cause in e.chain() {
        let text = cause.to_string();
        // Many errors repeat their cause in their own words.
        if !said.contains(&text) {
            let _ = write!(out, "{}{}", if said.is_empty() { "" } else { ": " }, text::tame(&text));
            said.push_str(&text);
        }
    }
    let _ = writeln!(out);
    if let Some(lia_client::Error::Api { api, .. }) = e.downcast_ref() {
        let issues =
            api.details.as_ref().and_then(|d| d.get("issues")?.as_array().cloned()).unwrap_or_default();
        for issue in issues {
            let part = |key: &str| issue.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
            let _ = writeln!(out, "  {}: {}", text::tame(&part("path")), text::tame(&part("message")));
        }
    }
    ExitCode::FAILURE
}
