//! What changes in the workspace, told as it happens: hints, at most one in a while, for people who look at it.
//!
//! ```text
//!          something happened            WINDOW is over, and one may be told
//! waiting ───────────────────▶ gathering ───────────────────────────────────▶ read, told ──▶ waiting
//! ```
//!
//! The kernel's inotify wakes us; where nothing changes, nothing runs. While changes are gathered nothing is read: the
//! kernel folds what repeats, and when its queue overflows the workspace is looked through again and the hint says that
//! more may have changed. What git ignores is neither watched nor told, nor are `.git` and `node_modules`.
//!
//! A hint is in no journal. It waits, bounded, until a connection takes it, and later ones are folded into it.
//!
//! - [`changes`]: what was not told yet; [`tree`]: which folders are watched.

use std::{io, path::Path, rc::Rc, time::Duration};

use lia_protocol::{
    allowance::Allowance,
    event::{FsChanged, Progress},
    limits::{CHANGED_BURST, CHANGED_SECONDS, WATCHED_FOLDERS},
    link::SidecarLine,
};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
    time::Instant,
};

use self::{
    changes::Changes,
    tree::{Short, Tree},
};
use crate::{confine::Confined, instance::Instance, journal::Journal};

pub mod changes;
pub mod tree;

/// How long the agent's start waits until the workspace is watched.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long changes are gathered.
const WINDOW: Duration = Duration::from_millis(300);
/// Said when the kernel allows this user no more queues.
const NO_QUEUE: &str = "changes of files are not told: the host lets this user watch no more workspaces \
                        (fs.inotify.max_user_instances)";
/// The stage under which it is told that not all is watched.
const STAGE: &str = "files_unwatched";

/// Where hints wait for a connection.
#[derive(Debug, Default)]
pub struct Hints(watch::Sender<Changes>);

impl Hints {
    /// Wakes when there is one.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Changes> {
        self.0.subscribe()
    }

    /// Takes what there is to tell.
    #[must_use]
    pub fn take(&self) -> Option<FsChanged> {
        let mut taken = None;
        self.0.send_if_modified(|changes| {
            taken = changes.take();
            false
        });
        taken
    }

    fn put(&self, changes: Changes) {
        self.0.send_if_modified(|before| {
            before.then(changes);
            !before.is_empty()
        });
    }
}

/// A workspace that is watched.
pub struct Watch {
    /// Dropping it ends the watching.
    stop: oneshot::Sender<()>,
    task: JoinHandle<Option<Tree>>,
}

impl Watch {
    /// Watches the instance's workspace for one session. Comes back when all of it is watched, or that takes long: then the
    /// first hint says that more may have changed.
    pub async fn start(instance: Rc<Instance>, journal: Rc<Journal>, hints: Rc<Hints>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (ready, watched) = oneshot::channel();
        let tell = move |told| match told {
            Told::Changes(changes) => hints.put(changes),
            Told::Unwatched(message) => {
                let progress = Progress { stage: STAGE.to_owned(), message };
                journal.line(|offset| SidecarLine::Progress { offset, progress });
                // A journal that cannot be written shows at the session's own next line.
                let _ = journal.commit();
            }
        };
        let task = async move { run(&instance.workspace, ready, stopped, tell).await };
        let task = tokio::task::spawn_local(task);
        let _ = tokio::time::timeout(PATIENCE, watched).await;
        Self { stop, task }
    }

    /// Tells what is to be told yet, and ends. To close what is left takes the kernel its time; the caller says when.
    pub async fn end(self) -> Option<Tree> {
        drop(self.stop);
        self.task.await.ok().flatten()
    }
}

/// What there is to tell.
enum Told {
    /// What changed.
    Changes(Changes),
    /// Why some changes are not told.
    Unwatched(String),
}

/// Watches until it is stopped, or cannot.
async fn run(
    workspace: &Confined,
    ready: oneshot::Sender<()>,
    mut stopped: oneshot::Receiver<()>,
    mut tell: impl FnMut(Told),
) -> Option<Tree> {
    let mut tree = match Tree::new() {
        Ok(tree) => tree,
        Err(e) => {
            tell(Told::Unwatched(match e.raw_os_error() {
                Some(libc::EMFILE | libc::ENFILE) => NO_QUEUE.to_owned(),
                _ => format!("changes of files are not told: {e}"),
            }));
            return None;
        }
    };
    tree.look(workspace, Path::new(""), None).await;
    if ready.send(()).is_err() {
        let mut changes = Changes::default();
        changes.more();
        tell(Told::Changes(changes));
    }
    let mut allowance = Allowance::new(CHANGED_BURST, Duration::from_secs(CHANGED_SECONDS));
    let mut told_short = false;
    loop {
        if let Some(short) = tree.take_short()
            && !std::mem::replace(&mut told_short, true)
        {
            tell(Told::Unwatched(said(short)));
        }
        let gathered = async {
            tree.happened().await?;
            let now = Instant::now();
            let next = Instant::from_std(allowance.next(now.into_std()));
            tokio::time::sleep_until(next.max(now + WINDOW)).await;
            io::Result::Ok(())
        };
        let stopping = tokio::select! {
            biased;
            _ = &mut stopped => true,
            gathered = gathered => match gathered {
                Ok(()) => false,
                Err(e) => return broken(tell, &e),
            },
        };
        let now = Instant::now().into_std();
        if allowance.next(now) > now {
            return Some(tree);
        }
        let mut changes = Changes::default();
        if let Err(e) = tree.read(workspace, &mut changes).await {
            return broken(tell, &e);
        }
        if !changes.is_empty() && allowance.take(now) {
            tell(Told::Changes(changes));
        }
        if stopping {
            return Some(tree);
        }
    }
}

fn broken(mut tell: impl FnMut(Told), e: &io::Error) -> Option<Tree> {
    tell(Told::Unwatched(format!("changes of files are not told any more: {e}")));
    None
}

fn said(short: Short) -> String {
    match short {
        Short::Folders => {
            format!("the workspace has more than {WATCHED_FOLDERS} folders; changes in some are not told")
        }
        Short::Kernel => {
            "changes in some folders are not told: the host lets this user watch no more of them \
                          (fs.inotify.max_user_watches)"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
