import { FitAddon } from "@xterm/addon-fit";
import { type ITheme, Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { useEffect, useRef } from "react";
import { strictStyles } from "~/lib/strict-styles";

// The scheme of the page, light and dark; the sixteen colours are readable on their ground.
const light: ITheme = {
  background: "#ffffff",
  foreground: "#18181b",
  cursor: "#4f46e5",
  cursorAccent: "#ffffff",
  selectionBackground: "#c7ccff",
  black: "#18181b",
  red: "#b3261e",
  green: "#12703a",
  yellow: "#8a5300",
  blue: "#1f5fbf",
  magenta: "#8a2be2",
  cyan: "#0e6f7a",
  white: "#6c6c78",
  brightBlack: "#5b5b66",
  brightRed: "#c0392b",
  brightGreen: "#1a7f37",
  brightYellow: "#9a6700",
  brightBlue: "#2563eb",
  brightMagenta: "#9333ea",
  brightCyan: "#0891b2",
  brightWhite: "#3f3f46",
};
const dark: ITheme = {
  background: "#0e0f12",
  foreground: "#ececef",
  cursor: "#a5a8ff",
  cursorAccent: "#0e0f12",
  selectionBackground: "#3a3d6b",
  black: "#3a3d45",
  red: "#ff8a80",
  green: "#4ade80",
  yellow: "#fbbf24",
  blue: "#8ab8ff",
  magenta: "#c4a5ff",
  cyan: "#67e8f9",
  white: "#d4d4d8",
  brightBlack: "#8b8e99",
  brightRed: "#ffaaa3",
  brightGreen: "#86efac",
  brightYellow: "#fcd34d",
  brightBlue: "#b3d0ff",
  brightMagenta: "#ddc9ff",
  brightCyan: "#a5f3fc",
  brightWhite: "#ffffff",
};

function colours(): ITheme {
  const wanted = document.documentElement.dataset.theme;
  const isDark = wanted ? wanted === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  return isDark ? dark : light;
}

/** Lines that can be scrolled back to. */
const SCROLLBACK = 10_000;

/**
 * A terminal. `attach` is called when it is there, with the terminal, and gives what ends it; `onResize` hears of each new size, the
 * first too.
 */
export function XTerm({
  label,
  readOnly,
  attach,
  onData,
  onResize,
}: {
  label: string;
  readOnly?: boolean;
  attach: (terminal: Terminal) => () => void;
  onData?: (data: string) => void;
  onResize?: (size: { cols: number; rows: number }) => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const call = useRef({ attach, onData, onResize });
  call.current = { attach, onData, onResize };

  useEffect(() => {
    const el = place.current;
    if (!el) return;
    const release = strictStyles();
    const terminal = new Terminal({
      theme: colours(),
      scrollback: SCROLLBACK,
      fontSize: 13,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--font-mono") || "monospace",
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      screenReaderMode: true,
      disableStdin: readOnly ?? false,
      // A program in the sandbox may not change the page's title, nor the clipboard.
      windowOptions: {},
      // Links that a program names are not opened.
      linkHandler: null,
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(el);
    terminal.textarea?.setAttribute("aria-label", label);
    const data = terminal.onData((text) => call.current.onData?.(text));
    const size = terminal.onResize((s) => call.current.onResize?.(s));
    const detach = call.current.attach(terminal);
    let frame = 0;
    const refit = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        if (el.clientWidth === 0 || el.clientHeight === 0) return;
        // Until a character has been measured there is nothing to go by.
        if (fit.proposeDimensions()) fit.fit();
        else refit();
      });
    };
    const observer = new ResizeObserver(refit);
    observer.observe(el);
    refit();
    call.current.onResize?.({ cols: terminal.cols, rows: terminal.rows });
    const recolour = () => {
      terminal.options.theme = colours();
    };
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", recolour);
    if (!readOnly && !matchMedia("(pointer: coarse)").matches) terminal.focus();
    return () => {
      cancelAnimationFrame(frame);
      scheme.removeEventListener("change", recolour);
      observer.disconnect();
      detach();
      data.dispose();
      size.dispose();
      terminal.dispose();
      release();
    };
  }, [label, readOnly]);

  return (
    <div ref={place} role="group" aria-label={label} className="min-h-0 min-w-0 flex-1 overflow-hidden bg-bg p-2" />
  );
}
