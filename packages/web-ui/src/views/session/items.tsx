import {
  Ban,
  Bot,
  Brain,
  Check,
  ChevronRight,
  CircleDashed,
  CircleDot,
  FileText,
  Globe,
  ListChecks,
  LoaderCircle,
  type LucideIcon,
  MoveRight,
  Pencil,
  Search,
  ShieldQuestion,
  SquareTerminal,
  Trash2,
  Wrench,
  X,
} from "lucide-react";
import { lazy, memo, type ReactNode, Suspense, useEffect, useState } from "react";
import { spans } from "~/lib/ansi";
import { cn } from "~/lib/cn";
import { clock, compact, duration, moment } from "~/lib/format";
import { visible } from "~/lib/visible";
import type {
  BootItem,
  HostItem,
  Item,
  NoteItem,
  PermissionItem,
  PlanItem,
  TextItem,
  ToolContent,
  ToolItem,
  TurnItem,
} from "~/log/items";
import { stopWords } from "~/log/words";
import { CodeBlock } from "./code-block";

const Markdown = lazy(() => import("./markdown").then((m) => ({ default: m.Markdown })));
const Diff = lazy(() => import("./diff").then((m) => ({ default: m.Diff })));

/** Finds what runs in a terminal that a tool call names. */
export type FindTerminal = (id: string) => HostItem | undefined;

/** One item of a conversation. */
export const ItemView = memo(function ItemView({
  item,
  live,
  terminal,
}: {
  item: Item;
  live: boolean;
  terminal: FindTerminal;
}) {
  switch (item.is) {
    case "user":
      return <User text={item.text} at={item.at} />;
    case "text":
      return <Text item={item} live={live} />;
    case "thought":
      return <Thought item={item} live={live} />;
    case "tool":
      return <Tool item={item} live={live} terminal={terminal} />;
    case "terminal":
    case "file":
      return <Host item={item} live={live} />;
    case "plan":
      return <Plan item={item} />;
    case "permission":
      return <Asked item={item} />;
    case "turn":
      return <Turn item={item} />;
    case "note":
      return <Note item={item} />;
    case "boot":
      return <Boot item={item} live={live} />;
  }
});

function User({ text, at }: { text: string; at: string }) {
  const [whole, setWhole] = useState(false);
  const long = text.length > 1500 || text.split("\n").length > 16;
  return (
    <article aria-label="You" className="flex justify-end pt-3" title={moment(at)}>
      <div className="max-w-[85%] rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5">
        <div dir="auto" className={cn("wrap-anywhere whitespace-pre-wrap", long && !whole && "line-clamp-12")}>
          {text}
        </div>
        {long && (
          <button
            type="button"
            className="mt-1 text-[13px] text-accent underline"
            aria-expanded={whole}
            onClick={() => setWhole(!whole)}
          >
            {whole ? "Show less" : "Show all"}
          </button>
        )}
      </div>
    </article>
  );
}

function Text({ item, live }: { item: TextItem; live: boolean }) {
  return (
    <article aria-label="Agent" aria-busy={live && !item.endedAt} className={cn(!item.goesOn && "pt-1")}>
      <Suspense fallback={<div className="wrap-anywhere whitespace-pre-wrap">{item.text}</div>}>
        <Markdown text={item.text} fence={item.fence} />
      </Suspense>
    </article>
  );
}

/** Milliseconds since `at`, counting while `running`. */
function useElapsed(at: string, endedAt: string | undefined, running: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (endedAt || !running) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [endedAt, running]);
  return Math.max(0, (endedAt ? Date.parse(endedAt) : running ? now : Date.parse(at)) - Date.parse(at));
}

/** Something with a line that says it, and more when it is opened. */
function Card({
  icon,
  title,
  side,
  children,
  openAtFirst = false,
  tone,
  label,
}: {
  icon: ReactNode;
  title: ReactNode;
  side?: ReactNode;
  children?: ReactNode;
  openAtFirst?: boolean;
  tone?: "bad";
  label: string;
}) {
  const [chosen, setChosen] = useState<boolean>();
  const open = chosen ?? openAtFirst;
  const line = (
    <>
      <span aria-hidden className={cn("text-faint [&_svg]:size-4", tone === "bad" && "text-bad")}>
        {icon}
      </span>
      <span className="min-w-0 flex-1 truncate text-left">{title}</span>
      {side && <span className="flex shrink-0 items-center gap-2 text-[13px] text-muted tabular-nums">{side}</span>}
      {children && (
        <ChevronRight
          aria-hidden
          className={cn("size-4 shrink-0 text-faint transition-transform", open && "rotate-90")}
        />
      )}
    </>
  );
  return (
    <article
      aria-label={label}
      className={cn("overflow-hidden rounded-lg border bg-raised", tone === "bad" && "border-bad/40")}
    >
      {children ? (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setChosen(!open)}
          className="flex w-full items-center gap-2.5 px-3 py-2 hover:bg-hover"
        >
          {line}
        </button>
      ) : (
        <div className="flex items-center gap-2.5 px-3 py-2">{line}</div>
      )}
      {children && open && <div className="border-t px-3 py-2">{children}</div>}
    </article>
  );
}

