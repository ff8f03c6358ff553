//! What the tests share: a runtime in a folder of its own, a ledger in memory, scripts run inside, and running a test
//! a second time as an ordinary user.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, OnceLock},
};

use async_trait::async_trait;
use lia_protocol::{ids::InstanceId, secret::Secret, task::TaskConfig};
use lia_runtime::{
    InstanceRecord, InstanceSpec, Ledger, Resource, Runtime, RuntimeError, Stream,
    local::{Local, LocalOptions},
};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

/// The ordinary user: nobody.
const ORDINARY: u32 = 65_534;
/// Set in the child that runs a test as the ordinary user, to the folder with the programs.
const CHILD: &str = "LIA_TEST_PROGRAMS";

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs `body` in this process, and then, as root, the test of this `name` once more as an ordinary user.
pub fn for_each_user<F: Future<Output = ()>>(name: &str, body: impl FnOnce() -> F) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(async { body().await });
    if is_root() {
        let out = rerun(name).uid(ORDINARY).gid(ORDINARY).output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout);
        assert!(out.status.success() && text.contains("1 passed"), "as an ordinary user:\n{text}");
    } else if std::env::var_os(CHILD).is_none() {
        lacks("root", name);
    }
}

/// This test binary again, for one test alone, where every user may run it.
pub fn rerun(name: &str) -> Command {
    let dir = programs();
    let mut command = Command::new(dir.join("it"));
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]);
    command.env(CHILD, dir).env("TMPDIR", dir.join("tmp")).current_dir("/").stdin(Stdio::null());
    command.stderr(Stdio::inherit());
    command
}

/// The real sidecar.
pub fn sidecar() -> PathBuf {
    programs().join("lia-sidecar")
}

/// Says that this host lacks what a test needs (`tests/needs.toml`); `make test` prints it at its end.
pub fn lacks(need: &str, test: &str) {
    let dir = std::env::var_os("LIA_NEEDS_DIR").unwrap_or_else(|| panic!("{test} needs {need}"));
    let mut file = fs::OpenOptions::new().create(true).append(true).open(Path::new(&dir).join(need)).unwrap();
    writeln!(file, "{test}").unwrap();
}

/// The folder with this binary and the sidecars, both executable for every user, and a `tmp` of the ordinary user's.
fn programs() -> &'static Path {
    static DIR: OnceLock<(Option<TempDir>, PathBuf)> = OnceLock::new();
    let (_, path) = DIR.get_or_init(|| {
        if let Some(dir) = std::env::var_os(CHILD) {
            return (None, dir.into());
        }
        let dir = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir().unwrap();
        let exe = std::env::current_exe().unwrap();
        let built = exe.parent().unwrap().parent().unwrap();
        let (stand_in, sidecar) = (built.join("examples/stand-in"), built.join("lia-sidecar"));
        assert!(sidecar.exists(), "crates/sidecar/build.sh makes {}", sidecar.display());
        for (from, to) in [(&exe, "it"), (&stand_in, "stand-in"), (&sidecar, "lia-sidecar")] {
            fs::copy(from, dir.path().join(to)).unwrap();
            fs::set_permissions(dir.path().join(to), fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::create_dir(dir.path().join("tmp")).unwrap();
        if is_root() {
            chown(dir.path().join("tmp"), Some(ORDINARY), Some(ORDINARY)).unwrap();
        }
        let path = dir.path().to_owned();
        (Some(dir), path)
    });
    path
}

#[derive(Default)]
pub struct MemoryLedger(Mutex<BTreeMap<InstanceId, Vec<Resource>>>);

impl MemoryLedger {
    pub fn all(&self) -> Vec<Resource> {
        self.0.lock().unwrap().values().flatten().cloned().collect()
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn record(&self, instance: InstanceId, resources: &[Resource]) -> Result<(), RuntimeError> {
        let mut all = self.0.lock().unwrap();
        let of = all.entry(instance).or_default();
        for r in resources {
            if !of.contains(r) {
                of.push(r.clone());
            }
        }
        Ok(())
    }

    async fn strike(&self, instance: InstanceId, resources: &[Resource]) -> Result<(), RuntimeError> {
        let mut all = self.0.lock().unwrap();
        if let Some(of) = all.get_mut(&instance) {
            of.retain(|r| !resources.contains(r));
        }
        all.retain(|_, of| !of.is_empty());
        Ok(())
    }

    async fn of(&self, instance: InstanceId) -> Result<Vec<Resource>, RuntimeError> {
        Ok(self.0.lock().unwrap().get(&instance).cloned().unwrap_or_default())
    }
}

/// A runtime in a folder of its own.
pub struct Host {
    pub dir: TempDir,
    pub local: Local,
    pub ledger: Arc<MemoryLedger>,
    _cleaner: Cleaner,
}

pub fn options(dir: &Path) -> LocalOptions {
    let mut options = LocalOptions::new(dir.join("data"), programs().join("stand-in"));
    options.warm = 0;
    options
}

impl Host {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut LocalOptions)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = options(dir.path());
        change(&mut options);
        let local = Local::new(options).await.unwrap();
        Self::at(dir, local)
    }

    pub fn at(dir: TempDir, local: Local) -> Self {
        let ledger = Arc::<MemoryLedger>::default();
        Self { dir, local, _cleaner: Cleaner(ledger.clone()), ledger }
    }

    pub async fn start(&self, spec: &InstanceSpec) -> Result<InstanceRecord, RuntimeError> {
        self.local.start(spec.clone(), self.ledger.clone()).await
    }

    pub async fn delete(&self, id: InstanceId) {
        self.local.delete(id, self.ledger.clone()).await.unwrap();
    }

    /// A connection past the preamble.
    pub async fn open(&self, record: &InstanceRecord) -> BufReader<Box<dyn Stream>> {
        self.open_port(record, 7).await
    }

    /// The same at a port of the real sidecar.
    pub async fn open_port(&self, record: &InstanceRecord, port: u16) -> BufReader<Box<dyn Stream>> {
        open_over(self.local.dial(record, port).await.unwrap()).await
    }

    /// What a one-line script prints inside.
    pub async fn run(&self, record: &InstanceRecord, script: &str) -> String {
        let mut stream = self.open(record).await;
        stream.write_all(format!("{script}\n").as_bytes()).await.unwrap();
        let mut out = String::new();
        stream.read_to_string(&mut out).await.unwrap();
        out
    }

    /// Asserts that nothing of what the ledger named is left, nor anything in the data folder.
    pub fn assert_nothing_left(&self, named: &[Resource]) {
        assert_nothing_left(&self.dir.path().join("data"), named);
        assert_eq!(self.ledger.all(), []);
    }
}

