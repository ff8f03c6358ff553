//! Files of a workspace, and what the agent changed: asked of the instance's host API and passed on.
//!
//! The instance is hostile: of its answers only the bytes and a few known statuses go on, never a header; JSON is read
//! and written anew; sizes and silence are bounded. Browsers never render what comes out of a workspace.

use std::{io, time::Duration};

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
};
use lia_store::TaskRecord;
use serde::Deserialize;
use tokio::time::timeout;

use super::{
    Api,
    auth::Principal,
    error::{Failure, bad_request, invalid},
    extract::{ApiPath, ApiQuery, too_large},
};

/// How long the head of an answer may take; git may have to look at a large tree first.
const HEAD_DEADLINE: Duration = Duration::from_secs(120);
/// How long the next bytes of a body may take, either way.
const SILENCE: Duration = Duration::from_secs(60);
/// Bytes of a [`DirList`]: 10,000 names of 255 bytes, escaped.
const LIST_BYTES: usize = 20 << 20;
/// Bytes of an error.
const ERROR_BYTES: usize = 64 << 10;

/// Which file, or which folder.
#[derive(Debug, Deserialize)]
pub struct PathQuery {
    #[serde(default)]
    path: String,
}

/// Which repository.
#[derive(Debug, Deserialize)]
pub struct DirQuery {
    #[serde(default)]
    dir: String,
}

/// `GET /api/v1/tasks/{id}/files?path=`
pub async fn list(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<PathQuery>,
) -> Result<Json<DirList>, Failure> {
    let task = api.task(&caller, id).await?;
    let answer = ask(&api, &task, Method::GET, &target("/fs/list", "path", &q.path), Body::empty()).await?;
    let read = timeout(SILENCE, Limited::new(answer, LIST_BYTES).collect()).await;
    let bytes =
        read.map_err(|_| silent())?.map_err(|_| strange("a list that is too long or broke off"))?.to_bytes();
    serde_json::from_slice(&bytes).map(Json).map_err(|_| strange("a list that cannot be read"))
}

/// `GET /api/v1/tasks/{id}/files/content?path=`
pub async fn read(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<PathQuery>,
) -> Result<Response, Failure> {
    let task = api.task(&caller, id).await?;
    let path = file(&q.path)?;
    let answer = ask(&api, &task, Method::GET, &target("/fs/file", "path", path), Body::empty()).await?;
    Ok(pass_on(answer, "application/octet-stream"))
}

/// `PUT /api/v1/tasks/{id}/files/content?path=`
pub async fn write(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<PathQuery>,
    req: Request,
) -> Result<StatusCode, Failure> {
    let task = api.task(&caller, id).await?;
    let path = file(&q.path)?;
    let said = req.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|n| n > limits::HOST_FILE_BYTES) {
        return Err(too_large(limits::HOST_FILE_BYTES));
    }
    let most = usize::try_from(limits::HOST_FILE_BYTES).unwrap_or(usize::MAX);
    let body = Body::new(Limited::new(req.into_body(), most));
    drop(ask(&api, &task, Method::PUT, &target("/fs/file", "path", path), body).await?);
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/tasks/{id}/diff`
pub async fn diff(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<DirQuery>,
) -> Result<Response, Failure> {
    let task = api.task(&caller, id).await?;
    let answer = ask(&api, &task, Method::GET, &target("/repo/diff", "dir", &q.dir), Body::empty()).await?;
    Ok(pass_on(answer, "text/x-diff; charset=utf-8"))
}

/// `GET /api/v1/tasks/{id}/bundle`
pub async fn bundle(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<DirQuery>,
) -> Result<Response, Failure> {
    let task = api.task(&caller, id).await?;
    let answer = ask(&api, &task, Method::GET, &target("/repo/bundle", "dir", &q.dir), Body::empty()).await?;
    Ok(pass_on(answer, "application/x-git-bundle"))
}

fn file(path: &str) -> Result<&str, Failure> {
    if path.is_empty() || path.len() > 4096 || path.contains('\0') {
        return Err(invalid("path", "is a file's path below the workspace: 1 to 4096 bytes without NUL"));
    }
    Ok(path)
}

/// A request target with one parameter, percent-encoded.
fn target(route: &str, key: &str, value: &str) -> String {
    use std::fmt::Write as _;
    value.bytes().fold(format!("{route}?{key}="), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._~/".contains(&b) {
            out.push(char::from(b));
        } else {
            // Writing into memory cannot fail.
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// One request to the host API on a connection of its own; the body of a good answer.
async fn ask(
    api: &Api,
    task: &TaskRecord,
    method: Method,
    target: &str,
    body: Body,
) -> Result<Incoming, Failure> {
    let stream = api.engine.host_api(task).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|_| strange("no HTTP"))?;
    // Ends with the answer's body, or when both ends of it are dropped.
    tokio::spawn(async move {
        if let Err(e) = connection.await {
            tracing::debug!(error = %e, "a connection to a host API ended");
        }
    });
    let request = hyper::Request::builder()
        .method(method)
        .uri(target)
        .header(header::HOST, "lia-host")
        .body(body)
        .map_err(|_| bad_request("the path cannot be asked for"))?;
    let answer = match timeout(HEAD_DEADLINE, sender.send_request(request)).await {
        Err(_) => return Err(silent()),
        Ok(Err(e)) if is_too_large(&e) => return Err(too_large(limits::HOST_FILE_BYTES)),
        Ok(Err(_)) => return Err(strange("an answer that is not HTTP")),
        Ok(Ok(answer)) => answer,
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
        StatusCode::BAD_REQUEST => ErrorCode::BadRequest,
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
    use super::*;

    #[test]
    fn a_path_stays_one_parameter() {
        assert_eq!(
            target("/fs/file", "path", "a b/ü&x=#?\r\n"),
            "/fs/file?path=a%20b/%C3%BC%26x%3D%23%3F%0D%0A"
        );
    }
}
