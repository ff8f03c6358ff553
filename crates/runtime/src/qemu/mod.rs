//! The `qemu` runtime, thin: a small virtual machine per instance, booted from a distribution's kernel, with the sidecar as its
//! first process and one serial port as its only way to the world.
//!
//! ```text
//! accel     KVM or emulation, and why
//! cpio      the guest's first files: the image's, then the sidecar and the agents of this start
//! machine   QEMU's arguments and process
//! link      one connection per machine to its serial port, made anew when it is gone
//! life      start, stop, delete, sweep
//! ```
//!
//! ```text
//! <data>/instances/<id>/
//!   instance.json   who runs here ([`Data`])
//!   epoch           the greatest link epoch that was ever used
//!   initrd          the guest's first files; removed once it has them
//!   s               the serial port
//!   console.log, qemu.log, ended
//! ```
//!
//! QEMU runs in that folder, so that one which a killed server has not yet written down is found by where it is. All that an
//! agent writes lies in the guest's memory and ends with it: a suspended machine is a stopped process, and nothing is kept of
//! one that has ended.

mod accel;
mod cpio;
mod life;
mod link;
mod machine;

use std::{
    collections::{BTreeSet, HashMap},
    fs::{self, File},
    io,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use lia_link::Opener;
use lia_protocol::{
    ids::{InstanceId, SessionId},
    limits,
    runtime::{Isolation, RuntimeStatus},
};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex as AsyncMutex;

pub use self::accel::Accel;
use crate::{
    InstanceRecord, InstanceSpec, InstanceStatus, Ledger, Runtime, RuntimeError, Stream,
    background::Background, locks::Locks, process::Process,
};

/// The driver's name.
pub const NAME: &str = "qemu";

const PROGRAM: &str = "qemu-system-x86_64";

/// The kind of machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Machine {
    /// Little more than a processor and virtio.
    #[default]
    Microvm,
    /// A whole PC, for a QEMU or kernel that cannot do with less.
    Q35,
}

/// How the runtime is set up.
#[derive(Clone, Debug)]
pub struct QemuOptions {
    /// The folder for everything that it makes. It is made with mode 0700, and belongs to one runtime at a time.
    pub data_dir: PathBuf,
    /// The sidecar, fully static.
    pub sidecar: PathBuf,
    /// The folder with `vmlinuz` and `initramfs.cpio` (`vm/build.sh` makes them).
    pub image: PathBuf,
    /// QEMU; without one, `qemu-system-x86_64` in PATH.
    pub program: Option<PathBuf>,
    /// The kind of machine.
    pub machine: Machine,
    /// What runs the guest; without one, KVM where it can, else emulation.
    pub accel: Option<Accel>,
    /// Bytes of agents' files that a guest takes into its memory.
    pub files_bytes: u64,
    /// Bytes of journal that a sidecar may hold.
    pub journal_bytes: u64,
}

impl QemuOptions {
    /// The defaults.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>, sidecar: impl Into<PathBuf>, image: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            sidecar: sidecar.into(),
            image: image.into(),
            program: None,
            machine: Machine::default(),
            accel: None,
            files_bytes: 64 << 20,
            journal_bytes: limits::JOURNAL_BYTES,
        }
    }
}

/// The runtime. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Qemu {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: QemuOptions,
    program: Option<PathBuf>,
    accel: Accel,
    /// Why this one.
    why: String,
    links: Mutex<HashMap<InstanceId, Arc<AsyncMutex<Option<Opener>>>>>,
    /// One change of an instance at a time.
    locks: Locks,
    background: Background,
    /// Says that the data folder is in use.
    lock: File,
}

/// Who runs in a folder: the content of `instance.json` and of `InstanceRecord::data`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Data {
    /// The boot of the host in which it was started.
    boot: String,
    /// QEMU.
    monitor: Process,
    /// What runs the guest.
    accel: String,
}

impl Qemu {
    /// Looks at the host and takes the data folder. What the host lacks is no error here: [`Runtime::info`] tells it and
    /// [`Runtime::start`] refuses.
    ///
    /// # Errors
    /// When the data folder cannot be made or another runtime has it.
    pub async fn new(mut options: QemuOptions) -> Result<Self, RuntimeError> {
        let at = |what: &PathBuf| RuntimeError::io(what.display().to_string());
        let instances = options.data_dir.join("instances");
        fs::create_dir_all(&instances).map_err(at(&instances))?;
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(&options.data_dir, private).map_err(at(&options.data_dir))?;
        for path in [&mut options.data_dir, &mut options.sidecar, &mut options.image] {
            // What is not there is told by `info`.
            if let Ok(real) = path.canonicalize() {
                *path = real;
            }
        }
        let lock = File::create(options.data_dir.join("runtime.lock")).map_err(at(&options.data_dir))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            let dir = options.data_dir.display();
            return Err(RuntimeError::Missing(format!("{dir} is in use by another running server")));
        }
        let found = tokio::task::spawn_blocking(|| {
            let (kvm, why) = accel::Signs::look().judge();
            let accel = if kvm { Accel::Kvm } else { Accel::Tcg { tsc_khz: accel::tsc_khz() } };
            (accel, why)
        });
        let (found, why) =
            found.await.map_err(io::Error::other).map_err(RuntimeError::io("look at the host"))?;
        let (accel, why) = match options.accel.clone() {
            Some(chosen) => (chosen, "set by the operator".to_owned()),
            None => (found, why),
        };
        let program = options.program.clone().or_else(in_path);
        let inner = Inner {
            options,
            program,
            accel,
            why,
            links: Mutex::default(),
            locks: Locks::default(),
            background: Background::default(),
            lock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Ends all work in the background. Instances go on. The last call.
    pub async fn shutdown(&self) {
        self.inner.background.shutdown().await;
    }
}

fn in_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(PROGRAM)).find(|p| p.is_file())
}

