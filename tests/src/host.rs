//! A real `lia host` in a process of its own, and a control plane's two ends: requests to it, and callbacks from it.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context as _, bail, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::timeout,
};

use crate::program;

/// Nothing here takes that long.
const PATIENCE: Duration = Duration::from_secs(60);
/// The token of a test's host.
pub const TOKEN: &str = "the-token-of-a-test's-host";

/// A host. Dropping it ends its sessions, itself, and its data.
pub struct Host {
    child: Option<Child>,
    data: Option<TempDir>,
    env: Vec<(&'static str, String)>,
    /// Where it listens.
    pub port: u16,
    /// What it printed on its standard output since its last start.
    pub printed: Vec<String>,
}

impl Host {
    /// Starts one, with variables, whose token is [`TOKEN`].
    ///
    /// # Errors
    /// What it said when it did not start.
    pub async fn start(env: &[(&'static str, &str)]) -> anyhow::Result<Self> {
        let mut env: Vec<_> = env.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
        env.push(("LIA_TOKEN", TOKEN.to_owned()));
        Self::bare(env).await
    }

    /// Starts one with nothing but these variables.
    ///
    /// # Errors
    /// What it said when it did not start.
    pub async fn bare(env: Vec<(&'static str, String)>) -> anyhow::Result<Self> {
        let data = tempfile::Builder::new().prefix("lia-test-").tempdir()?;
        // An ordinary user's instances must be able to look through it, when the tests run as root.
        std::fs::set_permissions(data.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711))?;
        let mut host = Self { child: None, data: Some(data), env, port: 0, printed: Vec::new() };
        host.restart().await?;
        Ok(host)
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.as_ref().map_or(Path::new("/nonexistent"), TempDir::path)
    }

    /// Starts it (again) on the same data, on another port.
    ///
    /// # Errors
    /// What it said when it did not start.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        let log = self.data().join("host.log");
        let stderr = std::fs::OpenOptions::new().create(true).append(true).open(&log)?;
        let mut command = Command::new(program("lia"));
        command.env_clear().env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("HOME", self.data()).env("LIA__VM__DEFAULT_STORAGE_GB", "1");
        command.envs(self.env.iter().map(|(k, v)| (*k, v.as_str()))).current_dir(self.data());
        command.arg("host").arg("--listen").arg("127.0.0.1:0").arg("--data-dir").arg(self.data());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).process_group(0);
        let mut child = command.spawn().context("lia host")?;
        let mut lines = BufReader::new(child.stdout.take().context("stdout")?).lines();
        self.child = Some(child);
        self.printed.clear();
        loop {
            let Ok(Ok(Some(line))) = timeout(PATIENCE, lines.next_line()).await else {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                bail!("lia host is not ready; it printed {:?} and said:\n{said}", self.printed);
            };
            let port = line.strip_prefix("listening on port ").map(str::parse);
            self.printed.push(line);
            if let Some(port) = port {
                self.port = port?;
                break;
            }
        }
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(())
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub async fn kill9(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// SIGTERM, and its end.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            let pid = child.id().context("it has ended by itself")?;
            kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGTERM)?;
            timeout(PATIENCE, child.wait()).await.context("the host did not end")??;
        }
        Ok(())
    }

    /// A request with the host's token: the status and the body.
    ///
    /// # Errors
    /// When it is not answered.
    pub async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> anyhow::Result<(u16, Value)> {
        self.ask_as(Some(TOKEN), method, path, body).await
    }

    /// The same with another token, or none.
    ///
    /// # Errors
    /// When it is not answered.
    pub async fn ask_as(
        &self,
        token: Option<&str>,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<(u16, Value)> {
        request(self.port, token, method, path, body).await
    }

    /// Starts the scripted agent as a session, with more fields.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn session(&self, more: Value) -> anyhow::Result<String> {
        let id = uuid_of_time();
        let (status, answer) =
            self.ask("POST", &format!("/sessions/{id}/start"), Some(scripted(more))).await?;
        ensure!(status == 200 && answer["sessionId"] == *id, "{status} {answer}");
        ensure!(answer["acpSessionId"].as_str().is_some_and(|s| !s.is_empty()), "{answer}");
        Ok(id)
    }

    /// Prompts a session, and waits for the turn's end.
    ///
    /// # Errors
    /// When it is not answered.
    pub async fn prompt(&self, session: &str, text: &str) -> anyhow::Result<(u16, Value)> {
        self.ask("POST", &format!("/sessions/{session}/prompt"), Some(json!({ "text": text }))).await
    }
}

