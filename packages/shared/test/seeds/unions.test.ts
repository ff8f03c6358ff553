// The seeds' exact unions, each by a switch that names every variant: the compiler refuses one that is missing, and one
// that is too much.
import { expect, test } from "vitest";

import type {
  AgentEvent,
  AgentEventExt,
  ComputerAction,
  SeedComputerAction,
  VsockMessage,
  VsockMessageExt,
  WsMessage,
  WsMessageExt,
} from "@lia/shared";
import type { WsChannelControlMessage, WsChannelServerMessage } from "@lia/shared/ws/channels";
import type { WsControlMessage, WsServerMessage } from "@lia/shared/ws";
import type { SessionCallbackEvent } from "@lia/shared/session-host";
import { assertNever } from "../proof.js";

function wsMessage(m: WsMessage): void {
  switch (m.type) {
    case "output":
    case "input":
    case "status":
    case "error":
    case "ping":
    case "pong":
      return;
    default:
      assertNever(m);
  }
}

function vsockMessage(m: VsockMessage): void {
  switch (m.type) {
    case "init":
    case "output":
    case "input":
    case "exit":
    case "heartbeat":
      return;
    default:
      assertNever(m);
  }
}

// The supersets: what they add, and nothing else than the seed's beside it.
function wsMessageExt(m: WsMessageExt): void {
  switch (m.type) {
    case "progress":
    case "permission":
    case "answered":
    case "prompt":
    case "turn":
    case "egress":
    case "live":
    case "answer":
    case "cancel":
    case "resize":
      return;
    default:
      wsMessage(m);
  }
}

function vsockMessageExt(m: VsockMessageExt): void {
  switch (m.type) {
    case "hello":
    case "welcome":
    case "command":
    case "resize":
    case "ack":
    case "rpc":
    case "ready":
    case "begun":
    case "done":
    case "error":
    case "progress":
    case "terminal":
    case "changed":
    case "refused":
      return;
    case "init":
    case "output":
    case "input":
    case "exit":
    case "heartbeat":
      return;
    default:
      assertNever(m);
  }
}

function agentEventExt(e: AgentEventExt): void {
  switch (e.type) {
    case "thinking_complete":
    case "agent_changed":
      return;
    default:
      agentEvent(e);
  }
}

function agentEvent(e: AgentEvent): void {
  switch (e.type) {
    case "session_start":
    case "thinking":
    case "thinking_chunk":
    case "message_partial":
    case "message":
    case "message_chunk":
    case "tool_use":
    case "tool_result":
    case "error":
    case "session_end":
    case "complete":
    case "approval_requested":
    case "approval_resolved":
    case "user_message_confirmed":
    case "turn_paused":
    case "content_refused":
      return;
    default:
      assertNever(e);
  }
}

function seedAction(a: SeedComputerAction): void {
  switch (a.action) {
    case "move_mouse":
    case "trace_mouse":
    case "click_mouse":
    case "press_mouse":
    case "drag_mouse":
    case "scroll":
    case "type_keys":
    case "press_keys":
    case "type_text":
    case "wait":
    case "screenshot":
    case "cursor_position":
      return;
    default:
      assertNever(a);
  }
}

function action(a: ComputerAction): void {
  switch (a.action) {
    case "paste_text":
    case "application":
    case "write_file":
    case "read_file":
      return;
    default:
      seedAction(a);
  }
}

function callback(e: SessionCallbackEvent): void {
  switch (e.type) {
    case "permission_request":
    case "session_end":
    case "end_turn":
    case "agent_message":
    case "error":
      return;
    default:
      assertNever(e);
  }
}

function wsServer(m: WsServerMessage): void {
  switch (m.type) {
    case "event":
    case "connected":
    case "error":
      return;
    default:
      assertNever(m);
  }
}

function wsControl(m: WsControlMessage): void {
  switch (m.action) {
    case "prompt":
    case "permission.respond":
    case "cancel":
    case "terminate":
    case "ping":
    case "queue.reorder":
    case "queue.clear":
    case "queue.pause":
    case "queue.resume":
      return;
    default:
      assertNever(m);
  }
}

function channelServer(m: WsChannelServerMessage): void {
  switch (m.type) {
    case "connected":
    case "subscribed":
    case "unsubscribed":
    case "event":
    case "session.created":
    case "session.terminated":
    case "error":
    case "pong":
      return;
    default:
      assertNever(m);
  }
}

function channelControl(m: WsChannelControlMessage): void {
  switch (m.action) {
    case "subscribe":
    case "unsubscribe":
    case "prompt":
    case "permission.respond":
    case "cancel":
    case "terminate":
    case "queue.reorder":
    case "queue.clear":
    case "queue.pause":
    case "queue.resume":
    case "ping":
    case "terminal.create":
    case "terminal.input":
    case "terminal.resize":
    case "terminal.kill":
      return;
    default:
      assertNever(m);
  }
}

test("a variant that is none reaches the end", () => {
  const all: ((value: never) => void)[] = [
    wsMessage,
    wsMessageExt,
    vsockMessage,
    vsockMessageExt,
    agentEvent,
    agentEventExt,
    seedAction,
    action,
    callback,
    wsServer,
    wsControl,
    channelServer,
    channelControl,
  ];
  for (const over of all) expect(() => over({ type: "odd", action: "odd" } as never)).toThrow("not expected");
});
