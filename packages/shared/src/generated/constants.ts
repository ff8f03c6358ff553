// Generated from crates/protocol by `cargo run -p xtask -- generate`. Do not edit.

import type { LlmTool } from "./types.js";

/** pending → starting → running ⇄ suspended → terminated. */
export const TaskStatus = {
  /** Created, waiting to start. */
  Pending: "pending",
  /** The sandbox is being made. */
  Starting: "starting",
  /** The sandbox runs and the agent is there. */
  Running: "running",
  /** Paused; storage is kept. */
  Suspended: "suspended",
  /** Complete or deleted. Final. */
  Terminated: "terminated",
} as const;
/** pending → starting → running ⇄ suspended → terminated. */
export type TaskStatus = (typeof TaskStatus)[keyof typeof TaskStatus];

/** How a file's content is written in JSON. */
export const FileEncoding = {
  /** The text itself. */
  Utf8: "utf8",
  /** Standard base64 with padding. */
  Base64: "base64",
} as const;
/** How a file's content is written in JSON. */
export type FileEncoding = (typeof FileEncoding)[keyof typeof FileEncoding];

/** What went wrong, for programs. Each has one HTTP status and one default message. */
export enum ErrorCode {
  /** The request is malformed or a value is out of its bounds. */
  BAD_REQUEST = "BAD_REQUEST",
  /** A value does not fit its schema. */
  VALIDATION_ERROR = "VALIDATION_ERROR",
  /** A parameter has a value that it cannot have. */
  INVALID_PARAMETER = "INVALID_PARAMETER",
  /** A field that must be there is not. */
  MISSING_REQUIRED_FIELD = "MISSING_REQUIRED_FIELD",
  /** A number is too small or too large. */
  PARAMETER_OUT_OF_RANGE = "PARAMETER_OUT_OF_RANGE",
  /** An answer to an approval is neither yes nor no, or both. */
  INVALID_DECISION = "INVALID_DECISION",
  /** No valid credential came with the request. */
  UNAUTHORIZED = "UNAUTHORIZED",
  /** The sign-in is too old. */
  SESSION_EXPIRED = "SESSION_EXPIRED",
  /** The token is unknown, malformed or too old. */
  INVALID_TOKEN = "INVALID_TOKEN",
  /** The sign-in names no user. */
  USER_ID_NOT_IN_SESSION = "USER_ID_NOT_IN_SESSION",
  /** The token of a connection to another service is too old. */
  CONNECTION_TOKEN_EXPIRED = "CONNECTION_TOKEN_EXPIRED",
  /** The credential does not allow this. */
  FORBIDDEN = "FORBIDDEN",
  /** The caller may not see this. */
  ACCESS_DENIED = "ACCESS_DENIED",
  /** The caller may see this but not do it. */
  INSUFFICIENT_PERMISSIONS = "INSUFFICIENT_PERMISSIONS",
  /** Data of another user was asked for. */
  OWN_DATA_ONLY = "OWN_DATA_ONLY",
  /** The session is another user's. */
  SESSION_ACCESS_DENIED = "SESSION_ACCESS_DENIED",
  /** The approval is another user's to answer. */
  APPROVAL_ACCESS_DENIED = "APPROVAL_ACCESS_DENIED",
  /** No such route, or no such object for this caller. */
  NOT_FOUND = "NOT_FOUND",
  /** No such task for this caller. */
  TASK_NOT_FOUND = "TASK_NOT_FOUND",
  /** No such session for this caller. */
  SESSION_NOT_FOUND = "SESSION_NOT_FOUND",
  /** No such user. */
  USER_NOT_FOUND = "USER_NOT_FOUND",
  /** No such approval for this caller. */
  APPROVAL_NOT_FOUND = "APPROVAL_NOT_FOUND",
  /** Nothing was counted yet. */
  TOKEN_USAGE_NOT_FOUND = "TOKEN_USAGE_NOT_FOUND",
  /** No such tool. */
  TOOL_NOT_FOUND = "TOOL_NOT_FOUND",
  /** The route exists, with other methods. */
  METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED",
  /** The request contradicts what is there. */
  CONFLICT = "CONFLICT",
  /** The object is there already. */
  ALREADY_EXISTS = "ALREADY_EXISTS",
  /** The approval has its answer. */
  ALREADY_RESOLVED = "ALREADY_RESOLVED",
  /** The state of things does not allow this. */
  STATE_CONFLICT = "STATE_CONFLICT",
  /** As many sessions are pinned as may be. */
  PIN_LIMIT_EXCEEDED = "PIN_LIMIT_EXCEEDED",
  /** The object's state does not allow this. */
  INVALID_STATE = "INVALID_STATE",
  /** The same Idempotency-Key came with another body. */
  IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT",
  /** The prompt queue holds as many as it may. */
  QUEUE_FULL = "QUEUE_FULL",
  /** The object's time is over. */
  EXPIRED = "EXPIRED",
  /** The approval's time is over. */
  APPROVAL_EXPIRED = "APPROVAL_EXPIRED",
  /** The body or a part of it is larger than allowed. */
  PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE",
  /** The body is not JSON, or says that it is not. */
  UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE",
  /** The Host header names a server that this is not. */
  MISDIRECTED_REQUEST = "MISDIRECTED_REQUEST",
  /** Too many requests in a span of time. */
  RATE_LIMIT_EXCEEDED = "RATE_LIMIT_EXCEEDED",
  /** Too many messages of one session in a span of time. */
  SESSION_RATE_LIMIT_EXCEEDED = "SESSION_RATE_LIMIT_EXCEEDED",
  /** The model's provider limits our rate. */
  LLM_RATE_LIMITED = "LLM_RATE_LIMITED",
  /** The sandbox could not do it. */
  VM_ERROR = "VM_ERROR",
  /** The store could not do it. */
  DATABASE_ERROR = "DATABASE_ERROR",
  /** A part of the service could not do it. */
  SERVICE_ERROR = "SERVICE_ERROR",
  /** The session could not be made. */
  SESSION_CREATE_ERROR = "SESSION_CREATE_ERROR",
  /** The message could not be handled. */
  MESSAGE_PROCESSING_ERROR = "MESSAGE_PROCESSING_ERROR",
  /** The model's provider does not take our key. */
  LLM_AUTH_ERROR = "LLM_AUTH_ERROR",
  /** The model's provider does not take our request. */
  LLM_BAD_REQUEST = "LLM_BAD_REQUEST",
  /** The agent failed. */
  AGENT_EXECUTION_FAILED = "AGENT_EXECUTION_FAILED",
  /** A defect of Lia. */
  INTERNAL_ERROR = "INTERNAL_ERROR",
  /** For now: the disk reserve is reached, the server is stopping, or the store does not answer. */
  UNAVAILABLE = "UNAVAILABLE",
  /** The service does not answer for now. */
  SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE",
  /** The agent works on something else. */
  AGENT_BUSY = "AGENT_BUSY",
  /** The business system does not answer. */
  BC_UNAVAILABLE = "BC_UNAVAILABLE",
  /** Nobody waits for the approval's answer. */
  APPROVAL_NOT_READY = "APPROVAL_NOT_READY",
  /** A tool server does not answer. */
  MCP_UNAVAILABLE = "MCP_UNAVAILABLE",
  /** The model's provider has too much to do. */
  LLM_OVERLOADED = "LLM_OVERLOADED",
  /** The model's provider failed. */
  LLM_SERVER_ERROR = "LLM_SERVER_ERROR",
  /** The model's provider cannot be reached. */
  LLM_CONNECTION_ERROR = "LLM_CONNECTION_ERROR",
  /** The model's provider took too long. */
  LLM_TIMEOUT = "LLM_TIMEOUT",
}

/** The tags of `WsMessage`. */
export const WsMessageType = {
  /** Terminal output. */
  Output: "output",
  /** User input. */
  Input: "input",
  /** The task's status changed. */
  Status: "status",
  /** Something failed. */
  Error: "error",
  /** Keep-alive request. */
  Ping: "ping",
  /** Keep-alive response. */
  Pong: "pong",
} as const;
/** The tags of `WsMessage`. */
export type WsMessageType = (typeof WsMessageType)[keyof typeof WsMessageType];

