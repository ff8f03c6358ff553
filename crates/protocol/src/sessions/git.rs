//! Git in a workspace as seed 003 0.2.0 shows it, and the query strings of its files.

use macro_rules_attribute::apply;

use crate::{
    limits,
    names::{NO_NUL_PATTERN, no_nul},
    wire::message,
};

/// `GET …/fs/snapshot`
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotQuery {
    /// A folder, absolute or below the workspace; empty is the workspace.
    #[garde(length(bytes, max = limits::PATH_BYTES), custom(no_nul))]
    #[schemars(regex(pattern = NO_NUL_PATTERN), extend("x-maxLengthUtf8" = limits::PATH_BYTES))]
    #[serde(default)]
    pub path: String,
    /// Whether dot files and what git ignores are shown too.
    #[serde(default)]
    pub show_all_files: bool,
}

/// `GET …/fs/git/branches` and `…/worktrees`
#[apply(message)]
#[derive(Eq)]
pub struct GitQuery {
    /// A folder in the repository, absolute or below the workspace; empty is the workspace.
    #[garde(length(bytes, max = limits::PATH_BYTES), custom(no_nul))]
    #[schemars(regex(pattern = NO_NUL_PATTERN), extend("x-maxLengthUtf8" = limits::PATH_BYTES))]
    #[serde(default)]
    pub path: String,
}

/// `GET …/fs/git/commits`
#[apply(message)]
#[derive(Eq)]
pub struct GitCommitsQuery {
    /// A folder in the repository, absolute or below the workspace; empty is the workspace.
    #[garde(length(bytes, max = limits::PATH_BYTES), custom(no_nul))]
    #[schemars(regex(pattern = NO_NUL_PATTERN), extend("x-maxLengthUtf8" = limits::PATH_BYTES))]
    #[serde(default)]
    pub path: String,
    /// Which branch; the one that is checked out when absent.
    #[garde(length(utf16, min = 1, max = limits::GIT_NAME_UTF16))]
    pub branch: Option<String>,
    /// At most so many; more than 200 are 200.
    #[garde(range(min = 1))]
    #[serde(default = "twenty")]
    pub limit: u32,
}

const fn twenty() -> u32 {
    20
}

/// A branch.
#[apply(message)]
#[derive(Eq)]
pub struct GitBranch {
    /// Its name, without the remote's.
    pub name: String,
    /// The commit that it stands at.
    pub sha: String,
    /// Whether it is checked out here.
    pub current: bool,
    /// Whether it is the remote's.
    pub remote: bool,
}

/// `GET …/fs/git/branches`
#[apply(message)]
#[derive(Eq)]
pub struct GitBranchList {
    /// The last changed first.
    #[garde(dive)]
    pub branches: Vec<GitBranch>,
}

/// A commit.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct GitCommit {
    /// Its hash.
    pub sha: String,
    /// The hash, abbreviated.
    pub short_sha: String,
    /// Who wrote it.
    pub author_name: String,
    /// Their address.
    pub author_email: String,
    /// When, in ISO-8601.
    pub date: String,
    /// The first line of its message.
    pub message: String,
}

/// `GET …/fs/git/commits`
#[apply(message)]
#[derive(Eq)]
pub struct GitCommitList {
    /// Of which branch; `HEAD` when none is checked out.
    pub branch: String,
    /// The newest first.
    #[garde(dive)]
    pub commits: Vec<GitCommit>,
}

/// A worktree.
#[apply(message)]
#[derive(Eq)]
pub struct GitWorktree {
    /// Where it is.
    pub path: String,
    /// The commit that is checked out.
    pub sha: Option<String>,
    /// The branch that is checked out.
    pub branch: Option<String>,
    /// Whether it is a bare repository.
    pub bare: Option<bool>,
    /// Whether no branch is checked out.
    pub detached: Option<bool>,
}

/// `GET …/fs/git/worktrees`
#[apply(message)]
#[derive(Eq)]
pub struct GitWorktreeList {
    /// The main one first.
    #[garde(dive)]
    pub worktrees: Vec<GitWorktree>,
}

/// `POST …/fs/git/worktrees`
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct CreateGitWorktreeBody {
    /// The new folder's name: letters, digits, `.`, `_` and `-`, not beginning with `.` or `-`.
    #[garde(length(utf16, min = 1, max = 100))]
    pub name: String,
    /// A folder in the repository, absolute or below the workspace; the workspace when absent.
    #[garde(length(bytes, max = limits::PATH_BYTES), inner(custom(no_nul)))]
    #[schemars(regex(pattern = NO_NUL_PATTERN), extend("x-maxLengthUtf8" = limits::PATH_BYTES))]
    pub path: Option<String>,
    /// A branch that is there, to check out.
    #[garde(length(utf16, min = 1, max = limits::GIT_NAME_UTF16))]
    pub branch: Option<String>,
    /// A branch to make.
    #[garde(length(utf16, min = 1, max = limits::GIT_NAME_UTF16))]
    pub new_branch: Option<String>,
    /// Where the new branch begins: a branch, a tag or a hash.
    #[garde(length(utf16, min = 1, max = limits::GIT_NAME_UTF16))]
    pub start_point: Option<String>,
}

/// A worktree was made.
#[apply(message)]
#[derive(Eq)]
pub struct GitWorktreeCreated {
    /// Where it is.
    pub path: String,
    /// What git said.
    pub message: String,
}
