//! From a sandbox to an instance, and its life until nothing of it is left.
//!
//! Every change of one instance happens under its lock ([`Inner::hold`]), also when the caller's future is dropped in
//! the middle: what a start left behind is seen by the delete that follows.

use std::{collections::BTreeSet, io, path::PathBuf, sync::Arc, time::Duration};

use lia_protocol::{
    boot::{BootConfig, PORT_CONTROL, Separation},
    ids::InstanceId,
};
use rustix::process::Signal;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    process::Child,
    time::timeout,
};

use super::{
    Held, Inner, NAME,
    cgroup::{Controller, Limits},
    command, disk, etc,
    folder::{Data, Folder, Watched},
    folders,
    process::{Process, boot_id, continue_tree, stop_tree},
    slot::{Shape, Slot},
    tree,
};
use crate::{InstanceRecord, InstanceSpec, InstanceStatus, Ledger, Resource, RuntimeError};

/// How long a sidecar may take to answer, and processes to end after SIGKILL.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of the answer to `CONNECT`.
const ANSWER_BYTES: usize = 64;
/// The uid that agents see as theirs.
const AGENT_UID: u32 = 1000;

impl Inner {
    pub(super) async fn start(
        self: &Arc<Self>,
        spec: InstanceSpec,
        ledger: Arc<dyn Ledger>,
    ) -> Result<InstanceRecord, RuntimeError> {
        self.refuse_what_is_weaker()?;
        let held = self.hold(spec.id).await;
        let folder = self.folder(spec.id);
        let earlier = folder.data();
        if earlier.as_ref().is_some_and(|d| living(d).is_some()) {
            let e = io::Error::new(io::ErrorKind::AlreadyExists, "it runs already");
            return Err(RuntimeError::io(format!("start {}", spec.id))(e));
        }
        let written = ledger.of(spec.id).await?;
        if spec.keep {
            self.end(&folder, &written).await?;
        } else if !written.is_empty() || folder.path().exists() {
            self.remove(&folder, &written).await?;
        }
        let kept = earlier.filter(|_| spec.keep);
        let shape = Shape { storage_gb: spec.config.storage_gb, read_only: spec.read_only.clone() };
        let mut claim = self.claim(&shape, kept.is_none());
        let data = match (&claim.slot, &kept) {
            (Some(slot), _) => slot.data.clone(),
            (None, Some(kept)) => Data::new(spec.id.to_string(), kept.uid),
            (None, None) => Data::new(spec.id.to_string(), self.take_uid()?),
        };
        ledger.record(spec.id, &self.resources(spec.id, &data)).await?;
        let started =
            self.launch(&spec, claim.slot.take(), data, shape.clone(), ledger.as_ref(), &held).await;
        if started.is_ok() {
            self.refill(shape);
            return started;
        }
        let undone = if kept.is_some() {
            self.end(&folder, &ledger.of(spec.id).await?).await
        } else {
            self.remove_recorded(spec.id, ledger.as_ref()).await
        };
        if let Err(e) = undone {
            tracing::warn!(instance = %spec.id, error = %e, "a failed start left something, which delete removes");
        }
        started
    }

    /// Everything after the ledger knows.
    async fn launch(
        self: &Arc<Self>,
        spec: &InstanceSpec,
        slot: Option<Slot>,
        data: Data,
        shape: Shape,
        ledger: &dyn Ledger,
        held: &Held,
    ) -> Result<InstanceRecord, RuntimeError> {
        let folder = self.folder(spec.id);
        let io = |what: &str| RuntimeError::io(format!("{what} {}", spec.id));
        self.step("recorded").map_err(io("start"))?;
        let mut slot = match slot {
            Some(mut slot) => {
                if let Err(e) = std::fs::rename(slot.folder.path(), folder.path()) {
                    self.discard(slot).await;
                    return Err(io("claim a sandbox for")(e));
                }
                slot.folder = folder.clone();
                slot
            }
            None => {
                let slot =
                    Slot::make(self, folder.clone(), data, shape, spec.keep, Some(held.clone())).await?;
                ledger.record(spec.id, &processes(&slot.data)).await?;
                slot
            }
        };
        let limits = self.limits(spec);
        self.host.cgroups.limit(&slot.data.group, &limits).map_err(io("limit"))?;
        slot.data.watched = Watched {
            memory: self.host.cgroups.has(Controller::Memory).is_err().then_some(limits.memory_bytes),
            storage: self.host.mkfs.is_none().then_some(u64::from(spec.config.storage_gb) << 30),
        };
        folder.write_data(&slot.data).map_err(io("start"))?;
        self.step("claimed").map_err(io("start"))?;
        let data = slot.data.clone();
        let mut child = slot.configure(&self.boot_config(spec)).await.map_err(io("configure"))?;
        self.step("configured").map_err(io("start"))?;
        let ready = tokio::select! {
            ready = connect(&folder, PORT_CONTROL) => ready.map(drop),
            () = ended(&mut child) => Err(io::Error::other(format!("the sandbox ended: {}", folder.log_tail()))),
        };
        if let Some(child) = child {
            self.reap(child);
        }
        ready.map_err(io("start"))?;
        self.step("ready").map_err(io("start"))?;
        self.watch(spec.id, &data);
        let data = serde_json::to_value(&data).map_err(io::Error::other).map_err(io("record"))?;
        Ok(InstanceRecord { id: spec.id, runtime: NAME.into(), data })
    }

