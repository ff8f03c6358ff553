import {
  AgentTemplateSchema,
  HealthSchema,
  MeSchema,
  PermissionInfoSchema,
  PromptQueueStateSchema,
  RuntimeInfoSchema,
  RuntimeStatusSchema,
  SessionSettingsSchema,
  TaskListResponseSchema,
  TaskResponseSchema,
  TemplateInfoSchema,
  TokenInfoSchema,
  WebhookDeliveryListSchema,
  WebhookInfoSchema,
} from "@lia/shared/schemas";
import { QueryClient, queryOptions } from "@tanstack/react-query";
import { ApiFailure, call } from "./api";

/** What is known of the server. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && error instanceof ApiFailure && error.passing,
    },
  },
});

export const me = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => call("/api/v1/me", { schema: MeSchema, signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const health = queryOptions({
  queryKey: ["health"],
  queryFn: ({ signal }) => call("/health", { schema: HealthSchema, signal }),
  staleTime: 60_000,
});

export const templates = queryOptions({
  queryKey: ["templates"],
  queryFn: ({ signal }) => call("/api/v1/templates", { schema: TemplateInfoSchema.array(), signal }),
});

/** The same as seed 003 has them: those that can be changed. */
export const agentTemplates = queryOptions({
  queryKey: ["agent-templates"],
  queryFn: ({ signal }) => call("/api/agent-templates", { schema: AgentTemplateSchema.array(), signal }),
});

export const runtimes = queryOptions({
  queryKey: ["runtimes"],
  queryFn: ({ signal }) => call("/api/v1/runtimes", { schema: RuntimeStatusSchema.array(), signal }),
});

export const instances = queryOptions({
  queryKey: ["instances"],
  queryFn: ({ signal }) => call("/api/runtimes", { schema: RuntimeInfoSchema.array(), signal }),
});

export interface TaskFilter {
  status?: string;
  page?: number;
  prefix?: string;
  per_page?: number;
}

export const tasks = (filter: TaskFilter = {}) =>
  queryOptions({
    queryKey: ["tasks", filter],
    queryFn: ({ signal }) => call("/api/v1/tasks", { query: { ...filter }, schema: TaskListResponseSchema, signal }),
  });

export const task = (id: string) =>
  queryOptions({
    queryKey: ["task", id],
    queryFn: ({ signal }) => call(`/api/v1/tasks/${encodeURIComponent(id)}`, { schema: TaskResponseSchema, signal }),
  });

export const permissions = (id: string) =>
  queryOptions({
    queryKey: ["task", id, "permissions"],
    queryFn: ({ signal }) =>
      call(`/api/v1/tasks/${encodeURIComponent(id)}/permissions`, { schema: PermissionInfoSchema.array(), signal }),
  });

export const promptQueue = (id: string) =>
  queryOptions({
    queryKey: ["task", id, "queue"],
    queryFn: ({ signal }) =>
      call(`/api/agents/${encodeURIComponent(id)}/queue`, { schema: PromptQueueStateSchema, signal }),
  });

export const sessionSettings = (id: string) =>
  queryOptions({
    queryKey: ["task", id, "settings"],
    queryFn: ({ signal }) =>
      call(`/api/agents/${encodeURIComponent(id)}/settings`, { schema: SessionSettingsSchema, signal }),
  });

export const settings = queryOptions({
  queryKey: ["settings"],
  queryFn: ({ signal }) => call("/api/settings", { schema: SessionSettingsSchema, signal }),
});

export const webhooks = (sessionId?: string) =>
  queryOptions({
    queryKey: ["webhooks", sessionId ?? ""],
    queryFn: ({ signal }) => call("/api/webhooks", { query: { sessionId }, schema: WebhookInfoSchema.array(), signal }),
  });

export const webhook = (id: string) =>
  queryOptions({
    queryKey: ["webhook", id],
    queryFn: ({ signal }) => call(`/api/webhooks/${encodeURIComponent(id)}`, { schema: WebhookInfoSchema, signal }),
  });

export const deliveries = (id: string, before?: string) =>
  queryOptions({
    queryKey: ["webhook", id, "deliveries", before ?? ""],
    queryFn: ({ signal }) =>
      call(`/api/webhooks/${encodeURIComponent(id)}/deliveries`, {
        query: { before },
        schema: WebhookDeliveryListSchema,
        signal,
      }),
  });

export const tokens = queryOptions({
  queryKey: ["tokens"],
  queryFn: ({ signal }) => call("/api/v1/tokens", { schema: TokenInfoSchema.array(), signal }),
});
