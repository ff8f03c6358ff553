// What a bundler makes of the package.
import { existsSync } from "node:fs";
import { type Rollup, build } from "vite";
import { expect, test } from "vitest";

import manifest from "../package.json" with { type: "json" };

const root = new URL("..", import.meta.url).pathname;
// There is no such file: the plugin below has its text.
const entry = `${root}entry.ts`;

/** The one chunk that comes of a module, and the files that it is made of. */
async function bundle(code: string, conditions?: string[]): Promise<{ code: string; modules: string[] }> {
  const output = await build({
    root,
    configFile: false,
    logLevel: "error",
    resolve: conditions ? { conditions } : {},
    plugins: [
      {
        name: "entry",
        enforce: "pre",
        resolveId: (id) => (id === entry ? entry : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
    build: { write: false, minify: false, lib: { entry, formats: ["es"], fileName: "out" } },
  });
  const [first] = Array.isArray(output) ? output : [output as Rollup.RollupOutput];
  const chunk = first!.output[0];
  return { code: chunk.code, modules: chunk.moduleIds };
}

test("constants and guards come without zod", async () => {
  const { code, modules } = await bundle('import { ErrorCode, isTextContentBlock } from "@lia/shared"; console.log(ErrorCode, isTextContentBlock);');
  expect(code).toContain("SESSION_NOT_FOUND");
  expect(modules.filter((id) => id.includes("/zod/"))).toEqual([]);
  expect(code).not.toContain("isMessageContentBlock");
});

test("a schema comes without the schemas that it does not use", async () => {
  const { code } = await bundle('import { WsMessageSchema } from "@lia/shared/schemas"; console.log(WsMessageSchema);');
  expect(code).toContain("WsPingMessageSchema");
  expect(code).not.toContain("TaskResponseSchema");
  expect(code).not.toContain("AgentEventSchema");
});

test("the condition `source` leads to TypeScript", async () => {
  const { modules } = await bundle('import { TaskStatus } from "@lia/shared"; console.log(TaskStatus);', ["source", "import"]);
  expect(modules.some((id) => id.endsWith("packages/shared/src/generated/constants.ts"))).toBe(true);
  expect(modules.some((id) => id.includes("/dist/"))).toBe(false);
});

test("every file that the manifest names is there", () => {
  const paths: string[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === "string") paths.push(value);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(collect);
  };
  collect(manifest.exports);
  expect(paths.filter((path) => !existsSync(`${root}${path}`))).toEqual([]);
});

test.each(["runtime", "runtime-host", "session-host", "session", "storage", "ws", "ws/channels", "constants"])(
  "%s needs no zod",
  async (name) => {
    const { modules } = await bundle(`export * from "@lia/shared/${name}";`);
    expect(modules.filter((id) => id.includes("/zod/"))).toEqual([]);
  },
);
