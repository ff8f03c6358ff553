import { useQuery } from "@tanstack/react-query";
import { ago, firstLine, short } from "~/lib/format";
import { tasks } from "~/lib/queries";
import { Page } from "~/ui/page";
import { Empty, Failed, Loading } from "~/ui/state";
import { doing, Status } from "~/ui/status";

/** All tasks. */
export function Tasks() {
  const list = useQuery(tasks());
  return (
    <Page title="Tasks">
      {list.isPending && <Loading what="Loading tasks" />}
      {list.error && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.data?.tasks.length === 0 && <Empty title="No tasks yet" />}
      <ul aria-label="Tasks" className="divide-y">
        {list.data?.tasks.map((t) => (
          <li key={t.id} className="flex items-center gap-3 py-2">
            <Status is={doing(t)} className="w-24" />
            <a href={`/tasks/${t.id}`} className="min-w-0 flex-1 truncate">
              {firstLine(t.prompt) || t.template}
            </a>
            <code className="text-faint">{short(t.id)}</code>
            <span className="text-muted">{ago(t.created_at)}</span>
          </li>
        ))}
      </ul>
    </Page>
  );
}
