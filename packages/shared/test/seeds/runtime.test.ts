// The five types of the session protocol that are no data: each is proven by what implements it.
import { expect, expectTypeOf, test } from "vitest";

import type { Runtime, RuntimeConfigFor, RuntimeInstance, RuntimeNames, SessionContext } from "@lia/shared/runtime";
import type { AgentTemplate, WebhookConfig } from "@lia/shared/session";
import type { FlamecastStorage, SessionMeta, SessionRuntimeInfo, StoredSession } from "@lia/shared/storage";
import type { Session } from "@lia/shared";

/** A runtime that has all that one may have. */
class Whole implements Runtime<{ image: string }> {
  readonly onlyOne = true;
  readonly running = new Set<string>();
  async fetchSession(sessionId: string, request: Request): Promise<Response> {
    return new Response(`${request.method} ${sessionId}`);
  }
  async fetchInstance(instanceId: string, request: Request): Promise<Response> {
    return new Response(`${request.method} ${instanceId}`);
  }
  async start(instanceId: string): Promise<void> {
    this.running.add(instanceId);
  }
  async stop(instanceId: string): Promise<void> {
    this.running.delete(instanceId);
  }
  async pause(_instanceId: string): Promise<void> {}
  async delete(instanceId: string): Promise<void> {
    this.running.delete(instanceId);
  }
  async getInstanceStatus(instanceId: string): Promise<"running" | "stopped" | "paused" | undefined> {
    return this.running.has(instanceId) ? "running" : undefined;
  }
  getWebsocketUrl(instanceId: string): string | undefined {
    return this.running.has(instanceId) ? `ws://localhost/${instanceId}` : undefined;
  }
  getDefaultCwd(): string | undefined {
    return "/workspace";
  }
  async dispose(): Promise<void> {
    this.running.clear();
  }
  getRuntimeMeta(_sessionId: string): Record<string, unknown> | null {
    return { pid: 7 };
  }
  async reconnect(_sessionId: string, runtimeMeta: Record<string, unknown> | null): Promise<boolean> {
    return runtimeMeta !== null;
  }
}

/** A runtime that has what one must have. */
class Least implements Runtime {
  async fetchSession(): Promise<Response> {
    return new Response(null, { status: 204 });
  }
}

type Registry = { docker: Runtime<{ image: string }>; local: Runtime };

test("a registry names its runtimes", () => {
  expectTypeOf<RuntimeNames<Registry>>().toEqualTypeOf<"docker" | "local">();
  const docker: RuntimeConfigFor<Registry> = { provider: "docker", setup: "true", image: "debian" };
  const local: RuntimeConfigFor<Registry> = { provider: "local" };
  // @ts-expect-error no runtime has this name
  const other: RuntimeConfigFor<Registry> = { provider: "e2b" };
  const context: SessionContext<Registry> = {
    id: "s1",
    agentName: "a",
    runtime: "docker",
    spawn: { command: "agent", args: [] },
    startedAt: "2026-11-21T03:21:26.636Z",
  };
  expect([docker.provider, local.provider, other.provider, context.runtime]).toEqual(["docker", "local", "e2b", "docker"]);
});

test("a class implements a runtime", async () => {
  const runtimes: Registry = { docker: new Whole(), local: new Least() };
  await runtimes.docker.start?.("i1");
  expect(await runtimes.docker.getInstanceStatus?.("i1")).toBe("running");
  expect(await (await runtimes.docker.fetchSession("s1", new Request("http://localhost/"))).text()).toBe("GET s1");
  expect((await runtimes.local.fetchSession("s1", new Request("http://localhost/"))).status).toBe(204);
  expect(runtimes.local.start).toBeUndefined();
});

/** A store in memory. */
class Memory implements FlamecastStorage {
  readonly templates = new Map<string, AgentTemplate>();
  readonly sessions = new Map<string, StoredSession>();
  readonly instances = new Map<string, RuntimeInstance>();
  async seedAgentTemplates(templates: AgentTemplate[]): Promise<void> {
    for (const template of templates) this.templates.set(template.id, template);
  }
  async listAgentTemplates(): Promise<AgentTemplate[]> {
    return [...this.templates.values()];
  }
  async getAgentTemplate(id: string): Promise<AgentTemplate | null> {
    return this.templates.get(id) ?? null;
  }
  async saveAgentTemplate(template: AgentTemplate): Promise<void> {
    this.templates.set(template.id, template);
  }
  async updateAgentTemplate(
    id: string,
    patch: {
      name?: string;
      spawn?: AgentTemplate["spawn"];
      runtime?: Partial<AgentTemplate["runtime"]>;
      env?: Record<string, string>;
    },
  ): Promise<AgentTemplate | null> {
    const old = this.templates.get(id);
    if (!old) return null;
    const next = { ...old, ...patch, runtime: { ...old.runtime, ...patch.runtime } };
    this.templates.set(id, next);
    return next;
  }
  async createSession(meta: SessionMeta, runtimeInfo?: SessionRuntimeInfo, webhooks?: WebhookConfig[]): Promise<void> {
    this.sessions.set(meta.id, { meta, runtimeInfo: runtimeInfo ?? null, webhooks: webhooks ?? [] });
  }
  async updateSession(
    id: string,
    patch: Partial<Pick<SessionMeta, "lastUpdatedAt" | "pendingPermission">>,
  ): Promise<void> {
    const old = this.sessions.get(id);
    if (old) this.sessions.set(id, { ...old, meta: { ...old.meta, ...patch } });
  }
  async getSessionMeta(id: string): Promise<SessionMeta | null> {
    return this.sessions.get(id)?.meta ?? null;
  }
  async getStoredSession(id: string): Promise<StoredSession | null> {
    return this.sessions.get(id) ?? null;
  }
  async listAllSessions(): Promise<SessionMeta[]> {
    return [...this.sessions.values()].map((s) => s.meta);
  }
  async listActiveSessionsWithRuntime(): Promise<StoredSession[]> {
    return [...this.sessions.values()].filter((s) => s.meta.status === "active");
  }
  async finalizeSession(id: string, _reason: "terminated"): Promise<void> {
    const old = this.sessions.get(id);
    if (old) this.sessions.set(id, { ...old, meta: { ...old.meta, status: "killed" } });
  }
  async saveRuntimeInstance(instance: RuntimeInstance): Promise<void> {
    this.instances.set(instance.name, instance);
  }
  async listRuntimeInstances(): Promise<RuntimeInstance[]> {
    return [...this.instances.values()];
  }
  async deleteRuntimeInstance(name: string): Promise<void> {
    this.instances.delete(name);
  }
}

test("a class implements a store", async () => {
  const store: FlamecastStorage = new Memory();
  const meta: SessionMeta = {
    id: "s1",
    agentName: "a",
    spawn: { command: "agent", args: [] },
    startedAt: "2026-11-21T03:21:26.636Z",
    lastUpdatedAt: "2026-11-21T03:21:26.636Z",
    status: "active",
    pendingPermission: null,
  };
  await store.createSession(meta);
  await store.updateSession("s1", { lastUpdatedAt: "2026-11-21T03:21:27.000Z" });
  expect((await store.listActiveSessionsWithRuntime())[0]?.meta.lastUpdatedAt).toBe("2026-11-21T03:21:27.000Z");
  await store.finalizeSession("s1", "terminated");
  expect(await store.listActiveSessionsWithRuntime()).toEqual([]);
  expectTypeOf<SessionMeta>().toExtend<Omit<Session, "fileSystem" | "logs" | "promptQueue">>();
});
