//! The one table of routes. The router, the authorisation test and the API's description are made from it; a route that
//! is not in it does not exist.

use axum::{
    Router,
    http::Method,
    middleware::from_fn_with_state,
    routing::{MethodFilter, MethodRouter, on},
};
use lia_protocol::{api::Scope, limits};

use super::{
    Api,
    auth::{Gate, guard},
    control, files, log, login, page, server, stream, tasks, tokens, uploads,
};

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Open,
    /// Whoever has a credential.
    Any,
    /// Whoever has a credential with this scope.
    Scope(Scope),
}

/// How a route answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request and its answer.
    Http,
    /// An upgrade to a WebSocket.
    WebSocket,
    /// Server-sent events.
    Sse,
}

/// One route.
pub struct Route {
    /// The method; `GET` answers `HEAD` too.
    pub method: Method,
    /// In axum's form.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// How it answers.
    pub kind: Kind,
    /// Bytes of its JSON body.
    pub body: usize,
    /// One line for people.
    pub summary: &'static str,
    make: fn() -> MethodRouter<Api>,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({:?}, {:?})", self.method, self.path, self.access, self.kind)
    }
}

/// Bytes of a small JSON body.
const SMALL: usize = 64 << 10;
/// An input's text with every character escaped.
const INPUT: usize = 6 * limits::INPUT_BYTES + SMALL;

const OPEN: Access = Access::Open;
const ANY: Access = Access::Any;
const READ: Access = Access::Scope(Scope::Read);
const WRITE: Access = Access::Scope(Scope::Write);
const ADMIN: Access = Access::Scope(Scope::Admin);

macro_rules! routes {
    ($($method:ident $path:literal $access:ident $kind:ident $body:expr, $handler:path, $summary:literal;)*) => {
        /// All routes.
        pub static ROUTES: &[Route] = &[$(Route {
            method: Method::$method,
            path: $path,
            access: $access,
            kind: Kind::$kind,
            body: $body,
            summary: $summary,
            make: || on(MethodFilter::$method, $handler),
        }),*];
    };
}

routes! {
    GET "/health" OPEN Http 0, server::health, "Whether the server and its store answer.";
    GET "/" OPEN Http 0, page::page, "The plain page: the list of tasks.";
    GET "/tasks/{id}" OPEN Http 0, page::page, "The plain page: one task, live.";
    GET "/login" OPEN Http 0, login::by_link, "Exchanges the printed link's code for the cookie.";
    POST "/api/v1/login" OPEN Http SMALL, login::by_code, "Exchanges a one-time code or a token for the cookie.";
    POST "/api/v1/logout" ANY Http SMALL, login::logout, "Ends the cookie's session.";
    GET "/api/v1/me" ANY Http 0, login::me, "Whose credential it is and what it may do.";
    POST "/api/v1/tickets" ANY Http SMALL, login::ticket, "A ticket that opens one WebSocket or SSE stream.";

    POST "/api/v1/tasks" WRITE Http limits::BODY_BYTES, tasks::create, "Creates a task.";
    GET "/api/v1/tasks" READ Http 0, tasks::list, "Lists tasks, newest first.";
    GET "/api/v1/tasks/{id}" READ Http 0, tasks::get, "One task.";
    DELETE "/api/v1/tasks/{id}" WRITE Http SMALL, tasks::delete, "Ends a task; with purge=true removes its record and log too.";
    POST "/api/v1/tasks/{id}/suspend" WRITE Http SMALL, control::suspend, "Suspends a running task.";
    POST "/api/v1/tasks/{id}/resume" WRITE Http SMALL, control::resume, "Resumes a suspended task.";
    POST "/api/v1/tasks/{id}/input" WRITE Http INPUT, control::input, "Bytes for a terminal, one prompt for an ACP agent.";
    POST "/api/v1/tasks/{id}/cancel" WRITE Http SMALL, control::cancel, "Stops the running turn.";
    POST "/api/v1/tasks/{id}/resize" WRITE Http SMALL, control::resize, "The terminal's size.";
    GET "/api/v1/tasks/{id}/queue" READ Http 0, control::queue, "Prompts that wait.";
    DELETE "/api/v1/tasks/{id}/queue/{command}" WRITE Http SMALL, control::withdraw, "Takes a waiting prompt back.";
    GET "/api/v1/tasks/{id}/permissions" READ Http 0, control::permissions, "Open questions of the agent.";
    POST "/api/v1/tasks/{id}/permissions/{permission}" WRITE Http SMALL, control::answer, "Answers a question.";

    GET "/api/v1/tasks/{id}/output" READ Http 0, log::output, "The output as text for people.";
    GET "/api/v1/tasks/{id}/events" READ Sse 0, log::events, "The log, as server-sent events or as a page of JSON.";
    GET "/api/v1/tasks/{id}/stream" READ WebSocket 0, stream::stream, "The task, live, both ways.";

    GET "/api/v1/tasks/{id}/files" READ Http 0, files::list, "A folder of the workspace.";
    GET "/api/v1/tasks/{id}/files/content" READ Http 0, files::read, "A file of the workspace.";
    PUT "/api/v1/tasks/{id}/files/content" WRITE Http 0, files::write, "Writes a file of the workspace.";
    GET "/api/v1/tasks/{id}/diff" READ Http 0, files::diff, "What the agent changed in the repository, as a patch.";
    GET "/api/v1/tasks/{id}/bundle" READ Http 0, files::bundle, "The same as a git bundle.";
    POST "/api/v1/uploads" WRITE Http 0, uploads::upload, "Brings a git bundle for a task to come.";

    GET "/api/v1/templates" READ Http 0, server::templates, "Agent templates and what each lacks.";
    POST "/api/v1/agents/{name}/install" ADMIN Sse SMALL, server::install, "Installs an agent; streams its progress.";
    GET "/api/v1/runtimes" READ Http 0, server::runtimes, "What isolation is really in force.";
    GET "/api/v1/tokens" ADMIN Http 0, tokens::list, "Tokens of all users.";
    POST "/api/v1/tokens" ADMIN Http SMALL, tokens::create, "Makes a token.";
    DELETE "/api/v1/tokens/{id}" ADMIN Http SMALL, tokens::revoke, "Revokes a token and all that was made from it.";
    POST "/api/v1/server/down" ADMIN Http SMALL, server::down, "Ends the server, and all instances with it if asked.";
}

/// The router, made from the table.
pub fn router(api: &Api) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let gate = Gate { api: api.clone(), route };
        router = router.route(route.path, (route.make)().route_layer(from_fn_with_state(gate, guard)));
    }
    router
        .method_not_allowed_fallback(server::wrong_method)
        .fallback(server::unknown)
        .with_state(api.clone())
        .layer(from_fn_with_state(api.clone(), server::outermost))
}
