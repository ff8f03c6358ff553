// The TypeScript of the seed on tasks.
import { expect, test } from "vitest";

import { TaskStatus, VsockMessageType, WsMessageType } from "@lia/shared";
import type { CreateTaskRequest, TaskResponse, VsockMessage, WsMessage } from "@lia/shared";
import {
  ApiErrorSchema,
  CreateTaskRequestSchema,
  TaskConfigSchema,
  TaskListResponseSchema,
  TaskResponseSchema,
  VsockMessageSchema,
  WsMessageSchema,
} from "@lia/shared";

test("the words are constants", () => {
  const status: { readonly Pending: "pending"; readonly Terminated: "terminated" } = TaskStatus;
  expect(status).toEqual({
    Pending: "pending",
    Starting: "starting",
    Running: "running",
    Suspended: "suspended",
    Terminated: "terminated",
  });
  expect(WsMessageType).toEqual({
    Output: "output",
    Input: "input",
    Status: "status",
    Error: "error",
    Ping: "ping",
    Pong: "pong",
  });
  expect(VsockMessageType).toEqual({
    Init: "init",
    Output: "output",
    Input: "input",
    Exit: "exit",
    Heartbeat: "heartbeat",
  });
});

test("a word is a type too", () => {
  const status: TaskStatus = "running";
  const type: WsMessageType = WsMessageType.Ping;
  expect([status, type]).toEqual(["running", "ping"]);
});

test("the defaults of a task's resources", () => {
  expect(TaskConfigSchema.parse({})).toEqual({
    timeout_minutes: 30,
    max_memory_mb: 2048,
    vcpu_count: 2,
    storage_gb: 50,
  });
});

test("a prompt has 1 to 100,000 characters", () => {
  const request: CreateTaskRequest = { prompt: "x".repeat(100_000), user_id: "u1" };
  expect(CreateTaskRequestSchema.safeParse(request).success).toBe(true);
  expect(CreateTaskRequestSchema.safeParse({ ...request, prompt: `${request.prompt}x` }).success).toBe(false);
  expect(CreateTaskRequestSchema.safeParse({ ...request, prompt: "" }).success).toBe(false);
});

test("the messages of the stream", () => {
  const messages: WsMessage[] = [
    { type: "output", data: "hi", timestamp: 1 },
    { type: "input", data: "hi" },
    { type: "status", status: TaskStatus.Running },
    { type: "status", status: "terminated", exit_code: 7 },
    { type: "error", message: "no" },
  ];
  for (const message of messages) expect(WsMessageSchema.parse(message)).toEqual(message);
});

test("the lines of the sidecar", () => {
  const messages: VsockMessage[] = [
    { type: "init", api_key: "k", prompt: "p", files: [{ name: "a", content: "b" }] },
    { type: "output", data: "hi" },
    { type: "input", data: "hi" },
    { type: "exit", code: 0 },
    { type: "heartbeat" },
  ];
  for (const message of messages) expect(VsockMessageSchema.parse(message)).toEqual(message);
});

test("a union narrows by its type", () => {
  const text = (message: WsMessage): string => {
    switch (message.type) {
      case "output":
      case "input":
        return message.data;
      case "status":
        return `${message.status} ${message.exit_code ?? ""}`;
      case "error":
        return message.message;
      case "ping":
      case "pong":
        return "";
      default:
        return message satisfies never;
    }
  };
  expect(text({ type: "output", data: "hi", timestamp: 1 })).toBe("hi");
});

test("the other schemas are there", () => {
  const url = (task: TaskResponse): string => task.web_url;
  expect(url).toBeTypeOf("function");
  expect(ApiErrorSchema.parse({ error: "Not there" })).toEqual({ error: "Not there" });
  expect(TaskListResponseSchema.parse({ tasks: [], total: 0, page: 1, per_page: 20 }).tasks).toEqual([]);
  expect(TaskResponseSchema.safeParse({}).success).toBe(false);
});
