/** Characters after which a message goes on in another part: each is drawn alone, so that drawing stays quick. */
export const PART = 6_000;

/** The fence that is open at the end of a text (```` ```rust ````), if one is. */
export function openFence(text: string, begun?: string): string | undefined {
  let open = begun;
  for (const match of text.matchAll(/^ {0,3}(`{3,}|~{3,})([^\n]*)$/gm)) {
    const [, mark = "", info = ""] = match;
    if (open === undefined) {
      if (mark[0] === "~" || !info.includes("`")) open = mark + info;
    } else if (mark[0] === open[0] && mark.length >= fenceLength(open) && info.trim() === "") open = undefined;
  }
  return open;
}

function fenceLength(fence: string): number {
  return /^(`+|~+)/.exec(fence)?.[0].length ?? 3;
}

/**
 * Where to cut a text that has grown past {@link PART}: after its last empty line, else its last line, else anywhere between two
 * characters. 0 when it is short enough.
 */
export function cut(text: string): number {
  if (text.length <= PART) return 0;
  const floor = PART / 2;
  const block = text.lastIndexOf("\n\n", PART);
  if (block >= floor) return block + 2;
  const line = text.lastIndexOf("\n", PART);
  if (line >= floor) return line + 1;
  const code = text.charCodeAt(PART - 1);
  return code >= 0xd800 && code < 0xdc00 ? PART - 1 : PART;
}
