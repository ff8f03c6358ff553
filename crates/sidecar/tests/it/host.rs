//! The host's side: starts a sidecar as a runtime would, and speaks its protocols.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead as _, BufReader, Write as _},
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::{
            fs::chown,
            net::{UnixListener, UnixStream},
            process::CommandExt as _,
        },
    },
    path::PathBuf,
    process::{Child, Command},
    time::Duration,
};

use bytes::Bytes;
use lia_protocol::{
    boot::{BootConfig, PLACEHOLDER_KEY, PORT_CONTROL, Separation},
    ids::{CommandId, InstanceId, LinkEpoch, Offset, SessionId},
    link::{AgentStart, HostHello, HostLine, Init, LINK_VERSION, Order, Outcome, SidecarHello, SidecarLine},
    secret::Secret,
    template::AgentMode,
};

const SECRET: &str = "the-instance-secret";
/// Longer than anything here takes; only a defect reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running sidecar. Dropping it kills it.
pub struct Sidecar {
    pub dir: tempfile::TempDir,
    pub process: Child,
    session: SessionId,
}

/// A configuration for a sidecar in `dir`.
pub fn config(dir: &std::path::Path) -> BootConfig {
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let env = [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("HOME", &path("home")), ("LANG", "C.UTF-8")];
    BootConfig {
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
        env: env.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        ports: Vec::new(),
        failpoints: Vec::new(),
    }
}

/// Around what a sidecar is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    /// Nothing: as whoever runs the tests.
    Nothing,
    /// Nothing, as an ordinary user.
    User,
    /// Nothing, with the agent under another uid: as in a virtual machine.
    Machine,
    /// A user namespace in which no other one can be made.
    NoNamespaces,
    /// A user namespace in which nothing can be watched.
    NoWatches,
    /// A sandbox as the `local` runtime makes it, as an ordinary user.
    Sandbox,
}

/// An ordinary user.
const NOBODY: u32 = 65534;
/// The agent's uid in a virtual machine.
const MACHINE_UID: u32 = 1000;

