// Computer actions and tool uses, against the key orders that the seed's package has.
import { expect, test } from "vitest";

import * as shared from "@lia/shared";
import type { ComputerAction, ComputerToolUseContentBlock } from "@lia/shared";

const at = { x: 1, y: 2 };
/** An action and the input of its tool use, byte for byte. */
const golden: [ComputerAction, string][] = [
  [{ action: "move_mouse", coordinates: at }, `{"coordinates":{"x":1,"y":2}}`],
  [{ action: "trace_mouse", path: [at] }, `{"path":[{"x":1,"y":2}]}`],
  [{ action: "trace_mouse", holdKeys: ["alt"], path: [at] }, `{"path":[{"x":1,"y":2}],"holdKeys":["alt"]}`],
  [{ action: "click_mouse", button: "left", clickCount: 2 }, `{"button":"left","clickCount":2}`],
  [
    { action: "click_mouse", coordinates: at, holdKeys: [], clickCount: 1, button: "right" },
    `{"button":"right","clickCount":1,"coordinates":{"x":1,"y":2},"holdKeys":[]}`,
  ],
  [{ action: "press_mouse", coordinates: at, press: "up", button: "left" }, `{"button":"left","press":"up","coordinates":{"x":1,"y":2}}`],
  [{ action: "drag_mouse", path: [at, at], button: "left", holdKeys: ["shift"] }, `{"path":[{"x":1,"y":2},{"x":1,"y":2}],"button":"left","holdKeys":["shift"]}`],
  [
    { action: "scroll", coordinates: at, direction: "down", scrollCount: 3, holdKeys: ["ctrl"] },
    `{"direction":"down","scrollCount":3,"coordinates":{"x":1,"y":2},"holdKeys":["ctrl"]}`,
  ],
  [{ action: "type_keys", delay: 0, keys: ["a"] }, `{"keys":["a"],"delay":0}`],
  [{ action: "press_keys", press: "down", keys: ["a"] }, `{"keys":["a"],"press":"down"}`],
  [{ action: "type_text", text: "x" }, `{"text":"x"}`],
  [{ action: "type_text", sensitive: false, delay: 5, text: "x" }, `{"text":"x","delay":5,"isSensitive":false}`],
  [{ action: "paste_text", text: "x" }, `{"text":"x"}`],
  [{ action: "wait", duration: 500 }, `{"duration":500}`],
  [{ action: "screenshot" }, `{}`],
  [{ action: "cursor_position" }, `{}`],
  [{ action: "application", application: "firefox" }, `{"application":"firefox"}`],
  [{ action: "write_file", data: "AA==", path: "/a" }, `{"path":"/a","data":"AA=="}`],
  [{ action: "read_file", path: "/a" }, `{"path":"/a"}`],
];

const pascal = (word: string): string => word.replace(/(?:^|_)(.)/g, (_, c: string) => c.toUpperCase());
const all = shared as unknown as Record<string, (...args: unknown[]) => unknown>;

test.each(golden)("$action as a tool use", (action, input) => {
  const expected = `{"type":"tool_use","id":"t1","name":"computer_${action.action}","input":${input}}`;
  const block = shared.convertComputerActionToToolUseBlock(action, "t1");
  expect(JSON.stringify(block)).toBe(expected);
  const own = all[`convert${pascal(action.action)}ActionToToolUseBlock`]!;
  expect(JSON.stringify(own(action, "t1"))).toBe(expected);
});

test.each(golden)("$action comes back from its tool use", (action) => {
  const block = shared.convertComputerActionToToolUseBlock(action, "t1");
  expect(shared.convertComputerToolUseBlockToAction(block)).toEqual(action);
  const own = all[`convert${pascal(action.action)}ToolUseBlockToAction`]!;
  expect(own(block)).toEqual(action);
});

test("all 16 actions are in the list", () => {
  expect(new Set(golden.map(([action]) => action.action)).size).toBe(16);
});

test("what is absent by type but there all the same goes the seed's way", () => {
  const odd = { action: "click_mouse", button: "left", clickCount: 1, coordinates: null, holdKeys: undefined };
  const block = shared.convertClickMouseActionToToolUseBlock(odd as never, "t1");
  expect(JSON.stringify(block.input)).toBe(`{"button":"left","clickCount":1,"coordinates":null}`);
  const text = { action: "type_text", text: "x", delay: null, sensitive: null };
  expect(JSON.stringify(shared.convertTypeTextActionToToolUseBlock(text as never, "t1").input)).toBe(`{"text":"x"}`);
});

test("an action or a tool that is unknown throws", () => {
  expect(() => shared.convertComputerActionToToolUseBlock({ action: "fly" } as never, "t1")).toThrow(/unknown action type/);
  expect(() =>
    shared.convertComputerToolUseBlockToAction({ name: "computer_fly" } as unknown as ComputerToolUseContentBlock),
  ).toThrow(/unknown computer tool/);
});
