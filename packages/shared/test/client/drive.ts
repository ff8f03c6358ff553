// A client of seed 003 that knows nothing but this package: it drives one session of a real server through prompt, queue,
// permission, cancel, terminal, files, and a reconnect. Everything that comes in is parsed by the schemas.
//
//   LIA_URL=http://127.0.0.1:3000 LIA_TOKEN=… node --experimental-websocket drive.js
import type { Channel, WsChannelControlMessage, WsChannelEventMessage, WsChannelServerMessage } from "@lia/shared/ws/channels";
import type { CreateSessionBody, PermissionResponseBody, PromptBody } from "@lia/shared/session";
import {
  FilePreviewSchema,
  FileSystemSnapshotSchema,
  OkResponseSchema,
  PromptQueueStateSchema,
  PromptResponseSchema,
  QueuedPromptResponseSchema,
  SessionSchema,
  TicketResponseSchema,
  WsChannelServerMessageSchema,
} from "@lia/shared/schemas";

/** What parses an answer: a schema of the package. */
interface Parser<T> {
  parse(value: unknown): T;
}

const need = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
};
const url = need("LIA_URL");
const token = need("LIA_TOKEN");

function check(holds: unknown, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

async function call<T>(method: string, path: string, answer: Parser<T>, body?: unknown, status = 200): Promise<T> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  check(response.status === status, `${method} ${path}: ${response.status} instead of ${status}: ${text}`);
  return answer.parse(JSON.parse(text));
}

/** The socket with channels: frames in their order, each parsed. */
class Frames {
  private readonly waiting: WsChannelServerMessage[] = [];
  private wake: () => void = () => undefined;
  private broken: Error | undefined;

  private constructor(private readonly socket: WebSocket) {
    socket.onmessage = ({ data }) => {
      try {
        this.waiting.push(WsChannelServerMessageSchema.parse(JSON.parse(String(data))));
      } catch (error) {
        this.broken ??= error instanceof Error ? error : new Error(String(error));
      }
      this.wake();
    };
    socket.onclose = ({ code }) => {
      this.broken ??= new Error(`the socket closed with ${code}`);
      this.wake();
    };
  }

  static async open(): Promise<Frames> {
    const { ticket } = await call("POST", "/api/v1/tickets", TicketResponseSchema, {}, 201);
    const frames = new Frames(new WebSocket(`${url.replace("http", "ws")}/ws?ticket=${encodeURIComponent(ticket)}`));
    await frames.until((f) => f.type === "connected");
    return frames;
  }

