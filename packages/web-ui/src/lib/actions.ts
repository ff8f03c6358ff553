import type { AnswerRequest, InputRequest, PromptBody, QueueOrderBody, SessionSettings } from "@lia/shared";
import { PermissionAnsweredSchema, TaskResponseSchema } from "@lia/shared/schemas";
import { call, tell } from "./api";
import { queries } from "./queries";

// What can be done to a task. Each tells the server and has what is shown read anew.

const at = (id: string) => `/api/v1/tasks/${encodeURIComponent(id)}`;
const session = (id: string) => `/api/agents/${encodeURIComponent(id)}`;

/** Has a task and the lists of tasks read anew. */
export function refresh(id: string): void {
  void queries.invalidateQueries({ queryKey: ["task", id] });
  void queries.invalidateQueries({ queryKey: ["tasks"] });
}

/** What was sent last of each task, until its answer came: a repeat of it has the same id, so that it is not done twice. */
const unanswered = new Map<string, { text: string; id: string }>();

/** Sends a prompt; it waits its turn. Sent again after a lost answer, it is the same prompt. */
export async function prompt(task: string, text: string): Promise<void> {
  const before = unanswered.get(task);
  const id = before?.text === text ? before.id : crypto.randomUUID();
  unanswered.set(task, { text, id });
  await tell(`${at(task)}/input`, { method: "POST", body: { data: text, id } satisfies InputRequest });
  unanswered.delete(task);
  refresh(task);
}

/** Cancels the running turn; the prompt is the next. The answer would come at the turn's end: it is not waited for. */
export async function interruptWith(task: string, text: string): Promise<void> {
  const end = tell(`${session(task)}/prompts`, {
    method: "POST",
    body: { text, mode: "interrupt" } satisfies PromptBody,
  });
  await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 1500))]);
  end.catch(() => {});
  refresh(task);
}

/** Stops the running turn; the queue goes on. */
export async function interrupt(task: string): Promise<void> {
  await tell(`${at(task)}/cancel`, { method: "POST", body: {} });
  refresh(task);
}

export async function suspend(task: string): Promise<void> {
  queries.setQueryData(
    ["task", task],
    await call(`${at(task)}/suspend`, { method: "POST", body: {}, schema: TaskResponseSchema }),
  );
  refresh(task);
}

export async function resume(task: string): Promise<void> {
  queries.setQueryData(
    ["task", task],
    await call(`${at(task)}/resume`, { method: "POST", body: {}, schema: TaskResponseSchema }),
  );
  refresh(task);
}

/** Ends it; with `purge` its record and log go too. */
export async function end(task: string, purge = false): Promise<void> {
  await tell(at(task), { method: "DELETE", query: { purge: purge || undefined } });
  if (purge) queries.removeQueries({ queryKey: ["task", task] });
  refresh(task);
}

/** Answers a question; `null` cancels it. */
export async function answer(task: string, permission: string, option: string | null): Promise<void> {
  const body: AnswerRequest = { option_id: option };
  try {
    await call(`${at(task)}/permissions/${encodeURIComponent(permission)}`, {
      method: "POST",
      body,
      schema: PermissionAnsweredSchema,
    });
  } finally {
    refresh(task);
  }
}

export const queue = {
  async reorder(task: string, order: string[]): Promise<void> {
    await tell(`${session(task)}/queue`, { method: "PUT", body: { order } satisfies QueueOrderBody });
    refresh(task);
  },
  async remove(task: string, item: string): Promise<void> {
    await tell(`${session(task)}/queue/${encodeURIComponent(item)}`, { method: "DELETE" });
    refresh(task);
  },
  async clear(task: string): Promise<void> {
    await tell(`${session(task)}/queue`, { method: "DELETE" });
    refresh(task);
  },
  async pause(task: string, paused: boolean): Promise<void> {
    await tell(`${session(task)}/queue/${paused ? "pause" : "resume"}`, { method: "POST", body: {} });
    refresh(task);
  },
};

/** Whether Lia answers a session's questions itself. */
export async function autoApprove(task: string, autoApprovePermissions: boolean): Promise<void> {
  await tell(`${session(task)}/settings`, {
    method: "PATCH",
    body: { autoApprovePermissions } satisfies SessionSettings,
  });
  refresh(task);
}

/** Writes a file of the workspace. */
export async function upload(task: string, path: string, content: Blob): Promise<void> {
  await tell(`${at(task)}/files/content`, { method: "PUT", query: { path }, raw: content });
  void queries.invalidateQueries({ queryKey: ["task", task, "files"] });
}
