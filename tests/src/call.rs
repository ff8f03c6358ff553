//! Requests that no method of the client makes.

use anyhow::Context as _;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::Server;

impl Server {
    /// Calls a route in the administrator's name: the status, and the answer's JSON.
    ///
    /// # Errors
    /// When there is no answer, or it is no JSON.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> anyhow::Result<(u16, Value)> {
        let address = self.url().trim_start_matches("http://").to_owned();
        let token = std::fs::read_to_string(self.data().join("admin.token")).context("admin.token")?;
        let body = body.map(|b| b.to_string()).unwrap_or_default();
        // By HTTP/1.0 an answer comes in one piece, and ends with its connection.
        let request = format!(
            "{method} {path} HTTP/1.0\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            token.trim(),
            body.len()
        );
        let mut stream = TcpStream::connect(&address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let answer = String::from_utf8(answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").with_context(|| format!("{path}: {answer}"))?;
        let status = head.split(' ').nth(1).context("a status")?.parse()?;
        let json = serde_json::from_str(body).with_context(|| format!("{method} {path}: {answer}"))?;
        Ok((status, json))
    }
}
