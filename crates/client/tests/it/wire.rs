//! A stand-in for the server's streams (one log, two views), and a proxy that cuts connections after so many bytes.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    extract::{
        Query, State, WebSocketUpgrade,
        ws::{CloseFrame, Message},
    },
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::get,
};
use lia_client::Client;
use lia_protocol::{ids::TaskId, secret::Secret};
use serde::Deserialize;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A server and all that it runs; it ends with the value.
pub struct Server {
    pub addr: SocketAddr,
    _running: Running,
}

struct Running(JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Server {
    pub async fn start(app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let serve = async move { axum::serve(listener, app).await.unwrap() };
        Self { addr, _running: Running(tokio::spawn(serve)) }
    }

    /// A proxy before `server`: its n-th connection lets `limits[n]` bytes of answers pass and then breaks; later ones
    /// let all pass.
    pub async fn cutting(server: SocketAddr, limits: Vec<usize>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let serve = async move {
            let mut limits = limits.into_iter();
            while let Ok((client, _)) = listener.accept().await {
                let limit = limits.next().unwrap_or(usize::MAX);
                tokio::spawn(relay(client, server, limit));
            }
        };
        Self { addr, _running: Running(tokio::spawn(serve)) }
    }

    pub fn client(&self) -> Client {
        Client::new(&format!("http://{}", self.addr), Secret::new("lia_test")).unwrap()
    }
}

async fn relay(client: TcpStream, server: SocketAddr, mut limit: usize) {
    let server = TcpStream::connect(server).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let answers = async {
        let mut buffer = [0u8; 4096];
        while limit > 0 {
            let Ok(n @ 1..) = from_server.read(&mut buffer).await else { return };
            let n = n.min(limit);
            limit -= n;
            if to_client.write_all(&buffer[..n]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = answers => {}
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
    }
}

/// A log of `n` events; event `i` makes `i % 3` frames in the WebSocket's view and always one in the log's own.
#[derive(Clone)]
pub struct Log {
    pub task: TaskId,
    pub n: u64,
    /// Streams end in good order after so many frames, with 1001; the rest of the time with 1000 at the log's end.
    pub going_away: Arc<AtomicUsize>,
}

impl Log {
    pub fn new(n: u64) -> Self {
        Self { task: TaskId::new(), n, going_away: Arc::new(AtomicUsize::new(usize::MAX)) }
    }

    /// What a client shall see of the WebSocket's view, in order.
    pub fn frames(&self, from: u64) -> Vec<(u64, String)> {
        let of = |seq: u64| (0..seq % 3).map(move |k| (seq, format!("event {seq} frame {k} \u{1f600}\n")));
        (1..=self.n).filter(|s| *s > from).flat_map(of).collect()
    }

    pub fn router(self) -> Router {
        let task = self.task;
        Router::new()
            .route(&format!("/api/v1/tasks/{task}/stream"), get(stream))
            .route(&format!("/api/v1/tasks/{task}/events"), get(events))
            .route(&format!("/api/v1/tasks/{task}"), get(record))
            .with_state(self)
    }
}

#[derive(Deserialize)]
struct From {
    from: u64,
}

async fn stream(
    State(log): State<Log>,
    Query(q): Query<From>,
    upgrade: WebSocketUpgrade,
) -> impl IntoResponse {
    upgrade.on_upgrade(async move |mut socket| {
        let status = json!({"type": "status", "status": "running", "seq": log.n}).to_string();
        let mut going_away = log.going_away.swap(usize::MAX, Ordering::SeqCst);
        let frames = log.frames(q.from).into_iter().map(|(seq, data)| {
            json!({"type": "output", "data": data, "timestamp": 0, "seq": seq}).to_string()
        });
        let unknown = json!({"type": "novelty", "of": "a later server"}).to_string();
        let end = json!({"type": "live", "seq": log.n}).to_string();
        for message in [status, unknown].into_iter().chain(frames).chain([end]) {
            if going_away == 0 {
                let _ =
                    socket.send(Message::Close(Some(CloseFrame { code: 1001, reason: "bye".into() }))).await;
                return;
            }
            going_away -= 1;
            if socket.send(Message::text(message)).await.is_err() {
                return;
            }
        }
        let _ = socket.send(Message::Close(Some(CloseFrame { code: 1000, reason: "".into() }))).await;
        while let Some(Ok(_)) = socket.recv().await {}
    })
}

async fn events(State(log): State<Log>, Query(q): Query<From>, headers: HeaderMap) -> impl IntoResponse {
    let last = headers.get("last-event-id").map_or(q.from, |v| v.to_str().unwrap().parse().unwrap());
    let session = log.task;
    let body: String = (last + 1..=log.n)
        .map(|seq| {
            let event = json!({"seq": seq, "at": "2026-09-21T14:13:20.000Z", "session": session, "actor": "agent", "v": 1,
                "kind": "progress", "body": {"stage": "x", "message": format!("é {seq}")}});
            format!(": keep-alive\n\nid: {seq}\nevent: progress\ndata: {event}\n\n")
        })
        .collect();
    ([("content-type", "text/event-stream")], body)
}

async fn record(State(log): State<Log>) -> impl IntoResponse {
    let id = log.task;
    let task = json!({"id": id, "user_id": "u", "guild_id": null, "prompt": "p", "status": "terminated", "vm_id": null,
        "config": null, "created_at": "2026-09-21T14:13:20.000Z", "started_at": null, "completed_at": null,
        "exit_code": 0, "error_message": null, "web_url": "http://x/tasks/1", "ssh_command": null, "ip_address": null,
        "session_id": id, "template": "t", "runtime": "local", "source": null, "suspended_at": null, "busy": false,
        "queued": 0, "pending_permissions": 0, "stop_reason": null, "last_seq": log.n});
    (StatusCode::OK, axum::Json(task))
}