impl Inner {
    /// What keeps it from starting anything, and the mend.
    fn missing(&self) -> Option<String> {
        if self.program.is_none() {
            return Some(format!("{PROGRAM} is missing; install qemu-system-x86"));
        }
        let image = &self.options.image;
        let lacks = ["vmlinuz", "initramfs.cpio"].into_iter().find(|n| !image.join(n).is_file())?;
        Some(format!("{} is missing; vm/build.sh makes it", image.join(lacks).display()))
    }

    fn isolation(&self) -> Vec<Isolation> {
        let on = |name: &str, how: String| Isolation { name: name.into(), active: true, how };
        let off = |name: &str, how: &str| Isolation { name: name.into(), active: false, how: how.into() };
        let machine = match self.options.machine {
            Machine::Microvm => "microvm",
            Machine::Q35 => "q35",
        };
        let how = match &self.accel {
            Accel::Kvm => format!("a {machine} of its own, run by KVM: {}", self.why),
            Accel::Tcg { tsc_khz } => {
                format!("a {machine} of its own, emulated (counter at {tsc_khz} kHz): {}", self.why)
            }
        };
        vec![
            on("kernel", how),
            on("network", "no network device; QEMU itself in an empty network namespace".into()),
            on("seccomp", "QEMU's own filter (-sandbox on); inside, the sidecar's filters for agents".into()),
            on("user-namespace", "QEMU in a user namespace without any capability over the host".into()),
            on("memory", "the guest has no more than its machine; QEMU's own use is not limited".into()),
            on("storage", "all files lie in the guest's memory, and end with it".into()),
            off("own-uid", "QEMU's files and process belong to the server's user"),
            off(
                "cgroup-cpu",
                "QEMU is in no control group; the guest has as many processors as it was given",
            ),
        ]
    }

    fn folder(&self, id: InstanceId) -> PathBuf {
        self.options.data_dir.join("instances").join(id.to_string())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _ = flock(&self.lock, FlockOperation::Unlock);
    }
}

fn no(what: &'static str) -> RuntimeError {
    RuntimeError::Unsupported { runtime: NAME, what }
}

#[async_trait]
impl Runtime for Qemu {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shares_power(&self) -> bool {
        true
    }

    async fn info(&self) -> RuntimeStatus {
        let missing = self.inner.missing();
        RuntimeStatus {
            name: NAME.into(),
            available: missing.is_none(),
            missing,
            isolation: self.inner.isolation(),
            suspend: "signal".into(),
        }
    }

    async fn start(
        &self,
        spec: InstanceSpec,
        ledger: Arc<dyn Ledger>,
    ) -> Result<InstanceRecord, RuntimeError> {
        self.inner.start(spec, ledger.as_ref()).await
    }

    async fn status(&self, instance: &InstanceRecord) -> Result<InstanceStatus, RuntimeError> {
        Ok(match life::living(&life::data_of(instance)?) {
            Some(qemu) if qemu.stopped() => InstanceStatus::Paused,
            Some(_) => InstanceStatus::Running,
            None => InstanceStatus::Gone { reason: self.inner.reason(instance.id) },
        })
    }

    async fn ended(&self, instance: &InstanceRecord) -> Option<String> {
        self.inner.ended(instance).await
    }

    async fn dial(&self, instance: &InstanceRecord, port: u16) -> Result<Box<dyn Stream>, RuntimeError> {
        Ok(Box::new(self.inner.dial(instance, port).await?))
    }

    fn keeps(&self) -> bool {
        false
    }

    async fn pause(&self, instance: &InstanceRecord) -> Result<(), RuntimeError> {
        self.inner.pause(instance).await
    }

    async fn resume(&self, instance: &InstanceRecord) -> Result<(), RuntimeError> {
        self.inner.resume(instance).await
    }

    async fn stop(&self, instance: &InstanceRecord, ledger: Arc<dyn Ledger>) -> Result<(), RuntimeError> {
        self.inner.stop(instance.id, ledger.as_ref()).await
    }

    async fn delete(&self, id: InstanceId, ledger: Arc<dyn Ledger>) -> Result<(), RuntimeError> {
        self.inner.delete(id, ledger.as_ref()).await
    }

    async fn sweep(&self, known: &BTreeSet<InstanceId>) -> Result<Vec<InstanceId>, RuntimeError> {
        self.inner.sweep(known).await
    }

    async fn leftover_journal(&self, _: &InstanceRecord, _: SessionId) -> Result<Vec<PathBuf>, RuntimeError> {
        // It was in the guest's memory.
        Ok(Vec::new())
    }
}
