//! A person's terminals, beside the agent.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::{fs::OpenOptionsExt as _, net::UnixStream},
};

use lia_protocol::{
    boot::PORT_HOST_API,
    event::TerminalClosed,
    ids::TaskId,
    limits::{TERMINAL_INPUT_BYTES, TERMINAL_KEPT_BYTES, TERMINALS},
    link::SidecarLine,
    template::AgentMode,
    terminal::{HostTerminal, OpenTerminal, TerminalId, TerminalLine, TerminalStart},
};

use crate::host::{Around, Link, Sidecar, shell};

/// One request; the status and the body.
fn call(sidecar: &Sidecar, method: &str, target: &str, body: &[u8]) -> (u16, String) {
    let mut stream = sidecar.dial(PORT_HOST_API);
    let target = format!("/sessions/{}/terminals{target}", sidecar.session());
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // A refusal may come before all of it is taken.
    let _ = stream.write_all(body);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// A sidecar whose agent does nothing, with its link.
fn beside(around: Around) -> (Sidecar, Link) {
    let sidecar = Sidecar::around(around, |_| {});
    let mut link = sidecar.link(1, 0);
    link.init(shell(AgentMode::Terminal, "exec cat"));
    (sidecar, link)
}

fn open(sidecar: &Sidecar, script: &str) -> TerminalId {
    let terminal = TerminalId::new(TaskId::new());
    let (status, said) = try_open(sidecar, terminal, &["/bin/sh", "-c", script]);
    assert_eq!(status, 204, "{said}");
    terminal
}

fn try_open(sidecar: &Sidecar, terminal: TerminalId, command: &[&str]) -> (u16, String) {
    let command: Vec<String> = command.iter().map(|&s| s.to_owned()).collect();
    let (command, args) = command.split_first().unwrap();
    let start = TerminalStart { command: command.clone(), args: args.to_vec(), cols: 100, rows: 40 };
    call(sidecar, "POST", "", &serde_json::to_vec(&OpenTerminal { terminal, start }).unwrap())
}

fn type_in(sidecar: &Sidecar, terminal: TerminalId, keys: &str) {
    let (status, said) = call(sidecar, "POST", &format!("/{terminal}/input"), keys.as_bytes());
    assert_eq!(status, 204, "{said}");
}

/// A reader of one terminal.
struct Output {
    lines: BufReader<UnixStream>,
    /// Bytes that came, without a gap since the last that was told.
    bytes: Vec<u8>,
    next: u64,
    dropped: u64,
    exit: Option<i32>,
}

impl Output {
    fn read(sidecar: &Sidecar, terminal: TerminalId, from: u64) -> Self {
        let mut stream = sidecar.dial(PORT_HOST_API);
        let session = sidecar.session();
        write!(
            stream,
            "GET /sessions/{session}/terminals/{terminal}/output?from={from} HTTP/1.1\r\nhost: x\r\n\r\n"
        )
        .unwrap();
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            lines.read_line(&mut line).unwrap();
        }
        Self { lines, bytes: Vec::new(), next: from, dropped: 0, exit: None }
    }

    /// Takes a line; false after the last.
    fn line(&mut self) -> Option<TerminalLine> {
        use base64::Engine as _;
        let mut line = String::new();
        // Chunks of HTTP: their sizes stand between the lines.
        while !line.starts_with('{') {
            line.clear();
            let read = self.lines.read_line(&mut line);
            assert!(read.is_ok(), "{read:?} after {:?}", String::from_utf8_lossy(&self.bytes));
            if line == "0\r\n" {
                return None;
            }
        }
        let line: TerminalLine = serde_json::from_str(&line).unwrap();
        match &line {
            TerminalLine::Output { pos, base64 } => {
                assert_eq!(*pos, self.next, "a gap that was not told");
                let bytes = base64::engine::general_purpose::STANDARD.decode(base64).unwrap();
                self.next += bytes.len() as u64;
                self.bytes.extend(bytes);
            }
            TerminalLine::Dropped { pos, bytes } => {
                assert_eq!(*pos, self.next);
                self.next += bytes;
                self.dropped += bytes;
            }
            TerminalLine::Live { .. } => {}
            TerminalLine::Exit { exit_code } => self.exit = Some(*exit_code),
        }
        Some(line)
    }

    fn until(&mut self, wanted: &str) {
        while !String::from_utf8_lossy(&self.bytes).contains(wanted) {
            self.line().unwrap_or_else(|| panic!("{wanted:?}: {}", String::from_utf8_lossy(&self.bytes)));
        }
    }

    fn end(&mut self) -> i32 {
        while self.line().is_some() {}
        self.exit.unwrap()
    }
}

