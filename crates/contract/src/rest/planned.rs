//! Routes of the seeds that no code serves yet; a route leaves this list when it enters the server's table.

use lia_protocol::{
    api::Scope,
    chat::{
        AgentExecutionResult, AgentQueryRequest, ApiErrorResponse, ApprovalListResponse,
        ApprovalRespondResponse, ChatAttachmentSummary, ChatMessagesQuery, ChatMessagesResponse,
        ChatSessionListResponse, ChatSessionResponse, ChatSessionsQuery, CreateChatSessionRequest,
        PinChatSessionRequest, RespondApprovalRequest, TodoListResponse, UpdateChatSessionRequest,
    },
    computer::ComputerAction,
    error::ErrorCode as C,
    ids::Seq,
    rest::{
        Access, Body, Doc, Kind, RouteDoc, doc,
        doc::{json, list},
        name,
    },
    wire::WireUuid,
};

/// All of them.
#[must_use]
pub fn routes() -> Vec<RouteDoc> {
    [chat(), accounts(), usage(), attachments(), computer(), desktop_agent()].into_iter().flatten().collect()
}

const OPEN: Access = Access::Open;
const ANY: Access = Access::Any;
const READ: Access = Access::Scope(Scope::Read);
const WRITE: Access = Access::Scope(Scope::Write);

macro_rules! planned {
    ($tag:literal: $($method:ident $path:literal $access:ident $kind:ident, $summary:literal, $doc:expr;)*) => {
        vec![$(RouteDoc {
            method: stringify!($method),
            path: $path,
            access: $access,
            kind: Kind::$kind,
            limit: 0,
            summary: $summary,
            tag: $tag,
            planned: true,
            doc: $doc,
        }),*]
    };
}

/// A description whose errors have seed 002's body.
fn chat_doc() -> Doc {
    let mut doc = doc().fails(&[C::InternalError]);
    doc.error_type = name::<ApiErrorResponse>();
    doc
}

/// Of the chat's routes, one that wants a sign-in.
fn signed_in() -> Doc {
    chat_doc().fails(&[C::Unauthorized, C::SessionExpired])
}

/// Of the chat's routes, one of a session.
fn of_session() -> Doc {
    signed_in().path::<WireUuid>("sessionId", "The session.").fails(&[
        C::SessionNotFound,
        C::SessionAccessDenied,
        C::InvalidParameter,
    ])
}

/// The chat of seed 002. Its errors have a body of their own.
fn chat() -> Vec<RouteDoc> {
    let (any, session) = (signed_in, of_session);
    planned! { "chat":
        GET "/api/chat/sessions" READ Http, "Chats, the last changed first.",
            any().query::<ChatSessionsQuery>().gives(200, json::<ChatSessionListResponse>(), "One page.").fails(&[C::ParameterOutOfRange]);
        POST "/api/chat/sessions" WRITE Http, "Begins a chat.",
            any().may_take(json::<CreateChatSessionRequest>()).gives(201, json::<ChatSessionResponse>(), "The chat.")
                .fails(&[C::ValidationError, C::SessionCreateError]);
        GET "/api/chat/sessions/{sessionId}" READ Http, "One chat.", session().gives(200, json::<ChatSessionResponse>(), "The chat.");
        PATCH "/api/chat/sessions/{sessionId}" WRITE Http, "Changes a chat's title or state.",
            session().takes(json::<UpdateChatSessionRequest>()).gives(200, json::<ChatSessionResponse>(), "The chat.").fails(&[C::ValidationError]);
        DELETE "/api/chat/sessions/{sessionId}" WRITE Http, "Ends a chat and removes it.", session().done(204, "It is gone.");
        PATCH "/api/chat/sessions/{sessionId}/pin" WRITE Http, "Pins a chat.",
            session().takes(json::<PinChatSessionRequest>()).gives(200, json::<ChatSessionResponse>(), "The chat.").fails(&[C::PinLimitExceeded]);
        GET "/api/chat/sessions/{sessionId}/messages" READ Http, "A chat's messages.",
            session().query::<ChatMessagesQuery>().gives(200, json::<ChatMessagesResponse>(), "One page.").fails(&[C::ParameterOutOfRange]);
        POST "/api/approvals/{approvalId}/respond" WRITE Http, "Answers an approval.",
            any().path::<WireUuid>("approvalId", "The approval.").takes(json::<RespondApprovalRequest>())
                .gives(200, json::<ApprovalRespondResponse>(), "What holds.")
                .fails(&[C::InvalidDecision, C::ApprovalNotFound, C::ApprovalAccessDenied, C::AlreadyResolved, C::ApprovalExpired, C::ApprovalNotReady]);
        GET "/api/approvals/pending" READ Http, "One's own open approvals.", any().gives(200, json::<ApprovalListResponse>(), "All of them.");
        GET "/api/approvals/session/{sessionId}" READ Http, "A chat's approvals.", session().gives(200, json::<ApprovalListResponse>(), "All of them.");
        GET "/api/todos/session/{sessionId}" READ Http, "A chat's plan.", session().gives(200, json::<TodoListResponse>(), "Its items.");
        POST "/api/agent/query" WRITE Http, "One prompt, answered whole.",
            any().takes(json::<AgentQueryRequest>()).gives(200, json::<AgentExecutionResult>(), "How it ended.")
                .fails(&[C::ValidationError, C::SessionNotFound, C::AgentBusy]);
        GET "/api/agent/status" OPEN Http, "Whether an agent can answer.", chat_doc().gives(200, Body::Document, "How it stands.");
        GET "/v1/sessions/{sessionId}/events" READ Sse, "A chat's events without Socket.IO; each `data` is an `AgentEvent`.",
            session().asks::<Seq>("after", "Begins after this seq.").gives(200, Body::Events, "The events, as long as the chat lives.");
        POST "/api/logs" OPEN Http, "Takes what a browser logs.", chat_doc().takes(Body::Document).done(204, "It is taken.").fails(&[C::BadRequest]);
    }
}

