// The proof must be able to fail. Each kind of drift is made in a copy, and something must see it.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import ts from "typescript";
import { afterAll, describe, expect, test } from "vitest";

import { assignableProof, exhaustiveProof, fixtureProof, fixtures, folder, index } from "../scripts/proof.js";
import { type Schemas, disagreements } from "./agree.js";

const generated = `${folder}src/generated/`;
const scratch = `${folder}.proof/drift/`;
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Drift {
  kind: string;
  file: "schemas.ts" | "types.ts";
  /** The declaration that is changed. */
  of: string;
  from: string;
  to: string;
  /** Nothing but a fixture can see it: the types are the same. */
  limit?: true;
}

const drifts: Drift[] = [
  {
    kind: "a limit is changed",
    file: "schemas.ts",
    of: "const CreateTaskRequestSchema ",
    from: "prompt: z.string().min(1)",
    to: "prompt: z.string().min(2)",
    limit: true,
  },
  {
    kind: "a field is renamed",
    file: "schemas.ts",
    of: "const WsStatusMessageSchema ",
    from: "exit_code: z.int()",
    to: "exitCode: z.int()",
  },
  {
    kind: "a variant is dropped",
    file: "schemas.ts",
    of: "const WsMessageSchema ",
    from: "    WsPingMessageSchema,\n",
    to: "",
  },
  {
    kind: "a field is renamed",
    file: "types.ts",
    of: "interface WsStatusMessage ",
    from: "  exit_code?: number;",
    to: "  exitCode?: number;",
  },
  {
    kind: "a field may be absent",
    file: "types.ts",
    of: "interface CreateTaskRequest ",
    from: "  prompt: string;",
    to: "  prompt?: string;",
  },
  {
    kind: "a field is dropped",
    file: "types.ts",
    of: "interface CreateTaskRequest ",
    from: "  ssh_public_key?: string;",
    to: "",
  },
  {
    kind: "a variant is dropped",
    file: "types.ts",
    of: "type WsMessage =",
    from: "  | WsPingMessage\n",
    to: "",
  },
];

function drifted({ file, of, from, to }: Drift): string {
  const text = readFileSync(generated + file, "utf8");
  const start = text.indexOf(`\nexport ${of}`);
  const at = text.indexOf(from, start);
  const end = text.indexOf("\nexport ", start + 1);
  expect(start, `${file} has ${of}`).toBeGreaterThan(-1);
  expect(at, `${of} has ${from}`).toBeGreaterThan(-1);
  if (end > -1) expect(at, `${of} itself has ${from}`).toBeLessThan(end);
  return text.slice(0, at) + to + text.slice(at + from.length);
}

let count = 0;
/** The module of schemas, made of a text. */
async function load(text: string): Promise<Schemas> {
  const at = `${scratch}zod${(count += 1)}/`;
  mkdirSync(`${at}generated`, { recursive: true });
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const write = (file: string, from: string) =>
    writeFileSync(at + file, ts.transpileModule(from, { compilerOptions: options }).outputText);
  write("zod.js", readFileSync(`${folder}src/zod.ts`, "utf8"));
  write("generated/constants.js", readFileSync(`${generated}constants.ts`, "utf8"));
  write("generated/schemas.js", text);
  return (await import(/* @vite-ignore */ `${at}generated/schemas.js`)) as Schemas;
}

describe("Zod", () => {
  test("says what the fixtures say when nothing has drifted", async () => {
    const schemas = await load(readFileSync(`${generated}schemas.ts`, "utf8"));
    expect(disagreements(schemas, index(), fixtures()).wrong).toEqual([]);
  });

  test.each(drifts.filter((d) => d.file === "schemas.ts"))("$kind: the fixtures see it", async (drift) => {
    const schemas = await load(drifted(drift));
    expect(disagreements(schemas, index(), fixtures()).wrong).not.toEqual([]);
  });
});

describe("the compiler", () => {
  const seen = drifts.filter((drift) => !drift.limit);
  // Some types are enough, and quick.
  const some = ["TaskConfig", "CreateTaskRequest", "WsStatusMessage", "WsMessage"];
  const of = <T>(all: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(all).filter(([name]) => some.includes(name)));

  /** A copy of what is generated, one file of it another text, and its proofs. */
  function copy(name: string, drift?: Drift): string[] {
    const at = `${scratch}${name}/`;
    mkdirSync(`${at}generated`, { recursive: true });
    writeFileSync(`${at}zod.ts`, readFileSync(`${folder}src/zod.ts`));
    for (const file of readdirSync(generated))
      writeFileSync(`${at}generated/${file}`, drift?.file === file ? drifted(drift) : readFileSync(generated + file));
    writeFileSync(
      `${at}types.ts`,
      'export type * from "./generated/constants.js";\nexport type * from "./generated/types.js";\n',
    );
    const modules = { types: "./types.js", schemas: "./generated/schemas.js", proof: "../../../test/proof.js" };
    const proofs = {
      assignable: assignableProof(of(index()), modules),
      fixtures: fixtureProof(index(), of(fixtures()), modules),
      exhaustive: exhaustiveProof((name) => some.includes(name), modules),
    };
    return Object.entries(proofs).map(([proof, text]) => {
      writeFileSync(`${at}${proof}.ts`, text);
      return `${at}${proof}.ts`;
    });
  }

  // One program of all copies: what they have in common is checked once.
  let program: ts.Program | undefined;
  const copies = new Map<Drift | undefined, string[]>();
  function errors(drift?: Drift): string[] {
    if (!program) {
      for (const [at, each] of [undefined, ...seen].entries()) copies.set(each, copy(`copy${at}`, each));
      const config = ts.readConfigFile(`${folder}tsconfig.json`, (path) => ts.sys.readFile(path));
      const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, folder);
      delete options.incremental;
      delete options.tsBuildInfoFile;
      program = ts.createProgram([...copies.values()].flat(), options);
    }
    return copies.get(drift)!.flatMap((path) => {
      const file = program!.getSourceFile(path);
      expect(file, path).toBeDefined();
      const diagnostics = [...program!.getSyntacticDiagnostics(file), ...program!.getSemanticDiagnostics(file)];
      return diagnostics.map((d) => ts.flattenDiagnosticMessageText(d.messageText, "\n"));
    });
  }

  test("has no error when nothing has drifted", () => expect(errors()).toEqual([]));

  test.each(seen)("$kind in $file: the compiler sees it", (drift) => {
    expect(errors(drift)).not.toEqual([]);
  });
});
