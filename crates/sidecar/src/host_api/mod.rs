//! The host API: HTTP/1.1 for what is asked and answered (`lia_protocol::host_api` lists the routes). Paths are confined
//! to the workspace by the kernel; git runs where the agent runs.

use std::{convert::Infallible, io, path::Path, rc::Rc};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Either, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use lia_protocol::{
    error::{ApiError, ErrorCode},
    host_api::HostHealth,
    limits::{HOST_FILE_BYTES, UPLOAD_BYTES},
    sessions::CreateGitWorktreeBody,
};
use nix::fcntl::OFlag;
use tokio::net::UnixStream;

use crate::{git::Git, instance::Instance};

mod file_body;
mod list;
mod snapshot;
mod terminals;

use file_body::FileBody;

/// Bytes of a request for a worktree.
const WORKTREE_BYTES: usize = 64 << 10;

type Body = Either<Full<Bytes>, Either<FileBody, terminals::OutputBody>>;

/// What is answered when it cannot be done.
struct Failure(ErrorCode, String);

impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Self {
        let code = match e.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ErrorCode::NotFound,
            io::ErrorKind::PermissionDenied => ErrorCode::Forbidden,
            io::ErrorKind::InvalidInput | io::ErrorKind::IsADirectory | io::ErrorKind::InvalidFilename => {
                ErrorCode::BadRequest
            }
            io::ErrorKind::FileTooLarge => ErrorCode::TooLarge,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorCode::Unavailable,
            _ => ErrorCode::VmError,
        };
        Self(code, e.to_string())
    }
}

impl From<crate::git::GitError> for Failure {
    fn from(e: crate::git::GitError) -> Self {
        let code = match e {
            crate::git::GitError::BadName(_) => ErrorCode::BadRequest,
            crate::git::GitError::Spawn(_)
            | crate::git::GitError::Io(_)
            | crate::git::GitError::Failed(..)
            | crate::git::GitError::TooLong(_) => ErrorCode::VmError,
        };
        Self(code, e.to_string())
    }
}

/// Of what a person asks of a repository, git's no is about the request.
fn asked(e: crate::git::GitError) -> Failure {
    match e {
        crate::git::GitError::Failed(_, said) => Failure(ErrorCode::BadRequest, said),
        other => other.into(),
    }
}

/// Serves one connection.
pub async fn serve(instance: Rc<Instance>, stream: UnixStream) {
    let service = service_fn(move |request| {
        let instance = Rc::clone(&instance);
        async move { Ok::<_, Infallible>(answer(&instance, request).await) }
    });
    // A broken connection is the dialler's affair.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(instance: &Rc<Instance>, request: Request<Incoming>) -> Response<Body> {
    match route(instance, request).await {
        Ok(response) => response,
        Err(Failure(code, message)) => {
            let json = serde_json::to_vec(&ApiError::new(code, message)).unwrap_or_default();
            let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            with(status, "application/json", json)
        }
    }
}

fn with(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::new(body.into())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}

fn json(value: &impl serde::Serialize) -> Response<Body> {
    with(StatusCode::OK, "application/json", serde_json::to_vec(value).unwrap_or_default())
}

fn file(kind: &'static str, body: FileBody) -> Response<Body> {
    let size = body.size();
    let mut response = Response::new(Either::Right(Either::Left(body)));
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response.headers_mut().insert(CONTENT_LENGTH, size.into());
    response
}

fn empty() -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

async fn route(instance: &Rc<Instance>, request: Request<Incoming>) -> Result<Response<Body>, Failure> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let value = |key: &str| query_value(&query, key);
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/health") => Ok(json(&HostHealth {
            status: "ok".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            sessions: instance.sessions(),
        })),
        (&Method::GET, "/fs/list") => Ok(json(&list::list(&instance.workspace, Path::new(&value("path")?))?)),
        (&Method::GET, "/fs/file") => {
            let (opened, stat) = instance.workspace.read(Path::new(&needed(value("path")?, "path")?))?;
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            if size > HOST_FILE_BYTES {
                return Err(Failure(
                    ErrorCode::TooLarge,
                    format!("the file has {size} bytes; allowed are {HOST_FILE_BYTES}"),
                ));
            }
            Ok(file("application/octet-stream", FileBody::new(opened, size)))
        }
        (&Method::GET, "/fs/preview") => {
            Ok(json(&snapshot::preview(&instance.workspace, &needed(value("path")?, "path")?)?))
        }
        (&Method::GET, "/fs/snapshot") => {
            Ok(json(&snapshot::snapshot(&instance.workspace, &value("path")?, value("all")? == "true")?))
        }
        (&Method::GET, "/git/branches") => {
            Ok(json(&git_at(instance, &value("path")?)?.branches().await.map_err(asked)?))
        }
        (&Method::GET, "/git/commits") => {
            let branch = Some(value("branch")?).filter(|b| !b.is_empty());
            let limit = value("limit")?.parse().unwrap_or(20);
            let git = git_at(instance, &value("path")?)?;
            Ok(json(&git.commits(branch.as_deref(), limit).await.map_err(asked)?))
        }
        (&Method::GET, "/git/worktrees") => {
            Ok(json(&git_at(instance, &value("path")?)?.worktrees().await.map_err(asked)?))
        }
        (&Method::POST, "/git/worktrees") => {
            let body = Limited::new(request.into_body(), WORKTREE_BYTES).collect().await;
            let body = body.map_err(|e| Failure(ErrorCode::BadRequest, format!("the body: {e}")))?.to_bytes();
            let body: CreateGitWorktreeBody =
                serde_json::from_slice(&body).map_err(|e| Failure(ErrorCode::BadRequest, e.to_string()))?;
            let git = git_at(instance, body.path.as_deref().unwrap_or_default())?;
            let made = git.add_worktree(&body).await.map_err(asked)?;
            let mut response = json(&made);
            *response.status_mut() = StatusCode::CREATED;
            Ok(response)
        }
        (&Method::PUT, "/fs/file") => {
            let path = needed(value("path")?, "path")?;
            let mut draft = instance.workspace.draft(Path::new(&path))?;
            receive(request.into_body(), &mut draft.file, HOST_FILE_BYTES).await?;
            draft.commit()?;
            Ok(empty())
        }
        (&Method::POST, "/repo/import") => {
            let (dir, branch) = (folder(value("dir")?)?, value("branch")?);
            if branch.starts_with('-') {
                return Err(Failure(
                    ErrorCode::BadRequest,
                    format!("branch is {branch:?}; a branch begins with no '-'"),
                ));
            }
            let mut scratch = Scratch::new()?;
            receive(request.into_body(), &mut scratch.file, UPLOAD_BYTES).await?;
            let branch = Some(branch).filter(|b| !b.is_empty());
            Git::new(instance, &dir).import(&scratch.path, branch.as_deref()).await?;
            Ok(empty())
        }
        (&Method::GET, "/repo/diff") => {
            let mut scratch = Scratch::new()?;
            Git::new(instance, &folder(value("dir")?)?).diff(|b| bounded(&mut scratch.file, b)).await?;
            Ok(file("text/x-diff", FileBody::whole(scratch.again()?)?))
        }
        (&Method::GET, "/repo/bundle") => {
            let mut scratch = Scratch::new()?;
            Git::new(instance, &folder(value("dir")?)?).bundle(|b| bounded(&mut scratch.file, b)).await?;
            Ok(file("application/x-git-bundle", FileBody::whole(scratch.again()?)?))
        }
        (_, path) if path.starts_with("/sessions/") => terminals::route(instance, request).await,
        (_, path) => Err(Failure(ErrorCode::NotFound, format!("there is no {path} here"))),
    }
}

