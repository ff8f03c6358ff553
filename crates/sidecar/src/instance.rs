//! What all parts of the sidecar share: the configuration, the jail, the sessions, the way out.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

use lia_protocol::{
    boot::{BootConfig, Separation},
    ids::SessionId,
};

use crate::{
    confine::Confined,
    failpoint::Failpoints,
    journal::{Journal, Quota},
    process::{Jail, SpawnError},
    session::{self, Handle},
};

/// Sessions of one instance.
const MAX_SESSIONS: usize = 64;
/// How long the end of the sidecar waits at each step of an agent's end.
const LAST_GRACE: Duration = Duration::from_secs(1);
/// How long it waits altogether, for the agents' ends and for the control plane to acknowledge what they said.
const LAST_WAIT: Duration = Duration::from_secs(8);

/// What keeps the instance from being served.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// The journals' folder.
    #[error("the folder of the journals, {0}, cannot be used: {1}")]
    State(String, io::Error),
    /// The workspace or the home.
    #[error("{0} cannot be opened: {1}")]
    Folder(String, io::Error),
    /// The jail.
    #[error(transparent)]
    Jail(#[from] SpawnError),
}

/// Why a connection gets no session.
#[derive(Debug, thiserror::Error)]
pub enum NoSession {
    /// More than the instance serves.
    #[error("this instance has {MAX_SESSIONS} sessions already")]
    TooMany,
    /// The journal.
    #[error("the session's journal cannot be made: {0}")]
    Journal(#[from] io::Error),
}

/// One instance.
pub struct Instance {
    /// What the runtime handed over.
    pub config: BootConfig,
    /// Steps at which a test kills this process.
    pub failpoints: Rc<Failpoints>,
    /// How programs are set apart.
    pub jail: Jail,
    /// The workspace.
    pub workspace: Confined,
    /// The agent's home.
    pub home: Confined,
    /// The bound of all journals.
    pub quota: Rc<Quota>,
    /// Held by the set-up script that runs.
    pub setting_up: tokio::sync::Mutex<()>,
    sessions: RefCell<BTreeMap<SessionId, Rc<Handle>>>,
}

impl Instance {
    /// Opens what the configuration names. Journals of an earlier life are removed: their offsets mean nothing now.
    ///
    /// # Errors
    /// [`InstanceError`].
    pub fn new(config: BootConfig) -> Result<Rc<Self>, InstanceError> {
        let state = Path::new(&config.state_dir);
        clear(state).map_err(|e| InstanceError::State(config.state_dir.clone(), e))?;
        let owner = owner(&config);
        let folder = |path: &str| {
            Confined::open_root(path, owner).map_err(|e| InstanceError::Folder(path.to_owned(), e))
        };
        Ok(Rc::new(Self {
            failpoints: Rc::new(Failpoints::new(&config.failpoints)),
            jail: Jail::new(&config)?,
            workspace: folder(&config.workspace)?,
            home: folder(&config.home)?,
            quota: Quota::new(config.journal_bytes.max(1)),
            setting_up: tokio::sync::Mutex::default(),
            sessions: RefCell::default(),
            config,
        }))
    }

    /// Whom the agent's files belong to, when that is not ourselves.
    #[must_use]
    pub fn owner(&self) -> Option<u32> {
        owner(&self.config)
    }

    /// The session of this name; made when it is new.
    ///
    /// # Errors
    /// [`NoSession`].
    pub fn session(self: &Rc<Self>, id: SessionId) -> Result<Rc<Handle>, NoSession> {
        let mut sessions = self.sessions.borrow_mut();
        if let Some(handle) = sessions.get(&id) {
            return Ok(Rc::clone(handle));
        }
        if sessions.len() >= MAX_SESSIONS {
            return Err(NoSession::TooMany);
        }
        let dir: PathBuf = [&self.config.state_dir, &id.to_string()].iter().collect();
        let journal = Journal::create(dir, Rc::clone(&self.quota), Rc::clone(&self.failpoints))?;
        let handle = session::start(Rc::clone(self), Rc::new(journal));
        sessions.insert(id, Rc::clone(&handle));
        Ok(handle)
    }

    /// The session of this name, when there is one.
    #[must_use]
    pub fn find(&self, id: SessionId) -> Option<Rc<Handle>> {
        self.sessions.borrow().get(&id).cloned()
    }

    /// Ends what a session runs, now, and forgets it with its journal.
    ///
    /// # Errors
    /// When its agent does not end in time: then it stays.
    pub async fn forget(&self, id: SessionId) -> io::Result<()> {
        let Some(session) = self.find(id) else { return Ok(()) };
        // Whoever serves it is let go; nobody will read what it still says, and it must not wait for room.
        session.link.send_modify(|l| l.holder += 1);
        let ended = async {
            session.stop(Duration::ZERO).await;
            let mut said = session.journal.watch();
            loop {
                session.journal.ack(session.journal.end())?;
                tokio::select! {
                    () = session.ended() => return session.journal.remove(),
                    _ = said.changed() => {}
                }
            }
        };
        tokio::time::timeout(LAST_WAIT, ended).await??;
        self.sessions.borrow_mut().remove(&id);
        Ok(())
    }

    /// The sessions that there are.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionId> {
        self.sessions.borrow().keys().copied().collect()
    }

    /// The environment that every program starts from, with more on top.
    #[must_use]
    pub fn env(&self, more: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
        let mut env = self.config.env.clone();
        env.extend(more);
        env
    }

    /// Ends all agents and waits, within bounds, until the control plane has what they said.
    pub async fn end(&self) {
        let sessions: Vec<_> = self.sessions.borrow().values().cloned().collect();
        let _ = tokio::time::timeout(LAST_WAIT, async {
            for s in &sessions {
                s.stop(LAST_GRACE).await;
            }
            for s in &sessions {
                s.ended().await;
                s.acknowledged().await;
            }
        })
        .await;
    }
}

fn owner(config: &BootConfig) -> Option<u32> {
    (config.separation == Separation::Uid).then_some(config.agent_uid)
}

/// Makes the folder, or empties it.
fn clear(state: &Path) -> io::Result<()> {
    std::fs::create_dir_all(state)?;
    for entry in std::fs::read_dir(state)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
