export { z } from "zod";
export * from "./generated/schemas.js";
export * from "./parse.js";
export * from "./validate.js";
