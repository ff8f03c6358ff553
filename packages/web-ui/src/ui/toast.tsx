import { X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { sentence } from "~/lib/api";
import { cn } from "~/lib/cn";
import { IconButton } from "./button";

interface Toast {
  id: number;
  tone: "plain" | "bad";
  text: string;
}

let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();

function put(all: readonly Toast[]): void {
  toasts = all;
  for (const listener of listeners) listener();
}

/** Says something in the corner of the page. What went wrong stays until it is closed. */
export function say(text: string, tone: Toast["tone"] = "plain"): void {
  const id = next++;
  put([...toasts.slice(-3), { id, tone, text }]);
  if (tone === "plain") setTimeout(() => put(toasts.filter((t) => t.id !== id)), 5000);
}

/** Says that something failed. */
export function sayFailed(error: unknown): void {
  say(sentence(error), "bad");
}

/** Where {@link say} shows. */
export function Toasts() {
  const all = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <section
      aria-label="Messages"
      aria-live="polite"
      className="pointer-events-none fixed right-0 bottom-0 z-50 flex w-full max-w-sm flex-col gap-2 p-4"
    >
      {all.map((t) => (
        <div
          key={t.id}
          role={t.tone === "bad" ? "alert" : undefined}
          className={cn(
            "pointer-events-auto flex items-start gap-2 rounded-lg border bg-raised px-3.5 py-2.5 shadow-lg",
            t.tone === "bad" ? "border-bad/50" : "border-line",
          )}
        >
          <p className={cn("wrap-anywhere min-w-0 flex-1 py-0.5", t.tone === "bad" && "text-bad")}>{t.text}</p>
          <IconButton label="Close message" size="icon-sm" onClick={() => put(toasts.filter((o) => o.id !== t.id))}>
            <X aria-hidden />
          </IconButton>
        </div>
      ))}
    </section>
  );
}
