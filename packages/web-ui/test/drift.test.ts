// @vitest-environment node
// The compiler must notice when the contract changes. Fields are renamed in what @lia/shared declares, as a rename in
// crates/protocol would do it, and the UI must not compile any more. That it compiles as it is, `typecheck` says.
import { readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";

const root = new URL("..", import.meta.url).pathname;

/** What the compiler says of the UI's own files when these fields have other names in every type that has them. */
function errors(fields: string[]): string {
  const config = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path));
  const { options, fileNames } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  delete options.incremental;
  delete options.tsBuildInfoFile;
  const host = ts.createCompilerHost(options);
  const get = host.getSourceFile.bind(host);
  const renamed = new Set<string>();
  const field = new RegExp(`\\b(${fields.join("|")})(?=\\??: )`, "g");
  host.getSourceFile = (path, version, ...rest) => {
    if (!/\/generated\/(types|schemas)\.d\.ts$/.test(path)) return get(path, version, ...rest);
    const text = readFileSync(path, "utf8").replaceAll(field, (name) => {
      renamed.add(name);
      return `${name}_renamed`;
    });
    return ts.createSourceFile(path, text, version);
  };
  const sources = fileNames.filter((name) => name.startsWith(`${root}src/`));
  const program = ts.createProgram(sources, options, host);
  const found = sources.flatMap((name) => [...program.getSemanticDiagnostics(program.getSourceFile(name))]);
  expect([...renamed].sort(), "they are declared").toEqual([...fields].sort());
  return found.map((d) => ts.flattenDiagnosticMessageText(d.messageText, "\n")).join("\n");
}

test("a renamed field does not compile", { timeout: 120_000 }, () => {
  const fields = ["pending_permissions", "prompt"];
  const said = errors(fields);
  for (const field of fields) expect(said).toContain(`'${field}'`);
});
