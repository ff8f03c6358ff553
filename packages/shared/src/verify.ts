import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * The signature of a webhook's body: `sha256=` and the hex of its HMAC-SHA256. It stands in the header
 * `X-Flamecast-Signature`.
 */
export function signWebhookPayload(secret: string, body: string): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

/**
 * Whether a signature is the one of this body. The body is the text as it was received, before any parsing.
 *
 * Takes the same time wherever two signatures of one length differ, and never throws: what is no signature is `false`.
 *
 * ```typescript
 * const body = await request.text();
 * const signature = request.headers.get("X-Flamecast-Signature");
 * if (!verifyWebhookSignature(secret, body, signature)) return new Response("unauthorized", { status: 401 });
 * ```
 */
export function verifyWebhookSignature(secret: string, body: string, signature: string | null | undefined): boolean {
  if (typeof secret !== "string" || typeof body !== "string" || typeof signature !== "string") return false;
  const expected = Buffer.from(signWebhookPayload(secret, body));
  const found = Buffer.from(signature);
  return expected.length === found.length && timingSafeEqual(expected, found);
}
