//! The folders of the workspace that are watched, and what the kernel says of them.
//!
//! A watch is the kernel's on an inode; where that inode is, only we know. So a folder that leaves its place is forgotten
//! with all below it, and one that comes to a place is looked through; a folder is watched before it is read, so that
//! nothing falls between. To look through a folder again harms nothing: that is what an overflow of the kernel's queue, or
//! other patterns of git, lead to.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ffi::OsString,
    io,
    os::fd::{AsFd as _, AsRawFd, RawFd},
    path::{Path, PathBuf},
    rc::Rc,
};

use lia_protocol::limits::WATCHED_FOLDERS;
use nix::{
    errno::Errno,
    fcntl::OFlag,
    sys::inotify::{AddWatchFlags as Mask, InitFlags, Inotify, InotifyEvent, WatchDescriptor},
};
use tokio::io::unix::AsyncFd;

use super::changes::{Change, Changes};
use crate::{confine::Confined, ignores::Ignores};

/// Names of one folder that are read.
const NAMES: usize = 200_000;
/// New files of one folder whose names are kept; there are more than one event may list.
const NEW_NAMES: usize = 1_000;
/// Names that are read before others have their turn.
const AT_ONCE: usize = 1_000;
/// Folders whose own patterns are heeded, of those that are watched.
const PATTERNS: usize = 256;
/// How often the kernel's queue is read before what was read is told: more than it holds.
const READS: usize = 1_024;
/// A folder that is never looked into, ignored or not: it holds other people's files, and very many of them.
const DEPENDENCIES: &str = "node_modules";

/// Why something is not watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Short {
    /// There are more folders than are watched.
    Folders,
    /// The kernel allows this user no more.
    Kernel,
}

/// [`Inotify`] as tokio wants it.
struct Queue(Inotify);

impl AsRawFd for Queue {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

/// A watched folder.
struct Folder {
    wd: WatchDescriptor,
    ignores: Rc<Ignores>,
    /// Whether it has patterns of its own.
    own: bool,
    /// The look-through that saw it last.
    seen: u64,
}

/// All of them.
pub struct Tree {
    queue: AsyncFd<Queue>,
    folders: BTreeMap<PathBuf, Folder>,
    paths: HashMap<WatchDescriptor, PathBuf>,
    /// Whether there is more in the queue than was read.
    unread: bool,
    /// Folders with patterns of their own.
    with_patterns: usize,
    looks: u64,
    most: usize,
    short: Option<Short>,
}

/// What the kernel's words lead to, once all of them are read.
#[derive(Default)]
struct Todo {
    /// Folders that came.
    came: BTreeSet<PathBuf>,
    /// Folders in which other patterns may hold now.
    patterns: BTreeSet<PathBuf>,
}

impl Tree {
    /// Nothing watched yet.
    ///
    /// # Errors
    /// When the kernel allows this user no more of them.
    pub fn new() -> io::Result<Self> {
        let queue = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        // SAFETY: the descriptor is open, and the queue's alone for as long as it lives.
        let queue = unsafe { AsyncFd::register(Queue(queue)) }.map_err(io::Error::from)?;
        Ok(Self {
            queue,
            folders: BTreeMap::new(),
            paths: HashMap::new(),
            unread: false,
            with_patterns: 0,
            looks: 0,
            most: WATCHED_FOLDERS,
            short: None,
        })
    }

    /// Another bound.
    #[cfg(test)]
    pub fn watch_at_most(&mut self, most: usize) {
        self.most = most;
    }

    /// What is not watched, told once.
    pub fn take_short(&mut self) -> Option<Short> {
        self.short.take()
    }

    /// Waits until something happened.
    ///
    /// # Errors
    /// When the queue is broken.
    pub async fn happened(&self) -> io::Result<()> {
        if !self.unread {
            // All that makes it ready is read from here on, and what comes meanwhile wakes again.
            self.queue.readable().await?.clear_ready();
        }
        Ok(())
    }

