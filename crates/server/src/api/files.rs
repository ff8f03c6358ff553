//! Files of a workspace, and what the agent changed: asked of the instance's host API and passed on.
//!
//! The instance is hostile: of its answers only the bytes and a few known statuses go on, never a header; JSON is read
//! and written anew; sizes and silence are bounded. Browsers never render what comes out of a workspace.

use std::{
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::{Stream, stream};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use lia_protocol::{
    error::{ApiError, ErrorCode},
    host_api::DirList,
    ids::TaskId,
    limits,
    query::{FileQuery, FolderQuery, RepositoryQuery},
};
use lia_store::TaskRecord;
use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

use super::{
    Api,
    auth::Principal,
    error::{Failure, bad_request},
    extract::{ApiPath, ApiQuery, too_large},
};
use crate::engine::Access;

/// How long the head of an answer may take after the last bytes of the request; git may have to look at a large tree
/// first.
const HEAD_DEADLINE: Duration = Duration::from_secs(120);
/// How long the next bytes of a body may take, either way.
const SILENCE: Duration = Duration::from_secs(60);
/// Bytes of a [`DirList`]: 10,000 names of 255 bytes, escaped.
const LIST_BYTES: usize = 20 << 20;
/// Bytes of an error.
const ERROR_BYTES: usize = 64 << 10;

/// `GET /api/v1/tasks/{id}/files?path=`
pub async fn list(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<FolderQuery>,
) -> Result<Json<DirList>, Failure> {
    let task = api.task(&caller, id).await?;
    let target = target("/fs/list", "path", &q.path);
    let answer = ask(&api, &task, Method::GET, &target, Body::empty(), Forbid::IsBad).await?;
    read_json(answer, LIST_BYTES).await.map(Json)
}

/// An answer of at most so many bytes, read as the type that it should be.
pub(super) async fn read_json<T: DeserializeOwned>(answer: Incoming, most: usize) -> Result<T, Failure> {
    let read = timeout(SILENCE, Limited::new(answer, most).collect()).await;
    let bytes = match read.map_err(|_| silent())? {
        Ok(bytes) => bytes.to_bytes(),
        Err(e) if e.is::<http_body_util::LengthLimitError>() => {
            return Err(Failure::new(
                ErrorCode::TooLarge,
                format!("what is asked for has more than {most} bytes"),
            ));
        }
        Err(_) => return Err(strange("a list that broke off")),
    };
    serde_json::from_slice(&bytes).map_err(|_| strange("a list that cannot be read"))
}

/// `GET /api/v1/tasks/{id}/files/content?path=`
pub async fn read(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<FileQuery>,
) -> Result<Response, Failure> {
    let task = api.task(&caller, id).await?;
    let answer =
        ask(&api, &task, Method::GET, &target("/fs/file", "path", &q.path), Body::empty(), Forbid::IsBad)
            .await?;
    Ok(pass_on(answer, "application/octet-stream"))
}

/// `PUT /api/v1/tasks/{id}/files/content?path=`
pub async fn write(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<FileQuery>,
    req: Request,
) -> Result<StatusCode, Failure> {
    let task = api.task(&caller, id).await?;
    let said = req.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|n| n > limits::HOST_FILE_BYTES) {
        return Err(too_large(limits::HOST_FILE_BYTES));
    }
    let most = usize::try_from(limits::HOST_FILE_BYTES).unwrap_or(usize::MAX);
    let body = Body::new(Limited::new(req.into_body(), most));
    drop(ask(&api, &task, Method::PUT, &target("/fs/file", "path", &q.path), body, Forbid::IsBad).await?);
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/tasks/{id}/diff`
pub async fn diff(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<RepositoryQuery>,
) -> Result<Response, Failure> {
    let task = api.task(&caller, id).await?;
    let answer =
        ask(&api, &task, Method::GET, &target("/repo/diff", "dir", &q.dir), Body::empty(), Forbid::IsBad)
            .await?;
    Ok(pass_on(answer, "text/x-diff; charset=utf-8"))
}

/// `GET /api/v1/tasks/{id}/bundle`
pub async fn bundle(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<RepositoryQuery>,
) -> Result<Response, Failure> {
    let task = api.task(&caller, id).await?;
    let answer =
        ask(&api, &task, Method::GET, &target("/repo/bundle", "dir", &q.dir), Body::empty(), Forbid::IsBad)
            .await?;
    Ok(pass_on(answer, "application/x-git-bundle"))
}

/// A request target with one parameter, percent-encoded.
pub(super) fn target(route: &str, key: &str, value: &str) -> String {
    encoded(format!("{route}?{key}="), value)
}

/// One more parameter.
pub(super) fn parameter(key: &str, value: &str) -> String {
    encoded(format!("&{key}="), value)
}

fn encoded(before: String, value: &str) -> String {
    use std::fmt::Write as _;
    value.bytes().fold(before, |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._~/".contains(&b) {
            out.push(char::from(b));
        } else {
            // Writing into memory cannot fail.
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// What a path that leads out of the workspace is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forbid {
    /// No path: 400.
    IsBad,
    /// Forbidden, as seed 003 says: 403.
    Says,
}

/// One request to the host API of a task's instance; the body of a good answer.
pub(super) async fn ask(
    api: &Api,
    task: &TaskRecord,
    method: Method,
    target: &str,
    body: Body,
    forbid: Forbid,
) -> Result<Incoming, Failure> {
    let access = if method == Method::GET { Access::Read } else { Access::Write };
    let stream = api.engine.host_api(task, access).await?;
    exchange(stream, method, target, body, forbid).await
}

/// One request on a connection of its own.
async fn exchange<S>(
    stream: S,
    method: Method,
    target: &str,
    body: Body,
    forbid: Forbid,
) -> Result<Incoming, Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let broken = |e: hyper::Error| {
        tracing::debug!(error = %e, "a host API does not answer as it should");
        strange("an answer that is not HTTP")
    };
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Ends with the answer's body, or when both ends of it are dropped.
    tokio::spawn(async move {
        if let Err(e) = connection.await {
            tracing::debug!(error = %e, "a connection to a host API ended");
        }
    });
    let sent = Arc::new(AtomicU64::new(0));
    let count = sent.clone();
    let counted = body.map_frame(move |frame| {
        count.fetch_add(1, Ordering::Relaxed);
        frame
    });
    let request = hyper::Request::builder()
        .method(method)
        .uri(target)
        .header(header::HOST, "instance")
        .body(counted)
        .map_err(|_| bad_request("the path cannot be asked for"))?;
    let mut sending = pin!(sender.send_request(request));
    let mut before = 0;
    let answer = loop {
        match timeout(HEAD_DEADLINE, &mut sending).await {
            Ok(Ok(answer)) => break answer,
            Ok(Err(e)) if is_too_large(&e) => return Err(too_large(limits::HOST_FILE_BYTES)),
            Ok(Err(e)) => return Err(broken(e)),
            // A large body may take its time, as long as it goes on.
            Err(_) if sent.load(Ordering::Relaxed) > before => before = sent.load(Ordering::Relaxed),
            Err(_) => return Err(silent()),
        }
    };
    if answer.status().is_success() {
        return Ok(answer.into_body());
    }
    let status = answer.status();
    let read = timeout(SILENCE, Limited::new(answer.into_body(), ERROR_BYTES).collect()).await;
    let bytes = read.ok().and_then(Result::ok).map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let said = serde_json::from_slice::<ApiError>(&bytes).ok();
    let sentence = said.map(|e| e.error.chars().filter(|c| !c.is_control()).take(500).collect::<String>());
    let code = match status {
        StatusCode::FORBIDDEN if forbid == Forbid::Says => ErrorCode::Forbidden,
        StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN => ErrorCode::BadRequest,
        StatusCode::NOT_FOUND => ErrorCode::NotFound,
        StatusCode::CONFLICT => ErrorCode::InvalidState,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::TooLarge,
        _ => ErrorCode::VmError,
    };
    Err(Failure::new(code, sentence.unwrap_or_else(|| format!("the sandbox answered {status}"))))
}

fn is_too_large(e: &hyper::Error) -> bool {
    let mut cause = std::error::Error::source(e);
    while let Some(c) = cause {
        if c.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = c.source();
    }
    false
}

/// Streams bytes of the instance to the client.
fn pass_on(answer: Incoming, kind: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, "attachment"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    (headers, Body::from_stream(bounded(answer))).into_response()
}

fn bounded(answer: Incoming) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold((answer, limits::HOST_FILE_BYTES), async |(mut answer, left)| {
        loop {
            let frame = match timeout(SILENCE, answer.frame()).await {
                Err(_) => return Err(io::Error::from(io::ErrorKind::TimedOut)),
                Ok(None) => return Ok(None),
                Ok(Some(frame)) => frame.map_err(io::Error::other)?,
            };
            let Ok(data) = frame.into_data() else { continue };
            let Some(left) = left.checked_sub(data.len() as u64) else {
                return Err(io::Error::from(io::ErrorKind::FileTooLarge));
            };
            return Ok(Some((data, (answer, left))));
        }
    })
}

fn silent() -> Failure {
    Failure::new(ErrorCode::VmError, "the sandbox does not answer")
}

fn strange(what: &str) -> Failure {
    Failure::new(ErrorCode::VmError, format!("the sandbox does not answer as it should: {what}"))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn a_path_stays_one_parameter() {
        assert_eq!(
            target("/fs/file", "path", "a b/ü&x=#?\r\n"),
            "/fs/file?path=a%20b/%C3%BC%26x%3D%23%3F%0D%0A"
        );
    }

    /// What becomes of an instance's answer, whatever its bytes.
    async fn answered(bytes: &'static [u8]) -> Result<Incoming, Failure> {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        tokio::spawn(async move {
            let mut head = [0; 4096];
            let _ = theirs.read(&mut head).await;
            let _ = theirs.write_all(bytes).await;
        });
        exchange(ours, Method::GET, "/fs/file?path=a", Body::empty(), Forbid::IsBad).await
    }

    #[tokio::test]
    async fn an_instances_answer_is_only_bytes() {
        let good = b"HTTP/1.1 200 OK\r\nset-cookie: lia_session=x\r\ncontent-type: text/html\r\ncontent-length: 3\r\n\r\n<b>";
        let response = pass_on(answered(good).await.unwrap(), "application/octet-stream");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/octet-stream");
        assert!(response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("sandbox"));
        assert!(!response.headers().contains_key(header::SET_COOKIE));
        assert_eq!(axum::body::to_bytes(response.into_body(), 10).await.unwrap(), "<b>");

        let code = async |bytes: &'static [u8]| answered(bytes).await.unwrap_err().code();
        let error = b"HTTP/1.1 404 x\r\ncontent-length: 29\r\n\r\n{\"error\":\"no \\u001b[1m such\"}";
        let failure = answered(error).await.unwrap_err();
        assert_eq!((failure.code(), failure.sentence()), (ErrorCode::NotFound, "no [1m such"));
        // It may not speak for the server: no login, no redirect, no success of another kind.
        assert_eq!(code(b"HTTP/1.1 401 x\r\ncontent-length: 0\r\n\r\n").await, ErrorCode::VmError);
        assert_eq!(
            code(b"HTTP/1.1 302 x\r\nlocation: //evil\r\ncontent-length: 0\r\n\r\n").await,
            ErrorCode::VmError
        );
        assert_eq!(code(b"HTTP/1.1 500 x\r\ncontent-length: 99999999\r\n\r\n").await, ErrorCode::VmError);
        assert_eq!(code(b"SSH-2.0-x\r\n").await, ErrorCode::VmError);
        assert_eq!(code(b"").await, ErrorCode::VmError);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends() {
        let (ours, _theirs) = tokio::io::duplex(64);
        let failure =
            exchange(ours, Method::GET, "/repo/diff?dir=", Body::empty(), Forbid::IsBad).await.unwrap_err();
        assert_eq!(failure.code(), ErrorCode::VmError);
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_told_as_that() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        tokio::spawn(async move { while theirs.read(&mut [0; 4096]).await.is_ok_and(|n| n > 0) {} });
        let chunks = stream::iter((0..10).map(|_| Ok::<_, io::Error>(Bytes::from_static(&[0; 1000]))));
        let body = Body::new(Limited::new(Body::from_stream(chunks), 5000));
        let failure = exchange(ours, Method::PUT, "/fs/file?path=a", body, Forbid::IsBad).await.unwrap_err();
        assert_eq!(failure.code(), ErrorCode::TooLarge);
    }
}
