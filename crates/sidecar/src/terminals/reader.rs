//! A reader of one terminal: a cursor into what is kept. It holds one piece at a time; one that stands still finds, when it
//! goes on, how much went meanwhile.

use std::rc::Rc;

use base64::Engine as _;
use lia_protocol::terminal::TerminalLine;
use tokio::sync::watch;

use super::{Progress, Terminal};

/// Bytes of one piece.
const PIECE: usize = 24 << 10;

/// See the module.
pub struct Reader {
    terminal: Rc<Terminal>,
    progress: watch::Receiver<Progress>,
    pos: u64,
    /// Where it is live, until it has said so.
    live: Option<u64>,
    over: bool,
}

impl Reader {
    pub(super) fn new(terminal: Rc<Terminal>, from: u64) -> Self {
        let progress = terminal.progress.subscribe();
        let end = progress.borrow().end;
        Self { terminal, progress, pos: from.min(end), live: Some(end), over: false }
    }

    /// The next line, as soon as there is one; `None` after the last.
    pub async fn next(&mut self) -> Option<TerminalLine> {
        while !self.over {
            self.progress.mark_unchanged();
            if let Some(line) = self.now() {
                return Some(line);
            }
            if self.progress.changed().await.is_err() {
                break;
            }
        }
        None
    }

    fn now(&mut self) -> Option<TerminalLine> {
        let ring = self.terminal.ring.borrow();
        if self.pos < ring.start() {
            let (pos, bytes) = (self.pos, ring.start() - self.pos);
            self.pos = ring.start();
            return Some(TerminalLine::Dropped { pos, bytes });
        }
        if self.live.is_some_and(|at| self.pos >= at) {
            self.live = None;
            return Some(TerminalLine::Live { over: self.terminal.is_over() });
        }
        if self.pos < ring.end() {
            let (pos, bytes) = (self.pos, ring.read(self.pos, PIECE));
            self.pos += bytes.len() as u64;
            let base64 = base64::engine::general_purpose::STANDARD.encode(bytes);
            return Some(TerminalLine::Output { pos, base64 });
        }
        let exit_code = self.progress.borrow().exited?;
        self.over = true;
        Some(TerminalLine::Exit { exit_code })
    }
}
