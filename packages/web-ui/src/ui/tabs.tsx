import { type ReactNode, useEffect, useRef } from "react";
import { cn } from "~/lib/cn";

/** One of the views behind a row of tabs. */
export interface Tab<T extends string> {
  id: T;
  label: string;
  badge?: ReactNode;
}

/** A row of tabs: arrows move, as the pattern of WAI-ARIA says. The panel carries `id={panel}`. */
export function Tabs<T extends string>({
  tabs,
  value,
  onChange,
  label,
  panel,
  className,
}: {
  tabs: readonly Tab<T>[];
  value: T;
  onChange: (id: T) => void;
  label: string;
  panel: string;
  className?: string;
}) {
  const row = useRef<HTMLDivElement>(null);
  const move = (to: number) => {
    const tab = tabs[(to + tabs.length) % tabs.length];
    if (!tab) return;
    onChange(tab.id);
    row.current?.querySelector<HTMLElement>(`[data-tab="${tab.id}"]`)?.focus();
  };
  // On a narrow screen the row scrolls: the chosen tab is in sight.
  useEffect(() => {
    row.current
      ?.querySelector<HTMLElement>(`[data-tab="${value}"]`)
      ?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [value]);
  const at = tabs.findIndex((t) => t.id === value);
  return (
    <div
      ref={row}
      role="tablist"
      aria-label={label}
      className={cn("flex gap-0.5 overflow-x-auto [scrollbar-width:none]", className)}
      onKeyDown={(e) => {
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[e.key];
        if (to === undefined) return;
        e.preventDefault();
        move(to);
      }}
    >
      {tabs.map((t) => (
        <button
          key={t.id}
          type="button"
          role="tab"
          id={`${panel}-${t.id}`}
          data-tab={t.id}
          aria-selected={t.id === value}
          aria-controls={panel}
          tabIndex={t.id === value ? 0 : -1}
          onClick={() => onChange(t.id)}
          className={cn(
            "flex h-9 shrink-0 items-center gap-1.5 border-b-2 px-3 outline-offset-[-2px]",
            t.id === value ? "border-accent font-medium text-fg" : "border-transparent text-muted hover:text-fg",
          )}
        >
          {t.label}
          {t.badge}
        </button>
      ))}
    </div>
  );
}
