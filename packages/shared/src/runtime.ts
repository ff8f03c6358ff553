import type { RuntimeInfo, RuntimeInstance } from "./generated/types.js";
import type { SessionEndReason } from "./generated/constants.js";

export type { RuntimeInfo, RuntimeInstance, SessionEndReason };

/**
 * A way to isolate sessions: it makes sure that a session's host is there, and brings requests to it.
 *
 * `TConfig` is what a template may say about it. Everything but {@link Runtime.fetchSession} is optional.
 */
export interface Runtime<TConfig extends Record<string, unknown> = {}> {
  /** Has one instance and no more. */
  readonly onlyOne?: boolean;
  /** Brings a request to a session's host. */
  fetchSession(sessionId: string, request: Request): Promise<Response>;
  /** Brings a request to an instance, for what belongs to no session: its files, its traces. */
  fetchInstance?(instanceId: string, request: Request): Promise<Response>;
  /** Starts or resumes an instance; makes it when it is not there. */
  start?(instanceId: string): Promise<void>;
  /** Ends an instance and lets go of what it used. */
  stop?(instanceId: string): Promise<void>;
  /** Freezes an instance; its sessions stay. */
  pause?(instanceId: string): Promise<void>;
  /** Removes an instance and all that it kept. */
  delete?(instanceId: string): Promise<void>;
  /** What the instance does now, asked of the system that runs it. */
  getInstanceStatus?(instanceId: string): Promise<"running" | "stopped" | "paused" | undefined>;
  /** Where the WebSocket of a running instance is. */
  getWebsocketUrl?(instanceId: string): string | undefined;
  /** The working folder of new sessions. */
  getDefaultCwd?(): string | undefined;
  /** Ends the runtime itself. */
  dispose?(): Promise<void>;
  /** What must be kept of a session so that it is found again after a restart; asked once it is made. */
  getRuntimeMeta?(sessionId: string): Record<string, unknown> | null;
  /** Finds a session again after a restart. `false` when it lives no more. */
  reconnect?(sessionId: string, runtimeMeta: Record<string, unknown> | null): Promise<boolean>;
}

/** The names of a registry's runtimes. */
export type RuntimeNames<R> = Extract<keyof R, string>;

/** The configurations that a registry allows: each runtime's own, with its name as `provider`. */
export type RuntimeConfigFor<R extends Record<string, Runtime<Record<string, unknown>>>> = {
  [K in keyof R]: R[K] extends Runtime<infer C> ? { provider: K; setup?: string } & C : never;
}[keyof R];

/** What a handler of events knows of its session. */
export interface SessionContext<R extends Record<string, Runtime<Record<string, unknown>>>> {
  id: string;
  agentName: string;
  runtime: RuntimeNames<R>;
  spawn: { command: string; args: string[] };
  startedAt: string;
}
