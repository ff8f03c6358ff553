import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { sentence } from "~/lib/api";
import { Button, IconButton } from "./button";
import { Notice } from "./state";

/**
 * A window over the page. The veil is our own element: that of Radix puts a style sheet into the page, which the page's policy
 * forbids.
 */
export function Dialog({
  open,
  onOpenChange,
  title,
  about,
  children,
  wide,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  about?: ReactNode;
  children: ReactNode;
  wide?: boolean;
}) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <div className="fixed inset-0 z-40 bg-black/50" />
        <Radix.Content
          {...(about ? {} : { "aria-describedby": undefined })}
          className={`fixed top-1/2 left-1/2 z-50 flex max-h-[min(90dvh,52rem)] w-[calc(100vw-1.5rem)] -translate-x-1/2 -translate-y-1/2 flex-col rounded-xl border bg-raised shadow-2xl outline-none ${wide ? "max-w-2xl" : "max-w-md"}`}
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-2">
            <div className="min-w-0 flex-1">
              <Radix.Title className="font-semibold text-base">{title}</Radix.Title>
              {about && <Radix.Description className="mt-1 text-muted">{about}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton label="Close">
                <X aria-hidden />
              </IconButton>
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-1 pb-5">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** The end of a form in a dialog: what went wrong, and the two ways out. */
export function FormEnd({
  act,
  done,
  incomplete = false,
  onClose,
}: {
  /** What the form does, as its mutation stands. */
  act: { error: unknown; isPending: boolean };
  /** The word on the button that does it. */
  done: string;
  /** Whether something is still to be filled in. */
  incomplete?: boolean;
  onClose: () => void;
}) {
  return (
    <>
      {act.error ? (
        <Notice tone="bad" role="alert">
          {sentence(act.error)}
        </Notice>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" disabled={act.isPending || incomplete}>
          {done}
        </Button>
      </div>
    </>
  );
}
