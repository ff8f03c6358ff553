//! A real `lia serve` in a process of its own, with a data folder of its own, that can be killed and started again.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, TcpListener},
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{self as unix, UnixListener},
    },
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use lia_client::Client;
use lia_protocol::secret::Secret;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::Outfit;

/// How long a server may take to print its link.
const START: Duration = Duration::from_secs(60);

/// A program that the build put beside the tests.
///
/// # Panics
/// When it was not built; `make test` builds it.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let exe = std::env::current_exe().expect("the test knows its own path");
    let dir = exe.ancestors().find(|d| d.ends_with("deps")).and_then(Path::parent).or_else(|| exe.parent());
    let path = dir.expect("a build folder").join(name);
    assert!(path.exists(), "{} is missing; `make build` makes it", path.display());
    path
}

/// Copies of Lia's programs that every user may run, wherever the build folder is.
fn for_everybody() -> anyhow::Result<TempDir> {
    let dir = tempfile::Builder::new().prefix("lia-programs-").tempdir()?;
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    for name in ["lia", "lia-sidecar", "scripted-agent"] {
        let (from, to) = (program(name), dir.path().join(name));
        if std::fs::hard_link(&from, &to).is_err() {
            std::fs::copy(&from, &to)?;
        }
    }
    Ok(dir)
}

/// A port that no other test's server has or gets, for as long as this lives: also while its server is dead.
///
/// It lies below those that the kernel gives to outgoing connections: a client that keeps trying to reach a dead server
/// would else, now and then, be given that very port.
struct Port {
    number: u16,
    /// A socket's name holds the port against other test processes; the kernel frees it when this process ends.
    _claim: UnixListener,
}

impl Port {
    fn claim() -> anyhow::Result<Self> {
        let start = u16::try_from(std::process::id() % 20_000)?;
        for step in 0..1000 {
            let number = 10_000 + (start + step) % 20_000;
            let name = unix::SocketAddr::from_abstract_name(format!("lia-test-port-{number}"))?;
            let Ok(claim) = UnixListener::bind_addr(&name) else { continue };
            if TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() {
                return Ok(Self { number, _claim: claim });
            }
        }
        bail!("no free port among a thousand from {}", 10_000 + start)
    }
}

/// What a server is started with.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// `LIA__SECTION__KEY` variables.
    pub env: BTreeMap<String, String>,
    /// Another user, another world's names.
    pub outfit: Outfit,
}

impl ServerOptions {
    /// With one more setting.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<String>) -> Self {
        self.env.insert(key.to_owned(), value.into());
        self
    }

    /// As this one.
    #[must_use]
    pub fn wear(mut self, outfit: Outfit) -> Self {
        self.outfit = outfit;
        self
    }
}

/// A server. Dropping it ends its instances, itself, and its data.
pub struct Server {
    child: Option<Child>,
    options: ServerOptions,
    data: Option<TempDir>,
    /// Lia's programs, where another user may run them.
    programs: Option<Arc<TempDir>>,
    /// None once it was handed to the one that cleans up.
    port: Option<Port>,
    /// What it printed on its standard output, line by line, since its last start.
    pub printed: Vec<String>,
}

