// Every type of the contract, without the schemas: what needs no schema is compiled without them.
export type * from "../src/generated/constants.js";
export type * from "../src/generated/types.js";