function Thought({ item, live }: { item: TextItem; live: boolean }) {
  const [open, setOpen] = useState(false);
  const thinking = live && !item.endedAt;
  const ms = useElapsed(item.at, item.endedAt, thinking);
  return (
    <article aria-label="Thinking">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex items-center gap-2 rounded-md py-1 text-muted hover:text-fg"
      >
        {thinking ? (
          <LoaderCircle aria-hidden className="size-4 animate-spin" />
        ) : (
          <Brain aria-hidden className="size-4" />
        )}
        <span className="tabular-nums">
          {thinking ? "Thinking" : "Thought"}
          {ms >= 1000 && ` for ${duration(Math.floor(ms / 1000) * 1000)}`}
        </span>
        <ChevronRight aria-hidden className={cn("size-4 transition-transform", open && "rotate-90")} />
      </button>
      {open && (
        <div className="mt-1 ml-2 border-l-2 pl-4 text-muted">
          <Suspense fallback={<div className="whitespace-pre-wrap">{item.text}</div>}>
            <Markdown text={item.text} />
          </Suspense>
        </div>
      )}
    </article>
  );
}

const toolIcons: Record<string, LucideIcon> = {
  read: FileText,
  edit: Pencil,
  delete: Trash2,
  move: MoveRight,
  search: Search,
  execute: SquareTerminal,
  think: Brain,
  fetch: Globe,
};

function Tool({ item, live, terminal }: { item: ToolItem; live: boolean; terminal: FindTerminal }) {
  const Icon = toolIcons[item.kind] ?? Wrench;
  const runs = live && !item.endedAt;
  const ms = useElapsed(item.at, item.endedAt, runs);
  const failed = item.status === "failed";
  const title = visible(item.title) || item.kind;
  const words = { pending: "waits", in_progress: "runs", completed: "done", failed: "failed" }[item.status];
  const hasDiff = item.content.some((c) => c.is === "diff");
  const input = item.input === undefined ? "" : pretty(item.input);
  const output = item.output === undefined || item.content.length > 0 ? "" : pretty(item.output);
  const more = item.content.length > 0 || input !== "" || output !== "" || item.locations.length > 0;
  return (
    <Card
      label={`Tool: ${title}, ${words}`}
      icon={<Icon />}
      tone={failed ? "bad" : undefined}
      openAtFirst={hasDiff || failed}
      title={
        <>
          <bdi className="font-medium">{title}</bdi>
          {item.locations[0] && !item.title.includes(item.locations[0].path) && (
            <bdi className="ml-2 font-mono text-[13px] text-muted">
              {visible(item.locations[0].path)}
              {item.locations[0].line !== undefined && `:${item.locations[0].line}`}
            </bdi>
          )}
        </>
      }
      side={
        <>
          {(item.endedAt || runs) && ms >= 100 && <span>{duration(ms)}</span>}
          <ToolMark status={item.status} runs={runs} />
        </>
      }
    >
      {more ? (
        <div className="grid grid-cols-1 gap-2">
          {input !== "" && (
            <Part title="Input">
              <CodeBlock text={input} language="json" className="my-0" />
            </Part>
          )}
          {item.content.map((c, i) => (
            <Content key={i} content={c} live={live} terminal={terminal} />
          ))}
          {output !== "" && (
            <Part title="Output">
              <CodeBlock text={output} language="json" className="my-0" />
            </Part>
          )}
          {item.locations.length > 1 && (
            <Part title="Places">
              <ul className="font-mono text-[13px]">
                {item.locations.map((l) => (
                  <li key={`${l.path}:${l.line}`} className="wrap-anywhere">
                    <bdi>{visible(l.path)}</bdi>
                    {l.line !== undefined && `:${l.line}`}
                  </li>
                ))}
              </ul>
            </Part>
          )}
        </div>
      ) : undefined}
    </Card>
  );
}

