import { expect, test } from "vitest";
import { ago, bytes, duration } from "~/lib/format";
import { codeOf } from "~/views/sign-in";

test("durations, sizes and times are said in few words", () => {
  expect([
    duration(-1),
    duration(12),
    duration(4230),
    duration(59_600),
    duration(185_000),
    duration(7_440_000),
  ]).toEqual(["0 ms", "12 ms", "4.2 s", "1 min 0 s", "3 min 5 s", "2 h 4 min"]);
  expect([bytes(0), bytes(999), bytes(4100), bytes(12_000_000)]).toEqual(["0 B", "999 B", "4.1 kB", "12 MB"]);
  expect([ago(0, 2000), ago(0, 42_000), ago(0, 3_600_000)]).toEqual(["now", "42 s", "1 h"]);
});

test("a pasted link gives its code, everything else itself", () => {
  expect(codeOf(" http://127.0.0.1:3000/login?code=abc ")).toBe("abc");
  expect(codeOf("lia_token")).toBe("lia_token");
});
