//! The command line.

use std::{ffi::OsString, path::PathBuf};

/// `--help`.
pub const HELP: &str = "\
scripted-agent: an ACP agent (JSON-RPC over stdio) that acts by the text of its prompt

Usage: scripted-agent [--replay N] [--side-file PATH] [--tour]

  --replay N        session/load replays N updates before its response, for any session id.
                    Without it: what the stored session says (its prompts, or its `replay N`).
  --side-file PATH  append a line for every frame to PATH before the frame goes to stdout, and for
                    every prompt, cancel and answer that arrives (format: see the README)
  --tour            explain Lia in one pleasant turn, whatever the prompt says
  --version, --help

A prompt is a list of commands, one per line; `;` separates commands on one line, except after
sh, terminal, write, update and raw, which take the whole rest of their line. `\\n` in TEXT is a newline.
Sessions are kept in $HOME/.scripted-agent for session/load.

  say TEXT            one agent_message_chunk
  think TEXT          one agent_thought_chunk
  burst N BYTES       N numbered chunks (`#1 xxx…\\n`), each frame at least BYTES long, as fast as stdout takes
  slow N MS           N numbered chunks, MS milliseconds apart
  plan                a plan of three entries
  tool TITLE          a tool_call, then its tool_call_update
  permission TITLE    session/request_permission (allow_once, allow_always, reject_once); says what was chosen
  read PATH           fs/read_text_file; says the content
  write PATH TEXT     fs/write_text_file
  terminal CMD…       terminal/create of `/bin/sh -c CMD…`, wait, output, release; says the output
  sh CMD…             runs /bin/sh -c CMD… itself, without asking; says its output and its code
  env                 says its environment
  probe               says its pid, ids, folder, host name, visible processes and interfaces
  history             says how many prompts this session has seen, loads included
  replay [N]          from now on session/load of this session replays N updates (1000)
  update JSON         a session/update with this body
  raw TEXT            a line of TEXT on stdout, whatever it is
  noise               a line on stdout that is not JSON
  bigline BYTES       one chunk whose frame is BYTES long
  stderr TEXT         a line on stderr
  sleep MS            nothing, for MS milliseconds
  hang                nothing, until session/cancel
  refuse              ends the turn: stopReason refusal
  max_tokens          ends the turn: stopReason max_tokens
  error TEXT          ends the turn: a JSON-RPC error
  exit CODE           answers end_turn, then ends the process with CODE
  crash CODE          ends the process with CODE at once, without an answer; `crash` alone aborts (SIGABRT)

Anything else is echoed. session/cancel is honoured anywhere: stopReason cancelled.
";

/// What the agent was started with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Updates that `session/load` replays, for any session id.
    pub replay: Option<u64>,
    /// Where the side file is.
    pub side_file: Option<PathBuf>,
    /// Whether every prompt starts the tour.
    pub tour: bool,
}

/// What the arguments ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// Serve stdio.
    Run(Options),
    /// Print the help.
    Help,
    /// Print the version.
    Version,
}

/// What is wrong with the arguments.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadArgs {
    /// an option without its value
    #[error("{0} needs a value")]
    NoValue(&'static str),
    /// not a number
    #[error("--replay needs a number, not {0:?}")]
    Number(String),
    /// unknown
    #[error("unknown argument {0:?}")]
    Unknown(String),
}

impl Options {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    /// [`BadArgs`] names the argument.
    pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Parsed, BadArgs> {
        let mut options = Self::default();
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            match arg.to_str().unwrap_or("") {
                "--replay" => {
                    let value = args.next().ok_or(BadArgs::NoValue("--replay"))?;
                    let value = value.to_string_lossy();
                    options.replay = Some(value.parse().map_err(|_| BadArgs::Number(value.into_owned()))?);
                }
                "--side-file" => {
                    options.side_file = Some(args.next().ok_or(BadArgs::NoValue("--side-file"))?.into());
                }
                "--tour" => options.tour = true,
                "--help" | "-h" => return Ok(Parsed::Help),
                "--version" | "-V" => return Ok(Parsed::Version),
                _ => return Err(BadArgs::Unknown(arg.to_string_lossy().into_owned())),
            }
        }
        Ok(Parsed::Run(options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        let parse = |args: &[&str]| Options::parse(args.iter().map(OsString::from));
        let want = Options { replay: Some(7), side_file: Some("/s".into()), tour: true };
        assert_eq!(parse(&["--replay", "7", "--side-file", "/s", "--tour"]), Ok(Parsed::Run(want)));
        assert_eq!(parse(&["--replay"]), Err(BadArgs::NoValue("--replay")));
        assert_eq!(parse(&["--replay", "x"]), Err(BadArgs::Number("x".into())));
        assert_eq!(parse(&["prompt"]), Err(BadArgs::Unknown("prompt".into())));
    }
}
