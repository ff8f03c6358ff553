import type { PromptQueueState } from "@lia/shared";
import { ChevronDown, ChevronUp, GripVertical, Pause, Play, X } from "lucide-react";
import { useEffect, useState } from "react";
import { queue as act } from "~/lib/actions";
import { cn } from "~/lib/cn";
import { count, firstLine } from "~/lib/format";
import { move } from "~/lib/move";
import { Button, IconButton } from "~/ui/button";
import { sayFailed } from "~/ui/toast";

/** The prompts that wait: another order by dragging or by keys, taking back, holding back. */
export function Queue({ task, state }: { task: string; state: PromptQueueState }) {
  const [order, setOrder] = useState<string[]>();
  const [dragged, setDragged] = useState<string>();
  const [said, setSaid] = useState("");
  // What the server says goes before what was asked for.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new answer
  useEffect(() => setOrder(undefined), [state]);

  const byId = new Map(state.items.map((i) => [i.queueId, i]));
  const items = (order ?? state.items.map((i) => i.queueId)).flatMap((id) => byId.get(id) ?? []);
  const ids = items.map((i) => i.queueId);

  const put = (next: string[]) => {
    if (next.join() === ids.join()) return;
    setOrder(next);
    act.reorder(task, next).catch((error) => {
      setOrder(undefined);
      sayFailed(error);
    });
  };
  const shift = (id: string, by: number) => {
    const from = ids.indexOf(id);
    const next = move(ids, from, from + by);
    put(next);
    setSaid(`Now ${next.indexOf(id) + 1} of ${next.length}`);
  };

  if (items.length === 0 && !state.paused) return null;
  return (
    <section aria-label="Queue" className="rounded-lg border bg-sunken">
      <header className="flex items-center gap-2 py-1 pr-1 pl-3">
        <h2 className="flex-1 font-medium text-[13px]">
          {count(items.length, "prompt waits", "prompts wait")}
          {state.paused && <span className="font-normal text-warn"> · held back</span>}
        </h2>
        <Button size="sm" look="ghost" onClick={() => act.pause(task, !state.paused).catch(sayFailed)}>
          {state.paused ? <Play aria-hidden /> : <Pause aria-hidden />}
          {state.paused ? "Go on" : "Hold back"}
        </Button>
        {items.length > 1 && (
          <Button size="sm" look="ghost" onClick={() => act.clear(task).catch(sayFailed)}>
            Clear
          </Button>
        )}
      </header>
      <ol className="max-h-40 overflow-y-auto px-1 pb-1">
        {items.map((item, i) => (
          <li
            key={item.queueId}
            draggable
            onDragStart={(e) => {
              setDragged(item.queueId);
              e.dataTransfer.effectAllowed = "move";
              e.dataTransfer.setData("text/plain", item.queueId);
            }}
            onDragEnd={() => {
              setDragged(undefined);
              if (order) put(order);
            }}
            onDragOver={(e) => {
              if (dragged === undefined) return;
              e.preventDefault();
              if (dragged !== item.queueId) setOrder(move(ids, ids.indexOf(dragged), i));
            }}
            onDrop={(e) => {
              e.preventDefault();
              setDragged(undefined);
              const next = ids;
              act.reorder(task, next).catch((error) => {
                setOrder(undefined);
                sayFailed(error);
              });
            }}
            onKeyDown={(e) => {
              if (!e.altKey || (e.key !== "ArrowUp" && e.key !== "ArrowDown")) return;
              e.preventDefault();
              shift(item.queueId, e.key === "ArrowUp" ? -1 : 1);
            }}
            className={cn(
              "group flex items-center gap-1 rounded-md hover:bg-hover",
              dragged === item.queueId && "opacity-50",
            )}
          >
            <GripVertical aria-hidden className="size-4 shrink-0 cursor-grab text-faint max-sm:hidden" />
            <span className="w-4 shrink-0 text-center text-faint text-xs tabular-nums">{i + 1}</span>
            <bdi className="min-w-0 flex-1 truncate px-1" title={item.text.slice(0, 500)}>
              {firstLine(item.text)}
            </bdi>
            <IconButton
              label={`Earlier: ${firstLine(item.text).slice(0, 60)}`}
              size="icon-sm"
              disabled={i === 0}
              onClick={() => shift(item.queueId, -1)}
            >
              <ChevronUp aria-hidden />
            </IconButton>
            <IconButton
              label={`Later: ${firstLine(item.text).slice(0, 60)}`}
              size="icon-sm"
              disabled={i === items.length - 1}
              onClick={() => shift(item.queueId, 1)}
            >
              <ChevronDown aria-hidden />
            </IconButton>
            <IconButton
              label={`Remove: ${firstLine(item.text).slice(0, 60)}`}
              size="icon-sm"
              onClick={() => act.remove(task, item.queueId).catch(sayFailed)}
            >
              <X aria-hidden />
            </IconButton>
          </li>
        ))}
      </ol>
      <p aria-live="polite" className="sr-only">
        {said}
      </p>
    </section>
  );
}
