// Writes what the compiler proves into .proof/: that each fixture is, or is not, of its type; that each schema and its
// type are the same; that each name of the seeds is there, for ESM and for CommonJS.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = new URL("..", import.meta.url);
const repository = new URL("../../", here);
const json = (url) => JSON.parse(readFileSync(url, "utf8"));

/** The files of fixtures: per type what is accepted and what is refused. */
export function fixtures() {
  const folder = new URL("crates/contract/fixtures/", repository);
  const all = {};
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    for (const [name, cases] of Object.entries(json(new URL(file, folder)).types)) {
      if (all[name]) throw new Error(`two files have fixtures of ${name}`);
      all[name] = cases;
    }
  }
  return all;
}

/** Each type with its schema's name and the type of what may be sent. */
export function index() {
  return json(new URL("contract/index.json", repository));
}

// A JSON text is an expression, but for the one key that sets a prototype.
const expression = (value) => JSON.stringify(value).replaceAll('"__proto__":', '["__proto__"]:');

const typeOf = ({ input, enum: holds }) => (holds ? `Wire<T.${input}>` : `T.${input}`);

export function fixtureProof(types, cases) {
  const lines = [HEAD, 'import type * as T from "../src/index.js";', 'import { accept, type Wire } from "../test/proof.js";', ""];
  for (const [name, { golden = [], accepted = [], refused = [] }] of Object.entries(cases)) {
    const type = types[name];
    if (!type) continue;
    for (const value of [...golden, ...accepted]) lines.push(`accept<${typeOf(type)}>()(${expression(value)});`);
    for (const { by, value } of refused) {
      if (by !== "type") continue;
      lines.push(`// @ts-expect-error`, `accept<${typeOf(type)}>()(${expression(value)});`);
    }
  }
  lines.push("export type _Wire = Wire<string>;");
  return `${lines.join("\n")}\n`;
}

export function assignableProof(types, from = "../src") {
  const lines = [
    HEAD,
    'import type * as z from "zod";',
    `import type * as T from "${from}/index.js";`,
    `import type * as S from "${from}/generated/schemas.js";`,
    'import type { Proven, Same } from "../test/proof.js";',
    "",
  ];
  let count = 0;
  for (const [name, { schema, input }] of Object.entries(types)) {
    lines.push(`export type P${(count += 1)} = Proven<Same<T.${name}, z.output<typeof S.${schema}>>>;`);
    lines.push(`export type P${(count += 1)} = Proven<Same<T.${input}, z.input<typeof S.${schema}>>>;`);
  }
  return `${lines.join("\n")}\n`;
}

/** A switch over each union, with a case per tag and none left over. */
export function exhaustiveProof() {
  const defs = json(new URL("contract/lia.schema.json", repository)).$defs;
  const named = ({ $ref }) => defs[$ref.replace("#/$defs/", "")];
  const tags = (def, field) =>
    def.oneOf && def.discriminator ? def.oneOf.flatMap((v) => tags(named(v), field)) : [def.properties[field].const];
  const lines = [HEAD, 'import type * as T from "../src/index.js";', 'import { assertNever } from "../test/proof.js";', ""];
  for (const [name, def] of Object.entries(defs)) {
    const field = def.discriminator?.propertyName;
    if (!field) continue;
    lines.push(`export function over${name}(value: T.${name}): void {`, `  switch (value.${field}) {`);
    const all = new Set(tags(def, field));
    // A variant for every other tag is what is left over.
    const open = all.delete(undefined);
    for (const tag of all) lines.push(`    case ${JSON.stringify(tag)}:`);
    lines.push("      return;", "    default:", open ? "      return;" : "      assertNever(value);", "  }", "}");
  }
  return `${lines.join("\n")}\n`;
}

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