    /// Watches a folder and all below it. What is in it is new when `news` says so.
    pub async fn look(&mut self, workspace: &Confined, top: &Path, mut news: Option<&mut Changes>) {
        self.looks += 1;
        let parent = top.parent().and_then(|parent| self.folders.get(parent));
        let above = parent.map(|parent| Rc::clone(&parent.ignores));
        let mut folders = vec![(top.to_owned(), above)];
        while let Some((path, above)) = folders.pop() {
            let Some((dir, wd)) = self.watch(workspace, &path) else { continue };
            let found = Found::read(dir, news.is_some()).await;
            let own = (found.has_git || found.has_patterns) && self.has_room_for_patterns(&path);
            let ignores = match above {
                Some(above) if !own => above,
                Some(above) if !found.has_git => Rc::new(above.below(workspace, &path)),
                Some(_) | None => Rc::new(Ignores::of(workspace, &path)),
            };
            if let Some(changes) = news.as_deref_mut() {
                let new = found.folders.iter().map(|name| (name, true));
                for (name, is_dir) in new.chain(found.files.iter().map(|name| (name, false))) {
                    let path = path.join(name);
                    if !ignores.ignores(&path, is_dir) {
                        changes.note(&path, Change::Added);
                    }
                }
                if found.more {
                    changes.more();
                }
            }
            let below = found.folders.into_iter().filter(|name| name != DEPENDENCIES);
            let below = below.map(|name| path.join(name)).filter(|path| !ignores.ignores(path, true));
            folders.extend(below.map(|path| (path, Some(Rc::clone(&ignores)))));
            self.put(path, Folder { wd, ignores, own, seen: self.looks });
        }
        let gone = self.below(top).filter(|(_, f)| f.seen != self.looks).map(|(path, _)| path.clone());
        for path in gone.collect::<Vec<_>>() {
            self.forget(&path);
        }
    }

    /// Watches one folder.
    fn watch(&mut self, workspace: &Confined, path: &Path) -> Option<(std::fs::ReadDir, WatchDescriptor)> {
        if self.folders.len() >= self.most && !self.folders.contains_key(path) {
            self.short = Some(Short::Folders);
            return None;
        }
        let fd = workspace.open(path, OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW).ok()?;
        // The descriptor stays where it was opened, whatever happens to the path meanwhile.
        let place = format!("/proc/self/fd/{}", fd.as_raw_fd());
        let wd = match self.queue.get_ref().0.add_watch(place.as_str(), wanted()) {
            Ok(wd) => wd,
            Err(Errno::ENOSPC | Errno::ENOMEM) => {
                self.short = Some(Short::Kernel);
                return None;
            }
            Err(_) => return None,
        };
        if let Some(before) = self.paths.insert(wd, path.to_owned())
            && before != path
            && self.folders.get(&before).is_some_and(|f| f.wd == wd)
        {
            self.remove(&before);
        }
        if let Some(before) = self.folders.get(path).map(|f| f.wd).filter(|before| *before != wd) {
            self.unwatch(before);
        }
        Some((std::fs::read_dir(place).ok()?, wd))
    }

    /// Whether a folder's own patterns are heeded.
    fn has_room_for_patterns(&self, path: &Path) -> bool {
        self.with_patterns < PATTERNS || self.folders.get(path).is_some_and(|f| f.own)
    }

    fn put(&mut self, path: PathBuf, folder: Folder) {
        self.with_patterns += usize::from(folder.own);
        let before = self.folders.insert(path, folder);
        self.with_patterns -= before.map_or(0, |f| usize::from(f.own));
    }

    fn remove(&mut self, path: &Path) -> Option<Folder> {
        let folder = self.folders.remove(path)?;
        self.with_patterns -= usize::from(folder.own);
        Some(folder)
    }

    fn unwatch(&mut self, wd: WatchDescriptor) {
        self.paths.remove(&wd);
        // It is gone by itself when its folder is.
        let _ = self.queue.get_ref().0.rm_watch(wd);
    }

    fn forget(&mut self, path: &Path) {
        if let Some(folder) = self.remove(path) {
            self.unwatch(folder.wd);
        }
    }

    fn below(&self, top: &Path) -> impl Iterator<Item = (&PathBuf, &Folder)> {
        self.folders.range(top.to_owned()..).take_while(move |(path, _)| path.starts_with(top))
    }

    /// A folder left its place, with all below it.
    fn left(&mut self, top: &Path) {
        let all: Vec<_> = self.below(top).map(|(path, _)| path.clone()).collect();
        all.iter().for_each(|path| self.forget(path));
    }

