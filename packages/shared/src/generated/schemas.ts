// Generated from crates/protocol by `cargo run -p xtask -- generate`. Do not edit.

import * as z from "zod";

import {
  AgentMode,
  AgentTaskStatus,
  Application,
  ApprovalActionType,
  ApprovalDecision,
  ApprovalErrorCode,
  ApprovalPriority,
  ApprovalStatus,
  AssistantRole,
  BcEntity,
  Button,
  ChatAttachmentStatus,
  ChatEndReason,
  ChatSessionStatus,
  CitationType,
  CitedFileSource,
  CompletionReason,
  CreateTaskPriority,
  CreateTaskType,
  DeliveryState,
  EntryKind,
  ErrorCode,
  FetchStrategy,
  FileEncoding,
  FileMentionType,
  HandoffType,
  ImageMediaType,
  MessageContentType,
  MessageRole,
  MessageStatus,
  PersistenceState,
  Press,
  PromptMode,
  Scope,
  ScrollDirection,
  ServiceTier,
  SessionEndReason,
  SessionErrorCode,
  SocketErrorCode,
  SourceEncoding,
  TaskStatus,
  TodoOutcome,
  TodoStatus,
  ToolStatus,
  VsockMessageType,
  WebhookEventType,
  WebhookSource,
  WsMessageType,
} from "./constants.js";

import type {
  MessageContentBlock,
  UserActionContent,
} from "./types.js";

import { maxBytes, maxUnits, taggedOr } from "../zod.js";

const pattern1 = /^(?!\.{1,2}(?:\/|$))[^\/\\\u0000-\u001f\u007f-\u009f]+(?:\/(?!\.{1,2}(?:\/|$))[^\/\\\u0000-\u001f\u007f-\u009f]+)*$/u;
const pattern2 = /^(?!.*\.\.)(?:https:\/\/(?=[A-Za-z0-9.-]{1,253}\/)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*(?!\d+\/)(?!0[xX])[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\/[A-Za-z0-9._~\/-]+|(?![-.])[A-Za-z0-9._~-]+\/(?!-)[A-Za-z0-9._~-]+)$/u;
const pattern3 = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/u;
const pattern4 = /^[^\u0000-\u001f\u007f-\u009f]*$/u;
const pattern5 = /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp256|ecdsa-sha2-nistp384|ecdsa-sha2-nistp521|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+\/]+={0,2}(?: [^\u0000-\u001f\u007f-\u009f]*)?$/u;
const pattern6 = /^[A-Za-z0-9._-]{1,64}$/u;
const pattern7 = /^(?:tcp:(?:\*\.)?(?=[A-Za-z0-9.-]{1,253}(?::|$))(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*(?!\d+(?::|$))(?!0[xX])[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?:0*(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])|(?![Tt][Cc][Pp]:)(?:\*\.)?(?=[A-Za-z0-9.-]{1,253}(?::|$))(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*(?!\d+(?::|$))(?!0[xX])[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?::0*(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5]))?)$/u;
const pattern8 = /^(?!LD_)[A-Za-z_][A-Za-z0-9_]{0,127}$/u;
const pattern9 = /^[^\u0000]*$/u;
const pattern10 = /^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8])))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/u;
const pattern11 = /^(?:system|sidecar|agent|gateway|user:[^\u0000-\u001f\u007f-\u009f]+)$/u;
const pattern12 = /^(?:pending|starting|running|suspended|terminated)(?:,(?:pending|starting|running|suspended|terminated))*$/u;
const pattern13 = /^[0-9a-fA-F-]{1,36}$/u;
const pattern14 = /^https?:\/\/[^\/]/u;

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
    timeout_minutes: z.int().min(1).max(4294967295).optional(),
    max_memory_mb: z.int().min(64).max(4294967295).optional(),
    vcpu_count: z.int().min(1).max(4294967295).optional(),
    storage_gb: z.int().min(1).max(4294967295).optional(),
  }))();

/** How a file's content is written in JSON. */
export const FileEncodingSchema = /* @__PURE__ */ (() =>
  z.enum(FileEncoding))();

/** One initial file. */
export const TaskFileSchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string().min(1).check(maxUnits(512)).regex(pattern1),
    content: z.string(),
    encoding: FileEncodingSchema.optional(),
  }))();

/** A repository to have in the workspace. */
export const RepositorySchema = /* @__PURE__ */ (() =>
  z.union([z.string().regex(pattern2), z.object({
      upload: z.string().regex(pattern3),
      branch: z.string().optional(),
    })]))();

/** `POST /api/v1/tasks`. */
export const CreateTaskRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    prompt: z.string().min(1).check(maxUnits(100000)),
    user_id: z.string().min(1).check(maxUnits(64)).regex(pattern4),
    guild_id: z.string().min(1).check(maxUnits(64)).regex(pattern4).optional(),
    config: TaskConfigRequestSchema.optional(),
    files: z.array(TaskFileSchema).max(100).optional(),
    ssh_public_key: z.string().check(maxUnits(8192)).regex(pattern5).optional(),
    template: z.string().regex(pattern6).optional(),
    allow: z.array(z.string().regex(pattern7)).max(200).optional(),
    env: z.record(z.string().regex(pattern8), z.string().check(maxUnits(32768)).regex(pattern9)).refine((map) => Object.keys(map).length <= 100, "has more than 100 keys").optional(),
    repositories: z.array(RepositorySchema).max(10).optional(),
    source: z.string().regex(pattern6).optional(),
  }))();

/** A task as the API shows it. Absent values are `null`, never left out (seed 000). */
export const TaskResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string().regex(pattern3),
    user_id: z.string().min(1).check(maxUnits(64)).regex(pattern4),
    guild_id: z.string().nullable(),
    prompt: z.string(),
    status: TaskStatusSchema,
    vm_id: z.string().nullable(),
    config: TaskConfigSchema.nullable(),
    created_at: z.string().regex(pattern10),
    started_at: z.string().regex(pattern10).nullable(),
    completed_at: z.string().regex(pattern10).nullable(),
    exit_code: z.int().min(-2147483648).max(2147483647).nullable(),
    error_message: z.string().nullable(),
    web_url: z.string(),
    ssh_command: z.string().nullable(),
    ip_address: z.string().nullable(),
    session_id: z.string().regex(pattern3),
    template: z.string(),
    runtime: z.string(),
    source: z.string().nullable(),
    suspended_at: z.string().regex(pattern10).nullable(),
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

/** What went wrong, for programs. Each has one HTTP status and one default message. */
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
    id: z.string().regex(pattern3).optional(),
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

/** The stream's additions for a client that connects with `?progress=1`: a step of set-up. */
export const WsProgressMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("progress"),
    seq: z.int().min(0),
    stage: z.string(),
    message: z.string(),
  }))();

/** A question was answered. */
export const WsAnsweredMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("answered"),
    seq: z.int().min(0),
    id: z.string().regex(pattern3),
    option_id: z.string().optional(),
    option_kind: z.string().optional(),
    by: z.string(),
  }))();

/** A prompt's state changed. */
export const WsPromptMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("prompt"),
    seq: z.int().min(0),
    id: z.string().regex(pattern3),
    state: z.string(),
  }))();

/** A turn ended. */
export const WsTurnMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("turn"),
    seq: z.int().min(0),
    command: z.string().regex(pattern3),
    stop_reason: z.string(),
    error: z.string().optional(),
  }))();

/** An egress connection was refused or allowed. */
export const WsEgressMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("egress"),
    seq: z.int().min(0),
    verdict: z.string(),
    host: z.string(),
    port: z.int().min(0).max(65535),
    reason: z.string().optional(),
  }))();

/** The client is up to date: everything before `seq` has been sent. */
export const WsLiveMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("live"),
    seq: z.int().min(0),
  }))();

/** A client's answer to a permission (`?progress=1` only). */
export const WsAnswerMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("answer"),
    id: z.string().regex(pattern3),
    option_id: z.string().nullable().optional(),
  }))();

/** A client stops the running turn (`?progress=1` only). */
export const WsCancelMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("cancel"),
  }))();

/** A client's terminal has another size (`?progress=1` only). */
export const WsResizeMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("resize"),
    cols: z.int().min(1).max(65535),
    rows: z.int().min(1).max(65535),
  }))();

/** What a token may do. `admin` holds all others. */
export const ScopeSchema = /* @__PURE__ */ (() =>
  z.enum(Scope))();

/** `GET /api/v1/me` */
export const MeSchema = /* @__PURE__ */ (() =>
  z.object({
    user_id: z.string().min(1).check(maxUnits(64)).regex(pattern4),
    scopes: z.array(ScopeSchema),
  }))();

/** `POST /api/v1/tokens` (administrator) */
export const CreateTokenRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    user_id: z.string().min(1).check(maxUnits(64)).regex(pattern4),
    scopes: z.array(ScopeSchema),
    label: z.string().check(maxUnits(100)).default(""),
    expires_in_seconds: z.int().min(0).optional(),
  }))();

/** A token as lists show it. */
export const TokenInfoSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string().regex(pattern3),
    user_id: z.string().min(1).check(maxUnits(64)).regex(pattern4),
    scopes: z.array(ScopeSchema),
    label: z.string(),
    created_at: z.string().regex(pattern10),
    expires_at: z.string().regex(pattern10).nullable(),
    revoked_at: z.string().regex(pattern10).nullable(),
  }))();

/** The one time that a token is shown. */
export const CreateTokenResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    token: z.string(),
    id: z.string().regex(pattern3),
    user_id: z.string().min(1).check(maxUnits(64)).regex(pattern4),
    scopes: z.array(ScopeSchema),
    label: z.string(),
    created_at: z.string().regex(pattern10),
    expires_at: z.string().regex(pattern10).nullable(),
    revoked_at: z.string().regex(pattern10).nullable(),
  }))();

/** `POST /api/v1/tickets`: for a WebSocket or SSE client that can set neither header nor cookie. */
export const TicketResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    ticket: z.string(),
    expires_in: z.int(),
  }))();

/** `POST /api/v1/login`: exchanges the printed link's code for a cookie. */
export const LoginRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    code: z.string(),
  }))();

/** `POST /api/v1/server/down`: ends the server. */
export const DownRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    instances: z.boolean().default(false),
  }))();

/** `POST /api/v1/tasks/{id}/resize` */
export const ResizeRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    cols: z.int().min(1).max(65535),
    rows: z.int().min(1).max(65535),
  }))();

/** `progress` while an agent is installed (`POST /api/v1/agents/{name}/install`). */
export const InstallProgressSchema = /* @__PURE__ */ (() =>
  z.object({
    message: z.string(),
  }))();

/** `done` when an agent was installed. `error` has an `ApiError`(crate::error::ApiError). */
export const InstallDoneSchema = /* @__PURE__ */ (() =>
  z.object({
    version: z.string(),
  }))();

/** `POST /api/v1/tasks/{id}/input` */
export const InputRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    data: z.string(),
    id: z.string().regex(pattern3).optional(),
  }))();

/** What became of an input: 202. */
export const InputResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string().regex(pattern3),
    position: z.int().min(0).max(4294967295),
  }))();

/** `POST /api/v1/tasks/{id}/permissions/{permission}` */
export const AnswerRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    option_id: z.string().nullable().optional(),
  }))();

/** A waiting prompt. */
export const QueuedPromptSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string().regex(pattern3),
    text: z.string(),
    position: z.int().min(0).max(4294967295),
    queued_at: z.string().regex(pattern10),
  }))();

/** `POST /api/v1/uploads`: 201. */
export const UploadResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string().regex(pattern3),
    size: z.int().min(0),
  }))();

/** `GET /health` */
export const HealthSchema = /* @__PURE__ */ (() =>
  z.object({
    status: z.string(),
    error: z.string().optional(),
    version: z.string(),
    contract: z.string().optional(),
    store: z.string(),
  }))();

/** One of the answers that an agent offers. */
export const PermissionOptionSchema = /* @__PURE__ */ (() =>
  z.object({
    option_id: z.string(),
    name: z.string(),
    kind: z.string(),
  }))();

/** `permission.answered` */
export const PermissionAnsweredSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string().regex(pattern3),
    option_id: z.string().optional(),
    option_kind: z.string().optional(),
    by: z.string(),
  }))();

/** One ACP frame. */
export const RpcLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("rpc"),
    direction: z.enum(["client_to_agent", "agent_to_client"]),
    phase: z.enum(["request", "response", "notification"]),
    body: z.record(z.string(), z.unknown()),
  }))();

/** Bytes of a terminal. */
export const OutputLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("output"),
    body: z.object({
      pos: z.int().min(0),
      data: z.string(),
    }),
  }))();