impl Sidecar {
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut BootConfig)) -> Self {
        Self::around(Around::Nothing, change)
    }

    pub fn around(around: Around, change: impl FnOnce(&mut BootConfig)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["workspace", "home", "state"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        let listener = UnixListener::bind(dir.path().join("socket")).unwrap();
        let mut config = match around {
            Around::Sandbox => BootConfig {
                workspace: "/workspace".to_owned(),
                home: "/home/agent".to_owned(),
                state_dir: "/lia/state".to_owned(),
                hide: vec!["/lia".to_owned()],
                ..config(dir.path())
            },
            Around::Machine => BootConfig { separation: Separation::Uid, ..config(dir.path()) },
            Around::Nothing | Around::User | Around::NoNamespaces | Around::NoWatches => config(dir.path()),
        };
        change(&mut config);
        let (read, mut write) = std::io::pipe().unwrap();
        write.write_all(&serde_json::to_vec(&config).unwrap()).unwrap();
        drop(write);
        let mut command = match around {
            Around::Nothing | Around::User | Around::Machine | Around::NoNamespaces | Around::NoWatches => {
                bare(around)
            }
            Around::Sandbox => sandbox(dir.path()),
        };
        command.args(["--config-fd", "10", "--listen-fd", "11"]).env_clear();
        if around == Around::Machine {
            config_folders_for(dir.path(), MACHINE_UID);
        }
        if matches!(around, Around::User | Around::Sandbox) && is_root() {
            for path in ["", "workspace", "home", "state"] {
                chown(dir.path().join(path), Some(NOBODY), Some(NOBODY)).unwrap();
            }
            if around == Around::Sandbox {
                command.uid(NOBODY).gid(NOBODY);
            }
        }
        inherit(&mut command, [(read.into(), 10), (listener.into(), 11)]);
        let process = command.spawn().unwrap();
        Self { dir, process, session: SessionId::new() }
    }

    pub fn session(&self) -> SessionId {
        self.session
    }

    pub fn workspace(&self) -> PathBuf {
        self.dir.path().join("workspace")
    }

    /// The next links are another session's, in the same workspace and home.
    pub fn another_session(&mut self) {
        self.session = SessionId::new();
    }

    pub fn raw(&self) -> UnixStream {
        let stream = UnixStream::connect(self.dir.path().join("socket")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// A connection to `port`, preamble done.
    pub fn dial(&self, port: u16) -> UnixStream {
        let mut stream = self.raw();
        writeln!(stream, "CONNECT {port}").unwrap();
        assert_eq!(short_line(&mut stream), format!("OK {port}"));
        writeln!(stream, "LIA1 {SECRET}").unwrap();
        assert_eq!(short_line(&mut stream), "OK");
        stream
    }

    /// A control link, hello done.
    pub fn link(&self, epoch: u64, acked: u64) -> Link {
        let (link, hello) = self.hello(epoch, acked);
        assert!(matches!(hello, SidecarLine::Hello(_)), "{hello:?}");
        link
    }

    pub fn hello(&self, epoch: u64, acked: u64) -> (Link, SidecarLine) {
        let stream = self.dial(PORT_CONTROL);
        let mut link = Link {
            read: BufReader::new(stream.try_clone().unwrap()),
            write: stream,
            last: acked,
            seen: Vec::new(),
            bytes: 0,
        };
        link.send(&HostLine::Hello(HostHello {
            protocol: LINK_VERSION,
            session: self.session,
            link_epoch: LinkEpoch(epoch),
            acked: Offset(acked),
        }));
        let hello = link.next();
        (link, hello)
    }

    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The sidecar alone, in a network namespace of its own: it listens on fixed loopback ports.
fn bare(around: Around) -> Command {
    let mut c = Command::new("unshare");
    c.arg("--net");
    let forbidden = match around {
        Around::NoNamespaces => Some("max_user_namespaces"),
        Around::NoWatches => Some("max_inotify_watches"),
        Around::Nothing | Around::User | Around::Machine | Around::Sandbox => None,
    };
    if let Some(forbidden) = forbidden {
        let script = &format!("echo 0 > /proc/sys/user/{forbidden}; exec \"$@\"");
        c.args(["--map-root-user", "--", "/bin/sh", "-c", script, "sh", env!("CARGO_BIN_EXE_sidecar")]);
        return c;
    }
    match around {
        _ if is_root() => {}
        Around::User => _ = c.arg("--map-current-user"),
        _ => _ = c.arg("--map-root-user"),
    }
    c.arg("--");
    if around == Around::User && is_root() {
        c.args(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]);
    }
    c.arg(env!("CARGO_BIN_EXE_sidecar"));
    c
}

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Folders as a machine's init makes them for its agent's uid.
fn config_folders_for(dir: &std::path::Path, uid: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    for path in ["workspace", "home"] {
        chown(dir.join(path), Some(uid), Some(uid)).unwrap();
    }
}

/// Bubblewrap with what the `local` runtime gives; the sidecar's own arguments follow.
fn sandbox(dir: &std::path::Path) -> Command {
    let mut c = Command::new("bwrap");
    c.args(["--unshare-all", "--unshare-user", "--as-pid-1", "--uid", "0", "--gid", "0", "--new-session"]);
    c.args(["--die-with-parent", "--cap-drop", "ALL"]);
    for cap in ["NET_ADMIN", "NET_BIND_SERVICE", "SYS_ADMIN", "SETUID", "SETGID", "SETFCAP", "KILL"] {
        c.args(["--cap-add", &format!("CAP_{cap}")]);
    }
    for path in ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc"] {
        c.args(["--ro-bind-try", path, path]);
    }
    let sidecar = PathBuf::from(env!("CARGO_BIN_EXE_sidecar"));
    let mut bind = |how: &str, from: PathBuf, to: &str| {
        c.arg(how).arg(from).arg(to);
    };
    bind("--bind", dir.join("workspace"), "/workspace");
    bind("--bind", dir.join("home"), "/home/agent");
    bind("--bind", dir.join("state"), "/lia/state");
    bind("--ro-bind", sidecar.clone(), "/lia/sidecar");
    let debug = sidecar.parent().unwrap().to_owned();
    bind("--ro-bind", debug.clone(), debug.to_str().unwrap());
    std::fs::write(dir.join("resolv.conf"), "nameserver 127.0.0.53\n").unwrap();
    c.arg("--ro-bind").arg(dir.join("resolv.conf")).arg("/etc/resolv.conf");
    c.args([
        "--tmpfs",
        "/tmp",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--remount-ro",
        "/",
        "--",
        "/lia/sidecar",
    ]);
    c
}

/// Has a child inherit descriptors under given numbers.
pub fn inherit<const N: usize>(command: &mut Command, fds: [(OwnedFd, i32); N]) {
    // SAFETY: only dup calls run between fork and exec.
    unsafe {
        command.pre_exec(move || {
            // When the test is killed, so is this.
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            // Out of the way first: one may have the number that another is to get.
            let high = fds.each_ref().map(|(fd, _)| libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 500));
            for (from, (_, to)) in high.iter().zip(&fds) {
                if libc::dup2(*from, *to) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
            }
            Ok(())
        });
    }
}