    /// Reads what happened.
    ///
    /// # Errors
    /// When the queue is broken.
    pub async fn read(&mut self, workspace: &Confined, changes: &mut Changes) -> io::Result<()> {
        let mut todo = Todo::default();
        self.unread = true;
        for _ in 0..READS {
            let read = match self.queue.get_ref().0.read_events() {
                Ok(events) => events,
                Err(Errno::EAGAIN) => {
                    self.unread = false;
                    break;
                }
                Err(e) => return Err(e.into()),
            };
            for event in read {
                self.take(event, changes, &mut todo);
            }
            tokio::task::yield_now().await;
        }
        if self.unread {
            // Somebody is quicker than we are.
            changes.more();
        }
        for top in tops(todo.patterns) {
            self.look(workspace, &top, None).await;
        }
        for top in tops(todo.came) {
            if top.parent().is_none_or(|parent| self.folders.contains_key(parent)) {
                self.look(workspace, &top, Some(changes)).await;
            }
        }
        Ok(())
    }

    fn take(&mut self, event: InotifyEvent, changes: &mut Changes, todo: &mut Todo) {
        if event.mask.contains(Mask::IN_Q_OVERFLOW) {
            changes.more();
            todo.patterns.insert(PathBuf::new());
            return;
        }
        let Some(at) = self.paths.get(&event.wd) else { return };
        if event.mask.contains(Mask::IN_IGNORED) {
            // Its folder is gone.
            let at = at.clone();
            self.paths.remove(&event.wd);
            if self.folders.get(&at).is_some_and(|f| f.wd == event.wd) {
                self.remove(&at);
            }
            return;
        }
        let (Some(name), Some(folder)) = (event.name, self.folders.get(at)) else { return };
        let moves = event.mask.intersects(Mask::IN_CREATE | Mask::IN_DELETE | Mask::IN_MOVE);
        if name == ".gitignore" || (name == ".git" && moves) {
            todo.patterns.insert(at.clone());
        }
        let (path, is_dir) = (at.join(&name), event.mask.contains(Mask::IN_ISDIR));
        let ignored = folder.ignores.ignores(&path, is_dir);
        let comes = event.mask.intersects(Mask::IN_CREATE | Mask::IN_MOVED_TO);
        let goes = event.mask.intersects(Mask::IN_DELETE | Mask::IN_MOVED_FROM);
        if is_dir && goes {
            self.left(&path);
        }
        if ignored {
            return;
        }
        if is_dir && comes && name != DEPENDENCIES {
            todo.came.insert(path.clone());
        }
        let change = match (comes, goes) {
            (true, _) => Change::Added,
            (_, true) => Change::Deleted,
            (false, false) => Change::Modified,
        };
        changes.note(&path, change);
    }
}

/// Those that lie in none of the others.
fn tops(all: BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let mut tops: Vec<PathBuf> = Vec::new();
    // A folder comes right before what is in it.
    for path in all {
        if !tops.last().is_some_and(|top| path.starts_with(top)) {
            tops.push(path);
        }
    }
    tops
}

/// What is asked of the kernel.
fn wanted() -> Mask {
    // Of a file that has no name any more nothing is told.
    let named = Mask::from_bits_retain(libc::IN_EXCL_UNLINK);
    let content = Mask::IN_MODIFY | Mask::IN_CLOSE_WRITE;
    content | Mask::IN_CREATE | Mask::IN_DELETE | Mask::IN_MOVE | Mask::IN_ONLYDIR | named
}

/// What is in a folder.
#[derive(Default)]
struct Found {
    folders: Vec<OsString>,
    /// Those that are no folders, if they are wanted.
    files: Vec<OsString>,
    has_git: bool,
    has_patterns: bool,
    /// Whether there is more than was kept.
    more: bool,
}

impl Found {
    async fn read(dir: std::fs::ReadDir, files: bool) -> Self {
        let mut found = Self::default();
        for (n, entry) in dir.enumerate() {
            if n == NAMES {
                found.more = true;
                break;
            }
            if n % AT_ONCE == AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
            let Ok(entry) = entry else { continue };
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name();
            found.has_git |= name == ".git";
            found.has_patterns |= name == ".gitignore";
            if kind.is_dir() {
                found.folders.push(name);
            } else if files && found.files.len() < NEW_NAMES {
                found.files.push(name);
            } else {
                found.more |= files;
            }
        }
        tokio::task::yield_now().await;
        found
    }
}
