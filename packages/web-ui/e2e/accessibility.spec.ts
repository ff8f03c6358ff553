// Every view, in the light and in the dark: nothing that axe-core finds, nothing wider than a phone's screen, and all of it
// reached by the keyboard.
import type { Page } from "@playwright/test";

import { accessible, fits } from "./accessible.js";
import { expect, test } from "./test.js";
import { Ui } from "./ui.js";

/** Views that are not a session's. */
const VIEWS = ["/", "/tasks", "/runtimes", "/templates", "/webhooks", "/tokens", "/settings", "/no-such-place"];
const TABS = ["Conversation", "Files", "Terminals", "Events", "Network", "Details"];

/** A session that shows one of everything, and asks. */
const EVERYTHING = [
  "think about it",
  "plan",
  "tool look around",
  "say # A title\\n\\nSome *words*, `code`, [a link](https://example.com/) and\\n\\n- a list\\n\\n```rust\\nfn main() {}\\n```",
  "write notes.md # Notes",
  "sh curl -sS -m 5 https://refused.example/",
  "permission go on",
].join("\n");

/** Waits until nothing says that it is still being looked for. */
async function loaded(page: Page): Promise<void> {
  await expect(page.getByRole("status").filter({ hasText: /…$/ })).toHaveCount(0);
}

for (const theme of ["light", "dark"] as const)
  test.describe(theme, () => {
    test.use({ colorScheme: theme, reducedMotion: "reduce" });

    test("signing in", async ({ page, context }) => {
      await context.clearCookies();
      await page.goto("/");
      await expect(new Ui(page).secret).toBeVisible();
      await accessible(page, "signing in");
      await page.setViewportSize({ width: 360, height: 740 });
      await fits(page, "signing in");
    });

    test("views", async ({ page, lia }) => {
      test.setTimeout(480_000);
      await lia.session("say something to list");
      for (const view of VIEWS) {
        await page.setViewportSize({ width: 1280, height: 900 });
        await page.goto(view);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        await loaded(page);
        expect(await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches)).toBe(theme === "dark");
        await accessible(page, view);
        await page.setViewportSize({ width: 360, height: 740 });
        await accessible(page, `${view} on a phone`);
        await fits(page, view);
      }
    });

    test("a session", async ({ page, lia }) => {
      test.setTimeout(480_000);
      const ui = new Ui(page);
      const id = await lia.session(EVERYTHING);
      await ui.session(id);
      await expect(ui.permission).toBeVisible();
      await ui.say("say queued");
      await expect(ui.queue).toBeVisible();
      for (const tab of TABS) {
        await page.setViewportSize({ width: 1280, height: 900 });
        await ui.tab(tab).click();
        await expect(ui.tab(tab)).toHaveAttribute("aria-selected", "true");
        await loaded(page);
        await accessible(page, tab);
        await page.setViewportSize({ width: 360, height: 740 });
        await fits(page, tab);
      }
    });
  });

test("a task is started, answered and stopped by keys alone", async ({ page }) => {
  const ui = new Ui(page);
  await page.goto("/");
  await ui.chooseAgent("scripted");
  await ui.prompt.focus();
  await page.keyboard.type("permission go on");
  await page.keyboard.press("Control+Enter");
  await expect(ui.permission).toBeVisible();
  // From the box one gets to the question's buttons and back.
  const main = ui.permission.getByRole("button", { name: "Allow once" });
  for (let i = 0; i < 40 && !(await main.evaluate((e) => e === document.activeElement)); i += 1)
    await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(ui.conversation).toContainText("permission: allow_once");
  await ui.prompt.focus();
  await page.keyboard.type("hang");
  await page.keyboard.press("Enter");
  await expect(ui.stopTurn).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(ui.stopTurn).toBeHidden();
});
