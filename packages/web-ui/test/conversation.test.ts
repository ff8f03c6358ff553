import { expect, test } from "vitest";
import { Conversation } from "~/log/conversation";
import { type Entry, readEntry, word } from "~/log/event";
import type { Item, TextItem } from "~/log/items";
import { PART } from "~/log/text";
import { Log } from "./helpers";

function fold(events: readonly Entry[]): readonly Item[] {
  const conversation = new Conversation();
  for (const event of events) conversation.push(event);
  return conversation.commit();
}

const isText = (i: Item): i is TextItem => i.is === "text";
const kinds = (items: readonly Item[]) => items.map((i) => i.is);

test("chunks of one message are one text; what comes between ends it", () => {
  const items = fold(
    new Log()
      .prompt("Hello")
      .think("hm")
      .say("a ")
      .say("b")
      .update({ sessionUpdate: "tool_call", toolCallId: "t1", title: "Read" })
      .say("c")
      .end().events,
  );
  expect(kinds(items)).toEqual(["user", "thought", "text", "tool", "text", "turn"]);
  expect(items[0]).toMatchObject({ text: "Hello" });
  expect(items[2]).toMatchObject({ text: "a b" });
  expect(items[5]).toMatchObject({ stopReason: "end_turn", ms: 700 });
  expect(items.filter((i) => (i.is === "text" || i.is === "thought") && !i.endedAt)).toEqual([]);
});

test("a tool call takes its updates, and keeps what an update does not name", () => {
  const items = fold(
    new Log()
      .prompt("x")
      .update({
        sessionUpdate: "tool_call",
        toolCallId: "t1",
        title: "Edit",
        kind: "edit",
        status: "in_progress",
        rawInput: { path: "a" },
      })
      .say("meanwhile")
      .update({
        sessionUpdate: "tool_call_update",
        toolCallId: "t1",
        status: "completed",
        content: [
          { type: "diff", path: "a", oldText: null, newText: "b" },
          { type: "content", content: { type: "text", text: "ok" } },
          7,
        ],
      }).events,
  );
  expect(items[1]).toMatchObject({
    is: "tool",
    title: "Edit",
    kind: "edit",
    status: "completed",
    input: { path: "a" },
    content: [
      { is: "diff", path: "a", before: "", after: "b" },
      { is: "text", text: "ok" },
    ],
  });
});

test("a question says who answered it, and with which of the agent's words", () => {
  const log = new Log().ask("Run rm");
  expect(fold(log.events)[0]).not.toHaveProperty("answer");
  expect(fold(log.answer("no", "user:ada").events)).toMatchObject([
    { is: "permission", answer: { name: "Reject", kind: "reject_once", by: "ada" } },
  ]);
  expect(fold(new Log().ask("Run").answer(undefined, "system").events)).toMatchObject([{ answer: { by: "Lia" } }]);
});

test("an agent's terminal shows its output and its end, a file its text", () => {
  const items = fold(
    new Log()
      .host("terminal/create", { command: "ls", args: ["-la"] }, { result: { terminalId: "x1" } })
      .host("terminal/output", { terminalId: "x1" }, { result: { output: "a\n", truncated: false } })
      .host("terminal/wait_for_exit", { terminalId: "x1" }, { result: { exitCode: 3, signal: null } })
      .host("fs/write_text_file", { path: "/w/a.txt", content: "hi" }, { result: null as never })
      .host("fs/read_text_file", { path: "/w/b.txt" }, { error: { code: -1, message: "not there" } }).events,
  );
  expect(items).toMatchObject([
    { is: "terminal", title: "ls -la", text: "a\n", exitCode: 3 },
    { is: "file", title: "Wrote", id: "/w/a.txt", text: "hi" },
    { is: "file", title: "Read", error: "not there" },
  ]);
});

test("the plan stands in its place and shows its newest state", () => {
  const plan = (status: string) => ({
    sessionUpdate: "plan",
    entries: [{ content: "Do it", priority: "high", status }],
  });
  const items = fold(new Log().prompt("x").update(plan("pending")).say("a").update(plan("completed")).events);
  expect(kinds(items)).toEqual(["user", "plan", "text"]);
  expect(items[1]).toMatchObject({ entries: [{ content: "Do it", status: "completed" }] });
});

