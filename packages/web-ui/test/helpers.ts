import { type Entry, readEntry } from "~/log/event";

const SESSION = "01a223cb-2d72-7338-97e0-bb7c8d08a44b";
const TURN = "01a223cb-2d72-7338-97e0-bb7e55fedc56";
const QUESTION = "01a223cb-2e1e-74aa-b8d9-79e38417f906";

/** A log to be, as the server writes it: each event has the next number and comes a tenth of a second later. */
export class Log {
  readonly events: Entry[] = [];
  #id = 0;

  constructor(public seq = 0) {}

  put(kind: string, body: unknown, more: Record<string, unknown> = {}): this {
    const seq = ++this.seq;
    const at = new Date(Date.UTC(2026, 0, 1) + seq * 100).toISOString();
    this.events.push(readEntry({ seq, at, session: SESSION, turn: TURN, actor: "agent", v: 1, kind, body, ...more }));
    return this;
  }

  rpc(
    direction: "client_to_agent" | "agent_to_client",
    phase: "request" | "response" | "notification",
    body: Record<string, unknown>,
  ): this {
    return this.put("rpc", { jsonrpc: "2.0", ...body }, { direction, phase });
  }

  update(update: Record<string, unknown>): this {
    return this.rpc("agent_to_client", "notification", {
      method: "session/update",
      params: { sessionId: "s", update },
    });
  }

  say(text: string): this {
    return this.update({ sessionUpdate: "agent_message_chunk", content: { type: "text", text } });
  }

  think(text: string): this {
    return this.update({ sessionUpdate: "agent_thought_chunk", content: { type: "text", text } });
  }

  prompt(text: string): this {
    this.put("turn.started", { command: TURN }, { actor: "system" });
    return this.rpc("client_to_agent", "request", {
      id: ++this.#id,
      method: "session/prompt",
      params: { prompt: [{ type: "text", text }] },
    });
  }

  end(stop_reason = "end_turn"): this {
    return this.put("turn.ended", { command: TURN, stop_reason }, { actor: "system" });
  }

  ask(title: string): this {
    const options = [
      { option_id: "yes", name: "Allow once", kind: "allow_once" },
      { option_id: "no", name: "Reject", kind: "reject_once" },
    ];
    return this.put("permission.requested", { id: QUESTION, tool_call_id: "t1", title, options });
  }

  answer(option_id: string | undefined, by: string): this {
    return this.put("permission.answered", { id: QUESTION, option_id, by }, { actor: by });
  }

  /** The agent asks Lia for something and gets an answer. */
  host(method: string, params: unknown, answer: Record<string, unknown>): this {
    const id = ++this.#id;
    return this.rpc("agent_to_client", "request", { id, method, params }).rpc("client_to_agent", "response", {
      id,
      ...answer,
    });
  }
}
