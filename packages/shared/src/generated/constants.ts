// Generated from crates/protocol by `cargo run -p xtask -- generate`. Do not edit.

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

/** What went wrong, for programs. Each has one HTTP status. */
export enum ErrorCode {
  /** The request is malformed or a value is out of its bounds. */
  BAD_REQUEST = "BAD_REQUEST",
  /** No valid credential came with the request. */
  UNAUTHORIZED = "UNAUTHORIZED",
  /** The credential does not allow this. */
  FORBIDDEN = "FORBIDDEN",
  /** No such route, or no such object for this caller. */
  NOT_FOUND = "NOT_FOUND",
  /** No such task for this caller. */
  TASK_NOT_FOUND = "TASK_NOT_FOUND",
  /** The route exists, with other methods. */
  METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED",
  /** The object's state does not allow this. */
  INVALID_STATE = "INVALID_STATE",
  /** The same Idempotency-Key came with another body. */
  IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT",
  /** The prompt queue holds as many as it may. */
  QUEUE_FULL = "QUEUE_FULL",
  /** The body or a part of it is larger than allowed. */
  PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE",
  /** The body is not JSON, or says that it is not. */
  UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE",
  /** The Host header names a server that this is not. */
  MISDIRECTED_REQUEST = "MISDIRECTED_REQUEST",
  /** The sandbox could not do it. */
  VM_ERROR = "VM_ERROR",
  /** The store could not do it. */
  DATABASE_ERROR = "DATABASE_ERROR",
  /** A defect of Lia. */
  INTERNAL_ERROR = "INTERNAL_ERROR",
  /** For now: the disk reserve is reached, the server is stopping, or the store does not answer. */
  UNAVAILABLE = "UNAVAILABLE",
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

/** The name of each HTTP status that an error code has. */
export const HTTP_STATUS_NAMES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Payload Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** The HTTP status of each error code. */
export const ERROR_STATUS_CODES: Readonly<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  TASK_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  INVALID_STATE: 409,
  IDEMPOTENCY_CONFLICT: 409,
  QUEUE_FULL: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  MISDIRECTED_REQUEST: 421,
  VM_ERROR: 500,
  DATABASE_ERROR: 500,
  INTERNAL_ERROR: 500,
  UNAVAILABLE: 503,
};

/** What each error code says to people unless an answer says it better. */
export const ERROR_MESSAGES: Readonly<Record<ErrorCode, string>> = {
  BAD_REQUEST: "The request is malformed or a value is out of its bounds",
  UNAUTHORIZED: "No valid credential came with the request",
  FORBIDDEN: "The credential does not allow this",
  NOT_FOUND: "No such route, or no such object for this caller",
  TASK_NOT_FOUND: "No such task for this caller",
  METHOD_NOT_ALLOWED: "The route exists, with other methods",
  INVALID_STATE: "The object's state does not allow this",
  IDEMPOTENCY_CONFLICT: "The same Idempotency-Key came with another body",
  QUEUE_FULL: "The prompt queue holds as many as it may",
  PAYLOAD_TOO_LARGE: "The body or a part of it is larger than allowed",
  UNSUPPORTED_MEDIA_TYPE: "The body is not JSON, or says that it is not",
  MISDIRECTED_REQUEST: "The Host header names a server that this is not",
  VM_ERROR: "The sandbox could not do it",
  DATABASE_ERROR: "The store could not do it",
  INTERNAL_ERROR: "A defect of Lia",
  UNAVAILABLE: "For now: the disk reserve is reached, the server is stopping, or the store does not answer",
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

/** The bounds of each type's fields: a text's length in UTF-16 units, a list's length, a number's range. */
export const LIMITS = {
  TaskConfig: {
    timeout_minutes: { min: 0, max: 4294967295 },
    max_memory_mb: { min: 0, max: 4294967295 },
    vcpu_count: { min: 0, max: 4294967295 },
    storage_gb: { min: 0, max: 4294967295 },
  },
  TaskConfigRequest: {
    timeout_minutes: { min: 0, max: 4294967295 },
    max_memory_mb: { min: 0, max: 4294967295 },
    vcpu_count: { min: 0, max: 4294967295 },
    storage_gb: { min: 0, max: 4294967295 },
  },
  CreateTaskRequest: {
    prompt: { minLength: 1, maxLength: 100000 },
    user_id: { minLength: 1, maxLength: 64 },
    files: { maxItems: 100 },
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
  VsockExitMessage: {
    code: { min: -2147483648, max: 2147483647 },
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
  RegisterAgentTemplateBody: {
    name: { minLength: 1 },
  },
  WsChannelEventMessage: {
    seq: { min: 0 },
  },
  WsSubscribeAction: {
    since: { min: 0 },
  },
  WsChannelTerminalCreateAction: {
    cols: { min: 0, max: 65535 },
    rows: { min: 0, max: 65535 },
  },
  WsChannelTerminalResizeAction: {
    cols: { min: 0, max: 65535 },
    rows: { min: 0, max: 65535 },
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
} as const;