/** The task's state changed. */
export const TaskStateLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("task.state"),
    body: z.object({
      status: TaskStatusSchema,
      reason: z.string(),
      exit_code: z.int().min(-2147483648).max(2147483647).optional(),
      error: z.string().optional(),
    }),
  }))();

/** A turn began. */
export const TurnStartedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("turn.started"),
    body: z.object({
      command: z.string().regex(pattern3),
    }),
  }))();

/** A turn ended. */
export const TurnEndedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("turn.ended"),
    body: z.object({
      command: z.string().regex(pattern3),
      stop_reason: z.string(),
      error: z.string().optional(),
    }),
  }))();

/** A prompt was accepted and waits. */
export const PromptQueuedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("prompt.queued"),
    body: z.object({
      command: z.string().regex(pattern3),
      text: z.string(),
      position: z.int().min(0).max(4294967295),
    }),
  }))();

/** The sidecar has begun to act on a prompt. */
export const PromptDeliveredLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("prompt.delivered"),
    body: z.object({
      command: z.string().regex(pattern3),
    }),
  }))();

/** Whether the prompt was acted on is not known; it is never resent by itself. */
export const PromptUnknownLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("prompt.unknown"),
    body: z.object({
      command: z.string().regex(pattern3),
      reason: z.string(),
    }),
  }))();

/** A prompt was taken back before it was delivered. */
export const PromptWithdrawnLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("prompt.withdrawn"),
    body: z.object({
      command: z.string().regex(pattern3),
      reason: z.string(),
    }),
  }))();

/** The agent asks a person. */
export const PermissionRequestedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("permission.requested"),
    body: z.object({
      id: z.string().regex(pattern3),
      tool_call_id: z.string(),
      title: z.string(),
      tool_kind: z.string().optional(),
      options: z.array(PermissionOptionSchema),
    }),
  }))();

/** The first answer to a question. */
export const PermissionAnsweredLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("permission.answered"),
    body: PermissionAnsweredSchema,
  }))();

/** The gateway refused a connection. */
export const EgressRefusedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("egress.refused"),
    body: z.object({
      host: z.string(),
      port: z.int().min(0).max(65535),
      door: z.string(),
      reason: z.string(),
      repeated: z.int().min(0).max(4294967295).default(0),
    }),
  }))();

/** The gateway let a connection pass (first of its destination). */
export const EgressAllowedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("egress.allowed"),
    body: z.object({
      host: z.string(),
      port: z.int().min(0).max(65535),
      door: z.string(),
    }),
  }))();

/** Tokens that went through the broker. */
export const UsageLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("usage"),
    body: z.object({
      provider: z.string(),
      model: z.string(),
      input_tokens: z.int().min(0),
      output_tokens: z.int().min(0),
      cache_read_tokens: z.int().min(0).default(0),
      cache_write_tokens: z.int().min(0).default(0),
      status: z.int().min(0).max(65535),
    }),
  }))();

/** Files of the workspace changed. */
export const FsChangedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("fs.changed"),
    body: z.object({
      paths: z.array(z.string().check(maxUnits(4096))).max(64),
      added: z.array(z.string().check(maxUnits(4096))).max(64).optional(),
      deleted: z.array(z.string().check(maxUnits(4096))).max(64).optional(),
      truncated: z.literal(true).optional(),
    }),
  }))();

/** A step of set-up. */
export const ProgressLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("progress"),
    body: z.object({
      stage: z.string(),
      message: z.string(),
    }),
  }))();

/** Something failed. */
export const ErrorLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("error"),
    body: z.object({
      message: z.string(),
      code: z.string().optional(),
    }),
  }))();

/** The oldest PTY bytes were dropped. */
export const LogTruncatedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("log.truncated"),
    body: z.object({
      bytes: z.int().min(0),
    }),
  }))();

/** The agent answered the handshake. */
export const AgentReadyLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("agent.ready"),
    body: z.object({
      acp_session: z.string().optional(),
      can_load: z.boolean().default(false),
      agent: z.string().optional(),
      loaded: z.boolean().default(false),
    }),
  }))();

/** The agent's process ended. */
export const AgentExitedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("agent.exited"),
    body: z.object({
      code: z.int().min(-2147483648).max(2147483647),
      signal: z.int().min(-2147483648).max(2147483647).optional(),
      stderr_tail: z.string().optional(),
    }),
  }))();

/** Waiting prompts are held back. */
export const QueuePausedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("queue.paused"),
    body: z.record(z.string(), z.unknown()),
  }))();

/** Waiting prompts go on. */
export const QueueResumedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("queue.resumed"),
    body: z.record(z.string(), z.unknown()),
  }))();

/** Waiting prompts were put into another order. */
export const QueueReorderedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("queue.reordered"),
    body: z.object({
      order: z.array(z.string().regex(pattern3)),
    }),
  }))();

/** What is decided about the session changed. */
export const SettingsChangedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("settings.changed"),
    body: z.object({
      auto_approve: z.boolean().optional(),
    }),
  }))();

/** A person opened a terminal. */
export const TerminalOpenedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("terminal.opened"),
    body: z.object({
      terminal: z.string(),
      command: z.string(),
      cols: z.int().min(0).max(65535),
      rows: z.int().min(0).max(65535),
    }),
  }))();

/** A person's terminal is over. */
export const TerminalClosedLogEventSchema = /* @__PURE__ */ (() =>
  z.object({
    seq: z.int().min(0),
    at: z.string().regex(pattern10),
    session: z.string().regex(pattern3),
    turn: z.string().regex(pattern3).optional(),
    actor: z.string().check(maxUnits(69)).regex(pattern11),
    cause: z.string().regex(pattern3).optional(),
    v: z.int().min(0).max(255),
    kind: z.literal("terminal.closed"),
    body: z.object({
      terminal: z.string(),
      exit_code: z.int().min(-2147483648).max(2147483647).optional(),
      error: z.string().optional(),
    }),
  }))();

/** One entry of a task's log. */
export const LogEventSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("kind", [
    RpcLogEventSchema,
    OutputLogEventSchema,
    TaskStateLogEventSchema,
    TurnStartedLogEventSchema,
    TurnEndedLogEventSchema,
    PromptQueuedLogEventSchema,
    PromptDeliveredLogEventSchema,
    PromptUnknownLogEventSchema,
    PromptWithdrawnLogEventSchema,
    PermissionRequestedLogEventSchema,
    PermissionAnsweredLogEventSchema,
    EgressRefusedLogEventSchema,
    EgressAllowedLogEventSchema,
    UsageLogEventSchema,
    FsChangedLogEventSchema,
    ProgressLogEventSchema,
    ErrorLogEventSchema,
    LogTruncatedLogEventSchema,
    AgentReadyLogEventSchema,
    AgentExitedLogEventSchema,
    QueuePausedLogEventSchema,
    QueueResumedLogEventSchema,
    QueueReorderedLogEventSchema,
    SettingsChangedLogEventSchema,
    TerminalOpenedLogEventSchema,
    TerminalClosedLogEventSchema,
  ]))();

/** How Lia speaks to an agent. */
export const AgentModeSchema = /* @__PURE__ */ (() =>
  z.enum(AgentMode))();

/** A template with what is known of it on this server. */
export const TemplateInfoSchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string(),
    title: z.string(),
    command: z.string(),
    args: z.array(z.string()).default([]),
    env: z.record(z.string(), z.string()).default({}),
    home_files: z.record(z.string(), z.string()).default({}),
    mode: AgentModeSchema,
    authenticate: z.string().optional(),
    install: z.string().optional(),
    providers: z.array(z.string()).default([]),
    allow: z.array(z.string().regex(pattern7)).default([]),
    auto_allow: z.boolean().default(false),
    ready: z.boolean(),
    missing: z.string().optional(),
    version: z.string().optional(),
  }))();

/** One means of isolation. */
export const IsolationSchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string(),
    active: z.boolean(),
    how: z.string(),
  }))();

/** A runtime as the API shows it. */
export const RuntimeStatusSchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string(),
    available: z.boolean(),
    missing: z.string().optional(),
    isolation: z.array(IsolationSchema),
    suspend: z.string(),
  }))();

/** `GET /health` */
export const HostHealthSchema = /* @__PURE__ */ (() =>
  z.object({
    status: z.string(),
    version: z.string(),
    sessions: z.array(z.string().regex(pattern3)),
  }))();

/** What a directory entry is. */
export const EntryKindSchema = /* @__PURE__ */ (() =>
  z.enum(EntryKind))();

/** One entry. */
export const DirEntrySchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string(),
    kind: EntryKindSchema,
    size: z.int().min(0),
  }))();

/** `GET /fs/list`, sorted by name, at most 10,000 entries. */
export const DirListSchema = /* @__PURE__ */ (() =>
  z.object({
    entries: z.array(DirEntrySchema),
    truncated: z.boolean(),
  }))();

/** The tags of `VsockMessage`. */
export const VsockMessageTypeSchema = /* @__PURE__ */ (() =>
  z.enum(VsockMessageType))();

/** One initial file. */
export const VsockFileSchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string(),
    content: z.string(),
    encoding: FileEncodingSchema.optional(),
  }))();

/** Guest → host. */
export const VsockOutputMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("output"),
    offset: z.int().min(0).optional(),
    pos: z.int().min(0).optional(),
    data: z.string(),
    base64: z.string().optional(),
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
    offset: z.int().min(0).optional(),
    code: z.int().min(-2147483648).max(2147483647),
    signal: z.int().min(-2147483648).max(2147483647).optional(),
    stderr_tail: z.string().optional(),
  }))();

/** Both ways. */
export const VsockHeartbeatMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("heartbeat"),
  }))();

/** `GET /login` */
export const LoginLinkQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    code: z.string(),
  }))();

/** The query string of a stream that is opened by a ticket (`POST /api/v1/tickets`), beside the stream's own. */
export const TicketQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    ticket: z.string().optional(),
  }))();

/** `GET /api/v1/tasks` */
export const ListTasksQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    user_id: z.string().min(1).check(maxUnits(64)).regex(pattern4).optional(),
    guild_id: z.string().min(1).check(maxUnits(64)).optional(),
    status: z.string().regex(pattern12).optional(),
    page: z.int().min(1).max(4294967295).default(1),
    per_page: z.int().min(1).max(100).default(20),
    prefix: z.string().regex(pattern13).optional(),
  }))();

/** `DELETE /api/v1/tasks/{id}` */
export const DeleteTaskQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    purge: z.boolean().default(false),
  }))();

/** `GET /api/v1/tasks/{id}/output` and `…/events` */
export const LogQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    from: z.int().min(0).default(0),
    limit: z.int().min(1).max(1000).optional(),
    follow: z.boolean().optional(),
  }))();

/** `GET /api/v1/tasks/{id}/stream` */
export const StreamQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    from: z.int().min(0).default(0),
    progress: z.string().check(maxUnits(16)).optional(),
  }))();

/** `GET /ws/sessions/{id}` and `GET /api/agents/{agentId}/stream` */
export const SinceQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    since: z.int().min(0).default(0),
  }))();

/** `GET /api/v1/tasks/{id}/files` */
export const FolderQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.string().check(maxUnits(4096)).check(maxBytes(4096)).regex(pattern9).default(""),
  }))();

/** `GET` and `PUT /api/v1/tasks/{id}/files/content` */
export const FileQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.string().min(1).check(maxUnits(4096)).check(maxBytes(4096)).regex(pattern9),
  }))();

/** `GET /api/v1/tasks/{id}/diff` and `…/bundle` */
export const RepositoryQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    dir: z.string().check(maxUnits(4096)).check(maxBytes(4096)).regex(pattern9).default(""),
  }))();

/** `GET /api/agents` */
export const ListSessionsQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    status: z.enum(["active", "killed"]).optional(),
    runtimeInstance: z.string().min(1).check(maxUnits(64)).optional(),
    page: z.int().min(1).max(4294967295).optional(),
    perPage: z.int().min(1).max(100).optional(),
  }))();

/** `GET /api/agents/{agentId}` */
export const SessionQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    includeFileSystem: z.boolean().default(false),
    showAllFiles: z.boolean().default(false),
  }))();

/** `GET /api/agents/{agentId}/terminals/{terminalId}` */
export const TerminalQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    offset: z.int().min(0).default(0),
  }))();

/** What to start. Place-holders of the template are already filled in. */
export const AgentStartSchema = /* @__PURE__ */ (() =>
  z.object({
    mode: AgentModeSchema,
    command: z.string(),
    args: z.array(z.string()),
    env: z.record(z.string(), z.string()),
    home_files: z.record(z.string(), z.string()).default({}),
    authenticate: z.string().optional(),
    load: z.string().optional(),
    clone: z.array(z.object({
        url: z.string(),
        folder: z.string(),
      })).optional(),
    cwd: z.string().optional(),
    setup: z.string().optional(),
    setup_seconds: z.int().min(0).max(4294967295).optional(),
    cols: z.int().min(0).max(65535),
    rows: z.int().min(0).max(65535),
  }))();

