// Server-sent events from a stream of text: https://html.spec.whatwg.org/multipage/server-sent-events.html

/** One event. */
export interface ServerEvent {
  event: string;
  data: string;
  id?: string;
}

/** Longest line that is kept; the log's own events are far below. */
const LINE = 64 << 20;

/** Takes the text as it comes, in whatever pieces, and gives the events that are complete. */
export class SseParser {
  #rest = "";
  #data: string[] = [];
  #event = "";
  #id: string | undefined;

  /** The events that end in `text`. */
  push(text: string): ServerEvent[] {
    const all = this.#rest + text;
    const found: ServerEvent[] = [];
    let from = 0;
    // Looked for again only when it has been passed: else each line would be a search through all the rest.
    let cr = all.indexOf("\r");
    for (;;) {
      let end = all.indexOf("\n", from);
      if (cr !== -1 && cr < from) cr = all.indexOf("\r", from);
      let next = end + 1;
      if (cr !== -1 && (end === -1 || cr < end)) {
        // A CR at the very end may be the first half of CRLF.
        if (cr === all.length - 1) break;
        next = all[cr + 1] === "\n" ? cr + 2 : cr + 1;
        end = cr;
      }
      if (end === -1) break;
      const event = this.#line(all.slice(from, end));
      if (event) found.push(event);
      from = next;
    }
    this.#rest = all.slice(from);
    if (this.#rest.length > LINE) throw new Error("a line of the event stream is too long");
    return found;
  }

  #line(line: string): ServerEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    let value = colon === -1 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    const [data, event, id] = [this.#data, this.#event || "message", this.#id];
    this.#data = [];
    this.#event = "";
    this.#id = undefined;
    return data.length === 0 ? undefined : { event, data: data.join("\n"), ...(id !== undefined && { id }) };
  }
}
