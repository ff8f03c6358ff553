// Generated from crates/protocol by `cargo run -p xtask -- generate`. Do not edit.

import type {
  TaskStatus,
  FileEncoding,
  ErrorCode,
  WsMessageType,
  Scope,
  AgentMode,
  EntryKind,
  VsockMessageType,
  SessionEndReason,
  PromptMode,
  MessageStatus,
  WebhookEventType,
  WebhookSource,
  DeliveryState,
  PersistenceState,
  MessageRole,
  ChatEndReason,
  CompletionReason,
  ApprovalPriority,
  ApprovalDecision,
  CitationType,
  CitedFileSource,
  FetchStrategy,
  ChatAttachmentStatus,
  FileMentionType,
  HandoffType,
  SessionErrorCode,
  ApprovalErrorCode,
  TodoOutcome,
  SocketErrorCode,
  BcEntity,
  AssistantRole,
  ToolStatus,
  ChatSessionStatus,
  ApprovalActionType,
  ApprovalStatus,
  TodoStatus,
  ServiceTier,
  Button,
  Press,
  ScrollDirection,
  Application,
  AgentTaskStatus,
  CreateTaskType,
  CreateTaskPriority,
  MessageContentType,
  SourceEncoding,
  ImageMediaType,
} from "./constants.js";

/** Resources in force (seed 000's TaskConfig). */
export interface TaskConfig {
  /**
   * Running time after which the task ends.
   * @default 30
   */
  timeout_minutes: number;
  /**
   * Memory in MiB.
   * @default 2048
   */
  max_memory_mb: number;
  /**
   * CPU cores.
   * @default 2
   */
  vcpu_count: number;
  /**
   * Disk in GiB.
   * @default 50
   */
  storage_gb: number;
}

/** {@link TaskConfig} as it may be sent: what has a default may be left out. */
export interface TaskConfigInput {
  /**
   * Running time after which the task ends.
   * @default 30
   */
  timeout_minutes?: number;
  /**
   * Memory in MiB.
   * @default 2048
   */
  max_memory_mb?: number;
  /**
   * CPU cores.
   * @default 2
   */
  vcpu_count?: number;
  /**
   * Disk in GiB.
   * @default 50
   */
  storage_gb?: number;
}

/** Resources of one task. Absent keys of a request take the server's `vm.default_*`; replies carry what is in force. */
export interface TaskConfigRequest {
  /** Running time after which the task ends. */
  timeout_minutes?: number;
  /** Memory in MiB. */
  max_memory_mb?: number;
  /** CPU cores. */
  vcpu_count?: number;
  /** Disk in GiB. */
  storage_gb?: number;
}

/** One initial file. */
export interface TaskFile {
  /** Relative to the workspace: no `..`, not absolute, no empty part, no NUL. */
  name: string;
  /** The content in the form that `encoding` says. */
  content: string;
  /** `utf8` unless said otherwise. */
  encoding?: FileEncoding;
}

/** A repository to have in the workspace. */
export type Repository = string | {
  /** What the upload answered. */
  upload: string;
  /** The branch to check out. */
  branch?: string;
};

/** `POST /api/v1/tasks`. */
export interface CreateTaskRequest {
  /** What the agent shall do: 1 to 100,000 UTF-16 units. */
  prompt: string;
  /** The caller's own id, or another's with the scope `act-as`. */
  user_id: string;
  /** Where it was asked. */
  guild_id?: string;
  /** Resources. */
  config?: TaskConfigRequest;
  /** Initial files of the workspace. */
  files?: TaskFile[];
  /** A public key for SSH access, kept for runtimes that offer it. */
  ssh_public_key?: string;
  /** The agent template; the server's default when absent. */
  template?: string;
  /** Egress beyond the template's. */
  allow?: string[];
  /** Environment of the agent beyond the template's. */
  env?: Record<string, string>;
  /** Repositories in the workspace. */
  repositories?: Repository[];
  /** `discord`, `web`, or another client's name; kept, not interpreted. */
  source?: string;
}

/** A task as the API shows it. Absent values are `null`, never left out (seed 000). */
export interface TaskResponse {
  /** Unique. */
  id: string;
  /** The owner. */
  user_id: string;
  /** Where it was asked. */
  guild_id: string | null;
  /** As it was given. */
  prompt: string;
  /** Now. */
  status: TaskStatus;
  /** The instance's name; kept after its end. */
  vm_id: string | null;
  /** In force. */
  config: TaskConfig | null;
  /** When the task was accepted. */
  created_at: string;
  /** When it ran first. */
  started_at: string | null;
  /** When it ended. */
  completed_at: string | null;
  /** The agent's exit code; 128 + signal when a signal ended it. */
  exit_code: number | null;
  /** Why it ended, when not by the agent's own good exit. */
  error_message: string | null;
  /** The task's page; holds no secret. */
  web_url: string;
  /** How to reach it by SSH, where the runtime offers that. */
  ssh_command: string | null;
  /** The instance's address, where it has one. */
  ip_address: string | null;
  /** The task's session (ours). */
  session_id: string;
  /** The agent template (ours). */
  template: string;
  /** The runtime (ours). */
  runtime: string;
  /** Which client asked (ours). */
  source: string | null;
  /** When it was suspended last (ours). */
  suspended_at: string | null;
  /** Whether the agent works on a prompt now (ours). */
  busy: boolean;
  /** Prompts that wait (ours). */
  queued: number;
  /** Questions that wait for an answer (ours). */
  pending_permissions: number;
  /** How the last turn ended: an ACP stop reason, or `error`, `unknown` (ours). */
  stop_reason: string | null;
  /** The newest seq of the log (ours). */
  last_seq: number;
}

/** {@link TaskResponse} as it may be sent: what has a default may be left out. */
export interface TaskResponseInput {
  /** Unique. */
  id: string;
  /** The owner. */
  user_id: string;
  /** Where it was asked. */
  guild_id: string | null;
  /** As it was given. */
  prompt: string;
  /** Now. */
  status: TaskStatus;
  /** The instance's name; kept after its end. */
  vm_id: string | null;
  /** In force. */
  config: TaskConfigInput | null;
  /** When the task was accepted. */
  created_at: string;
  /** When it ran first. */
  started_at: string | null;
  /** When it ended. */
  completed_at: string | null;
  /** The agent's exit code; 128 + signal when a signal ended it. */
  exit_code: number | null;
  /** Why it ended, when not by the agent's own good exit. */
  error_message: string | null;
  /** The task's page; holds no secret. */
  web_url: string;
  /** How to reach it by SSH, where the runtime offers that. */
  ssh_command: string | null;
  /** The instance's address, where it has one. */
  ip_address: string | null;
  /** The task's session (ours). */
  session_id: string;
  /** The agent template (ours). */
  template: string;
  /** The runtime (ours). */
  runtime: string;
  /** Which client asked (ours). */
  source: string | null;
  /** When it was suspended last (ours). */
  suspended_at: string | null;
  /** Whether the agent works on a prompt now (ours). */
  busy: boolean;
  /** Prompts that wait (ours). */
  queued: number;
  /** Questions that wait for an answer (ours). */
  pending_permissions: number;
  /** How the last turn ended: an ACP stop reason, or `error`, `unknown` (ours). */
  stop_reason: string | null;
  /** The newest seq of the log (ours). */
  last_seq: number;
}

/** `GET /api/v1/tasks`. */
export interface TaskListResponse {
  /** Newest first. */
  tasks: TaskResponse[];
  /** How many match in all. */
  total: number;
  /** From 1. */
  page: number;
  /** 1 to 100. */
  per_page: number;
}

/** {@link TaskListResponse} as it may be sent: what has a default may be left out. */
export interface TaskListResponseInput {
  /** Newest first. */
  tasks: TaskResponseInput[];
  /** How many match in all. */
  total: number;
  /** From 1. */
  page: number;
  /** 1 to 100. */
  per_page: number;
}

/** `{"error": sentence, "code": CODE, "details"?: object}`. */
export interface ApiError {
  /** What happened, with which value, and what to do; for people. */
  error: string;
  /** For programs. */
  code?: ErrorCode;
  /** For programs: for validation errors `{"issues": [{"path", "message"}]}`. */
  details?: Record<string, unknown>;
}

/** One thing that is wrong with a request. */
export interface Issue {
  /** Where, as in `config.vcpu_count` or `files.3.name`. */
  path: string;
  /** What is wrong and what is allowed. */
  message: string;
}

/** Terminal output. */
export interface WsOutputMessage {
  /** Always `output`. */
  type: "output";
  /** Text; bytes that are not UTF-8 show as U+FFFD here. */
  data: string;
  /** Milliseconds since the epoch. */
  timestamp: number;
  /** The log's seq (ours). */
  seq?: number;
}

/** User input: bytes for a terminal, one prompt for an ACP agent. */
export interface WsInputMessage {
  /** Always `input`. */
  type: "input";
  /** The text. */
  data: string;
  /** Makes a repeat harmless (ours). */
  id?: string;
}

/** The task's status changed. */
export interface WsStatusMessage {
  /** Always `status`. */
  type: "status";
  /** The new status. */
  status: TaskStatus;
  /** Once the agent has ended. */
  exit_code?: number;
  /** The log's seq (ours). */
  seq?: number;
}

/** Something failed. Seed 003's per-session socket has the same message. */
export interface WsErrorMessage {
  /** Always `error`. */
  type: "error";
  /** A sentence. */
  message: string;
  /** The log's seq, when the error is an event and not an answer to the asker (ours). */
  seq?: number;
}

/** Keep-alive. */
export interface WsPingMessage {
  /** Always `ping`. */
  type: "ping";
}

/** Answer to `ping`, to the asker alone. Seed 003's channels have the same message. */
export interface WsPongMessage {
  /** Always `pong`. */
  type: "pong";
}

/** Seed 000's union, exactly its six types. Extra fields may be there, extra types not. */
export type WsMessage =
  | WsOutputMessage
  | WsInputMessage
  | WsStatusMessage
  | WsErrorMessage
  | WsPingMessage
  | WsPongMessage;

/** The stream's additions for a client that connects with `?progress=1`: a step of set-up. */
export interface WsProgressMessage {
  /** Always `progress`. */
  type: "progress";
  /** The log's seq. */
  seq: number;
  /** `creating_vm`, `configuring_vm`, `booting_vm`, `connecting_agent`, `initializing_agent`, `ready`, … */
  stage: string;
  /** For people. */
  message: string;
}

/** The agent asks. */
export interface WsPermissionMessage {
  /** Always `permission`. */
  type: "permission";
  /** The log's seq. */
  seq: number;
  /** Lia's name of the question. */
  id: string;
  /** The agent's name of the tool call. */
  tool_call_id: string;
  /** What it wants to do. */
  title: string;
  /** ACP's tool kind, if said. */
  tool_kind?: string;
  /** The answers offered. */
  options: PermissionOption[];
}

/** A question was answered. */
export interface WsAnsweredMessage {
  /** Always `answered`. */
  type: "answered";
  /** The log's seq. */
  seq: number;
  /** Which question. */
  id: string;
  /** The option taken; absent is "cancelled". */
  option_id?: string;
  /** Its kind. */
  option_kind?: string;
  /** Who: `system`, or `user:` and a user's id. */
  by: string;
}

/** A prompt's state changed. */
export interface WsPromptMessage {
  /** Always `prompt`. */
  type: "prompt";
  /** The log's seq. */
  seq: number;
  /** Which prompt. */
  id: string;
  /** The new state: `queued`, `delivered`, `unknown`, `withdrawn`. */
  state: string;
}

/** A turn ended. */
export interface WsTurnMessage {
  /** Always `turn`. */
  type: "turn";
  /** The log's seq. */
  seq: number;
  /** The prompt's command. */
  command: string;
  /** An ACP stop reason, or `error`, `unknown`. */
  stop_reason: string;
  /** The agent's error, for `error`. */
  error?: string;
}

/** An egress connection was refused or allowed. */
export interface WsEgressMessage {
  /** Always `egress`. */
  type: "egress";
  /** The log's seq. */
  seq: number;
  /** `refused` or `allowed`. */
  verdict: string;
  /** Where to. */
  host: string;
  /** Port. */
  port: number;
  /** Why it was refused. */
  reason?: string;
}

/** The client is up to date: everything before `seq` has been sent. */
export interface WsLiveMessage {
  /** Always `live`. */
  type: "live";
  /** The newest seq at that moment. */
  seq: number;
}

/** A client's answer to a permission (`?progress=1` only). */
export interface WsAnswerMessage {
  /** Always `answer`. */
  type: "answer";
  /** Which question. */
  id: string;
  /** One of the options that the agent offered; absent or `null` is "cancelled". */
  option_id?: string | null;
}

/** A client stops the running turn (`?progress=1` only). */
export interface WsCancelMessage {
  /** Always `cancel`. */
  type: "cancel";
}

/** A client's terminal has another size (`?progress=1` only). */
export interface WsResizeMessage {
  /** Always `resize`. */
  type: "resize";
  /** Columns. */
  cols: number;
  /** Rows. */
  rows: number;
}

/** Any message of the stream: seed 000's six types, and those that only a client with `?progress=1` sends or gets. */
export type WsMessageExt =
  | WsOutputMessage
  | WsInputMessage
  | WsStatusMessage
  | WsErrorMessage
  | WsPingMessage
  | WsPongMessage
  | WsProgressMessage
  | WsPermissionMessage
  | WsAnsweredMessage
  | WsPromptMessage
  | WsTurnMessage
  | WsEgressMessage
  | WsLiveMessage
  | WsAnswerMessage
  | WsCancelMessage
  | WsResizeMessage;

/** `GET /api/v1/me` */
export interface Me {
  /** Whose credential it is. */
  user_id: string;
  /** What it may do. */
  scopes: Scope[];
}

/** `POST /api/v1/tokens` (administrator) */
export interface CreateTokenRequest {
  /** Whose. */
  user_id: string;
  /** What for. */
  scopes: Scope[];
  /**
   * A note for people, at most 100 characters.
   * @default ""
   */
  label: string;
  /** Seconds that it lives; none is for ever. */
  expires_in_seconds?: number;
}

/** {@link CreateTokenRequest} as it may be sent: what has a default may be left out. */
export interface CreateTokenRequestInput {
  /** Whose. */
  user_id: string;
  /** What for. */
  scopes: Scope[];
  /**
   * A note for people, at most 100 characters.
   * @default ""
   */
  label?: string;
  /** Seconds that it lives; none is for ever. */
  expires_in_seconds?: number;
}

/** A token as lists show it. */
export interface TokenInfo {
  /** Its public name. */
  id: string;
  /** Whose. */
  user_id: string;
  /** What for. */
  scopes: Scope[];
  /** A note. */
  label: string;
  /** When made. */
  created_at: string;
  /** When it ends. */
  expires_at: string | null;
  /** When it was revoked. */
  revoked_at: string | null;
}

/** The one time that a token is shown. */
export interface CreateTokenResponse {
  /** The token itself. */
  token: string;
  /** Its public name. */
  id: string;
  /** Whose. */
  user_id: string;
  /** What for. */
  scopes: Scope[];
  /** A note. */
  label: string;
  /** When made. */
  created_at: string;
  /** When it ends. */
  expires_at: string | null;
  /** When it was revoked. */
  revoked_at: string | null;
}

/** `POST /api/v1/tickets`: for a WebSocket or SSE client that can set neither header nor cookie. */
export interface TicketResponse {
  /** Goes into `?ticket=`; works once, for 60 seconds. */
  ticket: string;
  /** Seconds. */
  expires_in: number;
}

/** `POST /api/v1/login`: exchanges the printed link's code for a cookie. */
export interface LoginRequest {
  /** The one-time code, or a token. */
  code: string;
}

/** `POST /api/v1/server/down`: ends the server. */
export interface DownRequest {
  /**
   * Whether the instances end too.
   * @default false
   */
  instances: boolean;
}

/** {@link DownRequest} as it may be sent: what has a default may be left out. */
export interface DownRequestInput {
  /**
   * Whether the instances end too.
   * @default false
   */
  instances?: boolean;
}

/** `POST /api/v1/tasks/{id}/resize` */
export interface ResizeRequest {
  /** Columns. */
  cols: number;
  /** Rows. */
  rows: number;
}

/** `progress` while an agent is installed (`POST /api/v1/agents/{name}/install`). */
export interface InstallProgress {
  /** A line for people. */
  message: string;
}

/** `done` when an agent was installed. `error` has an `ApiError`(crate::error::ApiError). */
export interface InstallDone {
  /** The installed version. */
  version: string;
}

/** `POST /api/v1/tasks/{id}/input` */
export interface InputRequest {
  /** Bytes for a terminal, one prompt for an ACP agent. */
  data: string;
  /** Makes a repeat harmless. */
  id?: string;
}

/** What became of an input: 202. */
export interface InputResponse {
  /** Its row in the inbox. */
  id: string;
  /** How many prompts wait before it; 0 when it goes at once. */
  position: number;
}

/** One question, as `GET /api/v1/tasks/{id}/permissions` lists them. */
export interface PermissionInfo {
  /** Lia's name of the question. */
  id: string;
  /** The agent's name of the tool call. */
  tool_call_id: string;
  /** What it wants to do. */
  title: string;
  /** ACP's tool kind, if said. */
  tool_kind?: string;
  /** The answers offered. */
  options: PermissionOption[];
  /** The task that asks. */
  task_id: string;
  /** When it was asked. */
  requested_at: string;
  /** The log's seq of the question. */
  seq: number;
}

/** `POST /api/v1/tasks/{id}/permissions/{permission}` */
export interface AnswerRequest {
  /** One of the offered options; `null` or absent is "cancelled". */
  option_id?: string | null;
}

/** A waiting prompt. */
export interface QueuedPrompt {
  /** Its row in the inbox. */
  id: string;
  /** The text. */
  text: string;
  /** 0 is next. */
  position: number;
  /** When accepted. */
  queued_at: string;
}

/** `POST /api/v1/uploads`: 201. */
export interface UploadResponse {
  /** For `repositories[].upload`. */
  id: string;
  /** Bytes. */
  size: number;
}

/** `GET /health` */
export interface Health {
  /** `ok` or `degraded`. */
  status: string;
  /** What is wrong. */
  error?: string;
  /** Lia's version. */
  version: string;
  /** The contract's version: `crate::VERSION`. */
  contract?: string;
  /** `sqlite` */
  store: string;
}

/** One of the answers that an agent offers. */
export interface PermissionOption {
  /** What goes back to the agent. */
  option_id: string;
  /** For people. */
  name: string;
  /** `allow_once`, `allow_always`, `reject_once`, `reject_always`, or another word of the agent. */
  kind: string;
}

