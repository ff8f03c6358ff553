import { css } from "@codemirror/lang-css";
import { html } from "@codemirror/lang-html";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { markdown } from "@codemirror/lang-markdown";
import { python } from "@codemirror/lang-python";
import { rust } from "@codemirror/lang-rust";
import { HighlightStyle, type LanguageSupport, syntaxHighlighting } from "@codemirror/language";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightSpecialChars, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";

const languages: Record<string, () => LanguageSupport> = {
  css,
  html,
  htm: html,
  svg: html,
  xml: html,
  vue: html,
  js: () => javascript({ jsx: true }),
  jsx: () => javascript({ jsx: true }),
  mjs: () => javascript(),
  cjs: () => javascript(),
  ts: () => javascript({ typescript: true }),
  tsx: () => javascript({ typescript: true, jsx: true }),
  json,
  md: markdown,
  markdown,
  py: python,
  rs: rust,
};

/** The language of a file, by its name. */
export function languageOf(path: string): LanguageSupport | undefined {
  return languages[path.split(".").pop()?.toLowerCase() ?? ""]?.();
}

// The page's variables reach into the shadow tree.
const look: Extension = [
  EditorView.theme({
    "&": { height: "100%", backgroundColor: "var(--bg)", color: "var(--fg)", fontSize: "13px" },
    ".cm-scroller": { fontFamily: "var(--font-mono, monospace)", lineHeight: "1.55" },
    ".cm-gutters": { backgroundColor: "var(--bg)", color: "var(--faint)", border: "none" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
    ".cm-specialChar": { color: "var(--bad)" },
    "&.cm-focused": { outline: "2px solid var(--ring)", outlineOffset: "-2px" },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: [tags.comment, tags.meta], color: "var(--faint)" },
      {
        tag: [tags.keyword, tags.modifier, tags.operatorKeyword, tags.bool, tags.null],
        color: "light-dark(#8a2be2, #c4a5ff)",
      },
      { tag: [tags.string, tags.regexp, tags.inserted, tags.attributeValue], color: "light-dark(#12703a, #7ee2a8)" },
      { tag: [tags.number, tags.literal, tags.unit], color: "light-dark(#9a4a00, #f5b975)" },
      {
        tag: [
          tags.typeName,
          tags.className,
          tags.tagName,
          tags.definition(tags.variableName),
          tags.function(tags.variableName),
          tags.heading,
        ],
        color: "light-dark(#1f5fbf, #8ab8ff)",
      },
      { tag: [tags.deleted, tags.invalid], color: "light-dark(#b3261e, #ff9d95)" },
      { tag: tags.heading, fontWeight: "600" },
      { tag: tags.link, textDecoration: "underline" },
    ]),
  ),
];

/**
 * A file's text. It lives in a shadow tree: there CodeMirror's styles are constructed style sheets, which the page's policy allows.
 */
export function CodeView({ path, text }: { path: string; text: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const host = place.current;
    if (!host) return;
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    const inner = document.createElement("div");
    inner.style.height = "100%";
    root.append(inner);
    const language = languageOf(path);
    const view = new EditorView({
      root,
      parent: inner,
      state: EditorState.create({
        doc: text,
        extensions: [
          EditorState.readOnly.of(true),
          lineNumbers(),
          highlightSpecialChars(),
          highlightActiveLine(),
          drawSelection(),
          EditorView.contentAttributes.of({ "aria-label": `Text of ${path}`, tabindex: "0" }),
          look,
          ...(language ? [language] : []),
        ],
      }),
    });
    return () => {
      view.destroy();
      inner.remove();
    };
  }, [path, text]);
  return <div ref={place} className="min-h-0 min-w-0 flex-1 overflow-hidden" />;
}
