import type { TaskResponse } from "@lia/shared";
import { useQuery } from "@tanstack/react-query";
import { Globe } from "lucide-react";
import { useMemo } from "react";
import { count, moment } from "~/lib/format";
import { visible } from "~/lib/visible";
import { page } from "~/log/session-log";
import { CopyButton } from "~/ui/copy";
import { Empty, Failed, Loading } from "~/ui/state";

interface Destination {
  host: string;
  port: number;
  allowed: number;
  refused: number;
  reason?: string;
  door: string;
  at: string;
}

/** Events that are looked through. */
const MOST = 20_000;

async function destinations(
  id: string,
  last: number,
  signal: AbortSignal,
): Promise<{ all: Destination[]; from: number }> {
  const from = Math.max(0, last - MOST);
  const found = new Map<string, Destination>();
  for (let at = from; ; ) {
    const events = await page(id, at, 1000, signal);
    for (const e of events) {
      if (e.kind !== "egress.refused" && e.kind !== "egress.allowed") continue;
      const key = `${e.body.host}:${e.body.port}`;
      const d = found.get(key) ?? {
        host: e.body.host,
        port: e.body.port,
        allowed: 0,
        refused: 0,
        door: e.body.door,
        at: e.at,
      };
      if (e.kind === "egress.allowed") d.allowed++;
      else {
        d.refused += 1 + e.body.repeated;
        d.reason = e.body.reason;
      }
      d.at = e.at;
      found.set(key, d);
    }
    if (events.length === 0) break;
    at = events.at(-1)?.seq ?? at;
  }
  return { all: [...found.values()].sort((a, b) => b.refused - a.refused || a.host.localeCompare(b.host)), from };
}

/** What the sandbox reached, and what was refused. */
export function Network({ task, last }: { task: TaskResponse; last: number }) {
  // Read anew when the log has grown, at most every hundred events.
  const step = useMemo(() => Math.ceil(last / 100), [last]);
  const list = useQuery({
    queryKey: ["task", task.id, "network", step],
    queryFn: ({ signal }) => destinations(task.id, last, signal),
    placeholderData: (before) => before,
    refetchInterval: task.status === "running" ? 5000 : false,
  });
  if (list.isPending) return <Loading what="Looking through the log" />;
  if (list.error && !list.data) return <Failed error={list.error} retry={() => list.refetch()} />;
  const { all, from } = list.data ?? { all: [], from: 0 };
  return (
    <div className="min-h-0 flex-1 overflow-auto p-4 sm:p-6">
      <p className="mb-4 max-w-2xl text-muted">
        The sandbox has no network of its own. Through the gateway it reaches what its template and its task allow, and
        nothing else.
        {from > 0 && ` Shown is what the last ${count(MOST, "event")} say.`}
      </p>
      {all.length === 0 ? (
        <Empty icon={<Globe />} title="Nothing was asked for yet" />
      ) : (
        <ul aria-label="Destinations" className="divide-y rounded-lg border">
          {all.map((d) => (
            <li
              key={`${d.host}:${d.port}`}
              className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3.5 py-2.5"
              title={moment(d.at)}
            >
              <bdi className="wrap-anywhere min-w-48 flex-1 font-mono text-[13px]">
                {visible(d.host)}:{d.port}
              </bdi>
              {d.allowed > 0 && <span className="text-ok">allowed</span>}
              {d.refused > 0 && <span className="text-bad">refused {d.refused > 1 ? `${d.refused} times` : ""}</span>}
              {d.refused > 0 && <CopyButton text={`${d.host}:${d.port}`} label={`Copy ${d.host}:${d.port}`} />}
              {d.refused > 0 && d.reason && (
                <p className="wrap-anywhere w-full text-[13px] text-muted">{visible(d.reason)}</p>
              )}
            </li>
          ))}
        </ul>
      )}
      {all.some((d) => d.refused > 0) && (
        <p className="mt-4 max-w-2xl text-[13px] text-muted">
          A running sandbox's allowlist cannot be changed yet: start a task that allows the host, or allow it in the
          agent's template.
        </p>
      )}
    </div>
  );
}
