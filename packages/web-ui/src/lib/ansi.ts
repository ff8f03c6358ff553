/** A piece of a terminal's text and how it looks. */
export interface Span {
  text: string;
  /** One of the sixteen colours, 0 to 15. */
  color?: number;
  bold?: boolean;
  dim?: boolean;
}

/** Everything that a terminal would obey: control sequences, operating system commands, single escapes, control characters. */
const sequence =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\u001b\[([0-9;:?<=>]*)[ -/]*([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[PX^_][^\u001b]*(?:\u001b\\)?|\u001b[ -/]*[0-~]?|[\u0000-\u0008\u000b\u000c\u000e-\u001a\u007f]/g;

/** A terminal's output as plain text with colours: nothing in it is obeyed but those. */
export function spans(raw: string): Span[] {
  const out: Span[] = [];
  let style: Omit<Span, "text"> = {};
  let from = 0;
  const put = (text: string) => {
    const last = out.at(-1);
    if (text === "") return;
    if (last && last.color === style.color && last.bold === style.bold && last.dim === style.dim) last.text += text;
    else out.push({ text, ...style });
  };
  for (const match of raw.matchAll(sequence)) {
    put(lines(raw.slice(from, match.index)));
    from = match.index + match[0].length;
    if (match[2] === "m") style = styled(style, match[1] ?? "");
  }
  put(lines(raw.slice(from)));
  return out;
}

/** What a carriage return wrote over is gone. */
function lines(text: string): string {
  return text
    .replace(/\r+\n/g, "\n")
    .replace(/[^\n\r]*\r(?=[^\n])/g, "")
    .replace(/\r/g, "");
}

function styled(before: Omit<Span, "text">, codes: string): Omit<Span, "text"> {
  let style = { ...before };
  const all = codes === "" ? [0] : codes.split(/[;:]/).map(Number);
  for (let i = 0; i < all.length; i++) {
    const n = all[i] ?? 0;
    if (n === 0) style = {};
    else if (n === 1) style.bold = true;
    else if (n === 2) style.dim = true;
    else if (n === 22) style = { ...(style.color !== undefined && { color: style.color }) };
    else if (n >= 30 && n <= 37) style.color = n - 30;
    else if (n >= 90 && n <= 97) style.color = n - 82;
    else if (n === 39) delete style.color;
    else if (n === 38 || n === 48) {
      const c = all[i + 2];
      if (all[i + 1] === 5 && n === 38 && c !== undefined && c < 16) style.color = c;
      i += all[i + 1] === 2 ? 4 : 2;
    }
  }
  return style;
}
