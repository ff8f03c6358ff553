//! The routes of the runtime-host contract: the table, and what stands before it.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Body as HttpBody,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{MethodFilter, on},
};
use lia_protocol::{
    api::Scope,
    error::ErrorCode as C,
    host::AllowRule,
    ids::{TokenId, UserId},
    limits,
    query::{FileQuery, TerminalQuery},
    rest::{Doc, doc, doc::json},
    secret::Secret,
    sessions::{
        FilePreview, FileSystemSnapshot, OkResponse, PromptResponse, RuntimeHostHealthResponse,
        RuntimeHostPermissionResponse, RuntimeHostPromptRequest, RuntimeHostSessionStatus,
        RuntimeHostStartSessionResponse, SessionHostStartRequest, SnapshotQuery, TerminalOutput,
        TerminalsResponse,
    },
};
use lia_store::CredentialKind;
use subtle::ConstantTimeEq as _;

use super::{legacy, sessions};
use crate::api::{
    Api,
    auth::{Principal, bearer, subprotocol, survive},
    channels::many,
    credentials,
    error::{Failure, unauthorized},
    extract::BodyLimit,
    fs::{self, OfSession},
    routes::{Access, Kind, Route, routes},
    server,
};

/// Bytes of a small body.
const SMALL: usize = 64 << 10;
/// A prompt with every character escaped.
const PROMPT: usize = 6 * limits::INPUT_BYTES + SMALL;

const OPEN: Access = Access::Open;
const ANY: Access = Access::Any;

fn session() -> Doc {
    doc().path::<String>("sessionId", "The session.")
}

fn ok(doc: Doc) -> Doc {
    doc.gives(200, json::<OkResponse>(), "It is done.")
}

fn starts(doc: Doc) -> Doc {
    doc.takes(json::<SessionHostStartRequest>())
        .gives(200, json::<RuntimeHostStartSessionResponse>(), "Its agent is there.")
        .fails(&[C::InvalidState, C::SessionCreateError, C::VmError])
}

fn prompts(doc: Doc) -> Doc {
    doc.takes(json::<RuntimeHostPromptRequest>())
        .gives(200, json::<PromptResponse>(), "How the turn ended.")
        .fails(&[C::InvalidState, C::AgentExecutionFailed, C::TooLarge])
}

fn answers(doc: Doc) -> Doc {
    ok(doc.path::<String>("requestId", "The question.").takes(json::<RuntimeHostPermissionResponse>()))
        .fails(&[C::NotFound])
}

fn previews(doc: Doc) -> Doc {
    doc.query::<FileQuery>().gives(200, json::<FilePreview>(), "Its beginning.").fails(&[
        C::NotFound,
        C::Forbidden,
        C::InvalidState,
        C::VmError,
    ])
}

fn snapshots(doc: Doc) -> Doc {
    doc.query::<SnapshotQuery>()
        .gives(200, json::<FileSystemSnapshot>(), "What lies in the folder.")
        .fails(&[C::NotFound, C::InvalidState, C::VmError])
}

fn terminal(doc: Doc) -> Doc {
    doc.path::<String>("terminalId", "The terminal.")
        .query::<TerminalQuery>()
        .gives(200, json::<TerminalOutput>(), "What is kept of it.")
        .fails(&[C::NotFound, C::InvalidState, C::VmError])
}

fn terminals(doc: Doc) -> Doc {
    doc.gives(200, json::<TerminalsResponse>(), "The oldest first.").fails(&[C::InvalidState, C::VmError])
}

