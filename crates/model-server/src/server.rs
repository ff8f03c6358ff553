//! Routes, keys, and the stream. One handler serves every path: what a request is for is decided by its path alone,
//! and everything is recorded, unknown paths too.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Method, StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse as _, Json, Response},
};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::sleep};

use crate::{
    anthropic, chat, gemini,
    record::Record,
    responses,
    talk::{Ask, INPUT_TOKENS, Part, Reply},
};

/// The longest request body that is read.
pub const BODY_BYTES: usize = 64 << 20;

/// How the server behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port on 127.0.0.1; 0 for any.
    pub port: u16,
    /// The only key that is right; none lets everybody in.
    pub key: Option<String>,
    /// Where requests are recorded, as JSON lines.
    pub record: Option<PathBuf>,
    /// Before each delta of a streamed answer.
    pub delay: Duration,
    /// Deltas of a text.
    pub tokens: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { port: 0, key: None, record: None, delay: Duration::ZERO, tokens: 12 }
    }
}

/// The running server. It ends when this is dropped.
#[derive(Debug)]
pub struct ModelServer {
    address: SocketAddr,
    records: watch::Receiver<Vec<Record>>,
    task: JoinHandle<io::Result<()>>,
}

impl ModelServer {
    /// Listens and serves, on the runtime of the caller.
    ///
    /// # Errors
    /// When the port or the record file cannot be had.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let open = |path| OpenOptions::new().create(true).append(true).open(path);
        let file = options.record.as_ref().map(open).transpose()?;
        let (sender, records) = watch::channel(Vec::new());
        let shared = Arc::new(Shared { options, file, records: sender, count: AtomicU64::new(0) });
        let router =
            Router::new().fallback(handle).layer(DefaultBodyLimit::max(BODY_BYTES)).with_state(shared);
        let task = tokio::spawn(axum::serve(listener, router).into_future());
        Ok(Self { address, records, task })
    }

    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far; [`watch::Receiver::wait_for`] waits for more.
    #[must_use]
    pub fn records(&self) -> watch::Receiver<Vec<Record>> {
        self.records.clone()
    }

    /// Serves until the listener fails.
    ///
    /// # Errors
    /// Why it failed.
    pub async fn run(mut self) -> io::Result<()> {
        (&mut self.task).await.map_err(io::Error::other)?
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Shared {
    options: Options,
    file: Option<File>,
    records: watch::Sender<Vec<Record>>,
    count: AtomicU64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Vendor {
    Anthropic,
    OpenAi,
    Gemini,
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut record = Record::new(&method, &uri, &headers, &body);
    let path = uri.path();
    let vendor = match path {
        p if p.starts_with("/v1beta/") => Vendor::Gemini,
        p if p.starts_with("/v1/messages") || headers.contains_key("anthropic-version") => Vendor::Anthropic,
        _ => Vendor::OpenAi,
    };
    record.authorized = path == "/" || shared.options.key.as_ref().is_none_or(|key| record.has_key(key));
    let response = if record.authorized {
        shared.answer(&method, path, vendor, &body, &mut record)
    } else {
        error(
            vendor,
            StatusCode::UNAUTHORIZED,
            "the API key is not the one that this server was started with",
        )
    };
    shared.note(record);
    response
}

impl Shared {
    fn answer(
        &self,
        method: &Method,
        path: &str,
        vendor: Vendor,
        body: &[u8],
        record: &mut Record,
    ) -> Response {
        if method != Method::POST {
            return look_up(path, vendor);
        }
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return error(vendor, StatusCode::BAD_REQUEST, "the body is not JSON");
        };
        let id = format!("{:08}", self.count.fetch_add(1, Ordering::Relaxed) + 1);
        match path {
            "/v1/messages" => {
                let (ask, reply) = self.decide(anthropic::ask(&body), record);
                self.send(
                    &ask,
                    || anthropic::whole(&ask, &reply, &id),
                    || anthropic::parts(&ask, &reply, &id),
                )
            }
            "/v1/messages/count_tokens" => Json(json!({ "input_tokens": INPUT_TOKENS })).into_response(),
            "/v1/chat/completions" => {
                let (ask, reply) = self.decide(chat::ask(&body), record);
                self.send(&ask, || chat::whole(&ask, &reply, &id), || chat::parts(&ask, &reply, &id, &body))
            }
            "/v1/responses" => {
                let (ask, reply) = self.decide(responses::ask(&body), record);
                self.send(
                    &ask,
                    || responses::whole(&ask, &reply, &id),
                    || responses::parts(&ask, &reply, &id),
                )
            }
            _ => match path.strip_prefix("/v1beta/models/").and_then(|rest| rest.split_once(':')) {
                Some((model, verb @ ("generateContent" | "streamGenerateContent"))) => {
                    let ask = gemini::ask(&body, model, verb == "streamGenerateContent");
                    let (ask, reply) = self.decide(ask, record);
                    self.send(&ask, || gemini::whole(&ask, &reply, &id), || gemini::parts(&ask, &reply, &id))
                }
                Some((_, "countTokens")) => Json(json!({ "totalTokens": INPUT_TOKENS })).into_response(),
                _ => error(vendor, StatusCode::NOT_FOUND, "no such path"),
            },
        }
    }

    fn decide(&self, ask: Ask, record: &mut Record) -> (Ask, Reply) {
        let reply = ask.reply(self.options.tokens);
        record.model.clone_from(&ask.model);
        record.stream = ask.stream;
        record.tool_result = ask.has_tool_result();
        record.called = match &reply {
            Reply::Tool { name, .. } => Some(name.clone()),
            Reply::Text(_) => None,
        };
        (ask, reply)
    }

    fn send(&self, ask: &Ask, whole: impl Fn() -> Value, parts: impl Fn() -> Vec<Part>) -> Response {
        if !ask.stream {
            return Json(whole()).into_response();
        }
        let delay = self.options.delay;
        let stream = stream::unfold(parts().into_iter(), move |mut parts| async move {
            let part = parts.next()?;
            if part.delta && !delay.is_zero() {
                sleep(delay).await;
            }
            Some((Ok::<_, io::Error>(part.bytes), parts))
        });
        ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(stream)).into_response()
    }

    fn note(&self, record: Record) {
        // One write per line; a test reads the file while it grows.
        let written = self.file.as_ref().map(|mut file| {
            let mut line = serde_json::to_vec(&record).unwrap_or_default();
            line.push(b'\n');
            file.write_all(&line)
        });
        if let Some(Err(e)) = written {
            let _ = writeln!(io::stderr(), "model-server: cannot record a request: {e}");
        }
        self.records.send_modify(|records| records.push(record));
    }
}

