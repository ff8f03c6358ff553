//! Named instances of runtimes, as seed 003 has them: the sessions that go by a name, which are stopped, paused, resumed and
//! removed together. Those that were started with that name share a sandbox ([`super::sandboxes`]); one that named none
//! has its own, and goes by its runtime's name. Names are each user's own.

use lia_gateway::Policy;
use lia_protocol::{
    error::Issue,
    event::Actor,
    ids::{InstanceId, TaskId, UserId},
    sessions::{InstanceStatus, RuntimeInfo, RuntimeInstance},
    task::TaskStatus,
};
use lia_store::{NamedInstance, NamedStatus, Op, TaskFilter, TaskOrder, TaskRecord, Txn};

use super::{Engine, EngineError, sandboxes};

/// Sessions of one user that are looked at.
const SESSIONS: u32 = 100_000;
/// States of sessions that have not ended.
pub(super) const OPEN: [TaskStatus; 4] =
    [TaskStatus::Pending, TaskStatus::Starting, TaskStatus::Running, TaskStatus::Suspended];

/// States of those that are awake, or will be.
const AWAKE: [TaskStatus; 3] = [TaskStatus::Pending, TaskStatus::Starting, TaskStatus::Running];

/// An instance's status: what its sessions do goes before what was written down.
#[must_use]
pub fn status(kept: NamedStatus, sessions: impl Iterator<Item = TaskStatus>) -> InstanceStatus {
    let (mut some, mut awake) = (false, false);
    for s in sessions.filter(|s| OPEN.contains(s)) {
        some = true;
        awake |= s != TaskStatus::Suspended;
    }
    match (some, awake, kept) {
        (true, true, _) | (false, _, NamedStatus::Running) => InstanceStatus::Running,
        (true, false, _) | (false, _, NamedStatus::Paused) => InstanceStatus::Paused,
        (false, _, NamedStatus::Stopped) => InstanceStatus::Stopped,
    }
}

fn none(name: &str) -> EngineError {
    let name: String = name.chars().take(80).collect();
    EngineError::NotFound(format!("runtime instance \"{name}\""))
}

impl Engine {
    /// A user's sessions in some states (none: all), of one instance or of all.
    pub(super) async fn of_user(
        &self,
        user: &UserId,
        name: Option<&str>,
        states: &[TaskStatus],
    ) -> Result<Vec<TaskRecord>, EngineError> {
        let filter = TaskFilter {
            user: Some(user.clone()),
            instance_name: name.map(str::to_owned),
            status: states.to_vec(),
            order: TaskOrder::Newest,
            ..TaskFilter::default()
        };
        Ok(self.shared.store.tasks(&filter, 1, SESSIONS).await?.0)
    }

    async fn find(&self, user: &UserId, name: &str) -> Result<Option<NamedInstance>, EngineError> {
        Ok(self.shared.store.instances(Some(user)).await?.into_iter().find(|i| i.name == name))
    }

    /// An instance that is there, and its status as answers show it.
    pub(super) async fn named(
        &self,
        user: &UserId,
        name: &str,
    ) -> Result<(NamedInstance, InstanceStatus), EngineError> {
        let kept = self.find(user, name).await?.ok_or_else(|| none(name))?;
        let status = self.status_of(&kept).await?;
        Ok((kept, status))
    }

    async fn status_of(&self, kept: &NamedInstance) -> Result<InstanceStatus, EngineError> {
        let sessions = self.of_user(&kept.user, Some(&kept.name), &OPEN).await?;
        Ok(status(kept.status, sessions.iter().map(|s| s.status)))
    }

    /// Writes down what an instance does, if it is there (still).
    async fn keep_status(&self, user: &UserId, name: &str, status: NamedStatus) -> Result<(), EngineError> {
        let _joining = self.shared.joining.lock().await;
        if let Some(instance) = self.find(user, name).await? {
            let op = Op::PutInstance(NamedInstance { status, ..instance });
            self.shared.store.commit(Txn::power(vec![op])).await?;
        }
        Ok(())
    }

    /// All runtimes, with the user's instances, the oldest first. `base` is where the asker reaches the server by
    /// WebSocket.
    ///
    /// # Errors
    /// Store errors.
    pub async fn named_instances(&self, user: &UserId, base: &str) -> Result<Vec<RuntimeInfo>, EngineError> {
        let runtime = self.shared.runtime.name();
        let kept = self.shared.store.instances(Some(user)).await?;
        let sessions = self.of_user(user, None, &OPEN).await?;
        let instances = kept.iter().map(|i| {
            let of = sessions.iter().filter(|s| s.instance_name.as_deref() == Some(&i.name));
            show(i, status(i.status, of.map(|s| s.status)), base)
        });
        Ok(vec![RuntimeInfo {
            type_name: runtime.to_owned(),
            only_one: self.shared.options.only_one,
            instances: instances.collect(),
        }])
    }

