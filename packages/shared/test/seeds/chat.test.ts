// The TypeScript of the seed on chat, with this package's name.
import { expect, expectTypeOf, test, vi } from "vitest";

// Import types
import type { AgentEvent, ApiErrorResponse, ChatMessageData } from "@lia/shared";
// Import constants/functions
import { ErrorCode, getErrorMessage, isApiErrorResponse, isValidErrorCode } from "@lia/shared";
// Import schemas (tree-shakeable)
import { chatMessageSchema, validateOrThrow, validateSafe, z } from "@lia/shared/schemas";
import type {
  AgentErrorData,
  ApprovalRequestedEvent,
  ApprovalResolvedEvent,
  ApprovalResponseData,
  ClientToServerEvents,
  CompleteEvent,
  ContentRefusedEvent,
  ErrorEvent,
  ExtendedThinkingConfig,
  MessageChunkEvent,
  MessageEvent,
  MessagePartialEvent,
  ServerToClientEvents,
  SessionEndEvent,
  SessionReadyEvent,
  SessionStartEvent,
  StopAgentData,
  ThinkingChunkEvent,
  ThinkingEvent,
  ToolResultEvent,
  ToolUseEvent,
  TurnPausedEvent,
  UserMessageConfirmedEvent,
} from "@lia/shared";

type Seed =
  | SessionStartEvent
  | ThinkingEvent
  | ThinkingChunkEvent
  | MessagePartialEvent
  | MessageEvent
  | MessageChunkEvent
  | ToolUseEvent
  | ToolResultEvent
  | ErrorEvent
  | SessionEndEvent
  | CompleteEvent
  | ApprovalRequestedEvent
  | ApprovalResolvedEvent
  | UserMessageConfirmedEvent
  | TurnPausedEvent
  | ContentRefusedEvent;

const session = "0190a0b0-0000-7000-8000-000000000001";
const base = { timestamp: "2026-11-21T03:21:26.636Z", eventId: "e1", persistenceState: "persisted" as const };

test("the union has these 16 and no other", () => {
  expectTypeOf<AgentEvent>().toEqualTypeOf<Seed>();
});

test("a switch narrows an event", () => {
  function handleEvent(event: AgentEvent): unknown {
    switch (event.type) {
      case "message":
        expectTypeOf(event).toEqualTypeOf<MessageEvent>();
        return [event.content, event.stopReason];
      case "tool_use":
        expectTypeOf(event).toEqualTypeOf<ToolUseEvent>();
        return [event.toolName, event.args];
      case "approval_requested":
        expectTypeOf(event).toEqualTypeOf<ApprovalRequestedEvent>();
        return [event.approvalId, event.changeSummary];
    }
    return undefined;
  }
  const event: AgentEvent = { ...base, type: "tool_use", toolName: "ls", args: { path: "/" } };
  expect(handleEvent(event)).toEqual(["ls", { path: "/" }]);
});

test("what a client sends", () => {
  const thinking: ExtendedThinkingConfig = { enableThinking: true, thinkingBudget: 2048 };
  const message: ChatMessageData = { message: "hi", sessionId: session, userId: session, thinking };
  const stop: StopAgentData = { sessionId: session, userId: session };
  const answer: ApprovalResponseData = { approvalId: session, approved: true, userId: session, reason: "fine" };
  expectTypeOf<ApprovalResponseData>().toEqualTypeOf<{
    approvalId: string;
    approved: boolean;
    userId: string;
    reason?: string;
  }>();
  expect([message.thinking, stop.sessionId, answer.approved]).toEqual([thinking, session, true]);
});

test("the socket's events are typed", () => {
  type Handlers = { [K in keyof ServerToClientEvents]?: ServerToClientEvents[K] };
  const handlers: Handlers = {};
  const socket = {
    on<K extends keyof ServerToClientEvents>(name: K, handler: ServerToClientEvents[K]) {
      handlers[name] = handler;
    },
    emit<K extends keyof ClientToServerEvents>(_name: K, ..._args: Parameters<ClientToServerEvents[K]>) {},
  };
  const seen = vi.fn();
  socket.on("agent:event", (event: AgentEvent) => {
    seen(event.type);
  });
  socket.on("agent:error", (error: AgentErrorData) => {
    seen(error.error);
  });
  socket.on("session:ready", (data: SessionReadyEvent) => {
    seen(data.sessionId);
  });
  handlers["agent:event"]?.({ ...base, type: "message_chunk", content: "a", persistenceState: "transient" });
  handlers["agent:error"]?.({ error: "no" });
  handlers["session:ready"]?.({ sessionId: session, timestamp: base.timestamp });
  expect(seen.mock.calls.flat()).toEqual(["message_chunk", "no", session]);
  socket.emit("chat:message", { message: "hi", sessionId: session, userId: session });
  // @ts-expect-error a message needs its session
  socket.emit("chat:message", { message: "hi" });
});

test("an error's body", () => {
  const data: unknown = {
    error: "Not Found",
    message: getErrorMessage(ErrorCode.SESSION_NOT_FOUND),
    code: "SESSION_NOT_FOUND",
    details: { id: session, tries: 2, final: true },
  };
  if (!isApiErrorResponse(data)) throw new Error("is one");
  expectTypeOf(data).toEqualTypeOf<ApiErrorResponse>();
  expect([data.code, data.message]).toEqual([ErrorCode.SESSION_NOT_FOUND, "Session not found"]);
  expect(isApiErrorResponse({ error: "x", message: "y", code: "NO_SUCH_CODE" })).toBe(false);
});

test("an error code is an enum whose members are their texts", () => {
  const someString: string = "BAD_REQUEST";
  if (!isValidErrorCode(someString)) throw new Error("is one");
  expectTypeOf(someString).toExtend<ErrorCode>();
  const seed = "BAD_REQUEST VALIDATION_ERROR UNAUTHORIZED SESSION_EXPIRED FORBIDDEN SESSION_ACCESS_DENIED NOT_FOUND SESSION_NOT_FOUND INTERNAL_ERROR";
  for (const code of seed.split(" ")) expect(ErrorCode).toHaveProperty(code, code);
  expect(isValidErrorCode("toString")).toBe(false);
});

test("a schema checks", () => {
  const sendMessage = vi.fn();
  const check = (userInput: unknown): unknown => {
    const result = validateSafe(chatMessageSchema, userInput);
    if (result.success) {
      expectTypeOf(result.data).toEqualTypeOf<{ message: string; sessionId: string; userId: string }>();
      sendMessage(result.data);
      return undefined;
    }
    return result.error.errors;
  };
  const good = { message: "hi", sessionId: session, userId: session };
  expect(check({ ...good, thinking: { enableThinking: true } })).toBeUndefined();
  expect(sendMessage).toHaveBeenCalledWith(good);
  expect(check({ ...good, message: "" })).toMatchObject([{ path: ["message"], code: "too_small" }]);
  expect(check(null)).toHaveLength(1);
  expect(() => validateOrThrow(chatMessageSchema, {})).toThrow(z.ZodError);
  expect(validateOrThrow(chatMessageSchema, good)).toEqual(good);
});
