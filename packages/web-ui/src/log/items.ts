import type { PermissionOption } from "@lia/shared";

interface Base {
  /** Stays the same while the item grows. */
  key: string;
  /** Of its first event. */
  seq: number;
  at: string;
}

/** What a person asked. */
export interface UserItem extends Base {
  is: "user";
  text: string;
}

/** A part of what the agent says or thinks. */
export interface TextItem extends Base {
  is: "text" | "thought";
  text: string;
  /** The code block that the part before left open. */
  fence?: string;
  /** Whether the part before is of the same message. */
  goesOn: boolean;
  /** When something else came; absent while it grows. */
  endedAt?: string;
}

/** A piece of what a tool call shows. */
export type ToolContent =
  | { is: "text"; text: string }
  | { is: "diff"; path: string; before: string; after: string }
  | { is: "terminal"; id: string };

/** What the agent does with a tool. */
export interface ToolItem extends Base {
  is: "tool";
  id: string;
  title: string;
  kind: string;
  status: "pending" | "in_progress" | "completed" | "failed";
  content: ToolContent[];
  locations: { path: string; line?: number }[];
  input?: unknown;
  output?: unknown;
  endedAt?: string;
}

/** A command that the agent runs in a terminal of the sandbox, or a file that it reads or writes through Lia. */
export interface HostItem extends Base {
  is: "terminal" | "file";
  id: string;
  title: string;
  /** Output, or the file's text. */
  text: string;
  exitCode?: number | null;
  error?: string;
  endedAt?: string;
}

/** The agent's plan; the newest of a turn stands in place of the one before. */
export interface PlanItem extends Base {
  is: "plan";
  entries: { content: string; status: "pending" | "in_progress" | "completed"; priority: string }[];
}

/** The agent asks. */
export interface PermissionItem extends Base {
  is: "permission";
  id: string;
  title: string;
  toolKind?: string;
  toolCallId: string;
  options: PermissionOption[];
  /** What holds; absent while it is open. */
  answer?: { name?: string; kind?: string; by: string; at: string };
}

/** A turn's end. */
export interface TurnItem extends Base {
  is: "turn";
  stopReason: string;
  error?: string;
  ms?: number;
  tokensIn?: number;
  tokensOut?: number;
  cost?: { amount: number; currency: string };
}

/** Something that happened to the session. */
export interface NoteItem extends Base {
  is: "note";
  tone: "plain" | "ok" | "warn" | "bad";
  text: string;
  detail?: string;
  /** The host that was refused. */
  host?: string;
}

/** How the sandbox and its agent came up. */
export interface BootItem extends Base {
  is: "boot";
  lines: { at: string; stage: string; message: string }[];
  endedAt?: string;
}

/** What a conversation is made of. */
export type Item =
  | BootItem
  | UserItem
  | TextItem
  | ToolItem
  | HostItem
  | PlanItem
  | PermissionItem
  | TurnItem
  | NoteItem;
