import type { TaskResponse } from "@lia/shared";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { sentence } from "~/lib/api";
import { cn } from "~/lib/cn";
import { clock, count } from "~/lib/format";
import { visible } from "~/lib/visible";
import { type Entry, word } from "~/log/event";
import { blockText, obj, str } from "~/log/json";
import { page } from "~/log/session-log";
import { CopyButton } from "~/ui/copy";
import { Field, Input, Select } from "~/ui/field";
import { Empty, Notice } from "~/ui/state";

/** Events of a page. */
const PAGE = 200;
/** Pages in memory. */
const KEPT = 30;

/** One line that says what an event is. */
export function summary(e: Entry): string {
  const text = brief(e);
  return visible(text.slice(0, 300));
}

function brief(e: Entry): string {
  switch (e.kind) {
    case "rpc": {
      const way = e.direction === "agent_to_client" ? "←" : "→";
      const update = obj(obj(e.body.params).update);
      const kind = str(update.sessionUpdate);
      if (kind) return `${way} ${kind} ${blockText(update.content) || str(update.title) || str(update.status)}`;
      if (e.phase === "response") return `${way} ${e.body.error ? "error" : "answer"} ${String(e.body.id)}`;
      return `${way} ${str(e.body.method)}`;
    }
    case "output":
      return `${Math.floor((e.body.data.length * 3) / 4)} bytes at ${e.body.pos}`;
    case "other":
      return JSON.stringify(e.body) ?? "";
    default:
      return Object.entries(e.body)
        .filter(([, v]) => v !== null && v !== undefined)
        .map(([k, v]) => `${k}=${typeof v === "object" ? JSON.stringify(v) : String(v)}`)
        .join(" ");
  }
}