pub fn short_line(stream: &mut UnixStream) -> String {
    use std::io::Read as _;
    let mut line = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap()
}

/// The host's end of a control link.
pub struct Link {
    read: BufReader<UnixStream>,
    write: UnixStream,
    /// The last journaled offset received.
    pub last: u64,
    /// All journaled lines received.
    pub seen: Vec<SidecarLine>,
    /// Their bytes.
    pub bytes: usize,
}

impl Link {
    pub fn send(&mut self, line: &HostLine) {
        let mut bytes = serde_json::to_vec(line).unwrap();
        bytes.push(b'\n');
        self.write.write_all(&bytes).unwrap();
    }

    /// Sends to a sidecar that may be dead.
    pub fn try_send(&mut self, line: &HostLine) {
        let mut bytes = serde_json::to_vec(line).unwrap();
        bytes.push(b'\n');
        let _ = self.write.write_all(&bytes);
    }

    pub fn order(&mut self, order: Order) -> CommandId {
        let id = CommandId::new();
        self.send(&HostLine::Command { id, order });
        id
    }

    pub fn prompt(&mut self, text: &str) -> CommandId {
        self.order(Order::Prompt { text: text.to_owned() })
    }

    pub fn ack(&mut self, offset: u64) {
        self.send(&HostLine::Ack { offset: Offset(offset) });
    }

