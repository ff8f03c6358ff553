//! The sidecar alone, as a runtime starts it, for tests that speak its control link byte by byte.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::{
        fd::AsRawFd as _,
        unix::{
            net::{UnixListener, UnixStream},
            process::CommandExt as _,
        },
    },
    process::{Child, Command},
    time::Duration,
};

use anyhow::ensure;
use lia_protocol::{
    boot::{BootConfig, PORT_CONTROL, Separation},
    ids::InstanceId,
    secret::Secret,
};
use tempfile::TempDir;

use crate::program;

const SECRET: &str = "the-instance-secret";
/// Longer than anything here takes; only a defect reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running sidecar, in a network namespace of its own. Dropping it kills it.
pub struct Sidecar {
    dir: TempDir,
    process: Child,
}

impl Sidecar {
    /// Starts it.
    ///
    /// # Errors
    /// Those of the system.
    pub fn start() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let path = |name: &str| dir.path().join(name).display().to_string();
        for name in ["workspace", "home", "state"] {
            std::fs::create_dir(path(name))?;
        }
        let listener = UnixListener::bind(path("socket"))?;
        let config = BootConfig {
            instance: InstanceId::new(),
            secret: Secret::new(SECRET),
            state_dir: path("state"),
            hide: vec![path("socket")],
            workspace: path("workspace"),
            home: path("home"),
            agent_uid: 1000,
            separation: Separation::Namespaces,
            nested: false,
            transparent: false,
            journal_bytes: 8 << 20,
            env: [("PATH", "/usr/bin:/bin".to_owned()), ("HOME", path("home"))]
                .map(|(k, v)| (k.to_owned(), v))
                .into(),
            ports: Vec::new(),
            failpoints: Vec::new(),
        };
        let (read, mut write) = std::io::pipe()?;
        write.write_all(&serde_json::to_vec(&config)?)?;
        drop(write);
        let mut command = Command::new("unshare");
        command.arg("--net").args((!nix::unistd::geteuid().is_root()).then_some("--map-root-user"));
        command.arg("--").arg(program("lia-sidecar"));
        command.args(["--config-fd", "10", "--listen-fd", "11"]).env_clear();
        let fds = [(read.as_raw_fd(), 10), (listener.as_raw_fd(), 11)];
        // SAFETY: only system calls run between fork and exec.
        unsafe {
            command.pre_exec(move || {
                // When the test is killed, so is this.
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                // Out of the way first: one may have the number that the other is to get.
                let high = fds.map(|(fd, _)| libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 500));
                for (from, (_, to)) in high.iter().zip(&fds) {
                    if libc::dup2(*from, *to) < 0 {
                        return Err(std::io::Error::last_os_error());
                    }
                }
                Ok(())
            });
        }
        Ok(Self { process: command.spawn()?, dir })
    }

    /// The workspace.
    #[must_use]
    pub fn workspace(&self) -> String {
        self.dir.path().join("workspace").display().to_string()
    }

    /// A connection to the control link, preamble done.
    ///
    /// # Errors
    /// When it does not let us in.
    pub fn dial(&self) -> anyhow::Result<Line> {
        let stream = UnixStream::connect(self.dir.path().join("socket"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut line = Line { read: BufReader::new(stream.try_clone()?), write: stream };
        line.say(&format!("CONNECT {PORT_CONTROL}"))?;
        ensure!(line.hear()? == format!("OK {PORT_CONTROL}"), "CONNECT");
        line.say(&format!("LIA1 {SECRET}"))?;
        ensure!(line.hear()? == "OK", "the secret");
        Ok(line)
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection, line by line.
pub struct Line {
    read: BufReader<UnixStream>,
    write: UnixStream,
}

impl Line {
    /// Sends one line, given without its newline.
    ///
    /// # Errors
    /// When the peer is gone.
    pub fn say(&mut self, line: &str) -> anyhow::Result<()> {
        Ok(self.write.write_all(format!("{line}\n").as_bytes())?)
    }

    /// The next line without its newline.
    ///
    /// # Errors
    /// When there is none.
    pub fn hear(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.read.read_line(&mut line)?;
        ensure!(line.pop() == Some('\n'), "the connection ended");
        Ok(line)
    }
}
