import type { UpdateWebhookBody, WebhookDelivery } from "@lia/shared";
import { WebhookDeliveryListSchema, WebhookDeliverySchema, WebhookInfoSchema } from "@lia/shared/schemas";
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ChevronRight, RotateCw, Send, Trash2 } from "lucide-react";
import { useState } from "react";
import { call, tell } from "~/lib/api";
import { cn } from "~/lib/cn";
import { count, duration, moment } from "~/lib/format";
import { queries, webhook } from "~/lib/queries";
import { visible } from "~/lib/visible";
import { Button } from "~/ui/button";
import { Confirm } from "~/ui/confirm";
import { Toggle } from "~/ui/field";
import { Page } from "~/ui/page";
import { Empty, Failed, Loading } from "~/ui/state";
import { say, sayFailed } from "~/ui/toast";
import { about } from "./webhooks";

const route = getRouteApi("/webhooks/$id");

/** One webhook and all that it was told. */
export function WebhookPage() {
  const { id } = route.useParams();
  const navigate = route.useNavigate();
  const at = `/api/webhooks/${encodeURIComponent(id)}`;
  const hook = useQuery(webhook(id));
  const log = useInfiniteQuery({
    queryKey: ["webhook", id, "deliveries"],
    queryFn: ({ pageParam, signal }) =>
      call(`${at}/deliveries`, { query: { before: pageParam }, schema: WebhookDeliveryListSchema, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    refetchInterval: 5000,
  });
  const stale = () => {
    void queries.invalidateQueries({ queryKey: ["webhook", id] });
    void queries.invalidateQueries({ queryKey: ["webhooks"] });
  };
  const test = useMutation({
    mutationFn: () => call(`${at}/test`, { method: "POST", body: {}, schema: WebhookDeliverySchema }),
    onSuccess: (d) =>
      say(
        d.state === "delivered"
          ? "The test was taken"
          : d.state === "pending"
            ? "The test waits"
            : "The test was not taken",
        d.state === "failed" ? "bad" : "plain",
      ),
    onError: sayFailed,
    onSettled: stale,
  });
  const enable = useMutation({
    mutationFn: (enabled: boolean) =>
      call(at, { method: "PATCH", body: { enabled } satisfies UpdateWebhookBody, schema: WebhookInfoSchema }),
    onError: sayFailed,
    onSettled: stale,
  });
  const remove = useMutation({
    mutationFn: () => tell(at, { method: "DELETE" }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["webhooks"] });
      void navigate({ to: "/webhooks" });
    },
    onError: sayFailed,
  });

  if (hook.isPending) return <Loading what="Loading the webhook" />;
  if (hook.error && !hook.data) return <Failed error={hook.error} retry={() => hook.refetch()} />;
  const w = hook.data;
  const fixed = w.source === "config";
  const all = log.data?.pages.flatMap((p) => p.deliveries) ?? [];
  return (
    <Page
      title={visible(w.name ?? "Webhook")}
      about={<bdi className="wrap-anywhere">{visible(w.url)}</bdi>}
      actions={
        <>
          <Button onClick={() => test.mutate()} disabled={test.isPending}>
            <Send aria-hidden /> {test.isPending ? "Sending…" : "Send a test"}
          </Button>
          {!fixed && (
            <Confirm
              title="Remove this webhook?"
              about="What it has not been told yet is forgotten."
              verb="Remove"
              onConfirm={() => remove.mutate()}
              trigger={(open) => (
                <Button look="danger" onClick={open}>
                  <Trash2 aria-hidden /> Remove
                </Button>
              )}
            />
          )}
        </>
      }
    >
      <p className="mb-4 text-muted">{about(w)}</p>
      {!fixed && (
        <Toggle
          label="Switched on"
          hint="What happens meanwhile waits while it is off."
          checked={w.enabled}
          disabled={enable.isPending}
          onChange={(on) => enable.mutate(on)}
        />
      )}
      <h2 className="mt-8 mb-2 font-medium">Deliveries</h2>
      {log.isPending && <Loading what="Loading deliveries" />}
      {log.error && !log.data && <Failed error={log.error} retry={() => log.refetch()} />}
      {log.data && all.length === 0 && <Empty title="It has not been told anything yet" />}
      {all.length > 0 && (
        <ul aria-label="Deliveries" className="divide-y rounded-lg border">
          {all.map((d) => (
            <Delivery key={d.id} delivery={d} at={at} onDone={stale} />
          ))}
        </ul>
      )}
      {log.hasNextPage && (
        <div className="flex justify-center py-4">
          <Button onClick={() => log.fetchNextPage()} disabled={log.isFetchingNextPage}>
            Older ones
          </Button>
        </div>
      )}
    </Page>
  );
}

function Delivery({ delivery: d, at, onDone }: { delivery: WebhookDelivery; at: string; onDone: () => void }) {
  const [open, setOpen] = useState(false);
  const again = useMutation({
    mutationFn: () =>
      call(`${at}/deliveries/${encodeURIComponent(d.id)}/redeliver`, {
        method: "POST",
        body: {},
        schema: WebhookDeliverySchema,
      }),
    onSuccess: () => say("It will be told again"),
    onError: sayFailed,
    onSettled: onDone,
  });
  const last = d.attempts.at(-1);
  return (
    <li>
      <div className="flex items-center gap-2 pr-2">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="flex min-w-0 flex-1 items-center gap-3 px-3.5 py-2.5 text-left outline-offset-[-2px] hover:bg-hover"
        >
          <ChevronRight
            aria-hidden
            className={cn("size-4 shrink-0 text-faint transition-transform", open && "rotate-90")}
          />
          <code className="min-w-0 flex-1 truncate font-mono text-[13px]">{d.payload.event.type}</code>
          <span
            className={cn(
              "shrink-0 text-[13px]",
              d.state === "delivered" ? "text-ok" : d.state === "failed" ? "text-bad" : "text-warn",
            )}
          >
            {d.state}
            {last?.status !== undefined && ` (${last.status})`}
          </span>
          <time dateTime={d.createdAt} className="shrink-0 text-[13px] text-faint max-sm:hidden">
            {moment(d.createdAt)}
          </time>
        </button>
        <Button
          size="sm"
          look="ghost"
          onClick={() => again.mutate()}
          disabled={again.isPending}
          aria-label={`Deliver ${d.payload.event.type} again`}
        >
          <RotateCw aria-hidden /> <span className="max-sm:hidden">Again</span>
        </Button>
      </div>
      {open && (
        <div className="grid grid-cols-1 gap-2 border-t bg-sunken p-3.5">
          <p className="text-[13px] text-muted">
            {count(d.attempts.length, "attempt")}
            {d.nextAttemptAt && `; the next at ${moment(d.nextAttemptAt)}`}
          </p>
          <ol className="grid grid-cols-1 gap-1 text-[13px]">
            {d.attempts.map((a) => (
              <li key={a.at} className="wrap-anywhere">
                {moment(a.at)} · {duration(a.durationMs)} · {a.status ?? ""} {a.error && visible(a.error)}
              </li>
            ))}
          </ol>
          <pre tabIndex={0} className="max-h-72 overflow-auto rounded-md border bg-bg p-2.5 font-mono text-xs">
            {JSON.stringify(d.payload, null, 2)}
          </pre>
        </div>
      )}
    </li>
  );
}
