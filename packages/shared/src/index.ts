export * from "./generated/constants.js";
export * from "./generated/converters.js";
export * from "./generated/guards.js";
export type * from "./generated/sockets.js";
export type * from "./generated/types.js";
export type { Runtime, RuntimeConfigFor, RuntimeNames, SessionContext } from "./runtime.js";
export type { FlamecastStorage } from "./storage.js";
export * from "./tasks.js";
