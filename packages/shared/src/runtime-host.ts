export type {
  RuntimeHostStartSessionRequest,
  RuntimeHostStartSessionResponse,
  RuntimeHostSessionStatus,
  RuntimeHostHealthResponse,
  RuntimeHostPromptRequest,
  RuntimeHostPermissionResponse,
} from "./generated/types.js";