/** What a token may do. `admin` holds all others. */
export const Scope = {
  /** See one's own tasks. */
  Read: "read",
  /** Create and steer one's own tasks. */
  Write: "write",
  /** Name another user as the owner of a new task. */
  ActAs: "act-as",
  /** Everything, for every user. */
  Admin: "admin",
} as const;
/** What a token may do. `admin` holds all others. */
export type Scope = (typeof Scope)[keyof typeof Scope];

/** How Lia speaks to an agent. */
export const AgentMode = {
  /** The Agent Client Protocol over stdio. */
  Acp: "acp",
  /** A pseudo-terminal. */
  Terminal: "terminal",
} as const;
/** How Lia speaks to an agent. */
export type AgentMode = (typeof AgentMode)[keyof typeof AgentMode];

/** What a directory entry is. */
export const EntryKind = {
  /** A regular file. */
  File: "file",
  /** A directory. */
  Directory: "directory",
  /** A symbolic link. */
  Symlink: "symlink",
  /** Anything else. */
  Other: "other",
} as const;
/** What a directory entry is. */
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

/** The tags of `VsockMessage`. */
export const VsockMessageType = {
  /** Initialization from the host. */
  Init: "init",
  /** Terminal output from the guest. */
  Output: "output",
  /** User input to the guest. */
  Input: "input",
  /** The agent's process ended. */
  Exit: "exit",
  /** Keep-alive. */
  Heartbeat: "heartbeat",
} as const;
/** The tags of `VsockMessage`. */
export type VsockMessageType = (typeof VsockMessageType)[keyof typeof VsockMessageType];

/** Why a session ended. */
export const SessionEndReason = {
  /** Somebody ended it. */
  Terminated: "terminated",
  /** It failed. */
  Error: "error",
  /** Nobody used it for too long. */
  IdleTimeout: "idle_timeout",
  /** The agent's process ended. */
  AgentExit: "agent_exit",
} as const;
/** Why a session ended. */
export type SessionEndReason = (typeof SessionEndReason)[keyof typeof SessionEndReason];

/** What a prompt does while the agent works on another one (ours). */
export const PromptMode = {
  /** It waits for its turn. */
  Queue: "queue",
  /** It goes into the running turn, where the agent offers that. */
  Steer: "steer",
  /** The running turn is cancelled, and this prompt is the next. */
  Interrupt: "interrupt",
} as const;
/** What a prompt does while the agent works on another one (ours). */
export type PromptMode = (typeof PromptMode)[keyof typeof PromptMode];

/** Where a message stands. */
export const MessageStatus = {
  /** It waits for its session to be idle. */
  Pending: "pending",
  /** It is a prompt of its session. */
  Sent: "sent",
} as const;
/** Where a message stands. */
export type MessageStatus = (typeof MessageStatus)[keyof typeof MessageStatus];

/** The events that webhooks are told. */
export const WebhookEventType = {
  /** The agent asks. */
  PermissionRequest: "permission_request",
  /** A turn ended. */
  EndTurn: "end_turn",
  /** Something failed. */
  Error: "error",
  /** The session ended. */
  SessionEnd: "session_end",
} as const;
/** The events that webhooks are told. */
export type WebhookEventType = (typeof WebhookEventType)[keyof typeof WebhookEventType];

/** Where a webhook comes from. */
export const WebhookSource = {
  /** Made by `POST /api/webhooks`. */
  Api: "api",
  /** Came with a session, and hears that one alone. */
  Session: "session",
  /** Named in the server's configuration, which alone changes it. */
  Config: "config",
} as const;
/** Where a webhook comes from. */
export type WebhookSource = (typeof WebhookSource)[keyof typeof WebhookSource];

/** Where a delivery stands. */
export const DeliveryState = {
  /** It waits for its first or its next attempt. */
  Pending: "pending",
  /** The receiver took it. */
  Delivered: "delivered",
  /** It was given up. */
  Failed: "failed",
} as const;
/** Where a delivery stands. */
export type DeliveryState = (typeof DeliveryState)[keyof typeof DeliveryState];

/** Whether an event is in the log. */
export const PersistenceState = {
  /** Waits to be written. */
  Queued: "queued",
  /** Written. */
  Persisted: "persisted",
  /** Could not be written. */
  Failed: "failed",
  /** Never written. */
  Transient: "transient",
  /** Sent before it is written. */
  Pending: "pending",
} as const;
/** Whether an event is in the log. */
export type PersistenceState = (typeof PersistenceState)[keyof typeof PersistenceState];

/** Who speaks. */
export const MessageRole = {
  /** A person. */
  User: "user",
  /** The agent. */
  Assistant: "assistant",
} as const;
/** Who speaks. */
export type MessageRole = (typeof MessageRole)[keyof typeof MessageRole];

/** Why a chat session ended. */
export const ChatEndReason = {
  /** It was done. */
  Completed: "completed",
  /** It failed. */
  Error: "error",
  /** It took too long. */
  Timeout: "timeout",
  /** A person ended it. */
  UserCancelled: "user_cancelled",
} as const;
/** Why a chat session ended. */
export type ChatEndReason = (typeof ChatEndReason)[keyof typeof ChatEndReason];

/** How a run ended. */
export const CompletionReason = {
  /** It was done. */
  Success: "success",
  /** It failed. */
  Error: "error",
  /** It had no turns or no tokens left. */
  MaxTurns: "max_turns",
  /** A person stopped it. */
  UserCancelled: "user_cancelled",
} as const;
/** How a run ended. */
export type CompletionReason = (typeof CompletionReason)[keyof typeof CompletionReason];

/** How much depends on an approval, or how much a change touches. */
export const ApprovalPriority = {
  /** Little. */
  Low: "low",
  /** Some. */
  Medium: "medium",
  /** Much. */
  High: "high",
} as const;
/** How much depends on an approval, or how much a change touches. */
export type ApprovalPriority = (typeof ApprovalPriority)[keyof typeof ApprovalPriority];

/** The answer to an approval. */
export const ApprovalDecision = {
  /** Yes. */
  Approved: "approved",
  /** No. */
  Rejected: "rejected",
} as const;
/** The answer to an approval. */
export type ApprovalDecision = (typeof ApprovalDecision)[keyof typeof ApprovalDecision];

/** What a citation's place is counted in. */
export const CitationType = {
  /** Characters. */
  CharLocation: "char_location",
  /** Pages. */
  PageLocation: "page_location",
  /** Content blocks. */
  ContentBlockLocation: "content_block_location",
} as const;
/** What a citation's place is counted in. */
export type CitationType = (typeof CitationType)[keyof typeof CitationType];

/** Where a cited file comes from. */
export const CitedFileSource = {
  /** The user's files. */
  BlobStorage: "blob_storage",
  /** A file that came with a message. */
  ChatAttachment: "chat_attachment",
  /** SharePoint. */
  Sharepoint: "sharepoint",
  /** OneDrive. */
  Onedrive: "onedrive",
  /** A mail. */
  Email: "email",
  /** The web. */
  Web: "web",
} as const;
/** Where a cited file comes from. */
export type CitedFileSource = (typeof CitedFileSource)[keyof typeof CitedFileSource];

/** How a client gets a cited file. */
export const FetchStrategy = {
  /** From the API. */
  InternalApi: "internal_api",
  /** From the API of attachments. */
  ChatAttachmentApi: "chat_attachment_api",
  /** Through the API, with the user's sign-in there. */
  OauthProxy: "oauth_proxy",
  /** Elsewhere. */
  External: "external",
} as const;
/** How a client gets a cited file. */
export type FetchStrategy = (typeof FetchStrategy)[keyof typeof FetchStrategy];

/** Where an uploaded file stands. */
export const ChatAttachmentStatus = {
  /** On its way. */
  Uploading: "uploading",
  /** There. */
  Ready: "ready",
  /** Its time is over. */
  Expired: "expired",
  /** Gone. */
  Deleted: "deleted",
} as const;
/** Where an uploaded file stands. */
export type ChatAttachmentStatus = (typeof ChatAttachmentStatus)[keyof typeof ChatAttachmentStatus];

/** What a mention points at. */
export const FileMentionType = {
  /** A file. */
  File: "file",
  /** A folder. */
  Folder: "folder",
  /** A site. */
  Site: "site",
} as const;
/** What a mention points at. */
export type FileMentionType = (typeof FileMentionType)[keyof typeof FileMentionType];

