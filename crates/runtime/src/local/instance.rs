//! The life of an instance, until nothing of it is left.
//!
//! Every change of one instance happens under its lock ([`Inner::hold`]), also when the caller's future is dropped in
//! the middle: what a start left behind is seen by the delete that follows.

use std::{collections::BTreeSet, io, path::PathBuf, sync::Arc, time::Duration};

use lia_protocol::ids::InstanceId;
use rustix::process::Signal;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    time::timeout,
};

use super::{
    Inner,
    cgroup::{Controller, look},
    disk,
    folder::{Data, Folder},
    folders,
    process::{Process, boot_id, continue_tree, stop_tree},
    tree,
};
use crate::{InstanceRecord, InstanceStatus, Ledger, Resource, RuntimeError};

/// How long a sidecar may take to answer, and processes to end after SIGKILL.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of the answer to `CONNECT`.
const ANSWER_BYTES: usize = 64;

impl Inner {
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
        self.stop_recorded(instance.id, ledger.as_ref()).await
    }

    pub(super) async fn stop_recorded(
        &self,
        id: InstanceId,
        ledger: &dyn Ledger,
    ) -> Result<(), RuntimeError> {
        let mut written = ledger.of(id).await?;
        self.end(&self.folder(id), &written).await?;
        written.retain(|r| matches!(&*r.kind, "process" | "cgroup" | "socket" | "loop"));
        ledger.strike(id, &written).await
    }

    pub(super) async fn delete(&self, id: InstanceId, ledger: Arc<dyn Ledger>) -> Result<(), RuntimeError> {
        let _held = self.hold(id).await;
        self.remove_recorded(id, ledger.as_ref()).await
    }

    pub(super) async fn remove_recorded(
        &self,
        id: InstanceId,
        ledger: &dyn Ledger,
    ) -> Result<(), RuntimeError> {
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
        // A start that was given up early has written it nowhere else.
        let named = || written.iter().find(|r| r.kind == "uid")?.name.parse().ok();
        if let Some(uid) = uid.or_else(named) {
            self.uids.give_back(uid);
        }
        Ok(())
    }

    /// Ends whatever runs in `folder`, and frees what is no file: processes, cgroups, loop devices.
    pub(super) async fn end(&self, folder: &Folder, written: &[Resource]) -> Result<(), RuntimeError> {
        let what = |e| RuntimeError::io(format!("end {}", folder.path().display()))(e);
        let data = folder.data();
        let mut processes: Vec<Process> = data.iter().flat_map(Data::processes).collect();
        processes
            .extend(written.iter().filter(|r| r.kind == "process").filter_map(|r| parse_process(&r.name)));
        // Bubblewrap outside ends by itself, having written down how the sidecar ended.
        let monitor = data.as_ref().and_then(|d| d.monitor.filter(|_| d.sidecar.is_some()));
        let mut groups: BTreeSet<String> = data.iter().map(|d| d.group.clone()).collect();
        // The name is ours alone when its folder is one of our parents'.
        groups.extend(written.iter().filter(|r| r.kind == "cgroup").filter_map(|r| {
            let path = PathBuf::from(&r.name);
            let name = path.file_name()?.to_str()?.to_owned();
            self.host.cgroups.paths(&name).contains(&path).then_some(name)
        }));
        if let Some(data) = &data {
            // Afterwards nobody can tell any more.
            let reason =
                if living(data).is_some() { Some("stopped".into()) } else { self.reason(folder, data) };
            if let Some(Err(e)) = reason.map(|r| folder.write_reason(&r)) {
                tracing::warn!(path = %folder.path().display(), error = %e, "why it ended cannot be written down");
            }
        }
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
            look(|| disk::detach(&folder.image())).await.map_err(what)?;
        }
        Ok(())
    }

    /// Removes the folders of instances that are not known, and cgroups without a folder.
    pub(super) async fn sweep(&self, known: &BTreeSet<InstanceId>) -> Vec<InstanceId> {
        let mut removed = Vec::new();
        for folder in folders(&self.options.data_dir.join("instances")) {
            let name = folder.path().file_name().and_then(|n| n.to_str()).unwrap_or_default();
            let Ok(id) = name.parse::<InstanceId>() else {
                tracing::warn!(path = %folder.path().display(), "this is no instance's folder");
                continue;
            };
            if known.contains(&id) {
                continue;
            }
            let _held = self.hold(id).await;
            match self.remove(&folder, &[]).await {
                Ok(()) => removed.push(id),
                Err(e) => {
                    tracing::warn!(instance = %id, error = %e, "an instance of nobody's could not be removed");
                }
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
            if let Err(e) = self.host.cgroups.remove(&group).await {
                tracing::warn!(group, error = %e, "a cgroup of nobody's could not be removed");
            }
        }
        removed
    }
}

/// Dials, names the port and takes the answer.
pub(super) async fn connect(folder: &Folder, port: u16) -> io::Result<UnixStream> {
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
pub(super) fn living(data: &Data) -> Option<Process> {
    let sidecar = data.sidecar.filter(|_| data.is_of_this_boot())?;
    matches!(sidecar.open(), Ok(Some(_))).then_some(sidecar)
}

fn parse_process(name: &str) -> Option<Process> {
    let mut parts = name.split(':');
    let process = Process { pid: parts.next()?.parse().ok()?, start: parts.next()?.parse().ok()? };
    (parts.next()? == boot_id()).then_some(process)
}
