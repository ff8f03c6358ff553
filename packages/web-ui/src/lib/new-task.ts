import type { CreateSessionBody, CreateTaskRequest, TaskFile } from "@lia/shared";
import { SessionSchema, TaskResponseSchema } from "@lia/shared/schemas";
import { prompt, upload } from "./actions";
import { call } from "./api";

/** Files of a new task: how many, each's bytes, and those of the whole request. */
export const FILES = { count: 100, each: 10 << 20, all: 22 << 20 };

/** `KEY=value` lines as variables; empty lines and those that begin with `#` are nothing. Throws a sentence. */
export function parseEnv(text: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [i, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const eq = line.indexOf("=");
    const name = eq === -1 ? line : line.slice(0, eq).trim();
    if (eq === -1 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`line ${i + 1} is not NAME=value`);
    let value = line.slice(eq + 1).trim();
    if (/^(".*"|'.*')$/.test(value)) value = value.slice(1, -1);
    env[name] = value;
  }
  return env;
}

/** Hosts on lines or between commas and spaces. */
export function parseAllow(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}

/** The host that a repository is cloned from: `owner/name` is GitHub's. */
export function hostOf(repository: string): string | undefined {
  if (/^[\w.-]+\/[\w.-]+$/.test(repository)) return "github.com";
  try {
    return new URL(repository).hostname || undefined;
  } catch {
    return undefined;
  }
}

/** Why a file cannot come along, or nothing. */
export function refuses(files: readonly File[], next: File): string | undefined {
  if (files.length >= FILES.count) return `at most ${FILES.count} files can come along`;
  if (next.size > FILES.each) return `${next.name} is larger than 10 MiB`;
  if (files.reduce((n, f) => n + f.size, next.size) > FILES.all)
    return "together the files are larger than 22 MiB; put the rest into the workspace later";
  return undefined;
}

async function encode(file: File): Promise<TaskFile> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return { name: file.webkitRelativePath || file.name, content: btoa(binary), encoding: "base64" };
}

/** Starts a task. The same `key` twice starts one. */
export async function create(
  request: Omit<CreateTaskRequest, "files" | "source">,
  files: readonly File[],
  key: string,
) {
  const body: CreateTaskRequest = {
    ...request,
    source: "web",
    ...(files.length > 0 && { files: await Promise.all(files.map(encode)) }),
  };
  return call("/api/v1/tasks", {
    method: "POST",
    body,
    headers: { "idempotency-key": key },
    schema: TaskResponseSchema,
  });
}

/** Starts a task in the sandbox of a named instance, beside what else runs there: its limits and its network are the instance's. */
export async function createIn(
  instance: string,
  request: Pick<CreateTaskRequest, "prompt" | "template" | "env">,
  files: readonly File[],
) {
  const body: CreateSessionBody = {
    runtimeInstance: instance,
    ...(request.template && { agentTemplateId: request.template }),
    ...(request.env && { env: request.env }),
  };
  const { id } = await call("/api/agents", { method: "POST", body, schema: SessionSchema });
  for (const file of files) await upload(id, file.webkitRelativePath || file.name, file);
  await prompt(id, request.prompt);
  return call(`/api/v1/tasks/${encodeURIComponent(id)}`, { schema: TaskResponseSchema });
}
