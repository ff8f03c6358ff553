import { type ComponentProps, type ReactNode, useId } from "react";
import { cn } from "~/lib/cn";

const box =
  "w-full rounded-md border border-line-strong/60 bg-raised text-fg text-sm placeholder:text-faint disabled:opacity-60 aria-invalid:border-bad max-sm:text-base";

/** A line of text. */
export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cn(box, "h-9 px-3", className)} {...rest} />;
}

/** A text of several lines. */
export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={cn(box, "min-h-20 px-3 py-2", className)} {...rest} />;
}

/** One of several; the platform's own, so that a phone shows its wheel. */
export function Select({ className, ...rest }: ComponentProps<"select">) {
  return <select className={cn(box, "h-9 pr-8 pl-2.5", className)} {...rest} />;
}

/** A labelled control. `children` is given the id that joins the two. */
export function Field({
  label,
  hint,
  error,
  children,
  className,
}: {
  label: string;
  hint?: ReactNode;
  error?: string;
  children: (control: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode;
  className?: string;
}) {
  const id = useId();
  const about = hint || error ? `${id}-about` : undefined;
  return (
    <div className={cn("grid grid-cols-1 content-start gap-1.5", className)}>
      <label htmlFor={id} className="font-medium text-[13px]">
        {label}
      </label>
      {children({ id, ...(about && { "aria-describedby": about }), ...(error && { "aria-invalid": true as const }) })}
      {about && (
        <p id={about} className={cn("text-[13px]", error ? "text-bad" : "text-muted")}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

/** On or off, at once. */
export function Toggle({
  label,
  hint,
  checked,
  disabled,
  onChange,
}: {
  label: string;
  hint?: ReactNode;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <div className="flex items-start gap-3">
      <input
        id={id}
        type="checkbox"
        role="switch"
        checked={checked}
        aria-checked={checked}
        disabled={disabled}
        onChange={(e) => onChange(e.target.checked)}
        aria-describedby={hint ? `${id}-about` : undefined}
        className={cn(
          "relative mt-0.5 h-5 w-9 shrink-0 appearance-none rounded-full bg-line-strong transition-colors checked:bg-accent-bg disabled:opacity-50",
          "before:absolute before:top-0.5 before:left-0.5 before:size-4 before:rounded-full before:bg-white before:transition-transform checked:before:translate-x-4",
        )}
      />
      <div>
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {hint && (
          <p id={`${id}-about`} className="text-[13px] text-muted">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