/** Why another agent goes on. */
export const HandoffType = {
  /** A supervisor chose it. */
  SupervisorRouting: "supervisor_routing",
  /** The agent before chose it. */
  AgentHandoff: "agent_handoff",
  /** A person chose it. */
  UserSelection: "user_selection",
} as const;
/** Why another agent goes on. */
export type HandoffType = (typeof HandoffType)[keyof typeof HandoffType];

/** Why a session could not be joined. */
export const SessionErrorCode = {
  /** Nobody is signed in. */
  NotAuthenticated: "NOT_AUTHENTICATED",
  /** Which session was not said. */
  MissingSessionId: "MISSING_SESSION_ID",
  /** No such session. */
  SessionNotFound: "SESSION_NOT_FOUND",
  /** The session is another user's. */
  Unauthorized: "UNAUTHORIZED",
  /** A defect of Lia. */
  InternalError: "INTERNAL_ERROR",
} as const;
/** Why a session could not be joined. */
export type SessionErrorCode = (typeof SessionErrorCode)[keyof typeof SessionErrorCode];

/** Why an answer to an approval was not taken. */
export const ApprovalErrorCode = {
  /** No such approval. */
  ApprovalNotFound: "APPROVAL_NOT_FOUND",
  /** Its session is gone. */
  SessionNotFound: "SESSION_NOT_FOUND",
  /** It is another user's to answer. */
  Unauthorized: "UNAUTHORIZED",
  /** It has its answer. */
  AlreadyResolved: "ALREADY_RESOLVED",
  /** Its time is over. */
  Expired: "EXPIRED",
  /** Nobody waits for it. */
  NoPendingPromise: "NO_PENDING_PROMISE",
  /** The answer is neither yes nor no, or both (ours). */
  InvalidDecision: "INVALID_DECISION",
  /** The answer does not fit its schema (ours). */
  ValidationError: "VALIDATION_ERROR",
} as const;
/** Why an answer to an approval was not taken. */
export type ApprovalErrorCode = (typeof ApprovalErrorCode)[keyof typeof ApprovalErrorCode];

/** How a to-do ended. */
export const TodoOutcome = {
  /** It was done. */
  Completed: "completed",
  /** It failed. */
  Failed: "failed",
} as const;
/** How a to-do ended. */
export type TodoOutcome = (typeof TodoOutcome)[keyof typeof TodoOutcome];

/** Why a socket's request was refused. */
export const SocketErrorCode = {
  /** No such event. */
  BadRequest: "BAD_REQUEST",
  /** The payload does not fit its schema. */
  ValidationError: "VALIDATION_ERROR",
  /** Nobody is signed in. */
  NotAuthenticated: "NOT_AUTHENTICATED",
  /** Which session was not said. */
  MissingSessionId: "MISSING_SESSION_ID",
  /** Not this user's. */
  Unauthorized: "UNAUTHORIZED",
  /** Not allowed. */
  Forbidden: "FORBIDDEN",
  /** No such session. */
  SessionNotFound: "SESSION_NOT_FOUND",
  /** The session is another user's. */
  SessionAccessDenied: "SESSION_ACCESS_DENIED",
  /** The agent works on something else. */
  AgentBusy: "AGENT_BUSY",
  /** Too many messages. */
  SessionRateLimitExceeded: "SESSION_RATE_LIMIT_EXCEEDED",
  /** The message could not be handled. */
  MessageProcessingError: "MESSAGE_PROCESSING_ERROR",
  /** No such approval. */
  ApprovalNotFound: "APPROVAL_NOT_FOUND",
  /** The approval has its answer. */
  AlreadyResolved: "ALREADY_RESOLVED",
  /** The approval's time is over. */
  Expired: "EXPIRED",
  /** Nobody waits for the approval. */
  NoPendingPromise: "NO_PENDING_PROMISE",
  /** The answer is neither yes nor no, or both. */
  InvalidDecision: "INVALID_DECISION",
  /** For now. */
  ServiceUnavailable: "SERVICE_UNAVAILABLE",
  /** A defect of Lia. */
  InternalError: "INTERNAL_ERROR",
} as const;
/** Why a socket's request was refused. */
export type SocketErrorCode = (typeof SocketErrorCode)[keyof typeof SocketErrorCode];

/** What a business system keeps. */
export const BcEntity = {
  /** Customers. */
  Customers: "customers",
  /** Items. */
  Items: "items",
  /** Vendors. */
  Vendors: "vendors",
  /** Sales orders. */
  SalesOrders: "salesOrders",
  /** Purchase orders. */
  PurchaseOrders: "purchaseOrders",
  /** Invoices. */
  Invoices: "invoices",
} as const;
/** What a business system keeps. */
export type BcEntity = (typeof BcEntity)[keyof typeof BcEntity];

/** Thoughts are the agent's. */
export const AssistantRole = {
  /** The agent. */
  Assistant: "assistant",
} as const;
/** Thoughts are the agent's. */
export type AssistantRole = (typeof AssistantRole)[keyof typeof AssistantRole];

/** Where a tool's run stands. */
export const ToolStatus = {
  /** It runs. */
  Pending: "pending",
  /** It did what it should. */
  Success: "success",
  /** It failed. */
  Error: "error",
} as const;
/** Where a tool's run stands. */
export type ToolStatus = (typeof ToolStatus)[keyof typeof ToolStatus];

/** Where a chat session stands. */
export const ChatSessionStatus = {
  /** It goes on. */
  Active: "active",
  /** It is done. */
  Completed: "completed",
  /** A person ended it. */
  Cancelled: "cancelled",
} as const;
/** Where a chat session stands. */
export type ChatSessionStatus = (typeof ChatSessionStatus)[keyof typeof ChatSessionStatus];

/** What an approval's tool does. */
export const ApprovalActionType = {
  /** Makes something. */
  Create: "create",
  /** Changes something. */
  Update: "update",
  /** Deletes something. */
  Delete: "delete",
  /** Anything else. */
  Custom: "custom",
} as const;
/** What an approval's tool does. */
export type ApprovalActionType = (typeof ApprovalActionType)[keyof typeof ApprovalActionType];

/** Where an approval stands. */
export const ApprovalStatus = {
  /** Waits for an answer. */
  Pending: "pending",
  /** Yes. */
  Approved: "approved",
  /** No. */
  Rejected: "rejected",
  /** Its time is over. */
  Expired: "expired",
} as const;
/** Where an approval stands. */
export type ApprovalStatus = (typeof ApprovalStatus)[keyof typeof ApprovalStatus];

/** Where a to-do stands. */
export const TodoStatus = {
  /** Not begun. */
  Pending: "pending",
  /** Begun. */
  InProgress: "in_progress",
  /** Done. */
  Completed: "completed",
  /** Failed. */
  Failed: "failed",
} as const;
/** Where a to-do stands. */
export type TodoStatus = (typeof TodoStatus)[keyof typeof TodoStatus];

/** How a model's provider served a call. */
export const ServiceTier = {
  /** As usual. */
  Standard: "standard",
  /** Before others. */
  Priority: "priority",
  /** Later and cheaper. */
  Batch: "batch",
} as const;
/** How a model's provider served a call. */
export type ServiceTier = (typeof ServiceTier)[keyof typeof ServiceTier];

/** A button of the mouse. */
export const Button = {
  /** The left one. */
  Left: "left",
  /** The right one. */
  Right: "right",
  /** The wheel. */
  Middle: "middle",
} as const;
/** A button of the mouse. */
export type Button = (typeof Button)[keyof typeof Button];

/** Whether a button or key goes down or up. */
export const Press = {
  /** It is let go. */
  Up: "up",
  /** It is held. */
  Down: "down",
} as const;
/** Whether a button or key goes down or up. */
export type Press = (typeof Press)[keyof typeof Press];

/** Where the wheel turns to. */
export const ScrollDirection = {
  /** Up. */
  Up: "up",
  /** Down. */
  Down: "down",
  /** To the left. */
  Left: "left",
  /** To the right. */
  Right: "right",
} as const;
/** Where the wheel turns to. */
export type ScrollDirection = (typeof ScrollDirection)[keyof typeof ScrollDirection];

