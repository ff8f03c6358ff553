import type { PermissionInfo } from "@lia/shared";
import { ShieldQuestion } from "lucide-react";
import { useState } from "react";
import { answer } from "~/lib/actions";
import { ApiFailure } from "~/lib/api";
import { ago } from "~/lib/format";
import { visible } from "~/lib/visible";
import { answeredBy } from "~/log/words";
import { Button } from "~/ui/button";
import { say, sayFailed } from "~/ui/toast";

/** The agent's open questions, where they cannot be overlooked. */
export function Questions({ task, open }: { task: string; open: readonly PermissionInfo[] }) {
  if (open.length === 0) return null;
  return (
    <section
      aria-label="Open questions"
      aria-live="polite"
      className="grid grid-cols-1 max-h-[40dvh] gap-2 overflow-y-auto px-1 pt-1"
    >
      {open.map((p) => (
        <Question key={p.id} task={task} question={p} />
      ))}
    </section>
  );
}

function asked(at: string): string {
  const since = ago(at);
  return since === "now" ? "asked now" : `asked ${since} ago`;
}

function Question({ task, question }: { task: string; question: PermissionInfo }) {
  const [sent, setSent] = useState(false);
  const give = async (option: string | null) => {
    setSent(true);
    try {
      await answer(task, question.id, option);
    } catch (error) {
      const by = error instanceof ApiFailure && error.status === 409 ? error.details?.by : undefined;
      if (typeof by === "string") say(`${answeredBy(by)} has answered already`);
      else sayFailed(error);
      setSent(false);
    }
  };
  // The first that allows is the one that stands out.
  const main = question.options.find((o) => o.kind.startsWith("allow"));
  return (
    <article
      aria-label={`Permission: ${visible(question.title)}`}
      className="rounded-xl border border-warn/50 bg-warn-soft p-3"
    >
      <div className="flex items-start gap-2.5">
        <ShieldQuestion aria-hidden className="mt-0.5 size-5 shrink-0 text-warn" />
        <div className="min-w-0 flex-1">
          <p className="wrap-anywhere">
            The agent asks: <bdi className="font-semibold">{visible(question.title)}</bdi>
          </p>
          <p className="text-[13px] text-muted">
            {question.tool_kind && `${visible(question.tool_kind)} · `}
            {asked(question.requested_at)}; it waits for an answer
          </p>
        </div>
      </div>
      <div className="mt-2.5 flex flex-wrap gap-2">
        {question.options.map((o) => (
          <Button
            key={o.option_id}
            size="sm"
            className="max-w-full max-sm:h-10"
            look={o === main ? "primary" : o.kind.startsWith("reject") ? "danger" : "secondary"}
            disabled={sent}
            onClick={() => give(o.option_id)}
          >
            <bdi className="truncate">{visible(o.name)}</bdi>
          </Button>
        ))}
        <Button size="sm" look="ghost" className="max-sm:h-10" disabled={sent} onClick={() => give(null)}>
          Cancel
        </Button>
      </div>
    </article>
  );
}
