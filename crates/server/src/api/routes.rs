//! The one table of routes. The router, the authorisation test and the API's description are made from it; a route that
//! is not in it does not exist.

use axum::{
    Router,
    http::Method,
    middleware::from_fn_with_state,
    routing::{MethodFilter, MethodRouter, on},
};
use lia_protocol::{
    api::{
        AnswerRequest, CreateTokenRequest, CreateTokenResponse, DownRequest, Health, InputRequest,
        InputResponse, LoginRequest, Me, PermissionInfo, QueuedPrompt, ResizeRequest, Scope, TicketResponse,
        TokenInfo, UploadResponse,
    },
    error::ErrorCode as C,
    event::PermissionAnswered,
    host_api::DirList,
    ids::{CommandId, DeliveryId, PermissionId, TaskId, TokenId, WebhookId},
    limits,
    log::LogEvent,
    query::{
        DeleteTaskQuery, FileQuery, FolderQuery, ListSessionsQuery, ListTasksQuery, LogQuery, LoginLinkQuery,
        RepositoryQuery, SessionQuery, SinceQuery, StreamQuery, TerminalQuery,
    },
    rest::{
        Body, Doc, RouteDoc, doc,
        doc::{json, list},
    },
    runtime::RuntimeStatus,
    sessions::{
        AgentTemplate, CreateGitWorktreeBody, CreateSessionBody, CreateTerminalBody, CreateWebhookBody,
        EnqueueMessageBody, FilePreview, FileSystemSnapshot, GitBranchList, GitCommitList, GitCommitsQuery,
        GitQuery, GitWorktreeCreated, GitWorktreeList, ListDeliveriesQuery, ListWebhooksQuery, OkResponse,
        PermissionResponseBody, PromptBody, PromptQueueState, PromptResponse, QueueClearedResponse,
        QueueOrderBody, QueuedMessage, QueuedPromptResponse, RegisterAgentTemplateBody, RuntimeInfo,
        RuntimeInstance, Session, SessionCallbackEvent, SessionProgress, SessionSettings, SessionsHealth,
        SnapshotQuery, StartRuntimeBody, TerminalInfo, TerminalInputBody, TerminalOutput, TerminalsResponse,
        UpdateAgentTemplateBody, UpdateWebhookBody, WebhookDelivery, WebhookDeliveryList, WebhookInfo,
    },
    task::{CreateTaskRequest, TaskListResponse, TaskResponse},
    template::TemplateInfo,
    ws::WsOutputMessage,
};

use super::{
    Api,
    auth::{Gate, guard},
    channels::{many, one, sse},
    control, files, fs, log, login, reference, server, sessions, stream, tasks, tokens, ui, uploads,
    webhooks,
};

pub use lia_protocol::rest::{Access, Kind};

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
    pub(crate) make: fn() -> MethodRouter<Api>,
    pub(crate) describe: fn() -> Doc,
}

impl Route {
    /// What it takes and answers.
    #[must_use]
    pub fn describe(&self) -> RouteDoc {
        RouteDoc {
            method: match self.method {
                Method::DELETE => "DELETE",
                Method::PATCH => "PATCH",
                Method::POST => "POST",
                Method::PUT => "PUT",
                _ => "GET",
            },
            path: self.path,
            access: self.access,
            kind: self.kind,
            limit: self.body,
            summary: self.summary,
            tag: tag(self.path),
            planned: false,
            doc: (self.describe)(),
        }
    }
}

fn tag(path: &str) -> &'static str {
    match path.strip_prefix("/api/v1/").and_then(|rest| rest.split('/').next()) {
        Some("tasks" | "uploads") => "tasks",
        Some("login" | "logout" | "me" | "tickets" | "tokens") => "credentials",
        Some(_) => "server",
        None if path.starts_with("/api/") || path.starts_with("/ws") => "sessions",
        None => "pages",
    }
}

