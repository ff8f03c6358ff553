import { z } from "@lia/shared/schemas";
import { ask, parse } from "~/lib/api";
import { Conversation } from "./conversation";
import { type Entry, readEntry } from "./event";
import type { Item } from "./items";
import { type Link, LogReader } from "./reader";

/** How much of a session's log a page holds, at most. */
export const LIMITS = {
  /** Events that come first: the end of the log. */
  open: 600,
  /** Events of a page of what came before. */
  page: 500,
  /** Events in memory. */
  events: 12_000,
  /** Items of the conversation in memory. */
  items: 3_000,
};

/** What a view sees of a session's log. */
export interface LogView {
  items: readonly Item[];
  link: Link;
  /** The window: events after `lo` up to `hi`. */
  lo: number;
  hi: number;
  /** The newest event that is known; beyond `hi` when the view has been moved away from the end. */
  last: number;
  /** Whether what comes is added to the window. */
  attached: boolean;
  /** Whether earlier events are being read. */
  loading: boolean;
}

const Page = z.array(z.unknown());

/** A page of a session's log, after `from`. */
export async function page(id: string, from: number, limit: number, signal?: AbortSignal): Promise<Entry[]> {
  const response = await ask(`/api/v1/tasks/${encodeURIComponent(id)}/events`, { query: { from, limit }, signal });
  return parse(Page, await response.json(), "the log").map(readEntry);
}

/**
 * A window on a session's log that follows its end. Events are kept within the window alone, so memory is bounded however long the
 * session is: when it grows too large it forgets at the end that is not looked at.
 */
export class SessionLog {
  #conversation = new Conversation();
  #entries: Entry[] = [];
  #reader: LogReader | undefined;
  #listeners = new Set<() => void>();
  #taps = new Set<(entry: Entry) => void>();
  #scheduled = false;
  #view: LogView;
  #atEnd = true;
  #abort = new AbortController();

  constructor(
    readonly id: string,
    lastSeq: number,
    /** Told of every event that is new, once. */
    private readonly onEvents: (events: readonly Entry[]) => void = () => {},
  ) {
    const lo = Math.max(0, lastSeq - LIMITS.open);
    this.#view = { items: [], link: { is: "connecting" }, lo, hi: lo, last: lastSeq, attached: true, loading: false };
  }

