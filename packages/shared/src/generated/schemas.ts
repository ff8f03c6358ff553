// Generated from crates/protocol by `cargo run -p xtask -- generate`. Do not edit.

import * as z from "zod";

import {
  ErrorCode,
  FileEncoding,
  SessionEndReason,
  TaskStatus,
  VsockMessageType,
  WebhookEventType,
  WsMessageType,
} from "./constants.js";

const pattern1 = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/u;
const pattern2 = /^[^\u0000-\u001f\u007f-\u009f]*$/u;
const pattern3 = /^(?:tcp:(?:\*\.)?(?=[A-Za-z0-9.-]{1,253}(?::|$))(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*(?!\d+(?::|$))(?!0[xX])[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?:0*(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])|(?:\*\.)?(?=[A-Za-z0-9.-]{1,253}(?::|$))(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*(?!\d+(?::|$))(?!0[xX])[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?::0*(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5]))?)$/u;
const pattern4 = /^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8])))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/u;
const pattern5 = /^https?:\/\/[^\/]/u;

/** pending → starting → running ⇄ suspended → terminated. */
export const TaskStatusSchema = /* @__PURE__ */ (() =>
  z.enum(TaskStatus))();

/** Resources in force (seed 000's TaskConfig). */
export const TaskConfigSchema = /* @__PURE__ */ (() =>
  z.object({
    timeout_minutes: z.int().min(0).max(4294967295).default(30),
    max_memory_mb: z.int().min(0).max(4294967295).default(2048),
    vcpu_count: z.int().min(0).max(4294967295).default(2),
    storage_gb: z.int().min(0).max(4294967295).default(50),
  }))();

/** Resources of one task. Absent keys of a request take the server's `vm.default_*`; replies carry what is in force. */
export const TaskConfigRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    timeout_minutes: z.int().min(0).max(4294967295).optional(),
    max_memory_mb: z.int().min(0).max(4294967295).optional(),
    vcpu_count: z.int().min(0).max(4294967295).optional(),
    storage_gb: z.int().min(0).max(4294967295).optional(),
  }))();

/** How a file's content is written in JSON. */
export const FileEncodingSchema = /* @__PURE__ */ (() =>
  z.enum(FileEncoding))();

/** One initial file. */
export const TaskFileSchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string(),
    content: z.string(),
    encoding: FileEncodingSchema.optional(),
  }))();

/** A repository to have in the workspace. */
export const RepositorySchema = /* @__PURE__ */ (() =>
  z.union([z.string(), z.object({
      upload: z.string().regex(pattern1),
      branch: z.string().optional(),
    })]))();

/** `POST /api/v1/tasks`. */
export const CreateTaskRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    prompt: z.string().min(1).max(100000),
    user_id: z.string().min(1).max(64).regex(pattern2),
    guild_id: z.string().optional(),
    config: TaskConfigRequestSchema.optional(),
    files: z.array(TaskFileSchema).max(100).optional(),
    ssh_public_key: z.string().optional(),
    template: z.string().optional(),
    allow: z.array(z.string().regex(pattern3)).optional(),
    env: z.record(z.string(), z.string()).optional(),
    repositories: z.array(RepositorySchema).optional(),
    source: z.string().optional(),
  }))();

/** A task as the API shows it. Absent values are `null`, never left out (seed 000). */
export const TaskResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string().regex(pattern1),
    user_id: z.string().min(1).max(64).regex(pattern2),
    guild_id: z.string().nullable(),
    prompt: z.string(),
    status: TaskStatusSchema,
    vm_id: z.string().nullable(),
    config: TaskConfigSchema.nullable(),
    created_at: z.string().regex(pattern4),
    started_at: z.string().regex(pattern4).nullable(),
    completed_at: z.string().regex(pattern4).nullable(),
    exit_code: z.int().min(-2147483648).max(2147483647).nullable(),
    error_message: z.string().nullable(),
    web_url: z.string(),
    ssh_command: z.string().nullable(),
    ip_address: z.string().nullable(),
    session_id: z.string().regex(pattern1),
    template: z.string(),
    runtime: z.string(),
    source: z.string().nullable(),
    suspended_at: z.string().regex(pattern4).nullable(),
    busy: z.boolean(),
    queued: z.int().min(0).max(4294967295),
    pending_permissions: z.int().min(0).max(4294967295),
    stop_reason: z.string().nullable(),
    last_seq: z.int().min(0),
  }))();

