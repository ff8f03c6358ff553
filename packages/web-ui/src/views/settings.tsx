import type { SessionSettings } from "@lia/shared";
import { SessionSettingsSchema } from "@lia/shared/schemas";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useAdmin } from "~/lib/admin";
import { call } from "~/lib/api";
import { useKept } from "~/lib/local";
import { health, me, queries, settings } from "~/lib/queries";
import { applyTheme, theme } from "~/lib/theme";
import { notifications } from "~/lib/watch";
import { Field, Select, Toggle } from "~/ui/field";
import { Page } from "~/ui/page";
import { Failed, Notice } from "~/ui/state";
import { say, sayFailed } from "~/ui/toast";

/** What is decided about all sessions, and what this browser does. */
export function Settings() {
  return (
    <Page title="Settings" className="max-w-3xl">
      <div className="grid grid-cols-1 gap-8">
        <Part title="Questions of agents">
          <AutoApprove />
        </Part>
        <Part title="This browser">
          <Notifications />
          <Theme />
        </Part>
        <Part title="About">
          <About />
        </Part>
      </div>
    </Page>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h2 className="mb-3 font-medium">{title}</h2>
      <div className="grid grid-cols-1 gap-5 rounded-xl border bg-raised p-4">{children}</div>
    </section>
  );
}

function AutoApprove() {
  const admin = useAdmin();
  const now = useQuery(settings);
  const change = useMutation({
    mutationFn: (autoApprovePermissions: boolean) =>
      call("/api/settings", {
        method: "PATCH",
        body: { autoApprovePermissions } satisfies SessionSettings,
        schema: SessionSettingsSchema,
      }),
    onSuccess: (s) => queries.setQueryData(settings.queryKey, s),
    onError: sayFailed,
  });
  if (now.error && !now.data) return <Failed error={now.error} retry={() => now.refetch()} className="py-4" />;
  return (
    <>
      <Toggle
        label="Answer all questions for everybody"
        hint="Lia takes the first option that allows, in every session that does not decide otherwise. Open questions are answered at once."
        checked={now.data?.autoApprovePermissions ?? false}
        disabled={!admin || now.isPending || change.isPending}
        onChange={(on) => change.mutate(on)}
      />
      {!admin && <p className="text-[13px] text-muted">An administrator decides this.</p>}
    </>
  );
}

function Notifications() {
  const [wanted, setWanted] = useKept(notifications);
  const there = "Notification" in window;
  const denied = there && Notification.permission === "denied";
  const change = async (on: boolean) => {
    if (!on) return setWanted("off");
    const said = await Notification.requestPermission();
    if (said === "granted") setWanted("on");
    else say("The browser does not allow notifications of this page", "bad");
  };
  return (
    <>
      <Toggle
        label="Notifications"
        hint="When an agent asks, is done, or a session ends while you look elsewhere."
        checked={wanted === "on" && there && Notification.permission === "granted"}
        disabled={!there || denied}
        onChange={change}
      />
      {denied && <Notice tone="warn">They are forbidden in the browser's settings of this page.</Notice>}
      {!there && <Notice>This browser has none.</Notice>}
    </>
  );
}

function Theme() {
  const [wanted, setWanted] = useKept(theme);
  return (
    <Field label="Colours" className="max-w-xs">
      {(c) => (
        <Select
          {...c}
          value={wanted}
          onChange={(e) => {
            setWanted(e.target.value === "light" || e.target.value === "dark" ? e.target.value : "system");
            applyTheme();
          }}
        >
          <option value="system">As the device</option>
          <option value="light">Light</option>
          <option value="dark">Dark</option>
        </Select>
      )}
    </Field>
  );
}

function About() {
  const server = useQuery(health).data;
  const who = useQuery(me).data;
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5">
      <dt className="text-muted">Server</dt>
      <dd>{server ? `Lia ${server.version}, ${server.store}` : "…"}</dd>
      {server?.contract && (
        <>
          <dt className="text-muted">Contract</dt>
          <dd>
            {server.contract},{" "}
            <a href="/docs" className="text-accent underline underline-offset-2">
              reference of the API
            </a>
          </dd>
        </>
      )}
      <dt className="text-muted">You</dt>
      <dd>
        {who?.user_id} ({who?.scopes.join(", ")})
      </dd>
    </dl>
  );
}
