//! What comes back to the agent: the provider's answer as it streams, or an error in the vendor's form.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, SET_COOKIE},
};
use hyper::body::{Frame, Incoming, SizeHint};
use lia_protocol::{ids::SessionId, secret::Secret};
use serde_json::json;
use tokio::sync::mpsc::OwnedPermit;

use crate::{
    GatewayEvent, ProviderKind,
    http::{Body, full, strip_hop_by_hop},
    usage::Meter,
};

/// An error of the broker's own. The vendors' SDKs are told not to try again.
pub(crate) fn error(kind: ProviderKind, status: StatusCode, text: &str) -> Response<Body> {
    let body = match kind {
        ProviderKind::Anthropic => {
            let name = match status {
                StatusCode::FORBIDDEN => "permission_error",
                StatusCode::BAD_REQUEST => "invalid_request_error",
                _ => "api_error",
            };
            json!({"type": "error", "error": {"type": name, "message": text}})
        }
        ProviderKind::OpenAi => {
            json!({"error": {"message": text, "type": "lia_error", "param": null, "code": null}})
        }
        ProviderKind::Gemini => {
            let name = match status {
                StatusCode::FORBIDDEN => "PERMISSION_DENIED",
                StatusCode::BAD_REQUEST => "INVALID_ARGUMENT",
                _ => "UNAVAILABLE",
            };
            json!({"error": {"code": status.as_u16(), "message": text, "status": name}})
        }
    };
    let mut response = Response::new(full(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(HeaderName::from_static("x-should-retry"), HeaderValue::from_static("false"));
    response
}

/// Removes what concerns the connection to the provider, cookies, and any header that holds the key.
pub(crate) fn clean_headers(headers: &mut HeaderMap, key: &Secret) {
    strip_hop_by_hop(headers);
    headers.remove(SET_COOKIE);
    let key = key.expose().as_bytes();
    let echo: Vec<HeaderName> =
        headers.iter().filter(|(_, v)| find(v.as_bytes(), key).is_some()).map(|(n, _)| n.clone()).collect();
    for name in echo {
        headers.remove(name);
    }
}

pub(crate) fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len().max(1)).position(|w| w == word)
}

/// A provider's body on its way: counted, and where it is an error, searched for the key. When it ends, or the agent
/// stops reading it, the usage is told.
pub(crate) struct Answer {
    body: Incoming,
    meter: Option<Meter>,
    place: Option<OwnedPermit<GatewayEvent>>,
    scrub: Option<Scrub>,
    session: Option<SessionId>,
}

impl Answer {
    pub(crate) fn new(
        body: Incoming,
        meter: Meter,
        place: OwnedPermit<GatewayEvent>,
        secret: Option<Secret>,
        session: Option<SessionId>,
    ) -> Self {
        let scrub = secret.map(|key| Scrub { key, held: Vec::new() });
        Self { body, meter: Some(meter), place: Some(place), scrub, session }
    }

    fn tell(&mut self) {
        if let (Some(meter), Some(place)) = (self.meter.take(), self.place.take()) {
            place.send(GatewayEvent::Usage { usage: meter.finish(), session: self.session });
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.tell();
    }
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let me = &mut *self;
        loop {
            let Some(frame) = ready!(Pin::new(&mut me.body).poll_frame(cx)).transpose()? else {
                me.tell();
                let rest = me.scrub.take().map(|s| s.held).filter(|held| !held.is_empty());
                return Poll::Ready(rest.map(|held| Ok(Frame::data(held.into()))));
            };
            // Trailers could carry the key past the search, and no provider sends any.
            let Ok(data) = frame.into_data() else { continue };
            if let Some(meter) = &mut me.meter {
                meter.feed(&data);
            }
            let data = match &mut me.scrub {
                Some(scrub) => scrub.feed(&data),
                None => data,
            };
            if !data.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream() && self.scrub.as_ref().is_none_or(|s| s.held.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.size_hint();
        let held = self.scrub.as_ref().map_or(0, |s| s.held.len() as u64);
        if held > 0 {
            let upper = hint.upper().map(|n| n + held);
            hint = SizeHint::new();
            hint.set_lower(self.body.size_hint().lower() + held);
            if let Some(upper) = upper {
                hint.set_upper(upper);
            }
        }
        hint
    }
}

/// Overwrites every occurrence of the key, in place, so that lengths stay. Holds back only what may be its beginning.
pub(crate) struct Scrub {
    pub(crate) key: Secret,
    pub(crate) held: Vec<u8>,
}

impl Scrub {
    pub(crate) fn feed(&mut self, data: &[u8]) -> Bytes {
        self.held.extend_from_slice(data);
        let key = self.key.expose().as_bytes();
        while let Some(at) = find(&self.held, key) {
            self.held[at..at + key.len()].fill(b'*');
        }
        let most = self.held.len().min(key.len().saturating_sub(1));
        let keep = (1..=most).rev().find(|n| self.held.ends_with(&key[..*n])).unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - keep);
        std::mem::replace(&mut self.held, rest).into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_cut_lets_the_key_through(text in "[ab]{0,60}", cuts in proptest::collection::vec(0_usize..60, 0..6)) {
            let mut scrub = Scrub { key: Secret::new("abaab"), held: Vec::new() };
            let mut cuts: Vec<_> = cuts.into_iter().map(|c| c.min(text.len())).chain([0, text.len()]).collect();
            cuts.sort_unstable();
            let mut out: Vec<u8> = Vec::new();
            for cut in cuts.windows(2) {
                out.extend_from_slice(&scrub.feed(&text.as_bytes()[cut[0]..cut[1]]));
            }
            out.extend(scrub.held);
            prop_assert_eq!(find(&out, b"abaab"), None);
            prop_assert_eq!(String::from_utf8(out).unwrap(), text.replace("abaab", "*****"));
        }
    }
}
