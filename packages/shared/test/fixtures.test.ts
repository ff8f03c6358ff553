import { expect, test } from "vitest";

import * as schemas from "../src/generated/schemas.js";
import { type Schemas, disagreements } from "./agree.js";
import { fixtures, index } from "../scripts/proof.js";

test("Zod accepts and refuses the fixtures as Rust does, at the same place", () => {
  const cases = fixtures();
  const { wrong, checked } = disagreements(schemas as unknown as Schemas, index(), cases);
  expect(wrong).toEqual([]);
  expect(checked).toBeGreaterThan(Object.keys(cases).length);
});

test("every type has a schema and fixtures", () => {
  const cases = fixtures();
  const missing = Object.entries(index()).filter(([name, type]) => !cases[name] || !(type.schema in schemas));
  expect(missing).toEqual([]);
});
