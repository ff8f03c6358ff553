// Generated from crates/protocol by `cargo run -p xtask -- generate`. Do not edit.

import { ErrorCode } from "./constants.js";
import type {
  ApiErrorResponse,
  ApplicationAction,
  ApplicationToolUseBlock,
  ClickMouseAction,
  ClickMouseToolUseBlock,
  ComputerToolUseContentBlock,
  CreateTaskToolUseBlock,
  CursorPositionAction,
  CursorPositionToolUseBlock,
  DocumentContentBlock,
  DragMouseAction,
  DragMouseToolUseBlock,
  ImageContentBlock,
  MessageContentBlock,
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
  RedactedThinkingContentBlock,
  ScreenshotAction,
  ScreenshotToolUseBlock,
  ScrollAction,
  ScrollToolUseBlock,
  SetTaskStatusToolUseBlock,
  TextContentBlock,
  ThinkingContentBlock,
  ToolResultContentBlock,
  ToolUseContentBlock,
  TraceMouseAction,
  TraceMouseToolUseBlock,
  TypeKeysAction,
  TypeKeysToolUseBlock,
  TypeTextAction,
  TypeTextToolUseBlock,
  UserActionContentBlock,
  WaitAction,
  WaitToolUseBlock,
  WriteFileAction,
  WriteFileToolUseBlock,
} from "./types.js";

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

const errorCodes: ReadonlySet<unknown> = /* @__PURE__ */ new Set(/* @__PURE__ */ Object.values(ErrorCode));

/** Whether a value is one of the error codes. */
export function isValidErrorCode(value: unknown): value is ErrorCode {
  return errorCodes.has(value);
}

/** Whether an answer is an {@link ApiErrorResponse}. Its details are not looked at. */
export function isApiErrorResponse(value: unknown): value is ApiErrorResponse {
  return (
    isObject(value) &&
    typeof value.error === "string" &&
    typeof value.message === "string" &&
    isValidErrorCode(value.code)
  );
}

/** Whether a value is a {@link TextContentBlock}. */
export function isTextContentBlock(value: unknown): value is TextContentBlock {
  return isObject(value) && (value.type === "text" && typeof value.text === "string");
}

/** Whether a value is a {@link ImageContentBlock}. */
export function isImageContentBlock(value: unknown): value is ImageContentBlock {
  return isObject(value) && (value.type === "image" && isObject(value.source) && typeof (value.source as Fields).media_type === "string" && typeof (value.source as Fields).type === "string" && typeof (value.source as Fields).data === "string");
}

/** Whether a value is a {@link DocumentContentBlock}. */
export function isDocumentContentBlock(value: unknown): value is DocumentContentBlock {
  return isObject(value) && (value.type === "document" && isObject(value.source) && typeof (value.source as Fields).media_type === "string" && typeof (value.source as Fields).type === "string" && typeof (value.source as Fields).data === "string");
}

/** Whether a value is a {@link ThinkingContentBlock}. */
export function isThinkingContentBlock(value: unknown): value is ThinkingContentBlock {
  return isObject(value) && (value.type === "thinking" && typeof value.thinking === "string" && typeof value.signature === "string");
}

/** Whether a value is a {@link RedactedThinkingContentBlock}. */
export function isRedactedThinkingContentBlock(value: unknown): value is RedactedThinkingContentBlock {
  return isObject(value) && (value.type === "redacted_thinking" && typeof value.data === "string");
}

/** Whether a value is a {@link ComputerToolUseContentBlock}. */
export function isComputerToolUseContentBlock(value: unknown): value is ComputerToolUseContentBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && typeof value.name === "string" && value.name.startsWith("computer_"));
}

/** Whether a value is a {@link ToolUseContentBlock}. */
export function isToolUseContentBlock(value: unknown): value is ToolUseContentBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object");
}

/** Whether a value is a {@link ToolResultContentBlock}. */
export function isToolResultContentBlock(value: unknown): value is ToolResultContentBlock {
  return isObject(value) && (value.type === "tool_result" && typeof value.tool_use_id === "string");
}

