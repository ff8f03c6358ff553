//! Git, run where the agent runs, with everything neutralised that a hostile repository could use to run code of its own
//! outside a person's will: hooks, file system monitors, prompts, exotic transports.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

use nix::fcntl::OFlag;
use tokio::net::unix::pipe;

use crate::{
    instance::Instance,
    process::{Child, SpawnError, Spec, Stdio},
};

/// How long a clone may take.
const CLONE_TIME: Duration = Duration::from_secs(30 * 60);
/// How long any other run of git may take.
const TIME: Duration = Duration::from_secs(5 * 60);
/// Bytes of its complaints that are kept.
const COMPLAINT: usize = 2_000;
/// Lines of progress that are passed on, and bytes of each.
const STEPS: usize = 40;
const STEP: usize = 200;
/// Bytes that git may print where a short answer is expected.
const ANSWER: usize = 64 << 10;

/// Where a diff begins.
const BASE: &str = "refs/lia/base";

/// What git printed, without white space around it.
pub(crate) fn text(printed: Vec<u8>) -> String {
    String::from_utf8_lossy(&printed).trim().to_owned()
}

/// What git did not do.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// It could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// Its streams.
    #[error("cannot talk to git: {0}")]
    Io(#[from] io::Error),
    /// It said no.
    #[error("git ended with {0}: {1}")]
    Failed(i32, String),
    /// A name that git never gets to see.
    #[error("{0}")]
    BadName(String),
    /// It took too long.
    #[error("git did not end within {} minutes", .0.as_secs() / 60)]
    TooLong(Duration),
}

/// Git in one folder of the workspace.
pub struct Git {
    instance: Rc<Instance>,
    folder: String,
}

impl Git {
    /// In `folder`, relative to the workspace; empty is the workspace itself.
    #[must_use]
    pub fn new(instance: &Rc<Instance>, folder: &str) -> Self {
        Self { instance: Rc::clone(instance), folder: folder.to_owned() }
    }

    fn path(&self) -> PathBuf {
        Path::new(&self.instance.config.workspace).join(&self.folder)
    }

    /// Whether the folder is the top of a repository.
    #[must_use]
    pub fn is_repository(&self) -> bool {
        let git = Path::new(&self.folder).join(".git");
        self.instance.workspace.open(&git, OFlag::O_PATH).is_ok()
    }

    /// Clones `url` into the folder and remembers where it began. `step` gets lines of progress.
    ///
    /// # Errors
    /// [`GitError`].
    pub async fn clone_from(&self, url: &str, step: impl Fn(&str) -> io::Result<()>) -> Result<(), GitError> {
        let target = self.path();
        let mut args: Vec<String> = ["clone", "--progress", "--"].map(String::from).to_vec();
        args.push(url.to_owned());
        args.push(target.to_string_lossy().into_owned());
        let workspace = self.instance.config.workspace.clone();
        let run = Run::start(&self.instance, workspace, args, BTreeMap::new()).await?;
        run.finish(|_| Ok(()), step).await?;
        self.mark_base().await
    }

    /// Clones a bundle that stands at `path` (as the sidecar's files name it) into the folder, and remembers where it
    /// began. With `branch`, that one is checked out.
    ///
    /// # Errors
    /// [`GitError`].
    pub async fn import(&self, bundle: &str, branch: Option<&str>) -> Result<(), GitError> {
        // The workspace may hold files already: fetch into it instead of cloning over it.
        self.instance.workspace.make_dirs(Path::new(&self.folder))?;
        self.run(&["init", "--quiet"]).await?;
        let spec = branch
            .map_or_else(|| "HEAD:refs/lia/import".to_owned(), |b| format!("refs/heads/{b}:refs/lia/import"));
        self.run(&["fetch", "--quiet", "--no-tags", "--update-head-ok", bundle, &spec]).await?;
        let name = branch.unwrap_or("main");
        self.run(&["checkout", "--quiet", "-B", name, "refs/lia/import"]).await?;
        self.mark_base().await
    }

    /// The change since the base: commits, what is not committed, and untracked files. `out` gets it as it comes.
    ///
    /// # Errors
    /// [`GitError`].
    pub async fn diff(&self, out: impl FnMut(&[u8]) -> io::Result<()>) -> Result<(), GitError> {
        let tree = self.tree().await?;
        let base = self.base().await?;
        let args = ["diff", "--binary", "--no-color", "--no-ext-diff", "--no-textconv", &base, &tree]
            .map(str::to_owned);
        let cwd = self.path().to_string_lossy().into_owned();
        Run::start(&self.instance, cwd, args.into(), BTreeMap::new()).await?.finish(out, |_| Ok(())).await
    }