/** `permission.answered` */
export interface PermissionAnswered {
  /** Which question. */
  id: string;
  /** The option taken; `None` is "cancelled". */
  option_id?: string;
  /** Its kind. */
  option_kind?: string;
  /** Who: an `Actor` as text. */
  by: string;
}

/** One ACP frame. */
export interface RpcLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `rpc`. */
  kind: "rpc";
  /** Who to whom. */
  direction: "client_to_agent" | "agent_to_client";
  /** What it is. */
  phase: "request" | "response" | "notification";
  /** The frame: a JSON-RPC message. */
  body: Record<string, unknown>;
}

/** Bytes of a terminal. */
export interface OutputLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `output`. */
  kind: "output";
  /** The bytes. */
  body: {
    /** Bytes before these. */
    pos: number;
    /** The bytes in base64. */
    data: string;
  };
}

/** The task's state changed. */
export interface TaskStateLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `task.state`. */
  kind: "task.state";
  /** What. */
  body: {
    /** The new state. */
    status: TaskStatus;
    /** Why: `created`, `idle`, `user`, `timeout`, `agent_exit`, `deleted`, `node_restart`, … */
    reason: string;
    /** The agent's exit code, once it has ended. */
    exit_code?: number;
    /** A sentence, when something failed. */
    error?: string;
  };
}

/** A turn began. */
export interface TurnStartedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `turn.started`. */
  kind: "turn.started";
  /** What. */
  body: {
    /** The prompt's command. */
    command: string;
  };
}

/** A turn ended. */
export interface TurnEndedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `turn.ended`. */
  kind: "turn.ended";
  /** What. */
  body: {
    /** The prompt's command. */
    command: string;
    /** An ACP stop reason (`end_turn`, `max_tokens`, `max_turn_requests`, `refusal`, `cancelled`), or `error`, `unknown`. */
    stop_reason: string;
    /** The agent's error, for `error`. */
    error?: string;
  };
}

/** A prompt was accepted and waits. */
export interface PromptQueuedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `prompt.queued`. */
  kind: "prompt.queued";
  /** What. */
  body: {
    /** The prompt's command. */
    command: string;
    /** The text. */
    text: string;
    /** How many wait before it. */
    position: number;
  };
}

/** The sidecar has begun to act on a prompt. */
export interface PromptDeliveredLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `prompt.delivered`. */
  kind: "prompt.delivered";
  /** What. */
  body: {
    /** The prompt's command. */
    command: string;
  };
}

/** Whether the prompt was acted on is not known; it is never resent by itself. */
export interface PromptUnknownLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `prompt.unknown`. */
  kind: "prompt.unknown";
  /** What. */
  body: {
    /** The command. */
    command: string;
    /** Why. */
    reason: string;
  };
}

/** A prompt was taken back before it was delivered. */
export interface PromptWithdrawnLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `prompt.withdrawn`. */
  kind: "prompt.withdrawn";
  /** What. */
  body: {
    /** The command. */
    command: string;
    /** Why: `user`, `terminated`. */
    reason: string;
  };
}

/** The agent asks a person. */
export interface PermissionRequestedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `permission.requested`. */
  kind: "permission.requested";
  /** What. */
  body: {
    /** Lia's name of the question. */
    id: string;
    /** The agent's name of the tool call. */
    tool_call_id: string;
    /** What it wants to do. */
    title: string;
    /** ACP's tool kind, if said. */
    tool_kind?: string;
    /** The answers offered. */
    options: PermissionOption[];
  };
}

/** The first answer to a question. */
export interface PermissionAnsweredLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `permission.answered`. */
  kind: "permission.answered";
  /** What. */
  body: PermissionAnswered;
}

/** The gateway refused a connection. */
export interface EgressRefusedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `egress.refused`. */
  kind: "egress.refused";
  /** What. */
  body: {
    /** As asked for (at most 255 bytes, printable). */
    host: string;
    /** Port. */
    port: number;
    /** `proxy`, `transparent`, `broker`, `dns`. */
    door: string;
    /** A readable sentence. */
    reason: string;
    /**
     * How many more of the same were folded into this one.
     * @default 0
     */
    repeated: number;
  };
}

/** {@link EgressRefusedLogEvent} as it may be sent: what has a default may be left out. */
export interface EgressRefusedLogEventInput {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `egress.refused`. */
  kind: "egress.refused";
  /** What. */
  body: {
    /** As asked for (at most 255 bytes, printable). */
    host: string;
    /** Port. */
    port: number;
    /** `proxy`, `transparent`, `broker`, `dns`. */
    door: string;
    /** A readable sentence. */
    reason: string;
    /**
     * How many more of the same were folded into this one.
     * @default 0
     */
    repeated?: number;
  };
}

/** The gateway let a connection pass (first of its destination). */
export interface EgressAllowedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `egress.allowed`. */
  kind: "egress.allowed";
  /** What. */
  body: {
    /** The host. */
    host: string;
    /** Port. */
    port: number;
    /** `proxy`, `transparent`. */
    door: string;
  };
}

/** Tokens that went through the broker. */
export interface UsageLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `usage`. */
  kind: "usage";
  /** What. */
  body: {
    /** `anthropic`, `openai`, `gemini`. */
    provider: string;
    /** As the provider named it. */
    model: string;
    /** Tokens in. */
    input_tokens: number;
    /** Tokens out. */
    output_tokens: number;
    /**
     * Input tokens read from a cache (part of none of the above with Anthropic, of `input_tokens` with OpenAI).
     * @default 0
     */
    cache_read_tokens: number;
    /**
     * Input tokens written to a cache.
     * @default 0
     */
    cache_write_tokens: number;
    /** The HTTP status of the upstream. */
    status: number;
  };
}

/** {@link UsageLogEvent} as it may be sent: what has a default may be left out. */
export interface UsageLogEventInput {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `usage`. */
  kind: "usage";
  /** What. */
  body: {
    /** `anthropic`, `openai`, `gemini`. */
    provider: string;
    /** As the provider named it. */
    model: string;
    /** Tokens in. */
    input_tokens: number;
    /** Tokens out. */
    output_tokens: number;
    /**
     * Input tokens read from a cache (part of none of the above with Anthropic, of `input_tokens` with OpenAI).
     * @default 0
     */
    cache_read_tokens?: number;
    /**
     * Input tokens written to a cache.
     * @default 0
     */
    cache_write_tokens?: number;
    /** The HTTP status of the upstream. */
    status: number;
  };
}

/** Files of the workspace changed. */
export interface FsChangedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `fs.changed`. */
  kind: "fs.changed";
  /** What. */
  body: {
    /** Those whose content changed, relative to the workspace. */
    paths: string[];
    /** Those that are new. */
    added?: string[];
    /** Those that are gone. */
    deleted?: string[];
    /** Whether more may have changed than is listed. */
    truncated?: true;
  };
}

/** A step of set-up. */
export interface ProgressLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `progress`. */
  kind: "progress";
  /** What. */
  body: {
    /** `creating_vm`, `configuring_vm`, `booting_vm`, `connecting_agent`, `initializing_agent`, `ready`, … */
    stage: string;
    /** For people. */
    message: string;
  };
}

/** Something failed. */
export interface ErrorLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `error`. */
  kind: "error";
  /** What. */
  body: {
    /** A sentence. */
    message: string;
    /** For programs. */
    code?: string;
  };
}

/** The oldest PTY bytes were dropped. */
export interface LogTruncatedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `log.truncated`. */
  kind: "log.truncated";
  /** What. */
  body: {
    /** PTY bytes dropped so far. */
    bytes: number;
  };
}

/** The agent answered the handshake. */
export interface AgentReadyLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `agent.ready`. */
  kind: "agent.ready";
  /** What. */
  body: {
    /** The agent's own session id. */
    acp_session?: string;
    /**
     * Whether it offers `session/load`.
     * @default false
     */
    can_load: boolean;
    /** Its name and version, if said. */
    agent?: string;
    /**
     * Whether this is a loaded session and not a new one.
     * @default false
     */
    loaded: boolean;
  };
}

/** {@link AgentReadyLogEvent} as it may be sent: what has a default may be left out. */
export interface AgentReadyLogEventInput {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `agent.ready`. */
  kind: "agent.ready";
  /** What. */
  body: {
    /** The agent's own session id. */
    acp_session?: string;
    /**
     * Whether it offers `session/load`.
     * @default false
     */
    can_load?: boolean;
    /** Its name and version, if said. */
    agent?: string;
    /**
     * Whether this is a loaded session and not a new one.
     * @default false
     */
    loaded?: boolean;
  };
}

/** The agent's process ended. */
export interface AgentExitedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `agent.exited`. */
  kind: "agent.exited";
  /** What. */
  body: {
    /** Its exit code; 128 + signal when a signal ended it. */
    code: number;
    /** The signal. */
    signal?: number;
    /** The end of its standard error (at most 4,000 bytes). */
    stderr_tail?: string;
  };
}

/** Waiting prompts are held back. */
export interface QueuePausedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `queue.paused`. */
  kind: "queue.paused";
  /** What. */
  body: Record<string, unknown>;
}

/** Waiting prompts go on. */
export interface QueueResumedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `queue.resumed`. */
  kind: "queue.resumed";
  /** What. */
  body: Record<string, unknown>;
}

/** Waiting prompts were put into another order. */
export interface QueueReorderedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `queue.reordered`. */
  kind: "queue.reordered";
  /** What. */
  body: {
    /** All prompts that wait, the next one first. */
    order: string[];
  };
}

/** What is decided about the session changed. */
export interface SettingsChangedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `settings.changed`. */
  kind: "settings.changed";
  /** What. */
  body: {
    /** Whether Lia itself answers questions with the first option that allows; absent: as the server's settings have it. */
    auto_approve?: boolean;
  };
}

/** A person opened a terminal. */
export interface TerminalOpenedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `terminal.opened`. */
  kind: "terminal.opened";
  /** What. */
  body: {
    /** Which (`crate::terminal::TerminalId`). */
    terminal: string;
    /** What runs in it. */
    command: string;
    /** Its first size: columns. */
    cols: number;
    /** Its first size: rows. */
    rows: number;
  };
}

/** A person's terminal is over. */
export interface TerminalClosedLogEvent {
  /** Gapless from 1 within the session. */
  seq: number;
  /** When it was appended. Never sort by it. */
  at: string;
  /** Whose log. */
  session: string;
  /** The turn it belongs to. */
  turn?: string;
  /** Who made it: `system`, `sidecar`, `agent`, `gateway`, or `user:` and a user's id. */
  actor: string;
  /** The command that led to it. */
  cause?: string;
  /** Version of the body's form. */
  v: number;
  /** Always `terminal.closed`. */
  kind: "terminal.closed";
  /** What. */
  body: {
    /** Which. */
    terminal: string;
    /** The exit code, when its command ended by itself: 128 + signal when a signal ended it. */
    exit_code?: number;
    /** Why it is over, when not because its command ended. */
    error?: string;
  };
}

/** One entry of a task's log. */
export type LogEvent =
  | RpcLogEvent
  | OutputLogEvent
  | TaskStateLogEvent
  | TurnStartedLogEvent
  | TurnEndedLogEvent
  | PromptQueuedLogEvent
  | PromptDeliveredLogEvent
  | PromptUnknownLogEvent
  | PromptWithdrawnLogEvent
  | PermissionRequestedLogEvent
  | PermissionAnsweredLogEvent
  | EgressRefusedLogEvent
  | EgressAllowedLogEvent
  | UsageLogEvent
  | FsChangedLogEvent
  | ProgressLogEvent
  | ErrorLogEvent
  | LogTruncatedLogEvent
  | AgentReadyLogEvent
  | AgentExitedLogEvent
  | QueuePausedLogEvent
  | QueueResumedLogEvent
  | QueueReorderedLogEvent
  | SettingsChangedLogEvent
  | TerminalOpenedLogEvent
  | TerminalClosedLogEvent;

/** {@link LogEvent} as it may be sent: what has a default may be left out. */
export type LogEventInput =
  | RpcLogEvent
  | OutputLogEvent
  | TaskStateLogEvent
  | TurnStartedLogEvent
  | TurnEndedLogEvent
  | PromptQueuedLogEvent
  | PromptDeliveredLogEvent
  | PromptUnknownLogEvent
  | PromptWithdrawnLogEvent
  | PermissionRequestedLogEvent
  | PermissionAnsweredLogEvent
  | EgressRefusedLogEventInput
  | EgressAllowedLogEvent
  | UsageLogEventInput
  | FsChangedLogEvent
  | ProgressLogEvent
  | ErrorLogEvent
  | LogTruncatedLogEvent
  | AgentReadyLogEventInput
  | AgentExitedLogEvent
  | QueuePausedLogEvent
  | QueueResumedLogEvent
  | QueueReorderedLogEvent
  | SettingsChangedLogEvent
  | TerminalOpenedLogEvent
  | TerminalClosedLogEvent;

/** A template with what is known of it on this server. */
export interface TemplateInfo {
  /** Letters, digits, '-', '_', '.'. */
  name: string;
  /** For people. */
  title: string;
  /** The program inside the sandbox. `{agent}` stands for the agent's installed folder, `{node}` for its Node.js. */
  command: string;
  /**
   * Its arguments, with the same place-holders.
   * @default []
   */
  args: string[];
  /**
   * Variables for the agent; values are shown empty. `{broker}` stands for the broker's base URL, `{key}` for the placeholder key.
   * @default {}
   */
  env: Record<string, string>;
  /**
   * Files of the agent's home, made anew at each start (path below home → content, with the same place-holders).
   * @default {}
   */
  home_files: Record<string, string>;
  /** How Lia speaks to it. */
  mode: AgentMode;
  /** The ACP authentication method to call after `initialize`. */
  authenticate?: string;
  /** The installable agent that the command needs (`lia agents install NAME`). */
  install?: string;
  /**
   * Providers whose broker routes the agent may use.
   * @default []
   */
  providers: string[];
  /**
   * Egress that the agent needs.
   * @default []
   */
  allow: string[];
  /**
   * Whether permission questions are answered with the first `allow*` option by Lia itself.
   * @default false
   */
  auto_allow: boolean;
  /** Whether it can be started now. */
  ready: boolean;
  /** What is missing, and the mend, when it cannot. */
  missing?: string;
  /** The installed version. */
  version?: string;
}

/** {@link TemplateInfo} as it may be sent: what has a default may be left out. */
export interface TemplateInfoInput {
  /** Letters, digits, '-', '_', '.'. */
  name: string;
  /** For people. */
  title: string;
  /** The program inside the sandbox. `{agent}` stands for the agent's installed folder, `{node}` for its Node.js. */
  command: string;
  /**
   * Its arguments, with the same place-holders.
   * @default []
   */
  args?: string[];
  /**
   * Variables for the agent; values are shown empty. `{broker}` stands for the broker's base URL, `{key}` for the placeholder key.
   * @default {}
   */
  env?: Record<string, string>;
  /**
   * Files of the agent's home, made anew at each start (path below home → content, with the same place-holders).
   * @default {}
   */
  home_files?: Record<string, string>;
  /** How Lia speaks to it. */
  mode: AgentMode;
  /** The ACP authentication method to call after `initialize`. */
  authenticate?: string;
  /** The installable agent that the command needs (`lia agents install NAME`). */
  install?: string;
  /**
   * Providers whose broker routes the agent may use.
   * @default []
   */
  providers?: string[];
  /**
   * Egress that the agent needs.
   * @default []
   */
  allow?: string[];
  /**
   * Whether permission questions are answered with the first `allow*` option by Lia itself.
   * @default false
   */
  auto_allow?: boolean;
  /** Whether it can be started now. */
  ready: boolean;
  /** What is missing, and the mend, when it cannot. */
  missing?: string;
  /** The installed version. */
  version?: string;
}

/** One means of isolation. */
export interface Isolation {
  /**
   * `user-namespace`, `own-uid`, `cgroup-memory`, `cgroup-cpu`, `cgroup-pids`, `storage`, `seccomp`, `landlock`,
   * `network`, …
   */
  name: string;
  /** Whether it is in force. */
  active: boolean;
  /** How, or why not and what would mend it. */
  how: string;
}

/** A runtime as the API shows it. */
export interface RuntimeStatus {
  /** `local`, … */
  name: string;
  /** Whether it can start an instance now. */
  available: boolean;
  /** What is missing, and the mend. */
  missing?: string;
  /** In force, means by means. */
  isolation: Isolation[];
  /** `freeze`, `signal`, `snapshot` or `none`. */
  suspend: string;
}

/** `GET /health` */
export interface HostHealth {
  /** `ok` */
  status: string;
  /** The sidecar's version. */
  version: string;
  /** Sessions that it knows. */
  sessions: string[];
}

/** One entry. */
export interface DirEntry {
  /** The bare name; bytes that are not UTF-8 show as U+FFFD. */
  name: string;
  /** What it is. */
  kind: EntryKind;
  /** Bytes, of a file. */
  size: number;
}

/** `GET /fs/list`, sorted by name, at most 10,000 entries. */
export interface DirList {
  /** The entries. */
  entries: DirEntry[];
  /** Whether there are more. */
  truncated: boolean;
}

/** One initial file. */
export interface VsockFile {
  /** Relative to the workspace. */
  name: string;
  /** The content in the form that `encoding` says. */
  content: string;
  /** `utf8` unless said otherwise (ours). */
  encoding?: FileEncoding;
}

/** Host → guest, once. */
export interface VsockInitMessage {
  /** Always `init`. */
  type: "init";
  /** The agent's key variable. Lia always sends a worthless placeholder. */
  api_key: string;
  /** The user's request. */
  prompt: string;
  /** Initial files; hosts of the seed's ancestor write `null` when there are none. */
  files?: VsockFile[] | null;
  /** The first prompt's row in the inbox (ours). */
  prompt_id?: string;
  /** What to start (ours). */
  agent?: AgentStart;
}

/** {@link VsockInitMessage} as it may be sent: what has a default may be left out. */
export interface VsockInitMessageInput {
  /** Always `init`. */
  type: "init";
  /** The agent's key variable. Lia always sends a worthless placeholder. */
  api_key: string;
  /** The user's request. */
  prompt: string;
  /** Initial files; hosts of the seed's ancestor write `null` when there are none. */
  files?: VsockFile[] | null;
  /** The first prompt's row in the inbox (ours). */
  prompt_id?: string;
  /** What to start (ours). */
  agent?: AgentStartInput;
}

/** Guest → host. */
export interface VsockOutputMessage {
  /** Always `output`. */
  type: "output";
  /** Its place in the journal (ours). */
  offset?: number;
  /** Bytes of the terminal before these (ours). */
  pos?: number;
  /** Text; empty when `base64` is there. */
  data: string;
  /** The bytes in base64, when they are not UTF-8 (ours). */
  base64?: string;
}

