//! A task's workspace: files, the change to its repository, and uploads ahead of a task.

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use lia_protocol::{api::UploadResponse, host_api::DirList, ids::TaskId};
use reqwest::{Body, Method, Response, Url, header};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_util::io::ReaderStream;

use crate::{Client, Error};

/// A body that arrives piece by piece.
pub struct Download {
    client: Client,
    response: Response,
}

impl Download {
    /// Writes all of it, when it has at most `max` bytes; returns how many.
    ///
    /// # Errors
    /// [`Error::Broken`] when it stops in the middle, [`Error::Protocol`] when it is larger, [`Error::Io`] when it cannot
    /// be written.
    pub async fn copy_to(self, out: &mut (impl AsyncWrite + Unpin), max: u64) -> Result<u64, Error> {
        let mut total = 0;
        let mut chunks = std::pin::pin!(self.chunks());
        let failed = |source| Error::Io { what: "writing what the server sent".into(), source };
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            total += chunk.len() as u64;
            if total > max {
                return Err(Error::Protocol { what: "file", why: format!("it has more than {max} bytes") });
            }
            out.write_all(&chunk).await.map_err(failed)?;
        }
        out.flush().await.map_err(failed)?;
        Ok(total)
    }

    /// The pieces.
    pub fn chunks(self) -> impl Stream<Item = Result<Bytes, Error>> {
        let client = self.client;
        self.response.bytes_stream().map(move |c| c.map_err(|e| client.transport(&e)))
    }
}

impl Client {
    fn file_url(&self, id: TaskId, rest: &[&str], path: &str) -> Url {
        let mut url = self.task_url(id, rest);
        url.query_pairs_mut().append_pair("path", path);
        url
    }

    async fn download(&self, url: Url) -> Result<Download, Error> {
        let response = self.send(self.streaming(Method::GET, url)).await?;
        Ok(Download { client: self.clone(), response })
    }

    /// `GET /api/v1/tasks/{id}/files`: a folder of the workspace; `""` is the workspace itself.
    ///
    /// # Errors
    /// NOT_FOUND when there is no such folder; INVALID_STATE when the workspace is gone.
    pub async fn files(&self, id: TaskId, path: &str) -> Result<DirList, Error> {
        self.get("folder", self.file_url(id, &["files"], path)).await
    }

    /// `GET /api/v1/tasks/{id}/files/content`: a file of the workspace.
    ///
    /// # Errors
    /// As [`Self::files`].
    pub async fn read_file(&self, id: TaskId, path: &str) -> Result<Download, Error> {
        self.download(self.file_url(id, &["files", "content"], path)).await
    }

    /// `PUT /api/v1/tasks/{id}/files/content`: writes a file of the workspace, making the folders above it.
    ///
    /// # Errors
    /// As [`Self::files`]; PAYLOAD_TOO_LARGE.
    pub async fn write_file<R>(&self, id: TaskId, path: &str, size: u64, content: R) -> Result<(), Error>
    where
        R: AsyncRead + Send + 'static,
    {
        let url = self.file_url(id, &["files", "content"], path);
        let body = Body::wrap_stream(ReaderStream::with_capacity(content, 64 << 10));
        self.done(self.streaming(Method::PUT, url).header(header::CONTENT_LENGTH, size).body(body)).await
    }

    /// `GET /api/v1/tasks/{id}/diff`: the change to the repository, as `git diff --binary` writes it.
    ///
    /// # Errors
    /// NOT_FOUND when the task has no repository; INVALID_STATE when the workspace is gone.
    pub async fn diff(&self, id: TaskId) -> Result<Download, Error> {
        self.download(self.task_url(id, &["diff"])).await
    }

    /// `GET /api/v1/tasks/{id}/bundle`: the same as a git bundle with one branch, `lia/result`.
    ///
    /// # Errors
    /// As [`Self::diff`].
    pub async fn bundle(&self, id: TaskId) -> Result<Download, Error> {
        self.download(self.task_url(id, &["bundle"])).await
    }

    /// `POST /api/v1/uploads`: brings a file of `size` bytes ahead of a task (a git bundle).
    ///
    /// # Errors
    /// PAYLOAD_TOO_LARGE.
    pub async fn upload<R>(&self, size: u64, content: R) -> Result<UploadResponse, Error>
    where
        R: AsyncRead + Send + 'static,
    {
        let body = Body::wrap_stream(ReaderStream::with_capacity(content, 64 << 10));
        let request = self
            .streaming(Method::POST, self.api(["uploads"]))
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::CONTENT_LENGTH, size)
            .body(body);
        self.json("upload", request).await
    }
}
