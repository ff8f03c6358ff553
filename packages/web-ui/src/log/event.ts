import type { LogEvent } from "@lia/shared";
import { LogEventSchema } from "@lia/shared/schemas";

/** An event of a kind that this page does not know yet. */
export interface OtherEvent {
  kind: "other";
  /** The kind's word. */
  word: string;
  seq: number;
  at: string;
  actor: string;
  turn?: string;
  body: unknown;
}

/** One entry of a session's log. */
export type Entry = LogEvent | OtherEvent;

const kinds = new Set<string>(
  LogEventSchema.options.flatMap((variant) => [...(variant._zod.propValues.kind ?? [])].map(String)),
);

/**
 * Reads one entry. An unknown kind is no error: a newer server may write it. Anything else that the contract does not have
 * throws.
 */
export function readEntry(raw: unknown): Entry {
  const result = LogEventSchema.safeParse(raw);
  if (result.success) return result.data;
  if (typeof raw === "object" && raw !== null) {
    const { kind, seq, at, actor, turn, body } = raw as Record<string, unknown>;
    if (typeof kind === "string" && !kinds.has(kind) && Number.isSafeInteger(seq) && typeof at === "string")
      return {
        kind: "other",
        word: kind,
        seq: seq as number,
        at,
        actor: typeof actor === "string" ? actor : "",
        ...(typeof turn === "string" && { turn }),
        body,
      };
  }
  throw new Error(`an entry of the log is not as the contract says: ${result.error.issues[0]?.message}`);
}

/** The word of an entry's kind. */
export function word(entry: Entry): string {
  return entry.kind === "other" ? entry.word : entry.kind;
}