function ToolMark({ status, runs }: { status: ToolItem["status"]; runs: boolean }) {
  if (status === "completed") return <Check aria-label="done" className="size-4 text-ok" />;
  if (status === "failed") return <X aria-label="failed" className="size-4 text-bad" />;
  if (runs) return <LoaderCircle aria-label="runs" className="size-4 animate-spin text-accent" />;
  return <CircleDashed aria-label="did not end" className="size-4" />;
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <p className="mb-1 font-medium text-muted text-xs">{title}</p>
      {children}
    </section>
  );
}

function Content({ content, live, terminal }: { content: ToolContent; live: boolean; terminal: FindTerminal }) {
  switch (content.is) {
    case "text":
      return (
        <div className="max-h-[32rem] overflow-auto">
          {looksLikeOutput(content.text) ? (
            <Output text={content.text} />
          ) : (
            <Suspense fallback={<div className="whitespace-pre-wrap">{content.text}</div>}>
              <Markdown text={content.text.length > 20_000 ? `${content.text.slice(0, 20_000)}\n\n…` : content.text} />
            </Suspense>
          )}
        </div>
      );
    case "diff":
      return (
        <Suspense fallback={<p className="text-muted">Loading the changes…</p>}>
          <Diff path={content.path} before={content.before} after={content.after} />
        </Suspense>
      );
    case "terminal": {
      const found = terminal(content.id);
      return found ? (
        <Host item={found} live={live} />
      ) : (
        <p className="text-muted">A terminal that began before what is shown.</p>
      );
    }
  }
}