/// `GET` and `HEAD`: the models, and a sign of life.
fn look_up(path: &str, vendor: Vendor) -> Response {
    const MODEL: &str = "stand-in";
    let openai = |id: &str| json!({"id": id, "object": "model", "created": 0, "owned_by": "lia"});
    let anthropic = |id: &str| json!({"type": "model", "id": id, "display_name": id, "created_at": "1970-01-01T00:00:00Z"});
    let gemini = |id: &str| {
        json!({
            "name": format!("models/{id}"), "displayName": id, "version": "1", "inputTokenLimit": 1_000_000,
            "outputTokenLimit": 65_536, "supportedGenerationMethods": ["generateContent", "countTokens"],
        })
    };
    let one = path.strip_prefix("/v1/models/").or_else(|| path.strip_prefix("/v1beta/models/"));
    Json(match (path, one, vendor) {
        ("/", ..) => json!({"server": "model-server"}),
        ("/v1/models", _, Vendor::Anthropic) => {
            json!({"data": [anthropic(MODEL)], "has_more": false, "first_id": MODEL, "last_id": MODEL})
        }
        ("/v1/models", ..) => json!({"object": "list", "data": [openai(MODEL)]}),
        ("/v1beta/models", ..) => json!({"models": [gemini(MODEL)]}),
        (_, Some(id), Vendor::Anthropic) => anthropic(id),
        (_, Some(id), Vendor::OpenAi) => openai(id),
        (_, Some(id), Vendor::Gemini) => gemini(id),
        _ => return error(vendor, StatusCode::NOT_FOUND, "no such path"),
    })
    .into_response()
}

/// An error in the vendor's form.
fn error(vendor: Vendor, status: StatusCode, message: &str) -> Response {
    let (anthropic_type, openai_code, google_status) = match status {
        StatusCode::UNAUTHORIZED => ("authentication_error", "invalid_api_key", "UNAUTHENTICATED"),
        StatusCode::NOT_FOUND => ("not_found_error", "not_found", "NOT_FOUND"),
        _ => ("invalid_request_error", "invalid_request", "INVALID_ARGUMENT"),
    };
    let body = match vendor {
        Vendor::Anthropic => anthropic::error(anthropic_type, message),
        Vendor::OpenAi => chat::error(openai_code, message),
        Vendor::Gemini => gemini::error(status.as_u16(), google_status, message),
    };
    (status, Json(body)).into_response()
}
