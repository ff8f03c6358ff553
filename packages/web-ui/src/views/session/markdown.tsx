import { memo, type ReactNode, useMemo } from "react";
import ReactMarkdown, { type Components, defaultUrlTransform } from "react-markdown";
import remarkGfm from "remark-gfm";
import { visible } from "~/lib/visible";
import { CodeBlock } from "./code-block";

// What an agent writes is drawn from Markdown's tree, never from HTML: tags in it show as text, and only addresses that open
// a page or a mail become links. Pictures are links too, since looking at one would tell its host.

const plugins = [remarkGfm];

const components: Components = {
  a: ({ href, children }) => <Out href={href}>{children}</Out>,
  img: ({ src, alt }) => <Out href={typeof src === "string" ? src : undefined}>{alt || "picture"}</Out>,
  pre: ({ children }) => <>{children}</>,
  code: ({ className, children }) => {
    const text = String(children ?? "");
    const language = /language-([^\s]+)/.exec(className ?? "")?.[1];
    if (language !== undefined || text.endsWith("\n"))
      return <CodeBlock text={text.replace(/\n$/, "")} language={language} />;
    return <code dir="ltr">{visible(text)}</code>;
  },
  table: ({ children }) => (
    <div className="overflow-x-auto" role="region" aria-label="Table" tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
  input: ({ checked }) => (
    <input type="checkbox" checked={checked === true} readOnly disabled aria-label={checked ? "done" : "to do"} />
  ),
  // Headings of an answer are below those of the page.
  h1: ({ children }) => <h2>{children}</h2>,
  h2: ({ children }) => <h3>{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
  h4: ({ children }) => <h5>{children}</h5>,
  h5: ({ children }) => <h6>{children}</h6>,
};

function Out({ href, children }: { href?: string; children: ReactNode }) {
  const safe = href && /^(https?:|mailto:)/i.test(href) ? href : undefined;
  if (!safe) return <span>{children}</span>;
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer nofollow" title={safe}>
      {children}
    </a>
  );
}

/**
 * Ends what a text that is still being written has left open, so that it does not jump: a code block, and at its last line
 * emphasis and code.
 */
export function finish(text: string, fence?: string): string {
  return fence === undefined ? text : `${fence}\n${text}`;
}

/** A part of a message. */
export const Markdown = memo(function Markdown({ text, fence }: { text: string; fence?: string }) {
  const source = useMemo(() => finish(text, fence), [text, fence]);
  return (
    <div className="prose" dir="auto">
      <ReactMarkdown remarkPlugins={plugins} components={components} urlTransform={defaultUrlTransform}>
        {source}
      </ReactMarkdown>
    </div>
  );
});