/** `GET /api/v1/tasks`. */
export const TaskListResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    tasks: z.array(TaskResponseSchema),
    total: z.int().min(0),
    page: z.int().min(0).max(4294967295),
    per_page: z.int().min(0).max(4294967295),
  }))();

/** What went wrong, for programs. Each has one HTTP status. */
export const ErrorCodeSchema = /* @__PURE__ */ (() =>
  z.enum(ErrorCode))();

/** `{"error": sentence, "code": CODE, "details"?: object}`. */
export const ApiErrorSchema = /* @__PURE__ */ (() =>
  z.object({
    error: z.string(),
    code: ErrorCodeSchema.optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  }))();

/** One thing that is wrong with a request. */
export const IssueSchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.string(),
    message: z.string(),
  }))();

/** The tags of `WsMessage`. */
export const WsMessageTypeSchema = /* @__PURE__ */ (() =>
  z.enum(WsMessageType))();

/** Terminal output. */
export const WsOutputMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("output"),
    data: z.string(),
    timestamp: z.int(),
    seq: z.int().min(0).optional(),
  }))();

/** User input: bytes for a terminal, one prompt for an ACP agent. */
export const WsInputMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("input"),
    data: z.string(),
    id: z.string().regex(pattern1).optional(),
  }))();

/** The task's status changed. */
export const WsStatusMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("status"),
    status: TaskStatusSchema,
    exit_code: z.int().min(-2147483648).max(2147483647).optional(),
    seq: z.int().min(0).optional(),
  }))();

/** Something failed. Seed 003's per-session socket has the same message. */
export const WsErrorMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("error"),
    message: z.string(),
    seq: z.int().min(0).optional(),
  }))();

/** Keep-alive. */
export const WsPingMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("ping"),
  }))();

/** Answer to `ping`, to the asker alone. Seed 003's channels have the same message. */
export const WsPongMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("pong"),
  }))();

/** Seed 000's union, exactly its six types. Extra fields may be there, extra types not. */
export const WsMessageSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("type", [
    WsOutputMessageSchema,
    WsInputMessageSchema,
    WsStatusMessageSchema,
    WsErrorMessageSchema,
    WsPingMessageSchema,
    WsPongMessageSchema,
  ]))();

/** The tags of `VsockMessage`. */
export const VsockMessageTypeSchema = /* @__PURE__ */ (() =>
  z.enum(VsockMessageType))();

/** One initial file (text only, as in the seed). */
export const VsockFileSchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string(),
    content: z.string(),
  }))();

/** Host → guest, once. */
export const VsockInitMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("init"),
    api_key: z.string(),
    prompt: z.string(),
    files: z.array(VsockFileSchema).optional(),
  }))();

/** Guest → host. */
export const VsockOutputMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("output"),
    data: z.string(),
  }))();

/** Host → guest. */
export const VsockInputMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("input"),
    data: z.string(),
  }))();

/** Guest → host: the agent has ended. */
export const VsockExitMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("exit"),
    code: z.int().min(-2147483648).max(2147483647),
  }))();

/** Both ways. */
export const VsockHeartbeatMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("heartbeat"),
  }))();

/** JSON lines between host and guest (seed 000). */
export const VsockMessageSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("type", [
    VsockInitMessageSchema,
    VsockOutputMessageSchema,
    VsockInputMessageSchema,
    VsockExitMessageSchema,
    VsockHeartbeatMessageSchema,
  ]))();

/** Persisted state of a runtime instance. */
export const RuntimeInstanceSchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string(),
    typeName: z.string(),
    status: z.enum(["running", "stopped", "paused"]),
    websocketUrl: z.string().optional(),
  }))();

/** A runtime and its instances. */
export const RuntimeInfoSchema = /* @__PURE__ */ (() =>
  z.object({
    typeName: z.string(),
    onlyOne: z.boolean(),
    instances: z.array(RuntimeInstanceSchema),
  }))();

/** Why a session ended. */
export const SessionEndReasonSchema = /* @__PURE__ */ (() =>
  z.enum(SessionEndReason))();

