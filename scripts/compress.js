// node scripts/compress.js FOLDER: beside each file of text `.br` and `.gz` of it, where they are smaller by a tenth at
// least. What was compressed before and is not any more is removed.
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const folder = argv[2];
const text = /\.(css|html|js|json|map|mjs|svg|txt|wasm|webmanifest)$/;
const ways = {
  ".br": (bytes) =>
    brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  ".gz": (bytes) => gzipSync(bytes, { level: 9 }),
};

for (const name of readdirSync(folder, { recursive: true }))
  if (/\.(br|gz)$/.test(name)) rmSync(join(folder, name));

for (const name of readdirSync(folder, { recursive: true }).filter((name) => text.test(name))) {
  const bytes = readFileSync(join(folder, name));
  for (const [end, compress] of Object.entries(ways)) {
    const packed = compress(bytes);
    if (packed.length < bytes.length * 0.9) writeFileSync(join(folder, name + end), packed);
  }
}