/** A program of the desktop. */
export const Application = {
  /** The web browser. */
  Firefox: "firefox",
  /** The password manager. */
  "1password": "1password",
  /** The mail program. */
  Thunderbird: "thunderbird",
  /** The editor. */
  Vscode: "vscode",
  /** A terminal. */
  Terminal: "terminal",
  /** The desktop itself, without windows. */
  Desktop: "desktop",
  /** The file manager. */
  Directory: "directory",
} as const;
/** A program of the desktop. */
export type Application = (typeof Application)[keyof typeof Application];

/** How an agent says that its task stands. */
export const AgentTaskStatus = {
  /** It is done. */
  Completed: "completed",
  /** It cannot be done. */
  Failed: "failed",
  /** A person must help. */
  NeedsHelp: "needs_help",
} as const;
/** How an agent says that its task stands. */
export type AgentTaskStatus = (typeof AgentTaskStatus)[keyof typeof AgentTaskStatus];

/** When a task that an agent makes begins. Models write capitals, older messages small letters. */
export const CreateTaskType = {
  /** At once. */
  Immediate: "immediate",
  /** At a time. */
  Scheduled: "scheduled",
  /** At once. */
  IMMEDIATE: "IMMEDIATE",
  /** At a time. */
  SCHEDULED: "SCHEDULED",
} as const;
/** When a task that an agent makes begins. Models write capitals, older messages small letters. */
export type CreateTaskType = (typeof CreateTaskType)[keyof typeof CreateTaskType];

/** How much a task that an agent makes matters. Models write capitals, older messages small letters. */
export const CreateTaskPriority = {
  /** Little. */
  Low: "low",
  /** As usual. */
  Medium: "medium",
  /** Much. */
  High: "high",
  /** Before all others. */
  Urgent: "urgent",
  /** Little. */
  LOW: "LOW",
  /** As usual. */
  MEDIUM: "MEDIUM",
  /** Much. */
  HIGH: "HIGH",
  /** Before all others. */
  URGENT: "URGENT",
} as const;
/** How much a task that an agent makes matters. Models write capitals, older messages small letters. */
export type CreateTaskPriority = (typeof CreateTaskPriority)[keyof typeof CreateTaskPriority];

/** The tags of `MessageContentBlock`. */
export const MessageContentType = {
  /** A text. */
  Text: "text",
  /** A picture. */
  Image: "image",
  /** A file. */
  Document: "document",
  /** Thoughts. */
  Thinking: "thinking",
  /** Thoughts that only their model can read. */
  RedactedThinking: "redacted_thinking",
  /** What a person did to the desktop. */
  UserAction: "user_action",
  /** A use of a tool. */
  ToolUse: "tool_use",
  /** What a tool gave. */
  ToolResult: "tool_result",
} as const;
/** The tags of `MessageContentBlock`. */
export type MessageContentType = (typeof MessageContentType)[keyof typeof MessageContentType];

/** How bytes are written. */
export const SourceEncoding = {
  /** Base64. */
  Base64: "base64",
} as const;
/** How bytes are written. */
export type SourceEncoding = (typeof SourceEncoding)[keyof typeof SourceEncoding];

/** The media type of a picture. */
export const ImageMediaType = {
  /** PNG. */
  ImagePng: "image/png",
} as const;
/** The media type of a picture. */
export type ImageMediaType = (typeof ImageMediaType)[keyof typeof ImageMediaType];

/** The name of each HTTP status that an error code has. */
export const HTTP_STATUS_NAMES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  413: "Payload Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** The HTTP status of each error code. */
export const ERROR_STATUS_CODES: Readonly<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  VALIDATION_ERROR: 400,
  INVALID_PARAMETER: 400,
  MISSING_REQUIRED_FIELD: 400,
  PARAMETER_OUT_OF_RANGE: 400,
  INVALID_DECISION: 400,
  UNAUTHORIZED: 401,
  SESSION_EXPIRED: 401,
  INVALID_TOKEN: 401,
  USER_ID_NOT_IN_SESSION: 401,
  CONNECTION_TOKEN_EXPIRED: 401,
  FORBIDDEN: 403,
  ACCESS_DENIED: 403,
  INSUFFICIENT_PERMISSIONS: 403,
  OWN_DATA_ONLY: 403,
  SESSION_ACCESS_DENIED: 403,
  APPROVAL_ACCESS_DENIED: 403,
  NOT_FOUND: 404,
  TASK_NOT_FOUND: 404,
  SESSION_NOT_FOUND: 404,
  USER_NOT_FOUND: 404,
  APPROVAL_NOT_FOUND: 404,
  TOKEN_USAGE_NOT_FOUND: 404,
  TOOL_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  ALREADY_EXISTS: 409,
  ALREADY_RESOLVED: 409,
  STATE_CONFLICT: 409,
  PIN_LIMIT_EXCEEDED: 409,
  INVALID_STATE: 409,
  IDEMPOTENCY_CONFLICT: 409,
  QUEUE_FULL: 409,
  EXPIRED: 410,
  APPROVAL_EXPIRED: 410,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  MISDIRECTED_REQUEST: 421,
  RATE_LIMIT_EXCEEDED: 429,
  SESSION_RATE_LIMIT_EXCEEDED: 429,
  LLM_RATE_LIMITED: 429,
  VM_ERROR: 500,
  DATABASE_ERROR: 500,
  SERVICE_ERROR: 500,
  SESSION_CREATE_ERROR: 500,
  MESSAGE_PROCESSING_ERROR: 500,
  LLM_AUTH_ERROR: 500,
  LLM_BAD_REQUEST: 500,
  AGENT_EXECUTION_FAILED: 500,
  INTERNAL_ERROR: 500,
  UNAVAILABLE: 503,
  SERVICE_UNAVAILABLE: 503,
  AGENT_BUSY: 503,
  BC_UNAVAILABLE: 503,
  APPROVAL_NOT_READY: 503,
  MCP_UNAVAILABLE: 503,
  LLM_OVERLOADED: 503,
  LLM_SERVER_ERROR: 503,
  LLM_CONNECTION_ERROR: 503,
  LLM_TIMEOUT: 504,
};

/** What each error code says to people unless an answer says it better. */
export const ERROR_MESSAGES: Readonly<Record<ErrorCode, string>> = {
  BAD_REQUEST: "Invalid request",
  VALIDATION_ERROR: "Request failed validation",
  INVALID_PARAMETER: "Parameter value is invalid",
  MISSING_REQUIRED_FIELD: "A required field is missing",
  PARAMETER_OUT_OF_RANGE: "Parameter is outside the allowed range",
  INVALID_DECISION: "Decision must be approved or rejected",
  UNAUTHORIZED: "Sign-in required",
  SESSION_EXPIRED: "Session expired, sign in again",
  INVALID_TOKEN: "Token is invalid or expired",
  USER_ID_NOT_IN_SESSION: "Session carries no user",
  CONNECTION_TOKEN_EXPIRED: "Connection expired, connect again",
  FORBIDDEN: "Access denied",
  ACCESS_DENIED: "No access to this resource",
  INSUFFICIENT_PERMISSIONS: "Permission missing for this action",
  OWN_DATA_ONLY: "Only your own data is accessible",
  SESSION_ACCESS_DENIED: "No access to this session",
  APPROVAL_ACCESS_DENIED: "Not allowed to answer this approval",
  NOT_FOUND: "Resource not found",
  TASK_NOT_FOUND: "Task not found",
  SESSION_NOT_FOUND: "Session not found",
  USER_NOT_FOUND: "User not found",
  APPROVAL_NOT_FOUND: "Approval not found",
  TOKEN_USAGE_NOT_FOUND: "No usage data",
  TOOL_NOT_FOUND: "Tool not found",
  METHOD_NOT_ALLOWED: "Method not allowed here",
  CONFLICT: "Resource conflict",
  ALREADY_EXISTS: "Resource already exists",
  ALREADY_RESOLVED: "Approval was already decided",
  STATE_CONFLICT: "Not possible in the current state",
  PIN_LIMIT_EXCEEDED: "Too many pinned sessions",
  INVALID_STATE: "Not possible in this state",
  IDEMPOTENCY_CONFLICT: "Idempotency key was used for another request",
  QUEUE_FULL: "Too many prompts are waiting",
  EXPIRED: "Resource expired",
  APPROVAL_EXPIRED: "Approval expired",
  PAYLOAD_TOO_LARGE: "Request is too large",
  UNSUPPORTED_MEDIA_TYPE: "Content type is not supported",
  MISDIRECTED_REQUEST: "Host name is not served here",
  RATE_LIMIT_EXCEEDED: "Too many requests, retry later",
  SESSION_RATE_LIMIT_EXCEEDED: "Session limit reached, wait before sending",
  LLM_RATE_LIMITED: "Model provider limits the rate, retry later",
  VM_ERROR: "Sandbox error",
  DATABASE_ERROR: "Database error",
  SERVICE_ERROR: "Service error",
  SESSION_CREATE_ERROR: "Session could not be created",
  MESSAGE_PROCESSING_ERROR: "Message could not be processed",
  LLM_AUTH_ERROR: "Model provider refused the credentials",
  LLM_BAD_REQUEST: "Model provider refused the request",
  AGENT_EXECUTION_FAILED: "Agent could not finish",
  INTERNAL_ERROR: "Unexpected error",
  UNAVAILABLE: "Unavailable for now, retry later",
  SERVICE_UNAVAILABLE: "Temporarily unavailable",
  AGENT_BUSY: "Agent is handling another request",
  BC_UNAVAILABLE: "Business system unavailable",
  APPROVAL_NOT_READY: "Approval system not ready",
  MCP_UNAVAILABLE: "MCP unavailable",
  LLM_OVERLOADED: "Model provider is overloaded, retry later",
  LLM_SERVER_ERROR: "Model provider failed",
  LLM_CONNECTION_ERROR: "Model provider cannot be reached",
  LLM_TIMEOUT: "Model provider took too long",
};

