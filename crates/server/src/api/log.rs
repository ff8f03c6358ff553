//! Reading a task's log: the output as text, the events as a page of JSON or as server-sent events.
//!
//! Nothing here keeps more than one page in memory, however long the log and however slow the reader.

use std::{convert::Infallible, fmt::Write as _, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::{Stream, stream};
use lia_protocol::{
    event::Event,
    ids::{Seq, SessionId, TaskId},
    limits,
    query::LogQuery,
    task::TaskStatus,
};
use lia_store::{PageSize, Store, StoreError, TaskRecord};
use tokio::time::timeout;

use super::{
    Api,
    auth::Principal,
    error::{Failure, invalid},
    extract::{ApiPath, ApiQuery},
};
use crate::{
    engine::{Slice, Subscription},
    views::View,
};

/// Content type of server-sent events.
pub const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";
/// The `from` of the next page.
const NEXT_FROM: HeaderName = HeaderName::from_static("lia-next-from");
/// A comment goes out after this long without an event, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// That comment.
pub(super) const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// `GET /api/v1/tasks/{id}/output`: `output` messages after `from`. Without `limit` all up to now, streamed.
pub async fn output(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<LogQuery>,
) -> Result<Response, Failure> {
    let task = api.task(&caller, id).await?;
    let json = (header::CONTENT_TYPE, "application/json".to_owned());
    if let Some(limit) = q.limit {
        let (body, next) = output_page(&*api.store, task.session, q.from, limit).await?;
        return Ok(([json, (NEXT_FROM, next.to_string())], body).into_response());
    }
    let next = task.last_seq.max(q.from);
    let pages = OutputPages {
        store: api.store.clone(),
        session: task.session,
        cursor: q.from,
        end: task.last_seq,
        state: Part::Begin,
    };
    Ok(([json, (NEXT_FROM, next.to_string())], Body::from_stream(pages.stream())).into_response())
}

/// At most `limit` messages and the seq after which the next page begins: that of the last event that was looked at.
async fn output_page(
    store: &dyn Store,
    session: SessionId,
    from: Seq,
    limit: usize,
) -> Result<(Bytes, Seq), StoreError> {
    let mut body = BytesMut::from(&b"["[..]);
    let (mut cursor, mut count) = (from, 0);
    'pages: loop {
        let events = store.events(session, cursor, PageSize::default()).await?;
        if events.is_empty() {
            break;
        }
        for event in &events {
            let texts = outputs(event);
            if count > 0 && (count + texts.len() > limit || body.len() > limits::PAGE_BYTES) {
                break 'pages;
            }
            count += texts.len();
            put_all(&mut body, texts.iter().map(|t| t.as_bytes()));
            cursor = event.seq;
        }
        if count >= limit {
            break;
        }
    }
    body.put_u8(b']');
    Ok((body.freeze(), cursor))
}

fn outputs(event: &Event) -> Vec<axum::extract::ws::Utf8Bytes> {
    let frames = View::Seed.frames(event).into_iter();
    frames.map(|f| f.json).filter(|json| json.starts_with(r#"{"type":"output""#)).collect()
}

/// Adds items to a JSON array that `body` has begun.
fn put_all<T: AsRef<[u8]>>(body: &mut BytesMut, items: impl IntoIterator<Item = T>) {
    for item in items {
        if body.last() != Some(&b'[') {
            body.put_u8(b',');
        }
        body.put_slice(item.as_ref());
    }
}

#[derive(PartialEq)]
enum Part {
    Begin,
    First,
    Rest,
    Done,
}

/// The whole output as one JSON array, page by page.
struct OutputPages {
    store: Arc<dyn Store>,
    session: SessionId,
    cursor: Seq,
    end: Seq,
    state: Part,
}

impl OutputPages {
    fn stream(self) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
        stream::try_unfold(self, async |mut pages| Ok(pages.next().await?.map(|chunk| (chunk, pages))))
    }

    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        let mut chunk = BytesMut::new();
        match self.state {
            Part::Done => return Ok(None),
            Part::Begin => {
                chunk.put_u8(b'[');
                self.state = Part::First;
            }
            Part::First | Part::Rest => {}
        }
        while self.cursor < self.end {
            let events = self.store.events(self.session, self.cursor, PageSize::default()).await?;
            let Some(last) = events.last() else { break };
            self.cursor = last.seq;
            for text in events.iter().filter(|e| e.seq <= self.end).flat_map(outputs) {
                if self.state == Part::Rest {
                    chunk.put_u8(b',');
                }
                self.state = Part::Rest;
                chunk.put_slice(text.as_bytes());
            }
            if chunk.len() > 1 {
                return Ok(Some(chunk.freeze()));
            }
        }
        self.state = Part::Done;
        chunk.put_u8(b']');
        Ok(Some(chunk.freeze()))
    }
}