impl Server {
    /// Starts a server with an empty data folder.
    ///
    /// # Errors
    /// What it said when it did not start.
    pub async fn start(options: ServerOptions) -> anyhow::Result<Self> {
        let data = tempfile::Builder::new().prefix("lia-test-").tempdir()?;
        // An ordinary user's instances must be able to look through it, when the tests run as root.
        std::fs::set_permissions(data.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711))?;
        let mut programs = None;
        if let Some(user) = options.outfit.user {
            std::os::unix::fs::chown(data.path(), Some(user), Some(user))?;
            programs = Some(Arc::new(for_everybody()?));
        }
        let port = Some(Port::claim()?);
        let mut server = Self { child: None, options, data: Some(data), programs, port, printed: Vec::new() };
        server.restart().await?;
        Ok(server)
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.as_ref().map_or(Path::new("/nonexistent"), TempDir::path)
    }

    fn port_number(&self) -> u16 {
        self.port.as_ref().map_or(0, |p| p.number)
    }

    /// The server's address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port_number())
    }

    /// The server's process id.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// A command with nothing of this process's environment but what a program needs.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut c = Command::new(program);
        c.env_clear().env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        c.env("HOME", self.data()).env("LANG", "C.UTF-8");
        for key in ["SSL_CERT_FILE", "RUST_BACKTRACE"] {
            if let Some(v) = std::env::var_os(key) {
                c.env(key, v);
            }
        }
        c.env("LIA__SERVER__PORT", self.port_number().to_string()).env("LIA__SERVER__DATA_DIR", self.data());
        c.envs(&self.options.env).current_dir(self.data());
        self.options.outfit.put_on(&mut c);
        c
    }

    /// `lia`, where the server's user may run it.
    fn program(&self) -> PathBuf {
        self.programs.as_ref().map_or_else(|| program("lia"), |dir| dir.path().join("lia"))
    }

    /// Starts it (again) on the same port and data.
    ///
    /// # Errors
    /// What it said when it did not start.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(self.data().join("server.log"))?;
        let mut child = self
            .command(&self.program())
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .spawn()
            .context("lia serve")?;
        let mut lines = BufReader::new(child.stdout.take().context("stdout")?).lines();
        self.child = Some(child);
        self.printed.clear();
        loop {
            match timeout(START, lines.next_line()).await {
                Ok(Ok(Some(line))) => {
                    let link = line.contains("/login?code=");
                    self.printed.push(line);
                    if link {
                        break;
                    }
                }
                _ => bail!(
                    "lia serve did not print its link; it printed {:?} and said:\n{}",
                    self.printed,
                    self.stderr()
                ),
            }
        }
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(())
    }

    /// What it wrote to its standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.data().join("server.log")).unwrap_or_default()
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub async fn kill9(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Waits until it has died by itself.
    ///
    /// # Errors
    /// When it lives on.
    pub async fn died(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            timeout(Duration::from_secs(30), child.wait()).await.context("the server did not die")??;
        }
        Ok(())
    }

    /// Other settings for the next start.
    pub fn set(&mut self, options: ServerOptions) {
        self.options = options;
    }

    /// The administrator's client.
    ///
    /// # Errors
    /// When the token file is not there.
    pub fn client(&self) -> anyhow::Result<Client> {
        let token = std::fs::read_to_string(self.data().join("admin.token")).context("admin.token")?;
        Ok(Client::new(&self.url(), Secret::new(token.trim()))?)
    }

    /// Runs `lia` with arguments against this server.
    #[must_use]
    pub fn lia(&self, args: &[&str]) -> Command {
        let mut c = self.command(&self.program());
        c.args(args).stdin(Stdio::null());
        c
    }

    /// Ends all instances and the server, as `lia down` does.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn down(&mut self) -> anyhow::Result<()> {
        if self.child.is_some() {
            self.client()?.down(true).await?;
            if let Some(mut child) = self.child.take() {
                timeout(Duration::from_secs(60), child.wait()).await.context("the server did not end")??;
            }
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Instances live on without their server: start it again if it was killed, and let it end them.
        let (Some(data), port, options) = (self.data.take(), self.port.take(), self.options.clone()) else {
            return;
        };
        let (child, programs) = (self.child.take(), self.programs.take());
        let cleanup = std::thread::spawn(move || {
            let Ok(rt) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
            rt.block_on(async move {
                let mut again =
                    Self { child, options, data: Some(data), programs, port, printed: Vec::new() };
                if again.child.is_none() {
                    let _ = again.restart().await;
                }
                if again.down().await.is_err() {
                    let _ = again.kill9().await;
                }
                again.child = None;
                // The folder goes with `data`; nothing is mounted below it any more.
                let gone = (again.data.take(), again.programs.take(), again.port.take());
                std::mem::forget(again);
                drop(gone);
            });
        });
        let _ = cleanup.join();
    }
}