/** Host → guest. */
export interface VsockInputMessage {
  /** Always `input`. */
  type: "input";
  /** Text. */
  data: string;
}

/** Guest → host: the agent has ended. */
export interface VsockExitMessage {
  /** Always `exit`. */
  type: "exit";
  /** Its place in the journal (ours). */
  offset?: number;
  /** Its exit code; 128 + signal when a signal ended it. */
  code: number;
  /** The signal (ours). */
  signal?: number;
  /** The end of its standard error (ours). */
  stderr_tail?: string;
}

/** Both ways. */
export interface VsockHeartbeatMessage {
  /** Always `heartbeat`. */
  type: "heartbeat";
}

/** JSON lines between host and guest (seed 000). */
export type VsockMessage =
  | VsockInitMessage
  | VsockOutputMessage
  | VsockInputMessage
  | VsockExitMessage
  | VsockHeartbeatMessage;

/** {@link VsockMessage} as it may be sent: what has a default may be left out. */
export type VsockMessageInput =
  | VsockInitMessageInput
  | VsockOutputMessage
  | VsockInputMessage
  | VsockExitMessage
  | VsockHeartbeatMessage;

/** `GET /login` */
export interface LoginLinkQuery {
  /** The printed link's one-time code. */
  code: string;
}

/** The query string of a stream that is opened by a ticket (`POST /api/v1/tickets`), beside the stream's own. */
export interface TicketQuery {
  /** The ticket; without it another credential is there. */
  ticket?: string;
}

/** `GET /api/v1/tasks` */
export interface ListTasksQuery {
  /** Whose; an administrator may name another user, and sees all tasks without it. */
  user_id?: string;
  /** Asked in this Discord server. */
  guild_id?: string;
  /** One status, or several with commas. */
  status?: string;
  /**
   * Which page, from 1.
   * @default 1
   */
  page: number;
  /**
   * Tasks of a page.
   * @default 20
   */
  per_page: number;
  /** The beginning of a task's id; finds ten at most, in place of a page. */
  prefix?: string;
}

/** {@link ListTasksQuery} as it may be sent: what has a default may be left out. */
export interface ListTasksQueryInput {
  /** Whose; an administrator may name another user, and sees all tasks without it. */
  user_id?: string;
  /** Asked in this Discord server. */
  guild_id?: string;
  /** One status, or several with commas. */
  status?: string;
  /**
   * Which page, from 1.
   * @default 1
   */
  page?: number;
  /**
   * Tasks of a page.
   * @default 20
   */
  per_page?: number;
  /** The beginning of a task's id; finds ten at most, in place of a page. */
  prefix?: string;
}

/** `DELETE /api/v1/tasks/{id}` */
export interface DeleteTaskQuery {
  /**
   * Whether its record and log go too.
   * @default false
   */
  purge: boolean;
}

/** {@link DeleteTaskQuery} as it may be sent: what has a default may be left out. */
export interface DeleteTaskQueryInput {
  /**
   * Whether its record and log go too.
   * @default false
   */
  purge?: boolean;
}

/** `GET /api/v1/tasks/{id}/output` and `…/events` */
export interface LogQuery {
  /**
   * Begins after this seq.
   * @default 0
   */
  from: number;
  /** At most so many. */
  limit?: number;
  /** Whether the stream goes on with what is still to come; without it, it does unless `limit` is there. */
  follow?: boolean;
}

/** {@link LogQuery} as it may be sent: what has a default may be left out. */
export interface LogQueryInput {
  /**
   * Begins after this seq.
   * @default 0
   */
  from?: number;
  /** At most so many. */
  limit?: number;
  /** Whether the stream goes on with what is still to come; without it, it does unless `limit` is there. */
  follow?: boolean;
}

/** `GET /api/v1/tasks/{id}/stream` */
export interface StreamQuery {
  /**
   * Begins after this seq.
   * @default 0
   */
  from: number;
  /** `1` or `true` asks for the extended messages too. */
  progress?: string;
}

/** {@link StreamQuery} as it may be sent: what has a default may be left out. */
export interface StreamQueryInput {
  /**
   * Begins after this seq.
   * @default 0
   */
  from?: number;
  /** `1` or `true` asks for the extended messages too. */
  progress?: string;
}

/** `GET /ws/sessions/{id}` and `GET /api/agents/{agentId}/stream` */
export interface SinceQuery {
  /**
   * Begins after this seq.
   * @default 0
   */
  since: number;
}

/** {@link SinceQuery} as it may be sent: what has a default may be left out. */
export interface SinceQueryInput {
  /**
   * Begins after this seq.
   * @default 0
   */
  since?: number;
}

/** `GET /api/v1/tasks/{id}/files` */
export interface FolderQuery {
  /**
   * Below the workspace; empty is the workspace.
   * @default ""
   */
  path: string;
}

/** {@link FolderQuery} as it may be sent: what has a default may be left out. */
export interface FolderQueryInput {
  /**
   * Below the workspace; empty is the workspace.
   * @default ""
   */
  path?: string;
}

/** `GET` and `PUT /api/v1/tasks/{id}/files/content` */
export interface FileQuery {
  /** Below the workspace. */
  path: string;
}

/** `GET /api/v1/tasks/{id}/diff` and `…/bundle` */
export interface RepositoryQuery {
  /**
   * The repository's folder below the workspace; empty is the workspace.
   * @default ""
   */
  dir: string;
}

/** {@link RepositoryQuery} as it may be sent: what has a default may be left out. */
export interface RepositoryQueryInput {
  /**
   * The repository's folder below the workspace; empty is the workspace.
   * @default ""
   */
  dir?: string;
}

/** `GET /api/agents` */
export interface ListSessionsQuery {
  /** Whether a session is over. */
  status?: "active" | "killed";
  /** Only those of this runtime instance. */
  runtimeInstance?: string;
  /** Which page, from 1; all sessions when neither this nor `perPage` is there. */
  page?: number;
  /** Sessions of a page. */
  perPage?: number;
}

/** `GET /api/agents/{agentId}` */
export interface SessionQuery {
  /**
   * Whether its files come too.
   * @default false
   */
  includeFileSystem: boolean;
  /**
   * Whether what git ignores is shown too.
   * @default false
   */
  showAllFiles: boolean;
}

/** {@link SessionQuery} as it may be sent: what has a default may be left out. */
export interface SessionQueryInput {
  /**
   * Whether its files come too.
   * @default false
   */
  includeFileSystem?: boolean;
  /**
   * Whether what git ignores is shown too.
   * @default false
   */
  showAllFiles?: boolean;
}

/** `GET /api/agents/{agentId}/terminals/{terminalId}` */
export interface TerminalQuery {
  /**
   * Begins after so many bytes of its output.
   * @default 0
   */
  offset: number;
}

/** {@link TerminalQuery} as it may be sent: what has a default may be left out. */
export interface TerminalQueryInput {
  /**
   * Begins after so many bytes of its output.
   * @default 0
   */
  offset?: number;
}

/** What to start. Place-holders of the template are already filled in. */
export interface AgentStart {
  /** ACP or a terminal. */
  mode: AgentMode;
  /** The program. */
  command: string;
  /** Its arguments. */
  args: string[];
  /** Its environment beyond `crate::boot::BootConfig::env`. */
  env: Record<string, string>;
  /**
   * Files of its home, made anew (path below home → content).
   * @default {}
   */
  home_files: Record<string, string>;
  /** The ACP authentication method to call after `initialize`. */
  authenticate?: string;
  /** The agent's own session to load instead of making a new one; what it replays meanwhile is not journaled. */
  load?: string;
  /** Repositories to clone into the workspace first. */
  clone?: Array<{
    /** Where from. */
    url: string;
    /** Where to, relative to the workspace. */
    folder: string;
  }>;
  /** Where the agent runs: a path inside; the workspace when absent. */
  cwd?: string;
  /** A script that runs in the workspace before the agent, unless it ended well there before. */
  setup?: string;
  /** Seconds that the script may take. */
  setup_seconds?: number;
  /** A terminal's first size. */
  cols: number;
  /** A terminal's first size. */
  rows: number;
}

/** {@link AgentStart} as it may be sent: what has a default may be left out. */
export interface AgentStartInput {
  /** ACP or a terminal. */
  mode: AgentMode;
  /** The program. */
  command: string;
  /** Its arguments. */
  args: string[];
  /** Its environment beyond `crate::boot::BootConfig::env`. */
  env: Record<string, string>;
  /**
   * Files of its home, made anew (path below home → content).
   * @default {}
   */
  home_files?: Record<string, string>;
  /** The ACP authentication method to call after `initialize`. */
  authenticate?: string;
  /** The agent's own session to load instead of making a new one; what it replays meanwhile is not journaled. */
  load?: string;
  /** Repositories to clone into the workspace first. */
  clone?: Array<{
    /** Where from. */
    url: string;
    /** Where to, relative to the workspace. */
    folder: string;
  }>;
  /** Where the agent runs: a path inside; the workspace when absent. */
  cwd?: string;
  /** A script that runs in the workspace before the agent, unless it ended well there before. */
  setup?: string;
  /** Seconds that the script may take. */
  setup_seconds?: number;
  /** A terminal's first size. */
  cols: number;
  /** A terminal's first size. */
  rows: number;
}

/** Host → guest: the first line of every connection. */
export interface VsockHelloMessage {
  /** Always `hello`. */
  type: "hello";
  /** The link's version. */
  protocol: number;
  /** Which session this connection is for. */
  session: string;
  /** This connection's epoch; a connection with a smaller one is closed. */
  link_epoch: number;
  /** The last line that is durable in the log; sending goes on after it. */
  acked: number;
}

/** Guest → host: the answer to `hello`. */
export interface VsockWelcomeMessage {
  /** Always `welcome`. */
  type: "welcome";
  /** The link's version. */
  protocol: number;
  /** The sidecar's own version. */
  version: string;
  /** The epoch that it was given. */
  link_epoch: number;
  /** The last line in its journal. */
  end: number;
  /** Whether `init` has been taken. */
  inited: boolean;
  /** The agent's exit code, if it has ended. */
  exited?: number;
}

/** A prompt to an ACP agent. */
export interface VsockPromptCommand {
  /** Always `command`. */
  type: "command";
  /** Its row in the inbox. */
  id: string;
  /** Always `prompt`. */
  order: "prompt";
  /** The text. */
  text: string;
}

/** Bytes to a terminal. */
export interface VsockInputCommand {
  /** Always `command`. */
  type: "command";
  /** Its row in the inbox. */
  id: string;
  /** Always `input`. */
  order: "input";
  /** Text. */
  data: string;
}

/** Stops the running turn; for a terminal ^C. */
export interface VsockCancelCommand {
  /** Always `command`. */
  type: "command";
  /** Its row in the inbox. */
  id: string;
  /** Always `cancel`. */
  order: "cancel";
}

/** The answer to a question of the agent. */
export interface VsockPermissionCommand {
  /** Always `command`. */
  type: "command";
  /** Its row in the inbox. */
  id: string;
  /** Always `permission`. */
  order: "permission";
  /** The question's JSON-RPC id as the agent gave it. */
  rpc_id: unknown;
  /** The option; `null` is "cancelled". */
  option_id: string | null;
}

/** A signal to the agent's process group. */
export interface VsockSignalCommand {
  /** Always `command`. */
  type: "command";
  /** Its row in the inbox. */
  id: string;
  /** Always `signal`. */
  order: "signal";
  /** As in signal(7). */
  signal: number;
}

/** Ends the agent. */
export interface VsockShutdownCommand {
  /** Always `command`. */
  type: "command";
  /** Its row in the inbox. */
  id: string;
  /** Always `shutdown`. */
  order: "shutdown";
  /** Milliseconds to wait before each harder step. */
  grace_ms: number;
}

/** Host → guest: a durable order. */
export type VsockCommandMessage =
  | VsockPromptCommand
  | VsockInputCommand
  | VsockCancelCommand
  | VsockPermissionCommand
  | VsockSignalCommand
  | VsockShutdownCommand;

/** Host → guest: the terminal's size. */
export interface VsockResizeMessage {
  /** Always `resize`. */
  type: "resize";
  /** Columns. */
  cols: number;
  /** Rows. */
  rows: number;
}

/** Host → guest: everything up to here is durable in the log. */
export interface VsockAckMessage {
  /** Always `ack`. */
  type: "ack";
  /** The last durable line. */
  offset: number;
}

/** Guest → host: one ACP frame. */
export interface VsockRpcMessage {
  /** Always `rpc`. */
  type: "rpc";
  /** Its place in the journal. */
  offset: number;
  /** Who to whom. */
  direction: "client_to_agent" | "agent_to_client";
  /** What it is. */
  phase: "request" | "response" | "notification";
  /** The frame: a JSON-RPC message. */
  frame: Record<string, unknown>;
}

/** Guest → host: the agent answered the handshake; a terminal was started. */
export interface VsockReadyMessage {
  /** Always `ready`. */
  type: "ready";
  /** Its place in the journal. */
  offset: number;
  /** The agent's own session id. */
  acp_session?: string;
  /**
   * Whether it offers `session/load`.
   * @default false
   */
  can_load: boolean;
  /** Its name and version, if said. */
  agent?: string;
  /**
   * Whether this is a loaded session and not a new one.
   * @default false
   */
  loaded: boolean;
}

/** {@link VsockReadyMessage} as it may be sent: what has a default may be left out. */
export interface VsockReadyMessageInput {
  /** Always `ready`. */
  type: "ready";
  /** Its place in the journal. */
  offset: number;
  /** The agent's own session id. */
  acp_session?: string;
  /**
   * Whether it offers `session/load`.
   * @default false
   */
  can_load?: boolean;
  /** Its name and version, if said. */
  agent?: string;
  /**
   * Whether this is a loaded session and not a new one.
   * @default false
   */
  loaded?: boolean;
}

/** Guest → host: a command is about to be acted on. */
export interface VsockBegunMessage {
  /** Always `begun`. */
  type: "begun";
  /** Its place in the journal. */
  offset: number;
  /** Which. */
  id: string;
}

/** A command is done. */
export interface VsockOkDone {
  /** Always `done`. */
  type: "done";
  /** Its place in the journal. */
  offset: number;
  /** Which. */
  id: string;
  /** Always `ok`. */
  outcome: "ok";
  /** For a prompt ACP's stop reason. */
  stop_reason?: string;
}

/** A turn is running; nothing was done. */
export interface VsockBusyDone {
  /** Always `done`. */
  type: "done";
  /** Its place in the journal. */
  offset: number;
  /** Which. */
  id: string;
  /** Always `busy`. */
  outcome: "busy";
}

/** The agent or the sidecar said no. */
export interface VsockFailedDone {
  /** Always `done`. */
  type: "done";
  /** Its place in the journal. */
  offset: number;
  /** Which. */
  id: string;
  /** Always `failed`. */
  outcome: "failed";
  /** A sentence. */
  message: string;
}

/** The agent's process ended while the command was being done. */
export interface VsockExitedDone {
  /** Always `done`. */
  type: "done";
  /** Its place in the journal. */
  offset: number;
  /** Which. */
  id: string;
  /** Always `exited`. */
  outcome: "exited";
}

/** Guest → host: a command's outcome. */
export type VsockDoneMessage =
  | VsockOkDone
  | VsockBusyDone
  | VsockFailedDone
  | VsockExitedDone;

/** Guest → host: something failed. */
export interface VsockErrorMessage {
  /** Always `error`. */
  type: "error";
  /** Its place in the journal. */
  offset?: number;
  /** A sentence. */
  message: string;
  /** For programs. */
  code?: string;
}

/** Guest → host: a step of set-up. */
export interface VsockProgressMessage {
  /** Always `progress`. */
  type: "progress";
  /** Its place in the journal. */
  offset: number;
  /** Which. */
  stage: string;
  /** For people. */
  message: string;
}

/** Guest → host: a person's terminal is over. */
export interface VsockTerminalMessage {
  /** Always `terminal`. */
  type: "terminal";
  /** Its place in the journal. */
  offset: number;
  /** Which. */
  terminal: string;
  /** The exit code, when its command ended by itself. */
  exit_code?: number;
  /** Why it is over, when not because its command ended. */
  error?: string;
}

/** Guest → host: files of the workspace changed. A hint: it is in no journal, and may be lost with its connection. */
export interface VsockChangedMessage {
  /** Always `changed`. */
  type: "changed";
  /** Those whose content changed, relative to the workspace. */
  paths: string[];
  /** Those that are new. */
  added?: string[];
  /** Those that are gone. */
  deleted?: string[];
  /** Whether more may have changed than is listed. */
  truncated?: true;
}

/** Guest → host: this connection is not served, and closes. */
export interface VsockRefusedMessage {
  /** Always `refused`. */
  type: "refused";
  /** A sentence. */
  reason: string;
}

/** JSON lines between host and guest: seed 000's five, and Lia's additions. */
export type VsockMessageExt =
  | VsockInitMessage
  | VsockOutputMessage
  | VsockInputMessage
  | VsockExitMessage
  | VsockHeartbeatMessage
  | VsockHelloMessage
  | VsockWelcomeMessage
  | VsockCommandMessage
  | VsockResizeMessage
  | VsockAckMessage
  | VsockRpcMessage
  | VsockReadyMessage
  | VsockBegunMessage
  | VsockDoneMessage
  | VsockErrorMessage
  | VsockProgressMessage
  | VsockTerminalMessage
  | VsockChangedMessage
  | VsockRefusedMessage;

/** {@link VsockMessageExt} as it may be sent: what has a default may be left out. */
export type VsockMessageExtInput =
  | VsockInitMessageInput
  | VsockOutputMessage
  | VsockInputMessage
  | VsockExitMessage
  | VsockHeartbeatMessage
  | VsockHelloMessage
  | VsockWelcomeMessage
  | VsockCommandMessage
  | VsockResizeMessage
  | VsockAckMessage
  | VsockRpcMessage
  | VsockReadyMessageInput
  | VsockBegunMessage
  | VsockDoneMessage
  | VsockErrorMessage
  | VsockProgressMessage
  | VsockTerminalMessage
  | VsockChangedMessage
  | VsockRefusedMessage;

/** Persisted state of a runtime instance. */
export interface RuntimeInstance {
  /** Unique over all runtimes. */
  name: string;
  /** Its runtime's name. */
  typeName: string;
  /** Whether it runs. */
  status: "running" | "stopped" | "paused";
  /** WebSocket URL of the runtime-host for this instance (set when running). */
  websocketUrl?: string;
}

