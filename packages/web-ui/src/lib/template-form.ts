import type { AgentTemplate, RegisterAgentTemplateBody, UpdateAgentTemplateBody } from "@lia/shared";
import { parseEnv } from "./new-task";

/** A template as it is edited. */
export interface TemplateForm {
  name: string;
  command: string;
  /** One a line. */
  args: string;
  provider: string;
  setup: string;
  /** `NAME=value` lines. */
  env: string;
}

/** What the fields hold at first. */
export function fromTemplate(t?: AgentTemplate): TemplateForm {
  return {
    name: t?.name ?? "",
    command: t?.spawn.command ?? "",
    args: t?.spawn.args.join("\n") ?? "",
    provider: t?.runtime.provider ?? "local",
    setup: t?.runtime.setup ?? "",
    env: Object.entries(t?.env ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .join("\n"),
  };
}

function args(text: string): string[] {
  const lines = text.replace(/\n+$/, "").split("\n");
  return text.trim() === "" ? [] : lines;
}

/** A new template. */
export function toBody(f: TemplateForm): RegisterAgentTemplateBody {
  const env = parseEnv(f.env);
  return {
    name: f.name.trim(),
    spawn: { command: f.command.trim(), args: args(f.args) },
    runtime: { provider: f.provider, ...(f.setup.trim() && { setup: f.setup }) },
    ...(Object.keys(env).length > 0 && { env }),
  };
}

/** What changed of one: an empty value keeps what is set, a name that is gone is removed. */
export function toUpdate(f: TemplateForm, before: AgentTemplate): UpdateAgentTemplateBody {
  const env: Record<string, string | null> = parseEnv(f.env);
  for (const name of Object.keys(before.env ?? {})) env[name] ??= null;
  return {
    name: f.name.trim(),
    spawn: { command: f.command.trim(), args: args(f.args) },
    runtime: { provider: f.provider, setup: f.setup },
    env,
  };
}
