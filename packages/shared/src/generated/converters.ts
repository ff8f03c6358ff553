// Generated from crates/protocol by `cargo run -p xtask -- generate`. Do not edit.

import { Application } from "./constants.js";
import type {
  ApplicationAction,
  ApplicationToolUseBlock,
  ClickMouseAction,
  ClickMouseToolUseBlock,
  ComputerAction,
  ComputerToolUseContentBlock,
  CursorPositionAction,
  CursorPositionToolUseBlock,
  DragMouseAction,
  DragMouseToolUseBlock,
  MoveMouseAction,
  MoveMouseToolUseBlock,
  PasteTextAction,
  PasteTextToolUseBlock,
  PressKeysAction,
  PressKeysToolUseBlock,
  PressMouseAction,
  PressMouseToolUseBlock,
  ReadFileAction,
  ReadFileToolUseBlock,
  ScreenshotAction,
  ScreenshotToolUseBlock,
  ScrollAction,
  ScrollToolUseBlock,
  TraceMouseAction,
  TraceMouseToolUseBlock,
  TypeKeysAction,
  TypeKeysToolUseBlock,
  TypeTextAction,
  TypeTextToolUseBlock,
  WaitAction,
  WaitToolUseBlock,
  WriteFileAction,
  WriteFileToolUseBlock,
} from "./types.js";

/** The word of a list that a text is. Throws for a text that is none. */
function wordOf<T extends string>(words: Record<string, T>, text: string): T {
  const word = Object.values(words).find((w) => w === text);
  if (word === undefined) throw new Error(`${JSON.stringify(text)} is none of ${Object.values(words).join(", ")}`);
  return word;
}

/** The tool use `computer_move_mouse` that asks for an action. */
export function convertMoveMouseActionToToolUseBlock(action: MoveMouseAction, toolUseId: string): MoveMouseToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_move_mouse",
    input: {
      coordinates: action.coordinates,
    },
  };
}

/** The action that the tool use `computer_move_mouse` asks for. */
export function convertMoveMouseToolUseBlockToAction(block: MoveMouseToolUseBlock): MoveMouseAction {
  const input = block.input;
  return {
    action: "move_mouse",
      coordinates: input.coordinates,
    };
}

/** The tool use `computer_trace_mouse` that asks for an action. */
export function convertTraceMouseActionToToolUseBlock(action: TraceMouseAction, toolUseId: string): TraceMouseToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_trace_mouse",
    input: {
      path: action.path,
      ...(action.holdKeys !== undefined ? { holdKeys: action.holdKeys } : {}),
    },
  };
}

/** The action that the tool use `computer_trace_mouse` asks for. */
export function convertTraceMouseToolUseBlockToAction(block: TraceMouseToolUseBlock): TraceMouseAction {
  const input = block.input;
  return {
    action: "trace_mouse",
      path: input.path,
      ...(input.holdKeys !== undefined ? { holdKeys: input.holdKeys } : {}),
    };
}

/** The tool use `computer_click_mouse` that asks for an action. */
export function convertClickMouseActionToToolUseBlock(action: ClickMouseAction, toolUseId: string): ClickMouseToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_click_mouse",
    input: {
      button: action.button,
      clickCount: action.clickCount,
      ...(action.coordinates !== undefined ? { coordinates: action.coordinates } : {}),
      ...(action.holdKeys !== undefined ? { holdKeys: action.holdKeys } : {}),
    },
  };
}

/** The action that the tool use `computer_click_mouse` asks for. */
export function convertClickMouseToolUseBlockToAction(block: ClickMouseToolUseBlock): ClickMouseAction {
  const input = block.input;
  return {
    action: "click_mouse",
      ...(input.coordinates !== undefined ? { coordinates: input.coordinates } : {}),
      button: input.button,
      ...(input.holdKeys !== undefined ? { holdKeys: input.holdKeys } : {}),
      clickCount: input.clickCount,
    };
}

