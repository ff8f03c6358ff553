// What every test of the UI has: a server of its own file, and a page that must stay within it. A request to anywhere
// else, a refusal by the page's own policy, or a script's failure fails the test that saw it.
import { test as base, expect } from "@playwright/test";

import { fresh } from "./fresh.js";
import { Lia } from "./lia.js";

interface Own {
  /** Who opens the page. */
  as: "admin" | "nobody";
  signedIn: undefined;
  /** What the browser complained about. */
  complaints: string[];
}

export const test = base.extend<Own, { lia: Lia }>({
  lia: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright looks at the braces
    async ({}, use) => {
      const lia = await Lia.start();
      await use(lia);
      await lia.end();
    },
    { scope: "worker", timeout: 120_000 },
  ],

  baseURL: async ({ lia }, use) => use(lia.url),

  complaints: [
    async ({ context, lia }, use) => {
      const complaints: string[] = [];
      await fresh(context);
      context.on("request", (request) => {
        const url = new URL(request.url());
        const ours = lia.hosts.has(url.host) || ["data:", "blob:"].includes(url.protocol);
        if (!ours) complaints.push(`a request to ${url.href}`);
      });
      context.on("weberror", (e) => complaints.push(`a script failed: ${e.error().stack ?? String(e.error())}`));
      context.on("console", (message) => {
        if (/Content Security Policy|Trusted Type/i.test(message.text())) complaints.push(message.text());
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],

  as: ["admin", { option: true }],

  /** The cookie of an administrator comes without the link, which works once. */
  signedIn: [
    async ({ context, lia, as }, use) => {
      if (as === "admin") {
        const headers = { origin: lia.url };
        const answer = await context.request.post(`${lia.url}/api/v1/login`, { data: { code: lia.token }, headers });
        expect(answer.status()).toBe(204);
      }
      await use(undefined);
    },
    { auto: true },
  ],
});

export { expect };
