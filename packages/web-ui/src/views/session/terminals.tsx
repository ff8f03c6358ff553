import type { ResizeRequest, TaskResponse, TerminalInfo, TerminalInputBody } from "@lia/shared";
import { TerminalInfoSchema, TerminalsResponseSchema } from "@lia/shared/schemas";
import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { Plus, SquareTerminal, X } from "lucide-react";
import { useRef, useState } from "react";
import { call, tell } from "~/lib/api";
import { channels } from "~/lib/channels";
import { cn } from "~/lib/cn";
import { queries } from "~/lib/queries";
import { visible } from "~/lib/visible";
import { Button, IconButton } from "~/ui/button";
import { Empty, Failed, Loading } from "~/ui/state";
import { sayFailed } from "~/ui/toast";
import { Typist } from "./main-terminal";
import { XTerm } from "./xterm";

const terminalsOf = (id: string) =>
  queryOptions({
    queryKey: ["task", id, "terminals"],
    queryFn: ({ signal }) =>
      call(`/api/agents/${encodeURIComponent(id)}/terminals`, { schema: TerminalsResponseSchema, signal }),
  });

/** A person's terminals in the session's sandbox, beside its agent. */
export function Terminals({ task }: { task: TaskResponse }) {
  const list = useQuery({ ...terminalsOf(task.id), enabled: task.status === "running" || task.status === "suspended" });
  const [chosen, setChosen] = useState<string>();
  const running = task.status === "running";
  const open = useMutation({
    mutationFn: () =>
      call(`/api/agents/${encodeURIComponent(task.id)}/terminals`, {
        method: "POST",
        body: {},
        schema: TerminalInfoSchema,
      }),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ["task", task.id, "terminals"] });
      setChosen(made.terminalId);
    },
    onError: sayFailed,
  });
  const kill = useMutation({
    mutationFn: (id: string) =>
      tell(`/api/agents/${encodeURIComponent(task.id)}/terminals/${encodeURIComponent(id)}`, { method: "DELETE" }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["task", task.id, "terminals"] }),
    onError: sayFailed,
  });

  if (task.status === "terminated")
    return (
      <Empty icon={<SquareTerminal />} title="The session is over">
        Its terminals have ended with its sandbox.
      </Empty>
    );
  if (task.status !== "running" && task.status !== "suspended") return <Loading what="The sandbox is being made" />;
  if (list.isPending) return <Loading what="Looking for terminals" />;
  if (list.error && !list.data) return <Failed error={list.error} retry={() => list.refetch()} />;
  const all = list.data?.terminals ?? [];
  const current = all.find((t) => t.terminalId === chosen) ?? all.at(-1);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 items-center gap-1 overflow-x-auto border-b px-2 py-1">
        {all.map((t, i) => (
          <div key={t.terminalId} className={cn("flex shrink-0 items-center rounded-md", t === current && "bg-hover")}>
            <button
              type="button"
              aria-pressed={t === current}
              onClick={() => setChosen(t.terminalId)}
              className={cn(
                "flex h-7 items-center gap-1.5 rounded-md px-2.5 text-[13px]",
                t === current ? "font-medium" : "text-muted",
              )}
            >
              <SquareTerminal aria-hidden className="size-3.5" />
              {i + 1}: <bdi className="max-w-32 truncate">{visible(t.command.split("/").pop() || t.command)}</bdi>
              {t.exitCode !== undefined && <span className="text-faint">ended ({t.exitCode})</span>}
            </button>
            <IconButton label={`Close terminal ${i + 1}`} size="icon-sm" onClick={() => kill.mutate(t.terminalId)}>
              <X aria-hidden />
            </IconButton>
          </div>
        ))}
        <Button size="sm" look="ghost" onClick={() => open.mutate()} disabled={!running || open.isPending}>
          <Plus aria-hidden /> New terminal
        </Button>
        {task.status === "suspended" && (
          <span className="px-2 text-[13px] text-muted">They stand still with the session.</span>
        )}
      </div>
      {current ? (
        <Live key={current.terminalId} session={task.id} terminal={current} />
      ) : (
        <Empty icon={<SquareTerminal />} title="No terminal is open">
          <p>A terminal opens in the sandbox, in the agent's folder, with its variables and its limits.</p>
          <Button look="primary" className="mt-4" onClick={() => open.mutate()} disabled={!running || open.isPending}>
            Open a terminal
          </Button>
        </Empty>
      )}
    </div>
  );
}

function Live({ session, terminal }: { session: string; terminal: TerminalInfo }) {
  const id = terminal.terminalId;
  const at = `/api/agents/${encodeURIComponent(session)}/terminals/${encodeURIComponent(id)}`;
  const typist = useRef<Typist>(undefined);
  typist.current ??= new Typist(async (data) => {
    if (!channels.send({ action: "terminal.input", terminalId: id, data }))
      await tell(`${at}/input`, { method: "POST", body: { data } satisfies TerminalInputBody });
  });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return (
    <XTerm
      label={`Terminal: ${visible(terminal.command)}`}
      readOnly={terminal.exitCode !== undefined}
      attach={(screen) => {
        let next = 0;
        let cut = false;
        let ended = false;
        return channels.subscribe({
          channel: `session:${session}:terminal:${id}`,
          // What was shown already is not sent again; since no event of the log is of interest, none is replayed.
          resume: () => ({ offset: next }),
          onCut: () => {
            if (!cut) screen.write("\r\n\x1b[2m[cut off from the server; it comes back by itself]\x1b[0m\r\n");
            cut = true;
          },
          onFrame: (frame) => {
            if (frame.type !== "event") return;
            const { type, data } = frame.event;
            if (data.terminalId !== id) return;
            cut = false;
            if (type === "terminal.data" && typeof data.data === "string") {
              const [from, to] = [Number(data.offset ?? next), Number(data.nextOffset ?? next)];
              if (to <= next) return;
              // Never twice: what overlaps has been seen.
              if (from < next) return;
              next = to;
              screen.write(data.data);
            } else if (type === "terminal.truncated") {
              screen.write("\r\n\x1b[2m[what came before is no longer kept]\x1b[0m\r\n");
            } else if (type === "terminal.exit" && !ended) {
              ended = true;
              const code = typeof data.exitCode === "number" ? `code ${data.exitCode}` : "with its sandbox";
              screen.write(`\r\n\x1b[2m[ended: ${code}]\x1b[0m\r\n`);
              void queries.invalidateQueries({ queryKey: ["task", session, "terminals"] });
            }
          },
        });
      }}
      onData={(data) => typist.current?.type(data)}
      onResize={({ cols, rows }) => {
        clearTimeout(timer.current);
        if (terminal.exitCode !== undefined) return;
        timer.current = setTimeout(() => {
          if (!channels.send({ action: "terminal.resize", terminalId: id, cols, rows }))
            tell(`${at}/resize`, { method: "POST", body: { cols, rows } satisfies ResizeRequest }).catch(() => {});
        }, 100);
      }}
    />
  );
}
