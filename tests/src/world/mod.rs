//! A small internet in a network namespace of the test's own: public-looking addresses on its loopback interface, names
//! in a hosts file, and real servers for real clients.
//!
//! ```text
//! net        the namespace and its addresses
//! tls        its certificate authority
//! site       files over HTTP and HTTPS: pages, a package index, registries, a repository
//! goods      what the files are
//! careless   a proxy that believes any name, where Lia's would be
//! ```
//!
//! Everything that the test starts within [`World::run`] is in that namespace; servers and probes see its names by
//! their [`Outfit`].

mod careless;
mod goods;
mod net;
mod site;
mod tls;

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::task::JoinSet;

pub use self::net::{OTHER, PUBLIC, PUBLIC_V6};
use crate::Outfit;

/// What the page of every server says.
pub const MARK: &str = "lia-world";
/// The address of the metadata service of clouds.
pub const METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

/// See the module. Its servers end with it.
pub struct World {
    dir: TempDir,
    names: Arc<Names>,
    servers: JoinSet<()>,
}

/// The hosts file, and what stands in it.
#[derive(Debug)]
pub(crate) struct Names {
    file: PathBuf,
    all: Mutex<Vec<(String, IpAddr)>>,
}

impl Names {
    pub(crate) fn of(&self, host: &str) -> Option<IpAddr> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|(name, _)| name == host).map(|(_, ip)| *ip)
    }
}

impl World {
    /// Runs a test in a world of its own, on threads of their own. Only root makes one; `name` is the test's, to be told
    /// where nobody is.
    ///
    /// # Errors
    /// The test's, and those of making the world.
    ///
    /// # Panics
    /// When the test does.
    pub fn run<F, Fut>(name: &str, test: F) -> anyhow::Result<()>
    where
        F: FnOnce(Self) -> Fut + Send + 'static,
        Fut: Future<Output = anyhow::Result<()>>,
    {
        if !nix::unistd::geteuid().is_root() {
            return crate::lacks("root", name);
        }
        let thread = std::thread::spawn(|| {
            let inside = Arc::new(net::make().context("a network namespace")?);
            let enter = move || {
                if let Err(e) = net::enter(&inside) {
                    // Without it the test would speak to the host's network.
                    eprintln!("a thread cannot enter the test's network: {e}");
                    std::process::abort();
                }
            };
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(4)
                .enable_all()
                .on_thread_start(enter)
                .build()?;
            runtime.block_on(async { test(Self::open().await?).await })
        });
        match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    async fn open() -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("lia-world-").tempdir()?;
        readable(dir.path())?;
        let file = dir.path().join("hosts");
        fs::write(dir.path().join("resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")?;
        let names =
            Arc::new(Names { file, all: Mutex::new(vec![("localhost".into(), Ipv4Addr::LOCALHOST.into())]) });
        let mut world = Self { dir, names, servers: JoinSet::new() };
        world.write_names()?;
        let acceptor = tls::authority(&world.ca())?;
        let (www, names) = (world.www(), world.names.clone());
        site::serve(&mut world.servers, www, acceptor).await?;
        careless::serve(&mut world.servers, names).await?;
        Ok(world)
    }

    /// A folder that every user may read, for what the test makes.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The certificate of the world's authority, in PEM.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// The files of all hosts, a folder per host.
    #[must_use]
    pub fn www(&self) -> PathBuf {
        self.dir.path().join("www")
    }

    /// Names another host, or gives one another address: for those who look from now on.
    ///
    /// # Errors
    /// Those of the hosts file.
    pub fn name(&self, host: &str, address: impl Into<IpAddr>) -> anyhow::Result<()> {
        {
            let mut all = self.names.all.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|(name, _)| name != host);
            all.push((host.to_owned(), address.into()));
        }
        self.write_names()
    }

    /// One more address of a host.
    ///
    /// # Errors
    /// Those of the hosts file.
    pub fn name_also(&self, host: &str, address: impl Into<IpAddr>) -> anyhow::Result<()> {
        self.names.all.lock().unwrap_or_else(PoisonError::into_inner).push((host.to_owned(), address.into()));
        self.write_names()
    }

    fn write_names(&self) -> anyhow::Result<()> {
        let all = self.names.all.lock().unwrap_or_else(PoisonError::into_inner);
        let text: String = all.iter().map(|(name, ip)| format!("{ip} {name}\n")).collect();
        // In place: the file is bound over others'.
        Ok(fs::write(&self.names.file, text)?)
    }

    /// What lets a program see the world's names.
    #[must_use]
    pub fn outfit(&self) -> Outfit {
        Outfit { user: None, hosts: Some(self.names.file.clone()) }
    }

    /// Lays out what clients come for: `lia-thing` as a package of pip on `pypi.example`, of npm on `npm.example`, as a
    /// crate on `cargo.example`, and as the repository `thing.git` on `git.example`.
    ///
    /// # Errors
    /// What a tool said.
    pub async fn stock(&self) -> anyhow::Result<()> {
        goods::make(self.dir.path(), &self.www()).await
    }

    /// A listener on a free port of one of the world's addresses that says `text` to whoever connects or sends.
    ///
    /// # Errors
    /// When the address is not of this world.
    pub async fn say(
        &mut self,
        address: impl Into<IpAddr>,
        text: &'static str,
    ) -> anyhow::Result<SocketAddr> {
        site::say(&mut self.servers, address.into(), text).await
    }
}

/// Lets every user read what is below a folder.
fn readable(dir: &Path) -> std::io::Result<()> {
    fs::set_permissions(dir, std::os::unix::fs::PermissionsExt::from_mode(0o755))
}