/// Shows the secret.
pub async fn open_over(stream: Box<dyn Stream>) -> BufReader<Box<dyn Stream>> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"LIA1 open sesame\n").await.unwrap();
    stream.flush().await.unwrap();
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    assert_eq!(line, "OK\n");
    stream
}

/// A test that failed leaves no process either.
pub struct Cleaner(pub Arc<MemoryLedger>);

impl Drop for Cleaner {
    fn drop(&mut self) {
        for r in self.0.all().iter().filter(|r| r.kind == "process" && lives(&r.name)) {
            let pid = r.name.split(':').next().unwrap().parse().unwrap();
            let _ = rustix::process::kill_process(
                rustix::process::Pid::from_raw(pid).unwrap(),
                rustix::process::Signal::KILL,
            );
        }
    }
}

pub fn assert_nothing_left(data: &Path, named: &[Resource]) {
    for r in named {
        match &*r.kind {
            "process" => assert!(!lives(&r.name), "{r:?}"),
            "uid" => {
                let of = |e: fs::DirEntry| fs::read_to_string(e.path().join("status")).unwrap_or_default();
                let theirs = format!("\nUid:\t{}\t", r.name);
                let left = fs::read_dir("/proc").unwrap().flatten().map(of).find(|s| s.contains(&theirs));
                assert!(left.is_none_or(|s| s.contains("State:\tZ")), "{r:?}");
            }
            "loop" => {
                for dev in fs::read_dir("/sys/block").unwrap().flatten() {
                    let backing =
                        fs::read_to_string(dev.path().join("loop/backing_file")).unwrap_or_default();
                    assert!(!backing.starts_with(&r.name), "{r:?}: {backing}");
                }
            }
            _ => assert!(!Path::new(&r.name).exists(), "{r:?}"),
        }
    }
    for dir in ["instances", "pool"] {
        let left: Vec<_> = fs::read_dir(data.join(dir)).unwrap().map(|e| e.unwrap().path()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(data.to_str().unwrap()), "{mounts}");
}

/// `pid:start:boot`
fn lives(name: &str) -> bool {
    let mut parts = name.split(':');
    let (pid, start) = (parts.next().unwrap(), parts.next().unwrap());
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let mut fields = stat.rsplit(')').next().unwrap().split_ascii_whitespace();
    fields.next().is_some_and(|state| state != "Z") && fields.nth(18) == Some(start)
}

pub fn spec() -> InstanceSpec {
    InstanceSpec {
        id: InstanceId::new(),
        secret: Secret::new("open sesame"),
        config: TaskConfig { max_memory_mb: 128, vcpu_count: 1, storage_gb: 1, ..TaskConfig::default() },
        read_only: Vec::new(),
        env: BTreeMap::new(),
        ports: Vec::new(),
        failpoints: Vec::new(),
        keep: false,
    }
}

/// The sidecar's pid on this host.
pub fn pid(record: &InstanceRecord) -> i32 {
    record.data["sidecar"]["pid"].as_i64().unwrap() as i32
}