/// `GET /api/v1/tasks/{id}/events`
pub async fn events(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<LogQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let task = api.task(&caller, id).await?;
    let limit = q.limit;
    if wants_page(&headers) {
        let page = PageSize { events: limit.unwrap_or(limits::PAGE_EVENTS), ..PageSize::default() };
        let events = api.store.events(task.session, q.from, page).await?;
        let next = events.last().map_or(q.from, |e| e.seq);
        let mut body = BytesMut::from(&b"["[..]);
        put_all(&mut body, events.iter().map(Event::to_json));
        body.put_u8(b']');
        let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (NEXT_FROM, next.to_string())];
        return Ok((headers, body.freeze()).into_response());
    }
    let last = last_event_id(&headers)?;
    let from = last.unwrap_or(q.from);
    let follow = q.follow.unwrap_or(true) && limit.is_none();
    if has_had_all(&task, last) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let subscription = api.engine.subscribe(&task, from).await?;
    let reader = Reader {
        end: (!follow).then_some(task.last_seq),
        left: limit.unwrap_or(usize::MAX),
        api: api.clone(),
        caller,
        subscription,
    };
    let body = stream::unfold(reader, async |mut reader| {
        reader.next().await.map(|c| (Ok::<_, Infallible>(c), reader))
    });
    Ok(([(header::CONTENT_TYPE, EVENT_STREAM)], Body::from_stream(body)).into_response())
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|a| a.to_str().ok()).unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/event-stream")
}

pub(super) fn last_event_id(headers: &HeaderMap) -> Result<Option<Seq>, Failure> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let text = value.to_str().unwrap_or("?").trim();
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse() {
        Ok(n) if n <= limits::SAFE_INTEGER => Ok(Some(Seq(n))),
        Ok(_) | Err(_) => Err(invalid("Last-Event-ID", format!("{text:?} is not the seq of an event"))),
    }
}

/// One reader of server-sent events.
struct Reader {
    subscription: Subscription,
    end: Option<Seq>,
    left: usize,
    api: Api,
    caller: Principal,
}

impl Reader {
    /// The next bytes; `None` ends the answer: the log is complete, the server stops, or the credential has ended.
    async fn next(&mut self) -> Option<Bytes> {
        if self.left == 0 || self.end.is_some_and(|end| self.subscription.cursor() >= end) {
            return None;
        }
        match hear(&self.api, &self.caller, self.subscription.next()).await? {
            Heard::Silence => Some(COMMENT),
            Heard::Part(slice) => {
                let (bytes, count) = sse_slice(&slice, self.end, self.left);
                self.left -= count;
                Some(bytes)
            }
        }
    }
}

/// What a reader of server-sent events hears.
pub(super) enum Heard<T> {
    /// The next part of the log.
    Part(T),
    /// Nothing for so long that the connection needs a [`COMMENT`].
    Silence,
}

/// Waits for the next part of a log. `None` ends the answer: the log is complete or cannot be read, the server stops, or
/// the credential has ended.
pub(super) async fn hear<T>(
    api: &Api,
    caller: &Principal,
    next: impl Future<Output = Result<Option<T>, StoreError>>,
) -> Option<Heard<T>> {
    tokio::select! {
        biased;
        () = api.stopping.cancelled() => None,
        () = api.credential_ended(caller) => None,
        next = timeout(KEEP_ALIVE, next) => match next {
            Err(_) => Some(Heard::Silence),
            Ok(Ok(part)) => part.map(Heard::Part),
            Ok(Err(e)) => {
                tracing::warn!(error = %e, "an event stream ends");
                None
            }
        },
    }
}

/// Whether a reader that has had everything up to `last` would wait for ever: nothing will come, and 204 is the one answer
/// that stops a browser from reconnecting.
pub(super) fn has_had_all(task: &TaskRecord, last: Option<Seq>) -> bool {
    task.status == TaskStatus::Terminated && last.is_some_and(|last| last >= task.last_seq)
}

fn sse_slice(slice: &Slice, end: Option<Seq>, most: usize) -> (Bytes, usize) {
    let mut out = BytesMut::new();
    let mut count = 0;
    // This view has exactly one frame for each event.
    let pairs = slice.events().zip(slice.frames(View::Events)).take(most);
    for (event, frame) in pairs.take_while(|(e, _)| end.is_none_or(|end| e.seq <= end)) {
        put_sse(&mut out, Some(event.seq), event.kind.as_str(), &frame.json);
        count += 1;
    }
    (out.freeze(), count)
}

/// One server-sent event.
#[must_use]
pub fn sse_event(id: Option<Seq>, name: &str, data: &str) -> Bytes {
    let mut out = BytesMut::new();
    put_sse(&mut out, id, name, data);
    out.freeze()
}

pub(super) fn put_sse(out: &mut BytesMut, id: Option<Seq>, name: &str, data: &str) {
    // Writing into memory cannot fail.
    if let Some(id) = id {
        let _ = writeln!(out, "id: {id}");
    }
    let _ = write!(out, "event: {name}\ndata: ");
    // An agent's frame may hold a bare CR between tokens, which would end the line; in JSON it is as good as a space.
    if data.contains(['\r', '\n']) {
        out.put_slice(data.replace(['\r', '\n'], " ").as_bytes());
    } else {
        out.put_slice(data.as_bytes());
    }
    out.put_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browsers_last_event_is_a_seq() {
        let read = |text: &'static str| {
            let headers = HeaderMap::from_iter([(
                HeaderName::from_static("last-event-id"),
                header::HeaderValue::from_static(text),
            )]);
            last_event_id(&headers).ok()
        };
        assert_eq!(read(" 7 "), Some(Some(Seq(7))));
        assert_eq!(read("9007199254740991"), Some(Some(Seq(limits::SAFE_INTEGER))));
        assert_eq!(read(""), Some(None));
        for bad in ["9007199254740992", "18446744073709551615", "-1", "x"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_frame_cannot_break_out_of_its_event() {
        let bytes = sse_event(Some(Seq(7)), "rpc", "{\"a\":1,\r\"b\":\n2}");
        assert_eq!(bytes, "id: 7\nevent: rpc\ndata: {\"a\":1, \"b\": 2}\n\n");
    }
}