    /// The next line, or nothing at the end of the connection. Checks that offsets have no gap.
    pub fn try_next(&mut self) -> Option<SidecarLine> {
        let mut line = Vec::new();
        match self.read.read_until(b'\n', &mut line) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => return None,
            Err(e) => panic!("{e}; last {}", self.last),
        }
        let len = line.len();
        if line.pop() != Some(b'\n') {
            // Cut by the end of the connection.
            return None;
        }
        let line = SidecarLine::parse(&Bytes::from(line)).unwrap();
        if let Some(offset) = line.offset() {
            assert_eq!(offset.0, self.last + 1, "gapless: {line:?}");
            self.last = offset.0;
            self.seen.push(line.clone());
            self.bytes += len;
        }
        Some(line)
    }

    pub fn next(&mut self) -> SidecarLine {
        self.try_next().expect("the sidecar closed the connection")
    }

    /// Reads until `wanted` gives something.
    pub fn until<T>(&mut self, mut wanted: impl FnMut(&SidecarLine) -> Option<T>) -> T {
        loop {
            let line = self.next();
            if let Some(t) = wanted(&line) {
                return t;
            }
        }
    }

    pub fn done(&mut self, wanted: CommandId) -> Outcome {
        self.until(|l| match l {
            SidecarLine::Done { id, outcome, .. } if *id == wanted => Some(outcome.clone()),
            _ => None,
        })
    }

    pub fn exit(&mut self) -> lia_protocol::event::AgentExited {
        self.until(|l| match l {
            SidecarLine::Exit { exited, .. } => Some(exited.clone()),
            _ => None,
        })
    }

    pub fn ready(&mut self) -> lia_protocol::event::AgentReady {
        self.until(|l| match l {
            SidecarLine::Ready { ready, .. } => Some(ready.clone()),
            SidecarLine::Exit { .. } | SidecarLine::Error { .. } => panic!("{l:?}"),
            _ => None,
        })
    }

    /// Starts an agent and waits until it is ready.
    pub fn init(&mut self, agent: AgentStart) -> lia_protocol::event::AgentReady {
        self.send(&init(agent, "", None));
        self.ready()
    }

    /// All text of the agent's message chunks in frames received so far.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.seen {
            if let SidecarLine::Rpc { frame, .. } = line {
                let v: serde_json::Value = serde_json::from_slice(frame).unwrap();
                if v["params"]["update"]["sessionUpdate"] == "agent_message_chunk" {
                    text.push_str(v["params"]["update"]["content"]["text"].as_str().unwrap());
                }
            }
        }
        text
    }
}

pub fn ok(stop: &str) -> Outcome {
    Outcome::Ok { stop_reason: Some(stop.to_owned()) }
}

pub fn init(agent: AgentStart, prompt: &str, prompt_id: Option<CommandId>) -> HostLine {
    HostLine::Init(Box::new(Init {
        api_key: Secret::new(PLACEHOLDER_KEY),
        prompt: prompt.to_owned(),
        files: None,
        prompt_id,
        agent: Some(agent),
    }))
}

pub fn agent(mode: AgentMode, command: &str, args: &[&str]) -> AgentStart {
    AgentStart {
        mode,
        command: command.to_owned(),
        args: args.iter().map(|a| (*a).to_owned()).collect(),
        env: BTreeMap::new(),
        home_files: BTreeMap::new(),
        authenticate: None,
        load: None,
        clone: Vec::new(),
        cwd: None,
        setup: None,
        setup_seconds: None,
        cols: 80,
        rows: 24,
    }
}

/// The scripted agent of this build.
pub fn scripted(args: &[&str]) -> AgentStart {
    let path = PathBuf::from(env!("CARGO_BIN_EXE_sidecar")).with_file_name("scripted-agent");
    assert!(path.exists(), "{} is missing: cargo build -p lia-scripted-agent", path.display());
    agent(AgentMode::Acp, path.to_str().unwrap(), args)
}

/// A shell script as an agent.
pub fn shell(mode: AgentMode, script: &str) -> AgentStart {
    agent(mode, "/bin/sh", &["-c", script])
}

/// Reads a whole small file as text.
pub fn text(path: impl AsRef<std::path::Path>) -> String {
    std::io::read_to_string(File::open(path).unwrap()).unwrap()
}

/// What a hello said.
pub fn said(line: &SidecarLine) -> &SidecarHello {
    match line {
        SidecarLine::Hello(h) => h,
        other => panic!("{other:?}"),
    }
}

/// A process whose end can be waited for, but not for ever.
pub struct Pidfd(i32);

impl Pidfd {
    pub fn open(pid: i32) -> Self {
        // SAFETY: a plain system call; the result is checked.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) } as i32;
        assert!(fd >= 0);
        Self(fd)
    }

    pub fn wait(&self) {
        let mut poll = libc::pollfd { fd: self.0, events: libc::POLLIN, revents: 0 };
        // SAFETY: one pollfd on the stack.
        assert_eq!(unsafe { libc::poll(&raw mut poll, 1, 20_000) }, 1, "it lives on");
    }
}

impl Drop for Pidfd {
    fn drop(&mut self) {
        // SAFETY: ours.
        unsafe { libc::close(self.0) };
    }
}
