import type { NoteItem } from "./items";

/** Who answered a question: an actor as the log has it, in words. */
export function answeredBy(actor: string): string {
  if (actor === "system") return "Lia";
  return actor.startsWith("user:") ? actor.slice(5) : actor;
}

const reasons: Record<string, string> = {
  user: "by a person",
  idle: "since nothing happened for a while",
  idle_timeout: "it was suspended for too long",
  instance_ended: "its sandbox ended",
  resumed: "by a person",
  timeout: "its running time is used up",
  agent_exit: "its agent ended",
  deleted: "it was stopped",
  node_restart: "the server was started again",
  node_lost: "its machine was lost",
  quota: "its log is full",
  start_failed: "it could not be started",
};

/** A reason in words; an unknown one as it is. */
export function reason(word: string): string {
  return reasons[word] ?? word.replaceAll("_", " ");
}

/** How a session's end reads: an exit code and an error in words. */
export function exitWords(code: number | null | undefined): string | undefined {
  if (code === null || code === undefined) return undefined;
  if (code === 0) return "It ended well (exit code 0)";
  const signals: Record<number, string> = {
    129: "hung up",
    130: "interrupted",
    134: "aborted",
    137: "killed",
    139: "crashed (segmentation fault)",
    143: "asked to end",
  };
  if (code === 126) return "Its program could not be run (exit code 126)";
  if (code === 127) return "Its program was not found (exit code 127)";
  if (signals[code]) return `It was ${signals[code]} (exit code ${code}: signal ${code - 128})`;
  return `It failed (exit code ${code})`;
}

/** How a session ended, in one line; nothing when it ended as it should. */
export function endWords(code: number | null | undefined, error: string | null | undefined): string {
  const exit = code === 0 && error ? undefined : exitWords(code);
  const said = error ? error.charAt(0).toUpperCase() + error.slice(1) : undefined;
  return [exit, said].filter(Boolean).join(". ");
}

/** What a change of state says in a conversation. */
export function stateNote(body: {
  status: string;
  reason: string;
  exit_code?: number;
  error?: string;
}): Pick<NoteItem, "tone" | "text" | "detail"> | undefined {
  switch (body.status) {
    case "suspended":
      return { tone: "plain", text: `Suspended: ${reason(body.reason)}` };
    case "running":
      return body.reason === "agent_ready" ? undefined : { tone: "plain", text: "Goes on" };
    case "terminated": {
      const bad = body.error !== undefined || (body.exit_code !== undefined && body.exit_code !== 0);
      const detail = endWords(body.exit_code, body.error);
      return {
        tone: bad ? "bad" : "plain",
        text: `The session is over: ${reason(body.reason)}`,
        ...(detail && { detail }),
      };
    }
    default:
      return undefined;
  }
}

/** A stop reason in words. */
export function stopWords(stop: string): { text: string; tone: "plain" | "warn" | "bad" } {
  switch (stop) {
    case "end_turn":
      return { text: "Done", tone: "plain" };
    case "cancelled":
      return { text: "Interrupted", tone: "warn" };
    case "max_tokens":
      return { text: "Stopped: the model's answer was too long", tone: "warn" };
    case "max_turn_requests":
      return { text: "Stopped: too many requests in one turn", tone: "warn" };
    case "refusal":
      return { text: "The agent refused", tone: "warn" };
    case "error":
      return { text: "Failed", tone: "bad" };
    case "unknown":
      return { text: "How it ended is not known", tone: "warn" };
    default:
      return { text: stop, tone: "plain" };
  }
}
