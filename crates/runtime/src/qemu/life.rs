//! The life of an instance, until nothing of it is left.

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, BufWriter, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use lia_protocol::{
    boot::{BootConfig, PORT_BOOT, Separation},
    ids::InstanceId,
};
use rustix::process::Signal;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::Child,
    time::timeout,
};

use super::{Data, Inner, NAME, cpio::Archive, link, machine::Plan, no};
use crate::{
    InstanceRecord, InstanceSpec, Ledger, Resource, RuntimeError,
    local::command,
    process::{Process, boot_id, continue_tree, stop_tree},
};

/// How long processes may take to end after SIGKILL, and a sidecar to take its configuration.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long QEMU may take to end after its connection broke.
const WITNESS: Duration = Duration::from_secs(2);
const BROKEN: [io::ErrorKind; 5] = [
    io::ErrorKind::ConnectionRefused,
    io::ErrorKind::BrokenPipe,
    io::ErrorKind::ConnectionReset,
    io::ErrorKind::NotConnected,
    io::ErrorKind::UnexpectedEof,
];
/// The uid that agents have.
const AGENT_UID: u32 = 1000;
/// Bytes of the answer to the configuration.
const ANSWER: u64 = 4 << 10;
/// Bytes of the guest's last words that an error quotes.
const WORDS: usize = 1_000;
const INITRD: &str = "initrd";

impl Inner {
    pub(super) async fn start(
        &self,
        spec: InstanceSpec,
        ledger: &dyn Ledger,
    ) -> Result<InstanceRecord, RuntimeError> {
        if let Some(missing) = self.missing() {
            return Err(RuntimeError::Missing(missing));
        }
        if spec.keep {
            return Err(no("go on with the files of an earlier life: they were in its memory"));
        }
        let _held = self.locks.hold(spec.id).await;
        let folder = self.folder(spec.id);
        if folder.exists() {
            if data(&folder).as_ref().and_then(living).is_some() {
                let e = io::Error::new(io::ErrorKind::AlreadyExists, "it runs already");
                return Err(RuntimeError::io(format!("start {}", spec.id))(e));
            }
            self.remove(spec.id, ledger).await?;
        }
        ledger.record(spec.id, &[resource("folder", folder.display().to_string())]).await?;
        let started = self.launch(&spec, &folder, ledger).await;
        if started.is_err()
            && let Err(e) = self.remove(spec.id, ledger).await
        {
            tracing::warn!(instance = %spec.id, error = %e, "a failed start left something, which delete removes");
        }
        started
    }

    async fn launch(
        &self,
        spec: &InstanceSpec,
        folder: &Path,
        ledger: &dyn Ledger,
    ) -> Result<InstanceRecord, RuntimeError> {
        let io = |what: &str| RuntimeError::io(format!("{what} {}", spec.id));
        DirBuilder::new().mode(0o700).create(folder).map_err(io("make the folder of"))?;
        let files = self.files(spec, folder.join(INITRD));
        let files = tokio::task::spawn_blocking(files).await;
        files.map_err(io::Error::other).and_then(|r| r).map_err(io("gather the files of"))?;
        let mut child = self.spawn(spec, folder).map_err(io("start"))?;
        let pid = child.id().and_then(|p| i32::try_from(p).ok()).unwrap_or_default();
        let monitor = Process::of(pid).map_err(io("find the process of"))?;
        let data = Data { boot: boot_id().to_owned(), monitor, accel: self.accel.name().into() };
        write_data(folder, &data).map_err(io("write down"))?;
        ledger.record(spec.id, &[process(&data)]).await?;
        let mut configured = tokio::select! {
            done = self.configure(spec) => done,
            _ = child.wait() => Err(io::ErrorKind::ConnectionReset.into()),
        };
        // A connection that broke is mostly QEMU's own end, and that says more.
        if configured.as_ref().is_err_and(|e| BROKEN.contains(&e.kind()))
            && let Ok(Ok(status)) = timeout(WITNESS, child.wait()).await
        {
            configured = Err(io::Error::other(format!("QEMU ended: {status}")));
        }
        self.reap(child, folder.to_owned());
        configured
            .map_err(|e| io::Error::new(e.kind(), format!("{e}; it said: {}", last_words(folder))))
            .map_err(io("boot"))?;
        fs::remove_file(folder.join(INITRD)).map_err(io("remove the first files of"))?;
        let data = serde_json::to_value(&data).map_err(io::Error::other).map_err(io("record"))?;
        Ok(InstanceRecord { id: spec.id, runtime: NAME.into(), data })
    }

