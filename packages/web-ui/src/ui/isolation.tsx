import type { RuntimeStatus } from "@lia/shared";
import { Check, X } from "lucide-react";

/** What isolates a runtime's sandboxes, means by means. */
export function IsolationList({ runtime }: { runtime: RuntimeStatus }) {
  return (
    <ul className="grid grid-cols-1 gap-x-6 gap-y-1.5 rounded-lg border p-3.5 sm:grid-cols-2">
      {runtime.isolation.map((i) => (
        <li key={i.name} className="flex items-start gap-2">
          {i.active ? (
            <Check aria-label="in force" className="mt-0.5 size-4 shrink-0 text-ok" />
          ) : (
            <X aria-label="not in force" className="mt-0.5 size-4 shrink-0 text-warn" />
          )}
          <div className="min-w-0">
            <p className="font-medium text-[13px]">{i.name}</p>
            <p className="wrap-anywhere text-[13px] text-muted">{i.how}</p>
          </div>
        </li>
      ))}
    </ul>
  );
}
