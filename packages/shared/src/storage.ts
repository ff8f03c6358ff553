import type {
  AgentTemplate,
  RuntimeInstance,
  SessionMeta,
  SessionRuntimeInfo,
  StoredSession,
  WebhookConfig,
} from "./generated/types.js";

export type { SessionMeta, SessionRuntimeInfo, StoredSession };

/** Where sessions, templates and instances are kept. What a running session holds in memory is not here. */
export interface FlamecastStorage {
  /**
   * Makes the managed templates equal to this list: these are written, managed ones that are not in it are removed,
   * those of users stay.
   */
  seedAgentTemplates(templates: AgentTemplate[]): Promise<void>;
  listAgentTemplates(): Promise<AgentTemplate[]>;
  getAgentTemplate(id: string): Promise<AgentTemplate | null>;
  saveAgentTemplate(template: AgentTemplate): Promise<void>;
  updateAgentTemplate(
    id: string,
    patch: {
      name?: string;
      spawn?: AgentTemplate["spawn"];
      runtime?: Partial<AgentTemplate["runtime"]>;
      env?: Record<string, string>;
    },
  ): Promise<AgentTemplate | null>;
  createSession(meta: SessionMeta, runtimeInfo?: SessionRuntimeInfo, webhooks?: WebhookConfig[]): Promise<void>;
  updateSession(
    id: string,
    patch: Partial<Pick<SessionMeta, "lastUpdatedAt" | "pendingPermission">>,
  ): Promise<void>;
  getSessionMeta(id: string): Promise<SessionMeta | null>;
  getStoredSession(id: string): Promise<StoredSession | null>;
  /** All sessions, ended ones too; the last changed first. */
  listAllSessions(): Promise<SessionMeta[]>;
  /** The sessions that live, each with how its host is reached. */
  listActiveSessionsWithRuntime(): Promise<StoredSession[]>;
  finalizeSession(id: string, reason: "terminated"): Promise<void>;
  saveRuntimeInstance(instance: RuntimeInstance): Promise<void>;
  listRuntimeInstances(): Promise<RuntimeInstance[]>;
  deleteRuntimeInstance(name: string): Promise<void>;
}