function looksLikeOutput(text: string): boolean {
  return (
    text.includes("\u001b[") ||
    (/^```/.test(text) === false && text.split("\n").length > 12 && !/^(#|[-*] |\d+\. )/m.test(text))
  );
}

/** What a program printed. */
export function Output({ text }: { text: string }) {
  return (
    <pre
      tabIndex={0}
      dir="ltr"
      className="max-h-80 overflow-auto rounded-md bg-sunken p-2.5 font-mono text-[13px] leading-snug"
    >
      {spans(text).map((s, i) =>
        s.color === undefined && !s.bold && !s.dim ? (
          s.text
        ) : (
          <span
            key={i}
            className={cn(s.color !== undefined && `ansi-${s.color}`, s.bold && "font-bold", s.dim && "opacity-70")}
          >
            {s.text}
          </span>
        ),
      )}
    </pre>
  );
}

function Host({ item, live }: { item: HostItem; live: boolean }) {
  const runs = live && !item.endedAt;
  const ms = useElapsed(item.at, item.endedAt, runs);
  const isTerminal = item.is === "terminal";
  const failed = item.error !== undefined || (item.exitCode !== undefined && item.exitCode !== 0);
  const title = isTerminal ? visible(item.title) : `${item.title} ${visible(item.id)}`;
  return (
    <Card
      label={isTerminal ? `Terminal: ${title}` : title}
      icon={isTerminal ? <SquareTerminal /> : <FileText />}
      tone={failed ? "bad" : undefined}
      openAtFirst={isTerminal && item.text !== ""}
      title={<bdi className={cn(isTerminal && "font-mono text-[13px]")}>{title}</bdi>}
      side={
        <>
          {isTerminal && (item.endedAt || runs) && <span>{duration(ms)}</span>}
          {item.exitCode !== undefined && item.exitCode !== 0 && (
            <span className="text-bad">{item.exitCode === null ? "by a signal" : `code ${item.exitCode}`}</span>
          )}
          <ToolMark status={failed ? "failed" : item.endedAt ? "completed" : "in_progress"} runs={runs} />
        </>
      }
    >
      {item.error || item.text ? (
        <>
          {item.error && <p className="text-bad">{item.error}</p>}
          {item.text && (isTerminal ? <Output text={item.text} /> : <CodeBlock text={item.text} className="my-0" />)}
        </>
      ) : undefined}
    </Card>
  );
}

function Plan({ item }: { item: PlanItem }) {
  const done = item.entries.filter((e) => e.status === "completed").length;
  return (
    <Card
      label="Plan"
      icon={<ListChecks />}
      title={<span className="font-medium">Plan</span>}
      side={`${done} of ${item.entries.length}`}
      openAtFirst
    >
      <ul className="grid grid-cols-1 gap-1">
        {item.entries.map((e) => (
          <li key={e.content} className="flex items-start gap-2">
            {e.status === "completed" ? (
              <Check aria-label="done" className="mt-0.5 size-4 shrink-0 text-ok" />
            ) : e.status === "in_progress" ? (
              <CircleDot aria-label="now" className="mt-0.5 size-4 shrink-0 text-accent" />
            ) : (
              <CircleDashed aria-label="to do" className="mt-0.5 size-4 shrink-0 text-faint" />
            )}
            <bdi className={cn("wrap-anywhere", e.status === "completed" && "text-muted")}>{e.content}</bdi>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Asked({ item }: { item: PermissionItem }) {
  const { answer } = item;
  const no = answer !== undefined && (answer.kind?.startsWith("reject") || answer.name === undefined);
  return (
    <article
      aria-label={`Question: ${visible(item.title)}`}
      className="flex items-start gap-2.5 px-1 py-0.5 text-muted"
    >
      {answer === undefined ? (
        <ShieldQuestion aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
      ) : no ? (
        <Ban aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
      ) : (
        <Check aria-hidden className="mt-0.5 size-4 shrink-0 text-ok" />
      )}
      <p className="wrap-anywhere min-w-0">
        Asked for <bdi className="font-medium text-fg">{visible(item.title)}</bdi>
        {": "}
        {answer === undefined ? (
          "waits for an answer"
        ) : (
          <>
            <bdi>{answer.name ? visible(answer.name) : "withdrawn"}</bdi>, by <bdi>{answer.by}</bdi>{" "}
            <time dateTime={answer.at}>at {clock(answer.at)}</time>
          </>
        )}
      </p>
    </article>
  );
}

function Turn({ item }: { item: TurnItem }) {
  const { text, tone } = stopWords(item.stopReason);
  const facts = [
    item.ms !== undefined && duration(item.ms),
    item.tokensIn !== undefined && `${compact(item.tokensIn)} tokens in, ${compact(item.tokensOut ?? 0)} out`,
    item.cost &&
      `${item.cost.currency === "USD" ? "$" : `${item.cost.currency} `}${item.cost.amount < 0.01 ? item.cost.amount.toFixed(4) : item.cost.amount.toFixed(2)}`,
  ].filter(Boolean);
  return (
    <article aria-label="End of turn" className="pt-1 pb-3" title={moment(item.at)}>
      <div className="flex items-center gap-3 text-[13px] text-muted">
        <span className={cn("shrink-0", tone === "bad" && "text-bad", tone === "warn" && "text-warn")}>{text}</span>
        <span className="tabular-nums">{facts.join(" · ")}</span>
        <span aria-hidden className="h-px flex-1 bg-line" />
      </div>
      {item.error && <p className="wrap-anywhere mt-1 text-bad">{item.error}</p>}
    </article>
  );
}

function Note({ item }: { item: NoteItem }) {
  const tones = { plain: "text-muted", ok: "text-ok", warn: "text-warn", bad: "text-bad" };
  return (
    <article aria-label="Notice" className="px-1 text-[13px]" title={moment(item.at)}>
      <p className={cn("wrap-anywhere", tones[item.tone])}>
        <bdi>{visible(item.text)}</bdi>
      </p>
      {item.detail && (
        <p dir="auto" className="wrap-anywhere mt-0.5 whitespace-pre-wrap text-muted">
          {item.detail}
        </p>
      )}
    </article>
  );
}

function Boot({ item, live }: { item: BootItem; live: boolean }) {
  const [open, setOpen] = useState(false);
  const runs = live && !item.endedAt;
  const ms = useElapsed(item.at, item.endedAt, runs);
  const last = item.lines.at(-1);
  const show = open || runs;
  return (
    <article aria-label="Start">
      <button
        type="button"
        aria-expanded={show}
        onClick={() => setOpen(!open)}
        className="flex items-center gap-2 py-1 text-muted hover:text-fg"
      >
        {runs ? <LoaderCircle aria-hidden className="size-4 animate-spin" /> : <Bot aria-hidden className="size-4" />}
        <span role={runs ? "status" : undefined} className="tabular-nums">
          {runs ? `${last?.message ?? "Starting"}…` : item.endedAt ? `Started in ${duration(ms)}` : "Start"}
        </span>
        <ChevronRight aria-hidden className={cn("size-4 transition-transform", show && "rotate-90")} />
      </button>
      {show && (
        <ol className="mt-1 ml-2 grid grid-cols-1 gap-0.5 border-l-2 pl-4 text-[13px] text-muted">
          {item.lines.map((l, i) => (
            <li key={i} className="wrap-anywhere">
              <bdi>{visible(l.message)}</bdi>
            </li>
          ))}
        </ol>
      )}
    </article>
  );
}

function pretty(value: unknown): string {
  if (typeof value === "string") return value;
  const text = JSON.stringify(value, null, 2) ?? "";
  return text.length > 50_000 ? `${text.slice(0, 50_000)}\n…` : text;
}
