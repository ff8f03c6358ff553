import icon from "~/assets/icon.svg";
import { cn } from "~/lib/cn";

/** The mark. */
export function Logo({ className }: { className?: string }) {
  return <img src={icon} alt="" className={cn("size-6", className)} />;
}
