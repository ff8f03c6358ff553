//! A repository's way to a task and back. Going there: a git bundle of the working tree as it is, made without touching
//! the user's index, working tree or refs. Coming back: the task's bundle as a branch, or its patch.
//!
//! ```text
//!  HEAD ── snapshot of what is not committed (only if there is any) ── what the task did
//!                └─ a commit without a ref, as `git stash create` makes     └─ lia/<task>
//! ```

use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, anyhow, bail};
use tempfile::TempDir;

/// The branch of a task's result bundle.
const RESULT: &str = "refs/heads/lia/result";
/// The branch of a bundle whose repository has none checked out.
const DETACHED: &str = "lia/base";

/// Variables that would make git work on another repository than the one that is named.
const LOCAL_VARS: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_LITERAL_PATHSPECS",
];

/// A local repository.
#[derive(Debug)]
pub struct Repo {
    /// The top of its working tree.
    top: PathBuf,
}

/// A bundle that was made; its file lives as long as this value.
#[derive(Debug)]
pub struct Bundle {
    dir: TempDir,
    /// The branch in it.
    pub branch: String,
    /// Whether there was something that is not committed.
    pub uncommitted: bool,
    /// What could not be brought.
    pub notes: Vec<String>,
}

impl Bundle {
    /// The bundle's file.
    pub fn path(&self) -> PathBuf {
        self.dir.path().join("bundle")
    }
}

