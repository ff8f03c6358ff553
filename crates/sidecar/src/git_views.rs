//! What of a repository is shown to people: branches, commits, worktrees. Names that come from outside are checked here,
//! and git gets them behind `--end-of-options` all the same.

use std::{collections::BTreeMap, io, path::Path};

use lia_protocol::{
    limits::GIT_COMMITS,
    sessions::{
        CreateGitWorktreeBody, GitBranch, GitBranchList, GitCommit, GitCommitList, GitWorktree,
        GitWorktreeCreated, GitWorktreeList,
    },
};

use crate::git::{Git, GitError, text};

/// Bytes of a list that git may print.
const LIST: usize = 8 << 20;
/// Where worktrees are made, below the workspace.
const WORKTREES: &str = ".lia/worktrees";

impl Git {
    /// All branches, the last changed first; one that is here and at `origin` is shown as the latter.
    ///
    /// # Errors
    /// [`GitError`].
    pub async fn branches(&self) -> Result<GitBranchList, GitError> {
        let format = "--format=%(refname)%00%(objectname)%00%(HEAD)";
        let printed = self
            .list(&["for-each-ref", "--sort=-committerdate", format, "refs/heads", "refs/remotes"])
            .await?;
        Ok(GitBranchList { branches: merge(&String::from_utf8_lossy(&printed)) })
    }

    /// Commits of a branch, or of what is checked out, the newest first.
    ///
    /// # Errors
    /// [`GitError`]; `BadName` for a branch that is none.
    pub async fn commits(&self, branch: Option<&str>, limit: u32) -> Result<GitCommitList, GitError> {
        let from = match branch {
            Some(name) => self.commit_of(name).await?,
            None => match self.list(&["rev-parse", "--verify", "--quiet", "HEAD"]).await {
                Ok(hash) => text(hash),
                // A repository without a commit.
                Err(GitError::Failed(1, _)) => String::new(),
                Err(e) => return Err(e),
            },
        };
        let name = match branch {
            Some(name) => name.to_owned(),
            None => match self.list(&["symbolic-ref", "--short", "--quiet", "HEAD"]).await {
                Ok(name) => text(name),
                Err(GitError::Failed(1, _)) => "HEAD".to_owned(),
                Err(e) => return Err(e),
            },
        };
        if from.is_empty() {
            return Ok(GitCommitList { branch: name, commits: Vec::new() });
        }
        let count = format!("--max-count={}", limit.min(GIT_COMMITS));
        let format = "--format=tformat:%H%x00%h%x00%an%x00%ae%x00%aI%x00%s";
        let args = [
            "log",
            "-z",
            "--no-color",
            "--no-show-signature",
            &count,
            format,
            "--end-of-options",
            &from,
            "--",
        ];
        let printed = self.list(&args).await?;
        Ok(GitCommitList { branch: name, commits: commits(&String::from_utf8_lossy(&printed)) })
    }

    /// All worktrees, the main one first.
    ///
    /// # Errors
    /// [`GitError`].
    pub async fn worktrees(&self) -> Result<GitWorktreeList, GitError> {
        let printed = self.list(&["worktree", "list", "--porcelain", "-z"]).await?;
        Ok(GitWorktreeList { worktrees: worktrees(&String::from_utf8_lossy(&printed)) })
    }

