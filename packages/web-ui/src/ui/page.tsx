import { type ReactNode, useEffect } from "react";
import { cn } from "~/lib/cn";

/** What the window is called. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Lia` : "Lia";
  }, [title]);
}

/** A view with a heading and what can be done. */
export function Page({
  title,
  about,
  actions,
  children,
  className,
}: {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  useTitle(title);
  return (
    <div className={cn("mx-auto w-full max-w-5xl px-4 py-6 sm:px-6", className)}>
      <header className="mb-5 flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1">
          <h1 className="font-semibold text-xl tracking-tight">{title}</h1>
          {about && <p className="mt-0.5 text-muted">{about}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