/** Host → guest: the first line of every connection. */
export const VsockHelloMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("hello"),
    protocol: z.int().min(0).max(4294967295),
    session: z.string().regex(pattern3),
    link_epoch: z.int().min(0),
    acked: z.int().min(0),
  }))();

/** Guest → host: the answer to `hello`. */
export const VsockWelcomeMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("welcome"),
    protocol: z.int().min(0).max(4294967295),
    version: z.string(),
    link_epoch: z.int().min(0),
    end: z.int().min(0),
    inited: z.boolean(),
    exited: z.int().min(-2147483648).max(2147483647).optional(),
  }))();

/** A prompt to an ACP agent. */
export const VsockPromptCommandSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("command"),
    id: z.string().regex(pattern3),
    order: z.literal("prompt"),
    text: z.string(),
  }))();

/** Bytes to a terminal. */
export const VsockInputCommandSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("command"),
    id: z.string().regex(pattern3),
    order: z.literal("input"),
    data: z.string(),
  }))();

/** Stops the running turn; for a terminal ^C. */
export const VsockCancelCommandSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("command"),
    id: z.string().regex(pattern3),
    order: z.literal("cancel"),
  }))();

/** The answer to a question of the agent. */
export const VsockPermissionCommandSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("command"),
    id: z.string().regex(pattern3),
    order: z.literal("permission"),
    rpc_id: z.unknown().nonoptional(),
    option_id: z.string().nullable(),
  }))();

/** A signal to the agent's process group. */
export const VsockSignalCommandSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("command"),
    id: z.string().regex(pattern3),
    order: z.literal("signal"),
    signal: z.int().min(-2147483648).max(2147483647),
  }))();

/** Ends the agent. */
export const VsockShutdownCommandSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("command"),
    id: z.string().regex(pattern3),
    order: z.literal("shutdown"),
    grace_ms: z.int().min(0),
  }))();

/** Host → guest: a durable order. */
export const VsockCommandMessageSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("order", [
    VsockPromptCommandSchema,
    VsockInputCommandSchema,
    VsockCancelCommandSchema,
    VsockPermissionCommandSchema,
    VsockSignalCommandSchema,
    VsockShutdownCommandSchema,
  ]))();

/** Host → guest: the terminal's size. */
export const VsockResizeMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("resize"),
    cols: z.int().min(0).max(65535),
    rows: z.int().min(0).max(65535),
  }))();

/** Host → guest: everything up to here is durable in the log. */
export const VsockAckMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("ack"),
    offset: z.int().min(0),
  }))();

/** Guest → host: one ACP frame. */
export const VsockRpcMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("rpc"),
    offset: z.int().min(0),
    direction: z.enum(["client_to_agent", "agent_to_client"]),
    phase: z.enum(["request", "response", "notification"]),
    frame: z.record(z.string(), z.unknown()),
  }))();

/** Guest → host: the agent answered the handshake; a terminal was started. */
export const VsockReadyMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("ready"),
    offset: z.int().min(0),
    acp_session: z.string().optional(),
    can_load: z.boolean().default(false),
    agent: z.string().optional(),
    loaded: z.boolean().default(false),
  }))();

/** Guest → host: a command is about to be acted on. */
export const VsockBegunMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("begun"),
    offset: z.int().min(0),
    id: z.string().regex(pattern3),
  }))();

/** A command is done. */
export const VsockOkDoneSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("done"),
    offset: z.int().min(0),
    id: z.string().regex(pattern3),
    outcome: z.literal("ok"),
    stop_reason: z.string().optional(),
  }))();

/** A turn is running; nothing was done. */
export const VsockBusyDoneSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("done"),
    offset: z.int().min(0),
    id: z.string().regex(pattern3),
    outcome: z.literal("busy"),
  }))();

/** The agent or the sidecar said no. */
export const VsockFailedDoneSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("done"),
    offset: z.int().min(0),
    id: z.string().regex(pattern3),
    outcome: z.literal("failed"),
    message: z.string(),
  }))();

/** The agent's process ended while the command was being done. */
export const VsockExitedDoneSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("done"),
    offset: z.int().min(0),
    id: z.string().regex(pattern3),
    outcome: z.literal("exited"),
  }))();

/** Guest → host: a command's outcome. */
export const VsockDoneMessageSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("outcome", [
    VsockOkDoneSchema,
    VsockBusyDoneSchema,
    VsockFailedDoneSchema,
    VsockExitedDoneSchema,
  ]))();

/** Guest → host: something failed. */
export const VsockErrorMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("error"),
    offset: z.int().min(0).optional(),
    message: z.string(),
    code: z.string().optional(),
  }))();

/** Guest → host: a step of set-up. */
export const VsockProgressMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("progress"),
    offset: z.int().min(0),
    stage: z.string(),
    message: z.string(),
  }))();

/** Guest → host: a person's terminal is over. */
export const VsockTerminalMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("terminal"),
    offset: z.int().min(0),
    terminal: z.string(),
    exit_code: z.int().min(-2147483648).max(2147483647).optional(),
    error: z.string().optional(),
  }))();

/** Guest → host: files of the workspace changed. A hint: it is in no journal, and may be lost with its connection. */
export const VsockChangedMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("changed"),
    paths: z.array(z.string().check(maxUnits(4096))).max(64),
    added: z.array(z.string().check(maxUnits(4096))).max(64).optional(),
    deleted: z.array(z.string().check(maxUnits(4096))).max(64).optional(),
    truncated: z.literal(true).optional(),
  }))();

/** Guest → host: this connection is not served, and closes. */
export const VsockRefusedMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("refused"),
    reason: z.string(),
  }))();

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
      path: z.string().optional(),
      gitPath: z.string().optional(),
      truncated: z.boolean().optional(),
      maxEntries: z.int().min(0).max(4294967295).optional(),
    }),
  }))();

/** A file's content. */
export const FilePreviewEventSchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.string(),
    content: z.string(),
    truncated: z.boolean().optional(),
    maxChars: z.int().min(0).max(4294967295).optional(),
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
    path: z.string().check(maxUnits(4096)).check(maxBytes(4096)).regex(pattern9).optional(),
    showAllFiles: z.boolean().optional(),
  }))();

/** Asks for a file's content. */
export const FilePreviewActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("file.preview"),
    sessionId: z.string().optional(),
    path: z.string().check(maxUnits(4096)).check(maxBytes(4096)).regex(pattern9),
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
      promptResponse: z.unknown().nonoptional(),
    }),
  }))();

/** Callback: the agent said something. */
export const AgentMessageCallbackSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("agent_message"),
    data: z.object({
      sessionUpdate: z.unknown().nonoptional(),
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
    envSet: z.array(z.string()).optional(),
  }))();

/** An agent that can be started. */
export const AgentTemplateSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string(),
    name: z.string(),
    spawn: AgentSpawnSchema,
    runtime: AgentTemplateRuntimeSchema,
    env: z.record(z.string(), z.string()).optional(),
    envSet: z.array(z.string()).optional(),
    managed: z.boolean().optional(),
  }))();

/** One entry of a session's log. */
export const SessionLogSchema = /* @__PURE__ */ (() =>
  z.object({
    timestamp: z.string().regex(pattern10),
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
    enqueuedAt: z.string().regex(pattern10),
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
    startedAt: z.string().regex(pattern10),
    lastUpdatedAt: z.string().regex(pattern10),
    status: z.enum(["active", "killed"]),
    logs: z.array(SessionLogSchema),
    pendingPermission: PendingPermissionSchema.nullable(),
    fileSystem: FileSystemSnapshotSchema.nullable(),
    promptQueue: PromptQueueStateSchema.nullable(),
    websocketUrl: z.string().optional(),
    runtime: z.string().optional(),
    cwd: z.string().optional(),
    title: z.string().optional(),
    endReason: SessionEndReasonSchema.optional(),
    pendingPermissions: z.array(PendingPermissionSchema).optional(),
    logsTruncated: z.boolean().optional(),
  }))();

/** Keeps an agent template. */
export const RegisterAgentTemplateBodySchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string().min(1),
    spawn: AgentSpawnSchema,
    runtime: AgentTemplateRuntimeSchema.optional(),
    env: z.record(z.string(), z.string()).optional(),
  }))();

/** What a prompt does while the agent works on another one (ours). */
export const PromptModeSchema = /* @__PURE__ */ (() =>
  z.enum(PromptMode))();

/** A prompt. */
export const PromptBodySchema = /* @__PURE__ */ (() =>
  z.object({
    text: z.string(),
    mode: PromptModeSchema.optional(),
  }))();

/** The answer to a permission. */
export const PermissionResponseBodySchema = /* @__PURE__ */ (() =>
  z.union([z.object({
      optionId: z.string(),
    }), z.object({
      outcome: z.literal("cancelled"),
    })]))();

/** Changes where an agent is started; what is absent stays. */
export const UpdateAgentTemplateRuntimeSchema = /* @__PURE__ */ (() =>
  z.object({
    provider: z.string().optional(),
    image: z.string().optional(),
    dockerfile: z.string().optional(),
    setup: z.string().optional(),
    env: z.record(z.string(), z.string().nullable()).optional(),
  }))();

/** Changes an agent template; what is absent stays. */
export const UpdateAgentTemplateBodySchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string().min(1).optional(),
    spawn: AgentSpawnSchema.optional(),
    runtime: UpdateAgentTemplateRuntimeSchema.optional(),
    env: z.record(z.string(), z.string().nullable()).optional(),
  }))();

/** Another order of the prompts that wait. */
export const QueueOrderBodySchema = /* @__PURE__ */ (() =>
  z.object({
    order: z.array(z.string()),
  }))();

/** What is decided about a session, or about all of them. */
export const SessionSettingsSchema = /* @__PURE__ */ (() =>
  z.object({
    autoApprovePermissions: z.boolean(),
  }))();

/** Whether a session works, and whether it waits for a person. */
export const SessionProgressSchema = /* @__PURE__ */ (() =>
  z.object({
    processing: z.boolean(),
    pendingPermission: z.boolean(),
  }))();

/** How a prompt's turn ended. */
export const PromptResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    stopReason: z.string(),
  }))();

/** It is done. */
export const OkResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    ok: z.literal(true),
  }))();

/** The queue is empty. */
export const QueueClearedResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    ok: z.literal(true),
    cleared: z.int().min(0).max(4294967295),
  }))();

/** Starts an instance of a runtime. */
export const StartRuntimeBodySchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string().regex(pattern6).optional(),
  }))();

/** `GET /api/health` */
export const SessionsHealthSchema = /* @__PURE__ */ (() =>
  z.object({
    status: z.string(),
    sessions: z.int().min(0).max(4294967295).optional(),
    error: z.string().optional(),
  }))();

/** Where a message stands. */
export const MessageStatusSchema = /* @__PURE__ */ (() =>
  z.enum(MessageStatus))();

/** A message in the queue across sessions. */
export const QueuedMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.int().min(0),
    sessionId: z.string().regex(pattern3).nullable(),
    text: z.string(),
    runtime: z.string(),
    agent: z.string(),
    agentTemplateId: z.string().nullable(),
    directory: z.string().nullable(),
    status: MessageStatusSchema,
    createdAt: z.string().regex(pattern10),
    sentAt: z.string().regex(pattern10).nullable(),
    queueId: z.string().regex(pattern3).optional(),
  }))();

/** `POST /api/message-queue` */
export const EnqueueMessageBodySchema = /* @__PURE__ */ (() =>
  z.object({
    text: z.string().min(1).check(maxUnits(100000)),
    sessionId: z.string().regex(pattern3).optional(),
    runtime: z.string().optional(),
    agent: z.string().check(maxUnits(500)).optional(),
    agentTemplateId: z.string().optional(),
    directory: z.string().optional(),
  }))();

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
    timestamp: z.string().regex(pattern10),
    event: z.object({
      type: WebhookEventTypeSchema,
      data: z.record(z.string(), z.unknown()),
    }),
  }))();

/** Where a webhook comes from. */
export const WebhookSourceSchema = /* @__PURE__ */ (() =>
  z.enum(WebhookSource))();

/** A webhook. Its secret is never shown again. */
export const WebhookInfoSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string().regex(pattern3),
    url: z.string(),
    events: z.array(WebhookEventTypeSchema).optional(),
    source: WebhookSourceSchema,
    name: z.string().optional(),
    sessionId: z.string().regex(pattern3).optional(),
    allUsers: z.boolean(),
    enabled: z.boolean(),
    createdAt: z.string().regex(pattern10),
  }))();

