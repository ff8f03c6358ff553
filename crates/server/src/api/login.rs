//! The browser's login, and who one is: codes, cookies, tickets.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use lia_protocol::{
    api::{COOKIE, LoginRequest, Me, TicketResponse},
    error::ErrorCode,
    limits,
    query::LoginLinkQuery,
    secret::Secret,
    time::Timestamp,
};
use lia_store::{CredentialKind, Op, StoreError, Txn};

use super::{
    Api,
    auth::{self, Principal},
    credentials,
    error::{Failure, unauthorized},
    extract::{ApiJson, ApiQuery},
    ui,
};

/// Failed logins of one address within [`WINDOW`] before it has to wait.
const FAILURES: usize = 10;
/// See [`FAILURES`].
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered.
const ADDRESSES: usize = 1024;

/// Failed logins by address, in memory.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<IpAddr, Vec<Instant>>>);

impl Attempts {
    /// Whether this address may try now.
    fn check(&self, from: IpAddr, now: Instant) -> Result<(), Failure> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(failed) = all.get_mut(&from) else { return Ok(()) };
        failed.retain(|at| now.duration_since(*at) < WINDOW);
        if failed.len() < FAILURES {
            return Ok(());
        }
        let text = format!("{FAILURES} logins failed within {} s; wait a minute", WINDOW.as_secs());
        Err(Failure::new(ErrorCode::Unavailable, text).header(header::RETRY_AFTER, "60"))
    }

    fn failed(&self, from: IpAddr, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= ADDRESSES {
            all.retain(|_, failed| failed.last().is_some_and(|at| now.duration_since(*at) < WINDOW));
        }
        if all.len() < ADDRESSES {
            all.entry(from).or_default().push(now);
        }
    }
}

/// `GET /login?code=…`
pub async fn by_link(
    State(api): State<Api>,
    Extension(peer): Extension<SocketAddr>,
    headers: HeaderMap,
    ApiQuery(q): ApiQuery<LoginLinkQuery>,
) -> Result<Response, Failure> {
    let home = [(header::LOCATION, HeaderValue::from_static("/"))];
    match exchange(&api, peer, &q.code).await {
        Ok(cookie) => Ok((StatusCode::SEE_OTHER, home, [(header::SET_COOKIE, cookie)]).into_response()),
        Err(failure) => {
            // The link clicked again, by the same browser.
            if let Some(secret) = auth::cookie(&headers)
                && auth::check(&api, &secret, CredentialKind::Cookie).await.is_ok()
            {
                return Ok((StatusCode::SEE_OTHER, home).into_response());
            }
            if failure.code() == ErrorCode::Unauthorized && ui::accepts_pages(&headers) {
                return Ok(ui::refused(&headers));
            }
            Err(failure)
        }
    }
}

/// `POST /api/v1/login`
pub async fn by_code(
    State(api): State<Api>,
    Extension(peer): Extension<SocketAddr>,
    body: ApiJson<LoginRequest>,
) -> Result<Response, Failure> {
    let cookie = exchange(&api, peer, &body.value.code).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// A cookie for a one-time code or a token.
async fn exchange(api: &Api, peer: SocketAddr, secret: &Secret) -> Result<HeaderValue, Failure> {
    let now = Instant::now();
    api.logins.check(peer.ip(), now)?;
    let result = try_exchange(api, secret).await;
    if result.as_ref().is_err_and(|f| f.code() == ErrorCode::Unauthorized) {
        api.logins.failed(peer.ip(), now);
    }
    result
}

async fn try_exchange(api: &Api, secret: &Secret) -> Result<HeaderValue, Failure> {
    let bad = || {
        unauthorized(
            "the code or token is unknown, too old or used up; a restart of the server prints a new link",
        )
    };
    let found = match auth::check(api, secret, CredentialKind::Code).await {
        Err(e) if e.code() == ErrorCode::Unauthorized => {
            auth::check(api, secret, CredentialKind::Token).await
        }
        other => other,
    };
    let from = found.map_err(|e| if e.code() == ErrorCode::Unauthorized { bad() } else { e })?;
    let (cookie, ops) = if from.kind == CredentialKind::Code {
        let until = Some(credentials::after(credentials::COOKIE_SECONDS));
        let label = "login by link".to_owned();
        let (cookie, record) =
            credentials::mint(CredentialKind::Cookie, from.user, from.scopes, label, until)
                .map_err(no_randomness)?;
        let used = Op::RevokeCredential { id: from.id, at: Timestamp::now() };
        (cookie, vec![used, Op::PutCredential(Box::new(record))])
    } else {
        let (cookie, record) = credentials::child(&from, CredentialKind::Cookie, credentials::COOKIE_SECONDS)
            .map_err(no_randomness)?;
        (cookie, vec![Op::PutCredential(Box::new(record))])
    };
    match api.store.commit(Txn::power(ops)).await {
        Ok(_) => Ok(set_cookie(api, cookie.expose(), credentials::COOKIE_SECONDS)),
        Err(StoreError::Conflict { .. }) => Err(bad()),
        Err(e) => Err(e.into()),
    }
}

/// The operating system gave no random bytes.
pub fn no_randomness(e: std::io::Error) -> Failure {
    tracing::error!(error = %e, "no randomness");
    Failure::new(ErrorCode::InternalError, "the operating system gave no random bytes")
}

fn set_cookie(api: &Api, value: &str, seconds: i64) -> HeaderValue {
    let secure = if api.web_url.starts_with("https://") { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// `POST /api/v1/logout`
pub async fn logout(State(api): State<Api>, caller: Principal) -> Result<Response, Failure> {
    if caller.kind == CredentialKind::Cookie {
        credentials::revoke(&api, caller.id).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, set_cookie(&api, "", 0))]).into_response())
}

/// `GET /api/v1/me`
pub async fn me(caller: Principal) -> Json<Me> {
    Json(Me { user_id: caller.user, scopes: caller.scopes })
}

/// `POST /api/v1/tickets`
pub async fn ticket(State(api): State<Api>, caller: Principal) -> Result<Response, Failure> {
    let (ticket, record) =
        credentials::child(&caller, CredentialKind::Ticket, limits::TICKET_SECONDS).map_err(no_randomness)?;
    let sweep = Op::SweepCredentials { before: credentials::after(-credentials::SWEEP_SECONDS) };
    api.store.commit(Txn::process(vec![sweep, Op::PutCredential(Box::new(record))])).await?;
    let body = TicketResponse { ticket, expires_in: limits::TICKET_SECONDS };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_then_a_minute() {
        let (a, from, t0) = (Attempts::default(), IpAddr::from([127, 0, 0, 1]), Instant::now());
        for _ in 0..FAILURES {
            assert!(a.check(from, t0).is_ok());
            a.failed(from, t0);
        }
        assert!(a.check(from, t0).is_err());
        assert!(a.check(IpAddr::from([10, 0, 0, 1]), t0).is_ok());
        assert!(a.check(from, t0 + WINDOW).is_ok());
    }
}
