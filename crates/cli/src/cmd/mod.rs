//! One file per command, or per group of commands that do nearly the same.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::CommandFactory as _;

use crate::{
    args::{Cli, Command},
    context::Cx,
};

mod agents;
mod config;
mod cp;
mod doctor;
mod host;
mod lifecycle;
mod log;
pub mod permission;
mod pull;
mod raw;
mod serve;
mod shell;
mod show;
mod spawn;
mod talk;
mod token;

/// Runs one command.
pub fn run(cx: &Cx, command: Command) -> Result<ExitCode> {
    if let Command::Completions { shell } = command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "lia", &mut script);
        cx.ui.write(&script)?;
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the program's own threads cannot be started")?;
    let result = runtime.block_on(dispatch(cx, command));
    // A read of standard input that is under way cannot be taken back, and must not keep us.
    runtime.shutdown_background();
    result
}

async fn dispatch(cx: &Cx, command: Command) -> Result<ExitCode> {
    match command {
        Command::Serve(args) => serve::serve(cx, args).await?,
        Command::Down(args) => serve::down(cx, args).await?,
        Command::Host(args) => host::host(cx, args).await?,
        Command::Spawn(args) => return spawn::spawn(cx, *args).await,
        Command::Ls(args) => show::ls(cx, args).await?,
        Command::Show(args) => show::show(cx, args).await?,
        Command::Attach(args) => return talk::attach(cx, args).await,
        Command::Shell(args) => return shell::shell(cx, args).await,
        Command::Logs(args) => log::logs(cx, args).await?,
        Command::Output(args) => log::output(cx, args).await?,
        Command::Input(args) => talk::input(cx, args).await?,
        Command::Approve(args) => permission::approve(cx, args).await?,
        Command::Deny(args) => permission::deny(cx, args).await?,
        Command::Suspend(args) => return lifecycle::each(cx, args, lifecycle::Verb::Suspend).await,
        Command::Resume(args) => return lifecycle::each(cx, args, lifecycle::Verb::Resume).await,
        Command::Stop(args) => return lifecycle::each(cx, args, lifecycle::Verb::Stop).await,
        Command::Rm(args) => return lifecycle::each(cx, args, lifecycle::Verb::Remove).await,
        Command::Diff(args) => pull::diff(cx, args).await?,
        Command::Pull(args) => pull::pull(cx, args).await?,
        Command::Cp(args) => cp::cp(cx, args).await?,
        Command::Agents(args) => agents::agents(cx, args).await?,
        Command::Doctor => return doctor::doctor(cx).await,
        Command::Token(args) => token::token(cx, args).await?,
        Command::Config(args) => config::config(cx, args)?,
        // Done above, without a runtime.
        Command::Completions { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}