fn closed(link: &mut Link) -> TerminalClosed {
    loop {
        if let SidecarLine::Terminal { closed, .. } = link.next() {
            return closed;
        }
    }
}

#[test]
fn a_shell_beside_the_agent() {
    let (sidecar, mut link) = beside(Around::Nothing);
    let terminal = TerminalId::new(TaskId::new());
    assert_eq!(try_open(&sidecar, terminal, &["/bin/sh"]).0, 204);
    let mut output = Output::read(&sidecar, terminal, 0);
    // Of its own: session, process group, terminal; in the agent's folder.
    type_in(&sidecar, terminal, "stty -echo; PS1=; echo $(stty size) $(tty) $TERM; pwd\r");
    type_in(
        &sidecar,
        terminal,
        "read p c s pp pgrp sid r < /proc/$$/stat; [ $pgrp$sid = $$$$ ] && echo le''ader\r",
    );
    output.until("40 100 /dev/pts/");
    output.until("xterm-256color");
    output.until(sidecar.workspace().to_str().unwrap());
    output.until("leader");
    // A running program hears of a new size.
    let waits =
        "sh -c 'trap \"echo now \\$(stty size); kill \\$!\" WINCH; sleep 1000 & echo rea\"\"dy; wait'\r";
    type_in(&sidecar, terminal, waits);
    output.until("ready");
    assert_eq!(call(&sidecar, "POST", &format!("/{terminal}/resize?cols=77&rows=11"), b"").0, 204);
    output.until("now 11 77");
    // A second reader has it from the beginning, or from where it stood.
    let at = output.next;
    type_in(&sidecar, terminal, "echo mo''re; exit 7\r");
    output.until("more");
    assert_eq!(output.end(), 7);
    let mut whole = Output::read(&sidecar, terminal, 0);
    assert_eq!((whole.end(), &whole.bytes), (7, &output.bytes));
    let mut rest = Output::read(&sidecar, terminal, at);
    assert_eq!(rest.end(), 7);
    assert!(output.bytes.ends_with(&rest.bytes) && !rest.bytes.is_empty());
    assert_eq!(
        closed(&mut link),
        TerminalClosed { terminal: terminal.to_string(), exit_code: Some(7), error: None }
    );
    // It stays listed until it is forgotten.
    let list = || serde_json::from_str::<Vec<HostTerminal>>(&call(&sidecar, "GET", "", b"").1).unwrap();
    assert_eq!((list().len(), list()[0].exit_code), (1, Some(7)));
    assert_eq!(call(&sidecar, "POST", &format!("/{terminal}/input"), b"x").0, 409);
    assert_eq!(call(&sidecar, "DELETE", &format!("/{terminal}"), b"").0, 204);
    assert_eq!(list(), []);
    assert_eq!(call(&sidecar, "DELETE", &format!("/{terminal}"), b"").0, 404);
}

#[test]
fn a_reader_that_stands_still_is_told_what_it_missed() {
    let (sidecar, _link) = beside(Around::Nothing);
    let lines = TERMINAL_KEPT_BYTES / 100 * 12;
    let script =
        format!("stty -onlcr -echo; echo set; read x; seq -f '%0100.0f' 1 {lines}; echo end; read x");
    let terminal = open(&sidecar, &script);
    let mut slow = Output::read(&sidecar, terminal, 0);
    let mut quick = Output::read(&sidecar, terminal, 0);
    quick.until("set");
    type_in(&sidecar, terminal, "go\n");
    // One that reads gets to the end, whether the other one reads or not.
    quick.until("end\n");
    let mut late = Output::read(&sidecar, terminal, 0);
    type_in(&sidecar, terminal, "go\n");
    for output in [&mut slow, &mut late] {
        assert_eq!(output.end(), 0);
        assert!(output.dropped > 0, "nothing was dropped");
        assert!(output.bytes.ends_with(format!("{lines:0100}\nend\n").as_bytes()));
        assert_eq!(output.next, lines as u64 * 101 + 8);
    }
    assert!(late.bytes.len() <= TERMINAL_KEPT_BYTES);
    // What is kept begins with whole characters, and a reader beyond the end stands at the end.
    assert_eq!(Output::read(&sidecar, terminal, 1 << 40).end(), 0);
}

/// The end of a pipe whose other end something in the sandbox holds.
struct Held(std::fs::File);

impl Held {
    fn open(sidecar: &Sidecar) -> Self {
        let path = sidecar.workspace().join("held");
        // Until the other end is there.
        let mut byte = [0; 3];
        std::fs::File::open(&path).unwrap().read_exact(&mut byte).unwrap();
        let again = std::fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).unwrap();
        Self(again)
    }

    fn lives(&mut self) -> bool {
        self.0.read(&mut [0]).is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock)
    }
}

