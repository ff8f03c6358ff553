//! Running `lia` and looking at what it did.

use std::{
    io::Read as _,
    os::fd::{AsFd as _, OwnedFd},
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use lia_tests::Server;
use rustix::{
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use tokio::{
    process::{Child, Command},
    sync::mpsc,
    time::timeout,
};

/// How long a command may take.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The program without any server or configuration in its environment.
pub fn bare(dir: &Path) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_lia"));
    c.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", dir).current_dir(dir);
    c.stdin(Stdio::null()).kill_on_drop(true);
    c
}

/// The program against a server, in a folder of its own.
pub fn lia(server: &Server, args: &[&str]) -> Command {
    let mut c = server.command(Path::new(env!("CARGO_BIN_EXE_lia")));
    c.args(args).stdin(Stdio::null()).kill_on_drop(true);
    c
}

/// What a finished command left.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Done {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The same, if it ended with `code`.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// The standard output without its last line feed.
    pub fn word(&self) -> &str {
        self.out.trim_end()
    }
}

/// Runs a command to its end.
pub async fn done(mut command: Command) -> Done {
    let running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    Done::of(timeout(PATIENCE, running).await.expect("the command ends").unwrap())
}

/// Runs `lia` against a server, and expects it to go well.
pub async fn ok(server: &Server, args: &[&str]) -> Done {
    done(lia(server, args)).await.expect(0)
}

/// A command at a terminal of its own.
pub struct Tty {
    child: Child,
    master: OwnedFd,
    shown: mpsc::UnboundedReceiver<Vec<u8>>,
    /// Everything that it showed so far.
    pub screen: String,
    read: usize,
}

impl Tty {
    /// Starts it with 80 columns and 24 rows.
    pub fn start(mut command: Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let slave = std::fs::OpenOptions::new().read(true).write(true).open(name).unwrap();
        let io = || Stdio::from(slave.try_clone().unwrap());
        command.stdin(io()).stdout(io()).stderr(io()).env("TERM", "xterm");
        let (tell, shown) = mpsc::unbounded_channel();
        let tty = Self { child: command.spawn().unwrap(), master, shown, screen: String::new(), read: 0 };
        tty.resize(80, 24);
        let mut reader = std::fs::File::from(tty.master.try_clone().unwrap());
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if tell.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        tty
    }

    pub fn resize(&self, cols: u16, rows: u16) {
        let size = Winsize { ws_col: cols, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(self.master.as_fd(), size).unwrap();
    }

    /// Presses keys.
    pub fn type_keys(&self, keys: &str) {
        let mut rest = keys.as_bytes();
        while !rest.is_empty() {
            let n = rustix::io::write(&self.master, rest).unwrap();
            rest = &rest[n..];
        }
    }

    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Waits until `text` is shown after what was waited for before.
    pub async fn shows(&mut self, text: &str) {
        let wait = async {
            loop {
                if let Some(at) = self.screen[self.read..].find(text) {
                    self.read += at + text.len();
                    return true;
                }
                match self.shown.recv().await {
                    Some(bytes) => self.screen.push_str(&String::from_utf8_lossy(&bytes)),
                    None => return false,
                }
            }
        };
        let found = timeout(PATIENCE, wait).await;
        assert!(found == Ok(true), "{text:?} was not shown:\n{}", self.screen);
    }

    /// Waits for its end.
    pub async fn ends(mut self, code: i32) {
        let status = timeout(PATIENCE, self.child.wait()).await;
        let status = status.unwrap_or_else(|_| panic!("it does not end:\n{}", self.screen)).unwrap();
        assert_eq!(status.code(), Some(code), "{}", self.screen);
    }
}
