import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { queries, task as taskQuery } from "~/lib/queries";
import type { Entry } from "~/log/event";
import { type LogView, SessionLog } from "~/log/session-log";

/** What has to be read anew when such an event comes. */
function touched(event: Entry): ("task" | "permissions" | "queue" | "files" | "settings" | "terminals")[] {
  switch (event.kind) {
    case "task.state":
      return ["task", "permissions", "queue"];
    case "turn.ended":
      return ["task", "queue", "files"];
    case "turn.started":
    case "prompt.queued":
    case "prompt.delivered":
    case "prompt.withdrawn":
    case "prompt.unknown":
    case "queue.paused":
    case "queue.resumed":
    case "queue.reordered":
      return ["task", "queue"];
    case "permission.requested":
    case "permission.answered":
      return ["task", "permissions"];
    case "fs.changed":
      return ["files"];
    case "settings.changed":
      return ["settings"];
    case "terminal.opened":
    case "terminal.closed":
      return ["terminals"];
    default:
      return [];
  }
}

/** A task, its log, and everything about it kept fresh by what its log says. */
export function useSession(id: string) {
  const task = useQuery(taskQuery(id));
  const [log, setLog] = useState<SessionLog>();
  const lastSeq = useRef<number>(undefined);
  lastSeq.current = task.data?.last_seq ?? lastSeq.current;
  const there = task.data !== undefined;

  useEffect(() => {
    if (!there) return;
    const opened = lastSeq.current ?? 0;
    const pending = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      for (const what of pending)
        void queries.invalidateQueries({
          queryKey: what === "task" ? ["task", id] : ["task", id, what],
          exact: what === "task",
        });
      pending.clear();
    };
    const session = new SessionLog(id, opened, (events) => {
      for (const event of events) {
        // What was there at the beginning has been read already.
        if (event.seq <= opened) continue;
        for (const what of touched(event)) pending.add(what);
      }
      if (pending.size > 0) timer ??= setTimeout(flush, 80);
    });
    session.start();
    setLog(session);
    return () => {
      clearTimeout(timer);
      session.stop();
      setLog(undefined);
    };
  }, [id, there]);

  return { task, log };
}

const nothing: LogView = {
  items: [],
  link: { is: "connecting" },
  lo: 0,
  hi: 0,
  last: 0,
  attached: true,
  loading: false,
};

/** A log as it is now. */
export function useLog(log: SessionLog | undefined): LogView {
  return useSyncExternalStore(log?.subscribe ?? none, log?.view ?? (() => nothing));
}

function none(): () => void {
  return () => {};
}