/** A runtime and its instances. */
export interface RuntimeInfo {
  /** The runtime's name. */
  typeName: string;
  /** Whether only one instance is allowed. */
  onlyOne: boolean;
  /** Its instances, the oldest first. */
  instances: RuntimeInstance[];
}

/** `POST /sessions/{sessionId}/start` */
export interface RuntimeHostStartSessionRequest {
  /** The session's id. */
  sessionId: string;
  /** The agent's program. */
  command: string;
  /** Its arguments. */
  args: string[];
  /** The agent's working directory; the host's own when empty. */
  workspace: string;
  /** A script that runs before the agent. */
  setup?: string;
  /** Variables for the agent. */
  env?: Record<string, string>;
  /** Where callbacks go. */
  callbackUrl?: string;
}

/** Answer to `RuntimeHostStartSessionRequest`. */
export interface RuntimeHostStartSessionResponse {
  /** The agent's own id of the session. */
  acpSessionId: string;
  /** The session's id. */
  sessionId: string;
}

/** One session of a host. */
export interface RuntimeHostSessionStatus {
  /** The session's id. */
  sessionId: string;
  /** Whether a turn runs. */
  status: "idle" | "running";
}

/** `GET /health` */
export interface RuntimeHostHealthResponse {
  /** Always `ok`. */
  status: "ok";
  /** Its sessions. */
  sessions: RuntimeHostSessionStatus[];
}

/** `POST /sessions/{sessionId}/prompt` */
export interface RuntimeHostPromptRequest {
  /** The prompt. */
  text: string;
}

/** `POST /sessions/{sessionId}/permissions/{requestId}` */
export interface RuntimeHostPermissionResponse {
  /** The option taken. */
  optionId?: string;
  /** `cancelled` when none is taken. */
  outcome?: "cancelled";
}

/** A git repository. */
export interface FileSystemEntryGitInfo {
  /** The branch that is checked out. */
  branch: string;
  /** The URL of `origin`. */
  origin?: string;
}

/** One entry of a file system. */
export interface FileSystemEntry {
  /** Its path. */
  path: string;
  /** What it is. */
  type: "file" | "directory" | "symlink" | "other";
  /** Present when the entry is a directory that is a git repository. */
  git?: FileSystemEntryGitInfo;
}

/** The agent asks a person. */
export interface PermissionRequestEvent {
  /** The question's id. */
  requestId: string;
  /** The agent's id of the tool call. */
  toolCallId: string;
  /** What it wants to do. */
  title: string;
  /** ACP's tool kind, if said. */
  kind?: string;
  /** The answers offered. */
  options: PendingPermissionOption[];
}

/** The files of a session. */
export interface FilesystemSnapshotEvent {
  /** The entries. */
  snapshot: {
    /** The folder. */
    root: string;
    /** What is in it. */
    entries: FileSystemEntry[];
    /** The absolute path of the listed folder (ours). */
    path?: string;
    /** If that is inside a git repository, the absolute path to the repository's root (ours). */
    gitPath?: string;
    /** Whether there are more entries (ours). */
    truncated?: boolean;
    /** How many are listed at most (ours). */
    maxEntries?: number;
  };
}

/** A file's content. */
export interface FilePreviewEvent {
  /** Its path. */
  path: string;
  /** Text. */
  content: string;
  /** Whether there is more (ours). */
  truncated?: boolean;
  /** How many characters are shown at most (ours). */
  maxChars?: number;
}

/** Answers a permission with an option. */
export interface PermissionRespondAction {
  /** Always `permission.respond`. */
  action: "permission.respond";
  /** Which question. */
  requestId: string;
  /** The answer. */
  response: {
    /** Which. */
    optionId: string;
  };
}

/** Asks for a snapshot of the files. */
export interface FsSnapshotAction {
  /** Always `fs.snapshot`. */
  action: "fs.snapshot";
  /** Of which session, on a socket with many (ours). */
  sessionId?: string;
  /** Of which folder, absolute or below the workspace; the workspace when absent. */
  path?: string;
  /** Whether dot files and what git ignores are shown too (ours). */
  showAllFiles?: boolean;
}

/** Asks for a file's content. */
export interface FilePreviewAction {
  /** Always `file.preview`. */
  action: "file.preview";
  /** Of which session, on a socket with many (ours). */
  sessionId?: string;
  /** Which file, absolute or below the workspace. */
  path: string;
}

/** Callback: the agent asks. Answered with a `PermissionCallbackResponse`. */
export interface PermissionRequestCallback {
  /** Always `permission_request`. */
  type: "permission_request";
  /** The question. */
  data: PermissionRequestEvent;
}

/** Callback: the agent's process ended. */
export interface SessionEndCallback {
  /** Always `session_end`. */
  type: "session_end";
  /** How. */
  data: {
    /** The agent's exit code; `null` when it has none. */
    exitCode: number | null;
  };
}

/** Callback: a turn ended. */
export interface EndTurnCallback {
  /** Always `end_turn`. */
  type: "end_turn";
  /** How. */
  data: {
    /** ACP's answer to the prompt. */
    promptResponse: unknown;
  };
}

/** Callback: the agent said something. */
export interface AgentMessageCallback {
  /** Always `agent_message`. */
  type: "agent_message";
  /** What. */
  data: {
    /** ACP's update. */
    sessionUpdate: unknown;
  };
}

/** Callback: something failed. */
export interface ErrorCallback {
  /** Always `error`. */
  type: "error";
  /** What. */
  data: {
    /** A sentence. */
    message: string;
  };
}

/** All that a session-host posts to the control plane. */
export type SessionCallbackEvent =
  | PermissionRequestCallback
  | SessionEndCallback
  | EndTurnCallback
  | AgentMessageCallback
  | ErrorCallback;

/** The control plane's answer to a `permission_request` callback. */
export type PermissionCallbackResponse = {
  /** Which. */
  optionId: string;
} | {
  /** Always `cancelled`. */
  outcome: "cancelled";
} | {
  /** Always `true`. */
  deferred: true;
};

/**
 * `POST /start`. The seed's TypeScript type has `sessionId`, its Zod schema of this name has not: that schema is
 * `SessionHostStartBody`'s; this type's own is `SessionHostStartRequestWithIdSchema`.
 */
export interface SessionHostStartRequest {
  /** The session's id, for callbacks to the control plane. */
  sessionId?: string;
  /** The agent's program. */
  command: string;
  /** Its arguments. */
  args: string[];
  /** The agent's working directory. */
  workspace: string;
  /** A script that runs before the agent. */
  setup?: string;
  /** Variables for the agent. */
  env?: Record<string, string>;
  /** Where callbacks go. */
  callbackUrl?: string;
}

/**
 * What the seed's `session-host/zod` reads of a `POST /start`: all but `sessionId`, which is an unknown key to it and is
 * stripped. Its Zod schema is `SessionHostStartRequestSchema`.
 */
export interface SessionHostStartBody {
  /** The agent's program. */
  command: string;
  /** Its arguments. */
  args: string[];
  /** The agent's working directory. */
  workspace: string;
  /** A script that runs before the agent. */
  setup?: string;
  /** Variables for the agent. */
  env?: Record<string, string>;
  /** Where callbacks go. */
  callbackUrl?: string;
}

/** Answer to `SessionHostStartRequest`. */
export interface SessionHostStartResponse {
  /** The agent's own id of the session. */
  acpSessionId: string;
  /** Set by the runtime: where the session-host is. */
  hostUrl: string;
  /** Set by the runtime: where its WebSocket is. */
  websocketUrl: string;
  /** The session's id, as it was given. */
  sessionId?: string;
}

/** `GET /health` */
export interface SessionHostHealthResponse {
  /** Whether it has a session. */
  status: "idle" | "running";
  /** Which. */
  sessionId?: string;
}

/** How an agent is started. */
export interface AgentSpawn {
  /** The program. */
  command: string;
  /** Its arguments. */
  args: string[];
}

/** Where an agent is started. */
export interface AgentTemplateRuntime {
  /** A runtime's name. */
  provider: string;
  /** A container image. */
  image?: string;
  /** A Dockerfile. */
  dockerfile?: string;
  /** A script that runs before the agent. */
  setup?: string;
  /** Variables for the instance; an answer shows values as empty texts. */
  env?: Record<string, string>;
  /** The names of variables that have a value (ours). */
  envSet?: string[];
}

/** An agent that can be started. */
export interface AgentTemplate {
  /** Unique. */
  id: string;
  /** For people. */
  name: string;
  /** How it is started. */
  spawn: AgentSpawn;
  /** Where. */
  runtime: AgentTemplateRuntime;
  /** Variables for the agent; an answer shows values as empty texts. */
  env?: Record<string, string>;
  /** The names of variables that have a value (ours). */
  envSet?: string[];
  /** Whether it comes with the server, and is not somebody's own (ours). */
  managed?: boolean;
}

/** One entry of a session's log. */
export interface SessionLog {
  /** When. */
  timestamp: string;
  /** The event's type. */
  type: string;
  /** The event's data. */
  data: Record<string, unknown>;
}

/** One of the answers that an agent offers. */
export interface PendingPermissionOption {
  /** What goes back to the agent. */
  optionId: string;
  /** For people. */
  name: string;
  /** `allow_once`, `allow_always`, `reject_once`, `reject_always`, or another word of the agent. */
  kind: string;
}

/** A question that waits for an answer. */
export interface PendingPermission {
  /** The question's id. */
  requestId: string;
  /** The agent's id of the tool call. */
  toolCallId: string;
  /** What it wants to do. */
  title: string;
  /** ACP's tool kind, if said. */
  kind?: string;
  /** The answers offered. */
  options: PendingPermissionOption[];
}

/** A folder's entries. */
export interface FileSystemSnapshot {
  /** The workspace. */
  root: string;
  /** The absolute path of the listed folder. Absent for legacy recursive snapshots. */
  path?: string;
  /** If the listed folder is inside a git repository, the absolute path to the repository's root. */
  gitPath?: string;
  /** The entries. */
  entries: FileSystemEntry[];
  /** Whether there are more. */
  truncated: boolean;
  /** How many are listed at most. */
  maxEntries: number;
}

/** A file's content. */
export interface FilePreview {
  /** Its path. */
  path: string;
  /** Text. */
  content: string;
  /** Whether there is more. */
  truncated: boolean;
  /** How many characters are shown at most. */
  maxChars: number;
}

/** A prompt waits. */
export interface QueuedPromptResponse {
  /** Always `true`. */
  queued: true;
  /** The prompt's id. */
  queueId: string;
  /** How many wait before it. */
  position: number;
}

/** A prompt that waits. */
export interface PromptQueueItem {
  /** Its id. */
  queueId: string;
  /** The prompt. */
  text: string;
  /** Since when it waits. */
  enqueuedAt: string;
  /** How many wait before it. */
  position: number;
}

/** A session's queue. */
export interface PromptQueueState {
  /** Whether a prompt is worked on now. */
  processing: boolean;
  /** Whether the next one is held back. */
  paused: boolean;
  /** The prompts that wait, without the running one. */
  items: PromptQueueItem[];
  /** How many wait. */
  size: number;
}

/** A session with all that is known of it. */
export interface Session {
  /** Unique. */
  id: string;
  /** The agent's name. */
  agentName: string;
  /** How it was started. */
  spawn: AgentSpawn;
  /** When it was started. */
  startedAt: string;
  /** When something happened last. */
  lastUpdatedAt: string;
  /** Whether it is over. */
  status: "active" | "killed";
  /** Its log. */
  logs: SessionLog[];
  /** The question that waits. */
  pendingPermission: PendingPermission | null;
  /** Its files, when they were asked for. */
  fileSystem: FileSystemSnapshot | null;
  /** Its queue. */
  promptQueue: PromptQueueState | null;
  /** Where its WebSocket is. */
  websocketUrl?: string;
  /** The runtime instance that it runs on. */
  runtime?: string;
  /** The agent's working directory (ours). */
  cwd?: string;
  /** What it is about, for people (ours). */
  title?: string;
  /** Why it ended, once it has (ours). */
  endReason?: SessionEndReason;
  /** All questions that wait, the oldest first (ours). */
  pendingPermissions?: PendingPermission[];
  /** Whether `logs` lacks older entries (ours). */
  logsTruncated?: boolean;
}

/** Starts a session: with a template's id, or with `spawn`. */
export interface CreateSessionBody {
  /** The session's id; the server makes one when absent. */
  sessionId?: string;
  /** The agent's working directory. */
  cwd?: string;
  /** A template. */
  agentTemplateId?: string;
  /** How the agent is started, without a template. */
  spawn?: AgentSpawn;
  /** The agent's name. */
  name?: string;
  /** The runtime instance to run on. Required for runtimes with several. */
  runtimeInstance?: string;
  /** Who is told what happens. */
  webhooks?: Array<{
    /** Where events are posted: an `http://` or `https://` URL. */
    url: string;
    /** The key of their signature. */
    secret: string;
    /** Which events; all when absent. */
    events?: WebhookEventType[];
  }>;
  /** What it is about, for people (ours). */
  title?: string;
  /** A script that runs before the agent, in place of the template's (ours). */
  setup?: string;
  /** Variables for the agent, beside the template's (ours). */
  env?: Record<string, string>;
}

/** Keeps an agent template. */
export interface RegisterAgentTemplateBody {
  /** For people. */
  name: string;
  /** How it is started. */
  spawn: AgentSpawn;
  /** Where; the first runtime when absent. */
  runtime?: AgentTemplateRuntime;
  /** Variables for the agent. */
  env?: Record<string, string>;
}

/** A prompt. */
export interface PromptBody {
  /** The prompt. */
  text: string;
  /** What it does while the agent works on another one; it waits when absent (ours). */
  mode?: PromptMode;
}

/** The answer to a permission. */
export type PermissionResponseBody = {
  /** Which. */
  optionId: string;
} | {
  /** Always `cancelled`. */
  outcome: "cancelled";
};

/** Changes where an agent is started; what is absent stays. */
export interface UpdateAgentTemplateRuntime {
  /** A runtime's name. */
  provider?: string;
  /** A container image. */
  image?: string;
  /** A Dockerfile. */
  dockerfile?: string;
  /** A script that runs before the agent; empty: none. */
  setup?: string;
  /** Variables for the instance. An empty text keeps a variable's value, `null` and absence remove it. */
  env?: Record<string, string | null>;
}

/** Changes an agent template; what is absent stays. */
export interface UpdateAgentTemplateBody {
  /** For people. */
  name?: string;
  /** How it is started. */
  spawn?: AgentSpawn;
  /** Where. */
  runtime?: UpdateAgentTemplateRuntime;
  /** Variables for the agent. An empty text keeps a variable's value, `null` and absence remove it. */
  env?: Record<string, string | null>;
}

/** Another order of the prompts that wait. */
export interface QueueOrderBody {
  /** All of their ids, the next one first. */
  order: string[];
}

/** What is decided about a session, or about all of them. */
export interface SessionSettings {
  /** Whether Lia itself answers questions with the first option that allows. */
  autoApprovePermissions: boolean;
}

/** Whether a session works, and whether it waits for a person. */
export interface SessionProgress {
  /** Whether a prompt is worked on now. */
  processing: boolean;
  /** Whether a question waits. */
  pendingPermission: boolean;
}

/** How a prompt's turn ended. */
export interface PromptResponse {
  /** An ACP stop reason. */
  stopReason: string;
}

/** It is done. */
export interface OkResponse {
  /** Always `true`. */
  ok: true;
}

/** The queue is empty. */
export interface QueueClearedResponse {
  /** Always `true`. */
  ok: true;
  /** How many prompts were dropped. */
  cleared: number;
}

/** Starts an instance of a runtime. */
export interface StartRuntimeBody {
  /** Its name; the runtime's own when absent. */
  name?: string;
}

/** `GET /api/health` */
export interface SessionsHealth {
  /** `ok` or `degraded`. */
  status: string;
  /** How many sessions of the caller's there are, ended ones too. */
  sessions?: number;
  /** What is wrong. */
  error?: string;
}

/** A message in the queue across sessions. */
export interface QueuedMessage {
  /** Its id, which is never given again. */
  id: number;
  /** The session that it goes to. */
  sessionId: string | null;
  /** What it says. */
  text: string;
  /** The runtime's name. */
  runtime: string;
  /** The agent's name, for people. */
  agent: string;
  /** The template of the session that was made for it. */
  agentTemplateId: string | null;
  /** The working directory of that session. */
  directory: string | null;
  /** Where it stands. */
  status: MessageStatus;
  /** When it was accepted. */
  createdAt: string;
  /** When it became a prompt. */
  sentAt: string | null;
  /** The prompt that it became (ours). */
  queueId?: string;
}

/** `POST /api/message-queue` */
export interface EnqueueMessageBody {
  /** What it says: not blank. */
  text: string;
  /** The session that it goes to; absent makes one. */
  sessionId?: string;
  /** The runtime of a session that is made. */
  runtime?: string;
  /** The agent's name, for people. */
  agent?: string;
  /** The template of a session that is made. */
  agentTemplateId?: string;
  /** The working directory of a session that is made. */
  directory?: string;
}

/** Who is told what happens in a session. */
export interface WebhookConfig {
  /** Given by the server. */
  id: string;
  /** Where events are posted. */
  url: string;
  /** The key of their signature. */
  secret: string;
  /** Which events; all when absent. */
  events?: WebhookEventType[];
}

/** The body that is posted to a webhook. */
export interface WebhookPayload {
  /** Which session. */
  sessionId: string;
  /** The delivery's id, the same for every attempt. */
  eventId: string;
  /** When it happened. */
  timestamp: string;
  /** What happened. */
  event: {
    /** Which event. */
    type: WebhookEventType;
    /** Its data. */
    data: Record<string, unknown>;
  };
}

/** A webhook. Its secret is never shown again. */
export interface WebhookInfo {
  /** Its id. */
  id: string;
  /** Where events are posted. */
  url: string;
  /** Which events; all when absent. */
  events?: WebhookEventType[];
  /** Where it comes from. */
  source: WebhookSource;
  /** Its name in the configuration. */
  name?: string;
  /** The one session that it hears. */
  sessionId?: string;
  /** Whether it hears the sessions of all users; else its owner's. */
  allUsers: boolean;
  /** Whether it is told anything. */
  enabled: boolean;
  /** When it was made. */
  createdAt: string;
}

/** `POST /api/webhooks` */
export interface CreateWebhookBody {
  /** Where events are posted: an `http://` or `https://` URL. */
  url: string;
  /** The key of the signatures. `whsec_` and Base64 is read as the Standard Webhooks specification says. */
  secret: string;
  /** Which events; all when absent. */
  events?: WebhookEventType[];
  /** Whether it hears the sessions of all users, which an administrator may ask for; else one's own. */
  allUsers?: boolean;
}