/// Seed 002's sign-in by another service, and whether the server lives.
fn accounts() -> Vec<RouteDoc> {
    let redirect = || chat_doc().done(302, "Goes on there.").with("location", "Where.");
    planned! { "chat":
        GET "/health/liveness" OPEN Http, "Whether the process lives.", chat_doc().gives(200, Body::Document, "`{\"status\": \"alive\"}`");
        GET "/api/auth/login" OPEN Http, "Begins a sign-in.", redirect();
        GET "/api/auth/callback" OPEN Http, "Ends a sign-in.",
            redirect().asks::<String>("code", "What the other service gave.").asks::<String>("state", "What the sign-in began with.")
                .fails(&[C::BadRequest, C::Unauthorized]);
        POST "/api/auth/logout" ANY Http, "Signs out.", signed_in().done(204, "Signed out.");
        POST "/api/auth/refresh" ANY Http, "Makes the sign-in last.", signed_in().done(204, "It lasts.");
        GET "/api/auth/me" ANY Http, "Who is signed in.", signed_in().gives(200, Body::Document, "The user.");
        GET "/api/auth/health" OPEN Http, "How the sign-in stands.", chat_doc().gives(200, Body::Document, "One word in `status`.");
    }
}

/// Seed 002's counts of tokens.
fn usage() -> Vec<RouteDoc> {
    let user = || {
        signed_in().path::<String>("userId", "The user; oneself.").fails(&[
            C::OwnDataOnly,
            C::TokenUsageNotFound,
            C::InvalidParameter,
        ])
    };
    planned! { "chat":
        GET "/api/token-usage/me" READ Http, "One's own sums.", signed_in().gives(200, Body::Document, "The sums.").fails(&[C::TokenUsageNotFound]);
        GET "/api/token-usage/user/{userId}" READ Http, "A user's sums.", user().gives(200, Body::Document, "The sums.");
        GET "/api/token-usage/user/{userId}/monthly" READ Http, "A user's sums by month.",
            user().asks::<u8>("months", "How many, 1 to 24; 12 when absent.").gives(200, Body::Document, "A list.").fails(&[C::ParameterOutOfRange]);
        GET "/api/token-usage/user/{userId}/top-sessions" READ Http, "The chats that used most.",
            user().asks::<u8>("limit", "How many, 1 to 50; 10 when absent.").gives(200, Body::Document, "A list.").fails(&[C::ParameterOutOfRange]);
        GET "/api/token-usage/user/{userId}/cache-efficiency" READ Http, "What the cache saved.", user().gives(200, Body::Document, "The shares.");
        GET "/api/token-usage/session/{sessionId}" READ Http, "A chat's sums.",
            of_session().gives(200, Body::Document, "The sums.").fails(&[C::TokenUsageNotFound]);
    }
}

/// Files of a chat's messages.
fn attachments() -> Vec<RouteDoc> {
    let one = || {
        signed_in().path::<WireUuid>("id", "The attachment.").fails(&[
            C::NotFound,
            C::AccessDenied,
            C::InvalidParameter,
        ])
    };
    planned! { "chat":
        POST "/api/chat/attachments" WRITE Http, "Keeps a file for a message.",
            signed_in().takes(Body::Bytes("multipart/form-data")).gives(201, Body::Document, "`{\"attachment\": ChatAttachmentSummary}`")
                .fails(&[C::BadRequest, C::SessionNotFound, C::TooLarge]);
        GET "/api/chat/attachments" READ Http, "A chat's files.",
            signed_in().needs::<WireUuid>("sessionId", "The session.").gives(200, list::<ChatAttachmentSummary>(), "All of them.")
                .fails(&[C::InvalidParameter, C::SessionNotFound, C::SessionAccessDenied]);
        GET "/api/chat/attachments/{id}" READ Http, "About a file.", one().gives(200, json::<ChatAttachmentSummary>(), "The file.");
        GET "/api/chat/attachments/{id}/content" READ Http, "A file.", one().gives(200, Body::Bytes("application/octet-stream"), "Its bytes.");
        DELETE "/api/chat/attachments/{id}" WRITE Http, "Removes a file.", one().done(204, "It is gone.");
    }
}