/** The tool use `computer_press_mouse` that asks for an action. */
export function convertPressMouseActionToToolUseBlock(action: PressMouseAction, toolUseId: string): PressMouseToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_press_mouse",
    input: {
      button: action.button,
      press: action.press,
      ...(action.coordinates !== undefined ? { coordinates: action.coordinates } : {}),
    },
  };
}

/** The action that the tool use `computer_press_mouse` asks for. */
export function convertPressMouseToolUseBlockToAction(block: PressMouseToolUseBlock): PressMouseAction {
  const input = block.input;
  return {
    action: "press_mouse",
      ...(input.coordinates !== undefined ? { coordinates: input.coordinates } : {}),
      button: input.button,
      press: input.press,
    };
}

/** The tool use `computer_drag_mouse` that asks for an action. */
export function convertDragMouseActionToToolUseBlock(action: DragMouseAction, toolUseId: string): DragMouseToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_drag_mouse",
    input: {
      path: action.path,
      button: action.button,
      ...(action.holdKeys !== undefined ? { holdKeys: action.holdKeys } : {}),
    },
  };
}

/** The action that the tool use `computer_drag_mouse` asks for. */
export function convertDragMouseToolUseBlockToAction(block: DragMouseToolUseBlock): DragMouseAction {
  const input = block.input;
  return {
    action: "drag_mouse",
      path: input.path,
      button: input.button,
      ...(input.holdKeys !== undefined ? { holdKeys: input.holdKeys } : {}),
    };
}

/** The tool use `computer_scroll` that asks for an action. */
export function convertScrollActionToToolUseBlock(action: ScrollAction, toolUseId: string): ScrollToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_scroll",
    input: {
      direction: action.direction,
      scrollCount: action.scrollCount,
      ...(action.coordinates !== undefined ? { coordinates: action.coordinates } : {}),
      ...(action.holdKeys !== undefined ? { holdKeys: action.holdKeys } : {}),
    },
  };
}

/** The action that the tool use `computer_scroll` asks for. */
export function convertScrollToolUseBlockToAction(block: ScrollToolUseBlock): ScrollAction {
  const input = block.input;
  return {
    action: "scroll",
      ...(input.coordinates !== undefined ? { coordinates: input.coordinates } : {}),
      direction: input.direction,
      scrollCount: input.scrollCount,
      ...(input.holdKeys !== undefined ? { holdKeys: input.holdKeys } : {}),
    };
}

/** The tool use `computer_type_keys` that asks for an action. */
export function convertTypeKeysActionToToolUseBlock(action: TypeKeysAction, toolUseId: string): TypeKeysToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_type_keys",
    input: {
      keys: action.keys,
      ...(typeof action.delay === "number" ? { delay: action.delay } : {}),
    },
  };
}

/** The action that the tool use `computer_type_keys` asks for. */
export function convertTypeKeysToolUseBlockToAction(block: TypeKeysToolUseBlock): TypeKeysAction {
  const input = block.input;
  return {
    action: "type_keys",
      keys: input.keys,
      ...(typeof input.delay === "number" ? { delay: input.delay } : {}),
    };
}

/** The tool use `computer_press_keys` that asks for an action. */
export function convertPressKeysActionToToolUseBlock(action: PressKeysAction, toolUseId: string): PressKeysToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_press_keys",
    input: {
      keys: action.keys,
      press: action.press,
    },
  };
}

/** The action that the tool use `computer_press_keys` asks for. */
export function convertPressKeysToolUseBlockToAction(block: PressKeysToolUseBlock): PressKeysAction {
  const input = block.input;
  return {
    action: "press_keys",
      keys: input.keys,
      press: input.press,
    };
}

/** The tool use `computer_type_text` that asks for an action. */
export function convertTypeTextActionToToolUseBlock(action: TypeTextAction, toolUseId: string): TypeTextToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_type_text",
    input: {
      text: action.text,
      ...(typeof action.delay === "number" ? { delay: action.delay } : {}),
      ...(typeof action.sensitive === "boolean" ? { isSensitive: action.sensitive } : {}),
    },
  };
}