/** The name of an HTTP status; `Unknown Error` for one that no error code has. */
export function getHttpStatusName(status: number): string {
  return HTTP_STATUS_NAMES[status] ?? "Unknown Error";
}

/** What an error code says to people. */
export function getErrorMessage(code: ErrorCode): string {
  return ERROR_MESSAGES[code];
}

/** The HTTP status of an error code. */
export function getErrorStatusCode(code: ErrorCode): number {
  return ERROR_STATUS_CODES[code];
}

/** Throws when a code lacks its message, its status, or its status its name. The generator never leaves one out. */
export function validateErrorConstants(): void {
  for (const code of Object.values(ErrorCode)) {
    if (!ERROR_MESSAGES[code]) throw new Error(`${code} has no message`);
    if (!ERROR_STATUS_CODES[code]) throw new Error(`${code} has no status`);
    if (!HTTP_STATUS_NAMES[ERROR_STATUS_CODES[code]]) throw new Error(`the status of ${code} has no name`);
  }
}

/** The bounds of each type's fields: a text's length in UTF-16 units (of a path also in bytes of UTF-8), a list's length, a number's range. */
export const LIMITS = {
  TaskConfig: {
    timeout_minutes: { min: 0, max: 4294967295 },
    max_memory_mb: { min: 0, max: 4294967295 },
    vcpu_count: { min: 0, max: 4294967295 },
    storage_gb: { min: 0, max: 4294967295 },
  },
  TaskConfigRequest: {
    timeout_minutes: { min: 1, max: 4294967295 },
    max_memory_mb: { min: 64, max: 4294967295 },
    vcpu_count: { min: 1, max: 4294967295 },
    storage_gb: { min: 1, max: 4294967295 },
  },
  TaskFile: {
    name: { minLength: 1, maxLength: 512 },
  },
  CreateTaskRequest: {
    prompt: { minLength: 1, maxLength: 100000 },
    user_id: { minLength: 1, maxLength: 64 },
    guild_id: { minLength: 1, maxLength: 64 },
    files: { maxItems: 100 },
    ssh_public_key: { maxLength: 8192 },
    allow: { maxItems: 200 },
    env: { maxItems: 100 },
    repositories: { maxItems: 10 },
  },
  TaskResponse: {
    user_id: { minLength: 1, maxLength: 64 },
    exit_code: { min: -2147483648, max: 2147483647 },
    queued: { min: 0, max: 4294967295 },
    pending_permissions: { min: 0, max: 4294967295 },
    last_seq: { min: 0 },
  },
  TaskListResponse: {
    total: { min: 0 },
    page: { min: 0, max: 4294967295 },
    per_page: { min: 0, max: 4294967295 },
  },
  WsOutputMessage: {
    seq: { min: 0 },
  },
  WsStatusMessage: {
    exit_code: { min: -2147483648, max: 2147483647 },
    seq: { min: 0 },
  },
  WsErrorMessage: {
    seq: { min: 0 },
  },
  WsProgressMessage: {
    seq: { min: 0 },
  },
  WsPermissionMessage: {
    seq: { min: 0 },
  },
  WsAnsweredMessage: {
    seq: { min: 0 },
  },
  WsPromptMessage: {
    seq: { min: 0 },
  },
  WsTurnMessage: {
    seq: { min: 0 },
  },
  WsEgressMessage: {
    seq: { min: 0 },
    port: { min: 0, max: 65535 },
  },
  WsLiveMessage: {
    seq: { min: 0 },
  },
  WsResizeMessage: {
    cols: { min: 1, max: 65535 },
    rows: { min: 1, max: 65535 },
  },
  Me: {
    user_id: { minLength: 1, maxLength: 64 },
  },
  CreateTokenRequest: {
    user_id: { minLength: 1, maxLength: 64 },
    label: { maxLength: 100 },
    expires_in_seconds: { min: 0 },
  },
  TokenInfo: {
    user_id: { minLength: 1, maxLength: 64 },
  },
  CreateTokenResponse: {
    user_id: { minLength: 1, maxLength: 64 },
  },
  ResizeRequest: {
    cols: { min: 1, max: 65535 },
    rows: { min: 1, max: 65535 },
  },
  InputResponse: {
    position: { min: 0, max: 4294967295 },
  },
  PermissionInfo: {
    seq: { min: 0 },
  },
  QueuedPrompt: {
    position: { min: 0, max: 4294967295 },
  },
  UploadResponse: {
    size: { min: 0 },
  },
  RpcLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  OutputLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  TaskStateLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  TurnStartedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  TurnEndedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  PromptQueuedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  PromptDeliveredLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  PromptUnknownLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  PromptWithdrawnLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  PermissionRequestedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  PermissionAnsweredLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  EgressRefusedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  EgressAllowedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  UsageLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  FsChangedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  ProgressLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  ErrorLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  LogTruncatedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  AgentReadyLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  AgentExitedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  QueuePausedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  QueueResumedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  QueueReorderedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  SettingsChangedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  TerminalOpenedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  TerminalClosedLogEvent: {
    seq: { min: 0 },
    actor: { maxLength: 69 },
    v: { min: 0, max: 255 },
  },
  DirEntry: {
    size: { min: 0 },
  },
  VsockOutputMessage: {
    offset: { min: 0 },
    pos: { min: 0 },
  },
  VsockExitMessage: {
    offset: { min: 0 },
    code: { min: -2147483648, max: 2147483647 },
    signal: { min: -2147483648, max: 2147483647 },
  },
  ListTasksQuery: {
    user_id: { minLength: 1, maxLength: 64 },
    guild_id: { minLength: 1, maxLength: 64 },
    page: { min: 1, max: 4294967295 },
    per_page: { min: 1, max: 100 },
  },
  LogQuery: {
    from: { min: 0 },
    limit: { min: 1, max: 1000 },
  },
  StreamQuery: {
    from: { min: 0 },
    progress: { maxLength: 16 },
  },
  SinceQuery: {
    since: { min: 0 },
  },
  FolderQuery: {
    path: { maxLength: 4096, maxBytes: 4096 },
  },
  FileQuery: {
    path: { minLength: 1, maxLength: 4096, maxBytes: 4096 },
  },
  RepositoryQuery: {
    dir: { maxLength: 4096, maxBytes: 4096 },
  },
  ListSessionsQuery: {
    runtimeInstance: { minLength: 1, maxLength: 64 },
    page: { min: 1, max: 4294967295 },
    perPage: { min: 1, max: 100 },
  },
  TerminalQuery: {
    offset: { min: 0 },
  },
  AgentStart: {
    setup_seconds: { min: 0, max: 4294967295 },
    cols: { min: 0, max: 65535 },
    rows: { min: 0, max: 65535 },
  },
  VsockHelloMessage: {
    protocol: { min: 0, max: 4294967295 },
    link_epoch: { min: 0 },
    acked: { min: 0 },
  },
  VsockWelcomeMessage: {
    protocol: { min: 0, max: 4294967295 },
    link_epoch: { min: 0 },
    end: { min: 0 },
    exited: { min: -2147483648, max: 2147483647 },
  },
  VsockSignalCommand: {
    signal: { min: -2147483648, max: 2147483647 },
  },
  VsockShutdownCommand: {
    grace_ms: { min: 0 },
  },
  VsockResizeMessage: {
    cols: { min: 0, max: 65535 },
    rows: { min: 0, max: 65535 },
  },
  VsockAckMessage: {
    offset: { min: 0 },
  },
  VsockRpcMessage: {
    offset: { min: 0 },
  },
  VsockReadyMessage: {
    offset: { min: 0 },
  },
  VsockBegunMessage: {
    offset: { min: 0 },
  },
  VsockOkDone: {
    offset: { min: 0 },
  },
  VsockBusyDone: {
    offset: { min: 0 },
  },
  VsockFailedDone: {
    offset: { min: 0 },
  },
  VsockExitedDone: {
    offset: { min: 0 },
  },
  VsockErrorMessage: {
    offset: { min: 0 },
  },
  VsockProgressMessage: {
    offset: { min: 0 },
  },
  VsockTerminalMessage: {
    offset: { min: 0 },
    exit_code: { min: -2147483648, max: 2147483647 },
  },
  VsockChangedMessage: {
    paths: { maxItems: 64 },
    added: { maxItems: 64 },
    deleted: { maxItems: 64 },
  },
  FilePreviewEvent: {
    maxChars: { min: 0, max: 4294967295 },
  },
  FsSnapshotAction: {
    path: { maxLength: 4096, maxBytes: 4096 },
  },
  FilePreviewAction: {
    path: { maxLength: 4096, maxBytes: 4096 },
  },
  AgentSpawn: {
    command: { minLength: 1 },
  },
  FileSystemSnapshot: {
    maxEntries: { min: 0, max: 4294967295 },
  },
  FilePreview: {
    maxChars: { min: 0, max: 4294967295 },
  },
  QueuedPromptResponse: {
    position: { min: 0, max: 4294967295 },
  },
  PromptQueueItem: {
    position: { min: 0, max: 4294967295 },
  },
  PromptQueueState: {
    size: { min: 0, max: 4294967295 },
  },
  CreateSessionBody: {
    title: { maxLength: 500 },
    setup: { maxLength: 65536 },
    env: { maxItems: 100 },
  },
  RegisterAgentTemplateBody: {
    name: { minLength: 1 },
  },
  UpdateAgentTemplateBody: {
    name: { minLength: 1 },
  },
  QueueClearedResponse: {
    cleared: { min: 0, max: 4294967295 },
  },
  SessionsHealth: {
    sessions: { min: 0, max: 4294967295 },
  },
  QueuedMessage: {
    id: { min: 0 },
  },
  EnqueueMessageBody: {
    text: { minLength: 1, maxLength: 100000 },
    agent: { maxLength: 500 },
  },
  CreateWebhookBody: {
    url: { maxLength: 2048 },
    secret: { minLength: 1, maxLength: 512 },
    events: { minItems: 1, maxItems: 4 },
  },
  UpdateWebhookBody: {
    secret: { minLength: 1, maxLength: 512 },
    events: { minItems: 1, maxItems: 4 },
  },
  ListDeliveriesQuery: {
    limit: { min: 1, max: 100 },
  },
  DeliveryAttempt: {
    durationMs: { min: 0, max: 4294967295 },
    status: { min: 0, max: 65535 },
  },
  SnapshotQuery: {
    path: { maxLength: 4096, maxBytes: 4096 },
  },
  GitQuery: {
    path: { maxLength: 4096, maxBytes: 4096 },
  },
  GitCommitsQuery: {
    path: { maxLength: 4096, maxBytes: 4096 },
    branch: { minLength: 1, maxLength: 255 },
    limit: { min: 1, max: 4294967295 },
  },
  CreateGitWorktreeBody: {
    name: { minLength: 1, maxLength: 100 },
    path: { maxLength: 4096, maxBytes: 4096 },
    branch: { minLength: 1, maxLength: 255 },
    newBranch: { minLength: 1, maxLength: 255 },
    startPoint: { minLength: 1, maxLength: 255 },
  },
  CreateTerminalBody: {
    cols: { min: 1, max: 65535 },
    rows: { min: 1, max: 65535 },
  },
  TerminalInfo: {
    exitCode: { min: -2147483648, max: 2147483647 },
  },
  TerminalOutput: {
    offset: { min: 0 },
    nextOffset: { min: 0 },
    exitCode: { min: -2147483648, max: 2147483647 },
  },
  WsEventMessage: {
    seq: { min: 0 },
  },
  WsChannelEventMessage: {
    seq: { min: 0 },
  },
  WsSubscribeAction: {
    since: { min: 0 },
    offset: { min: 0 },
  },
  WsChannelTerminalCreateAction: {
    cols: { min: 0, max: 65535 },
    rows: { min: 0, max: 65535 },
  },
  WsChannelTerminalResizeAction: {
    cols: { min: 0, max: 65535 },
    rows: { min: 0, max: 65535 },
  },
  TokenUsage: {
    inputTokens: { min: 0 },
    outputTokens: { min: 0 },
    thinkingTokens: { min: 0 },
  },
  Citation: {
    document_index: { min: 0, max: 4294967295 },
    start_char_index: { min: 0, max: 4294967295 },
    end_char_index: { min: 0, max: 4294967295 },
    page_number: { min: 0, max: 4294967295 },
  },
  CitedFile: {
    relevanceScore: { min: 0.0, max: 1.0 },
  },
  ChatAttachmentSummary: {
    sizeBytes: { min: 0 },
  },
  SessionStartEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    userId: { minLength: 1, maxLength: 255 },
  },
  ThinkingEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    tokenCount: { min: 0 },
  },
  ThinkingChunkEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    blockIndex: { min: 0, max: 4294967295 },
    messageId: { maxLength: 255 },
  },
  MessagePartialEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    messageId: { maxLength: 255 },
  },
  MessageEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    messageId: { minLength: 1, maxLength: 255 },
  },
  MessageChunkEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    messageId: { maxLength: 255 },
  },
  ToolUseEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    toolUseId: { maxLength: 255 },
  },
  ToolResultEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    toolUseId: { maxLength: 255 },
    durationMs: { min: 0 },
  },
  ErrorEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    retryAfterMs: { min: 0 },
  },
  SessionEndEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
  },
  CompleteEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    messageId: { maxLength: 255 },
  },
  ApprovalRequestedEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    approvalId: { minLength: 1, maxLength: 255 },
  },
  ApprovalResolvedEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    approvalId: { minLength: 1, maxLength: 255 },
  },
  UserMessageConfirmedEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    messageId: { minLength: 1, maxLength: 255 },
    userId: { minLength: 1, maxLength: 255 },
    chatAttachmentIds: { maxItems: 10 },
    chatAttachments: { maxItems: 10 },
    clientMessageId: { maxLength: 255 },
  },
  TurnPausedEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    messageId: { minLength: 1, maxLength: 255 },
  },
  ContentRefusedEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    messageId: { minLength: 1, maxLength: 255 },
  },
  ThinkingCompleteEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
    blockIndex: { min: 0, max: 4294967295 },
    messageId: { maxLength: 255 },
  },
  AgentChangedEvent: {
    eventId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    correlationId: { maxLength: 255 },
    parentEventId: { maxLength: 255 },
    eventIndex: { min: 0 },
  },
  ExtendedThinkingConfig: {
    thinkingBudget: { min: 1024, max: 100000 },
  },
  ChatMessageInput: {
    message: { minLength: 1, maxLength: 10000 },
  },
  ChatMessageData: {
    message: { minLength: 1, maxLength: 10000 },
    chatAttachments: { maxItems: 10 },
    clientMessageId: { maxLength: 255 },
  },
  ApprovalResponseData: {
    reason: { maxLength: 500 },
  },
  ApprovalDecisionData: {
    reason: { maxLength: 500 },
  },
  ApprovalResponse: {
    reason: { maxLength: 500 },
  },
  RespondApprovalRequest: {
    reason: { maxLength: 500 },
  },
  SessionJoinData: {
    afterSequence: { min: 0 },
  },
  SessionReadyEvent: {
    lastSequence: { min: 0 },
  },
  SessionTitleUpdatedEvent: {
    title: { minLength: 1, maxLength: 500 },
  },
  CreateApprovalOptions: {
    expiresInMs: { min: 0 },
  },
  SessionJoinOk: {
    lastSequence: { min: 0 },
  },
  ChatMessageOk: {
    messageId: { minLength: 1, maxLength: 255 },
    sequenceNumber: { min: 0 },
    eventId: { minLength: 1, maxLength: 255 },
    runId: { minLength: 1, maxLength: 255 },
  },
  AgentQueryRequest: {
    prompt: { minLength: 1, maxLength: 10000 },
    maxTurns: { min: 1, max: 50 },
  },
  TodoCreateRequest: {
    content: { minLength: 1, maxLength: 500 },
    activeForm: { minLength: 1, maxLength: 500 },
    order: { min: 0, max: 4294967295 },
  },
  BcQueryRequest: {
    top: { min: 1, max: 1000 },
    skip: { min: 0, max: 4294967295 },
  },
  CreateChatSessionRequest: {
    title: { minLength: 1, maxLength: 500 },
    initialMessage: { minLength: 1, maxLength: 10000 },
  },
  UpdateChatSessionRequest: {
    title: { minLength: 1, maxLength: 500 },
  },
  ChatSessionsQuery: {
    limit: { min: 1, max: 50 },
  },
  ChatMessagesQuery: {
    limit: { min: 1, max: 100 },
    offset: { min: 0, max: 4294967295 },
    before: { min: 0 },
    after: { min: 0 },
  },
  MessageTokenUsage: {
    input_tokens: { min: 0 },
    output_tokens: { min: 0 },
  },
  StandardMessage: {
    id: { minLength: 1, maxLength: 255 },
    sequence_number: { min: 0 },
    event_id: { maxLength: 255 },
  },
  ThinkingMessage: {
    id: { minLength: 1, maxLength: 255 },
    sequence_number: { min: 0 },
    event_id: { maxLength: 255 },
    duration_ms: { min: 0 },
  },
  ToolUseMessage: {
    id: { minLength: 1, maxLength: 255 },
    sequence_number: { min: 0 },
    event_id: { maxLength: 255 },
    tool_use_id: { maxLength: 255 },
  },
  ToolResultMessage: {
    id: { minLength: 1, maxLength: 255 },
    sequence_number: { min: 0 },
    event_id: { maxLength: 255 },
    tool_use_id: { maxLength: 255 },
    duration_ms: { min: 0 },
  },
  ApprovalListResponse: {
    count: { min: 0, max: 4294967295 },
  },
  TodoItem: {
    id: { minLength: 1, maxLength: 255 },
    order: { min: 0, max: 4294967295 },
  },
  TodoListResponse: {
    count: { min: 0, max: 4294967295 },
  },
  RunTokenUsage: {
    input: { min: 0 },
    output: { min: 0 },
    thinking: { min: 0 },
    total: { min: 0 },
    cacheCreation: { min: 0 },
    cacheRead: { min: 0 },
  },
  AgentExecutionResult: {
    messageId: { maxLength: 255 },
    inputTokens: { min: 0 },
    outputTokens: { min: 0 },
    durationMs: { min: 0 },
    duration: { min: 0 },
  },
  TokenUsageRecord: {
    messageId: { minLength: 1, maxLength: 255 },
    cacheCreationTokens: { min: 0 },
    cacheReadTokens: { min: 0 },
    thinkingBudget: { min: 0, max: 4294967295 },
  },
  ErrorResponseWithStatus: {
    statusCode: { min: 400, max: 599 },
  },
  Coordinates: {
    x: { min: -2147483648, max: 2147483647 },
    y: { min: -2147483648, max: 2147483647 },
  },
  TraceMouseAction: {
    path: { minItems: 1 },
  },
  ClickMouseAction: {
    clickCount: { min: 1, max: 4294967295 },
  },
  DragMouseAction: {
    path: { minItems: 1 },
  },
  ScrollAction: {
    scrollCount: { min: 1, max: 4294967295 },
  },
  TypeKeysAction: {
    keys: { minItems: 1 },
    delay: { min: 0, max: 4294967295 },
  },
  PressKeysAction: {
    keys: { minItems: 1 },
  },
  TypeTextAction: {
    delay: { min: 0, max: 4294967295 },
  },
  WaitAction: {
    duration: { min: 0, max: 4294967295 },
  },
  ReadFileResult: {
    size: { min: 0 },
  },
  TraceMouseInput: {
    path: { minItems: 1 },
  },
  ClickMouseInput: {
    clickCount: { min: 1, max: 4294967295 },
  },
  DragMouseInput: {
    path: { minItems: 1 },
  },
  ScrollInput: {
    scrollCount: { min: 1, max: 4294967295 },
  },
  TypeKeysInput: {
    keys: { minItems: 1 },
    delay: { min: 0, max: 4294967295 },
  },
  PressKeysInput: {
    keys: { minItems: 1 },
  },
  TypeTextInput: {
    delay: { min: 0, max: 4294967295 },
  },
  WaitInput: {
    duration: { min: 0, max: 4294967295 },
  },
  DocumentContentBlock: {
    size: { min: 0 },
  },
} as const;

