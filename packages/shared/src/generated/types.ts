// Generated from crates/protocol by `cargo run -p xtask -- generate`. Do not edit.

import type {
  TaskStatus,
  FileEncoding,
  ErrorCode,
  WsMessageType,
  VsockMessageType,
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
