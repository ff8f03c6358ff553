// Generated from crates/protocol by `cargo run -p xtask -- generate`. Do not edit.

import type {
  TaskStatus,
  FileEncoding,
  ErrorCode,
  WsMessageType,
  VsockMessageType,
  SessionEndReason,
  WebhookEventType,
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

/** One initial file (text only, as in the seed). */
export interface VsockFile {
  /** Relative to the workspace. */
  name: string;
  /** Text. */
  content: string;
}

/** Host → guest, once. */
export interface VsockInitMessage {
  /** Always `init`. */
  type: "init";
  /** The agent's key variable. Lia always sends a worthless placeholder. */
  api_key: string;
  /** The user's request. */
  prompt: string;
  /** Initial files. */
  files?: VsockFile[];
}

/** Guest → host. */
export interface VsockOutputMessage {
  /** Always `output`. */
  type: "output";
  /** Text. */
  data: string;
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
  /** Its exit code. */
  code: number;
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
  };
}

/** A file's content. */
export interface FilePreviewEvent {
  /** Its path. */
  path: string;
  /** Text. */
  content: string;
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
  /** Of which folder; the workspace when absent. */
  path?: string;
}

/** Asks for a file's content. */
export interface FilePreviewAction {
  /** Always `file.preview`. */
  action: "file.preview";
  /** Of which session, on a socket with many (ours). */
  sessionId?: string;
  /** Which file. */
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
  /** Variables for the instance. */
  env?: Record<string, string>;
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
  /** Variables for the agent. */
  env?: Record<string, string>;
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
}

/** The answer to a permission. */
export type PermissionResponseBody = {
  /** Which. */
  optionId: string;
} | {
  /** Always `cancelled`. */
  outcome: "cancelled";
};

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
  epoch?: string;
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