    /// Writes the guest's first files.
    fn files(&self, spec: &InstanceSpec, to: PathBuf) -> impl FnOnce() -> io::Result<()> + Send + 'static {
        let (base, sidecar) = (self.options.image.join("initramfs.cpio"), self.options.sidecar.clone());
        let (agents, limit) = (spec.read_only.clone(), self.options.files_bytes);
        move || {
            let named = |path: &Path| {
                let path = path.display().to_string();
                move |e: io::Error| io::Error::new(e.kind(), format!("{path}: {e}"))
            };
            let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
            io::copy(&mut File::open(&base).map_err(named(&base))?, &mut out)?;
            let size = fs::metadata(&sidecar).map_err(named(&sidecar))?.len();
            let mut archive = Archive::new(BufWriter::new(out), limit + size);
            archive.add(&sidecar, Path::new("init")).map_err(named(&sidecar))?;
            for (from, inside) in &agents {
                archive.add(from, Path::new(inside.trim_start_matches('/'))).map_err(named(from))?;
            }
            archive.finish().map(drop)
        }
    }

    fn spawn(&self, spec: &InstanceSpec, folder: &Path) -> io::Result<Child> {
        let program = self.program.as_deref().ok_or(io::ErrorKind::NotFound)?;
        let log = OpenOptions::new().create(true).append(true).mode(0o600).open(folder.join("qemu.log"))?;
        let plan = Plan {
            program,
            accel: &self.accel,
            machine: self.options.machine,
            kernel: &self.options.image.join("vmlinuz"),
            initrd: INITRD,
            listener: link::listen(folder)?,
            memory_mb: spec.config.max_memory_mb,
            cpus: spec.config.vcpu_count.max(1),
        };
        plan.spawn(folder, log)
    }

    /// Waits for the guest and gives it its configuration.
    async fn configure(&self, spec: &InstanceSpec) -> io::Result<()> {
        let mut stream = self.link(spec.id).await?.connect(PORT_BOOT, PATIENCE).await?;
        let mut line = serde_json::to_vec(&self.boot_config(spec))?;
        line.push(b'\n');
        let mut answer = String::new();
        let told = async {
            stream.write_all(&line).await?;
            stream.flush().await?;
            (&mut stream).take(ANSWER).read_to_string(&mut answer).await
        };
        timeout(PATIENCE, told).await??;
        match answer.trim() {
            "OK" => Ok(()),
            no => Err(io::Error::other(format!("the sidecar refused its configuration: {no}"))),
        }
    }

    fn boot_config(&self, spec: &InstanceSpec) -> BootConfig {
        let mut env = command::environment(&spec.env, false);
        if !spec.env.contains_key("SHELL") {
            // The image's only one.
            env.insert("SHELL".into(), "/bin/sh".into());
        }
        BootConfig {
            instance: spec.id,
            secret: spec.secret.clone(),
            state_dir: command::STATE.into(),
            hide: vec![command::PRIVATE.into(), "/init".into()],
            workspace: command::WORKSPACE.into(),
            home: command::HOME.into(),
            agent_uid: AGENT_UID,
            separation: Separation::Uid,
            nested: false,
            transparent: true,
            journal_bytes: self.options.journal_bytes,
            env,
            ports: spec.ports.clone(),
            failpoints: spec.failpoints.clone(),
        }
    }

    /// Takes QEMU's exit status when it ends, so that no zombie stays, and writes it down.
    fn reap(&self, mut child: Child, folder: PathBuf) {
        self.background.spawn(async move {
            if let Ok(status) = child.wait().await
                && !folder.join("ended").exists()
            {
                // The folder may be gone already.
                let _ = fs::write(folder.join("ended"), format!("QEMU ended: {status}"));
            }
        });
    }

    pub(super) async fn ended(&self, instance: &InstanceRecord) -> Option<String> {
        if let Some(monitor) = living(&data_of(instance).ok()?)
            && let Err(e) = monitor.ended().await
        {
            tracing::warn!(instance = %instance.id, error = %e, "its end cannot be awaited");
            return None;
        }
        self.reason(instance.id)
    }

    /// How it ended, as far as that is known.
    pub(super) fn reason(&self, id: InstanceId) -> Option<String> {
        let folder = self.folder(id);
        fs::read_to_string(folder.join("ended")).ok().or_else(|| {
            let of_another_boot = data(&folder).is_some_and(|d| d.boot != boot_id());
            of_another_boot.then(|| "host restarted".into())
        })
    }

    /// Stops QEMU where it is; all of the guest is in its process.
    pub(super) async fn pause(&self, instance: &InstanceRecord) -> Result<(), RuntimeError> {
        let _held = self.locks.hold(instance.id).await;
        let qemu = living(&data_of(instance)?).ok_or(RuntimeError::Gone(instance.id))?;
        stop_tree(qemu).await.map_err(RuntimeError::io(format!("pause {}", instance.id)))
    }

    pub(super) async fn resume(&self, instance: &InstanceRecord) -> Result<(), RuntimeError> {
        let _held = self.locks.hold(instance.id).await;
        let qemu = living(&data_of(instance)?).ok_or(RuntimeError::Gone(instance.id))?;
        continue_tree(qemu).map_err(RuntimeError::io(format!("resume {}", instance.id)))
    }

    pub(super) async fn stop(&self, id: InstanceId, ledger: &dyn Ledger) -> Result<(), RuntimeError> {
        let _held = self.locks.hold(id).await;
        let mut written = ledger.of(id).await?;
        self.end(id, &written).await?;
        written.retain(|r| r.kind == "process");
        ledger.strike(id, &written).await
    }

    pub(super) async fn delete(&self, id: InstanceId, ledger: &dyn Ledger) -> Result<(), RuntimeError> {
        let _held = self.locks.hold(id).await;
        self.remove(id, ledger).await
    }

    async fn remove(&self, id: InstanceId, ledger: &dyn Ledger) -> Result<(), RuntimeError> {
        let written = ledger.of(id).await?;
        self.end(id, &written).await?;
        self.remove_folder(id)?;
        ledger.strike(id, &written).await
    }

    fn remove_folder(&self, id: InstanceId) -> Result<(), RuntimeError> {
        let folder = self.folder(id);
        match fs::remove_dir_all(&folder) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(RuntimeError::io(format!("remove {}", folder.display()))(e))
            }
            _ => Ok(()),
        }
    }

    /// Ends QEMU: that of the folder's data, that of the ledger, and one that runs there and was never written down.
    async fn end(&self, id: InstanceId, written: &[Resource]) -> Result<(), RuntimeError> {
        let folder = self.folder(id);
        let what = |e| RuntimeError::io(format!("end {}", folder.display()))(e);
        self.forget(id);
        let mut processes = running_in(&folder).map_err(what)?;
        processes.extend(data(&folder).as_ref().and_then(living));
        processes.extend(written.iter().filter(|r| r.kind == "process").filter_map(parse_process));
        if processes.iter().any(|p| matches!(p.open(), Ok(Some(_)))) {
            // First the reason: whoever waits for the end reads it.
            fs::write(folder.join("ended"), "stopped").map_err(what)?;
        }
        let ended = async {
            for process in processes {
                process.signal(Signal::KILL)?;
                process.ended().await?;
            }
            Ok(())
        };
        timeout(PATIENCE, ended).await.unwrap_or_else(|e| Err(e.into())).map_err(what)
    }

    /// Removes the folders of instances that are not known, and what runs in them.
    pub(super) async fn sweep(&self, known: &BTreeSet<InstanceId>) -> Result<Vec<InstanceId>, RuntimeError> {
        let dir = self.options.data_dir.join("instances");
        let entries = fs::read_dir(&dir).map_err(RuntimeError::io(dir.display().to_string()))?;
        let mut removed = Vec::new();
        for entry in entries.flatten() {
            let Some(id) = entry.file_name().to_str().and_then(|n| n.parse::<InstanceId>().ok()) else {
                tracing::warn!(path = %entry.path().display(), "this is no instance's folder");
                continue;
            };
            if known.contains(&id) {
                continue;
            }
            let _held = self.locks.hold(id).await;
            match self.end(id, &[]).await.and_then(|()| self.remove_folder(id)) {
                Ok(()) => removed.push(id),
                Err(e) => {
                    tracing::warn!(instance = %id, error = %e, "an instance of nobody's could not be removed");
                }
            }
        }
        Ok(removed)
    }
}

