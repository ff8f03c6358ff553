export { SessionHostStartRequestSchema } from "./generated/schemas.js";