/** `PATCH /api/webhooks/{id}`: what is absent stays as it is. */
export interface UpdateWebhookBody {
  /** Where events are posted. */
  url?: string;
  /** Another key of the signatures, at once for what is delivered from now on. */
  secret?: string;
  /** Which events. */
  events?: WebhookEventType[];
  /** Whether it is told anything. Once it is not, what waits to be delivered waits. */
  enabled?: boolean;
}

/** `GET /api/webhooks` */
export interface ListWebhooksQuery {
  /** Those that came with this session. */
  sessionId?: string;
}

/** `GET /api/webhooks/{id}/deliveries` */
export interface ListDeliveriesQuery {
  /** Only those in this state. */
  state?: DeliveryState;
  /** Older ones than this. */
  before?: string;
  /**
   * At most so many.
   * @default 20
   */
  limit: number;
}

/** {@link ListDeliveriesQuery} as it may be sent: what has a default may be left out. */
export interface ListDeliveriesQueryInput {
  /** Only those in this state. */
  state?: DeliveryState;
  /** Older ones than this. */
  before?: string;
  /**
   * At most so many.
   * @default 20
   */
  limit?: number;
}

/** One attempt to deliver. */
export interface DeliveryAttempt {
  /** When it began. */
  at: string;
  /** How long it took, in milliseconds. */
  durationMs: number;
  /** The receiver's status, when it answered. */
  status?: number;
  /** Why it failed, when it did not answer. */
  error?: string;
}

/** An event for one webhook. */
export interface WebhookDelivery {
  /** Its id. */
  id: string;
  /** For which webhook. */
  webhookId: string;
  /** Where it stands. */
  state: DeliveryState;
  /** What is posted, the same at every attempt. */
  payload: WebhookPayload;
  /** The attempts so far, the newest twenty. */
  attempts: DeliveryAttempt[];
  /** When it was made. */
  createdAt: string;
  /** When it is tried next, while it is pending. */
  nextAttemptAt?: string;
  /** When it was taken or given up. */
  finishedAt?: string;
}

/** One page, the newest first. */
export interface WebhookDeliveryList {
  /** The deliveries. */
  deliveries: WebhookDelivery[];
  /** The `before` of the next page, when there are more. */
  next?: string;
}

/** `GET …/fs/snapshot` */
export interface SnapshotQuery {
  /**
   * A folder, absolute or below the workspace; empty is the workspace.
   * @default ""
   */
  path: string;
  /**
   * Whether dot files and what git ignores are shown too.
   * @default false
   */
  showAllFiles: boolean;
}

/** {@link SnapshotQuery} as it may be sent: what has a default may be left out. */
export interface SnapshotQueryInput {
  /**
   * A folder, absolute or below the workspace; empty is the workspace.
   * @default ""
   */
  path?: string;
  /**
   * Whether dot files and what git ignores are shown too.
   * @default false
   */
  showAllFiles?: boolean;
}

/** `GET …/fs/git/branches` and `…/worktrees` */
export interface GitQuery {
  /**
   * A folder in the repository, absolute or below the workspace; empty is the workspace.
   * @default ""
   */
  path: string;
}

/** {@link GitQuery} as it may be sent: what has a default may be left out. */
export interface GitQueryInput {
  /**
   * A folder in the repository, absolute or below the workspace; empty is the workspace.
   * @default ""
   */
  path?: string;
}

/** `GET …/fs/git/commits` */
export interface GitCommitsQuery {
  /**
   * A folder in the repository, absolute or below the workspace; empty is the workspace.
   * @default ""
   */
  path: string;
  /** Which branch; the one that is checked out when absent. */
  branch?: string;
  /**
   * At most so many; more than 200 are 200.
   * @default 20
   */
  limit: number;
}

/** {@link GitCommitsQuery} as it may be sent: what has a default may be left out. */
export interface GitCommitsQueryInput {
  /**
   * A folder in the repository, absolute or below the workspace; empty is the workspace.
   * @default ""
   */
  path?: string;
  /** Which branch; the one that is checked out when absent. */
  branch?: string;
  /**
   * At most so many; more than 200 are 200.
   * @default 20
   */
  limit?: number;
}

/** A branch. */
export interface GitBranch {
  /** Its name, without the remote's. */
  name: string;
  /** The commit that it stands at. */
  sha: string;
  /** Whether it is checked out here. */
  current: boolean;
  /** Whether it is the remote's. */
  remote: boolean;
}

/** `GET …/fs/git/branches` */
export interface GitBranchList {
  /** The last changed first. */
  branches: GitBranch[];
}

/** A commit. */
export interface GitCommit {
  /** Its hash. */
  sha: string;
  /** The hash, abbreviated. */
  shortSha: string;
  /** Who wrote it. */
  authorName: string;
  /** Their address. */
  authorEmail: string;
  /** When, in ISO-8601. */
  date: string;
  /** The first line of its message. */
  message: string;
}

/** `GET …/fs/git/commits` */
export interface GitCommitList {
  /** Of which branch; `HEAD` when none is checked out. */
  branch: string;
  /** The newest first. */
  commits: GitCommit[];
}

/** A worktree. */
export interface GitWorktree {
  /** Where it is. */
  path: string;
  /** The commit that is checked out. */
  sha?: string;
  /** The branch that is checked out. */
  branch?: string;
  /** Whether it is a bare repository. */
  bare?: boolean;
  /** Whether no branch is checked out. */
  detached?: boolean;
}

/** `GET …/fs/git/worktrees` */
export interface GitWorktreeList {
  /** The main one first. */
  worktrees: GitWorktree[];
}

/** `POST …/fs/git/worktrees` */
export interface CreateGitWorktreeBody {
  /** The new folder's name: letters, digits, `.`, `_` and `-`, not beginning with `.` or `-`. */
  name: string;
  /** A folder in the repository, absolute or below the workspace; the workspace when absent. */
  path?: string;
  /** A branch that is there, to check out. */
  branch?: string;
  /** A branch to make. */
  newBranch?: string;
  /** Where the new branch begins: a branch, a tag or a hash. */
  startPoint?: string;
}

/** A worktree was made. */
export interface GitWorktreeCreated {
  /** Where it is. */
  path: string;
  /** What git said. */
  message: string;
}

/** `POST /api/agents/{agentId}/terminals` and `POST /api/runtimes/{instanceName}/terminals` */
export interface CreateTerminalBody {
  /** A path, or a name in the agent's `PATH`; `/bin/sh` when absent. */
  command?: string;
  /** Its arguments. */
  args?: string[];
  /** Columns; 120 when absent. */
  cols?: number;
  /** Rows; 30 when absent. */
  rows?: number;
}

/** What is typed. */
export interface TerminalInputBody {
  /** Text. */
  data: string;
}

/** One terminal. */
export interface TerminalInfo {
  /** Which. */
  terminalId: string;
  /** What runs in it. */
  command: string;
  /** Once its command has ended: 128 + signal when a signal ended it. */
  exitCode?: number;
}

/** `GET /api/agents/{agentId}/terminals` */
export interface TerminalsResponse {
  /** Those that run, and those that ended last. */
  terminals: TerminalInfo[];
}

/** `GET /api/agents/{agentId}/terminals/{terminalId}` */
export interface TerminalOutput {
  /** Which. */
  terminalId: string;
  /** What it printed from `offset` on, as text. */
  output: string;
  /** Whether older output is not kept any more. */
  truncated: boolean;
  /** Bytes that it printed before these (ours). */
  offset: number;
  /** Where what follows begins (ours). */
  nextOffset: number;
  /** Once its command has ended (ours). */
  exitCode?: number;
}

/** A session without what only its running process knows: files, log, queue. */
export interface SessionMeta {
  /** Unique. */
  id: string;
  /** The agent's name. */
  agentName: string;
  /** How it was started. */
  spawn: AgentSpawn;
  /** When it was started. */
  startedAt: string;
  /** When something happened last. */
  lastUpdatedAt: string;
  /** Whether it is over. */
  status: "active" | "killed";
  /** The question that waits. */
  pendingPermission: PendingPermission | null;
  /** Where its WebSocket is. */
  websocketUrl?: string;
  /** The runtime instance that it runs on. */
  runtime?: string;
  /** The agent's working directory (ours). */
  cwd?: string;
  /** What it is about, for people (ours). */
  title?: string;
}

/** How a session's host is found again after a restart. */
export interface SessionRuntimeInfo {
  /** Where the host is. */
  hostUrl: string;
  /** Where its WebSocket is. */
  websocketUrl: string;
  /** The runtime's name. */
  runtimeName: string;
  /** What the runtime itself needs to know. */
  runtimeMeta?: Record<string, unknown> | null;
}

/** A session as it is kept. */
export interface StoredSession {
  /** What is known of it. */
  meta: SessionMeta;
  /** Where it runs. */
  runtimeInfo: SessionRuntimeInfo | null;
  /** Who is told. */
  webhooks: WebhookConfig[];
}

/** An event. */
export interface WsEventMessage {
  /** Always `event`. */
  type: "event";
  /** When it was sent; ISO 8601 in what Lia sends. */
  timestamp: string;
  /** Its place in the session's log (ours). */
  seq?: number;
  /** What happened. */
  event: {
    /** The event's type. */
    type: string;
    /** Its data. */
    data: Record<string, unknown>;
    /** When; ISO 8601 in what Lia sends. The seed's validator takes any text, so this does. */
    timestamp: string;
  };
}

/** The session is there. */
export interface WsConnectedMessage {
  /** Always `connected`. */
  type: "connected";
  /** Which session. */
  sessionId: string;
  /** In which life of the log `seq` counts (ours). */
  log_epoch?: string;
}

/** Server → client on the socket of one session. */
export type WsServerMessage =
  | WsEventMessage
  | WsConnectedMessage
  | WsErrorMessage;

/** Sends a prompt. */
export interface WsPromptAction {
  /** Always `prompt`. */
  action: "prompt";
  /** The prompt. */
  text: string;
}

/** Answers a permission. */
export interface WsPermissionRespondAction {
  /** Always `permission.respond`. */
  action: "permission.respond";
  /** Which question. */
  requestId: string;
  /** The answer. */
  body: PermissionResponseBody;
}

/** Takes a waiting prompt back, or stops the running turn. */
export interface WsCancelAction {
  /** Always `cancel`. */
  action: "cancel";
  /** Which prompt; the running turn when absent. */
  queueId?: string;
}

/** Ends the session. */
export interface WsTerminateAction {
  /** Always `terminate`. */
  action: "terminate";
}

/** Keep-alive. */
export interface WsPingAction {
  /** Always `ping`. */
  action: "ping";
}

/** Orders the queue anew. */
export interface WsQueueReorderAction {
  /** Always `queue.reorder`. */
  action: "queue.reorder";
  /** The ids of all waiting prompts, each once. */
  order: string[];
}

/** Empties the queue. */
export interface WsQueueClearAction {
  /** Always `queue.clear`. */
  action: "queue.clear";
}

/** Holds the next prompt back. */
export interface WsQueuePauseAction {
  /** Always `queue.pause`. */
  action: "queue.pause";
}

/** Lets the queue go on. */
export interface WsQueueResumeAction {
  /** Always `queue.resume`. */
  action: "queue.resume";
}

/** Client → server on the socket of one session. */
export type WsControlMessage =
  | WsPromptAction
  | WsPermissionRespondAction
  | WsCancelAction
  | WsTerminateAction
  | WsPingAction
  | WsQueueReorderAction
  | WsQueueClearAction
  | WsQueuePauseAction
  | WsQueueResumeAction;

/** A channel's name, such as `session:abc`, `agent:xyz:fs`, `agents`. */
export type Channel = string;

/** First message of a connection. */
export interface WsChannelConnectedMessage {
  /** Always `connected`. */
  type: "connected";
  /** The connection's id. */
  connectionId: string;
  /** In which life of the log `seq` counts; another one means that `since` is of no use (ours). */
  log_epoch?: string;
}

/** A subscription is there, and what it asked for again has been sent. */
export interface WsSubscribedMessage {
  /** Always `subscribed`. */
  type: "subscribed";
  /** Which channel. */
  channel: Channel;
}

/** A subscription is gone. */
export interface WsUnsubscribedMessage {
  /** Always `unsubscribed`. */
  type: "unsubscribed";
  /** Which channel. */
  channel: Channel;
}

/** An event of a channel. */
export interface WsChannelEventMessage {
  /** Always `event`. */
  type: "event";
  /** Which channel. */
  channel: Channel;
  /** Which session. */
  sessionId: string;
  /** Its agent. */
  agentId: string;
  /** Its place; 0 when it is an answer to the asker alone. */
  seq: number;
  /** What happened. */
  event: {
    /** The event's type. */
    type: string;
    /** Its data. */
    data: Record<string, unknown>;
    /** When; ISO 8601 in what Lia sends. The seed's validator takes any text, so this does. */
    timestamp: string;
  };
}

/** A session was started. */
export interface WsSessionCreatedMessage {
  /** Always `session.created`. */
  type: "session.created";
  /** Which session. */
  sessionId: string;
  /** Its agent. */
  agentId: string;
}

/** A session has ended. */
export interface WsSessionTerminatedMessage {
  /** Always `session.terminated`. */
  type: "session.terminated";
  /** Which session. */
  sessionId: string;
  /** Its agent. */
  agentId: string;
}

/** Something failed. */
export interface WsChannelErrorMessage {
  /** Always `error`. */
  type: "error";
  /** A sentence. */
  message: string;
  /** With which channel. */
  channel?: Channel;
}

/** Server → client on a socket with channels. */
export type WsChannelServerMessage =
  | WsChannelConnectedMessage
  | WsSubscribedMessage
  | WsUnsubscribedMessage
  | WsChannelEventMessage
  | WsSessionCreatedMessage
  | WsSessionTerminatedMessage
  | WsChannelErrorMessage
  | WsPongMessage;

/** Asks for a channel's events. */
export interface WsSubscribeAction {
  /** Always `subscribe`. */
  action: "subscribe";
  /** Which channel. */
  channel: Channel;
  /** Replay only events with a greater `seq`; 0 or absent is all that is kept. */
  since?: number;
  /**
   * Of a channel of one terminal: where its output goes on, by `nextOffset` of what came last; all that is kept when
   * absent (ours).
   */
  offset?: number;
}

/** Asks for no more events of a channel. */
export interface WsUnsubscribeAction {
  /** Always `unsubscribe`. */
  action: "unsubscribe";
  /** Which channel. */
  channel: Channel;
}

/** Sends a prompt. */
export interface WsChannelPromptAction {
  /** Always `prompt`. */
  action: "prompt";
  /** Which session. */
  sessionId: string;
  /** The prompt. */
  text: string;
}

/** Answers a permission. */
export interface WsChannelPermissionRespondAction {
  /** Always `permission.respond`. */
  action: "permission.respond";
  /** Which session. */
  sessionId: string;
  /** Which question. */
  requestId: string;
  /** The answer. */
  body: PermissionResponseBody;
}

/** Takes a waiting prompt back, or stops the running turn. */
export interface WsChannelCancelAction {
  /** Always `cancel`. */
  action: "cancel";
  /** Which session. */
  sessionId: string;
  /** Which prompt; the running turn when absent. */
  queueId?: string;
}

/** Ends a session. */
export interface WsChannelTerminateAction {
  /** Always `terminate`. */
  action: "terminate";
  /** Which session. */
  sessionId: string;
}

/** Orders a queue anew. */
export interface WsChannelQueueReorderAction {
  /** Always `queue.reorder`. */
  action: "queue.reorder";
  /** Which session. */
  sessionId: string;
  /** The ids of all waiting prompts, each once. */
  order: string[];
}

/** Empties a queue. */
export interface WsChannelQueueClearAction {
  /** Always `queue.clear`. */
  action: "queue.clear";
  /** Which session. */
  sessionId: string;
}

/** Holds the next prompt back. */
export interface WsChannelQueuePauseAction {
  /** Always `queue.pause`. */
  action: "queue.pause";
  /** Which session. */
  sessionId: string;
}

/** Lets a queue go on. */
export interface WsChannelQueueResumeAction {
  /** Always `queue.resume`. */
  action: "queue.resume";
  /** Which session. */
  sessionId: string;
}

/** Keep-alive. */
export interface WsChannelPingAction {
  /** Always `ping`. */
  action: "ping";
}

/** Opens a terminal. */
export interface WsChannelTerminalCreateAction {
  /** Always `terminal.create`. */
  action: "terminal.create";
  /** The session in whose workspace it opens. */
  sessionId?: string;
  /** The command to run; `/bin/sh` when absent. */
  data?: string;
  /** Its arguments (ours). */
  args?: string[];
  /** Columns. */
  cols?: number;
  /** Rows. */
  rows?: number;
}

/** Types into a terminal. */
export interface WsChannelTerminalInputAction {
  /** Always `terminal.input`. */
  action: "terminal.input";
  /** Which terminal. */
  terminalId: string;
  /** The text. */
  data: string;
}

/** Changes a terminal's size. */
export interface WsChannelTerminalResizeAction {
  /** Always `terminal.resize`. */
  action: "terminal.resize";
  /** Which terminal. */
  terminalId: string;
  /** Columns. */
  cols: number;
  /** Rows. */
  rows: number;
}

/** Ends a terminal. */
export interface WsChannelTerminalKillAction {
  /** Always `terminal.kill`. */
  action: "terminal.kill";
  /** Which terminal. */
  terminalId: string;
}

/** Client → server on a socket with channels: exactly the seed's fifteen. */
export type WsChannelControlMessage =
  | WsSubscribeAction
  | WsUnsubscribeAction
  | WsChannelPromptAction
  | WsChannelPermissionRespondAction
  | WsChannelCancelAction
  | WsChannelTerminateAction
  | WsChannelQueueReorderAction
  | WsChannelQueueClearAction
  | WsChannelQueuePauseAction
  | WsChannelQueueResumeAction
  | WsChannelPingAction
  | WsChannelTerminalCreateAction
  | WsChannelTerminalInputAction
  | WsChannelTerminalResizeAction
  | WsChannelTerminalKillAction;

/** Client → server on a socket with channels, with the two actions that the seed names without their union. */
export type WsChannelControlMessageExt =
  | WsSubscribeAction
  | WsUnsubscribeAction
  | WsChannelPromptAction
  | WsChannelPermissionRespondAction
  | WsChannelCancelAction
  | WsChannelTerminateAction
  | WsChannelQueueReorderAction
  | WsChannelQueueClearAction
  | WsChannelQueuePauseAction
  | WsChannelQueueResumeAction
  | WsChannelPingAction
  | WsChannelTerminalCreateAction
  | WsChannelTerminalInputAction
  | WsChannelTerminalResizeAction
  | WsChannelTerminalKillAction
  | FsSnapshotAction
  | FilePreviewAction;

