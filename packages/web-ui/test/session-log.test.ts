// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LIMITS, SessionLog } from "~/log/session-log";
import { Log } from "./helpers";

/** A server with one log: pages of JSON, and streams that can be written to and broken. */
class Server {
  readonly log = new Log();
  streams: { controller: ReadableStreamDefaultController<Uint8Array>; sent: number }[] = [];
  away = false;
  requests = 0;

  grow(n: number, what: "chunks" | "tools" = "chunks"): void {
    for (let i = 0; i < n; i++) {
      if (what === "chunks") this.log.say(`${this.log.seq + 1}\n`);
      else
        this.log.update({
          sessionUpdate: "tool_call",
          toolCallId: `t${this.log.seq}`,
          title: `Tool ${this.log.seq}`,
          status: "completed",
        });
    }
    for (const stream of this.streams) this.#flush(stream);
  }

  #flush(stream: { controller: ReadableStreamDefaultController<Uint8Array>; sent: number }): void {
    const text = this.log.events
      .slice(stream.sent)
      .map((e) => `id: ${e.seq}\nevent: ${e.kind}\ndata: ${JSON.stringify(e)}\n\n`)
      .join("");
    stream.sent = this.log.seq;
    if (text) stream.controller.enqueue(new TextEncoder().encode(text));
  }

  break(): void {
    for (const stream of this.streams.splice(0)) stream.controller.error(new Error("reset"));
  }

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    this.requests++;
    if (this.away) throw new TypeError("network");
    const query = new URL(url, "http://lia.test").searchParams;
    const from = Number(query.get("from"));
    if (!new Headers(init.headers).get("accept")?.includes("event-stream"))
      return Response.json(this.log.events.slice(from, from + Number(query.get("limit"))));
    let stream: (typeof this.streams)[number] | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        stream = { controller, sent: from };
        this.streams.push(stream);
        this.#flush(stream);
      },
      cancel: () => {
        this.streams = this.streams.filter((s) => s !== stream);
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
}

let server: Server;
let log: SessionLog;

beforeEach(() => {
  server = new Server();
  vi.stubGlobal("fetch", server.fetch);
});

afterEach(() => {
  log.stop();
  vi.unstubAllGlobals();
});

function open(): SessionLog {
  log = new SessionLog("s", server.log.seq);
  log.start();
  return log;
}

const until = (what: () => boolean) => vi.waitFor(() => expect(what()).toBe(true), { timeout: 30_000, interval: 5 });

/** The window has no hole and no double. */
function whole(): void {
  const { lo, hi } = log.view();
  expect(log.entries.map((e) => e.seq)).toEqual(Array.from({ length: hi - lo }, (_, i) => lo + 1 + i));
}

test("a long session opens at its end, and reads what came before when it is asked for", async () => {
  server.grow(5000);
  open();
  await until(() => log.view().hi === 5000);
  expect(log.view().lo).toBe(5000 - LIMITS.open);
  whole();
  await log.earlier();
  expect(log.view().lo).toBe(5000 - LIMITS.open - LIMITS.page);
  whole();
  const text = log
    .view()
    .items.flatMap((i) => (i.is === "text" ? [i.text] : []))
    .join("");
  expect(text).toBe(Array.from({ length: LIMITS.open + LIMITS.page }, (_, i) => `${log.view().lo + 1 + i}\n`).join(""));
});

test("what comes while connections break comes once and in order", async () => {
  server.grow(10);
  open();
  const seen: number[] = [];
  log.tap((e) => seen.push(e.seq));
  await until(() => log.view().hi === 10);
  for (let i = 0; i < 5; i++) {
    server.grow(7);
    server.break();
    server.grow(5);
    await until(() => {
      log.retryNow();
      return log.view().hi === 10 + (i + 1) * 12;
    });
  }
  expect(seen).toEqual(Array.from({ length: 70 }, (_, i) => i + 1));
  whole();
});

test("a server that is away is said to be, and read on from when it is back", async () => {
  server.grow(3);
  open();
  await until(() => log.view().hi === 3);
  server.away = true;
  server.break();
  await until(() => log.view().link.is === "cut");
  server.grow(4);
  server.away = false;
  log.retryNow();
  await until(() => log.view().hi === 7 && log.view().link.is === "live");
  whole();
});

test("at the end, memory is bounded by forgetting the beginning", async () => {
  open();
  await until(() => log.view().link.is === "live");
  for (let i = 0; i < 10; i++) {
    server.grow(2000, i % 2 ? "tools" : "chunks");
    await until(() => log.view().hi === (i + 1) * 2000);
    expect(log.entries.length).toBeLessThanOrEqual(LIMITS.events);
    whole();
  }
  await until(() => log.view().items.length <= LIMITS.items);
  // All at once, as a slow machine reads it.
  server.grow(2 * LIMITS.events, "tools");
  await until(() => log.view().hi === 20_000 + 2 * LIMITS.events);
  expect(log.entries.length).toBeLessThanOrEqual(LIMITS.events);
  await until(() => log.view().items.length <= LIMITS.items);
  whole();
  expect(log.view().attached).toBe(true);
  expect(log.view().lo).toBeGreaterThan(0);
});

test("who reads further up is left alone: the window leaves the end, and comes back to it", async () => {
  open();
  await until(() => log.view().link.is === "live");
  server.grow(100);
  await until(() => log.view().hi === 100);
  log.lookAtEnd(false);
  server.grow(LIMITS.events + 500);
  await until(() => log.view().last === LIMITS.events + 600);
  expect(log.view()).toMatchObject({ attached: false, lo: 0 });
  const stays = log.view().hi;
  server.grow(50);
  await until(() => log.view().last === LIMITS.events + 650);
  expect(log.view().hi).toBe(stays);
  whole();
  await log.latest();
  expect(log.view()).toMatchObject({ attached: true, hi: LIMITS.events + 650 });
  server.grow(1);
  await until(() => log.view().hi === LIMITS.events + 651);
  whole();
});