#[test]
fn what_a_terminal_started_ends_with_it() {
    let (sidecar, mut link) = beside(Around::Sandbox);
    let script = "rm -f held; mkfifo held; \
                  setsid sh -c 'trap \"\" HUP TERM INT; exec 3<>held; echo up >&3; while :; do sleep 1000; done' & \
                  echo started; read x; exit 3";
    // Its command's end ends the rest, and so does a kill.
    for kill in [false, true] {
        let terminal = open(&sidecar, script);
        let mut output = Output::read(&sidecar, terminal, 0);
        output.until("started");
        let mut held = Held::open(&sidecar);
        assert!(held.lives());
        if kill {
            assert_eq!(call(&sidecar, "DELETE", &format!("/{terminal}"), b"").0, 204);
        } else {
            type_in(&sidecar, terminal, "\n");
        }
        let code = if kill { 137 } else { 3 };
        assert_eq!((output.end(), closed(&mut link).exit_code), (code, Some(code)));
        assert!(!held.lives(), "what it started lives on");
    }
    // The agent's end ends them all, and its own end is the last that is told.
    let terminal = open(&sidecar, script);
    Output::read(&sidecar, terminal, 0).until("started");
    let mut held = Held::open(&sidecar);
    assert!(held.lives());
    link.order(lia_protocol::link::Order::Shutdown { grace_ms: 200 });
    assert_eq!(closed(&mut link).terminal, terminal.to_string());
    assert!(!held.lives());
    link.exit();
    let (status, said) = try_open(&sidecar, TerminalId::new(TaskId::new()), &["/bin/sh"]);
    assert!(status == 409 && said.contains("no agent"), "{status} {said}");
}

#[test]
fn bounds() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    // Before there is an agent.
    assert_eq!(try_open(&sidecar, TerminalId::new(TaskId::new()), &["/bin/sh"]).0, 409);
    link.init(shell(AgentMode::Terminal, "exec cat"));
    let (status, said) = try_open(&sidecar, TerminalId::new(TaskId::new()), &["no-such-program"]);
    assert!(status == 400 && said.contains("no-such-program"), "{status} {said}");

    // So many, and no more; the place of one that is over is free.
    let all: Vec<_> = (0..TERMINALS)
        .map(|n| open(&sidecar, if n == 3 { "read x" } else { "stty raw; echo raw; exec sleep 1000" }))
        .collect();
    Output::read(&sidecar, all[0], 0).until("raw");
    let (status, said) = try_open(&sidecar, TerminalId::new(TaskId::new()), &["/bin/sh"]);
    assert!(status == 409 && said.contains("16 terminals"), "{status} {said}");
    // The same one again is a repeat.
    assert_eq!(try_open(&sidecar, all[0], &["/bin/sh"]).0, 204);
    let over = open_after_end(&sidecar, all[3]);
    assert_eq!(
        call(&sidecar, "GET", &format!("/{}/output?from=0", all[3]), b"").0,
        404,
        "{over} took its place"
    );

    // What is typed is bounded at once, and while nobody reads it.
    let (status, _) =
        call(&sidecar, "POST", &format!("/{}/input", all[1]), &vec![b'x'; TERMINAL_INPUT_BYTES + 1]);
    assert_eq!(status, 413);
    let full = (0..64).find_map(|_| {
        let (status, said) =
            call(&sidecar, "POST", &format!("/{}/input", all[0]), &vec![b'x'; TERMINAL_INPUT_BYTES]);
        (status != 204).then_some((status, said))
    });
    let (status, said) = full.expect("it takes everything");
    assert!(status == 409 && said.contains("does not read"), "{status} {said}");
    // Others are typed into all the same.
    type_in(&sidecar, all[1], "x");
    for (method, target) in [
        ("GET", "/x/output"),
        ("POST", "/x"),
        ("GET", "/term-x"),
        ("PUT", ""),
        ("POST", &format!("/{}/else", all[1])),
    ] {
        assert_eq!(call(&sidecar, method, target, b"").0, 404, "{method} {target}");
    }
    assert_eq!(call(&sidecar, "POST", &format!("/{}/resize?cols=x&rows=1", all[1]), b"").0, 400);
    let none = TerminalId::new(TaskId::new());
    assert_eq!(call(&sidecar, "POST", &format!("/{none}/input"), b"x").0, 404);
}

/// Ends a terminal, and opens one in its place.
fn open_after_end(sidecar: &Sidecar, terminal: TerminalId) -> TerminalId {
    type_in(sidecar, terminal, "\n");
    Output::read(sidecar, terminal, 0).end();
    open(sidecar, "read x")
}