impl Repo {
    /// The repository that holds `path`.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.is_dir() {
            bail!("{} is not a folder", path.display());
        }
        let top = git(path, &["rev-parse", "--show-toplevel"])
            .with_context(|| format!("{} is not in a git repository with a working tree", path.display()))?;
        Ok(Self { top: PathBuf::from(OsStr::from_bytes(&top)) })
    }

    fn git(&self, args: &[&str]) -> Result<Vec<u8>> {
        git(&self.top, args)
    }

    /// A path inside the repository's own folder, absolute.
    fn git_path(&self, name: &str) -> Result<PathBuf> {
        Ok(self.top.join(OsStr::from_bytes(&self.git(&["rev-parse", "--git-path", name])?)))
    }

    /// Whether its history may have holes, so that it cannot travel.
    fn has_holes(&self) -> Result<bool> {
        let shallow = self.git(&["rev-parse", "--is-shallow-repository"])? == b"true";
        let partial =
            self.git(&["config", "--get-regexp", r"^(remote\..*\.promisor|extensions\.partialclone)$"]);
        Ok(shallow || partial.is_ok_and(|v| !v.is_empty()))
    }

    /// A bundle of the working tree as it is: tracked files with their changes, and untracked files that are not ignored.
    pub fn bundle(&self) -> Result<Bundle> {
        let dir = tempfile::Builder::new()
            .prefix("lia-repo-")
            .tempdir()
            .context("no folder for a bundle can be made")?;
        let head =
            self.git(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).ok().map(word).transpose()?;
        let branch = self.git(&["symbolic-ref", "--quiet", "--short", "HEAD"]).ok().map(word).transpose()?;
        let branch = branch.unwrap_or_else(|| DETACHED.to_owned());

        let tree = self.snapshot_tree(dir.path())?;
        let committed = head
            .as_ref()
            .map(|h| self.git(&["rev-parse", &format!("{h}^{{tree}}")]).and_then(word))
            .transpose()?;
        let uncommitted = committed.as_ref() != Some(&tree);
        let mut notes = self.unbundled(dir.path())?;
        let holes = self.has_holes()?;
        let commit = match head {
            Some(head) if !uncommitted && !holes => head,
            head => {
                if holes {
                    notes.push(
                        "the clone is shallow or partial: its files go along, its history stays here".into(),
                    );
                }
                self.snapshot_commit(&tree, head.filter(|_| !holes).as_deref())?
            }
        };

        // The bundle is made from a bare repository of its own, which borrows the objects and has the one ref.
        let bare = dir.path().join("bare.git");
        let (bare_arg, format) = (utf8(&bare)?, word(self.git(&["rev-parse", "--show-object-format"])?)?);
        let object_format = format!("--object-format={format}");
        git(dir.path(), &["init", "--quiet", "--bare", "--template=", &object_format, bare_arg])?;
        let objects = fs::canonicalize(self.git_path("objects")?)
            .context("the repository's objects cannot be found")?;
        let info = bare.join("objects/info");
        fs::create_dir_all(&info)
            .and_then(|()| fs::write(info.join("alternates"), quoted(&objects)))
            .context("the bundle cannot be prepared")?;
        let at = ["--git-dir", bare_arg];
        let refname = format!("refs/heads/{branch}");
        git(dir.path(), &[&at[..], &["update-ref", &refname, &commit]].concat())?;
        git(dir.path(), &[&at[..], &["symbolic-ref", "HEAD", &refname]].concat())?;
        let file = dir.path().join("bundle");
        git(
            dir.path(),
            &[&at[..], &["bundle", "create", "--quiet", utf8(&file)?, "HEAD", &refname]].concat(),
        )
        .context("the repository cannot be bundled")?;
        Ok(Bundle { dir, branch, uncommitted, notes })
    }

    /// Writes the working tree as a tree object, by way of a copy of the index.
    fn snapshot_tree(&self, dir: &Path) -> Result<String> {
        let index = dir.join("index");
        let own = self.git_path("index")?;
        if own.exists() {
            // With its time: git looks into a file that may have changed in the moment in which the index was written, and
            // a younger copy would hide that.
            fs::copy(&own, &index)
                .and_then(|_| fs::File::options().write(true).open(&index))
                .and_then(|copy| copy.set_modified(fs::metadata(&own)?.modified()?))
                .with_context(|| format!("{} cannot be copied", own.display()))?;
        }
        let run = |args: &[&str]| {
            let mut command = command(&self.top);
            // Nothing of the user's may be written or run beside the copy.
            let quiet = [
                "core.fsmonitor=false",
                "core.untrackedCache=false",
                "core.splitIndex=false",
                "core.hooksPath=/dev/null",
            ];
            command.args(quiet.iter().flat_map(|c| ["-c", c])).args(args).env("GIT_INDEX_FILE", &index);
            output(command)
        };
        run(&["-c", "advice.addEmbeddedRepo=false", "add", "--all", "."])
            .context("the working tree cannot be read")?;
        word(run(&["write-tree"])?)
    }

    fn snapshot_commit(&self, tree: &str, parent: Option<&str>) -> Result<String> {
        let mut command = command(&self.top);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Lia").env(format!("GIT_{who}_EMAIL"), "lia@localhost");
        }
        command.args([
            "commit-tree",
            "--no-gpg-sign",
            "-m",
            "The working tree as it was given to a Lia task",
            tree,
        ]);
        if let Some(parent) = parent {
            command.args(["-p", parent]);
        }
        word(output(command)?)
    }

    /// Repositories inside this one, which a bundle cannot hold.
    fn unbundled(&self, dir: &Path) -> Result<Vec<String>> {
        let mut command = command(&self.top);
        command.args(["ls-files", "--stage", "-z"]).env("GIT_INDEX_FILE", dir.join("index"));
        let listed = output(command)?;
        let inner = listed.split(|b| *b == 0).filter(|l| l.starts_with(b"160000 "));
        let name =
            |l: &[u8]| l.splitn(2, |b| *b == b'\t').nth(1).map(|n| String::from_utf8_lossy(n).into_owned());
        Ok(inner
            .filter_map(name)
            .map(|n| format!("{n} is a repository of its own (a submodule) and does not go along"))
            .collect())
    }

    /// Fetches a task's result bundle into a branch. `None` when the branch leads there already.
    pub fn fetch_result(&self, bundle: &Path, branch: &str, force: bool) -> Result<Option<String>> {
        let full = format!("refs/heads/{branch}");
        if self.git(&["check-ref-format", &full]).is_err() {
            bail!("{branch:?} is not a name for a branch");
        }
        let before = self.git(&["rev-parse", "--verify", "--quiet", &full]).ok().map(word).transpose()?;
        let bundle = utf8(bundle)?;
        self.git(&["bundle", "verify", "--quiet", bundle]).map_err(|e| {
            anyhow!(
                "the result does not build on this repository: {e}; run this in the repository that the task came from, or \
                 take the change as a patch (--patch FILE or --apply)"
            )
        })?;
        let refspec = format!("{}{RESULT}:{full}", if force { "+" } else { "" });
        let fetch = [
            "-c",
            "fetch.fsckObjects=true",
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "gc.auto=0",
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            bundle,
            &refspec,
        ];
        self.git(&fetch).map_err(|e| {
            anyhow!("the branch {branch} could not be made: {e}; name another with --branch, or replace it with --force")
        })?;
        let after = word(self.git(&["rev-parse", "--verify", &full])?)?;
        Ok((before.as_ref() != Some(&after)).then_some(after))
    }

    /// What a branch has beyond `HEAD`: one line per commit, newest first.
    pub fn commits_ahead(&self, branch: &str) -> Result<Vec<String>> {
        let range = format!("HEAD..refs/heads/{branch}");
        let log = self.git(&["log", "--format=%h %s", "--max-count=20", &range]).unwrap_or_default();
        Ok(String::from_utf8_lossy(&log).lines().map(str::to_owned).collect())
    }

    /// Applies a patch to the working tree: all of it, or nothing.
    pub fn apply(&self, patch: &Path) -> Result<()> {
        let patch = utf8(patch)?;
        self.git(&["apply", "--binary", "--whitespace=nowarn", patch]).map(drop).map_err(|e| {
            anyhow!(
                "the change does not fit the working tree, which stays as it was:\n{e}\nfetch it as a branch with `lia pull` and \
                 merge that, or write it to a file with --patch"
            )
        })
    }
}

