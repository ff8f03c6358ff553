//! Who calls, and what they may do: the only place that decides it.
//!
//! [`guard`] stands before every route. It asks in this order: is the `Host` ours; is the credential good; does a
//! browser's request come from our own page; does the credential's scope allow the route. Whose a task is, is asked by
//! [`Api::task`], through which every handler gets its task; a foreign one does not exist (404).

use std::panic::AssertUnwindSafe;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;
use lia_protocol::{
    api::{COOKIE, Scope},
    error::ErrorCode,
    event::Actor,
    ids::{TaskId, TokenId, UserId},
    query::TicketQuery,
    secret::Secret,
    time::Timestamp,
};
use lia_store::{CredentialKind, CredentialRecord, TaskRecord};
use subtle::ConstantTimeEq as _;

use super::{
    Api, credentials,
    error::{Failure, unauthorized},
    extract::BodyLimit,
    routes::{Access, Kind, Route},
};
use crate::engine::EngineError;

/// What stands before the token in a WebSocket's list of subprotocols.
pub const BEARER_PROTOCOL: &str = "lia.bearer.";

/// Who calls.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Whose credential it is.
    pub user: UserId,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The credential that all of this comes from: a ticket's or cookie's parent, where it has one.
    pub root: TokenId,
    /// The credential itself.
    pub id: TokenId,
    /// Its kind.
    pub kind: CredentialKind,
    /// When what it may do ends: of a ticket the parent's end, since the ticket itself is used up by opening a stream.
    pub expires_at: Option<Timestamp>,
}

impl Principal {
    /// Whether it may do what `scope` names.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.is_admin()
    }

    /// Whether it is an administrator.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.scopes.contains(&Scope::Admin)
    }

    /// The caller as the log names it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::User(self.user.clone())
    }
}

/// The caller of a route that asks for one.
impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts.extensions.get::<Self>().cloned().ok_or_else(no_credential)
    }
}

impl Api {
    /// The task, if it is the caller's own or the caller an administrator.
    ///
    /// # Errors
    /// 404 for a foreign task too, and those of the store.
    pub async fn task(&self, caller: &Principal, id: TaskId) -> Result<TaskRecord, Failure> {
        match self.store.task(id).await? {
            Some(t) if t.user == caller.user || caller.is_admin() => Ok(t),
            Some(_) | None => Err(EngineError::NoTask(id.to_string()).into()),
        }
    }

    /// The session that its own sidecar calls about. A session that is not there is answered as a wrong secret: whoever
    /// has none learns nothing.
    ///
    /// # Errors
    /// 403 for a credential of a user's, 401 for all that is not this session's secret; those of the store.
    pub async fn callback_of(&self, headers: &HeaderMap, session: &str) -> Result<TaskRecord, Failure> {
        let no_secret =
            || unauthorized("this needs the secret of the session's instance as Authorization: Bearer");
        let secret = bearer(headers)?.ok_or_else(no_secret)?;
        if check(self, &secret, CredentialKind::Token).await.is_ok() {
            let text = "this takes callbacks of the session's own sidecar, and of no user";
            return Err(Failure::new(ErrorCode::Forbidden, text));
        }
        let task = match session.parse::<TaskId>() {
            Ok(id) => self.store.task(id).await?,
            Err(_) => None,
        };
        match task {
            Some(task) if self.engine.is_instances(&task, &secret) => Ok(task),
            Some(_) | None => Err(unauthorized("this is not the secret of the session's instance")),
        }
    }

    /// Resolves when the caller's credential is revoked or has expired.
    pub async fn credential_ended(&self, caller: &Principal) {
        let mut revoked = self.revoked.subscribe();
        let gone = revoked.wait_for(|ids| ids.contains(&caller.root) || ids.contains(&caller.id));
        match caller.expires_at {
            None => drop(gone.await),
            Some(at) => {
                let left = at.millis().saturating_sub(Timestamp::now().millis());
                let left = std::time::Duration::from_millis(u64::try_from(left).unwrap_or(0));
                let _ = tokio::time::timeout(left, gone).await;
            }
        }
    }
}

/// What the guard of one route knows.
#[derive(Clone)]
pub struct Gate {
    /// The server.
    pub api: Api,
    /// The route.
    pub route: &'static Route,
}

/// Stands before a route.
pub async fn guard(State(gate): State<Gate>, req: Request, next: Next) -> Response {
    let (mut parts, body) = req.into_parts();
    match admit(&gate, &parts).await {
        Err(failure) => return failure.into_response(),
        Ok(None) => {}
        Ok(Some(principal)) => drop(parts.extensions.insert(principal)),
    }
    parts.extensions.insert(BodyLimit(gate.route.body));
    survive(gate.route.path, next.run(Request::from_parts(parts, body))).await
}

/// A panic of a handler is a defect of one request, not of the server.
pub(crate) async fn survive(route: &str, handler: impl Future<Output = Response>) -> Response {
    match AssertUnwindSafe(handler).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!(route, "a handler panicked");
            Failure::new(ErrorCode::InternalError, "a defect of Lia; the server's log says where")
                .into_response()
        }
    }
}

