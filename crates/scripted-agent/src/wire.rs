//! Stdin and stdout: one JSON value per line. A thread reads stdin into the inbox, so that the one wait of the agent
//! ([`Wire::next`]) sees a client's lines and a child's output alike; stdout is written without a buffer of its own.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    os::fd::AsFd as _,
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::Instant,
};

use serde_json::{Value, json};

use crate::side::{Kind, SideFile};

/// The longest line that is taken from the client.
pub const LINE_BYTES: u64 = 64 << 20;
/// Messages that wait in the inbox before their senders do.
const INBOX: usize = 64;

/// What the agent waits for.
#[derive(Debug)]
pub enum Inbound {
    /// A line of the client, without its newline.
    Line(Vec<u8>),
    /// Stdin has ended, or sent a line longer than [`LINE_BYTES`].
    Closed,
    /// Output of the child that `sh` runs; empty at its end. The number tells one child from the next.
    Child(u64, Vec<u8>),
}

/// The connection to the client.
#[derive(Debug)]
pub struct Wire {
    out: File,
    side: Option<SideFile>,
    inbox: Receiver<Inbound>,
    sender: SyncSender<Inbound>,
    requests: u64,
}

impl Wire {
    /// Starts to read stdin.
    ///
    /// # Errors
    /// When stdout or the side file cannot be had.
    pub fn open(side_file: Option<&Path>) -> io::Result<Self> {
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let side = side_file.map(SideFile::open).transpose()?;
        let (sender, inbox) = sync_channel(INBOX);
        let lines = sender.clone();
        thread::Builder::new()
            .name("stdin".into())
            .stack_size(128 << 10)
            .spawn(move || read_lines(&lines))?;
        Ok(Self { out, side, inbox, sender, requests: 0 })
    }

    /// A way into the inbox for the reader of a child's output.
    #[must_use]
    pub fn sender(&self) -> SyncSender<Inbound> {
        self.sender.clone()
    }

    /// What comes next; `None` when `deadline` passes first.
    pub fn next(&self, deadline: Option<Instant>) -> Option<Inbound> {
        let Some(deadline) = deadline else {
            return Some(self.inbox.recv().unwrap_or(Inbound::Closed));
        };
        match self.inbox.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(inbound) => Some(inbound),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Inbound::Closed),
        }
    }

    /// What is there already.
    pub fn ready(&self) -> Option<Inbound> {
        self.inbox.try_recv().ok()
    }

    /// Notes in the side file what has arrived.
    ///
    /// # Errors
    /// When the side file cannot be written.
    pub fn arrived(&mut self, what: &str, text: &str) -> io::Result<()> {
        let Some(side) = &mut self.side else { return Ok(()) };
        side.arrived(what, text);
        side.flush()
    }

    /// Emits one frame, given without its newline.
    ///
    /// # Errors
    /// When stdout or the side file cannot be written.
    pub fn emit(&mut self, kind: Kind, mut frame: Vec<u8>) -> io::Result<()> {
        if let Some(side) = &mut self.side {
            side.emitted(kind, &frame);
            side.flush()?;
        }
        frame.push(b'\n');
        self.out.write_all(&frame)
    }

    /// Emits frames that stand in `batch` with their newlines, in one write. `ends` are their ends, newlines included.
    ///
    /// # Errors
    /// When stdout or the side file cannot be written.
    pub fn emit_batch(&mut self, kind: Kind, batch: &[u8], ends: &[usize]) -> io::Result<()> {
        if let Some(side) = &mut self.side {
            let mut start = 0;
            for &end in ends {
                side.emitted(kind, &batch[start..end - 1]);
                start = end;
            }
            side.flush()?;
        }
        self.out.write_all(batch)
    }

    /// Answers a request.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn respond(&mut self, id: &Value, answer: Result<Value, RpcError>) -> io::Result<()> {
        let frame = match answer {
            Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            Err(e) => json!({"jsonrpc": "2.0", "id": id, "error": {"code": e.code, "message": e.message}}),
        };
        self.emit(Kind::Response, frame.to_string().into_bytes())
    }

    /// Sends a request and returns its id.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn request(&mut self, method: &str, params: Value) -> io::Result<u64> {
        self.requests += 1;
        let frame = json!({"jsonrpc": "2.0", "id": self.requests, "method": method, "params": params});
        self.emit(Kind::Request, frame.to_string().into_bytes())?;
        Ok(self.requests)
    }
}

/// A JSON-RPC error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcError {
    /// JSON-RPC's code.
    pub code: i64,
    /// A sentence.
    pub message: String,
}

impl RpcError {
    /// An error with a code of JSON-RPC or ACP.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

fn read_lines(lines: &SyncSender<Inbound>) {
    let mut stdin = BufReader::with_capacity(64 << 10, io::stdin());
    loop {
        let mut line = Vec::new();
        let read = stdin.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line);
        if read.is_err() || line.pop() != Some(b'\n') {
            break;
        }
        if !line.is_empty() && lines.send(Inbound::Line(line)).is_err() {
            return;
        }
    }
    let _ = lines.send(Inbound::Closed);
}