/** `POST /api/webhooks` */
export const CreateWebhookBodySchema = /* @__PURE__ */ (() =>
  z.object({
    url: z.string().check(maxUnits(2048)).regex(pattern14),
    secret: z.string().min(1).check(maxUnits(512)),
    events: z.array(WebhookEventTypeSchema).min(1).max(4).optional(),
    allUsers: z.boolean().optional(),
  }))();

/** `PATCH /api/webhooks/{id}`: what is absent stays as it is. */
export const UpdateWebhookBodySchema = /* @__PURE__ */ (() =>
  z.object({
    url: z.string().regex(pattern14).optional(),
    secret: z.string().min(1).check(maxUnits(512)).optional(),
    events: z.array(WebhookEventTypeSchema).min(1).max(4).optional(),
    enabled: z.boolean().optional(),
  }))();

/** `GET /api/webhooks` */
export const ListWebhooksQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3).optional(),
  }))();

/** Where a delivery stands. */
export const DeliveryStateSchema = /* @__PURE__ */ (() =>
  z.enum(DeliveryState))();

/** One attempt to deliver. */
export const DeliveryAttemptSchema = /* @__PURE__ */ (() =>
  z.object({
    at: z.string().regex(pattern10),
    durationMs: z.int().min(0).max(4294967295),
    status: z.int().min(0).max(65535).optional(),
    error: z.string().optional(),
  }))();

/** An event for one webhook. */
export const WebhookDeliverySchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string().regex(pattern3),
    webhookId: z.string().regex(pattern3),
    state: DeliveryStateSchema,
    payload: WebhookPayloadSchema,
    attempts: z.array(DeliveryAttemptSchema),
    createdAt: z.string().regex(pattern10),
    nextAttemptAt: z.string().regex(pattern10).optional(),
    finishedAt: z.string().regex(pattern10).optional(),
  }))();

/** One page, the newest first. */
export const WebhookDeliveryListSchema = /* @__PURE__ */ (() =>
  z.object({
    deliveries: z.array(WebhookDeliverySchema),
    next: z.string().regex(pattern3).optional(),
  }))();

/** `GET …/fs/snapshot` */
export const SnapshotQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.string().check(maxUnits(4096)).check(maxBytes(4096)).regex(pattern9).default(""),
    showAllFiles: z.boolean().default(false),
  }))();

/** `GET …/fs/git/branches` and `…/worktrees` */
export const GitQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.string().check(maxUnits(4096)).check(maxBytes(4096)).regex(pattern9).default(""),
  }))();

/** `GET …/fs/git/commits` */
export const GitCommitsQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.string().check(maxUnits(4096)).check(maxBytes(4096)).regex(pattern9).default(""),
    branch: z.string().min(1).check(maxUnits(255)).optional(),
    limit: z.int().min(1).max(4294967295).default(20),
  }))();

/** A branch. */
export const GitBranchSchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string(),
    sha: z.string(),
    current: z.boolean(),
    remote: z.boolean(),
  }))();

/** `GET …/fs/git/branches` */
export const GitBranchListSchema = /* @__PURE__ */ (() =>
  z.object({
    branches: z.array(GitBranchSchema),
  }))();

/** A commit. */
export const GitCommitSchema = /* @__PURE__ */ (() =>
  z.object({
    sha: z.string(),
    shortSha: z.string(),
    authorName: z.string(),
    authorEmail: z.string(),
    date: z.string(),
    message: z.string(),
  }))();

/** `GET …/fs/git/commits` */
export const GitCommitListSchema = /* @__PURE__ */ (() =>
  z.object({
    branch: z.string(),
    commits: z.array(GitCommitSchema),
  }))();

/** A worktree. */
export const GitWorktreeSchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.string(),
    sha: z.string().optional(),
    branch: z.string().optional(),
    bare: z.boolean().optional(),
    detached: z.boolean().optional(),
  }))();

/** `GET …/fs/git/worktrees` */
export const GitWorktreeListSchema = /* @__PURE__ */ (() =>
  z.object({
    worktrees: z.array(GitWorktreeSchema),
  }))();

/** `POST …/fs/git/worktrees` */
export const CreateGitWorktreeBodySchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string().min(1).check(maxUnits(100)),
    path: z.string().check(maxUnits(4096)).check(maxBytes(4096)).regex(pattern9).optional(),
    branch: z.string().min(1).check(maxUnits(255)).optional(),
    newBranch: z.string().min(1).check(maxUnits(255)).optional(),
    startPoint: z.string().min(1).check(maxUnits(255)).optional(),
  }))();

/** A worktree was made. */
export const GitWorktreeCreatedSchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.string(),
    message: z.string(),
  }))();

/** `POST /api/agents/{agentId}/terminals` and `POST /api/runtimes/{instanceName}/terminals` */
export const CreateTerminalBodySchema = /* @__PURE__ */ (() =>
  z.object({
    command: z.string().optional(),
    args: z.array(z.string()).optional(),
    cols: z.int().min(1).max(65535).optional(),
    rows: z.int().min(1).max(65535).optional(),
  }))();

/** What is typed. */
export const TerminalInputBodySchema = /* @__PURE__ */ (() =>
  z.object({
    data: z.string(),
  }))();

/** One terminal. */
export const TerminalInfoSchema = /* @__PURE__ */ (() =>
  z.object({
    terminalId: z.string(),
    command: z.string(),
    exitCode: z.int().min(-2147483648).max(2147483647).optional(),
  }))();

/** `GET /api/agents/{agentId}/terminals` */
export const TerminalsResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    terminals: z.array(TerminalInfoSchema),
  }))();

/** `GET /api/agents/{agentId}/terminals/{terminalId}` */
export const TerminalOutputSchema = /* @__PURE__ */ (() =>
  z.object({
    terminalId: z.string(),
    output: z.string(),
    truncated: z.boolean(),
    offset: z.int().min(0),
    nextOffset: z.int().min(0),
    exitCode: z.int().min(-2147483648).max(2147483647).optional(),
  }))();

/** A session without what only its running process knows: files, log, queue. */
export const SessionMetaSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string(),
    agentName: z.string(),
    spawn: AgentSpawnSchema,
    startedAt: z.string().regex(pattern10),
    lastUpdatedAt: z.string().regex(pattern10),
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
    seq: z.int().min(0).optional(),
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
    log_epoch: z.string().optional(),
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
    log_epoch: z.string().optional(),
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
    offset: z.int().min(0).optional(),
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
    args: z.array(z.string()).optional(),
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
    timestamp: z.string().regex(pattern10),
  }))();

/** A question was answered with an option, whatever its kind. */
export const SessionPermissionApprovedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("permission_approved"),
    data: z.object({
      requestId: z.string(),
      response: PermissionResponseBodySchema,
    }),
    timestamp: z.string().regex(pattern10),
  }))();

/** A question was cancelled. */
export const SessionPermissionRejectedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("permission_rejected"),
    data: z.object({
      requestId: z.string(),
      response: PermissionResponseBodySchema,
    }),
    timestamp: z.string().regex(pattern10),
  }))();

/** A question was answered over REST. */
export const SessionPermissionRespondedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("permission_responded"),
    data: z.object({
      requestId: z.string(),
      optionId: z.string(),
    }),
    timestamp: z.string().regex(pattern10),
  }))();

/** A question was cancelled over REST. */
export const SessionPermissionCancelledEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("permission_cancelled"),
    data: z.object({
      requestId: z.string(),
      outcome: z.literal("cancelled"),
    }),
    timestamp: z.string().regex(pattern10),
  }))();

/** The queue changed. */
export const SessionQueueUpdatedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("queue.updated"),
    data: PromptQueueStateSchema,
    timestamp: z.string().regex(pattern10),
  }))();

/** The next prompt is held back. */
export const SessionQueuePausedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("queue.paused"),
    data: z.record(z.string(), z.unknown()),
    timestamp: z.string().regex(pattern10),
  }))();

/** The queue goes on. */
export const SessionQueueResumedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("queue.resumed"),
    data: z.record(z.string(), z.unknown()),
    timestamp: z.string().regex(pattern10),
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
      truncated: z.literal(true).optional(),
    }),
    timestamp: z.string().regex(pattern10),
  }))();

/** The files, as they were asked for. */
export const SessionFilesystemSnapshotEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("filesystem.snapshot"),
    data: FilesystemSnapshotEventSchema,
    timestamp: z.string().regex(pattern10),
  }))();

/** A file's content, as it was asked for. */
export const SessionFilePreviewEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("file.preview"),
    data: FilePreviewEventSchema,
    timestamp: z.string().regex(pattern10),
  }))();

/** A terminal was opened. */
export const SessionTerminalStartedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("terminal.started"),
    data: z.object({
      terminalId: z.string(),
      command: z.string(),
    }),
    timestamp: z.string().regex(pattern10),
  }))();

/** Output of a terminal. */
export const SessionTerminalDataEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("terminal.data"),
    data: z.object({
      terminalId: z.string(),
      data: z.string(),
      offset: z.int().min(0).optional(),
      nextOffset: z.int().min(0).optional(),
    }),
    timestamp: z.string().regex(pattern10),
  }))();

/** A terminal's command ended. */
export const SessionTerminalExitEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("terminal.exit"),
    data: z.object({
      terminalId: z.string(),
      exitCode: z.int().min(-2147483648).max(2147483647).nullable(),
    }),
    timestamp: z.string().regex(pattern10),
  }))();

/** The session has ended. */
export const SessionSessionTerminatedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("session.terminated"),
    data: z.object({
      exitCode: z.int().min(-2147483648).max(2147483647).nullable(),
    }),
    timestamp: z.string().regex(pattern10),
  }))();

/** Something failed. */
export const SessionErrorEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("error"),
    data: z.object({
      message: z.string(),
    }),
    timestamp: z.string().regex(pattern10),
  }))();

/** A turn ended. */
export const SessionEndTurnEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("end_turn"),
    data: z.object({
      promptResponse: z.unknown().nonoptional(),
    }),
    timestamp: z.string().regex(pattern10),
  }))();

/** The agent's process ended. */
export const SessionSessionEndEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("session_end"),
    data: z.object({
      exitCode: z.int().min(-2147483648).max(2147483647).nullable(),
    }),
    timestamp: z.string().regex(pattern10),
  }))();

/** The agent said something. */
export const SessionAgentMessageEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("agent_message"),
    data: z.object({
      sessionUpdate: z.unknown().nonoptional(),
    }),
    timestamp: z.string().regex(pattern10),
  }))();

/** Whether an event is in the log. */
export const PersistenceStateSchema = /* @__PURE__ */ (() =>
  z.enum(PersistenceState))();

/** Who speaks. */
export const MessageRoleSchema = /* @__PURE__ */ (() =>
  z.enum(MessageRole))();

/** Why a chat session ended. */
export const ChatEndReasonSchema = /* @__PURE__ */ (() =>
  z.enum(ChatEndReason))();

/** How a run ended. */
export const CompletionReasonSchema = /* @__PURE__ */ (() =>
  z.enum(CompletionReason))();

/** How much depends on an approval, or how much a change touches. */
export const ApprovalPrioritySchema = /* @__PURE__ */ (() =>
  z.enum(ApprovalPriority))();

/** The answer to an approval. */
export const ApprovalDecisionSchema = /* @__PURE__ */ (() =>
  z.enum(ApprovalDecision))();

/** Why a model stopped. Other words may come from other providers. */
export const StopReasonSchema = /* @__PURE__ */ (() =>
  z.string())();

/** Tokens of one answer of a model. */
export const TokenUsageSchema = /* @__PURE__ */ (() =>
  z.object({
    inputTokens: z.int().min(0),
    outputTokens: z.int().min(0),
    thinkingTokens: z.int().min(0).optional(),
  }))();

/** What a citation's place is counted in. */
export const CitationTypeSchema = /* @__PURE__ */ (() =>
  z.enum(CitationType))();

/** A place in a document that a text rests on. */
export const CitationSchema = /* @__PURE__ */ (() =>
  z.object({
    type: CitationTypeSchema,
    cited_text: z.string().optional(),
    document_index: z.int().min(0).max(4294967295).optional(),
    document_title: z.string().optional(),
    start_char_index: z.int().min(0).max(4294967295).optional(),
    end_char_index: z.int().min(0).max(4294967295).optional(),
    page_number: z.int().min(0).max(4294967295).optional(),
  }))();

/** Where a cited file comes from. */
export const CitedFileSourceSchema = /* @__PURE__ */ (() =>
  z.enum(CitedFileSource))();

/** How a client gets a cited file. */
export const FetchStrategySchema = /* @__PURE__ */ (() =>
  z.enum(FetchStrategy))();

/** A file that an answer rests on. */
export const CitedFileSchema = /* @__PURE__ */ (() =>
  z.object({
    fileName: z.string(),
    fileId: z.string().nullable(),
    sourceType: CitedFileSourceSchema,
    mimeType: z.string(),
    relevanceScore: z.number().min(0).max(1),
    isImage: z.boolean(),
    fetchStrategy: FetchStrategySchema,
  }))();