/** What an absent field of each type means. */
export const DEFAULTS = {
  TaskConfig: {
    timeout_minutes: 30,
    max_memory_mb: 2048,
    vcpu_count: 2,
    storage_gb: 50,
  },
  CreateTokenRequest: {
    label: "",
  },
  DownRequest: {
    instances: false,
  },
  TemplateInfo: {
    args: [],
    env: {},
    home_files: {},
    providers: [],
    allow: [],
    auto_allow: false,
  },
  ListTasksQuery: {
    page: 1,
    per_page: 20,
  },
  DeleteTaskQuery: {
    purge: false,
  },
  LogQuery: {
    from: 0,
  },
  StreamQuery: {
    from: 0,
  },
  SinceQuery: {
    since: 0,
  },
  FolderQuery: {
    path: "",
  },
  RepositoryQuery: {
    dir: "",
  },
  SessionQuery: {
    includeFileSystem: false,
    showAllFiles: false,
  },
  TerminalQuery: {
    offset: 0,
  },
  AgentStart: {
    home_files: {},
  },
  VsockReadyMessage: {
    can_load: false,
    loaded: false,
  },
  ListDeliveriesQuery: {
    limit: 20,
  },
  SnapshotQuery: {
    path: "",
    showAllFiles: false,
  },
  GitQuery: {
    path: "",
  },
  GitCommitsQuery: {
    path: "",
    limit: 20,
  },
  AgentQueryRequest: {
    streaming: true,
    maxTurns: 20,
  },
  ChatSessionsQuery: {
    limit: 20,
  },
  ChatMessagesQuery: {
    limit: 50,
    offset: 0,
  },
} as const;