/// The desktop of seed 004.
fn computer() -> Vec<RouteDoc> {
    let any = || doc().fails(&[C::Unauthorized, C::Forbidden]);
    planned! { "computer use":
        POST "/computer-use" WRITE Http, "One action on the desktop.",
            any().takes(json::<ComputerAction>()).gives(201, Body::Document, "What it found, of an action that looks; else nothing.").fails(&[C::BadRequest, C::VmError]);
        POST "/input-tracking/start" WRITE Http, "Follows what a person does.", any().gives(201, Body::Document, "`{\"status\": \"started\"}`");
        POST "/input-tracking/stop" WRITE Http, "Ends that.", any().gives(201, Body::Document, "`{\"status\": \"stopped\"}`");
        GET "/vnc" READ Http, "The desktop in a browser.", any().done(302, "Goes to the viewer.").with("location", "Where.");
        GET "/novnc/{file}" READ Http, "The viewer's files.",
            any().path::<String>("file", "Which.").gives(200, Body::Bytes("application/octet-stream"), "The file.").fails(&[C::NotFound]);
        GET "/websockify" WRITE WebSocket, "The desktop's screen and input, as RFB.", any();
        POST "/mcp" WRITE Http, "The desktop's tools as MCP (streamable HTTP).",
            any().takes(Body::Document).gives(200, Body::Document, "The answer.").or(Body::Events).done(202, "Nothing is to be answered.").fails(&[C::BadRequest]);
        GET "/mcp" WRITE Sse, "What the MCP server says of itself.", any().gives(200, Body::Events, "Its messages.");
        DELETE "/mcp" WRITE Http, "Ends an MCP session.", any().done(204, "It is ended.").fails(&[C::NotFound]);
        POST "/messages" WRITE Http, "MCP's older form: a message for the stream that `GET /mcp` opened.",
            any().needs::<String>("sessionId", "The stream.").takes(Body::Document).done(202, "It is taken.").fails(&[C::BadRequest, C::NotFound]);
    }
}

/// The agent that uses seed 004's desktop. Its `GET /tasks/{id}` is served: as a page, for people.
fn desktop_agent() -> Vec<RouteDoc> {
    let any = || doc().fails(&[C::Unauthorized, C::Forbidden]);
    let task = || any().path::<WireUuid>("id", "The task.").fails(&[C::NotFound]);
    let page = |doc: Doc| {
        doc.asks::<u32>("page", "Which page, from 1.").asks::<u32>("limit", "How many; 10 when absent.")
    };
    planned! { "computer use":
        POST "/tasks" WRITE Http, "Makes a task.", any().takes(Body::Document).gives(201, Body::Document, "The task.").fails(&[C::BadRequest]);
        GET "/tasks" READ Http, "Tasks, the newest first.",
            page(any()).asks::<String>("status", "One status.").asks::<String>("statuses", "Several, with commas.")
                .gives(200, Body::Document, "`tasks`, `total`, `totalPages`");
        GET "/tasks/models" READ Http, "The models that can be asked for.", any().gives(200, Body::Document, "A list.").fails(&[C::ServiceError]);
        DELETE "/tasks/{id}" WRITE Http, "Removes a task.", task().done(204, "It is gone.");
        GET "/tasks/{id}/messages" READ Http, "A task's messages, the oldest first; their content is blocks.",
            page(task()).gives(200, Body::Document, "A list.");
        POST "/tasks/{id}/messages" WRITE Http, "Says something to the agent.",
            task().takes(Body::Document).gives(201, Body::Document, "The message.").fails(&[C::BadRequest]);
        GET "/tasks/{id}/messages/raw" READ Http, "The same as it is stored.", page(task()).gives(200, Body::Document, "A list.");
        GET "/tasks/{id}/messages/processed" READ Http, "The same, grouped by who speaks.", page(task()).gives(200, Body::Document, "A list.");
        POST "/tasks/{id}/takeover" WRITE Http, "A person takes the desktop.", task().gives(201, Body::Document, "The task.").fails(&[C::BadRequest]);
        POST "/tasks/{id}/resume" WRITE Http, "The agent has the desktop again.", task().gives(201, Body::Document, "The task.").fails(&[C::BadRequest]);
        POST "/tasks/{id}/cancel" WRITE Http, "Ends a task.", task().gives(201, Body::Document, "The task.").fails(&[C::BadRequest]);
    }
}
