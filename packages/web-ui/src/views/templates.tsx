import type { AgentTemplate, TemplateInfo } from "@lia/shared";
import { AgentTemplateSchema } from "@lia/shared/schemas";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Bot, Download, Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useAdmin } from "~/lib/admin";
import { ApiFailure, call, tell } from "~/lib/api";
import { install } from "~/lib/install";
import { agentTemplates, queries, runtimes, templates } from "~/lib/queries";
import { fromTemplate, type TemplateForm, toBody, toUpdate } from "~/lib/template-form";
import { visible } from "~/lib/visible";
import { Button, IconButton } from "~/ui/button";
import { Confirm } from "~/ui/confirm";
import { Dialog, FormEnd } from "~/ui/dialog";
import { Field, Input, Select, Textarea } from "~/ui/field";
import { Page } from "~/ui/page";
import { Empty, Failed, Loading } from "~/ui/state";
import { say, sayFailed } from "~/ui/toast";

function stale() {
  void queries.invalidateQueries({ queryKey: agentTemplates.queryKey });
  void queries.invalidateQueries({ queryKey: templates.queryKey });
}

/** The agents that can be started: what each lacks, installing, making one's own. */
export function Templates() {
  const admin = useAdmin();
  const list = useQuery(agentTemplates);
  const infos = useQuery(templates);
  const [editing, setEditing] = useState<AgentTemplate | "new">();
  return (
    <Page
      title="Agents"
      about="Templates: how an agent is started, and where."
      actions={
        admin && (
          <Button look="primary" onClick={() => setEditing("new")}>
            <Plus aria-hidden /> New agent
          </Button>
        )
      }
    >
      {list.isPending && <Loading what="Loading agents" />}
      {list.error && !list.data && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.data?.length === 0 && <Empty icon={<Bot />} title="No agents" />}
      <ul aria-label="Agents" className="grid grid-cols-1 gap-3 sm:grid-cols-2">
        {list.data?.map((t) => (
          <Card
            key={t.id}
            template={t}
            info={infos.data?.find((i) => i.name === t.id)}
            admin={admin}
            onEdit={() => setEditing(t)}
          />
        ))}
      </ul>
      {editing && <Editor template={editing === "new" ? undefined : editing} onClose={() => setEditing(undefined)} />}
    </Page>
  );
}

function Card({
  template: t,
  info,
  admin,
  onEdit,
}: {
  template: AgentTemplate;
  info?: TemplateInfo;
  admin: boolean;
  onEdit: () => void;
}) {
  const [progress, setProgress] = useState<string>();
  const run = useMutation({
    mutationFn: (name: string) => install(name, setProgress),
    onSuccess: (version) => say(`${t.name} ${version} is installed`),
    onError: sayFailed,
    onSettled: () => {
      setProgress(undefined);
      stale();
    },
  });
  const remove = useMutation({
    mutationFn: () => tell(`/api/agent-templates/${encodeURIComponent(t.id)}`, { method: "DELETE" }),
    onSuccess: stale,
    onError: sayFailed,
  });
  return (
    <li className="flex flex-col gap-2 rounded-xl border bg-raised p-4">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <h2 className="truncate font-medium">
            <bdi>{visible(t.name)}</bdi>
          </h2>
          <p className="truncate text-[13px] text-muted">
            {t.runtime.provider}
            {info && ` · ${info.mode === "acp" ? "conversation" : "terminal"}`}
            {info?.version && ` · ${info.version}`}
            {!t.managed && " · your own"}
          </p>
        </div>
        {admin && (
          <IconButton label={`Edit ${t.name}`} onClick={onEdit}>
            <Pencil aria-hidden />
          </IconButton>
        )}
        {admin && !t.managed && (
          <Confirm
            title={`Forget ${t.name}?`}
            about="Sessions that were started with it go on."
            verb="Forget"
            onConfirm={() => remove.mutate()}
            trigger={(open) => (
              <IconButton label={`Forget ${t.name}`} onClick={open}>
                <Trash2 aria-hidden />
              </IconButton>
            )}
          />
        )}
      </div>
      <code className="wrap-anywhere line-clamp-2 font-mono text-[13px] text-muted" dir="ltr">
        {visible([t.spawn.command, ...t.spawn.args].join(" "))}
      </code>
      <div className="mt-auto flex min-h-7 flex-wrap items-center gap-2 text-[13px]">
        {info?.ready && <span className="text-ok">Ready</span>}
        {info && !info.ready && (
          <span className="wrap-anywhere min-w-0 flex-1 basis-40 text-warn">{info.missing ?? "Not ready"}</span>
        )}
        {admin && info?.install && !info.version && (
          <Button size="sm" onClick={() => run.mutate(info.install ?? "")} disabled={run.isPending}>
            <Download aria-hidden /> {run.isPending ? "Installing…" : "Install"}
          </Button>
        )}
      </div>
      {progress !== undefined && (
        <p role="status" className="wrap-anywhere line-clamp-3 text-[13px] text-muted">
          {visible(progress)}
        </p>
      )}
    </li>
  );
}