/// Processes whose working directory is this folder.
fn running_in(folder: &Path) -> io::Result<Vec<Process>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<i32>().ok()) else { continue };
        if fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == folder) {
            found.extend(Process::of(pid).ok());
        }
    }
    Ok(found)
}

fn last_words(folder: &Path) -> String {
    let mut words = String::new();
    for name in ["qemu.log", "console.log"] {
        words += &String::from_utf8_lossy(&fs::read(folder.join(name)).unwrap_or_default());
    }
    let skip = words.chars().count().saturating_sub(WORDS);
    words.chars().skip(skip).collect::<String>().trim().to_owned()
}

fn write_data(folder: &Path, data: &Data) -> io::Result<()> {
    let (file, new) = (folder.join("instance.json"), folder.join("instance.new"));
    File::create(&new)?.write_all(&serde_json::to_vec(data)?)?;
    fs::rename(new, file)
}

fn data(folder: &Path) -> Option<Data> {
    serde_json::from_slice(&fs::read(folder.join("instance.json")).ok()?).ok()
}

pub(super) fn data_of(instance: &InstanceRecord) -> Result<Data, RuntimeError> {
    let what = || format!("read the record of instance {}", instance.id);
    serde_json::from_value(instance.data.clone()).map_err(|e| RuntimeError::io(what())(e.into()))
}

/// QEMU, if it lives.
pub(super) fn living(data: &Data) -> Option<Process> {
    let monitor = Some(data.monitor).filter(|_| data.boot == boot_id())?;
    matches!(monitor.open(), Ok(Some(_))).then_some(monitor)
}

fn resource(kind: &str, name: String) -> Resource {
    Resource { kind: kind.into(), name }
}

/// `pid:start:boot`
fn process(data: &Data) -> Resource {
    resource("process", format!("{}:{}:{}", data.monitor.pid, data.monitor.start, data.boot))
}

fn parse_process(r: &Resource) -> Option<Process> {
    let mut parts = r.name.split(':');
    let process = Process { pid: parts.next()?.parse().ok()?, start: parts.next()?.parse().ok()? };
    (parts.next()? == boot_id()).then_some(process)
}
