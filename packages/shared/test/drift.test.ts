// The proof must be able to fail. Each kind of drift is made in a copy, and something must see it.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import ts from "typescript";
import { afterAll, describe, expect, test } from "vitest";

import { assignableProof, fixtureProof, fixtures, folder, index } from "../scripts/proof.js";
import { type Schemas, disagreements } from "./agree.js";

const generated = `${folder}src/generated/`;
const scratch = `${folder}.proof/drift/`;
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const drifts = [
  {
    kind: "a limit is changed",
    file: "schemas.ts",
    from: "prompt: z.string().min(1)",
    to: "prompt: z.string().min(2)",
  },
  { kind: "a field is renamed", file: "schemas.ts", from: "exit_code: z.int()", to: "exitCode: z.int()" },
  { kind: "a variant is dropped", file: "schemas.ts", from: "    WsPingMessageSchema,\n", to: "" },
  { kind: "a field is renamed", file: "types.ts", from: "  exit_code?: number;", to: "  exitCode?: number;" },
  { kind: "a field may be absent", file: "types.ts", from: "  prompt: string;", to: "  prompt?: string;" },
  { kind: "a field is dropped", file: "types.ts", from: "  ssh_public_key?: string;", to: "" },
  { kind: "a variant is dropped", file: "types.ts", from: "  | WsPingMessage\n", to: "" },
];

function drifted({ file, from, to }: { file: string; from: string; to: string }): string {
  const text = readFileSync(generated + file, "utf8");
  expect(text, `${file} has ${from}`).toContain(from);
  return text.replace(from, to);
}

let count = 0;
/** The module of schemas, made of a text. */
async function load(text: string): Promise<Schemas> {
  mkdirSync(scratch, { recursive: true });
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const compile = (from: string) => ts.transpileModule(from, { compilerOptions: options }).outputText;
  writeFileSync(`${scratch}constants.js`, compile(readFileSync(`${generated}constants.ts`, "utf8")));
  const file = `${scratch}schemas${(count += 1)}.js`;
  writeFileSync(file, compile(text));
  return (await import(/* @vite-ignore */ file)) as Schemas;
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
  const config = ts.readConfigFile(`${folder}tsconfig.json`, (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, folder);
  delete options.incremental;
  delete options.tsBuildInfoFile;
  let before: ts.Program | undefined;

  /** The errors of both proofs when one generated file is another text. */
  function errors(file?: string, text?: string): string[] {
    const host = ts.createCompilerHost(options);
    // Some types are enough, and quick.
    const some = ["TaskConfig", "CreateTaskRequest", "WsStatusMessage", "WsMessage"];
    const of = <T>(all: Record<string, T>): Record<string, T> =>
      Object.fromEntries(Object.entries(all).filter(([name]) => some.includes(name)));
    const proofs: Record<string, string> = {
      [`${folder}.proof/drift-assignable.ts`]: assignableProof(of(index())),
      [`${folder}.proof/drift-fixtures.ts`]: fixtureProof(index(), of(fixtures())),
    };
    const { getSourceFile, fileExists } = host;
    const replaced = new Map(Object.entries(proofs));
    if (file !== undefined && text !== undefined) replaced.set(generated + file, text);
    host.fileExists = (path) => replaced.has(path) || fileExists(path);
    host.getSourceFile = (path, ...rest) => {
      const other = replaced.get(path);
      if (other !== undefined) return ts.createSourceFile(path, other, ts.ScriptTarget.ES2022);
      return before?.getSourceFile(path) ?? getSourceFile(path, ...rest);
    };
    const program = ts.createProgram(Object.keys(proofs), options, host);
    if (file === undefined) before = program;
    return Object.keys(proofs).flatMap((path) =>
      program.getSemanticDiagnostics(program.getSourceFile(path)).map((d) => ts.flattenDiagnosticMessageText(d.messageText, "\n")),
    );
  }

  test("has no error when nothing has drifted", () => expect(errors()).toEqual([]));

  test.each(drifts.filter((d) => d.file === "types.ts"))("$kind: the compiler sees it", (drift) => {
    expect(errors(drift.file, drifted(drift))).not.toEqual([]);
  });

  test("a field of a schema is renamed: the compiler sees it", () => {
    const drift = drifts.find((d) => d.kind === "a field is renamed" && d.file === "schemas.ts")!;
    expect(errors(drift.file, drifted(drift))).not.toEqual([]);
  });
});