/** Whether a value is a {@link UserActionContentBlock}. */
export function isUserActionContentBlock(value: unknown): value is UserActionContentBlock {
  return isObject(value) && (value.type === "user_action");
}

/** Whether a value is a {@link MessageContentBlock}. */
export function isMessageContentBlock(value: unknown): value is MessageContentBlock {
  return isObject(value) && (isTextContentBlock(value) || isImageContentBlock(value) || isDocumentContentBlock(value) || isThinkingContentBlock(value) || isRedactedThinkingContentBlock(value) || isComputerToolUseContentBlock(value) || isToolUseContentBlock(value) || isToolResultContentBlock(value) || isUserActionContentBlock(value));
}

/** Whether a value is a {@link MoveMouseToolUseBlock}. */
export function isMoveMouseToolUseBlock(value: unknown): value is MoveMouseToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_move_mouse");
}

/** Whether a value is a {@link TraceMouseToolUseBlock}. */
export function isTraceMouseToolUseBlock(value: unknown): value is TraceMouseToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_trace_mouse");
}

/** Whether a value is a {@link ClickMouseToolUseBlock}. */
export function isClickMouseToolUseBlock(value: unknown): value is ClickMouseToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_click_mouse");
}

/** Whether a value is a {@link CursorPositionToolUseBlock}. */
export function isCursorPositionToolUseBlock(value: unknown): value is CursorPositionToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_cursor_position");
}

/** Whether a value is a {@link PressMouseToolUseBlock}. */
export function isPressMouseToolUseBlock(value: unknown): value is PressMouseToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_press_mouse");
}

/** Whether a value is a {@link DragMouseToolUseBlock}. */
export function isDragMouseToolUseBlock(value: unknown): value is DragMouseToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_drag_mouse");
}

/** Whether a value is a {@link ScrollToolUseBlock}. */
export function isScrollToolUseBlock(value: unknown): value is ScrollToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_scroll");
}

/** Whether a value is a {@link TypeKeysToolUseBlock}. */
export function isTypeKeysToolUseBlock(value: unknown): value is TypeKeysToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_type_keys");
}

/** Whether a value is a {@link PressKeysToolUseBlock}. */
export function isPressKeysToolUseBlock(value: unknown): value is PressKeysToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_press_keys");
}

/** Whether a value is a {@link TypeTextToolUseBlock}. */
export function isTypeTextToolUseBlock(value: unknown): value is TypeTextToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_type_text");
}

/** Whether a value is a {@link PasteTextToolUseBlock}. */
export function isPasteTextToolUseBlock(value: unknown): value is PasteTextToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_paste_text");
}

/** Whether a value is a {@link WaitToolUseBlock}. */
export function isWaitToolUseBlock(value: unknown): value is WaitToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_wait");
}

/** Whether a value is a {@link ScreenshotToolUseBlock}. */
export function isScreenshotToolUseBlock(value: unknown): value is ScreenshotToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_screenshot");
}

/** Whether a value is a {@link ApplicationToolUseBlock}. */
export function isApplicationToolUseBlock(value: unknown): value is ApplicationToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_application");
}

/** Whether a value is a {@link WriteFileToolUseBlock}. */
export function isWriteFileToolUseBlock(value: unknown): value is WriteFileToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_write_file");
}

/** Whether a value is a {@link ReadFileToolUseBlock}. */
export function isReadFileToolUseBlock(value: unknown): value is ReadFileToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "computer_read_file");
}

/** Whether a value is a {@link SetTaskStatusToolUseBlock}. */
export function isSetTaskStatusToolUseBlock(value: unknown): value is SetTaskStatusToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "set_task_status");
}