    fn refuse_what_is_weaker(&self) -> Result<(), RuntimeError> {
        if let Some(missing) = self.host.missing() {
            return Err(RuntimeError::Missing(missing));
        }
        let given = self.host.isolation();
        for name in &self.options.require {
            match given.iter().find(|i| i.name == *name) {
                Some(i) if i.active => {}
                Some(i) => return Err(RuntimeError::Weaker(name.clone(), i.how.clone())),
                None => {
                    let known: Vec<_> = given.iter().map(|i| i.name.as_str()).collect();
                    return Err(RuntimeError::Weaker(name.clone(), format!("it knows {}", known.join(", "))));
                }
            }
        }
        Ok(())
    }

    pub(super) fn take_uid(&self) -> Result<Option<u32>, RuntimeError> {
        if !self.host.root {
            return Ok(None);
        }
        let range = &self.options.uids;
        let none = || RuntimeError::Missing(format!("no free uid between {} and {}", range.start, range.end));
        self.uids.take().map(Some).ok_or_else(none)
    }

    fn limits(&self, spec: &InstanceSpec) -> Limits {
        Limits {
            memory_bytes: u64::from(spec.config.max_memory_mb) << 20,
            cpus: spec.config.vcpu_count,
            pids: self.options.pids,
        }
    }

    fn boot_config(&self, spec: &InstanceSpec) -> BootConfig {
        BootConfig {
            instance: spec.id,
            secret: spec.secret.clone(),
            state_dir: command::STATE.into(),
            hide: vec![command::PRIVATE.into()],
            workspace: command::WORKSPACE.into(),
            home: command::HOME.into(),
            agent_uid: AGENT_UID,
            separation: Separation::Namespaces,
            nested: self.options.nested,
            transparent: true,
            journal_bytes: self.options.journal_bytes,
            env: command::environment(&spec.env, etc::bundle().is_some()),
            ports: spec.ports.clone(),
            failpoints: spec.failpoints.clone(),
        }
    }

    /// What is about to be made.
    fn resources(&self, id: InstanceId, data: &Data) -> Vec<Resource> {
        let folder = self.folder(id);
        let mut all = vec![
            resource("folder", folder.path().display().to_string()),
            resource("socket", folder.socket().display().to_string()),
        ];
        if let Some(uid) = data.uid {
            all.push(resource("uid", uid.to_string()));
        }
        if self.host.mkfs.is_some() {
            all.push(resource("loop", folder.image().display().to_string()));
        }
        let groups = self.host.cgroups.paths(&data.group);
        all.extend(groups.into_iter().map(|p| resource("cgroup", p.display().to_string())));
        all.extend(processes(data));
        all
    }

    pub(super) fn status(
        self: &Arc<Self>,
        instance: &InstanceRecord,
    ) -> Result<InstanceStatus, RuntimeError> {
        let data = data_of(instance)?;
        let Some(sidecar) = living(&data) else {
            return Ok(InstanceStatus::Gone { reason: self.reason(&self.folder(instance.id), &data) });
        };
        self.watch(instance.id, &data);
        let paused = self.host.cgroups.frozen(&data.group) || sidecar.stopped();
        Ok(if paused { InstanceStatus::Paused } else { InstanceStatus::Running })
    }

    pub(super) async fn ended(&self, instance: &InstanceRecord) -> Option<String> {
        let data = data_of(instance).ok()?;
        for process in data.processes() {
            if let Err(e) = process.ended().await {
                tracing::warn!(instance = %instance.id, error = %e, "its end cannot be awaited");
                return None;
            }
        }
        self.reason(&self.folder(instance.id), &data)
    }

