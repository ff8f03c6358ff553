// For a quick look while the UI is written: with LIA_E2E_FRESH=1 the page's files come from `dist`, as it is now, instead of
// out of `lia`, with the headers that the server gave. What counts is the other way.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext } from "@playwright/test";

const dist = join(import.meta.dirname, "../dist");
const media: Record<string, string> = {
  css: "text/css",
  html: "text/html",
  js: "text/javascript",
  svg: "image/svg+xml",
};

/** Gives the fresh files. */
export async function fresh(context: BrowserContext): Promise<void> {
  if (!process.env.LIA_E2E_FRESH) return;
  let shell: Record<string, string> | undefined;
  await context.route(/^http:\/\/127\.0\.0\.1:\d+\/(?!api\/|ws|docs|health|openapi|asyncapi)/, async (route) => {
    const request = route.request();
    const { pathname } = new URL(request.url());
    const given = await route.fetch({ maxRedirects: 0 }).catch(() => undefined);
    if (!given) return route.abort();
    const page = (request.headers().accept ?? "").includes("text/html");
    const name = existsSync(join(dist, pathname)) && pathname !== "/" ? pathname : page ? "/index.html" : undefined;
    if (given.status() === 303 || name === undefined) return route.fulfill({ response: given });
    shell ??= (await context.request.get(new URL("/", request.url()).href)).headers();
    const headers: Record<string, string> = {
      ...shell,
      "content-type": media[name.split(".").pop() ?? ""] ?? "application/octet-stream",
    };
    delete headers["content-encoding"];
    delete headers["content-length"];
    return route.fulfill({
      status: given.status() === 404 ? 200 : given.status(),
      headers,
      body: readFileSync(join(dist, name)),
    });
  });
}
