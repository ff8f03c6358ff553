import type { TaskResponse } from "@lia/shared";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Pause, Play, Square, Trash2 } from "lucide-react";
import { end, resume, suspend } from "~/lib/actions";
import { cn } from "~/lib/cn";
import { visible } from "~/lib/visible";
import { endWords } from "~/log/words";
import { Button, IconButton } from "~/ui/button";
import { Confirm } from "~/ui/confirm";
import { doing, Status } from "~/ui/status";
import { sayFailed } from "~/ui/toast";

/** Which session it is, how it does, and what ends or holds it. */
export function Header({ task, title }: { task: TaskResponse; title: string }) {
  const navigate = useNavigate();
  const act = useMutation({ mutationFn: (work: () => Promise<void>) => work(), onError: sayFailed });
  const over = task.status === "terminated";
  const why = over ? endWords(task.exit_code, task.error_message) : "";
  return (
    <header className="shrink-0 px-4 pt-2.5 sm:px-6 sm:pt-3.5">
      <div className="flex items-center gap-2">
        <h1 className="min-w-0 flex-1 truncate font-semibold text-base" title={title}>
          <bdi>{visible(title)}</bdi>
        </h1>
        {task.status === "running" && (
          <Button
            size="sm"
            look="ghost"
            disabled={act.isPending}
            onClick={() => act.mutate(() => suspend(task.id))}
            aria-label="Suspend"
          >
            <Pause aria-hidden /> <span className="max-sm:hidden">Suspend</span>
          </Button>
        )}
        {task.status === "suspended" && (
          <Button size="sm" look="secondary" disabled={act.isPending} onClick={() => act.mutate(() => resume(task.id))}>
            <Play aria-hidden /> Resume
          </Button>
        )}
        {over ? (
          <Confirm
            title="Remove this session?"
            about="Its record and its log are removed. This cannot be taken back."
            verb="Remove"
            onConfirm={() =>
              act.mutate(async () => {
                await end(task.id, true);
                await navigate({ to: "/tasks" });
              })
            }
            trigger={(open) => (
              <IconButton label="Remove" onClick={open}>
                <Trash2 aria-hidden />
              </IconButton>
            )}
          />
        ) : (
          <Confirm
            title="End this session?"
            about="Its agent and its sandbox are ended. The log stays; files stay for a while."
            verb="End session"
            onConfirm={() => act.mutate(() => end(task.id))}
            trigger={(open) => (
              <Button size="sm" look="ghost" onClick={open} disabled={act.isPending} aria-label="End session">
                <Square aria-hidden /> <span className="max-sm:hidden">End</span>
              </Button>
            )}
          />
        )}
      </div>
      <div className="flex items-center gap-3 pb-1 text-[13px] text-muted">
        <Status is={doing(task)} />
        <span className="shrink-0">{task.template}</span>
        {why && (
          <span
            className={cn("min-w-0 truncate", (task.exit_code !== 0 || task.error_message) && "text-bad")}
            title={why}
          >
            {why}
          </span>
        )}
      </div>
    </header>
  );
}
