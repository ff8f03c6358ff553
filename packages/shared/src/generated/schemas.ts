// Generated from crates/protocol by `cargo run -p xtask -- generate`. Do not edit.

import * as z from "zod";

import {
  ErrorCode,
  FileEncoding,
  TaskStatus,
  VsockMessageType,
  WsMessageType,
} from "./constants.js";

const pattern1 = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/u;
const pattern2 = /^[^\u0000-\u001f\u007f-\u009f]*$/u;
const pattern3 = /^(?:tcp:(?:\*\.)?(?=[A-Za-z0-9.-]{1,253}(?::|$))(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*(?!\d+(?::|$))(?!0[xX])[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?:0*(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])|(?:\*\.)?(?=[A-Za-z0-9.-]{1,253}(?::|$))(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*(?!\d+(?::|$))(?!0[xX])[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?::0*(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5]))?)$/u;
const pattern4 = /^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8])))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/u;

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
