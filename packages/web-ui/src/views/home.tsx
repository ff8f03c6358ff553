import type { TemplateInfo } from "@lia/shared";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowRight, ArrowUp, Paperclip, SlidersHorizontal, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { ApiFailure, sentence } from "~/lib/api";
import { cn } from "~/lib/cn";
import { ago, bytes, firstLine } from "~/lib/format";
import { keepText, useKept } from "~/lib/local";
import { create, createIn, hostOf, parseAllow, parseEnv, refuses } from "~/lib/new-task";
import { instances, me, queries, tasks, templates } from "~/lib/queries";
import { visible } from "~/lib/visible";
import { IconButton } from "~/ui/button";
import { useDrop } from "~/ui/drop";
import { Field, Input, Select, Textarea } from "~/ui/field";
import { useTitle } from "~/ui/page";
import { Notice } from "~/ui/state";
import { doing, Status } from "~/ui/status";
import { say } from "~/ui/toast";

const chosen = keepText("template");
const draft = keepText("draft");

interface Limits {
  timeout_minutes: string;
  max_memory_mb: string;
  vcpu_count: string;
  storage_gb: string;
}

const noLimits: Limits = { timeout_minutes: "", max_memory_mb: "", vcpu_count: "", storage_gb: "" };

/** Starts a task; below, what was done lately. */
export function Home() {
  useTitle("");
  const all = useQuery(templates);
  return (
    <div className="mx-auto grid grid-cols-1 w-full max-w-3xl gap-6 px-4 pt-8 pb-12 sm:px-6 sm:pt-[12vh]">
      <h1 className="font-semibold text-2xl tracking-tight sm:text-center">What should an agent do?</h1>
      <NewTask all={all.data} />
      {all.data && <FirstRun all={all.data} />}
      <Recent />
    </div>
  );
}

