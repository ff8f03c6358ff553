import { AlertTriangle, LoaderCircle, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { ApiFailure, sentence } from "~/lib/api";
import { cn } from "~/lib/cn";
import { Button } from "./button";

/** It takes a moment. Screen readers are told once. */
export function Loading({ what = "Loading", className }: { what?: string; className?: string }) {
  return (
    <div role="status" className={cn("flex items-center justify-center gap-2 p-8 text-muted", className)}>
      <LoaderCircle className="size-4 animate-spin" aria-hidden />
      {what}…
    </div>
  );
}

/** There is nothing yet, and what to do about it. */
export function Empty({ icon, title, children }: { icon?: ReactNode; title: string; children?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-6 py-14 text-center">
      {icon && (
        <div aria-hidden className="mb-1 text-faint [&_svg]:size-8">
          {icon}
        </div>
      )}
      <p className="font-medium text-base">{title}</p>
      {children && <div className="text-muted">{children}</div>}
    </div>
  );
}

/** Something failed, in words, with what can be done. */
export function Failed({
  error,
  retry,
  title,
  className,
}: {
  error: unknown;
  retry?: () => void;
  title?: string;
  className?: string;
}) {
  const gone = error instanceof ApiFailure && error.status === 404;
  return (
    <div
      role="alert"
      className={cn("mx-auto flex max-w-md flex-col items-center gap-3 px-6 py-14 text-center", className)}
    >
      <AlertTriangle className="size-7 text-warn" aria-hidden />
      <p className="font-medium text-base">{title ?? (gone ? "It is not there" : "That did not work")}</p>
      <p className="wrap-anywhere text-muted">{sentence(error)}</p>
      {retry && !gone && (
        <Button onClick={retry}>
          <RotateCw aria-hidden /> Try again
        </Button>
      )}
    </div>
  );
}

/** A sentence that belongs to what is around it. */
export function Notice({
  tone = "plain",
  children,
  className,
  role,
}: {
  tone?: "plain" | "ok" | "warn" | "bad";
  children: ReactNode;
  className?: string;
  role?: "alert" | "status";
}) {
  const tones = {
    plain: "border-line bg-sunken text-fg",
    ok: "border-ok/30 bg-ok-soft text-ok",
    warn: "border-warn/30 bg-warn-soft text-warn",
    bad: "border-bad/30 bg-bad-soft text-bad",
  };
  return (
    <div role={role} className={cn("wrap-anywhere rounded-md border px-3 py-2 text-[13px]", tones[tone], className)}>
      {children}
    </div>
  );
}