/** The tools as a model is told of them, in that order. `write_file` is not among them. */
export const LLM_TOOLS = [
  {
    "name": "computer_move_mouse",
    "description": "Moves the mouse to a point of the screen.",
    "input_schema": {
      "type": "object",
      "properties": {
        "coordinates": {
          "type": "object",
          "properties": {
            "x": {
              "type": "number",
              "description": "To the right, in pixels."
            },
            "y": {
              "type": "number",
              "description": "Down, in pixels."
            }
          },
          "required": [
            "x",
            "y"
          ],
          "description": "Where to, in pixels from the top left corner."
        }
      },
      "required": [
        "coordinates"
      ]
    }
  },
  {
    "name": "computer_trace_mouse",
    "description": "Moves the mouse along a path.",
    "input_schema": {
      "type": "object",
      "properties": {
        "path": {
          "type": "array",
          "items": {
            "type": "object",
            "properties": {
              "x": {
                "type": "number",
                "description": "To the right, in pixels."
              },
              "y": {
                "type": "number",
                "description": "Down, in pixels."
              }
            },
            "required": [
              "x",
              "y"
            ],
            "description": "A point."
          },
          "description": "The points, in order."
        },
        "holdKeys": {
          "type": "array",
          "items": {
            "type": "string"
          },
          "description": "Keys that are held meanwhile.",
          "nullable": true
        }
      },
      "required": [
        "path"
      ]
    }
  },
  {
    "name": "computer_click_mouse",
    "description": "Clicks, where the mouse is or at a point of the screen.",
    "input_schema": {
      "type": "object",
      "properties": {
        "coordinates": {
          "type": "object",
          "properties": {
            "x": {
              "type": "number",
              "description": "To the right, in pixels."
            },
            "y": {
              "type": "number",
              "description": "Down, in pixels."
            }
          },
          "required": [
            "x",
            "y"
          ],
          "description": "Where; where the mouse is when absent.",
          "nullable": true
        },
        "button": {
          "type": "string",
          "enum": [
            "left",
            "right",
            "middle"
          ],
          "description": "Which button."
        },
        "holdKeys": {
          "type": "array",
          "items": {
            "type": "string"
          },
          "description": "Keys that are held meanwhile.",
          "nullable": true
        },
        "clickCount": {
          "type": "integer",
          "description": "How often: 2 for a double click.",
          "default": 1
        }
      },
      "required": [
        "button",
        "clickCount"
      ]
    }
  },
  {
    "name": "computer_press_mouse",
    "description": "Holds a button of the mouse, or lets it go.",
    "input_schema": {
      "type": "object",
      "properties": {
        "coordinates": {
          "type": "object",
          "properties": {
            "x": {
              "type": "number",
              "description": "To the right, in pixels."
            },
            "y": {
              "type": "number",
              "description": "Down, in pixels."
            }
          },
          "required": [
            "x",
            "y"
          ],
          "description": "Where; where the mouse is when absent.",
          "nullable": true
        },
        "button": {
          "type": "string",
          "enum": [
            "left",
            "right",
            "middle"
          ],
          "description": "Which button."
        },
        "press": {
          "type": "string",
          "enum": [
            "up",
            "down"
          ],
          "description": "Whether it is let go or held."
        }
      },
      "required": [
        "button",
        "press"
      ]
    }
  },
  {
    "name": "computer_drag_mouse",
    "description": "Moves the mouse along a path with a button held.",
    "input_schema": {
      "type": "object",
      "properties": {
        "path": {
          "type": "array",
          "items": {
            "type": "object",
            "properties": {
              "x": {
                "type": "number",
                "description": "To the right, in pixels."
              },
              "y": {
                "type": "number",
                "description": "Down, in pixels."
              }
            },
            "required": [
              "x",
              "y"
            ],
            "description": "A point."
          },
          "description": "The points, in order."
        },
        "button": {
          "type": "string",
          "enum": [
            "left",
            "right",
            "middle"
          ],
          "description": "Which button."
        },
        "holdKeys": {
          "type": "array",
          "items": {
            "type": "string"
          },
          "description": "Keys that are held meanwhile.",
          "nullable": true
        }
      },
      "required": [
        "path",
        "button"
      ]
    }
  },
  {
    "name": "computer_scroll",
    "description": "Turns the wheel of the mouse at a point of the screen.",
    "input_schema": {
      "type": "object",
      "properties": {
        "coordinates": {
          "type": "object",
          "properties": {
            "x": {
              "type": "number",
              "description": "To the right, in pixels."
            },
            "y": {
              "type": "number",
              "description": "Down, in pixels."
            }
          },
          "required": [
            "x",
            "y"
          ],
          "description": "Where."
        },
        "direction": {
          "type": "string",
          "enum": [
            "up",
            "down",
            "left",
            "right"
          ],
          "description": "Where to."
        },
        "scrollCount": {
          "type": "integer",
          "description": "How many notches."
        },
        "holdKeys": {
          "type": "array",
          "items": {
            "type": "string"
          },
          "description": "Keys that are held meanwhile.",
          "nullable": true
        }
      },
      "required": [
        "coordinates",
        "direction",
        "scrollCount"
      ]
    }
  },
  {
    "name": "computer_type_keys",
    "description": "Presses keys together, as in a shortcut, and lets them go. Their names count capitals.",
    "input_schema": {
      "type": "object",
      "properties": {
        "keys": {
          "type": "array",
          "items": {
            "type": "string"
          },
          "description": "The keys' names."
        },
        "delay": {
          "type": "number",
          "description": "How long they are held, in milliseconds.",
          "nullable": true
        }
      },
      "required": [
        "keys"
      ]
    }
  },
  {
    "name": "computer_press_keys",
    "description": "Holds keys, or lets them go. Their names count capitals.",
    "input_schema": {
      "type": "object",
      "properties": {
        "keys": {
          "type": "array",
          "items": {
            "type": "string"
          },
          "description": "The keys' names."
        },
        "press": {
          "type": "string",
          "enum": [
            "up",
            "down"
          ],
          "description": "Whether it is let go or held."
        }
      },
      "required": [
        "keys",
        "press"
      ]
    }
  },
  {
    "name": "computer_type_text",
    "description": "Types a text key by key. For texts of less than 25 characters, and for secrets.",
    "input_schema": {
      "type": "object",
      "properties": {
        "text": {
          "type": "string",
          "description": "The text."
        },
        "delay": {
          "type": "number",
          "description": "How long to wait between keys, in milliseconds.",
          "nullable": true
        },
        "isSensitive": {
          "type": "boolean",
          "description": "Whether the text is a secret, not to be logged.",
          "nullable": true
        }
      },
      "required": [
        "text"
      ]
    }
  },
  {
    "name": "computer_paste_text",
    "description": "Pastes a text. For long texts and for characters that no key has.",
    "input_schema": {
      "type": "object",
      "properties": {
        "text": {
          "type": "string",
          "description": "The text."
        },
        "isSensitive": {
          "type": "boolean",
          "description": "Whether the text is a secret, not to be logged.",
          "nullable": true
        }
      },
      "required": [
        "text"
      ]
    }
  },
  {
    "name": "computer_wait",
    "description": "Waits until the screen has changed.",
    "input_schema": {
      "type": "object",
      "properties": {
        "duration": {
          "type": "integer",
          "enum": [
            500
          ],
          "description": "Milliseconds."
        }
      },
      "required": [
        "duration"
      ]
    }
  },
  {
    "name": "computer_screenshot",
    "description": "Takes a picture of the screen.",
    "input_schema": {
      "type": "object",
      "properties": {}
    }
  },
  {
    "name": "computer_cursor_position",
    "description": "Says where the mouse is.",
    "input_schema": {
      "type": "object",
      "properties": {}
    }
  },
  {
    "name": "computer_application",
    "description": "Brings a program to the front, and starts it when it does not run.",
    "input_schema": {
      "type": "object",
      "properties": {
        "application": {
          "type": "string",
          "enum": [
            "firefox",
            "1password",
            "thunderbird",
            "vscode",
            "terminal",
            "desktop",
            "directory"
          ],
          "description": "Which."
        }
      },
      "required": [
        "application"
      ]
    }
  },
  {
    "name": "set_task_status",
    "description": "Says that the task is done, or that a person must help.",
    "input_schema": {
      "type": "object",
      "properties": {
        "status": {
          "type": "string",
          "enum": [
            "completed",
            "needs_help"
          ],
          "description": "How the task stands."
        },
        "description": {
          "type": "string",
          "description": "What was done, or what is needed."
        }
      },
      "required": [
        "status",
        "description"
      ]
    }
  },
  {
    "name": "create_task",
    "description": "Makes another task, for work that does not belong to this one or for later.",
    "input_schema": {
      "type": "object",
      "properties": {
        "description": {
          "type": "string",
          "description": "What is to be done."
        },
        "type": {
          "type": "string",
          "enum": [
            "IMMEDIATE",
            "SCHEDULED"
          ],
          "description": "When: at once or at a time."
        },
        "scheduledFor": {
          "type": "string",
          "format": "date-time",
          "description": "The time, for a scheduled task."
        },
        "priority": {
          "type": "string",
          "enum": [
            "LOW",
            "MEDIUM",
            "HIGH",
            "URGENT"
          ],
          "description": "How much it matters."
        }
      },
      "required": [
        "description"
      ]
    }
  },
  {
    "name": "computer_read_file",
    "description": "Reads a file.",
    "input_schema": {
      "type": "object",
      "properties": {
        "path": {
          "type": "string",
          "description": "Where; relative to the desktop's folder."
        }
      },
      "required": [
        "path"
      ]
    }
  },
] as const satisfies readonly LlmTool[];