    /// Whether sessions of an instance share a sandbox: those that name it do, and all where a runtime has but one.
    fn shared(&self, named: bool) -> bool {
        named || self.shared.options.only_one
    }

    /// Where a runtime has one instance alone, every other name is wrong.
    fn allowed(&self, name: &str, path: &str) -> Result<(), EngineError> {
        let runtime = self.shared.runtime.name();
        if !self.shared.options.only_one || name == runtime {
            return Ok(());
        }
        let message = format!("the runtime {runtime} has a single instance, {runtime} (runtime.only_one)");
        Err(EngineError::Invalid(vec![Issue { path: path.into(), message }]))
    }

    /// The instance that a session asks for: its name, the op that makes it run, and the sandbox that the session enters.
    /// The caller holds [`super::Shared::joining`] until that is committed.
    pub(super) async fn join_instance(
        &self,
        user: &UserId,
        name: Option<String>,
        policy: &Policy,
    ) -> Result<(String, Op, Option<InstanceId>), EngineError> {
        let shared = self.shared(name.is_some());
        let name = name.unwrap_or_else(|| self.shared.runtime.name().to_owned());
        self.allowed(&name, "runtimeInstance")?;
        let mut instance = self.use_instance(user, &name).await?;
        if !shared {
            return Ok((name, Op::PutInstance(instance), None));
        }
        let there = match instance.sandbox {
            Some(sandbox) => self.shared.open_policy(sandbox).await?.map(|given| (sandbox, given)),
            None => None,
        };
        let sandbox = match (there, instance.sandbox) {
            (Some((sandbox, given)), _) => {
                let more = sandboxes::beyond(policy, &given);
                if !more.is_empty() {
                    return Err(EngineError::InvalidState(format!(
                        "the sandbox of the runtime instance {name} was not opened for {}; start the session in another instance, \
                         or end the sessions of this one first",
                        more.join(", ")
                    )));
                }
                let inside = self.of_user(user, Some(&name), &OPEN).await?;
                if inside.iter().filter(|t| t.instance == sandbox).count() >= sandboxes::SHARING {
                    return Err(EngineError::InvalidState(format!(
                        "the runtime instance {name} has {} sessions; more do not fit",
                        sandboxes::SHARING
                    )));
                }
                sandbox
            }
            // Nobody is in it: its files are there, if the runtime can go on with them.
            (None, Some(sandbox)) if self.shared.runtime.keeps() => sandbox,
            (None, _) => InstanceId::new(),
        };
        instance.sandbox = Some(sandbox);
        Ok((name, Op::PutInstance(instance), Some(sandbox)))
    }

    /// A named instance as it stands once a session runs in it.
    async fn use_instance(&self, user: &UserId, name: &str) -> Result<NamedInstance, EngineError> {
        Ok(match self.find(user, name).await? {
            Some(i) if self.status_of(&i).await? == InstanceStatus::Paused => {
                return Err(EngineError::InvalidState(format!(
                    "the runtime instance {name} is paused; resume it first"
                )));
            }
            Some(i) => NamedInstance { status: NamedStatus::Running, ..i },
            None => NamedInstance {
                user: user.clone(),
                name: name.to_owned(),
                runtime: self.shared.runtime.name().to_owned(),
                status: NamedStatus::Running,
                sandbox: None,
                created_at: self.shared.options.clock.now(),
            },
        })
    }

    /// Makes a named instance, or lets one that is stopped or paused run again.
    ///
    /// # Errors
    /// `Invalid` for a runtime that is not there, with those that are; runtime and store errors.
    pub async fn start_instance(
        &self,
        runtime: &str,
        name: Option<String>,
        by: &UserId,
        base: &str,
    ) -> Result<RuntimeInstance, EngineError> {
        let there = self.shared.runtime.name();
        if runtime != there {
            let runtime: String = runtime.chars().take(80).collect();
            return Err(EngineError::Invalid(vec![Issue {
                path: "typeName".into(),
                message: format!("Unknown runtime type \"{runtime}\"; available are {there}"),
            }]));
        }
        let name = name.unwrap_or_else(|| there.to_owned());
        self.allowed(&name, "name")?;
        match self.named(by, &name).await {
            Ok((_, InstanceStatus::Paused)) => self.resume_instance(&name, by).await?,
            Ok(_) | Err(EngineError::NotFound(_)) => {
                let _joining = self.shared.joining.lock().await;
                let op = Op::PutInstance(self.use_instance(by, &name).await?);
                self.shared.store.commit(Txn::power(vec![op])).await?;
            }
            Err(e) => return Err(e),
        }
        let (instance, status) = self.named(by, &name).await?;
        Ok(show(&instance, status, base))
    }