    /// How it ended, as far as that is known.
    fn reason(&self, folder: &Folder, data: &Data) -> Option<String> {
        if let Some(reason) = folder.reason() {
            return Some(reason);
        }
        if !data.is_of_this_boot() {
            return Some("host restarted".into());
        }
        match folder.exit_code() {
            Some(137) | None if self.host.cgroups.oom_kills(&data.group) > 0 => Some("out of memory".into()),
            Some(code) if code > 128 => Some(format!("killed by signal {}", code - 128)),
            Some(code) => Some(format!("exit code {code}")),
            None => None,
        }
    }

    pub(super) async fn dial(
        &self,
        instance: &InstanceRecord,
        port: u16,
    ) -> Result<UnixStream, RuntimeError> {
        if living(&data_of(instance)?).is_none() {
            return Err(RuntimeError::Gone(instance.id));
        }
        let what = format!("dial port {port} of instance {}", instance.id);
        connect(&self.folder(instance.id), port).await.map_err(RuntimeError::io(what))
    }

    pub(super) async fn pause(&self, instance: &InstanceRecord) -> Result<(), RuntimeError> {
        let _held = self.hold(instance.id).await;
        let data = data_of(instance)?;
        let sidecar = living(&data).ok_or(RuntimeError::Gone(instance.id))?;
        let frozen = if self.host.cgroups.has(Controller::Freezer).is_ok() {
            self.host.cgroups.freeze(&data.group).await
        } else {
            stop_tree(sidecar).await
        };
        if frozen.is_err() {
            self.go_on(&data, sidecar)?;
        }
        frozen.map_err(RuntimeError::io(format!("pause {}", instance.id)))
    }

    pub(super) async fn resume(&self, instance: &InstanceRecord) -> Result<(), RuntimeError> {
        let _held = self.hold(instance.id).await;
        let data = data_of(instance)?;
        let sidecar = living(&data).ok_or(RuntimeError::Gone(instance.id))?;
        self.go_on(&data, sidecar)
    }

    fn go_on(&self, data: &Data, sidecar: Process) -> Result<(), RuntimeError> {
        let gone_on = if self.host.cgroups.has(Controller::Freezer).is_ok() {
            self.host.cgroups.thaw(&data.group)
        } else {
            continue_tree(sidecar)
        };
        gone_on.map_err(RuntimeError::io(format!("resume {}", data.group)))
    }

    pub(super) async fn stop(
        &self,
        instance: &InstanceRecord,
        ledger: Arc<dyn Ledger>,
    ) -> Result<(), RuntimeError> {
        let _held = self.hold(instance.id).await;
        let written = ledger.of(instance.id).await?;
        self.end(&self.folder(instance.id), &written).await?;
        let gone: Vec<_> = written
            .into_iter()
            .filter(|r| matches!(&*r.kind, "process" | "cgroup" | "socket" | "loop"))
            .collect();
        ledger.strike(instance.id, &gone).await
    }

    pub(super) async fn delete(&self, id: InstanceId, ledger: Arc<dyn Ledger>) -> Result<(), RuntimeError> {
        let _held = self.hold(id).await;
        self.remove_recorded(id, ledger.as_ref()).await
    }

    async fn remove_recorded(&self, id: InstanceId, ledger: &dyn Ledger) -> Result<(), RuntimeError> {
        let written = ledger.of(id).await?;
        self.remove(&self.folder(id), &written).await?;
        ledger.strike(id, &written).await
    }

    /// Ends whatever runs in `folder`, and removes it with all that belongs to it.
    pub(super) async fn remove(&self, folder: &Folder, written: &[Resource]) -> Result<(), RuntimeError> {
        let uid = folder.data().and_then(|d| d.uid);
        self.end(folder, written).await?;
        let path = folder.path().to_owned();
        let removed = tokio::task::spawn_blocking(move || tree::remove(&path)).await;
        removed
            .map_err(io::Error::other)
            .and_then(|r| r)
            .map_err(RuntimeError::io(format!("remove {}", folder.path().display())))?;
        let named = written.iter().filter(|r| r.kind == "uid").filter_map(|r| r.name.parse().ok());
        for uid in named.chain(uid) {
            self.uids.give_back(uid);
        }
        Ok(())
    }

