// The tools as a model is told of them: the same vectors as in Rust (crates/contract/tests/it/tools.rs).
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as z from "zod";

import { LLM_TOOLS } from "@lia/shared/constants";
import { LlmToolSchema } from "@lia/shared/schemas";

interface Vector {
  accepted: unknown[];
  refused: unknown[];
}

const file = new URL("../../../crates/contract/fixtures/vectors/llm_tools.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as Record<string, Vector>;

test("there are 17, in the order of the vectors, and each is an LlmTool", () => {
  expect(LLM_TOOLS.length).toBe(17);
  expect(LLM_TOOLS.map((tool) => tool.name)).toEqual(Object.keys(vectors));
  for (const tool of LLM_TOOLS) {
    expect(LlmToolSchema.parse(tool)).toEqual(tool);
    expect(tool.description).not.toBe("");
  }
});

test.each(LLM_TOOLS.map((tool) => [tool.name, tool.input_schema] as const))("%s takes and refuses inputs", (name, input) => {
  // The models' dialect says `nullable`, as OpenAPI 3.0 does.
  const schema = z.fromJSONSchema(input as never, { defaultTarget: "openapi-3.0" });
  const { accepted, refused } = vectors[name]!;
  expect(accepted.length && refused.length).toBeGreaterThan(0);
  expect(accepted.filter((value) => !schema.safeParse(value).success)).toEqual([]);
  expect(refused.filter((value) => schema.safeParse(value).success)).toEqual([]);
});
