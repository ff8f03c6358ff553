// Generated from crates/protocol by `cargo run -p xtask -- generate`. Do not edit.

import type {
  AgentErrorData,
  AgentEvent,
  AgentSelectData,
  ApprovalErrorData,
  ApprovalResponse,
  ApprovalResponseAck,
  ChatMessageAck,
  ChatMessageData,
  SessionErrorData,
  SessionJoinAck,
  SessionJoinData,
  SessionJoinedEvent,
  SessionLeaveAck,
  SessionLeaveData,
  SessionLeftEvent,
  SessionReadyEvent,
  SessionTitleUpdatedEvent,
  StopAgentAck,
  StopAgentData,
  SupervisorResumeData,
  TodoCompletedEvent,
  TodoCreatedEvent,
  TodoUpdatedEvent,
  UserErrorData,
  UserJoinData,
  UserJoinedEvent,
} from "./types.js";

/** What the server sends, by the event's name: `Socket<ServerToClientEvents, ClientToServerEvents>`. */
export interface ServerToClientEvents {
  "agent:event": (data: AgentEvent) => void;
  "agent:error": (data: AgentErrorData) => void;
  "session:joined": (data: SessionJoinedEvent) => void;
  "session:ready": (data: SessionReadyEvent) => void;
  "session:left": (data: SessionLeftEvent) => void;
  "session:error": (data: SessionErrorData) => void;
  "approval:error": (data: ApprovalErrorData) => void;
  "todo:created": (data: TodoCreatedEvent) => void;
  "todo:updated": (data: TodoUpdatedEvent) => void;
  "todo:completed": (data: TodoCompletedEvent) => void;
  "session:title_updated": (data: SessionTitleUpdatedEvent) => void;
  "user:joined": (data: UserJoinedEvent) => void;
  "user:error": (data: UserErrorData) => void;
}

/** What a client sends. Where the server answers, a callback gets the answer. */
export interface ClientToServerEvents {
  "session:join": (data: SessionJoinData, ack?: (answer: SessionJoinAck) => void) => void;
  "session:leave": (data: SessionLeaveData, ack?: (answer: SessionLeaveAck) => void) => void;
  "chat:message": (data: ChatMessageData, ack?: (answer: ChatMessageAck) => void) => void;
  "chat:stop": (data: StopAgentData, ack?: (answer: StopAgentAck) => void) => void;
  "approval:response": (data: ApprovalResponse, ack?: (answer: ApprovalResponseAck) => void) => void;
  "approval:respond": (data: ApprovalResponse, ack?: (answer: ApprovalResponseAck) => void) => void;
  "agent:select": (data: AgentSelectData) => void;
  "supervisor:resume": (data: SupervisorResumeData) => void;
  "user:join": (data: UserJoinData) => void;
}
