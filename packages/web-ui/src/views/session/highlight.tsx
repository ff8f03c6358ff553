import { common, createLowlight } from "lowlight";
import type { ReactNode } from "react";

const lowlight = createLowlight(common);

/** Code as coloured nodes. */
export type Highlighted = ReactNode;

type Node = ReturnType<typeof lowlight.highlight>["children"][number];

function draw(node: Node, key: number): ReactNode {
  if (node.type === "text") return node.value;
  if (node.type !== "element") return null;
  const classes = node.properties.className;
  return (
    <span key={key} className={Array.isArray(classes) ? classes.join(" ") : undefined}>
      {node.children.map((child, i) => draw(child as Node, i))}
    </span>
  );
}

/** Colours code; plain where the language is not known. */
export function highlight(text: string, language: string): Highlighted {
  if (!lowlight.registered(language)) return text;
  return lowlight.highlight(language, text).children.map(draw);
}
