import type { Entry } from "./event";
import type { BootItem, HostItem, Item, PermissionItem, PlanItem, TextItem, ToolContent, ToolItem } from "./items";
import { arr, blockText, num, obj, str } from "./json";
import { cut, openFence } from "./text";
import { answeredBy, stateNote } from "./words";

type Rpc = Extract<Entry, { kind: "rpc" }>;

/** Characters of output that a card keeps; the whole is in the log. */
const OUTPUT = 100_000;
/** Lines of a set-up that are kept. */
const LINES = 200;

/**
 * Makes the conversation of a session's log: give it events in the log's order, from wherever. It may begin in the middle; what
 * belongs to something before its first event is shown as well as can be.
 *
 * Items that {@link commit} has given out are never changed: what grows is replaced by a copy with the same key.
 */
export class Conversation {
  #items: Item[] = [];
  /** Keys of items that nobody has seen yet, which may be changed in place. */
  #fresh = new Set<string>();
  #index = new Map<string, number>();
  /** How many were dropped at the front: positions in `#index` are counted from the first ever. */
  #dropped = 0;
  /** Methods of the agent's requests that wait for their answer. */
  #requests = new Map<string, { method: string; key?: string }>();
  #turn: { id?: string; at?: string; in: number; out: number; cost?: { amount: number; currency: string } } = {
    in: 0,
    out: 0,
  };

  /** The items as they are now. */
  commit(): readonly Item[] {
    this.#fresh.clear();
    return this.#items.slice();
  }

  /** How many there are. */
  get length(): number {
    return this.#items.length;
  }

  /** Forgets the first `n` items. */
  dropFront(n: number): void {
    for (const item of this.#items.splice(0, n)) this.#index.delete(item.key);
    this.#dropped += n;
  }

  /** Takes the next event. */
  push(e: Entry): void {
    switch (e.kind) {
      case "rpc":
        return this.#rpc(e);
      case "turn.started":
        this.#turn = { id: e.turn, at: e.at, in: 0, out: 0 };
        return;
      case "turn.ended": {
        this.#close(e.at);
        const t = this.#turn;
        const known = t.id === e.turn && t.at !== undefined;
        this.#add({
          is: "turn",
          ...this.#base(e),
          stopReason: e.body.stop_reason,
          ...(e.body.error && { error: e.body.error }),
          ...(known && t.at && { ms: Date.parse(e.at) - Date.parse(t.at) }),
          ...(t.in + t.out > 0 && { tokensIn: t.in, tokensOut: t.out }),
          ...(t.cost && { cost: t.cost }),
        });
        this.#turn = { in: 0, out: 0 };
        return;
      }
      case "usage":
        this.#turn.in += e.body.input_tokens;
        this.#turn.out += e.body.output_tokens;
        return;
      case "permission.requested":
        this.#close(e.at);
        this.#add({
          is: "permission",
          ...this.#base(e),
          key: `q:${e.body.id}`,
          id: e.body.id,
          title: e.body.title,
          toolKind: e.body.tool_kind,
          toolCallId: e.body.tool_call_id,
          options: e.body.options,
        });
        return;
      case "permission.answered": {
        const question = this.#own<PermissionItem>(`q:${e.body.id}`, "permission");
        if (!question) return;
        const option = question.options.find((o) => o.option_id === e.body.option_id);
        question.answer = {
          name: option?.name ?? e.body.option_id,
          kind: option?.kind ?? e.body.option_kind,
          by: answeredBy(e.body.by),
          at: e.at,
        };
        return;
      }
      case "progress":
        return this.#boot(e, e.body);
      case "task.state": {
        this.#booted(e.at);
        const note = stateNote(e.body);
        if (note) this.#note(e, note.tone, note.text, note.detail);
        return;
      }
      case "error":
        return this.#note(e, "bad", e.body.message);
      case "agent.exited":
        return this.#note(
          e,
          e.body.code === 0 ? "plain" : "bad",
          e.body.signal ? `The agent was ended by signal ${e.body.signal}` : `The agent ended with code ${e.body.code}`,
          e.body.stderr_tail || undefined,
        );
      case "prompt.unknown":
        return this.#note(
          e,
          "warn",
          "It is not known whether the agent acted on this prompt; it is not sent again by itself",
          e.body.reason,
        );
      case "egress.refused":
        this.#add({
          is: "note",
          ...this.#base(e),
          tone: "warn",
          text: `Refused: ${e.body.host}:${e.body.port}`,
          detail: e.body.repeated > 0 ? `${e.body.reason} (${e.body.repeated + 1} times)` : e.body.reason,
          host: e.body.host,
        });
        return;
      case "log.truncated":
        return this.#note(
          e,
          "plain",
          `The oldest ${e.body.bytes.toLocaleString("en")} bytes of output are no longer kept`,
        );
      case "agent.ready":
        if (e.body.loaded) this.#note(e, "plain", "The agent has loaded its session again");
        return;
      case "settings.changed":
        if (e.body.auto_approve !== undefined)
          this.#note(
            e,
            "plain",
            e.body.auto_approve
              ? "Questions are answered by Lia from here on"
              : "Questions wait for a person from here on",
          );
        return;
      // What these say is shown elsewhere on the page, or in the list of events.
      case "output":
      case "prompt.queued":
      case "prompt.delivered":
      case "prompt.withdrawn":
      case "egress.allowed":
      case "fs.changed":
      case "queue.paused":
      case "queue.resumed":
      case "queue.reordered":
      case "terminal.opened":
      case "terminal.closed":
      case "other":
        return;
    }
  }

  #rpc(e: Rpc): void {
    const body = e.body;
    const method = str(body.method);
    const fromAgent = e.direction === "agent_to_client";
    if (e.phase === "notification") {
      if (fromAgent && method === "session/update") this.#update(e, obj(obj(body.params).update));
      return;
    }
    if (e.phase === "request") {
      const params = obj(body.params);
      if (!fromAgent) {
        if (method === "session/prompt") {
          this.#close(e.at);
          const text = arr(params.prompt).map(blockText).join("\n");
          this.#add({ is: "user", ...this.#base(e), text });
        }
        return;
      }
      this.#requests.set(String(body.id), { method, ...this.#begin(e, method, params) });
      return;
    }
    if (fromAgent) {
      const usage = obj(obj(body.result).usage);
      const [input, output] = [num(usage.inputTokens), num(usage.outputTokens)];
      if (this.#turn.in + this.#turn.out === 0 && (input || output)) {
        this.#turn.in = input ?? 0;
        this.#turn.out = output ?? 0;
      }
      return;
    }
    const request = this.#requests.get(String(body.id));
    if (!request) return;
    this.#requests.delete(String(body.id));
    this.#answered(e, request, obj(body.result), obj(body.error));
  }

  /** A request of the agent to Lia that is worth showing. */
  #begin(e: Rpc, method: string, params: Record<string, unknown>): { key?: string } {
    switch (method) {
      case "terminal/create": {
        this.#close(e.at);
        const command = [str(params.command), ...arr(params.args).map(str)].filter(Boolean).join(" ");
        const key = `h:${e.seq}`;
        this.#add({ is: "terminal", ...this.#base(e), key, id: "", title: command, text: "" });
        return { key };
      }
      case "terminal/output":
      case "terminal/wait_for_exit":
        return { key: `T:${str(params.terminalId)}` };
      case "fs/write_text_file":
      case "fs/read_text_file": {
        this.#close(e.at);
        const key = `h:${e.seq}`;
        const write = method === "fs/write_text_file";
        this.#add({
          is: "file",
          ...this.#base(e),
          key,
          id: str(params.path),
          title: write ? "Wrote" : "Read",
          text: clip(str(params.content)),
        });
        return { key };
      }
      default:
        return {};
    }
  }

  #terminals = new Map<string, string>();

  #answered(
    e: Rpc,
    request: { method: string; key?: string },
    result: Record<string, unknown>,
    error: Record<string, unknown>,
  ): void {
    const failed = str(error.message);
    const key = request.key?.startsWith("T:") ? this.#terminals.get(request.key.slice(2)) : request.key;
    if (!key) return;
    const item = this.#own<HostItem>(key, "terminal", "file");
    if (!item) return;
    if (failed) item.error = failed;
    switch (request.method) {
      case "terminal/create":
        item.id = str(result.terminalId);
        if (item.id) this.#terminals.set(item.id, key);
        break;
      case "terminal/output":
        if (typeof result.output === "string") item.text = clip(result.output);
        if (result.exitStatus) this.#exit(item, e, obj(result.exitStatus));
        break;
      case "terminal/wait_for_exit":
        this.#exit(item, e, result);
        break;
      case "fs/read_text_file":
        item.text = clip(str(result.content));
        item.endedAt = e.at;
        break;
      default:
        item.endedAt = e.at;
    }
  }

  #exit(item: HostItem, e: Rpc, status: Record<string, unknown>): void {
    item.exitCode = num(status.exitCode) ?? null;
    item.endedAt ??= e.at;
  }

  #update(e: Rpc, update: Record<string, unknown>): void {
    switch (update.sessionUpdate) {
      case "agent_message_chunk":
        return this.#text(e, "text", blockText(update.content));
      case "agent_thought_chunk":
        return this.#text(e, "thought", blockText(update.content));
      case "tool_call":
      case "tool_call_update":
        return this.#tool(e, update);
      case "plan":
        return this.#plan(e, update);
      case "usage_update": {
        const cost = obj(update.cost);
        const amount = num(cost.amount);
        if (amount !== undefined) this.#turn.cost = { amount, currency: str(cost.currency) || "USD" };
        return;
      }
      default:
        return;
    }
  }

  #text(e: Rpc, is: "text" | "thought", added: string): void {
    if (added === "") return;
    const last = this.#items.at(-1);
    let item: TextItem;
    if (last?.is === is && last.endedAt === undefined) {
      item = this.#own<TextItem>(last.key, is) ?? (last as TextItem);
    } else {
      this.#close(e.at);
      item = { is, ...this.#base(e), text: "", goesOn: false };
      this.#add(item);
    }
    item.text += added;
    // What has grown long goes on in another part.
    for (let n = 1; ; n++) {
      const at = cut(item.text);
      if (at === 0) return;
      const rest = item.text.slice(at);
      item.text = item.text.slice(0, at);
      item.endedAt = e.at;
      const fence = is === "text" ? openFence(item.text, item.fence) : undefined;
      item = {
        is,
        key: `${e.seq}.${n}`,
        seq: e.seq,
        at: e.at,
        text: rest,
        goesOn: true,
        ...(fence !== undefined && { fence }),
      };
      this.#add(item);
    }
  }

  #tool(e: Rpc, u: Record<string, unknown>): void {
    const id = str(u.toolCallId);
    const key = `t:${e.turn ?? ""}:${id}`;
    let item = this.#own<ToolItem>(key, "tool");
    if (!item) {
      this.#close(e.at);
      item = {
        is: "tool",
        ...this.#base(e),
        key,
        id,
        title: "",
        kind: "other",
        status: "pending",
        content: [],
        locations: [],
      };
      this.#add(item);
    }
    if (typeof u.title === "string") item.title = u.title;
    if (typeof u.kind === "string") item.kind = u.kind;
    if (u.rawInput !== undefined && u.rawInput !== null) item.input = u.rawInput;
    if (u.rawOutput !== undefined && u.rawOutput !== null) item.output = u.rawOutput;
    if (Array.isArray(u.content)) item.content = u.content.flatMap(toolContent);
    if (Array.isArray(u.locations))
      item.locations = u.locations
        .map(obj)
        .map((l) => ({ path: str(l.path), ...(num(l.line) !== undefined && { line: num(l.line) }) }));
    const status = str(u.status);
    if (status === "pending" || status === "in_progress" || status === "completed" || status === "failed")
      item.status = status;
    if (item.status === "completed" || item.status === "failed") item.endedAt ??= e.at;
  }

  #plan(e: Rpc, u: Record<string, unknown>): void {
    const entries = arr(u.entries)
      .map(obj)
      .map((p) => {
        const status: PlanItem["entries"][number]["status"] =
          p.status === "completed" || p.status === "in_progress" ? p.status : "pending";
        return { content: str(p.content), priority: str(p.priority), status };
      });
    const key = `p:${e.turn ?? ""}`;
    const before = this.#own<PlanItem>(key, "plan");
    if (before) {
      before.entries = entries;
      return;
    }
    this.#close(e.at);
    this.#add({ is: "plan", ...this.#base(e), key, entries });
  }

  #boot(e: Entry, line: { stage: string; message: string }): void {
    const last = this.#items.at(-1);
    let item = last?.is === "boot" && !last.endedAt ? this.#own<BootItem>(last.key, "boot") : undefined;
    if (!item) {
      this.#close(e.at);
      item = { is: "boot", ...this.#base(e), lines: [] };
      this.#add(item);
    }
    item.lines = [...item.lines.slice(-LINES), { at: e.at, stage: line.stage, message: line.message }];
  }

  #booted(at: string): void {
    const last = this.#items.at(-1);
    if (last?.is !== "boot" || last.endedAt) return;
    const item = this.#own<BootItem>(last.key, "boot");
    if (item) item.endedAt = at;
  }

  #note(e: Entry, tone: "plain" | "ok" | "warn" | "bad", text: string, detail?: string): void {
    this.#close(e.at);
    this.#add({ is: "note", ...this.#base(e), tone, text, ...(detail && { detail }) });
  }

  #base(e: Entry): { key: string; seq: number; at: string } {
    return { key: String(e.seq), seq: e.seq, at: e.at };
  }

  #add(item: Item): void {
    this.#index.set(item.key, this.#dropped + this.#items.length);
    this.#items.push(item);
    this.#fresh.add(item.key);
  }

  /** The text that grows has ended, since something else comes. */
  #close(at: string): void {
    const last = this.#items.at(-1);
    if ((last?.is === "text" || last?.is === "thought") && last.endedAt === undefined) {
      const own = this.#own<TextItem>(last.key, last.is);
      if (own) own.endedAt = at;
    }
  }

  /** An item that may be changed. */
  #own<T extends Item>(key: string, ...kinds: Item["is"][]): T | undefined {
    const place = this.#index.get(key);
    if (place === undefined) return undefined;
    const at = place - this.#dropped;
    const item = this.#items[at];
    if (!item || !kinds.includes(item.is)) return undefined;
    if (this.#fresh.has(key)) return item as T;
    const copy = { ...item };
    this.#items[at] = copy;
    this.#fresh.add(key);
    return copy as T;
  }
}

function toolContent(value: unknown): ToolContent[] {
  const c = obj(value);
  switch (c.type) {
    case "content": {
      const text = blockText(c.content);
      return text ? [{ is: "text", text: clip(text) }] : [];
    }
    case "diff":
      return [{ is: "diff", path: str(c.path), before: str(c.oldText), after: str(c.newText) }];
    case "terminal":
      return [{ is: "terminal", id: str(c.terminalId) }];
    default:
      return [];
  }
}

/** The end of a text that is too long. */
function clip(text: string): string {
  return text.length <= OUTPUT ? text : `…\n${text.slice(-OUTPUT)}`;
}
