//! The program: reads its options, serves stdio until it closes, and turns a script's `crash` into an exit code.

use std::{env, io::Write as _, process::ExitCode};

use lia_scripted_agent::{
    agent::{Agent, Stop},
    options::{HELP, Options, Parsed},
};

fn main() -> ExitCode {
    let options = match Options::parse(env::args_os().skip(1)) {
        Ok(Parsed::Run(options)) => options,
        Ok(Parsed::Help) => return print(HELP),
        Ok(Parsed::Version) => return print(concat!("scripted-agent ", env!("CARGO_PKG_VERSION"), "\n")),
        Err(e) => {
            let _ = writeln!(std::io::stderr(), "scripted-agent: {e}; see --help");
            return ExitCode::from(64);
        }
    };
    match Agent::start(options).map_err(Stop::Io).and_then(|mut agent| agent.serve()) {
        Err(Stop::Exit(code)) => ExitCode::from(code),
        Err(Stop::Io(e)) => {
            let _ = writeln!(std::io::stderr(), "scripted-agent: {e}");
            ExitCode::from(74)
        }
        Ok(()) | Err(Stop::Closed | Stop::Cancelled) => ExitCode::SUCCESS,
    }
}

fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(74),
    }
}
