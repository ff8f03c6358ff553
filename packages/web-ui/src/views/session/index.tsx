import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { firstLine, short } from "~/lib/format";
import { permissions, promptQueue, templates } from "~/lib/queries";
import { visible } from "~/lib/visible";
import { useTitle } from "~/ui/page";
import { Failed, Loading } from "~/ui/state";
import { doing, statusWord } from "~/ui/status";
import { Tabs } from "~/ui/tabs";
import { Composer } from "./composer";
import { ConversationView } from "./conversation";
import { CutOff } from "./cut-off";
import { Header } from "./header";
import { sessionTabs } from "./tabs";
import { useLog, useSession } from "./use-session";

const Files = lazy(() => import("./files").then((m) => ({ default: m.Files })));
const Terminals = lazy(() => import("./terminals").then((m) => ({ default: m.Terminals })));
const MainTerminal = lazy(() => import("./main-terminal").then((m) => ({ default: m.MainTerminal })));
const Events = lazy(() => import("./events").then((m) => ({ default: m.Events })));
const Network = lazy(() => import("./network").then((m) => ({ default: m.Network })));
const Details = lazy(() => import("./details").then((m) => ({ default: m.Details })));

const route = getRouteApi("/tasks/$id");

/** One session: what its agent says and does, and all that can be done to it. */
export function SessionPage() {
  const { id } = route.useParams();
  return <One key={id} id={id} />;
}

function One({ id }: { id: string }) {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  const { task, log } = useSession(id);
  const view = useLog(log);
  const open = useQuery({
    ...permissions(id),
    enabled: task.data?.status === "running" || task.data?.status === "suspended",
  });
  const queue = useQuery({ ...promptQueue(id), enabled: task.data !== undefined && task.data.status !== "terminated" });
  const template = useQuery(templates).data?.find((t) => t.name === task.data?.template);
  // A session that began without a prompt goes by its first one.
  const first = view.lo === 0 ? view.items.find((i) => i.is === "user")?.text : undefined;
  const title = task.data
    ? firstLine(task.data.prompt) || firstLine(first ?? "") || task.data.template
    : `Session ${short(id)}`;
  const said = task.data ? statusWord(doing(task.data)) : "";
  useTitle(visible(title));

  if (task.error && !task.data) return <Failed error={task.error} retry={() => task.refetch()} className="pt-24" />;
  if (!task.data || !log) return <Loading what="Opening the session" className="pt-24" />;
  const t = task.data;
  const isTerminal = template?.mode === "terminal";
  const panel = "session-panel";
  const shown = tab ?? "conversation";
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Header task={t} title={title} />
      <p aria-live="polite" className="sr-only">
        {said}
        {open.data?.[0] && `: ${visible(open.data[0].title)}`}
      </p>
      <Tabs
        label="Session"
        panel={panel}
        className="shrink-0 border-b px-2 sm:px-4"
        value={shown}
        onChange={(to) => navigate({ search: to === "conversation" ? {} : { tab: to }, replace: true })}
        tabs={sessionTabs.map((s) => ({ id: s, label: label(s, isTerminal) }))}
      />
      <CutOff link={view.link} retry={() => log.retryNow()} />
      <div role="tabpanel" id={panel} aria-labelledby={`${panel}-${shown}`} className="flex min-h-0 flex-1 flex-col">
        <Suspense fallback={<Loading />}>
          {shown === "conversation" &&
            (isTerminal ? (
              <MainTerminal task={t} log={log} />
            ) : (
              <>
                <ConversationView log={log} view={view} live={t.status !== "terminated" && t.status !== "suspended"} />
                <Composer key={id} task={t} open={open.data ?? []} queue={queue.data} />
              </>
            ))}
          {shown === "files" && <Files task={t} />}
          {shown === "terminals" && <Terminals task={t} />}
          {shown === "events" && <Events task={t} last={view.last} />}
          {shown === "network" && <Network task={t} last={view.last} />}
          {shown === "details" && <Details task={t} template={template} />}
        </Suspense>
      </div>
    </div>
  );
}

function label(tab: (typeof sessionTabs)[number], isTerminal: boolean): string {
  if (tab === "conversation") return isTerminal ? "Terminal" : "Conversation";
  return { files: "Files", terminals: "Terminals", events: "Events", network: "Network", details: "Details" }[tab];
}
