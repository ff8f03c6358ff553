//! A person's terminals over the host API.

use std::{
    convert::Infallible,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Either, Limited};
use hyper::{
    Method, Request, Response,
    body::{Body as HttpBody, Frame, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
};
use lia_protocol::{
    error::ErrorCode,
    ids::SessionId,
    limits::{TERMINAL_COMMAND_BYTES, TERMINAL_INPUT_BYTES},
    terminal::{OpenTerminal, TerminalId},
};

use super::{Body, Failure, empty, json, query_value};
use crate::{
    instance::Instance,
    process::SpawnError,
    session::Handle,
    terminals::{Reader, TerminalError},
};

/// Bytes of an [`OpenTerminal`]: its command with every character escaped.
const OPEN_BYTES: usize = 6 * TERMINAL_COMMAND_BYTES + 4096;

impl From<TerminalError> for Failure {
    fn from(e: TerminalError) -> Self {
        let code = match &e {
            TerminalError::NoAgent
            | TerminalError::TooMany
            | TerminalError::Over
            | TerminalError::NotReading => ErrorCode::InvalidState,
            TerminalError::None(_) => ErrorCode::NotFound,
            TerminalError::Spawn(SpawnError::Exec(..) | SpawnError::Nul) => ErrorCode::BadRequest,
            TerminalError::Pty(_)
            | TerminalError::Spawn(SpawnError::Namespaces(_) | SpawnError::Step(..) | SpawnError::Io(_)) => {
                ErrorCode::VmError
            }
        };
        Self(code, e.to_string())
    }
}

/// Answers what begins with `/sessions/`.
pub(super) async fn route(
    instance: &Rc<Instance>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Failure> {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let parts: Vec<&str> = path.split('/').skip(2).collect();
    let nothing = || Failure(ErrorCode::NotFound, format!("there is no {path} here"));
    let id = parts.first().and_then(|id| id.parse::<SessionId>().ok()).ok_or_else(nothing)?;
    if let (&Method::DELETE, [_]) = (request.method(), &*parts) {
        instance.forget(id).await?;
        return Ok(empty());
    }
    let session = instance.find(id).filter(|_| parts.get(1) == Some(&"terminals")).ok_or_else(nothing)?;
    let terminals = &session.terminals;
    let terminal = match parts.get(2) {
        Some(id) => Some(id.parse::<TerminalId>().map_err(|_| nothing())?),
        None => None,
    };
    match (request.method(), terminal, parts.get(3..).unwrap_or_default()) {
        (&Method::GET, None, []) => Ok(json(&terminals.list())),
        (&Method::POST, None, []) => {
            open(instance, &session, request.into_body()).await?;
            Ok(empty())
        }
        (&Method::DELETE, Some(id), []) => {
            terminals.kill(id)?;
            Ok(empty())
        }
        (&Method::GET, Some(id), ["output"]) => {
            let from = number(&query, "from")?;
            let mut response =
                Response::new(Either::Right(Either::Right(OutputBody::new(terminals.read(id, from)?))));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
            Ok(response)
        }
        (&Method::POST, Some(id), ["input"]) => {
            let typed = whole(request.into_body(), TERMINAL_INPUT_BYTES).await?;
            terminals.type_in(id, &typed).await?;
            Ok(empty())
        }
        (&Method::POST, Some(id), ["resize"]) => {
            terminals.resize(id, number(&query, "cols")?, number(&query, "rows")?)?;
            Ok(empty())
        }
        _ => Err(nothing()),
    }
}

async fn open(instance: &Rc<Instance>, session: &Rc<Handle>, body: Incoming) -> Result<(), Failure> {
    let body = whole(body, OPEN_BYTES).await?;
    let new: OpenTerminal = serde_json::from_slice(&body)
        .map_err(|e| Failure(ErrorCode::BadRequest, format!("no terminal can be read from the body: {e}")))?;
    // On a task of its own: it is opened and known of, or not opened, even when the asker goes away meanwhile.
    let (instance, session) = (Rc::clone(instance), Rc::clone(session));
    let opening =
        tokio::task::spawn_local(
            async move { session.terminals.open(&instance, &session.journal, new).await },
        );
    opening.await.map_err(|e| Failure(ErrorCode::VmError, e.to_string()))??;
    Ok(())
}

async fn whole(body: Incoming, most: usize) -> Result<Bytes, Failure> {
    let read = Limited::new(body, most).collect().await;
    let too_large =
        |_| Failure(ErrorCode::TooLarge, format!("the body broke off, or has more than {most} bytes"));
    Ok(read.map_err(too_large)?.to_bytes())
}

fn number<T: std::str::FromStr>(query: &str, key: &str) -> Result<T, Failure> {
    let text = query_value(query, key)?;
    text.parse()
        .map_err(|_| Failure(ErrorCode::BadRequest, format!("{key} is {text:?}, which is no number for it")))
}

type Next = Pin<Box<dyn Future<Output = (Reader, Option<Bytes>)>>>;

/// A terminal's lines as the body of an answer, made as they are taken.
pub(super) struct OutputBody(Option<Next>);

impl OutputBody {
    fn new(reader: Reader) -> Self {
        Self(Some(next(reader)))
    }
}

fn next(mut reader: Reader) -> Next {
    Box::pin(async move {
        let line = reader.next().await.map(|line| {
            // Plain data: it cannot fail.
            let mut bytes = serde_json::to_vec(&line).unwrap_or_default();
            bytes.push(b'\n');
            Bytes::from(bytes)
        });
        (reader, line)
    })
}

impl HttpBody for OutputBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(waits) = &mut self.0 else { return Poll::Ready(None) };
        let (reader, line) = ready!(waits.as_mut().poll(cx));
        self.0 = line.is_some().then(|| next(reader));
        Poll::Ready(line.map(|l| Ok(Frame::data(l))))
    }
}