test("tokens and cost of a turn are counted from the broker's figures, else from the agent's", () => {
  const usage = { provider: "anthropic", model: "m", input_tokens: 10, output_tokens: 5, status: 200 };
  expect(fold(new Log().prompt("x").put("usage", usage).put("usage", usage).end().events).at(-1)).toMatchObject({
    tokensIn: 20,
    tokensOut: 10,
  });
  const own = new Log()
    .prompt("x")
    .update({ sessionUpdate: "usage_update", used: 1, size: 2, cost: { amount: 0.5, currency: "USD" } });
  own
    .rpc("agent_to_client", "response", {
      id: 1,
      result: { stopReason: "end_turn", usage: { inputTokens: 7, outputTokens: 3 } },
    })
    .end();
  expect(fold(own.events).at(-1)).toMatchObject({ tokensIn: 7, tokensOut: 3, cost: { amount: 0.5, currency: "USD" } });
});

test("a long message is drawn in parts that join to the whole", () => {
  const lines = Array.from({ length: 4000 }, (_, i) => `line ${i} of a long message`).join("\n");
  const log = new Log().prompt("x");
  for (let i = 0; i < lines.length; i += 777) log.say(lines.slice(i, i + 777));
  const parts = fold(log.events).filter(isText);
  expect(parts.map((p) => p.text).join("")).toBe(lines);
  expect(Math.max(...parts.map((p) => p.text.length))).toBeLessThanOrEqual(PART);
  expect(new Set(parts.map((p) => p.key)).size).toBe(parts.length);
  expect(parts.map((p) => p.goesOn)).toEqual(parts.map((_, i) => i > 0));
});

test("a code block that is cut goes on as code", () => {
  const log = new Log().prompt("x").say(`\`\`\`rust\n${"let a = 1;\n".repeat(2000)}\`\`\`\ndone`);
  const parts = fold(log.events).filter(isText);
  expect(parts.length).toBeGreaterThan(2);
  expect(parts[0]?.fence).toBeUndefined();
  for (const part of parts.slice(1)) expect(part.fence).toBe("```rust");
});

test("the fold may begin anywhere and be given its events in any pieces", () => {
  const log = new Log()
    .prompt("x")
    .think("a")
    .say("b")
    .update({ sessionUpdate: "tool_call", toolCallId: "t", title: "T", status: "pending" });
  log
    .update({ sessionUpdate: "tool_call_update", toolCallId: "t", status: "failed" })
    .ask("Q")
    .answer("yes", "system")
    .say("c")
    .end();
  const whole = fold(log.events);
  for (let n = 0; n < log.events.length; n++) {
    const conversation = new Conversation();
    for (const event of log.events.slice(0, n)) conversation.push(event);
    const before = conversation.commit();
    const copy = structuredClone(before);
    for (const event of log.events.slice(n)) conversation.push(event);
    expect(conversation.commit()).toEqual(whole);
    // What was given out has not been changed.
    expect(before).toEqual(copy);
    expect(() => fold(log.events.slice(n))).not.toThrow();
  }
});

test("items that are dropped at the front do not mislead what comes", () => {
  const conversation = new Conversation();
  const log = new Log()
    .prompt("x")
    .update({ sessionUpdate: "tool_call", toolCallId: "t", title: "T" })
    .say("a")
    .update({ sessionUpdate: "tool_call", toolCallId: "u", title: "U" });
  for (const event of log.events) conversation.push(event);
  conversation.dropFront(2);
  const more = new Log(log.seq).update({ sessionUpdate: "tool_call_update", toolCallId: "u", status: "completed" });
  for (const event of more.events) conversation.push(event);
  expect(conversation.commit()).toMatchObject([{ is: "text" }, { is: "tool", title: "U", status: "completed" }]);
});

test("whatever an agent sends in place of an update breaks nothing", () => {
  const log = new Log().prompt("x");
  for (const bad of [
    null,
    7,
    "text",
    [],
    {},
    { sessionUpdate: 3 },
    { sessionUpdate: "tool_call" },
    { sessionUpdate: "plan", entries: "no" },
    { sessionUpdate: "agent_message_chunk" },
    { sessionUpdate: "tool_call", toolCallId: {}, content: { type: "diff" }, locations: [null] },
  ])
    log.update(bad as never);
  log.host("terminal/output", { terminalId: "never" }, { result: { output: 5 } });
  log.rpc("agent_to_client", "notification", { method: "session/update" });
  expect(() => fold(log.events)).not.toThrow();
});

test("a kind that this page does not know is kept as it is; a known one that is wrong is refused", () => {
  const known = {
    seq: 1,
    at: "2026-01-01T00:00:00.000Z",
    session: "01a223cb-2d72-7338-97e0-bb7c8d08a44b",
    actor: "system",
    v: 1,
  };
  const other = readEntry({ ...known, kind: "moon.rose", body: { phase: "full" } });
  expect(word(other)).toBe("moon.rose");
  expect(() => readEntry({ ...known, kind: "error", body: {} })).toThrow();
  expect(() => readEntry({ ...known, seq: "1", kind: "moon.rose", body: {} })).toThrow();
});
