import { ApiFailure, ask } from "~/lib/api";
import { channels } from "~/lib/channels";
import { admit, backoff } from "./cursor";
import { type Entry, readEntry } from "./event";
import { SseParser } from "./sse";

/** How a reader stands. */
export type Link =
  | { is: "connecting" }
  /** All that is there has come, or comes now. */
  | { is: "live" }
  /** The connection is lost; the next try is at `retryAt`. */
  | { is: "cut"; since: number; retryAt: number; why: string }
  /** The session is over and all of its log has come. */
  | { is: "complete" }
  /** There is no such session any more, or it is not ours. */
  | { is: "gone" };

/** The server sends something every 15 seconds. */
const SILENCE = 40_000;
/** A page that nobody looks at holds no connection: browsers give an origin only six. */
const HIDDEN = 20_000;

/**
 * Follows a session's log from a cursor: connects, reads, and connects again, until {@link stop}. Each event is given once and in
 * order, however often the connection breaks.
 */
export class LogReader {
  #cursor: number;
  #stopped = false;
  #abort = new AbortController();
  #wake: (() => void) | undefined;
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  #paused = false;
  #endBack: () => void;

  constructor(
    private readonly id: string,
    from: number,
    private readonly onEvents: (events: Entry[]) => void,
    private readonly onLink: (link: Link) => void,
  ) {
    this.#cursor = from;
    document.addEventListener("visibilitychange", this.#visibility);
    window.addEventListener("online", this.retryNow);
    this.#endBack = channels.onBack(this.#again);
    void this.#run();
  }

  /** All up to here has been given. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Does not wait for the next try's time. */
  retryNow = (): void => {
    this.#wake?.();
  };

  /** The server was away: a stream from before may be dead without having said so. */
  #again = (): void => {
    if (!this.#paused) this.#abort.abort();
    this.#wake?.();
  };

  /** The end. */
  stop(): void {
    this.#stopped = true;
    this.#abort.abort();
    this.#wake?.();
    clearTimeout(this.#hiddenTimer);
    this.#endBack();
    document.removeEventListener("visibilitychange", this.#visibility);
    window.removeEventListener("online", this.retryNow);
  }

  #visibility = (): void => {
    clearTimeout(this.#hiddenTimer);
    if (document.visibilityState === "hidden") {
      this.#hiddenTimer = setTimeout(() => {
        this.#paused = true;
        this.#abort.abort();
      }, HIDDEN);
    } else if (this.#paused) {
      this.#paused = false;
      this.#wake?.();
    }
  };

  async #run(): Promise<void> {
    let attempt = 0;
    let since = 0;
    this.onLink({ is: "connecting" });
    while (!this.#stopped) {
      this.#abort = new AbortController();
      let why = "the connection was lost";
      let opened = Number.POSITIVE_INFINITY;
      try {
        const end = await this.#connect(() => {
          opened = Date.now();
          since = 0;
          channels.retryNow();
          this.onLink({ is: "live" });
        });
        if (end === "complete") return this.onLink({ is: "complete" });
      } catch (error) {
        if (error instanceof ApiFailure && (error.status === 404 || error.status === 401))
          return this.onLink({ is: "gone" });
        if (error instanceof Error && error.name !== "AbortError") why = error.message;
      }
      if (this.#stopped) return;
      if (this.#paused) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      // A server that hangs up at once is not asked again at once.
      if (Date.now() - opened > 1000) attempt = 0;
      const wait = backoff(attempt++);
      since ||= Date.now();
      // The first try again comes at once; only when it fails too is it worth a word.
      if (wait > 0) {
        this.onLink({ is: "cut", since, retryAt: Date.now() + wait, why });
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, wait);
          this.#wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      this.#wake = undefined;
    }
  }

  async #connect(opened: () => void): Promise<"complete" | "ended"> {
    const { signal } = this.#abort;
    const response = await ask(`/api/v1/tasks/${encodeURIComponent(this.id)}/events`, {
      query: { from: this.#cursor },
      headers: { accept: "text/event-stream", "last-event-id": String(this.#cursor) },
      signal,
    });
    opened();
    if (response.status === 204 || !response.body) return "complete";
    const stream = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new SseParser();
    for (;;) {
      const { done, value } = await within(stream.read(), SILENCE, () => this.#abort.abort());
      if (done) return "ended";
      const events = parser.push(value).flatMap((e) => (e.id === undefined ? [] : [readEntry(JSON.parse(e.data))]));
      const { taken, cursor, gap } = admit(this.#cursor, events);
      this.#cursor = cursor;
      if (taken.length > 0) this.onEvents(taken);
      if (gap) {
        this.#abort.abort();
        throw new Error("a part of the log was missing");
      }
    }
  }
}

async function within<T>(work: Promise<T>, ms: number, late: () => void): Promise<T> {
  const timer = setTimeout(late, ms);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
