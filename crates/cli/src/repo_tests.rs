use super::*;

struct Fixture {
    dir: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let f = Self { dir: tempfile::tempdir().unwrap() };
        f.git(&["init", "--quiet", "--initial-branch=main"]);
        f.git(&["config", "user.name", "T"]);
        f.git(&["config", "user.email", "t@example.com"]);
        f
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn git(&self, args: &[&str]) -> String {
        String::from_utf8(git(self.path(), args).unwrap()).unwrap()
    }

    fn write(&self, name: &str, content: &[u8]) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", message]);
    }

    /// Everything that bringing a repository must leave as it was.
    fn state(&self) -> (String, Vec<u8>, String, Vec<PathBuf>) {
        let index = fs::read(self.path().join(".git/index")).unwrap_or_default();
        let mut files: Vec<PathBuf> =
            fs::read_dir(self.path().join(".git")).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        (self.git(&["for-each-ref"]), index, self.git(&["status", "--porcelain", "--ignored"]), files)
    }

    fn repo(&self) -> Repo {
        Repo::open(self.path()).unwrap()
    }

    /// What a task sees: a clone of the bundle.
    fn clone_of(bundle: &Bundle) -> Self {
        let dir = tempfile::tempdir().unwrap();
        git(dir.path(), &["clone", "--quiet", utf8(&bundle.path()).unwrap(), "."]).unwrap();
        let f = Self { dir };
        f.git(&["config", "user.name", "Agent"]);
        f.git(&["config", "user.email", "agent@example.com"]);
        f
    }

    /// The bundle that a task answers with: its work on top of what it was given.
    fn result(&self, base: &str) -> (TempDir, PathBuf) {
        let out = tempfile::tempdir().unwrap();
        let path = out.path().join("result.bundle");
        self.git(&["branch", "--force", "lia/result", "HEAD"]);
        self.git(&["bundle", "create", "--quiet", utf8(&path).unwrap(), &format!("{base}..lia/result")]);
        (out, path)
    }
}

