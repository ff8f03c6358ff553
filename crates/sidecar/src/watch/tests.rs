//! What is told of changes that a test makes. The kernel puts them into its queue before the call that makes them returns,
//! so nothing here waits for time; where time matters it is the test's own.

use std::{cell::RefCell, fs, os::unix::fs::symlink, path::PathBuf, rc::Rc};

use lia_protocol::wire::tag::True;
use tempfile::TempDir;
use tokio::task::LocalSet;

use super::{changes::Changes, *};

struct Watched {
    dir: TempDir,
    workspace: Confined,
    tree: Tree,
}

impl Watched {
    /// A workspace with some files, watched.
    async fn new(files: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("w");
        fs::create_dir(&root).unwrap();
        let workspace = Confined::open_root(&root, None).unwrap();
        let mut watched = Self { dir, workspace, tree: Tree::new().unwrap() };
        files.iter().for_each(|f| watched.write(f));
        watched.tree.look(&watched.workspace, Path::new(""), None).await;
        watched
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join("w").join(path)
    }

    fn write(&self, path: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }

    fn gitignore(&self, path: &str, text: &str) {
        fs::write(self.at(path), text).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.at(from), self.at(to)).unwrap();
    }

    async fn told(&mut self) -> FsChanged {
        let mut changes = Changes::default();
        self.tree.read(&self.workspace, &mut changes).await.unwrap();
        changes.take().unwrap_or_default()
    }
}

/// Added, modified, deleted.
fn told(added: &[&str], modified: &[&str], deleted: &[&str]) -> FsChanged {
    let all = |list: &[&str]| list.iter().map(|&s| s.to_owned()).collect();
    FsChanged { paths: all(modified), added: all(added), deleted: all(deleted), truncated: None }
}

#[tokio::test]
async fn files_come_change_and_go() {
    let mut w = Watched::new(&["a", "sub/b", "sub/c"]).await;
    assert_eq!(w.told().await, told(&[], &[], &[]), "nothing happened");
    w.write("a");
    w.write("new");
    fs::remove_file(w.at("sub/b")).unwrap();
    w.rename("sub/c", "sub/d");
    symlink("a", w.at("link")).unwrap();
    assert_eq!(w.told().await, told(&["link", "new", "sub/d"], &["a"], &["sub/b", "sub/c"]));
    // Written anew beside and put in its place, as editors do; and what came and went is nothing.
    w.write(".new.tmp");
    w.rename(".new.tmp", "new");
    assert_eq!(w.told().await, told(&["new"], &[], &[]));
    w.write("brief");
    fs::remove_file(w.at("brief")).unwrap();
    assert_eq!(w.told().await, told(&[], &[], &[]));
    // A file that is read is not told.
    fs::read(w.at("a")).unwrap();
    fs::read_dir(w.at("sub")).unwrap().for_each(drop);
    assert_eq!(w.told().await, told(&[], &[], &[]));
}

#[tokio::test]
async fn folders_are_followed_wherever_they_go() {
    let mut w = Watched::new(&["one/deep/a", "two/b"]).await;
    // A new one with what is in it, and then what happens in it.
    w.write("new/x/y");
    assert_eq!(w.told().await, told(&["new", "new/x", "new/x/y"], &[], &[]));
    w.write("new/x/y");
    assert_eq!(w.told().await, told(&[], &["new/x/y"], &[]));
    // One that moves is told under its new name, and never under the old one.
    w.rename("one", "two/one");
    assert_eq!(w.told().await, told(&["two/one", "two/one/deep", "two/one/deep/a"], &[], &["one"]));
    w.write("two/one/deep/a");
    assert_eq!(w.told().await, told(&[], &["two/one/deep/a"], &[]));
    // Twice before anybody looked, and with another one in its old place.
    w.rename("two", "three");
    w.rename("three", "four");
    w.write("two/c");
    let seen = w.told().await;
    assert_eq!((&*seen.deleted, seen.truncated), (&[][..], None));
    for path in ["four", "four/b", "four/one/deep/a"] {
        assert!(seen.added.iter().any(|p| p == path), "{path} {seen:?}");
    }
    w.write("four/one/deep/a");
    w.write("two/c");
    assert_eq!(w.told().await, told(&[], &["four/one/deep/a", "two/c"], &[]));
    // Removed, and made again.
    fs::remove_dir_all(w.at("four")).unwrap();
    let gone = w.told().await;
    assert!(gone.deleted.contains(&"four".to_owned()) && gone.added.is_empty(), "{gone:?}");
    w.write("four/one/again");
    assert_eq!(w.told().await, told(&["four", "four/one", "four/one/again"], &[], &[]));
    w.write("four/one/again");
    assert_eq!(w.told().await, told(&[], &["four/one/again"], &[]));
    // One that leaves the workspace is gone, and what happens in it is nobody's.
    fs::rename(w.at("four"), w.dir.path().join("out")).unwrap();
    assert_eq!(w.told().await, told(&[], &[], &["four"]));
    fs::write(w.dir.path().join("out/one/again"), "y").unwrap();
    assert_eq!(w.told().await, told(&[], &[], &[]));
}

