//! A server in a temporary folder, and clients that say exactly what a test wants said.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Method, Request, StatusCode, body::Incoming};
use hyper_util::rt::TokioIo;
use lia_gateway::Gateway;
use lia_protocol::{
    api::Scope,
    boot::{PORT_CONTROL, PORT_HOST_API},
    ids::{InstanceId, SessionId, TaskId},
    runtime::RuntimeStatus,
    secret::Secret,
    task::{ConfigMaxima, TaskConfig},
    time::Timestamp,
};
use lia_runtime::{InstanceRecord, InstanceSpec, InstanceStatus, Ledger, Runtime, RuntimeError, Stream};
use lia_server::{
    api::{self, Api, Hosts, credentials},
    engine::{Clock, Engine, Options, Retention},
    listen, webhooks,
};
use lia_store::{CredentialKind, Op, Store, Txn, sqlite::SqliteStore};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::{
    io::DuplexStream,
    net::TcpStream,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error as WsError, Message, client::IntoClientRequest as _},
};
use tokio_util::sync::CancellationToken;

/// Nothing here takes that long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A runtime whose instances are never ready; or, with a place for their control links, as ready as the test plays it; with
/// one for their host APIs it plays those too.
/// It knows what it was told to delete.
#[derive(Default)]
struct Never {
    deleted: Mutex<Vec<InstanceId>>,
    links: Option<UnboundedSender<DuplexStream>>,
    hosts: Option<UnboundedSender<DuplexStream>>,
}

fn gone(id: InstanceId) -> RuntimeError {
    RuntimeError::Gone(id)
}

#[async_trait]
impl Runtime for Never {
    fn name(&self) -> &'static str {
        "never"
    }
    async fn info(&self) -> RuntimeStatus {
        RuntimeStatus {
            name: "never".into(),
            available: true,
            missing: None,
            isolation: vec![],
            suspend: "none".into(),
        }
    }
    async fn start(&self, spec: InstanceSpec, _: Arc<dyn Ledger>) -> Result<InstanceRecord, RuntimeError> {
        match self.links {
            Some(_) => Ok(InstanceRecord { id: spec.id, runtime: "never".into(), data: Value::Null }),
            None => std::future::pending().await,
        }
    }
    async fn status(&self, _: &InstanceRecord) -> Result<InstanceStatus, RuntimeError> {
        Ok(InstanceStatus::Gone { reason: None })
    }
    async fn ended(&self, _: &InstanceRecord) -> Option<String> {
        std::future::pending().await
    }
    async fn dial(&self, i: &InstanceRecord, port: u16) -> Result<Box<dyn Stream>, RuntimeError> {
        let links = match port {
            PORT_CONTROL => self.links.as_ref(),
            PORT_HOST_API => self.hosts.as_ref(),
            _ => None,
        };
        let links = links.ok_or_else(|| gone(i.id))?;
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        links.send(theirs).map_err(|_| gone(i.id))?;
        Ok(Box::new(ours))
    }
    async fn pause(&self, i: &InstanceRecord) -> Result<(), RuntimeError> {
        Err(gone(i.id))
    }
    async fn resume(&self, i: &InstanceRecord) -> Result<(), RuntimeError> {
        Err(gone(i.id))
    }
    async fn stop(&self, _: &InstanceRecord, _: Arc<dyn Ledger>) -> Result<(), RuntimeError> {
        Ok(())
    }
    async fn delete(&self, id: InstanceId, _: Arc<dyn Ledger>) -> Result<(), RuntimeError> {
        self.deleted.lock().unwrap().push(id);
        Ok(())
    }
    async fn sweep(
        &self,
        _: &std::collections::BTreeSet<InstanceId>,
    ) -> Result<Vec<InstanceId>, RuntimeError> {
        Ok(Vec::new())
    }
    async fn leftover_journal(
        &self,
        _: &InstanceRecord,
        _: SessionId,
    ) -> Result<Vec<std::path::PathBuf>, RuntimeError> {
        Ok(Vec::new())
    }
}

