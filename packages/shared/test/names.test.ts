import { createRequire } from "node:module";
import { expect, test } from "vitest";

import names from "./names.json" with { type: "json" };
import manifest from "../package.json" with { type: "json" };

const require = createRequire(import.meta.url);
const entries = Object.entries(names as Record<string, { types: string[]; values: string[] }>);

test("every entry point has its names in the list", () => {
  const points = Object.keys(manifest.exports).filter((name) => name !== "./package.json");
  expect(points.sort()).toEqual(entries.map(([name]) => name).sort());
});

test.each(entries)("%s has what the seeds name, as ESM and as CommonJS", async (name, { values }) => {
  const specifier = `@lia/shared${name.slice(1)}`;
  const esm = (await import(specifier)) as Record<string, unknown>;
  const cjs = require(specifier) as Record<string, unknown>;
  expect(values.filter((value) => esm[value] === undefined)).toEqual([]);
  expect(values.filter((value) => cjs[value] === undefined)).toEqual([]);
  expect(Object.keys(cjs).filter((key) => key !== "__esModule").sort()).toEqual(Object.keys(esm).filter((key) => key !== "default").sort());
});
