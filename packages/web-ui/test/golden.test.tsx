// @vitest-environment jsdom
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { LogEventSchema } from "@lia/shared/schemas";
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { Conversation } from "~/log/conversation";
import { readEntry, word } from "~/log/event";
import { summary } from "~/views/session/events";
import { ItemView } from "~/views/session/items";

afterEach(cleanup);

const folder = resolve("../../crates/contract/fixtures");

interface Cases {
  golden?: unknown[];
  accepted?: unknown[];
}

/** The contract's samples of what the server writes into a log. */
function samples(): unknown[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) =>
      Object.entries(
        (JSON.parse(readFileSync(resolve(folder, name), "utf8")) as { types: Record<string, Cases> }).types,
      ),
    )
    .filter(([type]) => type.endsWith("LogEvent"))
    .flatMap(([, cases]) => [...(cases.golden ?? []), ...(cases.accepted ?? [])]);
}

test("every kind of the log has a sample, and each is read, folded, summed up and drawn", () => {
  const entries = samples().map(readEntry);
  const kinds = LogEventSchema.options.flatMap((o) => [...(o._zod.propValues.kind ?? [])]);
  expect(new Set(entries.map(word))).toEqual(new Set(kinds));
  for (const entry of entries) {
    const conversation = new Conversation();
    conversation.push(entry);
    for (const item of conversation.commit()) {
      const { container, unmount } = render(<ItemView item={item} live={false} terminal={() => undefined} />);
      expect(container.textContent).not.toBe("");
      unmount();
    }
    expect(typeof summary(entry)).toBe("string");
  }
});
