import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { signWebhookPayload, verifyWebhookSignature } from "@lia/shared/verify";

interface Vector {
  why?: string;
  secret: string;
  body: string;
  signature: string;
}
const file = new URL("../../../crates/contract/fixtures/vectors/verify.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as { signed: Vector[]; refused: Vector[] };

test.each(vectors.signed)("signs $body", ({ secret, body, signature }) => {
  expect(signWebhookPayload(secret, body)).toBe(signature);
  expect(verifyWebhookSignature(secret, body, signature)).toBe(true);
});

test.each(vectors.refused)("refuses $why", ({ secret, body, signature }) => {
  expect(verifyWebhookSignature(secret, body, signature)).toBe(false);
});

test("what is no signature is false, never an error", () => {
  const any = verifyWebhookSignature as (...all: unknown[]) => boolean;
  // As long as a signature in UTF-16 units, longer in bytes.
  for (const bad of [null, undefined, 7, {}, [], Buffer.from("x"), "", "sha256=", "é".repeat(71), "\ud800".repeat(71)])
    expect(any("secret", "body", bad)).toBe(false);
  expect(any(undefined, "body", "x")).toBe(false);
  expect(any("secret", undefined, "x")).toBe(false);
});
