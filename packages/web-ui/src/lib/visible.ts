/** Characters that turn the order of others around, or that nobody sees. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * A text from an agent on one line, in which nothing hides: titles of what is to be allowed, names of files, hosts. What has no
 * shape of its own, or changes the order of its neighbours, shows as its number.
 */
export function visible(text: string): string {
  return text
    .replace(/[\n\r\t]+/g, " ")
    .replace(hidden, (c) => `⟨${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

/** The same with its line breaks. */
export function visibleLines(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .split("\n")
    .map((line) => line.replace(/\t/g, "  "))
    .map(visible)
    .join("\n");
}
