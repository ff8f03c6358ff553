import type { DirEntry, TaskResponse } from "@lia/shared";
import { DirListSchema, FilePreviewSchema } from "@lia/shared/schemas";
import { queryOptions, useQuery } from "@tanstack/react-query";
import {
  ChevronRight,
  Download,
  FileCode,
  File as FileIcon,
  FileUp,
  Folder,
  FolderOpen,
  Link2,
  RotateCw,
  X,
} from "lucide-react";
import { lazy, Suspense, useMemo, useRef, useState } from "react";
import { upload } from "~/lib/actions";
import { path as address, ask, call } from "~/lib/api";
import { cn } from "~/lib/cn";
import { patchFiles } from "~/lib/diff";
import { bytes, count } from "~/lib/format";
import { queries } from "~/lib/queries";
import { visible } from "~/lib/visible";
import { Button, buttonLook, IconButton } from "~/ui/button";
import { useDrop } from "~/ui/drop";
import { Empty, Failed, Loading, Notice } from "~/ui/state";
import { Tabs } from "~/ui/tabs";
import { say, sayFailed } from "~/ui/toast";
import { DiffLines } from "./diff";

const CodeView = lazy(() => import("./code-view").then((m) => ({ default: m.CodeView })));

const at = (id: string) => `/api/v1/tasks/${encodeURIComponent(id)}`;

const folder = (id: string, path: string) =>
  queryOptions({
    queryKey: ["task", id, "files", "folder", path],
    queryFn: ({ signal }) => call(`${at(id)}/files`, { query: { path }, schema: DirListSchema, signal }),
  });

const preview = (id: string, path: string) =>
  queryOptions({
    queryKey: ["task", id, "files", "preview", path],
    queryFn: ({ signal }) =>
      call(`/api/agents/${encodeURIComponent(id)}/files`, { query: { path }, schema: FilePreviewSchema, signal }),
  });

const changes = (id: string) =>
  queryOptions({
    queryKey: ["task", id, "files", "diff"],
    queryFn: async ({ signal }) => (await ask(`${at(id)}/diff`, { headers: { accept: "*/*" }, signal })).text(),
    retry: false,
  });

/** The workspace: its tree, its files, and what was changed in it. */
export function Files({ task }: { task: TaskResponse }) {
  const [show, setShow] = useState<"tree" | "changes">("tree");
  const [path, setPath] = useState<string>();
  const picker = useRef<HTMLInputElement>(null);

  const bring = async (files: Iterable<File>) => {
    for (const f of files) {
      try {
        await upload(task.id, f.name, f);
        say(`${f.name} is in the workspace`);
      } catch (error) {
        sayFailed(error);
      }
    }
  };

  const drop = useDrop((files) => void bring(files));

  return (
    <section
      aria-label="Files"
      className={cn("flex min-h-0 flex-1 flex-col", drop.over && "bg-accent-soft")}
      {...drop.listen}
    >
      <div className="flex shrink-0 items-center gap-1 border-b px-2">
        <Tabs
          label="Files"
          panel="files-panel"
          value={show}
          onChange={setShow}
          tabs={[
            { id: "tree", label: "Workspace" },
            { id: "changes", label: "Changes" },
          ]}
        />
        <span className="flex-1" />
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={(e) => {
            if (e.target.files) void bring(Array.from(e.target.files));
            e.target.value = "";
          }}
        />
        <IconButton
          label="Read anew"
          onClick={() => queries.invalidateQueries({ queryKey: ["task", task.id, "files"] })}
        >
          <RotateCw aria-hidden />
        </IconButton>
        <Button size="sm" look="ghost" onClick={() => picker.current?.click()}>
          <FileUp aria-hidden /> Upload
        </Button>
      </div>
      <div id="files-panel" role="tabpanel" aria-labelledby={`files-panel-${show}`} className="flex min-h-0 flex-1">
        {show === "changes" ? (
          <Changes id={task.id} />
        ) : (
          <>
            <div
              className={cn(
                "min-h-0 w-72 shrink-0 overflow-auto border-r p-1.5 max-md:w-full max-md:border-r-0",
                path && "max-md:hidden",
              )}
            >
              <Tree id={task.id} path="" chosen={path} onChoose={setPath} depth={0} />
            </div>
            <div className={cn("flex min-h-0 min-w-0 flex-1 flex-col", !path && "max-md:hidden")}>
              {path ? (
                <Preview key={path} id={task.id} path={path} onClose={() => setPath(undefined)} />
              ) : (
                <Empty icon={<FileCode />} title="Choose a file to look at" />
              )}
            </div>
          </>
        )}
      </div>
    </section>
  );
}