/** The action that the tool use `computer_type_text` asks for. */
export function convertTypeTextToolUseBlockToAction(block: TypeTextToolUseBlock): TypeTextAction {
  const input = block.input;
  return {
    action: "type_text",
      text: input.text,
      ...(typeof input.delay === "number" ? { delay: input.delay } : {}),
      ...(typeof input.isSensitive === "boolean" ? { sensitive: input.isSensitive } : {}),
    };
}

/** The tool use `computer_paste_text` that asks for an action. */
export function convertPasteTextActionToToolUseBlock(action: PasteTextAction, toolUseId: string): PasteTextToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_paste_text",
    input: {
      text: action.text,
      ...(typeof action.sensitive === "boolean" ? { isSensitive: action.sensitive } : {}),
    },
  };
}

/** The action that the tool use `computer_paste_text` asks for. */
export function convertPasteTextToolUseBlockToAction(block: PasteTextToolUseBlock): PasteTextAction {
  const input = block.input;
  return {
    action: "paste_text",
      text: input.text,
      ...(typeof input.isSensitive === "boolean" ? { sensitive: input.isSensitive } : {}),
    };
}

/** The tool use `computer_wait` that asks for an action. */
export function convertWaitActionToToolUseBlock(action: WaitAction, toolUseId: string): WaitToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_wait",
    input: {
      duration: action.duration,
    },
  };
}

/** The action that the tool use `computer_wait` asks for. */
export function convertWaitToolUseBlockToAction(block: WaitToolUseBlock): WaitAction {
  const input = block.input;
  return {
    action: "wait",
      duration: input.duration,
    };
}

/** The tool use `computer_screenshot` that asks for an action. */
export function convertScreenshotActionToToolUseBlock(action: ScreenshotAction, toolUseId: string): ScreenshotToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_screenshot",
    input: {},
  };
}

/** The action that the tool use `computer_screenshot` asks for. */
export function convertScreenshotToolUseBlockToAction(block: ScreenshotToolUseBlock): ScreenshotAction {
  return {
    action: "screenshot",};
}

/** The tool use `computer_cursor_position` that asks for an action. */
export function convertCursorPositionActionToToolUseBlock(action: CursorPositionAction, toolUseId: string): CursorPositionToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_cursor_position",
    input: {},
  };
}

/** The action that the tool use `computer_cursor_position` asks for. */
export function convertCursorPositionToolUseBlockToAction(block: CursorPositionToolUseBlock): CursorPositionAction {
  return {
    action: "cursor_position",};
}

/** The tool use `computer_application` that asks for an action. */
export function convertApplicationActionToToolUseBlock(action: ApplicationAction, toolUseId: string): ApplicationToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_application",
    input: {
      application: action.application,
    },
  };
}

/** The action that the tool use `computer_application` asks for. */
export function convertApplicationToolUseBlockToAction(block: ApplicationToolUseBlock): ApplicationAction {
  const input = block.input;
  return {
    action: "application",
      application: wordOf(Application, input.application),
    };
}

/** The tool use `computer_write_file` that asks for an action. */
export function convertWriteFileActionToToolUseBlock(action: WriteFileAction, toolUseId: string): WriteFileToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_write_file",
    input: {
      path: action.path,
      data: action.data,
    },
  };
}

/** The action that the tool use `computer_write_file` asks for. */
export function convertWriteFileToolUseBlockToAction(block: WriteFileToolUseBlock): WriteFileAction {
  const input = block.input;
  return {
    action: "write_file",
      path: input.path,
      data: input.data,
    };
}

/** The tool use `computer_read_file` that asks for an action. */
export function convertReadFileActionToToolUseBlock(action: ReadFileAction, toolUseId: string): ReadFileToolUseBlock {
  return {
    type: "tool_use",
    id: toolUseId,
    name: "computer_read_file",
    input: {
      path: action.path,
    },
  };
}

