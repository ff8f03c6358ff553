export { WsControlMessageSchema, WsServerMessageSchema } from "./generated/schemas.js";