/** `POST /sessions/{sessionId}/start` */
export const RuntimeHostStartSessionRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string(),
    command: z.string(),
    args: z.array(z.string()),
    workspace: z.string(),
    setup: z.string().optional(),
    env: z.record(z.string(), z.string()).optional(),
    callbackUrl: z.string().optional(),
  }))();

/** Answer to `RuntimeHostStartSessionRequest`. */
export const RuntimeHostStartSessionResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    acpSessionId: z.string(),
    sessionId: z.string(),
  }))();

/** One session of a host. */
export const RuntimeHostSessionStatusSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string(),
    status: z.enum(["idle", "running"]),
  }))();

/** `GET /health` */
export const RuntimeHostHealthResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    status: z.literal("ok"),
    sessions: z.array(RuntimeHostSessionStatusSchema),
  }))();

/** `POST /sessions/{sessionId}/prompt` */
export const RuntimeHostPromptRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    text: z.string(),
  }))();

/** `POST /sessions/{sessionId}/permissions/{requestId}` */
export const RuntimeHostPermissionResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    optionId: z.string().optional(),
    outcome: z.enum(["cancelled"]).optional(),
  }))();

/** A git repository. */
export const FileSystemEntryGitInfoSchema = /* @__PURE__ */ (() =>
  z.object({
    branch: z.string(),
    origin: z.string().optional(),
  }))();

/** One entry of a file system. */
export const FileSystemEntrySchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.string(),
    type: z.enum(["file", "directory", "symlink", "other"]),
    git: FileSystemEntryGitInfoSchema.optional(),
  }))();

/** The files of a session. */
export const FilesystemSnapshotEventSchema = /* @__PURE__ */ (() =>
  z.object({
    snapshot: z.object({
      root: z.string(),
      entries: z.array(FileSystemEntrySchema),
    }),
  }))();

/** A file's content. */
export const FilePreviewEventSchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.string(),
    content: z.string(),
  }))();

/** Answers a permission with an option. */
export const PermissionRespondActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("permission.respond"),
    requestId: z.string(),
    response: z.object({
      optionId: z.string(),
    }),
  }))();

/** Asks for a snapshot of the files. */
export const FsSnapshotActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("fs.snapshot"),
    sessionId: z.string().optional(),
    path: z.string().optional(),
  }))();

/** Asks for a file's content. */
export const FilePreviewActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("file.preview"),
    sessionId: z.string().optional(),
    path: z.string(),
  }))();

/** Callback: the agent's process ended. */
export const SessionEndCallbackSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("session_end"),
    data: z.object({
      exitCode: z.int().min(-2147483648).max(2147483647).nullable(),
    }),
  }))();

/** Callback: a turn ended. */
export const EndTurnCallbackSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("end_turn"),
    data: z.object({
      promptResponse: z.unknown(),
    }),
  }))();

/** Callback: the agent said something. */
export const AgentMessageCallbackSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("agent_message"),
    data: z.object({
      sessionUpdate: z.unknown(),
    }),
  }))();

/** Callback: something failed. */
export const ErrorCallbackSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("error"),
    data: z.object({
      message: z.string(),
    }),
  }))();

/** The control plane's answer to a `permission_request` callback. */
export const PermissionCallbackResponseSchema = /* @__PURE__ */ (() =>
  z.union([z.object({
      optionId: z.string(),
    }), z.object({
      outcome: z.literal("cancelled"),
    }), z.object({
      deferred: z.literal(true),
    })]))();

/**
 * `POST /start`. The seed's TypeScript type has `sessionId`, its Zod schema of this name has not: that schema is
 * `SessionHostStartBody`'s; this type's own is `SessionHostStartRequestWithIdSchema`.
 */
export const SessionHostStartRequestWithIdSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().optional(),
    command: z.string(),
    args: z.array(z.string()),
    workspace: z.string(),
    setup: z.string().optional(),
    env: z.record(z.string(), z.string()).optional(),
    callbackUrl: z.string().optional(),
  }))();

/**
 * What the seed's `session-host/zod` reads of a `POST /start`: all but `sessionId`, which is an unknown key to it and is
 * stripped. Its Zod schema is `SessionHostStartRequestSchema`.
 */
export const SessionHostStartRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    command: z.string(),
    args: z.array(z.string()),
    workspace: z.string(),
    setup: z.string().optional(),
    env: z.record(z.string(), z.string()).optional(),
    callbackUrl: z.string().optional(),
  }))();