/** Whether a value is a {@link CreateTaskToolUseBlock}. */
export function isCreateTaskToolUseBlock(value: unknown): value is CreateTaskToolUseBlock {
  return isObject(value) && (value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object" && value.name === "create_task");
}

/** Whether a value is a {@link MoveMouseAction}. */
export function isMoveMouseAction(value: unknown): value is MoveMouseAction {
  return isObject(value) && (value.action === "move_mouse");
}

/** Whether a value is a {@link TraceMouseAction}. */
export function isTraceMouseAction(value: unknown): value is TraceMouseAction {
  return isObject(value) && (value.action === "trace_mouse");
}

/** Whether a value is a {@link ClickMouseAction}. */
export function isClickMouseAction(value: unknown): value is ClickMouseAction {
  return isObject(value) && (value.action === "click_mouse");
}

/** Whether a value is a {@link PressMouseAction}. */
export function isPressMouseAction(value: unknown): value is PressMouseAction {
  return isObject(value) && (value.action === "press_mouse");
}

/** Whether a value is a {@link DragMouseAction}. */
export function isDragMouseAction(value: unknown): value is DragMouseAction {
  return isObject(value) && (value.action === "drag_mouse");
}

/** Whether a value is a {@link ScrollAction}. */
export function isScrollAction(value: unknown): value is ScrollAction {
  return isObject(value) && (value.action === "scroll");
}

/** Whether a value is a {@link TypeKeysAction}. */
export function isTypeKeysAction(value: unknown): value is TypeKeysAction {
  return isObject(value) && (value.action === "type_keys");
}

/** Whether a value is a {@link PressKeysAction}. */
export function isPressKeysAction(value: unknown): value is PressKeysAction {
  return isObject(value) && (value.action === "press_keys");
}

/** Whether a value is a {@link TypeTextAction}. */
export function isTypeTextAction(value: unknown): value is TypeTextAction {
  return isObject(value) && (value.action === "type_text");
}

/** Whether a value is a {@link PasteTextAction}. */
export function isPasteTextAction(value: unknown): value is PasteTextAction {
  return isObject(value) && (value.action === "paste_text");
}

/** Whether a value is a {@link WaitAction}. */
export function isWaitAction(value: unknown): value is WaitAction {
  return isObject(value) && (value.action === "wait");
}

/** Whether a value is a {@link ScreenshotAction}. */
export function isScreenshotAction(value: unknown): value is ScreenshotAction {
  return isObject(value) && (value.action === "screenshot");
}

/** Whether a value is a {@link CursorPositionAction}. */
export function isCursorPositionAction(value: unknown): value is CursorPositionAction {
  return isObject(value) && (value.action === "cursor_position");
}

/** Whether a value is a {@link ApplicationAction}. */
export function isApplicationAction(value: unknown): value is ApplicationAction {
  return isObject(value) && (value.action === "application");
}

/** Whether a value is a {@link WriteFileAction}. */
export function isWriteFileAction(value: unknown): value is WriteFileAction {
  return isObject(value) && (value.action === "write_file");
}

/** Whether a value is a {@link ReadFileAction}. */
export function isReadFileAction(value: unknown): value is ReadFileAction {
  return isObject(value) && (value.action === "read_file");
}

/** What a content block is, for people who look for a mistake; `null` for what is none. The first that fits wins. */
export function getMessageContentBlockType(value: unknown): string | null {
  if (isTextContentBlock(value)) return "TextContentBlock";
  if (isImageContentBlock(value)) return "ImageContentBlock";
  if (isDocumentContentBlock(value)) return "DocumentContentBlock";
  if (isThinkingContentBlock(value)) return "ThinkingContentBlock";
  if (isRedactedThinkingContentBlock(value)) return "RedactedThinkingContentBlock";
  if (isComputerToolUseContentBlock(value)) {
    return value.input === null ? "ComputerToolUseContentBlock" : `ComputerToolUseContentBlock:${value.name.replace("computer_", "")}`;
  }
  if (isToolUseContentBlock(value)) return "ToolUseContentBlock";
  if (isToolResultContentBlock(value)) return "ToolResultContentBlock";
  return null;
}