/** The action that the tool use `computer_read_file` asks for. */
export function convertReadFileToolUseBlockToAction(block: ReadFileToolUseBlock): ReadFileAction {
  const input = block.input;
  return {
    action: "read_file",
      path: input.path,
    };
}

/** The tool use that asks for an action. Throws for an action that is unknown. */
export function convertComputerActionToToolUseBlock(
  action: ComputerAction,
  toolUseId: string,
): ComputerToolUseContentBlock {
  switch (action.action) {
    case "move_mouse":
      return convertMoveMouseActionToToolUseBlock(action, toolUseId);
    case "trace_mouse":
      return convertTraceMouseActionToToolUseBlock(action, toolUseId);
    case "click_mouse":
      return convertClickMouseActionToToolUseBlock(action, toolUseId);
    case "press_mouse":
      return convertPressMouseActionToToolUseBlock(action, toolUseId);
    case "drag_mouse":
      return convertDragMouseActionToToolUseBlock(action, toolUseId);
    case "scroll":
      return convertScrollActionToToolUseBlock(action, toolUseId);
    case "type_keys":
      return convertTypeKeysActionToToolUseBlock(action, toolUseId);
    case "press_keys":
      return convertPressKeysActionToToolUseBlock(action, toolUseId);
    case "type_text":
      return convertTypeTextActionToToolUseBlock(action, toolUseId);
    case "paste_text":
      return convertPasteTextActionToToolUseBlock(action, toolUseId);
    case "wait":
      return convertWaitActionToToolUseBlock(action, toolUseId);
    case "screenshot":
      return convertScreenshotActionToToolUseBlock(action, toolUseId);
    case "cursor_position":
      return convertCursorPositionActionToToolUseBlock(action, toolUseId);
    case "application":
      return convertApplicationActionToToolUseBlock(action, toolUseId);
    case "write_file":
      return convertWriteFileActionToToolUseBlock(action, toolUseId);
    case "read_file":
      return convertReadFileActionToToolUseBlock(action, toolUseId);
    default:
      throw new Error(`unknown action type: ${(action as { action: string }).action}`);
  }
}

/** The action that a tool use asks for. Throws for a tool that is unknown. */
export function convertComputerToolUseBlockToAction(block: ComputerToolUseContentBlock): ComputerAction {
  switch (block.name) {
    case "computer_move_mouse":
      return convertMoveMouseToolUseBlockToAction(block);
    case "computer_trace_mouse":
      return convertTraceMouseToolUseBlockToAction(block);
    case "computer_click_mouse":
      return convertClickMouseToolUseBlockToAction(block);
    case "computer_press_mouse":
      return convertPressMouseToolUseBlockToAction(block);
    case "computer_drag_mouse":
      return convertDragMouseToolUseBlockToAction(block);
    case "computer_scroll":
      return convertScrollToolUseBlockToAction(block);
    case "computer_type_keys":
      return convertTypeKeysToolUseBlockToAction(block);
    case "computer_press_keys":
      return convertPressKeysToolUseBlockToAction(block);
    case "computer_type_text":
      return convertTypeTextToolUseBlockToAction(block);
    case "computer_paste_text":
      return convertPasteTextToolUseBlockToAction(block);
    case "computer_wait":
      return convertWaitToolUseBlockToAction(block);
    case "computer_screenshot":
      return convertScreenshotToolUseBlockToAction(block);
    case "computer_cursor_position":
      return convertCursorPositionToolUseBlockToAction(block);
    case "computer_application":
      return convertApplicationToolUseBlockToAction(block);
    case "computer_write_file":
      return convertWriteFileToolUseBlockToAction(block);
    case "computer_read_file":
      return convertReadFileToolUseBlockToAction(block);
    default:
      throw new Error(`unknown computer tool: ${(block as { name: string }).name}`);
  }
}
