import type { TaskResponse, TemplateInfo } from "@lia/shared";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { autoApprove } from "~/lib/actions";
import { moment } from "~/lib/format";
import { runtimes, sessionSettings } from "~/lib/queries";
import { visible } from "~/lib/visible";
import { exitWords } from "~/log/words";
import { CopyButton } from "~/ui/copy";
import { Toggle } from "~/ui/field";
import { IsolationList } from "~/ui/isolation";
import { sayFailed } from "~/ui/toast";

/** Everything else about a session. */
export function Details({ task: t, template }: { task: TaskResponse; template?: TemplateInfo }) {
  const runtime = useQuery(runtimes).data?.find((r) => r.name === t.runtime);
  const settings = useQuery(sessionSettings(t.id));
  const over = t.status === "terminated";
  return (
    <div className="min-h-0 flex-1 overflow-auto p-4 sm:p-6">
      <div className="grid grid-cols-1 max-w-3xl gap-8">
        {!over && settings.data && (
          <section aria-label="Settings">
            <Toggle
              label="Answer this session's questions for me"
              hint="Lia takes the first option that allows. Open questions are answered at once."
              checked={settings.data.autoApprovePermissions}
              onChange={(on) => autoApprove(t.id, on).catch(sayFailed)}
            />
          </section>
        )}
        <Facts title="Session">
          <Fact name="State">
            {t.status}
            {t.stop_reason && `, ${t.stop_reason.replaceAll("_", " ")}`}
          </Fact>
          {exitWords(t.exit_code) && <Fact name="Exit">{exitWords(t.exit_code)}</Fact>}
          {t.error_message && <Fact name="Error">{visible(t.error_message)}</Fact>}
          <Fact name="Id" copy={t.id} mono>
            {t.id}
          </Fact>
          <Fact name="Log's id" copy={t.session_id} mono>
            {t.session_id}
          </Fact>
          <Fact name="Owner">{visible(t.user_id)}</Fact>
          {t.source && <Fact name="Asked by">{visible(t.source)}</Fact>}
          <Fact name="Created">{moment(t.created_at)}</Fact>
          {t.started_at && <Fact name="Started">{moment(t.started_at)}</Fact>}
          {t.suspended_at && <Fact name="Suspended">{moment(t.suspended_at)}</Fact>}
          {t.completed_at && <Fact name="Ended">{moment(t.completed_at)}</Fact>}
          <Fact name="Events">{t.last_seq.toLocaleString("en")}</Fact>
        </Facts>
        <Facts title="Agent">
          <Fact name="Template">{template?.title ?? t.template}</Fact>
          {template?.version && <Fact name="Version">{template.version}</Fact>}
          <Fact name="Command line" copy={`lia attach ${t.id}`} mono>
            lia attach {t.id.slice(0, 13)}…
          </Fact>
          {t.ssh_command && (
            <Fact name="SSH" copy={t.ssh_command} mono>
              {t.ssh_command}
            </Fact>
          )}
          {t.ip_address && (
            <Fact name="Address" mono>
              {t.ip_address}
            </Fact>
          )}
        </Facts>
        {t.config && (
          <Facts title="Limits">
            <Fact name="Running time">{t.config.timeout_minutes} min</Fact>
            <Fact name="Memory">{t.config.max_memory_mb} MiB</Fact>
            <Fact name="CPU cores">{t.config.vcpu_count}</Fact>
            <Fact name="Disk">{t.config.storage_gb} GiB</Fact>
          </Facts>
        )}
        <section>
          <h2 className="mb-2 font-medium">Isolation of {t.runtime}</h2>
          {runtime ? <IsolationList runtime={runtime} /> : <p className="text-muted">Not known.</p>}
        </section>
      </div>
    </div>
  );
}

function Facts({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="mb-2 font-medium">{title}</h2>
      <dl className="divide-y rounded-lg border">{children}</dl>
    </section>
  );
}

function Fact({ name, children, copy, mono }: { name: string; children: ReactNode; copy?: string; mono?: boolean }) {
  return (
    <div className="flex items-center gap-3 px-3.5 py-2">
      <dt className="w-28 shrink-0 text-muted">{name}</dt>
      <dd className="flex min-w-0 flex-1 items-center gap-3">
        <bdi className={`wrap-anywhere min-w-0 flex-1 ${mono ? "font-mono text-[13px]" : ""}`}>{children}</bdi>
        {copy && <CopyButton text={copy} label={`Copy: ${name}`} />}
      </dd>
    </div>
  );
}