/** One ACP message. */
export interface SessionRpcEvent {
  /** Always `rpc`. */
  type: "rpc";
  /** What. */
  data: {
    /** Its method; for an answer that of its request. */
    method: string;
    /** Who to whom. */
    direction: "client_to_agent" | "agent_to_client";
    /** What it is. */
    phase: "request" | "response" | "notification";
    /** `params`, `result` or `error`. */
    payload?: unknown;
  };
  /** When. */
  timestamp: string;
}

/** The agent asks. */
export interface SessionPermissionRequestEvent {
  /** Always `permission_request`. */
  type: "permission_request";
  /** What. */
  data: PermissionRequestEvent;
  /** When. */
  timestamp: string;
}

/** A question was answered with an option, whatever its kind. */
export interface SessionPermissionApprovedEvent {
  /** Always `permission_approved`. */
  type: "permission_approved";
  /** What. */
  data: {
    /** Which question. */
    requestId: string;
    /** How. */
    response: PermissionResponseBody;
  };
  /** When. */
  timestamp: string;
}

/** A question was cancelled. */
export interface SessionPermissionRejectedEvent {
  /** Always `permission_rejected`. */
  type: "permission_rejected";
  /** What. */
  data: {
    /** Which question. */
    requestId: string;
    /** How. */
    response: PermissionResponseBody;
  };
  /** When. */
  timestamp: string;
}

/** A question was answered over REST. */
export interface SessionPermissionRespondedEvent {
  /** Always `permission_responded`. */
  type: "permission_responded";
  /** What. */
  data: {
    /** Which question. */
    requestId: string;
    /** The option. */
    optionId: string;
  };
  /** When. */
  timestamp: string;
}

/** A question was cancelled over REST. */
export interface SessionPermissionCancelledEvent {
  /** Always `permission_cancelled`. */
  type: "permission_cancelled";
  /** What. */
  data: {
    /** Which question. */
    requestId: string;
    /** Always `cancelled`. */
    outcome: "cancelled";
  };
  /** When. */
  timestamp: string;
}

/** The queue changed. */
export interface SessionQueueUpdatedEvent {
  /** Always `queue.updated`. */
  type: "queue.updated";
  /** What. */
  data: PromptQueueState;
  /** When. */
  timestamp: string;
}

/** The next prompt is held back. */
export interface SessionQueuePausedEvent {
  /** Always `queue.paused`. */
  type: "queue.paused";
  /** What. */
  data: Record<string, unknown>;
  /** When. */
  timestamp: string;
}

/** The queue goes on. */
export interface SessionQueueResumedEvent {
  /** Always `queue.resumed`. */
  type: "queue.resumed";
  /** What. */
  data: Record<string, unknown>;
  /** When. */
  timestamp: string;
}

/** Files changed. */
export interface SessionFilesystemChangedEvent {
  /** Always `filesystem.changed`. */
  type: "filesystem.changed";
  /** What. */
  data: {
    /** Which, and how. */
    changes: Array<{
      /** Its path. */
      path: string;
      /** How. */
      type: "added" | "modified" | "deleted";
    }>;
    /** Whether more may have changed than is listed (ours). */
    truncated?: true;
  };
  /** When. */
  timestamp: string;
}

/** The files, as they were asked for. */
export interface SessionFilesystemSnapshotEvent {
  /** Always `filesystem.snapshot`. */
  type: "filesystem.snapshot";
  /** What. */
  data: FilesystemSnapshotEvent;
  /** When. */
  timestamp: string;
}

/** A file's content, as it was asked for. */
export interface SessionFilePreviewEvent {
  /** Always `file.preview`. */
  type: "file.preview";
  /** What. */
  data: FilePreviewEvent;
  /** When. */
  timestamp: string;
}

/** A terminal was opened. */
export interface SessionTerminalStartedEvent {
  /** Always `terminal.started`. */
  type: "terminal.started";
  /** What. */
  data: {
    /** Which. */
    terminalId: string;
    /** Its command. */
    command: string;
  };
  /** When. */
  timestamp: string;
}

/** Output of a terminal. */
export interface SessionTerminalDataEvent {
  /** Always `terminal.data`. */
  type: "terminal.data";
  /** What. */
  data: {
    /** Which. */
    terminalId: string;
    /** Text. */
    data: string;
    /** Of a person's terminal: bytes that it printed before this text (ours). */
    offset?: number;
    /** Of a person's terminal: where what follows begins (ours). */
    nextOffset?: number;
  };
  /** When. */
  timestamp: string;
}

/** A terminal's command ended. */
export interface SessionTerminalExitEvent {
  /** Always `terminal.exit`. */
  type: "terminal.exit";
  /** What. */
  data: {
    /** Which. */
    terminalId: string;
    /** Its exit code; `null` when it has none. */
    exitCode: number | null;
  };
  /** When. */
  timestamp: string;
}

/** The session has ended. */
export interface SessionSessionTerminatedEvent {
  /** Always `session.terminated`. */
  type: "session.terminated";
  /** What. */
  data: {
    /** The agent's exit code; -1 when it was ended, `null` when it has none. */
    exitCode: number | null;
  };
  /** When. */
  timestamp: string;
}

/** Something failed. */
export interface SessionErrorEvent {
  /** Always `error`. */
  type: "error";
  /** What. */
  data: {
    /** A sentence. */
    message: string;
  };
  /** When. */
  timestamp: string;
}

/** A turn ended. */
export interface SessionEndTurnEvent {
  /** Always `end_turn`. */
  type: "end_turn";
  /** What. */
  data: {
    /** ACP's answer to the prompt. */
    promptResponse: unknown;
  };
  /** When. */
  timestamp: string;
}

/** The agent's process ended. */
export interface SessionSessionEndEvent {
  /** Always `session_end`. */
  type: "session_end";
  /** What. */
  data: {
    /** The agent's exit code; `null` when it has none. */
    exitCode: number | null;
  };
  /** When. */
  timestamp: string;
}

/** The agent said something. */
export interface SessionAgentMessageEvent {
  /** Always `agent_message`. */
  type: "agent_message";
  /** What. */
  data: {
    /** ACP's update. */
    sessionUpdate: unknown;
  };
  /** When. */
  timestamp: string;
}

/** An event of a session whose type is known. */
export type SessionEvent =
  | SessionRpcEvent
  | SessionPermissionRequestEvent
  | SessionPermissionApprovedEvent
  | SessionPermissionRejectedEvent
  | SessionPermissionRespondedEvent
  | SessionPermissionCancelledEvent
  | SessionQueueUpdatedEvent
  | SessionQueuePausedEvent
  | SessionQueueResumedEvent
  | SessionFilesystemChangedEvent
  | SessionFilesystemSnapshotEvent
  | SessionFilePreviewEvent
  | SessionTerminalStartedEvent
  | SessionTerminalDataEvent
  | SessionTerminalExitEvent
  | SessionSessionTerminatedEvent
  | SessionErrorEvent
  | SessionEndTurnEvent
  | SessionSessionEndEvent
  | SessionAgentMessageEvent;

/** Why a model stopped. Other words may come from other providers. */
export type StopReason = string;

/** Tokens of one answer of a model. */
export interface TokenUsage {
  /** Read. */
  inputTokens: number;
  /** Written. */
  outputTokens: number;
  /** An estimate of those spent on thinking; they are counted in `outputTokens`. */
  thinkingTokens?: number;
}

/** A place in a document that a text rests on. */
export interface Citation {
  /** What the place is counted in. */
  type: CitationType;
  /** The words. */
  cited_text?: string;
  /** Which document, from 0. */
  document_index?: number;
  /** Its title. */
  document_title?: string;
  /** First character, from 0. */
  start_char_index?: number;
  /** The character after the last. */
  end_char_index?: number;
  /** The page, from 1. */
  page_number?: number;
}

/** A file that an answer rests on. */
export interface CitedFile {
  /** Its name. */
  fileName: string;
  /** Its id; `null` when it was deleted. */
  fileId: string | null;
  /** Where it comes from. */
  sourceType: CitedFileSource;
  /** Its media type. */
  mimeType: string;
  /** How well it fits, 0 to 1. */
  relevanceScore: number;
  /** Whether it is a picture. */
  isImage: boolean;
  /** How to get it. */
  fetchStrategy: FetchStrategy;
}

/** A file that came with a message. */
export interface ChatAttachmentSummary {
  /** Unique. */
  id: string;
  /** Its name. */
  name: string;
  /** Its media type. */
  mimeType: string;
  /** Bytes. */
  sizeBytes: number;
  /** Whether it is a picture. */
  isImage: boolean;
  /** Where it stands. */
  status: ChatAttachmentStatus;
}

/** A file that a message speaks of. */
export interface FileMention {
  /** Which. */
  fileId: string;
  /** Its name. */
  name: string;
  /** Whether it is a folder. */
  isFolder: boolean;
  /** Its media type. */
  mimeType: string;
  /** What it is; a file when absent. */
  type?: FileMentionType;
  /** The site that holds it. */
  siteId?: string;
}

/** One of several agents that share a session. */
export interface AgentIdentity {
  /** Unique. */
  agentId: string;
  /** For people. */
  agentName: string;
  /** A picture or a sign. */
  agentIcon?: string;
  /** A colour. */
  agentColor?: string;
}

/** What a change would do, for the person who approves it. */
export interface ChangeSummary {
  /** A few words. */
  title: string;
  /** A sentence; it is also the event's `changeSummary`. */
  description: string;
  /** What changes, by name. */
  changes: Record<string, unknown>;
  /** How much it touches. */
  impact: ApprovalPriority;
}

/** A run begins. */
export interface SessionStartEvent {
  /** Always `session_start`. */
  type: "session_start";
  /** The session. */
  sessionId: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** The user who asked. */
  userId: string;
}

/** A block of thinking is finished. */
export interface ThinkingEvent {
  /** Always `thinking`. */
  type: "thinking";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** The thoughts; absent when they were redacted. */
  content?: string;
  /** How many tokens they took, an estimate. */
  tokenCount?: number;
}

/** Some thinking. */
export interface ThinkingChunkEvent {
  /** Always `thinking_chunk`. */
  type: "thinking_chunk";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** The text that came. */
  content: string;
  /** Which content block it belongs to. */
  blockIndex?: number;
  /** Which message it belongs to. */
  messageId?: string;
}

/** All text of a message so far, for a client that came late. */
export interface MessagePartialEvent {
  /** Always `message_partial`. */
  type: "message_partial";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** The text so far. */
  content: string;
  /** Which message. */
  messageId?: string;
}

/** A finished message; it replaces its chunks. */
export interface MessageEvent {
  /** Always `message`. */
  type: "message";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** The text. */
  content: string;
  /** The message's id. */
  messageId: string;
  /** Who speaks. */
  role: MessageRole;
  /** Why the model stopped. */
  stopReason?: StopReason | null;
  /** What it took. */
  tokenUsage?: TokenUsage;
  /** Which model. */
  model?: string;
}

/** Some text of a message. */
export interface MessageChunkEvent {
  /** Always `message_chunk`. */
  type: "message_chunk";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** The text that came. */
  content: string;
  /** Which message it belongs to. */
  messageId?: string;
  /** What the text rests on. */
  citations?: Citation[];
}

/** The agent uses a tool. */
export interface ToolUseEvent {
  /** Always `tool_use`. */
  type: "tool_use";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** Which tool. */
  toolName: string;
  /** What it is called with, complete. */
  args: Record<string, unknown>;
  /** Links it to its result. */
  toolUseId?: string;
}

/** A tool has finished, well or not. */
export interface ToolResultEvent {
  /** Always `tool_result`. */
  type: "tool_result";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** Which tool. */
  toolName: string;
  /** What it gave; `null` when it failed. */
  result: unknown;
  /** Whether it did what it should. */
  success: boolean;
  /** What it was called with. */
  args?: Record<string, unknown>;
  /** Why it failed. */
  error?: string;
  /** Links it to its use. */
  toolUseId?: string;
  /** How long it took, in milliseconds. */
  durationMs?: number;
}

/** The run failed. No `complete` follows. */
export interface ErrorEvent {
  /** Always `error`. */
  type: "error";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** A sentence. */
  error: string;
  /** For programs: an error code, or an operating system's. */
  code?: string;
  /** Where it happened; development only. */
  stack?: string;
  /** Whether a repeat may help. */
  retryable?: boolean;
  /** When, in milliseconds. */
  retryAfterMs?: number;
}

/** The session ended. */
export interface SessionEndEvent {
  /** Always `session_end`. */
  type: "session_end";
  /** The session. */
  sessionId: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** Why. */
  reason?: ChatEndReason;
}

/** The run ended. */
export interface CompleteEvent {
  /** Always `complete`. */
  type: "complete";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** How. */
  reason: CompletionReason;
  /** Why the model stopped. */
  stopReason?: StopReason;
  /** The files that the answer rests on; an empty list clears them. */
  citedFiles?: CitedFile[];
  /** The message that they belong to. */
  messageId?: string;
}

/** A tool waits for a person's approval. */
export interface ApprovalRequestedEvent {
  /** Always `approval_requested`. */
  type: "approval_requested";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** Which approval. */
  approvalId: string;
  /** Which tool. */
  toolName: string;
  /** What it would be called with. */
  args: Record<string, unknown>;
  /** What it would do, in a sentence. */
  changeSummary: string;
  /** How much depends on it. */
  priority: ApprovalPriority;
  /** When it counts as rejected. */
  expiresAt?: string;
  /** What it would do, in parts. */
  changeDetails?: ChangeSummary;
}

/** An approval has its answer. */
export interface ApprovalResolvedEvent {
  /** Always `approval_resolved`. */
  type: "approval_resolved";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** Which approval. */
  approvalId: string;
  /** The answer. */
  decision: ApprovalDecision;
  /** Why. */
  reason?: string;
}

/** A user's message is in the log. */
export interface UserMessageConfirmedEvent {
  /** Always `user_message_confirmed`. */
  type: "user_message_confirmed";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** The message's id. */
  messageId: string;
  /** Who wrote it. */
  userId: string;
  /** The text. */
  content: string;
  /** The ids of files that came with it. */
  chatAttachmentIds?: string[];
  /** Files that came with it. */
  chatAttachments?: ChatAttachmentSummary[];
  /** Files that it speaks of. */
  mentions?: FileMention[];
  /** The id that the client gave it (ours). */
  clientMessageId?: string;
}

/** The model made a pause; a new message goes on. */
export interface TurnPausedEvent {
  /** Always `turn_paused`. */
  type: "turn_paused";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** The message that it paused in. */
  messageId: string;
  /** The text so far. */
  content?: string;
  /** Why. */
  reason?: string;
}

/** The model refused. */
export interface ContentRefusedEvent {
  /** Always `content_refused`. */
  type: "content_refused";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** The message that it refused in. */
  messageId: string;
  /** Why. */
  reason?: string;
  /** The text so far; may be empty. */
  content?: string;
}

/** What an agent does: exactly the 16 events of seed 002, told apart by `type`. */
export type AgentEvent =
  | SessionStartEvent
  | ThinkingEvent
  | ThinkingChunkEvent
  | MessagePartialEvent
  | MessageEvent
  | MessageChunkEvent
  | ToolUseEvent
  | ToolResultEvent
  | ErrorEvent
  | SessionEndEvent
  | CompleteEvent
  | ApprovalRequestedEvent
  | ApprovalResolvedEvent
  | UserMessageConfirmedEvent
  | TurnPausedEvent
  | ContentRefusedEvent;

/** Thinking is over and text begins. */
export interface ThinkingCompleteEvent {
  /** Always `thinking_complete`. */
  type: "thinking_complete";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** All thoughts. */
  content: string;
  /** Which content block it was. */
  blockIndex?: number;
  /** Which message it belongs to. */
  messageId?: string;
}

/** Another agent goes on. */
export interface AgentChangedEvent {
  /** Always `agent_changed`. */
  type: "agent_changed";
  /** The session. */
  sessionId?: string;
  /** When; never a sort key. */
  timestamp: string;
  /** The event's id: a row's of the log, or a fresh one. */
  eventId: string;
  /** The place in the session's log, the sort key. A transient event has none. */
  sequenceNumber?: number;
  /** Whether it is in the log. */
  persistenceState: PersistenceState;
  /** What links related events: a tool use's or an approval's id. */
  correlationId?: string;
  /** The event of the user message that started the run. */
  parentEventId?: string;
  /** The place among the run's events, from 0. */
  eventIndex?: number;
  /** Of a workflow's inside: kept for audit, not shown. */
  isInternal?: boolean;
  /** Who worked. */
  previousAgent: AgentIdentity;
  /** Who works now. */
  currentAgent: AgentIdentity;
  /** Why another. */
  handoffType?: HandoffType;
  /** Why, in a sentence. */
  reason?: string;
}

/** The 16 events of `AgentEvent` and two later ones, for clients that asked for them. */
export type AgentEventExt =
  | SessionStartEvent
  | ThinkingEvent
  | ThinkingChunkEvent
  | MessagePartialEvent
  | MessageEvent
  | MessageChunkEvent
  | ToolUseEvent
  | ToolResultEvent
  | ErrorEvent
  | SessionEndEvent
  | CompleteEvent
  | ApprovalRequestedEvent
  | ApprovalResolvedEvent
  | UserMessageConfirmedEvent
  | TurnPausedEvent
  | ContentRefusedEvent
  | ThinkingCompleteEvent
  | AgentChangedEvent;

/** Whether and how long the model thinks before it answers. */
export interface ExtendedThinkingConfig {
  /** Whether it thinks; the server's setting when absent. */
  enableThinking?: boolean;
  /** At most so many tokens, 1,024 to 100,000; 10,000 when absent. */
  thinkingBudget?: number;
}

/** A user's message without settings: what `chatMessageSchema` checks. */
export interface ChatMessageInput {
  /** The text, 1 to 10,000 UTF-16 units. */
  message: string;
  /** The session. */
  sessionId: string;
  /** Who writes; the signed-in user counts, not this. */
  userId: string;
}

/** A user's message (`chat:message`). */
export interface ChatMessageData {
  /** The text, 1 to 10,000 UTF-16 units. */
  message: string;
  /** The session. */
  sessionId: string;
  /** Who writes; the signed-in user counts, not this. */
  userId: string;
  /** Whether and how long the model thinks. */
  thinking?: ExtendedThinkingConfig;
  /** Files of the knowledge base to look into. */
  attachments?: string[];
  /** Uploaded files that go with the message, at most 10. */
  chatAttachments?: string[];
  /** Whether to search the knowledge base by meaning. */
  enableAutoSemanticSearch?: boolean;
  /** The agent that shall answer. */
  targetAgentId?: string;
  /** The ids of files that the message speaks of. */
  mentionedFileIds?: string[];
  /** Files that the message speaks of. */
  mentions?: FileMention[];
  /** Whether to search the web. */
  enableWebSearch?: boolean;
  /** Whether to use the strongest model. */
  enableMaxMode?: boolean;
  /** An id of the client's own, echoed in the confirmation; makes a repeat harmless (ours). */
  clientMessageId?: string;
}