fn read(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn uncommitted_work_goes_along_and_nothing_is_touched() {
    let f = Fixture::new();
    f.write(".gitignore", b"ignored\nforced\n");
    f.write("kept", b"1\n");
    f.write("changed", b"1\n");
    f.write("deleted", b"1\n");
    f.write("staged then changed", b"1\n");
    f.commit("first");
    f.write("changed", b"2\n");
    fs::remove_file(f.path().join("deleted")).unwrap();
    f.write("staged then changed", b"2\n");
    f.git(&["add", "staged then changed"]);
    f.write("staged then changed", b"3\n");
    f.write("new/\u{e9} file", b"\x00\xff\n");
    f.write("ignored", b"no\n");
    f.write("forced", b"yes\n");
    f.git(&["add", "--force", "forced"]);
    let before = f.state();

    let bundle = f.repo().bundle().unwrap();
    assert_eq!(f.state(), before);
    assert!(bundle.uncommitted && bundle.notes.is_empty(), "{bundle:?}");
    assert_eq!(bundle.branch, "main");

    let c = Fixture::clone_of(&bundle);
    assert_eq!(read(c.path(), "changed"), "2\n");
    assert_eq!(read(c.path(), "staged then changed"), "3\n");
    assert_eq!(fs::read(c.path().join("new/\u{e9} file")).unwrap(), b"\x00\xff\n");
    assert_eq!(read(c.path(), "forced"), "yes\n");
    assert!(!c.path().join("deleted").exists() && !c.path().join("ignored").exists());
    assert_eq!(c.git(&["status", "--porcelain"]), "");
    assert_eq!(c.git(&["rev-parse", "HEAD^"]), f.git(&["rev-parse", "HEAD"]), "history goes along");
}

#[test]
fn a_clean_repository_goes_as_it_is() {
    let f = Fixture::new();
    f.write("a", b"1\n");
    f.commit("first");
    f.git(&["checkout", "--quiet", "-b", "topic/x"]);
    let bundle = Repo::open(&f.path().join(".git/..")).unwrap().bundle().unwrap();
    assert!(!bundle.uncommitted);
    assert_eq!(bundle.branch, "topic/x");
    let c = Fixture::clone_of(&bundle);
    assert_eq!(
        c.git(&["rev-parse", "HEAD", "origin/topic/x"]).lines().collect::<Vec<_>>(),
        vec![f.git(&["rev-parse", "HEAD"]); 2]
    );

    f.git(&["checkout", "--quiet", "--detach"]);
    let bundle = f.repo().bundle().unwrap();
    assert_eq!(bundle.branch, DETACHED);
    assert_eq!(Fixture::clone_of(&bundle).git(&["rev-parse", "HEAD"]), f.git(&["rev-parse", "HEAD"]));
}

#[test]
fn repositories_without_a_whole_history() {
    let unborn = Fixture::new();
    unborn.write("a", b"1\n");
    let before = unborn.state();
    let bundle = unborn.repo().bundle().unwrap();
    assert_eq!(unborn.state(), before);
    assert_eq!(read(Fixture::clone_of(&bundle).path(), "a"), "1\n");

    let f = Fixture::new();
    for n in ["1", "2", "3"] {
        f.write("a", n.as_bytes());
        f.commit(n);
    }
    let shallow = Fixture { dir: tempfile::tempdir().unwrap() };
    shallow.git(&["clone", "--quiet", "--depth=1", &format!("file://{}", f.path().display()), "."]);
    let bundle = shallow.repo().bundle().unwrap();
    assert_eq!(bundle.notes.len(), 1);
    let c = Fixture::clone_of(&bundle);
    assert_eq!(read(c.path(), "a"), "3");
    assert_eq!(c.git(&["rev-list", "--count", "HEAD"]), "1");

    let outer = Fixture::new();
    outer.write("a", b"1\n");
    outer.write("inner/b", b"1\n");
    git(&outer.path().join("inner"), &["init", "--quiet"]).unwrap();
    git(&outer.path().join("inner"), &["add", "."]).unwrap();
    let commit = ["-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "inner"];
    git(&outer.path().join("inner"), &commit).unwrap();
    let bundle = outer.repo().bundle().unwrap();
    assert!(bundle.notes[0].starts_with("inner is a repository of its own"), "{bundle:?}");
}

#[test]
fn a_worktree_and_odd_paths() {
    let odd = tempfile::Builder::new().prefix("odd \"\\:#\n\u{e9}").tempdir().unwrap();
    let f = Fixture { dir: odd };
    f.git(&["init", "--quiet", "--initial-branch=main"]);
    f.write("a", b"1\n");
    git(f.path(), &["add", "."]).unwrap();
    git(
        f.path(),
        &["-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "first"],
    )
    .unwrap();
    let side = tempfile::tempdir().unwrap();
    let tree = side.path().join("tree");
    f.git(&["worktree", "add", "--quiet", "-b", "side", utf8(&tree).unwrap()]);
    fs::write(tree.join("b"), "2\n").unwrap();
    let bundle = Repo::open(&tree).unwrap().bundle().unwrap();
    assert_eq!(bundle.branch, "side");
    assert_eq!(read(Fixture::clone_of(&bundle).path(), "b"), "2\n");
}

#[test]
fn results_come_back_after_the_repository_has_moved_on() {
    let f = Fixture::new();
    f.write("a", b"one\ntwo\nthree\n");
    f.commit("first");
    f.write("a", b"one\ntwo\nthree\nmine\n");
    let bundle = f.repo().bundle().unwrap();

    let c = Fixture::clone_of(&bundle);
    let base = c.git(&["rev-parse", "HEAD"]);
    c.write("a", b"ONE\ntwo\nthree\nmine\n");
    c.write("b", b"new\n");
    c.commit("the agent's work");
    let (_dir, result) = c.result(&base);

    f.write("other", b"meanwhile\n");
    f.git(&["add", "other"]);
    f.git(&["commit", "--quiet", "-m", "meanwhile"]);
    let (_, index, status, _) = f.state();
    let head = f.repo().fetch_result(&result, "lia/task", false).unwrap().unwrap();
    assert_eq!((index, status), (f.state().1, f.state().2));
    assert_eq!(f.git(&["show", &format!("{head}:a")]), "ONE\ntwo\nthree\nmine");
    assert_eq!(f.repo().commits_ahead("lia/task").unwrap().len(), 2);
    assert_eq!(f.repo().fetch_result(&result, "lia/task", false).unwrap(), None, "again changes nothing");
    assert!(!f.path().join(".git/FETCH_HEAD").exists());

    // Another result for the same branch is refused unless it is forced.
    c.git(&["reset", "--quiet", "--hard", &base]);
    c.write("c", b"other\n");
    c.commit("another try");
    let (_dir, other) = c.result(&base);
    let refused = f.repo().fetch_result(&other, "lia/task", false).unwrap_err().to_string();
    assert!(refused.contains("--force") && refused.contains("lia/task"), "{refused}");
    assert_eq!(f.git(&["rev-parse", "lia/task"]), head);
    assert!(f.repo().fetch_result(&other, "lia/task", true).unwrap().is_some());
    assert!(f.repo().fetch_result(&other, "a..b", true).unwrap_err().to_string().contains("not a name"));

    // A stranger's repository lacks what the result builds on.
    let stranger = Fixture::new();
    stranger.write("z", b"1\n");
    stranger.commit("z");
    let refused = stranger.repo().fetch_result(&result, "lia/task", false).unwrap_err().to_string();
    assert!(
        refused.contains("does not build on this repository") && refused.contains("--patch"),
        "{refused}"
    );
}

#[test]
fn a_patch_applies_whole_or_not_at_all() {
    let f = Fixture::new();
    f.write("a", b"one\ntwo\n");
    f.write("b", b"one\ntwo\n");
    f.commit("first");
    f.write("a", b"ONE\ntwo\n");
    f.write("b", b"ONE\ntwo\n");
    f.write("c.bin", b"\x00\x01");
    f.git(&["add", "--all"]);
    let patch = git(f.path(), &["diff", "--binary", "HEAD"]).unwrap();
    f.git(&["reset", "--quiet", "--hard"]);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("patch");
    fs::write(&file, [&patch[..], b"\n"].concat()).unwrap();

    f.write("b", b"mine\n");
    let refused = f.repo().apply(&file).unwrap_err().to_string();
    assert!(refused.contains('b') && refused.contains("lia pull"), "{refused}");
    assert_eq!(read(f.path(), "a"), "one\ntwo\n", "nothing was applied");
    f.write("b", b"one\ntwo\n");
    f.repo().apply(&file).unwrap();
    assert_eq!(read(f.path(), "a"), "ONE\ntwo\n");
    assert_eq!(fs::read(f.path().join("c.bin")).unwrap(), b"\x00\x01");
}