/// A running server.
pub struct Server {
    pub api: Api,
    pub store: Arc<dyn Store>,
    pub port: u16,
    pub admin: String,
    pub dir: TempDir,
    runtime: Arc<Never>,
    accepting: JoinHandle<()>,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_at(Clock::default()).await
    }

    /// With another clock.
    pub async fn start_at(clock: Clock) -> Self {
        Self::start_on(Never::default(), clock).await
    }

    /// With instances whose control links the test serves, in the order of their dialling.
    pub async fn start_linked() -> (Self, UnboundedReceiver<DuplexStream>) {
        let (links, dialled) = unbounded_channel();
        let runtime = Never { links: Some(links), ..Never::default() };
        (Self::start_on(runtime, Clock::default()).await, dialled)
    }

    /// The same, with their host APIs.
    pub async fn start_hosted() -> (Self, UnboundedReceiver<DuplexStream>, UnboundedReceiver<DuplexStream>) {
        let (links, dialled) = unbounded_channel();
        let (hosts, asked) = unbounded_channel();
        let runtime = Never { links: Some(links), hosts: Some(hosts), ..Never::default() };
        (Self::start_on(runtime, Clock::default()).await, dialled, asked)
    }

    /// With these webhooks.
    pub async fn start_telling(webhooks: webhooks::Options) -> Self {
        Self::start_whole(Never::default(), Clock::default(), webhooks).await
    }

    async fn start_on(runtime: Never, clock: Clock) -> Self {
        Self::start_whole(runtime, clock, webhooks::Options::default()).await
    }

    async fn start_whole(runtime: Never, clock: Clock, webhooks: webhooks::Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path();
        let store = SqliteStore::open(path.join("lia.db"), lia_store::sqlite::Options::default()).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        assert!(credentials::admin_token(&*store, &path.join("admin.token")).await.unwrap());
        let admin = std::fs::read_to_string(path.join("admin.token")).unwrap().trim().to_owned();
        let options = Options {
            data_dir: path.into(),
            agents_dir: path.join("agents"),
            defaults: TaskConfig::default(),
            maxima: ConfigMaxima { timeout_minutes: 60, max_memory_mb: 4096, vcpu_count: 4, storage_gb: 100 },
            templates_file: None,
            default_template: "shell".into(),
            idle_timeout: Duration::ZERO,
            park_after: Duration::ZERO,
            end_after: Duration::ZERO,
            only_one: false,
            question_after: Duration::ZERO,
            grace: Duration::from_secs(1),
            log_quota: 1 << 30,
            pty_keep: 1 << 20,
            disk_reserve: 0,
            webhooks,
            retention: Retention::default(),
            upkeep_every: Duration::ZERO,
            clock,
            ca_file: None,
            agent_env: std::collections::BTreeMap::new(),
            failpoints: Vec::new(),
            providers: Vec::new(),
        };
        let gateway = Gateway::new(lia_gateway::Options::default()).unwrap();
        let runtime = Arc::new(runtime);
        let (engine, _) = Engine::start(options, store.clone(), runtime.clone(), gateway).await.unwrap();
        let listener = listen::bind("127.0.0.1", 0).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let web_url = format!("http://127.0.0.1:{port}");
        let api =
            Api::new(engine, Hosts::new("127.0.0.1", port, &web_url), &web_url, CancellationToken::new());
        let accepting = tokio::spawn(listen::run(listener, api::router(&api), api.stopping.clone()));
        Self { api, store, port, admin, dir, runtime, accepting }
    }

    /// What the runtime was told to delete.
    pub fn deleted(&self) -> Vec<InstanceId> {
        self.runtime.deleted.lock().unwrap().clone()
    }

    /// Ends it as `serve` does.
    pub async fn stop(self) {
        self.api.stopping.cancel();
        self.api.tracker.close();
        timeout(PATIENCE, self.api.tracker.wait()).await.expect("streams end");
        timeout(PATIENCE, self.accepting).await.expect("connections end").unwrap();
        self.api.engine.stop(false).await;
        self.store.close().await;
    }

    /// A credential of any kind and age, straight into the store.
    pub async fn credential(&self, kind: CredentialKind, user: &str, scopes: &[Scope], life: i64) -> String {
        let until = Some(credentials::after(life));
        let (secret, record) =
            credentials::mint(kind, user.parse().unwrap(), scopes.to_vec(), String::new(), until).unwrap();
        self.store.commit(Txn::process(vec![Op::PutCredential(Box::new(record))])).await.unwrap();
        secret.expose().to_owned()
    }

    pub async fn token(&self, user: &str, scopes: &[Scope]) -> String {
        self.credential(CredentialKind::Token, user, scopes, 3600).await
    }

    pub async fn revoked(&self, user: &str, scopes: &[Scope]) -> String {
        let token = self.token(user, scopes).await;
        let record = self.store.credential(&credentials::hash(&Secret::new(&*token))).await.unwrap().unwrap();
        let op = Op::RevokeCredential { id: record.id, at: Timestamp::now() };
        self.store.commit(Txn::process(vec![op])).await.unwrap();
        token
    }

    /// A task of `user`, made by its own token; it stays `starting` for ever.
    pub async fn task(&self, user: &str) -> TaskId {
        let token = self.token(user, &[Scope::Read, Scope::Write]).await;
        let body = json!({ "prompt": "true", "user_id": user });
        let answer = self.call(&token, "POST", "/api/v1/tasks", Some(body)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().parse().unwrap()
    }

    /// The secret that opens the instance of a task, as its sidecar has it.
    pub async fn instance_secret(&self, task: TaskId) -> String {
        let instance = self.store.task(task).await.unwrap().unwrap().instance;
        let server = std::fs::read_to_string(self.dir.path().join("server.secret")).unwrap();
        let digest = Sha256::new().chain_update("lia instance ").chain_update(server.trim());
        let digest = digest.chain_update(instance.0.as_bytes()).finalize();
        digest.iter().map(|b| format!("{b:02x}")).collect()
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A request by bearer token; the body is JSON.
    pub async fn call(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let auth = format!("Bearer {token}");
        let mut headers = vec![("authorization", auth.as_str())];
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let body = body.map(|b| b.to_string()).unwrap_or_default();
        self.send(method, path, &headers, &body).await
    }

    /// Exactly this request; `Host` is the server's unless given.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let (head, body) = self.open(method, path, headers, body).await;
        Answer::whole(head, body).await
    }

    /// The same; the body comes as it comes.
    pub async fn open(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (hyper::http::response::Parts, Incoming) {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder().method(method.parse::<Method>().unwrap()).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", self.host());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
        let answer = timeout(PATIENCE, sender.send_request(request))
            .await
            .unwrap_or_else(|_| panic!("no answer to {method} {path}"))
            .unwrap();
        answer.into_parts()
    }

    /// Opens a WebSocket; an answer that is not 101 comes back as that.
    pub async fn websocket(&self, path: &str, headers: &[(&str, &str)]) -> Result<Socket, Answer> {
        let mut request = format!("ws://{}{path}", self.host()).into_client_request().unwrap();
        for (name, value) in headers {
            let name: hyper::header::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        match timeout(PATIENCE, tokio_tungstenite::client_async(request, stream)).await.expect("an answer") {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(WsError::Http(answer)) => {
                let (head, body) = answer.into_parts();
                Err(Answer { status: head.status, headers: head.headers, body: body.unwrap_or_default() })
            }
            Err(e) => panic!("{e}"),
        }
    }
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads it to its end.
    pub async fn whole(head: hyper::http::response::Parts, mut body: Incoming) -> Self {
        let mut bytes = Vec::new();
        while let Some(frame) = timeout(PATIENCE, body.frame()).await.expect("the answer goes on") {
            bytes.extend_from_slice(&frame.unwrap().into_data().unwrap_or_default());
        }
        Self { status: head.status, headers: head.headers, body: bytes }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Asserts that it is an `ApiError` with this code and the code's status.
    #[track_caller]
    pub fn is_error(&self, code: &str) -> Value {
        let body = self.json();
        let error: lia_protocol::error::ApiError = serde_json::from_value(body.clone()).unwrap();
        assert_eq!(body["code"], code, "{}", self.text());
        assert_eq!(self.status.as_u16(), error.code.unwrap().status());
        assert!(!error.error.is_empty());
        assert_eq!(self.header("content-type"), "application/json");
        body["details"].clone()
    }
}

/// The client's end of a WebSocket.
pub struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    pub async fn say(&mut self, message: Value) {
        self.say_raw(Message::text(message.to_string())).await;
    }

    pub async fn say_raw(&mut self, message: Message) {
        use futures_util::SinkExt as _;
        self.0.send(message).await.unwrap();
    }

    /// The next message; `Err` is the close code.
    pub async fn next(&mut self) -> Result<Value, u16> {
        use futures_util::StreamExt as _;
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("a message") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |f| f.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// The next message of this type.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await.unwrap_or_else(|code| panic!("closed with {code} before {kind}"));
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Reads to the end: all messages and the close code.
    pub async fn rest(&mut self) -> (Vec<Value>, u16) {
        let mut all = Vec::new();
        loop {
            match self.next().await {
                Ok(m) => all.push(m),
                Err(code) => return (all, code),
            }
        }
    }
}
