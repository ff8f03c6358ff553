import { useMemo } from "react";
import { cn } from "~/lib/cn";
import { type DiffLine, diffLines } from "~/lib/diff";
import { count } from "~/lib/format";
import { visible, visibleLines } from "~/lib/visible";

/** Lines that are drawn. */
const MOST = 800;

/** What was changed in a file, line by line. */
export function Diff({ path, before, after }: { path: string; before: string; after: string }) {
  const lines = useMemo(() => diffLines(before, after), [before, after]);
  const added = lines.filter((l) => l.is === "+").length;
  const removed = lines.filter((l) => l.is === "-").length;
  return (
    <figure className="overflow-hidden rounded-md border">
      <figcaption className="flex items-center gap-3 border-b bg-sunken px-3 py-1.5 text-[13px]">
        <bdi className="min-w-0 flex-1 truncate font-mono">{visible(path)}</bdi>
        <span className="text-ok" role="img" aria-label={count(added, "line added", "lines added")}>
          +{added}
        </span>
        <span className="text-bad" role="img" aria-label={count(removed, "line removed", "lines removed")}>
          −{removed}
        </span>
      </figcaption>
      <DiffLines lines={lines} />
    </figure>
  );
}

/** The lines themselves. */
export function DiffLines({ lines }: { lines: readonly DiffLine[] }) {
  const shown = lines.slice(0, MOST);
  return (
    <div className="max-h-96 overflow-auto" tabIndex={0} role="group" aria-label="Changed lines">
      <table className="w-full min-w-max border-collapse font-mono text-[13px] leading-5" dir="ltr">
        <tbody>
          {shown.map((l, i) => (
            <tr
              key={i}
              className={cn(
                l.is === "+" && "bg-ok-soft",
                l.is === "-" && "bg-bad-soft",
                l.is === "@" && "bg-sunken text-muted",
              )}
            >
              <td className="w-10 select-none px-2 text-right text-faint">{l.old ?? ""}</td>
              <td className="w-10 select-none px-2 text-right text-faint">{l.new ?? ""}</td>
              <td className={cn("w-4 select-none text-center", l.is === "+" && "text-ok", l.is === "-" && "text-bad")}>
                {l.is === "+" || l.is === "-" ? l.is : ""}
              </td>
              <td className="whitespace-pre pr-3">{visibleLines(l.text) || " "}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {lines.length > MOST && (
        <p className="px-3 py-2 text-muted">{count(lines.length - MOST, "more line")} not shown</p>
      )}
    </div>
  );
}