/** Stops the run of a session (`chat:stop`). */
export interface StopAgentData {
  /** The session. */
  sessionId: string;
  /** Who stops; the signed-in user counts, not this. */
  userId: string;
}

/** The answer to an approval (`approval:response`), as the seed has it. */
export interface ApprovalResponseData {
  /** Which approval. */
  approvalId: string;
  /** Yes or no. */
  approved: boolean;
  /** Who answers; the signed-in user counts, not this. */
  userId: string;
  /** Why. */
  reason?: string;
}

/** The answer to an approval with a `decision`. */
export interface ApprovalDecisionData {
  /** Which approval. */
  approvalId: string;
  /** Yes or no. */
  decision: ApprovalDecision;
  /** Who answers; the signed-in user counts, not this. */
  userId: string;
  /** Why. */
  reason?: string;
}

/** The answer to an approval in either form. One of `approved` and `decision` is there; both must say the same. */
export interface ApprovalResponse {
  /** Which approval. */
  approvalId: string;
  /** Yes or no. */
  approved?: boolean;
  /** Yes or no. */
  decision?: ApprovalDecision;
  /** Who answers; the signed-in user counts, not this. */
  userId?: string;
  /** Why. */
  reason?: string;
}

/** The body of `POST /api/approvals/{id}/respond`. One of `approved` and `decision` is there; both must say the same. */
export interface RespondApprovalRequest {
  /** Yes or no. */
  approved?: boolean;
  /** Yes or no. */
  decision?: ApprovalDecision;
  /** Why. */
  reason?: string;
}

/** Asks for a session's events (`session:join`). */
export interface SessionJoinData {
  /** The session. */
  sessionId: string;
  /** Who joins; the signed-in user counts, not this. */
  userId?: string;
  /** Events after this place in the log are sent again first (ours). */
  afterSequence?: number;
}

/** Asks for no more events of a session (`session:leave`). */
export interface SessionLeaveData {
  /** The session. */
  sessionId: string;
}

/** Chooses the agent that answers (`agent:select`). */
export interface AgentSelectData {
  /** The session. */
  sessionId: string;
  /** The agent. */
  agentId: string;
  /** Who chooses; the signed-in user counts, not this. */
  userId: string;
}

/** Answers a run that was interrupted by a question (`supervisor:resume`). */
export interface SupervisorResumeData {
  /** The session. */
  sessionId: string;
  /** The answer. */
  response: unknown;
}

/** Asks for what concerns a user in all sessions (`user:join`). */
export interface UserJoinData {
  /** The user; only oneself. */
  userId: string;
}

/** A request was refused before a run began (`agent:error`). */
export interface AgentErrorData {
  /** A sentence. */
  error: string;
  /** The session. */
  sessionId?: string;
  /** For programs. */
  code?: ErrorCode;
}

/** The client gets the session's events from now on (`session:joined`). */
export interface SessionJoinedEvent {
  /** The session. */
  sessionId: string;
}

/** A run that was going on when a client joined. */
export interface ActiveRun {
  /** Which. */
  runId: string;
  /** The message so far. */
  partialText?: string;
  /** The thoughts so far. */
  partialThinking?: string;
}

/** The session takes messages now (`session:ready`). */
export interface SessionReadyEvent {
  /** The session. */
  sessionId: string;
  /** When. */
  timestamp: string;
  /** The newest place in the log (ours). */
  lastSequence?: number;
  /** The run that goes on, if one does (ours). */
  activeRun?: ActiveRun;
  /** Approvals that wait for an answer (ours). */
  pendingApprovals?: ApprovalRequest[];
}

/** The client gets no more events of the session (`session:left`). */
export interface SessionLeftEvent {
  /** The session. */
  sessionId: string;
}

/** A session could not be joined (`session:error`). */
export interface SessionErrorData {
  /** A sentence. */
  error: string;
  /** For programs. */
  code?: SessionErrorCode;
  /** The session, as it was asked for. */
  sessionId?: string;
}

/** An answer to an approval was not taken (`approval:error`). */
export interface ApprovalErrorData {
  /** A sentence. */
  error: string;
  /** For programs. */
  code?: ApprovalErrorCode;
  /** The approval, as it was named (ours). */
  approvalId?: string;
}

/** To-dos are new (`todo:created`). */
export interface TodoCreatedEvent {
  /** The session. */
  sessionId: string;
  /** Which. */
  todos: TodoItem[];
}

/** A to-do's status changed (`todo:updated`). */
export interface TodoUpdatedEvent {
  /** Which. */
  todoId: string;
  /** The session. */
  sessionId: string;
  /** Now. */
  status: TodoStatus;
  /** When it ended. */
  completedAt?: string;
}

/** A to-do ended (`todo:completed`). */
export interface TodoCompletedEvent {
  /** Which. */
  todoId: string;
  /** The session. */
  sessionId: string;
  /** How. */
  status: TodoOutcome;
  /** When. */
  completedAt: string;
}

/** A session has another title (`session:title_updated`). */
export interface SessionTitleUpdatedEvent {
  /** The session. */
  sessionId: string;
  /** Its title. */
  title: string;
}

/** The client gets what concerns the user (`user:joined`). */
export interface UserJoinedEvent {
  /** The user. */
  userId: string;
}

/** A user's events cannot be had (`user:error`). */
export interface UserErrorData {
  /** A sentence. */
  error: string;
}

/** How a new approval is asked for. */
export interface CreateApprovalOptions {
  /** The session. */
  sessionId: string;
  /** Which tool waits. */
  toolName: string;
  /** What it would be called with. */
  toolArgs: Record<string, unknown>;
  /** How much depends on it. */
  priority?: ApprovalPriority;
  /** After how many milliseconds it counts as rejected; 300,000 when absent. */
  expiresInMs?: number;
}

/** An answer to an approval was taken. */
export interface ApprovalRespondResponse {
  /** Always `true`. */
  success: boolean;
  /** Which approval. */
  approvalId: string;
  /** The answer. */
  decision: ApprovalDecision;
}

/** A request was refused. */
export interface SocketRefusal {
  /** Always `false`. */
  ok: false;
  /** For programs. */
  code: SocketErrorCode;
  /** A sentence. */
  error: string;
}

/** A session was joined. */
export interface SessionJoinOk {
  /** Always `true`. */
  ok: true;
  /** The session. */
  sessionId: string;
  /** The newest place in its log. */
  lastSequence: number;
}

/** A session was left. */
export interface SessionLeaveOk {
  /** Always `true`. */
  ok: true;
}

/** A message is in the log. */
export interface ChatMessageOk {
  /** Always `true`. */
  ok: true;
  /** The message's id. */
  messageId: string;
  /** Its place in the log. */
  sequenceNumber: number;
  /** Its event. */
  eventId: string;
  /** The run that it starts. */
  runId: string;
}

/** A stop was heard. */
export interface StopAgentOk {
  /** Always `true`. */
  ok: true;
  /** Whether a run was stopped; there may have been none. */
  stopped: boolean;
}

/** An answer was taken. */
export interface ApprovalResponseOk {
  /** Always `true`. */
  ok: true;
  /** Which approval. */
  approvalId: string;
  /** The answer. */
  decision: ApprovalDecision;
}

/** Answers `session:join`. */
export type SessionJoinAck =
  | SessionJoinOk
  | SocketRefusal;

/** Answers `session:leave`. */
export type SessionLeaveAck =
  | SessionLeaveOk
  | SocketRefusal;

/** Answers `chat:message`. */
export type ChatMessageAck =
  | ChatMessageOk
  | SocketRefusal;

/** Answers `chat:stop`. */
export type StopAgentAck =
  | StopAgentOk
  | SocketRefusal;

/** Answers `approval:response`. */
export type ApprovalResponseAck =
  | ApprovalResponseOk
  | SocketRefusal;

/** The body of `POST /api/agent/query`. */
export interface AgentQueryRequest {
  /** The text, 1 to 10,000 UTF-16 units. */
  prompt: string;
  /** The session; a new one when absent. */
  sessionId?: string;
  /** Who asks; the signed-in user counts, not this. */
  userId: string;
  /**
   * Whether the answer comes in pieces.
   * @default true
   */
  streaming: boolean;
  /**
   * At most so many turns of the model, 1 to 50.
   * @default 20
   */
  maxTurns: number;
}

/** {@link AgentQueryRequest} as it may be sent: what has a default may be left out. */
export interface AgentQueryRequestInput {
  /** The text, 1 to 10,000 UTF-16 units. */
  prompt: string;
  /** The session; a new one when absent. */
  sessionId?: string;
  /** Who asks; the signed-in user counts, not this. */
  userId: string;
  /**
   * Whether the answer comes in pieces.
   * @default true
   */
  streaming?: boolean;
  /**
   * At most so many turns of the model, 1 to 50.
   * @default 20
   */
  maxTurns?: number;
}

/** A new to-do. */
export interface TodoCreateRequest {
  /** The session. */
  sessionId: string;
  /** What is to be done. */
  content: string;
  /** The same while it is being done. */
  activeForm: string;
  /** Its place, from 0. */
  order?: number;
}

/** A query of a business system. */
export interface BcQueryRequest {
  /** What is asked for. */
  entity: BcEntity;
  /** A condition. */
  filter?: string;
  /** Which fields. */
  select?: string[];
  /** Which related objects. */
  expand?: string[];
  /** The order. */
  orderBy?: string;
  /** At most so many, 1 to 1,000. */
  top?: number;
  /** How many to leave out first. */
  skip?: number;
  /** Whether to count all. */
  count?: boolean;
}

/** The body of `POST /api/chat/sessions`. */
export interface CreateChatSessionRequest {
  /** Its title. */
  title?: string;
  /** The first message; the title is made of it when there is none. */
  initialMessage?: string;
}

/** The body of `PATCH /api/chat/sessions/{id}`. */
export interface UpdateChatSessionRequest {
  /** Its title, without white space around it. */
  title: string;
}

/** The body of `PATCH /api/chat/sessions/{id}/pin`. */
export interface PinChatSessionRequest {
  /** Whether it is pinned. */
  pinned: boolean;
}

/** The query of `GET /api/chat/sessions`. */
export interface ChatSessionsQuery {
  /**
   * At most so many, 1 to 50.
   * @default 20
   */
  limit: number;
  /** Only those that were used before. */
  before?: string;
}

/** {@link ChatSessionsQuery} as it may be sent: what has a default may be left out. */
export interface ChatSessionsQueryInput {
  /**
   * At most so many, 1 to 50.
   * @default 20
   */
  limit?: number;
  /** Only those that were used before. */
  before?: string;
}

/** The query of `GET /api/chat/sessions/{id}/messages`. */
export interface ChatMessagesQuery {
  /**
   * At most so many, 1 to 100.
   * @default 50
   */
  limit: number;
  /**
   * How many to leave out first.
   * @default 0
   */
  offset: number;
  /** Only those before this place in the log. */
  before?: number;
  /** Only those after this place in the log. */
  after?: number;
}

/** {@link ChatMessagesQuery} as it may be sent: what has a default may be left out. */
export interface ChatMessagesQueryInput {
  /**
   * At most so many, 1 to 100.
   * @default 50
   */
  limit?: number;
  /**
   * How many to leave out first.
   * @default 0
   */
  offset?: number;
  /** Only those before this place in the log. */
  before?: number;
  /** Only those after this place in the log. */
  after?: number;
}

/** Tokens of a stored message. */
export interface MessageTokenUsage {
  /** Read. */
  input_tokens: number;
  /** Written. */
  output_tokens: number;
}

/** A text of a person or of the agent. */
export interface StandardMessage {
  /** Always `standard`. */
  type: "standard";
  /** Unique. */
  id: string;
  /** The session. */
  session_id: string;
  /** The place in the session's log; `null` when it is not there. */
  sequence_number: number | null;
  /** When. */
  created_at: string;
  /** The event that it was made of. */
  event_id?: string;
  /** Who speaks. */
  role: MessageRole;
  /** The text. */
  content: string;
  /** What it took. */
  token_usage?: MessageTokenUsage;
  /** Why the model stopped. */
  stop_reason?: StopReason | null;
  /** Which model. */
  model?: string;
  /** What the text rests on. */
  citations?: Citation[];
}

/** Thoughts of the agent. */
export interface ThinkingMessage {
  /** Always `thinking`. */
  type: "thinking";
  /** Unique. */
  id: string;
  /** The session. */
  session_id: string;
  /** The place in the session's log; `null` when it is not there. */
  sequence_number: number | null;
  /** When. */
  created_at: string;
  /** The event that it was made of. */
  event_id?: string;
  /** Always `assistant`. */
  role: AssistantRole;
  /** The thoughts. */
  content: string;
  /** How long they took, in milliseconds. */
  duration_ms?: number;
  /** Which model. */
  model?: string;
  /** What they took. */
  token_usage?: MessageTokenUsage;
}

/** A use of a tool; its result is merged in when there is one. */
export interface ToolUseMessage {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Unique. */
  id: string;
  /** The session. */
  session_id: string;
  /** The place in the session's log; `null` when it is not there. */
  sequence_number: number | null;
  /** When. */
  created_at: string;
  /** The event that it was made of. */
  event_id?: string;
  /** Which tool. */
  tool_name: string;
  /** What it was called with. */
  tool_args: Record<string, unknown>;
  /** Where it stands. */
  status: ToolStatus;
  /** What it gave. */
  result?: unknown;
  /** Why it failed. */
  error_message?: string;
  /** Links it to its result. */
  tool_use_id?: string;
}

/** What a tool gave. */
export interface ToolResultMessage {
  /** Always `tool_result`. */
  type: "tool_result";
  /** Unique. */
  id: string;
  /** The session. */
  session_id: string;
  /** The place in the session's log; `null` when it is not there. */
  sequence_number: number | null;
  /** When. */
  created_at: string;
  /** The event that it was made of. */
  event_id?: string;
  /** Which tool. */
  tool_name: string;
  /** What it was called with. */
  tool_args: Record<string, unknown>;
  /** Whether it did what it should. */
  success: boolean;
  /** What it gave. */
  result?: unknown;
  /** Why it failed. */
  error_message?: string;
  /** Links it to its use. */
  tool_use_id?: string;
  /** How long it took, in milliseconds. */
  duration_ms?: number;
}

/** A stored message of a chat session. */
export type Message =
  | StandardMessage
  | ThinkingMessage
  | ToolUseMessage
  | ToolResultMessage;

/** A chat session. */
export interface ChatSession {
  /** Unique. */
  id: string;
  /** The owner. */
  user_id: string;
  /** Its title. */
  title: string;
  /** Where it stands. */
  status: ChatSessionStatus;
  /** When it was used last. */
  last_activity_at: string;
  /** When it was made. */
  created_at: string;
  /** When it changed last. */
  updated_at: string;
  /** Whether it is pinned. */
  is_pinned?: boolean;
}

/** Where a list goes on. */
export interface ChatPagination {
  /** Whether there is more. */
  hasMore: boolean;
  /** What to ask for next; `null` at the end. */
  nextCursor: string | null;
}

/** `GET /api/chat/sessions`. */
export interface ChatSessionListResponse {
  /** The last used first. */
  sessions: ChatSession[];
  /** Where it goes on. */
  pagination?: ChatPagination;
}

/** One chat session. */
export interface ChatSessionResponse {
  /** Always `true` after a change; absent when it was only read. */
  success?: boolean;
  /** The session. */
  session: ChatSession;
}

/** `GET /api/chat/sessions/{id}/messages`. */
export interface ChatMessagesResponse {
  /** By their place in the log. */
  messages: Message[];
  /** Where it goes on. */
  pagination?: ChatPagination;
}

/** An approval. Absent values are `null`. */
export interface ApprovalRequest {
  /** Unique. */
  id: string;
  /** The session. */
  session_id: string;
  /** The message that it belongs to. */
  message_id: string | null;
  /** Who answered. */
  decided_by_user_id: string | null;
  /** What the tool does. */
  action_type: ApprovalActionType;
  /** In a sentence. */
  action_description: string;
  /** In parts. */
  action_data: Record<string, unknown> | null;
  /** Which tool. */
  tool_name: string;
  /** What it would be called with. */
  tool_args: Record<string, unknown>;
  /** Where it stands. */
  status: ApprovalStatus;
  /** How much depends on it. */
  priority: ApprovalPriority;
  /** Why it was rejected. */
  rejection_reason: string | null;
  /** When it was asked. */
  created_at: string;
  /** When it counts as rejected. */
  expires_at: string;
  /** When it was answered. */
  decided_at: string | null;
}

/** Approvals of a user, or of one session. */
export interface ApprovalListResponse {
  /** The session, when one was asked for. */
  sessionId?: string;
  /** How many. */
  count: number;
  /** The oldest first. */
  approvals: ApprovalRequest[];
}

/** A to-do of an agent. */
export interface TodoItem {
  /** Unique. */
  id: string;
  /** The session. */
  sessionId: string;
  /** What is to be done. */
  content: string;
  /** The same while it is being done. */
  activeForm: string;
  /** Where it stands. */
  status: TodoStatus;
  /** Its place, from 0. */
  order: number;
  /** When it was made. */
  createdAt?: string;
  /** When it ended. */
  completedAt?: string;
}

/** `GET /api/todos/session/{id}`. */
export interface TodoListResponse {
  /** The session. */
  sessionId: string;
  /** How many. */
  count: number;
  /** By their place. */
  todos: TodoItem[];
}

/** Tokens of a whole run. */
export interface RunTokenUsage {
  /** Read. */
  input: number;
  /** Written. */
  output: number;
  /** Those spent on thinking, an estimate. */
  thinking?: number;
  /** All. */
  total: number;
  /** Written to the provider's cache. */
  cacheCreation?: number;
  /** Read from the provider's cache. */
  cacheRead?: number;
}

/** What `POST /api/agent/query` answers. */
export interface AgentExecutionResult {
  /** The session. */
  sessionId?: string;
  /** The answer. */
  response: string;
  /** Its message. */
  messageId?: string;
  /** What it took. */
  tokenUsage?: RunTokenUsage;
  /** `tokenUsage.input`. */
  inputTokens?: number;
  /** `tokenUsage.output`. */
  outputTokens?: number;
  /** The tools that were used. */
  toolsUsed: string[];
  /** How long it took, in milliseconds. */
  durationMs?: number;
  /** `durationMs` under its older name. */
  duration?: number;
  /** Whether it did what it should. */
  success: boolean;
  /** Why not. */
  error?: string;
}