/// One request on a connection of its own.
///
/// # Errors
/// When it is not answered, or with something else than JSON.
pub async fn request(
    port: u16,
    token: Option<&str>,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> anyhow::Result<(u16, Value)> {
    let body = body.map(|b| b.to_string());
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n");
    if let Some(token) = token {
        text += &format!("authorization: Bearer {token}\r\n");
    }
    if let Some(body) = &body {
        text += &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    }
    text += "\r\n";
    text += body.as_deref().unwrap_or_default();
    let exchange = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(text.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        anyhow::Ok(String::from_utf8(answer)?)
    };
    let answer =
        timeout(PATIENCE, exchange).await.with_context(|| format!("{method} {path} is not answered"))??;
    let (head, body) = answer.split_once("\r\n\r\n").with_context(|| format!("no answer: {answer:?}"))?;
    let status = head.split(' ').nth(1).context("a status")?.parse()?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).context("JSON")? };
    Ok((status, body))
}

/// A new session's name.
#[must_use]
pub fn uuid_of_time() -> String {
    lia_protocol::ids::TaskId::new().to_string()
}

/// A start request for the scripted agent, with more fields.
#[must_use]
pub fn scripted(more: Value) -> Value {
    let mut body = json!({ "command": "{agent}/scripted-agent", "args": [], "workspace": "" });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body
}

impl Drop for Host {
    fn drop(&mut self) {
        let (Some(data), child) = (self.data.take(), self.child.take()) else { return };
        let env = std::mem::take(&mut self.env);
        let cleanup = std::thread::spawn(move || {
            let Ok(rt) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
            rt.block_on(async move {
                let mut again = Self { child, data: Some(data), env, port: 0, printed: Vec::new() };
                if again.child.is_none() {
                    // What a killed host left is ended by the next one.
                    let _ = again.restart().await;
                }
                if again.stop().await.is_err() {
                    let _ = again.kill9().await;
                }
                drop(again.data.take());
                again.child = None;
                std::mem::forget(again);
            });
        });
        let _ = cleanup.join();
    }
}

/// Where a control plane takes callbacks.
pub struct Receiver {
    listener: TcpListener,
}

/// A callback whose answer is owed.
pub struct Called {
    stream: TcpStream,
    /// The path that it was posted to.
    pub path: String,
    /// Its place in the session's log.
    pub seq: u64,
    /// What is told.
    pub event: Value,
}

impl Receiver {
    /// Listens.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn new() -> anyhow::Result<Self> {
        Ok(Self { listener: TcpListener::bind("127.0.0.1:0").await? })
    }

    /// The base of its callbacks.
    ///
    /// # Errors
    /// When it does not listen.
    pub fn url(&self) -> anyhow::Result<String> {
        Ok(format!("http://{}/api", self.listener.local_addr()?))
    }

    /// The next callback.
    ///
    /// # Errors
    /// When none comes, or something else.
    pub async fn next(&self) -> anyhow::Result<Called> {
        timeout(PATIENCE, self.read()).await.context("no callback came")?
    }

    async fn read(&self) -> anyhow::Result<Called> {
        let (mut stream, _) = self.listener.accept().await?;
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
                break end;
            }
            ensure!(stream.read_buf(&mut bytes).await? > 0, "the request broke off");
        };
        let head = String::from_utf8(bytes[..end].to_vec())?;
        let header = |name: &str| {
            let mut all = head.lines().filter_map(|l| l.split_once(':'));
            all.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
        };
        let length: usize = header("content-length").context("a length")?.parse()?;
        let mut body = bytes[end + 4..].to_vec();
        while body.len() < length {
            ensure!(stream.read_buf(&mut body).await? > 0, "the body broke off");
        }
        let path = head.split(' ').nth(1).context("a path")?.to_owned();
        ensure!(head.starts_with("POST "), "{head}");
        let seq = header("lia-event-seq").context("its place")?.parse()?;
        Ok(Called { stream, path, seq, event: serde_json::from_slice(&body)? })
    }

    /// The next callback, which has to be of this type, answered with this: its data.
    ///
    /// # Errors
    /// When another one comes.
    pub async fn told(&self, kind: &str, answer: Value) -> anyhow::Result<Value> {
        let called = self.next().await?;
        ensure!(called.event["type"] == kind, "not {kind}: {}", called.event);
        let data = called.event["data"].clone();
        called.answer(200, Some(answer)).await?;
        Ok(data)
    }
}

impl Called {
    /// Answers.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn answer(mut self, status: u16, body: Option<Value>) -> anyhow::Result<()> {
        let body = body.map(|b| b.to_string()).unwrap_or_default();
        let length = body.len();
        let text =
            format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
        Ok(self.stream.write_all(text.as_bytes()).await?)
    }

    /// Whether the other side hangs up before it is answered.
    ///
    /// # Errors
    /// When it does not.
    pub async fn hung_up(mut self) -> anyhow::Result<()> {
        let read = timeout(PATIENCE, self.stream.read(&mut [0; 1])).await.context("it waits on")?;
        ensure!(matches!(read, Ok(0) | Err(_)), "it says more: {read:?}");
        Ok(())
    }
}