function Tree({
  id,
  path,
  chosen,
  onChoose,
  depth,
}: {
  id: string;
  path: string;
  chosen?: string;
  onChoose: (path: string) => void;
  depth: number;
}) {
  const list = useQuery(folder(id, path));
  if (list.isPending)
    return (
      <Loading
        what={depth === 0 ? "Reading the workspace" : "Reading"}
        className={depth > 0 ? "justify-start p-1 text-[13px]" : undefined}
      />
    );
  if (list.error && !list.data) return <Failed error={list.error} retry={() => list.refetch()} className="px-2 py-8" />;
  const entries = [...list.data.entries].sort(
    (a, b) => Number(b.kind === "directory") - Number(a.kind === "directory") || a.name.localeCompare(b.name),
  );
  if (entries.length === 0)
    return depth === 0 ? (
      <Empty icon={<Folder />} title="The workspace is empty">
        What the agent writes shows here. Drop files to bring them.
      </Empty>
    ) : (
      <p className="px-2 py-1 text-[13px] text-faint">empty</p>
    );
  return (
    <ul
      role={depth === 0 ? "tree" : "group"}
      aria-label={depth === 0 ? "Workspace" : undefined}
      onKeyDown={depth === 0 ? treeKeys : undefined}
    >
      {entries.map((e, i) => (
        <Entry
          key={e.name}
          id={id}
          entry={e}
          path={path ? `${path}/${e.name}` : e.name}
          chosen={chosen}
          onChoose={onChoose}
          depth={depth}
          first={depth === 0 && i === 0}
        />
      ))}
      {list.data.truncated && <li className="px-2 py-1 text-[13px] text-faint">There are more than are shown.</li>}
    </ul>
  );
}

/** Up, down, right and left as the pattern of WAI-ARIA for trees says. */
function treeKeys(e: React.KeyboardEvent<HTMLUListElement>) {
  const rows = [...e.currentTarget.querySelectorAll<HTMLElement>('[role="treeitem"] > button')];
  const row = rows.indexOf(document.activeElement as HTMLElement);
  if (row === -1) return;
  const open = rows[row]?.parentElement?.getAttribute("aria-expanded");
  const go = (to: number) => {
    e.preventDefault();
    rows[Math.max(0, Math.min(rows.length - 1, to))]?.focus();
  };
  if (e.key === "ArrowDown") go(row + 1);
  else if (e.key === "ArrowUp") go(row - 1);
  else if (e.key === "Home") go(0);
  else if (e.key === "End") go(rows.length - 1);
  else if (e.key === "ArrowRight" && open === "false") rows[row]?.click();
  else if (e.key === "ArrowRight" && open === "true") go(row + 1);
  else if (e.key === "ArrowLeft" && open === "true") rows[row]?.click();
  else if (e.key === "ArrowLeft") {
    const parent = rows[row]?.parentElement?.parentElement?.closest('[role="treeitem"]');
    parent?.querySelector<HTMLElement>(":scope > button")?.focus();
  }
}