routes! {
    /// All routes of a runtime host. Whatever asks for a WebSocket elsewhere gets the one with channels.
    HOST_ROUTES:
    GET "/health" OPEN Http 0, sessions::health, "The sessions, and which of them works.",
        doc().gives(200, json::<RuntimeHostHealthResponse>(), "It is well.");
    POST "/sessions/{sessionId}/start" ANY Http limits::BODY_BYTES, sessions::start, "Starts a session; answers when its agent is there.", starts(session());
    POST "/sessions/{sessionId}/prompt" ANY Http PROMPT, sessions::prompt, "Prompts, and waits for the turn's end.", prompts(session());
    POST "/sessions/{sessionId}/permissions/{requestId}" ANY Http SMALL, sessions::permission, "Answers a question.", answers(session());
    POST "/sessions/{sessionId}/terminate" ANY Http SMALL, sessions::terminate, "Ends a session, if it is there.", ok(session());
    GET "/sessions/{sessionId}/health" ANY Http 0, sessions::health_of, "Whether a session works.",
        session().gives(200, json::<RuntimeHostSessionStatus>(), "It is there.").fails(&[C::NotFound]);
    GET "/sessions/{sessionId}/files" ANY Http 0, fs::preview::<OfSession>, "The beginning of a file.", previews(session());
    GET "/sessions/{sessionId}/fs/snapshot" ANY Http 0, fs::snapshot::<OfSession>, "What lies in a folder.", snapshots(session());
    GET "/sessions/{sessionId}/terminals" ANY Http 0, sessions::terminals_of, "A session's terminals.", terminals(session());
    GET "/sessions/{sessionId}/terminals/{terminalId}" ANY Http 0, sessions::terminal_of, "What a terminal printed.", terminal(session());
    GET "/terminals" ANY Http 0, sessions::terminals, "The terminals of all sessions.", terminals(doc());
    GET "/terminals/{terminalId}" ANY Http 0, sessions::terminal, "What a terminal printed.", terminal(doc());
    POST "/start" ANY Http limits::BODY_BYTES, legacy::start, "Starts a session under a name of the host's.", starts(doc());
    POST "/prompt" ANY Http PROMPT, legacy::prompt, "Prompts the oldest session.", prompts(doc());
    POST "/permissions/{requestId}" ANY Http SMALL, legacy::permission, "Answers a question of any session.", answers(doc());
    POST "/terminate" ANY Http SMALL, legacy::terminate, "Ends all sessions.", ok(doc());
    GET "/files" ANY Http 0, legacy::files, "A file of the oldest session.", previews(doc());
    GET "/fs/snapshot" ANY Http 0, legacy::snapshot, "A folder of the oldest session.", snapshots(doc());
}

/// Who may use the host, and what its sessions get.
#[derive(Clone)]
pub struct Keeper(Arc<Kept>);

struct Kept {
    token: [u8; 32],
    principal: Principal,
    allow: Vec<AllowRule>,
}

impl Keeper {
    /// The holder of `token` is `user`.
    #[must_use]
    pub fn new(token: &Secret, user: UserId, allow: Vec<AllowRule>) -> Self {
        let id = TokenId::new();
        let principal = Principal {
            user,
            scopes: vec![Scope::Read, Scope::Write],
            root: id,
            id,
            kind: CredentialKind::Token,
            expires_at: None,
        };
        Self(Arc::new(Kept { token: credentials::hash(token), principal, allow }))
    }

    /// What sandboxes may reach.
    pub(super) fn allow(&self) -> Vec<AllowRule> {
        self.0.allow.clone()
    }

    fn admit(&self, headers: &HeaderMap, socket: bool) -> Result<Principal, Failure> {
        let token = match bearer(headers)? {
            None if socket => subprotocol(headers),
            token => token,
        };
        let token = token
            .ok_or_else(|| unauthorized("this needs the host's token: Authorization: Bearer <token>"))?;
        // Of two digests nothing can be learnt by how long they are compared, and of their lengths neither.
        match bool::from(credentials::hash(&token).ct_eq(&self.0.token)) {
            true => Ok(self.0.principal.clone()),
            false => Err(unauthorized("the token is not this host's")),
        }
    }
}

#[derive(Clone)]
struct Gate {
    keeper: Keeper,
    route: &'static Route,
}

async fn guard(State(Gate { keeper, route }): State<Gate>, mut req: Request, next: Next) -> Response {
    if route.access != Access::Open {
        match keeper.admit(req.headers(), false) {
            Ok(principal) => drop(req.extensions_mut().insert(principal)),
            Err(failure) => return failure.into_response(),
        }
    }
    req.extensions_mut().insert(BodyLimit(route.body));
    survive(route.path, next.run(req)).await
}

/// Every path that is in no row: a WebSocket, or nothing.
async fn elsewhere(State(api): State<Api>, Extension(keeper): Extension<Keeper>, req: Request) -> Response {
    let upgrade = req.headers().get(header::UPGRADE).and_then(|v| v.to_str().ok());
    if !upgrade.is_some_and(|u| u.eq_ignore_ascii_case("websocket")) {
        return server::unknown(req).await.into_response();
    }
    match keeper.admit(req.headers(), true) {
        Ok(caller) => {
            survive("ws", async { many::channels(State(api), caller, req).await.into_response() }).await
        }
        Err(failure) => failure.into_response(),
    }
}

async fn outermost(req: Request, next: Next) -> Response {
    if req.method() == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, HttpBody::empty()).into_response();
    }
    let mut response = next.run(req).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The router, made from the table.
pub fn router(api: &Api, keeper: &Keeper) -> Router {
    let mut router = Router::new();
    for route in HOST_ROUTES {
        let gate = Gate { keeper: keeper.clone(), route };
        router = router.route(route.path, (route.make)().route_layer(from_fn_with_state(gate, guard)));
    }
    router
        .method_not_allowed_fallback(server::wrong_method)
        .fallback(elsewhere)
        .with_state(api.clone())
        .layer(Extension(keeper.clone()))
        .layer(from_fn(outermost))
}