#[tokio::test]
async fn nothing_outside_is_watched() {
    let mut w = Watched::new(&["a"]).await;
    let out = w.dir.path().join("out");
    fs::create_dir(&out).unwrap();
    symlink(&out, w.at("link")).unwrap();
    assert_eq!(w.told().await, told(&["link"], &[], &[]));
    fs::write(out.join("secret"), "x").unwrap();
    assert_eq!(w.told().await, told(&[], &[], &[]));
    fs::write(w.at("link/../w/a"), "y").unwrap();
    assert_eq!(w.told().await, told(&[], &["a"], &[]), "this is how a change inside would have shown");
}

#[tokio::test]
async fn what_git_ignores_is_not_told() {
    let mut w = Watched::new(&["a", "target/x", "src/b", "src/gen/c", "node_modules/m/i", ".git/HEAD"]).await;
    w.gitignore(".gitignore", "target/\n*.log\n");
    assert_eq!(w.told().await, told(&[".gitignore"], &[], &[]));
    for ignored in ["target/y", "x.log", "src/y.log", ".git/index", "node_modules/m/j", "target/deep/z"] {
        w.write(ignored);
    }
    assert_eq!(w.told().await, told(&[], &[], &[]));
    w.write("src/gen/c");
    w.write("src/.hidden");
    assert_eq!(w.told().await, told(&["src/.hidden"], &["src/gen/c"], &[]));
    // Other patterns hold as soon as they are written, in both directions.
    w.gitignore("src/.gitignore", "gen\n!*.log\n");
    assert_eq!(w.told().await, told(&["src/.gitignore"], &[], &[]));
    w.write("src/gen/c");
    w.write("src/y.log");
    assert_eq!(w.told().await, told(&[], &["src/y.log"], &[]));
    w.gitignore(".gitignore", "");
    fs::remove_file(w.at("src/.gitignore")).unwrap();
    w.told().await;
    w.write("target/deep/z");
    w.write("src/gen/c");
    assert_eq!(w.told().await, told(&[], &["src/gen/c", "target/deep/z"], &[]));
    // A repository within heeds its own patterns alone.
    w.gitignore(".gitignore", "*.log\n");
    fs::create_dir(w.at("src/.git")).unwrap();
    w.told().await;
    w.write("src/y.log");
    w.write("x.log");
    assert_eq!(w.told().await, told(&[], &["src/y.log"], &[]));
}

#[tokio::test]
async fn a_queue_that_overflowed_is_made_good() {
    let held: usize =
        fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap().trim().parse().unwrap();
    let mut w = Watched::new(&["dir/a"]).await;
    for i in 0..held {
        fs::write(w.at("dir").join(i.to_string()), "").unwrap();
    }
    // The kernel has no room left to tell of these.
    w.write("late/deep/b");
    w.rename("dir", "moved");
    let first = w.told().await;
    assert!(first.truncated.is_some() && first.is_bounded(), "{}", first.count());
    w.write("late/deep/b");
    w.write("moved/a");
    assert_eq!(w.told().await, told(&[], &["late/deep/b", "moved/a"], &[]));
    fs::remove_dir_all(w.at("moved")).unwrap();
    fs::create_dir(w.at("dir")).unwrap();
    w.told().await;
    w.write("dir/new");
    assert_eq!(w.told().await, told(&["dir/new"], &[], &[]));
}

#[tokio::test]
async fn a_burst_is_one_bounded_hint() {
    let mut w = Watched::new(&["a"]).await;
    for i in 0..200 {
        w.write(&format!("many/{i:03}"));
    }
    w.write("a");
    let seen = w.told().await;
    assert!(seen.is_bounded() && seen.truncated == Some(True), "{seen:?}");
    assert!(seen.paths == ["a"] && seen.added.contains(&"many".to_owned()), "{seen:?}");
}

#[tokio::test]
async fn more_folders_than_are_watched() {
    let mut w = Watched::new(&[]).await;
    w.tree.watch_at_most(4);
    for i in 0..6 {
        w.write(&format!("{i}/a"));
    }
    w.told().await;
    assert_eq!(w.tree.take_short(), Some(Short::Folders));
    assert_eq!(w.tree.take_short(), None);
    (0..6).for_each(|i| w.write(&format!("{i}/a")));
    assert_eq!(w.told().await.paths.len(), 3, "the workspace itself is one of the four");
    // Where others go there is room again.
    (0..6).for_each(|i| fs::remove_dir_all(w.at(&i.to_string())).unwrap());
    w.told().await;
    w.write("again/a");
    assert_eq!(w.told().await, told(&["again", "again/a"], &[], &[]));
    assert_eq!(w.tree.take_short(), None);
}