/** Answer to `SessionHostStartRequest`. */
export const SessionHostStartResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    acpSessionId: z.string(),
    hostUrl: z.string(),
    websocketUrl: z.string(),
    sessionId: z.string().optional(),
  }))();

/** `GET /health` */
export const SessionHostHealthResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    status: z.enum(["idle", "running"]),
    sessionId: z.string().optional(),
  }))();

/** How an agent is started. */
export const AgentSpawnSchema = /* @__PURE__ */ (() =>
  z.object({
    command: z.string().min(1),
    args: z.array(z.string()),
  }))();

/** Where an agent is started. */
export const AgentTemplateRuntimeSchema = /* @__PURE__ */ (() =>
  z.object({
    provider: z.string(),
    image: z.string().optional(),
    dockerfile: z.string().optional(),
    setup: z.string().optional(),
    env: z.record(z.string(), z.string()).optional(),
  }))();

/** An agent that can be started. */
export const AgentTemplateSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string(),
    name: z.string(),
    spawn: AgentSpawnSchema,
    runtime: AgentTemplateRuntimeSchema,
    env: z.record(z.string(), z.string()).optional(),
  }))();

/** One entry of a session's log. */
export const SessionLogSchema = /* @__PURE__ */ (() =>
  z.object({
    timestamp: z.string().regex(pattern4),
    type: z.string(),
    data: z.record(z.string(), z.unknown()),
  }))();

/** One of the answers that an agent offers. */
export const PendingPermissionOptionSchema = /* @__PURE__ */ (() =>
  z.object({
    optionId: z.string(),
    name: z.string(),
    kind: z.string(),
  }))();

/** A question that waits for an answer. */
export const PendingPermissionSchema = /* @__PURE__ */ (() =>
  z.object({
    requestId: z.string(),
    toolCallId: z.string(),
    title: z.string(),
    kind: z.string().optional(),
    options: z.array(PendingPermissionOptionSchema),
  }))();

/** A folder's entries. */
export const FileSystemSnapshotSchema = /* @__PURE__ */ (() =>
  z.object({
    root: z.string(),
    path: z.string().optional(),
    gitPath: z.string().optional(),
    entries: z.array(FileSystemEntrySchema),
    truncated: z.boolean(),
    maxEntries: z.int().min(0).max(4294967295),
  }))();

/** A file's content. */
export const FilePreviewSchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.string(),
    content: z.string(),
    truncated: z.boolean(),
    maxChars: z.int().min(0).max(4294967295),
  }))();

/** A prompt waits. */
export const QueuedPromptResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    queued: z.literal(true),
    queueId: z.string(),
    position: z.int().min(0).max(4294967295),
  }))();

/** A prompt that waits. */
export const PromptQueueItemSchema = /* @__PURE__ */ (() =>
  z.object({
    queueId: z.string(),
    text: z.string(),
    enqueuedAt: z.string().regex(pattern4),
    position: z.int().min(0).max(4294967295),
  }))();

/** A session's queue. */
export const PromptQueueStateSchema = /* @__PURE__ */ (() =>
  z.object({
    processing: z.boolean(),
    paused: z.boolean(),
    items: z.array(PromptQueueItemSchema),
    size: z.int().min(0).max(4294967295),
  }))();

/** A session with all that is known of it. */
export const SessionSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string(),
    agentName: z.string(),
    spawn: AgentSpawnSchema,
    startedAt: z.string().regex(pattern4),
    lastUpdatedAt: z.string().regex(pattern4),
    status: z.enum(["active", "killed"]),
    logs: z.array(SessionLogSchema),
    pendingPermission: PendingPermissionSchema.nullable(),
    fileSystem: FileSystemSnapshotSchema.nullable(),
    promptQueue: PromptQueueStateSchema.nullable(),
    websocketUrl: z.string().optional(),
    runtime: z.string().optional(),
    cwd: z.string().optional(),
    title: z.string().optional(),
  }))();

/** Keeps an agent template. */
export const RegisterAgentTemplateBodySchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string().min(1),
    spawn: AgentSpawnSchema,
    runtime: AgentTemplateRuntimeSchema.optional(),
    env: z.record(z.string(), z.string()).optional(),
  }))();