    /// Ends an instance's sessions; their files stay.
    ///
    /// # Errors
    /// `NotFound`, runtime and store errors.
    pub async fn stop_instance(&self, name: &str, by: &UserId) -> Result<(), EngineError> {
        self.find(by, name).await?.ok_or_else(|| none(name))?;
        self.keep_status(by, name, NamedStatus::Stopped).await?;
        for t in self.of_user(by, Some(name), &OPEN).await? {
            ended_already(self.end(t.id, Actor::User(by.clone())).await)?;
        }
        Ok(())
    }

    /// The sandbox of a session of a named instance is gone: without another session the instance does not run any more.
    pub(super) async fn instance_lost(
        &self,
        user: &UserId,
        name: &str,
        session: TaskId,
    ) -> Result<(), EngineError> {
        let _joining = self.shared.joining.lock().await;
        let alone = self.of_user(user, Some(name), &OPEN).await?.iter().all(|t| t.id == session);
        if let Some(instance) = self.find(user, name).await?.filter(|_| alone) {
            let op = Op::PutInstance(NamedInstance { status: NamedStatus::Stopped, ..instance });
            self.shared.store.commit(Txn::power(vec![op])).await?;
        }
        Ok(())
    }

    /// Suspends an instance's sessions.
    ///
    /// # Errors
    /// `NotFound`, `InvalidState` (stopped; a session is being started), runtime and store errors.
    pub async fn pause_instance(&self, name: &str, by: &UserId) -> Result<(), EngineError> {
        let (_, status) = self.named(by, name).await?;
        if status == InstanceStatus::Stopped {
            return Err(EngineError::InvalidState(format!("the runtime instance {name} is stopped")));
        }
        for t in self.of_user(by, Some(name), &AWAKE).await? {
            ended_already(self.ready(t.id).await.map(drop))?;
            ended_already(self.suspend(t.id, Actor::User(by.clone())).await.map(drop))?;
        }
        self.keep_status(by, name, NamedStatus::Paused).await
    }

    /// Resumes an instance's sessions.
    ///
    /// # Errors
    /// `NotFound`, `InvalidState` (stopped), runtime and store errors.
    pub async fn resume_instance(&self, name: &str, by: &UserId) -> Result<(), EngineError> {
        let (_, status) = self.named(by, name).await?;
        if status == InstanceStatus::Stopped {
            return Err(EngineError::InvalidState(format!(
                "the runtime instance {name} is stopped; start it"
            )));
        }
        self.keep_status(by, name, NamedStatus::Running).await?;
        for t in self.of_user(by, Some(name), &[TaskStatus::Suspended]).await? {
            ended_already(self.resume(t.id, Actor::User(by.clone())).await.map(drop))?;
        }
        Ok(())
    }

    /// Ends an instance's sessions and removes their files; records and logs stay.
    ///
    /// # Errors
    /// `NotFound`, runtime and store errors.
    pub async fn remove_instance(&self, name: &str, by: &UserId) -> Result<(), EngineError> {
        let instance = self.find(by, name).await?.ok_or_else(|| none(name))?;
        loop {
            for t in self.of_user(by, Some(name), &[]).await?.iter().filter(|t| !t.removed) {
                self.terminate(t.id, Actor::User(by.clone())).await?;
            }
            // Another may have come meanwhile.
            let _joining = self.shared.joining.lock().await;
            if self.of_user(by, Some(name), &OPEN).await?.is_empty() {
                let op = Op::RemoveInstance { user: instance.user, name: instance.name };
                self.shared.store.commit(Txn::power(vec![op])).await?;
                return Ok(());
            }
        }
    }
}

/// A session that changed its state by itself meanwhile is no failure of what is done to all of them.
fn ended_already(done: Result<(), EngineError>) -> Result<(), EngineError> {
    match done {
        Err(EngineError::InvalidState(_) | EngineError::Start(_)) => Ok(()),
        other => other,
    }
}

fn show(i: &NamedInstance, status: InstanceStatus, base: &str) -> RuntimeInstance {
    RuntimeInstance {
        name: i.name.clone(),
        type_name: i.runtime.clone(),
        status,
        websocket_url: (status == InstanceStatus::Running).then(|| format!("{base}/ws")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sessions_do_heals_what_was_written_down() {
        use InstanceStatus as I;
        use NamedStatus as N;
        use TaskStatus as T;
        for (kept, sessions, wanted) in [
            (N::Running, vec![], I::Running),
            (N::Stopped, vec![T::Terminated], I::Stopped),
            (N::Stopped, vec![T::Running], I::Running),
            (N::Paused, vec![T::Suspended, T::Terminated], I::Paused),
            (N::Paused, vec![T::Suspended, T::Running], I::Running),
            (N::Running, vec![T::Suspended], I::Paused),
            (N::Paused, vec![], I::Paused),
            (N::Running, vec![T::Starting, T::Suspended], I::Running),
        ] {
            assert_eq!(status(kept, sessions.iter().copied()), wanted, "{kept:?} {sessions:?}");
        }
    }
}