/** The log as it is: each event by its number, read as one scrolls. A log is gapless, so any place of it can be gone to. */
export function Events({ task, last }: { task: TaskResponse; last: number }) {
  const [filter, setFilter] = useState("");
  const [kind, setKind] = useState("");
  const [goto, setGoto] = useState("");
  const [open, setOpen] = useState<number>();
  const scroller = useRef<HTMLDivElement>(null);
  const log = usePages(task.id, last);
  const filtered = filter.trim() !== "" || kind !== "";

  // A filter looks through what has been read; it reads backwards until it has found a screen full or all.
  const found = useMemo(() => {
    if (!filtered) return undefined;
    const q = filter.trim().toLowerCase();
    return log.read.filter(
      (e) =>
        (kind === "" || word(e) === kind) &&
        (q === "" || `${word(e)} ${e.actor} ${JSON.stringify(e.body)}`.toLowerCase().includes(q)),
    );
  }, [log.read, filter, kind, filtered]);
  const more = filtered && (found?.length ?? 0) < 200 ? log.lowest : undefined;
  useEffect(() => {
    if (more !== undefined && more > 1 && log.pages < KEPT - 2) log.want(more - 1);
  }, [more, log]);

  const rows = filtered ? (found?.length ?? 0) : last;
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => 30,
    getItemKey: (i) => (found ? (found[i]?.seq ?? i) : i + 1),
    overscan: 12,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: 40,
  });
  const placed = useRef(false);
  useEffect(() => {
    if (placed.current || rows === 0) return;
    placed.current = true;
    virtual.scrollToEnd();
  }, [rows, virtual]);

  const items = virtual.getVirtualItems();
  const [from, to] = [items[0]?.index, items.at(-1)?.index];
  useEffect(() => {
    if (filtered || from === undefined || to === undefined) return;
    log.want(from + 1);
    log.want(to + 1);
  }, [filtered, from, to, log]);

  if (last === 0) return <Empty title="Nothing has happened yet" />;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 flex-wrap items-end gap-2 border-b px-3 py-2">
        <Field label="Filter" className="min-w-40 flex-1">
          {(c) => (
            <Input
              {...c}
              type="search"
              value={filter}
              onChange={(e) => setFilter(e.target.value)}
              placeholder="Words of an event"
              className="h-8"
            />
          )}
        </Field>
        <Field label="Kind">
          {(c) => (
            <Select {...c} value={kind} onChange={(e) => setKind(e.target.value)} className="h-8">
              <option value="">all</option>
              {log.kinds.map((k) => (
                <option key={k}>{k}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Go to seq" className="w-24">
          {(c) => (
            <Input
              {...c}
              type="number"
              min={1}
              max={last}
              value={goto}
              onChange={(e) => setGoto(e.target.value)}
              onKeyDown={(e) => {
                if (e.key !== "Enter") return;
                setFilter("");
                setKind("");
                virtual.scrollToIndex(Math.max(0, Math.min(last, Number(goto)) - 1), { align: "start" });
              }}
              className="h-8"
            />
          )}
        </Field>
        <p role="status" className="pb-1.5 text-[13px] text-muted">
          {filtered ? `${count(rows, "event")} of the ${count(log.read.length, "one")} read` : count(last, "event")}
        </p>
      </div>
      {log.error && (
        <Notice tone="bad" role="alert" className="m-2">
          {log.error}
        </Notice>
      )}
      <div
        ref={scroller}
        tabIndex={0}
        role="group"
        aria-label="Events"
        className="min-h-0 flex-1 overflow-y-auto font-mono text-[13px] outline-offset-[-2px] [overflow-anchor:none]"
      >
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map((row) => {
            const e = found ? found[row.index] : log.get(row.index + 1);
            const seq = found ? (found[row.index]?.seq ?? 0) : row.index + 1;
            return (
              <div
                key={row.key}
                ref={virtual.measureElement}
                data-index={row.index}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <EventRow
                  seq={seq}
                  event={e}
                  open={open === seq}
                  onOpen={() => setOpen(open === seq ? undefined : seq)}
                />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function EventRow({ seq, event: e, open, onOpen }: { seq: number; event?: Entry; open: boolean; onOpen: () => void }) {
  const text = open && e ? JSON.stringify(e, null, 2) : "";
  return (
    <div className="border-b">
      <button
        type="button"
        aria-expanded={open}
        onClick={onOpen}
        disabled={!e}
        className="flex h-[29px] w-full items-center gap-3 px-3 text-left outline-offset-[-2px] hover:bg-hover"
      >
        <span className="w-14 shrink-0 text-right text-faint tabular-nums">{seq}</span>
        {e ? (
          <>
            <time dateTime={e.at} className="w-20 shrink-0 text-faint max-sm:hidden">
              {clock(e.at)}
            </time>
            <span
              className={cn(
                "w-40 shrink-0 truncate max-sm:w-28",
                word(e) === "error" && "text-bad",
                word(e) === "egress.refused" && "text-warn",
              )}
            >
              {word(e)}
            </span>
            <bdi className="min-w-0 flex-1 truncate text-muted">{summary(e)}</bdi>
          </>
        ) : (
          <span className="text-faint">…</span>
        )}
      </button>
      {open && e && (
        <div className="relative border-t bg-sunken">
          <pre tabIndex={0} dir="ltr" className="max-h-96 overflow-auto p-3 text-xs leading-relaxed">
            {text.length > 100_000 ? `${text.slice(0, 100_000)}\n…` : text}
          </pre>
          <div className="absolute top-2 right-4">
            <CopyButton text={text} label={`Copy event ${seq}`} />
          </div>
        </div>
      )}
    </div>
  );
}

interface Pages {
  get(seq: number): Entry | undefined;
  want(seq: number): void;
  /** All that is in memory, in order. */
  read: readonly Entry[];
  /** The first of it that has no hole up to the end of it. */
  lowest: number;
  pages: number;
  kinds: readonly string[];
  error?: string;
}

/** Pages of a log, the lately wanted ones. */
function usePages(id: string, last: number): Pages {
  const cache = useRef(new Map<number, { events: Entry[]; used: number }>());
  const loading = useRef(new Set<number>());
  const [version, setVersion] = useState(0);
  const [error, setError] = useState<string>();
  const clockTick = useRef(0);
  const abort = useRef(new AbortController());
  useEffect(() => {
    abort.current = new AbortController();
    return () => abort.current.abort();
  }, []);

  const want = useCallback(
    (seq: number) => {
      const n = Math.floor((Math.max(1, seq) - 1) / PAGE);
      const kept = cache.current.get(n);
      const first = n * PAGE;
      const full = Math.min(PAGE, last - first);
      if (kept) kept.used = ++clockTick.current;
      if ((kept && kept.events.length >= full) || loading.current.has(n) || full <= 0) return;
      loading.current.add(n);
      page(id, first, PAGE, abort.current.signal)
        .then((events) => {
          setError(undefined);
          cache.current.set(n, { events, used: ++clockTick.current });
          if (cache.current.size > KEPT) {
            const oldest = [...cache.current].sort((a, b) => a[1].used - b[1].used)[0];
            if (oldest) cache.current.delete(oldest[0]);
          }
          setVersion((v) => v + 1);
        })
        .catch((e) => {
          if (e instanceof Error && e.name !== "AbortError") setError(sentence(e));
        })
        .finally(() => loading.current.delete(n));
    },
    [id, last],
  );

  return useMemo(() => {
    void version;
    const pages = [...cache.current].sort((a, b) => a[0] - b[0]);
    const read = pages.flatMap(([, p]) => p.events);
    let lowest = last + 1;
    for (const [n, p] of pages.toReversed()) {
      if (n * PAGE + p.events.length + 1 < lowest && lowest !== last + 1) break;
      lowest = n * PAGE + 1;
    }
    return {
      get: (seq) => cache.current.get(Math.floor((seq - 1) / PAGE))?.events[(seq - 1) % PAGE],
      want,
      read,
      lowest,
      pages: pages.length,
      kinds: [...new Set(read.map(word))].sort(),
      error,
    };
  }, [version, want, last, error]);
}
