// The declarations of the session protocol's package (@flamecast/protocol 0.1.1), as the seed gives them and without its
// comments: ../seeds/protocol.test.ts holds the generated types against them.

export interface RuntimeHostStartSessionRequest {
  sessionId: string;
  command: string;
  args: string[];
  workspace: string;
  setup?: string;
  env?: Record<string, string>;
  callbackUrl?: string;
}

export interface RuntimeHostStartSessionResponse {
  acpSessionId: string;
  sessionId: string;
}

export interface RuntimeHostSessionStatus {
  sessionId: string;
  status: "idle" | "running";
}

export interface RuntimeHostHealthResponse {
  status: "ok";
  sessions: RuntimeHostSessionStatus[];
}

export interface RuntimeHostPromptRequest {
  text: string;
}

export interface RuntimeHostPermissionResponse {
  optionId?: string;
  outcome?: "cancelled";
}

export interface Runtime<TConfig extends Record<string, unknown> = {}> {
  readonly onlyOne?: boolean;
  fetchSession(sessionId: string, request: Request): Promise<Response>;
  fetchInstance?(instanceId: string, request: Request): Promise<Response>;
  start?(instanceId: string): Promise<void>;
  stop?(instanceId: string): Promise<void>;
  pause?(instanceId: string): Promise<void>;
  delete?(instanceId: string): Promise<void>;
  getInstanceStatus?(instanceId: string): Promise<"running" | "stopped" | "paused" | undefined>;
  getWebsocketUrl?(instanceId: string): string | undefined;
  getDefaultCwd?(): string | undefined;
  dispose?(): Promise<void>;
  getRuntimeMeta?(sessionId: string): Record<string, unknown> | null;
  reconnect?(sessionId: string, runtimeMeta: Record<string, unknown> | null): Promise<boolean>;
}

export interface RuntimeInstance {
  name: string;
  typeName: string;
  status: "running" | "stopped" | "paused";
  websocketUrl?: string;
}

export interface RuntimeInfo {
  typeName: string;
  onlyOne: boolean;
  instances: RuntimeInstance[];
}

export type RuntimeNames<R> = Extract<keyof R, string>;

export type RuntimeConfigFor<R extends Record<string, Runtime<Record<string, unknown>>>> = {
  [K in keyof R]: R[K] extends Runtime<infer C> ? {
    provider: K;
    setup?: string;
  } & C : never;
}[keyof R];

export interface SessionContext<R extends Record<string, Runtime<Record<string, unknown>>>> {
  id: string;
  agentName: string;
  runtime: RuntimeNames<R>;
  spawn: {
    command: string;
    args: string[];
  };
  startedAt: string;
}

export type SessionEndReason = "terminated" | "error" | "idle_timeout" | "agent_exit";

export interface FileSystemEntryGitInfo {
  branch: string;
  origin?: string;
}

export interface FileSystemEntry {
  path: string;
  type: "file" | "directory" | "symlink" | "other";
  git?: FileSystemEntryGitInfo;
}

export interface PermissionRequestEvent {
  requestId: string;
  toolCallId: string;
  title: string;
  kind?: string;
  options: Array<{
    optionId: string;
    name: string;
    kind: string;
  }>;
}

export interface FilesystemSnapshotEvent {
  snapshot: {
    root: string;
    entries: FileSystemEntry[];
  };
}

export interface FilePreviewEvent {
  path: string;
  content: string;
}

export interface PermissionRespondAction {
  action: "permission.respond";
  requestId: string;
  response: {
    optionId: string;
  };
}

export interface FsSnapshotAction {
  action: "fs.snapshot";
  path?: string;
}

export interface FilePreviewAction {
  action: "file.preview";
  path: string;
}

export type SessionCallbackEvent = {
  type: "permission_request";
  data: PermissionRequestEvent;
} | {
  type: "session_end";
  data: {
    exitCode: number | null;
  };
} | {
  type: "end_turn";
  data: {
    promptResponse: unknown;
  };
} | {
  type: "agent_message";
  data: {
    sessionUpdate: unknown;
  };
} | {
  type: "error";
  data: {
    message: string;
  };
};

export type PermissionCallbackResponse = {
  optionId: string;
} | {
  outcome: "cancelled";
} | {
  deferred: true;
};

export interface SessionHostStartRequest {
  sessionId?: string;
  command: string;
  args: string[];
  workspace: string;
  setup?: string;
  env?: Record<string, string>;
  callbackUrl?: string;
}

export interface SessionHostStartResponse {
  acpSessionId: string;
  hostUrl: string;
  websocketUrl: string;
  sessionId?: string;
}

export interface SessionHostHealthResponse {
  status: "idle" | "running";
  sessionId?: string;
}

export interface AgentSpawn {
  command: string;
  args: string[];
}

