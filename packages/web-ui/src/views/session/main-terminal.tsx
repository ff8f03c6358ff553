import type { InputRequest, ResizeRequest, TaskResponse } from "@lia/shared";
import { useEffect, useRef } from "react";
import { tell } from "~/lib/api";
import type { Entry } from "~/log/event";
import type { SessionLog } from "~/log/session-log";
import { sayFailed } from "~/ui/toast";
import { XTerm } from "./xterm";

/** Base64 as bytes. */
export function bytesOf(base64: string): Uint8Array {
  const binary = atob(base64);
  const out = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) out[i] = binary.charCodeAt(i);
  return out;
}

/** Sends one thing after another, and what came meanwhile in one piece: typing keeps its order. */
export class Typist {
  #waiting = "";
  #busy = false;

  constructor(private readonly send: (text: string) => Promise<void>) {}

  type(text: string): void {
    this.#waiting += text;
    if (!this.#busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#waiting !== "") {
        // 64 KiB of input at most, however many bytes a character has.
        const part = this.#waiting.slice(0, 16_000);
        this.#waiting = this.#waiting.slice(part.length);
        await this.send(part);
      }
    } catch (error) {
      this.#waiting = "";
      sayFailed(error);
    } finally {
      this.#busy = false;
    }
  }
}

/** The terminal of an agent that is one: what it wrote is in the log. */
export function MainTerminal({ task, log }: { task: TaskResponse; log: SessionLog }) {
  const id = encodeURIComponent(task.id);
  const over = task.status === "terminated";
  const typist = useRef<Typist>(undefined);
  const size = useRef<{ cols: number; rows: number }>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  typist.current ??= new Typist((data) =>
    tell(`/api/v1/tasks/${id}/input`, { method: "POST", body: { data } satisfies InputRequest }),
  );
  const running = task.status === "running";

  // A size that was said before the sandbox could hear it is said again.
  useEffect(() => {
    if (running && size.current)
      tell(`/api/v1/tasks/${id}/resize`, { method: "POST", body: size.current satisfies ResizeRequest }).catch(
        () => {},
      );
  }, [running, id]);

  return (
    <XTerm
      key={`${task.id}:${over}`}
      label="The agent's terminal"
      readOnly={over}
      attach={(terminal) => {
        let written = 0;
        const draw = (entry: Entry) => {
          if (entry.seq <= written) return;
          written = entry.seq;
          if (entry.kind === "output") terminal.write(bytesOf(entry.body.data));
          else if (entry.kind === "log.truncated")
            terminal.write("\r\n\x1b[2m[what came before is no longer kept]\x1b[0m\r\n");
          else if (entry.kind === "error")
            terminal.write(`\r\n\x1b[31m[${entry.body.message.replace(/[^\x20-\x7e]/g, "?")}]\x1b[0m\r\n`);
        };
        for (const entry of log.entries) draw(entry);
        return log.tap(draw);
      }}
      onData={(data) => typist.current?.type(data)}
      onResize={(next) => {
        size.current = next;
        clearTimeout(timer.current);
        if (over) return;
        timer.current = setTimeout(() => {
          tell(`/api/v1/tasks/${id}/resize`, { method: "POST", body: next satisfies ResizeRequest }).catch(() => {});
        }, 100);
      }}
    />
  );
}
