import type { TaskResponse } from "@lia/shared";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight, ListTodo, Search, Square } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { end } from "~/lib/actions";
import { sentence } from "~/lib/api";
import { ago, count, firstLine, moment, short } from "~/lib/format";
import { queries, tasks } from "~/lib/queries";
import type { Show } from "~/router";
import { Button, buttonLook, IconButton } from "~/ui/button";
import { Confirm } from "~/ui/confirm";
import { Input } from "~/ui/field";
import { Page } from "~/ui/page";
import { Empty, Failed, Loading } from "~/ui/state";
import { doing, Status } from "~/ui/status";
import { Tabs } from "~/ui/tabs";
import { say } from "~/ui/toast";

const route = getRouteApi("/tasks");
const PER_PAGE = 25;

const statuses: Record<Show, string | undefined> = {
  all: undefined,
  active: "pending,starting,running",
  suspended: "suspended",
  ended: "terminated",
};

/** Whether a text is the beginning of an id rather than words. */
export function isPrefix(text: string): boolean {
  return /^[0-9a-f-]{4,36}$/i.test(text);
}

/** All tasks. */
export function Tasks() {
  const { show = "all", page = 1, q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const [text, setText] = useState(q);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const search = useRef<HTMLInputElement>(null);

  // The server finds beginnings of ids; words are looked for in what it lists, a hundred at a time.
  const words = q !== "" && !isPrefix(q);
  const filter = isPrefix(q)
    ? { prefix: q, status: statuses[show] }
    : { status: statuses[show], page, per_page: words ? 100 : PER_PAGE };
  const list = useQuery({ ...tasks(filter), placeholderData: keepPreviousData, refetchInterval: 30_000 });
  const found = (list.data?.tasks ?? []).filter((t) => !words || matches(t, q));
  const pages = Math.max(1, Math.ceil((list.data?.total ?? 0) / (words ? 100 : PER_PAGE)));

  useEffect(() => {
    const timer = setTimeout(() => {
      if (text.trim() !== q)
        void navigate({ search: (s) => ({ show: s.show, ...(text.trim() && { q: text.trim() }) }), replace: true });
    }, 200);
    return () => clearTimeout(timer);
  }, [text, q, navigate]);

  useEffect(() => {
    const onKey = (e: globalThis.KeyboardEvent) => {
      if (e.key === "/" && !(e.target instanceof HTMLInputElement || e.target instanceof HTMLTextAreaElement)) {
        e.preventDefault();
        search.current?.focus();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  const stop = useMutation({
    mutationFn: async (ids: string[]) => {
      const results = await Promise.allSettled(ids.map((id) => end(id)));
      const failed = results.filter((r) => r.status === "rejected");
      if (failed.length > 0)
        throw new Error(`${count(failed.length, "task")} could not be ended: ${sentence(failed[0]?.reason)}`);
    },
    onSuccess: (_, ids) => say(`${count(ids.length, "task")} ended`),
    onError: (error) => say(sentence(error), "bad"),
    onSettled: () => {
      setPicked(new Set());
      void queries.invalidateQueries({ queryKey: ["tasks"] });
    },
  });

  const stoppable = found.filter((t) => t.status !== "terminated");
  const chosen = stoppable.filter((t) => picked.has(t.id)).map((t) => t.id);
  const pick = (id: string, on: boolean) => {
    const next = new Set(picked);
    if (on) next.add(id);
    else next.delete(id);
    setPicked(next);
  };

  return (
    <Page
      title="Tasks"
      actions={
        <Link to="/" className={buttonLook({ look: "primary" })}>
          New task
        </Link>
      }
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b">
        <Tabs
          label="Which tasks"
          panel="tasks"
          value={show}
          onChange={(to) =>
            navigate({ search: (s) => ({ ...(to !== "all" && { show: to }), ...(s.q && { q: s.q }) }) })
          }
          tabs={[
            { id: "all", label: "All" },
            { id: "active", label: "Active" },
            { id: "suspended", label: "Suspended" },
            { id: "ended", label: "Ended" },
          ]}
        />
        <div className="relative mb-1.5 min-w-40 flex-1 sm:max-w-72 sm:basis-56">
          <Search aria-hidden className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-faint" />
          <Input
            ref={search}
            type="search"
            aria-label="Search tasks"
            aria-keyshortcuts="/"
            placeholder="Words or an id"
            value={text}
            onChange={(e) => setText(e.target.value)}
            className="pl-8"
          />
        </div>
      </div>
      <div id="tasks" role="tabpanel" aria-labelledby={`tasks-${show}`}>
        <div className="flex h-11 items-center gap-3 px-1 text-[13px] text-muted">
          {stoppable.length > 0 && (
            <input
              type="checkbox"
              aria-label="Choose all that can be ended"
              checked={chosen.length > 0 && chosen.length === stoppable.length}
              onChange={(e) => setPicked(new Set(e.target.checked ? stoppable.map((t) => t.id) : []))}
              className="size-4 accent-accent-bg"
            />
          )}
          <span role="status">
            {chosen.length > 0
              ? `${chosen.length} chosen`
              : list.data
                ? count(words ? found.length : list.data.total, "task")
                : ""}
          </span>
          {chosen.length > 0 && (
            <Confirm
              title={`End ${count(chosen.length, "task")}?`}
              about="Their agents and sandboxes are ended. Logs stay."
              verb={`End ${count(chosen.length, "task")}`}
              onConfirm={() => stop.mutate(chosen)}
              trigger={(open) => (
                <Button size="sm" look="danger" onClick={open} disabled={stop.isPending}>
                  <Square aria-hidden /> End
                </Button>
              )}
            />
          )}
        </div>
        {list.isPending && <Loading what="Loading tasks" />}
        {list.error && !list.data && <Failed error={list.error} retry={() => list.refetch()} />}
        {list.data && found.length === 0 && (
          <Empty
            icon={<ListTodo />}
            title={q ? "Nothing like that" : show === "all" ? "No tasks yet" : "None of these"}
          >
            {!q && show === "all" && (
              <Link to="/" className="text-accent underline">
                Start the first one
              </Link>
            )}
          </Empty>
        )}
        <ul aria-label="Tasks" className="divide-y border-y empty:hidden" onKeyDown={byArrows}>
          {found.map((t) => (
            <Row key={t.id} task={t} picked={picked.has(t.id)} onPick={(on) => pick(t.id, on)} />
          ))}
        </ul>
        {pages > 1 && !isPrefix(q) && (
          <nav aria-label="Pages" className="flex items-center justify-center gap-3 py-4">
            <IconButton
              label="The page before"
              disabled={page <= 1}
              onClick={() => navigate({ search: (s) => ({ ...s, page: page - 1 }) })}
            >
              <ChevronLeft aria-hidden />
            </IconButton>
            <span className="text-muted tabular-nums">
              {page} of {pages}
            </span>
            <IconButton
              label="The next page"
              disabled={page >= pages}
              onClick={() => navigate({ search: (s) => ({ ...s, page: page + 1 }) })}
            >
              <ChevronRight aria-hidden />
            </IconButton>
          </nav>
        )}
      </div>
    </Page>
  );
}

function matches(t: TaskResponse, q: string): boolean {
  const where = `${t.prompt}\n${t.template}\n${t.user_id}`.toLowerCase();
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => where.includes(word));
}

/** Up and down go from row to row, as do j and k. */
function byArrows(e: KeyboardEvent<HTMLUListElement>) {
  const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[e.key];
  if (by === undefined || e.altKey || e.ctrlKey || e.metaKey) return;
  const links = [...e.currentTarget.querySelectorAll<HTMLElement>("a[data-row]")];
  const at = links.findIndex((l) => l.closest("li")?.contains(document.activeElement));
  e.preventDefault();
  links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
}

function Row({ task: t, picked, onPick }: { task: TaskResponse; picked: boolean; onPick: (on: boolean) => void }) {
  const title = firstLine(t.prompt) || t.template;
  return (
    <li className="relative flex items-center gap-3 px-1 py-2.5 hover:bg-hover">
      <input
        type="checkbox"
        aria-label={`Choose: ${title.slice(0, 60)}`}
        checked={picked}
        disabled={t.status === "terminated"}
        onChange={(e) => onPick(e.target.checked)}
        className="relative z-10 size-4 shrink-0 accent-accent-bg disabled:opacity-30"
      />
      <div className="min-w-0 flex-1">
        <Link
          data-row
          to="/tasks/$id"
          params={{ id: t.id }}
          className="block truncate font-medium outline-offset-4 after:absolute after:inset-0"
        >
          <bdi>{title}</bdi>
        </Link>
        <p className="flex gap-2 truncate text-[13px] text-muted">
          <span>{t.template}</span>
          <span aria-hidden>·</span>
          <code className="font-mono">{short(t.id)}</code>
          {t.queued > 0 && (
            <>
              <span aria-hidden>·</span>
              <span>{count(t.queued, "prompt waits", "prompts wait")}</span>
            </>
          )}
        </p>
      </div>
      <Status is={doing(t)} className="shrink-0" />
      <time
        dateTime={t.created_at}
        title={moment(t.created_at)}
        className="w-14 shrink-0 text-right text-[13px] text-faint tabular-nums max-sm:hidden"
      >
        {ago(t.created_at)}
      </time>
    </li>
  );
}