/** A prompt. */
export const PromptBodySchema = /* @__PURE__ */ (() =>
  z.object({
    text: z.string(),
  }))();

/** The answer to a permission. */
export const PermissionResponseBodySchema = /* @__PURE__ */ (() =>
  z.union([z.object({
      optionId: z.string(),
    }), z.object({
      outcome: z.literal("cancelled"),
    })]))();

/** The events that webhooks are told. */
export const WebhookEventTypeSchema = /* @__PURE__ */ (() =>
  z.enum(WebhookEventType))();

/** Who is told what happens in a session. */
export const WebhookConfigSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string(),
    url: z.string(),
    secret: z.string(),
    events: z.array(WebhookEventTypeSchema).optional(),
  }))();

/** The body that is posted to a webhook. */
export const WebhookPayloadSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string(),
    eventId: z.string(),
    timestamp: z.string().regex(pattern4),
    event: z.object({
      type: WebhookEventTypeSchema,
      data: z.record(z.string(), z.unknown()),
    }),
  }))();

/** A session without what only its running process knows: files, log, queue. */
export const SessionMetaSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string(),
    agentName: z.string(),
    spawn: AgentSpawnSchema,
    startedAt: z.string().regex(pattern4),
    lastUpdatedAt: z.string().regex(pattern4),
    status: z.enum(["active", "killed"]),
    pendingPermission: PendingPermissionSchema.nullable(),
    websocketUrl: z.string().optional(),
    runtime: z.string().optional(),
    cwd: z.string().optional(),
    title: z.string().optional(),
  }))();

/** How a session's host is found again after a restart. */
export const SessionRuntimeInfoSchema = /* @__PURE__ */ (() =>
  z.object({
    hostUrl: z.string(),
    websocketUrl: z.string(),
    runtimeName: z.string(),
    runtimeMeta: z.record(z.string(), z.unknown()).nullable().optional(),
  }))();

/** A session as it is kept. */
export const StoredSessionSchema = /* @__PURE__ */ (() =>
  z.object({
    meta: SessionMetaSchema,
    runtimeInfo: SessionRuntimeInfoSchema.nullable(),
    webhooks: z.array(WebhookConfigSchema),
  }))();

/** An event. */
export const WsEventMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("event"),
    timestamp: z.string(),
    event: z.object({
      type: z.string(),
      data: z.record(z.string(), z.unknown()),
      timestamp: z.string(),
    }),
  }))();

/** The session is there. */
export const WsConnectedMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("connected"),
    sessionId: z.string(),
  }))();

/** Server → client on the socket of one session. */
export const WsServerMessageSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("type", [
    WsEventMessageSchema,
    WsConnectedMessageSchema,
    WsErrorMessageSchema,
  ]))();

/** Sends a prompt. */
export const WsPromptActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("prompt"),
    text: z.string(),
  }))();

/** Answers a permission. */
export const WsPermissionRespondActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("permission.respond"),
    requestId: z.string(),
    body: PermissionResponseBodySchema,
  }))();

/** Takes a waiting prompt back, or stops the running turn. */
export const WsCancelActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("cancel"),
    queueId: z.string().optional(),
  }))();

/** Ends the session. */
export const WsTerminateActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("terminate"),
  }))();

/** Keep-alive. */
export const WsPingActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("ping"),
  }))();

/** Orders the queue anew. */
export const WsQueueReorderActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("queue.reorder"),
    order: z.array(z.string()),
  }))();

/** Empties the queue. */
export const WsQueueClearActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("queue.clear"),
  }))();

/** Holds the next prompt back. */
export const WsQueuePauseActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("queue.pause"),
  }))();

/** Lets the queue go on. */
export const WsQueueResumeActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("queue.resume"),
  }))();

/** Client → server on the socket of one session. */
export const WsControlMessageSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("action", [
    WsPromptActionSchema,
    WsPermissionRespondActionSchema,
    WsCancelActionSchema,
    WsTerminateActionSchema,
    WsPingActionSchema,
    WsQueueReorderActionSchema,
    WsQueueClearActionSchema,
    WsQueuePauseActionSchema,
    WsQueueResumeActionSchema,
  ]))();

/** A channel's name, such as `session:abc`, `agent:xyz:fs`, `agents`. */
export const ChannelSchema = /* @__PURE__ */ (() =>
  z.string())();

