import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

import * as schemas from "../src/generated/schemas.js";
import { index } from "../scripts/proof.js";
import { type Schemas, place } from "./agree.js";

const repository = new URL("../../../", import.meta.url);
const target = new URL(`${process.env.CARGO_TARGET_DIR ?? "target"}/`, repository);
const folder = new URL("tmp/contract-corpus/", target);

test("Zod says of generated messages what Rust says", () => {
  expect(existsSync(folder), `${folder.pathname} is made by the tests of crates/contract: make verify-types`).toBe(true);
  const wrong: string[] = [];
  let accepted = 0;
  let refused = 0;
  for (const [name, { schema }] of Object.entries(index())) {
    const lines = readFileSync(new URL(`${name}.jsonl`, folder), "utf8").trimEnd().split("\n");
    for (const line of lines) {
      const { value, at } = JSON.parse(line) as { value: unknown; at: string | null };
      const found = place((schemas as unknown as Schemas)[schema]!, value);
      if (at === null) accepted += 1;
      else refused += 1;
      if ((found === undefined) !== (at === null)) wrong.push(`${name}: Rust at ${at}, Zod at ${found}: ${JSON.stringify(value)}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(accepted).toBeGreaterThan(500);
  expect(refused).toBeGreaterThan(500);
});