fn command(dir: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(dir).stdin(Stdio::null());
    for var in LOCAL_VARS {
        command.env_remove(var);
    }
    // Messages are read by people through us, and errors by nobody but them.
    command.env("LC_ALL", "C.UTF-8").env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    command
}

fn git(dir: &Path, args: &[&str]) -> Result<Vec<u8>> {
    let mut command = command(dir);
    command.args(args);
    output(command)
}

/// Runs git; its output without the last line feed.
fn output(mut command: Command) -> Result<Vec<u8>> {
    let done = command.output().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => anyhow!("git is not installed; install it (Debian: apt install git)"),
        _ => anyhow!("git cannot be started: {e}"),
    })?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        let said = said.trim().trim_start_matches("fatal: ").trim_start_matches("error: ");
        bail!(
            "{}",
            if said.is_empty() { format!("git ended with {}", done.status) } else { said.to_owned() }
        );
    }
    let mut out = done.stdout;
    if out.last() == Some(&b'\n') {
        out.pop();
    }
    Ok(out)
}

fn word(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).context("git answered with a name that is not UTF-8")
}

fn utf8(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))
}

/// A path as a line of an `alternates` file, in git's C style when it needs that.
fn quoted(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_bytes();
    let plain = |b: &u8| !matches!(b, b'"' | b'\\' | b'\n') && !b.is_ascii_control();
    if bytes.iter().all(plain) && bytes.first() != Some(&b'#') {
        return [bytes, b"\n"].concat();
    }
    let mut out = String::from("\"");
    for b in bytes {
        // Writing into memory cannot fail.
        let _ = write!(out, "\\{b:03o}");
    }
    out.push_str("\"\n");
    out.into_bytes()
}

/// A new file in `dir` with the mode that any new file has.
pub fn new_file(dir: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;
    tempfile::Builder::new().prefix(".lia-").permissions(fs::Permissions::from_mode(0o666)).tempfile_in(dir)
}

#[cfg(test)]
#[path = "repo_tests.rs"]
mod tests;