/// Git in a folder of a request.
fn git_at(instance: &Rc<Instance>, path: &str) -> Result<Git, Failure> {
    let folder = snapshot::below(&instance.workspace, path)?;
    let is_folder = instance.workspace.open(&folder, OFlag::O_PATH | OFlag::O_DIRECTORY);
    is_folder.map_err(|e| match e.kind() {
        io::ErrorKind::PermissionDenied => Failure::from(e),
        _ => Failure(ErrorCode::BadRequest, format!("there is no folder {path:?}")),
    })?;
    Ok(Git::new(instance, &folder.to_string_lossy()))
}

fn needed(value: String, key: &str) -> Result<String, Failure> {
    if value.is_empty() {
        Err(Failure(ErrorCode::BadRequest, format!("{key} is missing")))
    } else {
        Ok(value)
    }
}

/// A folder of the workspace; empty is the workspace itself.
fn folder(dir: String) -> Result<String, Failure> {
    if dir.is_empty() || crate::confine::is_plain(Path::new(&dir)) {
        Ok(dir)
    } else {
        Err(Failure(ErrorCode::BadRequest, format!("dir is {dir:?}; it is a relative path without '..'")))
    }
}

/// A query value, percent-decoded; empty when absent.
fn query_value(query: &str, key: &str) -> Result<String, Failure> {
    let raw = query
        .split('&')
        .find_map(|pair| pair.split_once('=').filter(|(k, _)| *k == key))
        .map_or("", |(_, v)| v);
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'%' => {
                let two = [bytes.next().unwrap_or(b'?'), bytes.next().unwrap_or(b'?')];
                let hex = std::str::from_utf8(&two).ok().and_then(|h| u8::from_str_radix(h, 16).ok());
                out.push(hex.ok_or_else(|| {
                    Failure(ErrorCode::BadRequest, format!("{key} is not percent-encoded"))
                })?);
            }
            b'+' => out.push(b' '),
            b => out.push(b),
        }
    }
    String::from_utf8(out).map_err(|_| Failure(ErrorCode::BadRequest, format!("{key} is not UTF-8")))
}

async fn receive(mut body: Incoming, to: &mut std::fs::File, max: u64) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| Failure(ErrorCode::BadRequest, format!("the body broke off: {e}")))?;
        if let Ok(data) = frame.into_data() {
            size += data.len() as u64;
            if size > max {
                return Err(Failure(ErrorCode::TooLarge, format!("the body has more than {max} bytes")));
            }
            to.write_all(&data)?;
        }
    }
    Ok(())
}

fn bounded(to: &mut std::fs::File, bytes: &[u8]) -> io::Result<()> {
    use std::io::{Seek as _, Write as _};
    if to.stream_position()? + bytes.len() as u64 > UPLOAD_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("git printed more than {UPLOAD_BYTES} bytes"),
        ));
    }
    to.write_all(bytes)
}

/// A file in the instance's /tmp, where git (on the agent's side) sees it too; gone when dropped. We ourselves keep to
/// the descriptor, whatever the agent puts in its place.
struct Scratch {
    path: String,
    file: std::fs::File,
}

impl Scratch {
    fn new() -> io::Result<Self> {
        let path = format!("/tmp/.lia-{}", lia_protocol::ids::UploadId::new());
        let file = std::fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        Ok(Self { path, file })
    }

    /// The file from its beginning.
    fn again(&mut self) -> io::Result<std::fs::File> {
        use std::io::Seek as _;
        self.file.rewind()?;
        self.file.try_clone()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