    /// The same as a bundle with the branch `lia/result`, on top of the base. `out` gets it as it comes.
    ///
    /// # Errors
    /// [`GitError`].
    pub async fn bundle(&self, out: impl FnMut(&[u8]) -> io::Result<()>) -> Result<(), GitError> {
        let tree = self.tree().await?;
        let head = text(self.run(&["rev-parse", "--verify", "--quiet", "HEAD"]).await.unwrap_or_default());
        let clean =
            !head.is_empty() && text(self.run(&["rev-parse", &format!("{head}^{{tree}}")]).await?) == tree;
        let tip = if clean {
            head
        } else {
            let mut args = vec![
                "-c",
                "user.name=Lia",
                "-c",
                "user.email=lia@localhost",
                "commit-tree",
                tree.as_str(),
                "-m",
                "Work of the agent that was not committed",
            ];
            if !head.is_empty() {
                args.extend(["-p", head.as_str()]);
            }
            text(self.run(&args).await?)
        };
        self.run(&["update-ref", "refs/heads/lia/result", &tip]).await?;
        let base = self.run(&["rev-parse", "--verify", "--quiet", BASE]).await.map(text).unwrap_or_default();
        let mut args = vec![
            "bundle".to_owned(),
            "create".to_owned(),
            "--quiet".to_owned(),
            "-".to_owned(),
            "refs/heads/lia/result".to_owned(),
        ];
        if !base.is_empty() && base != tip {
            args.push(format!("^{base}"));
        }
        let cwd = self.path().to_string_lossy().into_owned();
        Run::start(&self.instance, cwd, args, BTreeMap::new()).await?.finish(out, |_| Ok(())).await
    }

    /// What the diff begins at; an empty tree when nothing was imported.
    async fn base(&self) -> Result<String, GitError> {
        match self.run(&["rev-parse", "--verify", "--quiet", BASE]).await {
            Ok(base) => Ok(text(base)),
            Err(GitError::Failed(..)) => {
                Ok(text(self.run(&["hash-object", "-t", "tree", "-w", "/dev/null"]).await?))
            }
            Err(e) => Err(e),
        }
    }

    /// The workspace as a tree, by an index of its own: the agent's stays as it is.
    async fn tree(&self) -> Result<String, GitError> {
        let index = format!("/tmp/.lia-index-{}", lia_protocol::ids::UploadId::new());
        let env = BTreeMap::from([("GIT_INDEX_FILE".to_owned(), index.clone())]);
        let with = |args: &[&str]| {
            let args = args.iter().map(|a| (*a).to_owned()).collect();
            let cwd = self.path().to_string_lossy().into_owned();
            Run::start(&self.instance, cwd, args, env.clone())
        };
        let tree = async {
            with(&["add", "--all", "--", "."]).await?.finish(|_| Ok(()), |_| Ok(())).await?;
            with(&["write-tree"]).await?.answer().await.map(text)
        };
        let tree = tree.await;
        let _ = std::fs::remove_file(index);
        tree
    }

    /// Remembers the present commit as the one that a diff begins at. An empty repository has none.
    async fn mark_base(&self) -> Result<(), GitError> {
        match self.run(&["update-ref", BASE, "HEAD"]).await {
            Err(GitError::Failed(..)) => Ok(()),
            other => other.map(drop),
        }
    }

    /// The workspace.
    pub(crate) fn workspace(&self) -> &Path {
        Path::new(&self.instance.config.workspace)
    }

    /// Starts git in the folder.
    pub(crate) async fn start(
        &self,
        args: Vec<String>,
        env: BTreeMap<String, String>,
    ) -> Result<Run, GitError> {
        Run::start(&self.instance, self.path().to_string_lossy().into_owned(), args, env).await
    }

    /// Runs git in the folder and returns what it printed.
    async fn run(&self, args: &[&str]) -> Result<Vec<u8>, GitError> {
        let args = args.iter().map(|a| (*a).to_owned()).collect();
        let cwd = self.path().to_string_lossy().into_owned();
        Run::start(&self.instance, cwd, args, BTreeMap::new()).await?.answer().await
    }
}

