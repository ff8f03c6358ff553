import { type CreateTokenRequest, type CreateTokenResponse, Scope, type TokenInfo } from "@lia/shared";
import { CreateTokenResponseSchema } from "@lia/shared/schemas";
import { useMutation, useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { call, tell } from "~/lib/api";
import { ago, moment } from "~/lib/format";
import { me, queries, tokens } from "~/lib/queries";
import { visible } from "~/lib/visible";
import { Button } from "~/ui/button";
import { Confirm } from "~/ui/confirm";
import { CopyButton } from "~/ui/copy";
import { Dialog, FormEnd } from "~/ui/dialog";
import { Field, Input, Select } from "~/ui/field";
import { Page } from "~/ui/page";
import { Empty, Failed, Loading } from "~/ui/state";
import { sayFailed } from "~/ui/toast";

/** Tokens of users and programs. */
export function Tokens() {
  const list = useQuery(tokens);
  const [making, setMaking] = useState(false);
  const live =
    list.data?.filter((t) => !t.revoked_at && !(t.expires_at && Date.parse(t.expires_at) < Date.now())) ?? [];
  return (
    <Page
      title="Tokens"
      about="With a token a person or a program speaks to Lia."
      actions={
        <Button look="primary" onClick={() => setMaking(true)}>
          <Plus aria-hidden /> New token
        </Button>
      }
    >
      {list.isPending && <Loading what="Loading tokens" />}
      {list.error && !list.data && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.data && live.length === 0 && <Empty icon={<KeyRound />} title="No tokens" />}
      {live.length > 0 && (
        <ul aria-label="Tokens" className="divide-y rounded-lg border">
          {live.map((t) => (
            <Row key={t.id} token={t} />
          ))}
        </ul>
      )}
      {making && <Make onClose={() => setMaking(false)} />}
    </Page>
  );
}

function Row({ token: t }: { token: TokenInfo }) {
  const revoke = useMutation({
    mutationFn: () => tell(`/api/v1/tokens/${encodeURIComponent(t.id)}`, { method: "DELETE" }),
    onError: sayFailed,
    onSettled: () => queries.invalidateQueries({ queryKey: tokens.queryKey }),
  });
  return (
    <li className="flex items-center gap-3 px-3.5 py-2.5">
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium">
          <bdi>{visible(t.label) || "no label"}</bdi>
        </p>
        <p className="text-[13px] text-muted">
          <bdi>{visible(t.user_id)}</bdi> · {t.scopes.join(", ")} · made {ago(t.created_at)}
          {t.created_at && " ago"}
          {t.expires_at && ` · until ${moment(t.expires_at)}`}
        </p>
      </div>
      <Confirm
        title={`Revoke ${t.label || "this token"}?`}
        about="It, and every sign-in that was made with it, is worthless at once."
        verb="Revoke"
        onConfirm={() => revoke.mutate()}
        trigger={(open) => (
          <Button size="sm" look="danger" onClick={open} disabled={revoke.isPending} aria-label={`Revoke ${t.label}`}>
            Revoke
          </Button>
        )}
      />
    </li>
  );
}

const scopes: { scope: Scope; about: string }[] = [
  { scope: Scope.Read, about: "see one's own tasks" },
  { scope: Scope.Write, about: "create and steer one's own tasks" },
  { scope: Scope.ActAs, about: "name another user as the owner of a new task" },
  { scope: Scope.Admin, about: "everything, for every user" },
];

const DAY = 86_400;

function Make({ onClose }: { onClose: () => void }) {
  const who = useQuery(me).data;
  const [label, setLabel] = useState("");
  const [user, setUser] = useState(who?.user_id ?? "");
  const [chosen, setChosen] = useState<Scope[]>([Scope.Read, Scope.Write]);
  const [days, setDays] = useState("90");
  const [made, setMade] = useState<CreateTokenResponse>();
  const make = useMutation({
    mutationFn: () =>
      call("/api/v1/tokens", {
        method: "POST",
        body: {
          user_id: user.trim(),
          label: label.trim(),
          scopes: chosen,
          ...(days && { expires_in_seconds: Number(days) * DAY }),
        } satisfies CreateTokenRequest,
        schema: CreateTokenResponseSchema,
      }),
    onSuccess: (t) => {
      setMade(t);
      void queries.invalidateQueries({ queryKey: tokens.queryKey });
    },
  });
  if (made)
    return (
      <Dialog
        open
        onOpenChange={(o) => !o && onClose()}
        title="The new token"
        about="Copy it now: it is not shown again."
      >
        <div className="flex items-center gap-2 rounded-md border bg-sunken p-2.5">
          <code className="wrap-anywhere min-w-0 flex-1 font-mono text-[13px]">{made.token}</code>
          <CopyButton text={made.token} label="Copy the token" />
        </div>
        <div className="mt-4 flex justify-end">
          <Button look="primary" onClick={onClose}>
            I have it
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog open onOpenChange={(o) => !o && onClose()} title="New token">
      <form
        className="grid grid-cols-1 gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          make.mutate();
        }}
      >
        <Field label="Label" hint="What it is for.">
          {(c) => <Input {...c} required value={label} onChange={(e) => setLabel(e.target.value)} />}
        </Field>
        <Field label="User">
          {(c) => <Input {...c} required value={user} onChange={(e) => setUser(e.target.value)} autoCapitalize="off" />}
        </Field>
        <fieldset>
          <legend className="mb-1.5 font-medium text-[13px]">It may</legend>
          <div className="grid grid-cols-1 gap-1.5">
            {scopes.map(({ scope, about }) => (
              <label key={scope} className="flex items-center gap-2">
                <input
                  type="checkbox"
                  className="size-4 accent-accent-bg"
                  checked={chosen.includes(scope)}
                  onChange={(e) => setChosen(e.target.checked ? [...chosen, scope] : chosen.filter((s) => s !== scope))}
                />
                <span>
                  <span className="font-medium">{scope}</span> <span className="text-muted">{about}</span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
        <Field label="Ends">
          {(c) => (
            <Select {...c} value={days} onChange={(e) => setDays(e.target.value)}>
              <option value="1">after a day</option>
              <option value="30">after 30 days</option>
              <option value="90">after 90 days</option>
              <option value="365">after a year</option>
              <option value="">never</option>
            </Select>
          )}
        </Field>
        <FormEnd act={make} done="Make it" incomplete={chosen.length === 0} onClose={onClose} />
      </form>
    </Dialog>
  );
}
