//! One attempt to deliver, and what follows from it.

use std::time::Duration;

use axum::http::{
    HeaderValue, Request, Response, StatusCode,
    header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT},
};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use lia_gateway::{Outbound, OutboundError};
use lia_protocol::{
    secret::Secret,
    sessions::{
        DeliveryState,
        verify::{
            EVENT_ID_HEADER, SESSION_ID_HEADER, SIGNATURE_HEADER, STANDARD_ID_HEADER,
            STANDARD_SIGNATURE_HEADER, STANDARD_TIMESTAMP_HEADER, sign_standard_webhook,
            sign_webhook_payload,
        },
    },
    time::Timestamp,
};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::{Options, Target};

/// The longest wait that a receiver may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
/// Characters of a failure's description.
const SAID: usize = 300;

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver answered.
    Answered {
        /// Its status.
        status: u16,
        /// For how long it asks for patience.
        retry_after: Option<Duration>,
    },
    /// It was not reached, or did not answer.
    Failed(String),
    /// It is not called at all, and would not be the next time.
    Refused(String),
}

impl Outcome {
    /// Where a delivery stands after this attempt, and when it is tried next. `tries` attempts of its plan were made
    /// before; a delivery that is tried `once` has no plan.
    #[must_use]
    pub fn then(
        &self,
        tries: u32,
        once: bool,
        plan: &[Duration],
        now: Timestamp,
    ) -> (DeliveryState, Option<Timestamp>) {
        let more = match self {
            Self::Answered { status: 200..=299, .. } => return (DeliveryState::Delivered, None),
            Self::Answered { status: 429 | 503, retry_after } => retry_after.unwrap_or_default(),
            Self::Answered { status: 400..=499, .. } | Self::Refused(_) => {
                return (DeliveryState::Failed, None);
            }
            Self::Answered { .. } | Self::Failed(_) => Duration::ZERO,
        };
        let next = usize::try_from(tries).unwrap_or(usize::MAX).saturating_add(1);
        match plan.get(next).filter(|_| !once) {
            Some(wait) => {
                let wait = i64::try_from((*wait + more.min(LONGEST_WAIT)).as_millis()).unwrap_or(i64::MAX);
                (DeliveryState::Pending, Some(Timestamp(now.0.saturating_add(wait))))
            }
            None => (DeliveryState::Failed, None),
        }
    }
}

/// What is posted, and to whom.
#[derive(Debug)]
pub struct Post<'a> {
    /// The receiver's URL.
    pub url: &'a str,
    /// The key of the signatures.
    pub secret: &'a Secret,
    /// The event's id.
    pub event: String,
    /// Of which session.
    pub session: String,
    /// The payload, as it is.
    pub body: &'a Bytes,
}

impl Post<'_> {
    /// Makes one attempt. No redirect is followed; an address is resolved once, checked and dialled.
    pub async fn send(&self, outbound: &Outbound, options: &Options, now: Timestamp) -> Outcome {
        let target: Target = match self.url.parse() {
            Ok(target) => target,
            Err(e) => return Outcome::Refused(format!("the URL {e}")),
        };
        let Some(request) = self.request(&target, now) else {
            return Outcome::Refused("the URL cannot stand in a request".into());
        };
        match timeout(options.timeout, call(outbound, options, &target, request)).await {
            Ok(Ok((answer, _connection))) => answered(&answer),
            Ok(Err(outcome)) => outcome,
            Err(_) => Outcome::Failed(format!("it did not answer within {:?}", options.timeout)),
        }
    }

    fn request(&self, target: &Target, now: Timestamp) -> Option<Request<Full<Bytes>>> {
        let seconds = now.millis().div_euclid(1000);
        let standard = sign_standard_webhook(self.secret.expose(), &self.event, seconds, self.body);
        Request::post(target.path.as_str())
            .header(HOST, &target.authority)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("Lia/", env!("CARGO_PKG_VERSION")))
            .header(SIGNATURE_HEADER, sign_webhook_payload(self.secret.expose(), self.body))
            .header(EVENT_ID_HEADER, &self.event)
            .header(SESSION_ID_HEADER, &self.session)
            .header(STANDARD_ID_HEADER, &self.event)
            .header(STANDARD_TIMESTAMP_HEADER, seconds)
            .header(STANDARD_SIGNATURE_HEADER, standard)
            .body(Full::new(self.body.clone()))
            .ok()
    }
}

/// A connection that is driven; it ends when this is dropped.
pub(crate) type Connection = AbortOnDropHandle<Result<(), hyper::Error>>;

