import { CloudOff } from "lucide-react";
import { useEffect, useState } from "react";
import { visible } from "~/lib/visible";
import type { Link } from "~/log/reader";
import { Button } from "~/ui/button";

/** Says that the page is cut off from the server, for how long, and when it tries again. */
export function CutOff({ link, retry }: { link: Link; retry: () => void }) {
  const [now, setNow] = useState(Date.now);
  const cut = link.is === "cut";
  useEffect(() => {
    if (!cut) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [cut]);
  if (link.is === "gone")
    return (
      <div role="alert" className="shrink-0 border-b bg-warn-soft px-4 py-1.5 text-[13px] text-warn">
        This session is no longer there.
      </div>
    );
  if (!cut) return null;
  const wait = Math.max(0, Math.ceil((link.retryAt - now) / 1000));
  return (
    <div
      role="alert"
      className="flex shrink-0 items-center gap-2 border-b bg-warn-soft px-4 py-1 text-[13px] text-warn"
    >
      <CloudOff aria-hidden className="size-4 shrink-0" />
      <p className="min-w-0 flex-1">
        Cut off from the server: {visible(link.why)}. What happens meanwhile will be shown when it is back
        <span aria-hidden>{wait > 0 ? `; next try in ${wait} s` : "; trying"}</span>.
      </p>
      <Button size="sm" onClick={retry}>
        Try now
      </Button>
    </div>
  );
}
