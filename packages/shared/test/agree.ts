// Compares what Zod says with what the fixtures, which Rust and JSON Schema are held to, say.
import type * as z from "zod";

export type Schemas = Record<string, z.ZodType>;
export type Index = Record<string, { schema: string; input: string; group: string; enum: boolean }>;
export interface Cases {
  golden?: unknown[];
  accepted?: unknown[];
  refused?: { at: string; by: "type" | "limit"; value: unknown }[];
}

/** Where a schema refuses a value first; `undefined` when it does not. */
export function place(schema: z.ZodType, value: unknown): string | undefined {
  const result = schema.safeParse(value);
  return result.success ? undefined : (result.error.issues[0]?.path.join(".") ?? "");
}

/** Every fixture of which a schema says something else. */
export function disagreements(schemas: Schemas, index: Index, cases: Record<string, Cases>) {
  const wrong: string[] = [];
  let checked = 0;
  for (const [name, { golden = [], accepted = [], refused = [] }] of Object.entries(cases)) {
    const schema = schemas[index[name]?.schema ?? ""];
    if (!schema) {
      wrong.push(`${name} has no schema`);
      continue;
    }
    for (const value of [...golden, ...accepted]) {
      checked += 1;
      const at = place(schema, value);
      if (at !== undefined) wrong.push(`${name} refuses ${JSON.stringify(value)} at ${JSON.stringify(at)}`);
    }
    for (const value of golden) {
      const result = schema.safeParse(value);
      if (result.success && JSON.stringify(sorted(result.data)) !== JSON.stringify(sorted(value)))
        wrong.push(`${name} changes ${JSON.stringify(value)} to ${JSON.stringify(result.data)}`);
    }
    for (const { at, value } of refused) {
      checked += 1;
      const found = place(schema, value);
      if (found !== at) wrong.push(`${name} refuses ${JSON.stringify(value)} at ${JSON.stringify(found)}, not at ${JSON.stringify(at)}`);
    }
  }
  return { wrong, checked };
}

/** The same with the keys of each object in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]));
}