/** Where an uploaded file stands. */
export const ChatAttachmentStatusSchema = /* @__PURE__ */ (() =>
  z.enum(ChatAttachmentStatus))();

/** A file that came with a message. */
export const ChatAttachmentSummarySchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string(),
    name: z.string(),
    mimeType: z.string(),
    sizeBytes: z.int().min(0),
    isImage: z.boolean(),
    status: ChatAttachmentStatusSchema,
  }))();

/** What a mention points at. */
export const FileMentionTypeSchema = /* @__PURE__ */ (() =>
  z.enum(FileMentionType))();

/** A file that a message speaks of. */
export const FileMentionSchema = /* @__PURE__ */ (() =>
  z.object({
    fileId: z.string(),
    name: z.string(),
    isFolder: z.boolean(),
    mimeType: z.string(),
    type: FileMentionTypeSchema.optional(),
    siteId: z.string().optional(),
  }))();

/** One of several agents that share a session. */
export const AgentIdentitySchema = /* @__PURE__ */ (() =>
  z.object({
    agentId: z.string(),
    agentName: z.string(),
    agentIcon: z.string().optional(),
    agentColor: z.string().optional(),
  }))();

/** Why another agent goes on. */
export const HandoffTypeSchema = /* @__PURE__ */ (() =>
  z.enum(HandoffType))();

/** What a change would do, for the person who approves it. */
export const ChangeSummarySchema = /* @__PURE__ */ (() =>
  z.object({
    title: z.string(),
    description: z.string(),
    changes: z.record(z.string(), z.unknown()),
    impact: ApprovalPrioritySchema,
  }))();

/** A run begins. */
export const SessionStartEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("session_start"),
    sessionId: z.string().regex(pattern3),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    userId: z.string().min(1).check(maxUnits(255)),
  }))();

/** A block of thinking is finished. */
export const ThinkingEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("thinking"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    content: z.string().optional(),
    tokenCount: z.int().min(0).optional(),
  }))();

/** Some thinking. */
export const ThinkingChunkEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("thinking_chunk"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    content: z.string(),
    blockIndex: z.int().min(0).max(4294967295).optional(),
    messageId: z.string().check(maxUnits(255)).optional(),
  }))();

/** All text of a message so far, for a client that came late. */
export const MessagePartialEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("message_partial"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    content: z.string(),
    messageId: z.string().check(maxUnits(255)).optional(),
  }))();

/** A finished message; it replaces its chunks. */
export const MessageEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("message"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    content: z.string(),
    messageId: z.string().min(1).check(maxUnits(255)),
    role: MessageRoleSchema,
    stopReason: StopReasonSchema.nullable().optional(),
    tokenUsage: TokenUsageSchema.optional(),
    model: z.string().optional(),
  }))();

/** Some text of a message. */
export const MessageChunkEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("message_chunk"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    content: z.string(),
    messageId: z.string().check(maxUnits(255)).optional(),
    citations: z.array(CitationSchema).optional(),
  }))();

/** The agent uses a tool. */
export const ToolUseEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    toolName: z.string(),
    args: z.record(z.string(), z.unknown()),
    toolUseId: z.string().check(maxUnits(255)).optional(),
  }))();

/** A tool has finished, well or not. */
export const ToolResultEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_result"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    toolName: z.string(),
    result: z.unknown().nonoptional(),
    success: z.boolean(),
    args: z.record(z.string(), z.unknown()).optional(),
    error: z.string().optional(),
    toolUseId: z.string().check(maxUnits(255)).optional(),
    durationMs: z.int().min(0).optional(),
  }))();

/** The run failed. No `complete` follows. */
export const ErrorEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("error"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    error: z.string(),
    code: z.string().optional(),
    stack: z.string().optional(),
    retryable: z.boolean().optional(),
    retryAfterMs: z.int().min(0).optional(),
  }))();

/** The session ended. */
export const SessionEndEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("session_end"),
    sessionId: z.string().regex(pattern3),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    reason: ChatEndReasonSchema.optional(),
  }))();

/** The run ended. */
export const CompleteEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("complete"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    reason: CompletionReasonSchema,
    stopReason: StopReasonSchema.optional(),
    citedFiles: z.array(CitedFileSchema).optional(),
    messageId: z.string().check(maxUnits(255)).optional(),
  }))();

/** A tool waits for a person's approval. */
export const ApprovalRequestedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("approval_requested"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    approvalId: z.string().min(1).check(maxUnits(255)),
    toolName: z.string(),
    args: z.record(z.string(), z.unknown()),
    changeSummary: z.string(),
    priority: ApprovalPrioritySchema,
    expiresAt: z.string().regex(pattern10).optional(),
    changeDetails: ChangeSummarySchema.optional(),
  }))();

/** An approval has its answer. */
export const ApprovalResolvedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("approval_resolved"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    approvalId: z.string().min(1).check(maxUnits(255)),
    decision: ApprovalDecisionSchema,
    reason: z.string().optional(),
  }))();

/** A user's message is in the log. */
export const UserMessageConfirmedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("user_message_confirmed"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    messageId: z.string().min(1).check(maxUnits(255)),
    userId: z.string().min(1).check(maxUnits(255)),
    content: z.string(),
    chatAttachmentIds: z.array(z.string().regex(pattern3)).max(10).optional(),
    chatAttachments: z.array(ChatAttachmentSummarySchema).max(10).optional(),
    mentions: z.array(FileMentionSchema).optional(),
    clientMessageId: z.string().check(maxUnits(255)).optional(),
  }))();

/** The model made a pause; a new message goes on. */
export const TurnPausedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("turn_paused"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    messageId: z.string().min(1).check(maxUnits(255)),
    content: z.string().optional(),
    reason: z.string().optional(),
  }))();

/** The model refused. */
export const ContentRefusedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("content_refused"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    messageId: z.string().min(1).check(maxUnits(255)),
    reason: z.string().optional(),
    content: z.string().optional(),
  }))();

/** What an agent does: exactly the 16 events of seed 002, told apart by `type`. */
export const AgentEventSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("type", [
    SessionStartEventSchema,
    ThinkingEventSchema,
    ThinkingChunkEventSchema,
    MessagePartialEventSchema,
    MessageEventSchema,
    MessageChunkEventSchema,
    ToolUseEventSchema,
    ToolResultEventSchema,
    ErrorEventSchema,
    SessionEndEventSchema,
    CompleteEventSchema,
    ApprovalRequestedEventSchema,
    ApprovalResolvedEventSchema,
    UserMessageConfirmedEventSchema,
    TurnPausedEventSchema,
    ContentRefusedEventSchema,
  ]))();

/** Thinking is over and text begins. */
export const ThinkingCompleteEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("thinking_complete"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    content: z.string(),
    blockIndex: z.int().min(0).max(4294967295).optional(),
    messageId: z.string().check(maxUnits(255)).optional(),
  }))();

/** Another agent goes on. */
export const AgentChangedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("agent_changed"),
    sessionId: z.string().regex(pattern3).optional(),
    timestamp: z.string().regex(pattern10),
    eventId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0).optional(),
    persistenceState: PersistenceStateSchema,
    correlationId: z.string().check(maxUnits(255)).optional(),
    parentEventId: z.string().check(maxUnits(255)).optional(),
    eventIndex: z.int().min(0).optional(),
    isInternal: z.boolean().optional(),
    previousAgent: AgentIdentitySchema,
    currentAgent: AgentIdentitySchema,
    handoffType: HandoffTypeSchema.optional(),
    reason: z.string().optional(),
  }))();

/** The 16 events of `AgentEvent` and two later ones, for clients that asked for them. */
export const AgentEventExtSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("type", [
    SessionStartEventSchema,
    ThinkingEventSchema,
    ThinkingChunkEventSchema,
    MessagePartialEventSchema,
    MessageEventSchema,
    MessageChunkEventSchema,
    ToolUseEventSchema,
    ToolResultEventSchema,
    ErrorEventSchema,
    SessionEndEventSchema,
    CompleteEventSchema,
    ApprovalRequestedEventSchema,
    ApprovalResolvedEventSchema,
    UserMessageConfirmedEventSchema,
    TurnPausedEventSchema,
    ContentRefusedEventSchema,
    ThinkingCompleteEventSchema,
    AgentChangedEventSchema,
  ]))();

/** Whether and how long the model thinks before it answers. */
export const extendedThinkingConfigSchema = /* @__PURE__ */ (() =>
  z.object({
    enableThinking: z.boolean().optional(),
    thinkingBudget: z.int().min(1024).max(100000).optional(),
  }))();

/** A user's message without settings: what `chatMessageSchema` checks. */
export const chatMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    message: z.string().min(1).check(maxUnits(10000)),
    sessionId: z.string().regex(pattern3),
    userId: z.string().regex(pattern3),
  }))();

/** A user's message (`chat:message`). */
export const fullChatMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    message: z.string().min(1).check(maxUnits(10000)),
    sessionId: z.string().regex(pattern3),
    userId: z.string().regex(pattern3),
    thinking: extendedThinkingConfigSchema.optional(),
    attachments: z.array(z.string().regex(pattern3)).optional(),
    chatAttachments: z.array(z.string().regex(pattern3)).max(10).optional(),
    enableAutoSemanticSearch: z.boolean().optional(),
    targetAgentId: z.string().optional(),
    mentionedFileIds: z.array(z.string()).optional(),
    mentions: z.array(FileMentionSchema).optional(),
    enableWebSearch: z.boolean().optional(),
    enableMaxMode: z.boolean().optional(),
    clientMessageId: z.string().check(maxUnits(255)).optional(),
  }))();

/** Stops the run of a session (`chat:stop`). */
export const stopAgentSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3),
    userId: z.string().regex(pattern3),
  }))();

/** The answer to an approval (`approval:response`), as the seed has it. */
export const ApprovalResponseDataSchema = /* @__PURE__ */ (() =>
  z.object({
    approvalId: z.string().regex(pattern3),
    approved: z.boolean(),
    userId: z.string().regex(pattern3),
    reason: z.string().check(maxUnits(500)).optional(),
  }))();

/** The answer to an approval with a `decision`. */
export const ApprovalDecisionDataSchema = /* @__PURE__ */ (() =>
  z.object({
    approvalId: z.string().regex(pattern3),
    decision: ApprovalDecisionSchema,
    userId: z.string().regex(pattern3),
    reason: z.string().check(maxUnits(500)).optional(),
  }))();

/** The answer to an approval in either form. One of `approved` and `decision` is there; both must say the same. */
export const approvalResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    approvalId: z.string().regex(pattern3),
    approved: z.boolean().optional(),
    decision: ApprovalDecisionSchema.optional(),
    userId: z.string().regex(pattern3).optional(),
    reason: z.string().check(maxUnits(500)).optional(),
  }).refine(
    ({ approved, decision }) =>
      approved === undefined ? decision !== undefined : decision === undefined || (decision === "approved") === approved,
    { path: ["decision"], error: "Decision must be approved or rejected" },
  ))();

/** The body of `POST /api/approvals/{id}/respond`. One of `approved` and `decision` is there; both must say the same. */
export const RespondApprovalRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    approved: z.boolean().optional(),
    decision: ApprovalDecisionSchema.optional(),
    reason: z.string().check(maxUnits(500)).optional(),
  }).refine(
    ({ approved, decision }) =>
      approved === undefined ? decision !== undefined : decision === undefined || (decision === "approved") === approved,
    { path: ["decision"], error: "Decision must be approved or rejected" },
  ))();

/** Asks for a session's events (`session:join`). */
export const sessionJoinSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3),
    userId: z.string().regex(pattern3).optional(),
    afterSequence: z.int().min(0).optional(),
  }))();

/** Asks for no more events of a session (`session:leave`). */
export const sessionLeaveSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3),
  }))();

/** Chooses the agent that answers (`agent:select`). */
export const AgentSelectDataSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3),
    agentId: z.string(),
    userId: z.string().regex(pattern3),
  }))();

/** Answers a run that was interrupted by a question (`supervisor:resume`). */
export const SupervisorResumeDataSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3),
    response: z.unknown().nonoptional(),
  }))();

/** Asks for what concerns a user in all sessions (`user:join`). */
export const UserJoinDataSchema = /* @__PURE__ */ (() =>
  z.object({
    userId: z.string().regex(pattern3),
  }))();

/** A request was refused before a run began (`agent:error`). */
export const AgentErrorDataSchema = /* @__PURE__ */ (() =>
  z.object({
    error: z.string(),
    sessionId: z.string().regex(pattern3).optional(),
    code: ErrorCodeSchema.optional(),
  }))();

/** The client gets the session's events from now on (`session:joined`). */
export const SessionJoinedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3),
  }))();

