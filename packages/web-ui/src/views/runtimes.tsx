import type { RuntimeInstance, RuntimeStatus, StartRuntimeBody } from "@lia/shared";
import { RuntimeInstanceSchema } from "@lia/shared/schemas";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Boxes, Pause, Play, Plus, Square, Trash2 } from "lucide-react";
import { useState } from "react";
import { call, tell } from "~/lib/api";
import { cn } from "~/lib/cn";
import { instances, queries, runtimes } from "~/lib/queries";
import { visible } from "~/lib/visible";
import { Button, IconButton } from "~/ui/button";
import { Confirm } from "~/ui/confirm";
import { Dialog, FormEnd } from "~/ui/dialog";
import { Field, Input, Select } from "~/ui/field";
import { IsolationList } from "~/ui/isolation";
import { Page } from "~/ui/page";
import { Empty, Failed, Loading, Notice } from "~/ui/state";
import { sayFailed } from "~/ui/toast";

/** Where agents run: what isolates them, and the named instances. */
export function Runtimes() {
  const kinds = useQuery(runtimes);
  const named = useQuery({ ...instances, refetchInterval: 15_000 });
  const [making, setMaking] = useState(false);
  const all = named.data?.flatMap((r) => r.instances) ?? [];
  return (
    <Page
      title="Runtimes"
      about="Where agents run, and what keeps them apart."
      actions={
        <Button look="primary" onClick={() => setMaking(true)} disabled={!kinds.data}>
          <Plus aria-hidden /> Start an instance
        </Button>
      }
    >
      {kinds.isPending && <Loading what="Loading runtimes" />}
      {kinds.error && !kinds.data && <Failed error={kinds.error} retry={() => kinds.refetch()} />}
      <section aria-label="Instances" className="mb-8">
        <h2 className="mb-2 font-medium">Instances</h2>
        {named.error && !named.data && <Failed error={named.error} retry={() => named.refetch()} />}
        {named.data && all.length === 0 && (
          <div className="rounded-lg border">
            <Empty icon={<Boxes />} title="No named instances">
              Each task has a sandbox of its own. A named instance is one sandbox that several sessions share.
            </Empty>
          </div>
        )}
        {all.length > 0 && (
          <ul className="divide-y rounded-lg border">
            {all.map((i) => (
              <Instance key={i.name} instance={i} />
            ))}
          </ul>
        )}
      </section>
      <section aria-label="Kinds of runtimes" className="grid grid-cols-1 gap-4">
        {kinds.data?.map((r) => (
          <Kind key={r.name} runtime={r} />
        ))}
      </section>
      {making && kinds.data && <Start kinds={kinds.data} onClose={() => setMaking(false)} />}
    </Page>
  );
}

function Kind({ runtime: r }: { runtime: RuntimeStatus }) {
  return (
    <article aria-label={`Runtime ${r.name}`}>
      <h2 className="mb-2 flex items-baseline gap-3 font-medium">
        {r.name}
        <span className={cn("font-normal text-[13px]", r.available ? "text-ok" : "text-warn")}>
          {r.available ? "available" : "not available"}
        </span>
        <span className="font-normal text-[13px] text-muted">suspends by {r.suspend}</span>
      </h2>
      {r.missing && (
        <Notice tone="warn" className="mb-2">
          {r.missing}
        </Notice>
      )}
      <IsolationList runtime={r} />
    </article>
  );
}

function Instance({ instance: i }: { instance: RuntimeInstance }) {
  const at = `/api/runtimes/${encodeURIComponent(i.name)}`;
  const act = useMutation({
    mutationFn: (what: "stop" | "pause" | "resume" | "delete") =>
      what === "delete" ? tell(at, { method: "DELETE" }) : tell(`${at}/${what}`, { method: "POST", body: {} }),
    onError: sayFailed,
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: instances.queryKey });
      void queries.invalidateQueries({ queryKey: ["tasks"] });
    },
  });
  const start = useMutation({
    mutationFn: () =>
      call(`/api/runtimes/${encodeURIComponent(i.typeName)}/start`, {
        method: "POST",
        body: { name: i.name } satisfies StartRuntimeBody,
        schema: RuntimeInstanceSchema,
      }),
    onError: sayFailed,
    onSettled: () => queries.invalidateQueries({ queryKey: instances.queryKey }),
  });
  const busy = act.isPending || start.isPending;
  const colour = { running: "bg-ok", paused: "border-2 border-line-strong", stopped: "bg-line-strong" }[i.status];
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2">
      <span aria-hidden className={cn("size-2 rounded-full", colour)} />
      <bdi className="min-w-0 flex-1 truncate font-medium">{visible(i.name)}</bdi>
      <span className="text-[13px] text-muted">
        {i.typeName} · {i.status}
      </span>
      <span className="flex gap-1">
        {i.status === "running" && (
          <IconButton label={`Pause ${i.name}`} disabled={busy} onClick={() => act.mutate("pause")}>
            <Pause aria-hidden />
          </IconButton>
        )}
        {i.status === "paused" && (
          <IconButton label={`Resume ${i.name}`} disabled={busy} onClick={() => act.mutate("resume")}>
            <Play aria-hidden />
          </IconButton>
        )}
        {i.status === "stopped" ? (
          <IconButton label={`Start ${i.name}`} disabled={busy} onClick={() => start.mutate()}>
            <Play aria-hidden />
          </IconButton>
        ) : (
          <Confirm
            title={`Stop ${i.name}?`}
            about="Its sessions are ended; their files stay for a while."
            verb="Stop"
            onConfirm={() => act.mutate("stop")}
            trigger={(open) => (
              <IconButton label={`Stop ${i.name}`} disabled={busy} onClick={open}>
                <Square aria-hidden />
              </IconButton>
            )}
          />
        )}
        <Confirm
          title={`Remove ${i.name}?`}
          about="Its sessions are ended and their files are removed. Records and logs stay."
          verb="Remove"
          onConfirm={() => act.mutate("delete")}
          trigger={(open) => (
            <IconButton label={`Remove ${i.name}`} disabled={busy} onClick={open}>
              <Trash2 aria-hidden />
            </IconButton>
          )}
        />
      </span>
    </li>
  );
}

function Start({ kinds, onClose }: { kinds: readonly RuntimeStatus[]; onClose: () => void }) {
  const [kind, setKind] = useState(kinds.find((k) => k.available)?.name ?? "");
  const [name, setName] = useState("");
  const start = useMutation({
    mutationFn: () =>
      call(`/api/runtimes/${encodeURIComponent(kind)}/start`, {
        method: "POST",
        body: (name.trim() ? { name: name.trim() } : {}) satisfies StartRuntimeBody,
        schema: RuntimeInstanceSchema,
      }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: instances.queryKey });
      onClose();
    },
  });
  return (
    <Dialog open onOpenChange={(o) => !o && onClose()} title="Start an instance">
      <form
        className="grid grid-cols-1 gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          start.mutate();
        }}
      >
        <Field label="Runtime">
          {(c) => (
            <Select {...c} value={kind} onChange={(e) => setKind(e.target.value)}>
              {kinds.map((k) => (
                <option key={k.name} value={k.name} disabled={!k.available}>
                  {k.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Name" hint="Empty: the runtime's own name.">
          {(c) => (
            <Input
              {...c}
              value={name}
              onChange={(e) => setName(e.target.value)}
              autoCapitalize="off"
              spellCheck={false}
            />
          )}
        </Field>
        <FormEnd act={start} done="Start" incomplete={kind === ""} onClose={onClose} />
      </form>
    </Dialog>
  );
}