function Editor({ template, onClose }: { template?: AgentTemplate; onClose: () => void }) {
  const [form, setForm] = useState<TemplateForm>(() => fromTemplate(template));
  const kinds = useQuery(runtimes).data;
  const set = (part: Partial<TemplateForm>) => setForm({ ...form, ...part });
  const save = useMutation({
    mutationFn: () =>
      template
        ? call(`/api/agent-templates/${encodeURIComponent(template.id)}`, {
            method: "PUT",
            body: toUpdate(form, template),
            schema: AgentTemplateSchema,
          })
        : call("/api/agent-templates", { method: "POST", body: toBody(form), schema: AgentTemplateSchema }),
    onSuccess: (t) => {
      stale();
      say(`${t.name} is kept`);
      onClose();
    },
  });
  const issue = (path: string) =>
    save.error instanceof ApiFailure ? save.error.issues.find((i) => i.path.startsWith(path))?.message : undefined;
  const secret = template?.envSet ?? [];
  return (
    <Dialog
      open
      wide
      onOpenChange={(o) => !o && onClose()}
      title={template ? `Edit ${template.name}` : "New agent"}
      about={
        template?.managed
          ? "It comes with the server; what you change goes before that."
          : "Any program that speaks the Agent Client Protocol on its standard input and output."
      }
    >
      <form
        className="grid grid-cols-1 gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          save.mutate();
        }}
      >
        <Field label="Name" error={issue("name")}>
          {(c) => <Input {...c} required value={form.name} onChange={(e) => set({ name: e.target.value })} />}
        </Field>
        <Field
          label="Command"
          hint="Inside the sandbox. {agent} is an installed agent's folder, {node} its Node.js."
          error={issue("spawn")}
        >
          {(c) => (
            <Input
              {...c}
              required
              value={form.command}
              onChange={(e) => set({ command: e.target.value })}
              className="font-mono text-[13px]"
              spellCheck={false}
              autoCapitalize="off"
            />
          )}
        </Field>
        <Field label="Arguments" hint="One a line.">
          {(c) => (
            <Textarea
              {...c}
              value={form.args}
              onChange={(e) => set({ args: e.target.value })}
              className="font-mono text-[13px]"
              spellCheck={false}
              autoCapitalize="off"
            />
          )}
        </Field>
        <Field label="Runtime" error={issue("runtime.provider")}>
          {(c) => (
            <Select {...c} value={form.provider} onChange={(e) => set({ provider: e.target.value })}>
              {(kinds ?? [{ name: form.provider, available: true }]).map((r) => (
                <option key={r.name} value={r.name} disabled={!r.available}>
                  {r.name}
                  {r.available ? "" : " (not available)"}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field
          label="Set-up script"
          hint="Runs in the workspace before the agent, for ten minutes at most."
          error={issue("runtime.setup")}
        >
          {(c) => (
            <Textarea
              {...c}
              value={form.setup}
              onChange={(e) => set({ setup: e.target.value })}
              className="font-mono text-[13px]"
              spellCheck={false}
              autoCapitalize="off"
            />
          )}
        </Field>
        <Field
          label="Environment"
          hint={
            secret.length > 0
              ? `NAME=value, one a line. A value that is left empty stays as it is (${secret.join(", ")}); a line that is removed removes it.`
              : "NAME=value, one a line. Values are encrypted and not shown again."
          }
          error={issue("env")}
        >
          {(c) => (
            <Textarea
              {...c}
              value={form.env}
              onChange={(e) => set({ env: e.target.value })}
              className="font-mono text-[13px]"
              spellCheck={false}
              autoCapitalize="off"
            />
          )}
        </Field>
        <FormEnd act={save} done="Save" onClose={onClose} />
      </form>
    </Dialog>
  );
}