/** First message of a connection. */
export const WsChannelConnectedMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("connected"),
    connectionId: z.string(),
    epoch: z.string().optional(),
  }))();

/** A subscription is there, and what it asked for again has been sent. */
export const WsSubscribedMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("subscribed"),
    channel: ChannelSchema,
  }))();

/** A subscription is gone. */
export const WsUnsubscribedMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("unsubscribed"),
    channel: ChannelSchema,
  }))();

/** An event of a channel. */
export const WsChannelEventMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("event"),
    channel: ChannelSchema,
    sessionId: z.string(),
    agentId: z.string(),
    seq: z.int().min(0),
    event: z.object({
      type: z.string(),
      data: z.record(z.string(), z.unknown()),
      timestamp: z.string(),
    }),
  }))();

/** A session was started. */
export const WsSessionCreatedMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("session.created"),
    sessionId: z.string(),
    agentId: z.string(),
  }))();

/** A session has ended. */
export const WsSessionTerminatedMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("session.terminated"),
    sessionId: z.string(),
    agentId: z.string(),
  }))();

/** Something failed. */
export const WsChannelErrorMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("error"),
    message: z.string(),
    channel: ChannelSchema.optional(),
  }))();

/** Server → client on a socket with channels. */
export const WsChannelServerMessageSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("type", [
    WsChannelConnectedMessageSchema,
    WsSubscribedMessageSchema,
    WsUnsubscribedMessageSchema,
    WsChannelEventMessageSchema,
    WsSessionCreatedMessageSchema,
    WsSessionTerminatedMessageSchema,
    WsChannelErrorMessageSchema,
    WsPongMessageSchema,
  ]))();

/** Asks for a channel's events. */
export const WsSubscribeActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("subscribe"),
    channel: ChannelSchema,
    since: z.int().min(0).optional(),
  }))();

/** Asks for no more events of a channel. */
export const WsUnsubscribeActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("unsubscribe"),
    channel: ChannelSchema,
  }))();

/** Sends a prompt. */
export const WsChannelPromptActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("prompt"),
    sessionId: z.string(),
    text: z.string(),
  }))();

/** Answers a permission. */
export const WsChannelPermissionRespondActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("permission.respond"),
    sessionId: z.string(),
    requestId: z.string(),
    body: PermissionResponseBodySchema,
  }))();

/** Takes a waiting prompt back, or stops the running turn. */
export const WsChannelCancelActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("cancel"),
    sessionId: z.string(),
    queueId: z.string().optional(),
  }))();

/** Ends a session. */
export const WsChannelTerminateActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("terminate"),
    sessionId: z.string(),
  }))();

/** Orders a queue anew. */
export const WsChannelQueueReorderActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("queue.reorder"),
    sessionId: z.string(),
    order: z.array(z.string()),
  }))();

/** Empties a queue. */
export const WsChannelQueueClearActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("queue.clear"),
    sessionId: z.string(),
  }))();

/** Holds the next prompt back. */
export const WsChannelQueuePauseActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("queue.pause"),
    sessionId: z.string(),
  }))();

/** Lets a queue go on. */
export const WsChannelQueueResumeActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("queue.resume"),
    sessionId: z.string(),
  }))();

/** Keep-alive. */
export const WsChannelPingActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("ping"),
  }))();

/** Opens a terminal. */
export const WsChannelTerminalCreateActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("terminal.create"),
    sessionId: z.string().optional(),
    data: z.string().optional(),
    cols: z.int().min(0).max(65535).optional(),
    rows: z.int().min(0).max(65535).optional(),
  }))();

/** Types into a terminal. */
export const WsChannelTerminalInputActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("terminal.input"),
    terminalId: z.string(),
    data: z.string(),
  }))();

/** Changes a terminal's size. */
export const WsChannelTerminalResizeActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("terminal.resize"),
    terminalId: z.string(),
    cols: z.int().min(0).max(65535),
    rows: z.int().min(0).max(65535),
  }))();

/** Ends a terminal. */
export const WsChannelTerminalKillActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("terminal.kill"),
    terminalId: z.string(),
  }))();