/** A run that was going on when a client joined. */
export const ActiveRunSchema = /* @__PURE__ */ (() =>
  z.object({
    runId: z.string(),
    partialText: z.string().optional(),
    partialThinking: z.string().optional(),
  }))();

/** The client gets no more events of the session (`session:left`). */
export const SessionLeftEventSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3),
  }))();

/** Why a session could not be joined. */
export const SessionErrorCodeSchema = /* @__PURE__ */ (() =>
  z.enum(SessionErrorCode))();

/** A session could not be joined (`session:error`). */
export const SessionErrorDataSchema = /* @__PURE__ */ (() =>
  z.object({
    error: z.string(),
    code: SessionErrorCodeSchema.optional(),
    sessionId: z.string().optional(),
  }))();

/** Why an answer to an approval was not taken. */
export const ApprovalErrorCodeSchema = /* @__PURE__ */ (() =>
  z.enum(ApprovalErrorCode))();

/** An answer to an approval was not taken (`approval:error`). */
export const ApprovalErrorDataSchema = /* @__PURE__ */ (() =>
  z.object({
    error: z.string(),
    code: ApprovalErrorCodeSchema.optional(),
    approvalId: z.string().optional(),
  }))();

/** How a to-do ended. */
export const TodoOutcomeSchema = /* @__PURE__ */ (() =>
  z.enum(TodoOutcome))();

/** A to-do ended (`todo:completed`). */
export const TodoCompletedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    todoId: z.string(),
    sessionId: z.string().regex(pattern3),
    status: TodoOutcomeSchema,
    completedAt: z.string().regex(pattern10),
  }))();

/** A session has another title (`session:title_updated`). */
export const SessionTitleUpdatedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3),
    title: z.string().min(1).check(maxUnits(500)),
  }))();

/** The client gets what concerns the user (`user:joined`). */
export const UserJoinedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    userId: z.string().regex(pattern3),
  }))();

/** A user's events cannot be had (`user:error`). */
export const UserErrorDataSchema = /* @__PURE__ */ (() =>
  z.object({
    error: z.string(),
  }))();

/** How a new approval is asked for. */
export const CreateApprovalOptionsSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3),
    toolName: z.string(),
    toolArgs: z.record(z.string(), z.unknown()),
    priority: ApprovalPrioritySchema.optional(),
    expiresInMs: z.int().min(0).optional(),
  }))();

/** An answer to an approval was taken. */
export const ApprovalRespondResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    success: z.boolean(),
    approvalId: z.string().regex(pattern3),
    decision: ApprovalDecisionSchema,
  }))();

/** Why a socket's request was refused. */
export const SocketErrorCodeSchema = /* @__PURE__ */ (() =>
  z.enum(SocketErrorCode))();

/** A request was refused. */
export const SocketRefusalSchema = /* @__PURE__ */ (() =>
  z.object({
    ok: z.literal(false),
    code: SocketErrorCodeSchema,
    error: z.string(),
  }))();

/** A session was joined. */
export const SessionJoinOkSchema = /* @__PURE__ */ (() =>
  z.object({
    ok: z.literal(true),
    sessionId: z.string().regex(pattern3),
    lastSequence: z.int().min(0),
  }))();

/** A session was left. */
export const SessionLeaveOkSchema = /* @__PURE__ */ (() =>
  z.object({
    ok: z.literal(true),
  }))();

/** A message is in the log. */
export const ChatMessageOkSchema = /* @__PURE__ */ (() =>
  z.object({
    ok: z.literal(true),
    messageId: z.string().min(1).check(maxUnits(255)),
    sequenceNumber: z.int().min(0),
    eventId: z.string().min(1).check(maxUnits(255)),
    runId: z.string().min(1).check(maxUnits(255)),
  }))();

/** A stop was heard. */
export const StopAgentOkSchema = /* @__PURE__ */ (() =>
  z.object({
    ok: z.literal(true),
    stopped: z.boolean(),
  }))();

/** An answer was taken. */
export const ApprovalResponseOkSchema = /* @__PURE__ */ (() =>
  z.object({
    ok: z.literal(true),
    approvalId: z.string().regex(pattern3),
    decision: ApprovalDecisionSchema,
  }))();

/** Answers `session:join`. */
export const SessionJoinAckSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("ok", [
    SessionJoinOkSchema,
    SocketRefusalSchema,
  ]))();

/** Answers `session:leave`. */
export const SessionLeaveAckSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("ok", [
    SessionLeaveOkSchema,
    SocketRefusalSchema,
  ]))();

/** Answers `chat:message`. */
export const ChatMessageAckSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("ok", [
    ChatMessageOkSchema,
    SocketRefusalSchema,
  ]))();

/** Answers `chat:stop`. */
export const StopAgentAckSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("ok", [
    StopAgentOkSchema,
    SocketRefusalSchema,
  ]))();

/** Answers `approval:response`. */
export const ApprovalResponseAckSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("ok", [
    ApprovalResponseOkSchema,
    SocketRefusalSchema,
  ]))();

/** The body of `POST /api/agent/query`. */
export const agentQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    prompt: z.string().min(1).check(maxUnits(10000)),
    sessionId: z.string().regex(pattern3).optional(),
    userId: z.string().regex(pattern3),
    streaming: z.boolean().default(true),
    maxTurns: z.int().min(1).max(50).default(20),
  }))();

/** A new to-do. */
export const todoCreateSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3),
    content: z.string().min(1).check(maxUnits(500)),
    activeForm: z.string().min(1).check(maxUnits(500)),
    order: z.int().min(0).max(4294967295).optional(),
  }))();

/** What a business system keeps. */
export const BcEntitySchema = /* @__PURE__ */ (() =>
  z.enum(BcEntity))();

/** A query of a business system. */
export const bcQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    entity: BcEntitySchema,
    filter: z.string().optional(),
    select: z.array(z.string()).optional(),
    expand: z.array(z.string()).optional(),
    orderBy: z.string().optional(),
    top: z.int().min(1).max(1000).optional(),
    skip: z.int().min(0).max(4294967295).optional(),
    count: z.boolean().optional(),
  }))();

/** The body of `POST /api/chat/sessions`. */
export const CreateChatSessionRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    title: z.string().min(1).check(maxUnits(500)).optional(),
    initialMessage: z.string().min(1).check(maxUnits(10000)).optional(),
  }))();

/** The body of `PATCH /api/chat/sessions/{id}`. */
export const UpdateChatSessionRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    title: z.string().min(1).check(maxUnits(500)),
  }))();

/** The body of `PATCH /api/chat/sessions/{id}/pin`. */
export const PinChatSessionRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    pinned: z.boolean(),
  }))();

/** The query of `GET /api/chat/sessions`. */
export const ChatSessionsQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    limit: z.int().min(1).max(50).default(20),
    before: z.string().regex(pattern10).optional(),
  }))();

/** The query of `GET /api/chat/sessions/{id}/messages`. */
export const ChatMessagesQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    limit: z.int().min(1).max(100).default(50),
    offset: z.int().min(0).max(4294967295).default(0),
    before: z.int().min(0).optional(),
    after: z.int().min(0).optional(),
  }))();

/** Tokens of a stored message. */
export const MessageTokenUsageSchema = /* @__PURE__ */ (() =>
  z.object({
    input_tokens: z.int().min(0),
    output_tokens: z.int().min(0),
  }))();

/** Thoughts are the agent's. */
export const AssistantRoleSchema = /* @__PURE__ */ (() =>
  z.enum(AssistantRole))();

/** Where a tool's run stands. */
export const ToolStatusSchema = /* @__PURE__ */ (() =>
  z.enum(ToolStatus))();

/** A text of a person or of the agent. */
export const StandardMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("standard"),
    id: z.string().min(1).check(maxUnits(255)),
    session_id: z.string().regex(pattern3),
    sequence_number: z.int().min(0).nullable(),
    created_at: z.string().regex(pattern10),
    event_id: z.string().check(maxUnits(255)).optional(),
    role: MessageRoleSchema,
    content: z.string(),
    token_usage: MessageTokenUsageSchema.optional(),
    stop_reason: StopReasonSchema.nullable().optional(),
    model: z.string().optional(),
    citations: z.array(CitationSchema).optional(),
  }))();

/** Thoughts of the agent. */
export const ThinkingMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("thinking"),
    id: z.string().min(1).check(maxUnits(255)),
    session_id: z.string().regex(pattern3),
    sequence_number: z.int().min(0).nullable(),
    created_at: z.string().regex(pattern10),
    event_id: z.string().check(maxUnits(255)).optional(),
    role: AssistantRoleSchema,
    content: z.string(),
    duration_ms: z.int().min(0).optional(),
    model: z.string().optional(),
    token_usage: MessageTokenUsageSchema.optional(),
  }))();

/** A use of a tool; its result is merged in when there is one. */
export const ToolUseMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string().min(1).check(maxUnits(255)),
    session_id: z.string().regex(pattern3),
    sequence_number: z.int().min(0).nullable(),
    created_at: z.string().regex(pattern10),
    event_id: z.string().check(maxUnits(255)).optional(),
    tool_name: z.string(),
    tool_args: z.record(z.string(), z.unknown()),
    status: ToolStatusSchema,
    result: z.unknown().optional(),
    error_message: z.string().optional(),
    tool_use_id: z.string().check(maxUnits(255)).optional(),
  }))();

/** What a tool gave. */
export const ToolResultMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_result"),
    id: z.string().min(1).check(maxUnits(255)),
    session_id: z.string().regex(pattern3),
    sequence_number: z.int().min(0).nullable(),
    created_at: z.string().regex(pattern10),
    event_id: z.string().check(maxUnits(255)).optional(),
    tool_name: z.string(),
    tool_args: z.record(z.string(), z.unknown()),
    success: z.boolean(),
    result: z.unknown().optional(),
    error_message: z.string().optional(),
    tool_use_id: z.string().check(maxUnits(255)).optional(),
    duration_ms: z.int().min(0).optional(),
  }))();

/** A stored message of a chat session. */
export const MessageSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("type", [
    StandardMessageSchema,
    ThinkingMessageSchema,
    ToolUseMessageSchema,
    ToolResultMessageSchema,
  ]))();

/** Where a chat session stands. */
export const ChatSessionStatusSchema = /* @__PURE__ */ (() =>
  z.enum(ChatSessionStatus))();

/** A chat session. */
export const ChatSessionSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string().regex(pattern3),
    user_id: z.string(),
    title: z.string(),
    status: ChatSessionStatusSchema,
    last_activity_at: z.string().regex(pattern10),
    created_at: z.string().regex(pattern10),
    updated_at: z.string().regex(pattern10),
    is_pinned: z.boolean().optional(),
  }))();

/** Where a list goes on. */
export const ChatPaginationSchema = /* @__PURE__ */ (() =>
  z.object({
    hasMore: z.boolean(),
    nextCursor: z.string().nullable(),
  }))();

/** `GET /api/chat/sessions`. */
export const ChatSessionListResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    sessions: z.array(ChatSessionSchema),
    pagination: ChatPaginationSchema.optional(),
  }))();

/** One chat session. */
export const ChatSessionResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    success: z.boolean().optional(),
    session: ChatSessionSchema,
  }))();

/** `GET /api/chat/sessions/{id}/messages`. */
export const ChatMessagesResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    messages: z.array(MessageSchema),
    pagination: ChatPaginationSchema.optional(),
  }))();

/** What an approval's tool does. */
export const ApprovalActionTypeSchema = /* @__PURE__ */ (() =>
  z.enum(ApprovalActionType))();

/** Where an approval stands. */
export const ApprovalStatusSchema = /* @__PURE__ */ (() =>
  z.enum(ApprovalStatus))();

/** An approval. Absent values are `null`. */
export const ApprovalRequestSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string().regex(pattern3),
    session_id: z.string().regex(pattern3),
    message_id: z.string().nullable(),
    decided_by_user_id: z.string().nullable(),
    action_type: ApprovalActionTypeSchema,
    action_description: z.string(),
    action_data: z.record(z.string(), z.unknown()).nullable(),
    tool_name: z.string(),
    tool_args: z.record(z.string(), z.unknown()),
    status: ApprovalStatusSchema,
    priority: ApprovalPrioritySchema,
    rejection_reason: z.string().nullable(),
    created_at: z.string().regex(pattern10),
    expires_at: z.string().regex(pattern10),
    decided_at: z.string().regex(pattern10).nullable(),
  }))();

/** Approvals of a user, or of one session. */
export const ApprovalListResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3).optional(),
    count: z.int().min(0).max(4294967295),
    approvals: z.array(ApprovalRequestSchema),
  }))();

/** Where a to-do stands. */
export const TodoStatusSchema = /* @__PURE__ */ (() =>
  z.enum(TodoStatus))();

