//! What the engine itself asks of an instance's host API: bringing repositories in, fetching files out.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, StreamBody};
use hyper::{Request, StatusCode, body::Frame, client::conn::http1};
use hyper_util::rt::TokioIo;
use lia_protocol::{
    boot::PORT_HOST_API,
    error::ApiError,
    host_api::HostHealth,
    ids::{SessionId, UploadId},
    secret::Secret,
};
use lia_runtime::InstanceRecord;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use super::{Shared, error::EngineError, link};

fn broken(e: impl std::fmt::Display) -> EngineError {
    EngineError::Instance(format!("host API: {e}"))
}

async fn failure(answer: hyper::Response<hyper::body::Incoming>) -> EngineError {
    let status = answer.status();
    let bytes = http_body_util::Limited::new(answer.into_body(), 64 << 10)
        .collect()
        .await
        .map(|b| b.to_bytes())
        .unwrap_or_default();
    let text = serde_json::from_slice::<ApiError>(&bytes)
        .map_or_else(|_| String::from_utf8_lossy(&bytes).chars().take(2000).collect(), |e| e.error);
    EngineError::Instance(format!("{status}: {text}"))
}

/// How long a sidecar may take to tell its sessions, and to end one.
const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of its answer.
const HEALTH_BYTES: usize = 64 << 10;

/// The sessions that an instance's sidecar knows.
pub async fn sessions(
    shared: &Shared,
    instance: &InstanceRecord,
    secret: &Secret,
) -> Result<Vec<SessionId>, EngineError> {
    let answer = ask(shared, instance, secret, Request::get("/health")).await?;
    let body = http_body_util::Limited::new(answer.into_body(), HEALTH_BYTES).collect();
    let body = timeout(PATIENCE, body).await.map_err(broken)?.map_err(broken)?.to_bytes();
    Ok(serde_json::from_slice::<HostHealth>(&body).map_err(broken)?.sessions)
}

/// Lets an instance's sidecar end what a session runs and forget it; done already is done.
pub async fn forget(
    shared: &Shared,
    instance: &InstanceRecord,
    secret: &Secret,
    session: SessionId,
) -> Result<(), EngineError> {
    ask(shared, instance, secret, Request::delete(format!("/sessions/{session}"))).await.map(drop)
}

/// A request without a body and its answer, when that is a success.
async fn ask(
    shared: &Shared,
    instance: &InstanceRecord,
    secret: &Secret,
    request: hyper::http::request::Builder,
) -> Result<hyper::Response<hyper::body::Incoming>, EngineError> {
    let talk = async {
        let io = link::dial(&*shared.runtime, instance, secret, PORT_HOST_API).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await.map_err(broken)?;
        tokio::spawn(connection);
        let request =
            request.header("host", "instance").body(Empty::<bytes::Bytes>::new()).map_err(broken)?;
        let answer = sender.send_request(request).await.map_err(broken)?;
        if answer.status().is_success() { Ok(answer) } else { Err(failure(answer).await) }
    };
    timeout(PATIENCE, talk).await.map_err(broken)?
}

/// Clones an uploaded bundle into the workspace.
pub async fn bundle(
    shared: &Shared,
    instance: &InstanceRecord,
    secret: &Secret,
    upload: UploadId,
    branch: Option<&str>,
) -> Result<(), EngineError> {
    let path = shared.upload_path(upload);
    let mut file = tokio::fs::File::open(&path)
        .await
        .map_err(|e| EngineError::NotFound(format!("upload {upload}: {e}")))?;
    let io = link::dial(&*shared.runtime, instance, secret, PORT_HOST_API).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await.map_err(broken)?;
    let driver = tokio::spawn(connection);
    let (tx, rx) = tokio::sync::mpsc::channel::<Result<Frame<bytes::Bytes>, std::io::Error>>(4);
    let feeder = tokio::spawn(async move {
        loop {
            let mut chunk = bytes::BytesMut::with_capacity(64 << 10);
            let item = match file.read_buf(&mut chunk).await {
                Ok(0) => break,
                Ok(_) => Ok(Frame::data(chunk.freeze())),
                Err(e) => Err(e),
            };
            if tx.send(item).await.is_err() {
                break;
            }
        }
    });
    let body = StreamBody::new(futures_util::stream::unfold(rx, |mut rx| async move {
        rx.recv().await.map(|i| (i, rx))
    }));
    let query = branch.map(|b| format!("?branch={}", percent(b))).unwrap_or_default();
    let request = Request::post(format!("/repo/import{query}"))
        .header("host", "instance")
        .body(body)
        .map_err(broken)?;
    let answer = sender.send_request(request).await.map_err(broken);
    feeder.abort();
    let answer = answer?;
    let result = if answer.status().is_success() { Ok(()) } else { Err(failure(answer).await) };
    driver.abort();
    result
}

/// Fetches a file of the workspace into a file of the host.
pub async fn fetch(
    shared: &Shared,
    instance: &InstanceRecord,
    secret: &Secret,
    path: &str,
    to: &std::path::Path,
    limit: u64,
) -> Result<(), EngineError> {
    let io = link::dial(&*shared.runtime, instance, secret, PORT_HOST_API).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await.map_err(broken)?;
    let driver = tokio::spawn(connection);
    let request = Request::get(format!("/fs/file?path={}", percent(path)))
        .header("host", "instance")
        .body(Empty::<bytes::Bytes>::new())
        .map_err(broken)?;
    let answer = sender.send_request(request).await.map_err(broken)?;
    if answer.status() != StatusCode::OK {
        return Err(failure(answer).await);
    }
    let mut file = tokio::fs::File::create(to).await.map_err(broken)?;
    let mut body = answer.into_body();
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(broken)?.into_data() {
            size += data.len() as u64;
            if size > limit {
                return Err(EngineError::Instance(format!("{path} is larger than {limit} bytes")));
            }
            file.write_all(&data).await.map_err(broken)?;
        }
    }
    file.flush().await.map_err(broken)?;
    driver.abort();
    Ok(())
}

/// Percent-encodes a query value.
#[must_use]
pub fn percent(s: &str) -> String {
    use std::fmt::Write as _;
    s.bytes().fold(String::with_capacity(s.len()), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-_.~/".contains(&b) {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}