    /// Ends whatever runs in `folder`, and frees what is no file: processes, cgroups, loop devices.
    async fn end(&self, folder: &Folder, written: &[Resource]) -> Result<(), RuntimeError> {
        let what = |e| RuntimeError::io(format!("end {}", folder.path().display()))(e);
        let data = folder.data();
        let mut processes: Vec<Process> = data.iter().flat_map(Data::processes).collect();
        processes
            .extend(written.iter().filter(|r| r.kind == "process").filter_map(|r| parse_process(&r.name)));
        // Bubblewrap outside ends by itself, having written down how the sidecar ended.
        let monitor = data.as_ref().and_then(|d| d.monitor.filter(|_| d.sidecar.is_some()));
        let mut groups: BTreeSet<String> = data.into_iter().map(|d| d.group).collect();
        // The name is ours alone when its folder is one of our parents'.
        groups.extend(written.iter().filter(|r| r.kind == "cgroup").filter_map(|r| {
            let path = PathBuf::from(&r.name);
            let name = path.file_name()?.to_str()?.to_owned();
            self.host.cgroups.paths(&name).contains(&path).then_some(name)
        }));
        for process in processes.iter().filter(|p| Some(**p) != monitor) {
            process.signal(Signal::KILL).map_err(what)?;
        }
        for group in &groups {
            self.host.cgroups.thaw(group).map_err(what)?;
        }
        let ended = async {
            for process in &processes {
                process.ended().await?;
            }
            Ok(())
        };
        timeout(PATIENCE, ended).await.unwrap_or_else(|e| Err(e.into())).map_err(what)?;
        for group in &groups {
            self.host.cgroups.remove(group).await.map_err(what)?;
        }
        if self.host.mkfs.is_some() {
            disk::detach(&folder.image()).map_err(what)?;
        }
        Ok(())
    }

    pub(super) async fn sweep(&self, known: &BTreeSet<InstanceId>) -> Result<Vec<InstanceId>, RuntimeError> {
        let mut removed = Vec::new();
        for folder in folders(&self.options.data_dir.join("instances")) {
            let name = folder.path().file_name().and_then(|n| n.to_str()).unwrap_or_default();
            let id: Option<InstanceId> = name.parse().ok();
            match id {
                Some(id) if known.contains(&id) => {}
                Some(id) => {
                    let _held = self.hold(id).await;
                    self.remove(&folder, &[]).await?;
                    removed.push(id);
                }
                None => tracing::warn!(path = %folder.path().display(), "this is no instance's folder"),
            }
        }
        let mut groups = self.host.cgroups.names();
        for dir in ["instances", "pool"] {
            for folder in folders(&self.options.data_dir.join(dir)) {
                if let Some(data) = folder.data() {
                    groups.remove(&data.group);
                }
            }
        }
        for group in groups {
            self.host
                .cgroups
                .remove(&group)
                .await
                .map_err(RuntimeError::io(format!("remove cgroup {group}")))?;
        }
        Ok(removed)
    }
}

async fn ended(child: &mut Option<Child>) {
    if let Some(child) = child {
        let _ = child.wait().await;
    }
}

/// Dials, names the port and takes the answer.
async fn connect(folder: &Folder, port: u16) -> io::Result<UnixStream> {
    let dialled = async {
        let mut stream = folder.connect().await?;
        stream.write_all(format!("CONNECT {port}\n").as_bytes()).await?;
        let mut answer = Vec::with_capacity(ANSWER_BYTES);
        // Byte by byte: what follows the line is the caller's.
        while answer.last() != Some(&b'\n') && answer.len() < ANSWER_BYTES {
            answer.push(stream.read_u8().await?);
        }
        if answer.starts_with(b"OK") {
            return Ok(stream);
        }
        let answer = String::from_utf8_lossy(&answer);
        Err(io::Error::other(format!("the sidecar answered {:?} to CONNECT {port}", answer.trim())))
    };
    timeout(PATIENCE, dialled).await.unwrap_or_else(|e| Err(e.into()))
}

fn data_of(instance: &InstanceRecord) -> Result<Data, RuntimeError> {
    let what = || format!("read the record of instance {}", instance.id);
    serde_json::from_value(instance.data.clone()).map_err(|e| RuntimeError::io(what())(e.into()))
}

/// The sidecar, if it lives.
fn living(data: &Data) -> Option<Process> {
    let sidecar = data.sidecar.filter(|_| data.is_of_this_boot())?;
    matches!(sidecar.open(), Ok(Some(_))).then_some(sidecar)
}

fn resource(kind: &str, name: String) -> Resource {
    Resource { kind: kind.into(), name }
}

/// `pid:start:boot`, the sidecar first.
fn processes(data: &Data) -> Vec<Resource> {
    data.processes().map(|p| resource("process", format!("{}:{}:{}", p.pid, p.start, data.boot))).collect()
}

fn parse_process(name: &str) -> Option<Process> {
    let mut parts = name.split(':');
    let process = Process { pid: parts.next()?.parse().ok()?, start: parts.next()?.parse().ok()? };
    (parts.next()? == boot_id()).then_some(process)
}