function Entry({
  id,
  entry,
  path,
  chosen,
  onChoose,
  depth,
  first,
}: {
  id: string;
  entry: DirEntry;
  path: string;
  chosen?: string;
  onChoose: (path: string) => void;
  depth: number;
  first: boolean;
}) {
  const [open, setOpen] = useState(false);
  const isFolder = entry.kind === "directory";
  const Icon = isFolder ? (open ? FolderOpen : Folder) : entry.kind === "symlink" ? Link2 : FileIcon;
  const here = chosen === path;
  return (
    <li
      role="treeitem"
      aria-expanded={isFolder ? open : undefined}
      aria-selected={here}
      aria-level={depth + 1}
      tabIndex={-1}
    >
      <button
        type="button"
        tabIndex={here || (first && chosen === undefined) || depth === 0 ? 0 : -1}
        onClick={() => (isFolder ? setOpen(!open) : onChoose(path))}
        style={{ paddingLeft: 6 + depth * 14 }}
        className={cn(
          "flex h-7 w-full items-center gap-1.5 rounded-md pr-2 text-left outline-offset-[-2px] hover:bg-hover max-md:h-9",
          here && "bg-accent-soft",
        )}
      >
        <ChevronRight
          aria-hidden
          className={cn(
            "size-3.5 shrink-0 text-faint transition-transform",
            open && "rotate-90",
            !isFolder && "invisible",
          )}
        />
        <Icon aria-hidden className="size-4 shrink-0 text-faint" />
        <bdi className="min-w-0 flex-1 truncate">{visible(entry.name)}</bdi>
        {entry.kind === "file" && <span className="shrink-0 text-faint text-xs tabular-nums">{bytes(entry.size)}</span>}
      </button>
      {isFolder && open && <Tree id={id} path={path} chosen={chosen} onChoose={onChoose} depth={depth + 1} />}
    </li>
  );
}

function Preview({ id, path, onClose }: { id: string; path: string; onClose: () => void }) {
  const file = useQuery(preview(id, path));
  const isBinary = file.data?.content.includes("\0") || (file.data && countOf(file.data.content, "\ufffd") > 20);
  return (
    <section aria-label={`File ${visible(path)}`} className="flex min-h-0 flex-1 flex-col">
      <header className="flex shrink-0 items-center gap-2 border-b py-1 pr-2 pl-3">
        <bdi className="min-w-0 flex-1 truncate font-mono text-[13px]">{visible(path)}</bdi>
        <a
          className={buttonLook({ size: "sm", look: "ghost" })}
          href={address(`${at(id)}/files/content`, { path })}
          download={path.split("/").pop()}
        >
          <Download aria-hidden /> Download
        </a>
        <IconButton label="Close the file" onClick={onClose}>
          <X aria-hidden />
        </IconButton>
      </header>
      {file.isPending && <Loading what="Reading the file" />}
      {file.error && !file.data && <Failed error={file.error} retry={() => file.refetch()} />}
      {file.data?.truncated && (
        <Notice className="m-2" tone="warn">
          Only its first {count(file.data.maxChars, "character")} are shown.
        </Notice>
      )}
      {file.data &&
        (isBinary ? (
          <Empty icon={<FileIcon />} title="Not a text">
            Download it to open it with a program of yours.
          </Empty>
        ) : (
          <Suspense fallback={<Loading what="Opening" />}>
            <CodeView path={path} text={file.data.content} />
          </Suspense>
        ))}
    </section>
  );
}

function countOf(text: string, what: string): number {
  let n = 0;
  for (let i = text.indexOf(what); i !== -1 && n < 100; i = text.indexOf(what, i + 1)) n++;
  return n;
}

function Changes({ id }: { id: string }) {
  const diff = useQuery(changes(id));
  const files = useMemo(() => patchFiles(diff.data ?? ""), [diff.data]);
  if (diff.isPending) return <Loading what="Comparing" className="flex-1" />;
  if (diff.error && /not a git repository/i.test(diff.error.message))
    return (
      <div className="flex-1">
        <Empty icon={<FileCode />} title="No repository in the workspace">
          Changes are shown for a workspace that is a git repository.
        </Empty>
      </div>
    );
  if (diff.error) return <Failed error={diff.error} retry={() => diff.refetch()} className="flex-1" />;
  if (files.length === 0)
    return (
      <div className="flex-1">
        <Empty icon={<FileCode />} title="Nothing was changed" />
      </div>
    );
  return (
    <div className="min-h-0 flex-1 overflow-auto p-3">
      <p className="mb-2 text-muted">{count(files.length, "file")} changed</p>
      <div className="grid grid-cols-1 gap-3">
        {files.map((f) => (
          <details key={f.path} open={files.length < 20} className="overflow-hidden rounded-md border">
            <summary className="border-b bg-sunken px-3 py-1.5 font-mono text-[13px]">
              <bdi>{visible(f.path)}</bdi>
            </summary>
            <DiffLines lines={f.lines} />
          </details>
        ))}
      </div>
    </div>
  );
}
