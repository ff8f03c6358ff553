//! The script that runs before an agent: on the agent's side, with its variables, in the workspace. What it prints is
//! progress, a line at a time; its end is waited for, but not for ever.

use std::{io, os::fd::OwnedFd, time::Duration};

use lia_protocol::{limits::SETUP_SECONDS, link::AgentStart};
use nix::fcntl::OFlag;
use tokio::net::unix::pipe;

use super::{Core, Tail, cut, setup::SetupError};
use crate::{
    lines::Lines,
    process::{Child, Spec, Stdio},
};

/// Lines that are told; of more, the first.
const STEPS: usize = 500;
/// Bytes of one line that is told.
const LINE: usize = 500;
/// Bytes of one line that is read.
const READ: usize = 64 << 10;

/// Runs it.
pub(super) async fn run(core: &Core, start: &AgentStart, script: &str) -> Result<(), SetupError> {
    core.progress("setup", "running the set-up script".to_owned()).map_err(SetupError::Journal)?;
    let seconds = start.setup_seconds.unwrap_or(SETUP_SECONDS);
    let work = async {
        let (output, theirs) = pair().map_err(SetupError::ScriptPipe)?;
        let errors = theirs.try_clone().map_err(SetupError::ScriptPipe)?;
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let nothing = nix::fcntl::open("/dev/null", flags, nix::sys::stat::Mode::empty())
            .map_err(|e| SetupError::ScriptPipe(e.into()))?;
        let spec = Spec {
            command: "sh".to_owned(),
            args: vec!["-c".to_owned(), script.to_owned()],
            env: core.instance.env(start.env.clone()),
            cwd: core.instance.config.workspace.clone(),
            stdio: Stdio::Files([nothing, theirs, errors]),
        };
        let child = core.instance.jail.spawn(spec).await.map_err(SetupError::ScriptStart)?;
        follow(core, child, output).await
    };
    match tokio::time::timeout(Duration::from_secs(seconds.into()), work).await {
        Ok(done) => done?,
        Err(_) => return Err(SetupError::ScriptTime(seconds)),
    }
    core.progress("setup_done", "the set-up script has ended".to_owned()).map_err(SetupError::Journal)
}

async fn follow(core: &Core, mut child: Child, output: pipe::Receiver) -> Result<(), SetupError> {
    let (mut lines, mut tail) = (Lines::new(READ), Tail::default());
    let (mut told, mut open, mut ended) = (0, true, None);
    while ended.is_none() || open {
        tokio::select! {
            _ = output.readable(), if open => match output.try_read_buf(lines.space(4096)) {
                Ok(0) => open = false,
                Ok(_) => loop {
                    match lines.next_line() {
                        Ok(Some(line)) => {
                            let line = lines.get(line);
                            tail.push(line);
                            tail.push(b"\n");
                            if told < STEPS {
                                told += 1;
                                let mut text = String::from_utf8_lossy(line).trim_end().to_owned();
                                cut(&mut text, LINE);
                                core.progress("setup", text).map_err(SetupError::Journal)?;
                            }
                        }
                        Ok(None) => break,
                        Err(e) => return Err(SetupError::ScriptPipe(io::Error::other(e.to_string()))),
                    }
                },
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => open = false,
            },
            how = child.ended(), if ended.is_none() => {
                ended = Some(how);
                // What it left running ends with it, and its output too.
                child.kill();
            }
        }
    }
    let rest = lines.rest();
    if !rest.is_empty() {
        tail.push(rest);
        let mut text = String::from_utf8_lossy(rest).trim_end().to_owned();
        cut(&mut text, LINE);
        core.progress("setup", text).map_err(SetupError::Journal)?;
    }
    match ended {
        Some(how) if how.code == 0 => Ok(()),
        how => Err(SetupError::Script(how.map_or(-1, |h| h.code), tail.text().trim().to_owned())),
    }
}

fn pair() -> io::Result<(pipe::Receiver, OwnedFd)> {
    let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    Ok((pipe::Receiver::from_owned_fd(read)?, write))
}