function NewTask({ all }: { all?: readonly TemplateInfo[] }) {
  const navigate = useNavigate();
  const who = useQuery(me).data;
  const [text, setText] = useState(draft.get);
  const [template, setTemplate] = useKept(chosen);
  const [files, setFiles] = useState<File[]>([]);
  const [more, setMore] = useState(false);
  const [chosenInstance, setInstance] = useState("");
  const [repository, setRepository] = useState("");
  const [allow, setAllow] = useState("");
  const [env, setEnv] = useState("");
  const [limits, setLimits] = useState(noLimits);
  const picker = useRef<HTMLInputElement>(null);
  const optionsId = useId();
  // The same key until something was accepted: a repeat after a lost answer makes no second task.
  const key = useRef(crypto.randomUUID());

  // Those that a session can join; one that was removed meanwhile is none.
  const open = useQuery(instances).data?.flatMap((r) => r.instances.filter((i) => i.status === "running")) ?? [];
  const instance = open.some((i) => i.name === chosenInstance) ? chosenInstance : "";

  const ready = all?.filter((t) => t.ready) ?? [];
  const current = ready.find((t) => t.name === template) ?? ready.find((t) => t.providers.length > 0) ?? ready[0];

  useEffect(() => draft.set(text), [text]);
  // Another request is another task.
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever anything of it changes
  useEffect(() => {
    key.current = crypto.randomUUID();
  }, [text, template, files, instance, repository, allow, env, limits]);

  const start = useMutation({
    mutationFn: async () => {
      const config = Object.fromEntries(
        Object.entries(limits).flatMap(([k, v]) => (v.trim() === "" ? [] : [[k, Number(v)]])),
      );
      const from = repository.trim();
      const hosts = [...new Set([...parseAllow(allow), ...(hostOf(from) ? [hostOf(from) ?? ""] : [])])];
      const variables = parseEnv(env);
      if (instance !== "") {
        const env = Object.keys(variables).length > 0 ? variables : undefined;
        return createIn(instance, { prompt: text.trim(), template: current?.name, env }, files);
      }
      return create(
        {
          prompt: text.trim(),
          user_id: who?.user_id ?? "",
          ...(current && { template: current.name }),
          ...(Object.keys(config).length > 0 && { config }),
          ...(from && { repositories: [from] }),
          ...(hosts.length > 0 && { allow: hosts }),
          ...(Object.keys(variables).length > 0 && { env: variables }),
        },
        files,
        key.current,
      );
    },
    onSuccess: (t) => {
      draft.set("");
      queries.setQueryData(["task", t.id], t);
      void queries.invalidateQueries({ queryKey: ["tasks"] });
      void navigate({ to: "/tasks/$id", params: { id: t.id } });
    },
  });

  const add = (list: Iterable<File>) => {
    const next = [...files];
    for (const f of list) {
      const why = refuses(next, f);
      if (why) {
        say(why, "bad");
        break;
      }
      const same = next.findIndex((o) => o.name === f.name);
      if (same === -1) next.push(f);
      else next[same] = f;
    }
    setFiles(next);
  };

  const go = () => {
    if (text.trim() !== "" && current && !start.isPending) start.mutate();
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.key !== "Enter" || e.shiftKey || e.nativeEvent.isComposing) return;
    if (matchMedia("(pointer: coarse)").matches && !e.metaKey && !e.ctrlKey) return;
    e.preventDefault();
    go();
  };
  const issue = (path: string) =>
    start.error instanceof ApiFailure ? start.error.issues.find((i) => i.path.startsWith(path))?.message : undefined;

  const drop = useDrop(add);

  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        go();
      }}
      {...drop.listen}
      className={cn(
        "rounded-2xl border border-line-strong/60 bg-raised shadow-sm focus-within:border-accent",
        drop.over && "border-accent bg-accent-soft",
      )}
    >
      <textarea
        aria-label="Prompt"
        // biome-ignore lint/a11y/noAutofocus: writing here is what this page is for
        autoFocus
        rows={3}
        dir="auto"
        value={text}
        onChange={(e) => setText(e.target.value)}
        onKeyDown={onKeyDown}
        onPaste={(e) => {
          if (e.clipboardData.files.length === 0) return;
          e.preventDefault();
          add(e.clipboardData.files);
        }}
        placeholder="Describe the work. Drop or paste files to bring them along."
        className="block max-h-[40dvh] min-h-24 w-full resize-none bg-transparent px-4 pt-3.5 outline-none [field-sizing:content] max-sm:text-base"
      />
      {files.length > 0 && (
        <ul aria-label="Files" className="flex flex-wrap gap-1.5 px-3 pb-1">
          {files.map((f) => (
            <li key={f.name} className="flex items-center gap-1 rounded-md border bg-sunken pl-2 text-[13px]">
              <bdi className="max-w-52 truncate">{visible(f.name)}</bdi>
              <span className="text-faint">{bytes(f.size)}</span>
              <IconButton
                label={`Leave out ${f.name}`}
                size="icon-sm"
                onClick={() => setFiles(files.filter((o) => o !== f))}
              >
                <X aria-hidden />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      <div className="flex items-center gap-1.5 px-2.5 pb-2.5">
        <Select
          aria-label="Agent"
          className="h-8 w-auto max-w-60 border-transparent max-sm:max-w-40 bg-transparent text-muted hover:bg-hover"
          value={current?.name ?? ""}
          onChange={(e) => setTemplate(e.target.value)}
        >
          {current === undefined && <option value="">{all ? "No agent is ready" : "…"}</option>}
          {all?.map((t) => (
            <option key={t.name} value={t.name} disabled={!t.ready}>
              {t.title}
              {t.ready ? "" : " (not ready)"}
            </option>
          ))}
        </Select>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={(e) => {
            if (e.target.files) add(Array.from(e.target.files));
            e.target.value = "";
          }}
        />
        <IconButton label="Add files" onClick={() => picker.current?.click()}>
          <Paperclip aria-hidden />
        </IconButton>
        <IconButton
          label="Limits, network and environment"
          aria-expanded={more}
          aria-controls={optionsId}
          onClick={() => setMore(!more)}
        >
          <SlidersHorizontal aria-hidden />
        </IconButton>
        <span className="flex-1" />
        <span className="text-[13px] text-faint max-sm:hidden">Enter starts</span>
        <IconButton
          label="Start the task"
          type="submit"
          look="primary"
          disabled={text.trim() === "" || !current || start.isPending}
        >
          <ArrowUp aria-hidden />
        </IconButton>
      </div>
      <div id={optionsId} hidden={!more} className="border-t px-4 py-4">
        {open.length > 0 && (
          <Field
            label="Where"
            hint={instance && "It shares the instance's workspace, limits and network."}
            className="mb-4"
          >
            {(c) => (
              <Select {...c} value={instance} onChange={(e) => setInstance(e.target.value)}>
                <option value="">In a sandbox of its own</option>
                {open.map((i) => (
                  <option key={i.name} value={i.name}>
                    {i.name} ({i.typeName})
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        <Field
          label="Repository"
          hint="owner/name or an https address. It is cloned into the workspace; its host is allowed."
          error={issue("repositories")}
          className="mb-4"
        >
          {(c) => (
            <Input
              {...c}
              value={repository}
              onChange={(e) => setRepository(e.target.value)}
              placeholder="owner/name"
              disabled={instance !== ""}
              spellCheck={false}
              autoCapitalize="off"
            />
          )}
        </Field>
        <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
          <Field
            label="Network"
            hint="Hosts that it may reach, one a line. Everything else is refused."
            error={issue("allow")}
          >
            {(c) => (
              <Textarea
                {...c}
                value={allow}
                disabled={instance !== ""}
                onChange={(e) => setAllow(e.target.value)}
                placeholder={"registry.npmjs.org\ngithub.com:443"}
                className="font-mono text-[13px]"
                spellCheck={false}
                autoCapitalize="off"
              />
            )}
          </Field>
          <Field label="Environment" hint="NAME=value, one a line." error={issue("env")}>
            {(c) => (
              <Textarea
                {...c}
                value={env}
                onChange={(e) => setEnv(e.target.value)}
                placeholder="NODE_ENV=test"
                className="font-mono text-[13px]"
                spellCheck={false}
                autoCapitalize="off"
              />
            )}
          </Field>
        </div>
        <fieldset className="mt-4">
          <legend className="mb-2 font-medium text-[13px]">Limits (empty: the server's)</legend>
          <div className="grid grid-cols-2 gap-3 sm:grid-cols-4">
            {(
              [
                ["timeout_minutes", "Minutes"],
                ["max_memory_mb", "Memory, MiB"],
                ["vcpu_count", "CPU cores"],
                ["storage_gb", "Disk, GiB"],
              ] as const
            ).map(([name, label]) => (
              <Field key={name} label={label} error={issue(`config.${name}`)}>
                {(c) => (
                  <Input
                    {...c}
                    type="number"
                    min={1}
                    inputMode="numeric"
                    value={limits[name]}
                    disabled={instance !== ""}
                    onChange={(e) => setLimits({ ...limits, [name]: e.target.value })}
                  />
                )}
              </Field>
            ))}
          </div>
        </fieldset>
      </div>
      {start.error && (
        <Notice tone="bad" role="alert" className="m-3 mt-0">
          {sentence(start.error)}
        </Notice>
      )}
    </form>
  );
}

/** What is missing before a real agent can work, and how to mend it. */
function FirstRun({ all }: { all: readonly TemplateInfo[] }) {
  const agents = all.filter((t) => t.providers.length > 0);
  if (agents.length === 0 || agents.some((t) => t.ready)) return null;
  return (
    <section aria-label="First steps" className="rounded-xl border bg-sunken p-4">
      <h2 className="font-medium">No agent with a model is ready yet</h2>
      <p className="mt-1 text-muted">The tour and the shell work already. For a real agent, this is missing:</p>
      <ul className="mt-2 grid grid-cols-1 gap-1.5">
        {agents.map((t) => (
          <li key={t.name} className="grid grid-cols-1 gap-x-3 sm:grid-cols-[11rem_1fr]">
            <span className="font-medium">{t.title}</span>
            <span className="wrap-anywhere text-muted">{t.missing}</span>
          </li>
        ))}
      </ul>
      <Link to="/templates" className="mt-3 inline-flex items-center gap-1 text-accent underline underline-offset-2">
        Install an agent <ArrowRight aria-hidden className="size-4" />
      </Link>
    </section>
  );
}

function Recent() {
  const recent = useQuery(tasks({ per_page: 30 }));
  const list = recent.data?.tasks.slice(0, 6) ?? [];
  if (list.length === 0) return null;
  return (
    <section aria-label="Recent tasks">
      <h2 className="mb-1 px-1 font-medium text-[13px] text-muted">Recent</h2>
      <ul className="divide-y rounded-xl border bg-raised">
        {list.map((t) => (
          <li key={t.id}>
            <Link
              to="/tasks/$id"
              params={{ id: t.id }}
              className="flex items-center gap-3 px-3.5 py-2.5 outline-offset-[-2px] hover:bg-hover"
            >
              <bdi className="min-w-0 flex-1 truncate">{firstLine(t.prompt) || t.template}</bdi>
              <Status is={doing(t)} />
              <span className="w-14 shrink-0 text-right text-[13px] text-faint tabular-nums">{ago(t.created_at)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