  /** Begins to follow. */
  start(): void {
    this.#reader ??= new LogReader(this.id, this.#view.hi, this.#take, (link) => {
      this.#view = { ...this.#view, link };
      this.#emit();
    });
  }

  /** The end; nothing comes any more. */
  stop(): void {
    this.#reader?.stop();
    this.#reader = undefined;
    this.#abort.abort();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  view = (): LogView => this.#view;

  /** Hears each event as it is added to the window. */
  tap(listener: (entry: Entry) => void): () => void {
    this.#taps.add(listener);
    return () => this.#taps.delete(listener);
  }

  /** The events of the window, as they are. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Tries the connection again now. */
  retryNow(): void {
    this.#reader?.retryNow();
  }

  /** Says whether a reader looks at the end: then what is at the beginning may be forgotten, else the end. */
  lookAtEnd(atEnd: boolean): void {
    this.#atEnd = atEnd;
  }

  #take = (events: Entry[]): void => {
    const last = events.at(-1)?.seq ?? this.#view.last;
    this.onEvents(events);
    if (this.#view.attached) {
      this.#append(events);
      if (this.#tooLarge() && !this.#atEnd) this.#view = { ...this.#view, attached: false };
    }
    this.#view = { ...this.#view, last: Math.max(this.#view.last, last) };
    this.#schedule();
  };

  #append(events: readonly Entry[]): void {
    for (const event of events) {
      this.#entries.push(event);
      this.#conversation.push(event);
      for (const tap of this.#taps) tap(event);
    }
    this.#view = { ...this.#view, hi: events.at(-1)?.seq ?? this.#view.hi };
    // However much came at once.
    for (let rest = Number.POSITIVE_INFINITY; this.#atEnd && this.#tooLarge() && this.#entries.length < rest; ) {
      rest = this.#entries.length;
      this.#forgetFront();
    }
  }

  #tooLarge(): boolean {
    return this.#entries.length > LIMITS.events || this.#conversation.length > LIMITS.items;
  }

  #forgetFront(): void {
    const items = this.#conversation.commit();
    // Items that go: a quarter of them, or those of the first quarter of the events.
    const bySeq = this.#entries[Math.floor(this.#entries.length / 4)]?.seq ?? 0;
    const bySize = items[Math.floor(items.length / 4)]?.seq ?? 0;
    const keep = Math.max(bySeq, bySize);
    let n = 0;
    while (n < items.length - 1 && (items[n]?.seq ?? 0) < keep) n++;
    this.#conversation.dropFront(n);
    this.#entries = this.#entries.filter((e) => e.seq >= keep);
    this.#view = { ...this.#view, lo: (this.#entries[0]?.seq ?? this.#view.hi + 1) - 1 };
  }

  /** Reads what came before the window. */
  async earlier(): Promise<void> {
    const { lo, loading } = this.#view;
    if (lo === 0 || loading) return;
    this.#view = { ...this.#view, loading: true };
    this.#emit();
    try {
      const from = Math.max(0, lo - LIMITS.page);
      const before = await page(this.id, from, lo - from, this.#abort.signal);
      if (this.#view.lo !== lo) return;
      let entries = [...before.filter((e) => e.seq <= lo), ...this.#entries];
      let attached = this.#view.attached;
      if (entries.length > LIMITS.events) {
        // The reader is far from the end: it is the end that is forgotten.
        entries = entries.slice(0, LIMITS.events);
        attached = false;
      }
      this.#replace(entries, from, attached);
    } finally {
      this.#view = { ...this.#view, loading: false };
      this.#emit();
    }
  }

  /** Reads what comes after a window that has left the end; joins the end when it reaches it. */
  async later(): Promise<void> {
    const { hi, loading, attached } = this.#view;
    if (attached || loading) return;
    this.#view = { ...this.#view, loading: true };
    this.#emit();
    try {
      const after = await page(this.id, hi, LIMITS.page, this.#abort.signal);
      if (this.#view.hi !== hi || this.#view.attached) return;
      const entries = [...this.#entries, ...after];
      const front = Math.max(0, entries.length - LIMITS.events);
      const end = entries.at(-1)?.seq ?? hi;
      this.#replace(entries.slice(front), (entries[front]?.seq ?? 1) - 1, end >= (this.#reader?.cursor ?? 0));
    } finally {
      this.#view = { ...this.#view, loading: false };
      this.#emit();
    }
  }

  /** Back to the end of the log. */
  async latest(): Promise<void> {
    this.#atEnd = true;
    if (this.#view.attached) return;
    const from = Math.max(0, this.#view.last - LIMITS.open);
    let entries: Entry[] = [];
    // What comes meanwhile is read too, until the reader's place is reached.
    for (;;) {
      const more = await page(this.id, entries.at(-1)?.seq ?? from, 1000, this.#abort.signal);
      entries = [...entries, ...more];
      const end = entries.at(-1)?.seq ?? from;
      if (end >= (this.#reader?.cursor ?? 0)) break;
      if (more.length === 0) return;
    }
    const cursor = this.#reader?.cursor ?? 0;
    this.#replace(
      entries.filter((e) => e.seq <= cursor),
      from,
      true,
    );
    this.#emit();
  }

  #replace(entries: Entry[], lo: number, attached: boolean): void {
    this.#entries = entries;
    this.#conversation = new Conversation();
    for (const entry of entries) this.#conversation.push(entry);
    this.#view = { ...this.#view, lo, hi: entries.at(-1)?.seq ?? lo, attached, items: this.#conversation.commit() };
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const commit = () => {
      this.#scheduled = false;
      this.#view = { ...this.#view, items: this.#conversation.commit() };
      this.#emit();
    };
    if (document.visibilityState === "hidden") setTimeout(commit, 200);
    else requestAnimationFrame(commit);
  }

  #emit(): void {
    for (const listener of this.#listeners) listener();
  }
}
