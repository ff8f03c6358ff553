import { expect, test } from "vitest";
import { covers, isOtherLog, uninteresting } from "~/lib/channels";
import { admit, backoff } from "~/log/cursor";
import { SseParser } from "~/log/sse";
import { cut, openFence, PART } from "~/log/text";

const seqs = (...all: number[]) => all.map((seq) => ({ seq }));

test("a cursor takes what follows, passes over what it knows, and stops at a hole", () => {
  expect(admit(2, seqs(1, 2, 3, 3, 4))).toEqual({ taken: seqs(3, 4), cursor: 4, gap: false });
  expect(admit(2, seqs(3, 5, 6))).toEqual({ taken: seqs(3), cursor: 3, gap: true });
  expect(admit(2, [])).toEqual({ taken: [], cursor: 2, gap: false });
});

test("however a connection breaks, each event is taken once and in order", () => {
  // Any sequence of connections, each beginning after the cursor (or, wrongly, before it) and ending anywhere.
  let random = 7;
  const next = (n: number) => {
    random = (random * 1103515245 + 12345) % 2147483648;
    return random % n;
  };
  for (let round = 0; round < 200; round++) {
    const total = 50;
    const got: number[] = [];
    let cursor = 0;
    while (cursor < total) {
      const from = Math.max(0, cursor - next(4));
      const events = seqs(...Array.from({ length: next(20) }, (_, i) => from + i + 1).filter((s) => s <= total));
      if (next(5) === 0) events.splice(next(events.length + 1), 1);
      const result = admit(cursor, events);
      got.push(...result.taken.map((e) => e.seq));
      cursor = result.cursor;
    }
    expect(got).toEqual(Array.from({ length: total }, (_, i) => i + 1));
  }
});

test("the first try comes at once, later ones at growing distances up to ten seconds", () => {
  expect(backoff(0, () => 0.5)).toBe(0);
  expect([1, 2, 3].map((n) => backoff(n, () => 0.5))).toEqual([500, 1000, 2000]);
  expect(backoff(30, () => 1)).toBeLessThanOrEqual(12_500);
});

test("server-sent events come out the same in whatever pieces they arrive", () => {
  const text =
    ': hi\n\nid: 1\nevent: rpc\ndata: {"a":1}\n\nid: 2\r\ndata: x\r\ndata: y\r\n\r\ndata\n\nid: 3\ndata: ü😀\n\nunfinished: ';
  const whole = new SseParser().push(text);
  expect(whole).toEqual([
    { event: "rpc", data: '{"a":1}', id: "1" },
    { event: "message", data: "x\ny", id: "2" },
    { event: "message", data: "" },
    { event: "message", data: "ü😀", id: "3" },
  ]);
  for (let size = 1; size < 9; size++) {
    const parser = new SseParser();
    const got = [];
    for (let i = 0; i < text.length; i += size) got.push(...parser.push(text.slice(i, i + size)));
    expect(got).toEqual(whole);
  }
});

test("a text is cut at an empty line, else a line, else between characters", () => {
  expect(cut("x".repeat(PART))).toBe(0);
  expect(cut(`${"a".repeat(4000)}\n\n${"b".repeat(4000)}`)).toBe(4002);
  expect(cut(`${"a".repeat(4000)}\n${"b".repeat(4000)}`)).toBe(4001);
  expect(cut("x".repeat(PART + 1))).toBe(PART);
  expect(cut(`${"x".repeat(PART - 1)}😀`)).toBe(PART - 1);
});

test("which code block is open at the end of a text", () => {
  expect(openFence("a\n```js\nb")).toBe("```js");
  expect(openFence("```\na\n```")).toBeUndefined();
  expect(openFence("b\n```", "```js")).toBeUndefined();
  expect(openFence("````\n```\n")).toBe("````");
  expect(openFence("~~~\n```\n~~~")).toBeUndefined();
  expect(openFence("`` `inline` ``")).toBeUndefined();
});

test("a subscription covers a channel and what is below it", () => {
  expect(covers("session:a", "session:a:terminal:t")).toBe(true);
  expect(covers("session:a", "session:ab")).toBe(false);
  expect(covers("session:a:terminal:t", "session:a")).toBe(false);
});

test("frames of an agent that writes are not read by who watches all sessions", () => {
  const frame = (channel: string, type: string) =>
    `{"type":"event","channel":"${channel}","sessionId":"s","agentId":"s","seq":1,"event":{"type":"${type}","data":{}}}`;
  expect(uninteresting(frame("agents", "rpc"))).toBe(true);
  expect(uninteresting(frame("agents", "permission_request"))).toBe(false);
  expect(uninteresting(frame("session:s:terminal:t", "terminal.data"))).toBe(false);
  expect([isOtherLog(undefined, "a"), isOtherLog("a", "a"), isOtherLog("a", "b")]).toEqual([false, false, true]);
});