/// One run of git.
pub(crate) struct Run {
    clones: bool,
    child: Child,
    output: pipe::Receiver,
    errors: pipe::Receiver,
}

impl Run {
    async fn start(
        instance: &Instance,
        cwd: String,
        args: Vec<String>,
        more_env: BTreeMap<String, String>,
    ) -> Result<Self, GitError> {
        const CALM: [&str; 8] = [
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "core.fsmonitor=false",
            "-c",
            "safe.directory=*",
            "-c",
            "gc.auto=0",
        ];
        let mut env = instance.env(more_env);
        env.insert("GIT_TERMINAL_PROMPT".to_owned(), "0".to_owned());
        env.insert("GIT_ALLOW_PROTOCOL".to_owned(), "https:http:file".to_owned());
        env.entry("HOME".to_owned()).or_insert_with(|| instance.config.home.clone());
        let (output, output_theirs) = piped()?;
        let (errors, errors_theirs) = piped()?;
        let nothing =
            nix::fcntl::open("/dev/null", OFlag::O_RDONLY | OFlag::O_CLOEXEC, nix::sys::stat::Mode::empty())
                .map_err(io::Error::from)?;
        let clones = args.first().is_some_and(|a| a == "clone");
        let spec = Spec {
            command: "git".to_owned(),
            args: CALM.into_iter().map(str::to_owned).chain(args).collect(),
            env,
            cwd,
            stdio: Stdio::Files([nothing, output_theirs, errors_theirs]),
        };
        Ok(Self { clones, child: instance.jail.spawn(spec).await?, output, errors })
    }

    /// Waits for its end and returns what it printed, which is short.
    async fn answer(self) -> Result<Vec<u8>, GitError> {
        let mut printed = Vec::new();
        let keep = |bytes: &[u8]| {
            if printed.len() + bytes.len() > ANSWER {
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, "git printed more than expected"));
            }
            printed.extend_from_slice(bytes);
            Ok(())
        };
        self.finish(keep, |_| Ok(())).await?;
        Ok(printed)
    }

    /// Waits for its end. `out` gets what it prints, `step` lines of progress.
    pub(crate) async fn finish(
        self,
        out: impl FnMut(&[u8]) -> io::Result<()>,
        step: impl Fn(&str) -> io::Result<()>,
    ) -> Result<(), GitError> {
        let time = if self.clones { CLONE_TIME } else { TIME };
        tokio::time::timeout(time, self.follow(out, step)).await.map_err(|_| GitError::TooLong(time))?
    }

    async fn follow(
        mut self,
        mut out: impl FnMut(&[u8]) -> io::Result<()>,
        step: impl Fn(&str) -> io::Result<()>,
    ) -> Result<(), GitError> {
        let (mut said, mut steps) = (Vec::new(), 0);
        let (mut output_open, mut errors_open) = (true, true);
        let mut chunk = [0; 16 << 10];
        let mut ended = None;
        while ended.is_none() || output_open || errors_open {
            tokio::select! {
                _ = self.output.readable(), if output_open => match self.output.try_read(&mut chunk) {
                    Ok(0) => output_open = false,
                    Ok(n) => out(&chunk[..n])?,
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                    Err(e) => return Err(e.into()),
                },
                _ = self.errors.readable(), if errors_open => match self.errors.try_read(&mut chunk) {
                    Ok(0) => errors_open = false,
                    Ok(n) => {
                        for line in chunk[..n].split(|b| matches!(b, b'\r' | b'\n')) {
                            let line = String::from_utf8_lossy(line);
                            let line = line.trim();
                            if line.ends_with("done.") && line.len() <= STEP && steps < STEPS {
                                steps += 1;
                                step(line)?;
                            }
                        }
                        said.extend_from_slice(&chunk[..n]);
                        let over = said.len().saturating_sub(COMPLAINT);
                        said.drain(..over);
                    }
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                    Err(e) => return Err(e.into()),
                },
                how = self.child.ended(), if ended.is_none() => {
                    ended = Some(how);
                    self.child.kill();
                }
            }
        }
        match ended {
            Some(how) if how.code == 0 => Ok(()),
            how => {
                let said = String::from_utf8_lossy(&said).trim().replace('\r', "\n");
                Err(GitError::Failed(how.map_or(-1, |h| h.code), said))
            }
        }
    }
}

fn piped() -> io::Result<(pipe::Receiver, std::os::fd::OwnedFd)> {
    let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    Ok((pipe::Receiver::from_owned_fd(read)?, write))
}
