// A server that is the real one but for the log of one session: after the log's end it plays on, as fast as it is told.
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

import type { Lia } from "./lia.js";

interface LogEvent {
  seq: number;
  kind: string;
  body: { params?: { update?: { content?: { text?: string } } } };
}

function sse(event: LogEvent): string {
  return `id: ${event.seq}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
}

export class Replay {
  #server: Server;

  private constructor(
    private readonly lia: Lia,
    private readonly id: string,
    private readonly log: LogEvent[],
    private readonly chunk: LogEvent,
  ) {
    this.#server = createServer((ask, answer) => void this.#serve(ask, answer));
  }

  /** Before the real server, for a session whose agent has said something. */
  static async start(lia: Lia, id: string): Promise<Replay> {
    const log = await lia.call<LogEvent[]>("GET", `/api/v1/tasks/${id}/events?follow=false`);
    const chunk = log.find((e) => e.body?.params?.update?.content?.text !== undefined);
    if (!chunk) throw new Error("the session's agent has said nothing");
    const replay = new Replay(lia, id, log, chunk);
    replay.#server.listen(0, "127.0.0.1");
    await once(replay.#server, "listening");
    lia.hosts.add(new URL(replay.url).host);
    return replay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Chunks a second, and for how many seconds, once a page follows the log. */
  plan = { rate: 0, seconds: 0 };
  /** How many were written. */
  written = 0;

  end(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #serve(ask: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = new URL(ask.url ?? "/", this.url);
    const follows = (ask.headers.accept ?? "").includes("text/event-stream");
    if (url.pathname === `/api/v1/tasks/${this.id}/events` && follows && this.plan.rate > 0)
      return this.#play(answer, Number(url.searchParams.get("from") ?? 0));
    const headers = { ...ask.headers, host: new URL(this.lia.url).host };
    if (headers.origin) headers.origin = this.lia.url;
    const real = request(this.lia.url + (ask.url ?? "/"), { method: ask.method ?? "GET", headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      given.pipe(answer);
    });
    real.on("error", () => answer.destroy());
    answer.on("close", () => real.destroy());
    ask.pipe(real);
  }

  /** Events as the server would send them, in one piece every ten milliseconds. */
  async #play(answer: ServerResponse, from: number): Promise<void> {
    answer.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    for (const event of this.log.filter((e) => e.seq > from)) answer.write(sse(event));
    const { rate, seconds } = this.plan;
    const begun = performance.now();
    while (this.written < rate * seconds && !answer.destroyed) {
      const due = Math.min(rate * seconds, Math.floor(((performance.now() - begun) / 1000) * rate));
      let text = "";
      while (this.written < due) text += this.#event();
      if (text !== "" && !answer.write(text)) await new Promise((go) => answer.once("drain", go).once("close", go));
      await wait(10);
    }
  }

  #event(): string {
    this.written += 1;
    const event = structuredClone(this.chunk);
    event.seq = (this.log.at(-1)?.seq ?? 0) + this.written;
    const content = event.body.params?.update?.content;
    // A line now and then, and a paragraph, as agents write.
    const end = this.written % 200 === 0 ? "\n\n" : this.written % 20 === 0 ? "\n" : " ";
    if (content) content.text = `w${this.written}${end}`;
    return sse(event);
  }
}
