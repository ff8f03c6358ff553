import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { cn } from "~/lib/cn";

const variants = cva(
  "inline-flex shrink-0 items-center justify-center gap-2 rounded-md font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      look: {
        primary: "bg-accent-bg text-white hover:brightness-110",
        secondary: "border border-line-strong/60 bg-raised text-fg hover:bg-hover",
        ghost: "text-muted hover:bg-hover hover:text-fg",
        danger: "border border-bad/50 bg-raised text-bad hover:bg-bad-soft",
      },
      size: {
        md: "h-9 px-3.5 text-sm",
        sm: "h-7 px-2.5 text-[13px]",
        icon: "size-8",
        "icon-sm": "size-7 [&_svg]:size-3.5",
      },
    },
    defaultVariants: { look: "secondary", size: "md" },
  },
);

/** A button; its looks alone as {@link buttonLook}, for links. */
export function Button({
  className,
  look,
  size,
  type = "button",
  ...rest
}: ComponentProps<"button"> & VariantProps<typeof variants>) {
  return <button type={type} className={cn(variants({ look, size }), className)} {...rest} />;
}

/** The classes of a button. */
export const buttonLook = variants;

/** A button that shows an icon alone; its label is for screen readers and the pointer that rests on it. */
export function IconButton({
  label,
  size = "icon",
  look = "ghost",
  ...rest
}: { label: string } & ComponentProps<typeof Button>) {
  return <Button aria-label={label} title={label} size={size} look={look} {...rest} />;
}
