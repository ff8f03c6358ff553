//! `sh`: a child of the agent's own, which asks nobody. Its output comes in chunks as it is written; a cancel kills it.

use std::{
    io::{self, Read},
    process::{Command, Stdio},
    sync::mpsc::SyncSender,
    thread,
};

use crate::{
    agent::{Agent, Stop},
    wire::Inbound,
};

impl Agent {
    pub(crate) fn sh(&mut self, session: &str, line: &str) -> Result<(), Stop> {
        self.children += 1;
        let id = self.children;
        let (output, input) = io::pipe()?;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", line]).stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input);
        if let Some(session) = self.sessions.get(session) {
            command.current_dir(&session.cwd);
        }
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(e) => return self.say(session, &format!("sh failed: {e}\n")),
        };
        // The command holds the pipe's other end open.
        drop(command);
        let chunks = self.wire.sender();
        thread::Builder::new()
            .name("sh".into())
            .stack_size(128 << 10)
            .spawn(move || read_chunks(id, output, &chunks))?;
        let drained = self.say_child(session, id);
        if drained.is_err() {
            child.kill()?;
        }
        let status = child.wait()?;
        drained?;
        self.say(session, &format!("sh: {status}\n"))
    }

    fn say_child(&mut self, session: &str, id: u64) -> Result<(), Stop> {
        let mut cut = Vec::new();
        loop {
            let bytes = self.child_output(id)?;
            let end = bytes.is_empty();
            cut.extend_from_slice(&bytes);
            let whole = if end { cut.len() } else { whole_characters(&cut) };
            if whole > 0 {
                self.say(session, &String::from_utf8_lossy(&cut[..whole]))?;
                cut.drain(..whole);
            }
            if end {
                return Ok(());
            }
        }
    }
}

/// How many bytes do not end inside a character.
fn whole_characters(bytes: &[u8]) -> usize {
    match str::from_utf8(bytes) {
        Err(e) if e.error_len().is_none() => e.valid_up_to(),
        _ => bytes.len(),
    }
}

fn read_chunks(id: u64, mut output: impl Read, chunks: &SyncSender<Inbound>) {
    let mut buffer = [0; 8 << 10];
    loop {
        let read = output.read(&mut buffer).unwrap_or(0);
        if chunks.send(Inbound::Child(id, buffer[..read].to_vec())).is_err() || read == 0 {
            return;
        }
    }
}
