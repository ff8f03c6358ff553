import { AgentEventExtSchema } from "./generated/schemas.js";
import type { AgentEventExt } from "./generated/types.js";
import { type ValidationError, validateSafe } from "./validate.js";

/** What {@link parseAgentEvent} makes of a message. */
export type ParsedAgentEvent =
  | { known: true; event: AgentEventExt }
  /** `error` says what is wrong with an event whose type is known; it is absent for a type that is not. */
  | { known: false; raw: unknown; error?: ValidationError<AgentEventExt> };

/**
 * Reads an event that a server may have sent that is newer than this package: an unknown type is no error, and what was
 * received is kept. Never throws.
 */
export function parseAgentEvent(raw: unknown): ParsedAgentEvent {
  const result = validateSafe(AgentEventExtSchema, raw);
  if (result.success) return { known: true, event: result.data };
  const unknown = result.error.issues.every((issue) => issue.path.length === 1 && issue.path[0] === "type");
  return unknown && typeof raw === "object" ? { known: false, raw } : { known: false, raw, error: result.error };
}