/** A to-do of an agent. */
export const TodoItemSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string().min(1).check(maxUnits(255)),
    sessionId: z.string().regex(pattern3),
    content: z.string(),
    activeForm: z.string(),
    status: TodoStatusSchema,
    order: z.int().min(0).max(4294967295),
    createdAt: z.string().regex(pattern10).optional(),
    completedAt: z.string().regex(pattern10).optional(),
  }))();

/** `GET /api/todos/session/{id}`. */
export const TodoListResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3),
    count: z.int().min(0).max(4294967295),
    todos: z.array(TodoItemSchema),
  }))();

/** Tokens of a whole run. */
export const RunTokenUsageSchema = /* @__PURE__ */ (() =>
  z.object({
    input: z.int().min(0),
    output: z.int().min(0),
    thinking: z.int().min(0).optional(),
    total: z.int().min(0),
    cacheCreation: z.int().min(0).optional(),
    cacheRead: z.int().min(0).optional(),
  }))();

/** What `POST /api/agent/query` answers. */
export const AgentExecutionResultSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3).optional(),
    response: z.string(),
    messageId: z.string().check(maxUnits(255)).optional(),
    tokenUsage: RunTokenUsageSchema.optional(),
    inputTokens: z.int().min(0).optional(),
    outputTokens: z.int().min(0).optional(),
    toolsUsed: z.array(z.string()),
    durationMs: z.int().min(0).optional(),
    duration: z.int().min(0).optional(),
    success: z.boolean(),
    error: z.string().optional(),
  }))();

/** How a model's provider served a call. */
export const ServiceTierSchema = /* @__PURE__ */ (() =>
  z.enum(ServiceTier))();

/** What one call of a model took. */
export const TokenUsageRecordSchema = /* @__PURE__ */ (() =>
  z.object({
    userId: z.string(),
    sessionId: z.string().regex(pattern3),
    messageId: z.string().min(1).check(maxUnits(255)),
    model: z.string(),
    usage: TokenUsageSchema,
    cacheCreationTokens: z.int().min(0).optional(),
    cacheReadTokens: z.int().min(0).optional(),
    thinkingEnabled: z.boolean(),
    thinkingBudget: z.int().min(0).max(4294967295).optional(),
    serviceTier: ServiceTierSchema.optional(),
    createdAt: z.string().regex(pattern10),
  }))();

/** The error body of the chat routes. */
export const ApiErrorResponseSchema = /* @__PURE__ */ (() =>
  z.object({
    error: z.string(),
    message: z.string(),
    code: ErrorCodeSchema,
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    requestId: z.string().optional(),
  }))();

/** An error body with its HTTP status. */
export const ErrorResponseWithStatusSchema = /* @__PURE__ */ (() =>
  z.object({
    statusCode: z.int().min(400).max(599),
    body: ApiErrorResponseSchema,
  }))();

/** What is wrong with one field. */
export const ValidationErrorDetailSchema = /* @__PURE__ */ (() =>
  z.object({
    field: z.string(),
    message: z.string(),
    expected: z.string().optional(),
    received: z.string().optional(),
  }))();

/** A number that is too small or too large. */
export const RangeErrorDetailSchema = /* @__PURE__ */ (() =>
  z.object({
    field: z.string(),
    min: z.int(),
    max: z.int(),
    received: z.int(),
  }))();

/** A point of the screen in pixels, from its top left corner. */
export const CoordinatesSchema = /* @__PURE__ */ (() =>
  z.object({
    x: z.int().min(-2147483648).max(2147483647),
    y: z.int().min(-2147483648).max(2147483647),
  }))();

/** A button of the mouse. */
export const ButtonSchema = /* @__PURE__ */ (() =>
  z.enum(Button))();

/** Whether a button or key goes down or up. */
export const PressSchema = /* @__PURE__ */ (() =>
  z.enum(Press))();

/** Where the wheel turns to. */
export const ScrollDirectionSchema = /* @__PURE__ */ (() =>
  z.enum(ScrollDirection))();

/** A program of the desktop. */
export const ApplicationSchema = /* @__PURE__ */ (() =>
  z.enum(Application))();

/** Puts the mouse somewhere. */
export const MoveMouseActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("move_mouse"),
    coordinates: CoordinatesSchema,
  }))();

/** Moves the mouse along a path. */
export const TraceMouseActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("trace_mouse"),
    path: z.array(CoordinatesSchema).min(1),
    holdKeys: z.array(z.string()).nullable().optional(),
  }))();

/** Clicks. */
export const ClickMouseActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("click_mouse"),
    coordinates: CoordinatesSchema.nullable().optional(),
    button: ButtonSchema,
    holdKeys: z.array(z.string()).nullable().optional(),
    clickCount: z.int().min(1).max(4294967295),
  }))();

/** Holds a button, or lets it go. */
export const PressMouseActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("press_mouse"),
    coordinates: CoordinatesSchema.nullable().optional(),
    button: ButtonSchema,
    press: PressSchema,
  }))();

/** Moves the mouse along a path with a button held. */
export const DragMouseActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("drag_mouse"),
    path: z.array(CoordinatesSchema).min(1),
    button: ButtonSchema,
    holdKeys: z.array(z.string()).nullable().optional(),
  }))();

/** Turns the wheel. */
export const ScrollActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("scroll"),
    coordinates: CoordinatesSchema.nullable().optional(),
    direction: ScrollDirectionSchema,
    scrollCount: z.int().min(1).max(4294967295),
    holdKeys: z.array(z.string()).nullable().optional(),
  }))();

/** Presses keys together and lets them go. */
export const TypeKeysActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("type_keys"),
    keys: z.array(z.string()).min(1),
    delay: z.int().min(0).max(4294967295).nullable().optional(),
  }))();

/** Holds keys, or lets them go. */
export const PressKeysActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("press_keys"),
    keys: z.array(z.string()).min(1),
    press: PressSchema,
  }))();

/** Types a text. */
export const TypeTextActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("type_text"),
    text: z.string(),
    delay: z.int().min(0).max(4294967295).nullable().optional(),
    sensitive: z.boolean().nullable().optional(),
  }))();

/** Pastes a text. */
export const PasteTextActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("paste_text"),
    text: z.string(),
    sensitive: z.boolean().nullable().optional(),
  }))();

/** Waits. */
export const WaitActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("wait"),
    duration: z.int().min(0).max(4294967295),
  }))();

/** Takes a picture of the screen. */
export const ScreenshotActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("screenshot"),
  }))();

/** Asks where the mouse is. */
export const CursorPositionActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("cursor_position"),
  }))();

/** Brings a program to the front, and starts it when it does not run. */
export const ApplicationActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("application"),
    application: ApplicationSchema,
  }))();

/** Writes a file. */
export const WriteFileActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("write_file"),
    path: z.string(),
    data: z.string(),
  }))();

/** Reads a file. */
export const ReadFileActionSchema = /* @__PURE__ */ (() =>
  z.object({
    action: z.literal("read_file"),
    path: z.string(),
  }))();

/** What can be done to a desktop: exactly the seed's twelve. */
export const SeedComputerActionSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("action", [
    MoveMouseActionSchema,
    TraceMouseActionSchema,
    ClickMouseActionSchema,
    PressMouseActionSchema,
    DragMouseActionSchema,
    ScrollActionSchema,
    TypeKeysActionSchema,
    PressKeysActionSchema,
    TypeTextActionSchema,
    WaitActionSchema,
    ScreenshotActionSchema,
    CursorPositionActionSchema,
  ]))();

/** What can be done to a desktop: the seed's twelve, and four later ones. */
export const ComputerActionSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("action", [
    MoveMouseActionSchema,
    TraceMouseActionSchema,
    ClickMouseActionSchema,
    PressMouseActionSchema,
    DragMouseActionSchema,
    ScrollActionSchema,
    TypeKeysActionSchema,
    PressKeysActionSchema,
    TypeTextActionSchema,
    PasteTextActionSchema,
    WaitActionSchema,
    ScreenshotActionSchema,
    CursorPositionActionSchema,
    ApplicationActionSchema,
    WriteFileActionSchema,
    ReadFileActionSchema,
  ]))();

/** What `screenshot` gives. */
export const ScreenshotResultSchema = /* @__PURE__ */ (() =>
  z.object({
    image: z.string(),
  }))();

/** What `write_file` gives. */
export const WriteFileResultSchema = /* @__PURE__ */ (() =>
  z.object({
    success: z.boolean(),
    message: z.string(),
  }))();

/** What `read_file` gives. */
export const ReadFileResultSchema = /* @__PURE__ */ (() =>
  z.object({
    success: z.boolean(),
    data: z.string().optional(),
    name: z.string().optional(),
    size: z.int().min(0).optional(),
    mediaType: z.string().optional(),
    message: z.string().optional(),
  }))();

/** Input of `computer_move_mouse`. */
export const MoveMouseInputSchema = /* @__PURE__ */ (() =>
  z.object({
    coordinates: CoordinatesSchema,
  }))();

/** Input of `computer_trace_mouse`. */
export const TraceMouseInputSchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.array(CoordinatesSchema).min(1),
    holdKeys: z.array(z.string()).nullable().optional(),
  }))();

/** Input of `computer_click_mouse`. */
export const ClickMouseInputSchema = /* @__PURE__ */ (() =>
  z.object({
    button: ButtonSchema,
    clickCount: z.int().min(1).max(4294967295),
    coordinates: CoordinatesSchema.nullable().optional(),
    holdKeys: z.array(z.string()).nullable().optional(),
  }))();

/** Input of `computer_press_mouse`. */
export const PressMouseInputSchema = /* @__PURE__ */ (() =>
  z.object({
    button: ButtonSchema,
    press: PressSchema,
    coordinates: CoordinatesSchema.nullable().optional(),
  }))();

/** Input of `computer_drag_mouse`. */
export const DragMouseInputSchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.array(CoordinatesSchema).min(1),
    button: ButtonSchema,
    holdKeys: z.array(z.string()).nullable().optional(),
  }))();

/** Input of `computer_scroll`. */
export const ScrollInputSchema = /* @__PURE__ */ (() =>
  z.object({
    direction: ScrollDirectionSchema,
    scrollCount: z.int().min(1).max(4294967295),
    coordinates: CoordinatesSchema.nullable().optional(),
    holdKeys: z.array(z.string()).nullable().optional(),
  }))();

/** Input of `computer_type_keys`. */
export const TypeKeysInputSchema = /* @__PURE__ */ (() =>
  z.object({
    keys: z.array(z.string()).min(1),
    delay: z.int().min(0).max(4294967295).nullable().optional(),
  }))();

/** Input of `computer_press_keys`. */
export const PressKeysInputSchema = /* @__PURE__ */ (() =>
  z.object({
    keys: z.array(z.string()).min(1),
    press: PressSchema,
  }))();

/** Input of `computer_type_text`. */
export const TypeTextInputSchema = /* @__PURE__ */ (() =>
  z.object({
    text: z.string(),
    delay: z.int().min(0).max(4294967295).nullable().optional(),
    isSensitive: z.boolean().nullable().optional(),
  }))();

/** Input of `computer_paste_text`. */
export const PasteTextInputSchema = /* @__PURE__ */ (() =>
  z.object({
    text: z.string(),
    isSensitive: z.boolean().nullable().optional(),
  }))();

/** Input of `computer_wait`. */
export const WaitInputSchema = /* @__PURE__ */ (() =>
  z.object({
    duration: z.int().min(0).max(4294967295),
  }))();

/** Input of `computer_screenshot` and of `computer_cursor_position`. */
export const EmptyInputSchema = /* @__PURE__ */ (() =>
  z.record(z.string(), z.unknown()))();

/** Input of `computer_application`. */
export const ApplicationInputSchema = /* @__PURE__ */ (() =>
  z.object({
    application: z.string(),
  }))();

/** Input of `computer_write_file`. */
export const WriteFileInputSchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.string(),
    data: z.string(),
  }))();

/** Input of `computer_read_file`. */
export const ReadFileInputSchema = /* @__PURE__ */ (() =>
  z.object({
    path: z.string(),
  }))();

/** How an agent says that its task stands. */
export const AgentTaskStatusSchema = /* @__PURE__ */ (() =>
  z.enum(AgentTaskStatus))();

/** Input of `set_task_status`. */
export const SetTaskStatusInputSchema = /* @__PURE__ */ (() =>
  z.object({
    status: AgentTaskStatusSchema,
    description: z.string(),
  }))();

/** When a task that an agent makes begins. Models write capitals, older messages small letters. */
export const CreateTaskTypeSchema = /* @__PURE__ */ (() =>
  z.enum(CreateTaskType))();