/// Makes one request on a connection of its own, which lives as long as what comes with the answer.
pub(crate) async fn call(
    outbound: &Outbound,
    options: &Options,
    target: &Target,
    request: Request<Full<Bytes>>,
) -> Result<(Response<Incoming>, Connection), Outcome> {
    let allowed = |address| options.allow_private.iter().any(|rule| rule.allows(&target.host, address));
    let connected = outbound.connect(&target.host, target.port, target.tls, allowed, options.timeout).await;
    let stream = match connected {
        Ok(stream) => stream,
        // Which address it is would tell a stranger about this network.
        Err(OutboundError::Special(_)) => {
            return Err(Outcome::Refused(
                "the host has a private or special address, which webhooks.allow_private does not name"
                    .into(),
            ));
        }
        Err(e) => return Err(Outcome::Failed(said(&e))),
    };
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|e| Outcome::Failed(said(&e)))?;
    let driver = AbortOnDropHandle::new(tokio::spawn(connection));
    match sender.send_request(request).await {
        Ok(answer) => Ok((answer, driver)),
        Err(e) => Err(Outcome::Failed(said(&e))),
    }
}

/// What an answer's head says.
pub(crate) fn answered<B>(answer: &Response<B>) -> Outcome {
    let (status, headers) = (answer.status(), answer.headers());
    Outcome::Answered { status: status.as_u16(), retry_after: retry_after(status, headers.get(RETRY_AFTER)) }
}

fn retry_after(status: StatusCode, header: Option<&HeaderValue>) -> Option<Duration> {
    if !matches!(status.as_u16(), 429 | 503) {
        return None;
    }
    header?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// An error with its causes, in few words.
pub(crate) fn said(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(e) = cause {
        let next = e.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = e.source();
    }
    text.chars().take(SAID).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: [Duration; 3] = [Duration::ZERO, Duration::from_secs(5), Duration::from_secs(30)];

    fn answered(status: u16, retry_after: Option<u64>) -> Outcome {
        Outcome::Answered { status, retry_after: retry_after.map(Duration::from_secs) }
    }

    #[test]
    fn the_plan() {
        let now = Timestamp(1_000_000);
        let then = |o: &Outcome, tries| o.then(tries, false, &PLAN, now);
        let at = |seconds: i64| (DeliveryState::Pending, Some(Timestamp(1_000_000 + 1000 * seconds)));
        let (done, given_up) = ((DeliveryState::Delivered, None), (DeliveryState::Failed, None));
        for status in [200, 201, 204, 299] {
            assert_eq!(then(&answered(status, None), 0), done);
        }
        for permanent in [400, 401, 403, 404, 408, 410, 422, 499] {
            assert_eq!(then(&answered(permanent, Some(9)), 0), given_up, "{permanent}");
        }
        assert_eq!(then(&Outcome::Refused("private".into()), 0), given_up);
        for again in
            [answered(500, None), answered(302, None), answered(599, None), Outcome::Failed("timeout".into())]
        {
            assert_eq!(then(&again, 0), at(5), "{again:?}");
            assert_eq!(then(&again, 1), at(30));
            assert_eq!(then(&again, 2), given_up, "after the last attempt");
            assert_eq!(then(&again, u32::MAX), given_up);
            assert_eq!(again.then(0, true, &PLAN, now), given_up, "a test is tried once");
        }
        // What the receiver asks for comes on top, within reason.
        assert_eq!(then(&answered(429, Some(7)), 0), at(12));
        assert_eq!(then(&answered(503, Some(7)), 1), at(37));
        assert_eq!(then(&answered(429, None), 0), at(5));
        assert_eq!(then(&answered(429, Some(u64::MAX)), 0), at(5 + 24 * 3600));
        assert_eq!(then(&answered(500, Some(7)), 0), at(5), "only of those two statuses");
    }

    #[test]
    fn retry_after_is_a_number_of_seconds() {
        let read = |status, text: &'static str| {
            retry_after(StatusCode::from_u16(status).unwrap(), Some(&HeaderValue::from_static(text)))
        };
        assert_eq!(read(429, " 3 "), Some(Duration::from_secs(3)));
        assert_eq!(read(503, "0"), Some(Duration::ZERO));
        for bad in ["", "-1", "1.5", "Wed, 21 Oct 2015 07:28:00 GMT", "99999999999999999999999"] {
            assert_eq!(read(429, bad), None, "{bad}");
        }
        assert_eq!(read(500, "3"), None);
    }
}