/** Client → server on a socket with channels: exactly the seed's fifteen. */
export const WsChannelControlMessageSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("action", [
    WsSubscribeActionSchema,
    WsUnsubscribeActionSchema,
    WsChannelPromptActionSchema,
    WsChannelPermissionRespondActionSchema,
    WsChannelCancelActionSchema,
    WsChannelTerminateActionSchema,
    WsChannelQueueReorderActionSchema,
    WsChannelQueueClearActionSchema,
    WsChannelQueuePauseActionSchema,
    WsChannelQueueResumeActionSchema,
    WsChannelPingActionSchema,
    WsChannelTerminalCreateActionSchema,
    WsChannelTerminalInputActionSchema,
    WsChannelTerminalResizeActionSchema,
    WsChannelTerminalKillActionSchema,
  ]))();

/** Client → server on a socket with channels, with the two actions that the seed names without their union. */
export const WsChannelControlMessageExtSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("action", [
    WsSubscribeActionSchema,
    WsUnsubscribeActionSchema,
    WsChannelPromptActionSchema,
    WsChannelPermissionRespondActionSchema,
    WsChannelCancelActionSchema,
    WsChannelTerminateActionSchema,
    WsChannelQueueReorderActionSchema,
    WsChannelQueueClearActionSchema,
    WsChannelQueuePauseActionSchema,
    WsChannelQueueResumeActionSchema,
    WsChannelPingActionSchema,
    WsChannelTerminalCreateActionSchema,
    WsChannelTerminalInputActionSchema,
    WsChannelTerminalResizeActionSchema,
    WsChannelTerminalKillActionSchema,
    FsSnapshotActionSchema,
    FilePreviewActionSchema,
  ]))();

/** One ACP message. */
export const SessionRpcEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("rpc"),
    data: z.object({
      method: z.string(),
      direction: z.enum(["client_to_agent", "agent_to_client"]),
      phase: z.enum(["request", "response", "notification"]),
      payload: z.unknown().optional(),
    }),
    timestamp: z.string().regex(pattern4),
  }))();

/** A question was answered with an option, whatever its kind. */
export const SessionPermissionApprovedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("permission_approved"),
    data: z.object({
      requestId: z.string(),
      response: PermissionResponseBodySchema,
    }),
    timestamp: z.string().regex(pattern4),
  }))();

/** A question was cancelled. */
export const SessionPermissionRejectedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("permission_rejected"),
    data: z.object({
      requestId: z.string(),
      response: PermissionResponseBodySchema,
    }),
    timestamp: z.string().regex(pattern4),
  }))();

/** A question was answered over REST. */
export const SessionPermissionRespondedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("permission_responded"),
    data: z.object({
      requestId: z.string(),
      optionId: z.string(),
    }),
    timestamp: z.string().regex(pattern4),
  }))();

/** A question was cancelled over REST. */
export const SessionPermissionCancelledEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("permission_cancelled"),
    data: z.object({
      requestId: z.string(),
      outcome: z.literal("cancelled"),
    }),
    timestamp: z.string().regex(pattern4),
  }))();

/** The queue changed. */
export const SessionQueueUpdatedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("queue.updated"),
    data: PromptQueueStateSchema,
    timestamp: z.string().regex(pattern4),
  }))();

/** The next prompt is held back. */
export const SessionQueuePausedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("queue.paused"),
    data: z.record(z.string(), z.unknown()),
    timestamp: z.string().regex(pattern4),
  }))();

/** The queue goes on. */
export const SessionQueueResumedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("queue.resumed"),
    data: z.record(z.string(), z.unknown()),
    timestamp: z.string().regex(pattern4),
  }))();

/** Files changed. */
export const SessionFilesystemChangedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("filesystem.changed"),
    data: z.object({
      changes: z.array(z.object({
          path: z.string(),
          type: z.enum(["added", "modified", "deleted"]),
        })),
    }),
    timestamp: z.string().regex(pattern4),
  }))();

/** The files, as they were asked for. */
export const SessionFilesystemSnapshotEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("filesystem.snapshot"),
    data: FilesystemSnapshotEventSchema,
    timestamp: z.string().regex(pattern4),
  }))();

/** A file's content, as it was asked for. */
export const SessionFilePreviewEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("file.preview"),
    data: FilePreviewEventSchema,
    timestamp: z.string().regex(pattern4),
  }))();

