//! From a sandbox to an instance: the ledger first, then a slot, its limits, its configuration, its first answer.

use std::{io, sync::Arc};

use lia_protocol::{
    boot::{BootConfig, PORT_CONTROL, Separation},
    ids::InstanceId,
};
use tokio::process::Child;

use super::{
    Held, Inner, NAME,
    cgroup::{Controller, Limits},
    command, etc,
    folder::{Data, Watched},
    instance::{connect, living},
    slot::{Shape, Slot},
};
use crate::{InstanceRecord, InstanceSpec, Ledger, Resource, RuntimeError};

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
        if !spec.keep && earlier.as_ref().is_some_and(|d| living(d).is_some()) {
            let e = io::Error::new(io::ErrorKind::AlreadyExists, "it runs already");
            return Err(RuntimeError::io(format!("start {}", spec.id))(e));
        }
        if spec.keep {
            self.stop_recorded(spec.id, ledger.as_ref()).await?;
        } else if earlier.is_some() || folder.path().exists() {
            self.remove_recorded(spec.id, ledger.as_ref()).await?;
        }
        let kept = earlier.filter(|_| spec.keep);
        let shape = Shape { storage_gb: spec.config.storage_gb, read_only: spec.read_only.clone() };
        let mut claim = self.claim(&shape, kept.is_none());
        let data = match (&claim.slot, &kept) {
            (Some(slot), _) => slot.data.clone(),
            (None, Some(kept)) => Data::new(spec.id.to_string(), kept.uid),
            (None, None) => Data::new(spec.id.to_string(), self.take_uid()?),
        };
        let resources = self.resources(spec.id, &data);
        let claimed = match ledger.record(spec.id, &resources).await {
            Ok(()) => self
                .step("recorded")
                .and_then(|()| claim.move_to(&folder))
                .map_err(RuntimeError::io(format!("claim a sandbox for {}", spec.id))),
            Err(e) => Err(e),
        };
        if let Err(e) = claimed {
            // The sandbox waits on and is of no instance; a uid taken for this one is free again.
            if let (None, None, Some(uid)) = (&claim.slot, &kept, data.uid) {
                self.uids.give_back(uid);
            }
            ledger.strike(spec.id, &resources).await?;
            return Err(e);
        }
        let started =
            self.launch(&spec, claim.slot.take(), data, shape.clone(), ledger.as_ref(), &held).await;
        if started.is_ok() {
            // One that goes on with its own disk has taken none of those that wait.
            if kept.is_none() {
                self.refill(shape);
            }
            return started;
        }
        let undone = if kept.is_some() {
            self.stop_recorded(spec.id, ledger.as_ref()).await
        } else {
            self.remove_recorded(spec.id, ledger.as_ref()).await
        };
        if let Err(e) = undone {
            tracing::warn!(instance = %spec.id, error = %e, "a failed start left something, which delete removes");
        }
        started
    }

    /// Everything after the claim.
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
        let mut slot = match slot {
            Some(slot) => slot,
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
}

async fn ended(child: &mut Option<Child>) {
    if let Some(child) = child {
        let _ = child.wait().await;
    }
}

fn resource(kind: &str, name: String) -> Resource {
    Resource { kind: kind.into(), name }
}

/// `pid:start:boot`, the sidecar first.
fn processes(data: &Data) -> Vec<Resource> {
    data.processes().map(|p| resource("process", format!("{}:{}:{}", p.pid, p.start, data.boot))).collect()
}
