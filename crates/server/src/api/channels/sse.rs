//! `GET /api/agents/{agentId}/stream`: one session's events as server-sent events.

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use lia_protocol::{
    ids::{Seq, TaskId},
    query::SinceQuery,
    sessions::Channel,
};

use super::super::{
    Api,
    auth::Principal,
    error::Failure,
    extract::{ApiPath, ApiQuery},
    log::{COMMENT, EVENT_STREAM, Heard, has_had_all, hear, last_event_id, put_sse},
};
use crate::engine::Follower;

/// Events after `Last-Event-ID`, or `since`, or all; then what is new, until the session is over.
pub async fn stream(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<TaskId>,
    ApiQuery(q): ApiQuery<SinceQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let task = api.task(&caller, id).await?;
    let last = last_event_id(&headers)?;
    let since = last.unwrap_or(q.since);
    if has_had_all(&task, last) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let follower = api.engine.follow_record(&task, Some(since)).await?;
    let channel = Channel(format!("session:{id}"));
    let reader = Reader { follower, channel, api, caller };
    let body = stream::unfold(reader, async |mut reader| {
        reader.next().await.map(|c| (Ok::<_, Infallible>(c), reader))
    });
    Ok(([(header::CONTENT_TYPE, EVENT_STREAM)], Body::from_stream(body)).into_response())
}

struct Reader {
    follower: Follower,
    channel: Channel,
    api: Api,
    caller: Principal,
}

impl Reader {
    /// The next bytes; `None` ends the answer: the log is complete, the server stops, or the credential has ended.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let slice = match hear(&self.api, &self.caller, self.follower.next()).await? {
                Heard::Silence => return Some(COMMENT),
                Heard::Part(slice) => slice,
            };
            let mut out = BytesMut::new();
            let frames = self.follower.frames(&slice);
            for (at, frame) in frames.iter().enumerate() {
                // Of several made from one event only the last is a place to go on from.
                let last = frames.get(at + 1).is_none_or(|next| next.seq != frame.seq);
                let id: Option<Seq> = last.then_some(frame.seq);
                put_sse(&mut out, id, frame.kind, &frame.tagged(&self.channel));
            }
            // A part of the log may have nothing for this view.
            if !out.is_empty() {
                return Some(out.freeze());
            }
        }
    }
}