    /// Makes a worktree in a folder of its own below the workspace.
    ///
    /// # Errors
    /// [`GitError`]; `BadName` for a name that is none.
    pub async fn add_worktree(&self, asked: &CreateGitWorktreeBody) -> Result<GitWorktreeCreated, GitError> {
        if !is_folder_name(&asked.name) {
            return Err(bad(
                "name",
                &asked.name,
                "letters, digits, '.', '_' and '-', not beginning with '.' or '-'",
            ));
        }
        for (key, name) in [("branch", &asked.branch), ("newBranch", &asked.new_branch)] {
            if let Some(name) = name.as_deref().filter(|n| !is_branch_name(n)) {
                return Err(bad(key, name, "the name of a branch"));
            }
        }
        let start = match &asked.start_point {
            Some(name) => Some(self.commit_of(name).await?),
            None => None,
        };
        let top = text(self.list(&["rev-parse", "--show-toplevel"]).await?);
        let repository = Path::new(&top).file_name().and_then(|n| n.to_str()).filter(|n| is_folder_name(n));
        let folder = format!("{WORKTREES}/{}/{}", repository.unwrap_or("repository"), asked.name);
        let path = self.workspace().join(folder).to_string_lossy().into_owned();
        let mut args = vec!["worktree", "add", "--quiet"];
        match (&asked.new_branch, &asked.branch) {
            (Some(new), from) => {
                args.extend(["-b", new, "--end-of-options", &path]);
                args.extend(start.as_deref().or(from.as_deref()));
            }
            (None, Some(branch)) => args.extend(["--end-of-options", &path, branch]),
            (None, None) => {
                args.extend(["--end-of-options", &path]);
                args.extend(start.as_deref());
            }
        }
        self.list(&args).await?;
        Ok(GitWorktreeCreated { message: format!("Created worktree {}", asked.name), path })
    }

    /// The commit that a name stands for: a branch here, one at `origin`, or anything else that git knows.
    async fn commit_of(&self, name: &str) -> Result<String, GitError> {
        if !is_revision(name) {
            return Err(bad("branch", name, "the name of a branch, a tag or a hash"));
        }
        for of in [format!("refs/heads/{name}"), format!("refs/remotes/origin/{name}"), name.to_owned()] {
            let commit = format!("{of}^{{commit}}");
            match self.list(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).await {
                // Some versions print what ends the options too.
                Ok(hash) => return Ok(text(hash).lines().last().unwrap_or_default().to_owned()),
                Err(GitError::Failed(1, _)) => {}
                Err(e) => return Err(e),
            }
        }
        Err(bad("branch", name, "the name of a branch, a tag or a hash that this repository has"))
    }

    async fn list(&self, args: &[&str]) -> Result<Vec<u8>, GitError> {
        let mut printed = Vec::new();
        let keep = |bytes: &[u8]| {
            if printed.len() + bytes.len() > LIST {
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, "git printed more than expected"));
            }
            printed.extend_from_slice(bytes);
            Ok(())
        };
        let args = args.iter().map(|a| (*a).to_owned()).collect();
        self.start(args, BTreeMap::new()).await?.finish(keep, |_| Ok(())).await?;
        Ok(printed)
    }
}

fn bad(key: &str, value: &str, allowed: &str) -> GitError {
    let value: String = value.chars().take(80).collect();
    GitError::BadName(format!("{key} is {value:?}; it is {allowed}"))
}

fn is_folder_name(name: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..=100).contains(&name.len()) && name.bytes().all(good) && !name.starts_with(['.', '-'])
}

/// git-check-ref-format(1), and no name that begins as an option does.
fn is_branch_name(name: &str) -> bool {
    let part = |p: &str| !p.is_empty() && !p.starts_with('.') && !p.ends_with(".lock");
    is_revision(name)
        && !name.contains([':', '?', '*', '[', '\\', '^', '~'])
        && !name.contains("@{")
        && !name.contains("..")
        && !name.ends_with('.')
        && name != "@"
        && name.split('/').all(part)
}

