//! Start-up: sweeps what no one owns, adopts what lives, ends what does not. Correctness after a crash is made here,
//! not in shutdown hooks.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex},
};

use lia_gateway::Gateway;
use lia_protocol::{secret::Secret, task::TaskStatus};
use lia_runtime::Runtime;
use lia_store::{LedgerRecord, Store, TaskRecord};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Engine, EngineError, Options, Shared, owner::InstanceState, templates::Templates};
use crate::{seal::Seal, webhooks::Webhooks};

/// What start-up found and did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recovered {
    /// Instances that went on without the server and are attended to again.
    pub adopted: usize,
    /// Suspended tasks, which wait for their user.
    pub suspended: usize,
    /// Ended tasks whose removal was finished.
    pub removed: usize,
}

impl Engine {
    /// Starts the engine: sweeps, adopts, repairs. Returns when every open task has an owner again.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn start(
        options: Options,
        store: Arc<dyn Store>,
        runtime: Arc<dyn Runtime>,
        gateway: Gateway,
    ) -> Result<(Self, Recovered), EngineError> {
        let secret = server_secret(&options).await?;
        super::authorities::prepare(&options)?;
        let templates = Templates::load(&options)?;
        let seal = Seal::of(&secret)?;
        let stopping = CancellationToken::new();
        let (webhooks, telling) = Webhooks::start(
            options.webhooks.clone(),
            options.clock.clone(),
            store.clone(),
            seal.clone(),
            stopping.clone(),
        )
        .await?;
        let failpoints = super::failpoint::Failpoints::new(&options.failpoints);
        let shared = Arc::new(Shared {
            options,
            store,
            runtime,
            gateway,
            templates,
            secret,
            seal,
            stopping,
            failpoints,
            sessions: Mutex::new(HashMap::new()),
            kept: super::kept::Kept::default(),
            sandboxes: super::sandboxes::Sandboxes::default(),
            joining: tokio::sync::Mutex::default(),
            webhooks,
            follow: super::follow::Follow::default(),
            changing_templates: tokio::sync::Mutex::default(),
            auto_approve: false.into(),
            background: TaskTracker::new(),
        });
        shared.background.spawn(telling);
        shared.load_settings().await?;
        let mut found = Recovered::default();
        let unfinished = shared.store.unfinished_tasks().await?;
        let known: HashSet<_> = unfinished.iter().map(|t| t.instance).collect();
        let owned: HashSet<_> = shared.store.ledger(None).await?.into_iter().map(|r| r.instance).collect();
        for orphan in owned.difference(&known) {
            // Of a task that ended by itself (its workspace stays), or of nothing any more.
            if !shared.keeps_workspace(*orphan).await?
                && let Err(e) = shared.runtime.delete(*orphan, shared.ledger()).await
            {
                tracing::warn!(instance = %orphan, error = %e, "an orphan could not be removed");
            }
        }
        let ledger = shared.store.ledger(None).await?;
        shared.sweep(&unfinished, &ledger).await;
        shared.end_remains(&ledger).await?;
        shared.know(&unfinished).await;
        for task in unfinished {
            match task.status {
                TaskStatus::Terminated => match shared.remove_instance(&task).await {
                    Ok(()) => found.removed += 1,
                    Err(e) => {
                        tracing::warn!(task = %task.id, error = %e, "an ended task's instance could not be removed")
                    }
                },
                status => {
                    if status == TaskStatus::Suspended {
                        found.suspended += 1;
                    } else {
                        found.adopted += 1;
                    }
                    shared.attend(task).await?;
                }
            }
        }
        if !shared.options.upkeep_every.is_zero() {
            shared.background.spawn(shared.clone().keep_up());
        }
        Ok((Self { shared }, found))
    }
}

impl Shared {
    /// Removes what the runtime finds and nobody knows: neither the ledger nor an open task.
    async fn sweep(&self, unfinished: &[TaskRecord], ledger: &[LedgerRecord]) {
        let known: BTreeSet<_> =
            ledger.iter().map(|r| r.instance).chain(unfinished.iter().map(|t| t.instance)).collect();
        match self.runtime.sweep(&known).await {
            Ok(removed) => {
                for instance in removed {
                    tracing::warn!(%instance, "an instance that nothing names has been removed");
                }
            }
            Err(e) => tracing::warn!(error = %e, "instances that nothing names could not be looked for"),
        }
    }

    /// Ends processes where only files are to be kept: the server was killed while it ended them, or while the files
    /// were being read.
    async fn end_remains(&self, ledger: &[LedgerRecord]) -> Result<(), EngineError> {
        let living: BTreeSet<_> = ledger.iter().filter(|r| r.kind == "process").map(|r| r.instance).collect();
        for instance in living {
            let tasks = self.store.tasks_of_instance(instance).await?;
            let ended = |t: &TaskRecord| {
                let parked = t.status == TaskStatus::Suspended && InstanceState::of(t).parked;
                parked || t.status == TaskStatus::Terminated
            };
            if !tasks.is_empty()
                && tasks.iter().all(ended)
                && let Err(e) = self.runtime.stop(&self.remains(instance), self.ledger()).await
            {
                tracing::warn!(%instance, error = %e, "the processes of an ended task could not be ended");
            }
        }
        Ok(())
    }

    /// Whether an instance belongs to ended tasks of which one has not been deleted.
    async fn keeps_workspace(&self, instance: lia_protocol::ids::InstanceId) -> Result<bool, EngineError> {
        Ok(self.store.tasks_of_instance(instance).await?.iter().any(|t| !t.removed && !t.cleanup))
    }
}

async fn server_secret(options: &Options) -> Result<Secret, EngineError> {
    let path = options.data_dir.join("server.secret");
    let failed = |e: std::io::Error| EngineError::Unavailable(format!("{}: {e}", path.display()));
    match tokio::fs::read_to_string(&path).await {
        Ok(s) if s.trim().len() == 64 => Ok(Secret::new(s.trim())),
        Ok(_) => Err(EngineError::Unavailable(format!(
            "{} is damaged: it holds 64 hex digits; without it no instance can be adopted",
            path.display()
        ))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes)
                .map_err(|e| EngineError::Unavailable(format!("no randomness: {e}")))?;
            let secret = Secret::from_bytes(bytes);
            tokio::fs::create_dir_all(&options.data_dir).await.map_err(failed)?;
            let temp = options.data_dir.join("server.secret.new");
            let _ = tokio::fs::remove_file(&temp).await;
            let mut file = tokio::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&temp)
                .await
                .map_err(failed)?;
            tokio::io::AsyncWriteExt::write_all(&mut file, secret.expose().as_bytes())
                .await
                .map_err(failed)?;
            file.sync_all().await.map_err(failed)?;
            tokio::fs::rename(&temp, &path).await.map_err(failed)?;
            Ok(secret)
        }
        Err(e) => Err(failed(e)),
    }
}