  say(message: WsChannelControlMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  async next(): Promise<WsChannelServerMessage> {
    for (;;) {
      const frame = this.waiting.shift();
      if (frame) return frame;
      if (this.broken) throw this.broken;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** All frames up to the first one that fits, with it. */
  async until(fits: (frame: WsChannelServerMessage) => boolean): Promise<WsChannelServerMessage[]> {
    const seen: WsChannelServerMessage[] = [];
    for (;;) {
      const frame = await this.next();
      seen.push(frame);
      check(frame.type !== "error" || fits(frame), `an error: ${JSON.stringify(frame)}`);
      if (fits(frame)) return seen;
    }
  }

  /** All events up to the first one of this type whose data fits. */
  async event(type: string, fits: (data: Record<string, unknown>) => boolean = () => true): Promise<WsChannelEventMessage[]> {
    const seen = await this.until((f) => f.type === "event" && f.event.type === type && fits(f.event.data));
    return seen.filter((f) => f.type === "event");
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.onclose = () => resolve();
      this.socket.close();
    });
  }
}

const last = <T>(list: T[]): T => {
  const value = list.at(-1);
  check(value !== undefined, "an empty list");
  return value;
};
const idle = (data: Record<string, unknown>) => data["processing"] === false && data["size"] === 0;
const answered = (data: Record<string, unknown>) => data["method"] === "session/prompt" && data["phase"] === "response";

// A session.
const body: CreateSessionBody = { agentTemplateId: "scripted", runtimeInstance: "driven" };
const session = await call("POST", "/api/agents", SessionSchema, body, 201);
const at = `/api/agents/${session.id}`;
const channel: Channel = `session:${session.id}`;
let frames = await Frames.open();
frames.say({ action: "subscribe", channel, since: 0 });
await frames.until((f) => f.type === "subscribed");

// A prompt over REST answers when its turn has ended.
const say = (text: string): PromptBody => ({ text });
const ended = await call("POST", `${at}/prompts`, PromptResponseSchema, say("say hello"));
check(ended.stopReason === "end_turn", `the turn ended with ${ended.stopReason}`);
check((await frames.event("rpc", answered)).some((f) => JSON.stringify(f).includes("hello")), "nobody said hello");
await frames.event("queue.updated", idle);

// A question, and a queue behind it.
frames.say({ action: "prompt", sessionId: session.id, text: "permission may I" });
const asked = last(await frames.event("permission_request")).event.data;
const queued = [];
for (const text of ["say one", "say two"]) {
  queued.push(await call("POST", `${at}/prompts`, QueuedPromptResponseSchema, say(text), 202));
}
check(queued.map((q) => q.position).join() === "0,1", "positions");
const order = queued.map((q) => q.queueId).reverse();
await call("PUT", `${at}/queue`, OkResponseSchema, { order });
const state = await call("GET", `${at}/queue`, PromptQueueStateSchema);
check(state.processing && state.items.map((i) => i.text).join() === "say two,say one", JSON.stringify(state));
const pending = (await call("GET", at, SessionSchema)).pendingPermission;
check(pending && pending.requestId === asked["requestId"], "the question is not shown");
const yes = pending.options.find((o) => o.kind === "allow_once");
check(yes, "no option to allow");
const answer: PermissionResponseBody = { optionId: yes.optionId };
frames.say({ action: "permission.respond", sessionId: session.id, requestId: pending.requestId, body: answer });
const told = await frames.event("queue.updated", idle);
check(told.some((f) => f.event.type === "permission_approved"), "the answer is not told");
const said = told.map((f) => JSON.stringify(f)).join("\n");
check(said.indexOf("two") < said.lastIndexOf("one"), "the order was not kept");

// A turn that is cancelled.
frames.say({ action: "prompt", sessionId: session.id, text: "hang" });
await frames.event("rpc", (d) => d["method"] === "session/prompt" && d["phase"] === "request");
frames.say({ action: "cancel", sessionId: session.id });
const cancelled = last(await frames.event("rpc", answered));
check(JSON.stringify(cancelled.event.data["payload"]).includes("cancelled"), JSON.stringify(cancelled));
await frames.event("queue.updated", idle);

// Files.
await call("POST", `${at}/prompts`, PromptResponseSchema, say("write notes.txt from the agent"));
const preview = await call("GET", `${at}/files?path=notes.txt`, FilePreviewSchema);
check(preview.content.startsWith("from the agent") && !preview.truncated, JSON.stringify(preview));
const snapshot = await call("GET", `${at}/fs/snapshot`, FileSystemSnapshotSchema);
check(snapshot.entries.some((e) => e.path.endsWith("notes.txt")), JSON.stringify(snapshot));
const shared = await call("GET", `/api/runtimes/driven/files?path=notes.txt`, FilePreviewSchema);
check(shared.content === preview.content, "the instance's file is not the session's");

// A terminal beside the agent, in the same folder.
frames.say({ action: "terminal.create", sessionId: session.id, cols: 100, rows: 30 });
const terminalId = String(last(await frames.event("terminal.started")).event.data["terminalId"]);
const typed = async (text: string, expected: string): Promise<void> => {
  let shown = "";
  frames.say({ action: "terminal.input", terminalId, data: text });
  await frames.event("terminal.data", (d) => {
    if (d["terminalId"] === terminalId) shown += String(d["data"]);
    return shown.includes(expected);
  });
};
await typed("cat notes.txt; echo $((6*7))\n", "42");
frames.say({ action: "terminal.resize", terminalId, cols: 77, rows: 22 });
await typed("stty size\n", "22 77");
frames.say({ action: "terminal.input", terminalId, data: "exit 4\n" });
check(last(await frames.event("terminal.exit")).event.data["exitCode"] === 4, "the exit code");

// What happens while nobody listens is there afterwards, from the place on where this client was.
const seen = last(await (async () => {
  frames.say({ action: "prompt", sessionId: session.id, text: "say before" });
  return frames.event("queue.updated", idle);
})()).seq;
await frames.close();
await call("POST", `${at}/prompts`, PromptResponseSchema, say("say meanwhile"));
frames = await Frames.open();
frames.say({ action: "subscribe", channel, since: seen });
const missed = (await frames.until((f) => f.type === "subscribed")).filter((f) => f.type === "event");
check(missed.every((f, i) => f.seq > seen && (i === 0 || f.seq >= (missed[i - 1]?.seq ?? 0))), "the order of what was missed");
const text = JSON.stringify(missed);
check(text.includes("meanwhile") && !text.includes("before"), text);

// The end.
await call("DELETE", at, OkResponseSchema);
await frames.until((f) => f.type === "session.terminated");
check((await call("GET", at, SessionSchema)).status === "killed", "the session is not over");
await frames.close();
console.log("driven");
