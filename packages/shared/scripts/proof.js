// Writes what the compiler proves into .proof/: that each fixture is, or is not, of its type; that each schema and its
// type are the same; that each name of the seeds is there, for ESM and for CommonJS.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = new URL("..", import.meta.url);
const repository = new URL("../../", here);
const json = (url) => JSON.parse(readFileSync(url, "utf8"));

/** A long text is written `{ "$repeat": ["a", 4096, "b", 1] }`: 4096 times the one, then the other. */
function expand(value) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(expand);
  const runs = value.$repeat;
  if (Array.isArray(runs) && Object.keys(value).length === 1)
    return runs.map((run, at) => (at % 2 === 0 ? run.repeat(runs[at + 1]) : "")).join("");
  for (const key of Object.keys(value)) value[key] = expand(value[key]);
  return value;
}

/** The files of fixtures: per type what is accepted and what is refused. */
export function fixtures() {
  const folder = new URL("crates/contract/fixtures/", repository);
  const all = {};
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    for (const [name, { golden = [], accepted = [], refused = [] }] of Object.entries(expand(json(new URL(file, folder)).types))) {
      // A second file may add to what the first one says of a type.
      const cases = (all[name] ??= { golden: [], accepted: [], refused: [] });
      cases.golden.push(...golden);
      cases.accepted.push(...accepted);
      cases.refused.push(...refused);
    }
  }
  return all;
}

/** Each type with its schema's name and the type of what may be sent. */
export function index() {
  return json(new URL("contract/index.json", repository));
}

/** The schema of all types. */
function schema() {
  return json(new URL("contract/lia.schema.json", repository));
}

// A JSON text is an expression, but for the one key that sets a prototype.
const expression = (value) => JSON.stringify(value).replaceAll('"__proto__":', '["__proto__"]:');

const typeOf = ({ input, enum: holds }) => (holds ? `Wire<T.${input}>` : `T.${input}`);

/** Whether all fields of a type may be absent: the compiler then wants at least one of them in what is not empty. */
function weak(def) {
  return def?.properties !== undefined && !(def.required ?? []).some((name) => !("default" in def.properties[name]));
}

/**
 * What is accepted compiles; so does what only a limit refuses. What its form refuses does not: an error is expected. The
 * one exception is the compiler's own: of a type whose fields may all be absent it wants one at least.
 */
export function fixtureProof(types, cases, at = HERE) {
  const { $defs: defs } = schema();
  const lines = [
    HEAD,
    `import type * as T from "${at.types}";`,
    `import { accept, type Wire } from "${at.proof}";`,
    "",
  ];
  for (const [name, { golden = [], accepted = [], refused = [] }] of Object.entries(cases)) {
    const type = types[name];
    if (!type) throw new Error(`${name} is not in the contract`);
    lines.push(`const ${name} = accept<${typeOf(type)}>();`);
    const line = (value, error) => {
      if (error) lines.push("// @ts-expect-error");
      lines.push(`${name}(${expression(value)});`);
    };
    const strange = (value) =>
      weak(defs[name]) && Object.keys(value).length > 0 && !Object.keys(value).some((key) => key in defs[name].properties);
    for (const value of [...golden, ...accepted]) line(value, strange(value));
    for (const { by, value } of refused) line(value, by === "type");
  }
  lines.push("export type _Wire = Wire<string>;");
  return `${lines.join("\n")}\n`;
}

export function assignableProof(types, at = HERE) {
  const lines = [
    HEAD,
    'import type * as z from "zod";',
    `import type * as T from "${at.types}";`,
    `import type * as S from "${at.schemas}";`,
    `import type { Proven, Same, SameAsJson } from "${at.proof}";`,
    "",
  ];
  for (const [name, { schema, input, enum: holds }] of Object.entries(types)) {
    const same = holds ? "SameAsJson" : "Same";
    lines.push(`export type O_${name} = Proven<${same}<T.${name}, z.output<typeof S.${schema}>>>;`);
    lines.push(`export type I_${name} = Proven<${same}<T.${input}, z.input<typeof S.${schema}>>>;`);
  }
  lines.push("export type _ = [Same<0, 0>, SameAsJson<0, 0>];");
  return `${lines.join("\n")}\n`;
}

/** A switch over each union, with a case per tag and none left over. */
export function exhaustiveProof(some = () => true, at = HERE) {
  const defs = schema().$defs;
  const named = ({ $ref }) => defs[$ref.replace("#/$defs/", "")];
  const tags = (def, field) =>
    def.oneOf && def.discriminator ? def.oneOf.flatMap((v) => tags(named(v), field)) : [def.properties[field].const];
  const lines = [HEAD, `import type * as T from "${at.types}";`, `import { assertNever } from "${at.proof}";`, ""];
  for (const [name, def] of Object.entries(defs)) {
    const field = def.discriminator?.propertyName;
    if (!field || !some(name)) continue;
    lines.push(`export function over${name}(value: T.${name}): void {`, `  switch (value.${field}) {`);
    const all = new Set(tags(def, field));
    // A variant for every other tag is what is left over.
    const open = all.delete(undefined);
    for (const tag of all) lines.push(`    case ${JSON.stringify(tag)}:`);
    lines.push("      return;", "    default:", open ? "      return;" : "      assertNever(value);", "  }", "}");
  }
  return `${lines.join("\n")}\n`;
}

/** What the proofs in .proof/ are of. */
const HERE = { types: "../test/types.js", schemas: "../src/generated/schemas.js", proof: "../test/proof.js" };
const HEAD = "// Made by scripts/proof.js for one run of the compiler.";

function namesProof(name, { types = [], values = [] }) {
  const from = `"@lia/shared${name.slice(1)}"`;
  const lines = [HEAD];
  if (types.length > 0) lines.push(`export type { ${types.join(", ")} } from ${from};`);
  if (values.length > 0) lines.push(`export { ${values.join(", ")} } from ${from};`);
  return `${lines.join("\n")}\n`;
}

function write(name, text) {
  writeFileSync(new URL(`.proof/${name}`, here), text);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = new URL(".proof/", here);
  for (const part of ["names/esm", "names/cjs"]) {
    rmSync(new URL(part, folder), { recursive: true, force: true });
    mkdirSync(new URL(part, folder), { recursive: true });
  }
  const types = index();
  write("fixtures.ts", fixtureProof(types, fixtures()));
  write("assignable.ts", assignableProof(types));
  write("exhaustive.ts", exhaustiveProof());
  const names = json(new URL("test/names.json", here));
  for (const [name, list] of Object.entries(names)) {
    const file = name === "." ? "index" : name.slice(2).replaceAll("/", "-");
    write(`names/esm/${file}.mts`, namesProof(name, list));
    write(`names/cjs/${file}.cts`, namesProof(name, list));
  }
  process.exitCode = 0;
}

export const folder = fileURLToPath(here);
