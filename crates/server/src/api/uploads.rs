//! `POST /api/v1/uploads`: bytes that a task will need, streamed to disk.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::StatusCode,
};
use http_body_util::BodyExt as _;
use lia_protocol::{api::UploadResponse, error::ErrorCode, ids::UploadId, limits};
use tokio::{fs, io::AsyncWriteExt as _, time::timeout};

use super::{
    Api,
    auth::Principal,
    error::{Failure, bad_request},
    extract::too_large,
};

/// How long the next bytes of a body may take.
const SILENCE: Duration = Duration::from_secs(60);

/// `POST /api/v1/uploads`
pub async fn upload(
    State(api): State<Api>,
    caller: Principal,
    req: Request,
) -> Result<(StatusCode, Json<UploadResponse>), Failure> {
    let id = UploadId::new();
    let path = api.engine.upload_path(id);
    let part = Part(path.with_extension("part"));
    let size = receive(&part.0, &path, req.into_body()).await?;
    api.engine.keep_upload(id, caller.user).await?;
    Ok((StatusCode::CREATED, Json(UploadResponse { id, size })))
}

/// A file that is gone when its upload ends, however that ends; a whole one has another name by then.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn receive(part: &Path, path: &Path, mut body: Body) -> Result<u64, Failure> {
    if let Some(folder) = part.parent() {
        fs::create_dir_all(folder).await.map_err(disk)?;
    }
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(part).await.map_err(disk)?;
    let mut size = 0;
    while let Some(frame) = next(&mut body).await? {
        size += frame.len() as u64;
        if size > limits::UPLOAD_BYTES {
            return Err(too_large(limits::UPLOAD_BYTES));
        }
        file.write_all(&frame).await.map_err(disk)?;
    }
    if size == 0 {
        return Err(bad_request("the body is empty; it is a git bundle"));
    }
    file.sync_all().await.map_err(disk)?;
    fs::rename(part, path).await.map_err(disk)?;
    Ok(size)
}

/// The next bytes of a body.
async fn next(body: &mut Body) -> Result<Option<bytes::Bytes>, Failure> {
    loop {
        match timeout(SILENCE, body.frame()).await {
            Err(_) => return Err(bad_request(format!("no bytes came for {} s", SILENCE.as_secs()))),
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) => return Err(bad_request("the body broke off")),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

fn disk(e: io::Error) -> Failure {
    if matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        return Failure::new(ErrorCode::Unavailable, "the disk of the data folder is full");
    }
    tracing::error!(error = %e, "an upload could not be kept");
    Failure::new(ErrorCode::InternalError, "the upload could not be kept; the server's log says why")
}