/// Runs a watcher beside a test; what it told, each with its time.
struct Running {
    told: Rc<RefCell<Vec<(Instant, FsChanged)>>>,
    unwatched: Rc<RefCell<Vec<String>>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Option<Tree>>,
}

impl Running {
    async fn start(root: PathBuf) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (ready, watched) = oneshot::channel();
        let (told, unwatched) = <(Rc<RefCell<Vec<_>>>, Rc<RefCell<Vec<_>>>)>::default();
        let (list, why) = (Rc::clone(&told), Rc::clone(&unwatched));
        let task = tokio::task::spawn_local(async move {
            let workspace = Confined::open_root(root, None).unwrap();
            let tell = move |told| match told {
                Told::Changes(mut c) => list.borrow_mut().push((Instant::now(), c.take().unwrap())),
                Told::Unwatched(message) => why.borrow_mut().push(message),
            };
            run(&workspace, ready, stopped, tell).await
        });
        watched.await.unwrap();
        Self { told, unwatched, stop, task }
    }

    async fn end(self) -> Vec<(Instant, FsChanged)> {
        drop(self.stop);
        assert!(self.task.await.unwrap().is_some());
        assert_eq!(*self.unwatched.borrow(), [""; 0]);
        self.told.take()
    }
}

/// The clock is the test's: it goes on when nothing else can.
#[tokio::test(start_paused = true)]
async fn hints_are_few_however_much_changes() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().to_owned();
    let (told, began) = LocalSet::new()
        .run_until(async move {
            let running = Running::start(root.clone()).await;
            let began = Instant::now();
            for i in 0..6_000 {
                fs::write(root.join(format!("{}", i % 7)), i.to_string()).unwrap();
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            (running.end().await, began)
        })
        .await;
    let within = |from: u64, to: u64| {
        let range = began + Duration::from_secs(from)..began + Duration::from_secs(to);
        told.iter().filter(|(at, _)| range.contains(at)).count()
    };
    let each = usize::try_from(60 / CHANGED_SECONDS).unwrap();
    assert!(within(0, 60) <= CHANGED_BURST as usize + each, "{}", within(0, 60));
    for minute in 1..10 {
        let n = within(60 * minute, 60 * minute + 60);
        assert!((each - 1..=each + 1).contains(&n), "{n} in minute {minute}");
    }
    // Nothing is lost by it: what was not told at once is in the next one.
    assert!(told.iter().skip(1).all(|(_, c)| c.truncated.is_none() && c.count() <= 7));
    assert!(told.last().is_some_and(|(_, c)| c.count() == 7));
}

#[tokio::test(start_paused = true)]
async fn changes_are_gathered_and_the_last_are_told_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().to_owned();
    let told = LocalSet::new()
        .run_until(async move {
            let running = Running::start(root.clone()).await;
            let began = Instant::now();
            fs::write(root.join("a"), "").unwrap();
            tokio::time::sleep(WINDOW / 2).await;
            fs::write(root.join("b"), "").unwrap();
            tokio::time::sleep(WINDOW).await;
            let first = running.told.borrow()[0].clone();
            assert!(first.0 - began >= WINDOW, "{:?}", first.0 - began);
            assert_eq!(first.1.added, ["a", "b"]);
            fs::write(root.join("c"), "").unwrap();
            running.end().await
        })
        .await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[1].1.added, ["c"]);
}

/// Whoever does not wait for the first look is told that there may be more.
#[tokio::test]
async fn a_look_that_took_too_long_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Confined::open_root(dir.path(), None).unwrap();
    let (ready, _) = oneshot::channel();
    let (stop, stopped) = oneshot::channel();
    drop(stop);
    let mut hints = Vec::new();
    let tell = |told| match told {
        Told::Changes(mut changes) => hints.extend(changes.take()),
        Told::Unwatched(message) => panic!("{message}"),
    };
    assert!(run(&workspace, ready, stopped, tell).await.is_some());
    assert_eq!(hints, [FsChanged { truncated: Some(True), ..FsChanged::default() }]);
}

#[test]
fn hints_wait_folded_until_they_are_taken() {
    let hints = Hints::default();
    let mut watch = hints.watch();
    let put = |path: &str| {
        let mut changes = Changes::default();
        changes.note(Path::new(path), changes::Change::Modified);
        hints.put(changes);
    };
    hints.put(Changes::default());
    assert!(!watch.has_changed().unwrap());
    (0..1000).for_each(|i| put(&i.to_string()));
    assert!(watch.has_changed().unwrap());
    watch.mark_unchanged();
    let taken = hints.take().unwrap();
    assert!(taken.is_bounded() && taken.truncated.is_some());
    assert!(hints.take().is_none() && !watch.has_changed().unwrap());
}
