// Reading what an agent sent. Nothing in it can be trusted to have any form.

/** The value as an object; an empty one when it is none. */
export function obj(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** The value as a list. */
export function arr(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as a text; `""` when it is none. */
export function str(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The value as a finite number. */
export function num(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The text of an ACP content block. */
export function blockText(value: unknown): string {
  const block = obj(value);
  switch (block.type) {
    case "text":
      return str(block.text);
    case "resource_link":
      return `[${str(block.name) || str(block.uri)}](${str(block.uri)})`;
    case "resource":
      return str(obj(block.resource).text) || str(obj(block.resource).uri);
    case "image":
      return "*(an image)*";
    case "audio":
      return "*(a sound)*";
    default:
      return "";
  }
}
