// Builds the package twice, as ESM and as CommonJS, each with its declarations.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
for (const [form, type] of [
  ["esm", "module"],
  ["cjs", "commonjs"],
]) {
  const { status } = spawnSync(process.execPath, [tsc, "-p", `tsconfig.${form}.json`], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
  mkdirSync(`${root}/dist/${form}`, { recursive: true });
  writeFileSync(`${root}/dist/${form}/package.json`, `${JSON.stringify({ type, sideEffects: false }, null, 2)}\n`);
}