async fn admit(gate: &Gate, req: &Parts) -> Result<Option<Principal>, Failure> {
    let Gate { api, route } = gate;
    let changes = !matches!(req.method, Method::GET | Method::HEAD) || route.kind == Kind::WebSocket;
    if changes && !api.hosts.no_strange_origin(&req.headers) && bearer(&req.headers)?.is_none() {
        return Err(strange_origin());
    }
    let scope = match route.access {
        // The session's own instance: see `Api::callback_of`.
        Access::Open | Access::Instance => return Ok(None),
        Access::Any => None,
        Access::Scope(s) => Some(s),
    };
    let principal = authenticate(api, route.kind, req).await?;
    if changes && principal.kind == CredentialKind::Cookie && !api.hosts.same_origin(&req.headers) {
        return Err(strange_origin());
    }
    if let Some(scope) = scope.filter(|s| !principal.may(*s)) {
        let word =
            serde_json::to_value(scope).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        return Err(Failure::new(
            ErrorCode::Forbidden,
            format!("this needs a credential with the scope {word:?}"),
        ));
    }
    Ok(Some(principal))
}

fn strange_origin() -> Failure {
    Failure::new(ErrorCode::Forbidden, "this request comes from a page that is not this server's (Origin)")
}

fn no_credential() -> Failure {
    unauthorized("this needs a credential: Authorization: Bearer <token>, or the cookie of a login")
}

fn bad_credential() -> Failure {
    unauthorized("the credential is unknown, expired or revoked")
}

async fn authenticate(api: &Api, kind: Kind, req: &Parts) -> Result<Principal, Failure> {
    let headers = &req.headers;
    if let Some(token) = bearer(headers)? {
        return check(api, &token, CredentialKind::Token).await;
    }
    if kind != Kind::Http {
        if let Some(token) = subprotocol(headers) {
            return check(api, &token, CredentialKind::Token).await;
        }
        if let Some(ticket) = ticket(req) {
            let principal = check(api, &ticket, CredentialKind::Ticket).await?;
            // Works once: of two that come at the same time, one finds it used up.
            return match credentials::use_up(api, principal.id).await {
                Ok(()) => Ok(principal),
                Err(_) => Err(bad_credential()),
            };
        }
    }
    match cookie(headers) {
        Some(secret) => check(api, &secret, CredentialKind::Cookie).await,
        None => Err(no_credential()),
    }
}

/// Looks a secret up and checks that it is good for this use.
pub async fn check(api: &Api, secret: &Secret, kind: CredentialKind) -> Result<Principal, Failure> {
    let hash = credentials::hash(secret);
    let record = api.store.credential(&hash).await?.ok_or_else(bad_credential)?;
    let same = bool::from(record.hash.ct_eq(&hash));
    if !same || record.kind != kind || !is_good(&record, Timestamp::now()) {
        return Err(bad_credential());
    }
    Ok(principal(record))
}

fn is_good(record: &CredentialRecord, now: Timestamp) -> bool {
    record.revoked_at.is_none() && record.expires_at.is_none_or(|at| now < at)
}

/// The caller that a credential stands for.
#[must_use]
pub fn principal(record: CredentialRecord) -> Principal {
    let (root, parent_ends) = credentials::parent(&record).unwrap_or((record.id, record.expires_at));
    Principal {
        root,
        id: record.id,
        user: record.user,
        scopes: record.scopes,
        kind: record.kind,
        expires_at: if record.kind == CredentialKind::Ticket { parent_ends } else { record.expires_at },
    }
}

pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<Secret>, Failure> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (first, second) = (all.next(), all.next());
    let Some(value) = first else { return Ok(None) };
    let malformed = || unauthorized("the Authorization header is one 'Bearer <token>'");
    if second.is_some() {
        return Err(malformed());
    }
    let (scheme, token) = value.to_str().ok().and_then(|v| v.split_once(' ')).ok_or_else(malformed)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(malformed());
    }
    Ok(Some(Secret::new(token)))
}

pub(crate) fn subprotocol(headers: &HeaderMap) -> Option<Secret> {
    let all = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|v| v.to_str().ok());
    let mut words = all.flat_map(|v| v.split(',')).map(str::trim);
    words.find_map(|w| w.strip_prefix(BEARER_PROTOCOL)).map(Secret::new)
}

fn ticket(req: &Parts) -> Option<Secret> {
    axum::extract::Query::<TicketQuery>::try_from_uri(&req.uri).ok()?.0.ticket
}

/// The session cookie of a request.
#[must_use]
pub fn cookie(headers: &HeaderMap) -> Option<Secret> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = all.flat_map(|v| v.split(';')).filter_map(|p| p.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| Secret::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let response = survive("/x", async { panic!("on purpose") }).await;
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let error: lia_protocol::error::ApiError = serde_json::from_slice(&body).unwrap();
        assert_eq!(error.code, Some(ErrorCode::InternalError));
        assert!(!error.error.contains("on purpose"));
    }
}
