//! Files and repositories of a session as seed 003 shows them, and of an instance: those of the sandbox of its first session
//! that has not ended. What can be done to the bytes themselves is the tasks'
//! affair ([`super::files`]); whom the instance obeys and how its answers are bounded is said there too.

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{Method, StatusCode},
};
use lia_protocol::{
    query::FileQuery,
    sessions::{
        CreateGitWorktreeBody, FilePreview, FileSystemSnapshot, GitBranchList, GitCommitList,
        GitCommitsQuery, GitQuery, GitWorktreeCreated, GitWorktreeList, SnapshotQuery,
    },
};
use lia_store::TaskRecord;
use serde::de::DeserializeOwned;

use super::{
    Api,
    auth::Principal,
    error::Failure,
    extract::{ApiJson, ApiPath, ApiQuery},
    files::{self, Forbid, parameter},
};

/// Bytes of a preview: 100,000 units, each escaped, and what is around them.
pub(crate) const PREVIEW_BYTES: usize = 2 << 20;
/// Bytes of a snapshot: 10,000 names of 255 bytes, escaped, each with its repository.
pub(crate) const SNAPSHOT_BYTES: usize = 40 << 20;
/// Bytes of a list of git's.
const GIT_BYTES: usize = 32 << 20;

/// Whose sandbox a route's first parameter names.
pub trait Whose: 'static {
    /// The task that the sandbox belongs to, if it is the caller's.
    fn task(
        api: &Api,
        caller: &Principal,
        name: &str,
    ) -> impl Future<Output = Result<TaskRecord, Failure>> + Send;
}

/// A session's: `/api/agents/{agentId}`.
#[derive(Debug)]
pub enum OfSession {}

/// An instance's: `/api/runtimes/{instanceName}`.
#[derive(Debug)]
pub enum OfInstance {}

impl Whose for OfSession {
    async fn task(api: &Api, caller: &Principal, id: &str) -> Result<TaskRecord, Failure> {
        api.session(caller, id).await
    }
}

impl Whose for OfInstance {
    async fn task(api: &Api, caller: &Principal, name: &str) -> Result<TaskRecord, Failure> {
        let first = api.engine.first_session(name, &caller.user).await?;
        api.task(caller, first).await
    }
}

/// What the instance answers, read and bounded.
async fn look<T: DeserializeOwned>(
    api: &Api,
    task: &TaskRecord,
    target: &str,
    most: usize,
) -> Result<Json<T>, Failure> {
    let answer = files::ask(api, task, Method::GET, target, Body::empty(), Forbid::Says).await?;
    files::read_json(answer, most).await.map(Json)
}

fn snapshot_target(path: &str, all: bool) -> String {
    files::target("/fs/snapshot", "path", path) + &parameter("all", &all.to_string())
}

/// A folder of a session's sandbox, or of what is kept of it, in at most so many bytes.
pub(crate) async fn snapshot_of(
    api: &Api,
    task: &TaskRecord,
    path: &str,
    all: bool,
    most: usize,
) -> Result<FileSystemSnapshot, Failure> {
    look(api, task, &snapshot_target(path, all), most).await.map(|Json(snapshot)| snapshot)
}

/// The beginning of one of its files.
pub(crate) async fn preview_of(
    api: &Api,
    task: &TaskRecord,
    path: &str,
    most: usize,
) -> Result<FilePreview, Failure> {
    look(api, task, &files::target("/fs/preview", "path", path), most).await.map(|Json(preview)| preview)
}

/// `GET …/files?path=`
pub async fn preview<W: Whose>(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(name): ApiPath<String>,
    ApiQuery(q): ApiQuery<FileQuery>,
) -> Result<Json<FilePreview>, Failure> {
    let task = W::task(&api, &caller, &name).await?;
    preview_of(&api, &task, &q.path, PREVIEW_BYTES).await.map(Json)
}

/// `GET …/fs/snapshot?path=&showAllFiles=`
pub async fn snapshot<W: Whose>(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(name): ApiPath<String>,
    ApiQuery(q): ApiQuery<SnapshotQuery>,
) -> Result<Json<FileSystemSnapshot>, Failure> {
    let task = W::task(&api, &caller, &name).await?;
    snapshot_of(&api, &task, &q.path, q.show_all_files, SNAPSHOT_BYTES).await.map(Json)
}

/// `GET …/fs/git/branches`
pub async fn branches<W: Whose>(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(name): ApiPath<String>,
    ApiQuery(q): ApiQuery<GitQuery>,
) -> Result<Json<GitBranchList>, Failure> {
    let task = W::task(&api, &caller, &name).await?;
    look(&api, &task, &files::target("/git/branches", "path", &q.path), GIT_BYTES).await
}

/// `GET …/fs/git/commits`
pub async fn commits<W: Whose>(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(name): ApiPath<String>,
    ApiQuery(q): ApiQuery<GitCommitsQuery>,
) -> Result<Json<GitCommitList>, Failure> {
    let task = W::task(&api, &caller, &name).await?;
    let mut target =
        files::target("/git/commits", "path", &q.path) + &parameter("limit", &q.limit.to_string());
    if let Some(branch) = &q.branch {
        target += &parameter("branch", branch);
    }
    look(&api, &task, &target, GIT_BYTES).await
}

/// `GET …/fs/git/worktrees`
pub async fn worktrees<W: Whose>(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(name): ApiPath<String>,
    ApiQuery(q): ApiQuery<GitQuery>,
) -> Result<Json<GitWorktreeList>, Failure> {
    let task = W::task(&api, &caller, &name).await?;
    look(&api, &task, &files::target("/git/worktrees", "path", &q.path), GIT_BYTES).await
}

/// `POST …/fs/git/worktrees`
pub async fn add_worktree<W: Whose>(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(name): ApiPath<String>,
    body: ApiJson<CreateGitWorktreeBody>,
) -> Result<(StatusCode, Json<GitWorktreeCreated>), Failure> {
    let task = W::task(&api, &caller, &name).await?;
    let answer =
        files::ask(&api, &task, Method::POST, "/git/worktrees", Body::from(body.bytes), Forbid::Says).await?;
    Ok((StatusCode::CREATED, Json(files::read_json(answer, GIT_BYTES).await?)))
}
