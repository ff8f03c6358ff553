//! An agent that speaks the Agent Client Protocol over its standard streams.
//!
//! One loop reads what the agent writes in large chunks, hands each line to the client and commits what the client
//! journaled with one write; only then is anything written back to the agent. So the journal has the frames of both
//! directions in the order in which they happened, and the end of a turn never overtakes its updates.
//!
//! - [`frame`]: the envelope of a frame;
//! - [`client`]: what each frame and each order does;
//! - [`files`], [`terminals`]: the agent's requests that the sidecar serves.

pub(crate) mod client;
pub(crate) mod files;
pub(crate) mod frame;
mod terminals;

use std::{io, pin::pin, time::Duration};

use lia_protocol::{
    event::AgentExited,
    limits::ACP_FRAME_BYTES,
    link::{AgentStart, Outcome},
};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use tokio::{net::unix::pipe, sync::mpsc, time::Instant};

use self::client::{Action, Client};
use super::{Core, Input, Tail, exited, failed_exit, stop::Stop};
use crate::{
    lines::Lines,
    process::{Spec, Stdio},
};

/// Bytes read from the agent at once; its output pipe is made as large.
const CHUNK: usize = 256 << 10;
/// Bytes that may wait for the agent to read them; beyond, it is not read either.
const OUT_BYTES: usize = 8 << 20;
/// How long an agent may take from its start to its session.
const HANDSHAKE: Duration = Duration::from_secs(120);
/// How long an agent that has closed its output may take to end.
const SILENT: Duration = Duration::from_secs(2);

/// Runs the agent from its start to its end.
pub(super) async fn run(
    core: &Core,
    start: AgentStart,
    first: Option<(Option<lia_protocol::ids::CommandId>, String)>,
    early: Vec<Input>,
    queue: &mut mpsc::Receiver<Input>,
) -> io::Result<AgentExited> {
    let (stdin_theirs, stdin) = pipe_to()?;
    let (stdout, stdout_theirs) = pipe_from()?;
    let (stderr, stderr_theirs) = pipe_from()?;
    // Fewer and larger reads. A refusal (the user's pipe budget is spent) costs only speed.
    let _ = fcntl(&stdout, FcntlArg::F_SETPIPE_SZ(CHUNK as libc::c_int));
    let spec = Spec {
        command: start.command.clone(),
        args: start.args.clone(),
        env: core.instance.env(start.env.clone()),
        cwd: start.cwd.clone().unwrap_or_else(|| core.instance.config.workspace.clone()),
        stdio: Stdio::Files([stdin_theirs, stdout_theirs, stderr_theirs]),
    };
    let mut child = match core.instance.jail.spawn(spec).await {
        Ok(child) => child,
        Err(e) => {
            core.error("spawn", e.to_string());
            return Ok(failed_exit(127));
        }
    };

    let mut client = Client::new(core, &start);
    client.start();
    if let Some((id, text)) = first {
        client.prompt(id, text)?;
    }
    let mut stop = Stop::new();
    for input in early {
        act(client.input(input)?, &mut stop, &child);
    }

    let mut stdin = Some(stdin);
    let (mut stdout_open, mut stderr_open) = (true, true);
    let mut lines = Lines::new(ACP_FRAME_BYTES);
    let mut tail = Tail::default();
    let mut ended = None;
    let mut handshake = pin!(tokio::time::sleep_until(Instant::now() + HANDSHAKE));
    loop {
        core.journal.commit()?;
        flush(&mut stdin, &mut client.out);
        if stop.is_asked() && client.out.is_empty() {
            stdin = None;
        }
        if ended.is_some() && !stdout_open && !stderr_open {
            break;
        }
        let full = core.journal.is_full();
        tokio::select! {
            biased;
            Some(input) = queue.recv() => act(client.input(input)?, &mut stop, &child),
            () = writable(stdin.as_ref()), if !client.out.is_empty() && stdin.is_some() => {}
            _ = stdout.readable(), if stdout_open && !full && client.out.len() < OUT_BYTES => {
                match stdout.try_read_buf(lines.space(CHUNK)) {
                    Ok(0) => {
                        stdout_open = false;
                        client.last_line(lines.rest())?;
                        if ended.is_none() {
                            stop.ask(None, SILENT);
                        }
                    }
                    Ok(_) => loop {
                        match lines.next_line() {
                            Ok(Some(line)) => client.line(lines.get(line))?,
                            Ok(None) => break,
                            Err(e) => {
                                client.fail("frame_too_large", format!("the agent wrote a frame that is too large: {e}"));
                                break;
                            }
                        }
                    },
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => stdout_open = false,
                }
            }
            _ = stderr.readable(), if stderr_open => {
                let mut chunk = [0; 4096];
                match stderr.try_read(&mut chunk) {
                    Ok(0) => stderr_open = false,
                    Ok(n) => tail.push(&chunk[..n]),
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => stderr_open = false,
                }
            }
            how = child.ended(), if ended.is_none() => {
                ended = Some(how);
                stdin = None;
                client.out.clear();
                // What it started ends with it; so the pipes end too, after what they still hold.
                stop.kill(&child);
            }
            event = client.terminals.event() => client.terminal(event)?,
            () = stop.due(), if ended.is_none() => stop.climb(&child),
            () = &mut handshake, if client.in_handshake() && !client.has_failed() => {
                let secs = HANDSHAKE.as_secs();
                client.fail("handshake", format!("the agent did not finish its handshake within {secs} seconds"));
            }
            () = core.journal.room(), if full => {}
        }
        if client.has_failed() && ended.is_none() {
            stop.kill(&child);
        }
    }
    child.gone().await;
    let how = exited(ended.unwrap_or(crate::process::Ended::KILLED), &tail);
    client.finish(&how, &start.command)?;
    for id in std::mem::take(&mut stop.asked_by) {
        core.done(Some(id), Outcome::Ok { stop_reason: None })?;
    }
    Ok(how)
}

fn act(action: Option<Action>, stop: &mut Stop, child: &crate::process::Child) {
    match action {
        None => {}
        Some(Action::Signal(signal)) => child.signal(signal),
        Some(Action::Stop(id, grace)) => stop.ask(id, grace),
    }
}

/// Writes what the agent takes now. An agent that has closed its input gets nothing more; its end follows.
fn flush(stdin: &mut Option<pipe::Sender>, out: &mut Vec<u8>) {
    let Some(pipe) = stdin else { return out.clear() };
    let mut written = 0;
    while written < out.len() {
        match pipe.try_write(&out[written..]) {
            Ok(n) => written += n,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
            Err(_) => {
                *stdin = None;
                return out.clear();
            }
        }
    }
    out.drain(..written);
    if out.is_empty() {
        out.shrink_to(CHUNK);
    }
}

async fn writable(stdin: Option<&pipe::Sender>) {
    match stdin {
        Some(pipe) => {
            // An error shows at the next write.
            let _ = pipe.writable().await;
        }
        None => std::future::pending().await,
    }
}

/// A pipe whose read end goes to a program.
pub(super) fn pipe_to() -> io::Result<(std::os::fd::OwnedFd, pipe::Sender)> {
    let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    Ok((read, pipe::Sender::from_owned_fd(write)?))
}

/// A pipe whose write end goes to a program.
pub(super) fn pipe_from() -> io::Result<(pipe::Receiver, std::os::fd::OwnedFd)> {
    let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    Ok((pipe::Receiver::from_owned_fd(read)?, write))
}
