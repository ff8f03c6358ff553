import { memo, useEffect, useMemo, useState } from "react";
import { cn } from "~/lib/cn";
import { visibleLines } from "~/lib/visible";
import { CopyButton } from "~/ui/copy";
import type { Highlighted } from "./highlight";

/** Characters beyond which code stays plain. */
const COLOURED = 50_000;

/** Code with its colours, once the highlighter is there. Nothing hides in it; what is copied is what the agent wrote. */
export const CodeBlock = memo(function CodeBlock({
  text,
  language,
  className,
}: {
  text: string;
  language?: string;
  className?: string;
}) {
  const drawn = useMemo(() => visibleLines(text), [text]);
  const [colours, setColours] = useState<{ text: string; nodes: Highlighted }>();
  useEffect(() => {
    if (!language || drawn.length > COLOURED) return;
    let on = true;
    // A block that grows is coloured when it rests.
    const timer = setTimeout(() => {
      void import("./highlight").then(({ highlight }) => {
        if (on) setColours({ text: drawn, nodes: highlight(drawn, language) });
      });
    }, 120);
    return () => {
      on = false;
      clearTimeout(timer);
    };
  }, [drawn, language]);
  const shown = colours?.text === drawn ? colours.nodes : drawn;
  return (
    <div className={cn("group/code relative my-2 overflow-hidden rounded-lg border bg-sunken", className)}>
      <div className="absolute top-1.5 right-1.5 flex items-center gap-2 opacity-0 transition-opacity focus-within:opacity-100 group-hover/code:opacity-100">
        <CopyButton text={text} label="Copy code" />
      </div>
      <pre className="max-h-[32rem] overflow-auto p-3 font-mono text-[13px] leading-relaxed" tabIndex={0} dir="ltr">
        <code>{shown}</code>
      </pre>
    </div>
  );
});