export interface AgentTemplateRuntime {
  provider: string;
  image?: string;
  dockerfile?: string;
  setup?: string;
  env?: Record<string, string>;
}

export interface AgentTemplate {
  id: string;
  name: string;
  spawn: AgentSpawn;
  runtime: AgentTemplateRuntime;
  env?: Record<string, string>;
}

export interface SessionLog {
  timestamp: string;
  type: string;
  data: Record<string, unknown>;
}

export interface PendingPermissionOption {
  optionId: string;
  name: string;
  kind: string;
}

export interface PendingPermission {
  requestId: string;
  toolCallId: string;
  title: string;
  kind?: string;
  options: PendingPermissionOption[];
}

export interface FileSystemSnapshot {
  root: string;
  path?: string;
  gitPath?: string;
  entries: FileSystemEntry[];
  truncated: boolean;
  maxEntries: number;
}

export interface FilePreview {
  path: string;
  content: string;
  truncated: boolean;
  maxChars: number;
}

export interface QueuedPromptResponse {
  queued: true;
  queueId: string;
  position: number;
}

export interface PromptQueueItem {
  queueId: string;
  text: string;
  enqueuedAt: string;
  position: number;
}

export interface PromptQueueState {
  processing: boolean;
  paused: boolean;
  items: PromptQueueItem[];
  size: number;
}

export interface Session {
  id: string;
  agentName: string;
  spawn: AgentSpawn;
  startedAt: string;
  lastUpdatedAt: string;
  status: "active" | "killed";
  logs: SessionLog[];
  pendingPermission: PendingPermission | null;
  fileSystem: FileSystemSnapshot | null;
  promptQueue: PromptQueueState | null;
  websocketUrl?: string;
  runtime?: string;
}

export interface CreateSessionBody {
  sessionId?: string;
  cwd?: string;
  agentTemplateId?: string;
  spawn?: AgentSpawn;
  name?: string;
  runtimeInstance?: string;
  webhooks?: Omit<WebhookConfig, "id">[];
}

export interface RegisterAgentTemplateBody {
  name: string;
  spawn: AgentSpawn;
  runtime?: AgentTemplateRuntime;
  env?: Record<string, string>;
}

export interface PromptBody {
  text: string;
}

export type PermissionResponseBody = {
  optionId: string;
} | {
  outcome: "cancelled";
};

export type WebhookEventType = "permission_request" | "end_turn" | "error" | "session_end";

export interface WebhookConfig {
  id: string;
  url: string;
  secret: string;
  events?: WebhookEventType[];
}

export interface WebhookPayload {
  sessionId: string;
  eventId: string;
  timestamp: string;
  event: {
    type: WebhookEventType;
    data: Record<string, unknown>;
  };
}

export type SessionMeta = Omit<Session, "fileSystem" | "logs" | "promptQueue">;

export interface SessionRuntimeInfo {
  hostUrl: string;
  websocketUrl: string;
  runtimeName: string;
  runtimeMeta?: Record<string, unknown> | null;
}

export interface StoredSession {
  meta: SessionMeta;
  runtimeInfo: SessionRuntimeInfo | null;
  webhooks: WebhookConfig[];
}

export interface FlamecastStorage {
  seedAgentTemplates(templates: AgentTemplate[]): Promise<void>;
  listAgentTemplates(): Promise<AgentTemplate[]>;
  getAgentTemplate(id: string): Promise<AgentTemplate | null>;
  saveAgentTemplate(template: AgentTemplate): Promise<void>;
  updateAgentTemplate(id: string, patch: {
      name?: string;
      spawn?: AgentTemplate["spawn"];
      runtime?: Partial<AgentTemplate["runtime"]>;
      env?: Record<string, string>;
  }): Promise<AgentTemplate | null>;
  createSession(meta: SessionMeta, runtimeInfo?: SessionRuntimeInfo, webhooks?: WebhookConfig[]): Promise<void>;
  updateSession(id: string, patch: Partial<Pick<SessionMeta, "lastUpdatedAt" | "pendingPermission">>): Promise<void>;
  getSessionMeta(id: string): Promise<SessionMeta | null>;
  getStoredSession(id: string): Promise<StoredSession | null>;
  listAllSessions(): Promise<SessionMeta[]>;
  listActiveSessionsWithRuntime(): Promise<StoredSession[]>;
  finalizeSession(id: string, reason: "terminated"): Promise<void>;
  saveRuntimeInstance(instance: RuntimeInstance): Promise<void>;
  listRuntimeInstances(): Promise<RuntimeInstance[]>;
  deleteRuntimeInstance(name: string): Promise<void>;
}

export type Channel = string;

export interface WsChannelConnectedMessage {
  type: "connected";
  connectionId: string;
}

