import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, LoaderCircle } from "lucide-react";
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { count } from "~/lib/format";
import type { HostItem, Item } from "~/log/items";
import type { LogView, SessionLog } from "~/log/session-log";
import { Button } from "~/ui/button";
import { sayFailed } from "~/ui/toast";
import { ItemView } from "./items";

/** Pixels from the end within which one looks at the end. */
const NEAR = 60;

/** What was said and done, the newest at the bottom; only what is in sight is drawn. */
export function ConversationView({ log, view, live }: { log: SessionLog; view: LogView; live: boolean }) {
  const scroller = useRef<HTMLDivElement>(null);
  const items = useShown(view.items);
  const [atEnd, setAtEnd] = useState(true);

  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => estimate(items[i]),
    getItemKey: (i) => items[i]?.key ?? i,
    overscan: 6,
    gap: 10,
    paddingStart: 24,
    paddingEnd: 16,
    anchorTo: "end",
    scrollEndThreshold: NEAR,
  });

  // At the end the view stays at the end, whatever comes, until a person scrolls away from it.
  const sticks = useRef(true);
  const touched = useRef(0);
  const top = useRef(0);
  // What lies beyond the window is read when one comes near its edge.
  const more = useCallback(() => {
    const el = scroller.current;
    if (!el || sticks.current) return;
    const end = el.scrollHeight - el.scrollTop - el.clientHeight < NEAR;
    if (el.scrollTop < 1500 && log.view().lo > 0) void log.earlier().catch(sayFailed);
    else if (end && !log.view().attached) void log.later().catch(sayFailed);
  }, [log]);
  const touch = useCallback(() => {
    touched.current = performance.now();
    // Who is at the very top already scrolls no further, and asks all the same.
    requestAnimationFrame(more);
  }, [more]);
  const total = virtual.getTotalSize();
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever there is more, or it is taller
  useLayoutEffect(() => {
    const el = scroller.current;
    if (el && sticks.current) el.scrollTop = el.scrollHeight;
  }, [items, total]);

  const onScroll = useCallback(() => {
    const el = scroller.current;
    if (!el) return;
    const end = el.scrollHeight - el.scrollTop - el.clientHeight < NEAR;
    const byHand = performance.now() - touched.current < 1000;
    if (end) sticks.current = true;
    else if (byHand && el.scrollTop < top.current) sticks.current = false;
    top.current = el.scrollTop;
    setAtEnd(sticks.current);
    log.lookAtEnd(sticks.current && log.view().attached);
    // On a busy machine the scrolling comes long after the key; at the end it is the page that scrolls.
    if (!byHand && sticks.current) return;
    if (el.scrollTop < 1500 && log.view().lo > 0) void log.earlier().catch(sayFailed);
    else if (end && !log.view().attached) void log.later().catch(sayFailed);
  }, [log]);

  const terminals = useMemo(() => {
    const found = new Map<string, HostItem>();
    for (const item of view.items) if (item.is === "terminal" && item.id) found.set(item.id, item);
    return found;
  }, [view.items]);
  const terminal = useCallback((id: string) => terminals.get(id), [terminals]);

  const toEnd = async () => {
    try {
      sticks.current = true;
      await log.latest();
      virtual.scrollToEnd();
      setAtEnd(true);
    } catch (error) {
      sayFailed(error);
    }
  };

  const behind = view.last - view.hi;
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        onScroll={onScroll}
        onWheel={touch}
        onTouchMove={touch}
        onPointerDown={touch}
        onKeyDown={touch}
        role="log"
        aria-label="Conversation"
        aria-live="off"
        tabIndex={0}
        className="h-full overflow-y-auto overscroll-contain outline-offset-[-2px] [overflow-anchor:none]"
      >
        {view.loading && (
          <div role="status" className="absolute inset-x-0 top-2 z-10 flex justify-center">
            <span className="flex items-center gap-2 rounded-full border bg-raised px-3 py-1 text-[13px] text-muted shadow-sm">
              <LoaderCircle aria-hidden className="size-3.5 animate-spin" /> Loading what came before…
            </span>
          </div>
        )}
        <div className="relative mx-auto w-full max-w-3xl" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((row) => {
            const item = items[row.index];
            return (
              item && (
                <div
                  key={row.key}
                  ref={virtual.measureElement}
                  data-index={row.index}
                  className="absolute inset-x-0 top-0 px-4 sm:px-6"
                  style={{ transform: `translateY(${row.start}px)` }}
                >
                  <ItemView item={item} live={live && row.index >= items.length - 400} terminal={terminal} />
                </div>
              )
            );
          })}
        </div>
      </div>
      {(!atEnd || !view.attached) && (
        <div className="pointer-events-none absolute inset-x-0 bottom-3 flex justify-center">
          <Button size="sm" className="pointer-events-auto rounded-full shadow-md" onClick={toEnd}>
            <ArrowDown aria-hidden /> {behind > 0 ? `${count(behind, "new event")}` : "To the end"}
          </Button>
        </div>
      )}
    </div>
  );
}

/** What has no card of its own is left out. */
function useShown(items: readonly Item[]): readonly Item[] {
  return useMemo(() => {
    const inTools = new Set(
      items.flatMap((i) => (i.is === "tool" ? i.content.flatMap((c) => (c.is === "terminal" ? [c.id] : [])) : [])),
    );
    return inTools.size === 0 ? items : items.filter((i) => !(i.is === "terminal" && inTools.has(i.id)));
  }, [items]);
}

function estimate(item: Item | undefined): number {
  switch (item?.is) {
    case "text":
      return Math.min(3000, 30 + Math.ceil(item.text.length / 90) * 24);
    case "user":
      return Math.min(320, 48 + Math.ceil(item.text.length / 80) * 21);
    case "plan":
      return 60 + item.entries.length * 26;
    case "tool":
      return item.content.some((c) => c.is === "diff") ? 240 : 42;
    case "turn":
      return 48;
    default:
      return 42;
  }
}