/// What may name one commit: no option, no range, no white space.
fn is_revision(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(['-', '^', ':'])
        && !name.contains("..")
        && !name.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Lines of `refname NUL hash NUL mark`, local branches and remotes' in one order.
fn merge(printed: &str) -> Vec<GitBranch> {
    let mut branches: Vec<GitBranch> = Vec::new();
    for line in printed.lines() {
        let mut fields = line.split('\0');
        let (Some(refname), Some(sha), Some(mark)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let (name, remote) = if let Some(name) = refname.strip_prefix("refs/heads/") {
            (name, false)
        } else if let Some(name) = refname.strip_prefix("refs/remotes/") {
            (name.strip_prefix("origin/").unwrap_or(name), true)
        } else {
            continue;
        };
        if remote && (name == "HEAD" || name.ends_with("/HEAD")) {
            continue;
        }
        let branch = GitBranch { name: name.to_owned(), sha: sha.to_owned(), current: mark == "*", remote };
        match branches.iter_mut().find(|b| b.name == name) {
            Some(there) => {
                let current = there.current || branch.current;
                if remote {
                    *there = branch;
                }
                there.current = current;
            }
            None => branches.push(branch),
        }
    }
    branches
}

/// Six fields for each, all ended by NUL.
fn commits(printed: &str) -> Vec<GitCommit> {
    let fields: Vec<&str> = printed.split('\0').collect();
    let (all, _) = fields.as_chunks::<6>();
    let commit = |[sha, short_sha, author_name, author_email, date, message]: &[&str; 6]| GitCommit {
        sha: (*sha).to_owned(),
        short_sha: (*short_sha).to_owned(),
        author_name: (*author_name).to_owned(),
        author_email: (*author_email).to_owned(),
        date: (*date).to_owned(),
        message: (*message).to_owned(),
    };
    all.iter().map(commit).collect()
}

/// Records of lines that are ended by NUL, ended by an empty one.
fn worktrees(printed: &str) -> Vec<GitWorktree> {
    let mut all: Vec<GitWorktree> = Vec::new();
    for line in printed.split('\0') {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        if key == "worktree" {
            let none =
                GitWorktree { path: value.to_owned(), sha: None, branch: None, bare: None, detached: None };
            all.push(none);
            continue;
        }
        let Some(last) = all.last_mut() else { continue };
        match key {
            "HEAD" => last.sha = Some(value.to_owned()),
            "branch" => last.branch = Some(value.strip_prefix("refs/heads/").unwrap_or(value).to_owned()),
            "bare" => last.bare = Some(true),
            "detached" => last.detached = Some(true),
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_options() {
        for good in ["main", "feature/x", "v1.0", "a-b_c", "ü"] {
            assert!(is_branch_name(good), "{good}");
        }
        for bad in [
            "",
            "-b",
            "--upload-pack=x",
            "a b",
            "a\nb",
            "a..b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[",
            "a\\b",
            ".a",
            "a/.b",
            "a.lock",
            "a.",
            "a//b",
            "/a",
            "a/",
            "@",
            "a@{1}",
            "\u{7f}",
        ] {
            assert!(!is_branch_name(bad), "{bad}");
        }
        assert!(is_revision("HEAD~3") && is_revision("origin/main") && is_revision("0123abcd"));
        for bad in ["", "-x", "--all", "^main", ":/fix", "a..b", "a b", "a\0b"] {
            assert!(!is_revision(bad), "{bad}");
        }
        for bad in ["", ".", "..", ".x", "-x", "a/b", "a b", "a\0"] {
            assert!(!is_folder_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_branch_that_is_here_and_there_is_one() {
        let printed = "refs/heads/main\0a\0*\nrefs/remotes/origin/HEAD\0b\0 \nrefs/remotes/origin/main\0b\0 \nrefs/heads/x\0c\0 \nrefs/remotes/up/x\0d\0 \n";
        let branch = |name: &str, sha: &str, current, remote| GitBranch {
            name: name.to_owned(),
            sha: sha.to_owned(),
            current,
            remote,
        };
        assert_eq!(
            merge(printed),
            [
                branch("main", "b", true, true),
                branch("x", "c", false, false),
                branch("up/x", "d", false, true)
            ]
        );
    }

    #[test]
    fn records_that_are_read() {
        let printed = "1\u{0}1\0Ann\0a@x\u{0}2026-01-01T00:00:00+00:00\0one\u{0}2\u{0}2\0Bob\0b@x\u{0}2026-01-01T00:00:00+00:00\0\0";
        let read = commits(printed);
        assert_eq!((read.len(), read[0].author_name.as_str(), read[1].message.as_str()), (2, "Ann", ""));
        let read = worktrees(
            "worktree /w\nx\0HEAD 12\0branch refs/heads/a/b\0\0worktree /v\0bare\0\0worktree /u\0HEAD 3\0detached\0\0",
        );
        assert_eq!((read[0].path.as_str(), read[0].branch.as_deref()), ("/w\nx", Some("a/b")));
        assert_eq!(
            (read[1].bare, read[2].detached, read[2].sha.as_deref()),
            (Some(true), Some(true), Some("3"))
        );
    }
}