/** What one call of a model took. */
export interface TokenUsageRecord {
  /** Whose. */
  userId: string;
  /** The session. */
  sessionId: string;
  /** The message. */
  messageId: string;
  /** Which model. */
  model: string;
  /** Tokens. */
  usage: TokenUsage;
  /** Tokens written to the provider's cache. */
  cacheCreationTokens?: number;
  /** Tokens read from the provider's cache. */
  cacheReadTokens?: number;
  /** Whether the model was allowed to think. */
  thinkingEnabled: boolean;
  /** At most so many tokens. */
  thinkingBudget?: number;
  /** How the provider served it. */
  serviceTier?: ServiceTier;
  /** When. */
  createdAt: string;
}

/** The error body of the chat routes. */
export interface ApiErrorResponse {
  /** The HTTP status' name, as in `Not Found`. */
  error: string;
  /** For people. */
  message: string;
  /** For programs. */
  code: ErrorCode;
  /** More for programs. */
  details?: Record<string, string | number | boolean>;
  /** Finds the request in the server's log. */
  requestId?: string;
}

/** An error body with its HTTP status. */
export interface ErrorResponseWithStatus {
  /** The HTTP status. */
  statusCode: number;
  /** The body. */
  body: ApiErrorResponse;
}

/** What is wrong with one field. */
export interface ValidationErrorDetail {
  /** Which. */
  field: string;
  /** What is wrong. */
  message: string;
  /** What is allowed. */
  expected?: string;
  /** What came. */
  received?: string;
}

/** A number that is too small or too large. */
export interface RangeErrorDetail {
  /** Which field. */
  field: string;
  /** The smallest that is allowed. */
  min: number;
  /** The largest that is allowed. */
  max: number;
  /** What came. */
  received: number;
}

/** A point of the screen in pixels, from its top left corner. */
export interface Coordinates {
  /** To the right. */
  x: number;
  /** Down. */
  y: number;
}

/** Puts the mouse somewhere. */
export interface MoveMouseAction {
  /** Always `move_mouse`. */
  action: "move_mouse";
  /** Where. */
  coordinates: Coordinates;
}

/** Moves the mouse along a path. */
export interface TraceMouseAction {
  /** Always `trace_mouse`. */
  action: "trace_mouse";
  /** The path. */
  path: Coordinates[];
  /** Keys that are held meanwhile. */
  holdKeys?: string[] | null;
}

/** Clicks. */
export interface ClickMouseAction {
  /** Always `click_mouse`. */
  action: "click_mouse";
  /** Where; where the mouse is when absent. */
  coordinates?: Coordinates | null;
  /** Which button. */
  button: Button;
  /** Keys that are held meanwhile. */
  holdKeys?: string[] | null;
  /** How often. */
  clickCount: number;
}

/** Holds a button, or lets it go. */
export interface PressMouseAction {
  /** Always `press_mouse`. */
  action: "press_mouse";
  /** Where; where the mouse is when absent. */
  coordinates?: Coordinates | null;
  /** Which button. */
  button: Button;
  /** Down or up. */
  press: Press;
}

/** Moves the mouse along a path with a button held. */
export interface DragMouseAction {
  /** Always `drag_mouse`. */
  action: "drag_mouse";
  /** The path. */
  path: Coordinates[];
  /** Which button. */
  button: Button;
  /** Keys that are held meanwhile. */
  holdKeys?: string[] | null;
}

/** Turns the wheel. */
export interface ScrollAction {
  /** Always `scroll`. */
  action: "scroll";
  /** Where; where the mouse is when absent. */
  coordinates?: Coordinates | null;
  /** Where to. */
  direction: ScrollDirection;
  /** How many notches. */
  scrollCount: number;
  /** Keys that are held meanwhile. */
  holdKeys?: string[] | null;
}

/** Presses keys together and lets them go. */
export interface TypeKeysAction {
  /** Always `type_keys`. */
  action: "type_keys";
  /** The keys' names. */
  keys: string[];
  /** How long they are held, in milliseconds. */
  delay?: number | null;
}

/** Holds keys, or lets them go. */
export interface PressKeysAction {
  /** Always `press_keys`. */
  action: "press_keys";
  /** The keys' names. */
  keys: string[];
  /** Down or up. */
  press: Press;
}

/** Types a text. */
export interface TypeTextAction {
  /** Always `type_text`. */
  action: "type_text";
  /** The text. */
  text: string;
  /** How long to wait between characters, in milliseconds. */
  delay?: number | null;
  /** Whether the text is a secret. */
  sensitive?: boolean | null;
}

/** Pastes a text. */
export interface PasteTextAction {
  /** Always `paste_text`. */
  action: "paste_text";
  /** The text. */
  text: string;
  /** Whether the text is a secret (ours). */
  sensitive?: boolean | null;
}

/** Waits. */
export interface WaitAction {
  /** Always `wait`. */
  action: "wait";
  /** How long, in milliseconds. */
  duration: number;
}

/** Takes a picture of the screen. */
export interface ScreenshotAction {
  /** Always `screenshot`. */
  action: "screenshot";
}

/** Asks where the mouse is. */
export interface CursorPositionAction {
  /** Always `cursor_position`. */
  action: "cursor_position";
}

/** Brings a program to the front, and starts it when it does not run. */
export interface ApplicationAction {
  /** Always `application`. */
  action: "application";
  /** Which. */
  application: Application;
}

/** Writes a file. */
export interface WriteFileAction {
  /** Always `write_file`. */
  action: "write_file";
  /** Where; relative to the desktop's folder. */
  path: string;
  /** The content in base64. */
  data: string;
}

/** Reads a file. */
export interface ReadFileAction {
  /** Always `read_file`. */
  action: "read_file";
  /** Where; relative to the desktop's folder. */
  path: string;
}

/** What can be done to a desktop: exactly the seed's twelve. */
export type SeedComputerAction =
  | MoveMouseAction
  | TraceMouseAction
  | ClickMouseAction
  | PressMouseAction
  | DragMouseAction
  | ScrollAction
  | TypeKeysAction
  | PressKeysAction
  | TypeTextAction
  | WaitAction
  | ScreenshotAction
  | CursorPositionAction;

/** What can be done to a desktop: the seed's twelve, and four later ones. */
export type ComputerAction =
  | MoveMouseAction
  | TraceMouseAction
  | ClickMouseAction
  | PressMouseAction
  | DragMouseAction
  | ScrollAction
  | TypeKeysAction
  | PressKeysAction
  | TypeTextAction
  | PasteTextAction
  | WaitAction
  | ScreenshotAction
  | CursorPositionAction
  | ApplicationAction
  | WriteFileAction
  | ReadFileAction;

/** What `screenshot` gives. */
export interface ScreenshotResult {
  /** A PNG in base64. */
  image: string;
}

/** What `write_file` gives. */
export interface WriteFileResult {
  /** Whether the file is there. */
  success: boolean;
  /** Where it is, or why it is not. */
  message: string;
}

/** What `read_file` gives. */
export interface ReadFileResult {
  /** Whether it could be read. */
  success: boolean;
  /** The content in base64. */
  data?: string;
  /** The file's name. */
  name?: string;
  /** Bytes. */
  size?: number;
  /** Its media type. */
  mediaType?: string;
  /** Why it could not be read. */
  message?: string;
}

/** Input of `computer_move_mouse`. */
export interface MoveMouseInput {
  /** Where. */
  coordinates: Coordinates;
}

/** Input of `computer_trace_mouse`. */
export interface TraceMouseInput {
  /** The path. */
  path: Coordinates[];
  /** Keys that are held meanwhile. */
  holdKeys?: string[] | null;
}

/** Input of `computer_click_mouse`. */
export interface ClickMouseInput {
  /** Which button. */
  button: Button;
  /** How often. */
  clickCount: number;
  /** Where; where the mouse is when absent. */
  coordinates?: Coordinates | null;
  /** Keys that are held meanwhile. */
  holdKeys?: string[] | null;
}

/** Input of `computer_press_mouse`. */
export interface PressMouseInput {
  /** Which button. */
  button: Button;
  /** Down or up. */
  press: Press;
  /** Where; where the mouse is when absent. */
  coordinates?: Coordinates | null;
}

/** Input of `computer_drag_mouse`. */
export interface DragMouseInput {
  /** The path. */
  path: Coordinates[];
  /** Which button. */
  button: Button;
  /** Keys that are held meanwhile. */
  holdKeys?: string[] | null;
}

/** Input of `computer_scroll`. */
export interface ScrollInput {
  /** Where to. */
  direction: ScrollDirection;
  /** How many notches. */
  scrollCount: number;
  /** Where; where the mouse is when absent. */
  coordinates?: Coordinates | null;
  /** Keys that are held meanwhile. */
  holdKeys?: string[] | null;
}

/** Input of `computer_type_keys`. */
export interface TypeKeysInput {
  /** The keys' names. */
  keys: string[];
  /** How long they are held, in milliseconds. */
  delay?: number | null;
}

/** Input of `computer_press_keys`. */
export interface PressKeysInput {
  /** The keys' names. */
  keys: string[];
  /** Down or up. */
  press: Press;
}

/** Input of `computer_type_text`. */
export interface TypeTextInput {
  /** The text. */
  text: string;
  /** How long to wait between characters, in milliseconds. */
  delay?: number | null;
  /** Whether the text is a secret. */
  isSensitive?: boolean | null;
}

/** Input of `computer_paste_text`. */
export interface PasteTextInput {
  /** The text. */
  text: string;
  /** Whether the text is a secret. */
  isSensitive?: boolean | null;
}

/** Input of `computer_wait`. */
export interface WaitInput {
  /** How long, in milliseconds. */
  duration: number;
}

/** Input of `computer_screenshot` and of `computer_cursor_position`. */
export type EmptyInput = Record<string, unknown>;

/** Input of `computer_application`. */
export interface ApplicationInput {
  /** Which program; see `Application`. */
  application: string;
}

/** Input of `computer_write_file`. */
export interface WriteFileInput {
  /** Where; relative to the desktop's folder. */
  path: string;
  /** The content in base64. */
  data: string;
}

/** Input of `computer_read_file`. */
export interface ReadFileInput {
  /** Where; relative to the desktop's folder. */
  path: string;
}

/** Input of `set_task_status`. */
export interface SetTaskStatusInput {
  /** How the task stands. */
  status: AgentTaskStatus;
  /** What was done, or what is needed. */
  description: string;
}

/** Input of `create_task`. */
export interface CreateTaskInput {
  /** A few words. */
  name?: string;
  /** What is to be done. */
  description: string;
  /** At once when absent. */
  type?: CreateTaskType;
  /** When, for a scheduled one. */
  scheduledFor?: string;
  /** How much it matters; medium when absent. */
  priority?: CreateTaskPriority;
}

/** Puts the mouse somewhere. */
export interface MoveMouseToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_move_mouse`. */
  name: "computer_move_mouse";
  /** What the tool is called with. */
  input: MoveMouseInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Moves the mouse along a path. */
export interface TraceMouseToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_trace_mouse`. */
  name: "computer_trace_mouse";
  /** What the tool is called with. */
  input: TraceMouseInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Clicks. */
export interface ClickMouseToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_click_mouse`. */
  name: "computer_click_mouse";
  /** What the tool is called with. */
  input: ClickMouseInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Holds a button, or lets it go. */
export interface PressMouseToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_press_mouse`. */
  name: "computer_press_mouse";
  /** What the tool is called with. */
  input: PressMouseInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Moves the mouse along a path with a button held. */
export interface DragMouseToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_drag_mouse`. */
  name: "computer_drag_mouse";
  /** What the tool is called with. */
  input: DragMouseInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Turns the wheel. */
export interface ScrollToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_scroll`. */
  name: "computer_scroll";
  /** What the tool is called with. */
  input: ScrollInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Presses keys together and lets them go. */
export interface TypeKeysToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_type_keys`. */
  name: "computer_type_keys";
  /** What the tool is called with. */
  input: TypeKeysInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Holds keys, or lets them go. */
export interface PressKeysToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_press_keys`. */
  name: "computer_press_keys";
  /** What the tool is called with. */
  input: PressKeysInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Types a text. */
export interface TypeTextToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_type_text`. */
  name: "computer_type_text";
  /** What the tool is called with. */
  input: TypeTextInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Pastes a text. */
export interface PasteTextToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_paste_text`. */
  name: "computer_paste_text";
  /** What the tool is called with. */
  input: PasteTextInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Waits. */
export interface WaitToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_wait`. */
  name: "computer_wait";
  /** What the tool is called with. */
  input: WaitInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Takes a picture of the screen. */
export interface ScreenshotToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_screenshot`. */
  name: "computer_screenshot";
  /** What the tool is called with. */
  input: EmptyInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Asks where the mouse is. */
export interface CursorPositionToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_cursor_position`. */
  name: "computer_cursor_position";
  /** What the tool is called with. */
  input: EmptyInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Brings a program to the front. */
export interface ApplicationToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_application`. */
  name: "computer_application";
  /** What the tool is called with. */
  input: ApplicationInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Writes a file. */
export interface WriteFileToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_write_file`. */
  name: "computer_write_file";
  /** What the tool is called with. */
  input: WriteFileInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Reads a file. */
export interface ReadFileToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `computer_read_file`. */
  name: "computer_read_file";
  /** What the tool is called with. */
  input: ReadFileInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Says how the task stands. */
export interface SetTaskStatusToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `set_task_status`. */
  name: "set_task_status";
  /** What the tool is called with. */
  input: SetTaskStatusInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Makes another task. */
export interface CreateTaskToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Always `create_task`. */
  name: "create_task";
  /** What the tool is called with. */
  input: CreateTaskInput;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** A use of a tool that is none of the contract's own. */
export interface OtherToolUseBlock {
  /** Always `tool_use`. */
  type: "tool_use";
  /** Links it to its result. */
  id: string;
  /** Which tool. */
  name: string;
  /** What the tool is called with. */
  input: Record<string, unknown>;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** A use of one of the desktop's 16 tools. */
export type ComputerToolUseContentBlock =
  | MoveMouseToolUseBlock
  | TraceMouseToolUseBlock
  | ClickMouseToolUseBlock
  | PressMouseToolUseBlock
  | DragMouseToolUseBlock
  | ScrollToolUseBlock
  | TypeKeysToolUseBlock
  | PressKeysToolUseBlock
  | TypeTextToolUseBlock
  | PasteTextToolUseBlock
  | WaitToolUseBlock
  | ScreenshotToolUseBlock
  | CursorPositionToolUseBlock
  | ApplicationToolUseBlock
  | WriteFileToolUseBlock
  | ReadFileToolUseBlock;

/** A use of any tool: the contract's own are checked, all others are kept as they are. */
export type ToolUseContentBlock =
  | MoveMouseToolUseBlock
  | TraceMouseToolUseBlock
  | ClickMouseToolUseBlock
  | PressMouseToolUseBlock
  | DragMouseToolUseBlock
  | ScrollToolUseBlock
  | TypeKeysToolUseBlock
  | PressKeysToolUseBlock
  | TypeTextToolUseBlock
  | PasteTextToolUseBlock
  | WaitToolUseBlock
  | ScreenshotToolUseBlock
  | CursorPositionToolUseBlock
  | ApplicationToolUseBlock
  | WriteFileToolUseBlock
  | ReadFileToolUseBlock
  | SetTaskStatusToolUseBlock
  | CreateTaskToolUseBlock
  | OtherToolUseBlock;

/** What a person did to the desktop, as a tool use. */
export type UserActionToolUseBlock =
  | MoveMouseToolUseBlock
  | TraceMouseToolUseBlock
  | ClickMouseToolUseBlock
  | PressMouseToolUseBlock
  | TypeKeysToolUseBlock
  | PressKeysToolUseBlock
  | TypeTextToolUseBlock
  | DragMouseToolUseBlock
  | ScrollToolUseBlock;

/** The bytes of a picture. */
export interface ImageSource {
  /** Always `base64`. */
  type: SourceEncoding;
  /** Always `image/png`. */
  media_type: ImageMediaType;
  /** The bytes. */
  data: string;
}

/** The bytes of a file. */
export interface DocumentSource {
  /** Always `base64`. */
  type: SourceEncoding;
  /** The file's media type. */
  media_type: string;
  /** The bytes. */
  data: string;
}

/** A text. */
export interface TextContentBlock {
  /** Always `text`. */
  type: "text";
  /** The text. */
  text: string;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** A picture. */
export interface ImageContentBlock {
  /** Always `image`. */
  type: "image";
  /** The picture. */
  source: ImageSource;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** A file. */
export interface DocumentContentBlock {
  /** Always `document`. */
  type: "document";
  /** The file. */
  source: DocumentSource;
  /** The file's name. */
  name?: string;
  /** Bytes. */
  size?: number;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Thoughts. */
export interface ThinkingContentBlock {
  /** Always `thinking`. */
  type: "thinking";
  /** The thoughts. */
  thinking: string;
  /** By it their model knows them again. */
  signature: string;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** Thoughts that only their model can read. */
export interface RedactedThinkingContentBlock {
  /** Always `redacted_thinking`. */
  type: "redacted_thinking";
  /** The thoughts. */
  data: string;
  /** Blocks that belong to it. */
  content?: MessageContentBlock[];
}

/** What a person did to the desktop while they had it. */
export interface UserActionContentBlock {
  /** Always `user_action`. */
  type: "user_action";
  /** What they saw, and what they did. */
  content: UserActionContent[];
}

/** What a tool gave. */
export interface ToolResultContentBlock {
  /** Always `tool_result`. */
  type: "tool_result";
  /** The use that it answers. */
  tool_use_id: string;
  /** What it gave. */
  content: MessageContentBlock[];
  /** Whether it failed. */
  is_error?: boolean;
}

/** A picture of the screen before, or what a person did then. */
export type UserActionContent =
  | ImageContentBlock
  | UserActionToolUseBlock;

/** A part of a message. */
export type MessageContentBlock =
  | TextContentBlock
  | ImageContentBlock
  | DocumentContentBlock
  | ThinkingContentBlock
  | RedactedThinkingContentBlock
  | UserActionContentBlock
  | ToolUseContentBlock
  | ToolResultContentBlock;

/** A tool as a model is told of it. */
export interface LlmTool {
  /** Its name. */
  name: string;
  /** What it does, for the model. */
  description: string;
  /** A JSON Schema of its input. */
  input_schema: Record<string, unknown>;
}
