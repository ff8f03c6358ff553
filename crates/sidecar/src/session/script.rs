//! The script that runs before an agent: on the agent's side, with its variables, in the workspace. What it prints is
//! progress, a line at a time; its end is waited for, but not for ever. One that ended well leaves its digest in the home,
//! which is kept with the workspace: unchanged, it does not run there again, for whatever session. Scripts of several sessions
//! of one sandbox run one after the other.

use std::{fmt::Write as _, io, os::fd::OwnedFd, path::Path, time::Duration};

use lia_protocol::{limits::SETUP_SECONDS, link::AgentStart};
use nix::fcntl::OFlag;
use sha2::{Digest as _, Sha256};
use tokio::net::unix::pipe;

use super::{Core, Tail, cut, setup::SetupError};
use crate::{
    lines::{Lines, TooLong},
    process::{Child, Spec, Stdio},
};

/// Lines that are told; of more, the first.
const STEPS: usize = 500;
/// Bytes of one line that is told.
const LINE: usize = 500;
/// Bytes of one line that is read.
const READ: usize = 64 << 10;

/// Below the home: an empty file for each script that ended well, by its digest.
const MARKS: &str = ".lia/setup-done";

fn mark(script: &str) -> String {
    let mut path = format!("{MARKS}/");
    for byte in Sha256::digest(script.as_bytes()) {
        // Writing to a string does not fail.
        let _ = write!(path, "{byte:02x}");
    }
    path
}

/// Whether this script ended well here before. The agent can make the mark too: what it skips or repeats is its own.
fn ran_before(core: &Core, mark: &str) -> bool {
    core.instance.home.read_all(Path::new(mark), 0).is_ok()
}

/// Runs it, unless it ran here before.
pub(super) async fn run(core: &Core, start: &AgentStart, script: &str) -> Result<(), SetupError> {
    let mark = mark(script);
    let _turn = core.instance.setting_up.lock().await;
    if ran_before(core, &mark) {
        let message = "the set-up script ran here before and is unchanged".to_owned();
        return core.progress("setup_kept", message).map_err(SetupError::Journal);
    }
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
    let kept = core.instance.home.write(Path::new(&mark), &[]);
    kept.map_err(|e| SetupError::Write(mark.clone(), e))?;
    core.progress("setup_done", "the set-up script has ended".to_owned()).map_err(SetupError::Journal)
}

async fn follow(core: &Core, mut child: Child, output: pipe::Receiver) -> Result<(), SetupError> {
    let (mut lines, mut tail) = (Lines::new(READ), Tail::default());
    let (mut told, mut open, mut ended) = (0, true, None);
    while ended.is_none() || open {
        tokio::select! {
            _ = output.readable(), if open => match output.try_read_buf(lines.space(4096)) {
                Ok(0) => open = false,
                Ok(n) => {
                    // A progress bar goes back to its line's beginning.
                    let space = lines.space(0);
                    let from = space.len() - n;
                    space[from..].iter_mut().filter(|b| **b == b'\r').for_each(|b| *b = b'\n');
                    loop {
                    match lines.next_line() {
                        Ok(Some(line)) => {
                            let line = lines.get(line);
                            tail.push(line);
                            tail.push(b"\n");
                            if told < STEPS && !line.trim_ascii().is_empty() {
                                told += 1;
                                let mut text = String::from_utf8_lossy(line).trim_end().to_owned();
                                cut(&mut text, LINE);
                                core.progress("setup", text).map_err(SetupError::Journal)?;
                            }
                        }
                        Ok(None) => break,
                        // Whatever that is, it is not for people.
                        Err(TooLong(_)) => tail.push(lines.skip()),
                    }
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