export interface WsSubscribedMessage {
  type: "subscribed";
  channel: Channel;
}

export interface WsUnsubscribedMessage {
  type: "unsubscribed";
  channel: Channel;
}

export interface WsChannelEventMessage {
  type: "event";
  channel: Channel;
  sessionId: string;
  agentId: string;
  seq: number;
  event: {
    type: string;
    data: Record<string, unknown>;
    timestamp: string;
  };
}

export interface WsSessionCreatedMessage {
  type: "session.created";
  sessionId: string;
  agentId: string;
}

export interface WsSessionTerminatedMessage {
  type: "session.terminated";
  sessionId: string;
  agentId: string;
}

export interface WsChannelErrorMessage {
  type: "error";
  message: string;
  channel?: Channel;
}

export interface WsPongMessage {
  type: "pong";
}

export type WsChannelServerMessage = WsChannelConnectedMessage | WsSubscribedMessage | WsUnsubscribedMessage | WsChannelEventMessage | WsSessionCreatedMessage | WsSessionTerminatedMessage | WsChannelErrorMessage | WsPongMessage;

export interface WsSubscribeAction {
  action: "subscribe";
  channel: Channel;
  since?: number;
}

export interface WsUnsubscribeAction {
  action: "unsubscribe";
  channel: Channel;
}

export interface WsChannelPromptAction {
  action: "prompt";
  sessionId: string;
  text: string;
}

export interface WsChannelPermissionRespondAction {
  action: "permission.respond";
  sessionId: string;
  requestId: string;
  body: {
    optionId: string;
  } | {
    outcome: "cancelled";
  };
}

export interface WsChannelCancelAction {
  action: "cancel";
  sessionId: string;
  queueId?: string;
}

export interface WsChannelTerminateAction {
  action: "terminate";
  sessionId: string;
}

export interface WsChannelQueueReorderAction {
  action: "queue.reorder";
  sessionId: string;
  order: string[];
}

export interface WsChannelQueueClearAction {
  action: "queue.clear";
  sessionId: string;
}

export interface WsChannelQueuePauseAction {
  action: "queue.pause";
  sessionId: string;
}

export interface WsChannelQueueResumeAction {
  action: "queue.resume";
  sessionId: string;
}

export interface WsChannelPingAction {
  action: "ping";
}

export interface WsChannelTerminalCreateAction {
  action: "terminal.create";
  sessionId?: string;
  data?: string;
  cols?: number;
  rows?: number;
}

export interface WsChannelTerminalInputAction {
  action: "terminal.input";
  terminalId: string;
  data: string;
}

export interface WsChannelTerminalResizeAction {
  action: "terminal.resize";
  terminalId: string;
  cols: number;
  rows: number;
}

export interface WsChannelTerminalKillAction {
  action: "terminal.kill";
  terminalId: string;
}

export type WsChannelControlMessage = WsSubscribeAction | WsUnsubscribeAction | WsChannelPromptAction | WsChannelPermissionRespondAction | WsChannelCancelAction | WsChannelTerminateAction | WsChannelQueueReorderAction | WsChannelQueueClearAction | WsChannelQueuePauseAction | WsChannelQueueResumeAction | WsChannelPingAction | WsChannelTerminalCreateAction | WsChannelTerminalInputAction | WsChannelTerminalResizeAction | WsChannelTerminalKillAction;

export interface WsEventMessage {
  type: "event";
  timestamp: string;
  event: {
    type: string;
    data: Record<string, unknown>;
    timestamp: string;
  };
}

export interface WsConnectedMessage {
  type: "connected";
  sessionId: string;
}

export interface WsErrorMessage {
  type: "error";
  message: string;
}

export type WsServerMessage = WsEventMessage | WsConnectedMessage | WsErrorMessage;

export interface WsPromptAction {
  action: "prompt";
  text: string;
}

export interface WsPermissionRespondAction {
  action: "permission.respond";
  requestId: string;
  body: {
    optionId: string;
  } | {
    outcome: "cancelled";
  };
}

export interface WsCancelAction {
  action: "cancel";
  queueId?: string;
}

export interface WsTerminateAction {
  action: "terminate";
}

export interface WsPingAction {
  action: "ping";
}

export interface WsQueueReorderAction {
  action: "queue.reorder";
  order: string[];
}

export interface WsQueueClearAction {
  action: "queue.clear";
}

export interface WsQueuePauseAction {
  action: "queue.pause";
}

export interface WsQueueResumeAction {
  action: "queue.resume";
}

export type WsControlMessage = WsPromptAction | WsPermissionRespondAction | WsCancelAction | WsTerminateAction | WsPingAction | WsQueueReorderAction | WsQueueClearAction | WsQueuePauseAction | WsQueueResumeAction;