/** How much a task that an agent makes matters. Models write capitals, older messages small letters. */
export const CreateTaskPrioritySchema = /* @__PURE__ */ (() =>
  z.enum(CreateTaskPriority))();

/** Input of `create_task`. */
export const CreateTaskInputSchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string().optional(),
    description: z.string(),
    type: CreateTaskTypeSchema.optional(),
    scheduledFor: z.string().regex(pattern10).optional(),
    priority: CreateTaskPrioritySchema.optional(),
  }))();

/** Puts the mouse somewhere. */
export const MoveMouseToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_move_mouse"),
    input: MoveMouseInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Moves the mouse along a path. */
export const TraceMouseToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_trace_mouse"),
    input: TraceMouseInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Clicks. */
export const ClickMouseToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_click_mouse"),
    input: ClickMouseInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Holds a button, or lets it go. */
export const PressMouseToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_press_mouse"),
    input: PressMouseInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Moves the mouse along a path with a button held. */
export const DragMouseToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_drag_mouse"),
    input: DragMouseInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Turns the wheel. */
export const ScrollToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_scroll"),
    input: ScrollInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Presses keys together and lets them go. */
export const TypeKeysToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_type_keys"),
    input: TypeKeysInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Holds keys, or lets them go. */
export const PressKeysToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_press_keys"),
    input: PressKeysInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Types a text. */
export const TypeTextToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_type_text"),
    input: TypeTextInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Pastes a text. */
export const PasteTextToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_paste_text"),
    input: PasteTextInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Waits. */
export const WaitToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_wait"),
    input: WaitInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Takes a picture of the screen. */
export const ScreenshotToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_screenshot"),
    input: EmptyInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Asks where the mouse is. */
export const CursorPositionToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_cursor_position"),
    input: EmptyInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Brings a program to the front. */
export const ApplicationToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_application"),
    input: ApplicationInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Writes a file. */
export const WriteFileToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_write_file"),
    input: WriteFileInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Reads a file. */
export const ReadFileToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("computer_read_file"),
    input: ReadFileInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Says how the task stands. */
export const SetTaskStatusToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("set_task_status"),
    input: SetTaskStatusInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Makes another task. */
export const CreateTaskToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.literal("create_task"),
    input: CreateTaskInputSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** A use of a tool that is none of the contract's own. */
export const OtherToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.string().refine((text) => !["computer_move_mouse","computer_trace_mouse","computer_click_mouse","computer_press_mouse","computer_drag_mouse","computer_scroll","computer_type_keys","computer_press_keys","computer_type_text","computer_paste_text","computer_wait","computer_screenshot","computer_cursor_position","computer_application","computer_write_file","computer_read_file","set_task_status","create_task"].includes(text), "has a type of its own"),
    input: z.record(z.string(), z.unknown()),
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** A use of one of the desktop's 16 tools. */
export const ComputerToolUseContentBlockSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("name", [
    MoveMouseToolUseBlockSchema,
    TraceMouseToolUseBlockSchema,
    ClickMouseToolUseBlockSchema,
    PressMouseToolUseBlockSchema,
    DragMouseToolUseBlockSchema,
    ScrollToolUseBlockSchema,
    TypeKeysToolUseBlockSchema,
    PressKeysToolUseBlockSchema,
    TypeTextToolUseBlockSchema,
    PasteTextToolUseBlockSchema,
    WaitToolUseBlockSchema,
    ScreenshotToolUseBlockSchema,
    CursorPositionToolUseBlockSchema,
    ApplicationToolUseBlockSchema,
    WriteFileToolUseBlockSchema,
    ReadFileToolUseBlockSchema,
  ]))();

/** A use of any tool: the contract's own are checked, all others are kept as they are. */
export const ToolUseContentBlockSchema = /* @__PURE__ */ (() =>
  taggedOr("name", [
      MoveMouseToolUseBlockSchema,
      TraceMouseToolUseBlockSchema,
      ClickMouseToolUseBlockSchema,
      PressMouseToolUseBlockSchema,
      DragMouseToolUseBlockSchema,
      ScrollToolUseBlockSchema,
      TypeKeysToolUseBlockSchema,
      PressKeysToolUseBlockSchema,
      TypeTextToolUseBlockSchema,
      PasteTextToolUseBlockSchema,
      WaitToolUseBlockSchema,
      ScreenshotToolUseBlockSchema,
      CursorPositionToolUseBlockSchema,
      ApplicationToolUseBlockSchema,
      WriteFileToolUseBlockSchema,
      ReadFileToolUseBlockSchema,
      SetTaskStatusToolUseBlockSchema,
      CreateTaskToolUseBlockSchema,
    ], OtherToolUseBlockSchema))();

/** What a person did to the desktop, as a tool use. */
export const UserActionToolUseBlockSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("name", [
    MoveMouseToolUseBlockSchema,
    TraceMouseToolUseBlockSchema,
    ClickMouseToolUseBlockSchema,
    PressMouseToolUseBlockSchema,
    TypeKeysToolUseBlockSchema,
    PressKeysToolUseBlockSchema,
    TypeTextToolUseBlockSchema,
    DragMouseToolUseBlockSchema,
    ScrollToolUseBlockSchema,
  ]))();

/** The tags of `MessageContentBlock`. */
export const MessageContentTypeSchema = /* @__PURE__ */ (() =>
  z.enum(MessageContentType))();

/** How bytes are written. */
export const SourceEncodingSchema = /* @__PURE__ */ (() =>
  z.enum(SourceEncoding))();

/** The media type of a picture. */
export const ImageMediaTypeSchema = /* @__PURE__ */ (() =>
  z.enum(ImageMediaType))();

/** The bytes of a picture. */
export const ImageSourceSchema = /* @__PURE__ */ (() =>
  z.object({
    type: SourceEncodingSchema,
    media_type: ImageMediaTypeSchema,
    data: z.string(),
  }))();

/** The bytes of a file. */
export const DocumentSourceSchema = /* @__PURE__ */ (() =>
  z.object({
    type: SourceEncodingSchema,
    media_type: z.string(),
    data: z.string(),
  }))();

/** A text. */
export const TextContentBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("text"),
    text: z.string(),
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** A picture. */
export const ImageContentBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("image"),
    source: ImageSourceSchema,
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** A file. */
export const DocumentContentBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("document"),
    source: DocumentSourceSchema,
    name: z.string().optional(),
    size: z.int().min(0).optional(),
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Thoughts. */
export const ThinkingContentBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("thinking"),
    thinking: z.string(),
    signature: z.string(),
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** Thoughts that only their model can read. */
export const RedactedThinkingContentBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("redacted_thinking"),
    data: z.string(),
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)).optional(),
  }))();

/** What a person did to the desktop while they had it. */
export const UserActionContentBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("user_action"),
    content: z.lazy((): z.ZodType<UserActionContent[], UserActionContent[]> => z.array(UserActionContentSchema)),
  }))();

/** What a tool gave. */
export const ToolResultContentBlockSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("tool_result"),
    tool_use_id: z.string(),
    content: z.lazy((): z.ZodType<MessageContentBlock[], MessageContentBlock[]> => z.array(MessageContentBlockSchema)),
    is_error: z.boolean().optional(),
  }))();

/** A picture of the screen before, or what a person did then. */
export const UserActionContentSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("type", [
    ImageContentBlockSchema,
    UserActionToolUseBlockSchema,
  ]))();

/** A part of a message. */
export const MessageContentBlockSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("type", [
    TextContentBlockSchema,
    ImageContentBlockSchema,
    DocumentContentBlockSchema,
    ThinkingContentBlockSchema,
    RedactedThinkingContentBlockSchema,
    UserActionContentBlockSchema,
    ToolUseContentBlockSchema,
    ToolResultContentBlockSchema,
  ]))();

/** A tool as a model is told of it. */
export const LlmToolSchema = /* @__PURE__ */ (() =>
  z.object({
    name: z.string(),
    description: z.string(),
    input_schema: z.record(z.string(), z.unknown()),
  }))();

/** The agent asks. */
export const WsPermissionMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("permission"),
    seq: z.int().min(0),
    id: z.string().regex(pattern3),
    tool_call_id: z.string(),
    title: z.string(),
    tool_kind: z.string().optional(),
    options: z.array(PermissionOptionSchema),
  }))();

/** Any message of the stream: seed 000's six types, and those that only a client with `?progress=1` sends or gets. */
export const WsMessageExtSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("type", [
    WsOutputMessageSchema,
    WsInputMessageSchema,
    WsStatusMessageSchema,
    WsErrorMessageSchema,
    WsPingMessageSchema,
    WsPongMessageSchema,
    WsProgressMessageSchema,
    WsPermissionMessageSchema,
    WsAnsweredMessageSchema,
    WsPromptMessageSchema,
    WsTurnMessageSchema,
    WsEgressMessageSchema,
    WsLiveMessageSchema,
    WsAnswerMessageSchema,
    WsCancelMessageSchema,
    WsResizeMessageSchema,
  ]))();

/** One question, as `GET /api/v1/tasks/{id}/permissions` lists them. */
export const PermissionInfoSchema = /* @__PURE__ */ (() =>
  z.object({
    id: z.string().regex(pattern3),
    tool_call_id: z.string(),
    title: z.string(),
    tool_kind: z.string().optional(),
    options: z.array(PermissionOptionSchema),
    task_id: z.string().regex(pattern3),
    requested_at: z.string().regex(pattern10),
    seq: z.int().min(0),
  }))();

/** Host → guest, once. */
export const VsockInitMessageSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("init"),
    api_key: z.string(),
    prompt: z.string(),
    files: z.array(VsockFileSchema).nullable().optional(),
    prompt_id: z.string().regex(pattern3).optional(),
    agent: AgentStartSchema.optional(),
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

/** JSON lines between host and guest: seed 000's five, and Lia's additions. */
export const VsockMessageExtSchema = /* @__PURE__ */ (() =>
  z.discriminatedUnion("type", [
    VsockInitMessageSchema,
    VsockOutputMessageSchema,
    VsockInputMessageSchema,
    VsockExitMessageSchema,
    VsockHeartbeatMessageSchema,
    VsockHelloMessageSchema,
    VsockWelcomeMessageSchema,
    VsockCommandMessageSchema,
    VsockResizeMessageSchema,
    VsockAckMessageSchema,
    VsockRpcMessageSchema,
    VsockReadyMessageSchema,
    VsockBegunMessageSchema,
    VsockDoneMessageSchema,
    VsockErrorMessageSchema,
    VsockProgressMessageSchema,
    VsockTerminalMessageSchema,
    VsockChangedMessageSchema,
    VsockRefusedMessageSchema,
  ]))();

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
    sessionId: z.string().regex(pattern3).optional(),
    cwd: z.string().optional(),
    agentTemplateId: z.string().optional(),
    spawn: AgentSpawnSchema.optional(),
    name: z.string().optional(),
    runtimeInstance: z.string().optional(),
    webhooks: z.array(z.object({
        url: z.string().regex(pattern14),
        secret: z.string().min(1),
        events: z.array(WebhookEventTypeSchema).optional(),
      })).optional(),
    title: z.string().check(maxUnits(500)).optional(),
    setup: z.string().check(maxUnits(65536)).optional(),
    env: z.record(z.string().regex(pattern8), z.string().check(maxUnits(32768)).regex(pattern9)).refine((map) => Object.keys(map).length <= 100, "has more than 100 keys").optional(),
  }))();

/** `GET /api/webhooks/{id}/deliveries` */
export const ListDeliveriesQuerySchema = /* @__PURE__ */ (() =>
  z.object({
    state: DeliveryStateSchema.optional(),
    before: z.string().regex(pattern3).optional(),
    limit: z.int().min(1).max(100).default(20),
  }))();

/** The agent asks. */
export const SessionPermissionRequestEventSchema = /* @__PURE__ */ (() =>
  z.object({
    type: z.literal("permission_request"),
    data: PermissionRequestEventSchema,
    timestamp: z.string().regex(pattern10),
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

/** The session takes messages now (`session:ready`). */
export const SessionReadyEventSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3),
    timestamp: z.string().regex(pattern10),
    lastSequence: z.int().min(0).optional(),
    activeRun: ActiveRunSchema.optional(),
    pendingApprovals: z.array(ApprovalRequestSchema).optional(),
  }))();

/** To-dos are new (`todo:created`). */
export const TodoCreatedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    sessionId: z.string().regex(pattern3),
    todos: z.array(TodoItemSchema),
  }))();

/** A to-do's status changed (`todo:updated`). */
export const TodoUpdatedEventSchema = /* @__PURE__ */ (() =>
  z.object({
    todoId: z.string(),
    sessionId: z.string().regex(pattern3),
    status: TodoStatusSchema,
    completedAt: z.string().regex(pattern10).optional(),
  }))();
