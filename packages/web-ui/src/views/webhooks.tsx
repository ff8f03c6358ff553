import type { CreateWebhookBody, WebhookInfo } from "@lia/shared";
import { WebhookEventType } from "@lia/shared";
import { WebhookInfoSchema } from "@lia/shared/schemas";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, Webhook } from "lucide-react";
import { useState } from "react";
import { useAdmin } from "~/lib/admin";
import { call } from "~/lib/api";
import { queries, webhooks } from "~/lib/queries";
import { visible } from "~/lib/visible";
import { Button } from "~/ui/button";
import { CopyButton } from "~/ui/copy";
import { Dialog, FormEnd } from "~/ui/dialog";
import { Field, Input, Toggle } from "~/ui/field";
import { Page } from "~/ui/page";
import { Empty, Failed, Loading } from "~/ui/state";

const events = Object.values(WebhookEventType);

/** Programs outside that are told what happens. */
export function Webhooks() {
  const list = useQuery(webhooks());
  const [making, setMaking] = useState(false);
  return (
    <Page
      title="Webhooks"
      about="Programs outside that are told when an agent asks, ends a turn, fails or ends."
      actions={
        <Button look="primary" onClick={() => setMaking(true)}>
          <Plus aria-hidden /> New webhook
        </Button>
      }
    >
      {list.isPending && <Loading what="Loading webhooks" />}
      {list.error && !list.data && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.data?.length === 0 && (
        <Empty icon={<Webhook />} title="No webhooks yet">
          Each event is posted as JSON, signed with a key that you share.
        </Empty>
      )}
      {list.data && list.data.length > 0 && (
        <ul aria-label="Webhooks" className="divide-y rounded-lg border">
          {list.data.map((w) => (
            <li key={w.id} className="relative px-3.5 py-2.5 hover:bg-hover">
              <Link
                to="/webhooks/$id"
                params={{ id: w.id }}
                className="wrap-anywhere font-medium after:absolute after:inset-0"
              >
                <bdi>{visible(w.name ?? w.url)}</bdi>
              </Link>
              <p className="text-[13px] text-muted">{about(w)}</p>
            </li>
          ))}
        </ul>
      )}
      {making && <Make onClose={() => setMaking(false)} />}
    </Page>
  );
}

/** What a webhook hears, in words. */
export function about(w: WebhookInfo): string {
  return [
    w.enabled ? undefined : "switched off",
    w.events && w.events.length < events.length ? w.events.join(", ") : "all events",
    w.allUsers ? "of everybody's sessions" : w.sessionId ? "of one session" : "of your sessions",
    w.source === "config" ? "from the server's configuration" : undefined,
  ]
    .filter(Boolean)
    .join(" · ");
}

function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}

function Make({ onClose }: { onClose: () => void }) {
  const admin = useAdmin();
  const [url, setUrl] = useState("");
  const [secret, setSecret] = useState(newSecret);
  const [chosen, setChosen] = useState<readonly WebhookEventType[]>(events);
  const [all, setAll] = useState(false);
  const make = useMutation({
    mutationFn: () =>
      call("/api/webhooks", {
        method: "POST",
        body: {
          url: url.trim(),
          secret,
          ...(chosen.length < events.length && { events: [...chosen] }),
          ...(all && { allUsers: true }),
        } satisfies CreateWebhookBody,
        schema: WebhookInfoSchema,
      }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["webhooks"] });
      onClose();
    },
  });
  return (
    <Dialog open wide onOpenChange={(o) => !o && onClose()} title="New webhook">
      <form
        className="grid grid-cols-1 gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          make.mutate();
        }}
      >
        <Field label="URL">
          {(c) => (
            <Input
              {...c}
              type="url"
              required
              value={url}
              onChange={(e) => setUrl(e.target.value)}
              placeholder="https://hooks.example.com/lia"
            />
          )}
        </Field>
        <div className="flex items-end gap-2">
          <Field label="Secret" hint="Copy it now: it is not shown again." className="flex-1">
            {(c) => (
              <Input
                {...c}
                required
                value={secret}
                onChange={(e) => setSecret(e.target.value)}
                className="font-mono text-[13px]"
                spellCheck={false}
                autoComplete="off"
              />
            )}
          </Field>
          <span className="pb-7">
            <CopyButton text={secret} label="Copy the secret" />
          </span>
        </div>
        <fieldset>
          <legend className="mb-1.5 font-medium text-[13px]">Events</legend>
          <div className="grid grid-cols-1 gap-1.5 sm:grid-cols-2">
            {events.map((e) => (
              <label key={e} className="flex items-center gap-2">
                <input
                  type="checkbox"
                  className="size-4 accent-accent-bg"
                  checked={chosen.includes(e)}
                  onChange={(ev) => setChosen(ev.target.checked ? [...chosen, e] : chosen.filter((o) => o !== e))}
                />
                <code className="font-mono text-[13px]">{e}</code>
              </label>
            ))}
          </div>
        </fieldset>
        {admin && <Toggle label="Everybody's sessions" checked={all} onChange={setAll} />}
        <FormEnd act={make} done="Make it" incomplete={chosen.length === 0} onClose={onClose} />
      </form>
    </Dialog>
  );
}