/// All routes, described.
#[must_use]
pub fn describe() -> Vec<RouteDoc> {
    ROUTES.iter().map(Route::describe).collect()
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
/// What is typed into a terminal, and a terminal's command, likewise.
const TYPED: usize = 6 * limits::TERMINAL_INPUT_BYTES + SMALL;
const COMMAND: usize = 6 * limits::TERMINAL_COMMAND_BYTES + SMALL;

const OPEN: Access = Access::Open;
const ANY: Access = Access::Any;
const READ: Access = Access::Scope(Scope::Read);
const WRITE: Access = Access::Scope(Scope::Write);
const ADMIN: Access = Access::Scope(Scope::Admin);
const INSTANCE: Access = Access::Instance;

macro_rules! routes {
    ($(#[$about:meta])* $table:ident: $($method:ident $path:literal $access:ident $kind:ident $body:expr, $handler:path, $summary:literal, $doc:expr;)*) => {
        $(#[$about])*
        pub static $table: &[Route] = &[$(Route {
            method: Method::$method,
            path: $path,
            access: $access,
            kind: Kind::$kind,
            body: $body,
            summary: $summary,
            make: || on(MethodFilter::$method, $handler),
            describe: || $doc,
        }),*];
    };
}

pub(crate) use routes;

/// A route of one task.
fn task() -> Doc {
    doc().path::<TaskId>("id", "The task.").fails(&[C::TaskNotFound])
}

/// A socket of one session.
fn session() -> Doc {
    doc().path::<TaskId>("sessionId", "The session.").fails(&[C::TaskNotFound])
}

/// A route that the task's instance answers.
fn instance() -> Doc {
    task().fails(&[C::NotFound, C::InvalidState, C::VmError])
}

/// A route that the instance of a session answers.
fn agent_files() -> Doc {
    agent().fails(&[C::InvalidState, C::VmError])
}

/// A route of one webhook.
fn webhook() -> Doc {
    doc().path::<WebhookId>("id", "The webhook.").fails(&[C::NotFound])
}

/// A route of one delivery.
fn delivery() -> Doc {
    webhook().path::<DeliveryId>("delivery", "The delivery.")
}

/// A route of one session, which seed 003 calls an agent in its paths.
fn agent() -> Doc {
    doc().path::<String>("agentId", "The session.").fails(&[C::NotFound])
}

/// A route that changes one session and has nothing to say.
fn steer() -> Doc {
    agent().gives(200, json::<OkResponse>(), "It is done.").fails(&[C::InvalidState])
}

/// A route of one message.
fn message() -> Doc {
    doc().path::<u64>("messageId", "The message.").fails(&[C::NotFound])
}

/// A route of one named instance.
fn named() -> Doc {
    doc()
        .path::<String>("instanceName", "The runtime's instance.")
        .gives(200, json::<OkResponse>(), "It is done.")
        .fails(&[C::NotFound, C::InvalidState, C::VmError])
}

/// A route that a named instance's first session answers.
fn of_instance() -> Doc {
    doc().path::<String>("instanceName", "The runtime's instance.").fails(&[
        C::NotFound,
        C::InvalidState,
        C::VmError,
    ])
}

/// A route of one terminal.
fn terminal(of: Doc) -> Doc {
    of.path::<String>("terminalId", "The terminal.").fails(&[C::InvalidState, C::VmError])
}

/// A page for people.
fn html() -> Doc {
    doc().gives(200, Body::Bytes("text/html"), "The page.")
}

const BUNDLE: Body = Body::Bytes("application/x-git-bundle");
const BYTES: Body = Body::Bytes("application/octet-stream");

routes! {
    /// All routes.
    ROUTES:
    GET "/health" OPEN Http 0, server::health, "Whether the server and its store answer.",
        doc().gives(200, json::<Health>(), "It is well.").gives(503, json::<Health>(), "It is not.");
    GET "/" OPEN Http 0, ui::index, "The web UI.", html().done(304, "The same as the one with the tag in `If-None-Match`.").with("ETag", "Names it.");
    GET "/assets/{file}" OPEN Http 0, ui::asset, "A file of the web UI, which never changes; compressed as `Accept-Encoding` allows.",
        doc().path::<String>("file", "Its name, with its content's hash.").gives(200, Body::Bytes("text/javascript"), "The file.")
            .or(Body::Bytes("text/css")).or(Body::Bytes("font/woff2")).or(BYTES).fails(&[C::NotFound]);
    GET "/docs" OPEN Http 0, reference::page, "The API's reference, to read and to try out.", html();
    GET "/docs/{file}" OPEN Http 0, reference::part, "A file of the reference.",
        doc().path::<String>("file", "Its name.").gives(200, BYTES, "The file.")
            .or(Body::Bytes("text/javascript")).or(Body::Bytes("text/css")).fails(&[C::NotFound]);
    GET "/openapi.json" OPEN Http 0, reference::openapi, "The routes, as OpenAPI 3.1.", doc().gives(200, Body::Document, "OpenAPI.");
    GET "/asyncapi.json" OPEN Http 0, reference::asyncapi, "The sockets, as AsyncAPI 3.", doc().gives(200, Body::Document, "AsyncAPI.");
    GET "/login" OPEN Http 0, login::by_link, "Exchanges the printed link's code for the cookie.",
        doc().query::<LoginLinkQuery>().done(303, "To the page, with the cookie.").with("Set-Cookie", "The login.").with("Location", "The page.")
            .gives(401, Body::Bytes("text/html"), "For people: the page, which asks for another code.")
            .fails(&[C::Unauthorized, C::DatabaseError, C::Unavailable]);
    POST "/api/v1/login" OPEN Http SMALL, login::by_code, "Exchanges a one-time code or a token for the cookie.",
        doc().takes(json::<LoginRequest>()).done(204, "Logged in.").with("Set-Cookie", "The login.")
            .fails(&[C::Unauthorized, C::DatabaseError, C::Unavailable]);
    POST "/api/v1/logout" ANY Http SMALL, login::logout, "Ends the cookie's session.",
        doc().done(204, "Logged out.").with("Set-Cookie", "Empty, at its end.");
    GET "/api/v1/me" ANY Http 0, login::me, "Whose credential it is and what it may do.",
        doc().gives(200, json::<Me>(), "The caller.");
    POST "/api/v1/tickets" ANY Http SMALL, login::ticket, "A ticket that opens one WebSocket or SSE stream.",
        doc().gives(201, json::<TicketResponse>(), "The ticket.");

    POST "/api/v1/tasks" WRITE Http limits::BODY_BYTES, tasks::create, "Creates a task.",
        doc().header("Idempotency-Key", 255, "Makes a repeat harmless: the same key and body give the same task.")
            .takes(json::<CreateTaskRequest>())
            .gives(201, json::<TaskResponse>(), "The new task.").with("Location", "Where the task is.")
            .fails(&[C::NotFound, C::InvalidState, C::IdempotencyConflict, C::VmError]);
    GET "/api/v1/tasks" READ Http 0, tasks::list, "Lists tasks, newest first.",
        doc().query::<ListTasksQuery>().gives(200, json::<TaskListResponse>(), "One page.");
    GET "/api/v1/tasks/{id}" READ Http 0, tasks::get, "One task.", task().gives(200, json::<TaskResponse>(), "The task.");
    DELETE "/api/v1/tasks/{id}" WRITE Http SMALL, tasks::delete, "Ends a task; with purge=true removes its record and log too.",
        task().query::<DeleteTaskQuery>().done(204, "It is ended.").fails(&[C::InvalidState, C::VmError]);
    POST "/api/v1/tasks/{id}/suspend" WRITE Http SMALL, control::suspend, "Suspends a running task.",
        task().gives(200, json::<TaskResponse>(), "The task.").fails(&[C::InvalidState, C::VmError]);
    POST "/api/v1/tasks/{id}/resume" WRITE Http SMALL, control::resume, "Resumes a suspended task.",
        task().gives(200, json::<TaskResponse>(), "The task.").fails(&[C::InvalidState, C::VmError]);
    POST "/api/v1/tasks/{id}/input" WRITE Http INPUT, control::input, "Bytes for a terminal, one prompt for an ACP agent.",
        task().takes(json::<InputRequest>()).gives(202, json::<InputResponse>(), "It is in the inbox.")
            .fails(&[C::InvalidState, C::QueueFull]);
    POST "/api/v1/tasks/{id}/cancel" WRITE Http SMALL, control::cancel, "Stops the running turn.",
        task().gives(202, json::<InputResponse>(), "It is in the inbox.").fails(&[C::InvalidState]);
    POST "/api/v1/tasks/{id}/resize" WRITE Http SMALL, control::resize, "The terminal's size.",
        task().takes(json::<ResizeRequest>()).done(204, "The size is set.").fails(&[C::InvalidState]);
    GET "/api/v1/tasks/{id}/queue" READ Http 0, control::queue, "Prompts that wait.",
        task().gives(200, list::<QueuedPrompt>(), "In their order.");
    DELETE "/api/v1/tasks/{id}/queue/{command}" WRITE Http SMALL, control::withdraw, "Takes a waiting prompt back.",
        task().path::<CommandId>("command", "The prompt.").done(204, "It is withdrawn.").fails(&[C::NotFound, C::InvalidState]);
    GET "/api/v1/tasks/{id}/permissions" READ Http 0, control::permissions, "Open questions of the agent.",
        task().gives(200, list::<PermissionInfo>(), "Oldest first.");
    POST "/api/v1/tasks/{id}/permissions/{permission}" WRITE Http SMALL, control::answer, "Answers a question.",
        task().path::<PermissionId>("permission", "The question.").takes(json::<AnswerRequest>())
            .gives(200, json::<PermissionAnswered>(), "The answer that holds.").fails(&[C::NotFound, C::InvalidState]);

    GET "/api/v1/tasks/{id}/output" READ Http 0, log::output, "The output as text for people.",
        task().query::<LogQuery>().gives(200, list::<WsOutputMessage>(), "Its messages.")
            .with("Lia-Next-From", "The `from` of what follows.");
    GET "/api/v1/tasks/{id}/events" READ Sse 0, log::events, "The log, as server-sent events or as a page of JSON.",
        task().query::<LogQuery>().header("Last-Event-ID", 20, "Begins after this seq; goes before `from`.")
            .gives(200, Body::Events, "Events of the log.").or(list::<LogEvent>()).with("Lia-Next-From", "Of a page: the `from` of the next.")
            .done(204, "The task is terminated and there will be no more.");
    GET "/api/v1/tasks/{id}/stream" READ WebSocket 0, stream::stream, "The task, live, both ways.",
        task().query::<StreamQuery>();

    GET "/ws" READ WebSocket 0, many::channels, "Many sessions on one socket, by channels.", doc();
    GET "/api/ws" READ WebSocket 0, many::channels, "The same.", doc();
    GET "/ws/sessions/{sessionId}" READ WebSocket 0, one::session, "One session, live, both ways.", session().query::<SinceQuery>();
    GET "/api/ws/sessions/{sessionId}" READ WebSocket 0, one::session, "The same.", session().query::<SinceQuery>();
    GET "/api/agents/{agentId}/stream" READ Sse 0, sse::stream, "A session's events.",
        doc().path::<TaskId>("agentId", "The session.").fails(&[C::TaskNotFound]).query::<SinceQuery>()
            .header("Last-Event-ID", 20, "Begins after this seq; goes before `since`.")
            .gives(200, Body::Events, "Events, each a message of `/ws`.").done(204, "The session is over and there will be no more.");

    GET "/api/v1/tasks/{id}/files" READ Http 0, files::list, "A folder of the workspace.",
        instance().query::<FolderQuery>().gives(200, json::<DirList>(), "What is in it.");
    GET "/api/v1/tasks/{id}/files/content" READ Http 0, files::read, "A file of the workspace.",
        instance().query::<FileQuery>().gives(200, BYTES, "Its bytes.").fails(&[C::TooLarge]);
    PUT "/api/v1/tasks/{id}/files/content" WRITE Http 0, files::write, "Writes a file of the workspace.",
        instance().query::<FileQuery>().takes(BYTES).done(204, "It is written.");
    GET "/api/v1/tasks/{id}/diff" READ Http 0, files::diff, "What the agent changed in the repository, as a patch.",
        instance().query::<RepositoryQuery>().gives(200, Body::Bytes("text/x-diff"), "The patch.").fails(&[C::TooLarge]);
    GET "/api/v1/tasks/{id}/bundle" READ Http 0, files::bundle, "The same as a git bundle.",
        instance().query::<RepositoryQuery>().gives(200, BUNDLE, "The bundle.").fails(&[C::TooLarge]);
    POST "/api/v1/uploads" WRITE Http 0, uploads::upload, "Brings a git bundle for a task to come.",
        doc().takes(BUNDLE).gives(201, json::<UploadResponse>(), "It is kept.");

    GET "/api/v1/templates" READ Http 0, server::templates, "Agent templates and what each lacks.",
        doc().gives(200, list::<TemplateInfo>(), "All of them.");
    POST "/api/v1/agents/{name}/install" ADMIN Sse SMALL, server::install, "Installs an agent; streams its progress.",
        doc().path::<String>("name", "The agent.").gives(200, Body::Events, "`progress`, then `done` or `error`.").fails(&[C::NotFound]);
    GET "/api/v1/runtimes" READ Http 0, server::runtimes, "What isolation is really in force.",
        doc().gives(200, list::<RuntimeStatus>(), "All of them.");
    GET "/api/v1/tokens" ADMIN Http 0, tokens::list, "Tokens of all users.",
        doc().gives(200, list::<TokenInfo>(), "All of them, without the tokens themselves.");
    POST "/api/v1/tokens" ADMIN Http SMALL, tokens::create, "Makes a token.",
        doc().takes(json::<CreateTokenRequest>()).gives(201, json::<CreateTokenResponse>(), "The one time that it is shown.");
    DELETE "/api/v1/tokens/{id}" ADMIN Http SMALL, tokens::revoke, "Revokes a token and all that was made from it.",
        doc().path::<TokenId>("id", "The token's name.").done(204, "It is revoked.").fails(&[C::NotFound, C::InvalidState]);
    GET "/api/agents/{agentId}/files" READ Http 0, fs::preview::<fs::OfSession>, "The beginning of a file of a session.",
        agent_files().query::<FileQuery>().gives(200, json::<FilePreview>(), "Its first 100,000 characters.");
    GET "/api/agents/{agentId}/fs/snapshot" READ Http 0, fs::snapshot::<fs::OfSession>, "A folder of a session.",
        agent_files().query::<SnapshotQuery>().gives(200, json::<FileSystemSnapshot>(), "What is in it.");
    GET "/api/agents/{agentId}/fs/git/branches" READ Http 0, fs::branches::<fs::OfSession>, "Branches of a repository.",
        agent_files().query::<GitQuery>().gives(200, json::<GitBranchList>(), "The last changed first.");
    GET "/api/agents/{agentId}/fs/git/commits" READ Http 0, fs::commits::<fs::OfSession>, "Commits of a repository.",
        agent_files().query::<GitCommitsQuery>().gives(200, json::<GitCommitList>(), "The newest first.");
    GET "/api/agents/{agentId}/fs/git/worktrees" READ Http 0, fs::worktrees::<fs::OfSession>, "Worktrees of a repository.",
        agent_files().query::<GitQuery>().gives(200, json::<GitWorktreeList>(), "The main one first.");
    POST "/api/agents/{agentId}/fs/git/worktrees" WRITE Http SMALL, fs::add_worktree::<fs::OfSession>, "Makes a worktree.",
        agent_files().takes(json::<CreateGitWorktreeBody>()).gives(201, json::<GitWorktreeCreated>(), "Where it is.");
    GET "/api/runtimes/{instanceName}/files" READ Http 0, fs::preview::<fs::OfInstance>, "The beginning of a file of an instance.",
        of_instance().query::<FileQuery>().gives(200, json::<FilePreview>(), "Its first 100,000 characters.");
    GET "/api/runtimes/{instanceName}/fs/snapshot" READ Http 0, fs::snapshot::<fs::OfInstance>, "A folder of an instance.",
        of_instance().query::<SnapshotQuery>().gives(200, json::<FileSystemSnapshot>(), "What is in it.");
    GET "/api/runtimes/{instanceName}/fs/commands" READ Http 0, sessions::commands::commands::<fs::OfInstance>, "The same of the instance's oldest session that has not ended.",
        of_instance().gives(200, Body::Document, "A list.");
    GET "/api/runtimes/{instanceName}/fs/git/branches" READ Http 0, fs::branches::<fs::OfInstance>, "Branches of a repository of an instance.",
        of_instance().query::<GitQuery>().gives(200, json::<GitBranchList>(), "The last changed first.");
    GET "/api/runtimes/{instanceName}/fs/git/commits" READ Http 0, fs::commits::<fs::OfInstance>, "Commits of a repository of an instance.",
        of_instance().query::<GitCommitsQuery>().gives(200, json::<GitCommitList>(), "The newest first.");
    GET "/api/runtimes/{instanceName}/fs/git/worktrees" READ Http 0, fs::worktrees::<fs::OfInstance>, "Worktrees of a repository of an instance.",
        of_instance().query::<GitQuery>().gives(200, json::<GitWorktreeList>(), "The main one first.");
    POST "/api/runtimes/{instanceName}/fs/git/worktrees" WRITE Http SMALL, fs::add_worktree::<fs::OfInstance>, "Makes a worktree in an instance.",
        of_instance().takes(json::<CreateGitWorktreeBody>()).gives(201, json::<GitWorktreeCreated>(), "Where it is.");

    GET "/api/webhooks" READ Http 0, webhooks::list, "One's own webhooks, or those that came with a session.",
        doc().query::<ListWebhooksQuery>().gives(200, list::<WebhookInfo>(), "The oldest first.").fails(&[C::TaskNotFound]);
    POST "/api/webhooks" WRITE Http SMALL, webhooks::create, "Makes a webhook.",
        doc().takes(json::<CreateWebhookBody>()).gives(201, json::<WebhookInfo>(), "The webhook; its secret is not shown again.")
            .fails(&[C::InvalidState]);
    GET "/api/webhooks/{id}" READ Http 0, webhooks::get, "One webhook.", webhook().gives(200, json::<WebhookInfo>(), "The webhook.");
    PATCH "/api/webhooks/{id}" WRITE Http SMALL, webhooks::update, "Changes a webhook, or switches it on and off.",
        webhook().takes(json::<UpdateWebhookBody>()).gives(200, json::<WebhookInfo>(), "The webhook.").fails(&[C::InvalidState]);
    DELETE "/api/webhooks/{id}" WRITE Http SMALL, webhooks::remove, "Removes a webhook, and what waits for it.",
        webhook().done(204, "It is gone.").fails(&[C::InvalidState]);
    POST "/api/webhooks/{id}/test" WRITE Http SMALL, webhooks::test, "Delivers something that is no event, once, and waits for the end.",
        webhook().gives(200, json::<WebhookDelivery>(), "How it went; still pending when others before it take long.").fails(&[C::InvalidState]);
    GET "/api/webhooks/{id}/deliveries" READ Http 0, webhooks::deliveries, "What it was told, and what it will be.",
        webhook().query::<ListDeliveriesQuery>().gives(200, json::<WebhookDeliveryList>(), "One page, the newest first.");
    GET "/api/webhooks/{id}/deliveries/{delivery}" READ Http 0, webhooks::delivery, "One delivery.",
        delivery().gives(200, json::<WebhookDelivery>(), "The delivery.");
    POST "/api/webhooks/{id}/deliveries/{delivery}/redeliver" WRITE Http SMALL, webhooks::redeliver, "Delivers it again.",
        delivery().gives(202, json::<WebhookDelivery>(), "It waits for its turn.").fails(&[C::InvalidState]);
    GET "/api/health" READ Http 0, sessions::settings::health, "Whether the server answers, and how many sessions the caller has.",
        doc().gives(200, json::<SessionsHealth>(), "It is well.").gives(503, json::<SessionsHealth>(), "It is not.");
    GET "/api/settings" READ Http 0, sessions::settings::of_all, "What is decided about all sessions.",
        doc().gives(200, json::<SessionSettings>(), "The settings.");
    PATCH "/api/settings" ADMIN Http SMALL, sessions::settings::change_all, "Decides it.",
        doc().takes(json::<SessionSettings>()).gives(200, json::<SessionSettings>(), "The settings.");
    GET "/api/agent-templates" READ Http 0, sessions::templates::list, "Agent templates.",
        doc().gives(200, list::<AgentTemplate>(), "Those that come with the server first.");
    POST "/api/agent-templates" ADMIN Http limits::BODY_BYTES, sessions::templates::register, "Registers an agent template.",
        doc().takes(json::<RegisterAgentTemplateBody>()).gives(201, json::<AgentTemplate>(), "The template.");
    PUT "/api/agent-templates/{id}" ADMIN Http limits::BODY_BYTES, sessions::templates::update, "Changes an agent template; what is absent stays.",
        doc().path::<String>("id", "The template.").takes(json::<UpdateAgentTemplateBody>()).gives(200, json::<AgentTemplate>(), "The template.")
            .fails(&[C::NotFound]);
    DELETE "/api/agent-templates/{id}" ADMIN Http SMALL, sessions::templates::remove, "Forgets an agent template, or what was changed of one that comes with the server.",
        doc().path::<String>("id", "The template.").gives(200, json::<OkResponse>(), "It is gone.").fails(&[C::NotFound, C::InvalidState]);
    GET "/api/runtimes" READ Http 0, sessions::runtimes::list, "Runtimes and the caller's named instances.",
        doc().gives(200, list::<RuntimeInfo>(), "The oldest instance first.");
    POST "/api/runtimes/{instanceName}/start" WRITE Http SMALL, sessions::runtimes::start, "Starts an instance of the runtime that the path names.",
        doc().path::<String>("instanceName", "The runtime.").may_take(json::<StartRuntimeBody>()).gives(201, json::<RuntimeInstance>(), "The instance.")
            .fails(&[C::InvalidState, C::VmError]);
    POST "/api/runtimes/{instanceName}/stop" WRITE Http SMALL, sessions::runtimes::stop, "Ends an instance's sessions; their files stay.", named();
    POST "/api/runtimes/{instanceName}/pause" WRITE Http SMALL, sessions::runtimes::pause, "Suspends an instance's sessions.", named();
    POST "/api/runtimes/{instanceName}/resume" WRITE Http SMALL, sessions::runtimes::resume, "Resumes an instance's sessions.", named();
    DELETE "/api/runtimes/{instanceName}" WRITE Http SMALL, sessions::runtimes::remove, "Ends an instance's sessions and removes their files.", named();
    GET "/api/agents" READ Http 0, sessions::agents::list, "Sessions, the last changed first.",
        doc().query::<ListSessionsQuery>().gives(200, list::<Session>(), "Without logs, files and queues.").with("Lia-Total", "How many match in all.");
    POST "/api/agents" WRITE Http limits::BODY_BYTES, sessions::agents::create, "Starts a session; answers when its agent is there.",
        doc().takes(json::<CreateSessionBody>()).gives(201, json::<Session>(), "The session.").with("Location", "Where the session is.")
            .fails(&[C::InvalidState, C::SessionCreateError, C::VmError, C::NotFound]);
    GET "/api/agents/{agentId}" READ Http 0, sessions::agents::get, "One session with its log.",
        agent().query::<SessionQuery>().gives(200, json::<Session>(), "The session.");
    DELETE "/api/agents/{agentId}" WRITE Http SMALL, sessions::agents::delete, "Ends a session; its files stay for a while.",
        steer().fails(&[C::VmError]);
    POST "/api/agents/{agentId}/prompts" WRITE Http INPUT, sessions::prompts::prompt, "Prompts, and waits for the turn's end unless it is queued.",
        agent().takes(json::<PromptBody>()).gives(200, json::<PromptResponse>(), "How the turn ended.")
            .gives(202, json::<QueuedPromptResponse>(), "It waits.").fails(&[C::InvalidState, C::QueueFull, C::AgentExecutionFailed, C::TooLarge]);
    POST "/api/agents/{agentId}/cancel" WRITE Http SMALL, sessions::prompts::cancel, "Stops the running turn; the queue goes on.", steer();
    POST "/api/agents/{agentId}/permissions/{requestId}" WRITE Http SMALL, sessions::settings::answer, "Answers a question.",
        steer().path::<String>("requestId", "The question.").takes(json::<PermissionResponseBody>());
    POST "/api/agents/{agentId}/events" INSTANCE Http limits::BODY_BYTES, sessions::events::callback, "Takes a callback of the session's own sidecar, about what the log knows already.",
        doc().path::<String>("agentId", "The session.").takes(json::<SessionCallbackEvent>())
            .gives(200, Body::Document, "`{\"ok\": true}`, or the answer to a question (`PermissionCallbackResponse`).");
    GET "/api/agents/{agentId}/status" READ Http 0, sessions::settings::status, "Whether it works, and whether it waits for a person.",
        agent().gives(200, json::<SessionProgress>(), "What it does.");
    GET "/api/agents/{agentId}/commands" READ Http 0, sessions::commands::commands::<fs::OfSession>, "The slash commands that the session's agent has told of.",
        agent().gives(200, Body::Document, "A list of ACP's `AvailableCommand`: `{name, description, input?}`.");
    GET "/api/agents/{agentId}/settings" READ Http 0, sessions::settings::of_session, "What is decided about the session.",
        agent().gives(200, json::<SessionSettings>(), "The settings in force.");
    PATCH "/api/agents/{agentId}/settings" WRITE Http SMALL, sessions::settings::change_session, "Decides it.",
        agent().takes(json::<SessionSettings>()).gives(200, json::<SessionSettings>(), "The settings.").fails(&[C::InvalidState]);
    GET "/api/agents/{agentId}/queue" READ Http 0, sessions::prompts::queue, "Prompts that wait.",
        agent().gives(200, json::<PromptQueueState>(), "In their order.");
    PUT "/api/agents/{agentId}/queue" WRITE Http SMALL, sessions::prompts::reorder, "Puts them into another order.",
        steer().takes(json::<QueueOrderBody>());
    DELETE "/api/agents/{agentId}/queue" WRITE Http SMALL, sessions::prompts::clear, "Takes them all back.",
        agent().gives(200, json::<QueueClearedResponse>(), "How many there were.").fails(&[C::InvalidState]);
    DELETE "/api/agents/{agentId}/queue/{queueId}" WRITE Http SMALL, sessions::prompts::remove, "Takes one back.",
        steer().path::<String>("queueId", "The prompt.");
    GET "/api/message-queue" READ Http 0, sessions::messages::list, "One's own messages that wait for their sessions, and those that were sent.",
        doc().gives(200, list::<QueuedMessage>(), "The oldest first.");
    POST "/api/message-queue" WRITE Http INPUT, sessions::messages::enqueue, "Leaves a message for a session, or makes one for it; it is a prompt once the session is idle.",
        doc().takes(json::<EnqueueMessageBody>()).gives(201, json::<QueuedMessage>(), "The message.")
            .fails(&[C::NotFound, C::InvalidState, C::QueueFull, C::VmError]);
    DELETE "/api/message-queue" WRITE Http SMALL, sessions::messages::clear, "Forgets all of one's own messages.",
        doc().gives(200, json::<OkResponse>(), "They are gone.");
    POST "/api/message-queue/{messageId}/send" WRITE Http SMALL, sessions::messages::send, "Sends a message now, and waits for the turn's end unless it is queued.",
        message().gives(200, json::<PromptResponse>(), "How the turn ended.").gives(202, json::<QueuedPromptResponse>(), "It waits.")
            .fails(&[C::InvalidState, C::QueueFull, C::AgentExecutionFailed]);
    DELETE "/api/message-queue/{messageId}" WRITE Http SMALL, sessions::messages::remove, "Forgets a message.",
        message().gives(200, json::<OkResponse>(), "It is gone.");
    POST "/api/agents/{agentId}/queue/pause" WRITE Http SMALL, sessions::prompts::pause, "Holds them back.", steer();
    POST "/api/agents/{agentId}/queue/resume" WRITE Http SMALL, sessions::prompts::resume, "Lets them go on.", steer();
    GET "/api/agents/{agentId}/terminals" READ Http 0, sessions::terminals::list, "A person's terminals in a session's sandbox.",
        agent().gives(200, json::<TerminalsResponse>(), "The oldest first.").fails(&[C::InvalidState, C::VmError]);
    POST "/api/agents/{agentId}/terminals" WRITE Http COMMAND, sessions::terminals::create, "Opens a terminal beside the agent.",
        agent().may_take(json::<CreateTerminalBody>()).gives(201, json::<TerminalInfo>(), "The terminal.").with("Location", "Where the terminal is.")
            .fails(&[C::InvalidState, C::VmError]);
    GET "/api/agents/{agentId}/terminals/{terminalId}" READ Http 0, sessions::terminals::read, "What a terminal printed.",
        terminal(agent()).query::<TerminalQuery>().gives(200, json::<TerminalOutput>(), "What is kept of it.");
    DELETE "/api/agents/{agentId}/terminals/{terminalId}" WRITE Http SMALL, sessions::terminals::kill, "Ends a terminal with all that it started, and forgets it.",
        terminal(agent()).gives(200, json::<OkResponse>(), "It is done.");
    POST "/api/agents/{agentId}/terminals/{terminalId}/input" WRITE Http TYPED, sessions::terminals::input, "Types into a terminal.",
        terminal(agent()).takes(json::<TerminalInputBody>()).gives(200, json::<OkResponse>(), "It is typed.");
    POST "/api/agents/{agentId}/terminals/{terminalId}/resize" WRITE Http SMALL, sessions::terminals::resize, "A terminal's size.",
        terminal(agent()).takes(json::<ResizeRequest>()).gives(200, json::<OkResponse>(), "The size is set.");
    GET "/api/runtimes/{instanceName}/terminals" READ Http 0, sessions::terminals::list_of_instance, "Terminals of an instance's first session.",
        of_instance().gives(200, json::<TerminalsResponse>(), "The oldest first.");
    POST "/api/runtimes/{instanceName}/terminals" WRITE Http COMMAND, sessions::terminals::create_in_instance, "Opens a terminal in the sandbox of an instance's first session.",
        of_instance().may_take(json::<CreateTerminalBody>()).gives(201, json::<TerminalInfo>(), "The terminal.").with("Location", "Where the terminal is.");
    GET "/api/runtimes/{instanceName}/terminals/{terminalId}" READ Http 0, sessions::terminals::read_of_instance, "What a terminal of an instance printed.",
        terminal(of_instance()).query::<TerminalQuery>().gives(200, json::<TerminalOutput>(), "What is kept of it.");
    POST "/api/v1/server/down" ADMIN Http SMALL, server::down, "Ends the server, and all instances with it if asked.",
        doc().takes(json::<DownRequest>()).done(202, "It ends.");
    GET "/{page}" OPEN Http 0, ui::other, "A place within the web UI: every address of any length that no other route has, that is not the API's and asks for HTML; or one of the UI's own files.",
        html().path::<String>("page", "Where; the page looks at it.").done(304, "The same as the one with the tag in `If-None-Match`.")
            .with("ETag", "Names it.").or(BYTES).fails(&[C::NotFound]);
}

/// The route of every address that no other has, of any number of parts.
const REST: &str = "/{page}";

/// The router, made from the table.
pub fn router(api: &Api) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let gate = Gate { api: api.clone(), route };
        let handler = (route.make)().route_layer(from_fn_with_state(gate, guard));
        router = match route.path {
            REST => router.fallback(handler.fallback(server::unknown)),
            path => router.route(path, handler),
        };
    }
    router
        .method_not_allowed_fallback(server::wrong_method)
        .with_state(api.clone())
        .layer(from_fn_with_state(api.clone(), server::outermost))
}
