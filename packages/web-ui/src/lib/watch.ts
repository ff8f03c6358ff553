import { useEffect } from "react";
import { channels, type Frame } from "./channels";
import { firstLine } from "./format";
import { keep } from "./local";
import { queries, task as taskQuery } from "./queries";
import { visible } from "./visible";

/** Whether this browser shows a message when a session needs somebody or ends. */
export const notifications = keep("notifications", ["off", "on"]);

/** Frames after which lists of tasks are read anew. */
const changes = new Set([
  "permission_request",
  "permission_approved",
  "permission_rejected",
  "permission_responded",
  "permission_cancelled",
  "queue.updated",
  "queue.paused",
  "queue.resumed",
  "session.terminated",
  "error",
]);

/** What a frame of all sessions says to a person who looks elsewhere. */
export function message(frame: Frame): { title: string; body?: string } | undefined {
  if (frame.type === "session.terminated") return { title: "A session has ended" };
  if (frame.type !== "event") return undefined;
  const { type, data } = frame.event;
  if (type === "permission_request")
    return { title: "An agent asks", body: typeof data.title === "string" ? visible(data.title) : undefined };
  if (type === "queue.updated" && data.processing === false && data.size === 0) return { title: "An agent is done" };
  return undefined;
}

/** Keeps the lists fresh by what happens in all sessions, and tells who looks elsewhere. */
export function useWatch(): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stale = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: ["tasks"] });
      }, 400);
    };
    channels.onOtherLog = () => void queries.resetQueries({ predicate: (q) => q.queryKey[0] !== "me" });
    const end = channels.subscribe({
      channel: "agents",
      onFrame: (frame) => {
        if (frame.type !== "event" || changes.has(frame.event.type)) {
          stale();
          void tell(frame);
        }
      },
      // What happened while nobody was told.
      onReplayed: stale,
    });
    return () => {
      end();
      clearTimeout(timer);
    };
  }, []);
}

async function tell(frame: Frame): Promise<void> {
  if (notifications.get() !== "on" || document.visibilityState === "visible") return;
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const said = message(frame);
  if (!said) return;
  const known = await queries.fetchQuery({ ...taskQuery(frame.sessionId), staleTime: 60_000 }).catch(() => undefined);
  const name = known ? visible(firstLine(known.prompt) || known.template).slice(0, 80) : "";
  try {
    const shown = new Notification(said.title, {
      body: [said.body, name].filter(Boolean).join("\n"),
      tag: `${frame.sessionId}:${said.title}`,
    });
    shown.onclick = () => {
      window.focus();
      location.assign(`/tasks/${frame.sessionId}`);
    };
  } catch {
    // Some phones allow it from a service worker alone.
  }
}
