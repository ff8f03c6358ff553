import { expect, test } from "vitest";

import * as shared from "@lia/shared";
import { getMessageContentBlockType, isMessageContentBlock } from "@lia/shared";
import names from "./names.json" with { type: "json" };

const guards = shared as unknown as Record<string, (value: unknown) => boolean>;
const source = { type: "base64", media_type: "image/png", data: "AA==" };
const tool = (name: string, input: unknown = {}) => ({ type: "tool_use", id: "t1", name, input });

/** A block, what it is called, and the guards that take it. */
const blocks: [unknown, string | null, string[]][] = [
  [{ type: "text", text: "x" }, "TextContentBlock", ["isTextContentBlock"]],
  [{ type: "image", source }, "ImageContentBlock", ["isImageContentBlock"]],
  [{ type: "image", source: { ...source, media_type: "text/odd" } }, "ImageContentBlock", ["isImageContentBlock"]],
  [{ type: "document", source }, "DocumentContentBlock", ["isDocumentContentBlock"]],
  [{ type: "thinking", thinking: "x", signature: "y" }, "ThinkingContentBlock", ["isThinkingContentBlock"]],
  [{ type: "redacted_thinking", data: "x" }, "RedactedThinkingContentBlock", ["isRedactedThinkingContentBlock"]],
  [{ type: "user_action" }, null, ["isUserActionContentBlock"]],
  [tool("bash"), "ToolUseContentBlock", ["isToolUseContentBlock"]],
  [tool("set_task_status"), "ToolUseContentBlock", ["isToolUseContentBlock", "isSetTaskStatusToolUseBlock"]],
  [tool("create_task"), "ToolUseContentBlock", ["isToolUseContentBlock", "isCreateTaskToolUseBlock"]],
  [tool("computer_fly"), "ComputerToolUseContentBlock:fly", ["isToolUseContentBlock", "isComputerToolUseContentBlock"]],
  [
    tool("computer_screenshot", null),
    "ComputerToolUseContentBlock",
    ["isToolUseContentBlock", "isComputerToolUseContentBlock", "isScreenshotToolUseBlock"],
  ],
  [
    tool("computer_click_mouse", []),
    "ComputerToolUseContentBlock:click_mouse",
    ["isToolUseContentBlock", "isComputerToolUseContentBlock", "isClickMouseToolUseBlock"],
  ],
  [{ type: "tool_result", tool_use_id: "t1" }, "ToolResultContentBlock", ["isToolResultContentBlock"]],
];
const blockGuards = Object.keys(guards).filter((name) => /^is.*(ContentBlock|ToolUseBlock)$/.test(name));

test("there are 28 guards of blocks and one per action", () => {
  expect(blockGuards).toHaveLength(28);
  expect(Object.keys(guards).filter((name) => /^is.*Action$/.test(name))).toHaveLength(16);
});

test.each(blocks)("%o is %s", (value, type, expected) => {
  expect(getMessageContentBlockType(value)).toBe(type);
  const found = blockGuards.filter((name) => guards[name]!(value));
  expect(found.sort()).toEqual(["isMessageContentBlock", ...expected].sort());
});

test.each([
  null,
  undefined,
  7,
  "text",
  [],
  {},
  { type: "text" },
  { type: "image", source: null },
  { type: "image", source: { ...source, data: 7 } },
  { type: "thinking", thinking: "x" },
  { type: "tool_use", name: "bash", id: "t1" },
  { type: "tool_use", name: "bash", id: 7, input: {} },
  { type: "tool_result" },
])("%o is no block, and no guard throws", (value) => {
  expect(blockGuards.filter((name) => guards[name]!(value))).toEqual([]);
  expect(isMessageContentBlock(value)).toBe(false);
  expect(getMessageContentBlockType(value)).toBeNull();
});

test("a guard of an action looks at its name alone", () => {
  for (const name of names["."].values.filter((n) => /^is.*Action$/.test(n))) {
    const action = name.slice(2, -6).replace(/(?<=.)[A-Z]/g, "_$&").toLowerCase();
    expect(guards[name]!({ action }), name).toBe(true);
    for (const other of [null, undefined, {}, { action: "fly" }, action]) expect(guards[name]!(other), name).toBe(false);
  }
});
