import type { TaskResponse } from "@lia/shared";
import { cn } from "~/lib/cn";

/** What a task does, in a word for people, and how it looks. */
export type Doing = "asks" | "works" | "starts" | "idle" | "suspended" | "done" | "failed" | "stopped";

/** What a task does. */
export function doing(
  t: Pick<TaskResponse, "status" | "busy" | "pending_permissions" | "exit_code" | "error_message" | "stop_reason">,
): Doing {
  switch (t.status) {
    case "pending":
    case "starting":
      return "starts";
    case "running":
      return t.pending_permissions > 0 ? "asks" : t.busy ? "works" : "idle";
    case "suspended":
      return "suspended";
    case "terminated":
      return t.error_message || (t.exit_code !== null && t.exit_code !== 0)
        ? "failed"
        : t.exit_code === 0
          ? "done"
          : "stopped";
  }
}

const words: Record<Doing, string> = {
  asks: "Needs you",
  works: "Working",
  starts: "Starting",
  idle: "Ready",
  suspended: "Suspended",
  done: "Done",
  failed: "Failed",
  stopped: "Ended",
};

/** The word of what a task does. */
export function statusWord(is: Doing): string {
  return words[is];
}

const dots: Record<Doing, string> = {
  asks: "bg-warn",
  works: "bg-accent animate-pulse",
  starts: "bg-accent animate-pulse",
  idle: "bg-ok",
  suspended: "border-2 border-line-strong",
  done: "bg-ok",
  failed: "bg-bad",
  stopped: "bg-line-strong",
};

/** A dot and a word. */
export function Status({ is, className }: { is: Doing; className?: string }) {
  return (
    <span
      className={cn(
        "inline-flex items-center gap-1.5 whitespace-nowrap text-[13px]",
        is === "asks" ? "font-medium text-warn" : is === "failed" ? "text-bad" : "text-muted",
        className,
      )}
    >
      <Dot is={is} />
      {words[is]}
    </span>
  );
}

/** The dot alone; its word is for screen readers. */
export function Dot({ is, alone, className }: { is: Doing; alone?: boolean; className?: string }) {
  return (
    <span
      className={cn("inline-block size-2 shrink-0 rounded-full", dots[is], className)}
      {...(alone ? { role: "img", "aria-label": words[is], title: words[is] } : { "aria-hidden": true })}
    />
  );
}
