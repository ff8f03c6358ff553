// The TypeScript of the seed on computer use, with this package's name.
import { expect, expectTypeOf, test } from "vitest";

import { MessageContentType, convertClickMouseActionToToolUseBlock } from "@lia/shared";
import {
  getMessageContentBlockType,
  isClickMouseAction,
  isComputerToolUseContentBlock,
  isScreenshotToolUseBlock,
  isTextContentBlock,
} from "@lia/shared";
import type { ClickMouseAction, MessageContentBlock, TextContentBlock } from "@lia/shared";
import { MessageContentBlockSchema } from "@lia/shared/schemas";

test("an action becomes a tool use", () => {
  const action: unknown = { action: "click_mouse", button: "left", clickCount: 1 };
  if (!isClickMouseAction(action)) throw new Error("is one");
  expectTypeOf(action).toEqualTypeOf<ClickMouseAction>();
  const block = convertClickMouseActionToToolUseBlock(action, "t1");
  expect(block).toEqual({
    type: MessageContentType.ToolUse,
    id: "t1",
    name: "computer_click_mouse",
    input: { button: "left", clickCount: 1 },
  });
  expect(MessageContentBlockSchema.parse(block)).toEqual(block);
});

test("guards narrow the blocks of a message", () => {
  const blocks: MessageContentBlock[] = [
    { type: "text", text: "look" },
    { type: "tool_use", id: "t1", name: "computer_screenshot", input: {} },
    { type: "tool_result", tool_use_id: "t1", content: [{ type: "text", text: "done" }] },
  ];
  const seen = blocks.map((block) => {
    if (isTextContentBlock(block)) {
      expectTypeOf(block).toExtend<TextContentBlock>();
      return block.text;
    }
    if (isComputerToolUseContentBlock(block)) return isScreenshotToolUseBlock(block) ? "screenshot" : block.name;
    return getMessageContentBlockType(block);
  });
  expect(seen).toEqual(["look", "screenshot", "ToolResultContentBlock"]);
});

test("a block within a block is checked, and an issue says where", () => {
  const inner = (content: unknown[]): unknown => ({ type: "tool_result", tool_use_id: "t1", content });
  expect(MessageContentBlockSchema.safeParse(inner([inner([{ type: "text", text: "x" }])])).success).toBe(true);
  const result = MessageContentBlockSchema.safeParse(inner([inner([{ type: "text" }])]));
  expect(result.error?.issues[0]?.path).toEqual(["content", 0, "content", 0, "text"]);
  const use = { type: "tool_use", id: "t1", name: "computer_wait", input: {} };
  expect(MessageContentBlockSchema.safeParse(use).error?.issues[0]?.path).toEqual(["input", "duration"]);
  expect(MessageContentBlockSchema.safeParse({ ...use, name: "bash", input: { any: 1 } }).success).toBe(true);
});
