//! Routes of the seeds that no code serves yet; a route leaves this list when it enters the server's table.

use lia_protocol::{
    api::Scope,
    chat::{
        AgentExecutionResult, AgentQueryRequest, ApiErrorResponse, ApprovalListResponse,
        ApprovalRespondResponse, ChatMessagesQuery, ChatMessagesResponse, ChatSessionListResponse,
        ChatSessionResponse, ChatSessionsQuery, CreateChatSessionRequest, PinChatSessionRequest,
        RespondApprovalRequest, TodoListResponse, UpdateChatSessionRequest,
    },
    computer::ComputerAction,
    error::ErrorCode as C,
    rest::{Access, Body, Kind, RouteDoc, doc, doc::json, name},
    sessions::{FilePreview, FileSystemSnapshot, SessionCallbackEvent},
    wire::WireUuid,
};

/// All of them.
#[must_use]
pub fn routes() -> Vec<RouteDoc> {
    [sessions(), chat(), computer()].into_iter().flatten().collect()
}

const READ: Access = Access::Scope(Scope::Read);
const WRITE: Access = Access::Scope(Scope::Write);
const FILES: &str = "Below the workspace.";
const HIDDEN: &str = "Whether what git ignores is shown too.";

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

/// The control plane of seed 003.
fn sessions() -> Vec<RouteDoc> {
    // Seed 003 calls a session an agent in its paths.
    let agent = || {
        doc().path::<String>("agentId", "The session.").fails(&[C::Unauthorized, C::Forbidden, C::NotFound])
    };
    let instance = || {
        doc().path::<String>("instanceName", "The runtime's instance.").fails(&[
            C::Unauthorized,
            C::Forbidden,
            C::NotFound,
        ])
    };
    planned! { "sessions":
        GET "/api/runtimes/{instanceName}/files" READ Http, "A file of an instance.",
            instance().asks::<String>("path", FILES).gives(200, json::<FilePreview>(), "Its beginning.").fails(&[C::BadRequest, C::InvalidState]);
        GET "/api/runtimes/{instanceName}/fs/snapshot" READ Http, "Files of an instance.",
            instance().asks::<String>("path", FILES).asks::<bool>("showAllFiles", HIDDEN)
                .gives(200, json::<FileSystemSnapshot>(), "The tree.").fails(&[C::InvalidState]);
        POST "/api/agents/{agentId}/events" WRITE Http, "A callback of a host.",
            agent().takes(json::<SessionCallbackEvent>()).gives(200, Body::Document, "`{\"ok\": true}`, or the answer to a question.")
                .fails(&[C::BadRequest]);
    }
}

/// The chat of seed 002. Its errors have a body of their own.
fn chat() -> Vec<RouteDoc> {
    let any = || {
        let mut doc = doc().fails(&[C::Unauthorized, C::SessionExpired, C::InternalError]);
        doc.error_type = name::<ApiErrorResponse>();
        doc
    };
    let session = || {
        any().path::<WireUuid>("sessionId", "The session.").fails(&[
            C::SessionNotFound,
            C::SessionAccessDenied,
            C::InvalidParameter,
        ])
    };
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
    }
}