/** A terminal was opened. */
export const SessionTerminalStartedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("terminal.started"),
    data: z.object({
      terminalId: z.string(),
      command: z.string(),
    }),
    timestamp: z.string().regex(pattern4),
  }))();

/** Output of a terminal. */
export const SessionTerminalDataEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("terminal.data"),
    data: z.object({
      terminalId: z.string(),
      data: z.string(),
    }),
    timestamp: z.string().regex(pattern4),
  }))();

/** A terminal's command ended. */
export const SessionTerminalExitEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("terminal.exit"),
    data: z.object({
      terminalId: z.string(),
      exitCode: z.int().min(-2147483648).max(2147483647).nullable(),
    }),
    timestamp: z.string().regex(pattern4),
  }))();

/** The session has ended. */
export const SessionSessionTerminatedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("session.terminated"),
    data: z.object({
      exitCode: z.int().min(-2147483648).max(2147483647).nullable(),
    }),
    timestamp: z.string().regex(pattern4),
  }))();

/** Something failed. */
export const SessionErrorEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("error"),
    data: z.object({
      message: z.string(),
    }),
    timestamp: z.string().regex(pattern4),
  }))();

/** A turn ended. */
export const SessionEndTurnEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("end_turn"),
    data: z.object({
      promptResponse: z.unknown(),
    }),
    timestamp: z.string().regex(pattern4),
  }))();

/** The agent's process ended. */
export const SessionSessionEndEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("session_end"),
    data: z.object({
      exitCode: z.int().min(-2147483648).max(2147483647).nullable(),
    }),
    timestamp: z.string().regex(pattern4),
  }))();

/** The agent said something. */
export const SessionAgentMessageEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("agent_message"),
    data: z.object({
      sessionUpdate: z.unknown(),
    }),
    timestamp: z.string().regex(pattern4),
  }))();

/** The agent asks a person. */
export const PermissionRequestEventSchema = /* @__PURE__ */ (() =>
  z.object({
    requestId: z.string(),
    toolCallId: z.string(),
    title: z.string(),
    kind: z.string().optional(),
    options: z.array(PendingPermissionOptionSchema),
  }))();

/** Callback: the agent asks. Answered with a `PermissionCallbackResponse`. */
export const PermissionRequestCallbackSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("permission_request"),
    data: PermissionRequestEventSchema,
  }))();

/** All that a session-host posts to the control plane. */
export const SessionCallbackEventSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("type", [
    PermissionRequestCallbackSchema,
    SessionEndCallbackSchema,
    EndTurnCallbackSchema,
    AgentMessageCallbackSchema,
    ErrorCallbackSchema,
  ]))();

/** Starts a session: with a template's id, or with `spawn`. */
export const CreateSessionBodySchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern1).optional(),
    cwd: z.string().optional(),
    agentTemplateId: z.string().optional(),
    spawn: AgentSpawnSchema.optional(),
    name: z.string().optional(),
    runtimeInstance: z.string().optional(),
    webhooks: z.array(z.object({
        url: z.string().regex(pattern5),
        secret: z.string().min(1),
        events: z.array(WebhookEventTypeSchema).optional(),
      })).optional(),
  }))();

/** The agent asks. */
export const SessionPermissionRequestEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("permission_request"),
    data: PermissionRequestEventSchema,
    timestamp: z.string().regex(pattern4),
  }))();

/** An event of a session whose type is known. */
export const SessionEventSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("type", [
    SessionRpcEventSchema,
    SessionPermissionRequestEventSchema,
    SessionPermissionApprovedEventSchema,
    SessionPermissionRejectedEventSchema,
    SessionPermissionRespondedEventSchema,
    SessionPermissionCancelledEventSchema,
    SessionQueueUpdatedEventSchema,
    SessionQueuePausedEventSchema,
    SessionQueueResumedEventSchema,
    SessionFilesystemChangedEventSchema,
    SessionFilesystemSnapshotEventSchema,
    SessionFilePreviewEventSchema,
    SessionTerminalStartedEventSchema,
    SessionTerminalDataEventSchema,
    SessionTerminalExitEventSchema,
    SessionSessionTerminatedEventSchema,
    SessionErrorEventSchema,
    SessionEndTurnEventSchema,
    SessionSessionEndEventSchema,
    SessionAgentMessageEventSchema,
  ]))();
